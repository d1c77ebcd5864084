"""What the cloud, the stability beside the twins', and the profiles show; and two of the drawings."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from medlearn import plots
from medlearn.errors import DataError
from medlearn.evaluation.clusters import Groups
from medlearn.plots import drawings

DATA = SimpleNamespace(simulated=False)
X = np.array([[0.0, 1, 9], [2, 3, 9], [4, 5, 9], [6, 7, 9]])
EXAMPLES = runpy.run_path(str(Path(__file__).with_name("examples_clusters.py")))
TABLE = EXAMPLES["TABLE"]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().texts]


def words(ax):
    return {text.get_text(): text for text in ax.texts if text.get_text()}


# The cloud


def test_each_group_has_its_patients_its_colour_and_its_marker():
    ax = plots.cloud(X, np.array([2, 0, 2, 0]), data=DATA)
    first, second = ax.collections
    assert first.get_offsets().tolist() == [[2, 3], [6, 7]]
    assert second.get_offsets().tolist() == [[0, 1], [4, 5]]
    assert legend(ax) == ["group 0 (2)", "group 2 (2)"]
    assert to_hex(first.get_facecolor()[0]) != to_hex(second.get_facecolor()[0])
    assert len(first.get_paths()[0].vertices) != len(second.get_paths()[0].vertices)


def test_no_two_of_many_groups_look_the_same():
    group = np.arange(30)
    ax = plots.cloud(np.zeros((30, 2)), group, data=DATA)
    looks = {
        (to_hex(one.get_facecolor()[0]), one.get_paths()[0].vertices.tobytes()) for one in ax.collections
    }
    assert len(looks) == 30


def test_a_groups_colour_stays_where_another_group_is_absent():
    both = plots.cloud(X, np.array([0, 1, 0, 1]), data=DATA).collections[1]
    alone = plots.cloud(X, np.array([1, 1, 1, 1]), data=DATA).collections[0]
    assert to_hex(both.get_facecolor()[0]) == to_hex(alone.get_facecolor()[0])


def test_groups_are_named_and_without_groups_there_is_no_legend():
    ax = plots.cloud(X, np.array([0, 1, 1, 1]), names=["mild", "severe"], data=DATA)
    assert legend(ax) == ["mild (1)", "severe (3)"]
    plain = plots.cloud(X, data=DATA)
    assert plain.get_legend() is None and plain.collections[0].get_offsets().shape == (4, 2)


def test_components_have_no_numbers_and_measures_have():
    ax = plots.cloud(X, data=DATA)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("first component", "second component")
    for one in (ax, plots.cloud(X, labels=("", ""), data=DATA)):
        assert not len(one.get_xticks()) and not len(one.get_yticks())
    ax = plots.cloud(X, labels=("creatinine", "lactate"), data=DATA)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("creatinine", "lactate") and len(ax.get_xticks()) > 2


@pytest.mark.parametrize(
    ("x", "more", "said"),
    [
        (X[:, :1], {}, r"first two columns of \(patients, columns\), not \(4, 1\)"),
        (X[0], {}, r"not \(3,\)"),
        (X, {"group": [0, 1]}, r"one group number for each of 4 patients, not int64 \(2,\)"),
        (X, {"group": [0.5, 1, 1, 1]}, "not float64"),
        (X, {"group": [0, 1, 2, 2], "names": ["a", "b"]}, "has 2 names, but a group numbered 2"),
        (X, {"group": [0, -1, 0, 0], "names": ["a", "b"]}, "has 2 names, but a group numbered -1"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(x, more, said):
    with pytest.raises(DataError, match=said):
        plots.cloud(x, data=DATA, **more)


# Against the twins


def test_the_band_is_the_twins_range_and_a_ring_marks_what_was_found():
    ax = plots.against_twins(Groups(2, 0.048, TABLE), data=DATA)
    corners = ax.collections[0].get_paths()[0].vertices
    assert {(2, 0.4), (2, 0.8), (4, 0.3), (4, 0.6)} <= {tuple(map(float, corner)) for corner in corners}
    mean, stability, ring = ax.lines
    assert mean.get_ydata().tolist() == [0.6, 0.5, 0.46]
    assert stability.get_ydata().tolist() == [0.96, 0.6, 0.5] and stability.get_xdata().tolist() == [2, 3, 4]
    assert np.ravel(ring.get_data()).tolist() == [2, 0.96] and ring.get_fillstyle() == "none"


def test_nothing_is_ringed_where_no_groups_were_found():
    assert len(plots.against_twins(Groups(1, 0.3, TABLE), data=DATA).lines) == 2


@pytest.mark.parametrize(("ours", "theirs"), [(0.5, 0.46), (0.46, 0.5), (0.5, 0.5), (0.9, 0.2)])
def test_the_two_lines_are_named_in_their_order_and_no_name_covers_the_other(ours, theirs):
    rows = [row | {"stability": ours, "twins_mean": theirs} for row in TABLE]
    ax = plots.against_twins(Groups(1, 0.3, rows), data=DATA)
    ax.figure.canvas.draw()
    mine, twins = (words(ax)[name].get_window_extent() for name in ("these patients", "twins without groups"))
    assert not mine.overlaps(twins) and (mine.y0 >= twins.y0) == (ours >= theirs)


def test_a_stability_below_0_is_seen():
    rows = [row | {"stability": -0.2} for row in TABLE]
    assert plots.against_twins(Groups(1, 1.0, rows), data=DATA).get_ylim()[0] < -0.2


# Profiles


def test_a_cell_is_coloured_by_its_side_of_the_mean_and_says_its_number():
    ax = plots.profiles([[-2.0, 0.04], [1.0, 2.0]], ["creatinine", "albumin"], ["a", "b"], data=DATA)
    mesh = ax.collections[0]
    assert mesh.get_array().reshape(2, 2).tolist() == [[-2, 0.04], [1, 2]] and mesh.get_clim() == (-2, 2)
    low, high = (mesh.cmap(mesh.norm(value)) for value in (-2, 2))
    assert low[2] > low[0] and high[0] > high[2]  # blue, red
    assert [text.get_text() for text in ax.texts] == ["−2.0", "0.0", "+1.0", "+2.0"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["creatinine", "albumin"]


def test_many_columns_have_no_numbers_and_their_names_do_not_touch():
    columns = [f"finding {place}" for place in range(33)]
    ax = plots.profiles(np.zeros((6, 33)), columns, list("abcdef"), data=DATA)
    assert not ax.texts and ax.figure.get_size_inches()[0] <= 12
    ax.figure.canvas.draw()
    assert [label.get_text() for label in ax.get_xticklabels()] == columns
    starts = [label.get_window_extent().x1 for label in ax.get_xticklabels()]
    assert np.diff(starts).min() > 9


def test_profiles_of_another_shape_are_refused():
    for means in ([[1.0, 2]], [1.0, 2], []):
        with pytest.raises(DataError, match="a mean for each of 2 groups and 2 columns, not"):
            plots.profiles(means, ["a", "b"], ["c", "d"], data=DATA)


# Drawings


def test_the_drawn_twin_has_the_mean_and_the_spread_of_the_drawn_patients():
    kinds, twin = (one.get_offsets() for one in drawings.twin().figure.axes[0].collections)
    np.testing.assert_allclose(np.cov(kinds.T), np.cov(twin.T), rtol=1e-9)
    np.testing.assert_allclose(twin.mean(0) - kinds.mean(0), [3.9, 0], atol=1e-9)


def test_each_drawn_patient_is_in_one_half_and_is_labelled_by_both():
    names = [text.get_text() for text in drawings.halves().figure.axes[0].texts]
    assert all(names.count(str(number)) == 4 for number in range(1, 9))
