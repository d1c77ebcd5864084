import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlearn.data.splitting import folds_by_patient, split_by_patient
from medlearn.errors import DataError


@given(st.lists(st.integers(0, 60), min_size=150, max_size=300), st.integers(0, 5))
def test_every_case_lands_once_and_no_patient_twice(patients, seed):
    patients = np.array(patients + list(range(20)))
    parts = split_by_patient(patients, seed=seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(patients)))
    assert sum(len(np.unique(patients[part])) for part in parts) == len(np.unique(patients))


def test_each_split_gets_the_same_mix_and_its_share():
    rng = np.random.default_rng(0)
    y = (rng.random(2000) < 0.05).astype(int)
    parts = split_by_patient(np.arange(2000), y, shares=(0.7, 0.1, 0.2))
    assert [len(part) for part in parts] == pytest.approx([1400, 200, 400], abs=2)
    assert [y[part].mean() for part in parts] == pytest.approx([y.mean()] * 3, abs=0.005)


def test_seeds_differ_and_repeat():
    one, again, other = (split_by_patient(np.arange(100), seed=seed)[0] for seed in (1, 1, 2))
    assert one.tolist() == again.tolist() != other.tolist()


def test_patients_may_be_named_with_words():
    train, test = split_by_patient(np.array(["ann", "bob", "ann", "eve"]), shares=(0.5, 0.5))
    assert {0, 2} <= set(train) or {0, 2} <= set(test)


@pytest.mark.parametrize("shares", [(0.5, 0.6), (1.2, -0.2), ()])
def test_shares_that_make_no_sense_are_refused(shares):
    with pytest.raises(DataError, match="add up to 1"):
        split_by_patient(np.arange(10), shares=shares)


def test_too_few_patients_are_refused():
    with pytest.raises(DataError, match=r"2 patient.* cannot be split 3 ways"):
        split_by_patient(np.array([1, 1, 2]), shares=(0.6, 0.2, 0.2))


def test_folds_hold_out_everyone_once():
    patient = np.repeat(np.arange(10), 3)
    held_out = [test for _, test in folds_by_patient(patient, folds=5)]
    assert sorted(np.concatenate(held_out).tolist()) == list(range(30))
    for train, test in folds_by_patient(patient, folds=5):
        assert not set(patient[train]) & set(patient[test])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"y": np.zeros(3)}, "there are 10 patient numbers, but y has 3 cases"),
        ({"patient": np.array([np.nan, *range(9)])}, "patient is missing for 1 cases"),
        ({"shares": (0.5, np.nan)}, "add up to 1"),
    ],
)
def test_what_would_split_wrongly_without_a_word_is_refused(given, message):
    with pytest.raises(DataError, match=message):
        split_by_patient(**({"patient": np.arange(10), "shares": (0.5, 0.5)} | given))


@pytest.mark.parametrize("folds", [1, 0, -1])
def test_fewer_than_two_folds_are_refused(folds):
    with pytest.raises(DataError, match=f"at least 2 folds, not {folds}"):
        folds_by_patient(np.arange(10), folds=folds)
