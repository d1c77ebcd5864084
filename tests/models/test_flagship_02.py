"""The network that notebook 02 writes out is the package's, and the sums it does by hand are Keras's."""

import keras
import numpy as np
import pytest
from written_out import cell_with, flagships

from medlearn import training
from medlearn.models import cnn


@pytest.fixture(scope="module")
def build():
    (flagship,) = flagships("02")
    names = {"keras": keras, "layers": keras.layers}
    exec(flagship, names)
    return names["build"]


def as_numbers(answer):
    return keras.ops.convert_to_numpy(answer)


@pytest.mark.parametrize("width", [4, 8])
def test_the_network_written_out_is_course_net(build, width):
    ours, package = build(width), cnn.course_net((28, 28, 1), width=width)
    assert [type(layer) for layer in ours.layers] == [type(layer) for layer in package.layers]
    assert [layer.output.shape for layer in ours.layers] == [layer.output.shape for layer in package.layers]
    assert ours.count_params() == package.count_params()
    ours.set_weights(package.get_weights())
    x = np.random.default_rng(0).integers(0, 256, (5, 28, 28, 1), "uint8")
    np.testing.assert_allclose(as_numbers(ours(x)), as_numbers(package(x)), atol=1e-6)


def test_the_articles_network_written_out_is_the_package_s():
    names = {"keras": keras, "layers": keras.layers, "training": training}
    exec(cell_with("02", "articles = keras.Sequential").rpartition("\n")[0], names)
    assert names["articles"].count_params() == cnn.articles_net((28, 28, 1)).count_params()


def test_a_convolution_by_hand_is_what_keras_computes():
    names = {"np": np}
    exec(cell_with("02", "def convolve("), names)
    rng = np.random.default_rng(1)
    image, kernels = rng.normal(size=(9, 7)), rng.normal(size=(3, 3, 1, 2))
    layer = keras.layers.Conv2D(2, 3, use_bias=False)
    layer.build((None, 9, 7, 1))
    layer.set_weights([kernels])
    maps = as_numbers(layer(image[None, ..., None]))[0]
    for channel in range(2):
        by_hand = names["convolve"](image, kernels[:, :, 0, channel])
        np.testing.assert_allclose(maps[..., channel], by_hand, atol=1e-5)
