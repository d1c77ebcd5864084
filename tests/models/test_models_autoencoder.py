"""The denoising autoencoder: what its code holds, that it learns, and that it comes back from a file."""

import keras
import numpy as np
import pytest

from medlearn.models.autoencoder import autoencoder
from medlearn.training import fit, predict


def table(cases=400, columns=8, hidden=2, seed=0):
    """Columns that follow a few hidden numbers, with mean 0 and spread 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(cases, hidden)) @ rng.normal(size=(hidden, columns))
    x = x + 0.1 * rng.normal(size=x.shape)
    return ((x - x.mean(0)) / x.std(0)).astype("float32")


def code_of(net):
    return keras.Model(net.input, net.get_layer("code").output)


@pytest.fixture(scope="module")
def learnt():
    """A net with a code of 2, and what it lost in each epoch."""
    keras.utils.set_random_seed(0)
    net = autoencoder(8, code=2, hidden=16)
    net.compile(keras.optimizers.Adam(0.01), "mse")
    x = table()
    return net, fit(net, (x, x), epochs=30)["loss"]


@pytest.mark.parametrize(("columns", "code", "hidden"), [(12, 5, 64), (2, 1, 3), (300, 5, 64)])
def test_shapes(columns, code, hidden):
    net = autoencoder(columns, code=code, hidden=hidden)
    x = table(7, columns)
    assert predict(net, x).shape == (7, columns) and predict(code_of(net), x).shape == (7, code)
    weights = columns * hidden + hidden * code + code * hidden + hidden * columns
    assert net.count_params() == weights + hidden + code + hidden + columns


def test_it_learns_which_columns_go_together(learnt):
    net, loss = learnt
    x = table()
    assert loss.iloc[-1] < 0.3 * loss.iloc[0]
    assert np.mean((predict(net, x) - x) ** 2) < 0.15, "two numbers hold nearly all of eight columns"


def test_a_damaged_column_is_mended_from_the_others(learnt):
    net, _ = learnt
    x = table()
    damaged = x.copy()
    damaged[:, 3] = 0
    assert np.mean((predict(net, damaged)[:, 3] - x[:, 3]) ** 2) < 0.5 * np.mean(x[:, 3] ** 2)


def test_noise_is_for_training_alone():
    net, x = autoencoder(8, noise=1.0), table(30)
    np.testing.assert_array_equal(predict(net, x), predict(net, x))
    one, other = (keras.ops.convert_to_numpy(net(x, training=True)) for _ in range(2))
    assert np.abs(one - other).mean() > 0.01
    silent = autoencoder(8, noise=0.0)
    one, other = (keras.ops.convert_to_numpy(silent(x, training=True)) for _ in range(2))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_code_says_all_that_the_answer_is_made_of(learnt):
    """Whoever has the code needs nothing else: it is no side branch."""
    net, _ = learnt
    place = [layer.name for layer in net.layers].index("code")
    z = code = predict(code_of(net), table(20))
    for layer in net.layers[place + 1 :]:
        z = keras.ops.convert_to_numpy(layer(np.asarray(z, "float32")))
    np.testing.assert_allclose(z, predict(net, table(20)), atol=1e-5)
    assert code.std() > 0


def test_it_comes_back_from_a_file(learnt, tmp_path):
    net, _ = learnt
    net.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x = table(20, seed=1)
    np.testing.assert_allclose(predict(again, x), predict(net, x), atol=1e-6)
    np.testing.assert_allclose(predict(code_of(again), x), predict(code_of(net), x), atol=1e-6)
