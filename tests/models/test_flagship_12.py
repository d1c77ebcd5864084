"""The U-Net that notebook 12 writes out is the package's."""

import keras
import numpy as np
import pytest
from keras import layers
from written_out import cell_with, flagships

from medlearn.models.unet import unet


@pytest.mark.parametrize("width", [2, 8])
def test_the_network_written_out_is_unet(width):
    names = {"keras": keras, "layers": layers}
    exec(cell_with("12", "def conv(x, channels)"), names)
    (flagship,) = flagships("12")
    assert len(flagship.splitlines()) <= 15
    exec(flagship, names)
    ours, package = names["build"](2, width), unet((None, None, 1), 2, width=width)
    assert [type(layer) for layer in ours.layers] == [type(layer) for layer in package.layers]
    ours.set_weights(package.get_weights())
    x = np.random.default_rng(0).integers(0, 256, (2, 32, 40, 1), "uint8")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(ours(x)), keras.ops.convert_to_numpy(package(x)), atol=1e-6
    )
