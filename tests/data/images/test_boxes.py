"""Boxes: what is set aside, cut or refused, each refusal one sentence; and how they follow the picture."""

import numpy as np
import pytest

from medlearn.data.images.boxes import checked, refuse_percent, scaled, size_within
from medlearn.errors import DataError

SIZE = (64, 48)


def check(*corners):
    return checked(np.array(corners, float), SIZE, [f"row {n}" for n in range(1, len(corners) + 1)])


def test_a_box_without_area_is_set_aside_and_one_that_sticks_out_is_cut():
    kept, which, notes = check((3, 3, 9, 9), (5, 5, 5, 8), (60, 40, 70, 50), (0, 0, 65, 49))
    assert which.tolist() == [True, False, True, True]
    assert kept.tolist() == [[3, 3, 9, 9], [60, 40, 64, 48], [0, 0, 64, 48]] and kept.dtype == np.float32
    assert [(note.count, note.first) for note in notes] == [
        (1, "row 2"),
        (1, "row 3"),
    ]  # one pixel is nothing


def test_a_picture_may_have_no_box():
    kept, which, _ = checked(np.zeros((0, 4)), SIZE, [])
    assert kept.shape == (0, 4) and which.shape == (0,)


@pytest.mark.parametrize(
    ("corners", "said"),
    [
        ((3, np.nan, 9, 9), "row 2: the box has no number for ymin: give one, in pixels"),
        ((3, 3, np.inf, 9), "row 2: the box has no number for xmax"),
        ((9, 3, 3, 9), r"row 2: the box \(9, 3, 3, 9\) is reversed: xmin must not be greater than xmax"),
        ((3, 9, 9, 3), "ymin must not be greater than ymax"),
        ((64, 3, 70, 9), r"row 2: the box \(64, 3, 70, 9\) lies outside its picture of 64 x 48 pixels"),
        ((-9, -9, -1, -1), "lies outside its picture"),
    ],
)
def test_what_is_wrong_is_one_sentence(corners, said):
    with pytest.raises(DataError, match=said) as error:
        check((1, 1, 20, 20), corners)
    assert "\n" not in str(error.value)


def test_shares_and_percent_are_no_pixels():
    with pytest.raises(DataError, match=r"these look like shares of the picture's width and height, .*by 64"):
        check((0.1, 0.2, 0.5, 1.02))
    rng = np.random.default_rng(0)
    percent = [rng.uniform(50 * side, 50 * side + 50, (6, 2)) for side in (0, 1)]
    boxes = [np.hstack(percent), np.zeros((0, 4)), np.hstack(percent)]
    with pytest.raises(DataError, match=r"own\.csv: these look like percent of the picture's width"):
        refuse_percent(boxes, [(640, 480)] * 3, "own.csv")
    refuse_percent(boxes, [(120, 100)] * 3, "own.csv")  # small pictures
    refuse_percent(boxes[:2], [(640, 480)] * 2, "own.csv")  # too few to tell
    refuse_percent([np.zeros((0, 4))], [(640, 480)], "own.csv")


def test_boxes_keep_their_place_when_the_picture_is_scaled():
    assert size_within((640, 480), (120, 160)) == (160, 120)
    assert size_within((10, 1000), (50, 50)) == (1, 50)
    corners = np.array([[1, 2, 3, 4]], np.float32)
    assert scaled(scaled(corners, (2, 4)), (0.5, 0.25)).tolist() == corners.tolist()
