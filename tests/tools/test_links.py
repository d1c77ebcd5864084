"""The badges of Colab and Binder: written from one place, taken out without a trace, outputs kept."""

import shutil

import nbformat
import pytest

from medlearn.errors import MedlearnError
from tools import ROOT, links, notebooks

FILES = ("pyproject.toml", "README.md", "notebooks/01_background.ipynb", "notebooks/src/01_background.py")


@pytest.fixture
def root(tmp_path):
    """What names the repository, in a copy: the real files, with one notebook, and no name in them."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    notebook = notebooks.from_source(tmp_path / FILES[3])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 1
            cell.outputs = [nbformat.v4.new_output("stream", text=f"{cell.id} ran")]
    nbformat.write(notebook, tmp_path / FILES[2])
    links.write("", tmp_path)
    return tmp_path


def contents(root):
    return {name: (root / name).read_bytes() for name in FILES}


def test_the_course_names_its_repository_everywhere_alike():
    name = links.named()
    for source in notebooks.sources():
        text = source.read_text("utf-8")
        assert links.SET_UP.search(text).group(0) == f'    repository = "{name}"', source.name
        assert ("![Open in Colab]" in text) == bool(name), f"{source.name}: run `make links`"


def test_writes_set_up_cells_and_badges_everywhere(root):
    changed = links.write("clinic-5/deep.course_2", root)
    assert sorted(str(path.relative_to(root)) for path in changed) == sorted(FILES)
    assert links.named(root) == "clinic-5/deep.course_2"
    notebook = nbformat.read(root / FILES[2], as_version=4)
    title = notebook.cells[0].source.splitlines()
    assert title[0].startswith("# 1 · Background") and title[1] == title[3] == ""
    assert title[2] == (
        "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        "(https://colab.research.google.com/github/clinic-5/deep.course_2/blob/main/notebooks/"
        "01_background.ipynb) "
        "[![Open in Binder](https://mybinder.org/badge_logo.svg)]"
        "(https://mybinder.org/v2/gh/clinic-5/deep.course_2/main?labpath=notebooks%2F01_background.ipynb)"
    )
    assert '    repository = "clinic-5/deep.course_2"  # where' in notebook.cells[1].source
    assert (root / "README.md").read_text("utf-8").splitlines()[2] == title[2]


def test_the_notebooks_stay_built_from_their_sources_and_keep_their_outputs(root):
    def outputs():
        cells = nbformat.read(root / FILES[2], as_version=4).cells
        return [(cell.get("outputs"), cell.get("execution_count")) for cell in cells]

    before = outputs()
    links.write("owner/name", root)
    assert notebooks.is_current(root / FILES[3])
    assert outputs() == before and any(shown for shown, _ in before)


def test_twice_is_once_and_another_name_takes_its_place(root):
    links.write("owner/name", root)
    once = contents(root)
    assert links.write("owner/name", root) == []
    assert contents(root) == once
    links.write("other/place", root)
    assert not [name for name, content in contents(root).items() if b"github/owner/name" in content]
    links.write("owner/name", root)
    assert contents(root) == once


def test_taken_out_again_every_file_is_what_it_was(root):
    before = contents(root)
    links.write("owner/name", root)
    assert contents(root) != before
    links.write("", root)
    assert contents(root) == before
    assert links.write("", root) == []


NO_NAMES = [
    *(
        "name",
        "owner/",
        "/name",
        "owner/name/more",
        "owner name/x",
        "-owner/name",
        "owner/..",
        "owner/name.git",
    ),
    *(
        "https://github.com/owner/name",
        'owner/na"me',
        "owner/name\n",
        "ówner/name",
        "o" * 40 + "/name",
        r"o/\1",
    ),
]


@pytest.mark.parametrize("name", NO_NAMES)
def test_refuses_what_is_no_name_and_changes_nothing(root, name):
    before = contents(root)
    with pytest.raises(
        MedlearnError, match="is not the name of a repository on GitHub: make links REPO=owner"
    ):
        links.write(name, root)
    assert contents(root) == before


def test_a_notebook_that_is_not_as_its_source_says_is_not_touched(root):
    with (root / FILES[3]).open("a") as source:
        source.write("\n# %%\n1 + 1\n")
    before = contents(root)
    with pytest.raises(
        MedlearnError, match="01_background is not as its source says: run `make notebooks` first"
    ):
        links.write("owner/name", root)
    assert contents(root) == before


def test_says_where_the_line_is_missing_that_names_the_repository(root):
    text = (root / "pyproject.toml").read_text("utf-8")
    (root / "pyproject.toml").write_text(text.replace('repository = ""', ""))
    with pytest.raises(MedlearnError, match=r"pyproject.toml should hold one line"):
        links.write("owner/name", root)


def test_outside_a_checkout_it_says_so(tmp_path):
    with pytest.raises(MedlearnError, match="run this in a checkout of the course"):
        links.write("owner/name", tmp_path)


def test_the_command_writes_what_pyproject_names(root, monkeypatch, capsys):
    monkeypatch.setattr(links, "ROOT", root)
    links.main(["--repository", "owner/name"])
    assert capsys.readouterr().out.endswith("4 files changed; the repository is owner/name\n")
    links.main([])
    assert capsys.readouterr().out == "0 files changed; the repository is owner/name\n"
    links.main(["--repository", ""])
    assert capsys.readouterr().out.endswith("4 files changed; the repository is not named\n")
