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
OF_COURSE = "course"  # the extra with the tools of a checkout; each other one is of a part of the course
OF_PARTS = {
    requirement.name: requirement
    for extra, requirements in PROJECT["optional-dependencies"].items()
    if extra != OF_COURSE
    for requirement in map(Requirement, requirements)
}
SOURCES = sorted((ROOT / "notebooks" / "src").glob("[0-9][0-9]_*.py"))
CORE = [source for source in SOURCES if source.stem.startswith("0")]

NOT_ON_COLAB = {"pydicom"}  # of what medlearn declares; the core's `load` reads a folder of DICOM files
# What the packages of an extra ask for; Colab has them by way of TensorFlow, Jupyter and httpx.
BROUGHT = {
    "anyio",
    "click",
    "flatbuffers",
    "h11",
    "ml-dtypes",
    "numpy",
    "onnx",
    "packaging",
    "protobuf",
    "requests",
}
BROUGHT |= {"typing-extensions"}
# Of Dask and JAX, which Colab has, with all that they ask for.
BROUGHT |= {
    "cloudpickle",
    "dask",
    "fsspec",
    "importlib-metadata",
    "jaxlib",
    "jinja2",
    "locket",
    "msgpack",
    "opt-einsum",
    "partd",
    "psutil",
    "pyyaml",
    "scipy",
    "sortedcontainers",
    "tblib",
    "toolz",
    "tornado",
    "urllib3",
    "zict",
}
COLABS_OWN = {"keras": "3.13.2", "numpy": "2.1.3", "pooch": "1.9.0", "scikit-learn": "1.6.1"}  # as published
BACKENDS = {"tensorflow", "jax"}  # Colab has them; whichever is there is used
OF_JUPYTER = {"IPython", "ipywidgets", "matplotlib_inline"}  # a notebook runs in it, so it is there
OF_RUNNING = {"nbclient", "nbformat"}  # `medlearn run`, in a checkout, which has them
OF_POOCH = {"packaging", "requests"}
OF_REQUESTS = {"urllib3"}
OF_KERAS = {"h5py"}
OF_DASK = {"psutil"}
BY_KERAS = {"tf2onnx"}  # it imports it where it writes ONNX
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


@pytest.mark.parametrize("name", DECLARED | OF_PARTS)
def test_no_version_is_pinned_or_bounded_from_above(name):
    assert {one.operator for one in (DECLARED | OF_PARTS)[name].specifier} == {">="}


def test_no_backend_is_declared():
    """A declared TensorFlow would replace Colab's, or a GPU user's, by another build."""
    assert not [name for name in DECLARED if name.startswith(("tensorflow", "jax", "torch"))]


def installed_by(source: Path) -> set[str]:
    """What the set-up cell of a notebook installs on Colab beside medlearn."""
    (line,) = re.findall(r"^    # !pip (.*)$", source.read_text("utf-8"), re.MULTILINE)
    command, *rest = line.split()
    # With --no-deps pip asks for nothing further, so that nothing that is there can be changed.
    assert (command, {word for word in rest if word.startswith("--")}) == (
        "install",
        {"--quiet", "--no-deps"},
    )
    packages = {word for word in rest if not word.startswith("--")}
    assert "git+https://github.com/{repository}" in packages
    return packages - {"git+https://github.com/{repository}"}


def imports(*paths: Path) -> set[str]:
    """The packages that files import, also within functions, but for Python's own and medlearn."""
    names = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return {IMPORTED_AS.get(name, name) for name in names - set(sys.stdlib_module_names) - {"medlearn"}}


def beyond_colab(names: set[str]) -> set[str]:
    return names & (NOT_ON_COLAB | set(OF_PARTS) - BACKENDS)


THE_PACKAGES = beyond_colab(imports(*(ROOT / "medlearn").rglob("*.py")))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_set_up_cell_installs_what_its_notebook_needs_and_nothing_else(source):
    """What the notebook imports itself, and what it needs through medlearn; no other package is there."""
    own, installed = beyond_colab(imports(source)), installed_by(source)
    assert own <= installed <= own | THE_PACKAGES | BY_KERAS
    if source in CORE:
        assert installed == own | NOT_ON_COLAB


@pytest.mark.parametrize("name", OF_PARTS)
def test_a_package_of_an_extra_is_installed_alone_and_finds_the_rest_on_colab(name):
    """Its set-up cell installs it with --no-deps."""
    asked = map(Requirement, importlib.metadata.requires(name) or [])
    always = {
        one.name.lower().replace("_", "-")
        for one in asked
        if not one.marker or one.marker.evaluate({"extra": ""})
    }
    assert always <= BROUGHT | {"coloredlogs", "sympy"}


@pytest.mark.parametrize("name", sorted(NOT_ON_COLAB))
def test_what_colab_lacks_needs_nothing_itself(name):
    needed = [one for one in importlib.metadata.requires(name) or [] if "extra ==" not in one]
    assert not needed, f"{name} would be installed without {needed}"


def test_the_package_imports_only_what_is_declared():
    found = imports(*(ROOT / "medlearn").rglob("*.py"))
    assert (
        found
        <= set(DECLARED)
        | set(OF_PARTS)
        | BACKENDS
        | OF_RUNNING
        | OF_POOCH
        | OF_REQUESTS
        | OF_KERAS
        | OF_DASK
        | OF_JUPYTER
    )


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_imports_only_what_colab_has_or_its_set_up_cell_installs(source):
    there = set(DECLARED) - NOT_ON_COLAB | BACKENDS | OF_JUPYTER
    assert imports(source) <= there | installed_by(source)


def test_pooch_brings_what_the_package_takes_from_it():
    assert {Requirement(one).name for one in importlib.metadata.requires("pooch")} >= OF_POOCH


def test_requests_and_keras_bring_what_the_package_takes_from_them():
    for library, taken in (("requests", OF_REQUESTS), ("keras", OF_KERAS)):
        assert {Requirement(one).name for one in importlib.metadata.requires(library)} >= taken
