"""What holds for every set of images: classes that are all there, and no image in two splits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from medlearn.data.dataset import Dataset, Note, sum_notes
from medlearn.errors import DataError


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
