"""Slides as bags of tiles: layouts, labels, splits, truth by tile, and each bad input one sentence."""

import io
import struct
import tarfile
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from medlearn.data.catalogue import find
from medlearn.data.images import bags, read_bags
from medlearn.data.ragged import Ragged
from medlearn.errors import DataError


def picture(number=0, size=(8, 8), kind="PNG", mode="RGB"):
    noise = np.random.default_rng(number).integers(256, size=(*size[::-1], 3), dtype=np.uint8)
    Image.fromarray(noise).convert(mode).save(buffer := io.BytesIO(), kind)
    return buffer.getvalue()


def rows(count=10, head="slide,label,split,patient,hospital"):
    parts = ["train"] * 6 + ["val"] * 2 + ["test"] * (count - 8)
    told = [f"S{n},{n % 2},{parts[n]},P{n},{'AB'[n // 2 % 2]}" for n in range(count)]
    return "\n".join([head, *(row.rsplit(",", 4 - head.count(","))[0] for row in told)]).encode()


def truth(count=10):
    told = [f"S{n},{t},{int(n % 2 and not t)}" for n in range(count) for t in range(1 + n % 3)]
    return "\n".join(["slide,tile,tumour", *told]).encode()


def slides(count=10, **tables):
    """Files of slides of one to three tiles, the odd ones with tumour, below a folder."""
    files = {f"own/S{n}/{t}.png": picture(10 * n + t) for n in range(count) for t in range(1 + n % 3)}
    return (
        files | {"own/slides.csv": rows(count)} | {f"own/{name}.csv": text for name, text in tables.items()}
    )


def lay(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def zipped(folder, files, name="slides.zip"):
    with zipfile.ZipFile(folder / name, "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
    return folder / name


def read(place, **options):
    return read_bags(place, **{"pixels": 8} | options)


def every(data):
    """Each slide's tiles, by its name, over all splits."""
    return {
        str(slide): split.x[at]
        for split in data.splits.values()
        for at, slide in enumerate(split.about["slide"])
    }


def sizes(data):
    return [len(split) for split in data.splits.values()]


def pixels_of(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


# What it gives


def test_folder_zip_and_tar_are_the_same_and_split_as_listed(tmp_path):
    files = slides(tiles=truth())
    folder = lay(tmp_path / "folder", files)
    (tmp_path / "held").mkdir()
    zipped(tmp_path / "held", files)
    with tarfile.open(tmp_path / "own.tar.gz", "w:gz") as tar:
        tar.add(folder, arcname=".")
    found = [
        read(at) for at in (folder, tmp_path / "held", tmp_path / "held/slides.zip", tmp_path / "own.tar.gz")
    ]
    for data in found:
        assert sizes(data) == [6, 2, 2] and data.task == "binary" and data.patients_known
        assert data.classes == ("no tumour", "tumour") and (data.cases, data.objects) == ("slides", "tiles")
        assert not data.simulated and not data.notes
        assert isinstance(data.train.x, Ragged) and list(data.train.x.columns) == ["value"]
        assert data.train.x.counts.tolist() == [1, 2, 3, 1, 2, 3]
        assert np.array_equal(data.test.x["value"], found[0].test.x["value"])
    train = found[0].train
    assert train.x[1].shape == (2, 8, 8, 3) and train.x[1].dtype == np.uint8
    assert np.array_equal(train.x[2][1], pixels_of(files["own/S2/1.png"]))
    assert train.y.tolist() == [0, 1, 0, 1, 0, 1] and train.y.dtype == np.int64
    assert train.patient.tolist() == [f"P{n}" for n in range(6)]
    assert train.about["hospital"].tolist() == list("AABBAA")
    tumour = found[0].train.about["tumour"]
    assert isinstance(tumour, Ragged) and tumour["value"].dtype == bool
    assert [each.tolist() for each in tumour][:3] == [[False], [True, False], [False, False, False]]
    assert tumour.counts.tolist() == train.x.counts.tolist()


def test_without_a_split_patients_are_dealt_out_by_seed(tmp_path):
    files = slides()
    files["own/slides.csv"] = rows(head="slide,label")
    data = read(lay(tmp_path / "a", files))
    assert sizes(data) == [6, 2, 2] and not data.patients_known and set(data.train.about) == {"slide"}
    assert [split.y.mean() for split in data.splits.values()] == [0.5] * 3
    assert read(tmp_path / "a", seed=1).test.about["slide"].tolist() != data.test.about["slide"].tolist()
    told = [f"S{n},{n % 2},{n // 4}" for n in range(20)]
    twenty = slides(20, slides="\n".join(["slide;label;patient", *told]).replace(",", ";").encode())
    data = read(lay(tmp_path / "b", twenty))
    assert data.patients_known and sizes(data) == [12, 4, 4]


def test_without_validation_slides_a_fifth_of_the_training_patients_is_taken(tmp_path):
    files = slides()
    files["own/slides.csv"] = rows().replace(b",val,", b",train,")
    assert [len(split) > 0 for split in read(lay(tmp_path, files)).splits.values()] == [True] * 3


def test_labels_may_be_the_names_of_the_classes(tmp_path):
    files = slides()
    told = [f"S{n},{('No tumour', 'TUMOUR')[n % 2]}" for n in range(10)]
    files["own/slides.csv"] = "\n".join(["slide,label", *told]).encode()
    data = read(lay(tmp_path, files), entry=find("slides"))
    for split in data.splits.values():
        assert split.y.tolist() == [int(slide[1:]) % 2 for slide in split.about["slide"]]


def test_what_a_simulator_wrote_says_so(tmp_path):
    assert read(zipped(tmp_path, slides() | {"SIMULATED.txt": b"Nobody's."})).simulated


def test_the_order_is_that_of_the_names_and_numbers_become_numbers(tmp_path):
    files = dict(reversed(slides().items()))
    files["own/slides.csv"] = (
        rows(head="slide,label,split,patient,age").replace(b",A", b",61").replace(b",B", b",58.5")
    )
    data = read(zipped(tmp_path, files))
    assert data.train.about["slide"].tolist() == [f"S{n}" for n in range(6)]
    assert np.array_equal(data.train.x[2][0], pixels_of(files["own/S2/0.png"]))
    assert data.train.about["age"].tolist() == [61, 61, 58.5, 58.5, 61, 61]


# Tiles of every kind


def one_tile(tmp_path, content, name="own/S0/0.png", **options):
    files = {name_: held for name_, held in slides().items() if name_ != "own/S0/0.png"}
    data = read(lay(tmp_path, files | {name: content}), **options)
    return every(data)["S0"][0], data


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("L", "PNG"), ("P", "PNG"), ("1", "TIFF"), ("RGB", "TIFF"), ("L", "BMP"), ("CMYK", "JPEG")],
)
def test_every_kind_of_picture_becomes_colours(tmp_path, mode, kind):
    tile, data = one_tile(tmp_path, picture(0, mode=mode, kind=kind), f"own/S0/0.{kind.lower()}")
    assert tile.shape == (8, 8, 3) and np.ptp(tile) > 100 and not data.notes
    if mode == "L":
        assert (tile == tile[..., :1]).all()


def test_what_is_transparent_is_white_as_glass_is(tmp_path):
    clear = Image.open(io.BytesIO(picture())).convert("RGBA")
    clear.putalpha(Image.fromarray(np.uint8([[0] * 4 + [255] * 4] * 8)))
    clear.save(buffer := io.BytesIO(), "PNG")
    tile, _ = one_tile(tmp_path, buffer.getvalue())
    assert (tile[:, :4] == 255).all() and np.array_equal(tile[:, 4:], pixels_of(picture())[:, 4:])


def test_tiles_of_several_sizes_become_one(tmp_path):
    large = picture(0, (24, 16))
    tile, data = one_tile(tmp_path, large)
    middle = pixels_of(large)[:, 4:20]
    assert tile.shape == (8, 8, 3) and not data.notes
    assert np.allclose(tile.mean((0, 1)), middle.mean((0, 1)), atol=4)  # averaged, not thinned out
    small, data = one_tile(tmp_path, picture(0, (5, 9)))
    assert small.shape == (8, 8, 3)
    assert [(note.what, note.count, note.grave) for note in data.notes] == [
        ("tile smaller than was asked for, enlarged", 1, False)
    ]


@pytest.mark.parametrize("pixels", [0, -8, 8.0, "8", None])
def test_pixels_is_a_whole_number(tmp_path, pixels):
    with pytest.raises(DataError, match="pixels is the height and width of a tile, such as 28, not"):
        read_bags(tmp_path, pixels=pixels)


def large(tmp_path, count):
    some = [picture(n, (4, 4)) for n in range(20)]
    return zipped(tmp_path, slides() | {f"own/S0/{n:05}.png": some[n % 20] for n in range(count)})


def test_a_bag_of_ten_thousand_tiles_is_read(tmp_path):
    data = read(large(tmp_path, 10_000), pixels=4)
    assert every(data)["S0"].shape == (10_001, 4, 4, 3) and data.train.x.counts.max() == 10_001


def test_a_large_bag_takes_about_twice_the_memory_of_its_tiles_while_it_is_read(tmp_path):
    place = large(tmp_path, 600)
    read(lay(tmp_path / "few", slides()))  # what is imported on the way does not count
    tracemalloc.start()
    read(place, pixels=64)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2.3 * 621 * 64 * 64 * 3


def test_more_tiles_than_memory_should_hold_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bags, "MOST_BYTES", 18 * 8 * 8 * 3)
    with pytest.raises(
        DataError, match="more tiles of 8 px than fit into 0 GB: ask for fewer pixels, or take"
    ):
        read(lay(tmp_path, slides()))
    assert read(tmp_path, pixels=6).train.x.counts.sum() == 12


# What is odd and noted


def noted(data):
    return [(note.what, note.count, note.first, note.grave) for note in data.notes]


def test_a_tile_in_two_slides_is_noted_and_glass_is_not(tmp_path):
    glass = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(glass, "PNG")
    files = slides() | {f"own/S{n}/glass.png": glass.getvalue() for n in range(10)}
    files |= {
        "own/S2/again.png": picture(0),
        "own/S2/once_more.png": picture(0),
        "own/S9/same.png": picture(11),
    }
    assert noted(read(lay(tmp_path, files))) == [
        ("tile that is in two slides of one split", 2, "S0/0 is S2/again", False),
        ("tile that is in two splits: scores on it are too good", 1, "S1/1 is S9/same", True),
    ]


def test_a_folder_without_a_row_and_repeated_rows_are_noted(tmp_path):
    files = slides() | {"own/S77/0.png": picture(77), "own/S1/deep/0.png": picture(78)}
    files["own/slides.csv"] += b"\nS3,1,train,P3,B\n"
    assert noted(read(lay(tmp_path, files))) == [
        ("row repeated word for word, read once", 1, "slides.csv, row 12", False),
        ("folder with pictures that slides.csv does not name, left out", 2, "own/S1/deep", False),
    ]


def test_a_label_that_its_tiles_contradict_is_noted(tmp_path):
    told = truth().replace(b"S1,0,1", b"S1,0,0").replace(b"S4,1,0", b"S4,1.png,1")
    ((what, count, first, grave),) = noted(read(lay(tmp_path, slides(tiles=told))))
    assert (what, count, first, grave) == ("slide whose label its tiles contradict", 2, "S1", True)


# What is refused


SLIDES, TILES = "own/slides.csv", "own/tiles.csv"
BAD = {
    r"holds no slides\.csv: add one with the columns slide and label": {SLIDES: None},
    r"two tables called slides\.csv, own/slides\.csv and z/slides\.csv": {"z/slides.csv": rows()},
    r"slides\.csv has no column 'label'; its columns are: slide, split": {SLIDES: b"slide,split\nS0,test\n"},
    r"slides\.csv is empty": {SLIDES: b"slide,label\n"},
    r"row 12, column 'slide': there is no folder 'S10' with tiles: add it, or remove": {
        SLIDES: rows() + b"\nS10,0,train,P10,A"
    },
    r"row 2, column 'slide': there is no folder 'S0' with tiles": {"own/S0/0.png": None},
    r"row 2, column 'slide': there is no folder '' with tiles": {SLIDES: rows().replace(b"S0,", b",")},
    r"row 12, column 'slide': 'S1' has a row already: remove one": {SLIDES: rows() + b"\nS1,0,train,P1,A"},
    r"row 3, column 'label': a label is 0 \(no tumour\) or 1 \(tumour\), not '2'": {
        SLIDES: rows().replace(b"S1,1", b"S1,2")
    },
    r"column 'label': a label is .*, not 'maybe'": {SLIDES: rows().replace(b"S1,1", b"S1,maybe")},
    r"column 'label': a label is .*, not ''": {SLIDES: rows().replace(b"S1,1", b"S1,NA")},
    r"row 11, column 'split': 'holdout' is no split: write train, validation, test": {
        SLIDES: rows().replace(b"S9,1,test", b"S9,1,holdout")
    },
    r"is split by half": {SLIDES: rows().replace(b"S9,1,test", b"S9,1,")},
    r"1 patient\(s\) are in both train and test \(first: P0\); move": {SLIDES: rows().replace(b"P9", b"P0")},
    r"row 4, column 'patient': whose slide it is, is missing": {SLIDES: rows().replace(b"P2", b"")},
    r"train has no image of class 'tumour'": {SLIDES: rows().replace(b",1,train", b",0,train")},
    r"own/S0/0\.tif is the second tile called 0: rename one": {"own/S0/0.tif": picture(5, kind="TIFF")},
    r"own/S0/0\.png cannot be read as a picture \(.*\): replace or remove it": {
        "own/S0/0.png": b"no picture"
    },
    r"own/S0/0\.png cannot be read as a picture": {"own/S0/0.png": picture()[:90]},
    r"tiles\.csv, row 2, column 'tile': S0 has no tile '7': add it, or remove the row": {
        TILES: truth().replace(b"S0,0,0", b"S0,7,0")
    },
    r"tiles\.csv, row 2, column 'slide': slides\.csv has no 'S77': add it": {
        TILES: truth().replace(b"S0,0,0", b"S77,0,0")
    },
    r"tiles\.csv has no row for S2/1: add all, or remove the table": {
        TILES: truth().replace(b"S2,1,0\n", b"")
    },
    r"column 'tumour': write 1 for a tile with tumour, 0 for one without": {
        TILES: truth().replace(b"S0,0,0", b"S0,0,0.5")
    },
    r"row 21, column 'tile': S0/0 has a row already: remove one": {TILES: truth() + b"\nS0,0.png,1"},
    r"tiles\.csv has no column 'tumour'": {TILES: b"slide,tile,cancer\nS0,0,0\n"},
}


@pytest.mark.parametrize("said", BAD)
def test_what_is_wrong_is_one_sentence(tmp_path, said):
    files = {name: content for name, content in (slides() | BAD[said]).items() if content is not None}
    for place in (lay(tmp_path / "folder", files), zipped(tmp_path, files)):
        with pytest.raises(DataError, match=said) as error:
            read(place)
        assert "\n" not in str(error.value)


def test_a_slide_whose_folder_is_empty_is_a_bag_without_tiles(tmp_path):
    lay(tmp_path, slides())
    (tmp_path / "own/S0/0.png").unlink()
    with pytest.raises(DataError, match="row 2, column 'slide': there is no folder 'S0' with tiles"):
        read(tmp_path)


def test_what_is_no_archive_and_what_is_not_there(tmp_path):
    (tmp_path / "own.zip").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(DataError, match=r"own\.zip is no folder and no \.zip, \.tar or \.tar\.gz"):
        read(tmp_path / "own.zip")
    with pytest.raises(DataError, match="is no folder and no"):
        read(tmp_path / "nowhere")


# Hostile files


def test_names_that_climb_out_are_refused_and_nothing_is_unpacked(tmp_path):
    (tmp_path / "inner").mkdir()
    path = zipped(tmp_path / "inner", slides() | {"../S0/evil.png": picture()})
    with pytest.raises(DataError, match="climbs out of its folder; do not use this archive"):
        read(path)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "inner", path]
    files = slides()
    files["own/slides.csv"] = rows().replace(b"S0,", b"../own/S0,")
    with pytest.raises(DataError, match=r"there is no folder '\.\./own/S0' with tiles"):
        read(lay(tmp_path / "outer", files))


def test_a_zip_that_unpacks_without_bound_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "slides.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("S0/0.png", bytes(30 << 20))
    with pytest.raises(DataError, match="unpacks to 30 MB, far more than its size can hold"):
        read(tmp_path)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize("side", [9_000, 60_000])
def test_a_picture_that_claims_to_be_huge_is_refused(tmp_path, side):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    with pytest.raises(DataError, match=r"0\.png claims to be"):
        one_tile(tmp_path, bomb)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from([SLIDES, TILES, "own/S0/0.png"]),
    place=st.floats(0, 0.999),
    noise=st.binary(max_size=40),
)
@pytest.mark.filterwarnings("ignore")
def test_bytes_of_any_kind_are_read_or_refused(tmp_path, name, place, noise):
    files = slides(tiles=truth())
    at = int(place * len(files[name]))
    files[name] = files[name][:at] + noise + files[name][at + len(noise) :]
    try:
        read(zipped(tmp_path, files))
    except DataError as error:
        assert "slides" in str(error) and "\n" not in str(error)
