"""Sequences of DNA: their letters, the logo of a motif, and what each single change does to a score."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["changes", "letters", "logo"]

LETTERS = "ACGT"
COLOURS = dict(zip(LETTERS, ("#029e73", "#0173b2", "#de8f05", "#cc78bc"), strict=True))  # seaborn's
UNSURE = "#949494"  # of N and its like
TINT = 0.35  # share of the colour behind a letter
LETTER = 0.16  # inches that a letter of a row takes
BOLD = FontProperties(family="DejaVu Sans", weight="bold")
MOST = 200  # letters in a row that can still be told apart


def logo(
    shares: ArrayLike, *, places: Sequence[object] | None = None, data: Source, ax: Axes | None = None
) -> Axes:
    """Draw a motif: at each place all letters, each as high as its share of what the place tells.

    A place tells 2 bits where it has one letter only, and none where all four are equally frequent.

    Parameters
    ----------
    shares : how frequent A, C, G and T are at each place, (places, 4); counts do as well.
    places : what stands below each; without, they are counted from 1.
    data : the data set that was counted; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    shares = _table(shares, "logo", "how frequent A, C, G and T are")
    if (shares < 0).any() or not shares.sum(1).all():
        raise DataError(
            "logo() draws frequencies, which are 0 or more, with one above 0 at each place: make them of the "
            "pieces that a filter likes, not of its weights"
        )
    shares = shares / shares.sum(1, keepdims=True)
    if ax is None:
        _, ax = plt.subplots(figsize=(min(9.0, max(2.5, 1.2 + 0.35 * len(shares))), 1.9))
    for place, (row, bits) in enumerate(zip(shares, _bits(shares), strict=True)):
        bottom = 0.0
        for letter in np.argsort(row, kind="stable"):
            bottom = _stack(ax, LETTERS[letter], place, bottom, row[letter] * bits)
    ax.set(xlim=(-0.6, len(shares) - 0.4), ylim=(0, 2), yticks=(0, 1, 2), ylabel="bits", xlabel="place")
    _name_places(ax, places, len(shares), "logo")
    mark(ax.figure, data=data)
    return ax


def _bits(shares: np.ndarray) -> np.ndarray:
    """What each place tells: 2 bits less the entropy of its letters."""
    return 2 + (shares * np.log2(np.where(shares > 0, shares, 1))).sum(1)


def _stack(ax: Axes, letter: str, place: int, bottom: float, height: float) -> float:
    """Draw a letter as high as `height` on what is there; where the next one begins."""
    if height < 1e-3:
        return bottom
    path = TextPath((0, 0), letter, size=1, prop=BOLD)
    box = path.get_extents()
    scale = Affine2D().translate(-box.x0, -box.y0).scale(0.92 / box.width, height / box.height)
    path = scale.translate(place - 0.46, bottom).transform_path(path)
    ax.add_patch(PathPatch(path, facecolor=COLOURS[letter], linewidth=0))
    return bottom + height


def changes(
    values: ArrayLike,
    sequence: str,
    *,
    label: str = "change of the score",
    places: Sequence[object] | None = None,
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw what each single change does: a column a place, a row a new letter; a dot where the letter stands.

    Parameters
    ----------
    values : of each place and letter, what the change to it does to a score, (places, 4).
    sequence : the letters that stand there.
    label : what the colours mean.
    places : what stands below some of the letters, such as the distance to a site.
    data : the data set that the sequence is from; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    values = _table(values, "changes", "what a change to A, C, G or T does")
    if len(values) != len(sequence):
        raise DataError(f"changes() got {len(values)} places, but a sequence of {len(sequence)} letters")
    if ax is None:
        _, ax = plt.subplots(figsize=(min(11.0, 2 + LETTER * len(sequence)), 2.3))
    most = np.abs(values).max() or 1.0
    image = ax.imshow(values.T, cmap="PuOr_r", vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
    stands = [(place, LETTERS.index(letter)) for place, letter in enumerate(sequence) if letter in LETTERS]
    ax.scatter(
        *zip(*stands, strict=True) if stands else ((), ()),
        s=11,
        color="0.2",
        edgecolors="white",
        linewidths=0.5,
    )
    ax.set_yticks(range(4), LETTERS)
    ax.set(ylabel="changed to", xlabel="place")
    for place, letter in enumerate(sequence):
        ax.text(place, -0.62, letter, ha="center", va="bottom", fontsize=8, color=COLOURS.get(letter, UNSURE))
    _name_places(ax, places, len(sequence), "changes")
    bar = ax.figure.colorbar(image, ax=ax, pad=0.01)
    bar.set_label(label, fontsize=9)
    mark(ax.figure, data=data)
    return ax


def letters(
    sequences: Sequence[str],
    *,
    names: Sequence[object] | None = None,
    places: Sequence[object] | None = None,
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw sequences below each other, each letter on its colour; they may differ in length.

    Parameters
    ----------
    sequences : the letters of each.
    names : what stands beside each; without, they are counted from 1.
    places : what stands below some letters, one for each letter of the longest.
    data : the data set that they are from; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    rows = [str(sequence) for sequence in sequences]
    longest = max(map(len, rows), default=0)
    if not 1 <= longest <= MOST or (names is not None and len(names) != len(rows)):
        raise DataError(
            f"letters() draws one sequence or more, each up to {MOST} letters, with a name each, but these "
            f"are {len(rows)} of up to {longest} letters: cut them, as in sequence[:60]"
        )
    if ax is None:
        _, ax = plt.subplots(figsize=(min(11.0, 1.4 + LETTER * longest), 0.8 + 0.22 * len(rows)))
    picture = np.ones((len(rows), longest, 3))
    for row, text in enumerate(rows):
        for place, letter in enumerate(text):
            picture[row, place] = 1 - TINT * (1 - np.array(to_rgb(COLOURS.get(letter.upper(), UNSURE))))
            ax.text(
                place, row, letter, ha="center", va="center", fontsize=8, family="monospace", clip_on=True
            )
    ax.imshow(picture, aspect="auto", interpolation="nearest")
    ax.set_yticks(range(len(rows)), [str(name) for name in names or range(1, len(rows) + 1)])
    ax.set(xlabel="place", ylabel="" if names else "sequence")
    _name_places(ax, places, longest, "letters")
    ax.spines[:].set_visible(False)
    mark(ax.figure, data=data)
    return ax


# What they share


def _table(values: ArrayLike, caller: str, meaning: str) -> np.ndarray:
    """Finite numbers, four a place."""
    values = np.asarray(values, float)
    if values.ndim != 2 or values.shape[1] != 4 or not len(values) or not np.isfinite(values).all():
        raise DataError(
            f"{caller}() draws {meaning} at each place: finite numbers, (places, 4), not {values.shape}"
        )
    return values


def _name_places(ax: Axes, places: Sequence[object] | None, count: int, caller: str) -> None:
    """Ticks at some of the places, as many as can be read; where these are numbers, at round ones."""
    if places is not None and len(places) != count:
        raise DataError(f"{caller}() needs a name for each of {count} places, not {len(places)}")
    places = range(1, count + 1) if places is None else places
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if count / step <= 15)
    numbers = all(isinstance(place, Integral) for place in places)
    shown = [at for at, place in enumerate(places) if (place if numbers else at) % step == 0]
    ax.set_xticks(shown, [str(places[at]).replace("-", "−") for at in shown])
    ax.tick_params(axis="both", length=0)
