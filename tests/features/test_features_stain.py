"""What is purple on a pink smear."""

import numpy as np
import pytest

from medlearn.features.stain import purple_boxes

PINK, PURPLE = (230, 180, 190), (110, 60, 170)


def smear(*pieces, noise=0):
    image = np.full((60, 90, 3), PINK, np.int64)
    for y, x, side in pieces:
        image[y : y + side, x : x + side] = PURPLE
    image += np.random.default_rng(0).integers(-noise, noise + 1, image.shape)
    return image.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [0, 12])
def test_a_purple_piece_has_a_box(noise):
    found = purple_boxes(smear((20, 30, 24), noise=noise))
    np.testing.assert_allclose(found["corners"], [[30, 20, 54, 44]], atol=1)
    assert found["label"].tolist() == [1] and abs(found["score"][0] - 24**2) < 60


def test_each_piece_has_its_own_and_the_larger_the_higher_score():
    found = purple_boxes(smear((5, 5, 20), (30, 50, 26)), label=7)
    np.testing.assert_allclose(found["corners"], [[5, 5, 25, 25], [50, 30, 76, 56]], atol=1)
    assert found["score"][0] < found["score"][1] and found["label"].tolist() == [7, 7]


def test_what_is_too_small_is_none():
    image = smear((5, 5, 14), (30, 50, 24))
    assert len(purple_boxes(image)["corners"]) == 2
    assert len(purple_boxes(image, least=300)["corners"]) == 1
    assert len(purple_boxes(image, least=1000)["corners"]) == 0


def test_lobes_of_a_nucleus_that_lie_close_are_one_piece():
    assert len(purple_boxes(smear((20, 20, 14), (20, 37, 14)))["corners"]) == 1
    assert len(purple_boxes(smear((20, 10, 14), (20, 60, 14)))["corners"]) == 2


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_picture_of_one_grey_has_none(grey):
    found = purple_boxes(np.full((40, 50, 3), grey, np.uint8))
    assert {name: column.shape for name, column in found.items()} == {
        "corners": (0, 4),
        "label": (0,),
        "score": (0,),
    }


def test_grey_shades_have_none():
    grey = np.random.default_rng(0).integers(0, 256, (40, 50, 1), np.uint8)
    assert len(purple_boxes(np.repeat(grey, 3, -1))["corners"]) == 0
