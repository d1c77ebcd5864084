"""What a run prints of its time, how many workers it takes, and that a warning fails a test."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def hooks(pytestconfig):
    """The conftest.py of the whole project."""
    return pytestconfig.pluginmanager.get_plugin(str(ROOT / "conftest.py"))


def run(folder: Path, *arguments: str, **environment: str) -> str:
    """What pytest prints for the tests in `folder`, with the conftest.py of the project."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} | environment
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=180)
    return done.stdout + done.stderr


def reports(**seconds: float) -> dict[str, list]:
    """As the terminal has them: each test by its name, in a setup and a call."""

    def report(name: str, when: str, duration: float):
        return pytest.TestReport(name, ("", 0, ""), {}, "passed", None, when, duration=duration)

    return {
        "": [report(name, "setup", taken / 4) for name, taken in seconds.items()],
        "passed": [report(name, "call", 3 * taken / 4) for name, taken in seconds.items()],
        "deselected": [SimpleNamespace(nodeid="no report")],
    }


def printed(hooks, stats, asked=True) -> list[str]:
    lines = []
    terminal = SimpleNamespace(stats=stats, section=lines.append, line=lines.append)
    hooks.pytest_terminal_summary(terminal, SimpleNamespace(option=SimpleNamespace(seconds=asked)))
    return lines


def test_a_run_on_a_worker_ends_with_the_tests_and_the_notebooks(tmp_path):
    (tmp_path / "test_slow.py").write_text(
        "import os, time\n"
        "def test_quick(): assert os.environ['TF_NUM_INTRAOP_THREADS'] == os.environ['OMP_NUM_THREADS']\n"
        "def test_slow(): time.sleep(0.4)\n"
    )
    cells = [nbformat.v4.new_code_cell("import time; time.sleep(0.3)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "01_short.ipynb")
    out = run(tmp_path, "-n", "1", "--seconds", "--nbval-lax", "--nbval-current-env")
    assert "3 passed" in out, out
    tests, notebooks = out.split("the slowest ten tests, in seconds")[1].split("notebooks, in seconds")
    slow, quick, *_ = tests.splitlines()[1:]
    assert re.fullmatch(r" {3}0\.\d  test_slow.py::test_slow", slow) and quick.endswith("::test_quick")
    assert re.search(r"^ +\d+\.\d / 30  01_short\.ipynb$", notebooks, re.MULTILINE)


def test_only_a_run_that_asks_prints_them(hooks):
    assert printed(hooks, reports(test=1.0), asked=False) == []
    assert printed(hooks, {}) == []


def test_the_slowest_come_first_and_are_ten(hooks):
    _, *lines = printed(hooks, reports(**{f"test_{taken}": taken for taken in range(1, 13)}))
    assert lines == [f"{taken:6.1f}  test_{taken}" for taken in range(12, 2, -1)]


def test_a_notebook_over_its_budget_is_marked_and_fails_nothing(hooks):
    taken = {"a.ipynb::Cell 0": 20, "a.ipynb::Cell 1": 9, "b.ipynb::Cell 0": 31, "c.ipynb::Cell 0": 46}
    heading, *lines = printed(hooks, reports(**taken))
    assert "30 each on two quiet cores, 45 at most" in heading
    assert lines == ["  29.0 / 30  a.ipynb", "  31.0 / 30  b.ipynb  over 30", "  46.0 / 30  c.ipynb  over 45"]


@pytest.mark.parametrize(
    ("cores", "gigabytes", "workers"), [(2, 24, 2), (16, 16, 8), (64, 256, 64), (4, 1, 1)]
)
def test_as_many_workers_as_cores_and_as_the_memory_holds(hooks, monkeypatch, cores, gigabytes, workers):
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    monkeypatch.setattr(hooks, "CORES", cores)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=gigabytes * 10**9))
    assert hooks.pytest_xdist_auto_num_workers(None) == workers


def test_a_number_of_workers_that_was_set_is_left_to_xdist(hooks, monkeypatch):
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "3")
    assert hooks.pytest_xdist_auto_num_workers(None) is None


def test_a_warning_that_nobody_expects_fails_its_test(tmp_path):
    (tmp_path / "test_warns.py").write_text(
        "import warnings\n"
        "def test_it(): warnings.warn('this is new', DeprecationWarning)\n"
        "def test_told(recwarn): warnings.warn('expected', UserWarning)\n"
    )
    out = run(tmp_path, "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path), ".")
    assert "1 failed, 1 passed" in out and "DeprecationWarning: this is new" in out
