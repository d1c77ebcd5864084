"""The promoters' recipe: a stretch of DNA before a gene, or another? And what are the others?

In short: a net scans for patterns and takes the strongest wherever it is, a second one tells places apart;
ours is the mean of the two, as log-odds. Beside it stand the share of G and C alone, words of three letters,
and a regression on letters: where these do well, the negatives give themselves away by their composition. So
the nets also learn, and are asked, with the promoters themselves as negatives, shuffled so that each keeps
its pairs of neighbours.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from medlearn.errors import DataError
from medlearn.evaluation import auroc, sensitivity, specificity
from medlearn.evaluation.agreement import matthews
from medlearn.features.sequences import one_hot, shuffled
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.sequences import (
    FREE,
    PENALTIES,
    Folds,
    Sequences,
    between,
    composition,
    correlation,
    regressed,
    scanned,
    words_of,
)
from medlearn.results.table import OURS, Column, Table

NAMES = ("promoters",)
ANYWHERE, PLACED = "convolution, the strongest place", "convolution, places told apart"
SHUFFLED = "this course, shuffled promoters as negatives"
ONE_HOT, WORDS = "logistic regression on letters", "words of 3 letters, logistic regression"
LETTERS = "share of G and C alone"
FOLDS = 5
SCANNERS = {
    ANYWHERE: {"filters": 64, "width": 11, "dropout": 0.4},
    PLACED: {"filters": 64, "width": 11, "pool": 8, "dropout": 0.4},
}
LEARNING = {"epochs": 15, "batch": 64, "peak": 3e-3, "decay": 0.02}
TOO_MUCH = 0.8  # AUROC of composition alone, above which a note says so
COLUMNS = {"correlation": Column(matthews.label, matthews.low, matthews.high)}


class Answer(NamedTuple):
    """Probabilities, and the truth that they are about."""

    p: np.ndarray
    y: np.ndarray


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument("--positive", metavar="FASTA", help="your promoters, in one FASTA file")
    parser.add_argument("--negative", metavar="FASTA", help="what they are told apart from, in another")


def run(
    name: str,
    *,
    file: str | None = None,
    seeds: int = 3,
    positive: str | None = None,
    negative: str | None = None,
) -> Table:
    """Score ours and the baselines, each sequence by models that learnt from others.

    Parameters
    ----------
    name : "promoters".
    file : a folder with a file of promoters and one of others; see `read_promoters`.
    seeds : how many times the sequences are dealt out.
    positive, negative : the two files, in place of a folder.
    """
    data = load_data("promoters", **files(file, positive, negative))
    pieces = Sequences.of(data, folds=FOLDS)
    features = {
        ONE_HOT: (pieces.hot, PENALTIES),
        WORDS: (words_of(pieces.letters, 3), PENALTIES),
        LETTERS: (composition(pieces.letters, pairs=False), FREE),
    }

    def answer(seed: int, tick: Callable) -> dict[str, Answer]:
        folds = pieces.folds(FOLDS, seed=seed)
        nets = answer_nets(pieces, folds, seed=seed, tick=tick)
        answers = {OURS: Answer(between([*nets.values()]), pieces.y)}
        answers[SHUFFLED] = answer_shuffled(pieces, seed=seed, tick=tick)
        answers |= {system: Answer(p, pieces.y) for system, p in nets.items()}
        for system, (given, penalties) in features.items():
            answers[system] = Answer(regressed(pieces, given, folds, penalties), pieces.y)
        return answers

    table = tabulate(
        data,
        seeds=seeds,
        ticks=2 * FOLDS * len(SCANNERS),
        answer=answer,
        measure=measures,
        notes=[
            f"{pieces.y.sum():,} promoters and {(1 - pieces.y).sum():,} others of "
            f"{pieces.hot.shape[1]} letters; {FOLDS} folds, what has the same pairs of neighbours on "
            f"one side. Mean over {seeds} seeds, with 95 % intervals for other folds.",
            "This course is the mean of the two convolutions, as log-odds. With shuffled promoters as "
            "negatives it learns anew: each keeps its letters and pairs of neighbours, and nothing else.",
        ],
        columns=COLUMNS,
    )
    table.notes.extend(warnings_about(table))
    return table


def files(file: str | None, positive: str | None, negative: str | None) -> dict[str, str]:
    """What `load` is told: of a `file` that is a folder, or of two files, `positive` and `negative`."""
    if (positive is None) != (negative is None):
        raise DataError("--positive and --negative go together: name the promoters and the others")
    if positive is None:
        return {} if file is None else {"file": file}
    if file is not None:
        raise DataError("name a folder with --file, or two files with --positive and --negative, not both")
    return {"file": positive, "negative": negative}


# What is measured


def measures(answer: Answer) -> dict[str, float]:
    """The measures of an `answer`."""
    called = (answer.p > 0.5).astype(int)
    return {
        "correlation": correlation(answer.y, answer.p).value,
        "sensitivity": sensitivity(answer.y, called).value,
        "specificity": specificity(answer.y, called).value,
        "auroc": auroc(answer.y, answer.p).value,
    }


def warnings_about(table: Table) -> list[str]:
    """A sentence for each row of the `table` that reaches much by composition alone."""
    areas = {system: float(np.mean(table.rows[system]["auroc"])) for system in (LETTERS, WORDS)}
    return [
        f"Take care: {system} reaches an AUROC of {area:.2f}, so the negatives differ from the promoters in "
        "composition, and a high score says little about promoters. Look at the row with shuffled promoters."
        for system, area in areas.items()
        if area > TOO_MUCH
    ]


# Models


def answer_nets(
    pieces: Sequences, folds: Folds, *, seed: int, tick: Callable = lambda: None
) -> dict[str, np.ndarray]:
    """What each scanner says of all `pieces`, in each of the `folds` one that learnt from the others.

    `seed` draws the nets; `tick` is called after each.
    """
    return {
        system: scanned(pieces, folds, how, LEARNING, seed=seed, tick=tick)[0, :, 0]
        for system, how in SCANNERS.items()
    }


def answer_shuffled(pieces: Sequences, *, seed: int, tick: Callable = lambda: None) -> Answer:
    """Ours with the promoters among `pieces` and, as negatives, the same ones shuffled.

    A promoter and its shuffle are on one side. `seed` draws the shuffles, folds and nets; `tick` is called
    after each net.
    """
    real = pieces.letters[pieces.y == 1]
    letters = np.concatenate([real, np.array(shuffled(real, seed), object)])
    both = Sequences(
        letters, one_hot(letters), np.repeat([1, 0], len(real)), np.tile(pieces.patient[pieces.y == 1], 2)
    )
    folds = both.folds(FOLDS, seed=seed)
    nets = answer_nets(both, folds, seed=seed, tick=tick)
    return Answer(between([*nets.values()]), both.y)
