"""The notebooks as they are committed: from their sources, with alt text, and no larger than need be.

That they run, and still print what they show, is tested by `pytest --nbval` in the same call.
"""

import base64
import itertools
import re
from pathlib import Path

import nbformat
import pytest

from medlearn import course
from tools import notebooks

SOURCES = notebooks.sources()
MOST_CLAIMS = 10  # a claim is a conclusion; what only checks the package is a test
PICTURE = re.compile(r"<img\b(?![^>]*\balt=\"[^\"]+\")|!\[\s*\]\(")


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def source(request) -> Path:
    return request.param


@pytest.fixture
def notebook(source):
    return nbformat.read(notebooks.built(source), as_version=4)


def test_has_a_source_for_each_notebook():
    assert [path.stem for path in course.find()] == [path.stem for path in SOURCES]


def test_is_built_from_its_source(source):
    assert notebooks.is_current(source), (
        f"{source.name} was changed: run `make notebooks` and commit the result"
    )


def test_is_a_valid_notebook(notebook):
    nbformat.validate(notebook)


def test_is_no_larger_than_500_kb(source):
    assert notebooks.built(source).stat().st_size <= 500_000


def test_its_pictures_are_sharp_on_any_screen(notebook):
    """Two dots for each pixel of the page."""
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        if png := output.get("data", {}).get("image/png"):
            width = int.from_bytes(base64.b64decode(png)[16:20])
            assert width >= 1.9 * output.metadata["image/png"]["width"]


def test_every_figure_has_a_caption(notebook):
    """Set below it in the book; a drawing brings its own."""
    for cell in notebook.cells:
        shown = [output.data for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
        if not all(data.get("text/plain", "").startswith("Drawing: ") for data in shown):
            assert cell.metadata.mystnb.get("figure", {}).get("caption"), cell.source


def test_its_code_is_no_wider_than_a_page(notebook):
    """88 columns: what fits into the book's column and beside JupyterLab's files; but for Colab's line."""
    lines = [line for cell in notebook.cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    assert not [line for line in lines if len(line) > 88 and not line.startswith("    !pip install")]


def test_its_flagship_is_seen_at_a_glance(notebook):
    """15 lines of code a cell."""
    for cell in notebook.cells:
        if "flagship" in cell.metadata.get("tags", []):
            assert len([line for line in cell.source.splitlines() if line.strip()]) <= 15


def test_a_figure_is_read_in_words_before_the_next_code(notebook):
    """What is drawn is followed by prose; a claim, tagged or not, may stand between."""
    cells = [cell for cell in notebook.cells if "hide-input" not in cell.metadata.get("tags", [])]
    unread = [
        cell.source[:80]
        for cell, after in itertools.pairwise(cells)
        if notebooks.alt_text(cell) and after.cell_type == "code" and "claim(" not in after.source
    ]
    assert not unread


def test_says_what_is_seen_in_each_picture(notebook):
    silent = [
        cell.source
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if any(kind.startswith("image/") for kind in output.get("data", {})) and not notebooks.alt_text(cell)
    ]
    assert not silent, 'give these cells an alt text: # %% mystnb={"image": {"alt": "…"}}'


def test_says_what_is_seen_in_each_picture_of_its_prose(notebook):
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    prose += [
        output.data["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    assert not [text for text in prose if PICTURE.search(text)]


def test_prints_no_warning_and_no_place_on_the_authors_machine(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", f"{cell.source}\nprints: {output.text}"
            assert str(Path.home()) + "/" not in str(output) and "/tmp/" not in str(output)


def test_claims_something_and_all_of_it_holds(notebook):
    held, failed = course.claims(notebook)
    assert 0 < held <= MOST_CLAIMS and not failed
