"""The recipe of smaller models, short: its table, which models there are, files that answer, refusals."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.dataset import Split
from medlearn.errors import DataError
from medlearn.evaluation.calibration import Recalibration
from medlearn.models.cnn import course_net
from medlearn.results import main
from medlearn.results import smaller as recipe
from medlearn.results.smaller import (
    ALL_EIGHT_BITS,
    DISTILLED,
    EIGHT_BITS,
    EXPORTED,
    MAJORITY,
    NARROWED,
    PIXELS,
    PLAIN,
    ZEROED,
    Answered,
)
from medlearn.results.table import OURS
from medlearn.training import predict, set_seed

ROWS = [OURS, EXPORTED, EIGHT_BITS, ALL_EIGHT_BITS, ZEROED, NARROWED, DISTILLED, PLAIN]
CHANGES = dict(zip(ROWS, (0, 3e-7, 0.01, 0.1, 0.2, 0.03, 0.04, 0.05), strict=True))


@pytest.fixture
def file(tmp_path):
    """Films of two classes in MedMNIST's form; of class 1 the upper half is brighter."""
    draw, arrays = np.random.default_rng(0), {}
    for part, count in (("train", 70), ("val", 40), ("test", 50)):
        y = np.arange(count) % 2
        x = draw.integers(40, 160, (count, 28, 28))
        x[:, :14] += 60 * y[:, None, None]
        arrays |= {f"{part}_images": x.astype("uint8"), f"{part}_labels": y[:, None].astype("uint8")}
    np.savez(tmp_path / "films.npz", **arrays)
    return str(tmp_path / "films.npz")


@pytest.fixture
def data(file):
    return load("pneumonia", file=file)


@pytest.fixture
def pretended(monkeypatch):
    """No nets: each system answers as the course's net does, but for one film that it moves by so much."""

    def answer_all(data, *, seed, tick):
        for _ in range(4):
            tick()
        noise = np.random.default_rng(seed).normal(0, 0.1, len(data.test))
        ours = np.clip(0.3 + 0.4 * data.test.y + noise, 0.2, 0.8)
        moved = np.arange(len(ours)) == seed
        return {name: Answered(ours - away * moved, ours, 1.5) for name, away in CHANGES.items()}

    monkeypatch.setattr(recipe, "answer_all", answer_all)


def test_the_command_prints_the_table(pretended, file, capsys):
    main(["smaller", "--file", file, "--seeds", "2"])
    printed = capsys.readouterr().out
    for said in (
        "own file",
        "| AUROC | greatest change of an answer | 99 % change less than | share of decisions that change |",
        "Learnt from 70 films; calibrated on 40 validation films. The course's net has 278,785 weights, "
        "the small one 27,721. The scales of 8-bit numbers come from 70 training films.",
        "Exported, the answer that moves most, of 50 films and 2 seeds, moves by 3e-07.",
        "AUROC of the seeds' mean answer, small net, distilled, less that of the course's net: ",
        "AUROC of the seeds' mean answer, small net, distilled, less that of small net, trained plainly: ",
        "not for use on patients",
    ):
        assert said in printed, said
    assert file not in printed
    table = recipe.run("smaller", file=file, seeds=2)
    assert list(table.rows) == [*ROWS, PIXELS, MAJORITY]
    for name, away in CHANGES.items():
        assert table.rows[name]["greatest"] == pytest.approx([away] * 2)
        assert table.rows[name]["megabytes"] == [1.5] * 2
    assert table.rows[PIXELS]["auroc"][0] > 0.9 and table.rows[MAJORITY] == {"auroc": [0.5]}


def test_a_change_is_against_our_net_and_flips_are_a_share():
    ours, p = np.array([0.1, 0.45, 0.6, 0.9]), np.array([0.1, 0.55, 0.55, 0.4])
    found = recipe.measures(np.array([0, 0, 1, 1]), Answered(p, ours, 2.0))
    assert found["greatest"] == pytest.approx(0.5) and found["flipped"] == 0.5
    assert 0.1 < found["percentile_99"] < 0.5 and found["megabytes"] == 2
    assert found["auroc"] == pytest.approx((1 + 1 + 0.5 + 0) / 4)


def test_the_small_net_is_small_enough():
    assert course_net(width=recipe.WIDTH).count_params() <= 30_000


def test_all_models_come_from_the_training_films_and_one_net(data, monkeypatch):
    """Nets as drawn, but for the student, which learns two steps; all are caught before they are written."""
    caught, ticks, learnt_from = {}, [], []

    def untrained(train, *, width, seed):
        learnt_from.append(train)
        return course_net(width=width)

    def catch(models, data, folder, *, seed):
        caught.update(models)
        return {name: Answered(data.test.y, data.test.y, 0) for name in models}

    monkeypatch.setattr(recipe, "STEPS", 2)
    monkeypatch.setattr(recipe, "train_plainly", untrained)
    monkeypatch.setattr(recipe, "train_on", lambda model, train, seed: learnt_from.append(train) or model)
    monkeypatch.setattr(recipe, "answer_from_files", catch)
    recipe.answer_all(data, seed=0, tick=lambda: ticks.append(1))
    assert list(caught) == [OURS, ZEROED, NARROWED, DISTILLED, PLAIN] and len(ticks) == 4
    assert len(learnt_from) == 3 and all(films is data.train for films in learnt_from)
    counts = {name: model.count_params() for name, model in caught.items()}
    assert counts[OURS] == counts[ZEROED] > 3 * counts[NARROWED] > 2 * counts[DISTILLED]
    assert counts[DISTILLED] == counts[PLAIN]
    ours, zeroed = (
        [keras.ops.convert_to_numpy(one) for one in caught[name].weights if one.name == "kernel"]
        for name in (OURS, ZEROED)
    )
    for kernel, pruned in zip(ours, zeroed, strict=True):
        assert (pruned == 0).mean() == pytest.approx(recipe.ZEROS, abs=0.01)
        np.testing.assert_array_equal(pruned[pruned != 0], kernel[pruned != 0])
    assert caught[OURS].trainable_weights


def test_the_student_sees_altered_films_for_as_many_steps(data, monkeypatch):
    told = {}
    monkeypatch.setattr(recipe, "STEPS", 7)
    monkeypatch.setattr(
        recipe, "distil", lambda *nets, **how: told.update(how, nets=nets[:2], batches=nets[2])
    )
    teacher = course_net(width=2)
    student = recipe.learn_from(teacher, data.train, seed=1)
    batches = told["batches"]
    assert told["nets"] == (teacher, student) and told["seed"] == 1
    assert len(batches) == 2 and told["epochs"] == 4  # 70 films, 64 at a time; 7 steps
    x, y = (np.concatenate(parts) for parts in zip(*(batches[place] for place in range(2)), strict=True))
    assert x.shape == data.train.x.shape and sorted(y) == sorted(data.train.y)
    bright = x[:, :10].mean((1, 2, 3)) - x[:, 18:].mean((1, 2, 3))
    np.testing.assert_array_equal(bright > 25, y == 1)  # each film has its class
    before = batches.order.copy()
    batches.on_epoch_end()
    assert sorted(batches.order) == sorted(before) and (batches.order != before).any()
    again = batches[0][0]
    assert not np.isin(again.round(3), data.train.x).all()


def test_a_narrowed_net_is_trained_on(data, monkeypatch):
    monkeypatch.setattr(recipe, "FURTHER", 2)
    set_seed(0)
    model = course_net(width=2)
    before = predict(model, data.test.x)
    assert recipe.train_on(model, data.train, seed=0) is model
    assert (predict(model, data.test.x) != before).any()


def test_files_answer_as_the_net_does_and_smaller_ones_nearly(data, tmp_path, monkeypatch):
    """A net as drawn: one export, and both files of 8 bits made of it."""
    for library in ("tensorflow", "tf2onnx", "onnxruntime"):
        pytest.importorskip(library)
    learnt_on = []

    def calibration(model, films):
        learnt_on.append(films)
        return Recalibration("platt", lambda p: p**2 / (p**2 + (1 - p) ** 2), (2.0, 0.0))  # log-odds, doubled

    monkeypatch.setattr(recipe, "calibration", calibration)
    set_seed(0)
    net = course_net(width=8)
    said = recipe.answer_from_files({OURS: net}, data, tmp_path, seed=0)
    assert list(said) == [OURS, EXPORTED, EIGHT_BITS, ALL_EIGHT_BITS]
    assert all(films is data.validation for films in learnt_on)
    assert all(answered.of_ours is said[OURS].p for answered in said.values())
    away = {name: np.abs(answered.p - said[OURS].p).max() for name, answered in said.items()}
    assert away[OURS] == 0 and away[EXPORTED] < 1e-5 < away[EIGHT_BITS] < 0.2
    p = predict(net, data.test.x)[:, 0]
    np.testing.assert_allclose(said[OURS].p, p**2 / (p**2 + (1 - p) ** 2))
    assert said[EIGHT_BITS].megabytes < said[EXPORTED].megabytes


def test_the_calibration_is_learnt_on_the_films_given():
    """Of a net whose scores say nothing, the share of class 1 among them is left."""
    set_seed(0)
    draw = np.random.default_rng(0)
    net = course_net((12, 12, 1), width=2)
    net.layers[-1].set_weights([draw.normal(0, 50, (8, 1)), np.ones(1)])
    x = draw.integers(0, 256, (400, 12, 12, 1)).astype("uint8")
    films = Split(x, (np.arange(400) % 4 == 0).astype(int), np.arange(400))
    p = recipe.calibration(net, films)(predict(net, x)[:, 0])
    assert p.mean() == pytest.approx(0.25, abs=0.01) and np.ptp(p) < 0.5


def test_what_cannot_be_scored_is_one_sentence(data):
    recipe.check(data)
    one = replace(data, test=replace(data.test, y=np.zeros_like(data.test.y)))
    with pytest.raises(DataError, match=r"both of two classes are needed in each split.*check test"):
        recipe.check(one)
    with pytest.raises(DataError, match="and it has 3 classes"):
        recipe.check(replace(data, classes=("a", "b", "c")))
    colour = {name: replace(split, x=np.repeat(split.x, 3, -1)) for name, split in data.splits.items()}
    with pytest.raises(DataError, match="the films must be grey, not of 3 channels"):
        recipe.check(replace(data, **colour))
