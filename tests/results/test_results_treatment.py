"""The treatment recipe, short: encounters beside the copy, rules valued in trials, and what it refuses."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from medlearn import cli
from medlearn.data import load
from medlearn.data.records import simulate_encounters
from medlearn.data.tables import simulate
from medlearn.errors import DataError
from medlearn.evaluation import Estimate, policies
from medlearn.evaluation.sets import jaccard
from medlearn.results import main, treatment
from medlearn.results.table import OURS
from medlearn.results.treatment import COPY, GIVEN, IMITATION, REGRESSION, USUAL

MEASURES = ["jaccard", "prauc", "jaccard_changed", "prauc_changed", "f1", "difference"]
WORTH = ["value", "robust", "effective_n", "gain"]
IST = {"treatment": "RXASP", "outcome": "OCCODE"}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Short trainings of small nets, on few simulated people."""
    for name, value in {"EPOCHS": 1, "HIDDEN": 4, "TRIAL_EPOCHS": 1, "FOLDS": 2, "NETS": 2}.items():
        monkeypatch.setattr(treatment, name, value)
    monkeypatch.setattr(simulate_encounters, "PATIENTS", 300)
    for name in ("trial", "catheter"):
        monkeypatch.setitem(simulate.PATIENTS, name, 400)


@pytest.fixture
def encounters(tmp_path):
    return str(simulate_encounters.write_encounters(tmp_path))


@pytest.fixture
def trial(tmp_path):
    simulate.write_trial(tmp_path)
    return str(tmp_path / "IST_corrected.csv")


def write(path, columns):
    rows = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


# Encounters


def test_each_row_has_its_measures_and_the_copy_differs_by_nothing(encounters):
    table = treatment.run("treatment", file=encounters, seeds=2)
    assert list(table.rows) == [OURS, COPY, USUAL, REGRESSION]
    for row in table.rows.values():
        assert list(row) == MEASURES and all(len(values) == 2 for values in row.values())
    assert table.rows[COPY]["difference"] == [0, 0]
    assert np.mean(table.rows[COPY]["jaccard"]) > np.mean(table.rows[USUAL]["jaccard"])
    printed = table.markdown()
    for said in ("less the copy's, by patient, a split: ", "Two empty sets count 1", "SafeDrug", "simulated"):
        assert said in printed
    first, second = table.rows[OURS]["difference"]
    assert f"a split: {first:+.3f} (" in printed and f"; {second:+.3f} (" in printed


@pytest.fixture
def learnt(monkeypatch):
    """No nets at all: the copy, unsure; what each was given to learn from, and its seed."""
    given = []

    def train_net(learnt, *, seed):
        given.append((learnt, seed))
        return lambda some, training: 0.1 + 0.8 * some["last"]

    monkeypatch.setattr(treatment, "train_net", train_net)
    return given


def test_each_seed_deals_the_patients_out_anew(encounters, learnt):
    table = treatment.run("treatment", file=encounters, seeds=2)
    assert table.rows[OURS]["difference"] == [0, 0] and [seed for _, seed in learnt] == [0, 1]
    for known, seed in learnt:
        data = load("encounters", file=encounters, seed=seed)
        assert not set(known.patient) & set(data.test.patient)
        rows = np.concatenate([part.y[part.about["visit"] > 0] for part in (data.train, data.validation)])
        np.testing.assert_array_equal(np.sort(known.y, axis=0), np.sort(rows, axis=0))
        again = data.test.about["visit"] > 0
        last = data.test.y[np.flatnonzero(again) - 1]  # they stand by patient
        assert table.rows[COPY]["jaccard"][seed] == jaccard(data.test.y[again], last).value
    assert set(learnt[0][0].patient) != set(learnt[1][0].patient)


def test_a_visit_s_own_drugs_are_in_no_input(encounters):
    data = load("encounters", file=encounters)
    scaling = treatment.Scaling.of(data.train.x)
    y, patient = data.test.y, data.test.patient
    last_visit = np.append(patient[1:] != patient[:-1], True)
    other = np.where(last_visit[:, None], 1 - y, y)
    one, two = (treatment.again_of(data.test.x, each, patient, scaling) for each in (y, other))
    assert (one.y != two.y).any()
    for name, array in one.given.items():
        np.testing.assert_array_equal(array, two.given[name])
        assert np.isfinite(array).all()


def prescriptions(path, drugs=("aspirin", "metoprolol", "ramipril"), patients=60):
    """Prescriptions of another hospital, with three admissions a patient."""
    rng = np.random.default_rng(0)
    columns = {"subject_id": [], "hadm_id": [], "drug": [], "starttime": []}
    for person in range(patients):
        for visit in range(3):
            for drug in rng.choice(drugs, rng.integers(1, 3), replace=False):
                row = (person, 10 * person + visit, drug, f"2024-0{visit + 1}-01 08:00")
                for cells, value in zip(columns.values(), row, strict=True):
                    cells.append(value)
    return write(path, columns)


def test_another_hospital_s_prescriptions(tmp_path, capsys):
    main(["treatment", "--file", prescriptions(tmp_path / "own.csv"), "--seeds", "2"])
    printed = capsys.readouterr().out
    assert "own file" in printed and "none of the 3 drugs" in printed and str(tmp_path) not in printed


def test_it_learns_from_one_file_and_is_scored_on_the_other_s_test_patients(
    encounters, learnt, tmp_path, capsys
):
    other = tmp_path / "other"
    other.mkdir()
    other = str(simulate_encounters.write_encounters(other, seed=1))
    main(["treatment", "--train", other, "--file", encounters, "--seeds", "2"])
    printed = capsys.readouterr().out
    test = load("encounters", file=encounters).test
    assert f"{(test.about['visit'] > 0).sum():,} of the first split's" in printed and other not in printed
    known, _ = learnt[0]
    whose = {name.removeprefix("learnt ") for name in known.patient}
    assert whose <= set(load("encounters", file=other).train.patient.astype(str)) | set(
        load("encounters", file=other).validation.patient.astype(str)
    )


@pytest.mark.parametrize(
    ("drugs", "message"),
    [
        (("aspirin", "metoprolol", "heparin"), "different drugs .heparin, ramipril.: a network"),
        (None, "different inputs"),
    ],
)
def test_another_hospital_with_other_drugs_is_refused(drugs, message, encounters, tmp_path):
    one = prescriptions(tmp_path / "one.csv")
    other = prescriptions(tmp_path / "other.csv", drugs=drugs) if drugs else encounters
    with pytest.raises(DataError, match=message):
        treatment.run("treatment", file=one, train=other, seeds=2)


def test_too_few_who_return_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"[0-9] patient\(s\) to test have two encounters, which is too few"):
        treatment.run("treatment", file=prescriptions(tmp_path / "own.csv", patients=24), seeds=2)


def test_a_measure_without_a_value_is_left_out():
    y = np.array([[1, 0], [0, 1], [0, 0]])
    test = SimpleNamespace(y=y, given={"last": y}, patient=np.arange(3))
    found = treatment.measures(treatment.Answer(test, y, y))
    assert found == {"jaccard": 1, "prauc": 1, "f1": 1, "difference": 0}


def test_a_drug_that_nobody_or_everybody_got_needs_no_regression(encounters):
    learnt, test = treatment.parts_of(load("encounters", file=encounters))
    y = learnt.y.copy()
    y[:, 3], y[:, 4] = 0, 1
    p = treatment.regress(learnt._replace(y=y), test)
    assert p.shape == test.y.shape and (p[:, 3] == 0).all() and (p[:, 4] == 1).all() and p[:, 0].std() > 0.05


# Trials


@pytest.fixture
def no_nets(monkeypatch):
    """Each arm's mean in place of nets, a little different for each patient."""

    def train_arms(known, *, seed):
        means = [known.y[known.arm == arm].mean() for arm in range(len(known.names))]
        noise = np.random.default_rng(seed)

        def answer(asked):
            predicted = means + 0.01 * noise.normal(size=(len(asked), len(means)))
            return treatment.Belief(np.tile(known.shares, (len(asked), 1)), predicted)

        return answer

    monkeypatch.setattr(treatment, "train_arms", train_arms)


def test_a_trial_s_table(trial, tmp_path, capsys):
    out = tmp_path / "out.json"
    arguments = ["--treatment", "RXASP", "--outcome", "OCCODE", "--seeds", "2", "--json", str(out)]
    main(["treatment", "--file", trial, *arguments])
    printed, written = capsys.readouterr().out, json.loads(out.read_text())
    assert list(written["ours"]) == [*WORTH, "share_changed"]
    assert list(written["baselines"]) == ["none for all", "aspirin for all", GIVEN]
    for said in ("Chance decided", "a seed: less ", " for all ", "two random halves", "No superiority"):
        assert said in printed
    assert str(tmp_path) not in printed and "simulated" in printed


def test_an_arm_for_all_is_worth_its_own_share(no_nets, trial):
    table = treatment.run("treatment", file=trial, seeds=2, **IST)
    parts = load("trial", file=trial).splits.values()
    y, arm = (
        np.concatenate(each) for each in zip(*((p.y, p.about["treatment"]) for p in parts), strict=True)
    )
    for code, name in enumerate(("none", "aspirin")):
        row = table.rows[f"{name} for all"]
        assert isinstance(row["value"], Estimate)
        assert row["value"].value == pytest.approx(y[arm == code].mean(), abs=1e-12)
        assert row["value"].low < row["value"].value < row["value"].high
        assert row["effective_n"] == [pytest.approx((arm == code).sum())]
    assert table.rows[GIVEN]["value"].value == pytest.approx(y.mean(), abs=1e-12)
    assert min(np.mean(table.rows[f"{name} for all"]["gain"]) for name in ("none", "aspirin")) == 0


def test_three_arms_of_the_same_file(no_nets, trial):
    table = treatment.run("treatment", file=trial, seeds=2, treatment="RXHEP", outcome="OCCODE")
    assert {"none for all", "low heparin for all", "medium heparin for all"} <= set(table.rows)


def own(rng, cases=300):
    """A randomised table of one's own, in which the new drug gives more points to the young."""
    age, arm = rng.integers(20, 90, cases), rng.choice(["new", "old"], cases)
    points = np.round(50 + rng.normal(0, 5, cases) + np.where(arm == "new", (55 - age) / 2, 0), 1)
    return {"age": age, "arm": arm, "points": points, "nurse": rng.integers(0, 9, cases)}


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_a_number_of_which_more_or_less_is_better(no_nets, better, tmp_path):
    path = write(tmp_path / "own.csv", own(np.random.default_rng(0)))
    table = treatment.run(
        "treatment", file=path, seeds=2, treatment="arm", outcome="points", better=better, after=["nurse"]
    )
    new, old = (table.rows[f"{name} for all"] for name in ("new", "old"))
    sign = 1 if better == "lower" else -1
    assert 30 < new["value"].value < 70 and f"a {better} value is better" in table.markdown()
    assert all(sign * value >= 0 for value in (*new["gain"], *old["gain"])), "nothing beats the better arm"


def test_records_where_nobody_drew_lots(tmp_path):
    rng = np.random.default_rng(0)
    columns = own(rng, 400)
    columns["arm"] = np.where(rng.random(400) < columns["age"] / 100, "new", "old")
    given = {"file": write(tmp_path / "own.csv", columns), "treatment": "arm", "outcome": "points"}
    with pytest.raises(DataError, match="'age' differs between the arms"):
        treatment.run("treatment", seeds=2, **given)
    table = treatment.run("treatment", seeds=2, observational=True, **given)
    assert IMITATION in table.rows and treatment.MEASURED in table.notes
    assert treatment.DRAWN not in table.notes and len(table.rows["new for all"]["value"]) == 2


# The learnt rule


def world(cases=600, *, seed=0, harm=0.4, sign=1):
    """A trial in which arm 1 helps where x is above 0 and harms elsewhere, and what is truly expected."""
    rng = np.random.default_rng(seed)
    x, arm = rng.normal(size=(cases, 1)).astype(np.float32), rng.integers(0, 2, cases)
    expected = np.column_stack([np.full(cases, 0.5), 0.5 - harm * np.where(x[:, 0] > 0, 1, -0.6)])
    y = (rng.random(cases) < expected[np.arange(cases), arm]).astype(float)
    if sign < 0:
        y, expected = 1 - y, 1 - expected
    shares = np.bincount(arm) / cases
    known = treatment.Trial(x, y, arm, np.arange(cases), ("no", "yes"), sign, shares)
    return known, treatment.Belief(np.tile(shares, (cases, 1)), expected)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_rule_that_surely_gains_is_chosen(sign):
    known, belief = world(sign=sign)
    usual, least = treatment.choose(known, belief)
    assert usual == 1 and least in treatment.GAINS
    policy = treatment.depart(sign * belief.predicted, usual, least)
    np.testing.assert_array_equal(policy, known.x[:, 0] > 0)
    _, gained = treatment.gain(known, treatment.Rule(policy, belief))
    assert (gained.high if sign > 0 else -gained.low) < 0


def test_where_nothing_is_sure_all_get_one_arm():
    known, belief = world(harm=0)
    imagined = belief._replace(predicted=np.random.default_rng(1).random(belief.predicted.shape))
    usual, least = treatment.choose(known, imagined)
    assert least == float("inf")
    assert (treatment.depart(imagined.predicted, usual, least) == usual).all()


def test_the_usual_arm_of_records_is_not_the_one_that_the_healthy_got():
    """Arm 1 helps all a little, but is given to the sick, so that it looks worse."""
    rng = np.random.default_rng(0)
    sick = rng.integers(0, 2, 4000)
    p = np.where(sick, 0.9, 0.1)
    arm = (rng.random(4000) < p).astype(int)
    y = (rng.random(4000) < 0.2 + 0.5 * sick - 0.1 * arm).astype(float)
    known = treatment.Trial(sick[:, None], y, arm, np.arange(4000), ("no", "yes"), 1, None)
    belief = treatment.Belief(np.column_stack([1 - p, p]), np.full((4000, 2), 0.4))
    assert y[arm == 1].mean() > y[arm == 0].mean() and treatment.choose(known, belief)[0] == 1


def test_each_patient_s_arm_comes_from_those_who_learnt_from_others(monkeypatch):
    known, _ = world(200)
    seen = []

    def train_arms(learnt, *, seed):
        seen.append(set(learnt.x[:, 0].tolist()))

        def answer(asked):
            assert not seen[-1] & set(asked[:, 0].tolist())
            return treatment.Belief(np.full((len(asked), 2), 0.5), np.full((len(asked), 2), float(seed)))

        return answer

    monkeypatch.setattr(treatment, "train_arms", train_arms)
    rule = treatment.learn_rule(known, seed=1)
    assert len(seen) == treatment.FOLDS * treatment.NETS and len(set(map(frozenset, seen))) == len(seen)
    np.testing.assert_array_equal(rule.belief.propensity, 0.5)
    assert len(np.unique(rule.belief.predicted)) == treatment.FOLDS, "the mean of each fold's nets"


def test_cases_of_one_patient_stay_together():
    known, _ = world(200)
    known = known._replace(patient=np.arange(200) // 4)
    for learn, say in known.folds(2, seed=0):
        assert not set(known.patient[learn]) & set(known.patient[say])


def test_nets_learn_what_is_there_and_a_number_s_range(monkeypatch):
    monkeypatch.setattr(treatment, "TRIAL_EPOCHS", 20)
    known, belief = world(1500)
    wide = known._replace(y=200 + 100 * known.y, shares=None)
    found = treatment.train_arms(wide, seed=0)(known.x)
    assert np.corrcoef(found.predicted[:, 1], belief.predicted[:, 1])[0, 1] > 0.8
    assert (found.predicted >= 200).all() and (found.predicted <= 300).all()
    np.testing.assert_allclose(found.propensity, 0.5, atol=0.2)
    assert found.propensity.std() > 0


def test_measures_of_a_rule():
    known, belief = world()
    rule = treatment.Rule(known.for_all(1), belief, changed=0.25)
    found = treatment.worth(known, rule)
    given = known.y, known.arm, belief.propensity
    assert found["value"] == pytest.approx(known.y[known.arm == 1].mean())
    assert found["robust"] == policies.value_doubly_robust(*given, rule.policy, belief.predicted).value
    assert found["gain"] == 0 and found["share_changed"] == 0.25
    other = treatment.worth(known, treatment.Rule(known.for_all(0), belief))
    assert other["gain"] > 0 and "share_changed" not in other


def test_words_say_that_a_rule_is_better_only_where_every_interval_does():
    known, belief = world()
    good = treatment.Rule((known.x[:, 0] > 0).astype(int), belief)
    assert any("is better than any arm" in line for line in treatment.in_words(known, [good, good]))
    words = treatment.in_words(known, [good, treatment.Rule(known.for_all(1), belief)])
    assert any("better in 1 of 2" in line for line in words) and "less yes for all" in words[0]


# What it refuses


NAMED = ["--treatment", "arm", "--outcome", "points"]
REFUSED = {
    "treatment alone": (["--treatment", "arm"], "--treatment alone"),
    "outcome alone": (["--outcome", "points"], "--outcome alone"),
    "after without a trial": (["--after", "nurse"], "--after is for trials"),
    "records without a trial": (["--observational"], "--observational is for trials"),
    "another file": (
        [*NAMED, "--train", "x"],
        "--train is for encounters",
    ),
    "no such column": (
        [*NAMED, "--after", "nurze"],
        "did you mean 'nurse'",
    ),
    "known afterwards": (NAMED, "'copy' alone tells the outcome"),
    "not a value": ([*NAMED, "--bad", "x"], "never 'x'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_one_sentence(case, tmp_path, capsys):
    arguments, message = REFUSED[case]
    columns = own(np.random.default_rng(0))
    path = write(tmp_path / "own.csv", columns | {"copy": 2 * columns["points"]})
    assert cli.main(["results", "treatment", "--file", path, "--seeds", "2", *arguments]) == 1
    printed = capsys.readouterr()
    assert message in printed.err and "Traceback" not in printed.err and not printed.out
    assert len(printed.err.strip().splitlines()) == 1


def test_an_arm_that_few_got_is_refused(tmp_path):
    columns = own(np.random.default_rng(0), 200)
    columns["arm"] = np.where(np.arange(200) < 12, "rare", columns["arm"])
    with pytest.raises(DataError, match="12 patients got 'rare', which is too few"):
        path = write(tmp_path / "own.csv", columns)
        treatment.run("treatment", file=path, seeds=2, treatment="arm", outcome="points")


def test_columns_that_hardly_differ_teach_nothing(tmp_path):
    rng = np.random.default_rng(0)
    columns = own(rng, 400) | {"rare": (np.arange(400) == 7).astype(int)}
    with pytest.raises(DataError, match="nothing to learn from"):
        treatment.run(
            "treatment",
            file=write(tmp_path / "own.csv", columns),
            seeds=2,
            treatment="arm",
            outcome="points",
            before=["rare"],
        )
