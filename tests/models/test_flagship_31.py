"""The network that corrects the copy and the net of arms that notebook 31 writes out are the package's."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from written_out import flagships

from medlearn.models import arms, sets


@pytest.fixture(scope="module")
def names():
    found = {"keras": keras, "layers": layers, "ops": ops}
    for flagship in flagships("31"):
        assert len(flagship.splitlines()) <= 20
        exec(flagship, found)
    return found


def alike(ours, package, given):
    """Whether two nets with the same weights answer alike to what is given."""
    weights = [np.random.default_rng(n).normal(size=w.shape) for n, w in enumerate(package.get_weights())]
    for model in (ours, package):
        model.set_weights(weights)
    found, expected = (ops.convert_to_numpy(model(given, training=False)) for model in (ours, package))
    assert found.std() > 0.01
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_net_that_corrects_the_copy_written_out_is_the_package_s(names):
    rng = np.random.default_rng(0)
    sequence = rng.integers(0, 2, (9, 3, 4)).astype("float32")
    given = {"x": rng.normal(size=(9, 6)).astype("float32"), "last": sequence[:, -1], "sequence": sequence}
    ours = names["correction_net"](6, 4, sequence=3, hidden=8)
    package = sets.correction_net(6, 4, sequence=3, hidden=8)
    np.testing.assert_allclose(
        ops.convert_to_numpy(ours(given)), ops.convert_to_numpy(package(given)), atol=1e-6
    )  # both begin as the copy
    alike(ours, package, given)


@pytest.mark.parametrize("count", [2, 3])
def test_the_net_of_arms_written_out_is_the_package_s(names, count):
    x = np.random.default_rng(0).normal(size=(9, 6)).astype("float32")
    alike(names["arms_net"](6, count, hidden=4), arms.arms_net(6, count, hidden=4), x)


def test_the_loss_written_out_is_the_package_s(names):
    rng = np.random.default_rng(0)
    y_true = np.stack([rng.integers(0, 2, 20), rng.integers(0, 3, 20)], axis=1).astype("float32")
    y_pred = rng.uniform(0.01, 0.99, (20, 3)).astype("float32")
    ours, package = (
        ops.convert_to_numpy(loss(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)))
        for loss in (names["given_arm_loss"], arms.given_arm_loss)
    )
    np.testing.assert_allclose(ours, package, rtol=1e-6)
