"""The hippocampus's recipe, short: its table with both splits, what it alters, its measures."""

import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.dataset import Split
from medlearn.data.images.simulate import hippocampus as simulator
from medlearn.models.unet import unet
from medlearn.results import hippocampus, main

KEYS = {"dice_anterior", "dice_posterior", "hd95", "volume_limits"}


@pytest.fixture
def few(tmp_path, monkeypatch):
    """Few simulated scans, in a file of one's own."""
    monkeypatch.setattr(simulator, "PEOPLE", 9)
    return simulator.write_hippocampus(tmp_path)


def test_the_table_has_both_splits_and_the_mean_shape(few, monkeypatch, capsys):
    monkeypatch.setattr(
        hippocampus, "train_unet", lambda data, *, seed: unet((None, None, None, 1), 3, width=2)
    )
    main(["hippocampus", "--file", str(few), "--seeds", "2"])
    printed = capsys.readouterr().out
    for row in ("split by volume", "mean shape of the people", "limits of agreement a seed", "Barnes"):
        assert row in printed
    table = hippocampus.run("hippocampus", file=str(few), seeds=2)
    assert all(set(row) == KEYS for row in table.rows.values())


def test_another_source_of_another_size_is_scored(few, tmp_path, monkeypatch):
    small = tmp_path / "other"
    small.mkdir()
    monkeypatch.setattr(simulator, "SHAPE", (24, 56, 24))
    other = simulator.write_hippocampus(small, seed=1)
    train = hippocampus.train_unet
    monkeypatch.setattr(
        hippocampus, "train_unet", lambda data, *, seed: train(data, seed=seed, steps=1, width=2)
    )
    data = hippocampus.load_data("hippocampus", file=other, train=few)
    assert data.train.x.shape[1:] != data.test.x.shape[1:]
    table = hippocampus.run("hippocampus", file=other, train=few, seeds=2)
    assert np.mean(table.rows["mean shape of the people learnt from"]["dice_anterior"]) > 0.3


def test_it_learns_in_a_few_steps(few):
    data = load("hippocampus", file=few)
    model = hippocampus.train_unet(data, seed=0, steps=2, width=2)
    labels = hippocampus.labels_of(model, data.test.x)
    assert labels.shape == data.test.y.shape and set(np.unique(labels)) <= {0, 1, 2}


def test_a_right_answer_has_no_error_and_a_larger_voxel_counts():
    y = np.zeros((3, 16, 16, 16), np.uint8)
    for n in range(3):
        y[n, 4:10, 2:8, 4 : 10 + n], y[n, 4:10, 8:14, 4:10] = 1, 2
    test = Split(y, y, np.arange(3), {"spacing": np.full((3, 3), 2.0)})
    assert hippocampus.measures(hippocampus.Answer(test, y)) == {
        "dice_anterior": 1,
        "dice_posterior": 1,
        "hd95": 0,
        "volume_limits": 0,
    }
    shifted = np.roll(y, 1, axis=3)
    found = hippocampus.measures(hippocampus.Answer(test, shifted))
    assert found["hd95"] == 2 and found["volume_limits"] == 0 and found["dice_posterior"] < 0.9


def test_image_and_labels_are_altered_alike():
    x, y = np.zeros((2, 24, 32, 24))
    y = y.astype(np.uint8)
    x[8:16, 10:22, 8:16], y[8:16, 10:22, 8:16] = 900, 1
    seen, target = hippocampus.altered(x, y, np.random.default_rng(0))
    assert seen.shape == (24, 32, 24, 1) and target.shape == (24, 32, 24, 3) and (target.sum(-1) == 1).all()
    overlap = (seen[..., 0] > 0.5) & (target[..., 1] == 1)
    assert overlap.sum() > 0.8 * target[..., 1].sum()
