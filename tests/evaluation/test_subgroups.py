import numpy as np
import pandas as pd
import pytest

from medlearn import evaluation
from medlearn.errors import DataError, UndefinedMeasure


def risks(rng, cases=200):
    y_score = rng.random(cases)
    return (rng.random(cases) < y_score).astype(int), y_score


def test_a_small_group_is_counted_but_not_measured():
    y_true, y_score = risks(np.random.default_rng(1))
    ward = np.where(np.arange(200) < 190, "large", None)
    rows = evaluation.subgroups(evaluation.auroc, y_true, y_score, {"ward": ward}).rows
    assert [(row.group, row.cases, row.estimate is None) for row in rows] == [
        ("large", 190, False),
        ("not known", 10, True),
    ]
    assert rows[0].estimate == evaluation.auroc(y_true[:190], y_score[:190])


def test_missing_numbers_are_a_group():
    y_true, y_score = risks(np.random.default_rng(1))
    sex = np.where(np.arange(200) < 100, 1.0, np.nan)
    rows = evaluation.subgroups(evaluation.auroc, y_true, y_score, {"sex": sex}).rows
    assert [row.group for row in rows] == ["1.0", "not known"]


@pytest.mark.parametrize("lost", [None, np.nan, pd.NA, pd.NaT])
def test_whatever_is_missing_is_one_group(lost):
    y_true, y_score = risks(np.random.default_rng(1), 40)
    sex = ["f", "m", lost, lost] * 10
    for values in (sex, pd.Series(sex, dtype=object), pd.Series(sex, dtype="category")):
        rows = evaluation.subgroups(evaluation.auroc, y_true, y_score, {"sex": values}, least=2).rows
        assert [(row.group, row.cases) for row in rows] == [("f", 10), ("m", 10), ("not known", 20)]


def test_the_measure_is_named_by_its_label():
    y_true, y_score = risks(np.random.default_rng(1))
    for of, answer, label in (
        (evaluation.auroc, y_score, "AUROC"),
        (evaluation.brier, y_score, "Brier score"),
        (evaluation.npv, y_score > 0.5, "NPV"),
        (evaluation.balanced_accuracy, y_score > 0.5, "balanced accuracy"),
    ):
        assert evaluation.subgroups(of, y_true, answer, {}).measure == label

    def own(y_true, y_score, **more):
        return evaluation.auroc(y_true, y_score, **more)

    assert evaluation.subgroups(own, y_true, y_score, {}).measure == "own"


def test_groups_count_patients():
    y_true, y_score = risks(np.random.default_rng(1))
    who, ward = np.arange(200) // 2, np.repeat(["a", "b"], 100)
    rows = evaluation.subgroups(evaluation.auroc, y_true, y_score, {"ward": ward}, patient=who).rows
    assert rows[1].estimate == evaluation.auroc(y_true[100:], y_score[100:], patient=who[100:])


def test_a_group_without_a_value_is_named():
    y_true, ward = np.array([0, 1] * 20), np.repeat(["a", "b"], 20)
    with pytest.raises(UndefinedMeasure, match=r"ward b: .* no case was called positive"):
        evaluation.subgroups(evaluation.ppv, y_true, ward == "a", {"ward": ward})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: evaluation.subgroups(evaluation.auroc, [0, 1], [0, 1], {"sex": [1]}),
            "1 values for 2 cases",
        ),
        (lambda: evaluation.subgroups(evaluation.auroc, [0, 1], [0], {}), "2 cases, but y_score has 1"),
        (
            lambda: evaluation.subgroups(evaluation.auroc, [0, 1], [0, 1], {}, patient=[1]),
            "1 patient numbers",
        ),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()
