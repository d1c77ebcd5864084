"""A table of text from a CSV file, with each fault named by row and column: the one reader of CSV files.

Knows nothing of what the columns mean. Python's csv reads the rows: pandas fills a row that is too short with
missing values, without a word.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from medlearn.data.dataset import Note
from medlearn.data.files import kind_of, opened, path_of
from medlearn.errors import DataError

EMPTY = frozenset({"", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"})


@dataclass
class Table:
    """The cells of a file as text, "" where empty, NA or NaN.

    Parameters
    ----------
    path : the file, for messages.
    columns : its columns by heading.
    rows : the number that each row has in a spreadsheet.
    notes : what was odd, so far.
    """

    path: Path
    columns: dict[str, np.ndarray]
    rows: np.ndarray
    notes: list[Note] = field(default_factory=list)

    @classmethod
    def read(cls, path: str | Path, *, otherwise: str = "") -> Table:
        """The table at `path`: UTF-8, divided by commas, semicolons or tabs, headings in the first row.

        One that ends in `.gz` is unpacked as it is read, to no more than 100 times its size or 10 MB. One
        that is not UTF-8 is read in the encoding `otherwise`, where that is said, and else refused.
        """
        path = path_of(path)
        return cls.of(content_of(path), path, otherwise=otherwise)

    @classmethod
    def of(cls, content: bytes, path: Path, *, otherwise: str = "") -> Table:
        """The table in the `content` of a file, which messages call `path`; `otherwise` as for `read`."""
        lines = cells_of(content, path, otherwise=otherwise)
        names = lines[0][1] if lines else ()
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise DataError(f"{path} has two columns called {twice!r}: rename one")
        lines = [line for line in lines[1:] if any(line[1])]
        if not lines:
            raise DataError(f"{path} is empty: there should be a row of headings and rows below it")
        for row, fields in lines:
            if len(fields) != len(names):
                raise DataError(
                    f"{path}, row {row} has {len(fields)} cells, but there are {len(names)} headings"
                )
        table = np.array([fields for _, fields in lines], dtype=object)
        table[np.isin(table, list(EMPTY))] = ""
        return cls(path, dict(zip(names, table.T, strict=True)), np.array([row for row, _ in lines]))

    def without_repeats(self) -> Table:
        """The same without rows that repeat another word for word, which it notes."""
        first: dict[tuple, int] = {}
        for position, cells in enumerate(zip(*self.columns.values(), strict=True)):
            first.setdefault(cells, position)
        kept = np.array(list(first.values()))
        again = np.delete(np.arange(len(self.rows)), kept)
        columns = {name: cells[kept] for name, cells in self.columns.items()}
        table = Table(self.path, columns, self.rows[kept], list(self.notes))
        if len(again):
            where = f"{self.path.name}, row {self.rows[again[0]]}"
            table.notes.append(Note("row repeated word for word, read once", len(again), where))
        return table

    def require(self, *names: str) -> None:
        """Refuse a table without one of the columns `names`."""
        for name in names:
            if name not in self.columns:
                there = ", ".join(self.columns)
                raise DataError(f"{self.path} has no column {name!r}; its columns are: {there}")

    def note(self, what: str, positions: np.ndarray) -> None:
        """Note that `what` was met in the rows at `positions`, if there are any."""
        if len(positions):
            where = f"{self.path.name}, row {self.rows[positions].min()}"
            self.notes.append(Note(what, len(positions), where))

    def fault(self, position: int, column: str, complaint: str) -> DataError:
        """The error to raise: the `complaint` about the row at `position` and a `column`."""
        return DataError(f"{self.path}, row {self.rows[position]}, column {column!r}: {complaint}")

    def numbers(self, column: str) -> np.ndarray:
        """A `column` as numbers, NaN where empty."""
        texts = self.columns[column]
        numbers = np.empty(len(texts))
        for position, text in enumerate(texts):
            numbers[position] = number = to_number(text) if text else np.nan
            if text and not abs(number) < 1e38:  # float32 holds no more
                raise self.fault(position, column, f"{text!r} stands where a number belongs (such as 36.6)")
        return numbers

    def owners(self, column: str | None) -> np.ndarray:
        """Whose each row is, by a `column`; its own, where None says it."""
        if not column:
            return self.rows.copy()
        texts = self.columns[column]
        if (texts == "").any():
            raise self.fault(np.argmax(texts == ""), column, "is empty; every row needs its patient")
        return texts.astype(str)

    def as_it_is(self, column: str) -> np.ndarray:
        """A `column` as whole numbers, numbers or texts."""
        texts = self.columns[column]
        if not all(is_number(text) for text in set(texts) - {""}):
            return texts.astype(str)
        numbers = self.numbers(column)
        whole = np.isfinite(numbers).all() and (numbers % 1 == 0).all() and (abs(numbers) < 2**53).all()
        return numbers.astype(np.int64) if whole and "." not in "".join(set(texts)) else numbers


def only_file(place: Path, *, official: str = "", endings: Sequence[str] = (".csv", ".csv.gz")) -> Path:
    """The file at `place`, or the one that a folder holds: the `official` one, else the only CSV file.

    A CSV file is one whose name has one of the `endings`.
    """
    if kind_of(place) != "folder":
        return place
    files = [file for file in sorted(place.iterdir()) if file.name.lower().endswith(tuple(endings))]
    if official:
        files = [file for file in files if file.name in (official, f"{official}.gz")] or files
    if len(files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise DataError(f"{place} should hold one CSV file, but holds {found}: name the file itself")
    return files[0]


def content_of(path: Path) -> bytes:
    """What is in the file at `path`, unpacked where it ends in `.gz`: no more than its size can hold."""
    with opened(path) as stream:
        return _unpacked(stream, path) if path.suffix == ".gz" else stream.read()


def cells_of(content: bytes, path: Path, *, otherwise: str = "") -> list[tuple[int, tuple[str, ...]]]:
    """The cells of each row of a file, with the number that the row has in a spreadsheet.

    Parameters
    ----------
    content : of the file: text, divided by commas, semicolons or tabs.
    path : what messages call it.
    otherwise : the encoding of what is not UTF-8; without it, such a file is refused.
    """
    try:
        try:
            decoded = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            if not otherwise:
                raise
            decoded = content.decode(otherwise)
        text = io.StringIO(decoded, newline="")
        heading = text.readline()
        text.seek(0)
        cells = csv.reader(text, delimiter=max(",;\t", key=heading.count), strict=True)
        return [(row, tuple(map(str.strip, fields))) for row, fields in enumerate(cells, start=1)]
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text: save it from Excel as 'CSV UTF-8'") from error
    except csv.Error as error:  # a cell of more than 131,072 letters among them
        raise DataError(f"{path} cannot be read as a CSV file: {error}") from error


def _unpacked(stream: BinaryIO, path: Path) -> bytes:
    """The content of a `.gz`, unless it is damaged or unpacks to far more than its size can hold."""
    most = max(100 * path.stat().st_size, 10 << 20)
    try:
        with gzip.open(stream) as unzipped:
            content = unzipped.read(most + 1)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path} is damaged or no .gz file ({error}): get it again") from error
    if len(content) > most:
        raise DataError(
            f"{path} unpacks to more than {most >> 20} MB, far more than its size can hold: "
            "it is not what it says it is, do not use it"
        )
    return content


def to_number(text: str) -> float:
    """The number that a `text` is, NaN if it is none.

    >>> to_number("36.6"), to_number("36,6")
    (36.6, nan)
    """
    try:
        return float(text) if "_" not in text else np.nan
    except ValueError:
        return np.nan


def is_number(text: str) -> bool:
    """Whether a `text` is a number that float32 can hold.

    >>> is_number("36.6"), is_number("36,6"), is_number("1e99")
    (True, False, False)
    """
    return abs(to_number(text)) < 1e38


def in_order(texts: Iterable[str]) -> list[str]:
    """The different `texts`, numbers by size.

    >>> in_order(["10", "9", "9"]), in_order(["b", "a"])
    (['9', '10'], ['a', 'b'])
    """
    different = sorted(set(texts))
    return sorted(different, key=to_number) if all(map(is_number, different)) else different
