"""Where letters, gaps and bars of an alignment stand, and which pairs of a cloud are dark."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from medlearn import plots
from medlearn.errors import DataError
from medlearn.plots.alignments import LINE, OTHER, SAME, WIDE

DATA = SimpleNamespace(simulated=False)


def rows(ax):
    """The rows of letters, from above, each from the left."""
    found = {}
    for text in ax.texts:
        x, y = text.get_position()
        found.setdefault(-round(y, 6), {})[round(x)] = text.get_text()
    return ["".join(found[y][x] for x in sorted(found[y])) for y in sorted(found)]


def bars(ax):
    """Of each bar: in which line, at which column, and whether it joins equal letters."""
    found = []
    for collection in ax.collections:
        for segment in collection.get_segments():
            same = {SAME: True, OTHER: False}[to_hex(collection.get_colors()[0])]
            found.append((round(-segment[:, 1].max() // LINE), round(segment[0, 0]), same))
    return sorted(found)


def named(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_letters_stand_under_each_other_and_what_has_no_partner_under_a_gap():
    ax = plots.alignment("WEAK", "WAKEN", [(0, 0), (2, 1), (3, 2)], data=DATA)
    assert rows(ax) == ["WEAK––", "W–AKEN"]
    assert bars(ax) == [(0, 0, True), (0, 2, True), (0, 3, True)]
    assert named(ax.yaxis) == ["first 1", "second 1"]


def test_a_bar_between_different_letters_is_another_and_case_makes_no_difference():
    ax = plots.alignment("wE", "WD", [(0, 0), (1, 1)], data=DATA)
    assert rows(ax) == ["wE", "WD"] and bars(ax) == [(0, 0, True), (0, 1, False)]


def test_between_two_pairs_the_letters_of_the_first_come_first():
    assert rows(plots.alignment("ACD", "AEFD", [(0, 0), (2, 3)], data=DATA)) == ["AC––D", "A–EFD"]
    assert rows(plots.alignment("AC", "DE", [], data=DATA)) == ["AC––", "––DE"]


def test_a_line_has_sixty_columns_and_a_row_says_where_it_begins():
    first, second = "A" * 100, "A" * 98
    ax = plots.alignment(first, second, [(at + 2, at) for at in range(98)], names=("one", "two"), data=DATA)
    assert [len(row) for row in rows(ax)] == [WIDE, WIDE, 40, 40] and rows(ax)[1].startswith("––AA")
    assert named(ax.yaxis) == ["one 1", "two 1", "one 61", "two 59"]
    assert bars(ax)[-1] == (1, 39, True) and len(bars(ax)) == 98


def test_a_row_of_gaps_alone_has_a_name_and_no_number():
    ax = plots.alignment("A" * 60, "C", [], data=DATA)
    assert named(ax.yaxis) == ["first 1", "second", "first", "second 1"]


def test_the_cloud_is_as_dark_as_its_pairs_are_probable_and_rings_stand_on_pairs():
    posterior = np.array([[0.9, 0.1, 0.0], [0.0, 0.25, 0.5]])
    ax = plots.alignment_cloud(posterior, first="AC", second="ADE", pairs=[(0, 0), (1, 2)], data=DATA)
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), posterior)
    assert image.get_clim() == (0, 1)
    assert ax.collections[0].get_offsets().tolist() == [[0, 0], [2, 1]]
    assert named(ax.xaxis) == list("ADE") and named(ax.yaxis) == list("AC")
    assert ax.figure.axes[-1].get_ylabel() == "probability of the pair"


def test_long_axes_are_counted_instead():
    ax = plots.alignment_cloud(np.zeros((3, 80)), second="A" * 80, data=DATA)
    assert named(ax.xaxis)[:2] == ["10", "20"] and ax.get_xticks()[0] == 9
    assert named(ax.yaxis) == ["1", "2", "3"]


def test_axes_that_are_given_are_drawn_into():
    _, (left, right) = plt.subplots(1, 2)
    assert plots.alignment("A", "A", [(0, 0)], data=DATA, ax=right) is right and right.texts
    assert not left.texts


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: plots.alignment("", "", [], data=DATA), "1 to 1200 columns, and this alignment has 0"),
        (lambda: plots.alignment("A" * 1300, "A", [], data=DATA), "has 1301: cut the"),
        (lambda: plots.alignment("AC", "AC", [(0, 2)], data=DATA), "from 0 to 1 and from 0 to 1"),
        (lambda: plots.alignment("AC", "AC", [(-1, 0)], data=DATA), "count from 0"),
        (lambda: plots.alignment("AC", "AC", [(0, 1), (1, 0)], data=DATA), "rise in both sequences"),
        (lambda: plots.alignment("AC", "AC", [(0, 0), (0, 1)], data=DATA), "no place twice"),
        (lambda: plots.alignment("AC", "AC", [(0.0, 1.0)], data=DATA), "whole numbers"),
        (lambda: plots.alignment("AC", "AC", [0, 1], data=DATA), r"\(pairs, 2\), not int\d+ \(2,\)"),
        (lambda: plots.alignment_cloud([[2.0]], data=DATA), "probabilities from 0 to 1"),
        (lambda: plots.alignment_cloud([[np.nan]], data=DATA), "probabilities from 0 to 1"),
        (lambda: plots.alignment_cloud([0.5], data=DATA), r"not \(1,\)"),
        (lambda: plots.alignment_cloud(np.zeros((0, 3)), data=DATA), r"not \(0, 3\)"),
        (lambda: plots.alignment_cloud([[0.5]], first="AC", data=DATA), "2 letters for 1 rows"),
        (lambda: plots.alignment_cloud([[0.5]], pairs=[(0, 1)], data=DATA), "from 0 to 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, said):
    with pytest.raises(DataError, match=said):
        draw()
