"""The models of the course, a family a file, and `read` for one that was saved.

Heavy imports wait until they are needed.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from medlearn.errors import DataError

if TYPE_CHECKING:
    import keras


def read(path: str | Path, *, shape: tuple[int, ...] | None = None) -> keras.Model:
    """A model from the file `path`, as `model.save("model.keras")` writes it: to predict, not to train on.

    Code that the file brings is refused. With `shape`, that of one case, so is a model for cases of another.
    """
    import keras

    path = Path(path)
    version = _version_of(path)
    _register_layers()
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # of any kind, as the fault may be
        reason = str(error).strip().split("\n")[0]
        raise DataError(
            f"{path.name}: saved with Keras {version}, it cannot be loaded with Keras {keras.__version__} "
            f"and the layers known here: {reason}"
        ) from error
    reads = [tuple(given.shape[1:]) for given in getattr(model, "inputs", ())]  # a GAN has none
    if shape is not None and (len(reads) != 1 or not _fits(reads[0], tuple(shape))):
        own = " and ".join(map(str, reads)) or "no one shape"
        raise DataError(f"{path.name} reads cases of shape {own}, not {tuple(shape)}")
    return model


def _register_layers() -> None:
    """Import each module of this folder: its layers register themselves, and may be in the file."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def _version_of(path: Path) -> str:
    """The version of Keras that saved the file, which is read whole to see that nothing in it is damaged."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip():  # Keras itself would take damaged weights as they are
                raise zipfile.BadZipFile
            return str(json.loads(archive.read("metadata.json"))["keras_version"])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, OSError) as error:
        raise DataError(f"{path.name} is not a model as Keras saves it, or the file is damaged") from error


def _fits(own: tuple, shape: tuple) -> bool:
    """Whether a model whose own shape has None for any number can read a case of this shape."""
    return len(own) == len(shape) and all(a in (None, b) for a, b in zip(own, shape, strict=True))
