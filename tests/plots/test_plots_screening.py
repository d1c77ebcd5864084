"""What the table of grades and the sheet of tiles show, beyond what holds for every figure."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from medlearn import plots
from medlearn.errors import DataError
from medlearn.plots.screening import VALUE

DATA = SimpleNamespace(simulated=False)
TILES = np.random.default_rng(0).integers(120, 250, (11, 16, 16, 3), np.uint8)


def sheet(*given, **more):
    """The picture that is shown, and the size of the figure in inches."""
    figure = plots.slide(*given, **more, data=DATA)
    return figure.axes[0].images[0].get_array(), figure.get_size_inches()


def test_the_table_has_each_count_in_its_place_and_its_names():
    ax = plots.grade_table([0, 0, 1, 2, 2], [0, 1, 1, 2, 0], ["none", "mild", "severe"], data=DATA)
    told = {text.get_position(): text.get_text() for text in ax.texts}
    assert told[(0, 2)] == "1" and told[(1, 0)] == "1" and told[(2, 0)] == "0" and len(told) == 9
    assert [label.get_text() for label in ax.get_yticklabels()] == ["none", "mild", "severe"]
    assert len(ax.patches) == 3 and all(text.get_fontsize() >= 8 for text in ax.texts)


def test_without_names_grades_are_numbers_and_a_grade_beyond_the_names_is_refused():
    ax = plots.grade_table([0, 4], [1, 4], data=DATA)
    assert [label.get_text() for label in ax.get_xticklabels()] == list("01234")
    with pytest.raises(DataError, match=r"y_true holds 4 at position 1, .* from 0 to 1"):
        plots.grade_table([0, 4], [1, 1], ["no", "yes"], data=DATA)


def test_tiles_stand_in_rows_and_each_pixel_is_whole():
    picture, (width, height) = sheet(TILES, columns=4)
    assert picture.shape == (3 * (16 + 9), 4 * (16 + 8), 3)
    second_row = picture[25 + 2 : 25 + 18, 2:18].astype(int)
    assert np.abs(second_row - TILES[4]).max() <= 2
    assert (picture[50:, 72:] == 255).all(), "the twelfth place is empty"
    dots = np.array([200 * width / picture.shape[1], 200 * (height - 0.3) / picture.shape[0]])
    assert dots == pytest.approx(np.rint(dots)) and (dots >= 1).all()


def test_a_bar_is_as_long_as_its_value_and_truth_is_framed():
    values, truth = np.linspace(0, 1, 11), np.arange(11) == 2
    picture, _ = sheet(TILES, values, truth, columns=11)
    blue = np.rint(np.multiply(to_rgb(VALUE), 255))
    bar = (np.abs(picture[21] - blue) < 2).all(-1).reshape(11, 24)
    assert bar.sum(1).tolist() == np.rint(values * 16).tolist()
    framed = (picture[0] == 0).all(-1).reshape(11, 24)
    assert framed.any(1).tolist() == truth.tolist()


def test_one_tile_is_a_slide_too_and_the_figure_is_small(tmp_path):
    picture, (width, _) = sheet(TILES[:1])
    assert picture.shape == (25, 24, 3) and width >= 2
    plots.slide(np.concatenate([TILES] * 5), data=DATA).savefig(tmp_path / "a.png", dpi=200)
    assert (tmp_path / "a.png").stat().st_size < 100_000


@pytest.mark.parametrize(
    ("given", "more", "said"),
    [
        ([TILES[0]], {}, "slide.. draws tiles"),
        ([TILES / 255], {}, "whole numbers from 0 to 255, not .* of float64"),
        ([TILES[:0]], {}, "slide.. draws tiles"),
        ([TILES, np.ones(10)], {}, "values from 0 to 1, one for each of the 11 tiles"),
        ([TILES, np.full(11, 2.0)], {}, "values from 0 to 1"),
        ([TILES, np.full(11, np.nan)], {}, "values from 0 to 1"),
        ([TILES, None, [True]], {}, "truth from 0 to 1"),
        ([TILES], {"columns": 0}, "one column or more, not 0"),
    ],
)
def test_what_is_no_slide_is_one_sentence(given, more, said):
    with pytest.raises(DataError, match=said):
        plots.slide(*given, **more, data=DATA)
