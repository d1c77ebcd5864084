"""Models of sequences: convolutions that scan a DNA sequence, each filter a weight matrix that is learnt.

Functions that return a `keras.Model`, not compiled. A sequence comes in as (length, 4), one column for each
of A, C, G and T in this order, so that both axes turned round make the other strand. Nothing here knows a
data set or how to train.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from medlearn.models.blocks import head


def scanner(
    length: int,
    classes: int = 2,
    *,
    filters: int = 64,
    width: int = 11,
    pool: int | None = None,
    units: int = 32,
    both_strands: bool = False,
    dropout: float = 0.3,
) -> keras.Model:
    """Filters slide over the sequence; what they find decides, by its strength alone or also by its place.

    Parameters
    ----------
    length : letters of a sequence.
    classes : two or more.
    filters : how many are learnt; `width` : how many letters each of them sees.
    pool : of so many places in a row the strongest counts. None: the strongest of all, wherever it is; 1
        tells all places apart, for sequences that are aligned to the letter.
    units : of the dense layer behind.
    both_strands : whether a filter also reads the other strand, and the stronger of the two counts.
    dropout : the share of features that a training step leaves out, before the dense layer and behind it.

    >>> scanner(200).output_shape, scanner(60, classes=3, pool=1).output_shape
    ((None, 1), (None, 3))
    """
    sequence = keras.Input((length, 4))
    x = _scanned(sequence, filters, width, both_strands)
    x = layers.Flatten()(layers.MaxPooling1D(pool or length, padding="same")(x))
    x = layers.Dense(units, activation="relu")(layers.Dropout(dropout)(x))
    return keras.Model(sequence, head(layers.Dropout(dropout)(x), classes), name="scanner")


def _scanned(sequence: keras.KerasTensor, filters: int, width: int, both_strands: bool) -> keras.KerasTensor:
    """What each filter finds at each place, (n, length, filters)."""
    scan = layers.Conv1D(filters, width, padding="same", activation="relu", name="filters")
    if not both_strands:
        return scan(sequence)
    other = scan(ops.flip(ops.flip(sequence, 1), 2))  # T for A, G for C, and the last letter first
    return ops.maximum(scan(sequence), ops.flip(other, 1))
