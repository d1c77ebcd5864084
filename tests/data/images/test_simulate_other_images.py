"""The simulated cells, retinas and breast ultrasounds: format, content, neither trivial nor hopeless."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import cohen_kappa_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from medlearn.data.images.medmnist import read_medmnist
from medlearn.data.images.simulate import cells, fundus, ultrasound
from medlearn.data.images.simulate.cells import write_blood
from medlearn.data.images.simulate.fundus import write_retina
from medlearn.data.images.simulate.ultrasound import write_breast

WRITERS = {
    write_blood: ("bloodmnist", cells.SPLITS, (28, 28, 3), 8, (0.85, 0.99)),
    write_retina: ("retinamnist", fundus.SPLITS, (28, 28, 3), 5, (0.51, 0.75)),
    write_breast: ("breastmnist", ultrasound.SPLITS, (28, 28), 2, (0.65, 0.93)),
}  # name, sizes, shape, classes, and between what the AUROC of a linear model lies
every = pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    return {write: write(folder) for write in WRITERS}


@pytest.fixture(scope="module")
def data(paths):
    return {write: read_medmnist(path) for write, path in paths.items()}


@every
def test_official_names_types_and_classes(write, paths):
    name, splits, shape, classes, _ = WRITERS[write]
    assert paths[write].name == f"{name}.npz"
    with np.load(paths[write], allow_pickle=False) as arrays:
        for part, count in splits.items():
            images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
            assert (images.dtype, images.shape) == (np.uint8, (count, *shape))
            assert (labels.dtype, labels.shape) == (np.uint8, (count, 1))
            assert set(labels.ravel()) == set(range(classes))


@every
def test_a_seed_gives_the_same_bytes_and_another_seed_other_pictures(write, paths, data, tmp_path):
    assert write(tmp_path).read_bytes() == paths[write].read_bytes()
    assert not np.array_equal(read_medmnist(write(tmp_path, seed=1)).test.x, data[write].test.x)


@every
def test_the_same_pictures_at_twice_the_size(write, data, tmp_path):
    path = write(tmp_path, pixels=56)
    assert path.name.endswith("_56.npz")
    small, large = data[write].validation.x, read_medmnist(path).validation.x.astype(float)
    shrunk = (large[:, ::2, ::2] + large[:, 1::2, ::2] + large[:, ::2, 1::2] + large[:, 1::2, 1::2]) / 4
    alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(small, shrunk, strict=True)]
    assert np.median(alike) > 0.95


@every
def test_patients_have_several_pictures_and_no_picture_comes_twice(write, data):
    assert data[write].patients_known
    _, each = np.unique(data[write].train.patient, return_counts=True)
    assert each.max() > 1
    pictures = np.concatenate([split.x for split in data[write].splits.values()])
    assert len(np.unique(pictures, axis=0)) == len(pictures)


@every
def test_a_linear_model_learns_something_but_not_all(write, data):
    train, test = data[write].train, data[write].test
    flat = [split.x.reshape(len(split), -1).astype(np.float32) for split in (train, test)]
    model = make_pipeline(
        PCA(40, svd_solver="randomized", random_state=0), StandardScaler(), LogisticRegression()
    )
    score = model.fit(flat[0], train.y).predict_proba(flat[1])
    score = score[:, 1] if score.shape[1] == 2 else score
    low, high = WRITERS[write][-1]
    assert low < roc_auc_score(test.y, score, multi_class="ovr") < high


def test_blood_cells_differ_as_taught(data):
    train = data[write_blood].train
    stained = (train.x[..., 1] < 110).mean((1, 2))  # purple takes the green light
    size = [stained[train.y == kind].mean() for kind in range(8)]
    assert np.argmin(size) == 7  # platelets
    assert size[5] > size[2]  # a monocyte's nucleus is larger than an erythroblast's
    assert set(train.about["lobes"][train.y == 6]) == {3, 4, 5}  # neutrophils
    red = train.x[:, 8:20, 8:20].mean((1, 2)) @ (1, 0, -1)
    assert np.argmax([red[train.y == kind].mean() for kind in range(8)]) == 1  # eosinophils are orange


def test_retinal_grades_follow_severity_and_spots(data):
    train = data[write_retina].train
    severity = [train.about["severity"][train.y == grade].mean() for grade in range(5)]
    assert severity == sorted(severity)
    green = train.x[:, 7:21, 7:21, 1].astype(float)
    uneven = np.abs(np.diff(green, axis=1)).mean((1, 2)) / green.mean((1, 2))
    means = [uneven[train.y == grade].mean() for grade in range(5)]
    assert means[4] > means[2] > means[0]
    assert abs(means[1] - means[0]) < means[4] - means[2]  # grade 1 hardly shows


def test_both_eyes_of_a_patient_are_near_in_severity_and_mirror_images(data):
    train = data[write_retina].train
    assert np.abs(np.diff(train.about["severity"].reshape(-1, 2))).mean() < 0.1
    bright = train.x[:, 10:18].sum(-1).astype(float).mean(1)  # (n, 28) across the middle
    right, left = bright[0::2].mean(0), bright[1::2].mean(0)
    assert np.argmax(right) < 14 < np.argmax(left)


def test_two_graders_agree_well_but_not_on_what_cannot_be_graded(data):
    splits = data[write_retina].splits.values()
    first, second, gradable = (
        np.concatenate(parts)
        for parts in zip(*((s.y, s.about["second"], s.about["gradable"]) for s in splits), strict=True)
    )
    assert second.dtype == np.int64 and gradable.dtype == bool
    assert set(second) == set(range(5)) and not np.array_equal(first, second)
    assert np.allclose(np.bincount(first), np.bincount(second), atol=1)  # neither is the stricter one
    good, bad = (
        cohen_kappa_score(first[those], second[those], weights="quadratic") for those in (gradable, ~gradable)
    )
    assert 0.85 < good < 0.95 and bad < good - 0.1


def test_what_cannot_be_graded_is_rare_and_comes_in_pairs(data):
    for split in data[write_retina].splits.values():
        assert 0.03 < 1 - split.about["gradable"].mean() < 0.14
    bad = ~data[write_retina].train.about["gradable"].reshape(-1, 2)
    assert bad.all(1).mean() > 2 * bad.mean() ** 2
    assert bad.any(1).sum() > bad.all(1).sum()


def test_what_cannot_be_graded_looks_so_and_shows_less(data):
    train = data[write_retina].train
    bad = ~train.about["gradable"]
    middle = train.x[:, 7:21, 7:21].astype(float)
    dark = middle.mean((1, 2, 3)) < 45
    white = (middle[..., 2] > 0.7 * middle[..., 0]) & (middle[..., 0] > 60)  # no eye's ground is as blue
    glare = white.mean((1, 2)) > 0.05
    uneven = np.abs(np.diff(middle[..., 1], axis=1)).mean((1, 2)) / middle[..., 1].mean((1, 2))
    for sign in (dark, glare):
        assert not (sign & ~bad).any() and 0.15 < (sign & bad).sum() / bad.sum() < 0.55
    blurred = bad & ~dark & ~glare
    assert blurred.sum() > 0.2 * bad.sum()
    assert np.median(uneven[blurred]) < 0.8 * np.quantile(uneven[~bad], 0.25)
    found = [roc_auc_score(train.y[those] >= 2, uneven[those]) for those in (~bad, bad)]
    assert found[0] > 0.75 and found[1] < found[0] - 0.1


def test_breast_lumps_are_dark_where_the_truth_says(data):
    train = data[write_breast].train
    kind, centre = train.about["kind"], train.about["centre"]
    assert ((kind > 0) == train.y).all()
    assert (np.isnan(centre[:, 0]) == (kind == 2)).all()
    lump = np.flatnonzero(kind < 2)
    column, row = (centre[lump] * 28).astype(int).T
    inside = train.x[lump, row.clip(0, 27), column.clip(0, 27)]
    assert inside.mean() < 0.6 * train.x[kind == 2][:, 10:18, 8:20].mean()
