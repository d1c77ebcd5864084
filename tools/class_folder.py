"""The folder that a class works from without the internet: `make class TO=FOLDER`.

Notebooks, packages, the book with slides and teacher's pages, real data, and a page of instructions.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from medlearn import course
from medlearn.console import run_script, typed_path
from medlearn.data import files, store
from medlearn.data.catalogue import CATALOGUE, find
from medlearn.data.entry import Entry
from medlearn.errors import DataError, FetchError
from tools import ROOT
from tools.systems import SYSTEMS, arguments, lock_for
from tools.work import without_outputs

BOOK = ROOT / "site" / "_build" / "html"
LOCKS = ("requirements.txt", "requirements-electives.txt")
NEWS = "@jupyterlab/apputils-extension:announcements"  # JupyterLab's, from the internet


def make(folder: Path, *, data: Sequence[str] = (), systems: Sequence[str] = (), wheels: bool = True) -> None:
    """Write all that a class needs into a new `folder`.

    Parameters
    ----------
    folder : a place where there is nothing yet.
    data : the real sets to take along; without it, those that are in the cache come along.
    systems : whose packages are fetched, of "linux", "windows" and "macos"; without it, this machine's.
    wheels : whether the packages that medlearn needs are fetched at all.
    """
    folder = folder.absolute()
    if os.path.lexists(folder):
        raise DataError(f"{folder} is there already: name another place, or remove it first")
    notebooks, entries = course.find(), _choose(data)
    with files.new_folder(folder) as draft:
        (draft / "notebooks").mkdir()
        for path in notebooks:
            (draft / "notebooks" / path.name).write_text(without_outputs(path), encoding="utf-8")
        package = build_wheel(draft / "wheels")
        if wheels:
            _fetch_packages(draft, systems)
        if BOOK.is_dir():
            shutil.copytree(BOOK, draft / "book")
        for entry in entries:
            store.add_to_mirror(entry, draft / "data")
        if entries:
            (draft / "data" / "SOURCES.txt").write_text(_sources(entries), encoding="utf-8")
        (draft / "START.md").write_text(_page(package.name, entries, systems), encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    real = ", ".join(entry.name for entry in entries) or "none (`--data icu`, say, takes some along)"
    print(f"{folder}: {len(notebooks)} notebooks, {size:,.0f} MB; real data: {real}")
    print(f"Begin with {folder / 'START.md'}")


def _choose(names: Sequence[str]) -> list[Entry]:
    """The data sets named, or those whose official files are all in the cache."""
    chosen = [find(name) for name in names]
    if bundled := [entry.name for entry in chosen if entry.bundled]:
        raise DataError(f"{bundled[0]} comes with scikit-learn and need not be taken along")
    if names:
        return chosen
    with_files = [entry for entry in CATALOGUE.values() if entry.files]
    return [e for e in with_files if all(store.place(e, file).is_file() for file in e.files)]


def build_wheel(folder: Path) -> Path:
    """Build medlearn's wheel into `folder`, offline; its path.

    It is built from a copy, so that nothing of an older build gets into it.
    """
    with tempfile.TemporaryDirectory() as place:
        try:
            for name in ("pyproject.toml", "README.md", "LICENSE"):
                shutil.copy(ROOT / name, place)
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / "medlearn", Path(place) / "medlearn", ignore=skipped)
        except OSError as error:  # of a tree, shutil's own lists every file
            raise FetchError(
                f"the package cannot be copied to {tempfile.gettempdir()}: "
                "make room there, or set TMPDIR to a folder that has room"
            ) from error
        _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), place)
    return next(folder.glob("medlearn-*.whl"))


def _fetch_packages(folder: Path, systems: Sequence[str]) -> None:
    """The locked packages for this Python; the lock's digests are checked as they come."""
    print(f"The packages for {_named(systems)} are fetched, half a gigabyte or more each …", flush=True)
    into = folder / "wheels"
    for lock in (Path(shutil.copy(ROOT / name, folder)) for name in LOCKS):
        if not systems:
            _pip("download", "--only-binary", ":all:", "--requirement", str(lock), "--dest", str(into))
        for system in systems:
            part = folder / f".{system}.txt"
            part.write_text(lock_for(system, lock.read_text("utf-8")), encoding="utf-8")
            _pip(*arguments(system, part, into))
            part.unlink()


def _named(systems: Sequence[str]) -> str:
    """Whose packages there are: "Windows and macOS"."""
    names = {"linux": "Linux (x86-64)", "windows": "Windows", "macos": "macOS (Apple silicon)"}
    here = f"{platform.system()} {platform.machine()}"
    return " and ".join(names[system] for system in systems) or here


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = errors[-1] if errors else "no reason given"
        raise FetchError(f"pip {arguments[0]} failed: {reason}")


def _sources(entries: Iterable[Entry]) -> str:
    """What the data are, under which licence, and whom to cite."""
    return "".join(
        f"{entry.name}: {entry.title}, {entry.licence}\n  {entry.citation}\n  {entry.homepage}\n"
        for entry in entries
    )


def _page(package: str, entries: Sequence[Entry], systems: Sequence[str]) -> str:
    """START.md; `package` is the name of medlearn's wheel, `systems` whose packages there are."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    names = ", ".join(f"`{entry.name}`" for entry in entries)
    no_data = "## No real data\n\nThis folder was made without any; the course is complete without them.\n"
    real = f"""\
## Real data

`data` holds {names} (licences, and what to cite: `data/SOURCES.txt`). To run on
them, start in this folder with:

    MEDLEARN_MIRROR="$PWD/data" MEDLEARN_DATA=full env/bin/python -m jupyter lab ~/mine/01_background.ipynb
"""
    return f"""\
# Deep learning in medicine: the folder of a class

For learning. No patient's data belong in this folder, and no model made with it may be used on patients.

Here are the notebooks (without outputs: those come when you run them), every package they need, for Python
{python} on {_named(systems)}, and in `book/index.html` the book with its slides and pages for
teachers. Nothing below needs the internet.

## Install: once on each computer, or once on a shared server

In this folder, on Linux and macOS:

    python{python} -m venv env
    env/bin/python -m pip install --no-index --find-links wheels -r requirements.txt
    env/bin/python -m pip install --no-index --find-links wheels -r requirements-electives.txt
    env/bin/python -m pip install --no-index --no-deps wheels/{package}
    env/bin/python -m jupyter labextension disable --level=sys_prefix {NEWS}
    env/bin/medlearn doctor

On Windows:

    py -{python} -m venv env
    env\\Scripts\\python -m pip install --no-index --find-links wheels -r requirements.txt
    env\\Scripts\\python -m pip install --no-index --find-links wheels -r requirements-electives.txt
    env\\Scripts\\python -m pip install --no-index --no-deps wheels\\{package}
    env\\Scripts\\python -m jupyter labextension disable --level=sys_prefix {NEWS}
    env\\Scripts\\medlearn doctor

It takes 2 GB and some minutes. (The line with `labextension` keeps JupyterLab from asking for news from the
internet.)
Learners on a shared server need to read this folder, not to write into it. With many at once, give each a
share of the processors, or they wait for one another: before JupyterLab starts,
`export OMP_NUM_THREADS=2 TF_NUM_INTRAOP_THREADS=2 TF_NUM_INTEROP_THREADS=2`.

## Begin: each learner

    cp -r notebooks ~/mine
    MEDLEARN_ANSWERS=~/mine/answers.jsonl env/bin/python -m jupyter lab ~/mine/01_background.ipynb

On Windows:

    xcopy /E /I notebooks %USERPROFILE%\\mine
    set MEDLEARN_ANSWERS=%USERPROFILE%\\mine\\answers.jsonl
    env\\Scripts\\python -m jupyter lab %USERPROFILE%\\mine\\01_background.ipynb

Run a cell with Shift and Enter, from the first on. The data are simulated on the spot.

{real if entries else no_data}
## Answers: only if you want to hand them in

Begun as above, each try is a line in `mine/answers.jsonl`, for all notebooks: the exercise, the time, whether
it was right, and what you were told. No name, no code; open it and see. It stays on your computer until you
hand it in yourself, named after you. The teacher puts the files of the class into one folder and asks which
exercises were hard, and who has handed in what:

    env/bin/medlearn class summary FOLDER
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a folder that a class works from, offline."""
    parser = argparse.ArgumentParser(prog="python -m tools.class_folder", description=main.__doc__)
    parser.add_argument("folder", type=typed_path, metavar="FOLDER")
    taken = "real data to take along; without it, those in the cache"
    parser.add_argument("--data", nargs="+", default=(), metavar="NAME", help=taken)
    whose = "whose packages are fetched; without it, this machine's"
    parser.add_argument("--systems", nargs="+", default=(), choices=SYSTEMS, metavar="SYSTEM", help=whose)
    parser.add_argument("--no-wheels", action="store_true", help="leave out the packages that medlearn needs")
    options = parser.parse_args(arguments)
    make(options.folder, data=options.data, systems=options.systems, wheels=not options.no_wheels)
    return 0


if __name__ == "__main__":
    run_script(main)
