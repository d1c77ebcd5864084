import contextlib
import errno
import io
import os
import re
import sys
import zipfile

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless, RLELossless

from medlearn.data.catalogue import find
from medlearn.data.images import read_folder, read_image, read_medmnist, repeated_images
from medlearn.errors import DataError

# MedMNIST files


def arrays(shape=(28, 28), classes=2, **changed):
    """What a small MedMNIST file holds; `changed` replaces an array, or leaves it out if None."""
    rng = np.random.default_rng(0)
    held = {}
    for part, count in (("train", 12), ("val", 6), ("test", 8)):
        held[f"{part}_images"] = rng.integers(0, 256, (count, *shape), dtype=np.uint8)
        held[f"{part}_labels"] = (np.arange(count) % classes).astype(np.uint8)[:, None]
    return {name: array for name, array in (held | changed).items() if array is not None}


@pytest.fixture
def saved(tmp_path):
    def save(**held):
        np.savez(tmp_path / "some.npz", **held)
        return tmp_path / "some.npz"

    return save


@pytest.mark.parametrize("shape", [(28, 28), (64, 64), (28, 28, 3)])
def test_an_official_file_of_any_size_grey_or_colour(saved, shape):
    held = arrays(shape, classes=3)
    dataset = read_medmnist(saved(**held))
    assert dataset.train.x.dtype == np.uint8 and dataset.train.y.dtype == np.int64
    for part, split in zip(("train", "val", "test"), dataset.splits.values(), strict=True):
        assert np.array_equal(split.x, held[f"{part}_images"].reshape(*split.x.shape[:3], -1))
        assert split.y.tolist() == held[f"{part}_labels"][:, 0].tolist()
    assert (dataset.classes, dataset.task) == (("0", "1", "2"), "multiclass")


def test_the_catalogue_names_classes_and_task(saved):
    dataset = read_medmnist(saved(**arrays(classes=5)), entry=find("retina"))
    assert (dataset.classes[4], dataset.task) == ("grade 4", "ordinal")


def test_where_patients_are_not_named_each_case_is_its_own(saved):
    dataset = read_medmnist(saved(**arrays()))
    everyone = np.concatenate([split.patient for split in dataset.splits.values()])
    assert len(np.unique(everyone)) == 26 and not dataset.patients_known


def test_patients_and_truth_are_read_where_they_are_named(saved):
    more = {
        "train_patient": np.arange(12) // 2,
        "val_patient": np.arange(6) + 50,
        "test_patient": np.arange(8) + 90,
    }
    more |= {"train_map": np.ones((12, 14, 14)), "train_scanner": np.arange(12)}
    dataset = read_medmnist(saved(**arrays(**more)))
    assert dataset.patients_known and dataset.train.patient.tolist() == (np.arange(12) // 2).tolist()
    assert {name: array.shape for name, array in dataset.train.about.items()} == {
        "map": (12, 14, 14),
        "scanner": (12,),
    }


def test_the_simulators_own_file(tmp_path):
    from medlearn.data.images.simulate.films import write_pneumonia

    dataset = read_medmnist(write_pneumonia(tmp_path), entry=find("pneumonia"))
    assert dataset.patients_known and "severity" in dataset.test.about and not repeated_images(dataset)


def read_grey(path, **options):
    """One image without its channel axis."""
    return read_image(path, **options)[..., 0]


def filled(fill, dtype=np.uint8, shape=(12, 28, 28)):
    return np.full(shape, fill, dtype)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"val_labels": None, "test_images": None}, "lacks the arrays val_labels, test_images"),
        ({"train_images": filled(0.5, float)}, "train_images must be uint8 .* is float64"),
        ({"train_images": filled(0, shape=(12, 28, 28, 28))}, r"train_images must be .* \(12, 28, 28, 28\)"),
        ({"train_images": filled(0, shape=(0, 28, 28))}, r"train_images must be .* \(0, 28, 28\)"),
        ({"train_images": filled(0, shape=(12, 64, 64))}, "different sizes"),
        ({"train_labels": filled(0, shape=(12, 14))}, r"one a case, but is uint8 \(12, 14\)"),
        ({"train_labels": filled(0, float, (12, 1))}, "whole numbers"),
        ({"train_labels": filled(0, shape=(11, 1))}, "train_labels has 11 rows, but there are 12 images"),
        ({"val_scanner": np.arange(5)}, "val_scanner has 5 rows, but there are 6 images"),
        ({"train_labels": filled(7, shape=(12, 1))}, "a label 7, but the 3 classes"),
        ({"train_labels": filled(-1, np.int8, (12, 1))}, "a label -1"),
        ({"train_labels": filled(2**64 - 1, np.uint64, (12, 1))}, "a label -1"),
        ({"train_labels": filled(0, shape=(12, 1))}, "train has no image of class '1'"),
        ({"train_patient": np.arange(12)}, "lacks the arrays val_patient, test_patient"),
        (
            {"train_patient": np.arange(12), "val_patient": np.arange(6), "test_patient": np.arange(8) + 50},
            r"6 patient\(s\) are in both train and validation",
        ),
        (
            {"train_patient": np.ones(12), "val_patient": np.arange(6), "test_patient": np.arange(8)},
            "one number or name a case",
        ),
        ({"train_labels": np.array([[None]] * 12)}, "train_labels holds pickled objects"),
        ({"train_labels": np.array([["mild"]] * 12)}, "train_labels must be whole numbers, one a case, but"),
        ({"train_kind": np.array(3)}, "train_kind is not an array with one row a case"),
    ],
)
def test_a_wrong_array_is_named(saved, changed, message):
    with pytest.raises(DataError, match=message):
        read_medmnist(saved(**arrays(**changed)))


@pytest.mark.parametrize(("name", "found"), [("pneumonia", 3), ("retina", 6)])
def test_labels_beyond_the_catalogues_classes(saved, name, found):
    with pytest.raises(
        DataError, match=f"a label {found - 1}, but the {found - 1} classes are numbered from"
    ):
        read_medmnist(saved(**arrays(classes=found)), entry=find(name))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html><html>404</html>", "is not an .npz file but a web page: get it again"),
        (b"\x93NUMPY and no more", "is not an .npz file"),
        (b"PK\x03\x04 cut", "damaged or cut short"),
        (None, "cannot be read: No such file"),
    ],
)
def test_what_is_no_npz_at_all(tmp_path, content, message):
    if content is not None:
        (tmp_path / "some.npz").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_medmnist(tmp_path / "some.npz")


def test_a_file_cut_short(saved):
    path = saved(**arrays())
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match="cut short"):
        read_medmnist(path)


def test_a_changed_byte_is_found_by_the_checksum(saved):
    path = saved(**arrays())
    content = bytearray(path.read_bytes())
    content[3000] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="train_images is damaged"):
        read_medmnist(path)


def test_an_archive_that_unpacks_to_a_thousand_times_its_size(tmp_path):
    np.savez_compressed(tmp_path / "bomb.npz", train_images=np.zeros((20, 1000, 1000), np.uint8))
    with pytest.raises(DataError, match="unpack to 20 MB, more than 100 times"):
        read_medmnist(tmp_path / "bomb.npz")


def test_a_header_that_promises_more_than_the_file_holds(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (10**15, 28, 28)}
    )
    with zipfile.ZipFile(tmp_path / "liar.npz", "w") as archive:
        archive.writestr("train_images.npy", header.getvalue() + bytes(5000))
    with pytest.raises(DataError, match="train_images is damaged"):
        read_medmnist(tmp_path / "liar.npz")


def test_an_image_in_two_splits_is_counted_once_and_noted(saved):
    held = arrays()
    held["val_images"][[2, 3]] = held["test_images"][5] = held["train_images"][7]
    (note,) = read_medmnist(saved(**held)).notes
    assert note.grave and str(note).endswith(
        "1 × image in more than one split: scores on it are too good (first: train 7 is validation 2)"
    )


def test_the_real_pneumonia_mnist(real_data):
    path = real_data / "pneumoniamnist_28" / "pneumoniamnist_reconstructed.npz"
    dataset = read_medmnist(path, entry=find("pneumonia"))
    assert [(note.count, note.grave) for note in dataset.notes] == [(8, True)]
    assert [len(split) for split in dataset.splits.values()] == [4708, 524, 624]
    assert [split.y.sum() for split in dataset.splits.values()] == [3494, 389, 390]
    assert dataset.train.x.shape[1:] == (28, 28, 1) and not dataset.patients_known
    assert len(repeated_images(dataset)) == 8


# Folders


def picture(path, seed, size=(40, 40), mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    Image.fromarray(noise).convert(mode).save(path)


@pytest.fixture
def folder(tmp_path):
    """images/train/normal/p00_0.png …: six images a class and split, two of each patient."""

    def make(*parts, classes=("normal", "pneumonia"), count=6):
        for part in parts:
            for name in classes:
                for number in range(count):
                    file = tmp_path / "images" / part / name / f"{part}{name}{number // 2}_{number}.png"
                    picture(file, seed=sum(map(ord, str(file.relative_to(tmp_path)))) * 99 + number)
        return tmp_path / "images"

    return make


@pytest.mark.parametrize("validation", ["val", "VALID", "Validation"])
def test_a_folder_by_split_and_class(folder, validation):
    dataset = read_folder(folder("Train", validation, "TEST"))
    assert {part: len(split) for part, split in dataset.splits.items()} == {
        "train": 12,
        "validation": 12,
        "test": 12,
    }
    assert dataset.train.x.shape == (12, 28, 28, 1) and dataset.train.x.dtype == np.uint8
    assert dataset.train.y.tolist() == [0] * 6 + [1] * 6
    assert (dataset.classes, dataset.task, dataset.patients_known) == (
        ("normal", "pneumonia"),
        "binary",
        False,
    )


def test_each_image_keeps_its_label_and_split(folder):
    root = folder("train", "val", "test")
    dataset = read_folder(root, pixels=40, channels=3)
    first = Image.open(root / "test" / "pneumonia" / "testpneumonia0_0.png").convert("RGB")
    assert np.array_equal(dataset.test.x[6], np.asarray(first)) and dataset.test.y[6] == 1


def test_classes_are_numbered_in_the_order_asked_for(folder):
    dataset = read_folder(folder("train", "test", classes=("SICK", "Well")), classes=("well", "sick"))
    assert dataset.classes == ("well", "sick") and dataset.train.y[0] == 1


def test_validation_is_cut_from_train_by_patient(folder):
    dataset = read_folder(folder("train", "test", count=20), patient=r"^([a-z]+\d+)_")
    assert dataset.patients_known and (len(dataset.train), len(dataset.validation)) == (32, 8)
    assert not set(dataset.train.patient) & set(dataset.validation.patient)


def test_a_folder_without_splits_is_split_by_patient(folder, tmp_path):
    folder("", count=20)
    dataset = read_folder(tmp_path / "images", patient=lambda file: file.name.split("_")[0])
    assert [len(split) for split in dataset.splits.values()] == [24, 8, 8]
    assert [split.y.mean() for split in dataset.splits.values()] == [0.5] * 3
    assert len(dataset.train.patient) == 2 * len(set(dataset.train.patient))
    again = read_folder(tmp_path / "images", patient=lambda file: file.name.split("_")[0], seed=1)
    assert set(again.test.patient) != set(dataset.test.patient)


def test_a_patient_in_two_splits_of_a_folder_is_refused(folder):
    with pytest.raises(DataError, match=r"1 patient\(s\) are in both train and test \(first: 2\)"):
        read_folder(
            folder("train", "val", "test"),
            patient=lambda file: 2 if "2_" in file.name and "val" not in str(file) else file,
        )


def test_files_in_folders_below_a_class_count(folder):
    root = folder("train", "val", "test")
    picture(root / "train" / "normal" / "more" / "deep.jpg", seed=5)
    assert len(read_folder(root).train) == 13


def test_what_systems_leave_behind_is_ignored(folder):
    root = folder("train", "val", "test")
    for litter in (".DS_Store", "train/normal/.DS_Store", "train/normal/Thumbs.db", "__MACOSX/train/x.png"):
        (root / litter).parent.mkdir(parents=True, exist_ok=True)
        (root / litter).write_bytes(b"litter")
    assert len(read_folder(root).train) == 12


def test_files_outside_the_classes_are_reported(folder):
    root = folder("train", "val", "test")
    (root / "labels.csv").write_text("file,label")
    (root / "train" / "README.md").write_text("read me")
    (note,) = read_folder(root).notes
    assert (note.what, note.count, note.grave) == ("file in no class's folder, left out", 2, False)
    assert note.first.endswith("labels.csv")


def test_the_same_image_in_two_splits_names_both_files(folder):
    root = folder("train", "val", "test")
    Image.open(root / "train" / "normal" / "trainnormal0_0.png").save(
        root / "test" / "pneumonia" / "zz.bmp", "PNG"
    )
    (note,) = read_folder(root).notes
    assert note.grave and re.search("trainnormal0_0.png is .*zz.bmp", note.first)


def remove_all(folder):
    for file in folder.iterdir():
        file.unlink()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: (root / "train" / "normal" / "a.txt").write_text("a note"), r"a.txt is not a PNG"),
        (lambda root: (root / "train" / "normal" / "a.png").touch(), r"a.png is empty"),
        (
            lambda root: (root / "val" / "normal" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n..."),
            r"val/normal/a.png",
        ),
        (lambda root: picture(root / "val" / "normal" / "a.png", 0, (99, 20)), "a.png is only 99 x 20"),
        (lambda root: remove_all(root / "test" / "normal"), "test has no image of class 'normal'"),
        (
            lambda root: picture(root / "val" / "other" / "a.png", 0),
            "train has no image of class 'other'",
        ),
        (
            lambda root: (root / "train" / "fracture").mkdir(),
            "train has no image of class 'fracture'",
        ),
        (lambda root: picture(root / "extra" / "normal" / "a.png", 0), "extra is no split, but lies beside"),
        (lambda root: picture(root / "valid" / "normal" / "a.png", 0), "one of two folders for validation"),
        (lambda root: (root / "test").rename(root.parent / "test"), "has no test folder"),
        (
            lambda root: [remove_all(root / "val" / name) for name in ("normal", "pneumonia")],
            "val holds no images",
        ),
    ],
)
def test_a_fault_in_a_folder_is_named(folder, change, message):
    root = folder("train", "val", "test")
    change(root)
    with pytest.raises(DataError, match=message):
        read_folder(root)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patient": "p[0-9]+"}, "must hold one group"),
        ({"patient": "(p"}, "is not a pattern"),
        ({"patient": "^(x)"}, "0.png: .* finds no patient"),
        ({"classes": ("normal", "sick")}, "a folder 'pneumonia', which is none of the classes normal, sick"),
        ({"channels": 2}, "channels must be 1"),
    ],
)
def test_options_that_do_not_fit_the_folder(folder, options, message):
    with pytest.raises(DataError, match=message):
        read_folder(folder("train", "val", "test"), **options)


def test_a_folder_in_the_place_of_a_file_says_whose_its_images_are(folder):
    root = folder("train", "val", "test")
    films = read_medmnist(root, entry=find("pneumonia"), patient=lambda file: file.stem)
    assert films.patients_known and not read_medmnist(root, entry=find("pneumonia")).patients_known


def test_one_class_is_none(folder):
    with pytest.raises(DataError, match="one class only, normal"):
        read_folder(folder("train", "val", "test", classes=("normal",)))


@pytest.mark.parametrize("count, message", [(1, "images: 2 .* split 3 ways"), (2, "has no image of class")])
def test_too_few_images_to_split(folder, count, message):
    with pytest.raises(DataError, match=message):
        read_folder(folder("", count=count))


def test_no_images_at_all(tmp_path):
    with pytest.raises(DataError, match="holds no folder of images"):
        (tmp_path / "nothing").mkdir()
        read_folder(tmp_path / "nothing")
    with pytest.raises(DataError, match="is not a folder"):
        read_folder(tmp_path / "nowhere")


# One image


@pytest.fixture
def png(tmp_path):
    def save(array, mode=None, **options):
        image = Image.fromarray(array)
        (image.convert(mode) if mode else image).save(tmp_path / "a.png", **options)
        return tmp_path / "a.png"

    return save


RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


@pytest.mark.parametrize("top, factor", [(65535, 257), (4095, 4095 / 255)])
def test_16_bits_are_scaled_not_clipped(png, top, factor):
    deep = (RAMP.astype(float) * factor).round().astype(np.uint16)
    assert deep.max() == top
    assert np.array_equal(read_grey(png(deep), pixels=16), RAMP)


def test_transparent_parts_come_out_black(png):
    colour = np.full((20, 20, 4), 200, np.uint8)
    colour[..., 3] = np.where(np.arange(20) < 10, 0, 255)
    image = read_grey(png(colour), pixels=20)
    assert image[:, :10].max() == 0 and image[:, 10:].min() == 200
    grey = np.stack([RAMP, np.full_like(RAMP, 255)], -1)
    assert np.array_equal(read_grey(png(grey), pixels=16), RAMP)


def test_palettes_and_single_bits(png):
    assert np.array_equal(read_grey(png(RAMP, "P"), pixels=16), RAMP)
    assert set(np.unique(read_grey(png(RAMP, "1"), pixels=16))) == {0, 255}


def test_grey_and_colour_turn_into_each_other(png):
    assert read_image(png(RAMP), pixels=16, channels=3).shape == (16, 16, 3)
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    assert np.unique(read_grey(png(red), pixels=16)).tolist() == [76]


def test_the_square_in_the_middle_is_kept_undistorted(png):
    wide = np.zeros((40, 100), np.uint8)
    wide[:, 30:70] = 255
    assert read_grey(png(wide), pixels=20).min() == 255
    assert read_grey(png(wide.T.copy()), pixels=20).min() == 255


def test_shrinking_averages(png):
    stripes = np.tile(np.array([0, 200], np.uint8), (64, 32))
    assert np.ptp(read_grey(png(stripes), pixels=8).astype(int)[:, 1:-1]) <= 2


def test_exif_orientation_is_followed(tmp_path):
    image = Image.fromarray(np.repeat(np.array([[0] * 20 + [255] * 20], np.uint8), 40, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # the top is on the right
    image.save(tmp_path / "a.jpg", exif=exif, quality=95)
    turned = read_grey(tmp_path / "a.jpg", pixels=40)
    assert turned[:15].max() < 10 and turned[25:].min() > 245


def test_a_picture_that_claims_to_be_huge_is_refused(png, monkeypatch):
    monkeypatch.setattr("medlearn.data.images.decoding.MOST_PIXELS", 100)
    with pytest.raises(DataError, match=r"a.png claims to be 16 x 16 pixels"):
        read_image(png(RAMP))


def test_another_format_and_no_file(tmp_path):
    Image.fromarray(RAMP).save(tmp_path / "a.gif")
    with pytest.raises(DataError, match=r"a.gif is not a PNG, JPEG, TIFF or DICOM image"):
        read_image(tmp_path / "a.gif")
    with pytest.raises(DataError, match=r"b.png cannot be read: No such file"):
        read_image(tmp_path / "b.png")


# TIFF


COLOURS = np.stack([RAMP, RAMP.T, 255 - RAMP], -1)


@pytest.mark.parametrize("packed", [None, "tiff_lzw", "packbits", "tiff_deflate"])
@pytest.mark.parametrize("array", [RAMP, COLOURS], ids=["grey", "colours"])
def test_a_tiff_of_8_bits_is_read(tmp_path, array, packed):
    Image.fromarray(array).save(tmp_path / "a.tif", compression=packed)
    channels = 1 if array.ndim == 2 else 3
    assert np.array_equal(read_image(tmp_path / "a.tif", pixels=16, channels=channels).squeeze(), array)


def test_what_is_transparent_in_a_tiff_is_black(tmp_path):
    clear = np.dstack([COLOURS, np.where(np.arange(16) < 8, 0, 255) + np.zeros_like(RAMP)]).astype(np.uint8)
    Image.fromarray(clear).save(tmp_path / "a.tiff")
    shown = read_image(tmp_path / "a.tiff", pixels=16, channels=3)
    assert not shown[:, :8].any() and np.array_equal(shown[:, 8:], COLOURS[:, 8:])


@pytest.mark.parametrize(
    ("image", "mode"),
    [
        (Image.fromarray(RAMP.astype(np.uint16) * 10), "I;16"),
        (Image.fromarray(RAMP.astype(np.float32)), "F"),
        (Image.fromarray(COLOURS).convert("CMYK"), "CMYK"),
        (Image.fromarray(RAMP).convert("1"), "1"),
    ],
    ids=["16 bits", "real numbers", "for print", "1 bit"],
)
def test_another_tiff_is_refused(tmp_path, image, mode):
    image.save(tmp_path / "a.tif")
    with pytest.raises(
        DataError, match=f"a.tif is a TIFF in the mode {mode}: save it with 8 bits, in grey or"
    ):
        read_image(tmp_path / "a.tif", pixels=16)


def test_a_tiff_of_several_pages_is_refused(tmp_path):
    page = Image.fromarray(RAMP)
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page, page])
    with pytest.raises(DataError, match=r"a\.tif holds 3 pages: save the one you mean as a file of its own"):
        read_image(tmp_path / "a.tif", pixels=16)


def test_a_tiff_that_claims_to_be_huge_is_refused(tmp_path, monkeypatch):
    Image.fromarray(RAMP).save(tmp_path / "a.tif")
    monkeypatch.setattr("medlearn.data.images.decoding.MOST_PIXELS", 100)
    with pytest.raises(DataError, match=r"a.tif claims to be 16 x 16 pixels"):
        read_image(tmp_path / "a.tif")


def test_tiles_by_class_whose_names_carry_the_slide(tmp_path):
    """As the 5,000 tiles of Kather et al. (2016) lie, which are TIFFs of 150 px."""
    for slide in range(1, 7):
        for kind in ("01_TUMOR", "02_STROMA"):
            name = f"{slide:X}009_CRC-Prim-HE-{slide:02}_009.tif_Row_301_Col_151.tif"
            picture(tmp_path / "tiles" / kind / name, seed=slide * 9 + len(kind), size=(75, 75), mode="RGB")
    data = read_folder(tmp_path / "tiles", pixels=64, channels=3, patient=r"(CRC-Prim-HE-\d+)")
    assert data.classes == ("01_tumor", "02_stroma") and data.train.x.shape[1:] == (64, 64, 3)
    assert data.patients_known and set(data.train.patient) < {f"CRC-Prim-HE-{n:02}" for n in range(1, 7)}
    assert sum(len(split) for split in data.splits.values()) == 12


@pytest.fixture
def dicom(tmp_path):
    def save(array, drop=(), syntax=ExplicitVRLittleEndian, **tags):
        meta = pydicom.dataset.FileMetaDataset()
        meta.TransferSyntaxUID = syntax
        meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
        meta.MediaStorageSOPInstanceUID = "1.2.3"
        header = pydicom.Dataset()
        header.file_meta = meta
        header.Rows, header.Columns = array.shape[:2]
        header.SamplesPerPixel = 1
        header.PhotometricInterpretation = "MONOCHROME2"
        header.BitsAllocated = 8 * array.itemsize
        header.BitsStored = {1: 8, 2: 12}[array.itemsize]
        header.HighBit, header.PixelRepresentation = header.BitsStored - 1, 0
        header.PixelData = array.tobytes()
        for name, value in tags.items():
            setattr(header, name, value)
        for name in drop:
            delattr(header, name)
        header.save_as(tmp_path / "a.dcm", enforce_file_format=True)
        return tmp_path / "a.dcm"

    return save


DEEP = RAMP.astype(np.uint16) * 10  # 0 to 2550


@pytest.mark.parametrize(
    ("array", "tags", "expected"),
    [
        (RAMP // 2, {}, RAMP // 2),  # 8 bits stay as they are
        (RAMP, {"PhotometricInterpretation": "MONOCHROME1"}, 255 - RAMP),
        (DEEP, {}, RAMP),
        (DEEP, {"WindowCenter": 1275, "WindowWidth": 2550, "VOILUTFunction": "LINEAR_EXACT"}, RAMP),
        (DEEP, {"WindowCenter": [255.5, 9], "WindowWidth": [511, 9]}, np.minimum(RAMP * 5.0, 255)),
        (
            DEEP,
            {"RescaleSlope": 2, "RescaleIntercept": -1000, "WindowCenter": 1550.5, "WindowWidth": 5101},
            RAMP,
        ),
        (DEEP, {"RescaleSlope": -1, "RescaleIntercept": 0}, 255 - RAMP),
    ],
)
def test_dicom_looks_as_on_a_screen(dicom, array, tags, expected):
    shown = read_grey(dicom(array, **tags), pixels=16)
    assert shown.dtype == np.uint8
    assert np.abs(shown - np.asarray(expected, float)).max() <= 1


def test_dicom_with_a_lookup_table(dicom):
    table = pydicom.Dataset()
    table.LUTDescriptor = [256, 0, 16]
    table.add_new("LUTData", "OW", (65535 - np.arange(256, dtype=np.uint16) * 257).tobytes())
    path = dicom(RAMP, VOILUTSequence=[table], WindowCenter=5, WindowWidth=2)
    assert np.array_equal(read_grey(path, pixels=16), 255 - RAMP)


def test_dicom_in_colour_and_packed(dicom):
    colour = np.stack([RAMP, RAMP // 2, RAMP // 4], -1)
    tags = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    path = dicom(colour, **tags)
    assert np.array_equal(read_image(path, pixels=16, channels=3), colour)
    header = pydicom.dcmread(path)
    header.compress(RLELossless)
    header.save_as(path)
    assert np.array_equal(read_image(path, pixels=16, channels=3), colour)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drop": ["PixelData"], "Modality": "SR"}, r"without pixel data \(SR\)"),
        ({"NumberOfFrames": 2}, "holds 2 frames"),
        ({"PixelData": bytes(10)}, "cannot be read as a DICOM image"),
        ({"Rows": 60000, "Columns": 60000}, "claims to be 60000 x 60000"),
    ],
)
def test_a_dicom_that_shows_nothing(dicom, options, message):
    with pytest.raises(DataError, match=message):
        read_image(dicom(RAMP, **options))


def test_a_compression_that_cannot_be_undone_here(dicom):
    content = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xf7" + bytes(40)])
    path = dicom(RAMP)
    header = pydicom.dcmread(path)
    header.file_meta.TransferSyntaxUID = JPEGLSLossless
    header.PixelData = content
    header["PixelData"].VR, header["PixelData"].is_undefined_length = "OB", True
    header.save_as(path)
    with pytest.raises(DataError, match=r"compressed as JPEG-LS Lossless .* pip install 'pylibjpeg"):
        read_image(path)


def test_a_deflated_dicom_is_not_unpacked(dicom):
    with pytest.raises(DataError, match="deflated"):
        read_image(dicom(RAMP, syntax=pydicom.uid.DeflatedExplicitVRLittleEndian))


def test_text_burnt_into_a_dicom_is_warned_of(dicom):
    with pytest.warns(UserWarning, match="burnt into its picture"):
        read_image(dicom(RAMP, BurnedInAnnotation="YES"), pixels=16)


def test_without_pydicom_the_command_is_named(dicom, monkeypatch):
    path = dicom(RAMP)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(DataError, match="pip install pydicom"):
        read_image(path)


# Whatever is in a file, only DataError comes out.

FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
DAMAGE = st.tuples(
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=6),
    st.floats(0.05, 1),
    st.booleans(),
)


def damaged(content: bytes, damage) -> bytes:
    """Some bytes changed, most of them near the start where the headers are, and the end cut off."""
    changes, kept, cut = damage
    content = bytearray(content)
    for place, byte in changes:
        content[int(place**3 * len(content))] = byte
    return bytes(content[: int(kept * len(content))] if cut else content)


def survives(read, path, content):
    path.write_bytes(content)
    try:
        read(path)
    except DataError as error:
        assert path.name in str(error) and "\n" not in str(error)


STARTS = [b"", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", bytes(128) + b"DICM"]


@FUZZ
@given(start=st.sampled_from(STARTS), noise=st.binary(max_size=400))
def test_random_bytes(tmp_path, start, noise):
    for name, read in {"a.npz": read_medmnist, "a.png": read_image, "a.dcm": read_image}.items():
        survives(read, tmp_path / name, start + noise)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@FUZZ
@given(damage=DAMAGE)
def test_a_damaged_npz(tmp_path, save, damage):
    content = io.BytesIO()
    save(content, **arrays((8, 8)))
    survives(read_medmnist, tmp_path / "a.npz", damaged(content.getvalue(), damage))


@pytest.mark.parametrize("form, deep", [("png", True), ("png", False), ("jpeg", False), ("tiff", False)])
@FUZZ
@given(damage=DAMAGE)
def test_a_damaged_picture(tmp_path, form, deep, damage):
    content = io.BytesIO()
    Image.fromarray(DEEP if deep else RAMP).save(content, form)
    survives(lambda path: read_image(path, pixels=8), tmp_path / "a.png", damaged(content.getvalue(), damage))


@FUZZ
@given(damage=DAMAGE)
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_dicom(tmp_path, dicom, damage):
    content = dicom(DEEP, WindowCenter=500, WindowWidth=900, RescaleSlope=1, RescaleIntercept=0).read_bytes()
    survives(lambda path: read_image(path, pixels=8), tmp_path / "b.dcm", damaged(content, damage))


# Odd DICOM files


def test_a_dicom_without_its_beginning_is_told_what_is_missing(dicom, tmp_path):
    content = dicom(RAMP).read_bytes()
    for beginning in (b"", bytes(132)):
        (tmp_path / "bare.dcm").write_bytes(beginning + content[132:])
        with pytest.raises(DataError, match="DICM after 128 bytes") as error:
            read_image(tmp_path / "bare.dcm", pixels=16)
        assert "force" not in str(error.value)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kept", [0.5, 0.55, 0.7, 0.99])
def test_a_packed_dicom_that_was_cut_is_called_cut_or_damaged(dicom, kept):
    path = dicom(RAMP)
    header = pydicom.dcmread(path)
    header.compress(RLELossless)
    header.save_as(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(DataError, match="is cut short: its picture, packed as RLE Lossless") as error:
        read_image(path, pixels=16)
    assert "without pixel data" not in str(error.value)


@pytest.mark.parametrize("slope", [float("nan"), 0])
def test_a_dicom_whose_greys_cannot_be_known_is_refused(dicom, slope):
    path = dicom(RAMP, RescaleSlope=slope, RescaleIntercept=0)
    with pytest.raises(
        DataError, match=r"a\.dcm is a DICOM file whose greys cannot be known: its RescaleSlope"
    ):
        read_image(path, pixels=16)


# Odd folders


@pytest.fixture
def classes_of_two(tmp_path):
    def make(*names):
        for name in names:
            (tmp_path / "films" / name).mkdir(parents=True, exist_ok=True)
            for number in range(12):
                grey = np.full((30, 30), len(list((tmp_path / "films").rglob("*.png"))), np.uint8)
                Image.fromarray(grey).save(tmp_path / "films" / name / f"{names.index(name)}{number}.png")
        return tmp_path / "films"

    return make


def test_a_name_in_two_unicode_forms_is_one_class(classes_of_two):
    folder = classes_of_two("Ödem", "O\u0308dem", "normal")
    data = read_folder(folder)
    assert data.classes == ("normal", "ödem")
    assert sum(len(split) for split in data.splits.values()) == 36
    assert read_folder(folder, classes=["O\u0308dem", "normal"]).task == "binary"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_among_pictures_is_refused_and_not_waited_for(classes_of_two):
    folder = classes_of_two("ill", "normal")
    os.mkfifo(folder / "ill" / "x.png")
    with pytest.raises(DataError, match=r"x\.png is a pipe or a device"):
        read_folder(folder)
    for read in (read_image, read_medmnist):
        with pytest.raises(DataError, match=r"x\.png is a pipe or a device"):
            read(folder / "ill" / "x.png")


def test_a_folder_that_cannot_be_looked_into_is_refused_not_left_out(classes_of_two, monkeypatch):
    folder, look = classes_of_two("ill", "normal"), os.scandir

    def closed(path):
        if str(path).endswith("ill"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(DataError, match="ill cannot be read: Permission denied; it is closed to you"):
        read_folder(folder)


# Anything at all


anything = st.sampled_from([np.uint8, np.int64, np.float32, np.bool_, "U3", "S2", np.complex64]).flatmap(
    lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
names = st.sampled_from(
    [f"{part}_{key}" for part in ("train", "val", "test") for key in ("images", "labels", "patient", "more")]
    + ["simulated", "train_", "x"]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=st.dictionaries(names, anything | st.none(), max_size=5), coloured=st.booleans())
def test_arrays_of_any_kind_are_read_or_refused(saved, changed, coloured):
    with contextlib.suppress(DataError):
        read_medmnist(saved(**arrays((6, 6, 3) if coloured else (6, 6), **changed)))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), place=st.integers(0, 5000))
def test_bytes_of_any_kind_are_read_or_refused(saved, content, place):
    path = saved(**arrays((6, 6)))
    whole = path.read_bytes()
    place %= len(whole)
    for spoilt in (content, b"PK\x03\x04" + content, whole[:place] + content + whole[place + len(content) :]):
        path.write_bytes(spoilt)
        with contextlib.suppress(DataError):
            read_medmnist(path)


@pytest.mark.parametrize("read", [read_image, read_folder, read_medmnist])
def test_what_is_no_path_is_refused(read):
    with pytest.raises(DataError, match="a path is a text"):
        read(None)


def test_a_function_of_the_users_that_stops_is_named_with_its_file(folder):
    with pytest.raises(DataError, match=r"png: your function patient stops with ZeroDivisionError"):
        read_folder(folder("train", "val", "test"), patient=lambda file: 1 / 0)
