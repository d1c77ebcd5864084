"""What was given before: against a loop over patients, in any order of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlearn.errors import DataError
from medlearn.features.history import history


def by_loop(y, patient, sequence):
    last, steps = np.zeros_like(y), np.zeros((len(y), sequence, y.shape[1]), np.uint8)
    earlier, counts = np.zeros(len(y), int), np.zeros(y.shape)
    for row in range(len(y)):
        before = [other for other in range(row) if patient[other] == patient[row]]
        earlier[row], counts[row] = len(before), y[before].sum(axis=0)
        for back, other in enumerate(before[::-1][:sequence], start=1):
            steps[row, -back] = y[other]
        last[row] = y[before[-1]] if before else 0
    return last, earlier, counts, steps, earlier > 0


@given(st.integers(0, 1000), st.integers(0, 40), st.integers(1, 6), st.integers(1, 4))
def test_as_a_loop_over_patients_says(seed, visits, patients, sequence):
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=(visits, 3)).astype(np.uint8)
    patient = rng.integers(patients, size=visits)
    found = history(y, patient, sequence=sequence)
    for one, other in zip(found, by_loop(y, patient, sequence), strict=True):
        assert one.shape == other.shape and (one == other).all()


def test_types_and_names_of_patients():
    found = history([[True, False], [False, True]], np.array(["b", "b"]))
    assert found.last.dtype == found.sequence.dtype == np.uint8 and found.repeat.dtype == bool
    assert found.sequence.shape == (2, 5, 2) and found.last[1].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("said", "y", "patient", "sequence"),
    [
        ("a row a visit and a column a drug", [0, 1], [1, 1], 5),
        ("1 where it was given and 0 where not", [[0.5], [1]], [1, 1], 5),
        ("patient needs one value a visit", [[0], [1]], [1, 1, 1], 5),
        ("sequence is a number of visits, such as 5, not 0", [[0], [1]], [1, 1], 0),
    ],
)
def test_what_is_wrong_is_one_sentence(said, y, patient, sequence):
    with pytest.raises(DataError, match=said):
        history(y, np.array(patient), sequence=sequence)
