"""Every wrong call is one sentence that names the argument, and nothing wrong becomes a number in silence."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from medlearn import evaluation
from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import inputs

Y, SCORE, CALLED = [0, 1, 1, 0], [0.1, 0.7, 0.4, 0.2], [0, 1, 0, 0]


@pytest.mark.parametrize(
    "same",
    [
        np.array,
        tuple,
        pd.Series,
        lambda values: np.array(values)[:, None],
        lambda values: np.array(values, object),
        lambda values: pd.Series(values).convert_dtypes(),
        lambda values: pd.Series(values, index=[3, 1, 0, 2]),
        lambda values: np.array(values, np.float32) if isinstance(values[0], int) else values,
        lambda values: [value == 1 for value in values] if isinstance(values[0], int) else values,
    ],
)
def test_arrays_lists_and_columns_of_pandas_are_all_taken(same):
    whose = ["a", "a", "b", "c"]
    for measure, answer in ((evaluation.auroc, SCORE), (evaluation.brier, SCORE), (evaluation.ppv, CALLED)):
        expected = measure(Y, answer, patient=whose, weights=[1, 2, 1, 1])
        weights = pd.Series([1, 2, 1, 1], dtype="Int64")
        given = measure(same(Y), same(answer), patient=pd.Series(whose), weights=weights)
        assert (given.value, given.low, given.high) == (expected.value, expected.low, expected.high)


def test_patients_may_be_of_any_type_that_can_be_told_apart():
    numbers = evaluation.auroc(Y, SCORE, patient=[7, 7, 8, 9])
    for same in (["x", "x", "y", "z"], pd.Categorical(["x", "x", "y", "z"]), np.array([[7], [7], [8], [9]])):
        assert evaluation.auroc(Y, SCORE, patient=same) == numbers


DECIDING = ["accuracy", "sensitivity", "specificity", "ppv", "npv", "f1", "balanced_accuracy"]


@pytest.mark.parametrize("name", DECIDING)
def test_probabilities_are_no_decisions(name):
    with pytest.raises(
        DataError, match=r"y_pred .*, but holds 0\.1 at position 0: .*compare (the )?scores to a"
    ):
        getattr(evaluation, name)(Y, SCORE)
    with pytest.raises(DataError, match=r"takes decisions"):
        evaluation.averaged(getattr(evaluation, name), Y, np.column_stack([SCORE, SCORE]))


def test_accuracy_of_several_classes():
    assert evaluation.accuracy([0, 1, 2, 2], [0, 2, 2, 2]).value == 0.75
    assert evaluation.accuracy(np.array([0.0, 1, 2, 2]), [0, 2, 2, 2]).value == 0.75
    with pytest.raises(DataError, match=r"y_pred has the shape \(4, 2\), but one value a case is needed"):
        evaluation.accuracy([0, 1, 2, 2], np.ones((4, 2)))


@pytest.mark.parametrize("lost", [None, np.nan, pd.NA, pd.NaT, float("inf"), -np.inf])
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("auroc", SCORE),
        ("accuracy", CALLED),
        ("f1", CALLED),
        ("brier", SCORE),
        ("mean_absolute_error", SCORE),
        ("r2", SCORE),
    ],
)
def test_what_is_missing_is_said_with_its_place(name, answer, lost):
    measure = getattr(evaluation, name)
    for spoilt in ([*answer[:2], lost, answer[3]], pd.Series([*answer[:2], lost, answer[3]], dtype=object)):
        with pytest.raises(DataError, match=r"1 value\(s\) of y_\w+ are not finite, .* at position 2: leave"):
            measure(Y, spoilt)
        with pytest.raises(DataError, match="y_true"):
            measure(spoilt, answer)


WITH_PATIENTS = [
    lambda patient: evaluation.auroc(Y, SCORE, patient=patient),
    lambda patient: evaluation.bootstrap(np.mean, SCORE, patient=patient, draws=5),
    lambda patient: evaluation.reliability(Y, SCORE, patient=patient),
    lambda patient: evaluation.averaged(evaluation.f1, Y, CALLED, patient=patient),
    lambda patient: evaluation.averaged(evaluation.f1, Y, CALLED, patient=patient, average="micro"),
    lambda patient: evaluation.subgroups(evaluation.auroc, Y, SCORE, {}, patient=patient),
    lambda patient: evaluation.report(Y, SCORE, threshold=0.5, patient=patient),
]


@pytest.mark.parametrize("call", WITH_PATIENTS)
@pytest.mark.parametrize("lost", [None, np.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("others", [[1, 1, 2], ["a", "a", "b"]])
def test_a_case_of_nobody_is_no_patient(call, lost, others):
    for patient in ([*others, lost], (*others, lost), pd.Series([*others, lost], dtype=object)):
        with pytest.raises(DataError, match="patient is missing for 1 of 4 cases, the first at position 3"):
            call(patient)


@pytest.mark.parametrize("call", WITH_PATIENTS)
def test_one_patient_number_too_few_is_a_wrong_call(call):
    with pytest.raises(DataError, match="there are 4 cases but 3 patient numbers") as raised:
        call([1, 1, 2])
    assert not isinstance(raised.value, UndefinedMeasure)


@pytest.mark.parametrize("level", [95, 0, 1, -0.5, np.nan, np.inf])
def test_a_level_is_a_share(level):
    for call in (
        lambda: evaluation.auroc(Y, SCORE, level=level),
        lambda: evaluation.auroc([0, 1], [1, 1], level=level),
        lambda: evaluation.auroc_difference(Y, SCORE, SCORE, level=level),
        lambda: evaluation.accuracy(Y, CALLED, level=level),
        lambda: evaluation.brier(Y, SCORE, level=level),
        lambda: evaluation.calibration_slope(Y, SCORE, level=level),
        lambda: evaluation.r2(Y, SCORE, level=level),
        lambda: evaluation.mean_error(Y, SCORE, level=level),
        lambda: evaluation.net_benefit(Y, SCORE, 0.5, level=level),
        lambda: evaluation.proportion(np.array([True]), level=level),
        lambda: evaluation.over_seeds([1, 2], level=level),
        lambda: evaluation.bootstrap(np.mean, SCORE, draws=5, level=level),
        lambda: evaluation.averaged(evaluation.f1, Y, CALLED, level=level),
        lambda: evaluation.reliability(Y, SCORE, level=level),
        lambda: evaluation.subgroups(evaluation.auroc, Y, SCORE, {}, level=level),
    ):
        with pytest.raises(DataError, match=r"level must lie between 0 and 1, as 0\.95 does, but is"):
            call()


def test_a_class_that_weighs_nothing_is_no_class():
    nobody = [1, 0, 0, 1]
    for name, answer in {
        "auroc": SCORE,
        "auprc": SCORE,
        "sensitivity": CALLED,
        "balanced_accuracy": CALLED,
        "calibration_slope": SCORE,
        "calibration_intercept": SCORE,
    }.items():
        with pytest.raises(UndefinedMeasure, match=r"weight 0|no case has the finding"):
            getattr(evaluation, name)(Y, answer, weights=nobody)
    with pytest.raises(UndefinedMeasure, match="all of one class have the weight 0"):
        evaluation.auroc_difference(Y, SCORE, SCORE, weights=nobody)
    with pytest.raises(UndefinedMeasure, match="scores that differ"):
        evaluation.calibration_slope(Y, [0.1, 0.3, 0.9, 0.3], weights=[0, 1, 0, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: inputs.numbers([], "y_true"), "there are no cases: y_true is empty"),
        (lambda: inputs.numbers(np.zeros((0, 3)), "y_true"), "there are no cases: y_true is empty"),
        (lambda: inputs.numbers([], "weights"), "there are no values: weights is empty"),
        (lambda: inputs.numbers(3, "y_true"), r"y_true has the shape \(\), but one value a case"),
        (lambda: inputs.numbers(np.ones((2, 2)), "y_true"), r"shape \(2, 2\), .*see evaluation.averaged"),
        (
            lambda: inputs.numbers(np.ones((2, 2)), "weights"),
            r"shape \(2, 2\), but one value a case is needed$",
        ),
        (lambda: inputs.numbers(["a", "b"], "y_true"), "y_true must hold numbers, but holds 'a'"),
        (lambda: inputs.numbers(["0", "1"], "y_true"), "y_true must hold numbers, but holds '0'"),
        (lambda: inputs.numbers([Decimal(1)], "y_true"), "must hold numbers, but holds Decimal"),
        (lambda: inputs.numbers([1j], "y_true"), "must hold numbers, but holds 1j"),
        (lambda: inputs.numbers(None, "y_true"), "must hold numbers, but holds None"),
        (lambda: inputs.numbers({1: 2}, "y_true"), "must hold numbers, but holds {1: 2}"),
        (lambda: inputs.numbers([[1], [1, 2]], "y_true"), "y_true is no array: its rows differ in length"),
        (lambda: inputs.binary([1, -1], [1, 2]), "must be 0 or 1, but holds -1 at position 1: for several"),
        (lambda: inputs.binary([1, 0], [1]), "y_true has 2 cases, but y_score has 1"),
        (lambda: inputs.decisions([1, 0], [1, 2]), "y_pred must be 0 or 1, but holds 2 at position 1"),
        (lambda: inputs.probabilities([1, 0], [1, 1.5]), "outside 0 to 1, the first, 1.5, at position 1"),
        (lambda: inputs.classes([1.5, 0], [1, 2]), "y_true must hold class numbers, but holds 1.5"),
        (lambda: inputs.owners([1], 2), "2 cases but 1 patient numbers"),
        (lambda: inputs.owners(5, 1), "1 cases but 1 patient numbers"),
        (lambda: inputs.owners(np.ones((2, 2)), 4), "4 cases but 4 patient numbers"),
        (lambda: inputs.owners(np.array([1, "a"], object), 2), "patient mixes numbers and text"),
        (lambda: inputs.checked_weights([0, 0], 2), "not all of them 0"),
        (lambda: inputs.checked_weights([1, pd.NA], 2), "weights are not finite"),
        (lambda: inputs.tables([[1], [2]], [[1, 2], [3, 4]], ("a", "b")), "a has 1 and b has 2"),
        (
            lambda: inputs.tables([], [[1], [2]], ("a", "b")),
            r"at least 2 cases a side .* a has the shape \(0,\)",
        ),
        (lambda: inputs.tables([[], []], [[], []], ("a", "b")), r"a has the shape \(2, 0\)"),
        (lambda: inputs.tables(1, [[1], [2]], ("a", "b")), r"a has the shape \(\)"),
        (lambda: inputs.tables([["x"]], [[1]], ("a", "b"), least=1), "a must hold numbers, but holds 'x'"),
        (
            lambda: inputs.tables([[1], [np.nan]], [[1]], ("a", "b")),
            "a are not finite, .* at row 1, column 0",
        ),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()


def test_scores_on_another_scale_have_no_brier_score_and_are_no_mistake():
    with pytest.raises(UndefinedMeasure, match=r"log-odds scipy\.special\.expit"):
        evaluation.brier(Y, [-2, 3, 1, -1])
    assert evaluation.auroc(Y, [-2, 3, 1, -1]).value == 1


def test_films_become_rows_of_pixels():
    a, b = inputs.tables(np.zeros((3, 4, 5, 1), np.uint8), np.ones((2, 20)), ("a", "b"))
    assert a.shape == (3, 20) and a.dtype == float and b.shape == (2, 20)
