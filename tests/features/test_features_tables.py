"""Preparation of tables: what is logged, what keeps its proportions, gaps, and what is refused."""

import warnings

import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.features.tables import GRADES, Preparation

rng = np.random.default_rng(0)


def measures(cases=400):
    """A symmetric column, one with a long tail, and one with a long tail to the left."""
    tail = rng.lognormal(4, 0.8, cases)
    return np.column_stack([rng.normal(37, 0.5, cases), tail, 1000 - rng.lognormal(4, 0.8, cases)])


# What is logged


def test_a_column_with_a_long_tail_is_logged_and_no_other():
    x = measures()
    prepare = Preparation.of(x)
    np.testing.assert_array_equal(np.isnan(prepare.floor), [True, False, True])
    found = prepare(x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(found.std(0), 1, atol=1e-5)
    logged = np.log2(x[:, 1])
    np.testing.assert_allclose(found[:, 1], (logged - logged.mean()) / logged.std(), atol=1e-4)


def test_the_unit_changes_nothing():
    x = measures()
    other = x * np.array([1, 88.4, 1]) + np.array(
        [-30, 0, 500]
    )  # mg/dl in µmol/l; what is not logged may be moved, too
    np.testing.assert_allclose(Preparation.of(x)(x), Preparation.of(other)(other), atol=1e-3)


def test_zero_or_less_has_no_logarithm():
    x = measures()
    x[7, 1] = 0
    assert np.isnan(Preparation.of(x).floor).all()


def test_a_value_below_all_that_were_learnt_counts_as_the_least_of_these():
    x = measures()
    prepare = Preparation.of(x)
    low = np.array([[37, 1e-9, 900], [37, x[:, 1].min(), 900], [37, -5, 900]])
    found = prepare(low)
    assert np.isfinite(found).all() and np.ptp(found[:, 1]) == 0


# Columns of one unit


def test_genes_are_logged_together_above_one_floor_and_keep_their_proportions():
    x = rng.lognormal(5, [[0.2, 0.5, 1.5]], (300, 3))
    prepare = Preparation.of(x, one_unit=True)
    floor = np.quantile(x, 0.25)
    np.testing.assert_allclose(prepare.floor, floor)
    logged = np.log2(np.maximum(x, floor))
    spread = prepare(x).std(0)
    np.testing.assert_allclose(spread / spread[2], logged.std(0) / logged[:, 2].std(), rtol=1e-4)
    np.testing.assert_allclose(np.mean(spread**2), 1, rtol=1e-4)


@pytest.mark.parametrize("x", [rng.normal(0, [[1, 3]], (200, 2)), rng.normal(8, [[1, 2]], (200, 2))])
def test_genes_that_are_logged_already_are_not_logged_again(x):
    prepare = Preparation.of(x, one_unit=True)
    assert np.isnan(prepare.floor).all()
    spread = prepare(x).std(0)
    np.testing.assert_allclose(spread[1] / spread[0], x[:, 1].std() / x[:, 0].std(), rtol=1e-4)


def test_graded_findings_keep_their_proportions_and_the_others_do_not():
    rare, common = rng.random(500) < 0.02, rng.integers(0, 4, 500)
    x = np.column_stack([rare, common, rng.normal(50, 15, 500), rng.normal(1, 0.1, 500)]).astype(float)
    found = Preparation.of(x)(x).std(0)
    np.testing.assert_allclose(found[0] / found[1], x[:, 0].std() / x[:, 1].std(), rtol=1e-4)
    np.testing.assert_allclose(found[2:], 1, rtol=1e-4)
    assert found[0] < 0.3 < 1 < found[1]


def test_few_whole_numbers_are_grades_and_more_of_them_are_a_measure():
    few, many = (np.resize(np.arange(count), 420).astype(float) for count in (GRADES, GRADES + 1))
    halves = np.resize([0.5, 1.5], 420)
    small = np.resize([0.0, 1], 420)
    for column, alone in ((few, False), (many, True), (halves, True)):
        x = np.column_stack([column, small])
        assert (abs(Preparation.of(x)(x)[:, 0].std() - 1) < 1e-4) == alone


# Gaps and odd columns


def test_gaps_get_the_median_of_the_patients_learnt_from():
    x = measures()
    holes = x.copy()
    holes[rng.random(x.shape) < 0.2] = np.nan
    prepare = Preparation.of(holes)
    middle = np.nanmedian(holes, axis=0)[None]
    np.testing.assert_allclose(prepare(np.full((1, 3), np.nan)), prepare(middle), atol=1e-4)
    known = ~np.isnan(holes)
    np.testing.assert_array_equal(prepare(holes)[known], prepare(x)[known])


def test_other_patients_are_prepared_by_what_was_learnt():
    x = measures()
    prepare = Preparation.of(x[:200])
    np.testing.assert_array_equal(prepare(x)[:200], prepare(x[:200]))
    moved = prepare(x + np.array([5, 0, 0]))
    assert moved[:, 0].mean() > 5


@pytest.mark.parametrize("one_unit", [False, True])
@pytest.mark.parametrize("value", [0.0, 7, 36.6])
def test_a_column_that_never_changes_stays_0(value, one_unit):
    x = np.column_stack([rng.normal(5, 1, 100), np.full(100, value)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prepare = Preparation.of(x, one_unit=one_unit)
    found = prepare(x)
    assert np.abs(found[:, 1]).max() < 1e-6 and found[:, 0].std() > 0.5
    assert np.abs(prepare([[5, value + 0.5]])).max() < 3, "nor does a first other value go beyond all bounds"


# What is refused


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.full((4, 2), [np.nan, 1.0]), "column 0 of the table has no value at all: leave it out"),
        (np.array([[1.0, np.inf]]), "infinite value: write NaN"),
        (np.zeros(3), r"a row a patient .* the shape here is \(3,\)"),
        (np.zeros((0, 3)), r"the shape here is \(0, 3\)"),
    ],
)
def test_what_is_refused(x, message):
    with pytest.raises(DataError, match=message):
        Preparation.of(x)


def test_other_columns_than_were_learnt_are_refused():
    with pytest.raises(DataError, match="learnt on 3 columns; here are 2"):
        Preparation.of(measures())(np.zeros((5, 2)))
