"""A class: the folder it works from without the internet, and what its exercises say together.

Nothing is sent anywhere: learners hand their file of answers in themselves, or do not. What an exercise is,
and what it writes down, is exercises/exercise.py's business.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from medlearn.errors import DataError, FetchError, MedlearnError

ROOT = Path(__file__).resolve().parent.parent
NEWS = "@jupyterlab/apputils-extension:announcements"  # JupyterLab's, from the internet


# The folder of a class


def make(folder: Path, *, data: Sequence[str] = (), wheels: bool = True) -> None:
    """Write all that a class needs into a new folder: notebooks, packages, real data, a page of instructions.

    `data` names the real sets to take along; without it, those that are here already.
    """
    from medlearn import course
    from medlearn.data import files, store

    folder = folder.expanduser().absolute()
    if folder.exists():
        raise DataError(f"{folder} is there already: name another place, or remove it first")
    notebooks, entries = course.find(), _entries(data)
    with files.new_folder(folder) as part:
        (part / "notebooks").mkdir()
        for path in notebooks:
            _without_outputs(path, part / "notebooks" / path.name)
        package = _package(part / "wheels")
        if wheels:
            _wheels(part)
        for entry in entries:
            store.add_to_mirror(entry, part / "data")
        if entries:
            (part / "data" / "SOURCES.txt").write_text(_sources(entries), encoding="utf-8")
        (part / "START.md").write_text(_page(package, entries), encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    real = ", ".join(entry.name for entry in entries) or "none (`--data icu`, say, takes some along)"
    print(f"{folder}: {len(notebooks)} notebooks, {size:,.0f} MB; real data: {real}")
    print(f"Begin with {folder / 'START.md'}")


def _entries(names: Sequence[str]) -> list:
    """The data sets named, or those whose official files are all in the cache."""
    from medlearn.data import store
    from medlearn.data.catalogue import CATALOGUE, find

    chosen = [find(name) for name in names]
    if bundled := [entry.name for entry in chosen if entry.bundled]:
        raise DataError(f"{bundled[0]} comes with scikit-learn and need not be taken along")
    if names:
        return chosen
    with_files = [entry for entry in CATALOGUE.values() if not entry.bundled]
    return [e for e in with_files if all(store.place(e, file).is_file() for file in e.files)]


def _without_outputs(source: Path, target: Path) -> None:
    import nbformat

    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, target)


def _package(folder: Path) -> str:
    """Build medlearn's wheel from a copy, so that nothing of an older build gets into it; its name."""
    with tempfile.TemporaryDirectory() as place:
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            if (ROOT / name).is_file():
                shutil.copy(ROOT / name, place)
        shutil.copytree(
            ROOT / "medlearn", Path(place) / "medlearn", ignore=shutil.ignore_patterns("__pycache__")
        )
        _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), place)
    return next(folder.glob("medlearn-*.whl")).name


def _wheels(folder: Path) -> None:
    """The locked packages, for this system and this Python; the lock's digests are checked as they come."""
    shutil.copy(ROOT / "requirements.txt", folder)
    print("The packages for this system and this Python are fetched, half a gigabyte or more …", flush=True)
    into = str(folder / "wheels")
    _pip(
        "download",
        "--only-binary",
        ":all:",
        "--requirement",
        str(folder / "requirements.txt"),
        "--dest",
        into,
    )


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or [
            "no reason given"
        ]
        raise FetchError(f"pip {arguments[0]} did not end well: {errors[-1]}")


def _sources(entries: Iterable) -> str:
    return "".join(
        f"{entry.name}: {entry.title}, {entry.licence}\n  {entry.citation}\n  {entry.homepage}\n"
        for entry in entries
    )


def _page(package: str, entries: Sequence) -> str:
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

Here are the notebooks (without results: they come when you run them) and every package they need, for Python
{python} on {platform.system()} {platform.machine()}. Nothing below needs the internet.

## Install: once on each computer, or once on a shared server

In this folder:

    python{python} -m venv env
    env/bin/python -m pip install --no-index --find-links wheels --requirement requirements.txt
    env/bin/python -m pip install --no-index --no-deps wheels/{package}
    env/bin/python -m jupyter labextension disable --level=sys_prefix {NEWS}
    env/bin/medlearn doctor

It takes 2 GB and some minutes. (The fourth line keeps JupyterLab from asking for news from the internet.)
Learners on a shared server need to read this folder, not to write into it. With many at once, give each a
share of the processors, or they wait for one another: before JupyterLab starts,
`export OMP_NUM_THREADS=2 TF_NUM_INTRAOP_THREADS=2 TF_NUM_INTEROP_THREADS=2`.

## Begin: each learner

    cp -r notebooks ~/mine
    env/bin/python -m jupyter lab ~/mine/01_background.ipynb

Run a cell with Shift and Enter, from the first on. The data are simulated on the spot.

{real if entries else no_data}
## Answers: only if you want to hand them in

In a cell of any notebook:

    from medlearn.exercises import record
    record("~/answers.jsonl")

From then on each try is a line in that file: the exercise, the time, whether it was right, and what you were
told. No name, no code; open it and see. It stays on your computer until you hand it in yourself. The teacher
puts the files of the class into one folder and asks which exercises were hard:

    env/bin/medlearn class summary FOLDER
"""


# What the answers of a class say


@dataclass(frozen=True)
class Try:
    exercise: str
    right: bool
    told: str


@dataclass(frozen=True)
class Row:
    """One exercise: how many tried it, and what stopped them."""

    exercise: str
    learners: int
    at_once: int
    in_the_end: int
    tries: float  # a learner, up to the first right one
    told: str  # what most were told
    learners_told: int

    def share(self, count: int) -> float:
        return count / self.learners


@dataclass(frozen=True)
class Answers:
    """All files of a folder: each learner's tries in order, and what could not be used."""

    learners: Sequence[Sequence[Try]]
    notes: Sequence[str]


LONGEST = 10_000  # bytes; a line of ours has a few hundred


def read(folder: Path) -> Answers:
    """The tries in every .jsonl file under `folder`, one file a learner."""
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}: name the one that holds the files of the class")
    paths = [p for p in sorted(folder.rglob("*.jsonl")) if p.is_file() and not p.name.startswith(".")]
    if not paths:
        raise DataError(f'{folder} holds no .jsonl file, such as `record("answers.jsonl")` writes')
    learners, notes, seen = [], [], {}
    for path in paths:
        name = path.relative_to(folder)
        try:
            content = path.read_bytes()
        except OSError as error:
            notes.append(f"{name} cannot be read ({error.strerror})")
            continue
        first = seen.setdefault(hashlib.sha256(content).digest(), name)
        tries, broken = _tries(content)
        if first is not name:
            notes.append(f"{name} is {first} once more, and was counted once")
        elif tries:
            learners.append(tries)
        if broken:
            notes.append(f"{name}: line {broken[0]} is not one of ours, {len(broken)} in all were left out")
        elif not tries:
            notes.append(f"{name} holds no answers")
    return Answers(learners, notes)


def _tries(content: bytes) -> tuple[list[Try], list[int]]:
    """The tries in a file, and the numbers of the lines that are none."""
    tries, broken, last = [], [], {}
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        one = _try(line)
        if one is None:
            broken.append(number)
        elif last.get(one.exercise) != one:  # a cell that is run again is no new try
            tries.append(one)
            last[one.exercise] = one
    return tries, broken


def _try(line: bytes) -> Try | None:
    try:
        entry = json.loads(line) if len(line) <= LONGEST else None
        exercise, right, told = entry["exercise"], entry["right"], entry["told"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    fits = isinstance(exercise, str) and isinstance(told, str) and isinstance(right, bool)
    if not fits or not re.fullmatch(r"\w{1,40}\.[\w?]{1,40}", exercise, re.ASCII):
        return None
    # The file was in other hands: nothing in it may move the terminal's cursor.
    return Try(exercise, right, "".join(c for c in told if c.isprintable())[:500])


def summarise(learners: Iterable[Sequence[Try]]) -> list[Row]:
    """One row an exercise, the one over which most stumble first."""
    by_exercise: dict[str, list[list[Try]]] = {}
    for tries in learners:
        of_learner: dict[str, list[Try]] = {}
        for one in tries:
            of_learner.setdefault(one.exercise, []).append(one)
        for exercise, own in of_learner.items():
            by_exercise.setdefault(exercise, []).append(own)
    rows = [_row(exercise, tried) for exercise, tried in by_exercise.items()]
    return sorted(rows, key=lambda row: (row.share(row.at_once), row.share(row.in_the_end), row.exercise))


def _row(exercise: str, tried: Sequence[Sequence[Try]]) -> Row:
    told, wording = Counter(), {}
    for own in tried:
        for text in sorted({_shape(one.told) for one in own if not one.right}):
            told[text] += 1
        for one in own:
            wording.setdefault(_shape(one.told), one.told)
    most, count = max(told.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    needed = [next((n for n, one in enumerate(own, 1) if one.right), len(own)) for own in tried]
    return Row(
        exercise,
        len(tried),
        sum(own[0].right for own in tried),
        sum(any(one.right for one in own) for own in tried),
        round(statistics.mean(needed), 1),
        wording.get(most, ""),
        count,
    )


def _shape(told: str) -> str:
    """A message without its numbers: "you return 3" and "you return 4" are one stumble."""
    return re.sub(r"\d+(?:[.,]\d+)*", "…", told)


def table(rows: Sequence[Row]) -> str:
    """As the terminal shows it; below each exercise stands what most learners were told."""
    lines = [f"{'exercise':<10} {'learners':>8} {'right at once':>14} {'in the end':>11} {'tries':>6}"]
    for row in rows:
        at_once, in_the_end = row.share(row.at_once), row.share(row.in_the_end)
        lines.append(
            f"{row.exercise:<10} {row.learners:>8} {at_once:>14.0%} {in_the_end:>11.0%} {row.tries:>6.1f}"
        )
        if row.told:
            told = f"{row.learners_told} were told: {row.told}"
            lines += textwrap.wrap(told, 96, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines)


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """The same for a spreadsheet, which must not take a message for a formula."""
    try:
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(field.name for field in fields(Row))
            writer.writerows(map(_plain, astuple(row)) for row in rows)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}): name a file of yours") from error


def _plain(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


# The command


def main(argv: Sequence[str] | None = None) -> int:
    """Make the folder of a class, or say which exercises a class stumbled over."""
    parser = argparse.ArgumentParser(prog="medlearn class", description=main.__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    folder = commands.add_parser("make", help="write a folder that a class works from, offline")
    folder.add_argument("folder", type=Path, metavar="FOLDER")
    taken = "real data to take along; without it, those in the cache"
    folder.add_argument("--data", nargs="+", default=(), metavar="NAME", help=taken)
    folder.add_argument("--no-wheels", action="store_true", help="leave out the packages that medlearn needs")
    answers = commands.add_parser("summary", help="say which exercises a class stumbled over")
    answers.add_argument("folder", type=Path, metavar="FOLDER", help="where the handed-in .jsonl files are")
    answers.add_argument("--csv", type=Path, metavar="OUT", help="write the table there too")
    options = parser.parse_args(argv)
    if options.command == "make":
        make(options.folder, data=options.data, wheels=not options.no_wheels)
    else:
        _print_summary(options.folder, options.csv)
    return 0


def _print_summary(folder: Path, csv_file: Path | None) -> None:
    answers = read(folder)
    rows = summarise(answers.learners)
    if csv_file:
        write_csv(rows, csv_file)
    print(f"{len(answers.learners)} files with answers\n")
    if rows:
        print(table(rows))
    if answers.notes:
        more = [f"… and {len(answers.notes) - 20} notes more"] * (len(answers.notes) > 20)
        print("\n" + "\n".join([*answers.notes[:20], *more]))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MedlearnError as error:
        sys.exit(str(error))
