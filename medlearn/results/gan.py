"""The synthesis chapter's results: films of patients who do not exist, and whether they are worth anything.

A seed trains one GAN on the training films, by the recipe below, and one classifier on what the GAN makes;
beside it, in the same way, one classifier on the real films, and one on films drawn from a plain normal
distribution of the pixels. The classifier trained on real films is also the eye that the distances are
measured with. The recipe is one of a few that were tried, chosen by its distance to training films, by eye
and by what its films teach about validation films; the test films are scored once a seed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medlearn.data.dataset import Dataset
from medlearn.errors import DataError
from medlearn.evaluation import (
    auroc,
    frechet_distance,
    kernel_distance,
    membership_test,
    nearest_train_share,
)
from medlearn.results import Table, images

if TYPE_CHECKING:
    import keras

    from medlearn.models.gan import GAN

STEPS, BATCH = 1800, 32  # the GAN's training
LESSONS, WIDTH = 400, 16  # a classifier's training, and its width: half the picture chapter's
KEPT = 100  # principal components of the pixels that the normal distribution has


def options(parser: argparse.ArgumentParser) -> None:
    """What these results can be asked for beside the usual."""
    parser.add_argument(
        "--sheet", metavar="PNG", help="also draw real and made-up films, mixed, with the key"
    )


def run(name: str, *, file: str | None = None, seeds: int = 3, sheet: str | None = None) -> Table:
    """Train, make films and judge them, on PneumoniaMNIST or one's own file in its format."""
    from tqdm.auto import tqdm

    from medlearn.data import load

    if sheet and not Path(sheet).absolute().parent.is_dir():
        raise DataError(f"--sheet {sheet}: there is no such folder to draw into")
    size = os.environ.get("MEDLEARN_DATA") or "full"
    with contextlib.redirect_stdout(sys.stderr):  # the table names its data itself
        data = load("pneumonia", file=file, size=size)
    if file is not None or size not in ("small", "full"):
        data = replace(data, source="own file")  # no path of this machine in a table for others
    rows: dict[str, list] = {"ours": [], "real films": [], "normal distribution of the pixels": []}
    with tqdm(total=4 * seeds, unit="net", desc=f"gan, {seeds} seeds") as bar:
        for seed in range(seeds):
            eye = Eye.trained(data, seed=seed)
            bar.update()
            made = ours_makes(data, seed=seed)
            bar.update()
            rows["real films"].append(eye.of_real_films())
            rows["ours"].append(eye.judges(made, seed=seed) | {"real_floor": eye.floor()[0]})
            bar.update()
            plain = pixels_make(data, seed=seed)
            rows["normal distribution of the pixels"].append(eye.judges(plain, seed=seed))
            bar.update()
            if sheet and seed == 0:
                draw_sheet(data, made, sheet)
    ours = images._by_measure(rows.pop("ours"))
    return Table(
        data=data.describe() + (": simulated, not comparable with real films" if data.simulated else ""),
        ours=ours,
        baselines={name: images._by_measure(values) for name, values in rows.items()},
        published=[],
        notes=[
            f"Mean over {seeds} seeds, with 95 % intervals for training again, on the same test cases.",
            "TSTR AUROC: a classifier trained on made-up films only, scored on the real test films. "
            "Distances: made-up films against half of the training films; real floor, and the row of real "
            "films: the other half against it. Nearest train share: how often the nearest real film is one "
            "learnt from and not one held out; .5 when nothing leaks. Membership AUROC: how well nearness to "
            "a made-up film tells training films from held-out ones; .5 when not at all.",
        ],
    )


# Ours.


def ours_makes(data: Dataset, *, seed: int) -> np.ndarray:
    """As many films as there are to learn from, of the same classes in the same order."""
    return trained(data, seed=seed).sample(len(data.train), data.train.y, seed=seed)


def trained(data: Dataset, *, seed: int, epochs: int | None = None, callbacks: Sequence = ()) -> GAN:
    """The recipe: a GAN that knows classes, trained on the training films."""
    films = images.with_channels(data.train.x)
    model = prepared(films.shape[1:], len(data.classes), seed=seed)
    epochs = epochs or -(-STEPS // (len(films) // BATCH))
    model.fit(films, data.train.y, epochs=epochs, batch_size=BATCH, verbose=0, callbacks=[*callbacks])
    return model


def prepared(shape: tuple[int, int, int], classes: int, *, seed: int) -> GAN:
    """The nets of the recipe, compiled and not yet trained."""
    from medlearn.models import gan
    from medlearn.training import JIT, set_seed

    set_seed(seed)
    nets = gan.generator(shape, classes), gan.discriminator(shape, classes, width=16)
    model = gan.GAN(*nets, penalty=0.1, seed=seed)
    model.compile(gan.TwoRates(1e-3, ratio=2.0), jit_compile=JIT)
    return model


# The baseline without a net.


def pixels_make(data: Dataset, *, seed: int) -> np.ndarray:
    """Each class a normal distribution: its mean film, plus its principal components by chance."""
    rng = np.random.default_rng(seed)
    made = np.empty_like(images.with_channels(data.train.x))
    for number in np.unique(data.train.y):
        among = data.train.y == number
        rows = images.with_channels(data.train.x)[among].reshape(among.sum(), -1).astype(float)
        mean = rows.mean(0)
        _, spread, directions = np.linalg.svd((rows - mean) / len(rows) ** 0.5, full_matrices=False)
        drawn = rng.normal(size=(len(rows), len(spread[:KEPT]))) * spread[:KEPT] @ directions[:KEPT]
        made[among] = np.clip(np.rint(mean + drawn), 0, 255).reshape(-1, *made.shape[1:])
    return made


# Judging.


@dataclass(frozen=True)
class Eye:
    """A classifier trained on the real films, the features it sees in them, and the halves they fall into."""

    data: Dataset
    net: keras.Model
    features: Callable[[np.ndarray], np.ndarray]
    seen: np.ndarray  # the features of the training films
    halves: tuple[np.ndarray, np.ndarray]

    @classmethod
    def trained(cls, data: Dataset, *, seed: int) -> Eye:
        net = classifier(data.train.x, data, seed=seed)
        features = features_of(net, data.train.x)
        order = np.random.default_rng(seed).permutation(len(data.train))
        half = len(order) // 2
        return cls(data, net, features, features(data.train.x), (order[:half], order[half : 2 * half]))

    def floor(self) -> tuple[float, float]:
        """Kernel and Fréchet distance of one half of the real films from the other."""
        a, b = (self.seen[half] for half in self.halves)
        return kernel_distance(a, b), frechet_distance(a, b)

    def judges(self, made: np.ndarray, *, seed: int) -> dict[str, float]:
        """The measures of made-up films that have the training films' classes."""
        judged = classifier(made, self.data, seed=seed)
        against, others = self.halves
        seen = self.features(made[others])
        return {
            "tstr_auroc": self._auroc(judged),
            "kernel_distance": kernel_distance(self.seen[against], seen),
            "frechet_distance": frechet_distance(self.seen[against], seen),
            **self._memory(made, np.arange(len(made))),
        }

    def of_real_films(self) -> dict[str, float]:
        """The same measures of real films: the second half stands in for the made-up ones."""
        against, others = self.halves
        kernel, frechet = self.floor()
        return {
            "tstr_auroc": self._auroc(self.net),
            "kernel_distance": kernel,
            "frechet_distance": frechet,
            **self._memory(self.data.train.x[others], against),
        }

    def _auroc(self, net: keras.Model) -> float:
        test = self.data.test
        return auroc(test.y, images.answers(net, images.with_channels(test.x))[:, 0]).value

    def _memory(self, made: np.ndarray, learnt: np.ndarray) -> dict[str, float]:
        """By the pixels, since a copy is a copy whatever a net sees in it."""
        rows = [
            np.asarray(part, "float32").reshape(len(part), -1)
            for part in (made, self.data.train.x[learnt], self.data.validation.x)
        ]
        return {
            "nearest_train_share": nearest_train_share(*rows),
            "membership_auroc": membership_test(*rows).value,
        }


def classifier(films: np.ndarray, data: Dataset, *, seed: int) -> keras.Model:
    """The picture chapter's recipe, one net of it, on films with the training films' classes."""
    return images.trained(
        images.with_channels(films),
        data.train.y,
        classes=len(data.classes),
        mirror=False,
        seed=seed,
        steps=LESSONS,
        width=WIDTH,
    )


def features_of(net: keras.Model, films: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """What a classifier sees before it decides, each feature with mean 0 and spread 1 among `films`."""
    import keras

    body = keras.Model(net.input, net.layers[-2].output)
    seen = images.answers(body, images.with_channels(films))
    mean, spread = seen.mean(0), seen.std(0) + 1e-6
    return lambda films: (images.answers(body, images.with_channels(films)) - mean) / spread


def draw_sheet(data: Dataset, made: np.ndarray, path: str, *, count: int = 48) -> None:
    """Real and made-up films in one picture, numbered, and below it which are which."""
    import matplotlib.pyplot as plt

    from medlearn import plots

    plots.use_style()
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(made))[:count]
    is_made = rng.permutation(np.arange(len(chosen)) % 2 == 1)
    real = images.with_channels(data.train.x)
    films = np.where(is_made[:, None, None, None], made[chosen], real[chosen])
    titles = [str(number + 1) for number in range(len(films))]
    figure = plots.pictures(films, titles=titles, columns=12, data=data)
    key = ", ".join(str(number + 1) for number in np.flatnonzero(is_made))
    figure.supxlabel(f"made up: {key}" + (f" ({plots.STAMP})" if data.simulated else ""), fontsize=8)
    figure.savefig(path, dpi=120)
    plt.close(figure)
