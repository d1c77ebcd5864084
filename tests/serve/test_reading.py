"""Uploads: a film comes out as it looks on a screen, and all else is one sentence with the right status."""

import hashlib
import io
import struct
import zipfile
import zlib

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from pydicom import uid

from medlearn.data.images import draw_films
from medlearn.errors import DataError
from medlearn.serve import reading
from medlearn.serve.exported import Card
from medlearn.serve.reading import Refused, read_upload

CARD = Card("toy", ("normal", "pneumonia"), 28, 0.5, "nothing", True, (0.0,), (1.0,), 9.0)
FILM = draw_films([1], seed=5, pixels=64)[0][0, ..., 0]
SMALL = np.asarray(Image.fromarray(FILM).resize((28, 28), Image.Resampling.BICUBIC)).astype(int)
DEEP = (FILM.astype("<u2") * 15 + 100).astype("<u2")  # 12 bits
NAME = "Doe^Jane"


def dicom(array=DEEP, *, drop=(), syntax=uid.ExplicitVRLittleEndian, pixels=None, packed=None, **tags):
    """The bytes of a chest film as DICOM, with what is told otherwise."""
    header = pydicom.Dataset()
    header.file_meta = pydicom.dataset.FileMetaDataset()
    header.file_meta.TransferSyntaxUID = syntax
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID = "1.2.3"
    header.StudyInstanceUID, header.SeriesInstanceUID = "1.2.3.4", "1.2.3.5"
    header.PatientName, header.PatientBirthDate, header.Modality = NAME, "19800229", "CR"
    header.Rows, header.Columns, header.SamplesPerPixel = *array.shape[:2], 1
    header.PhotometricInterpretation, header.PixelRepresentation = "MONOCHROME2", 0
    header.BitsAllocated = 8 * array.itemsize
    header.BitsStored = {1: 8, 2: 12, 4: 32}[array.itemsize]
    header.HighBit = header.BitsStored - 1
    header.PixelData = array.tobytes() if pixels is None else pixels
    if packed is not None:
        header.PixelData = pydicom.encaps.encapsulate([packed])
        header["PixelData"].VR, header["PixelData"].is_undefined_length = "OB", True
    for name, value in tags.items():
        setattr(header, name, value)
    for name in drop:
        delattr(header, name)
    content = io.BytesIO()
    header.save_as(content, enforce_file_format=True)
    return content.getvalue()


def picture(array=FILM, form="PNG", **options):
    content = io.BytesIO()
    Image.fromarray(array).save(content, form, **options)
    return content.getvalue()


def read(content, name="film"):
    return read_upload(content, name, CARD)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb_png():
    """A PNG of 100 bytes that says it has 60,000 x 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def large_png():
    """The same with 6,000 x 5,000, which Pillow alone would open."""
    header = struct.pack(">IIBBBBB", 6_000, 5_000, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def bomb_jpeg():
    content = bytearray(picture(form="JPEG"))
    place = content.index(b"\xff\xc0")
    content[place + 5 : place + 9] = struct.pack(">HH", 60_000, 60_000)
    return bytes(content)


def zipped():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("film.dcm", dicom())
    return content.getvalue()


def animated():
    content = io.BytesIO()
    frames = [Image.fromarray(FILM), Image.fromarray(255 - FILM)]
    frames[0].save(content, "PNG", save_all=True, append_images=frames[1:])
    return content.getvalue()


def with_entries(entries, behind=False):
    """A film with further entries in front of the patient's name, or behind its pixels."""
    content = dicom()
    place = len(content) if behind else content.index(b"\x10\x00\x10\x00PN")
    return content[:place] + entries + content[place:]


ENTRIES = b"".join(struct.pack("<HH2sHI", 9, 0x1000 + n % 0xE000, b"UL", 4, n) for n in range(150_000))
OPEN, ITEM = (
    struct.pack("<HH2sHI", 0x0009, 0x1001, b"SQ", 0, 2**32 - 1),
    struct.pack("<HHI", 0xFFFE, 0xE000, 0),
)
ITEMS = OPEN + 150_000 * ITEM
DEEP_ITEMS = 3_000 * (OPEN + struct.pack("<HHI", 0xFFFE, 0xE000, 2**32 - 1))


def endless_first_group():
    content = dicom()
    place = content.index(b"\x08\x00")
    return content[:place] + 5000 * struct.pack("<HH2sHI", 2, 0x0100, b"UL", 4, 0) + content[place:]


def report():
    return dicom(drop=["PixelData", "Rows", "Columns", "PhotometricInterpretation"], Modality="SR")


COLOUR = np.stack([FILM, FILM // 2, FILM // 4], -1)
RGB = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
TOO_LARGE = {"Rows": 60_000, "Columns": 60_000}
JPEG = uid.JPEGBaseline8Bit
BAD = {  # what is sent, the status, what the sentence says
    "nothing": (b"", 400, "is empty"),
    "noise": (b"\x01\x02\x03" * 99, 415, "is of a kind that is not known"),
    "a page": (b"<html><script>alert(1)</script>", 415, "is a page of text"),
    "JSON": (b'{"p": 1}', 415, "is a page of text"),
    "a zip": (zipped(), 415, "is a ZIP archive"),
    "a PDF": (b"%PDF-1.7", 415, "is a PDF"),
    "a GIF": (picture(form="GIF"), 415, "is a GIF"),
    "a TIFF": (picture(form="TIFF"), 415, "is a TIFF"),
    "a BMP": (picture(form="BMP"), 415, "is a BMP"),
    "a WebP": (picture(form="WEBP"), 415, "is a WebP"),
    "a gzip": (b"\x1f\x8b\x08" + bytes(20), 415, "is a gzip archive"),
    "a pickle": (b"\x80\x04\x95cos\nsystem\n", 415, "is a Python pickle"),
    "an array": (b"\x93NUMPY\x01\x00", 415, "is a NumPy array"),
    "a PNG cut": (picture()[:900], 400, "is damaged or cut short"),
    "a JPEG cut": (picture(form="JPEG")[:500], 400, "is damaged or cut short"),
    "a PNG that is only its beginning": (b"\x89PNG\r\n\x1a\n", 400, "is damaged or cut short"),
    "a PNG bomb": (bomb_png(), 413, "claims"),
    "a large PNG": (large_png(), 413, "claims to be 6000 x 5000"),
    "a JPEG bomb": (bomb_jpeg(), 413, "claims"),
    "a moving PNG": (animated(), 422, "holds 2 pictures"),
    "a photograph": (picture(COLOUR), 422, "is in colour"),
    "3 x 4 pixels": (picture(FILM[:3, :4]), 422, "is only 4 x 3 pixels"),
    "one grey": (picture(np.full((64, 64), 99, np.uint8)), 422, "is of one grey"),
    "a DICOM cut": (dicom()[:700], 400, "is damaged|does not say|without a picture|is cut short"),
    "a DICOM cut in its pixels": (dicom()[:-100], 400, "is cut short: 64 x 64 pixels need 8,192 bytes"),
    "a DICOM's beginning": (bytes(128) + b"DICM", 400, "is damaged or cut short"),
    "a bomb of 1 kB": (dicom(**TOO_LARGE), 413, "claims to be 60000 x 60000"),
    "no picture": (dicom(drop=["PixelData"]), 422, "is a DICOM file without a picture"),
    "a report": (report(), 422, r"is a report \(SR\)"),
    "a CT": (dicom(Modality="CT"), 422, "is of the modality CT"),
    "no modality": (dicom(drop=["Modality"]), 422, "is of the modality unknown"),
    "a hand": (dicom(BodyPartExamined="HAND"), 422, "shows hand"),
    "from the side": (dicom(ViewPosition="LL"), 422, "is a lateral view"),
    "raw": (dicom(PresentationIntentType="FOR PROCESSING"), 422, "holds raw values"),
    "two frames": (dicom(NumberOfFrames=2), 422, "holds 2 frames"),
    "in colour": (dicom(COLOUR, **RGB), 422, r"is in colour \(RGB\)"),
    "no word on its greys": (
        dicom(FILM, PhotometricInterpretation=""),
        422,
        "does not say whether large values are bright or dark",
    ),
    "a palette": (dicom(FILM, PhotometricInterpretation="PALETTE COLOR"), 422, "is in colour"),
    "32 bits": (dicom(FILM.astype("<u4")), 422, "has 32 of 32 bits"),
    "bits that lie": (dicom(BitsStored=20), 422, "has 20 of 16 bits"),
    "no rows": (dicom(drop=["Rows"]), 422, "does not say its Rows"),
    "rows that lie": (dicom(Rows=30), 400, "holds more than its header says"),
    "too few pixels": (dicom(pixels=bytes(100)), 400, "is cut short"),
    "a negative or not": (dicom(PresentationLUTShape="INVERSE"), 422, "says both MONOCHROME2 and INVERSE"),
    "no greys": (
        dicom(RescaleSlope=0, RescaleIntercept=0),
        422,
        "is a DICOM file whose greys cannot be known",
    ),
    "a stamp": (dicom(ImagerPixelSpacing=[0.1, 0.1]), 422, "measures 0.64 x 0.64 cm"),
    "oblong pixels": (dicom(ImagerPixelSpacing=[3, 4]), 422, "has oblong pixels"),
    "no spacing at all": (dicom(ImagerPixelSpacing=[0, 0]), 422, "measures 0 x 0 cm"),
    "on its side": (dicom(PatientOrientation=["H", "L"]), 422, "lies as H/L"),
    "deflated": (dicom(syntax=uid.DeflatedExplicitVRLittleEndian), 415, "is a deflated DICOM file"),
    "JPEG-LS": (dicom(syntax=uid.JPEGLSLossless, packed=b"\xff\xd8\xff\xf7" + bytes(40)), 415, ".* JPEG-LS"),
    "RLE": (dicom(syntax=uid.RLELossless, packed=bytes(64)), 415, "is packed as RLE Lossless"),
    "a JPEG in it of another size": (
        dicom(FILM, syntax=JPEG, packed=picture(FILM[:50], "JPEG")),
        400,
        "says 64 x 64 pixels, and its picture has 64 x 50",
    ),
    "a JPEG bomb in it": (dicom(FILM, syntax=JPEG, packed=bomb_jpeg()), 413, "claims more"),
    "a video": (dicom(syntax=uid.MPEG2MPML, packed=bytes(40)), 415, "is packed as MPEG2"),
    "150,000 entries": (with_entries(ENTRIES), 413, "has a header of more than 500 kB"),
    "150,000 items in one entry": (with_entries(ITEMS), 413, "has a header of more than 500 kB"),
    "3,000 entries, each in the other": (with_entries(DEEP_ITEMS), 400, "is damaged or cut short"),
    "pixels that are a sequence": (
        dicom().replace(b"\xe0\x7f\x10\x00OW", b"\xe0\x7f\x10\x00SQ"),
        400,
        "is damaged or cut short",
    ),
    "an endless first group": (endless_first_group(), 400, "is damaged or cut short"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_upload_is_one_sentence_with_its_status(what):
    content, status, says = BAD[what]
    with pytest.raises(Refused, match=f"^film ({says})") as error:
        read(content)
    text = str(error.value)
    assert error.value.status == status and isinstance(error.value, DataError)
    assert "\n" not in text and ". " not in text and len(text) < 250
    assert "Doe" not in text and "1980" not in text


def test_there_are_more_than_25_kinds_of_bad_upload():
    assert len(BAD) > 25 and {status for _, status, _ in BAD.values()} == {400, 413, 415, 422}


def test_what_is_too_large_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 2_000_000)
    with pytest.raises(Refused, match="has more than 2 MB: send one film") as error:
        read(bytes(2_000_001))
    assert error.value.status == 413


def test_a_dicom_without_its_beginning_is_told_so_by_its_name():
    with pytest.raises(Refused, match=r"^film\.dcm does not begin as a DICOM file does") as error:
        read(dicom()[132:], "film.dcm")
    assert error.value.status == 400


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\film.dcm", "film.dcm"),
        ("a\x1b[31m\nb.png", "a31mb.png"),
        ("", "the file"),
        ("..", "the file"),
        ("x" * 500 + ".png", "x"),
        ("<img src=x onerror=alert(1)>.png", "img srcx onerroralert(1).png"),
    ],
)
def test_a_name_is_only_a_name(name, called):
    with pytest.raises(Refused) as error:
        read(b"", name)
    text = str(error.value)
    assert text.startswith(called) and text.endswith("is empty: choose the film again")
    assert len(text) < 120 and not any(one in text for one in "/\\\n\x1b<>")


# Films


@pytest.mark.parametrize(
    "content",
    [
        picture(),
        picture(form="JPEG", quality=95),
        picture(np.stack([FILM] * 3, -1)),
        picture(FILM.astype(np.uint16) * 257),
        dicom(),
        dicom(FILM),
        dicom((4000 - DEEP).astype("<u2"), PhotometricInterpretation="MONOCHROME1"),
        dicom(PhotometricInterpretation="MONOCHROME2", PresentationLUTShape="IDENTITY"),
        dicom(WindowCenter=100 + 15 * 127.5, WindowWidth=15 * 255, VOILUTFunction="LINEAR_EXACT"),
        dicom(RescaleSlope=2, RescaleIntercept=-1000),
        dicom(syntax=uid.ImplicitVRLittleEndian),
        dicom(FILM, syntax=JPEG, packed=picture(FILM, "JPEG", quality=95)),
        dicom(ImagerPixelSpacing=[4.7, 4.7], BodyPartExamined="CHEST", ViewPosition="PA", Modality="DX"),
        dicom(DEEP[:, ::-1], PatientOrientation=["R", "F"]),
        dicom(DEEP[::-1], PatientOrientation=["L", "H"]),
        dicom(DEEP, PatientOrientation=["L", "F"]),
        dicom(np.pad(DEEP, [(0, 0), (10, 10)], "edge")),
    ],
)
def test_a_film_comes_out_as_on_a_screen(content):
    film = read(content)
    assert film.pixels.shape == (28, 28) and film.pixels.dtype == np.uint8
    shown, wanted = (one - one.mean() for one in (film.pixels.astype(float), SMALL))
    slope = (shown * wanted).sum() / (wanted**2).sum()  # without a window, the greys are stretched
    assert 0.8 < slope < 1.5 and np.abs(shown - slope * wanted).mean() < 3


def test_a_film_read_as_its_negative_is_turned_and_said_so():
    film = read(dicom(PhotometricInterpretation="MONOCHROME1"))
    assert film.about["turned"] and not read(dicom()).about["turned"]
    assert np.corrcoef(film.pixels.ravel(), SMALL.ravel())[0, 1] < -0.99


def test_what_a_report_needs_is_kept_and_nothing_of_the_patient():
    content = dicom(Manufacturer="Nobody", ManufacturerModelName="X 1", BurnedInAnnotation="YES")
    film = read(content)
    assert film.about["digest"] == hashlib.sha256(content).hexdigest()
    uids = [film.about[name] for name in ("study", "series", "film", "sop_class")]
    assert uids == ["1.2.3.4", "1.2.3.5", "1.2.3", "1.2.840.10008.5.1.4.1.1.1"]
    assert film.about["scanner"] == "Nobody X 1" and film.about["burnt_in"]
    assert (film.about["width"], film.about["height"], film.about["kind"]) == (64, 64, "DICOM")
    assert "Doe" not in repr(film) and "1980" not in repr(film)


def test_what_stands_behind_the_pixels_is_not_read():
    assert read(with_entries(ITEMS, behind=True)).about["kind"] == "DICOM"


def test_what_is_no_uid_is_not_handed_on_and_not_logged(caplog):
    content = dicom(StudyInstanceUID="1.2.3.4").replace(b"1.2.3.4\0", b"Doe^J 1\0")
    assert read(content).about["study"] == "" and b"Doe^J 1" in content
    assert "Doe" not in caplog.text


def test_a_picture_turned_by_its_camera_is_upright():
    turned = Image.fromarray(FILM).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    content = io.BytesIO()
    turned.save(content, "PNG", exif=exif)
    assert np.abs(read(content.getvalue()).pixels - SMALL).mean() < 3


def test_a_tint_is_no_colour():
    tinted = np.stack([FILM, FILM, np.minimum(FILM, 235) + 20], -1).astype(np.uint8)
    blurred = np.asarray(Image.fromarray(tinted).filter(ImageFilter.GaussianBlur(1)))
    assert read(picture(blurred)).about["kind"] == "PNG"


# Whatever is sent, a film or Refused comes out.

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
DAMAGE = st.tuples(
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
    st.floats(0.05, 1),
    st.booleans(),
)
WHOLE = {"DICOM": dicom(), "PNG": picture(), "JPEG": picture(form="JPEG")}
WHOLE["JPEG in DICOM"] = dicom(FILM, syntax=JPEG, packed=WHOLE["JPEG"])


@pytest.mark.parametrize("kind", WHOLE)
@FUZZ
@given(damage=DAMAGE)
def test_a_damaged_upload(kind, damage):
    changes, kept, cut = damage
    content = bytearray(WHOLE[kind])
    for place, byte in changes:
        content[int(place**3 * len(content))] = byte
    try:
        film = read(bytes(content[: int(kept * len(content))] if cut else content))
    except Refused as error:
        assert "\n" not in str(error) and error.status in (400, 413, 415, 422)
    else:
        assert film.pixels.shape == (28, 28)
