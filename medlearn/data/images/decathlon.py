"""Volumes and their label maps, as the Medical Segmentation Decathlon hands them round.

How one file is read: see nifti.py. Whose a volume is, the Decathlon does not say; see `sides_of_one_head`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from medlearn.data.dataset import Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARKER, members_of
from medlearn.data.images.checks import official_file
from medlearn.data.images.nifti import Volume, read_nifti
from medlearn.data.splitting import patients_in_names, split_by_patient
from medlearn.errors import DataError

STEP = 8  # sides are multiples of it, so that a net can halve them three times
SHARES = (2 / 3, 1 / 9, 2 / 9)
FOLDERS = ("imagesTr", "labelsTr")
FEWEST_PAIRS = 5


def read_decathlon(
    place: str | Path,
    *,
    entry: Entry | None = None,
    seed: int = 0,
    shape: Sequence[int] | None = None,
    patient: str = "pairs",
) -> Dataset:
    """Volumes as x, float32 (n, *shape, 1), grey as stored; their label maps as y, uint8 (n, *shape).

    `place` is a folder, a zip or a tar with `imagesTr/NAME.nii.gz` and `labelsTr/NAME.nii.gz`, or a folder
    that holds the `entry`'s file. Axes are turned towards right, front and top. Each volume is cut or filled
    to `shape` around its middle, filled with its median; None takes the smallest that cuts off no labelled
    voxel of any volume, its sides multiples of 8. `about` has each volume's `name` and its `spacing` in mm.

    `patient` says whose a volume is: "pairs", the two sides of one head where the numbers and the brightness
    say so (see `sides_of_one_head`), else each its own; "volume", each its own; or a pattern with one group,
    searched in the file's name, such as r"^(p[0-9]+)_". Patients are dealt out 6 : 1 : 2, by `seed`.
    """
    path = official_file(place, entry)
    files = dict(members_of(path, wanted=_is_ours))
    classes = entry.classes if entry else ()
    names, images, labels, turned = _volumes(files, path, classes)
    owner, known, pairs = _owners(names, images, patient, path)
    shape, cut = _shape_for(labels, shape)
    x = np.stack([fitted(one.values, shape, fill=float(np.median(one.values))) for one in images])
    y = np.stack([fitted(one, shape) for one in labels])
    about = {"name": np.array(names), "spacing": np.array([one.spacing for one in images])}
    whole = Split(x[..., None], y, owner, about)
    try:
        index = split_by_patient(owner, shares=SHARES, seed=seed)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    notes = [
        Note.of("volume whose axes were turned towards right, front and top", turned),
        Note.of("volume with labelled voxels that were cut off", [names[one] for one in cut], grave=True),
        Note.of("pair of volumes taken as the two sides of one head", pairs),
    ]
    return Dataset(
        path.stem,
        *(whole.take(one) for one in index),
        task="segmentation",
        classes=classes,
        simulated=MARKER in (PurePosixPath(name).name for name in files),
        patients_known=known,
        cases="volumes",
        notes=sum_notes(notes),
    )


def sides_of_one_head(number: np.ndarray, images: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Positions of volumes that are the two sides of one head, or none if nothing says so.

    The Decathlon's hippocampi come in pairs that nobody describes: numbers 2k − 1 and 2k, mirrored to one
    side. One scan has one brightness, and its unit means nothing, so the two sides of a head are alike in it
    and neighbours of other heads are not. Pairs are taken if their logs of brightness differ by less than
    half as much as those of neighbours 2k and 2k + 1, in the median.

    Parameters
    ----------
    number : of each volume, as its name says.
    images : the volumes.

    >>> greys = [np.full((2, 2, 2), grey) for grey in (10, 11, 90, 91, 30, 31, 55, 54, 20, 21)]
    >>> sides_of_one_head(np.arange(1, 11), greys)
    [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]
    """
    at = {int(one): place for place, one in enumerate(number)}
    bright = np.array([np.log(np.median(one[one > 0])) if (one > 0).any() else 0.0 for one in images])

    def differences(first: int) -> tuple[list[tuple[int, int]], list[float]]:
        """Pairs that begin with an odd (1) or an even (0) number, and how they differ."""
        found = [(at[n], at[n + 1]) for n in sorted(at) if n % 2 == first and n + 1 in at]
        return found, [abs(bright[a] - bright[b]) for a, b in found]

    pairs, within = differences(1)
    _, across = differences(0)
    if len(pairs) < FEWEST_PAIRS or not across or np.median(within) >= np.median(across) / 2:
        return []
    return pairs


def fitted(values: np.ndarray, shape: Sequence[int], *, fill: float = 0) -> np.ndarray:
    """`values` cut or filled to `shape` around its middle, with `fill` where there was nothing.

    >>> fitted(np.array([1, 2, 3]), (5,)).tolist(), fitted(np.array([1, 2, 3]), (1,)).tolist()
    ([0, 1, 2, 3, 0], [2])
    """
    whole = np.full(shape, fill, values.dtype)
    sides = list(zip(values.shape, shape, strict=True))
    here = tuple(slice(max(want - have, 0) // 2, max(want - have, 0) // 2 + have) for have, want in sides)
    there = tuple(slice(max(have - want, 0) // 2, max(have - want, 0) // 2 + want) for have, want in sides)
    whole[here] = values[there]
    return whole


def _is_ours(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name == MARKER or (
        bool(set(FOLDERS) & set(path.parts[:-1])) and path.name.endswith((".nii", ".nii.gz"))
    )


def _volumes(
    files: Mapping[str, bytes], path: Path, classes: tuple[str, ...]
) -> tuple[list[str], list[Volume], list[np.ndarray], list[str]]:
    """Names, images and label maps in order, and the names of those whose axes were turned."""
    held = {folder: {} for folder in FOLDERS}
    for name in files:
        for folder in set(FOLDERS) & set(PurePosixPath(name).parts):
            held[folder][PurePosixPath(name).name.partition(".nii")[0]] = name
    images, labels = (held[folder] for folder in FOLDERS)
    if not images:
        raise DataError(
            f"{path} holds no volumes: put them into imagesTr/, and their label maps into labelsTr/"
        )
    for name in images.keys() ^ labels.keys():
        lacks = "labelsTr" if name in images else "imagesTr"
        raise DataError(f"{path}: {lacks} lacks {name}.nii.gz: add it, or remove it from the other folder")
    names, scans, maps, turned = sorted(images), [], [], []
    for name in names:
        scan = read_nifti(files[images[name]], f"{path}: {images[name]}")
        label = read_nifti(files[labels[name]], f"{path}: {labels[name]}")
        maps.append(_labels(label, scan, f"{path}: {labels[name]}", classes))
        scans.append(scan)
        turned += [name] if scan.turned else []
    return names, scans, maps, turned


def _labels(label: Volume, scan: Volume, where: str, classes: tuple[str, ...]) -> np.ndarray:
    """The numbers of a label map, which must fit its scan."""
    if label.values.shape != scan.values.shape:
        raise DataError(f"{where} has {label.values.shape} voxels, but its scan has {scan.values.shape}")
    if not np.allclose(label.affine, scan.affine, atol=0.01):
        raise DataError(
            f"{where} lies elsewhere than its scan (their affine maps differ): resample one to the other"
        )
    most = len(classes) - 1 if classes else 255
    found = np.unique(label.values)
    strange = found[(found != np.floor(found)) | (found < 0) | (found > most)]
    if len(strange):
        raise DataError(f"{where} holds the value {strange[0]:g}: labels are whole numbers from 0 to {most}")
    return label.values.astype(np.uint8)


def _owners(
    names: list[str], images: list[Volume], patient: str, path: Path
) -> tuple[np.ndarray, bool, list[str]]:
    """Whose each volume is, whether that is known, and the pairs that were found, in words."""
    own = np.arange(len(names))
    if patient == "volume":
        return own, False, []
    if patient != "pairs":
        return patients_in_names([path / name for name in names], patient), True, []
    found = [re.search(r"(\d+)\D*$", name) for name in names]
    if not all(found):
        return own, False, []
    number = np.array([int(one[1]) for one in found])
    pairs = sides_of_one_head(number, [one.values for one in images])
    owner = (number + 1) // 2 if pairs else own
    return owner, bool(pairs), [f"{names[a]} and {names[b]}" for a, b in pairs]


def _shape_for(labels: list[np.ndarray], shape: Sequence[int] | None) -> tuple[tuple[int, ...], list[int]]:
    """The shape for all volumes, and the positions of those whose `labels` it cuts."""
    if shape is None:
        shape = tuple(max(_side_for(label, axis) for label in labels) for axis in range(3))
    shape = tuple(int(side) for side in shape)
    if len(shape) != 3 or min(shape) < STEP or any(side % STEP for side in shape):
        raise DataError(f"shape must be three multiples of {STEP}, such as (40, 56, 40), not {shape}")
    kept = [np.count_nonzero(fitted(one, shape)) == np.count_nonzero(one) for one in labels]
    return shape, [place for place, whole in enumerate(kept) if not whole]


def _side_for(label: np.ndarray, axis: int) -> int:
    """The smallest multiple of STEP that keeps all labelled voxels of a `label` map along an `axis`."""
    have = label.shape[axis]
    rest = tuple(other for other in range(label.ndim) if other != axis)
    found = np.flatnonzero(label.any(axis=rest))
    side = STEP
    while len(found) and side < have:
        first = (have - side) // 2
        if first <= found[0] and found[-1] < first + side:
            break
        side += STEP
    return side
