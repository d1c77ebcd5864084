"""What readers of masks and of boxes share: pictures in memory, the table beside them, splits as folders.

A picture may be anybody's, damaged or hostile: its size is looked at before it is unpacked.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from medlearn.data.csvfile import Table
from medlearn.data.images.decoding import check_size
from medlearn.data.images.folder import SPLIT_OF_FOLDER
from medlearn.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

ENDINGS = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg")
TABLE = "images.csv"  # may lie beside: whose each picture is, and what else is known


def open_picture(content: bytes, where: str) -> Image.Image:
    """The picture in the `content` of a PNG, TIFF, BMP or JPEG file, which messages call `where`."""
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "TIFF", "BMP", "JPEG"))
        check_size(*image.size, where)
        image.load()
        return image
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise DataError(f"{where} claims to be larger than any picture: cut it into tiles") from error
    except Exception as error:  # a damaged file fails in a decoder's own way, and there are many
        raise DataError(f"{where} cannot be read as a picture ({error}): replace or remove it") from error


def eight_bits(image: Image.Image, where: str) -> Image.Image:
    """An `image` of more than 8 bits as grey, its brightest pixel 255; any other as it is.

    `where` it lies, for messages.
    """
    from PIL import Image

    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image, float)
    if not np.isfinite(values).all() or values.min() < 0:
        raise DataError(f"{where} holds values below 0 or none at all: save it with 8 or 16 bits")
    return Image.fromarray(np.rint(values * (255 / max(values.max(), 1))).astype(np.uint8))


def array_of(parts: Sequence[np.ndarray]) -> np.ndarray:
    """`parts` of one shape stacked, of several as an array of arrays.

    >>> array_of([np.zeros((2, 3)), np.ones((2, 3))]).shape, array_of([np.zeros(2), np.ones(3)]).dtype
    ((2, 2, 3), dtype('O'))
    """
    if len({part.shape for part in parts}) == 1:
        return np.stack(parts)
    held = np.empty(len(parts), object)
    held[:] = parts
    return held


def split_of(folders: str) -> str:
    """The split that one of the `folders` on a picture's way is called by, "" for none.

    >>> split_of("own/Val/images"), split_of("own/images")
    ('validation', '')
    """
    found = (SPLIT_OF_FOLDER.get(part.lower()) for part in folders.split("/"))
    return next(filter(None, found), "")


def table_beside(files: Mapping[str, bytes], path: Path) -> Table | None:
    """The table images.csv among the `files` at `path`, None where it is not there."""
    for name, content in files.items():
        if PurePosixPath(name).name.lower() == TABLE:
            table = Table.of(content, path / name)
            table.require("image")
            return table
    return None


def stem_of(name: str) -> str:
    r"""A picture's `name` without folders and without a picture's ending.

    >>> stem_of("images/smear.12.JPG"), stem_of(r"C:\own\smear.12")
    ('smear.12', 'smear.12')
    """
    last = PurePosixPath(name.replace("\\", "/"))
    return last.stem if last.suffix.lower() in ENDINGS else last.name


def owners_and_about(names: Sequence[str], table: Table | None) -> tuple[np.ndarray, dict, bool]:
    """Whose each of the pictures called `names` is, what else is known, and whether anybody said whose.

    `table` is what `table_beside` found; in it a picture may be named with its ending.
    """
    if table is None:
        return np.arange(len(names)), {}, False
    row = {stem_of(name): place for place, name in enumerate(table.columns["image"])}
    if missing := [name for name in names if name not in row]:
        raise DataError(f"{table.path} has no row for the picture {missing[0]}: add it")
    places = [row[name] for name in names]
    about = {name: _as_numbers(cells[places]) for name, cells in table.columns.items() if name != "image"}
    owner = about.pop("patient", None)
    return (np.arange(len(names)), about, False) if owner is None else (owner, about, True)


def _as_numbers(values: np.ndarray) -> np.ndarray:
    """A column as numbers, or as text where not all are."""
    try:
        return values.astype(float)
    except ValueError:
        return values.astype(str)
