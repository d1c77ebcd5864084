"""Splits that never cut a patient in two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from medlearn.errors import DataError


def split_by_patient(
    patient: np.ndarray,
    y: np.ndarray | None = None,
    *,
    shares: Sequence[float] = (0.6, 0.2, 0.2),
    seed: int = 0,
) -> list[np.ndarray]:
    """Positions of the cases of each split; all cases of a patient land in one.

    Parameters
    ----------
    patient : whose each case is: a number or name a case. Any other group does, too: a document, a scaffold.
    y : classes, so that each split gets about the same mix: a patient counts under the highest class among
        their cases.
    shares : of the patients, one a split; together 1.
    seed : another one deals them out differently.

    >>> patient = np.repeat(np.arange(10), 2)
    >>> train, test = split_by_patient(patient, shares=(0.7, 0.3))
    >>> len(train), len(test), set(patient[train]) & set(patient[test])
    (14, 6, set())
    """
    patient = np.asarray(patient)
    shares = np.asarray(shares, float)
    if y is not None and len(y) != len(patient):
        raise DataError(f"there are {len(patient)} patient numbers, but y has {len(y)} cases")
    if (unknown := patient != patient).any():
        raise DataError(
            f"patient is missing for {unknown.sum()} cases: leave them out, or give each a number"
        )
    if len(shares) < 1 or (shares <= 0).any() or not np.isclose(shares.sum(), 1):
        raise DataError(f"shares must be positive and add up to 1, not {shares.tolist()}")
    ids, member = np.unique(patient, return_inverse=True)
    if len(ids) < len(shares):
        raise DataError(f"{len(ids)} patient(s) cannot be split {len(shares)} ways")
    stratum = np.zeros(len(ids), int)
    if y is not None:
        _, codes = np.unique(np.asarray(y), return_inverse=True)
        np.maximum.at(stratum, member, codes)
    order = np.random.default_rng(seed).permutation(len(ids))
    order = order[np.argsort(stratum[order], kind="stable")]
    # Patients of one class now stand together, so dealing them out evenly gives each split its share.
    split_of = np.empty(len(ids), int)
    split_of[order] = _deal(len(ids), shares)
    splits = [np.flatnonzero(split_of[member] == number) for number in range(len(shares))]
    if not all(map(len, splits)):
        raise DataError(
            f"{len(ids)} patients are too few for shares of {shares.tolist()}: a split would be empty"
        )
    return splits


def _deal(count: int, shares: np.ndarray) -> np.ndarray:
    """Deal `count` cards to hands of the given shares: each goes to the hand that lags most."""
    shares, lag = shares.tolist(), [0.0] * len(shares)
    hands = np.empty(count, int)
    for card in range(count):
        lag = [have + share for have, share in zip(lag, shares, strict=True)]
        hands[card] = hand = max(range(len(lag)), key=lag.__getitem__)
        lag[hand] -= 1
    return hands


def patients_in_names(files: Sequence[PurePath], patient: str) -> np.ndarray:
    """Whose each of the `files` is: what the one group of the pattern `patient` finds in its name.

    >>> patients_in_names([PurePath("a/p7_1.png"), PurePath("b/p12_1.png")], "^p([0-9]+)_").tolist()
    ['7', '12']
    """
    try:
        pattern = re.compile(patient)
    except re.error as error:
        raise DataError(f"patient={patient!r} is not a pattern: {error}") from error
    if pattern.groups != 1:
        raise DataError(f'patient={patient!r} must hold one group, as in r"^(p[0-9]+)_"')
    found = [pattern.search(file.name) for file in files]
    for file, match in zip(files, found, strict=True):
        if not match or not match[1]:
            raise DataError(f"{file}: patient={patient!r} finds no patient in this name")
    return np.array([match[1] for match in found])


def folds_by_patient(
    patient: np.ndarray, y: np.ndarray | None = None, *, folds: int = 5, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Positions of the cases for cross-validation: one pair (train, test) for each of the `folds`.

    No `patient` is on both sides; `y` and `seed` as in `split_by_patient`.
    """
    if folds < 2:
        raise DataError(f"cross-validation needs at least 2 folds, not {folds}")
    held_out = split_by_patient(patient, y, shares=[1 / folds] * folds, seed=seed)
    everyone = np.arange(len(patient))
    return [(np.setdiff1d(everyone, test), test) for test in held_out]
