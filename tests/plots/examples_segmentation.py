"""Outlines and limits of agreement: with made-up inputs, but for their data."""

from functools import partial

import numpy as np

from medlearn import plots

SQUARE = np.pad(np.ones((4, 4), int), 3)

EXAMPLES = [
    partial(plots.outlines, [SQUARE * 1.0] * 3, [[SQUARE, SQUARE.T]] * 3, titles=list("abc"), columns=2),
    partial(plots.bland_altman, [1, 2, 3], [2, 2, 4], low=-0.5, bias=0.7, high=1.8, unit="mm³"),
]
