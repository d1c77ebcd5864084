"""The learner's own copies of the notebooks: `make lab` lays them into work/ and opens those.

They have no outputs, so that a question is met before its answer, and `git pull` never meets a conflict. A
copy that was changed is never touched: a newer edition is laid beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from medlearn import course
from medlearn.console import run_script
from medlearn.errors import DataError
from tools import ROOT

WORK = ROOT / "work"
EDITIONS = ".editions.json"  # in that folder: the digest of each copy as it was laid


def without_outputs(path: Path) -> str:
    """The notebook at `path` as a text, without what its cells gave."""
    import nbformat

    notebook = course.read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nbformat.writes(notebook) + "\n"


def lay_out(folder: Path, notebooks: Sequence[Path]) -> list[str]:
    """Bring the copies of `notebooks` in `folder` up to date; what a learner should know, in sentences."""
    try:
        folder.mkdir(exist_ok=True)
        laid, said = _editions(folder), []
        for path in notebooks:
            text = without_outputs(path)
            if sentence := _lay(folder / path.name, text, laid):
                said.append(sentence)
            laid[path.name] = _digest(text)
        _write(folder / EDITIONS, json.dumps(laid, indent=1) + "\n")
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written to ({error.strerror}): make room there, or see whose it is"
        ) from error
    return said


def _lay(copy: Path, text: str, laid: dict[str, str]) -> str:
    """Write one copy, unless it was changed; then write the edition beside it, if it is a new one."""
    if not copy.exists():
        _write(copy, text)
        return ""
    before, now = laid.get(copy.name), _digest(copy.read_bytes())
    if now == _digest(text):
        return ""
    if now == before:
        _write(copy, text)
        return f"{copy.name}: there is a new edition, and your copy, which was as it came, is now that"
    if before == _digest(text):
        return ""  # changed by the learner, and no newer edition
    beside = copy.with_name(f"{copy.stem}_new_edition.ipynb")
    _write(beside, text)
    return f"{copy.name}: there is a new edition, laid beside your copy as {beside.name}"


def _editions(folder: Path) -> dict[str, str]:
    """The digests that an earlier call wrote down; none, where there are none or they are damaged."""
    try:
        laid = json.loads((folder / EDITIONS).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return laid if isinstance(laid, dict) else {}


def _digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _write(path: Path, text: str) -> None:
    """Whole or not at all, also when two start at once."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    beside.write_bytes(text.encode())
    os.replace(beside, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Lay copies of the notebooks, without outputs, into work/."""
    parser = argparse.ArgumentParser(prog="python -m tools.work", description=main.__doc__)
    parser.parse_args(arguments)
    for sentence in lay_out(WORK, course.find()):
        print(sentence)
    print(
        f"Your copies of the notebooks are in {WORK}. What you change there stays; nothing is sent anywhere."
    )
    return 0


if __name__ == "__main__":
    run_script(main)
