"""The chapters as README, book and slides show them: what a notebook's opening says, and what it reached.

Runs nothing: reads the committed notebooks and site/results.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from medlearn import course
from medlearn.errors import DataError
from tools import ROOT

NOTEBOOKS = ROOT / "notebooks"
RESULTS = ROOT / "site" / "results"

# The tens digit of a notebook's number is its part.
PARTS = ("Core", "Imaging", "Genome", "Records", "Drugs", "Precision", "Trust", "In use")


@dataclass(frozen=True)
class Chapter:
    """One notebook of the course.

    Parameters
    ----------
    path, notebook : its file, and what is in it.
    number, name : as its title has them.
    question, story : what it asks, and what leads to the question.
    minutes : how long it takes, with the exercises.
    data : what it uses, in its own words.
    """

    path: Path
    notebook: nbformat.NotebookNode
    number: int
    name: str
    question: str
    story: str
    minutes: int
    data: str

    @classmethod
    def read(cls, path: Path) -> Chapter:
        """The chapter at `path`, from its notebook's first cell."""
        notebook = course.read(path)
        opening = notebook.cells[0].source
        number, name = _find(r"# (\d+) · ([^:\n]+)", opening, path)
        quote = " ".join(line.lstrip("> ") for line in opening.splitlines() if line.startswith(">"))
        story, question = _find(r"(.*?)\s*\*\*(.+?)\*\*", quote, path)
        (data,) = _find(r"\*\*Data\*\*: ([^.]+)\.", " ".join(opening.split()), path)
        time = _find(r"\*\*Time\*\*: about (\d+)(½?) (minutes|hours?)", opening, path)
        return cls(path, notebook, int(number), name.strip(), question, story, _minutes(*time), data)

    @property
    def stem(self) -> str:
        """The name of its file, without the ending."""
        return self.path.stem

    @property
    def part(self) -> str:
        """The part of the course that it belongs to."""
        return PARTS[self.number // 10]

    @property
    def time(self) -> str:
        """How long it takes, in words."""
        return duration(self.minutes)

    @property
    def picture(self) -> bytes:
        """Its picture of most bytes (PNG), which is mostly one of images or of many dots."""
        pictures = [
            output.data["image/png"]
            for cell in self.notebook.cells
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        if not pictures:
            raise DataError(f"{self.path.name} shows no picture, and its card in the book needs one")
        return base64.b64decode(max(pictures, key=len))


@dataclass(frozen=True)
class Results:
    """What `medlearn results NAME --json` wrote, and how to read it.

    Parameters
    ----------
    name : NAME.
    number : that of the chapter.
    title, reading : from NAME.md beside it, which begins with `# number · title`.
    table : what was written.
    """

    name: str
    number: int
    title: str
    reading: str
    table: dict

    @classmethod
    def read(cls, path: Path) -> Results:
        """The results at `path`, a .json file."""
        text = path.with_suffix(".md")
        number, title, reading = _find(r"\A# (\d+) · (.+?)\n\n(.*)", text.read_text("utf-8"), text)
        return cls(path.stem, int(number), title, reading, json.loads(path.read_text("utf-8")))


def duration(minutes: int) -> str:
    """A number of `minutes` in words.

    >>> [duration(minutes) for minutes in (10, 30, 60, 75, 90, 120)]
    ['10 minutes', '30 minutes', '1 hour', '75 minutes', '1½ hours', '2 hours']
    """
    if minutes < 60 or minutes % 30:
        return f"{minutes} minutes"
    return "1 hour" if minutes == 60 else f"{minutes // 60}{'½' if minutes % 60 else ''} hours"


def read_all() -> list[Chapter]:
    """The chapters that there are, in order."""
    return [Chapter.read(path) for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))]


def read_results() -> list[Results]:
    """The results that there are, in the order of their chapters."""
    return sorted(map(Results.read, RESULTS.glob("*.json")), key=lambda one: (one.number, one.name))


def _find(pattern: str, text: str, path: Path) -> tuple[str, ...]:
    """The groups of the first place that fits; without one, a sentence that names the file."""
    if not (match := re.search(pattern, text, re.DOTALL)):
        raise DataError(f"{path.name}: its beginning has nothing like {pattern!r}")
    return match.groups()


def _minutes(count: str, half: str, unit: str) -> int:
    return int(count) if unit == "minutes" else 60 * int(count) + (30 if half else 0)
