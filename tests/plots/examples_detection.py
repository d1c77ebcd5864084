"""Boxes and the curves of what was found: with made-up inputs, but for their data."""

from functools import partial

import numpy as np

from medlearn import plots

PINK = np.full((12, 16, 3), (240, 205, 215), np.uint8)
TRUE = {"corners": np.array([[1, 1, 6, 6], [8, 3, 14, 9]]), "label": np.array([0, 1])}
NONE = {"corners": np.zeros((0, 4)), "label": np.zeros(0, int)}

EXAMPLES = [
    partial(
        plots.boxes,
        [PINK, PINK[..., 0], PINK / 255],
        [TRUE, [TRUE, TRUE], [TRUE, NONE]],
        names=["true", "found"],
        classes=["red", "white"],
        titles=list("abc"),
        columns=2,
    ),
    partial(plots.precision_recall_of_boxes, {"red": ([1, 0.5, 0.67], [0.5, 0.5, 1.0])}),
    partial(plots.froc, {"net": ([0, 0.5, 0.5, 3], [0, 0, 0.6, 0.9])}),
]
