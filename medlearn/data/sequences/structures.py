"""Secondary structure of proteins in NetSurfP's CSV: a chain a row, with a letter of structure a residue.

A file may be anybody's: each fault is one DataError that says in which row and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medlearn.data.csvfile import Table, only_file, to_number
from medlearn.data.dataset import Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, path_of
from medlearn.data.ragged import Ragged
from medlearn.data.sequences.dealing import dealt_out
from medlearn.data.sequences.letters import text_array
from medlearn.data.sequences.residues import complaint_of_protein, is_dna, other_letter_notes
from medlearn.errors import DataError

FILE = "CB513_HHblits.csv"
CLASSES = ("coil", "helix", "strand")
CODES = {"C": 0, "H": 1, "E": 2}
LEFT_OUT = -1  # of a residue that does not count
MASKS = ("cb513_mask", "disorder")  # the first that a file has says which residues count


def read_structures(place: str | Path, *, entry: Entry | None = None, seed: int = 0) -> Dataset:
    """Chains of proteins as a Dataset, one row of the file a case: x the residues, y a label for each.

    y is a `Ragged` of 0 coil, 1 helix, 2 strand, and -1 where the residue does not count: where `cb513_mask`
    is 0, or, in a file without it, `disorder`. `patient` is the number of the chain: a chain stands in a row
    for each of its domains, so rows with the same residues are in one group. Chains are dealt out
    60 : 20 : 20; of three or fewer each split gets one. `about` holds `row`, as a spreadsheet counts.

    Parameters
    ----------
    place : a CSV file with the columns input and dssp3, or a folder with it; values may be divided by spaces.
    entry : the data set.
    seed : deals out the chains.
    """
    table = Table.read(only_file(path_of(place), official=FILE)).without_repeats()
    table.require("input", "dssp3")
    chains = [_chain(table, position) for position in range(len(table.rows))]
    if is_dna(chains):
        raise DataError(f"{table.path}, column 'input' holds DNA or RNA: give the proteins")
    labels = [_labels(table, position, len(chain)) for position, chain in enumerate(chains)]
    _note_oddities(table, chains)
    counts = np.array([(one != LEFT_OUT).any() for one in labels])
    table.note("chain of which no residue counts, set aside", np.flatnonzero(~counts))
    kept = np.flatnonzero(counts)
    if not len(kept):
        raise DataError(f"{table.path} has no residue that counts: its mask should be 1 somewhere")
    chains = text_array([chains[at] for at in kept])
    patient = np.unique(chains.astype(str), return_inverse=True)[1]
    y = Ragged.of([labels[at] for at in kept])
    everyone = Split(chains, y, patient, {"row": table.rows[kept]})
    splits, few = dealt_out(everyone, group="chain", seed=seed)
    return Dataset(
        table.path.stem,
        *splits,
        task="labelling",
        classes=CLASSES,
        simulated=MARK in table.columns,
        cases="chains",
        notes=sum_notes(table.notes + few),
    )


def _chain(table: Table, position: int) -> str:
    """The residues of a row, in upper case."""
    text = "".join(table.columns["input"][position].split())
    if not text:
        raise table.fault(position, "input", "is empty; give the chain or remove the row")
    if complaint := complaint_of_protein(text):
        raise table.fault(position, "input", complaint)
    return text.upper()


def _labels(table: Table, position: int, length: int) -> np.ndarray:
    """The labels of a row, -1 where a residue does not count; the chain has this `length`."""
    letters = "".join(table.columns["dssp3"][position].split()).upper()
    if len(letters) != length:
        raise table.fault(position, "dssp3", _other_length(len(letters), length))
    for letter in letters:
        if letter not in CODES:
            eight = "which is one of the eight states" if letter in "GIBTSP-" else "which is no state"
            raise table.fault(position, "dssp3", f"has {letter!r}, {eight}: give H, E or C for each residue")
    labels = np.array([CODES[letter] for letter in letters], np.int64)
    return np.where(_mask(table, position, length), labels, LEFT_OUT)


def _mask(table: Table, position: int, length: int) -> np.ndarray:
    """Which of so many residues of a row count."""
    column = next((name for name in MASKS if name in table.columns), None)
    if column is None:
        return np.ones(length, bool)
    cells = table.columns[column][position].split()
    if len(cells) != length:
        raise table.fault(position, column, _other_length(len(cells), length))
    values = np.array([to_number(cell) for cell in cells])
    if not np.isin(values, (0, 1)).all():
        odd = cells[int(np.argmin(np.isin(values, (0, 1))))]
        raise table.fault(position, column, f"has {odd[:20]!r}, where 0 or 1 belongs for each residue")
    return values == 1


def _other_length(found: int, length: int) -> str:
    return f"has {found} values, but the chain has {length} residues: mend the row"


def _note_oddities(table: Table, chains: Sequence[str]) -> None:
    """Note what is odd in the `chains` of a `table`."""
    places = [f"{table.path.name}, row {row}" for row in table.rows]
    lower = [at for at, text in enumerate(table.columns["input"]) if text != text.upper()]
    table.note("chain with letters in lower case, read as upper", np.array(lower))
    table.notes += other_letter_notes(chains, places)
    first: dict[str, int] = {}
    again = [at for at, chain in enumerate(chains) if first.setdefault(chain, at) != at]
    table.note("chain that stands more than once, in one group", np.array(again))
    if not set(MASKS) & set(table.columns):
        table.notes.append(Note("file without a mask, so that every residue counts", 1, table.path.name))
