"""Pictures with boxes, and the curves of what was found: precision over recall, and FROC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from medlearn.errors import DataError
from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["boxes", "froc", "precision_recall_of_boxes"]

# Apart for the colour-blind: on the pink of a stain, and on grey.
COLOURS, ON_GREY = ("#0b3fd6", "#000000", "#ffe600"), ("#ff9d00", "#56b4e9")
STYLES = ("-", "--", ":")
ALARMS = {1 / 8: "1/8", 1 / 4: "1/4", 1 / 2: "1/2", 1: "1", 2: "2", 4: "4", 8: "8"}


def boxes(
    images: Sequence[np.ndarray],
    answers: Sequence[Mapping[str, np.ndarray] | Sequence[Mapping[str, np.ndarray]]],
    *,
    names: Sequence[str] = (),
    classes: Sequence[str] = (),
    titles: Sequence[str] = (),
    columns: int = 3,
    size: float = 2.6,
    data: Source,
) -> Figure:
    """Draw pictures with boxes, in the colours of their classes.

    Whole numbers are drawn from 0 (black) to 255 (white), all others from 0 to 1.

    Parameters
    ----------
    images : (height, width, 3) each, or grey (height, width).
    answers : for each picture one set of boxes, a mapping of `corners` (m, 4) and `label` (m,), or several:
        the first in solid lines, such as the truth, the second in dashed, such as what was found.
    names : of the sets, for the legend.
    classes : the names of the labels, for the legend.
    titles : one a picture.
    columns : pictures in a row.
    size : the width of a picture, in inches.
    data : the data set that they come from; a simulated one stamps the figure.
    """
    if not len(images) or len(images) != len(answers) or columns < 1:
        raise DataError(
            f"boxes() draws a set of boxes or several on each picture, in at least one column: there are "
            f"{len(images)} pictures, {len(answers)} answers and {columns} columns"
        )
    rows, columns = -(-len(images) // columns), min(columns, len(images))
    height = size * max(np.shape(image)[0] / np.shape(image)[1] for image in images)
    legend = 0.3 * bool(len(names) or len(classes))
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(size * columns, (height + 0.22 * bool(len(titles))) * rows + 0.15 + legend),
        squeeze=False,
        layout="constrained",
    )
    for ax in axes.flat:
        ax.set_axis_off()
    colours = COLOURS if np.shape(images[0])[2:] == (3,) else ON_GREY
    for place, (ax, image, answer) in enumerate(zip(axes.flat, images, answers, strict=False)):
        whole = np.issubdtype(np.asarray(image).dtype, np.integer)
        ax.imshow(image, vmin=0, vmax=255 if whole else 1)
        sets = [answer] if isinstance(answer, Mapping) else answer
        for style, one in zip(STYLES, sets, strict=False):
            _add_boxes(ax, one, style, colours)
        if place < len(titles):
            ax.set_title(titles[place], fontsize=9)
    lines = [
        Line2D([], [], color=colours[place % len(colours)], label=name) for place, name in enumerate(classes)
    ]
    lines += [
        Line2D([], [], color="0.4", linestyle=style, label=name)
        for style, name in zip(STYLES, names, strict=False)
    ]
    if lines:
        figure.legend(handles=lines, loc="outside upper center", ncols=len(lines), fontsize=9)
    mark(figure, data=data)
    return figure


def _add_boxes(ax: Axes, one: Mapping[str, np.ndarray], style: str, colours: Sequence[str]) -> None:
    corners = np.reshape(one["corners"], (-1, 4))
    edges = [colours[int(label) % len(colours)] for label in one["label"]]
    frames = [Rectangle((x0, y0), x1 - x0, y1 - y0) for x0, y0, x1, y1 in corners]
    look = {"facecolors": "none", "edgecolors": edges, "linestyles": style, "linewidths": 1.1}
    ax.add_collection(PatchCollection(frames, **look), autolim=False)  # a picture keeps its size


def precision_recall_of_boxes(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], *, ax: Axes | None = None, data: Source
) -> Axes:
    """Draw precision over recall, one curve a class or a detector; each ends where no more is found.

    Parameters
    ----------
    curves : by name, precision and recall as `evaluation.detection.precision_and_recall` gives them.
    ax : the Axes to draw into; without it a new figure.
    data : the data set; a simulated one stamps the figure.
    """
    ax = ax or plt.subplots(figsize=(4.2, 4.0))[1]
    for style, (name, (precision, recall, *_)) in zip(_styles(curves), curves.items(), strict=True):
        ax.plot(recall, precision, linestyle=style, label=name)
    ax.set(
        xlabel="recall (objects found)",
        ylabel="precision (boxes that are right)",
        xlim=(0, 1.02),
        ylim=(0, 1.02),
    )
    ax.legend(fontsize=9)
    mark(ax.figure, data=data)
    return ax


def froc(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], *, ax: Axes | None = None, data: Source
) -> Axes:
    """Draw sensitivity over false alarms a scan, from 1/8 to 8; a dot at each of the seven that CPM averages.

    A curve stays level where there are no more finds.

    Parameters
    ----------
    curves : by name, false alarms and sensitivity as `evaluation.nodules.froc` gives them.
    ax : the Axes to draw into; without it a new figure.
    data : the data set; a simulated one stamps the figure.
    """
    ax = ax or plt.subplots(figsize=(5.2, 3.6))[1]
    fine, seven = np.geomspace(1 / 8, 8, 400), list(ALARMS)
    for style, (name, (alarms, found)) in zip(_styles(curves), curves.items(), strict=True):
        line = ax.plot(fine, np.interp(fine, alarms, found), linestyle=style, label=name)[0]
        ax.plot(seven, np.interp(seven, alarms, found), "o", color=line.get_color(), markersize=5)
    ax.set_xscale("log", base=2)
    ax.set_xticks(seven, ALARMS.values())
    ax.set(xlabel="false alarms a scan", ylabel="sensitivity (nodules found)", ylim=(0, 1.02))
    ax.legend(fontsize=9)
    mark(ax.figure, data=data)
    return ax


def _styles(curves: Mapping[str, object]) -> list[str]:
    return [("-", "--", "-.", ":")[place % 4] for place in range(len(curves))]
