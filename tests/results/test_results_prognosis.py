"""The expression recipe: its table, its Cox regression, who is learnt from, one's own table, refusals."""

import json
from collections import Counter

import numpy as np
import pytest

from medlearn.data import load
from medlearn.errors import DataError
from medlearn.evaluation.survival import c_index
from medlearn.results import main, prognosis
from medlearn.results.prognosis import BOTH, CLINICAL, FIFTY, GENES, INSIDE, LEAK, ONE, TEN, Cohort, Way
from medlearn.results.table import OURS


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Few folds, draws and penalties."""
    quick = {"FOLDS": 3, "INNER": 2, "REPEATS": 1, "DRAWS": 2, "PENALTIES": (0.6, 2.0), "WEIGHTS": (0.5,)}
    for name, value in quick.items():
        monkeypatch.setattr(prognosis, name, value)


def cohort(patients=90, genes=60, planted=10, *, clinical=2, strength=0.4, seed=0):
    """Patients whose first genes shorten the time, after clinical columns that do not."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(patients, clinical + genes))
    hazard = strength * x[:, clinical : clinical + planted].sum(1)
    event_at, left_at = rng.exponential(np.exp(-hazard)), rng.exponential(1.5, patients)
    is_clinical = np.arange(clinical + genes) < clinical
    return Cohort(x, np.minimum(event_at, left_at), event_at <= left_at, np.arange(patients), is_clinical)


def write(path, one):
    columns = {"years": one.time, "died": one.event.astype(int), "age": one.x[:, 0], "size": one.x[:, 1]}
    columns |= {f"g{number}": column for number, column in enumerate(one.x[:, 2:].T)}
    rows = [
        ",".join(columns),
        *(",".join(f"{cell:.4f}" for cell in row) for row in zip(*columns.values(), strict=True)),
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


# The table


def test_a_table_of_ones_own(tmp_path, capsys):
    path, out = write(tmp_path / "ward.csv", cohort(160, strength=0.8)), tmp_path / "out.json"
    own = ["--time", "years", "--event", "died", "--clinical", "age", "size"]
    main(["expression", "--file", path, "--seeds", "2", "--json", str(out), *own])
    printed, written = capsys.readouterr().out, json.loads(out.read_text())
    assert list(written["ours"]) == ["c_index"] and written["labels"] == {"c_index": "C-index"}
    rows = written["baselines"]
    assert list(rows) == [CLINICAL, BOTH, GENES, TEN, ONE, INSIDE, LEAK, FIFTY]
    assert written["ours"]["c_index"]["mean"] > 0.65 > 0.6 > rows[CLINICAL]["c_index"]["mean"]
    assert rows[LEAK]["c_index"]["mean"] > rows[INSIDE]["c_index"]["mean"]
    assert "own file" in printed and str(tmp_path) not in printed and "160 patients" in printed
    for said in (
        "4 draws of 50 random genes: C-index",
        "for other patients, a seed:",
        "Chosen, in so many folds",
    ):
        assert said in printed
    assert f"Less that of {CLINICAL}, on the same patients, a seed:" in printed


def test_without_clinical_columns_there_are_fewer_rows(tmp_path):
    path = write(tmp_path / "ward.csv", cohort(60))
    table = prognosis.run(
        "expression", file=path, seeds=1, time="years", event="died", leave_out=["age", "size"]
    )
    assert list(table.rows) == [OURS, GENES, TEN, ONE, INSIDE, LEAK, FIFTY]
    assert "0 clinical columns." in table.markdown() and "Less that of clinical" not in table.markdown()


def test_the_stand_in_is_what_is_taken_without_a_file(monkeypatch):
    monkeypatch.setenv("MEDLEARN_DATA", "small")
    one = Cohort.of(load("prognosis"))
    assert one.x.shape == (200, 610) and one.is_clinical.sum() == 10 and one.event.sum() == 60
    assert (np.diff(one.patient) > 0).all()


def test_too_few_events_for_folds_are_refused(tmp_path):
    one = cohort(40)
    path = write(tmp_path / "ward.csv", one._replace(event=np.arange(40) < 6))
    with pytest.raises(DataError, match=r"has 6 event\(s\), and 3 folds need 10 at least: add patients"):
        prognosis.run("expression", file=path, seeds=1, time="years", event="died")


# Cox regression


def likelihood(weights, x, time, event, penalty):
    """The penalised log partial likelihood, by a loop."""
    log_risk = x @ weights
    seen = [log_risk[k] - np.log(np.exp(log_risk[time >= time[k]]).sum()) for k in np.flatnonzero(event)]
    return sum(seen) - penalty / 2 * weights @ weights


@pytest.mark.parametrize(("patients", "genes"), [(60, 4), (25, 40)])
def test_the_weights_are_where_the_likelihood_is_highest(patients, genes):
    one = cohort(patients, genes, planted=3, clinical=0)
    time = np.ceil(one.time * 5)  # with ties
    x = one.x - one.x.mean(0)
    found = prognosis.cox(x, time, one.event, [3.0, 30.0])
    for weights, penalty in zip(found, [3.0, 30.0], strict=True):
        here = likelihood(weights, x, time, one.event, penalty)
        rng = np.random.default_rng(0)
        for size in (1e-2, 0.1):
            for _ in range(20):
                step = size * rng.normal(size=genes)
                assert likelihood(weights + step, x, time, one.event, penalty) < here
    assert np.linalg.norm(found[1]) < np.linalg.norm(found[0])


def test_penalties_keep_their_order_and_extreme_columns_do_no_harm():
    one = cohort(50, 20, clinical=0)
    up, down = (prognosis.cox(one.x, one.time, one.event, each) for each in ([1.0, 9.0], [9.0, 1.0]))
    np.testing.assert_allclose(up, down[::-1], atol=1e-3)
    assert np.isfinite(prognosis.cox(40 * one.x, one.time, one.event, [0.5])).all()


def test_genes_that_go_with_the_event_lead():
    one = cohort(300, 60, clinical=0)
    assert len(set(prognosis.leading(one.x, one.time, one.event)[:10]) & set(range(10))) >= 7
    x = one.x.copy()
    x[:, 0] = 1.0
    assert prognosis.leading(x, one.time, one.event)[-1] == 0


# Who is learnt from


def test_nobody_is_learnt_from_and_answered_also_where_a_way_is_chosen(monkeypatch):
    one, seen = cohort(60), []
    whose = {row.tobytes(): number for number, row in enumerate(one.x)}

    def penalised(way, learnt, asked):
        seen.append(({whose[row.tobytes()] for row in learnt.x}, {whose[row.tobytes()] for row in asked}))
        return np.tile(np.arange(float(len(asked))), (len(prognosis.PENALTIES), 1))

    monkeypatch.setattr(prognosis, "penalised", penalised)
    prognosis.risks(one, [Way("genes", np.arange(2, 62))], seed=0)
    assert len(seen) == 3 * (2 + 1) and not any(learnt & asked for learnt, asked in seen)
    for start in range(0, len(seen), 3):
        *inner, (learnt, asked) = seen[start : start + 3]
        assert all(known | other == learnt and not (known | other) & asked for known, other in inner)


def test_gaps_scale_genes_and_components_come_from_those_who_are_learnt_from():
    one = cohort(60)
    one.x[::7, 5] = np.nan
    learnt, asked = one.take(np.arange(40)), one.x[40:]
    for way in (
        Way("all", np.arange(62), 0.5),
        Way("some", np.arange(2, 62), chosen=4),
        Way("components", np.arange(2, 62), components=3),
    ):
        x, other = prognosis.prepare(way, learnt, asked)
        _, alone = prognosis.prepare(way, learnt, asked[:1])
        np.testing.assert_allclose(other[:1], alone, atol=1e-9)
        np.testing.assert_allclose(x.mean(0), 0, atol=1e-9)
        assert np.isfinite(other).all() and x.shape[1] == (way.chosen or way.components or 62)
    x, _ = prognosis.prepare(Way("all", np.arange(62), 0.5), learnt, asked)
    assert np.square(x[:, :2]).sum() == pytest.approx(0.5 * np.square(x[:, 2:]).sum())


def test_only_the_leak_looks_at_those_who_are_asked():
    one = cohort(60, genes=400, planted=0)
    ways = prognosis.systems(one)
    found = [prognosis.risks(one, ways[system], seed=0) for system in (LEAK, INSIDE)]
    looked, not_looked = (c_index(one.time, one.event, risk).value for risk in found)
    assert looked > 0.75 and not_looked < 0.65


def test_what_is_chosen_is_counted_and_random_genes_are_the_same_in_all_folds():
    one, chosen = cohort(90, strength=0.7), Counter()
    prognosis.risks(one, prognosis.systems(one)[OURS], seed=0, chosen=chosen)
    assert sum(chosen.values()) == 3 and "clinical columns" not in chosen
    draws = prognosis.random_genes(one, 0)
    assert len(draws) == 2 and draws[0].columns.tolist() != draws[1].columns.tolist()
    assert all(len(set(each.columns)) == 50 and each.columns.min() >= 2 for each in draws)
    assert prognosis.random_genes(one, 0)[1].columns.tolist() == draws[1].columns.tolist()
