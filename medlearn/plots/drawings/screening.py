"""Drawings of screening: a score cut into grades, a bag of tiles with one answer. Shows no data."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from medlearn.plots.drawings.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    Drawing,
    arrow,
    box,
    label,
    sheet,
    tint,
)

__all__ = ["bag_of_tiles", "thresholds"]


def thresholds() -> Drawing:
    """One score with its uncertainty, and four thresholds that cut the axis into five grades."""
    ax = sheet(7, 2.4)
    left, right, ground, score = 0.4, 6.6, 0.75, 3.35
    cuts = [1.6, 2.6, 4.0, 5.4]
    x = np.linspace(left, right, 400)
    tail = np.exp(-(x - score) / 0.33)
    bell = 4 * tail / (1 + tail) ** 2  # whose area beyond a threshold is a sigmoid
    edges = [left, *cuts, right]
    for grade, (low, high) in enumerate(pairwise(edges)):
        part = (x >= low) & (x <= high)
        colour = ORANGE if grade >= 2 else BLUE
        ax.fill_between(x[part], ground, ground + 1.2 * bell[part], color=tint(colour, share=0.35), lw=0)
        label(ax, (low + high) / 2, ground - 0.2, f"grade {grade}", size=9)
    ax.plot(x, ground + 1.2 * bell, color=INK, linewidth=1)
    arrow(ax, (left, ground), (right + 0.2, ground))
    for cut in cuts:
        ax.plot([cut, cut], [ground, ground + 1.35], color=GREY, linewidth=1.2, linestyle="--")
    label(ax, score, ground + 1.38, "score", size=9)
    label(ax, 5.4, 2.25, "refer: all that is orange", size=9, colour=ORANGE)
    label(ax, right, 0.25, "worse", size=9, ha="right", colour=GREY)
    label(ax, left, 0.25, "healthy", size=9, ha="left", colour=GREY)
    return Drawing(ax, "Cumulative logits: the area between two thresholds is the probability of that grade.")


def bag_of_tiles() -> Drawing:
    """Tiles, a row of features for each, weights, their weighted mean, one answer."""
    ax = sheet(7.2, 2.6)
    weights, rows = (0.05, 0.04, 0.86, 0.05), (1.95, 1.4, 0.85, 0.3)
    for weight, y in zip(weights, rows, strict=True):
        ill = weight > 0.5
        box(ax, 0.2, y, 0.42, 0.42, "tile", colour=ORANGE if ill else GREY, size=8, round=False)
        arrow(ax, (0.66, y + 0.21), (1.25, y + 0.21))
        for k, shade in enumerate((0.5, 0.15, 0.3, 0.6, 0.2) if not ill else (0.1, 0.7, 0.6, 0.1, 0.75)):
            cell = {"facecolor": tint(BLUE, share=shade), "edgecolor": "white"}
            ax.add_patch(_square(1.3 + 0.24 * k, y + 0.09, 0.24, cell))
        arrow(ax, (2.55, y + 0.21), (3.2, y + 0.21))
        ax.add_patch(_square(3.25, y + 0.11, 0.2, {"facecolor": GREEN, "edgecolor": "none"}, 0.9 * weight))
        label(ax, 3.3 + 0.9 * weight, y + 0.21, f"{weight:.2f}", size=9, ha="left")
    for y in rows:
        arrow(ax, (4.55, y + 0.21), (5.05, 1.33))
    for k, shade in enumerate((0.15, 0.62, 0.55, 0.15, 0.68)):
        cell = {"facecolor": tint(BLUE, share=shade), "edgecolor": "white"}
        ax.add_patch(_square(5.1 + 0.24 * k, 1.21, 0.24, cell))
    arrow(ax, (6.33, 1.33), (6.6, 1.33))
    label(ax, 6.9, 1.33, "yes\nor no", size=9)
    for x, text in ((1.9, "features"), (3.7, "weight"), (5.7, "weighted mean")):
        label(ax, x, 2.48, text, size=9, colour=GREY)
    return Drawing(ax, "A bag of tiles: each tile gets a weight, and the weights add up to 1.")


def _square(x: float, y: float, side: float, look: dict, width: float | None = None):
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), side if width is None else width, side, **look)
