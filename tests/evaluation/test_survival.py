"""The C-index: by a double loop, its interval, its weights, its difference, and what it refuses."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import survival
from medlearn.evaluation.survival import c_index, c_index_difference

PATIENTS = st.lists(
    st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=25
)


def test_examples():
    assert doctest.testmod(survival).failed == 0


def by_loops(time, event, risk, weights=None):
    """Right and comparable pairs, one after the other; NaN where there are none."""
    weights = np.ones(len(time)) if weights is None else weights
    right = pairs = 0.0
    for first in range(len(time)):
        for second in range(len(time)):
            longer = time[second] > time[first] or (time[second] == time[first] and not event[second])
            if event[first] and longer:
                count = weights[first] * weights[second]
                pairs += count
                right += count * ((risk[first] > risk[second]) + 0.5 * (risk[first] == risk[second]))
    return right / pairs if pairs else np.nan


def drawn(rng, patients=150, strength=0.8):
    """Times that a risk shortens, and who is censored before the event."""
    risk = rng.normal(size=patients)
    event_at, left_at = rng.exponential(np.exp(-strength * risk)), rng.exponential(1.5, patients)
    return np.minimum(event_at, left_at), event_at <= left_at, risk


# The value


@settings(max_examples=60)
@given(PATIENTS)
def test_it_is_that_of_a_double_loop_with_ties_and_weights(rows):
    time, event, risk, weights = map(np.array, zip(*rows, strict=True))
    expected = by_loops(time, event, risk, weights)
    if not weights.any():
        return
    if np.isnan(expected):
        with pytest.raises(UndefinedMeasure, match="no two patients can be compared"):
            c_index(time, event, risk, weights=weights)
        return
    found = c_index(time, event, risk, weights=weights)
    assert found.value == pytest.approx(expected, abs=1e-12) and 0 <= found.low <= found.high <= 1
    again = np.repeat(np.arange(len(time)), weights)
    assert by_loops(time[again], event[again], risk[again]) == pytest.approx(expected, abs=1e-12)


def test_five_patients_by_hand():
    """Eight pairs can be compared: the first with four, the second with three, the fourth with one."""
    time, event, risk = [2, 4, 5, 7, 9], [1, 1, 0, 1, 0], [0.9, 0.3, 0.4, 0.5, 0.1]
    assert c_index(time, event, risk).value == (4 + 1 + 1) / 8
    assert c_index(time, event, [0.9, 0.3, 0.3, 0.5, 0.1]).value == (4 + 1.5 + 1) / 8


def test_blocks_of_pairs_change_nothing(monkeypatch):
    time, event, risk = drawn(np.random.default_rng(0))
    whole = c_index(time, event, risk)
    monkeypatch.setattr(survival, "BLOCK", 400)
    assert (c_index(time, event, risk).low, c_index(time, event, risk).high) == pytest.approx(
        (whole.low, whole.high)
    )


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_order_units_and_scale_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    time, event, risk = drawn(rng, 40)
    event[np.argmin(time)] = True
    order = rng.permutation(40)
    one, other = c_index(time, event, risk), c_index(12 * time[order], event[order], np.exp(risk[order]))
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-12)
    assert c_index(time, event, -risk).value == pytest.approx(1 - one.value, abs=1e-12)


def test_without_censoring_it_orders_times_and_never_events_alone():
    time = np.arange(1.0, 11)
    assert c_index(time, np.ones(10), -time).value == 1
    assert c_index(time, np.ones(10), time).value == 0
    assert c_index(time, np.ones(10), np.zeros(10)).value == 0.5


def test_it_is_the_auroc_where_all_events_come_before_all_censoring():
    from medlearn.evaluation import auroc

    rng = np.random.default_rng(1)
    event = rng.random(200) < 0.3
    risk = event + rng.normal(size=200)
    found = c_index(np.where(event, 1.0, 5.0), event, risk)
    area = auroc(event.astype(int), risk)
    assert found.value == pytest.approx(area.value, abs=1e-12)
    assert found.high - found.low == pytest.approx(area.high - area.low, rel=0.06)


# The interval


def test_influences_are_what_leaving_a_case_out_does():
    time, event, risk = drawn(np.random.default_rng(2), 80)
    value, influence, _ = survival._c_index((time, event), risk, np.ones(80), None)
    without = [c_index(*(np.delete(each, k) for each in (time, event, risk))).value for k in range(80)]
    assert np.corrcoef(value - np.array(without), influence)[0, 1] > 0.999
    jackknife = 79 / 80 * np.square(np.array(without) - np.mean(without)).sum()
    assert influence @ influence == pytest.approx(jackknife, rel=0.08)
    assert abs(influence.sum()) < 1e-12


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_intervals_cover_the_truth_about_as_often_as_they_say(strength):
    truth = c_index(*drawn(np.random.default_rng(10), 6000, strength)).value
    held = [truth in c_index(*drawn(np.random.default_rng(20 + k), 100, strength)) for k in range(400)]
    assert 0.92 < np.mean(held) < 0.98


def test_copies_of_a_patient_make_no_interval_narrower():
    time, event, risk = drawn(np.random.default_rng(3), 60)
    whose = np.arange(60)
    once = c_index(time, event, risk, patient=whose)
    given = (np.tile(each, 3) for each in (time, event, risk))
    thrice = c_index(*given, patient=np.tile(whose, 3))
    alone = c_index(*(np.tile(each, 3) for each in (time, event, risk)))
    assert thrice.high - thrice.low == pytest.approx(once.high - once.low, rel=0.02)
    assert thrice.method.endswith("by patient")
    assert alone.high - alone.low < 0.7 * (thrice.high - thrice.low)


def test_a_perfect_order_is_not_perfectly_sure_and_equal_risks_are():
    time = np.arange(1.0, 13)
    perfect = c_index(time, np.ones(12), -time)
    assert (perfect.value, perfect.high) == (1, 1) and 0.6 < perfect.low < 0.9
    same = c_index(time, np.ones(12), np.ones(12))
    assert (same.value, same.low, same.high) == (0.5, 0.5, 0.5)
    one = c_index(time, np.ones(12), -time, patient=np.zeros(12))
    assert (one.low, one.high) == (0, 1)


# The difference


def test_the_difference_is_paired():
    rng = np.random.default_rng(4)
    time, event, risk = drawn(rng, 300, 1.2)
    worse = risk + rng.normal(0, 0.7, 300)
    gap = c_index_difference(time, event, risk, worse)
    one, two = c_index(time, event, risk), c_index(time, event, worse)
    assert gap.value == pytest.approx(one.value - two.value, abs=1e-12) and gap.clears(0)
    assert gap.high - gap.low < 0.8 * ((one.high - one.low) ** 2 + (two.high - two.low) ** 2) ** 0.5
    same = c_index_difference(time, event, risk, 2 * risk)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    by_patient = c_index_difference(time, event, risk, worse, patient=np.arange(300) // 2)
    assert by_patient.value == gap.value and by_patient.method.endswith("by patient")


# What it refuses


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (([1, -2, 3], [1, 0, 1], [1, 2, 3]), "time must be 0 or more, but holds -2"),
        (([1, 2, 3], [1, 2, 0], [1, 2, 3]), "event must be 0 or 1, 1 where it was seen, but holds 2"),
        (([1, 2, 3], [1, 0], [1, 2, 3]), "there are: time 3, event 2, risk 3"),
        (([1, 2, np.nan], [1, 0, 1], [1, 2, 3]), "time are not finite"),
        (([1, 2, 3], [1, 0, 1], [1, np.inf, 3]), "risk are not finite"),
        (([1, 2, 3], [0, 0, 0], [1, 2, 3]), "C-index is undefined: no two patients can be compared"),
        (([], [], []), "time is empty"),
    ],
)
def test_bad_input_gets_one_sentence(given, complaint):
    with pytest.raises(DataError, match=complaint):
        c_index(*given)


def test_a_comparison_needs_two_events():
    with pytest.raises(UndefinedMeasure, match="at least two patients with an event"):
        c_index_difference([1, 2, 3], [1, 0, 0], [3, 2, 1], [1, 2, 3])
    with pytest.raises(DataError, match="other_risk are not finite"):
        c_index_difference([1, 2], [1, 1], [1, 2], [1, np.nan])
