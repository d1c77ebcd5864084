"""Simulated splice sites in UCI's file format: rows of class, name and 60 letters.

A stand-in, so that the course runs offline. Knows nothing about reading such files (see splice.py) nor about
models.

What is simulated: genes with exons, made of codons that some genes use more than others, and introns, richer
in A and T. A donor (EI) has 30 letters of exon, then 30 of intron; its site, MAG|GTRAGT, is drawn from a
weight matrix, a letter a place. An acceptor (IE) has 30 letters of intron, with a tract of C and T that
lies at a varying place, YAG before the border, and 30 of exon. Neither (N) lies inside an exon, an intron or
an untranslated piece; one in ten is a decoy, with GT or AG where a site has it and some of the letters
around. A gene may have a copy within its locus and another under a second locus name: their sequences differ
in about 15 % of the letters, as paralogues do. A few rows stand twice under two names, as records of a
database do, and two sequences in a hundred have letters that are ambiguous.

What is not realistic: places of a site are independent of each other; enhancers and silencers of splicing,
branch points and the reading frame across a border are absent; loci are many and small, and how alike copies
are is invented. No result on these sequences says anything about genes: they are for learning to handle such
data.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

from medlearn.data.files import MARK
from medlearn.data.sequences.letters import LETTERS

VERSION = 1  # goes up whenever the same seed would give other sequences

ROWS = 1500
LENGTH, BORDER = 60, 30
SHARES = (0.24, 0.24, 0.52)  # of donors, acceptors and neither, as in the published set
LABELS = ("EI", "IE", "N")
WINDOWS = 2.2  # of a gene, on average
NEAR_COPY, PARALOGUE, UNLIKE = 0.3, 0.3, 0.15  # share of genes with either; share of letters that differ
TWICE, AMBIGUOUS = 0.03, 0.02
DECOY, LIKENESS = 0.1, 0.25  # share of "neither", and of a site's letters that a decoy has

# Chances of A, C, G and T at each place of a site, in percent.
DONOR = (
    *((33, 37, 18, 12), (60, 13, 12, 15), (8, 4, 81, 7)),  # the end of the exon
    *(
        (0.1, 0.1, 99.7, 0.1),
        (0.1, 0.7, 0.1, 99.1),
        (49, 3, 45, 3),
        (71, 7, 12, 10),
        (6, 5, 84, 5),
        (15, 19, 20, 46),
    ),
)
ACCEPTOR = (
    *(
        (22, 28, 22, 28),
        (5, 64, 1, 30),
        (99.7, 0.1, 0.1, 0.1),
        (0.1, 0.1, 99.7, 0.1),
    ),  # the end of the intron
    (25, 14, 49, 12),
)
TRACT, INTRON = (7, 34, 6, 53), (27, 18, 19, 36)
TRACT_LENGTH, TRACT_PLACES = 12, (8, 9, 10, 11, 12, 13)  # where it begins
STARTS = (BORDER - 3, BORDER - 4)  # of the sites of DONOR and ACCEPTOR
STOPS = ("TAA", "TAG", "TGA")
CODONS = np.array(
    [codon for codon in product(range(4), repeat=3) if "".join(LETTERS[c] for c in codon) not in STOPS]
)


def write_splice(folder: str | Path, *, seed: int = 0) -> Path:
    """Write `splice.data` to a `folder`, drawn by `seed`; its path."""
    rng = np.random.default_rng([seed, 211])
    rows: list[tuple[int, str, np.ndarray]] = []
    for number, genes in enumerate(_families(rng)):
        rows += [(label, f"{MARK.upper()}{number}{'AB'[locus]}", codes) for label, locus, codes in genes]
        if len(rows) >= ROWS:
            break
    names = [_name(rng, label, locus) for label, locus, _ in rows]
    texts = ["".join(LETTERS[code] for code in codes) for _, _, codes in rows]
    lines = [
        f"{LABELS[label] + ',':<7}{name + ',':>40}{_blurred(rng, text)}"
        for (label, _, _), name, text in zip(rows, names, texts, strict=True)
    ]
    path = Path(folder) / "splice.data"
    path.write_text("\n".join(sorted(lines[:ROWS])) + "\n", encoding="ascii")
    return path


def true_scores(sequences: np.ndarray, label: np.ndarray | int) -> np.ndarray:
    """What the weight matrix of a site says of each letter at each place: (n, 60, 4), 0 outside the site.

    It is the logarithm of a letter's chance in a site, over that in an intron for the tract of an acceptor,
    and over a quarter elsewhere. What a change does to the score is the difference of two letters at a place.

    Parameters
    ----------
    sequences : of 60 letters.
    label : the class of each, or of all: 0 donor, 1 acceptor, 2 neither, of which nothing is said.

    >>> true_scores(["A" * 60], 0)[0, 30].round(1).tolist()  # the G of GT
    [-5.5, -5.5, 1.4, -5.5]
    """
    scores = np.zeros((3, LENGTH, 4))
    for code, site in enumerate((DONOR, ACCEPTOR)):
        scores[code, STARTS[code] : STARTS[code] + len(site)] = np.log(np.array(site) / 25)
    inside = np.zeros(BORDER - len(ACCEPTOR) + 1)
    for start in TRACT_PLACES:
        inside[start : start + TRACT_LENGTH] += 1 / len(TRACT_PLACES)
    ratio = np.array(TRACT) / INTRON
    scores[1, : len(inside)] += np.log(1 + inside[:, None] * (ratio - 1))
    return scores[np.broadcast_to(label, len(sequences))]


# Genes


def _families(rng: np.random.Generator) -> Iterator[list[tuple[int, int, np.ndarray]]]:
    """The windows of one gene after another, with those of its copies: class, locus (0 or 1) and letters."""
    while True:
        usage, gene = _usage(rng), []
        for _ in range(rng.geometric(1 / WINDOWS)):
            label = int(rng.choice(3, p=SHARES))
            gene.append((label, 0, _window(rng, label, usage)))
        if rng.random() < NEAR_COPY:
            gene += [(label, 0, _copied(rng, label, codes)) for label, _, codes in gene]
        if rng.random() < PARALOGUE:
            gene += [(label, 1, _copied(rng, label, codes)) for label, _, codes in gene]
        gene += [(label, 1 - locus, codes) for label, locus, codes in gene if rng.random() < TWICE]
        yield gene


def _usage(rng: np.random.Generator) -> np.ndarray:
    """How often a gene uses each codon: those that end in C or G more, or less, from gene to gene."""
    common = np.random.default_rng(21).gamma(2.0, size=len(CODONS))  # alike in all
    ends = rng.beta(12, 8)
    usage = common * np.where(np.isin(CODONS[:, 2], (1, 2)), ends, 1 - ends)
    return usage / usage.sum()


def _exon(rng: np.random.Generator, usage: np.ndarray, length: int) -> np.ndarray:
    """So many letters of an exon, from any place in a codon."""
    start = int(rng.random() * 3)
    drawn = rng.choice(len(CODONS), length // 3 + 2, p=usage)
    return CODONS[drawn].ravel()[start : start + length]


def _drawn(rng: np.random.Generator, percents: np.ndarray) -> np.ndarray:
    """A letter for each row of `percents`."""
    edges = np.cumsum(percents, axis=1)
    return (rng.random((len(edges), 1)) * edges[:, -1:] >= edges).sum(1)


def _intron(rng: np.random.Generator, length: int) -> np.ndarray:
    return _drawn(rng, np.tile(INTRON, (length, 1)))


def _window(rng: np.random.Generator, label: int, usage: np.ndarray) -> np.ndarray:
    """The 60 letters around a donor, an acceptor, or neither."""
    if label == 2:
        return _neither(rng, usage)
    exon, intron = _exon(rng, usage, BORDER), _intron(rng, BORDER)
    if label == 1:
        start = int(rng.choice(TRACT_PLACES))
        intron[start : start + TRACT_LENGTH] = _drawn(rng, np.tile(TRACT, (TRACT_LENGTH, 1)))
    codes = np.concatenate([exon, intron] if label == 0 else [intron, exon])
    return _with_site(rng, codes, label, 1.0)


def _neither(rng: np.random.Generator, usage: np.ndarray) -> np.ndarray:
    kind = rng.random()
    codes = _exon(rng, usage, LENGTH) if kind < 0.4 else _intron(rng, LENGTH)
    if kind > 0.8:
        codes = rng.integers(0, 4, LENGTH)
    if rng.random() < DECOY:
        codes = _with_site(rng, codes, int(rng.random() * 2), LIKENESS)
    return codes


def _with_site(rng: np.random.Generator, codes: np.ndarray, label: int, likeness: float) -> np.ndarray:
    """The same with the site of a class; of a decoy only GT or AG and some of its letters."""
    site, start = ((DONOR, ACCEPTOR)[label], STARTS[label])
    core = np.max(site, axis=1) > 90
    taken = core | (rng.random(len(site)) < likeness)
    codes = codes.copy()
    place = start + np.flatnonzero(taken)
    codes[place] = _drawn(rng, np.array(site)[taken])
    return codes


def _copied(rng: np.random.Generator, label: int, codes: np.ndarray) -> np.ndarray:
    """The letters after mutations; those of a site change as the weight matrix lets them."""
    changed = np.where(rng.random(LENGTH) < UNLIKE, (codes + rng.integers(1, 4, LENGTH)) % 4, codes)
    if label < 2:
        site, start = (DONOR, ACCEPTOR)[label], STARTS[label]
        place = slice(start, start + len(site))
        other = np.where(rng.random(len(site)) < 2 * UNLIKE, _drawn(rng, np.array(site)), codes[place])
        changed[place] = np.where(np.max(site, axis=1) > 90, codes[place], other)
    return changed


def _name(rng: np.random.Generator, label: int, locus: str) -> str:
    kind = ("DONOR", "ACCEPTOR", "NEG")[label]
    return f"{locus}-{kind}-{1 + int(rng.random() * 30_000)}"


def _blurred(rng: np.random.Generator, text: str) -> str:
    """A `text` some of whose letters are ambiguous, in one of fifty."""
    if rng.random() >= AMBIGUOUS:
        return text
    letters = list(text)
    for place in rng.choice(len(text), 1 + int(rng.random() * 4), replace=False):
        letters[place] = "N" if rng.random() < 0.9 else "RDS"[int(rng.random() * 3)]
    return "".join(letters)
