"""Cases dealt out to shards by patient, so that workers can share them and none sees half a patient.

How a shard looks, and how a folder of them is read and checked, is `medlearn.data.records.sharded`'s matter:
`load("icu", file=FOLDER)` reads what `write_shards` wrote from stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from numbers import Integral
from pathlib import Path

import numpy as np

from medlearn.data.dataset import Dataset, Split
from medlearn.data.files import MARKER, explained, kind_of, new_folder, path_of
from medlearn.data.records import Records
from medlearn.data.records.sharded import FORMAT, LIST, Shards, arrays_of, read_shard
from medlearn.errors import DataError

__all__ = ["NUMBER", "Shards", "read_shard", "write_shards"]

NUMBER = "number"  # of a case, in the order in which they were given: in `about`


def write_shards(
    folder: str | Path,
    cases: Dataset | Split | Iterable[Split],
    *,
    size: int,
    copies: int = 1,
    simulated: bool = False,
) -> Shards:
    """Write `cases` to a new folder of shards; all cases of a patient go into one shard.

    Patients are taken as they come, and a shard is closed before the patient who would make it too large.
    The same cases give the same files, byte by byte. `about["number"]` in a shard says which of all cases,
    counted from 0 in the order given, each one is.

    Parameters
    ----------
    folder : a new one, or one that is empty.
    cases : a data set, of which all three splits are written; or a split; or several of them, one after the
        other, so that memory need not hold all. No patient may be in two of them.
    size : how many cases a shard holds at most, where no patient alone has more. Files of 100 to 500 MB are a
        good size on a real archive: large enough that starting a task costs nothing beside it, small enough
        that a worker holds one in memory and that little is lost when it dies.
    copies : write everybody so many times, each time as other patients, numbered anew from 0: for measuring
        how time grows, and for nothing else.
    simulated : whether a simulator made the cases; a data set says so itself.

    >>> import tempfile
    >>> toy = Split(np.zeros((4, 2)), np.array([0, 1, 1, 0]), np.array([7, 8, 7, 9]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     shards = write_shards(folder, toy, size=2)
    >>> [one.patients for one in shards.listed], shards.cases
    ([(7,), (8, 9)], 4)
    """
    for name, value in (("size", size), ("copies", copies)):
        if not isinstance(value, Integral) or value < 1:
            raise DataError(f"{name} must be a whole number from 1 on, not {value!r}")
    if isinstance(cases, Dataset):
        simulated = simulated or cases.simulated
    folder = _room_for(path_of(folder))
    with new_folder(folder) as draft:
        if simulated:
            (draft / MARKER).write_text("Simulated cases, dealt out to shards. Nobody's data.\n", "utf-8")
        listed = [
            _write(draft / f"shard-{count:05}.npz", shard, simulated)
            for count, shard in enumerate(_dealt(cases, size, copies))
        ]
        if not listed:
            raise DataError(f"there are no cases to write to {folder}: look at what was given")
        (draft / LIST).write_text(json.dumps({"format": FORMAT, "shards": listed}), encoding="utf-8")
    return Shards.read(folder)


def _room_for(folder: Path) -> Path:
    if kind := kind_of(folder):
        with explained(folder):
            if kind == "file" or any(folder.iterdir()):
                raise DataError(f"{folder} is there already: name another place, or remove it first")
            folder.rmdir()
    return folder


def _write(path: Path, cases: Split, simulated: bool) -> dict[str, object]:
    """Write one shard; what the list says of it."""
    np.savez(path, **arrays_of(cases, simulated=simulated))
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    patients = np.unique(cases.patient).tolist()
    return {"name": path.name, "sha256": digest, "cases": len(cases), "patients": patients}


def _dealt(cases: Dataset | Split | Iterable[Split], size: int, copies: int) -> Iterator[Split]:
    """The shards, with each case's number."""
    known = not isinstance(cases, Dataset) or cases.patients_known
    seen, count, patients = set(), 0, 0
    for piece in _pieces(cases):
        whose = piece.patient if known else np.arange(len(piece))  # each case counts as a patient of its own
        ids, member = np.unique(whose, return_inverse=True)
        if known:
            _refuse_seen(ids, seen)
        for _ in range(copies):
            anew = whose if known and copies == 1 else patients + member
            one = _as_of(piece, anew, count)
            yield from (one.take(index) for index in _by_patient(anew, size))
            count, patients = count + len(piece), patients + len(ids)


def _pieces(cases: Dataset | Split | Iterable[Split]) -> Iterator[Split]:
    if isinstance(cases, Dataset):
        yield from cases.splits.values()
    elif isinstance(cases, Split):
        yield cases
    else:
        yield from cases


def _refuse_seen(ids: np.ndarray, seen: set) -> None:
    """Refuse patients without a plain name, and those who came in an earlier piece; remember the others."""
    if ids.dtype.kind not in "iuU":
        raise DataError(f"patient must hold whole numbers or names, not {ids.dtype}: give each case one")
    for one in ids.tolist():
        if one in seen:
            raise DataError(f"patient {one} is in two of the splits: move all their cases into one")
        seen.add(one)


def _as_of(piece: Split, patient: np.ndarray, first: int) -> Split:
    """The cases as those of these patients, numbered from `first` on."""
    x = piece.x
    if isinstance(x, Records):
        same = np.array_equal(x.case_id, piece.patient)
        x = replace(x, case_id=patient if same else x.case_id, notes=())
    number = np.arange(first, first + len(piece))
    return Split(x, piece.y, patient, {**piece.about, NUMBER: number})


def _by_patient(patient: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Positions of the cases of each shard."""
    _, first, member, counts = np.unique(patient, return_index=True, return_inverse=True, return_counts=True)
    shard_of, shard, held = np.empty(len(counts), int), 0, 0
    for one in np.argsort(first).tolist():
        if held and held + counts[one] > size:
            shard, held = shard + 1, 0
        shard_of[one], held = shard, held + counts[one]
    position = np.argsort(shard_of[member], kind="stable")
    for number in range(shard + 1 if len(patient) else 0):
        yield np.sort(position[shard_of[member][position] == number])
