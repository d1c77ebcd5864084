import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from medlearn.data.records import simulate as simulator
from medlearn.data.records.physionet import OUTCOMES
from medlearn.errors import DataError
from medlearn.evaluation import auroc
from medlearn.results import icu, main
from medlearn.results.seeds import load_data
from medlearn.results.table import OURS, TOGETHER, Table

rng = np.random.default_rng(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Few simulated stays, in files with the official names."""
    folder = tmp_path_factory.mktemp("icu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulator, "STAYS", {"a": 150, "b": 90})
        simulator.write_stays(folder)
    return folder


@pytest.fixture
def quick(monkeypatch):
    """The whole recipe, but short."""
    for name, value in {"FOLDS": 2, "REPEATS": 1, "EPOCHS": 1, "STEP": 16.0}.items():
        monkeypatch.setattr(icu, name, value)
    monkeypatch.setitem(icu.BOOSTING, "max_iter", 5)


@pytest.fixture
def pretended(monkeypatch):
    """No nets at all: that the real ones answer is another test's matter."""

    def answer(known, x, *, seed, tick=lambda: None):
        noise = np.random.default_rng(seed)
        return icu.Answer(known.y - 1.5 + noise.normal(size=len(known)), noise.normal(size=len(x)))

    def halves(*given, **options):
        return icu.Answer(*(np.stack([part, part], axis=1) for part in answer(*given, **options)))

    monkeypatch.setattr(icu, "answer_recurrent", halves)
    monkeypatch.setattr(icu, "answer_boosting", answer)


@pytest.fixture(scope="module")
def data(folder):
    return load_data("icu", file=str(folder), sets=("a", "b"))


# The command


def test_the_whole_recipe_on_a_few_stays(quick, data):
    known = icu.join_known(data)
    answer = icu.answer_recurrent(known, data.test.x, seed=0)
    assert answer.known.shape == (150, 2) and answer.test.shape == (90, 2)
    assert all(np.isfinite(part).all() and part.std(axis=0).min() > 0 for part in answer)
    assert all(0 <= value <= 1 for value in icu.measures(known.y, answer.of(0), data.test.y).values())


def test_the_command_prints_and_writes_the_table(pretended, folder, tmp_path, capsys):
    main(["icu", "--file", str(folder), "--seeds", "2", "--json", str(tmp_path / "out.json")])
    told = capsys.readouterr()
    assert "| **this course** |" in told.out and "| MTM |" in told.out and "own file" in told.out
    assert "Learnt on set a, scored on set b" in told.out and str(folder) not in told.out
    assert "seed 1: auroc" in told.err  # each seed is told as soon as it is there
    written = json.loads((tmp_path / "out.json").read_text())
    measures = ["auroc", "auprc", "event1", "calibration_error"]
    assert list(written["ours"]) == list(written["together"]) == measures
    assert list(written["baselines"]) == [
        "its network, without the trees",
        "its recurrent half alone",
        "its other half alone",
        "gradient boosting on summaries",
        "logistic regression on the last values",
        "SAPS-I",
        "SOFA",
    ]
    for row in (written["ours"], written["together"], *written["baselines"].values()):
        for value in row.values():
            assert 0 <= value["mean"] <= 1 and value["low"] <= value["mean"] <= value["high"]
    assert written["ours"]["auroc"]["seeds"] == 2


def test_the_sets_can_be_exchanged(pretended, folder):
    table = icu.run("icu", file=str(folder), seeds=2, train="b", test="a")
    assert (
        "train 72, validation 18, test 150" in table.data
        and "Learnt on set b, scored on set a" in table.notes[0]
    )


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["--train", "b", "--test", "b"], "not scored on the stays it learnt from"),
        (["--test", "c"], "set-c.tar.gz .* is missing: there is Outcomes-a.txt"),
        (["--file", "nowhere"], "nowhere: there is no such file or folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(typed, message, folder):
    with pytest.raises(DataError, match=message):
        main(["icu", "--file", str(folder), *typed])


def test_another_set_than_the_challenges_is_refused(folder, capsys):
    with pytest.raises(SystemExit):
        main(["icu", "--file", str(folder), "--train", "d"])
    assert "invalid choice: 'd'" in capsys.readouterr().err


# Nothing that is not known at 48 hours


def test_no_outcome_is_among_the_inputs(data):
    """The inputs are made of records alone, and these hold no outcome."""
    known = icu.join_known(data)
    names = {*known.x.variables, *known.x.static_names}
    assert not names & {*OUTCOMES, *OUTCOMES.values()}
    features = icu.Features.of(known.x)
    x = icu.EncodedInputs(features)(features)
    columns = np.hstack([x["summaries"], x["series"].reshape(len(known), -1)])
    for name in ("saps1", "sofa", "length_of_stay", "survival"):
        outcome = known.about[name]
        has = ~np.isnan(outcome)
        off, ranks = columns[has] - columns[has].mean(axis=0), outcome[has] - outcome[has].mean()
        likeness = off.T @ ranks / np.maximum(np.linalg.norm(off, axis=0) * np.linalg.norm(ranks), 1e-6)
        assert np.abs(likeness).max() < 0.95, name


def test_the_answers_need_no_label_of_the_test_stays(quick, data):
    """Boosting and regression get records alone; a severity score looks at that score alone."""
    known, x = icu.join_known(data), data.test.x
    assert (
        len(icu.answer_boosting(known, x, seed=0).test)
        == len(icu.answer_from_last_values(known, x).test)
        == 90
    )
    others = {name: part if name == "sofa" else part * 0 for name, part in data.test.about.items()}
    blind = replace(data.test, y=np.full(90, -1), about=others)
    given, expected = (icu.answer_from_score(known, split, "sofa") for split in (blind, data.test))
    np.testing.assert_array_equal(given.test, expected.test)


def test_every_answer_is_of_a_net_that_did_not_see_the_stay(quick, data, monkeypatch):
    known, learnt = icu.join_known(data), []
    monkeypatch.setattr(icu.Features, "of", lambda x, step: x.case_id)  # an array has take(), too
    monkeypatch.setattr(icu, "EncodedInputs", lambda known: lambda stays: stays)

    def train(case_id, targets, *, seed):
        learnt.append(set(case_id))
        return learnt[-1]

    def predict(model, case_id):
        assert set(case_id) <= model or not set(case_id) & model
        return np.array([[[case in model]] * 2 for case in case_id], float)

    monkeypatch.setattr(icu, "train_model", train)
    monkeypatch.setattr(icu, "predict", predict)
    given = icu.answer_recurrent(known, data.test.x, seed=0)
    assert len(learnt) == 2 and given.known.shape == (150, 2) and given.test.shape == (90, 2)
    assert not given.known.any() and not given.test.any()


# Measures


def test_event1_is_the_lower_of_sensitivity_and_ppv():
    for _ in range(50):
        y, called = rng.integers(0, 2, (2, 12))
        right = sum(1 for truth, said in zip(y, called, strict=True) if truth and said)
        sensitivity = right / y.sum() if y.sum() else 0
        ppv = right / called.sum() if called.sum() else 0
        assert icu.event1(y, called) == pytest.approx(min(sensitivity, ppv))


def made_up(count=400):
    y = (rng.random(count) < 0.2).astype(int)
    return y, y * 1.5 - 2 + rng.normal(size=count)


def test_the_threshold_and_the_probabilities_come_from_the_training_stays():
    (y_known, known), (y, test) = made_up(), made_up()
    answer = icu.Answer(known, test)
    probability, y_pred = icu.decide(y_known, answer)
    own_probability, own_pred = icu.decide(y_known, icu.Answer(known, known))
    assert own_pred.sum() == y_known.sum()  # where sensitivity and PPV meet
    assert own_probability.mean() == pytest.approx(y_known.mean(), abs=0.01)
    more_probability, more_pred = icu.decide(
        y_known, icu.Answer(known, np.append(test, 50.0))
    )  # one more stay
    np.testing.assert_array_equal(more_pred[:-1], y_pred)
    np.testing.assert_array_equal(more_probability[:-1], probability)
    # The test labels reach the measures only: those of another threshold's choosing are the same.
    found, reversed_ = icu.measures(y_known, answer, y), icu.measures(y_known, answer, 1 - y)
    assert found["auroc"] == pytest.approx(1 - reversed_["auroc"])
    assert icu.event1(1 - y, y_pred) == reversed_["event1"]


def test_estimates_are_the_measures_with_intervals(data):
    answer = icu.Answer(*(part.y + rng.normal(size=len(part)) for part in (icu.join_known(data), data.test)))
    found = icu.estimates(icu.join_known(data).y, answer, data.test)
    plain = icu.measures(icu.join_known(data).y, answer, data.test.y)
    assert {name: estimate.value for name, estimate in found.items()} == pytest.approx(plain)
    assert all(estimate.low < estimate.value < estimate.high for estimate in found.values())


def test_a_severity_score_is_judged_as_it_stands(data):
    known = icu.join_known(data)
    holed = replace(data.test, about=data.test.about | {"saps1": data.test.about["saps1"].copy()})
    holed.about["saps1"][:3] = np.nan
    answer = icu.answer_from_score(known, holed, "saps1")
    rest = slice(3, None)
    expected = auroc(data.test.y[rest], np.nan_to_num(data.test.about["saps1"], nan=-1)[rest])
    assert np.isfinite(answer.test).all() and len(set(answer.test[:3])) == 1
    assert auroc(data.test.y[rest], answer.test[rest]).value == pytest.approx(expected.value, abs=0.02)


def test_a_row_over_patients_keeps_its_interval():
    estimate = auroc([0, 0, 1, 1], [0.1, 0.6, 0.5, 0.9])
    table = Table("d", {OURS: {"auroc": [0.9, 0.8]}, TOGETHER: {"auroc": estimate}, "b": {"auroc": estimate}})
    assert table.json()["together"] == table.json()["baselines"]["b"]
    assert table.json()["together"]["auroc"]["low"] == estimate.low
    assert table.markdown().count(f"0.750 ({estimate.low:.3f} to {estimate.high:.3f})") == 2


# What is learnt


def test_what_is_learnt_is_known_of_the_training_stays(data):
    known = icu.join_known(data)
    y = icu.to_targets(known)
    np.testing.assert_array_equal(y[:, 0], known.y)
    sooner, lasting = y[:, 1:5], y[:, 5:]
    assert set(np.unique(sooner)) <= {0, 1} and (np.diff(sooner, axis=1) >= 0).all()
    assert not sooner[np.isnan(known.about["survival"])].any()
    np.testing.assert_array_equal(np.isnan(lasting[:, 1]), np.isnan(known.about["saps1"]))
    assert np.nanmean(lasting, axis=0) == pytest.approx(0, abs=1e-4)


def test_the_loss_is_the_sum_over_halves_and_leaves_out_what_is_unknown():
    y = np.array([[1, 0, 0, 1, 1, 0.5, np.nan, -1], [0, 0, 0, 0, 0, np.nan, np.nan, np.nan]], "float32")
    answer = rng.normal(size=(2, 2, 8)).astype("float32")
    expected = np.zeros(2)
    for stay in range(2):
        for half in range(2):
            each = []
            for task, (truth, said) in enumerate(zip(y[stay], answer[stay, half], strict=True)):
                chance = 1 / (1 + np.exp(-said))
                yes_or_no = -np.log(chance if truth == 1 else 1 - chance)
                each.append(0 if np.isnan(truth) else yes_or_no if task < 5 else (said - truth) ** 2 / 2)
            expected[stay] += each[0] + np.mean(each[1:])
    loss = icu._loss(*map(keras.ops.convert_to_tensor, (y, answer)))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(loss), expected, rtol=1e-5)


def test_what_was_odd_in_the_files_is_told(pretended, folder, data):
    met = sum(note.count for note in data.notes)
    assert met > 0
    assert any(
        note.startswith(f"{met:,} rows and stays were odd") for note in icu.run("icu", file=str(folder)).notes
    )
