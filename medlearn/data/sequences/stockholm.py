"""Alignments of protein families in Stockholm's format, as pairs of sequences with the residues that answer.

A file may be anybody's: each fault is one DataError that says where, and what is odd but harmless is noted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from medlearn.data.dataset import Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, MARKER, kind_of, path_of
from medlearn.data.sequences.dealing import dealt_out
from medlearn.data.sequences.fasta import MOST_BYTES, content_up_to, lines_of
from medlearn.data.sequences.residues import complaint_of_protein, is_dna, other_letter_notes
from medlearn.errors import DataError

ENDINGS = (".sth", ".sto", ".stk", ".txt")
ENDINGS = (*ENDINGS, *(f"{ending}.gz" for ending in ENDINGS))
MOST_PAIRS = 40  # of a family
GAPS = ".-_~"
_WITHOUT_GAPS = str.maketrans("", "", GAPS)
_HEADING = re.compile(r"#\s*STOCKHOLM\b", re.IGNORECASE)


def read_families(place: str | Path, *, entry: Entry | None = None, seed: int = 0) -> Dataset:
    """Pairs of proteins of one family as a Dataset, one case each, with what answers to what.

    x holds two sequences a pair, (pairs, 2), without gaps and in upper case. y holds an array a pair,
    (residues, 2): places, from 0, of residues that stand under each other. `about` holds `family` and
    `identity`, the share of these that are equal. Where an alignment has letters in both cases, those in
    lower case are insertions, as HMMER and Pfam write them: they are in x, and answer to nothing.

    `patient` is the number of the family, by its name, and families are dealt out 60 : 20 : 20; that two
    families are related is not known from such files. Of three families or fewer each split gets one:
    training first, the test next. Sequences that are the same in a family are taken once.

    Parameters
    ----------
    place : a file with one alignment or several, in one block or in many, or a folder of such files; names
        end in .sth, .sto, .stk or .txt, and in .gz.
    entry : the data set.
    seed : draws up to 40 pairs of each family, and deals out the families.
    """
    place = path_of(place)
    families = [family for path in _paths(place) for family in _families(path)]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(one.name for one in families))}
    notes = [Note.of("family whose name stands more than once, one group", _named_again(families))]
    pairs: list[_Pair] = []
    for number, family in enumerate(families):
        found, odd = _pairs(family, np.random.default_rng([seed, number]))
        pairs += found
        notes += odd
    if not pairs:
        raise DataError(f"{place} holds no family of two different sequences: an alignment needs two")
    splits, few = dealt_out(_everyone(pairs, numbers), group="family", seed=seed)
    return Dataset(
        place.name.split(".")[0],
        *splits,
        task="none",
        simulated=all(family.simulated for family in families),
        cases="pairs",
        notes=sum_notes(notes + few),
    )


def _paths(place: Path) -> list[Path]:
    """The file at `place`, or those of a folder."""
    if kind_of(place) != "folder":
        return [place]
    found = [path for path in sorted(place.iterdir()) if path.name.lower().endswith(ENDINGS)]
    found = [path for path in found if path.name != MARKER and not path.name.startswith(".")]
    if not found:
        raise DataError(f"{place} holds no Stockholm file: its name should end in .sth, .sto, .stk or .txt")
    return found


def _named_again(families: Sequence[_Family]) -> list[str]:
    first: dict[str, int] = {}
    return [one.where for at, one in enumerate(families) if first.setdefault(one.name, at) != at]


# Files


@dataclass
class _Family:
    """One alignment: the rows by name, and the line where each begins."""

    path: Path
    line: int
    told: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    block: set[str] = field(default_factory=set)  # names that the present block has had
    simulated: bool = False

    @property
    def name(self) -> str:
        """As the file calls it, or after the file and its line."""
        return self.told.get("ID") or self.told.get("AC") or f"{self.path.name}, line {self.line}"

    @property
    def where(self) -> str:
        return f"{self.path.name}, line {self.line}"

    def add(self, line: str, number: int) -> None:
        """Take in one more line of the file."""
        if line.startswith("#=GF"):
            key, value = (*line[4:].split(None, 1), "", "")[:2]
            self.told.setdefault(key, value)
            self.simulated |= key == "CC" and value == MARK
        elif not line:
            self.block = set()
        elif not line.startswith("#"):
            self._add_row(line, number)

    def _add_row(self, line: str, number: int) -> None:
        name, *letters = line.split()
        if len(letters) != 1:
            raise _fault(
                self.path,
                number,
                f"has {len(letters) + 1} words, where a name and letters belong: mend it",
            )
        if name in self.block:
            raise _fault(
                self.path, number, f"names {name[:40]!r} again: give each sequence a name of its own"
            )
        self.block.add(name)
        self.rows[name] = self.rows.get(name, "") + letters[0]
        self.lines.setdefault(name, number)

    def check(self) -> None:
        """Refuse rows of other lengths, letters that are none, and DNA."""
        width = len(next(iter(self.rows.values()), ""))
        if not width:
            raise _fault(self.path, self.line, "begins an alignment without a sequence: remove it")
        for name, row in self.rows.items():
            if len(row) != width:
                raise _fault(
                    self.path,
                    self.lines[name],
                    f"begins a row, {name[:40]!r}, of {len(row)} columns, but the first row has {width}: "
                    "all rows of an alignment have one length, mend it",
                )
            if complaint := complaint_of_protein(row.translate(_WITHOUT_GAPS)):
                raise _fault(self.path, self.lines[name], complaint)
        if is_dna([row.translate(_WITHOUT_GAPS) for row in self.rows.values()]):
            raise _fault(self.path, self.line, "begins an alignment of DNA or RNA: give one of proteins")


def _fault(path: Path, line: int, complaint: str) -> DataError:
    return DataError(f"{path}, line {line} {complaint}")


def _families(path: Path) -> list[_Family]:
    """The alignments of a file, each checked."""
    content = content_up_to(path)
    if len(content) > MOST_BYTES:
        raise DataError(f"{path} has more than {MOST_BYTES >> 20} MB: choose fewer families of it")
    families: list[_Family] = []
    current: _Family | None = None
    for number, line in enumerate(lines_of(content, path), start=1):
        if current is None and line:
            if not _HEADING.match(line):
                raise _fault(path, number, _no_heading(line))
            current = _Family(path, number)
        elif current is not None and line == "//":
            current.check()
            families.append(current)
            current = None
        elif current is not None:
            _refuse_second_heading(current, line)
            current.add(line, number)
    if current is not None:
        raise _no_end(current)
    if not families:
        raise DataError(f"{path} is empty: there should be '# STOCKHOLM 1.0' and an alignment below it")
    return families


def _no_heading(line: str) -> str:
    """The complaint about a `line` that begins no alignment."""
    if line.startswith(">"):
        return "begins with '>', as FASTA does: save the alignment in Stockholm's format"
    if line.upper().startswith("CLUSTAL"):
        return "begins a Clustal file: save the alignment in Stockholm's format"
    return "has no '# STOCKHOLM 1.0' before it: each alignment begins with that, add it"


def _refuse_second_heading(family: _Family, line: str) -> None:
    if _HEADING.match(line):
        raise _no_end(family)


def _no_end(family: _Family) -> DataError:
    return _fault(
        family.path,
        family.line,
        "begins an alignment without '//' at its end: it may be cut off, get it again",
    )


# Pairs


class _Pair(NamedTuple):
    """Two sequences, the places that answer to each other, the family and the share of equal residues."""

    sequences: tuple[str, str]
    places: np.ndarray
    family: str
    identity: float


def _pairs(family: _Family, rng: np.random.Generator) -> tuple[list[_Pair], list[Note]]:
    """Up to 40 pairs of a family, drawn by `rng`, and what was odd."""
    rows, notes = _different_rows(family)
    if len(rows) < 2:
        return [], [*notes, Note.of("family of one sequence only, set aside", [family.where])]
    pairs, apart = [], []
    for first, second in _drawn(len(rows), rng):
        places, identity = _under_each_other(rows[first], rows[second])
        if len(places):
            sequences = tuple(rows[at].translate(_WITHOUT_GAPS).upper() for at in (first, second))
            pairs.append(_Pair(sequences, places, family.name, identity))
        else:
            apart.append(family.where)
    return pairs, [*notes, Note.of("pair of which nothing stands under each other, set aside", apart)]


def _different_rows(family: _Family) -> tuple[list[str], list[Note]]:
    """The rows whose sequences differ, in upper case where all are in lower case, and what was odd."""
    places = {name: f"{family.path.name}, line {line}" for name, line in family.lines.items()}
    lower = [places[name] for name, row in family.rows.items() if row != row.upper()]
    mixed = any(row != row.lower() for row in family.rows.values())
    kept: dict[str, str] = {}
    empty, again = [], []
    for name, row in family.rows.items():
        row = row if mixed else row.upper()
        sequence = row.translate(_WITHOUT_GAPS).upper()
        if not sequence:
            empty.append(places[name])
        elif sequence in kept:
            again.append(places[name])
        else:
            kept[sequence] = row
    case = "taken as insertions" if mixed else "read as upper"
    notes = [
        Note.of(f"sequence with letters in lower case, {case}", lower),
        Note.of("sequence of gaps alone, set aside", empty),
        Note.of("sequence that stands more than once in its family, taken once", again),
        *other_letter_notes(
            [row.translate(_WITHOUT_GAPS).upper() for row in family.rows.values()], list(places.values())
        ),
    ]
    return list(kept.values()), notes


def _drawn(count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Numbers of two of `count` sequences each, up to 40 such pairs, drawn by `rng`."""
    every = count * (count - 1) // 2
    number = np.sort(rng.choice(every, min(every, MOST_PAIRS), replace=False))
    second = ((1 + np.sqrt(1 + 8 * number)) // 2).astype(int)  # pairs with it begin at its triangular number
    first = number - second * (second - 1) // 2
    return list(zip(first.tolist(), second.tolist(), strict=True))


def _under_each_other(first: str, second: str) -> tuple[np.ndarray, float]:
    """Places of residues that stand under each other in two rows, (k, 2), and the share of equal ones."""
    rows = [np.frombuffer(row.encode("ascii"), np.uint8) for row in (first, second)]
    gaps, lower = np.frombuffer(GAPS.encode(), np.uint8), (ord("a"), ord("z"))
    place = [np.cumsum(~np.isin(row, gaps)) - 1 for row in rows]
    aligned = [~np.isin(row, gaps) & ~((row >= lower[0]) & (row <= lower[1])) for row in rows]
    both = aligned[0] & aligned[1]
    equal = rows[0][both] == rows[1][both]
    return np.stack([one[both] for one in place], axis=1), float(equal.mean()) if both.any() else 0.0


# Splits


def _everyone(pairs: Sequence[_Pair], numbers: dict[str, int]) -> Split:
    """All `pairs` as one split; `numbers` are of the families."""
    y = np.empty(len(pairs), object)
    for at, pair in enumerate(pairs):
        y[at] = pair.places
    about = {
        "family": np.array([pair.family for pair in pairs]),
        "identity": np.array([pair.identity for pair in pairs]),
    }
    patient = np.array([numbers[pair.family] for pair in pairs])
    return Split(np.array([pair.sequences for pair in pairs], object), y, patient, about)
