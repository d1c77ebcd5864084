"""What schematic drawings are made of: a sheet, boxes, arrows, circles, numbers in a grid.

Shows no data. One unit of a sheet is an inch, and y grows upwards.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "RED",
    "Drawing",
    "arrow",
    "box",
    "circle",
    "grid",
    "label",
    "sheet",
    "tint",
]

INK, GREY = "#222222", "#8a8a8a"
BLUE, ORANGE, GREEN, RED = "#0173b2", "#de8f05", "#029e73", "#d55e00"  # seaborn's for the colour-blind
DPI = 110  # of a page; a drawing has twice as many dots, for sharp screens
CAPTION = 0.3  # inches below the drawing


class Drawing:
    """A schematic figure with its `caption`: notebooks show it, sharp on any screen.

    Parameters
    ----------
    ax : the sheet it was drawn on.
    caption : one sentence, set below it.
    """

    def __init__(self, ax: Axes, caption: str):
        self.figure, self.caption = ax.figure, caption
        width, height = self.figure.get_size_inches()
        self.figure.set_size_inches(width, height + CAPTION)
        share = CAPTION / (height + CAPTION)
        ax.set_position((0, share, 1, 1 - share))
        self.figure.text(0.1 / width, share / 2, caption, fontsize=9, color="0.3", va="center")

    def __repr__(self) -> str:
        return f"Drawing: {self.caption}"

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """What IPython shows."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, dpi=2 * DPI, facecolor="white", metadata={"Software": None})
        width, height = (round(DPI * inches) for inches in self.figure.get_size_inches())
        return buffer.getvalue(), {"width": width, "height": height}


def sheet(width: float, height: float) -> Axes:
    """An empty sheet of `width` × `height` inches."""
    figure = Figure(figsize=(width, height), layout="none")
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
    ax.axis("off")
    return ax


def label(
    ax: Axes, x: float, y: float, text: str, *, size: float = 10, colour: str = INK, **more: object
) -> None:
    """Write `text` on the sheet `ax`, centred on (`x`, `y`), of this `size` in points and this `colour`.

    `more` is handed to matplotlib, such as `ha="left"`.
    """
    ax.text(x, y, text, **({"ha": "center", "va": "center", "fontsize": size, "color": colour} | more))


def box(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    text: str = "",
    *,
    colour: str = BLUE,
    size: float = 10,
    round: bool = True,
) -> None:
    """Draw a box on the sheet `ax`, in a light tint of `colour`, with `text` of this `size` in it.

    Its lower left corner is (`x`, `y`), its sides are `width` and `height`; `round` gives it round corners.
    """
    look = {"facecolor": tint(colour), "edgecolor": colour, "linewidth": 1.3}
    if round:
        style = "round,pad=0,rounding_size=0.08"
        ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, **look))
    else:
        ax.add_patch(Rectangle((x, y), width, height, **look))
    label(ax, x + width / 2, y + height / 2, text, size=size)


def circle(
    ax: Axes, x: float, y: float, radius: float, text: str = "", *, colour: str = BLUE, size: float = 10
) -> None:
    """Draw a circle of this `radius` around (`x`, `y`) on the sheet `ax`, in a light tint of `colour`.

    `text` of this `size` stands in it.
    """
    ax.add_patch(Circle((x, y), radius, facecolor=tint(colour), edgecolor=colour, linewidth=1.3, zorder=2))
    label(ax, x, y, text, size=size, zorder=3)


def arrow(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    colour: str = INK,
    bend: float = 0,
    dashed: bool = False,
) -> None:
    """Draw an arrow from `start` to `end` on the sheet `ax`, in this `colour`.

    `bend` curves it, `dashed` breaks its line.
    """
    look = {"arrowstyle": "-|>", "mutation_scale": 11, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.2}
    look |= {"color": colour, "linestyle": "--" if dashed else "-", "zorder": 1}
    ax.add_patch(FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", **look))


def grid(
    ax: Axes,
    x: float,
    y: float,
    values: Sequence[Sequence[object]],
    *,
    cell: float = 0.36,
    colour: str = GREY,
    marked: Collection[tuple[int, int]] = (),
    mark: str = ORANGE,
    size: float = 10,
) -> None:
    """Draw a table of numbers whose upper left corner is (`x`, `y`).

    Parameters
    ----------
    ax : the sheet.
    x, y : its upper left corner.
    values : row by row, what stands in each cell.
    cell : the side of a cell.
    colour : of its lines.
    marked : the (row, column) of cells that are tinted.
    mark : the colour of the tint.
    size : of the numbers, in points.
    """
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            corner = (x + j * cell, y - (i + 1) * cell)
            face = tint(mark) if (i, j) in marked else "white"
            ax.add_patch(Rectangle(corner, cell, cell, facecolor=face, edgecolor=colour, linewidth=0.9))
            label(ax, corner[0] + cell / 2, corner[1] + cell / 2, f"{value}", size=size)


def tint(colour: str, *, share: float = 0.18) -> tuple[float, float, float]:
    """A light tint: this `share` of `colour` on white.

    >>> tint("#000000", share=0.25)
    (0.75, 0.75, 0.75)
    """
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour))
    return red, green, blue
