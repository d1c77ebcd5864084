"""Matthews' correlation: its value is scikit-learn's, its interval holds the truth as often as it says."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import matthews_corrcoef

from medlearn.errors import UndefinedMeasure
from medlearn.evaluation import bootstrap
from medlearn.evaluation.agreement import matthews


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(1, 3)), min_size=4, max_size=40))
def test_the_value_is_scikit_learns(cases):
    y_true, y_pred, weights = np.array(cases).T
    assume(0 < y_true.mean() < 1 and 0 < y_pred.mean() < 1)
    found = matthews(y_true, y_pred, weights=weights)
    assert found.value == pytest.approx(matthews_corrcoef(y_true, y_pred, sample_weight=weights))
    assert -1 <= found.low <= found.value <= found.high <= 1


def drawn(rng, patients, each=1, right=0.85):
    """Decisions on so many patients with so many cases each, which in half of them are right together."""
    patient = np.repeat(np.arange(patients), each)
    y_true = rng.random(len(patient)) < 0.4
    alone, shared = rng.random(len(patient)) < right, (rng.random(patients) < right)[patient]
    hits = np.where((rng.random(patients) < 0.5)[patient], shared, alone)
    return y_true.astype(int), np.where(hits, y_true, ~y_true).astype(int), patient


@pytest.mark.parametrize("each", [1, 4])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(each):
    rng = np.random.default_rng(0)
    truth = matthews(*drawn(rng, 200_000)[:2]).value
    found = [matthews(*few[:2], patient=few[2]) for few in (drawn(rng, 100, each) for _ in range(300))]
    assert 0.91 < np.mean([one.low <= truth <= one.high for one in found]) < 0.985


def test_the_interval_by_patient_is_the_bootstraps_and_wider_than_that_by_case():
    y_true, y_pred, patient = drawn(np.random.default_rng(1), 80, 6)
    ours, theirs = (
        matthews(y_true, y_pred, patient=patient),
        bootstrap(matthews, y_true, y_pred, patient=patient),
    )
    assert ours.low == pytest.approx(theirs.low, abs=0.03) and ours.high == pytest.approx(
        theirs.high, abs=0.03
    )
    alone = matthews(y_true, y_pred)
    assert ours.high - ours.low > 1.2 * (alone.high - alone.low)
    assert "by patient" in ours.method and "by patient" not in alone.method


def test_a_rare_class_does_not_flatter_and_all_right_is_not_certain():
    y_true = np.repeat([0, 1], [95, 5])
    assert matthews(y_true, np.repeat([1, 0, 1], [1, 98, 1])).value < 0.5  # 95 of 100 are right
    right, wrong = matthews(y_true, y_true), matthews(y_true, 1 - y_true)
    assert right.value == right.high == 1 and 0.85 < right.low < 0.95
    assert (wrong.value, wrong.low, wrong.high) == (-1, -1, -right.low)


def test_what_is_undefined_is_said():
    with pytest.raises(UndefinedMeasure, match="all of y_pred are equal"):
        matthews([0, 1, 1], [1, 1, 1])
    with pytest.raises(UndefinedMeasure, match="all of y_true are equal"):
        matthews([0, 0], [0, 1])
    with pytest.raises(UndefinedMeasure, match="at least two patients"):
        matthews([0, 1], [0, 1], patient=["a", "a"])
