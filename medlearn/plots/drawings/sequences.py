"""Drawings of sequences: the table of an alignment, the three states of a gap, and attention on codons."""

from __future__ import annotations

from matplotlib.axes import Axes

from medlearn.plots.drawings.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    Drawing,
    arrow,
    box,
    circle,
    grid,
    label,
    sheet,
)

__all__ = ["affine_gaps", "alignment_grid", "attention"]

FIRST, SECOND = "HEAT", "HEART"
SAME, OTHER, GAP = 2, -1, -2
PATH = ((0, 0), (1, 1), (2, 2), (3, 3), (3, 4), (4, 5))  # HEA–T over HEART
CODONS, RESIDUES = "AUGGCUUAA", "MA*"
WEIGHTS = (0.4, 0.4, 0.4, 3.0, 3.6, 2.6, 0.6, 0.4, 0.4)  # widths of the lines from the second residue


def alignment_grid() -> Drawing:
    """The table of HEAT and HEART, its best path, the three ways into its last cell, and the alignment."""
    ax = sheet(7.2, 3.05)
    best, x, y, cell = _table(), 0.75, 2.62, 0.42
    grid(ax, x, y, [[*map(_signed, row)] for row in best], cell=cell, marked=PATH, size=9.5)
    for place, letter in enumerate(f"–{SECOND}"):
        label(ax, x + (place + 0.5) * cell, y + 0.17, letter, colour=BLUE)
    for place, letter in enumerate(f"–{FIRST}"):
        label(ax, x - 0.18, y - (place + 0.5) * cell, letter, colour=GREEN)
    told = f"same letter +{SAME}, another {_signed(OTHER)}, gap {_signed(GAP)}"
    label(ax, x + 3 * cell, 0.27, told, size=9)
    _ways_into_the_last_cell(ax, best)
    for place, (one, other) in enumerate(zip("HEA–T", SECOND, strict=True)):
        label(ax, 4.2 + 0.2 * place, 0.6, one, colour=GREEN)
        label(ax, 4.2 + 0.2 * place, 0.34, other, colour=BLUE)
    label(ax, 5.3, 0.47, "2 + 2 + 2 − 2 + 2 = 6", size=9, ha="left")
    return Drawing(ax, "Each cell is the best of three ways into it; the shaded path is the best alignment.")


def _ways_into_the_last_cell(ax: Axes, best: list[list[int]]) -> None:
    """The last cell with its three neighbours, and what each step adds."""
    wide, high, left, right, upper, lower = 0.6, 0.42, 4.2, 5.75, 2.05, 1.1
    look = {"round": False, "colour": GREY}
    box(ax, left, upper, wide, high, _signed(best[-2][-2]), **look)
    box(ax, right, upper, wide, high, _signed(best[-2][-1]), **look)
    box(ax, left, lower, wide, high, _signed(best[-1][-2]), **look)
    box(ax, right, lower, wide, high, _signed(best[-1][-1]), round=False, colour=ORANGE)
    label(ax, 5.3, 2.72, "three ways into the last cell", size=9.5)
    arrow(ax, (left + wide, upper), (right, lower + high), colour=ORANGE)
    arrow(ax, (right + wide / 2, upper), (right + wide / 2, lower + high))
    arrow(ax, (left + wide, lower + high / 2), (right, lower + high / 2))
    label(ax, 4.62, 1.78, f"+{SAME}: T over T", size=9, colour=ORANGE)
    label(ax, right + wide / 2 + 0.1, 1.78, f"{_signed(GAP)}: gap", size=9, ha="left")
    label(ax, 5.28, lower + high / 2 - 0.15, f"{_signed(GAP)}: gap", size=9)


def _table() -> list[list[int]]:
    """The table of the two words, row by row."""
    best = [
        [GAP * (i + j) if 0 in (i, j) else 0 for j in range(len(SECOND) + 1)] for i in range(len(FIRST) + 1)
    ]
    for i, one in enumerate(FIRST, start=1):
        for j, other in enumerate(SECOND, start=1):
            pair = best[i - 1][j - 1] + (SAME if one == other else OTHER)
            best[i][j] = max(pair, best[i - 1][j] + GAP, best[i][j - 1] + GAP)
    return best


def _signed(number: int) -> str:
    return f"{number}".replace("-", "−")


def affine_gaps() -> Drawing:
    """Three tables, for a pair and for a gap on either side, the steps between them, and an example."""
    ax = sheet(7.2, 2.95)
    names = {
        "the first's\nletter alone": GREEN,
        "letter over\nletter": ORANGE,
        "the second's\nletter alone": BLUE,
    }
    steps, lefts = ("go on: −1", "the pair's score", "go on: −1"), (0.3, 2.85, 5.4)
    for left, (name, colour), step in zip(lefts, names.items(), steps, strict=True):
        box(ax, left, 1.4, 1.5, 0.62, name, colour=colour, size=9.5)
        arrow(ax, (left + 0.45, 2.04), (left + 1.05, 2.04), colour=colour, bend=-1.2)
        label(ax, left + 0.75, 2.6, step, size=9)
    for start, end in ((2.83, 1.82), (4.37, 5.38)):
        arrow(ax, (start, 1.84), (end, 1.84))
        arrow(ax, (end, 1.58), (start, 1.58))
        label(ax, (start + end) / 2, 1.98, "open: −11", size=9)
        label(ax, (start + end) / 2, 1.42, "close: a pair", size=9)
    _costs_of_an_alignment(ax)
    return Drawing(
        ax, "Three tables remember whether a gap is open: to open one costs 11, to go on with it 1."
    )


def _costs_of_an_alignment(ax: Axes) -> None:
    """Two rows of letters, and what each column adds."""
    columns = (("W", "W"), ("E", "–"), ("A", "A"), ("–", "K"), ("–", "E"), ("–", "D"), ("K", "K"))
    for height, name in zip((0.98, 0.7, 0.4), ("first", "second", "adds"), strict=True):
        label(ax, 0.85, height, name, size=9, ha="right")
    last = ""
    for place, (one, other) in enumerate(columns):
        x = 1.4 + 0.8 * place
        kind = "first" if other == "–" else "second" if one == "–" else "pair"
        adds = "score" if kind == "pair" else "−1" if kind == last else "−11"
        colour = {"first": GREEN, "second": BLUE, "pair": ORANGE}[kind]
        label(ax, x, 0.98, one)
        label(ax, x, 0.7, other)
        label(ax, x, 0.4, adds, size=9, colour=INK if kind == "pair" else colour)
        last = kind


def attention() -> Drawing:
    """An encoder that reads RNA, a decoder that writes residues, and what its second step looks at."""
    ax = sheet(7.2, 3.2)
    middles = [1.2 + 0.69 * place for place in range(len(CODONS))]
    for place, (x, letter) in enumerate(zip(middles, CODONS, strict=True)):
        chosen = 3 <= place < 6
        box(ax, x - 0.26, 0.6, 0.52, 0.36, f"$h_{{{place + 1}}}$", colour=ORANGE if chosen else BLUE, size=9)
        label(ax, x, 0.2, letter, colour=ORANGE if chosen else INK)
        arrow(ax, (x, 0.31), (x, 0.58))
        if place:
            arrow(ax, (x - 0.43, 0.78), (x - 0.27, 0.78))
    focus = middles[4]
    for x, width in zip(middles, WEIGHTS, strict=True):
        ax.plot([x, focus], [0.97, 1.45], color=ORANGE if width > 1 else GREY, linewidth=width, zorder=0)
    circle(ax, focus, 1.57, 0.15, "Σ", colour=ORANGE)
    arrow(ax, (focus, 1.73), (focus, 2.08), colour=ORANGE)
    label(ax, 5.0, 1.57, "weights: a softmax of $q \\cdot k / \\sqrt{d}$", size=9, ha="left", colour=ORANGE)
    _decoder(ax, [middles[place] for place in (1, 4, 7)])
    label(ax, 0.4, 0.78, "encoder", size=9)
    label(ax, 0.4, 2.28, "decoder", size=9)
    return Drawing(
        ax, "For each residue the decoder weighs all letters of the RNA; here those of its codon stand out."
    )


def _decoder(ax: Axes, middles: list[float]) -> None:
    """One step a residue; each is told what was written before."""
    for place, (x, residue) in enumerate(zip(middles, RESIDUES, strict=True)):
        colour = ORANGE if place == 1 else BLUE
        box(ax, x - 0.35, 2.1, 0.7, 0.36, f"$s_{place + 1}$", colour=colour, size=9)
        arrow(ax, (x, 2.48), (x, 2.8))
        label(ax, x, 2.93, "stop" if residue == "*" else residue, colour=colour if place == 1 else INK)
        if place:
            before = middles[place - 1]
            arrow(ax, (before + 0.37, 2.28), (x - 0.37, 2.28))
            arrow(ax, (before + 0.14, 2.9), (x - 0.2, 2.48), colour=GREY, dashed=True)
