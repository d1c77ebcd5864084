"""Simulated photographs of the back of the eye, five grades of diabetic damage, as in RetinaMNIST.

Drawn from formulas, out of nobody's eye: a round orange field, the bright disc where the optic nerve leaves,
the dark macula, vessels in arcs. A hidden severity, the same for both eyes but for a little, decides how many
red spots (bleeding), yellow spots (exudate), swollen veins and, late, stray new vessels there are; the grade
is that severity cut in five, with a grader's error. So grades are ordered, neighbours are hard to tell apart,
and much of grade 1 is too small to see at 28 px: scores stay modest, as they do on the real photographs.

Two graders look at each photograph, equally well; the label is the first one's. About 8 % of the photographs
cannot be graded: out of focus, too dark, or with an arc of glare. On these the graders agree far less. A
clouded lens or a narrow pupil concerns both eyes of a patient.

Not realistic: the vessel tree, the look of single lesions, laser scars, other diseases, how often anything
occurs, and graders who grade what nobody can see instead of sending the photograph back. No result on these
pictures says anything about patients.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medlearn.data.images.simulate.drawing import (
    axes,
    bump,
    column,
    in_batches,
    noise,
    rendered_size,
    shrink,
    smooth_noise,
    step,
    to_bytes,
    write_splits,
)

VERSION = 3
SPLITS = {"train": 1080, "val": 120, "test": 400}  # as many as the real ones
GRADING, GUESSING = 0.06, 0.20  # a grader's error, in severity: where the photograph is good, where it fails
HARD, FAIL, FAIL_ELSE = 0.06, 0.65, 0.043  # patients hard to photograph; share of their eyes, and of others'
GRADES = (0.45, 0.12, 0.19, 0.18, 0.06)  # share of each, as in the real training set

# Vessels from the disc towards the temple: rise, bend back, width, and whether above (-1) or below (1).
VESSELS = (
    (1.05, 0.46, 0.034, -1),
    (1.00, 0.42, 0.036, 1),
    (1.45, 0.20, 0.020, -1),
    (1.35, 0.12, 0.022, 1),
    (0.60, 0.34, 0.016, -1),
    (0.50, 0.16, 0.016, 1),
)


def write_retina(folder: Path, *, seed: int = 0, pixels: int = 28) -> Path:
    """Draw `retinamnist.npz` (`retinamnist_64.npz` for 64 `pixels`) by `seed` into `folder`; its path.

    Beside the official arrays: `patient` (both eyes of each), the `severity` (0 to 1) behind the grade, the
    grade that a `second` grader gave, and whether the photograph is `gradable`.
    """
    return write_splits(folder, "retinamnist", pixels=pixels, seed=seed, splits=SPLITS, draw=_draw_split)


def _draw_split(rng: np.random.Generator, count: int, pixels: int) -> dict[str, np.ndarray]:
    patient = np.arange(count) // 2
    severity = np.clip(rng.random(count // 2)[patient] + rng.normal(0, 0.04, count), 0, 1)
    fault = _faults(rng, patient)
    error = np.where(fault, GUESSING, GRADING)
    first, second = (_graded(severity + error * rng.standard_normal(count)) for _ in range(2))
    scene = _eyes(rng, patient) | {"severity": column(severity)} | _failures(rng, fault)
    (images,) = in_batches(_draw, scene, pixels)
    return {
        "images": images,
        "labels": first,
        "patient": patient,
        "severity": severity.astype(np.float32),
        "second": second,
        "gradable": fault == 0,
    }


def _graded(seen: np.ndarray) -> np.ndarray:
    """The grades that a grader gives: what was `seen`, ranked, and cut into shares."""
    return np.searchsorted(np.cumsum(GRADES)[:-1], np.argsort(np.argsort(seen)) / len(seen), side="right")


def _faults(rng: np.random.Generator, patient: np.ndarray) -> np.ndarray:
    """What is wrong with each photograph: 0 nothing, 1 out of focus, 2 too dark, 3 glare."""
    people = patient[-1] + 1
    hard = rng.random(people) < HARD
    fails = rng.random(len(patient)) < np.where(hard, FAIL, FAIL_ELSE)[patient]
    return fails * rng.integers(1, 4, people)[patient]


def _failures(rng: np.random.Generator, fault: np.ndarray) -> dict[str, np.ndarray]:
    """How far each photograph fails, by its `fault`; a good one does not at all."""
    count = len(fault)
    turn = rng.uniform(0, 2 * np.pi, count)
    drawn = {
        "smear": (fault == 1) * rng.uniform(0.85, 1, count),
        "exposure": np.where(fault == 2, rng.uniform(0.15, 0.32, count), 1),
        "glare": (fault == 3) * rng.uniform(0.6, 1, count),
        "glare_x": 0.8 * np.cos(turn),
        "glare_y": 0.8 * np.sin(turn),
    }
    return {name: column(values) for name, values in drawn.items()}


def _eyes(rng: np.random.Generator, patient: np.ndarray) -> dict[str, np.ndarray]:
    """What chance decides: pigment once a patient, the rest once an eye."""
    count = len(patient)
    pigment = rng.normal(0, 1, patient[-1] + 1)[patient]
    drawn = {
        "pigment": pigment,
        "side": np.where(np.arange(count) % 2, 1.0, -1.0),  # right eye, left eye
        "disc_x": 0.52 + rng.normal(0, 0.06, count),
        "disc_y": rng.normal(0, 0.06, count),
        "disc": np.exp(rng.normal(0, 0.10, count)) * 0.15,
        "arch": 0.78 + rng.normal(0, 0.06, count),
        "light": np.exp(rng.normal(0, 0.14, count)),
        "tilt": rng.normal(0, 0.12, count),  # of the light across the field
        "field": rng.uniform(0.94, 1.12, count),
        "blur": rng.random(count),
    }
    cells = {
        "wander": 4,
        "cloud": 4,
        "spots": 26,
        "bleeds": 13,
        "fat": 22,
        "where": 3,
        "growth": 14,
        "grain": 56,
    }
    return {name: column(values) for name, values in drawn.items()} | {
        name: noise(rng, count, size) for name, size in cells.items()
    }


def _draw(scene: dict[str, np.ndarray], pixels: int) -> tuple[np.ndarray]:
    rendered = rendered_size(pixels)
    across, down = axes(rendered)
    x, y = across * scene["side"], down + 0 * scene["side"]  # the nerve lies on the nose's side
    field = step(scene["field"] - np.hypot(x, y), 0.03)
    vessels = np.minimum(_vessels(scene, x, y, rendered), 1)
    disc = step(1 - np.hypot(x - scene["disc_x"], y - scene["disc_y"]) / scene["disc"], 0.25)
    macula = bump(np.hypot(x + 0.08, y - scene["disc_y"] - 0.04), 0.26)
    blood, fat = _lesions(scene, x, y, rendered)
    shade = scene["light"] * (1 - 0.22 * np.square(np.hypot(x, y)) + scene["tilt"] * x)
    shade = shade * (1 + 0.05 * smooth_noise(scene["cloud"], rendered))
    dark = (1 - 0.40 * vessels * (1 - 0.4 * disc)) * (1 - 0.28 * macula) * (1 - 0.60 * blood)
    pigment = np.exp(0.10 * scene["pigment"])
    small = [shrink(pixels, rendered, blur=blur) for blur in (0.006, 0.018)]
    smear, aperture = shrink(pixels, rendered, blur=0.07), small[0] @ field @ small[0].T
    away = np.hypot(x - scene["glare_x"], y - scene["glare_y"])
    glare = scene["glare"] * (0.12 + 0.95 * bump(away - 0.85, 0.26))
    colours = []
    for level, bright, fatty, keeps, white in (
        (0.70, 0.22, 0.20, 0.45, 0.75),
        (0.36, 0.38, 0.38, 1.0, 0.75),
        (0.17, 0.28, 0.12, 1.0, 0.70),
    ):
        seen = (
            level / pigment * shade * (1 - keeps * (1 - dark))
            + (bright * disc + fatty * fat) * scene["light"]
        )
        seen = scene["exposure"] * seen + glare * np.maximum(white - seen, 0)
        sharp, soft = (matrix @ (seen * field) @ matrix.T for matrix in small)
        sharp = sharp + scene["blur"] * (soft - sharp)
        sharp = sharp + scene["smear"] * (smear @ seen @ smear.T * aperture - sharp)
        colours.append(sharp + 0.010 * smooth_noise(scene["grain"], pixels))
    return (to_bytes(np.stack(colours, -1)),)


def _vessels(scene, x, y, rendered):
    """Arcs from the disc around the macula, above and below, with branches; veins swell with severity."""
    along = scene["disc_x"] - x + 0.02
    wander = 0.09 * smooth_noise(scene["wander"], rendered) + 0.03 * smooth_noise(scene["growth"], rendered)
    height = y - scene["disc_y"] + wander * np.clip(np.abs(along) * 2.5, 0, 1)
    reach = np.sqrt(np.abs(along))
    swollen = 1 + 0.7 * np.maximum(scene["severity"] - 0.5, 0)
    total = np.zeros_like(height)
    for slope, curl, width, below in VESSELS:
        rise = scene["arch"] * below * (slope * reach - curl * np.square(along))
        total += bump(height - rise, width * swollen) * step(along + 0.01, 0.02) * (1 - 0.4 * reach)
    nasal = bump(np.abs(height) - 0.75 * reach, 0.020 * swollen) * step(-along, 0.03)
    return 1.2 * (total + nasal)


def _lesions(scene, x, y, rendered):
    """Blood and exudate, 0 to 1 each: peaks of random fields above a level that falls with severity."""
    severity = scene["severity"]
    favoured = 0.5 * smooth_noise(scene["where"], rendered)
    off_disc = step(np.hypot(x - scene["disc_x"], y - scene["disc_y"]) - 0.22, 0.05)
    dots = step(smooth_noise(scene["spots"], rendered) + favoured - 3.5 + 1.6 * severity, 0.25)
    blots = step(smooth_noise(scene["bleeds"], rendered) + favoured - 4.3 + 2.5 * severity, 0.30)
    fat = step(smooth_noise(scene["fat"], rendered) + 0.9 * favoured - 4.2 + 2.1 * severity, 0.25)
    late = np.clip((severity - 0.85) * 8, 0, 1)
    growth = late * bump(smooth_noise(scene["growth"], rendered), 0.22) * step(favoured - 0.25, 0.3)
    shown = severity > 0.38
    return np.clip(dots + blots + 0.6 * growth, 0, 1) * off_disc * shown, fat * off_disc * (severity > 0.5)
