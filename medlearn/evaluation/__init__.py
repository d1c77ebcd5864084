"""Measures with their intervals. Plain arrays in, small frozen results out; no Keras, no data sets."""

from medlearn.evaluation.calibration import (
    brier,
    calibration_error,
    calibration_intercept,
    calibration_slope,
    recalibrate,
    reliability,
)
from medlearn.evaluation.discrimination import (
    accuracy,
    auprc,
    auroc,
    auroc_difference,
    averaged,
    balanced_accuracy,
    f1,
    npv,
    ppv,
    sensitivity,
    specificity,
)
from medlearn.evaluation.intervals import Estimate, bootstrap, over_seeds, proportion
from medlearn.evaluation.regression import mean_absolute_error, mean_error, r2, root_mean_squared_error
from medlearn.evaluation.report import Report, model_card, report, tripod
from medlearn.evaluation.subgroups import subgroups
from medlearn.evaluation.synthetic import (
    copies,
    frechet_distance,
    kernel_distance,
    membership_test,
    nearest,
    nearest_train_share,
)
from medlearn.evaluation.utility import (
    decision_curve,
    net_benefit,
    predictive_values,
    threshold_by_cost,
    threshold_by_sensitivity,
)

__all__ = [
    "Estimate",
    "Report",
    "accuracy",
    "auprc",
    "auroc",
    "auroc_difference",
    "averaged",
    "balanced_accuracy",
    "bootstrap",
    "brier",
    "calibration_error",
    "calibration_intercept",
    "calibration_slope",
    "copies",
    "decision_curve",
    "f1",
    "frechet_distance",
    "kernel_distance",
    "mean_absolute_error",
    "mean_error",
    "membership_test",
    "model_card",
    "nearest",
    "nearest_train_share",
    "net_benefit",
    "npv",
    "over_seeds",
    "ppv",
    "predictive_values",
    "proportion",
    "r2",
    "recalibrate",
    "reliability",
    "report",
    "root_mean_squared_error",
    "sensitivity",
    "specificity",
    "subgroups",
    "threshold_by_cost",
    "threshold_by_sensitivity",
    "tripod",
]
