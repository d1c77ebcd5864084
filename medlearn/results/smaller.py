"""The recipe of smaller models: what the course's net loses when it is exported, and made smaller.

In short: a seed trains one of the course's nets. It is exported; written with 8-bit numbers; pruned; made
narrower and trained on; and imitated by a net with a tenth of its weights, beside which the same small net
stands that was trained as the large one was. Each of them is a file that onnxruntime answers from, as it
would be on a ward, with its own calibration inside, learnt on the validation films. A mean hides what happens
to a single film, so the greatest change of an answer stands beside the AUROC, and how many decisions change.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from medlearn.compress import distil, prune, prune_channels, quantise
from medlearn.data.dataset import Dataset, Split
from medlearn.errors import DataError
from medlearn.evaluation import auroc, auroc_difference, recalibrate
from medlearn.models.augment import Augment
from medlearn.models.cnn import course_net
from medlearn.results.classifier import BATCH, answer_from_pixels, answer_majority, train_classifier
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.table import OURS, Column, Table
from medlearn.serve.exported import Served, export, greatest_change, make_card
from medlearn.training import fit, optimizer, predict, set_seed

NAMES = ("smaller",)
STEPS = 1100  # that a net is trained for, large or small
FURTHER = 300  # that a narrowed net is trained on
WIDTH = 10  # channels of the small net's first convolution; the course's net has 32
ZEROS, CHANNELS = 0.8, 0.5  # what is pruned: weights, channels
SCALED_BY = 300  # training films that the scales of 8-bit numbers come from
THRESHOLD = 0.5
DECAY = 0.02

EXPORTED = "exported to ONNX"
EIGHT_BITS = "8 bits in the convolutions"
ALL_EIGHT_BITS = "8 bits everywhere"
ZEROED = f"{ZEROS:.0%} of the weights set to 0"
NARROWED = f"{CHANNELS:.0%} of the channels taken out, trained on"
DISTILLED = "small net, distilled"
PLAIN = "small net, trained plainly"
PIXELS, MAJORITY = "logistic regression on the pixels", "majority class"

COLUMNS = {
    "greatest": Column("greatest change of an answer"),
    "percentile_99": Column("99 % change less than"),
    "flipped": Column("share of decisions that change"),
    "megabytes": Column("file, MB", high=float("inf")),
}


class Answered(NamedTuple):
    """What one model says of the test films.

    Parameters
    ----------
    p : the probability of each film's being class 1.
    of_ours : the same, by the course's net in Keras.
    megabytes : of the model's file.
    """

    p: np.ndarray
    of_ours: np.ndarray
    megabytes: float


def run(name: str, *, file: str | None = None, seeds: int = 3) -> Table:
    """Train the net, make it smaller in several ways, and compare all of them on the test films.

    Parameters
    ----------
    name : "smaller".
    file : one's own films of two classes, in PneumoniaMNIST's format or as a folder.
    seeds : how many nets are trained from scratch.
    """
    data = load_data("pneumonia", file=file)
    check(data)
    kept = []

    def answer(seed: int, tick: Callable) -> dict[str, Answered]:
        kept.append(answer_all(data, seed=seed, tick=tick))
        return kept[-1]

    def alone(p: np.ndarray) -> dict[str, float]:
        return {"auroc": auroc(data.test.y, p[:, 1]).value}

    table = tabulate(
        data,
        seeds=seeds,
        ticks=4,
        answer=answer,
        aside=[kept],
        measure=lambda answered: measures(data.test.y, answered),
        fixed={PIXELS: alone(answer_from_pixels(data)), MAJORITY: alone(answer_majority(data))},
        notes=notes(data, seeds=seeds),
        columns=COLUMNS,
    )
    table.notes.extend(differences(data.test, kept))
    return table


def check(data: Dataset) -> None:
    """Raise a DataError if the `data` do not have grey films of two classes, each in each split."""
    missing = [name for name, split in data.splits.items() if len(np.unique(split.y)) != 2]
    if len(data.classes) != 2 or missing:
        raise DataError(
            f"{data.name}: both of two classes are needed in each split, and it has {len(data.classes)} "
            f"classes; check {', '.join(missing) or 'the labels'}"
        )
    if data.test.x.shape[-1] != 1:
        raise DataError(f"{data.name}: the films must be grey, not of {data.test.x.shape[-1]} channels")


# What is measured


def measures(y_true: np.ndarray, answered: Answered) -> dict[str, float]:
    """AUROC for the classes `y_true`, changes against the course's net, and size, of what was `answered`."""
    change = greatest_change(answered.of_ours, answered.p, threshold=THRESHOLD)
    return {
        "auroc": auroc(y_true, answered.p).value,
        "greatest": change.greatest,
        "percentile_99": change.percentile_99,
        "flipped": change.flipped / len(y_true),
        "megabytes": answered.megabytes,
    }


def differences(test: Split, answers: Sequence[Mapping[str, Answered]]) -> list[str]:
    """What the table is too coarse for, of the `answers` of each seed on the `test` films."""
    mean = {name: np.mean([each[name].p for each in answers], axis=0) for name in answers[0]}
    away = max(np.abs(each[EXPORTED].p - each[OURS].p).max() for each in answers)
    films = f"{len(test):,} films and {len(answers)} seeds"
    lines = [f"Exported, the answer that moves most, of {films}, moves by {away:.0e}."]
    for name, other in ((EIGHT_BITS, OURS), (DISTILLED, OURS), (DISTILLED, PLAIN)):
        found = auroc_difference(test.y, mean[name], mean[other], patient=test.patient)
        whose = "the course's net" if other == OURS else other
        lines.append(f"AUROC of the seeds' mean answer, {name}, less that of {whose}: {found:+.4f}.")
    return lines


def notes(data: Dataset, *, seeds: int) -> list[str]:
    """What stands below the table for these `data` and so many `seeds`."""
    shape = data.train.x.shape[1:]
    small, large = (f"{course_net(shape, width=width).count_params():,}" for width in (WIDTH, 32))
    return [
        f"Learnt from {len(data.train):,} films; calibrated on {len(data.validation):,} validation films. "
        f"The course's net has {large} weights, the small one {small}. The scales of 8-bit numbers come from "
        f"{min(SCALED_BY, len(data.train))} training films.",
        "Changes are against the same seed's net of the course, as Keras answers; a decision is whether the "
        f"probability is {THRESHOLD} or more. All but the first row are answered by onnxruntime from a file.",
        f"Mean over {seeds} seeds, with 95 % intervals for training again, on the same test films. Made for "
        "learning, not for use on patients.",
    ]


# Ours


def answer_all(data: Dataset, *, seed: int, tick: Callable = lambda: None) -> dict[str, Answered]:
    """What each model says of the test films; of the test set only the films are looked at.

    Parameters
    ----------
    data : what it learns from and answers.
    seed : draws the nets.
    tick : called after each training.
    """
    models = {OURS: train_plainly(data.train, width=32, seed=seed)}
    tick()
    models[ZEROED] = prune(models[OURS], ZEROS)
    models[NARROWED] = train_on(prune_channels(models[OURS], CHANNELS), data.train, seed=seed)
    tick()
    models[DISTILLED] = learn_from(models[OURS], data.train, seed=seed)
    tick()
    models[PLAIN] = train_plainly(data.train, width=WIDTH, seed=seed)
    tick()
    with tempfile.TemporaryDirectory() as folder:
        return answer_from_files(models, data, Path(folder), seed=seed)


def answer_from_files(
    models: Mapping[str, keras.Model], data: Dataset, folder: Path, *, seed: int
) -> dict[str, Answered]:
    """Export the `models`, each with its calibration, and ask the files; ours is asked in Keras as well.

    Parameters
    ----------
    models : by their names, `OURS` among them.
    data : its validation films calibrate, and its test films are answered.
    folder : where the files go.
    seed : draws the films that the scales of 8-bit numbers come from.
    """
    kept = folder / "ours.keras"
    models[OURS].save(kept)
    calibrated = calibration(models[OURS], data.validation)
    ours = calibrated(predict(models[OURS], data.test.x)[:, 0])
    paths = {}
    for name, model in models.items():
        path = folder / f"{len(paths)}.onnx"
        paths[EXPORTED if name == OURS else name] = write(model, data, path)
    films = np.random.default_rng(seed).permutation(data.train.x)[:SCALED_BY]
    for name, everything in ((EIGHT_BITS, False), (ALL_EIGHT_BITS, True)):
        target = folder / f"eight_{everything}.onnx"
        paths[name] = quantise(paths[EXPORTED], target, films, everything=everything)
    order = (EXPORTED, EIGHT_BITS, ALL_EIGHT_BITS, *(name for name in models if name != OURS))
    said = {name: Answered(ask(paths[name], data.test.x), ours, megabytes(paths[name])) for name in order}
    return {OURS: Answered(ours, ours, megabytes(kept))} | said


def calibration(model: keras.Model, validation: Split) -> Callable[[np.ndarray], np.ndarray]:
    """Platt's scaling for a `model`, learnt on `validation` films."""
    return recalibrate(validation.y, predict(model, validation.x)[:, 0])


def write(model: keras.Model, data: Dataset, path: Path) -> Path:
    """Export a `model`, with a calibration from the validation films of `data`, to a file at `path`."""
    card = make_card(
        model,
        data.train.x,
        data.validation.x,
        name=model.name,
        classes=data.classes,
        threshold=THRESHOLD,
        trained_on=data.name,
        simulated=data.simulated,
        calibrated=calibration(model, data.validation),
    )
    return export(model, path, card)


def ask(path: Path, films: np.ndarray) -> np.ndarray:
    """The probability of class 1 for each of the `films`, by the model in the file at `path`."""
    return Served.read(path).answer(films).p[:, -1]


def megabytes(path: Path) -> float:
    """The size of the file at `path`, in millions of bytes."""
    return path.stat().st_size / 1e6


# Trainings


def train_plainly(train: Split, *, width: int, seed: int) -> keras.Model:
    """A net by the course's recipe: `width` channels first, drawn by `seed`; it learns from `train`."""
    return train_classifier(train.x, train.y, classes=2, mirror=False, seed=seed, steps=STEPS, width=width)


def train_on(model: keras.Model, train: Split, *, seed: int) -> keras.Model:
    """A `model`, trained on with the films of `train` at half the learning rate; `seed` alters them."""
    epochs = _epochs(FURTHER, train)
    set_seed(seed)
    altered = keras.Sequential([keras.Input(model.input_shape[1:]), Augment(seed=seed), model])
    loss = keras.losses.BinaryCrossentropy(label_smoothing=0.1)
    altered.compile(optimizer(epochs * _batches(train), weight_decay=DECAY, peak=1e-3), loss)
    weight = {number: len(train) / 2 / count for number, count in enumerate(np.bincount(train.y))}
    pair = (train.x, train.y[:, None].astype("float32"))
    fit(altered, pair, epochs=epochs, batch_size=BATCH, patience=None, class_weight=weight, seed=seed)
    return model


def learn_from(teacher: keras.Model, train: Split, *, seed: int) -> keras.Model:
    """A small net that imitates a `teacher` on altered films of `train`; `seed` draws and alters."""
    epochs = _epochs(STEPS, train)
    set_seed(seed)
    student = course_net(train.x.shape[1:], width=WIDTH)
    way = optimizer(epochs * _batches(train), weight_decay=DECAY)
    distil(teacher, student, _Altered(train, seed=seed), epochs=epochs, optimizer=way, seed=seed)
    return student


def _batches(train: Split) -> int:
    return -(-len(train) // BATCH)


def _epochs(steps: int, train: Split) -> int:
    return -(-steps // _batches(train))


class _Altered(keras.utils.PyDataset):
    """The films of a split and their classes in batches, altered once for teacher and student alike."""

    def __init__(self, train: Split, *, seed: int):
        super().__init__()
        self.train, self.rng = train, np.random.default_rng(seed)
        self.augment = Augment(seed=seed)
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        self.order = self.rng.permutation(len(self.train))

    def __len__(self) -> int:
        return _batches(self.train)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        some = self.order[BATCH * index : BATCH * (index + 1)]
        films = self.augment(self.train.x[some], training=True)
        return keras.ops.convert_to_numpy(films), self.train.y[some]
