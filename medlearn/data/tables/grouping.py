"""Tables in which to look for groups: a CSV of anybody's, with a row a patient.

Knows the columns of the course's own table and nothing of what others mean. What would decide the groups by
itself and says nothing of patients is refused or noted: a number of a patient, a code of the class, a text.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from medlearn.data.csvfile import Table, in_order, is_number, only_file
from medlearn.data.dataset import Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, path_of
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

FEWEST = 20  # patients
MOST_CLASSES = 30
MOST_MISSING = 0.8  # of a column
MANY_INDICATORS = 20
CHANCE = 10  # pairs of equal whole numbers that chance would bring, and that are not there
ID_WORDS = {"id", "ids", "mrn", "nr", "no", "number", "patient", "subject", "case", "record", "name"}
LAYOUTS = {
    "phenotypes": {"patient": "patient", "label": "kind", "keep": ("severity", "hospital", "died")},
}


def read_groups(
    place: str | Path,
    *,
    entry: Entry | None = None,
    seed: int = 0,
    label: str | None = None,
    patient: str | None = None,
    leave_out: str | Sequence[str] | None = None,
    keep: str | Sequence[str] | None = None,
) -> Dataset:
    """The patients of a CSV file, or one packed as `.csv.gz`: x float32 (n, columns), NaN where empty.

    With a `label` y is the class and the task "multiclass"; without, y is 0 and the task "none". 60, 20 and
    20 % of the patients are to learn from, to validate and to test on, with about the same mix of classes.

    Parameters
    ----------
    place : the file, or a folder with one CSV file.
    entry : the data set; where the file has its columns, what is not said here is as they are.
    seed : draws the splits.
    label : the column of a class that is known, to compare groups with.
    patient : the column that says whose each row is; without, each row counts as a patient of its own.
    leave_out : columns that are not read.
    keep : columns that are never inputs and go to `about`.
    """
    table = Table.read(only_file(path_of(place))).without_repeats()
    said = {"label": label, "patient": patient, "leave_out": leave_out, "keep": keep}
    parts, official = _parts(table, said, entry)
    table = _labelled(table, parts["label"])
    owners = table.owners(parts["patient"])
    if (patients := len(set(owners))) < FEWEST:
        raise DataError(f"{table.path} has {patients} patients, and groups need {FEWEST} at least")
    y, classes = _classes(table, parts["label"])
    x, columns = _inputs(table, parts)
    about = {name: table.as_it_is(name) for name in parts["keep"]}
    everyone = Split(x, y, owners, about)
    return Dataset(
        table.path.stem,
        *map(everyone.take, split_by_patient(owners, y, seed=seed)),
        task="multiclass" if classes else "none",
        classes=classes,
        simulated=MARK in table.columns,
        patients_known=bool(parts["patient"] or (official and entry.patients_known)),
        cases="patients",
        columns=columns,
        notes=sum_notes(table.notes),
    )


# The file and its columns


def _parts(table: Table, said: Mapping[str, object], entry: Entry | None) -> tuple[dict, bool]:
    """What part each column has: as `said`, else as in the layout; and whether the file is laid so."""
    parts = dict(said)
    for role in ("label", "patient"):
        if not isinstance(parts[role] or "", str):
            raise DataError(f"{role} names one column, as in {role}='NAME', not {parts[role]!r}")
    for role in ("leave_out", "keep"):
        names = parts[role]
        parts[role] = (names,) if isinstance(names, str) else tuple(map(str, names or ()))
    layout = LAYOUTS.get(entry.name, {}) if entry else {}
    official = bool(layout) and {layout["patient"], *layout["keep"]} <= set(table.columns)
    if official:
        asked = {parts["label"], parts["patient"], *parts["leave_out"], *parts["keep"]}
        for role in ("label", "patient"):
            if parts[role] is None and layout[role] in {*table.columns} - asked:  # the twin has no kinds
                parts[role] = layout[role]
        known = [name for name in (layout["label"], *layout["keep"]) if name in table.columns]
        parts["keep"] += tuple(name for name in known if name not in {*asked, parts["label"]})
    _check_names(table, parts)
    return parts, official


def _check_names(table: Table, parts: Mapping) -> None:
    """Refuse a column that is not there, and one that is given two parts."""
    part_of: dict[str, str] = {}
    named = {role: (parts[role],) if parts[role] else () for role in ("label", "patient")}
    for role, names in {**named, "leave_out": parts["leave_out"], "keep": parts["keep"]}.items():
        for name in names:
            if name not in table.columns:
                near = difflib.get_close_matches(name, table.columns, n=3, cutoff=0.5)
                hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "look at its first row"
                raise DataError(f"{table.path} has no column {name!r}: {hint}")
            if part_of.setdefault(name, role) != role:
                raise DataError(f"{table.path}: {name!r} is named in {part_of[name]}= and in {role}=")


# Class and patient


def _labelled(table: Table, label: str | None) -> Table:
    """The rows whose class is known; the others are noted."""
    if label is None:
        return table
    known = table.columns[label] != ""
    table.note("row whose class is not known, set aside", np.flatnonzero(~known))
    if not known.any():
        raise DataError(f"{table.path}: the class {label!r} is empty in every row: name another column")
    columns = {name: cells[known] for name, cells in table.columns.items()}
    return Table(table.path, columns, table.rows[known], table.notes)


def _classes(table: Table, label: str | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """Each row's class and the classes' names; 0 and none where no column says it."""
    if label is None:
        return np.zeros(len(table.rows), np.int64), ()
    texts = table.columns[label]
    names = in_order(texts)
    if len(names) < 2:
        raise DataError(
            f"{table.path}: the class {label!r} is {names[0]!r} in every row, so there is nothing to compare "
            "groups with: leave label= out"
        )
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"{table.path}: the class {label!r} has {len(names)} different values, more than {MOST_CLASSES}: "
            "name a column of classes with label="
        )
    code = {name: number for number, name in enumerate(names)}
    return np.array([code[text] for text in texts], np.int64), tuple(names)


# What is grouped


def _inputs(table: Table, parts: Mapping) -> tuple[np.ndarray, tuple[str, ...]]:
    """x and the names of its columns; what says nothing is noted, what says too much refused."""
    others = {MARK, parts["label"], parts["patient"], *parts["leave_out"], *parts["keep"]}
    columns: dict[str, np.ndarray] = {}
    left_out: dict[str, list[str]] = {}
    for name, texts in table.columns.items():
        if name in others:
            continue
        if why := _says_nothing(name, texts):
            left_out.setdefault(why, []).append(name)
            continue
        _refuse_tellers(table, name, parts["label"])
        columns[name] = table.numbers(name)
    for why, names in left_out.items():
        table.notes.append(Note.of(why, [f"{table.path.name}, column {name!r}" for name in names]))
    if not columns:
        raise DataError(f"{table.path} has no column of numbers left to find groups in")
    _note_indicators(table, columns)
    return np.stack(list(columns.values()), axis=1).astype(np.float32), tuple(columns)


def _says_nothing(name: str, texts: np.ndarray) -> str:
    """Why a column cannot tell patients apart, "" if it can."""
    if not name:  # as R writes the numbers of rows
        return "column without a heading, left out"
    if np.mean(texts == "") > MOST_MISSING:
        return f"column that is empty in more than {MOST_MISSING:.0%} of the rows, left out"
    if len(set(texts) - {""}) < 2:
        return "column that is the same in every row, left out"
    return ""


def _refuse_tellers(table: Table, name: str, label: str | None) -> None:
    """Refuse a column that is the class in other words, the number of a patient, or a text."""
    texts = table.columns[name]
    if label is not None and _is_same(texts, table.columns[label]):
        raise DataError(
            f"{table.path}: column {name!r} is the class {label!r} in other words, so groups would be read "
            "off it: name it with leave_out="
        )
    if _looks_like_a_number_of_patients(name, texts):
        raise DataError(
            f"{table.path}: column {name!r} is another in every row, so it looks like the number of a "
            "patient: name it with patient= or leave_out=, or if it was measured write it with decimals"
        )
    different = sorted(set(texts) - {""})
    words = [text for text in different if not is_number(text)]
    if len(words) > 0.1 * len(different):  # one slip in ten is a slip
        raise DataError(
            f"{table.path}: column {name!r} holds texts, such as {words[0]!r}: name it with leave_out=, or "
            "code it as numbers"
        )


def _is_same(texts: np.ndarray, classes: np.ndarray) -> bool:
    """Whether a column has one value for each class, and each class its own."""
    pairs = set(zip(texts[texts != ""], classes[texts != ""], strict=True))
    values, found = ({pair[side] for pair in pairs} for side in (0, 1))
    return len(pairs) == len(values) == len(found) == len(set(classes))


def _looks_like_a_number_of_patients(name: str, texts: np.ndarray) -> bool:
    """Whether no value comes twice, where measured ones would."""
    if "" in texts or len(set(texts)) < len(texts):
        return False
    if not all(map(is_number, texts)):
        return not any(map(is_number, texts))
    if not all(text.isdecimal() for text in texts):
        return False
    numbers = np.array([int(text) for text in texts], float)
    if set(name.casefold().replace("_", " ").replace("-", " ").split()) & ID_WORDS:
        return True
    is_sorted = (np.diff(numbers) > 0).all() or (np.diff(numbers) < 0).all()
    alike = len(set(map(len, texts))) == 1 and len(texts[0]) > 4  # as long as each other, and long
    return is_sorted or alike or len(texts) ** 2 / 2 / (np.ptp(numbers) + 1) > CHANCE


def _note_indicators(table: Table, columns: Mapping[str, np.ndarray]) -> None:
    """Note a block of columns of 0 and 1 that outnumbers what was measured."""
    indicators = [name for name, cells in columns.items() if set(cells[~np.isnan(cells)]) <= {0, 1}]
    measured = len(columns) - len(indicators)
    if len(indicators) > max(MANY_INDICATORS, measured):
        what = f"column of 0 and 1 beside {measured} others: together they would decide the groups"
        places = [f"{table.path.name}, column {name!r}" for name in indicators]
        table.notes.append(Note.of(what, places, grave=True))
