"""How sure a figure is: a value with its interval, by patient.

Cases of one patient resemble each other, so every interval here can be told whose each case is and then
counts patients, not cases. Knows nothing about which measure it is given.

Two ways lead to an interval. Where a measure can be written as a sum of what each case adds to it (its
*influence*), the sums by patient give the variance at once, for ten million cases too. For any other measure,
`bootstrap` draws patients with replacement, many times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import check_level, numbers, owners, sampling
from medlearn.evaluation.measure import describe_arguments, measure


@dataclass(frozen=True, repr=False)
class Estimate:
    """A measured value with its interval.

    Parameters
    ----------
    value : what was measured.
    low, high : the ends of the interval.
    level : how often intervals made in this way hold the truth.
    method : how the interval was made, in words.

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
        """Whether the interval holds `value`: `0 in difference` says that no difference is shown."""
        return self.low <= value <= self.high

    def clears(self, value: float) -> bool:
        """Whether the whole interval lies above `value`."""
        return self.low > value


@measure("proportion", of="hits", low=0, high=1)
def proportion(
    hits: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of True among `hits`, with Wilson's interval.

    >>> print(proportion(np.array([True] * 90 + [False] * 10)))
    0.900 (0.826 to 0.945)
    """
    if np.asarray(hits).dtype != bool:
        raise DataError("proportion() needs True or False for each case, and at least one case")
    hits = numbers(hits, "hits")
    owner, weights = sampling(len(hits), patient=patient, weights=weights, level=level)
    value = float(np.average(hits, weights=weights))
    influence = weights * (hits - value) / weights.sum()
    return wilson(value, influence, owner, np.ones(len(hits), bool), level)


@describe_arguments()
def over_seeds(values: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The mean of `values`, one from each seed, with Student's interval: what training again would give.

    It says nothing about other patients; for that, see the interval of a single run.

    >>> print(over_seeds([0.95, 0.96, 0.97]))
    0.960 (0.935 to 0.985)
    """
    check_level(level)
    values = numbers(values, "values").astype(float)
    if len(values) < 2:
        raise DataError("one seed shows no variation: train with at least two, better five")
    half = stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values)
    mean = float(values.mean())
    return Estimate(mean, mean - half, mean + half, level, f"{len(values)} seeds")


@describe_arguments()
def bootstrap(
    measure: Callable[..., float | Estimate],
    *arrays: ArrayLike,
    patient: ArrayLike | None = None,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """`measure(*arrays)` with a percentile interval over patients drawn with replacement.

    A draw for which the measure is undefined (only one class was drawn, say) is left out; where more than one
    in twenty are, the measure counts as undefined.

    Parameters
    ----------
    measure : any function of the arrays that returns a number or an `Estimate`. For measures with a
        `reweighted` form, `auroc` and `auprc`, the cases are sorted only once.
    arrays : one row a case each.
    draws : how many times patients are drawn.
    seed : of the draws.

    >>> heights = np.random.default_rng(0).normal(170, 10, size=400)
    >>> print(f"{bootstrap(np.mean, heights):.0f}")
    170 (169 to 171)
    """
    check_level(level)
    if draws < 1:
        raise DataError(f"draws must be at least 1, not {draws}")
    arrays = tuple(np.asarray(array) for array in arrays)
    cases = _rows(arrays)
    owner = owners(patient, cases)
    if getattr(measure, "reweighted", None):
        of_counts = measure.reweighted(*arrays)
        value = of_counts(np.ones(cases, int))
        drawn = np.array([of_counts(counts) for counts in multiplicities(cases, owner, draws, seed)])
    else:
        value = _number(measure(*arrays))
        drawn = np.array([_value_or_nan(measure, arrays, i) for i in resamples(cases, owner, draws, seed)])
    undefined = np.isnan(drawn).mean()
    if undefined > 0.05:
        raise UndefinedMeasure(
            f"the measure is undefined in {undefined:.0%} of the bootstrap draws: too few cases"
        )
    low, high = np.nanquantile(drawn, _quantiles(level, cases if owner is None else owner.max() + 1))
    kind = "bootstrap" if owner is None else "bootstrap by patient"
    return Estimate(float(value), float(low), float(high), level, kind)


def _rows(arrays: tuple[np.ndarray, ...]) -> int:
    """How many rows all of them have."""
    shapes = [array.shape for array in arrays]
    if not shapes or not all(shapes) or len({shape[0] for shape in shapes}) > 1 or not shapes[0][0]:
        raise DataError(
            f"a bootstrap needs arrays of one length, one row a case, but their shapes are {shapes}"
        )
    return shapes[0][0]


def _quantiles(level: float, people: int) -> tuple[float, float]:
    """Which quantiles to take: a little further out than the level, as Student's interval is than the normal.

    Plain percentiles are too narrow by (n − 1) / n and more (Hesterberg, Am Stat 69:371, 2015).
    """
    if people < 2:
        raise UndefinedMeasure("one patient shows no variation: a bootstrap needs at least two patients")
    far = (people / (people - 1)) ** 0.5 * stats.t.ppf((1 + level) / 2, people - 1)
    return float(special.ndtr(-far)), float(special.ndtr(far))


def _number(answer: float | Estimate) -> float:
    return float(answer.value if isinstance(answer, Estimate) else answer)


def _value_or_nan(measure: Callable[..., float | Estimate], arrays: tuple, index: np.ndarray) -> float:
    try:
        return _number(measure(*(array[index] for array in arrays)))
    except (ValueError, ZeroDivisionError):
        return np.nan


# Draws of patients.


def resamples(cases: int, patient: ArrayLike | None, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Positions of the cases in each of so many `draws`: whole patients, with replacement.

    `cases` is how many there are, `patient` whose each is, or None, and `seed` that of the draws.
    """
    for counts in multiplicities(cases, patient, draws, seed):
        yield np.repeat(np.arange(cases), counts)


def multiplicities(cases: int, patient: ArrayLike | None, draws: int, seed: int) -> Iterator[np.ndarray]:
    """How often each case is in each of so many `draws`. One draw at a time is in memory.

    `cases` is how many there are, `patient` whose each is, or None, and `seed` that of the draws.
    """
    owner = owners(patient, cases)
    people = cases if owner is None else owner.max() + 1
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        # Integers below `people`: 32 random bits times `people`, without the lower 32 bits. Published figures
        # rest on these draws; `rng.integers(people)` would give others.
        bits = rng.integers(2**32, size=people, dtype=np.uint32).astype(np.uint64)
        counts = np.bincount((bits * np.uint64(people) >> np.uint64(32)).view(np.int64), minlength=people)
        yield counts if owner is None else counts[owner]


# From influences to an interval. The influence of a case is what it adds to the measure's error; `owner` is
# each case's patient as a number, or None, as `inputs.owners` returns it.


def patients_among(among: np.ndarray, owner: np.ndarray | None) -> int:
    """How many patients have a case in the mask `among`; `owner` says whose each case is."""
    return int(np.count_nonzero(among if owner is None else np.bincount(owner[among])))


def variance(influence: np.ndarray, owner: np.ndarray | None) -> float:
    """The variance of a measure: the sum of the squares of its `influence`, added up by `owner` first."""
    if owner is not None:
        influence = np.bincount(owner, weights=influence)
    return float(influence @ influence)


def unbiased(influence: np.ndarray, owner: np.ndarray | None, *among: np.ndarray) -> np.ndarray:
    """The `influence` with n − 1 in place of n, for each of the masks `among`, n counted by `owner`."""
    influence = influence.copy()
    for mask in among:
        count = patients_among(mask, owner)
        if count > 1:
            influence[mask] *= (count / (count - 1)) ** 0.5
    return influence


def wilson(
    value: float, influence: np.ndarray, owner: np.ndarray | None, among: np.ndarray, level: float
) -> Estimate:
    """Wilson's interval of a share, with the effective sample size value · (1 − value) / variance.

    Parameters
    ----------
    value, influence, owner : the share, the influence of each case on it, and whose each case is.
    among : a mask of the cases that it is a share of.
    level : of the interval.
    """
    squared_error, count = variance(influence, owner), patients_among(among, owner)
    size = value * (1 - value) / squared_error if squared_error > 1e-30 else count
    if owner is None:
        return wilson_of(value, size, level, "Wilson")
    size = min(size, np.count_nonzero(among)) * (count - 1) / count
    return wilson_of(value, size, level, "Wilson, by patient")


def wilson_of(value: float, size: float, level: float, method: str) -> Estimate:
    """Wilson's interval, at `level`, of a share `value` among `size` independent cases; `method` is its name.

    From 0 to 1 where there are none.
    """
    if size < 1e-9:
        return Estimate(value, 0.0, 1.0, level, method)
    z = special.ndtri((1 + level) / 2)
    middle = (value + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z * (value * (1 - value) / size + z**2 / (4 * size**2)) ** 0.5 / (1 + z**2 / size)
    return Estimate(value, max(float(middle - half), 0.0), min(float(middle + half), 1.0), level, method)


def on_logit(value: float, error: float, method: str, level: float, freedom: float = np.inf) -> Estimate:
    """An interval on the logit scale, which stays between 0 and 1: normal, or Student's.

    Parameters
    ----------
    value, error : the measure and its standard error.
    method, level : the name and the level of the interval.
    freedom : degrees of freedom of Student's t; infinite for the normal distribution.
    """
    half = stats.t.ppf((1 + level) / 2, freedom) * error / (value * (1 - value))
    low, high = special.expit(special.logit(value) + np.array([-half, half]))
    return Estimate(value, float(low), float(high), level, method)


def student(
    measure: Callable, value: float, influence: np.ndarray, owner: np.ndarray | None, level: float
) -> Estimate:
    """Student's interval of an average, by patient, cut at the bounds of the measure.

    Parameters
    ----------
    measure : the function whose value it is; it carries its bounds.
    value, influence, owner : the value, the influence of each case on it, and whose each case is.
    level : of the interval.
    """
    everyone = np.ones(len(influence), bool)
    count = patients_among(everyone, owner)
    if count < 2:
        raise UndefinedMeasure("one patient shows no variation: an interval needs at least two patients")
    error = variance(unbiased(influence, owner, everyone), owner) ** 0.5
    half = float(stats.t.ppf((1 + level) / 2, count - 1)) * error
    method = "Student" if owner is None else "Student, by patient"
    return Estimate(
        float(value), max(value - half, measure.low), min(value + half, measure.high), level, method
    )


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The weighted mean of one of the `values` a case: mean, influence of each case, and a mask of all cases.

    `weights` are checked ones, one a case.
    """
    value = float(np.average(values, weights=weights))
    return value, weights * (values - value) / weights.sum(), np.ones(len(values), bool)


def mean(
    measure: Callable,
    values: np.ndarray,
    *,
    patient: ArrayLike | None,
    weights: ArrayLike | None,
    level: float,
) -> Estimate:
    """A measure that is the mean of one value a case, with Student's interval.

    Parameters
    ----------
    measure : the function whose value it is; it carries its bounds.
    values : one number a case.
    patient, weights, level : as in every measure.
    """
    owner, weights = sampling(len(values), patient=patient, weights=weights, level=level)
    value, influence, _ = weighted_mean(values, weights)
    return student(measure, value, influence, owner, level)
