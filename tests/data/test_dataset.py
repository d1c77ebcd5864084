import numpy as np
import pytest

from medlearn.data.dataset import Dataset, Split
from medlearn.errors import DataError


def split(patients, **truth):
    return Split(np.zeros((len(patients), 2)), np.zeros(len(patients), int), np.array(patients), truth)


def test_a_patient_in_two_splits_is_refused_and_named():
    with pytest.raises(DataError, match=r"1 patient.*both train and test.*first: 3"):
        Dataset("toy", split([1, 3]), split([2]), split([3, 4]), task="binary")


def test_overlap_cannot_be_seen_where_patients_are_unknown():
    Dataset("toy", split([0]), split([0]), split([0]), task="binary", patients_known=False)


def test_lengths_that_differ_are_refused_by_name():
    with pytest.raises(DataError, match="'patient': 3"):
        Split(np.zeros((2, 2)), np.zeros(2), np.zeros(3))
    with pytest.raises(DataError, match="severity"):
        split([1, 2], severity=np.zeros(3))


@pytest.mark.parametrize("index", [[2, 0], slice(1, 3), np.array([True, False, True])])
def test_take_keeps_every_part_in_step(index):
    cases = split([10, 20, 30], severity=np.array([0.1, 0.2, 0.3]))
    taken = cases.take(index)
    assert taken.about["severity"].tolist() == [patient / 100 for patient in taken.patient]
    assert len(taken) == len(taken.x) == 2
