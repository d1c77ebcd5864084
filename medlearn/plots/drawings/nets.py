"""Drawings of networks: one neuron, and a network with the shapes of its arrays. Shows no data."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from medlearn.plots.drawings.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Drawing,
    arrow,
    box,
    circle,
    label,
    sheet,
)

__all__ = ["network", "neuron"]


def neuron() -> Drawing:
    """One unit: inputs, each times its weight, added up with the bias, and bent by an activation."""
    ax = sheet(7, 2.65)
    heights, inputs, weights = (
        (2.1, 1.55, 0.55),
        ("$x_1$", "$x_2$", "$x_{30}$"),
        ("$w_1$", "$w_2$", "$w_{30}$"),
    )
    for y, name, weight in zip(heights, inputs, weights, strict=True):
        circle(ax, 0.75, y, 0.22, name, colour=GREY)
        arrow(ax, (0.97, y), (2.72, 1.3 + 0.14 * (y - 1.3)))
        middle = (1.62, y + 0.4 * (1.3 - y))
        label(ax, middle[0], middle[1] + 0.16, weight, colour=BLUE)
    label(ax, 0.75, 1.05, "⋮", size=12)
    circle(ax, 3.05, 1.3, 0.33, "$\\Sigma$", size=14)
    arrow(ax, (3.05, 0.55), (3.05, 0.97))
    label(ax, 3.05, 0.38, "bias $b$", colour=BLUE)
    arrow(ax, (3.38, 1.3), (4.4, 1.3))
    label(ax, 3.9, 1.5, "$z$")
    box(ax, 4.4, 0.9, 0.9, 0.8, colour=ORANGE)
    bent = np.linspace(-6, 6, 50)
    ax.plot(4.5 + (bent + 6) / 12 * 0.7, 1.0 + 0.6 / (1 + np.exp(-bent)), color=ORANGE, linewidth=1.8)
    arrow(ax, (5.3, 1.3), (6.1, 1.3))
    circle(ax, 6.35, 1.3, 0.25, "$p$", colour=GREEN)
    for x, text in ((0.75, "inputs"), (1.75, "weights"), (3.05, "weighted sum"), (4.85, "activation")):
        label(ax, x, 2.5 if x < 2 else 1.95, text, size=9)
    label(ax, 6.35, 1.95, "output", size=9)
    return Drawing(ax, "One neuron: weigh the inputs, add the bias, bend the sum.")


def network() -> Drawing:
    """The network of notebook 1, with the names and the shapes of its arrays."""
    ax = sheet(7, 3.1)
    columns = {0.9: (_heights(4), GREY), 3.4: (_heights(3), BLUE), 5.9: (_heights(1), GREEN)}
    places = list(columns.items())
    for (x, (heights, _)), (after, (theirs, _)) in pairwise(places):
        for y in heights:
            for other in theirs:
                line = {"color": GREY, "linewidth": 0.7, "zorder": 0, "antialiased": False}
                ax.plot([x + 0.16, after - 0.16], [y, other], **line)
    for x, (heights, colour) in places:
        for y in heights:
            circle(ax, x, y, 0.16, colour=colour)
    for x, text in ((0.9, "x\n(n, 30)"), (3.4, "h = max(0, a)\n(n, 8)"), (5.9, "p = σ(z)\n(n, 1)")):
        label(ax, x, 2.78, text, size=9)
    for x, text in ((2.15, "W1 (30, 8)\nb1 (8,)"), (4.65, "W2 (8, 1)\nb2 (1,)")):
        label(ax, x, 2.78, text, size=9, colour=BLUE)
    for x, text in (
        (0.9, "30 measures\n(4 drawn)"),
        (3.4, "8 hidden units\n(3 drawn)"),
        (5.9, "1 probability"),
    ):
        label(ax, x, 0.22, text, size=9)
    return Drawing(ax, "The network: each line is one weight; n biopsies go through at once.")


def _heights(count: int) -> np.ndarray:
    """Where so many units stand, above one another."""
    return 1.5 + 0.5 * (np.arange(count) - (count - 1) / 2)
