"""How fast two GANs learn: seconds of training to the best kernel distance that the articles' GAN reaches.

    python benchmarks/gan_speed.py --file pneumoniamnist.npz

The articles' models and loop (mended only so far as to run and train, see articles.py), and the course's as
`medlearn results gan` trains it, in one run on one machine. After each epoch, films drawn from either are
compared with half of the real training films by what a classifier of the real films sees in them. Time is
training time: building, sampling and measuring are not counted. CPU seconds count what the process
computed, and so do not suffer from what else runs on the machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import keras
import numpy as np
from articles import articles_fit, articles_gan

from medlearn.data import load
from medlearn.data.dataset import Dataset
from medlearn.evaluation import kernel_distance
from medlearn.models.blocks import decode
from medlearn.results import gan as results
from medlearn.training import set_seed


class Clock:
    """Training time so far, and after each epoch the `distance` of what the GAN called `name` makes."""

    def __init__(self, name: str, distance: Callable[[np.ndarray], float]):
        self.name, self.distance = name, distance
        self.wall = self.cpu = 0.0
        self.rows = []

    def start(self) -> None:
        """From here on time counts."""
        self.since = time.perf_counter(), time.process_time()

    def stop(self, films: Callable[[], np.ndarray]) -> None:
        """An epoch is over: measure the images that `films` makes, and start again."""
        self.wall += time.perf_counter() - self.since[0]
        self.cpu += time.process_time() - self.since[1]
        apart = self.distance(films())
        self.rows.append((apart, self.wall, self.cpu))
        at = f"{self.wall:.0f} s, CPU {self.cpu:.0f} s"
        print(f"  {self.name}, epoch {len(self.rows)}: {at}, kernel distance {apart:.3f}", file=sys.stderr)
        self.start()

    def best(self) -> float:
        """The least distance so far."""
        return min(self.rows)[0]

    def reached(self, apart: float) -> tuple[float, float] | None:
        """Wall and CPU seconds to the first epoch that is at least as near."""
        return next(((wall, cpu) for value, wall, cpu in self.rows if value <= apart), None)


class Watch(keras.callbacks.Callback):
    """Starts the clock with the training and stops it after each epoch."""

    def __init__(self, clock: Clock, labels: np.ndarray):
        super().__init__()
        self.clock, self.labels = clock, labels

    def on_train_begin(self, logs=None):
        self.clock.start()

    def on_epoch_end(self, epoch, logs=None):
        self.clock.stop(lambda: self.model.sample(len(self.labels), self.labels, seed=1))


def articles(data: Dataset, labels: np.ndarray, clock: Clock, epochs: int, rate: float) -> list[keras.Model]:
    """The articles' GAN, trained on `data`; each epoch ends with as many images as there are `labels`."""
    set_seed(0)
    films = data.train.x
    maker, judge = articles_gan(films.shape[1:])
    noise = np.random.default_rng(1).normal(size=(len(labels), maker.input_shape[1]))

    clock.start()
    articles_fit(
        maker, judge, films, epochs=epochs, batch_size=results.BATCH, rate=rate,
        after_epoch=lambda epoch: clock.stop(lambda: make_images(maker, noise)),
    )  # fmt: skip
    return [maker, judge]


def make_images(maker: keras.Model, noise: np.ndarray) -> np.ndarray:
    """Images of 0 to 255 from a generator of −1 to 1."""
    scaled = keras.Sequential([maker, keras.layers.Rescaling(127.5, offset=127.5)])
    return decode(scaled, noise)


def course(data: Dataset, labels: np.ndarray, clock: Clock, epochs: int) -> list[keras.Model]:
    """The course's GAN, likewise; its images are of the classes `labels`."""
    model = results.train_gan(data, seed=0, epochs=epochs, callbacks=[Watch(clock, labels)])
    return [model.generator, model.discriminator]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--file", help="a PneumoniaMNIST file; else what MEDLEARN_DATA says")
    parser.add_argument("--name", default="pneumonia", help="the data set: pneumonia, or pneumonia_64")
    parser.add_argument("--epochs", type=int, nargs=2, default=(20, 20), metavar=("ARTICLES", "COURSE"))
    parser.add_argument("--rate", type=float, default=1e-3, help="the articles' learning rate (Adam's own)")
    arguments = parser.parse_args()
    data = load(arguments.name, file=arguments.file)
    eye = results.Eye.train(data, seed=0)
    against, others = eye.halves
    labels = data.train.y[others]

    def distance(films):
        return kernel_distance(eye.seen[against], eye.features(films))

    clocks = [Clock("articles", distance), Clock("course", distance)]
    nets = [
        articles(data, labels, clocks[0], arguments.epochs[0], arguments.rate),
        course(data, labels, clocks[1], arguments.epochs[1]),
    ]
    goal = clocks[0].best()
    print(f"real films against real films: kernel distance {eye.floor()[0]:.3f}\n")
    print(
        "| GAN | weights | films per second | best distance | s (CPU s) to it | s (CPU s) to articles' best |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for clock, pair in zip(clocks, nets, strict=True):
        count = sum(net.count_params() for net in pair)
        speed = len(clock.rows) * len(data.train) / clock.wall
        best, soonest = clock.best(), clock.reached(goal)
        cells = [f"{count:,}", f"{speed:.0f}", f"{best:.3f}", said(clock.reached(best)), said(soonest)]
        print(f"| {clock.name} | {' | '.join(cells)} |")
    theirs, ours = (clock.reached(goal) for clock in clocks)
    if ours is None:
        print(f"\nthe course's GAN did not come to {goal:.3f}")
    else:
        wall, cpu = (a / b for a, b in zip(theirs, ours, strict=True))
        print(f"\nthe course's GAN needed 1/{wall:.1f} of the time, and 1/{cpu:.1f} of the CPU time")


def said(seconds: tuple[float, float] | None) -> str:
    """Seconds as the table shows them."""
    return "never" if seconds is None else "{:.0f} ({:.0f})".format(*seconds)


if __name__ == "__main__":
    main()
