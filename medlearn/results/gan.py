"""The synthesis chapter's recipe: images of patients who do not exist, and whether they are worth anything.

A seed trains one GAN and one diffusion model on the training images, by the recipes below, and one classifier
on what each makes; beside them, in the same way, one classifier on the real images, and one on images drawn
from a plain normal distribution of the pixels. The classifier trained on real images is also the eye that the
distances are measured with. The GAN's recipe is one of a few that were tried, chosen by its distance to
training images, by eye and by what its images teach about validation images; the test images are scored once
a seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from medlearn.console import typed_path
from medlearn.data.dataset import Dataset
from medlearn.errors import DataError
from medlearn.evaluation import (
    auroc,
    frechet_distance,
    kernel_distance,
    membership_test,
    nearest_train_share,
)
from medlearn.models import diffusion, gan
from medlearn.results.classifier import train_classifier
from medlearn.results.seeds import check_writable, load_data, tabulate
from medlearn.results.table import OURS, Column, Table
from medlearn.training import optimizer, predict, set_seed

SETS = {"gan": "pneumonia", "gan_64": "pneumonia_64"}
NAMES = tuple(SETS)
STEPS, BATCH = 1800, 32  # the GAN's training
DENOISING = 9000  # steps of the diffusion model's training, in batches of the same size
LESSONS, WIDTH = 400, 16  # a classifier's training, and its width: half the image chapter's
KEPT = 100  # principal components of the pixels that the normal distribution has
COLUMNS = {
    "tstr_auroc": Column("TSTR AUROC"),
    "real_floor": Column("real floor", -np.inf),
    "membership_auroc": Column("membership AUROC"),
}


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    text = "also draw real and made-up images, mixed, with the key"
    parser.add_argument("--sheet", type=typed_path, metavar="PNG", help=text)


def run(name: str, *, file: str | None = None, seeds: int = 3, sheet: Path | None = None) -> Table:
    """Train, make images and judge them, on PneumoniaMNIST or a file in its format.

    Parameters
    ----------
    name : "gan", or "gan_64" for images of 64 pixels.
    file : one's own.
    seeds : how many trainings from scratch.
    sheet : where to draw real and made-up images.
    """
    check_writable(sheet, "--sheet")
    data = load_data(SETS[name], file=file)
    if len(data.train) < BATCH:
        raise DataError(
            f"there are {len(data.train)} images to learn from, and the GAN learns from {BATCH} at a time: "
            "name a file with more"
        )

    def answer(seed: int, tick) -> dict[str, dict[str, float]]:
        eye = Eye.train(data, seed=seed)
        tick()
        made = make_ours(data, seed=seed)
        tick()
        if sheet and seed == 0:
            draw_sheet(data, made, sheet)
        ours = eye.judge(made, seed=seed) | {"real_floor": eye.floor()[0]}
        tick()
        denoised = eye.judge(make_denoised(data, seed=seed), seed=seed)
        tick()
        plain = eye.judge(make_from_pixels(data, seed=seed), seed=seed)
        tick()
        return {
            OURS: ours,
            "diffusion model": denoised,
            "real films": eye.judge_real(),
            "normal distribution of the pixels": plain,
        }

    return tabulate(
        data,
        seeds=seeds,
        ticks=5,
        answer=answer,
        measure=dict,
        columns=COLUMNS,
        notes=[
            f"Mean over {seeds} seeds, with 95 % intervals for training again, on the same test cases.",
            "TSTR AUROC: a classifier trained on made-up films only, scored on the real test films. "
            "Distances: made-up films against half of the training films; real floor, and the row of real "
            "films: the other half against it. Nearest train share: how often the nearest real film is one "
            "learnt from and not one held out; .5 when nothing leaks. Membership AUROC: how well nearness to "
            "a made-up film tells training films from held-out ones; .5 when not at all.",
        ],
    )


# Ours


def make_ours(data: Dataset, *, seed: int) -> np.ndarray:
    """As many images as `data` has to learn from, of the same classes in the same order; drawn by `seed`."""
    return train_gan(data, seed=seed).sample(len(data.train), data.train.y, seed=seed)


def train_gan(
    data: Dataset, *, seed: int, epochs: int | None = None, callbacks: Sequence[keras.callbacks.Callback] = ()
) -> gan.GAN:
    """The recipe: a GAN that knows classes, trained on the training images of `data`.

    `seed` draws its weights and noise. `epochs`, those of STEPS if left out, and `callbacks` are Keras's.
    """
    images = data.train.x
    set_seed(seed)
    shape, classes = images.shape[1:], len(data.classes)
    nets = gan.generator(shape, classes), gan.discriminator(shape, classes, width=16)
    model = gan.GAN(*nets, penalty=0.1, seed=seed)
    model.compile(gan.TwoRates(1e-3, ratio=2.0))
    epochs = epochs or -(-STEPS // (len(images) // BATCH))
    model.fit(images, data.train.y, epochs=epochs, batch_size=BATCH, verbose=0, callbacks=[*callbacks])
    return model


def make_denoised(data: Dataset, *, seed: int) -> np.ndarray:
    """As many images of the same classes as `data` has, by a diffusion model; drawn by `seed`."""
    model = train_denoiser(data, seed=seed)
    return diffusion.sample(model, len(data.train), data.train.y, seed=seed)


def train_denoiser(
    data: Dataset, *, seed: int, steps: int | None = None, callbacks: Sequence[keras.callbacks.Callback] = ()
) -> keras.Model:
    """A diffusion model that knows classes, trained on the training images of `data`, on all classes equally.

    `seed` draws its weights, the noise and the order of the images. `steps`, DENOISING if left out, are
    rounded up to whole epochs; `callbacks` are Keras's.
    """
    learnt = data.train.take(equally_many(data.train.y, seed=seed))
    set_seed(seed)
    model = diffusion.denoiser(learnt.x.shape[1:], len(data.classes))
    in_one = len(learnt) // BATCH
    epochs = -(-(steps or DENOISING) // in_one)
    model.compile(optimizer(epochs * in_one, weight_decay=0, peak=3e-3), "mse")
    diffusion.fit(model, learnt.x, learnt.y, epochs=epochs, batch_size=BATCH, seed=seed, callbacks=callbacks)
    return model


def equally_many(y: np.ndarray, *, seed: int) -> np.ndarray:
    """Positions of the cases with classes `y`, those of rarer classes repeated; `seed` draws the order."""
    rng = np.random.default_rng(seed)
    classes = [np.flatnonzero(y == one) for one in np.unique(y)]
    most = max(map(len, classes))
    return np.concatenate(
        [np.resize(rng.permutation(one) if len(one) < most else one, most) for one in classes]
    )


# The baseline without a network


def make_from_pixels(data: Dataset, *, seed: int) -> np.ndarray:
    """Each class of `data` a normal distribution: its mean image and, by `seed`, its components by chance."""
    rng = np.random.default_rng(seed)
    made = np.empty_like(data.train.x)
    for number in np.unique(data.train.y):
        among = data.train.y == number
        rows = data.train.x[among].reshape(among.sum(), -1).astype(float)
        mean = rows.mean(0)
        _, sd, directions = np.linalg.svd((rows - mean) / len(rows) ** 0.5, full_matrices=False)
        drawn = rng.normal(size=(len(rows), len(sd[:KEPT]))) * sd[:KEPT] @ directions[:KEPT]
        made[among] = np.clip(np.rint(mean + drawn), 0, 255).reshape(-1, *made.shape[1:])
    return made


# Judging


@dataclass(frozen=True)
class Eye:
    """A classifier trained on the real images, and what it sees in them before it decides.

    Parameters
    ----------
    data : the real images.
    model : the classifier; `body` : the same without its last layer.
    mean, sd : of each feature among the training images.
    seen : the features of the training images.
    halves : positions of the two halves they fall into.
    """

    data: Dataset
    model: keras.Model
    body: keras.Model
    mean: np.ndarray
    sd: np.ndarray
    seen: np.ndarray
    halves: tuple[np.ndarray, np.ndarray]

    @classmethod
    def train(cls, data: Dataset, *, seed: int) -> Eye:
        """An eye for `data`; `seed` draws its training and the halves."""
        model = _train_on(data.train.x, data, seed=seed)
        body = keras.Model(model.input, model.layers[-2].output)
        features = predict(body, data.train.x)
        mean, sd = features.mean(0), features.std(0) + 1e-6
        order = np.random.default_rng(seed).permutation(len(data.train))
        half = len(order) // 2
        halves = (order[:half], order[half : 2 * half])
        return cls(data, model, body, mean, sd, (features - mean) / sd, halves)

    def features(self, images: np.ndarray) -> np.ndarray:
        """What it sees in `images`, each feature with mean 0 and sd 1 among the training images."""
        return (predict(self.body, images) - self.mean) / self.sd

    def floor(self) -> tuple[float, float]:
        """Kernel and Fréchet distance of one half of the real images from the other."""
        a, b = (self.seen[half] for half in self.halves)
        return kernel_distance(a, b), frechet_distance(a, b)

    def judge(self, made: np.ndarray, *, seed: int) -> dict[str, float]:
        """The measures of images `made` up for the training images' classes; `seed` draws a training."""
        learnt = _train_on(made, self.data, seed=seed)
        against, others = self.halves
        seen = self.features(made[others])
        return {
            "tstr_auroc": self._auroc(learnt),
            "kernel_distance": kernel_distance(self.seen[against], seen),
            "frechet_distance": frechet_distance(self.seen[against], seen),
            **self._memory(made, np.arange(len(made))),
        }

    def judge_real(self) -> dict[str, float]:
        """The same measures of real images: the second half stands in for the made-up ones."""
        against, others = self.halves
        kernel, frechet = self.floor()
        return {
            "tstr_auroc": self._auroc(self.model),
            "kernel_distance": kernel,
            "frechet_distance": frechet,
            **self._memory(self.data.train.x[others], against),
        }

    def _auroc(self, model: keras.Model) -> float:
        return auroc(self.data.test.y, predict(model, self.data.test.x)[:, 0]).value

    def _memory(self, made: np.ndarray, learnt: np.ndarray) -> dict[str, float]:
        """By the pixels, since a copy is a copy whatever a network sees in it."""
        rows = [
            np.asarray(images, "float32").reshape(len(images), -1)
            for images in (made, self.data.train.x[learnt], self.data.validation.x)
        ]
        return {
            "nearest_train_share": nearest_train_share(*rows),
            "membership_auroc": membership_test(*rows).value,
        }


def _train_on(images: np.ndarray, data: Dataset, *, seed: int) -> keras.Model:
    """The image chapter's recipe, one model of it, on images with the training images' classes."""
    return train_classifier(
        images,
        data.train.y,
        classes=len(data.classes),
        mirror=False,
        seed=seed,
        steps=LESSONS,
        width=WIDTH,
    )


def draw_sheet(data: Dataset, made: np.ndarray, path: Path, *, count: int = 48) -> None:
    """Draw `count` images to `path`, half real ones of `data`, half `made` up, and below which are which."""
    import matplotlib.pyplot as plt

    from medlearn import plots

    plots.use_style()
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(made))[:count]
    is_made = rng.permutation(np.arange(len(chosen)) % 2 == 1)
    images = np.where(is_made[:, None, None, None], made[chosen], data.train.x[chosen])
    titles = [str(number + 1) for number in range(len(images))]
    figure = plots.pictures(images, data=data, titles=titles, columns=12)
    key = ", ".join(str(number + 1) for number in np.flatnonzero(is_made))
    figure.supxlabel(f"made up: {key}" + (f" ({plots.STAMP})" if data.simulated else ""), fontsize=8)
    figure.savefig(path, dpi=120, format="png")
    plt.close(figure)
