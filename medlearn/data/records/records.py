"""Patient records: uneven measurements kept as they are, laid on a grid, or cut into windows.

Knows arrays only. Files are read elsewhere: the PhysioNet challenge's in physionet.py, one's own CSV in
own.py.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from medlearn.data.dataset import Note, sum_notes
from medlearn.data.ragged import rows_of
from medlearn.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


REPEATED = "measurement at a time already taken, kept; on a grid the later row counts"


class Grid(NamedTuple):
    """Records laid on even steps of time; each array is (cases, steps, variables)."""

    values: np.ndarray  # float32, the last measurement in the cell, NaN where there is none
    mask: np.ndarray  # uint8, 1 where measured
    counts: np.ndarray  # int32, how often measured in the cell
    since: np.ndarray  # float32, hours from the last measurement (before the first: from admission)
    variables: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Records:
    """Measurements in long form, one row each, sorted by case and then by time.

    Parameters
    ----------
    case_id : the number of each case.
    start : the rows of case `i` are `start[i]:start[i + 1]`.
    time : of each row, in hours since admission.
    variable, value : of each row: a position in `variables`, and what was measured.
    variables : their names.
    static : what does not change during a stay: (cases, descriptors), NaN where missing.
    static_names : the names of its columns.
    notes : what the reader met in the whole file, also after slicing.

    >>> stays = Records.from_rows(
    ...     case=[0, 0, 1], time=[0.5, 2.0, 1.0], variable=[0, 0, 1], value=[80, 95, 37.5],
    ...     variables=("HR", "Temp"), case_id=[101, 102])
    >>> stays
    2 cases, 3 measurements of 2 variables
    >>> stays[[1]].last()
    array([[ nan, 37.5]], dtype=float32)
    """

    case_id: np.ndarray  # (cases,)
    start: np.ndarray  # (cases + 1,)
    time: np.ndarray  # (rows,) float32
    variable: np.ndarray  # (rows,) position in `variables`, int16 where it is wide enough
    value: np.ndarray  # (rows,) float32
    variables: tuple[str, ...]
    static: np.ndarray  # (cases, descriptors) float32, NaN where missing
    static_names: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    def __post_init__(self):
        rows = {len(self.time), len(self.variable), len(self.value), int(self.start[-1])}
        fits = len(self.start) == len(self) + 1 and self.static.shape == (len(self), len(self.static_names))
        if len(rows) > 1 or not fits:
            raise DataError("the parts of these records do not fit together: their lengths differ")

    @classmethod
    def from_rows(
        cls,
        *,
        case: ArrayLike,
        time: ArrayLike,
        variable: ArrayLike,
        value: ArrayLike,
        variables: Sequence[str],
        case_id: ArrayLike,
        static: ArrayLike | None = None,
        static_names: Sequence[str] = (),
        notes: Sequence[Note] = (),
    ) -> Records:
        """Records from rows in any order; `case` is each row's position in `case_id`.

        Rows of one case and one `time` keep their order. `variable`, `value`, `variables`, `static`,
        `static_names` and `notes` are those of `Records`.
        """
        case, time = np.asarray(case, np.int64), np.asarray(time, np.float32)
        variable, value = np.asarray(variable), np.asarray(value, np.float32)
        if case.size and not (case.min() >= 0 and case.max() < len(case_id)):
            raise DataError(f"each of case must be a position in the {len(case_id)} cases, from 0")
        if not np.isfinite(time).all():
            raise DataError("each row needs its time, and some here have none: leave them out")
        if variable.size and not (variable.min() >= 0 and variable.max() < len(variables)):
            raise DataError(f"each of variable must be a position in the {len(variables)} variables, from 0")
        variable = variable.astype(_code_type(len(variables)))
        before = (case[1:] == case[:-1]) & (time[1:] < time[:-1]) | (case[1:] < case[:-1])
        if before.any():
            order = np.lexsort((time, case))
            case, time, variable, value = case[order], time[order], variable[order], value[order]
        case_id = np.asarray(case_id)
        start = np.searchsorted(case, np.arange(len(case_id) + 1))
        if static is None:
            static = np.empty((len(case_id), 0), np.float32)
        static = np.asarray(static, np.float32)
        return cls(
            case_id, start, time, variable, value, tuple(variables), static, tuple(static_names), tuple(notes)
        )

    def __len__(self) -> int:
        return len(self.case_id)

    def __repr__(self) -> str:
        line = f"{len(self):,} cases, {len(self.time):,} measurements of {len(self.variables)} variables"
        met = sum(note.count for note in self.notes)
        return line + (f"; {met:,} oddities met while reading, see .notes" if met else "")

    def __getitem__(self, index) -> Records:
        """The cases at `index`: a position, positions, a slice or a boolean mask."""
        cases = np.atleast_1d(np.arange(len(self))[index])
        start, rows = rows_of(self.start, cases)
        return Records(
            self.case_id[cases],
            start,
            self.time[rows],
            self.variable[rows],
            self.value[rows],
            self.variables,
            self.static[cases],
            self.static_names,
            self.notes,
        )

    def where(self, rows: np.ndarray) -> Records:
        """All cases, and of their measurements those marked in `rows`, a boolean mask.

        >>> stay = Records.from_rows(case=[0, 0], time=[0.5, 2.0], variable=[0, 0], value=[80, 95],
        ...                          variables=("HR",), case_id=[101])
        >>> stay.where(stay.time < 1)
        1 cases, 1 measurements of 1 variables
        """
        rows = np.asarray(rows)
        if rows.dtype != bool or rows.shape != self.time.shape:
            raise DataError(f"where() needs True or False for each of the {len(self.time):,} measurements")
        start = np.concatenate([[0], np.cumsum(rows)])[self.start]
        return replace(
            self, start=start, time=self.time[rows], variable=self.variable[rows], value=self.value[rows]
        )

    def noting(self, *notes: Note) -> Records:
        """The same records with further `notes`; those that never happened are left out."""
        return replace(self, notes=sum_notes([*self.notes, *notes]))

    @property
    def case(self) -> np.ndarray:
        """The position of each row's case: (rows,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    @property
    def repeats(self) -> np.ndarray:
        """The rows whose case, time and variable were met before: they stay, and a grid takes the last."""
        case = self.case
        new = (case[1:] != case[:-1]) | (self.time[1:] != self.time[:-1])
        moment = np.cumsum(np.concatenate([[0][: len(case)], new]))
        key = moment * len(self.variables) + self.variable
        order = np.argsort(key, kind="stable")  # fast, since nearly in order
        return np.sort(order[1:][key[order][1:] == key[order][:-1]])

    def frame(self, index: int) -> pd.DataFrame:
        """The case at `index` as a table with the columns time, variable and value."""
        import pandas as pd

        one = self[[index]]
        names = np.array(self.variables, dtype=object)[one.variable]
        return pd.DataFrame({"time": one.time, "variable": names, "value": one.value})

    def last(self) -> np.ndarray:
        """The last value of each variable in each case, NaN where there is none: (cases, variables)."""
        values = np.full((len(self), len(self.variables)), np.nan, np.float32)
        values[self.case, self.variable] = self.value  # a later row overwrites an earlier one
        return values

    def grid(self, hours: float = 48, step: float = 1.0, variables: Sequence[str] | None = None) -> Grid:
        """The first `hours` on a grid of `step` hours, of all or some `variables`; what is later is left out.

        A measurement at exactly `hours` belongs to the last cell. `since` is counted at the end of a cell.
        `variables` names those to lay on it; without, all of them.
        One stay, by hand: a heart rate of 80 half an hour after admission and 95 at two hours.

        >>> stay = Records.from_rows(case=[0, 0], time=[0.5, 2.0], variable=[0, 0], value=[80, 95],
        ...                          variables=("HR",), case_id=[101])
        >>> grid = stay.grid(hours=4)
        >>> grid.values[0, :, 0]
        array([80., nan, 95., nan], dtype=float32)
        >>> grid.mask[0, :, 0]
        array([1, 0, 1, 0], dtype=uint8)
        >>> grid.since[0, :, 0]
        array([0.5, 1.5, 1. , 2. ], dtype=float32)
        """
        steps = round(hours / step) if 0 < hours < np.inf and step > 0 else 0
        if steps < 1 or not math.isclose(steps * step, hours):
            raise DataError(f"{hours} hours cannot be cut into steps of {step} hours: use a step that fits")
        names = self.variables if variables is None else tuple(variables)
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise DataError(f"the variable {twice!r} is asked for twice: name it once")
        position = {name: place for place, name in enumerate(self.variables)}
        if strange := [name for name in names if name not in position]:
            raise _unknown_variable(strange[0], self.variables)
        column = np.full(len(self.variables), -1)
        column[[position[name] for name in names]] = np.arange(len(names))
        variable = column[self.variable]
        use = (variable >= 0) & (self.time >= 0) & (self.time <= hours)
        time = self.time[use]
        # Times are kept to 7 digits: a hair before a cell's border means on it.
        cell = np.minimum((time / np.float64(step) + 1e-5).astype(np.int64), steps - 1)
        place = (self.case[use] * steps + cell) * len(names) + variable[use]
        values = np.full((len(self), steps, len(names)), np.nan, np.float32)
        values.reshape(-1)[place] = self.value[use]  # a later row overwrites an earlier one
        measured = np.zeros_like(values)  # when; 0, admission, where never
        measured.reshape(-1)[place] = time
        latest = np.maximum.accumulate(measured, axis=1)
        ends = np.arange(1, steps + 1, dtype=np.float32)[:, None] * np.float32(step)
        counts = np.bincount(place, minlength=values.size).astype(np.int32).reshape(values.shape)
        return Grid(values, (~np.isnan(values)).view(np.uint8), counts, ends - latest, names)


def join(pieces: Iterable[Records]) -> Records:
    """The `pieces`, records of the same variables, one after the other; their notes are added up."""
    pieces = list(pieces)
    if not pieces:
        raise DataError("there are no records to join")
    offsets = np.cumsum([0] + [len(piece.time) for piece in pieces])
    start = [piece.start[:-1] + offset for piece, offset in zip(pieces, offsets[:-1], strict=True)]
    arrays = {
        name: np.concatenate([getattr(piece, name) for piece in pieces])
        for name in ("case_id", "time", "variable", "value", "static")
    }
    first = pieces[0]
    return Records(
        start=np.concatenate([*start, offsets[-1:]]),
        variables=first.variables,
        static_names=first.static_names,
        notes=sum_notes(note for piece in pieces for note in piece.notes),
        **arrays,
    )


def _code_type(variables: int) -> np.dtype:
    """The smallest type, from int16 on, that holds the positions of so many `variables`."""
    return np.result_type(np.int16, np.min_scalar_type(-max(1, variables)))


def _unknown_variable(name: str, names: Sequence[str]) -> DataError:
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(names[:50])}"
    return DataError(f"there is no variable {name!r}; {hint}")


# Windows


class Windows:
    """Windows over rows that were not copied; only what you take out is.

    `windows[index]` is an array (windows, length, columns); `last` is the row that each window ends with,
    for its label or its patient.

    Parameters
    ----------
    values : the rows.
    first : where each window begins.
    length : how many rows it has.
    """

    def __init__(self, values: np.ndarray, first: np.ndarray, length: int):
        self.first, self.last = first, first + length - 1
        self._view = np.moveaxis(np.lib.stride_tricks.sliding_window_view(values, length, axis=0), -1, 1)

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, index) -> np.ndarray:
        return self._view[self.first[index]]


def windows(values: np.ndarray, patient: np.ndarray, length: int, step: int = 1) -> Windows:
    """All windows of `length` consecutive rows of `values` of one `patient`, `step` rows apart.

    Where the row after a window is to be predicted, ask for one row more and split it off.

    >>> vitals = np.array([[60.0], [62], [64], [90], [91], [92]])
    >>> pairs = windows(vitals, patient=[7, 7, 7, 8, 8, 8], length=2)
    >>> pairs[:][:, :, 0].tolist()  # 64 and 90 are two patients' and never meet
    [[60.0, 62.0], [62.0, 64.0], [90.0, 91.0], [91.0, 92.0]]
    >>> pairs.last
    array([1, 2, 4, 5])
    """
    values, patient = np.asarray(values), np.asarray(patient)
    if values.ndim == 0 or patient.shape != (len(values),):
        raise DataError(f"patient needs one entry a row: values {values.shape}, patient {patient.shape}")
    if not (isinstance(length, Integral) and isinstance(step, Integral) and min(length, step) >= 1):
        raise DataError(f"length and step must be 1 or more, whole numbers, not {length} and {step}")
    if len(values) < length:
        values, patient = np.zeros((length, *values.shape[1:]), values.dtype), patient[:0]
    heads = np.flatnonzero(np.concatenate([np.ones(len(patient[:1]), bool), patient[1:] != patient[:-1]]))
    if len(np.unique(patient[heads])) < len(heads):
        raise DataError("the rows of a patient do not stand together: sort them by patient and time first")
    room = np.diff(heads, append=len(patient)) - length + 1  # windows that fit, a patient
    row = np.arange(len(patient)) - np.repeat(heads, np.diff(heads, append=len(patient)))
    fits = (row < np.repeat(room, np.diff(heads, append=len(patient)))) & (row % step == 0)
    return Windows(values, np.flatnonzero(fits), length)
