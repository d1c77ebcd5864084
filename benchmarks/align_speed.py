"""The best score of many pairs, all cells of a diagonal and all pairs at once, against a loop over the cells.

    python benchmarks/align_speed.py [--pairs 1000] [--length 200] [--agree 0]

The loop is what one writes first, in plain Python with lists; it is run on a few pairs and scaled up. Each is
timed a few times, and the least counts. Both must give the same scores. Where Biopython is installed, its
aligner, which is written in C, stands beside, and with `--agree` the scores of so many pairs of any two
lengths and any costs of gaps are held against its.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from medlearn.features.alphabets import BLOSUM62, RESIDUES
from medlearn.models.alignment import Gaps, best_alignment, best_scores

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


def least_seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """The least of the seconds that some `work` takes."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def library_aligner(gaps: Gaps, mode: str = "global"):
    """Biopython's aligner with these costs, or None where it is not installed."""
    try:
        from Bio import Align
    except ImportError:
        return None
    aligner = Align.PairwiseAligner(mode=mode)
    aligner.open_internal_gap_score, aligner.extend_internal_gap_score = gaps.open, gaps.extend
    aligner.open_end_gap_score, aligner.extend_end_gap_score = gaps.end_open, gaps.end_extend
    table = Align.substitution_matrices.Array(RESIDUES, dims=2)
    table[:, :] = np.asarray(BLOSUM62)[:20, :20]
    aligner.substitution_matrix = table
    return aligner


def written(numbers: np.ndarray) -> str:
    """The residues of these numbers."""
    return "".join(RESIDUES[number] for number in numbers)


def agreeing(count: int, mode: str, *, ends: bool = False) -> int:
    """In how many of so many random pairs both our scores are Biopython's; gaps at the `ends` cost other."""
    rng, agree = np.random.default_rng(0), 0
    for _ in range(count):
        first, second = (rng.integers(20, size=length) for length in rng.integers(1, 60, 2))
        inside, at_ends = -np.sort(rng.integers(0, 16, (2, 2)))[:, ::-1].astype(float)
        gaps = Gaps(*inside, *(at_ends if ends else inside))
        score = np.asarray(BLOSUM62, float)[np.ix_(first, second)]
        single = best_alignment(score, gaps, local=mode == "local").score
        (among,) = best_scores(score[None], gaps, local=mode == "local")
        library = library_aligner(gaps, mode).score(written(first), written(second))
        agree += single == among == library
    return agree


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--agree", type=int, default=0, help="pairs to hold against Biopython (none)")
    options = parser.parse_args()
    numbers = np.random.default_rng(0).integers(20, size=(options.pairs, 2, options.length))
    scores = np.asarray(BLOSUM62, float)[numbers[:, 0, :, None], numbers[:, 1, None, :]]
    together, single = best_scores(scores, GAPS), [loop_score(score) for score in scores[:ASKED]]
    np.testing.assert_allclose(together[:ASKED], single)
    batch = least_seconds(lambda: best_scores(scores, GAPS))
    loop = least_seconds(lambda: [loop_score(score) for score in scores[:ASKED]]) / ASKED * options.pairs
    seconds = f"by diagonals {batch:.2f} s, cell by cell {loop:.0f} s"
    print(f"{options.pairs:,} pairs of {options.length}: {seconds}, ratio {loop / batch:.0f}")
    aligner = library_aligner(GAPS)
    if aligner is None:
        print("Biopython is not installed")
        return
    letters = [[written(one) for one in both] for both in numbers]
    np.testing.assert_allclose(together, [aligner.score(*both) for both in letters])
    library = least_seconds(lambda: [aligner.score(*both) for both in letters])
    print(f"Biopython {library:.2f} s, ratio {library / batch:.2f}")
    for mode, ends in (("global", False), ("global", True), ("local", False)) if options.agree else ():
        other = ", other costs at the ends" * ends
        print(f"{mode}{other}: {agreeing(options.agree, mode, ends=ends):,} of {options.agree:,} pairs agree")


if __name__ == "__main__":
    main()
