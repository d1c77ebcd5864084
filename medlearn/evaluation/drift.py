"""Whether what comes in today is what came in before: one figure for two periods, and a chart over time.

Neither knows the truth. They see that inputs or answers have changed, and not whether the model is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import numbers

LEAST = 20  # values of a reference: of fewer neither bins nor a limit can be made
MOST_BINS = 50
STATES = 80  # into which the heights of a chart are divided to work out its limit
CLOSE = 0.005  # how near the limit is worked out, in standard deviations
SMALLEST, LARGEST = 0.2, 5.0  # shift that a chart can be made for, in standard deviations
RARELY = 1_000_000  # values to a false alarm, at most
HIGHEST = 500.0  # of a limit, in standard deviations


def psi(reference: ArrayLike, current: ArrayLike, *, bins: int = 10) -> float:
    """The population stability index of two periods: 0 where they are alike, and large where they differ.

    Each bin adds the difference of its two shares times the logarithm of their ratio. So that an empty bin
    divides by nothing, half a value is added to each. Above .25 is often called a large change. That is a
    habit, not a test: with few values chance alone goes higher.

    Parameters
    ----------
    reference : the values of the first period, numbers or names.
    current : those of the second.
    bins : of numbers: so many, which hold as many values of the reference each. Of names each is a bin.

    >>> psi(range(100), range(100))
    0.0
    >>> print(f"{psi(['A'] * 60 + ['B'] * 40, ['A'] * 30 + ['B'] * 70):.2f}")
    0.37
    """
    if not 2 <= bins <= MOST_BINS:
        raise DataError(f"psi() needs 2 to {MOST_BINS} bins, not {bins}")
    first, second = _bins(reference, current, int(bins))
    count = int(max(first.max(), second.max())) + 1
    before, now = ((np.bincount(one, minlength=count) + 0.5) for one in (first, second))
    before, now = before / before.sum(), now / now.sum()
    return float(((now - before) * np.log(now / before)).sum())


def _bins(reference: ArrayLike, current: ArrayLike, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """The number of the bin of each value of both periods."""
    arrays = [np.asarray(values, object).reshape(-1) for values in (reference, current)]
    if all(array.size and all(isinstance(one, str) for one in array) for array in arrays):
        _, number = np.unique(np.concatenate(arrays).astype(str), return_inverse=True)
        return number[: arrays[0].size], number[arrays[0].size :]
    first, second = _reference(reference), numbers(current, "current")
    edges = np.unique(np.quantile(first, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.searchsorted(edges, first, side="left"), np.searchsorted(edges, second, side="left")


def _reference(values: ArrayLike) -> np.ndarray:
    """Numbers that something can be compared with."""
    values = numbers(values, "reference").astype(float)
    if len(values) < LEAST:
        raise DataError(
            f"reference has {len(values)} values, too few to compare with: give {LEAST} or more, of a time "
            "when all was well"
        )
    return values


@dataclass(frozen=True)
class Chart:
    """A CUSUM chart: two sums that stay near 0 while nothing changes.

    Parameters
    ----------
    rises : the sum that grows while values lie above the reference's mean, in its standard deviations.
    falls : the sum that grows while they lie below.
    limit : above it a sum gives an alarm.
    every : on average so many values to a false alarm, while nothing changes.
    """

    rises: np.ndarray
    falls: np.ndarray
    limit: float
    every: float

    @property
    def alarm(self) -> int | None:
        """The place of the first value that gives an alarm; None, if none does."""
        above = np.flatnonzero(np.maximum(self.rises, self.falls) > self.limit)
        return int(above[0]) if len(above) else None


def cusum(reference: ArrayLike, values: ArrayLike, *, shift: float = 1.0, every: float = 1000) -> Chart:
    """A chart of cumulative sums, which finds a small change that stays, with a known rate of false alarms.

    Each value is measured from the reference's mean, in its standard deviations (sd). What exceeds half a
    `shift` is added to a sum that never falls below 0; a second sum does the same downwards. The limit is
    worked out from the values of the reference themselves, so they need not be normally distributed: of
    heights in small steps, it is known how likely each leads to each other (Brook and Evans 1972). It holds
    for values that do not depend on each other, and as far as the reference is typical.

    Parameters
    ----------
    reference : values of a time when all was well, in any order.
    values : those to watch, in order of time.
    shift : the change of the mean, in sd, that shall be found soonest.
    every : while nothing changes, one false alarm in so many values, on average.

    >>> usual = np.linspace(-1, 1, 200)
    >>> chart = cusum(usual, [0, 0, 0, 1, 1, 1, 1, 1, 1, 1], shift=1, every=500)
    >>> chart.alarm, bool(chart.falls.max() < chart.limit)
    (6, True)
    """
    if not SMALLEST <= shift <= LARGEST or not LEAST <= every <= RARELY:
        raise DataError(
            f"cusum() needs a shift of {SMALLEST} to {LARGEST} sd and a false alarm every {LEAST} to "
            f"{RARELY:,} values, not {shift} and {every}"
        )
    usual, values = _reference(reference), numbers(values, "values").astype(float)
    mean, sd = usual.mean(), usual.std()
    if sd <= 1e-12 * np.abs(usual).max():
        raise UndefinedMeasure(
            "all values of reference are the same: a chart needs to know how much they usually vary"
        )
    usual, values = (usual - mean) / sd, (values - mean) / sd
    return Chart(_sums(values - shift / 2), _sums(-values - shift / 2), _limit(usual, shift, every), every)


def _sums(steps: np.ndarray) -> np.ndarray:
    """The running sum of the steps, put back to 0 where it would fall below."""
    total = np.cumsum(steps)
    return total - np.minimum(np.minimum.accumulate(total), 0)


def _limit(usual: np.ndarray, shift: float, every: float) -> float:
    """The limit at which a false alarm comes once in so many values."""

    def between_alarms(limit: float) -> float:
        both = (_run_length(np.sort(side * usual - shift / 2), limit) for side in (1, -1))
        return 1 / max(sum(1 / length for length in both), 1e-12)

    low, high = 0.0, 1.0
    while between_alarms(high) < every and high < HIGHEST:
        low, high = high, 2 * high
    while high - low > CLOSE:
        middle = (low + high) / 2
        low, high = (low, middle) if between_alarms(middle) >= every else (middle, high)
    return high


def _run_length(steps: np.ndarray, limit: float) -> float:
    """How many values a sum takes on average from 0 to above the limit; `steps` are sorted.

    The heights below the limit are divided into states, the first of them around 0, half as wide.
    """
    if steps[-1] <= 0:
        return np.inf
    width = limit / (STATES - 0.5)
    move = width * (np.arange(STATES) - np.arange(STATES)[:, None])  # from the row's state to the column's
    below = np.searchsorted(steps, move + width / 2, side="right") / len(steps)
    chance = below.copy()
    chance[:, 1:] -= below[:, :-1]
    try:
        length = np.linalg.solve(np.eye(STATES) - chance, np.ones(STATES))[0]
    except np.linalg.LinAlgError:
        return np.inf
    return float(length) if 1 <= length < 1e12 else np.inf
