"""A folder of shards: cases in several files by patient, and a list of what must be in each.

A shard is a `Split` in one `.npz` file: `patient`, `y`, `about.NAME`, and `x`, either an array or the parts
of `Records`. Beside the shards lies `shards.json` with the name, sha256, cases and patients of each. Nothing
in a shard is a pickle. `medlearn.many.write_shards` writes such a folder.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from medlearn.data.dataset import Dataset, Split
from medlearn.data.files import MARK, explained, kind_of, opened, path_of
from medlearn.data.records.records import Records, join
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

LIST = "shards.json"
FORMAT = 1
MOST_BYTES = 2 << 30  # of a shard, and of what is in it
ABOUT, PARTS = "about.", "x."  # before the names of a shard's arrays
ARRAYS = ("case_id", "start", "time", "variable", "value", "static")  # of Records
NAMES = ("variables", "static_names")
AGAIN = "write the folder again with medlearn.many.write_shards"


class Shard(NamedTuple):
    """One shard, as the list has it.

    Parameters
    ----------
    path : of its file.
    digest : the file's sha256.
    cases : how many are in it.
    patients : whose they are, each once.
    """

    path: Path
    digest: str
    cases: int
    patients: tuple[int | str, ...]


@dataclasses.dataclass(frozen=True)
class Shards:
    """The shards of a folder, each as it was written and no patient in two; iterating gives their files.

    Parameters
    ----------
    folder : where they lie.
    listed : what the folder's list says of each, in order.
    """

    folder: Path
    listed: tuple[Shard, ...]

    @classmethod
    def read(cls, folder: str | Path) -> Shards:
        """Those in `folder`, each file looked at; what is damaged, empty, doubled or strange is named."""
        folder = path_of(folder)
        shards = cls(folder, _listed(folder))
        faults = [*_faults_of_files(shards), *_faults_of_patients(shards)]
        if faults:
            more = f" (the first of {len(faults)} faults in {len(shards)} shards)" if faults[1:] else ""
            raise DataError(f"{faults[0]}{more}")
        return shards

    def __len__(self) -> int:
        return len(self.listed)

    def __iter__(self) -> Iterator[Path]:
        return (one.path for one in self.listed)

    @property
    def cases(self) -> int:
        """How many cases are in all of them."""
        return sum(one.cases for one in self.listed)

    @property
    def patients(self) -> int:
        """How many patients are in all of them."""
        return sum(len(one.patients) for one in self.listed)


class Read(NamedTuple):
    """What was read from a shard.

    Parameters
    ----------
    cases : what is in it.
    digest : sha256 of the bytes that were read.
    simulated : whether a simulator made the cases.
    """

    cases: Split
    digest: str
    simulated: bool


def read_shard(path: str | Path) -> Read:
    """The cases of the shard at `path`, with the digest of the very bytes that they were read from."""
    path = path_of(path)
    with opened(path) as stream:
        content = stream.read(MOST_BYTES + 1)
    try:
        _refuse_large(content)
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        simulated = bool(arrays.pop(MARK))
        cases = _split_of(arrays)
    except Exception as error:  # zipfile, NumPy and JSON each have their own
        said = " ".join(str(error).split())[:200]
        raise DataError(f"{path} is damaged or no shard ({said}): {AGAIN}") from error
    return Read(cases, hashlib.sha256(content).hexdigest(), simulated)


def read_sharded(folder: str | Path, *, seed: int = 0) -> Dataset:
    """The stays in a folder of shards: y is 1 for death in hospital.

    Parameters
    ----------
    folder : as `medlearn.many.write_shards` writes it from stays.
    seed : deals the patients out, 60 : 20 : 20.
    """
    shards = Shards.read(folder)
    found = [_stays(one) for one in shards.listed]
    whole = _joined([one.cases for one in found])
    parts = (whole.take(index) for index in split_by_patient(whole.patient, whole.y, seed=seed))
    return Dataset(
        "icu",
        *parts,
        task="binary",
        classes=("survived", "died in hospital"),
        simulated=any(one.simulated for one in found),
        cases="stays",
        source=f"{len(shards)} shards",
    )


def arrays_of(cases: Split, *, simulated: bool) -> dict[str, np.ndarray]:
    """The arrays of a shard that holds these `cases`; `simulated` says whether a simulator made them."""
    x = {"x": cases.x}
    if isinstance(cases.x, Records):
        x = {f"{PARTS}{name}": getattr(cases.x, name) for name in ARRAYS}
        x |= {f"{PARTS}{name}": np.array(json.dumps(getattr(cases.x, name))) for name in NAMES}
    about = {f"{ABOUT}{name}": values for name, values in cases.about.items()}
    arrays = {**x, "y": cases.y, "patient": cases.patient, **about, MARK: np.array(simulated)}
    for name, values in arrays.items():
        if not isinstance(values, np.ndarray) or values.dtype == object:
            raise DataError(f"{name} cannot go into a shard: it must be an array of numbers or of texts")
    return arrays


# The list


def _listed(folder: Path) -> tuple[Shard, ...]:
    place = folder / LIST
    if kind_of(place) != "file":
        raise DataError(f"{folder} holds no {LIST}, so it is no folder of shards: {AGAIN}")
    with opened(place) as stream:
        text = stream.read()
    try:
        fields = json.loads(text)
        if fields["format"] != FORMAT:
            raise ValueError(f"format {fields['format']!r}")
        shards = tuple(_entry(folder, one) for one in fields["shards"])
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise DataError(f"{place} is damaged or no list of shards ({error}): {AGAIN}") from error
    if not shards:
        raise DataError(f"{place} lists no shard: {AGAIN}")
    return shards


def _entry(folder: Path, fields: Mapping[str, object]) -> Shard:
    name, digest, cases = fields["name"], fields["sha256"], fields["cases"]
    patients = tuple(fields["patients"])
    if not re.fullmatch(r"\w[\w.-]*\.npz", name):
        raise ValueError(f"{name!r} is not the name of a shard")
    plain = all(isinstance(one, int | str) for one in patients)
    if not (re.fullmatch("[0-9a-f]{64}", digest) and isinstance(cases, int) and cases >= 0 and plain):
        raise ValueError(f"what it says of {name}")
    return Shard(folder / name, digest, cases, patients)


# Faults


def _faults_of_files(shards: Shards) -> Iterator[str]:
    """What is wrong with the files: one sentence a file."""
    seen: dict[str, str] = {}  # name and digest of those so far, and the name
    for one in shards.listed:
        twin = seen.get(one.path.name) or seen.get(one.digest)
        seen |= {one.path.name: one.path.name, one.digest: one.path.name}
        if twin:
            yield f"{one.path} is listed twice, or is a copy of {twin}: its cases would count twice; {AGAIN}"
        elif fault := _fault_of_file(one):
            yield f"{one.path} {fault}: get it again, or {AGAIN}"
    with explained(shards.folder, reading=True):
        there = sorted(path for path in shards.folder.iterdir() if path.suffix == ".npz")
    for path in there:
        if path.name not in seen:
            twin = seen.get(_sha256(path))
            what = f"is a copy of {twin}" if twin else f"is not in {LIST}"
            yield f"{path} {what}: take it out of the folder"


def _fault_of_file(one: Shard) -> str:
    if kind_of(one.path) != "file":
        return "is missing"
    if not one.cases or not one.path.stat().st_size:
        return "is empty"
    return "" if _sha256(one.path) == one.digest else f"is damaged, its sha256 is not that in {LIST}"


def _faults_of_patients(shards: Shards) -> Iterator[str]:
    """Patients in two shards: one sentence for each two shards. Copies of a shard are named elsewhere."""
    home: dict[int | str, Shard] = {}
    for one in shards.listed:
        shared = collections.defaultdict(list)
        for patient in one.patients:
            first = home.setdefault(patient, one)
            if first.digest != one.digest:
                shared[first.path.name].append(patient)
        for other, patients in shared.items():
            yield (
                f"{len(patients)} patient(s) are in both {other} and {one.path.name} of {shards.folder} "
                f"(first: {patients[0]}): {AGAIN}"
            )


def _sha256(path: Path) -> str:
    with opened(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


# What is in a shard


def _refuse_large(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        if len(content) > MOST_BYTES or sum(one.file_size for one in file.infolist()) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES >> 20} MB")


def _split_of(arrays: Mapping[str, np.ndarray]) -> Split:
    about = {name.removeprefix(ABOUT): rows for name, rows in arrays.items() if name.startswith(ABOUT)}
    x = arrays["x"] if "x" in arrays else _records_of(arrays)
    return Split(x, arrays["y"], arrays["patient"], about)


def _records_of(arrays: Mapping[str, np.ndarray]) -> Records:
    names = {name: tuple(json.loads(str(arrays[f"{PARTS}{name}"]))) for name in NAMES}
    x = Records(**{name: arrays[f"{PARTS}{name}"] for name in ARRAYS}, **names)
    known = x.variable.size == 0 or (x.variable.min() >= 0 and x.variable.max() < len(x.variables))
    if x.start[0] or (np.diff(x.start) < 0).any() or not known:
        raise ValueError("its measurements do not fit together")
    return x


def _stays(shard: Shard) -> Read:
    """The stays of a shard, with the outcome that the intensive-care set asks for."""
    found = read_shard(shard.path)
    if found.digest != shard.digest:
        raise DataError(f"{shard.path} was changed while it was read: load the folder again")
    if not isinstance(found.cases.x, Records) or not np.isin(found.cases.y, (0, 1)).all():
        raise DataError(
            f"{shard.path} holds no stays with a y of 0 or 1 for each: name a folder of shards of stays"
        )
    return found


def _joined(pieces: list[Split]) -> Split:
    """All cases, with what is known `about` each of them."""
    names = [name for name in pieces[0].about if all(name in one.about for one in pieces)]
    return Split(
        join(one.x for one in pieces),
        np.concatenate([one.y for one in pieces]),
        np.concatenate([one.patient for one in pieces]),
        {name: np.concatenate([one.about[name] for one in pieces]) for name in names},
    )
