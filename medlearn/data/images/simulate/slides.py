"""Simulated slides as bags of tiles: which hold tumour is known, and on which tiles.

Drawn from formulas, out of nobody's tissue, by `tissue.py`. What the lesson needs is there: unequal numbers
of tiles; a mixture of tissues that differs from slide to slide, whether there is tumour or not; tumour on few
tiles, side by side, often on one or two alone; a stain of each hospital, and one hospital that is met in the
test only.

Not realistic: a slide has thousands of tiles, not tens, and tissue goes on from one tile into the next; here
each is drawn alone. Nor is how often tumour occurs, what surrounds it, or how a slide is cut. No result on
these pictures says anything about patients.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from medlearn.data.files import MARKER
from medlearn.data.images.simulate.drawing import noise, smooth_noise
from medlearn.data.images.simulate.tissue import STAINS, TUMOUR, draw_looks, draw_tiles
from medlearn.data.ragged import Ragged
from medlearn.errors import DataError

VERSION = 1
SPLITS = {"train": {"A": 40, "B": 40}, "val": {"A": 10, "B": 10}, "test": {"A": 20, "B": 20, "C": 20}}
MOST = 0.3  # of a slide's tiles are tumour
COLUMNS = 8  # of the map in which a slide's tiles lie, row by row
# How much of each kind there is on average, before slides differ; tumour comes last, by itself.
COMMON = np.log([0.7, 0.5, 0.4, 1.2, 0.6, 1.0, 2.2, 1.8])


def write_slides(folder: Path, *, seed: int = 0) -> Path:
    """Draw `slides.zip` by `seed` into `folder`; its path. `tiles.csv` says which tiles are tumour."""
    parts = [(split, hospital, count) for split, own in SPLITS.items() for hospital, count in own.items()]
    order = np.random.default_rng((seed, 13)).permutation(sum(count for *_, count in parts))
    slides = []
    for number, (split, hospital, count) in enumerate(parts):
        drawn = _draw(np.random.default_rng((seed, 130, number)), count, hospital)
        for tiles, tumour, label in zip(drawn["tiles"], drawn["tumour"], drawn["label"], strict=True):
            slides.append((f"S{order[len(slides)] + 1:03}", split, hospital, label, tiles, tumour))
    path = Path(folder) / "slides.zip"
    with zipfile.ZipFile(path, "w") as archive:

        def add(name: str, content: bytes | str) -> None:
            archive.writestr(zipfile.ZipInfo(name), content)  # a fixed date

        add(MARKER, "Nobody's tissue: simulated.\n")
        rows, marked = ["slide,label,split,patient,hospital"], ["slide,tile,tumour"]
        for slide, split, hospital, label, tiles, tumour in sorted(slides, key=lambda one: one[0]):
            rows.append(f"{slide},{label},{split},P{slide[1:]},{hospital}")
            for place, (tile, ill) in enumerate(zip(tiles, tumour, strict=True), start=1):
                marked.append(f"{slide},{place:04},{ill:d}")
                add(f"{slide}/{place:04}.png", _png(tile))
        add("slides.csv", "\n".join(rows) + "\n")
        add("tiles.csv", "\n".join(marked) + "\n")
    return path


def draw_slides(
    slides: int,
    *,
    hospital: str = "A",
    tumour: float = 0.5,
    tiles: tuple[int, int] = (24, 64),
    pixels: int = 28,
    seed: int = 0,
) -> dict[str, np.ndarray | Ragged]:
    """Slides as bags: `tiles`, `kind` and `tumour` a tile, and `label` (n,): 1 where there is tumour.

    `tiles` has the rows (pixels, pixels, 3) of uint8; `kind` is a place in `tissue.KINDS`.

    Parameters
    ----------
    slides : how many.
    hospital : who stains them: "A", "B" or "C".
    tumour : the share of slides that hold tumour: on one tile at least, on 30 % at most.
    tiles : the fewest and the most tiles of a slide.
    pixels : height and width of a tile.
    seed : draws all of it.

    >>> drawn = draw_slides(4)
    >>> drawn["tiles"], drawn["label"].tolist()
    (4 cases, 167 rows of value, [0, 1, 0, 1])
    """
    return _draw(np.random.default_rng((seed, 131)), slides, hospital, tumour, tiles, pixels)


def _draw(rng, slides, hospital, tumour=0.5, tiles=(24, 64), pixels=28) -> dict[str, np.ndarray | Ragged]:
    if hospital not in STAINS:
        raise DataError(f"there is no stain of hospital {hospital!r}: choose one of {', '.join(STAINS)}")
    label = rng.permutation(np.arange(slides) < round(slides * tumour)).astype(int)
    counts = rng.integers(tiles[0], tiles[1] + 1, slides)
    start = np.concatenate([[0], np.cumsum(counts)])
    kind = np.concatenate([_lay(rng, *slide) for slide in zip(counts, label, strict=True)])
    looks = draw_looks(np.full(slides, hospital), rng)
    looks = {name: np.repeat(values, counts, axis=0) for name, values in looks.items()}
    return {
        "tiles": Ragged(start, value=draw_tiles(kind, looks, rng, pixels)),
        "kind": Ragged(start, value=kind),
        "tumour": Ragged(start, value=kind == TUMOUR),
        "label": label,
    }


def _lay(rng: np.random.Generator, count: int, label: int) -> np.ndarray:
    """The kind of each of `count` tiles, on a map of `COLUMNS`: like beside like, and tumour in one place."""
    down, across = np.divmod(np.arange(count), COLUMNS)
    fields = smooth_noise(noise(rng, TUMOUR, 4), max(COLUMNS, down[-1] + 1))[:, down, across]
    much = COMMON + rng.normal(0, 1.0, TUMOUR)
    kind = (fields + much[:, None] + 0.5 * rng.gumbel(size=fields.shape)).argmax(0)
    wanted = int((int(MOST * count) + 1) ** rng.random())  # one is as frequent as two or three together
    seat = rng.integers(count)
    away = np.hypot(down - down[seat], across - across[seat]) + rng.random(count)
    kind[np.argsort(away)[: wanted * label]] = TUMOUR
    return kind


def _png(tile: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(tile).save(buffer, "PNG")
    return buffer.getvalue()
