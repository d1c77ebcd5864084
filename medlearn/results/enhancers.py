"""The enhancers' recipe: does a stretch of DNA enhance? By cross-validation with whole chromosomes apart.

In short: a net scans both strands for patterns wherever they are, and a support vector machine goes by words
of five letters; ours is the mean of the two, on the scale of log-odds. Beside it stand each of them alone, a
regression on words of four letters, and the share of G and C, which says how much of a score is composition.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from medlearn.data.splitting import folds_by_patient
from medlearn.evaluation import Estimate, accuracy, auroc, auroc_difference
from medlearn.evaluation.agreement import matthews
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.sequences import (
    FREE,
    INNER,
    Folds,
    Sequences,
    between,
    composition,
    correlation,
    regress,
    regressed,
    scanned,
    words_of,
)
from medlearn.results.table import OURS, Column, Published, Table

NAMES = ("enhancers",)
LETTERS, FOUR = "G + C and CpG, logistic regression", "words of 4 letters, logistic regression"
FIVE, NET = "words of 5 letters, support vector machine", "convolution, both strands"
FOLDS, NETS = 5, 2
SCANNER = {"filters": 64, "width": 11, "both_strands": True, "dropout": 0.4}
LEARNING = {"epochs": 15, "batch": 64, "peak": 3e-3, "decay": 0.02}
COLUMNS = {"matthews": Column(matthews.label, matthews.low, matthews.high)}
TABLE_4 = "test of 400, 100 of them in training; PMC10339552, table 4"
PUBLISHED = tuple(
    Published(system, {"accuracy": right, "matthews": together} | ({"auroc": area} if area else {}), TABLE_4)
    for system, right, together, area in (
        ("iEnhancer-2L", 0.730, 0.460, 0.806),
        ("iEnhancer-EL", 0.748, 0.496, 0.817),
        ("iEnhancer-ECNN", 0.769, 0.537, 0.832),
        ("iEnhancer-EBLSTM", 0.772, 0.534, 0.835),
        ("iEnhancer-RD", 0.788, 0.576, None),
        ("iEnhancer-DCSA", 0.825, 0.651, None),
    )
)


def run(name: str, *, file: str | None = None, seeds: int = 3) -> Table:
    """Score ours and the baselines, each sequence by models that learnt from other chromosomes.

    Parameters
    ----------
    name : "enhancers".
    file : a folder of one's own; see `read_enhancers`.
    seeds : how many times the chromosomes are dealt out.
    """
    data = load_data("enhancers", file=file)
    pieces = Sequences.of(data, folds=FOLDS)
    four, five = (words_of(pieces.letters, k) for k in (4, 5))
    shares, kept = composition(pieces.letters, pairs=True), []

    def answer(seed: int, tick: Callable) -> dict[str, np.ndarray]:
        folds = pieces.folds(FOLDS, seed=seed)
        nets = scanned(pieces, folds, SCANNER, LEARNING, seed=seed, nets=NETS, tick=tick)
        net, machine = between(nets[..., 0]), answer_machine(pieces, five, folds)
        answers = {OURS: between([net, machine]), NET: net, FIVE: machine}
        answers |= {FOUR: regressed(pieces, four, folds), LETTERS: regressed(pieces, shares, folds, FREE)}
        kept.append((answers[OURS], machine))
        return answers

    table = tabulate(
        data,
        seeds=seeds,
        ticks=FOLDS * NETS,
        answer=answer,
        aside=[kept],
        measure=lambda p: {measure: one.value for measure, one in measures(pieces, p).items()},
        together=lambda answers: measures(pieces, between(answers)),
        published=PUBLISHED,
        notes=[
            f"{len(pieces.y):,} sequences of {len(np.unique(pieces.patient))} chromosomes, each of which is "
            f"on one side in {FOLDS} folds. Mean over {seeds} seeds, with 95 % intervals for other folds; "
            "those of the seeds' mean answer are by chromosome.",
            "This course is the mean of the convolution and of the words of 5 letters, as log-odds; both "
            "count the same, which was not chosen on these sequences. The published systems were scored on "
            "400 sequences, a quarter of which they had learnt from.",
        ],
        columns=COLUMNS,
    )
    gaps = [auroc_difference(pieces.y, *both, patient=pieces.patient) for both in kept]
    each = "; ".join(f"{gap:+.3f}" for gap in gaps)
    table.notes.append(f"AUROC less that of words of 5 letters, by chromosome, a seed: {each}.")
    return table


def measures(pieces: Sequences, p: np.ndarray) -> dict[str, Estimate]:
    """The measures of the probabilities `p` of all `pieces`, with intervals by chromosome."""
    by, called = {"patient": pieces.patient}, (p > 0.5).astype(int)
    return {
        "auroc": auroc(pieces.y, p, **by),
        "accuracy": accuracy(pieces.y, called, **by),
        "matthews": correlation(pieces.y, p, **by),
    }


# Models


def answer_machine(pieces: Sequences, words: np.ndarray, folds: Folds) -> np.ndarray:
    """Probabilities of all `pieces` by a support vector machine on counts of `words`, in each of the `folds`.

    How far from its border which probability begins is learnt in folds of what the machine learns from.
    """
    p, y = np.zeros(len(pieces.y)), pieces.y
    for learn, say in folds:
        inner = folds_by_patient(pieces.patient[learn], y[learn], folds=INNER)
        far = np.zeros((len(y), 1))
        for learnt, asked in inner:
            far[learn[asked], 0] = distances(words, y, learn[learnt], learn[asked])
        far[say, 0] = distances(words, y, learn, say)
        p[say] = regress(far, y, learn, say)
    return p


def distances(words: np.ndarray, y: np.ndarray, learn: np.ndarray, say: np.ndarray) -> np.ndarray:
    """How far from the border of a support vector machine each row lies, above 0 for class 1.

    Parameters
    ----------
    words : the features, a row a sequence; `y` : the class of each.
    learn, say : positions of the rows to learn from, and of those to answer.
    """
    from sklearn.svm import SVC

    return SVC().fit(words[learn], y[learn]).decision_function(words[say])
