"""The notebooks: built from their sources, run, and held against them.

`notebooks/src/NN_name.py` is what an author edits; the notebook that people open is built from it, one way,
and never edited. Knows nothing of what a notebook teaches.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from medlearn.errors import MedlearnError

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"

WIDGET = "application/vnd.jupyter.widget-view+json"

# What every notebook says of its language: no version, since those who open it have another.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}


def find(numbers: Iterable[str] = (), *, folder: Path = NOTEBOOKS, pattern: str = "*.ipynb") -> list[Path]:
    """The notebooks with these numbers ("1", "01" or "01_background"), in order; all, if none is given."""
    paths = {path.stem: path for path in sorted(folder.glob(pattern)) if re.match(r"\d\d_", path.stem)}
    if not paths:
        raise MedlearnError(f"no notebooks in {folder}: run this in a checkout of the course")
    if not numbers:
        return list(paths.values())
    wanted = []
    for number in numbers:
        fits = [stem for stem in paths if stem == number or stem.split("_")[0] == number.zfill(2)]
        if not fits:
            raise MedlearnError(f"no notebook {number!r}: there are {', '.join(paths)}")
        wanted += fits
    return [paths[stem] for stem in sorted(set(wanted))]


# Building


def from_source(path: Path):
    """The notebook that a source describes, not yet executed.

    A cell's id follows from its text, so that a rebuild, here or elsewhere, gives the same notebook.
    """
    import jupytext
    import nbformat

    notebook = nbformat.from_dict(jupytext.read(path))
    notebook.metadata = nbformat.from_dict(METADATA)
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        text = f"{cell.cell_type}\n{cell.source}"
        seen[text] = seen.get(text, 0) + 1
        cell.id = hashlib.sha256(f"{seen[text]}\n{text}".encode()).hexdigest()[:8]
    return notebook


def cells(notebook) -> list[tuple[str, str, str, dict]]:
    """What an author wrote: each cell's id, type, text and metadata, without outputs."""
    return [(cell.id, cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]


def built(source: Path) -> Path:
    """Where the notebook made from this source stands."""
    return source.parent.parent / f"{source.stem}.ipynb"


def is_current(source: Path) -> bool:
    """Whether the notebook beside this source has the same cells, all executed."""
    import nbformat

    if not built(source).exists():
        return False
    notebook = nbformat.read(built(source), as_version=4)
    executed = all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    return executed and cells(notebook) == cells(from_source(source)) and notebook.metadata == METADATA


def build(source: Path) -> Path:
    """Execute a source on the small data and write the notebook that people open."""
    import nbformat

    notebook = from_source(source)
    with tempfile.TemporaryDirectory() as folder:
        # Nothing of this machine's user may show: no settings, no files of earlier runs.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MEDLEARN_")}
        environment |= {"MEDLEARN_CACHE": folder, "IPYTHONDIR": folder, "KERAS_BACKEND": "tensorflow"}
        environment |= {"OPENBLAS_NUM_THREADS": "1"}  # more threads on small matrices wait for each other
        environment.pop("MPLBACKEND", None)
        execute(notebook, source.parent.parent, environment=environment)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        _drop_widgets(cell)
        _copy_alt_text(cell)
    if not (built(source).exists() and _same(notebook, nbformat.read(built(source), as_version=4))):
        beside = built(source).with_suffix(".tmp")
        nbformat.write(notebook, beside)
        os.replace(beside, built(source))
    return built(source)


def _same(one, other) -> bool:
    """Whether two executed notebooks differ in nothing but logs and timings, which differ every time."""

    def comparable(notebook) -> list:
        return [
            {**cell, "outputs": None} if "nbval-ignore-output" in cell.metadata.get("tags", []) else cell
            for cell in notebook.cells
        ]

    return comparable(one) == comparable(other) and one.metadata == other.metadata


def _drop_widgets(cell) -> None:
    """A slider lives in a running kernel only; on a page it would be an empty line."""
    if cell.cell_type == "code":
        cell.outputs = [out for out in cell.outputs if WIDGET not in out.get("data", {})]


def _copy_alt_text(cell) -> None:
    """Put a cell's alt text where nbconvert looks for it as well; the site takes it from the cell."""
    for output in cell.get("outputs", []):
        for kind in output.get("data", {}):
            if kind.startswith("image/") and alt_text(cell):
                output.metadata.setdefault(kind, {})["alt"] = alt_text(cell)


def alt_text(cell) -> str:
    """What a cell says is to be seen in its pictures: `# %% mystnb={"image": {"alt": "…"}}` in the source."""
    return cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "").strip()


# Running


@dataclass
class Outcome:
    """How one notebook ran."""

    name: str
    cells: int
    held: int  # claims
    failed: list[str]  # the texts of those that did not hold
    seconds: float
    failure: str = ""  # one sentence, if a cell failed

    @property
    def well(self) -> bool:
        return not self.failure and not self.failed


def execute(notebook, folder: Path, *, environment: dict[str, str], after_cell: Callable = lambda: None):
    """Execute every cell in `folder`, without timestamps; the outputs are in `notebook` afterwards."""
    import nbclient

    client = nbclient.NotebookClient(
        notebook,
        timeout=None,
        startup_timeout=180,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_cell_executed=lambda **_: after_cell(),
    )
    # A kernel's own messages go to no one; what its cells print, to either stream, is in their outputs.
    client.execute(env=environment, stderr=subprocess.DEVNULL)


def try_out(path: Path, *, environment: dict[str, str]) -> Outcome:
    """Run a notebook without touching its file."""
    import nbformat
    from nbclient.exceptions import CellExecutionError, DeadKernelError
    from tqdm import tqdm

    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    failure, start = "", time.perf_counter()
    with tqdm(total=len(code), desc=path.stem, unit=" cells", leave=False, disable=None) as bar:
        try:
            execute(notebook, path.parent, environment=environment, after_cell=bar.update)
        except CellExecutionError as error:
            failure = f"{error.ename}: {error.evalue}"
        except DeadKernelError:
            failure = "its kernel died; out of memory?"
        except RuntimeError as error:  # a kernel talks through this machine's own network, which may be shut
            failure = f"its kernel failed: {error}"
    if failure:
        ran = sum(cell.execution_count is not None for cell in code)
        failure = f"{path.stem} stopped in code cell {ran} of {len(code)}: {failure}"
    return Outcome(path.stem, len(code), *claims(notebook), time.perf_counter() - start, failure)


def claims(notebook) -> tuple[int, list[str]]:
    """How many claims held in the outputs of a notebook, and what those say that did not (see claims.py)."""
    lines = [
        line
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
        for line in output.text.splitlines()
    ]
    fails = "✗ does not hold in this run: "
    failed = [line.removeprefix(fails) for line in lines if line.startswith(fails)]
    return sum(line.startswith("✓ ") for line in lines), failed


def table(outcomes: list[Outcome]) -> str:
    """One line a notebook, then each claim that did not hold, and a sentence for each notebook that failed.

    >>> print(table([Outcome("01_background", 42, 8, ["four is more than five"], 31.2)]))
    notebook        cells   claims held   seconds
    01_background      42         8 / 9      31.2
    01_background: did not hold: four is more than five
    """
    width = max(len("notebook"), *(len(outcome.name) for outcome in outcomes))
    lines = [f"{'notebook':{width}} {'cells':>7}   {'claims held':>11}   {'seconds':>7}"]
    for outcome in outcomes:
        held = f"{outcome.held} / {outcome.held + len(outcome.failed)}"
        lines.append(f"{outcome.name:{width}} {outcome.cells:7}   {held:>11}   {outcome.seconds:7.1f}")
    lines += [f"{outcome.name}: did not hold: {text}" for outcome in outcomes for text in outcome.failed]
    lines += [outcome.failure for outcome in outcomes if outcome.failure]
    return "\n".join(lines)


# Commands


def run(arguments: Sequence[str] | None = None) -> int:
    """Execute notebooks and print how they did; their files stay as they are."""
    parser = argparse.ArgumentParser(prog="medlearn run", description=run.__doc__)
    parser.add_argument("numbers", nargs="*", metavar="NN", help="a notebook's number; all, if none is given")
    parser.add_argument("--full", action="store_true", help="on the real data instead of the small stand-ins")
    options = parser.parse_args(arguments)
    environment = dict(os.environ)
    if options.full:
        environment["MEDLEARN_DATA"] = "full"
    elif Path(environment.get("MEDLEARN_DATA", "small")).is_dir():  # notebooks run in their own folder
        environment["MEDLEARN_DATA"] = str(Path(environment["MEDLEARN_DATA"]).absolute())
    outcomes = [try_out(path, environment=environment) for path in find(options.numbers)]
    print(table(outcomes))
    return 0 if all(outcome.well for outcome in outcomes) else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the notebooks whose source changed."""
    parser = argparse.ArgumentParser(prog="python -m medlearn.course", description=main.__doc__)
    parser.add_argument("numbers", nargs="*", metavar="NN", help="build this one, changed or not")
    parser.add_argument("--all", action="store_true", help="build all, changed or not")
    options = parser.parse_args(arguments)
    for source in find(options.numbers, folder=NOTEBOOKS / "src", pattern="*.py"):
        if is_current(source) and not (options.all or options.numbers):
            print(f"{source.stem}: its source is unchanged")
            continue
        start = time.perf_counter()
        path = build(source)
        seconds, size = time.perf_counter() - start, path.stat().st_size / 1000
        print(f"{source.stem}: built in {seconds:.0f} s, {size:.0f} KB")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MedlearnError as error:
        sys.exit(str(error))
