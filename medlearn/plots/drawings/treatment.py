"""Drawings of treatment: who decides, what causes what, and the net that corrects a copy. Shows no data."""

from __future__ import annotations

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
    circle,
    grid,
    label,
    sheet,
)

__all__ = ["causes", "correct_the_copy", "trial_or_records"]


def causes(hidden: bool = False) -> Drawing:
    """Severity decides on the drug and on death: three arrows, and with `hidden` a cause that nobody sees."""
    low = 0.9 if hidden else 0.2
    ax = sheet(6.4, low + 2.0)
    box(ax, 2.45, low + 1.25, 1.5, 0.5, "severity", colour=ORANGE)
    box(ax, 0.5, low, 1.3, 0.5, "drug", colour=BLUE)
    box(ax, 4.6, low, 1.3, 0.5, "death", colour=RED)
    arrow(ax, (2.45, low + 1.3), (1.5, low + 0.54))
    arrow(ax, (3.95, low + 1.3), (4.9, low + 0.54))
    arrow(ax, (1.84, low + 0.25), (4.56, low + 0.25), colour=GREEN)
    label(ax, 3.2, low + 0.42, "what we ask", size=9, colour=GREEN)
    label(ax, 1.35, low + 1.08, "the sicker get it", size=9, colour=GREY)
    label(ax, 5.1, low + 1.08, "the sicker die", size=9, colour=GREY)
    if not hidden:
        return Drawing(ax, "Confounding by indication: what led to the drug leads to death as well.")
    circle(ax, 3.2, 0.4, 0.3, "?", colour=GREY, size=12)
    arrow(ax, (2.86, 0.44), (1.5, 0.86), colour=GREY, dashed=True)
    arrow(ax, (3.54, 0.44), (4.9, 0.86), colour=GREY, dashed=True)
    label(ax, 4.7, 0.3, "in no column", size=9, colour=GREY)
    return Drawing(ax, "What no column shows cannot be adjusted for, and nothing in the data warns of it.")


def correct_the_copy() -> Drawing:
    """The last set, times α, plus what the net adds, through a sigmoid: the next set."""
    ax = sheet(7.2, 2.4)
    grid(ax, 0.25, 1.98, [[1, 0, 1, 0]])
    label(ax, 0.97, 2.15, "last set", size=9)
    box(ax, 2.2, 1.55, 0.75, 0.5, "× α", colour=BLUE)
    box(ax, 0.25, 0.18, 1.44, 0.62, "diagnoses,\nearlier visits", colour=GREY, size=9)
    box(ax, 2.2, 0.18, 0.95, 0.62, "net", colour=ORANGE)
    circle(ax, 3.9, 1.15, 0.22, "+", colour=INK, size=13)
    box(ax, 4.5, 0.9, 0.8, 0.5, "sigmoid", colour=GREEN, size=9)
    grid(ax, 5.62, 1.33, [[".9", ".1", ".4", ".2"]], size=9)
    label(ax, 6.34, 1.5, "next set", size=9)
    for start, end in (
        ((1.74, 1.8), (2.15, 1.8)),
        ((3.0, 1.8), (3.74, 1.33)),
        ((1.74, 0.49), (2.15, 0.49)),
        ((3.2, 0.49), (3.76, 0.95)),
        ((4.16, 1.15), (4.45, 1.15)),
        ((5.35, 1.15), (5.57, 1.15)),
    ):
        arrow(ax, start, end)
    label(ax, 3.45, 1.8, "the copy", size=9, ha="left", colour=BLUE)
    label(ax, 3.72, 0.49, "its correction, 0 at first", size=9, ha="left", colour=ORANGE)
    return Drawing(ax, 'Before training the net says "the same as last time"; it learns where that is wrong.')


def trial_or_records() -> Drawing:
    """Who decides: in a trial a coin, which sees nobody; in records a doctor, who sees the patient."""
    ax = sheet(7.2, 2.6)
    for left, title, colour, who, sick, why in (
        (0.25, "a trial", GREEN, "a coin", (2, 2), "sees nobody: the groups are alike"),
        (3.85, "records", ORANGE, "a doctor", (0, 4), "sees the patient: the groups differ"),
    ):
        label(ax, left + 1.55, 2.42, title, size=11, weight="bold")
        box(ax, left + 0.9, 1.6, 1.3, 0.5, who, colour=colour)
        arrow(ax, (left + 1.25, 1.56), (left + 0.7, 1.08))
        arrow(ax, (left + 1.85, 1.56), (left + 2.4, 1.08))
        for name, x, count in zip(("no drug", "drug"), (left, left + 1.7), sick, strict=True):
            for place in range(5):
                circle(ax, x + 0.2 + 0.26 * place, 0.85, 0.1, colour=RED if place < count else BLUE)
            label(ax, x + 0.72, 0.58, name, size=9)
        label(ax, left + 1.55, 0.25, why, size=9, colour=INK)
    return Drawing(
        ax, "Orange are the sicker: where a coin decides, only chance and the drug tell the groups apart."
    )
