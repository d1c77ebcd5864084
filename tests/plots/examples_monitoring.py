"""A control chart: with made-up sums, but for its data."""

from functools import partial

import numpy as np

from medlearn import plots
from medlearn.evaluation.drift import Chart

CHART = Chart(np.array([0, 0.5, 0, 1, 2.5, 5]), np.array([1, 0.2, 0, 0, 0, 0]), limit=4.0, every=500)

EXAMPLES = [partial(plots.control_chart, CHART, changed=3)]
