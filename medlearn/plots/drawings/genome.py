"""Drawings of the genome: a filter that scans a sequence, splicing, and genes chosen outside the folds."""

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
    grid,
    label,
    sheet,
    tint,
)

__all__ = ["scanning", "selection", "splicing"]

SEQUENCE = "ACAGGTAAGTCA"
FILTER = {"A": (0, 0, 1, 1), "C": (-1, -1, 0, 0), "G": (2, -1, 0, 0), "T": (-1, 2, 0, 0)}  # likes GTAA


def scanning() -> Drawing:
    """A filter of four letters under a sequence, the scores of all its places, and the strongest."""
    ax = sheet(7.2, 3.3)
    width, cell, left = len(FILTER["A"]), 0.36, 0.95
    scores = [
        sum(FILTER[letter][at] for at, letter in enumerate(SEQUENCE[place : place + width]))
        for place in range(len(SEQUENCE) - width + 1)
    ]
    best = max(range(len(scores)), key=scores.__getitem__)
    under = {(0, place) for place in range(best, best + width)}
    grid(ax, left, 3.1, [[*SEQUENCE]], cell=cell, marked=under)
    label(ax, left - 0.12, 2.92, "sequence", size=9, ha="right")
    rows = [[_signed(weight) for weight in FILTER[letter]] for letter in "ACGT"]
    used = {("ACGT".index(letter), at) for at, letter in enumerate(SEQUENCE[best : best + width])}
    x = left + best * cell
    grid(ax, x, 2.5, rows, cell=cell, colour=ORANGE, marked=used)
    for row, letter in enumerate("ACGT"):
        label(ax, x - 0.14, 2.32 - row * cell, letter, size=9)
    label(ax, x - 0.35, 1.78, "filter", size=9, ha="right")
    arrow(ax, (x + width * cell + 0.12, 1.78), (x + width * cell + 0.75, 1.78), colour=ORANGE)
    label(ax, x + width * cell + 0.85, 1.78, "slides on", size=9, ha="left")
    arrow(ax, (x + cell / 2, 1.0), (x + cell / 2, 0.72))
    grid(ax, left, 0.68, [[*map(_signed, scores)]], cell=cell, marked={(0, best)}, mark=BLUE)
    label(ax, left - 0.12, 0.5, "score", size=9, ha="right")
    terms = " + ".join(str(FILTER[letter][at]) for at, letter in enumerate(SEQUENCE[best : best + width]))
    label(ax, left + len(scores) * cell + 0.15, 0.5, f"{terms} = {scores[best]}", size=9, ha="left")
    return Drawing(ax, "A filter gives each place a score: a weight for each letter that stands under it.")


def _signed(number: int) -> str:
    return f"{number}".replace("-", "−")


def splicing() -> Drawing:
    """Exon, intron from GT to AG, exon; and below what is left when the intron is cut out."""
    ax = sheet(7.2, 2.5)
    box(ax, 0.3, 1.4, 1.7, 0.5, "exon … CAG", colour=BLUE, round=False)
    box(ax, 2.0, 1.4, 3.2, 0.5, colour=GREY, round=False)
    box(ax, 5.2, 1.4, 1.7, 0.5, "G … exon", colour=BLUE, round=False)
    for x, text in ((2.22, "GT"), (4.98, "AG")):
        label(ax, x, 1.65, text, colour=RED, weight="bold")
    label(ax, 2.43, 1.65, "AAGT … intron … TTTTCTTTC", size=9, ha="left")
    for x, name in ((2.0, "donor (EI)"), (5.2, "acceptor (IE)")):
        ax.plot([x, x], [1.3, 2.05], color=RED, linewidth=1.4)
        label(ax, x, 2.2, name, size=9, colour=RED)
    for x, end in ((1.15, 2.75), (6.05, 4.45)):
        arrow(ax, (x, 1.32), (end, 0.84), colour=INK)
    box(ax, 1.9, 0.3, 1.7, 0.5, "exon … CAG", colour=BLUE, round=False)
    box(ax, 3.6, 0.3, 1.7, 0.5, "G … exon", colour=BLUE, round=False)
    label(ax, 5.45, 0.55, "messenger RNA", size=9, ha="left")
    return Drawing(
        ax, "Splicing cuts the intron out, from GT to AG; with one letter wrong, the cell may cut elsewhere."
    )


def selection() -> Drawing:
    """Genes chosen on all patients and then tested on some of them; and chosen anew in each fold."""
    ax = sheet(7.2, 2.9)
    for left, title, outside in ((0.15, "outside the folds", True), (3.75, "inside the folds", False)):
        colour = RED if outside else GREEN
        label(ax, left + 1.65, 2.72, f"genes chosen {title}", size=10.5, colour=colour)
        if outside:
            box(ax, left, 2.1, 3.3, 0.38, "choose 20 genes on all patients", colour=ORANGE, size=9)
            arrow(ax, (left + 0.88, 2.08), (left + 0.88, 1.87))
        else:
            label(ax, left + 1.65, 2.29, "in each round, on the blue ones only:", size=9)
        for row in range(3):
            _round(ax, left, 1.5 - 0.48 * row, row, outside=outside)
    verdict = "the test patients helped to choose", "the test patients were never seen"
    for x, text, colour in zip((1.8, 5.4), verdict, (RED, GREEN), strict=True):
        label(ax, x, 0.2, text, size=9, colour=colour)
    ax.plot([3.6, 3.6], [0.15, 2.8], color=tint(GREY, share=0.6), linewidth=0.8)
    return Drawing(
        ax, "What chooses genes is part of the model: it must not see whom the model is tested on."
    )


def _round(ax: Axes, left: float, y: float, held_out: int, *, outside: bool) -> None:
    """Three parts of the patients, one of them held out, and what is done with the others."""
    for part in range(3):
        tested = part == held_out
        colour = ORANGE if tested else BLUE
        box(ax, left + 0.6 * part, y, 0.56, 0.34, "test" if tested else "learn", colour=colour, size=8)
    does = "train" if outside else "choose, train"
    arrow(ax, (left + 1.84, y + 0.17), (left + 2.1, y + 0.17))
    label(ax, left + 2.16, y + 0.17, does, size=9, ha="left")
