"""The nuclei's recipe: a U-Net with two maps, objects grown from seeds, beside Otsu's threshold.

In short: the net says of each pixel whether it is inside a nucleus, and how far from its edge. Where it is
far from an edge is a seed, and seeds grow until they meet. Where to cut is chosen on the validation pictures;
the test pictures are scored once a seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from itertools import product

import keras
import numpy as np
from scipy import ndimage

from medlearn.data.dataset import Split
from medlearn.evaluation import Estimate, bootstrap, segmentation
from medlearn.features.masks import (
    between_objects,
    components,
    edge_distance,
    grown_from_seeds,
    on_dark,
    otsu,
)
from medlearn.models.unet import nuclei_loss, unet
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.segmenter import predict_mirrored, train_on_drawn
from medlearn.results.table import OURS, Column, Published, Table
from medlearn.training import set_seed

NAMES = ("nuclei",)
SIDE = 128  # of what is cut from a training picture; smaller ones are filled
LEAST = 10  # pixels; what is smaller is noise and no nucleus, whoever finds it
STEPS, BATCH, PEAK = 2300, 8, 3e-3
COLUMNS = {
    "dice": Column("Dice a picture"),
    "matched50": Column("matched share at IoU .5"),
    "matched_mean": Column("matched share, mean of .5 to .95"),
}
PUBLISHED = [
    Published("U-Net, whole stage-1 set, another split", {}, "IoU .835; github.com/jhxu140, its README"),
]
EMPTY = "What an empty mask counts: both empty 1, one empty 0."

Answer = list[np.ndarray]  # a label map a picture


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument(
        "--train", metavar="PATH", help="learn from this file, and score on --file's test pictures"
    )


def run(name: str, *, file: str | None = None, seeds: int = 3, train: str | None = None) -> Table:
    """Train and score ours and the baselines.

    Parameters
    ----------
    name : one of NAMES.
    file : one's own pictures with masks; see `read_nuclei`.
    seeds : how many trainings from scratch.
    train : another file to learn from.
    """
    data = load_data(name, file=file, train=train, one_size=file is None)
    test = data.test
    plain = [by_otsu(on_dark(one[..., 0])) for one in test.x]
    split = [grown_from_seeds(one > 0, edge_distance(one)) for one in plain]
    less = []

    def answer(seed: int, tick: Callable) -> dict[str, Answer]:
        model = train_unet(data.train, seed=seed)
        tick()
        validation = [answer_of(model, one) for one in data.validation.x]
        chosen = choose(validation, data.validation.y)
        tick()
        ours = [answer_of(model, one) for one in test.x]
        objects = [objects_of(one, **chosen) for one in ours]
        less.append(differences(test, objects, plain))
        return {
            OURS: objects,
            "its inside alone, without seeds": [
                components(one[..., 0] > chosen["inside"], least=LEAST) for one in ours
            ],
        }

    def measure(objects: Answer) -> dict[str, float]:
        return {name: one.value for name, one in measures(test.y, objects, test.patient).items()}

    table = tabulate(
        data,
        seeds=seeds,
        ticks=2,
        answer=answer,
        aside=[less],
        measure=measure,
        fixed={
            "otsu": measures(test.y, plain, test.patient),
            "otsu, split at peaks of the distance": measures(test.y, split, test.patient),
        },
        published=PUBLISHED,
        notes=[
            f"Mean over {seeds} seeds, with 95 % intervals for training again, on the same test pictures.",
            EMPTY,
        ],
        columns=COLUMNS,
    )
    for key, column in COLUMNS.items():
        worst = min((one[key] for one in less), key=lambda estimate: estimate.low)
        table.notes.append(f"{column.label}, less Otsu's, in the seed where least is sure: {worst:+.3f}.")
    return table


def measures(y_true: Sequence[np.ndarray], objects: Answer, patient: np.ndarray) -> dict[str, Estimate]:
    """The three measures of label maps `objects` against `y_true`; intervals count by `patient`."""
    true, pred = [one > 0 for one in y_true], [one > 0 for one in objects]
    return {
        "dice": segmentation.dice(true, pred, patient=patient),
        "matched50": segmentation.matched_share(y_true, objects, patient=patient),
        "matched_mean": segmentation.matched_mean(y_true, objects, patient=patient),
    }


def differences(test: Split, ours: Answer, other: Answer) -> dict[str, Estimate]:
    """The measures of `ours` less those of `other` on the same `test` pictures, with intervals by patient."""
    true = [one > 0 for one in test.y]
    each = [segmentation.dice_of_each(true, [one > 0 for one in objects]) for objects in (ours, other)]
    counts = [segmentation.matches(test.y, objects) for objects in (ours, other)]
    means = [segmentation.shares_of_each(one).mean(1) for one in counts]

    def share(of: np.ndarray) -> float:
        return of[:, 0, 0].sum() / of[:, 0].sum()

    shared = {"patient": test.patient}
    return {
        "dice": bootstrap(lambda a, b: float((a - b).mean()), *each, **shared),
        "matched50": bootstrap(lambda a, b: float(share(a) - share(b)), *counts, **shared),
        "matched_mean": bootstrap(lambda a, b: float((a - b).mean()), *means, **shared),
    }


def by_otsu(image: np.ndarray) -> np.ndarray:
    """The baseline without a net: what is brighter than Otsu's threshold of an `image` and hangs together."""
    return components(image > otsu(image), least=LEAST)


# The net, and what is made of its answer


def train_unet(train: Split, *, seed: int, steps: int = STEPS, width: int = 16) -> keras.Model:
    """A trained U-Net of this `width` for the pictures of `train`; `seed` draws it, in `steps` steps.

    Most of a picture is dark. So three cuts in four lie around a nucleus, and half of them in pictures drawn
    by how many nuclei they have: by its root, lest the crowded ones be all it sees.
    """
    pictures = [on_dark(one[..., 0]).astype(np.float32) for one in train.x]
    targets = [
        np.stack([one > 0, edge_distance(one), 1 + 3 * (one > 0) + 10 * between_objects(one)], -1)
        for one in train.y
    ]

    middles = [_middles(one) for one in train.y]
    crowds = np.sqrt([max(1, len(one)) for one in middles])

    def draw(case: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        if rng.random() < 0.5:
            case = int(rng.choice(len(crowds), p=crowds / crowds.sum()))
        of = middles[case]
        around = of[rng.integers(len(of))] if len(of) and rng.random() < 0.75 else None
        return altered(pictures[case], targets[case], rng, around=around)

    set_seed(seed)
    model = unet((None, None, 1), 2, width=width)
    train_on_drawn(
        model, draw, len(pictures), loss=nuclei_loss, batch=BATCH, steps=steps, seed=seed, peak=PEAK
    )
    return model


def _middles(labels: np.ndarray) -> np.ndarray:
    """The middle of each object of a label map, (objects, 2), in rows and columns."""
    numbers = np.unique(labels)[1:]
    return np.array(ndimage.center_of_mass(labels > 0, labels, numbers)).reshape(-1, 2)


def altered(
    x: np.ndarray, y: np.ndarray, rng: np.random.Generator, *, around: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """A picture (SIDE, SIDE, 1) cut from `x`, turned, enlarged and exposed by `rng`; its target `y` likewise.

    A nucleus has no sides and no size that the microscope does not give it; a gamma curve is another
    exposure. The cut holds the place `around`, a row and a column, or lies anywhere.
    """
    zoom = np.exp(rng.uniform(-0.3, 0.3))
    planes = np.dstack([x, y])
    side = SIDE / zoom
    low, high = np.sort([np.zeros(2), np.array(x.shape) - side], axis=0)
    if around is None:
        corner = rng.uniform(low, high)
    else:
        corner = np.clip(around - side / 2 + rng.uniform(-side / 3, side / 3, 2), low, high)
    planes = np.dstack(
        [
            ndimage.affine_transform(
                planes[..., k], np.eye(2) / zoom, corner, (SIDE, SIDE), order=1, mode="reflect"
            )
            for k in range(planes.shape[-1])
        ]
    )
    planes = np.rot90(planes, rng.integers(4))
    planes = planes[:, ::-1] if rng.random() < 0.5 else planes
    grey = planes[..., :1]
    low, high = grey.min(), max(grey.max(), grey.min() + 1)
    grey = ((grey - low) / (high - low)) ** np.exp(rng.uniform(-0.3, 0.3))
    return 255 * grey, planes[..., 1:]


def answer_of(model: keras.Model, image: np.ndarray) -> np.ndarray:
    """The two maps (height, width, 2) that a `model` answers to an `image` (height, width, 1) of any size."""
    height, width = image.shape[:2]
    fill = [(0, -height % 8), (0, -width % 8), (0, 0)]
    filled = np.pad(on_dark(image).astype(np.float32), fill, mode="reflect")
    return predict_mirrored(model, filled[None], (1, 2))[0, :height, :width]


def objects_of(maps: np.ndarray, *, inside: float, seed: float, least: int) -> np.ndarray:
    """The label map made of a net's `maps`: cut at `inside`, seeds above `seed`, none below `least`."""
    return grown_from_seeds(maps[..., 0] > inside, maps[..., 1], seed=seed, least=least)


def choose(maps: list[np.ndarray], y_true: Sequence[np.ndarray]) -> dict[str, float]:
    """Where to cut `maps` of the validation pictures: the highest mean matched share with `y_true`."""
    grid = [
        {"inside": inside, "seed": seed, "least": least}
        for inside, seed, least in product((0.4, 0.5, 0.6), (0.3, 0.4, 0.5, 0.6), (10, 25))
    ]

    def share(cut: dict[str, float]) -> float:
        counts = segmentation.matches(y_true, [objects_of(one, **cut) for one in maps])
        return float(segmentation.shares_of_each(counts).mean())

    return max(grid, key=share)
