"""Measures with their intervals. Plain arrays in, small frozen results out; no Keras, no data sets."""

from medlearn.evaluation.discrimination import (
    accuracy,
    auprc,
    auroc,
    auroc_difference,
    npv,
    ppv,
    sensitivity,
    specificity,
)
from medlearn.evaluation.intervals import Estimate, bootstrap, over_seeds, proportion

__all__ = [
    "Estimate",
    "accuracy",
    "auprc",
    "auroc",
    "auroc_difference",
    "bootstrap",
    "npv",
    "over_seeds",
    "ppv",
    "proportion",
    "sensitivity",
    "specificity",
]
