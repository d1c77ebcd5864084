import sys
from types import SimpleNamespace

import numpy as np
import pytest

from medlearn import evaluation
from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.report import MEASURES

SIMULATED = SimpleNamespace(
    simulated=True, classes=("lived", "died"), describe=lambda: "stays: 200 simulated stays"
)
REAL = SimpleNamespace(simulated=False, classes=("lived", "died"), describe=lambda: "stays: 200 real stays")


def risks(rng, cases=200):
    y_score = rng.random(cases)
    return (rng.random(cases) < y_score).astype(int), y_score


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


def test_documents_are_markdown_for_a_notebook_and_for_a_terminal():
    y_true, y_score = risks(np.random.default_rng(3))
    paper = evaluation.report(y_true, y_score, threshold=0.5, data=SIMULATED, model="net")
    card = evaluation.model_card(paper, {"not for": "Children & others."})
    assert card._repr_markdown_() == repr(card) == card
    blocks = card.split("\n\n")
    assert blocks[0] == "# Model card: net" and "**Not for.** Children & others." in blocks
    (table,) = (block.split("\n") for block in blocks if block.startswith("|"))
    assert table[1] == "| --- | --- |" and f"| AUROC | {paper.measures['AUROC']} |" in table
    assert all(row.count("|") == 3 for row in table)


def test_measures_stand_under_their_labels_in_the_order_of_the_report():
    paper = evaluation.report(*risks(np.random.default_rng(3)), threshold=0.5)
    assert list(paper.measures) == [measure.label for measure in MEASURES]


def test_one_class_leaves_out_comparisons_and_groups_and_says_why():
    paper = evaluation.report(
        [0] * 30, np.linspace(0, 1, 30), threshold=0.5, others={"x": [1] * 30}, groups={"g": [1] * 30}
    )
    assert paper.groups is None and not paper.differences
    assert "both classes" in paper.undefined["AUROC less that of x"]
    assert repr(paper).count("not defined: ") == len(paper.undefined)


def test_only_what_is_undefined_is_left_out(monkeypatch):
    """An error of another kind is a wrong call, and comes through."""
    y_true, y_score = risks(np.random.default_rng(3))

    def strange(*arrays, **more):
        raise kind("why")

    strange.label, strange.of = "strange", "scores"
    monkeypatch.setattr(sys.modules["medlearn.evaluation.report"], "MEASURES", (strange,))
    kind = UndefinedMeasure
    assert evaluation.report(y_true, y_score, threshold=0.5).undefined == {"strange": "why"}
    kind = DataError
    with pytest.raises(DataError, match="why"):
        evaluation.report(y_true, y_score, threshold=0.5)


def report(**changes):
    y_true, y_score = risks(np.random.default_rng(3))
    return evaluation.report(**{"y_true": y_true, "y_score": y_score, "threshold": 0.5} | changes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: report(patient=np.arange(199)), "there are 200 cases but 199 patient numbers"),
        (lambda: report(patient=[None] * 200), "patient is missing for 200 of 200 cases"),
        (lambda: report(threshold=np.nan), "threshold must be a score"),
        (lambda: report(others={"a": [1]}), r"y_true has 200 cases, but others\['a'\] has 1"),
        (lambda: report(groups={"sex": [1]}), r"groups\['sex'\] has 1 values for 200 cases"),
        (lambda: report(y_true=np.full(200, 2)), "y_true must be 0 or 1"),
        (lambda: evaluation.tripod(report(), {"28": ""}), "no item '28'"),
        (lambda: evaluation.model_card(report(), {"price": ""}), "no item 'price'"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()
