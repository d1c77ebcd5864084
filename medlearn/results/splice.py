"""The splice recipe: where does an exon end, and where does one begin? By cross-validation with loci apart.

In short: filters scan the 60 letters, and a dense layer reads what they find and where. In each of ten folds
several such nets learn, and the mean of their probabilities is the answer. Beside it stand the two letters
that nearly every site has, weight matrices, logistic regression on the letters, and the nearest neighbour. No
locus, and no sequence, is both learnt from and answered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from medlearn.evaluation import Estimate, mean_error, over_seeds, proportion
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.sequences import Folds, Sequences, regressed, scanned
from medlearn.results.table import OURS, Column, Published, Table

NAMES = ("splice",)
RULE, MATRICES = "GT or AG in the middle", "weight matrices"
REGRESSION, NEIGHBOUR, ONE = "logistic regression on letters", "nearest neighbour", "its nets, one alone"
FOLDS, NETS = 10, 3
DONOR, ACCEPTOR, NEITHER = range(3)
NET = {"filters": 32, "width": 7, "pool": 2, "units": 64, "dropout": 0.5}
LEARNING = {"epochs": 12, "batch": 32, "peak": 3e-3, "decay": 0.01}
COLUMNS = {
    "error": Column("error"),
    "error_ei": Column("error, donors (EI)"),
    "error_ie": Column("error, acceptors (IE)"),
    "error_n": Column("error, neither (N)"),
}
UCI = "UCI 69, 1,000 of the sequences, ten folds at random"
PUBLISHED = (
    Published("KBANN", {"error_n": 0.0462, "error_ei": 0.0756, "error_ie": 0.0847}, UCI),
    Published("backpropagation", {"error_n": 0.0529, "error_ei": 0.0574, "error_ie": 0.1075}, UCI),
)


def run(name: str, *, file: str | None = None, seeds: int = 3) -> Table:
    """Score ours and the baselines, each sequence by models that learnt from other loci.

    Parameters
    ----------
    name : "splice".
    file : one's own sequences in UCI's format; see `read_splice`.
    seeds : how many times the groups are dealt out.
    """
    data = load_data("splice", file=file)
    sites = Sequences.of(data, folds=FOLDS)
    answer_letters = partial(regressed, sites, sites.hot)
    kept, mixed = [], []

    def answer(seed: int, tick: Callable) -> dict[str, np.ndarray]:
        folds = sites.folds(FOLDS, seed=seed)
        nets = scanned(sites, folds, NET, LEARNING, seed=seed, nets=NETS, classes=3, tick=tick)
        answers = {OURS: nets.mean(0), ONE: nets[0], REGRESSION: answer_letters(folds)}
        answers |= {MATRICES: answer_matrices(sites, folds), NEIGHBOUR: answer_neighbour(sites, folds)}
        kept.append((answers[OURS], answers[REGRESSION]))
        at_random = answer_letters(sites.folds(FOLDS, seed=seed, apart=False))
        mixed.append(float(wrong(sites, at_random).mean()))
        return answers

    table = tabulate(
        data,
        seeds=seeds,
        ticks=FOLDS * NETS,
        answer=answer,
        aside=[kept, mixed],
        measure=lambda p: {measure: one.value for measure, one in measures(sites, p).items()},
        fixed={RULE: measures(sites, answer_rule(sites))},
        together=lambda answers: measures(sites, np.mean(answers, axis=0)),
        published=PUBLISHED,
        notes=[
            f"{len(sites.y):,} sequences in {len(np.unique(sites.patient)):,} groups: a locus, and what has "
            "the same sequence, is on one side.",
            f"{FOLDS} folds by group; the answer is the mean of {NETS} nets. Mean over {seeds} seeds, with "
            "95 % intervals for other folds; the rule learns nothing, and its intervals are by group, as are "
            "those of the seeds' mean answer.",
        ],
        columns=COLUMNS,
    )
    table.notes.extend(in_words(sites, kept, mixed))
    return table


# What is measured


def measures(sites: Sequences, p: np.ndarray) -> dict[str, Estimate]:
    """The share of wrong answers, of all `sites` and of each class; `p` has a row a site."""
    errors = wrong(sites, p)
    among = {"error": errors >= 0}
    among |= {
        name: sites.y == code
        for name, code in (("error_ei", DONOR), ("error_ie", ACCEPTOR), ("error_n", NEITHER))
    }
    return {name: proportion(errors[of], patient=sites.patient[of]) for name, of in among.items()}


def wrong(sites: Sequences, p: np.ndarray) -> np.ndarray:
    """Whether the likeliest class by `p` is another than that of each of the `sites`."""
    return p.argmax(1) != sites.y


def in_words(sites: Sequences, kept: list[tuple[np.ndarray, np.ndarray]], mixed: list[float]) -> list[str]:
    """How sure ours is better than logistic regression, and what that reaches where loci are mixed.

    Parameters
    ----------
    sites : all of them.
    kept : a seed, what ours and the regression said.
    mixed : the error of the regression, a seed, in folds at random.
    """
    gaps = [
        mean_error(*(wrong(sites, p).astype(float) for p in (other, ours)), patient=sites.patient)
        for ours, other in kept
    ]
    each = "; ".join(f"{gap:+.4f}" for gap in gaps)
    return [
        f"Error less that of logistic regression on the same sites, by group, a seed: {each}.",
        "With loci on both sides, the logistic regression has an error of "
        f"{over_seeds(mixed) if len(mixed) > 1 else mixed[0]:.4f}.",
    ]


# The baselines


def answer_rule(sites: Sequences) -> np.ndarray:
    """Of each of the `sites`: a donor if GT follows the middle, an acceptor if AG stands before it."""
    middle = sites.hot.shape[1] // 2
    after = np.array([text[middle : middle + 2] == "GT" for text in sites.letters])
    before = np.array([text[middle - 2 : middle] == "AG" for text in sites.letters])
    return np.eye(3)[np.select([after, before], [DONOR, ACCEPTOR], NEITHER)]


def answer_matrices(sites: Sequences, folds: Folds) -> np.ndarray:
    """By a weight matrix a class, and how frequent the class is; of all `sites`, in each of the `folds`."""
    scores = np.zeros((len(sites.y), 3))
    for learn, say in folds:
        for code in range(3):
            chosen = sites.hot[learn][sites.y[learn] == code]
            shares = (chosen.sum(0) + 1) / (len(chosen) + 4)  # (length, 4); one more of each letter
            of_letters = np.tensordot(sites.hot[say], np.log(shares), 2)
            scores[say, code] = of_letters + np.log(len(chosen) / len(learn))
    return scores


def answer_neighbour(sites: Sequences, folds: Folds) -> np.ndarray:
    """The class of what has most letters at the same places; of all `sites`, in each of the `folds`."""
    flat, p = sites.hot.reshape(len(sites.y), -1), np.zeros((len(sites.y), 3))
    for learn, say in folds:
        nearest = (flat[say] @ flat[learn].T).argmax(1)
        p[say] = np.eye(3)[sites.y[learn][nearest]]
    return p
