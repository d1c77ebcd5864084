"""Columns of numbers on a scale that models learn from: robust scaling, and encoding at quantiles.

Both are learnt once, from training cases, and then applied to all. Nothing here knows a data set or a model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from sklearn.preprocessing import RobustScaler

from medlearn.errors import DataError


@dataclass(frozen=True, eq=False)
class Scaling:
    """Each column with median 0 and standard deviation 1, and no value beyond `clip`.

    scikit-learn's `RobustScaler(unit_variance=True)`, whose standard deviation is that of a bell curve with
    the same quartiles, so that a few wild values count little. Beyond it: values are clipped; a column whose
    quartiles agree has its plain standard deviation; and NaN, where nothing was measured, stays NaN, also in
    a column without a single value.

    Parameters
    ----------
    middle : the median of each column in training: (columns,).
    sd : the standard deviation of each column in training, never 0: (columns,).
    clip : how many standard deviations from the median a value is cut at.

    >>> scaling = Scaling.of([[60.0], [70], [80], [90], [7000]])
    >>> scaling([[80.0], [94.826], [7000], [np.nan]]).ravel().round(3)
    array([ 0.,  1.,  4., nan], dtype=float32)
    """

    middle: np.ndarray
    sd: np.ndarray
    clip: float = 4.0

    @classmethod
    def of(cls, values: ArrayLike, clip: float = 4.0) -> Scaling:
        """Learn it from `values`, training cases only, whose last axis is the columns; `clip` as above."""
        rows = np.asarray(values, np.float32)
        rows = rows.reshape(math.prod(rows.shape[:-1]), rows.shape[-1])
        middle, sd = np.zeros(rows.shape[1], np.float32), np.ones(rows.shape[1], np.float32)
        measured = ~np.isnan(rows).all(axis=0)
        if measured.any():
            rows = rows[:, measured]
            scaler = RobustScaler(unit_variance=True).fit(rows)
            low, high = np.nanquantile(rows, [0.25, 0.75], axis=0)
            width = np.where(high > low, scaler.scale_, np.nanstd(rows, axis=0))
            middle[measured], sd[measured] = scaler.center_, np.where(width > 0, width, 1)
        return cls(middle, sd, clip)

    def __call__(self, values: ArrayLike) -> np.ndarray:
        """`values` on that scale, as float32; their last axis is the columns."""
        values = np.asarray(values, np.float32)
        if values.shape[-1] != len(self.middle):
            raise DataError(f"scaling was learnt on {len(self.middle)} columns; here are {values.shape[-1]}")
        return np.clip((values - self.middle) / self.sd, -self.clip, self.clip)


@dataclass(frozen=True, eq=False)
class QuantileEncoding:
    """Piecewise-linear encoding at training quantiles: each column becomes one for each pair of neighbours.

    Between two quantiles a value rises from 0 to 1; below both it is 0, above both 1. As in a severity score,
    each range of a value can then count for itself, high and low values both, and what lies beyond the
    outermost quantiles counts no more. The training mean is subtracted, so that what was not measured is 0.

    Parameters
    ----------
    edges : the different quantiles of each column; none where training has no value or only one.
    mean : the training mean of each encoded column, which is subtracted.

    >>> encode = QuantileEncoding.of([[60.0], [70], [80], [90], [100]], shares=(0, 0.5, 1))
    >>> encode([[60.0], [90], [7000], [np.nan]]).round(2)
    array([[-0.7, -0.3],
           [ 0.3,  0.2],
           [ 0.3,  0.7],
           [ 0. ,  0. ]], dtype=float32)
    """

    edges: tuple[np.ndarray, ...]
    mean: np.ndarray

    @classmethod
    def of(cls, values: ArrayLike, shares: Sequence[float] = (0.01, 0.2, 0.5, 0.8, 0.99)) -> QuantileEncoding:
        """Learn it from `values` (cases, columns), training cases only; `shares` says at which quantiles."""
        values = np.asarray(values, np.float32)
        known = [column[~np.isnan(column)] for column in values.T]
        edges = tuple(
            np.unique(np.quantile(column, shares)) if len(column) else np.empty(0) for column in known
        )
        encoded = cls(edges, np.zeros(1, np.float32))._encode(values)
        counts = (~np.isnan(encoded)).sum(axis=0)
        return cls(edges, (np.nansum(encoded, axis=0) / np.maximum(counts, 1)).astype(np.float32))

    def __call__(self, values: ArrayLike) -> np.ndarray:
        """`values` (cases, columns) encoded: (cases, encoded columns), float32, without NaN."""
        values = np.asarray(values, np.float32)
        if values.shape[-1] != len(self.edges):
            raise DataError(
                f"the encoding was learnt on {len(self.edges)} columns; here are {values.shape[-1]}"
            )
        return np.nan_to_num(self._encode(values) - self.mean)

    def _encode(self, values: np.ndarray) -> np.ndarray:
        """Before the mean is subtracted; NaN where the value is NaN."""
        pieces = [
            np.clip((column[:, None] - edges[:-1]) / np.diff(edges), 0, 1)
            for column, edges in zip(values.T, self.edges, strict=True)
            if len(edges) > 1
        ]
        return np.concatenate([np.empty((len(values), 0)), *pieces], axis=1, dtype=np.float32)
