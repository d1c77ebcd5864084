"""Simulated transcripts of genes, with introns, and the proteins that they code for.

Pure functions, no files. Letters are those of DNA, T for the U of RNA. A protein is in one-letter code and
ends with "*". The coding sequence begins with ATG; up to two introns stand anywhere in it. An intron begins
with GTAAGT; before its end is a branch point, CTAAC, and then a tract of C and T up to the closing AG. So a
program of a pattern and a table of 64 codons is right in every case, at any length.

What is not realistic: real sites vary, real introns are far longer, and no pattern finds them all; there is
no untranslated piece. No result on these sequences says anything about genes.
"""

from __future__ import annotations

import re

import numpy as np

from medlearn.data.sequences.letters import LETTERS
from medlearn.errors import DataError

BASES = "TCAG"
_AMINO_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
# The standard genetic code: what each codon says.
CODONS = {
    first + second + third: _AMINO_ACIDS[16 * i + 4 * j + k]
    for i, first in enumerate(BASES)
    for j, second in enumerate(BASES)
    for k, third in enumerate(BASES)
}
DONOR, BRANCH, ACCEPTOR = "GTAAGT", "CTAAC", "AG"
INTRON = re.compile(f"{DONOR}[ACGT]*?{BRANCH}[CT]*{ACCEPTOR}")
INTRONS = (0.3, 0.4, 0.3)  # chance of none, one and two
FILLER, TRACT = (2, 8), (3, 6)  # least and most letters before and behind the branch point
SHORTEST = 3  # codons: a start, one more, a stop


def transcripts(
    count: int, *, codons: tuple[int, int] = (10, 30), seed: int = 0
) -> tuple[list[str], list[str]]:
    """So many transcripts before splicing, and the protein of each, which ends with "*".

    Parameters
    ----------
    count : how many.
    codons : the least and the most that a transcript has, start and stop counted: as many letters has its
        protein.
    seed : draws them.

    >>> pre_mrna, protein = transcripts(1, codons=(5, 5))
    >>> len(protein[0]), protein[0][0], protein[0][-1], translated(spliced(pre_mrna[0])) == protein[0]
    (5, 'M', '*', True)
    """
    least, most = codons
    if not SHORTEST <= least <= most:
        raise DataError(
            f"codons are the least and the most, {SHORTEST} or more, not {codons}: as in (10, 30)"
        )
    rng = np.random.default_rng([seed, 223])
    coding, pre_mrna = [], []
    while len(coding) < count:
        text = _coding(rng, int(rng.integers(least, most + 1)))
        longer = _with_introns(rng, text)
        if spliced(longer) == text:  # else an exon looks like an intron by chance
            coding.append(text)
            pre_mrna.append(longer)
    return pre_mrna, [translated(text) for text in coding]


def spliced(pre_mrna: str) -> str:
    """A transcript, `pre_mrna`, without its introns.

    >>> spliced("ATG" + "GTAAGT" + "CA" + "CTAAC" + "TCT" + "AG" + "TAA")
    'ATGTAA'
    """
    return INTRON.sub("", pre_mrna)


def translated(coding: str) -> str:
    """The protein of a `coding` sequence, codon by codon, up to the first stop, "*".

    >>> translated("ATGAAATAA")
    'MK*'
    """
    protein = ""
    for start in range(0, len(coding) - 2, 3):
        protein += CODONS[coding[start : start + 3]]
        if protein.endswith("*"):
            break
    return protein


def _coding(rng: np.random.Generator, codons: int) -> str:
    """A coding sequence of so many `codons`, some of which are used more than others."""
    usage = np.random.default_rng(22).gamma(2.0, size=len(CODONS))  # alike in all
    stop = np.array([amino_acid == "*" for amino_acid in CODONS.values()])
    inner, last = np.where(stop, 0, usage), np.where(stop, usage, 0)
    names = np.array(list(CODONS))
    drawn = rng.choice(names, codons - 2, p=inner / inner.sum())
    return "".join(["ATG", *drawn, rng.choice(names, p=last / last.sum())])


def _with_introns(rng: np.random.Generator, coding: str) -> str:
    """The same with introns, none at its ends and no two at one place."""
    count = rng.choice(len(INTRONS), p=INTRONS)
    places = np.sort(rng.choice(np.arange(1, len(coding)), count, replace=False)).tolist()
    parts = [coding[start:end] for start, end in zip([0, *places], [*places, None], strict=True)]
    return parts[0] + "".join(_intron(rng) + part for part in parts[1:])


def _intron(rng: np.random.Generator) -> str:
    filler, tract = (int(rng.integers(low, high + 1)) for low, high in (FILLER, TRACT))
    before = "".join(LETTERS[code] for code in rng.integers(0, 4, filler))
    behind = "".join("CT"[code] for code in rng.integers(0, 2, tract))
    return DONOR + before + BRANCH + behind + ACCEPTOR
