"""Sheets of images: with made-up inputs, but for their data."""

from functools import partial

import numpy as np

from medlearn import plots

EXAMPLES = [
    partial(plots.pictures, np.zeros((5, 4, 4, 1), np.uint8), titles=list("abcde"), columns=3),
    partial(plots.overlays, np.zeros((2, 8, 8, 1), np.uint8), {"a net": np.ones((2, 4, 4))}, titles="ab"),
]
