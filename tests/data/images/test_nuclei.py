"""Pictures with masks: both ways to lay them, zip and folder, and each bad input as one sentence."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from medlearn.data import load
from medlearn.data.images import read_nuclei
from medlearn.errors import DataError


def png(values, kind="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(values)).save(buffer, kind)
    return buffer.getvalue()


def scene(size=16, shift=0):
    """A picture with two objects, and their masks."""
    first, second = np.zeros((2, size, size), np.uint8)
    first[2:6, 2:6], second[8:12, 8 : 12 + shift] = 255, 255
    return np.maximum(first, second) // 2 + np.uint8(shift), first, second


def lay(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def bowl(count=6):
    """As the Data Science Bowl lays them: a folder a picture, a mask an object."""
    files = {}
    for n in range(count):
        image, *masks = scene(shift=n % 3)
        image = image.copy()
        image[0, 0] = n
        files[f"id{n}/images/id{n}.png"] = png(image)
        files |= {f"id{n}/masks/{k}.png": png(mask) for k, mask in enumerate(masks)}
    return files


@pytest.fixture
def folder(tmp_path):
    return lay(tmp_path / "own", bowl())


def test_a_folder_a_picture_and_a_mask_an_object(folder):
    data = read_nuclei(folder)
    assert [len(split) for split in data.splits.values()] == [4, 1, 1]
    assert data.train.x.shape == (4, 16, 16, 1) and data.train.x.dtype == np.uint8
    assert data.train.y.max() == 2 and (data.train.y > 0).sum() >= 4 * 32
    assert data.task == "segmentation" and not data.patients_known and "12 nuclei" in data.describe()


def test_a_zip_is_the_same_and_what_macs_leave_behind_is_not_read(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        for name, content in bowl().items():
            archive.writestr(name, content)
        archive.writestr("__MACOSX/id0/images/._id0.png", b"junk")
    one, other = read_nuclei(folder), read_nuclei(tmp_path / "own.zip")
    assert np.array_equal(one.train.x, other.train.x) and np.array_equal(one.test.y, other.test.y)


def test_label_maps_of_the_same_name_and_masks_of_two_values(tmp_path):
    image, first, second = scene()
    files = {}
    for n in range(5):
        image = image.copy()
        image[0, 0] = n
        files[f"images/p{n}.png"] = png(image)
        files[f"masks/p{n}.png"] = png(np.uint16(7) * (first > 0) + np.uint16(300) * (second > 0))
    data = read_nuclei(lay(tmp_path / "maps", files))
    assert data.train.y.max() == 2 and not data.notes
    files |= {f"masks/p{n}.png": png(first | second) for n in range(5)}
    data = read_nuclei(lay(tmp_path / "two", files))
    assert data.train.y.max() == 2 and data.notes[0].grave and data.notes[0].count == 5


def test_a_table_says_whose_a_picture_is(tmp_path):
    folder = lay(tmp_path / "own", bowl(10))
    rows = "".join(f"id{n},well{n // 2},{n * 1.5}\n" for n in range(10))
    (folder / "images.csv").write_text("image,patient,brightness\n" + rows)
    data = read_nuclei(folder)
    assert data.patients_known and set(data.train.patient) & set(data.test.patient) == set()
    assert data.train.about["brightness"].dtype == float
    (folder / "images.csv").write_text("image,patient\nid0,a\n")
    with pytest.raises(DataError, match=r"no row for the picture id1: add it"):
        read_nuclei(folder)


def test_pictures_of_other_sizes_are_left_out_and_noted_or_kept(folder):
    image, first, _ = scene(size=24)
    lay(folder, {"id9/images/a.png": png(image), "id9/masks/a1.png": png(first)})
    data = read_nuclei(folder)
    assert sum(map(len, data.splits.values())) == 6 and data.notes[0].count == 1
    kept = read_nuclei(folder, one_size=False)
    assert sum(map(len, kept.splits.values())) == 7 and kept.train.x.dtype == object


def test_colours_become_grey_and_16_bits_are_scaled(tmp_path):
    files = bowl()
    files["id0/images/id0.png"] = png(np.full((16, 16, 3), (200, 200, 200), np.uint8))
    files["id1/images/id1.png"] = png(np.linspace(0, 4000, 256).reshape(16, 16).astype(np.uint16))
    data = read_nuclei(lay(tmp_path / "own", files))
    every = np.concatenate([split.x for split in data.splits.values()])
    assert sorted(int(one.max()) for one in every)[-2:] == [200, 255]


WRONG = {
    "is 8 x 8 pixels, but its picture": {"id0/masks/0.png": png(np.zeros((8, 8), np.uint8))},
    "is no mask: .* lie between 0 and 255": {
        "id0/masks/0.png": png(np.arange(256, dtype=np.uint8).reshape(16, 16))
    },
    r"share \d+ pixel": {"id0/masks/2.png": png(np.full((16, 16), 255, np.uint8))},
    "cannot be read as a picture": {"id0/images/id0.png": b"no picture"},
    "has colours": {"id0/masks/0.png": png(np.eye(16, dtype=np.uint8)[..., None] * np.uint8([0, 9, 200]))},
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_is_one_sentence(tmp_path, said):
    with pytest.raises(DataError, match=said) as error:
        read_nuclei(lay(tmp_path / "own", bowl() | WRONG[said]))
    assert "\n" not in str(error.value)


def test_a_picture_without_masks_and_a_place_without_pictures(tmp_path):
    files = {name: content for name, content in bowl().items() if not name.startswith("id0/masks")}
    with pytest.raises(DataError, match=r"id0\.png has no masks: add them, one all 0 if there is nothing"):
        read_nuclei(lay(tmp_path / "own", files))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no pictures with masks"):
        read_nuclei(tmp_path / "empty")


@pytest.mark.parametrize("name", ["broken.zip", "notes.txt"])
def test_a_file_that_is_no_archive_is_refused_by_what_it_is(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\3\4 and no more")
    with pytest.raises(DataError, match=f"{name} is no folder and no .zip, .tar or .tar.gz"):
        load("nuclei", file=tmp_path / name)


@pytest.mark.parametrize("there", ["train", "test"])
def test_half_a_split_is_refused(tmp_path, there):
    lay(tmp_path, {f"{there}/{name}": file for name, file in bowl().items()})
    with pytest.raises(DataError, match="is split by half"):
        load("nuclei", file=tmp_path)


def test_the_folders_train_and_test_are_kept(tmp_path):
    for name, file in bowl(12).items():
        where = "test" if name.startswith("id1") else "train"
        lay(tmp_path, {f"{where}/{name}": file})
    data = load("nuclei", file=tmp_path)
    assert len(data.test) == sum(f"id{n}".startswith("id1") for n in range(12))


def test_an_empty_picture_has_one_mask_that_is_all_0(tmp_path):
    files = bowl() | {"id0/masks/0.png": png(np.zeros((16, 16), np.uint8))}
    files.pop("id0/masks/1.png")
    data = read_nuclei(lay(tmp_path / "own", files))
    assert sorted(int(y.max()) for split in data.splits.values() for y in split.y) == [0, 2, 2, 2, 2, 2]


def test_the_stand_in_looks_as_announced_and_no_well_is_on_two_sides():
    data = load("nuclei", size="small")
    assert data.simulated and data.patients_known
    assert [len(split) for split in data.splits.values()] == [70, 25, 25]
    assert data.train.x.shape[1:] == (128, 128, 1)
    brightest = data.train.x.max((1, 2, 3)).astype(float)
    assert brightest.max() / brightest.min() > 8
