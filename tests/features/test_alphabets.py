"""Proteins as numbers, and the scores of their letters."""

import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.features.alphabets import BLOSUM62, PADDING, RESIDUES, UNKNOWN, residue_numbers, substitution


def test_each_residue_has_its_number_in_either_case():
    assert residue_numbers([RESIDUES])[0].tolist() == list(range(20))
    assert residue_numbers([RESIDUES.lower()])[0].tolist() == list(range(20))
    assert residue_numbers(["XBZUOJ*x"])[0].tolist() == [UNKNOWN] * 8


def test_short_sequences_are_filled_up():
    numbers = residue_numbers(["AR", "", "V"], length=3)
    assert numbers.tolist() == [[0, 1, PADDING], [PADDING] * 3, [19, PADDING, PADDING]]
    assert residue_numbers([]).shape == (0, 0) and numbers.dtype == np.int32


@pytest.mark.parametrize(
    ("sequences", "length", "said"),
    [
        ("ARN", None, "put a single one into a list"),
        (["AR", "ARN"], 2, r"sequence 1 \(from 0\) has 3 letters, and 2 were expected: cut it"),
        (["AR", "A-R"], None, r"sequence 1 \(from 0\) has '-', which is no letter of a protein"),
        (["A4"], None, r"sequence 0 \(from 0\) has '4'"),
        (["AРN"], None, r"sequence 0 \(from 0\) has 'Р'"),  # a Cyrillic letter
    ],
)
def test_what_is_no_protein_is_refused(sequences, length, said):
    with pytest.raises(DataError, match=said):
        residue_numbers(sequences, length=length)


def test_scores_are_looked_up_for_each_two_letters():
    scores = substitution(BLOSUM62, "WVX", "wc")
    assert scores.tolist() == [[11, -2], [-3, -1], [-2, -2]]
    other = np.arange(400).reshape(20, 20)
    assert substitution(other, "AR", "V").tolist() == [[19], [39]], "rows are of the first"
    assert substitution(BLOSUM62, "", "AR").shape == (0, 2)


@pytest.mark.parametrize(
    ("matrix", "first", "said"),
    [
        (np.zeros((4, 4)), "AR", r"shape \(4, 4\): it is \(21, 21\)"),
        (np.zeros((20, 21)), "AR", r"shape \(20, 21\)"),
        (np.zeros((20, 20)), "AX", "no row for it: give one of"),
        (BLOSUM62, "A.", r"the first sequence has '\.'"),
    ],
)
def test_scores_that_do_not_fit_are_refused(matrix, first, said):
    with pytest.raises(DataError, match=said):
        substitution(matrix, first, "AR")
