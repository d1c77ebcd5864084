"""A cloud of two groups, stability beside that of twins, and profiles: all made up, but for the data."""

from functools import partial

import numpy as np

from medlearn import plots
from medlearn.evaluation.clusters import Groups

rng = np.random.default_rng(0)
GROUP = np.arange(200) % 2
X = rng.normal(size=(200, 2)) + 4 * GROUP[:, None]
STABILITY, MEAN, LOWEST, HIGHEST = (0.96, 0.6, 0.5), (0.6, 0.5, 0.46), (0.4, 0.35, 0.3), (0.8, 0.66, 0.6)
TABLE = [
    {
        "k": k,
        "stability": stability,
        "twins_mean": mean,
        "twins_lowest": lowest,
        "twins_highest": highest,
        "silhouette": 0.4,
        "twins_silhouette": 0.3,
    }
    for k, stability, mean, lowest, highest in zip((2, 3, 4), STABILITY, MEAN, LOWEST, HIGHEST, strict=True)
]

EXAMPLES = [
    partial(plots.cloud, X, GROUP, names=["mild", "severe"]),
    partial(plots.against_twins, Groups(2, 0.048, TABLE)),
    partial(plots.profiles, [[-0.4, 0.9], [0.6, -1.2]], ["creatinine", "albumin"], ["group 0", "group 1"]),
]
