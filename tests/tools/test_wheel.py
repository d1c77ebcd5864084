"""The wheel: all of the package, nothing of the checkout, and at work where there is no checkout."""

import os
import subprocess
import sys
import zipfile

import pytest

from tools import ROOT, class_folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return class_folder.build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Run Python in an empty folder, with the installed wheel before whatever else is here."""
    target, elsewhere = (tmp_path_factory.mktemp(name) for name in ("installed", "elsewhere"))
    class_folder._pip("install", "--no-deps", "--no-index", "--target", str(target), str(wheel))
    path = os.pathsep.join([str(target), str(ROOT / "tests" / "offline")])  # no network there, either

    def run(*arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=elsewhere,
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert run("-c", "import medlearn; print(medlearn.__file__)").stdout.startswith(str(target))
    return run


def test_it_holds_the_package_whole_and_nothing_else(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    of_the_package = {name for name in inside if name.startswith("medlearn/")}
    package = ROOT / "medlearn"
    whole = [*package.rglob("*.py"), package / "models" / "films_64.npz", *package.glob("serve/page/*")]
    assert of_the_package == {str(path.relative_to(ROOT)) for path in whole}
    assert {name.split("/")[0].partition("-")[0] for name in inside - of_the_package} == {"medlearn"}, (
        "but for what says what it is, medlearn-VERSION.dist-info"
    )


def test_the_data_sets_are_listed(installed):
    done = installed("-m", "medlearn", "data", "list")
    assert (done.returncode, done.stderr) == (0, "") and "pneumonia" in done.stdout


def test_the_doctor_is_there(installed):
    done = installed("-m", "medlearn", "doctor", "--help")
    assert (done.returncode, done.stderr) == (0, "") and "medlearn doctor" in done.stdout


def test_a_class_is_summed_up(installed, tmp_path):
    line = '{"exercise": "ch01.q1", "time": "2026-01-01T00:00:00+00:00", "right": true, "told": ""}'
    (tmp_path / "ana.jsonl").write_text(line)
    done = installed("-m", "medlearn", "class", "summary", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "") and "ch01.q1" in done.stdout


def test_data_are_loaded(installed):
    done = installed("-c", "import medlearn; medlearn.load('breast_cancer')")
    assert (done.returncode, done.stderr) == (0, "") and "breast_cancer" in done.stdout


def test_there_are_no_notebooks_to_run_and_it_says_so(installed):
    done = installed("-m", "medlearn", "run")
    assert done.returncode == 1 and not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("medlearn: no notebooks in ")
    assert line.endswith(": run this in a checkout of the course")
