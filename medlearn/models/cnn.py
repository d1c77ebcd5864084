"""Convolutional nets for pictures, and the augmentation that goes before them.

Functions that return a `keras.Model`, not compiled. A net takes films as they lie in the file, 0 to 255, and
does its own scaling; it gives one probability for two classes, and one a class for more. Nothing here knows
a data set or how to train.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from medlearn.errors import DataError


def course_net(
    shape: tuple[int, int, int] = (28, 28, 1), classes: int = 2, *, width: int = 32, dropout: float = 0.2
) -> keras.Model:
    """The course's net: small, and fast on a CPU.

    Each film is first brought to mean 0 and spread 1, so exposure and the range it was stored in do not
    matter. The first convolution strides, so that no wide layer works on the full grid, where the time would
    go; pooling by the mean keeps faint shadows; and the mean over the whole film replaces the dense layer
    that holds nearly all weights of older nets. Above 28 pixels, further strided convolutions bring the film
    down to the same grid.

    >>> net = course_net((28, 28, 1))
    >>> net.output_shape, net.count_params()
    ((None, 1), 278785)
    """
    inputs = keras.Input(shape)
    x = _same_exposure(inputs)
    x = _convolve(x, width, kernel=4, strides=2)
    while min(x.shape[1:3]) > 20:
        x = _convolve(x, width, strides=2)
    for channels in (2 * width, 4 * width):
        if channels > 2 * width:
            x = layers.AveragePooling2D(2)(x)
        x = _convolve(_convolve(x, channels), channels)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, _head(layers.Dropout(dropout)(x), classes), name="course_net")


def articles_net(
    shape: tuple[int, int, int] = (224, 224, 3), classes: int = 2, *, convolutions: int = 1
) -> keras.Model:
    """The articles' nets: one convolution and a dense layer of 128, or three and one of 512.

    As printed, but for three mends: the input's size and the number of classes are free, and scaling to
    0 … 1 is part of the net, so that films fed as 0 … 1 give the same answer.

    >>> articles_net((28, 28, 1)).count_params()
    692801
    """
    channels, units = {1: ([32], 128), 3: ([32, 64, 128], 512)}[convolutions]
    inputs = keras.Input(shape)
    x = Greys()(inputs)
    for count in channels:
        x = layers.Conv2D(count, 3, activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(units, activation="relu")(layers.Flatten()(x))
    return keras.Model(inputs, _head(x, classes), name=f"articles_net_{convolutions}")


def residual_net(
    shape: tuple[int, int, int] = (28, 28, 1), classes: int = 2, *, width: int = 32
) -> keras.Model:
    """A small residual net: one block at each of three sizes."""
    return _residual(shape, classes, widths=(width, 2 * width, 4 * width), blocks=1, name="residual_net")


def resnet18(shape: tuple[int, int, int] = (28, 28, 1), classes: int = 2) -> keras.Model:
    """ResNet-18 as the MedMNIST paper uses it at 28 px: a 3 × 3 first convolution and no pooling after it.

    >>> round(resnet18().count_params() / 1e6)
    11
    """
    return _residual(shape, classes, widths=(64, 128, 256, 512), blocks=2, name="resnet18")


def augment(
    *,
    shift: float = 0.08,
    zoom: float = 0.15,
    turn: float = 8.0,
    contrast: float = 0.2,
    gamma: float = 0.3,
    grain: float = 0.05,
    mirror: bool = False,
    seed: int = 0,
) -> keras.Layer:
    """A layer that alters each film a little while training, and does nothing otherwise.

    What it does could happen at the next film of the same child: another distance and position, a slight
    turn, another exposure. It does not mirror a chest, since that puts the heart on the wrong side; for
    cells under a microscope, which have no sides, ask for it. Shift is a share of the width, turn in
    degrees; zoom, contrast and gamma are the largest change of their logarithm, grain the strongest noise.

    >>> import numpy as np
    >>> films = np.full((2, 28, 28, 1), 100, "uint8")
    >>> bool((keras.ops.convert_to_numpy(augment()(films)) == films).all())
    True
    """
    return Augment(shift, zoom, turn, contrast, gamma, grain, mirror, seed)


@keras.saving.register_keras_serializable("medlearn")
class Greys(layers.Layer):
    """Films as 0 … 1, whether they came as 0 … 255 or as 0 … 1 already."""

    def call(self, films):
        brightest = ops.max(films, axis=(1, 2, 3), keepdims=True)
        return films / ops.where(brightest > 1, 255.0, 1.0)


class Augment(layers.Layer):
    """One affine map and one change of the grey values, drawn anew for every film."""

    def __init__(self, shift, zoom, turn, contrast, gamma, grain, mirror, seed):
        super().__init__(name="augment")
        self.shift, self.zoom, self.turn = shift, zoom, turn * 0.01745329
        self.contrast, self.gamma, self.grain, self.mirror = contrast, gamma, grain, mirror
        self.drawn = keras.random.SeedGenerator(seed)

    def call(self, films, training=False):
        films = ops.cast(films, "float32")
        if not training:
            return films
        films = ops.image.affine_transform(
            films, self._map(films), interpolation="bilinear", fill_mode="nearest"
        )
        return self._expose(films)

    def _draw(self, films, largest: float):
        return keras.random.uniform((ops.shape(films)[0],), -largest, largest, seed=self.drawn)

    def _map(self, films):
        """Where each pixel of the new film comes from in the old: turned and stretched about the middle."""
        height, width = films.shape[1:3]
        across = ops.exp(self._draw(films, self.zoom))
        down = across * ops.exp(self._draw(films, self.zoom / 2))
        if self.mirror:
            across = across * ops.sign(self._draw(films, 1.0))
        angle = self._draw(films, self.turn)
        cos, sin = ops.cos(angle), ops.sin(angle)
        a, b, c, d = across * cos, -across * sin, down * sin, down * cos
        x, y = (width - 1) / 2, (height - 1) / 2
        right = x - a * x - b * y + self._draw(films, self.shift) * width
        below = y - c * x - d * y + self._draw(films, self.shift) * height
        none = ops.zeros_like(a)
        return ops.stack([a, b, right, c, d, below, none, none], axis=1)  # (n, 8)

    def _expose(self, films):
        """Another exposure: gamma, contrast, brightness and grain, in 0 … 255 as before."""
        gamma, contrast, light, grain = (
            ops.reshape(self._draw(films, largest), (-1, 1, 1, 1))
            for largest in (self.gamma, self.contrast, self.contrast / 3, self.grain)
        )
        films = ops.clip(films / 255, 1e-3, 1) ** ops.exp(gamma)
        films = (films - 0.5) * ops.exp(contrast) + 0.5 + light
        return 255 * (films + grain * keras.random.normal(ops.shape(films), seed=self.drawn))


def _same_exposure(x):
    """Each film with mean 0 and spread 1, whatever range it came in."""
    return layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False, epsilon=1e-6)(x)


def _convolve(x, channels: int, *, kernel: int = 3, strides: int = 1, relu: bool = True):
    x = layers.Conv2D(channels, kernel, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    return layers.ReLU()(x) if relu else x


def _residual(shape, classes: int, *, widths: tuple[int, ...], blocks: int, name: str) -> keras.Model:
    """The first stage at the full size, each further one at half the size of the one before."""
    inputs = keras.Input(shape)
    x = _convolve(_same_exposure(inputs), widths[0])
    for stage, channels in enumerate(widths):
        for block in range(blocks):
            x = _block(x, channels, strides=2 if stage and not block else 1)
    return keras.Model(inputs, _head(layers.GlobalAveragePooling2D()(x), classes), name=name)


def _block(x, channels: int, *, strides: int):
    """Two convolutions that add to what came in; where the size changes, a 1 × 1 convolution fits it."""
    added = _convolve(_convolve(x, channels, strides=strides), channels, relu=False)
    if strides > 1 or x.shape[-1] != channels:
        x = _convolve(x, channels, kernel=1, strides=strides, relu=False)
    return layers.ReLU()(layers.Add()([x, added]))


def _head(x, classes: int):
    """One probability for two classes, one a class for more."""
    if classes < 2:
        raise DataError(f"a classifier needs at least two classes, not {classes}")
    return layers.Dense(1, activation="sigmoid")(x) if classes == 2 else layers.Dense(classes, "softmax")(x)
