"""Simulated brain scans around a hippocampus, in the Decathlon's folders, with the true outline.

Drawn from formulas, out of nobody's head: a bent tube, its head thicker than its tail, in white matter, with
fluid above it, cortex below, and the amygdala before it in nearly the same grey. Each person has a shape of
their own, which both sides of the head share (volumes correlate by about .9); age and a latent disease shrink
it. A scan's brightness has no unit: it differs between heads by a factor of hundreds and hardly between the
sides of one. Two scanners differ in contrast, noise and the evenness of their field. A second scan a year
later can be drawn.

Not realistic: folds of the hippocampus and its layers, vessels, movement, the cortex in detail. The outline
is the truth; a real one is drawn by hand, and two people's differ. No result on these scans says anything
about a brain.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
from scipy import ndimage

from medlearn.data.files import MARKER
from medlearn.data.images.nifti import write_nifti

VERSION = 1
PEOPLE, SHAPE = 40, (32, 48, 32)  # mm, since voxels have 1 mm
HEAD = 0.36  # of the way from front to back is the anterior part
WHITE, GREY, AMYGDALA, FLUID = 1.0, 0.72, 0.75, 0.2
FLAT = np.array([0.72, 1.0, 1.25], np.float32)  # wider across than high
LOSS_A_YEAR = (0.014, 0.047)  # of the volume: without and with the disease (Barnes et al., 2009)


def write_hippocampus(folder: Path, *, seed: int = 0) -> Path:
    """Draw `Task04_Hippocampus.tar` by `seed` into `folder`; its path. Numbers 2k − 1, 2k are one head."""
    drawn = draw_hippocampi(PEOPLE, seed=seed)
    path = Path(folder) / "Task04_Hippocampus.tar"
    with tarfile.open(path, "w") as archive:

        def add(name: str, content: bytes) -> None:
            member = tarfile.TarInfo(f"Task04_Hippocampus/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

        add(MARKER, b"Nobody's brains: simulated.\n")
        for number, (image, label) in enumerate(zip(drawn["images"], drawn["labels"], strict=True), start=1):
            add(f"imagesTr/hippocampus_{number:03}.nii.gz", write_nifti(image))
            add(f"labelsTr/hippocampus_{number:03}.nii.gz", write_nifti(label))
    return path


def draw_hippocampi(
    people: int, *, seed: int = 0, years: float = 0.0, scan: int = 0
) -> dict[str, np.ndarray]:
    """Scans of both sides of `people` heads, with their truth: a case a side, the two of a head in a row.

    `images` float32 and `labels` uint8 (n, *SHAPE), and a value a case: `person`, `age`, `ill`, `volume`
    (mm³, of the outline itself and not of its voxels), `scanner`.

    Parameters
    ----------
    people : how many heads.
    seed : draws the heads, and with `scan` the scans.
    years : how much later than the first scan: the hippocampus has shrunk, the head lies otherwise.
    scan : another number is another scan of the same heads, with noise of its own.
    """
    columns: dict[str, list] = {}
    for person in range(people):
        rng = np.random.default_rng((seed, person, 4))
        age, ill, scanner = rng.uniform(60, 85), int(rng.random() < 0.4), int(rng.random() < 0.5)
        shared = rng.normal(0, 1, 8)
        bright = float(np.exp(rng.normal(6, 1.2)))
        for side in range(2):
            shape = 0.93 * shared + 0.37 * np.random.default_rng((seed, person, side)).normal(0, 1, 8)
            loss = 1 - LOSS_A_YEAR[ill] * years
            size = (1 + 0.035 * shape[0] - 0.004 * (age - 72) - 0.04 * ill) * loss**0.4
            view = np.random.default_rng((seed, person, side, 1 + scan, round(12 * years)))
            image, label, volume = _scan(view, shape, size, scanner)
            case = {"images": bright * image, "labels": label, "person": person, "age": age + years}
            case |= {"ill": ill, "volume": volume, "scanner": scanner}
            for name, value in case.items():
                columns.setdefault(name, []).append(value)
    return {name: np.stack(held) if np.ndim(held[0]) else np.array(held) for name, held in columns.items()}


def _scan(
    rng: np.random.Generator, shape: np.ndarray, size: float, scanner: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Image, label map and true volume of one side: by `rng` the head lies a little otherwise each time."""
    place = [np.arange(side, dtype=np.float32) - (side - 1) / 2 for side in SHAPE]
    x, y, z = np.meshgrid(*place, indexing="ij")
    shift, turn = rng.normal(0, 1.0, 3), rng.normal(0, 0.06)
    x, y, z = (axis - np.float32(by) for axis, by in zip((x, y, z), shift, strict=True))
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    y, z = y * cos - z * sin, y * sin + z * cos
    inside, along, volume = _tube(x, y, z, shape, size)
    label = np.where(inside > 0, np.where(along < HEAD, 1, 2), 0).astype(np.uint8)
    image = _tissue(rng, x, y, z, inside, shape, size)
    image = ndimage.gaussian_filter(image, (0.45, 0.6)[scanner])
    field = ndimage.gaussian_filter(rng.normal(0, 1, SHAPE), 12)
    image *= 1 + (0.06, 0.12)[scanner] * field / field.std()
    image = image ** (1.0, 1.35)[scanner]
    return (np.abs(image + rng.normal(0, (0.035, 0.05)[scanner], SHAPE))).astype(np.float32), label, volume


def _tube(x, y, z, shape: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray, float]:
    """How many mm inside the tube each voxel lies, how far along its length (0 front, 1 back), its volume."""
    t = np.linspace(0, 1, 18)
    centre, radius = _course(t, shape, size)
    centre, radius = (FLAT * centre).astype(np.float32), radius.astype(np.float32)
    best, along = np.full(x.shape, -99.0, np.float32), np.zeros(x.shape, np.float32)
    across, up = x * FLAT[0], z * FLAT[2]
    for place, (cx, cy, cz), r in zip(t, centre, radius, strict=True):
        deep = r - np.sqrt(np.square(across - cx) + np.square(y - cy) + np.square(up - cz))
        nearer = deep > best
        best[nearer], along[nearer] = deep[nearer], place
    length = np.linalg.norm(np.diff(centre, axis=0), axis=1)
    area = np.pi * np.square(radius)
    ends = 2 / 3 * np.pi * (radius[0] ** 3 + radius[-1] ** 3)
    volume = ((length * (area[1:] + area[:-1]) / 2).sum() + ends) / FLAT.prod()
    return best, along, float(volume)


def _course(t: np.ndarray, shape: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    """The middle line (points, 3) in mm from front to back, and the radius at each point."""
    bend, rise, lean, head, tail = 1 + 0.2 * shape[1:6]
    cy = 13 - 27 * t
    cx = 2.5 * bend * np.sin(np.pi * t) - 4 * lean * t**2 - 1
    cz = -6 + 13 * rise**0.5 * t**1.3
    thick = 2.6 * (1 + 0.25 * (head - 1)) * np.exp(-(((t - 0.12) / 0.3) ** 2)) + 3.9 * (1 + 0.3 * (tail - 1))
    radius = size * thick * (1 - 0.35 * np.clip(t - 0.75, 0, 1) / 0.25)
    return np.stack([cx, cy, cz], 1) * size**0.5, radius


def _tissue(rng, x, y, z, inside, shape: np.ndarray, size: float) -> np.ndarray:
    """The grey of each voxel: white matter, and what lies in it."""

    def lay(image, deep, grey):
        """`grey` where `deep` is above 0, with voxels at the rim shared."""
        share = np.clip(deep + 0.5, 0, 1)
        return image * (1 - share) + grey * share

    def rough(size: float) -> np.ndarray:
        field = ndimage.gaussian_filter(rng.standard_normal(SHAPE, np.float32), size)
        return field / field.std()

    patches, frayed = rough(2.5), rough(1.3)
    course = 0.45 * (y - 2)  # the tube rises towards the back
    wave = 1.2 * np.sin(0.35 * y + shape[6]) + 0.6 * shape[7]
    image = np.full(SHAPE, WHITE, np.float32)
    image = lay(image, 1.2 * patches - 1.0 + 0.05 * z, 0.5 * (WHITE + GREY))  # bundles and nuclei nearby
    image = lay(image, 2.4 - np.abs(z + 11 + wave + course + 0.8 * patches), GREY)  # cortex below
    image = lay(image, 1.2 - np.abs(z + 14.4 + wave + course + 0.8 * patches), FLUID)
    image = lay(image, np.minimum(inside + 1.6, z - 0.2 * x + course + 1.5) + 0.7 * frayed - 0.3, FLUID)
    deep = 6.4 * size - np.sqrt(np.square(x + 0.5) + np.square(y - 19) + np.square(1.2 * (z + 1.5)))
    image = lay(image, deep, AMYGDALA)
    image = lay(
        image, 2.0 + 0.6 * frayed - np.abs(x + 14 + 0.8 * np.sin(0.3 * z)), FLUID
    )  # towards the middle
    image = lay(image, inside, GREY)
    return image * (1 + 0.05 * rough(1.0))
