"""How well masks, objects and volumes agree with those that somebody drew. Plain arrays in, estimates out.

What an empty mask counts is one rule, here and in every table: where truth and answer are both empty they
agree, 1; where one is, they do not, 0; and a distance from or to an empty mask is the picture's diagonal, so
that a structure that was missed makes a mean worse and never drops out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage
from scipy.spatial import KDTree

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import sampling, values
from medlearn.evaluation.intervals import Estimate, mean, student
from medlearn.evaluation.measure import measure

THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))  # .5, .55, … .95
MANY = 5_000  # numbers of objects above it are numbered anew, lest the table of two pictures fill the memory

# Masks


@measure("Dice", of="masks", low=0, high=1)
def dice(
    y_true: Sequence[np.ndarray],
    y_pred: Sequence[np.ndarray],
    *,
    pooled: bool = False,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Twice what two masks share, over what both hold: 2 |A ∩ B| / (|A| + |B|).

    Parameters
    ----------
    y_true, y_pred : a mask a case, True inside; sizes may differ from case to case.
    pooled : False: the mean of each case's Dice, in which a small object counts as much as a large one; True:
        of all pixels of all cases at once.

    >>> print(f"{dice([[[1, 1, 0]], [[0, 0, 0]]], [[[1, 0, 0]], [[0, 0, 0]]]).value:.3f}")
    0.833
    """
    both, one, other = _counts(y_true, y_pred)
    return _overlap(dice, 2 * both, one + other, pooled, patient=patient, weights=weights, level=level)


@measure("IoU", of="masks", low=0, high=1)
def iou(
    y_true: Sequence[np.ndarray],
    y_pred: Sequence[np.ndarray],
    *,
    pooled: bool = False,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """What two masks share, over what either holds. `y_true`, `y_pred` and `pooled` are as for `dice`.

    >>> print(f"{iou([[[1, 1, 0]]] * 2, [[[1, 0, 0]]] * 2).value:.3f}")
    0.500
    """
    both, one, other = _counts(y_true, y_pred)
    return _overlap(iou, both, one + other - both, pooled, patient=patient, weights=weights, level=level)


def dice_of_each(y_true: Sequence[np.ndarray], y_pred: Sequence[np.ndarray]) -> np.ndarray:
    """Each case's Dice, (n,), for masks `y_true` and `y_pred`: to compare systems case by case.

    >>> dice_of_each([[1, 1], [0, 0], [0, 0]], [[1, 0], [0, 0], [0, 1]]).round(3).tolist()
    [0.667, 1.0, 0.0]
    """
    both, one, other = _counts(y_true, y_pred)
    return _shares(2 * both, one + other)


def _counts(y_true: Sequence, y_pred: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each case the pixels in both masks, in the true one and in the other."""
    pairs = list(_pairs(y_true, y_pred))
    counts = [[np.count_nonzero(a & b), np.count_nonzero(a), np.count_nonzero(b)] for a, b in pairs]
    return tuple(np.array(counts, float).T)


def _pairs(y_true: Sequence, y_pred: Sequence):
    """Each case's two masks as True and False, after a look whether they can be compared."""
    for case, true, pred in _cases(y_true, y_pred, "mask"):
        for name, mask in (("y_true", true), ("y_pred", pred)):
            if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
                raise DataError(
                    f"case {case}: {name} holds other values than 0 and 1: compare shares to a threshold, "
                    "and take one part of a label map at a time"
                )
        yield true.astype(bool), pred.astype(bool)


def _cases(y_true: Sequence, y_pred: Sequence, kind: str):
    """Each case's number and its two arrays of numbers, of one shape; what is no `kind` is refused."""
    for name, given in (("y_true", y_true), ("y_pred", y_pred)):
        if isinstance(given, str) or not hasattr(given, "__len__") or getattr(given, "shape", None) == ():
            raise DataError(f"{name} holds a {kind} a case, in a list or an array, not {given!r:.40}")
    if len(y_true) != len(y_pred) or not len(y_true):
        raise DataError(f"there are {len(y_true)} true {kind}s and {len(y_pred)} others: one a case of each")
    for case, pair in enumerate(zip(y_true, y_pred, strict=True)):
        try:
            true, pred = (np.asarray(one) for one in pair)
        except ValueError as error:
            raise DataError(f"case {case}: the rows of a {kind} have one length") from error
        if not all(one.ndim and one.size and one.dtype.kind in "biuf" for one in (true, pred)):
            raise DataError(f"case {case}: a {kind} is an array of numbers with a place for each pixel")
        if true.shape != pred.shape:
            raise DataError(f"case {case}: the true {kind} is {true.shape}, the other {pred.shape}")
        yield case, true, pred


def _shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """`part` over `whole`; where both masks are empty, they agree: 1."""
    return np.divide(part, whole, out=np.ones(len(part)), where=whole > 0)


def _overlap(
    function: Callable, part: np.ndarray, whole: np.ndarray, pooled: bool, *, patient, weights, level
) -> Estimate:
    if not pooled:
        shares = _shares(part, whole)
        return mean(function, shares, patient=patient, weights=weights, level=level)
    return _ratio(function, part, whole, patient=patient, weights=weights, level=level)


def _ratio(function: Callable, part: np.ndarray, whole: np.ndarray, *, patient, weights, level) -> Estimate:
    """A share of sums, with an interval that counts pictures, or patients."""
    owner, weights = sampling(len(part), patient=patient, weights=weights, level=level)
    total = float(weights @ whole)
    if not total:
        raise UndefinedMeasure("all masks are empty, in truth and in answer: there is nothing to compare")
    value = float(weights @ part) / total
    return student(function, value, weights * (part - value * whole) / total, owner, level)


# Objects


def overlap_table(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """The IoU of each object of one label map with each of another, (true objects, found objects).

    One count over the picture: a pixel's two numbers, `y_true` and `y_pred`, are one.

    >>> overlap_table(np.array([1, 1, 1, 0]), np.array([1, 1, 2, 2])).round(2).tolist()
    [[0.67, 0.25]]
    """
    ((_, *pair),) = _cases([y_true], [y_pred], "label map")
    if any((one < 0).any() or (one % 1 != 0).any() for one in pair):
        raise DataError("a label map holds whole numbers: 0 for the background, 1, 2, … for the objects")
    if max(one.max() for one in pair) >= MANY:
        pair = [np.unique(np.append(0, one), return_inverse=True)[1][1:] for one in pair]
    true, pred = (one.astype(np.int64).ravel() for one in pair)
    rows, columns = int(true.max(initial=0)) + 1, int(pred.max(initial=0)) + 1
    both = np.bincount(true * columns + pred, minlength=rows * columns).reshape(rows, columns)
    either = both.sum(1)[:, None] + both.sum(0)[None] - both
    table = both / np.maximum(either, 1)
    return table[1:, 1:][both.sum(1)[1:] > 0][:, both.sum(0)[1:] > 0]


def matches(y_true: Sequence[np.ndarray], y_pred: Sequence[np.ndarray]) -> np.ndarray:
    """Of each picture, at each of THRESHOLDS, the objects found, missed and made up: (n, 10, 3).

    A true object is found by an object of the answer if their IoU is above the threshold; above .5 no object
    can find two. `y_true` and `y_pred` are label maps, one a picture.
    """
    pairs = list(_cases(y_true, y_pred, "label map"))
    counts = np.zeros((len(pairs), len(THRESHOLDS), 3))
    for case, true, pred in pairs:
        table = overlap_table(true, pred)
        for place, at in enumerate(THRESHOLDS):
            found = int((table > at).sum())
            counts[case, place] = found, table.shape[0] - found, table.shape[1] - found
    return counts


@measure("matched share at IoU .5", of="objects", low=0, high=1)
def matched_share(
    y_true: Sequence[np.ndarray],
    y_pred: Sequence[np.ndarray],
    *,
    at: float = 0.5,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Objects found, over those found, missed or made up, of all pictures together.

    The Data Science Bowl and StarDist call it average precision; it is not the average precision of
    detection.

    Parameters
    ----------
    y_true, y_pred : label maps, one a picture.
    at : the IoU above which an object counts as found, one of THRESHOLDS.

    >>> true, fused = np.array([[1, 1, 0, 2, 2]]), np.array([[1, 1, 1, 1, 1]])
    >>> matched_share([true] * 2, [true, fused]).value
    0.4
    """
    if at not in THRESHOLDS:
        raise DataError(f"at is one of {', '.join(map(str, THRESHOLDS))}, not {at}")
    counts = matches(y_true, y_pred)[:, THRESHOLDS.index(at)]
    return _ratio(matched_share, counts[:, 0], counts.sum(1), patient=patient, weights=weights, level=level)


@measure("matched share, mean of .5 to .95", of="objects", low=0, high=1)
def matched_mean(
    y_true: Sequence[np.ndarray],
    y_pred: Sequence[np.ndarray],
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Each picture's matched share, averaged over IoU .5, .55 … .95 and over pictures: edges count.

    The Data Science Bowl scored by it. `y_true` and `y_pred` are label maps, one a picture.

    >>> matched_mean([np.array([[1, 1, 0]])] * 2, [np.array([[1, 1, 0]]), np.array([[1, 1, 1]])]).value
    0.7
    """
    shares = shares_of_each(matches(y_true, y_pred)).mean(1)
    return mean(matched_mean, shares, patient=patient, weights=weights, level=level)


def shares_of_each(counts: np.ndarray) -> np.ndarray:
    """Each picture's matched share at each of THRESHOLDS, (n, 10), from the `counts` of `matches`.

    >>> shares_of_each(np.array([[[1, 1, 0]], [[0, 0, 0]]])).tolist()
    [[0.5], [1.0]]
    """
    whole = counts.sum(-1)
    return np.divide(counts[..., 0], whole, out=np.ones(whole.shape), where=whole > 0)


# Edges


@measure("HD95, mm", of="masks", low=0)
def hausdorff95(
    y_true: Sequence[np.ndarray],
    y_pred: Sequence[np.ndarray],
    *,
    spacing: ArrayLike = 1.0,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """How far apart two edges lie where they nearly lie furthest: the 95th percentile of distances, in mm.

    From each point of one edge to the nearest of the other, and back; of the two percentiles the larger. The
    mean over the cases.

    Parameters
    ----------
    y_true, y_pred : a mask a case, True inside.
    spacing : the sides of a voxel in mm: one for all, one an axis, or (n, axes), a row a case.

    >>> print(f"{hausdorff95([[[1, 0, 0, 1]]] * 2, [[[1, 0, 0, 0]]] * 2, spacing=(1, 2)).value:.1f}")
    5.7
    """
    distances = [_hd95(*pair) for pair in _edges(y_true, y_pred, spacing)]
    return mean(hausdorff95, np.array(distances), patient=patient, weights=weights, level=level)


@measure("surface Dice at 1 mm", of="masks", low=0, high=1)
def surface_dice(
    y_true: Sequence[np.ndarray],
    y_pred: Sequence[np.ndarray],
    *,
    spacing: ArrayLike = 1.0,
    tolerance: float = 1.0,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of both edges that lies within a tolerance of the other: what needs no redrawing.

    Parameters
    ----------
    y_true, y_pred, spacing : as for `hausdorff95`.
    tolerance : in mm.

    >>> print(f"{surface_dice([[[1, 0, 0, 1]]] * 2, [[[1, 0, 0, 0]]] * 2).value:.3f}")
    0.667
    """
    shares = []
    for there, back, diagonal in _edges(y_true, y_pred, spacing):
        if diagonal is None:
            shares.append(float((np.concatenate([there, back]) <= tolerance).mean()))
        else:
            shares.append(float(diagonal == 0))
    return mean(surface_dice, np.array(shares), patient=patient, weights=weights, level=level)


def edge(mask: np.ndarray) -> np.ndarray:
    """The points of a `mask` that touch its outside; the picture's rim counts as outside.

    >>> edge(np.ones((3, 3), bool)).astype(int).tolist()
    [[1, 1, 1], [1, 0, 1], [1, 1, 1]]
    """
    return mask & ~ndimage.binary_erosion(mask)


def _hd95(there: np.ndarray, back: np.ndarray, diagonal: float | None) -> float:
    if diagonal is not None:
        return diagonal
    return float(max(np.percentile(there, 95), np.percentile(back, 95)))


def _edges(y_true: Sequence, y_pred: Sequence, spacing: ArrayLike):
    """Of each case the distances from edge to edge, there and back; or what an empty mask costs."""
    spacing = np.asarray(spacing, float)
    if not np.isfinite(spacing).all() or (spacing <= 0).any():
        raise DataError(f"spacing is in mm and above 0, not {spacing.tolist()}")
    for case, (true, pred) in enumerate(_pairs(y_true, y_pred)):
        own = spacing[case] if spacing.ndim == 2 else spacing
        sides = np.broadcast_to(own, true.ndim)
        if not true.any() or not pred.any():
            missed = true.any() or pred.any()
            yield None, None, float(np.linalg.norm(sides * true.shape)) if missed else 0.0
            continue
        box = ndimage.find_objects((true | pred).astype(np.uint8))[0]  # nothing outside of it matters
        true, pred = np.pad(true[box], 1), np.pad(pred[box], 1)
        one, other = (np.argwhere(edge(mask)) * sides for mask in (true, pred))
        yield KDTree(other).query(one)[0], KDTree(one).query(other)[0], None


# Volumes


@dataclass(frozen=True)
class Agreement:
    """How two ways to measure agree, after Bland and Altman.

    Parameters
    ----------
    bias : the mean of the differences.
    half : 1.96 times their sd: 95 % of differences are expected within `bias` ± `half`.
    share : `half` as a share of the mean of all values.
    low, high : the limits of agreement.
    """

    bias: float
    half: float
    share: float

    @property
    def low(self) -> float:
        """The lower limit of agreement."""
        return self.bias - self.half

    @property
    def high(self) -> float:
        """The upper limit of agreement."""
        return self.bias + self.half

    def __format__(self, form: str) -> str:
        form = form or ".0f"
        return f"{self.bias:+{form}} ({self.low:+{form}} to {self.high:+{form}})"


def agreement(y_true: ArrayLike, y_pred: ArrayLike) -> Agreement:
    """Bias and limits of agreement of two measurements of the same cases, in their unit.

    `y_true` is one way to measure, `y_pred` the other; differences are the other less the first.

    >>> print(f"{agreement([100, 110, 120, 130], [101, 109, 122, 130]):.1f}")
    +0.5 (-2.0 to +3.0)
    """
    one, other = values(y_true, y_pred)
    if len(one) < 2:
        raise UndefinedMeasure("one case shows no variation: limits of agreement need at least two")
    difference = other - one
    half = 1.96 * float(difference.std(ddof=1))
    centre = float((one + other).mean()) / 2
    return Agreement(float(difference.mean()), half, half / centre if centre else float("nan"))
