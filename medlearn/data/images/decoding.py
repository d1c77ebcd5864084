"""One image file in, one array out: PNG, JPEG, TIFF and DICOM.

Every image becomes 8-bit grey or colour, square, of the size asked for. A file may be anybody's, damaged or
hostile: its size is looked at before it is unpacked, and each fault is one DataError that names the file.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medlearn.data.files import opened, path_of
from medlearn.errors import DataError

if TYPE_CHECKING:
    from PIL import Image
    from pydicom import Dataset

TIFF_MODES = ("L", "RGB", "RGBA")  # as Pillow calls 8-bit grey and colours
MOST_PIXELS = 64_000_000  # in one image; the finest mammograms have 25 million


def read_image(path: str | Path, *, pixels: int = 28, channels: int = 1) -> np.ndarray:
    """The PNG, JPEG, TIFF or DICOM file at `path` as uint8 (`pixels`, `pixels`, `channels`), grey or colour.

    It is turned as its EXIF data say, cut to the square in its middle, as MedMNIST's images are, so that
    anatomy keeps its proportions, and shrunk (bicubic, averaging over what is dropped). An image smaller than
    `pixels` is refused: enlarging would make detail up. Transparent parts come out black. Of 16-bit grey
    images the deepest value decides whether they were recorded with 8, 12 or 16 bits; a TIFF has 8, and one
    page.

    DICOM comes out as on a screen: rescaled, in its first window, or where it names none from its darkest to
    its brightest value (8-bit images as they are); MONOCHROME1, where high means dark, is inverted.
    """
    if channels not in (1, 3):
        raise DataError(f"channels must be 1 (grey) or 3 (colour), not {channels}")
    path = path_of(path)
    with opened(path) as file:
        start = file.read(132)
    if not start:
        raise DataError(f"{path} is empty")
    dicom = start[128:] == b"DICM" or path.suffix.lower() in (".dcm", ".dicom")
    try:
        image = _open_dicom(path) if dicom else _open_picture(path)
        if min(image.size) < pixels:
            raise DataError(
                f"{path} is only {image.width} x {image.height} pixels: ask for fewer than {pixels}"
            )
        square = squared(image, pixels).convert("L" if channels == 1 else "RGB")
        return np.array(square).reshape(pixels, pixels, channels)
    except DataError:
        raise
    except Exception as error:  # a damaged file fails in a decoder's own way, and there are many
        kind = "DICOM" if dicom else "PNG, JPEG, TIFF or DICOM"
        raise DataError(f"{path} cannot be read as a {kind} image ({error}): replace or remove it") from error


def squared(image: Image.Image, pixels: int) -> Image.Image:
    """The square in the middle of an `image`, `pixels` wide (bicubic, averaging over what is dropped)."""
    from PIL import Image

    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    return square.resize((pixels, pixels), Image.Resampling.BICUBIC)


def check_size(width: int, height: int, path: str | Path) -> None:
    """Refuse an image at `path` that says it has more than MOST_PIXELS, `width` by `height`."""
    if width * height > MOST_PIXELS:
        raise DataError(f"{path} claims to be {width} x {height} pixels, more than any film: do not trust it")


def _open_picture(path: Path) -> Image.Image:
    """A PNG, JPEG or TIFF file as 8-bit grey or colour, upright, its transparent parts black."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        image = Image.open(path, formats=("PNG", "JPEG", "TIFF"))
    except UnidentifiedImageError as error:
        raise DataError(
            f"{path} is not a PNG, JPEG, TIFF or DICOM image: remove it, or convert it to PNG"
        ) from error
    with image:
        check_size(*image.size, path)
        if image.format == "TIFF":
            _check_tiff(image, path)
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        values = np.asarray(image)
        top = next(top for top in (255, 4095, 65535) if values.max() <= top)
        return Image.fromarray((values * (255 / top)).round().astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    return image if image.mode == "L" else image.convert("RGB")


def _check_tiff(image: Image.Image, path: Path) -> None:
    if image.mode not in TIFF_MODES:
        raise DataError(f"{path} is a TIFF in the mode {image.mode}: save it with 8 bits, in grey or RGB")
    if image.n_frames > 1:
        raise DataError(f"{path} holds {image.n_frames} pages: save the one you mean as a file of its own")


def _open_dicom(path: Path) -> Image.Image:
    """A DICOM file with one frame as 8-bit grey or colour."""
    from PIL import Image

    try:
        import pydicom
    except ImportError as error:
        raise DataError(
            f"{path} is a DICOM file, and pydicom is not installed: pip install pydicom"
        ) from error
    try:
        syntax = pydicom.filereader.read_file_meta_info(path).TransferSyntaxUID
    except pydicom.errors.InvalidDicomError as error:
        raise DataError(
            f"{path} does not begin as a DICOM file does (DICM after 128 bytes): export it again, whole"
        ) from error
    if syntax.is_deflated:  # it would be unpacked whole, without bound
        raise DataError(f"{path} is a deflated DICOM file: save it with another transfer syntax")
    header = pydicom.dcmread(path)
    if "PixelData" not in header and syntax.is_compressed:
        raise DataError(
            f"{path} is cut short: its picture, packed as {syntax.name}, is missing; get it again"
        )
    if "PixelData" not in header:
        raise DataError(f"{path} is a DICOM file without pixel data ({header.get('Modality') or 'no image'})")
    if int(header.get("NumberOfFrames") or 1) > 1:
        raise DataError(
            f"{path} holds {header.NumberOfFrames} frames: save the one you mean as a file of its own"
        )
    check_size(header.Columns, header.Rows, path)
    if header.get("BurnedInAnnotation") == "YES":
        warnings.warn("a DICOM file has text burnt into its picture: it may name the patient", stacklevel=3)
    try:
        values = header.pixel_array
    except Exception as error:
        if not syntax.is_compressed:
            raise
        raise DataError(
            f"{path} is compressed as {syntax.name}, which cannot be decoded here: "
            "pip install 'pylibjpeg[all]', or save it uncompressed"
        ) from error
    if header.PhotometricInterpretation == "PALETTE COLOR":
        values = pydicom.pixels.apply_color_lut(values, header)
    if values.ndim == 3:  # in colour
        return Image.fromarray((values >> 8 * (values.itemsize - 1)).astype(np.uint8))
    try:
        return Image.fromarray(on_screen(values, header))
    except DataError as error:
        raise DataError(f"{path} is a DICOM file whose greys cannot be known: {error}") from error


def on_screen(stored: np.ndarray, header: Dataset) -> np.ndarray:
    """Stored values as the greys of a screen, 0 to 255: rescaled, windowed, and inverted if need be.

    Parameters
    ----------
    stored : the numbers of a DICOM file's pixels: (height, width).
    header : the file's, as pydicom reads it.
    """
    from pydicom.pixels import apply_modality_lut, apply_voi, apply_windowing

    values = apply_modality_lut(stored, header)
    if header.get("RescaleSlope") == 0 or not np.isfinite(values).all():
        raise DataError("its RescaleSlope is 0, or that or its RescaleIntercept is no finite number")
    if header.get("VOILUTSequence"):
        shown = apply_voi(values.round().astype(np.int64), header)
        grey = shown * (255 / (2 ** header.VOILUTSequence[0].LUTDescriptor[2] - 1))
    else:
        grey = apply_windowing(values, _window(stored, header))
    if header.PhotometricInterpretation == "MONOCHROME1":
        grey = 255 - grey
    if not np.isfinite(grey).all():
        raise DataError("its window is no finite number")
    return grey.round().clip(0, 255).astype(np.uint8)


def _window(stored: np.ndarray, header):
    """The header's first window, or one that takes in every value, for an 8-bit screen."""
    from pydicom import Dataset
    from pydicom.pixels import apply_modality_lut

    window = Dataset()
    window.PhotometricInterpretation, window.BitsStored, window.PixelRepresentation = "MONOCHROME2", 8, 0
    if header.get("WindowWidth") is not None and header.get("WindowCenter") is not None:
        for name in ("WindowCenter", "WindowWidth", "VOILUTFunction"):
            if name in header:
                window[name] = header[name]
        return window
    ends = np.array(
        [0, 2**header.BitsStored - 1] if header.BitsStored <= 8 else [stored.min(), stored.max()],
        stored.dtype,
    )
    ends = apply_modality_lut(ends, header).astype(float)
    window.VOILUTFunction = "LINEAR_EXACT"
    window.WindowCenter, window.WindowWidth = float(ends.mean()), float(max(np.ptp(ends), 1))
    return window
