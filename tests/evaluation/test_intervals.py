import numpy as np
import pytest

from medlearn import evaluation
from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.intervals import resamples


def test_estimates_show_themselves():
    estimate = evaluation.Estimate(0.87123456, 0.84, 0.9)
    assert repr(estimate) == str(estimate) == "0.871 (0.840 to 0.900)"
    assert estimate._repr_html_() == "<b>0.871</b> (95% interval 0.840 to 0.900)"


def test_resamples_draw_whole_patients():
    patient = np.array([5, 7, 5, 9, 7, 7])
    for index in resamples(len(patient), patient, draws=20, seed=0):
        drawn, count = np.unique(patient[index], return_counts=True)
        whole = {5: 2, 7: 3, 9: 1}
        assert all(times % whole[who] == 0 for who, times in zip(drawn, count, strict=True))


def test_over_seeds_is_students_interval():
    estimate = evaluation.over_seeds([1.0, 2.0, 3.0])
    assert (estimate.value, estimate.high - 2) == pytest.approx((2, 4.302653 / 3**0.5), abs=1e-5)


def test_a_bootstrap_takes_any_measure_of_the_package_too():
    y_true, y_pred = np.array([0, 1] * 30), np.array([0, 1, 1, 1, 0, 0] * 10)
    ours = evaluation.bootstrap(evaluation.accuracy, y_true, y_pred, draws=50)
    plain = evaluation.bootstrap(lambda y, p: (y == p).mean(), y_true, y_pred, draws=50)
    assert (ours.value, ours.low, ours.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_a_bootstrap_by_patient_says_so():
    values = np.arange(6.0)
    assert evaluation.bootstrap(np.mean, values, draws=9).method == "bootstrap"
    assert evaluation.bootstrap(np.mean, values, patient=values, draws=9).method == "bootstrap"
    assert (
        evaluation.bootstrap(np.mean, values, patient=values // 2, draws=9).method == "bootstrap by patient"
    )


def test_one_patient_shows_no_variation():
    for call in (
        lambda: evaluation.bootstrap(np.mean, np.ones(3), patient=[1, 1, 1], draws=3),
        lambda: evaluation.mean_error([1, 2], [1, 3], patient=[1, 1]),
        lambda: evaluation.bootstrap(evaluation.auroc, [0, 1], [0.1, 0.2]),
    ):
        with pytest.raises(UndefinedMeasure, match=r"at least two patients|undefined in"):
            call()


def test_a_column_of_hits_is_a_share_of_hits():
    hits = np.array([True, False, True])
    assert evaluation.proportion(hits[:, None]) == evaluation.proportion(hits)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.over_seeds([0.9]), "one seed shows no variation"),
        (lambda: evaluation.bootstrap(np.mean, np.ones(3), patient=np.array([1, 1])), "2 patient numbers"),
        (lambda: evaluation.bootstrap(evaluation.auroc, [0, 1], [0.1, 0.2]), "undefined in"),
        (lambda: evaluation.over_seeds([0.9, np.nan]), "values are not finite"),
        (lambda: evaluation.over_seeds(np.ones((2, 2))), r"values has the shape \(2, 2\)"),
        (lambda: evaluation.bootstrap(np.mean, np.ones(3), draws=0), "draws must be at least 1, not 0"),
        (lambda: evaluation.bootstrap(np.mean), r"their shapes are \[\]"),
        (lambda: evaluation.bootstrap(np.mean, 3), r"their shapes are \[\(\)\]"),
        (lambda: evaluation.bootstrap(np.mean, []), r"their shapes are \[\(0,\)\]"),
        (lambda: evaluation.bootstrap(np.dot, [1, 2], [1]), r"their shapes are \[\(2,\), \(1,\)\]"),
        (lambda: evaluation.proportion([]), "True or False for each case, and at least one"),
        (lambda: evaluation.proportion(np.array([], bool)), "there are no values: hits is empty"),
        (lambda: evaluation.proportion([0, 1]), "True or False for each case"),
        (lambda: evaluation.proportion(np.ones((2, 2), bool)), r"hits has the shape \(2, 2\)"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()
