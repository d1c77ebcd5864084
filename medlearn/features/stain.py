"""What can be had of a stain without learning: a nucleus is purple, and slides are stained more or less."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from medlearn.errors import DataError

DENSITY = -np.log10((np.arange(256) + 1) / 256)  # optical density: 0 where all light comes through


def purple_boxes(image: np.ndarray, *, least: int = 120, label: int = 1) -> dict[str, np.ndarray]:
    """Boxes around what is far more purple than the picture is: `corners`, `label`, and as score the area.

    Purple is more blue than green. What exceeds the median by half of what the most purple place does, and
    hangs together, is one piece.

    Parameters
    ----------
    image : (height, width, 3).
    least : pixels that a piece must have.
    label : what each is called.

    >>> image = np.full((20, 30, 3), 200, np.uint8)
    >>> image[4:16, 8:22] = [120, 60, 180]
    >>> purple_boxes(image, least=50)["corners"].tolist()
    [[8.0, 4.0, 22.0, 16.0]]
    """
    purple = image[..., 2].astype(float) - image[..., 1]
    purple = ndimage.gaussian_filter(purple - np.median(purple), 3)  # joins the lobes of a nucleus
    pieces, _ = ndimage.label(purple > purple.max() / 2)
    found = []
    for number, (down, across) in enumerate(ndimage.find_objects(pieces), start=1):
        area = np.sum(pieces[down, across] == number)
        if area >= least:
            found.append((across.start, down.start, across.stop, down.stop, area))
    rows = np.array(found, float).reshape(-1, 5)
    return {"corners": rows[:, :4], "label": np.full(len(rows), label), "score": rows[:, 4]}


def stain_of(tiles: np.ndarray) -> np.ndarray:
    """How dark the stain of a slide is: the mean optical density of red, green and blue, (3,).

    Stain adds up in optical density, the logarithm of the light that is kept back, not in brightness.

    Parameters
    ----------
    tiles : of one slide, (tiles, height, width, 3), whole numbers from 0 to 255.

    >>> stain_of(np.full((2, 8, 8, 3), (255, 127, 63), np.uint8)).round(3).tolist()
    [0.0, 0.301, 0.602]
    """
    tiles = _bytes_of_colour(tiles)
    counts = [np.bincount(tiles[..., channel].ravel(), minlength=256) for channel in range(3)]
    return np.stack(counts) @ DENSITY / (tiles.size / 3)


def match_stain(tiles: np.ndarray, like: ArrayLike) -> np.ndarray:
    """The tiles of one slide, uint8, as if its stain were as dark as another's: one factor a channel.

    Each factor brings the mean optical density to that of `like`, but for rounding, and for what would be
    darker than black.

    Parameters
    ----------
    tiles : of one slide, (tiles, height, width, 3), whole numbers from 0 to 255.
    like : the mean optical density of each channel, (3,), as `stain_of` gives it.

    >>> pale = np.full((2, 8, 8, 3), (255, 180, 200), np.uint8)
    >>> match_stain(pale, [0.0, 0.301, 0.2])[0, 0, 0].tolist()
    [255, 127, 161]
    """
    own, like = stain_of(tiles), np.asarray(like, float)
    if like.shape != (3,) or not (np.isfinite(like) & (like >= 0)).all():
        raise DataError(
            "like is one optical density a channel, three numbers from 0: take stain_of() of tiles"
        )
    factors = np.divide(like, own, out=np.ones(3), where=own > 0)  # clear glass stays clear
    light = 256 * 10 ** (-factors[:, None] * DENSITY) - 1  # of each channel, for each of its 256 values
    values = np.rint(light).clip(0, 255).astype(np.uint8)
    return values[np.arange(3), np.asarray(tiles)]


def _bytes_of_colour(tiles: np.ndarray) -> np.ndarray:
    tiles = np.asarray(tiles)
    if tiles.ndim != 4 or tiles.shape[-1] != 3 or not tiles.size or tiles.dtype != np.uint8:
        raise DataError(
            "a stain is read off tiles (tiles, height, width, 3) of uint8, from 0 to 255, at least one, not "
            f"{tiles.shape} of {tiles.dtype}"
        )
    return tiles
