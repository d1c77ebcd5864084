"""Pictures with boxes around the objects in them: as Pascal VOC lays them, or with a table of boxes.

A file may be anybody's, damaged or hostile: nothing is unpacked to disk, sizes are looked at first, XML that
declares anything is not read, and each fault is one DataError. Which boxes are refused: see boxes.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from numbers import Integral
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from medlearn.data.csvfile import Table, to_number
from medlearn.data.dataset import SPLITS, Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARKER, members_of
from medlearn.data.images.boxes import BEYOND, SIDES, checked, refuse_percent, scaled, size_within
from medlearn.data.images.checks import note_repeats, official_file, split_as_laid
from medlearn.data.images.pictures import (
    ENDINGS,
    TABLE,
    array_of,
    eight_bits,
    open_picture,
    owners_and_about,
    split_of,
    stem_of,
    table_beside,
)
from medlearn.data.ragged import Ragged
from medlearn.errors import DataError

LISTS = ("train", "val", "trainval", "test")
MOST_XML = 4 << 20  # bytes of one annotation
# What the columns of a table of boxes are called, without regard to capitals and signs.
HEADS_OF_IMAGE = ("image", "filename", "file", "imageid", "imagename", "img", "path", "imagepath")
HEADS_OF_LABEL = ("label", "class", "classname", "labelname", "celltype", "category")
ENDS = (("left", "top", "right", "bottom"), ("x0", "y0", "x1", "y1"), ("x1", "y1", "x2", "y2"))


class Marked(NamedTuple):
    """What is written of one picture.

    Parameters
    ----------
    where : the file that says it, for messages.
    corners, names, ignore, places : of each box, (m, 4) and (m,); its place is for messages.
    size : width and height that the picture should have, None where nobody says.
    shares : whether the corners are shares of the picture's width and height.
    """

    where: str
    corners: np.ndarray
    names: Sequence[str]
    ignore: Sequence[bool]
    places: Sequence[str]
    size: tuple[int, int] | None = None
    shares: bool = False


def read_boxes(
    place: str | Path,
    *,
    entry: Entry | None = None,
    seed: int = 0,
    shape: tuple[int, int] | None = None,
    names: Mapping[str, Sequence[str]] | None = None,
    objects: str = "boxes",
) -> Dataset:
    """Pictures as x, uint8 (n, height, width, 3), and as y a `Ragged` with corners, label and ignore.

    `place` is a folder, a zip or a tar, or a folder that holds the `entry`'s file. In it lies, at any depth:

    - Pascal VOC: `JPEGImages/NAME.jpg` and `Annotations/NAME.xml`. What is "difficult" there is `ignore`
      here. The lists in `ImageSets/Main` split, where there are train (or trainval) and test; or
    - pictures and a CSV of boxes with the columns image, xmin, ymin, xmax, ymax and label, a box a row: in
      pixels, or all as shares of the picture's width and height. A row with an image alone has no box.

    PNG, TIFF, BMP and JPEG become colours of 8 bits. A table `images.csv` may lie beside: `image`, `patient`
    (whoever must not be on two sides: a slide, a person), and columns that go into `about`, where `name` is
    the picture's. Without `patient` each picture counts as a patient of its own, and `patients_known` is
    False. Folders `train`, `val` and `test` split, too; else patients are dealt out 60 : 20 : 20, by `seed`.

    With `shape`, (height, width), each picture is scaled to fit and its boxes with it; what is left at the
    right or below has the picture's median colour. Without, x is an array of arrays where sizes differ.
    Classes are the `entry`'s, else the keys of `names`, else what is found; capitals, spaces, hyphens and a
    plural's s do not count. `names` gives other words for a class: {"WBC": ("leukocyte", "white cell")}.
    Boxes are called `objects`.
    """
    path, shape = official_file(place, entry), _as_shape(shape)
    files = dict(members_of(path, wanted=_is_ours))
    pictures = _pictures(files, path)
    is_voc = any(name.lower().endswith(".xml") for name in files)
    marked, notes = (_from_annotations if is_voc else _from_tables)(files, pictures, path)
    stems, split, as_listed = _laid(marked, pictures, files, path)
    classes, label_of = _classes([marked[stem] for stem in stems], entry, names)
    x, cases, read, sizes = [], [], [], []
    for stem in stems:
        image = _colours(files[pictures[stem]], f"{path}: {pictures[stem]}")
        case, odd = _case(marked[stem], label_of, image, pictures[stem])
        read.append(case["corners"])
        sizes.append(image.shape[:2])
        if shape:
            image, case["corners"] = _fitted(image, case["corners"], shape)
        x.append(image)
        cases.append(case)
        notes += odd
    if not any(marked[stem].shares for stem in stems):
        refuse_percent(read, sizes, str(path))
    owner, about, known = owners_and_about(stems, table_beside(files, path))
    index = split_as_laid(split, owner, where=path, seed=seed)
    whole = Split(array_of(x), Ragged.of(cases), owner, about | {"name": np.array(stems)})
    dataset = Dataset(
        path.stem,
        *(whole.take(index[each]) for each in SPLITS),
        task="detection",
        classes=classes,
        simulated=MARKER in (PurePosixPath(name).name for name in files),
        patients_known=known,
        cases="pictures",
        objects=objects,
        notes=sum_notes([*notes, *as_listed]),
    )
    return note_repeats(dataset)


def _as_shape(shape: Sequence[int] | None) -> tuple[int, int] | None:
    if shape is None:
        return None
    sides = tuple(shape) if isinstance(shape, Iterable) else ()
    if len(sides) != 2 or not all(isinstance(side, Integral) and side > 0 for side in sides):
        raise DataError(f"shape is a height and a width in pixels, such as (240, 320), not {shape!r}")
    return sides


def _is_ours(name: str) -> bool:
    """Whether a file of this `name` is read."""
    path = PurePosixPath(name.lower())
    listed = path.parts[-3:-1] == ("imagesets", "main") and path.suffix == ".txt" and path.stem in LISTS
    return path.name == MARKER.lower() or path.suffix in (".xml", ".csv", *ENDINGS) or listed


def _of_kind(files: Iterable[str], endings: Sequence[str], folder: str = "") -> list[str]:
    """Files with one of the `endings`: those below a `folder` of this name alone, where there are any."""
    found = [name for name in files if PurePosixPath(name).suffix.lower() in endings]
    return [name for name in found if folder in name.lower().split("/")[:-1]] or found


def _pictures(files: Mapping[str, bytes], path: Path) -> dict[str, str]:
    """The file of each picture by the picture's name."""
    pictures: dict[str, str] = {}
    for name in _of_kind(files, ENDINGS, "jpegimages"):  # masks of VOC's segmentations have the same names
        stem = stem_of(name)
        if stem in pictures:
            raise DataError(f"{path}: {pictures[stem]} and {name} are two pictures of one name: rename one")
        pictures[stem] = name
    return pictures


# Pascal VOC


def _from_annotations(files: Mapping[str, bytes], pictures: Mapping[str, str], path: Path) -> tuple:
    """What the XML files say, by the picture's name, and notes."""
    marked: dict[str, Marked] = {}
    for name in _of_kind(files, (".xml",), "annotations"):
        called, one = _annotation(files[name], f"{path}: {name}")
        own = [stem for stem in (PurePosixPath(name).stem, stem_of(called)) if stem in pictures]
        if not own:
            raise DataError(
                f"{path}: {name} is of the picture {called or PurePosixPath(name).stem}, which is not there: "
                "add it, or remove the XML"
            )
        if own[0] in marked:
            raise DataError(f"{marked[own[0]].where} and {name} are of one picture: remove one")
        marked[own[0]] = one
    without = [name for stem, name in pictures.items() if stem not in marked]
    return marked, [Note.of("picture without an XML, left out", without)]


def _annotation(content: bytes, where: str) -> tuple[str, Marked]:
    """The file name of the picture that an XML file is of, and what that says."""
    if len(content) > MOST_XML:
        raise DataError(f"{where} has {len(content) >> 20} MB, far more than boxes need: remove it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # entities can unpack without end
        raise DataError(f"{where} has a DOCTYPE or entities, which may do harm: take them out, or remove it")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise DataError(f"{where} is no XML, or damaged ({error}): export it again") from error
    if root.tag != "annotation":
        raise DataError(f"{where} is not Pascal VOC: it holds <{root.tag[:40]}>, not <annotation>; remove it")
    corners, names, places = [], [], []
    objects = root.findall("object")
    for number, each in enumerate(objects, start=1):
        places.append(f"{where}, object {number}")
        names.append((each.findtext("name") or "").strip())
        if each.find("bndbox") is None:
            raise DataError(f"{places[-1]} has no <bndbox>: draw its box, or remove it")
        corners.append([to_number(each.findtext(f"bndbox/{side}") or "") for side in SIDES])
    ignore = [to_number(each.findtext("difficult") or "") == 1 for each in objects]
    size = [to_number(root.findtext(f"size/{side}") or "") for side in ("width", "height")]
    size = tuple(size) if all(side > 0 for side in size) else None  # some tools write 0
    corners = np.array(corners, float).reshape(-1, 4)
    return root.findtext("filename") or "", Marked(where, corners, names, ignore, places, size)


# Tables of boxes


def _from_tables(files: Mapping[str, bytes], pictures: Mapping[str, str], path: Path) -> tuple:
    """What the CSV files say, by the picture's name, and notes."""
    tables = [name for name in _of_kind(files, (".csv",)) if PurePosixPath(name).name.lower() != TABLE]
    if not tables or not pictures:
        raise DataError(
            f"{path} holds no pictures with boxes: put them into JPEGImages/ and Annotations/, "
            "or lay a CSV of boxes beside them"
        )
    marked, notes = {}, []
    for name in tables:
        table = Table.of(files[name], path / name).without_repeats()
        rows = _rows(table, pictures)
        notes += table.notes
        for stem, one in rows.items():
            if stem in marked:
                raise DataError(f"{marked[stem].where} and {name} tell of one picture, {stem}: join them")
            marked[stem] = one
    untold = [name for stem, name in pictures.items() if stem not in marked]
    nothing = Marked(str(path), np.zeros((0, 4)), [], [], [])
    marked |= {stem_of(name): nothing for name in untold}
    return marked, [*notes, Note.of("picture that no row names, taken as one without a box", untold)]


def _rows(table: Table, pictures: Mapping[str, str]) -> dict[str, Marked]:
    """What a table says of each picture that it names."""
    head = {re.sub(r"[\W_]", "", name.casefold()): name for name in table.columns}
    image, label = (
        next((head[one] for one in known if one in head), None) for known in (HEADS_OF_IMAGE, HEADS_OF_LABEL)
    )
    sides = next((known for known in (SIDES, *ENDS) if set(known) <= set(head)), None)
    if None in (image, label, sides):
        raise DataError(
            f"{table.path} needs the columns image, {', '.join(SIDES)} and label, a box a row; "
            f"its columns are: {', '.join(table.columns)}"
        )
    corners = np.stack([table.numbers(head[side]) for side in sides], axis=1)
    names, stems = table.columns[label], [stem_of(text) for text in table.columns[image]]
    for position, stem in enumerate(stems):
        if stem not in pictures:
            raise table.fault(
                position, image, f"the picture {stem!r} is not there: add it, or remove the row"
            )
    is_box = ~np.isnan(corners).all(1) | (names != "")
    given = corners[~np.isnan(corners)]
    shares = bool(len(given)) and given.max() <= 1
    if shares:
        table.notes.append(Note("table whose boxes are shares of width and height", 1, table.path.name))
    of_each: dict[str, list[int]] = {stem: [] for stem in stems}
    for position in np.flatnonzero(is_box):
        of_each[stems[position]].append(position)
    return {
        stem: Marked(
            str(table.path),
            corners[rows],
            names[rows],
            np.zeros(len(rows), bool),
            [f"{table.path}, row {table.rows[row]}" for row in rows],
            shares=shares,
        )
        for stem, rows in ((stem, np.array(rows, int)) for stem, rows in of_each.items())
    }


# Which pictures, in which split, of which classes


def _laid(marked: Mapping, pictures: Mapping[str, str], files: Mapping[str, bytes], path: Path) -> tuple:
    """The names of the pictures in order, the split of each, "" where nothing says one, and notes."""
    stems, lists = sorted(marked), _lists(files, marked, path)
    if not stems:
        raise DataError(f"{path} holds no pictures with boxes")
    both = lists.get("trainval", set())
    train = lists.get("train", both - lists.get("val", set()))
    if "test" not in lists or not train:
        unused = [f"{one}.txt" for one in lists]
        split = [split_of(str(PurePosixPath(pictures[stem]).parent)) for stem in stems]
        return stems, split, [Note.of("list in ImageSets that is not followed: train or test lacks", unused)]
    laid = dict(zip(SPLITS, (train, lists.get("val", both - train), lists["test"]), strict=True))
    for one, other in combinations(SPLITS, 2):
        if twice := sorted(laid[one] & laid[other]):
            raise DataError(f"{path}: ImageSets lists {twice[0]} for {one} and {other}: take it out of one")
    split_of_stem = {stem: name for name, listed in laid.items() for stem in listed}
    unlisted = [stem for stem in stems if stem not in split_of_stem]
    kept = [stem for stem in stems if stem in split_of_stem]
    return (
        kept,
        [split_of_stem[stem] for stem in kept],
        [Note.of("picture that no list in ImageSets names, left out", unlisted)],
    )


def _lists(files: Mapping[str, bytes], marked: Mapping, path: Path) -> dict[str, set[str]]:
    """The names of pictures in each of the lists of ImageSets/Main."""
    lists: dict[str, set[str]] = {}
    for name in _of_kind(files, (".txt",)):
        which = PurePosixPath(name).stem.lower()
        if which not in LISTS:
            continue  # the mark of simulated files
        lines = [stem_of(line.strip()) for line in files[name].decode("utf-8", "replace").splitlines()]
        listed = set(filter(None, lines))
        if not listed:
            raise DataError(f"{path}: {name} names no picture: name some, one a line, or remove the list")
        if unknown := sorted(listed - set(marked)):
            raise DataError(f"{path}: {name} names {unknown[0]}, of which there is no XML: add it")
        lists[which] = lists.get(which, set()) | listed
    return lists


def _plain(name: str) -> str:
    """A class's `name` without what does not count: "White blood-cells" is "whitebloodcell"."""
    plain = re.sub(r"[\s_-]", "", name.casefold())
    return plain.removesuffix("s") or plain


def _classes(
    marked: Sequence[Marked], entry: Entry | None, names: Mapping[str, Sequence[str]] | None
) -> tuple[tuple[str, ...], dict[str, int]]:
    """The classes, and the number of each by all its plain names; a name that is none's is refused."""
    names = names or {}
    found = {name: place for one in marked for name, place in zip(one.names, one.places, strict=True)}
    once = {_plain(name): name for name in sorted(found, reverse=True) if name}
    classes = entry.classes if entry else tuple(names) or tuple(sorted(once.values()))
    label_of = {_plain(name): number for number, name in enumerate(classes)}
    for name, others in names.items():
        if _plain(name) not in label_of:
            raise DataError(f"names: {name!r} is none of the classes {', '.join(classes)}")
        for other in (others,) if isinstance(others, str) else others:
            label_of[_plain(other)] = label_of[_plain(name)]
    for name, place in found.items():
        if not name:
            raise DataError(f"{place}: the object has no label: name what it is, or remove it")
        if _plain(name) not in label_of:
            raise DataError(
                f"{place}: {name!r} is none of the classes {', '.join(classes)}: rename it, or say which it "
                f"is, as in names={{{classes[0]!r}: ({name!r},)}}"
            )
    return classes, label_of


# One picture and its boxes


def _colours(content: bytes, where: str) -> np.ndarray:
    """A picture as uint8 (height, width, 3), its transparent parts black."""
    image = eight_bits(open_picture(content, where), where)
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA").convert("RGBa"))[..., :3]
    return np.asarray(image.convert("RGB"))


def _case(
    marked: Marked, label_of: Mapping[str, int], image: np.ndarray, name: str
) -> tuple[dict, list[Note]]:
    """The boxes of the picture `name` as a case of a `Ragged`, in its pixels, and notes."""
    size = image.shape[1::-1]
    corners = marked.corners * (np.tile(size, 2) if marked.shares else 1)
    strange = [] if marked.size in (None, size) else [marked.where]
    if strange and (corners[:, 2:] > np.add(size, BEYOND)).any():
        raise DataError(
            f"{marked.where} is of a picture of {marked.size[0]:g} x {marked.size[1]:g} pixels, but {name} "
            f"has {size[0]} x {size[1]}, and boxes reach beyond: get the right picture, or scale the boxes"
        )
    corners, kept, notes = checked(corners, size, marked.places)
    label = np.array([label_of[_plain(one)] for one in marked.names], np.int64)
    notes.append(Note.of("size in an XML that is not its picture's, which counts", strange))
    return {"corners": corners, "label": label[kept], "ignore": np.array(marked.ignore, bool)[kept]}, notes


def _fitted(image: np.ndarray, corners: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A picture scaled into `shape` from the upper left corner, and its boxes with it."""
    from PIL import Image

    size = image.shape[1::-1]
    new = size_within(size, shape)
    held = np.empty((*shape, 3), np.uint8)
    held[:] = np.median(image, axis=(0, 1))
    small = Image.fromarray(image).resize(new, Image.Resampling.BICUBIC, reducing_gap=2)
    held[: new[1], : new[0]] = np.asarray(small)
    return held, scaled(corners, np.divide(new, size))
