"""Figures are drawn in the course's look, on no screen, and closed after each test."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

from medlearn import plots

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def in_the_courses_look():
    with plt.rc_context():
        plots.use_style()
        yield
    plt.close("all")
