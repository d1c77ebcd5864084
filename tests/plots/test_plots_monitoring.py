"""Where a control chart's sums, limits and alarm stand."""

from types import SimpleNamespace

import numpy as np
import pytest

from medlearn import plots
from medlearn.errors import DataError
from medlearn.evaluation.drift import Chart
from medlearn.plots.monitoring import ALARM

DATA = SimpleNamespace(simulated=False)


def chart(rises, falls, *, limit=3.0):
    return Chart(np.array(rises, float), np.array(falls, float), limit=limit, every=1000)


def lines(ax):
    return {line.get_label(): line for line in ax.lines}


def dots(ax):
    return [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_color() == ALARM]


def test_rises_stand_above_and_falls_below_with_a_limit_each():
    ax = plots.control_chart(chart([0, 1, 2], [2, 1, 0]), data=DATA)
    drawn = lines(ax)
    assert drawn["rises"].get_xdata().tolist() == [1, 2, 3] and ax.get_xlabel() == "visit"
    assert drawn["rises"].get_ydata().tolist() == [0, 1, 2]
    assert drawn["falls"].get_ydata().tolist() == [-2, -1, 0]
    heights = {line.get_ydata()[0] for line in ax.lines if len(line.get_ydata()) == 2}
    assert heights == {3, -3, 0} and not dots(ax)
    assert any("a false alarm in 1,000" in text.get_text() for text in ax.get_legend().texts)


@pytest.mark.parametrize(
    ("rises", "falls", "at"), [([0, 4, 5], [0, 0, 0], (20, 4)), ([0, 0, 1], [1, 2, 3.5], (30, -3.5))]
)
def test_the_first_alarm_is_marked_on_its_side(rises, falls, at):
    ax = plots.control_chart(chart(rises, falls), times=[10, 20, 30], unit="week", data=DATA)
    assert dots(ax) == [at] and ax.get_xlabel() == "week"


def test_what_is_known_to_have_changed_is_marked():
    ax = plots.control_chart(chart([0, 1], [0, 0]), changed=1.5, data=DATA)
    assert list(lines(ax)["something changed"].get_xdata()) == [1.5, 1.5]


@pytest.mark.parametrize("times", [[1, 2], [1, 3, 2], [[1, 2, 3]]])
def test_times_that_do_not_fit_are_refused(times):
    with pytest.raises(DataError, match="a time for each of 3 values, in order"):
        plots.control_chart(chart([0, 1, 2], [0, 0, 0]), times=times, data=DATA)
