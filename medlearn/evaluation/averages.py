"""One figure for several classes or several findings. It hides its worst class: show the classes, too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import indicators, sampling
from medlearn.evaluation.intervals import Estimate, student, wilson
from medlearn.evaluation.measure import describe_arguments


@describe_arguments()
def averaged(
    measure: Callable[..., Estimate],
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    average: str = "macro",
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """A measure over several classes, each against the rest, or over several findings.

    Parameters
    ----------
    measure : one whose `influence` is known, as that of the AUROC, of all shares and of the Brier score.
    y_true : class numbers (n,), or 0 and 1 for each of several findings (n, classes).
    y_score : scores or probabilities (n, classes); for a measure of decisions class numbers (n,), or 0 and 1
        (n, classes).
    average : "macro" counts every class alike, "weighted" by its cases, "micro" puts all answers together.

    >>> from medlearn.evaluation import sensitivity
    >>> print(f"{averaged(sensitivity, [0, 1, 2, 1, 0], [0, 1, 2, 2, 0]).value:.3f}")
    0.833
    """
    if average not in ("macro", "weighted", "micro"):
        raise DataError(f"average must be 'macro', 'weighted' or 'micro', not {average!r}")
    if getattr(measure, "influence", None) is None:
        name = getattr(measure, "__name__", repr(measure))
        raise DataError(
            f"averaged() cannot average {name} over classes: call it for each class and show them all"
        )
    truth, answer = indicators(y_true, y_score, measure.of)
    cases, count = truth.shape
    owner, weights = sampling(cases, patient=patient, weights=weights, level=level)
    if average == "micro":
        whose = np.repeat(np.arange(cases) if owner is None else owner, count)
        shared = {"patient": whose, "weights": np.repeat(weights, count), "level": level}
        return measure(truth.reshape(-1), answer.reshape(-1), **shared)
    values, influences = np.empty(count), np.empty((count, cases))
    for k in range(count):
        try:
            values[k], influences[k], _ = measure.influence(truth[:, k], answer[:, k], weights, owner)
        except UndefinedMeasure as error:
            raise UndefinedMeasure(f"class {k}: {error}") from None
    share = np.ones(count) / count if average == "macro" else _shares(truth, weights)
    value, influence = float(share @ values), share @ influences
    if measure.of == "probabilities":
        return student(measure, value, influence, owner, level)
    return wilson(value, influence, owner, np.ones(cases, bool), level)


def _shares(truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The share of each class among all findings."""
    if not (weights @ truth).any():
        raise UndefinedMeasure("a weighted average is undefined: no case that counts has a finding")
    return weights @ truth / (weights @ truth).sum()
