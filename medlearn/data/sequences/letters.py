"""The letters of DNA: which there are, the other strand, a shuffle that keeps neighbours, and groups.

Knows no file and no data set. IUPAC's ambiguity letters stand for several: R is A or G, N is any.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from medlearn.errors import DataError

LETTERS = "ACGT"
# What each letter may be; U, of RNA, is read as T.
MEANING = {"A": "A", "C": "C", "G": "G", "T": "T", "U": "T"}
MEANING |= {"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"}
MEANING |= {"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"}
_PARTNER = str.maketrans("ACGTURYSWKMBDHVNacgturyswkmbdhvn", "TGCAAYRSWMKVHDBNtgcaayrswmkvhdbn")


def text_array(texts: Sequence[str]) -> np.ndarray:
    """The `texts` as an array of objects."""
    each = np.empty(len(texts), object)
    each[:] = texts
    return each


def other_strand(sequence: str) -> str:
    """What the other strand says where one says `sequence`: each letter's partner, from the end.

    >>> other_strand("AACGN")
    'NCGTT'
    """
    return sequence.translate(_PARTNER)[::-1]


def shuffle_pairs(sequence: str, rng: np.random.Generator) -> str:
    """The letters of a `sequence` in another order, drawn by `rng`, with as many of each neighbouring pair.

    The sequence is a walk from letter to letter; another walk over the same steps is drawn (Altschul and
    Erikson 1985): the last step out of each letter first, until these lead to the end, then the others.

    >>> shuffle_pairs("AACATAACGACT", np.random.default_rng(1))
    'AAATACACGACT'
    """
    steps: dict[str, list[str]] = {}
    for letter, following in pairwise(sequence):
        steps.setdefault(letter, []).append(following)
    end = sequence[-1:]
    last = _last_steps(steps, end, rng)
    for letter, following in steps.items():
        if letter in last:
            following.remove(last[letter])
        steps[letter] = [following[at] for at in rng.permutation(len(following))]
        if letter in last:
            steps[letter].append(last[letter])
    walk = list(sequence[:1])
    ways = {letter: iter(following) for letter, following in steps.items()}
    for _ in sequence[1:]:
        walk.append(next(ways[walk[-1]]))
    return "".join(walk)


def _last_steps(steps: dict[str, list[str]], end: str, rng: np.random.Generator) -> dict[str, str]:
    """The last step out of each letter but the `end`, so that from every letter they lead there."""
    while True:
        last = {
            letter: following[int(rng.random() * len(following))]
            for letter, following in steps.items()
            if letter != end
        }
        reached = {end}
        while grown := {letter for letter in last if letter not in reached and last[letter] in reached}:
            reached |= grown
        if len(reached) == len({end, *last}):
            return last


def groups_of(*keys: Sequence) -> np.ndarray:
    """Numbers of groups from 0 on: who shares any of the `keys`, one value a case each, is in one group.

    >>> groups_of(["a", "a", "b", "c"], [1, 2, 2, 3]).tolist()
    [0, 0, 0, 1]
    """
    codes = [np.unique(np.asarray(key), return_inverse=True)[1] for key in keys]
    group = np.arange(len(codes[0]))
    while True:
        before = group
        for code in codes:
            least = np.full(code.max(initial=-1) + 1, len(group))
            np.minimum.at(least, code, group)
            group = least[code]
        if np.array_equal(before, group):
            return np.unique(group, return_inverse=True)[1]


# Checking

_PLAIN = re.compile("[ACGT]*")
_KNOWN = re.compile(f"[{''.join(MEANING)}]*", re.IGNORECASE | re.ASCII)
_PROTEIN = frozenset("EFILPQXZJO")


def complaint_of(text: str) -> str:
    """What is wrong with the letters of a `text` as DNA, with advice; "" if nothing is.

    >>> complaint_of("ACGNRU"), complaint_of("ACG4")
    ('', "has the digit '4' inside a sequence: save it as FASTA, without numbers of places")
    """
    known = _KNOWN.match(text)
    if known.end() == len(text):
        return ""
    odd = text[known.end()]
    if odd.isdigit():
        return f"has the digit {odd!r} inside a sequence: save it as FASTA, without numbers of places"
    if odd.upper() in _PROTEIN:
        return f"has the letter {odd!r}, which is an amino acid's: give the DNA, not the protein"
    if odd == "*":
        return "has a '*', which ends a protein: give the DNA, or remove the mark"
    if odd == "-":
        return "has a '-', as alignments do: give the sequences without gaps"
    return f"has {odd!r} inside a sequence, which is no letter of DNA: remove it"


def is_plain(sequence: str) -> bool:
    """Whether a `sequence` has no letters but A, C, G and T."""
    return bool(_PLAIN.fullmatch(sequence))


def share_in_lower_case(text: str) -> float:
    """The share of the letters of a `text` that are in lower case, by which repeats are masked.

    >>> share_in_lower_case("ACgt")
    0.5
    """
    return sum(map(str.islower, text)) / max(len(text), 1)


def one_length(sequences: Sequence[str], where: Sequence[str]) -> int:
    """The length that all `sequences` have; where one has another, it is named by its place in `where`."""
    first = len(sequences[0])
    for sequence, place in zip(sequences, where, strict=True):
        if len(sequence) != first:
            raise DataError(
                f"{place} has {len(sequence):,} letters, but the first sequence has {first:,}: cut them "
                "to one length, around the same place"
            )
    return first
