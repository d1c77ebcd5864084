"""The simulated chest films: their format, what they show, and that a linear model reads them badly."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from medlearn.data.images.medmnist import read_medmnist
from medlearn.data.images.simulate.films import SPLITS, draw_films, write_pneumonia
from medlearn.errors import DataError
from medlearn.evaluation import auroc, auroc_difference


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_pneumonia(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="module")
def films(path):
    return read_medmnist(path)


def test_official_names_and_types(path):
    assert path.name == "pneumoniamnist.npz"
    with np.load(path, allow_pickle=False) as arrays:
        for part, (count, _, _) in SPLITS.items():
            images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
            assert (images.dtype, images.shape) == (np.uint8, (count, 28, 28))
            assert (labels.dtype, labels.shape) == (np.uint8, (count, 1))


def test_larger_films_have_their_own_file(tmp_path):
    path = write_pneumonia(tmp_path, pixels=64)
    assert path.name == "pneumoniamnist_64.npz"
    assert read_medmnist(path).train.x.shape[1:] == (64, 64, 1)


def test_a_seed_gives_the_same_bytes_and_another_seed_other_films(path, tmp_path):
    assert write_pneumonia(tmp_path).read_bytes() == path.read_bytes()
    other = read_medmnist(write_pneumonia(tmp_path, seed=1))
    assert not np.array_equal(other.train.x, read_medmnist(path).train.x)


def test_splits_share_no_film(films):
    every = np.concatenate([split.x for split in films.splits.values()])
    assert len(np.unique(every, axis=0)) == len(every)


def test_prevalence_shifts_as_in_the_real_data(films):
    shares = [split.y.mean() for split in films.splits.values()]
    assert shares == pytest.approx([0.74, 0.74, 0.62], abs=0.03)


def test_some_patients_have_several_films_and_all_have_one_label(films):
    for split in films.splits.values():
        _, films_each = np.unique(split.patient, return_counts=True)
        assert films_each.max() in (2, 3)
        assert (films_each == 1).mean() > 0.5
        for patient in np.unique(split.patient):
            assert len(set(split.y[split.patient == patient])) == 1


def test_scanners_differ_between_splits_but_not_between_classes(films):
    shares = [split.about["scanner"].mean() for split in films.splits.values()]
    assert shares == pytest.approx([0.15, 0.15, 0.5], abs=0.07)
    for split in (films.train, films.test):
        ill, well = (split.about["scanner"][split.y == label].mean() for label in (1, 0))
        assert abs(ill - well) < 0.12


def test_truth_is_empty_for_normal_films_only(films):
    for split in films.splits.values():
        for name in ("severity", "kind", "opacity"):
            assert ((split.about[name] > 0) == (split.y == 1)).all()
        assert (split.about["opacity_map"].any(axis=(1, 2)) == (split.y == 1)).mean() > 0.99
        assert set(split.about["kind"]) == {0, 1, 2}


def test_films_look_like_chests(films):
    mean = films.train.x[films.train.y == 0].mean(0)
    rows, right_lung, left_lung, spine = slice(9, 15), slice(5, 9), slice(19, 23), slice(13, 15)
    for lung in (right_lung, left_lung):
        assert mean[rows, lung].mean() < mean[rows, spine].mean() - 30
    assert mean[16:19, 17:20].mean() > mean[16:19, 8:11].mean() + 30  # the heart is on the viewer's right
    assert mean[24:, 4:24].mean() > mean[9:15, right_lung].mean() + 40  # the belly is bright
    assert mean[:2, :3].mean() < 70  # beside the neck there is air


@pytest.mark.filterwarnings("ignore:.*in more than one split")
def test_films_resemble_the_real_ones(films, real_data):
    real = read_medmnist(real_data / "pneumoniamnist_28" / "pneumoniamnist_reconstructed.npz")
    ours, theirs = (data.train.x[data.train.y == 0].mean(0)[3:, 2:-2].ravel() for data in (films, real))
    assert np.corrcoef(ours, theirs)[0, 1] > 0.85
    assert films.train.x.mean() == pytest.approx(real.train.x.mean(), abs=12)
    assert films.train.x.std((1, 2)).mean() == pytest.approx(real.train.x.std((1, 2)).mean(), abs=12)


def test_the_same_films_at_every_size():
    label = np.array([0, 1] * 10)
    small, _ = draw_films(label, seed=3, scanner=0)
    large, _ = draw_films(label, seed=3, scanner=0, pixels=112)
    shrunk = large.reshape(20, 28, 4, 28, 4).mean((2, 4))
    for one, other in zip(small, shrunk, strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.97


def test_one_seed_gives_the_same_body_with_and_without_pneumonia():
    well, _ = draw_films(np.zeros(40, int), seed=5, pixels=56)
    ill, truth = draw_films(np.ones(40, int), seed=5, pixels=56)
    where = truth["opacity_map"].repeat(4, 1).repeat(4, 2)
    difference = ill.astype(int) - well
    assert difference[where > 100].mean() > 12  # opacities are bright
    assert np.abs(difference[where == 0]).mean() < 0.5


def test_severity_zero_is_a_normal_film_and_more_severity_takes_more_air():
    label = np.ones(60, int)
    none, truth = draw_films(label, severity=0)
    assert np.array_equal(none, draw_films(0 * label)[0])
    assert not truth["opacity"].any() and not truth["kind"].any()
    mild, severe = (draw_films(label, severity=value)[1]["opacity"].mean() for value in (0.2, 0.9))
    assert severe > 1.5 * mild > 0


def test_films_of_a_patient_are_alike_but_not_the_same():
    pair, _ = draw_films(np.zeros(80, int), seed=2, scanner=0, patient=np.arange(80) // 2)
    flat = pair.reshape(80, -1).astype(float)
    alike = np.corrcoef(flat)
    within = alike[np.arange(0, 80, 2), np.arange(1, 80, 2)]
    assert within.max() < 0.9999
    assert np.median(within) > np.median(alike)


def test_each_scanner_has_its_mark_and_its_grain():
    label = np.zeros(60, int)
    first, second = (draw_films(label, seed=4, scanner=number, pixels=56)[0] for number in (0, 1))
    belly = slice(46, 53), slice(15, 41)
    rough = [np.abs(np.diff(films[:, *belly].astype(int), axis=2)).mean() for films in (first, second)]
    assert rough[1] > 1.5 * rough[0]
    marked = [films[:, 2:9, 46:54].reshape(60, -1).max(1).mean() for films in (first, second)]
    unmarked = [films[:, 2:9, 2:10].reshape(60, -1).max(1).mean() for films in (first, second)]
    assert min(marked) > max(unmarked) + 20


def test_scanner_can_give_the_class_away():
    label = np.arange(200) % 2
    truth = draw_films(label, scanner=np.where(label == 1, 0.95, 0.05))[1]
    assert (truth["scanner"] == label).mean() > 0.88


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"label": [0, 2]}, "0 .normal. or 1 .pneumonia."),
        ({"label": 1}, "list of labels"),
        ({"label": []}, "list of labels"),
        ({"label": [0, 1], "severity": 1.5}, "severity from 0 to 1"),
        ({"label": [0, 1], "scanner": [0, 1, 1]}, "one for each of 2 films"),
        ({"label": [0, 1], "patient": [7]}, "patient"),
    ],
)
def test_what_cannot_be_drawn_is_said(wrong, message):
    with pytest.raises(DataError, match=message):
        draw_films(**wrong)


def _linear_scores(films):
    """P(pneumonia) on the test set by logistic regression on the pixels, C chosen on validation data."""
    flat = [split.x.reshape(len(split), -1).astype(np.float32) for split in films.splits.values()]
    models = [
        make_pipeline(StandardScaler(), LogisticRegression(C=c, solver="newton-cholesky"))
        for c in (1e-4, 1e-3, 1e-2)
    ]
    models = [model.fit(flat[0], films.train.y) for model in models]
    best = max(models, key=lambda m: auroc(films.validation.y, m.predict_proba(flat[1])[:, 1]).value)
    return best.predict_proba(flat[2])[:, 1]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_hard_for_a_linear_model_and_mute_to_brightness(seed, tmp_path):
    films = read_medmnist(write_pneumonia(tmp_path, seed=seed))
    assert 0.70 < auroc(films.test.y, _linear_scores(films)).value < 0.89
    assert 0.40 < auroc(films.test.y, films.test.x.mean((1, 2))).value < 0.65


def test_a_convolutional_net_is_better_beyond_its_interval_and_worse_on_the_other_scanner(films):
    import keras

    from medlearn.models.cnn import course_net
    from medlearn.training import fit, set_seed

    epochs = 8
    set_seed(0)
    net = course_net(width=8)
    rate = keras.optimizers.schedules.CosineDecay(4e-3, epochs * 30)
    net.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
    fit(net, films.train, epochs=epochs)
    score = net.predict(films.test.x, verbose=0).ravel()
    assert auroc(films.test.y, score).value > 0.90
    gain = auroc_difference(films.test.y, score, _linear_scores(films), patient=films.test.patient)
    assert gain.low > 0.03, gain

    label = np.arange(600) % 2  # the same new children before both scanners
    first, second = (
        net.predict(draw_films(label, seed=9, scanner=number)[0], verbose=0).ravel() for number in (0, 1)
    )
    loss = auroc_difference(label, first, second)
    assert loss.low > 0, loss
