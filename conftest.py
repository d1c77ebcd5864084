"""What every test and every notebook's kernel starts from: an empty cache, small data, no network."""

import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest
from nbval.kernel import RunningKernel

ROOT = Path(__file__).resolve().parent
OFFLINE = ROOT / "tests" / "offline"


def _set_up_environment() -> Path:
    """Before any test is collected; subprocesses and the notebooks' kernels inherit it."""
    home = Path(tempfile.mkdtemp(prefix="medlearn-tests-"))
    for name in [name for name in os.environ if name.startswith("MEDLEARN_") and name != "MEDLEARN_REALDATA"]:
        del os.environ[name]
    os.environ.pop("MPLBACKEND", None)  # notebooks draw inline
    os.environ["MEDLEARN_CACHE"] = str(home / "cache")
    os.environ["IPYTHONDIR"] = str(home / "ipython")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")]))
    os.environ["OPENBLAS_NUM_THREADS"] = (
        "1"  # two workers share two cores; more threads only wait for each other
    )
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # or each kernel prints a warning as it starts
    runpy.run_path(str(OFFLINE / "sitecustomize.py"))
    return home


HOME = _set_up_environment()

# A busy machine is no reason to fail.
hypothesis.settings.register_profile("course", deadline=None)
hypothesis.settings.load_profile("course")


def pytest_unconfigure():
    shutil.rmtree(HOME, ignore_errors=True)


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
