"""Simulated nuclei under a fluorescence microscope, in the Data Science Bowl's folders.

Drawn from formulas, out of nobody's cells. What the lesson needs is there: nuclei that touch, which one
threshold fuses; wells that differ in brightness by a factor of 30, in focus and in magnification; light that
is uneven; and another laboratory, whose stain is dark on bright. Five pictures come from one well and share
all that.

Not realistic: cells that divide or die, dust, overlap in depth, what chemicals do to a nucleus. The masks are
the truth; real ones are drawn by hand, and two people's differ. No result on these pictures says anything
about cells.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from scipy import ndimage

from medlearn.data.files import MARKER

VERSION = 1
WELLS, FIELDS, PIXELS = 24, 5, 128
TOUCHING = 0.22  # of the nuclei are put beside another
RADII = (6.0, 10.0)  # pixels, at the two magnifications


def write_nuclei(folder: Path, *, seed: int = 0) -> Path:
    """Draw `stage1_train.zip` by `seed` into `folder`; its path. Its `images.csv` names the wells."""
    drawn = draw_nuclei(WELLS, fields=FIELDS, seed=seed)
    names = [f"well{well:02}_{place % FIELDS}" for place, well in enumerate(drawn["well"])]
    path = Path(folder) / "stage1_train.zip"
    with zipfile.ZipFile(path, "w") as archive:

        def add(name: str, content: bytes | str) -> None:
            archive.writestr(zipfile.ZipInfo(f"stage1_train/{name}"), content)  # a fixed date

        rows = zip(names, drawn["well"], drawn["magnified"], drawn["brightness"], strict=True)
        add(MARKER, "Nobody's nuclei: simulated.\n")
        table = [f"{name},{well},{magnified},{bright:.4f}" for name, well, magnified, bright in rows]
        add("images.csv", "\n".join(["image,patient,magnified,brightness", *table]) + "\n")
        for name, image, labels in zip(names, drawn["images"], drawn["labels"], strict=True):
            add(f"{name}/images/{name}.png", _png(image))
            for number in range(1, labels.max() + 1):
                add(f"{name}/masks/{number:03}.png", _png(np.uint8(255) * (labels == number)))
            if not labels.any():
                add(f"{name}/masks/none.png", _png(np.zeros_like(image)))
    return path


def draw_nuclei(
    wells: int, *, fields: int = 1, seed: int = 0, pixels: int = PIXELS, dark: bool = False
) -> dict[str, np.ndarray]:
    """Pictures with their truth: `images` uint8, `labels` uint16 (n, pixels, pixels), a value a picture.

    Parameters
    ----------
    wells : how many; `fields` : pictures of each.
    seed : draws all of it.
    pixels : the side of a picture.
    dark : whether the stain is dark on a bright ground, as in another laboratory.
    """
    images, labels, about = [], [], []
    for well in range(wells):
        rng = np.random.default_rng((seed, well, 12))
        scene = {
            "magnified": int(rng.random() < 0.4),
            "brightness": float(np.exp(rng.uniform(np.log(8), np.log(240)))),  # of the brightest pixels
            "blur": rng.uniform(0.6, 1.3),
            "glow": rng.uniform(0.08, 0.35),
            "crowd": rng.uniform(0.05, 0.22),  # share of the area that is nuclei
            "slope": rng.normal(0, 0.15, 2),
        }
        for _ in range(fields):
            drawn = _labels(rng, scene, pixels)
            image = _light(rng, scene, drawn)
            images.append(255 - image if dark else image)
            labels.append(drawn)
            about.append((well, scene["magnified"], scene["brightness"]))
    columns = dict(
        zip(("well", "magnified", "brightness"), map(np.array, zip(*about, strict=True)), strict=True)
    )
    return {"images": np.stack(images), "labels": np.stack(labels), **columns}


def _labels(rng: np.random.Generator, scene: dict, pixels: int) -> np.ndarray:
    """Nuclei one after the other, some beside one that is there; what is taken stays with the earlier."""
    labels = np.zeros((pixels, pixels), np.uint16)
    places: list[tuple[float, float, float]] = []
    mean = RADII[scene["magnified"]]
    wanted = scene["crowd"] * pixels**2
    for _ in range(400):
        if np.count_nonzero(labels) >= wanted:
            break
        radius = mean * np.exp(rng.normal(0, 0.15))
        if places and rng.random() < TOUCHING:
            x, y, other = places[rng.integers(len(places))]
            angle, away = rng.uniform(0, 2 * np.pi), (radius + other) * rng.uniform(0.86, 0.98)
            x, y = x + away * np.cos(angle), y + away * np.sin(angle)
        else:
            x, y = rng.uniform(0, pixels, 2)
        shape = _outline(rng, x, y, radius, pixels)
        own = shape & (labels == 0)
        if own.sum() > 0.75 * shape.sum() and own.sum() > 12 and ndimage.label(own)[1] == 1:
            labels[own] = len(places) + 1
            places.append((x, y, radius))
    return labels


def _outline(rng: np.random.Generator, x: float, y: float, radius: float, pixels: int) -> np.ndarray:
    """One nucleus: an ellipse whose rim waves a little."""
    down, across = np.ogrid[:pixels, :pixels]
    oval, turn = np.exp(rng.normal(0, 0.14)), rng.uniform(0, np.pi)
    right, below = across - x, down - y
    u = (right * np.cos(turn) + below * np.sin(turn)) * oval
    v = (below * np.cos(turn) - right * np.sin(turn)) / oval
    angle = np.arctan2(v, u)
    wave = sum(rng.normal(0, 0.025) * np.cos(k * angle + rng.uniform(0, 6.28)) for k in (2, 3, 4))
    return np.hypot(u, v) < radius * (1 + wave)


def _light(rng: np.random.Generator, scene: dict, labels: np.ndarray) -> np.ndarray:
    """What the camera sees of `labels`: stain and texture, blurred, over a glow, lit unevenly, with noise."""
    pixels, count = labels.shape[0], int(labels.max())
    strength = np.concatenate([[0.0], np.exp(rng.normal(-0.4, 0.45, count))])
    texture = ndimage.gaussian_filter(rng.normal(0, 1, labels.shape), 1.5)
    stain = strength[labels] * (1 + 0.12 * texture / texture.std())
    seen = ndimage.gaussian_filter(stain, scene["blur"])
    seen += scene["glow"] * ndimage.gaussian_filter(stain, 10) + 0.03
    down, across = np.mgrid[-1 : 1 : pixels * 1j, -1 : 1 : pixels * 1j]
    seen *= 1 + scene["slope"][0] * across + scene["slope"][1] * down
    grey = scene["brightness"] * seen / max(np.percentile(seen, 99.5), 0.05)
    grey = grey + rng.normal(0, 1, labels.shape) * np.sqrt(
        0.15 + 0.01 * scene["brightness"] * np.maximum(grey, 0) / 8
    )
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def _png(image: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image.astype(np.uint8)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
