"""Ordered grades, and a slide's tiles: with made-up inputs, but for their data."""

from functools import partial

import numpy as np

from medlearn import plots

rng = np.random.default_rng(0)
TILES = rng.integers(120, 250, (11, 8, 8, 3), np.uint8)

EXAMPLES = [
    partial(plots.grade_table, [0, 0, 1, 2, 2], [0, 1, 1, 2, 0], ["none", "mild", "severe"]),
    partial(plots.slide, TILES, np.linspace(0, 1, 11), np.arange(11) > 8, columns=4, name="attention"),
]
