"""What holds for every schematic drawing: found by its place, sharp, captioned, legible, nothing cut off."""

import importlib
import inspect
import io
from pathlib import Path

import pytest
from matplotlib.text import Text
from PIL import Image

from medlearn.plots import drawings
from medlearn.plots.drawings import canvas

FILES = sorted(file.stem for file in Path(drawings.__file__).parent.glob("[!_]*.py"))
DRAWN = sorted(
    (file, name)
    for file in FILES
    if file != "canvas"
    for name in importlib.import_module(f"medlearn.plots.drawings.{file}").__all__
)
each_drawing = pytest.mark.parametrize("file, name", DRAWN)


def draw(file, name):
    """Every drawing can be drawn without being told anything."""
    return getattr(importlib.import_module(f"medlearn.plots.drawings.{file}"), name)()


def texts(figure):
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def box_drawing():
    ax = canvas.sheet(4, 2)
    canvas.box(ax, 0.5, 0.5, 3, 1, "a box")
    return canvas.Drawing(ax, "A box.")


@each_drawing
def test_has_a_caption_of_one_sentence(file, name):
    drawing = draw(file, name)
    assert isinstance(drawing, canvas.Drawing)
    assert drawing.caption.endswith(".") and drawing.caption[0].isupper()


@each_drawing
def test_nothing_is_cut_off_or_too_small_to_read(file, name):
    figure = draw(file, name).figure
    figure.canvas.draw()
    frame = figure.bbox
    for text in texts(figure):
        assert text.get_fontsize() >= 8, text
        box = text.get_window_extent()
        assert frame.x0 - 1 <= box.x0 and box.x1 <= frame.x1 + 1, text
        assert frame.y0 - 1 <= box.y0 and box.y1 <= frame.y1 + 1, text


@each_drawing
def test_no_text_lies_on_another(file, name):
    figure = draw(file, name).figure
    figure.canvas.draw()
    boxes = [(text, text.get_window_extent().padded(-1)) for text in texts(figure)]
    for place, (one, its) in enumerate(boxes):
        for other, theirs in boxes[place + 1 :]:
            assert not its.overlaps(theirs), f"{one.get_text()!r} and {other.get_text()!r}"


@each_drawing
def test_is_a_figure_of_its_own_each_time(file, name):
    assert draw(file, name).figure is not draw(file, name).figure
    assert inspect.getdoc(getattr(drawings, name))


def test_is_shown_with_twice_as_many_dots_as_it_takes_room():
    png, size = box_drawing()._repr_png_()
    dots = Image.open(io.BytesIO(png)).size  # not every matplotlib rounds half a dot alike
    assert dots[0] == 2 * size["width"] and abs(dots[1] - 2 * size["height"]) <= 1
    assert size == {"width": 440, "height": 253}


def test_is_the_same_picture_each_time():
    assert box_drawing()._repr_png_() == box_drawing()._repr_png_()


def test_says_in_words_what_it_is():
    assert repr(box_drawing()) == "Drawing: A box."


def test_numbers_stand_in_their_cells():
    ax = canvas.sheet(2, 2)
    canvas.grid(ax, 0.5, 1.5, [[1, 2], [3, 4]], cell=0.5, marked={(0, 1)})
    at = {text.get_text(): text.get_position() for text in ax.texts}
    assert at == {"1": (0.75, 1.25), "2": (1.25, 1.25), "3": (0.75, 0.75), "4": (1.25, 0.75)}
    assert [patch.get_facecolor()[:3] == (1, 1, 1) for patch in ax.patches] == [True, False, True, True]
