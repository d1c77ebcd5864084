"""The files of the PhysioNet/CinC Challenge 2012: one text file a stay, `Time,Parameter,Value`, and outcomes.

Reads them and says what was odd in them. What is done with the records is records.py's business.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import itertools
import json
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from medlearn.data import files, store
from medlearn.data.csvfile import Table, to_number
from medlearn.data.dataset import Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.records.records import REPEATED, Records, join
from medlearn.data.records.sharded import LIST, read_sharded
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError, FetchError

if TYPE_CHECKING:
    import pandas as pd

HOURS = 48
MOST_IN_STAY = 4 << 20  # bytes; the longest real stay has some 60,000
HEADING = b"Time,Parameter,Value\n"

# What a living adult can have, generously: beyond it stands a slip of the pen, another unit or a line that is
# not connected. Such a value is read as missing and counted.
PLAUSIBLE = {
    "HR": (0, 350),  # beats a minute
    "SysABP": (20, 350),  # mmHg, from an arterial line; so DiasABP and MAP, the mean
    "DiasABP": (5, 300),
    "MAP": (10, 330),
    "NISysABP": (20, 350),  # the same by cuff
    "NIDiasABP": (5, 300),
    "NIMAP": (10, 330),
    "RespRate": (0, 120),  # breaths a minute
    "Temp": (20, 45),  # °C
    "GCS": (3, 15),  # Glasgow coma score
    "Urine": (0, 12000),  # ml
    "Weight": (20, 400),  # kg
    "MechVent": (0, 1),  # ventilated
    "FiO2": (0.2, 1),  # share of oxygen
    "PaO2": (10, 800),  # mmHg
    "PaCO2": (5, 250),
    "SaO2": (20, 100),  # %
    "pH": (6.3, 8),
    "HCO3": (1, 80),  # mmol/l
    "Lactate": (0.1, 50),
    "Na": (80, 200),
    "K": (1, 15),
    "Mg": (0.2, 25),
    "Glucose": (5, 2500),  # mg/dl
    "BUN": (0.5, 350),
    "Creatinine": (0.05, 50),
    "Bilirubin": (0, 90),
    "Albumin": (0.3, 8),  # g/dl
    "ALP": (1, 10000),  # IU/l
    "ALT": (1, 50000),
    "AST": (1, 50000),
    "Cholesterol": (10, 1500),  # mg/dl
    "TroponinI": (0, 1000),  # µg/l
    "TroponinT": (0, 500),
    "HCT": (3, 80),  # %
    "WBC": (0, 1000),  # cells/nl
    "Platelets": (1, 4000),
}
VARIABLES = tuple(PLAUSIBLE)
UNITS = {
    **dict.fromkeys(("SysABP", "DiasABP", "MAP", "NISysABP", "NIDiasABP", "NIMAP"), "mmHg"),
    **dict.fromkeys(("PaO2", "PaCO2"), "mmHg"),
    **dict.fromkeys(("HCO3", "Lactate", "Na", "K", "Mg"), "mmol/l"),
    **dict.fromkeys(("Glucose", "BUN", "Creatinine", "Bilirubin", "Cholesterol"), "mg/dl"),
    **dict.fromkeys(("ALP", "ALT", "AST"), "IU/l"),
    **dict.fromkeys(("TroponinI", "TroponinT"), "µg/l"),
    **dict.fromkeys(("WBC", "Platelets"), "per nl"),
    **{"HR": "per min", "RespRate": "per min", "Temp": "°C", "Urine": "ml", "Weight": "kg"},
    **{
        "GCS": "points",
        "SaO2": "%",
        "HCT": "%",
        "Albumin": "g/dl",
        "FiO2": "share",
        "pH": "",
        "MechVent": "",
    },
}
DESCRIPTORS = {"Age": (0, 120), "Gender": (0, 1), "Height": (60, 250), "ICUType": (1, 4), "Weight": (20, 400)}
OUTCOMES = {
    "In-hospital_death": "died",
    "SAPS-I": "saps1",
    "SOFA": "sofa",
    "Length_of_stay": "length_of_stay",
    "Survival": "survival",
}


def read_physionet(
    place: str | Path, *, entry: Entry | None = None, sets: Sequence[str] = ("a", "b"), seed: int = 0
) -> Dataset:
    """The challenge's stays: y is 1 for death in hospital.

    SAPS-I, SOFA, length of stay and days survived (NaN where no death is on file) are outcomes, not inputs:
    they are in `about`, as is all that a simulator knew.

    Parameters
    ----------
    place : the folder with `set-a.tar.gz` (or the unpacked folder `set-a`), `Outcomes-a.txt` and so on; or a
        folder of shards, as `medlearn.many.write_shards` writes it.
    entry : the catalogue's; not needed.
    sets : of two, the first is cut 80 to 20 into train and validation and the second is the test; one is cut
        60, 20, 20. Shards have no sets: all of them are cut 60, 20, 20.
    seed : draws the cuts.
    """
    if files.kind_of(files.path_of(place) / LIST):
        return read_sharded(place, seed=seed)
    if not isinstance(sets, Sequence) or len(sets) not in (1, 2) or len(set(sets)) < len(sets):
        raise DataError(f"one or two different sets are needed, such as ('a', 'b'), not {sets!r}")
    whole, simulated = zip(*(_read_set(files.path_of(place), name) for name in sets), strict=True)
    first = whole[0]
    if len(sets) == 1:
        train, validation, test = split_by_patient(first.patient, first.y, seed=seed)
        last = first.take(test)
    else:
        train, validation = split_by_patient(first.patient, first.y, shares=(0.8, 0.2), seed=seed)
        last = whole[1]
    splits = (first.take(train), first.take(validation), last)
    return Dataset(
        "icu",
        *(replace(split, x=replace(split.x, notes=())) for split in splits),
        task="binary",
        classes=("survived", "died in hospital"),
        simulated=any(simulated),
        cases="stays",
        source=f"{'sets' if len(sets) == 2 else 'set'} {' and '.join(sets)}",
        notes=sum_notes(note for split in whole for note in split.x.notes),
    )


def _read_set(folder: Path, name: str) -> tuple[Split, bool]:
    """One set: the stays with a known outcome, and whether a simulator wrote them."""
    there = _files_in(folder)
    archive = there.get(f"set-{name}.tar.gz") or there.get(f"set-{name}")
    table = there.get(f"Outcomes-{name}.txt")
    if archive is None or table is None:
        lacks = f"set-{name}.tar.gz (or the folder set-{name})" if archive is None else f"Outcomes-{name}.txt"
        raise DataError(f"{lacks} is missing: there is {', '.join(sorted(there)) or 'nothing'}")
    stays, outcomes = read_stays(archive), read_outcomes(table)
    known = outcomes.pop("RecordID")
    judged, position, row = np.intersect1d(stays.case_id, known, return_indices=True)
    if not len(judged):
        raise DataError(f"{archive} and {table} have no stay in common: they belong to different sets")
    alone, without = np.setdiff1d(stays.case_id, known), np.setdiff1d(known, stays.case_id)
    notes = (
        Note.of("stay without an outcome, set aside", [f"stay {number}" for number in alone]),
        Note.of("outcome without a stay, set aside", [f"stay {number}" for number in without]),
    )
    about = {name: values[row] for name, values in outcomes.items()}
    truth = there.get(f"Truth-{name}.csv")
    simulated = about.pop(files.MARK, None) is not None or truth is not None
    if truth:
        about |= _aligned(truth, judged)
    y = about.pop("died").astype(np.int64)
    return Split(stays[position].noting(*notes), y, judged, about), simulated


def _files_in(folder: Path) -> dict[str, Path]:
    if files.kind_of(folder) != "folder":
        raise DataError(f"there is no folder {folder}")
    with files.explained(folder, reading=True):
        return {path.name: path for path in folder.iterdir() if not path.name.startswith(".")}


# Outcomes


def read_outcomes(path: str | Path) -> dict[str, np.ndarray]:
    """The columns of `Outcomes-a.txt` at `path`, sorted by RecordID; −1, which means missing, becomes NaN.

    Among them is "simulated" where a simulator wrote the file.
    """
    table = _numbers(Path(path), ("RecordID", *OUTCOMES))
    wrong = ~np.isin(table["In-hospital_death"], (0, 1))
    if wrong.any():
        raise DataError(
            f"{path}: In-hospital_death of stay {table['RecordID'][wrong.argmax()]} is neither 0 nor 1"
        )
    outcomes = {
        name: np.where(table[column] == -1, np.nan, table[column]).astype(np.float32)
        for column, name in OUTCOMES.items()
    }
    mark = {files.MARK: table[files.MARK]} if files.MARK in table else {}
    return {"RecordID": table["RecordID"], **outcomes, **mark}


def _aligned(path: Path, stays: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of a table, one row for each of `stays`."""
    table = _numbers(path, ("RecordID",))
    known = table.pop("RecordID")
    if len(missing := np.setdiff1d(stays, known)):
        raise DataError(f"{path} has no row for stay {missing[0]}")
    return {name: values[np.searchsorted(known, stays)] for name, values in table.items()}


def _numbers(path: Path, wanted: Iterable[str]) -> dict[str, np.ndarray]:
    """The columns of a CSV file of numbers, sorted by RecordID."""
    cells = Table.read(path)
    cells.require(*wanted)
    table = {name: cells.numbers(name) for name in cells.columns}
    ids = table["RecordID"]
    wrong = ~((ids >= 0) & (ids < 2**53) & (ids % 1 == 0))
    if wrong.any():
        raise cells.fault(wrong.argmax(), "RecordID", f"{ids[wrong.argmax()]} is not the number of a stay")
    order = np.argsort(ids)
    table = {name: values[order] for name, values in table.items()}
    table["RecordID"] = ids = table["RecordID"].astype(np.int64)
    if (twice := ids[1:] == ids[:-1]).any():
        raise DataError(f"{path}: stay {ids[twice.argmax()]} has two rows; leave the right one")
    return table


# Stays


def read_stays(path: str | Path) -> Records:
    """All stays of `set-a.tar.gz`, or of the unpacked folder, at `path`, sorted by their number.

    What was read from an archive is kept in the cache as plain arrays and found there the next time.
    """
    path = Path(path)
    kept = _kept(path) if files.kind_of(path) == "file" else None
    if kept and (records := _load(kept)):
        return records
    records = join(iter_stays(path))
    order = np.argsort(records.case_id)
    if (order[1:] < order[:-1]).any():
        records = records[order]
    if kept:
        with contextlib.suppress(OSError):  # a cache that cannot be written to only costs time
            _keep(records, kept)
    return records


def iter_stays(path: str | Path, *, stays: int = 1000) -> Iterator[Records]:
    """The stays at `path`, so many `stays` at a time, in the file's order: memory stays bounded."""
    members = _members(Path(path))
    while piece := list(itertools.islice(members, stays)):
        yield _records(piece)


class _Stay(NamedTuple):
    file: str
    number: int
    text: bytes  # the rows below the heading


def _members(path: Path) -> Iterator[_Stay]:
    """Each stay's file; hidden files and those that are not .txt are nobody's stay."""
    seen: set[int] = set()
    is_file = files.kind_of(path) == "file"
    members = files.safe_tar_members(path, most=MOST_IN_STAY) if is_file else _unpacked(path)
    for file, content in members:
        name = file.rpartition("/")[2]
        if name.startswith(".") or not name.endswith(".txt"):
            continue
        if not re.fullmatch(r"[0-9]{1,15}\.txt", name):
            raise DataError(f"{path}: {file} is not named after the number of a stay, such as 132539.txt")
        number = int(name[:-4])
        if number in seen:
            raise DataError(f"{path}: stay {number} is there twice; leave the right file")
        seen.add(number)
        yield _Stay(file, number, _rows_of(file, content))
    if not seen:
        raise DataError(f"{path} holds no stays: files such as 132539.txt should be in it")


def _unpacked(folder: Path) -> Iterator[tuple[str, bytes]]:
    if not files.kind_of(folder):
        raise DataError(f"there is no file or folder {folder}")
    with files.explained(folder, reading=True):
        names = sorted(name for name in os.listdir(folder) if name.endswith(".txt"))
    for name in names:
        with files.opened(folder / name) as stream:
            content = stream.read(MOST_IN_STAY + 1)
        if len(content) > MOST_IN_STAY:
            raise DataError(f"{folder / name} has more than {MOST_IN_STAY:,} bytes: this is no stay's file")
        yield f"{folder.name}/{name}", content


def _rows_of(file: str, content: bytes) -> bytes:
    content = content.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n")
    if not content.endswith(b"\n"):
        content += b"\n"
    if not content.startswith(HEADING):
        raise DataError(f"{file}, row 1 should be {HEADING.decode().strip()}: this is not the file of a stay")
    return content[len(HEADING) :]


# Rows to arrays: all stays of a piece at once, since one call a stay costs more than its work

_NAMES = (*VARIABLES, *(name for name in DESCRIPTORS if name not in VARIABLES), "RecordID")
_CODES = {name: code for code, name in enumerate(_NAMES)}
_UNNAMED, _UNKNOWN = len(_NAMES), len(_NAMES) + 1
# By code; what is no variable has an empty range.
_LOW, _HIGH = np.array([*PLAUSIBLE.values(), *[(np.inf, -np.inf)] * (_UNKNOWN + 1 - len(VARIABLES))]).T


def _records(piece: list[_Stay]) -> Records:
    counts = np.array([one.text.count(b"\n") for one in piece])
    begin = np.cumsum(counts) - counts
    stay = np.repeat(np.arange(len(piece), dtype=np.int32), counts)

    def where(row: int) -> str:
        return f"{piece[stay[row]].file}, row {row - begin[stay[row]] + 2}"  # row 1 is the heading

    minutes, code, value = _columns(b"".join(one.text for one in piece), where)
    # Nearly all rows are plain measurements. The others get a closer look.
    use = (value >= _LOW[code]) & (value <= _HIGH[code]) & (minutes <= 60 * HOURS)
    use[(code == _CODES["Weight"]) & (minutes == 0)] = False
    odd = np.flatnonzero(~use)
    look = _CloserLook(piece, stay[odd], minutes[odd], code[odd], value[odd], lambda row: where(odd[row]))
    use[odd] = look.measured
    back = np.flatnonzero((stay[1:] == stay[:-1]) & (minutes[1:] < minutes[:-1])) + 1
    records = Records.from_rows(
        case=stay[use],
        time=minutes[use] / 60,
        variable=code[use],
        value=value[use],
        variables=VARIABLES,
        case_id=np.array([one.number for one in piece]),
        static=look.static,
        static_names=DESCRIPTORS,
        notes=look.notes,
    )
    again, empty = records.case[records.repeats], np.flatnonzero(np.diff(records.start) == 0)
    return records.noting(
        Note.of("row earlier than the row before it, put in order", [where(row) for row in back]),
        Note.of(REPEATED, [piece[case].file for case in again]),
        Note.of("stay without any measurement", [piece[case].file for case in empty]),
    )


class _CloserLook:
    """What the rows are that are no plain measurements: descriptors, and oddities, each kind counted."""

    def __init__(self, piece: list[_Stay], stay, minutes, code, value, where: Callable[[int], str]):
        self.stay, self.minutes, self.code, self.value, self.where = stay, minutes, code, value, where
        self.measured = np.ones(len(stay), bool)  # so far
        self.static = np.full((len(piece), len(DESCRIPTORS)), np.nan)
        self.notes: list[Note] = []
        self.set_aside(code == _UNNAMED, "row without a parameter name, set aside")
        self.set_aside(code == _UNKNOWN, "row with a parameter that is not the challenge's, set aside")
        self.set_aside(np.isnan(value), "row without a value, set aside")
        self.check_numbers(piece)
        for column, name in enumerate(DESCRIPTORS):
            self.take_descriptor(column, name)
        unknown = (value == -1) & (code == _CODES["Weight"])
        self.set_aside(unknown, "Weight of −1, which means not known, set aside")
        self.set_aside(minutes > 60 * HOURS, f"measurement after {HOURS} hours, set aside")
        for one in np.unique(code[self.measured]):
            low, high = _LOW[one], _HIGH[one]
            outside = (code == one) & ~((value >= low) & (value <= high))
            self.set_aside(outside, f"{_NAMES[one]} outside {low:g} to {high:g}, read as missing")

    def set_aside(self, rows: np.ndarray, why: str) -> None:
        rows = rows & self.measured
        self.measured &= ~rows
        if rows.any():
            self.notes.append(Note(why, int(rows.sum()), self.where(rows.argmax())))

    def check_numbers(self, piece: list[_Stay]) -> None:
        """A file must speak of the stay it is named after."""
        rows = np.flatnonzero(self.measured & (self.code == _CODES["RecordID"]))
        for row in rows[self.value[rows] != np.array([one.number for one in piece])[self.stay[rows]]]:
            raise DataError(
                f"{self.where(row)} says that this is stay {self.value[row]:g}: get the right files again"
            )
        self.measured[rows] = False

    def take_descriptor(self, column: int, name: str) -> None:
        """The first at 00:00 describes the stay. A weight is also measured, so further ones go on."""
        given = self.measured & (self.code == _CODES[name])
        rows = np.flatnonzero(given & (self.minutes == 0))
        rows = rows[np.unique(self.stay[rows], return_index=True)[1]]
        value, (low, high) = self.value[rows], DESCRIPTORS[name]
        plausible = (value >= low) & (value <= high)
        self.static[self.stay[rows[plausible]], column] = value[plausible]
        self.measured[rows[plausible | (value == -1)]] = False
        wrong = np.zeros_like(given)
        wrong[rows] = self.measured[rows]
        self.set_aside(wrong, f"{name} of a stay outside {low} to {high}, read as missing")
        if name not in VARIABLES:
            self.set_aside(given, f"{name} given again or after 00:00, set aside")


def _columns(text: bytes, where: Callable[[int], str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Minutes, code of the parameter and value of each row."""
    import pandas as pd

    try:
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):  # it would drop cells
            # Times and names are few: as categories each is looked at once, not once a row.
            table = pd.read_csv(
                io.BytesIO(text),
                header=None,
                names=["time", "parameter", "value"],
                dtype={"time": "category", "parameter": "category", "value": np.float64},
                lineterminator="\n",
                quoting=csv.QUOTE_NONE,
                encoding_errors="replace",
                skip_blank_lines=False,
                index_col=False,
                keep_default_na=False,
                na_values={"value": [""]},
            )
    except (ValueError, pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise DataError(_first_fault(text, where) or f"{where(0)} and after: {error}") from error
    minutes = _looked_up(table["time"], _minutes, np.float32)
    code = _looked_up(table["parameter"], _code, np.int16)
    wrong = np.isnan(minutes) & (code != _UNNAMED)
    if wrong.any():
        said = str(table["time"].iloc[wrong.argmax()])
        raise DataError(f"{where(wrong.argmax())}: {said!r} is no time; it should be hours:minutes, as 07:30")
    return minutes, code, table["value"].to_numpy()


def _looked_up(column: pd.Series, function: Callable[[str], float], dtype: type) -> np.ndarray:
    """`function` of each entry of a categorical column; where it is empty, of ""."""
    answers = [function(str(category)) for category in column.cat.categories]
    # The code of an empty entry is −1: the last answer.
    return np.array([*answers, function("")], dtype)[column.cat.codes]


def _code(name: str) -> int:
    return _CODES.get(name, _UNKNOWN) if name else _UNNAMED


def _minutes(time: str) -> float:
    """Minutes since admission, NaN where it is no time.

    >>> _minutes("26:30"), _minutes("26:70")
    (1590.0, nan)
    """
    parts = re.fullmatch(r"([0-9]{1,4}):([0-5][0-9])", time)
    return 60.0 * int(parts[1]) + int(parts[2]) if parts else np.nan


def _first_fault(text: bytes, where: Callable[[int], str]) -> str:
    """The first row that cannot be read: slow, and only needed when there is one."""
    for row, line in enumerate(text.decode(errors="replace").split("\n")):
        cells = line.split(",")
        if len(cells) > 3:
            return f"{where(row)} has {len(cells)} cells instead of 3 (Time,Parameter,Value)"
        if len(cells) == 3 and not _is_number(cells[2].strip()):
            return f"{where(row)}: {cells[2][:60]!r} stands where a number belongs"
    return ""


def _is_number(text: str) -> bool:
    """Whether a `text` is empty or a number as these files write them; `float` looks at each letter once.

    >>> _is_number("-1.5e3"), _is_number("1_000"), _is_number("nan"), _is_number("12x")
    (True, False, False, False)
    """
    return not text or (text.isascii() and bool(np.isfinite(to_number(text))))


# What was read before


def _kept(path: Path) -> Path | None:
    """Where the arrays of an archive are kept: by its content, and by what is done with it."""
    with files.opened(path) as stream:
        digest = hashlib.file_digest(stream, "sha256")
    digest.update(repr(("format 2", HOURS, PLAUSIBLE, DESCRIPTORS)).encode())
    try:
        folder = store.cache_folder()
    except FetchError:  # no place for a cache: that only costs time
        return None
    return folder / "read" / f"stays-{digest.hexdigest()[:32]}.npz"


def _keep(records: Records, target: Path) -> None:
    arrays = {name: getattr(records, name) for name in _ARRAYS}
    with files.new_file(target) as part, part.open("wb") as stream:
        np.savez(stream, notes=np.array(json.dumps(records.notes)), **arrays)


def _load(kept: Path) -> Records | None:
    """The records kept, or None where there are none or the file is damaged."""
    try:
        with np.load(kept, allow_pickle=False) as arrays:
            notes = tuple(Note(*note) for note in json.loads(str(arrays["notes"])))
            parts = {name: arrays[name] for name in _ARRAYS}
        return Records(variables=VARIABLES, static_names=tuple(DESCRIPTORS), notes=notes, **parts)
    except Exception:  # whatever is wrong with it: the archive is there to be read again
        return None


_ARRAYS = ("case_id", "start", "time", "variable", "value", "static")
