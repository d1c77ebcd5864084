"""Whether of 100 cases with a predicted risk of 0.30 about 30 have the finding, and recalibration where not.

Everything here takes probabilities; ranking measures, which take any score, are in discrimination.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import (
    between_0_and_1,
    check_both_classes,
    numbers,
    owners,
    probabilities,
    sampling,
)
from medlearn.evaluation.intervals import Estimate, mean, proportion, student, weighted_mean
from medlearn.evaluation.measure import describe_arguments, measure

SEPARATED = "the scores separate the two classes perfectly: their slope has no finite value"


@dataclass(frozen=True)
class Bin:
    """Cases whose predicted probabilities are about equal.

    Parameters
    ----------
    predicted : the mean predicted probability.
    observed : the share that has the finding.
    cases : how many there are.
    """

    predicted: float
    observed: Estimate
    cases: int


@describe_arguments("probabilities")
def reliability(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    bins: int = 10,
    patient: ArrayLike | None = None,
    level: float = 0.95,
) -> tuple[Bin, ...]:
    """Cases in about equal groups by rising probability: in a calibrated model predicted and observed agree.

    Equal probabilities stay together, so there may be fewer groups than `bins`.

    >>> rng = np.random.default_rng(0)
    >>> y_score = rng.random(1000)
    >>> low, high = reliability(rng.random(1000) < y_score, y_score, bins=2)
    >>> print(f"predicted {low.predicted:.2f}, observed {low.observed:.2f}")
    predicted 0.27, observed 0.28 (0.24 to 0.32)
    """
    y_true, y_score = probabilities(y_true, y_score)
    owner, member = owners(patient, len(y_true)), _bin_of(y_score, bins)
    groups = [np.flatnonzero(member == number) for number in np.unique(member)]
    return tuple(
        Bin(
            float(y_score[group].mean()),
            proportion(y_true[group] == 1, patient=None if owner is None else owner[group], level=level),
            len(group),
        )
        for group in groups
    )


def _brier(y_true, y_score, weights, owner) -> tuple[float, np.ndarray, np.ndarray]:
    return weighted_mean(np.square(y_score - y_true), weights)


@measure("Brier score", of="probabilities", low=0, high=1, influence=_brier)
def brier(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The mean squared distance between probability and outcome.

    0 is perfect; predicting the prevalence p for everyone gives p(1 − p).
    """
    y_true, y_score = probabilities(y_true, y_score)
    return mean(brier, np.square(y_score - y_true), patient=patient, weights=weights, level=level)


@measure("calibration error", of="probabilities", low=0, high=1)
def calibration_error(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    bins: int = 10,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """How far predicted and observed lie apart on average, over `bins` groups of about equal size (ECE).

    Chance alone keeps it above 0, the more so the fewer the cases: read it beside slope and intercept.
    """
    y_true, y_score = probabilities(y_true, y_score)
    owner, weights = sampling(len(y_true), patient=patient, weights=weights, level=level)
    member = _bin_of(y_score, bins)
    gap = weights * (y_true - y_score)
    side = np.sign(np.bincount(member, weights=gap))[member]  # +1 in a group that has the finding more often
    value, influence, _ = weighted_mean(side * (y_true - y_score), weights)
    return student(calibration_error, value, influence, owner, level)


@measure("calibration slope", of="probabilities")
def calibration_slope(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The factor that the log-odds should have had: below 1, the model was too sure of itself.

    >>> rng = np.random.default_rng(0)
    >>> logit = rng.normal(size=4000)
    >>> y_true = rng.random(4000) < special.expit(logit)
    >>> print(f"{calibration_slope(y_true, special.expit(2 * logit)):.1f}")
    0.5 (0.5 to 0.5)
    """
    coefficients, influence, owner = _fit_outcome(y_true, y_score, patient, weights, level, slope=True)
    return student(calibration_slope, coefficients[1], influence[:, 1], owner, level)


@measure("calibration intercept", of="probabilities")
def calibration_intercept(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """What has to be added to all log-odds: above 0, more cases have the finding than was predicted.

    Also called calibration in the large.
    """
    coefficients, influence, owner = _fit_outcome(y_true, y_score, patient, weights, level, slope=False)
    return student(calibration_intercept, coefficients[0], influence[:, 0], owner, level)


# Recalibration.


@dataclass(frozen=True)
class Recalibration:
    """A rule that maps a model's scores to probabilities: call it with new scores.

    Parameters
    ----------
    method : how it was learnt.
    rule : the function of the scores.
    line : its slope and intercept for the log-odds; None for steps.
    """

    method: str
    rule: Callable[[np.ndarray], np.ndarray]
    line: tuple[float, float] | None = None

    def __call__(self, y_score: ArrayLike) -> np.ndarray:
        """The probabilities that the scores `y_score` stand for."""
        return self.rule(between_0_and_1(numbers(y_score, "y_score").astype(float), "y_score"))


@describe_arguments("probabilities")
def recalibrate(y_true: ArrayLike, y_score: ArrayLike, *, method: str = "platt") -> Recalibration:
    """Learn from validation cases how scores become probabilities; the ranking stays as it was.

    `method` is "platt": new slope and intercept for the log-odds; "intercept": a new intercept only, for a
    hundred cases; "temperature": a new slope only; or "isotonic": any rising steps, for a thousand cases or
    more. Never learn it on the test set, nor on the training set.

    >>> rng = np.random.default_rng(0)
    >>> logit = rng.normal(size=2000)
    >>> y_true, too_sure = rng.random(2000) < special.expit(logit), special.expit(3 * logit)
    >>> calibrated = recalibrate(y_true[:1000], too_sure[:1000])(too_sure[1000:])
    >>> print(f"{calibration_slope(y_true[1000:], calibrated):.1f}")
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
    if method not in ("platt", "intercept", "temperature"):
        raise DataError(f"method must be 'platt', 'intercept', 'temperature' or 'isotonic', not {method!r}")
    # Platt's targets, a little inside 0 and 1, keep the slope finite where the classes are separated.
    soft = np.where(y_true == 1, (positives + 1) / (positives + 2), 1 / (len(y_true) - positives + 2))
    logit, everyone = _logit(y_score), np.ones(len(y_score))
    if method == "intercept":
        intercept, slope = _fit_logistic(everyone[:, None], y_true, everyone, logit)[0], 1.0
    elif method == "temperature":
        intercept, slope = 0.0, _fit_logistic(logit[:, None], soft, everyone, 0 * logit)[0]
    else:
        intercept, slope = _fit_logistic(np.column_stack([everyone, logit]), soft, everyone, 0 * logit)
    line = (float(slope), float(intercept))
    return Recalibration(method, lambda score: special.expit(intercept + slope * _logit(score)), line)


# Helpers.


def _bin_of(y_score: np.ndarray, bins: int) -> np.ndarray:
    """Each case's group; equal scores stay together, so groups may be fewer than asked."""
    if bins < 1:
        raise DataError(f"bins must be at least 1, not {bins}")
    if not isinstance(bins, Integral):
        raise DataError(f"bins must be a whole number, not {bins}")
    edges = np.quantile(y_score, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(edges, y_score, side="left")


def _logit(y_score: np.ndarray) -> np.ndarray:
    return special.logit(np.clip(y_score, 1e-6, 1 - 1e-6))  # a model's exact 0 or 1 is rounding


def _fit_outcome(y_true, y_score, patient, weights, level: float, *, slope: bool):
    """Fit outcome ~ log-odds (or an intercept beside them): coefficients, influences of the cases, owners."""
    y_true, y_score = probabilities(y_true, y_score)
    owner, weights = sampling(len(y_true), patient=patient, weights=weights, level=level)
    check_both_classes(y_true, weights, "calibration")
    logit = _logit(y_score)
    if slope and np.ptp(logit[weights > 0]) == 0:
        raise UndefinedMeasure("a slope needs scores that differ, but all here are equal")
    columns = np.column_stack([np.ones_like(logit), logit]) if slope else np.ones((len(logit), 1))
    offset = np.zeros_like(logit) if slope else logit
    coefficients = _fit_logistic(columns, y_true, weights, offset)
    chance = special.expit(offset + columns @ coefficients)
    curvature = (columns.T * (weights * chance * (1 - chance))) @ columns
    try:
        bread = np.linalg.inv(curvature)
    except np.linalg.LinAlgError:
        raise UndefinedMeasure(SEPARATED) from None
    return coefficients, ((weights * (y_true - chance))[:, None] * columns) @ bread, owner


def _fit_logistic(
    columns: np.ndarray, target: np.ndarray, weights: np.ndarray, offset: np.ndarray
) -> np.ndarray:
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
    raise UndefinedMeasure(SEPARATED)
