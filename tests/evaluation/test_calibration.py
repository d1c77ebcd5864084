import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import special
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression

from medlearn import evaluation
from medlearn.errors import DataError


def too_sure(rng, cases=2000, factor=2.0):
    logit = rng.normal(size=cases)
    return (rng.random(cases) < special.expit(logit)).astype(int), special.expit(factor * logit)


def test_slope_and_intercept_equal_scikit_learns_regression():
    y_true, y_score = too_sure(np.random.default_rng(0))
    theirs = LogisticRegression(C=1e10).fit(special.logit(y_score)[:, None], y_true)
    slope = evaluation.calibration_slope(y_true, y_score)
    assert slope.value == pytest.approx(theirs.coef_[0, 0], abs=1e-4)
    intercept = evaluation.calibration_intercept(y_true, y_score)
    shifted = special.expit(special.logit(y_score) + intercept.value)
    assert shifted.mean() == pytest.approx(y_true.mean())


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20), st.integers(1, 3)), min_size=3, max_size=50))
def test_brier_equals_scikit_learn(rows):
    y_true, score, weights = np.array(rows).T
    assume(0 < y_true.mean() < 1)
    ours = evaluation.brier(y_true, score / 20, weights=weights)
    assert ours.value == pytest.approx(metrics.brier_score_loss(y_true, score / 20, sample_weight=weights))
    assert 0 <= ours.low <= ours.value <= ours.high <= 1


def test_reliability_equals_scikit_learn():
    y_true, y_score = too_sure(np.random.default_rng(1))
    bins = evaluation.reliability(y_true, y_score)
    observed, predicted = calibration_curve(y_true, y_score, n_bins=10, strategy="quantile")
    assert [one.observed.value for one in bins] == pytest.approx(observed)
    assert [one.predicted for one in bins] == pytest.approx(predicted)
    gap = sum(one.cases * abs(one.predicted - one.observed.value) for one in bins) / 2000
    assert evaluation.calibration_error(y_true, y_score).value == pytest.approx(gap)


def test_equal_scores_share_a_bin():
    bins = evaluation.reliability([0, 1] * 50, np.full(100, 0.3))
    assert [(one.cases, one.predicted) for one in bins] == [(100, pytest.approx(0.3))]


@pytest.mark.parametrize("method", ["platt", "temperature", "isotonic"])
def test_recalibration_calibrates_and_keeps_the_ranking(method):
    rng = np.random.default_rng(2)
    mend = evaluation.recalibrate(*too_sure(rng, 3000, 3.0), method=method)
    y_true, y_score = too_sure(rng, 3000, 3.0)
    mended = mend(y_score)
    assert (np.diff(mended[np.argsort(y_score)]) >= 0).all()
    assert evaluation.brier(y_true, mended).value < evaluation.brier(y_true, y_score).value
    assert 0.8 < evaluation.calibration_slope(y_true, mended).value < 1.2


def test_an_intercept_alone_moves_all_log_odds_by_the_calibration_intercept():
    y_true, y_score = too_sure(np.random.default_rng(4))
    rarer = np.where(y_true == 1, np.arange(2000) % 4 == 0, True)  # three of four findings are gone
    y_true, y_score = y_true[rarer], y_score[rarer]
    mended = evaluation.recalibrate(y_true, y_score, method="intercept")(y_score)
    shift = special.logit(mended) - special.logit(np.clip(y_score, 1e-6, 1 - 1e-6))
    assert shift == pytest.approx(
        np.full(len(shift), evaluation.calibration_intercept(y_true, y_score).value)
    )
    assert mended.mean() == pytest.approx(y_true.mean())


def test_recalibration_stays_finite_where_classes_are_separated():
    mended = evaluation.recalibrate([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])(np.array([0.0, 0.5, 1.0]))
    assert np.isfinite(mended).all() and mended[0] < 0.5 < mended[2]


def test_slope_intervals_cover_by_patient():
    rng, covered = np.random.default_rng(0), []
    for _ in range(200):
        y_true, y_score = too_sure(rng, 150)
        twice = [np.repeat(array, 2) for array in (y_true, y_score, np.arange(150))]
        covered.append(0.5 in evaluation.calibration_slope(*twice[:2], patient=twice[2]))
    assert 0.90 < np.mean(covered) < 0.99


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.brier([0, 1], [0.1, 3.2]), "outside 0 to 1, the first, 3.2, at position 1"),
        (lambda: evaluation.brier([1], [0.5]), "at least two patients"),
        (lambda: evaluation.brier([0, 1], [0.5, 0.5], patient=[4, 4]), "at least two patients"),
        (lambda: evaluation.brier([], []), "no cases"),
        (lambda: evaluation.reliability([], []), "no cases"),
        (lambda: evaluation.calibration_slope([0, 1], [0.5, 0.5]), "scores that differ"),
        (lambda: evaluation.calibration_slope([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]), "separate"),
        (lambda: evaluation.calibration_intercept([1, 1], [0.2, 0.3]), "both classes"),
        (lambda: evaluation.recalibrate([1, 1], [0.2, 0.3]), "both classes"),
        (lambda: evaluation.recalibrate([0, 1], [0.2, 0.3], method="beta"), "not 'beta'"),
        (lambda: evaluation.reliability([0, 1], [0.1, 0.2], bins=0), "bins must be at least 1, not 0"),
        (
            lambda: evaluation.calibration_error([0, 1], [0.1, 0.2], bins=-3),
            "bins must be at least 1, not -3",
        ),
        (lambda: evaluation.calibration_slope([1, 0, 1], [0, 0.25, 0.25]), "separate the two classes"),
        (lambda: evaluation.recalibrate([0, 1], [0.2, 0.3])([0.2, np.nan]), "y_score are not finite"),
        (lambda: evaluation.recalibrate([0, 1], [0.2, 0.3])([-2.5]), "outside 0 to 1, the first, -2.5"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()


@pytest.mark.parametrize("bins", [0, -3, 2.5, 1e9])
def test_bins_that_are_no_number_of_groups_are_refused(bins):
    with pytest.raises(DataError, match="bins must be"):
        evaluation.calibration_error([0, 1, 1], [0.1, 0.6, 0.9], bins=bins)
