"""How fast the picture chapter's nets learn: seconds to a validation AUROC of .98, and the final test AUROC.

    python benchmarks/cnn_speed.py --file pneumoniamnist.npz

All nets in one run on one machine, each with its own recipe. ResNet-18 as in the MedMNIST paper (Adam at
1e-3, divided by ten at half and at three quarters of the way, batches of 128), but for fewer than the paper's
100 epochs, which favours it here; the articles' net as they train it; the course's net as one member of
`medlearn results`. Time is training time: building a net and measuring it are not counted. It is given by
the clock and, in brackets, as seconds of processor, which other work on the machine does not stretch. The
test set is scored once a net.
"""

from __future__ import annotations

import argparse
import sys
import time

import keras
import numpy as np
from sklearn.metrics import roc_auc_score

from medlearn.data import load
from medlearn.models import cnn
from medlearn.results.classifier import BATCH, build_classifier
from medlearn.training import fit, predict, set_seed

Cases = tuple[np.ndarray, np.ndarray]  # X-rays and their classes


class Watch(keras.callbacks.Callback):
    """After each epoch: training seconds so far, and the AUROC of `net` on validation X-rays `x`, `y`."""

    def __init__(self, net: keras.Model, x: np.ndarray, y: np.ndarray):
        super().__init__()
        self.net, self.x, self.y = net, x, y
        self.seconds, self.processor, self.rows = 0.0, 0.0, []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds += time.perf_counter() - self.start[0]
        self.processor += time.process_time() - self.start[1]
        area = roc_auc_score(self.y, predict(self.net, self.x))
        self.rows.append((self.seconds, self.processor, area))
        print(f"  epoch {epoch + 1}: {self.seconds:.0f} s, validation AUROC {area:.3f}", file=sys.stderr)

    def reached(self, area: float) -> str:
        """The seconds to the first epoch with this AUROC, by the clock and of the processor."""
        rows = (f"{clock:.0f} ({processor:.0f})" for clock, processor, value in self.rows if value >= area)
        return next(rows, "never")


def resnet18(train: Cases, validation: Cases, epochs: int) -> tuple[keras.Model, Watch]:
    """ResNet-18 by its paper's recipe, trained on `train` and watched on `validation`."""
    net = cnn.resnet18(train[0].shape[1:])
    steps = epochs * -(-len(train[0]) // 128)
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([steps // 2, steps * 3 // 4], [1e-3, 1e-4, 1e-5])
    net.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    return net, _fit(net, net, train, validation, epochs, 128)


def articles(train: Cases, validation: Cases, epochs: int) -> tuple[keras.Model, Watch]:
    """The articles' network as they train it."""
    net = cnn.articles_net(train[0].shape[1:])
    net.compile("adam", "binary_crossentropy")
    return net, _fit(net, net, train, validation, epochs, 32)


def course(train: Cases, validation: Cases, epochs: int) -> tuple[keras.Model, Watch]:
    """One member of the course's recipe."""
    altered, net = build_classifier(train[0].shape, classes=2, mirror=False, epochs=epochs, seed=0)
    return net, _fit(altered, net, train, validation, epochs, BATCH)


def _fit(
    model: keras.Model, net: keras.Model, train: Cases, validation: Cases, epochs: int, batch: int
) -> Watch:
    """Train `model`, which holds `net`, and watch the latter."""
    watch = Watch(net, *validation)
    targets = train[1][:, None].astype("float32")
    fit(model, (train[0], targets), epochs=epochs, batch_size=batch, callbacks=[watch])
    return watch


NETS = {"ResNet-18": resnet18, "the articles' net": articles, "the course's net": course}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--file", help="a PneumoniaMNIST file; else what MEDLEARN_DATA says")
    parser.add_argument(
        "--epochs", type=int, nargs=3, default=(10, 10, 12), metavar=("RESNET", "ARTICLES", "COURSE")
    )
    arguments = parser.parse_args()
    data = load("pneumonia", file=arguments.file)
    train, validation, test = ((split.x, split.y) for split in data.splits.values())
    seconds, areas = {}, {}
    print("| net | parameters | epochs | s to validation AUROC .98 | s in all | test AUROC |")
    print("| --- | --- | --- | --- | --- | --- |")
    for (name, make), epochs in zip(NETS.items(), arguments.epochs, strict=True):
        set_seed(0)
        net, watch = make(train, validation, epochs)
        seconds[name] = np.array([watch.seconds, watch.processor])
        areas[name] = roc_auc_score(test[1], predict(net, test[0]))
        took = f"{watch.seconds:.0f} ({watch.processor:.0f})"
        row = f"{net.count_params():,} | {epochs} | {watch.reached(0.98)} | {took} | {areas[name]:.3f}"
        print(f"| {name} | {row} |", flush=True)
    ratio = seconds["ResNet-18"] / seconds["the course's net"]
    gain = areas["the course's net"] - areas["ResNet-18"]
    print(f"\nthe course's net took 1/{ratio[0]:.1f} of ResNet-18's time by the clock,")
    print(f"1/{ratio[1]:.1f} of its processor time, and is {gain:+.3f} in test AUROC")


if __name__ == "__main__":
    main()
