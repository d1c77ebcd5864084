"""How well two sequences are aligned: which letters stand under each other, against a reference.

A case is a pair of sequences. What a reference or an alignment says of it is the places of letters that stand
under each other, counted from 0: (pairs of letters, 2).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import check_as_many, sampling
from medlearn.evaluation.intervals import Estimate, student
from medlearn.evaluation.measure import measure

LONGEST = 2**31 - 1  # letters: two places make one number of 64 bits


def shares_found(y_true: Sequence[ArrayLike], y_pred: Sequence[ArrayLike]) -> np.ndarray:
    """Of each case, the share of the reference's pairs of letters that are found: (cases,).

    Parameters
    ----------
    y_true, y_pred : the places of letters that stand under each other, in the reference and as found; (k, 2)
        of each case.

    >>> shares_found([[(0, 0), (1, 1)]], [[(0, 0), (1, 2)]]).tolist()
    [0.5]
    """
    holds = "an array of places for each pair of sequences"
    check_as_many(y_true, y_pred, cases="pairs of sequences", holds=holds)
    shares = np.zeros(len(y_true))
    for case, (true, pred) in enumerate(zip(y_true, y_pred, strict=True)):
        true, pred = _places(true, case, "y_true"), _places(pred, case, "y_pred")
        if not len(true):
            raise UndefinedMeasure(
                f"the share of pairs found is undefined: in the reference of case {case} no letter stands "
                "under another, so leave it out"
            )
        shares[case] = np.isin(true, pred).mean()
    return shares


def _places(pairs: ArrayLike, case: int, name: str) -> np.ndarray:
    """Each pair of places as one number."""
    try:
        pairs = np.asarray(pairs)
    except ValueError:
        pairs = np.zeros(1)  # rows of other lengths, which are refused below
    if not pairs.size:
        return np.zeros(0, np.int64)
    whole = pairs.ndim == 2 and pairs.shape[1] == 2 and pairs.dtype.kind in "iu"
    if not whole or pairs.min() < 0 or pairs.max() > LONGEST:
        raise DataError(
            f"case {case} of {name} needs places of letters from 0 as whole numbers, (pairs, 2), not "
            f"{pairs.dtype} of {pairs.shape}"
        )
    pairs = pairs.astype(np.int64)
    if any(len(np.unique(side)) < len(side) for side in pairs.T):
        raise DataError(f"case {case} of {name} has a letter that stands under two others")
    return pairs[:, 0] << 32 | pairs[:, 1]


@measure("share of pairs found", of="alignments", low=0, high=1)
def pairs_found(
    y_true: Sequence[ArrayLike],
    y_pred: Sequence[ArrayLike],
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of the reference's pairs of letters that are found, where each family counts alike.

    A family is a `patient`. The value is the mean over families of the mean over their cases, so that a large
    family does not decide alone. What is found and not in the reference does not count.

    Parameters
    ----------
    y_true, y_pred : the places of letters that stand under each other, in the reference and as found; (k, 2)
        of each case.

    >>> reference, found = [[(0, 0), (1, 1)], [(0, 1)], [(2, 2)]], [[(0, 0)], [(0, 1)], [(2, 3)]]
    >>> print(f"{pairs_found(reference, found, patient=['a', 'a', 'b']).value:.3f}")
    0.375
    """
    shares = shares_found(y_true, y_pred)
    owner, weights = sampling(len(shares), patient=patient, weights=weights, level=level)
    family = np.arange(len(shares)) if owner is None else owner
    of_family = np.bincount(family, weights=weights)
    there = np.flatnonzero(of_family)
    weight = np.divide(weights, of_family[family], out=np.zeros(len(shares)), where=weights > 0) / len(there)
    value = float(weight @ shares)
    counted = np.flatnonzero(weights > 0)
    whose = None if owner is None else owner[counted]
    return student(pairs_found, value, (weight * (shares - value))[counted], whose, level)
