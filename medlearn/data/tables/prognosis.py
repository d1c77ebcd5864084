"""Genes of patients who are followed: a CSV of anybody's, with a row a patient, and the time to an event.

Knows the columns of the course's own table, that of van de Vijver et al. (2002) as it is handed round, and
nothing of what others mean. Columns that tell another outcome must be left out; the plain cases are refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from medlearn.data.csvfile import EMPTY, Table, cells_of, content_of, is_number, only_file
from medlearn.data.dataset import Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, path_of
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

FEWEST = 20  # patients
MOST_MISSING = 0.5  # of a column
MOST_TEXTS = 30  # different texts in a clinical column
TELLS = (
    0.8  # rank correlation with the time, or AUROC .98 of the event, from which a column tells the outcome
)
TELLS_EVENT = 0.98
CALLS = frozenset("PMA")  # present, marginal, absent
ID_WORDS = {"id", "mrn", "patient", "subject", "barcode", "sample", "record", "name", "number", "nr"}
CLINICAL = "clinical "  # so begins the name of a column that is no gene
CLASSES = ("censored", "event")
LAYOUT = {
    "time": "survival",
    "event": "eventdeath",
    "clinical": (
        *("chemo", "hormonal", "amputation", "histtype", "age", "diam", "posnodes", "grade", "angioinv"),
        "lymphinfil",
    ),
    "leave_out": ("barcode", "Patient", "ID", "timerecurrence"),
}


def read_prognosis(
    place: str | Path,
    *,
    entry: Entry | None = None,
    seed: int = 0,
    time: str | None = None,
    event: str | None = None,
    clinical: str | Sequence[str] | None = None,
    leave_out: str | Sequence[str] | None = None,
) -> Dataset:
    """The patients of a CSV file, or one packed as `.csv.gz`: x float32 (n, columns), NaN where empty.

    y has a "time" and an "event", True where it was seen. Clinical columns stand first in x and their names
    begin with "clinical "; every other column is a gene. 60, 20 and 20 % of the patients are to learn from,
    to validate and to test on, with about the same share of events.

    Parameters
    ----------
    place : the file, or a folder with the `entry`'s file or with one CSV file alone.
    entry : the data set; where the file has its columns, what is not said here is as they are.
    seed : draws the splits.
    time : the column of the time to the event, or to when a patient was last seen; above 0, in any unit.
    event : the column that is 1 where the event was seen, and else 0.
    clinical : columns that are no genes; one of texts becomes a column of 0 and 1 for each text.
    leave_out : columns that are not read: numbers of patients, and whatever tells this or another outcome.

    >>> clinical_among(["clinical age", "TP53"])
    array([ True, False])
    """
    official = entry.files[0].name if entry and entry.files else ""
    path = only_file(path_of(place), official=official)
    _check_way(path, time)
    table = Table.read(path).without_repeats()
    parts, is_official = _parts(table, {"time": time, "event": event}, clinical, leave_out)
    table = _followed(table, parts)
    y = _outcome(table, parts)
    columns = _clinical(table, parts) | _genes(table, parts)
    _refuse_tellers(table, columns, y)
    x = np.stack(list(columns.values()), axis=1).astype(np.float32)
    table.notes.append(Note("value that is missing", int(np.isnan(x).sum()), table.path.name))
    everyone = Split(x, y, table.rows.copy())
    try:
        index = split_by_patient(everyone.patient, y["event"], seed=seed)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    return Dataset(
        path.stem,
        *map(everyone.take, index),
        task="survival",
        classes=CLASSES,
        simulated=MARK in table.columns,
        patients_known=bool(is_official and entry and entry.patients_known),
        cases="patients",
        columns=tuple(columns),
        notes=sum_notes(table.notes),
    )


def clinical_among(columns: Sequence[str]) -> np.ndarray:
    """A mask of those of the `columns` of a data set that are clinical; the others are genes."""
    return np.array([name.startswith(CLINICAL) for name in columns])


# The file and its columns


def _check_way(path: Path, time: str | None) -> None:
    """Refuse a table in which patients stand in columns."""
    rows = [cells for _, cells in cells_of(content_of(path), path) if any(cells)]
    wanted = time or LAYOUT["time"]
    if rows and wanted not in rows[0] and any(cells[0] == wanted for cells in rows if cells):
        raise DataError(
            f"{path}: genes stand in rows, and patients should: transpose the table, so that its first row "
            f"holds {wanted!r} and the names of the genes"
        )


def _parts(
    table: Table,
    outcome: Mapping[str, str | None],
    clinical: str | Sequence[str] | None,
    leave_out: str | Sequence[str] | None,
) -> tuple[dict, bool]:
    """What part each column has: as it is said, else as in the layout; and whether the file is laid so."""
    several = {"clinical": clinical, "leave_out": leave_out}
    official = {LAYOUT["time"], LAYOUT["event"], *LAYOUT["clinical"]} <= set(table.columns)
    parts: dict = {}
    for role, name in outcome.items():
        parts[role] = name or (LAYOUT[role] if official else None)
        if not isinstance(parts[role], str):
            raise DataError(f"{table.path}: name the column of the {role} with {role}='NAME'")
    taken = {parts["time"], parts["event"], *_listed(clinical), *_listed(leave_out)}
    for role, names in several.items():
        usual = tuple(name for name in LAYOUT[role] if name in table.columns and name not in taken)
        parts[role] = _listed(names) if names is not None or not official else usual
    if official:  # the usual outcome is never an input where another is asked for
        other = {LAYOUT["time"], LAYOUT["event"], *LAYOUT["leave_out"]} & set(table.columns)
        named = {parts["time"], parts["event"], *parts["clinical"]}
        parts["leave_out"] = tuple(dict.fromkeys((*parts["leave_out"], *sorted(other - named))))
    _check_names(table, parts)
    return parts, official


def _listed(names: str | Sequence[str] | None) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(map(str, names or ()))


def _check_names(table: Table, parts: Mapping) -> None:
    """Refuse a column that is not there, and one that is given two parts."""
    part_of: dict[str, str] = {}
    for role in ("time", "event", "clinical", "leave_out"):
        for name in _listed(parts[role]):
            if name not in table.columns:
                near = difflib.get_close_matches(name, table.columns, n=3, cutoff=0.5)
                hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "look at its first row"
                raise DataError(f"{table.path} has no column {name!r}: {hint}")
            if part_of.setdefault(name, role) != role:
                raise DataError(
                    f"{table.path}: {name!r} is named in {part_of[name]}= and in {role}=: leave one out"
                )


# Who is followed, and how it went


def _followed(table: Table, parts: Mapping) -> Table:
    """The rows with a time and an event; the others are noted."""
    known = np.ones(len(table.rows), bool)
    for role in ("time", "event"):
        lacks = known & (table.columns[parts[role]] == "")
        table.note(f"row whose {role} is not known, set aside", np.flatnonzero(lacks))
        known &= ~lacks
    if known.sum() < FEWEST:
        raise DataError(
            f"{table.path} has {known.sum()} patients who are followed, and {FEWEST} are needed at least"
        )
    columns = {name: cells[known] for name, cells in table.columns.items()}
    return Table(table.path, columns, table.rows[known], table.notes)


def _outcome(table: Table, parts: Mapping) -> np.ndarray:
    """The time and the event of each patient."""
    y = np.empty(len(table.rows), [("time", np.float64), ("event", bool)])
    time, event = table.numbers(parts["time"]), table.numbers(parts["event"])
    if (time <= 0).any():
        place = int(np.argmax(time <= 0))
        raise table.fault(place, parts["time"], f"a time is above 0, not {time[place]:g}: mend the row")
    if odd := [place for place in np.flatnonzero((event != 0) & (event != 1))]:
        raise table.fault(
            odd[0], parts["event"], f"an event is 1 where it was seen and else 0, not {event[odd[0]]:g}"
        )
    if not event.any():
        raise DataError(
            f"{table.path}: {parts['event']!r} is 0 in every row, so all are censored and there is nothing "
            "to learn: is it 1 where the event was seen?"
        )
    y["time"], y["event"] = time, event == 1
    return y


# Inputs


def _clinical(table: Table, parts: Mapping) -> dict[str, np.ndarray]:
    """The clinical columns as numbers, by name; those that say nothing are noted and left out."""
    found: dict[str, np.ndarray] = {}
    same = []
    for name in parts["clinical"]:
        texts = table.columns[name]
        shown = sorted(set(texts) - {""})
        if len(shown) < 2:
            same.append(f"{table.path.name}, column {name!r}")
        elif all(map(is_number, shown)):
            found[CLINICAL + name] = table.numbers(name)
        elif sum(map(is_number, shown)) > 0.5 * len(shown):
            table.numbers(name)  # says which cell is no number
        elif len(shown) > MOST_TEXTS:
            raise DataError(
                f"{table.path}: column {name!r} has {len(shown)} different texts, more than {MOST_TEXTS}: "
                "join some, or name it with leave_out="
            )
        else:
            for text in shown[1:] if len(shown) == 2 else shown:
                found[f"{CLINICAL}{name}={text}"] = np.where(texts == "", np.nan, texts == text)
    table.notes.append(Note.of("clinical column that is the same in every row, left out", same))
    return found


def _genes(table: Table, parts: Mapping) -> dict[str, np.ndarray]:
    """The genes, by name; those that say nothing are noted and left out, and so are calls."""
    others = {parts["time"], parts["event"], MARK, *parts["clinical"], *parts["leave_out"]}
    found: dict[str, np.ndarray] = {}
    left_out: dict[str, list[str]] = {}
    for name in table.columns:
        texts = table.columns[name]
        if name in others:
            continue
        reason = _says_nothing(name, texts)
        if reason:
            left_out.setdefault(f"{reason}, left out", []).append(f"{table.path.name}, column {name!r}")
            continue
        _refuse_no_gene(table, name, texts)
        found[name] = table.numbers(name)
    table.notes += [Note.of(what, where) for what, where in left_out.items()]
    if not found:
        raise DataError(
            f"{table.path} has no column left that is a gene: name fewer with clinical=, leave_out="
        )
    return found


def _says_nothing(name: str, texts: np.ndarray) -> str:
    """Why a column is left out without harm; "" where it is not."""
    if not name:
        return "column without a heading"
    if set(texts) - {""} and set(texts) <= CALLS | {""}:
        return "column of calls"
    if (texts == "").mean() > MOST_MISSING:
        return f"gene that is empty in more than {MOST_MISSING:.0%} of the patients"
    return "gene that is the same in every patient" if len(set(texts) - {""}) < 2 else ""


def _refuse_no_gene(table: Table, name: str, texts: np.ndarray) -> None:
    """Refuse a column that names patients, or holds texts."""
    if name.casefold() in ID_WORDS:
        raise DataError(
            f"{table.path}: {name!r} looks like a patient's name or number: name it with leave_out="
        )
    words = [text for text in texts if text not in EMPTY and not is_number(text)]
    if len(words) > len(texts) / 10:  # fewer are slips, which are told by row
        raise DataError(
            f"{table.path}: {name!r} holds texts, such as {words[0]!r}, so it is no gene: name it with "
            "clinical= or leave_out="
        )


def _refuse_tellers(table: Table, columns: Mapping[str, np.ndarray], y: np.ndarray) -> None:
    """Refuse an input that alone tells the time or the event: another outcome, or this one's copy."""
    from scipy.stats import rankdata

    x = np.stack(list(columns.values()), axis=1)
    middle = np.nanmedian(x, axis=0)
    ranks = rankdata(np.where(np.isnan(x), middle, x), axis=0)
    centred = ranks - ranks.mean(0)
    time = rankdata(y["time"]) - (len(y) + 1) / 2
    of_time = np.abs(time @ centred) / (np.linalg.norm(time) * np.linalg.norm(centred, axis=0).clip(1e-9))
    count = int(y["event"].sum())
    area = (ranks[y["event"]].sum(0) - count * (count + 1) / 2) / max(count * (len(y) - count), 1)
    of_event = np.maximum(area, 1 - area) if 10 <= count <= len(y) - 10 else np.zeros(len(area))
    for what, tells, most in (("time", of_time, TELLS), ("event", of_event, TELLS_EVENT)):
        if (tells > most).any():
            name = list(columns)[int(np.argmax(tells))].removeprefix(CLINICAL)
            raise DataError(
                f"{table.path}: column {name!r} nearly tells the {what}, so it looks like this or another "
                "outcome: name it with leave_out="
            )
