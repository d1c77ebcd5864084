"""Residues: BLOSUM62 as published, and what is told of a text that is no protein."""

import re

import numpy as np
import pytest

from medlearn.data.sequences.residues import (
    BLOSUM62,
    RESIDUES,
    complaint_of_protein,
    is_dna,
    other_letter_notes,
)


def score(first, second):
    letters = RESIDUES + "X"
    return BLOSUM62[letters.index(first), letters.index(second)]


def test_blosum62_has_its_published_entries():
    assert BLOSUM62.shape == (21, 21) and np.array_equal(BLOSUM62, BLOSUM62.T)
    assert np.diag(BLOSUM62).tolist() == [4, 5, 6, 6, 9, 5, 5, 6, 8, 4, 4, 5, 5, 6, 7, 4, 5, 11, 7, 4, -1]
    known = {"IV": 3, "KR": 2, "DE": 2, "FY": 3, "WY": 2, "HY": 2, "ST": 1, "CE": -4, "DL": -4, "FP": -4}
    known |= {"NW": -4, "GI": -4, "AX": 0, "CX": -2, "VX": -1}
    assert {pair: score(*pair) for pair in known} == known


def test_the_rows_of_blosum62_have_their_sums():
    """Those of NCBI's file, without the ambiguous letters, so that no entry is mistyped."""
    sums = "-16 -21 -18 -26 -31 -12 -17 -34 -17 -27 -25 -17 -13 -25 -32 -11 -14 -32 -16 -22"
    assert " ".join(f"{row:.0f}" for row in BLOSUM62[:20, :20].sum(1)) == sums


def test_scores_are_alike_for_all_and_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        BLOSUM62[0, 0] = 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("MKV1", r"has the digit '1' inside a sequence"),
        ("MK-V", r"has a '-', as alignments do"),
        ("MK.V", r"has a '\.', as alignments do"),
        ("MK?V", r"has '\?' inside a sequence, which is no letter of a protein"),
        ("MKÄ", r"has 'Ä' inside a sequence"),
    ],
)
def test_what_is_no_protein_is_told(text, said):
    assert re.match(said, complaint_of_protein(text))


def test_rare_letters_are_letters():
    assert not complaint_of_protein("mkvBJOUXZ*") and not complaint_of_protein("")


def test_dna_is_told_by_its_letters_unless_there_are_few():
    assert is_dna(["acgtacgtac", "ACGUNACGUN"])
    assert not is_dna(["ACGTACGTACGTACGTACG"]) and not is_dna(["ACGTACGTACGTACGTACGW"])


def test_letters_that_are_none_of_the_twenty_are_counted():
    (note,) = other_letter_notes(["MKV", "MXU", "B*K"], ["row 2", "row 3", "row 4"])
    assert (note.count, note.first) == (4, "row 3")
    assert not other_letter_notes(["MKV"], ["row 2"])
