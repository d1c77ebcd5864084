"""What holds for every figure, by the list of them: its stamp, its Axes, its labels, where it is found."""

import importlib
import inspect
import runpy
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from medlearn import plots
from medlearn.errors import DataError

CLASSES = ("lived", "died")
SIMULATED = SimpleNamespace(simulated=True, classes=CLASSES)
REAL = SimpleNamespace(simulated=False, classes=CLASSES)

FOLDER = Path(plots.__file__).parent
FILES = sorted(file.stem for file in FOLDER.glob("[!_]*.py"))
NO_DATA = ("style", "drawings")  # the look, and schematic figures, which show no data
FIGURES = sorted(
    name
    for file in FILES
    if file not in NO_DATA
    for name in importlib.import_module(f"medlearn.plots.{file}").__all__
)

# Found by their place: the figures of a new file come with a file of examples.
EXAMPLES = {
    example.func.__name__: example
    for file in sorted(Path(__file__).parent.glob("examples_*.py"))
    for example in runpy.run_path(str(file))["EXAMPLES"]
}
each_figure = pytest.mark.parametrize("name", FIGURES)
each_with_axes = pytest.mark.parametrize(
    "name", [name for name in FIGURES if "ax" in inspect.signature(getattr(plots, name)).parameters]
)


def draw(name, data, **more):
    """The figure, whatever the function returns: a Figure, or Axes."""
    drawn = EXAMPLES[name](data=data, **more)
    return drawn.figure if isinstance(drawn, plt.Axes) else drawn


def texts(figure):
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


# The package.


def test_every_figure_has_an_example():
    assert sorted(EXAMPLES) == FIGURES and len(FIGURES) >= 10


def test_a_file_offers_what_it_defines_and_no_two_files_the_same_name():
    modules = [importlib.import_module(f"medlearn.plots.{file}") for file in FILES]
    for module in modules:
        functions = inspect.getmembers(module, inspect.isfunction)
        own = {name for name, one in functions if one.__module__ == module.__name__ and name[0] != "_"}
        assert own <= set(module.__all__), module.__name__
        assert all(getattr(plots, name) is getattr(module, name) for name in module.__all__)
    count = Counter(name for module in modules for name in module.__all__)
    assert max(count.values()) == 1, count.most_common(3)
    assert sorted(count) == plots.__all__ and set(plots.__all__) <= set(dir(plots))
    assert not set(FILES) & set(count)  # or the name would be the file, once the file is imported


def test_a_new_file_is_found_by_its_place(tmp_path, monkeypatch):
    (tmp_path / "kinds").mkdir()
    shutil.copy(FOLDER / "__init__.py", tmp_path / "kinds")
    (tmp_path / "kinds" / "boxes.py").write_text('__all__ = ["detections"]\n\ndef detections(): return 7\n')
    monkeypatch.syspath_prepend(tmp_path)
    kinds = importlib.import_module("kinds")
    assert kinds.__all__ == ["detections"] and kinds.detections() == 7
    with pytest.raises(AttributeError, match="no 'roc' here; there are: detections"):
        kinds.roc  # noqa: B018


def test_importing_the_package_imports_no_library(python):
    heavy = ("matplotlib", "seaborn", "sklearn", "pandas", "numpy")
    done = python(
        "import sys; from medlearn import plots; dir(plots); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    assert done.stdout == "[]\n", done.stdout + done.stderr


# Every figure.


@each_figure
def test_a_figure_of_simulated_data_says_so_once_and_one_of_real_data_never(name):
    for data, stamps in ((SIMULATED, 1), (REAL, 0)):
        figure = draw(name, data)
        plots.mark(figure, data=data)
        assert [text.get_text() for text in texts(figure)].count(plots.STAMP) == stamps


@each_figure
def test_data_is_a_keyword_that_cannot_be_left_out_and_stands_last_but_ax(name):
    parameters = list(inspect.signature(getattr(plots, name)).parameters.values())
    assert [one.name for one in parameters if one.name != "ax"][-1] == "data"
    assert all(one.name == "data" for one in parameters[-2:-1] if parameters[-1].name == "ax")
    data = next(one for one in parameters if one.name == "data")
    assert data.kind is data.KEYWORD_ONLY and data.default is data.empty


@each_figure
def test_what_takes_axes_returns_axes_and_all_others_return_their_figure(name):
    drawn = EXAMPLES[name](data=REAL)
    signature = inspect.signature(getattr(plots, name))
    takes_axes = "ax" in signature.parameters
    assert isinstance(drawn, plt.Axes if takes_axes else plt.Figure)
    assert signature.return_annotation == ("Axes" if takes_axes else "Figure")


@each_with_axes
def test_axes_that_are_given_are_drawn_into_and_their_figure_is_stamped(name):
    figure, (left, right) = plt.subplots(1, 2)
    assert EXAMPLES[name](data=SIMULATED, ax=right) is right
    assert right.has_data() and not left.has_data()
    assert plt.get_fignums() == [figure.number]
    assert [text.get_text() for text in texts(figure)].count(plots.STAMP) == 1


@each_with_axes
def test_both_axes_are_labelled(name):
    ax = EXAMPLES[name](data=REAL)
    rows = [label.get_text() for label in ax.get_yticklabels()]
    named = any(word.strip(" −.0123456789") for word in rows)
    assert ax.get_xlabel() and (ax.get_ylabel() or named)


@each_figure
def test_nothing_is_cut_off(name):
    figure = draw(name, SIMULATED)
    figure.canvas.draw()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()  # all in inches
    assert box.x0 >= -0.02 and box.y0 >= -0.02 and box.x1 <= width + 0.02 and box.y1 <= height + 0.02


def test_the_look_is_that_of_the_course():
    assert plt.rcParams["image.cmap"] == "gray" and plt.rcParams["figure.constrained_layout.use"]
    first = to_hex(plt.rcParams["axes.prop_cycle"].by_key()["color"][0])
    assert first == "#0173b2"  # seaborn's for the colour-blind


def test_a_figure_of_ones_own_is_stamped():
    figure, ax = plt.subplots()
    ax.plot(np.arange(3))
    plots.mark(figure, data=REAL)
    assert figure.get_supxlabel() == ""
    plots.mark(figure, data=SIMULATED)
    assert figure.get_supxlabel() == "simulated data"


@pytest.mark.parametrize("columns", [0, 6])
def test_no_images_or_no_columns_are_refused(columns):
    images = np.zeros((0 if columns else 2, 4, 4), np.uint8)
    with pytest.raises(DataError, match="there is nothing to draw"):
        plots.pictures(images, columns=columns, data=SimpleNamespace(simulated=False))
