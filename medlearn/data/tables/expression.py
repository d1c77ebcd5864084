"""Gene expression of tumours whose class is known, in the format of de Souto et al. (2008).

The first row says the class of each tumour, and each row below what was measured of one gene: a tumour is a
column. Values stay as they are in the file; some sets are logged, and some are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from medlearn.data.csvfile import EMPTY, cells_of, content_of, in_order, is_number, to_number
from medlearn.data.dataset import Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, MARKER, kind_of, path_of
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

FEWEST = 10  # tumours
MOST_MISSING = 0.5  # of a gene
UNLOGGED = 50  # no logarithm of a measured intensity is as large
ENDINGS = tuple(ending + packed for ending in (".txt", ".tsv", ".csv") for packed in ("", ".gz"))


class _Grid(NamedTuple):
    """The cells of a file: a class for each tumour, and of each gene the row, the name and the cells."""

    path: Path
    labels: Sequence[str]
    rows: Sequence[int]
    genes: Sequence[str]
    cells: Sequence[Sequence[str]]


def read_expression(
    place: str | Path,
    *,
    entry: Entry | None = None,
    seed: int = 0,
    sets: str | Sequence[str] = (),
) -> Dataset:
    """Tumours by genes, x float32, NaN where a cell is empty; y is the class of each tumour.

    60, 20 and 20 % of the tumours are to learn from, to validate and to test on, with about the same mix of
    classes; a class of one or two is not in all of them. Tumours whose values are all the same count as one
    patient's.

    Parameters
    ----------
    place : a file, packed as `.gz` or not, or a folder with a file for each study.
    entry : the data set; it is not needed.
    seed : draws the splits.
    sets : of a folder the study to read: how its file's name begins, as in ("khan",).
    """
    place = path_of(place)
    path = _file(place, sets) if kind_of(place) == "folder" else place
    notes: list[Note] = []
    grid = _read(path)
    tumours = _known(grid, notes)
    y, classes = _classes(grid, tumours)
    x, genes = _genes(grid, tumours, notes)
    patient = _patients(grid, tumours, x, notes)
    if np.nanmin(x) > 0 and np.nanmax(x) > UNLOGGED:
        notes.append(Note(f"table not logged: all is above 0, and some above {UNLOGGED}", 1, path.name))
    everyone = Split(x, y, patient)
    return Dataset(
        path.stem,
        *map(everyone.take, split_by_patient(patient, y, seed=seed)),
        task="multiclass",
        classes=classes,
        simulated=MARK in grid.genes,
        cases="tumours",
        source="" if path == place else study_of(path),
        columns=genes,
        notes=sum_notes(notes),
    )


# The file


def study_of(file: Path) -> str:
    """What a study's `file` is called without its endings.

    >>> study_of(Path("khan-2001_database.txt.gz"))
    'khan-2001'
    """
    return file.name.removesuffix(".gz").rpartition(".")[0].removesuffix("_database") or file.name


def _file(folder: Path, sets: str | Sequence[str]) -> Path:
    """The file of the study that `sets` names, or the only one of a folder."""
    asked = (sets,) if isinstance(sets, str) else tuple(sets)
    if len(asked) > 1:
        raise DataError(f"{folder}: genes differ between studies, so name one: sets=({asked[0]!r},)")
    there = [file for file in sorted(folder.iterdir()) if file.name.endswith(ENDINGS) and file.name != MARKER]
    found = [file for file in there if file.name.startswith(asked)] if asked else there
    if len(found) != 1:
        studies = ", ".join(map(study_of, there)) or "none"
        wanted = f"{asked[0]!r}" if asked else "any"
        fault = f"{len(found)} studies that begin with {wanted}" if found else f"no study {wanted}"
        raise DataError(f"{folder} holds {fault}: name one of those there with file= ({studies})")
    return found[0]


def _read(path: Path) -> _Grid:
    """The cells at `path`, as many in each row."""
    lines = [(row, cells) for row, cells in cells_of(content_of(path), path) if any(cells)]
    if len(lines) < 2:
        raise DataError(f"{path} is empty: there should be a row of classes and below it a row for each gene")
    heading, body = lines[0][1], lines[1:]
    for row, fields in body:
        if len(fields) != len(heading):
            raise DataError(
                f"{path}, row {row} has {len(fields)} cells, but the first row has {len(heading)}: a word "
                "such as GENES, and a class for each tumour"
            )
    _check_heading(path, heading[1:], [fields for _, fields in body])
    rows, fields = zip(*body, strict=True)
    return _Grid(path, heading[1:], rows, [each[0] for each in fields], [each[1:] for each in fields])


def _check_heading(path: Path, labels: Sequence[str], body: Sequence[Sequence[str]]) -> None:
    """Refuse a first row that does not hold classes: names of genes, names of tumours, or numbers."""
    first, last = ({fields[side] for fields in body} for side in (0, -1))
    mostly_names = len(set(labels)) > 0.9 * len(labels)
    if mostly_names and (len(first) <= len(body) / 2 or all(map(_is_text, last))):
        raise DataError(
            f"{path}: patients stand in rows, and they should stand in columns: transpose the table, so that "
            "its first row holds the class of each"
        )
    if all(map(is_number, labels)) and (mostly_names or not all(label.isdecimal() for label in labels)):
        raise DataError(
            f"{path}: its first row holds numbers, such as {labels[0]}: put a row with the class of each "
            "tumour on top"
        )
    if len(labels) > 1 and mostly_names:
        raise DataError(
            f"{path}: its first row names {len(set(labels))} classes for {len(labels)} tumours: it should "
            "hold the class of each, not its name; where genes stand there, transpose the table"
        )


def _is_text(cell: str) -> bool:
    return cell not in EMPTY and not is_number(cell)


# Tumours and genes


def _known(grid: _Grid, notes: list[Note]) -> np.ndarray:
    """Where the tumours stand whose class is known; the others are noted."""
    is_known = np.array([label not in EMPTY for label in grid.labels])
    places = [f"{grid.path.name}, column {number + 2}" for number in np.flatnonzero(~is_known)]
    notes.append(Note.of("tumour whose class is not known, set aside", places))
    if is_known.sum() < FEWEST:
        raise DataError(
            f"{grid.path} has {is_known.sum()} tumours of a known class, and groups need {FEWEST} at least"
        )
    return np.flatnonzero(is_known)


def _classes(grid: _Grid, tumours: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """The class of each of these `tumours`, and the classes' names."""
    labels = [grid.labels[number] for number in tumours]
    names = in_order(labels)
    if len(names) < 2:
        raise DataError(f"{grid.path}: all tumours are of the class {names[0]!r}, and two classes are needed")
    return np.array([names.index(label) for label in labels], np.int64), tuple(names)


def _genes(grid: _Grid, tumours: np.ndarray, notes: list[Note]) -> tuple[np.ndarray, tuple[str, ...]]:
    """x for these `tumours` and the names of its genes; those that say nothing are noted and left out."""
    values = np.array(
        [_numbers(grid.path, row, cells) for row, cells in zip(grid.rows, grid.cells, strict=True)]
    )[:, tumours]
    is_gene = np.array([gene != MARK for gene in grid.genes])
    is_empty = is_gene & (np.isnan(values).mean(axis=1) > MOST_MISSING)
    lowest, highest = np.fmin.reduce(values, axis=1), np.fmax.reduce(values, axis=1)
    is_same = is_gene & ~is_empty & (lowest == highest)
    for what, where in (
        (f"gene that is empty in more than {MOST_MISSING:.0%} of the tumours, left out", is_empty),
        ("gene that is the same in every tumour, left out", is_same),
    ):
        notes.append(Note.of(what, [_place(grid, number) for number in np.flatnonzero(where)]))
    kept = np.flatnonzero(is_gene & ~is_empty & ~is_same)
    if not len(kept):
        raise DataError(f"{grid.path} has no gene left that differs between tumours: get the table again")
    return values[kept].T.astype(np.float32), _names(grid, kept, notes)


def _place(grid: _Grid, number: int) -> str:
    return f"{grid.path.name}, row {grid.rows[number]}"


def _numbers(path: Path, row: int, cells: Sequence[str]) -> np.ndarray:
    """The cells of a gene as numbers, NaN where empty."""
    values = np.array([to_number(cell) for cell in cells])
    for number in np.flatnonzero(~(np.abs(values) < 1e38)):  # float32 holds no more
        if cells[number] not in EMPTY:
            raise DataError(
                f"{path}, row {row}, column {number + 2}: {cells[number]!r} stands where a number belongs "
                "(such as 36.6)"
            )
    return values


def _names(grid: _Grid, kept: np.ndarray, notes: list[Note]) -> tuple[str, ...]:
    """Names of the genes that are `kept`, no two alike."""
    taken: dict[str, int] = {}
    again, nameless = [], []
    for number in kept:
        gene = grid.genes[number]
        if not gene:
            nameless.append(_place(grid, number))
            gene = f"row {grid.rows[number]}"
        elif gene in taken:
            again.append(_place(grid, number))
        name, copies = gene, 1
        while name in taken:
            copies += 1
            name = f"{gene} ({copies})"
        taken[name] = number
    notes.append(Note.of("gene whose name stands there already, kept with a number", again))
    notes.append(Note.of("gene without a name, called by its row", nameless))
    return tuple(taken)


def _patients(grid: _Grid, tumours: np.ndarray, x: np.ndarray, notes: list[Note]) -> np.ndarray:
    """Whose each tumour is, by the column where it or one with the same values stands first."""
    first: dict[bytes, int] = {}
    column = tumours + 2
    patient = np.array([first.setdefault(row.tobytes(), each) for row, each in zip(x, column, strict=True)])
    if len(first) < FEWEST:
        raise DataError(f"{grid.path} has {len(first)} different tumours, and groups need {FEWEST} at least")
    places = [f"{grid.path.name}, column {each}" for each in column[patient != column]]
    notes.append(Note.of("tumour with the values of another, counted as the same patient's", places))
    return patient
