"""How sure a figure is: a value with its interval, by patient.

Cases of one patient resemble each other, so every interval here can be told whose each case is and
then counts patients, not cases. Knows nothing about which measure it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from medlearn.errors import DataError


@dataclass(frozen=True)
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

    def __str__(self) -> str:
        return f"{self:.3f}"

    def __contains__(self, value: float) -> bool:
        """Whether the interval holds `value`: `0 in difference` means that no difference is shown."""
        return self.low <= value <= self.high

    def clears(self, value: float) -> bool:
        """Whether the whole interval lies above `value`."""
        return self.low > value


def proportion(hits: np.ndarray, *, patient: np.ndarray | None = None, level: float = 0.95) -> Estimate:
    """The share of True among `hits`: Wilson's interval, or a bootstrap where patients repeat.

    >>> print(proportion(np.array([True] * 90 + [False] * 10)))
    0.900 (0.826 to 0.945)
    """
    hits = np.asarray(hits)
    if hits.dtype != bool or not len(hits):
        raise DataError("proportion() needs at least one True or False")
    if repeats(patient):
        return bootstrap(np.mean, hits, patient=patient, level=level)
    interval = stats.binomtest(int(hits.sum()), len(hits)).proportion_ci(level, method="wilson")
    return Estimate(float(hits.mean()), interval.low, interval.high, level, "Wilson")


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

    Draws for which the measure is undefined (only one class was drawn, say) are left out, and where
    they are more than one in twenty it refuses.

    >>> heights = np.random.default_rng(0).normal(170, 10, size=400)
    >>> print(f"{bootstrap(np.mean, heights):.0f}")
    170 (169 to 171)
    """
    arrays = tuple(np.asarray(array) for array in arrays)
    value = float(measure(*arrays))
    drawn = []
    for index in resamples(len(arrays[0]), patient, draws, seed):
        try:
            drawn.append(float(measure(*(array[index] for array in arrays))))
        except (ValueError, ZeroDivisionError):
            drawn.append(np.nan)
    drawn = np.array(drawn)
    undefined = np.isnan(drawn).mean()
    if undefined > 0.05:
        raise DataError(f"the measure is undefined in {undefined:.0%} of the bootstrap draws: too few cases")
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    kind = "bootstrap by patient" if repeats(patient) else "bootstrap"
    return Estimate(value, float(low), float(high), level, kind)


def repeats(patient: np.ndarray | None) -> bool:
    """Whether any patient has more than one case."""
    return patient is not None and len(np.unique(patient)) < len(patient)


def resamples(cases: int, patient: np.ndarray | None, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Positions of the cases of each draw: whole patients, with replacement."""
    rng = np.random.default_rng(seed)
    if not repeats(patient):
        for _ in range(draws):
            yield rng.integers(cases, size=cases)
        return
    patient = np.asarray(patient)
    if len(patient) != cases:
        raise DataError(f"there are {cases} cases but {len(patient)} patient numbers")
    order = np.argsort(patient, kind="stable")
    _, first, count = np.unique(patient[order], return_index=True, return_counts=True)
    for _ in range(draws):
        who = rng.integers(len(first), size=len(first))
        # Lay the chosen patients' runs of cases end to end.
        ends = np.cumsum(count[who])
        yield order[np.arange(ends[-1]) + np.repeat(first[who] - (ends - count[who]), count[who])]
