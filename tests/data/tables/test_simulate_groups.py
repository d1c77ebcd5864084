"""The simulated kinds of patients: what is planted in them, and that they are as hard as the real ones."""

import doctest
import gzip

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from medlearn.data import load
from medlearn.data.catalogue import find
from medlearn.data.files import MARK
from medlearn.data.tables import simulate_groups
from medlearn.data.tables.simulate_groups import (
    ADMISSION,
    KINDS,
    LABORATORY,
    MULTIPLYING,
    draw_phenotypes,
    write_dermatology,
    write_expression,
    write_phenotypes,
)
from medlearn.errors import DataError


def test_examples():
    assert doctest.testmod(simulate_groups).failed == 0


def whole(data, name="x"):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def scaled(x):
    """With gaps filled, mean 0 and spread 1."""
    x = np.where(np.isnan(x), np.nanmedian(x, axis=0), x)
    return (x - x.mean(0)) / np.where(x.std(0), x.std(0), 1)


def admission(drawn):
    """The columns of phenotypes as one would cluster them."""
    x = drawn["x"].copy()
    logged = [name in MULTIPLYING for name in ADMISSION]
    x[:, logged] = np.log(x[:, logged])
    return scaled(x)


def k_means_ari(x, y):
    k = len(set(y))
    return adjusted_rand_score(y, KMeans(k, n_init=10, random_state=0).fit_predict(x))


# Phenotypes


@pytest.fixture(scope="module")
def worlds():
    return {kinds: draw_phenotypes(40_000, kinds=kinds) for kinds in (3, 1)}


def test_what_is_planted(worlds):
    drawn = worlds[3]
    assert np.allclose(np.bincount(drawn["kind"]) / 40_000, [0.25, 0.4, 0.35], atol=0.01)
    assert abs(np.corrcoef(drawn["severity"], drawn["kind"] == 1)[0, 1]) < 0.02
    x = admission(drawn)
    for kind, moved in enumerate(KINDS.values()):
        for name, way in moved.items():
            there = x[:, list(ADMISSION).index(name)]
            assert np.sign(way) * (there[drawn["kind"] == kind].mean() - there.mean()) > 0.5, name


def test_patients_differ_most_by_severity_and_the_kinds_lie_across_it(worlds):
    drawn = worlds[3]
    x = admission(drawn)
    components = PCA(3).fit(x)
    shown = components.transform(x)
    between = np.stack([shown[drawn["kind"] == kind].mean(0) for kind in range(3)])[drawn["kind"]].var(0)
    assert abs(np.corrcoef(shown[:, 0], drawn["severity"])[0, 1]) > 0.8
    assert components.explained_variance_[0] > 1.05 * components.explained_variance_[1]
    assert between[0] < 0.1 * between[1:].min()


@pytest.mark.parametrize("seed", range(3))
def test_a_mixture_finds_the_kinds_and_k_means_cuts_severity(seed):
    drawn = draw_phenotypes(1500, seed=seed)
    x, y = admission(drawn), drawn["kind"]
    assert k_means_ari(x, y) < 0.4
    mixture = GaussianMixture(3, covariance_type="tied", n_init=5, tol=1e-4, random_state=0).fit(x / x.std(0))
    assert adjusted_rand_score(y, mixture.predict(x / x.std(0))) > 0.5


def test_the_twin_has_the_same_mean_and_covariance_and_no_kinds(worlds):
    twin = worlds[1]
    assert set(twin["kind"]) == {0}
    x = {
        kinds: np.where(np.isin(list(ADMISSION), MULTIPLYING), np.log(drawn["x"]), drawn["x"])
        for kinds, drawn in worlds.items()
    }
    mean, spread = np.nanmean(x[3], 0), np.nanstd(x[3], 0)
    z = {kinds: np.nan_to_num((each - mean) / spread) for kinds, each in x.items()}
    assert np.allclose(z[1].mean(0), 0, atol=0.03)
    assert np.allclose(np.cov(z[1].T), np.cov(z[3].T), atol=0.04)
    across = PCA(3).fit(z[3]).components_[1:]
    tails = [((z[kinds] @ across.T / (z[kinds] @ across.T).std(0)) ** 4).mean(0) for kinds in (3, 1)]
    assert (tails[0] < 2.8).all() and np.allclose(tails[1], 3, atol=0.15)  # kinds make a flat distribution


def test_a_fifth_die_of_severity_and_of_the_liver(worlds):
    for drawn in worlds.values():
        assert drawn["died"].mean() == pytest.approx(0.2, abs=0.01)
        assert drawn["died"][drawn["severity"] > 1].mean() > 0.35
    drawn = worlds[3]
    of_liver = drawn["kind"] == 2
    assert drawn["died"][of_liver].mean() > drawn["died"][~of_liver].mean() + 0.1


def test_in_a_shifted_hospital_four_columns_are_read_otherwise(worlds):
    shifted = admission(draw_phenotypes(20_000, shifted=True))
    hospital = draw_phenotypes(20_000, shifted=True)["hospital"]
    for number, name in enumerate(ADMISSION):
        apart = shifted[hospital == 1, number].mean() - shifted[hospital == 0, number].mean()
        assert abs(apart - np.sign(LABORATORY.get(name, 0)) * 1.4) < (0.35 if name in LABORATORY else 0.05)
    plain = admission(worlds[3])
    apart = plain[worlds[3]["hospital"] == 1].mean(0) - plain[worlds[3]["hospital"] == 0].mean(0)
    assert np.abs(apart).max() < 0.05


def test_the_columns_are_ones_a_clinician_believes(worlds):
    x = dict(zip(ADMISSION, worlds[3]["x"].T, strict=True))
    assert np.isnan(worlds[3]["x"]).mean() == pytest.approx(0.05, abs=0.005)
    for name, low, high in (
        ("heart_rate", 30, 170),
        ("mean_pressure", 30, 140),
        ("respiratory_rate", 4, 42),
        ("temperature", 33.5, 41),
        ("white_cells", 2, 60),
        ("platelets", 5, 480),
        ("lactate", 0.3, 12),
        ("creatinine", 20, 600),
        ("urea", 1, 60),
        ("bilirubin", 1, 300),
        ("albumin", 12, 56),
        ("bicarbonate", 10, 38),
    ):
        assert low <= np.nanquantile(x[name], 1e-4) and np.nanquantile(x[name], 1 - 1e-4) <= high, name


def test_a_number_of_kinds_that_there_is_not():
    with pytest.raises(DataError, match="kinds is 3, or 1 for a cloud without kinds, not 2"):
        draw_phenotypes(100, kinds=2)


def test_the_file_says_what_is_planted(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path))
    data, drawn = load("phenotypes"), draw_phenotypes(1500)
    assert data.columns == tuple(ADMISSION) and data.classes == tuple(KINDS) == find("phenotypes").classes
    assert data.simulated and data.patients_known and not data.notes
    assert [len(split) for split in data.splits.values()] == [900, 300, 300]
    order = np.argsort(whole(data, "patient"))
    assert np.allclose(whole(data)[order], drawn["x"], equal_nan=True)
    assert np.array_equal(whole(data, "y")[order], drawn["kind"])
    assert np.allclose(whole(data, "severity")[order], drawn["severity"], atol=1e-4)
    for name in ("hospital", "died"):
        assert np.array_equal(whole(data, name)[order], drawn[name])


def test_choices_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path))
    none = load("phenotypes", kinds="none")
    assert (none.task, none.classes, set(whole(none, "y"))) == ("none", (), {0})
    assert set(none.train.about) == {"severity", "hospital", "died"}
    shifted = load("phenotypes", hospitals="shifted")
    order = np.argsort(whole(shifted, "patient"))
    assert np.allclose(whole(shifted)[order], draw_phenotypes(1500, shifted=True)["x"], equal_nan=True)


# Dermatology


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("MEDLEARN_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


def test_diseases_are_as_common_as_in_the_official_table_and_share_findings(cache):
    data = load("dermatology")
    x, y = whole(data), whole(data, "y")
    assert data.simulated and not data.notes and data.classes == find("dermatology").classes
    assert np.bincount(y).tolist() == [112, 61, 72, 49, 52, 20]
    assert np.isnan(x).sum() == np.isnan(x[:, -1]).sum() == 8
    graded = x[:, :-1]
    assert set(graded.ravel()) == {0, 1, 2, 3} and set(x[:, data.columns.index("family history")]) == {0, 1}
    typical = np.stack([graded[y == disease].mean(0) > 1 for disease in range(6)])
    assert (typical.sum(0) > 1).sum() >= 6 and (typical.sum(0) == 1).sum() >= 10
    assert np.nanmean(x[y == 5, -1]) < 15 < np.nanmean(x[y == 0, -1])


@pytest.mark.parametrize("seed", range(3))
def test_diseases_are_found_for_the_most_part(cache, seed):
    data = load("dermatology", seed=seed)
    assert 0.6 < k_means_ari(scaled(whole(data)), whole(data, "y")) < 0.95


def test_made_patients_are_like_the_real_ones(cache, real_data):
    made, real = load("dermatology"), load("dermatology", file=real_data / "dermatology")
    for disease in range(6):
        means = [np.nanmean(whole(data)[whole(data, "y") == disease], axis=0) for data in (made, real)]
        assert np.corrcoef(means[0][:-1], means[1][:-1])[0, 1] > 0.95
        assert np.abs(means[0] - means[1])[:-1].max() < 0.8


# Expression

STUDIES = {file.set: file.name for file in find("expression").files}


@pytest.mark.parametrize("study", STUDIES)
def test_each_study_has_its_classes(cache, study, real_data):
    made = load("expression", sets=(study,))
    real = load("expression", sets=(study,), file=real_data / "cancer_expression")
    assert made.simulated and made.classes == real.classes and len(made.columns) == 300
    assert np.bincount(whole(made, "y")).tolist() == np.bincount(whole(real, "y")).tolist()
    is_logged = study == "alizadeh"
    assert (whole(made).min() < 0) == (whole(real).min() < 0) == is_logged
    assert (
        (whole(made).min() == 10)
        == (whole(real).min() == 10)
        == (study not in ("alizadeh", "khan", "risinger"))
    )


@pytest.mark.parametrize("seed", range(3))
def test_classes_are_as_hard_to_find_as_in_the_real_studies(cache, seed):
    found = {}
    for study in STUDIES:
        data = load("expression", sets=(study,), seed=seed)
        x = whole(data) if study == "alizadeh" else np.log(whole(data))
        found[study] = k_means_ari(scaled(x), whole(data, "y"))
    assert found["khan"] < 0.2 and 0.05 < found["ramaswamy"] < 0.35
    assert all(found[study] > 0.2 for study in ("alizadeh", "armstrong", "golub", "chowdary", "su"))
    assert 0.3 < np.mean(list(found.values())) < 0.55


def test_most_of_what_differs_is_not_the_class(cache):
    data = load("expression", sets=("khan",))
    x, y = scaled(np.log(whole(data))), whole(data, "y")
    first = PCA(1, random_state=0).fit_transform(x)[:, 0]
    between = sum((y == label).mean() * (first[y == label].mean() - first.mean()) ** 2 for label in set(y))
    assert between < 0.25 * first.var()


# All


@pytest.mark.parametrize("write", [write_phenotypes, write_dermatology, write_expression])
def test_the_files_are_the_same_for_a_seed_and_say_that_they_are_simulated(write, tmp_path):
    content = []
    for seed in (0, 0, 1):
        write(tmp_path, seed=seed)
        content.append({file.name: file.read_bytes() for file in sorted(tmp_path.iterdir())})
    assert content[0] == content[1]
    for name, before in content[0].items():
        assert before != content[2][name]
        text = (gzip.decompress(before) if name.endswith(".gz") else before).decode()
        assert MARK in text


def test_no_two_choices_are_the_same_file(tmp_path):
    found = set()
    for kinds in ("three", "none"):
        for hospitals in ("alike", "shifted"):
            write_phenotypes(tmp_path, kinds=kinds, hospitals=hospitals)
            found.add((tmp_path / "phenotypes.csv").read_bytes())
    assert len(found) == 4
