"""The smears' recipe, short: its table, another source, what it alters, what it finds, in mirrors too."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.images.simulate import smears as simulator
from medlearn.data.ragged import Ragged
from medlearn.evaluation.detection import count_error, iou
from medlearn.features.priors import prior_boxes, targets
from medlearn.features.stain import purple_boxes
from medlearn.models.detector import STRIDE, one_stage
from medlearn.results import main, smears
from medlearn.results.table import OURS

KEYS = {"map50", "map", "ap50_rbc", "ap50_wbc", "ap50_platelets", "count_error"}
SIZES = np.array([[20, 20], [50, 50]])


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Few simulated pictures, in files of one's own, drawn by a seed."""
    monkeypatch.setattr(simulator, "SPLITS", {"train": 2, "val": 1, "test": 2})
    monkeypatch.setattr(simulator, "FIELDS", 2)

    def write(seed):
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        return simulator.write_smears(folder, seed=seed)

    return write


@pytest.fixture
def learnt(monkeypatch):
    """A detector that has learnt nothing stands in for the training; what it was given to learn from."""
    given = []

    def train_detector(learnt, *, seed):
        given.append(learnt)
        keras.utils.set_random_seed(seed)
        return smears.Detector(one_stage((None, None, 3), 3, len(SIZES), width=2), SIZES)

    monkeypatch.setattr(smears, "train_detector", train_detector)
    return given


def test_each_row_has_the_six_measures(write, learnt):
    table = smears.run("smears", file=str(write(0)), seeds=2)
    baseline = "what is purple is a white cell"
    assert set(table.rows[OURS]) == set(table.rows[baseline]) == KEYS
    assert len(table.rows[OURS]["map50"]) == len(learnt) == 2
    baseline = table.rows[baseline]
    assert baseline["ap50_rbc"].value == 0 and baseline["ap50_wbc"].value > 0.2


def test_it_learns_from_one_file_and_is_scored_on_the_other_s_test_pictures(write, learnt, capsys):
    one, other = write(0), write(1)
    main(["smears", "--train", str(one), "--file", str(other), "--seeds", "2"])
    printed = capsys.readouterr().out
    assert "what is purple" in printed and "precision at 101 recalls" in printed and str(one) not in printed
    train, validation = learnt[0]
    from_one = load("smears", file=one)
    np.testing.assert_array_equal(train.x, from_one.train.x)
    np.testing.assert_array_equal(validation.x, from_one.validation.x)
    test = load("smears", file=other).test
    purple = smears.Answer(test, [purple_boxes(image) for image in test.x], 0)
    assert f"{smears.measures(purple)['ap50_wbc'].value:.3f}" in printed


@pytest.mark.parametrize("pictures", [0, 1])
def test_a_class_that_too_few_test_pictures_have_is_left_out(write, pictures):
    test = load("smears", file=write(0)).test
    kept = [one["label"] < 2 for one in test.y]
    few = Ragged.of(
        [{name: rows[some] for name, rows in one.items()} for one, some in zip(test.y, kept, strict=True)]
    )
    one = {"corners": [[0, 0, 9, 9]], "label": [2], "ignore": [False]}
    cases = [*few][pictures:] + [one] * pictures  # in one picture of four
    purple = smears.Answer(replace(test, y=Ragged.of(cases)), [purple_boxes(image) for image in test.x], 0)
    assert set(smears.measures(purple)) == KEYS - {"ap50_platelets"}


def test_it_learns_in_a_few_steps(write, monkeypatch):
    monkeypatch.setattr(smears, "SIDE", 64)
    monkeypatch.setattr(smears, "BATCH", 2)
    data = load("smears", file=write(0))
    detector = smears.train_detector([data.train, data.validation], seed=0, steps=3, width=2)
    assert (np.diff(detector.sizes.prod(1)) >= 0).all() and 0 < detector.cut < 1
    found = smears.find(detector, data.test.x)
    assert len(found) == len(data.test) and set(found[0]) == {"corners", "label", "score"}


# What is altered


def painted(*corners, shape=(90, 110), **columns):
    """A dark picture with a bright rectangle in each box, and the boxes."""
    x = np.zeros((*shape, 3), np.uint8)
    for left, top, right, bottom in corners:
        x[top:bottom, left:right] = 255
    n = len(corners)
    columns = {"label": np.arange(n), "ignore": np.zeros(n, bool)} | columns
    return x, {"corners": np.array(corners, np.float32).reshape(-1, 4)} | columns


def bright(image):
    """The corners of what is bright in a picture, and how many pixels it has."""
    down, across = np.nonzero(image[..., 0] > 100)
    return [across.min(), down.min(), across.max() + 1, down.max() + 1], len(down)


def test_boxes_follow_the_picture(monkeypatch):
    monkeypatch.setattr(smears, "SIDE", 64)
    x, boxes = painted([30, 25, 62, 45], label=np.array([2]))
    ways = set()
    for seed in range(60):
        image, seen = smears.altered(x, boxes, np.random.default_rng(seed))
        assert image.shape == (64, 64, 3) and image.min() >= 0 and image.max() <= 255
        if not len(seen["corners"]):
            assert (image[..., 0] > 100).mean() < 0.03
            continue
        np.testing.assert_allclose(seen["corners"], [bright(image)[0]], atol=1.5)
        assert seen["label"].tolist() == [2]
        across, down = np.ptp(seen["corners"][0].reshape(2, 2), axis=0)
        ways.add(across > down)
    assert ways == {True, False}, "some lie, some stand"


def test_mirrors_and_turns_keep_two_boxes_apart(monkeypatch):
    monkeypatch.setattr(smears, "SIDE", 64)
    monkeypatch.setattr(smears, "ZOOM", 0)
    x, boxes = painted([30, 30, 50, 36], [44, 50, 52, 60], shape=(80, 80))
    x[50:60, 44:52, 1:] = 0  # the second is red
    for seed in range(30):
        image, seen = smears.altered(x, boxes, np.random.default_rng(seed))
        for (left, top, right, bottom), label in zip(seen["corners"], seen["label"], strict=True):
            inside = image[int(top) + 1 : int(bottom) - 1, int(left) + 1 : int(right) - 1]
            assert (inside[..., 0] > 200).all() and ((inside[..., 1] > 200) == (label == 0)).all()


def test_a_cell_that_is_mostly_cut_off_is_not_judged_and_a_rim_is_not_there(monkeypatch):
    monkeypatch.setattr(smears, "SIDE", 64)
    monkeypatch.setattr(smears, "ZOOM", 0)
    monkeypatch.setattr(smears, "STAIN", 0)
    x, boxes = painted([10, 40, 40, 70], shape=(140, 200))
    judged, shares = [], []
    for seed in range(400):
        image, seen = smears.altered(x, boxes, np.random.default_rng(seed))
        share = image[..., 0].sum() / 255 / 30**2
        if not len(seen["corners"]):
            assert share < 0.12
        elif abs(share - 1 / 3) > 0.02:
            assert share > 0.08 and seen["ignore"].tolist() == [share < 1 / 3]
            judged.append(not seen["ignore"][0])
            shares.append(share)
    assert any(judged) and not all(judged) and max(shares) > 0.99


def test_what_is_ignored_stays_so_and_a_picture_without_cells_has_none(monkeypatch):
    monkeypatch.setattr(smears, "SIDE", 64)
    x, boxes = painted([30, 30, 50, 50], shape=(64, 64), ignore=np.array([True]))
    assert all(smears.altered(x, boxes, np.random.default_rng(seed))[1]["ignore"].all() for seed in range(9))
    x, boxes = painted()
    assert smears.altered(x, boxes, np.random.default_rng(0))[1]["corners"].shape == (0, 4)


def test_the_same_generator_alters_alike():
    x, boxes = painted([30, 25, 62, 45])
    one, other = (smears.altered(x, boxes, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1]["corners"], other[1]["corners"])


# What is found


def knowing(x, training):
    """A model that answers what is bright in each picture of `x`, as `targets` wants it."""
    priors = prior_boxes(x.shape[1] // STRIDE, x.shape[2] // STRIDE, SIZES)
    answers = []
    for image in x:
        y = targets({"corners": np.array([bright(image)[0]]), "label": np.array([1])}, priors, 3)
        answers.append(np.concatenate([np.where(y[..., :3] > 0, 6.0, -6.0), y[..., -4:]], -1))
    return np.stack(answers)


def test_a_model_that_knows_is_believed():
    x = np.stack([painted([10, 20, 27, 44], shape=(64, 96))[0], painted([60, 7, 93, 31], shape=(64, 96))[0]])
    found = smears.find(smears.Detector(knowing, SIZES), x)
    for one, box in zip(found, ([10, 20, 27, 44], [60, 7, 93, 31]), strict=True):
        assert one["label"][0] == 1 and one["score"][0] > 0.9
        assert iou(one["corners"][:1], [box])[0, 0] > 0.95


def test_in_a_mirror_it_finds_the_mirrored_boxes():
    keras.utils.set_random_seed(0)
    net = one_stage((None, None, 3), 3, len(SIZES), width=2)

    def bold(x, training):
        return keras.ops.convert_to_numpy(net(x, training=training)) + np.array([4, 4, 4, 0, 0, 0, 0])

    x = np.random.default_rng(0).integers(0, 256, (1, 32, 48, 3), np.uint8)
    (found,) = smears.find(smears.Detector(bold, SIZES), x)
    assert len(found["label"]) > 3
    for axis, side in ((2, 48), (1, 32)):
        (mirrored,) = smears.find(smears.Detector(bold, SIZES), np.flip(x, axis))
        sides = [0, 2] if axis == 2 else [1, 3]
        expected = found["corners"].copy()
        expected[:, sides] = side - expected[:, sides[::-1]]
        np.testing.assert_allclose(mirrored["corners"], expected, atol=1e-3)
        np.testing.assert_allclose(mirrored["score"], found["score"], atol=1e-5)
        assert mirrored["label"].tolist() == found["label"].tolist()


def test_the_cut_is_where_the_count_of_white_cells_is_right():
    box, other = [0, 0, 9, 9], [20, 0, 29, 9]
    y_true = [{"corners": [box, other], "label": [1, 0]}] * 3
    found = [
        {"corners": [box, other, other], "label": [1, 1, 0], "score": [0.58, second, 0.9]}
        for second in (0.12, 0.27, 0.41)
    ]
    cut = smears.choose(found, y_true)
    assert 0.41 < cut <= 0.58 and count_error(y_true, found, label=1, cut=cut).value == 0
