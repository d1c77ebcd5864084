"""What notebook 06 writes out in view is what its experiment, and scikit-learn, would give."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from written_out import cell_with, flagships

rng = np.random.default_rng(0)


@pytest.fixture(scope="module")
def names():
    """The flagship, trained for a moment on noise, and the function that builds the experiment's networks."""
    names = {"np": np, "y_validation": rng.integers(0, 2, 10), "y_eight": rng.integers(0, 2, (1, 30))}
    names |= {"x_eight": rng.normal(size=(1, 30, 14, 14, 1)).astype("float32")}
    names |= {"watched": {"validation": rng.normal(size=(10, 14, 14, 1)).astype("float32")}}
    exec(cell_with("06", "def network("), names)
    (flagship,) = flagships("06")
    exec(flagship.replace("epochs=60", "epochs=2"), names)
    return names


def test_the_model_in_view_is_the_experiments_with_l2_and_dropout(names):
    model, same = names["model"], names["network"](l2=0.01, dropout=0.5)
    assert model.count_params() == same.count_params() == 12_673
    assert [type(layer) for layer in model.layers] == [type(layer) for layer in same.layers]
    same.set_weights(model.get_weights())
    x, y = names["x_eight"][0], names["y_eight"][0].astype("float32")
    one, other = (keras.ops.convert_to_numpy(net(x, training=False)) for net in (model, same))
    np.testing.assert_array_equal(one, other)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(same.evaluate(x, y, verbose=0)), "L2 included"
    assert [layer.rate for layer in (model.layers[3], same.layers[3])] == [0.5, 0.5]


def test_the_model_in_view_stops_early(names):
    stop = names["stop"]
    assert (stop.monitor, stop.patience, stop.restore_best_weights) == ("val_loss", 8, True)
    assert set(names["history"].history) == {"loss", "val_loss"}


@pytest.mark.parametrize("shape", [(30, 50), (80, 20)])
def test_ridge_regression_is_that_of_scikit_learn(shape):
    names = {"np": np}
    exec(cell_with("06", "def ridge("), names)
    x, y, x_new = rng.normal(size=shape), rng.integers(0, 2, shape[0]), rng.normal(size=(7, shape[1]))
    theirs = RidgeClassifier(alpha=0.3 * len(x)).fit(x, y).decision_function(x_new)
    np.testing.assert_allclose(names["ridge"](x, y, x_new, 0.3), theirs, rtol=1e-6)
