"""The locks: the electives move no version of the core, hold what their extras ask for, and suit Colab."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "pyproject.toml").read_text("utf-8")
PROJECT = tomllib.loads(TEXT)["project"]
EXTRAS = {name: wanted for name, wanted in PROJECT["optional-dependencies"].items() if name != "course"}
COMMAND = re.search(r"^# {3}uv pip compile (?:.*\\\n)*?.*requirements-electives\.txt.*$", TEXT, re.MULTILINE)[
    0
]
LOCKED = [name for name in EXTRAS if f"--extra {name} " in COMMAND]
APART = {"federated"}  # cannot live with the core's versions: pyproject.toml says why


def locked(text: str) -> dict[str, set[str]]:
    """The versions of each package in a lock: several where systems or Pythons differ.

    >>> locked("a==1 ; python_version < '3.12'\\nB_c==3.0\\n    # via a")
    {'a': {'1'}, 'b-c': {'3.0'}}
    """
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;\\]+)", text, re.MULTILINE):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def asked_for(text: str) -> set[str]:
    """The packages that a lock has because pyproject.toml names them, as its "via" lines say."""
    blocks = re.split(r"^(?=[\w.-]+(?:\[[\w,]+\])?==)", text, flags=re.MULTILINE)[1:]
    return {
        canonicalize_name(re.match(r"[\w.-]+", block)[0])
        for block in blocks
        if "medlearn (pyproject" in block
    }


def moved(core: dict[str, set[str]], electives: dict[str, set[str]]) -> dict[str, set[str]]:
    """What both have and the electives would have otherwise."""
    return {name: found for name, found in electives.items() if name in core and not found <= core[name]}


def unmet(wanted: list[str], lock: dict[str, set[str]]) -> list[str]:
    """Those of the requirements that a lock lacks or has in a version they do not take."""
    asked = map(Requirement, wanted)
    return [
        str(one)
        for one in asked
        if not (found := lock.get(canonicalize_name(one.name)))
        or not all(one.specifier.contains(version) for version in found)
    ]


CORE, ELECTIVES = (
    (ROOT / name).read_text("utf-8") for name in ("requirements.txt", "requirements-electives.txt")
)


def test_the_electives_move_no_version_of_the_core():
    assert not moved(locked(CORE), locked(ELECTIVES)), (
        "make requirements-electives.txt anew, as pyproject.toml says"
    )
    assert moved({"numpy": {"2.4", "2.5"}}, {"numpy": {"2.4"}, "rdkit": {"1"}}) == {}
    assert moved({"numpy": {"2.4", "2.5"}}, {"numpy": {"2.3"}, "rdkit": {"1"}}) == {"numpy": {"2.3"}}


def test_each_extra_is_in_the_command_or_apart():
    assert set(LOCKED) | APART == set(EXTRAS) and not set(LOCKED) & APART
    assert "--constraint requirements.txt" in COMMAND


def test_the_lock_is_what_the_package_and_its_extras_ask_for():
    wanted = [*PROJECT["dependencies"], *(one for name in LOCKED for one in EXTRAS[name])]
    assert not unmet(wanted, locked(ELECTIVES))
    assert asked_for(ELECTIVES) == {canonicalize_name(Requirement(one).name) for one in wanted}
    assert unmet(["a>=2", "b", "c>1"], {"a": {"1", "3"}, "c": {"2"}}) == ["a>=2", "b"]


def test_the_core_is_what_the_package_and_the_course_ask_for():
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["course"]]
    assert not unmet(wanted, locked(CORE))
    assert asked_for(CORE) == {canonicalize_name(Requirement(one).name) for one in wanted}


@pytest.mark.parametrize("text", [CORE, ELECTIVES], ids=["requirements", "requirements-electives"])
def test_a_lock_has_a_digest_for_each_package_and_names_no_place(text):
    begins = re.findall(r"^[\w.-]+.*\n.*", text, re.MULTILINE)
    assert all("\\\n    --hash=sha256:" in begin for begin in begins)
    assert "://" not in text and not re.search(r"^--", text, re.MULTILINE)


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_has_lower_bounds_only_and_says_where_it_is_needed(extra):
    for one in map(Requirement, EXTRAS[extra]):
        assert {part.operator for part in one.specifier} == {">="}, f"{one.name} in {extra}"
    assert re.search(rf"^# \d\d.*: .*\n{extra} = \[", TEXT, re.MULTILINE)


def changes(requires: dict[str, list[str]], there: dict[str, str]) -> list[str]:
    """What installing these packages would change of what is there, by their own requirements."""
    return [
        f"{name} asks for {one}"
        for name, lines in requires.items()
        for one in map(Requirement, lines)
        if (not one.marker or one.marker.evaluate({"extra": ""}))
        and (version := there.get(canonicalize_name(one.name)))
        and not one.specifier.contains(version, prereleases=True)
    ]


def test_no_elective_changes_a_version_that_colab_has():
    colab = locked((ROOT / "requirements-colab.txt").read_text("utf-8"))
    colab = {name: str(max(map(Version, found))) for name, found in colab.items()}
    assert {"numpy", "pandas", "scipy", "keras"} <= set(colab)
    beyond = locked(ELECTIVES).keys() - locked(CORE).keys()
    here = {canonicalize_name(one.name): one.requires or [] for one in importlib.metadata.distributions()}
    requires = {name: here[name] for name in sorted(beyond & here.keys())}
    # What only electives need is replaced with what needs it: distributed goes with one version of Dask.
    assert not changes(requires, {name: found for name, found in colab.items() if name not in beyond})
    assert changes(
        {"a": ["numpy>=2", "b>3"], "c": ["numpy>=2.3", 'scipy; extra == "x"']}, {"numpy": "2.1.3"}
    ) == ["c asks for numpy>=2.3"]
