"""The folder of a class, without what takes a network."""

import hashlib
import shutil
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from medlearn import course
from medlearn.data import catalogue, store
from medlearn.data.entry import File
from medlearn.errors import DataError, FetchError
from tools import ROOT, notebooks
from tools import class_folder as tool


@pytest.fixture(scope="module")
def class_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "class"
    assert tool.main([str(folder), "--no-wheels"]) == 0
    return folder


def test_the_folder_holds_every_notebook_without_outputs(class_folder):
    assert [p.name for p in sorted(class_folder.glob("notebooks/*"))] == [path.name for path in course.find()]
    for path in course.find():
        ours, theirs = (
            nbformat.read(one, as_version=4) for one in (path, class_folder / "notebooks" / path.name)
        )
        assert notebooks.cells(ours) == notebooks.cells(theirs)
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in theirs.cells)


def test_the_folder_holds_the_package_whole(class_folder):
    (wheel,) = class_folder.glob("wheels/*")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("medlearn/")}
    package = ROOT / "medlearn"
    whole = [*package.rglob("*.py"), package / "models" / "films_64.npz", *package.glob("serve/page/*")]
    assert inside == {str(path.relative_to(ROOT)) for path in whole}


def test_the_page_names_what_is_there(class_folder):
    page = (class_folder / "START.md").read_text("utf-8")
    (wheel,) = class_folder.glob("wheels/*")
    assert f"wheels/{wheel.name}\n" in page
    assert f"python{sys.version_info.major}.{sys.version_info.minor} -m venv env" in page
    assert "## No real data" in page and "MEDLEARN_MIRROR" not in page
    assert len(page.splitlines()) < 85, "one page"
    assert str(Path.home()) not in page


def test_the_page_has_commands_for_each_system(class_folder):
    page = (class_folder / "START.md").read_text("utf-8")
    (wheel,) = class_folder.glob("wheels/*")
    assert f"env\\Scripts\\python -m pip install --no-index --no-deps wheels\\{wheel.name}\n" in page
    assert "env/bin/medlearn doctor" in page and "env\\Scripts\\medlearn doctor" in page
    assert page.count("MEDLEARN_ANSWERS=") == 2


def test_the_book_comes_along_if_it_is_built(tmp_path, monkeypatch):
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("the book")
    monkeypatch.setattr(tool, "BOOK", tmp_path / "html")
    monkeypatch.setattr(tool, "build_wheel", lambda folder: Path("medlearn.whl"))
    tool.make(tmp_path / "class", wheels=False)
    assert (tmp_path / "class" / "book" / "index.html").read_text() == "the book"


def test_packages_of_other_systems_are_asked_for_by_name(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(tool, "build_wheel", lambda folder: Path("medlearn.whl"))
    monkeypatch.setattr(tool, "_pip", lambda *words: asked.append(words))
    tool.make(tmp_path / "class", systems=["windows", "macos"])
    assert ["win_amd64" in words for words in asked] == [True, False] * len(tool.LOCKS)
    assert {path.name for path in (tmp_path / "class").glob("*.txt")} >= set(tool.LOCKS)
    assert "Windows and macOS (Apple silicon)" in (tmp_path / "class" / "START.md").read_text("utf-8")
    assert not list((tmp_path / "class").glob(".*"))


def test_a_place_that_is_taken_is_left_alone(class_folder):
    with pytest.raises(DataError, match="is there already: name another place, or remove it first"):
        tool.main([str(class_folder)])


def test_what_fails_leaves_nothing(tmp_path, monkeypatch):
    def no_network(*arguments):
        raise FetchError("no network")

    monkeypatch.setattr(tool, "_pip", no_network)
    with pytest.raises(FetchError, match="no network"):
        tool.main([str(tmp_path / "class")])
    with pytest.raises(DataError, match="there is no data set called 'no such'"):
        tool.main([str(tmp_path / "class"), "--data", "no such"])
    with pytest.raises(DataError, match="diabetes comes with scikit-learn and need not be taken along"):
        tool.main([str(tmp_path / "class"), "--data", "diabetes"])
    assert not list(tmp_path.iterdir())


def test_no_room_for_a_copy_is_a_sentence(tmp_path, monkeypatch):
    def full(*_, **__):
        raise shutil.Error([("a.py", "b.py", "[Errno 28] No space left on device")] * 50)

    monkeypatch.setattr(tool.shutil, "copytree", full)
    with pytest.raises(
        FetchError, match=r"^the package cannot be copied to .*: make room there, or set TMPDIR"
    ):
        tool.build_wheel(tmp_path)


@pytest.mark.parametrize("folder", ["", "a\0b", "~nobody-of-this-name/class"])
def test_what_is_no_path_is_refused(folder, capsys):
    with pytest.raises(SystemExit) as stop:
        tool.main(["--no-wheels", "--", folder])
    assert stop.value.code == 2 and "FOLDER" in capsys.readouterr().err


def test_pip_is_quoted_where_it_fails(tmp_path):
    with pytest.raises(FetchError, match=r"pip download failed: ERROR: .*no-such-thing"):
        tool._pip("download", "--no-index", "--dest", str(tmp_path), "medlearn-no-such-thing")


def test_real_data_that_are_in_the_cache_come_along(tmp_path, monkeypatch):
    entry, content = catalogue.find("breast"), b"stands for the real file"
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    file = File(entry.files[0].name, "https://localhost/none", digest)
    entry = replace(entry, files=(file,))
    monkeypatch.setitem(catalogue.CATALOGUE, "breast", entry)
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    store.place(entry, file).parent.mkdir(parents=True)
    store.place(entry, file).write_bytes(content)
    monkeypatch.setattr(tool, "build_wheel", lambda folder: Path("medlearn.whl"))
    tool.make(tmp_path / "class", wheels=False)
    assert (tmp_path / "class" / "data" / "breast" / file.name).read_bytes() == content
    page = (tmp_path / "class" / "START.md").read_text("utf-8")
    assert 'MEDLEARN_MIRROR="$PWD/data" MEDLEARN_DATA=full' in page and "`breast`" in page
    assert "CC BY 4.0" in (tmp_path / "class" / "data" / "SOURCES.txt").read_text("utf-8")
    monkeypatch.setenv("MEDLEARN_MIRROR", str(tmp_path / "class" / "data"))
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "learners-cache"))
    assert store.fetch(entry, file).read_bytes() == content


def test_make_has_a_target_for_it():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "\nclass: .venv/installed site\n\t.venv/bin/python -m tools.class_folder " in makefile
