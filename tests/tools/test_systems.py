"""Which of the locked packages a system needs, and what pip is told."""

import re
import sys

import pytest

from tools import ROOT, systems

LOCK = (ROOT / "requirements.txt").read_text("utf-8")


def names(lock):
    return re.findall(r"(?m)^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==", lock)


def test_this_system_s_part_is_what_pip_would_take():
    from packaging.markers import Marker

    conditions = re.findall(r"(?m)^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==[^\s;]+(?: ; (.+?))?(?: \\)?$", LOCK)
    here = [name for name, condition in conditions if not condition or Marker(condition).evaluate()]
    if sys.platform == "linux":
        assert names(systems.lock_for("linux", LOCK)) == here


@pytest.mark.parametrize(
    ("system", "has", "lacks"),
    [
        ("linux", "tensorflow-cpu", "appnope"),
        ("windows", "tensorflow", "tensorflow-cpu"),
        ("macos", "appnope", "tensorflow-cpu"),
    ],
)
def test_each_system_gets_what_is_made_for_it(system, has, lacks):
    part = systems.lock_for(system, LOCK)
    assert has in names(part) and lacks not in names(part)
    assert " ; " not in part and part.count("--hash=sha256:") > len(names(part))


def test_pip_is_told_the_system_and_to_take_no_source(tmp_path):
    words = systems.arguments("windows", tmp_path / "lock.txt", tmp_path / "wheels")
    assert words[:3] == ["download", "--only-binary", ":all:"] and "win_amd64" in words
    assert words[words.index("--python-version") + 1] == f"{sys.version_info.major}.{sys.version_info.minor}"
