from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from medlearn import evaluation
from medlearn.errors import DataError

SIMULATED = SimpleNamespace(
    simulated=True, classes=("lived", "died"), describe=lambda: "stays: 200 simulated stays"
)
REAL = SimpleNamespace(simulated=False, classes=("lived", "died"), describe=lambda: "stays: 200 real stays")


def risks(rng, cases=200):
    y_score = rng.random(cases)
    return (rng.random(cases) < y_score).astype(int), y_score


# Thresholds and utility.


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
    y_true, _ = risks(np.random.default_rng(0))
    curve = evaluation.decision_curve(y_true, np.ones(200), thresholds=[0.1, 0.4])
    assert [e.value for e in curve.benefit] == pytest.approx(curve.act_on_all)


# Subgroups.


def test_a_small_group_is_counted_but_not_measured():
    y_true, y_score = risks(np.random.default_rng(1))
    ward = np.where(np.arange(200) < 190, "large", None)
    rows = evaluation.subgroups(evaluation.auroc, y_true, y_score, {"ward": ward}).rows
    assert [(row.group, row.cases, row.estimate is None) for row in rows] == [
        ("large", 190, False),
        ("not known", 10, True),
    ]
    assert rows[0].estimate == evaluation.auroc(y_true[:190], y_score[:190])


def test_missing_numbers_are_a_group():
    y_true, y_score = risks(np.random.default_rng(1))
    sex = np.where(np.arange(200) < 100, 1.0, np.nan)
    rows = evaluation.subgroups(evaluation.auroc, y_true, y_score, {"sex": sex}).rows
    assert [row.group for row in rows] == ["1.0", "not known"]


# The report.


def test_report_is_the_single_measures():
    rng = np.random.default_rng(2)
    y_true, y_score = risks(rng)
    patient, coin = np.arange(200) // 2, rng.random(200)
    paper = evaluation.report(y_true, y_score, threshold=0.4, patient=patient, others={"coin": coin})
    assert paper.patients == 100 and not paper.undefined
    assert paper.measures["AUROC"] == evaluation.auroc(y_true, y_score, patient=patient)
    assert paper.measures["PPV"] == evaluation.ppv(y_true, y_score >= 0.4, patient=patient)
    assert paper.measures["Brier score"] == evaluation.brier(y_true, y_score, patient=patient)
    difference = evaluation.auroc_difference(y_true, y_score, coin, patient=patient)
    assert paper.differences["coin"] == difference and str(difference) in repr(paper)


def test_report_says_why_a_measure_has_no_value():
    one_class = evaluation.report([0, 0, 0], [0.1, 0.2, 0.9], threshold=0.5)
    assert "both classes" in one_class.undefined["AUROC"] and "specificity" in one_class.measures
    log_odds = evaluation.report([0, 1, 0, 1], [-3, 2, 1, 4], threshold=0)
    assert "outside 0 to 1" in log_odds.undefined["Brier score"] and "AUROC" in log_odds.measures
    assert "not defined: " in repr(log_odds)


def test_simulated_data_is_said_everywhere():
    y_true, y_score = risks(np.random.default_rng(3))
    paper = evaluation.report(y_true, y_score, threshold=0.5, data=SIMULATED)
    for text in (
        repr(paper),
        paper._repr_html_(),
        evaluation.tripod(paper, {}),
        evaluation.model_card(paper, {}),
    ):
        assert "SIMULATED" in text
    real = evaluation.report(y_true, y_score, threshold=0.5, data=REAL)
    assert "simulated" not in evaluation.tripod(real, {}).lower()


def test_documents_hold_the_figures_the_facts_and_what_is_open():
    y_true, y_score = risks(np.random.default_rng(3))
    paper = evaluation.report(y_true, y_score, threshold=0.5, data=REAL, model="net <1>")
    text = evaluation.tripod(paper, {"8": "Death in hospital."})
    assert str(paper.measures["AUROC"]) in text and "Outcome.** Death in hospital." in text
    assert "(21 of 27)" in text and "17: ethical approval and consent" in text
    assert "net &lt;1&gt;" in paper._repr_html_()
    card = evaluation.model_card(paper, {"not for": "Children."})
    assert "Children." in card and "200 real stays" in card


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.threshold_by_cost([0, 1], [0, 1], miss=-1, false_alarm=1), "costs"),
        (lambda: evaluation.threshold_by_cost([1, 1], [0, 1], miss=1, false_alarm=1), "both classes"),
        (lambda: evaluation.threshold_by_sensitivity([0, 1], [0, 1], at_least=90), "at most 1, not 90"),
        (lambda: evaluation.net_benefit([0, 1], [0, 1], 1.0), "between 0 and 1"),
        (
            lambda: evaluation.predictive_values(sensitivity=90, specificity=1, prevalence=1),
            "sensitivity must",
        ),
        (
            lambda: evaluation.subgroups(evaluation.auroc, [0, 1], [0, 1], {"sex": [1]}),
            "1 values for 2 cases",
        ),
        (
            lambda: evaluation.tripod(evaluation.report([0, 1], [0, 1], threshold=0.5), {"28": ""}),
            "no item '28'",
        ),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()
