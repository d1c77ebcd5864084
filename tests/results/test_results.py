import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medlearn.data import load
from medlearn.errors import DataError
from medlearn.results import images, main, recipes
from medlearn.results.seeds import load_data
from medlearn.results.table import OURS, Published, Table

rng = np.random.default_rng(0)


@pytest.fixture
def quick(monkeypatch):
    """The whole recipe, but short, and with nets that train in a second."""
    monkeypatch.setattr(images, "STEPS", 4)
    monkeypatch.setattr(images, "MEMBERS", 2)


def write_npz(path, *, classes, colour, count=60):
    """A file in MedMNIST's form whose classes differ in brightness."""
    shape = (28, 28, 3) if colour else (28, 28)
    arrays = {}
    for part in ("train", "val", "test"):
        y = np.arange(count) % classes
        x = rng.integers(0, 60, (count, *shape)) + 20 * y.reshape(-1, *[1] * len(shape))
        arrays |= {f"{part}_images": x.astype("uint8"), f"{part}_labels": y[:, None].astype("uint8")}
    np.savez(path, **arrays)
    return path


@pytest.fixture
def pretended(monkeypatch):
    """No nets at all: that the real ones answer is other tests' matter."""

    def predict(data, *, seed, tick=lambda: None):
        noise = np.random.default_rng(seed).normal(0, 0.2, len(data.test))
        score = np.clip(0.3 + 0.4 * data.test.y + noise, 0, 1)
        return np.stack([1 - score, score], axis=1)

    monkeypatch.setattr(images, "answer_ours", predict)
    monkeypatch.setattr(images, "answer_articles", predict)


def test_the_command_prints_and_writes_the_table(pretended, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MEDLEARN_DATA", "small")
    main(["pneumonia", "--seeds", "2", "--json", str(tmp_path / "out.json")])
    printed = capsys.readouterr().out
    assert "simulated" in printed and "Google AutoML Vision" in printed and "| **this course** |" in printed
    written = json.loads((tmp_path / "out.json").read_text())
    assert set(written) >= {"data", "ours", "baselines", "published", "seconds"}
    assert list(written["ours"]) == ["auroc", "accuracy", "sensitivity", "specificity", "calibration_error"]
    for row in (written["ours"], *written["baselines"].values()):
        for values in row.values():
            assert set(values) == {"mean", "low", "high", "seeds"}
    ours = written["ours"]["auroc"]
    assert ours["seeds"] == 2 and ours["low"] <= ours["mean"] <= ours["high"]
    assert written["baselines"]["majority class"]["auroc"]["mean"] == 0.5


def test_many_classes_in_colour(quick, tmp_path, monkeypatch):
    five = load("retina", file=write_npz(tmp_path / "five.npz", classes=5, colour=True))
    monkeypatch.setattr(images, "load_data", lambda name, **_: five)
    table = images.run("blood", seeds=1)
    for row in table.rows.values():
        assert all(0 <= value <= 1 for values in row.values() for value in values)
    assert np.mean(table.rows["logistic regression on the pixels"]["accuracy"]) > 0.9
    assert len(table.rows[OURS]["auroc"]) == 1


def test_no_path_of_this_machine_is_in_the_table(pretended, tmp_path, monkeypatch, capsys):
    """Neither of one's own file nor of a folder in MEDLEARN_DATA, in what is printed or written."""
    (tmp_path / "breast").mkdir()
    path = write_npz(tmp_path / "breast" / "breastmnist.npz", classes=2, colour=False)
    monkeypatch.setenv("MEDLEARN_DATA", str(tmp_path))
    for file in (["--file", str(path)], []):
        main(["breast", "--seeds", "2", "--json", str(tmp_path / "out.json"), *file])
        printed, written = capsys.readouterr().out, (tmp_path / "out.json").read_text()
        assert str(tmp_path) not in printed + written
        assert json.loads(written)["data"].endswith("(train 60, validation 60, test 60), own file")


def test_the_test_labels_are_never_seen(quick, tmp_path, monkeypatch):
    """Ours and the baselines answer with the test labels torn off."""
    from dataclasses import replace

    monkeypatch.setenv("MEDLEARN_DATA", "small")
    data = load("pneumonia")
    few = replace(data, **{name: part.take(slice(0, 96)) for name, part in data.splits.items()})
    blind = replace(few, test=replace(few.test, y=np.full(len(few.test), -1)))
    for given in (images.answer_ours(blind, seed=0), images.answer_articles(blind, seed=0)):
        assert given.shape == (len(blind.test), 2)
        np.testing.assert_allclose(given.sum(1), 1, rtol=1e-4)
    np.testing.assert_array_equal(images.answer_from_pixels(blind), images.answer_from_pixels(few))


def test_looks_keep_patients_and_likes_together():
    dark, bright = rng.integers(0, 60, (40, 28, 28, 1)), rng.integers(150, 210, (40, 28, 28, 1))
    films = np.concatenate([dark, bright]).astype("uint8")
    patient = np.repeat(np.arange(40), 2)
    group = images.group_by_look(films, patient, seed=0, kinds=2)
    assert len(set(group[:40])) == len(set(group[40:])) == 1 and group[0] != group[79]
    mixed = images.group_by_look(rng.permutation(films), patient, seed=0)
    assert all(len(set(mixed[patient == who])) == 1 for who in range(40))
    assert set(mixed) == set(range(images.MEMBERS))


def test_measures_of_two_classes():
    y, p = np.array([0, 0, 0, 1, 1, 1]), np.array([0.1, 0.2, 0.7, 0.4, 0.8, 0.9])
    found = images.measures(y, np.stack([1 - p, p], axis=1))
    assert found["auroc"] == pytest.approx(roc_auc_score(y, p))
    for measure in ("accuracy", "sensitivity", "specificity"):
        assert found[measure] == pytest.approx(2 / 3)


def test_measures_of_many_classes_are_means_over_them():
    y = np.array([0, 0, 1, 1, 2])
    found = images.measures(y, np.eye(3)[[0, 0, 1, 2, 2]] * 0.9 + 0.1 / 3)
    assert found["accuracy"] == pytest.approx(0.8)
    assert found["sensitivity"] == pytest.approx((1 + 0.5 + 1) / 3)
    assert found["specificity"] == pytest.approx((1 + 1 + 0.75) / 3)
    assert found["auroc"] == pytest.approx((1 + 0.75 + 0.875) / 3)


def test_calibration_of_many_classes_is_that_of_the_one_decided_on():
    y, sure = np.arange(90) % 3, np.eye(3)[np.arange(90) % 3] * 0.7 + 0.1
    assert images.measures(y, sure)["calibration_error"] == pytest.approx(
        0.2
    )  # promised .8, came true always
    assert images.measures((y + 1) % 3, sure)["calibration_error"] == pytest.approx(0.8)


def test_one_value_has_no_interval():
    table = Table(
        "d", {OURS: {"auroc": [0.9, 0.8]}, "b": {"auroc": [0.5]}}, [Published("x", {"auroc": 0.7}, "p")]
    )
    assert table.json()["baselines"]["b"]["auroc"] == {"mean": 0.5, "low": None, "high": None, "seeds": 1}
    assert "| b | 0.500 | measured here |" in table.markdown()
    assert "| x | 0.700 | p |" in table.markdown()
    json.dumps(table.json())


def test_an_interval_ends_where_the_measure_does():
    near_one = {"auroc": [0.999, 0.95, 0.99], "frechet_distance": [0.1, 3.0, 0.2]}
    ours = Table("d", {OURS: near_one | {"kernel_distance": [0.1, 3.0, 0.2]}}).json()["ours"]
    assert ours["auroc"]["high"] == 1 and 0 < ours["auroc"]["low"] < 0.95
    assert ours["frechet_distance"]["low"] == 0 and ours["frechet_distance"]["high"] > 3
    assert ours["kernel_distance"]["low"] < 0


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["lungs"], "no results called 'lungs'"),
        (["pneumonia", "--seeds", "1"], "--seeds 2"),
        (["pneumonia", "--json", "/nowhere/out.json"], "--json /nowhere/out.json cannot be written to"),
        (["pnuemonia"], "did you mean pneumonia"),
        (["pneumonia", "--file", "nowhere.npz"], "nowhere.npz"),
    ],
)
def test_what_cannot_be_done_is_said_before_training(typed, message):
    with pytest.raises(DataError, match=message):
        main(typed)


def test_every_name_of_pictures_is_a_data_set():
    from medlearn.data.catalogue import CATALOGUE

    assert set(images.NAMES) <= set(CATALOGUE)


def test_recipes_are_found_by_their_place_and_say_what_they_take(capsys):
    assert set(recipes()) >= {*images.NAMES, "icu", "gan", "gan_64"}
    for name, option in (("icu", "--test"), ("gan", "--sheet"), ("pneumonia", "--train")):
        with pytest.raises(SystemExit):
            main([name, "--help"])
        shown = capsys.readouterr().out
        assert option in shown and f"medlearn results {name}" in shown


def test_another_source_is_scored_with_what_was_learnt_here(tmp_path):
    one, other = tmp_path / "one.npz", tmp_path / "other.npz"
    write_npz(one, classes=2, colour=False, count=40)
    write_npz(other, classes=2, colour=False, count=20)
    data = load_data("breast", file=other, train=one)
    assert [len(split) for split in data.splits.values()] == [40, 40, 20]
    assert data.source == "own file" and not np.intersect1d(data.train.patient, data.test.patient).size
    assert np.array_equal(data.test.x, load(name="breast", file=other).test.x)


def test_the_clock_goes_on_while_a_step_takes_long():
    import time
    from types import SimpleNamespace

    from medlearn.results import seeds

    refreshed = []
    with seeds.ticking(SimpleNamespace(refresh=lambda: refreshed.append(1)), seconds=0.01):
        while len(refreshed) < 3:
            time.sleep(0.01)
    count = len(refreshed)
    time.sleep(0.05)
    assert len(refreshed) == count
