"""One's own records in a CSV file: the reader for whatever a hospital's database or Excel gives out.

Knows nothing of what the columns mean: they are named by whoever calls it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from medlearn.data.csvfile import Table, to_number
from medlearn.data.dataset import SPLITS, Dataset, Note, Split
from medlearn.data.records.records import REPEATED, Records
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

SPELLINGS = {"training": "train", "val": "validation", "valid": "validation"}
SPELLINGS |= {name: name for name in SPLITS}


def read_csv(
    path: str | Path,
    *,
    patient: str,
    time: str,
    label: str,
    variable: str | None = None,
    value: str | None = None,
    split: str | None = None,
    static: str | Sequence[str] = (),
    seed: int = 0,
) -> Dataset:
    """The records of a CSV file as a Dataset: one case a patient, split by patient.

    In the file at `path`, `patient`, `time` and `label` name columns. In a long file each row is one
    measurement: name the columns `variable` and `value` too. In a wide one every column not named here is a
    variable. `static` names one column or several that describe the patient. Splits come from the column
    `split` (train, validation, test), or else 60, 20 and 20 % of the patients are drawn by `seed`.

    Times are hours since admission (1.5 or 01:30), or dates (2024-03-01 07:30), which count from the
    patient's first row. Labels with a fraction make a regression, all others are classes, in sorted order.
    Empty cells, NA and NaN are missing. No value is judged, since the units are not known.
    """
    if (variable is None) != (value is None):
        raise DataError("a long file needs both variable= and value=; for a wide one leave both out")
    table = Table.read(path).without_repeats()
    static = (static,) if isinstance(static, str) else tuple(static)
    roles = [name for name in (patient, time, label, variable, value, split, *static) if name is not None]
    if twice := [name for place, name in enumerate(roles) if name in roles[:place]]:
        raise DataError(
            f"the column {twice[0]!r} is named twice: each has one role, and the label is no input"
        )
    table.require(*roles)
    ids, case = patients_of(table, patient)
    hours = _hours(table, time, case)
    names, row, code, values = _wide(table, roles) if variable is None else _long(table, variable, value)
    labels = _one_each(table, label, case, ids)
    table.note(f"row of a patient without a {label}, set aside", np.flatnonzero(labels[case] == ""))
    descriptors = [_one_each(table, name, case, ids, numeric=True) for name in static]
    records = Records.from_rows(
        case=case[row],
        time=hours[row],
        variable=code,
        value=values,
        variables=names,
        case_id=ids,
        static=np.stack(descriptors, axis=1) if static else None,
        static_names=static,
    )
    again = ids[records.case[records.repeats]]
    notes = [*table.notes, Note.of(REPEATED, [f"patient {one}" for one in again])]
    asked = np.flatnonzero(labels != "")
    y, classes = _outcome(table, label, labels[asked])
    if split is None:
        index = split_by_patient(ids[asked], y if classes else None, seed=seed)
    else:
        index = _given_splits(table, _one_each(table, split, case, ids)[asked], split, ids[asked])
    everyone = Split(records[asked], y, ids[asked])
    return Dataset(
        table.path.stem,
        *(everyone.take(positions) for positions in index),
        task={0: "regression", 2: "binary"}.get(len(classes), "multiclass"),
        classes=classes,
        cases="patients",
        source=str(path),
        notes=tuple(note for note in notes if note.count),
    )


def patients_of(table: Table, column: str) -> tuple[np.ndarray, np.ndarray]:
    """The patients, and each row's position among them.

    Parameters
    ----------
    table : its rows; `column` : the one that says whose each is. Numbers become numbers, unless one of them
        is no number or begins with 0.
    """
    texts = table.columns[column]
    if (texts == "").any():
        raise table.fault(np.argmax(texts == ""), column, "is empty; every row needs its patient")
    ids = texts.astype(str)
    if all(re.fullmatch("0|[1-9][0-9]{0,17}", name) for name in set(texts)):
        ids = texts.astype(np.int64)  # else kept as text: 007 and 7 may be two patients
    return np.unique(ids, return_inverse=True)


def _hours(table: Table, column: str, case: np.ndarray) -> np.ndarray:
    texts, which = np.unique(table.columns[column].astype(str), return_inverse=True)
    moments = [moment(text) for text in texts]
    kinds = np.array([kind for kind, _ in moments])[which]
    hours = np.array([number for _, number in moments])[which]
    if (kinds == "none").any():
        position = np.argmax(kinds == "none")
        said = table.columns[column][position]
        wanted = "use hours since admission (1.5 or 01:30) or dates such as 2024-03-01 07:30"
        raise table.fault(
            position, column, f"{said!r} is no time: {wanted}" if said else f"is empty: {wanted}"
        )
    if (kinds != kinds[0]).any():
        position = np.argmax(kinds != kinds[0])
        raise table.fault(
            position, column, f"is in {kinds[position]}, but the first row in {kinds[0]}: use one"
        )
    if kinds[0] == "dates":
        admission = np.full(case.max() + 1, np.inf)
        np.minimum.at(admission, case, hours)
        return hours - admission[case]
    if ((hours < 0) | (hours > 1e6)).any():
        position = np.argmax((hours < 0) | (hours > 1e6))
        complaint = "is not a number of hours since admission: count times from each patient's first row"
        raise table.fault(position, column, f"{table.columns[column][position]} {complaint}")
    return hours


def moment(text: str) -> tuple[str, float]:
    """What kind of time a `text` is ("hours", "dates" or "none"), and how many hours.

    >>> moment("1.5"), moment("26:30"), moment("1970-01-02 06:00"), moment("soon")
    (('hours', 1.5), ('hours', 26.5), ('dates', 30.0), ('none', nan))
    """
    if np.isfinite(number := to_number(text)):
        return "hours", number
    if clock := re.fullmatch(r"([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9]))?", text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return "hours", hours + minutes / 60 + seconds / 3600
    try:
        date = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return "none", np.nan
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return "dates", date.timestamp() / 3600


def _long(table: Table, variable: str, value: str):
    """Names of the variables, and of each measurement its row, variable and value."""
    values, texts = table.numbers(value), table.columns[variable].astype(str)
    table.note(f"row without a {variable}, set aside", np.flatnonzero(texts == ""))
    table.note(f"row without a {value}, set aside", np.flatnonzero((texts != "") & np.isnan(values)))
    row = np.flatnonzero((texts != "") & ~np.isnan(values))
    names, code = np.unique(texts[row], return_inverse=True)
    return tuple(names.tolist()), row, code, values[row]


def _wide(table: Table, roles: Sequence[str]):
    names = [name for name in table.columns if name not in roles]
    if not names:
        raise DataError(f"{table.path} has no column left to be a variable: all have another role")
    values = np.stack([table.numbers(name) for name in names], axis=1)
    row, code = np.nonzero(~np.isnan(values))
    return tuple(names), row, code, values[row, code]


def _one_each(table: Table, column: str, case: np.ndarray, ids: np.ndarray, *, numeric: bool = False):
    """What `column` says of each patient ("" or NaN where nothing): it may be empty, but must not change."""
    said = table.numbers(column) if numeric else table.columns[column]
    known = np.flatnonzero(~np.isnan(said) if numeric else said != "")
    each = np.full(len(ids), np.nan if numeric else "", said.dtype)
    first = np.zeros(len(ids), np.int64)
    first[case[known][::-1]] = known[::-1]
    each[case[known]] = said[first[case[known]]]
    changed = known[said[known] != each[case[known]]]
    if len(changed):
        position = changed[0]
        before = first[case[position]]
        raise table.fault(
            position,
            column,
            f"patient {ids[case[position]]} has {said[position]!s} here but {said[before]!s} in row "
            f"{table.rows[before]}: it must be one for each patient",
        )
    return each


def _outcome(table: Table, column: str, labels: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """y, and its classes in order; no classes for a regression."""
    numbers = np.array([to_number(text) for text in labels])
    if np.isfinite(numbers).all() and (numbers % 1).any():
        return numbers, ()
    numeric = np.isfinite(numbers).all()
    classes, y = np.unique(numbers if numeric else labels.astype(str), return_inverse=True)
    if len(classes) < 2:
        raise DataError(
            f"{table.path}: {column!r} is the same for every patient, so there is nothing to learn"
        )
    return y, tuple(f"{name:g}" if numeric else str(name) for name in classes)


def _given_splits(table: Table, said: np.ndarray, column: str, ids: np.ndarray) -> list[np.ndarray]:
    split_of = np.array([SPELLINGS.get(text.lower(), "") for text in said])
    if (split_of == "").any():
        position = np.argmax(split_of == "")
        patient, given = ids[position], said[position] or "no split"
        raise DataError(
            f"{table.path}, column {column!r}: patient {patient} is in {given!r}; write {', '.join(SPLITS)}"
        )
    if missing := [name for name in SPLITS if name not in split_of]:
        raise DataError(f"{table.path}, column {column!r}: no patient is in {' or '.join(missing)}")
    return [np.flatnonzero(split_of == name) for name in SPLITS]
