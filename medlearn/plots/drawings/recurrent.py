"""Recurrent networks: one step repeated, the gates of the LSTM and the GRU, and what a cell of a grid says.

The symbols are the names that notebook 3 gives them in its code.
"""

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
    label,
    sheet,
)

__all__ = ["gru_in_three_steps", "lstm_in_three_steps", "unrolled_network", "value_mask_since"]

PANEL = 2.45  # inches: one of three steps
RAIL, GATE, MIDDLE, MEMORY = (
    0.62,
    1.0,
    1.62,
    2.2,
)  # heights: the inputs, the gates, what they act on, the state


def value_mask_since() -> Drawing:
    """Lactate on a time line of 24 hours, and the three numbers of each cell of four hours."""
    ax = sheet(7, 2.5)
    left, wide, top = 1.0, 0.95, 1.45  # a cell of four hours is `wide` inches
    measured = {0.5: "1.9", 6.0: "2.4", 7.5: "3.6", 18.0: "2.2"}
    rows = {
        "value": ("1.9", "3.6", "–", "–", "2.2", "–"),
        "mask": (1, 1, 0, 0, 1, 0),
        "since (h)": (3.5, 0.5, 4.5, 8.5, 2, 6),
    }
    arrow(ax, (left, top), (left + 6 * wide + 0.25, top))
    for edge in range(7):
        x = left + edge * wide
        ax.plot([x, x], [0.1, top + 0.06], color=GREY, linewidth=0.8, zorder=0)
        label(ax, x, top + 0.18, f"{4 * edge} h", size=8, colour=GREY)
    for hour, value in measured.items():
        x = left + hour / 4 * wide
        ax.plot(x, top, "o", color=BLUE, markersize=7, zorder=3)
        label(ax, x, top + 0.42, value, colour=BLUE)
    label(ax, left - 0.1, top + 0.42, "lactate,\nmmol/l", size=9, colour=BLUE, ha="right")
    start, end = left + 7.5 / 4 * wide, left + 3 * wide
    arrow(ax, (start, top + 0.68), (end, top + 0.68), colour=ORANGE)
    label(ax, (start + end) / 2, top + 0.86, "4.5 h to the cell's end", size=9, colour=ORANGE)
    for place, (name, numbers) in enumerate(rows.items()):
        y = 1.12 - 0.38 * place
        label(ax, left - 0.1, y, name, ha="right")
        for cell, number in enumerate(numbers):
            colour = ORANGE if (name, cell) == ("since (h)", 2) else INK
            label(ax, left + (cell + 0.5) * wide, y, f"{number}", colour=colour)
    return Drawing(
        ax, "Each cell of four hours holds its last value, whether there is one, and how old the newest is."
    )


def unrolled_network() -> Drawing:
    """A recurrent network as a loop, and the same laid out step by step."""
    ax = sheet(7, 2.3)
    box(ax, 0.45, 0.85, 0.9, 0.6, "step", colour=ORANGE)
    arrow(ax, (0.9, 0.4), (0.9, 0.83))
    label(ax, 0.9, 0.25, "$x_t$")
    ax.plot([1.35, 1.6, 1.6, 0.2, 0.2], [1.15, 1.15, 1.75, 1.75, 1.15], color=INK, linewidth=1.2)
    arrow(ax, (0.2, 1.15), (0.44, 1.15))
    label(ax, 0.9, 1.9, "$h_t$ comes back as $h_{t-1}$", size=9)
    label(ax, 1.95, 1.15, "=", size=16)
    for place, (name, when) in enumerate(
        (("1", "0–4 h"), ("2", "4–8 h"), ("3", "8–12 h"), ("12", "44–48 h"))
    ):
        x = 2.75 + place * 1.07 + (0.25 if place == 3 else 0)
        box(ax, x, 0.85, 0.6, 0.6, "step", colour=ORANGE)
        arrow(ax, (x + 0.3, 0.4), (x + 0.3, 0.83))
        label(ax, x + 0.3, 0.25, f"$x_{{{name}}}$: {when}", size=8)
        if place == 0:
            label(ax, x - 0.36, 1.15, "0", size=9)
            arrow(ax, (x - 0.26, 1.15), (x - 0.02, 1.15))
        if place < 2:
            arrow(ax, (x + 0.6, 1.15), (x + 1.05, 1.15))
            label(ax, x + 0.83, 1.3, f"$h_{{{name}}}$", size=9)
        if place == 2:
            label(ax, x + 0.83, 1.15, "· · ·")
        if place == 3:
            arrow(ax, (x - 0.24, 1.15), (x - 0.02, 1.15))
            arrow(ax, (x + 0.3, 1.47), (x + 0.3, 1.83))
            label(ax, x + 0.3, 1.97, "$h_{12}$: risk", size=9)
    label(ax, 4.3, 1.75, "the same weights W, U, b in every step", size=9, colour=ORANGE)
    return Drawing(
        ax, "One step, repeated: the state h carries what was read from each four hours to the next."
    )


def lstm_in_three_steps() -> Drawing:
    """The LSTM, one gate at a time: forget, let in, show."""
    ax = sheet(3 * PANEL, 2.75)
    titles = ("1. $f$: forget part of $c$", "2. $i$: let something in", "3. $o$: show part of it")
    for step, title in enumerate(titles):
        x = step * PANEL
        last = step == 2
        _frame(ax, x, title, state="c", out="$h_t$" if last else "")
        _gate(ax, x + 0.56, "f", new=step == 0, to=MEMORY)
        circle(ax, x + 0.56, MEMORY, 0.12, "×", colour=_of(step == 0, BLUE), size=11)
        if step >= 1:
            colour = _of(step == 1, GREEN)
            _gate(ax, x + 0.94, "i", new=step == 1, colour=GREEN)
            _gate(ax, x + 1.47, "candidate", new=step == 1, colour=GREEN, wide=0.64)
            circle(ax, x + 1.08, MIDDLE, 0.11, "×", colour=colour, size=10)
            arrow(ax, (x + 0.94, GATE + 0.15), (x + 1.03, MIDDLE - 0.12), colour=colour)
            arrow(ax, (x + 1.4, GATE + 0.15), (x + 1.17, MIDDLE - 0.08), colour=colour)
            arrow(ax, (x + 1.08, MIDDLE + 0.12), (x + 1.08, MEMORY - 0.14), colour=colour)
            circle(ax, x + 1.08, MEMORY, 0.12, "+", colour=colour, size=11)
        if last:
            _gate(ax, x + 1.99, "o", new=True, colour=ORANGE)
            circle(ax, x + 1.99, MIDDLE, 0.11, "×", colour=ORANGE, size=10)
            arrow(ax, (x + 1.99, GATE + 0.15), (x + 1.99, MIDDLE - 0.13), colour=ORANGE)
            arrow(ax, (x + 1.99, MEMORY), (x + 1.99, MIDDLE + 0.13), colour=ORANGE)
            label(ax, x + 1.72, 1.93, "tanh", size=8, colour=ORANGE)
            arrow(ax, (x + 2.11, MIDDLE), (x + 2.28, MIDDLE), colour=ORANGE)
    return Drawing(
        ax, "The LSTM, a gate at a time: $x_t$ and $h_{t-1}$ enter below, the memory c runs above."
    )


def gru_in_three_steps() -> Drawing:
    """The GRU, one gate at a time: what the candidate may see, the candidate, and how much of it."""
    ax = sheet(3 * PANEL, 2.75)
    titles = ("1. $r$: look at part of $h$", "2. candidate: a new proposal", "3. $z$: keep, or take the new")
    for step, title in enumerate(titles):
        x = step * PANEL
        _frame(ax, x, title, state="h", out="")
        colour = _of(step == 0, BLUE)
        _gate(ax, x + 0.55, "r", new=step == 0, to=MIDDLE)
        circle(ax, x + 0.55, MIDDLE, 0.11, "×", colour=colour, size=10)
        arrow(ax, (x + 0.55, MEMORY), (x + 0.55, MIDDLE + 0.13), colour=colour)
        if step >= 1:
            colour = _of(step == 1, GREEN)
            box(ax, x + 0.92, MIDDLE - 0.14, 0.7, 0.28, "candidate", colour=colour, size=9)
            arrow(ax, (x + 0.67, MIDDLE), (x + 0.91, MIDDLE), colour=colour)
            arrow(ax, (x + 1.2, RAIL), (x + 1.2, MIDDLE - 0.15), colour=colour)
            label(ax, x + 1.33, GATE + 0.1, "$x_t$", size=8, colour=colour)
        if step == 2:
            _gate(ax, x + 1.96, "z", new=True, colour=ORANGE)
            arrow(ax, (x + 1.96, GATE + 0.15), (x + 1.96, MEMORY - 0.14), colour=ORANGE)
            arrow(ax, (x + 1.6, MIDDLE + 0.12), (x + 1.88, MEMORY - 0.1), colour=ORANGE)
            circle(ax, x + 1.96, MEMORY, 0.12, "+", colour=ORANGE, size=11)
            label(ax, x + 1.5, MEMORY + 0.12, "× z", size=8, colour=ORANGE)
            label(ax, x + 1.44, MIDDLE + 0.33, "× (1 − z)", size=8, colour=ORANGE)
    return Drawing(ax, "The GRU, a gate at a time: one state h runs above; z says how much of it is kept.")


def _of(new: bool, colour: str) -> str:
    """The `colour` of what is new in a step; what was there before is grey."""
    return colour if new else GREY


def _frame(ax: Axes, x: float, title: str, *, state: str, out: str) -> None:
    """What all panels share: the state above, the inputs below, and an `out`put on the right."""
    label(ax, x + PANEL / 2, 2.6, title, size=9.5)
    arrow(ax, (x + 0.12, MEMORY), (x + 2.33, MEMORY))
    label(ax, x + 0.2, MEMORY + 0.15, f"${state}_{{t-1}}$", size=9)
    label(ax, x + 2.25, MEMORY + 0.15, f"${state}_t$", size=9)
    ax.plot([x + 0.38, x + 2.05], [RAIL, RAIL], color=INK, linewidth=1.2, zorder=1)
    label(ax, x + 0.2, RAIL, "$h_{t-1}$", size=9)
    arrow(ax, (x + 0.75, 0.3), (x + 0.75, RAIL))
    label(ax, x + 0.75, 0.17, "$x_t$", size=9)
    if out:
        label(ax, x + 2.36, MIDDLE, out, size=9, colour=ORANGE)


def _gate(
    ax: Axes,
    x: float,
    name: str,
    *,
    new: bool,
    colour: str = BLUE,
    to: float | None = None,
    wide: float = 0.3,
) -> None:
    """A gate above the rail of inputs, in its `colour` where it is `new`; `to`: an arrow leads up there."""
    colour = _of(new, colour)
    arrow(ax, (x, RAIL), (x, GATE - 0.15), colour=colour)
    box(ax, x - wide / 2, GATE - 0.14, wide, 0.28, name, colour=colour, size=9)
    if to is not None:
        arrow(ax, (x, GATE + 0.15), (x, to - 0.14), colour=colour)
