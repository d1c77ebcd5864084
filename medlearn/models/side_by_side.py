"""Several networks of one recipe, trained side by side: each on its own cases, all in the time of about one.

Small networks cost a computer little arithmetic and much bookkeeping, which is the same for one and for ten.
Nothing here knows a data set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn import backend
from medlearn.errors import DataError


def train_each(
    build: Callable[[], keras.Sequential],
    x: ArrayLike,
    y: ArrayLike,
    watched: Mapping[str, ArrayLike],
    *,
    epochs: int,
    batch_size: int = 30,
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Train one network on each set of cases, as `fit` would, and say what each predicts after each epoch.

    The result has, for the cases learnt from ("train") and for each of `watched`, an array of predictions
    (epochs, networks, cases).

    Parameters
    ----------
    build : gives a compiled network of one output: `Dense` layers, and layers without weights.
    x : the inputs of all sets: (sets, cases, …), one network a set.
    y : their labels: (sets, cases).
    watched : other cases, the same for every network, by name.
    epochs : how often each network sees its cases.
    batch_size : how many cases of a set one step learns from.
    seed : of weights, order of batches, dropout and augmentation.
    """
    x, y = np.asarray(x), np.asarray(y, "float32")
    if y.ndim != 2 or x.shape[:2] != y.shape:
        raise DataError(f"x is (sets, cases, …) and y is (sets, cases), not {x.shape} and {y.shape}")
    nets = len(x)
    keras.utils.set_random_seed(seed)
    models = [build() for _ in range(nets)]
    many, one_loss = side_by_side(models), keras.losses.get(models[0].loss)
    # The loss of one network is a mean over its cases; that of all is their sum, so that none slows another.
    many.compile(models[0].optimizer, lambda y, p: nets * one_loss(y, p))
    backend.choose_jit(many)
    x, y = np.moveaxis(x, 0, 1), y.T  # (cases, networks, …)
    seen = {"train": x} | {name: _for_each(cases, nets) for name, cases in watched.items()}
    everything, ends = np.concatenate(list(seen.values())), np.cumsum([len(part) for part in seen.values()])
    rng, predicted = np.random.default_rng(seed), []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for start in range(0, len(x), batch_size):  # `fit` does the same, and takes twice as long
            batch = order[start : start + batch_size]
            many.train_on_batch(x[batch], y[batch])
        predicted.append(np.asarray(many.predict_on_batch(everything)).T)
    return dict(zip(seen, np.split(np.stack(predicted), ends[:-1], axis=2), strict=True))


def side_by_side(models: Sequence[keras.Sequential]) -> keras.Model:
    """One model that holds all `models`, of one recipe: (n, models, …) in, (n, models) out.

    Each keeps its own weights. A layer without weights, such as dropout or augmentation, treats all their
    cases as one large batch, and so draws anew for each.
    """
    nets = len(models)
    inputs = keras.Input((nets, *models[0].input_shape[1:]))
    h = inputs
    for same in zip(*(model.layers for model in models), strict=True):
        layer = same[0]
        if isinstance(layer, layers.Dense):
            h = _dense_each(same)(h)
        elif layer.weights:
            raise DataError(f"side by side only Dense layers may have weights, not {layer.name}")
        else:
            h = layer(ops.reshape(h, (-1, *h.shape[2:])))
            h = ops.reshape(h, (-1, nets, *h.shape[1:]))
    return keras.Model(inputs, ops.squeeze(h, -1))


def _dense_each(same: Sequence[layers.Dense]) -> layers.EinsumDense:
    """The same `Dense` layer of all models as one layer, with the weights of each."""
    first = same[0]
    joined = layers.EinsumDense(
        "bni,nij->bnj",
        (len(same), first.units),
        activation=first.activation,
        bias_axes="nj",
        kernel_regularizer=first.kernel_regularizer,
    )
    joined.build((None, len(same), first.kernel.shape[0]))
    joined.set_weights(
        [np.stack(arrays) for arrays in zip(*(one.get_weights() for one in same), strict=True)]
    )
    return joined


def _for_each(cases: ArrayLike, nets: int) -> np.ndarray:
    """The same cases for every network: (cases, networks, …)."""
    return np.repeat(np.asarray(cases)[:, None], nets, axis=1)
