"""Finding and running notebooks, on tiny ones made here."""

import os
import subprocess
import sys

import nbformat
import psutil
import pytest
from nbclient.output_widget import OutputWidget

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


def test_a_claim_that_fails_fails_the_run_in_any_colour(course_folder):
    write(course_folder, "01_doubtful", "from medlearn import claim\nclaim('b', False)")
    assert course.run(["1"]) == 1


def test_nothing_is_sent_to_a_kernel_that_is_at_work(tmp_path, monkeypatch):
    """What a widget shows is sent back to it by nbclient, which then may miss that the cell has ended."""
    sent = []
    monkeypatch.setattr(OutputWidget, "_publish_msg", lambda *_, **given: sent.append(given))
    lines = "from ipywidgets import Output\nout = Output()\nwith out:\n    print('within')\nprint('beside')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(lines)])
    course.execute(notebook, tmp_path, environment=os.environ)
    assert [output.text for output in notebook.cells[0].outputs] == ["beside\n"]
    assert not sent


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


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"cells": [{"cell_type": "code", "sou',
        b'<<<<<<< HEAD\n{"cells": []}\n=======\n{"cells": []}\n>>>>>>> theirs\n',
        b"[]",
        b"{}",
        b'{"cells": 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_a_notebook_that_is_damaged_is_one_sentence_and_the_others_run(content, course_folder, capsys):
    (course_folder / "01_broken.ipynb").write_bytes(content)
    write(course_folder, "02_whole", "print('✓ a')")
    assert course.run([]) == 1
    out, err = capsys.readouterr()
    assert "02_whole" in out and "1 / 1" in out and not err
    assert out.splitlines()[-1].startswith(f"{course_folder / '01_broken.ipynb'} is not a whole notebook (")


def test_paths_mean_the_same_in_a_notebook_as_in_the_shell(course_folder, tmp_path_factory, monkeypatch):
    here = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(here / "home"))
    given = {"CACHE": "c", "MIRROR": "../m", "DATA": "~/d", "ANSWERS": "~/a.jsonl"}
    meant = {name: os.path.abspath(path.replace("~", str(here / "home"))) for name, path in given.items()}
    for name, path in given.items():
        monkeypatch.setenv(f"MEDLEARN_{name}", path)
    seen = {name: f"os.environ['MEDLEARN_{name}'] == {path!r}" for name, path in meant.items()}
    write(course_folder, "01_paths", "import os", *(f"assert {text}" for text in seen.values()))
    assert course.run([]) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA", "small"),
        ("DATA", "full"),
        ("DATA", ""),
        ("MIRROR", "https://mirror/x"),
        ("CACHE", "~nobody-here/x"),
    ],
)
def test_what_is_no_path_stays_as_it_is(name, value, monkeypatch):
    monkeypatch.setenv(f"MEDLEARN_{name}", value)
    assert course.kernel_environment()[f"MEDLEARN_{name}"] == value


# Interrupts itself as soon as its kernel has written its number to a file.
INTERRUPTED = """
import signal, sys, threading, time
from pathlib import Path
from medlearn import course

def interrupt():
    while not (pid.exists() and pid.read_text()):
        time.sleep(0.05)
    signal.raise_signal(signal.SIGINT)

folder, pid = map(Path, sys.argv[1:])
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
threading.Thread(target=interrupt, daemon=True).start()
"""
RUN = "from medlearn import cli; course.NOTEBOOKS = folder; sys.exit(cli.main(['run']))"
BUILD = (
    "from tools import notebooks; from medlearn.console import run_script; "
    "notebooks.SOURCES = folder / 'src'; run_script(lambda: notebooks.main([]))"
)


@pytest.mark.parametrize("command", [RUN, BUILD], ids=["medlearn run", "make notebooks"])
def test_ctrl_c_ends_quietly_and_leaves_no_kernel(command, tmp_path):
    pid = tmp_path / "pid"
    code = (
        f"import os, time, pathlib\npathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\ntime.sleep(600)"
    )
    write(tmp_path, "01_waits", code)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "01_waits.py").write_text(f"# %%\n{code}\n")
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED + command, tmp_path, pid],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 130
    (line,) = done.stderr.splitlines()
    assert line.split("\r")[-1].strip().endswith(": stopped")
    assert not psutil.pid_exists(int(pid.read_text()))
