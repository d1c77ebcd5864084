"""Training a Keras model so that it can be repeated and read, and predicting with it in batches.

Nothing here knows a data set or a family of models.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence
from typing import Protocol

import keras
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from medlearn import backend
from medlearn.errors import DataError


class Labelled(Protocol):
    """Anything with inputs `x` and answers `y`, such as a `Split`."""

    x: ArrayLike
    y: ArrayLike


def set_seed(seed: int) -> None:
    """Make what follows repeatable: call it before a model is built, since its weights are drawn then.

    `seed` fixes weights, order of batches, dropout and augmentation. On a CPU two runs are then alike to the
    last bit; on a GPU they may differ in the last digits.
    """
    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # The one place that speaks to TensorFlow itself. On a GPU it would slow every step.
        if not tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()
    _mention_gpu()


@functools.cache
def _mention_gpu() -> None:
    """Say once that there is a GPU, which Keras then uses unasked; where there is none, say nothing."""
    with contextlib.suppress(Exception):  # JAX's way to say that there is none
        if devices := keras.distribution.list_devices("gpu"):
            print(f"Keras computes on the GPU: {', '.join(devices)}.")


def fit(
    model: keras.Model,
    train: Labelled | tuple | keras.utils.PyDataset,
    validation: Labelled | tuple | None = None,
    *,
    epochs: int = 20,
    batch_size: int = 32,
    patience: int | None = 5,
    class_weight: Mapping[int, float] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 0,
    seed: int | None = None,
) -> pd.DataFrame:
    """Train a compiled model; one row of the result is one epoch.

    Parameters
    ----------
    model : compiled. Whether XLA compiles its step is decided here, by the backend.
    train : a `Split`, a pair `(x, y)`, or what draws its own batches.
    validation : the same, to be scored after each epoch.
    epochs : how often all training cases are seen, at most.
    batch_size : how many cases one step learns from.
    patience : stop once the validation loss has not fallen for so many epochs, and put the best epoch's
        weights back; None trains to the end. Without `validation` it does nothing.
    class_weight : what a case of each class counts in the loss.
    callbacks : Keras's, called besides.
    verbose : as in Keras: 0 says nothing, 1 shows a bar, 2 a line an epoch.
    seed : call `set_random_seed` with it first. Without, the order of batches follows from what was seeded
        before, so that trainings after different seeds differ in their order too.
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    _mention_gpu()
    drawn = isinstance(train, keras.utils.PyDataset)
    x, y = (train, None) if drawn else _pair(train)
    parts = [x] if drawn else [*(x.values() if isinstance(x, Mapping) else [x]), y]
    counts = {len(array) for array in parts}
    if len(counts) != 1 or 0 in counts:
        raise DataError(f"fit() needs one case or more, as many answers as inputs, not {sorted(counts)}")
    callbacks = list(callbacks)
    if validation is not None and patience is not None:
        callbacks.append(keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True))
    if model.built:  # or TensorFlow builds it inside the first step: twice the work, and kept for good
        model.optimizer.build(model.trainable_variables)
    backend.choose_jit(model)
    history = model.fit(
        x,
        y,
        validation_data=None if validation is None else _pair(validation),
        epochs=epochs,
        batch_size=None if drawn else batch_size,
        class_weight=class_weight,
        callbacks=callbacks,
        verbose=verbose,
    )
    table = pd.DataFrame(history.history)
    table.index = pd.RangeIndex(1, len(table) + 1, name="epoch")
    if not table["loss"].map(pd.notna).all():
        raise DataError(
            "the loss became NaN: check the inputs for NaN, scale them, or lower the learning rate"
        )
    return table


def predict(
    model: keras.Model, x: ArrayLike | Sequence[ArrayLike] | Mapping[str, ArrayLike], *, batch_size: int = 512
) -> np.ndarray:
    """What a model with one output answers, as it stands: a NumPy array of floats, a row a case.

    Keras's own `predict` first compiles each model, which takes longer than many small models need to answer.

    Parameters
    ----------
    model : compiled or not.
    x : its inputs: an array, or a list or dict of arrays where it has several.
    batch_size : how many cases are computed at a time.
    """
    counts = {len(array) for array in keras.tree.flatten(x)}
    if len(counts) != 1 or 0 in counts:
        raise DataError(f"predict() needs one case or more, as many in each input, not {sorted(counts)}")

    def answer(start: int) -> np.ndarray:
        some = keras.tree.map_structure(lambda array: array[start : start + batch_size], x)
        return keras.ops.convert_to_numpy(model(some, training=False))

    return np.concatenate([answer(start) for start in range(0, counts.pop(), batch_size)]).astype(float)


def schedule(steps: int, *, peak: float = 2e-3) -> keras.optimizers.schedules.LearningRateSchedule:
    """A learning rate that warms up and cools down in a training of `steps` steps.

    It rises from a tenth of `peak` to `peak` over the first tenth of them, and then falls along a cosine to a
    fortieth of it.

    >>> rate = schedule(100, peak=0.01)
    >>> [round(float(rate(step)), 5) for step in (0, 10, 60, 100)]
    [0.001, 0.01, 0.005, 0.00024]
    """
    return keras.optimizers.schedules.CosineDecay(
        peak / 10, steps, warmup_target=peak, warmup_steps=steps // 10
    )


def optimizer(steps: int, *, weight_decay: float, peak: float = 2e-3) -> keras.optimizers.Optimizer:
    """AdamW for a training of `steps` steps, with the course's schedule and weights averaged at the end.

    `weight_decay` is the share of each weight, times the learning rate, that a step takes away; `peak` is the
    highest learning rate, as in `schedule`. The average is exponential and replaces the weights after `fit`.
    """
    return keras.optimizers.AdamW(schedule(steps, peak=peak), weight_decay=weight_decay, use_ema=True)


def _pair(cases: Labelled | tuple) -> tuple:
    """Inputs and answers, from a `Split` or from a pair."""
    return cases if isinstance(cases, tuple) else (cases.x, cases.y)
