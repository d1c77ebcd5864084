"""How well boxes are found in pictures. Mappings of arrays in, estimates out.

Finds are matched once, as COCO does; every measure, and every draw of its interval, then only counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.cases import MOST, box_table, boxes, overlaps, reweighed, table
from medlearn.evaluation.intervals import Estimate, mean
from medlearn.evaluation.measure import describe_arguments, measure

COCO = tuple(np.linspace(0.5, 0.95, 10))  # the IoUs .5, .55 … .95
BLOCK = 8  # boxes that `suppress` compares with all others at once
# The recall at which precision is read, less a rounding error; but 29 of 100 do not reach COCO's own .29.
_COCO, _EXACT = np.linspace(0, 1, 101), np.arange(101) / 100
LEVELS = {"101": np.where(_COCO > _EXACT, _COCO, _COCO - 1e-12), "11": _EXACT[::10] - 1e-12, "all": None}

# Overlap


def iou(one: ArrayLike, other: ArrayLike) -> np.ndarray:
    """What two boxes share, over what either covers, for each of `one` with each of `other`: (n, m).

    Parameters
    ----------
    one, other : corners x0 y0 x1 y1, (n, 4) and (m, 4).

    >>> iou([[0, 0, 20, 20]], [[5, 5, 25, 25], [0, 0, 20, 10]]).round(3).tolist()
    [[0.391, 0.5]]
    """
    return _overlap(box_table(one, "one"), box_table(other, "other"))


def suppress(corners: ArrayLike, scores: ArrayLike, *, at: float = 0.5) -> np.ndarray:
    """Keep the best of boxes that lie on each other: positions of those kept, best first.

    Non-maximum suppression: the box with the highest score stays, all that overlap it by more go, and so on
    with those that are left. For one class in one picture.

    Parameters
    ----------
    corners : x0 y0 x1 y1 of each box, (n, 4).
    scores : one a box.
    at : the IoU above which the box with the lower score goes.

    >>> suppress([[0, 0, 9, 9], [0, 0, 9, 8], [20, 0, 29, 9]], [0.8, 0.9, 0.7]).tolist()
    [1, 2]
    """
    corners, scores = box_table(corners, "corners"), table(scores, "scores")
    if len(corners) != len(scores):
        raise DataError(f"there are {len(corners)} boxes but {len(scores)} scores")
    (at,) = overlaps(at, one=True)
    left, kept = np.argsort(-scores, kind="stable"), []
    while len(left):  # the best so many against all at once: fewer calls than box by box
        near = _overlap(corners[left[:BLOCK]], corners[left]) > at
        gone = np.zeros(len(left), bool)
        for place, row in enumerate(near):
            if not gone[place]:
                kept.append(left[place])
                gone |= row
        gone[:BLOCK] = True
        left = left[~gone]
    return np.array(kept, np.int64)


def _overlap(one: np.ndarray, other: np.ndarray, crowd: np.ndarray | None = None) -> np.ndarray:
    """The IoU; where an `other` is a crowd, the share of `one` that lies in it."""
    both = _shared(one, other, 0) * _shared(one, other, 1)
    own, areas = _area(one)[:, None], _area(other)
    return _over(both, own + areas - both if crowd is None else np.where(crowd, own, own + areas - both))


def _shared(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
    """How long the stretch is that two boxes share across, axis 0, or down, axis 1."""
    side = np.minimum(one[:, None, axis + 2], other[:, axis + 2])
    side -= np.maximum(one[:, None, axis], other[:, axis])
    return np.maximum(side, 0, out=side)


def _area(corners: np.ndarray) -> np.ndarray:
    return (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])


def _over(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """`part` over a `whole` that holds it; 0 where there is nothing: boxes without area, no find."""
    return part / np.maximum(whole, np.finfo(float).tiny)


# What was found of what


@dataclass(frozen=True)
class Matches:
    """The finds of one class in all cases, best first, and which of them are right.

    Parameters
    ----------
    case, score : of each find, (finds,).
    hit : whether it found a true object, at each threshold: (thresholds, finds).
    counted : whether it counts at all: not where it lies on an ignored box alone. Like `hit`.
    truths : how many objects there are to find in each case, (cases,).
    """

    case: np.ndarray
    score: np.ndarray
    hit: np.ndarray
    counted: np.ndarray
    truths: np.ndarray


@describe_arguments("boxes")
def match(y_true: Sequence, y_pred: Sequence, *, at: float | Sequence[float] = 0.5) -> dict[int, Matches]:
    """Which finds are right, by class, for every class that is in the truth or was found.

    As COCO does: in each picture and class, the find with the highest score takes the true box that it
    overlaps most, if by `at` or more, and no other find can have it. Finds beyond the best 100 do not count.
    An ignored box is COCO's "crowd": it takes any number of finds that nothing else takes and of which the
    share `at` lies in it, and these count neither as right nor as wrong.

    Parameters
    ----------
    at : the IoU from which a find is right, one or several.

    >>> true = [{"corners": [[0, 0, 10, 10]], "label": [0]}]
    >>> found = [{"corners": [[0, 0, 10, 9], [0, 0, 10, 8]], "label": [0, 0], "score": [0.6, 0.7]}]
    >>> match(true, found, at=(0.5, 0.85))[0].hit.tolist()
    [[True, False], [False, True]]
    """
    at, (true, pred) = overlaps(at), boxes(y_true, y_pred)
    return {
        int(label): _match_class(
            *({name: column[one["label"] == label] for name, column in one.items()} for one in (true, pred)),
            np.minimum(at, 1 - 1e-10)[:, None],
            len(y_true),
        )
        for label in np.union1d(true["label"], pred["label"])
    }


def _match_class(true: dict, pred: dict, at: np.ndarray, cases: int) -> Matches:
    order = np.lexsort((-pred["score"], pred["case"]))
    rank = np.arange(len(order)) - np.searchsorted(pred["case"], pred["case"])  # within its picture
    order = order[rank < MOST]
    case, score, corners = (pred[name][order] for name in ("case", "score", "corners"))
    hit, counted = np.zeros((len(at), len(case)), bool), np.ones((len(at), len(case)), bool)
    starts, ends = (np.searchsorted(true["case"], case, side) for side in ("left", "right"))
    for number in np.unique(case[ends > starts]):
        finds = slice(*np.searchsorted(case, [number, number + 1]))
        truths = slice(starts[finds.start], ends[finds.start])
        hit[:, finds], counted[:, finds] = _match_picture(
            corners[finds], true["corners"][truths], true["ignore"][truths], at
        )
    best = np.argsort(-score, kind="stable")
    truths = np.bincount(true["case"][~true["ignore"]], minlength=cases)
    return Matches(case[best], score[best], hit[:, best], counted[:, best], truths)


def _match_picture(found: np.ndarray, true: np.ndarray, ignored: np.ndarray, at: np.ndarray):
    """Hit and counted, (thresholds, finds), of finds in falling order among the true boxes of one class."""
    overlap = _overlap(found, true, ignored)
    free = np.repeat(~ignored[None], len(at), 0)
    hit, counted = np.zeros((2, len(at), len(found)), bool)
    for place, row in enumerate(overlap):
        near = row >= at
        own = near & free
        hit[:, place] = right = own.any(1)
        counted[:, place] = right | ~(near & ignored).any(1)
        if right.any():  # of equal ones the last, as COCO takes it
            taken = len(row) - 1 - np.where(own, row, -1.0)[:, ::-1].argmax(1)
            free[right, taken[right]] = False
    return hit, counted


# Average precision


def _ap_of_counts(found: Matches, rule: str) -> Callable[[np.ndarray], np.ndarray]:
    """The average precision at each threshold, as a function of how much each case counts."""
    skipped = (~found.counted).astype(float)
    at = np.flatnonzero(found.hit.any(0) | skipped.any(0))  # precision rises at hits alone
    hit, skipped, levels = found.hit[:, at].astype(float), skipped[:, at], LEVELS[rule]
    nothing, some_skipped = np.zeros((len(hit), 1)), skipped.any()

    def area(counts: np.ndarray) -> np.ndarray:
        total = counts @ found.truths
        if not total:
            return np.full(len(hit), np.nan)
        heavy = counts[found.case].astype(float)
        right, called = np.cumsum(heavy[at] * hit, 1), np.cumsum(heavy)[at]
        if some_skipped:
            called = called - np.cumsum(heavy[at] * skipped, 1)
        precision = _over(right, called)
        precision = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]  # the best from here on
        recall = right / total
        if levels is None:
            return (np.diff(recall, axis=1, prepend=0) * precision).sum(1)
        rows = zip(recall, np.append(precision, nothing, 1), strict=True)
        return np.array([values[np.searchsorted(reached, levels)] for reached, values in rows]).mean(1)

    return area


def _mean_of_counts(found: dict[int, Matches], rule: str, classes: Sequence[int]) -> Callable:
    """The mean over `classes` and thresholds, as a function of how much each case counts."""
    if rule not in LEVELS:
        raise DataError(f"rule is one of {', '.join(map(repr, LEVELS))}, not {rule!r}")
    areas = [_ap_of_counts(found[label], rule) for label in classes]
    if not areas:
        raise UndefinedMeasure("average precision is undefined: there is no true box of what is asked for")

    def over_classes(counts: np.ndarray) -> float:
        of_each = np.array([area(counts).mean() for area in areas])
        there = of_each[~np.isnan(of_each)]
        return float(there.mean()) if len(there) else np.nan

    return over_classes


@measure("AP", of="boxes", low=0, high=1)
def average_precision(
    y_true: Sequence,
    y_pred: Sequence,
    *,
    label: int = 0,
    at: float = 0.5,
    rule: str = "101",
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The precision of one class's boxes, averaged over all shares of the true ones that can be found.

    Parameters
    ----------
    label : the class.
    at : the IoU from which a find is right.
    rule : where the curve is read: "101" at recall 0, .01 … 1 (COCO), "all" at each find (VOC from 2010 on),
        "11" at 0, .1 … 1 (VOC 2007). Boxes are matched as COCO does under all of them.

    >>> true = [{"corners": [[0, 0, 10, 10]], "label": [0]}] * 2
    >>> found = [{"corners": [[0, 0, 10, 9]], "label": [0], "score": [0.6]}] * 2
    >>> average_precision(true, found).value, average_precision(true, found, at=0.95).value
    (1.0, 0.0)
    """
    options = {"rule": rule, "classes": [label], "patient": patient, "weights": weights, "level": level}
    return mean_average_precision(y_true, y_pred, at=overlaps(at, one=True), **options)


@measure("mAP", of="boxes", low=0, high=1)
def mean_average_precision(
    y_true: Sequence,
    y_pred: Sequence,
    *,
    at: float | Sequence[float] = (0.5,),
    rule: str = "101",
    classes: Sequence[int] | None = None,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The average precision, averaged over classes and over IoUs.

    A class without a true box has none: it is left out, and the estimate's `method` names it.

    Parameters
    ----------
    at : the IoUs from which a find is right: (0.5,) for mAP50, `COCO` for .5, .55 … .95.
    rule : as for `average_precision`.
    classes : the classes to average over. None: all that are in the truth or were found.

    >>> true = [{"corners": [[0, 0, 10, 10]], "label": [0]}] * 2
    >>> found = [{"corners": [[0, 0, 10, 9]] * 2, "label": [0, 1], "score": [0.6, 0.5]}] * 2
    >>> figure = mean_average_precision(true, found, at=COCO)
    >>> figure.value, figure.method
    (0.9, 'bootstrap, without class 1, of which there is no true box')
    """
    found = match(y_true, y_pred, at=at)
    asked = list(found) if classes is None else np.unique(classes).tolist()
    there = [label for label in asked if label in found and found[label].truths.any()]
    of_counts = _mean_of_counts(found, rule, there)
    figure = reweighed(of_counts, len(y_true), patient=patient, weights=weights, level=level)
    if len(there) == len(asked):
        return figure
    names = ", ".join(str(label) for label in asked if label not in there)
    return replace(figure, method=f"{figure.method}, without class {names}, of which there is no true box")


@describe_arguments("boxes")
def precision_and_recall(
    y_true: Sequence, y_pred: Sequence, *, label: int = 0, at: float = 0.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and score at each find of one class, best first: what a curve is drawn from.

    Parameters
    ----------
    label : the class.
    at : the IoU from which a find is right.

    >>> true = [{"corners": [[0, 0, 10, 10]], "label": [0]}]
    >>> found = [{"corners": [[0, 0, 10, 9]] * 2, "label": [0, 0], "score": [0.6, 0.5]}]
    >>> [column.tolist() for column in precision_and_recall(true, found)]
    [[1.0, 0.5], [1.0, 1.0], [0.6, 0.5]]
    """
    found = match(y_true, y_pred, at=overlaps(at, one=True)).get(label)
    if found is None or not found.truths.any():
        raise UndefinedMeasure(f"recall is undefined: there is no true box of class {label}")
    counted = found.counted[0]
    right = np.cumsum(found.hit[0, counted])
    return right / np.arange(1, len(right) + 1), right / found.truths.sum(), found.score[counted]


@measure("error of the count", of="boxes", low=0)
def count_error(
    y_true: Sequence,
    y_pred: Sequence,
    *,
    label: int = 0,
    cut: float = 0.5,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """By how many objects of a class a picture's count is wrong, up or down, on average.

    It asks for no place: boxes beside the cells can have the right number. Ignored boxes are not counted.

    Parameters
    ----------
    label : the class.
    cut : the score from which a find is counted.

    >>> true = [{"corners": [[0, 0, 9, 9]] * 3, "label": [0, 0, 1]}] * 2
    >>> found = [{"corners": [[5, 5, 7, 7]] * 2, "label": [0, 0], "score": [0.9, 0.3]}] * 2
    >>> count_error(true, found, cut=0.5).value
    1.0
    """
    true, pred = boxes(y_true, y_pred)
    if not np.isfinite(cut):
        raise DataError(f"cut is a score, not {cut}")
    asked = (true, ~true["ignore"]), (pred, pred["score"] >= cut)
    cases = [one["case"][(one["label"] == label) & counted] for one, counted in asked]
    there, found = (np.bincount(case, minlength=len(y_true)) for case in cases)
    return mean(count_error, np.abs(found - there) * 1.0, patient=patient, weights=weights, level=level)
