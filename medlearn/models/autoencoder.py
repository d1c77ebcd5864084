"""A denoising autoencoder for tables: from damaged columns through a narrow code back to the whole ones."""

from __future__ import annotations

import keras
from keras import layers


def autoencoder(columns: int, *, code: int = 5, hidden: int = 64, noise: float = 0.3) -> keras.Model:
    """A network whose target is its own input, through a layer of few units, called "code".

    Parameters
    ----------
    columns : how many measures a patient has, prepared so that each has mean 0 and spread 1.
    code : how many numbers are left of a patient in the middle.
    hidden : units of the layers on both sides of it.
    noise : the spread of what is added to the input in training, so that it learns which columns go together.

    >>> autoencoder(12).get_layer("code").output.shape
    (None, 5)
    """
    x = keras.Input((columns,))
    z = layers.GaussianNoise(noise)(x)
    z = layers.Dense(hidden, activation="tanh")(z)
    z = layers.Dense(code, name="code")(z)
    z = layers.Dense(hidden, activation="tanh")(z)
    return keras.Model(x, layers.Dense(columns)(z), name="autoencoder")
