"""How high the letters of a logo are, which change has which colour, and where letters stand."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from medlearn import plots
from medlearn.errors import DataError
from medlearn.plots.sequences import COLOURS, UNSURE

DATA = SimpleNamespace(simulated=False)
NAMES = {colour: letter for letter, colour in COLOURS.items()}


def drawn(ax):
    """Of each letter of a logo: which, at which place, and between which heights."""
    found = []
    for patch in ax.patches:
        box = patch.get_path().get_extents()
        place = round((box.x0 + box.x1) / 2)
        found.append((place, NAMES[to_hex(patch.get_facecolor())], round(box.y0, 3), round(box.y1, 3)))
    return sorted(found)


def test_letters_of_a_logo_are_as_high_as_their_share_of_what_the_place_tells():
    ax = plots.logo([[0, 0, 1, 0], [0.5, 0, 0, 0.5], [0.25] * 4, [0.5, 0.25, 0.25, 0]], data=DATA)
    assert drawn(ax) == [
        (0, "G", 0, 2),  # 2 bits
        (1, "A", 0, 0.5),
        (1, "T", 0.5, 1),  # 1 bit
        (3, "A", 0.25, 0.5),  # 2 − 1.5 bits, the most frequent on top
        (3, "C", 0, 0.125),
        (3, "G", 0.125, 0.25),
    ]


def test_counts_make_the_same_logo_as_shares():
    counts = np.array([[3, 1, 0, 4], [8, 0, 0, 0]])
    assert drawn(plots.logo(counts, data=DATA)) == drawn(plots.logo(counts / 8, data=DATA))


def test_a_change_has_its_colour_and_the_letter_that_stands_its_dot():
    values = np.zeros((4, 4))
    values[2, 3], values[0, 1] = -2, 1
    ax = plots.changes(values, "GANC", label="log-odds", data=DATA)
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), values.T)
    assert image.get_clim() == (-2, 2)
    assert ax.collections[0].get_offsets().tolist() == [[0, 2], [1, 0], [3, 1]]
    assert [text.get_text() for text in ax.texts] == list("GANC")
    assert [text.get_color() for text in ax.texts][2] == UNSURE
    assert [label.get_text() for label in ax.get_yticklabels()] == list("ACGT")
    assert ax.figure.axes[-1].get_ylabel() == "log-odds"


def test_no_change_at_all_can_be_drawn():
    assert plots.changes(np.zeros((2, 4)), "NN", data=DATA).images[0].get_clim() == (-1, 1)


def test_each_letter_stands_on_its_colour_and_short_sequences_end():
    ax = plots.letters(["ACn", "T"], names=["one", "other"], data=DATA)
    at = {text.get_position(): text.get_text() for text in ax.texts}
    assert at == {(0, 0): "A", (1, 0): "C", (2, 0): "n", (0, 1): "T"}
    picture = ax.images[0].get_array()
    assert len({to_hex(picture[y, x]) for x, y in at}) == 4 and (picture[1, 1:] == 1).all()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "other"]
    assert plots.letters(["AC"], data=DATA).get_ylabel() == "sequence"


def test_places_are_named_at_round_numbers():
    named = {}
    for count, places in ((5, None), (60, None), (60, [*range(-30, 0), *range(1, 31)]), (3, "abc")):
        ax = plots.letters(["A" * count], places=places, data=DATA)
        named[count, places is None] = [label.get_text() for label in ax.get_xticklabels()]
        if count == 60:
            assert ax.get_xticks()[0] == (4 if places is None else 0)
    assert named[5, True] == list("12345") and named[60, True][:3] == ["5", "10", "15"]
    assert named[60, False][:2] == ["−30", "−25"] and named[3, False] == list("abc")


def test_narrow_axes_are_drawn_into():
    _, (left, right) = plt.subplots(1, 2)
    assert plots.logo(np.eye(4), data=DATA, ax=right) is right and len(right.patches) == 4
    assert not left.patches


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: plots.logo(np.ones((3, 5)), data=DATA), r"finite numbers, \(places, 4\), not \(3, 5\)"),
        (lambda: plots.logo(np.ones((0, 4)), data=DATA), r"not \(0, 4\)"),
        (lambda: plots.logo([[1, 0, 0, np.nan]], data=DATA), "finite numbers"),
        (lambda: plots.logo([[1, 0, 0, -1]], data=DATA), "not of its weights"),
        (lambda: plots.logo([[0, 0, 0, 0]], data=DATA), "one above 0 at each place"),
        (lambda: plots.logo(np.eye(4), places="abc", data=DATA), "a name for each of 4 places, not 3"),
        (lambda: plots.changes(np.ones((3, 4)), "AC", data=DATA), "3 places, but a sequence of 2 letters"),
        (lambda: plots.letters([], data=DATA), "one sequence or more"),
        (lambda: plots.letters(["A" * 201], data=DATA), "up to 201 letters"),
        (lambda: plots.letters(["A"], names=["a", "b"], data=DATA), "a name each"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, said):
    with pytest.raises(DataError, match=said):
        draw()
