"""From pictures to objects: Otsu's threshold, what a model learns by, and what is made of its answer.

Plain arrays in and out; one picture at a time.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def otsu(image: np.ndarray) -> float:
    """Otsu's threshold of grey values from 0 to 255: above it is bright, and both sides vary least.

    `image` may have any shape. Of all thresholds it takes the one with the largest variance between the two
    sides; where several are as good, their middle.

    >>> otsu(np.array([10, 12, 11, 200, 198]))
    104.5
    """
    counts = np.bincount(np.asarray(image, np.uint8).ravel(), minlength=256)
    grey = np.arange(256)
    below = counts.cumsum()
    sums = (counts * grey).cumsum()
    above = below[-1] - below
    both = (below > 0) & (above > 0)
    between = np.zeros(256)
    means = sums[both] / below[both] - (sums[-1] - sums[both]) / above[both]
    between[both] = below[both] * above[both] * means**2
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    return float(best.mean()) if both.any() else float(np.asarray(image).max())


def components(mask: np.ndarray, *, least: int = 1) -> np.ndarray:
    """The pieces of a `mask` that hang together, as a label map: each is called one object.

    Pieces of fewer than `least` pixels are dropped: they are noise.

    >>> components(np.array([[1, 0, 1], [1, 0, 0]])).tolist()
    [[1, 0, 2], [1, 0, 0]]
    >>> components(np.array([[1, 0, 1], [1, 0, 0]]), least=2).tolist()
    [[1, 0, 0], [1, 0, 0]]
    """
    return _without_small(ndimage.label(np.asarray(mask, bool))[0], least)


def edge_distance(labels: np.ndarray) -> np.ndarray:
    """How far inside its object each pixel lies: 1 in the object's middle, near 0 at its edge, 0 outside.

    The distance to the nearest pixel that is not of the same object, as a share of the largest in that object
    of the label map `labels`. Where two objects touch, it falls on both sides.

    >>> (3 * edge_distance(np.array([[1, 1, 1, 1, 1]] * 5))[2]).tolist()
    [1.0, 2.0, 3.0, 2.0, 1.0]
    """
    shares = np.zeros(labels.shape, np.float32)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is not None:
            mask = np.pad(labels[box] == number, 1)
            far = ndimage.distance_transform_edt(mask)[(slice(1, -1),) * labels.ndim]
            shares[box] = np.maximum(shares[box], far / far.max())
    return shares


def between_objects(labels: np.ndarray, *, reach: int = 2) -> np.ndarray:
    """Where two objects of a label map `labels` lie within `reach` pixels: True on and between their edges.

    >>> between_objects(np.array([[1, 1, 1, 2, 0, 0, 0]]), reach=1)[0].astype(int).tolist()
    [0, 0, 1, 1, 1, 0, 0]
    """
    most = ndimage.maximum_filter(labels, 2 * reach + 1)
    none = np.iinfo(labels.dtype).max
    least = ndimage.minimum_filter(np.where(labels > 0, labels, none), 2 * reach + 1)
    return (most > 0) & (least < most)


def grown_from_seeds(
    mask: np.ndarray, distance: np.ndarray, *, seed: float = 0.5, least: int = 10
) -> np.ndarray:
    """The objects of a `mask`, as a label map: seeds where `distance` is high, grown until they meet.

    Growth is a watershed on the distance: seeds flood it from its peaks down, and where two floods meet is
    the border.

    Parameters
    ----------
    mask : True inside of any object.
    distance : how far inside each pixel lies, from 0 to 1, as `edge_distance` gives it or a model.
    seed : where the distance is above it, pixels that hang together are one seed.
    least : objects of fewer pixels are dropped.

    >>> mask = np.ones((1, 7), bool)
    >>> grown_from_seeds(mask, np.array([[0.4, 0.9, 0.6, 0.1, 0.5, 0.8, 0.4]]), least=1).tolist()
    [[1, 1, 1, 2, 2, 2, 2]]
    """
    pieces, _ = ndimage.label(mask)
    seeds, count = ndimage.label(mask & (distance > seed))
    seedless = np.setdiff1d(pieces[mask], pieces[seeds > 0])
    alone = np.isin(pieces, seedless) & mask
    markers = np.where(seeds > 0, seeds, np.where(alone, pieces + count, 0))
    markers = np.where(mask, markers, -1).astype(np.int32)
    depth = np.rint(1000 * (1 - np.clip(distance, 0, 1)))
    height = np.where(mask, depth, 60_000).astype(np.uint16)  # a wall: the outside floods nothing inside
    return _without_small(np.maximum(ndimage.watershed_ift(height, markers), 0), least)


def _without_small(labels: np.ndarray, least: int) -> np.ndarray:
    """The label map `labels` without objects of fewer than `least` pixels, the others numbered anew."""
    sizes = np.bincount(labels.ravel())
    kept = np.flatnonzero(sizes >= least)
    number = np.zeros(len(sizes), np.int32)
    kept = kept[kept > 0]
    number[kept] = np.arange(1, len(kept) + 1)
    return number[labels]


def on_dark(image: np.ndarray) -> np.ndarray:
    """The grey `image` with its objects bright: turned into its negative if most of it is bright.

    Fluorescence shows bright nuclei on black, stained tissue dark ones on white. What fills more than half of
    a picture counts as its background.

    >>> on_dark(np.array([250, 255, 252, 20], np.uint8)).tolist()
    [5, 0, 3, 235]
    """
    return 255 - image if (image > otsu(image)).mean() > 0.5 else image
