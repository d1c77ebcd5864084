"""Recurrent models for patients' records.

Functions that return a `keras.Model`, not compiled. What turns records into their inputs is in
medlearn/features. Nothing here knows a data set or how to train.
"""

from __future__ import annotations

import keras
from keras import layers

from medlearn.errors import DataError


def recurrent_net(
    shape: tuple[int | None, int],
    *,
    units: int = 32,
    static: int = 0,
    each_step: bool = False,
    dropout: float = 0.2,
    unroll: bool = False,
) -> keras.Model:
    """A GRU over (steps, channels) that gives one probability a stay, or one a step.

    Parameters
    ----------
    shape : (steps, channels); None for steps takes any number of them.
    units : the size of the state.
    static : the number of columns that do not change in a stay. The model then takes {"series", "static"}.
    each_step : whether it answers after each step, from that step and those before it.
    dropout : the share of features that each training step leaves out before the last layer.
    unroll : lay the steps out side by side: slower to build, faster to train on a CPU. Then steps must be
        a number.

    >>> recurrent_net((48, 5)).output_shape, recurrent_net((None, 5), each_step=True).output_shape
    ((None, 1), (None, None, 1))
    """
    _check(shape, units, static, unroll)
    series = keras.Input(shape, name="series")
    x = layers.GRU(units, return_sequences=each_step, unroll=unroll)(series)  # (n, units), or one a step
    inputs = series
    if static:
        inputs = {"series": series, "static": keras.Input((static,), name="static")}
        fixed = layers.Dense(units, use_bias=False)(inputs["static"])
        fixed = layers.Reshape((1, units))(fixed) if each_step else fixed
        x = layers.ReLU()(layers.Add()([layers.Dense(units)(x), fixed]))
    probability = layers.Dense(1, activation="sigmoid")(layers.Dropout(dropout)(x))
    return keras.Model(inputs, probability, name="gru_net")


def course_net(
    shape: tuple[int, int],
    summaries: int,
    *,
    tasks: int = 1,
    units: int = 32,
    width: int = 64,
    hide: tuple[float, float] = (0.2, 0.3),
    dropout: float = 0.5,
    l1: float = 4e-4,
) -> keras.Model:
    """The course's network: a GRU over {"series"} and a dense layer over {"summaries"} of the whole stay.

    It gives log-odds for each task and for each half apart, (stays, 2, tasks): each half has its own loss,
    since the half that learns sooner would leave nothing to the other; their mean is the answer. Channels and
    summaries are hidden at random in training because stays are few and what is measured differs between
    them.

    Parameters
    ----------
    shape : (steps, channels) of the series. The steps are laid out side by side: faster to train on a CPU.
    summaries : the number of summaries of a stay.
    tasks : what is learnt together, such as death and length of stay.
    units : the size of the GRU's state.
    width : units of the dense layer.
    hide : the shares of channels and of summaries that each training step hides.
    dropout : the share of each half's features that each training step leaves out before the last layer.
    l1 : what each weight on a summary costs, so that most of them end near 0.

    >>> course_net((12, 111), 500, tasks=3).output_shape
    (None, 2, 3)
    """
    _check(shape, units, summaries, unroll=True)
    series, whole = keras.Input(shape, name="series"), keras.Input((summaries,), name="summaries")
    state = layers.GRU(units, unroll=True)(layers.SpatialDropout1D(hide[0])(series))  # (n, units)
    dense = layers.Dense(width, activation="relu", kernel_regularizer=keras.regularizers.L1(l1))
    dense = dense(layers.Dropout(hide[1])(whole))  # (n, width)
    halves = [layers.Dense(tasks)(layers.Dropout(dropout)(half)) for half in (state, dense)]
    halves = layers.Concatenate(axis=1)([layers.Reshape((1, tasks))(half) for half in halves])
    return keras.Model({"series": series, "summaries": whole}, halves, name="course_net")


def _check(shape: tuple, units: int, columns: int, unroll: bool) -> None:
    """Refuse sizes that no model can be built for; `columns` are those beside the series."""
    if len(shape) != 2 or not shape[1]:
        raise DataError(f"shape should be (steps, channels), such as (48, 37), not {tuple(shape)}")
    if units < 1 or columns < 0:
        raise DataError(f"units must be 1 or more and static 0 or more, not {units} and {columns}")
    if unroll and shape[0] is None:
        raise DataError("unroll needs a fixed number of steps, but shape leaves them open")
