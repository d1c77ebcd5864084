import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from medlearn import evaluation
from medlearn.errors import DataError


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
        (lambda: evaluation.r2([1, 1], [1, 2]), "all true values are equal"),
        (
            lambda: evaluation.mean_error([1, np.nan], [1, 2]),
            "y_true are not finite, the first, nan, at position 1",
        ),
        (lambda: evaluation.mean_error([1], [1, 2]), "y_true has 1 cases, but y_pred has 2"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()
