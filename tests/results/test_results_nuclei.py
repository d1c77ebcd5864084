"""The nuclei's recipe, short: its table, what it alters, pictures of any size, another source."""

import numpy as np
import pytest

from medlearn.data.images.simulate import nuclei as simulator
from medlearn.models.unet import unet
from medlearn.results import main, nuclei
from medlearn.results.table import OURS

KEYS = {"dice", "matched50", "matched_mean"}


@pytest.fixture
def few(tmp_path, monkeypatch):
    """Few simulated pictures, in a file of one's own."""
    monkeypatch.setattr(simulator, "WELLS", 10)
    monkeypatch.setattr(simulator, "FIELDS", 2)
    return simulator.write_nuclei(tmp_path)


@pytest.fixture
def untrained(monkeypatch):
    monkeypatch.setattr(nuclei, "train_unet", lambda train, *, seed: unet((None, None, 1), 2, width=2))


@pytest.mark.usefixtures("untrained")
def test_the_table_has_ours_beside_otsu_with_the_difference(few, capsys):
    main(["nuclei", "--file", str(few), "--train", str(few), "--seeds", "2"])
    printed = capsys.readouterr().out
    assert "otsu" in printed and "less Otsu's" in printed and "both empty 1, one empty 0" in printed


@pytest.mark.usefixtures("untrained")
def test_each_row_has_the_three_measures(few):
    table = nuclei.run("nuclei", file=str(few), seeds=2)
    assert set(table.rows[OURS]) == set(table.rows["otsu"]) == KEYS
    assert len(table.rows[OURS]["dice"]) == 2 and table.rows["otsu"]["dice"].low < 1


def test_it_learns_in_a_few_steps(few, monkeypatch):
    from medlearn.data import load

    monkeypatch.setattr(nuclei, "SIDE", 64)
    data = load("nuclei", file=few)
    model = nuclei.train_unet(data.train, seed=0, steps=4, width=2)
    maps = nuclei.answer_of(model, data.test.x[0][:100, :90])
    assert maps.shape == (100, 90, 2) and 0 <= maps.min() <= maps.max() <= 1


def test_picture_and_target_are_altered_alike(monkeypatch):
    monkeypatch.setattr(nuclei, "SIDE", 64)
    x = np.zeros((80, 50))
    x[20:50, 10:40] = 100
    y = np.stack([x > 0, x / 100, 1 + (x > 0)], -1).astype(np.float32)
    for seed in range(6):
        seen, target = nuclei.altered(x, y, np.random.default_rng(seed))
        assert seen.shape == (64, 64, 1) and target.shape == (64, 64, 3)
        inside = target[..., 0] > 0.99
        assert inside.any() and (seen[..., 0][inside] > 250).all()


def test_a_cut_around_a_nucleus_holds_it(monkeypatch):
    monkeypatch.setattr(nuclei, "SIDE", 32)
    labels = np.zeros((200, 200), np.uint16)
    labels[3:9, 180:187] = 4
    (middle,) = nuclei._middles(labels)
    assert middle.tolist() == [5.5, 183]
    y = np.dstack([labels > 0] * 3).astype(np.float32)
    rng = np.random.default_rng(0)
    cuts = [nuclei.altered(labels.astype(float), y, rng, around=middle)[1] for _ in range(20)]
    assert all(cut[..., 0].max() > 0.9 for cut in cuts)
    elsewhere = [nuclei.altered(labels.astype(float), y, rng)[1] for _ in range(20)]
    assert sum(cut[..., 0].max() > 0.9 for cut in elsewhere) < 10


def test_where_to_cut_is_chosen_by_the_matched_share():
    labels = np.zeros((30, 40), np.uint16)
    labels[5:15, 5:15], labels[5:15, 15:25] = 1, 2
    distance = np.zeros((30, 40))
    distance[7:13, 7:13], distance[7:13, 17:23], distance[5:15, 13:17] = 0.9, 0.9, 0.35
    maps = np.stack([(labels > 0) * 0.55, distance], -1)
    chosen = nuclei.choose([maps], [labels])
    assert chosen["inside"] < 0.55 and chosen["seed"] >= 0.4
