"""Keras and what computes for it: checked, started without noise, and compiled where that pays.

`watch()` is called once, by `import medlearn`; it imports nothing itself. Whoever imports Keras later, a
notebook or the package, gets one clear sentence where Keras cannot work.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from medlearn.errors import MedlearnError

if TYPE_CHECKING:
    import keras

BACKENDS = ("tensorflow", "jax", "torch")
OLDEST_KERAS = (3, 13)


class BackendError(MedlearnError, ImportError):
    """Keras cannot start here."""


def name() -> str:
    """The backend that Keras will take: KERAS_BACKEND, else Keras's own settings file, else TensorFlow."""
    if "KERAS_BACKEND" in os.environ:
        return os.environ["KERAS_BACKEND"]
    folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return json.loads((folder / "keras.json").read_text()).get("backend", "tensorflow")
    return "tensorflow"


def check() -> None:
    """Raise a BackendError where Keras is too old or its backend is none that the course knows."""
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
    """From now on check Keras, and keep TensorFlow silent, when they are imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
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
    """Stands first among the finders of modules, and finds nothing itself."""

    def find_spec(self, fullname, path=None, target=None):
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


def _silently(execute, module) -> None:
    """Load TensorFlow with standard error closed: it speaks before any of its settings can stop it.

    TF_ENABLE_ONEDNN_OPTS=0 would stop most of it too, but makes convolutions half as fast.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        execute(module)
        # Its advice to those who write loops ("retracing") is no news to a reader.
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
