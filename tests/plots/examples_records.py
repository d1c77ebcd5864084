"""Health records: with made-up inputs, but for their data."""

from functools import partial

import numpy as np
import pandas as pd

from medlearn import plots

HOURS = pd.DataFrame({"time": [0, 1.0], "variable": ["HR", "HR"], "value": [80, 90.0]})
UNITS = {"HR": "per min", "Creatinine": "mg/dl"}

EXAMPLES = [
    partial(plots.stays, {"a stay": HOURS}, variables=["HR", "Creatinine"], units=UNITS),
    partial(plots.measured_cells, {"one": np.eye(3), "all": np.eye(3) / 2}, variables="abc", step=4),
]
