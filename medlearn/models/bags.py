"""Models of bags: a case is many tiles, and has one label for them all (multiple-instance learning).

A tile is a row of features, such as `tile_features` makes of any net of convolutions. `bag_net` takes bags of
one size, as `padded` makes them, and knows which tiles it looked at. Nothing here knows a data set or how to
train.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from medlearn.errors import DataError

POOLINGS = ("attention", "mean", "max")
MOST = 2 << 30  # bytes of bags at once


def tile_features(net: keras.Model) -> keras.Model:
    """A model that gives what a `net` of convolutions sees, one row a picture: the mean of each of its maps.

    The maps are those behind each ReLU, of early layers (edges, colours) and of late ones: what the last
    layer throws away, because the net's own classes don't need it, is still among them.
    """
    maps = [layer.output for layer in net.layers if isinstance(layer, layers.ReLU)]
    if not maps:
        raise DataError(f"{net.name} has no ReLU layer whose maps could be features")
    means = [layers.GlobalAveragePooling2D()(one) for one in maps]
    return keras.Model(net.input, layers.Concatenate()(means), name="tile_features")


def padded(bags: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """`bags` of rows, each (tiles, features), filled up to the largest with rows of 0.

    `rows` is (n, most, features) of float32, and `there` (n, most) is true where a row is a tile.

    >>> given = padded([np.ones((2, 4)), np.ones((3, 4))])
    >>> given["rows"].shape, given["there"].tolist()
    ((2, 3, 4), [[True, True, False], [True, True, True]])
    """
    bags = [np.asarray(bag) for bag in bags]
    if not bags:
        raise DataError("padded() needs at least one bag")
    if odd := [number for number, bag in enumerate(bags) if bag.ndim != 2]:
        raise DataError(f"bag {odd[0]} must be (tiles, features), not {bags[odd[0]].shape}")
    if empty := [number for number, bag in enumerate(bags) if not len(bag)]:
        raise DataError(f"bag {empty[0]} holds no tile: leave it out")
    if len(widths := sorted({bag.shape[1] for bag in bags})) > 1:
        raise DataError(f"all tiles need the same features, but some have {widths[0]} and some {widths[1]}")
    counts = np.array([len(bag) for bag in bags])
    there = np.arange(counts.max()) < counts[:, None]
    if (size := 4 * there.size * widths[0]) > MOST:
        raise DataError(
            f"{len(bags):,} bags filled up to {counts.max():,} tiles take {size / 1e9:.0f} GB: give fewer"
        )
    rows = np.zeros((*there.shape, widths[0]), "float32")
    rows[there] = np.concatenate(bags)
    return {"rows": rows, "there": there}


def bag_net(
    features: int, *, pooling: str = "attention", hidden: int = 32, dropout: float = 0.2
) -> keras.Model:
    """From the rows of a bag, and which of them are there, the probability that what is sought is among them.

    Each row becomes `hidden` features, the rows become one, and one output says yes or no. "mean" takes the
    rows' mean, "max" the largest value of each feature, and "attention" a mean whose weights are learnt (Ilse
    et al. 2018, arXiv 1802.04712); then the layer called "attention" gives the weights.

    Parameters
    ----------
    features : how many numbers a row has, each about from −3 to 3.
    pooling : one of POOLINGS.
    hidden : how many it is worked out from.
    dropout : the share of these that each training step leaves out.

    >>> bag_net(208).output_shape
    (None, 1)
    """
    if pooling not in POOLINGS:
        raise DataError(f"pooling is one of {', '.join(POOLINGS)}, not {pooling!r}")
    rows = keras.Input((None, features), name="rows")
    there = keras.Input((None,), dtype="bool", name="there")
    x = layers.Dropout(dropout)(layers.Dense(hidden, activation="relu")(rows))
    if pooling == "attention":
        bag = attend(x, there)
    elif pooling == "mean":
        bag = layers.GlobalAveragePooling1D()(x, mask=there)
    else:  # features are 0 or more here, so that what is not there is never the largest
        bag = layers.GlobalMaxPooling1D()(layers.Multiply()([x, there[..., None]]))
    said = layers.Dense(1, activation="sigmoid")(bag)
    return keras.Model({"rows": rows, "there": there}, said, name=f"{pooling}_net")


def attend(rows: keras.KerasTensor, there: keras.KerasTensor) -> keras.KerasTensor:
    """One row for the bag: the mean of its tiles' `rows`, (n, tiles, features), with weights that are learnt.

    `there`, (n, tiles), is true where a row is a tile: the others weigh nothing.
    """
    x = layers.Dense(rows.shape[-1], activation="tanh")(rows)
    even = layers.Dense(1, kernel_initializer="zeros")(x)  # begins as the plain mean, or it may stay stuck
    score = layers.Reshape((-1,), name="score")(even)
    weights = layers.Softmax(name="attention")(score, mask=there)
    return layers.Dot(axes=1)([weights, rows])
