"""Simulated white blood cells under a microscope, eight kinds, in the format of BloodMNIST.

Drawn from formulas, out of nobody's blood: one stained cell among pale red cells. What sets the kinds
apart is what a beginner is taught: size, the nucleus (round, folded, in lobes), the tint of the cell body
and its granules. Kinds differ in the mean and overlap: an immature granulocyte with a folded nucleus
looks like a monocyte. Every eight pictures come from one donor, whose stain they share.

Not realistic: texture of the nucleus, touching and broken cells, focus, and how often anything occurs.
No result on these pictures says anything about patients.
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
    write_splits,
)

VERSION = 2
SPLITS = {"train": 960, "val": 160, "test": 320}
CELLS_A_DONOR = 8
# Share of each kind, as in the real data.
SHARES = np.array([0.07, 0.18, 0.09, 0.17, 0.07, 0.08, 0.20, 0.14])
# How light passes: red, green, blue taken away by one unit of stain.
PURPLE = (0.75, 1.25, 0.40)
ORANGE = (0.10, 0.75, 0.85)
BLUE = (0.42, 0.30, 0.06)
PINK = (0.06, 0.36, 0.22)
# One row a kind: radius of the cell; lobes of the nucleus, their radius, how far from the middle and
# over which angle they lie, how dark; stain of the body: blue, pink; granules: purple, orange.
KINDS = np.array(
    [
        (0.56, 2, 0.26, 0.20, 2.4, 0.85, 0.25, 0.45, 1.00, 0.00),  # basophil
        (0.60, 2, 0.22, 0.25, 2.2, 0.90, 0.05, 0.45, 0.00, 0.70),  # eosinophil
        (0.42, 1, 0.25, 0.03, 0.0, 1.55, 0.35, 0.50, 0.00, 0.00),  # erythroblast
        (0.64, 2, 0.33, 0.17, 1.1, 0.85, 0.35, 0.50, 0.30, 0.00),  # immature granulocyte
        (0.45, 1, 0.35, 0.05, 0.0, 1.10, 0.65, 0.05, 0.00, 0.00),  # lymphocyte
        (0.66, 3, 0.27, 0.24, 2.6, 0.80, 0.60, 0.20, 0.06, 0.00),  # monocyte
        (0.58, 4, 0.17, 0.28, 4.2, 1.05, 0.05, 0.50, 0.12, 0.00),  # neutrophil
        (0.20, 0, 0.10, 0.00, 0.0, 0.00, 0.35, 0.40, 0.50, 0.00),  # platelet
    ],
    np.float32,
)


def write_blood(folder: Path, *, seed: int = 0, pixels: int = 28) -> Path:
    """Draw `bloodmnist.npz` (`bloodmnist_64.npz` for 64 `pixels`) by `seed` into `folder`; its path.

    Beside the official arrays: `patient` (the donor), and `lobes`, how many the nucleus was drawn with.
    """
    return write_splits(folder, "bloodmnist", pixels=pixels, seed=seed, splits=SPLITS, draw=_draw_split)


def _draw_split(rng: np.random.Generator, count: int, pixels: int) -> dict[str, np.ndarray]:
    label = rng.choice(len(KINDS), count, p=SHARES)
    donor = np.arange(count) // CELLS_A_DONOR
    scene = _cells(rng, label) | _stains(rng, donor) | {"grain": noise(rng, count, 56)}
    (images,) = in_batches(_draw, scene, pixels)
    lobes = scene["lobes"].ravel().astype(np.uint8)
    return {"images": images, "labels": label, "patient": donor, "lobes": lobes}


def _stains(rng: np.random.Generator, donor: np.ndarray) -> dict[str, np.ndarray]:
    """How strongly each donor's smear took the stains, and the colour of its light."""
    count = donor[-1] + 1
    strength = np.exp(rng.normal(0, 0.14, (count, 2)))
    light = np.array([0.96, 0.88, 0.80]) + rng.normal(0, 0.02, (count, 3))
    drawn = {"strong": strength[:, 0], "rosy": strength[:, 1]}
    drawn |= {f"light{colour}": light[:, colour] for colour in range(3)}
    return {name: column(values[donor]) for name, values in drawn.items()}


def _cells(rng: np.random.Generator, label: np.ndarray) -> dict[str, np.ndarray]:
    """One cell a label, near its kind's mean, and the red cells around it."""
    count = len(label)
    mean = KINDS[label].T
    vary = np.exp(rng.normal(0, 1, (len(mean), count)) * 0.11)
    names = ("radius", "lobes", "lobe", "arc", "span", "dark", "blue", "pink", "purple", "orange")
    drawn = {name: mean[place] * vary[place] for place, name in enumerate(names)}
    segments = np.where(mean[1] > 3, rng.integers(-1, 2, count), 0)  # neutrophils: three to five
    drawn["lobes"] = mean[1] + segments
    drawn |= {"turn": rng.uniform(0, 2 * np.pi, count), "oval": np.exp(rng.normal(0, 0.07, count))}
    drawn |= {"x": rng.normal(0, 0.06, count), "y": rng.normal(0, 0.06, count)}
    around = rng.uniform(0, 2 * np.pi, count)
    for red in range(4):
        angle = around + red * np.pi / 2 + rng.normal(0, 0.3, count)
        away = drawn["radius"] + rng.uniform(0.40, 0.75, count)
        drawn |= {f"red{red}_x": away * np.cos(angle), f"red{red}_y": away * np.sin(angle)}
    seeds = {
        "warp": noise(rng, count, 4),
        "granules": noise(rng, count, 22),
        "chromatin": noise(rng, count, 12),
    }
    return {name: column(values) for name, values in drawn.items()} | seeds


def _draw(scene: dict[str, np.ndarray], pixels: int) -> tuple[np.ndarray]:
    rendered = rendered_size(pixels)
    across, down = axes(rendered)
    bend = 0.04 * smooth_noise(scene["warp"], rendered)
    x, y = across - scene["x"] + bend, (down - scene["y"] - bend) * scene["oval"]
    body = step(ellipse(x, y, 0, 0, scene["radius"], scene["radius"]), 0.10)
    nucleus = _nucleus(scene, x, y) * body
    nucleus = (
        nucleus * (1 + 0.15 * smooth_noise(scene["chromatin"], rendered)) * scene["dark"] * scene["strong"]
    )
    grains = step(smooth_noise(scene["granules"], rendered), 0.8) * body
    stains = (
        (PURPLE, nucleus + scene["purple"] * grains * scene["strong"]),
        (BLUE, scene["blue"] * body * scene["strong"]),
        (PINK, (scene["pink"] * body + _red_cells(scene, across, down) * (1 - body)) * scene["rosy"]),
        (ORANGE, scene["orange"] * grains * (1 - 0.6 * np.minimum(nucleus, 1)) * scene["rosy"]),
    )
    small = shrink(pixels, rendered)
    grain = 0.012 * smooth_noise(scene["grain"], pixels)
    colours = []
    for colour in range(3):
        taken = sum(stain[colour] * amount for stain, amount in stains)
        seen = scene[f"light{colour}"] * np.exp(-taken)
        colours.append(small @ seen @ small.T + grain)
    return (to_bytes(np.stack(colours, -1)),)


def _nucleus(scene, x, y):
    """Lobes strung along an arc; near ones flow into each other."""
    total = np.zeros_like(x)
    for lobe in range(5):
        there = scene["lobes"] > lobe
        share = lobe / np.maximum(scene["lobes"] - 1, 1) - np.where(scene["lobes"] > 1, 0.5, 0)
        angle = scene["turn"] + share * scene["span"]
        away = np.hypot(x - scene["arc"] * np.cos(angle), y - scene["arc"] * np.sin(angle))
        total += there * bump(np.square(away), 1.35 * np.square(scene["lobe"]))
    return step(total - 0.42, 0.22)


def _red_cells(scene, x, y):
    """Pale pink discs, paler in the middle."""
    total = np.zeros_like(scene["warp"][:, :1, :1] + x + y)
    for red in range(4):
        inside = ellipse(x, y, scene[f"red{red}_x"], scene[f"red{red}_y"], 0.36, 0.36)
        total = np.maximum(total, step(inside, 0.12) * (1 - 0.5 * step(inside - 0.62, 0.4)))
    return 0.85 * total
