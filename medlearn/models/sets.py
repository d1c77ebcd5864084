"""Models whose answer is a set: a probability for each of several drugs, of which a patient takes some.

`correction_net` starts from the set of the last visit and learns what to change. Nothing here knows a data
set or how to train.
"""

from __future__ import annotations

import keras
from keras import layers

HABIT = 3.0  # log-odds: a drug that was given is given again in 19 of 20, before anything is learnt


def correction_net(
    columns: int, drugs: int, *, sequence: int = 5, hidden: int = 128, dropout: float = 0.3
) -> keras.Model:
    """From a visit and the visits before it the probability of each drug; untrained, it repeats the last set.

    The log-odds of a drug are a · (2 · last − 1) + change. The habit a is one number a drug and starts at 3,
    the change comes from a net whose last layer starts at 0: so it can beat the copy only by what it learns.

    Parameters
    ----------
    columns : how many numbers describe the visit, each about from −3 to 3; they come in as "x".
    drugs : how many there are; "last" is the last visit's set, in 0 and 1.
    sequence : how many sets of earlier visits come in as "sequence", (n, sequence, drugs).
    hidden : the width of the net's first layer; its second is half as wide.
    dropout : the share of both that each training step leaves out.

    >>> correction_net(40, 11).output_shape
    (None, 11)
    """
    x, last = keras.Input((columns,), name="x"), keras.Input((drugs,), name="last")
    earlier = keras.Input((sequence, drugs), name="sequence")
    z = layers.Concatenate()([x, last, layers.GRU(32)(earlier)])
    for width in (hidden, hidden // 2):
        z = layers.Dropout(dropout)(layers.Dense(width, activation="relu")(z))
    change = layers.Dense(drugs, kernel_initializer="zeros", name="change")(z)
    start = keras.initializers.Constant(HABIT)
    habit = layers.EinsumDense("nd,d->nd", drugs, kernel_initializer=start, name="habit")
    log_odds = habit(layers.Rescaling(2, -1)(last)) + change
    given = {"x": x, "last": last, "sequence": earlier}
    return keras.Model(given, layers.Activation("sigmoid")(log_odds), name="correction_net")
