"""The alignment recipe: which residue of one protein answers to which of another, by learnt scores.

In short: the scores begin as BLOSUM62 and learn from aligned families, by the probability of the reference
among all alignments, while a penalty holds them near BLOSUM62. How strong it is, or that BLOSUM62 stays as it
is, is chosen on families that were not learnt from. Beside it stand BLOSUM62 itself, and letters that are
equal or not. One folder is answered in folds with families apart; of two, all of the one is learnt from, and
those families of the other are answered that the first has not.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import keras
import numpy as np

from medlearn.data.dataset import Dataset
from medlearn.data.splitting import folds_by_patient, split_by_patient
from medlearn.errors import DataError
from medlearn.evaluation import Estimate, mean_error
from medlearn.evaluation.alignment import pairs_found, shares_found
from medlearn.features.alphabets import BLOSUM62, residue_numbers, substitution
from medlearn.models.alignment import (
    Gaps,
    alignment_learner,
    best_alignment,
    filled_pairs,
    its_output,
    learnt_scores,
)
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.table import OURS, Column, Table
from medlearn.training import fit, set_seed

NAMES = ("alignment",)
USUAL, EQUAL = "BLOSUM62", "equal or not (+5, −4)"
GAPS = Gaps(-11, -1, -0.5, -0.5)
HALF_BIT = np.log(2) / 2  # BLOSUM62's unit
FOLDS = 3
FEWEST = 3  # families: to learn from, to choose on, to answer
PENALTIES = (0.2, 1.0, 5.0)
STEPS, BATCH, RATE = 60, 32, 0.01
LONGEST = 48  # residues of a piece that is learnt from
LEAST = 10  # pairs behind its first one
HELD_OUT = 12  # pairs of a family that the penalty is chosen on, at most
NAMED = 20  # families that are told of one by one, at most
COLUMNS = {"pairs_found": Column(pairs_found.label, pairs_found.low, pairs_found.high)}

Folds = list[tuple[np.ndarray, np.ndarray]]


class Pairs(NamedTuple):
    """Pairs of proteins of one family.

    Parameters
    ----------
    letters : the residues of both, (n, 2).
    places : of residues that stand under each other in the reference, (k, 2) of each pair.
    family : the name of each pair's.
    """

    letters: np.ndarray
    places: np.ndarray
    family: np.ndarray

    @classmethod
    def of(cls, data: Dataset) -> Pairs:
        """Those of all splits of `data`."""
        splits = [split for split in data.splits.values() if len(split)]
        family = np.concatenate([np.asarray(split.about["family"]).astype(str) for split in splits])
        letters, places = (np.concatenate([getattr(split, part) for split in splits]) for part in "xy")
        return cls(letters, places, family)

    def take(self, index: np.ndarray) -> Pairs:
        """The pairs at `index`: positions or a mask."""
        return Pairs(*(part[index] for part in self))


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument(
        "--train", metavar="PATH", help="learn from these families, and answer all others of --file"
    )


def run(name: str, *, file: str | None = None, seeds: int = 3, train: str | None = None) -> Table:
    """Score ours and the baselines, each family by scores that learnt from others.

    Parameters
    ----------
    name : "alignment".
    file : one's own families; see `read_families`.
    seeds : how many times is learnt, and the families of one folder dealt out.
    train : others to learn from.
    """
    data, learnt, scored = load_pairs(file, train)
    baselines = {system: aligned(scored, table) for system, table in ((USUAL, BLOSUM62), (EQUAL, equal()))}
    found, chosen = [], []

    def answer(seed: int, tick: Callable) -> dict[str, list[np.ndarray]]:
        ours, penalties = answer_learnt(learnt, scored, seed=seed, tick=tick)
        found.append(ours)
        chosen.extend(penalties)
        return {OURS: ours}

    table = tabulate(
        data,
        seeds=seeds,
        ticks=1 if learnt is not None else min(FOLDS, len(np.unique(scored.family))),
        answer=answer,
        aside=[found, chosen],
        measure=lambda places: {"pairs_found": measured(scored, places).value},
        fixed={system: {"pairs_found": measured(scored, places)} for system, places in baselines.items()},
        notes=notes(learnt, scored, seeds=seeds),
        columns=COLUMNS,
    )
    table.notes.extend(in_words(scored, found, baselines[USUAL], chosen))
    return table


# The data


def load_pairs(file: str | None, train: str | None) -> tuple[Dataset, Pairs | None, Pairs]:
    """The data, the pairs of `train` to learn from, if given, and those of `file` to answer.

    A family of both, by its name, is only learnt from.
    """
    data = load_data("families", file=file)
    pairs = Pairs.of(data)
    source = data if train is None else load_data("families", file=train)
    known = pairs if train is None else Pairs.of(source)
    least = FEWEST if train is None else FEWEST - 1
    if (families := len(np.unique(known.family))) < least:
        raise DataError(
            f"{data.name}: {least} families or more are needed to learn from, not {families}: add some"
        )
    if train is None:
        return data, None, pairs
    new = ~np.isin(pairs.family, known.family)
    if not new.any():
        raise DataError(f"{train} holds each family of {file or 'the real files'}, so none is left to answer")
    data = replace(data, simulated=data.simulated or source.simulated, source="own file")
    return data, known, pairs.take(new)


# What is measured


def measured(scored: Pairs, places: Sequence[np.ndarray]) -> Estimate:
    """The share of the reference's pairs among the `places` found of the `scored`; by family, if several."""
    several = len(np.unique(scored.family)) > 1
    return pairs_found(scored.places, places, patient=scored.family if several else None)


def by_family(scored: Pairs, places: Sequence[np.ndarray]) -> dict[str, float]:
    """The share of the reference's pairs among the `places` found, of each family of the `scored`."""
    shares = shares_found(scored.places, places)
    return {name: float(shares[scored.family == name].mean()) for name in np.unique(scored.family).tolist()}


def notes(learnt: Pairs | None, scored: Pairs, *, seeds: int) -> list[str]:
    """What stands below the table.

    Parameters
    ----------
    learnt, scored : the pairs to learn from, None where there are folds, and those that are answered.
    seeds : how many times is learnt.
    """
    families = len(np.unique(scored.family))
    apart = (
        f"{min(FOLDS, families)} folds with families apart"
        if learnt is None
        else f"learnt from {len(learnt.family):,} pairs of {len(np.unique(learnt.family)):,} other families"
    )
    return [
        f"{len(scored.family):,} pairs of {families:,} families; {apart}. Gaps cost {-GAPS.open:g} and "
        f"{-GAPS.extend:g} half-bits, {-GAPS.end_open:g} a letter at the ends. Each family counts alike.",
        f"Mean over {seeds} seeds, with 95 % intervals for learning again; all other rows have intervals by "
        "family.",
    ]


def in_words(
    scored: Pairs, found: Sequence[Sequence[np.ndarray]], usual: Sequence[np.ndarray], chosen: Sequence[str]
) -> list[str]:
    """How much more ours finds than BLOSUM62, by family, and what was chosen.

    Parameters
    ----------
    scored : the pairs.
    found : the places that ours finds, a seed; `usual` : those by BLOSUM62.
    chosen : the penalty that was chosen each time, in words.
    """
    ours = [by_family(scored, places) for places in found]
    mean, other = (
        {name: float(np.mean([one[name] for one in ours])) for name in ours[0]},
        by_family(scored, usual),
    )
    said = [f"Chosen on families not learnt from: {', '.join(chosen)}."]
    if len(mean) > 1:
        gap = mean_error([*other.values()], [*mean.values()])
        said.append(f"Share found less that by BLOSUM62, mean over families: {gap:+.3f}.")
    if len(mean) <= NAMED:
        each = ", ".join(f"{name} {value:.2f} ({other[name]:.2f})" for name, value in mean.items())
        said.append(f"By family, and in brackets by BLOSUM62: {each}.")
    return said


# Alignments


def aligned(pairs: Pairs, table: np.ndarray, gaps: Gaps = GAPS) -> list[np.ndarray]:
    """The places that the best alignment of each of the `pairs` puts under each other.

    `table` holds the scores of letters in half-bits, and `gaps` what gaps cost.
    """
    return [best_alignment(substitution(table, *both), gaps).pairs for both in pairs.letters]


def equal() -> np.ndarray:
    """Scores of letters that only know whether they are equal; X goes with all alike.

    >>> equal()[:2, :2].tolist()
    [[5.0, -4.0], [-4.0, 5.0]]
    """
    table = 9.0 * np.eye(len(BLOSUM62)) - 4
    table[-1] = table[:, -1] = 0
    return table


# Ours


def answer_learnt(
    learnt: Pairs | None, scored: Pairs, *, seed: int, tick: Callable = lambda: None
) -> tuple[list[np.ndarray], list[str]]:
    """The places found with learnt scores, and what was chosen each time that was learnt.

    Parameters
    ----------
    learnt : the pairs to learn from; None learns from the scored ones, in folds.
    scored : those to answer.
    seed : draws the folds, and what is learnt from when.
    tick : called each time that was learnt.
    """
    if learnt is not None:
        table, choice = choose_scores(learnt, seed=seed)
        tick()
        return aligned(scored, table), [choice]
    places, choices = [np.empty((0, 2), int)] * len(scored.family), []
    folds = min(FOLDS, len(np.unique(scored.family)))
    for learn, say in folds_by_patient(scored.family, folds=folds, seed=seed):
        table, choice = choose_scores(scored.take(learn), seed=seed)
        choices.append(choice)
        for case, found in zip(say, aligned(scored.take(say), table), strict=True):
            places[case] = found
        tick()
    return places, choices


def choose_scores(pairs: Pairs, *, seed: int) -> tuple[np.ndarray, str]:
    """Scores of letters learnt from all `pairs`, with the penalty that is best on families set apart.

    What is best may be BLOSUM62 as it is. `seed` draws the families, and what is learnt from when.
    """
    learn, ask = split_by_patient(pairs.family, shares=(2 / 3, 1 / 3), seed=seed)
    asked = few_of_each(pairs.take(ask), seed=seed)
    best, chosen = measured_mean(asked, BLOSUM62), None
    for penalty in PENALTIES:
        found = measured_mean(asked, learn_scores(pairs.take(learn), penalty=penalty, seed=seed))
        if found > best:
            best, chosen = found, penalty
    if chosen is None:
        return np.asarray(BLOSUM62, float), "BLOSUM62 as it is"
    return learn_scores(pairs, penalty=chosen, seed=seed), f"a penalty of {chosen:g}"


def measured_mean(pairs: Pairs, table: np.ndarray) -> float:
    """The mean over families of the share of the reference's `pairs` found with the scores of a `table`."""
    return float(np.mean([*by_family(pairs, aligned(pairs, table)).values()]))


def few_of_each(pairs: Pairs, *, seed: int, most: int = HELD_OUT) -> Pairs:
    """At most so many of the `pairs` of each family, `most`, drawn by `seed`."""
    order = np.random.default_rng(seed).permutation(len(pairs.family))
    some = [order[pairs.family[order] == name][:most] for name in np.unique(pairs.family)]
    return pairs.take(np.concatenate(some))


def learn_scores(pairs: Pairs, *, penalty: float, seed: int) -> np.ndarray:
    """Scores of letters in half-bits, learnt from pieces of the `pairs`, beginning with BLOSUM62.

    `penalty` is what holds them near it, and `seed` draws the pieces.
    """
    set_seed(seed)
    drawn = pieces(pairs, STEPS * BATCH, np.random.default_rng(seed))
    model = alignment_learner(
        HALF_BIT * np.asarray(BLOSUM62, float),
        LONGEST,
        gap_open=HALF_BIT * GAPS.open,
        gap_extend=HALF_BIT * GAPS.extend,
        penalty=penalty,
    )
    model.compile(keras.optimizers.Adam(RATE), its_output)
    nothing = np.zeros(STEPS * BATCH, "float32")
    fit(model, (filled_pairs(*drawn, LONGEST), nothing), epochs=1, batch_size=BATCH, patience=None)
    return learnt_scores(model) / HALF_BIT


def pieces(
    pairs: Pairs, count: int, rng: np.random.Generator
) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Pieces of the `pairs`, so many as `count`, drawn by `rng`; each family comes about as often.

    A piece is the numbers of the residues of both, from one pair of the reference to another, and the places
    of pairs in it.
    """
    of_family = [np.flatnonzero(pairs.family == name) for name in np.unique(pairs.family)]
    numbers = [[residue_numbers([one])[0] for one in both] for both in pairs.letters]
    drawn = []
    for _ in range(count):
        case = rng.choice(of_family[rng.integers(len(of_family))])
        places = np.asarray(pairs.places[case])
        places = places[rng.integers(max(1, len(places) - LEAST)) :]
        places = places[(places - places[0] < LONGEST).all(1)]
        (one, other), (to_one, to_other) = places[0], places[-1] + 1
        first, second = numbers[case]
        drawn.append((first[one:to_one], second[other:to_other], places - places[0]))
    return tuple(map(list, zip(*drawn, strict=True)))
