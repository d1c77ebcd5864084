"""How well decisions and truth go together, in one number that a rare class cannot flatter."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from medlearn.errors import UndefinedMeasure
from medlearn.evaluation.inputs import decisions, sampling
from medlearn.evaluation.intervals import Estimate, patients_among, unbiased, variance, wilson_of
from medlearn.evaluation.measure import measure


def _matthews(y, p, w, owner) -> tuple[float, np.ndarray, np.ndarray]:
    """The correlation of the two, the influence of each case on it, and a mask of all cases."""
    w, everyone = w / w.sum(), np.ones(len(y), bool)
    truth, decision = y - w @ y, p - w @ p
    spread = (w @ truth**2, w @ decision**2)
    if min(spread) < 1e-15:
        which = "y_true" if spread[0] < 1e-15 else "y_pred"
        raise UndefinedMeasure(
            f"Matthews' correlation is undefined: all of {which} are equal, so they go along with nothing"
        )
    truth, decision = truth / spread[0] ** 0.5, decision / spread[1] ** 0.5
    value = float(w @ (truth * decision))
    influence = w * (truth * decision - value * (truth**2 + decision**2) / 2)
    return value, unbiased(influence, owner, everyone), everyone


@measure("Matthews correlation", of="decisions", low=-1, high=1, influence=_matthews)
def matthews(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The correlation of decisions with the truth: 1 where all are right, 0 where they tell nothing.

    The interval is made on Fisher's scale, which stays below 1; by patient where patients have several cases.

    >>> y_true, y_pred = np.repeat([1, 1, 0, 0], [40, 10, 10, 40]), np.repeat([1, 0, 1, 0], [40, 10, 10, 40])
    >>> print(f"{matthews(y_true, y_pred):.2f}")
    0.60 (0.42 to 0.74)
    """
    y_true, y_pred = decisions(y_true, y_pred)
    owner, weights = sampling(len(y_true), patient=patient, weights=weights, level=level)
    value, influence, everyone = _matthews(y_true, y_pred, weights, owner)
    count = patients_among(everyone, owner)
    if count < 2:
        raise UndefinedMeasure("one patient shows no variation: an interval needs at least two patients")
    if 1 - abs(value) < 1e-12:
        return _perfect(round(value), count, level)
    error = variance(influence, owner) ** 0.5 / (1 - value**2)
    half = float(stats.t.ppf((1 + level) / 2, count - 1)) * error
    low, high = np.tanh(np.arctanh(value) + np.array([-half, half])).tolist()
    return Estimate(value, low, high, level, "Fisher" + ("" if owner is None else ", by patient"))


def _perfect(value: int, count: int, level: float) -> Estimate:
    """Where all decisions are right, or all wrong: from Wilson's interval of that share, in even classes."""
    bound = 2 * wilson_of(1.0, count, level, "").low - 1
    low, high = sorted((float(value), value * bound))
    return Estimate(float(value), low, high, level, "Wilson, on the share that agrees")
