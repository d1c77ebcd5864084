"""Pictures with boxes: VOC and tables, splits, classes, sizes, colours, and each bad input one sentence."""

import io
import struct
import tarfile
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from medlearn.data import load
from medlearn.data.images import read_boxes
from medlearn.data.images.boxes import SIDES
from medlearn.errors import DataError

BOXES = [("RBC", (2, 3, 10, 12)), ("WBC", (20, 4, 31, 20)), ("RBC", (0, 1, 8, 9))]


def picture(number=0, size=(32, 24), kind="PNG", mode="RGB"):
    grey = np.random.default_rng(number).integers(256, size=(*size[::-1], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(grey).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def xml(boxes, name="", size=(32, 24)):
    objects = ""
    for label, box in boxes:
        corners = "".join(f"<{side}>{at}</{side}>" for side, at in zip(SIDES, box, strict=True))
        objects += f"<object><name>{label}</name><difficult>{label == 'hard':d}</difficult>"
        objects += f"<bndbox>{corners}</bndbox></object>"
    sides = f"<size><width>{size[0]}</width><height>{size[1]}</height></size>"
    return f"<annotation><filename>{name}</filename>{sides}{objects}</annotation>".encode()


def voc(count=10, lists=True):
    files = {}
    for n in range(count):
        files[f"own/JPEGImages/s{n}.png"] = picture(n)
        files[f"own/Annotations/s{n}.xml"] = xml(BOXES[: n % 4])
    parts = {"train": range(5), "val": range(5, 7), "test": range(7, count), "trainval": range(7)}
    for part, numbers in parts.items() if lists else ():
        files[f"own/ImageSets/Main/{part}.txt"] = "".join(f"s{n}\n" for n in numbers).encode()
    return files


def csv(count=10, head="image,xmin,ymin,xmax,ymax,label", scale=(1, 1), mark=","):
    files = {f"own/s{n}.png": picture(n) for n in range(count)}
    rows = [head]
    for n in range(count):
        for label, (x0, y0, x1, y1) in BOXES[: n % 4]:
            rows.append(f"s{n}.png,{x0 / scale[0]},{y0 / scale[1]},{x1 / scale[0]},{y1 / scale[1]},{label}")
    files["own/boxes.csv"] = "\n".join(rows).replace(",", mark).encode()
    return files


def lay(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def every(data):
    """Each picture's boxes and the picture, by its name, over all splits."""
    return {
        str(name): (split.y[n], split.x[n])
        for split in data.splits.values()
        for n, name in enumerate(split.about["name"])
    }


def sizes(data):
    return [len(split) for split in data.splits.values()]


def test_folder_zip_and_tar_are_the_same_and_split_as_listed(tmp_path):
    folder = lay(tmp_path / "folder", voc())
    with (
        zipfile.ZipFile(tmp_path / "own.zip", "w") as archive,
        tarfile.open(tmp_path / "own.tar.gz", "w:gz") as tar,
    ):
        for name, content in voc().items():
            archive.writestr(name, content)
        tar.add(folder, arcname=".")
    found = [read_boxes(place) for place in (folder, tmp_path / "own.zip", tmp_path / "own.tar.gz")]
    for data in found:
        assert sizes(data) == [5, 2, 3] and data.task == "detection" and data.classes == ("RBC", "WBC")
        assert data.train.x.shape == (5, 24, 32, 3) and data.train.x.dtype == np.uint8
        assert np.array_equal(data.test.x, found[0].test.x) and not data.notes and not data.patients_known
    assert (
        found[0].describe().startswith("folder: 10 real pictures (train 5, validation 2, test 3), 13 boxes")
    )
    assert found[0].train.about["name"].tolist() == ["s0", "s1", "s2", "s3", "s4"]
    boxes = found[0].train.y[3]
    assert boxes["corners"].tolist() == [list(box) for _, box in BOXES] and boxes["label"].tolist() == [
        0,
        1,
        0,
    ]
    assert boxes["corners"].dtype == np.float32 and boxes["label"].dtype == np.int64
    assert not boxes["ignore"].any() and len(found[0].train.y[0]["label"]) == 0


def test_what_is_difficult_is_to_be_ignored(tmp_path):
    files = voc() | {"own/Annotations/s0.xml": xml([("hard", (1, 1, 5, 5)), ("easy", (1, 1, 5, 5))])}
    assert every(read_boxes(lay(tmp_path, files)))["s0"][0]["ignore"].tolist() == [True, False]


def test_trainval_does_for_train_and_without_lists_patients_are_dealt_out(tmp_path):
    files = voc()
    del files["own/ImageSets/Main/train.txt"]
    assert sizes(read_boxes(lay(tmp_path / "a", files))) == [5, 2, 3]
    files["own/ImageSets/Main/train.txt"] = b"s0\ns1\n"
    del files["own/ImageSets/Main/val.txt"]
    assert sizes(read_boxes(lay(tmp_path / "rest", files))) == [2, 5, 3]
    del files["own/ImageSets/Main/train.txt"]
    assert sizes(read_boxes(lay(tmp_path / "b", files))) == [6, 1, 3]
    del files["own/ImageSets/Main/test.txt"]
    data = read_boxes(lay(tmp_path / "c", files))
    assert sizes(data) == [6, 2, 2] and "is not followed" in data.notes[0].what
    files["own/images.csv"] = b"image,patient,site\n" + b"".join(
        b"s%d.png,%d,7\n" % (n, n // 2) for n in range(10)
    )
    data = read_boxes(lay(tmp_path / "d", files))
    assert data.patients_known and sizes(data) == [6, 2, 2] and data.train.about["site"].tolist() == [7] * 6


def test_folders_split_too(tmp_path):
    files = {f"{'test' if n > 6 else 'train'}/s{n}.{end}": b"" for n in range(10) for end in ("png", "xml")}
    for name in files:
        number = int(name[-5])
        files[name] = picture(number) if name.endswith("png") else xml(BOXES)
    assert len(read_boxes(lay(tmp_path / "own", files)).test) == 3
    alone = {name: content for name, content in files.items() if name.startswith("train")}
    with pytest.raises(DataError, match="is split by half"):
        read_boxes(lay(tmp_path / "half", alone))


def test_the_name_inside_an_xml_does_where_its_own_fits_no_picture(tmp_path):
    files = voc(lists=False)
    files["own/Annotations/other.xml"] = xml(BOXES, name="s3.png")
    del files["own/Annotations/s3.xml"]
    data = read_boxes(lay(tmp_path, files | {"own/JPEGImages/more.bmp": picture(77, kind="BMP")}))
    assert len(every(data)["s3"][0]["label"]) == 3
    assert [(note.what, note.count) for note in data.notes] == [("picture without an XML, left out", 1)]


@pytest.mark.parametrize(
    ("head", "mark", "scale"),
    [
        ("image,xmin,ymin,xmax,ymax,label", ",", (1, 1)),
        ("Filename,x_min,y_min,x_max,y_max,class", ";", (1, 1)),
        ("Image ID,x1,y1,x2,y2,label_name", "\t", (1, 1)),
        ("path,X0,Y0,X1,Y1,cell_type", ",", (32, 24)),
    ],
)
def test_a_table_of_boxes_in_pixels_or_shares_under_many_heads(tmp_path, head, mark, scale):
    data = read_boxes(lay(tmp_path, csv(head=head, mark=mark, scale=scale)))
    boxes = every(data)
    assert np.allclose(boxes["s3"][0]["corners"], [box for _, box in BOXES], atol=1e-4)
    assert len(boxes) == 10 and len(boxes["s4"][0]["label"]) == 0 and not data.patients_known
    said = [note.what for note in data.notes]
    assert said[-1].startswith("picture that no row names")
    assert len(said) == 1 + (scale[0] > 1) and ("shares" in said[0]) == (scale[0] > 1)


def test_a_row_with_an_image_alone_has_no_box_and_a_repeated_row_counts_once(tmp_path):
    files = csv()
    files["own/boxes.csv"] += b"\ns0.png,,,,,\ns4.png,,,,,\ns8,,,,,\ns1.png,2.0,3.0,10.0,12.0,RBC"
    data = read_boxes(lay(tmp_path, files))
    assert len(every(data)["s1"][0]["label"]) == 1
    assert [note.what for note in data.notes] == ["row repeated word for word, read once"]


def test_pictures_fit_into_a_shape_and_boxes_with_them(tmp_path):
    files = voc() | {"own/JPEGImages/s3.png": picture(3, (24, 32)), "own/Annotations/s3.xml": xml(BOXES[:1])}
    folder = lay(tmp_path, files)
    kept = read_boxes(folder)
    assert kept.train.x.dtype == object and kept.train.x[3].shape == (32, 24, 3)
    assert [note.what for note in kept.notes] == ["size in an XML that is not its picture's, which counts"]
    data = read_boxes(folder, shape=(12, 16))
    assert data.train.x.shape == (5, 12, 16, 3)
    assert data.train.y[1]["corners"].tolist() == [[1, 1.5, 5, 6]]
    rest = data.train.x[3][:, 9:].reshape(-1, 3)  # to the right of what was scaled: the median colour
    assert (rest == rest[0]).all() and not (data.train.x[3][:, 8] == rest[0]).all()
    colours = picture_of(files["own/JPEGImages/s3.png"]).reshape(-1, 3)
    assert np.allclose(rest[0], np.median(colours, axis=0), atol=1)
    assert np.allclose(data.train.y[3]["corners"], [[2 * 9 / 24, 3 * 12 / 32, 10 * 9 / 24, 12 * 12 / 32]])
    mean = picture_of(files["own/JPEGImages/s0.png"]).mean((0, 1))
    assert np.allclose(data.train.x[0].mean((0, 1)), mean, atol=4)  # it is averaged, not thinned out
    assert read_boxes(folder, shape=(48, 64)).train.y[1]["corners"].tolist() == [[4, 6, 20, 24]]


def picture_of(content):
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("shape", [12, (12,), (0, 4), (12.0, 16), "ab"])
def test_a_shape_is_two_numbers(tmp_path, shape):
    with pytest.raises(DataError, match=r"shape is a height and a width in pixels, such as \(240, 320\)"):
        read_boxes(tmp_path, shape=shape)


@pytest.mark.parametrize(("mode", "kind"), [("L", "BMP"), ("P", "PNG"), ("CMYK", "JPEG"), ("1", "TIFF")])
def test_every_kind_of_picture_becomes_colours(tmp_path, mode, kind):
    files = voc()
    del files["own/JPEGImages/s0.png"]
    files[f"own/JPEGImages/s0.{kind.lower()}"] = picture(0, mode=mode, kind=kind)
    x = every(read_boxes(lay(tmp_path, files)))["s0"][1]
    assert x.shape == (24, 32, 3) and np.ptp(x) > 150


def test_what_is_transparent_is_black_and_16_bits_are_scaled(tmp_path):
    files = voc()
    clear = Image.open(io.BytesIO(picture())).convert("RGBA")
    clear.putalpha(Image.fromarray(np.uint8([[0] * 16 + [255] * 16] * 24)))
    deep = Image.fromarray(np.linspace(0, 4000, 24 * 32).reshape(24, 32).astype(np.uint16))
    for name, image in (("s0", clear), ("s1", deep)):
        image.save(buffer := io.BytesIO(), "PNG")
        files[f"own/JPEGImages/{name}.png"] = buffer.getvalue()
    x = {name: image for name, (_, image) in every(read_boxes(lay(tmp_path, files))).items()}
    assert not x["s0"][:, :16].any() and x["s0"][:, 16:].any() and x["s1"].max() == 255


def test_classes_are_the_entry_s_in_any_spelling(tmp_path):
    said = ["rbcs", "White blood-cell", "PLATELET", "Leuko_cytes"]
    files = voc() | {"own/Annotations/s0.xml": xml([(name, (1, 1, 9, 9)) for name in said])}
    data = load("smears", file=lay(tmp_path, files), shape=(24, 32))
    assert data.classes == ("RBC", "WBC", "Platelets") and "cells" in data.describe()
    assert every(data)["s0"][0]["label"].tolist() == [0, 1, 2, 1]
    names = {"Cell": ("rbc", "WBC", "platelets", "white blood cell", "leukocyte")}
    assert read_boxes(tmp_path, names=names).classes == ("Cell",)
    assert read_boxes(tmp_path).classes == ("Leuko_cytes", "PLATELET", "RBC", "WBC", "White blood-cell")
    with pytest.raises(DataError, match="names: 'Parasite' is none of the classes RBC, WBC, Platelets"):
        load("smears", file=tmp_path, names={"Parasite": ("malaria",)})


ONE = "own/Annotations/s0.xml"
BAD_VOC = {
    r"s0\.xml is no XML, or damaged \(.*\): export it again": {ONE: b"<annotation><object>"},
    r"s0\.xml is not Pascal VOC: it holds <html>": {ONE: b"<html></html>"},
    r"s0\.xml has a DOCTYPE or entities": {
        ONE: b'<!DOCTYPE a [<!ENTITY b "cell">]><annotation>&b;</annotation>'
    },
    r"s0\.xml has 5 MB, far more": {ONE: b"<annotation>" + b" " * (5 << 20) + b"</annotation>"},
    r"s0\.xml, object 1 has no <bndbox>": {
        ONE: b"<annotation><object><name>RBC</name></object></annotation>"
    },
    "of the picture gone.png, which is not there": {"own/Annotations/gone.xml": xml(BOXES, name="gone.png")},
    r"s0\.xml and own/Annotations/twin\.xml are of one picture": {
        "own/Annotations/twin.xml": xml(BOXES, name="s0.png")
    },
    r"object 1: the box has no number for xmax": {ONE: xml([("RBC", (1, 1, "nan", 4))])},
    r"object 1: the box has no number for ymin": {ONE: xml([("RBC", (1, "", 3, 4))])},
    "is reversed": {ONE: xml([("RBC", (9, 1, 3, 4))])},
    "lies outside its picture of 32 x 24 pixels": {ONE: xml([("RBC", (33, 1, 40, 4))])},
    "look like shares of the picture's width": {ONE: xml([("RBC", (0.1, 0.1, 0.4, 0.5))])},
    "is of a picture of 640 x 480 pixels, but .* has 32 x 24, and boxes reach beyond": {
        ONE: xml([("RBC", (9, 9, 300, 200))], size=(640, 480))
    },
    "object 1: the object has no label: name what it is": {ONE: xml([("", (1, 1, 5, 5))])},
    "are two pictures of one name: rename one": {"own/JPEGImages/s0.bmp": picture(0, kind="BMP")},
    "cannot be read as a picture": {"own/JPEGImages/s0.png": b"no picture"},
    r"test\.txt names no picture: name some": {"own/ImageSets/Main/test.txt": b"\n"},
    r"test\.txt names s99, of which there is no XML": {"own/ImageSets/Main/test.txt": b"s99\n"},
    "ImageSets lists s0 for train and test": {"own/ImageSets/Main/test.txt": b"s0\ns8\n"},
    r"images\.csv has no row for the picture s0": {"own/images.csv": b"image,patient\ns1,4\n"},
}
TABLE = "own/boxes.csv"
BAD_CSV = {
    "row 2, column 'image': the picture 's99' is not there": {TABLE: b"s99.png,1,2,3,4,RBC"},
    "row 2, column 'xmin': '1,5' stands where a number belongs": {TABLE: b's0.png,"1,5",2,3,4,RBC'},
    "boxes.csv and own/more.csv tell of one picture, s1": {"own/more.csv": b"s1,1,2,3,4,RBC"},
    "row 2: the box has no number for ymax": {TABLE: b"s0.png,1,2,3,,RBC"},
    "row 2: the object has no label": {TABLE: b"s0.png,1,2,3,4,"},
    "look like shares of the picture's width": {TABLE: b"s0.png,.1,.2,.3,1.01,RBC"},
}


@pytest.mark.parametrize("said", [*BAD_VOC, *BAD_CSV])
def test_what_is_wrong_is_one_sentence(tmp_path, said):
    head = b"image,xmin,ymin,xmax,ymax,label\n"
    if said in BAD_CSV:
        files = csv() | {name: head + content for name, content in BAD_CSV[said].items()}
    else:
        files = voc() | BAD_VOC[said]
    with pytest.raises(DataError, match=said) as error:
        read_boxes(lay(tmp_path, files))
    assert "\n" not in str(error.value)


def test_a_label_of_no_class_is_named_with_its_file_and_the_classes(tmp_path):
    files = voc() | {ONE: xml([("Blast", (1, 1, 9, 9))])}
    with pytest.raises(
        DataError, match=r"s0\.xml, object 1: 'Blast' is none of the classes RBC, WBC, Platel"
    ):
        load("smears", file=lay(tmp_path, files))


def test_percent_and_a_box_that_sticks_out(tmp_path):
    files = {f"own/s{n}.png": picture(n, (320, 240)) for n in range(6)}
    rows = "".join(f"s{n}.png,10,10,60,{90 + k},RBC\n" for n in range(6) for k in range(3))
    files["own/boxes.csv"] = b"image,xmin,ymin,xmax,ymax,label\n" + rows.encode()
    with pytest.raises(DataError, match="look like percent of the picture's width and height"):
        read_boxes(lay(tmp_path, files))
    files["own/boxes.csv"] += b"s0.png,300,200,330,239,RBC\n"
    data = read_boxes(lay(tmp_path, files))
    assert every(data)["s0"][0]["corners"][-1].tolist() == [300, 200, 320, 239]
    assert [note.what for note in data.notes] == ["box cut at the edge"]


@pytest.mark.parametrize(
    ("side", "said"),
    [(9000, "claims to be 9000 x 9000 pixels"), (30_000, "larger than any picture: cut it into tiles")],
)
def test_a_picture_that_claims_to_be_huge_is_not_unpacked(tmp_path, side, said):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    huge = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(DataError, match=said):
        read_boxes(lay(tmp_path, voc() | {"own/JPEGImages/s0.png": huge}))


def test_a_place_without_boxes_and_a_table_without_its_columns(tmp_path):
    with pytest.raises(DataError, match="holds no pictures with boxes: put them into JPEGImages/"):
        read_boxes(lay(tmp_path / "a", {"own/s0.png": picture()}))
    with pytest.raises(
        DataError, match=r"needs the columns image, xmin, ymin, xmax, ymax and label, .*: a, b"
    ):
        read_boxes(lay(tmp_path / "b", {"own/s0.png": picture(), "own/boxes.csv": b"a,b\n1,2\n"}))


def test_the_stand_in_is_split_by_slide():
    data = load("smears", size="small", shape=(60, 80))
    assert data.simulated and data.patients_known and sum(sizes(data)) == 180
    assert data.train.x.shape[1:] == (60, 80, 3) and data.train.y["corners"].max() <= 80


def test_the_real_smears(real_data):
    data = load("smears", file=real_data / "bccd_detection" / "BCCD.zip", shape=(120, 160))
    assert sizes(data) == [205, 87, 72] and "364 real smears" in data.describe()
    assert "4,886 cells" in data.describe() and not data.patients_known
    assert [(note.what, note.count) for note in data.notes] == [("box without area, set aside", 2)]
    labels = np.concatenate([split.y["label"] for split in data.splits.values()])
    assert np.bincount(labels).tolist() == [4153, 372, 361]
