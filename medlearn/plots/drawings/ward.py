"""Drawings of a model in use: the way of a film, numbers of eight bits, store and forward. Shows no data."""

from __future__ import annotations

from matplotlib.axes import Axes

from medlearn.plots.drawings.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    Drawing,
    arrow,
    box,
    label,
    sheet,
)

__all__ = ["eight_bit_numbers", "store_and_forward", "way_of_a_film"]

LOWEST, HIGHEST = -1.2, 1.35  # what a layer answers on the calibration films
FEWEST, MOST = -128, 127  # numbers of eight bits
SHOWN = (-1.2, 0.0, 1.0, 1.35)


def way_of_a_film() -> Drawing:
    """From the scanner by DICOM to the model, and by a report to the doctor; a refusal goes the same way."""
    ax = sheet(7.4, 2.7)
    stations = ("scanner", "read\nand checked", "model", "report", "doctor")
    lefts, wide, high, low = [0.15 + 1.52 * place for place in range(5)], 1.0, 0.62, 1.35
    colours = (GREY, BLUE, ORANGE, GREEN, GREY)
    for left, name, colour in zip(lefts, stations, colours, strict=True):
        box(ax, left, low, wide, high, name, colour=colour, size=9.5)
    for place, carried in enumerate(("DICOM", "pixels", "p, map", "words")):
        start, end = lefts[place] + wide + 0.03, lefts[place + 1] - 0.03
        arrow(ax, (start, low + high / 2), (end, low + high / 2))
        label(ax, (start + end) / 2, low + high + 0.14, carried, size=8.5)
    _beside_the_way(ax, [left + wide / 2 for left in lefts], low)
    ax.plot([1.42, 5.96], [2.42, 2.42], color=GREY, linewidth=1)
    label(ax, 3.69, 2.56, "here, on one machine", size=9, colour=INK)
    return Drawing(
        ax, "What cannot be read as a chest film is refused; what is unlike those learnt gets no answer."
    )


def _beside_the_way(ax: Axes, middles: list[float], low: float) -> None:
    """The refusal, and the log, which each answer leaves a line in."""
    read, model, report = middles[1:4]
    arrow(ax, (read, low - 0.03), (read, 0.88), colour=RED)
    box(ax, read - 0.62, 0.42, 1.24, 0.44, "refused, and why", colour=RED, size=8.5)
    arrow(ax, (model, low - 0.03), (model, 0.88))
    box(ax, model - 0.5, 0.42, 1.0, 0.44, "log, no name", colour=GREY, size=8.5)
    arrow(ax, (report, 0.88), (report, low - 0.03))
    box(ax, report - 0.64, 0.42, 1.28, 0.44, "digest, threshold", colour=GREY, size=8.5)
    label(ax, read, 0.2, "a CT, a knee, half a file", size=8.5, colour=GREY)
    label(ax, report, 0.2, "which model said so", size=8.5, colour=GREY)


def eight_bit_numbers() -> Drawing:
    """A line of real numbers above a line of whole ones: the scale is a step, the zero point where 0 lies."""
    ax = sheet(7.4, 2.5)
    left, right, upper, lower = 0.9, 6.3, 1.75, 0.75
    scale = (HIGHEST - LOWEST) / (MOST - FEWEST)
    zero = round(FEWEST - LOWEST / scale)
    for height, name in ((upper, "number"), (lower, "eight bits")):
        ax.plot([left, right], [height, height], color=INK, linewidth=1.2)
        label(ax, 0.4, height, name, size=9)
    for number in SHOWN:
        x = left + (number - LOWEST) / (HIGHEST - LOWEST) * (right - left)
        colour = ORANGE if number == 0 else BLUE
        arrow(ax, (x, upper), (x, lower), colour=colour)
        label(ax, x, upper + 0.17, _signed(f"{number:g}"), colour=colour)
        label(ax, x, lower - 0.17, _signed(f"{zero + round(number / scale)}"), colour=colour)
    label(ax, left + 1.25, 0.25, f"zero point: {_signed(f'{zero}')} stands for 0", size=9, colour=ORANGE)
    label(ax, 5.0, 0.25, f"scale: a step of 1 is worth {scale:.4f}", size=9, colour=BLUE)
    label(ax, 3.6, 2.25, "divide by the scale, round, add the zero point", size=9)
    label(ax, 6.85, upper, f"above {HIGHEST:g}:\ncut off", size=8.5, colour=GREY)
    return Drawing(ax, "Numbers of eight bits: 255 equal steps, laid between the lowest and the highest.")


def _signed(number: str) -> str:
    return number.replace("-", "−")


def store_and_forward() -> Drawing:
    """A clinic and a hospital as two lines of time: films wait, go when the line is up, answers come back."""
    ax = sheet(7.4, 2.75)
    clinic, hospital, left, right = 2.0, 0.75, 1.15, 7.0
    for height, name in ((clinic, "clinic"), (hospital, "radiologist")):
        arrow(ax, (left, height), (right, height), colour=GREY)
        label(ax, 0.6, height, name, size=9.5)
    ax.plot([2.1, 3.9], [1.38, 1.38], color=RED, linewidth=5, solid_capstyle="butt", alpha=0.35)
    label(ax, 3.0, 1.16, "no line", size=9, colour=RED)
    for x, name, sent in ((1.5, "film 1", 1.5), (2.5, "film 2", 4.1), (3.3, "film 3", 4.4)):
        ax.plot(x, clinic, "o", color=BLUE, markersize=7)
        label(ax, x, clinic + 0.22, name, size=9)
        arrow(ax, (sent, clinic - 0.05), (sent + 0.3, hospital + 0.05), colour=BLUE)
    for start in (4.9, 5.9):
        arrow(ax, (start, hospital + 0.05), (start + 0.3, clinic - 0.05), colour=GREEN)
    ax.plot([2.5, 4.1], [clinic, clinic], color=BLUE, linewidth=3, alpha=0.4)
    label(ax, 4.75, clinic + 0.22, "all are sent", size=9, colour=BLUE)
    label(ax, 6.25, clinic + 0.22, "reports", size=9, colour=GREEN)
    label(ax, 2.9, 0.42, "the model in the clinic answers at once,", size=9, colour=ORANGE)
    label(ax, 2.9, 0.2, "line or no line", size=9, colour=ORANGE)
    label(ax, 5.6, 0.42, "read when there is time", size=9, colour=GREY)
    label(ax, 6.85, 0.2, "time", size=9, colour=GREY)
    return Drawing(ax, "Store and forward: films wait in the clinic until there is a line, and none is lost.")
