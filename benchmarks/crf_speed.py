"""The sum over all paths of a CRF, by halving the sentence, against a loop over its words.

    python benchmarks/crf_speed.py

64 sentences of 64 and of 256 words with 5 tags; loss and slopes, compiled, as a training step needs them.
The loop is what one writes first: one step of the forward algorithm after the other, unrolled. Both must give
the same loss. What compiling costs stands beside, since each new length is compiled anew.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import keras
import numpy as np
from keras import layers, ops

from medlearn.models.crf import CRF, crf_loss
from medlearn.training import fit, set_seed

TAGS, SENTENCES, FEATURES = 5, 64, 16


def loop_loss(y_true: keras.KerasTensor, scores: keras.KerasTensor) -> keras.KerasTensor:
    """`crf_loss` by a Python loop over the words; no sentence may be filled up."""
    tags, words = scores.shape[-1], scores.shape[1]
    total = scores[:, 0, 0]
    for place in range(1, words):
        total = ops.logsumexp(total[:, :, None] + scores[:, place], axis=1)
    tag = ops.cast(y_true, "int32")
    before = ops.pad(tag[:, :-1], [[0, 0], [1, 0]])
    pairs = ops.reshape(scores, (-1, words, tags * tags))
    chosen = ops.one_hot(before * tags + tag, tags * tags, dtype=scores.dtype)
    return ops.logsumexp(total, axis=-1) - ops.sum(chosen * pairs, axis=(1, 2))


def timed(loss: Callable, x: np.ndarray, y: np.ndarray, rounds: int) -> tuple[float, float, float]:
    """The first loss, the seconds of the first step, with compiling, and the least of those after it."""
    set_seed(0)
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, CRF()(layers.Dense(TAGS)(inputs)))
    model.compile("sgd", loss)
    times, losses = [], []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        losses.append(fit(model, (x, y), epochs=1, batch_size=len(x), patience=None)["loss"].iloc[0])
        times.append(time.perf_counter() - start)
    return losses[0], times[0], min(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--words", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    print("| words | loop, s | halving, s | times as fast | first step: loop, s | halving, s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for words in options.words:
        x = rng.normal(size=(SENTENCES, words, FEATURES)).astype("float32")
        y = rng.integers(0, TAGS, (SENTENCES, words)).astype("int32")
        (one, first, slow), (other, ours, quick) = (
            timed(loss, x, y, options.rounds) for loss in (loop_loss, crf_loss)
        )
        np.testing.assert_allclose(one, other, rtol=1e-4)
        print(f"| {words:,} | {slow:.3f} | {quick:.3f} | {slow / quick:.1f} | {first:.1f} | {ours:.1f} |")


if __name__ == "__main__":
    main()
