"""Building notebooks from their sources, on tiny ones made here."""

import nbformat
import pytest

from tools import notebooks

SOURCE = """\
# %% [markdown]
# # A notebook

# %% tags=["nbval-ignore-output"]
import os, time
print(time.time(), "small" if "MEDLEARN_DATA" not in os.environ else os.environ["MEDLEARN_DATA"])

# %%
x = 1

# %%
x = 1

# %% mystnb={"image": {"alt": "A square with the corner \\"cut\\" off"}}
from IPython.display import Image, display
display(Image(data=b"GIF89a", format="gif"))
print("✓ one is one")
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "01_first.py").write_text(SOURCE)
    return tmp_path


@pytest.fixture
def source(folder):
    return folder / "src" / "01_first.py"


def test_a_source_keeps_tags_and_alt_text(source):
    code = [cell for cell in notebooks.from_source(source).cells if cell.cell_type == "code"]
    assert code[0].metadata.tags == ["nbval-ignore-output"]
    assert notebooks.alt_text(code[3]) == 'A square with the corner "cut" off'
    assert [notebooks.alt_text(cell) for cell in code[:3]] == ["", "", ""]


def test_ids_are_unique_and_stay_when_another_cell_is_put_before(source):
    before = [cell.id for cell in notebooks.from_source(source).cells]
    assert len(set(before)) == len(before)
    source.write_text("# %%\nprint('new')\n\n" + SOURCE)
    assert [cell.id for cell in notebooks.from_source(source).cells][1:] == before


@pytest.mark.parametrize("content", ["", "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> theirs\n", "[]"])
def test_a_notebook_that_is_damaged_is_not_current_and_built_anew(content, source):
    source.write_text("# %%\nprint('new')\n")
    notebooks.built(source).write_text(content)
    assert not notebooks.is_current(source)
    notebooks.build(source)
    assert notebooks.is_current(source)


def test_a_notebook_is_built_twice_alike_and_then_current(source, monkeypatch):
    monkeypatch.setenv("MEDLEARN_DATA", "full")
    assert not notebooks.is_current(source)
    first = notebooks.build(source).read_bytes()
    assert notebooks.is_current(source)
    assert notebooks.build(source).read_bytes() == first
    assert b' small\\n"' in first, "a notebook is built on the small data, whatever is set"
    assert b"iopub" not in first, "timestamps"


def test_a_rebuild_shows_what_changed(source, monkeypatch):
    source.write_text("# %%\nimport os\nprint(os.environ.get('OTHER_RESULT'))\n")
    first = notebooks.build(source).read_bytes()
    monkeypatch.setenv("OTHER_RESULT", "1")
    assert notebooks.build(source).read_bytes() != first


def test_a_built_notebook_carries_alt_text_and_no_version(source):
    notebook = nbformat.read(notebooks.build(source), as_version=4)
    picture = notebook.cells[-1].outputs[0]
    assert picture.metadata["image/gif"].alt == 'A square with the corner "cut" off'
    assert notebook.metadata == notebooks.METADATA


WIDGETS = """\
# %%
from base64 import b64encode
from io import BytesIO
from IPython.display import display
from PIL import Image

widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "Slider"}
display(widget, raw=True)
picture = BytesIO()
Image.effect_noise((64, 64), 99).convert("RGB").save(picture, "PNG")
html = f'<img alt="noise" src="data:image/png;base64,{b64encode(picture.getvalue()).decode()}">'
display(widget | {"text/html": html}, raw=True)
print(len(html))
"""


def test_of_a_widget_what_is_seen_without_a_kernel_is_kept_with_small_pictures(source):
    source.write_text(WIDGETS)
    shown, printed = nbformat.read(notebooks.build(source), as_version=4).cells[0].outputs
    assert set(shown.data) == {"text/plain", "text/html"}
    assert shown.data["text/html"].startswith('<img alt="noise" src="data:image/png;base64,iVBOR')
    assert len(shown.data["text/html"]) < int(printed.text)


@pytest.mark.parametrize(
    "change",
    [
        lambda notebook: notebook.cells.pop(),
        lambda notebook: notebook.cells.reverse(),
        lambda notebook: notebook.cells[1].update(source="x = 2"),
        lambda notebook: notebook.cells[1].update(metadata={}),
        lambda notebook: notebook.cells[1].update(execution_count=None),
        lambda notebook: notebook.metadata.update(authors=["someone"]),
    ],
    ids=["a cell less", "other order", "other text", "other tags", "not executed", "other metadata"],
)
def test_a_change_to_a_notebook_by_hand_is_seen(source, change):
    notebook = notebooks.from_source(source)
    for count, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.execution_count = count
    nbformat.write(notebook, notebooks.built(source))
    assert notebooks.is_current(source)
    change(notebook)
    nbformat.write(notebook, notebooks.built(source))
    assert not notebooks.is_current(source)


def test_a_failed_build_leaves_the_notebook_as_it_was(source):
    notebooks.built(source).write_text("as it was")
    source.write_text("# %%\n1 / 0\n")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        notebooks.build(source)
    assert notebooks.built(source).read_text() == "as it was"
    assert not list(source.parent.parent.glob("*.tmp"))


def test_the_command_builds_what_changed_and_what_is_named(source, monkeypatch, capsys):
    monkeypatch.setattr(notebooks, "SOURCES", source.parent)
    assert notebooks.main([]) == 0
    assert capsys.readouterr().out.startswith("01_first: built in ")
    notebooks.main([])
    assert capsys.readouterr().out == "01_first: its source is unchanged\n"
    notebooks.main(["1"])
    assert capsys.readouterr().out.startswith("01_first: built in ")
