import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from medlearn import evaluation
from medlearn.errors import DataError


def test_ppv_falls_with_the_prevalence_as_bayes_says():
    ppv, npv = evaluation.predictive_values(sensitivity=0.8, specificity=0.9, prevalence=0.5)
    assert (ppv, npv) == pytest.approx((0.8 / 0.9, 0.9 / 1.1))
    assert evaluation.predictive_values(sensitivity=0.8, specificity=0.9, prevalence=0.0)[0] == 0


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=2, max_size=30),
    st.integers(0, 9),
    st.integers(1, 9),
)
def test_no_threshold_costs_less_than_the_one_chosen(pairs, miss, false_alarm):
    y_true, y_score = np.array(pairs, float).T
    assume(0 < y_true.mean() < 1)

    def cost(threshold):
        called = y_score >= threshold
        return miss * (y_true * ~called).sum() + false_alarm * ((1 - y_true) * called).sum()

    chosen = evaluation.threshold_by_cost(y_true, y_score, miss=miss, false_alarm=false_alarm)
    assert cost(chosen) == min(cost(at) for at in np.arange(-0.5, 8))


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=2, max_size=30), st.floats(0.01, 1))
def test_the_threshold_finds_its_share_and_the_next_higher_does_not(pairs, share):
    y_true, y_score = np.array(pairs, float).T
    assume(0 < y_true.mean() < 1)
    chosen = evaluation.threshold_by_sensitivity(y_true, y_score, at_least=share)
    assert (y_score >= chosen)[y_true == 1].mean() >= share - 1e-9
    higher = y_score[y_score > chosen]
    assert not len(higher) or (y_score >= higher.min())[y_true == 1].mean() < share


def test_acting_on_all_is_the_net_benefit_of_a_score_of_one():
    y_true = np.random.default_rng(0).integers(2, size=200)
    curve = evaluation.decision_curve(y_true, np.ones(200), thresholds=[0.1, 0.4])
    assert [e.value for e in curve.benefit] == pytest.approx(curve.act_on_all)


def test_a_difference_in_net_benefit_is_that_of_the_two_and_its_interval_is_paired():
    rng = np.random.default_rng(1)
    y_true, y_score = (rng.random(400) < 0.2).astype(int), rng.random(400)
    other = np.clip(y_score + rng.normal(0, 0.05, 400), 0, 1)
    one, two = (evaluation.net_benefit(y_true, score, 0.3) for score in (y_score, other))
    apart = evaluation.net_benefit_difference(y_true, y_score, other, 0.3)
    assert apart.value == pytest.approx(one.value - two.value)
    assert apart.high - apart.low < 0.7 * np.hypot(one.high - one.low, two.high - two.low)
    nobody = evaluation.net_benefit_difference(y_true, y_score, np.zeros(400), 0.3)
    assert (nobody.value, nobody.low, nobody.high) == pytest.approx((one.value, one.low, one.high))


def test_intervals_of_a_difference_in_net_benefit_cover_by_patient():
    rng, truth, held = np.random.default_rng(2), 0.8 * 0.25 * 2 / 7, []  # 2/7 of the survivors are spared
    for _ in range(200):
        y_true = (rng.random(150) < 0.2).astype(int)
        y_score = 0.3 * y_true + 0.7 * rng.random(150)
        twice = [np.repeat(array, 2) for array in (y_true, y_score, np.arange(150))]
        more = evaluation.net_benefit_difference(*twice[:2], np.ones(300), 0.2, patient=twice[2])
        held.append(truth in more)
    assert 0.9 < np.mean(held) < 0.99


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.threshold_by_cost([0, 1], [0, 1], miss=-1, false_alarm=1), "costs"),
        (lambda: evaluation.threshold_by_cost([0, 1], [0, 1], miss=np.nan, false_alarm=1), "costs"),
        (lambda: evaluation.threshold_by_cost([1, 1], [0, 1], miss=1, false_alarm=1), "both classes"),
        (lambda: evaluation.threshold_by_sensitivity([0, 1], [0, 1], at_least=90), "at most 1, not 90"),
        (lambda: evaluation.net_benefit([0, 1], [0, 1], 1.0), "between 0 and 1"),
        (lambda: evaluation.net_benefit([0, 1], [0, 3], 0.5), "outside 0 to 1"),
        (lambda: evaluation.net_benefit_difference([0, 1], [0, 1], [0, 3], 0.5), "outside 0 to 1"),
        (lambda: evaluation.net_benefit_difference([0, 1], [0, 1], [1], 0.5), "has 1"),
        (lambda: evaluation.decision_curve([0, 1], [0, 1], thresholds=[]), "thresholds is empty"),
        (lambda: evaluation.decision_curve([0, 1], [0, 1], thresholds=[20]), "between 0 and 1, not at 20"),
        (
            lambda: evaluation.predictive_values(sensitivity=90, specificity=1, prevalence=1),
            "sensitivity must",
        ),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()
