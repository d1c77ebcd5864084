"""Label maps: numbered in a row, one object a pixel, and what is no mask is refused."""

import numpy as np
import pytest

from medlearn.data.images.masks import as_mask, relabelled, stacked
from medlearn.errors import DataError


def test_objects_are_numbered_in_a_row_and_the_background_stays():
    assert relabelled(np.array([[0, 9, 4], [0, 4, 0]])).tolist() == [[0, 2, 1], [0, 1, 0]]
    assert relabelled(np.array([[5, 9]])).tolist() == [[1, 2]], "no background, no 0"


def test_a_few_shared_pixels_stay_with_the_earlier_mask_and_many_are_refused():
    one, other = np.zeros((10, 10), bool), np.zeros((10, 10), bool)
    one[:5], other[5:] = True, True
    one[5, 0] = True
    labels, cut = stacked([one, other], ["a.png", "b.png"])
    assert labels[5, 0] == 1 and labels[5, 1] == 2 and cut == ["b.png, 1 pixel(s)"]
    other[3:] = True
    with pytest.raises(DataError, match=r"a\.png and b\.png share 21 pixel"):
        stacked([one, other], ["a.png", "b.png"])


def test_soft_edges_are_no_mask():
    assert as_mask(np.array([[0, 255]], np.uint8), "m").tolist() == [[False, True]]
    assert not as_mask(np.zeros((2, 2), np.uint8), "m").any()
    with pytest.raises(DataError, match=r"m\.png is no mask: 50\.0% of its pixels lie between 0 and 255"):
        as_mask(np.array([[0, 100, 200, 255]], np.uint8), "m.png")
