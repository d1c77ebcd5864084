"""How well ordered grades are told: a grade that is wrong by two counts more than one that is wrong by one.

Grades are whole numbers from 0. Kappa is 1 where all agree, 0 where no more do than by chance.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.cases import reweighed
from medlearn.evaluation.inputs import between_0_and_1, checked_weights, numbers
from medlearn.evaluation.intervals import Estimate, mean
from medlearn.evaluation.measure import measure

MOST = 100  # grades: what holds more is no grade
# By so many grades off, and with so many grades: what it costs.
PENALTIES = {
    "quadratic": lambda off, grades: (off / (grades - 1)) ** 2,
    "linear": lambda off, grades: off / (grades - 1),
    "none": lambda off, grades: (off > 0) * 1.0,
}
ROUNDING = 1e-9  # by which sums of probabilities may be wrong


# Agreement


def confusion(y_true: ArrayLike, y_pred: ArrayLike, grades: int | None = None) -> np.ndarray:
    """How many cases of each true grade, a row, were given each grade, a column: (grades, grades).

    Parameters
    ----------
    y_true, y_pred : the grade of each case, and the one decided on.
    grades : how many there are. None: up to the highest that occurs.

    >>> confusion([0, 0, 1, 2], [0, 1, 1, 0]).tolist()
    [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    """
    (cells,), grades = _cells(y_true, {"y_pred": y_pred}, grades)
    return np.bincount(cells, minlength=grades**2).reshape(grades, grades)


@measure("kappa", of="grades", low=-1, high=1)
def kappa(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    penalty: str = "quadratic",
    grades: int | None = None,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Cohen's kappa: by which share two graders disagree less than they would by chance.

    Parameters
    ----------
    y_true, y_pred : the grade of each case, and the one decided on; or the grades of two doctors.
    penalty : what an error costs. "quadratic": one by two grades as much as four by one; "linear": as much as
        two; "none": any error the same.
    grades : how many there are. None: up to the highest that occurs.

    >>> true, pred = np.array([0, 1, 2, 3] * 25), np.array([0, 1, 2, 1] * 25)
    >>> print(f"{kappa(true, pred):.2f}", f"{kappa(true, pred, penalty='none').value:.2f}")
    0.50 (0.37 to 0.63) 0.67
    """
    _refuse_text(weights)
    (cells,), grades = _cells(y_true, {"y_pred": y_pred}, grades)
    of_counts = _kappa_of_counts(cells, grades, penalty)
    return _reweighed(of_counts, len(cells), patient=patient, weights=weights, level=level)


@measure("difference in kappa", of="grades", low=-2, high=2)
def kappa_difference(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    other_pred: ArrayLike,
    *,
    penalty: str = "quadratic",
    grades: int | None = None,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Kappa of `y_pred` minus that of `other_pred`, on the same cases, and in each draw on the same patients.

    Parameters
    ----------
    y_true, y_pred, other_pred : the grade of each case, the one decided on, and another model's.
    penalty, grades : as for `kappa`.

    >>> true = np.array([0, 1, 2, 3] * 25)
    >>> print(f"{kappa_difference(true, np.array([0, 1, 2, 1] * 25), np.array([0, 1, 1, 0] * 25)):.2f}")
    0.50 (0.44 to 0.53)
    """
    _refuse_text(weights)
    both, grades = _cells(y_true, {"y_pred": y_pred, "other_pred": other_pred}, grades)
    first, second = (_kappa_of_counts(cells, grades, penalty) for cells in both)
    return _reweighed(
        lambda counts: first(counts) - second(counts),
        len(both[0]),
        patient=patient,
        weights=weights,
        level=level,
    )


def _kappa_of_counts(cells: np.ndarray, grades: int, penalty: str) -> Callable[[np.ndarray], float]:
    """Kappa as a function of how much each case counts; NaN where all have the same grade from both."""
    if penalty not in PENALTIES:
        raise DataError(f"penalty is one of {', '.join(map(repr, PENALTIES))}, not {penalty!r}")
    steps = np.arange(grades)
    costs = PENALTIES[penalty](np.abs(steps[:, None] - steps), grades)

    def value(counts: np.ndarray) -> float:
        table = np.bincount(cells, weights=counts, minlength=grades**2).reshape(grades, grades)
        rows = table.sum(1)
        by_chance = rows @ costs @ table.sum(0)
        return 1 - np.vdot(costs, table) * rows.sum() / by_chance if by_chance else np.nan

    return value


def _reweighed(of_counts: Callable, cases: int, *, weights: ArrayLike | None, **more) -> Estimate:
    weights = checked_weights(weights, cases)
    if np.isnan(of_counts(weights)):
        raise UndefinedMeasure("kappa is undefined: there is one grade only, and all cases have it from both")
    return reweighed(of_counts, cases, weights=weights, **more)


# Probabilities of grades


@measure("ranked probability score", of="grade probabilities", low=0, high=1)
def ranked_probability_score(
    y_true: ArrayLike,
    probability: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """How far probabilities lie from the true grade: 0 is perfect, and a near miss costs less than a far one.

    The Brier score of "grade k or less", averaged over all k but the last, for which it is certain.

    Parameters
    ----------
    y_true : the grade of each case.
    probability : of each grade, (cases, grades).

    >>> sure = [[0.9, 0.1, 0], [0, 0, 1]]
    >>> print(f"{ranked_probability_score([0, 2], sure).value:.4f}")
    0.0025
    >>> print(f"{ranked_probability_score([1, 2], sure).value:.4f}")
    0.2025
    """
    probability = _probabilities(probability)
    cases, grades = probability.shape
    true = _grades(y_true, "y_true", grades)
    if len(true) != cases:
        raise DataError(f"y_true has {len(true)} cases, but probability has {cases} rows")
    off = np.cumsum(probability, 1) - (true[:, None] <= np.arange(grades))
    scores = (off[:, :-1] ** 2).mean(1).clip(0, 1)
    return mean(ranked_probability_score, scores, patient=patient, weights=weights, level=level)


def decide(probability: ArrayLike, *, rule: str = "likeliest") -> np.ndarray:
    """One grade a case, (cases,), from the probability of each grade.

    Parameters
    ----------
    probability : of each grade, (cases, grades).
    rule : "likeliest": the grade that is most often right; "median": the lowest that at least half of the
        probability does not exceed, best where an error costs its size; "mean": the expected grade, rounded,
        best where it costs its square. (Kappa, which also asks how often each grade is said, may be highest
        by another.)

    >>> [decide([[0.4, 0.2, 0.0, 0.0, 0.4]], rule=rule).tolist() for rule in ("likeliest", "median", "mean")]
    [[0], [1], [2]]
    >>> decide([[0.1, 0.3, 0.6]]).tolist()
    [2]
    """
    probability = _probabilities(probability)
    if rule == "likeliest":
        return probability.argmax(1)
    up_to = np.cumsum(probability, 1)
    up_to /= up_to[:, -1:]
    if rule == "median":
        return (up_to < 0.5 - ROUNDING).sum(1)
    if rule == "mean":
        return np.floor((1 - up_to).sum(1) + 0.5 + ROUNDING).astype(np.int64)
    raise DataError(f"rule is one of 'likeliest', 'median', 'mean', not {rule!r}")


# What comes in


def _cells(
    y_true: ArrayLike, answers: dict[str, ArrayLike], grades: int | None
) -> tuple[list[np.ndarray], int]:
    """For each of the answers the cell of the confusion table that each case is in, and how many grades."""
    most = MOST if grades is None else grades
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or not 2 <= most <= MOST:
        raise DataError(f"grades is how many there are, a whole number from 2 to {MOST}, not {grades!r}")
    true = _grades(y_true, "y_true", most)
    given = [_grades(answer, name, most) for name, answer in answers.items()]
    for name, one in zip(answers, given, strict=True):
        if len(one) != len(true):
            raise DataError(f"y_true has {len(true)} cases, but {name} has {len(one)}")
    if grades is None:
        grades = max(2, *(int(one.max()) + 1 for one in (true, *given)))
    return [true * int(grades) + one for one in given], int(grades)


def _grades(values: ArrayLike, name: str, grades: int) -> np.ndarray:
    array = numbers(values, name).astype(float)
    odd = np.flatnonzero((array % 1 != 0) | (array < 0) | (array >= grades))
    if len(odd):
        raise DataError(
            f"{name} holds {array[odd[0]]:g} at position {odd[0]}, but a grade is a whole number from 0 to "
            f"{grades - 1}: evaluation.ordinal.decide makes grades of probabilities"
        )
    return array.astype(np.int64)


def _probabilities(probability: ArrayLike) -> np.ndarray:
    try:
        array = np.asarray(probability, float)
    except (TypeError, ValueError):
        raise DataError("probability holds what is no number, or rows that differ in length") from None
    if array.ndim != 2 or not len(array) or array.shape[1] < 2:
        raise DataError(
            f"probability has the shape {array.shape}, but must have one row a case and a column for each "
            "grade, two at least"
        )
    total = between_0_and_1(array, "probability").sum(1)
    odd = np.flatnonzero(~(np.abs(total - 1) <= 1e-3))  # NaN among them
    if len(odd):
        raise DataError(
            f"probability: row {odd[0]} sums to {total[odd[0]]:g}, not to 1: give the probability of each "
            "grade itself, not that of at least this grade, nor log-odds"
        )
    return array


def _refuse_text(weights: ArrayLike | None) -> None:
    if isinstance(weights, str):
        raise DataError(f"weights is how much each case counts; what an error costs is penalty={weights!r}")
