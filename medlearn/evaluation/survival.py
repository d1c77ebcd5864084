"""How well risks order patients by the time to an event, where not everybody's event was seen.

A patient who left the study, or was well when it ended, is *censored*: the event came later than that, if at
all. Two patients can be compared where it is known whose event came first.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import numbers, sampling
from medlearn.evaluation.intervals import Estimate, on_logit, patients_among, unbiased, variance, wilson_of
from medlearn.evaluation.measure import measure

BLOCK = 1 << 21  # pairs that are looked at together


def _c_index(outcome, risk, weights, owner) -> tuple[float, np.ndarray, np.ndarray]:
    """Harrell's C of checked (time, event) and `risk`: value, influence of each case, and a mask of all."""
    time, event = outcome
    right, pairs = np.zeros(len(time)), np.zeros(len(time))  # of each case, in pairs with all the others
    for first, later in _comparable(time, event):
        counts = later * weights[first, None] * weights
        ahead = (np.sign(risk[first, None] - risk) + 1) / 2 * counts
        for sums, each in ((right, ahead), (pairs, counts)):
            sums += each.sum(0)
            sums[first] += each.sum(1)
    if not pairs.any():
        raise UndefinedMeasure(
            "C-index is undefined: no two patients can be compared, so there should be events, and somebody "
            "who is followed for longer than to the first"
        )
    value = float(right.sum() / pairs.sum())
    influence = 2 * (right - value * pairs) / pairs.sum()  # each pair stands with both of its cases
    everyone = np.ones(len(time), bool)
    return value, unbiased(influence, owner, everyone), everyone


def _comparable(time: np.ndarray, event: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cases whose event was seen, some at once, and of each who is known to have been well for longer.

    Whoever is censored at the very time of an event counts as well for longer.
    """
    seen = np.flatnonzero(event)
    for some in np.array_split(seen, max(1, len(seen) * len(time) // BLOCK)):
        yield some, (time > time[some, None]) | ((time == time[some, None]) & ~event)


@measure("C-index", of="survival", low=0, high=1)
def c_index(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The chance that of two patients the one whose event comes first has the higher risk (Harrell's C).

    It counts pairs of which this is known; equal risks count one half, and chance gives 0.5. The interval
    goes by the influence of each case, on the logit scale, which stays below 1.

    Parameters
    ----------
    time : until the event, or until a case was last seen; 0 or more, in any unit.
    event : 1 where the event was seen, 0 where the case is censored.
    risk : one score a case, on any scale: the higher, the sooner the event.

    >>> print(f"{c_index([2, 4, 5, 7, 9], [1, 1, 0, 1, 0], [0.9, 0.3, 0.4, 0.5, 0.1]).value:.3f}")
    0.750
    """
    time, event, risk = _checked(time, event, risk)
    owner, weights = sampling(len(time), patient=patient, weights=weights, level=level)
    value, influence, _ = _c_index((time, event), risk, weights, owner)
    people = patients_among(event & (weights > 0), owner)
    if (risk == risk[0]).all():
        return Estimate(value, value, value, level, "exact: all risks are equal")
    if owner is not None and owner.max() == 0:
        return Estimate(value, 0.0, 1.0, level, "one patient shows no variation")
    if not 1e-12 < value < 1 - 1e-12 or people < 2:
        return wilson_of(float(np.clip(value, 0, 1)), people, level, "Wilson, on the events")
    error, by = variance(influence, owner) ** 0.5, "" if owner is None else ", by patient"
    return on_logit(value, error, f"delta method, logit{by}", level, freedom=people - 1)


@measure("difference in C-index", of="survival", low=-1, high=1)
def c_index_difference(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    other_risk: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """C-index of `risk` minus that of `other_risk`, on the same cases, so that what is hard for both cancels.

    Parameters
    ----------
    time, event, risk : as for `c_index`.
    other_risk : another model's risks for the same cases.

    >>> print(f"{c_index_difference([1, 2, 3, 4], [1, 1, 1, 0], [4, 3, 2, 1], [4, 3, 1, 2]).value:.3f}")
    0.167
    """
    _, _, other_risk = _checked(time, event, other_risk, "other_risk")
    time, event, risk = _checked(time, event, risk)
    owner, weights = sampling(len(time), patient=patient, weights=weights, level=level)
    value, influence, _ = _c_index((time, event), risk, weights, owner)
    other_value, other_influence, _ = _c_index((time, event), other_risk, weights, owner)
    if patients_among(event & (weights > 0), owner) < 2:
        raise UndefinedMeasure("a comparison needs at least two patients with an event")
    half = special.ndtri((1 + level) / 2) * variance(influence - other_influence, owner) ** 0.5
    gap = value - other_value
    method = "delta method, paired" + ("" if owner is None else ", by patient")
    return Estimate(gap, float(max(gap - half, -1.0)), float(min(gap + half, 1.0)), level, method)


def _checked(
    time: ArrayLike, event: ArrayLike, risk: ArrayLike, name: str = "risk"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, whether the event was seen, and risks, as many of each; `name` is what errors call the risks."""
    given = {"time": numbers(time, "time"), "event": numbers(event, "event"), name: numbers(risk, name)}
    if len({len(each) for each in given.values()}) > 1:
        lengths = ", ".join(f"{what} {len(each)}" for what, each in given.items())
        raise DataError(f"one value a case is needed of each, but there are: {lengths}")
    time, event, risk = given.values()
    if (time < 0).any():
        raise DataError(f"time must be 0 or more, but holds {time[time < 0][0]:g}")
    if ((event != 0) & (event != 1)).any():
        odd = event[(event != 0) & (event != 1)][0]
        raise DataError(f"event must be 0 or 1, 1 where it was seen, but holds {odd:g}")
    return time.astype(float), event.astype(bool), risk.astype(float)
