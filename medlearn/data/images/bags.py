"""Slides of tissue as bags of tiles: the slide has a label, its tiles have none.

A file may be anybody's, damaged or hostile: nothing is unpacked to disk, sizes are looked at first, each tile
is made small as soon as it is read, and each fault is one DataError that says where.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from numbers import Integral
from pathlib import Path, PurePosixPath

import numpy as np

from medlearn.data.csvfile import Table, to_number
from medlearn.data.dataset import SPLITS, Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARKER, kind_of, members_of, path_of
from medlearn.data.images.checks import need_every_class, split_as_laid
from medlearn.data.images.decoding import squared
from medlearn.data.images.folder import SPLIT_OF_FOLDER
from medlearn.data.images.pictures import ENDINGS, eight_bits, open_picture, owners_and_about, stem_of
from medlearn.data.ragged import Ragged
from medlearn.errors import DataError

FILE, SLIDES, TILES = "slides.zip", "slides.csv", "tiles.csv"
CLASSES = ("no tumour", "tumour")
MOST_BYTES = 2 << 30  # of all tiles as numbers: 900,000 of 28 px, 14,000 of 224 px
Bag = dict[str, np.ndarray]  # a slide's tiles by their names without ending


def read_bags(place: str | Path, *, entry: Entry | None = None, seed: int = 0, pixels: int = 28) -> Dataset:
    """Slides as x, a `Ragged` whose `x[i]` holds the tiles of one, uint8 (tiles, `pixels`, `pixels`, 3).

    `place` is a folder, a zip or a tar, or a folder that holds slides.zip. In it lie, at any depth:

    - `slides.csv`, a slide a row: `slide` and `label` (0 or 1, or a class's name); if you like, `split`
      (train, validation, test; else patients are dealt out 60 : 20 : 20, by `seed`), `patient` (else each
      slide counts as a patient of its own, and `patients_known` is False), and columns that go into `about`;
    - beside it, for each slide a folder of its name with one picture a tile; and
    - if you like, `tiles.csv` with `slide`, `tile` and `tumour` (0 or 1): the truth by tile, for
      `about["tumour"]`, a `Ragged`. It must name every tile of every slide.

    PNG, TIFF, BMP and JPEG become colours of 8 bits; what is transparent comes out white, as glass does.
    Tiles are cut to the square in their middle and scaled to `pixels`, and stand in the order of their names.
    One is enough for a slide. 10,000 tiles of 28 px take 24 MB, and twice that while they are read.

    The two classes are the `entry`'s, else "no tumour" and "tumour". A tile that two slides share is noted.
    """
    if not isinstance(pixels, Integral) or pixels < 1:
        raise DataError(f"pixels is the height and width of a tile, such as 28, not {pixels!r}")
    path = path_of(place)
    path = path / FILE if kind_of(path) == "folder" and kind_of(path / FILE) == "file" else path
    tables, bags, notes, simulated = _unpacked(path, pixels)
    table, bags, left_out = _slides(tables, bags, path)
    slides = table.columns["slide"].astype(str)
    classes = entry.classes if entry else CLASSES
    y = _labels(table, classes)
    owner, about, known = _owners(table)
    if truth := _table(tables, TILES, path):
        about["tumour"] = _tumour(truth, dict(zip(slides, bags, strict=True)))
        wrong = np.array([bag.any() for bag in about["tumour"]]) != y
        notes += [*truth.notes, Note.of("slide whose label its tiles contradict", slides[wrong], grave=True)]
    index = split_as_laid(_splits(table), owner, y, where=path, seed=seed)
    need_every_class(y[index["train"]], classes, f"{path}: train")
    notes += [*table.notes, *left_out, *_shared_tiles(slides, bags, index)]
    whole = Split(_joined(bags, pixels), y, owner, about | {"slide": slides})
    return Dataset(
        path.stem,
        *(whole.take(index[each]) for each in SPLITS),
        task="binary",
        classes=classes,
        simulated=simulated,
        patients_known=known,
        cases="slides",
        objects="tiles",
        notes=sum_notes(notes),
    )


# What is in the file


def _unpacked(path: Path, pixels: int) -> tuple[dict[str, bytes], dict[str, Bag], list[Note], bool]:
    """Tables by their place, the tiles of each folder by its place, notes, and whether it is simulated."""
    tables: dict[str, bytes] = {}
    bags: dict[str, Bag] = defaultdict(dict)
    enlarged, room, simulated = [], MOST_BYTES // (3 * pixels**2), False
    for name, content in members_of(path, wanted=_is_ours):
        last = PurePosixPath(name).name.lower()
        if not last.endswith(ENDINGS):
            tables |= {name: content} if last != MARKER.lower() else {}
            simulated |= last == MARKER.lower()
            continue
        bag, stem = bags[str(PurePosixPath(name).parent)], stem_of(name)
        if stem in bag:
            raise DataError(f"{path}: {name} is the second tile called {stem}: rename one")
        if (room := room - 1) < 0:
            raise DataError(
                f"{path} holds more tiles of {pixels} px than fit into {MOST_BYTES >> 30} GB: "
                "ask for fewer pixels, or take slides out"
            )
        bag[stem], small = _tile(content, f"{path}: {name}", pixels)
        enlarged += [name] if small else []
    return tables, bags, [Note.of("tile smaller than was asked for, enlarged", enlarged)], simulated


def _is_ours(name: str) -> bool:
    """Whether a file of this `name` is read."""
    last = PurePosixPath(name.lower()).name
    return last in (SLIDES, TILES, MARKER.lower()) or last.endswith(ENDINGS)


def _tile(content: bytes, where: str, pixels: int) -> tuple[np.ndarray, bool]:
    """A tile as uint8 (pixels, pixels, 3), and whether it had to be enlarged."""
    from PIL import Image

    image = eight_bits(open_picture(content, where), where)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(squared(image.convert("RGB"), pixels)), min(image.size) < pixels


def _table(tables: Mapping[str, bytes], called: str, path: Path) -> Table | None:
    """The table of this name, without rows that repeat another, None where there is none."""
    places = [name for name in tables if PurePosixPath(name).name.lower() == called]
    if len(places) > 1:
        raise DataError(f"{path} holds two tables called {called}, {places[0]} and {places[1]}: remove one")
    return Table.of(tables[places[0]], path / places[0]).without_repeats() if places else None


def _slides(
    tables: Mapping[str, bytes], bags: Mapping[str, Bag], path: Path
) -> tuple[Table, list[Bag], list[Note]]:
    """The table of slides, the tiles of each in its order, and notes of tiles that are no slide's."""
    table = _table(tables, SLIDES, path)
    if table is None:
        raise DataError(f"{path} holds no {SLIDES}: add one with the columns slide and label")
    table.require("slide", "label")
    beside, taken = PurePosixPath(table.path.parent.relative_to(path)), {}
    for position, slide in enumerate(table.columns["slide"]):
        at = str(beside / slide)
        if slide in taken:
            raise table.fault(position, "slide", f"{slide!r} has a row already: remove one")
        if not slide or not bags.get(at):
            raise table.fault(
                position, "slide", f"there is no folder {slide!r} with tiles: add it, or remove the row"
            )
        taken[slide] = at
    strange = sorted(set(bags) - set(taken.values()))
    note = Note.of(f"folder with pictures that {SLIDES} does not name, left out", strange)
    return table, [dict(sorted(bags[at].items())) for at in taken.values()], [note]


# What the tables say


def _labels(table: Table, classes: tuple[str, ...]) -> np.ndarray:
    """The label of each slide, 0 or 1."""
    known = " or ".join(f"{number} ({name})" for number, name in enumerate(classes))
    number_of = {name.casefold(): number for number, name in enumerate(classes)}
    y = np.empty(len(table.rows), np.int64)
    for position, text in enumerate(table.columns["label"]):
        number = number_of.get(text.casefold(), to_number(text))
        if number not in (0, 1):
            raise table.fault(position, "label", f"a label is {known}, not {text!r}")
        y[position] = number
    return y


def _splits(table: Table) -> list[str]:
    """The split of each slide, "" where none is named."""
    written = table.columns.get("split", [""] * len(table.rows))
    split = [SPLIT_OF_FOLDER.get(text.lower(), text) for text in written]
    for position, name in enumerate(split):
        if name not in ("", *SPLITS):
            raise table.fault(position, "split", f"{name!r} is no split: write {', '.join(SPLITS)}")
    return split


def _owners(table: Table) -> tuple[np.ndarray, dict, bool]:
    """Whose each slide is, what else is known of it, and whether anybody said whose."""
    known = {name: cells for name, cells in table.columns.items() if name not in ("slide", "label", "split")}
    for position, text in enumerate(known.get("patient", ())):
        if not text:
            raise table.fault(position, "patient", "whose slide it is, is missing: give the patient a number")
    rows = np.array([str(row) for row in table.rows])
    return owners_and_about(rows, Table(table.path, known | {"image": rows}, table.rows))


def _tumour(table: Table, bag_of: Mapping[str, Bag]) -> Ragged:
    """Which tiles of each slide hold tumour, as a table of tiles says."""
    table.require("slide", "tile", "tumour")
    told: dict[tuple[str, str], bool] = {}
    names = zip(table.columns["slide"], map(stem_of, table.columns["tile"]), strict=True)
    for position, (slide, tile) in enumerate(names):
        if slide not in bag_of:
            raise table.fault(position, "slide", f"{SLIDES} has no {slide!r}: add it, or remove the row")
        if tile not in bag_of[slide]:
            raise table.fault(position, "tile", f"{slide} has no tile {tile!r}: add it, or remove the row")
        if (value := to_number(table.columns["tumour"][position])) not in (0, 1):
            raise table.fault(position, "tumour", "write 1 for a tile with tumour, 0 for one without")
        if (slide, tile) in told:
            raise table.fault(position, "tile", f"{slide}/{tile} has a row already: remove one")
        told[slide, tile] = value == 1
    for slide, bag in bag_of.items():
        if untold := [tile for tile in bag if (slide, tile) not in told]:
            raise DataError(f"{table.path} has no row for {slide}/{untold[0]}: add all, or remove the table")
    return Ragged.of([[told[slide, tile] for tile in bag] for slide, bag in bag_of.items()])


# Slides together


def _shared_tiles(slides: Sequence[str], bags: Sequence[Bag], index: Mapping[str, np.ndarray]) -> list[Note]:
    """Notes of tiles that are the same, pixel for pixel, in two slides; those of one colour are glass."""
    split_of = {slide: split for split, chosen in index.items() for slide in chosen}
    seen: dict[bytes, tuple[int, str]] = {}
    within, across = [], []
    for slide, bag in enumerate(bags):
        for name, tile in bag.items():
            if (tile == tile[0, 0]).all():
                continue
            first, other = seen.setdefault(hashlib.sha256(tile.tobytes()).digest(), (slide, name))
            if first != slide:
                found = within if split_of[first] == split_of[slide] else across
                found.append(f"{slides[first]}/{other} is {slides[slide]}/{name}")
    return [
        Note.of("tile that is in two slides of one split", within),
        Note.of("tile that is in two splits: scores on it are too good", across, grave=True),
    ]


def _joined(bags: Sequence[Bag], pixels: int) -> Ragged:
    """All tiles one after the other; the bags are emptied, so that they are not in memory twice for long."""
    start = np.cumsum([0, *map(len, bags)])
    value = np.empty((start[-1], pixels, pixels, 3), np.uint8)
    for first, bag in zip(start, bags, strict=False):
        value[first : first + len(bag)] = list(bag.values())
        bag.clear()
    return Ragged(start, value=value)
