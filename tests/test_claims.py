import numpy as np
import pytest

from medlearn import claim


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
