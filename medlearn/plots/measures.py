"""Curves and intervals of measures. Each function returns the Axes that it drew into.

What is computed comes from `evaluation` or from scikit-learn; here it is only drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import precision_recall_curve, roc_curve

from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from medlearn.evaluation import Estimate
    from medlearn.evaluation.calibration import Bin
    from medlearn.evaluation.subgroups import Subgroups
    from medlearn.evaluation.utility import DecisionCurve

__all__ = [
    "decision_curves",
    "estimates",
    "history",
    "precision_recall",
    "reliability",
    "roc",
    "scores",
    "subgroups",
]


BESIDE = 4  # so many models and more are named beside the axes: inside, their names would cover their curves


class ClassSource(Source, Protocol):
    """A source whose classes have names, in the order of y."""

    classes: Sequence[str]


def history(table: pd.DataFrame, *, measure: str = "loss", data: Source, ax: Axes | None = None) -> Axes:
    """Draw a measure over the epochs, on the training and on the validation cases.

    Parameters
    ----------
    table : a row an epoch, as `training.fit` gives it: `loss`, `val_loss` and so on.
    measure : the column to draw; beside it `val_` and its name, where there is such a column.
    data : the data set that the model learnt from; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    ax = ax or plt.subplots()[1]
    ax.plot(table.index, table[measure], label="train")
    if f"val_{measure}" in table:
        ax.plot(table.index, table[f"val_{measure}"], label="validation", linestyle="--")
    ax.set(xlabel="epoch", ylabel=measure)
    ax.legend()
    mark(ax.figure, data=data)
    return ax


def estimates(
    values: Mapping[str, Estimate],
    *,
    measure: str,
    chance: float | None = None,
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw one row a model: its value as a dot, its interval as a line.

    Parameters
    ----------
    values : by the name of the row, from the top down.
    measure : what the values are; it stands below the figure.
    chance : where a dotted line is drawn: the value of a model that knows nothing, or 0 for differences.
    data : the data set that was measured on; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    ax = ax or plt.subplots(figsize=(7, 0.8 + 0.45 * len(values)))[1]
    for row, value in enumerate(values.values()):
        ax.plot([value.low, value.high], [row, row], color="C0", linewidth=2)
        ax.plot(value.value, row, "o", color="C0")
        ax.annotate(
            f"{round(value.value, 2) + 0:.2f}",
            (value.value, row),
            (0, 6),
            textcoords="offset points",
            ha="center",
        )
    if chance is not None:
        ax.axvline(chance, color="0.4", linestyle=":")
    ax.set(xlabel=measure, ylim=(len(values) - 0.4, -0.8))
    ax.xaxis.set_major_locator(MaxNLocator(5))  # more ticks would write their decimals over each other
    ax.set_yticks(range(len(values)), list(values))
    ax.tick_params(axis="y", length=0)
    mark(ax.figure, data=data)
    return ax


def roc(
    y_true: np.ndarray, scores: Mapping[str, np.ndarray], *, data: Source, ax: Axes | None = None
) -> Axes:
    """Draw sensitivity against the share of false alarms, one curve a model; the diagonal is chance.

    Parameters
    ----------
    y_true : 1 where the finding is there, else 0.
    scores : each model's scores of the same cases, by the model's name.
    data : the data set that the cases come from; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    ax = ax or _axes_for(scores)
    for name, y_score in scores.items():
        false_alarms, found, _ = roc_curve(y_true, y_score)
        ax.plot(false_alarms, found, label=name)
    ax.plot([0, 1], [0, 1], color="0.4", linestyle=":", label="chance")
    ax.set(xlabel="1 − specificity (false alarms)", ylabel="sensitivity (found)", aspect="equal")
    _name(scores, ax, loc="lower right")
    mark(ax.figure, data=data)
    return ax


def precision_recall(
    y_true: np.ndarray, scores: Mapping[str, np.ndarray], *, data: Source, ax: Axes | None = None
) -> Axes:
    """Draw PPV against sensitivity, one curve a model; chance is the prevalence, not a diagonal.

    Parameters
    ----------
    y_true : 1 where the finding is there, else 0.
    scores : each model's scores of the same cases, by the model's name.
    data : the data set that the cases come from; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    ax = ax or _axes_for(scores)
    for name, y_score in scores.items():
        precise, found, _ = precision_recall_curve(y_true, y_score)
        ax.step(found, precise, where="post", label=name)
    ax.axhline(np.mean(y_true), color="0.4", linestyle=":", label="chance")
    ax.set(xlabel="sensitivity (found)", ylabel="PPV (alarms that are right)", xlim=(0, 1), ylim=(0, 1.02))
    _name(scores, ax, loc="best")
    mark(ax.figure, data=data)
    return ax


def scores(
    y_true: np.ndarray,
    y_score: np.ndarray,
    *,
    threshold: float | None,
    data: ClassSource,
    ax: Axes | None = None,
) -> Axes:
    """Draw how one model's scores are distributed within each class, and where the threshold cuts them.

    Each class is drawn as shares of its own cases, so that a rare class is seen as well as a frequent one.

    Parameters
    ----------
    y_true : the class of each case, by its number in `data.classes`.
    y_score : the model's score of each case.
    threshold : where the line is drawn. None: there is no line.
    data : the data set that the cases come from: it names the classes, and a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    ax = ax or plt.subplots()[1]
    edges = np.linspace(np.min(y_score), np.max(y_score), 31)
    for value, name in enumerate(data.classes):
        of_class = np.asarray(y_score)[np.asarray(y_true) == value]
        look = {"color": f"C{value}", "alpha": 0.6, "label": name, "hatch": "//" if value else None}
        ax.hist(of_class, edges, weights=np.full(len(of_class), 1 / max(len(of_class), 1)), **look)
    if threshold is not None:
        ax.axvline(threshold, color="black", linewidth=1.5)
    ax.set(xlabel="score", ylabel="share of the class")
    ax.legend(fontsize=9)
    mark(ax.figure, data=data)
    return ax


def reliability(models: Mapping[str, Sequence[Bin]], *, data: Source, ax: Axes | None = None) -> Axes:
    """Draw what was observed against what was predicted, one line a model; the diagonal is calibrated.

    Parameters
    ----------
    models : each model's bins, as `evaluation.reliability` gives them, by the model's name.
    data : the data set that the cases come from; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    ax = ax or _axes_for(models)
    ax.plot([0, 1], [0, 1], color="0.4", linestyle=":", label="calibrated")
    for number, (name, bins) in enumerate(models.items()):
        predicted, observed = [one.predicted for one in bins], [one.observed for one in bins]
        low, high = [share.low for share in observed], [share.high for share in observed]
        ax.vlines(predicted, low, high, color=f"C{number}", alpha=0.5)
        marker = "os^Dv"[number % 5]
        ax.plot(predicted, [share.value for share in observed], marker=marker, color=f"C{number}", label=name)
    ax.set(xlabel="predicted (mean probability)", ylabel="observed (share)", xlim=(0, 1), ylim=(0, 1))
    ax.set_aspect("equal")
    _name(models, ax, loc="upper left")
    mark(ax.figure, data=data)
    return ax


def decision_curves(
    models: Mapping[str, DecisionCurve],
    *,
    threshold: float | None = None,
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw net benefit over the threshold with its interval, beside acting on all patients and on none.

    Parameters
    ----------
    models : each model's curve, as `evaluation.decision_curve` gives it, by the model's name; all of the same
        cases.
    threshold : the one that was chosen, where it is to be marked.
    data : the data set that the cases come from; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    ax = ax or _axes_for(models, width=7, height=3.5)
    top = max(max(e.high for e in curve.benefit) for curve in models.values())
    for number, (name, curve) in enumerate(models.items()):
        style = ("-", (0, (6, 2)), "-.")[number % 3]
        line = ax.plot(curve.thresholds, [e.value for e in curve.benefit], linestyle=style, label=name)[0]
        low, high = ([getattr(e, side) for e in curve.benefit] for side in ("low", "high"))
        ax.fill_between(curve.thresholds, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    ax.plot(curve.thresholds, curve.act_on_all, color="0.4", linestyle="--", label="act on all")
    ax.axhline(0, color="0.4", linestyle=":", label="act on none")
    if threshold is not None:
        ax.axvline(threshold, color="black", linewidth=1.2, label=f"chosen threshold, {threshold:.1%}")
    ax.set(xlabel="threshold: the risk from which one would act", ylabel="net benefit")
    ax.set_ylim(-0.25 * top, 1.05 * top)
    _name(models, ax, loc="best")
    mark(ax.figure, data=data)
    return ax


def subgroups(result: Subgroups, *, data: Source, ax: Axes | None = None) -> Axes:
    """Draw one row a group: its value and interval, with its counts, over those of all cases as a band.

    Parameters
    ----------
    result : what `evaluation.subgroups` gives; a group with too few cases says so.
    data : the data set that the groups are in; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    ax = ax or plt.subplots(figsize=(7, 1.0 + 0.4 * len(result.rows)))[1]
    ax.axvspan(result.overall.low, result.overall.high, color="0.9", zorder=0)
    ax.axvline(result.overall.value, color="0.4", linestyle=":")
    for place, row in enumerate(result.rows):
        if row.estimate:
            ax.plot([row.estimate.low, row.estimate.high], [place, place], color="C0", linewidth=2)
            ax.plot(row.estimate.value, place, "o", color="C0")
        else:
            words = ax.annotate(
                "too few", (result.overall.value, place), ha="center", va="center", color="0.4"
            )
            words.set_bbox({"facecolor": "0.9", "edgecolor": "none", "pad": 1})  # hides the line behind them
    names = [f"{row.attribute}: {row.group}  ({row.positives}/{row.cases})" for row in result.rows]
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel=f"{result.measure}; the band is everyone", ylim=(len(names) - 0.5, -0.5))
    ax.tick_params(axis="y", length=0)
    mark(ax.figure, data=data)
    return ax


def _axes_for(models: Mapping[str, object], *, width: float = 4.2, height: float = 4.0) -> Axes:
    """The Axes of a new figure, wider where the models are named beside it."""
    return plt.subplots(figsize=(width + 2.2 * (len(models) >= BESIDE), height))[1]


def _name(models: Mapping[str, object], ax: Axes, *, loc: str) -> None:
    """Name the curves: in the corner `loc` where there are few models, else beside the axes."""
    if len(models) < BESIDE:
        ax.legend(loc=loc, fontsize=9)
    else:
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)
