"""Models that give an answer for every pixel or voxel: the U-Net, and DeepLab's way to see far.

Functions that return a `keras.Model`, not compiled. A model takes pictures or volumes as they lie in the file
and brings each to mean 0 and sd 1 itself; it gives as many maps of the same size as are asked for. What they
learn by stands here too: losses. Nothing here knows a data set or how to train.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from medlearn.errors import DataError


def unet(shape: tuple[int | None, ...], outputs: int = 1, *, width: int = 16, depth: int = 3) -> keras.Model:
    """A U-Net for pictures (height, width, channels) or volumes (across, along, up, channels).

    Down: two convolutions, then pooling, `depth` times; up: doubled, joined with what was seen at that size
    on the way down, two convolutions. Each answer sees far and still knows its own place.

    Parameters
    ----------
    shape : of a case; a side may be None, and then it must be a multiple of 2 to the power of `depth`.
    outputs : how many maps. One or two are shares of their own (sigmoid); more are classes that add up to 1
        (softmax), the first the background.
    width : channels at full size; they double with each level.
    depth : how often it pools.

    >>> model = unet((64, 64, 1), width=8)
    >>> model.output_shape, model.count_params()
    ((None, 64, 64, 1), 123025)
    """
    conv, pool, double, last = _kinds(shape, multiple=2**depth)
    inputs = keras.Input(shape)
    x, seen = _standardised(inputs), []
    for level in range(depth):
        x = conv(conv(x, width * 2**level), width * 2**level)
        seen.append(x)
        x = pool(2)(x)
    x = conv(conv(x, width * 2**depth), width * 2**depth)
    for level in reversed(range(depth)):
        x = layers.Concatenate()([double(2)(x), seen[level]])
        x = conv(conv(x, width * 2**level), width * 2**level)
    return keras.Model(inputs, last(x, outputs), name="unet")


def aspp_net(
    shape: tuple[int | None, ...], outputs: int = 1, *, width: int = 16, rates: tuple[int, ...] = (1, 2, 4, 8)
) -> keras.Model:
    """DeepLab's idea in small: at a quarter of the size, kernels with holes look near and far at once.

    Two strided convolutions bring a picture of this `shape` down. Then one convolution for each of the
    `rates` lies side by side (*atrous spatial pyramid pooling*, ASPP): with a rate r its nine weights lie r
    places apart. Their maps are joined, and the answer is enlarged four times. `outputs` and `width` are as
    in `unet`; the maps at a quarter of the size have four times as many channels.

    >>> aspp_net((64, 64, 1), width=8).output_shape
    (None, 64, 64, 1)
    """
    if len(shape) != 3:
        raise DataError(f"a picture's shape is (height, width, channels), not {tuple(shape)}")
    conv, _, _, last = _kinds(shape, multiple=4)
    inputs = keras.Input(shape)
    x = conv(_standardised(inputs), width)
    x = conv(x, 2 * width, strides=2)
    x = conv(conv(x, 4 * width, strides=2), 4 * width)
    x = layers.Concatenate()([conv(x, 2 * width, dilation_rate=rate) for rate in rates])
    x = conv(x, 4 * width, kernel=1)
    return keras.Model(
        inputs, layers.UpSampling2D(4, interpolation="bilinear")(last(x, outputs)), name="aspp_net"
    )


def _kinds(shape: tuple[int | None, ...], *, multiple: int) -> tuple:
    """The layers for pictures or for volumes; a side that cannot be halved and doubled again is refused."""
    if len(shape) not in (3, 4) or any(side is not None and side % multiple for side in shape[:-1]):
        raise DataError(
            f"a case of shape {tuple(shape)} does not fit: (height, width, channels) or (across, along, up, "
            f"channels), each side a multiple of {multiple}; fill it up"
        )
    if len(shape) == 3:
        kind, pool, double = layers.Conv2D, layers.MaxPooling2D, layers.UpSampling2D
    else:
        kind, pool, double = layers.Conv3D, layers.MaxPooling3D, layers.UpSampling3D

    def conv(x, channels, *, kernel=3, **options):
        x = kind(channels, kernel, padding="same", use_bias=False, **options)(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))

    def last(x, outputs):
        return kind(outputs, 1, activation="sigmoid" if outputs < 3 else "softmax")(x)

    return conv, pool, double, last


def _standardised(x: keras.KerasTensor) -> keras.KerasTensor:
    """Each case with mean 0 and sd 1, whatever range it came in."""
    axes = tuple(range(1, len(x.shape)))
    return layers.LayerNormalization(axis=axes, center=False, scale=False, epsilon=1e-6)(x)


# Losses


@keras.saving.register_keras_serializable("medlearn")
def dice_loss(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
    """1 less the Dice of shares: how little two sets of maps overlap, each case and map counting alike.

    `y_true` and `y_pred` are (n, …, maps), from 0 to 1. One pixel is added above and below, so that an empty
    map that is left empty costs nothing.
    """
    y_true, y_pred = _tensors(y_true, y_pred)
    places = tuple(range(1, len(y_pred.shape) - 1))
    both = ops.sum(y_true * y_pred, axis=places)
    all_of = ops.sum(y_true, axis=places) + ops.sum(y_pred, axis=places)
    return 1 - ops.mean((2 * both + 1) / (all_of + 1), axis=-1)


@keras.saving.register_keras_serializable("medlearn")
def nuclei_loss(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
    """What the nuclei's U-Net learns by: cross-entropy of both maps, and the Dice of the first.

    `y_pred` is (n, height, width, 2): inside or not, and the distance to the edge as a share. `y_true` has a
    third map: how much a pixel counts for the second, more between neighbours, as in the U-Net's own paper.
    """
    y_true, y_pred = _tensors(y_true, y_pred)
    inside, distance, counts = (y_true[..., k : k + 1] for k in range(3))
    cross = ops.mean(keras.losses.binary_crossentropy(inside, y_pred[..., :1]), axis=(1, 2))
    between = counts[..., 0] * keras.losses.binary_crossentropy(distance, y_pred[..., 1:])
    between = ops.mean(between, axis=(1, 2)) / ops.mean(counts, axis=(1, 2, 3))
    return cross + 2 * between + dice_loss(inside, y_pred[..., :1])


@keras.saving.register_keras_serializable("medlearn")
def parts_loss(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
    """What a net for the parts of an organ learns by: cross-entropy, and the Dice of each part.

    `y_true` and `y_pred` are (n, …, classes), the first class the background, whose Dice says little.
    """
    y_true, y_pred = _tensors(y_true, y_pred)
    places = tuple(range(1, len(y_pred.shape) - 1))
    cross = ops.mean(keras.losses.categorical_crossentropy(y_true, y_pred), axis=places)
    return cross + dice_loss(y_true[..., 1:], y_pred[..., 1:])


def _tensors(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> tuple:
    """Both of one type, also where arrays were given, which not every backend computes with."""
    y_pred = ops.convert_to_tensor(y_pred)
    return ops.cast(y_true, y_pred.dtype), y_pred
