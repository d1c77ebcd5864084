"""The simulated smears: BCCD's folders, boxes that fit, slides known by their colour, labels that lack."""

import csv
import io
import xml.etree.ElementTree as ElementTree
import zipfile

import numpy as np
import pytest
from PIL import Image

from medlearn.data.images.simulate.smears import CLASSES, FIELDS, SPLITS, draw_smears, write_smears


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_smears(tmp_path_factory.mktemp("smears"))


@pytest.fixture(scope="module")
def archive(path):
    with zipfile.ZipFile(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def drawn():
    return draw_smears(12)


def lines_of(archive, name):
    return archive.read(f"BCCD/{name}").decode().split()


def test_it_is_laid_as_the_real_file_is(archive):
    names = lines_of(archive, "ImageSets/Main/trainval.txt") + lines_of(archive, "ImageSets/Main/test.txt")
    assert len(set(names)) == len(names) == FIELDS * sum(SPLITS.values())
    laid = {
        f"BCCD/{kind.format(name)}" for name in names for kind in ("Annotations/{}.xml", "JPEGImages/{}.jpg")
    }
    assert laid < set(archive.namelist()) and "BCCD/SIMULATED.txt" in archive.namelist()
    picture = Image.open(io.BytesIO(archive.read(f"BCCD/JPEGImages/{names[0]}.jpg")))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (320, 240))
    size = ElementTree.fromstring(archive.read(f"BCCD/Annotations/{names[0]}.xml")).find("size")
    assert [int(part.text) for part in size] == [320, 240, 3]


def test_the_boxes_in_the_file_are_those_handed_out(archive):
    drawn = draw_smears(2)
    for place, boxes in enumerate(drawn["boxes"]):
        tree = ElementTree.fromstring(archive.read(f"BCCD/Annotations/BloodImage_{place:05}.xml"))
        written = [[float(part.text) for part in one.find("bndbox")] for one in tree.iter("object")]
        assert np.array_equal(written, boxes["corners"])
        assert [CLASSES.index(one.find("name").text) for one in tree.iter("object")] == boxes[
            "label"
        ].tolist()


def test_no_slide_is_in_two_splits_and_every_class_in_each(archive):
    rows = csv.DictReader(io.StringIO(archive.read("BCCD/images.csv").decode()))
    slide = {row["image"]: row["patient"] for row in rows}
    slides = []
    for split, count in SPLITS.items():
        names = lines_of(archive, f"ImageSets/Main/{split}.txt")
        slides.append({slide[name] for name in names})
        assert len(names) == FIELDS * count and len(slides[-1]) == count
        text = b"".join(archive.read(f"BCCD/Annotations/{name}.xml") for name in names).decode()
        assert all(f"<name>{kind}</name>" in text for kind in CLASSES)
    assert not slides[0] & slides[1] and not slides[2] & (slides[0] | slides[1])


def test_a_seed_gives_the_same_bytes_and_another_seed_other_pictures(path, drawn, tmp_path):
    assert write_smears(tmp_path).read_bytes() == path.read_bytes()
    assert not np.array_equal(draw_smears(1, seed=1)["images"], drawn["images"][:FIELDS])


def test_boxes_lie_in_the_picture_and_are_whole_pixels(drawn):
    corners = drawn["all_boxes"]["corners"]
    assert (corners >= 0).all() and (corners <= [320, 240, 320, 240]).all()
    assert (corners[:, :2] < corners[:, 2:]).all() and np.array_equal(corners, np.rint(corners))
    assert corners.dtype == np.float32 and not drawn["all_boxes"]["ignore"].any()


def test_boxes_are_tight(drawn):
    """Around a cell that stands alone, what is darker than the ground ends where the box does."""
    away = []
    for image, boxes in zip(drawn["images"], drawn["all_boxes"], strict=True):
        for number, box in enumerate(boxes["corners"].astype(int)):
            left, top, right, bottom = box + np.array([-5, -5, 5, 5])
            others = np.delete(boxes["corners"], number, 0)
            near = (others[:, :2] < [right, bottom]).all(1) & (others[:, 2:] > [left, top]).all(1)
            if near.any() or min(left, top) < 0 or right > 320 or bottom > 240:
                continue
            green = image[top:bottom, left:right, 1].astype(float)
            ground = np.median(np.concatenate([green[:2].ravel(), green[-2:].ravel()]))
            dark = green < ground - 0.35 * (ground - np.percentile(green, 20))
            columns, rows = (np.flatnonzero(dark.sum(axis) > 1) for axis in (0, 1))
            ends = np.array([left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1])
            away.append(abs(ends - box).max())
    assert len(away) > 15 and np.mean(np.array(away) <= 3) > 0.9


def test_as_many_cells_as_on_real_smears_and_of_their_sizes(drawn):
    boxes = drawn["boxes"]
    count = np.array([np.bincount(one["label"], minlength=3) for one in boxes])
    assert np.allclose(count.mean(0), [11.4, 1.0, 1.0], atol=[1.2, 0.2, 0.5])
    assert count[:, 1].max() <= 2 and count[:, 2].max() <= 4
    wide = boxes["corners"][:, 2] - boxes["corners"][:, 0]
    assert np.allclose([np.median(wide[boxes["label"] == kind]) for kind in range(3)], [50, 85, 18], atol=7)


def test_a_quarter_of_the_red_cells_of_hasty_slides_has_no_label(drawn):
    labelled, there = (
        np.array([np.bincount(one["label"], minlength=3) for one in drawn[name]])
        for name in ("boxes", "all_boxes")
    )
    hasty = drawn["hasty"]
    assert hasty.mean() == pytest.approx(1 / 3) and np.array_equal(labelled[~hasty], there[~hasty])
    assert np.array_equal(labelled[:, 1:], there[:, 1:])
    assert labelled[hasty, 0].sum() / there[hasty, 0].sum() == pytest.approx(0.75, abs=0.1)
    assert not draw_smears(2, fields=1, hasty=0)["hasty"].any()


def test_the_nearest_in_colour_is_of_the_same_slide(drawn):
    light = (
        np.percentile(drawn["images"], [25, 75], axis=(1, 2))
        .transpose(1, 0, 2)
        .reshape(len(drawn["slide"]), -1)
    )
    apart = np.linalg.norm(light[:, None] - light, axis=2) + np.diag(np.full(len(light), np.inf))
    assert np.mean(drawn["slide"][apart.argmin(1)] == drawn["slide"]) > 0.5


def test_the_same_cells_at_half_the_size(drawn):
    small = draw_smears(3, shape=(120, 160))
    assert small["images"].shape == (9, 120, 160, 3)
    alike = [
        abs(2 * one["corners"] - other["corners"]).max() <= 8
        for one, other in zip(small["all_boxes"], drawn["all_boxes"][:9], strict=True)
        if np.array_equal(one["label"], other["label"])
    ]
    assert len(alike) >= 6 and np.mean(alike) > 0.6


def test_another_laboratory_is_bluer_brighter_and_closer(drawn):
    other = draw_smears(6, elsewhere=True)
    colour = [one["images"].mean((0, 1, 2)) for one in (drawn, other)]
    assert colour[1][2] / colour[1][0] > 1.05 * colour[0][2] / colour[0][0]
    ground = [np.percentile(one["images"], 90) for one in (drawn, other)]
    assert ground[1] > ground[0] and other["magnification"].mean() > 1.1 * drawn["magnification"].mean()
