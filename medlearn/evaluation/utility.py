"""What acting on a score is worth: thresholds, net benefit, and what changes where the finding is rarer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from medlearn.errors import DataError
from medlearn.evaluation.calibration import mean, probabilities
from medlearn.evaluation.discrimination import binary
from medlearn.evaluation.intervals import Estimate


def predictive_values(*, sensitivity: float, specificity: float, prevalence: float) -> tuple[float, float]:
    """PPV and NPV of a test where `prevalence` of those tested have the finding (Bayes).

    >>> found, let_go = predictive_values(sensitivity=0.9, specificity=0.9, prevalence=0.01)
    >>> print(f"{found:.2f} {let_go:.3f}")
    0.08 0.999
    """
    for name, share in (
        ("sensitivity", sensitivity),
        ("specificity", specificity),
        ("prevalence", prevalence),
    ):
        if not 0 <= share <= 1:
            raise DataError(f"{name} must lie between 0 and 1, not {share}")
    ill, well = prevalence, 1 - prevalence
    called, let_go = (
        ill * sensitivity + well * (1 - specificity),
        ill * (1 - sensitivity) + well * specificity,
    )
    return (
        ill * sensitivity / called if called else float("nan"),
        well * specificity / let_go if let_go else float("nan"),
    )


def threshold_by_cost(y_true, y_score, *, miss: float, false_alarm: float) -> float:
    """The threshold at which misses and false alarms, each at its cost, cost least. Use validation cases.

    A case is called positive when its score reaches the threshold.

    >>> threshold_by_cost([0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.6, 0.8], miss=5, false_alarm=1)
    0.3
    """
    if miss < 0 or false_alarm < 0 or miss + false_alarm == 0:
        raise DataError("costs must not be below 0, and one of them must be above")
    scores, found, false = _steps(y_true, y_score)
    cost = miss * (found[-1] - found) + false_alarm * false
    return float(scores[np.argmin(cost)])


def threshold_by_sensitivity(y_true, y_score, *, at_least: float) -> float:
    """The highest threshold that still finds this share of those who have the finding. Use validation cases.

    >>> threshold_by_sensitivity([0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.6, 0.8], at_least=0.9)
    0.3
    """
    if not 0 < at_least <= 1:
        raise DataError(f"at_least must be above 0 and at most 1, not {at_least}")
    scores, found, _ = _steps(y_true, y_score)
    return float(scores[np.argmax(found >= at_least * found[-1] - 1e-9)])


def net_benefit(
    y_true, y_score, threshold: float, *, patient=None, weights=None, level: float = 0.95
) -> Estimate:
    """True positives less false alarms, per case, a false alarm counted at the threshold's odds.

    Whoever acts from a risk of 20 % on says that one case found is worth four false alarms.

    >>> print(net_benefit([0, 0, 0, 1], [0.1, 0.3, 0.1, 0.9], 0.2).value)
    0.1875
    """
    y_true, y_score = probabilities(y_true, y_score)
    if not 0 < threshold < 1:
        raise DataError(f"a threshold must lie between 0 and 1, not at {threshold}")
    gain = (y_score >= threshold) * np.where(y_true == 1, 1.0, -threshold / (1 - threshold))
    return mean(gain, patient=patient, weights=weights, level=level)


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """Net benefit over thresholds: of acting on the score, and of acting on everyone. On no one is 0."""

    thresholds: np.ndarray
    benefit: tuple[Estimate, ...]
    act_on_all: np.ndarray


def decision_curve(
    y_true, y_score, *, thresholds=None, patient=None, weights=None, level: float = 0.95
) -> DecisionCurve:
    """Net benefit at each threshold: from 1 % to 50 % where none are named.

    >>> curve = decision_curve([0, 0, 0, 1], [0.1, 0.3, 0.1, 0.9], thresholds=[0.2])
    >>> float(curve.act_on_all[0].round(4))
    0.0625
    """
    thresholds = np.arange(1, 51) / 100 if thresholds is None else np.asarray(thresholds, float)
    shared = {"patient": patient, "weights": weights, "level": level}
    benefit = tuple(net_benefit(y_true, y_score, at, **shared) for at in thresholds.tolist())
    prevalence = np.average(np.asarray(y_true).reshape(-1), weights=weights)
    return DecisionCurve(thresholds, benefit, prevalence - (1 - prevalence) * thresholds / (1 - thresholds))


def _steps(y_true, y_score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each distinct score from the highest down; the cases found and the false alarms at this threshold.

    The first step calls nobody positive, the last everybody.
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
