"""Whether there are kinds of patients here, or whether a recipe only cuts a cloud into pieces.

Clustering always answers, so its answer is set beside that of the same recipe on *null twins*: made-up
patients from one Gaussian cloud with the mean and the covariance of the real ones, in which are no groups.

A *recipe* is any function `recipe(x, k, seed) -> label`, where `label(other)` gives the group, 0 to k − 1, of
each row of `other`. A table `x` has a row a patient, a column a measurement, and no gaps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.cases import reweighed
from medlearn.evaluation.inputs import checked_weights, numbers, sampling
from medlearn.evaluation.intervals import Estimate, student
from medlearn.evaluation.measure import measure

Recipe = Callable[[np.ndarray, int, int], Callable[[np.ndarray], np.ndarray]]

SURE = 0.05  # a p-value up to it: there are groups
LEAST_TWINS = 19  # with fewer, no p-value reaches SURE
FLOOR = 0.05  # the least spread of the twins: by less, two runs differ by accident
PERFECT = 0.01  # from 1: where halves agree as well as this, more agreement says no more
PAIRED = 1000  # so many patients' distances to each other are in memory at once


# Groups against no groups


class Groups(NamedTuple):
    """What `groups_found` found.

    Parameters
    ----------
    k : how many groups there are, 1 where none are found.
    p : how often patients without groups would look as grouped as these.
    table : a row for each number of groups that was tried.
    """

    k: int
    p: float
    table: list[dict[str, float]]

    def __repr__(self) -> str:
        if self.k == 1:
            tried = f"{self.table[0]['k']} to {self.table[-1]['k']}"
            return (
                f"no groups found: with {tried} groups, the recipe is no more stable than for made-up "
                f"patients without any (p = {self.p:.3f})"
            )
        row = next(row for row in self.table if row["k"] == self.k)
        return (
            f"{self.k} groups found: their stability is {row['stability']:.2f}, and that of made-up patients "
            f"without groups {row['twins_mean']:.2f}, at most {row['twins_highest']:.2f} (p = {self.p:.3f})"
        )


def groups_found(
    x: ArrayLike, recipe: Recipe, *, most: int = 6, twins: int = 20, halves: int = 5, seed: int = 0
) -> Groups:
    """How many groups of patients there are: as many as a recipe finds again better than in null twins.

    The *excess* at each number of groups is how many standard deviations the stability lies above that of the
    twins, on the scale of −log(1 − stability): cutting a long cloud in two is stable as well, and only there
    does a stability of 1 stand out from .9. The largest excess counts. A twin has one too, measured against
    all others; the p-value is the share of them all, x included, that reach the excess of x. There are groups
    where it is .05 or less: as many as where, on that scale, stability lies furthest above the twins' mean.

    Parameters
    ----------
    x : a row a patient, without gaps.
    recipe : `recipe(x, k, seed) -> label`, as at the top of this file.
    most : numbers of groups from 2 to this one are tried.
    twins : how many null twins are made, 19 at least.
    halves : how often the patients, and each twin, are split in halves.
    seed : of all draws.

    >>> from sklearn.cluster import KMeans
    >>> rng = np.random.default_rng(0)
    >>> two_kinds = rng.normal(size=(120, 3)) + 6 * (np.arange(120) % 2)[:, None]
    >>> def recipe(x, k, seed):
    ...     return KMeans(k, n_init=1, random_state=seed).fit(x).predict
    >>> groups_found(two_kinds, recipe, most=3).k
    2
    """
    x = _table(x)
    _check_counts(len(x), most, "most", halves)
    if not _is_whole(twins, LEAST_TWINS):
        raise DataError(
            f"twins must be a whole number from {LEAST_TWINS} on, not {twins!r}: with fewer, no p-value can "
            f"reach {SURE}"
        )
    rng, tried = np.random.default_rng([seed, 1]), range(2, most + 1)  # a stream apart from null_twin's
    worlds = [x, *(_twin(x, rng) for _ in range(twins))]
    stable = np.array(
        [[stability(one, recipe, k, halves=halves, seed=seed) for k in tried] for one in worlds]
    )
    shape = np.array([_silhouettes(one, recipe, tried, seed) for one in worlds])
    largest = _excess(stable).max(1)
    p = float((largest >= largest[0]).mean())  # x is among them
    apart = _logged(stable)[0] - _logged(stable)[1:].mean(0)
    found = int(tried[apart.argmax()]) if p <= SURE else 1
    return Groups(found, p, _rows(tried, stable, shape))


def _excess(stable: np.ndarray) -> np.ndarray:
    """By how many standard deviations of all other worlds each one lies above their mean: (worlds, tried)."""
    scale = _logged(stable)
    excess = np.empty_like(scale)
    for place, one in enumerate(scale):
        others = np.delete(scale, place, axis=0)
        excess[place] = (one - others.mean(0)) / np.maximum(others.std(0, ddof=1), FLOOR)
    return excess


def _logged(stable: np.ndarray) -> np.ndarray:
    """Stability on a scale without an end."""
    return -np.log(1 - np.minimum(stable, 1) + PERFECT)


def _rows(tried: range, stable: np.ndarray, shape: np.ndarray) -> list[dict[str, float]]:
    columns = {
        "stability": stable[0],
        "twins_mean": stable[1:].mean(0),
        "twins_lowest": stable[1:].min(0),
        "twins_highest": stable[1:].max(0),
        "silhouette": shape[0],
        "twins_silhouette": shape[1:].mean(0),
    }
    return [
        {"k": k} | {name: float(values[place]) for name, values in columns.items()}
        for place, k in enumerate(tried)
    ]


def _silhouettes(x: np.ndarray, recipe: Recipe, tried: range, seed: int) -> list[float]:
    """The silhouette of each number of groups; NaN where all patients are in one group."""
    from sklearn.metrics import pairwise_distances, silhouette_score

    shown = np.random.default_rng(seed).permutation(len(x))[:PAIRED]
    apart = pairwise_distances(x[shown])
    found = []
    for k in tried:
        label = _groups(_fitted(recipe, x, k, seed), x)[shown]
        some = 1 < len(np.unique(label)) < len(label)
        found.append(float(silhouette_score(apart, label, metric="precomputed")) if some else np.nan)
    return found


def stability(x: ArrayLike, recipe: Recipe, k: int, *, halves: int = 10, seed: int = 0) -> float:
    """How well two halves of the patients agree on who belongs together: 1 fully, 0 no better than by chance.

    The recipe learns from each half and labels everybody; the adjusted Rand index compares the two, and the
    mean over the splits is returned. Two labellings that put everybody into one group have found nothing: 0.

    Parameters
    ----------
    x : a row a patient, without gaps.
    recipe : `recipe(x, k, seed) -> label`, as at the top of this file.
    k : into how many groups.
    halves : how often the patients are split in halves.
    seed : of the splits and of the recipe.

    >>> def by_sign(x, k, seed):
    ...     return lambda other: (other[:, 0] > 0).astype(int)
    >>> stability(np.random.default_rng(0).normal(size=(40, 2)), by_sign, 2)
    1.0
    """
    x = _table(x)
    _check_counts(len(x), k, "k", halves)
    rng, agreed = np.random.default_rng(seed), []
    for _ in range(halves):
        order = rng.permutation(len(x))
        sides = np.split(order, [len(x) // 2])
        first, second = (_groups(_fitted(recipe, x[side], k, int(rng.integers(2**31))), x) for side in sides)
        agreed.append(_ari_of_counts(first, second)(np.ones(len(x))))
    return float(np.nan_to_num(agreed).mean())


def null_twin(x: ArrayLike, *, seed: int = 0) -> np.ndarray:
    """As many made-up patients from one Gaussian cloud with the mean and the covariance of `x`: no groups.

    The covariance itself is never formed, so that 2,000 genes are as well a table as 12 measurements.

    Parameters
    ----------
    x : a row a patient, without gaps.
    seed : of the draw.

    >>> x = np.random.default_rng(0).normal([1, 70], [2, 9], size=(5000, 2))
    >>> null_twin(x).mean(0).round()
    array([ 1., 70.])
    """
    return _twin(_table(x), np.random.default_rng(seed))


def _twin(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    patients, columns = x.shape
    mean = x.mean(0)
    factor = x - mean  # its square is the covariance, but for a number
    if patients > columns:
        factor = np.linalg.qr(factor, mode="r")  # has the same square, in fewer rows
    return mean + rng.standard_normal((patients, len(factor))) @ factor / (patients - 1) ** 0.5


# Groups against a known truth


def _ari_of_counts(first: np.ndarray, second: np.ndarray) -> Callable[[np.ndarray], float]:
    """The adjusted Rand index as a function of how much each case counts; NaN where it is undefined.

    A pair counts the product of its two. No case is a pair with itself, however much it counts: in a
    bootstrap it would agree with its own copies.
    """
    first, second, both = _codes(first, second)

    def value(counts: np.ndarray) -> float:
        itself = counts @ counts
        together, in_first, in_second = (
            (np.bincount(codes, weights=counts) ** 2).sum() - itself for codes in (both, first, second)
        )
        pairs = counts.sum() ** 2 - itself
        if pairs <= 0:
            return np.nan
        by_chance, highest = in_first * in_second / pairs, (in_first + in_second) / 2
        room = highest - by_chance
        return float(min((together - by_chance) / room, 1)) if room > 1e-12 * pairs else np.nan

    return value


def _codes(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both labellings, and their cells that are in use, numbered from 0."""
    first, second = (np.unique(label, return_inverse=True)[1].reshape(-1) for label in (first, second))
    cells = first * (int(second.max()) + 1) + second
    return first, second, np.unique(cells, return_inverse=True)[1].reshape(-1)


def _entropies(codes: np.ndarray, owner: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """The entropy of a labelling, and what it is without each patient in turn: a number, and (patients,)."""
    held, place = np.unique(owner * (int(codes.max()) + 1) + codes, return_inverse=True)
    whose, code = np.divmod(held, int(codes.max()) + 1)
    own, all_cases = np.bincount(place.reshape(-1), weights), np.bincount(codes, weights)[code]
    left = special.xlogy(*2 * [np.maximum(all_cases - own, 0)]) - special.xlogy(all_cases, all_cases)
    total, sums = weights.sum(), np.bincount(codes, weights)
    sums = special.xlogy(sums, sums).sum()
    without = total - np.bincount(owner, weights)
    some = without > 1e-12 * total
    entropy = np.full(len(without), np.nan)
    entropy[some] = np.log(without[some]) - (sums + np.bincount(whose, left)[some]) / without[some]
    return float(np.log(total) - sums / total), entropy


@measure("adjusted Rand index", of="groups", low=-1, high=1)
def ari(
    y_true: ArrayLike,
    groups: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """How well groups agree with known classes, whatever the groups are called: 1 fully, 0 by chance.

    Of all pairs of cases it counts those that are together in both. The interval says what other patients
    would give with these groups, not what finding groups anew would.

    Parameters
    ----------
    y_true : the class of each case, or its group by another recipe.
    groups : the group of each case.

    >>> ari([0, 0, 1, 1] * 5, [1, 1, 0, 0] * 5).value
    1.0
    """
    first, second = _pair(y_true, groups)
    of_counts, weights = _ari_of_counts(first, second), checked_weights(weights, len(first))
    if np.isnan(of_counts(weights)):
        raise UndefinedMeasure(
            "the adjusted Rand index is undefined: of the cases that count, all are together in both, or none"
        )
    return reweighed(of_counts, len(first), patient=patient, weights=weights, level=level)


@measure("normalised mutual information", of="groups", low=0, high=1)
def nmi(
    y_true: ArrayLike,
    groups: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """How much groups tell of known classes, as a share of the mean of both entropies: 1 all, 0 nothing.

    It is not corrected for chance: many small groups always tell something, the more the fewer the patients.
    The interval is about as many patients as there are here.

    Parameters
    ----------
    y_true : the class of each case, or its group by another recipe.
    groups : the group of each case.

    >>> print(f"{nmi([0, 0, 1, 1], [0, 0, 1, 2]).value:.2f}")
    0.80
    """
    codes = _codes(*_pair(y_true, groups))
    owner, weights = sampling(len(codes[0]), patient=patient, weights=weights, level=level)
    whose = np.arange(len(weights)) if owner is None else owner
    (first, its), (second, other), (both, together) = (_entropies(one, whose, weights) for one in codes)
    means = np.append((its + other) / 2, (first + second) / 2)
    if not (means > 1e-12).all():
        raise UndefinedMeasure(
            "normalised mutual information is undefined: all cases that count, but for one patient, are of "
            "one class and in one group"
        )
    shares = np.clip((np.append(its + other - together, first + second - both)) / means, 0, 1)
    without, value = shares[:-1], float(shares[-1])
    influence = (without.mean() - without) * (len(without) - 1) / len(without)
    made = student(nmi, value, influence, None, level)
    return replace(made, method="jackknife" if owner is None else "jackknife by patient")


# What comes in


def _pair(y_true: ArrayLike, groups: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    first, second = _labels(y_true, "y_true"), _labels(groups, "groups")
    if len(first) != len(second):
        raise DataError(f"y_true has {len(first)} cases, but groups has {len(second)}")
    return first, second


def _labels(values: ArrayLike, name: str) -> np.ndarray:
    array = numbers(values, name)
    odd = np.flatnonzero(array % 1 != 0) if array.dtype.kind == "f" else ()
    if len(odd):
        raise DataError(
            f"{name} must hold whole numbers, but holds {array[odd[0]]:g} at position {odd[0]}: of "
            "probabilities take the likeliest group, argmax(1)"
        )
    return array


def _table(x: ArrayLike) -> np.ndarray:
    try:
        array = np.asarray(x, float)
    except (TypeError, ValueError):
        raise DataError("x holds what is no number, or rows that differ in length") from None
    if array.ndim != 2 or len(array) < 2 or not array.shape[1]:
        raise DataError(f"x has the shape {array.shape}, but must have a row a patient, two at least")
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        row, column = bad[0]
        raise DataError(
            f"x holds {array[row, column]:g} at row {row}, column {column}: fill the gaps first, as "
            "features.tables.Preparation does, or leave such patients out"
        )
    return array


def _check_counts(patients: int, k: int, name: str, halves: int) -> None:
    if not _is_whole(k, 2):
        raise DataError(f"{name} must be a whole number of groups, 2 at least, not {k!r}")
    if not _is_whole(halves, 1):
        raise DataError(f"halves is how often to split, a whole number from 1 on, not {halves!r}")
    if patients < 2 * k:
        raise DataError(
            f"x has {patients} patients, but {k} groups in each of two halves need {2 * k}: lower {name}"
        )


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and value >= least


def _fitted(recipe: Recipe, x: np.ndarray, k: int, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    if not callable(recipe):
        raise DataError(f"recipe must be a function, recipe(x, k, seed) -> label, not {recipe!r:.40}")
    label = recipe(x, k, seed)
    if not callable(label):
        raise DataError(
            f"the recipe returned {type(label).__name__}, but must return a function that gives the group of "
            "each row: for scikit-learn's models that is model.predict"
        )
    return label


def _groups(label: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    groups = np.asarray(label(x))
    if groups.shape != (len(x),) or groups.dtype.kind not in "iub":
        raise DataError(
            f"the recipe's labels have the shape {groups.shape} and the type {groups.dtype}, but must be one "
            f"whole number for each of the {len(x)} patients"
        )
    return groups
