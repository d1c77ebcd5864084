"""What a patient's grid, the mirrored histograms, the love plot and the values of policies show."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from medlearn import plots
from medlearn.errors import DataError
from medlearn.evaluation import Estimate
from medlearn.plots import drawings
from medlearn.plots.treatment import KEPT, STARTED, STOPPED

DATA = SimpleNamespace(simulated=False)
DRUGS = ("insulin", "metformin", "glyburide", "acarbose")
VALUES = {"doctors": Estimate(0.26, 0.25, 0.27), "for none": Estimate(0.29, 0.26, 0.32)}


def cells(ax):
    """The colour at each (row, visit)."""
    middles = {(round(one.get_y() + 0.4), round(one.get_x() + 0.4)): one for one in ax.patches}
    return {place: to_hex(one.get_facecolor()) for place, one in middles.items()}


def rows(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_what_is_kept_started_and_stopped_is_told_and_a_drug_never_given_is_left_out():
    ax = plots.prescriptions([[1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0]], DRUGS, data=DATA)
    kept, started, stopped = map(to_hex, (KEPT, STARTED, STOPPED))
    wanted = {(0, 0): kept, (0, 1): kept, (0, 2): kept, (1, 0): kept, (1, 1): stopped, (2, 2): started}
    assert rows(ax) == ["insulin", "metformin", "glyburide"] and cells(ax) == wanted
    assert {text.get_position(): text.get_text() for text in ax.texts} == {(1, 1): "−", (2, 2): "+"}


def test_many_visits_are_not_all_numbered():
    ax = plots.prescriptions(np.ones((45, 1)), ["insulin"], data=DATA)
    assert [label.get_text() for label in ax.get_xticklabels()][:3] == ["1", "4", "7"]
    assert ax.figure.get_size_inches()[0] < 10 and len(ax.patches) == 45


@pytest.mark.parametrize("sets", [[1, 0, 0, 0], [[1, 0]], np.zeros((2, 4))])
def test_what_is_no_set_of_these_drugs_is_refused(sets):
    with pytest.raises(DataError, match=r"one patient's sets, \(visits, drugs\), with 4 names"):
        plots.prescriptions(sets, DRUGS, data=DATA)


def test_those_who_got_it_stand_above_and_the_others_below():
    propensity, treatment = np.array([0.11, 0.11, 0.91, 0.91, 0.91]), np.array([0, 0, 1, 1, 0])
    for given in (propensity, np.stack([1 - propensity, propensity], 1)):
        ax = plots.overlap(given, treatment, ("none", "drug"), data=DATA)
        up, down = (patch.get_data().values for patch in ax.patches)
        assert up.sum() == 2 == up.max() and down.sum() == -3 and down.min() == -2 and down[36] == -1
        assert {text.get_text() for text in ax.get_legend().texts} == {"got none", "got drug"}


def test_three_arms_cannot_be_mirrored():
    with pytest.raises(DataError, match=r"draws two arms.* not \(5, 3\) beside \(5,\) and 3 names"):
        plots.overlap(np.full((5, 3), 1 / 3), np.arange(5) % 3, ("a", "b", "c"), data=DATA)


def test_the_columns_that_differ_most_come_first():
    columns = ["age", "pulse", "albumin", "sex", "all one"]
    before, after = [0.1, -0.8, 0.4, 0.2, np.nan], [0.05, 0.02, -0.1, 0.0, 0.0]
    ax = plots.balance(before, after, columns, most=3, data=DATA)
    assert rows(ax) == ["pulse", "albumin", "sex"]
    hollow, filled = ax.lines[:2]
    assert hollow.get_xdata().tolist() == [0.8, 0.4, 0.2] and filled.get_xdata().tolist() == [0.02, 0.1, 0.0]
    with pytest.raises(DataError, match="one after for each of 5 columns, not"):
        plots.balance(before, after[:4], columns, data=DATA)
    with pytest.raises(DataError, match="nothing to draw: 0 columns with a difference, most=15"):
        plots.balance([np.inf], [0.0], ["arm"], data=DATA)


def test_the_truth_stands_below_its_value_and_only_where_it_is_known():
    ax = plots.policies(VALUES, {"for none": 0.287}, data=DATA)
    truth = ax.lines[-1]
    assert truth.get_xdata().tolist() == [0.287] and 1 < truth.get_ydata()[0] < 1.4
    assert rows(ax) == list(VALUES) and ax.get_legend().texts[0].get_text() == "truth"
    assert plots.policies(VALUES, measure="died", data=DATA).get_legend() is None
    with pytest.raises(DataError, match="the truth of 'oracle', which is none of doctors, for none"):
        plots.policies(VALUES, {"oracle": 0.2}, data=DATA)


def test_a_hidden_cause_is_drawn_only_where_asked():
    told = {
        hidden: {text.get_text() for text in drawings.causes(hidden=hidden).figure.axes[0].texts}
        for hidden in (False, True)
    }
    assert told[True] - told[False] == {"?", "in no column"}
