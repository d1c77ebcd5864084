"""Splits of patients: cross-validation, and cross-validation within cross-validation."""

from __future__ import annotations

from matplotlib.axes import Axes

from medlearn.plots.drawings import canvas
from medlearn.plots.drawings.canvas import BLUE, GREEN, ORANGE

__all__ = ["cross_validation_by_patient", "nested_cross_validation"]

FILMS = (2, 1, 3, 1, 2, 2, 1, 1, 3, 2)  # of each patient


def cross_validation_by_patient() -> canvas.Drawing:
    """Ten patients with their X-rays, cut into five folds; each round measures on another fold."""
    ax = canvas.sheet(7, 2.65)
    top = 2.15
    for patient, films in enumerate(FILMS):
        x = 1.15 + 0.45 * patient
        canvas.label(ax, x + 0.2, top + 0.2, "ABCDEFGHIJ"[patient], size=9)
        for number in range(5):
            held_out = patient // 2 == number
            _patient(ax, x, top - 0.38 * (number + 1), films, ORANGE if held_out else BLUE)
    canvas.label(ax, 1.05, top + 0.2, "patient", size=9, ha="right")
    for number in range(5):
        y = top - 0.38 * (number + 1) + 0.15
        canvas.label(ax, 1.05, y, f"round {number + 1}", size=9, ha="right")
        canvas.arrow(ax, (5.75, y), (6.05, y))
        canvas.label(ax, 6.12, y, f"AUROC {number + 1}", size=9, ha="left")
    canvas.label(ax, 1.15, 0.1, "blue: train on these", colour=BLUE, size=9, ha="left")
    canvas.label(ax, 3.3, 0.1, "orange: measure on these", colour=ORANGE, size=9, ha="left")
    return canvas.Drawing(
        ax, "Each patient is in the measured fold once; all X-rays of a patient stay on one side."
    )


def _patient(ax: Axes, x: float, y: float, films: int, colour: str) -> None:
    """One patient's box, with a small square for each of their X-rays."""
    canvas.box(ax, x, y, 0.4, 0.3, colour=colour)
    for film in range(films):
        canvas.box(
            ax, x + 0.2 + 0.11 * (film - films / 2) + 0.015, y + 0.11, 0.08, 0.08, colour=colour, round=False
        )


def nested_cross_validation() -> canvas.Drawing:
    """One round of the outer loop, and the inner loop that chooses a setting within it."""
    ax = canvas.sheet(7, 2.98)
    canvas.label(ax, 0.1, 2.7, "outer loop,\nround 1 of 4", size=9, ha="left")
    for fold in range(4):
        held_out = fold == 3
        canvas.box(
            ax,
            1.3 + 1.05 * fold,
            2.5,
            1.0,
            0.4,
            f"fold {fold + 1}",
            colour=ORANGE if held_out else BLUE,
            size=9,
        )
    canvas.label(ax, 0.1, 1.5, "inner loop,\nfor each setting", size=9, ha="left")
    for row in range(3):
        y = 1.85 - 0.42 * row
        for fold in range(3):
            chosen_on = fold == row
            canvas.box(
                ax,
                1.3 + 1.05 * fold,
                y,
                1.0,
                0.34,
                "compare" if chosen_on else "train",
                colour=GREEN if chosen_on else BLUE,
                size=9,
            )
    canvas.arrow(ax, (2.85, 2.46), (2.85, 2.23))
    canvas.arrow(ax, (2.85, 0.97), (2.85, 0.72))
    canvas.box(ax, 1.3, 0.3, 3.1, 0.4, "best setting, trained on folds 1 to 3", colour=BLUE, size=9)
    canvas.arrow(ax, (4.45, 0.5), (5.15, 0.5))
    canvas.box(ax, 5.2, 0.3, 1.7, 0.4, "measured on fold 4", colour=ORANGE, size=9)
    canvas.arrow(ax, (5.5, 2.7), (6.05, 0.75), bend=-0.35)
    return canvas.Drawing(
        ax, "Fold 4 takes no part in the choice. Three more rounds hold out fold 3, then 2, then 1."
    )
