"""The slides' recipe, short: its table, another source, stains, what it learns from, and what it refuses."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medlearn.data import load
from medlearn.data.dataset import Dataset, Split
from medlearn.data.images.simulate import slides as simulator
from medlearn.data.images.simulate import tissue
from medlearn.data.ragged import Ragged
from medlearn.errors import DataError, FetchError
from medlearn.features.stain import stain_of
from medlearn.models.bags import bag_net
from medlearn.models.cnn import course_net
from medlearn.results import main, slides
from medlearn.results.seeds import load_data
from medlearn.results.table import OURS

POOLED = {"mean of the tiles", "max of the tiles"}
COLOUR = "mean colour of the slide, logistic regression"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Few simulated slides, in files of one's own, drawn by a seed."""
    few = {"train": {"A": 4, "B": 4}, "val": {"A": 2, "B": 2}, "test": {"A": 4, "C": 6}}
    monkeypatch.setattr(simulator, "SPLITS", few)

    def write(seed):
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        return simulator.write_slides(folder, seed=seed)

    return write


@pytest.fixture
def tiles(tmp_path, monkeypatch):
    """Few tiles of tissue in a file like PathMNIST's."""
    monkeypatch.setattr(tissue, "SPLITS", {"train": {"A": 8}, "val": {"A": 2}, "test": {"C": 2}})
    return tissue.write_pathology(tmp_path)


@pytest.fixture
def untrained(monkeypatch):
    """Nets that have learnt nothing, and for each net of bags what it was given to learn from."""
    given = []

    def train_encoder(tissues, *, seed):
        keras.utils.set_random_seed(seed)
        return course_net((28, 28, 3), slides.TUMOUR, width=2)

    def train_bags(learnt, y, *, pooling, seed):
        given.append((learnt, y, pooling, seed))
        keras.utils.set_random_seed(seed)
        net = bag_net(learnt[0].shape[1], pooling=pooling)
        for weight in net.trainable_weights:
            weight.assign(weight + keras.random.normal(weight.shape, seed=seed))
        return net

    monkeypatch.setattr(slides, "train_encoder", train_encoder)
    monkeypatch.setattr(slides, "train_bags", train_bags)
    return given


def rewritten(data, **changed):
    """The data with the test slides' `about` changed; None takes one out."""
    about = {name: values for name, values in (data.test.about | changed).items() if values is not None}
    return replace(data, test=replace(data.test, about=about))


def run_on(data, monkeypatch, tissues):
    """The table of this data, whatever file is asked for."""
    monkeypatch.setattr(slides, "load_data", lambda name, **_: data if name == "slides" else tissues)
    return slides.run("slides", seeds=2)


def test_tiles_are_measured_where_attention_scores_them(write, tiles, untrained):
    table = slides.run("slides", file=str(write(0)), tiles=str(tiles), seeds=2)
    assert set(table.rows) == {OURS, slides.UNMATCHED, COLOUR} | POOLED
    for system, row in table.rows.items():
        scored = ["tile_auroc"] if system in (OURS, slides.UNMATCHED) else []
        assert list(row) == ["auroc", *scored, "sensitivity", "specificity"]
    assert [(pooling, seed) for *_, pooling, seed in untrained] == [
        (pooling, seed) for seed in (0, 1) for pooling in ("attention", "mean", "max", "attention")
    ]
    printed = table.markdown()
    assert "Nothing is chosen on them" in printed and "without tumour of pathology" in printed
    assert str(tiles) not in printed


def test_it_learns_from_one_file_and_is_scored_on_the_other_s_test_slides(write, tiles, untrained, capsys):
    one, other = write(0), write(1)
    typed = ["slides", "--train", str(one), "--file", str(other), "--tiles", str(tiles), "--seeds", "2"]
    main(typed)
    printed = capsys.readouterr().out
    assert "AUROC of tiles" in printed and not any(str(path) in printed for path in (one, other, tiles))
    learnt, y, *_ = untrained[0]
    data = load("slides", file=one)
    assert y.tolist() == [*data.train.y, *data.validation.y]
    assert [len(slide) for slide in learnt] == [*data.train.x.counts, *data.validation.x.counts]
    colour = slides.measures(slides.answer_from_colour(load_data("slides", train=one, file=other)))
    assert f"| {COLOUR} | {colour['auroc']:.3f} |  |" in printed


# The hospital that is met in the test alone


def test_slides_of_another_hospital_are_told_of_alone(write, tiles, untrained):
    path = write(0)
    note = slides.run("slides", file=str(path), tiles=str(tiles), seeds=2).notes[-1]
    assert note.startswith("On the 6 test slides of a hospital that is in no other split, AUROC ")
    data = load("slides", file=path)
    away, areas = slides.strange(data), []
    assert (data.test.about["hospital"][away] == "C").all() and away.sum() == 6
    for seed in (0, 1):
        ours = slides.answer_slides(data, load("pathology", file=tiles).train, seed=seed)[OURS]
        areas.append(roc_auc_score(data.test.y[away], ours.probability[away]))
    assert f"AUROC {np.mean(areas):.3f} (" in note


@pytest.mark.parametrize("kind", ["no hospital known", "none is strange", "one class alone"])
def test_where_that_says_nothing_there_is_no_such_note(kind, write, tiles, untrained, monkeypatch):
    data = load("slides", file=write(0))
    hospital = {
        "no hospital known": None,
        "none is strange": np.full(len(data.test), "B"),
        "one class alone": np.where(data.test.y == 1, "C", "A"),
    }[kind]
    table = run_on(rewritten(data, hospital=hospital), monkeypatch, load("pathology", file=tiles))
    assert not any("hospital" in note for note in table.notes) and "auroc" in table.rows[OURS]


def test_an_interval_of_two_seeds_ends_where_an_area_does():
    found = slides.within(slides.over_seeds([0.1, 0.9]))
    assert (found.value, found.low, found.high) == (0.5, 0, 1)


# What is measured


def answer(**about):
    """What is said of three slides, of which `about` knows what is given."""
    x, y = Ragged.of([np.zeros((count, 2, 2, 3), np.uint8) for count in (1, 2, 1)]), np.array([0, 1, 1])
    test = Split(x, y, np.arange(3), about)
    return slides.Answer(test, np.array([0.2, 0.4, 0.9]), np.array([-3.0, 2, -1, 0.5]))


def test_measures():
    found = slides.measures(answer(tumour=Ragged.of([[False], [True, False], [True]])))
    assert found == {"auroc": 1, "tile_auroc": 1, "sensitivity": 0.5, "specificity": 1}


@pytest.mark.parametrize("about", [{}, {"tumour": Ragged.of([[False], [False, False], [False]])}])
def test_without_a_truth_by_tile_tiles_are_not_measured(about):
    assert list(slides.measures(answer(**about))) == ["auroc", "sensitivity", "specificity"]


# Stains and scales


def test_all_but_the_last_row_see_one_stain(write, tiles, untrained, monkeypatch):
    data, seen, features = load("slides", file=write(0)), [], slides.features

    def watched(encoder, bags):
        seen.append(np.stack([stain_of(bag) for bag in bags]))
        return features(encoder, bags)

    monkeypatch.setattr(slides, "features", watched)
    slides.answer_slides(data, load("pathology", file=tiles).train, seed=0)
    known, _ = slides.known_slides(data)
    like = np.mean([stain_of(bag) for bag in known], axis=0)
    matched, matched_test, raw, raw_test = seen
    np.testing.assert_allclose(matched, np.tile(like, (len(known), 1)), atol=0.01)
    np.testing.assert_allclose(matched_test, np.tile(like, (len(data.test), 1)), atol=0.01)
    np.testing.assert_allclose(raw, [stain_of(bag) for bag in known])
    np.testing.assert_allclose(raw_test, [stain_of(bag) for bag in data.test.x])
    assert np.abs(raw_test - like).max() > 0.03


def test_each_tile_s_features_are_its_own(write):
    data, encoder = load("slides", file=write(0)), keras.Sequential([keras.layers.GlobalAveragePooling2D()])
    found = slides.features(encoder, [*data.test.x])
    assert [bag.shape for bag in found] == [(count, 3) for count in data.test.x.counts]
    np.testing.assert_allclose(found[3], data.test.x[3].mean((1, 2)), rtol=1e-4)


def test_features_are_scaled_by_what_is_learnt_from():
    rng = np.random.default_rng(0)
    learnt = [rng.normal((3, 50, 7), (1, 9, 0), (count, 3)) for count in (5, 90)]
    scaled, (asked,) = slides.standardised(learnt, [np.array([[3, 50, 7], [4, 59, 8.0]])])
    together = np.concatenate(scaled)
    np.testing.assert_allclose(together.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(together.std(0), [1, 1, 0], atol=1e-6)
    np.testing.assert_allclose(asked, [[0, 0, 0], [1, 1, 1]], atol=0.4)
    assert [len(bag) for bag in scaled] == [5, 90]


# What is learnt from


def test_the_encoder_never_sees_tumour(tiles, monkeypatch):
    given = []
    monkeypatch.setattr(slides, "fit", lambda net, pair, **how: given.append(pair))
    tissues = load("pathology", file=tiles).train
    net = slides.train_encoder(tissues, seed=0)
    (healthy,) = given
    assert net.output_shape == (None, 8) and set(healthy.y) == set(range(8)) and 8 in tissues.y
    np.testing.assert_array_equal(healthy.x, tissues.x[tissues.y < 8])


def test_all_of_it_learns_in_a_few_steps(write, tiles, monkeypatch):
    for name, value in (("WIDTH", 2), ("EPOCHS", 1), ("BAG_EPOCHS", 1)):
        monkeypatch.setattr(slides, name, value)
    data, ticks = load("slides", file=write(0)), []
    tissues = load("pathology", file=tiles).train
    answers = slides.answer_slides(data, tissues, seed=0, tick=lambda: ticks.append(1))
    assert len(ticks) == 5 and list(answers) == [*slides.MATCHED, slides.UNMATCHED]
    for system, one in answers.items():
        assert one.probability.shape == (len(data.test),) and (np.abs(one.probability - 0.5) < 0.5).all()
        assert (one.attention is None) == (system in POOLED)
        assert one.attention is None or one.attention.shape == (data.test.x.counts.sum(),)


def test_of_the_test_slides_only_tiles_are_looked_at(write, tiles, untrained):
    data, tissues = load("slides", file=write(0)), load("pathology", file=tiles).train
    blind = replace(data, test=replace(data.test, y=np.full(len(data.test), -1), about={}))
    ours, theirs = (slides.answer_slides(each, tissues, seed=0) for each in (data, blind))
    for system in ours:
        np.testing.assert_allclose(ours[system].probability, theirs[system].probability, atol=1e-5)


def test_colours_are_learnt_from_all_but_the_test_slides():
    def split(*shades):
        x = Ragged.of([np.full((2, 4, 4, 3), shade, np.uint8) for shade in shades])
        return Split(x, np.array(shades) // 100, np.array(shades))

    data = Dataset("made", split(50, 160), split(60, 150), split(40, 55, 170), task="binary")
    assert np.round(slides.answer_from_colour(data).probability).tolist() == [0, 0, 1]


# What it refuses


def test_tissues_of_another_size_are_refused_before_training(write, untrained, tmp_path, monkeypatch):
    monkeypatch.setattr(tissue, "SPLITS", {"train": {"A": 8}, "val": {"A": 2}, "test": {"C": 2}})
    large = tissue.write_pathology(tmp_path, pixels=64)
    with pytest.raises(DataError, match=r"\(28, 28, 3\), but --tiles has 9 of \(64, 64, 3\)"):
        slides.run("slides", file=str(write(0)), tiles=str(large), seeds=2)
    assert not untrained


def test_other_tissues_than_the_nine_are_refused(write, tiles):
    tissues = replace(load("pathology", file=tiles), classes=("one", "another"))
    with pytest.raises(DataError, match="--tiles has 2 of"):
        slides.check_tissues(tissues, load("slides", file=write(0)))


def test_without_the_tissues_the_store_says_what_to_do():
    with pytest.raises(FetchError, match=r"pathmnist\.npz"):
        main(["slides", "--seeds", "2"])


def test_test_slides_of_one_class_are_refused_before_training(write, tiles, untrained, monkeypatch):
    data = load("slides", file=write(0))
    data = replace(data, test=data.test.take(data.test.y == 0))
    with pytest.raises(DataError, match="class"):
        run_on(data, monkeypatch, load("pathology", file=tiles))
    assert not untrained
