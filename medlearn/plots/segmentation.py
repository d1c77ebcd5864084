"""Pictures with the outlines of masks, and two ways to measure against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from medlearn.errors import DataError
from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["bland_altman", "outlines"]

COLOURS = ("#de8f05", "#0173b2", "#029e73")


def outlines(
    images: Sequence[np.ndarray],
    labels: Sequence[Sequence[np.ndarray]],
    *,
    titles: Sequence[str] = (),
    columns: int = 4,
    size: float = 1.8,
    data: Source,
) -> Figure:
    """Draw pictures, each from its darkest to its brightest, with the edges of objects laid over.

    Parameters
    ----------
    images : (height, width) each, on any scale.
    labels : for each picture one label map or several, such as the truth and an answer: orange, blue, green.
        Objects that touch have an edge between them.
    titles : one a picture.
    columns : pictures in a row.
    size : the side of a picture, in inches.
    data : the data set that they come from; a simulated one stamps the figure.
    """
    if not len(images) or len(images) != len(labels):
        raise DataError(f"outlines() needs label maps for each picture: {len(images)} and {len(labels)}")
    rows = -(-len(images) // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(size * columns, (size + 0.15) * rows + 0.1),
        squeeze=False,
        layout="constrained",
    )
    for ax in axes.flat:
        ax.set_axis_off()
    for place, (ax, image, maps) in enumerate(zip(axes.flat, images, labels, strict=False)):
        ax.imshow(image, vmin=np.min(image), vmax=np.percentile(image, 99.8))
        for colour, one in zip(COLOURS, maps, strict=False):
            for number in np.unique(one[one > 0]):
                ax.contour(one == number, levels=[0.5], colors=[colour], linewidths=0.9)
        if place < len(titles):
            ax.set_title(titles[place], fontsize=9)
    mark(figure, data=data)
    return figure


def bland_altman(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    *,
    low: float,
    bias: float,
    high: float,
    unit: str = "",
    ax: Axes | None = None,
    data: Source,
) -> Axes:
    """Draw the differences of two measurements over their means, with bias and limits of agreement.

    Parameters
    ----------
    y_true, y_pred : one measurement a case, and the other.
    low, bias, high : as `evaluation.segmentation.agreement` gives them.
    unit : of the measurement, for the axes.
    ax : where to; None makes a figure.
    data : the data set; a simulated one stamps the figure.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(6, 3.2))
    one, other = np.asarray(y_true, float), np.asarray(y_pred, float)
    ax.plot((one + other) / 2, other - one, "o", color=COLOURS[1], markersize=5, alpha=0.8)
    for at, style, name in ((low, "--", "limits"), (bias, "-", "bias"), (high, "--", "")):
        ax.axhline(at, color="0.3", linestyle=style, linewidth=1)
        if name:
            ax.text(1.0, at, f" {name}", transform=ax.get_yaxis_transform(), va="center", fontsize=9)
    inside = f" ({unit})" if unit else ""
    ax.set(xlabel=f"mean of both{inside}", ylabel=f"difference{inside}")
    mark(ax.figure, data=data)
    return ax
