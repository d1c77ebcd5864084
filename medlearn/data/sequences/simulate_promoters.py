"""Simulated promoters and enhancers, in FASTA files.

Stand-ins, so that the course runs offline. Knows nothing about reading such files (see labelled.py) nor about
models.

"promoters": 1,200 promoters of 251 letters, 200 before the start of transcription and 50 from it on, in
`positive.fa`, and as many other sequences in `negative.fa`. Two promoters of five have a TATA-like box that
begins 34 to 28 letters before the start, and most an initiator at it, one letter to either side at most. The
other sequences are what one chooses: promoters whose letters are shuffled with their pairs of neighbours kept
("shuffled"), pieces of coding sequence, which have less of C and G, and more of it at the third place of each
codon ("coding"), or random pieces of a genome, which have less, too, but vary much ("random").

"enhancers": 950 pieces of 200 letters in the six files of iEnhancer; 150 are test pieces, and 50 of training
stand among these, too, under the same class. Enhancers have more of C and G, and some
short words more often, so that counting words tells as much as there is to tell. In training files repeats
are in lower case, as databases mask them, and non-enhancers have more of them; in test files none are.

What is not realistic: a genome has no fixed chances for letters and pairs; there are many more signals than
a box, an initiator and six words, and they lean on each other. Fewer human promoters have a TATA box. They
are richer in C and G than coding sequence in people, too, but have more of the pair CG above all, not of the
letters alone, and most at the start. Random pieces of a genome have still less of C and G than here,
about .41, and vary less, so that composition tells them better than it does coding sequence; they hold
repeats, too. Coding sequence has its codons, not only a third place. The sizes of all effects are invented.
No result on these sequences says anything about genes: they are for learning to handle such data.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medlearn.data.files import MARK
from medlearn.data.sequences.letters import LETTERS, shuffle_pairs

VERSION = 2  # goes up whenever the same seed would give other sequences

# Promoters.
PAIRS, LENGTH, START = 1200, 251, 200
BOX_AT, BOX_SPREAD = 31, 3  # letters before the start
WITH_BOX, WITH_INITIATOR = 0.4, 0.85
# Chances of A, C, G and T at each place, in percent.
BOX = (
    *((4, 8, 4, 84), (91, 1, 1, 7), (2, 2, 1, 95), (93, 1, 1, 5), (65, 1, 2, 32), (92, 2, 3, 3)),
    *((50, 2, 6, 42), (34, 12, 40, 14)),
)
INITIATOR = (
    *((10, 42, 10, 38), (6, 58, 10, 26), (91, 3, 3, 3), (22, 27, 31, 20), (24, 8, 8, 60), (8, 45, 9, 38)),
    (8, 40, 12, 40),
)
COMPOSITION = {"promoter": 0.63, "coding": 0.47, "random": 0.53}  # mean share of C and G
# A larger spread: sequences of a kind resemble each other more in their share of C and G.
SPREAD = {"promoter": 50, "coding": 80, "random": 12}
LIKE_CODONS = 0.62  # the share at the third place of a codon

# Enhancers.
PIECE = 200
TRAINING = {"strong": 200, "weak": 200, "non": 400}
TEST = {"strong": 50, "weak": 50, "non": 100}  # the strong ones stand in training
LIKE_PIECES = 40  # as a spread of promoters
CG = {"strong": 0.55, "weak": 0.50, "non": 0.42}
WORDS = ("TGACTCA", "CCGGAAG", "GATAAG", "TGTGGTT", "CACGTG", "ATTGCAT")
WORDS_EACH = {"strong": 2.5, "weak": 1.8, "non": 0.3}  # on average
MASKED = {"strong": 0.15, "weak": 0.4, "non": 0.6}  # share of sequences with a repeat
CHROMOSOMES = (*map(str, range(1, 23)), "X")


def write_promoters(folder: str | Path, *, seed: int = 0, negatives: str = "shuffled") -> Path:
    """Write `positive.fa` and `negative.fa` to a `folder`, drawn by `seed`; the folder.

    `negatives` is "shuffled", "coding" or "random": where the other sequences come from.
    """
    rng = np.random.default_rng([seed, 212])
    promoters = [_promoter(rng) for _ in range(PAIRS)]
    rng = np.random.default_rng([seed, 213])  # the promoters are the same, whatever the others are
    if negatives == "shuffled":
        others = [shuffle_pairs(sequence, rng) for sequence in promoters]
    else:
        others = [_text(_other(rng, negatives)) for _ in range(PAIRS)]
    folder = Path(folder)
    for name, sequences in (("positive", promoters), ("negative", others)):
        heads = [f"{name}{number:04}" for number in range(1, PAIRS + 1)]
        _write(folder / f"{name}.fa", heads, sequences)
    return folder


def write_enhancers(folder: str | Path, *, seed: int = 0) -> Path:
    """Write the six files of iEnhancer to a `folder`, drawn by `seed`; the folder."""
    rng = np.random.default_rng([seed, 214])
    folder = Path(folder)
    for strength, count in TRAINING.items():
        heads = [_place(rng) for _ in range(count)]
        sequences = [_piece(rng, strength) for _ in range(count)]
        masked = [_with_repeat(rng, sequence, MASKED[strength]) for sequence in sequences]
        _write(folder / f"train_{strength}_enhancers.txt", heads, masked)
        if strength == "strong":
            heads, sequences = heads[: TEST[strength]], sequences[: TEST[strength]]
        else:
            heads = [_place(rng) for _ in range(TEST[strength])]
            sequences = [_piece(rng, strength) for _ in range(TEST[strength])]
        _write(folder / f"test_{strength}_enhancers.txt", heads, sequences, width=65)
    return folder


def _write(path: Path, heads: Sequence[str], sequences: Sequence[str], *, width: int = LENGTH) -> None:
    """A FASTA file at `path` with lines of this `width`."""
    lines = []
    for head, sequence in zip(heads, sequences, strict=True):
        lines.append(f">{head} {MARK}")
        lines += [sequence[start : start + width] for start in range(0, len(sequence), width)]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def _text(codes: np.ndarray) -> str:
    return "".join(LETTERS[code] for code in codes)


def _drawn(rng: np.random.Generator, percents: np.ndarray) -> np.ndarray:
    """A letter for each row of `percents`."""
    edges = np.cumsum(percents, axis=1)
    return (rng.random((len(edges), 1)) * edges[:, -1:] >= edges).sum(1)


def _share(rng: np.random.Generator, mean: float, spread: float) -> float:
    """The share of C and G of one sequence; it varies around the `mean`, less the larger the `spread`."""
    return rng.beta(mean * spread, (1 - mean) * spread)


def _background(rng: np.random.Generator, length: int, share: float) -> np.ndarray:
    """So many letters, of which about this `share` is C or G."""
    strong = rng.random(length) < share
    return np.where(strong, 1, 0) + np.where(rng.random(length) < 0.5, 0, np.where(strong, 1, 3))


# Promoters


def _promoter(rng: np.random.Generator) -> str:
    """A promoter, whose start of transcription is at place `START`."""
    codes = _background(rng, LENGTH, _share(rng, COMPOSITION["promoter"], SPREAD["promoter"]))
    if rng.random() < WITH_BOX:
        begin = START - BOX_AT + int(rng.integers(-BOX_SPREAD, BOX_SPREAD + 1))
        codes[begin : begin + len(BOX)] = _drawn(rng, np.array(BOX))
    if rng.random() < WITH_INITIATOR:
        begin = START - 2 + int(rng.integers(-1, 2))
        codes[begin : begin + len(INITIATOR)] = _drawn(rng, np.array(INITIATOR))
    return _text(codes)


def _other(rng: np.random.Generator, kind: str) -> np.ndarray:
    """A piece of coding sequence, or any piece."""
    codes = _background(rng, LENGTH, _share(rng, COMPOSITION[kind], SPREAD[kind]))
    if kind == "coding":
        third = (np.arange(LENGTH) + int(rng.integers(3))) % 3 == 2
        codes[third] = _background(rng, int(third.sum()), LIKE_CODONS)
    return codes


# Enhancers


def _place(rng: np.random.Generator) -> str:
    begin = 200 * int(rng.integers(10_000, 600_000))
    return f"chr{CHROMOSOMES[int(rng.random() * len(CHROMOSOMES))]}_{begin}_{begin + PIECE}"


def _piece(rng: np.random.Generator, strength: str) -> str:
    """A piece of a chromosome with its share of C and G, and some of the words, on either strand."""
    codes = _background(rng, PIECE, _share(rng, CG[strength], LIKE_PIECES))
    for _ in range(rng.poisson(WORDS_EACH[strength])):
        word = np.array([LETTERS.index(letter) for letter in WORDS[int(rng.random() * len(WORDS))]])
        word = word if rng.random() < 0.5 else 3 - word[::-1]
        begin = int(rng.integers(PIECE - len(word) + 1))
        codes[begin : begin + len(word)] = word
    return _text(codes)


def _with_repeat(rng: np.random.Generator, sequence: str, share: float) -> str:
    """The `sequence` with a stretch in lower case, in this `share` of cases."""
    if rng.random() >= share:
        return sequence
    begin, end = sorted(rng.integers(0, PIECE + 1, 2).tolist())
    if rng.random() < 0.5:  # the repeat goes on to both sides
        begin, end = 0, PIECE
    return sequence[:begin] + sequence[begin:end].lower() + sequence[end:]
