"""What acting on a score is worth: thresholds, net benefit, and what changes where the finding is rarer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.evaluation.inputs import binary, checked_weights, numbers, probabilities
from medlearn.evaluation.intervals import Estimate, mean
from medlearn.evaluation.measure import describe_arguments, measure


def predictive_values(*, sensitivity: float, specificity: float, prevalence: float) -> tuple[float, float]:
    """PPV and NPV (Bayes) of a test with this `sensitivity` and `specificity`, at this `prevalence`.

    >>> ppv, npv = predictive_values(sensitivity=0.9, specificity=0.9, prevalence=0.01)
    >>> print(f"{ppv:.2f} {npv:.3f}")
    0.08 0.999
    """
    for name, share in (
        ("sensitivity", sensitivity),
        ("specificity", specificity),
        ("prevalence", prevalence),
    ):
        if not 0 <= share <= 1:
            raise DataError(f"{name} must lie between 0 and 1, not {share}")
    sick, healthy = prevalence, 1 - prevalence
    positive = sick * sensitivity + healthy * (1 - specificity)
    negative = sick * (1 - sensitivity) + healthy * specificity
    return (
        sick * sensitivity / positive if positive else float("nan"),
        healthy * specificity / negative if negative else float("nan"),
    )


@describe_arguments("scores")
def threshold_by_cost(y_true: ArrayLike, y_score: ArrayLike, *, miss: float, false_alarm: float) -> float:
    """The threshold that costs least, where a missed case costs `miss` and a false alarm `false_alarm`.

    Use validation cases. A case is called positive when its score reaches the threshold.

    >>> threshold_by_cost([0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.6, 0.8], miss=5, false_alarm=1)
    0.3
    """
    if not (miss >= 0 and false_alarm >= 0 and 0 < miss + false_alarm < np.inf):
        raise DataError(
            f"costs must be finite, none below 0 and not both 0, but are {miss} and {false_alarm}"
        )
    scores, found, false = _count_at_each_score(y_true, y_score)
    cost = miss * (found[-1] - found) + false_alarm * false
    return float(scores[np.argmin(cost)])


@describe_arguments("scores")
def threshold_by_sensitivity(y_true: ArrayLike, y_score: ArrayLike, *, at_least: float) -> float:
    """The highest threshold at which sensitivity is `at_least` this. Use validation cases.

    >>> threshold_by_sensitivity([0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.6, 0.8], at_least=0.9)
    0.3
    """
    if not 0 < at_least <= 1:
        raise DataError(f"at_least must be above 0 and at most 1, not {at_least}")
    scores, found, _ = _count_at_each_score(y_true, y_score)
    return float(scores[np.argmax(found >= at_least * found[-1] - 1e-9)])


@measure("net benefit", of="probabilities", high=1)
def net_benefit(
    y_true: ArrayLike,
    y_score: ArrayLike,
    threshold: float,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """True positives less false alarms, per case, a false alarm counted at the odds of the `threshold`.

    To act at a risk of 20 % or more is to say that one case found is worth four false alarms.

    >>> print(net_benefit([0, 0, 0, 1], [0.1, 0.3, 0.1, 0.9], 0.2).value)
    0.1875
    """
    y_true, y_score = probabilities(y_true, y_score)
    gain = _gain(y_true, y_score, threshold)
    return mean(net_benefit, gain, patient=patient, weights=weights, level=level)


@measure("difference in net benefit", of="probabilities")
def net_benefit_difference(
    y_true: ArrayLike,
    y_score: ArrayLike,
    other_score: ArrayLike,
    threshold: float,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Net benefit of acting on `y_score` less that of acting on `other_score`, on the same cases.

    An `other_score` of 1 for everyone is to act on all, one of 0 to act on none. The `threshold` is the risk
    from which one acts. What is alike in both plans cancels out, so the interval is narrower than the two
    single ones suggest.

    >>> y_true, y_score = [0, 0, 0, 1] * 25, [0.1, 0.3, 0.1, 0.9] * 25
    >>> print(f"{net_benefit_difference(y_true, y_score, np.ones(100), 0.2):.2f}")
    0.12 (0.10 to 0.15)
    """
    _, other_score = probabilities(y_true, other_score)
    y_true, y_score = probabilities(y_true, y_score)
    more = _gain(y_true, y_score, threshold) - _gain(y_true, other_score, threshold)
    return mean(net_benefit_difference, more, patient=patient, weights=weights, level=level)


def _gain(y_true: np.ndarray, y_score: np.ndarray, threshold: float) -> np.ndarray:
    """What acting on each case is worth: 1 if it has the finding, else less than 0; 0 where one does not."""
    if not 0 < threshold < 1:
        raise DataError(f"a threshold must lie between 0 and 1, not at {threshold}")
    return (y_score >= threshold) * np.where(y_true == 1, 1.0, -threshold / (1 - threshold))


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """Net benefit over thresholds. Acting on no one has a net benefit of 0.

    Parameters
    ----------
    thresholds : the risks from which one would act.
    benefit : the net benefit of acting on the score, at each threshold.
    act_on_all : the net benefit of acting on everyone, at each threshold.
    """

    thresholds: np.ndarray
    benefit: tuple[Estimate, ...]
    act_on_all: np.ndarray


@describe_arguments("probabilities")
def decision_curve(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    thresholds: ArrayLike | None = None,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> DecisionCurve:
    """Net benefit at each of the `thresholds`: from 1 % to 50 % where none are named.

    >>> curve = decision_curve([0, 0, 0, 1], [0.1, 0.3, 0.1, 0.9], thresholds=[0.2])
    >>> float(curve.act_on_all[0].round(4))
    0.0625
    """
    thresholds = (
        np.arange(1, 51) / 100 if thresholds is None else numbers(thresholds, "thresholds").astype(float)
    )
    shared = {"patient": patient, "weights": weights, "level": level}
    benefit = tuple(net_benefit(y_true, y_score, at, **shared) for at in thresholds.tolist())
    y_true, _ = probabilities(y_true, y_score)
    prevalence = np.average(y_true, weights=checked_weights(weights, len(y_true)))
    return DecisionCurve(thresholds, benefit, prevalence - (1 - prevalence) * thresholds / (1 - thresholds))


def _count_at_each_score(y_true, y_score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each distinct score from the highest down; the cases found and the false alarms at this threshold.

    At the first nobody is called positive, at the last everybody.
    """
    y_true, y_score = binary(y_true, y_score)
    if not 0 < y_true.sum() < len(y_true):
        raise DataError("a threshold is chosen on cases of both classes, but all here are of one")
    order = np.argsort(-y_score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(y_score[order])), len(order) - 1)
    found = np.cumsum(y_true[order], dtype=int)[last]
    scores = y_score[order][last]
    nobody = np.nextafter(scores[0], np.inf)
    return np.append(nobody, scores), np.append(0, found), np.append(0, last + 1 - found)
