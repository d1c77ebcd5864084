"""What the picture simulators share: soft edges, smooth noise, and the file they write.

Knows nothing of anatomy (see films.py, cells.py, fundus.py, ultrasound.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from medlearn.data.files import MARK

# Points drawn at once: arrays of this size (100 kB) stay in the processor's cache, and allocating one
# costs nothing, which makes drawing twice as fast as with all pictures at once.
POINTS = 25_000


def axes(pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """Across and down, from -1 to 1, at the middle of each of `pixels`: shapes (1, 1, p) and (1, p, 1).

    >>> across, down = axes(2)
    >>> across.ravel().tolist(), down.shape
    ([-0.5, 0.5], (1, 2, 1))
    """
    middle = ((np.arange(pixels) + 0.5) * (2 / pixels) - 1).astype(np.float32)
    return middle[None, None, :], middle[None, :, None]


def step(distance: np.ndarray, width: float) -> np.ndarray:
    """A soft edge: 0 where `distance` is below -`width`, 1 above it.

    >>> step(np.array([-1.0, 0.0, 1.0]), 0.1).tolist()
    [0.0, 0.5, 1.0]
    """
    share = distance * (0.5 / width)
    share += 0.5
    np.clip(share, 0, 1, out=share)
    slope = share * -2
    slope += 3
    slope *= share
    slope *= share
    return slope


def bump(distance: np.ndarray, width: float) -> np.ndarray:
    """A soft line or spot: 1 where `distance` is 0, less than .02 beyond 2 of `width`."""
    return np.exp(-np.square(distance * (1 / width)))


def ellipse(
    x: np.ndarray,
    y: np.ndarray,
    centre_x: ArrayLike,
    centre_y: ArrayLike,
    radius_x: ArrayLike,
    radius_y: ArrayLike,
    *,
    tilt: ArrayLike = 0.0,
) -> np.ndarray:
    """How far inside an ellipse the point `x`, `y` lies: 1 in its centre, 0 on its edge, negative outside.

    The ellipse has its middle at `centre_x`, `centre_y`, is `radius_x` and `radius_y` wide and high, and is
    turned by `tilt`.
    """
    cos, sin = np.cos(tilt), np.sin(tilt)
    x, y = x - centre_x, y - centre_y
    square = np.square(x * (cos / radius_x) + y * (sin / radius_x))
    square += np.square(y * (cos / radius_y) - x * (sin / radius_y))
    return 1 - np.sqrt(square, out=square)


def noise(rng: np.random.Generator, count: int, cells: int) -> np.ndarray:
    """The seeds of `count` smooth random fields of `cells` by `cells`, from `rng`, for `smooth_noise`."""
    return rng.standard_normal((count, cells, cells), dtype=np.float32)


def smooth_noise(cells: np.ndarray, pixels: int) -> np.ndarray:
    """Smooth random fields of variance 1 from their seeds, `cells` (n, k, k), at a size of `pixels`.

    The same seeds give the same field at every resolution.
    """
    size = cells.shape[-1]
    where = np.linspace(0, size - 1, pixels)[:, None] - np.arange(size)
    weight = np.exp(-0.5 * np.square(where / 0.6))
    weight = (weight / np.sqrt(np.square(weight).sum(1, keepdims=True))).astype(np.float32)
    return weight @ cells @ weight.T


def shrink(pixels: int, rendered: int, *, blur: float = 0.0) -> np.ndarray:
    """The matrix M (`pixels`, `rendered`) that makes small pictures out of large ones: `M @ large @ M.T`.

    `blur` is the radius of an additional softening, as a share of the picture.
    """
    small, large = (np.arange(pixels) + 0.5) / pixels, (np.arange(rendered) + 0.5) / rendered
    away = np.abs(small[:, None] - large)
    weight = (away < 0.5 / pixels).astype(float)
    if blur:
        weight = np.exp(-0.5 * np.square(away / np.hypot(blur, 0.3 / pixels)))
    return (weight / weight.sum(1, keepdims=True)).astype(np.float32)


def rendered_size(pixels: int) -> int:
    """The size at which pictures of `pixels` are drawn: small ones larger, so that edges stay soft."""
    return 2 * pixels if pixels < 56 else pixels


def in_batches(draw: Callable[..., tuple], scene: Mapping[str, np.ndarray], pixels: int) -> tuple:
    """Call `draw(scene, pixels)` on a few pictures at a time and join what it returns.

    `scene` maps names to arrays with one row a picture.
    """
    count, size = len(next(iter(scene.values()))), max(1, POINTS // rendered_size(pixels) ** 2)
    with threadpool_limits(
        1
    ):  # matrices as small as these are slowed by several threads, a lot if others work
        drawn = [
            draw({name: values[start : start + size] for name, values in scene.items()}, pixels)
            for start in range(0, count, size)
        ]
    return tuple(np.concatenate(results) for results in zip(*drawn, strict=True))


def column(values: ArrayLike) -> np.ndarray:
    """One of the `values` a picture, shaped (n, 1, 1) so that it goes with pictures."""
    return np.asarray(values, np.float32).reshape(-1, 1, 1)


def to_bytes(pictures: np.ndarray) -> np.ndarray:
    """The brightness of `pictures`, 0 to 1, as uint8."""
    return (np.clip(pictures, 0, 1) * 255 + 0.5).astype(np.uint8)


def visits(rng: np.random.Generator, count: int, *, again: float = 0.2) -> np.ndarray:
    """Whose each of `count` pictures is: by `rng` most patients have one, a share `again` two or three.

    >>> visits(np.random.default_rng(0), 8, again=0.5).tolist()
    [0, 0, 0, 1, 2, 3, 4, 5]
    """
    more = rng.random(count) < again
    more[:1] = False
    more[3:] &= ~(more[2:-1] & more[1:-2])  # three at most
    return np.cumsum(~more) - 1


def write_splits(
    folder: Path,
    name: str,
    *,
    pixels: int,
    seed: int,
    splits: Mapping[str, object],
    draw: Callable[[np.random.Generator, object, int], dict[str, np.ndarray]],
) -> Path:
    """Draw train, val and test and write them as MedMNIST does; the path of the file.

    Parameters
    ----------
    folder : where to; `name` : the file's, without size and ending.
    pixels : height and width of the images: 28, or a size that goes into the file's name.
    seed : gives each split a generator of its own.
    splits : what to draw for "train", "val" and "test": a count of images, say.
    draw : called with the generator, what to draw, and `pixels`, for each split; returns its images
        (n, height, width), with a last axis of 1 or 3 if there is one, their labels, the patient of each,
        counted from 0, and whatever else is known.
    """
    arrays, people = {}, 0
    for number, (split, wanted) in enumerate(splits.items()):
        drawn = draw(np.random.default_rng((seed, number)), wanted, pixels)
        images, labels = drawn["images"], drawn["labels"]
        drawn["images"] = images[..., 0] if images.ndim == 4 and images.shape[-1] == 1 else images
        drawn["labels"] = labels.astype(np.uint8)[:, None]
        drawn["patient"] = people + drawn["patient"]
        people = drawn["patient"].max() + 1
        arrays |= {f"{split}_{key}": values for key, values in drawn.items()}
    path = Path(folder) / (f"{name}.npz" if pixels == 28 else f"{name}_{pixels}.npz")
    np.savez(path, **arrays, **{MARK: np.array(True)})
    return path
