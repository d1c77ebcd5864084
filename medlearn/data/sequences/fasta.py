"""FASTA files: names and sequences of DNA, with each fault named by line.

A file may be anybody's: each fault is one DataError that says where, and what is odd but harmless is noted.
Knows nothing of what the sequences are (see labelled.py).
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medlearn.data.dataset import Note
from medlearn.data.files import MARK, opened, path_of
from medlearn.data.sequences.letters import complaint_of, is_plain, share_in_lower_case
from medlearn.errors import DataError

MOST_LETTERS = 100_000  # of one sequence
MOST_BYTES = 64 << 20  # of a file, unpacked
_HEADER_TEXT = re.compile(r"[=:]")


@dataclass
class Fasta:
    """The sequences of a file in upper case, with T for U.

    Parameters
    ----------
    path : the file.
    heads : what follows each ">", whole.
    sequences : of the letters ACGT and the ambiguity letters.
    masked : the share of each that was in lower case.
    lines : of the file, where each begins.
    notes : what was odd.
    """

    path: Path
    heads: list[str] = field(default_factory=list)
    sequences: list[str] = field(default_factory=list)
    masked: list[float] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @classmethod
    def read(cls, path: str | Path) -> Fasta:
        """The file at `path`, plain or `.gz`, whatever system wrote it; a sequence may stand in many lines.

        A sequence of more than 100,000 letters is refused, and so is what comes behind the first 64 MB.
        """
        file = cls(path_of(path))
        content = content_up_to(file.path)
        parts: list[str] = []
        for number, line in enumerate(lines_of(content[:MOST_BYTES], file.path), start=1):
            if line.startswith(">"):
                file._end(parts)
                file._begin(line[1:], number)
                parts = []
            elif line:
                parts.append(file._part(line, number, bool(parts)))
                file._refuse_long(parts)
        file._end(parts)
        if len(content) > MOST_BYTES:
            raise DataError(f"{file.path} has more than {MOST_BYTES >> 20} MB: choose fewer sequences of it")
        if not file.sequences:
            raise DataError(
                f"{file.path} is empty: there should be a line with '>' and a name, and DNA below it"
            )
        file._note_oddities()
        return file

    @property
    def names(self) -> list[str]:
        """The first word of each header."""
        return [head.split()[0] if head.split() else "" for head in self.heads]

    @property
    def simulated(self) -> bool:
        """Whether a simulator wrote it: each header says so, also in a copy."""
        return all(MARK in head.split()[1:] for head in self.heads)

    @property
    def places(self) -> list[str]:
        """File and line of each sequence, for notes."""
        return [f"{self.path.name}, line {line}" for line in self.lines]

    def fault(self, line: int, complaint: str) -> DataError:
        """The error to raise: the `complaint` about a `line`."""
        return DataError(f"{self.path}, line {line} {complaint}")

    def note(self, what: str, lines: Sequence[int], *, count: int = 0) -> None:
        """Note `what` was met in these `lines`, if in any; `count` : how often, where not once a line."""
        if len(lines):
            self.notes.append(Note(what, count or len(lines), f"{self.path.name}, line {lines[0]}"))

    def _begin(self, head: str, number: int) -> None:
        self.heads.append(head.strip())
        self.lines.append(number)

    def _part(self, line: str, number: int, inside: bool) -> str:
        """The letters of a `line`, "" where it goes on with a header."""
        if not self.heads:
            raise self.fault(number, _no_header(line))
        if not inside and _HEADER_TEXT.search(line):
            self.heads[-1] += f" {line}"
            self.note("header cut by a line break, joined", [number])
            return ""
        letters = "".join(line.split())
        if letters != line:
            self.note("line with spaces inside a sequence, left out", [number])
        if complaint := complaint_of(letters):
            raise self.fault(number, complaint)
        return letters

    def _refuse_long(self, parts: Sequence[str]) -> None:
        if sum(map(len, parts)) > MOST_LETTERS:
            raise self.fault(
                self.lines[-1],
                f"begins a sequence of more than {MOST_LETTERS:,} letters, a chromosome rather than a piece "
                "of one: cut out the pieces that have a label",
            )

    def _end(self, parts: Sequence[str]) -> None:
        """Keep the sequence whose lines are `parts`; one without letters is set aside."""
        text = "".join(parts)
        if text:
            self.masked.append(share_in_lower_case(text))
            self.sequences.append(text.upper())
        elif self.heads:
            self.heads.pop()
            self.note("name without a sequence below it, set aside", [self.lines.pop()])

    def _note_oddities(self) -> None:
        rna = [line for line, text in zip(self.lines, self.sequences, strict=True) if "U" in text]
        self.note("sequence with U, as RNA has it, read as T", rna)
        self.sequences = [text.replace("U", "T") for text in self.sequences]
        self.notes += ambiguity_notes(self.sequences, self.places)
        known: dict[str, int] = {}
        again = [at for at, name in enumerate(self.names) if known.setdefault(name, at) != at]
        self.note("name that stands more than once, kept", [self.lines[at] for at in again])


def ambiguity_notes(sequences: Sequence[str], places: Sequence[str]) -> list[Note]:
    """A note of how many letters of the `sequences` are none of A, C, G and T; `places` are of each."""
    odd = [at for at, text in enumerate(sequences) if not is_plain(text)]
    if not odd:
        return []
    count = sum(sum(letter not in "ACGT" for letter in sequences[at]) for at in odd)
    return [Note("letter other than A, C, G and T, kept", count, places[odd[0]])]


def content_up_to(path: Path) -> bytes:
    """The first 64 MB of the file at `path`, unpacked if it is a `.gz`, and a byte more if there is."""
    with opened(path) as stream:
        try:
            return (gzip.open(stream) if path.suffix == ".gz" else stream).read(MOST_BYTES + 1)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise DataError(f"{path} is damaged or no .gz file ({error}): get it again") from error


def lines_of(content: bytes, path: Path) -> list[str]:
    """The lines of a file's `content` without white space at their ends; messages call it by its `path`."""
    if len(content) == MOST_BYTES:  # cut, perhaps inside a letter
        content = content[: content.rfind(b"\n") + 1] or content
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line} is not UTF-8 text: save the file as plain text") from error
    return [line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def _no_header(line: str) -> str:
    """The complaint about a first `line` that begins no sequence."""
    if re.match(r"\w+\s*,", line):
        return "is a row of a table and no FASTA: load it as 'splice', or save it with '>' before each name"
    return "has no '>' before it: each sequence of a FASTA file needs a line with '>' and a name above it"
