"""What makes a recurrent net fast on a CPU: seconds an epoch of the same GRU, laid out in several ways.

    python benchmarks/rnn_speed.py

All in one run, on noise in the shape of the challenge's stays (3,200 stays, 37 variables with mask and time
since last: 111 channels). The first row is what one writes first: a Keras GRU over 48 hourly steps, batches
of 32. Each further row changes one thing more. The first epoch, in which Keras compiles, is shown apart.
"""

from __future__ import annotations

import argparse
import time

import keras
import numpy as np

from medlearn.models import rnn

STAYS, CHANNELS = 3200, 111
ROWS = [  # what, steps, batch, unrolled, compiled by XLA
    ("48 hourly steps, batches of 32", 48, 32, False, False),
    ("the same, compiled by XLA", 48, 32, False, True),
    ("batches of 128", 48, 128, False, False),
    ("laid out side by side (unroll)", 48, 128, True, False),
    ("12 steps of 4 hours, in a loop", 12, 128, False, False),
    ("12 steps of 4 hours, side by side", 12, 128, True, False),
    ("the same, compiled by XLA", 12, 128, True, True),
]


def seconds(
    steps: int, batch: int, unroll: bool, xla: bool, *, units: int, epochs: int
) -> tuple[float, float]:
    """The first epoch with its compilation, and the median of the others."""
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(STAYS, steps, CHANNELS)).astype("float32")
    y = (x[:, -1, :1] > 1).astype("float32")
    net = rnn.recurrent_net((steps, CHANNELS), units=units, unroll=unroll)
    net.compile("adam", "binary_crossentropy", jit_compile=xla)
    taken = []
    for _ in range(epochs + 1):
        start = time.perf_counter()
        net.fit(x, y, batch_size=batch, verbose=0)
        taken.append(time.perf_counter() - start)
    return taken[0], float(np.median(taken[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=3, help="timed, after the first")
    chosen = parser.parse_args()
    print(f"{keras.backend.backend()}, a GRU of {chosen.units} units on {STAYS:,} stays\n")
    print("| how | first epoch, s | further epochs, s | times as fast |")
    print("| --- | --- | --- | --- |")
    slowest = None
    for what, *how in ROWS:
        first, further = seconds(*how, units=chosen.units, epochs=chosen.epochs)
        slowest = slowest or further
        print(f"| {what} | {first:.1f} | {further:.2f} | {slowest / further:.1f} |", flush=True)


if __name__ == "__main__":
    main()
