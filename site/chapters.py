"""What book and slides share: the chapters, what their openings say, and MathJax."""

from __future__ import annotations

import base64
import importlib.util
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
CHECK = re.compile(r"\bch(\d\d)\.(q\d+)\.check\(")  # an exercise asks for its answer


@dataclass
class Chapter:
    """One notebook of the course."""

    path: Path
    notebook: nbformat.NotebookNode
    number: int
    name: str
    question: str  # what it asks, from its opening
    story: str  # what leads to the question
    minutes: int
    data: str
    picture: bytes  # its most crowded one: PNG
    alt: str

    @classmethod
    def read(cls, path: Path) -> Chapter:
        notebook = nbformat.read(path, as_version=4)
        opening = notebook.cells[0].source
        number, name = _found(r"# (\d+) · ([^:\n]+)", opening, path)
        quote = " ".join(line.lstrip("> ") for line in opening.splitlines() if line.startswith(">"))
        story, question = _found(r"(.*?)\s*\*\*(.+?)\*\*", quote, path)
        picture, alt = _picture(notebook)
        return cls(
            path=path,
            notebook=notebook,
            number=int(number),
            name=name.strip(),
            question=question,
            story=story,
            minutes=_minutes(*_found(r"\*\*Time\*\*: about (\d+)(½?) (minutes|hours?)", opening, path)),
            data=_found(r"\*\*Data\*\*: ([^.]+)\.", " ".join(opening.split()), path)[0],
            picture=picture,
            alt=alt,
        )

    @property
    def stem(self) -> str:
        return self.path.stem

    @property
    def time(self) -> str:
        return duration(self.minutes)


def duration(minutes: int) -> str:
    """
    >>> duration(90), duration(120), duration(60)
    ('1½ hours', '2 hours', '1 hour')
    """
    hours = f"{minutes // 60}{'½' if minutes % 60 >= 30 else ''}"
    return f"{hours} hour" if hours == "1" else f"{hours} hours"


def read_all() -> list[Chapter]:
    """The chapters that there are, in order."""
    return [Chapter.read(path) for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))]


def is_for_colab(cell) -> bool:
    """Whether a cell only serves a running notebook, on Colab."""
    return '"google.colab" in sys.modules' in cell.source


def with_safe_links(text: str, there: Collection[str]) -> str:
    """A text without pictures from elsewhere (badges); links to notebooks that are not there become words."""
    badge = re.compile(r"\[!\[([^\]]*)\]\(https?:[^)]*\)\]\((https?:[^)]*)\)")
    link = re.compile(r"\[([^\]]+)\]\((\d\d_\w+)\.ipynb\)")
    text = badge.sub(r"[\1](\2)", text)
    return link.sub(lambda found: found[0] if found[2] in there else found[1], text)


def copy_mathjax(folder: Path) -> None:
    """What draws the mathematics, one file, from a package of the lock; and its licence."""
    mathjax = package("mathjax") / "static" / "mathjax"
    shutil.copy(mathjax / "es5" / "tex-svg-full.js", folder / "mathjax.js")
    shutil.copy(mathjax / "LICENSE", folder / "mathjax.LICENSE.txt")


def package(name: str) -> Path:
    """The folder of an installed package."""
    return Path(importlib.util.find_spec(name).origin).parent


def _found(pattern: str, text: str, path: Path) -> tuple[str, ...]:
    if not (match := re.search(pattern, text, re.DOTALL)):
        raise SystemExit(f"{path.name}: its first cell has nothing like {pattern!r}")
    return match.groups()


def _minutes(count: str, half: str, unit: str) -> int:
    return int(count) if unit == "minutes" else 60 * int(count) + (30 if half else 0)


def _picture(notebook) -> tuple[bytes, str]:
    """The picture of most bytes, which is mostly one of films or of many dots, and its alt text."""
    pictures = [
        (output.data["image/png"], cell.metadata.get("mystnb", {}).get("image", {}).get("alt", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    data, alt = max(pictures, key=lambda picture: len(picture[0]))
    return base64.b64decode(data), alt
