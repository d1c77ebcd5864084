"""Drawings of how cases are divided by patient. Cross-validation is drawn elsewhere. Shows no data."""

from __future__ import annotations

from medlearn.plots.drawings.canvas import (
    BLUE,
    GREEN,
    ORANGE,
    Drawing,
    box,
    circle,
    label,
    sheet,
)

__all__ = ["split_by_patient"]


def split_by_patient() -> Drawing:
    """Train, validation and test: all images of one patient lie on one side."""
    ax = sheet(7, 2.2)
    parts = [
        ("train", "learn the weights", BLUE, [3, 1, 2, 1, 2, 1], 0.15, 3.55),
        ("validation", "make choices", ORANGE, [2, 1], 3.85, 1.35),
        ("test", "look once, at the end", GREEN, [1, 3], 5.35, 1.5),
    ]
    patient = 0
    for name, use, colour, images, left, width in parts:
        box(ax, left, 0.3, width, 1.45, colour=colour)
        label(ax, left + width / 2, 2.0, name, size=11)
        label(ax, left + width / 2, 0.13, use, size=9)
        for place, count in enumerate(images):
            patient += 1
            x = left + width * (place + 0.5) / len(images)
            circle(ax, x, 0.62, 0.18, f"{patient}", colour=colour, size=9)
            for row in range(count):
                box(ax, x - 0.1, 0.88 + 0.27 * row, 0.2, 0.2, colour=colour, round=False)
    return Drawing(ax, "Circles are patients, squares their images: no patient stands in two parts.")
