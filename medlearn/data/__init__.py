"""Data sets by name: `load`. What it needs is imported when it is called."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

from medlearn.errors import DataError
from medlearn.lazy import hand_on

if TYPE_CHECKING:
    from medlearn.data.dataset import Dataset

__getattr__, __dir__, __all__ = hand_on(
    {
        "Dataset": "medlearn.data.dataset",
        "Split": "medlearn.data.dataset",
        "folds_by_patient": "medlearn.data.splitting",
        "load": "medlearn.data",  # below
        "split_by_patient": "medlearn.data.splitting",
    }
)


def load(
    name: str,
    *,
    file: str | Path | None = None,
    size: str | None = None,
    seed: int = 0,
    **options: object,
) -> Dataset:
    """The data set called `name`; one printed line says what you have.

    Parameters
    ----------
    name : as `medlearn data list` shows it.
    file : your own file in the same format, or a folder: of files under their official names, or of another
        kind that the set's reader knows, such as pictures by class.
    size : "small", a seeded stand-in made on the spot; "full", the real data, from the cache, the mirror or
        its source; or a folder of your own that holds NAME/OFFICIAL FILES. By default as MEDLEARN_DATA says.
    seed : draws the stand-in, and the splits where the source gives none.
    options : what the set's reader takes besides, such as `sets=("a", "b")` for "icu": train and validation
        come from the first, test from the last. What its simulator lets you choose is an option, too, such as
        `ordering="rule"` for "icu"; it is refused for real data.

    >>> cells = load("breast_cancer")
    breast_cancer: 569 real biopsies (train 341, validation 114, test 114), with scikit-learn
    """
    from medlearn.data import catalogue, store
    from medlearn.data.entry import import_name

    entry = catalogue.find(name)
    if not isinstance(seed, Integral) or seed < 0:
        raise DataError(f"a seed is a whole number from 0 on, not {seed!r}")
    entry, options = entry.simulated_with(options), entry.chosen(options)
    found = store.obtain(entry, file=file, size=size, seed=seed, sets=options.get("sets", ()))
    dataset = import_name(entry.reader)(found.place, entry=entry, seed=seed, **options)
    source = ", ".join(filter(None, (found.phrase, dataset.source)))
    simulated = found.simulated or dataset.simulated  # by where it is, or by what is in it
    dataset = replace(dataset, name=entry.name, cases=entry.cases, source=source, simulated=simulated)
    stands_in = entry.files and file is None and store.mode(size) == "small" and dataset.simulated
    print(dataset.describe() + (f"; MEDLEARN_DATA=full gives the real {entry.cases}" if stands_in else ""))
    for note in dataset.notes:
        if note.grave:
            print(f"! {note}")
    return dataset
