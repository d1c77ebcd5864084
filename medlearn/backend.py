"""Keras and its backend: checked, started without noise, and compiled where that pays.

`import medlearn` calls `watch()` once, which imports nothing itself. When a notebook or the package imports
Keras later and Keras cannot work, the error says why in one sentence.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import json
import logging
import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from medlearn.errors import MedlearnError

if TYPE_CHECKING:
    import keras

BACKENDS = ("tensorflow", "jax", "torch")
OLDEST_KERAS = (3, 13)


class BackendError(MedlearnError, ImportError):
    """Keras cannot start here: it is too old, or its backend is unknown."""


def name() -> str:
    """Return the backend that Keras will use: KERAS_BACKEND, else Keras's settings file, else TensorFlow."""
    if "KERAS_BACKEND" in os.environ:
        return os.environ["KERAS_BACKEND"]
    folder = Path(os.environ.get("KERAS_HOME") or _keras_home())
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return json.loads((folder / "keras.json").read_text()).get("backend", "tensorflow")
    return "tensorflow"


def _keras_home() -> str:
    """Keras's own choice where KERAS_HOME is not set; a user need not have a home."""
    home = os.path.expanduser("~")
    return os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")


def check() -> None:
    """Raise a BackendError if Keras is too old or its backend is not one of `BACKENDS`."""
    if name() not in BACKENDS:
        raise BackendError(f"KERAS_BACKEND is {name()!r}: set it to one of {', '.join(BACKENDS)}")
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        version = importlib.metadata.version("keras")
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_KERAS:
            oldest = ".".join(str(part) for part in OLDEST_KERAS)
            raise BackendError(
                f"Keras {version} is too old for the course: python -m pip install 'keras>={oldest}'"
            )


def watch() -> None:
    """Check Keras, and keep TensorFlow silent, as soon as they are imported from here on."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not os.path.isabs(os.path.expanduser("~")):  # no home, and TensorFlow would make a folder called ~
        os.environ.setdefault("KERAS_HOME", _keras_home())
    sys.meta_path.insert(0, _Watch())


def choose_jit(model: keras.Model) -> None:
    """Decide whether XLA compiles a `model`, after `compile`: on JAX alone, which crawls without.

    TensorFlow would take longer to compile than a short training takes, and PyTorch needs a compiler of C++.
    What was said in `compile` is overruled; a step that was already built stays as it is.
    """
    import keras

    if keras.backend.backend() != "jax":
        model.jit_compile = False


class _Watch:
    """The first of Python's module finders: it sees every import, and finds no module itself."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname == "keras":
            check()
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec and spec.loader:
            execute = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _silently(execute, module)
        return spec


def _silently(execute: Callable[[ModuleType], None], module: ModuleType) -> None:
    """Load TensorFlow with standard error closed: TensorFlow logs before its log level takes effect.

    TF_ENABLE_ONEDNN_OPTS=0 would stop most of it too, but makes convolutions half as fast.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        execute(module)
        # Its warnings about "retracing" are for those who write training loops, not for readers.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
