"""Sheets of images: with made-up inputs, but for their data."""

from functools import partial

import numpy as np

from medlearn import plots

EXAMPLES = [partial(plots.pictures, np.zeros((5, 4, 4, 1), np.uint8), titles=list("abcde"), columns=3)]
