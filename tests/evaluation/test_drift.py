"""PSI by hand; the limit of a chart against published run lengths and a simulation; what is refused."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.drift import cusum, psi

SOME = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
NORMAL = np.array([NormalDist().inv_cdf((k + 0.5) / 20_000) for k in range(20_000)])


def by_loop(values, shift):
    rises, falls, up, down = [], [], 0.0, 0.0
    for value in values:
        up, down = max(0.0, up + value - shift / 2), max(0.0, down - value - shift / 2)
        rises.append(up)
        falls.append(down)
    return rises, falls


# PSI


def test_psi_by_hand():
    before, now = np.array([60.5, 40.5]) / 101, np.array([30.5, 70.5]) / 101
    wanted = sum((n - b) * np.log(n / b) for b, n in zip(before, now, strict=True))
    assert psi(["A"] * 60 + ["B"] * 40, ["A"] * 30 + ["B"] * 70) == pytest.approx(wanted)
    numbers = psi([0] * 60 + [1] * 40, [0] * 30 + [1] * 70, bins=2)
    assert numbers == pytest.approx(wanted)


def test_bins_hold_as_many_of_the_reference_each():
    current = np.concatenate([np.full(70, 0.5), np.full(30, 99.0)])
    shares = np.array([70.5, 0.5, 0.5, 30.5]) / 102
    wanted = ((shares - 0.25) * np.log(shares / 0.25)).sum()
    assert psi(np.arange(1000) / 10, current, bins=4) == pytest.approx(wanted, rel=1e-6)


def test_an_empty_bin_and_a_new_name_divide_by_nothing():
    assert 1 < psi(range(100), [1000] * 100) < 10
    assert 1 < psi(["old"] * 50, ["new"] * 50) < 10


def test_alike_is_nothing_and_a_shift_is_more_the_farther_it_goes():
    assert psi(NORMAL, NORMAL) == 0
    found = [psi(NORMAL, NORMAL + by) for by in (0.1, 0.5, 1.0)]
    assert 0 < found[0] < 0.02 and found == sorted(found)
    assert found[2] == pytest.approx(1.0, abs=0.1)  # without bins it would be the square of the shift


# The chart


def test_sums_are_those_of_a_loop():
    values = np.random.default_rng(1).normal(0.2, 1, 300)
    chart = cusum(NORMAL, values, shift=0.8)
    rises, falls = by_loop((values - NORMAL.mean()) / NORMAL.std(), 0.8)
    np.testing.assert_allclose(chart.rises, rises, atol=1e-9)
    np.testing.assert_allclose(chart.falls, falls, atol=1e-9)


@pytest.mark.parametrize(("every", "limit"), [(168, 4), (465, 5)])
def test_limits_of_normal_values_are_those_of_the_textbook(every, limit):
    """Montgomery, Introduction to Statistical Quality Control: a shift of 1 sd, both sides watched."""
    assert cusum(NORMAL, [0], shift=1, every=every).limit == pytest.approx(limit, abs=0.05)


@pytest.mark.parametrize("kind", ["skewed", "two heaps"])
def test_false_alarms_come_as_often_as_announced_whatever_the_distribution(kind):
    rng = np.random.default_rng(7)
    reference = rng.exponential(1, 4000) if kind == "skewed" else rng.beta(0.3, 0.6, 4000)
    every, runs, steps = 200, 400, 4000
    limit = cusum(reference, [reference.mean()], every=every).limit
    usual = (reference - reference.mean()) / reference.std()
    drawn = rng.choice(usual, (runs, steps))
    up, down, first = np.zeros(runs), np.zeros(runs), np.full(runs, steps)
    for step in range(steps):
        up = np.maximum(0, up + drawn[:, step] - 0.5)
        down = np.maximum(0, down - drawn[:, step] - 0.5)
        alarm = (np.maximum(up, down) > limit) & (first == steps)
        first[alarm] = step + 1
    assert (first < steps).all()
    assert first.mean() == pytest.approx(every, rel=0.2)  # four standard errors


def test_a_normal_limit_would_give_other_rates_for_skewed_values():
    skewed = -np.log((np.arange(4000) + 0.5) / 4000)
    assert cusum(skewed, [1], every=465).limit > 1.15 * cusum(NORMAL, [0], every=465).limit


def test_a_change_gives_an_alarm_soon_after_it_and_on_its_side():
    values = np.random.default_rng(3).normal(0, 1, 200)
    values[120:] -= 1.5
    chart = cusum(NORMAL, values, shift=1, every=2000)
    assert 120 < chart.alarm < 135
    assert chart.falls[chart.alarm] > chart.limit > chart.rises.max()


def test_no_alarm_is_none():
    assert cusum(NORMAL, np.zeros(50)).alarm is None


def test_rarer_false_alarms_need_a_higher_limit():
    limits = [cusum(NORMAL, [0], every=every).limit for every in (50, 500, 5000)]
    assert limits == sorted(limits) and limits[2] > limits[0] + 2


def test_the_unit_does_not_matter():
    values = np.random.default_rng(5).normal(0, 1, 60)
    one, other = cusum(NORMAL, values), cusum(40 + 7 * NORMAL, 40 + 7 * values)
    assert one.limit == pytest.approx(other.limit, abs=0.02)
    np.testing.assert_allclose(one.rises, other.rises, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: psi(range(5), range(50)), "reference has 5 values, too few to compare with"),
        (lambda: psi(range(50), []), "current"),
        (lambda: psi(range(50), [1, float("nan")]), "current"),
        (lambda: psi([float("inf")] * 50, [1]), "reference"),
        (lambda: psi(["a"] * 50, range(50)), "reference"),
        (lambda: psi(range(50), range(50), bins=1), "2 to 50 bins, not 1"),
        (lambda: cusum(range(19), [1]), "reference has 19 values"),
        (lambda: cusum(range(50), [1, float("nan")]), "values"),
        (lambda: cusum(range(50), [1], shift=0), "needs a shift of 0.2 to 5.0 sd"),
        (lambda: cusum(range(50), [1], every=1), "every 20 to 1,000,000 values, not 1.0 and 1"),
    ],
)
def test_what_is_wrong_is_one_sentence(call, said):
    with pytest.raises(DataError, match=said) as error:
        call()
    assert "\n" not in str(error.value)


def test_what_never_varies_has_no_chart():
    with pytest.raises(UndefinedMeasure, match="all values of reference are the same"):
        cusum([0.1] * 50, [0.1])


@settings(max_examples=25, deadline=None)
@given(st.lists(SOME, min_size=20, max_size=40), st.lists(SOME, min_size=1))
def test_any_finite_values_give_a_chart_or_a_sentence(reference, values):
    assert psi(reference, values) >= 0
    try:
        chart = cusum(reference, values, every=100)
    except UndefinedMeasure:
        return
    assert chart.limit > 0 and (chart.rises >= 0).all() and (chart.falls >= 0).all()
    assert len(chart.rises) == len(chart.falls) == len(values)
