"""What README, book and slides read from a notebook's opening and from results; README's made parts."""

import json
import re

import nbformat
import pytest

from medlearn.errors import DataError
from tools import ROOT, chapters, readme

OPENING = """\
# 12 · Segmentation: how large is it?

> A child's head,
> seen from above. **How large is
> this?**

**Time**: about 2½ hours, with the exercises. **You need**: notebook 2. **Data**: scans | of heads,
simulated unless you ask for the real ones. Nothing here is made for use on patients.
"""


@pytest.fixture
def folder(tmp_path):
    """One chapter and its results."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(OPENING)])
    nbformat.write(notebook, tmp_path / "12_segmentation.ipynb")
    (tmp_path / "heads.md").write_text("# 12 · Heads\n\nRead it so.\n")
    row = {"mean": 0.5, "low": None, "high": None}
    table = {
        "data": "heads: 40 real scans (train 30, test 10), own file",
        "ours": {"dice": {"mean": 0.81234, "low": 0.7, "high": 0.9}, "iou": row},
        "labels": {"dice": "Dice", "iou": "IoU"},
        "baselines": {
            "a threshold": {"dice": row},
            "nothing": {"iou": row},
            "atlas": {"dice": row | {"mean": 0.6}},
            "its decoder alone": {"dice": row | {"mean": 0.7}},
        },
        "published": [
            {"system": "U-Net", "measures": {"dice": 0.9}, "source": "x"},
            {"system": "best", "measures": {"iou": 0.99}, "source": "x"},
        ],
    }
    (tmp_path / "heads.json").write_text(json.dumps(table))
    return tmp_path


@pytest.fixture
def chapter(folder):
    return chapters.Chapter.read(folder / "12_segmentation.ipynb")


def test_an_opening_is_read(chapter):
    assert (chapter.number, chapter.name, chapter.part) == (12, "Segmentation", "Imaging")
    assert (chapter.story, chapter.question) == ("A child's head, seen from above.", "How large is this?")
    assert (chapter.minutes, chapter.time) == (150, "2½ hours")
    assert chapter.data == "scans | of heads, simulated unless you ask for the real ones"


def test_an_opening_without_what_it_needs_is_named(folder):
    path = folder / "12_segmentation.ipynb"
    path.write_text(path.read_text().replace("**Time**", "Time"))
    with pytest.raises(DataError, match=r"12_segmentation.ipynb: its beginning has nothing like .*Time"):
        chapters.Chapter.read(path)


def test_a_chapter_without_a_picture_says_so_where_one_is_needed(chapter):
    with pytest.raises(DataError, match=r"12_segmentation\.ipynb shows no picture"):
        _ = chapter.picture


def test_the_table_of_the_course_has_a_row_a_chapter_under_its_part(chapter):
    assert readme.course([chapter]).endswith(
        "**Imaging**\n\n| notebook | it asks | its data | time |\n| --- | --- | --- | --- |\n"
        "| [12 Segmentation](notebooks/12_segmentation.ipynb) | How large is this? "
        r"| scans \| of heads | 2½ hours |" + "\n\n"
    )


def test_the_results_have_one_row_with_what_stands_beside_it(chapter, folder):
    found = readme.results([chapter], [chapters.Results.read(folder / "heads.json")])
    assert found.splitlines()[3] == (
        "| [12 Segmentation](notebooks/12_segmentation.ipynb) | Dice, 40 real scans "
        "| **0.812** (0.700 to 0.900) | atlas 0.600 | U-Net 0.900 "
        "| `medlearn results heads` |"
    )


def test_where_less_is_better_the_least_is_the_best():
    assert readme._best({"a": 0.2, "b": 0.1}, "calibration_error", 1) == "b 0.100"
    assert readme._best({"a": 0.2, "b": 0.1}, "auroc", 1) == "a 0.200"


def test_results_of_no_chapter_are_named(folder):
    with pytest.raises(DataError, match=r"site/results/heads\.md is of chapter 12, and there is no such"):
        readme.results([], [chapters.Results.read(folder / "heads.json")])


def test_the_tables_in_readme_are_those_that_are_made():
    text = (ROOT / "README.md").read_text("utf-8")
    assert [name for _, name, _ in readme.MADE.findall(text)] == ["course", "results"]
    assert readme.fill(text) == text, "run `make notebooks`, or `python -m tools.readme`, and commit README"


def test_every_notebook_has_its_row_and_every_result_too():
    text = (ROOT / "README.md").read_text("utf-8")
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        assert f"](notebooks/{path.name}) |" in text
    for path in sorted((ROOT / "site" / "results").glob("*.json")):
        (row,) = re.findall(rf"^\|.*`medlearn results {path.stem}` \|$", text, re.MULTILINE)
        first = next(iter(json.loads(path.read_text())["ours"].values()))
        assert f"**{first['mean']:.3f}**" in row


def test_readme_says_how_many_hours_the_core_takes():
    minutes = sum(chapter.minutes for chapter in chapters.read_all() if chapter.part == "Core")
    assert f"The core takes about {round(minutes / 60)} hours" in (ROOT / "README.md").read_text("utf-8")
