"""An upload in, one small grey film out, or a refusal in one sentence with the status that a server gives it.

An upload may be anything, damaged or hostile. What it says of its size is looked at before a pixel is
unpacked; its name and what a header says of the patient are not read. A film comes out upright and as on a
screen, cut to the square in its middle and shrunk, as the films that the model learnt from were.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import math
import re
import struct
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from medlearn.console import clean
from medlearn.data.images.decoding import on_screen, squared
from medlearn.errors import DataError
from medlearn.serve.exported import Card

if TYPE_CHECKING:
    from PIL import Image
    from pydicom import Dataset

MOST_BYTES = 64_000_000
MOST_PIXELS = 25_000_000  # the finest films have 18 million
MOST_HEADER = 500_000  # bytes read before the pixels; real headers have some thousand, a lookup table 131,072
SIDES = (80, 600)  # millimetres that a chest film may measure
NAMELESS = re.compile(r"[\w.\- ()]")

# Beginnings of files, and what they are.
BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"PK\x03\x04": "a ZIP archive",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"%PDF": "a PDF",
    b"GIF8": "a GIF",
    b"II*\x00": "a TIFF",
    b"MM\x00*": "a TIFF",
    b"BM": "a BMP",
    b"RIFF": "a WebP picture or a sound",
    b"<": "a page of text",
    b"{": "a page of text",
    b"\x00\x00\x00\x0cjP": "a JPEG 2000 picture",
    b"\x93NUMPY": "a NumPy array",
    b"\x80\x04": "a Python pickle",
}
KEPT = (  # of a header, and nothing else: no name, no date, no address
    *("SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"),
    *("Modality", "PresentationIntentType", "Manufacturer", "ManufacturerModelName", "BurnedInAnnotation"),
    *("BodyPartExamined", "ViewPosition", "PatientOrientation", "ImagerPixelSpacing", "PixelSpacing"),
    *("SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns", "BitsAllocated"),
    *("BitsStored", "HighBit", "PixelRepresentation", "RescaleIntercept", "RescaleSlope", "PixelData"),
    *("ModalityLUTSequence", "VOILUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction"),
    "PresentationLUTShape",
)
LONG = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
FIRST_GROUP = 20_000  # bytes that the first group may have; it has 200
PIXELS = 0x7FE00010
DEFLATED = "1.2.840.10008.1.2.1.99"
# How rows and columns run in an upright film, and what turns the others: across, down.
UPRIGHT = {("L", "F"): (1, 1), ("R", "F"): (-1, 1), ("L", "H"): (1, -1), ("R", "H"): (-1, -1)}
LATERAL = ("LL", "RL", "LLD", "RLD", "LATERAL")
_one_at_a_time = threading.Lock()  # filters of warnings belong to all threads, and memory to all films


class Refused(DataError):
    """An upload that gets no answer: the sentence for whoever sent it, and the status of HTTP.

    The `status` is 400 for what is empty or damaged, 413 for what is too large, 415 for a kind of file that
    is not taken, and 422 for a film or a document that the model cannot answer.
    """

    def __init__(self, text: str, status: int = 422):
        super().__init__(text)
        self.status = status


class Film(NamedTuple):
    """One film, ready for the model.

    Parameters
    ----------
    pixels : uint8, (pixels, pixels), bright where the film is dense.
    about : what a report and a log need: `kind`, `digest` of the upload, `width`, `height`, and of a DICOM
        file `study`, `series`, `film` and `sop_class` (its UIDs), `scanner`, and whether it was `turned` from
        a negative. Nothing about the patient.
    """

    pixels: np.ndarray
    about: dict[str, object]


def read_upload(content: bytes, name: str, card: Card) -> Film:
    """The film in an upload, or Refused.

    Parameters
    ----------
    content : the bytes of a DICOM, PNG or JPEG file.
    name : what the sender calls it; only its last part is said again, to the sender.
    card : of the model that will answer; it says how small the film becomes.
    """
    called = _called(name)
    kind = _kind(content, called)
    about = {"kind": kind, "digest": hashlib.sha256(content).hexdigest()}
    with _one_at_a_time, _silence():
        try:
            image, more = (_from_dicom if kind == "DICOM" else _from_picture)(content, called)
        except Refused:
            raise
        except MemoryError as error:
            raise Refused(
                f"{called} needs more memory than there is here: send a smaller film", 413
            ) from error
        except Exception as error:  # a damaged file fails in a decoder's own way; its words may name somebody
            raise Refused(f"{called} is damaged or cut short: export it again, whole", 400) from error
    if min(image.size) < card.pixels:
        raise Refused(
            f"{called} is only {image.width} x {image.height} pixels, and the model sees {card.pixels} a "
            "side: send the film itself, not a small picture of it"
        )
    pixels = np.array(squared(image, card.pixels))
    if np.ptp(pixels) < 8:
        raise Refused(f"{called} is of one grey all over: send a film that shows something")
    return Film(pixels, about | {"width": image.width, "height": image.height} | more)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """No warning and no line of pydicom's: they repeat what a header says, on the server's own screen."""
    logger = logging.getLogger("pydicom")
    before, logger.disabled = logger.disabled, True
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logger.disabled = before


def _called(name: str) -> str:
    """The last part of a name, short and on one line, for a sentence."""
    last = re.split(r"[\\/]", str(name))[-1]
    kept = "".join(NAMELESS.findall(last)).strip(" .")
    return kept[-60:] or "the file"


def _kind(content: bytes, called: str) -> str:
    """DICOM, PNG or JPEG, by its first bytes; a name proves nothing."""
    if not content:
        raise Refused(f"{called} is empty: choose the film again", 400)
    if len(content) > MOST_BYTES:
        raise Refused(f"{called} has more than {MOST_BYTES // 10**6} MB: send one film, not an archive", 413)
    if content[128:132] == b"DICM":
        return "DICOM"
    kind = next((kind for start, kind in BEGINNINGS.items() if content.startswith(start)), "")
    if kind in ("PNG", "JPEG"):
        return kind
    if called.lower().endswith((".dcm", ".dicom")):
        raise Refused(f"{called} does not begin as a DICOM file does: export it again, whole", 400)
    said = f"is {kind}" if kind else "is of a kind that is not known here"
    raise Refused(f"{called} {said}: send one film as DICOM, PNG or JPEG", 415)


def _check_size(width: int, height: int, called: str) -> None:
    if width * height > MOST_PIXELS:
        raise Refused(
            f"{called} claims to be {width} x {height} pixels, more than any film: export it again", 413
        )


# PNG and JPEG


def _from_picture(content: bytes, called: str) -> tuple[Image.Image, dict]:
    """A PNG or JPEG as 8-bit grey, upright."""
    from PIL import Image, ImageOps

    try:
        image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
    except Image.DecompressionBombError as error:
        raise Refused(f"{called} claims more pixels than any film: export it again", 413) from error
    _check_size(*image.size, called)
    if getattr(image, "n_frames", 1) > 1:
        raise Refused(f"{called} holds {image.n_frames} pictures: send one film")
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits
        values = np.asarray(image)
        top = next(top for top in (255, 4095, 65535) if values.max() <= top)
        return Image.fromarray((values * (255 / top)).round().astype(np.uint8)), {}
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    if image.mode not in ("L", "1"):
        _refuse_colour(np.asarray(image.convert("RGB").reduce(max(1, min(image.size) // 200))), called)
    return image.convert("L"), {}


def _refuse_colour(rgb: np.ndarray, called: str) -> None:
    """A picture may be stored in colour if it is grey to look at; a JPEG's greys are a little tinted."""
    tinted = np.ptp(rgb.astype(int), axis=-1) > 24
    if tinted.mean() > 0.01:
        raise Refused(f"{called} is in colour, and a chest film is grey: send the film itself, no photograph")


# DICOM


def _from_dicom(content: bytes, called: str) -> tuple[Image.Image, dict]:
    """A DICOM file as 8-bit grey, upright, bright where the film is dense; and what a report needs of it."""
    from PIL import Image

    header = _header(content, called)
    _check_what(header, called)
    _check_claims(header, called)
    _check_pixels(header, called)
    try:
        shown = on_screen(_decoded(header, called), header)
    except Refused:
        raise
    except DataError as error:
        raise Refused(f"{called} is a DICOM file whose greys cannot be known: {error}") from error
    across, down = _orientation(header, called)
    return Image.fromarray(np.ascontiguousarray(shown[::down, ::across])), _about(header)


class _Bounded(io.BytesIO):
    """The bytes of a DICOM file, which give out no more than a header's before the pixels, and none behind.

    A few megabytes of nested entries would become gigabytes of Python's objects.
    """

    def __init__(self, content: bytes):
        super().__init__(content)
        self.left, self.at_pixels = MOST_HEADER, False

    def read(self, size: int | None = -1) -> bytes:
        block = super().read(size)
        self.left -= 0 if self.at_pixels else len(block)
        if self.left < 0:
            raise ValueError("the header has no end")
        return block

    def stop(self, tag: int, kind: str | None, _: int) -> bool:
        """Whether to read no further: pydicom asks at each entry of the outermost level."""
        if self.at_pixels:
            return True
        self.at_pixels = tag == PIXELS
        if self.at_pixels and kind not in (None, "OB", "OW"):  # a sequence would be unpacked without bound
            raise ValueError(f"pixels of the type {kind}")
        return False


def _header(content: bytes, called: str) -> Dataset:
    """What is KEPT of a DICOM file's header, with its pixels still packed."""
    import pydicom

    if _syntax(content) == DEFLATED:  # pydicom would unpack it whole, without bound
        raise Refused(f"{called} is a deflated DICOM file: export it uncompressed", 415)
    wanted = [pydicom.datadict.tag_for_keyword(keyword) for keyword in KEPT]
    stream = _Bounded(content)
    try:
        return pydicom.filereader.read_partial(stream, stop_when=stream.stop, specific_tags=wanted)
    except Exception as error:  # pydicom may have put another around it
        if stream.left >= 0:
            raise
        most = MOST_HEADER // 1000
        raise Refused(f"{called} has a header of more than {most} kB: export it again", 413) from error


def _syntax(content: bytes) -> str:
    """How a DICOM file is encoded, by its first group; a ValueError where that is damaged or endless.

    It is walked by hand, since pydicom would go on and unpack what comes behind it.
    """
    place, syntax = 132, b""
    while content[place : place + 2] == b"\x02\x00" and place < FIRST_GROUP:
        element, kind, length = struct.unpack_from("<H2sH", content, place + 2)
        if not (kind.isalpha() and kind.isupper()):
            raise ValueError("the first group says no types")
        place += 8
        if kind in LONG:
            (length,) = struct.unpack_from("<I", content, place)
            place += 4
        if element == 0x0010:
            syntax = content[place : place + length]
        place += length
    if not syntax or place >= min(len(content), FIRST_GROUP) or content[place : place + 2] == b"\0\0":
        raise ValueError("the first group has no end or no transfer syntax")
    return syntax.rstrip(b"\0 ").decode("ascii")


def _check_what(header: Dataset, called: str) -> None:
    """Refuse what is no chest film from the front, by what the header says it is."""
    modality, part = (_text(header, name).upper() for name in ("Modality", "BodyPartExamined"))
    if modality == "SR":
        raise Refused(f"{called} is a report (SR), not a film: send the film that it is about")
    if modality not in ("CR", "DX"):
        raise Refused(f"{called} is of the modality {modality or 'unknown'}: the model reads CR and DX alone")
    if part and not any(word in part for word in ("CHEST", "THORAX", "LUNG")):
        raise Refused(f"{called} shows {part.lower()}, says its header: send a chest film")
    if _text(header, "ViewPosition").upper() in LATERAL:
        raise Refused(f"{called} is a lateral view, says its header: send one from the front (PA or AP)")
    if _text(header, "PresentationIntentType").upper() == "FOR PROCESSING":
        raise Refused(f"{called} holds raw values (FOR PROCESSING): send the film made for viewing")


def _check_claims(header: Dataset, called: str) -> None:
    """Refuse a header that says of its pixels what cannot be, before any of them is unpacked."""
    if "PixelData" not in header:
        raise Refused(f"{called} is a DICOM file without a picture: send the film itself")
    if int(header.get("NumberOfFrames") or 1) > 1:
        raise Refused(f"{called} holds {header.NumberOfFrames} frames: send one film")
    photometric = _text(header, "PhotometricInterpretation")
    if not photometric:
        raise Refused(f"{called} does not say whether large values are bright or dark: export it again")
    if header.get("SamplesPerPixel", 1) != 1 or photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise Refused(f"{called} is in colour ({photometric}), and a chest film is grey")
    missing = [name for name in ("Rows", "Columns", "BitsAllocated", "BitsStored") if not header.get(name)]
    if missing:
        raise Refused(f"{called} does not say its {', '.join(missing)}: export it again")
    _check_size(header.Columns, header.Rows, called)
    if header.BitsAllocated not in (8, 16) or not 8 <= header.BitsStored <= header.BitsAllocated:
        raise Refused(
            f"{called} has {header.BitsStored} of {header.BitsAllocated} bits a pixel: films have 8 to 16"
        )
    shape = _text(header, "PresentationLUTShape").upper()
    if shape and (shape == "INVERSE") != (photometric == "MONOCHROME1"):
        raise Refused(f"{called} says both {photometric} and {shape}: whether it is a negative is unknown")
    _check_spacing(header, called)


def _check_spacing(header: Dataset, called: str) -> None:
    """Refuse a film that says it is smaller than a child's chest or larger than any, or of oblong pixels."""
    spacing = header.get("ImagerPixelSpacing") or header.get("PixelSpacing")
    if not spacing:
        return
    down, across = (float(value) for value in spacing)
    sides = header.Rows * down, header.Columns * across
    if not all(math.isfinite(side) and SIDES[0] <= side <= SIDES[1] for side in sides):
        measure = f"{sides[1] / 10:.3g} x {sides[0] / 10:.3g} cm"
        raise Refused(f"{called} measures {measure}, says its header, and no chest film does: send the film")
    if not 0.95 < down / across < 1.05:
        raise Refused(f"{called} has oblong pixels ({down:g} x {across:g} mm): export it with square ones")


def _check_pixels(header: Dataset, called: str) -> None:
    """Refuse pixels that are fewer or more than the header says, packed or not."""
    syntax = header.file_meta.TransferSyntaxUID
    if syntax.is_compressed:
        _check_packed(header, called)
        return
    expected = header.Rows * header.Columns * header.BitsAllocated // 8
    found = len(header.PixelData)
    if not expected <= found <= expected + 1:  # a length is even
        fault = "is cut short" if found < expected else "holds more than its header says"
        raise Refused(
            f"{called} {fault}: {header.Columns} x {header.Rows} pixels need {expected:,} bytes, and there "
            f"are {found:,}; export it again",
            400,
        )


def _check_packed(header: Dataset, called: str) -> None:
    """Refuse a compression that cannot be undone here, or a packed picture of another size than was said."""
    import pydicom
    from PIL import Image

    syntax = header.file_meta.TransferSyntaxUID
    try:
        decoder = pydicom.pixels.get_decoder(syntax)
    except NotImplementedError as error:
        raise Refused(
            f"{called} is packed as {clean(syntax.name)[:60]}: export it uncompressed", 415
        ) from error
    if not decoder.is_available:
        raise Refused(
            f"{called} is compressed as {syntax.name}, and its decoder is missing here: export it "
            "uncompressed, or pip install 'pylibjpeg[all]'",
            415,
        )
    try:
        frame = pydicom.encaps.get_frame(header.PixelData, 0, number_of_frames=1)
        size = Image.open(io.BytesIO(frame), formats=("JPEG", "JPEG2000")).size
    except Image.DecompressionBombError as error:
        raise Refused(f"{called} claims more pixels than any film: export it again", 413) from error
    except Exception as error:  # RLE, too: nothing says how much it would unpack to
        raise Refused(
            f"{called} is packed as {syntax.name}, and is damaged or no JPEG: export it uncompressed", 415
        ) from error
    if size != (header.Columns, header.Rows):
        raise Refused(
            f"{called} says {header.Columns} x {header.Rows} pixels, and its picture has {size[0]} x "
            f"{size[1]}: export it again",
            400,
        )


def _decoded(header: Dataset, called: str) -> np.ndarray:
    values = header.pixel_array
    if values.shape != (header.Rows, header.Columns):
        raise Refused(f"{called} unpacks to another size than its header says: export it again", 400)
    return values


def _orientation(header: Dataset, called: str) -> tuple[int, int]:
    """The steps across and down that show the film from the front and upright; without a word, 1 and 1."""
    said = header.get("PatientOrientation")
    if not said or isinstance(said, str):
        return 1, 1
    first = tuple(str(way)[:1].upper() for way in said)
    if first not in UPRIGHT:
        raise Refused(
            f"{called} lies as {clean('/'.join(map(str, said)))[:20]}: turn it upright, from the front"
        )
    return UPRIGHT[first]


def _about(header: Dataset) -> dict[str, object]:
    """What the report and the log need, made harmless: UIDs that are none become empty."""
    uids = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID", "film": "SOPInstanceUID"}
    about = {name: _uid(header, keyword) for name, keyword in (uids | {"sop_class": "SOPClassUID"}).items()}
    made = (_text(header, name) for name in ("Manufacturer", "ManufacturerModelName"))
    return about | {
        "scanner": " ".join(filter(None, made)),
        "modality": _text(header, "Modality"),
        "turned": header.PhotometricInterpretation == "MONOCHROME1",
        "burnt_in": _text(header, "BurnedInAnnotation").upper() == "YES",
    }


def _text(header: Dataset, keyword: str) -> str:
    """An entry of a header as one short line; "" where it is missing."""
    value = header.get(keyword)
    return "" if value is None else clean(str(value)).strip()[:64]


def _uid(header: Dataset, keyword: str) -> str:
    value = _text(header, keyword)
    return value if re.fullmatch(r"[0-9]+(\.[0-9]+)*", value) else ""
