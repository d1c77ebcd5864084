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
    import h5py
    import keras


MOST_UNPACKED = 20  # times the size of the file; weights hardly shrink when they are packed


def read(path: str | Path, *, shape: tuple[int, ...] | None = None) -> keras.Model:
    """A model from the file `path`, as `model.save("model.keras")` writes it: to predict, not to train on.

    Code that the file brings is refused, and weights that unpack to more than a file of its size can hold.
    With `shape`, that of one case, so is a model for cases of another.
    """
    import keras

    try:
        path = Path(path)
    except TypeError as error:
        raise DataError(f"a path is a text, such as 'model.keras', not {path!r}") from error
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
    if not isinstance(model, keras.Model) or not model.built:
        raise DataError(f"{path.name} holds a {type(model).__name__}, and no model that was built")
    reads = [tuple(given.shape[1:]) for given in getattr(model, "inputs", None) or ()]  # a GAN has none
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
    try:
        if not path.is_file():
            raise DataError(f"{path}: there is no such file")
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(archive, path)
            if archive.testzip():  # Keras itself would take damaged weights as they are
                raise zipfile.BadZipFile
            return str(json.loads(archive.read("metadata.json"))["keras_version"])
    except DataError:
        raise
    except Exception as error:  # a damaged archive fails in many ways, and so does the reading of a path
        raise DataError(f"{path.name} is not a model as Keras saves it, or the file is damaged") from error


def _refuse_bomb(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse an `archive` whose members, or the arrays in its weights, are far larger than the file."""
    import h5py

    unpacked = sum(member.file_size for member in archive.infolist())
    most = max(MOST_UNPACKED * path.stat().st_size, 10 << 20)
    for name in archive.namelist() if unpacked <= most else ():
        if name.endswith(".h5"):
            with archive.open(name) as stream, h5py.File(stream, "r") as weights:
                unpacked += sum(array.nbytes for array in _arrays_in(weights))
    if unpacked > most:
        raise DataError(
            f"{path.name} would unpack to {unpacked / 1e6:,.0f} MB, more than {MOST_UNPACKED} times its "
            "size: it is no model to trust"
        )


def _arrays_in(weights: h5py.Group) -> list[h5py.Dataset]:
    """All arrays in a file of `weights`, none of them read."""
    found = []
    weights.visititems(lambda _, item: found.append(item) if hasattr(item, "nbytes") else None)
    return found


def _fits(own: tuple, shape: tuple) -> bool:
    """Whether a model whose own shape has None for any number can read a case of this shape."""
    return len(own) == len(shape) and all(a in (None, b) for a, b in zip(own, shape, strict=True))
