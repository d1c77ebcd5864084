"""CONTRIBUTING.md, performed: its three examples in a copy of the repository. And the other papers."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import medlearn
from tools import ROOT
from tools.readme import MADE

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
STEP = re.compile(r"<!-- (.+?) -->\n```\w+\n(.*?)```\n", re.DOTALL)
DATA_SET, MODEL, CHAPTER, RESULTS = [
    block.splitlines() for action, block in STEP.findall(TEXT) if action == "run"
]
NOT_COPIED = shutil.ignore_patterns(
    ".*", "__pycache__", "*.egg-info", "build", "_build", "browser", "test_contributing.py"
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The repository as a newcomer has it, with every file of the document written."""
    folder = tmp_path_factory.mktemp("copy") / "course"
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    for action, block in STEP.findall(TEXT):
        if action != "run":
            write(folder, action, block)
    return folder


def write(folder: Path, action: str, block: str) -> None:
    if new := re.fullmatch(r"new (\S+)", action):
        path = folder / new[1]
        assert not path.exists(), f"{path.name} is there already: the example needs another name"
        path.write_text(block, encoding="utf-8")
    elif append := re.fullmatch(r"append to (\S+)", action):
        with (folder / append[1]).open("a", encoding="utf-8") as stream:
            stream.write(f"\n\n{block}")
    else:
        before = re.fullmatch(r'before "(.+)" in (\S+)', action)
        path, line = folder / before[2], f"\n{before[1]}\n"
        text = path.read_text("utf-8")
        assert text.count(line) == 1
        path.write_text(text.replace(line, f"\n{block}{before[1]}\n"), encoding="utf-8")


def run(folder: Path, command: str) -> str:
    """One command of the document, with the Python that runs this test; of `make`, what the Makefile has."""
    if target := re.fullmatch(r"make (\w+)(?: ARGS=(\S+))?", command):
        makefile = (ROOT / "Makefile").read_text("utf-8")
        recipe = re.search(rf"^{target[1]}:.*\n((?:\t.+\n)+)", makefile, re.MULTILINE)[1]
        lines = recipe.replace("$(ARGS)", target[2] or "").splitlines()
        return "".join(run(folder, line.strip()) for line in lines)
    python = f'"{sys.executable}" -m'
    command = re.sub(r"^(MEDLEARN_DATA=small )?\.venv/bin/medlearn", rf"\g<1>{python} medlearn", command)
    command = re.sub(r"^\.venv/bin/python -m", python, command)
    path = os.pathsep.join([str(folder), os.environ["PYTHONPATH"]])  # the copy's medlearn comes first
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def changed(folder: Path) -> set[str]:
    """The files of this repository that are not the same in the copy."""
    found = set()
    for path in (path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        is_made = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
        if not is_made and (ROOT / name).is_file() and path.read_bytes() != (ROOT / name).read_bytes():
            found.add(str(name))
    return found


def test_nothing_that_exists_is_edited_but_the_entries_of_a_kind(copy):
    assert changed(copy) - {"README.md"} == {"medlearn/data/images/entries.py"}


def test_a_data_set_is_added_as_written(copy):
    listing, tests = (run(copy, command) for command in DATA_SET)
    assert "hands" in listing and "Hands" not in listing.splitlines()[0]
    assert re.search(r"\d+ passed", tests) and "skipped" not in tests


def test_a_model_is_added_as_written(copy):
    (tests,) = (run(copy, command) for command in MODEL)
    assert "3 passed" in tests, "its doctest and its tests"


def test_a_chapter_is_added_as_written(copy):
    built, tests = (run(copy, command) for command in CHAPTER)
    assert built.startswith("14_hands: built in ")
    assert int(re.search(r"(\d+) passed", tests)[1]) >= 50, "of notebook, exercises and teacher's page"
    was, now = ((folder / "README.md").read_text("utf-8") for folder in (ROOT, copy))
    assert "[14 Hands](notebooks/14_hands.ipynb) | Is the bone broken? |" in now
    assert MADE.sub("", now) == MADE.sub("", was), "nothing changes in README but what is made"


def test_results_are_added_as_written(copy):
    (table,) = (run(copy, command) for command in RESULTS)
    assert table.startswith("hands: 450 simulated X-rays") and "| the share of fractures | 0.500 |" in table


def test_what_is_written_is_in_the_style_it_asks_for(copy):
    new = [copy / path for path in re.findall(r"<!-- (?:new|append to) (\S+\.py) -->", TEXT)]
    run(copy, f".venv/bin/python -m ruff check {' '.join(map(str, new))}")
    linted = [str(path) for path in new if path.parent.name != "src"]
    run(copy, f".venv/bin/python -m ruff format --check {' '.join(linted)}")


def test_every_command_and_file_that_it_names_is_there():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)?)", TEXT)):
        assert re.search(rf"^([\w-]+ )*{target}( [\w-]+)*:", makefile, re.MULTILINE), f"make {target}"
    for name in set(re.findall(r"`((?:[a-z]+/)*[\w.-]+\.(?:py|txt|toml|md|json))`", TEXT)):
        of_the_examples = re.search("hands|14|NN|NAME", name)
        found = of_the_examples or (ROOT / name).is_file() or list(ROOT.glob(f"medlearn/**/{name}"))
        assert found, name


# The other papers


def test_the_citation_file_is_valid_and_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited), "what version 1.2.0 requires"
    assert cited["cff-version"] == "1.2.0" and cited["type"] == "software"
    assert cited["authors"] == [{"name": "The medlearn authors"}]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert cited["version"] == project["version"] == medlearn.__version__
    assert cited["license"] == project["license"] == "MIT"


def test_the_changelog_begins_with_this_version():
    first = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert first[1] == medlearn.__version__


def test_licences_name_their_holder_and_what_they_cover():
    code, text = ((ROOT / name).read_text("utf-8") for name in ("LICENSE", "LICENSE-text"))
    assert code.startswith("MIT License\n") and "The medlearn authors" in code
    assert "https://creativecommons.org/licenses/by/4.0/legalcode" in text and "CC-BY-4.0" in text


def test_pre_commit_runs_only_what_is_here():
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repository["repo"] == "local", "nothing is fetched"
    for hook in repository["hooks"]:
        python, flag, module, *_ = hook["entry"].split()
        assert (python, flag, hook["language"]) == (".venv/bin/python", "-m", "system")
        assert module in ("ruff", "pytest")


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]*.yml")), ids=lambda path: path.stem
)
def test_an_issue_form_is_whole(path):
    form = yaml.safe_load(path.read_text("utf-8"))
    assert form["name"] and form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)


def test_binder_installs_the_lock_and_the_package():
    assert "-r ../requirements.txt" in (ROOT / "binder" / "requirements.txt").read_text("utf-8").splitlines()
    assert (ROOT / "binder" / "runtime.txt").read_text("utf-8") == "python-3.11\n"
    script = ROOT / "binder" / "postBuild"
    assert os.access(script, os.X_OK) and "--no-deps --no-build-isolation --editable ." in script.read_text(
        "utf-8"
    )
