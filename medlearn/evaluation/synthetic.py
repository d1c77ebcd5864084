"""Whether made-up cases resemble real ones, and whether they give away the cases they were learnt from.

Plain arrays in, one row a case: pixels, or the features that some net sees in them. A distance means nothing
by itself: set it beside the same distance between two halves of the real cases.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from medlearn.errors import DataError
from medlearn.evaluation.discrimination import auroc
from medlearn.evaluation.intervals import Estimate


def frechet_distance(real, synthetic) -> float:
    """How far apart two clouds of points lie, each taken for a normal distribution: 0 where they agree.

    The squared distance of the means, plus what the spreads differ by. With few cases it comes out too large,
    so compare only figures from equally many cases. Known as FID when the features are those of the Inception
    net.

    >>> rng = np.random.default_rng(0)
    >>> cloud = rng.normal(size=(500, 2))
    >>> print(f"{frechet_distance(cloud, cloud + 3):.2f}")
    18.00
    """
    real, synthetic = _alike(real, synthetic)
    apart = real.mean(0) - synthetic.mean(0)
    a, b = (_spread(rows) for rows in (real, synthetic))
    # The trace of (AB)^½ is the sum of the singular values of B'A, with spreads AA' and BB'.
    shared = np.linalg.svd(b @ a.T, compute_uv=False).sum()
    return float(max(apart @ apart + (a**2).sum() + (b**2).sum() - 2 * shared, 0.0))


def _spread(rows: np.ndarray) -> np.ndarray:
    """A square root R of the covariance: R'R is the covariance."""
    values, vectors = np.linalg.eigh(np.cov(rows, rowvar=False).reshape(rows.shape[1], -1))
    return np.sqrt(np.maximum(values, 0))[:, None] * vectors.T


def kernel_distance(real, synthetic) -> float:
    """How far apart two clouds of points lie, by a kernel that compares means, spreads and skews.

    The squared maximum mean discrepancy with the kernel (x·y / features + 1)³. It is unbiased: two samples of
    the same cases give 0 on average, however few they are, and so at times a little less than 0. Known as KID
    when the features are those of the Inception net.

    >>> rng = np.random.default_rng(0)
    >>> same = kernel_distance(rng.normal(size=(300, 8)), rng.normal(size=(300, 8)))
    >>> far = kernel_distance(rng.normal(size=(300, 8)), rng.normal(1, 1, size=(300, 8)))
    >>> abs(same) < 0.05 < far
    True
    """
    real, synthetic = _alike(real, synthetic)
    return float(_others(real) + _others(synthetic) - 2 * _kernel(real, synthetic).mean())


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a @ b.T / a.shape[1] + 1) ** 3


def _others(rows: np.ndarray) -> float:
    """The mean of the kernel over all pairs of different rows."""
    itself = ((rows**2).mean(1) + 1) ** 3
    return (_kernel(rows, rows).sum() - itself.sum()) / (len(rows) * (len(rows) - 1))


def nearest(rows, among) -> tuple[np.ndarray, np.ndarray]:
    """Each row's distance to the row nearest to it `among` others, and which one that is.

    >>> nearest([[0.0], [5.0]], [[4.0], [1.0]])
    (array([1., 1.]), array([1, 0]))
    """
    rows, among = _alike(rows, among, least=1)
    distance, index = np.empty(len(rows)), np.empty(len(rows), int)
    for start in range(0, len(rows), 256):
        part = slice(start, start + 256)
        apart = _apart(rows[part], among)
        index[part] = apart.argmin(1)
        # Once more, by differences: what the formula with squares loses is just what tells a copy.
        distance[part] = np.linalg.norm(rows[part] - among[index[part]], axis=1)
    return distance, index


def nearest_train_share(synthetic, train, held_out) -> float:
    """The share of made-up cases whose nearest real case is one of those learnt from: .5 when nothing leaks.

    `held_out` are real cases of the same kind that the model never saw. Where there are more training cases
    than held-out ones, it is the mean over all ways to pick equally many of them.

    >>> rng = np.random.default_rng(0)
    >>> train, held_out = rng.normal(size=(400, 5)), rng.normal(size=(100, 5))
    >>> nearest_train_share(train[:50] + 1e-3, train, held_out) > 0.6
    True
    """
    synthetic, train = _alike(synthetic, train, least=1)
    held_out, _ = _alike(held_out, train, least=1)
    if len(held_out) > len(train):
        return 1 - nearest_train_share(synthetic, held_out, train)
    shares = []
    for start in range(0, len(synthetic), 256):
        rows = synthetic[start : start + 256]
        bar = _apart(rows, held_out).min(1, keepdims=True)
        apart, tie = _apart(rows, train), 1e-9 * (1 + bar)
        nearer, as_near = (apart < bar - tie).sum(1), (apart <= bar + tie).sum(1)
        shares.append(
            (_picked(nearer, len(train), len(held_out)) + _picked(as_near, len(train), len(held_out))) / 2
        )
    return float(np.concatenate(shares).mean())


def _picked(marked: np.ndarray, count: int, picks: int) -> np.ndarray:
    """The chance that at least one of the `marked` is among `picks` drawn from `count`."""
    left = np.maximum(count - marked, 0)
    none = special.gammaln(left + 1) - special.gammaln(np.maximum(left - picks, 0) + 1)
    none += special.gammaln(count - picks + 1) - special.gammaln(count + 1)
    return np.where(left < picks, 1.0, 1 - np.exp(none))


def copies(synthetic, train, held_out, *, share: float = 0.01) -> np.ndarray:
    """Which made-up cases lie nearer to a training case than real cases of the same kind do.

    Nearer than all but `share` of the held-out cases lie to theirs; so that share is found among innocent
    cases too. Positions in `synthetic`, the nearest first.

    >>> rng = np.random.default_rng(0)
    >>> train, held_out, synthetic = (rng.normal(size=(200, 9)) for _ in range(3))
    >>> synthetic[7] = train[33] + 1e-3
    >>> int(copies(synthetic, train, held_out)[0])
    7
    """
    usual = np.quantile(nearest(held_out, train)[0], share)
    distance, _ = nearest(synthetic, train)
    order = np.argsort(distance, kind="stable")
    return order[distance[order] < usual]


def membership_test(synthetic, train, held_out) -> Estimate:
    """How well the nearness of a made-up case tells who was learnt from: an AUROC, .5 where not at all.

    >>> rng = np.random.default_rng(0)
    >>> train, held_out = rng.normal(size=(200, 9)), rng.normal(size=(200, 9))
    >>> membership_test(train + 0.1, train, held_out).value > 0.99
    True
    """
    was_in = np.repeat([1, 0], [len(train), len(held_out)])
    return auroc(was_in, -nearest(np.concatenate([train, held_out]), synthetic)[0])


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared distances of all pairs."""
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0)


def _alike(a, b, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Two tables of numbers with the same columns."""
    a, b = (np.asarray(rows, float).reshape(len(rows), -1) for rows in (a, b))
    if a.shape[1] != b.shape[1]:
        raise DataError(f"both need the same columns, but one has {a.shape[1]} and the other {b.shape[1]}")
    if min(len(a), len(b)) < least:
        raise DataError(f"at least {least} cases a side are needed, but there are {len(a)} and {len(b)}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise DataError("the cases hold NaN or infinity: leave such rows out first")
    return a, b
