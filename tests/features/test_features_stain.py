"""What is purple on a pink smear, and how dark a slide is stained."""

import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.features.stain import match_stain, purple_boxes, stain_of

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


# Slides

HOSPITAL_A, HOSPITAL_B = np.array([0.20, 0.35, 0.15]), np.array([0.10, 0.45, 0.25])


def tissue(stain, seed=0, tiles=6):
    """Tiles with as much stain in each place as chance gives, of the mean density `stain`."""
    amount = np.random.default_rng(seed).gamma(4, 0.25, (tiles, 16, 16, 1))
    return np.rint(256 * 10 ** (-amount * stain) - 1).clip(0, 255).astype(np.uint8)


def test_the_stain_is_the_mean_density_pixel_by_pixel():
    tiles = tissue(HOSPITAL_A)
    plain = -np.log10((tiles.reshape(-1, 3) + 1.0) / 256).mean(0)
    np.testing.assert_allclose(stain_of(tiles), plain, rtol=1e-12)
    np.testing.assert_allclose(stain_of(tiles), HOSPITAL_A, rtol=0.05)


def test_two_hospitals_slides_become_one():
    ours, theirs = tissue(HOSPITAL_A), tissue(HOSPITAL_B)
    moved = match_stain(theirs, stain_of(ours))
    assert moved.dtype == np.uint8 and moved.shape == theirs.shape
    np.testing.assert_allclose(stain_of(moved), stain_of(ours), atol=0.002)
    before, after = (np.abs(one.astype(int) - ours).mean() for one in (theirs, moved))
    assert before > 20 and after < 2, "the same tissue, so pixel by pixel"


def test_its_own_stain_changes_nothing():
    tiles = np.arange(256 * 3, dtype=np.int64).reshape(1, 16, 16, 3) % 256
    tiles = tiles.astype(np.uint8)
    assert (match_stain(tiles, stain_of(tiles)) == tiles).all()


@pytest.mark.filterwarnings("error")
def test_clear_glass_and_black_have_an_answer():
    glass, black = np.full((1, 4, 4, 3), 255, np.uint8), np.zeros((1, 4, 4, 3), np.uint8)
    assert stain_of(glass).tolist() == [0, 0, 0] and (match_stain(glass, HOSPITAL_A) == glass).all()
    assert np.isfinite(stain_of(black)).all() and (match_stain(black, [9, 9, 9]) == 0).all()
    assert (match_stain(black, [0, 0, 0]) == 255).all()


@pytest.mark.parametrize(
    "tiles",
    [
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((0, 4, 4, 3), np.uint8),
        np.zeros((2, 4, 4, 4), np.uint8),
        np.zeros((2, 4, 4, 3)),
        np.full((2, 4, 4, 3), 300),
        "tiles",
    ],
)
def test_what_are_no_tiles_is_one_sentence(tiles):
    for call in (stain_of, lambda tiles: match_stain(tiles, HOSPITAL_A)):
        with pytest.raises(DataError, match="a stain is read off tiles"):
            call(tiles)


@pytest.mark.parametrize("like", [0.3, [0.1, 0.2], [0.1, 0.2, -0.1], [0.1, 0.2, np.nan]])
def test_what_is_no_stain_is_one_sentence(like):
    with pytest.raises(DataError, match="like is one optical density a channel"):
        match_stain(tissue(HOSPITAL_A), like)
