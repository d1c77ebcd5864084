"""Cases that hold several rows each, as a picture's boxes: what comes in, and an interval over the cases.

Each case is a mapping of arrays; a `Ragged` with several columns is made of such cases.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import checked_weights
from medlearn.evaluation.intervals import Estimate, bootstrap

MOST = 100  # finds that count: of a class in a picture with COCO, in a scan with LUNA16


def both_sides(
    y_true: Sequence, y_pred: Sequence, true: Mapping[str, int | None], pred: Mapping[str, int | None]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The rows of all cases under each other, checked, and as `case` the position of each row's case.

    Parameters
    ----------
    y_true, y_pred : a mapping a case.
    true, pred : their columns, and how wide each is: 0 for one number a row, None for one that may be absent
        and is then 0.
    """
    sides = _under_each_other(y_true, "y_true", true), _under_each_other(y_pred, "y_pred", pred)
    if len(y_true) != len(y_pred):
        raise DataError(f"there are {len(y_true)} cases in y_true but {len(y_pred)} in y_pred: one of each")
    return sides


def _under_each_other(cases: Sequence, name: str, widths: Mapping[str, int | None]) -> dict[str, np.ndarray]:
    if isinstance(cases, str | Mapping) or not hasattr(cases, "__len__") or getattr(cases, "shape", 1) == ():
        raise DataError(f"{name} holds a mapping a case, in a list or a Ragged, not {cases!r:.40}")
    if not len(cases):
        raise DataError(f"there are no cases: {name} is empty")
    parts, counts = {column: [] for column in widths}, []
    for number, case in enumerate(cases):
        where = f"case {number} of {name}"
        if not isinstance(case, Mapping):
            raise DataError(f"{where} must be a mapping of {', '.join(widths)}, and is {case!r:.40}")
        for column, width in widths.items():
            if column not in case and width is not None:
                raise DataError(f"{where} has no {column!r}: it has {', '.join(map(str, case))}")
            values = case[column] if column in case else np.zeros(len(parts[next(iter(widths))][-1]))
            parts[column].append(table(values, f"{column} of {where}", width or 0))
        lengths = {len(column[-1]) for column in parts.values()}
        if len(lengths) > 1:
            raise DataError(f"{where} needs as many rows of each: {', '.join(widths)}")
        counts += lengths
    columns = {column: np.concatenate(rows) for column, rows in parts.items()}
    return columns | {"case": np.repeat(np.arange(len(counts)), counts)}


def table(values: ArrayLike, name: str, width: int = 0) -> np.ndarray:
    """Finite numbers, (rows, width), or (rows,) where `width` is 0; an empty list has no rows.

    `values` are to be looked at, and `name` is what the error calls them.

    >>> table([], "corners", 4).shape
    (0, 4)
    """
    try:
        array = np.asarray(values, float)
    except (TypeError, ValueError):
        raise DataError(f"{name}: these are no numbers, or no table of them") from None
    if array.shape == (0,):
        array = array.reshape((0, width) if width else 0)
    if array.shape[1:] != ((width,) if width else ()) or not array.ndim:
        raise DataError(f"{name}: the shape must be (rows, {width or ''}), and is {array.shape}")
    if not np.isfinite(array).all():
        raise DataError(f"{name}: row {np.argwhere(~np.isfinite(array))[0][0]} is not finite")
    return array


def boxes(y_true: Sequence, y_pred: Sequence) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The true boxes of all cases, `y_true`, and those found, `y_pred`, as columns, checked."""
    shared = {"corners": 4, "label": 0}
    true, pred = both_sides(y_true, y_pred, shared | {"ignore": None}, shared | {"score": 0})
    for name, one in (("y_true", true), ("y_pred", pred)):
        box_table(one["corners"], name)
        if (one["label"] % 1 != 0).any():
            raise DataError(f"{name} holds labels that are no whole numbers: a label is a class's number")
    return true | {"ignore": true["ignore"] != 0}, pred


def box_table(corners: ArrayLike, name: str) -> np.ndarray:
    """The `corners` of boxes as a table, (n, 4), none crossed; `name` is what the error calls them."""
    corners = table(corners, name, 4)
    crossed = (corners[:, 2:] < corners[:, :2]).any(1)
    if crossed.any():
        raise DataError(
            f"{name}: a box has the corners {corners[crossed][0].tolist()}, but they are x0, y0, x1, y1: "
            "the upper left and the lower right, not a width and a height"
        )
    return corners


def overlaps(at: float | Sequence[float], *, one: bool = False) -> np.ndarray:
    """The IoUs `at` which to match, (thresholds,); with `one`, a single number."""
    array = table([at] if np.ndim(at) == 0 else at, "at")
    if not len(array) or (one and np.ndim(at)) or not ((array > 0) & (array <= 1)).all():
        raise DataError(f"at is an IoU above 0 and at most 1, as 0.5 is, not {at}")
    return array


def reweighed(
    of_counts: Callable[[np.ndarray], float],
    cases: int,
    *,
    patient: ArrayLike | None,
    weights: ArrayLike | None,
    level: float,
) -> Estimate:
    """A value with its bootstrap interval, of which each draw only counts the cases anew.

    The interval is widened to the value, where all draws lie on one side of it.

    Parameters
    ----------
    of_counts : the value as a function of how much each case counts; NaN where it is undefined.
    cases : how many there are.
    patient, weights, level : as in every measure.
    """
    weights = checked_weights(weights, cases)
    if np.isnan(of_counts(weights)):
        raise UndefinedMeasure("all cases in which there is something to find have the weight 0")
    form = SimpleNamespace(reweighted=lambda _: lambda counts: of_counts(counts * weights))
    drawn = bootstrap(form, np.arange(cases), patient=patient, level=level)
    return replace(drawn, low=min(drawn.low, drawn.value), high=max(drawn.high, drawn.value))
