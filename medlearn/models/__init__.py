"""The nets of the course, a file a family, and `load` for one that was saved.

Heavy imports wait until they are needed.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from medlearn.errors import DataError

if TYPE_CHECKING:
    import keras


def load(path: str | Path, *, shape: tuple[int, ...] | None = None) -> keras.Model:
    """A net that was saved with `net.save("net.keras")`, to answer, not to be trained further.

    Code that the file brings is refused. With `shape`, that of one case, so is a net that reads another.
    """
    import keras

    from medlearn.models import cnn, gan, rnn  # noqa: F401  their layers may be in it

    path = Path(path)
    version = _saved_with(path)
    try:
        net = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # of any kind, as the fault may be
        reason = str(error).strip().split("\n")[0]
        raise DataError(
            f"{path.name}: saved with Keras {version}, it cannot be loaded with Keras {keras.__version__} "
            f"and the layers known here: {reason}"
        ) from error
    reads = [tuple(given.shape[1:]) for given in net.inputs]
    if shape is not None and (len(reads) > 1 or not _fits(reads[0], tuple(shape))):
        own = " and ".join(map(str, reads))
        raise DataError(f"{path.name} reads cases of shape {own}, not {tuple(shape)}")
    return net


def _saved_with(path: Path) -> str:
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip():  # Keras itself would take damaged weights as they are
                raise zipfile.BadZipFile
            return str(json.loads(archive.read("metadata.json"))["keras_version"])
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, OSError) as error:
        raise DataError(f"{path.name} is not a net as Keras saves it, or the file is damaged") from error


def _fits(own: tuple, shape: tuple) -> bool:
    return len(own) == len(shape) and all(a in (None, b) for a, b in zip(own, shape, strict=True))
