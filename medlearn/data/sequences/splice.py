"""Splice sites in UCI's format, a row each: EI, IE or N, a name, and the letters around the place.

A file may be anybody's: each fault is one DataError that says in which row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medlearn.data.csvfile import cells_of, only_file
from medlearn.data.dataset import Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, path_of
from medlearn.data.sequences.fasta import MOST_BYTES, ambiguity_notes, content_up_to
from medlearn.data.sequences.labelled import case_notes, splits_of
from medlearn.data.sequences.letters import (
    complaint_of,
    groups_of,
    one_length,
    share_in_lower_case,
    text_array,
)
from medlearn.errors import DataError

FILE = "splice.data"
CLASSES = ("donor", "acceptor", "neither")
CODES = {"EI": 0, "IE": 1, "N": 2}
ENDINGS = (".data", ".csv", ".txt", ".data.gz", ".csv.gz", ".txt.gz")


def read_splice(place: str | Path, *, entry: Entry | None = None, seed: int = 0) -> Dataset:
    """Places in DNA as a Dataset, one case each: x the letters around it, y 0 donor, 1 acceptor, 2 neither.

    A donor is where an exon ends and an intron begins, in the middle of the letters; an acceptor is where the
    intron ends. `patient` is the group: rows of one locus, which is the name up to its first "-", and rows
    with the same letters are in one. Groups are dealt out 60 : 20 : 20. `about` holds `locus` and `name`.

    Parameters
    ----------
    place : `splice.data`, or a file with such rows, or a folder with it; `.gz` does, too.
    entry : the data set.
    seed : deals out the groups.
    """
    path = only_file(path_of(place), official=FILE, endings=ENDINGS)
    rows = _rows(path)
    codes, names, texts = zip(*(_row(path, number, cells) for number, cells in rows), strict=True)
    where = [f"{path.name}, row {number}" for number, _ in rows]
    one_length(texts, [f"{path}, row {number}" for number, _ in rows])
    x = text_array([text.upper().replace("U", "T") for text in texts])
    y = np.array(codes, np.int64)
    locus = np.array([name.split("-")[0] for name in names])
    patient = groups_of(locus, x.astype(str))
    everyone = Split(x, y, patient, {"locus": locus, "name": np.array(names)})
    return Dataset(
        path.stem,
        *splits_of(everyone, CLASSES, seed, path),
        task="multiclass",
        classes=CLASSES,
        simulated=all(name.upper().startswith(MARK.upper()) for name in locus),
        patients_known=True,
        cases="sequences",
        notes=sum_notes([*_letter_notes(texts, x, where), *case_notes(x, y, where)]),
    )


def _rows(path: Path) -> list[tuple[int, tuple[str, ...]]]:
    """The cells of each row that holds any, with its number."""
    content = content_up_to(path)
    if len(content) > MOST_BYTES:
        raise DataError(f"{path} has more than {MOST_BYTES >> 20} MB: choose fewer rows of it")
    rows = [(number, cells) for number, cells in cells_of(content, path) if any(cells)]
    if not rows:
        raise DataError(f"{path} is empty: there should be rows such as EI, NAME, SEQUENCE")
    return rows


def _row(path: Path, number: int, cells: Sequence[str]) -> tuple[int, str, str]:
    """Class, name and letters of a row."""
    if cells[0].startswith(">"):
        raise DataError(
            f"{path}, row {number} begins with '>', as FASTA does: rows EI, NAME, SEQUENCE belong here"
        )
    if len(cells) != 3:
        raise DataError(
            f"{path}, row {number} has {len(cells)} cells, where EI, NAME, SEQUENCE belong: mend it"
        )
    label, name, text = cells[0].upper(), cells[1], "".join(cells[2].split())
    if label not in CODES:
        swapped = text.upper() in CODES or name.upper() in CODES
        advice = "class and sequence are swapped, put the class first" if swapped else "mend it"
        raise DataError(f"{path}, row {number} begins with {label[:20]!r}, not with EI, IE or N: {advice}")
    for what, cell in (("name", name), ("sequence", text)):
        if not cell:
            raise DataError(f"{path}, row {number} has no {what}: fill it in or remove the row")
    if complaint := complaint_of(text):
        raise DataError(f"{path}, row {number} {complaint}")
    return CODES[label], name, text


def _letter_notes(texts: Sequence[str], x: Sequence[str], where: Sequence[str]) -> list[Note]:
    """Notes of letters in lower case, of U, and of those that are none of A, C, G and T."""
    rna = [place for place, text in zip(where, texts, strict=True) if "U" in text.upper()]
    lower = [place for place, text in zip(where, texts, strict=True) if share_in_lower_case(text)]
    return [
        Note.of("sequence with letters in lower case, read as upper", lower),
        Note.of("sequence with U, as RNA has it, read as T", rna),
        *ambiguity_notes(x, where),
    ]
