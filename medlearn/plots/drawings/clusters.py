"""Groups of patients: a cloud and its twin without kinds, two halves, a net with a narrow waist. No data."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse

from medlearn.plots.drawings.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    Drawing,
    arrow,
    box,
    circle,
    label,
    sheet,
    tint,
)

__all__ = ["denoising_autoencoder", "halves", "twin"]


def twin() -> Drawing:
    """Three kinds of patients, and their twin: a cloud of the same mean and spread, evenly filled."""
    ax = sheet(7.2, 2.7)
    rng = np.random.default_rng(3)
    kind = np.arange(90) % 3
    kinds = np.array([[-0.72, -0.4], [0.0, 0.55], [0.77, -0.15]])[kind] + rng.normal(0, 0.13, (90, 2))
    even = rng.normal(size=(300, 2))
    even = even[np.hypot(*even.T) < 2][:90]
    kinds, even = kinds - kinds.mean(0), even - even.mean(0)
    spread = np.cov(kinds.T)
    even = np.linalg.solve(np.linalg.cholesky(np.cov(even.T)), even.T).T @ np.linalg.cholesky(spread).T
    for left, title, points, colours in (
        (1.65, "patients", kinds, np.array([BLUE, ORANGE, GREEN])[kind]),
        (5.55, "null twin", even, np.full(90, GREY)),
    ):
        _ellipse(ax, (left, 1.2), spread)
        ax.scatter(left + points[:, 0], 1.2 + points[:, 1], s=14, c=colours, linewidth=0, zorder=2)
        label(ax, left, 2.5, title, size=11, weight="bold")
    arrow(ax, (3.2, 1.2), (4.0, 1.2))
    label(ax, 3.6, 1.62, "same mean,\nsame spread", size=9)
    label(ax, 3.6, 0.92, "no kinds", size=9, colour=RED)
    return Drawing(
        ax, "What a recipe finds in the twin cannot be kinds: the patients must show more than that."
    )


def _ellipse(ax: Axes, centre: tuple[float, float], covariance: np.ndarray) -> None:
    """The line two standard deviations from the centre."""
    values, vectors = np.linalg.eigh(covariance)
    angle = np.degrees(np.arctan2(vectors[1, -1], vectors[0, -1]))
    width, height = 4 * np.sqrt(values[::-1])
    look = {"facecolor": tint(GREY, share=0.08), "edgecolor": GREY, "linestyle": "--", "zorder": 0}
    ax.add_patch(Ellipse(centre, width, height, angle=angle, **look))


def halves() -> Drawing:
    """Patients in two halves: a recipe learns from each, both label all, and the labels are compared."""
    ax = sheet(7.2, 2.6)
    for place in range(8):
        _patient(ax, 0.4 + 0.32 * (place % 2), 1.83 - 0.32 * (place // 2), place)
    label(ax, 0.56, 0.52, "patients", size=9)
    for y, name, members, groups in (
        (1.95, "first half", (0, 2, 5, 6), (BLUE, BLUE, BLUE, ORANGE, ORANGE, ORANGE, GREEN, GREEN)),
        (0.75, "second half", (1, 3, 4, 7), (BLUE, BLUE, BLUE, ORANGE, ORANGE, GREEN, GREEN, GREEN)),
    ):
        arrow(ax, (0.98, 1.35 + 0.15 * np.sign(y - 1.35)), (1.36, y))
        for place, member in enumerate(members):
            _patient(ax, 1.56 + 0.3 * place, y, member)
        label(ax, 2.01, y - 0.34, name, size=9)
        arrow(ax, (2.68, y), (2.96, y))
        box(ax, 3.0, y - 0.25, 0.8, 0.5, "recipe", colour=RED)
        arrow(ax, (3.84, y), (4.12, y))
        for member, colour in enumerate(groups):
            _patient(ax, 4.32 + 0.29 * member, y, member, colour=colour)
        label(ax, 5.33, y - 0.34, "groups of all", size=9)
    arrow(ax, (6.6, 1.5), (6.6, 1.85))
    arrow(ax, (6.6, 1.2), (6.6, 0.85))
    label(ax, 6.6, 1.35, "the same?", size=9)
    return Drawing(
        ax, "Names of groups do not matter, only who is together: the adjusted Rand index counts pairs."
    )


def _patient(ax: Axes, x: float, y: float, number: int, *, colour: str = GREY) -> None:
    circle(ax, x, y, 0.125, f"{number + 1}", colour=colour, size=8)


def denoising_autoencoder() -> Drawing:
    """Twelve columns, noise, a layer of 64, a code of 5, a layer of 64, and the twelve columns again."""
    ax = sheet(7.2, 2.7)
    middle = 1.6
    layers = (
        (0.3, 0.9, "12", "columns", GREY),
        (2.05, 1.75, "64\ntanh", "", BLUE),
        (3.4, 0.5, "5", "code", GREEN),
        (4.75, 1.75, "64\ntanh", "", BLUE),
        (6.3, 0.9, "12", "columns", GREY),
    )
    for x, height, count, name, colour in layers:
        box(ax, x, middle - height / 2, 0.55, height, count, colour=colour)
        label(ax, x + 0.275, middle - height / 2 - 0.16, name, size=9)
    circle(ax, 1.4, middle, 0.17, "+", size=12)
    label(ax, 1.4, middle + 0.55, "noise", size=9, colour=RED)
    arrow(ax, (1.4, middle + 0.44), (1.4, middle + 0.2), colour=RED)
    for start, end in ((0.9, 1.2), (1.6, 2.0), (2.65, 3.35), (4.0, 4.7), (5.35, 6.25)):
        arrow(ax, (start, middle), (end, middle))
    arrow(ax, (6.58, 0.7), (0.58, 0.7), colour=RED, dashed=True, bend=-0.12)
    label(ax, 3.58, 0.16, "loss: how far from the values before the noise", size=9, colour=RED)
    return Drawing(
        ax, "Five numbers must be enough to restore twelve: groups are then looked for in the code."
    )
