"""Drawings of work on many computers: shards and workers, what more workers bring, a gradient, a retry."""

from __future__ import annotations

from collections.abc import Sequence

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

__all__ = ["amdahl", "gradient_of_two_workers", "killed_worker", "shards_and_workers"]

COLOUR_OF = {"A": BLUE, "B": ORANGE, "C": GREEN, "D": RED}  # the patients
ROWS = "ABACBDCA"  # whose each stay is, as the table has them
SHARDS = ("AAA", "BB", "CC", "D")
STAYS, IS_SHARED = 10, 90  # minutes that cannot be split, and minutes that can


def shards_and_workers() -> Drawing:
    """A table of stays, its shards, each with all stays of a patient, and the two workers that take them."""
    ax = sheet(7.4, 2.9)
    label(ax, 0.62, 2.72, "stays", size=9)
    for row, patient in enumerate(ROWS):
        box(ax, 0.3, 2.3 - 0.28 * row, 0.64, 0.24, patient, colour=COLOUR_OF[patient], size=9, round=False)
    arrow(ax, (1.1, 1.45), (2.0, 1.45))
    label(ax, 1.55, 1.68, "by patient", size=8.5)
    label(ax, 2.85, 2.72, "shards", size=9)
    middles = [2.3, 1.72, 1.14, 0.56]
    for number, (patients, middle) in enumerate(zip(SHARDS, middles, strict=True)):
        _shard(ax, 2.1, middle, number, patients)
        worker = (2.02, 0.86)[number % 2]
        arrow(ax, (3.65, middle), (4.38, worker), colour=GREY)
    for number, middle in enumerate((2.02, 0.86), start=1):
        box(ax, 4.45, middle - 0.32, 1.0, 0.64, f"worker {number}", colour=INK, size=9.5)
        arrow(ax, (5.5, middle), (6.13, 1.44 + 0.2 * (1.5 - number)))
    box(ax, 6.18, 1.06, 1.06, 0.76, "combined:\none digest", colour=GREEN, size=9.5)
    return Drawing(ax, "All stays of a patient lie in one shard, and which worker takes it changes nothing.")


def _shard(ax: Axes, left: float, middle: float, number: int, patients: str) -> None:
    """A shard with its `number` and the stays of its `patients`."""
    box(ax, left, middle - 0.23, 1.5, 0.46, colour=GREY)
    label(ax, left + 0.2, middle, f"{number}", size=9, colour=GREY)
    for place, patient in enumerate(patients):
        x = left + 0.42 + 0.34 * place
        box(ax, x, middle - 0.13, 0.28, 0.26, patient, colour=COLOUR_OF[patient], size=9, round=False)


def amdahl() -> Drawing:
    """Bars of minutes with 1, 2, 4, 8 and ever more workers: the part that cannot be split stays as it is."""
    ax = sheet(7.4, 2.65)
    left, inches_a_minute = 1.35, 0.04
    edge = left + STAYS * inches_a_minute
    label(ax, left - 0.1, 2.48, "cannot be shared", size=9, colour=ORANGE, ha="left")
    label(ax, 3.5, 2.48, "shared among the workers", size=9, colour=BLUE)
    for row, workers in enumerate((1, 2, 4, 8, float("inf"))):
        low = 1.98 - 0.42 * row
        minutes = STAYS + IS_SHARED / workers
        name = "1 worker" if workers == 1 else f"{workers} workers" if workers < 10 else "ever more"
        label(ax, left - 0.1, low + 0.15, name, size=9.5, ha="right")
        box(ax, left, low, edge - left, 0.3, colour=ORANGE, round=False)
        if workers < 10:
            box(ax, edge, low, IS_SHARED / workers * inches_a_minute, 0.3, colour=BLUE, round=False)
        faster = f"{(STAYS + IS_SHARED) / minutes:.2g} times as fast"
        told = f"{minutes:.3g} min" if workers == 1 else f"{minutes:.3g} min, {faster}"
        end = left + minutes * inches_a_minute
        label(ax, end + 0.12, low + 0.15, told, size=9, ha="left")
    return Drawing(ax, "Amdahl's law: a tenth cannot be shared, so ten times as fast is the limit.")


def gradient_of_two_workers() -> Drawing:
    """Two workers with the same weights and half of a batch each: their gradients are averaged, one step."""
    ax = sheet(7.4, 2.6)
    rows, mean = (1.95, 0.65), 1.3
    for number, (middle, gradient) in enumerate(zip(rows, (".4", ".2"), strict=True), start=1):
        label(ax, 0.45, middle, f"worker {number}", size=9.5)
        _in_a_row(ax, middle, ((1.0, "32 cases", GREY), (2.3, "the same\nweights", BLUE)))
        _in_a_row(ax, middle, ((3.6, f"gradient\n{gradient}", ORANGE), (6.2, "the same\nnew weights", BLUE)))
        arrow(ax, (2.03, middle), (2.27, middle))
        arrow(ax, (3.33, middle), (3.57, middle))
        towards = 0.12 if middle > mean else -0.12
        arrow(ax, (4.63, middle), (4.98, mean + towards))
        arrow(ax, (5.82, mean + towards), (6.17, middle))
    box(ax, 5.0, mean - 0.3, 0.8, 0.6, "mean\n.3", colour=GREEN, size=9.5)
    ax.plot([0.1, 4.7], [mean, mean], color=GREY, linewidth=1, linestyle="--")
    label(ax, 1.5, mean + 0.14, "together a batch of 64", size=9, colour=GREY)
    label(ax, 3.75, mean + 0.14, "only gradients cross", size=9, colour=GREY)
    return Drawing(ax, "The mean of two gradients of 32 cases each is that of all 64: the same step.")


def _in_a_row(ax: Axes, middle: float, boxes: Sequence[tuple[float, str, str]]) -> None:
    """Boxes at this height: where each begins, what stands in it, and its colour."""
    for left, text, colour in boxes:
        box(ax, left, middle - 0.3, 1.0, 0.6, text, colour=colour, size=9.5)


def killed_worker() -> Drawing:
    """Three lines of time: one worker is killed over a shard, and a new one does that shard again."""
    ax = sheet(7.4, 2.85)
    rows = {"worker 1": 2.35, "worker 2": 1.55, "a new worker": 0.75}
    done = (("worker 1", 1.3, 0), ("worker 1", 2.4, 2), ("worker 1", 3.5, 4), ("worker 2", 1.3, 1))
    for name, middle in rows.items():
        label(ax, 0.62, middle, name, size=9.5)
    for name, left, shard in done:
        _done(ax, left, rows[name], shard, colour=BLUE)
    _killed(ax, 2.4, rows["worker 2"], 3)
    arrow(ax, (3.12, 1.27), (4.17, 0.85), colour=RED, dashed=True)
    label(ax, 3.25, 0.92, "again", size=9, colour=RED)
    _done(ax, 4.2, rows["a new worker"], 3, colour=ORANGE)
    label(ax, 1.8, 1.18, "✓ handed over", size=8.5, colour=GREEN)
    ax.plot([5.5, 5.5], [0.75, 2.35], color=GREY, linewidth=1.2)
    arrow(ax, (5.5, 1.55), (5.97, 1.55), colour=GREY)
    box(ax, 6.0, 1.1, 1.22, 0.9, "0 1 2 3 4\neach once,\nsame digest", colour=GREEN, size=9.5)
    arrow(ax, (1.3, 0.25), (5.2, 0.25), colour=GREY)
    label(ax, 5.5, 0.25, "time", size=9, colour=GREY)
    return Drawing(ax, "A worker is killed over shard 3, another does it again, and it counts once.")


def _done(ax: Axes, left: float, middle: float, shard: int, *, colour: str) -> None:
    """A `shard` whose result has been handed over."""
    box(ax, left, middle - 0.22, 1.0, 0.44, colour=colour)
    label(ax, left + 0.42, middle, f"shard {shard}", size=9.5)
    label(ax, left + 0.86, middle, "✓", size=9.5, colour=GREEN)


def _killed(ax: Axes, left: float, middle: float, shard: int) -> None:
    """A `shard` that was begun and not finished."""
    box(ax, left, middle - 0.22, 0.65, 0.44, f"shard {shard}", colour=RED, size=9)
    x = left + 0.72
    for up in (0.12, -0.12):
        ax.plot([x - 0.12, x + 0.12], [middle - up, middle + up], color=RED, linewidth=2.5)
    label(ax, x + 0.42, middle, "killed", size=9, colour=RED)
