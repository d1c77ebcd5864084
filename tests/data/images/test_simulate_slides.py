"""The simulated slides: bags of tiles, tumour on few of them, two hospitals and a third in the test."""

import csv
import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from medlearn.data.images.simulate import slides
from medlearn.data.images.simulate.slides import MOST, SPLITS, draw_slides, write_slides
from medlearn.data.images.simulate.tissue import TUMOUR
from medlearn.errors import DataError

ALL = sum(count for hospitals in SPLITS.values() for count in hospitals.values())


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_slides(tmp_path_factory.mktemp("slides"))


@pytest.fixture(scope="module")
def archive(path):
    with zipfile.ZipFile(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def rows(archive):
    return rows_of(archive, "slides.csv")


@pytest.fixture(scope="module")
def marked(archive):
    """The tumour of each tile, in order, by slide."""
    tiles: dict[str, list[int]] = {}
    for place, row in enumerate(rows_of(archive, "tiles.csv")):
        own = tiles.setdefault(row["slide"], [])
        own.append(int(row["tumour"]))
        assert int(row["tile"]) == len(own), place
    return tiles


def rows_of(archive, name):
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


@pytest.fixture(scope="module")
def drawn():
    return draw_slides(60, tiles=(10, 40), pixels=16)


def test_the_file_holds_a_folder_a_slide_and_two_tables(archive, rows, marked):
    assert list(rows[0]) == ["slide", "label", "split", "patient", "hospital"]
    assert len(rows) == ALL == len({row["slide"] for row in rows}) == len({row["patient"] for row in rows})
    laid = {f"{slide}/{place + 1:04}.png" for slide, own in marked.items() for place in range(len(own))}
    assert set(archive.namelist()) == laid | {"slides.csv", "tiles.csv", "SIMULATED.txt"}
    assert all(24 <= len(own) <= 64 for own in marked.values()) and len(marked) == ALL
    picture = Image.open(io.BytesIO(archive.read(f"{rows[0]['slide']}/0001.png")))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (28, 28))


def test_splits_hospitals_and_labels_have_their_shares(rows):
    for split, hospitals in SPLITS.items():
        own = [row for row in rows if row["split"] == split]
        assert {row["hospital"] for row in own} == set(hospitals)
        for hospital, count in hospitals.items():
            labels = [int(row["label"]) for row in own if row["hospital"] == hospital]
            assert len(labels) == count and sum(labels) == count // 2
    assert {row["split"] for row in rows if row["hospital"] == "C"} == {"test"}


def test_a_slides_name_tells_neither_its_split_nor_its_label(rows):
    for name, value in (("label", "1"), ("split", "test"), ("hospital", "A")):
        told = [row[name] == value for row in rows]
        assert 0.35 < roc_auc_score(told, np.arange(len(rows))) < 0.65


def test_tumour_is_on_one_tile_at_least_and_on_thirty_percent_at_most(rows, marked):
    share = {row["slide"]: np.mean(marked[row["slide"]]) for row in rows}
    ill = np.array([share[row["slide"]] for row in rows if row["label"] == "1"])
    assert not any(share[row["slide"]] for row in rows if row["label"] == "0")
    assert ill.min() > 0 and ill.max() <= MOST
    counts = np.array([sum(marked[row["slide"]]) for row in rows if row["label"] == "1"])
    assert counts.min() == 1 and np.median(counts) < counts.mean() and np.median(ill) < 0.12


def test_a_seed_gives_the_same_bytes_and_another_seed_other_pictures(path, tmp_path, monkeypatch):
    few = {"train": {"A": 2}, "val": {"B": 2}, "test": {"C": 2}}
    monkeypatch.setattr(slides, "SPLITS", few)
    contents = []
    for number, seed in enumerate((0, 0, 1)):
        (tmp_path / str(number)).mkdir()
        contents.append(write_slides(tmp_path / str(number), seed=seed).read_bytes())
    assert contents[0] == contents[1] != contents[2]
    one, other, again = (draw_slides(2, pixels=16, seed=seed)["tiles"]["value"] for seed in (0, 1, 0))
    assert np.array_equal(one, again) and not np.array_equal(one[:20], other[:20])


def test_what_is_drawn_has_the_shapes_that_are_said(drawn):
    tiles, kind, tumour, label = (drawn[name] for name in ("tiles", "kind", "tumour", "label"))
    assert tiles["value"].dtype == np.uint8 and tiles["value"].shape[1:] == (16, 16, 3)
    assert len(tiles) == len(label) == 60 and label.sum() == 30
    assert np.array_equal(tiles.start, kind.start) and np.array_equal(tiles.start, tumour.start)
    assert tiles.counts.min() >= 10 and tiles.counts.max() <= 40
    assert tumour["value"].dtype == bool and np.array_equal(tumour["value"], kind["value"] == TUMOUR)
    assert np.array_equal([own.any() for own in tumour], label == 1)
    assert max(own.mean() for own in tumour) <= MOST


def test_the_mixture_differs_between_slides_but_not_by_label(drawn):
    mixtures = np.array(
        [np.bincount(own[own != TUMOUR], minlength=TUMOUR) / len(own) for own in drawn["kind"]]
    )
    assert mixtures.std(0).max() > 0.15 and (mixtures.mean(0) > 0.01).all()
    ill = drawn["label"] == 1
    apart = abs(mixtures[ill].mean(0) - mixtures[~ill].mean(0))
    assert (apart < 4 * mixtures.std(0) * np.sqrt(4 / len(ill)) / 2 + 0.02).all()


def test_tumour_lies_together(drawn):
    beside, apart = [], []
    for own in drawn["tumour"]:
        down, across = np.divmod(np.flatnonzero(own), slides.COLUMNS)
        if len(down) > 2:
            away = np.hypot(down[:, None] - down, across[:, None] - across) + 99 * np.eye(len(down))
            beside.append(np.mean(away.min(1) < 1.5))
            apart.append(len(down))
    assert len(beside) > 5 and np.mean(beside) > 0.9


def test_shares_of_tumour_that_are_asked_for():
    assert not draw_slides(3, tumour=0, pixels=16)["tumour"]["value"].any()
    assert draw_slides(3, tumour=1, pixels=16)["label"].tolist() == [1, 1, 1]
    few = draw_slides(6, tumour=1, tiles=(1, 3), pixels=16)
    assert [own.sum() for own in few["tumour"]] == [1] * 6
    assert draw_slides(1, tiles=(150, 150), pixels=16)["tiles"].counts.tolist() == [150]


def test_the_mean_colour_of_a_slide_does_not_tell_its_label():
    drawn = draw_slides(200, tiles=(24, 30), pixels=16)
    colour = np.array([tiles.mean((0, 1, 2)) for tiles in drawn["tiles"]])
    colour, odd = (colour - colour.mean(0)) / colour.std(0), np.arange(200) % 2 == 1
    model = LogisticRegression().fit(colour[odd], drawn["label"][odd])
    assert roc_auc_score(drawn["label"][~odd], model.predict_proba(colour[~odd])[:, 1]) < 0.68


def test_hospital_c_is_known_by_its_stain():
    light = [
        draw_slides(12, hospital=hospital, pixels=16)["tiles"]["value"].mean((0, 1, 2)) for hospital in "ABC"
    ]
    (a, b, c), redder = light, [colour[0] - colour[2] for colour in light]
    assert np.linalg.norm(a - c) > 1.5 * np.linalg.norm(a - b) and redder[2] > max(redder[:2]) + 5


def test_an_unknown_hospital_is_named():
    with pytest.raises(DataError, match="no stain of hospital 'D': choose one of A, B, C"):
        draw_slides(1, hospital="D")
