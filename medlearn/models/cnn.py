"""Convolutional models that classify images.

Functions that return a `keras.Model`, not compiled. A model takes images as they lie in the file, 0 to 255,
and does its own scaling; it gives one probability for two classes, and one a class for more. Nothing here
knows a data set or how to train; what alters images during training is in augment.py.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from medlearn.models.blocks import convolve, head, image_input, standardise


def course_net(
    shape: tuple[int, int, int] = (28, 28, 1), classes: int = 2, *, width: int = 32, dropout: float = 0.2
) -> keras.Model:
    """The course's network: small, and fast on a CPU.

    Each image is first brought to mean 0 and sd 1, so exposure and the range it was stored in do not matter.
    The first convolution strides: most time would be spent at full resolution. Pooling by the mean keeps
    faint shadows; and the mean over the whole image replaces the dense layer that holds nearly all weights of
    older networks. Above 28 pixels, further strided convolutions bring the image down to the same grid.

    Parameters
    ----------
    shape : (height, width, channels) of an image.
    classes : two or more.
    width : channels of the first convolution; later ones have two and four times as many.
    dropout : the share of features that each training step leaves out before the last layer.

    >>> model = course_net((28, 28, 1))
    >>> model.output_shape, model.count_params()
    ((None, 1), 278785)
    """
    inputs = image_input(shape)
    x = standardise(inputs)
    x = convolve(x, width, kernel=4, strides=2)
    while min(x.shape[1:3]) > 20:
        x = convolve(x, width, strides=2)
    for channels in (2 * width, 4 * width):
        if channels > 2 * width:
            x = layers.AveragePooling2D(2)(x)
        x = convolve(convolve(x, channels), channels)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, head(layers.Dropout(dropout)(x), classes), name="course_net")


def articles_net(shape: tuple[int, int, int] = (224, 224, 3), classes: int = 2) -> keras.Model:
    """The articles' network: one convolution, one pooling, and a dense layer of 128 over the flattened map.

    As printed, but that the input's `shape` (height, width, channels) and the number of `classes` are free,
    and that scaling to 0 … 1 is part of the model, so that images given as 0 … 1 get the same answer.

    >>> articles_net((28, 28, 1)).count_params()
    692801
    """
    inputs = image_input(shape)
    x = layers.Conv2D(32, 3, activation="relu")(Greys()(inputs))
    x = layers.Flatten()(layers.MaxPooling2D(2)(x))
    x = layers.Dense(128, activation="relu")(x)
    return keras.Model(inputs, head(x, classes), name="articles_net")


def resnet18(shape: tuple[int, int, int] = (28, 28, 1), classes: int = 2) -> keras.Model:
    """ResNet-18 as the MedMNIST paper uses it at 28 px: a 3 × 3 first convolution and no pooling after it.

    `shape` is (height, width, channels) of an image, and `classes` two or more.

    >>> round(resnet18().count_params() / 1e6)
    11
    """
    inputs = image_input(shape)
    x = convolve(standardise(inputs), 64)
    for stage, channels in enumerate((64, 128, 256, 512)):
        for block in range(2):
            x = _residual(x, channels, strides=2 if stage and not block else 1)
    return keras.Model(inputs, head(layers.GlobalAveragePooling2D()(x), classes), name="resnet18")


def _residual(x: keras.KerasTensor, channels: int, *, strides: int) -> keras.KerasTensor:
    """Two convolutions added to what came in; where its size changes, a 1 × 1 convolution makes it fit."""
    added = convolve(convolve(x, channels, strides=strides), channels, relu=False)
    if strides > 1 or x.shape[-1] != channels:
        x = convolve(x, channels, kernel=1, strides=strides, relu=False)
    return layers.ReLU()(layers.Add()([x, added]))


@keras.saving.register_keras_serializable("medlearn")
class Greys(layers.Layer):
    """Images as 0 … 1, whether they came as 0 … 255 or as 0 … 1 already."""

    def call(self, images):
        brightest = ops.max(images, axis=(1, 2, 3), keepdims=True)
        return images / ops.where(brightest > 1, 255.0, 1.0)
