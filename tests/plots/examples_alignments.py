"""Two sequences with their pairs, and a cloud of pairs: with made-up inputs, but for their data."""

from functools import partial

import numpy as np

from medlearn import plots

FIRST, SECOND = "WEAKLING" * 9, "WAKEING" * 10
PAIRS = [(0, 0), (2, 1), (3, 2), (5, 4), (6, 5), (40, 41), (70, 69)]
POSTERIOR = np.exp(-np.abs(np.subtract.outer(np.arange(20), np.arange(24)) / 3))

EXAMPLES = [
    partial(plots.alignment, FIRST, SECOND, PAIRS, names=("mouse", "man")),
    partial(plots.alignment_cloud, POSTERIOR, first="WEAKLING" * 2 + "WEAK", pairs=[(0, 0), (3, 4)]),
]
