"""What would stop the course from running here, and how to mend it.

It only checks: nothing is installed, fetched or changed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from medlearn import backend
from medlearn.console import masked
from medlearn.errors import MedlearnError

DESCRIPTION = "Say what would stop the course from running here, and how to mend it."
OK, ATTENTION, STOP = "ok", "attention", "stop"

# Run in a process of its own: it takes seconds, and a broken backend can crash Python.
START_KERAS = """
import medlearn, keras
try:
    devices = keras.distribution.list_devices("gpu")
except Exception:  # JAX's way to say that there is none
    devices = []
print(keras.__version__, keras.backend.backend(), len(devices))
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Parameters
    ----------
    state : `OK`; `ATTENTION`, where the course runs all the same; `STOP`, where it does not.
    what : what was found, in a few words.
    mend : the command or the setting that mends it, if anything has to be mended.
    """

    state: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        return masked(f"{self.state:9}  {self.what}" + (f"\n{'':11}{self.mend}" if self.mend else ""))


def python() -> Finding:
    """Check that the course runs on this version of Python, and is tested on it."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    what = f"Python {version} ({sys.executable})"
    if sys.version_info < (3, 11):  # noqa: UP036, pip refuses it, a checkout used in place does not
        return Finding(STOP, what, "the course needs Python 3.11, 3.12 or 3.13: make lab PYTHON=python3.12")
    if sys.version_info >= (3, 14):
        return Finding(ATTENTION, what, "the course is tested on 3.11 to 3.13: make lab PYTHON=python3.13")
    return Finding(OK, what)


def packages() -> list[Finding]:
    """Compare what is installed with what pyproject.toml asks for."""
    try:
        asked = importlib.metadata.requires("medlearn") or []
    except importlib.metadata.PackageNotFoundError:
        mend = "python -m pip install --no-deps --no-build-isolation --editable ."
        return [Finding(ATTENTION, "medlearn is used without being installed", mend)]
    return [
        _missing(asked, "", STOP, "packages of the course"),
        _missing(asked, "course", ATTENTION, "tools to open and test it"),
    ]


def _missing(asked: list[str], extra: str, state: str, what: str) -> Finding:
    from packaging.requirements import Requirement

    wrong, fine = [], 0
    for requirement in map(Requirement, asked):
        of_extra = "extra ==" in str(requirement.marker or "")
        applies = not requirement.marker or requirement.marker.evaluate({"extra": extra})
        # Which backend is here, and whether it starts, is looked at in keras().
        if of_extra != bool(extra) or not applies or requirement.name.startswith("tensorflow"):
            continue
        try:
            here = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            here = "missing"
        if here != "missing" and requirement.specifier.contains(here, prereleases=True):
            fine += 1
        else:
            wrong.append(f"{requirement.name} is {here}, needs {requirement.specifier}")
    if wrong:
        return Finding(
            state, f"{what}: {'; '.join(wrong)}", "python -m pip install --requirement requirements.txt"
        )
    return Finding(OK, f"{what}: all {fine} are here and new enough")


def keras() -> list[Finding]:
    """Check that Keras starts with its backend, how long that takes, and whether it uses a GPU."""
    try:
        backend.check()
    except MedlearnError as error:
        return [Finding(STOP, "Keras would not start", str(error))]
    start = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-c", START_KERAS],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=300,
        )
    except subprocess.TimeoutExpired:
        return [Finding(STOP, f"Keras on {backend.name()} did not start in 300 seconds")]
    seconds = time.perf_counter() - start
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"])[-1]
        return [Finding(STOP, f"Keras on {backend.name()} does not start: {last}", _how_to_get_backend())]
    version, name, gpus = done.stdout.split()[-3:]
    gpu = f"GPU: {gpus} in use" if int(gpus) else "GPU: none; the small data needs none"
    return [Finding(OK, f"Keras {version} on {name} starts in {seconds:.1f} s"), Finding(OK, gpu)]


def _how_to_get_backend() -> str:
    if backend.name() == "tensorflow":
        return "python -m pip install --requirement requirements.txt"
    return f"python -m pip install {backend.name()}, or unset KERAS_BACKEND"


def data_setting() -> Finding:
    """Check that MEDLEARN_DATA is small, full or a folder that is there."""
    value = os.environ.get("MEDLEARN_DATA") or "small"
    if value not in ("small", "full") and not os.path.isdir(os.path.expanduser(value)):
        mend = "set it to small, to full, or to the full path of a folder with data, or unset it"
        return Finding(STOP, f"MEDLEARN_DATA is {value!r}", mend)
    return Finding(OK, f"data: {value}")


def cache() -> list[Finding]:
    """Check that the folder for downloaded data can be written to, and that its disk has room."""
    from medlearn.data.store import cache_folder

    mend = "set MEDLEARN_CACHE to a folder that you can write to and that has room"
    try:
        folder = cache_folder()
    except MedlearnError as error:  # a user without a home
        return [Finding(STOP, f"cache: there is no place for it ({error})", mend)]
    there = _nearest_folder(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            writable = Finding(OK, f"cache: {folder}")
    except OSError as error:
        writable = Finding(STOP, f"cache: {folder} cannot be written to ({error.strerror})", mend)
    try:
        free = shutil.disk_usage(there).free / 1e9
    except OSError as error:
        return [writable, Finding(ATTENTION, f"disk: its room cannot be seen ({error.strerror})", mend)]
    state = STOP if free < 0.05 else ATTENTION if free < 1 else OK
    return [writable, Finding(state, f"disk: {free:.1f} GB free", "" if state == OK else mend)]


def _nearest_folder(folder: Path) -> Path:
    """The folder itself, or the first above it that is there and open to this user."""
    return next(place for place in (folder, *folder.parents) if os.path.lexists(place))


def network() -> Finding:
    """Check that the real data's main source answers."""
    return _ask("https://zenodo.org", "network", "not needed for the small data, nor with MEDLEARN_MIRROR")


def mirror() -> Finding:
    """Check that the folder or server in MEDLEARN_MIRROR is there, if one is set."""
    from medlearn.data import store

    try:
        place = store.mirror()
    except MedlearnError as error:
        return Finding(ATTENTION, "mirror: none there", str(error))
    if place is None:
        return Finding(OK, "mirror: none set, none needed")
    if isinstance(place, Path):
        return Finding(OK, f"mirror: {place}")
    return _ask(place, "mirror", "mend MEDLEARN_MIRROR or unset it")


def _ask(url: str, what: str, mend: str) -> Finding:
    """Whether `url` answers within three seconds."""
    import requests

    try:
        requests.head(url, timeout=3).close()  # any answer will do, if only to refuse a HEAD
    except (OSError, ValueError):  # all of requests' own are OSErrors; an odd address can be a ValueError
        return Finding(ATTENTION, f"{what}: {url} does not answer", mend)
    return Finding(OK, f"{what}: {url} answers")


CHECKS: tuple[Callable[[], Finding | list[Finding]], ...] = (
    python, packages, keras, data_setting, cache, network, mirror
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what would stop the course from running here, and how to mend it; return 1 if anything would.

    `arguments` are those of the command line, where only --help is known.
    """
    argparse.ArgumentParser(prog="medlearn doctor", description=DESCRIPTION).parse_args(arguments)
    stops = 0
    for check in CHECKS:
        found = check()
        for finding in [found] if isinstance(found, Finding) else found:
            print(finding, flush=True)
            stops += finding.state == STOP
    print(f"\n{stops} thing(s) to mend first: see 'stop' above." if stops else "\nThe course can run here.")
    return 1 if stops else 0
