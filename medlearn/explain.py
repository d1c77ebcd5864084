"""Where a trained net looks: what each part of a film adds to the net's answer.

One way, exact where it applies: class activation maps, for nets that end in a mean over the film and one
dense layer, as `course_net` and `residual_net` do. There the answer is a sum over places, and the map is its
terms. Grad-CAM gives the same map there, but for its scale and for what it cuts off below zero; this one
needs no gradient, and so no backend of its own. A map shows what the net used, not whether that is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from medlearn.errors import DataError

if TYPE_CHECKING:
    import keras

BATCH = 256


def class_activation_map(net: keras.Model, films: np.ndarray, *, label: int = 1) -> np.ndarray:
    """How much each place speaks for the class `label`: (films, height, width), coarser than the films.

    The mean of a film's map plus the bias of the last layer is the net's answer before sigmoid or softmax.
    Values below 0 speak against the class. A net with one output answers for class 1; the map of class 0 is
    then the same with its signs turned.

    >>> from medlearn.models import cnn
    >>> class_activation_map(cnn.course_net((28, 28, 1), width=4), np.zeros((2, 28, 28), "uint8")).shape
    (2, 7, 7)
    """
    import keras
    from keras import ops

    pooling, dense = _ending(net)
    films = np.asarray(films)
    films = films[..., None] if films.ndim == 3 else films
    if films.shape[1:] != tuple(net.input_shape[1:]):
        raise DataError(f"the net takes films of {net.input_shape[1:]}, not of {films.shape[1:]}")
    before = keras.Model(net.input, pooling.input)
    starts = range(0, len(films), BATCH)
    seen = [ops.convert_to_numpy(before(films[at : at + BATCH], training=False)) for at in starts]
    return np.concatenate(seen) @ _weights_of(dense, label)  # (n, height, width, channels) @ (channels,)


def _ending(net: keras.Model) -> tuple[keras.layers.Layer, keras.layers.Layer]:
    """The last two layers that matter: the mean over the film, and the dense layer on it."""
    from keras import layers

    last = [layer for layer in net.layers if not isinstance(layer, layers.Dropout)][-2:]
    kinds = (layers.GlobalAveragePooling2D, layers.Dense)
    if len(last) < 2 or not all(isinstance(*pair) for pair in zip(last, kinds, strict=True)):
        raise DataError(
            f"{net.name} does not end in a mean over the film and one dense layer, so its answer is no sum "
            "over places: a class activation map needs a net such as course_net"
        )
    return last[0], last[1]


def _weights_of(dense: keras.layers.Layer, label: int) -> np.ndarray:
    from keras import ops

    kernel = ops.convert_to_numpy(dense.kernel)  # (channels, outputs)
    classes = max(2, kernel.shape[1])
    if not 0 <= label < classes:
        raise DataError(f"label must be a class from 0 to {classes - 1}, not {label}")
    if kernel.shape[1] > 1:
        return kernel[:, label]
    return kernel[:, 0] if label == 1 else -kernel[:, 0]
