"""The locked packages for a system that is not this one: which of them it needs, and where pip finds them.

pip itself reads the lock's conditions for the machine it runs on, also when it downloads for another one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

# What the lock's conditions ask of a system, and what pip calls its wheels, the newest first.
LINUX = [f"manylinux_2_{minor}_x86_64" for minor in (34, 31, 28, 27, 26, 24, 17)] + ["manylinux2014_x86_64"]
SYSTEMS: dict[str, tuple[dict[str, str], list[str]]] = {
    "linux": (
        {
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "platform_machine": "x86_64",
        },
        [*LINUX, "manylinux2010_x86_64", "manylinux1_x86_64"],
    ),
    "windows": (
        {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
        ["win_amd64"],
    ),
    "macos": (
        {
            "sys_platform": "darwin",
            "platform_system": "Darwin",
            "os_name": "posix",
            "platform_machine": "arm64",
        },
        ["macosx_14_0_arm64"],
    ),
}


def lock_for(system: str, lock: str) -> str:
    """The part of a `lock` that one system needs, without conditions.

    >>> lock_for("windows", "a==1 \\\\\\n    --hash=x\\nb==2 ; os_name == 'posix' \\\\\\n    --hash=y\\n")
    'a==1 \\\\\\n    --hash=x\\n'
    """
    kept = []
    for block in re.split(r"(?m)^(?=\S)", lock):
        if not (found := re.match(r"([A-Za-z0-9][^\s;]*)(?: ; (.+?))?( \\)?\n", block)):
            continue
        name, condition, goes_on = found.groups()
        if condition is None or holds(condition, SYSTEMS[system][0]):
            kept.append(f"{name}{goes_on or ''}\n{block[found.end() :]}")
    return "".join(kept)


def holds(condition: str, system: Mapping[str, str]) -> bool:
    """Whether a condition of the lock holds on a `system`, for the Python that runs here.

    >>> holds("sys_platform == 'win32' and python_full_version >= '3.11'", SYSTEMS["windows"][0])
    True
    """
    from packaging.markers import Marker

    return Marker(condition).evaluate(dict(system))


def arguments(system: str, lock: Path, wheels: Path) -> list[str]:
    """What pip is told to download what the `lock` names, for a `system` and this Python, into `wheels`."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    platforms = [word for name in SYSTEMS[system][1] for word in ("--platform", name)]
    which = ["--only-binary", ":all:", "--python-version", version, *platforms]
    return ["download", *which, "--no-deps", "--requirement", str(lock), "--dest", str(wheels)]
