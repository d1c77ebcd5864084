"""What learners tried: written down if they want it, handed in by themselves, summed up for their teacher.

Nothing is sent anywhere. What an exercise is stands in exercise.py.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import importlib
import json
import os
import re
import statistics
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from medlearn.console import clean, typed_path
from medlearn.errors import DataError

# The file, chosen by the learner, to which what was tried is written; unset, nothing is.
ANSWERS = "MEDLEARN_ANSWERS"
LONGEST = 10_000  # bytes; a line of ours has a few hundred
LARGEST = 10_000_000  # bytes; a file of ours with all exercises, each tried a hundred times, has a million
MOST_NOTES = 20  # that are printed


# Written


def record(path: str | Path | None) -> None:
    """From now on write what you try to the file `path`, one line a try; `None` stops it.

    A line holds the exercise, the time, whether the answer was right, and if not, what you were told. Your
    name and your code are not written, and nothing is sent anywhere. Setting MEDLEARN_ANSWERS to a path
    before Jupyter starts does the same for all notebooks.
    """
    if path is None:
        os.environ.pop(ANSWERS, None)
        print("What you try is no longer written down.")
        return
    try:
        path = Path(path).expanduser().absolute()
        path.open("ab").close()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in it, or a user who is not there
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{path} cannot be written to ({reason}): name a file in a folder of yours"
        ) from error
    os.environ[ANSWERS] = str(path)
    print(f"What you try is now written to {path}, and sent nowhere. record(None) stops it.")


def write_down(exercise: str, *, right: bool, told: str) -> None:
    """Add to the learner's file, if there is one: the `exercise`, whether `right`, and what was `told`."""
    if not os.environ.get(ANSWERS):
        return
    time = datetime.now(UTC).isoformat(timespec="seconds")
    line = json.dumps({"exercise": exercise, "time": time, "right": right, "told": told}, ensure_ascii=False)
    path = os.path.expanduser(os.environ[ANSWERS])
    try:  # a whole line at once, so that two notebooks can write to one file
        with open(path, "ab", buffering=0) as file:
            file.write(line.encode(errors="replace") + b"\n")
    except OSError as error:
        print(f"(Not written down: {path} cannot be written to, {error.strerror}.)")


def passed() -> set[str]:
    """The exercises that were answered rightly, by the learner's file; none, if there is no file."""
    try:
        with open(os.path.expanduser(os.environ.get(ANSWERS, "")), "rb") as stream:
            tries, _ = _read_lines(stream.read(LARGEST))
    except OSError:
        return set()
    return {one.exercise for one in tries if one.right}


# Read


@dataclass(frozen=True)
class Try:
    """One answer to an `exercise`: was it `right`, and if not, what was the learner `told`?"""

    exercise: str
    right: bool
    told: str


@dataclass(frozen=True)
class Answers:
    """All files of a folder: each learner's tries, in order, and `notes` on what could not be used.

    Parameters
    ----------
    learners : their tries, by the name of their file, or of its folder where the file is answers.jsonl.
    notes : what could not be used, in sentences.
    """

    learners: Mapping[str, Sequence[Try]]
    notes: Sequence[str]


def read(folder: Path) -> Answers:
    """The tries in every .jsonl file under `folder`, one file a learner."""
    if not os.path.isdir(folder):
        raise DataError(f"there is no folder {folder}: name the one that holds the files of the class")
    paths = [p for p in sorted(folder.rglob("*.jsonl")) if os.path.isfile(p) and not p.name.startswith(".")]
    if not paths:
        raise DataError(f'{folder} holds no .jsonl file, such as `record("answers.jsonl")` writes')
    learners, notes, seen = {}, [], {}
    for path in paths:
        name = clean(str(path.relative_to(folder)))
        try:
            with path.open("rb") as stream:
                content = stream.read(LARGEST + 1)
        except OSError as error:
            notes.append(f"{name} cannot be read ({error.strerror})")
            continue
        if len(content) > LARGEST:
            notes.append(f"{name} has more than {LARGEST // 1_000_000} MB, as no file of ours has: left out")
            continue
        first = seen.setdefault(hashlib.sha256(content).digest(), name)
        tries, broken = _read_lines(content)
        if first is not name:
            notes.append(f"{name} is {first} once more, and was counted once")
        elif tries:
            learners[_learner(path.relative_to(folder))] = tries
        if broken:
            notes.append(f"{name}: line {broken[0]} is not one of ours, {len(broken)} in all were left out")
        elif not tries:
            notes.append(f"{name} holds no answers")
    return Answers(learners, notes)


def _learner(path: Path) -> str:
    """Whose a file is, by its place in the folder.

    >>> _learner(Path("ben.jsonl")), _learner(Path("ana/answers.jsonl")), _learner(Path("b/cleo.jsonl"))
    ('ben', 'ana', 'b/cleo')
    """
    own = path.parent if path.name == "answers.jsonl" and len(path.parts) > 1 else path.with_suffix("")
    return clean(own.as_posix())


def _read_lines(content: bytes) -> tuple[list[Try], list[int]]:
    """The tries in a file, and the numbers of the lines that are none."""
    tries, broken, last = [], [], {}
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        one = _read_line(line)
        if one is None:
            broken.append(number)
        elif last.get(one.exercise) != one:  # a cell that is run again is no new try
            tries.append(one)
            last[one.exercise] = one
    return tries, broken


def _read_line(line: bytes) -> Try | None:
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


# Summed up


@dataclass(frozen=True)
class Row:
    """One exercise: how many tried it, and what stopped them.

    Parameters
    ----------
    exercise : its name, "ch01.q1".
    learners : how many tried it.
    at_once : how many were right the first time.
    in_the_end : how many were right at some time.
    tries : the mean number of tries of a learner, up to the first right one.
    told : what most learners were told.
    learners_told : how many were told that.
    """

    exercise: str
    learners: int
    at_once: int
    in_the_end: int
    tries: float
    told: str
    learners_told: int

    def share(self, count: int) -> float:
        """The share of the learners that `count` learners are."""
        return count / self.learners


def summarise(learners: Iterable[Sequence[Try]]) -> list[Row]:
    """One row an exercise from the tries of the `learners`; the exercise that stops most of them first."""
    by_exercise: dict[str, list[list[Try]]] = {}
    for tries in learners:
        of_learner: dict[str, list[Try]] = {}
        for one in tries:
            of_learner.setdefault(one.exercise, []).append(one)
        for exercise, own in of_learner.items():
            by_exercise.setdefault(exercise, []).append(own)
    rows = [_sum_up(exercise, tried) for exercise, tried in by_exercise.items()]
    return sorted(rows, key=lambda row: (row.share(row.at_once), row.share(row.in_the_end), row.exercise))


def _sum_up(exercise: str, tried: Sequence[Sequence[Try]]) -> Row:
    """The row of an exercise; `tried` has each learner's tries."""
    told, wording = Counter(), {}
    for own in tried:
        for text in sorted({_without_numbers(one.told) for one in own if not one.right}):
            told[text] += 1
        for one in own:
            wording.setdefault(_without_numbers(one.told), one.told)
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


def _without_numbers(told: str) -> str:
    """A message without its numbers: "you return 3" and "you return 4" are one mistake."""
    return re.sub(r"\d+(?:[.,]\d+)*", "…", told)


def table(rows: Sequence[Row]) -> str:
    """The `rows` as the terminal shows them; below each exercise stands what most learners were told."""
    lines = [f"{'exercise':<10} {'learners':>8} {'right at once':>14} {'in the end':>11} {'tries':>6}  about"]
    for row in rows:
        at_once, in_the_end = row.share(row.at_once), row.share(row.in_the_end)
        lines.append(
            f"{row.exercise:<10} {row.learners:>8} {at_once:>14.0%} {in_the_end:>11.0%} {row.tries:>6.1f}"
            f"  {in_words(row.exercise)}".rstrip()
        )
        if row.told:
            told = f"{row.learners_told} were told: {row.told}"
            lines += textwrap.wrap(told, 96, initial_indent="    ", subsequent_indent="    ")
    lines += [
        "",
        "Of the learners who tried it: right at once, in the end, and how many tries it took on average.",
    ]
    return "\n".join(lines)


def in_words(exercise: str) -> str:
    """What `exercise` is about; nothing, where there is none of that name.

    >>> in_words("ch99.q1")
    ''
    """
    chapter, _, question = exercise.partition(".")
    try:
        found = vars(importlib.import_module(f"medlearn.exercises.{chapter}"))[question]
    except (ImportError, KeyError):
        return ""
    return found.about


def roster(learners: Mapping[str, Sequence[Try]]) -> str:
    """Who of the `learners` has handed in what: a line each, with the right answers of each chapter."""
    chapters = sorted({one.exercise.partition(".")[0] for tries in learners.values() for one in tries})
    width = max(7, *(len(name) for name in learners))
    lines = [f"{'learner':<{width}}" + "".join(f" {chapter:>5}" for chapter in chapters)]
    for name, tries in sorted(learners.items()):
        right = Counter(exercise.partition(".")[0] for exercise in {t.exercise for t in tries if t.right})
        tried = {one.exercise.partition(".")[0] for one in tries}
        cells = (f" {right[chapter] if chapter in tried else '–':>5}" for chapter in chapters)
        lines.append(f"{name:<{width}}" + "".join(cells))
    return "\n".join(lines)


def write_marks(learners: Mapping[str, Sequence[Try]], path: Path, *, system: str) -> None:
    """One row a learner, a column a chapter with the number of right answers, as `system` imports marks.

    Parameters
    ----------
    learners : their tries, by name; the name is what the system must know them by.
    path : the CSV file to write.
    system : "moodle" or "canvas".
    """
    chapters = sorted({one.exercise.partition(".")[0] for tries in learners.values() for one in tries})
    first = {"moodle": ["ID number"], "canvas": ["Student", "ID", "Section"]}[system]
    rows = []
    for name, tries in sorted(learners.items()):
        right = Counter(exercise.partition(".")[0] for exercise in {t.exercise for t in tries if t.right})
        own = [name] if system == "moodle" else [name, name, ""]
        rows.append([*own, *(right[chapter] for chapter in chapters)])
    _write(path, [*first, *(f"medlearn {chapter}" for chapter in chapters)], rows)


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """The `rows` as a CSV file at `path`; a spreadsheet will not take a message for a formula."""
    _write(path, [field.name for field in fields(Row)], map(astuple, rows))


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(head)
            writer.writerows(map(_as_text, row) for row in rows)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}): name a file of yours") from error


def _as_text(cell: object) -> object:
    """A cell, and what a spreadsheet would take for a formula behind the sign for text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


# The command


def main(arguments: Sequence[str] | None = None) -> int:
    """Say which exercises stopped a class, and what most learners were told there.

    `arguments` are those of the command line.
    """
    parser = argparse.ArgumentParser(prog="medlearn class", description=main.__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    summary = commands.add_parser("summary", help="sum up the answers that a class handed in")
    summary.add_argument(
        "folder", type=typed_path, metavar="FOLDER", help="where the handed-in .jsonl files are"
    )
    summary.add_argument("--csv", type=typed_path, metavar="OUT", help="write the table there too")
    marks = "write a row a learner there, with the right answers in each chapter"
    summary.add_argument("--marks", type=typed_path, metavar="OUT", help=marks)
    known = "whose import the marks are for (moodle)"
    summary.add_argument("--system", choices=("moodle", "canvas"), default="moodle", help=known)
    options = parser.parse_args(arguments)
    answers = read(options.folder)
    rows = summarise(answers.learners.values())
    if options.csv:
        write_csv(rows, options.csv)
    if options.marks:
        write_marks(answers.learners, options.marks, system=options.system)
    print(f"{len(answers.learners)} files with answers\n")
    if rows:
        print(f"{table(rows)}\n\nRight answers by chapter:\n\n{roster(answers.learners)}")
    if answers.notes:
        left_out = len(answers.notes) - MOST_NOTES
        more = [f"… and {left_out} notes more"] if left_out > 0 else []
        print("\n" + "\n".join([*answers.notes[:MOST_NOTES], *more]))
    return 0
