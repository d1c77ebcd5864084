"""How well scores tell the two classes apart, and how often decisions are right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from medlearn.errors import DataError
from medlearn.evaluation.intervals import (
    Estimate,
    checked_weights,
    on_logit,
    owners,
    patients_among,
    proportion,
    spread,
    unbiased,
    wilson,
    wilson_of,
)

# Scores against the truth: nothing is decided yet.


def auroc(y_true, y_score, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """The chance that a case with the finding gets a higher score than one without.

    The interval is DeLong's on the logit scale, which stays below 1; where patients have several cases, in
    Obuchowski's form, which sums them up by patient (Biometrics 44:837, 1988; 53:567, 1997).

    >>> print(auroc([0, 0, 0, 0, 1, 1, 1, 1], [0.1, 0.4, 0.2, 0.6, 0.3, 0.8, 0.7, 0.9]))
    0.875 (0.345 to 0.989)
    """
    y_true, y_score = binary(y_true, y_score)
    owner, weights = owners(patient, len(y_true)), checked_weights(weights, len(y_true))
    value, influence = _auroc(y_true, y_score, weights, owner)
    return _ranking(value, influence, y_true, owner, level, "DeLong, logit")


def auroc_difference(
    y_true, y_score, other_score, *, patient=None, weights=None, level: float = 0.95
) -> Estimate:
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
    owner, weights = owners(patient, len(y_true)), checked_weights(weights, len(y_true))
    value, influence = _auroc(y_true, y_score, weights, owner)
    other_value, other_influence = _auroc(y_true, other_score, weights, owner)
    if min(patients_among(y_true == k, owner) for k in (0, 1)) < 2:
        raise DataError("a comparison needs at least two patients of each class")
    half = special.ndtri((1 + level) / 2) * spread(influence - other_influence, owner) ** 0.5
    difference = value - other_value
    method = "DeLong, paired" + ("" if owner is None else ", by patient")
    return Estimate(difference, max(difference - half, -1.0), min(difference + half, 1.0), level, method)


def auprc(y_true, y_score, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """Average precision: the PPV averaged over all thresholds. Chance gives the prevalence."""
    y_true, y_score = binary(y_true, y_score)
    owner, weights = owners(patient, len(y_true)), checked_weights(weights, len(y_true))
    value, influence = _auprc(y_true, y_score, weights, owner)
    return _ranking(value, influence, y_true, owner, level, "delta method, logit")


def _ranking(value: float, influence, y_true, owner, level: float, method: str) -> Estimate:
    """The interval of an area. At its ends it is as sure as the rarer class is large."""
    rarer = min(patients_among(y_true == k, owner) for k in (0, 1))
    if not influence.any() and 0 < value < 1:
        return Estimate(value, value, value, level, "exact: all scores are equal")
    if owner is not None and owner.max() == 0:
        return Estimate(value, 0.0, 1.0, level, "one patient tells nothing of others")
    if not 1e-12 < value < 1 - 1e-12 or rarer < 2:
        return wilson_of(float(np.clip(value, 0, 1)), rarer, level, "Wilson, on the rarer class")
    error = spread(influence, owner) ** 0.5
    if owner is None:
        return on_logit(value, error, method, level)
    return on_logit(value, error, f"{method}, by patient", level, freedom=rarer - 1)


# Decisions against the truth.


def accuracy(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """The share of decisions that are right."""
    y_true, y_pred = np.asarray(y_true).reshape(-1), np.asarray(y_pred).reshape(-1)
    if len(y_true) != len(y_pred):
        raise DataError(f"{len(y_pred)} decisions for {len(y_true)} cases")
    if not len(y_true):
        raise DataError("this share is undefined: there are no cases")
    return proportion(y_true == y_pred, patient=patient, weights=weights, level=level)


def sensitivity(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """Of those who have the finding, the share that is found (recall)."""
    return _rate(_sensitivity, y_true, y_pred, patient, weights, level)


def specificity(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """Of those who do not have the finding, the share that is let go."""
    return _rate(_specificity, y_true, y_pred, patient, weights, level)


def ppv(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """Of those called positive, the share that has the finding. It moves with the prevalence (precision)."""
    return _rate(_ppv, y_true, y_pred, patient, weights, level)


def npv(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """Of those called negative, the share that does not have the finding."""
    return _rate(_npv, y_true, y_pred, patient, weights, level)


def f1(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """The harmonic mean of sensitivity and PPV. It does not look at the cases rightly let go."""
    return _rate(_f1, y_true, y_pred, patient, weights, level)


def balanced_accuracy(y_true, y_pred, *, patient=None, weights=None, level: float = 0.95) -> Estimate:
    """The mean of sensitivity and specificity: .5 for whoever always says the same."""
    return _rate(_balanced_accuracy, y_true, y_pred, patient, weights, level)


def _rate(parts: Callable, y_true, y_pred, patient, weights, level: float) -> Estimate:
    y_true, y_pred = decisions(y_true, y_pred)
    owner, weights = owners(patient, len(y_true)), checked_weights(weights, len(y_true))
    value, influence, among = parts(y_true, y_pred, weights)
    return wilson(value, influence, owner, among, level)


# Several classes or several findings.


def averaged(
    measure: Callable[..., Estimate],
    y_true,
    y_score,
    *,
    average: str = "macro",
    patient=None,
    weights=None,
    level: float = 0.95,
) -> Estimate:
    """A measure of this module over several classes, each against the rest.

    `y_true`: class numbers (n,), or 0 and 1 for each of several findings (n, classes). `y_score`: scores
    (n, classes), or for a measure of decisions class numbers (n,). "macro" counts every class alike,
    "weighted" by its cases, "micro" throws all answers together.

    >>> print(f"{averaged(sensitivity, [0, 1, 2, 1, 0], [0, 1, 2, 2, 0]).value:.3f}")
    0.833
    """
    truth, answer = _indicators(y_true, y_score)
    cases, classes = truth.shape
    if average == "micro":
        whose = np.repeat(np.arange(cases) if patient is None else np.asarray(patient), classes)
        weights = None if weights is None else np.repeat(weights, classes)
        return measure(truth.reshape(-1), answer.reshape(-1), patient=whose, weights=weights, level=level)
    owner, weights = owners(patient, cases), checked_weights(weights, cases)
    values, influences = np.empty(classes), np.empty((classes, cases))
    for k in range(classes):
        try:
            values[k], influences[k] = measure.parts(truth[:, k], answer[:, k], weights, owner)
        except DataError as error:
            raise DataError(f"class {k}: {error}") from None
    if average not in ("macro", "weighted"):
        raise DataError(f"average must be 'macro', 'weighted' or 'micro', not {average!r}")
    share = np.ones(classes) / classes if average == "macro" else weights @ truth / (weights @ truth).sum()
    return wilson(float(share @ values), share @ influences, owner, np.ones(cases, bool), level)


def _indicators(y_true, y_score) -> tuple[np.ndarray, np.ndarray]:
    """Truth and answer as (cases, classes)."""
    y_true, y_score = np.asarray(y_true), np.asarray(y_score)
    both = [array for array in (y_true, y_score) if array.ndim == 2]
    classes = both[0].shape[1] if both else int(max(y_true.max(), y_score.max())) + 1
    truth, answer = (
        array if array.ndim == 2 else (array[:, None] == np.arange(classes)).astype(int)
        for array in (y_true, y_score)
    )
    if truth.shape != answer.shape:
        raise DataError(f"y_true is about {truth.shape} (cases, classes), y_score about {answer.shape}")
    if y_true.ndim == 1 and not truth.any(1).all():
        raise DataError(f"y_true must be a class from 0 to {classes - 1}, but holds {y_true.max()}")
    return truth, answer


# What comes in.


def binary(y_true, y_score) -> tuple[np.ndarray, np.ndarray]:
    """Both as flat arrays of one length, truth in 0 and 1, scores finite; else an error says what is not."""
    y_true, y_score = np.asarray(y_true).reshape(-1), np.asarray(y_score).reshape(-1)
    if len(y_true) != len(y_score):
        raise DataError(f"y_true has {len(y_true)} cases, but there are {len(y_score)} scores")
    odd = (y_true != 0) & (y_true != 1)
    if odd.any():
        raise DataError(f"y_true must be 0 or 1, but holds {y_true[odd][0]}")
    y_score = y_score.astype(float)
    bad = np.flatnonzero(~np.isfinite(y_score))
    if len(bad):
        raise DataError(
            f"{len(bad)} score(s) are not finite, the first at position {bad[0]}: did training diverge?"
        )
    return y_true.astype(np.int8), y_score


def decisions(y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
    """As `binary`, for answers that must be 0 or 1 too."""
    y_true, y_pred = binary(y_true, y_pred)
    odd = (y_pred != 0) & (y_pred != 1)
    if odd.any():
        raise DataError(
            f"a decision must be 0 or 1, but y_pred holds {y_pred[odd][0]}: compare the scores to a threshold"
        )
    return y_true, y_pred


# Each measure's value and the influence of each case on it.


def _auroc(y_true, y_score, weights, owner=None) -> tuple[float, np.ndarray]:
    positive, negative, below, up_to = _order(y_true, y_score)
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
    return value, unbiased(influence, owner, y_true == 1, y_true == 0)


def _order(y_true, y_score) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Positives and negatives by rising score; for each positive, the negatives below and not above it."""
    positive, negative = np.flatnonzero(y_true == 1), np.flatnonzero(y_true == 0)
    if not len(positive) or not len(negative):
        raise DataError("AUROC needs both classes, but all cases here are of one")
    positive = positive[np.argsort(y_score[positive], kind="stable")]
    negative = negative[np.argsort(y_score[negative], kind="stable")]
    below, up_to = (np.searchsorted(y_score[negative], y_score[positive], side) for side in ("left", "right"))
    return positive, negative, below, up_to


def _auroc_reweighted(y_true, y_score) -> Callable[[np.ndarray], float]:
    """The AUROC as a function of how often each case counts; sorts once."""
    positive, negative, below, up_to = _order(*binary(y_true, y_score))
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


def _auprc(y_true, y_score, weights, owner=None) -> tuple[float, np.ndarray]:
    order, ends = _descending(y_true, y_score)
    y, w = y_true[order], weights[order]
    found, called = np.cumsum(w * y)[ends], np.cumsum(w)[ends]  # at each case's score, ties together
    precision = np.divide(found, called, out=np.zeros(len(y)), where=called > 0)
    positives = float(w @ y)
    value = float((w * y) @ precision / positives)
    # A case changes the precision at its own score and at every lower one.
    pull = np.divide(w * y, called, out=np.zeros(len(y)), where=called > 0)
    lower, lower_found = (np.cumsum(part[::-1])[::-1] for part in (pull, pull * precision))
    first = np.searchsorted(ends, ends)  # where a case's ties begin
    influence = np.empty(len(y))
    influence[order] = w * (y * (precision - value) + y * lower[first] - lower_found[first]) / positives
    return value, unbiased(influence, owner, y_true == 1, y_true == 0)


def _descending(y_true, y_score) -> tuple[np.ndarray, np.ndarray]:
    """Cases by falling score, and for each the place of the last one with its score."""
    if not (y_true == 1).any():
        raise DataError("AUPRC is undefined: no case has the finding")
    order = np.argsort(-y_score, kind="stable")
    falling = -y_score[order]
    return order, np.searchsorted(falling, falling, side="right") - 1


def _auprc_reweighted(y_true, y_score) -> Callable[[np.ndarray], float]:
    """The AUPRC as a function of how often each case counts; sorts once."""
    y_true, y_score = binary(y_true, y_score)
    order, ends = _descending(y_true, y_score)
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


def _ratio(top, bottom, weights, empty: str) -> tuple[float, np.ndarray, np.ndarray]:
    """Σ top / Σ bottom, the influence of each case, and which cases take part."""
    below = weights @ bottom
    if not below:
        raise DataError(f"this share is undefined: {empty}")
    value = float(weights @ top / below)
    return value, weights * (top - value * bottom) / below, bottom > 0


def _sensitivity(y, p, w, owner=None):
    return _ratio(y * p, y, w, "no case has the finding")


def _specificity(y, p, w, owner=None):
    return _ratio((1 - y) * (1 - p), 1 - y, w, "every case has the finding")


def _ppv(y, p, w, owner=None):
    return _ratio(y * p, p, w, "no case was called positive")


def _npv(y, p, w, owner=None):
    return _ratio((1 - y) * (1 - p), 1 - p, w, "no case was called negative")


def _f1(y, p, w, owner=None):
    return _ratio(2 * y * p, y + p, w, "no case has the finding or was called positive")


def _balanced_accuracy(y, p, w, owner=None):
    found, let_go = _sensitivity(y, p, w), _specificity(y, p, w)
    return (found[0] + let_go[0]) / 2, (found[1] + let_go[1]) / 2, np.ones(len(y), bool)


# `averaged` reads a measure's parts; `bootstrap` takes the fast path where there is one.
auroc.parts, auroc.reweighted = _auroc, _auroc_reweighted
auprc.parts, auprc.reweighted = _auprc, _auprc_reweighted
for _measure, _of in (
    (sensitivity, _sensitivity),
    (specificity, _specificity),
    (ppv, _ppv),
    (npv, _npv),
    (f1, _f1),
    (balanced_accuracy, _balanced_accuracy),
):
    _measure.parts = lambda y, p, w, owner, of=_of: of(y, p, w)[:2]
