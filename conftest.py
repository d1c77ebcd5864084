"""What every test and every notebook's kernel starts from: an empty cache, small data, no network."""

import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import hypothesis
import psutil
import pytest
from nbval.kernel import RunningKernel

ROOT = Path(__file__).resolve().parent
OFFLINE = ROOT / "tests" / "offline"

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
MEMORY_EACH = 2_000_000_000  # bytes: a worker that has trained models, and the kernel of its notebook
AIM, MOST = 30, 45  # seconds of a notebook on two quiet cores


def _set_up_environment() -> Path:
    """Before any test is collected; subprocesses and the notebooks' kernels inherit it."""
    home = Path(tempfile.mkdtemp(prefix="medlearn-tests-"))
    for name in [name for name in os.environ if name.startswith("MEDLEARN_") and name != "MEDLEARN_REALDATA"]:
        del os.environ[name]
    os.environ.pop("MPLBACKEND", None)  # notebooks draw inline
    os.environ["MEDLEARN_CACHE"] = str(home / "cache")
    os.environ["IPYTHONDIR"] = str(home / "ipython")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")]))
    # More threads than cores only wait for each other: NumPy's matrices are small, and each worker has its
    # share of the cores for TensorFlow (its own variable), scikit-learn and PyTorch (OpenMP's).
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
        share = str(max(1, CORES // int(workers)))
        os.environ |= {"TF_NUM_INTRAOP_THREADS": share, "OMP_NUM_THREADS": share}
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # or each kernel prints a warning as it starts
    runpy.run_path(str(OFFLINE / "sitecustomize.py"))
    return home


HOME = _set_up_environment()

# A busy machine is no reason to fail.
hypothesis.settings.register_profile("course", deadline=None)
hypothesis.settings.load_profile("course")


def pytest_configure(config):
    config.option.nbval_sanitize_with = str(ROOT / "tests" / "sanitize.cfg")


def pytest_unconfigure():
    shutil.rmtree(HOME, ignore_errors=True)


def pytest_xdist_auto_num_workers(config) -> int | None:
    """`-n auto`: a worker for each core that this process may use, as far as the memory goes."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # xdist reads it itself
    return max(1, min(CORES, psutil.virtual_memory().total // MEMORY_EACH))


def pytest_addoption(parser):
    parser.addoption("--seconds", action="store_true", help="print the slowest tests and the notebooks' time")


def pytest_terminal_summary(terminalreporter, config):
    """What was slowest, and what each notebook took: to be read, since a busy machine fails no test."""
    if not config.option.seconds:
        return
    tests, notebooks = defaultdict(float), defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                file, _, _ = report.nodeid.partition("::")
                by, name = (notebooks, file) if file.endswith(".ipynb") else (tests, report.nodeid)
                by[name] += report.duration
    if tests:
        terminalreporter.section("the slowest ten tests, in seconds")
        for name in sorted(tests, key=tests.get, reverse=True)[:10]:
            terminalreporter.line(f"{tests[name]:6.1f}  {name}")
    if notebooks:
        terminalreporter.section(f"notebooks, in seconds: {AIM} each on two quiet cores, {MOST} at most")
        for name, seconds in sorted(notebooks.items()):
            over = next((f"  over {limit}" for limit in (MOST, AIM) if seconds > limit), "")
            terminalreporter.line(f"{seconds:6.1f} / {AIM}  {name}{over}")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real open data, where there is one: MEDLEARN_REALDATA, or ../shared/realdata."""
    folder = Path(os.environ.get("MEDLEARN_REALDATA", ROOT.parent / "shared" / "realdata"))
    if not folder.is_dir():
        pytest.skip(f"the real data is not here: no folder {folder}; MEDLEARN_REALDATA can name another")
    return folder


@pytest.fixture
def python():
    """Run a line of Python in a process of its own: `python("print(1)", KERAS_BACKEND="jax").stdout`."""

    def run(code: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=180,
        )

    return run


def _with_history(self, cell_input, allow_stdin=None):
    return self.kc.execute(
        cell_input, silent=False, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


# As nbval has it, cells leave no history, and then IPython does not see the semicolon that hides a value.
RunningKernel.execute_cell_input = _with_history
