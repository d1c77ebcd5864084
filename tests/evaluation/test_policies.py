"""Values of policies: by hand, in a made world whose truth is known, and where they must refuse."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import policies as p
from medlearn.evaluation.intervals import mean

Y, TREATMENT = np.array([1.0, 0, 1, 1, 0, 0]), np.array([0, 0, 1, 1, 1, 0])
COIN = np.full((6, 2), 0.5)
NONE, ALL = np.zeros(6, int), np.ones(6, int)


def world(cases=2000, seed=0):
    """A cause that raises both treatment and outcome, while the treatment lowers it: all is known."""
    rng = np.random.default_rng(seed)
    cause = rng.normal(size=cases)
    share = 1 / (1 + np.exp(-1.2 * cause))
    expected = np.stack([cause, cause - 0.5 + 0.3 * (cause > 1)], 1)
    treatment = (rng.random(cases) < share).astype(int)
    y = expected[np.arange(cases), treatment] + rng.normal(size=cases)
    return y, treatment, np.stack([1 - share, share], 1), expected, cause


# Values


def test_by_hand():
    propensity = np.stack([1 - np.linspace(0.2, 0.7, 6), np.linspace(0.2, 0.7, 6)], 1)
    policy = np.array([0, 1, 1, 0, 1, 0])
    weights = np.array([1 / 0.8, 0, 1 / 0.4, 0, 1 / 0.6, 1 / 0.3])
    value = p.value_by_weighting(Y, TREATMENT, propensity, policy).value
    assert value == pytest.approx(weights @ Y / weights.sum())
    size = p.effective_size(TREATMENT, propensity, policy)
    assert size == pytest.approx(weights.sum() ** 2 / (weights @ weights))
    predicted = np.stack([np.linspace(0, 1, 6), np.linspace(1, 0, 6)], 1)
    rows = np.arange(6)
    scores = predicted[rows, policy] + weights * (Y - predicted[rows, TREATMENT])
    assert p.value_doubly_robust(Y, TREATMENT, propensity, policy, predicted).value == pytest.approx(
        scores.mean()
    )
    assert p.value_where_agreed(Y, TREATMENT, policy).value == pytest.approx(Y[[0, 2, 4, 5]].mean())


@pytest.mark.parametrize("by_patient", [False, True])
def test_one_arm_for_all_in_a_trial_is_that_arms_own_mean_and_interval(by_patient):
    rng = np.random.default_rng(0)
    treatment, y, patient = rng.integers(0, 3, 300), rng.normal(size=300), np.arange(300) // 3
    for arm in range(3):
        got = treatment == arm
        its = {"patient": patient[got] if by_patient else None, "weights": None, "level": 0.95}
        plain = mean(p.value_by_weighting, y[got], **its)
        whose = patient if by_patient else None
        constant = np.full(300, arm)
        value = p.value_by_weighting(y, treatment, np.full((300, 3), 1 / 3), constant, patient=whose)
        agreed = p.value_where_agreed(y, treatment, constant, patient=whose)
        for one in (value, agreed):
            assert (one.value, one.low, one.high) == pytest.approx(
                (plain.value, plain.low, plain.high), abs=1e-12
            )
        assert p.effective_size(treatment, np.full((300, 3), 1 / 3), constant) == pytest.approx(got.sum())


def test_a_policy_may_be_a_probability_of_each_arm():
    y, treatment, propensity, _, cause = world(300)
    hard = (cause > 0).astype(int)
    for policy in (hard, cause > 0, np.eye(2)[hard]):
        assert p.value_by_weighting(y, treatment, propensity, policy) == p.value_by_weighting(
            y, treatment, propensity, hard
        )
    doctors = p.value_by_weighting(y, treatment, propensity, propensity)
    assert doctors.value == pytest.approx(y.mean())
    assert p.effective_size(treatment, propensity, propensity) == pytest.approx(300)


def test_doubly_robust_is_right_if_one_of_the_two_is():
    y, treatment, propensity, expected, _ = world(20_000)
    truth, wrong = expected[:, 1].mean(), np.zeros_like(expected)
    policy, coin = np.ones(len(y), int), np.full_like(propensity, 0.5)
    assert truth not in p.value_where_agreed(y, treatment, policy)
    assert truth not in p.value_by_weighting(y, treatment, coin, policy)
    for its, predicted in ((coin, expected), (propensity, wrong), (propensity, expected)):
        assert truth in p.value_doubly_robust(y, treatment, its, policy, predicted)
    weighted = p.value_by_weighting(y, treatment, propensity, policy)
    robust = p.value_doubly_robust(y, treatment, propensity, policy, expected)
    assert truth in weighted and robust.high - robust.low < 0.8 * (weighted.high - weighted.low)


def test_intervals_hold_the_truth_in_so_many_worlds():
    held = {"weighting": 0, "robust": 0, "effect": 0, "gap": 0}
    big = world(400_000, seed=99)
    values = {arm: big[3][:, arm].mean() for arm in (0, 1)}
    rule = np.where(big[4] > 0, big[3][:, 1], big[3][:, 0]).mean()
    for seed in range(150):
        y, treatment, propensity, expected, cause = world(400, seed)
        known = y, treatment, propensity
        policy, everyone = (cause > 0).astype(int), np.ones(400, int)
        held["weighting"] += rule in p.value_by_weighting(*known, policy)
        held["robust"] += rule in p.value_doubly_robust(*known, policy, expected)
        held["effect"] += values[1] - values[0] in p.effect(*known, expected)
        held["gap"] += rule - values[1] in p.value_difference(*known, policy, everyone)
    assert all(135 <= count <= 149 for count in held.values()), held


def test_a_difference_is_paired():
    y, treatment, propensity, expected, cause = world(500)
    known, patient = (y, treatment, propensity), np.arange(500) // 2
    one, two = (cause > 0).astype(int), (cause > 0.1).astype(int)
    for predicted, of in ((None, p.value_by_weighting), (expected, p.value_doubly_robust)):
        more = () if predicted is None else (predicted,)
        values = [of(*known, policy, *more, patient=patient) for policy in (one, two)]
        gap = p.value_difference(*known, one, two, predicted, patient=patient)
        assert gap.value == pytest.approx(values[0].value - values[1].value, abs=1e-12)
        assert gap.high - gap.low < 0.7 * (values[0].high - values[0].low)
        same = p.value_difference(*known, one, one, predicted)
        assert (same.value, same.low, same.high) == (0, 0, 0)


def test_an_effect_is_one_for_all_against_none():
    y, treatment, propensity, expected, _ = world(500)
    zero, one = np.zeros(500, int), np.ones(500, int)
    for predicted in (None, expected):
        whole = p.value_difference(y, treatment, propensity, one, zero, predicted)
        assert p.effect(y, treatment, propensity, predicted) == whole
    naive = p.effect(y, treatment)
    assert naive.value == pytest.approx(y[treatment == 1].mean() - y[treatment == 0].mean())
    errors = [y[treatment == arm].var(ddof=1) / (treatment == arm).sum() for arm in (0, 1)]
    assert (naive.high - naive.low) / 2 == pytest.approx(1.965 * sum(errors) ** 0.5, rel=0.01)
    weights = np.arange(500) % 3
    repeated = p.effect(np.repeat(y, weights), np.repeat(treatment, weights))
    assert p.effect(y, treatment, weights=weights).value == pytest.approx(repeated.value)


def test_weights_count_a_case_so_many_times_and_copies_make_no_interval_narrower():
    y, treatment, propensity, expected, cause = world(60)
    arrays, policy, times = (y, treatment, propensity), (cause > 0).astype(int), np.arange(60) % 3
    for of, more in ((p.value_by_weighting, ()), (p.value_doubly_robust, (expected,))):
        given_to = (*arrays, policy, *more)
        again = of(*(np.repeat(one, times, axis=0) for one in given_to))
        assert of(*given_to, weights=times).value == pytest.approx(again.value)
        once = of(*given_to, patient=np.arange(60))
        twice = of(*(np.concatenate([one, one]) for one in given_to), patient=np.tile(np.arange(60), 2))
        assert (twice.low, twice.high) == pytest.approx((once.low, once.high))
        assert twice.method == "Student, by patient"


# How far the figures carry


def test_differences_between_the_arms_and_after_weighting():
    _, treatment, propensity, _, cause = world(5000)
    x = np.stack([cause, np.random.default_rng(1).normal(size=5000), np.full(5000, 0.1)], 1)
    before = p.standardised_differences(x, treatment)
    arms = [cause[treatment == arm] for arm in (0, 1)]
    spread = ((arms[0].var(ddof=1) + arms[1].var(ddof=1)) / 2) ** 0.5
    assert before[0] == pytest.approx((arms[1].mean() - arms[0].mean()) / spread)
    after = p.standardised_differences(x, treatment, 1 / propensity[np.arange(5000), treatment])
    assert before[0] > 0.8 and abs(after[0]) < 0.1 and abs(before[1]) < 0.1 and before[2] == after[2] == 0


@pytest.mark.filterwarnings("error")
def test_missing_values_are_left_out_of_their_column():
    x = np.array([[1.0, np.nan, 0, 5], [3, np.nan, 0, np.nan], [2, 1, 1, 6], [4, 2, 1, 8], [np.nan, 3, 1, 7]])
    gaps = p.standardised_differences(x.astype(np.float32), [0, 0, 1, 1, 1])
    assert gaps[0] == pytest.approx(0.5**0.5) and np.isnan(gaps[1]) and gaps[2] == np.inf
    assert gaps[3] == pytest.approx(2 / 0.5**0.5)


def test_e_values():
    assert p.e_value(1.24) == pytest.approx(1.24 + (1.24 * 0.24) ** 0.5)
    assert p.e_value(0.5) == p.e_value(2) == pytest.approx(2 + 2**0.5) and p.e_value(1) == 1


def test_nobody_treated_so_has_no_effective_size():
    assert p.effective_size([0, 0], [[0.5, 0.5]] * 2, [1, 1]) == 0


# What is wrong


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"y": Y[:5]}, r"propensity has the shape \(6, 2\), but must have a row for each of the 5 cases"),
        ({"y": [1, 0, None, 1, 0, 0]}, "y are not finite, the first, .* at position 2"),
        ({"y": ["dead"] * 6}, "y must hold numbers"),
        ({"y": []}, "y is empty"),
        ({"treatment": TREATMENT[1:]}, "there are 6 cases, but 5 in treatment"),
        (
            {"treatment": TREATMENT + 1},
            "treatment holds 2 at position 2, but an arm is a whole number from 0 to 1",
        ),
        ({"treatment": TREATMENT / 2}, "treatment holds 0.5 at position 2"),
        ({"treatment": -TREATMENT}, "treatment holds -1 at position 2"),
        (
            {"propensity": COIN[:, 0]},
            r"propensity has the shape \(6,\), .* np.stack\(\[1 - p, p\], 1\) makes both",
        ),
        ({"propensity": COIN[:, :1]}, r"propensity has the shape \(6, 1\)"),
        ({"propensity": COIN * 1.2}, "propensity: row 0 sums to 1.2, not to 1"),
        (
            {"propensity": COIN * [3, -1]},
            "propensity lie outside 0 to 1, the first, 1.5, at row 0, column 0",
        ),
        ({"propensity": COIN * np.nan}, "propensity is not finite at row 0, column 0"),
        ({"propensity": [[0.5, 0.5], [1.0]]}, "propensity holds what is no number, or rows that differ"),
        ({"policy": ALL[1:]}, "there are 6 cases, but 5 in policy"),
        ({"policy": ALL * 0.5}, "policy holds 0.5 at position 0, but an arm is a whole number"),
        ({"policy": ALL + 1}, "policy holds 2 at position 0"),
        ({"policy": COIN * [3, -1]}, "policy lie outside 0 to 1"),
        ({"policy": COIN / 2}, "policy: row 0 sums to 0.5"),
        (
            {"policy": np.full((6, 3), 1 / 3)},
            r"policy has the shape \(6, 3\), .* a column for each of the 2 arms",
        ),
        ({"policy": [[0.5, 0.5], [1.0]]}, "policy is no array: its rows differ in length"),
        (
            {"propensity": [[0.5, 0.5]] * 4 + [[1, 0]] * 2},
            "no overlap: policy asks for arm 1 at position 4, where its propensity is 0: leave such",
        ),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_wrong_is_one_sentence(change, said):
    arrays = {"y": Y, "treatment": TREATMENT, "propensity": COIN, "policy": ALL} | change
    calls = [p.value_by_weighting, lambda **more: p.value_doubly_robust(**more, predicted=COIN)]
    calls.append(lambda **more: p.value_difference(**more, other_policy=NONE))
    for call in calls:
        with pytest.raises(DataError, match=said) as error:
            call(**arrays)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: p.value_doubly_robust(Y, TREATMENT, COIN, ALL, Y), r"predicted has the shape \(6,\)"),
        (
            lambda: p.value_doubly_robust(Y, TREATMENT, COIN, ALL, COIN * np.inf),
            "predicted is not finite at row 0",
        ),
        (
            lambda: p.value_by_weighting(Y, NONE, COIN, ALL),
            "policy has no value here: nobody who counts was given",
        ),
        (
            lambda: p.value_by_weighting(Y, TREATMENT, COIN, ALL, weights=1 - TREATMENT),
            "policy has no value here",
        ),
        (lambda: p.value_by_weighting(Y, TREATMENT, COIN, ALL, patient=TREATMENT), "at least two patients"),
        (lambda: p.value_by_weighting(Y, TREATMENT, COIN, ALL, level=95), "level must lie"),
        (lambda: p.value_difference(Y, NONE, COIN, NONE, ALL), "other_policy has no value here"),
        (lambda: p.value_difference(Y, NONE, COIN, NONE, ALL + 1), "other_policy holds 2"),
        (lambda: p.value_where_agreed(Y, TREATMENT, COIN), "policy has the shape"),
        (lambda: p.value_where_agreed(Y, TREATMENT, 1 - TREATMENT), "policy has no value here"),
        (lambda: p.value_where_agreed(Y, TREATMENT[1:], ALL), "6 cases, but 5 in treatment"),
        (lambda: p.effect(Y, NONE), "nobody who counts got arm 1"),
        (lambda: p.effect(Y, TREATMENT + 1), "treatment holds 2 at position 2"),
        (lambda: p.effect(Y, TREATMENT[1:]), "there are 6 cases, but 5 in treatment"),
        (lambda: p.effect(Y, TREATMENT, np.full((6, 3), 1 / 3)), "two arms, but propensity has 3 columns"),
        (lambda: p.effect(Y, TREATMENT, np.eye(2)[TREATMENT]), "no overlap"),
        (lambda: p.effective_size([], COIN, ALL), "is empty"),
        (lambda: p.standardised_differences(Y, TREATMENT), r"x has the shape \(6,\)"),
        (lambda: p.standardised_differences([["a"]], [0]), "x holds what is no number"),
        (lambda: p.standardised_differences(COIN * np.inf, TREATMENT), "infinite value at row 0, column 0"),
        (lambda: p.standardised_differences(COIN, NONE), "nobody who counts got arm 1"),
        (lambda: p.standardised_differences(COIN, TREATMENT[1:]), "6 cases, but 5 in treatment"),
        (lambda: p.e_value(0), "a risk ratio is above 0, not 0"),
        (lambda: p.e_value(-1.2), "a risk ratio is above 0"),
        (lambda: p.e_value(np.nan), "risk_ratio are not finite"),
        (lambda: p.e_value("two"), "risk_ratio must hold numbers"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_an_argument_that_is_wrong_is_one_sentence(call, said):
    with pytest.raises(DataError, match=said):
        call()


def test_what_has_no_value_is_undefined():
    for call in (lambda: p.effect(Y, NONE), lambda: p.value_by_weighting(Y, NONE, COIN, ALL)):
        with pytest.raises(UndefinedMeasure):
            call()


MEASURES = [of for of in vars(p).values() if hasattr(of, "label") and of.__module__ == p.__name__]
odd = st.sampled_from(
    [None, 3, "text", [], [[0.5], [0.5, 0.5]], np.zeros(()), np.zeros((2, 2, 2)), [np.nan] * 6]
)


@pytest.mark.filterwarnings("error")
@settings(max_examples=150)
@given(data=st.data())
def test_any_input_gives_a_sentence_or_an_estimate_in_order(data):
    cases, arms = data.draw(st.integers(1, 6)), data.draw(st.integers(2, 3))
    codes = st.lists(st.integers(0, arms - 1), min_size=cases, max_size=cases)
    share = st.sampled_from([np.full((cases, arms), 1 / arms), np.eye(arms)[[0] * cases]])
    number = st.lists(st.floats(-1e6, 1e6), min_size=cases, max_size=cases)
    drawn = {"y": number, "treatment": codes, "propensity": share, "policy": codes | share}
    drawn |= {"other_policy": codes | share, "predicted": st.just(np.zeros((cases, arms)))}
    drawn |= {"patient": st.none() | codes, "weights": st.none() | codes, "level": st.just(0.9)}
    of = data.draw(st.sampled_from(MEASURES))
    given_to = {name: data.draw(drawn[name]) for name in inspect.signature(of).parameters}
    if data.draw(st.booleans()):
        given_to[data.draw(st.sampled_from(sorted(set(given_to) - {"level"})))] = data.draw(odd)
    try:
        estimate = of(**given_to)
    except DataError as error:
        assert len(str(error)) > 15 and "\n" not in str(error)
        return
    assert (
        np.isfinite([estimate.low, estimate.high]).all() and estimate.low <= estimate.value <= estimate.high
    )
