"""A table of measures, made fit for asking who resembles whom: logged, in one unit, without gaps.

Learnt once, from training patients, and then applied to all. Nothing here knows a data set or a model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import skew

from medlearn.errors import DataError

GRADES = 6  # a column of at most so many different whole numbers is graded
LONG_TAIL = 1.0  # skewness from which a column is logged


@dataclass(frozen=True, eq=False)
class Preparation:
    """Columns logged where they have a long tail, with mean 0 and spread 1, gaps filled with the median.

    Columns of one unit keep their proportions: they are divided by their common spread, so that one that
    hardly varies stays small. That holds for graded findings (few whole numbers) in any table, and for all
    columns where `one_unit` is said, as for genes. Every other column is divided by its own.

    Parameters
    ----------
    floor : below which a column is raised to it before the log; NaN for a column that is not logged.
    middle : the median of each column, logged where it is: what fills gaps.
    mean, spread : of each column, logged where it is, with its gaps filled.

    >>> prepare = Preparation.of([[60.0, 36.5], [70, 37.0], [90, 37.5], [700, 38.0], [80, np.nan]])
    >>> prepare([[80.0, 37.0]]).round(1)
    array([[-0.5, -0.5]], dtype=float32)
    """

    floor: np.ndarray
    middle: np.ndarray
    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, x: ArrayLike, *, one_unit: bool = False) -> Preparation:
        """Learn it from `x` (patients, columns), training patients only; `one_unit` as above."""
        x = _table(x)
        empty = np.flatnonzero(np.isnan(x).all(0))
        if len(empty):
            raise DataError(f"column {empty[0]} of the table has no value at all: leave it out")
        plain = np.full(x.shape[1], np.nan)
        floor = _floor_of_all(x, plain) if one_unit else _floors(x, plain)
        middle = np.nanmedian(_logged(x, floor), axis=0)
        filled = _filled(_logged(x, floor), middle)
        spread = np.where(np.ptp(filled, axis=0) > 0, filled.std(0), 0)  # rounding is no spread
        together = np.ones(len(spread), bool) if one_unit else _graded(x)
        if together.any():
            spread[together] = np.sqrt(np.mean(spread[together] ** 2))
        return cls(floor, middle, filled.mean(0), np.where(spread > 0, spread, 1))

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """`x` (patients, columns) prepared, as float32 without NaN."""
        x = _table(x)
        if x.shape[1] != len(self.floor):
            raise DataError(f"the preparation was learnt on {len(self.floor)} columns; here are {x.shape[1]}")
        filled = _filled(_logged(x, self.floor), self.middle)
        return ((filled - self.mean) / self.spread).astype(np.float32)


def _table(x: ArrayLike) -> np.ndarray:
    x = np.asarray(x, np.float64)
    if x.ndim != 2 or not x.size:
        raise DataError(f"a table has a row a patient and a column a measure; the shape here is {x.shape}")
    if np.isinf(x).any():
        raise DataError("the table holds an infinite value: write NaN where nothing was measured")
    return x


def _logged(x: np.ndarray, floor: np.ndarray) -> np.ndarray:
    is_logged = ~np.isnan(floor)
    x = x.copy()
    x[:, is_logged] = np.log2(np.maximum(x[:, is_logged], floor[is_logged]))
    return x


def _filled(x: np.ndarray, middle: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(x), middle, x)


def _floor_of_all(x: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """The same floor for all columns, the lower quartile of all values, if they have a long tail."""
    values = x[~np.isnan(x)]
    is_positive = values.min() >= 0 and np.quantile(values, 0.25) > 0
    if is_positive and skew(values) > LONG_TAIL:
        return np.full(x.shape[1], np.quantile(values, 0.25))
    return plain


def _floors(x: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """For each column of measures with a long tail its least value; NaN for the others."""
    floors = plain.copy()
    for column in np.flatnonzero(~_graded(x)):
        values = x[~np.isnan(x[:, column]), column]
        if 0 < values.min() < values.max() and skew(values) > max(LONG_TAIL, abs(skew(np.log(values)))):
            floors[column] = values.min()
    return floors


def _graded(x: np.ndarray) -> np.ndarray:
    """Which columns are graded: a few whole numbers."""
    graded = np.zeros(x.shape[1], bool)
    for column, cells in enumerate(x.T):
        different = np.unique(cells[~np.isnan(cells)])
        graded[column] = len(different) <= GRADES and (different % 1 == 0).all()
    return graded
