"""One patient's drugs, two arms, and what policies are worth: with made-up inputs, but for their data."""

from functools import partial

import numpy as np

from medlearn import plots
from medlearn.evaluation import Estimate

rng = np.random.default_rng(0)
DRUGS = ("insulin", "metformin", "glyburide", "pioglitazone")
SETS = [[1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0]]
TREATMENT = rng.integers(0, 2, 300)
PROPENSITY = 1 / (1 + np.exp(-rng.normal(TREATMENT - 0.5, 1)))
VALUES = {"drug for all": Estimate(0.245, 0.22, 0.27), "for none": Estimate(0.29, 0.26, 0.32)}

EXAMPLES = [
    partial(plots.prescriptions, SETS, DRUGS),
    partial(plots.overlap, np.stack([1 - PROPENSITY, PROPENSITY], 1), TREATMENT, ("no drug", "drug")),
    partial(plots.balance, [0.5, -0.2, 0.05], [0.04, 0.1, -0.02], ["severity", "creatinine", "age"]),
    partial(plots.policies, VALUES, {"drug for all": 0.247, "for none": 0.287}),
]
