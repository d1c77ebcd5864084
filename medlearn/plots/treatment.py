"""What a patient was given, whether the arms of a comparison can be compared, and what policies are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.plots.measures import estimates
from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from medlearn.evaluation import Estimate

__all__ = ["balance", "overlap", "policies", "prescriptions"]

BLUE, ORANGE, RED = "#0173b2", "#de8f05", "#d55e00"
KEPT, STARTED, STOPPED = BLUE, ORANGE, "white"
BINS = np.linspace(0, 1, 41)  # of a propensity
ALIKE = 0.1  # a standardised difference below it is commonly taken as small


def prescriptions(sets: ArrayLike, drugs: Sequence[str], *, data: Source, ax: Axes | None = None) -> Axes:
    """Draw what one patient was given: a row a drug, a column a visit, and what was started and stopped.

    Drugs that were never given are left out.

    Parameters
    ----------
    sets : the set of drugs at each visit, in order of time: 0 and 1, (visits, drugs).
    drugs : their names.
    data : the data set that the patient is in; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    sets = np.asarray(sets)
    if sets.ndim != 2 or sets.shape[1] != len(drugs) or not sets.any():
        raise DataError(
            f"prescriptions() draws one patient's sets, (visits, drugs), with {len(drugs)} names and a drug "
            f"given at least once, not {sets.shape}"
        )
    given = np.flatnonzero(sets.any(0))
    grid = sets[:, given].T > 0
    visits = grid.shape[1]
    if ax is None:
        _, ax = plt.subplots(figsize=(2.9 + 0.32 * min(visits, 20), 1.2 + 0.3 * len(given)))
    before = np.zeros_like(grid)
    before[:, 1:] = grid[:, :-1]
    started, stopped = grid & ~before, before & ~grid
    started[:, 0] = False  # whether the first visit's drugs are new, nobody knows
    kinds = ((grid & ~started, KEPT, ""), (started, STARTED, "+"), (stopped, STOPPED, "−"))
    size = 0.8 * min(1, 20 / visits)
    for cells, colour, sign in kinds:
        for row, visit in np.argwhere(cells):
            edge = "0.6" if colour == STOPPED else colour
            ax.bar(visit, 0.8, 0.8, row - 0.4, color=colour, edgecolor=edge, linewidth=0.8)
            if sign and size > 0.5:
                ax.text(visit, row, sign, ha="center", va="center", fontsize=11)
    ax.set(xlim=(-0.6, visits - 0.4), ylim=(len(given) - 0.4, -0.6), xlabel="visit")
    ax.set_yticks(range(len(given)), [drugs[drug] for drug in given], fontsize=9)
    step = -(-visits // 20)
    ax.set_xticks(range(0, visits, step), range(1, visits + 1, step), fontsize=9)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    names = (("given", KEPT), ("+ started", STARTED), ("− stopped", STOPPED))
    handles = [
        Patch(facecolor=colour, edgecolor="0.6" if colour == STOPPED else colour, label=name)
        for name, colour in names
    ]
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)
    mark(ax.figure, data=data)
    return ax


def overlap(
    propensity: ArrayLike, treatment: ArrayLike, arms: Sequence[str], *, data: Source, ax: Axes | None = None
) -> Axes:
    """Draw how probable the treatment was: upwards for those who got it, downwards for those who did not.

    Where only one side has cases, nobody there can stand for the others.

    Parameters
    ----------
    propensity : the probability of each of two arms, (cases, 2), or that of arm 1, (cases,).
    treatment : the arm that each case got, 0 or 1.
    arms : the names of the two.
    data : the data set that the cases are in; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    propensity, treatment = np.asarray(propensity, float), np.asarray(treatment)
    if propensity.ndim == 2 and propensity.shape[1] == 2:
        propensity = propensity[:, 1]
    if propensity.ndim != 1 or propensity.shape != treatment.shape or len(arms) != 2:
        raise DataError(
            "overlap() draws two arms: it takes (cases, 2), or the probability of arm 1, (cases,), not "
            f"{propensity.shape} beside {treatment.shape} and {len(arms)} names"
        )
    ax = ax or plt.subplots(figsize=(7, 3))[1]
    for arm, way, colour in ((1, 1, ORANGE), (0, -1, BLUE)):
        counts = np.histogram(propensity[treatment == arm], BINS)[0]
        ax.stairs(way * counts, BINS, baseline=0, fill=True, color=colour, label=f"got {arms[arm]}")
    ax.axhline(0, color="0.3", linewidth=0.8)
    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{abs(count):,.0f}"))
    ax.set(xlabel=f"propensity: probability of {arms[1]}", ylabel="cases", xlim=(0, 1))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)
    mark(ax.figure, data=data)
    return ax


def balance(
    before: ArrayLike,
    after: ArrayLike,
    columns: Sequence[str],
    *,
    most: int = 15,
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw how far the arms lie apart in each column, before and after weighting: a *love plot*.

    Parameters
    ----------
    before, after : the standardised difference of each column, as
        `evaluation.policies.standardised_differences` gives them.
    columns : their names.
    most : so many columns are drawn, those that differ most before; what is not finite is left out.
    data : the data set that the cases are in; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    before, after = np.abs(np.asarray(before, float)), np.abs(np.asarray(after, float))
    if before.shape != (len(columns),) or after.shape != before.shape:
        raise DataError(
            f"balance() draws one difference before and one after for each of {len(columns)} columns, not "
            f"{before.shape} and {after.shape}"
        )
    known = np.flatnonzero(np.isfinite(before) & np.isfinite(after))
    shown = known[np.argsort(-before[known], kind="stable")][:most]
    if not len(shown):
        raise DataError(f"balance() has nothing to draw: {len(known)} columns with a difference, most={most}")
    if ax is None:
        _, ax = plt.subplots(figsize=(7, 1.2 + 0.24 * len(shown)))
    rows = np.arange(len(shown))
    ax.hlines(rows, before[shown], after[shown], color="0.8", linewidth=1)
    ax.plot(before[shown], rows, "o", color=ORANGE, fillstyle="none", markersize=6, label="before weighting")
    ax.plot(after[shown], rows, "o", color=BLUE, markersize=6, label="after")
    ax.axvline(ALIKE, color="0.4", linestyle=":", label=f"{ALIKE:g}, often called small")
    ax.set_yticks(rows, [columns[place] for place in shown], fontsize=8)
    ax.set(xlabel="standardised difference between the arms", ylim=(len(shown) - 0.5, -0.5))
    ax.margins(x=0.03)
    ax.tick_params(axis="y", length=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=9, borderpad=0)
    mark(ax.figure, data=data)
    return ax


def policies(
    values: Mapping[str, Estimate],
    truth: Mapping[str, float] | None = None,
    *,
    measure: str = "share with the bad outcome",
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw one row a policy: what it seems to be worth, with its interval, and what it is worth in truth.

    Parameters
    ----------
    values : by the name of the policy, from the top down.
    truth : by the same names, where it is known: in a made-up world.
    measure : what the values are; it stands below the figure.
    data : the data set that was measured on; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    ax = estimates(values, measure=measure, data=data, ax=ax)
    truth = truth or {}
    strange = [name for name in truth if name not in values]
    if strange:
        raise DataError(f"policies() knows the truth of {strange[0]!r}, which is none of {', '.join(values)}")
    rows = [row + 0.2 for row, name in enumerate(values) if name in truth]
    if rows:
        known = [truth[name] for name in values if name in truth]
        ax.plot(known, rows, "^", color=RED, markersize=8, label="truth")  # points at the line from below
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)
    return ax
