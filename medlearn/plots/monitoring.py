"""What a model in use is watched by: a chart of what came in, with its limits and its alarm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from medlearn.errors import DataError
from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from medlearn.evaluation.drift import Chart

__all__ = ["control_chart"]

RISES, FALLS, ALARM = "C0", "C1", "#d55e00"


def control_chart(
    chart: Chart,
    *,
    times: Sequence[float] | None = None,
    unit: str = "visit",
    changed: float | None = None,
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw a CUSUM chart: the sum of rises upwards, that of falls downwards, the limits, and the first alarm.

    Parameters
    ----------
    chart : what `evaluation.drift.cusum` gives.
    times : when each value came, in order; without, they are counted from 1.
    unit : what is counted; it stands below the figure.
    changed : when something is known to have changed, where that is to be marked.
    data : the data set that was watched; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    times = np.arange(1, len(chart.rises) + 1) if times is None else np.asarray(times, float)
    if times.shape != chart.rises.shape or (np.diff(times) < 0).any():
        raise DataError(
            f"control_chart() needs a time for each of {len(chart.rises)} values, in order, not {times.shape}"
        )
    ax = ax or plt.subplots()[1]
    ax.step(times, chart.rises, where="post", color=RISES, label="rises")
    ax.step(times, -chart.falls, where="post", color=FALLS, linestyle=(0, (5, 1)), label="falls")
    for side in (1, -1):
        ax.axhline(side * chart.limit, color="0.3", linestyle="--", linewidth=1)
    ax.axhline(0, color="0.7", linewidth=0.8)
    ax.plot([], [], color="0.3", linestyle="--", label=f"limit: a false alarm in {chart.every:,.0f}")
    if changed is not None:
        ax.axvline(changed, color="0.4", linestyle=":", label="something changed")
    _mark_alarm(ax, chart, times)
    ax.set(xlabel=unit, ylabel="cumulative sum (sd)")
    ax.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    mark(ax.figure, data=data)
    return ax


def _mark_alarm(ax: Axes, chart: Chart, times: np.ndarray) -> None:
    """A large dot where a sum first crosses its limit."""
    if (at := chart.alarm) is None:
        return
    height = chart.rises[at] if chart.rises[at] > chart.limit else -chart.falls[at]
    ax.plot(times[at], height, "o", color=ALARM, markersize=8, label="alarm")
