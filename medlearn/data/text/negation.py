"""Findings in sentences of reports, affirmed or negated: the test kit of NegEx, or one's own in its form.

A file may be anybody's: each fault is one DataError that says in which row and column. Knows no rule for
negation (see `medlearn.features.negation`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from medlearn.data.csvfile import Table, content_of, only_file
from medlearn.data.dataset import Dataset, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, kind_of, path_of
from medlearn.data.text.labelled import ENDINGS, splits_of, table_of, text_array
from medlearn.errors import DataError

FILE = "Annotations-1-120.txt"
# What a column may be called, without regard to capitals and signs.
HEADS = {
    "report": ("reportno", "report", "document", "note", "patient"),
    "finding": ("concept", "finding", "condition", "term"),
    "sentence": ("sentence", "text"),
    "negation": ("negation", "negated", "status", "negationstatus", "assertion"),
}
NEGATED = {"negated": 1, "negation": 1, "absent": 1, "1": 1, "yes": 1, "true": 1}
NEGATED |= {"affirmed": 0, "present": 0, "0": 0, "no": 0, "false": 0}
UNCLEAR = ("", "possible", "uncertain")


def read_findings(place: str | Path, *, entry: Entry | None = None, seed: int = 0) -> Dataset:
    """Findings as a Dataset, one case each: x the sentence, and y 1 where the finding in it is negated.

    `about["finding"]` is what is asked about, and `about["begin"]` the place of its first letter in the
    sentence, −1 where it is not there. The kit writes the finding in capitals, so that any model that sees
    them knows where to look: here it stands as the column of findings has it. White space counts as one
    space. `patient` is the report; without such a column each sentence counts as one. Reports are dealt out
    60 : 20 : 20.

    Parameters
    ----------
    place : the kit's file, a folder with it, or a CSV or TSV file with columns report, finding, sentence and
        negation, which says affirmed or negated, 0 or 1, no or yes; "possible" sets a row aside.
    entry : the data set.
    seed : deals out the reports.
    """
    path = path_of(place)
    path = path / FILE if kind_of(path / FILE) == "file" else only_file(path, endings=ENDINGS)
    table = table_of(content_of(path), path)
    column = _roles(table)
    table, y = _usable(table, column)
    findings = [" ".join(cell.split()) for cell in table.columns[column["finding"]]]
    sentences = [" ".join(cell.split()) for cell in table.columns[column["sentence"]]]
    found = [_in_small_letters(*pair) for pair in zip(findings, sentences, strict=True)]
    begin = np.array([at for _, at in found])
    table.note("finding that is not in its sentence, kept", np.flatnonzero(begin < 0))
    reports = table.columns[column["report"]] if "report" in column else np.array(sentences)
    about = {"finding": text_array(findings), "begin": begin}
    everyone = Split(text_array([sentence for sentence, _ in found]), y, reports.astype(str), about)
    return Dataset(
        path.stem,
        *splits_of(everyone, ("affirmed", "negated"), seed, path),
        task="binary",
        classes=("affirmed", "negated"),
        simulated=MARK in table.columns,
        patients_known="report" in column,
        cases="findings",
        notes=sum_notes(table.notes),
    )


def _roles(table: Table) -> dict[str, str]:
    """The column of each role; only the report may be missing."""
    plain = {re.sub(r"[^a-z]", "", name.casefold()): name for name in reversed(table.columns)}
    column = {}
    for role, heads in HEADS.items():
        found = [plain[head] for head in heads if head in plain]
        if found:
            column[role] = found[0]
        elif role != "report":
            raise DataError(
                f"{table.path} has no column {role!r}; its columns are: {', '.join(table.columns)}"
            )
    return column


def _usable(table: Table, column: Mapping[str, str]) -> tuple[Table, np.ndarray]:
    """The rows that can be used, and y; notes of the others."""
    said = np.array([cell.casefold() for cell in table.columns[column["negation"]]])
    strange = np.flatnonzero(~np.isin(said, [*NEGATED, *UNCLEAR]))
    if len(strange):
        cell = table.columns[column["negation"]][strange[0]]
        raise table.fault(
            strange[0], column["negation"], f"{cell!r} is none of affirmed, negated, possible, 0 and 1"
        )
    kept = ~np.isin(said, UNCLEAR)
    table.note("finding neither affirmed nor negated, set aside", np.flatnonzero(~kept))
    for role in [role for role in ("report", "finding", "sentence") if role in column]:
        empty = kept & (table.columns[column[role]] == "")
        table.note(f"row without a {role}, set aside", np.flatnonzero(empty))
        kept &= ~empty
    y = np.array([NEGATED[cell] for cell in said[kept]], np.int64)
    if len(set(y.tolist())) < 2:
        raise DataError(f"{table.path} has one kind of finding: some should be negated, and others affirmed")
    columns = {name: cells[kept] for name, cells in table.columns.items()}
    return Table(table.path, columns, table.rows[kept], table.notes), y


def _in_small_letters(finding: str, sentence: str) -> tuple[str, int]:
    """A `sentence` with the `finding` as that is written, and where it begins, −1 where it is not."""
    found = re.search(re.escape(finding.upper()), sentence)
    found = found or re.search(re.escape(finding), sentence, re.IGNORECASE)
    if not found:
        return sentence, -1
    return sentence[: found.start()] + finding + sentence[found.end() :], found.start()
