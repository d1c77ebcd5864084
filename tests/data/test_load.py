"""load(): what it gives, what it says, and that it never gives anything else than it says."""

import hashlib
import shutil
import sys
import tarfile
import types
from dataclasses import replace

import numpy as np
import pytest

from medlearn.data import catalogue, load, store
from medlearn.data.images.simulate import slides
from medlearn.data.images.simulate.ultrasound import write_breast
from medlearn.data.records import simulate
from medlearn.errors import DataError, FetchError


def write_toy(folder, *, seed=0, pixels=28, truth=True):
    """A file in MedMNIST's format, of noise."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for part, count in (("train", 12), ("val", 4), ("test", 6)):
        arrays[f"{part}_images"] = rng.integers(256, size=(count, pixels, pixels), dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(count) % 2).astype(np.uint8)[:, None]
        if truth:
            arrays[f"{part}_severity"] = rng.random(count)
    np.savez(folder / "pneumoniamnist.npz", **arrays)
    return folder / "pneumoniamnist.npz"


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """`pneumonia` with a simulator that takes no time, and with official files that a folder here holds."""
    module = types.ModuleType("toy_films")
    module.VERSION, module.write_toy = 1, write_toy
    monkeypatch.setattr(write_toy, "__module__", "toy_films")
    monkeypatch.setitem(sys.modules, "toy_films", module)
    source = tmp_path / "mirror" / "pneumonia"
    source.mkdir(parents=True)
    official = write_toy(source, seed=99, truth=False)
    entry = catalogue.find("pneumonia")
    file = replace(entry.files[0], digest=f"md5:{hashlib.md5(official.read_bytes()).hexdigest()}")
    entry = replace(entry, simulator="toy_films:write_toy", files=(file,))
    monkeypatch.setitem(catalogue.CATALOGUE, "pneumonia", entry)
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    return official


# Small and full


def test_small_says_that_it_is_simulated_and_how_to_get_the_real_one(toy, capsys):
    films = load("pneumonia")
    assert capsys.readouterr().out == (
        "pneumonia: 22 simulated films (train 12, validation 4, test 6), seed 0; "
        "MEDLEARN_DATA=full gives the real films\n"
    )
    assert films.simulated and films.name == "pneumonia" and films.classes == ("normal", "pneumonia")
    assert set(films.train.about) == {"severity"}


def test_the_seed_draws_other_films_and_the_same_seed_the_same(toy):
    first, again, other = load("pneumonia"), load("pneumonia"), load("pneumonia", seed=1)
    assert np.array_equal(first.train.x, again.train.x)
    assert not np.array_equal(first.train.x, other.train.x)


def test_full_gives_the_real_files_and_says_so(toy, capsys, monkeypatch):
    monkeypatch.setenv("MEDLEARN_MIRROR", str(toy.parent.parent))
    monkeypatch.setenv("MEDLEARN_DATA", "full")
    films = load("pneumonia")
    line = capsys.readouterr().out
    assert line == "pneumonia: 22 real films (train 12, validation 4, test 6), PneumoniaMNIST\n"
    assert not films.simulated and not films.patients_known


@pytest.mark.parametrize("size", ["full", "folder"])
def test_what_no_real_files_exist_of_is_simulated_in_every_mode(size, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(slides, "SPLITS", {"train": {"A": 4}, "val": {"A": 2}, "test": {"C": 2}})
    monkeypatch.setattr(slides, "VERSION", -1)
    found = load("slides", size=str(tmp_path) if size == "folder" else size)
    assert found.simulated and "MEDLEARN_DATA" not in capsys.readouterr().out


def test_a_folder_may_hold_what_no_official_files_exist_of(tmp_path, monkeypatch):
    monkeypatch.setattr(slides, "SPLITS", {"train": {"A": 4}, "val": {"A": 2}, "test": {"C": 2}})
    (tmp_path / "slides").mkdir()
    slides.write_slides(tmp_path / "slides", seed=3)
    assert len(load("slides", size=str(tmp_path)).train) == 4


def test_full_never_falls_back_on_the_small_one(toy, capsys):
    load("pneumonia")
    capsys.readouterr()
    with pytest.raises(FetchError, match="cannot be reached"):
        load("pneumonia", size="full")
    assert capsys.readouterr().out == ""


def test_the_argument_goes_before_the_variable(toy, monkeypatch):
    monkeypatch.setenv("MEDLEARN_DATA", "full")
    assert load("pneumonia", size="small").simulated


@pytest.mark.parametrize("word", ["medium", "Small", "full "])
def test_a_size_that_does_not_exist_is_refused_for_every_set(word, monkeypatch):
    monkeypatch.setenv("MEDLEARN_DATA", word)
    for name in ("pneumonia", "breast_cancer"):
        with pytest.raises(DataError, match="must be 'small', 'full' or the full path of a folder"):
            load(name)


def test_what_has_no_simulator_yet_is_said(monkeypatch):
    entry = replace(catalogue.find("breast"), simulator="")
    monkeypatch.setitem(catalogue.CATALOGUE, "breast", entry)
    with pytest.raises(DataError, match="breast has no simulator yet"):
        load("breast")


def test_an_unknown_name_says_what_is_near():
    with pytest.raises(DataError, match="did you mean diabetes"):
        load("diabtes")


# One's own files


def test_a_file_of_ones_own_needs_no_digest(toy, tmp_path, capsys):
    write_toy(tmp_path, seed=5, truth=False)
    films = load("pneumonia", file=tmp_path / "pneumoniamnist.npz")
    assert not films.simulated
    assert capsys.readouterr().out.rstrip().endswith(str(tmp_path / "pneumoniamnist.npz"))


def test_a_folder_may_hold_the_official_name(toy, tmp_path):
    write_toy(tmp_path, seed=5)
    from_folder = load("pneumonia", file=str(tmp_path))
    from_file = load("pneumonia", file=tmp_path / "pneumoniamnist.npz")
    assert np.array_equal(from_folder.test.x, from_file.test.x)


def test_files_that_a_simulator_wrote_stay_simulated(toy, tmp_path, capsys):
    store.simulate(catalogue.find("pneumonia"), tmp_path, seed=5)
    for file in (tmp_path, tmp_path / "pneumoniamnist.npz"):
        assert load("pneumonia", file=file).simulated
        line = capsys.readouterr().out
        assert "simulated films" in line and "MEDLEARN_DATA" not in line


def test_a_folder_of_pictures_by_class_is_read(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    for part, count in (("train", 8), ("val", 3), ("test", 4)):
        for kind in ("normal", "pneumonia"):
            (tmp_path / part / kind).mkdir(parents=True)
            for film in range(count):
                picture = rng.integers(256, size=(40, 40), dtype=np.uint8)
                Image.fromarray(picture).save(tmp_path / part / kind / f"{part}{film}.png")
    films = load("pneumonia", file=tmp_path)
    assert films.train.x.shape == (16, 28, 28, 1)
    assert films.cases == "films" and not films.simulated


def test_a_folder_can_stand_for_full(toy, tmp_path, monkeypatch, capsys):
    """MEDLEARN_DATA=folder: what data_scripts/downsize.py makes."""
    (tmp_path / "class" / "pneumonia").mkdir(parents=True)
    write_toy(tmp_path / "class" / "pneumonia", seed=7, truth=False)
    monkeypatch.setenv("MEDLEARN_DATA", str(tmp_path / "class"))
    assert not load("pneumonia").simulated
    assert str(tmp_path / "class" / "pneumonia") in capsys.readouterr().out
    assert not load("breast_cancer").simulated
    with pytest.raises(DataError, match=r"blood cannot be read from .*no such file or folder"):
        load("blood")


@pytest.mark.parametrize("name", ["pneumonia", "icu"])
def test_a_file_that_is_not_there_is_named(name):
    with pytest.raises(DataError, match=f"{name} cannot be read from nowhere/at-all"):
        load(name, file="nowhere/at-all")


def test_a_bundled_table_takes_no_file():
    with pytest.raises(DataError, match="comes with scikit-learn"):
        load("diabetes", file="mine.csv")


def test_an_option_is_for_sets_whose_reader_takes_it():
    with pytest.raises(DataError, match="pneumonia has no option 'sets': it takes pixels, channels, patient"):
        load("pneumonia", sets=("a", "b"))
    with pytest.raises(DataError, match="breast_cancer has no option 'sets': it takes none"):
        load("breast_cancer", sets=("a", "b"))
    with pytest.raises(DataError, match="icu has no set 'x': its sets are a, b, c"):
        load("icu", sets=("a", "x"))


@pytest.mark.parametrize("seed", [-1, "x", 1.5, None])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(DataError, match="a seed is a whole number from 0 on"):
        load("breast_cancer", seed=seed)


@pytest.mark.parametrize("file", [["a"], 3, "a\0b"])
def test_what_is_no_path_is_refused(file):
    with pytest.raises(DataError):
        load("pneumonia", file=file)


def test_sets_that_are_not_named_are_refused():
    with pytest.raises(DataError, match=r"sets are named as in \('a', 'b'\), not 3"):
        load("icu", sets=3)


# The tables that come with scikit-learn


def test_breast_cancer_is_real_and_whole_in_both_modes(capsys):
    small, full = load("breast_cancer"), load("breast_cancer", size="full")
    line, again = capsys.readouterr().out.splitlines()
    assert line == again
    assert line == "breast_cancer: 569 real biopsies (train 341, validation 114, test 114), with scikit-learn"
    assert np.array_equal(small.train.x, full.train.x)
    assert small.classes == ("malignant", "benign") == catalogue.find("breast_cancer").classes
    assert len(small.columns) == small.train.x.shape[1] == 30
    # 212 malignant of 569, in about equal shares.
    for split in small.splits.values():
        assert np.mean(split.y == 0) == pytest.approx(212 / 569, abs=0.01)


def test_diabetes_is_in_the_units_it_was_measured_in():
    table = load("diabetes")
    x = np.concatenate([split.x for split in table.splits.values()])
    y = np.concatenate([split.y for split in table.splits.values()])
    age = table.columns.index("age")
    assert x.shape == (442, 10) and table.task == "regression" and not table.classes
    assert (x[:, age].min(), x[:, age].max()) == (19, 79)
    assert (y.min(), y.max()) == (25, 346)


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes"])
def test_the_seed_cuts_a_table_otherwise(name):
    first, again, other = (load(name, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first.test.patient, again.test.patient)
    assert not np.array_equal(np.sort(first.test.patient), np.sort(other.test.patient))
    assert sum(map(len, other.splits.values())) == catalogue.find(name).count


# The real simulators and the real data


@pytest.mark.parametrize("name", ["pneumonia", "icu"])
def test_the_stand_ins_load_and_know_their_truth(name):
    dataset = load(name)
    assert dataset.simulated and dataset.patients_known and dataset.classes == catalogue.find(name).classes
    assert any(name.startswith("severity") for name in dataset.train.about)
    for split in dataset.splits.values():
        assert set(np.unique(split.y)) == {0, 1}


def test_real_films_load_as_a_file_of_ones_own(real_data, capsys):
    films = load("pneumonia", file=real_data / "pneumoniamnist_28" / "pneumoniamnist_reconstructed.npz")
    first, second = capsys.readouterr().out.splitlines()
    assert "5,856 real films (train 4,708, validation 524, test 624)" in first
    assert second.startswith("! 8 × image in more than one split: scores on it are too good (first: train ")
    assert films.train.y.tolist().count(1) == 3494


def test_real_films_in_another_order_are_not_the_official_file(real_data, tmp_path, monkeypatch):
    source = real_data / "pneumoniamnist_28" / "pneumoniamnist_reconstructed.npz"
    (tmp_path / "pneumonia").mkdir()
    (tmp_path / "pneumonia" / "pneumoniamnist.npz").symlink_to(source.resolve())
    monkeypatch.setenv("MEDLEARN_MIRROR", str(tmp_path))
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    with pytest.raises(FetchError, match="28209eda62fecd6e6a2d98b1501bb15f"):
        load("pneumonia", size="full")


def test_real_stays_load_from_a_mirror_as_full(real_data, tmp_path, monkeypatch, capsys):
    (tmp_path / "icu").symlink_to((real_data / "physionet2012_icu").resolve())
    monkeypatch.setenv("MEDLEARN_MIRROR", str(tmp_path))
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    stays = load("icu", size="full")
    assert "icu: 8,000 real stays (train 3,200, validation 800, test 4,000)" in capsys.readouterr().out
    assert (stays.train.y.sum() + stays.validation.y.sum(), stays.test.y.sum()) == (554, 568)


# The mark of simulated data goes where they go


def test_a_copied_stand_in_still_says_that_it_is_simulated(tmp_path, capsys):
    write_breast(tmp_path)
    copy = tmp_path / "elsewhere" / "x.npz"
    copy.parent.mkdir()
    shutil.copy(tmp_path / "breastmnist.npz", copy)
    assert load("breast", file=copy).simulated
    assert "780 simulated images" in capsys.readouterr().out


def copied_stays(few_stays, to, *, unpacked):
    """The files that are needed of set a, and nothing else."""
    to.mkdir()
    shutil.copy(few_stays / "Outcomes-a.txt", to)
    if unpacked:
        with tarfile.open(few_stays / "set-a.tar.gz") as archive:
            archive.extractall(to, filter="data")
    else:
        shutil.copy(few_stays / "set-a.tar.gz", to)
    return to


@pytest.mark.parametrize("unpacked", [False, True])
def test_copied_stays_still_say_that_they_are_simulated(tmp_path, monkeypatch, capsys, unpacked):
    monkeypatch.setattr(simulate, "STAYS", {"a": 60})
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    simulate.write_stays(tmp_path / "stays")
    stays = load("icu", file=copied_stays(tmp_path / "stays", tmp_path / "copy", unpacked=unpacked), sets="a")
    assert stays.simulated and "60 simulated stays" in capsys.readouterr().out
    assert set(stays.train.about) == {"saps1", "sofa", "length_of_stay", "survival"}
