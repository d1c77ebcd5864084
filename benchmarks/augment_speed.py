"""What altering a batch of images costs while training: the course's one layer, and a stack of Keras's own.

    python benchmarks/augment_speed.py

Three trainings in one run on one machine, of the same tiny classifier on the same noise: with nothing before
it, with `Augment`, and with Keras's layers for the same changes. What a layer costs is what its training
takes longer than the one with nothing; the epoch in which Keras compiles is not counted. Keras's stack
resamples each image three times, for position, size and angle; `Augment` once, and it changes gamma besides.
"""

from __future__ import annotations

import argparse
import time

import keras
import numpy as np
from keras import layers

from medlearn.models.augment import Augment
from medlearn.training import fit, set_seed


def keras_stack() -> list[keras.Layer]:
    """Keras's own layers, as strong as `Augment` is by default."""
    return [
        layers.Rescaling(1 / 255),  # Keras's noise is for 0 to 1
        layers.RandomTranslation(0.08, 0.08, fill_mode="nearest"),
        layers.RandomZoom(0.15, fill_mode="nearest"),
        layers.RandomRotation(8 / 360, fill_mode="nearest"),
        layers.RandomContrast(0.2, value_range=(0.0, 1.0)),
        layers.RandomBrightness(0.07, value_range=(0.0, 1.0)),
        layers.GaussianNoise(0.05),
        layers.Rescaling(255),
    ]


class Clock(keras.callbacks.Callback):
    """The seconds of each epoch, by the clock and of the processor."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = np.array([time.perf_counter(), time.process_time()])

    def on_epoch_end(self, epoch, logs=None):
        self.rows.append([time.perf_counter(), time.process_time()] - self.start)


def seconds(before: list[keras.Layer], x: np.ndarray, y: np.ndarray, *, epochs: int) -> np.ndarray:
    """The median epoch, by the clock and of the processor; the first, in which Keras compiles, left out."""
    set_seed(0)
    model = keras.Sequential(
        [keras.Input(x.shape[1:]), *before, layers.GlobalAveragePooling2D(), layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy")
    clock = Clock()
    fit(model, (x, y), epochs=epochs + 1, batch_size=64, callbacks=[clock])
    return np.median(clock.rows[1:], axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=int, default=6400)
    parser.add_argument("--pixels", type=int, nargs="+", default=[28, 64], help="sides to try (28 64)")
    parser.add_argument("--epochs", type=int, default=5, help="timed, after the first")
    chosen = parser.parse_args()
    print(f"{keras.backend.backend()}, {chosen.images:,} images an epoch, batches of 64\n")
    print("| pixels | nothing, s | Augment, s | Keras's stack, s | cost, of the stack's: time (processor) |")
    print("| --- | --- | --- | --- | --- |")
    rng = np.random.default_rng(0)
    for pixels in chosen.pixels:
        x = rng.integers(0, 256, (chosen.images, pixels, pixels, 1), dtype="uint8")
        y = rng.integers(0, 2, chosen.images).astype("float32")
        arms = ([], [Augment()], keras_stack())
        nothing, ours, theirs = (seconds(arm, x, y, epochs=chosen.epochs) for arm in arms)
        share = (ours - nothing) / (theirs - nothing)
        took = " | ".join(f"{arm[0]:.2f}" for arm in (nothing, ours, theirs))
        print(f"| {pixels} | {took} | {share[0]:.2f} ({share[1]:.2f}) |", flush=True)


if __name__ == "__main__":
    main()
