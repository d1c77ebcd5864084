"""Proteins as numbers: residues, and how well each letter of one goes under each letter of another.

NumPy only; nothing here knows Keras, a file or a class. Residues stand in the order of BLOSUM62, and any
other letter is X.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medlearn.data.sequences.residues import BLOSUM62 as BLOSUM62
from medlearn.data.sequences.residues import OTHERS, RESIDUES
from medlearn.errors import DataError

UNKNOWN = len(RESIDUES)  # of X and any other letter
PADDING = UNKNOWN + 1  # behind the end of a sequence
_NO_LETTER = 255


def _codes() -> np.ndarray:
    """The number of each character, 255 where it is no letter of a protein: (256,)."""
    codes = np.full(256, _NO_LETTER, np.uint8)
    for letter in OTHERS:
        codes[[ord(letter), ord(letter.lower())]] = UNKNOWN
    for code, letter in enumerate(RESIDUES):
        codes[[ord(letter), ord(letter.lower())]] = code
    return codes


_CODES = _codes()


def residue_numbers(sequences: Sequence[str], *, length: int | None = None) -> np.ndarray:
    """The number of each residue, (n, length): 0 to 19 in the order of BLOSUM62, 20 for any other letter.

    Behind the end of a sequence stands 21.

    Parameters
    ----------
    sequences : proteins of any lengths, without gaps.
    length : to which they are filled up; by default that of the longest.

    >>> residue_numbers(["ARX", "v"]).tolist()
    [[0, 1, 20], [19, 21, 21]]
    """
    if isinstance(sequences, str):
        raise DataError("sequences are a list or an array of texts; put a single one into a list")
    lengths = [len(sequence) for sequence in sequences]
    most = max(lengths, default=0) if length is None else length
    numbers = np.full((len(lengths), most), PADDING, np.int32)
    for at, sequence in enumerate(sequences):
        if len(sequence) > most:
            raise DataError(
                f"sequence {at} (from 0) has {len(sequence)} letters, and {most} were expected: cut it"
            )
        numbers[at, : len(sequence)] = _numbers(sequence, f"sequence {at} (from 0)")
    return numbers


def substitution(score_matrix: np.ndarray, first: str, second: str) -> np.ndarray:
    """The score of each letter of the first sequence under each of the second, (first, second).

    Parameters
    ----------
    score_matrix : of the 20 residues in the order of BLOSUM62 and X, (21, 21); without X, (20, 20), where no
        sequence has another letter.
    first, second : proteins without gaps.

    >>> substitution(BLOSUM62, "AW", "AWX").tolist()
    [[4.0, -3.0, 0.0], [-3.0, 11.0, -2.0]]
    """
    score_matrix = np.asarray(score_matrix)
    if score_matrix.shape not in ((UNKNOWN, UNKNOWN), (PADDING, PADDING)):
        raise DataError(
            f"the matrix of scores has the shape {score_matrix.shape}: it is (21, 21), of the 20 residues "
            "and X, or (20, 20)"
        )
    rows, columns = _numbers(first, "the first sequence"), _numbers(second, "the second sequence")
    if max(rows.max(initial=0), columns.max(initial=0)) >= len(score_matrix):
        raise DataError(
            "a sequence has a letter other than the 20 residues, and the matrix of scores has no row for it: "
            "give one of (21, 21)"
        )
    return score_matrix[np.ix_(rows, columns)]


def _numbers(sequence: str, called: str) -> np.ndarray:
    """The numbers of one sequence, which messages call so."""
    letters = np.frombuffer(sequence.encode("latin-1", "replace"), np.uint8)
    numbers = _CODES[letters].astype(np.int32)
    if (odd := numbers == _NO_LETTER).any():
        letter = sequence[int(np.argmax(odd))]
        raise DataError(f"{called} has {letter!r}, which is no letter of a protein: remove it")
    return numbers
