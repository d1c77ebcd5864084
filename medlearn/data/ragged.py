"""Ragged: cases with different numbers of rows, be they boxes of a picture, words of a text or atoms.

Knows arrays only. What the rows mean, and which of them are refused, is said by the kind of data that brings
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from medlearn.errors import DataError


class Ragged:
    """Columns of rows, one case after the other; the rows of case `i` are `start[i]:start[i + 1]`.

    `ragged[i]` is one case: its rows as an array, or where there are several columns, a dict of arrays. With
    positions, a slice or a boolean mask it is a `Ragged` of these cases.

    Parameters
    ----------
    start : the first row of each case, and the number of all rows: (cases + 1,).
    columns : the rows by name, each array with the same length. One alone is called "value".

    >>> words = Ragged.of([[3, 1, 4], [], [1, 5]])
    >>> words
    3 cases, 5 rows of value
    >>> words[0].tolist(), words[1:].counts.tolist()
    ([3, 1, 4], [0, 2])
    >>> boxes = Ragged([0, 2, 3], corners=np.zeros((3, 4)), label=np.array([1, 0, 1]))
    >>> boxes[0]["label"].tolist(), boxes.case.tolist()
    ([1, 0], [0, 0, 1])
    """

    def __init__(self, start, **columns):
        try:
            self.start = np.asarray(start, np.int64)
        except (TypeError, ValueError) as error:
            raise DataError(f"start must hold whole numbers, the first row of each case: {error}") from error
        self.columns: Mapping[str, np.ndarray] = {name: np.asarray(rows) for name, rows in columns.items()}
        lengths = {name: len(rows) for name, rows in self.columns.items()}
        if self.start.ndim != 1 or not len(self.start) or self.start[0] or (np.diff(self.start) < 0).any():
            raise DataError("start must begin at 0 and never fall: the first row of each case, then the end")
        if not columns or set(lengths.values()) != {int(self.start[-1])}:
            raise DataError(f"start ends at row {self.start[-1]}, but the columns are {lengths}")

    @classmethod
    def of(cls, cases: Iterable) -> Ragged:
        """Cases as a list: of sequences, or of dicts that all have the same columns.

        Parameters
        ----------
        cases : one sequence of rows a case, or one dict {column: rows}.

        >>> Ragged.of([{"begin": [0], "end": [4]}, {"begin": [2, 9], "end": [5, 11]}])["end"]
        array([ 4,  5, 11])
        """
        cases = [dict(case) if isinstance(case, Mapping) else {"value": case} for case in cases]
        if not cases:
            raise DataError("Ragged.of() needs at least one case, or it cannot know its columns")
        names = list(cases[0])
        for number, case in enumerate(cases):
            lengths = {len(rows) for rows in case.values()}
            if list(case) != names or len(lengths) != 1:
                raise DataError(f"case {number} needs the columns {', '.join(names)}, all equally long")
        start = np.cumsum([0] + [len(case[names[0]]) for case in cases])
        return cls(start, **{name: _joined([case[name] for case in cases]) for name in names})

    def __len__(self) -> int:
        return len(self.start) - 1

    def __getitem__(self, index):
        """One case (a number), a column (a name), or the cases at positions, a slice or a mask."""
        if isinstance(index, str):
            return self.columns[index]
        cases = np.arange(len(self))[index]
        start, rows = rows_of(self.start, np.atleast_1d(cases))
        taken = {name: column[rows] for name, column in self.columns.items()}
        if np.ndim(cases):
            return Ragged(start, **taken)
        return taken["value"] if list(taken) == ["value"] else taken

    def __iter__(self) -> Iterator:
        return (self[number] for number in range(len(self)))

    def __repr__(self) -> str:
        return f"{len(self):,} cases, {int(self.start[-1]):,} rows of {', '.join(self.columns)}"

    @property
    def counts(self) -> np.ndarray:
        """How many rows each case has: (cases,)."""
        return np.diff(self.start)

    @property
    def case(self) -> np.ndarray:
        """The position of each row's case: (rows,)."""
        return np.repeat(np.arange(len(self)), self.counts)


def rows_of(start: np.ndarray, cases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where chosen cases begin once they stand alone, and which rows are theirs, in order.

    Parameters
    ----------
    start : where each case begins, and the end: (all cases + 1,).
    cases : positions of the cases to take.

    >>> start, rows = rows_of(np.array([0, 2, 2, 5]), np.array([2, 0]))
    >>> start.tolist(), rows.tolist()
    ([0, 3, 5], [2, 3, 4, 0, 1])
    """
    counts = np.diff(start)[cases]
    alone = np.concatenate([[0], np.cumsum(counts)])
    return alone, np.arange(alone[-1]) + np.repeat(start[cases] - alone[:-1], counts)


def _joined(parts: list) -> np.ndarray:
    """Rows end to end; cases without a row do not decide the type."""
    full = [np.asarray(part) for part in parts if len(part)]
    return np.concatenate(full) if full else np.asarray(parts[0])
