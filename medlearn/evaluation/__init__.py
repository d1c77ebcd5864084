"""Measures with their intervals. Plain arrays in, small frozen results out; no Keras, no data sets.

What every chapter's table shows stands here. Every other measure is reached by its family, which is a module
here: `evaluation.synthetic.nearest`. A new family is one more file, and no line here.
"""

import importlib
import pkgutil
from types import ModuleType

from medlearn.evaluation.averages import averaged
from medlearn.evaluation.calibration import (
    brier,
    calibration_error,
    calibration_intercept,
    calibration_slope,
    recalibrate,
    reliability,
)
from medlearn.evaluation.comparison import compare
from medlearn.evaluation.discrimination import (
    accuracy,
    auprc,
    auroc,
    auroc_difference,
    balanced_accuracy,
    f1,
    npv,
    ppv,
    sensitivity,
    specificity,
)
from medlearn.evaluation.intervals import Estimate, bootstrap, over_seeds, proportion
from medlearn.evaluation.regression import mean_absolute_error, mean_error, r2, root_mean_squared_error
from medlearn.evaluation.report import model_card, report, tripod
from medlearn.evaluation.subgroups import subgroups
from medlearn.evaluation.synthetic import (
    frechet_distance,
    kernel_distance,
    membership_test,
    nearest_train_share,
)
from medlearn.evaluation.utility import (
    decision_curve,
    net_benefit,
    net_benefit_difference,
    predictive_values,
    threshold_by_cost,
    threshold_by_sensitivity,
)

__all__ = [
    "Estimate",
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
    "compare",
    "decision_curve",
    "f1",
    "frechet_distance",
    "kernel_distance",
    "mean_absolute_error",
    "mean_error",
    "membership_test",
    "model_card",
    "nearest_train_share",
    "net_benefit",
    "net_benefit_difference",
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


def _families() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(__path__)]


def __getattr__(name: str) -> ModuleType:
    if name in _families():
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(
        f"evaluation has no {name!r}: it has {', '.join(__all__)}, and {', '.join(_families())}"
    )


def __dir__() -> list[str]:
    return sorted({*__all__, *_families()})
