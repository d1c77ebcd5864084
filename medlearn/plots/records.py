"""Health records over time. Each function returns the Figure that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt

from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["stay"]


def stay(records: pd.DataFrame, *, variables: Sequence[str], data: Source) -> Figure:
    """Draw one stay: each variable over the hours, with a dot where something was measured.

    Parameters
    ----------
    records : the measurements in the columns time, variable and value, as `Records.frame` gives them.
    variables : those to draw, one below the other; one that was never measured has a row that says so.
    data : the data set that the stay comes from; a simulated one stamps the figure.
    """
    figure, axes = plt.subplots(
        len(variables), figsize=(7, 1.05 * len(variables) + 0.5), sharex=True, squeeze=False
    )
    for ax, variable in zip(axes.flat, variables, strict=True):
        rows = records[records["variable"] == variable]
        ax.plot(rows["time"], rows["value"], "o-", markersize=3.5, linewidth=0.8)
        if rows.empty:
            ax.set_yticks([])
            ax.annotate("not measured", (0.5, 0.5), xycoords="axes fraction", ha="center", color="0.4")
        ax.set_ylabel(variable, rotation=0, ha="right", va="center")
        ax.margins(y=0.2)
    axes.flat[-1].set_xlabel("hours since admission to intensive care")
    figure.align_ylabels()
    mark(figure, data=data)
    return figure
