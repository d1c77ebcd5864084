"""What would happen under each treatment: one answer for each arm, learnt from the arm that was given.

Nothing here knows a data set or how to train.
"""

from __future__ import annotations

import keras
from keras import layers, ops


def arms_net(columns: int, arms: int = 2, *, hidden: int = 32, dropout: float = 0.2) -> keras.Model:
    """From what is known of a patient the probability of the outcome under each of the `arms`.

    The arms share two layers, and each has an output of its own. Train it with `given_arm_loss`.

    Parameters
    ----------
    columns : how many numbers describe a patient, each about from −3 to 3.
    arms : how many treatments there are to choose from.
    hidden : the width of the two layers.
    dropout : the share of each that a training step leaves out.

    >>> arms_net(8).output_shape
    (None, 2)
    """
    x = keras.Input((columns,))
    z = x
    for _ in range(2):
        z = layers.Dropout(dropout)(layers.Dense(hidden, activation="relu")(z))
    return keras.Model(x, layers.Dense(arms, activation="sigmoid")(z), name="arms_net")


def given_arm_loss(y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
    """How wrong a net is about the arm that was given; what it says of the others is not judged.

    Parameters
    ----------
    y_true : the outcome, 0 to 1, and the number of the arm that was given, one row a patient: (n, 2).
    y_pred : the probability of the outcome under each arm, (n, arms).

    >>> loss = given_arm_loss([[1.0, 0.0]], [[0.5, 0.01]])
    >>> round(float(loss[0]), 3)
    0.693
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    arm = ops.cast(y_true[:, 1:], "int32")
    said = ops.take_along_axis(y_pred, arm, axis=1)
    return keras.losses.binary_crossentropy(ops.cast(y_true[:, :1], said.dtype), said)
