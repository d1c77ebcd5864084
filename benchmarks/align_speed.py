"""The best score of many pairs, all cells of a diagonal and all pairs at once, against a loop over the cells.

    python benchmarks/align_speed.py [--pairs 1000] [--length 200]

The loop is what one writes first, in plain Python with lists; it is run on a few pairs and scaled up. Both
must give the same scores. Where Biopython is installed, its aligner, which is written in C, stands beside.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from medlearn.features.alphabets import BLOSUM62, RESIDUES
from medlearn.models.alignment import Gaps, best_scores

ASKED = 3  # pairs that the loop is timed on
GAPS = Gaps(-11, -1, -11, -1)
NEVER = -1e9


def loop_score(score: np.ndarray) -> float:
    """The score of the best alignment of one pair, cell by cell."""
    n, m = score.shape
    pair, below, above = ([[NEVER] * (m + 1) for _ in range(n + 1)] for _ in range(3))
    pair[0][0] = 0.0
    cells = score.tolist()
    for i in range(n + 1):
        for j in range(m + 1):
            if i and j:
                before = max(pair[i - 1][j - 1], below[i - 1][j - 1], above[i - 1][j - 1])
                pair[i][j] = before + cells[i - 1][j - 1]
            if i:
                begun = max(pair[i - 1][j], above[i - 1][j]) + GAPS.open
                below[i][j] = max(begun, below[i - 1][j] + GAPS.extend)
            if j:
                begun = max(pair[i][j - 1], below[i][j - 1]) + GAPS.open
                above[i][j] = max(begun, above[i][j - 1] + GAPS.extend)
    return max(pair[n][m], below[n][m], above[n][m])


def library_scores(numbers: np.ndarray) -> np.ndarray | None:
    """The same by Biopython, for pairs of the `numbers` of residues, (pairs, 2, length), if it is here."""
    try:
        from Bio import Align
    except ImportError:
        return None
    aligner = Align.PairwiseAligner(mode="global", open_gap_score=GAPS.open, extend_gap_score=GAPS.extend)
    table = Align.substitution_matrices.Array(RESIDUES, dims=2)
    table[:, :] = np.asarray(BLOSUM62)[:20, :20]
    aligner.substitution_matrix = table
    letters = np.array([*RESIDUES])
    return np.array([aligner.score(*("".join(letters[one]) for one in both)) for both in numbers])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--length", type=int, default=200)
    options = parser.parse_args()
    numbers = np.random.default_rng(0).integers(20, size=(options.pairs, 2, options.length))
    scores = np.asarray(BLOSUM62, float)[numbers[:, 0, :, None], numbers[:, 1, None, :]]
    start = time.perf_counter()
    together = best_scores(scores, GAPS)
    batch = time.perf_counter() - start
    start = time.perf_counter()
    single = [loop_score(score) for score in scores[:ASKED]]
    loop = (time.perf_counter() - start) / len(single) * options.pairs
    np.testing.assert_allclose(together[:ASKED], single)
    seconds = f"by diagonals {batch:.2f} s, cell by cell {loop:.0f} s"
    print(f"{options.pairs:,} pairs of {options.length}: {seconds}, ratio {loop / batch:.0f}")
    start = time.perf_counter()
    library = library_scores(numbers)
    library_s = time.perf_counter() - start
    if library is None:
        print("Biopython is not installed")
        return
    np.testing.assert_allclose(together, library)
    print(f"Biopython {library_s:.2f} s, ratio {library_s / batch:.2f}")


if __name__ == "__main__":
    main()
