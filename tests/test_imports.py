"""What may import what, and what importing costs."""

import ast
import importlib
import os
from pathlib import Path

import pytest

from medlearn.data.catalogue import kinds

PACKAGE = Path(__file__).resolve().parents[1] / "medlearn"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("keras", "tensorflow", "jax", "torch", "pandas", "matplotlib", "seaborn", "sklearn", "scipy")

# Every room, lowest first, and the rooms that it may import; a new room must be entered here. Within itself a
# room may import what it likes, but for kinds of data, recipes and exercises, which do not know each other.
GROUND = ("errors", "lazy", "data.entry", "data.ragged", "data.dataset", "data.splitting", "data.files")
GROUND += ("data.csvfile", "data.store")
ROOMS = {
    "errors": (),
    "console": ("errors",),
    "lazy": (),
    "claims": ("console",),
    "backend": ("errors",),
    "data.entry": ("errors",),
    "data.ragged": ("errors",),
    "data.dataset": ("errors", "data.ragged"),
    "data.splitting": ("errors",),
    "data.files": ("errors",),
    "data.csvfile": ("errors", "data.dataset", "data.files"),
    "data.store": ("errors", "data.entry", "data.files", "data.csvfile"),
    "data.KIND": GROUND,
    "data.catalogue": ("errors", "data", "data.entry", "data.KIND"),
    "data": (*GROUND, "data.KIND", "data.catalogue"),
    "evaluation": ("errors", "lazy"),
    "features": (*GROUND, "data.KIND", "evaluation"),
    "models": ("errors", "backend"),
    "training": ("errors", "backend"),
    "explain": ("errors", "training"),
    "serve": (*GROUND, "console", "lazy", "data.KIND", "evaluation", "models", "training", "explain"),
    "compress": ("errors", "training", "serve"),
    "many": (*GROUND, "lazy", "data.KIND", "features", "models", "training", "serve"),
    "plots": ("errors", "lazy", "evaluation"),
    "sliders": ("errors", "evaluation", "plots"),
    "exercises": ("errors", "console", "lazy", "data.KIND"),
    "results": (
        "console",
        *GROUND,
        "data",
        "data.KIND",
        "features",
        "models",
        "training",
        "evaluation",
        "serve",
        "compress",
        "many",
        "plots",
    ),
    "course": ("errors",),
    "doctor": ("errors", "console", "backend", "data", "data.store"),
    "cli": ("console", "data", "data.entry", "data.catalogue", "data.store"),
    "medlearn": ("backend", "lazy"),
    "__main__": ("cli",),
}
NO_KERAS = ("data", "features", "evaluation", "plots", "sliders", "claims", "course", "cli", "doctor")


def room_of(name: str) -> str:
    """The room that a module, or a name in one, stands in: "medlearn.data.images.folder" in "data.KIND"."""
    _, *parts = name.split(".")
    if not parts:
        return "medlearn"
    if parts[0] != "data":
        return parts[0] if parts[0] in ROOMS else f"no room: {name}"
    if len(parts) > 1 and parts[1] in kinds():
        return "data.KIND"
    return f"data.{parts[1]}" if len(parts) > 1 and f"data.{parts[1]}" in ROOMS else "data"


def name_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


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


def of_the_package(file: Path) -> set[str]:
    """What a file imports of medlearn; `from medlearn.data import store` is of `store`."""
    names = {name for name in imported(file) if crosses(name, "medlearn")}
    return {name for name in names if not any(crosses(other, name) for other in names - {name})}


def test_every_room_is_in_the_table():
    assert {room_of(name_of(file)) for file in MODULES} == set(ROOMS)
    order = list(ROOMS)
    later = [
        (room, other) for room in ROOMS for other in ROOMS[room] if order.index(other) > order.index(room)
    ]
    assert later == [("data.catalogue", "data")], "for its path alone"


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_nothing_looks_back(file):
    room = room_of(name_of(file))
    for name in of_the_package(file):
        assert room_of(name) in (room, *ROOMS[room]), f"{name_of(file)}, in {room}, imports {name}"


@pytest.mark.parametrize(
    "file", [file for file in MODULES if name_of(file).split(".")[1:2] != []], ids=name_of
)
def test_rooms_that_need_no_keras_import_none(file):
    if name_of(file).split(".")[1] in NO_KERAS:
        assert not [name for name in imported(file) if crosses(name, "keras")]


def test_kinds_recipes_and_chapters_do_not_know_each_other():
    """What two of them need goes down."""
    for file in MODULES:
        name, parts = name_of(file), name_of(file).split(".")
        for other in of_the_package(file):
            theirs = other.split(".")
            if parts[1:2] == theirs[1:2] == ["data"] and len(parts) > 2 and parts[2] in kinds():
                assert theirs[2] == parts[2] or theirs[2] not in kinds(), f"{name} imports {other}"
            if parts[1:2] == theirs[1:2] == ["results"]:
                assert not hasattr(importlib.import_module(".".join(theirs[:3])), "NAMES"), (
                    f"{name} imports {other}"
                )
            if parts[1:2] == theirs[1:2] == ["exercises"]:
                assert theirs[2:3] == parts[2:3] or not theirs[2].startswith("ch"), f"{name} imports {other}"


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


def test_a_user_need_not_have_a_home(tmp_path, monkeypatch):
    from medlearn import backend

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    assert backend.name() == "jax"
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setattr(backend.os.path, "expanduser", lambda path: path)  # as it does without a home
    assert backend.name() in backend.BACKENDS
    backend.check()


HOMELESS = """
import os, pwd
def nobody(*_):
    raise KeyError("uid not found")
pwd.getpwuid = nobody
os.environ.pop("HOME", None)
os.chdir(os.environ["HERE"])
import medlearn, keras
"""


def test_keras_starts_without_a_home_and_leaves_nothing_behind(tmp_path, python):
    code = HOMELESS if os.name == "posix" else "import medlearn, keras"
    done = python(code, HERE=str(tmp_path), MPLCONFIGDIR=str(tmp_path / "plots"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not [path for path in tmp_path.iterdir() if path.name != "plots"]


def test_the_tests_have_no_network(python):
    done = python("import socket; socket.create_connection(('example.org', 443), 5)")
    assert "the tests have no network (asked for example.org)" in done.stderr
    done = python("import socket; socket.socket().connect(('192.0.2.1', 443))")
    assert "the tests have no network (asked for 192.0.2.1)" in done.stderr
