from types import SimpleNamespace

import matplotlib
import numpy as np
import pandas as pd
import pytest

matplotlib.use("Agg")

from medlearn import plots
from medlearn.evaluation import Estimate

SIMULATED, REAL = SimpleNamespace(simulated=True), SimpleNamespace(simulated=False)


def stamps(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)].count(plots.STAMP)


def draw_all(data):
    table = pd.DataFrame({"loss": [2, 1], "val_loss": [2.1, 1.3]}, index=[1, 2])
    one_stay = pd.DataFrame({"time": [0, 1.0], "variable": ["HR", "HR"], "value": [80, 90.0]})
    yield plots.pictures(np.zeros((5, 4, 4), np.uint8), data, titles=list("abcde"), columns=3)
    yield plots.history(table, data).figure
    yield plots.estimates({"net": Estimate(0.9, 0.8, 0.95)}, data, measure="AUROC", chance=0.5).figure
    yield plots.roc(np.array([0, 1]), {"net": np.array([0.2, 0.7])}, data).figure
    yield plots.stay(one_stay, data, variables=["HR", "Temp"])


def test_every_figure_of_simulated_data_says_so_once():
    for figure in draw_all(SIMULATED):
        plots.mark(figure, SIMULATED)
        assert stamps(figure) == 1


def test_no_figure_of_real_data_says_so():
    assert [stamps(figure) for figure in draw_all(REAL)] == [0] * 5


@pytest.mark.parametrize("dtype, brightest", [(np.uint8, 255), (np.float32, 1)])
def test_pictures_are_not_stretched_each_on_its_own(dtype, brightest):
    dim = np.full((1, 3, 3), brightest // 2 if dtype is np.uint8 else 0.5, dtype)
    image = plots.pictures(dim, REAL).axes[0].images[0]
    assert image.get_clim() == (0, brightest)


def test_history_without_validation():
    axis = plots.history(pd.DataFrame({"loss": [2, 1]}, index=[1, 2]), REAL)
    assert [line.get_label() for line in axis.lines] == ["train"]


@pytest.fixture(autouse=True)
def closed():
    yield
    matplotlib.pyplot.close("all")
