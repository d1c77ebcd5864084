"""How well scores tell the two classes apart, and how often decisions are right."""

from __future__ import annotations

import numpy as np
from scipy import special, stats
from sklearn.metrics import average_precision_score

from medlearn.errors import DataError
from medlearn.evaluation.intervals import Estimate, bootstrap, proportion, repeats


def auroc(y_true, y_score, *, patient=None, level: float = 0.95) -> Estimate:
    """The chance that a case with the finding gets a higher score than one without.

    The interval is DeLong's on the logit scale, which stays below 1, or a bootstrap by patient where patients
    have several cases.

    >>> print(auroc([0, 0, 0, 0, 1, 1, 1, 1], [0.1, 0.4, 0.2, 0.6, 0.3, 0.8, 0.7, 0.9]))
    0.875 (0.345 to 0.989)
    """
    y_true, y_score = binary(y_true, y_score)
    if repeats(patient):
        return bootstrap(_area, y_true, y_score, patient=patient, level=level)
    area, positive, negative = _placements(y_true, y_score)
    if area in (0, 1):  # no spread is left to measure: as sure as the smaller class is large
        edge = proportion(np.full(min(len(positive), len(negative)), bool(area)), level=level)
        return Estimate(area, edge.low, edge.high, level, "Wilson, on the smaller class")
    half = _half(_variance(positive, negative), level) / (area * (1 - area))
    low, high = special.expit(special.logit(area) + np.array([-half, half]))
    return Estimate(area, float(low), float(high), level, "DeLong, logit")


def auroc_difference(y_true, y_score, other_score, *, patient=None, level: float = 0.95) -> Estimate:
    """AUROC of `y_score` minus that of `other_score`, on the same cases.

    Both saw the same patients, so what makes a case hard for both cancels out: two single intervals may
    overlap where this one is clear of zero.

    >>> rng = np.random.default_rng(0)
    >>> y_true = rng.integers(2, size=500)
    >>> print(f"{auroc_difference(y_true, y_true + rng.normal(size=500), rng.normal(size=500)):.2f}")
    0.22 (0.15 to 0.29)
    """
    y_true, y_score = binary(y_true, y_score)
    _, other_score = binary(y_true, other_score)
    if repeats(patient):

        def difference(truth, score, other):
            return _area(truth, score) - _area(truth, other)

        return bootstrap(difference, y_true, y_score, other_score, patient=patient, level=level)
    area, positive, negative = _placements(y_true, y_score)
    other_area, other_positive, other_negative = _placements(y_true, other_score)
    half = _half(_variance(positive - other_positive, negative - other_negative), level)
    value = area - other_area
    return Estimate(value, max(value - half, -1.0), min(value + half, 1.0), level, "DeLong, paired")


def auprc(y_true, y_score, *, patient=None, level: float = 0.95) -> Estimate:
    """Average precision: the PPV averaged over all thresholds. Chance gives the prevalence."""
    y_true, y_score = binary(y_true, y_score)
    return bootstrap(_average_precision, y_true, y_score, patient=patient, level=level)


def accuracy(y_true, y_pred, *, patient=None) -> Estimate:
    """The share of decisions that are right."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    return _rate(y_true == y_pred, np.ones(len(y_true), bool), patient, "there are no cases")


def sensitivity(y_true, y_pred, *, patient=None) -> Estimate:
    """Of those who have the finding, the share that is found."""
    y_true, y_pred = binary(y_true, y_pred)
    return _rate(y_pred == 1, y_true == 1, patient, "no case has the finding")


def specificity(y_true, y_pred, *, patient=None) -> Estimate:
    """Of those who do not have the finding, the share that is let go."""
    y_true, y_pred = binary(y_true, y_pred)
    return _rate(y_pred == 0, y_true == 0, patient, "every case has the finding")


def ppv(y_true, y_pred, *, patient=None) -> Estimate:
    """Of those called positive, the share that has the finding. It moves with the prevalence."""
    y_true, y_pred = binary(y_true, y_pred)
    return _rate(y_true == 1, y_pred == 1, patient, "no case was called positive")


def npv(y_true, y_pred, *, patient=None) -> Estimate:
    """Of those called negative, the share that does not have the finding."""
    y_true, y_pred = binary(y_true, y_pred)
    return _rate(y_true == 0, y_pred == 0, patient, "no case was called negative")


def binary(y_true, y_score) -> tuple[np.ndarray, np.ndarray]:
    """Both as flat arrays of one length, truth in 0 and 1, scores finite; else an error says what is not."""
    y_true, y_score = np.asarray(y_true).reshape(-1), np.asarray(y_score).reshape(-1)
    if len(y_true) != len(y_score):
        raise DataError(f"y_true has {len(y_true)} cases, but there are {len(y_score)} scores")
    if not np.isin(y_true, (0, 1)).all():
        raise DataError(f"y_true must be 0 or 1, but holds {np.setdiff1d(y_true, (0, 1))[0]}")
    bad = np.flatnonzero(~np.isfinite(y_score.astype(float)))
    if len(bad):
        raise DataError(
            f"{len(bad)} score(s) are not finite, the first at position {bad[0]}: did training diverge?"
        )
    return y_true.astype(int), y_score.astype(float)


def _rate(hits: np.ndarray, among: np.ndarray, patient, empty: str) -> Estimate:
    if len(hits) != len(among):
        raise DataError(f"{len(hits)} decisions for {len(among)} cases")
    if not among.any():
        raise DataError(f"this share is undefined: {empty}")
    return proportion(hits[among], patient=None if patient is None else np.asarray(patient)[among])


def _placements(y_true: np.ndarray, y_score: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The AUROC, and for each case the share of the other class that it stands on the right side of."""
    positive, negative = y_score[y_true == 1], y_score[y_true == 0]
    if not len(positive) or not len(negative):
        raise DataError("AUROC needs both classes, but all cases here are of one")
    together = stats.rankdata(np.concatenate([positive, negative]))
    above = (together[: len(positive)] - stats.rankdata(positive)) / len(negative)
    below = 1 - (together[len(positive) :] - stats.rankdata(negative)) / len(positive)
    return float(above.mean()), above, below


def _average_precision(y_true: np.ndarray, y_score: np.ndarray) -> float:
    if not y_true.any():
        raise DataError("AUPRC is undefined: no case has the finding")
    return average_precision_score(y_true, y_score)


def _area(y_true: np.ndarray, y_score: np.ndarray) -> float:
    return _placements(y_true, y_score)[0]


def _variance(positive: np.ndarray, negative: np.ndarray) -> float:
    """DeLong's variance of a mean of placements (Biometrics 44:837, 1988)."""
    return sum(
        float(np.var(part, ddof=1)) / len(part) if len(part) > 1 else np.nan for part in (positive, negative)
    )


def _half(variance: float, level: float) -> float:
    """Half the width of a normal interval."""
    return float(stats.norm.ppf((1 + level) / 2)) * variance**0.5
