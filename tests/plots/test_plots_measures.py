"""Curves and intervals: that the numbers are drawn, and that one model and five can be told apart."""

from itertools import pairwise
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import auc

from medlearn import evaluation, plots
from medlearn.evaluation import Estimate

REAL = SimpleNamespace(simulated=False, classes=("lived", "died"))
NAMES = ["SAPS-I", "logistic regression", "gradient boosting", "GRU", "convolutional network"]


def cases(count=300):
    rng = np.random.default_rng(3)
    y_true = (rng.random(count) < 0.3).astype(int)
    scores = {name: 1 / (1 + np.exp(1 - k * y_true - rng.normal(size=count))) for k, name in enumerate(NAMES)}
    return y_true, scores


def bins(*pairs):
    return [SimpleNamespace(predicted=p, observed=Estimate(o, o - 0.1, o + 0.1), cases=9) for p, o in pairs]


def of_models(count):
    """Each figure of several models, and how many lines of its legend are no model."""
    y_true, scores = cases()
    some = {name: scores[name] for name in NAMES[:count]}
    curves = {name: evaluation.decision_curve(y_true, score) for name, score in some.items()}
    yield plots.roc(y_true, some, data=REAL), 1
    yield plots.precision_recall(y_true, some, data=REAL), 1
    yield plots.reliability({name: bins((0.2, 0.3), (0.5, 0.4)) for name in some}, data=REAL), 1
    yield plots.decision_curves(curves, data=REAL), 2


@pytest.mark.parametrize("count", [1, 3, 5])
def test_each_model_has_a_name_and_a_line_that_no_other_has(count):
    for ax, others in of_models(count):
        names = [text.get_text() for text in ax.get_legend().get_texts()]
        assert [name for name in names if name in NAMES] == NAMES[:count]
        assert len(names) == count + others
        looks = {(line.get_color(), line.get_linestyle()) for line in ax.get_legend().get_lines()}
        assert len(looks) == len(names)


@pytest.mark.parametrize("count", [3, 5])
def test_the_names_of_many_models_stand_beside_the_curves_and_inside_the_figure(count):
    for ax, _ in of_models(count):
        ax.figure.canvas.draw()
        legend, axes = ax.get_legend().get_window_extent(), ax.get_window_extent()
        assert (legend.x0 >= axes.x1) == (count == 5)
        assert legend.x1 <= ax.figure.bbox.x1 + 1 and axes.width > 150


def test_roc_draws_each_models_curve_and_chance():
    y_true, scores = cases()
    *models, chance = plots.roc(y_true, scores, data=REAL).lines
    for line, y_score in zip(models, scores.values(), strict=True):
        assert auc(*line.get_data()) == pytest.approx(evaluation.auroc(y_true, y_score).value)
    assert np.array_equal(chance.get_xydata(), [[0, 0], [1, 1]])


def test_precision_recall_ends_at_the_prevalence_where_chance_is_drawn():
    y_true, scores = cases()
    model, chance = plots.precision_recall(y_true, {"GRU": scores["GRU"]}, data=REAL).lines
    assert set(chance.get_ydata()) == {y_true.mean()}
    assert model.get_xydata()[0] == pytest.approx([1, y_true.mean()])


def test_scores_draws_shares_within_each_class_and_cuts_at_the_threshold():
    y_true, y_score = np.array([0, 0, 0, 1]), np.array([0.1, 0.1, 0.4, 0.9])
    ax = plots.scores(y_true, y_score, threshold=0.3, data=REAL)
    assert [[bar.get_height() for bar in container if bar.get_height()] for container in ax.containers] == [
        [pytest.approx(2 / 3), pytest.approx(1 / 3)],
        [1],
    ]
    assert ax.get_ylabel() == "share of the class"
    assert set(ax.lines[0].get_xdata()) == {0.3}
    assert not plots.scores(y_true, y_score, threshold=None, data=REAL).lines
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["lived", "died"]
    assert ax.containers[0][0].get_hatch() != ax.containers[1][0].get_hatch()


def test_reliability_draws_observed_over_predicted_with_its_interval():
    ax = plots.reliability({"GRU": bins((0.2, 0.3), (0.5, 0.4))}, data=REAL)
    assert np.allclose(ax.lines[1].get_xydata(), [[0.2, 0.3], [0.5, 0.4]])
    assert np.allclose(ax.collections[0].get_segments(), [[[0.2, 0.2], [0.2, 0.4]], [[0.5, 0.3], [0.5, 0.5]]])
    assert ax.get_xlabel() == "predicted (mean probability)" and ax.get_ylabel() == "observed (share)"
    assert ax.get_xlim() == ax.get_ylim() == (0, 1)


def test_decision_curves_keeps_a_harmful_model_from_flattening_the_others():
    thresholds, benefit = np.array([0.1, 0.5]), (Estimate(0.2, 0.1, 0.3), Estimate(-5, -6, -4))
    curve = SimpleNamespace(thresholds=thresholds, benefit=benefit, act_on_all=np.array([0.2, -9]))
    ax = plots.decision_curves({"GRU": curve}, data=REAL)
    assert ax.get_ylim() == pytest.approx((-0.075, 0.315))
    model, everyone, no_one = ax.lines
    assert np.array_equal(model.get_ydata(), [0.2, -5]) and np.array_equal(everyone.get_ydata(), [0.2, -9])
    assert set(no_one.get_ydata()) == {0}


def test_decision_curves_marks_the_threshold_that_was_chosen():
    y_true, scores = cases()
    curve = evaluation.decision_curve(y_true, scores["GRU"])
    ax = plots.decision_curves({"GRU": curve}, threshold=0.125, data=REAL)
    (line,) = [line for line in ax.lines if line.get_label() == "chosen threshold, 12.5%"]
    assert set(line.get_xdata()) == {0.125}


def test_estimates_has_few_enough_ticks_to_be_read():
    values = {"GRU": Estimate(0.4712, 0.4705, 0.4719)}
    ax = plots.estimates(values, measure="AUROC", data=REAL, ax=plt.subplots(figsize=(4, 1.5))[1])
    ax.figure.canvas.draw()
    boxes = [tick.get_window_extent() for tick in ax.get_xticklabels() if tick.get_text()]
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_estimates_has_a_row_a_model_from_the_top_down():
    values = {"GRU": Estimate(0.9, 0.8, 0.95), "SAPS-I": Estimate(0.65, 0.6, 0.7)}
    ax = plots.estimates(values, measure="AUROC", chance=0.5, data=REAL)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["GRU", "SAPS-I"]
    bottom, top = ax.get_ylim()
    assert top < 0 < 1 < bottom and ax.get_xlabel() == "AUROC"
    first, _, _, _, chance = (line.get_xdata() for line in ax.lines)
    assert list(first) == [0.8, 0.95] and set(chance) == {0.5}
    assert [text.get_text() for text in ax.texts] == ["0.90", "0.65"]


def test_estimates_writes_no_minus_before_a_zero_and_no_chance_unasked():
    ax = plots.estimates({"gain": Estimate(-0.001, -0.1, 0.1)}, measure="gain in AUROC", data=REAL)
    assert ax.texts[0].get_text() == "0.00" and len(ax.lines) == 2


def test_subgroups_says_where_the_cases_are_too_few():
    y_true, scores = cases()
    site = np.where(np.arange(300) < 290, "ward", "clinic")
    result = evaluation.subgroups(evaluation.auroc, y_true, scores["GRU"], {"site": site})
    ax = plots.subgroups(result, data=REAL)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[0].startswith("site: clinic  (") and labels[0].endswith("/10)")
    assert [(text.get_text(), text.xy[1]) for text in ax.texts] == [("too few", 0)]
    band = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((result.overall.low, result.overall.high))


@pytest.mark.parametrize(("columns", "names"), [(["loss"], ["train"]), (None, ["train", "validation"])])
def test_history_draws_validation_where_there_is_one(columns, names):
    table = pd.DataFrame({"loss": [2, 1], "val_loss": [3, 2], "auc": [0.5, 0.7]}, index=[1, 2])
    ax = plots.history(table if columns is None else table[columns], data=REAL)
    assert [line.get_label() for line in ax.lines] == names
    assert list(ax.lines[0].get_ydata()) == [2, 1] and (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")


def test_history_draws_the_measure_that_is_asked_for():
    ax = plots.history(pd.DataFrame({"loss": [2, 1], "auc": [0.5, 0.7]}), measure="auc", data=REAL)
    assert list(ax.lines[0].get_ydata()) == [0.5, 0.7] and ax.get_ylabel() == "auc"
