"""Simulated tiles of stained tissue of the bowel: nine kinds, as in PathMNIST, tumour among them.

Drawn from formulas, out of nobody's tissue. What the lessons need is there: nuclei of haematoxylin, blue to
purple, on a ground of eosin, pink; crypts whose nuclei stand in a ring around an opening; sheets of
lymphocytes, as dark and blue as tumour is, so that colour alone does not tell one from the other; tumour with
large, crowded nuclei of many sizes in nests or in ragged glands, turned any way. Tiles of one slide share
their stain, thickness and focus, and those of one hospital their recipe.

Not realistic: the size of glands beside that of cells, mitoses, capillaries and most other cells, grades and
types of tumour, the passage of one kind into the next, folds, bubbles and pen marks, and how often anything
occurs. No result on these pictures says anything about patients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from medlearn.data.images.simulate.drawing import (
    axes,
    bump,
    column,
    ellipse,
    in_batches,
    noise,
    rendered_size,
    shrink,
    smooth_noise,
    step,
    to_bytes,
    write_splits,
)

VERSION = 1
KINDS = (
    "adipose",
    "background",
    "debris",
    "lymphocytes",
    "mucus",
    "smooth muscle",
    "normal mucosa",
    "stroma",
    "tumour",
)
TUMOUR = KINDS.index("tumour")
WIDE = 72  # micrometres across a tile
# How many slides of which hospital, and tiles of each, the stand-in of PathMNIST has.
SPLITS = {"train": {"A": 50, "B": 50}, "val": {"A": 13, "B": 12}, "test": {"C": 25}}
TILES = (10, 30)
RING = 24  # nuclei around a crypt
NOISE = {"grain": 32, "chromatin": 26, "coarse": 7}  # cells of smooth noise, for every kind
# What one unit of haematoxylin and of eosin takes away of red, green and blue, by hospital.
STAINS = {
    "A": ((0.78, 0.86, 0.36), (0.10, 0.62, 0.34)),
    "B": ((0.86, 0.84, 0.32), (0.08, 0.56, 0.34)),
    "C": ((0.56, 0.74, 0.42), (0.14, 0.84, 0.58)),
}


def write_pathology(folder: Path, *, seed: int = 0, pixels: int = 28) -> Path:
    """Draw `pathmnist.npz` (`pathmnist_64.npz` for 64 `pixels`) by `seed` into `folder`; its path.

    Beside the official arrays: `patient` (the slide a tile is cut from) and `hospital`.
    """
    return write_splits(folder, "pathmnist", pixels=pixels, seed=seed, splits=SPLITS, draw=_draw_split)


def _draw_split(rng: np.random.Generator, slides: Mapping[str, int], pixels: int) -> dict[str, np.ndarray]:
    hospital = np.repeat(list(slides), list(slides.values()))
    counts = rng.integers(TILES[0], TILES[1] + 1, len(hospital))
    slide = np.repeat(np.arange(len(hospital)), counts)
    shares = rng.dirichlet(np.full(len(KINDS), 0.7), len(hospital))
    kind = (shares.cumsum(1)[slide] < rng.random((len(slide), 1))).sum(1).clip(max=len(KINDS) - 1)
    looks = {name: values[slide] for name, values in draw_looks(hospital, rng).items()}
    images = draw_tiles(kind, looks, rng, pixels)
    return {"images": images, "labels": kind, "patient": slide, "hospital": hospital[slide]}


def draw_looks(hospital: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """What the tiles of a slide share, one row a slide: `stain` (slides, 2, 3), `light` and `blur`.

    Parameters
    ----------
    hospital : where each slide was stained, "A", "B" or "C".
    rng : draws how slides of one hospital differ.

    >>> looks = draw_looks(np.array(["A", "C"]), np.random.default_rng(0))
    >>> looks["stain"].shape, looks["light"].shape
    ((2, 2, 3), (2, 3))
    """
    count = len(hospital)
    stain = np.array([STAINS[name] for name in hospital]) * np.exp(rng.normal(0, 0.04, (count, 2, 3)))
    thick = np.exp(rng.normal(0, 0.10, (count, 1, 1)) + rng.normal(0, 0.08, (count, 2, 1)))
    light = 0.955 + rng.normal(0, 0.008, (count, 1)) + rng.normal(0, 0.004, (count, 3))
    return {
        "stain": np.float32(stain * thick),
        "light": np.float32(light),
        "blur": np.float32(rng.beta(1.2, 2.5, (count, 1, 1))),
    }


def draw_tiles(
    kind: np.ndarray, looks: Mapping[str, np.ndarray], rng: np.random.Generator, pixels: int
) -> np.ndarray:
    """Tiles (n, pixels, pixels, 3) of uint8.

    Parameters
    ----------
    kind : what each shows, its place in `KINDS`.
    looks : how the slide of each is stained and seen, one row a tile: rows of `draw_looks`.
    rng : draws what lies where.
    pixels : height and width; the same tissue is seen with more or fewer pixels.

    >>> rng = np.random.default_rng(0)
    >>> draw_tiles(np.array([8, 0]), draw_looks(np.array(["A", "A"]), rng), rng, 32).shape
    (2, 32, 32, 3)
    """
    images = np.empty((len(kind), pixels, pixels, 3), np.uint8)
    for number, (lay, paint) in enumerate(DRAW):
        rows = np.flatnonzero(kind == number)
        if len(rows):
            scene = lay(rng, len(rows)) | {name: values[rows] for name, values in looks.items()}
            scene |= {name: noise(rng, len(rows), size) for name, size in NOISE.items()}
            (images[rows],) = in_batches(partial(_draw, paint), scene, pixels)
    return images


def _draw(paint: Callable, scene: dict[str, np.ndarray], pixels: int) -> tuple[np.ndarray]:
    """What the camera sees through both stains."""
    rendered = rendered_size(pixels)
    across, down = axes(rendered)
    full = np.full((len(scene["blur"]), rendered, rendered), WIDE / 2, np.float32)
    x, y = across * full, down * full
    sharp, soft = (shrink(pixels, rendered, blur=blur) for blur in (0.004, 0.022))
    blue, pink = paint(scene, x, y)
    uneven = smooth_noise(scene["chromatin"], rendered)
    layers = []
    for layer in (blue * (1 + 0.22 * uneven), pink * (1 - 0.08 * uneven)):
        clear = sharp @ layer @ sharp.T
        layers.append(clear + scene["blur"] * (soft @ layer @ soft.T - clear))
    taken = np.einsum("lnij,nlc->nijc", np.stack(layers), scene["stain"])
    grain = 0.012 * smooth_noise(scene["grain"], pixels)[..., None]
    return (to_bytes(np.exp(-taken) * scene["light"][:, None, None] + grain),)


# Layouts of chance, and how each kind is painted: densities of haematoxylin and of eosin at every point.
# Nuclei are rows of eight numbers: x, y, two radii, tilt, density, how pale the middle is, and a bend.


def _lattice(rng: np.random.Generator, count: int, apart: float, loose: float) -> tuple:
    """Places `apart` from each other all over the tile, on a turned lattice, moved by `loose` of that."""
    reach = int(np.ceil(0.62 * WIDE * np.sqrt(2) / apart))
    down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    keep = np.hypot(across, down) <= reach + 0.5
    x = apart * (across[keep] + 0.5 * (down[keep] % 2))
    y = apart * 0.866 * down[keep]
    turn, shift = rng.uniform(0, np.pi, (count, 1)), rng.uniform(-0.5, 0.5, (2, count, 1)) * apart
    move = rng.normal(0, loose * apart, (2, count, len(x)))
    cos, sin = np.cos(turn), np.sin(turn)
    return x * cos - y * sin + shift[0] + move[0], x * sin + y * cos + shift[1] + move[1]


def _nuclei(x, y, long, short, tilt, dense, pale=0.0, bend=0.0) -> np.ndarray:
    """(tiles, nuclei, 8), of values that go with `x`; those far outside lose their density."""
    dense = np.where(np.maximum(np.abs(x), np.abs(y)) < 0.6 * WIDE, dense, 0)
    return np.stack(np.broadcast_arrays(x, y, long, short, tilt, dense, pale, bend), -1).astype(np.float32)


def _spots(nuclei: np.ndarray, rendered: int) -> np.ndarray:
    """The density of `nuclei` at every point: the greatest where several lie."""
    scale = rendered / WIDE
    tile, number = np.nonzero(nuclei[..., 5])
    x, y, long, short, tilt, dense, pale, bend = nuclei[tile, number].T[..., None, None]
    half = int(np.ceil(1.25 * scale * nuclei[..., 2:4].max())) + 1
    pad = half + rendered // 8
    left, top = (np.rint((place[:, 0, 0] + WIDE / 2) * scale).astype(int) for place in (x, y))
    reach = np.arange(-half, half)
    across, down = (np.float32((first[:, None] + reach + 0.5) / scale - WIDE / 2) for first in (left, top))
    across, down = across[:, None, :] - x, down[:, :, None] - y
    cos, sin = np.cos(tilt), np.sin(tilt)
    u, v = across * (cos / long) + down * (sin / long), down * (cos / short) - across * (sin / short)
    v += bend * np.square(u)
    inside = 1 - np.sqrt(np.square(u) + np.square(v))
    body = step(inside, 0.6 / short) * (1 - pale * step(inside - 0.4, 0.35)) * dense
    size = rendered + 2 * pad
    canvas = np.zeros((len(nuclei), size, size), np.float32)
    where = ((tile * size + top + pad) * size + left + pad)[:, None, None] + (reach * size)[:, None] + reach
    np.maximum.at(canvas.reshape(-1), where.reshape(-1), body.reshape(-1))
    return canvas[:, pad : pad + rendered, pad : pad + rendered]


def _inside(blobs: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How deep in the nearest of `blobs` (tiles, blobs, 5) a place lies, in micrometres; negative outside."""
    deepest = np.full(x.shape, -99, np.float32)
    for number in range(blobs.shape[1]):
        own = blobs[:, number].T.reshape(5, -1, *[1] * (x.ndim - 1))
        depth = ellipse(x, y, *own[:4], tilt=own[4]) * np.minimum(own[2], own[3])
        np.maximum(deepest, depth, out=deepest)
    return deepest


def _blobs(x, y, long, short, tilt) -> np.ndarray:
    """Those of (tiles, blobs, 5) that reach into the tile, and as many of them in each."""
    blobs = np.stack(np.broadcast_arrays(x, y, long, short, tilt), -1).astype(np.float32)
    order = np.argsort(np.hypot(x, y) - np.maximum(long, short) + 0 * x, axis=1)[:, :12]
    return np.take_along_axis(blobs, order[..., None], 1)


def _join(*nuclei: np.ndarray) -> np.ndarray:
    return np.concatenate(nuclei, 1)


def _fibres(scene, x, y, wave: float, apart: float) -> np.ndarray:
    """Strands along the tile's direction, -1 to 1, that wander by `wave` and lie `apart` from each other."""
    rendered = x.shape[-1]
    across = y * np.cos(scene["turn"]) - x * np.sin(scene["turn"])
    across = across + wave * smooth_noise(scene["bends"], rendered)
    thick = smooth_noise(scene["coarse"], rendered)
    fine = np.sin((across + 2 * thick) * (2 * np.pi / apart)) * np.clip(0.8 + 0.5 * thick, 0.1, 1.2)
    return 0.6 * fine + 0.4 * np.sin((across - 3 * thick) * (2 * np.pi / (2.3 * apart)) + 1)


def _turned(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    return {"turn": column(rng.uniform(0, np.pi, count)), "bends": noise(rng, count, 4)}


def _loners(rng, count, each, long, short, dense, tilt=None, spread=0.2) -> np.ndarray:
    """Nuclei here and there, `each` a tile on average."""
    slots = int(3 * each) + 3
    x, y = rng.uniform(-0.55 * WIDE, 0.55 * WIDE, (2, count, slots))
    there = rng.random((count, slots)) < each / slots * rng.gamma(4, 0.25, (count, 1))
    size = np.exp(rng.normal(0, 0.12, (count, slots)))
    turn = rng.uniform(0, np.pi, (count, slots)) if tilt is None else tilt + rng.normal(0, spread, x.shape)
    return _nuclei(
        x, y, long * size, short * size, turn, there * dense * rng.uniform(0.8, 1.2, x.shape), 0.25
    )


def _lay_adipose(rng, count):
    x, y = _lattice(rng, count, 36, 0.14)
    order = np.argsort(np.hypot(x, y), axis=1)[:, :14]
    x, y = np.take_along_axis(x, order, 1), np.take_along_axis(y, order, 1)
    apart = np.hypot(x[:, :, None] - x[:, None], y[:, :, None] - y[:, None]) + 99 * np.eye(x.shape[1])
    near = apart.argmin(2)
    other_x, other_y = np.take_along_axis(x, near, 1), np.take_along_axis(y, near, 1)
    tilt = np.arctan2(other_x - x, y - other_y)
    there = rng.random(x.shape) < 0.3
    nuclei = _nuclei((x + other_x) / 2, (y + other_y) / 2, 3.6, 1.4, tilt, 0.9 * there)
    wall = rng.uniform(0.9, 1.6, count)
    return {"cells": np.stack([x, y], -1).astype(np.float32), "nuclei": nuclei, "wall": column(wall)}


def _paint_adipose(scene, x, y):
    rendered = x.shape[-1]
    wander = 2.0 * smooth_noise(scene["coarse"], rendered)
    nearest = second = np.full(x.shape, 99, np.float32)
    for number in range(scene["cells"].shape[1]):
        middle = scene["cells"][:, number, :, None, None]
        away = np.hypot(x - middle[:, 0], y - middle[:, 1])
        nearest, second = np.minimum(nearest, away), np.minimum(second, np.maximum(nearest, away))
    wall = bump(second - nearest + 0.3 * wander, 1.6 * scene["wall"])
    return _spots(scene["nuclei"], rendered) + 0.06 * wall, 0.015 + 0.55 * wall


def _lay_background(rng, count):
    return {"nuclei": _loners(rng, count, 0.4, 1.2, 0.8, 0.25), "haze": column(rng.gamma(1.5, 0.012, count))}


def _paint_background(scene, x, y):
    haze = scene["haze"] * (1 + 0.5 * smooth_noise(scene["coarse"], x.shape[-1]))
    return _spots(scene["nuclei"], x.shape[-1]), haze


def _lay_debris(rng, count):
    x, y = _lattice(rng, count, 5.5, 0.4)
    there = rng.random(x.shape) < rng.uniform(0.25, 0.8, (count, 1))
    size, thin = rng.uniform(0.5, 1.9, x.shape), rng.uniform(0.5, 1, x.shape)
    dense = there * rng.uniform(0.3, 1.3, x.shape)
    dust = _nuclei(x, y, size, size * thin, rng.uniform(0, np.pi, x.shape), dense)
    ghosts, pink = _loners(rng, count, 6, 4.2, 3.2, 0.35), column(rng.uniform(0.3, 0.75, count))
    return {"nuclei": _join(dust, ghosts), "pink": pink, "middle": noise(rng, count, 14)}


def _paint_debris(scene, x, y):
    rendered = x.shape[-1]
    coarse, middle = smooth_noise(scene["coarse"], rendered), smooth_noise(scene["middle"], rendered)
    blue = _spots(scene["nuclei"], rendered) * np.clip(0.8 + 0.5 * coarse, 0.1, 1.4)
    return blue + 0.10, np.maximum(scene["pink"] * (1 + 0.35 * middle - 0.25 * coarse), 0.03)


def _lay_lymphocytes(rng, count):
    x, y = _lattice(rng, count, 6.9, 0.13)
    size = np.exp(rng.normal(0, 0.08, x.shape)) * rng.uniform(2.6, 3.1, (count, 1))
    dense = rng.uniform(0.95, 1.5, x.shape) * (rng.random(x.shape) > rng.uniform(0.02, 0.30, (count, 1)))
    cells = _nuclei(x, y, size, size * 0.9, rng.uniform(0, np.pi, x.shape), dense, 0.15)
    # in some, a germinal centre: larger and paler cells, further apart
    middle = rng.uniform(-0.5, 0.5, (2, count, 1)) * WIDE
    centre = (np.hypot(x - middle[0], y - middle[1]) < 27) & (rng.random((count, 1)) < 0.3)
    cells[..., 2:4] *= np.where(centre, 1.35, 1)[..., None]
    cells[..., 5] *= np.where(centre, 0.72 * (rng.random(x.shape) < 0.55), 1)
    cells[..., 6] += 0.25 * centre
    return {"nuclei": cells}


def _paint_lymphocytes(scene, x, y):
    coarse = smooth_noise(scene["coarse"], x.shape[-1])
    return _spots(scene["nuclei"], x.shape[-1]) + 0.08, np.maximum(0.26 + 0.10 * coarse, 0.05)


def _lay_mucus(rng, count):
    nuclei = _loners(rng, count, 2.5, 2.8, 2.2, 0.9)
    return {"nuclei": nuclei, "blue": column(rng.uniform(0.08, 0.24, count))} | _turned(rng, count)


def _paint_mucus(scene, x, y):
    strands = _fibres(scene, x, y, 9, 7)
    thick = np.clip(0.55 + 0.4 * strands + 0.35 * smooth_noise(scene["coarse"], x.shape[-1]), 0.05, 2)
    return _spots(scene["nuclei"], x.shape[-1]) + scene["blue"] * thick, 0.10 * thick


def _lay_muscle(rng, count):
    turned = _turned(rng, count)
    x, y = _lattice(rng, count, 13, 0.25)
    there, tilt = rng.random(x.shape) < 0.75, turned["turn"][:, 0] + rng.normal(0, 0.12, x.shape)
    crosswise = rng.random((count, 1)) < 0.2  # cut across, nuclei are round
    long = np.where(crosswise, 2.0, rng.uniform(4, 7.5, x.shape))
    dense = there * rng.uniform(0.7, 1.05, x.shape)
    nuclei = _nuclei(x, y, long, rng.uniform(1.3, 1.7, x.shape), tilt, dense)
    return {"nuclei": nuclei, "pink": column(rng.uniform(0.75, 1.05, count))} | turned


def _paint_muscle(scene, x, y):
    strands, coarse = _fibres(scene, x, y, 2.5, 5), smooth_noise(scene["coarse"], x.shape[-1])
    cleft = step(-strands - 0.62 + 0.15 * coarse, 0.2)
    pink = scene["pink"] * (1 + 0.14 * strands) * (1 - 0.75 * cleft)
    return _spots(scene["nuclei"], x.shape[-1]) + 0.05, pink


def _lay_mucosa(rng, count):
    x, y = _lattice(rng, count, 44, 0.06)
    lengthwise, angle = rng.random((count, 1)) < 0.25, rng.uniform(0, np.pi, (count, 1))
    short = rng.uniform(16, 19.5, x.shape)
    long = np.where(lengthwise, 30, short * rng.uniform(1.0, 1.25, x.shape))
    tilt = angle + np.where(lengthwise, 0, rng.normal(0, 0.6, x.shape))
    blobs = _blobs(x, y, long, short, tilt)
    # inflamed: nuclei are larger and less even, and still in their ring
    busy = (rng.random((count, 1, 1)) < 0.2) & np.ones((*blobs.shape[:2], RING), bool)
    size = np.where(busy, 1.22, 1.0) * np.exp(rng.normal(0, 0.08, busy.shape))
    deep = rng.normal(3.4, 0.35, busy.shape) + busy * rng.normal(0.8, 0.9, busy.shape)
    basal = _ring(rng, blobs, deep, (3.0 * size, 2.0 * size), rng.uniform(0.9, 1.3, busy.shape), 0.2)
    full = rng.random(busy.shape) < np.where(busy, 0.12, 0.45)
    cups = _ring(rng, blobs, rng.normal(9.0, 0.8, busy.shape), (3.6, 2.5), full, 0)
    x, y = _lattice(rng, count, 8, 0.25)
    between = (_inside(blobs, x, y) < -1.5) & (rng.random(x.shape) < rng.uniform(0.4, 0.9, (count, 1)))
    size, longer = rng.uniform(1.8, 2.8, x.shape), rng.uniform(1, 1.7, x.shape)
    cells = _nuclei(x, y, size * longer, size * 0.85, rng.uniform(0, np.pi, x.shape), 1.05 * between)
    opening = column(rng.uniform(11, 14, count))
    return {"nuclei": _join(basal, cells), "cups": cups, "blobs": blobs, "opening": opening}


def _ring(rng, blobs, deep, radii, dense, pale) -> np.ndarray:
    """Nuclei in a ring inside each of `blobs`, `deep` under its edge, their long axis towards the middle."""
    theta = (np.arange(RING) + rng.uniform(-0.2, 0.2, deep.shape)) * (2 * np.pi / RING)
    x, y, long, short, tilt = (blobs[..., value, None] for value in range(5))
    u, v = (long - deep) * np.cos(theta), (short - deep) * np.sin(theta)
    out = np.arctan2(long * np.sin(theta), short * np.cos(theta)) + tilt
    x, y = x + u * np.cos(tilt) - v * np.sin(tilt), y + u * np.sin(tilt) + v * np.cos(tilt)
    nuclei = _nuclei(x, y, *radii, out, dense, pale)
    return nuclei.reshape(len(nuclei), -1, nuclei.shape[-1])


def _paint_mucosa(scene, x, y):
    rendered = x.shape[-1]
    coarse = smooth_noise(scene["coarse"], rendered)
    depth = _inside(scene["blobs"], x, y)
    crypt, opening = step(depth + 0.5, 1.0), step(depth - scene["opening"] + 0.8 * coarse, 1.2)
    cups = _spots(scene["cups"], rendered) * crypt
    pink = 0.34 + 0.10 * coarse + crypt * (0.10 - 0.08 * coarse)
    pink = pink * (1 - 0.75 * cups) * (1 - 0.85 * opening) * (1 - 0.5 * bump(depth + 1.4, 1.0))
    blue = 0.07 + 0.10 * cups + 0.05 * crypt
    return np.maximum(_spots(scene["nuclei"], rendered), blue * (1 - 0.7 * opening)), np.maximum(pink, 0.02)


def _lay_stroma(rng, count):
    turned = _turned(rng, count)
    tilt = turned["turn"][:, 0]
    spindles = _loners(rng, count, 13, 5.2, 1.4, 0.85, tilt, 0.3)
    plump = _loners(rng, count, 2.0, 5.0, 2.6, 0.75, tilt, 0.4)
    cells = _loners(rng, count, 5, 2.5, 2.2, 1.15)
    drawn = {"loose": column(rng.uniform(0, 1, count)), "wave": column(rng.uniform(3, 8, count))}
    return {"nuclei": _join(spindles, plump, cells)} | drawn | turned


def _paint_stroma(scene, x, y):
    strands, coarse = _fibres(scene, x, y, scene["wave"], 6), smooth_noise(scene["coarse"], x.shape[-1])
    gaps = step(-strands - 0.75 + 0.6 * scene["loose"] + 0.35 * coarse, 0.4)
    pink = (0.58 + 0.16 * strands + 0.06 * coarse) * (1 - 0.30 * scene["loose"]) * (1 - 0.75 * gaps)
    return _spots(scene["nuclei"], x.shape[-1]) + 0.04, np.maximum(pink, 0.02)


def _lay_tumour(rng, count):
    turned = _turned(rng, count)
    x, y = _lattice(rng, count, 38, 0.18)
    there = rng.random(x.shape) < rng.uniform(0.5, 1.0, (count, 1))
    there |= np.hypot(x, y) <= np.hypot(x, y).min(1, keepdims=True)
    long, short = rng.uniform(18, 30, x.shape), rng.uniform(14, 20, x.shape)
    blobs = _blobs(np.where(there, x, 999), y, long, short, rng.uniform(0, np.pi, x.shape))
    opening = np.where(
        rng.random((count, 1)) < 0.45, rng.uniform(10, 14, (count, 1)), 99
    )  # glands, else nests
    x, y = _lattice(rng, count, 7.4, 0.24)
    depth = _inside(blobs, x, y)
    nest = (depth > 0.5) & (depth < opening) & (rng.random(x.shape) < rng.uniform(0.75, 1.0, (count, 1)))
    size = np.exp(rng.normal(0, 0.22, x.shape)) * rng.uniform(3.6, 4.7, (count, 1))
    thin = rng.uniform(0.5, 0.95, (count, 1)) * rng.uniform(0.8, 1.05, x.shape)
    tilt = rng.uniform(0, np.pi, (count, 1)) + rng.normal(0, 0.7, x.shape)
    dense = rng.uniform(0.7, 1.5, x.shape) * rng.uniform(0.85, 1.1, (count, 1))
    pale, bend = rng.uniform(0, 0.6, x.shape), rng.normal(0, 0.25, x.shape)
    nuclei = _nuclei(x, y, size, size * thin, tilt, dense * nest, pale, bend)
    spindles = _loners(rng, count, 9, 5.0, 1.4, 0.85, turned["turn"][:, 0], 0.4)
    others = _join(spindles, _loners(rng, count, 6, 2.5, 2.2, 1.15))
    others[..., 5] *= _inside(blobs, others[..., 0], others[..., 1]) < -1
    return {"nuclei": _join(nuclei, others), "blobs": blobs, "opening": column(opening)} | turned


def _paint_tumour(scene, x, y):
    rendered = x.shape[-1]
    coarse, strands = smooth_noise(scene["coarse"], rendered), _fibres(scene, x, y, 6, 6)
    depth = _inside(scene["blobs"], x, y) + 1.2 * coarse
    nest, opening = step(depth + 1, 1.5), step(depth - scene["opening"], 1.5)
    gaps = step(-strands - 0.5 + 0.35 * coarse, 0.4)
    pink = nest * (0.36 + 0.08 * coarse) + (1 - nest) * (0.52 + 0.15 * strands) * (1 - 0.7 * gaps)
    pink = pink * (1 - 0.8 * opening)
    blue = (0.05 + 0.12 * nest) * (1 - 0.6 * opening)
    return np.maximum(_spots(scene["nuclei"], rendered), blue), np.maximum(pink, 0.02)


DRAW = (
    (_lay_adipose, _paint_adipose),
    (_lay_background, _paint_background),
    (_lay_debris, _paint_debris),
    (_lay_lymphocytes, _paint_lymphocytes),
    (_lay_mucus, _paint_mucus),
    (_lay_muscle, _paint_muscle),
    (_lay_mucosa, _paint_mucosa),
    (_lay_stroma, _paint_stroma),
    (_lay_tumour, _paint_tumour),
)
