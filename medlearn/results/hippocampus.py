"""The hippocampus's recipe: a small U-Net in 3-D, by person and by volume, and its volumes' error.

In short: each person is on one side of the split; the same net is trained once more on a split by volume, as
is usual, where one side of a head may be learnt from and the other tested: with the first seed alone, for the
time it takes. The baseline is the mean shape of the people learnt from, at its place. Nothing is chosen on
the test volumes, which are scored once a seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from scipy import ndimage

from medlearn.data.dataset import Dataset, Split
from medlearn.data.images import fitted
from medlearn.evaluation import segmentation
from medlearn.models.unet import parts_loss, unet
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.segmenter import train_on_drawn
from medlearn.results.table import OURS, Column, Published, Table
from medlearn.training import predict, set_seed

NAMES = ("hippocampus",)
STEPS, BATCH, PEAK, WIDTH = 3000, 2, 3e-3, 8
COLUMNS = {
    "dice_anterior": Column("Dice anterior"),
    "dice_posterior": Column("Dice posterior"),
    "hd95": Column("HD95, mm", 0, float("inf")),
    "volume_limits": Column("limits of the volume, ± share", 0, float("inf")),
}
PUBLISHED = [
    Published("MONAI's dynUNet, split by volume", {}, 'mean Dice "around 0.89"; MONAI tutorials, PR 20'),
    Published("nnU-Net", {}, '"0.90"; nnU-Net, issue 298'),
]
EMPTY = "What an empty part counts: both empty 1, one empty 0, and for HD95 the picture's diagonal."
YEAR = (
    "In Alzheimer's disease a hippocampus loses 4.66 % a year (3.92 to 5.40), in controls 1.41 % "
    "(0.52 to 2.30): Barnes et al., Neurobiol Aging 30:1711 (2009)."
)


class Answer(NamedTuple):
    """A net's label maps `y_pred` beside the true ones of the `test` volumes."""

    test: Split
    y_pred: np.ndarray


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument(
        "--train", metavar="PATH", help="learn from this file, and score on --file's test volumes"
    )


def run(name: str, *, file: str | None = None, seeds: int = 3, train: str | None = None) -> Table:
    """Train and score ours, by person and by volume, and the mean shape.

    Parameters
    ----------
    name : one of NAMES.
    file : one's own volumes in the Decathlon's format; see `read_decathlon`.
    seeds : how many trainings from scratch.
    train : another file to learn from.
    """
    by_person = load_data(name, file=file, train=train)
    by_volume = load_data(name, file=file, train=train, patient="volume")
    agreements = []

    def answer(seed: int, tick: Callable) -> dict[str, Answer]:
        splits = {OURS: by_person} | ({"its recipe, split by volume": by_volume} if seed == 0 else {})
        answers = {}
        for system, data in splits.items():
            model = train_unet(data, seed=seed)
            answers[system] = Answer(data.test, labels_of(model, data.test.x))
        agreements.append(agreement_of(answers[OURS]))
        tick()
        return answers

    shape = Answer(by_person.test, mean_shape(by_person.train, by_person.test))
    table = tabulate(
        by_person,
        seeds=seeds,
        ticks=1,
        answer=answer,
        aside=[agreements],
        measure=measures,
        fixed={"mean shape of the people learnt from": measures(shape)},
        published=PUBLISHED,
        notes=[
            f"Mean over {seeds} seeds, with 95 % intervals for training again, on the same test volumes.",
            EMPTY,
        ],
        columns=COLUMNS,
    )
    said = "; ".join(f"{one:.0f} mm³, ± {one.share:.1%}" for one in agreements)
    table.notes.extend([f"Volume, net less hand: bias and limits of agreement a seed: {said}.", YEAR])
    return table


def measures(answer: Answer) -> dict[str, float]:
    """The four measures of an `answer`: of each part Dice, of both the mean HD95; of the whole the volume."""
    test, y_pred = answer
    spacing = test.about["spacing"]
    parts = [(test.y == part, y_pred == part) for part in (1, 2)]
    edges = [segmentation.hausdorff95(*pair, spacing=spacing).value for pair in parts]
    anterior, posterior = (segmentation.dice(*pair).value for pair in parts)
    return {
        "dice_anterior": anterior,
        "dice_posterior": posterior,
        "hd95": float(np.mean(edges)),
        "volume_limits": agreement_of(answer).share,
    }


def agreement_of(answer: Answer) -> segmentation.Agreement:
    """Bias and limits of agreement of the whole hippocampus's volume, in mm³, for an `answer`."""
    test, y_pred = answer
    voxel = test.about["spacing"].prod(axis=1)
    true, pred = ((labels > 0).sum((1, 2, 3)) * voxel for labels in (test.y, y_pred))
    return segmentation.agreement(true, pred)


# The net, and the baseline


def mean_shape(train: Split, test: Split) -> np.ndarray:
    """The most common label of each voxel in `train`, for each case of `test` alike: no net."""
    shares = np.stack([(train.y == part).mean(0) for part in range(3)])
    shape = fitted(shares.argmax(0).astype(np.uint8), test.y.shape[1:])  # another source's are cut otherwise
    return np.repeat(shape[None], len(test), axis=0)


def train_unet(data: Dataset, *, seed: int, steps: int = STEPS, width: int = WIDTH) -> keras.Model:
    """A trained U-Net of this `width` for the volumes of `data`; `seed` draws it, in `steps` steps."""
    x, y = data.train.x[..., 0], data.train.y

    def draw(case: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return altered(x[case], y[case], rng)

    set_seed(seed)
    model = unet((None, None, None, 1), 3, width=width)  # for volumes of another source, too
    train_on_drawn(model, draw, len(x), loss=parts_loss, batch=BATCH, steps=steps, seed=seed, peak=PEAK)
    return model


def labels_of(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """The label maps that a `model` answers to volumes `x`, uint8: the mean over shifts by a voxel."""
    return np.concatenate([_labels_of(model, x[start : start + 8]) for start in range(0, len(x), 8)])


def _labels_of(model: keras.Model, x: np.ndarray) -> np.ndarray:
    shifts = np.concatenate([np.zeros((1, 3), int), np.eye(3, dtype=int), -np.eye(3, dtype=int)])
    axes = (1, 2, 3)
    answers = [np.roll(predict(model, np.roll(x, by, axes), batch_size=4), -by, axes) for by in shifts]
    return np.sum(answers, axis=0).argmax(-1).astype(np.uint8)


def altered(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A volume `x` and its label map `y`, turned, enlarged, shifted and exposed a little by `rng`.

    It is never mirrored: the Decathlon's are all brought to one side. The labels come back as shares, a class
    a channel.
    """
    turn = np.eye(3)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        angle = rng.uniform(-0.15, 0.15)
        plane = np.eye(3)
        plane[[one, one, other, other], [one, other, one, other]] = (
            *(np.cos(angle), -np.sin(angle)),
            *(np.sin(angle), np.cos(angle)),
        )
        turn = turn @ plane
    turn = turn * np.exp(rng.uniform(-0.12, 0.12))
    middle = (np.array(x.shape) - 1) / 2
    offset = middle - turn @ middle + rng.uniform(-2, 2, 3)
    x = ndimage.affine_transform(x, turn, offset, order=1, mode="nearest")
    y = ndimage.affine_transform(y, turn, offset, order=0, mode="nearest")
    low, high = np.percentile(x, (0.5, 99.5))
    x = np.clip((x - low) / max(high - low, 1e-6), 0, 2) ** np.exp(rng.uniform(-0.3, 0.3))
    x = x + rng.normal(0, 0.03 * rng.random(), x.shape)
    return x[..., None].astype(np.float32), np.eye(3, dtype=np.float32)[y]
