"""Drawings of detection: what two boxes share, and a grid of places that answer. Shows no data."""

from __future__ import annotations

from matplotlib.patches import Rectangle

from medlearn.plots.drawings.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Drawing,
    arrow,
    box,
    circle,
    grid,
    label,
    sheet,
    tint,
)

__all__ = ["grid_of_answers", "two_boxes"]


def two_boxes() -> Drawing:
    """Two squares that overlap, what both share, and what either covers."""
    ax = sheet(7, 2.2)
    for x, colour, text in ((0.4, ORANGE, "truth"), (0.9, BLUE, "answer")):
        y = 0.35 if colour is BLUE else 0.75
        ax.add_patch(Rectangle((x, y), 1.2, 1.2, facecolor=tint(colour), edgecolor=colour, linewidth=1.5))
        label(ax, x + 0.28 if colour is ORANGE else x + 0.9, y + 1.05 if colour is ORANGE else y + 0.14, text)
    ax.add_patch(Rectangle((0.9, 0.75), 0.7, 0.8, facecolor=tint(GREEN, share=0.5), edgecolor=GREEN))
    label(ax, 1.25, 1.15, "both")
    ax.add_patch(Rectangle((3.65, 1.25), 0.5, 0.48, facecolor=tint(GREEN, share=0.5), edgecolor=GREEN))
    for x, y in ((3.3, 0.42), (3.65, 0.15)):
        ax.add_patch(Rectangle((x, y), 0.85, 0.75, facecolor=tint(GREY), edgecolor="none"))
    ax.plot([3.15, 4.65], [1.2, 1.2], color="black", linewidth=1.2)
    label(ax, 2.75, 1.2, "IoU  =", size=11)
    label(ax, 4.85, 1.5, "what both share", size=10, ha="left")
    label(ax, 4.85, 0.65, "what either covers", size=10, ha="left")
    return Drawing(ax, "Intersection over union: 1 for the same box, 0 for boxes that do not meet.")


def grid_of_answers() -> Drawing:
    """A grid of places over a cell, the priors of one place, and the numbers that it answers."""
    ax = sheet(7.2, 2.7)
    grid(ax, 0.2, 2.55, [["" for _ in range(8)] for _ in range(6)], cell=0.4)
    circle(ax, 1.72, 1.47, 0.6, colour=GREEN)
    for size, colour in ((0.4, ORANGE), (1.15, BLUE), (1.9, ORANGE)):
        look = {"facecolor": "none", "edgecolor": colour, "linewidth": 1.6 if colour == BLUE else 1.1}
        look["linestyle"] = "-" if colour == BLUE else "--"
        ax.add_patch(Rectangle((1.6 - size / 2, 1.55 - size / 2), size, size, zorder=3, **look))
    ax.plot(1.6, 1.55, "o", color="black", markersize=5, zorder=4)
    arrow(ax, (1.7, 1.6), (3.82, 1.75))
    for place, text in enumerate(("red", "white", "plate-\nlet", "→", "↓", "width", "height")):
        colour = BLUE if place < 3 else GREEN
        box(ax, 3.88 + 0.47 * place, 1.5, 0.45, 0.5, text, colour=colour, size=8)
    label(ax, 4.57, 1.25, "what?", size=9)
    label(ax, 6.25, 1.25, "where, from the prior?", size=9)
    label(ax, 5.6, 2.3, "seven numbers for each prior of each place", size=9, colour=GREY)
    label(ax, 5.6, 0.6, "around the dot lie three priors;\nthe solid one fits the cell", size=9)
    return Drawing(ax, "One pass: each place of a grid says what is there, and where exactly.")
