"""Sheets of images: in grey and in colour, in every form they come in, and never stretched."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from medlearn import plots
from medlearn.errors import DataError

REAL = SimpleNamespace(simulated=False)
GREY = np.arange(5 * 6 * 4, dtype=np.uint8).reshape(5, 6, 4)  # five images, 6 high and 4 wide


def drawn(images, **more):
    figure = plots.pictures(images, data=REAL, **more)
    return [np.asarray(ax.images[0].get_array()) for ax in figure.axes if ax.images]


@pytest.mark.parametrize(
    "images", [GREY, GREY[..., None], [*GREY], [*GREY[..., None]], [GREY[0], *GREY[1:, ..., None]]]
)
def test_grey_images_are_drawn_with_and_without_their_channel(images):
    assert np.array_equal(drawn(images), GREY)


def test_images_in_colour_keep_their_colours():
    colour = np.random.default_rng(0).integers(0, 256, (3, 6, 4, 3)).astype(np.uint8)
    assert np.array_equal(drawn(colour), colour)
    assert [image.shape for image in drawn([colour[0], GREY[0]])] == [(6, 4, 3), (6, 4)]


@pytest.mark.parametrize(
    ("dtype", "brightest"), [(np.uint8, 255), (np.int64, 255), (np.float32, 1), (np.float64, 1), (bool, 1)]
)
@pytest.mark.parametrize("channel", [(), (1,)])
def test_no_image_is_stretched_on_its_own(dtype, brightest, channel):
    dim = np.zeros((2, 6, 4, *channel), dtype)
    dim[1] = 1
    figure = plots.pictures(dim, data=REAL)
    limits = [ax.images[0].get_clim() for ax in figure.axes if ax.images]
    assert limits == [(0, brightest)] * 2


def test_images_fill_the_rows_and_the_rest_stays_empty():
    figure = plots.pictures(GREY, columns=3, data=REAL)
    assert [bool(ax.images) for ax in figure.axes] == [True] * 5 + [False]
    assert not any(ax.axison for ax in figure.axes)
    assert figure.get_size_inches() == pytest.approx((3 * 1.4, 2 * 1.5 + 0.15))


def test_titles_stand_over_their_images_and_may_be_fewer():
    figure = plots.pictures(GREY, titles=["lived", "died"], data=REAL)
    assert [ax.get_title() for ax in figure.axes] == ["lived", "died", "", "", "", ""]
    assert [ax.get_title() for ax in plots.pictures(GREY, data=REAL).axes] == [""] * 6


def test_a_long_title_takes_two_lines_and_touches_no_other():
    long = "immature granulocytes, of all stages"
    figure = plots.pictures(GREY, titles=[long, long, "one\nline more", 4], data=REAL)
    first, _, third, fourth, *_ = (ax.get_title() for ax in figure.axes)
    assert first == "immature\ngranulocytes, of all\nstages" and third == "one\nline more" and fourth == "4"
    figure.canvas.draw()
    left, right = (ax.title.get_window_extent() for ax in figure.axes[:2])
    assert left.x1 < right.x0


@pytest.mark.parametrize(
    "images",
    [GREY[0], GREY[0][..., None], np.zeros((6, 4, 3)), np.zeros((2, 6, 4, 2)), np.zeros((2, 6, 4, 4)), [3.0]],
)
def test_what_is_no_set_of_images_is_refused_in_a_sentence(images):
    with pytest.raises(DataError, match=r"pictures: image 0 has the shape \(.*\[image\]"):
        plots.pictures(images, data=REAL)
    assert not plt.get_fignums()


def test_small_squares_are_images():
    kernels = np.zeros((8, 3, 3))
    assert len(drawn(kernels)) == 8


# Maps over images


def overlaid(maps, **more):
    return plots.overlays(GREY[:2], maps, data=REAL, **more)


def test_maps_of_a_row_share_one_scale_and_rows_do_not():
    weak, strong = np.zeros((2, 3, 2)), np.zeros((2, 3, 2))
    weak[0, 0, 0], strong[1, 2, 1] = 0.5, -4
    figure = overlaid({"weak": weak, "strong": strong})
    rows = [ax.images[1].get_clim() for ax in figure.axes if len(ax.images) == 2]
    assert rows == [(-0.5, 0.5)] * 2 + [(-4, 4)] * 2


def test_a_map_covers_its_image_however_coarse_it_is():
    figure = overlaid({"net": np.ones((2, 3, 2))})
    image, laid = figure.axes[2].images
    assert list(laid.get_extent()) == list(image.get_extent())
    assert np.array_equal(image.get_array(), GREY[0])


def test_rows_and_images_are_named():
    figure = overlaid({"trained": np.ones((2, 3, 2)), "random": np.zeros((2, 3, 2))}, titles=["one", "two"])
    assert [ax.get_ylabel() for ax in figure.axes[:6:2]] == ["image", "trained", "random"]
    assert [ax.get_title() for ax in figure.axes[:2]] == ["one", "two"]


@pytest.mark.parametrize("maps", [{"net": np.ones((1, 3, 2))}, {"net": np.ones((3, 3, 2))}])
def test_each_image_needs_its_map(maps):
    with pytest.raises(DataError, match="as many maps as images"):
        overlaid(maps)
