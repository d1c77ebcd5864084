"""Building and running notebooks, on tiny ones made here."""

import nbformat
import pytest

from medlearn import course
from medlearn.errors import MedlearnError

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


def write(folder, name, *sources):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    nbformat.write(notebook, folder / f"{name}.ipynb")


def test_a_source_keeps_tags_and_alt_text(source):
    code = [cell for cell in course.from_source(source).cells if cell.cell_type == "code"]
    assert code[0].metadata.tags == ["nbval-ignore-output"]
    assert course.alt_text(code[3]) == 'A square with the corner "cut" off'
    assert [course.alt_text(cell) for cell in code[:3]] == ["", "", ""]


def test_ids_are_unique_and_stay_when_another_cell_is_put_before(source):
    before = [cell.id for cell in course.from_source(source).cells]
    assert len(set(before)) == len(before)
    source.write_text("# %%\nprint('new')\n\n" + SOURCE)
    assert [cell.id for cell in course.from_source(source).cells][1:] == before


def test_a_notebook_is_built_twice_alike_and_then_current(source, monkeypatch):
    monkeypatch.setenv("MEDLEARN_DATA", "full")
    assert not course.is_current(source)
    first = course.build(source).read_bytes()
    assert course.is_current(source)
    assert course.build(source).read_bytes() == first
    assert b' small\\n"' in first, "a notebook is built on the small data, whatever is set"
    assert b"iopub" not in first, "timestamps"


def test_a_rebuild_shows_what_changed(source, monkeypatch):
    source.write_text("# %%\nimport os\nprint(os.environ.get('OTHER_RESULT'))\n")
    first = course.build(source).read_bytes()
    monkeypatch.setenv("OTHER_RESULT", "1")
    assert course.build(source).read_bytes() != first


def test_a_built_notebook_carries_alt_text_and_no_version(source):
    notebook = nbformat.read(course.build(source), as_version=4)
    picture = notebook.cells[-1].outputs[0]
    assert picture.metadata["image/gif"].alt == 'A square with the corner "cut" off'
    assert notebook.metadata == course.METADATA


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
    notebook = course.from_source(source)
    for count, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.execution_count = count
    nbformat.write(notebook, course.built(source))
    assert course.is_current(source)
    change(notebook)
    nbformat.write(notebook, course.built(source))
    assert not course.is_current(source)


def test_a_failed_build_leaves_the_notebook_as_it_was(source):
    course.built(source).write_text("as it was")
    source.write_text("# %%\n1 / 0\n")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        course.build(source)
    assert course.built(source).read_text() == "as it was"
    assert not list(source.parent.parent.glob("*.tmp"))


def test_find_takes_numbers_and_names(folder):
    for name in ("01_first", "02_second", "10_tenth"):
        write(folder, name)
    names = lambda *numbers: [path.stem for path in course.find(numbers, folder=folder)]  # noqa: E731
    assert names() == ["01_first", "02_second", "10_tenth"]
    assert names("10", "2", "02") == ["02_second", "10_tenth"]
    assert names("01_first") == ["01_first"]
    with pytest.raises(MedlearnError, match=r"no notebook '7': there are 01_first, 02_second, 10_tenth"):
        names("7")


def test_find_says_where_it_looked(tmp_path):
    with pytest.raises(MedlearnError, match="run this in a checkout of the course"):
        course.find(folder=tmp_path)


@pytest.fixture
def course_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(course.find, "__kwdefaults__", {"folder": tmp_path, "pattern": "*.ipynb"})
    return tmp_path


def test_run_counts_cells_and_claims_and_changes_no_file(course_folder, capsys):
    write(course_folder, "01_good", "print('✓ a')", "x = 1", "print('✓ b')\nprint('✗ not a claim')")
    before = (course_folder / "01_good.ipynb").read_bytes()
    assert course.run([]) == 0
    assert (course_folder / "01_good.ipynb").read_bytes() == before
    assert capsys.readouterr().out.splitlines()[1].split()[:5] == ["01_good", "3", "2", "/", "2"]


def test_run_goes_on_after_a_failure_and_tells_of_it(course_folder, capsys):
    write(course_folder, "01_stops", "print('✓ a')", "1 / 0", "x = 1")
    write(course_folder, "02_doubtful", "print('✗ does not hold in this run: b')")
    assert course.run([]) == 1
    out = capsys.readouterr().out
    assert "01_stops stopped in code cell 2 of 3: ZeroDivisionError: division by zero" in out
    assert "0 / 1" in out and "02_doubtful: did not hold: b" in out


def test_a_claim_that_fails_fails_the_run(course_folder):
    write(course_folder, "01_doubtful", "print('✗ does not hold in this run: b')")
    assert course.run(["1"]) == 1


def test_run_says_when_a_kernel_died(course_folder, capsys):
    write(course_folder, "01_dies", "import os\nos._exit(1)")
    assert course.run([]) == 1
    assert "its kernel died" in capsys.readouterr().out


def test_run_says_when_a_kernel_never_answered(course_folder, capsys, monkeypatch):
    def execute(*_, **__):
        raise RuntimeError("Kernel didn't respond in 180 seconds")

    monkeypatch.setattr(course, "execute", execute)
    write(course_folder, "01_mute", "x = 1")
    assert course.run([]) == 1
    assert "its kernel failed: Kernel didn't respond" in capsys.readouterr().out


def test_full_runs_on_the_real_data(course_folder):
    write(course_folder, "01_full", "import os\nassert os.environ['MEDLEARN_DATA'] == 'full'")
    assert course.run([]) == 1
    assert course.run(["--full"]) == 0
