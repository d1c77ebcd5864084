import numpy as np
import pytest

from medlearn import evaluation
from medlearn.errors import DataError

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 2, 200)
WHOSE = np.arange(200) // 2
SCORES = {"model": Y + RNG.normal(size=200), "coin": RNG.normal(size=200)}


def test_each_cell_is_what_the_measure_gives_by_patient():
    table = evaluation.compare(Y, SCORES, (evaluation.auroc, evaluation.auprc), patient=WHOSE)
    assert list(table.index) == ["model", "coin"] and list(table.columns) == ["AUROC", "AUPRC"]
    assert table.loc["coin", "AUROC"] == f"{evaluation.auroc(Y, SCORES['coin'], patient=WHOSE):.2f}"
    assert table.loc["model", "AUPRC"] == f"{evaluation.auprc(Y, SCORES['model'], patient=WHOSE):.2f}"


def test_a_model_may_have_decisions_alone():
    decisions = {"all": np.ones(200, int), "model": (SCORES["model"] > 0.5).astype(int)}
    measures = (evaluation.auroc, evaluation.ppv, evaluation.accuracy)
    table = evaluation.compare(Y, SCORES, measures, decisions=decisions, digits=3)
    assert list(table.index) == ["model", "coin", "all"]
    assert table.loc["all", "AUROC"] == table.loc["coin", "PPV"] == "–"
    assert table.loc["all", "accuracy"] == f"{evaluation.accuracy(Y, decisions['all']):.3f}"
    assert table.loc["all", "PPV"] == f"{evaluation.ppv(Y, decisions['all']):.3f}"


def test_the_baseline_is_taken_from_each_on_the_same_cases():
    table = evaluation.compare(Y, SCORES, against="coin", patient=WHOSE)
    difference = evaluation.auroc_difference(Y, SCORES["model"], SCORES["coin"], patient=WHOSE)
    assert list(table["AUROC, less coin"]) == [f"{difference:+.2f}", "–"]
    with pytest.raises(DataError, match="against='trees' is none of the models: they are 'model', 'coin'"):
        evaluation.compare(Y, SCORES, against="trees")
