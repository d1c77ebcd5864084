"""Build the notebooks that people open from their sources: `make notebooks`.

`notebooks/src/NN_name.py` is what an author edits; `notebooks/NN_name.ipynb` is made from it and never
edited. Knows nothing of what a notebook teaches.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import os
import re
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from medlearn import course
from medlearn.console import run_script
from medlearn.errors import DataError
from tools import ROOT

if TYPE_CHECKING:
    from nbformat import NotebookNode

SOURCES = ROOT / "notebooks" / "src"
WIDGET = "application/vnd.jupyter.widget-view+json"
UNSEEN = 2.0  # how far colours may be off, of 255, as the root of the mean square
IN_HTML = re.compile(r'(?<=src="data:image/png;base64,)[^"]+')  # a picture

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


def sources(numbers: Sequence[str] = ()) -> list[Path]:
    """The sources with these `numbers` ("1", "01" or "01_background"), in order; all, if none is given."""
    return course.find(numbers, folder=SOURCES, pattern="*.py")


def from_source(path: Path) -> NotebookNode:
    """The notebook that the source at `path` describes, not yet executed.

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


def cells(notebook: NotebookNode) -> list[tuple[str, str, str, dict]]:
    """What the author of `notebook` wrote: each cell's id, type, text and metadata, without outputs."""
    return [(cell.id, cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]


def built(source: Path) -> Path:
    """Where the notebook made from `source` stands."""
    return source.parent.parent / f"{source.stem}.ipynb"


def is_current(source: Path) -> bool:
    """Whether the notebook made from `source` has the same cells, all executed."""
    notebook = _as_built(source)
    if notebook is None:
        return False
    executed = all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    return executed and cells(notebook) == cells(from_source(source)) and notebook.metadata == METADATA


def _as_built(source: Path) -> NotebookNode | None:
    """The notebook made from `source`; None where there is none yet, or none that is whole."""
    try:
        return course.read(built(source)) if built(source).exists() else None
    except DataError:
        return None


def build(source: Path) -> Path:
    """Execute `source` on the small data, write the notebook that people open, and return its path."""
    import nbformat

    notebook = from_source(source)
    with tempfile.TemporaryDirectory() as folder:
        # Nothing of this machine's user may show: no settings, no files of earlier runs.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MEDLEARN_")}
        environment |= {"MEDLEARN_CACHE": folder, "IPYTHONDIR": folder, "KERAS_BACKEND": "tensorflow"}
        environment |= {"OPENBLAS_NUM_THREADS": "1"}  # more threads on small matrices wait for each other
        environment.pop("MPLBACKEND", None)
        course.execute(notebook, source.parent.parent, environment=environment)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        _drop_widgets(cell)
        _copy_alt_text(cell)
        _shrink_pictures(cell)
    before = _as_built(source)
    if before is None or not _same(notebook, before):
        beside = built(source).with_suffix(".tmp")
        nbformat.write(notebook, beside)
        os.replace(beside, built(source))
    return built(source)


def _same(one: NotebookNode, other: NotebookNode) -> bool:
    """Whether two executed notebooks differ in nothing but logs and timings, which differ every time."""

    def comparable(notebook: NotebookNode) -> list[dict]:
        return [
            {**cell, "outputs": None} if "nbval-ignore-output" in cell.metadata.get("tags", []) else cell
            for cell in notebook.cells
        ]

    return comparable(one) == comparable(other) and one.metadata == other.metadata


def _drop_widgets(cell: NotebookNode) -> None:
    """A widget lives in a running kernel only: keep what its cell shows where none runs, if anything."""
    if cell.cell_type == "code":
        for output in cell.outputs:
            if output.get("data", {}).pop(WIDGET, None) and "text/html" not in output.data:
                output.data.clear()
        cell.outputs = [out for out in cell.outputs if out.get("data") != {}]


def _copy_alt_text(cell: NotebookNode) -> None:
    """Put a cell's alt text where nbconvert looks for it as well; the site takes it from the cell."""
    for output in cell.get("outputs", []):
        for kind in output.get("data", {}):
            if kind.startswith("image/") and alt_text(cell):
                output.metadata.setdefault(kind, {})["alt"] = alt_text(cell)


def _shrink_pictures(cell: NotebookNode) -> None:
    """Give each picture a palette: it takes a third of the room."""
    for output in cell.get("outputs", []):
        if png := output.get("data", {}).get("image/png"):
            output.data["image/png"] = _with_palette(png)
        if html := output.get("data", {}).get("text/html"):
            output.data["text/html"] = IN_HTML.sub(lambda png: _with_palette(png[0]), html)


def _with_palette(png: str) -> str:
    """A picture (PNG in base64) in as few colours as no eye sees; as it was, if that is no smaller."""
    from PIL import Image, ImageChops, ImageStat

    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    for colours in (24, 32, 64, 128):
        fewer = picture.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        if max(ImageStat.Stat(ImageChops.difference(picture, fewer.convert("RGB"))).rms) < UNSEEN:
            break
    smaller = io.BytesIO()
    fewer.save(smaller, "PNG", optimize=True)
    shrunk = base64.b64encode(smaller.getvalue()).decode()
    return min(shrunk, png, key=len)


def alt_text(cell: NotebookNode) -> str:
    """What `cell` says its pictures show: `# %% mystnb={"image": {"alt": "…"}}` in the source."""
    return cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "").strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the notebooks whose source changed."""
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=main.__doc__)
    parser.add_argument("numbers", nargs="*", metavar="NN", help="build this one, changed or not")
    parser.add_argument("--all", action="store_true", help="build all, changed or not")
    options = parser.parse_args(arguments)
    for source in sources(options.numbers):
        if is_current(source) and not (options.all or options.numbers):
            print(f"{source.stem}: its source is unchanged")
            continue
        start = time.perf_counter()
        path = build(source)
        seconds, size = time.perf_counter() - start, path.stat().st_size / 1000
        print(f"{source.stem}: built in {seconds:.0f} s, {size:.0f} KB")
    return 0


if __name__ == "__main__":
    run_script(main)
