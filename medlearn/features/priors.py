"""Priors: from boxes to a grid of answers, whose answer is whose, and boxes made of a net's answers.

A *prior* (or anchor) is a box of a fixed size around a place of the grid. A detector says of each prior what
it holds, and how far the true box lies from it. Plain arrays in and out; one picture at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from medlearn.errors import DataError
from medlearn.evaluation.detection import iou, suppress

FEW = 3  # priors that answer for an object in any case
HOLDS, BETWEEN = 0.65, 0.5  # IoU from which a prior answers; from which it is not asked at all
ENOUGH, MOST = 12, 4


def sizes_of(corners: np.ndarray, count: int) -> np.ndarray:
    """Sizes (count, 2) for priors, width and height, small to large: the middles of `count` groups of boxes.

    The groups are found as k-means finds them, with 1 - IoU as the distance and boxes laid corner on corner;
    it begins with boxes of evenly spaced areas, so it gives the same every time.

    Parameters
    ----------
    corners : of many boxes, (n, 4).
    count : how many sizes; there must be as many boxes.

    >>> sizes_of(np.array([[0, 0, 10, 10], [5, 5, 17, 15], [0, 0, 50, 50], [9, 9, 57, 61]]), 2).tolist()
    [[11.0, 10.0], [49.0, 51.0]]
    """
    sides = np.asarray(corners, float).reshape(-1, 4)
    sides = sides[:, 2:] - sides[:, :2]
    if not 1 <= count <= len(sides):
        raise DataError(f"{count} sizes of priors need as many boxes, but there are {len(sides)}")
    sides = sides[np.argsort(sides.prod(1), kind="stable")]
    middles = sides[np.linspace(0, len(sides) - 1, 2 * count + 1).astype(int)[1::2]]
    laid = np.pad(sides, [(0, 0), (2, 0)])
    group = np.full(len(sides), -1)
    for _ in range(100):
        nearest = iou(laid, np.pad(middles, [(0, 0), (2, 0)])).argmax(1)
        if (nearest == group).all():
            break
        group = nearest
        middles = np.array(
            [sides[group == k].mean(0) if (group == k).any() else middles[k] for k in range(count)]
        )
    return middles[np.argsort(middles.prod(1))]


def prior_boxes(rows: int, columns: int, sizes: np.ndarray, *, stride: int = 8) -> np.ndarray:
    """The priors of a grid as corners, (places, sizes, 4): one of each size around each place, row by row.

    Parameters
    ----------
    rows, columns : of the grid.
    sizes : width and height of each, in pixels: (sizes, 2).
    stride : pixels from one place to the next.

    >>> prior_boxes(1, 2, np.array([[8, 4]])).tolist()
    [[[0.0, 2.0, 8.0, 6.0]], [[8.0, 2.0, 16.0, 6.0]]]
    """
    down, across = np.mgrid[:rows, :columns] * stride + stride / 2
    centre = np.stack([across, down], -1).reshape(-1, 1, 2)
    half = np.asarray(sizes, float) / 2
    return np.concatenate([centre - half, centre + half], -1)


def encode(corners: np.ndarray, priors: np.ndarray) -> np.ndarray:
    """Boxes as seen from priors: how far the centre is away, in sizes of the prior, and the log of the ratio.

    `corners` and `priors` are (…, 4); so is what is returned, and `decode` turns it back.

    >>> encode(np.array([10, 10, 30, 50]), np.array([10, 10, 30, 30])).round(2).tolist()
    [0.0, 0.5, 0.0, 0.69]
    """
    size, true = (box[..., 2:] - box[..., :2] for box in (priors, corners))
    away = (corners[..., 2:] + corners[..., :2] - priors[..., 2:] - priors[..., :2]) / 2
    return np.concatenate([away / size, np.log(true / size)], -1)


def decode(answers: np.ndarray, priors: np.ndarray) -> np.ndarray:
    """Corners (…, 4) of the boxes that `answers` mean, seen from `priors`; the reverse of `encode`.

    >>> decode(np.array([0, 0.5, 0, np.log(2)]), np.array([10, 10, 30, 30])).round(6).tolist()
    [10.0, 10.0, 30.0, 50.0]
    """
    size = priors[..., 2:] - priors[..., :2]
    centre = (priors[..., 2:] + priors[..., :2]) / 2 + answers[..., :2] * size
    half = size * np.exp(np.clip(answers[..., 2:], -4, 4)) / 2
    return np.concatenate([centre - half, centre + half], -1)


def targets(boxes: Mapping[str, np.ndarray], priors: np.ndarray, classes: int) -> np.ndarray:
    """What a detector should answer at each prior: (places, sizes, classes + 6).

    A prior answers for the object that it overlaps most, from an IoU of HOLDS on; and each object has its FEW
    best priors, if no smaller one needs them, or small objects between two places would have none. Others
    answer "nothing"; those that overlap an object by BETWEEN or more are not asked, nor those at a box to be
    ignored.

    Of the last axis the first numbers say which class (all 0 for nothing), then: whether the prior is asked,
    how much it counts, and the box as `encode` gives it. Where an object has fewer than ENOUGH priors each
    counts more, up to MOST times: a platelet often has three.

    Parameters
    ----------
    boxes : of one picture: `corners`, `label`, and where some are not to be judged, `ignore`.
    priors : of its grid, see `prior_boxes`.
    classes : how many there are.

    >>> here = {"corners": np.array([[4, 4, 12, 12]]), "label": np.array([1])}
    >>> answer = targets(here, prior_boxes(2, 2, np.array([[8, 8]])), 2)
    >>> answer[:, 0, 1].tolist(), float(answer[0, 0, 3])
    ([1.0, 1.0, 1.0, 0.0], 4.0)
    """
    flat, corners = priors.reshape(-1, 4), np.asarray(boxes["corners"], float).reshape(-1, 4)
    label = np.asarray(boxes["label"], int)
    judged = ~np.asarray(boxes.get("ignore", np.zeros(len(label))), bool)
    answer = np.zeros((len(flat), classes + 6), np.float32)
    answer[:, classes] = 1
    if len(corners):
        overlap = iou(flat, corners)
        answer[overlap.max(1) >= BETWEEN, classes] = 0
        overlap[:, ~judged] = 0
        owner = np.where(overlap.max(1) >= HOLDS, overlap.argmax(1), -1)
        largest_first = np.argsort(-(corners[:, 2:] - corners[:, :2]).prod(1), kind="stable")
        for one in largest_first[judged[largest_first]]:  # a small one takes its priors back from a large one
            best = np.argsort(-overlap[:, one], kind="stable")[:FEW]
            owner[best[overlap[best, one] > 0]] = one
        at = np.flatnonzero(owner >= 0)
        of = owner[at]
        answer[at, label[of]] = 1
        answer[at, classes] = 1
        answer[at, classes + 1] = np.clip(ENOUGH / np.bincount(of)[of], 1, MOST)
        answer[at, classes + 2 :] = encode(corners[of], flat[at])
    return answer.reshape(*priors.shape[:2], -1)


def boxes_of(
    answer: np.ndarray,
    priors: np.ndarray,
    *,
    cut: float = 0.05,
    at: float = 0.5,
    shape: Sequence[int] | None = None,
) -> dict[str, np.ndarray]:
    """The boxes that a net's `answer` to one picture means: `corners`, `label`, `score`, one row a box.

    Of each class the boxes above `cut` are taken, best first; one that overlaps a better one by more than
    `at` is dropped (`suppress`).

    Parameters
    ----------
    answer : (places, sizes, classes + 4), log-odds of the classes and a box.
    priors : of the same grid.
    cut : the lowest score that is kept.
    at : IoU above which two boxes are one object.
    shape : (height, width) of the picture, at whose edges boxes end; None leaves them as they are.

    >>> priors = prior_boxes(1, 2, np.array([[8, 8]]))
    >>> answer = np.array([[[2.0, 0, 0, 0, 0]], [[-9.0, 0, 0, 0, 0]]])
    >>> boxes_of(answer, priors)["corners"].tolist()
    [[0.0, 0.0, 8.0, 8.0]]
    """
    scores = 1 / (1 + np.exp(-np.asarray(answer[..., :-4], float)))
    scores = scores.reshape(-1, scores.shape[-1])
    corners = decode(np.asarray(answer[..., -4:], float), priors).reshape(-1, 4)
    if shape is not None:
        corners = np.clip(corners, 0, [shape[1], shape[0]] * 2)
    parts = []
    for kind in range(scores.shape[1]):
        rows = np.flatnonzero(scores[:, kind] > cut)
        rows = rows[suppress(corners[rows], scores[rows, kind], at=at)]
        parts.append((corners[rows], np.full(len(rows), kind), scores[rows, kind]))
    return {
        name: np.concatenate(of)
        for name, of in zip(("corners", "label", "score"), zip(*parts, strict=True), strict=True)
    }
