"""`medlearn run`: the notebooks of a checkout, executed, and their claims counted.

Knows nothing of what a notebook teaches, nor how it is built (tools/notebooks.py).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from medlearn.errors import DataError, MedlearnError

if TYPE_CHECKING:
    from nbformat import NotebookNode

# In a checkout they lie beside the package; an installed package has none.
NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"

# Variables that can name a file or a folder.
PATHS = ("MEDLEARN_CACHE", "MEDLEARN_MIRROR", "MEDLEARN_DATA", "MEDLEARN_ANSWERS")


def find(numbers: Iterable[str] = (), *, folder: Path | None = None, pattern: str = "*.ipynb") -> list[Path]:
    """The notebooks with these `numbers` ("1", "01" or "01_background"), in order; all, if none is given.

    They are the files that fit `pattern` in `folder`, by default the notebooks of this checkout.
    """
    folder = NOTEBOOKS if folder is None else folder
    paths = {path.stem: path for path in sorted(folder.glob(pattern)) if re.match(r"\d\d_", path.stem)}
    if not paths:
        raise MedlearnError(f"no notebooks in {folder}: run this in a checkout of the course")
    wanted = []
    for number in numbers:
        fits = [stem for stem in paths if stem == number or stem.split("_")[0] == number.zfill(2)]
        if not fits:
            raise MedlearnError(f"no notebook {number!r}: there are {', '.join(paths)}")
        wanted += fits
    return [paths[stem] for stem in sorted(set(wanted or paths))]


def read(path: Path) -> NotebookNode:
    """The notebook at `path`; one that is damaged is refused."""
    import nbformat

    try:
        nbformat.validate(json.loads(path.read_text("utf-8")))
        return nbformat.read(path, as_version=4)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): see whose it is") from error
    except Exception as error:  # of any kind, as the damage may be
        raise DataError(
            f"{path} is not a whole notebook (half saved, or with git's marks of a conflict): "
            "get it again, as `git checkout HEAD -- notebooks` does for all of them"
        ) from error


def kernel_environment() -> dict[str, str]:
    """This process's variables; a path in one of the course's means in a kernel what it means here."""
    environment = dict(os.environ)
    for name in PATHS:
        value = os.path.expanduser(environment.get(name, ""))
        if value not in ("", "small", "full") and not value.startswith(("http://", "https://", "~")):
            environment[name] = os.path.abspath(value)
    return environment


@dataclass
class Outcome:
    """How one notebook ran.

    Parameters
    ----------
    name : the notebook's, without its ending.
    cells : how many cells of code it has.
    held : how many of its claims held.
    failed : the texts of the claims that did not hold.
    seconds : how long it took.
    failure : one sentence, if a cell failed.
    """

    name: str
    cells: int
    held: int
    failed: list[str]
    seconds: float
    failure: str = ""

    @property
    def passed(self) -> bool:
        """Whether every cell ran and every claim held."""
        return not self.failure and not self.failed


def execute(
    notebook: NotebookNode,
    folder: Path,
    *,
    environment: Mapping[str, str],
    after_cell: Callable[[], object] = lambda: None,
) -> None:
    """Execute every cell of a notebook, without timestamps, and leave the outputs in it.

    Ctrl-C ends its kernel, too.

    Parameters
    ----------
    notebook : what is executed, and changed.
    folder : where its kernel runs.
    environment : the kernel's environment variables.
    after_cell : called after each cell.
    """
    import nbclient
    from nbclient.output_widget import OutputWidget

    class SilentWidget(OutputWidget):
        """Keeps what is shown in it, and does not tell the kernel: sent in between, a message can make the
        client miss that a cell has ended, and wait for ever."""

        def send(self, *_, **__) -> None:
            """Send nothing."""

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
    client.widget_registry = {"@jupyter-widgets/output": {"OutputModel": SilentWidget}}
    running = {}
    started = threading.Event()

    async def run_cells() -> None:
        running.update(loop=asyncio.get_running_loop(), task=asyncio.current_task())
        started.set()
        # A kernel's own messages go to no one; what its cells print, to either stream, is in their outputs.
        await client.async_execute(env=dict(environment), stderr=subprocess.DEVNULL)

    # In the main thread nbclient would take Ctrl-C for itself, end the kernel, and fail over that it is gone.
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(asyncio.run, run_cells())
        try:
            while not done.done():
                wait([done], timeout=1)  # Windows sees Ctrl-C only in between
        except BaseException:
            client.shutdown_kernel = "immediate"
            started.wait()
            running["loop"].call_soon_threadsafe(running["task"].cancel)
            raise
    done.result()


def try_out(path: Path, *, environment: Mapping[str, str]) -> Outcome:
    """Run the notebook at `path` with the variables of `environment`; its file stays as it is."""
    from nbclient.exceptions import CellExecutionError, DeadKernelError
    from tqdm import tqdm

    try:
        notebook = read(path)
    except DataError as error:
        return Outcome(path.stem, 0, 0, [], 0.0, str(error))
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


def claims(notebook: NotebookNode) -> tuple[int, list[str]]:
    """How many claims held in the outputs of `notebook`, and the texts of those that did not."""
    lines = [
        line
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
        for line in re.sub(r"\x1b\[[\d;]*m", "", output.text).splitlines()  # colours
    ]
    fails = "✗ does not hold in this run: "
    failed = [line.removeprefix(fails) for line in lines if line.startswith(fails)]
    return sum(line.startswith("✓ ") for line in lines), failed


def table(outcomes: Sequence[Outcome]) -> str:
    """One line for each of the `outcomes`, then each claim that did not hold, then what failed.

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


def run(arguments: Sequence[str] | None = None) -> int:
    """Execute notebooks and print how they did; their files stay as they are.

    `arguments` are those of the command line; 0 if every cell ran and every claim held.
    """
    parser = argparse.ArgumentParser(prog="medlearn run", description=run.__doc__.partition("\n")[0])
    parser.add_argument("numbers", nargs="*", metavar="NN", help="a notebook's number; all, if none is given")
    parser.add_argument("--full", action="store_true", help="on the real data instead of the small stand-ins")
    options = parser.parse_args(arguments)
    environment = kernel_environment() | ({"MEDLEARN_DATA": "full"} if options.full else {})
    outcomes = [try_out(path, environment=environment) for path in find(options.numbers)]
    print(table(outcomes))
    return 0 if all(outcome.passed for outcome in outcomes) else 1
