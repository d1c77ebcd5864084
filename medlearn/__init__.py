"""Deep learning in medicine: the package under the course.

Importing it is cheap. Keras, pandas and matplotlib are loaded by the parts that need them.
"""

import importlib

from medlearn import backend

__version__ = "0.1.0"

backend.watch()

_NAMES = {
    "load": "medlearn.data",
    "claim": "medlearn.claims",
    "fit": "medlearn.training",
}
_MODULES = ("claims", "data", "evaluation", "exercises", "explain", "models", "plots", "training")


def __getattr__(name: str):
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"medlearn.{name}")
    raise AttributeError(f"module 'medlearn' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_NAMES, *_MODULES])
