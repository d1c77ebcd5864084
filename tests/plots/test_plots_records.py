"""Records over time: what was measured, and what was not."""

from types import SimpleNamespace

import pandas as pd

from medlearn import plots

REAL = SimpleNamespace(simulated=False)
HOURS = pd.DataFrame(
    {"time": [0, 1.5, 2, 47], "variable": ["HR", "HR", "Lactate", "HR"], "value": [80, 90, 2.1, 70.0]}
)


def test_each_variable_has_a_row_in_the_order_asked_for():
    lactate, heart = plots.stay(HOURS, variables=["Lactate", "HR"], data=REAL).axes
    assert (lactate.get_ylabel(), heart.get_ylabel()) == ("Lactate", "HR")
    assert heart.lines[0].get_xydata().tolist() == [[0, 80], [1.5, 90], [47, 70]]
    assert lactate.lines[0].get_xydata().tolist() == [[2, 2.1]]
    assert heart.get_xlabel().startswith("hours") and lactate.get_xlim() == heart.get_xlim()


def test_what_was_never_measured_is_said_and_gets_no_scale():
    heart, glucose = plots.stay(HOURS, variables=["HR", "Glucose"], data=REAL).axes
    assert [text.get_text() for text in glucose.texts] == ["not measured"] and not heart.texts
    assert len(glucose.get_yticks()) == 0 < len(heart.get_yticks())
