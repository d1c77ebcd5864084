"""Where a trained model looks: what each place of an image adds to the model's answer.

One way, exact where it applies: class activation maps, for models that end in a mean over the image and one
dense layer, as `course_net` and `resnet18` do. There the answer is a sum over places, and the map is its
terms. Grad-CAM gives the same map there, but for its scale and for what it cuts off below zero; this one
needs no gradient, and so no backend of its own. A map shows what the model used, not whether that is right.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.training import predict


def class_activation_map(model: keras.Model, images: ArrayLike, *, label: int = 1) -> np.ndarray:
    """How much each place speaks for a class: (n, height, width), coarser than the images.

    The mean of an image's map plus the bias of the last layer is the model's answer before sigmoid or
    softmax. Values below 0 speak against the class. A model with one output answers for class 1; the map of
    class 0 is then the same with its signs turned.

    Parameters
    ----------
    model : ends in a mean over the image and one dense layer.
    images : as the model takes them: (n, height, width, channels).
    label : the class.

    >>> from medlearn.models import cnn
    >>> class_activation_map(cnn.course_net((28, 28, 1), width=4), np.zeros((2, 28, 28, 1), "uint8")).shape
    (2, 7, 7)
    """
    pooling, dense = last_layers(model)
    images, takes = np.asarray(images), tuple(model.input_shape[1:])
    if images.shape[1:] != takes:
        hint = " (grey images need a channel axis: images[..., None])" if images.ndim == len(takes) else ""
        raise DataError(f"the model takes images of {takes}, not of {images.shape[1:]}{hint}")
    seen = predict(keras.Model(model.input, pooling.input), images, batch_size=256)
    return seen @ _weights_of(dense, label)  # (n, height, width, channels) @ (channels,)


def last_layers(model: keras.Model) -> tuple[keras.layers.Layer, keras.layers.Layer]:
    """The last two layers that matter: the mean over the image, and the dense layer on it.

    Parameters
    ----------
    model : its answer must be a sum over places, or a DataError says so.
    """
    last = [layer for layer in model.layers if not isinstance(layer, layers.Dropout)][-2:]
    kinds = (layers.GlobalAveragePooling2D, layers.Dense)
    if len(last) < 2 or not all(isinstance(*pair) for pair in zip(last, kinds, strict=True)):
        raise DataError(
            f"{model.name} does not end in a mean over the image and one dense layer, so its answer is no "
            "sum over places: a class activation map needs a model such as course_net"
        )
    return last[0], last[1]


def _weights_of(dense: keras.layers.Layer, label: int) -> np.ndarray:
    """What each feature counts for the class: (channels,)."""
    kernel = ops.convert_to_numpy(dense.kernel)  # (channels, outputs)
    classes = max(2, kernel.shape[1])
    if not 0 <= label < classes:
        raise DataError(f"label must be a class from 0 to {classes - 1}, not {label}")
    if kernel.shape[1] > 1:
        return kernel[:, label]
    return kernel[:, 0] if label == 1 else -kernel[:, 0]
