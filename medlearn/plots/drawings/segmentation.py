"""Drawings of segmentation: the U-Net, kernels with holes, what two masks share. Shows no data."""

from __future__ import annotations

from itertools import pairwise

from medlearn.plots.drawings.canvas import BLUE, GREEN, GREY, ORANGE, Drawing, arrow, box, grid, label, sheet

__all__ = ["holes_in_kernels", "two_masks", "u_of_a_unet"]


def two_masks() -> Drawing:
    """Two masks on a grid of pixels, and what Dice and IoU count."""
    ax = sheet(7, 2.3)
    true = {(i, j) for i in range(1, 4) for j in range(1, 3)}
    found = {(i, j) for i in range(2, 5) for j in range(1, 3)}
    empty = [["" for _ in range(4)] for _ in range(5)]
    grid(ax, 0.3, 2.1, empty, marked=true, mark=ORANGE)
    grid(ax, 2.3, 2.1, empty, marked=found, mark=BLUE)
    grid(ax, 4.3, 2.1, empty, marked=true & found, mark=GREEN)
    for x, text in ((1.02, "truth: 6"), (3.02, "answer: 6"), (5.02, "both: 4")):
        label(ax, x, 0.13, text, size=9)
    label(ax, 6.4, 1.5, "Dice\n2·4 / (6+6)\n= .67", size=9)
    label(ax, 6.4, 0.7, "IoU\n4 / 8\n= .50", size=9)
    return Drawing(ax, "Dice and IoU count the same pixels and divide by different numbers.")


def u_of_a_unet() -> Drawing:
    """The stages of the U-Net with their sizes, down and up again, and the bridges across."""
    ax = sheet(7.4, 3.2)
    stages = ((0.2, 2.5, "128²\n8"), (1.1, 1.75, "64²\n16"), (2.0, 1.0, "32²\n32"), (3.2, 0.25, "16²\n64"))
    for x, y, text in stages[:3]:
        box(ax, x, y, 0.8, 0.55, text, size=9)
        mirror = 6.4 - x
        box(ax, mirror, y, 0.8, 0.55, text, colour=GREEN, size=9)
        arrow(ax, (x + 0.8, y + 0.28), (mirror, y + 0.28), colour=GREY, dashed=True)
    x, y, text = stages[3]
    box(ax, x, y, 0.8, 0.55, text, colour=ORANGE, size=9)
    for (x, y, _), (after, below, _) in pairwise(stages):
        arrow(ax, (x + 0.4, y), (after + 0.1, below + 0.56))
        arrow(ax, (7.2 - after - 0.1 if below > 0.5 else 3.9, below + 0.56), (6.8 - x, y))
    label(ax, 3.6, 2.92, "what was seen at this size is handed across", size=9, colour=GREY)
    label(ax, 0.75, 0.6, "down: pooling,\nmore channels", size=9)
    label(ax, 6.3, 0.6, "up: doubled,\nfewer channels", size=9)
    return Drawing(ax, "A U-Net: down to see far, up to answer for each pixel, bridges to know the place.")


def holes_in_kernels() -> Drawing:
    """A kernel of 3 × 3 with a rate of 1, 2 and 3: the same nine weights, further apart."""
    ax = sheet(7, 2.5)
    for number, rate in enumerate((1, 2, 3)):
        places = {(3 + rate * i, 3 + rate * j) for i in (-1, 0, 1) for j in (-1, 0, 1)}
        grid(
            ax, 0.3 + 2.3 * number, 2.35, [["" for _ in range(7)] for _ in range(7)], cell=0.27, marked=places
        )
        label(ax, 1.25 + 2.3 * number, 0.25, f"rate {rate}: sees {2 * rate + 1} × {2 * rate + 1}", size=9)
    return Drawing(ax, "A dilated convolution sees further with the same nine weights.")
