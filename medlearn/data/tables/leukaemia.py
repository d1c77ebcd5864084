"""Two leukaemias by gene expression, in the three files of Golub et al. (1999).

A row of a series is a gene, and each patient has two columns: what was measured, and a call, whether the gene
was seen at all. Patients do not stand in the order of their numbers; a third file says which leukaemia each
has. Intensities stay as they are in the files, some below 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from medlearn.data.csvfile import EMPTY, Table, cells_of, content_of, in_order, to_number
from medlearn.data.dataset import Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, kind_of, path_of
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

FILES = ("data_set_ALL_AML_train.csv", "data_set_ALL_AML_independent.csv")
ANSWERS = "actual.csv"
GENE = "Gene Accession Number"
CALL = "call"  # and the calls are P, M and A
SHARES = (0.75, 0.25)  # of the first series, to learn from and to validate


class _Series(NamedTuple):
    """A file: the number of each patient, the genes, and what was measured, (patients, genes)."""

    path: Path
    number: Sequence[str]
    genes: Sequence[str]
    x: np.ndarray


def read_leukaemia(place: str | Path, *, entry: Entry | None = None, seed: int = 0) -> Dataset:
    """Patients by genes, x float32, NaN where a cell is empty; y is 0 for ALL and 1 for AML.

    Three quarters of the first series are to learn from and one quarter to validate; the second series is the
    test set. `about["series"]` is 0 in the first and 1 in the second. Genes that are the same in all patients
    are left out; calls are not read.

    Parameters
    ----------
    place : the folder with the three files.
    entry : the data set; it is not needed.
    seed : draws which patients of the first series are to validate on.
    """
    folder = _folder(path_of(place))
    first, second = (_read(folder / name) for name in FILES)
    notes: list[Note] = []
    x, genes = _together(first, second, notes)
    y, classes = _answers(folder / ANSWERS, first, second)
    patient = np.array([int(number) for number in (*first.number, *second.number)])
    series = np.repeat([0, 1], [len(first.number), len(second.number)])
    everyone = Split(x, y, patient, {"series": series})
    return Dataset(
        folder.name,
        *map(everyone.take, _splits(folder, everyone, seed)),
        task="binary",
        classes=classes,
        simulated=any(MARK in each.genes for each in (first, second)),
        cases="patients",
        columns=genes,
        notes=sum_notes(notes),
    )


# The files


def _folder(place: Path) -> Path:
    """The folder at `place`; one that lacks a file, and a file in place of a folder, are refused."""
    if kind_of(place) != "folder":
        raise DataError(f"{place} is no folder: name the one with {', '.join((*FILES, ANSWERS))}")
    for name in (*FILES, ANSWERS):
        if not kind_of(place / name):
            raise DataError(f"{place} holds no {name}: the two series and {ANSWERS} belong together")
    return place


def _read(path: Path) -> _Series:
    """The series in the file at `path`."""
    lines = [(row, cells) for row, cells in cells_of(content_of(path), path) if any(cells)]
    if len(lines) < 2:
        raise DataError(
            f"{path} is empty: there should be a row of headings and below it a row for each gene"
        )
    heading = lines[0][1]
    if GENE not in heading:
        turned = any(cells[0] == GENE for _, cells in lines)
        raise DataError(
            f"{path}: genes stand in columns, and they should stand in rows: transpose the table"
            if turned
            else f"{path} has no column {GENE!r}: get the file again"
        )
    for row, cells in lines[1:]:
        if len(cells) != len(heading):
            raise DataError(
                f"{path}, row {row} has {len(cells)} cells, but there are {len(heading)} headings"
            )
    at = _patients(path, heading, [cells for _, cells in lines[1:]])
    genes = [cells[heading.index(GENE)] for _, cells in lines[1:]]
    x = np.array([_numbers(path, row, cells, at) for row, cells in lines[1:]]).T
    return _Series(path, [heading[place] for place in at], genes, x)


def _patients(path: Path, heading: Sequence[str], body: Sequence[Sequence[str]]) -> list[int]:
    """Where the values of patients stand; all the other columns must be calls or texts on a gene."""
    at = [place for place, name in enumerate(heading) if name.isdecimal()]
    numbers = [int(heading[place]) for place in at]
    if not at:
        raise DataError(f"{path} has no column headed by the number of a patient: get the file again")
    for number in numbers:
        if numbers.count(number) > 1:
            raise DataError(f"{path} has patient {number} twice: leave one of the two columns out")
    for place, name in enumerate(heading):
        known = place in at or name in ("", GENE) or name.startswith((CALL, "Gene"))
        if not known:
            raise DataError(
                f"{path}: {name!r}, in column {place + 1}, is no patient's number and no {CALL!r}"
            )
    for place in at:
        if body[0][place] in ("P", "M", "A"):
            raise DataError(
                f"{path}: column {place + 1} should hold what was measured of patient {heading[place]}, and "
                f"holds calls, such as {body[0][place]}: put the headings over their own columns"
            )
    return at


def _numbers(path: Path, row: int, cells: Sequence[str], at: Sequence[int]) -> np.ndarray:
    """The values of a gene, NaN where a cell is empty."""
    values = np.array([to_number(cells[place]) for place in at])
    for number in np.flatnonzero(~(np.abs(values) < 1e38)):  # float32 holds no more
        if cells[at[number]] not in EMPTY:
            raise DataError(
                f"{path}, row {row}, column {at[number] + 1}: {cells[at[number]]!r} stands where a number "
                "belongs (such as 214)"
            )
    return values


# Genes, classes and splits


def _together(first: _Series, second: _Series, notes: list[Note]) -> tuple[np.ndarray, tuple[str, ...]]:
    """x of both series, genes joined by name, without those that say nothing; and the names."""
    genes = [gene for gene in first.genes if gene != MARK]
    for series in (first, second):
        if len(set(series.genes)) < len(series.genes):
            twice = next(gene for gene in series.genes if series.genes.count(gene) > 1)
            raise DataError(f"{series.path} has the gene {twice!r} twice: leave one of the rows out")
    if set(genes) != set(second.genes) - {MARK}:
        odd = sorted(set(genes) ^ (set(second.genes) - {MARK}))
        raise DataError(f"{first.path.parent}: the two series differ in their genes, as in {odd[0]!r}")
    parts = [each.x[:, [each.genes.index(gene) for gene in genes]] for each in (first, second)]
    x = np.concatenate(parts).astype(np.float32)
    says = np.fmin.reduce(x) < np.fmax.reduce(x)
    where = first.path.name
    notes.append(Note.of("gene that is the same in every patient, left out", [where] * int((~says).sum())))
    gaps = int(np.isnan(x[:, says]).sum())
    notes.append(Note("value that is missing", gaps, where))
    notes.append(Note("table with values below 0, which a logarithm needs raised", int((x < 0).any()), where))
    if not says.any():
        raise DataError(f"{first.path.parent} has no gene that differs between patients: get the files again")
    return x[:, says], tuple(gene for gene, kept in zip(genes, says, strict=True) if kept)


def _answers(path: Path, first: _Series, second: _Series) -> tuple[np.ndarray, tuple[str, ...]]:
    """Each patient's class and the names of the two, joined by the patient's number."""
    if both := set(map(int, first.number)) & set(map(int, second.number)):
        raise DataError(f"{path.parent}: patient {min(both)} is in both series: leave one of the columns out")
    table = Table.read(path)
    table.require("patient", "cancer")
    known = {int(number): place for place, number in enumerate(table.numbers("patient"))}
    cells = []
    for number in (*first.number, *second.number):
        place = known.get(int(number))
        if place is None or not table.columns["cancer"][place]:
            raise DataError(f"{path} does not say which leukaemia patient {number} has: add a row")
        cells.append(table.columns["cancer"][place])
    classes = in_order(cells)
    if len(classes) != 2:
        found = f"{len(classes)} classes, {', '.join(classes)}" if classes[1:] else f"only {classes[0]!r}"
        raise DataError(f"{path} has {found}: two are needed, ALL and AML")
    return np.array([classes.index(cell) for cell in cells], np.int64), tuple(classes)


def _splits(folder: Path, everyone: Split, seed: int) -> list[np.ndarray]:
    """Positions to learn from, to validate and to test on."""
    first, second = (np.flatnonzero(everyone.about["series"] == code) for code in (0, 1))
    for name, there in zip(FILES, (first, second), strict=True):
        if len(set(everyone.y[there])) < 2:
            raise DataError(f"{folder / name}: all patients have one leukaemia, and both are needed")
    try:
        dealt = split_by_patient(everyone.patient[first], everyone.y[first], shares=SHARES, seed=seed)
    except DataError as error:
        raise DataError(f"{folder / FILES[0]}: {error}") from error
    return [*(first[positions] for positions in dealt), second]
