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
    came, promised = calibration_curve(y_true, y_score, n_bins=10, strategy="quantile")
    assert [part.came.value for part in bins] == pytest.approx(came)
    assert [part.promised for part in bins] == pytest.approx(promised)
    gap = sum(part.cases * abs(part.promised - part.came.value) for part in bins) / 2000
    assert evaluation.calibration_error(y_true, y_score).value == pytest.approx(gap)


def test_equal_scores_share_a_bin():
    bins = evaluation.reliability([0, 1] * 50, np.full(100, 0.3))
    assert [(part.cases, part.promised) for part in bins] == [(100, pytest.approx(0.3))]


@pytest.mark.parametrize("method", ["platt", "temperature", "isotonic"])
def test_recalibration_mends_and_keeps_the_ranking(method):
    rng = np.random.default_rng(2)
    mend = evaluation.recalibrate(*too_sure(rng, 3000, 3.0), method=method)
    y_true, y_score = too_sure(rng, 3000, 3.0)
    mended = mend(y_score)
    assert (np.diff(mended[np.argsort(y_score)]) >= 0).all()
    assert evaluation.brier(y_true, mended).value < evaluation.brier(y_true, y_score).value
    assert 0.8 < evaluation.calibration_slope(y_true, mended).value < 1.2


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


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=30))
def test_regression_equals_scikit_learn(pairs):
    y_true, y_pred = np.array(pairs, float).T
    assume(np.ptp(y_true) > 0)
    for ours, theirs in [
        (evaluation.mean_absolute_error, metrics.mean_absolute_error),
        (evaluation.root_mean_squared_error, metrics.root_mean_squared_error),
        (evaluation.r2, metrics.r2_score),
    ]:
        estimate = ours(y_true, y_pred)
        assert estimate.value == pytest.approx(theirs(y_true, y_pred))
        assert estimate.low <= estimate.value + 1e-9 and estimate.value <= estimate.high + 1e-9
    assert evaluation.mean_error(y_true, y_pred).value == pytest.approx((y_pred - y_true).mean())


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
        (lambda: evaluation.r2([1, 1], [1, 2]), "all true values are equal"),
        (lambda: evaluation.mean_error([1, np.nan], [1, 2]), "y_true holds nan at position 1"),
        (lambda: evaluation.mean_error([1], [1, 2]), "2 predictions for 1 cases"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()
