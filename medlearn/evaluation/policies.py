"""What a rule for treatment would be worth, from patients who were treated by another rule.

A *policy* says which arm each patient gets. Its *value* is the mean outcome if all were treated by it. Those
who happened to get what the policy says stand for the others, each counted by one over the probability that
they would, their *propensity*. That is right only if the propensity knows every cause that treatment and
outcome share, and nothing here can tell whether it does: only where a coin decided is it sure.

Arms are whole numbers from 0. The outcome is any number: where 1 is a bad one, the lower value is the better.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import between_0_and_1, checked_weights, numbers, sampling
from medlearn.evaluation.intervals import Estimate, mean, student
from medlearn.evaluation.measure import measure

LEAST = 1e-6  # a propensity below it: nobody like this patient gets the arm

# Values


@measure("value by weighting", of="treatments")
def value_by_weighting(
    y: ArrayLike,
    treatment: ArrayLike,
    propensity: ArrayLike,
    policy: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """What a policy is worth: the mean outcome of those who got what it says, weighted by 1 / propensity.

    Self-normalised: the weights are divided by their sum, not by the number of patients.

    Parameters
    ----------
    y : the outcome of each case.
    treatment : the arm that each case got.
    propensity : the probability that this case got each arm, (cases, arms): by design, or of a model.
    policy : the arm that each case shall get, or the probability of each arm, (cases, arms).

    >>> y, treatment, coin = [1, 0, 1, 1], [0, 0, 1, 1], [[0.5, 0.5]] * 4
    >>> print(f"{value_by_weighting(y, treatment, coin, [0, 0, 0, 0]).value:.2f}")
    0.50
    """
    y, treatment, propensity = _checked(y, treatment, propensity)
    owner, weights = sampling(len(y), patient=patient, weights=weights, level=level)
    ratio = _ratio(treatment, propensity, _shares_of(policy, propensity))
    return _normalised(value_by_weighting, y, weights * ratio, owner, level)


@measure("doubly robust value", of="treatments")
def value_doubly_robust(
    y: ArrayLike,
    treatment: ArrayLike,
    propensity: ArrayLike,
    policy: ArrayLike,
    predicted: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """What a policy is worth: the outcome predicted under it, plus the weighted error of that prediction.

    Right if either the propensities or the predictions are; augmented inverse propensity weighting (AIPW).

    Parameters
    ----------
    y, treatment, propensity, policy : as for `value_by_weighting`.
    predicted : the outcome that a model expects of this case under each arm, (cases, arms). The model must
        not have learnt from the case itself: it learns from other patients, or in folds.

    >>> y, treatment, coin = [1, 0, 1, 1], [0, 0, 1, 1], [[0.5, 0.5]] * 4
    >>> print(f"{value_doubly_robust(y, treatment, coin, [0, 0, 0, 0], [[0.5, 1.0]] * 4).value:.2f}")
    0.50
    """
    y, treatment, propensity = _checked(y, treatment, propensity)
    scores = _robust(y, treatment, propensity, _shares_of(policy, propensity), predicted)
    return mean(value_doubly_robust, scores, patient=patient, weights=weights, level=level)


@measure("difference in value", of="treatments")
def value_difference(
    y: ArrayLike,
    treatment: ArrayLike,
    propensity: ArrayLike,
    policy: ArrayLike,
    other_policy: ArrayLike,
    predicted: ArrayLike | None = None,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The value of `policy` minus that of `other_policy`, on the same patients.

    Parameters
    ----------
    y, treatment, propensity : as for `value_by_weighting`.
    policy, other_policy : the arm that each case shall get, or the probability of each arm, (cases, arms).
    predicted : as for `value_doubly_robust`, whose difference it then is. None: that by weighting.

    >>> y, treatment, coin = [1, 0, 1, 1], [0, 0, 1, 1], [[0.5, 0.5]] * 4
    >>> print(f"{value_difference(y, treatment, coin, [1, 1, 1, 1], treatment).value:.2f}")
    0.25
    """
    y, treatment, propensity = _checked(y, treatment, propensity)
    both = _shares_of(policy, propensity), _shares_of(other_policy, propensity, "other_policy")
    return _difference(value_difference, y, treatment, propensity, *both, predicted, patient, weights, level)


@measure("effect of a treatment", of="treatments")
def effect(
    y: ArrayLike,
    treatment: ArrayLike,
    propensity: ArrayLike | None = None,
    predicted: ArrayLike | None = None,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """By how much the mean outcome is higher if all get arm 1 than if all get arm 0.

    Parameters
    ----------
    y : the outcome of each case.
    treatment : the arm that each case got: 0 or 1.
    propensity : the probability of each arm, (cases, 2). None: the same for all, as where a coin decided; the
        effect is then the plain difference of the two arms, the *naive* one where no coin did.
    predicted : as for `value_doubly_robust`. None: by weighting.

    >>> print(f"{effect([1, 0, 1, 1], [0, 0, 1, 1]).value:.2f}")
    0.50
    """
    if propensity is None:
        treatment = _as_many(_codes(treatment, "treatment", 2), "treatment", len(numbers(y, "y")))
        counted = checked_weights(weights, len(treatment))
        shares = np.bincount(treatment, weights=counted, minlength=2) / counted.sum()
        propensity = np.tile(shares, (len(treatment), 1))
        if not shares.all():
            raise UndefinedMeasure(f"an effect is undefined: nobody who counts got arm {shares.argmin()}")
    y, treatment, propensity = _checked(y, treatment, propensity)
    if propensity.shape[1] != 2:
        raise DataError(
            f"an effect compares two arms, but propensity has {propensity.shape[1]} columns: for "
            "more arms see value_difference"
        )
    zero, one = (_shares_of(np.full(len(y), arm), propensity, "the effect") for arm in (0, 1))
    return _difference(effect, y, treatment, propensity, one, zero, predicted, patient, weights, level)


@measure("outcome where the doctor agreed", of="treatments")
def value_where_agreed(
    y: ArrayLike,
    treatment: ArrayLike,
    policy: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The mean outcome of those who happened to get what the policy says: misleading, and often published.

    Where doctors agreed with "no drug", patients were well: it says who they are, not what the policy does.

    Parameters
    ----------
    y, treatment : the outcome of each case, and the arm that it got.
    policy : the arm that each case shall get.

    >>> print(f"{value_where_agreed([1, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]).value:.2f}")
    0.67
    """
    y = numbers(y, "y").astype(float)
    treatment, policy = (
        _as_many(_codes(values, name), name, len(y))
        for values, name in ((treatment, "treatment"), (policy, "policy"))
    )
    owner, weights = sampling(len(y), patient=patient, weights=weights, level=level)
    return _normalised(value_where_agreed, y, weights * (treatment == policy), owner, level)


# How far the figures carry


def effective_size(treatment: ArrayLike, propensity: ArrayLike, policy: ArrayLike) -> float:
    """How many equally weighted patients say as much about a policy as these do: (Σ w)² / Σ w².

    Parameters
    ----------
    treatment, propensity, policy : as for `value_by_weighting`.

    >>> effective_size([0, 0, 1, 1], [[0.5, 0.5]] * 4, [1, 1, 1, 1])
    2.0
    """
    treatment = numbers(treatment, "treatment")
    _, treatment, propensity = _checked(np.zeros(len(treatment)), treatment, propensity)
    ratio = _ratio(treatment, propensity, _shares_of(policy, propensity))
    return float(ratio.sum() ** 2 / (ratio @ ratio)) if ratio.any() else 0.0


def standardised_differences(
    x: ArrayLike, treatment: ArrayLike, weights: ArrayLike | None = None
) -> np.ndarray:
    """By how many standard deviations the mean of each column differs: arm 1 minus arm 0, (columns,).

    The standard deviation is that before weighting, the root of the mean of the two arms' variances, so that
    the figures before and after have one scale. A missing value is left out of its column. NaN where an arm
    has no value, and infinite where a column is the treatment itself.

    Parameters
    ----------
    x : one row a case, a column a variable; NaN where missing.
    treatment : the arm that each case got: 0 or 1.
    weights : how much each case counts, such as 1 / propensity of the arm that it got. None: all the same.

    >>> standardised_differences([[1.0, 0], [3, 1], [2, 0], [4, 1]], [0, 0, 1, 1]).round(2).tolist()
    [0.71, 0.0]
    """
    try:
        x = np.asarray(x, float)
    except (TypeError, ValueError):
        raise DataError("x holds what is no number, or rows that differ in length") from None
    if x.ndim != 2 or not x.size:
        raise DataError(f"x has the shape {x.shape}, but must have one row a case and a column a variable")
    if np.isinf(x).any():
        raise DataError("x holds an infinite value at row {}, column {}".format(*np.argwhere(np.isinf(x))[0]))
    treatment = _as_many(_codes(treatment, "treatment", 2), "treatment", len(x))
    weights = checked_weights(weights, len(x))
    means, variances = [], []
    for arm in (0, 1):
        rows, counts = x[treatment == arm], weights[treatment == arm, None]
        if not counts.any():
            raise UndefinedMeasure(f"a difference is undefined: nobody who counts got arm {arm}")
        there = ~np.isnan(rows)
        rows = np.where(there, rows, 0)
        with np.errstate(invalid="ignore"):  # 0 / 0, where an arm has no value
            means.append((counts * rows).sum(0) / (counts * there).sum(0))
        off = there * (rows - rows.sum(0) / np.maximum(there.sum(0), 1))
        variances.append((off**2).sum(0) / np.maximum(there.sum(0) - 1, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = (means[1] - means[0]) / (sum(variances) / 2) ** 0.5
    return np.where(np.isclose(*means, rtol=1e-12, atol=0), 0, gaps)


def e_value(risk_ratio: float) -> float:
    """How strongly, as risk ratios, a hidden cause must raise both treatment and outcome to explain it away.

    Parameters
    ----------
    risk_ratio : how many times as high the risk is with the treatment, above 0; or an end of its interval. An
        odds ratio stands for it only where the outcome is rare.

    >>> print(f"{e_value(1.24):.2f} {e_value(1 / 1.24):.2f} {e_value(1):.0f}")
    1.79 1.79 1
    """
    ratio = numbers([risk_ratio], "risk_ratio").astype(float)[0]
    if ratio <= 0:
        raise DataError(f"a risk ratio is above 0, not {risk_ratio}: 1 says that the risks are the same")
    ratio = max(ratio, 1 / ratio)
    return float(ratio + (ratio * (ratio - 1)) ** 0.5)


# What they share


def _ratio(treatment: np.ndarray, propensity: np.ndarray, policy: np.ndarray) -> np.ndarray:
    """How many times as often as the doctors the policy gives what was given; 0 where it never would."""
    given = np.arange(len(treatment)), treatment
    asked = policy[given]
    return np.divide(asked, propensity[given], out=np.zeros(len(asked)), where=asked > 0)


def _normalised(function, y: np.ndarray, weights: np.ndarray, owner: np.ndarray | None, level) -> Estimate:
    """A weighted mean, and Student's interval by the patients who count in it."""
    value, influence = _weighted(y, weights)
    some = weights > 0
    return student(function, value, influence[some], None if owner is None else owner[some], level)


def _weighted(y: np.ndarray, weights: np.ndarray, name: str = "policy") -> tuple[float, np.ndarray]:
    total = weights.sum()
    if not total > 0:
        raise UndefinedMeasure(f"{name} has no value here: nobody who counts was given what it says")
    value = float(weights @ y / total)
    return value, weights * (y - value) / total


def _robust(y, treatment, propensity, policy, predicted) -> np.ndarray:
    """Each case's part in a doubly robust value."""
    predicted = _arms(predicted, "predicted", *propensity.shape)
    error = y - predicted[np.arange(len(y)), treatment]
    return (policy * predicted).sum(1) + _ratio(treatment, propensity, policy) * error


def _difference(
    function, y, treatment, propensity, policy, other, predicted, patient, weights, level
) -> Estimate:
    if predicted is not None:
        first, second = (_robust(y, treatment, propensity, one, predicted) for one in (policy, other))
        return mean(function, first - second, patient=patient, weights=weights, level=level)
    owner, weights = sampling(len(y), patient=patient, weights=weights, level=level)
    first, second = (weights * _ratio(treatment, propensity, one) for one in (policy, other))
    (one, its), (two, others) = _weighted(y, first), _weighted(y, second, "other_policy")
    some = (first > 0) | (second > 0)
    owner = None if owner is None else owner[some]
    return student(function, one - two, (its - others)[some], owner, level)


# What comes in


def _checked(
    y: ArrayLike, treatment: ArrayLike, propensity: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y = numbers(y, "y").astype(float)
    propensity = _probabilities(propensity, "propensity", len(y))
    treatment = _as_many(_codes(treatment, "treatment", propensity.shape[1]), "treatment", len(y))
    return y, treatment, propensity


def _shares_of(policy: ArrayLike, propensity: np.ndarray, name: str = "policy") -> np.ndarray:
    """The probability of each arm under a policy, (cases, arms), checked for overlap."""
    cases, arms = propensity.shape
    try:
        dimensions = np.ndim(policy)
    except ValueError:
        raise DataError(f"{name} is no array: its rows differ in length") from None
    if dimensions == 2:
        policy = _probabilities(policy, name, cases, arms)
    else:
        policy = np.eye(arms)[_as_many(_codes(policy, name, arms), name, cases)]
    alone = np.argwhere((policy > 0) & (propensity < LEAST))
    if len(alone):
        row, arm = alone[0]
        raise DataError(
            f"no overlap: {name} asks for arm {arm} at position {row}, where its propensity is "
            f"{propensity[row, arm]:g}: leave such patients out, or value a policy that does not ask for it"
        )
    return policy


def _codes(values: ArrayLike, name: str, arms: int | None = None) -> np.ndarray:
    """Arms as whole numbers from 0."""
    array = numbers(values, name).astype(float)
    odd = np.flatnonzero((array % 1 != 0) | (array < 0) | (array >= (arms or np.inf)))
    if len(odd):
        most = f"from 0 to {arms - 1}" if arms else "from 0"
        raise DataError(
            f"{name} holds {array[odd[0]]:g} at position {odd[0]}, but an arm is a whole number {most}"
        )
    return array.astype(np.int64)


def _as_many(array: np.ndarray, name: str, cases: int) -> np.ndarray:
    if len(array) != cases:
        raise DataError(f"there are {cases} cases, but {len(array)} in {name}")
    return array


def _arms(values: ArrayLike, name: str, cases: int, arms: int | None = None) -> np.ndarray:
    """A finite number for each arm, (cases, arms)."""
    try:
        array = np.asarray(values, float)
    except (TypeError, ValueError):
        raise DataError(f"{name} holds what is no number, or rows that differ in length") from None
    if array.ndim != 2 or len(array) != cases or array.shape[1] != (arms or max(array.shape[1], 2)):
        hint = ": of p, that of arm 1, np.stack([1 - p, p], 1) makes both" if array.ndim == 1 else ""
        raise DataError(
            f"{name} has the shape {array.shape}, but must have a row for each of the {cases} cases and a "
            f"column for each {f'of the {arms} arms' if arms else 'arm'}{hint}"
        )
    odd = np.argwhere(~np.isfinite(array))
    if len(odd):
        raise DataError("{} is not finite at row {}, column {}".format(name, *odd[0]))
    return array


def _probabilities(values: ArrayLike, name: str, cases: int, arms: int | None = None) -> np.ndarray:
    array = between_0_and_1(_arms(values, name, cases, arms), name)
    total = array.sum(1)
    odd = np.flatnonzero(np.abs(total - 1) > 1e-3)
    if len(odd):
        raise DataError(
            f"{name}: row {odd[0]} sums to {total[odd[0]]:g}, not to 1: give the probability of every arm"
        )
    return array
