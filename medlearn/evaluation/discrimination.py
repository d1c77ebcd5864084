"""How well scores tell the two classes apart, and how often decisions are right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from medlearn.errors import UndefinedMeasure
from medlearn.evaluation.inputs import binary, check_both_classes, classes, decisions, sampling
from medlearn.evaluation.intervals import (
    Estimate,
    on_logit,
    patients_among,
    proportion,
    unbiased,
    variance,
    weighted_mean,
    wilson,
    wilson_of,
)
from medlearn.evaluation.measure import measure

# The areas: value, influence of each case, and which cases they are about.


def _auroc(y_true, y_score, weights, owner) -> tuple[float, np.ndarray, np.ndarray]:
    check_both_classes(y_true, weights, "AUROC")
    positive, negative, below, up_to = _sort_by_class(y_true, y_score)
    heavy, light = weights[positive], weights[negative]
    total = np.concatenate([[0], np.cumsum(light)])
    above = (total[below] + total[up_to]) / (2 * total[-1])  # for each positive: share of negatives below it
    value = float(heavy @ above / heavy.sum())
    # The same the other way round, for each negative: share of positives above it, ties counted half.
    size = len(negative) + 1
    starts, ends = (np.bincount(at, weights=heavy, minlength=size) for at in (below, up_to))
    passed = (np.cumsum(starts[:0:-1])[::-1] + np.cumsum(ends[:0:-1])[::-1]) / (2 * heavy.sum())
    influence = np.empty(len(y_true))
    influence[positive] = heavy * (above - value) / heavy.sum()
    influence[negative] = light * (passed - value) / light.sum()
    return value, unbiased(influence, owner, y_true == 1, y_true == 0), np.ones(len(y_true), bool)


def _sort_by_class(y_true, y_score) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Positives and negatives by rising score; for each positive, the negatives below and not above it."""
    positive, negative = np.flatnonzero(y_true == 1), np.flatnonzero(y_true == 0)
    positive = positive[np.argsort(y_score[positive], kind="stable")]
    negative = negative[np.argsort(y_score[negative], kind="stable")]
    below, up_to = (np.searchsorted(y_score[negative], y_score[positive], side) for side in ("left", "right"))
    return positive, negative, below, up_to


def _auroc_reweighted(y_true: ArrayLike, y_score: ArrayLike) -> Callable[[np.ndarray], float]:
    """The AUROC as a function of how often each case counts; sorts once."""
    y_true, y_score = binary(y_true, y_score)
    check_both_classes(y_true, np.ones(len(y_true)), "AUROC")
    positive, negative, below, up_to = _sort_by_class(y_true, y_score)
    tied = (below != up_to).any()
    total = np.zeros(len(negative) + 1, int)

    def area(counts: np.ndarray) -> float:
        heavy = counts.take(positive).astype(float)
        np.cumsum(counts.take(negative), out=total[1:])
        pairs = heavy.sum() * total[-1]
        if not pairs:
            return np.nan
        right = total.take(below) if not tied else (total.take(below) + total.take(up_to)) / 2
        return float(heavy @ right.astype(float) / pairs)

    return area


def _auprc(y_true, y_score, weights, owner) -> tuple[float, np.ndarray, np.ndarray]:
    order, ends = _sort_falling(y_true, y_score, weights)
    y, w = y_true[order], weights[order]
    found, called = np.cumsum(w * y)[ends], np.cumsum(w)[ends]  # at each case's score, ties together
    precision = np.divide(found, called, out=np.zeros(len(y)), where=called > 0)
    positives = float(w @ y)
    value = float((w * y) @ precision / positives)
    # A case changes the precision at its own score and at every lower one.
    pull = np.divide(w * y, called, out=np.zeros(len(y)), where=called > 0)
    lower, lower_found = (np.cumsum(pulls[::-1])[::-1] for pulls in (pull, pull * precision))
    first = np.searchsorted(ends, ends)  # where a case's ties begin
    influence = np.empty(len(y))
    influence[order] = w * (y * (precision - value) + y * lower[first] - lower_found[first]) / positives
    return value, unbiased(influence, owner, y_true == 1, y_true == 0), np.ones(len(y), bool)


def _sort_falling(y_true, y_score, weights) -> tuple[np.ndarray, np.ndarray]:
    """Cases by falling score, and for each the place of the last one with its score."""
    if not weights[y_true == 1].any():
        raise UndefinedMeasure("AUPRC is undefined: no case has the finding")
    order = np.argsort(-y_score, kind="stable")
    falling = -y_score[order]
    return order, np.searchsorted(falling, falling, side="right") - 1


def _auprc_reweighted(y_true: ArrayLike, y_score: ArrayLike) -> Callable[[np.ndarray], float]:
    """The AUPRC as a function of how often each case counts; sorts once."""
    y_true, y_score = binary(y_true, y_score)
    order, ends = _sort_falling(y_true, y_score, np.ones(len(y_true)))
    at = np.flatnonzero(y_true[order])
    positive, ends = order[at], ends[at]

    def area(counts: np.ndarray) -> float:
        heavy = counts[positive]
        if not heavy.any():
            return np.nan
        called = np.cumsum(counts[order])[ends]
        found = np.zeros(len(order))
        found[at] = heavy
        found = np.cumsum(found)[ends]
        return heavy @ np.divide(found, called, out=np.zeros(len(at)), where=called > 0) / heavy.sum()

    return area


# The shares: the same three, from truth y, decision p and weight w of each case.


def _ratio(top, bottom, weights, empty: str) -> tuple[float, np.ndarray, np.ndarray]:
    """Σ top / Σ bottom; `empty` says which cases are lacking where there is nothing below."""
    below = weights @ bottom
    if not below:
        raise UndefinedMeasure(f"this share is undefined: {empty}")
    value = float(weights @ top / below)
    return value, weights * (top - value * bottom) / below, bottom > 0


def _accuracy(y, p, w, owner):
    return weighted_mean(y == p, w)


def _sensitivity(y, p, w, owner):
    return _ratio(y * p, y, w, "no case has the finding")


def _specificity(y, p, w, owner):
    return _ratio((1 - y) * (1 - p), 1 - y, w, "every case has the finding")


def _ppv(y, p, w, owner):
    return _ratio(y * p, p, w, "no case was called positive")


def _npv(y, p, w, owner):
    return _ratio((1 - y) * (1 - p), 1 - p, w, "no case was called negative")


def _f1(y, p, w, owner):
    return _ratio(2 * y * p, y + p, w, "no case has the finding or was called positive")


def _balanced_accuracy(y, p, w, owner):
    found, let_go = _sensitivity(y, p, w, owner), _specificity(y, p, w, owner)
    return (found[0] + let_go[0]) / 2, (found[1] + let_go[1]) / 2, np.ones(len(y), bool)


# Measures of scores: nothing is decided yet.


@measure("AUROC", of="scores", low=0, high=1, influence=_auroc, reweighted=_auroc_reweighted)
def auroc(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The chance that a case with the finding gets a higher score than one without.

    The interval is DeLong's on the logit scale, which stays below 1; where patients have several cases, in
    Obuchowski's form, which adds them up by patient (Biometrics 44:837, 1988; 53:567, 1997).

    >>> print(auroc([0, 0, 0, 0, 1, 1, 1, 1], [0.1, 0.4, 0.2, 0.6, 0.3, 0.8, 0.7, 0.9]))
    0.875 (0.345 to 0.989)
    """
    return _area(auroc, "DeLong, logit", y_true, y_score, patient, weights, level)


@measure("AUPRC", of="scores", low=0, high=1, influence=_auprc, reweighted=_auprc_reweighted)
def auprc(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Average precision: the PPV averaged over all thresholds. Chance gives the prevalence."""
    return _area(auprc, "delta method, logit", y_true, y_score, patient, weights, level)


def _area(measure: Callable, method: str, y_true, y_score, patient, weights, level: float) -> Estimate:
    """The interval of an area. At 0 or 1, Wilson's with the size of the rarer class."""
    y_true, y_score = binary(y_true, y_score)
    owner, weights = sampling(len(y_true), patient=patient, weights=weights, level=level)
    value, influence, _ = measure.influence(y_true, y_score, weights, owner)
    rarer = min(patients_among(y_true == k, owner) for k in (0, 1))
    if not influence.any() and 0 < value < 1:
        return Estimate(value, value, value, level, "exact: all scores are equal")
    if owner is not None and owner.max() == 0:
        return Estimate(value, 0.0, 1.0, level, "one patient shows no variation")
    if not 1e-12 < value < 1 - 1e-12 or rarer < 2:
        return wilson_of(float(np.clip(value, 0, 1)), rarer, level, "Wilson, on the rarer class")
    error = variance(influence, owner) ** 0.5
    if owner is None:
        return on_logit(value, error, method, level)
    return on_logit(value, error, f"{method}, by patient", level, freedom=rarer - 1)


@measure("difference in AUROC", of="scores", low=-1, high=1)
def auroc_difference(
    y_true: ArrayLike,
    y_score: ArrayLike,
    other_score: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """AUROC of `y_score` minus that of `other_score`, on the same cases.

    Both models saw the same patients, so what makes a case hard for both cancels out: two single intervals
    may overlap where this one is clear of zero.

    >>> rng = np.random.default_rng(0)
    >>> y_true = rng.integers(2, size=500)
    >>> print(f"{auroc_difference(y_true, y_true + rng.normal(size=500), rng.normal(size=500)):.2f}")
    0.22 (0.15 to 0.29)
    """
    _, other_score = binary(y_true, other_score, "other_score")
    y_true, y_score = binary(y_true, y_score)
    owner, weights = sampling(len(y_true), patient=patient, weights=weights, level=level)
    value, influence, _ = _auroc(y_true, y_score, weights, owner)
    other_value, other_influence, _ = _auroc(y_true, other_score, weights, owner)
    if min(patients_among(y_true == k, owner) for k in (0, 1)) < 2:
        raise UndefinedMeasure("a comparison needs at least two patients of each class")
    half = special.ndtri((1 + level) / 2) * variance(influence - other_influence, owner) ** 0.5
    difference = value - other_value
    method = "DeLong, paired" + ("" if owner is None else ", by patient")
    return Estimate(difference, max(difference - half, -1.0), min(difference + half, 1.0), level, method)


# Measures of decisions.


@measure("accuracy", of="classes", low=0, high=1, influence=_accuracy)
def accuracy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of decisions that are right, between two classes or more."""
    y_true, y_pred = classes(y_true, y_pred)
    return proportion(y_true == y_pred, patient=patient, weights=weights, level=level)


@measure("sensitivity", of="decisions", low=0, high=1, influence=_sensitivity)
def sensitivity(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Of those who have the finding, the share that is found (recall)."""
    return _rate(sensitivity, y_true, y_pred, patient, weights, level)


@measure("specificity", of="decisions", low=0, high=1, influence=_specificity)
def specificity(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Of those who do not have the finding, the share that is called negative."""
    return _rate(specificity, y_true, y_pred, patient, weights, level)


@measure("PPV", of="decisions", low=0, high=1, influence=_ppv)
def ppv(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Of those called positive, the share that has the finding (precision). It depends on the prevalence."""
    return _rate(ppv, y_true, y_pred, patient, weights, level)


@measure("NPV", of="decisions", low=0, high=1, influence=_npv)
def npv(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Of those called negative, the share that does not have the finding."""
    return _rate(npv, y_true, y_pred, patient, weights, level)


@measure("F1", of="decisions", low=0, high=1, influence=_f1)
def f1(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The harmonic mean of sensitivity and PPV. True negatives do not count in it."""
    return _rate(f1, y_true, y_pred, patient, weights, level)


@measure("balanced accuracy", of="decisions", low=0, high=1, influence=_balanced_accuracy)
def balanced_accuracy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The mean of sensitivity and specificity: 0.5 for a rule that always says the same."""
    return _rate(balanced_accuracy, y_true, y_pred, patient, weights, level)


def _rate(measure: Callable, y_true, y_pred, patient, weights, level: float) -> Estimate:
    y_true, y_pred = decisions(y_true, y_pred)
    owner, weights = sampling(len(y_true), patient=patient, weights=weights, level=level)
    value, influence, among = measure.influence(y_true, y_pred, weights, owner)
    return wilson(value, influence, owner, among, level)
