import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from medlearn import evaluation
from medlearn.errors import DataError, UndefinedMeasure


@pytest.mark.parametrize("average", ["macro", "weighted", "micro"])
def test_averages_over_classes_equal_scikit_learn(average):
    rng = np.random.default_rng(0)
    y_true = rng.integers(3, size=200)
    y_score = rng.dirichlet(np.ones(3), size=200) + 0.3 * np.eye(3)[y_true]
    y_pred, several = y_score.argmax(1), rng.integers(2, size=(200, 4))
    areas = evaluation.averaged(evaluation.auroc, y_true, y_score, average=average)
    theirs = metrics.roc_auc_score(np.eye(3)[y_true], y_score, average=average)
    assert areas.value == pytest.approx(theirs) and theirs in areas
    for ours, their in [(evaluation.f1, metrics.f1_score), (evaluation.ppv, metrics.precision_score)]:
        value = evaluation.averaged(ours, y_true, y_pred, average=average).value
        assert value == pytest.approx(their(y_true, y_pred, average=average))
    labels = evaluation.averaged(evaluation.auprc, several, rng.random((200, 4)), average=average)
    assert 0 < labels.low < labels.value < labels.high < 1


def test_brier_and_accuracy_are_averaged_over_classes():
    rng = np.random.default_rng(1)
    y_true, whose = rng.integers(3, size=120), np.arange(120) // 2
    y_score = rng.dirichlet(np.ones(3), size=120)
    one_hot, y_pred = np.eye(3)[y_true], y_score.argmax(1)
    for average in ("macro", "micro"):
        ours = evaluation.averaged(evaluation.brier, y_true, y_score, average=average, patient=whose)
        assert ours.value == pytest.approx(np.square(y_score - one_hot).mean())
        assert ours.low < ours.value < ours.high and ours.method == "Student, by patient"
        right = evaluation.averaged(evaluation.accuracy, y_true, y_pred, average=average, patient=whose)
        assert right.value == pytest.approx((np.eye(3)[y_pred] == one_hot).mean())
    two = evaluation.averaged(
        evaluation.brier, y_true % 2, np.column_stack([1 - y_score[:, 0], y_score[:, 0]])
    )
    one = evaluation.brier(y_true % 2, y_score[:, 0])
    assert (two.value, two.low, two.high) == pytest.approx((one.value, one.low, one.high))


def test_a_class_without_a_value_is_named_and_undefined():
    with pytest.raises(UndefinedMeasure, match=r"class 2: .* called positive"):
        evaluation.averaged(evaluation.ppv, [0, 1, 2], [0, 1, 1])
    with pytest.raises(UndefinedMeasure, match="no case that counts has a finding"):
        evaluation.averaged(evaluation.accuracy, np.zeros((3, 2)), np.zeros((3, 2)), average="weighted")


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=12),
    st.sampled_from(["macro", "weighted", "micro"]),
)
def test_averages_lie_within_the_bounds(rows, average):
    y_true, y_pred, whose = np.array(rows).T
    probability = np.eye(3)[y_pred] * 0.7 + 0.1
    for of in (evaluation.auroc, evaluation.auprc, evaluation.brier, evaluation.accuracy, evaluation.f1):
        answer = y_pred if of.of in ("decisions", "classes") else probability
        try:
            estimate = evaluation.averaged(of, y_true, answer, average=average, patient=whose)
        except UndefinedMeasure:
            continue
        assert -1e-9 <= estimate.low <= estimate.value + 1e-9 <= estimate.high + 2e-9 <= 1 + 3e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.averaged(evaluation.ppv, [0, 1, 2], [0, 1, 1]), "class 2: .* called positive"),
        (lambda: evaluation.averaged(evaluation.auroc, [0, 3], np.eye(2)), "from 0 to 1, but holds 3"),
        (lambda: evaluation.averaged(evaluation.f1, [0, 1], [0, 1], average="all"), "'macro', 'weighted'"),
        (lambda: evaluation.averaged(evaluation.r2, [0, 1], [0, 1]), "cannot average r2 over classes"),
        (lambda: evaluation.averaged(max, [0, 1], [0, 1]), "cannot average max over classes"),
        (
            lambda: evaluation.averaged(evaluation.calibration_slope, [0, 1], np.eye(2)),
            "cannot average calibration_slope over classes: call it for each class",
        ),
        (
            lambda: evaluation.averaged(evaluation.auroc, [0, 1, 2], [0, 1, 1]),
            r"y_score has the shape \(3,\), but must have .*: it takes scores",
        ),
        (lambda: evaluation.averaged(evaluation.f1, [0, 1], [0.2, 0.7]), "class numbers, but holds 0.2"),
        (lambda: evaluation.averaged(evaluation.f1, [0, 1], np.eye(2) / 2), r"y_score\.argmax\(1\)"),
        (lambda: evaluation.averaged(evaluation.f1, [-1], [-1]), "from 0 to 0, but holds -1"),
        (lambda: evaluation.averaged(evaluation.f1, [0, -1], [0, 1]), "from 0 to 1, but holds -1"),
        (
            lambda: evaluation.averaged(evaluation.f1, np.eye(2), [0, 2]),
            "y_score must be a class from 0 to 1",
        ),
        (lambda: evaluation.averaged(evaluation.f1, [], []), "there are no cases: y_true is empty"),
        (lambda: evaluation.averaged(evaluation.brier, [0, 1], np.eye(2) * 3), "outside 0 to 1"),
        (lambda: evaluation.averaged(evaluation.auroc, [0, 1], [[0, np.nan], [1, 0]]), "row 0, column 1"),
        (lambda: evaluation.averaged(evaluation.auroc, np.eye(2) * 2, np.eye(2)), "0 or 1, but holds 2"),
        (lambda: evaluation.averaged(evaluation.auroc, np.eye(2), np.ones((2, 3))), "y_true is about"),
        (lambda: evaluation.averaged(evaluation.auroc, [0, 1], np.eye(2), patient=[1]), "1 patient numbers"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()
