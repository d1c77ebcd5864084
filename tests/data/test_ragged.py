"""Ragged: rows stay with their case, however cases are taken."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlearn.data.ragged import Ragged
from medlearn.errors import DataError

CASES = st.lists(st.lists(st.integers(-9, 9), max_size=4), min_size=1, max_size=6)


@given(CASES, st.data())
def test_a_case_has_its_own_rows_wherever_it_is_taken_from(cases, data):
    ragged = Ragged.of(cases)
    assert [case.tolist() for case in ragged] == cases and len(ragged) == len(cases)
    order = data.draw(st.lists(st.integers(0, len(cases) - 1), max_size=5))
    taken = ragged[np.array(order, int)]
    assert [case.tolist() for case in taken] == [cases[number] for number in order]
    mask = np.array([bool(case) for case in cases])
    assert [case.tolist() for case in ragged[mask]] == [case for case in cases if case]
    assert ragged[::-1].counts.tolist() == [len(case) for case in cases[::-1]]
    assert ragged.case.tolist() == [number for number, case in enumerate(cases) for _ in case]


def test_several_columns_come_as_a_dict():
    boxes = Ragged.of(
        [{"corners": np.ones((2, 4)), "label": [1, 0]}, {"corners": np.empty((0, 4)), "label": []}]
    )
    assert boxes[0]["corners"].shape == (2, 4) and boxes[1]["label"].shape == (0,)
    assert boxes["corners"].shape == (2, 4) and repr(boxes) == "2 cases, 2 rows of corners, label"
    assert boxes[-1]["corners"].shape == (0, 4)


@pytest.mark.parametrize(
    ("start", "columns", "message"),
    [
        ([1, 2], {"value": [1, 2]}, "must begin at 0"),
        ([0, 2, 1], {"value": [1]}, "never fall"),
        ([0, 2], {"value": [1]}, "start ends at row 2"),
        ([0, 1], {"a": [1], "b": [1, 2]}, "start ends at row 1"),
        ([0], {}, "start ends at row 0"),
        ("ab", {"value": [1]}, "start must hold whole numbers"),
    ],
)
def test_what_does_not_fit_together_is_refused(start, columns, message):
    with pytest.raises(DataError, match=message):
        Ragged(start, **columns)


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ([], "at least one case"),
        ([{"a": [1], "b": [2]}, {"a": [1]}], "case 1 needs the columns a, b"),
        ([{"a": [1], "b": [2, 3]}], "case 0 needs the columns a, b, all equally long"),
    ],
)
def test_cases_that_do_not_fit_together_are_refused(cases, message):
    with pytest.raises(DataError, match=message):
        Ragged.of(cases)


def test_a_case_beyond_the_last_is_an_index_error():
    with pytest.raises(IndexError):
        Ragged.of([[1]])[1]
