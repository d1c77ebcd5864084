"""What may import what, and what importing costs."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "medlearn"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("keras", "tensorflow", "jax", "torch", "pandas", "matplotlib", "seaborn", "sklearn", "scipy")

# catalogue → store → readers → data sets → models, training → evaluation → plots: nothing looks back.
BORDERS = {
    "data": ("keras", "medlearn.models", "medlearn.training", "medlearn.evaluation", "medlearn.plots"),
    "models": ("medlearn.data", "medlearn.training", "medlearn.evaluation", "medlearn.plots"),
    "training.py": ("medlearn.data.store", "medlearn.models", "medlearn.evaluation", "medlearn.plots"),
    "evaluation": ("keras", "medlearn.data", "medlearn.models", "medlearn.training", "medlearn.plots"),
    "claims.py": ("keras", "medlearn"),
}


def imported(module: Path) -> set[str]:
    """Every module that a file names in an import, also inside its functions."""
    names = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def crosses(name: str, border: str) -> bool:
    return name == border or name.startswith(f"{border}.")


@pytest.mark.parametrize("part", BORDERS)
def test_nothing_looks_back(part):
    files = [module for module in MODULES if module.relative_to(PACKAGE).parts[0] == part]
    assert files
    for file in files:
        found = [name for name in imported(file) for border in BORDERS[part] if crosses(name, border)]
        assert not found, f"{file.name} imports {found}"


@pytest.mark.parametrize(("backend", "but"), [("tensorflow", ["training.py"]), ("jax", []), ("torch", [])])
def test_code_runs_on_every_backend(backend, but):
    assert [file.name for file in MODULES if any(crosses(name, backend) for name in imported(file))] == but


@pytest.mark.parametrize("light", ["medlearn", "medlearn.cli", "medlearn.data.catalogue", "medlearn.doctor"])
def test_imports_nothing_heavy(light, python):
    done = python(f"import sys, {light}; print([name for name in {HEAVY} if name in sys.modules])")
    assert done.stdout == "[]\n", done.stdout + done.stderr


def test_listing_the_data_imports_nothing_heavy(python):
    done = python(
        "import sys; from medlearn.cli import main; main(['data', 'list']); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr


def test_keras_starts_without_a_sound_and_standard_error_is_back_afterwards(python):
    done = python(
        "import os, medlearn, keras; model = keras.Sequential([keras.layers.Dense(1)]); "
        "model(keras.ops.ones((2, 3))); os.write(2, b'heard')"
    )
    assert (done.stdout, done.stderr) == ("", "heard")


def test_an_unknown_backend_is_named(python):
    done = python("import medlearn, keras", KERAS_BACKEND="theano")
    assert done.stderr.splitlines()[-1] == (
        "medlearn.backend.BackendError: KERAS_BACKEND is 'theano': set it to one of tensorflow, jax, torch"
    )


def test_an_old_keras_is_named(python, monkeypatch):
    from medlearn import backend

    monkeypatch.setattr(backend.importlib.metadata, "version", lambda name: "3.9.2")
    with pytest.raises(backend.BackendError, match=r"Keras 3\.9\.2 is too old.*'keras>=3\.13'"):
        backend.check()


def test_the_backend_is_read_from_keras_own_settings(tmp_path, monkeypatch):
    from medlearn import backend

    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert backend.name() == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert backend.name() == "jax"
    (tmp_path / "keras.json").write_text("not json")
    assert backend.name() == "tensorflow"


def test_the_tests_have_no_network(python):
    done = python("import socket; socket.create_connection(('example.org', 443), 5)")
    assert "the tests have no network (asked for example.org)" in done.stderr
    done = python("import socket; socket.socket().connect(('192.0.2.1', 443))")
    assert "the tests have no network (asked for 192.0.2.1)" in done.stderr
