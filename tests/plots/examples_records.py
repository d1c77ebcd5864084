"""Health records: with made-up inputs, but for their data."""

from functools import partial

import pandas as pd

from medlearn import plots

HOURS = pd.DataFrame({"time": [0, 1.0], "variable": ["HR", "HR"], "value": [80, 90.0]})

EXAMPLES = [partial(plots.stay, HOURS, variables=["HR", "Creatinine"])]
