"""A step of learning scores through the sum over all alignments: a batch at once, against one pair at a time.

    python benchmarks/softalign_speed.py [--pairs 50] [--length 48]

Loss and slopes, compiled, as a training step needs them. Both see the same pairs and begin with the same
scores, and must have the same loss. What compiling costs stands beside.
"""

from __future__ import annotations

import argparse
import time

import keras
import numpy as np

from medlearn.features.alphabets import BLOSUM62
from medlearn.models.alignment import alignment_learner, filled_pairs, its_output
from medlearn.training import predict, set_seed

RATE = 1e-9  # so small that the order of the pairs does not matter


def drawn(count: int, length: int) -> dict[str, np.ndarray]:
    """Pairs at random that lack one residue each, aligned but for these."""
    rng = np.random.default_rng(0)
    first = rng.integers(20, size=(count, length))
    places = np.arange(length - 1)
    pairs = [np.stack([places + 1, places], axis=1)] * count
    second = [np.append(one[1:], rng.integers(20)) for one in first]
    return filled_pairs(first, second, pairs, length)


def timed(given: dict[str, np.ndarray], length: int, batch: int, rounds: int) -> tuple[float, float, float]:
    """The loss at first, the seconds of the first pass, with compiling, and the least of those after it."""
    set_seed(0)
    model = alignment_learner(np.log(2) / 2 * np.asarray(BLOSUM62, float), length)
    model.compile(keras.optimizers.SGD(RATE), its_output)
    loss, count, times = predict(model, given, batch_size=batch).mean(), len(given["first"]), []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        for place in range(0, count, batch):
            some = {name: array[place : place + batch] for name, array in given.items()}
            model.train_on_batch(some, np.zeros(len(some["first"]), "float32"))
        times.append(time.perf_counter() - start)
    return loss, times[0], min(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--length", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    given = drawn(options.pairs, options.length)
    (one, first, slow), (other, ours, quick) = (
        timed(given, options.length, batch, options.rounds) for batch in (1, options.pairs)
    )
    np.testing.assert_allclose(one, other, rtol=1e-3)
    print("| | one pair at a time | all at once |")
    print("| --- | --- | --- |")
    print(f"| {options.pairs} pairs of {options.length}, s | {slow:.3f} | {quick:.3f} |")
    print(f"| the first time, with compiling, s | {first:.1f} | {ours:.1f} |")
    print(f"ratio {slow / quick:.0f}")


if __name__ == "__main__":
    main()
