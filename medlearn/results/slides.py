"""The slides' recipe: a net that knows tissue sees each tile, and attention says which tiles decide.

In short: an encoder learns the tissues of PathMNIST that are no tumour. Each slide's tiles are brought to the
mean stain of the slides to learn from, and become what the encoder sees of them. A small net of bags learns
from the labels of whole slides. Nothing is chosen on the test slides, which are scored once a seed.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from medlearn.data.dataset import Dataset, Split
from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import Estimate, auroc, over_seeds, sensitivity, specificity
from medlearn.features.stain import match_stain, stain_of
from medlearn.models.bags import bag_net, padded, tile_features
from medlearn.models.cnn import course_net
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.table import OURS, Column, Table
from medlearn.training import fit, optimizer, predict, set_seed

NAMES = ("slides",)
TUMOUR = 8  # among the tissues of PathMNIST: the last
WIDTH, EPOCHS, BATCH = 16, 8, 64  # of the encoder
BAG_EPOCHS, BAGS, PEAK = 30, 8, 3e-3  # of the nets of bags, and how many of these are in a batch
MATCHED = {OURS: "attention", "mean of the tiles": "mean", "max of the tiles": "max"}
UNMATCHED = "ours, stains as they come"
COLUMNS = {"auroc": Column("AUROC of slides"), "tile_auroc": Column("AUROC of tiles")}

Tiles = Sequence[np.ndarray]  # of each slide: (tiles, height, width, 3), or (tiles, features)


class Answer(NamedTuple):
    """What is said of the slides of a `test`: a `probability` each, and what `attention` scores each tile."""

    test: Split
    probability: np.ndarray
    attention: np.ndarray | None = None


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument(
        "--train", metavar="PATH", help="learn from this file, and score on --file's test slides"
    )
    parser.add_argument(
        "--tiles", metavar="PATH", help="the tissues that the encoder learns: a file like PathMNIST's"
    )


def run(
    name: str, *, file: str | None = None, seeds: int = 3, train: str | None = None, tiles: str | None = None
) -> Table:
    """Train and score ours, other poolings, stains as they come, and the baseline.

    Parameters
    ----------
    name : one of NAMES.
    file : one's own slides; see `read_bags`.
    seeds : how many trainings from scratch.
    train : another file to learn from.
    tiles : a file of tissues for the encoder in place of PathMNIST's.
    """
    data, tissues = load_data(name, file=file, train=train), load_data("pathology", file=tiles)
    check_tissues(tissues, data)
    shown = replace(tissues, notes=()).describe()
    elsewhere, away = strange(data), {OURS: [], UNMATCHED: []}

    def answer(seed: int, tick: Callable) -> dict[str, Answer]:
        answers = answer_slides(data, tissues.train, seed=seed, tick=tick)
        with contextlib.suppress(UndefinedMeasure):
            for system, each in away.items() if elsewhere.any() else ():
                found = auroc(data.test.y[elsewhere], answers[system].probability[elsewhere])
                each.append(found.value)
        return answers

    table = tabulate(
        data,
        seeds=seeds,
        ticks=5,
        answer=answer,
        aside=list(away.values()),
        measure=measures,
        fixed={"mean colour of the slide, logistic regression": measures(answer_from_colour(data))},
        notes=[
            f"Mean over {seeds} seeds, with 95 % intervals for training again, on the same test slides.",
            "Nothing is chosen on them: how long a net learns is fixed, and a probability of .5 decides.",
            "A tile's score is its attention: no net was told which tiles hold tumour.",
            f"The encoder learnt from the training tiles without tumour of {shown}.",
        ],
        columns=COLUMNS,
    )
    if all(away.values()):
        matched, unmatched = (over_seeds(values) for values in away.values())
        table.notes.append(
            f"On the {elsewhere.sum()} test slides of a hospital that is in no other split, AUROC "
            f"{within(matched):.3f}; with the stains as they come {within(unmatched):.3f}."
        )
    return table


def within(area: Estimate) -> Estimate:
    """An `area` over seeds whose interval ends where an area can: at 0 and 1."""
    return replace(area, low=max(area.low, 0), high=min(area.high, 1))


def check_tissues(tissues: Dataset, data: Dataset) -> None:
    """Refuse `tissues` that are not PathMNIST's nine, or not of the size of the tiles in `data`."""
    kinds, own, asked = len(tissues.classes), tissues.train.x.shape[1:], data.train.x["value"].shape[1:]
    if kinds != TUMOUR + 1 or own != asked:
        raise DataError(
            f"the encoder learns PathMNIST's {TUMOUR + 1} tissues, from tiles as large as the slides' "
            f"{asked}, but --tiles has {kinds} of {own}"
        )


def strange(data: Dataset) -> np.ndarray:
    """Which test slides of `data` are of a hospital that is in no other split: (n,), False if unknown."""
    if not all("hospital" in split.about for split in data.splits.values()):
        return np.zeros(len(data.test), bool)
    known = [split.about["hospital"] for split in (data.train, data.validation)]
    return ~np.isin(data.test.about["hospital"], np.concatenate(known))


def measures(answer: Answer) -> dict[str, float]:
    """The measures of an `answer`: that of tiles only where it scores them and the truth is known."""
    y, probability = answer.test.y, answer.probability
    found = {"auroc": auroc(y, probability).value}
    if answer.attention is not None and "tumour" in answer.test.about:
        with contextlib.suppress(UndefinedMeasure):
            found["tile_auroc"] = auroc(answer.test.about["tumour"]["value"], answer.attention).value
    decision = probability > 0.5
    return found | {
        "sensitivity": sensitivity(y, decision).value,
        "specificity": specificity(y, decision).value,
    }


# Ours, and other ways to pool


def answer_slides(
    data: Dataset, tissues: Split, *, seed: int, tick: Callable = lambda: None
) -> dict[str, Answer]:
    """What each system says of the test slides; of these only the tiles are looked at.

    Parameters
    ----------
    data : what it learns from and answers.
    tissues : tiles that the encoder learns from, with their tissue.
    seed : draws the trainings.
    tick : called after each.
    """
    encoder = tile_features(train_encoder(tissues, seed=seed))
    tick()
    known, y = known_slides(data)
    like = np.mean([stain_of(slide) for slide in known], axis=0)
    answers = {}
    for stained, systems in (
        (lambda tiles: match_stain(tiles, like), MATCHED),
        (lambda tiles: tiles, {UNMATCHED: "attention"}),
    ):
        learnt, asked = (
            features(encoder, [stained(tiles) for tiles in part]) for part in (known, data.test.x)
        )
        learnt, asked = standardised(learnt, asked)
        for system, pooling in systems.items():
            net = train_bags(learnt, y, pooling=pooling, seed=seed)
            answers[system] = Answer(data.test, *said(net, asked))
            tick()
    return answers


def known_slides(data: Dataset) -> tuple[list[np.ndarray], np.ndarray]:
    """All that a model may learn from: the tiles and the label of each slide of `data` but the test ones."""
    splits = (data.train, data.validation)
    return [*chain(*(split.x for split in splits))], np.concatenate([split.y for split in splits])


def train_encoder(tissues: Split, *, seed: int) -> keras.Model:
    """A net that tells the `tissues` apart which are no tumour; `seed` draws it."""
    healthy = tissues.take(tissues.y != TUMOUR)
    set_seed(seed)
    net = course_net(healthy.x.shape[1:], TUMOUR, width=WIDTH)
    steps = EPOCHS * -(-len(healthy) // BATCH)
    net.compile(optimizer(steps, weight_decay=0.02), "sparse_categorical_crossentropy")
    fit(net, healthy, epochs=EPOCHS, batch_size=BATCH, patience=None, seed=seed)
    return net


def features(encoder: keras.Model, slides: Tiles) -> Tiles:
    """What the `encoder` sees of each tile of `slides`, (tiles, features) a slide."""
    rows = predict(encoder, np.concatenate(slides)).astype("float32")
    return np.split(rows, np.cumsum([len(tiles) for tiles in slides])[:-1])


def standardised(learnt: Tiles, asked: Tiles) -> tuple[Tiles, Tiles]:
    """Features of the tiles of slides, each with mean 0 and sd 1 in all tiles of those that are `learnt`.

    `asked` are those of slides to be judged.
    """
    scaler = StandardScaler().fit(np.concatenate(learnt))
    return tuple([scaler.transform(slide) for slide in part] for part in (learnt, asked))


def train_bags(slides: Tiles, y: np.ndarray, *, pooling: str, seed: int) -> keras.Model:
    """A net of bags, trained.

    Parameters
    ----------
    slides : the features of each slide's tiles, (tiles, features).
    y : the label of each slide.
    pooling : see `bag_net`.
    seed : draws it.
    """
    set_seed(seed)
    net = bag_net(slides[0].shape[1], pooling=pooling)
    steps = BAG_EPOCHS * -(-len(slides) // BAGS)
    net.compile(optimizer(steps, weight_decay=0.01, peak=PEAK), "binary_crossentropy")
    pair = (padded(slides), y[:, None].astype("float32"))
    fit(net, pair, epochs=BAG_EPOCHS, batch_size=BAGS, patience=None, seed=seed)
    return net


def said(net: keras.Model, slides: Tiles) -> tuple[np.ndarray, np.ndarray | None]:
    """The probability of each of the `slides`, and the score of each tile if the `net` has attention."""
    given = padded(slides)
    probability = predict(net, given)[:, 0]
    if "score" not in [layer.name for layer in net.layers]:
        return probability, None
    score = predict(keras.Model(net.input, net.get_layer("score").output), given)
    return probability, score[given["there"]]


# The baseline


def answer_from_colour(data: Dataset) -> Answer:
    """Logistic regression on the mean red, green and blue of each slide of `data`."""
    known, y = known_slides(data)
    learnt, asked = ([slide.mean((0, 1, 2)) for slide in part] for part in (known, data.test.x))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(learnt, y)
    return Answer(data.test, model.predict_proba(asked)[:, 1])
