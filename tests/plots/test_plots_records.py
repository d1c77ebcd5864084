"""Records over time: what was measured, and what was not."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from medlearn import plots

REAL = SimpleNamespace(simulated=False)
HOURS = pd.DataFrame(
    {"time": [0, 1.5, 2, 47], "variable": ["HR", "HR", "Lactate", "HR"], "value": [80, 90, 2.1, 70.0]}
)
UNITS = {"HR": "per min", "Lactate": "mmol/l", "pH": ""}


def draw(records, variables):
    return plots.stays(records, variables=variables, units=UNITS, data=REAL).axes


def test_each_variable_has_a_row_in_the_order_asked_for_and_its_unit():
    lactate, heart = draw({"a stay": HOURS}, ["Lactate", "HR"])
    assert (lactate.get_ylabel(), heart.get_ylabel()) == ("Lactate\nmmol/l", "HR\nper min")
    assert lactate.get_title() == "a stay"
    assert heart.lines[0].get_xydata().tolist() == [[0, 80], [1.5, 90], [47, 70]]
    assert heart.lines[1].get_xdata().tolist() == [0, 1.5, 47], "a tick for each dot"
    assert lactate.lines[0].get_xydata().tolist() == [[2, 2.1]]
    assert heart.get_xlabel().startswith("hours") and lactate.get_xlim() == heart.get_xlim()


def test_what_was_never_measured_is_said():
    heart, acid = draw({"a stay": HOURS}, ["HR", "pH"])
    assert [text.get_text() for text in acid.texts] == ["not measured"] and not heart.texts
    assert acid.get_ylabel() == "pH", "it has no unit"


def test_stays_side_by_side_have_one_scale():
    other = HOURS.assign(value=HOURS["value"] * 2)
    (one, two, *_) = draw({"one": HOURS, "two": other}, ["HR", "Lactate"])
    assert one.get_ylim() == two.get_ylim() and one.get_title() == "one" and two.get_ylabel() == ""


def test_a_map_has_a_row_a_variable_and_a_scale_of_its_own():
    mask = np.array([[1, 0], [1, 0], [0, 0.5]])
    figure = plots.measured_cells({"one": mask, "all": mask / 10}, variables=["HR", "pH"], step=4, data=REAL)
    one, all_stays = figure.axes[:2]
    assert one.images[0].get_array().tolist() == mask.T.tolist()
    assert [text.get_text() for text in one.get_yticklabels()] == ["HR", "pH"]
    assert one.get_xlim() == (0, 12) and all_stays.images[0].get_clim() == (0, 0.1)
