"""How far predicted numbers lie from true ones: days, grades, millimetres of mercury."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import UndefinedMeasure
from medlearn.evaluation.inputs import sampling, values
from medlearn.evaluation.intervals import Estimate, mean, student
from medlearn.evaluation.measure import measure


@measure("mean error", of="values")
def mean_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Predicted minus true, on average: above 0, the model says too much. Also called bias.

    >>> print(f"{mean_error([1.0, 2.0, 3.0], [2.0, 2.0, 4.0]):.2f}")
    0.67 (-0.77 to 2.10)
    """
    y_true, y_pred = values(y_true, y_pred)
    return mean(mean_error, y_pred - y_true, patient=patient, weights=weights, level=level)


@measure("mean absolute error", of="values", low=0)
def mean_absolute_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """How far off a prediction is, on average, in the outcome's own unit."""
    y_true, y_pred = values(y_true, y_pred)
    return mean(mean_absolute_error, np.abs(y_pred - y_true), patient=patient, weights=weights, level=level)


@measure("root mean squared error", of="values", low=0)
def root_mean_squared_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """As the mean absolute error, but large errors weigh more."""
    y_true, y_pred = values(y_true, y_pred)
    squares = np.square(y_pred - y_true)
    squared = mean(root_mean_squared_error, squares, patient=patient, weights=weights, level=level)
    value, low, high = (bound**0.5 for bound in (squared.value, squared.low, squared.high))
    return Estimate(value, low, high, level, squared.method)


@measure("R²", of="values", high=1)
def r2(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of the outcome's variance that is predicted: 0 for always the mean, below 0 for worse."""
    y_true, y_pred = values(y_true, y_pred)
    owner, weights = sampling(len(y_true), patient=patient, weights=weights, level=level)
    around = np.square(y_true - np.average(y_true, weights=weights))
    if not weights @ around:
        raise UndefinedMeasure("R² is undefined: all true values are equal")
    missed = np.square(y_true - y_pred)
    value = float(1 - weights @ missed / (weights @ around))
    influence = weights * ((1 - value) * around - missed) / (weights @ around)
    return student(r2, value, influence, owner, level)
