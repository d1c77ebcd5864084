"""The doctor: what it sees, what it says to do, and when it stops."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from medlearn import doctor
from medlearn.doctor import ATTENTION, OK, STOP


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10, 14), STOP), ((3, 11, 0), OK), ((3, 13, 9), OK), ((3, 14, 0), ATTENTION)]
)
def test_python(version, state, monkeypatch):
    monkeypatch.setattr(sys, "version_info", version)
    assert doctor.python().state == state


def test_packages_that_are_missing_or_too_old_are_named(monkeypatch):
    here = {"numpy": "1.26.4", "keras": "3.15.1"}

    def version(name):
        if name not in here:
            raise importlib.metadata.PackageNotFoundError(name)
        return here[name]

    asked = ["numpy>=2", "keras>=3.13", "pooch>=1.8", 'nbval>=0.11; extra == "course"']
    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: asked)
    needed, tools = doctor.packages()
    assert needed.state == STOP
    assert needed.what.endswith("numpy is 1.26.4, needs >=2; pooch is missing, needs >=1.8")
    assert (tools.state, tools.what) == (
        ATTENTION,
        "tools to open and test it: nbval is missing, needs >=0.11",
    )


def test_the_packages_here_are_right():
    assert doctor.packages()[0].state == OK


def test_an_unknown_backend_stops(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    (finding,) = doctor.keras()
    assert finding.state == STOP and "'theano'" in finding.mend


def test_a_backend_that_does_not_start_stops_in_the_words_of_its_error(monkeypatch):
    monkeypatch.setattr(doctor, "START_KERAS", "raise ImportError('libcuda is not what it was')")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    (finding,) = doctor.keras()
    assert finding.state == STOP
    assert finding.what == "Keras on jax does not start: ImportError: libcuda is not what it was"
    assert finding.mend == "python -m pip install jax, or unset KERAS_BACKEND"


def test_a_backend_that_hangs_stops(monkeypatch):
    def run(command, *, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(doctor.subprocess, "run", run)
    assert doctor.keras()[0].state == STOP


def test_keras_starts_here():
    assert [finding.state for finding in doctor.keras()] == [OK, OK]


def test_a_wrong_data_setting_stops(monkeypatch):
    assert doctor.data_setting().state == OK
    monkeypatch.setenv("MEDLEARN_DATA", "medium")
    assert doctor.data_setting().state == STOP


@pytest.mark.parametrize("value", ["~nobody-of-this-name/x", "x" * 5000])
def test_a_data_setting_that_is_no_path_stops(value, monkeypatch):
    monkeypatch.setenv("MEDLEARN_DATA", value)
    assert doctor.data_setting().state == STOP
    monkeypatch.setenv("MEDLEARN_DATA", "")
    assert doctor.data_setting().what == "data: small"


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch):
    def homeless(name):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.delenv("MEDLEARN_CACHE")
    monkeypatch.setattr("medlearn.data.store.pooch.os_cache", homeless)
    (finding,) = doctor.cache()
    assert finding.state == STOP and "set MEDLEARN_CACHE to a folder" in finding.mend


def test_a_cache_below_a_folder_that_is_closed_stops(tmp_path, monkeypatch):
    def closed(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "closed" / "cache"))
    monkeypatch.setattr(Path, "exists", closed)
    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", closed)
    monkeypatch.setattr(doctor.shutil, "disk_usage", closed)
    writable, room = doctor.cache()
    assert (writable.state, room.state) == (STOP, ATTENTION) and "Permission denied" in writable.what


def test_a_cache_that_is_not_there_yet_is_fine_and_stays_unmade(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "not" / "yet"))
    assert doctor.cache()[0].state == OK
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_written_to_stops(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "file"))
    writable, _ = doctor.cache()
    assert writable.state == STOP and "MEDLEARN_CACHE" in writable.mend


@pytest.mark.parametrize(("free", "state"), [(10_000_000, STOP), (500_000_000, ATTENTION), (5e9, OK)])
def test_the_room_on_the_disk(free, state, monkeypatch):
    usage = doctor.shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: usage)
    assert doctor.cache()[1].state == state


def test_no_network_needs_attention_only():
    finding = doctor.network()  # the tests have none
    assert finding.state == ATTENTION and "not needed for the small data" in finding.mend


def test_a_mirror_that_is_not_there_needs_attention(tmp_path, monkeypatch):
    assert doctor.mirror().state == OK
    monkeypatch.setenv("MEDLEARN_MIRROR", str(tmp_path))
    assert doctor.mirror().state == OK
    monkeypatch.setenv("MEDLEARN_MIRROR", str(Path(tmp_path) / "gone"))
    assert doctor.mirror().state == ATTENTION
    monkeypatch.setenv("MEDLEARN_MIRROR", "http://127.0.0.1:9/mirror")
    assert doctor.mirror().state == ATTENTION


@pytest.mark.parametrize(
    "address",
    ["http://[", "http://[::1", "http://a:b", "http://" + "x" * 70 + ".example", "http://127.0.0.1:9/\udcff"],
)
def test_an_odd_address_of_a_mirror_needs_attention(address, monkeypatch):
    monkeypatch.setenv("MEDLEARN_MIRROR", address)
    assert doctor.mirror().state == ATTENTION


def test_no_password_of_a_mirror_is_shown(monkeypatch, capsys):
    monkeypatch.setenv("MEDLEARN_MIRROR", "http://me:secret@127.0.0.1:9/x")
    monkeypatch.setattr(doctor, "CHECKS", (doctor.mirror,))
    doctor.main([])
    out = capsys.readouterr().out
    assert "http://***@127.0.0.1:9/x does not answer" in out and "secret" not in out


@pytest.mark.parametrize(("state", "code"), [(OK, 0), (ATTENTION, 0), (STOP, 1)])
def test_only_what_stops_the_course_fails(state, code, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "CHECKS", (lambda: doctor.Finding(state, "a thing", "mend it"),))
    assert doctor.main([]) == code
    assert capsys.readouterr().out.startswith(f"{state:9}  a thing\n           mend it\n")
