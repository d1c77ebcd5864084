"""How far predicted numbers lie from true ones: days, grades, millimetres of mercury."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medlearn.errors import DataError
from medlearn.evaluation.calibration import mean
from medlearn.evaluation.intervals import Estimate, checked_weights, owners, student


def mean_error(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """Predicted minus true, on average: above 0, the model says too much. Also called bias.

    >>> print(f"{mean_error([1.0, 2.0, 3.0], [2.0, 2.0, 4.0]):.2f}")
    0.67 (-0.77 to 2.10)
    """
    return _average(lambda error: error, y_true, y_pred, patient, weights, level)


def mean_absolute_error(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """How far off a prediction is, on average, in the outcome's own unit."""
    return _average(np.abs, y_true, y_pred, patient, weights, level, least=0.0)


def root_mean_squared_error(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """As the mean absolute error, but large errors weigh more."""
    squared = _average(np.square, y_true, y_pred, patient, weights, level, least=0.0)
    value, low, high = (bound**0.5 for bound in (squared.value, squared.low, squared.high))
    return Estimate(value, low, high, level, squared.method)


def r2(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """The share of the outcome's variance that is predicted: 0 for saying the mean, below 0 for worse."""
    y_true, y_pred = _numbers(y_true, y_pred)
    owner, weights = owners(patient, len(y_true)), checked_weights(weights, len(y_true))
    around = np.square(y_true - np.average(y_true, weights=weights))
    if not weights @ around:
        raise DataError("R² is undefined: all true values are equal")
    missed = np.square(y_true - y_pred)
    value = float(1 - weights @ missed / (weights @ around))
    influence = weights * ((1 - value) * around - missed) / (weights @ around)
    return student(value, influence, owner, level, most=1.0)


def _average(of: Callable, y_true, y_pred, patient, weights, level: float, **limits) -> Estimate:
    y_true, y_pred = _numbers(y_true, y_pred)
    return mean(of(y_pred - y_true), patient=patient, weights=weights, level=level, **limits)


def _numbers(y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_pred = (np.asarray(values, float).reshape(-1) for values in (y_true, y_pred))
    if len(y_true) != len(y_pred):
        raise DataError(f"{len(y_pred)} predictions for {len(y_true)} cases")
    for name, values in (("y_true", y_true), ("y_pred", y_pred)):
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise DataError(f"{name} holds {values[bad[0]]} at position {bad[0]}: leave such cases out first")
    return y_true, y_pred
