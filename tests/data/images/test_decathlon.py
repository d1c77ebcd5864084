"""Volumes of the Decathlon: read from folder, zip and tar; pairs found; each bad input one sentence."""

import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.images import read_decathlon
from medlearn.data.images.decathlon import sides_of_one_head
from medlearn.data.images.nifti import write_nifti
from medlearn.errors import DataError

REAL = Path(os.environ.get("MEDLEARN_REALDATA", "/work/shared/realdata")) / "msd_hippocampus"
CLASSES = 3


def volume(number, *, pairs=True):
    """An image and a label map; two neighbours, odd and even, have one brightness."""
    head = (number + 1) // 2 if pairs else number
    bright = float(np.random.default_rng(head).uniform(10, 1000))
    image = bright * (1 + 0.01 * np.random.default_rng((1, number)).random((10, 12, 9)))
    label = np.zeros((10, 12, 9), np.uint8)
    label[3:6, 2:5, 3:6], label[3:6, 6:11, 3:6] = 1, 2
    return image.astype(np.float32), label


def files(count=12, **options):
    held = {}
    for n in range(1, count + 1):
        image, label = volume(n, **options)
        held[f"Task04/imagesTr/hippocampus_{n:03}.nii.gz"] = write_nifti(image)
        held[f"Task04/labelsTr/hippocampus_{n:03}.nii.gz"] = write_nifti(label)
    return held


def lay(folder, held):
    for name, content in held.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_folder_zip_and_tar_are_the_same(tmp_path):
    folder = lay(tmp_path / "own", files())
    with (
        zipfile.ZipFile(tmp_path / "own.zip", "w") as archive,
        tarfile.open(tmp_path / "own.tar", "w") as tar,
    ):
        for name, content in files().items():
            archive.writestr(name, content)
        tar.add(folder, arcname=".")
    found = [read_decathlon(place) for place in (folder, tmp_path / "own.zip", tmp_path / "own.tar")]
    assert all(np.array_equal(found[0].train.x, other.train.x) for other in found)
    assert found[0].train.x.shape[1:] == (8, 16, 8, 1) and found[0].train.about["spacing"].shape[1] == 3
    assert found[0].patients_known and found[0].notes[0].count == 6


def test_pairs_are_taken_only_where_brightness_says_so(tmp_path):
    data = read_decathlon(lay(tmp_path / "own", files(pairs=False)))
    assert not data.patients_known
    by_volume = read_decathlon(lay(tmp_path / "two", files()), patient="volume")
    assert not by_volume.patients_known and not by_volume.notes
    named = read_decathlon(tmp_path / "two", patient=r"(\d)$")
    assert named.patients_known
    assert sides_of_one_head(np.arange(1, 4), [np.ones((2, 2, 2))] * 3) == [], "too few to say"


def test_labels_that_a_shape_cuts_off_are_a_grave_note(tmp_path):
    folder = lay(tmp_path / "own", files())
    data = read_decathlon(folder, shape=(8, 8, 8))
    assert data.train.x.shape[1:4] == (8, 8, 8)
    assert any(note.grave and "cut off" in note.what for note in data.notes)
    with pytest.raises(DataError, match="three multiples of 8"):
        read_decathlon(folder, shape=(9, 8, 8))


def replaced(which, content):
    return files() | {f"Task04/{which}/hippocampus_001.nii.gz": content}


OTHER = np.zeros((10, 12, 9), np.uint8)
WRONG = {
    "labelsTr lacks hippocampus_013": files()
    | {"Task04/imagesTr/hippocampus_013.nii.gz": write_nifti(OTHER)},
    "voxels, but its scan has": replaced("labelsTr", write_nifti(OTHER[:5])),
    "lies elsewhere than its scan": replaced("labelsTr", write_nifti(OTHER, spacing=(2, 1, 1))),
    "holds the value 0.5": replaced("labelsTr", write_nifti(OTHER + np.float32(0.5))),
    "is no NIfTI-1 file": replaced("imagesTr", b"hello" * 99),
    "holds no volumes": {"Task04/readme.txt": b""},
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_is_one_sentence(tmp_path, said):
    with pytest.raises(DataError, match=said) as error:
        read_decathlon(lay(tmp_path / "own", WRONG[said]))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("pattern", "said"), [("(", "not a pattern"), ("x", "one group"), ("(zz)", "finds no patient")]
)
def test_a_pattern_that_does_not_fit_is_told(tmp_path, pattern, said):
    with pytest.raises(DataError, match=said):
        read_decathlon(lay(tmp_path / "own", files()), patient=pattern)


def test_the_stand_in_has_both_sides_of_each_head_on_one_side_of_the_split():
    data = load("hippocampus", size="small")
    assert data.simulated and data.patients_known and data.classes[1:] == ("anterior", "posterior")
    assert sum(map(len, data.splits.values())) == 80
    assert {
        int(n)
        for n in np.unique(np.concatenate([s.patient for s in data.splits.values()]), return_counts=True)[1]
    } == {2}
    volumes = (data.train.y > 0).sum((1, 2, 3))
    assert 2000 < volumes.mean() < 4500, "mm³, as a hippocampus has"


@pytest.mark.skipif(not REAL.exists(), reason="the real hippocampi are not here")
def test_the_real_pairs_are_found():
    data = load("hippocampus", file=next(REAL.glob("*.zip")))
    assert data.patients_known and sum(map(len, data.splits.values())) == 195
    everyone = np.concatenate([split.patient for split in data.splits.values()])
    assert len(np.unique(everyone)) == 128
