import numpy as np
import pytest
from sklearn.preprocessing import RobustScaler

from medlearn.errors import DataError
from medlearn.features import QuantileEncoding, Scaling

rng = np.random.default_rng(0)


# Scaling


def test_scaling_is_robust_and_clips():
    known = rng.normal(100, 15, (500, 1))
    scaling = Scaling.of(known)
    assert scaling(known).mean() == pytest.approx(0, abs=0.1) and scaling(known).std() == pytest.approx(
        1, abs=0.1
    )
    wild = np.concatenate([known, [[1e6]]])
    assert Scaling.of(wild).sd == pytest.approx(scaling.sd, rel=0.02)
    assert scaling([[1e6]]) == scaling.clip and scaling([[-1e6]]) == -scaling.clip


def test_it_is_scikit_learns_but_for_the_clip():
    values = rng.normal([80, 37, 1.2], [20, 0.5, 3], (400, 3))
    values[rng.random(values.shape) < 0.3] = np.nan
    expected = RobustScaler(unit_variance=True).fit(values).transform(values)
    np.testing.assert_allclose(Scaling.of(values, clip=9)(values), np.clip(expected, -9, 9), atol=1e-4)


def by_hand(values, clip=4.0):
    """How it was computed before it was scikit-learn's, column by column."""
    rows = np.asarray(values, np.float32)
    middle, sd = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
    for column, all_of_it in enumerate(rows.T):
        known = all_of_it[~np.isnan(all_of_it)]
        if len(known):
            low, middle[column], high = np.quantile(known, [0.25, 0.5, 0.75])
            sd[column] = (high - low) / 1.349 or known.std() or 1
    return np.clip((rows - middle) / sd, -clip, clip)


def test_it_gives_what_it_always_gave():
    values = np.column_stack(
        [
            rng.normal(80, 20, 300),
            rng.lognormal(0, 2, 300),
            rng.random(300) < 0.1,  # its quartiles agree
            np.ones(300),
            np.full(300, np.nan),
        ]
    )
    values[rng.random(values.shape) < 0.4] = np.nan
    np.testing.assert_allclose(Scaling.of(values)(values), by_hand(values), atol=1e-4)


def test_columns_that_do_not_vary_or_have_no_value():
    values = np.array([[1.0, np.nan, 0.0], [1, np.nan, 0], [1, np.nan, 1], [1, np.nan, 0], [1, np.nan, 0]])
    scaled = Scaling.of(values)(values)
    assert np.isfinite(scaled[:, [0, 2]]).all() and np.isnan(scaled[:, 1]).all()
    assert (scaled[:, 0] == 0).all() and scaled[2, 2] - scaled[0, 2] == pytest.approx(2.5)
    with pytest.raises(DataError, match="learnt on 3 columns; here are 2"):
        Scaling.of(values)(values[:, :2])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(4, 0), (4, 2), (2, 3, 2)])
def test_without_any_value_nothing_is_said_and_nothing_invented(shape):
    values = np.full(shape, np.nan)
    np.testing.assert_array_equal(Scaling.of(values)(values), values)


# Encoding


def test_encoding_by_hand():
    encode = QuantileEncoding.of([[0.0, 5], [10, 5], [20, 5], [40, 5], [np.nan, 5]], shares=(0, 0.5, 1))
    # Quantiles at 0, 15 and 40; the second column never changes and gets no column.
    encoded = encode([[0.0, 5], [7.5, 9], [15, 5], [27.5, 5], [99, 5]]) + encode.mean
    np.testing.assert_allclose(encoded, [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1]], atol=1e-6)
    assert not encode([[np.nan, np.nan]]).any()
    with pytest.raises(DataError, match="learnt on 2 columns; here are 1"):
        encode([[1.0]])


def test_encoding_knows_only_the_training_cases():
    values = rng.normal(size=(200, 3))
    encode = QuantileEncoding.of(values[:100])
    np.testing.assert_array_equal(encode(values)[:100], encode(values[:100]))
    assert np.abs(encode(values[:100]).mean(axis=0)).max() < 1e-5


def test_encoding_of_a_column_without_any_value():
    assert QuantileEncoding.of([[np.nan, 1.0], [np.nan, 2.0]])([[3.0, 1.5]]).shape == (1, 4)
    assert QuantileEncoding.of(np.full((3, 2), np.nan))([[1.0, 2.0]]).shape == (1, 0)
