"""The slider over the threshold: each step is what `evaluation` says, on a page and in a running notebook."""

import json
import re
from html import unescape
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from medlearn import evaluation, plots
from medlearn.errors import UndefinedMeasure
from medlearn.sliders import ThresholdSlider

matplotlib.use("Agg")

DATA = SimpleNamespace(simulated=True, classes=("lived", "died"))
y_true = np.array([0, 0, 0, 0, 1, 1] * 10)
y_score = np.tile([0.02, 0.1, 0.2, 0.4, 0.3, 0.604], 10)


@pytest.fixture
def slider():
    return ThresholdSlider(y_true, y_score, start=0.15, data=DATA)


@pytest.fixture
def shown(slider):
    yield slider._repr_mimebundle_()
    plt.close("all")


def steps(page: str) -> list[list[str]]:
    return json.loads(unescape(re.search("data-steps='([^']*)'", page)[1]))


def test_there_is_a_widget_for_a_notebook_and_a_page_for_everywhere_else(shown):
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert shown["text/plain"] == "ThresholdSlider at 15%"
    assert re.search('<img alt="[^"]*lived and died[^"]*" src="data:image/png;base64,', shown["text/html"])


def test_the_page_runs_nothing_and_asks_nobody(shown):
    assert not re.search(r"<script|<iframe|\son\w+=|https?:", shown["text/html"])


def test_each_step_is_what_evaluation_says(shown):
    listed = steps(shown["text/html"])
    assert [called for called, *_ in listed] == [f"{percent}%" for percent in range(1, 62)]
    for percent, (_, _, sentence, *texts) in enumerate(listed, start=1):
        threshold = percent / 100
        alarm = y_score >= threshold
        found, false, missed, left = map(int, texts[:4])
        assert (found, false) == (np.sum(alarm & (y_true == 1)), np.sum(alarm & (y_true == 0)))
        assert (found + missed, false + left) == (20, 40)
        assert sentence == f"At {percent}%: {found + false} alarms, {found} of 20 found."
        for name, text in zip(("sensitivity", "specificity", "ppv", "npv"), texts[4:], strict=True):
            try:
                assert text == f"{getattr(evaluation, name)(y_true, alarm):.0%}"
            except UndefinedMeasure:
                assert text == "undefined"
    assert listed[-1][-2] == "undefined"  # the PPV, above the highest score


def test_the_line_goes_from_left_to_right_within_the_picture(shown):
    places = [float(place.rstrip("%")) for _, place, *_ in steps(shown["text/html"])]
    assert 0 < places[0] < places[-1] < 100
    np.testing.assert_allclose(np.diff(places), np.diff(places).mean(), atol=0.11)


def test_the_start_stands_there_before_anything_is_moved(shown):
    page = shown["text/html"]
    at = steps(page)[int(re.search(r'data-start="(\d+)"', page)[1])]
    assert at[0] == "15%" and f"left: {at[1]}" in page
    assert re.findall("<span data-told>([^<]*)</span>", page) == at[2:]


def test_intervals_count_patients():
    patient = np.arange(60) // 6
    page = ThresholdSlider(y_true, y_score, start=0.15, patient=patient, data=DATA)._page()
    alarm = y_score >= 0.35
    expected = f"{evaluation.sensitivity(y_true, alarm, patient=patient):.0%}"
    assert steps(page)[34][7] == expected != f"{evaluation.sensitivity(y_true, alarm):.0%}"


def test_what_the_classes_are_called_is_text():
    classes = SimpleNamespace(simulated=False, classes=("<b>it's", 'a "b"'))
    page = ThresholdSlider(y_true, y_score, start=0.15, data=classes)._page()
    assert "<b>" not in page and "&lt;b&gt;" in page
    assert len(steps(page)) == 61


def test_a_running_notebook_draws_the_line_and_the_same_words(slider, monkeypatch):
    seen = []
    monkeypatch.setattr("IPython.display.display", seen.append)
    slider._show(0.35)
    figure = plt.figure(plt.get_fignums()[-1])
    assert figure.axes[0].lines[0].get_xdata()[0] == 0.35
    assert figure.get_supxlabel() == plots.STAMP
    assert [text for text in slider._told(0.35) if text not in seen[0].data] == []
    plt.close("all")


def test_scores_that_are_no_probabilities_are_refused():
    with pytest.raises(UndefinedMeasure, match="outside 0 to 1"):
        ThresholdSlider(y_true, 10 * y_score, start=0.15, data=DATA)
