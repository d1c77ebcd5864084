"""Simulated chains of proteins with their secondary structure, in NetSurfP's CSV format.

A stand-in, so that the course runs offline. Knows nothing about reading such files (see structures.py) nor
about models.

What is simulated: 200 chains that go from coil to helix or strand and back, with segments a little longer
than real ones. Some chains are mostly helix and some mostly strand. Each residue is drawn with the frequency
that it has in coil, helix or strand in the set CB513. In a helix residues that shun water stand on one side,
every 3.6 residues, and in a strand every second; before a helix stand S, T, D and N more often, and behind it
G. A few residues at the ends have no structure and do not count. Thirty chains of two domains stand in two
rows, with another half masked in each, as the chains of CB513 do.

What is not realistic: strands pair with each other, and here they do not; segments are drawn one after the
other, without a fold; there are no families, so that no chain tells of another. No result on these chains
says anything about proteins: they are for learning to handle such data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from medlearn.data.files import MARK
from medlearn.data.sequences.residues import RESIDUES

VERSION = 1  # goes up whenever the same seed would give other chains

CHAINS, TWICE = 200, 30
LENGTH = (60, 160)  # of a chain
COIL, HELIX, STRAND = range(3)
LETTERS = "CHE"
# How often each residue stands in coil, helix and strand in CB513, in permille, in the order of BLOSUM62.
FREQUENCIES = (
    (69, 40, 65, 79, 17, 32, 50, 127, 24, 34, 58, 58, 16, 30, 78, 76, 65, 11, 28, 44),
    (122, 55, 37, 53, 13, 49, 86, 37, 19, 56, 111, 68, 26, 39, 24, 50, 43, 16, 36, 61),
    (64, 41, 31, 32, 22, 29, 42, 52, 23, 96, 95, 49, 21, 55, 21, 53, 75, 20, 51, 129),
)
SHUN_WATER = "AILMFVWYC"
TURN = {HELIX: 3.6, STRAND: 2.0}  # residues until the same side is met again
SIDES = {HELIX: 1.1, STRAND: 0.9}  # how much the sides differ
BEFORE_HELIX, BEHIND_HELIX = "STDN", "G"  # four times as often there
LOOSE_END = 0.3  # chance that some residues of an end have no structure


def write_structures(folder: str | Path, *, seed: int = 0) -> Path:
    """Write `CB513_HHblits.csv` to a `folder`, drawn by `seed`; its path."""
    rng = np.random.default_rng([seed, 222])
    lines = [f"input, dssp3, dssp8, disorder, cb513_mask, {MARK}"]
    for number in range(CHAINS):
        residues, states = _chain(rng)
        ordered = _ordered(rng, states)
        half = np.arange(len(states)) < len(states) // 2
        masks = [ordered & half, ordered & ~half] if number < TWICE else [ordered]
        lines += [_row(rng, residues, states, ordered, mask) for mask in masks]
    path = Path(folder) / "CB513_HHblits.csv"
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path


def _row(rng, residues: np.ndarray, states: np.ndarray, ordered: np.ndarray, mask: np.ndarray) -> str:
    """One row of the file."""
    three = [LETTERS[state] for state in states]
    eight = [letter if letter != "C" else "CTS"[int(rng.random() * 3)] for letter in three]
    numbers = [[f"{float(value)}" for value in column] for column in (ordered, mask)]
    cells = [[RESIDUES[code] for code in residues], three, eight, *numbers]
    return ",".join([*map(" ".join, cells), "1"])


def _chain(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The residues of a chain and the state of each."""
    length = int(rng.integers(LENGTH[0], LENGTH[1] + 1))
    helical = rng.beta(1.0, 1.4)  # share of helices among its segments that are no coil
    residues, states = [], []
    before = STRAND  # so that a chain begins with coil
    while len(residues) < length:
        state = COIL
        if before == COIL:
            state = HELIX if rng.random() < helical else STRAND
        segment = _segment(rng, state, _length(rng, state), behind_helix=before == HELIX)
        if state == HELIX and residues:
            residues[-1] = _residue(rng, COIL, more=BEFORE_HELIX)
        residues += segment
        states += [state] * len(segment)
        before = state
    return np.array(residues[:length]), np.array(states[:length])


def _length(rng: np.random.Generator, state: int) -> int:
    """How many residues a segment has: about 11 in a helix, 5 in a strand and 6 in coil."""
    if state == HELIX:
        return 3 + int(rng.gamma(2.0, 4.0))
    if state == STRAND:
        return 1 + int(rng.gamma(2.0, 2.3))
    return 1 + int(rng.exponential(5.0))


def _segment(rng: np.random.Generator, state: int, length: int, *, behind_helix: bool) -> list[int]:
    """The residues of a segment."""
    if state == COIL:
        first = _residue(rng, COIL, more=BEHIND_HELIX if behind_helix else "")
        return [first, *(_residue(rng, COIL) for _ in range(length - 1))]
    start = rng.uniform(0, 2 * np.pi)
    side = np.cos(2 * np.pi * np.arange(length) / TURN[state] + start)
    return [_residue(rng, state, inside=SIDES[state] * one) for one in side]


_FREQUENCIES = np.array(FREQUENCIES, float)
_SHUNS = np.where([letter in SHUN_WATER for letter in RESIDUES], 1.0, -1.0)


def _residue(rng: np.random.Generator, state: int, *, inside: float = 0.0, more: str = "") -> int:
    """A residue of a `state`; the more it lies `inside`, the more it shuns water; some are drawn `more`."""
    weights = _FREQUENCIES[state] * np.exp(inside * _SHUNS)
    weights[[RESIDUES.index(letter) for letter in more]] *= 4
    edges = np.cumsum(weights)
    return int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))


def _ordered(rng: np.random.Generator, states: np.ndarray) -> np.ndarray:
    """Which residues have a structure: of coil at an end some may have none."""
    ordered = np.ones(len(states), bool)
    for end in (slice(None), slice(None, None, -1)):
        coil = int(np.argmax(states[end] != COIL))
        if rng.random() < LOOSE_END:
            ordered[end][: min(coil, 1 + int(rng.random() * 6))] = False
    return ordered
