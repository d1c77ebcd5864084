"""The retina's recipe, short: its table, another source, what it refuses, what each net learns from."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from medlearn.data import load
from medlearn.data.images.simulate import fundus
from medlearn.errors import DataError
from medlearn.evaluation.ordinal import kappa_difference
from medlearn.models.cnn import course_net
from medlearn.models.ordinal import ordinal_net
from medlearn.results import grades, main
from medlearn.results.table import OURS
from medlearn.training import predict

MEASURES = ["kappa", "accuracy", "auroc", "refer_auroc", "rps"]
BASELINES = {"majority grade", "logistic regression on the pixels"}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Few simulated photographs, in files of one's own, drawn by a seed."""
    monkeypatch.setattr(fundus, "SPLITS", {"train": 60, "val": 20, "test": 60})

    def write(seed):
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        return fundus.write_retina(folder, seed=seed)

    return write


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(grades, "STEPS", 3)
    monkeypatch.setattr(grades, "WIDTH", 2)


@pytest.fixture
def learnt(monkeypatch):
    """No nets at all: ours guesses, the other knows no grade but the lowest; what each was given."""
    given = []

    def train_net(build, data, *, seed):
        given.append((build, data, seed))
        certain = np.zeros(5) if build is ordinal_net else np.array([9.0, 0, 0, 0, 0])
        rng = np.random.default_rng(seed)
        return lambda x, training: rng.dirichlet(1 + certain, len(x))

    monkeypatch.setattr(grades, "train_net", train_net)
    return given


def test_each_row_has_its_measures_and_the_second_grader_two(write, learnt):
    table = grades.run("retina", file=str(write(0)), seeds=2)
    assert list(table.rows) == [OURS, grades.SOFTMAX, *sorted(BASELINES, reverse=True), "a second grader"]
    for system in (OURS, grades.SOFTMAX, *BASELINES):
        assert list(table.rows[system]) == MEASURES
    assert list(table.rows["a second grader"]) == MEASURES[:2]
    assert table.rows["a second grader"]["kappa"][0] > 0.6 and table.rows["majority grade"]["kappa"] == [0]
    assert [(build, seed) for build, _, seed in learnt] == [
        (build, seed) for seed in (0, 1) for build in (ordinal_net, course_net)
    ]
    printed = table.markdown()
    assert "AutoML" in printed and "0.642" in printed and "simulated, not comparable" in printed


def test_the_difference_is_told_with_both_of_its_intervals(write, learnt):
    path = write(0)
    table = grades.run("retina", file=str(path), seeds=2)
    note, test = table.notes[-1], load("retina", file=path).test
    differ = np.mean(table.rows[OURS]["kappa"]) - np.mean(table.rows[grades.SOFTMAX]["kappa"])
    assert f"over the seeds {differ:+.3f} (" in note
    means = {build: 0 for build in (ordinal_net, course_net)}
    for build, data, seed in learnt[:4]:
        means[build] = means[build] + grades.train_net(build, data, seed=seed)(test.x, training=False)
    decided = [each.argmax(1) for each in means.values()]
    assert f"{kappa_difference(test.y, *decided, grades=5, patient=test.patient):+.3f}" in note


def test_it_learns_from_one_file_and_is_scored_on_the_other_s_test_images(write, learnt, capsys):
    one, other = write(0), write(1)
    main(["retina", "--train", str(one), "--file", str(other), "--seeds", "2"])
    printed = capsys.readouterr().out
    assert "likeliest grade" in printed and str(one) not in printed and str(other) not in printed
    _, data, _ = learnt[0]
    np.testing.assert_array_equal(data.train.x, load("retina", file=one).train.x)
    np.testing.assert_array_equal(data.test.x, load("retina", file=other).test.x)


def test_without_a_second_grader_there_is_no_such_row(write, learnt, tmp_path):
    with np.load(write(0)) as file:
        np.savez(tmp_path / "own.npz", **{name: file[name] for name in file if "second" not in name})
    assert set(grades.run("retina", file=str(tmp_path / "own.npz"), seeds=2).rows) == {
        OURS,
        grades.SOFTMAX,
        *BASELINES,
    }


# What it refuses


def test_two_grades_are_refused_before_training(learnt, tmp_path):
    for split in ("train", "val", "test"):
        for grade, bright in (("0", 40), ("1", 90)):
            folder = tmp_path / split / grade
            folder.mkdir(parents=True)
            for number in range(4):
                colour = bright + 3 * number + len(split)
                Image.new("RGB", (28, 28), (colour, colour // 2, 9)).save(folder / f"{number}.png")
    with pytest.raises(DataError, match="retina has 2 grades, 0 and 1, but an order takes three"):
        main(["retina", "--file", str(tmp_path), "--seeds", "2"])
    assert not learnt


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: np.minimum(y, 1), "train has no image of class"),
        (lambda y: y + 1, "label 5"),
    ],
)
def test_labels_that_are_not_the_five_grades_are_refused(change, message, write, learnt, tmp_path):
    with np.load(write(0)) as file:
        arrays = {name: change(held) if "labels" in name else held for name, held in file.items()}
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(DataError, match=message):
        grades.run("retina", file=str(tmp_path / "own.npz"), seeds=2)
    assert not learnt


def test_test_images_without_a_grade_are_refused_before_training(write, learnt, tmp_path):
    with np.load(write(0)) as file:
        arrays = dict(file.items()) | {"test_labels": np.minimum(file["test_labels"], 3)}
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(DataError, match="class 4"):
        grades.run("retina", file=str(tmp_path / "own.npz"), seeds=2)
    assert not learnt


# What is measured


def test_measures():
    rng = np.random.default_rng(0)
    y, probability = rng.integers(0, 4, 80), rng.dirichlet(np.ones(4), 80)
    found = grades.measures(y, probability)
    decided = probability.argmax(1)
    assert found["kappa"] == pytest.approx(cohen_kappa_score(y, decided, weights="quadratic"))
    assert found["accuracy"] == pytest.approx((y == decided).mean())
    assert found["auroc"] == pytest.approx(roc_auc_score(y, probability, multi_class="ovr"))
    assert found["refer_auroc"] == pytest.approx(roc_auc_score(y >= 2, probability[:, 2] + probability[:, 3]))
    off = np.cumsum(probability, 1)[:, :3] - (y[:, None] <= np.arange(3))
    assert found["rps"] == pytest.approx((off**2).mean())


# What a net learns from


@pytest.mark.parametrize("build", [ordinal_net, course_net])
def test_a_net_learns_from_all_but_the_test_cases(build, quick, write, monkeypatch):
    data = load("retina", file=write(0))
    given, fit = [], grades.fit

    def watched(model, pair, **how):
        given.append(pair)
        return fit(model, pair, **how)

    monkeypatch.setattr(grades, "fit", watched)
    blind = replace(data, test=replace(data.test, x=np.zeros_like(data.test.x), y=np.full(60, -1)))
    net, again = (grades.train_net(build, each, seed=0) for each in (data, blind))
    (x, y), *_ = given
    np.testing.assert_array_equal(x, np.concatenate([data.train.x, data.validation.x]))
    np.testing.assert_array_equal(y, np.concatenate([data.train.y, data.validation.y]))
    answer = predict(net, data.test.x)
    np.testing.assert_allclose(answer.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(predict(again, data.test.x), answer, atol=1e-4)
    assert not [layer for layer in net.layers if layer.name.startswith("augment")]
