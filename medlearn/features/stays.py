"""From the records of intensive-care stays to arrays: a filled grid, or summaries and an encoded series.

Records hold no outcome, so none of these arrays can. `Inputs` is for any records; what follows it knows the
variables of the PhysioNet challenge of 2012. Nothing here knows a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from medlearn.data.records.records import Grid, Records
from medlearn.errors import DataError
from medlearn.features.scaling import QuantileEncoding, Scaling

CUFF_TO_LINE = {"NISysABP": "SysABP", "NIDiasABP": "DiasABP", "NIMAP": "MAP"}  # pressures
RATIOS = (("PaO2", "FiO2"), ("HR", "SysABP"), ("BUN", "Creatinine"))  # lungs, circulation, kidneys
RARE = ("TroponinI", "TroponinT", "Cholesterol")
DESCRIPTORS = ("Age", "Gender", "Height", "Weight", "ICUType")


def carry_forward(values: np.ndarray) -> np.ndarray:
    """Fill each gap of `values` (cases, steps, variables) with the last value before it, if there is one.

    >>> carry_forward(np.array([[[np.nan], [80.0], [np.nan]]])).ravel()
    array([nan, 80., 80.])
    """
    step = np.where(np.isnan(values), 0, np.arange(values.shape[1])[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(step, axis=1), axis=1)


class Inputs:
    """From a grid and descriptors to what a recurrent network takes: values, mask and time since, scaled.

    Parameters
    ----------
    grid : the training stays on a grid, as `Records.grid` gives it; the scaling is learnt from it.
    static : their descriptors (stays, columns), where the model is to have them.

    >>> stays = Records.from_rows(case=[0, 0, 1], time=[0.5, 2.0, 1.0], variable=[0, 0, 1],
    ...     value=[80, 95, 37.5], variables=("HR", "Temp"), case_id=[101, 102], static=[[60.0], [70]],
    ...     static_names=["Age"])
    >>> grid = stays.grid(hours=4)
    >>> prepare = Inputs(grid, stays.static)
    >>> {name: array.shape for name, array in prepare(grid, stays.static).items()}
    {'series': (2, 4, 6), 'static': (2, 1)}
    """

    def __init__(self, grid: Grid, static: ArrayLike | None = None):
        self.values = Scaling.of(grid.values)
        self.static = None if static is None else Scaling.of(static)

    def __call__(self, grid: Grid, static: ArrayLike | None = None) -> dict[str, np.ndarray]:
        """Values carried forward, mask and days since last measured, side by side as "series".

        `grid` and `static` are those of any stays; with descriptors there is "static" as well.
        """
        values = np.nan_to_num(carry_forward(self.values(grid.values)))
        series = np.concatenate([values, grid.mask, grid.since / 24], axis=-1, dtype=np.float32)
        return {"series": series} | self._fixed(static)

    def _fixed(self, static: ArrayLike | None) -> Mapping[str, np.ndarray]:
        """The descriptors, scaled, as "static"; nothing where there are none."""
        if (static is None) != (self.static is None):
            raise DataError("descriptors were given once and not the other time: give them both times")
        return {} if static is None else {"static": np.nan_to_num(self.static(static))}


def typical_stay(x: Records, among: np.ndarray, variables: Sequence[str]) -> int:
    """The position of the most usual stay of `x` among those that the boolean mask `among` marks.

    Each of the `variables` was measured twice or more in it, and how often, and the last value, lie closest
    to what is usual in such stays.
    """
    grid = x.grid(step=48, variables=variables)
    usable = np.flatnonzero(among & (grid.counts >= 2).all(axis=(1, 2)))
    if not len(usable):
        raise DataError(f"none of these stays has two measurements of each of {', '.join(variables)}")
    rows = np.concatenate([np.log(grid.counts[usable, 0]), grid.values[usable, 0]], axis=1)
    return int(usable[np.abs(Scaling.of(rows)(rows)).sum(axis=1).argmin()])


class Features(NamedTuple):
    """What is read off a stay before anything is learnt; each array has a row a stay."""

    values: np.ndarray  # (stays, steps, columns), NaN where nothing was measured yet
    measured: np.ndarray  # (stays, steps, columns): how often in this step, and how long ago
    summaries: np.ndarray  # (stays, columns)
    person: np.ndarray  # (stays, columns): age, sex and so on

    @classmethod
    def of(cls, x: Records, *, step: float = 4.0) -> Features:
        """Those of the stays `x`, in steps of `step` hours."""
        values, counts, since = cells(x, step=step)
        measured = np.concatenate([np.log1p(counts), np.minimum(since / 24, 1)], axis=-1)
        return cls(values, measured, summaries(x), describe_patient(x))

    def take(self, stays: np.ndarray) -> Features:
        """Those of the stays at the positions `stays`."""
        return Features(*(array[stays] for array in self))


class EncodedInputs:
    """From `Features` to "series" and "summaries", each value encoded at training quantiles.

    Who the patient is stands in each step of the series: the same heart rate means more at ninety.

    Parameters
    ----------
    known : the features of the training stays; the quantiles are theirs.
    """

    def __init__(self, known: Features):
        self.by_step = QuantileEncoding.of(known.values.reshape(-1, known.values.shape[-1]))
        self.whole, self.person = QuantileEncoding.of(known.summaries), QuantileEncoding.of(known.person)

    def __call__(self, stays: Features) -> dict[str, np.ndarray]:
        """The inputs of any `stays`: {"series": (stays, steps, channels), "summaries": (stays, columns)}."""
        encoded = self.by_step(stays.values.reshape(-1, stays.values.shape[-1]))
        encoded = encoded.reshape(*stays.values.shape[:2], -1)
        person = np.repeat(self.person(stays.person)[:, None], encoded.shape[1], axis=1)
        series = np.concatenate([encoded, stays.measured, person], axis=-1, dtype=np.float32)
        return {"series": series, "summaries": self.whole(stays.summaries)}


def summaries(x: Records) -> np.ndarray:
    """What one would note of each stay of `x` by hand: (stays, columns), NaN where there is nothing.

    Of each variable over the whole stay: first, last, lowest, highest, mean, standard deviation and sum of
    its values, their slope a day, how many, and when first and last measured; of the second day lowest,
    highest and mean, of the last 12 hours the mean; whether it was ever measured; and what describes the
    patient.
    """
    x = add_ratios(x)
    whole = summarise(x)
    second, last = (summarise(x, since=hour) for hour in (24, 36))
    columns = [*whole.values(), *(second[name] for name in ("min", "max", "mean")), last["mean"]]
    return np.hstack([*columns, np.isnan(whole["mean"]), describe_patient(x)]).astype(np.float32)


def add_ratios(x: Records) -> Records:
    """`x` with six more variables: each pressure by line or cuff, and, hour by hour, the three ratios."""
    names, position = list(x.variables), x.variables.index
    rows = [(x.case, x.time, x.variable, x.value)]
    for cuff, line in CUFF_TO_LINE.items():
        use = np.isin(x.variable, (position(cuff), position(line)))
        rows.append((x.case[use], x.time[use], np.full(use.sum(), len(names)), x.value[use]))
        names.append(f"{line} or {cuff}")
    grid = x.grid(step=1.0)
    values = carry_forward(grid.values)
    for top, bottom in ((position(top), position(bottom)) for top, bottom in RATIOS):
        ratio = values[..., top] / np.maximum(values[..., bottom], 0.01)
        case, hour = np.nonzero((grid.mask[..., top] | grid.mask[..., bottom]) & ~np.isnan(ratio))
        rows.append((case, hour + 1, np.full(len(case), len(names)), ratio[case, hour]))
        names.append(f"{x.variables[top]} / {x.variables[bottom]}")
    case, time, variable, value = (np.concatenate(column) for column in zip(*rows, strict=True))
    return Records.from_rows(
        case=case,
        time=time,
        variable=variable,
        value=value,
        variables=names,
        case_id=x.case_id,
        static=x.static,
        static_names=x.static_names,
    )


def summarise(x: Records, *, since: float = 0) -> dict[str, np.ndarray]:
    """Each summary of each variable as (stays, variables), of what `x` measured from the hour `since` on."""
    use = (x.time >= since) & (x.time <= 48)
    place = (x.case.astype(np.int64) * len(x.variables) + x.variable)[use]
    order = np.argsort(place, kind="stable")  # within a place the rows stay in the order of time
    place, time, value = place[order], x.time[use][order].astype(float), x.value[use][order].astype(float)
    begin = np.flatnonzero(np.diff(place, prepend=-1))
    count = np.diff(begin, append=len(place))
    end, whose = begin + count - 1, np.repeat(np.arange(len(begin)), count)

    def mean(rows: np.ndarray) -> np.ndarray:
        return np.add.reduceat(rows, begin) / count if len(begin) else np.empty(0)

    off, away = value - mean(value)[whose], time - mean(time)[whose]
    found = {
        "first": value[begin],
        "last": value[end],
        "min": np.minimum.reduceat(value, begin) if len(begin) else np.empty(0),
        "max": np.maximum.reduceat(value, begin) if len(begin) else np.empty(0),
        "mean": mean(value),
        "std": np.where(count > 1, np.sqrt(mean(off**2)), np.nan),
        "slope": np.where(count > 2, mean(off * away) / np.maximum(mean(away**2), 1 / count), 0),
        "sum": mean(value) * count,
        "count": np.log1p(count),
        "measured first": time[begin],
        "measured last": time[end],
    }
    columns = {name: np.full(len(x) * len(x.variables), np.nan) for name in found}
    for name, values in found.items():
        columns[name][place[begin]] = values
    columns["count"] = np.nan_to_num(columns["count"])
    return {name: column.reshape(len(x), -1) for name, column in columns.items()}


def describe_patient(x: Records) -> np.ndarray:
    """Age, sex, height, weight, body-mass index, and the unit as one column each, of each stay of `x`."""
    age, sex, height, weight, unit = (x.static[:, x.static_names.index(name)] for name in DESCRIPTORS)
    return np.column_stack(
        [age, sex, height, weight, weight / (height / 100) ** 2, *(unit == kind for kind in (1, 2, 3, 4))]
    )


def cells(x: Records, *, step: float = 4.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The stays `x` in cells of `step` hours: last values and their ratios, counts, hours since measured.

    A value stands until the next. A pressure is the arterial line's or the cuff's, whichever came last. What
    hardly anybody has measured is left to the summaries.
    """
    code = np.arange(len(x.variables))
    for cuff, line in CUFF_TO_LINE.items():
        code[x.variables.index(cuff)] = x.variables.index(line)
    x = replace(x, variable=code[x.variable].astype(x.variable.dtype))
    names = [name for name in x.variables if name not in (*CUFF_TO_LINE, *RARE)]
    grid = x.grid(step=step, variables=names)
    values = carry_forward(grid.values)
    ratios = [
        values[..., names.index(top)] / np.maximum(values[..., names.index(bottom)], 0.01)
        for top, bottom in RATIOS
    ]
    return np.concatenate([values, np.stack(ratios, axis=-1)], axis=-1), grid.counts, grid.since
