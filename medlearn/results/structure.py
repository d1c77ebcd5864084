"""The structure recipe: helix, strand or coil, for each residue of a protein, from its sequence alone.

In short: dilated convolutions read the residues to both sides, and are told of the mean of the whole chain.
The mean of such nets is the answer. Beside it stand the most frequent state, that of each residue, and a
logistic regression on a window of 17. One file is answered in folds with chains apart; of two, all of the one
is learnt from, and those chains of the other are answered that the first has not.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import keras
import numpy as np
from scipy import sparse

from medlearn.data.dataset import Dataset
from medlearn.data.splitting import folds_by_patient
from medlearn.errors import DataError
from medlearn.evaluation import Estimate, mean_error
from medlearn.evaluation.structure import q3, q3_protein, right_and_there
from medlearn.features.alphabets import BLOSUM62, residue_numbers
from medlearn.models.structure import masked_loss, structure_net
from medlearn.models.text import Batches, filled_up
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.table import OURS, Column, Published, Table
from medlearn.training import fit, optimizer, predict, set_seed

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

NAMES = ("structure",)
MAJORITY, RESIDUE = "the most frequent state", "the most frequent state of the residue"
FOLDS, NETS = 5, 2
NET = {"width": 64, "dropout": 0.2, "overall": True}
EPOCHS, BATCH, PEAK, DECAY = 12, 4, 4e-3, 0.02
AT_ONCE = 64  # chains that a net answers together
WIDE = 17  # residues of the window
WINDOW = f"window of {WIDE}, logistic regression"
STATES = 3
COLUMNS = {
    "q3": Column(q3.label, q3.low, q3.high),
    "q3_protein": Column(q3_protein.label, q3_protein.low, q3_protein.high),
}
TEST2018 = "TEST2018, learnt from 10,000 chains; PMC9085874"
PUBLISHED = (
    Published("Qian and Sejnowski 1988, window of 13", {"q3": 0.643}, "106 chains of their own"),
    Published("SPIDER3-Single, ProteinUnet: one sequence", {"q3": 0.726}, TEST2018),
    Published("SPOT-1D-Single: one sequence", {"q3": 0.743}, TEST2018),
    Published("with profiles of related sequences", {"q3": 0.862}, TEST2018),
    Published("with a language model of proteins", {"q3": 0.867}, TEST2018),
)

Folds = list[tuple[np.ndarray, np.ndarray]]


class Chains(NamedTuple):
    """Chains with a state for each residue.

    Parameters
    ----------
    letters : the residues of each chain as a text.
    numbers : the same as numbers from 1.
    states : of each residue, −1 where it does not count.
    """

    letters: np.ndarray
    numbers: list[np.ndarray]
    states: list[np.ndarray]

    @classmethod
    def of(cls, data: Dataset) -> Chains:
        """Those of all splits of `data`; what counts in any row of a chain counts in it."""
        states: dict[str, np.ndarray] = {}
        for split in data.splits.values():
            for letters, row in zip(split.x, split.y, strict=True):
                states[letters] = np.maximum(row, states.get(letters, row))
        numbers = [residue_numbers([letters])[0] + 1 for letters in states]
        return cls(np.array([*states], object), numbers, [*states.values()])

    def take(self, index: Sequence[int]) -> Chains:
        """The chains at the positions `index`."""
        parts = ([part[place] for place in index] for part in (self.numbers, self.states))
        return Chains(self.letters[index], *parts)


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument(
        "--train", metavar="CSV", help="learn from all of this file, and answer all other chains of --file"
    )


def run(name: str, *, file: str | None = None, seeds: int = 3, train: str | None = None) -> Table:
    """Score ours and the baselines, each chain by models that learnt from others.

    Parameters
    ----------
    name : "structure".
    file : one's own chains; see `read_structures`.
    seeds : how many times the nets are trained, and the chains of one file dealt out.
    train : another file, to learn from.
    """
    data, chains, learnt, set_aside = load_chains(file, train)

    def folds_of(seed: int) -> Folds:
        if learnt:
            return [(np.arange(learnt), np.arange(learnt, len(chains.letters)))]
        return folds_by_patient(np.arange(len(chains.letters)), folds=FOLDS, seed=seed)

    kept = []

    def answer(seed: int, tick: Callable) -> dict[str, list[np.ndarray]]:
        kept.append(answer_nets(chains, folds_of(seed), seed=seed, tick=tick))
        return {OURS: kept[-1]}

    scored = chains.take(np.arange(learnt, len(chains.letters)))
    by_rule = {
        system: answered(chains, folds_of(0))
        for system, answered in (
            (WINDOW, answer_window),
            (RESIDUE, answer_residue),
            (MAJORITY, answer_majority),
        )
    }
    table = tabulate(
        data,
        seeds=seeds,
        ticks=NETS * (1 if learnt else FOLDS),
        answer=answer,
        aside=[kept],
        measure=lambda p: {measure: one.value for measure, one in measures(scored, p).items()},
        fixed={system: measures(scored, p) for system, p in by_rule.items()},
        together=lambda answers: measures(scored, together(answers)),
        published=PUBLISHED,
        notes=notes(chains, scored, learnt=learnt, seeds=seeds, set_aside=set_aside),
        columns=COLUMNS,
    )
    table.notes.append(gain(scored, together(kept), by_rule[WINDOW]))
    return table


# The data


def load_chains(file: str | None, train: str | None) -> tuple[Dataset, Chains, int, int]:
    """The data, all chains, how many of them are only learnt from, and how many were set aside.

    `file` holds what is answered and `train`, if given, what is learnt from, which then comes first. A chain
    that stands in both is only learnt from.
    """
    data = load_data("structures", file=file)
    chains = Chains.of(data)
    if train is None:
        if (found := len(chains.letters)) < FOLDS:
            raise DataError(f"{data.name}: {found} chain(s) are too few for {FOLDS} folds")
        return data, chains, 0, 0
    source = load_data("structures", file=train)
    known = Chains.of(source)
    new = np.flatnonzero(~np.isin(chains.letters.astype(str), known.letters.astype(str)))
    if not len(new):
        raise DataError(f"{train} holds each chain of {file or 'the real file'}, so none is left to answer")
    other, learnt = chains.take(new), len(known.letters)
    both = Chains(
        np.concatenate([known.letters, other.letters]),
        known.numbers + other.numbers,
        known.states + other.states,
    )
    data = replace(data, simulated=data.simulated or source.simulated, source="own file")
    return data, both, learnt, len(chains.letters) - len(new)


# What is measured


def measures(scored: Chains, p: Sequence[np.ndarray]) -> dict[str, Estimate]:
    """The measures of the probabilities `p` of the `scored` chains, with intervals by chain."""
    both = (scored.states, decided(p))
    return {"q3": q3(*both), "q3_protein": q3_protein(*both)}


def decided(p: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The likeliest state of each residue, by the probabilities `p` of each chain."""
    return [one.argmax(-1) for one in p]


def together(answers: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
    """The mean of the probabilities in `answers`, a chain."""
    return [np.mean(each, axis=0) for each in zip(*answers, strict=True)]


def gain(scored: Chains, ours: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> str:
    """By how much the probabilities of `ours` are better than those of the `other`, by `scored` chain."""
    counts = [right_and_there(scored.states, decided(p)) for p in (other, ours)]
    shares = [right / np.maximum(there, 1) for right, there in (count.T for count in counts)]
    found = mean_error(*shares)
    return f"Q3 of a chain less that of the window on the same chain, the seeds' mean answer: {found:+.3f}."


def notes(chains: Chains, scored: Chains, *, learnt: int, seeds: int, set_aside: int) -> list[str]:
    """What stands below the table.

    Parameters
    ----------
    chains, scored : all, and those that are answered.
    learnt : how many are only learnt from; 0 where there are folds.
    seeds : how many times the nets were trained.
    set_aside : how many chains stand in both files.
    """
    residues = sum(int((one >= 0).sum()) for one in scored.states)
    apart = (
        f"Learnt from all {learnt:,} chains of the one file; {set_aside:,} of the other that stand in both "
        "are not answered. Related chains may still be in both."
        if learnt
        else f"{FOLDS} folds by chain; a chain that stands in several rows, one for each domain, is one."
    )
    return [
        f"{residues:,} residues that count, in {len(scored.letters):,} chains. {apart}",
        f"The answer is the mean of {NETS} nets, which know one sequence and no related ones. Mean over "
        f"{seeds} seeds, with 95 % intervals for training again; all other rows have intervals by chain.",
    ]


# Ours


def answer_nets(
    chains: Chains, folds: Folds, *, seed: int, tick: Callable = lambda: None
) -> list[np.ndarray]:
    """What several nets say of each chain that is answered, the mean of their probabilities.

    Parameters
    ----------
    chains, folds : all of them, and in each fold the positions to learn from and to answer.
    seed : draws the nets.
    tick : called after each net.
    """
    said = {}
    for fold, (learn, say) in enumerate(folds):
        answers = []
        for number in range(NETS):
            net = train_net(chains.take(learn), seed=1000 * seed + NETS * fold + number)
            answers.append(answer_by(net, [chains.numbers[place] for place in say]))
            tick()
        said |= dict(zip(say.tolist(), together(answers), strict=True))
    return [said[place] for place in sorted(said)]


def train_net(learnt: Chains, *, seed: int) -> keras.Model:
    """A net that is trained on the chains `learnt`; `seed` draws it."""
    set_seed(seed)
    net = structure_net(residue_vectors(), STATES, **NET)
    x = [{"letters": one} for one in learnt.numbers]
    batches = Batches(x, learnt.states, size=BATCH, seed=seed)
    net.compile(optimizer(EPOCHS * len(batches), weight_decay=DECAY, peak=PEAK), masked_loss)
    fit(net, batches, epochs=EPOCHS, patience=None)
    return net


def residue_vectors() -> np.ndarray:
    """What the numbers of residues begin as: which it is, and its row of BLOSUM62, small; 0 fills up.

    >>> residue_vectors().shape, bool(residue_vectors()[0].any())
    ((22, 42), False)
    """
    which = np.eye(len(BLOSUM62))
    return np.pad(np.concatenate([which, np.asarray(BLOSUM62) / 4], axis=1), [(1, 0), (0, 0)])


def answer_by(net: keras.Model, numbers: Sequence[np.ndarray]) -> list[np.ndarray]:
    """A `net`'s probabilities for each chain, of whose residues the `numbers` are given."""
    counts = np.array([len(one) for one in numbers])
    answers = [np.empty(0)] * len(counts)
    order = np.argsort(counts, kind="stable")
    for some in np.split(order, range(AT_ONCE, len(order), AT_ONCE)):
        p = predict(net, filled_up([{"letters": numbers[case]} for case in some]))
        for case, one in zip(some, p, strict=True):
            answers[case] = one[: counts[case]]
    return answers


# The baselines


def answer_majority(chains: Chains, folds: Folds) -> list[np.ndarray]:
    """The shares of the states, for each residue of each of the `chains`, in each of the `folds`."""
    return answer_by_window(chains, folds, [np.zeros_like(one)[:, None] for one in chains.numbers])


def answer_residue(chains: Chains, folds: Folds) -> list[np.ndarray]:
    """The shares of the states of its residue, for each place of the `chains`, in each of the `folds`."""
    return answer_by_window(chains, folds, [one[:, None] for one in chains.numbers])


def answer_window(chains: Chains, folds: Folds) -> list[np.ndarray]:
    """By a logistic regression on a window around each place of the `chains`, in each of the `folds`."""
    return answer_by_window(chains, folds, [windows(one) for one in chains.numbers])


def windows(numbers: np.ndarray, wide: int = WIDE) -> np.ndarray:
    """The residues around each place of a chain, (places, `wide`), from its `numbers`; 0 beyond its ends.

    >>> windows(np.array([5, 6, 7]), 3).tolist()
    [[0, 5, 6], [5, 6, 7], [6, 7, 0]]
    """
    return np.lib.stride_tricks.sliding_window_view(np.pad(numbers, wide // 2), wide)


def answer_by_window(chains: Chains, folds: Folds, seen: Sequence[np.ndarray]) -> list[np.ndarray]:
    """By a logistic regression on what is `seen` at each place of the `chains`, in each of the `folds`."""
    said = {}
    for learn, say in folds:
        x = hot(np.concatenate([seen[place] for place in learn]))
        model = regressed(x, np.concatenate([chains.states[place] for place in learn]))
        for place in say.tolist():
            said[place] = np.zeros((len(seen[place]), STATES))
            said[place][:, model.classes_] = model.predict_proba(hot(seen[place]))
    return [said[place] for place in sorted(said)]


def regressed(x: sparse.csr_matrix, y: np.ndarray) -> LogisticRegression:
    """A logistic regression that has learnt the states `y`, where they count, from `x`, a row a residue."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(y[y >= 0])) < 2:
        raise DataError("each residue to learn from has the same state, so there is nothing to learn")
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # further steps do no better
        return LogisticRegression(C=0.1, max_iter=200).fit(x[y >= 0], y[y >= 0])


def hot(numbers: np.ndarray) -> sparse.csr_matrix:
    """A column for each number of a residue at each place of a window, from `numbers`, (n, places)."""
    n, places = numbers.shape
    columns = numbers + len(residue_vectors()) * np.arange(places)
    entries = (np.ones(n * places), (np.repeat(np.arange(n), places), columns.ravel()))
    return sparse.csr_matrix(entries, shape=(n, places * len(residue_vectors())))
