"""The badges of Colab and Binder, and the set-up cells, written from one place: `make links REPO=owner/name`.

That place is `[tool.medlearn] repository` in pyproject.toml. Outputs stay; nothing is run or fetched.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from medlearn import course
from medlearn.console import run_script
from medlearn.errors import MedlearnError
from tools import ROOT, notebooks

BRANCH = "main"

# GitHub's own rules for the two halves of a name.
NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,39}(?<!-)/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}(?<!\.git)")

NAMED = re.compile(r'^(repository = )"([^"\n]*)"', re.MULTILINE)
SET_UP = re.compile(r'^(    repository = )"[^"\n]*"', re.MULTILINE)
COLAB = "https://colab.research.google.com/github/{}/blob/{}/notebooks/{}.ipynb"
BINDER = "https://mybinder.org/v2/gh/{}/{}?labpath=notebooks%2F{}.ipynb"

BADGES = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({}) "
    "[![Open in Binder](https://mybinder.org/badge_logo.svg)]({})"
)
LINE = re.compile(r"^(?:# )?\[!\[Open in Colab\]\(.*\)\n#?\n", re.MULTILINE)


def named(root: Path | None = None) -> str:
    """The repository that the pyproject.toml in `root` (this checkout) names, or ""."""
    root = ROOT if root is None else root
    return _only(NAMED, root / "pyproject.toml").group(2)


def write(repository: str, root: Path | None = None) -> list[Path]:
    """Name the `repository` everywhere in `root` (this checkout), or with "" nowhere; the files that changed.

    All files are written or, where one cannot be, none.
    """
    root = ROOT if root is None else root
    if repository and not NAME.fullmatch(repository):
        raise MedlearnError(
            f"{repository!r} is not the name of a repository on GitHub: make links REPO=owner/name"
        )
    new = {path: text for path, text in _planned(repository, root).items() if text != path.read_text("utf-8")}
    for path, text in new.items():
        beside = path.with_name(f"{path.name}.tmp")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    return list(new)


def _planned(repository: str, root: Path) -> dict[Path, str]:
    """Each file that names the repository, as it should read."""
    pyproject, readme = root / "pyproject.toml", root / "README.md"
    _only(NAMED, pyproject)
    planned = {
        pyproject: NAMED.sub(rf'\g<1>"{repository}"', pyproject.read_text("utf-8")),
        readme: _linked(readme.read_text("utf-8"), "# ", "", repository, "01_background"),
    }
    for source in course.find(folder=root / "notebooks" / "src", pattern="*.py"):
        if not notebooks.is_current(source):
            raise MedlearnError(f"{source.stem} is not as its source says: run `make notebooks` first")
        _only(SET_UP, source)
        text = SET_UP.sub(rf'\g<1>"{repository}"', source.read_text("utf-8"))
        planned[source] = _linked(text, "# # ", "# ", repository, source.stem)
        planned[notebooks.built(source)] = _rebuilt(source, planned[source])
    return planned


def _only(pattern: re.Pattern, path: Path) -> re.Match:
    """The one place in a file that fits the pattern."""
    if not path.is_file():
        raise MedlearnError(f"there is no {path}: run this in a checkout of the course")
    found = list(pattern.finditer(path.read_text("utf-8")))
    if len(found) != 1:
        raise MedlearnError(f'{path} should hold one line `repository = "…"`, and holds {len(found)}')
    return found[0]


def _linked(text: str, title: str, prefix: str, repository: str, stem: str) -> str:
    """`text` with the badges under its first title, or without it."""
    text = LINE.sub("", text, count=1)
    if not repository:
        return text
    links = BADGES.format(COLAB.format(repository, BRANCH, stem), BINDER.format(repository, BRANCH, stem))
    start = re.search(rf"^{re.escape(title)}.*\n{prefix.strip()}\n", text, re.MULTILINE)
    if not start:
        raise MedlearnError(f"{stem}: there is no title to put the badges under")
    return f"{text[: start.end()]}{prefix}{links}\n{prefix.strip()}\n{text[start.end() :]}"


def _rebuilt(source: Path, text: str) -> str:
    """The notebook of `source` with the cells of `text` and the outputs that it has."""
    import nbformat

    with tempfile.TemporaryDirectory() as folder:
        changed_source = Path(folder, source.name)
        changed_source.write_text(text, encoding="utf-8")
        new = notebooks.from_source(changed_source)
    old = nbformat.read(notebooks.built(source), as_version=4)
    for cell, changed in zip(old.cells, new.cells, strict=True):
        cell.id, cell.source = changed.id, changed.source
    return nbformat.writes(old) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the badges and the set-up cells, or take them out."""
    parser = argparse.ArgumentParser(prog="python -m tools.links", description=main.__doc__)
    text = 'owner/name; "" takes them out; left out, what pyproject.toml names is written'
    parser.add_argument("--repository", help=text)
    repository = parser.parse_args(arguments).repository
    changed = write(named() if repository is None else repository.strip())
    for path in changed:
        print(path.relative_to(ROOT))
    print(f"{len(changed)} files changed; the repository is {named() or 'not named'}")
    return 0


if __name__ == "__main__":
    run_script(main)
