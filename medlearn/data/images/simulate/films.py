"""Simulated chest films of children, normal or with pneumonia, in the format of PneumoniaMNIST.

Drawn from formulas, out of nobody's film: a body with lungs, heart, great vessels, trachea, spine,
ribs, collar bones and diaphragm, of varying build, pose, breath and exposure; in pneumonia, air in
the lungs gives way to opacities, either one or two soft-edged consolidations ("bacterial") or streaks
and patches on both sides ("viral"). All else is drawn in the same way for both classes. Tubes, leads,
a large thymus, a turned child and a pale exposure occur in both, so that brightness alone says little.

Not realistic: the physics of X-rays and scatter, anatomy in detail, every other disease, and how often
anything occurs. No result on these films says anything about patients.

Two scanners took them. Scanner 0: crisp, an "L" in the upper corner. Scanner 1: softer, flatter,
noisier, a dark frame, a block as its mark. In training and validation 15 of 100 films are scanner 1's,
in the test set 50, unrelated to the class. Pneumonia makes up 74 of 100 films in training and
validation and 62 in the test set, as in the real data.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

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
from medlearn.errors import DataError

VERSION = 3
KINDS = ("none", "bacterial", "viral")
SPLITS = {  # films, share with pneumonia, share taken by scanner 1
    "train": (960, 0.74, 0.15),
    "val": (140, 0.74, 0.15),
    "test": (300, 0.62, 0.50),
}
# Where consolidations sit: across, down, radius across, radius down, for six regions of the lungs.
LOBES = np.array(
    [
        (-0.42, -0.30, 0.26, 0.26),  # right upper
        (-0.38, 0.14, 0.26, 0.22),  # right middle, beside the heart
        (-0.52, 0.30, 0.28, 0.22),  # right lower
        (0.42, -0.28, 0.24, 0.28),  # left upper
        (0.50, 0.02, 0.24, 0.24),  # lingula, beside the heart
        (0.60, 0.28, 0.28, 0.26),  # left lower
    ],
    np.float32,
)


def write_pneumonia(folder: Path, *, seed: int = 0, pixels: int = 28) -> Path:
    """Draw `pneumoniamnist.npz` (`pneumoniamnist_64.npz` for 64 `pixels`) by `seed` into `folder`; its path.

    Beside the official arrays it holds, for each split, what only a simulator knows: see `draw_films`.
    """
    splits = {name: (number, *wanted) for number, (name, wanted) in enumerate(SPLITS.items())}

    def draw(rng: np.random.Generator, wanted: tuple, pixels: int) -> dict[str, np.ndarray]:
        number, count, ill, second_scanner = wanted
        patient = visits(rng, count)
        people = patient[-1] + 1
        label = (rng.permutation(people) < ill * people)[patient].astype(int)  # a patient has one label
        images, truth = draw_films(
            label, seed=(seed, number, 1), pixels=pixels, scanner=second_scanner, patient=patient
        )
        return {"images": images, "labels": label, "patient": patient} | truth

    return write_splits(folder, "pneumoniamnist", pixels=pixels, seed=seed, splits=splits, draw=draw)


def draw_films(
    label: ArrayLike,
    *,
    seed: int | Sequence[int] = 0,
    pixels: int = 28,
    severity: ArrayLike | None = None,
    scanner: ArrayLike = 0.15,
    patient: ArrayLike | None = None,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draw one film for each `label` (0 normal, 1 pneumonia): uint8 (n, `pixels`, `pixels`, 1), and truth.

    `severity` from 0 (invisible) to 1: one number or one a film; left out, it is drawn. `scanner` is
    the chance that scanner 1 took the film: one number or one a film. `patient`: films with the same
    number show the same body. One `seed` draws the same bodies in the same poses whatever the labels,
    severity, scanner and resolution, so a film can be set beside itself without its pneumonia.

    The truth, one value a film: `severity`, `kind` (0 none, 1 bacterial, 2 viral), `opacity` (share of
    the lungs' air that is gone), `opacity_map` (14 x 14, where it is gone: 0 nowhere to 255 wholly) and
    `scanner`.

    >>> images, truth = draw_films([0, 1], seed=1, scanner=[0, 1])
    >>> images.shape, truth["scanner"].tolist(), (truth["opacity"] > 0).tolist()
    ((2, 28, 28, 1), [0, 1], [False, True])

    A shortcut, films whose mark nearly gives the class away:

    >>> label = np.array([0, 1, 0, 1])
    >>> images, truth = draw_films(label, scanner=np.where(label == 1, 0.95, 0.05))
    """
    label = np.asarray(label)
    if label.ndim != 1 or not label.size or not np.isin(label, (0, 1)).all():
        raise DataError("draw_films() needs a list of labels, each 0 (normal) or 1 (pneumonia)")
    if patient is not None and np.shape(patient) != label.shape:
        raise DataError(f"draw_films() needs one patient for each of {len(label)} films")
    rng = np.random.default_rng(seed)
    owner = np.arange(len(label)) if patient is None else np.unique(patient, return_inverse=True)[1]
    scene = _bodies(rng, len(label), owner) | _poses(rng, len(label)) | _disease(rng, len(label), owner)
    if severity is not None:
        scene["severity"] = _a_film("severity", severity, len(label))
    scene["severity"] = scene["severity"] * column(label)
    scene["kind"] = np.where(scene["severity"] > 0, scene["kind"], 0)
    scene["scanner"] = column(rng.random((len(label), 1, 1)) < _a_film("scanner", scanner, len(label)))
    scene |= _devices(rng, len(label)) | {"grain": noise(rng, len(label), 56)}
    images, maps, shares = in_batches(_draw, scene, pixels)
    truth = {"severity": scene["severity"].ravel(), "kind": scene["kind"].ravel().astype(np.uint8)}
    truth |= {"opacity": shares, "opacity_map": maps, "scanner": scene["scanner"].ravel().astype(np.uint8)}
    return images[..., None], truth


def _a_film(name: str, given, count: int) -> np.ndarray:
    values = np.asarray(given, np.float32)
    if values.shape not in ((), (count,)) or not ((values >= 0) & (values <= 1)).all():
        raise DataError(
            f"draw_films() needs {name} from 0 to 1: one number, or one for each of {count} films"
        )
    return column(np.broadcast_to(values, count))


# What is drawn by chance. Coordinates: across and down, -1 to 1, the viewer's left is the child's right.


def _bodies(rng: np.random.Generator, count: int, owner: np.ndarray) -> dict[str, np.ndarray]:
    """What stays the same from film to film of one child."""
    age = rng.random(count)  # 0 infant, 1 school child
    thymus = (rng.random(count) < 0.45 * (1 - age)) * rng.uniform(0.5, 1, count)
    body = {
        "long": 1 + 0.10 * (age - 0.5) + rng.normal(0, 0.04, count),
        "wide": 1 - 0.06 * (age - 0.5) + rng.normal(0, 0.04, count),
        "build": rng.normal(0, 1, count),  # how much soft tissue
        "heart": 1 - 0.12 * (age - 0.5) + rng.normal(0, 0.06, count),
        "heart_tilt": 0.62 + rng.normal(0, 0.10, count),
        "knob": rng.uniform(0.2, 1, count),
        "thymus": thymus,
        "dome": rng.normal(0, 0.03, count),  # right dome above the left
        "rib_gap": rng.uniform(0.145, 0.185, count),
        "rib_phase": rng.random(count),
        "rib_bend": 0.30 + 0.10 * age + rng.normal(0, 0.03, count),
        "marrow": np.exp(rng.normal(0, 0.20, count)),  # how dense the bones are
        "shoulder": rng.uniform(0.10, 0.42, count),
    }
    shape = {"warp_x": noise(rng, count, 4), "warp_y": noise(rng, count, 4), "vessels": noise(rng, count, 4)}
    return {name: column(values)[owner] for name, values in body.items()} | {
        name: values[owner] for name, values in shape.items()
    }


def _poses(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """What differs from film to film: the child's position, the breath, the exposure."""
    restless = rng.random(count) < 0.2
    pose = {
        "shift_x": rng.normal(0, 0.07, count),
        "shift_y": rng.normal(0.02, 0.08, count),
        "zoom": np.exp(rng.normal(0.11, 0.12, count)),
        "roll": rng.normal(0, 0.04, count) * np.where(restless, 3, 1),
        "turn": rng.normal(0, 1, count) * np.where(restless, 1.6, 0.6),
        "breath": rng.normal(0, 0.06, count),  # deeper moves the diaphragm down
        "air": np.exp(rng.normal(0, 0.10, count)),  # how dark the lungs come out
        "exposure": rng.normal(0, 0.045, count),
        "gamma": np.exp(rng.normal(0, 0.10, count)),
        "bubble": (rng.random(count) < 0.4) * rng.uniform(0.4, 1, count),
        "bubble_x": rng.uniform(0.30, 0.60, count),
        "arm": rng.uniform(0.9, 1.35, count),
        "frame": rng.uniform(0, 1, count),
        "mark_x": rng.normal(0, 0.02, count),
        "mark_y": rng.normal(0, 0.02, count),
    }
    return {name: column(values) for name, values in pose.items()} | {"cloud": noise(rng, count, 5)}


def _disease(rng: np.random.Generator, count: int, owner: np.ndarray) -> dict[str, np.ndarray]:
    """The pneumonia each child would have; a label of 0 leaves it out."""
    kind = np.where(rng.random(count) < 0.6, 1, 2)[owner]
    severity = np.clip(rng.beta(2.4, 0.9, count)[owner] + rng.normal(0, 0.05, count), 0.15, 1)
    lobe = LOBES[np.stack([rng.integers(0, len(LOBES), count) for _ in range(2)])]  # (2, n, 4)
    lobe = lobe + rng.normal(0, 0.05, lobe.shape) * (1, 1, 0.6, 0.6)
    drawn = {
        "second": rng.random(count) < 0.6,
        "lobe_tilt": rng.normal(0, 0.5, count),
        "fissure": rng.choice([-1, 0, 1], count, p=[0.2, 0.6, 0.2]),  # a straight lower or upper edge
        "bronchi": (rng.random(count) < 0.45) * rng.uniform(0.3, 0.8, count),
        "lean": rng.normal(0, 0.35, count),  # streaks: more on one side
    }
    seeds = {"edge": noise(rng, count, 8), "streaks": noise(rng, count, 16), "patches": noise(rng, count, 4)}
    drawn |= {f"lobe{i}{j}": lobe[i, :, j] for i in range(2) for j in range(4)}
    return (
        {"kind": column(kind), "severity": column(severity)}
        | {name: column(values)[owner] for name, values in drawn.items()}
        | {name: values[owner] for name, values in seeds.items()}
    )


def _devices(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Leads on the skin and tubes, as often in the well as in the ill."""
    drawn = {"tube": rng.random(count) < 0.12, "tube_sway": rng.normal(0, 0.03, count)}
    for lead in range(3):
        drawn[f"lead{lead}"] = rng.random(count) < 0.08
        drawn[f"lead{lead}_x"] = rng.uniform(-0.75, 0.75, count)
        drawn[f"lead{lead}_y"] = rng.uniform(-0.45, 0.75, count)
    return {name: column(values) for name, values in drawn.items()}


# How it is drawn.


def _draw(scene: dict[str, np.ndarray], pixels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Films as uint8, maps of the lost air (n, 14, 14), and its share of the lungs."""
    rendered = rendered_size(pixels)
    x, y = _place(scene, rendered)
    lung = _lungs(scene, x, y)
    lost = _opacities(scene, x, y, rendered)
    gone = lung * lost
    shares = gone.sum((1, 2)) / lung.sum((1, 2))
    small = shrink(14, rendered)
    maps = to_bytes(small @ gone @ small.T)
    air = (lung - gone) * (1 - _markings(scene, x, y, rendered))
    density = _soft_tissue(scene, x, y, rendered) * (1 - 0.56 * scene["air"] * air)
    density += _bones(scene, x, y, lung) + _hardware(scene, x, y)
    return to_bytes(_expose(scene, density, pixels)), maps, shares.astype(np.float32)


def _place(scene, rendered):
    """Where in the body each point of the film lies: a turned, shifted, slightly bent grid."""
    across, down = axes(rendered)
    x, y = across - scene["shift_x"], down - scene["shift_y"]
    cos, sin = np.cos(scene["roll"]), np.sin(scene["roll"])
    x, y = (x * cos + y * sin) / scene["zoom"], (y * cos - x * sin) / scene["zoom"]
    x = x / scene["wide"] + 0.022 * smooth_noise(scene["warp_x"], rendered)
    y = y / scene["long"] + 0.022 * smooth_noise(scene["warp_y"], rendered)
    return x, y


def _lungs(scene, x, y):
    """Where there is air: within the rib cage, above the diaphragm, beside heart and great vessels."""
    side = np.abs(x)
    wall = _wall(side, y)
    apex = y + 0.66 - 4.5 * np.square(side - 0.29)
    lower = scene["breath"] + np.where(x > 0, 0.05 + scene["dome"], -0.5 * scene["dome"])
    diaphragm = 0.40 + lower + 1.1 * np.square(np.maximum(side - 0.44, 0)) - y
    within = _blend(_blend(wall, apex, -0.08), diaphragm, -0.03)
    return step(_blend(within, -_mediastinum(scene, x, y), -0.05), 0.035)


def _wall(side, y):
    """How far within the rib cage's flank, which widens from the top down."""
    above = 1 - np.clip((y + 0.66) * (1 / 1.15), 0, 1)
    return 0.88 * (1 - 0.68 * np.square(above)) - side


def _blend(first, second, softness):
    """The larger of two distances (the smaller if `softness` is negative), rounded where they meet."""
    near = np.maximum(abs(softness) - np.abs(first - second), 0)
    pick = np.maximum if softness > 0 else np.minimum
    return pick(first, second) + np.square(near) * (0.25 / softness)


def _mediastinum(scene, x, y):
    """Heart, great vessels, aortic knob and thymus: positive inside."""
    middle = x - 0.03 * scene["turn"] - 0.01
    band = 0.115 + 0.06 * np.square(y) - np.abs(middle)
    knob = 0.09 * ellipse(middle, y, 0.10, -0.30, 0.09, 0.11) - 0.03 * (1 - scene["knob"])
    size = scene["heart"]
    heart = 0.30 * ellipse(middle, y, 0.15, 0.22, 0.44 * size, 0.30 * size, tilt=scene["heart_tilt"])
    sail = scene["thymus"]
    thymus = 0.25 * ellipse(middle, y, 0.01, -0.26, 0.09 + 0.17 * sail, 0.12 + 0.16 * sail)
    vessels = _blend(band, np.maximum(knob, thymus), 0.06)
    return _blend(vessels, heart, 0.14)


def _soft_tissue(scene, x, y, rendered):
    """Brightness without air and bones: trunk, arms, head, belly; 0 beside the child."""
    side = np.abs(x)
    thick = scene["build"] * 0.04
    flank = 1.03 + thick - 0.04 * np.square(y - 0.3) - side
    neck = 0.10 * np.exp(-np.square(side * (1 / 0.36)))
    shoulder = y + 0.86 + 2.5 * neck - scene["shoulder"] * side * side
    arm = np.minimum(0.15 - 0.95 * np.abs(side - scene["arm"] - 0.22 * (y + 0.3)), y + 0.66 - 0.2 * side)
    shape = step(_blend(_blend(flank, shoulder, -0.12), arm, 0.06), 0.03)
    depth = np.sqrt(np.maximum(1.15 - np.square(x), 0.05))
    belly = step(y - 0.5, 0.25)
    head = step(ellipse(x, y, 0, -1.10, 0.36, 0.30), 0.22)
    bubble = scene["bubble"] * step(
        ellipse(x, y, scene["bubble_x"], 0.72 + scene["breath"], 0.20, 0.12), 0.35
    )
    middle = bump(x - 0.03 * scene["turn"], 0.25)
    tissue = 0.43 + thick + 0.19 * depth + 0.05 * belly + 0.10 * head + 0.08 * middle
    tissue += 0.02 * smooth_noise(scene["cloud"], rendered) - 0.14 * bubble
    tissue += 0.02 * scene["turn"] * x  # a turned child is brighter on one side
    windpipe = bump(x - 0.02 * scene["turn"] + 0.02 * y, 0.055) * step(-0.20 - y, 0.08)
    return shape * (tissue - 0.11 * windpipe)


def _fan(scene, x, y, rendered, branches):
    """How far the nearest hilum is, and branches spreading from it: 1 on a branch, 0 between two."""
    aside, height = np.abs(x) - 0.20, y + 0.02
    away = np.sqrt(np.square(aside) + np.square(height) + 1e-4)
    angle = np.arctan2(height, aside + 0.06)
    wander = smooth_noise(scene["vessels"], rendered)
    return away, np.square(np.square(np.cos(branches * angle + 1.2 * wander + 4 * away)))


def _markings(scene, x, y, rendered):
    """Vessels fanning out from the two hila: the share of air they take."""
    away, vessels = _fan(scene, x, y, rendered, 4)
    return np.exp(-2.4 * away) * (0.12 + 0.34 * vessels * step(away - 0.10, 0.10)) + 0.28 * bump(away, 0.12)


def _bones(scene, x, y, lung):
    """Brightness that ribs, spine, collar bones, shoulder blades and upper arms add."""
    side = np.abs(x)
    outer = np.maximum(side - 0.16, 0)
    back = (y - scene["rib_bend"] * np.square(outer) * (1.1 + 0.4 * y)) / scene["rib_gap"]
    front = (y + 0.62 * side) / scene["rib_gap"] + 0.3
    cage = step(0.94 - side, 0.05) * step(y + 0.70 - 0.6 * np.square(side), 0.05)
    ribs = step(np.cos(2 * np.pi * (back + scene["rib_phase"])) - 0.15, 0.75) * (0.03 + 0.04 * lung)
    ribs += step(np.cos(2 * np.pi * (front + scene["rib_phase"])) - 0.35, 0.6) * (
        step(side - 0.36, 0.12) * (0.01 + 0.025 * lung)
    )
    ribs *= cage * step(0.70 - y, 0.25)
    # Seen along their length at the flank, the ribs make a bright rim.
    rim = bump(_wall(side, y) + 0.035, 0.05) * step(y + 0.55, 0.15) * step(0.55 - y, 0.15)
    spine = step(0.085 - np.abs(x - 0.01 * scene["turn"]), 0.03)
    spine *= 0.035 + 0.02 * np.cos(2 * np.pi * (y / scene["rib_gap"] + scene["rib_phase"]))
    collar_y = y + 0.49 + 0.16 * side - 0.05 * np.sin(7 * side) + 0.02 * scene["turn"] * np.sign(x)
    collar = bump(collar_y, 0.035) * step(0.72 - side, 0.05) * step(side - 0.10, 0.03)
    blade = step(ellipse(side, y, 0.84, -0.28, 0.13, 0.36, tilt=0.30), 0.15)
    humerus = bump(side - scene["arm"] - 0.22 * (y + 0.3), 0.06) * step(y + 0.55, 0.05)
    return scene["marrow"] * (ribs + 0.06 * rim + spine + 0.085 * collar + 0.04 * blade + 0.10 * humerus)


def _opacities(scene, x, y, rendered):
    """The share of the air that pneumonia takes, 0 to 1."""
    return _consolidations(scene, x, y, rendered) + _streaks(scene, x, y, rendered)


def _consolidations(scene, x, y, rendered):
    """Bacterial: one or two soft, ragged regions, some cut straight by a fissure or pierced by bronchi."""
    severity = scene["severity"] * (scene["kind"] == 1)
    ragged = 0.30 * smooth_noise(scene["edge"], rendered)
    size = 1.1 + 0.65 * severity
    total = np.zeros_like(x)
    for which, weight in ((0, 1.0), (1, scene["second"])):
        cx, cy, rx, ry = (scene[f"lobe{which}{part}"] for part in range(4))
        inside = ellipse(x, y, cx, cy, rx * size, ry * size, tilt=scene["lobe_tilt"]) + ragged
        cut = scene["fissure"] * (y - cy) / ry + 0.35 + (scene["fissure"] == 0) * 9
        total = np.maximum(total, weight * step(np.minimum(inside, cut), 0.26))
    mottled = 1 - 0.4 * step(smooth_noise(scene["streaks"], rendered), 1)
    bronchi = scene["bronchi"] * _fan(scene, x, y, rendered, 6)[1]
    return np.cbrt(severity) * total * mottled * (1 - 0.55 * bronchi)


def _streaks(scene, x, y, rendered):
    """Viral: streaks and patches on both sides, densest around the hila."""
    severity = scene["severity"] * (scene["kind"] == 2)
    away, streaks = _fan(scene, x, y, rendered, 7)
    spots = step(smooth_noise(scene["streaks"], rendered) - 0.3, 0.8)
    patch = step(smooth_noise(scene["patches"], rendered) + 0.6, 1.2)
    lean = np.clip(1 + scene["lean"] * np.sign(x), 0.3, 1.5)
    dense = (0.25 + 0.85 * severity) * (severity > 0) * lean * patch * np.exp(-1.5 * np.square(away))
    return np.clip(dense * (0.15 + 0.80 * spots + 0.22 * streaks), 0, 1)


def _hardware(scene, x, y):
    """Brightness of a feeding tube and of skin electrodes."""
    line = x - 0.02 - scene["tube_sway"] * np.sin(4 * y) - 0.25 * np.square(np.maximum(y - 0.2, 0))
    added = 0.16 * scene["tube"] * bump(line, 0.022) * step(0.75 - y, 0.05)
    for lead in range(3):
        lead_x, lead_y = x - scene[f"lead{lead}_x"], y - scene[f"lead{lead}_y"]
        spot = step(0.05 - np.sqrt(np.square(lead_x) + np.square(lead_y)), 0.02)
        wire = bump(lead_x - 0.3 * np.square(lead_y), 0.016) * step(lead_y, 0.03)
        added += scene[f"lead{lead}"] * (0.30 * spot + 0.12 * wire)
    return added


def _expose(scene, density, pixels):
    """The scanner's part: contrast, softness, grain, frame and mark."""
    second = scene["scanner"]
    film = np.clip(density + scene["exposure"], 0.01, 1.2)
    film = np.where(second, 0.06 + 0.79 * film, film) ** (scene["gamma"] * (1 - 0.25 * second))
    crisp, soft = (shrink(pixels, film.shape[-1], blur=blur) for blur in (0.004, 0.016))
    film = np.where(second, soft @ film @ soft.T, crisp @ film @ crisp.T)
    across, down = axes(pixels)
    film += (0.008 + 0.018 * second) * smooth_noise(scene["grain"], pixels)
    margin = np.where(second, 0.08 * scene["frame"], -0.1)
    film *= step(1 - margin - np.maximum(np.abs(across), np.abs(down)), 0.02)
    return np.maximum(film, _marks(scene, across, down, pixels))


def _marks(scene, across, down, pixels):
    """The letter L (scanner 0) or a block (scanner 1), burnt into the upper corner on the child's left."""
    x, y, edge = across - 0.80 - scene["mark_x"], down + 0.80 - scene["mark_y"], 0.5 / pixels
    stem = np.minimum(0.035 - np.abs(x + 0.05), 0.11 - np.abs(y))
    foot = np.minimum(0.085 - np.abs(x), 0.035 - np.abs(y - 0.075))
    block = np.minimum(0.08 - np.abs(x), 0.05 - np.abs(y))
    return 0.85 * step(np.where(scene["scanner"], block, np.maximum(stem, foot)), edge)
