"""Boxes around the objects of a picture: which are refused, set aside or cut, and how they follow its size.

A box is x0, y0, x1, y1 in pixels from the picture's upper left corner; its width is x1 - x0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medlearn.data.dataset import Note
from medlearn.errors import DataError

SIDES = ("xmin", "ymin", "xmax", "ymax")
BEYOND = 1  # pixels that a box may stick out of its picture: some tools count from 1, others from 0
ENOUGH = 10  # boxes, none of them beyond 100, that make percent of larger pictures likely


def checked(
    corners: np.ndarray, size: tuple[int, int], places: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, list[Note]]:
    """The boxes of one picture that have an area, cut at its edge; which of all they are; and notes.

    Refused are boxes that are reversed, lie outside the picture or lack a number, and shares of its sides.

    Parameters
    ----------
    corners : (m, 4), as they were written.
    size : width and height of the picture in pixels.
    places : where each box is written, for messages.

    >>> kept, which, notes = checked(np.array([[2, 2, 9, 14], [5, 5, 5, 5]]), (20, 10), ["row 2", "row 3"])
    >>> kept.tolist(), which.tolist(), [note.what for note in notes]
    ([[2.0, 2.0, 9.0, 10.0]], [True, False], ['box without area, set aside', 'box cut at the edge'])
    """
    corners, size = np.asarray(corners, np.float64).reshape(-1, 4), np.asarray(size)
    first, last = corners[:, :2], corners[:, 2:]
    _refuse_numbers(corners, places)
    kept = (last > first).all(1)
    if len(corners[kept]) and corners[kept].max() <= 1.5:
        raise DataError(
            f"{places[int(kept.argmax())]}: these look like shares of the picture's width and height, "
            f"{_shown(corners[kept][0])}: multiply them by {size[0]} and {size[1]} pixels"
        )
    outside = kept & ((first >= size) | (last <= 0)).any(1)
    if outside.any():
        place = int(outside.argmax())
        raise DataError(
            f"{places[place]}: the box {_shown(corners[place])} lies outside its picture of "
            f"{size[0]} x {size[1]} pixels: mend or remove it"
        )
    cut = kept & ((first < -BEYOND) | (last > size + BEYOND)).any(1)
    inside = np.clip(corners, 0, [*size, *size])[kept]
    notes = [
        Note.of("box without area, set aside", _those(places, ~kept)),
        Note.of("box cut at the edge", _those(places, cut)),
    ]
    return inside.astype(np.float32), kept, notes


def _refuse_numbers(corners: np.ndarray, places: Sequence[str]) -> None:
    """Refuse a box without one of its four numbers, or with two of them reversed."""
    lacking, turned = ~np.isfinite(corners), corners[:, 2:] < corners[:, :2]
    if lacking.any():
        place, side = (int(one[0]) for one in lacking.nonzero())
        raise DataError(f"{places[place]}: the box has no number for {SIDES[side]}: give one, in pixels")
    if turned.any():
        place, axis = (int(one[0]) for one in turned.nonzero())
        raise DataError(
            f"{places[place]}: the box {_shown(corners[place])} is reversed: {SIDES[axis]} must not be "
            f"greater than {SIDES[axis + 2]}"
        )


def refuse_percent(boxes: Sequence[np.ndarray], sizes: Sequence[tuple[int, int]], where: str) -> None:
    """Refuse `boxes` that all lie in the upper left of larger pictures, as percent read as pixels do.

    Parameters
    ----------
    boxes : the corners in each picture, (m, 4); `sizes` : the pictures' widths and heights in pixels.
    where : they stand, for messages.
    """
    corners = np.concatenate(boxes)
    if len(corners) >= ENOUGH and corners.max() <= 100 and np.min(sizes) >= 200:
        raise DataError(
            f"{where}: these look like percent of the picture's width and height, since no box reaches "
            "beyond 100: turn them into pixels, or divide all by 100"
        )


def size_within(size: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int]:
    """Width and height of a picture of this `size` that just fits into `shape`, (height, width).

    >>> size_within((640, 480), (240, 320)), size_within((480, 640), (240, 320))
    ((320, 240), (180, 240))
    """
    factor = min(shape[1] / size[0], shape[0] / size[1])
    return tuple(max(1, round(side * factor)) for side in size)


def scaled(corners: np.ndarray, factors: Sequence[float]) -> np.ndarray:
    """The boxes `corners`, (m, 4), once their picture is `factors` times as wide and high.

    >>> scaled(np.array([[64, 48, 640, 480]]), (0.5, 0.25)).tolist()
    [[32.0, 12.0, 320.0, 120.0]]
    """
    return (corners * np.tile(factors, 2)).astype(np.float32)


def _those(places: Sequence[str], which: np.ndarray) -> list[str]:
    return [places[place] for place in np.flatnonzero(which)]


def _shown(corners: np.ndarray) -> str:
    return f"({', '.join(f'{number:g}' for number in corners)})"
