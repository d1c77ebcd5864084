"""The simulated tables for treatment: what is true in them, and that they are like the published ones."""

import csv
import doctest

import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.files import MARK
from medlearn.data.tables import simulate
from medlearn.data.tables.simulate import draw_prescribing, write_catheter, write_prescribing, write_trial


def test_examples():
    assert doctest.testmod(simulate).failed == 0


@pytest.fixture(scope="module")
def worlds():
    return {hidden: draw_prescribing(60_000, hidden=hidden) for hidden in (False, True)}


def value(drawn, treated):
    return np.where(treated, drawn["bad_if_treated"], drawn["bad_if_not"]).mean()


def adjusted(drawn):
    """The mean effect, each patient weighed by the odds of the arm given all columns."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression())
    p = model.fit(drawn["x"], drawn["treatment"]).predict_proba(drawn["x"])
    weight = 1 / p[np.arange(len(p)), drawn["treatment"]]
    return np.subtract(*(np.average(drawn["y"][a], weights=weight[a]) for a in arms(drawn)))


def arms(drawn):
    return drawn["treatment"] == 1, drawn["treatment"] == 0


def test_what_each_policy_would_bring(worlds):
    """Doctors .260, for all .247, for none .287, oracle .200."""
    drawn = worlds[False]
    for treated, wanted in (
        (drawn["treatment"], 0.260),
        (True, 0.247),
        (False, 0.287),
        (drawn["kidney"] >= simulate.BAD_KIDNEY, 0.200),
    ):
        assert value(drawn, treated) == pytest.approx(wanted, abs=0.01)
    assert value(drawn, drawn["kidney"] >= simulate.BAD_KIDNEY) == pytest.approx(
        np.minimum(drawn["bad_if_treated"], drawn["bad_if_not"]).mean()
    )


def test_the_drug_looks_harmful_and_helps(worlds):
    drawn = worlds[False]
    naive = np.subtract(*(drawn["y"][arm].mean() for arm in arms(drawn)))
    effect = value(drawn, True) - value(drawn, False)
    assert 0.11 < naive < 0.14 and -0.05 < effect < -0.03
    assert adjusted(drawn) == pytest.approx(effect, abs=0.015)


def test_with_a_hidden_cause_adjusting_is_not_enough(worlds):
    drawn = worlds[True]
    assert value(drawn, True) - value(drawn, False) < -0.03
    assert adjusted(drawn) > 0.05


def test_outcomes_and_arms_are_drawn_from_what_is_told(worlds):
    for drawn in worlds.values():
        risk = np.where(drawn["treatment"], drawn["bad_if_treated"], drawn["bad_if_not"])
        assert drawn["y"].mean() == pytest.approx(risk.mean(), abs=0.006)
        assert drawn["treatment"].mean() == pytest.approx(drawn["propensity"].mean(), abs=0.006)


def test_the_columns_are_ones_a_clinician_believes(worlds):
    x = dict(zip(simulate.COLUMNS, worlds[False]["x"].T, strict=True))
    for name, low, high in (
        ("age", 18, 99),
        ("heart_rate", 15, 170),
        ("systolic_pressure", 30, 220),
        ("respiratory_rate", 2, 42),
        ("bicarbonate", 6, 42),
        ("albumin", 8, 64),
        ("creatinine", 10, 1000),
        ("urea", 0.5, 80),
    ):
        assert low <= np.quantile(x[name], 1e-4) and np.quantile(x[name], 1 - 1e-4) <= high, name
    assert np.mean((x["creatinine"] > 60) & (x["creatinine"] < 160)) > 0.6


def test_the_files_are_the_same_for_a_seed_and_say_that_they_are_simulated(tmp_path, monkeypatch):
    monkeypatch.setattr(simulate, "PATIENTS", dict.fromkeys(simulate.PATIENTS, 300))
    for write, name in (
        (write_prescribing, "prescribing.csv"),
        (write_trial, "IST_corrected.csv"),
        (write_catheter, "rhc.csv"),
    ):
        content = []
        for seed in (0, 0, 1):
            write(tmp_path, seed=seed)
            content.append((tmp_path / name).read_bytes())
        assert content[0] == content[1] != content[2]
        with (tmp_path / name).open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert len(rows) == 300 and {row[MARK] for row in rows} == {"1"}


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    """The three as `load` gives them, by name."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MEDLEARN_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield {name: load(name) for name in ("prescribing", "trial", "catheter")}
    patch.undo()


def whole(data):
    splits = data.splits.values()
    arm = np.concatenate([split.about["treatment"] for split in splits])
    x, y = (np.concatenate([getattr(split, name) for split in splits]) for name in ("x", "y"))
    return x, y, arm


def test_prescribing_is_made_in_every_mode(stand_ins, monkeypatch, tmp_path, capsys):
    data = stand_ins["prescribing"]
    assert [len(split) for split in data.splits.values()] == [4800, 1200, 4000]
    assert data.simulated and data.columns == simulate.COLUMNS and data.classes == ("no drug", "drug")
    truth = {"treatment", "bad_if_treated", "bad_if_not", "kidney", "severity", "propensity"}
    assert set(data.test.about) == truth and data.test.about["kidney"].dtype == float
    monkeypatch.setattr(simulate, "PATIENTS", {"prescribing": 600})
    monkeypatch.setattr(simulate, "VERSION", -1)
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path))
    full = load("prescribing", size="full", hidden="yes")
    assert full.simulated and len(full.train) == 288
    assert capsys.readouterr().out.endswith("seed 0, hidden by yes\n")


def test_the_trials_aspirin_helps_the_alert_alone(stand_ins):
    data = stand_ins["trial"]
    x, y, arm = whole(data)
    alert = x[:, data.columns.index("RCONSC=F")] == 1
    effect = {
        who: y[who_ & (arm == 1)].mean() - y[who_ & (arm == 0)].mean()
        for who, who_ in (("alert", alert), ("not", ~alert), ("all", alert | ~alert))
    }
    assert effect["alert"] == pytest.approx(-0.08, abs=0.04)
    assert effect["not"] == pytest.approx(0.03, abs=0.06)
    assert effect["all"] == pytest.approx(-0.055, abs=0.03)
    assert y.mean() == pytest.approx(0.62, abs=0.03)


def test_the_catheter_looks_harmful_whatever_is_adjusted_for(stand_ins):
    x, y, arm = whole(stand_ins["catheter"])
    naive = y[arm == 1].mean() - y[arm == 0].mean()
    drawn = {"x": np.nan_to_num(x), "y": y, "treatment": arm}
    assert 0.06 < naive < 0.14 and 0.02 < adjusted(drawn) < naive


@pytest.mark.parametrize(
    ("name", "file"), [("trial", "ist_stroke_trial/IST_corrected.csv.gz"), ("catheter", "rhc/rhc.csv")]
)
def test_the_stand_ins_are_like_the_published_tables(stand_ins, real_data, name, file):
    """Each column's mean within a third of its spread, and as much of it missing."""
    made, real = stand_ins[name], load(name, file=real_data / file)
    x, real_x = whole(made)[0], whole(real)[0]
    assert set(made.columns) <= set(real.columns) and len(made.columns) > 0.95 * len(real.columns)
    for column, values in zip(made.columns, x.T, strict=True):
        theirs = real_x[:, real.columns.index(column)]
        assert abs(np.nanmean(values) - np.nanmean(theirs)) < np.nanstd(theirs) / 3, column
        assert np.isnan(values).mean() == pytest.approx(np.isnan(theirs).mean(), abs=0.03), column
    heads = {}
    for which, dataset in (("made", made), ("real", real)):
        heads[which] = (whole(dataset)[1].mean(), whole(dataset)[2].mean())
    assert np.allclose(heads["made"], heads["real"], atol=0.03)
