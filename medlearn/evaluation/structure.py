"""How well each residue of a chain gets its label: helix, strand or coil.

A case is a chain, with a label for each of its residues, below 0 where none is known: those do not count, and
what a model says of them is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import check_as_many, sampling
from medlearn.evaluation.intervals import Estimate, mean, proportion
from medlearn.evaluation.measure import measure


def right_and_there(y_true: Sequence[ArrayLike], y_pred: Sequence[ArrayLike]) -> np.ndarray:
    """How many residues of each chain are right, and how many count: (chains, 2).

    Parameters
    ----------
    y_true : the label of each residue of each chain, below 0 where it does not count.
    y_pred : the label decided on.

    >>> right_and_there([[0, 1, -1], [2]], [[0, 2, 1], [2]]).tolist()
    [[1, 2], [1, 1]]
    """
    check_as_many(y_true, y_pred, cases="chains", holds="the labels of each chain")
    counts = np.zeros((len(y_true), 2), int)
    for chain, (true, pred) in enumerate(zip(y_true, y_pred, strict=True)):
        true, pred = _labels(true, chain, "y_true"), _labels(pred, chain, "y_pred")
        if len(true) != len(pred):
            raise DataError(f"chain {chain} has {len(true)} residues in y_true, but {len(pred)} in y_pred")
        counts[chain] = ((true >= 0) & (true == pred)).sum(), (true >= 0).sum()
    return counts


def _labels(labels: ArrayLike, chain: int, name: str) -> np.ndarray:
    try:
        labels = np.asarray(labels)
    except ValueError:
        labels = np.zeros((0, 0))
    if labels.ndim != 1 or (labels.size and labels.dtype.kind not in "iu"):
        raise DataError(
            f"chain {chain} of {name} needs one whole number a residue, in one row, not {labels.dtype} of "
            f"{labels.shape}: of probabilities take argmax(-1)"
        )
    return labels


@measure("Q3", of="chains", low=0, high=1)
def q3(
    y_true: Sequence[ArrayLike],
    y_pred: Sequence[ArrayLike],
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of residues whose label is right, all chains together; the interval counts chains.

    Parameters
    ----------
    y_true : the label of each residue of each chain, below 0 where it does not count.
    y_pred : the label decided on.

    >>> print(f"{q3([[0, 1, -1], [2, 2]], [[0, 2, 1], [2, 2]]).value:.2f}")
    0.75
    """
    counts = right_and_there(y_true, y_pred)
    owner, weights = sampling(len(counts), patient=patient, weights=weights, level=level)
    there = counts[:, 1]
    if not weights @ there:
        raise UndefinedMeasure("Q3 is undefined: no residue has a label that counts")
    whose = np.repeat(np.arange(len(counts)) if owner is None else owner, there)
    hits = np.concatenate([np.arange(all_of) < some for some, all_of in counts])
    return proportion(hits, patient=whose, weights=np.repeat(weights, there), level=level)


@measure("Q3, mean over chains", of="chains", low=0, high=1)
def q3_protein(
    y_true: Sequence[ArrayLike],
    y_pred: Sequence[ArrayLike],
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of a chain's residues whose label is right, the mean over chains.

    A chain without a label that counts is left out.

    Parameters
    ----------
    y_true, y_pred : as for `q3`.

    >>> print(f"{q3_protein([[0, 1, -1], [2, 2]], [[0, 2, 1], [2, 2]]).value:.2f}")
    0.75
    """
    right, there = right_and_there(y_true, y_pred).T
    owner, weights = sampling(len(there), patient=patient, weights=weights, level=level)
    known = there > 0
    if not weights[known].any():
        raise UndefinedMeasure("Q3 is undefined: no residue has a label that counts")
    whose = None if owner is None else owner[known]
    shares = right[known] / there[known]
    return mean(q3_protein, shares, patient=whose, weights=weights[known], level=level)
