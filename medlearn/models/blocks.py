"""Blocks that several families of models share: layers, and the images that generators take and give.

Each layer function takes a symbolic tensor and gives one. Nothing here knows a data set or how to train.
"""

from __future__ import annotations

from numbers import Integral

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn.errors import DataError

# Layers.


def image_input(shape: tuple[int, int, int]) -> keras.KerasTensor:
    """Where images of this `shape` go in: (height, width, channels)."""
    if len(shape) != 3 or not all(isinstance(side, Integral) and side > 0 for side in shape):
        raise DataError(f"an image's shape is (height, width, channels), such as (28, 28, 1), not {shape}")
    return keras.Input(shape)


def standardise(x: keras.KerasTensor) -> keras.KerasTensor:
    """Each image of `x` (n, height, width, channels) with mean 0 and sd 1, whatever range it came in."""
    return layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False, epsilon=1e-6)(x)


def convolve(
    x: keras.KerasTensor, channels: int, *, kernel: int = 3, strides: int = 1, relu: bool = True
) -> keras.KerasTensor:
    """A convolution with batch normalisation.

    Parameters
    ----------
    x : images or maps of features, (n, height, width, channels).
    channels : how many channels it gives.
    kernel : the side of the square that each output sees.
    strides : the step between outputs; 2 halves height and width.
    relu : whether a ReLU follows; without one, the output can be added to another first.
    """
    x = layers.Conv2D(channels, kernel, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    return layers.ReLU()(x) if relu else x


def head(x: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """Probabilities from features `x` (n, features): one for two `classes`, and one a class for more."""
    if classes < 2:
        raise DataError(f"a classifier needs at least two classes, not {classes}")
    return layers.Dense(1, activation="sigmoid")(x) if classes == 2 else layers.Dense(classes, "softmax")(x)


# Images of generators: the grid they grow from, what goes in, what comes out.


def coarse_grid(shape: tuple[int, int, int]) -> tuple[tuple[int, int], int]:
    """The coarse grid (height, width) that images of this `shape` grow from, and how often it doubles.

    >>> coarse_grid((28, 28, 1)), coarse_grid((64, 128, 3))
    (((7, 7), 2), ((8, 16), 3))
    """
    (height, width), doublings = shape[:2], 0
    while min(height, width) > 8 and height % 2 == width % 2 == 0:
        height, width, doublings = height // 2, width // 2, doublings + 1
    if len(shape) != 3 or doublings < 1 or min(height, width) > 8:
        raise DataError(
            f"no generator for images of shape {tuple(shape)}: height and width must be a number up to 8 "
            "doubled a few times (28, 32, 64, 112, 128, 224, 256 …), and the channels come last"
        )
    return (height, width), doublings


def check_images(
    images: ArrayLike, labels: ArrayLike | None, *, shape: tuple[int, ...], classes: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Images as stored and their classes, as arrays; or one sentence on why no generator can learn from them.

    Parameters
    ----------
    images : (n, height, width, channels), 0 to 255.
    labels : the class of each, 0 to `classes` − 1; None where the models take no classes.
    shape : (height, width, channels) that the models are built for.
    classes : how many classes they are built for, or 0.
    """
    images = np.asarray(images)
    if images.shape[1:] != tuple(shape):
        raise DataError(
            f"the models are built for images of {tuple(shape)}, but these are {images.shape[1:]}"
        )
    low, high = (images.min(), images.max()) if images.size else (0, 255)
    if not (low >= 0 and high <= 255 and (high > 1 or high == 0)):  # NaN fails here too
        raise DataError(
            f"images must be given as stored, 0 to 255, but these go from {low:.3g} to {high:.3g}"
        )
    if not classes:
        if labels is not None:
            raise DataError(
                "these models take no classes: build both with `classes`, or give fit() the images only"
            )
        return images, None
    if labels is None:
        raise DataError(f"these models are built for {classes} classes: give fit() each image's class too")
    return images, check_classes(labels, len(images), classes)


def check_classes(labels: ArrayLike | None, n: int, classes: int) -> np.ndarray | None:
    """One whole number from 0 to `classes` − 1 for each of `n` images; None where there are no classes.

    `labels` is a class for all, or one an image; where it is None, the classes come in turn.
    """
    if not classes:
        return None
    labels = np.arange(n) % classes if labels is None else np.asarray(labels).reshape(-1)
    labels = np.repeat(labels, n) if len(labels) == 1 else labels
    if len(labels) != n:
        raise DataError(f"there are {n} images but {len(labels)} classes")
    if not (np.isin(labels, np.arange(classes)).all()):
        raise DataError(f"classes must be whole numbers from 0 to {classes - 1}, not {np.unique(labels)[:5]}")
    return labels.astype("int32")


def decode(
    generator: keras.Model, noise: ArrayLike, labels: ArrayLike | None = None, *, classes: int = 0
) -> np.ndarray:
    """The images that a generator makes of noise: uint8, (n, height, width, channels).

    Parameters
    ----------
    generator : a model that gives images of 0 to 255.
    noise : (n, latent).
    labels : a class for all, or one an image; where not given, the classes in turn.
    classes : how many classes the generator takes, or 0.
    """
    noise, images = np.asarray(noise, "float32"), []
    labels = check_classes(labels, len(noise), classes)
    for start in range(0, len(noise), 256):  # rounded batch by batch: one byte a pixel is kept, not four
        some = slice(start, start + 256)
        made = generator(join_labels(noise[some], None if labels is None else labels[some]), training=False)
        images.append(np.clip(np.rint(ops.convert_to_numpy(made)), 0, 255).astype("uint8"))
    return np.concatenate(images)


def join_labels(x: ArrayLike, labels: ArrayLike | None) -> ArrayLike | list:
    """What a model takes: `x` alone, or a list of `x` and `labels` where there are classes."""
    return x if labels is None else [ops.convert_to_tensor(x), ops.convert_to_tensor(labels)]
