"""The network that corrects the copy: untrained it is the copy, and it learns when to leave it."""

import keras
import numpy as np
import pytest

from medlearn.models.sets import HABIT, correction_net
from medlearn.training import fit, predict

rng = np.random.default_rng(0)
COLUMNS, DRUGS, STEPS = 3, 4, 2


def visits(cases):
    """What is told of so many visits."""
    sequence = rng.integers(0, 2, (cases, STEPS, DRUGS))
    x = rng.normal(size=(cases, COLUMNS)).astype("float32")
    return {"x": x, "last": sequence[:, -1], "sequence": sequence}


@pytest.mark.parametrize("hidden", [2, 128])
def test_untrained_it_repeats_the_last_set(hidden):
    given = visits(40)
    found = predict(correction_net(COLUMNS, DRUGS, sequence=STEPS, hidden=hidden), given)
    expected = np.where(given["last"] == 1, 1 / (1 + np.exp(-HABIT)), 1 / (1 + np.exp(HABIT)))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.max() == pytest.approx(0.95, abs=0.01)


def test_the_last_set_may_be_whole_numbers_and_of_one_patient():
    net = correction_net(COLUMNS, DRUGS, sequence=STEPS)
    given = visits(5)
    whole = given | {"last": given["last"].astype(np.uint8), "sequence": given["sequence"].astype(np.uint8)}
    np.testing.assert_array_equal(predict(net, given), predict(net, whole))
    one = {name: array[:1] for name, array in given.items()}
    np.testing.assert_allclose(predict(net, one), predict(net, given)[:1], atol=1e-6)


def test_a_habit_is_one_number_a_drug():
    net = correction_net(COLUMNS, DRUGS, sequence=STEPS)
    habit = net.get_layer("habit")
    assert [tuple(weight.shape) for weight in habit.weights] == [(DRUGS,)]
    habit.set_weights([np.array([0.0, 1, 2, 3])])
    given = visits(30)
    log_odds = np.array([0.0, 1, 2, 3]) * (2 * given["last"] - 1)
    np.testing.assert_allclose(predict(net, given), 1 / (1 + np.exp(-log_odds)), atol=1e-6)


@pytest.fixture(scope="module")
def learnt():
    """A net that has learnt a world in which the last set stays, but for drug 0, which x decides."""
    keras.utils.set_random_seed(0)
    given = visits(600)
    y = given["last"].copy()
    y[:, 0] = given["x"][:, 1] > 0
    net = correction_net(COLUMNS, DRUGS, sequence=STEPS, hidden=16)
    net.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
    fit(net, (given, y), epochs=8, batch_size=32)
    return net


def test_it_learns_when_to_leave_the_copy(learnt):
    given = visits(200)
    answer = predict(learnt, given) > 0.5
    assert ((given["x"][:, 1] > 0) == answer[:, 0]).mean() > 0.85
    assert (answer[:, 1:] == given["last"][:, 1:]).mean() > 0.97
    (habit,) = learnt.get_layer("habit").get_weights()
    assert habit[0] < HABIT - 0.5 < habit[1:].min()


def test_an_earlier_set_is_seen(learnt):
    given = visits(50)
    other = given | {"sequence": 1 - given["sequence"]}
    assert np.abs(predict(learnt, given) - predict(learnt, other)).max() > 1e-3


def test_it_is_saved_and_read_again(learnt, tmp_path):
    learnt.save(tmp_path / "net.keras")
    again, given = keras.saving.load_model(tmp_path / "net.keras"), visits(9)
    np.testing.assert_allclose(predict(again, given), predict(learnt, given), atol=1e-6)
