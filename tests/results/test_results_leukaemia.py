"""The leukaemia recipe: its table, that all is chosen on the first series, and what it refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest

from medlearn.data import load
from medlearn.errors import DataError
from medlearn.evaluation import auroc
from medlearn.results import leukaemia, main
from medlearn.results.leukaemia import ALL, BASELINES, MAJORITY
from medlearn.results.table import OURS, TOGETHER


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Few folds and candidates, and the stand-in."""
    monkeypatch.setenv("MEDLEARN_DATA", "small")
    for name, value in {"REPEATS": 1, "GENES": (5, 50), "PENALTIES": (0.1, 1.0), "SHUFFLES": 3}.items():
        monkeypatch.setattr(leukaemia, name, value)


@pytest.fixture(scope="module")
def data():
    return load("leukaemia", size="small")


def drawn(seed=0, patients=38, genes=80, planted=10, shift=2.0):
    rng = np.random.default_rng(seed)
    y = (np.arange(patients) % 3 == 0).astype(int)
    x = rng.normal(9, 1, (patients, genes))
    x[:, :planted] += shift * y[:, None]
    return x, y


def test_each_row_has_its_measures(tmp_path, capsys):
    out = tmp_path / "out.json"
    main(["leukaemia", "--seeds", "2", "--json", str(out)])
    printed, written = capsys.readouterr().out, json.loads(out.read_text())
    assert list(written["ours"]) == ["right", "auroc"] and list(written["together"]) == ["right", "auroc"]
    assert list(written["baselines"]) == [*BASELINES, MAJORITY]
    assert written["labels"]["right"] == "right of 34"
    assert written["baselines"][MAJORITY]["right"]["mean"] == 20
    assert written["ours"]["right"]["mean"] > 29 and written["ours"]["auroc"]["mean"] > 0.95
    together = written["together"]["right"]
    assert 20 < together["low"] < together["mean"] < together["high"] + 1e-9 < 34.1
    for said in (
        "simulated",
        "Chosen, a seed:",
        "chosen inside.",
        "Which series a patient is of",
        "38 patients",
    ):
        assert said in printed


def test_the_second_series_never_chooses(data, monkeypatch):
    """With the test patients and labels torn up, ours is chosen as before."""
    rng = np.random.default_rng(0)
    torn = replace(
        data, test=replace(data.test, y=rng.permutation(data.test.y), x=rng.permutation(data.test.x))
    )
    chosen = []
    for one in (data, torn):
        monkeypatch.setattr(leukaemia, "load_data", lambda *_, one=one, **__: one)
        decide = leukaemia.decide

        def spy(x, y, asked, *given, decide=decide, **rest):
            chosen.append((x.tobytes(), y.tobytes(), given, tuple(rest.items())))
            return decide(x, y, asked, *given, **rest)

        with monkeypatch.context() as patch:
            patch.setattr(leukaemia, "decide", spy)
            leukaemia.run("leukaemia", seeds=1)
    half = len(chosen) // 2
    assert half == 1 + len(BASELINES) and chosen[:half] == chosen[half:]


def test_what_differs_is_found_and_what_never_differs_says_nothing():
    x, y = drawn(shift=4.0)
    assert set(leukaemia.differing(x, y, 10)) == set(range(10))
    assert leukaemia.differing(x, y, ALL).tolist() == list(range(80))
    x[:, 20] = 5.0
    assert np.isfinite(leukaemia.score(x, y, x[:3], ALL, 1.0)).all()


def test_genes_and_scale_come_from_those_who_are_learnt_from(monkeypatch):
    x, y = drawn()
    seen = []
    differing = leukaemia.differing
    monkeypatch.setattr(
        leukaemia, "differing", lambda x, y, genes: seen.append(len(x)) or differing(x, y, genes)
    )
    scores = leukaemia.out_of_fold(x, y, 5, 1.0, seed=0)
    assert scores.shape == (1, 38) and auroc(y, scores[0]).value > 0.95
    assert len(seen) == leukaemia.FOLDS and set(seen) <= {29, 30, 31, 32}


def test_the_threshold_calls_as_many_as_have_the_disease():
    x, y = drawn()
    margin = leukaemia.decide(x, y, x + 3.0, 5, 1.0, seed=0)
    assert (margin > 0).all(), "another series that reads higher is called so"
    margin = leukaemia.decide(x, y, x, 5, 1.0, seed=0)
    assert abs((margin > 0).mean() - y.mean()) < 0.1


def test_shuffled_labels_are_found_only_by_choosing_outside():
    x, y = drawn(genes=1500, planted=0)
    told = leukaemia.fooled(x, y)
    outside, inside = (float(word) for word in told.replace(",", "").split() if word.startswith(("0.", "1.")))
    assert outside > 0.9 and inside < 0.7


def test_series_that_read_differently_are_told_apart():
    x, _ = drawn(patients=60, planted=0)
    alike = float(leukaemia.apart(x[:30], x[30:]).split("AUROC of ")[1].split()[0])
    moved = float(leukaemia.apart(x[:30], x[30:] + 2.0).split("AUROC of ")[1].split()[0])
    assert alike < 0.75 and moved > 0.95


def test_right_counts_patients():
    found = leukaemia.right(np.array([0, 0, 1, 1]), np.array([-1.0, 2.0, 0.5, 3.0]))
    assert found.value == 3 and 0 < found.low < 3 < found.high < 4


def test_too_few_patients_for_folds_are_refused(data, monkeypatch):
    few = replace(data, train=data.train.take(np.flatnonzero(data.train.y == 0)))
    few = replace(few, validation=data.validation.take(np.flatnonzero(data.validation.y == 1)))
    monkeypatch.setattr(leukaemia, "load_data", lambda *_, **__: few)
    with pytest.raises(DataError, match=r"patient\(s\) of the first series have 'AML', and 5 folds need 5"):
        leukaemia.run("leukaemia", seeds=1)


def test_ours_stands_first():
    table = leukaemia.run("leukaemia", seeds=1)
    assert list(table.rows)[:2] == [OURS, TOGETHER]
