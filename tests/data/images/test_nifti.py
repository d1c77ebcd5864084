"""NIfTI-1: what is written is read, axes are turned, and each bad file is one sentence."""

import gzip
import struct

import numpy as np
import pytest

from medlearn.data.images.nifti import read_nifti, write_nifti
from medlearn.errors import DataError

VALUES = np.arange(24, dtype=np.float32).reshape(2, 3, 4) + 0.5


def changed(at, form, *numbers, values=VALUES):
    """A plain `.nii` with other numbers at a place of its header."""
    content = bytearray(gzip.decompress(write_nifti(values, spacing=(1, 2, 3))))
    struct.pack_into("<" + form, content, at, *numbers)
    return bytes(content)


def test_what_is_written_is_read():
    volume = read_nifti(write_nifti(VALUES, spacing=(1, 2, 3)), "a.nii.gz")
    assert np.array_equal(volume.values, VALUES) and volume.spacing == (1, 2, 3) and not volume.turned
    labels = np.array([[[0, 1], [2, 0]]])
    assert np.array_equal(read_nifti(write_nifti(labels), "b").values, labels)


def test_big_end_first_is_read_too():
    header = bytearray(352)
    struct.pack_into(">i", header, 0, 348)
    struct.pack_into(">8h", header, 40, 3, 2, 3, 4, 1, 1, 1, 1)
    struct.pack_into(">2h", header, 70, 4, 16)
    struct.pack_into(">8f", header, 76, 1, 1, 1, 1, 1, 1, 1, 1)
    struct.pack_into(">3f", header, 108, 352, 2, 10)
    header[344:348] = b"n+1\0"
    values = np.arange(24, dtype=">i2")
    volume = read_nifti(bytes(header) + values.tobytes(), "a.nii")
    assert np.array_equal(volume.values, 2 * values.reshape(2, 3, 4, order="F") + 10)


def test_axes_are_turned_towards_right_front_and_top():
    content = bytearray(gzip.decompress(write_nifti(VALUES)))
    struct.pack_into("<12f", content, 280, 0, -2, 0, 4, 1, 0, 0, 0, 0, 0, 3, 0)  # axes: front, left, top
    volume = read_nifti(bytes(content), "a.nii")
    assert volume.turned and volume.spacing == (2, 1, 3)
    assert np.array_equal(volume.values, VALUES.transpose(1, 0, 2)[::-1])
    assert np.allclose(volume.affine @ [0, 0, 0, 1], [0, 0, 0, 1])


def test_a_qform_alone_is_enough():
    content = bytearray(gzip.decompress(write_nifti(VALUES, spacing=(1, 2, 3))))
    struct.pack_into("<2h", content, 252, 1, 0)
    struct.pack_into("<6f", content, 256, 0, 0, 1, 5, 6, 7)  # half a turn about the axis to the top
    volume = read_nifti(bytes(content), "a.nii")
    assert volume.turned and volume.spacing == (1, 2, 3)
    assert np.array_equal(volume.values, VALUES[::-1, ::-1])


WRONG = {
    "is no NIfTI-1 file": b"hello" * 200,
    "is a DICOM file": b"\0" * 128 + b"DICM" + b"\0" * 400,
    "half of a pair": changed(344, "4s", b"ni1\0"),
    "has the shape 2 x 3 x 4 x 5": changed(40, "5h", 4, 2, 3, 4, 5),
    "NIfTI type 32": changed(70, "h", 32),
    "is cut short": changed(0, "i", 348)[:-8],
    "a side of 0 mm": changed(280, "12f", *[0] * 12),
    "that are no number": changed(352, "f", float("nan")),
    "would take more than": changed(40, "4h", 3, 30000, 30000, 30000),
    "ends early": write_nifti(VALUES)[:-12],
    "is damaged": b"\x1f\x8b" + b"\x07" * 400,
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_is_one_sentence(said):
    with pytest.raises(DataError, match=said) as error:
        read_nifti(WRONG[said], "scan.nii.gz")
    assert str(error.value).startswith("scan.nii.gz") and "\n" not in str(error.value)


def test_a_packed_file_is_not_unpacked_without_bound(monkeypatch):
    monkeypatch.setattr("medlearn.data.images.nifti.MOST_BYTES", 500)
    with pytest.raises(DataError, match="unpacks to more than"):
        read_nifti(gzip.compress(bytes(10_000)), "a.nii.gz")
