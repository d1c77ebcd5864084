"""Figures of measures: each with made-up inputs, but for its data and its Axes."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd

from medlearn import evaluation, plots

rng = np.random.default_rng(0)
y_true = (rng.random(200) < 0.3).astype(int)
y_score = 1 / (1 + np.exp(1.5 - 2 * y_true - rng.normal(size=200)))
site = np.where(np.arange(200) < 190, "ward", "outpatient clinic")
quarter = evaluation.Estimate(0.25, 0.1, 0.4)

EXAMPLES = [
    partial(plots.decision_curves, {"GRU": evaluation.decision_curve(y_true, y_score)}),
    partial(plots.estimates, {"GRU": evaluation.auroc(y_true, y_score)}, measure="AUROC", chance=0.5),
    partial(plots.history, pd.DataFrame({"loss": [2, 1], "val_loss": [2.1, 1.3]}, index=[1, 2])),
    partial(plots.precision_recall, y_true, {"GRU": y_score}),
    partial(plots.reliability, {"GRU": [SimpleNamespace(predicted=0.3, observed=quarter, cases=20)]}),
    partial(plots.roc, y_true, {"GRU": y_score}),
    partial(plots.scores, y_true, y_score, threshold=0.3),
    partial(plots.subgroups, evaluation.subgroups(evaluation.auroc, y_true, y_score, {"site": site})),
]
