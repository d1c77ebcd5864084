"""One chapter alone: `make chapter NN=12`.

Builds its notebook if its source changed, then runs what is tested of it: its exercises and their wrong
answers, its page for teachers, its notebook as committed, and that it runs and prints what it shows.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from medlearn.console import run_script
from medlearn.errors import DataError
from tools import ROOT, notebooks


def of_chapter(number: str) -> tuple[Path, list[str]]:
    """The source of the chapter `number` ("2" or "02"), and what pytest is asked to run for it.

    >>> source, arguments = of_chapter("2")
    >>> source.name, " ".join(arguments[-6:-1])
    ('02_cnn_diagnosis.py', 'tests/test_notebooks.py tests/exercises tests/tools -k ch02 or 02_')
    """
    (source,) = notebooks.sources([number])
    of_course = ["tests/test_notebooks.py", "tests/exercises", "tests/tools"]
    picked = ["-k", f"ch{source.name[:2]} or {source.name[:3]}"]
    notebook = ["--nbval", "--nbval-current-env", "--seconds"]
    return source, [*notebook, *of_course, *picked, str(notebooks.built(source).relative_to(ROOT))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and test the chapter whose number stands first in `arguments`, else in the command."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        raise DataError("which chapter? Name one: make chapter NN=02")
    source, tests = of_chapter(given[0])
    if notebooks.is_current(source):
        print(f"{source.stem}: its source is unchanged")
    else:
        print(f"{notebooks.build(source).name}: built")
    return subprocess.run([sys.executable, "-m", "pytest", *tests], cwd=ROOT).returncode


if __name__ == "__main__":
    run_script(main)
