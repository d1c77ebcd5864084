"""Simulated protein families, aligned, in Stockholm's format.

A stand-in, so that the course runs offline, and one whose truth is known. Knows nothing about reading such
files (see stockholm.py) nor about models.

What is simulated: 100 families of four proteins. Each family has an ancestor of 36 to 52 residues, drawn from
their usual frequencies. Each protein goes its own way from the ancestor: residues are replaced at the rates
that BLOSUM62 implies, and pieces are lost and put in, whose lengths are geometric. Rows of the file show
what comes from one residue of the ancestor in one column; what was put in has columns of its own.

With chemistry "other" the same is done with the residues' parts handed round by a fixed permutation: who
replaces whom has another order, which no published table knows, and which can be learnt from the alignments.

What is not realistic: all places change at one rate and independently of each other, without a fold that
keeps some as they are; the proteins of a family are all equally far from the ancestor in the tree; nothing is
repeated; proteins are short. No result on these sequences says anything about proteins: they are for learning
to handle such data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medlearn.data.files import MARK
from medlearn.data.sequences.residues import BLOSUM62, RESIDUES

VERSION = 1  # goes up whenever the same seed would give other sequences

FAMILIES, MEMBERS = 100, 4
LENGTH = (36, 52)  # of an ancestor
BRANCH = (0.3, 0.9)  # replacements a place, as it is drawn, back ones counted
LOST, PUT_IN = 0.04, 0.04  # pieces begun at a place a unit of a branch
LONGER = 0.6  # chance that a piece goes on for another residue
# How often each residue stands in proteins, in permille, in the order of BLOSUM62.
FREQUENCIES = (78, 51, 45, 54, 19, 43, 63, 74, 22, 52, 90, 57, 22, 39, 52, 71, 58, 13, 32, 65)


def write_families(folder: str | Path, *, seed: int = 0, chemistry: str = "usual") -> Path:
    """Write `families.sth` to a `folder`, drawn by `seed`; its path.

    `chemistry` is "usual" or "other": whether residues replace each other as in BLOSUM62.
    """
    rng = np.random.default_rng([seed, 221])
    path = Path(folder) / "families.sth"
    texts = [_alignment(rng, f"{MARK.upper()}{number:03}", chemistry) for number in range(FAMILIES)]
    path.write_text("".join(texts), encoding="ascii")
    return path


def true_scores(chemistry: str = "usual") -> np.ndarray:
    """The logarithm of how much more often two residues stand under each other than by chance, (20, 20).

    It is that of two proteins at the mean distance, in natural units; an alignment can know no better.

    Parameters
    ----------
    chemistry : as for `write_families`.

    >>> scores = true_scores()
    >>> bool(np.allclose(scores, scores.T)), bool(scores[0, 0] > 0)
    (True, True)
    """
    frequency, _ = _chemistry(chemistry)
    return np.log(_replacements(sum(BRANCH), chemistry) / frequency)


# Replacements


def _chemistry(chemistry: str) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies of residues, and the rate at which each (row) becomes each other one."""
    frequency = np.array(FREQUENCIES) / sum(FREQUENCIES)
    together = np.outer(frequency, frequency) * 2 ** (BLOSUM62[:20, :20] / 2)
    if chemistry == "other":
        order = np.random.default_rng(22).permutation(20)
        frequency, together = frequency[order], together[np.ix_(order, order)]
    rate = together / frequency[:, None]
    np.fill_diagonal(rate, 0)
    rate -= np.diag(rate.sum(1))
    return frequency, rate / -(frequency @ np.diag(rate))  # one replacement a place a unit


def _replacements(branch: float, chemistry: str) -> np.ndarray:
    """The chance that each residue (row) has become each (column) at the end of a `branch`."""
    frequency, rate = _chemistry(chemistry)
    root = np.sqrt(frequency)
    values, vectors = np.linalg.eigh(rate * root[:, None] / root)  # symmetric, as no direction is favoured
    chance = (vectors * np.exp(values * branch)) @ vectors.T * root / root[:, None]
    return np.clip(chance, 0, None) / chance.sum(1, keepdims=True)


def _drawn(rng: np.random.Generator, chances: np.ndarray) -> np.ndarray:
    """A residue for each row of `chances`."""
    edges = np.cumsum(chances, axis=1)
    return (rng.random((len(edges), 1)) * edges[:, -1:] >= edges).sum(1)


# Families


def _alignment(rng: np.random.Generator, name: str, chemistry: str) -> str:
    """One family called `name` as the text of a Stockholm file."""
    frequency, _ = _chemistry(chemistry)
    ancestor = rng.choice(20, int(rng.integers(LENGTH[0], LENGTH[1] + 1)), p=frequency)
    members = [_member(rng, ancestor, frequency, chemistry) for _ in range(MEMBERS)]
    columns = [_columns(members, place) for place in range(len(ancestor) + 1)]
    rows = ["".join(parts) for parts in zip(*columns, strict=True)]
    lines = ["# STOCKHOLM 1.0", f"#=GF ID {name}", f"#=GF CC {MARK}"]
    lines += [f"{name}_{number:<4} {row}" for number, row in enumerate(rows, start=1)]
    return "\n".join([*lines, "//"]) + "\n"


def _member(
    rng: np.random.Generator, ancestor: np.ndarray, frequency: np.ndarray, chemistry: str
) -> list[tuple[str, str]]:
    """For each place of the ancestor what was put in before it, and what became of it ("" if lost).

    The last is what was put in at the end.
    """
    branch = rng.uniform(*BRANCH)
    now = _drawn(rng, _replacements(branch, chemistry)[ancestor])
    left, member = 0, []
    for code in now:
        if not left and rng.random() < LOST * branch:
            left = int(rng.geometric(1 - LONGER))
        member.append((_put_in(rng, branch, frequency), "" if left else RESIDUES[code]))
        left = max(left - 1, 0)
    return [*member, (_put_in(rng, branch, frequency), "")]


def _put_in(rng: np.random.Generator, branch: float, frequency: np.ndarray) -> str:
    """A piece that is put in at a place, mostly none."""
    if rng.random() >= PUT_IN * branch:
        return ""
    return "".join(RESIDUES[code] for code in rng.choice(20, rng.geometric(1 - LONGER), p=frequency))


def _columns(members: list[list[tuple[str, str]]], place: int) -> list[str]:
    """The columns of a `place` of the ancestor, a text a member: what was put in, then what it became."""
    pieces = [member[place][0] for member in members]
    became = [member[place][1] for member in members]
    rows = []
    for number in range(len(members)):
        inserted = "".join(piece if own == number else "." * len(piece) for own, piece in enumerate(pieces))
        rows.append(inserted + ((became[number] or ".") if any(became) else ""))
    return rows
