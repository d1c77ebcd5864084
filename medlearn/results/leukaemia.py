"""The leukaemia recipe: chosen on the patients of one series, and asked of those of another, once.

In short: intensities are cut off, logged and standardised, the genes that differ most are chosen, and a
logistic regression weighs them. How many genes and how far the weights are held down is chosen in folds of
the first series, where each step is done anew. The threshold is set there, too: as many are called AML as
have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from medlearn.data.dataset import Dataset
from medlearn.data.splitting import folds_by_patient
from medlearn.errors import DataError
from medlearn.evaluation import auroc, auroc_difference, proportion
from medlearn.evaluation.intervals import Estimate
from medlearn.results.seeds import known_cases, load_data, tabulate
from medlearn.results.table import OURS, Column, Table

NAMES = ("leukaemia",)
FLOOR, CEILING = 100, 16_000  # of an intensity, as in Dudoit et al., JASA 97:77 (2002)
FOLDS, REPEATS = 5, 3
ALL = 0  # in place of a number of genes
GENES = (5, 50, 200, ALL)  # of which ours chooses
PENALTIES = (0.01, 0.1, 1.0)  # C of scikit-learn for one gene; less for each of more
USUAL = 1.0
FEW = 50  # genes, for what is asked of shuffled labels and of the series
SHUFFLES = 20
BASELINES = {"best gene": 1, "5 genes": 5, "50 genes": 50, "all genes, ridge": ALL}
MAJORITY = "majority"
FEWEST = FOLDS  # patients of each class


def run(name: str, *, file: str | None = None, seeds: int = 3) -> Table:
    """Score ours and the baselines on the second series, after all was chosen on the first.

    Parameters
    ----------
    name : "leukaemia".
    file : a folder with the three files of one's own; see `read_leukaemia`.
    seeds : how many times the folds of the first series are drawn.
    """
    data = load_data("leukaemia", file=file)
    x, y, _ = known_cases(data)
    x, asked, truth = logged(x), logged(data.test.x), data.test.y
    check_enough(data, y)
    chosen: Counter[tuple[int, float]] = Counter()
    last: dict[str, np.ndarray] = {}

    def answer(seed: int, tick: Callable) -> dict[str, np.ndarray]:
        best = choose(x, y, seed=seed)
        chosen[best] += 1
        tick()
        answers = {OURS: decide(x, y, asked, *best, seed=seed)}
        for system, genes in BASELINES.items():
            penalty = best_penalty(x, y, genes, seed=seed)
            answers[system] = decide(x, y, asked, genes, penalty, seed=seed)
            tick()
        last.update(answers)
        return answers

    label = f"right of {len(truth)}"
    table = tabulate(
        data,
        seeds=seeds,
        ticks=1 + len(BASELINES),
        answer=answer,
        aside=[chosen, last],
        measure=lambda margin: {"right": right(truth, margin).value, "auroc": auroc(truth, margin).value},
        fixed={MAJORITY: measures(truth, np.full(len(truth), y.mean() - 0.5))},
        together=lambda kept: measures(truth, np.mean(kept, axis=0)),
        notes=[
            f"All is chosen on the {len(y)} patients of the first series, also the threshold: as large a "
            f"share of them is called {data.classes[1]} as have it. Mean over {seeds} seeds, with 95 % "
            "intervals for other folds; the interval of the mean answer is for other patients.",
        ],
        columns={"right": Column(label, 0, len(truth))},
    )
    table.notes.extend([*in_words(truth, last, chosen), fooled(x, y), apart(x, asked)])
    return table


def check_enough(data: Dataset, y: np.ndarray) -> None:
    """Refuse `data` whose first series, with the classes `y`, has too few patients of a class for folds."""
    for code, called in enumerate(data.classes):
        if (found := int((y == code).sum())) < FEWEST:
            raise DataError(
                f"{data.name}: {found} patient(s) of the first series have {called!r}, and {FOLDS} folds "
                f"need {FEWEST} at least"
            )


# Genes and weights


def logged(x: np.ndarray) -> np.ndarray:
    """Intensities `x` between FLOOR and CEILING, on the scale of log2; a missing one counts as FLOOR.

    >>> logged(np.array([[-40.0, 128.0, np.nan]])).round(2)
    array([[6.64, 7.  , 6.64]])
    """
    return np.log2(np.clip(np.nan_to_num(np.asarray(x, float), nan=FLOOR), FLOOR, CEILING))


def differing(x: np.ndarray, y: np.ndarray, genes: int) -> np.ndarray:
    """Positions of so many `genes` of `x` that differ most between the classes `y`, by Welch's t."""
    if genes == ALL:
        return np.arange(x.shape[1])
    sides = x[y == 1], x[y == 0]
    gap = np.abs(sides[0].mean(0) - sides[1].mean(0))
    error = np.sqrt(sum(side.var(0, ddof=1) / len(side) for side in sides))
    return np.argsort(-gap / (error + 0.05), kind="stable")[:genes]


def score(x: np.ndarray, y: np.ndarray, asked: np.ndarray, genes: int, penalty: float) -> np.ndarray:
    """The log-odds of class 1 for patients who are `asked`; genes, scale and weights come from `x` and `y`.

    Parameters
    ----------
    x, y : logged genes and classes of those who are learnt from.
    asked : logged genes of the others.
    genes : how many are chosen, or ALL.
    penalty : C of scikit-learn for one gene; each of more gets less.
    """
    from sklearn.linear_model import LogisticRegression

    there = differing(x, y, genes)
    mean, spread = x[:, there].mean(0), x[:, there].std(0)
    spread = np.where(spread > 1e-9, spread, np.inf)  # what never differs here says nothing
    model = LogisticRegression(C=penalty / len(there) ** 0.5, max_iter=2000)
    model.fit((x[:, there] - mean) / spread, y)
    return model.decision_function((asked[:, there] - mean) / spread)


def out_of_fold(x: np.ndarray, y: np.ndarray, genes: int, penalty: float, *, seed: int) -> np.ndarray:
    """Scores of all who are learnt from, (repeats, patients), each from folds without them.

    `x`, `y`, `genes` and `penalty` as for `score`; `seed` draws the folds.
    """
    found = np.empty((REPEATS, len(y)))
    for repeat, scores in enumerate(found):
        for learn, say in folds_by_patient(np.arange(len(y)), y, folds=FOLDS, seed=REPEATS * seed + repeat):
            scores[say] = score(x[learn], y[learn], x[say], genes, penalty)
    return found


def worth(x: np.ndarray, y: np.ndarray, genes: int, penalty: float, *, seed: int) -> tuple[float, float]:
    """The AUROC of scores out of fold, and, for where that is equal, minus the log loss.

    `x`, `y`, `genes`, `penalty` and `seed` as for `out_of_fold`.
    """
    scores = out_of_fold(x, y, genes, penalty, seed=seed)
    areas = [auroc(y, one).value for one in scores]
    loss = np.logaddexp(0, np.where(y == 1, -scores, scores)).mean()
    return round(float(np.mean(areas)), 3), -float(loss)


def best_penalty(x: np.ndarray, y: np.ndarray, genes: int, *, seed: int) -> float:
    """The penalty that ranks the patients `x`, `y` best with so many `genes`, in folds drawn by `seed`."""
    return max(PENALTIES, key=lambda penalty: worth(x, y, genes, penalty, seed=seed))


def choose(x: np.ndarray, y: np.ndarray, *, seed: int) -> tuple[int, float]:
    """How many genes and which penalty rank the patients `x`, `y` best, in folds drawn by `seed`."""
    candidates = [(genes, penalty) for genes in GENES for penalty in PENALTIES]
    return max(candidates, key=lambda each: worth(x, y, *each, seed=seed))


def decide(
    x: np.ndarray, y: np.ndarray, asked: np.ndarray, genes: int, penalty: float, *, seed: int
) -> np.ndarray:
    """How far the score of each of the `asked` lies above the threshold, which the folds of `x`, `y` set.

    `genes` and `penalty` as for `score`; `seed` draws the folds.
    """
    scores = out_of_fold(x, y, genes, penalty, seed=seed)
    threshold = np.quantile(scores, 1 - y.mean())
    return score(x, y, asked, genes, penalty) - threshold


# What it is worth


def right(y: np.ndarray, margin: np.ndarray) -> Estimate:
    """How many patients are right where a `margin` above 0 says 1, with Wilson's interval; `y` is true."""
    share, count = proportion((margin > 0) == (y == 1)), len(y)
    return Estimate(share.value * count, share.low * count, share.high * count, share.level, share.method)


def measures(y: np.ndarray, margin: np.ndarray) -> dict[str, Estimate]:
    """Both measures of how far scores lie above the threshold, `margin`, with intervals; `y` is true."""
    return {"right": right(y, margin), "auroc": auroc(y, margin)}


def in_words(
    y: np.ndarray, answers: dict[str, np.ndarray], chosen: Counter[tuple[int, float]]
) -> Sequence[str]:
    """What was chosen, and how sure the last seed's `answers` are: `y` is true, `chosen` how often what."""
    often = "; ".join(
        f"{genes or 'all'} genes, C {penalty:g}: {count}"
        for (genes, penalty), count in sorted(chosen.items())
    )
    each = "; ".join(
        f"{system.strip('*')} {right(y, margin):.0f}, AUROC {auroc(y, margin):.3f}"
        for system, margin in answers.items()
    )
    gaps = "; ".join(
        f"{system} {auroc_difference(y, answers[OURS], margin):+.3f}"
        for system, margin in answers.items()
        if system != OURS
    )
    return [
        f"Chosen, a seed: {often}.",
        f"Right, and AUROC, of the last seed, with intervals for other patients: {each}.",
        f"AUROC of this course less that of: {gaps}.",
    ]


def fooled(x: np.ndarray, y: np.ndarray) -> str:
    """What shuffled labels get by cross-validation, in words, with genes chosen outside and inside the folds.

    `x` and `y` are the logged genes and the classes of the first series.
    """
    rng = np.random.default_rng(0)
    areas = {True: [], False: []}
    for draw in range(SHUFFLES):
        label = rng.permutation(y)
        chosen = x[:, differing(x, label, FEW)]
        for is_outside, columns, genes in ((True, chosen, ALL), (False, x, FEW)):
            scores = np.empty(len(y))
            for learn, say in folds_by_patient(np.arange(len(y)), label, folds=FOLDS, seed=draw):
                scores[say] = score(columns[learn], label[learn], columns[say], genes, USUAL)
            areas[is_outside].append(auroc(label, scores).value)
    outside, inside = (np.mean(areas[is_outside]) for is_outside in (True, False))
    return (
        f"Labels that are shuffled, {SHUFFLES} times, and {FEW} genes: the AUROC is {outside:.3f} with the "
        f"genes chosen outside the folds, and {inside:.3f} with them chosen inside."
    )


def apart(first: np.ndarray, second: np.ndarray) -> str:
    """How well genes tell the `first` series from the `second`, in words; both are logged genes."""
    x = np.concatenate([first, second])
    series = np.repeat([0, 1], [len(first), len(second)])
    scores = out_of_fold(x, series, FEW, USUAL, seed=0)
    area = np.mean([auroc(series, one).value for one in scores])
    return f"Which series a patient is of, {FEW} genes tell with an AUROC of {area:.3f} by cross-validation."
