"""A decision made of a score: the threshold that cuts it, and the table of right and wrong that follows."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from medlearn.plots.drawings.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    Drawing,
    arrow,
    label,
    sheet,
    tint,
)

__all__ = ["confusion_matrix", "threshold"]

COLOURS = {"TP": GREEN, "FN": RED, "FP": ORANGE, "TN": BLUE}
SHARES = {"died": 0.34, "TP": 0.72, "FP": 0.3}  # of all; of those who died; of those who survived


def threshold() -> Drawing:
    """Scores of those who survived and of those who died, cut at a threshold into four areas."""
    ax = sheet(7, 2.5)
    x, floor, cut = np.linspace(0.4, 6.7, 300), 0.55, 3.3
    survived = 1.45 * np.exp(-(((x - 2.3) / 1.05) ** 2))
    died = 0.9 * np.exp(-(((x - 4.2) / 1.15) ** 2))
    for name, height, side in (
        ("TN", survived, x <= cut),
        ("TP", died, x >= cut),
        ("FN", died, x <= cut),
        ("FP", survived, x >= cut),
    ):
        face = tint(COLOURS[name], share=0.35)
        ax.fill_between(x[side], floor, floor + height[side], facecolor=face, linewidth=0)
    for height in (survived, died):
        ax.plot(x, floor + height, color=INK, linewidth=1.2)
    ax.plot([cut, cut], [floor, 2.2], color=INK, linewidth=1.6)
    arrow(ax, (0.4, floor), (6.85, floor))
    label(ax, 6.85, 0.32, "score of the model", ha="right", size=9)
    label(ax, cut, 2.34, "threshold")
    label(ax, cut - 0.1, 0.32, "no alarm", ha="right", size=9)
    label(ax, cut + 0.1, 0.32, "alarm", ha="left", size=9)
    label(ax, 2.15, 1.3, "TN", size=11)
    label(ax, 4.6, 1.0, "TP", size=11)
    label(ax, 0.95, 1.6, "survived", ha="right", size=9)
    label(ax, 5.3, 1.35, "died", ha="left", size=9)
    label(ax, 3.05, 0.7, "FN", size=11)
    label(ax, 3.6, 0.7, "FP", size=11)
    return Drawing(ax, "A threshold cuts both groups in two: the alarms, right and false, lie to its right.")


def confusion_matrix() -> Drawing:
    """The four kinds of decision as areas, and which ratio of areas each measure is."""
    ax = sheet(7, 3.5)
    _mosaic(ax, 0.75, 0.3, 2.35, 2.6)
    label(ax, 0.75 + 0.17 * 2.35, 3.05, "died", size=9)
    label(ax, 0.75 + 0.67 * 2.35, 3.05, "survived", size=9)
    label(ax, 0.37, 2.2, "alarm", size=9)
    label(ax, 0.37, 0.75, "no\nalarm", size=9)
    says = {"TP": "true\npositive", "FN": "false\nnegative", "FP": "false positive", "TN": "true negative"}
    for name, (x, y, width, height) in _corners(0.75, 0.3, 2.35, 2.6).items():
        label(ax, x + width / 2, y + height / 2 + 0.2, name, size=12, weight="bold")
        label(ax, x + width / 2, y + height / 2 - 0.12, says[name], size=8)
    rows = [
        ("sensitivity = TP / (TP + FN)", "recall, true positive rate", "TP", ("TP", "FN")),
        ("specificity = TN / (TN + FP)", "1 − false positive rate", "TN", ("TN", "FP")),
        ("PPV = TP / (TP + FP)", "precision: an alarm is right", "TP", ("TP", "FP")),
        ("NPV = TN / (TN + FN)", "no alarm, and rightly so", "TN", ("TN", "FN")),
    ]
    for row, (formula, words, top, bottom) in enumerate(rows):
        y = 2.6 - 0.77 * row
        _mosaic(ax, 3.45, y, 0.62, 0.6, full=top, shown=bottom)
        label(ax, 4.25, y + 0.43, formula, ha="left", size=10)
        label(ax, 4.25, y + 0.16, words, ha="left", size=9, colour="#555555")
    return Drawing(ax, "Every measure is one area over two: down a column, or along what was decided.")


def _corners(x: float, y: float, width: float, height: float) -> dict[str, tuple[float, ...]]:
    """Where each of the four areas lies in a rectangle: left, bottom, width, height."""
    column = SHARES["died"] * width
    places = {}
    for alarm, none, left, wide in (("TP", "FN", x, column), ("FP", "TN", x + column, width - column)):
        share = SHARES[alarm] * height
        places[alarm] = (left, y + height - share, wide, share)
        places[none] = (left, y, wide, height - share)
    return places


def _mosaic(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    full: str = "",
    shown: tuple[str, ...] = (),
) -> None:
    """The four areas; with `shown` only these are coloured, and the one that is counted is `full`."""
    for name, (left, bottom, wide, high) in _corners(x, y, width, height).items():
        share = 0.9 if name == full else 0.3 if name in shown else 0.22
        colour = COLOURS[name] if not shown or name in shown else None
        face = tint(colour, share=share) if colour else "white"
        ax.add_patch(Rectangle((left, bottom), wide, high, facecolor=face, edgecolor=GREY, linewidth=1))
