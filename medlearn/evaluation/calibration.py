"""Whether a score of .30 means that 30 of 100 have it, and how to mend it where it does not.

Everything here takes probabilities; ranking measures, which take any score, are in discrimination.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from medlearn.errors import DataError
from medlearn.evaluation.discrimination import binary
from medlearn.evaluation.intervals import Estimate, checked_weights, owners, proportion, student


@dataclass(frozen=True)
class Bin:
    """Cases that were promised about the same: what was promised on average, and what came true."""

    promised: float
    came: Estimate
    cases: int


def reliability(y_true, y_score, *, bins: int = 10, patient=None, level: float = 0.95) -> tuple[Bin, ...]:
    """Cases in about equal groups by rising probability: in a calibrated model the two numbers agree.

    >>> rng = np.random.default_rng(0)
    >>> y_score = rng.random(1000)
    >>> low, high = reliability(rng.random(1000) < y_score, y_score, bins=2)
    >>> print(f"promised {low.promised:.2f}, came {low.came:.2f}")
    promised 0.27, came 0.28 (0.24 to 0.32)
    """
    y_true, y_score = probabilities(y_true, y_score)
    member = _bin_of(y_score, bins)
    groups = [np.flatnonzero(member == number) for number in np.unique(member)]
    whose = np.arange(len(y_true)) if patient is None else np.asarray(patient)
    return tuple(
        Bin(
            float(y_score[group].mean()),
            proportion(y_true[group] == 1, patient=whose[group], level=level),
            len(group),
        )
        for group in groups
    )


def brier(y_true, y_score, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """The mean squared distance between probability and outcome: 0 is perfect, p(1 − p) knows nothing."""
    y_true, y_score = probabilities(y_true, y_score)
    return mean(
        np.square(y_score - y_true), patient=patient, weights=weights, level=level, least=0.0, most=1.0
    )


def calibration_error(
    y_true, y_score, *, bins: int = 10, patient=None, weights=None, level: float = 0.95
) -> Estimate:
    """How far promise and outcome lie apart, over `bins` equal groups, on average (often called ECE).

    Chance alone keeps it above 0, the more so the fewer the cases: read it beside slope and intercept.
    """
    y_true, y_score = probabilities(y_true, y_score)
    weights, member = checked_weights(weights, len(y_true)), _bin_of(y_score, bins)
    gap = weights * (y_true - y_score)
    side = np.sign(np.bincount(member, weights=gap))[member]  # a group that came true too often counts as +1
    return mean(side * (y_true - y_score), patient=patient, weights=weights, level=level, least=0.0, most=1.0)


def calibration_slope(y_true, y_score, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """The factor that the log-odds should have had: below 1, the model was too sure of itself.

    >>> rng = np.random.default_rng(0)
    >>> logit = rng.normal(size=4000)
    >>> y_true = rng.random(4000) < special.expit(logit)
    >>> print(f"{calibration_slope(y_true, special.expit(2 * logit)):.1f}")
    0.5 (0.5 to 0.5)
    """
    coefficients, influence, owner = _logistic(y_true, y_score, patient, weights, slope=True)
    return student(coefficients[1], influence[:, 1], owner, level)


def calibration_intercept(y_true, y_score, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """What the log-odds lack on average: above 0, more have the finding than was promised.

    Also called calibration in the large.
    """
    coefficients, influence, owner = _logistic(y_true, y_score, patient, weights, slope=False)
    return student(coefficients[0], influence[:, 0], owner, level)


# Mending.


@dataclass(frozen=True)
class Recalibration:
    """A rule that maps a model's scores to probabilities: call it with new scores."""

    method: str
    rule: object

    def __call__(self, y_score) -> np.ndarray:
        return self.rule(np.asarray(y_score, float))


def recalibrate(y_true, y_score, *, method: str = "platt") -> Recalibration:
    """Learn from validation cases how scores become probabilities; the ranking stays as it was.

    "platt": new slope and intercept for the log-odds. "temperature": a new slope only. "isotonic": any rising
    steps, for a thousand cases or more. Never learn it on the test set, nor on the training set.

    >>> rng = np.random.default_rng(0)
    >>> logit = rng.normal(size=2000)
    >>> y_true, too_sure = rng.random(2000) < special.expit(logit), special.expit(3 * logit)
    >>> mended = recalibrate(y_true[:1000], too_sure[:1000])(too_sure[1000:])
    >>> print(f"{calibration_slope(y_true[1000:], mended):.1f}")
    1.1 (0.9 to 1.3)
    """
    y_true, y_score = probabilities(y_true, y_score)
    positives = int(y_true.sum())
    if not 0 < positives < len(y_true):
        raise DataError("recalibration needs cases of both classes")
    if method == "isotonic":
        from sklearn.isotonic import IsotonicRegression

        steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(y_score, y_true)
        return Recalibration(method, steps.predict)
    # Platt's targets, a little inside 0 and 1, keep the slope finite where the classes are separated.
    target = np.where(y_true == 1, (positives + 1) / (positives + 2), 1 / (len(y_true) - positives + 2))
    if method not in ("platt", "temperature"):
        raise DataError(f"method must be 'platt', 'temperature' or 'isotonic', not {method!r}")
    logit = _logit(y_score)
    columns = np.column_stack([np.ones_like(logit), logit])[:, slice(method == "temperature", None)]
    fitted = _newton(columns, target, np.ones(len(logit)), np.zeros(len(logit)))
    intercept, slope = fitted if method == "platt" else (0.0, fitted[0])
    return Recalibration(method, lambda score: special.expit(intercept + slope * _logit(score)))


# Under both.


def probabilities(y_true, y_score) -> tuple[np.ndarray, np.ndarray]:
    """As `binary`, for scores that must lie between 0 and 1."""
    y_true, y_score = binary(y_true, y_score)
    outside = np.flatnonzero((y_score < 0) | (y_score > 1))
    if len(outside):
        raise DataError(
            f"{len(outside)} score(s) lie outside 0 to 1, the first, {y_score[outside[0]]:g}, at position "
            f"{outside[0]}: give probabilities, for a net's log-odds scipy.special.expit(score)"
        )
    return y_true, y_score


def mean(
    values: np.ndarray, *, patient, weights, level: float, least: float = -np.inf, most: float = np.inf
) -> Estimate:
    """The average of one value a case, with Student's interval by patient."""
    if not len(values):
        raise DataError("there are no cases")
    owner, weights = owners(patient, len(values)), checked_weights(weights, len(values))
    value = float(np.average(values, weights=weights))
    return student(value, weights * (values - value) / weights.sum(), owner, level, least=least, most=most)


def _bin_of(y_score: np.ndarray, bins: int) -> np.ndarray:
    """Each case's group; equal scores stay together, so groups may be fewer than asked."""
    if not len(y_score):
        raise DataError("there are no cases")
    edges = np.quantile(y_score, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(edges, y_score, side="left")


def _logit(y_score: np.ndarray) -> np.ndarray:
    return special.logit(np.clip(y_score, 1e-6, 1 - 1e-6))  # a net's exact 0 or 1 is rounding


def _logistic(y_true, y_score, patient, weights, *, slope: bool):
    """Fit outcome ~ log-odds (or an intercept beside them): coefficients, and each case's influence."""
    y_true, y_score = probabilities(y_true, y_score)
    if not 0 < y_true.sum() < len(y_true):
        raise DataError("calibration needs cases of both classes, but all here are of one")
    owner, weights = owners(patient, len(y_true)), checked_weights(weights, len(y_true))
    logit = _logit(y_score)
    if slope and np.ptp(logit) == 0:
        raise DataError("a slope needs scores that differ, but all here are equal")
    columns = np.column_stack([np.ones_like(logit), logit]) if slope else np.ones((len(logit), 1))
    offset = np.zeros_like(logit) if slope else logit
    coefficients = _newton(columns, y_true, weights, offset)
    chance = special.expit(offset + columns @ coefficients)
    bread = np.linalg.inv((columns.T * (weights * chance * (1 - chance))) @ columns)
    return coefficients, ((weights * (y_true - chance))[:, None] * columns) @ bread, owner


def _newton(columns: np.ndarray, target: np.ndarray, weights: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Coefficients of a logistic regression, by Newton's method with steps halved while they overshoot."""

    def loss(coefficients: np.ndarray) -> float:
        odds = offset + columns @ coefficients
        return float(weights @ (np.logaddexp(0, odds) - target * odds))

    coefficients = np.zeros(columns.shape[1])
    for _ in range(50):
        chance = special.expit(offset + columns @ coefficients)
        curvature = (columns.T * (weights * chance * (1 - chance))) @ columns
        step = np.linalg.lstsq(curvature, columns.T @ (weights * (target - chance)), rcond=None)[0]
        while (
            loss(coefficients + step) > loss(coefficients) + 1e-9 * len(target) and np.abs(step).max() > 1e-8
        ):
            step = step / 2
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-8:
            return coefficients
    raise DataError("the scores separate the two classes perfectly: their slope has no finite value")
