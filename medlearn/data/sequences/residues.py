"""The letters of proteins: which there are, how alike two of them are (BLOSUM62), and what is no protein.

Knows no file and no data set. X is any residue, B is N or D, Z is Q or E, J is I or L; U is selenocysteine, O
is pyrrolysine, and "*" is where a protein ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from medlearn.data.dataset import Note

RESIDUES = "ARNDCQEGHILKMFPSTWYV"  # in the order of BLOSUM62
OTHERS = "BJOUXZ*"
LEAST_DNA = 20  # letters, from which A, C, G, T and N alone are no accident
_PLAIN = re.compile(f"[{RESIDUES}]*")
_KNOWN = re.compile(f"[{RESIDUES}{OTHERS}]*", re.IGNORECASE | re.ASCII)

# Henikoff and Henikoff 1992, in half-bits: twice the logarithm, to base 2, of how much more often two
# residues stand under each other in related proteins than by chance. The last row and column are X.
_SCORES = """
 4 -1 -2 -2  0 -1 -1  0 -2 -1 -1 -1 -1 -2 -1  1  0 -3 -2  0  0
-1  5  0 -2 -3  1  0 -2  0 -3 -2  2 -1 -3 -2 -1 -1 -3 -2 -3 -1
-2  0  6  1 -3  0  0  0  1 -3 -3  0 -2 -3 -2  1  0 -4 -2 -3 -1
-2 -2  1  6 -3  0  2 -1 -1 -3 -4 -1 -3 -3 -1  0 -1 -4 -3 -3 -1
 0 -3 -3 -3  9 -3 -4 -3 -3 -1 -1 -3 -1 -2 -3 -1 -1 -2 -2 -1 -2
-1  1  0  0 -3  5  2 -2  0 -3 -2  1  0 -3 -1  0 -1 -2 -1 -2 -1
-1  0  0  2 -4  2  5 -2  0 -3 -3  1 -2 -3 -1  0 -1 -3 -2 -2 -1
 0 -2  0 -1 -3 -2 -2  6 -2 -4 -4 -2 -3 -3 -2  0 -2 -2 -3 -3 -1
-2  0  1 -1 -3  0  0 -2  8 -3 -3 -1 -2 -1 -2 -1 -2 -2  2 -3 -1
-1 -3 -3 -3 -1 -3 -3 -4 -3  4  2 -3  1  0 -3 -2 -1 -3 -1  3 -1
-1 -2 -3 -4 -1 -2 -3 -4 -3  2  4 -2  2  0 -3 -2 -1 -2 -1  1 -1
-1  2  0 -1 -3  1  1 -2 -1 -3 -2  5 -1 -3 -1  0 -1 -3 -2 -2 -1
-1 -1 -2 -3 -1  0 -2 -3 -2  1  2 -1  5  0 -2 -1 -1 -1 -1  1 -1
-2 -3 -3 -3 -2 -3 -3 -3 -1  0  0 -3  0  6 -4 -2 -2  1  3 -1 -1
-1 -2 -2 -1 -3 -1 -1 -2 -2 -3 -3 -1 -2 -4  7 -1 -1 -4 -3 -2 -2
 1 -1  1  0 -1  0  0  0 -1 -2 -2  0 -1 -2 -1  4  1 -3 -2 -2  0
 0 -1  0 -1 -1 -1 -1 -2 -2 -1 -1 -1 -1 -2 -1  1  5 -2 -2  0  0
-3 -3 -4 -4 -2 -2 -3 -2 -2 -3 -2 -3 -1  1 -4 -3 -2 11  2 -3 -2
-2 -2 -2 -3 -2 -1 -2 -3  2 -1 -1 -2 -1  3 -3 -2 -2  2  7 -1 -1
 0 -3 -3 -3 -1 -2 -2 -3 -3  3  1 -2  1 -1 -2 -2  0 -3 -1  4 -1
 0 -1 -1 -1 -2 -1 -1 -1 -1 -1 -1 -1 -1 -1 -2  0  0 -2 -1 -1 -1
"""
BLOSUM62 = np.array(_SCORES.split(), float).reshape(21, 21)
BLOSUM62.flags.writeable = False  # one table for all


def complaint_of_protein(text: str) -> str:
    """What is wrong with the letters of a `text` as a protein, with advice; "" if nothing is.

    >>> complaint_of_protein("MKXU*"), complaint_of_protein("MK4")
    ('', "has the digit '4' inside a sequence: remove the numbers of places")
    """
    known = _KNOWN.match(text)
    if known.end() == len(text):
        return ""
    odd = text[known.end()]
    if odd.isdigit():
        return f"has the digit {odd!r} inside a sequence: remove the numbers of places"
    if odd in "-.":
        return f"has a {odd!r}, as alignments do: give the sequences without gaps"
    return f"has {odd!r} inside a sequence, which is no letter of a protein: remove it"


def is_dna(sequences: Sequence[str]) -> bool:
    """Whether the `sequences` are of DNA or RNA: 20 letters or more, and none but A, C, G, T, U and N.

    >>> is_dna(["ACGTACGTAC", "GGGACUACGT"]), is_dna(["GAG"])
    (True, False)
    """
    letters = {letter for sequence in sequences for letter in sequence.upper()}
    return letters <= set("ACGTUN") and sum(map(len, sequences)) >= LEAST_DNA


def other_letter_notes(sequences: Sequence[str], places: Sequence[str]) -> list[Note]:
    """A note of how many letters of the `sequences` are none of the 20 residues; `places` are of each.

    >>> other_letter_notes(["MK", "MXX"], ["row 2", "row 3"])[0].count
    2
    """
    odd = [at for at, text in enumerate(sequences) if not _PLAIN.fullmatch(text)]
    if not odd:
        return []
    count = sum(sum(letter not in RESIDUES for letter in sequences[at]) for at in odd)
    return [Note("letter other than the 20 residues, kept", count, places[odd[0]])]
