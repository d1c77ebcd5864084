"""Simulated breast ultrasound, malignant (0) against normal or benign (1), in the format of BreastMNIST.

Drawn from formulas, out of nobody's breast: skin, fat, a bright layer of gland, muscle, all in speckle. A
benign lump is oval, smooth, wider than tall, and often brighter beneath; a malignant one is ragged, rather
upright, with a hazy rim and a shadow beneath; a normal picture has none. These signs differ in the mean and
overlap; gain, depth, a rib's shadow and a dark fat lobule mislead.

Not realistic: how sound travels, the scanners' processing, calipers drawn on pictures, and how often anything
occurs. No result on these pictures says anything about patients.
"""

from __future__ import annotations

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
    visits,
    write_splits,
)

VERSION = 2
SPLITS = {"train": 546, "val": 78, "test": 156}  # as many as the real ones
KINDS = ("malignant", "benign", "normal")
SHARES = (0.27, 0.56, 0.17)
WAVES = ((2, 0.7), (3, 0.7), (5, 0.5), (9, 0.35))  # of a ragged rim: how many around, how high


def write_breast(folder: Path, *, seed: int = 0, pixels: int = 28) -> Path:
    """Draw `breastmnist.npz` (`breastmnist_64.npz` for 64 `pixels`) by `seed` into `folder`; its path.

    Beside the official arrays: `patient` (one to three pictures each), `kind` (0 malignant, 1 benign,
    2 normal) and `centre` of the lump (across and down, 0 to 1; NaN where there is none).
    """
    return write_splits(folder, "breastmnist", pixels=pixels, seed=seed, splits=SPLITS, draw=_draw_split)


def _draw_split(rng: np.random.Generator, count: int, pixels: int) -> dict[str, np.ndarray]:
    patient = visits(rng, count)
    people = patient[-1] + 1
    kind = np.searchsorted(np.cumsum(SHARES)[:-1], rng.permutation(people) / people, side="right")[patient]
    scene = _tissue(rng, count) | _lumps(rng, kind, patient)
    (images,) = in_batches(_draw, scene, pixels)
    centre = np.stack([scene["x"].ravel(), scene["y"].ravel()], 1) / 2 + 0.5
    centre[kind == 2] = np.nan
    known = {"kind": kind.astype(np.uint8), "centre": centre}
    return {"images": images, "labels": kind > 0, "patient": patient} | known


def _tissue(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Layers, gain and depth of each picture."""
    drawn = {
        "gland": rng.uniform(-0.75, -0.25, count),  # where gland begins, from the top
        "muscle": rng.uniform(0.35, 0.85, count),
        "slant": rng.normal(0, 0.10, count),
        "gain": rng.normal(0, 0.05, count),
        "fade": rng.uniform(0.05, 0.25, count),
        "rib": (rng.random(count) < 0.25) * rng.uniform(0.3, 0.8, count),
        "rib_x": rng.uniform(-0.8, 0.8, count),
        "lobule": (rng.random(count) < 0.45) * rng.uniform(0.3, 0.8, count),
        "lobule_x": rng.uniform(-0.8, 0.8, count),
        "lobule_y": rng.uniform(-0.6, 0.2, count),
    }
    cells = {"real": 44, "imaginary": 44, "wave": 4, "texture": 9}
    return {name: column(values) for name, values in drawn.items()} | {
        name: noise(rng, count, size) for name, size in cells.items()
    }


def _lumps(rng: np.random.Generator, kind: np.ndarray, patient: np.ndarray) -> dict[str, np.ndarray]:
    """A lump for each patient, seen from another angle in each picture; `there` is 0 for a normal one."""
    count, bad = len(kind), kind == 0

    def either(if_bad, if_benign, scale):
        return np.where(bad, if_bad, if_benign) + rng.normal(0, scale, count)[patient]

    drawn = {
        "there": kind < 2,
        "x": rng.normal(0, 0.16, count),
        "y": rng.normal(0.0, 0.12, count),
        "size": np.exp(either(-1.05, -1.15, 0.25)),
        "upright": np.exp(either(-0.10, -0.34, 0.20)),
        "ragged": np.clip(either(0.19, 0.07, 0.05), 0, 0.4),
        "haze": np.clip(either(0.13, 0.07, 0.04), 0.03, 0.3),
        "beneath": np.clip(either(-0.18, 0.06, 0.13), -0.4, 0.3),
        "dark": np.clip(either(0.72, 0.76, 0.10), 0.4, 1),
        "lean": rng.normal(0, 0.25, count),
    }
    drawn |= {f"phase{wave}": rng.uniform(0, 2 * np.pi, count) for wave, _ in WAVES}
    return {name: column(values) for name, values in drawn.items()}


def _draw(scene: dict[str, np.ndarray], pixels: int) -> tuple[np.ndarray]:
    rendered = rendered_size(pixels)
    x, y = axes(rendered)
    lump, rim, under = _lump(scene, x, y)
    echo = _layers(scene, x, y, rendered)
    echo = echo * (1 - scene["there"] * scene["dark"] * lump) + scene["there"] * 0.08 * rim
    echo = echo * (1 + scene["there"] * scene["beneath"] * under)
    speckle = (
        np.hypot(smooth_noise(scene["real"], rendered), smooth_noise(scene["imaginary"], rendered)) / 1.25
    )
    small = shrink(pixels, rendered)
    seen = small @ (echo * (0.45 + 0.55 * speckle)) @ small.T
    return (to_bytes(np.maximum(seen + 0.4 * scene["gain"], 0.02)),)


def _layers(scene, x, y, rendered):
    """Brightness of skin, fat, gland and muscle from the top down, with what misleads."""
    depth = y + scene["slant"] * x + 0.10 * smooth_noise(scene["wave"], rendered)
    texture = 1 + 0.16 * smooth_noise(scene["texture"], rendered)
    skin = 0.40 * bump(y + 0.97, 0.06)
    gland = step(depth - scene["gland"], 0.15)
    muscle = step(depth - scene["muscle"], 0.08)
    stripes = 0.10 * np.cos(26 * depth) * muscle + 0.22 * bump(depth - scene["muscle"], 0.05)
    echo = (0.30 + 0.26 * gland * texture - 0.20 * muscle + stripes + skin) * np.exp(-scene["fade"] * (y + 1))
    rib = scene["rib"] * bump(x - scene["rib_x"], 0.22) * step(depth - scene["muscle"] - 0.05, 0.10)
    lobule = ellipse(x, y, scene["lobule_x"], scene["lobule_y"], 0.30, 0.13, tilt=scene["slant"])
    return echo * (1 - 0.7 * rib) * (1 - 0.5 * scene["lobule"] * step(lobule, 0.25)) + 0.6 * scene["gain"]


def _lump(scene, x, y):
    """The lump, its rim, and the column of tissue beneath it."""
    x, y = x - scene["x"], y - scene["y"]
    angle = np.arctan2(y, x)
    waves = sum(share * np.cos(wave * angle + scene[f"phase{wave}"]) for wave, share in WAVES)
    wide, tall = scene["size"], scene["size"] * scene["upright"]
    inside = ellipse(x, y, 0, 0, wide, tall, tilt=scene["lean"]) + scene["ragged"] * waves
    under = step(1 - np.abs(x) / (0.8 * wide), 0.3) * step(y - 0.6 * tall, 0.15)
    return step(inside / (4 * scene["haze"]), 0.5), bump(inside, 0.12), under * (1 - step(inside, 0.1))
