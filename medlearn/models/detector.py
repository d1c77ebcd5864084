"""Models that say in one pass where the objects of a picture are, and what: one-stage detectors.

`one_stage` returns a `keras.Model`, not compiled; `detection_loss` is what it learns by. For each place of a
grid, STRIDE pixels apart, and each prior it answers one number a class and four for the box. What these mean,
and how boxes are made of them, stands in `medlearn.features.priors`. Nothing here knows a data set or how to
train.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from medlearn.errors import DataError
from medlearn.models.blocks import convolve

STRIDE = 8  # pixels from one place of the grid to the next
DEEPEST = 16  # sides must be a multiple of it


def one_stage(
    shape: tuple[int | None, int | None, int], classes: int, priors: int, *, width: int = 16
) -> keras.Model:
    """A detector that answers for a picture in one pass: (places, priors, classes + 4), row by row.

    Four times it halves the picture, so that it sees far; comes up once, and is joined with what was seen
    there. Of each answer the first numbers are log-odds, one a class, the last four a box as seen from its
    prior. Pictures go in as they lie in the file; each channel of each is brought to mean 0 and sd 1.

    Parameters
    ----------
    shape : of a picture, (height, width, channels); each side a multiple of DEEPEST, or None.
    classes : how many kinds of objects.
    priors : how many boxes of other sizes there are at each place.
    width : channels at half the size; they double each time it halves again.

    >>> model = one_stage((128, 160, 3), 3, priors=4, width=4)
    >>> model.output_shape, model.count_params()
    ((None, 320, 4, 7), 68504)
    """
    if len(shape) != 3 or any(side is not None and side % DEEPEST for side in shape[:2]):
        raise DataError(
            f"a picture of shape {tuple(shape)} does not fit: (height, width, channels), each side a "
            f"multiple of {DEEPEST}; fill it up"
        )
    inputs = keras.Input(shape)
    x = layers.GroupNormalization(-1, center=False, scale=False)(inputs)  # each channel by itself
    x = convolve(x, width, strides=2)
    x = _residual(convolve(x, 2 * width, strides=2))
    near = _residual(_residual(convolve(x, 4 * width, strides=2)))
    far = _residual(_residual(convolve(near, 8 * width, strides=2)))
    far = layers.UpSampling2D(2)(convolve(far, 4 * width, kernel=1))
    x = _residual(convolve(layers.Concatenate()([near, far]), 4 * width))
    empty = keras.initializers.Constant(-4.0)  # nearly every place is: begin by saying so
    kind = layers.Conv2D(priors * classes, 3, padding="same", bias_initializer=empty)(x)
    box = layers.Conv2D(priors * 4, 3, padding="same")(x)
    answer = [layers.Reshape((-1, priors, classes))(kind), layers.Reshape((-1, priors, 4))(box)]
    return keras.Model(inputs, layers.Concatenate()(answer), name="one_stage")


def _residual(x: keras.KerasTensor) -> keras.KerasTensor:
    """Two convolutions, and what went in added to what came out."""
    channels = x.shape[-1]
    again = convolve(convolve(x, channels), channels, relu=False)
    return layers.ReLU()(layers.Add()([x, again]))


@keras.saving.register_keras_serializable("medlearn")
def detection_loss(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
    """What a detector learns by: focal loss of the classes, smooth L1 of the boxes of priors that hold one.

    Nearly all priors hold nothing, and soon that is easy to say. Focal loss turns down what is easy, by the
    square of how wrong an answer is, or thousands of easy answers would drown a few hard ones.

    Parameters
    ----------
    y_true : (n, places, priors, classes + 6), as `medlearn.features.priors.targets` makes it.
    y_pred : (n, places, priors, classes + 4), as `one_stage` answers.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    classes = y_pred.shape[-1] - 4
    kind, asked, weight = y_true[..., :classes], y_true[..., classes], y_true[..., classes + 1]
    score = y_pred[..., :classes]
    cross = ops.maximum(score, 0) - score * kind + ops.log1p(ops.exp(-ops.abs(score)))
    focal = cross * ops.square(kind - ops.sigmoid(score))
    focal = ops.sum(focal * (1 + kind * (ops.expand_dims(weight, -1) - 1)), -1)
    off = ops.abs(y_true[..., classes + 2 :] - y_pred[..., classes:])
    box = ops.sum(ops.where(off < NEAR, off**2 / (2 * NEAR), off - NEAR / 2), -1)
    priors = ops.maximum(ops.sum(kind, (1, 2, 3)), 1.0)
    return ops.sum(asked * focal + weight * box, (1, 2)) / priors


NEAR = 0.1  # below it an error of a box counts by its square
