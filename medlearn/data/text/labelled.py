"""Texts with a label each, in a CSV or TSV file: drug reviews, abstracts, letters, or one's own.

A file may be anybody's: each fault is one DataError that says in which row and column. Knows the columns of
the course's three sets and nothing of what a text says.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from medlearn.data.csvfile import Table, content_of, in_order, only_file
from medlearn.data.dataset import SPLITS, Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, members_of, path_of
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".zip")
MOST_CLASSES = 50
COMPLAINT = 6  # a rating up to here counts as one
# What the columns of the course's sets are: see `read_labelled` for each word.
LAYOUTS = {
    "reviews": {
        "text": ("benefitsReview", "sideEffectsReview", "commentsReview"),
        "label": "rating",
        "group": "urlDrugName",
        "keep": {"rating": "rating", "urlDrugName": "drug"},
    },
    "abstracts": {"text": ("medical_abstract",), "label": "condition_label", "group": None, "keep": {}},
    "letters": {
        "text": ("text",),
        "label": "follow_up",
        "group": "patient",
        "keep": {name: name for name in ("note", "template", "clinic")},
    },
}


def read_labelled(
    place: str | Path,
    *,
    entry: Entry | None = None,
    seed: int = 0,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    group: str | None = None,
    keep: str | Sequence[str] | None = None,
) -> Dataset:
    """The texts of a CSV or TSV file as a Dataset, one case each: x an array of texts, y the label's number.

    `place` is the file, or one packed as .gz or .zip, or a folder with it. Where it has the columns of the
    `entry` and none is named here, they are read so: in drug reviews x is what is said about benefits, side
    effects and anything else, three lines, and y is 1 for a complaint, a rating of 6 or less of 10.

    Labels are numbered in the order of the alphabet, or of their size. `patient` is the `group`, so that no
    group stands on two sides; without, each text is its own, and copies of a text are one. White space counts
    as one space, but for line breaks in `text`. `about["doubled"]` is 1 where the same text stands under
    another label too: no model can be right on both. Groups are dealt out 60 : 20 : 20.

    Parameters
    ----------
    place, entry : as above.
    seed : deals out the groups.
    text : the column of the text, or several, whose texts become a line each; "text" unless told otherwise.
    label : the column of the label; "label" unless told otherwise.
    group : the column of what must not be on two sides: the patient, the drug, the report.
    keep : columns that go to `about`, as they are.
    """
    said = {"text": text, "label": label, "group": group, "keep": keep}
    tables = _tables(path_of(place), entry)
    parts = _parts(tables[0], said, LAYOUTS.get(entry.name, {}) if entry else {})
    tables = [_usable(table, parts) for table in tables]
    classes, codes = _labels(tables, parts, entry)
    texts = np.concatenate([_texts(table, parts) for table in tables])
    y = np.concatenate(codes)
    own = np.unique([" ".join(each.casefold().split()) for each in texts], return_inverse=True)[1]
    rows = _joined(tables)
    about = {name: rows.as_it_is(column) for column, name in parts["keep"].items()}
    where = [f"{table.path.name}, row {row}" for table in tables for row in table.rows]
    about["doubled"], copies = _doubled(own, y, where)
    patient = own
    if parts["group"] is not None:
        patient = rows.owners(parts["group"])
        copies += _shared(own, patient, where)
    everyone = Split(texts, y, patient, about)
    return Dataset(
        tables[0].path.stem,
        *splits_of(everyone, classes, seed, tables[0].path),
        task="binary" if len(classes) == 2 else "multiclass",
        classes=classes,
        simulated=any(MARK in table.columns for table in tables),
        patients_known=entry.patients_known if parts["official"] else parts["group"] is not None,
        cases="texts",
        notes=sum_notes([*(note for table in tables for note in table.notes), *copies]),
    )


# Tables


def _tables(place: Path, entry: Entry | None) -> list[Table]:
    """The table at `place`, or those that the `entry`'s official archive holds."""
    official = entry.files[0] if entry and entry.files else None
    place = only_file(place, official=official.name if official else "", endings=ENDINGS)
    otherwise = official.encoding if official else ""
    if place.suffix.lower() != ".zip":
        return [table_of(content_of(place), place, otherwise=otherwise)]
    found = list(members_of(place, wanted=lambda name: PurePosixPath(name).suffix in (".tsv", ".csv")))
    tables = [table_of(content, place / name, otherwise=otherwise) for name, content in found]
    if not tables:
        raise DataError(f"{place} holds no .csv and no .tsv file: name the file itself")
    for table in tables[1:]:
        tables[0].require(*table.columns)
        table.require(*tables[0].columns)
    return tables


def table_of(content: bytes, path: Path, *, otherwise: str = "") -> Table:
    """The table in the `content` of a file, which messages call `path`; `otherwise` as for `Table.read`.

    A quotation mark that opens a cell and is not closed swallows what stands below; it is named and refused.
    """
    try:
        table = Table.of(content, path, otherwise=otherwise)
    except DataError as error:
        if isinstance(error.__cause__, csv.Error) and (open_at := _open_quote(content.decode("utf-8-sig"))):
            row, column = open_at
            raise DataError(
                f"{path}, row {row}, column {column!r}: a quotation mark opens this cell and does not close "
                "it: remove the mark, or double each one inside"
            ) from error
        raise
    tabs = len(table.columns) - 1
    for name, cells in table.columns.items():
        for position, cell in enumerate(cells):
            if "\t" in cell and any(line.count("\t") >= tabs > 1 for line in cell.split("\n")):
                raise table.fault(
                    position, name, "a quotation mark that is not closed has swallowed rows: close it"
                )
    return table


def _open_quote(text: str) -> tuple[int, str] | None:
    """Row and column of the first cell whose quotation mark is not closed; None if there is none."""
    heading = text[: text.find("\n")]
    delimiter = max(",;\t", key=heading.count)
    cell = re.compile(rf'(?:"(?:[^"]|"")*"|[^"{delimiter}\r\n][^{delimiter}\r\n]*|)({delimiter}|\r\n?|\n|\Z)')
    names = [name.strip() for name in heading.split(delimiter)]
    row, column, at = 1, 0, 0
    while at < len(text):
        found = cell.match(text, at)
        if not found:
            return row, names[min(column, len(names) - 1)]
        row, column = (row, column + 1) if found[1] == delimiter else (row + 1, 0)
        at = found.end()
    return None


# Columns


def _listed(names: str | Iterable[str] | None) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(map(str, names or ()))


def _parts(table: Table, said: Mapping[str, object], layout: Mapping) -> dict:
    """What part each column has: as `said`, or as in the `layout`, where the file is laid so."""
    named = {name: value for name, value in said.items() if value is not None}
    if layout and not named and {*layout["text"], layout["label"]} <= set(table.columns):
        parts = {**layout, "official": True}
    else:
        keep = {name: name for name in _listed(named.get("keep"))}
        parts = {"text": _listed(named.get("text", "text")), "label": named.get("label", "label")}
        parts |= {"group": named.get("group"), "keep": keep, "official": False}
    for role in ("text", "label", "group"):
        for name in _listed(parts[role]):
            if name not in table.columns:
                there = ", ".join(table.columns)
                raise DataError(
                    f"{table.path} has no column {name!r} for the {role}: name yours with {role}=; "
                    f"its columns are: {there}"
                )
    if parts["label"] in (*parts["text"], *_listed(parts["group"])):
        raise DataError(f"{table.path}: the column {parts['label']!r} is the label, and cannot be more")
    table.require(*parts["keep"])
    if "doubled" in parts["keep"].values():
        raise DataError(f"{table.path}: 'doubled' says which texts have two labels: rename that column")
    return parts


def _usable(table: Table, parts: Mapping) -> Table:
    """The rows with a text, a label and a group; notes of those without."""
    table.require(*parts["text"], parts["label"], *_listed(parts["group"]), *parts["keep"])
    kept = np.ones(len(table.rows), bool)
    lacks = {"text": np.all([table.columns[name] == "" for name in parts["text"]], axis=0)}
    lacks |= {role: table.columns[parts[role]] == "" for role in ("label", "group") if parts[role]}
    for role, empty in lacks.items():
        table.note(f"row without a {role}, set aside", np.flatnonzero(kept & empty))
        kept &= ~empty
    if not kept.any():
        raise DataError(f"{table.path} has no row with {' and '.join(lacks)}: fill them in")
    columns = {name: cells[kept] for name, cells in table.columns.items()}
    return Table(table.path, columns, table.rows[kept], table.notes)


def _texts(table: Table, parts: Mapping) -> np.ndarray:
    """Each row's text; of several columns one line each."""
    columns = [table.columns[name] for name in parts["text"]]
    if len(columns) == 1:
        texts = [_plain(cell) for cell in columns[0]]
    else:
        texts = ["\n".join(" ".join(cell.split()) for cell in row) for row in zip(*columns, strict=True)]
    return text_array(texts)


def text_array(texts: Sequence[str]) -> np.ndarray:
    """The `texts` as an array of objects, which takes no more room for the short ones than they need."""
    each = np.empty(len(texts), object)
    each[:] = texts
    return each


def _plain(text: str) -> str:
    """A `text` with single spaces and its line breaks."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines()).strip()


def _joined(tables: Sequence[Table]) -> Table:
    """The rows of all `tables` as those of one."""
    columns = {name: np.concatenate([table.columns[name] for table in tables]) for name in tables[0].columns}
    return Table(tables[0].path, columns, np.concatenate([table.rows for table in tables]))


# Labels


def _labels(
    tables: Sequence[Table], parts: Mapping, entry: Entry | None
) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """The classes, and each table's numbers of them."""
    column = parts["label"]
    if parts["official"] and entry.name == "reviews":
        return entry.classes, [_complaints(table, column) for table in tables]
    values = in_order(cell for table in tables for cell in table.columns[column])
    where = tables[0].path
    if len(values) < 2:
        raise DataError(f"{where}: {column!r} is {values[0]!r} in every row, so there is nothing to learn")
    if len(values) > MOST_CLASSES:
        raise DataError(
            f"{where}: {column!r} has {len(values)} different values, more than {MOST_CLASSES} classes: name "
            "another column with label="
        )
    code = {value: number for number, value in enumerate(values)}
    codes = [np.array([code[cell] for cell in table.columns[column]], np.int64) for table in tables]
    official = parts["official"] and len(values) == len(entry.classes)
    return entry.classes if official else tuple(values), codes


def _complaints(table: Table, column: str) -> np.ndarray:
    """1 for each rating that is a complaint."""
    rating = table.numbers(column)
    wrong = np.flatnonzero(~((rating >= 1) & (rating <= 10)))
    if len(wrong):
        said = table.columns[column][wrong[0]]
        raise table.fault(wrong[0], column, f"{said} stands where a rating from 1 to 10 belongs")
    return (rating <= COMPLAINT).astype(np.int64)


def _doubled(own: np.ndarray, y: np.ndarray, where: Sequence[str]) -> tuple[np.ndarray, list[Note]]:
    """1 for each case whose text stands under another label too; notes of such texts, and of other copies."""
    low, high = np.full(own.max() + 1, y.max()), np.zeros(own.max() + 1, y.dtype)
    np.minimum.at(low, own, y)
    np.maximum.at(high, own, y)
    two, copied = low < high, np.bincount(own) > 1
    notes = [
        _note("text that stands under two labels, kept", two, own, where, grave=True),
        _note("text that stands more than once, kept", copied & ~two, own, where),
    ]
    return two[own].astype(np.int64), notes


def _shared(own: np.ndarray, patient: np.ndarray, where: Sequence[str]) -> list[Note]:
    """A note of the texts that stand in two groups, which may then be on two sides."""
    group = np.unique(patient, return_inverse=True)[1]
    texts = np.unique(np.stack([own, group]), axis=1)[0]
    return [_note("text that stands in two groups, kept", np.bincount(texts) > 1, own, where, grave=True)]


def _note(
    what: str, which: np.ndarray, own: np.ndarray, where: Sequence[str], *, grave: bool = False
) -> Note:
    """A note of the texts that `which` marks, and of the row where the first of them stands."""
    first = where[int(np.argmax(which[own]))] if which.any() else ""
    return Note(what, int(which.sum()), first, grave)


def splits_of(everyone: Split, classes: Sequence[str], seed: int, path: Path) -> list[Split]:
    """The cases of `everyone` in three splits, each with texts of all `classes`, dealt out by `seed`.

    Messages call the file by its `path`.
    """
    try:
        index = split_by_patient(everyone.patient, everyone.y, seed=seed)
    except DataError as error:
        raise DataError(f"{path} holds too few texts, or groups, for three splits: {error}") from error
    for name, positions in zip(SPLITS, index, strict=True):
        for code, called in enumerate(classes):
            if not (everyone.y[positions] == code).any():
                raise DataError(
                    f"{path}: {name} has no text of the class {called!r}: too few texts, or groups, have it"
                )
    return [everyone.take(positions) for positions in index]
