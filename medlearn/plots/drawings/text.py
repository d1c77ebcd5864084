"""Drawings of text: tags of words, paths through them, what a convolution sees, and where "no" ends."""

from __future__ import annotations

from itertools import pairwise

from medlearn.plots.drawings.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    Drawing,
    box,
    circle,
    label,
    sheet,
)

__all__ = ["dilated", "iob", "negation_scope", "paths"]

TAGS = ("O", "B", "I")
COLOURS = {"O": GREY, "B": BLUE, "I": GREEN}
HOLES = (1, 2, 4)  # of three layers: how far apart the words are that a convolution joins


def iob() -> Drawing:
    """A sentence, and below each word its tag: B begins an entity, I goes on with it, O is outside."""
    ax = sheet(7.2, 1.9)
    words = ("No", "sign", "of", "Wilson", "disease", ",", "but", "gout", "for", "years", ".")
    tags = "OOOBIOOBOOO"
    x, edges = 0.2, []
    for word, tag in zip(words, tags, strict=True):
        width = max(0.36, 0.16 + 0.092 * len(word))
        label(ax, x + width / 2, 1.2, word)
        box(ax, x, 0.5, width, 0.36, tag, colour=COLOURS[tag])
        edges.append((x, x + width))
        x += width + 0.1
    for first, last, name in ((3, 4, "an entity of two words"), (7, 7, "one of one word")):
        left, right = edges[first][0], edges[last][1]
        ax.plot([left, left, right, right], [1.4, 1.48, 1.48, 1.4], color=INK, linewidth=1)
        label(ax, (left + right) / 2, 1.66, name, size=9)
    label(ax, 3.6, 0.22, "B begins an entity, I goes on with it, O is outside of all", size=9, colour=INK)
    return Drawing(ax, "One tag a word says where each entity begins and where it ends.")


def paths() -> Drawing:
    """Three words with three tags each, all steps from one to the next, one path, and the illegal step."""
    ax = sheet(7.2, 2.9)
    words, path = ("Wilson", "disease", "today"), ("B", "I", "O")
    x, y = (2.1, 3.9, 5.7), {"O": 2.05, "B": 1.35, "I": 0.65}
    for word, here in zip(words, x, strict=True):
        label(ax, here, 2.62, word, size=11)
    for place, (left, right) in enumerate(pairwise(x)):
        for one in TAGS:
            for other in TAGS:
                illegal = one == "O" and other == "I"
                chosen = (one, other) == path[place : place + 2]
                look = {"color": RED if illegal else ORANGE if chosen else "0.8"}
                look |= {"linewidth": 2.6 if chosen else 1, "linestyle": "--" if illegal else "-"}
                ax.plot([left, right], [y[one], y[other]], zorder=1.5 if chosen else 1, **look)
    for place, here in enumerate(x):
        for tag in TAGS:
            circle(ax, here, y[tag], 0.2, tag, colour=ORANGE if path[place] == tag else GREY)
    label(ax, 0.85, 1.35, "emission:\na score for\neach tag of\neach word", size=9)
    label(ax, 6.6, 1.35, "transition:\na score for\neach line", size=9)
    label(ax, 3.9, 0.2, "dashed: from O to I, which is not allowed", size=9, colour=RED)
    return Drawing(ax, "A CRF adds up the scores along a path, here B I O, and compares it with all 27.")


def dilated() -> Drawing:
    """Three convolutions of three words, with holes of 1, 2 and 4, and all that one output depends on."""
    ax = sheet(7.2, 3.1)
    count, middle = 15, 7
    x, y = [0.42 + 0.375 * place for place in range(count)], (0.45, 1.15, 1.85, 2.55)
    seen = {middle}
    layers = [seen]
    for hole in reversed(HOLES):
        seen = {place + step for place in seen for step in (-hole, 0, hole)}
        layers.append(seen)
    layers.reverse()  # from the words up
    for level, hole in enumerate(HOLES):
        for above in layers[level + 1]:
            for below in (above - hole, above, above + hole):
                ax.plot([x[below], x[above]], [y[level], y[level + 1]], color=BLUE, linewidth=1, zorder=1)
    for level, height in enumerate(y):
        for place in range(count):
            colour = ORANGE if place in layers[level] else "#cccccc"
            circle(ax, x[place], height, 0.1, colour=colour)
    names = ("words", *(f"{hole} word{'s'[: hole > 1]} apart" for hole in HOLES))
    for name, height in zip(names, y, strict=True):
        label(ax, 5.95, height, name, size=9.5, ha="left")
    label(ax, x[middle], 2.85, "one output", size=9)
    return Drawing(ax, "With steps of 1, 2 and 4 words, three layers of three see 15 words, not 7.")


def negation_scope() -> Drawing:
    """A sentence with a cue, the words that it negates, and the word where its scope ends."""
    ax = sheet(7.2, 1.6)
    words = ("He", "denies", "fever", ",", "chills", "or", "cough", ",", "but", "has", "nausea", ".")
    looks = {1: ("cue", RED), 8: ("end of the scope", GREY)} | {place: ("", BLUE) for place in (2, 4, 6)}
    looks |= {10: ("not negated", GREEN)}
    x, edges = 0.18, []
    for place, word in enumerate(words):
        width = 0.14 + 0.088 * len(word)
        if place in looks:
            name, colour = looks[place]
            box(ax, x, 0.5, width, 0.38, word, colour=colour)
            label(ax, x + width / 2, 0.26, name, size=9, colour=colour if colour != GREY else INK)
        else:
            label(ax, x + width / 2, 0.69, word)
        edges.append((x, x + width))
        x += width + 0.13
    left, right = edges[2][0], edges[7][1]
    ax.plot([left, left, right, right], [0.98, 1.08, 1.08, 0.98], color=INK, linewidth=1)
    label(ax, (left + right) / 2, 1.28, "scope: what stands here is negated", size=9.5)
    return Drawing(ax, 'A cue negates the findings in its scope, which a word such as "but" ends.')
