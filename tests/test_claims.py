import re
from pathlib import Path

import numpy as np
import pytest

from medlearn import claim, claims


def test_says_whether_it_holds(capsys):
    claim("two is more than one", np.bool_(True))
    claim("one is more than two", False, shown=-1)
    assert capsys.readouterr().out == (
        "✓ two is more than one\n✗ does not hold in this run: one is more than two [-1]\n"
    )


@pytest.mark.parametrize("answer", [np.array([True, False]), 1, None, "yes"])
def test_refuses_what_is_not_a_truth_value(answer):
    with pytest.raises(TypeError, match="True or False"):
        claim("something", answer)


def test_one_that_fails_is_red_where_somebody_looks(capsys, monkeypatch):
    monkeypatch.setattr(claims, "_shows_colour", lambda: True)
    claim("one is more than two", False)
    claim("two is more than one", True)
    red, plain = capsys.readouterr().out.splitlines()
    assert red == f"{claims.RED}✗ does not hold in this run: one is more than two{claims.PLAIN}"
    assert plain == "✓ two is more than one"


def test_what_a_claim_rests_on_is_not_compared(capsys):
    """By nbval, which reads tests/sanitize.cfg; also where it holds brackets of its own."""
    lines = (Path(__file__).parent / "sanitize.cfg").read_text("utf-8").splitlines()
    regex, replace = (line.partition(": ")[2] for line in lines if line.startswith(("regex: ", "replace: ")))
    claim("heaps are lost", True, shown={"all": [8, 8], "none": [5, 4]})
    claim("two is more than one", True, shown="1 [0 to 2]")
    assert re.sub(regex, replace, capsys.readouterr().out) == "✓ heaps are lost\n✓ two is more than one\n"
