"""GitHub's workflows: the commands and versions they name are those of Makefile, README and package."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEXTS = {path.stem: path.read_text("utf-8") for path in PATHS}
# As text throughout: YAML itself takes the key `on` for true, and a version of Python for a number.
WORKFLOWS = {name: yaml.load(text, yaml.BaseLoader) for name, text in TEXTS.items()}
JOBS = [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"]]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

each_workflow = pytest.mark.parametrize("name", WORKFLOWS)
each_job = pytest.mark.parametrize(("name", "job"), JOBS)


def commands(name: str, job: str) -> list[str]:
    """What a job runs, for each row of its matrix."""
    content = WORKFLOWS[name]["jobs"][job]
    rows = content.get("strategy", {}).get("matrix", {}).get("include", [{}])
    lines = [line for step in content["steps"] if "run" in step for line in step["run"].splitlines()]
    return [
        re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda m, row=row: row[m[1]], line)
        for row in rows
        for line in lines
    ]


def test_there_are_two():
    assert set(WORKFLOWS) == {"pages", "test"}


@each_workflow
def test_a_workflow_may_read_and_no_more(name):
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    assert "secrets" not in re.sub("^#.*$", "", TEXTS[name], flags=re.MULTILINE)
    assert {"group", "cancel-in-progress"} == set(WORKFLOWS[name]["concurrency"])


@each_job
def test_only_the_job_that_publishes_may_write(name, job):
    content = WORKFLOWS[name]["jobs"][job]
    asked = {"pages": "write", "id-token": "write"} if (name, job) == ("pages", "publish") else None
    assert content.get("permissions") == asked
    assert int(content["timeout-minutes"]) <= 120


def test_the_book_is_published_only_where_a_repository_asks_for_it():
    jobs = WORKFLOWS["pages"]["jobs"]
    assert jobs["build"]["if"] == "vars.PUBLISH_BOOK == 'true'"
    assert jobs["publish"]["needs"] == "build", "and so is left out with it"
    assert "PUBLISH_BOOK" in TEXTS["pages"].partition("name:")[0], "its first lines say how"


@each_workflow
def test_an_action_is_pinned_to_a_commit_and_says_its_version(name):
    used = re.findall(r"uses: (.*)$", TEXTS[name], re.MULTILINE)
    assert used
    for one in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one), one


def test_an_action_has_one_version():
    used = set(re.findall(r"uses: ((.+)@.+)$", "\n".join(TEXTS.values()), re.MULTILINE))
    assert len(used) == len({action for _, action in used})


@each_job
def test_every_command_is_there(name, job):
    targets = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[1].split()
    for command in commands(name, job):
        if made := re.match(r"make (\S+)", command):
            assert made[1] in targets
        for file in re.findall(r"(?:-r|^bash) (\S+)", command):
            assert (ROOT / file).is_file(), file


def test_linux_runs_what_ci_runs_with_each_python():
    assert commands("test", "linux") == ["bash .ci/run"]
    pythons = WORKFLOWS["test"]["jobs"]["linux"]["strategy"]["matrix"]["python"]
    said = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    oldest, newest = re.search(r"\((3, \d+)\) <= sys.version_info\[:2\] <= \((3, \d+)\)", MAKEFILE).groups()
    assert pythons == said
    assert PROJECT["requires-python"] == f">={pythons[0]}"
    assert [oldest, newest] == [pythons[0].replace(".", ", "), pythons[-1].replace(".", ", ")]


def test_the_other_systems_run_readme_s_commands_and_then_the_tests_of_the_makefile():
    readme = (ROOT / "README.md").read_text("utf-8").splitlines()
    suite = re.search(r"^SUITE := (.+)$", MAKEFILE, re.MULTILINE)[1]
    rows = WORKFLOWS["test"]["jobs"]["plain"]["strategy"]["matrix"]["include"]
    assert [row["system"] for row in rows] == ["macos-latest", "windows-latest"]
    run = commands("test", "plain")
    assert len(run) == 6 * len(rows)
    for begin, python in enumerate(row["python"] for row in rows):
        environment, lock, package, *_, tests = run[6 * begin : 6 * begin + 6]
        assert environment == "python -m venv .venv"
        assert lock in readme and package in readme
        assert tests == f"{python} -m pytest {suite}"


@each_job
def test_a_python_that_is_set_up_is_one_of_those_of_the_course(name, job):
    said = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    for step in WORKFLOWS[name]["jobs"][job]["steps"]:
        if step.get("uses", "").startswith("actions/setup-python@"):
            assert step["with"]["python-version"] in [*said, "${{ matrix.python }}"]
