"""The learner's copies: without outputs, never overwritten once changed, a newer edition beside them."""

import json
import os

import nbformat
import pytest

from medlearn.errors import DataError
from tools import notebooks, work


def write(path, text):
    cell = nbformat.v4.new_code_cell(text, execution_count=1, id="one")
    cell.outputs = [nbformat.v4.new_output("stream", text="the answer")]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


@pytest.fixture
def source(tmp_path):
    write(tmp_path / "01_first.ipynb", "x = 1")
    return tmp_path / "01_first.ipynb"


@pytest.fixture
def mine(tmp_path, source):
    """A folder with copies as they were laid."""
    assert work.lay_out(tmp_path / "work", [source]) == []
    return tmp_path / "work"


def code(path):
    return nbformat.read(path, as_version=4).cells[0].source


def change(path):
    path.write_text(path.read_text().replace("x = 1", "x = 2"))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_copy_has_every_cell_and_no_output(mine, source):
    ours, theirs = (nbformat.read(path, as_version=4) for path in (source, mine / source.name))
    assert notebooks.cells(ours) == notebooks.cells(theirs)
    assert not theirs.cells[0].outputs and not theirs.cells[0].execution_count
    assert names(mine) == [work.EDITIONS, source.name]


def test_laid_out_again_nothing_changes(mine, source):
    before = (mine / source.name).stat().st_mtime_ns
    assert work.lay_out(mine, [source]) == []
    assert (mine / source.name).stat().st_mtime_ns == before


def test_a_copy_that_was_changed_stays_as_it_is(mine, source):
    change(mine / source.name)
    assert work.lay_out(mine, [source]) == []
    assert code(mine / source.name) == "x = 2" and names(mine) == [work.EDITIONS, source.name]


def test_a_copy_as_it_came_becomes_the_new_edition(mine, source):
    write(source, "x = 3")
    (said,) = work.lay_out(mine, [source])
    assert said.startswith("01_first.ipynb: there is a new edition")
    assert code(mine / source.name) == "x = 3" and names(mine) == [work.EDITIONS, source.name]


def test_a_new_edition_is_laid_beside_a_copy_that_was_changed_and_said_once(mine, source):
    change(mine / source.name)
    write(source, "x = 3")
    (said,) = work.lay_out(mine, [source])
    assert said.endswith("laid beside your copy as 01_first_new_edition.ipynb")
    assert code(mine / source.name) == "x = 2" and code(mine / "01_first_new_edition.ipynb") == "x = 3"
    assert work.lay_out(mine, [source]) == []


@pytest.mark.parametrize("damage", ["", "not json", "[]", None])
def test_without_the_list_of_editions_a_changed_copy_is_still_safe(damage, mine, source):
    change(mine / source.name)
    (mine / work.EDITIONS).unlink() if damage is None else (mine / work.EDITIONS).write_text(damage)
    work.lay_out(mine, [source])
    assert code(mine / source.name) == "x = 2"
    assert json.loads((mine / work.EDITIONS).read_text())


def test_a_copy_that_was_thrown_away_comes_back(mine, source):
    (mine / source.name).unlink()
    work.lay_out(mine, [source])
    assert code(mine / source.name) == "x = 1"


def test_a_file_in_the_folder_s_place_is_one_sentence(tmp_path, source):
    (tmp_path / "taken").write_text("")
    with pytest.raises(DataError, match=r"taken cannot be written to .*: make room there"):
        work.lay_out(tmp_path / "taken", [source])


def test_the_command_says_where_they_are(tmp_path, source, monkeypatch, capsys):
    monkeypatch.setattr(work, "WORK", tmp_path / "mine")
    assert work.main([]) == 0
    assert f"in {tmp_path / 'mine'}. What you change there stays" in capsys.readouterr().out
    assert len(names(tmp_path / "mine")) >= 7 and not [n for n in os.listdir(tmp_path / "mine") if "tmp" in n]
