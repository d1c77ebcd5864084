"""What Colab has, beside what the course asks for: installing medlearn there changes no version.

Colab's versions are those that requirements-colab.txt names; `make test-colab` runs everything with them.
"""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DECLARED = {requirement.name: requirement for requirement in map(Requirement, PROJECT["dependencies"])}
SOURCES = sorted((ROOT / "notebooks" / "src").glob("[0-9][0-9]_*.py"))

NOT_ON_COLAB = {"pydicom"}  # of what medlearn declares
COLABS_OWN = {"keras": "3.13.2", "numpy": "2.1.3", "pooch": "1.9.0", "scikit-learn": "1.6.1"}  # as published
BACKENDS = {"tensorflow", "jax"}  # Colab has them; whichever is there is used
OF_JUPYTER = {"IPython", "ipywidgets"}  # a notebook runs in it, so it is there
OF_AUTHORS = {"jupytext", "nbclient", "nbformat"}  # build and run notebooks from a checkout
OF_POOCH = {"packaging", "requests"}
IMPORTED_AS = {"PIL": "pillow", "sklearn": "scikit-learn"}


def colab() -> dict[str, str]:
    """The versions pinned in requirements-colab.txt, for Colab's system."""
    lines = (ROOT / "requirements-colab.txt").read_text("utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    linux = {"sys_platform": "linux", "platform_machine": "x86_64"}
    return {
        one.name: str(one.specifier).removeprefix("==")
        for one in wanted
        if str(one.specifier).startswith("==") and (not one.marker or one.marker.evaluate(linux))
    }


def test_the_set_that_the_tests_run_with_is_colabs():
    assert COLABS_OWN.items() <= colab().items()
    assert colab()["tensorflow-cpu"] == "2.20.0"
    assert Version("3.13") in SpecifierSet(PROJECT["requires-python"])


@pytest.mark.parametrize("name", DECLARED)
def test_what_medlearn_asks_for_is_met_by_what_colab_has(name):
    if name not in colab():  # it is there because scikit-learn asks for at least as much
        asked = {one.name: one for one in map(Requirement, importlib.metadata.requires("scikit-learn"))}
        least = str(asked[name].specifier).removeprefix(">=")
        assert DECLARED[name].specifier.contains(least)
        return
    assert DECLARED[name].specifier.contains(colab()[name]), (
        f"pip would replace Colab's {name} {colab()[name]}"
    )


@pytest.mark.parametrize("name", DECLARED)
def test_no_version_is_pinned_or_bounded_from_above(name):
    assert {one.operator for one in DECLARED[name].specifier} == {">="}


def test_no_backend_is_declared():
    """A declared TensorFlow would replace Colab's, or a GPU user's, by another build."""
    assert not [name for name in DECLARED if name.startswith(("tensorflow", "jax", "torch"))]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_set_up_cell_installs_what_colab_lacks_and_nothing_else(source):
    """With --no-deps pip asks for nothing further, so that nothing that is there can be changed."""
    (line,) = re.findall(r"^    # !pip (.*)$", source.read_text("utf-8"), re.MULTILINE)
    command, *rest = line.split()
    options = {word for word in rest if word.startswith("--")}
    assert (command, options) == ("install", {"--quiet", "--no-deps"})
    packages = {word for word in rest if not word.startswith("--")}
    assert packages == NOT_ON_COLAB | {"git+https://github.com/{repository}"}


@pytest.mark.parametrize("name", sorted(NOT_ON_COLAB))
def test_what_colab_lacks_needs_nothing_itself(name):
    needed = [one for one in importlib.metadata.requires(name) or [] if "extra ==" not in one]
    assert not needed, f"{name} would be installed without {needed}"


def imports(folder: Path) -> set[str]:
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return {IMPORTED_AS.get(name, name) for name in names - set(sys.stdlib_module_names) - {"medlearn"}}


def test_the_package_imports_only_what_is_declared():
    assert imports(ROOT / "medlearn") <= set(DECLARED) | BACKENDS | OF_AUTHORS | OF_POOCH | OF_JUPYTER


def test_the_notebooks_import_only_what_colab_has_or_the_set_up_cell_installs():
    assert imports(ROOT / "notebooks") <= set(DECLARED) | BACKENDS | OF_JUPYTER


def test_pooch_brings_what_the_package_takes_from_it():
    assert {Requirement(one).name for one in importlib.metadata.requires("pooch")} >= OF_POOCH
