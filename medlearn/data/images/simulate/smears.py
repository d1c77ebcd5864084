"""Simulated blood smears with a box around every cell, in the folders of BCCD (Pascal VOC).

Drawn from formulas, out of nobody's blood. What the lesson needs is there: red cells that overlap, and are
darker where they do; cells cut by the picture's edge; white cells, mostly one a picture, with the nuclei of
`cells.py`; platelets of a third of a red cell's width, some beside a red cell; specks of stain that are no
cell. Three pictures come from one slide and share its stain, light, thickness, magnification and focus, so
that a slide is known again by its colour. On "hasty" slides a quarter of the red cells has no label.

Not realistic: diseases and the shapes they give a red cell, parasites, young and broken cells, rolls of many
cells, where on a slide a field lies, and labels that are wrong and not only absent. No result on these
pictures says anything about blood.
"""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path

import numpy as np
from scipy import ndimage
from threadpoolctl import threadpool_limits

from medlearn.data.files import MARKER
from medlearn.data.images.simulate.cells import BLUE, KINDS, ORANGE, PINK
from medlearn.data.images.simulate.drawing import bump, step, to_bytes
from medlearn.data.ragged import Ragged

VERSION = 1
SPLITS = {"train": 36, "val": 12, "test": 12}  # slides
FIELDS, SHAPE = 3, (240, 320)
CLASSES = ("RBC", "WBC", "Platelets")
MISSED = 0.25  # of the red cells on a hasty slide have no label
VISIBLE = 1 / 3  # of a cell, or it is not drawn
DENSER = 0.4  # where two cells overlap, they take away less light than their sum
# How light passes: red, green, blue taken away by one unit of stain, in the order of the layers.
RED, PURPLE = (0.12, 0.36, 0.36), (0.80, 1.30, 0.18)
STAINS = np.array([RED, PURPLE, BLUE, PINK, ORANGE], np.float32)
BLUER = np.array([1.3, 1.05, 0.7], np.float32)  # what another laboratory's stains take away beside ours
# White cells: the row of `KINDS` and how often; pixels, at a height of 240, of one unit of `KINDS`.
WHITE = {6: 0.62, 4: 0.18, 5: 0.09, 1: 0.09, 0: 0.02}
UNIT = 78


def write_smears(folder: Path, *, seed: int = 0) -> Path:
    """Draw `BCCD.zip` by `seed` into `folder`; its path. Its `images.csv` names the slides."""
    drawn = draw_smears(sum(SPLITS.values()), fields=FIELDS, seed=seed)
    slides, boxes = drawn["slide"], drawn["boxes"]
    names = [f"BloodImage_{place:05}" for place in range(len(slides))]
    split = np.repeat(list(SPLITS), list(SPLITS.values()))[slides]
    path = Path(folder) / "BCCD.zip"
    with zipfile.ZipFile(path, "w") as archive:

        def add(name: str, content: bytes | str) -> None:
            archive.writestr(zipfile.ZipInfo(f"BCCD/{name}"), content)  # a fixed date

        add(MARKER, "Nobody's blood: simulated.\n")
        about = zip(*(drawn[name] for name in ("slide", "hasty", "magnification", "stain")), strict=True)
        rows = [
            f"{name},slide{slide:02},{hasty:d},{magnification:.3f},{stain:.3f}"
            for name, (slide, hasty, magnification, stain) in zip(names, about, strict=True)
        ]
        add("images.csv", "\n".join(["image,patient,hasty,magnification,stain", *rows]) + "\n")
        for part in (*SPLITS, "trainval"):
            listed = [name for name, own in zip(names, split, strict=True) if own in part]
            add(f"ImageSets/Main/{part}.txt", "\n".join(listed) + "\n")
        for name, image, cells in zip(names, drawn["images"], boxes, strict=True):
            add(f"Annotations/{name}.xml", _annotation(name, image.shape, cells))
            add(f"JPEGImages/{name}.jpg", _jpeg(image))
    return path


def draw_smears(
    slides: int,
    *,
    fields: int = FIELDS,
    seed: int = 0,
    shape: tuple[int, int] = SHAPE,
    hasty: float = 1 / 3,
    elsewhere: bool = False,
) -> dict[str, np.ndarray | Ragged]:
    """Pictures, the boxes handed out with them and the boxes of all cells, and values a picture.

    `images` is uint8 (n, height, width, 3); `boxes` and `all_boxes` have the columns corners, label and
    ignore; `slide`, `hasty`, `magnification` (1 on average) and `stain` (its strength) are (n,).

    Parameters
    ----------
    slides : how many; `fields` : pictures of each.
    seed : draws all of it.
    shape : height and width of a picture. The same cells are seen at every size, with more or fewer pixels.
    hasty : the share of slides on which a quarter of the red cells has no label.
    elsewhere : whether another laboratory made them: bluer stain, brighter light, 20 % more magnified.

    >>> drawn = draw_smears(2, fields=1, shape=(120, 160))
    >>> drawn["images"].shape, drawn["slide"].tolist(), drawn["all_boxes"]
    ((2, 120, 160, 3), [0, 1], 2 cases, 35 rows of corners, label, ignore)
    """
    images, boxes, complete, about = [], [], [], []
    with threadpool_limits(1):  # small products of matrices are slowed by several threads
        for slide in range(slides):
            rng, grain = (np.random.default_rng((seed, slide, stream)) for stream in (11, 110))
            scene = _slide(rng, elsewhere) | {"texture": _texture(grain, shape)}
            careless = int((slide + 1) * hasty + 1e-9) > int(slide * hasty + 1e-9)
            for _ in range(fields):
                layers, corners, label = _field(rng, scene, shape)
                labelled = (label > 0) | (rng.random(len(label)) >= MISSED * careless)
                every = {"corners": corners, "label": label, "ignore": np.zeros(len(label), bool)}
                images.append(_light(grain, scene, layers))
                complete.append(every)
                boxes.append({name: column[labelled] for name, column in every.items()})
                about.append((slide, careless, scene["magnification"], scene["stain"]))
    names = ("slide", "hasty", "magnification", "stain")
    columns = dict(zip(names, map(np.array, zip(*about, strict=True)), strict=True))
    return {
        "images": np.stack(images),
        "boxes": Ragged.of(boxes),
        "all_boxes": Ragged.of(complete),
        **columns,
    }


def _slide(rng: np.random.Generator, elsewhere: bool) -> dict:
    """What the pictures of one slide share."""
    hue, warm, light = rng.normal(0, 1, 2), rng.normal(0, 1), np.array([0.865, 0.862, 0.840])
    tint = np.array([[0.12, 0.0, -0.14], [-0.10, 0.0, 0.40]]) * hue[:, None]
    stains = STAINS * np.exp(np.float32(tint[[0, 1, 1, 0, 0]]))
    light = light * np.exp(rng.normal(0, 0.012, 3) + 0.02 * warm * np.array([1, 0, -1]))
    return {
        "stains": stains * BLUER if elsewhere else stains,
        "light": np.float32(light * (np.array([1.07, 1.09, 1.13]) if elsewhere else 1)),
        "stain": float(np.exp(rng.normal(0, 0.16))),
        "magnification": float(rng.uniform(0.85, 1.15) * (1.2 if elsewhere else 1)),
        "red": 25.0 * np.exp(rng.normal(0, 0.035)),  # radius of a red cell, before magnification
        "pallor": rng.uniform(0.2, 0.65),
        "oval": rng.uniform(0.04, 0.12),
        "thick": rng.normal(0, 1),
        "plasma": rng.uniform(0.02, 0.16),
        "specks": rng.poisson(0.8),
        "blur": rng.uniform(0.5, 1.2),
        "vignette": rng.uniform(0.03, 0.12),
        "middle": rng.normal(0, 0.2, 2),
    }


def _texture(grain: np.random.Generator, shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Smooth noise of three sizes, from which cells of a slide take their granules and unevenness."""
    unit, noise = shape[0] / SHAPE[0], grain.standard_normal(shape, dtype=np.float32)
    sizes = {"fine": 0.9, "middle": 2.2, "coarse": 7.0}
    smooth = {
        name: ndimage.gaussian_filter(noise, max(size * unit, 0.7), mode="wrap")
        for name, size in sizes.items()
    }
    return {name: field / field.std() for name, field in smooth.items()}


def _field(rng: np.random.Generator, scene: dict, shape: tuple[int, int]) -> tuple:
    """One picture's stains, (5, height, width), the corners of its cells, and their labels."""
    layers, under = np.zeros((len(STAINS), *shape), np.float32), np.zeros(shape, np.float32)
    layers[0] = scene["plasma"] * (1 + 0.15 * scene["texture"]["coarse"])
    corners, label = [], []
    for kind, x, y, radius, row in _places(rng, scene, SHAPE[0] * shape[1] / shape[0]):
        where, u, v = _patch(x, y, radius, shape)
        body, stains = DRAW[kind](rng, scene, row, *_bent(rng, u, v, 0.07 if kind else scene["oval"]))
        whole = np.count_nonzero(body > 0.5)
        cut = tuple(
            slice(max(-part.start, 0), size - part.start) for part, size in zip(where, shape, strict=True)
        )
        where = tuple(slice(max(part.start, 0), part.stop) for part in where)
        free = 1 - under[where]
        seen = body[cut] * free > 0.5
        if np.count_nonzero(seen) < max(VISIBLE * whole, 4):
            continue
        for layer, amount in stains.items():
            there = np.minimum(layers[layer][where], 1)
            layers[layer][where] += amount[cut] * free * (1 - DENSER * there)
        if kind == 1:
            under[where] = np.maximum(under[where], body[cut])
        if kind < len(CLASSES):
            down, across = (np.flatnonzero(seen.any(axis)) for axis in (1, 0))
            top, left = (part.start for part in where)
            corners.append((left + across[0], top + down[0], left + across[-1] + 1, top + down[-1] + 1))
            label.append(kind)
    return layers, np.array(corners, np.float32).reshape(-1, 4), np.array(label, np.int64)


def _places(rng: np.random.Generator, scene: dict, width: float) -> list[tuple]:
    """What lies in a field: kind, place and radius in 240ths of its height, row of `KINDS`."""
    height, magnified = SHAPE[0], scene["magnification"]
    places: list[tuple] = []  # white cells first, since they lie on top

    def put(kind: int, radius: float, beside: float, apart: tuple[float, float], rim: float, row: int = 0):
        """At random, or beside a red cell; `apart`, in sums of two radii, from red and from white cells."""
        for _ in range(50):
            reds = [place for place in places if place[0] == 0]
            if reds and rng.random() < beside:
                _, x, y, other, _ = reds[rng.integers(len(reds))]
                angle, away = rng.uniform(0, 2 * np.pi), (radius + other) * rng.uniform(apart[0], 1.05)
                x, y = x + away * np.cos(angle), y + away * np.sin(angle)
            else:
                x, y = rng.uniform(rim * radius, [width - rim * radius, height - rim * radius])
            if not (-0.4 * radius < x < width + 0.4 * radius and -0.4 * radius < y < height + 0.4 * radius):
                continue
            if all(
                np.hypot(x - one, y - two) > apart[min(other_kind, 1)] * (radius + other)
                for other_kind, one, two, other, _ in places
            ):
                places.append((kind, x, y, radius, row))
                return

    for _ in range(rng.choice(3, p=[0.10, 0.84, 0.06])):
        row = rng.choice(list(WHITE), p=list(WHITE.values()))
        put(1, magnified * UNIT * KINDS[row, 0] * rng.uniform(0.9, 1.1), 0, (1, 1.02), 0.2, row)
    crowd = 12.5 * np.exp(0.1 * scene["thick"]) / magnified**0.7
    for _ in range(int(np.clip(np.rint(rng.normal(crowd, 1.5)), 8, 17))):
        nearest = rng.choice([0.76, 0.55, 0.28], p=[0.73, 0.09, 0.18])
        put(0, magnified * scene["red"] * np.exp(rng.normal(0, 0.07)), 0.5, (nearest, 0.97), -0.3)
    for _ in range(min(rng.poisson(1.1), 4)):
        put(2, magnified * rng.uniform(6.5, 11), 0.35, (0.92, 1.1), -0.2)
    for _ in range(scene["specks"]):
        put(3, rng.uniform(1.2, 2.4), 0, (0, 0), 0)
    return places


def _patch(x: float, y: float, radius: float, shape: tuple[int, int]) -> tuple:
    """Rows and columns around a cell, which may lie outside the picture; each pixel's place in radii."""
    unit = shape[0] / SHAPE[0]
    reach = int(np.ceil(1.4 * radius * unit)) + 1
    top, left = (round(middle * unit) - reach for middle in (y, x))
    where = (slice(top, top + 2 * reach), slice(left, left + 2 * reach))
    down, across = ((np.arange(part.start, part.stop) + 0.5) / unit for part in where)
    return where, *np.meshgrid(np.float32((across - x) / radius), np.float32((down - y) / radius))


def _bent(rng: np.random.Generator, u: np.ndarray, v: np.ndarray, oval: float) -> tuple:
    """The places `u`, `v` turned and drawn out at random, and how far out each is: 1 on the outline."""
    turn, longer = rng.uniform(0, 2 * np.pi), math.exp(min(abs(rng.normal(0, oval)), 0.25))
    cos, sin = math.cos(turn), math.sin(turn)
    u, v = (u * cos + v * sin) / longer, (v * cos - u * sin) * longer
    far = np.hypot(u, v)
    turned = power = (u + 1j * v) / np.maximum(far, 1e-3)
    wave = np.ones_like(u)
    for k in (2, 3, 4, 5):
        power = power * turned
        wave += rng.normal(0, 0.024 / k**0.5) * power.real + rng.normal(0, 0.024 / k**0.5) * power.imag
    return u, v, far / wave


def _texture_at(rng: np.random.Generator, field: np.ndarray, like: np.ndarray) -> np.ndarray:
    """A piece of a smooth field, of the size of `like`, from a random place."""
    top, left = (rng.random() * (whole - part) for whole, part in zip(field.shape, like.shape, strict=True))
    return field[int(top) : int(top) + like.shape[0], int(left) : int(left) + like.shape[1]]


def _red(rng, scene, row, u, v, out):
    """A disc, paler in the middle."""
    body = step(1 - out, 0.05)
    pale = min(max(scene["pallor"] + rng.normal(0, 0.2), 0.05), 0.85)
    thick = 1 - pale * step(rng.uniform(0.42, 0.62) - out, 0.3) + 0.10 * bump(out - 0.92, 0.08)
    uneven = 1 + 0.06 * _texture_at(rng, scene["texture"]["coarse"], u)
    strength = 0.92 * math.exp(rng.normal(0, 0.12) + 0.1 * scene["thick"])
    return body, {0: strength * (body * thick * uneven - 0.07 * bump(out - 1.1, 0.07))}


def _white(rng, scene, row, u, v, out):
    """A pale body with granules, and a nucleus of lobes that flow into each other."""
    radius, lobes, lobe, arc, span, dark, blue, pink, purple, orange = map(float, KINDS[row])
    body = step(1 - out, 0.06)
    lobes = int(lobes) + (int(rng.integers(-1, 2)) if lobes > 3 else 0)
    bend = 0.05 * _texture_at(rng, scene["texture"]["coarse"], u)
    between = span * rng.uniform(0.9, 1.2) / max(lobes - 1, 1)
    total = np.zeros_like(u)
    for number in range(lobes):
        size = lobe / radius * math.exp(rng.normal(0.02, 0.09))
        away, angle = arc / radius * rng.uniform(0.85, 1.15), (number - (lobes - 1) / 2) * between
        far = np.hypot(u + bend - away * math.cos(angle), v - bend - away * math.sin(angle))
        total += bump(np.square(far), 1.35 * size**2)
    nucleus = step(total - 0.42, 0.2) * body
    chromatin = 0.95 + 0.20 * _texture_at(rng, scene["texture"]["middle"], u) - 0.15 * step(total - 0.8, 0.4)
    grains = step(_texture_at(rng, scene["texture"]["fine"], u) - 0.5, 1.0) * body
    return body, {
        1: nucleus * dark * chromatin + (0.14 + 0.55 * purple) * grains * (1 - 0.6 * nucleus) + 0.07 * body,
        2: blue * body,
        3: 0.55 * pink * body,
        4: orange * grains * (1 - nucleus),
    }


def _platelet(rng, scene, row, u, v, out):
    """A purple spot with a pale rim and granules."""
    ragged = out + 0.06 * _texture_at(rng, scene["texture"]["middle"], u)
    body = step(1 - ragged, 0.2)
    inner = step(0.62 - ragged, 0.5) * (1 + 0.25 * _texture_at(rng, scene["texture"]["fine"], u))
    strength = math.exp(rng.normal(-0.55, 0.25))
    return body, {1: strength * (0.3 * body + 0.65 * inner), 2: 0.25 * body, 3: 0.2 * body}


def _speck(rng, scene, row, u, v, out):
    """Stain that has dried: small and dark."""
    return step(1 - out, 0.4), {1: rng.uniform(0.3, 0.9) * step(1 - out, 0.4)}


DRAW = (_red, _white, _platelet, _speck)


def _light(grain: np.random.Generator, scene: dict, layers: np.ndarray) -> np.ndarray:
    """What the camera sees through the stains: slightly out of focus, darker in the corners, with noise."""
    shape = layers.shape[1:]
    taken = np.tensordot(scene["stain"] * scene["stains"].T, layers, 1)
    blur = scene["blur"] * shape[0] / SHAPE[0]
    taken = ndimage.gaussian_filter(taken, (0, blur, blur), truncate=2.5)
    down, across = np.ogrid[-0.75 : 0.75 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    far = np.square(across - scene["middle"][0]) + np.square(down - scene["middle"][1])
    seen = np.exp(-taken) * scene["light"][:, None, None] * np.float32(1 - scene["vignette"] * far)
    seen += 0.007 * grain.standard_normal(shape, dtype=np.float32)
    return to_bytes(np.moveaxis(seen, 0, -1))


def _jpeg(image: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _annotation(name: str, shape: tuple[int, ...], cells: dict[str, np.ndarray]) -> str:
    """The boxes of one picture as Pascal VOC writes them."""
    height, width, depth = shape
    lines = [
        "<annotation>",
        "\t<folder>JPEGImages</folder>",
        f"\t<filename>{name}.jpg</filename>",
        f"\t<size><width>{width}</width><height>{height}</height><depth>{depth}</depth></size>",
        "\t<segmented>0</segmented>",
    ]
    for corners, label in zip(cells["corners"].astype(int), cells["label"], strict=True):
        cut = bool((corners[:2] == 0).any() or corners[2] == width or corners[3] == height)
        places = zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)
        box = "".join(f"<{side}>{place}</{side}>" for side, place in places)
        lines.append(
            f"\t<object><name>{CLASSES[label]}</name><pose>Unspecified</pose><truncated>{cut:d}</truncated>"
            f"<difficult>0</difficult><bndbox>{box}</bndbox></object>"
        )
    return "\n".join([*lines, "</annotation>"]) + "\n"
