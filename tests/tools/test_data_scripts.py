"""The scripts that make data: each helps, each does what it says, none lets a stand-in pass for real."""

import csv
import hashlib
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medlearn.data import catalogue, files, load
from medlearn.data.images.simulate.ultrasound import write_breast
from medlearn.errors import DataError

FOLDER = Path(__file__).resolve().parents[2] / "data_scripts"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def script(name):
    """The script's main(); call it with a list of arguments."""
    return runpy.run_path(str(FOLDER / f"{name}.py"))["main"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_helps_and_can_be_read_in_a_minute(path):
    shown = subprocess.run([sys.executable, path, "--help"], capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0 and f"python data_scripts/{path.name}" in shown.stdout
    assert len(path.read_text().splitlines()) < 130


def test_a_script_fails_in_one_sentence():
    shown = subprocess.run(
        [sys.executable, FOLDER / "simulate.py", "brest", "--to", "nowhere"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert shown.returncode == 1
    assert (
        shown.stderr == "simulate: there is no data set called 'brest'; did you mean breast or breast_64?\n"
    )


# Simulated


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stand-in")
    script("simulate")(["icu", "--to", str(folder), "--seed", "3"])
    return folder


def test_simulate_writes_what_the_course_takes_for_simulated(stand_in, monkeypatch, capsys):
    monkeypatch.setenv("MEDLEARN_DATA", str(stand_in))
    assert load("icu").simulated
    assert "simulated stays" in capsys.readouterr().out
    assert "seed 3" in (stand_in / "icu" / files.MARKER).read_text()


@pytest.mark.parametrize("name", ["simulate", "downsize"])
def test_what_is_there_is_never_written_over(stand_in, name):
    before = (stand_in / "icu" / "set-a.tar.gz").read_bytes()
    with pytest.raises(DataError, match="icu is there already"):
        script(name)(["icu", "--to", str(stand_in), *(["--file", "x"] if name == "downsize" else [])])
    assert (stand_in / "icu" / "set-a.tar.gz").read_bytes() == before


def test_a_cut_stand_in_is_still_a_stand_in(stand_in, tmp_path):
    script("downsize")(["icu", "--file", str(stand_in / "icu"), "--to", str(tmp_path), "--cases", "60"])
    assert load("icu", size=str(tmp_path)).simulated
    (tmp_path / "icu" / files.MARKER).unlink()
    assert load("icu", size=str(tmp_path)).simulated, "the mark is in the files too"


def test_a_cut_npz_keeps_the_mark_inside(tmp_path):
    source = write_breast(tmp_path)
    script("downsize")(["breast", "--file", str(source), "--to", str(tmp_path / "cut"), "--cases", "60"])
    (tmp_path / "cut" / "breast" / files.MARKER).unlink()
    assert load("breast", size=str(tmp_path / "cut")).simulated


# Downsized


def outcomes(path):
    with path.open() as stream:
        return {row["RecordID"]: row for row in csv.DictReader(stream)}


def test_cut_stays_keep_their_rows_their_files_and_the_share_of_deaths(stand_in, tmp_path):
    source = stand_in / "icu"
    script("downsize")(["icu", "--file", str(source), "--to", str(tmp_path), "--cases", "300"])
    kept = 0
    for part in "ab":
        whole, cut = (outcomes(folder / f"Outcomes-{part}.txt") for folder in (source, tmp_path / "icu"))
        assert cut.items() <= whole.items()
        deaths, all_deaths = (
            np.mean([row["In-hospital_death"] == "1" for row in rows.values()]) for rows in (cut, whole)
        )
        assert deaths == pytest.approx(all_deaths, abs=0.01)
        members, all_members = (
            dict(files.safe_tar_members(folder / f"set-{part}.tar.gz"))
            for folder in (source, tmp_path / "icu")
        )
        assert all_members.items() <= members.items()
        assert {Path(name).stem for name in all_members} == set(cut)
        kept += len(cut)
    assert kept == pytest.approx(300, abs=2)


def test_the_same_seed_cuts_the_same_files_and_another_others(stand_in, tmp_path):
    def cut(folder, seed):
        arguments = ["--file", str(stand_in / "icu"), "--cases", "60", "--seed", seed]
        script("downsize")(["icu", "--to", str(tmp_path / folder), *arguments])
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (tmp_path / folder / "icu").glob("*-a.*")
        }

    first, again, other = cut("first", "0"), cut("again", "0"), cut("other", "1")
    assert first == again
    assert not set(first.values()) & set(other.values())


@pytest.fixture
def films(tmp_path):
    """A file in MedMNIST's format with two films of each patient."""
    arrays, first, rng = {}, 0, np.random.default_rng(0)
    for part, count in (("train", 200), ("val", 40), ("test", 100)):
        arrays[f"{part}_images"] = rng.integers(256, size=(count, 28, 28), dtype=np.uint8)
        arrays[f"{part}_labels"] = (np.arange(count) // 2 % 4 > 0).astype(np.uint8)[:, None]
        arrays[f"{part}_patient"] = (first + np.arange(count)) // 2
        first += count
    np.savez(tmp_path / "mine.npz", **arrays)
    return tmp_path / "mine.npz"


def test_cut_films_keep_patients_whole_and_their_share_of_every_split(films, tmp_path):
    script("downsize")(["pneumonia", "--file", str(films), "--to", str(tmp_path / "cut"), "--cases", "170"])
    cut = load("pneumonia", size=str(tmp_path / "cut"))
    assert [len(split) for split in cut.splits.values()] == [100, 20, 50]
    assert not cut.simulated and cut.patients_known
    for split in cut.splits.values():
        assert np.unique(split.patient, return_counts=True)[1].tolist() == [2] * (len(split) // 2)
        assert np.mean(split.y) == pytest.approx(0.75, abs=0.06)


@pytest.mark.parametrize("cases", ["0", "-5", "340", "100000"])
def test_more_or_fewer_than_there_are_is_refused(films, tmp_path, cases):
    with pytest.raises(DataError, match="cannot be cut out of 340"):
        script("downsize")(
            ["pneumonia", "--file", str(films), "--to", str(tmp_path / "cut"), "--cases", cases]
        )


def test_a_cut_that_would_lose_a_class_is_refused(films, tmp_path):
    with pytest.raises(DataError, match="no case of class 0 would be left: keep more cases"):
        script("downsize")(["pneumonia", "--file", str(films), "--to", str(tmp_path / "cut"), "--cases", "6"])
    assert not list((tmp_path / "cut").rglob("*.npz"))


@pytest.mark.parametrize("name", ["pneumonia", "icu"])
def test_what_cannot_be_read_is_not_cut(tmp_path, name):
    with pytest.raises(DataError, match="nowhere: there is no such file"):
        script("downsize")([name, "--file", "nowhere", "--to", str(tmp_path)])
    assert not list(tmp_path.iterdir())


def test_a_bundled_table_is_not_cut(tmp_path):
    with pytest.raises(DataError, match="small as it is"):
        script("downsize")(["diabetes", "--to", str(tmp_path)])


def test_real_data_are_cut_to_what_loads_as_real(real_data, tmp_path):
    sources = {
        "pneumonia": real_data / "pneumoniamnist_28" / "pneumoniamnist_reconstructed.npz",
        "icu": real_data / "physionet2012_icu",
    }
    for name, source in sources.items():
        script("downsize")([name, "--file", str(source), "--to", str(tmp_path), "--cases", "300"])
        cut = load(name, size=str(tmp_path))
        assert not cut.simulated
        assert sum(map(len, cut.splits.values())) == pytest.approx(300, abs=3)
        assert catalogue.find(name).classes == cut.classes


@pytest.mark.parametrize("name", ["expression", "phenotypes", "trial"])
def test_a_set_of_another_format_is_not_cut(tmp_path, name):
    with pytest.raises(DataError, match=f"{name} cannot be cut: only MedMNIST's files and intensive-care"):
        script("downsize")([name, "--file", str(tmp_path), "--to", str(tmp_path / "cut")])
