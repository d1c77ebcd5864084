"""Data sets by name: `load`. What it needs is imported when it is called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from medlearn.errors import DataError
from medlearn.lazy import hand_on

if TYPE_CHECKING:
    from medlearn.data.catalogue import Entry
    from medlearn.data.dataset import Dataset

__getattr__, __all__ = hand_on(
    {
        "Dataset": "medlearn.data.dataset",
        "Split": "medlearn.data.dataset",
        "folds_by_patient": "medlearn.data.splitting",
        "split_by_patient": "medlearn.data.splitting",
    }
)
__all__ += ["load"]


def load(
    name: str,
    *,
    file: str | Path | None = None,
    size: str | None = None,
    parts: Sequence[str] | None = None,
    seed: int = 0,
) -> Dataset:
    """The data set called `name`; one printed line says what you have.

    `size`: "small", a seeded stand-in made on the spot; "full", the real data, from the cache, the mirror or
    its source; or a folder of your own that holds NAME/OFFICIAL FILES. Left out, MEDLEARN_DATA says which.

    `file`: your own file in the same format, a folder of files under their official names, or a folder of
    pictures by class. `parts`, for a set in parts: train and validation come from the first, test from the
    last. `seed` draws the stand-in, and the splits where the source gives none.

    >>> cells = load("breast_cancer")
    breast_cancer: 569 real biopsies (train 341, validation 114, test 114), with scikit-learn
    """
    from medlearn.data import catalogue, store

    entry = catalogue.find(name)
    parts = entry.parts if parts is None else parts
    store.files_of(entry, parts)  # refuses a part that does not exist
    size = _checked(size or os.environ.get("MEDLEARN_DATA") or "small")
    path, source = _locate(entry, file, size, seed, parts)
    dataset = _read(entry, path, parts, seed)
    if entry.parts:
        source = f"{source}, {dataset.source}"  # the reader says which parts it read
    simulated = path is not None and store.is_simulated(path)
    dataset = replace(dataset, name=entry.name, cases=entry.cases, source=source, simulated=simulated)
    stands_in = file is None and size == "small" and dataset.simulated
    hint = f"; MEDLEARN_DATA=full gives the real {entry.cases}" if stands_in else ""
    print(dataset.describe() + hint)
    return dataset


def _checked(size: str) -> str:
    if size not in ("small", "full") and not Path(size).expanduser().is_dir():
        raise DataError(
            f"MEDLEARN_DATA, or size, must be 'small', 'full' or the full path of a folder, not {size!r}"
        )
    return size


def _locate(
    entry: Entry, file: str | Path | None, size: str, seed: int, parts: Sequence[str]
) -> tuple[Path | None, str]:
    """The file or folder to read (None: it is bundled), and one phrase on where it comes from."""
    from medlearn.data import store

    if entry.bundled:
        if file is not None:
            raise DataError(f"{entry.name} comes with scikit-learn and is not read from a file")
        return None, "with scikit-learn"
    if file is None and size == "small":
        place, source = store.simulated(entry, seed), f"seed {seed}"
    elif file is None and size == "full":
        place, source = store.fetch_all(entry, parts), entry.title
    else:
        place = Path(size, entry.name) if file is None else Path(file)
        place, source = place.expanduser(), str(place)
    if not place.exists():
        raise DataError(f"{entry.name} cannot be read from {place}: there is no such file or folder")
    official = place / entry.files[0].name
    return official if official.is_file() and not entry.parts else place, source


def _read(entry: Entry, path: Path | None, parts: Sequence[str], seed: int) -> Dataset:
    from medlearn.data import store

    read = store.imported(entry.reader)
    if entry.bundled:
        return read(seed=seed)
    if entry.parts:
        return read(path, parts=parts, seed=seed)
    if path.is_dir():
        from medlearn.data.images.medmnist import read_folder

        return read_folder(path, pixels=entry.pixels, channels=entry.channels, seed=seed)
    return read(path, entry=entry)
