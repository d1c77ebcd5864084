"""Finding and running notebooks, on tiny ones made here."""

import nbformat
import pytest

from medlearn import course
from medlearn.errors import MedlearnError


def write(folder, name, *sources):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
    nbformat.write(notebook, folder / f"{name}.ipynb")


def test_find_takes_numbers_and_names(tmp_path):
    for name in ("01_first", "02_second", "11_third", "21_fourth"):
        write(tmp_path, name)
    names = lambda *numbers: [path.stem for path in course.find(numbers, folder=tmp_path)]  # noqa: E731
    assert names() == ["01_first", "02_second", "11_third", "21_fourth"]
    assert names("21", "2", "02", "11") == ["02_second", "11_third", "21_fourth"]
    assert names("1") == names("01_first") == ["01_first"]
    with pytest.raises(MedlearnError, match=r"no notebook '7': there are 01_first, 02_second, 11_third, 21"):
        names("7")


def test_find_says_where_it_looked(tmp_path):
    with pytest.raises(MedlearnError, match="run this in a checkout of the course"):
        course.find(folder=tmp_path)


@pytest.fixture
def course_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "NOTEBOOKS", tmp_path)
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
