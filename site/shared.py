"""What book and slides do alike with a notebook, and what both take along: MathJax."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from nbformat import NotebookNode

CHECK = re.compile(r"\bch(\d\d)\.(q\d+)\.check\(")  # an exercise asks for its answer


def is_for_colab(cell: NotebookNode) -> bool:
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
