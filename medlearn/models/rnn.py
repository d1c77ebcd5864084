"""Recurrent nets for patients' records, and the scaling that goes before them.

Functions that return a `keras.Model`, not compiled, whose answer is one probability a stay, or one an hour.
Nothing here knows a data set or how to train.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from medlearn.errors import DataError

CELLS = {"simple": layers.SimpleRNN, "gru": layers.GRU, "lstm": layers.LSTM}
PADDING = -1000.0  # in every channel of a step: the stay has ended before it


# Nets.


def recurrent_net(
    shape: tuple[int | None, int],
    *,
    cell: str = "gru",
    units: int = 32,
    static: int = 0,
    bidirectional: bool = False,
    each_step: bool = False,
    padded: bool = False,
    dropout: float = 0.2,
    unroll: bool = False,
) -> keras.Model:
    """A net over (steps, channels) with cells "simple", "gru" or "lstm".

    With `static` it takes {"series", "static"}, the second of that many columns that do not change in a stay.
    With `each_step` it answers after each step, from that step and those before it; a net that reads in both
    directions cannot. With `padded`, steps that hold PADDING in all channels are passed over. `unroll` lays
    the steps out side by side: slower to build, faster to train on a CPU, and the steps must be counted.

    >>> recurrent_net((48, 5)).output_shape, recurrent_net((None, 5), each_step=True).output_shape
    ((None, 1), (None, None, 1))
    """
    _check(shape, units, static, unroll)
    if cell not in CELLS:
        raise DataError(f"there is no cell {cell!r}; there are: {', '.join(CELLS)}")
    if bidirectional and each_step:
        raise DataError("a net that reads in both directions would see the future, which each_step forbids")
    series = keras.Input(shape, name="series")
    x = layers.Masking(PADDING)(series) if padded else series
    recurrent = CELLS[cell](units, return_sequences=each_step, unroll=unroll)
    x = (layers.Bidirectional(recurrent) if bidirectional else recurrent)(x)
    inputs, answer = _answer({"series": series}, x, units, static, each_step, dropout)
    return keras.Model(inputs if static else series, answer, name=f"{cell}_net")


def decay_net(
    shape: tuple[int | None, int],
    *,
    units: int = 32,
    static: int = 0,
    each_step: bool = False,
    padded: bool = False,
    dropout: float = 0.2,
    unroll: bool = False,
) -> keras.Model:
    """A net that takes {"values", "mask", "since"}, each (steps, variables), and forgets what is long ago.

    Its cell is `DecayCell`; the other options are those of `recurrent_net`.

    >>> sorted(decay_net((48, 5), static=3).input)
    ['mask', 'since', 'static', 'values']
    """
    _check(shape, units, static, unroll)
    inputs = {name: keras.Input(shape, name=name) for name in ("values", "mask", "since")}
    x = layers.Concatenate()(list(inputs.values()))
    x = layers.Masking(PADDING)(x) if padded else x
    x = layers.RNN(DecayCell(units, shape[1]), return_sequences=each_step, unroll=unroll)(x)
    return keras.Model(*_answer(inputs, x, units, static, each_step, dropout), name="decay_net")


def course_net(
    shape: tuple[int, int],
    summaries: int,
    *,
    tasks: int = 1,
    units: int = 32,
    width: int = 64,
    hide: tuple[float, float] = (0.2, 0.3),
    dropout: float = 0.5,
    few: float = 4e-4,
) -> keras.Model:
    """The course's net: a GRU over {"series"} and a dense layer over {"summaries"} of the whole stay.

    It answers with log-odds for each of the `tasks` (death and length of stay, say, learnt together) and for
    each half apart, (stays, 2, tasks): each has its own loss, since the half that learns sooner would leave
    nothing to the other; their mean is the answer. While it trains, a share `hide` of the channels and of the
    summaries is hidden at random, because stays are few and what is measured differs between them; `few` is
    what each weight on a summary costs, so that most of them end near 0. The steps are laid out side by side,
    which trains faster on a CPU.

    >>> course_net((12, 111), 500, tasks=3).output_shape
    (None, 2, 3)
    """
    _check(shape, units, summaries, unroll=True)
    series, whole = keras.Input(shape, name="series"), keras.Input((summaries,), name="summaries")
    state = layers.GRU(units, unroll=True)(layers.SpatialDropout1D(hide[0])(series))
    dense = layers.Dense(width, activation="relu", kernel_regularizer=keras.regularizers.L1(few))
    dense = dense(layers.Dropout(hide[1])(whole))
    halves = [layers.Dense(tasks)(layers.Dropout(dropout)(half)) for half in (state, dense)]
    halves = layers.Concatenate(axis=1)([layers.Reshape((1, tasks))(half) for half in halves])
    return keras.Model({"series": series, "summaries": whole}, halves, name="course_net")


@keras.saving.register_keras_serializable("medlearn")
class DecayCell(layers.Layer):
    """The cell of GRU-D (Che et al., Sci. Rep. 8:6085, 2018), for values that are missing for hours.

    A step is `values`, `mask` and `since` side by side; values are scaled so that 0 is what is usual. A value
    that is missing is the last one, drawn towards 0 the longer ago it was measured; the state itself fades
    likewise. How fast, each variable and each unit learns: a share exp(−max(0, w·since + b)) is left.
    """

    def __init__(self, units: int, variables: int, **options):
        super().__init__(**options)
        self.units, self.columns = units, variables
        self.state_size, self.output_size = [units, variables], units

    def build(self, shape):
        count = self.columns
        if shape[-1] != 3 * count:
            raise DataError(
                f"a step should be values, mask and since of {count} variables, not {shape[-1]} columns"
            )
        self.value_decay = self.add_weight(shape=(count,), initializer="zeros", name="value_decay")
        self.value_bias = self.add_weight(shape=(count,), initializer="zeros", name="value_bias")
        self.state_decay = self.add_weight(shape=(count, self.units), name="state_decay")
        self.state_bias = self.add_weight(shape=(self.units,), initializer="zeros", name="state_bias")
        self.gru = layers.GRUCell(self.units)
        self.gru.build((shape[0], 2 * count))

    def call(self, step, states, training=False):
        state, last = states
        values, mask, since = ops.split(step, 3, axis=-1)
        left = ops.exp(-ops.relu(self.value_decay * since + self.value_bias))
        last = mask * values + (1 - mask) * last
        seen = mask * values + (1 - mask) * left * last
        state = state * ops.exp(-ops.relu(ops.matmul(since, self.state_decay) + self.state_bias))
        state, _ = self.gru(ops.concatenate([seen, mask], axis=-1), state)
        return state, [state, last]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, self.units)), ops.zeros((batch_size, self.columns))]

    def get_config(self):
        return super().get_config() | {"units": self.units, "variables": self.columns}


def _check(shape, units: int, static: int, unroll: bool) -> None:
    if len(shape) != 2 or not shape[1]:
        raise DataError(f"shape should be (steps, channels), such as (48, 37), not {tuple(shape)}")
    if units < 1 or static < 0:
        raise DataError(f"units must be 1 or more and static 0 or more, not {units} and {static}")
    if unroll and shape[0] is None:
        raise DataError("unroll needs a fixed number of steps, but shape leaves them open")


def _answer(inputs: dict, x, units: int, static: int, each_step: bool, dropout: float):
    """The inputs, and the probability made of the state (and of what does not change)."""
    if static:
        inputs = inputs | {"static": keras.Input((static,), name="static")}
        fixed = layers.Dense(units, use_bias=False)(inputs["static"])
        fixed = layers.Reshape((1, units))(fixed) if each_step else fixed
        x = layers.ReLU()(layers.Add()([layers.Dense(units)(x), fixed]))
    return inputs, layers.Dense(1, activation="sigmoid")(layers.Dropout(dropout)(x))


# What goes in.


@dataclass(frozen=True, eq=False)
class Scaling:
    """Middle and spread of each column, learnt once, of training cases, and then applied to all.

    The middle is the median and the spread what it would be for a bell curve of the same quartiles, so that
    a few wild values count little; beyond `clip` spreads a value is cut. NaN, where nothing was measured,
    stays NaN.

    >>> scaling = Scaling.of([[60.0], [70], [80], [90], [7000]])
    >>> scaling([[80.0], [94.826], [7000], [np.nan]]).ravel().round(3)
    array([ 0.,  1.,  4., nan], dtype=float32)
    """

    middle: np.ndarray  # (columns,)
    spread: np.ndarray  # (columns,)
    clip: float = 4.0

    @classmethod
    def of(cls, values, clip: float = 4.0) -> Scaling:
        """Learn it from an array whose last axis is the columns: training cases only."""
        rows = np.asarray(values, np.float32)
        rows = rows.reshape(-1, rows.shape[-1])
        middle, spread = np.zeros(rows.shape[1], np.float32), np.ones(rows.shape[1], np.float32)
        for column, all_of_it in enumerate(rows.T):
            known = all_of_it[~np.isnan(all_of_it)]
            if len(known):
                low, middle[column], high = np.quantile(known, [0.25, 0.5, 0.75])
                spread[column] = (high - low) / 1.349 or known.std() or 1
        return cls(middle, spread, clip)

    def __call__(self, values) -> np.ndarray:
        values = np.asarray(values, np.float32)
        if values.shape[-1] != len(self.middle):
            raise DataError(f"scaling was learnt on {len(self.middle)} columns; here are {values.shape[-1]}")
        return np.clip((values - self.middle) / self.spread, -self.clip, self.clip)


def carried_forward(values: np.ndarray) -> np.ndarray:
    """Each hole of (cases, steps, variables) filled with the last value before it; NaN before the first.

    >>> carried_forward(np.array([[[np.nan], [80.0], [np.nan]]])).ravel()
    array([nan, 80., 80.])
    """
    step = np.where(np.isnan(values), 0, np.arange(values.shape[1])[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(step, axis=1), axis=1)


@dataclass(frozen=True, eq=False)
class Rungs:
    """Each column as how far its value has climbed each part of a ladder whose rungs are training quantiles.

    As in a severity score, each range of a value can then count for something of its own, high and low
    values both, and what lies beyond the outermost rungs counts no more. The mean of training is 0, and so
    is what was not measured.

    >>> ladder = Rungs.of([[60.0], [70], [80], [90], [100]], shares=(0, 0.5, 1))
    >>> ladder([[60.0], [90], [7000], [np.nan]]).round(2)
    array([[-0.7, -0.3],
           [ 0.3,  0.2],
           [ 0.3,  0.7],
           [ 0. ,  0. ]], dtype=float32)
    """

    rungs: tuple[np.ndarray, ...]  # for each column, those that differ; none where training has one value
    mean: np.ndarray

    @classmethod
    def of(cls, values, shares=(0.01, 0.2, 0.5, 0.8, 0.99)) -> Rungs:
        """Learn it from (cases, columns): training cases only."""
        values = np.asarray(values, np.float32)
        known = [column[~np.isnan(column)] for column in values.T]
        rungs = tuple(
            np.unique(np.quantile(column, shares)) if len(column) else np.empty(0) for column in known
        )
        climbed = cls(rungs, np.zeros(1, np.float32))._climbed(values)
        counts = (~np.isnan(climbed)).sum(axis=0)
        return cls(rungs, (np.nansum(climbed, axis=0) / np.maximum(counts, 1)).astype(np.float32))

    def __call__(self, values) -> np.ndarray:
        values = np.asarray(values, np.float32)
        if values.shape[-1] != len(self.rungs):
            raise DataError(
                f"the rungs were learnt on {len(self.rungs)} columns; here are {values.shape[-1]}"
            )
        return np.nan_to_num(self._climbed(values) - self.mean)

    def _climbed(self, values: np.ndarray) -> np.ndarray:
        parts = [
            np.clip((column[:, None] - rungs[:-1]) / np.diff(rungs), 0, 1)
            for column, rungs in zip(values.T, self.rungs, strict=True)
            if len(rungs) > 1
        ]
        return np.concatenate([np.empty((len(values), 0)), *parts], axis=1, dtype=np.float32)


class Inputs:
    """From a grid (see records.py) and descriptors to what the nets take; learns of training stays only.

    >>> from medlearn.data.records.records import Records
    >>> stays = Records.from_rows(case=[0, 0, 1], time=[0.5, 2.0, 1.0], variable=[0, 0, 1],
    ...     value=[80, 95, 37.5], variables=("HR", "Temp"), case_id=[101, 102], static=[[60.0], [70]],
    ...     static_names=["Age"])
    >>> grid = stays.grid(hours=4)
    >>> prepare = Inputs(grid, stays.static)
    >>> {name: array.shape for name, array in prepare(grid, stays.static).items()}
    {'series': (2, 4, 6), 'static': (2, 1)}
    >>> list(prepare.apart(grid, stays.static))
    ['values', 'mask', 'since', 'static']
    """

    def __init__(self, grid, static=None):
        self.values = Scaling.of(grid.values)
        self.static = None if static is None else Scaling.of(static)

    def __call__(self, grid, static=None) -> dict[str, np.ndarray]:
        """Values carried forward, mask and days since last measured, side by side as "series"."""
        values = np.nan_to_num(carried_forward(self.values(grid.values)))
        series = np.concatenate([values, grid.mask, grid.since / 24], axis=-1, dtype=np.float32)
        return {"series": series} | self._fixed(static)

    def apart(self, grid, static=None) -> dict[str, np.ndarray]:
        """The same for `decay_net`, which carries forward by itself: 0 where nothing was measured."""
        return {
            "values": np.nan_to_num(self.values(grid.values)),
            "mask": grid.mask.astype(np.float32),
            "since": grid.since / 24,
        } | self._fixed(static)

    def _fixed(self, static) -> Mapping[str, np.ndarray]:
        if (static is None) != (self.static is None):
            raise DataError("descriptors were given once and not the other time: give them both times")
        return {} if static is None else {"static": np.nan_to_num(self.static(static))}
