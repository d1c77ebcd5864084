"""How well places in a volume are found, such as nodules: sensitivity against false alarms a scan.

The rules are those of LUNA16. A scan is counted as a whole, however many slices it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.cases import MOST, both_sides, reweighed
from medlearn.evaluation.intervals import Estimate
from medlearn.evaluation.measure import describe_arguments, measure

ALARMS = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)  # false alarms a scan


@describe_arguments("nodules")
def froc(y_true: Sequence, y_pred: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """False alarms a scan, and the share of nodules found, as ever lower scores are called.

    As LUNA16 does: a find is right if it lies less than a nodule's radius from its centre; several in one
    nodule are one, and none of them is a false alarm. Scans without a nodule count as scans.

    >>> true = [{"place": [[5, 5, 5]], "diameter": [4]}, {"place": [], "diameter": []}]
    >>> found = [{"place": [[5, 5, 6]], "score": [0.8]}, {"place": [[1, 1, 1]], "score": [0.9]}]
    >>> [column.tolist() for column in froc(true, found)]
    [[0.0, 0.5, 0.5], [0.0, 0.0, 1.0]]
    """
    return _froc_of_counts(y_true, y_pred)(np.ones(len(y_true)))


@measure("CPM", of="nodules", low=0, high=1)
def cpm(
    y_true: Sequence,
    y_pred: Sequence,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The mean share of nodules found at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false alarms a scan: LUNA16's score.

    >>> true = [{"place": [[5, 5, 5]], "diameter": [4]}] * 2
    >>> cpm(true, [{"place": [[5, 5, 6]], "score": [0.8]}, {"place": [], "score": []}]).value
    0.5
    """
    return _sensitivity(y_true, y_pred, ALARMS, patient=patient, weights=weights, level=level)


@measure("sensitivity at so many false alarms", of="nodules", low=0, high=1)
def sensitivity_at(
    y_true: Sequence,
    y_pred: Sequence,
    *,
    alarms: float = 1.0,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of nodules found at so many false alarms a scan; straight between two scores.

    Parameters
    ----------
    alarms : how many, above 0.

    >>> true = [{"place": [[5, 5, 5]], "diameter": [4]}] * 2
    >>> found = [{"place": [[5, 5, 6], [0, 0, 0]], "score": [0.8, 0.9]}] * 2
    >>> sensitivity_at(true, found, alarms=1).value, sensitivity_at(true, found, alarms=0.5).value
    (1.0, 0.0)
    """
    if not (np.isfinite(alarms) and alarms > 0):
        raise DataError(f"alarms is a number of false alarms a scan, above 0, not {alarms}")
    return _sensitivity(y_true, y_pred, (alarms,), patient=patient, weights=weights, level=level)


def _sensitivity(y_true: Sequence, y_pred: Sequence, alarms: Sequence[float], **more) -> Estimate:
    """The mean sensitivity at these numbers of false alarms; beyond the last find it stays as it is."""
    curve = _froc_of_counts(y_true, y_pred)

    def of_counts(counts: np.ndarray) -> float:
        return float(np.interp(alarms, *curve(counts)).mean())

    return reweighed(of_counts, len(y_true), **more)


def _froc_of_counts(y_true: Sequence, y_pred: Sequence) -> Callable[[np.ndarray], tuple]:
    """False alarms a scan and sensitivity, as a function of how much each scan counts."""
    case, score, hit, truths = _nodules(y_true, y_pred)
    order = np.argsort(-score, kind="stable")
    case, hit = case[order], hit[order]
    ends = np.flatnonzero(np.diff(score[order], append=-np.inf))  # equal scores are called together

    def curve(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        heavy = counts[case]
        alarms, right = (np.append(0, np.cumsum(heavy * one)[ends]) for one in (~hit, hit))
        total = counts @ truths
        return (alarms / counts.sum(), right / total) if total else (np.zeros(1), np.full(1, np.nan))

    return curve


def _nodules(y_true: Sequence, y_pred: Sequence) -> tuple[np.ndarray, ...]:
    """Scan and score of each nodule found and of each false alarm, which of the two, and nodules a scan."""
    true, pred = both_sides(y_true, y_pred, {"place": 3, "diameter": 0}, {"place": 3, "score": 0})
    if (true["diameter"] <= 0).any():
        raise DataError(f"diameters are in mm and above 0, but one is {true['diameter'].min():g}")
    if not len(true["case"]):
        raise UndefinedMeasure("sensitivity is undefined: no scan has a nodule")
    events = [np.zeros((0, 3))]
    for number in np.unique(pred["case"]):
        finds, nodules = pred["case"] == number, true["case"] == number
        best = np.argsort(-pred["score"][finds], kind="stable")[:MOST]
        score, place = pred["score"][finds][best], pred["place"][finds][best]
        apart = np.linalg.norm(true["place"][nodules][:, None] - place, axis=2)
        inside = apart < true["diameter"][nodules][:, None] / 2
        found, wrong = inside[inside.any(1)].argmax(1), np.flatnonzero(~inside.any(0))
        for which, hit in ((found, 1), (wrong, 0)):
            events.append(np.stack([np.full(len(which), number), score[which], np.full(len(which), hit)], 1))
    case, score, hit = np.concatenate(events).T
    return case.astype(int), score, hit == 1, np.bincount(true["case"], minlength=len(y_true))
