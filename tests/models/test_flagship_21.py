"""The scanner that notebook 21 writes out is the package's."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from written_out import flagships

from medlearn.models import sequences


@pytest.fixture(scope="module")
def scanner():
    found = {"keras": keras, "layers": layers}
    for flagship in flagships("21"):
        exec(flagship, found)
    return found["scanner"]


@pytest.mark.parametrize(("length", "classes", "pool"), [(60, 3, 1), (251, 2, 8), (40, 2, 40)])
def test_the_scanner_written_out_answers_as_the_package_s(scanner, length, classes, pool):
    how = {"filters": 6, "width": 5, "pool": pool, "units": 7, "dropout": 0.4}
    ours, package = scanner(length, classes, **how), sequences.scanner(length, classes, **how)
    rng = np.random.default_rng(0)
    weights = [0.3 * rng.normal(size=w.shape) for w in package.get_weights()]
    for model in (ours, package):
        model.set_weights(weights)
    x = np.eye(4, dtype="float32")[rng.integers(0, 4, (9, length))]
    found, expected = (ops.convert_to_numpy(model(x, training=False)) for model in (ours, package))
    assert found.shape == (9, 3 if classes == 3 else 1) and found.std() > 0.01
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_scanner_written_out_drops_as_much_as_the_package_s(scanner):
    models = scanner(60, 3), sequences.scanner(60, 3)
    dropout = [
        [layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)] for model in models
    ]
    assert dropout[0] == dropout[1] == [0.3, 0.3]
