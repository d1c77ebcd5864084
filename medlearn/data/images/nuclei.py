"""Pictures and the masks of the objects in them, as the Data Science Bowl of 2018 hands them round.

A file may be anybody's, damaged or hostile: nothing is unpacked to disk, sizes are looked at first, and each
fault is one DataError that names the file. How label maps are made of masks: see masks.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from medlearn.data.dataset import SPLITS, Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARKER, members_of
from medlearn.data.images.checks import note_repeats, official_file, split_as_laid
from medlearn.data.images.masks import as_mask, relabelled, stacked
from medlearn.data.images.pictures import (
    ENDINGS,
    TABLE,
    array_of,
    eight_bits,
    open_picture,
    owners_and_about,
    split_of,
    table_beside,
)
from medlearn.errors import DataError


def read_nuclei(
    place: str | Path, *, entry: Entry | None = None, seed: int = 0, one_size: bool = True
) -> Dataset:
    """Pictures as x, uint8 (n, height, width, 1), and their label maps as y, uint16 (n, height, width).

    `place` is a folder, a zip or a tar, or a folder that holds the `entry`'s file. In it lie
    `ID/images/*.png` and `ID/masks/*.png`, one mask an object; or `images/NAME.png` and `masks/NAME.png`,
    where a mask is a label map with a number for each object, or has two values: then objects that touch
    count as one, and a note says so. PNG, TIFF, BMP, and JPEG for pictures; colours become grey; more than 8
    bits are scaled so that the brightest pixel is 255.

    A table `images.csv` may lie beside: `image` (ID or NAME), `patient` (whoever must not be on two sides: a
    well, a slide, a person), and columns that go into `about`. Without `patient` each picture counts as a
    patient of its own, and `patients_known` is False. Folders `train` and `test` are kept; else patients are
    dealt out 60 : 20 : 20, by `seed`. With `one_size` the pictures of the commonest size are kept, so that
    they stack, and the others noted; without, x and y are arrays of arrays where sizes differ.
    """
    path = official_file(place, entry)
    files = dict(members_of(path, wanted=_is_ours))
    table = table_beside(files, path)
    pairs, notes = _pairs(files, path)
    if not pairs:
        raise DataError(
            f"{path} holds no pictures with masks: put them into ID/images/ and ID/masks/, "
            "or into images/ and masks/ under the same names"
        )
    names = sorted(pairs)
    if one_size:
        names, left_out = _of_one_size(names, pairs)
        notes.append(Note.of("picture of another size than the commonest, left out", left_out))
    x = array_of([pairs[name][0][..., None] for name in names])
    y = array_of([pairs[name][1] for name in names])
    ids = [PurePosixPath(name).name for name in names]
    owner, about, known = owners_and_about(ids, table)
    splits = split_as_laid([split_of(name) for name in names], owner, where=path, seed=seed)
    whole = Split(x, y, owner, about)
    dataset = Dataset(
        path.stem,
        *(whole.take(splits[each]) for each in SPLITS),
        task="segmentation",
        classes=("background", "nucleus"),
        simulated=MARKER in (PurePosixPath(name).name for name in files),
        patients_known=known,
        cases="pictures",
        objects="nuclei",
        notes=sum_notes(notes),
    )
    return note_repeats(dataset)


def _is_ours(name: str) -> bool:
    """Whether a file of this `name` is read."""
    path = PurePosixPath(name.lower())
    inside = {"images", "masks"} & set(path.parts[:-1])
    return path.name in (TABLE, MARKER.lower()) or (bool(inside) and path.suffix in ENDINGS)


def _pairs(files: Mapping[str, bytes], path: Path) -> tuple[dict, list[Note]]:
    """Each picture by its name, with its label map; and notes."""
    pictures, masks = defaultdict(dict), defaultdict(dict)
    for name in files:
        parts = PurePosixPath(name).parts
        kind = [part.lower() for part in parts]
        if PurePosixPath(name).suffix.lower() not in ENDINGS:
            continue
        here, at = (pictures, kind.index("images")) if "images" in kind else (masks, kind.index("masks"))
        here["/".join(parts[:at])][PurePosixPath(name).stem] = name
    pairs, fused, shared = {}, [], []
    for root, own in pictures.items():
        theirs = masks.get(root, {})
        if len(own) == 1 and not (len(theirs) == 1 and set(theirs) == set(own)):
            (name,) = own.values()
            image, of_objects = _picture(files[name], f"{path}: {name}"), sorted(theirs.values())
            labels, cut = _from_objects(of_objects, files, image, path, name)
            pairs[root or PurePosixPath(name).stem] = (image, labels)
            shared += cut
            continue
        for stem, name in own.items():
            image, at = _picture(files[name], f"{path}: {name}"), f"{root}/{stem}".lstrip("/")
            labels, two_values = _from_map(theirs.get(stem), files, image, path, name)
            pairs[at] = (image, labels)
            fused += [name] if two_values else []
    return pairs, [
        Note.of("mask with two values: objects that touch count as one", fused, grave=True),
        Note.of("mask that shares a few pixels with an earlier one, which keeps them", shared),
    ]


def _from_objects(masks: list[str], files: Mapping, image: np.ndarray, path: Path, name: str) -> tuple:
    """The label map of a picture `name` with one mask an object, and which of them were cut."""
    if not masks:
        raise DataError(f"{path}: {name} has no masks: add them, one all 0 if there is nothing, or remove it")
    found, told = [], []
    for each in masks:
        mask = as_mask(_whole_numbers(files[each], f"{path}: {each}"), f"{path}: {each}")
        _same_size(mask, image, path, each, name)
        if mask.any():
            found.append(mask)
            told.append(f"{path}: {each}")
    return stacked(found, told) if found else (np.zeros(image.shape, np.uint16), [])


def _from_map(mask: str | None, files: Mapping, image: np.ndarray, path: Path, name: str) -> tuple:
    """The label map of a picture `name` from one file, and whether it had two values only."""
    if mask is None:
        raise DataError(f"{path}: {name} has no mask of the same name in masks/: add it, or remove it")
    values = _whole_numbers(files[mask], f"{path}: {mask}")
    _same_size(values, image, path, mask, name)
    found = np.unique(values)
    if PurePosixPath(mask).suffix.lower() in (".jpg", ".jpeg"):
        raise DataError(f"{path}: {mask} is a JPEG, which blurs the numbers of a mask: save it as PNG")
    if len(found) > 2 or found[0] != 0:
        if len(found) > 60_000 or (values.dtype == np.uint8 and len(found) > 200):
            as_mask(values, f"{path}: {mask}")  # soft edges, and no label map
        return relabelled(values), False
    from scipy import ndimage

    labels, count = ndimage.label(values > 0)
    return labels.astype(np.uint16), count > 0


def _same_size(mask: np.ndarray, image: np.ndarray, path: Path, name: str, of: str) -> None:
    if mask.shape != image.shape:
        raise DataError(
            f"{path}: {name} is {mask.shape[1]} x {mask.shape[0]} pixels, but its picture {of} is "
            f"{image.shape[1]} x {image.shape[0]}: save both in one size"
        )


def _picture(content: bytes, where: str) -> np.ndarray:
    """A picture as grey, uint8 (height, width)."""
    image = eight_bits(open_picture(content, where), where)
    return np.asarray(image.convert("RGB").convert("L") if image.mode != "L" else image)


def _whole_numbers(content: bytes, where: str) -> np.ndarray:
    """The numbers of a mask (height, width); of colours the first channel, if all are alike."""
    values = np.asarray(open_picture(content, where))
    if values.ndim == 3:
        colours = values[..., : 3 if values.shape[2] > 2 else 1]
        if (colours != colours[..., :1]).any():
            raise DataError(f"{where} has colours: a mask has one number a pixel, 0 for the background")
        values = colours[..., 0]
    if values.dtype.kind == "f" and (values != np.floor(values)).any():
        raise DataError(f"{where} has numbers that are not whole: a mask has one whole number a pixel")
    if values.size and (values.min() < 0 or values.max() > 65_535):
        raise DataError(f"{where} numbers its objects beyond 0 to 65535: number them 1, 2, 3 and so on")
    return values.astype(np.uint8 if values.dtype in (bool, np.uint8) else np.int64)


def _of_one_size(names: list[str], pairs: Mapping) -> tuple[list[str], list[str]]:
    """The names of the pictures of the commonest size, and those of the others."""
    size = Counter(pairs[name][0].shape for name in names).most_common(1)[0][0]
    kept = [name for name in names if pairs[name][0].shape == size]
    return kept, [name for name in names if pairs[name][0].shape != size]
