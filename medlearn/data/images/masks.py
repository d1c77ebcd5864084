"""Label maps: 0 background, 1 … k the objects of a picture, whatever was stored. Knows arrays only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medlearn.errors import DataError

MOST_SHARED = 0.05  # of a mask, that an earlier one may have too


def relabelled(labels: np.ndarray) -> np.ndarray:
    """The same objects, numbered 1 … k in the order of their numbers; 0 stays background.

    `labels` is a map of whole numbers.

    >>> relabelled(np.array([[0, 7], [7, 300]])).tolist()
    [[0, 1], [1, 2]]
    """
    values, place = np.unique(labels, return_inverse=True)
    return (place.reshape(labels.shape) + (0 if 0 in values else 1)).astype(np.uint16)


def stacked(masks: Sequence[np.ndarray], names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """One label map of several `masks`, one object each, and what was cut, in words.

    A pixel belongs to one object. Where two masks share a few pixels, up to a twentieth of the later one, the
    earlier keeps them; where they share more, they are refused. `names` are what the error calls them.

    >>> stacked([np.eye(2, dtype=bool), ~np.eye(2, dtype=bool)], ["a", "b"])[0].tolist()
    [[1, 2], [2, 1]]
    """
    labels, cut = np.zeros(masks[0].shape, np.uint16), []
    for number, mask in enumerate(masks, start=1):
        if shared := np.count_nonzero(labels[mask]):
            other = names[int(labels[mask].max()) - 1]
            if shared > MOST_SHARED * mask.sum():
                raise DataError(
                    f"the masks {other} and {names[number - 1]} share {shared} pixel(s): "
                    "a pixel belongs to one object, cut one of them"
                )
            cut.append(f"{names[number - 1]}, {shared} pixel(s)")
            mask = mask & (labels == 0)
        labels[mask] = number
    return labels, cut


def as_mask(values: np.ndarray, name: str) -> np.ndarray:
    """A picture of one object, `values`, as True and False; `name` is what the error calls it.

    It holds two values, 0 and another, such as 255; soft edges are refused, with their share.

    >>> as_mask(np.array([[0, 255]]), "m.png").tolist()
    [[False, True]]
    """
    top = values.max()
    mask = values == top if top else np.zeros(values.shape, bool)
    between = np.count_nonzero(values) - np.count_nonzero(mask)
    if between:
        raise DataError(
            f"{name} is no mask: {between / values.size:.1%} of its pixels lie between 0 and {top}; "
            "save it with two values, or a label map with a number for each object"
        )
    return mask
