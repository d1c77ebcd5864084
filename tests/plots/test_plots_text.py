"""Where the bars of entities stand, when they are filled, how lines break, and whose weights are drawn."""

from itertools import pairwise
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from medlearn import plots
from medlearn.data.ragged import Ragged
from medlearn.errors import DataError
from medlearn.plots.text import ABOVE, BELOW, LINE, LONGEST, _colour

DATA = SimpleNamespace(simulated=False, classes=("praise", "complaint"))
WORDS = ["Wilson", "disease", "or", "gout", ":", "allopurinol"]
TRUE = [1, 2, 0, 1, 0, 3]


def bars(ax):
    """Of each bar: line, side, first and last word, type, and whether it is filled; by the words' places."""
    words = {round(text.get_position()[0], 3): text.get_text() for text in ax.texts}
    rows = {text.get_text(): text.get_position() for text in ax.texts}
    kinds = {to_hex(_colour(kind)): kind for kind in range(3)}
    found = []
    for bar in ax.patches:
        line = min(range(20), key=lambda line: abs(bar.get_y() + line * LINE))
        side = {ABOVE: "true", BELOW: "predicted"}[bar.get_y() + line * LINE]
        right = bar.get_x() + bar.get_width()
        last = max((x, word) for word, (x, y) in rows.items() if y == -line * LINE and x < right)[1]
        edge, face = to_hex(bar.get_edgecolor()), to_hex(bar.get_facecolor())
        found.append((line, side, words[round(bar.get_x(), 3)], last, kinds[edge], face == edge))
    return found


def test_a_bar_stands_over_a_true_entity_and_under_a_predicted_one_filled_where_they_agree():
    ax = plots.tagged(WORDS, TRUE, [0, 1, 0, 1, 0, 1], classes=("disease", "drug"), data=DATA)
    assert bars(ax) == [
        (0, "true", "Wilson", "disease", 0, False),
        (0, "true", "gout", "gout", 0, True),
        (0, "true", "allopurinol", "allopurinol", 1, False),
        (0, "predicted", "disease", "disease", 0, False),
        (0, "predicted", "gout", "gout", 0, True),
        (0, "predicted", "allopurinol", "allopurinol", 0, False),
    ]
    assert [text.get_text() for text in ax.get_legend().texts] == ["disease", "drug"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["true", "predicted"]


def test_without_predictions_all_bars_are_filled():
    ax = plots.tagged(WORDS, TRUE, classes=("disease", "drug"), data=DATA)
    assert [bar[1:] for bar in bars(ax)] == [
        ("true", "Wilson", "disease", 0, True),
        ("true", "gout", "gout", 0, True),
        ("true", "allopurinol", "allopurinol", 1, True),
    ]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["true"]


def test_each_sentence_begins_a_line_and_a_bar_is_broken_with_its_words():
    long = [f"word{number}" for number in range(40)]
    ax = plots.tagged(
        Ragged.of([["gout"], long]), Ragged.of([[1], [1] + [2] * 39]), classes=("disease",), data=DATA
    )
    lines = {text.get_text(): round(-text.get_position()[1] / LINE) for text in ax.texts}
    assert lines["gout"] == 0 and lines["word0"] == 1 and lines["word39"] >= 3
    assert [bar[0] for bar in bars(ax)] == list(range(lines["word39"] + 1))
    assert bars(ax)[-1][3] == "word39"
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert max(ends) <= ax.get_xlim()[1]


def test_no_word_lies_on_another():
    ax = plots.tagged([*WORDS, "WWWW", "iiii", "$a$"], [0] * 9, classes=(), data=DATA)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert all(one.x1 <= other.x0 for one, other in pairwise(boxes))
    assert [text.get_text() for text in ax.texts][-1] == "$a$" and not ax.patches


def test_narrow_axes_get_more_lines():
    wide = plots.tagged(WORDS * 3, TRUE * 3, classes=("disease", "drug"), data=DATA)
    _, (left, _) = plt.subplots(1, 2)
    narrow = plots.tagged(WORDS * 3, TRUE * 3, classes=("disease", "drug"), data=DATA, ax=left)
    assert narrow.get_ylim()[0] < wide.get_ylim()[0]


def test_a_word_without_end_is_cut_and_one_without_letters_is_seen():
    ax = plots.tagged(["x" * 500, " "], [0, 0], classes=(), data=DATA)
    first, second = (text.get_text() for text in ax.texts)
    assert len(first) == LONGEST and first.endswith("x…") and second.strip()


@pytest.mark.parametrize(
    ("tokens", "tags", "said"),
    [
        (WORDS, TRUE[1:], r"a tag for each word, but these have \[6\] words and \[5\] tags"),
        ([WORDS, ["gout"]], [TRUE, []], r"\[6, 1\] words and \[6, 0\] tags"),
        ([], [], r"have \[\] words"),
        ([[]], [[]], r"have \[0\] words"),
        (WORDS, [1, 2, 0, 1, 0, 5], "names for 2 types, and none for type 2"),
        (WORDS, [1, 2, 0, 1, 0, -1], "needs whole numbers from 0"),
    ],
)
def test_what_is_no_tagged_sentence_is_refused(tokens, tags, said):
    with pytest.raises(DataError, match=said):
        plots.tagged(tokens, tags, classes=("disease", "drug"), data=DATA)


def test_the_largest_weights_are_drawn_on_either_side():
    words = ["dull", "fine", "great", "worse", "bad", "$"]
    ax = plots.weights(words, [-0.1, -1.0, -2.0, 2.5, 1.5, 0.3], most=2, data=DATA)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["great", "fine", "bad", "worse"]
    assert [bar.get_width() for bar in ax.patches] == [-2.0, -1.0, 1.5, 2.5]
    assert len({to_hex(bar.get_facecolor()) for bar in ax.patches}) == 2
    assert ax.get_xlabel() == "weight: for praise (left) or for complaint (right)"
    several = SimpleNamespace(simulated=False, classes=("a", "b", "c"))
    assert plots.weights(words, np.arange(6), data=several).get_xlabel() == "weight"


def test_a_weight_of_0_is_not_drawn():
    ax = plots.weights(["a", "b", "c"], [0, 0, 1], data=DATA)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["c"]
    with pytest.raises(DataError, match="nothing to draw: every weight is 0"):
        plots.weights(["a"], [0], data=DATA)


@pytest.mark.parametrize(
    ("values", "most"), [([1, 2], 5), ([[1, 2, 3]], 5), ([1, np.nan, 2], 5), ([1, 2, 3], 0)]
)
def test_what_is_no_weight_a_word_is_refused(values, most):
    with pytest.raises(DataError, match="one finite weight for each of 3 words, and most=1 or more"):
        plots.weights(["a", "b", "c"], values, most=most, data=DATA)
