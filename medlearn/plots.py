"""One look for all figures: readable by the colour-blind, small, and stamped where the data are simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from sklearn.metrics import roc_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from medlearn.data.dataset import Dataset
    from medlearn.evaluation import Estimate

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
    if data.simulated and STAMP not in {text.get_text() for text in figure.texts}:
        figure.text(0.995, 0.005, STAMP, ha="right", va="bottom", fontsize=8, color="0.35", style="italic")


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
            f"{value.value:.2f}", (value.value, row), (0, 6), textcoords="offset points", ha="center"
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
