"""A motif, a map of changes and rows of letters: with made-up inputs, but for their data."""

from functools import partial

import numpy as np

from medlearn import plots

SHARES = [[0.6, 0.1, 0.1, 0.2], [0, 0, 1, 0], [0, 0, 0, 1], [0.5, 0, 0.5, 0]]
VALUES = np.random.default_rng(0).normal(size=(12, 4))

EXAMPLES = [
    partial(plots.logo, SHARES, places=(-1, 1, 2, 3)),
    partial(plots.changes, VALUES, "CAGGTAAGTNAC"),
    partial(plots.letters, ["CAGGTAAGTNAC", "AAGGTGAGT"], names=("one", "other")),
]
