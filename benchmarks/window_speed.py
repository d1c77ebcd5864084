"""A label for each residue: a net over whole chains, against the same net on one window at a time.

    python benchmarks/window_speed.py [--chains 64] [--asked 300]

The net, without a mean over the chain, sees 14 residues to either side, so that the middle of a window of 29
gets the same answer as within its chain, which is checked. One window at a time is what one writes first; it
is run on a few of the windows and scaled up. All windows in large batches stand beside. Each is timed a few
times, and the least counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import keras
import numpy as np

from medlearn.models.structure import structure_net
from medlearn.results.structure import STATES, answer_by, residue_vectors, windows
from medlearn.training import predict, set_seed

SHORTEST, LONGEST = 60, 400  # residues of a chain
WIDE = 29  # of a window: what the net sees


def least_seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """The least of the seconds that some `work` takes."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def one_at_a_time(net: keras.Model, seen: np.ndarray) -> np.ndarray:
    """The answer of a `net` in the middle of each window, (n, states)."""
    return np.concatenate([predict(net, {"letters": one[None]})[:, WIDE // 2] for one in seen])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chains", type=int, default=64)
    parser.add_argument("--asked", type=int, default=300, help="windows that are timed one at a time (300)")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    chains = [rng.integers(1, 21, size) for size in rng.integers(SHORTEST, LONGEST, options.chains)]
    seen = np.concatenate([windows(chain, WIDE) for chain in chains])
    set_seed(0)
    net = structure_net(residue_vectors(), STATES, overall=False)
    whole = np.concatenate(answer_by(net, chains))
    np.testing.assert_allclose(whole[: options.asked], one_at_a_time(net, seen[: options.asked]), atol=1e-5)
    quick = least_seconds(lambda: answer_by(net, chains))
    batches = least_seconds(lambda: predict(net, {"letters": seen}))
    slow = least_seconds(lambda: one_at_a_time(net, seen[: options.asked])) / options.asked * len(seen)
    print(f"{len(seen):,} residues of {options.chains} chains")
    print("| | s | ratio |")
    print("| --- | --- | --- |")
    for name, seconds in (("whole chains", quick), ("all windows", batches), ("one at a time", slow)):
        print(f"| {name} | {seconds:.2f} | {seconds / quick:.0f} |")


if __name__ == "__main__":
    main()
