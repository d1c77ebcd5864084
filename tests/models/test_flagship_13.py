"""The layer of thresholds and the net of bags that notebook 13 writes out are the package's."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from written_out import flagships

from medlearn.models import bags, ordinal


@pytest.fixture(scope="module")
def names():
    found = {"keras": keras, "layers": layers, "ops": ops}
    for flagship in flagships("13"):
        assert len(flagship.splitlines()) <= 20
        exec(flagship, found)
    return found


def test_the_thresholds_written_out_are_the_package_s(names):
    ours, package = names["Thresholds"](), ordinal.Thresholds(5)
    score = np.random.default_rng(0).normal(size=(7, 1)).astype("float32")
    assert ours(score).shape == package(score).shape == (7, 5)
    package.set_weights([np.array([-0.3]), np.array([0.2, -1, 0.5])])
    ours.set_weights(package.get_weights())
    np.testing.assert_allclose(
        ops.convert_to_numpy(ours(score)), ops.convert_to_numpy(package(score)), atol=1e-6
    )


@pytest.mark.parametrize("pooling", bags.POOLINGS)
def test_the_net_of_bags_written_out_is_the_package_s(names, pooling):
    ours, package = names["bag_net"](6, pooling, hidden=4), bags.bag_net(6, pooling=pooling, hidden=4)
    weights = [np.random.default_rng(n).normal(size=w.shape) for n, w in enumerate(package.get_weights())]
    for model in (ours, package):
        model.set_weights(weights)
    given = bags.padded([np.random.default_rng(n).normal(size=(n, 6)) for n in (3, 5)])
    np.testing.assert_allclose(
        ops.convert_to_numpy(ours(given)), ops.convert_to_numpy(package(given)), atol=1e-6
    )
