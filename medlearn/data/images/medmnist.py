"""MedMNIST's files in, arrays out: one `.npz` with images and labels of three splits.

A file may be anybody's, damaged or hostile: nothing pickled is read, nothing is unpacked without bound, and
each fault is one DataError that says where. A folder of pictures in its place is for folder.py.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from medlearn.data.dataset import Dataset, Split
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, kind_of, opened
from medlearn.data.images.checks import need_every_class, note_repeats, official_file, task_of
from medlearn.data.images.folder import read_folder
from medlearn.errors import DataError

SPLITS = ("train", "val", "test")  # as the files call them
MOST_UNPACKED = 100  # times the size of the packed file; real images unpack to 1 to 5 times


def read_medmnist(
    place: str | Path,
    *,
    entry: Entry | None = None,
    seed: int = 0,
    pixels: int = 28,
    channels: int = 1,
    patient: str | Callable[[Path], object] | None = None,
) -> Dataset:
    """A two-dimensional MedMNIST file of any size, grey or in colour, with one label a case.

    `place` is the file, or the folder that holds it under its official name; any other folder is read as one
    of pictures by class, with `pixels`, `channels`, `patient` and `seed` (see `read_folder`): a file has its
    own. The names of the classes come from the catalogue's `entry`; without one they are "0", "1", ….

    A file may hold more than the official ones do: `train_patient`, `val_patient`, `test_patient` say whose
    each case is, and any other array `train_…` goes into `Split.about`. Official files name no patients:
    each case then counts as a patient of its own, and `patients_known` is False. Images that are in two
    splits are noted.
    """
    path = official_file(place, entry)
    if kind_of(path) == "folder":
        return read_folder(path, pixels=pixels, channels=channels, patient=patient, seed=seed)
    arrays, simulated = _unpack(path)
    patients_known = any(f"{split}_patient" in arrays for split in SPLITS)
    wanted = ("images", "labels", "patient") if patients_known else ("images", "labels")
    missing = [f"{split}_{key}" for split in SPLITS for key in wanted if f"{split}_{key}" not in arrays]
    if missing:
        raise DataError(f"{path} lacks the arrays {', '.join(missing)}: this is not a whole MedMNIST file")
    splits = []
    for split in SPLITS:
        prefix, first = f"{split}_", sum(map(len, splits))
        held = {name.removeprefix(prefix): held for name, held in arrays.items() if name.startswith(prefix)}
        splits.append(_medmnist_split(held, first, f"{path}: {split}"))
    shapes = {split.x.shape[1:] for split in splits}
    if len(shapes) > 1:
        raise DataError(f"{path}: the splits hold images of different sizes: {sorted(shapes)}")
    classes = _medmnist_classes(splits, entry, path)
    task = entry.task if entry else task_of(classes)
    dataset = Dataset(
        path.stem,
        *splits,
        task=task,
        classes=classes,
        simulated=simulated,
        patients_known=patients_known,
        cases="images",
    )
    return note_repeats(dataset)


def _unpack(path: Path) -> tuple[dict[str, np.ndarray], bool]:
    """The arrays of the three splits by name, and whether the file says that a simulator wrote it."""
    _check_archive(path)
    arrays = {}
    with np.load(path, allow_pickle=False) as archive:
        for name in archive.files:
            if name.startswith(tuple(f"{split}_" for split in SPLITS)):
                arrays[name] = _unpack_one(archive, name, path)
        return arrays, MARK in archive.files


def _check_archive(path: Path) -> None:
    with opened(path) as file:
        start = file.read(64)
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
    x = x[..., None] if x.ndim == 3 else x
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
    need_every_class(splits[0].y, classes, f"{path}: train")
    return classes
