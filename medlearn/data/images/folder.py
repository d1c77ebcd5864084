"""A folder of pictures by class in, arrays out: PNG, JPEG, TIFF and DICOM, each read by decoding.py."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from medlearn.data.dataset import SPLITS, Dataset, Note, Split, sum_notes
from medlearn.data.files import explained, kind_of, path_of
from medlearn.data.images.checks import need_every_class, note_repeats, split_as_laid, task_of
from medlearn.data.images.decoding import read_image
from medlearn.data.splitting import patients_in_names
from medlearn.errors import DataError

SPLIT_OF_FOLDER = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation"}
SPLIT_OF_FOLDER |= {"test": "test"}
LITTER = ("thumbs.db", "desktop.ini", "__macosx")  # what systems leave behind, beside dot files


def read_folder(
    path: str | Path,
    *,
    pixels: int = 28,
    channels: int = 1,
    classes: Sequence[str] | None = None,
    patient: str | Callable[[Path], object] | None = None,
    seed: int = 0,
) -> Dataset:
    """A folder of images by class, at `path`: `train/normal/1.png`, or `normal/1.png` if nothing is split.

    Splits are called train, val (or valid, validation) and test; upper or lower case makes no difference, nor
    in the names of classes. Classes are numbered in the order of `classes`, else of the alphabet. Without
    validation images a fifth of the training patients is taken for it; without splits all patients are dealt
    out 60 : 20 : 20, by `seed`. Each image becomes `pixels` high and wide, with 1 or 3 `channels`.

    `patient` says whose an image is: a pattern with one group, searched in the file's name, such as
    r"^(p[0-9]+)_", or a function of its path. Without it each file counts as a patient of its own and
    `patients_known` is False: two films of one child may then end up in two splits. An image that is in
    two splits is noted. How one image is read: see `read_image`.
    """
    path = path_of(path)
    split, name, files, found, notes = _list_images(path)
    classes = tuple(classes or sorted(found))
    code = {_class_name(text): number for number, text in enumerate(classes)}
    strange = sorted(found - set(code))
    if strange:
        raise DataError(
            f"{path} has a folder {strange[0]!r}, which is none of the classes {', '.join(classes)}"
        )
    y = np.array([code[text] for text in name], dtype=np.int64)
    owner = _patients(files, patient)
    index = split_as_laid(split, owner, y, where=path, seed=seed)
    for each, chosen in index.items():
        need_every_class(y[chosen], classes, f"{path}: {each}")
    x = _read_all(files, pixels, channels)
    splits = [Split(x[index[each]], y[index[each]], owner[index[each]]) for each in SPLITS]
    dataset = Dataset(
        path.name,
        *splits,
        task=task_of(classes),
        classes=classes,
        patients_known=patient is not None,
        cases="images",
        notes=notes,
    )
    return note_repeats(dataset, {each: [files[i] for i in chosen] for each, chosen in index.items()})


def _list_images(path: Path) -> tuple[list[str], list[str], list[Path], set[str], tuple[Note, ...]]:
    """Split ("" where nothing is split), class and path of each image; all classes with a folder; notes."""
    if kind_of(path) != "folder":
        raise DataError(f"{path} is not a folder")
    below = [item for item in _below(path) if not any(map(_is_litter, item.relative_to(path).parts))]
    folder = {item: kind_of(item) == "folder" for item in below}  # refuses pipes, which may wait forever
    depth = _depth_of_classes([item for item in below if item.parent == path and folder[item]])
    split, name, files, classes, loose = [], [], [], set(), []
    for item in below:
        *folders, last = item.relative_to(path).parts
        if folder[item]:
            classes |= {_class_name(last)} if len(folders) == depth else set()
        elif len(folders) <= depth:
            loose.append(item)
        else:
            split.append(SPLIT_OF_FOLDER[folders[0].lower()] if depth else "")
            name.append(_class_name(folders[depth]))
            files.append(item)
    if not files:
        raise DataError(f"{path} holds no folder of images: put them into train/CLASS/, or CLASS/")
    notes = sum_notes([Note.of("file in no class's folder, left out", loose)])
    return split, name, files, classes, notes


def _below(path: Path) -> list[Path]:
    """All that lies below `path`, in order; a folder that cannot be looked into is refused, not left out."""

    def refuse(error: OSError) -> None:
        with explained(Path(error.filename), reading=True):
            raise error

    return sorted(
        Path(folder, name)
        for folder, folders, names in os.walk(path, onerror=refuse)
        for name in (*folders, *names)
    )


def _class_name(folder: str) -> str:
    """The name of the class that a `folder` is for: Macs write some letters as two signs, others as one."""
    return unicodedata.normalize("NFC", folder).casefold()


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.lower() in LITTER


def _depth_of_classes(tops: list[Path]) -> int:
    """How many folders lie above those of the classes: 1, the split's, or 0; refuses half a split."""
    found = [SPLIT_OF_FOLDER.get(folder.name.lower()) for folder in tops]
    if not any(found):
        return 0
    for folder, split in zip(tops, found, strict=True):
        if split is None or found.count(split) > 1:
            fault = (
                "is no split, but lies beside splits"
                if split is None
                else f"is one of two folders for {split}"
            )
            raise DataError(f"{folder} {fault}: there should be train, test and, if you like, validation")
        if not any(item.is_file() and not _is_litter(item.name) for item in folder.rglob("*")):
            raise DataError(f"{folder} holds no images")
    missing = [split for split in ("train", "test") if split not in found]
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
        return np.array([_ask(patient, file) for file in files])
    return patients_in_names(files, patient)


def _ask(patient: Callable[[Path], object], file: Path) -> str:
    """Whose an image is, by the user's own function."""
    try:
        return str(patient(file))
    except Exception as error:  # it may fail in any way
        raise DataError(
            f"{file}: your function patient stops with {type(error).__name__}: {error}"
        ) from error


def _read_all(files: list[Path], pixels: int, channels: int) -> np.ndarray:
    from tqdm import tqdm

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        images = pool.map(lambda file: read_image(file, pixels=pixels, channels=channels), files)
        try:
            return np.stack(list(tqdm(images, total=len(files), desc="images", delay=2, leave=False)))
        except BaseException:
            pool.shutdown(cancel_futures=True)  # else all other files are read before the error is shown
            raise
