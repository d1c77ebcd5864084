"""Alignments: two sequences with their pairs, and how probable each pair is."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["alignment", "alignment_cloud"]

WIDE, MOST = 60, 1200  # columns in a line, and in a figure
LINE = 3.0  # from line to line, where the two rows of a line are 1.4 apart
SAME, OTHER = "#0173b2", "#949494"  # the bar between equal letters, and between others
READABLE = 60  # letters along an axis that can still be told apart

Column = tuple[int | None, int | None]  # the places of its letters; None is a gap


def alignment(
    first: str,
    second: str,
    pairs: ArrayLike,
    *,
    names: tuple[str, str] = ("first", "second"),
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw two sequences in lines of 60 columns, with a bar between letters that stand under each other.

    A thick bar joins equal letters, a thin one others. The number beside a row is the place of its first
    letter, counted from 1.

    Parameters
    ----------
    first, second : the letters of the sequences, without gaps.
    pairs : the places of letters that stand under each other, from 0, in rising order, (pairs, 2).
    names : what stands beside the rows.
    data : the data set that they are from; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    columns = _columns(len(first), len(second), _pairs(pairs, len(first), len(second), "alignment"))
    lines = [columns[start : start + WIDE] for start in range(0, len(columns), WIDE)]
    if not 1 <= len(columns) <= MOST:
        raise DataError(
            f"alignment() draws 1 to {MOST} columns, and this alignment has {len(columns)}: cut the "
            "sequences, and take the pairs of what is left"
        )
    if ax is None:
        _, ax = plt.subplots(figsize=(1.4 + 0.125 * max(20, len(lines[0])), 0.8 + 0.55 * len(lines)))
    for line, part in enumerate(lines):
        _draw_line(ax, first, second, part, -LINE * line)
    _name_rows(ax, lines, names)
    ax.set(xlim=(-0.8, max(map(len, lines)) - 0.2), ylim=(-LINE * len(lines) + 0.9, 0.7))
    ax.set_xlabel("a bar joins letters that stand under each other, a thick one equal letters", fontsize=8)
    mark(ax.figure, data=data)
    return ax


def _pairs(pairs: ArrayLike, n: int, m: int, caller: str) -> np.ndarray:
    """Places that rise in both sequences, checked."""
    pairs = np.asarray(pairs)
    pairs = pairs.reshape(0, 2) if not pairs.size else pairs
    if pairs.ndim != 2 or pairs.shape[1] != 2 or (pairs.size and not np.issubdtype(pairs.dtype, np.integer)):
        raise DataError(
            f"{caller}() takes pairs of places as whole numbers, (pairs, 2), not {pairs.dtype} {pairs.shape}"
        )
    if (pairs < 0).any() or (pairs >= (n, m)).any() or (np.diff(pairs, axis=0) < 1).any():
        raise DataError(
            f"{caller}() takes pairs that rise in both sequences, from 0 to {n - 1} and from 0 to {m - 1}: "
            "sort them, count from 0, and name no place twice"
        )
    return pairs.astype(int)


def _columns(n: int, m: int, pairs: np.ndarray) -> list[Column]:
    """The columns of an alignment: between two pairs the first's letters come first."""
    columns: list[Column] = []
    for (i, j), (next_i, next_j) in pairwise([(-1, -1), *pairs.tolist(), (n, m)]):
        columns += [(place, None) for place in range(i + 1, next_i)]
        columns += [(None, place) for place in range(j + 1, next_j)]
        columns.append((next_i, next_j))
    return columns[:-1]


def _draw_line(ax: Axes, first: str, second: str, columns: list[Column], top: float) -> None:
    """Two rows of letters and their bars."""
    look = {"ha": "center", "va": "center", "fontsize": 8, "family": "monospace", "clip_on": True}
    bars: dict[bool, list[int]] = {True: [], False: []}
    for x, (i, j) in enumerate(columns):
        one, other = "–" if i is None else first[i], "–" if j is None else second[j]
        ax.text(x, top, one, parse_math=False, **look)
        ax.text(x, top - 1.4, other, parse_math=False, **look)
        if i is not None and j is not None:
            bars[one.upper() == other.upper()].append(x)
    for same, places in bars.items():
        colour, width = (SAME, 2.2) if same else (OTHER, 0.8)
        ax.vlines(places, top - 0.95, top - 0.45, colors=colour, linewidths=width)


def _name_rows(ax: Axes, lines: list[list[Column]], names: tuple[str, str]) -> None:
    """The name of each row, and the place of its first letter."""
    ticks, said = [], []
    for line, columns in enumerate(lines):
        for row, name in enumerate(names):
            there = [column[row] for column in columns if column[row] is not None]
            ticks.append(-LINE * line - 1.4 * row)
            said.append(f"{name} {there[0] + 1}" if there else str(name))
    ax.set_yticks(ticks, said, fontsize=8)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def alignment_cloud(
    posterior: ArrayLike,
    *,
    first: str | None = None,
    second: str | None = None,
    pairs: ArrayLike = (),
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw how probable it is, over all alignments, that letters stand under each other: darker is likelier.

    Parameters
    ----------
    posterior : the probability of each pair, (letters of the first, letters of the second).
    first, second : the letters, written along the axes of up to 60; without them places are counted from 1.
    pairs : places from 0 that get a ring, such as those of the reference, (pairs, 2).
    data : the data set that the sequences are from; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    posterior = np.asarray(posterior, float)
    if (
        posterior.ndim != 2
        or not posterior.size
        or not ((posterior >= -1e-6) & (posterior <= 1 + 1e-6)).all()
    ):
        raise DataError(
            "alignment_cloud() draws probabilities from 0 to 1, (letters of the first, letters of the "
            f"second), not {posterior.shape}: scores become probabilities by `posterior`"
        )
    n, m = posterior.shape
    pairs = _pairs(pairs, n, m, "alignment_cloud")
    if ax is None:
        size = np.clip(0.13 * np.array([m, n]) + (1.9, 1.0), (3.4, 2.4), (8, 7))
        _, ax = plt.subplots(figsize=size)
    image = ax.imshow(posterior, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    ax.scatter(pairs[:, 1], pairs[:, 0], s=26, facecolors="none", edgecolors="#de8f05", linewidths=1)
    ax.set(xlabel="second sequence", ylabel="first sequence")
    _name_letters(ax.xaxis, second, m)
    _name_letters(ax.yaxis, first, n)
    ax.figure.colorbar(image, ax=ax, pad=0.02).set_label("probability of the pair", fontsize=9)
    mark(ax.figure, data=data)
    return ax


def _name_letters(axis: object, sequence: str | None, count: int) -> None:
    """The letters along an axis where they can be read, else some places, counted from 1."""
    if sequence is not None and len(sequence) != count:
        raise DataError(
            f"alignment_cloud() got a sequence of {len(sequence)} letters for {count} rows or columns of "
            "probabilities: give the one that they belong to"
        )
    if sequence and count <= READABLE:
        axis.set_ticks(range(count), [*sequence], fontsize=7)
        axis.set_tick_params(length=0)
        return
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000, count) if count / step <= 15)
    shown = [place for place in range(count) if (place + 1) % step == 0]
    axis.set_ticks(shown, [str(place + 1) for place in shown])
