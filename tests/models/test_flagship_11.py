"""The detector that notebook 11 writes out is the package's."""

import keras
import numpy as np
import pytest
from keras import layers
from written_out import cell_with, flagships

from medlearn.models.detector import one_stage


@pytest.mark.parametrize("width", [2, 4])
def test_the_network_written_out_is_one_stage(width):
    names = {"keras": keras, "layers": layers}
    exec(cell_with("11", "def conv(x, channels"), names)
    (flagship,) = flagships("11")
    assert len(flagship.splitlines()) <= 20
    exec(flagship, names)
    ours, package = names["build"]((48, 64, 3), 2, 3, width), one_stage((48, 64, 3), 2, 3, width=width)
    assert [type(layer) for layer in ours.layers] == [type(layer) for layer in package.layers]
    ours.set_weights(package.get_weights())
    x = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), "uint8")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(ours(x)), keras.ops.convert_to_numpy(package(x)), atol=1e-5
    )
