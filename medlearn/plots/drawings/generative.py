"""How X-rays are made up: a game of two networks, an autoencoder, a diffusion in steps."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from medlearn.plots.drawings import canvas
from medlearn.plots.drawings.canvas import BLUE, GREEN, GREY, ORANGE, RED

__all__ = ["autoencoder", "diffusion_steps", "generator_against_discriminator"]


def generator_against_discriminator() -> canvas.Drawing:
    """Noise to a made-up X-ray, which a discriminator compares with real ones; and who learns from what."""
    ax = canvas.sheet(7, 2.85)
    _noise(ax, 0.2, 1.9, 0.45)
    canvas.label(ax, 0.425, 1.72, "noise $z$", size=9)
    canvas.box(ax, 1.15, 1.8, 1.35, 0.65, "generator\n$G$", colour=ORANGE)
    _chest(ax, 3.0, 1.8, 0.65)
    canvas.label(ax, 3.325, 1.62, "made up $G(z)$", size=9)
    _chest(ax, 3.0, 0.35, 0.65, sharp=True)
    canvas.label(ax, 3.325, 0.17, "real $x$", size=9)
    canvas.box(ax, 4.35, 1.08, 1.4, 0.65, "discriminator\n$D$", colour=BLUE)
    canvas.circle(ax, 6.3, 1.405, 0.22, "$s$", colour=GREY)
    canvas.label(ax, 6.56, 1.4, "score", size=8.5, ha="left")
    for start, end in (
        ((0.68, 2.12), (1.12, 2.12)),
        ((2.53, 2.12), (2.97, 2.12)),
        ((5.78, 1.405), (6.06, 1.405)),
    ):
        canvas.arrow(ax, start, end)
    canvas.arrow(ax, (3.68, 2.05), (4.32, 1.6))
    canvas.arrow(ax, (3.68, 0.7), (4.32, 1.2))
    canvas.arrow(ax, (6.3, 1.65), (1.85, 2.48), colour=ORANGE, dashed=True, bend=0.2)
    canvas.label(ax, 5.9, 2.5, "$G$ learns from the scores\nof made-up images", size=8.5, colour="#9a6200")
    canvas.arrow(ax, (6.2, 1.18), (5.1, 1.05), colour=BLUE, dashed=True, bend=-0.55)
    canvas.label(ax, 5.65, 0.42, "$D$ learns from\nthe scores of both", size=8.5, colour=BLUE)
    return canvas.Drawing(
        ax, "Dashed: who learns from which score. Neither network's loss moves the other's weights."
    )


def autoencoder() -> canvas.Drawing:
    """A real X-ray to a code with a spread, and the code to an X-ray again."""
    ax = canvas.sheet(7, 2.0)
    _chest(ax, 0.2, 0.85, 0.7, sharp=True)
    canvas.label(ax, 0.55, 0.65, "real", size=9)
    canvas.box(ax, 1.35, 0.87, 1.15, 0.66, "encoder", colour=BLUE)
    canvas.box(ax, 2.95, 0.87, 1.2, 0.66, "code: mean\n± spread", colour=GREEN, size=9)
    canvas.box(ax, 4.6, 0.87, 1.15, 0.66, "decoder", colour=ORANGE)
    _chest(ax, 6.2, 0.85, 0.6)
    canvas.label(ax, 6.5, 0.65, "redrawn", size=9)
    for start, end in ((0.93, 1.32), (2.53, 2.92), (4.18, 4.57), (5.78, 6.17)):
        canvas.arrow(ax, (start, 1.2), (end, 1.2))
    canvas.arrow(ax, (0.55, 1.58), (6.5, 1.48), colour=RED, dashed=True, bend=-0.13)
    canvas.label(ax, 3.4, 1.72, "loss 1: error of the pixels", size=9, colour=RED)
    canvas.label(ax, 3.55, 0.5, "loss 2: how far the codes\nare from plain noise", size=9, colour=GREEN)
    return canvas.Drawing(ax, "An autoencoder plays no game; afterwards, plain noise goes into the decoder.")


def diffusion_steps() -> canvas.Drawing:
    """From a real X-ray to noise by known steps, and back by a network that predicts the noise."""
    ax = canvas.sheet(7, 2.0)
    rng = np.random.default_rng(0)
    places = [0.6, 2.25, 3.9, 5.55]
    for place, share in zip(places, (0, 0.35, 0.7, 1), strict=True):
        _chest(ax, place, 0.7, 0.85, sharp=True, noise=share, rng=rng)
    names = ("$x_0$: an X-ray", "a little noise", "more noise", "$x_T$: noise only")
    for place, name in zip(places, names, strict=True):
        canvas.label(ax, place + 0.43, 0.55, name, size=9)
    for left in places[:-1]:
        canvas.arrow(ax, (left + 0.95, 1.3), (left + 1.55, 1.3), colour=GREY)
        canvas.arrow(ax, (left + 1.55, 0.95), (left + 0.95, 0.95), colour=ORANGE)
    canvas.label(ax, 3.5, 1.82, "training: add noise, which needs no network", size=9, colour="#5a5a5a")
    canvas.label(
        ax,
        3.5,
        0.2,
        "sampling: the network predicts the noise; take some of it away",
        size=9,
        colour="#9a6200",
    )
    return canvas.Drawing(ax, "A diffusion model learns one thing: to say which noise was added.")


def _noise(ax: Axes, x: float, y: float, side: float) -> None:
    """A square of random greys, its lower left corner at (`x`, `y`)."""
    greys = np.random.default_rng(1).uniform(size=(6, 6))
    ax.imshow(greys, cmap="gray", interpolation="nearest", extent=(x, x + side, y, y + side), zorder=1)
    _reset(ax)


def _chest(
    ax: Axes,
    x: float,
    y: float,
    side: float,
    *,
    sharp: bool = False,
    noise: float = 0,
    rng: np.random.Generator | None = None,
) -> None:
    """A picture of two lungs in a body, drawn from a formula: nobody's."""
    down, across = np.mgrid[-1:1:24j, -1:1:24j]
    edge = 18 if sharp else 4

    def inside(centre: float, width: float, height: float) -> np.ndarray:
        far = ((across - centre) / width) ** 2 + ((down - 0.05) / height) ** 2
        return 1 / (1 + np.exp(edge * (far - 1)))

    grey = 0.75 * inside(0, 0.95, 1.3) - 0.5 * (inside(-0.42, 0.33, 0.7) + inside(0.45, 0.28, 0.7))
    if sharp:
        grey = grey + 0.1 * np.cos(14 * down + 4 * across**2) * (grey < 0.45) * (grey > 0.1)
    if noise:
        grey = (1 - noise) * grey + noise * rng.uniform(size=grey.shape)
    look = {"cmap": "gray", "vmin": 0, "vmax": 1, "interpolation": "nearest", "zorder": 1}
    ax.imshow(np.round(grey, 1), extent=(x, x + side, y, y + side), **look)
    _reset(ax)


def _reset(ax: Axes) -> None:
    """The sheet as it was: an image in it would change its limits and its aspect."""
    width, height = ax.figure.get_size_inches()
    ax.set(xlim=(0, width), ylim=(0, height), aspect="auto")
