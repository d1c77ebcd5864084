"""What notebook 3 writes out: its network is the package's, and its steps by hand are Keras's layers."""

import keras
import numpy as np
import pytest
from written_out import cell_with, flagships

from medlearn.models import rnn


@pytest.fixture(scope="module")
def networks():
    """The notebook's network and the package's, with the same weights."""
    (flagship,) = flagships("03")
    names = {"keras": keras}
    exec(flagship, names)
    written = names["network"](dropout=0.5)
    packaged = rnn.recurrent_net((12, 111), units=32, static=5, dropout=0.5, unroll=True)
    packaged.set_weights(written.get_weights())
    return written, packaged


def test_has_as_many_weights_of_the_same_shapes(networks):
    written, packaged = ([weights.shape for weights in model.get_weights()] for model in networks)
    assert written == packaged


def test_answers_the_same(networks):
    rng = np.random.default_rng(0)
    x = {"series": rng.normal(size=(9, 12, 111)), "static": rng.normal(size=(9, 5))}
    x = {name: array.astype("float32") for name, array in x.items()}
    written, packaged = (keras.ops.convert_to_numpy(model(x, training=False)) for model in networks)
    np.testing.assert_allclose(written, packaged, atol=1e-6)


def test_leaves_out_as_many_features(networks):
    rates = [
        layer.rate for model in networks for layer in model.layers if isinstance(layer, keras.layers.Dropout)
    ]
    assert rates == [0.5, 0.5]


@pytest.mark.parametrize(
    ("step", "kind", "size"),
    [
        ("simple_step", keras.layers.SimpleRNN, 4),
        ("lstm_step", keras.layers.LSTM, 8),
        ("gru_step", keras.layers.GRU, 4),
    ],
)
def test_a_step_by_hand_is_that_of_keras(step, kind, size):
    names = {"np": np}
    for begins in ("def simple_step", "def sigmoid"):
        exec(cell_with("03", begins), names)
    keras.utils.set_random_seed(0)
    layer, x = (
        kind(4, return_sequences=True),
        np.random.default_rng(0).normal(size=(1, 9, 3)).astype("float32"),
    )
    states = keras.ops.convert_to_numpy(layer(x))[0]
    by_hand = names["run"](names[step], x[0], np.zeros(size), layer.get_weights())
    np.testing.assert_allclose(by_hand[:, :4], states, atol=1e-5)
