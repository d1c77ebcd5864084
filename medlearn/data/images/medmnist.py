"""Sets of images in, arrays out: a MedMNIST file, or a folder of images by class.

All images of a set become uint8 of one size, grey (n, h, w) or colour (n, h, w, 3). Knows nothing of where
files come from (store.py) nor of image formats (decoding.py). A file may be anybody's, damaged or hostile:
nothing pickled is read, nothing is unpacked without bound, and each fault is one DataError that says where.
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medlearn.data.dataset import SPLITS, Dataset, Split
from medlearn.data.images.decoding import read_image
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

if TYPE_CHECKING:
    from medlearn.data.catalogue import Entry

__all__ = ["read_folder", "read_image", "read_medmnist", "repeated_images"]

MEDMNIST_PARTS = ("train", "val", "test")
PART_OF_FOLDER = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation"}
PART_OF_FOLDER |= {"test": "test"}
LITTER = ("thumbs.db", "desktop.ini", "__macosx")  # what systems leave behind, beside dot files
MOST_UNPACKED = 100  # times the size of the packed file; real images unpack to 1 to 5 times


def read_medmnist(path: str | Path, *, entry: Entry | None = None) -> Dataset:
    """A two-dimensional MedMNIST file of any size, grey or in colour, with one label a case.

    The names of the classes come from the catalogue's `entry`; without one they are "0", "1", ….

    A file may hold more than the official ones do: `train_patient`, `val_patient`, `test_patient` say whose
    each case is, and any other array `train_…` goes into `Split.about`. Official files name no patients:
    each case then counts as a patient of its own, and `patients_known` is False. Images that are in two
    splits are warned of.
    """
    path = Path(path)
    arrays = _unpack(path)
    patients_known = any(f"{part}_patient" in arrays for part in MEDMNIST_PARTS)
    wanted = ("images", "labels", "patient") if patients_known else ("images", "labels")
    missing = [f"{part}_{key}" for part in MEDMNIST_PARTS for key in wanted if f"{part}_{key}" not in arrays]
    if missing:
        raise DataError(f"{path} lacks the arrays {', '.join(missing)}: this is not a whole MedMNIST file")
    splits = []
    for part in MEDMNIST_PARTS:
        prefix, first = f"{part}_", sum(map(len, splits))
        held = {name.removeprefix(prefix): held for name, held in arrays.items() if name.startswith(prefix)}
        splits.append(_medmnist_split(held, first, f"{path}: {part}"))
    shapes = {split.x.shape[1:] for split in splits}
    if len(shapes) > 1:
        raise DataError(f"{path}: the splits hold images of different sizes: {sorted(shapes)}")
    classes = _medmnist_classes(splits, entry, path)
    task = entry.task if entry else _task(classes)
    dataset = Dataset(
        path.stem, *splits, task=task, classes=classes, patients_known=patients_known, source=str(path)
    )
    _warn_of_repeats(dataset)
    return dataset


def read_folder(
    path: str | Path,
    *,
    pixels: int = 28,
    channels: int = 1,
    classes: Sequence[str] | None = None,
    patient: str | Callable[[Path], object] | None = None,
    seed: int = 0,
) -> Dataset:
    """A folder of images by class: `train/normal/1.png`, or `normal/1.png` where nothing is split yet.

    Splits are called train, val (or valid, validation) and test; upper or lower case makes no difference, nor
    in the names of classes. Classes are numbered in the order of `classes`, else of the alphabet. Without
    validation images a fifth of the training patients is taken for it; without splits all patients are dealt
    out 60 : 20 : 20.

    `patient` says whose an image is: a pattern with one group, searched in the file's name, such as
    r"^(p[0-9]+)_", or a function of its path. Without it each file counts as a patient of its own and
    `patients_known` is False: two films of one child may then end up in two splits. An image that is in
    two splits is warned of. How one image is read: see `read_image`.
    """
    path = Path(path)
    part, name, files, found = _list_images(path)
    classes = tuple(classes or sorted(found))
    code = {text.casefold(): number for number, text in enumerate(classes)}
    strange = sorted(found - set(code))
    if strange:
        raise DataError(
            f"{path} has a folder {strange[0]!r}, which is none of the classes {', '.join(classes)}"
        )
    y = np.array([code[text] for text in name], dtype=np.int64)
    owner = _patients(files, patient)
    index = _parts(np.array(part), owner, y, path, seed)
    for each, chosen in index.items():
        _need_every_class(y[chosen], classes, f"{path}: {each}")
    x = _read_all(files, pixels, channels)
    splits = [Split(x[index[each]], y[index[each]], owner[index[each]]) for each in SPLITS]
    dataset = Dataset(
        path.name,
        *splits,
        task=_task(classes),
        classes=classes,
        patients_known=patient is not None,
        cases="images",
        source=str(path),
    )
    _warn_of_repeats(dataset, {each: [files[i] for i in chosen] for each, chosen in index.items()})
    return dataset


def repeated_images(dataset: Dataset) -> list[tuple[tuple[str, int], tuple[str, int]]]:
    """Images that are the same, pixel for pixel, in two splits: (split, position) of one and of the other.

    >>> one, two = (Split(np.full((2, 4, 4), fill), np.zeros(2), np.arange(2)) for fill in (7, 9))
    >>> repeated_images(Dataset("toy", one, two, one, task="binary", patients_known=False))
    [(('train', 0), ('test', 0))]
    """
    seen, again = {}, {}
    for part, split in dataset.splits.items():
        for position, image in enumerate(split.x):
            digest = hashlib.sha256(image.tobytes()).digest()
            first = seen.setdefault(digest, (part, position))
            if first[0] != part:
                again.setdefault(digest, (first, (part, position)))
    return list(again.values())


def _warn_of_repeats(dataset: Dataset, files: dict[str, list[Path]] | None = None) -> None:
    repeated = repeated_images(dataset)
    if repeated:
        first, second = (
            str(files[part][position]) if files else f"{part} {position}" for part, position in repeated[0]
        )
        warnings.warn(
            f"{dataset.name}: {len(repeated)} image(s) are in more than one split "
            f"(first: {first} is {second}); scores on them are too good",
            stacklevel=3,
        )


def _task(classes: tuple[str, ...]) -> str:
    return "binary" if len(classes) == 2 else "multiclass"


def _need_every_class(y: np.ndarray, classes: tuple[str, ...], where: str) -> None:
    if len(classes) < 2:
        raise DataError(f"{where} has one class only, {', '.join(classes)}: there is nothing to tell apart")
    missing = [name for number, name in enumerate(classes) if not (y == number).any()]
    if missing:
        raise DataError(f"{where} has no image of class {missing[0]!r}")


# MedMNIST files


def _unpack(path: Path) -> dict[str, np.ndarray]:
    """The arrays of the three splits by name."""
    _check_archive(path)
    arrays = {}
    with np.load(path, allow_pickle=False) as archive:
        for name in archive.files:
            if name.startswith(tuple(f"{part}_" for part in MEDMNIST_PARTS)):
                arrays[name] = _unpack_one(archive, name, path)
    return arrays


def _check_archive(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}") from error
    if not start.startswith(b"PK\x03\x04"):
        fault = "is not an .npz file" if start else "is empty"
        page = " but a web page" if start.lstrip().startswith(b"<") else ""
        raise DataError(f"{path} {fault}{page}: get it again")
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except Exception as error:  # as below
        raise DataError(f"{path} is damaged or cut short: get it again") from error
    if unpacked > max(MOST_UNPACKED * path.stat().st_size, 10 << 20):
        raise DataError(
            f"{path} would unpack to {unpacked / 1e6:,.0f} MB, more than {MOST_UNPACKED} times its size: "
            "this is no file of images, do not trust it"
        )


def _unpack_one(archive, name: str, path: Path) -> np.ndarray:
    try:
        array = archive[name]
    except Exception as error:  # a damaged archive fails in many ways
        if "allow_pickle" in str(error):
            fault = "holds pickled objects, which can run code when they are read: save it as plain numbers"
        else:
            fault = f"is damaged ({error}): get the file again"
        raise DataError(f"{path}: the array {name} {fault}") from error
    if not isinstance(array, np.ndarray) or array.ndim == 0:
        raise DataError(f"{path}: {name} is not an array with one row a case")
    return array


def _medmnist_split(held: dict[str, np.ndarray], first: int, where: str) -> Split:
    """One split; `first` is the number of its first case where patients are not named."""
    x, y = held.pop("images"), held.pop("labels")
    if x.dtype != np.uint8 or not (x.ndim == 3 or (x.ndim == 4 and x.shape[-1] == 3)) or x.size == 0:
        raise DataError(
            f"{where}_images must be uint8 (cases, height, width), with a last axis of 3 if in colour, "
            f"but is {x.dtype} {x.shape}"
        )
    if y.dtype.kind not in "iu" or y.ndim > 2 or (y.ndim == 2 and y.shape[1] != 1):
        raise DataError(
            f"{where}_labels must be whole numbers, one a case, but is {y.dtype} {y.shape}; "
            "sets with several labels a case are not supported"
        )
    for name, values in {"labels": y, **held}.items():
        if len(values) != len(x):
            raise DataError(f"{where}_{name} has {len(values)} rows, but there are {len(x)} images")
    patient = held.pop("patient", np.arange(first, first + len(x)))
    if patient.ndim != 1 or patient.dtype.kind not in "iuSU":
        raise DataError(
            f"{where}_patient must be one number or name a case, but is {patient.dtype} {patient.shape}"
        )
    return Split(x, y.reshape(-1).astype(np.int64), patient, held)


def _medmnist_classes(splits: list[Split], entry: Entry | None, path: Path) -> tuple[str, ...]:
    """The names of the classes, after seeing that the labels fit them."""
    found = np.unique(np.concatenate([split.y for split in splits]))
    classes = entry.classes if entry else tuple(str(number) for number in range(len(found)))
    strange = [int(label) for label in found if not 0 <= label < len(classes)]
    if strange:
        raise DataError(
            f"{path}: there is a label {strange[0]}, but the {len(classes)} classes are numbered from 0 "
            f"to {len(classes) - 1}"
        )
    _need_every_class(splits[0].y, classes, f"{path}: train")
    return classes


# Folders


def _list_images(path: Path) -> tuple[list[str], list[str], list[Path], set[str]]:
    """Split ("" where nothing is split), class and path of each image; and every class that has a folder."""
    if not path.is_dir():
        raise DataError(f"{path} is not a folder")
    below = sorted(path.rglob("*"))
    below = [item for item in below if not any(map(_is_litter, item.relative_to(path).parts))]
    depth = _depth_of_classes([item for item in below if item.parent == path and item.is_dir()])
    part, name, files, classes, loose = [], [], [], set(), []
    for item in below:
        *folders, last = item.relative_to(path).parts
        if item.is_dir():
            classes |= {last.casefold()} if len(folders) == depth else set()
        elif len(folders) <= depth:
            loose.append(item)
        else:
            part.append(PART_OF_FOLDER[folders[0].lower()] if depth else "")
            name.append(folders[depth].casefold())
            files.append(item)
    if loose:
        warnings.warn(
            f"{len(loose)} file(s) lie in no class's folder and are left out: {loose[0]}", stacklevel=3
        )
    if not files:
        raise DataError(f"{path} holds no folder of images: put them into train/CLASS/, or CLASS/")
    return part, name, files, classes


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in LITTER


def _depth_of_classes(tops: list[Path]) -> int:
    """How many folders lie above those of the classes: 1, the split's, or 0; refuses half a split."""
    parts = [PART_OF_FOLDER.get(folder.name.lower()) for folder in tops]
    if not any(parts):
        return 0
    for folder, part in zip(tops, parts, strict=True):
        if part is None or parts.count(part) > 1:
            fault = (
                "is no split, but lies beside splits" if part is None else f"is one of two folders for {part}"
            )
            raise DataError(f"{folder} {fault}: there should be train, test and, if you like, validation")
        if not any(item.is_file() and not _is_litter(item.name) for item in folder.rglob("*")):
            raise DataError(f"{folder} holds no images")
    missing = [part for part in ("train", "test") if part not in parts]
    if missing:
        raise DataError(
            f"{tops[0].parent} has no {missing[0]} folder: add one, or put all images into folders by class "
            "without splits, and they are split by patient"
        )
    return 1


def _patients(files: list[Path], patient: str | Callable[[Path], object] | None) -> np.ndarray:
    if patient is None:
        return np.arange(len(files))
    if callable(patient):
        return np.array([str(patient(file)) for file in files])
    try:
        pattern = re.compile(patient)
    except re.error as error:
        raise DataError(f"patient={patient!r} is not a pattern: {error}") from error
    if pattern.groups != 1:
        raise DataError(f'patient={patient!r} must hold one group, as in r"^(p[0-9]+)_"')
    found = [pattern.search(file.name) for file in files]
    for file, match in zip(files, found, strict=True):
        if not match or not match[1]:
            raise DataError(f"{file}: patient={patient!r} finds no patient in this name")
    return np.array([match[1] for match in found])


def _parts(
    part: np.ndarray, owner: np.ndarray, y: np.ndarray, path: Path, seed: int
) -> dict[str, np.ndarray]:
    """Positions of the images of each split; splits that are not there are cut by patient."""
    index = {each: np.flatnonzero(part == each) for each in SPLITS}
    train = index["train"]
    try:
        if not len(train):
            return dict(zip(SPLITS, split_by_patient(owner, y, seed=seed), strict=True))
        if not len(index["validation"]):
            kept, held_out = split_by_patient(owner[train], y[train], shares=(0.8, 0.2), seed=seed)
            index |= {"train": train[kept], "validation": train[held_out]}
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return index


def _read_all(files: list[Path], pixels: int, channels: int) -> np.ndarray:
    from tqdm import tqdm

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        images = pool.map(lambda file: read_image(file, pixels=pixels, channels=channels), files)
        try:
            return np.stack(list(tqdm(images, total=len(files), desc="images", delay=2, leave=False)))
        except BaseException:
            pool.shutdown(cancel_futures=True)  # else all other files are read before the error is shown
            raise
