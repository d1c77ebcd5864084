"""The gradient that notebook 72 writes out is the one Keras steps by, and two halves have its mean."""

import keras
import numpy as np
import pytest
from written_out import flagships

from medlearn import load


@pytest.fixture(scope="module")
def written():
    found = {"np": np, "load": load}
    for flagship in flagships("72"):
        exec(flagship, found)
    return found


def test_it_is_the_gradient_that_keras_steps_by(written):
    before = written["weights"].astype("float32")[:, None]
    net = keras.Sequential(
        [keras.Input((len(before),)), keras.layers.Dense(1, activation="sigmoid", use_bias=False)]
    )
    net.set_weights([before])
    net.compile(keras.optimizers.SGD(1.0), "binary_crossentropy")
    net.train_on_batch(written["x"].astype("float32"), written["y"].astype("float32")[:, None])
    (after,) = net.get_weights()
    expected = written["gradient"](written["x"], written["y"])
    np.testing.assert_allclose((before - after)[:, 0], expected, atol=1e-5)
    assert np.abs(expected).max() > 0.01


@pytest.mark.parametrize("cut", [8, 16, 48])
def test_parts_of_different_sizes_have_its_weighted_mean(written, cut):
    gradient, x, y = written["gradient"], written["x"], written["y"]
    weighted = (cut * gradient(x[:cut], y[:cut]) + (64 - cut) * gradient(x[cut:], y[cut:])) / 64
    np.testing.assert_allclose(weighted, written["whole"], atol=1e-12)
    assert np.abs(written["mean_of_two"](cut) - written["whole"]).max() > 1e-4
