"""The simulated tissue: nine kinds in the layout of PathMNIST, slides that share a stain, and hospitals."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from medlearn.data.images.simulate.tissue import (
    KINDS,
    SPLITS,
    STAINS,
    TILES,
    TUMOUR,
    draw_looks,
    draw_tiles,
    write_pathology,
)


def tiles_of(name, *, count=40, hospital="A", pixels=32, seed=0):
    rng = np.random.default_rng(seed)
    looks = draw_looks(np.full(count, hospital), rng)
    return draw_tiles(np.full(count, KINDS.index(name)), looks, rng, pixels)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_pathology(tmp_path_factory.mktemp("tissue"))


@pytest.fixture(scope="module")
def arrays(path):
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


@pytest.fixture(scope="module")
def drawn():
    return {name: tiles_of(name) for name in KINDS}


def test_it_is_laid_as_the_real_file_is(path, arrays):
    assert path.name == "pathmnist.npz" and arrays["simulated"]
    for split in SPLITS:
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        assert images.dtype == labels.dtype == np.uint8 and images.shape == (len(labels), 28, 28, 3)
        assert labels.shape == (len(images), 1) and set(labels.ravel()) == set(range(9))
    assert 2500 < sum(len(arrays[f"{split}_images"]) for split in SPLITS) < 3500


def test_no_slide_is_in_two_splits_and_hospital_c_in_the_test_alone(arrays):
    seen = set()
    for split, hospitals in SPLITS.items():
        patient, hospital = arrays[f"{split}_patient"], arrays[f"{split}_hospital"]
        slides, counts = np.unique(patient, return_counts=True)
        assert len(slides) == sum(hospitals.values()) and not seen & set(slides)
        assert TILES[0] <= counts.min() and counts.max() <= TILES[1]
        assert set(hospital) == set(hospitals)
        assert all(len(set(hospital[patient == slide])) == 1 for slide in slides)
        seen |= set(slides)
    assert set(arrays["test_hospital"]) == {"C"} and "C" not in arrays["train_hospital"]


def test_no_kind_is_rare_and_slides_differ_in_their_mixture(arrays):
    labels, patient = arrays["train_labels"].ravel(), arrays["train_patient"]
    assert np.bincount(labels).min() > 0.06 * len(labels)
    most = [np.bincount(labels[patient == slide]).max() / np.sum(patient == slide) for slide in set(patient)]
    assert np.mean(most) > 0.3


def test_a_seed_gives_the_same_bytes_and_another_seed_other_pictures(path, arrays, tmp_path):
    assert write_pathology(tmp_path).read_bytes() == path.read_bytes()
    other = np.load(write_pathology(tmp_path, seed=1))["train_images"]
    assert not np.array_equal(other[:50], arrays["train_images"][:50])


def test_the_same_tissue_at_twice_the_size():
    small, large = (tiles_of("tumour", count=8, pixels=pixels).astype(float) for pixels in (32, 64))
    assert large.shape == (8, 64, 64, 3)
    halved = large.reshape(8, 32, 2, 32, 2, 3).mean((2, 4))
    for one, other in zip(small, halved, strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.95


def test_each_kind_has_its_colours(drawn):
    colour = {name: tiles.mean((0, 1, 2)) for name, tiles in drawn.items()}
    assert all(min(colour[name]) > 225 for name in ("adipose", "background"))
    assert np.ptp(colour["background"]) < 5
    pink = {name: red - blue for name, (red, _, blue) in colour.items()}
    assert pink["smooth muscle"] > 15 and pink["stroma"] > 5 and pink["lymphocytes"] < -15
    assert drawn["smooth muscle"].mean() < drawn["stroma"].mean() < drawn["mucus"].mean()


def test_a_tumours_mean_colour_lies_among_that_of_others(drawn):
    means = {name: tiles.mean((1, 2)) for name, tiles in drawn.items()}
    tumour, blue = means["tumour"].mean(0), means["lymphocytes"].mean(0)
    assert (blue[:2] < tumour[:2]).all() and (tumour < means["stroma"].mean(0)).all()
    crypts = abs(means["normal mucosa"].mean(0) - tumour)
    assert (crypts < 2 * means["tumour"].std(0)).all()


def test_colour_alone_does_not_find_tumour_and_the_size_of_what_is_dark_helps(drawn):
    """Large nuclei are dark over several pixels, small ones over few."""
    tiles, tumour = np.concatenate(list(drawn.values())).astype(float), np.repeat(np.arange(9) == TUMOUR, 40)
    colour = tiles.mean((1, 2))
    dark = tiles[..., 0] < tiles[..., 0].mean((1, 2), keepdims=True) - 10
    across = [dark[:, :, :-by] & dark[:, :, by:] for by in (1, 2, 3, 4, 5)]
    shape = np.stack([pair.mean((1, 2)) for pair in across], -1) / dark.mean((1, 2))[:, None].clip(0.02)
    odd = np.arange(len(tiles)) % 2 == 1

    def found(features):
        features = (features - features.mean(0)) / features.std(0)
        model = LogisticRegression(max_iter=1000).fit(features[odd], tumour[odd])
        return roc_auc_score(tumour[~odd], model.predict_proba(features[~odd])[:, 1])

    assert found(colour) < 0.9 and found(np.concatenate([colour, shape], 1)) > found(colour) + 0.05


def test_hospital_c_stains_unlike_the_two_others(drawn):
    for name in ("normal mucosa", "stroma", "lymphocytes"):
        a, b, c = (tiles_of(name, hospital=hospital).mean((0, 1, 2)) for hospital in STAINS)
        assert np.linalg.norm(a - c) > 1.5 * np.linalg.norm(a - b)


def test_slides_of_one_hospital_differ_a_little():
    looks = draw_looks(np.repeat(["A", "C"], 200), np.random.default_rng(0))
    strength = looks["stain"][:200].reshape(200, -1)
    assert np.allclose(np.median(strength, 0), np.ravel(STAINS["A"]), rtol=0.08)
    spread = strength.std(0) / strength.mean(0)
    assert (spread > 0.08).all() and (spread < 0.25).all()
    assert looks["blur"].min() >= 0 and looks["blur"].max() <= 1 and looks["light"].max() <= 1


def test_one_slide_alone_and_one_kind_alone():
    assert tiles_of("background", count=1).shape == (1, 32, 32, 3)
    assert tiles_of("tumour", count=1, pixels=28).dtype == np.uint8
