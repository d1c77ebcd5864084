"""What keeps a network from learning its patients by heart: dropout, and stopping in time."""

from __future__ import annotations

import numpy as np

from medlearn.plots.drawings import canvas
from medlearn.plots.drawings.canvas import BLUE, GREY, ORANGE

__all__ = ["dropout_in_a_network", "early_stopping"]


def dropout_in_a_network() -> canvas.Drawing:
    """A small network in a training step, with two hidden units silent, and in use."""
    ax = canvas.sheet(5.2, 1.95)
    for left, title, silent in ((0.6, "a training step", (0, 2)), (3.1, "in use", ())):
        canvas.label(ax, left + 0.75, 1.85, title, size=10)
        for row in range(3):
            canvas.circle(ax, left, 1.3 - 0.4 * row, 0.13, colour=ORANGE)
        canvas.circle(ax, left + 1.5, 0.9, 0.13, colour=ORANGE)
        for unit in range(4):
            y = 1.5 - 0.4 * unit
            off = unit in silent
            canvas.circle(ax, left + 0.75, y, 0.13, "0" if off else "", colour=GREY if off else BLUE, size=9)
            ends = [] if off else [((left + 0.13, 1.3 - 0.4 * row), (left + 0.62, y)) for row in range(3)]
            ends += [] if off else [((left + 0.88, y), (left + 1.37, 0.9))]
            for start, end in ends:
                ax.plot(*zip(start, end, strict=True), color=GREY, linewidth=1)
    return canvas.Drawing(ax, "Dropout of one half: in each step other hidden units give 0; in use none.")


def early_stopping() -> canvas.Drawing:
    """A validation loss with its best epoch, and where training ends, four epochs later."""
    ax = canvas.sheet(6.6, 2.0)
    epoch = np.arange(1, 12)
    loss = 1.55 - 0.95 * np.exp(-((epoch - 7) ** 2) / 14)
    x = 0.7 + 0.38 * epoch
    best, patience = int(loss.argmin()), 4
    ax.plot(x, loss, color=ORANGE, linestyle="--", marker="o", markersize=4)
    ax.plot(x, 1.55 - 1.2 * (1 - np.exp(-epoch / 4)), color=BLUE)
    canvas.arrow(ax, (0.6, 0.2), (5.9, 0.2))
    canvas.arrow(ax, (0.6, 0.2), (0.6, 1.95))
    canvas.label(ax, 6.0, 0.2, "epoch", size=9, ha="left")
    canvas.label(ax, 0.3, 1.8, "loss", size=9)
    for place in (best, best + patience):
        ax.plot([x[place], x[place]], [0.2, 1.8], color=GREY, linestyle=":", linewidth=1.2)
    canvas.label(ax, x[best], 1.9, "these weights are kept", size=9)
    canvas.label(ax, x[best + patience], 1.9, "training ends", size=9)
    canvas.arrow(ax, (x[best] + 0.03, 1.7), (x[best + patience] - 0.03, 1.7))
    canvas.label(ax, (x[best] + x[best + patience]) / 2, 1.55, f"patience {patience}", size=9)
    canvas.label(ax, x[-1] + 0.1, loss[-1], "validation", colour=ORANGE, size=9, ha="left")
    canvas.label(ax, x[-1] + 0.1, 0.5, "training", colour=BLUE, size=9, ha="left")
    return canvas.Drawing(ax, "Early stopping: the validation loss decides when to stop and what to keep.")
