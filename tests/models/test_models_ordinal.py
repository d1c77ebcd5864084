"""The net of grades: it answers with probabilities, thresholds stay in order, its score ranks the grades."""

import keras
import numpy as np
import pytest

from medlearn import models
from medlearn.errors import DataError
from medlearn.models.ordinal import Thresholds, ordinal_net
from medlearn.training import fit, predict

rng = np.random.default_rng(0)
GRADES = 5


@pytest.fixture(scope="module")
def learnt():
    """A small net that has learnt noise, fast, and the pictures."""
    keras.utils.set_random_seed(0)
    x, y = rng.integers(0, 256, (32, 28, 28, 3), np.uint8), rng.integers(0, GRADES, 32)
    net = ordinal_net((28, 28, 3), GRADES, width=2)
    before = thresholds(net.layers[-1])
    net.compile(keras.optimizers.Adam(0.3), "sparse_categorical_crossentropy")
    fit(net, (x, y), epochs=10, batch_size=16)
    return net, x, before


def thresholds(layer):
    """Where the score is cut."""
    steps = keras.ops.convert_to_numpy(keras.ops.softplus(layer.steps))
    return np.cumsum(np.concatenate([keras.ops.convert_to_numpy(layer.first), steps]))


def test_what_learnt_noise_still_answers_with_probabilities(learnt):
    net, x, _ = learnt
    found = predict(net, x)
    assert found.shape == (32, GRADES) and (found >= 0).all()
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_thresholds_move_and_stay_in_order(learnt):
    net, _, before = learnt
    after = thresholds(net.layers[-1])
    assert len(after) == GRADES - 1 and (np.diff(after) > 0).all() and (np.diff(before) > 0).all()
    assert np.abs(after - before).max() > 0.1


def test_a_higher_score_never_lowers_the_expected_grade(learnt):
    scores = np.linspace(-6, 6, 400, dtype="float32")[:, None]
    fresh = Thresholds(GRADES)
    fresh(scores)
    for layer in (fresh, learnt[0].layers[-1]):
        probability = keras.ops.convert_to_numpy(layer(scores)).astype(float)
        assert (np.diff(probability @ np.arange(GRADES)) >= -1e-6).all()
        above = 1 - np.cumsum(probability, 1)[:, :-1]
        assert (np.diff(above, axis=0) >= -1e-6).all(), "nor the chance of any grade or more"
    probability = keras.ops.convert_to_numpy(fresh(scores))
    assert set(probability.argmax(1)) == set(range(GRADES)), "each grade is the likeliest somewhere"


def test_it_learns_an_order():
    keras.utils.set_random_seed(0)
    y = np.arange(60) % 3
    x = (2.0 * y[:, None] - 2 + rng.normal(0, 0.1, (60, 1))).astype("float32")
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False), Thresholds(3)])
    net.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    fit(net, (x, y), epochs=60, batch_size=60)
    assert (predict(net, x).argmax(1) == y).mean() > 0.95


def test_it_comes_back_from_a_file(learnt, tmp_path):
    net, x, _ = learnt
    net.save(tmp_path / "net.keras")
    again = models.read(tmp_path / "net.keras", shape=(28, 28, 3))
    np.testing.assert_allclose(predict(again, x), predict(net, x), atol=1e-6)
    np.testing.assert_allclose(thresholds(again.layers[-1]), thresholds(net.layers[-1]))


@pytest.mark.parametrize("grades", [1, 2])
def test_two_are_no_grades(grades):
    with pytest.raises(DataError, match=f"three or more, not {grades}: two are classes"):
        Thresholds(grades)


def test_a_net_of_two_grades_is_refused():
    with pytest.raises(DataError, match="three or more, not 2"):
        ordinal_net((28, 28, 3), 2, width=2)


def test_three_grades_and_larger_pictures():
    net = ordinal_net((64, 64, 1), 3, width=2, dropout=0)
    assert net.output_shape == (None, 3)
    assert predict(net, np.zeros((1, 64, 64, 1), np.uint8)).sum() == pytest.approx(1)
