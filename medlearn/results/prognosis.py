"""The expression recipe: whose event comes first, by clinical columns, genes, both, and random genes.

In short: Cox regression with a ridge penalty on all genes and the clinical columns. Whether genes, clinical
columns or both are used, how much these weigh beside the genes, and the penalty are chosen in folds of the
patients who are learnt from. Gaps are filled, columns scaled and genes chosen there, too. Each patient's risk
comes from models that have not seen that patient, but for the one row that shows what it is to look before.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from medlearn.data.dataset import Dataset
from medlearn.data.splitting import folds_by_patient
from medlearn.data.tables.prognosis import clinical_among
from medlearn.errors import DataError
from medlearn.evaluation.survival import c_index, c_index_difference
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.table import OURS, Column, Table

NAMES = ("expression",)
FOLDS, INNER, REPEATS = 5, 5, 2
FEWEST = 2 * FOLDS  # events
PENALTIES = (0.2, 0.6, 2.0, 6.0)  # of each column, times how many there are
WEIGHTS = (0.25, 0.5, 1.0)  # of all clinical columns beside all genes
COMPONENTS, CHOSEN, RANDOM, DRAWS = 10, 30, 50, 10
CLINICAL, TEN, GENES, BOTH = "clinical columns", "ten principal components", "all genes, ridge", "both, ridge"
ONE, INSIDE, FIFTY = "one gene, chosen inside", "30 genes, chosen inside", "50 random genes"
LEAK = "its like with 30 genes chosen outside the folds: a leak"
COLUMNS = {"c_index": Column(c_index.label, c_index.low, c_index.high)}


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    several = {"nargs": "+", "action": "extend"}
    own = parser.add_argument_group("tables of one's own", "a CSV with headings, and a row a patient")
    own.add_argument("--time", metavar="COLUMN", help="the time to the event, or to when last seen")
    own.add_argument("--event", metavar="COLUMN", help="1 where the event was seen, else 0")
    own.add_argument("--clinical", metavar="COLUMN", help="columns that are no genes", **several)
    own.add_argument("--leave-out", metavar="COLUMN", help="columns that are not read", **several)


def run(
    name: str,
    *,
    file: str | None = None,
    seeds: int = 3,
    time: str | None = None,
    event: str | None = None,
    clinical: Sequence[str] | None = None,
    leave_out: Sequence[str] | None = None,
) -> Table:
    """Score ours and the baselines by cross-validation, the folds drawn anew with each seed.

    Parameters
    ----------
    name : "expression".
    file : one's own table; see `read_prognosis`.
    seeds : how many times the folds are drawn.
    time, event, clinical, leave_out : the columns of one's own table.
    """
    columns = {"time": time, "event": event, "clinical": clinical, "leave_out": leave_out}
    data = load_data("prognosis", file=file, **columns)
    cohort = Cohort.of(data)
    kept: list[Mapping[str, np.ndarray]] = []
    chosen: Counter[str] = Counter()
    drawn: list[list[float]] = []

    def answer(seed: int, tick: Callable) -> dict[str, np.ndarray]:
        answers = {}
        for system, ways in systems(cohort).items():
            asked = chosen if system == OURS else None
            answers[system] = risks(cohort, ways, seed=seed, chosen=asked)
            tick()
        kept.append(dict(answers))
        answers[FIFTY] = draws = [risks(cohort, [one], seed=seed) for one in random_genes(cohort, seed)]
        drawn.append([cohort.c(each) for each in draws])
        tick()
        return answers

    table = tabulate(
        data,
        seeds=seeds,
        ticks=len(systems(cohort)) + 1,
        answer=answer,
        aside=[kept, drawn, chosen],
        measure=lambda given: {"c_index": cohort.c(given)},
        notes=[
            f"{FOLDS} folds; mean over {seeds} seeds, with 95 % intervals for other folds. {cohort.told()}",
            f"All is chosen in {INNER} folds of those who are learnt from, dealt {REPEATS} times; but the "
            "row that is called a leak has its genes chosen on all patients, also on those who are asked.",
        ],
        columns=COLUMNS,
    )
    table.notes.extend(in_words(cohort, kept, drawn, chosen))
    return table


# The patients


class Cohort(NamedTuple):
    """The patients of a data set, whatever split they are in.

    Parameters
    ----------
    x : their columns, NaN where nothing was measured.
    time, event : to the event or to when they were last seen, and whether it was seen.
    patient : whose each row is.
    is_clinical : which columns are no genes.
    """

    x: np.ndarray
    time: np.ndarray
    event: np.ndarray
    patient: np.ndarray
    is_clinical: np.ndarray

    @classmethod
    def of(cls, data: Dataset) -> Cohort:
        """All patients of `data`; too few events for folds are refused."""
        splits = data.splits.values()
        x, y, patient = (
            np.concatenate([getattr(split, part) for split in splits]) for part in ("x", "y", "patient")
        )
        order = np.argsort(patient, kind="stable")  # that of the splits follows the events
        if (events := int(y["event"].sum())) < FEWEST:
            raise DataError(
                f"{data.name} has {events} event(s), and {FOLDS} folds need {FEWEST} at least: add patients, "
                "or follow them for longer"
            )
        x, y = x[order].astype(float), y[order]
        return cls(x, y["time"], y["event"], patient[order], clinical_among(data.columns))

    def take(self, index: np.ndarray) -> Cohort:
        """The patients at `index`."""
        return self._replace(
            **{part: getattr(self, part)[index] for part in ("x", "time", "event", "patient")}
        )

    def folds(self, folds: int, *, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Positions to learn from and to answer in each of so many `folds`, drawn by `seed`."""
        return folds_by_patient(self.patient, self.event.astype(int), folds=folds, seed=seed)

    def c(self, risk: np.ndarray | Sequence[np.ndarray]) -> float:
        """The C-index of the `risk` of each patient; of several such, the mean."""
        several = risk if isinstance(risk, list) else [risk]
        return float(np.mean([c_index(self.time, self.event, each).value for each in several]))

    def told(self) -> str:
        """How many events and columns there are, in words."""
        genes = int((~self.is_clinical).sum())
        return (
            f"{len(self.time)} patients, {int(self.event.sum())} events, {genes:,} genes, "
            f"{int(self.is_clinical.sum())} clinical columns."
        )


# Ways to a risk


class Way(NamedTuple):
    """Which columns are used, and how.

    Parameters
    ----------
    called : in the note on what was chosen.
    columns : positions of columns.
    clinical_weight : of all clinical columns together, where all genes together weigh 1; None leaves them.
    chosen : how many of the columns are kept, those that go most with the event; 0 keeps all.
    components : into how many principal components they are turned; 0 does not.
    """

    called: str
    columns: np.ndarray
    clinical_weight: float | None = None
    chosen: int = 0
    components: int = 0


def systems(cohort: Cohort) -> dict[str, list[Way]]:
    """The ways that each row of the table chooses from, ours first; fewer if a `cohort` has only genes."""
    of_genes, of_clinic = np.flatnonzero(~cohort.is_clinical), np.flatnonzero(cohort.is_clinical)
    everything = np.arange(len(cohort.is_clinical))
    genes, clinic = Way("genes", of_genes), Way("clinical columns", of_clinic)
    both = [Way(f"both, clinical columns weigh {weight:g}", everything, weight) for weight in WEIGHTS]
    found = {OURS: [genes, clinic, *both], CLINICAL: [clinic], BOTH: both}
    if not len(of_clinic):
        found = {OURS: [genes]}
    outside = of_genes[leading(filled(cohort.x[:, of_genes]), cohort.time, cohort.event)[:CHOSEN]]
    return found | {
        GENES: [genes],
        TEN: [Way("components", of_genes, components=COMPONENTS)],
        ONE: [Way("one gene", of_genes, chosen=1)],
        INSIDE: [Way("some genes", of_genes, chosen=CHOSEN)],
        LEAK: [Way("some genes", outside)],
    }


def random_genes(cohort: Cohort, seed: int) -> list[Way]:
    """Several draws of RANDOM genes of a `cohort` by `seed`, each the same in all folds."""
    rng = np.random.default_rng([seed, 21])
    genes = np.flatnonzero(~cohort.is_clinical)
    size = min(RANDOM, len(genes))
    return [Way("random genes", np.sort(rng.choice(genes, size, replace=False))) for _ in range(DRAWS)]


def filled(x: np.ndarray, learnt: np.ndarray | None = None) -> np.ndarray:
    """`x` with gaps filled by the median of each column among those who are `learnt` from, or of `x`."""
    learnt = x if learnt is None else learnt
    if not np.isnan(x).any():
        return x
    there = np.where(np.isnan(learnt).all(0), 0, learnt)
    return np.where(np.isnan(x), np.nanmedian(there, axis=0), x)


def prepare(way: Way, learnt: Cohort, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The columns of a `way` for those who are `learnt` from and `asked`; all of it comes from the first."""
    x, other = (filled(each[:, way.columns], learnt.x[:, way.columns]) for each in (learnt.x, asked))
    mean, spread = x.mean(0), x.std(0)
    spread = np.where(spread > 1e-9, spread, np.inf)  # what never differs here says nothing
    x, other = (x - mean) / spread, (other - mean) / spread
    if way.chosen:
        there = leading(x, learnt.time, learnt.event)[: way.chosen]
        x, other = x[:, there], other[:, there]
    if way.components:
        turn = np.linalg.svd(x, full_matrices=False)[2][: way.components].T
        x, other = x @ turn, other @ turn
        x, other = x / x.std(0).clip(1e-9), other / x.std(0).clip(1e-9)
    if way.clinical_weight is not None:
        clinical = learnt.is_clinical[way.columns]
        weight = np.where(clinical, (way.clinical_weight * (~clinical).sum() / clinical.sum()) ** 0.5, 1)
        x, other = x * weight, other * weight
    return x, other


def leading(x: np.ndarray, time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Positions of the columns of `x`, first those that go most with the `time` to the `event`.

    It is the score test of a Cox regression on one column: what is left of the event after what all expect.
    """
    order = np.argsort(time, kind="stable")
    sorted_time = time[order]
    at_risk = len(time) - np.searchsorted(sorted_time, sorted_time, side="left")
    hazard = np.cumsum(event[order] / at_risk)
    expected = hazard[np.searchsorted(sorted_time, time, side="right") - 1]
    centred = x - x.mean(0)
    size = np.linalg.norm(centred, axis=0)
    return np.argsort(
        -np.abs((event - expected) @ centred) / np.where(size > 1e-9, size, np.inf), kind="stable"
    )


def risks(
    cohort: Cohort, ways: Sequence[Way], *, seed: int, chosen: Counter[str] | None = None
) -> np.ndarray:
    """The risk of each patient of a `cohort`, fold by fold, by the way and the penalty chosen among others.

    Parameters
    ----------
    cohort, ways : the patients, and the ways to choose from.
    seed : draws the folds.
    chosen : counts the ways that are chosen, if it is given.
    """
    risk = np.empty(len(cohort.time))
    for learn, say in cohort.folds(FOLDS, seed=seed):
        learnt = cohort.take(learn)
        way, place = choose(learnt, ways, seed=seed)
        risk[say] = penalised(way, learnt, cohort.x[say])[place]
        if chosen is not None:
            chosen[way.called] += 1
    return risk


def choose(learnt: Cohort, ways: Sequence[Way], *, seed: int) -> tuple[Way, int]:
    """The way and the place of its penalty that rank best in folds of those who are `learnt` from.

    `ways` are to choose from, and `seed` draws the folds.
    """
    best: tuple[float, Way, int] = (-1.0, ways[0], 0)
    for way in ways:
        said = np.empty((REPEATS, len(PENALTIES), len(learnt.time)))
        for repeat, risks_of in enumerate(said):
            for learn, say in learnt.folds(INNER, seed=REPEATS * seed + repeat):
                risks_of[:, say] = penalised(way, learnt.take(learn), learnt.x[say])
        for place in range(len(PENALTIES)):
            if (found := learnt.c(list(said[:, place]))) > best[0]:
                best = (found, way, place)
    return best[1], best[2]


def penalised(way: Way, learnt: Cohort, asked: np.ndarray) -> np.ndarray:
    """The risks of those who are `asked` with each penalty, (penalties, patients).

    `way` says which columns are used, and `learnt` are those who are learnt from.
    """
    x, other = prepare(way, learnt, asked)
    weights = cox(x, learnt.time, learnt.event, [penalty * x.shape[1] for penalty in PENALTIES])
    return weights @ other.T


def cox(x: np.ndarray, time: np.ndarray, event: np.ndarray, penalties: Sequence[float]) -> np.ndarray:
    """The weights of a Cox regression with a ridge, (penalties, columns), ties of time as in Breslow.

    Newton's steps in as many directions as there are patients, or columns if these are fewer.

    Parameters
    ----------
    x : columns, of mean 0, of patients.
    time, event : to the event or to when they were last seen, and whether it was seen.
    penalties : half of it times the squared weights is added to minus the logarithm of the likelihood.
    """
    order = np.argsort(-time, kind="stable")
    across, size, turn = np.linalg.svd(x[order], full_matrices=False)
    z, seen, falling = across * size, event[order].astype(float), -time[order]
    last = np.searchsorted(falling, falling, side="right") - 1  # of those at risk when each is seen
    first = np.searchsorted(falling, falling, side="left")
    found, weights = [], np.zeros(z.shape[1])
    for penalty in sorted(penalties, reverse=True):
        weights = _climb(weights, z, seen, first, last, penalty)
        found.append(turn.T @ weights)
    return np.stack(found)[np.argsort(np.argsort(-np.asarray(penalties), kind="stable"))]


def _climb(weights, z, seen, first, last, penalty, *, steps: int = 30) -> np.ndarray:
    """Newton's steps from `weights` to the highest penalised likelihood, each halved until it helps."""

    def height(weights: np.ndarray) -> float:
        log_risk = z @ weights
        top = log_risk.max()
        total = np.log(np.cumsum(np.exp(log_risk - top))[last]) + top
        return float(seen @ (log_risk - total) - penalty / 2 * weights @ weights)

    here = height(weights)
    for _ in range(steps):
        log_risk = z @ weights
        risk = np.exp(log_risk - log_risk.max())
        total = np.cumsum(risk)[last]
        expected = risk * np.cumsum((seen / total)[::-1])[::-1][first]
        slope = z.T @ (seen - expected) - penalty * weights
        mean = np.cumsum(z * risk[:, None], axis=0)[last] / total[:, None]
        bend = (
            z.T @ (z * expected[:, None]) - (mean * seen[:, None]).T @ mean + penalty * np.eye(len(weights))
        )
        step = np.linalg.solve(bend, slope)
        while (there := height(weights + step)) < here and np.abs(step).max() > 1e-9:
            step = step / 2
        weights, gained, here = weights + step, there - here, there
        if gained < 1e-7 * (1 + abs(here)):
            break
    return weights


# What stands below the table


def in_words(
    cohort: Cohort,
    kept: Sequence[Mapping[str, np.ndarray]],
    drawn: Sequence[Sequence[float]],
    chosen: Counter[str],
) -> list[str]:
    """How sure ours is, what random genes reach, and what looking before was worth.

    Parameters
    ----------
    cohort : all patients.
    kept : a seed, the risks of each system.
    drawn : a seed, the C-index of each draw of random genes.
    chosen : how often which way was chosen.
    """
    outcome, draws = (cohort.time, cohort.event), np.concatenate(drawn)
    sure = "; ".join(f"{c_index(*outcome, one[OURS], patient=cohort.patient):.3f}" for one in kept)
    notes = [f"C-index of this course with intervals for other patients, a seed: {sure}."]
    for other in (CLINICAL, ONE):
        if other in kept[0]:
            gaps = [
                f"{c_index_difference(*outcome, one[OURS], one[other], patient=cohort.patient):+.3f}"
                for one in kept
            ]
            notes.append(f"Less that of {other}, on the same patients, a seed: {'; '.join(gaps)}.")
    looked = np.mean([cohort.c(one[LEAK]) - cohort.c(one[INSIDE]) for one in kept])
    genes = np.mean([cohort.c(one[GENES]) for one in kept])
    often = "; ".join(f"{way}: {count}" for way, count in sorted(chosen.items()))
    return [
        *notes,
        f"{len(draws)} draws of {FIFTY}: C-index {draws.min():.3f} to {draws.max():.3f}, median "
        f"{np.median(draws):.3f}; {np.mean(draws >= genes):.0%} reach what all genes do. A signature says "
        "something of its genes only where it is better than these.",
        f"Choosing {CHOSEN} genes outside the folds adds {looked:+.3f}, which no new patient will see.",
        f"Chosen, in so many folds: {often}.",
    ]
