"""Ways of cutting patients into groups, all asked alike: `recipe(x, k, seed)` says whose group is which.

What it gives takes any patients, those it was made from or others, and returns a group from 0 to k − 1 for
each. Knows no data set, and nothing of whether there are groups at all.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier, kneighbors_graph
from threadpoolctl import ThreadpoolController

Label = Callable[[np.ndarray], np.ndarray]
Recipe = Callable[[np.ndarray, int, int], Label]

STARTS = 10  # drawn anew; the best counts
BELLS = 3  # starts of the mixture on each of two scales; five are likelier by .002 a patient at most
SHORT = 10  # steps that such a start has to show what it is worth
VOTES = 5  # nearest neighbours that say the group of a patient who was not there
DRAWS, SHARE = 30, 0.8  # of patients, for the consensus
SIZES = 0.5, 1.5  # of its neighbourhoods, beside the usual one
FAINT = 1e-4  # a bond between any two, so that no graph falls apart

# These tables are small: on a busy machine threads that wait for each other take fifty times as long.
_on_one_thread = ThreadpoolController().wrap(limits=1)


@_on_one_thread
def k_means(x: np.ndarray, k: int, seed: int = 0) -> Label:
    """Around `k` centres, each patient of `x` with the nearest; the best of several starts drawn by `seed`.

    >>> label = k_means(np.array([[0.0], [1], [8], [9]]), 2)
    >>> bool(label(np.array([[0.5]]))[0] != label(np.array([[7.0]]))[0])
    True
    """
    return KMeans(k, n_init=STARTS, random_state=seed).fit(x).predict


@_on_one_thread
def mixture(x: np.ndarray, k: int, seed: int = 0) -> Label:
    """`k` bell curves of one common shape over the patients of `x`, each patient with the likeliest.

    Which directions are long does not matter, since the shape is learnt. Half of the starts are from columns
    as they are, half from columns of equal spread, drawn by `seed`; the likeliest fit counts.
    """
    spread = np.where(x.std(0) > 0, x.std(0), 1)
    starts = [(_started(x / scale, k, seed), scale) for scale in (np.ones_like(spread), spread)]
    best, scale = max(starts, key=lambda start: start[0].lower_bound_ - np.log(start[1]).sum())
    best.set_params(max_iter=500, tol=1e-4).fit(x / scale)
    return lambda other: best.predict(other / scale)


def _started(x: np.ndarray, k: int, seed: int) -> GaussianMixture:
    """The likeliest of several short fits; whoever fits it again goes on from there."""
    how = {"covariance_type": "tied", "random_state": seed, "warm_start": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(k, n_init=BELLS, max_iter=SHORT, **how).fit(x)


@_on_one_thread
def neighbours(x: np.ndarray, k: int, seed: int = 0) -> Label:
    """The graph of who in `x` is among whose nearest, cut into `k` parts where it has the fewest bonds.

    Spectral clustering, with the root of the number of patients as that of neighbours. A group may have any
    shape and size. Whoever is not in the graph goes with the nearest in it; `seed` draws the solver's start.
    """
    return _voters(x, _cut(x, k, seed))


@_on_one_thread
def consensus(x: np.ndarray, k: int, seed: int = 0) -> Label:
    """`k` groups of those of `x` who are together in most of many cuts, each of four fifths of the patients.

    Consensus clustering: the cuts are those of `neighbours`, with half to one and a half times as many, drawn
    by `seed`; average linkage joins whoever is mostly together.
    """
    rng = np.random.default_rng(seed)
    together, drawn = np.zeros((2, len(x), len(x)))
    for draw in range(DRAWS):
        some = rng.permutation(len(x))[: max(k, int(SHARE * len(x)))]
        group = _cut(x[some], k, seed * DRAWS + draw, size=rng.uniform(*SIZES))
        drawn[np.ix_(some, some)] += 1
        together[np.ix_(some, some)] += group[:, None] == group
    apart = 1 - together / np.maximum(drawn, 1)
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(apart, checks=False), "average")
    return _voters(x, fcluster(tree, k, "maxclust") - 1)


def _cut(x: np.ndarray, k: int, seed: int, size: float = 1) -> np.ndarray:
    """The group of each patient of `x`, with `size` times the root of their number as neighbours."""
    if k >= len(x):  # each is a group, and the solver has no room
        return np.arange(len(x))
    count = max(VOTES, round(size * len(x) ** 0.5))
    near = kneighbors_graph(x, min(count, len(x) - 1)).toarray()
    bonds = np.maximum(near, near.T) + FAINT
    cut = SpectralClustering(k, affinity="precomputed", random_state=seed)
    return cut.fit_predict(bonds)


def _voters(x: np.ndarray, group: np.ndarray) -> Label:
    """Who says the group of any patient: those of `x` nearest to it."""
    return KNeighborsClassifier(min(VOTES, len(x)), weights="distance").fit(x, group).predict
