"""Whether made-up cases resemble real ones, and whether they give away the cases they were learnt from.

Plain arrays in, one row a case: pixels, or the features that a model sees in them. A distance means nothing
by itself: set it beside the same distance between two halves of the real cases.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from medlearn.errors import DataError
from medlearn.evaluation.discrimination import auroc
from medlearn.evaluation.inputs import owners, tables
from medlearn.evaluation.intervals import Estimate
from medlearn.evaluation.measure import measure

CHUNK = 256  # rows whose distances to all others are in memory at once


@measure("Fréchet distance", of="rows", low=0)
def frechet_distance(real: ArrayLike, synthetic: ArrayLike) -> float:
    """How far apart two sets of cases lie, each taken for a normal distribution: 0 where they agree.

    The squared distance of the means, plus a distance of the covariances. With few cases it comes out too
    large, so compare only figures from equally many cases. Known as FID when the features are those of the
    Inception network.

    >>> rng = np.random.default_rng(0)
    >>> cloud = rng.normal(size=(500, 2))
    >>> print(f"{frechet_distance(cloud, cloud + 3):.2f}")
    18.00
    """
    real, synthetic = tables(real, synthetic, ("real", "synthetic"))
    apart = real.mean(0) - synthetic.mean(0)
    a, b = (_root_of_covariance(rows) for rows in (real, synthetic))
    # With covariances A'A and B'B, the trace of (A'A B'B)^½ is the sum of the singular values of BA'.
    shared = np.linalg.svd(b @ a.T, compute_uv=False).sum()
    return float(max(apart @ apart + (a**2).sum() + (b**2).sum() - 2 * shared, 0.0))


def _root_of_covariance(rows: np.ndarray) -> np.ndarray:
    """A square root R of the covariance: R'R is the covariance."""
    values, vectors = np.linalg.eigh(np.cov(rows, rowvar=False).reshape(rows.shape[1], -1))
    return np.sqrt(np.maximum(values, 0))[:, None] * vectors.T


@measure("kernel distance", of="rows")
def kernel_distance(real: ArrayLike, synthetic: ArrayLike) -> float:
    """How far apart two sets of cases lie, by a kernel that compares means, covariances and skewness.

    The squared maximum mean discrepancy with the kernel (x·y / features + 1)³. It is unbiased: two samples of
    the same cases give 0 on average, however few they are, and so at times a little less than 0. Known as KID
    when the features are those of the Inception network.

    >>> rng = np.random.default_rng(0)
    >>> same = kernel_distance(rng.normal(size=(300, 8)), rng.normal(size=(300, 8)))
    >>> far = kernel_distance(rng.normal(size=(300, 8)), rng.normal(1, 1, size=(300, 8)))
    >>> abs(same) < 0.05 < far
    True
    """
    real, synthetic = tables(real, synthetic, ("real", "synthetic"))
    return float(_mean_over_pairs(real) + _mean_over_pairs(synthetic) - 2 * _kernel(real, synthetic).mean())


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a @ b.T / a.shape[1] + 1) ** 3


def _mean_over_pairs(rows: np.ndarray) -> float:
    """The mean of the kernel over all pairs of different rows."""
    itself = ((rows**2).mean(1) + 1) ** 3
    return (_kernel(rows, rows).sum() - itself.sum()) / (len(rows) * (len(rows) - 1))


def nearest(rows: ArrayLike, among: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """The distance from each of the `rows` to the nearest of the rows `among`, and which one that is.

    >>> nearest([[0.0], [5.0]], [[4.0], [1.0]])
    (array([1., 1.]), array([1, 0]))
    """
    rows, among = tables(rows, among, ("rows", "among"), least=1)
    index = np.concatenate([_squared_distances(chunk, among).argmin(1) for chunk in _chunks(rows)])
    # From the difference itself, exactly 0 for a copy: scikit-learn's squares are differences of sums.
    return np.linalg.norm(rows - among[index], axis=1), index


@measure("nearest train share", of="rows", low=0, high=1)
def nearest_train_share(synthetic: ArrayLike, train: ArrayLike, held_out: ArrayLike) -> float:
    """The share of made-up cases whose nearest real case is one of those learnt from: 0.5 when nothing leaks.

    Where there are more of one kind than of the other, it is the mean over all ways to pick equally many of
    them. Then a thief who copies every training case reaches 1 only if these are not the more numerous: with
    n training cases and m < n held-out ones, about (1 + m / n) / 2. So set a thief's figure beside a model's.

    >>> rng = np.random.default_rng(0)
    >>> train, held_out = rng.normal(size=(400, 5)), rng.normal(size=(100, 5))
    >>> nearest_train_share(train[:50] + 1e-3, train, held_out) > 0.6
    True
    """
    held_out, _ = tables(held_out, train, ("held_out", "train"), least=1)
    synthetic, train = tables(synthetic, train, ("synthetic", "train"), least=1)
    if len(held_out) > len(train):
        return 1 - nearest_train_share(synthetic, held_out, train)
    shares = []
    for chunk in _chunks(synthetic):
        to_train = _squared_distances(chunk, train)
        bar = _squared_distances(chunk, held_out).min(1, keepdims=True)
        tie = 1e-9 * (1 + bar)
        nearer, as_near = (to_train < bar - tie).sum(1), (to_train <= bar + tie).sum(1)
        chances = [_chance_to_pick(marked, len(train), len(held_out)) for marked in (nearer, as_near)]
        shares.append(sum(chances) / 2)
    return float(np.concatenate(shares).mean())


def _chunks(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Of all pairs."""
    from sklearn.metrics.pairwise import euclidean_distances

    return euclidean_distances(rows, others, squared=True)


def _chance_to_pick(marked: np.ndarray, count: int, picks: int) -> np.ndarray:
    """The chance that at least one of the `marked` is among `picks` drawn from `count`."""
    left = np.maximum(count - marked, 0)
    none = special.gammaln(left + 1) - special.gammaln(np.maximum(left - picks, 0) + 1)
    none += special.gammaln(count - picks + 1) - special.gammaln(count + 1)
    return np.where(left < picks, 1.0, 1 - np.exp(none))


@measure("membership AUROC", of="rows", low=0, high=1)
def membership_test(
    synthetic: ArrayLike,
    train: ArrayLike,
    held_out: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """How well nearness to a made-up case tells who was learnt from: an AUROC, 0.5 where not at all.

    `patient` names those of `train` first, then those of `held_out`. Nobody may be among both.

    >>> rng = np.random.default_rng(0)
    >>> train, held_out = rng.normal(size=(200, 9)), rng.normal(size=(200, 9))
    >>> membership_test(train + 0.1, train, held_out).value > 0.99
    True
    """
    held_out, _ = tables(held_out, train, ("held_out", "train"), least=1)
    synthetic, train = tables(synthetic, train, ("synthetic", "train"), least=1)
    was_in = np.repeat([1, 0], [len(train), len(held_out)])
    owner = owners(patient, len(was_in))
    if owner is not None and (both := np.intersect1d(owner[was_in == 1], owner[was_in == 0])).size:
        raise DataError(
            f"{both.size} of the patients have cases in both train and held_out: keep whole patients apart"
        )
    nearness = -nearest(np.concatenate([train, held_out]), synthetic)[0]
    return auroc(was_in, nearness, patient=patient, level=level)
