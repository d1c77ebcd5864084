"""One look for all figures: readable by the colour-blind, small, and stamped where the data are simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from sklearn.metrics import precision_recall_curve, roc_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from medlearn.data.dataset import Dataset
    from medlearn.evaluation import Estimate
    from medlearn.evaluation.calibration import Bin
    from medlearn.evaluation.subgroups import Subgroups
    from medlearn.evaluation.utility import DecisionCurve

PALETTE = "colorblind"
STAMP = "simulated data"


def use_style() -> None:
    """The course's look, for every figure drawn from here on."""
    sns.set_theme(
        context="notebook",
        style="ticks",
        palette=PALETTE,
        rc={
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.dpi": 80,
            "figure.figsize": (7, 3.5),
            "figure.constrained_layout.use": True,
            "image.cmap": "gray",
            "legend.frameon": False,
        },
    )


def mark(figure: Figure, data: Dataset) -> None:
    """Stamp the figure if its data are simulated, so that a copied picture still says so."""
    if data.simulated:  # as a label of the whole figure it gets room of its own below all others
        figure.supxlabel(STAMP, x=0.995, ha="right", fontsize=8, color="0.35", style="italic")


def pictures(
    images: np.ndarray, data: Dataset, *, titles: Sequence[str] = (), columns: int = 6, height: float = 1.5
) -> Figure:
    """A sheet of images, grey or colour, each under its title."""
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(1.4 * columns, height * rows + 0.15), squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image in zip(axes.flat, images, strict=False):
        axis.imshow(image, vmin=0, vmax=255 if np.issubdtype(np.asarray(image).dtype, np.integer) else 1)
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title, fontsize=9)
    mark(figure, data)
    return figure


def history(table: pd.DataFrame, data: Dataset, *, measure: str = "loss", axis: Axes | None = None) -> Axes:
    """A measure over the epochs, on the training and on the validation cases."""
    axis = axis or plt.subplots()[1]
    axis.plot(table.index, table[measure], label="train")
    if f"val_{measure}" in table:
        axis.plot(table.index, table[f"val_{measure}"], label="validation", linestyle="--")
    axis.set(xlabel="epoch", ylabel=measure)
    axis.legend()
    mark(axis.figure, data)
    return axis


def estimates(
    values: Mapping[str, Estimate],
    data: Dataset,
    *,
    measure: str,
    chance: float | None = None,
    axis: Axes | None = None,
) -> Axes:
    """One row a model: its value as a dot, its interval as a line, the chance level dotted."""
    axis = axis or plt.subplots(figsize=(7, 0.8 + 0.45 * len(values)))[1]
    for row, value in enumerate(values.values()):
        axis.plot([value.low, value.high], [row, row], color="C0", linewidth=2)
        axis.plot(value.value, row, "o", color="C0")
        axis.annotate(
            f"{round(value.value, 2) + 0:.2f}",
            (value.value, row),
            (0, 6),
            textcoords="offset points",
            ha="center",
        )
    if chance is not None:
        axis.axvline(chance, color="0.4", linestyle=":")
    axis.set(xlabel=measure, ylim=(len(values) - 0.4, -0.8))
    axis.set_yticks(range(len(values)), list(values))
    axis.tick_params(axis="y", length=0)
    mark(axis.figure, data)
    return axis


def roc(
    y_true: np.ndarray, scores: Mapping[str, np.ndarray], data: Dataset, *, axis: Axes | None = None
) -> Axes:
    """Sensitivity against the share of false alarms, one curve a model."""
    axis = axis or plt.subplots(figsize=(4.2, 4))[1]
    for name, y_score in scores.items():
        false_alarms, found, _ = roc_curve(y_true, y_score)
        axis.plot(false_alarms, found, label=name)
    axis.plot([0, 1], [0, 1], color="0.4", linestyle=":", label="chance")
    axis.set(xlabel="1 − specificity (false alarms)", ylabel="sensitivity (found)", aspect="equal")
    axis.legend(loc="lower right", fontsize=9)
    mark(axis.figure, data)
    return axis


def precision_recall(
    y_true: np.ndarray, scores: Mapping[str, np.ndarray], data: Dataset, *, axis: Axes | None = None
) -> Axes:
    """PPV against sensitivity, one curve a model; chance is the prevalence, not a diagonal."""
    axis = axis or plt.subplots(figsize=(4.2, 4))[1]
    for name, y_score in scores.items():
        precise, found, _ = precision_recall_curve(y_true, y_score)
        axis.step(found, precise, where="post", label=name)
    axis.axhline(np.mean(y_true), color="0.4", linestyle=":", label="chance")
    axis.set(xlabel="sensitivity (found)", ylabel="PPV (alarms that are right)", xlim=(0, 1), ylim=(0, 1.02))
    axis.legend(loc="best", fontsize=9)
    mark(axis.figure, data)
    return axis


def scores(
    y_true: np.ndarray, y_score: np.ndarray, data: Dataset, *, threshold: float, axis: Axes | None = None
) -> Axes:
    """How the scores of the two classes are spread, and where the threshold cuts them."""
    axis = axis or plt.subplots()[1]
    edges = np.linspace(np.min(y_score), np.max(y_score), 31)
    for value, name in enumerate(data.classes):
        part = np.asarray(y_score)[np.asarray(y_true) == value]
        axis.hist(part, edges, color=f"C{value}", alpha=0.6, label=name, hatch="//" if value else None)
    axis.axvline(threshold, color="black", linewidth=1.5)
    axis.set(xlabel="score", ylabel="cases")
    axis.legend(fontsize=9)
    mark(axis.figure, data)
    return axis


def reliability(
    models: Mapping[str, Sequence[Bin]], data: Dataset, *, axis: Axes | None = None, most: float = 1.0
) -> Axes:
    """What came true against what was promised, one line a model; the diagonal is calibrated."""
    axis = axis or plt.subplots(figsize=(4.2, 4))[1]
    axis.plot([0, most], [0, most], color="0.4", linestyle=":", label="calibrated")
    for number, (name, bins) in enumerate(models.items()):
        promised, came = [part.promised for part in bins], [part.came for part in bins]
        axis.vlines(promised, [e.low for e in came], [e.high for e in came], color=f"C{number}", alpha=0.5)
        marker = "os^Dv"[number % 5]
        axis.plot(promised, [e.value for e in came], marker=marker, color=f"C{number}", label=name)
    axis.set(xlabel="promised (mean score)", ylabel="came true (share)", xlim=(0, most), ylim=(0, most))
    axis.set_aspect("equal")
    axis.legend(loc="upper left", fontsize=9)
    mark(axis.figure, data)
    return axis


def decision_curves(models: Mapping[str, DecisionCurve], data: Dataset, *, axis: Axes | None = None) -> Axes:
    """Net benefit over the threshold, one curve a model with its interval, beside acting on all or none."""
    axis = axis or plt.subplots()[1]
    top = max(max(e.high for e in curve.benefit) for curve in models.values())
    for name, curve in models.items():
        line = axis.plot(curve.thresholds, [e.value for e in curve.benefit], label=name)[0]
        low, high = ([getattr(e, side) for e in curve.benefit] for side in ("low", "high"))
        axis.fill_between(curve.thresholds, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    axis.plot(curve.thresholds, curve.act_on_all, color="0.4", linestyle="--", label="act on all")
    axis.axhline(0, color="0.4", linestyle=":", label="act on none")
    axis.set(xlabel="threshold: the risk from which one would act", ylabel="net benefit")
    axis.set_ylim(-0.25 * top, 1.05 * top)
    axis.legend(fontsize=9)
    mark(axis.figure, data)
    return axis


def subgroups(result: Subgroups, data: Dataset, *, axis: Axes | None = None) -> Axes:
    """One row a group: its value and interval, with its counts, over everyone's as a band."""
    axis = axis or plt.subplots(figsize=(7, 1.0 + 0.4 * len(result.rows)))[1]
    axis.axvspan(result.overall.low, result.overall.high, color="0.9", zorder=0)
    axis.axvline(result.overall.value, color="0.4", linestyle=":")
    for place, row in enumerate(result.rows):
        if row.estimate:
            axis.plot([row.estimate.low, row.estimate.high], [place, place], color="C0", linewidth=2)
            axis.plot(row.estimate.value, place, "o", color="C0")
        else:
            axis.annotate("too few", (result.overall.value, place), ha="center", va="center", color="0.4")
    names = [f"{row.attribute}: {row.group}  ({row.positives}/{row.cases})" for row in result.rows]
    axis.set_yticks(range(len(names)), names)
    axis.set(xlabel=f"{result.measure}; the band is everyone", ylim=(len(names) - 0.5, -0.5))
    axis.tick_params(axis="y", length=0)
    mark(axis.figure, data)
    return axis


def stay(records: pd.DataFrame, data: Dataset, *, variables: Sequence[str]) -> Figure:
    """One stay: each variable's measurements over the hours, dots where something was measured.

    `records` has the columns time, variable and value, as `Records.frame` gives them.
    """
    figure, axes = plt.subplots(
        len(variables), figsize=(7, 1.05 * len(variables) + 0.5), sharex=True, squeeze=False
    )
    for axis, variable in zip(axes.flat, variables, strict=True):
        rows = records[records["variable"] == variable]
        axis.plot(rows["time"], rows["value"], "o-", markersize=3.5, linewidth=0.8)
        axis.set_ylabel(variable, rotation=0, ha="right", va="center")
        axis.margins(y=0.2)
    axes.flat[-1].set_xlabel("hours since admission to intensive care")
    figure.align_ylabels()
    mark(figure, data)
    return figure
