"""What holds for every set of images: where its file lies, splits as laid, all classes, no image in two."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from medlearn.data.dataset import SPLITS, Dataset, Note, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import kind_of, path_of
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError


def official_file(place: str | Path, entry: Entry | None) -> Path:
    """The file of an `entry` in the folder `place`, where it is there; else `place` as it is."""
    path = path_of(place)
    official = path / entry.files[0].name if entry and entry.files else path
    return official if kind_of(path) == "folder" and kind_of(official) == "file" else path


def split_as_laid(
    split: Sequence[str], patient: np.ndarray, y: np.ndarray | None = None, *, where: object, seed: int = 0
) -> dict[str, np.ndarray]:
    """Positions of the cases of each of SPLITS; those that are not there are cut by patient.

    Without validation cases a fifth of the training patients is taken for them; where no place names a split,
    all are dealt out. Half a split is refused: whoever laid it meant something by it.

    Parameters
    ----------
    split : of each case, "" where its place says none.
    patient, y, seed : as `split_by_patient` takes them.
    where : they lie, for messages.
    """
    index = {each: np.flatnonzero(np.asarray(split) == each) for each in SPLITS}
    train = index["train"]
    if any(split) and not (all(split) and len(train) and len(index["test"])):
        raise DataError(
            f"{where} is split by half: lay all into train, test and, if you like, validation, or none"
        )
    try:
        if not any(split):
            return dict(zip(SPLITS, split_by_patient(patient, y, seed=seed), strict=True))
        if not len(index["validation"]):
            classes = None if y is None else y[train]
            kept, held_out = split_by_patient(patient[train], classes, shares=(0.8, 0.2), seed=seed)
            index |= {"train": train[kept], "validation": train[held_out]}
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
    return index


def repeated_images(dataset: Dataset) -> list[tuple[tuple[str, int], tuple[str, int]]]:
    """Images of a `dataset` that are the same, pixel for pixel, in two splits: split and position of both.

    >>> from medlearn.data import Split
    >>> one, two = (Split(np.full((2, 4, 4), fill), np.zeros(2), np.arange(2)) for fill in (7, 9))
    >>> repeated_images(Dataset("toy", one, two, one, task="binary", patients_known=False))
    [(('train', 0), ('test', 0))]
    """
    seen, again = {}, {}
    for name, split in dataset.splits.items():
        for position, image in enumerate(split.x):
            digest = hashlib.sha256(image.tobytes()).digest()
            first = seen.setdefault(digest, (name, position))
            if first[0] != name:
                again.setdefault(digest, (first, (name, position)))
    return list(again.values())


def note_repeats(dataset: Dataset, files: Mapping[str, Sequence[Path]] | None = None) -> Dataset:
    """The `dataset` with a note of images that are in two splits; `files` are theirs, by split, if known."""
    found = []
    for pair in repeated_images(dataset):
        one, other = (str(files[split][at]) if files else f"{split} {at}" for split, at in pair)
        found.append(f"{one} is {other}")
    note = Note.of("image in more than one split: scores on it are too good", found, grave=True)
    return replace(dataset, notes=sum_notes([*dataset.notes, note]))


def task_of(classes: tuple[str, ...]) -> str:
    """What is asked where there are these `classes`."""
    return "binary" if len(classes) == 2 else "multiclass"


def need_every_class(y: np.ndarray, classes: tuple[str, ...], where: str) -> None:
    """Refuse answers `y` that lack one of the `classes`, or only one class; `where` they stand goes first."""
    if len(classes) < 2:
        raise DataError(f"{where} has one class only, {', '.join(classes)}: there is nothing to tell apart")
    missing = [name for number, name in enumerate(classes) if not (y == number).any()]
    if missing:
        raise DataError(f"{where} has no image of class {missing[0]!r}")
