"""What was given before: from drugs at each visit to a patient's history at that visit.

NumPy; knows arrays only. A visit's own drugs are never in its history.
"""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import numpy as np

from medlearn.errors import DataError


class History(NamedTuple):
    """What is known at each visit of the visits before it.

    Parameters
    ----------
    last : uint8 (n, drugs), the set of the visit before, all 0 at a first visit.
    earlier : int64 (n,), how many visits came before.
    counts : float64 (n, drugs), at how many of them each drug was given.
    sequence : uint8 (n, steps, drugs), the sets of the last visits, oldest first, all 0 where there was none.
    repeat : bool (n,), whether there was a visit before.
    """

    last: np.ndarray
    earlier: np.ndarray
    counts: np.ndarray
    sequence: np.ndarray
    repeat: np.ndarray


def history(y: np.ndarray, patient: np.ndarray, *, sequence: int = 5) -> History:
    """The history of each visit.

    Parameters
    ----------
    y : (n, drugs), 1 where a drug was given. A patient's visits stand in the order of time; visits of others
        may lie between them.
    patient : (n,), whose each visit is.
    sequence : how many of the last visits to give one by one.

    >>> drugs = np.array([[1, 0], [1, 1], [0, 0], [0, 1]])
    >>> known = history(drugs, np.array([7, 7, 8, 7]), sequence=2)
    >>> known.last.tolist(), known.counts[3].tolist(), known.sequence[1].tolist()
    ([[0, 0], [1, 0], [0, 0], [1, 1]], [2.0, 1.0], [[0, 0], [1, 0]])
    """
    y, patient = np.asarray(y), np.asarray(patient)
    if y.ndim != 2 or not np.isin(y, (0, 1)).all():
        raise DataError("y has a row a visit and a column a drug, 1 where it was given and 0 where not")
    if patient.shape != y.shape[:1]:
        raise DataError(f"patient needs one value a visit, but is {patient.shape} where y is {y.shape}")
    if not isinstance(sequence, Integral) or sequence < 1:
        raise DataError(f"sequence is a number of visits, such as 5, not {sequence!r}")
    order = np.argsort(patient, kind="stable")
    given, owner = y[order].astype(np.uint8), patient[order]
    position = np.arange(len(y))
    new = np.append(True, owner[1:] != owner[:-1])[: len(y)]
    first = np.maximum.accumulate(np.where(new, position, 0))  # where the patient's visits begin
    before = np.cumsum(given, axis=0, dtype=np.int64) - given
    earlier, counts = np.empty(len(y), np.int64), np.empty(y.shape)
    earlier[order], counts[order] = position - first, before - before[first]
    steps = np.zeros((len(y), sequence, y.shape[1]), np.uint8)
    for back in range(1, sequence + 1):
        has = np.flatnonzero(position - first >= back)
        steps[order[has], -back] = given[has - back]
    return History(steps[:, -1], earlier, counts, steps, earlier > 0)
