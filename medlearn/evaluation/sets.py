"""How well a set is predicted, such as the drugs of a patient: (cases, drugs), 1 where the drug is given.

Each case counts the same, whether it has one drug or eight. Two empty sets are equal by convention, and count
1: to see what that adds, ask again with `weights=y_true.any(1)`, which leaves out all who got no drug.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import between_0_and_1, sampling, tables
from medlearn.evaluation.intervals import Estimate, mean, patients_among, unbiased, variance, wilson_of
from medlearn.evaluation.measure import measure

# Each case's share


def _jaccard(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    both, either = (true * pred).sum(1), np.maximum(true, pred).sum(1)
    return np.divide(both, either, out=np.ones(len(true)), where=either > 0)


def _f1(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    both, sizes = (true * pred).sum(1), true.sum(1) + pred.sum(1)
    return np.divide(2 * both, sizes, out=np.ones(len(true)), where=sizes > 0)


def _average_precision(true: np.ndarray, score: np.ndarray) -> np.ndarray:
    """That of each row, which must have a 1: equal scores count together, in whatever order they stand."""
    order = np.argsort(-score, axis=1, kind="stable")
    hits, score = (np.take_along_axis(array, order, 1) for array in (true, score))
    place = np.arange(score.shape[1])
    ends = np.ones(score.shape, bool)  # the last of its equals
    ends[:, :-1] = score[:, :-1] != score[:, 1:]
    end = np.minimum.accumulate(np.where(ends, place, place[-1])[:, ::-1], 1)[:, ::-1]
    precision = np.take_along_axis(hits.cumsum(1), end, 1) / (end + 1)
    return (hits * precision).sum(1) / hits.sum(1)


# Measures


def _jaccard_reweighted(y_true: ArrayLike, y_pred: ArrayLike) -> Callable[[np.ndarray], float]:
    """The Jaccard index as a function of how often each case counts."""
    values = _jaccard(*_sets(y_true, y_pred))
    return lambda counts: float(counts @ values / counts.sum())


@measure("Jaccard index", of="sets", low=0, high=1, reweighted=_jaccard_reweighted)
def jaccard(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Of all the drugs in either set, the share that is in both: averaged over cases; two empty sets count 1.

    Parameters
    ----------
    y_true, y_pred : the true set of each case, and the one decided on: 0 and 1, (cases, drugs).

    >>> print(f"{jaccard([[1, 1, 0], [0, 0, 0]], [[1, 0, 0], [0, 0, 0]]).value:.2f}")
    0.75
    """
    values = _jaccard(*_sets(y_true, y_pred))
    return mean(jaccard, values, patient=patient, weights=weights, level=level)


@measure("difference in Jaccard index", of="sets", low=-1, high=1)
def jaccard_difference(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    other_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The Jaccard index of `y_pred` minus that of `other_pred`, case by case, so on the same patients.

    Parameters
    ----------
    y_true, y_pred, other_pred : the true set of each case, the one decided on, and another model's:
        0 and 1, (cases, drugs).

    >>> true, copy = [[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 1]]
    >>> print(f"{jaccard_difference(true, true, copy).value:.2f}")
    0.25
    """
    first, second = _sets(y_true, y_pred), _sets(y_true, other_pred, "other_pred")
    values = _jaccard(*first) - _jaccard(*second)
    return mean(jaccard_difference, values, patient=patient, weights=weights, level=level)


@measure("F1 of sets", of="sets", low=0, high=1)
def set_f1(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Twice the drugs in both sets, by the sizes of the two: averaged over cases; two empty sets count 1.

    Parameters
    ----------
    y_true, y_pred : as for `jaccard`.

    >>> print(f"{set_f1([[1, 1, 0], [0, 0, 0]], [[1, 0, 0], [0, 0, 0]]).value:.3f}")
    0.833
    """
    return mean(set_f1, _f1(*_sets(y_true, y_pred)), patient=patient, weights=weights, level=level)


@measure("AUPRC of sets", of="set scores", low=0, high=1)
def set_auprc(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """How high a case's own drugs rank among all: average precision, averaged over the cases with a drug.

    Parameters
    ----------
    y_true : the true set of each case, 0 and 1, (cases, drugs).
    y_score : one score a drug, on any scale, (cases, drugs): the higher, the likelier it is given.

    >>> print(f"{set_auprc([[1, 0, 1], [0, 1, 0]], [[0.9, 0.1, 0.2], [0.8, 0.4, 0.1]]).value:.2f}")
    0.75
    """
    true, score = _tables(y_true, y_score, "y_score")
    _refuse_other_than_0_and_1(true, "y_true")
    owner, weights = sampling(len(true), patient=patient, weights=weights, level=level)
    some = true.any(1)
    if not weights[some].any():
        raise UndefinedMeasure("the AUPRC of sets is undefined: no case that counts has a drug")
    values = _average_precision(true[some], score[some])
    owner = None if owner is None else owner[some]
    return mean(set_auprc, values, patient=owner, weights=weights[some], level=level)


@measure("rate of forbidden pairs", of="given sets", low=0, high=1)
def pair_rate(
    y_pred: ArrayLike,
    pairs: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Forbidden pairs of drugs, divided by all pairs given to the same patient at the same time.

    The pairs of all cases are counted together, and those who get many drugs have most of them. Papers that
    divide by the cases, or by all pairs that there are, report other figures.

    Parameters
    ----------
    y_pred : the set of each case, recommended or recorded: 0 and 1, (cases, drugs).
    pairs : 1 where two drugs must not be given together, else 0: (drugs, drugs), symmetric.

    >>> forbidden = [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    >>> print(f"{pair_rate([[1, 1, 1], [1, 0, 1], [0, 0, 1]], forbidden).value:.2f}")
    0.25
    """
    sets, pairs = _tables(y_pred, pairs, "pairs", "y_pred", rows=False)
    _refuse_other_than_0_and_1(sets, "y_pred")
    _check_pairs(pairs)
    owner, weights = sampling(len(sets), patient=patient, weights=weights, level=level)
    size = sets.sum(1)
    bad, all_pairs = ((sets @ pairs) * sets).sum(1) / 2, size * (size - 1) / 2
    among = (all_pairs > 0) & (weights > 0)
    if not among.any():
        raise UndefinedMeasure("a rate of forbidden pairs is undefined: no case has two drugs")
    total, count = weights @ all_pairs, patients_among(among, owner)
    value = float(weights @ bad / total)
    error = variance(unbiased(weights * (bad - value * all_pairs) / total, owner, among), owner)
    effective = value * (1 - value) / error if error > 1e-30 else count
    return wilson_of(value, effective, level, "Wilson" if owner is None else "Wilson, by patient")


# From probabilities to a set


def decide(probability: ArrayLike) -> np.ndarray:
    """The set with the highest expected Jaccard index for each case: 0 and 1, (cases, drugs).

    It is exact where drugs are given independently of each other, once the probabilities are known: among the
    sets of one size the likeliest drugs are then best, so that only as many sets as drugs need comparing.

    Parameters
    ----------
    probability : of each drug, (cases, drugs).

    >>> decide([[0.4, 0.3, 0.0], [0.9, 0.45, 0.1], [0.1, 0.1, 0.1]]).tolist()
    [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    >>> decide([[0.45, 0.45, 0.45]]).tolist()
    [[1, 1, 1]]
    """
    p, _ = _tables(probability, probability, "probability", "probability")
    between_0_and_1(p, "probability")
    cases, drugs = p.shape
    order = np.argsort(-p, axis=1, kind="stable")
    p = np.take_along_axis(p, order, 1)
    inside = np.cumsum(p, axis=1)  # how many of the k likeliest are given, on average
    others = np.zeros((cases, drugs + 1))  # the chance that so many of all others are
    others[:, 0] = 1
    expected = np.zeros((cases, drugs + 1))  # of the set of the k likeliest
    for k in range(drugs, 0, -1):
        expected[:, k] = inside[:, k - 1] * (others / (k + np.arange(drugs + 1))).sum(1)
        given, last = p[:, k - 1 : k], others[:, :-1].copy()
        others *= 1 - given
        others[:, 1:] += last * given
    expected[:, 0] = others[:, 0]  # two empty sets count 1
    place = np.argsort(order, axis=1)
    return (place < expected.argmax(1)[:, None]).astype(np.uint8)


# What comes in


def _tables(
    first: ArrayLike, second: ArrayLike, name: str, first_name: str = "y_true", *, rows: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Two tables with a column a drug and, with `rows`, the same cases."""
    names = (first_name, name)
    one, other = tables(first, second, names, least=1)
    for array, its in zip((first, second), names, strict=True):
        if np.ndim(array) != 2:
            raise DataError(f"{its} has the shape {np.shape(array)}, but must have a column for each drug")
    if rows and len(one) != len(other):
        raise DataError(f"{first_name} has {len(one)} cases, but {name} has {len(other)}")
    return one, other


def _sets(y_true: ArrayLike, answer: ArrayLike, name: str = "y_pred") -> tuple[np.ndarray, np.ndarray]:
    true, pred = _tables(y_true, answer, name)
    _refuse_other_than_0_and_1(true, "y_true")
    _refuse_other_than_0_and_1(pred, name)
    return true, pred


def _refuse_other_than_0_and_1(array: np.ndarray, name: str) -> None:
    odd = np.argwhere((array != 0) & (array != 1))
    if len(odd):
        row, column = odd[0]
        hint = ": compare the scores to a threshold" if name.endswith("pred") else ""
        raise DataError(
            f"{name} must be 0 or 1, but holds {array[row, column]:g} at row {row}, column {column}{hint}"
        )


def _check_pairs(pairs: np.ndarray) -> None:
    _refuse_other_than_0_and_1(pairs, "pairs")
    if len(pairs) != pairs.shape[1]:
        raise DataError(
            f"pairs has {len(pairs)} rows and {pairs.shape[1]} columns, but needs one of each a drug"
        )
    odd = np.argwhere(pairs != pairs.T)
    if len(odd):
        raise DataError(
            "pairs must be symmetric, but drugs {} and {} are a pair in one order only".format(*odd[0])
        )
    if pairs.diagonal().any():
        raise DataError(
            f"pairs forbids drug {pairs.diagonal().argmax()} together with itself: its diagonal must be 0"
        )
