"""Groups of patients: the cloud they lie in, whether they are found again, and what they differ in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from medlearn.evaluation.clusters import Groups

__all__ = ["against_twins", "cloud", "profiles"]

MARKERS = "os^DvPX<>"  # one fewer than the palette has colours, so that no two of 90 groups look the same
COLOURS = 10
TWINS = "0.45"
APART = 0.11  # the least distance of two names beside the lines, as a share of the height
ROOM, SLANTED = 0.36, 0.18  # inches of a cell for a number in it, and for a slanted name below it
MANY = 400  # patients: from here on, smaller dots


def cloud(
    x: ArrayLike,
    group: ArrayLike | None = None,
    *,
    names: Sequence[str] | None = None,
    labels: tuple[str, str] | None = None,
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw a dot for each patient, and each group with a colour and a marker of its own.

    Parameters
    ----------
    x : a row a patient; the first two columns are drawn.
    group : the number of each patient's group. None: all look the same.
    names : of the groups, by their number. None: "group 0", "group 1" …
    labels : what the two columns are. None: they are components. Without a name, or as components, their
        numbers mean nothing and are left out.
    data : the data set that the patients are in; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    x = np.asarray(x, float)
    if x.ndim != 2 or x.shape[1] < 2 or not len(x):
        raise DataError(f"cloud() draws the first two columns of (patients, columns), not {x.shape}")
    ax = ax or plt.subplots(figsize=(5 if group is None else 6.4, 4))[1]
    look = {"s": 12 if len(x) > MANY else 26, "alpha": 0.8, "linewidth": 0.3, "edgecolor": "white"}
    if group is None:
        ax.scatter(x[:, 0], x[:, 1], color="C0", **look)
    else:
        _scatter_by_group(ax, x, np.asarray(group), names, look)
    first, second = labels or ("first component", "second component")
    ax.set(xlabel=first, ylabel=second)
    if not any(labels or ()):
        ax.set(xticks=[], yticks=[])
    mark(ax.figure, data=data)
    return ax


def _scatter_by_group(
    ax: Axes, x: np.ndarray, group: np.ndarray, names: Sequence[str] | None, look: dict
) -> None:
    if group.shape != (len(x),) or group.dtype.kind not in "iub":
        raise DataError(
            f"cloud() needs one group number for each of {len(x)} patients, not {group.dtype} {group.shape}"
        )
    numbers = np.unique(group).astype(int)
    strange = [number for number in numbers if names is not None and not 0 <= number < len(names)]
    if strange:
        raise DataError(f"cloud() has {len(names)} names, but a group numbered {strange[0]}")
    for number in numbers:
        its = x[group == number]
        name = f"group {number}" if names is None else names[number]
        shape = {"color": f"C{number % COLOURS}", "marker": MARKERS[number % len(MARKERS)]}
        ax.scatter(its[:, 0], its[:, 1], label=f"{name} ({len(its):,})", **shape, **look)
    legend = ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9, handletextpad=0.2)
    for handle in legend.legend_handles:
        handle.set_sizes([30])


def against_twins(groups: Groups, *, data: Source, ax: Axes | None = None) -> Axes:
    """Draw the stability of each number of groups, above the range of that of patients without groups.

    A ring marks the number that was found, if any was.

    Parameters
    ----------
    groups : what `evaluation.clusters.groups_found` gives.
    data : the data set that the patients are in; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    ax = ax or plt.subplots(figsize=(6.4, 3.4))[1]
    columns = {name: np.array([row[name] for row in groups.table]) for name in groups.table[0]}
    k, stability, mean = columns["k"], columns["stability"], columns["twins_mean"]
    ax.fill_between(k, columns["twins_lowest"], columns["twins_highest"], color=TWINS, alpha=0.25, lw=0)
    ax.plot(k, mean, "--", color=TWINS)
    ax.plot(k, stability, "o-", color="C0")
    if groups.k > 1:
        ax.plot(groups.k, stability[k == groups.k], "o", color="C3", fillstyle="none", ms=15, mew=2)
    low = min(0, columns["twins_lowest"].min(), stability.min())
    ax.set(xlabel="number of groups", ylabel="stability", ylim=(low - 0.04, 1.08))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    _name_lines(
        ax, k[-1], {"these patients": (stability[-1], "C0"), "twins without groups": (mean[-1], "0.3")}
    )
    mark(ax.figure, data=data)
    return ax


def _name_lines(ax: Axes, end: float, names: dict[str, tuple[float, str]]) -> None:
    """Write each name beside the end of its line, both moved apart where they would touch."""
    heights = np.array([height for height, _ in names.values()])
    gap = APART * np.ptp(ax.get_ylim())
    if abs(heights[0] - heights[1]) < gap:
        upper = np.array([1, -1]) * (1 if heights[0] >= heights[1] else -1)
        heights = heights.mean() + upper * gap / 2
    for (name, (_, colour)), height in zip(names.items(), heights, strict=True):
        ax.annotate(
            name, (end, height), (10, 0), textcoords="offset points", va="center", color=colour, fontsize=10
        )


def profiles(
    means: ArrayLike,
    columns: Sequence[str],
    groups: Sequence[str],
    *,
    unit: str = "standard deviations",
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw in what the groups differ: a row a group, a column a measure, coloured by how far from the mean.

    Parameters
    ----------
    means : of each group, in standard deviations of all patients from their mean: (groups, columns).
    columns : the names of the measures.
    groups : the names of the groups.
    unit : what the numbers are in.
    data : the data set that the patients are in; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    means = np.asarray(means, float)
    if means.shape != (len(groups), len(columns)) or not means.size:
        raise DataError(
            f"profiles() draws a mean for each of {len(groups)} groups and {len(columns)} columns, not "
            f"{means.shape}"
        )
    if ax is None:
        size = min(2.6 + 0.45 * len(columns), 12), 2.1 + 0.42 * len(groups)
        _, ax = plt.subplots(figsize=size)
    cell = ax.get_position().width * ax.figure.get_size_inches()[0] / len(columns)
    most = max(1, np.nanmax(np.abs(means), initial=0))
    look = {"cmap": "vlag", "vmin": -most, "vmax": most, "linewidths": 0.5, "fmt": ""}
    look |= {"cbar_kws": {"label": unit}, "annot_kws": {"size": 9}}
    words = np.vectorize(_signed)(means) if cell >= ROOM else False
    sns.heatmap(means, annot=words, xticklabels=list(columns), yticklabels=list(groups), ax=ax, **look)
    ax.set(xlabel="measure")
    ax.tick_params(length=0, labelsize=9)
    slant = {"rotation": 45, "rotation_mode": "anchor"} if cell >= SLANTED else {"rotation": 90}
    plt.setp(ax.get_xticklabels(), ha="right" if cell >= SLANTED else "center", **slant)
    plt.setp(ax.get_yticklabels(), rotation=0)
    mark(ax.figure, data=data)
    return ax


def _signed(value: float) -> str:
    """One decimal, with a sign that is seen, and none where it is 0."""
    return f"{round(value, 1):+.1f}".replace("-", "−") if round(value, 1) else "0.0"
