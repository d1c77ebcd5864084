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


class Watch(keras.callbacks.Callback):
    """After each epoch: training seconds so far, and the AUROC on the validation films."""

    def __init__(self, net: keras.Model, films: np.ndarray, y: np.ndarray):
        super().__init__()
        self.net, self.films, self.y = net, films, y
        self.seconds, self.processor, self.rows = 0.0, 0.0, []

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds += time.perf_counter() - self.start[0]
        self.processor += time.process_time() - self.start[1]
        area = roc_auc_score(self.y, predict(self.net, self.films))
        self.rows.append((self.seconds, self.processor, area))
        print(f"  epoch {epoch + 1}: {self.seconds:.0f} s, validation AUROC {area:.3f}", file=sys.stderr)

    def reached(self, area: float) -> str:
        rows = (f"{clock:.0f} ({processor:.0f})" for clock, processor, value in self.rows if value >= area)
        return next(rows, "never")


def resnet18(films, y, epochs: int, watch_on) -> tuple[keras.Model, Watch]:
    net = cnn.resnet18(films.shape[1:])
    steps = epochs * -(-len(films) // 128)
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([steps // 2, steps * 3 // 4], [1e-3, 1e-4, 1e-5])
    net.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    return net, _fit(net, net, films, y, epochs, 128, watch_on)


def articles(films, y, epochs: int, watch_on) -> tuple[keras.Model, Watch]:
    net = cnn.articles_net(films.shape[1:])
    net.compile("adam", "binary_crossentropy")
    return net, _fit(net, net, films, y, epochs, 32, watch_on)


def course(films, y, epochs: int, watch_on) -> tuple[keras.Model, Watch]:
    altered, net = build_classifier(films.shape, classes=2, mirror=False, epochs=epochs, seed=0)
    return net, _fit(altered, net, films, y, epochs, BATCH, watch_on)


def _fit(model, net, films, y, epochs: int, batch: int, watch_on) -> Watch:
    watch = Watch(net, *watch_on)
    targets = y[:, None].astype("float32")
    fit(model, (films, targets), epochs=epochs, batch_size=batch, callbacks=[watch])
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
        net, watch = make(*train, epochs, validation)
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
