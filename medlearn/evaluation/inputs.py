"""What comes into a measure, checked once: one sentence says which argument is wrong, where, and what to do.

Every function here takes whatever a user passes (lists, arrays, columns of pandas) and returns plain arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure

DECIDED = ("decisions", "classes")  # measures of these take answers that are settled, the others take scores

# One value a case.


def numbers(values: ArrayLike, name: str) -> np.ndarray:
    """One finite number a case, as a flat array, from `values`; `name` is what the error calls them."""
    return _flat(_finite(values, name), name)


def binary(y_true: ArrayLike, y_score: ArrayLike, name: str = "y_score") -> tuple[np.ndarray, np.ndarray]:
    """`y_true` in 0 and 1, and as many finite scores, `y_score`; `name` is what the error calls them."""
    y_true, y_score = _pair(y_true, y_score, name)
    _refuse_other_than_0_and_1(y_true, "y_true", "for several classes see evaluation.averaged")
    return y_true.astype(np.int8), y_score.astype(float)


def decisions(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """`y_true` and the decisions `y_pred`, both in 0 and 1."""
    y_true, y_pred = binary(y_true, y_pred, "y_pred")
    _refuse_other_than_0_and_1(y_pred, "y_pred", "it takes decisions: compare the scores to a threshold")
    return y_true, y_pred


def probabilities(y_true: ArrayLike, y_score: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """`y_true` in 0 and 1, and scores `y_score` from 0 to 1."""
    y_true, y_score = binary(y_true, y_score)
    return y_true, between_0_and_1(y_score, "y_score")


def between_0_and_1(values: np.ndarray, name: str) -> np.ndarray:
    """The same `values`, where all of them can be probabilities; `name` is what the error calls them.

    Scores on another scale are no mistake in themselves: a report still ranks by them.
    """
    outside = (values < 0) | (values > 1)
    if outside.any():
        raise UndefinedMeasure(
            f"{outside.sum()} value(s) of {name} lie outside 0 to 1, the first, {values[outside][0]:g}, at "
            f"{_place(outside)}: give probabilities, for a model's log-odds scipy.special.expit(score)"
        )
    return values


def classes(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """The class numbers `y_true` and `y_pred`, which are whole: a probability is no decision."""
    y_true, y_pred = _pair(y_true, y_pred, "y_pred")
    for array, name in ((y_true, "y_true"), (y_pred, "y_pred")):
        _refuse_other_than_whole(array, name)
    return y_true, y_pred


def values(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """The true numbers `y_true` and the predicted ones, `y_pred`, as floats."""
    y_true, y_pred = _pair(y_true, y_pred, "y_pred")
    return y_true.astype(float), y_pred.astype(float)


# Several classes or several findings.


def indicators(y_true: ArrayLike, y_score: ArrayLike, of: str) -> tuple[np.ndarray, np.ndarray]:
    """Truth and answer as (cases, classes): one yes-or-no question a column.

    Parameters
    ----------
    y_true : class numbers (n,), or 0 and 1 (n, classes).
    y_score : scores (n, classes); for a measure of decisions class numbers (n,), or 0 and 1 (n, classes).
    of : what the measure is given, as `measure` says: "scores", "decisions" …
    """
    truth, answer = _finite(y_true, "y_true"), _finite(y_score, "y_score")
    for array, name, shapes in (
        (truth, "y_true", (1, 2)),
        (answer, "y_score", (1, 2) if of in DECIDED else (2,)),
    ):
        if array.ndim not in shapes:
            wanted = "(cases,) or (cases, classes)" if 1 in shapes else f"(cases, classes): it takes {of}"
            raise DataError(f"{name} has the shape {array.shape}, but must have {wanted}")
        if not array.size:
            raise DataError(f"there are no cases: {name} is empty")
    tables = [array for array in (truth, answer) if array.ndim == 2]
    count = tables[0].shape[1] if tables else int(max(truth.max(), answer.max(), 0)) + 1
    truth = _columns(truth, "y_true", count, "a case has a finding or does not")
    if of in DECIDED:
        answer = _columns(
            answer, "y_score", count, "it takes decisions, for one class a case y_score.argmax(1)"
        )
    else:
        answer = answer.astype(float)
    if of == "probabilities":
        between_0_and_1(answer, "y_score")
    if truth.shape != answer.shape:
        raise DataError(f"y_true is about {truth.shape} (cases, classes), y_score about {answer.shape}")
    return truth, answer


def _columns(array: np.ndarray, name: str, count: int, hint: str) -> np.ndarray:
    """0 and 1 for each of `count` classes, from class numbers or from just these."""
    if array.ndim == 2:
        _refuse_other_than_0_and_1(array, name, hint)
        return array.astype(np.int8)
    _refuse_other_than_whole(array, name)
    strange = array[(array < 0) | (array >= count)]
    if len(strange):
        raise DataError(f"{name} must be a class from 0 to {count - 1}, but holds {strange[0]:g}")
    return (array[:, None] == np.arange(count)).astype(np.int8)


# Whose the cases are, how much each counts, and how sure the interval shall be.


def sampling(
    cases: int, *, patient: ArrayLike | None, weights: ArrayLike | None, level: float
) -> tuple[np.ndarray | None, np.ndarray]:
    """Owner and weight of each of so many `cases`, from `patient` and `weights`; `level` is only checked."""
    check_level(level)
    return owners(patient, cases), checked_weights(weights, cases)


def check_as_many(y_true: Sequence, y_pred: Sequence, *, cases: str, holds: str) -> None:
    """Refuse `y_true` and `y_pred` where one is no list of cases, or empty, or longer than the other.

    `cases` is what the error calls them, and `holds` what a list of them holds for each, in words.
    """
    for values, name in ((y_true, "y_true"), (y_pred, "y_pred")):
        if isinstance(values, str) or getattr(values, "shape", 1) == () or not hasattr(values, "__len__"):
            raise DataError(f"{name} holds {holds}, not {values!r:.40}")
    if not len(y_true) or len(y_true) != len(y_pred):
        raise DataError(
            f"y_true has {len(y_true)} {cases} and y_pred {len(y_pred)}: both need one or more, and as many"
        )


def check_level(level: float) -> None:
    """Refuse a `level` that is no share of studies."""
    if not 0 < level < 1:
        raise DataError(f"level must lie between 0 and 1, as 0.95 does, but is {level}")


def owners(patient: ArrayLike | None, cases: int) -> np.ndarray | None:
    """The `patient` of each of the `cases` as a number from 0; None where each is a patient of its own.

    `cases` is how many there are.
    """
    if patient is None:
        return None
    array = _as_array(patient, "patient")
    if array.ndim == 0 or array.size != cases or len(array) != cases:
        raise DataError(f"there are {cases} cases but {array.size} patient numbers")
    unknown = missing(patient)
    if unknown.any():
        raise DataError(
            f"patient is missing for {unknown.sum()} of {cases} cases, the first at {_place(unknown)}: "
            "leave such cases out, or give each a number of its own"
        )
    try:
        people, owner = np.unique(array.reshape(-1), return_inverse=True)
    except TypeError:
        raise DataError("patient mixes numbers and text: give all of one kind, for example as text") from None
    return owner.reshape(-1) if len(people) < cases else None


def checked_weights(weights: ArrayLike | None, cases: int) -> np.ndarray:
    """How much each of so many `cases` counts: ones where `weights` is None."""
    if weights is None:
        return np.ones(cases)
    weights = numbers(weights, "weights").astype(float)
    if len(weights) != cases:
        raise DataError(f"there are {cases} cases but {len(weights)} weights")
    if not ((weights >= 0).all() and weights.any()):
        raise DataError("weights must not be below 0, and not all of them 0")
    return weights


def check_both_classes(y_true: np.ndarray, weights: np.ndarray, name: str) -> None:
    """Refuse cases of one class, by `y_true` or by the `weights` above 0; `name` is what needs both."""
    present = [k for k in (0, 1) if (y_true == k).any()]
    if len(present) < 2:
        raise UndefinedMeasure(f"{name} needs cases of both classes, but all here are of one")
    if not all(weights[y_true == k].any() for k in present):
        raise UndefinedMeasure(f"{name} needs cases of both classes, but all of one class have the weight 0")


def missing(values: ArrayLike) -> np.ndarray:
    """Which of the `values` are None, NaN or the NA of pandas."""
    import pandas as pd

    return np.asarray(pd.isna(values if hasattr(values, "__array__") else list(values))).reshape(-1)


# Tables: one row a case.


def tables(
    a: ArrayLike, b: ArrayLike, names: tuple[str, str], least: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """`a` and `b` as tables of numbers with the same columns and at least so many rows, `least`.

    `names` are what the errors call them. Pictures become rows of pixels.
    """
    a, b = (_finite(rows, name) for rows, name in zip((a, b), names, strict=True))
    for rows, name in zip((a, b), names, strict=True):
        if rows.ndim == 0 or len(rows) < least or not rows.size:
            raise DataError(
                f"at least {least} cases a side are needed, but {name} has the shape {rows.shape}"
            )
    a, b = (rows.astype(float).reshape(len(rows), -1) for rows in (a, b))
    if a.shape[1] != b.shape[1]:
        raise DataError(
            f"both need the same columns, but {names[0]} has {a.shape[1]} and {names[1]} has {b.shape[1]}"
        )
    return a, b


# Helpers.


def _finite(values: ArrayLike, name: str) -> np.ndarray:
    """An array of finite numbers, of any shape."""
    array = _as_array(values, name)
    if array.dtype == object:  # what pandas makes of numbers among which some are missing
        array = _as_array(array.tolist(), name)
    if array.dtype.kind == "f":
        bad = ~np.isfinite(array)
    elif array.dtype == object and array.ndim:
        bad = missing(array).reshape(array.shape)
    else:
        bad = np.zeros(array.shape, bool)
    if bad.any():
        raise DataError(
            f"{bad.sum()} value(s) of {name} are not finite, the first, {array[bad][0]}, at {_place(bad)}: "
            "leave such cases out, and where a model gave them, check whether its training diverged"
        )
    if array.dtype.kind not in "biuf":
        first = array.reshape(-1)[:1].tolist()
        raise DataError(f"{name} must hold numbers, but holds {first[0] if first else values!r}")
    return array


def _as_array(values: ArrayLike, name: str) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError:
        raise DataError(f"{name} is no array: its rows differ in length") from None


def _flat(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim == 0 or array.size != len(array):
        hint = ": for several classes or findings see evaluation.averaged" if name.startswith("y_") else ""
        raise DataError(f"{name} has the shape {array.shape}, but one value a case is needed{hint}")
    if not array.size:
        raise DataError(f"there are no {'cases' if name.startswith('y_') else 'values'}: {name} is empty")
    return array.reshape(-1)


def _pair(y_true: ArrayLike, answer: ArrayLike, name: str) -> tuple[np.ndarray, np.ndarray]:
    y_true, answer = numbers(y_true, "y_true"), numbers(answer, name)
    if len(y_true) != len(answer):
        raise DataError(f"y_true has {len(y_true)} cases, but {name} has {len(answer)}")
    return y_true, answer


def _refuse_other_than_0_and_1(array: np.ndarray, name: str, hint: str) -> None:
    odd = (array != 0) & (array != 1)
    if odd.any():
        raise DataError(f"{name} must be 0 or 1, but holds {array[odd][0]:g} at {_place(odd)}: {hint}")


def _refuse_other_than_whole(array: np.ndarray, name: str) -> None:
    odd = array != np.floor(array) if array.dtype.kind == "f" else np.zeros(0, bool)
    if odd.any():
        raise DataError(
            f"{name} must hold class numbers, but holds {array[odd][0]:g} at {_place(odd)}: compare scores "
            "to a threshold, or take the class with the highest, y_score.argmax(1)"
        )


def _place(bad: np.ndarray) -> str:
    """Where the first True is, in words."""
    first = np.argwhere(bad)[0]
    return f"position {first[0]}" if len(first) == 1 else "row {}, column {}".format(*first)
