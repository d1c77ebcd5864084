"""Health records over time. Each function returns the Figure that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["measured_cells", "stays"]


def stays(
    records: Mapping[str, pd.DataFrame],
    *,
    variables: Sequence[str],
    units: Mapping[str, str],
    data: Source,
) -> Figure:
    """Draw stays side by side: each variable over the hours, a dot and a tick where something was measured.

    Parameters
    ----------
    records : by the title of each stay its measurements in the columns time, variable and value, as
        `Records.frame` gives them.
    variables : those to draw, one below the other; one that was never measured has a row that says so.
    units : the unit of each variable, such as `medlearn.data.records.UNITS`.
    data : the data set that the stays come from; a simulated one stamps the figure.
    """
    rows, columns = len(variables), len(records)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(2 + 3 * columns, 1.05 * rows + 0.6),
        sharex=True,
        sharey="row",
        squeeze=False,
    )
    for column, (title, frame) in zip(axes.T, records.items(), strict=True):
        column[0].set_title(title, fontsize=10)
        for ax, variable in zip(column, variables, strict=True):
            _draw_variable(ax, frame[frame["variable"] == variable])
        column[-1].set_xlabel("hours since admission")
    for ax, variable in zip(axes[:, 0], variables, strict=True):
        name = f"{variable}\n{units[variable]}" if units.get(variable) else variable
        ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10)
    figure.align_ylabels()
    mark(figure, data=data)
    return figure


def _draw_variable(ax: plt.Axes, rows: pd.DataFrame) -> None:
    """One variable of one stay, or that it was not measured."""
    if rows.empty:
        ax.annotate("not measured", (0.5, 0.5), xycoords="axes fraction", ha="center", color="0.4")
    else:
        ax.plot(rows["time"], rows["value"], "o-", markersize=3.5, linewidth=0.8)
        below = np.full(len(rows), -0.08)
        ax.plot(rows["time"], below, "k|", transform=ax.get_xaxis_transform(), clip_on=False)
    ax.margins(y=0.2)


def measured_cells(
    masks: Mapping[str, np.ndarray], *, variables: Sequence[str], step: float, data: Source
) -> Figure:
    """Draw maps side by side of which variable was measured when, or in what share of the stays.

    The scale of shares is that of the last map.

    Parameters
    ----------
    masks : by the title of each map an array (steps, variables) from 0, never measured, to 1.
    variables : their names.
    step : how many hours a step is.
    data : the data set that was measured; a simulated one stamps the figure.
    """
    figure, axes = plt.subplots(
        1,
        len(masks),
        figsize=(2 + 2.8 * len(masks), max(2.5, 0.6 + 0.13 * len(variables))),
        sharey=True,
        squeeze=False,
    )
    for ax, (title, mask) in zip(axes.flat, masks.items(), strict=True):
        extent = (0, step * len(mask), len(variables) - 0.5, -0.5)
        image = ax.imshow(
            np.transpose(mask),
            cmap="Blues",
            vmin=0,
            vmax=max(np.max(mask), 1e-9),
            aspect="auto",
            extent=extent,
        )
        ax.set(title=title, xlabel="hours since admission")
    figure.colorbar(image, ax=axes[0, -1], shrink=0.6, label="share measured")
    axes[0, 0].set_yticks(range(len(variables)), variables, fontsize=8)
    mark(figure, data=data)
    return figure
