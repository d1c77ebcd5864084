"""The simulated genes: in the files' formats, and with what is planted in them."""

import csv
import doctest

import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.tables import simulate_genes
from medlearn.data.tables.leukaemia import ANSWERS, FILES, read_leukaemia
from medlearn.data.tables.prognosis import clinical_among, read_prognosis
from medlearn.data.tables.simulate_genes import planted, write_leukaemia, write_prognosis


def test_examples():
    assert doctest.testmod(simulate_genes).failed == 0


def whole(data, name):
    order = np.argsort(np.concatenate([split.patient for split in data.splits.values()]))
    parts = [
        split.about[name] if name in split.about else getattr(split, name) for split in data.splits.values()
    ]
    return np.concatenate(parts)[order]


@pytest.fixture(scope="module")
def leukaemia(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leukaemia")
    write_leukaemia(folder)
    return read_leukaemia(folder)


@pytest.fixture(scope="module")
def prognosis(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prognosis")
    write_prognosis(folder)
    return read_prognosis(folder)


def logged(data):
    return np.log2(np.maximum(whole(data, "x").astype(float), 100))


def gaps(x, side):
    """How far the means of two sides lie apart, in standard errors, a gene."""
    one, other = x[side], x[~side]
    error = np.sqrt(one.var(0, ddof=1) / len(one) + other.var(0, ddof=1) / len(other))
    return np.abs(one.mean(0) - other.mean(0)) / np.maximum(error, 0.05)


# Leukaemia


def test_both_can_be_loaded():
    for name in ("leukaemia", "prognosis"):
        data = load(name)
        assert data.simulated and data.patients_known and data.name == name


def test_the_leukaemias_are_as_many_as_in_the_files(leukaemia):
    assert leukaemia.simulated and leukaemia.classes == ("ALL", "AML")
    y, series = whole(leukaemia, "y"), whole(leukaemia, "series")
    assert [np.bincount(y[series == code]).tolist() for code in (0, 1)] == [[27, 11], [20, 14]]
    assert leukaemia.train.x.shape[1] == len(leukaemia.columns) > 1900
    assert (whole(leukaemia, "x") < 0).any()


def test_genes_of_the_disease_differ_most(leukaemia):
    gap = gaps(logged(leukaemia), whole(leukaemia, "y") == 1)
    of_disease = np.isin(leukaemia.columns, planted(2000)["disease"])
    assert of_disease.sum() == simulate_genes.DISEASE
    assert of_disease[np.argsort(-gap)[:20]].mean() > 0.9
    assert np.median(gap[~of_disease]) < 1 < np.median(gap[of_disease])


def test_a_third_of_the_genes_go_together(leukaemia, prognosis):
    for data, x, genes in (
        (leukaemia, logged(leukaemia), 2000),
        (prognosis, whole(prognosis, "x")[:, ~clinical_among(prognosis.columns)], 600),
    ):
        names = np.array(data.columns)[~clinical_among(data.columns)]
        of_programme = np.isin(names, planted(genes)["proliferation"])
        assert of_programme.mean() == pytest.approx(1 / 3, abs=0.01)
        x = (x - x.mean(0)) / np.where(x.std(0) > 0, x.std(0), 1)
        first = np.linalg.svd(x, full_matrices=False)[0][:, 0]
        follows = np.abs(first @ x) / len(x) ** 0.5
        assert np.median(follows[of_programme]) > 2 * np.median(follows[~of_programme])


def test_the_second_series_reads_otherwise(leukaemia, tmp_path, monkeypatch):
    def shifted(data):
        y, series = whole(data, "y"), whole(data, "series")
        return np.median(gaps(logged(data)[y == 0], series[y == 0] == 1))

    monkeypatch.setattr(simulate_genes, "SHIFT", 0.0)
    write_leukaemia(tmp_path)
    assert shifted(leukaemia) > shifted(read_leukaemia(tmp_path)) + 0.02


def test_the_files_are_laid_like_the_official_ones(tmp_path):
    write_leukaemia(tmp_path)
    for name in FILES:
        with (tmp_path / name).open(encoding="utf-8", newline="") as stream:
            heading, first, *_ = csv.reader(stream)
        assert heading[:2] == ["Gene Description", "Gene Accession Number"] and first[1] == "G0001_at"
        assert set(heading[3::2]) == {"call"} and set(first[3::2]) <= {"P", "A"}
        assert heading[2::2] != sorted(heading[2::2], key=int), "not in the order of their numbers"
    assert (tmp_path / ANSWERS).read_text().startswith("patient,cancer\n1,ALL\n")


# Prognosis


def test_women_who_are_followed(prognosis):
    y = whole(prognosis, "y")
    assert prognosis.simulated and len(y) == 200 and y["event"].mean() == pytest.approx(0.3, abs=0.01)
    assert y["time"].min() > 0 and y["time"].max() <= 18
    assert clinical_among(prognosis.columns).sum() == 10 and len(prognosis.columns) == 610


def test_proliferation_drives_survival_and_the_clinic_knows_some_of_it(prognosis):
    from medlearn.evaluation.survival import c_index

    x, y = whole(prognosis, "x").astype(float), whole(prognosis, "y")
    names = np.array(prognosis.columns)
    of_programme = x[:, np.isin(names, planted(600)["proliferation"])]
    of_programme = (of_programme - of_programme.mean(0)) / of_programme.std(0)
    programme = np.linalg.svd(of_programme, full_matrices=False)[0][:, 0]
    value = c_index(y["time"], y["event"], programme).value
    assert max(value, 1 - value) > 0.68
    grade = x[:, names.tolist().index("clinical grade")]
    assert 0.55 < c_index(y["time"], y["event"], grade).value < 0.7


# Both


@pytest.mark.parametrize("write", [write_leukaemia, write_prognosis])
def test_a_seed_draws_them_again_and_another_seed_others(write, tmp_path):
    texts = []
    for number, seed in enumerate((0, 0, 1)):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(folder, seed=seed)
        texts.append({file.name: file.read_bytes() for file in folder.iterdir()})
    assert texts[0] == texts[1] and texts[0] != texts[2]
