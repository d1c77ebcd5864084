"""Dilated convolutions against a recurrent net: how long until a tagger is good enough.

    python benchmarks/tagger_speed.py [--file FOLDER] [--until 0.8]

Both taggers learn from the training sentences of "diseases", each with the peak rate that was best for it on
validation sentences. After each epoch the validation sentences are scored; counted are the processor seconds
of training, compiling included and scoring left out, until F1 first reaches the bar.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import keras

from medlearn import load
from medlearn.evaluation import entities
from medlearn.features.text import Vocabulary, word_vectors
from medlearn.models.crf import crf_loss
from medlearn.models.text import Batches, bilstm_tagger, tagger
from medlearn.results.entities import BATCH, DECAY, decided, scores_by
from medlearn.training import fit, optimizer, set_seed

NETS = {"dilated convolutions": (tagger, 1e-2), "recurrent, both ways": (bilstm_tagger, 5e-3)}


class Watch(keras.callbacks.Callback):
    """Processor seconds of training and F1 of what `score` asks, after each epoch."""

    def __init__(self, score: Callable[[keras.Model], float]):
        super().__init__()
        self.score, self.spent, self.rows = score, 0.0, []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.start = time.process_time()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.spent += time.process_time() - self.start
        self.rows.append((self.spent, self.score(self.model)))


def watched(build: Callable, peak: float, data, epochs: int, seed: int) -> list[tuple[float, float]]:
    """The seconds and the F1 of each epoch of a net that `build` makes and that learns up to `peak`."""
    set_seed(seed)
    train, validation, tags = data.train, data.validation, 1 + 2 * len(data.classes)
    vocabulary = Vocabulary.of(train.x)
    net = build(word_vectors(train.x, vocabulary), vocabulary.sizes[1], tags)
    batches, asked = Batches(vocabulary(train.x), train.y, size=BATCH, seed=seed), vocabulary(validation.x)
    watch = Watch(
        lambda model: entities.entity_f1(validation.y, decided(scores_by(model, asked), tags)).value
    )
    net.compile(optimizer(epochs * len(batches), weight_decay=DECAY, peak=peak), crf_loss)
    fit(net, batches, epochs=epochs, patience=None, seed=seed, callbacks=[watch])
    return watch.rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--file", help="a folder of tagged texts (the simulated ones)")
    parser.add_argument("--until", type=float, default=0.8, help="the F1 to reach (0.8)")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    data = load("diseases", file=options.file) if options.file else load("diseases")
    print(f"| net | seconds to F1 {options.until} | epochs | F1 after {options.epochs} | seconds in all |")
    print("| --- | --- | --- | --- | --- |")
    for name, (build, peak) in NETS.items():
        rows = watched(build, peak, data, options.epochs, options.seed)
        there = next((place for place, (_, f1) in enumerate(rows) if f1 >= options.until), None)
        reached = "not reached | –" if there is None else f"{rows[there][0]:.0f} | {there + 1}"
        print(f"| {name} | {reached} | {rows[-1][1]:.3f} | {rows[-1][0]:.0f} |", flush=True)


if __name__ == "__main__":
    main()
