"""The autoencoder that notebook 32 writes out is the package's."""

import keras
import numpy as np
from keras import layers, ops
from written_out import flagships

from medlearn.models.autoencoder import autoencoder


def test_the_autoencoder_written_out_is_the_package_s():
    names = {"keras": keras, "layers": layers}
    (flagship,) = flagships("32")
    assert len(flagship.splitlines()) <= 15
    exec(flagship, names)
    ours, package = names["autoencoder"](12), autoencoder(12)
    ours.set_weights(package.get_weights())
    x = np.random.default_rng(0).normal(size=(9, 12)).astype("float32")
    found, expected = (ops.convert_to_numpy(model(x, training=False)) for model in (ours, package))
    assert found.std() > 0.01
    np.testing.assert_allclose(found, expected, atol=1e-6)
