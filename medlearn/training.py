"""Training a Keras model so that it can be repeated and read: seed, early stopping, a history table."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

import keras
import pandas as pd

from medlearn.errors import DataError

if TYPE_CHECKING:
    from medlearn.data.dataset import Split


# Whether to compile a training step into one piece: JAX crawls without; TensorFlow takes longer to compile
# than a short training takes.
JIT = keras.backend.backend() == "jax"


def set_seed(seed: int) -> None:
    """Make what follows repeatable: call it before a model is built, since its weights are drawn then.

    On a CPU two runs are then alike to the last bit; on a GPU they may differ in the last digits.
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
    train: Split | tuple,
    validation: Split | tuple | None = None,
    *,
    epochs: int = 20,
    batch_size: int = 32,
    patience: int | None = 5,
    class_weight: dict[int, float] | None = None,
    callbacks: list[keras.callbacks.Callback] = (),
    verbose: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """Train a compiled model; one row of the result is one epoch.

    With `validation` and `patience`, training stops once the validation loss has not fallen for that many
    epochs, and the best epoch's weights are put back. `train` is a `Split` or a pair `(x, y)`.
    """
    keras.utils.set_random_seed(seed)
    _mention_gpu()
    x, y = _pair(train)
    callbacks = list(callbacks)
    if validation is not None and patience is not None:
        callbacks.append(keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True))
    if model.built:  # or TensorFlow builds it inside the first step: twice the work, and kept for good
        model.optimizer.build(model.trainable_variables)
    history = model.fit(
        x,
        y,
        validation_data=None if validation is None else _pair(validation),
        epochs=epochs,
        batch_size=batch_size,
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


def _pair(cases: Split | tuple) -> tuple:
    return cases if isinstance(cases, tuple) else (cases.x, cases.y)
