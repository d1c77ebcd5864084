"""NIfTI-1 in, a volume out: the format of brain scans, a header of 348 bytes and the numbers behind it.

A file may be anybody's, damaged or hostile: it is unpacked with a bound, nothing in it is code, and each
fault is one DataError that names the file.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

import numpy as np

from medlearn.errors import DataError

HEADER = 348
MOST_BYTES = 512 << 20  # unpacked: more than 500 voxels a side with two bytes each
TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}


class Volume(NamedTuple):
    """A scan: its `values`, axes towards right, front and top, and its voxels' `spacing` in mm.

    Parameters
    ----------
    values : float32 (across, along, up).
    spacing : the sides of a voxel in mm, in the order of the axes.
    affine : (4, 4), from a voxel's place to millimetres.
    turned : whether the axes were others in the file.
    """

    values: np.ndarray
    spacing: tuple[float, float, float]
    affine: np.ndarray
    turned: bool


def read_nifti(content: bytes, name: str) -> Volume:
    """The volume in a `.nii` or `.nii.gz` file's `content`; `name` is what the errors call it.

    >>> volume = read_nifti(write_nifti(np.zeros((2, 3, 4)), spacing=(1, 1, 2)), "a.nii.gz")
    >>> volume.values.shape, volume.spacing
    ((2, 3, 4), (1.0, 1.0, 2.0))
    """
    content = _unpacked(content, name)
    order = _order(content, name)
    shape, kind = _shape_and_kind(content, order, name)
    (offset,) = struct.unpack_from(order + "f", content, 108)
    count = int(np.prod(shape))
    if not (HEADER <= offset < 1 << 30) or len(content) < int(offset) + count * kind.itemsize:
        raise DataError(f"{name} is cut short: its header announces {shape} voxels; get it again")
    values = np.frombuffer(content, kind, count, int(offset)).reshape(shape, order="F").astype(np.float32)
    slope, shift = struct.unpack_from(order + "2f", content, 112)
    if (np.isfinite(slope) and slope not in (0, 1)) or (slope == 1 and shift):
        values = values * np.float32(slope) + np.float32(shift)
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        raise DataError(f"{name} holds {bad} voxel(s) that are no number: mend them, or leave the scan out")
    return _towards_ras(values, _affine(content, order, name), name)


def write_nifti(values: np.ndarray, *, spacing: tuple[float, float, float] = (1, 1, 1)) -> bytes:
    """The content of a `.nii.gz` file: `values` (across, along, up), and the sides of a voxel in mm.

    Whole numbers up to 255 take a byte, all others float32. `spacing` goes into the header twice, as sizes
    and as an affine map.
    """
    whole = values.dtype.kind in "ub" or (
        values.dtype.kind == "i" and 0 <= values.min() <= values.max() < 256
    )
    stored = np.asarray(values, np.uint8 if whole else np.float32)
    header = bytearray(HEADER + 4)
    struct.pack_into("<i", header, 0, HEADER)
    struct.pack_into("<8h", header, 40, 3, *stored.shape, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 2 if whole else 16, 8 * stored.itemsize)
    struct.pack_into("<8f", header, 76, 1, *spacing, 1, 1, 1, 1)
    struct.pack_into("<3f", header, 108, HEADER + 4, 1, 0)
    struct.pack_into("<b", header, 123, 2)  # millimetres
    struct.pack_into("<2h", header, 252, 0, 1)
    for row in range(3):
        line = [0.0, 0.0, 0.0, 0.0]
        line[row] = spacing[row]
        struct.pack_into("<4f", header, 280 + 16 * row, *line)
    header[344:348] = b"n+1\0"
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(bytes(header) + stored.tobytes(order="F")) + packer.flush()


def _unpacked(content: bytes, name: str) -> bytes:
    """The bytes of the `.nii`: unpacked where they are packed, and no more than MOST_BYTES of them."""
    if content[:2] != b"\x1f\x8b":
        return content
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, MOST_BYTES)
    except zlib.error as error:
        raise DataError(f"{name} is damaged ({error}): get it again") from error
    if unpacker.unconsumed_tail:
        raise DataError(
            f"{name} unpacks to more than {MOST_BYTES >> 20} MB: cut the scan to its region first"
        )
    if not unpacker.eof:
        raise DataError(f"{name} ends early, as a broken download does: get it again")
    return plain


def _order(content: bytes, name: str) -> str:
    """Which byte comes first, "<" or ">"; what is no NIfTI-1 is refused."""
    if content[128:132] == b"DICM":
        raise DataError(f"{name} is a DICOM file: convert the series to NIfTI, for example with dcm2niix")
    if len(content) < HEADER + 4 or content[344:348] not in (b"n+1\0", b"ni1\0"):
        raise DataError(f"{name} is no NIfTI-1 file: save the scan as .nii.gz")
    if content[344:348] == b"ni1\0":
        raise DataError(f"{name} is half of a pair .hdr and .img: save the scan as one .nii.gz")
    return "<" if struct.unpack_from("<i", content, 0)[0] == HEADER else ">"


def _shape_and_kind(content: bytes, order: str, name: str) -> tuple[tuple[int, ...], np.dtype]:
    dims = struct.unpack_from(order + "8h", content, 40)
    count = dims[0]
    if not 3 <= count <= 7 or min(dims[1:4]) < 1 or any(more != 1 for more in dims[4 : count + 1]):
        said = " x ".join(map(str, dims[1 : count + 1])) if 1 <= count <= 7 else f"{count} axes"
        raise DataError(f"{name} has the shape {said}: a volume has three axes, take one moment of a series")
    (code,) = struct.unpack_from(order + "h", content, 70)
    if code not in TYPES:
        raise DataError(
            f"{name} stores numbers of the NIfTI type {code}, which is not read: save it as float32"
        )
    kind = np.dtype(order + TYPES[code])
    if int(np.prod(dims[1:4])) * kind.itemsize > MOST_BYTES:
        raise DataError(
            f"{name} would take more than {MOST_BYTES >> 20} MB: cut the scan to its region first"
        )
    return tuple(dims[1:4]), kind


def _affine(content: bytes, order: str, name: str) -> np.ndarray:
    """From a voxel's place to millimetres: the sform, else the qform, else the sizes of a voxel alone."""
    sizes = struct.unpack_from(order + "8f", content, 76)
    qform, sform = struct.unpack_from(order + "2h", content, 252)
    affine = np.eye(4)
    if sform > 0:
        affine[:3] = np.array(struct.unpack_from(order + "12f", content, 280)).reshape(3, 4)
    else:
        if qform > 0:
            affine[:3, :3] = _turn(struct.unpack_from(order + "3f", content, 256), sizes[0])
            affine[:3, 3] = struct.unpack_from(order + "3f", content, 268)
        affine[:3, :3] *= sizes[1:4]
    sides = np.linalg.norm(affine[:3, :3], axis=0)
    if not np.isfinite(affine).all() or not (sides > 0).all():
        raise DataError(f"{name} says that a voxel has a side of 0 mm, or none: mend pixdim in its header")
    return affine


def _turn(quaternion: tuple[float, float, float], handed: float) -> np.ndarray:
    """The rotation (3, 3) that the three numbers of a qform stand for; the third axis may be mirrored."""
    b, c, d = quaternion
    a = max(0.0, 1 - b * b - c * c - d * d) ** 0.5
    turn = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    turn[:, 2] *= -1 if handed < 0 else 1
    return turn


def _towards_ras(values: np.ndarray, affine: np.ndarray, name: str) -> Volume:
    """The volume with its axes towards right, anterior and superior, by swapping and mirroring alone."""
    from scipy.optimize import linear_sum_assignment

    sides = np.linalg.norm(affine[:3, :3], axis=0)
    share = affine[:3, :3] / sides  # (direction, axis)
    _, axis = linear_sum_assignment(-np.abs(share))  # the axis that runs along each direction
    flip = [share[direction, axis[direction]] < 0 for direction in range(3)]
    moved = np.eye(4)
    for direction in range(3):
        moved[:3, direction] = affine[:3, axis[direction]] * (-1 if flip[direction] else 1)
    corner = np.array([values.shape[axis[k]] - 1 if flip[k] else 0 for k in range(3)])
    moved[:3, 3] = affine[:3, 3] + sum(affine[:3, axis[k]] * corner[k] for k in range(3))
    values = values.transpose(axis)[tuple(slice(None, None, -1 if one else 1) for one in flip)]
    turned = bool(any(flip) or list(axis) != [0, 1, 2])
    spacing = tuple(round(float(sides[axis[k]]), 5) for k in range(3))
    return Volume(np.ascontiguousarray(values), spacing, moved, turned)
