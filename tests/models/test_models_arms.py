"""The net of arms: it learns each arm from those who got it, and nothing else is judged."""

import keras
import numpy as np
import pytest
from keras import ops

from medlearn.models.arms import arms_net, given_arm_loss
from medlearn.training import fit, predict

rng = np.random.default_rng(0)


def loss_of(y, arm, said):
    return ops.convert_to_numpy(given_arm_loss(np.stack([y, arm], axis=1), np.asarray(said, "float32")))


@pytest.mark.parametrize("arms", [2, 5])
def test_it_answers_with_a_probability_for_each_arm(arms):
    found = predict(arms_net(6, arms, hidden=8), 3 * rng.normal(size=(30, 6)).astype("float32"))
    assert found.shape == (30, arms) and (found > 0).all() and (found < 1).all()


@pytest.mark.parametrize("arms", [2, 4])
def test_the_loss_is_that_of_the_arm_that_was_given(arms):
    y, arm = rng.uniform(0, 1, 50).astype("float32"), rng.integers(0, arms, 50)
    said = rng.uniform(0.01, 0.99, (50, arms))
    given = said[np.arange(50), arm]
    expected = -(y * np.log(given) + (1 - y) * np.log(1 - given))
    np.testing.assert_allclose(loss_of(y, arm.astype("float32"), said), expected, rtol=1e-4)
    others = np.where(np.arange(arms) == arm[:, None], said, 0.5)
    np.testing.assert_allclose(loss_of(y, arm.astype("float32"), others), expected, rtol=1e-4)


def test_a_sure_and_wrong_answer_has_a_finite_loss():
    found = loss_of(np.array([1.0, 0.0]), np.array([0.0, 1.0]), [[0, 1], [0, 1]])
    assert np.isfinite(found).all() and (found > 10).all()


def test_it_learns_each_arm_from_those_who_got_it():
    keras.utils.set_random_seed(0)
    x, arm = rng.normal(size=(1500, 2)).astype("float32"), rng.integers(0, 2, 1500)
    y = rng.random(1500) < np.where(arm == 1, np.where(x[:, 0] > 0, 0.9, 0.1), 0.4)
    net = arms_net(2, hidden=16)
    net.compile(keras.optimizers.Adam(0.01), given_arm_loss)
    fit(net, (x, np.stack([y, arm], axis=1).astype("float32")), epochs=8, batch_size=64)
    found = predict(net, np.array([[1.5, 0], [-1.5, 0]], "float32"))
    np.testing.assert_allclose(found, [[0.4, 0.9], [0.4, 0.1]], atol=0.15)


def test_what_only_one_arm_got_leaves_the_other_s_output_alone():
    net = arms_net(3, 3, hidden=4)
    net.compile(keras.optimizers.SGD(1.0), given_arm_loss)
    before = [weight.copy() for weight in net.layers[-1].get_weights()]
    x, y = rng.normal(size=(64, 3)).astype("float32"), rng.integers(0, 2, 64)
    fit(net, (x, np.stack([y, np.full(64, 1)], axis=1).astype("float32")), epochs=1)
    for old, new in zip(before, net.layers[-1].get_weights(), strict=True):
        moved = np.abs(new - old).reshape(-1, 3).max(0)
        assert moved[1] > 0 and moved[0] == moved[2] == 0
