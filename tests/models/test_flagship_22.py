"""The network of labels that notebook 22 writes out is the package's."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from written_out import flagships

from medlearn.models import structure


@pytest.fixture(scope="module")
def structure_net():
    found = {"keras": keras, "layers": layers, "ops": ops}
    for flagship in flagships("22"):
        exec(flagship, found)
    return found["structure_net"]


@pytest.mark.parametrize(("letters", "labels", "filling"), [(22, 3, 21), (22, 8, 0)])
def test_the_net_written_out_answers_as_the_package_s(structure_net, letters, labels, filling):
    how = {"width": 6, "dilations": (1, 2), "dropout": 0.4, "filling": filling}
    ours = structure_net(letters, labels, **how)
    package = structure.structure_net(letters, labels, overall=True, **how)
    rng = np.random.default_rng(0)
    weights = [0.5 * rng.normal(size=w.shape) for w in package.get_weights()]
    for model in (ours, package):
        model.set_weights(weights)
    x = rng.integers(0, letters, (5, 16)).astype("int32")
    x[2:, 9:] = filling
    found, expected = (
        ops.convert_to_numpy(model({"letters": x}, training=False)) for model in (ours, package)
    )
    assert found.shape == (5, 16, labels) and found.std() > 0.01
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_net_written_out_drops_as_much_as_the_package_s(structure_net):
    dropout = [
        sorted(layer.rate for layer in model.layers if isinstance(layer, layers.Dropout))
        for model in (structure_net(22, 3), structure.structure_net(22, 3, overall=True))
    ]
    assert dropout[0] == dropout[1] and max(dropout[0]) == 0.4
