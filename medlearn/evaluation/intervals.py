"""How sure a figure is: a value with its interval, by patient.

Cases of one patient resemble each other, so every interval here can be told whose each case is and
then counts patients, not cases. Knows nothing about which measure it is given.

Two ways lead to an interval. Where a measure is written down as a sum of what each case adds to it (its
`influence`), the sums by patient give the variance at once, for ten million cases too. For any other
measure, `bootstrap` draws the patients again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from medlearn.errors import DataError


@dataclass(frozen=True, repr=False)
class Estimate:
    """A measured value with the interval it is known to.

    >>> print(Estimate(0.8712, 0.8405, 0.9021))
    0.871 (0.841 to 0.902)
    >>> print(f"AUROC {Estimate(0.8712, 0.8405, 0.9021):.2f}")
    AUROC 0.87 (0.84 to 0.90)
    """

    value: float
    low: float
    high: float
    level: float = 0.95
    method: str = ""

    def __format__(self, form: str) -> str:
        form = form or ".3f"
        return f"{self.value:{form}} ({self.low:{form}} to {self.high:{form}})"

    def __repr__(self) -> str:
        return f"{self:.3f}"

    def _repr_html_(self) -> str:
        return f"<b>{self.value:.3f}</b> ({self.level:.0%} interval {self.low:.3f} to {self.high:.3f})"

    def __contains__(self, value: float) -> bool:
        """Whether the interval holds `value`: `0 in difference` means that no difference is shown."""
        return self.low <= value <= self.high

    def clears(self, value: float) -> bool:
        """Whether the whole interval lies above `value`."""
        return self.low > value


def proportion(hits: np.ndarray, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """The share of True among `hits`: Wilson's interval, on fewer cases the more a patient's agree.

    >>> print(proportion(np.array([True] * 90 + [False] * 10)))
    0.900 (0.826 to 0.945)
    """
    hits = np.asarray(hits)
    if hits.dtype != bool or not len(hits):
        raise DataError("proportion() needs at least one True or False")
    owner, weights = owners(patient, len(hits)), checked_weights(weights, len(hits))
    value = float(np.average(hits, weights=weights))
    influence = weights * (hits - value) / weights.sum()
    return wilson(value, influence, owner, np.ones(len(hits), bool), level)


def over_seeds(values, *, level: float = 0.95) -> Estimate:
    """The mean over several seeds, with Student's interval: what training again would give.

    It says nothing about other patients; for that, see the interval of a single run.

    >>> print(over_seeds([0.95, 0.96, 0.97]))
    0.960 (0.935 to 0.985)
    """
    values = np.asarray(values, float)
    if len(values) < 2:
        raise DataError("one seed has no spread: train with at least two, better five")
    half = stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values)
    mean = float(values.mean())
    return Estimate(mean, mean - half, mean + half, level, f"{len(values)} seeds")


def bootstrap(
    measure: Callable[..., float],
    *arrays: np.ndarray,
    patient: np.ndarray | None = None,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """`measure(*arrays)` with a percentile interval: patients are drawn with replacement, again and again.

    `measure` is any function of the arrays; `auroc` and `auprc` of this package take a path that sorts only
    once. Draws for which the measure is undefined (only one class was drawn, say) are left out, and where
    they are more than one in twenty it refuses.

    >>> heights = np.random.default_rng(0).normal(170, 10, size=400)
    >>> print(f"{bootstrap(np.mean, heights):.0f}")
    170 (169 to 171)
    """
    arrays = tuple(np.asarray(array) for array in arrays)
    cases = len(arrays[0])
    if hasattr(measure, "reweighted"):
        of_counts = measure.reweighted(*arrays)
        value = of_counts(np.ones(cases, int))
        drawn = np.array([of_counts(counts) for counts in multiplicities(cases, patient, draws, seed)])
    else:
        value = float(measure(*arrays))
        drawn = np.array([_again(measure, arrays, i) for i in resamples(cases, patient, draws, seed)])
    undefined = np.isnan(drawn).mean()
    if undefined > 0.05:
        raise DataError(f"the measure is undefined in {undefined:.0%} of the bootstrap draws: too few cases")
    low, high = np.nanquantile(drawn, _expanded(level, cases if patient is None else len(np.unique(patient))))
    kind = "bootstrap by patient" if repeats(patient) else "bootstrap"
    return Estimate(float(value), float(low), float(high), level, kind)


def _expanded(level: float, people: int) -> tuple[float, float]:
    """Which quantiles to take: a little further out than the level, as Student's interval is than the normal.

    Plain percentiles are too narrow by (n − 1) / n and more (Hesterberg, Am Stat 69:371, 2015).
    """
    if people < 2:
        raise DataError("one patient has no spread: a bootstrap needs at least two patients")
    far = (people / (people - 1)) ** 0.5 * stats.t.ppf((1 + level) / 2, people - 1)
    return float(special.ndtr(-far)), float(special.ndtr(far))


def _again(measure: Callable[..., float], arrays: tuple, index: np.ndarray) -> float:
    try:
        return float(measure(*(array[index] for array in arrays)))
    except (ValueError, ZeroDivisionError):
        return np.nan


def repeats(patient: np.ndarray | None) -> bool:
    """Whether any patient has more than one case."""
    return patient is not None and len(np.unique(patient)) < len(patient)


def owners(patient: np.ndarray | None, cases: int) -> np.ndarray | None:
    """Each case's patient as a number from 0; None where every case is a patient of its own."""
    if patient is None:
        return None
    patient = np.asarray(patient).reshape(-1)
    if len(patient) != cases:
        raise DataError(f"there are {cases} cases but {len(patient)} patient numbers")
    ids, owner = np.unique(patient, return_inverse=True)
    return owner.reshape(-1) if len(ids) < cases else None


def checked_weights(weights, cases: int) -> np.ndarray:
    """How much each case counts: ones where nothing is said."""
    if weights is None:
        return np.ones(cases)
    weights = np.asarray(weights, float).reshape(-1)
    if len(weights) != cases:
        raise DataError(f"there are {cases} cases but {len(weights)} weights")
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise DataError("weights must be finite, none below 0 and not all 0")
    return weights


def resamples(cases: int, patient: np.ndarray | None, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Positions of the cases of each draw: whole patients, with replacement."""
    for counts in multiplicities(cases, patient, draws, seed):
        yield np.repeat(np.arange(cases), counts)


def multiplicities(cases: int, patient: np.ndarray | None, draws: int, seed: int) -> Iterator[np.ndarray]:
    """How often each case was drawn: whole patients, with replacement. One draw at a time is in memory."""
    owner = owners(patient, cases)
    people = cases if owner is None else owner.max() + 1
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        # 32 random bits times the number of people, cut off: quicker than integers(people).
        bits = rng.integers(2**32, size=people, dtype=np.uint32).astype(np.uint64)
        counts = np.bincount((bits * np.uint64(people) >> np.uint64(32)).view(np.int64), minlength=people)
        yield counts if owner is None else counts[owner]


# From influences to an interval. The influence of a case is what it adds to the measure's error.


def patients_among(among: np.ndarray, owner: np.ndarray | None) -> int:
    """How many patients have a case in the mask `among`."""
    return int(np.count_nonzero(among if owner is None else np.bincount(owner[among])))


def spread(influence: np.ndarray, owner: np.ndarray | None) -> float:
    """The variance of a measure: squares of its influences, summed up within patients first."""
    if owner is not None:
        influence = np.bincount(owner, weights=influence)
    return float(influence @ influence)


def unbiased(influence: np.ndarray, owner: np.ndarray | None, *among: np.ndarray) -> np.ndarray:
    """The influences with n − 1 in place of n, for each of the masks `among`."""
    influence = influence.copy()
    for mask in among:
        count = patients_among(mask, owner)
        if count > 1:
            influence[mask] *= (count / (count - 1)) ** 0.5
    return influence


def wilson(value: float, influence: np.ndarray, owner: np.ndarray | None, among: np.ndarray, level: float):
    """A share's interval: Wilson's, on as many independent cases as would vary this much."""
    variance, count = spread(influence, owner), patients_among(among, owner)
    size = value * (1 - value) / variance if variance > 1e-30 else count
    if owner is None:
        return wilson_of(value, size, level, "Wilson")
    size = min(size, np.count_nonzero(among)) * (count - 1) / count
    return wilson_of(value, size, level, "Wilson, by patient")


def wilson_of(value: float, size: float, level: float, method: str) -> Estimate:
    """Wilson's interval of a share among `size` independent cases; from 0 to 1 where there is none."""
    if size < 1e-9:
        return Estimate(value, 0.0, 1.0, level, method)
    z = special.ndtri((1 + level) / 2)
    middle = (value + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z * (value * (1 - value) / size + z**2 / (4 * size**2)) ** 0.5 / (1 + z**2 / size)
    return Estimate(value, max(float(middle - half), 0.0), min(float(middle + half), 1.0), level, method)


def on_logit(value: float, error: float, method: str, level: float, freedom: float = np.inf) -> Estimate:
    """An interval on the logit scale, which stays between 0 and 1: normal, or Student's."""
    half = stats.t.ppf((1 + level) / 2, freedom) * error / (value * (1 - value))
    low, high = special.expit(special.logit(value) + np.array([-half, half]))
    return Estimate(value, float(low), float(high), level, method)


def student(
    value: float, influence: np.ndarray, owner, level: float, *, least: float = -np.inf, most: float = np.inf
) -> Estimate:
    """Student's interval of an average, by patient, cut at what the measure can be."""
    everyone = np.ones(len(influence), bool)
    count = patients_among(everyone, owner)
    if count < 2:
        raise DataError("one patient has no spread: an interval needs at least two patients")
    variance = spread(unbiased(influence, owner, everyone), owner)
    half = float(stats.t.ppf((1 + level) / 2, count - 1)) * variance**0.5
    method = "Student" if owner is None else "Student, by patient"
    return Estimate(float(value), max(value - half, least), min(value + half, most), level, method)
