"""Texts: which words are an entity and which were called one, and which words a model goes by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Patch, Rectangle
from matplotlib.textpath import text_to_path
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.evaluation.entities import spans
from medlearn.plots.measures import ClassSource
from medlearn.plots.style import PALETTE, Source, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["tagged", "weights"]

BLUE, ORANGE = "#0173b2", "#de8f05"
SIZE, GAP = 10, 5  # of words and of the space between them, in points
LINE, ABOVE, BELOW, THICK = 34, 11, -9, 4.5  # from line to line; where the marks are, and how thick
LONGEST = 40  # letters of a word that are shown
INCHES, BESIDE = 7.5, 62  # how wide a figure is, and how many points of it are for the names of the lines

Word = tuple[str, float, int, float]  # as shown, how far right, in which line, and how wide


def tagged(
    tokens: Sequence[str] | Sequence[Sequence[str]],
    tags_true: ArrayLike | Sequence[ArrayLike],
    tags_pred: ArrayLike | Sequence[ArrayLike] | None = None,
    *,
    classes: Sequence[str],
    data: Source,
    ax: Axes | None = None,
) -> Axes:
    """Draw sentences with a bar over each true entity and, below the words, under each that was called one.

    A bar is filled where the other side has the same words with the same type, and empty where not.

    Parameters
    ----------
    tokens : the words of a sentence, or of several, each of which begins a line.
    tags_true, tags_pred : a tag for each word, as `evaluation.entities` takes them; without predicted ones
        all bars are filled.
    classes : the names of the types of entities.
    data : the data set that the sentences are in; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    sentences, *sides = _sentences(tokens, tags_true, tags_pred)
    width = 72 * (INCHES if ax is None else _inches(ax)) - BESIDE  # in points, as all lengths here
    placed, line = [], 0
    for words in sentences:
        placed.append(_place(words, width, line))
        line = placed[-1][-1][2] + 1
    if ax is None:
        _, ax = plt.subplots(figsize=(INCHES, 0.9 + line * LINE / 72))
    ax.set(xlim=(-2, width), ylim=(-line * LINE + 14, 20), xlabel="a bar is empty where the two differ")
    kinds = _draw(ax, placed, sides, classes)
    _name_lines(ax, line, two=len(sides) > 1)
    handles = [Patch(facecolor=_colour(kind), label=classes[kind]) for kind in sorted(kinds)]
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=6, fontsize=9, borderpad=0)
    mark(ax.figure, data=data)
    return ax


def _sentences(tokens: Sequence, *sides: object) -> list[list]:
    """Words and tags of each sentence, checked."""
    sides = [side for side in sides if side is not None]
    if len(tokens) and isinstance(tokens[0], str):
        tokens, sides = [tokens], [[side] for side in sides]
    counts = [len(words) for words in tokens]
    if not counts or 0 in counts or any([len(tags) for tags in side] != counts for side in sides):
        raise DataError(
            "tagged() draws sentences of one word or more, with a tag for each word, but these have "
            f"{counts} words and {', '.join(str([len(tags) for tags in side]) for side in sides)} tags"
        )
    return [[[_shown(word) for word in words] for words in tokens], *sides]


def _shown(word: object) -> str:
    text = " ".join(str(word).split()) or "␣"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _inches(ax: Axes) -> float:
    return ax.get_position().width * ax.figure.get_size_inches()[0]


def _place(words: Sequence[str], width: float, line: int) -> list[Word]:
    """Where each word of a sentence stands, from this line on."""
    font, at, placed = FontProperties(size=SIZE), 0.0, []
    for word in words:
        wide = text_to_path.get_text_width_height_descent(word, font, ismath=False)[0]
        if at and at + wide > width:
            at, line = 0.0, line + 1
        placed.append((word, at, line, wide))
        at += wide + GAP
    return placed


def _draw(ax: Axes, placed: Sequence[Sequence[Word]], sides: Sequence, classes: Sequence[str]) -> set[int]:
    """Draw words and bars; the types that there are."""
    kinds = set()
    for number, words in enumerate(placed):
        for word, x, line, _ in words:
            ax.text(x, -line * LINE, word, fontsize=SIZE, va="baseline", parse_math=False)
        found = [set(spans(side[number])) for side in sides]
        for entities, height in zip(found, (ABOVE, BELOW), strict=False):
            for begin, end, kind in sorted(entities):
                if kind >= len(classes):
                    raise DataError(f"tagged() has names for {len(classes)} types, and none for type {kind}")
                kinds.add(kind)
                filled = all((begin, end, kind) in other for other in found)
                _bar(ax, words[begin:end], height, _colour(kind), filled=filled)
    return kinds


def _bar(ax: Axes, words: Sequence[Word], height: float, colour: str, *, filled: bool) -> None:
    """A bar along these words, one a line."""
    for line in sorted({line for _, _, line, _ in words}):
        ends = [(x, x + wide) for _, x, its, wide in words if its == line]
        left, right = ends[0][0], ends[-1][1]
        look = {"facecolor": colour if filled else "white", "edgecolor": colour, "linewidth": 1}
        ax.add_patch(Rectangle((left, height - line * LINE), right - left, THICK, **look))


def _name_lines(ax: Axes, lines: int, *, two: bool) -> None:
    """Which bars are which, beside each line."""
    names = {"true": ABOVE} | ({"predicted": BELOW} if two else {})
    heights = [height + THICK / 2 - line * LINE for line in range(lines) for height in names.values()]
    ax.set_yticks(heights, lines * [*names], fontsize=8, color="0.35")
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if not two:
        ax.set_xlabel("a bar stands over each entity")
    ax.xaxis.label.set(fontsize=8, color="0.35")


def _colour(kind: int) -> tuple[float, float, float]:
    colours = sns.color_palette(PALETTE)
    return colours[kind % len(colours)]


def weights(
    words: Sequence[str],
    values: ArrayLike,
    *,
    most: int = 10,
    data: ClassSource,
    ax: Axes | None = None,
) -> Axes:
    """Draw the words with the largest weights of a bag of words, for the one class and for the other.

    Parameters
    ----------
    words : the words, or pairs of words.
    values : the weight of each, such as a logistic regression's `coef_[0]`.
    most : so many are drawn on either side.
    data : the data set that was learnt from, which names the classes; a simulated one stamps the figure.
    ax : the Axes to draw into; without it a new figure.
    """
    values = np.asarray(values, float)
    if values.shape != (len(words),) or not len(words) or not np.isfinite(values).all() or most < 1:
        raise DataError(
            f"weights() draws one finite weight for each of {len(words)} words, and most=1 or more of them, "
            f"not {values.shape} and most={most}"
        )
    order = np.argsort(values, kind="stable")
    shown = np.concatenate([order[:most][values[order[:most]] < 0], order[-most:][values[order[-most:]] > 0]])
    if not len(shown):
        raise DataError("weights() has nothing to draw: every weight is 0")
    if ax is None:
        _, ax = plt.subplots(figsize=(6, 1 + 0.22 * len(shown)))
    colours = [ORANGE if value > 0 else BLUE for value in values[shown]]
    ax.barh(np.arange(len(shown)), values[shown], color=colours)
    ax.set_yticks(np.arange(len(shown)), [_shown(words[place]) for place in shown], fontsize=9)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    named = len(data.classes) == 2
    ax.set_xlabel("weight: for {} (left) or for {} (right)".format(*data.classes) if named else "weight")
    ax.axvline(0, color="0.3", linewidth=0.8)
    ax.tick_params(axis="y", length=0)
    mark(ax.figure, data=data)
    return ax
