"""What the short names of the Makefile stand for: one chapter alone, and what is run on each backend."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from medlearn.errors import DataError, MedlearnError
from tools import ROOT, chapter, notebooks

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
SOURCES = sorted((ROOT / "notebooks" / "src").glob("[0-9][0-9]_*.py"))


def imports_keras(path: Path) -> bool:
    """Whether a file names Keras in an import, also inside its functions."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return any(name.partition(".")[0] == "keras" for name in named)


def test_every_room_that_imports_keras_is_tested_on_every_backend():
    rooms = re.search(r"^ROOMS := (.+)$", MAKEFILE, re.MULTILINE)[1].split()
    files = [path for path in (ROOT / "medlearn").rglob("*.py") if imports_keras(path)]
    assert {path.relative_to(ROOT / "medlearn").parts[0].removesuffix(".py") for path in files} <= set(rooms)


def test_help_names_every_target_but_itself():
    targets = set(re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[1].split())
    told = set(re.findall(r"^\t@echo 'make ([\w-]+)", MAKEFILE, re.MULTILINE))
    assert told == targets - {"help"}


@pytest.fixture
def make(tmp_path):
    """Run make in a checkout whose Python writes down its arguments; they are returned."""
    if os.name != "posix" or not shutil.which("make"):
        pytest.skip("there is no make here, or no shell that it could use")
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "requirements-electives.txt").touch()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("installed", "electives"):
        (tmp_path / ".venv" / name).touch()
    (tmp_path / ".venv-site" / "bin").mkdir(parents=True)  # the book is built first, and here by nobody
    (tmp_path / "requirements-site.txt").touch()
    (tmp_path / ".venv-site" / "installed").touch()
    (tmp_path / ".venv-site" / "bin" / "python").symlink_to(shutil.which("true"))
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text("""#!/bin/sh\nfor each; do printf '%s\\0' "$each" >> arguments; done\n""")
    python.chmod(0o755)

    def run(*arguments, **environment):
        clean = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
        subprocess.run(["make", *arguments], cwd=tmp_path, env=clean | environment, check=True, timeout=60)
        return (tmp_path / "arguments").read_text("utf-8").split("\0")[:-1]

    return run


FOLDERS = [
    "my class",
    "Anna's",
    "R&D",
    "x;touch y",
    "$(shell touch y)",
    "$(touch y)",
    "`touch y`",
    "a$b",
    "-x",
    '"',
]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_class_s_folder_may_have_any_name(folder, make, tmp_path):
    wanted = ["-m", "tools.class_folder", "--data", "icu", "--", folder]
    assert make("class", f"TO={folder}", "ARGS=--data icu") == wanted
    (tmp_path / "arguments").unlink()
    assert make("class", "ARGS=--data icu", TO=folder) == wanted, "from the environment"
    assert not (tmp_path / "y").exists()


def test_a_class_s_folder_has_a_name_if_none_is_given(make):
    assert make("class") == ["-m", "tools.class_folder", "--", "build/class"]


def test_a_chapter_s_number_is_an_argument_and_no_command(make, tmp_path):
    assert make("chapter", "NN=2;touch y") == ["-m", "tools.chapter", "2;touch y"]
    (tmp_path / "arguments").unlink()
    assert make("chapter") == ["-m", "tools.chapter"]


@pytest.fixture(scope="module")
def of_chapter_2():
    """The tests that `make chapter NN=2` runs."""
    _, arguments = chapter.of_chapter("2")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert listed.returncode == 0, listed.stdout + listed.stderr
    return [line for line in listed.stdout.splitlines() if "::" in line]


@pytest.mark.parametrize(
    "each",
    [
        "notebooks/02_cnn_diagnosis.ipynb::Cell 0",
        "tests/test_notebooks.py::test_is_built_from_its_source[02_cnn_diagnosis]",
        "tests/exercises/test_exercises.py::test_solution_is_right_and_shown[ch02-q1]",
        "tests/tools/test_teach.py::test_a_plan_adds_up_to_its_minutes[02_cnn_diagnosis-90]",
    ],
)
def test_a_chapter_s_tests_are_its_own(of_chapter_2, each):
    assert each in of_chapter_2
    for stem in [path.stem for path in SOURCES if path.stem[:2] != "02"]:
        assert not [test for test in of_chapter_2 if stem in test or f"[ch{stem[:2]}" in test]


@pytest.mark.parametrize("current", [True, False])
def test_a_chapter_is_built_if_its_source_changed_and_then_tested(current, monkeypatch, capsys):
    done = []
    monkeypatch.setattr(notebooks, "is_current", lambda source: current)
    monkeypatch.setattr(notebooks, "build", lambda source: done.append("built") or notebooks.built(source))
    monkeypatch.setattr(
        chapter.subprocess,
        "run",
        lambda command, **_: done.append("tested") or subprocess.CompletedProcess(command, 3),
    )
    assert chapter.main(["02"]) == 3, "what pytest says"
    assert done == (["tested"] if current else ["built", "tested"])
    assert ("unchanged" in capsys.readouterr().out) == current


def test_a_chapter_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(MedlearnError, match=r"no notebook '99': there are 01_background, "):
        chapter.main(["99"])
    with pytest.raises(DataError, match="which chapter"):
        chapter.main([])
