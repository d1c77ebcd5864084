"""The share of pairs found: by hand, families alike, intervals, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import Estimate
from medlearn.evaluation.alignment import pairs_found, shares_found

TRUE = [[(0, 0), (1, 1), (2, 2), (3, 4)], [(0, 1), (1, 2)], [(5, 5)]]
PRED = [[(0, 0), (1, 1), (2, 3), (3, 4)], [(0, 0), (1, 1)], [(5, 5), (6, 6)]]


def drawn(families, each, *, seed=0):
    """Shares that differ from family to family and little within; the truth is .6."""
    rng = np.random.default_rng(seed)
    centre = np.repeat(rng.uniform(0.4, 0.8, families), each)
    true = [np.stack([np.arange(100)] * 2, axis=1) for _ in centre]
    pred = [places[: rng.binomial(100, p)] for places, p in zip(true, centre, strict=True)]
    return true, pred, np.repeat(np.arange(families), each)


def test_shares_by_hand():
    assert shares_found(TRUE, PRED).tolist() == [0.75, 0, 1]
    assert pairs_found(TRUE, PRED).value == pytest.approx(1.75 / 3)
    assert pairs_found(TRUE, PRED, patient=["a", "a", "b"]).value == pytest.approx((0.375 + 1) / 2)
    assert pairs_found(TRUE, TRUE).value == 1
    assert pairs_found(TRUE, [[], [], []]).value == 0


def test_an_object_array_and_arrays_are_as_good_as_lists():
    arrays = np.empty(3, object)
    for case, places in enumerate(PRED):
        arrays[case] = np.array(places)
    assert pairs_found([np.array(places) for places in TRUE], arrays) == pairs_found(TRUE, PRED)


def test_a_large_family_counts_no_more_than_a_small_one():
    more = pairs_found(TRUE[:2] + TRUE[2:] * 9, PRED[:2] + PRED[2:] * 9, patient=[*"aa", *"b" * 9])
    few = pairs_found(TRUE, PRED, patient=[*"aab"])
    assert more.value == pytest.approx(few.value) and more.low == pytest.approx(few.low)


def test_weights_count_a_case_so_many_times_and_a_family_without_weight_not_at_all():
    family = [*"aab"]
    more = pairs_found(TRUE[:1] * 3 + TRUE[1:], PRED[:1] * 3 + PRED[1:], patient=[*"aaaab"])
    assert pairs_found(TRUE, PRED, patient=family, weights=[3, 1, 1]).value == pytest.approx(more.value)
    three = (TRUE + TRUE[:1], PRED + PRED[:1])
    left = pairs_found(*three, patient=[*"aabc"], weights=[1, 1, 1, 0])
    assert left == pairs_found(TRUE, PRED, patient=family)


def test_the_interval_counts_families_and_holds_the_truth():
    held = 0
    for seed in range(100):
        true, pred, family = drawn(8, 20, seed=seed)
        found = pairs_found(true, pred, patient=family)
        held += 0.6 in found
        alone = pairs_found(true, pred)
        assert found.high - found.low > 2 * (alone.high - alone.low)
    assert 88 <= held <= 100


@pytest.mark.parametrize(
    ("true", "pred", "said"),
    [
        (TRUE, PRED[:2], "y_true has 3 pairs of sequences and y_pred 2"),
        ([], [], "both need one or more"),
        (None, PRED, "y_true holds an array of places for each pair of sequences, not None"),
        (TRUE, np.zeros(()), r"y_pred holds an array of places .* not array\(0\.\)"),
        (TRUE, [*PRED[:2], [(0, -1)]], "case 2 of y_pred needs places of letters from 0"),
        (TRUE, [*PRED[:2], [(0.5, 1.0)]], "case 2 of y_pred .* not float64"),
        (TRUE, [*PRED[:2], [(0, 1, 2)]], r"case 2 of y_pred .* of \(1, 3\)"),
        (TRUE, [*PRED[:2], [0, 1]], "case 2 of y_pred needs places"),
        (TRUE, [*PRED[:2], [(0, 1), (2,)]], "case 2 of y_pred needs places"),
        (TRUE, [*PRED[:2], [(0, 2**40)]], "case 2 of y_pred needs places"),
        ([*TRUE[:2], [(0, 0), (0, 1)]], PRED, "case 2 of y_true has a letter that stands under two others"),
    ],
)
def test_what_is_wrong_is_one_sentence(true, pred, said):
    with pytest.raises(DataError, match=said) as error:
        pairs_found(true, pred)
    assert "\n" not in str(error.value)


def test_what_has_no_value_says_so():
    with pytest.raises(UndefinedMeasure, match="in the reference of case 1 no letter stands under another"):
        pairs_found([TRUE[0], []], PRED[:2])
    with pytest.raises(UndefinedMeasure, match="at least two patients"):
        pairs_found(TRUE, PRED, patient=[1, 1, 1])


@settings(max_examples=40)
@given(st.data())
def test_any_alignments_give_an_estimate_within_the_bounds(data):
    def places(least):
        rows = st.integers(0, 12)
        length = data.draw(st.integers(least, 6))
        sides = [data.draw(st.lists(rows, min_size=length, max_size=length, unique=True)) for _ in range(2)]
        return np.stack([sorted(side) for side in sides], axis=1).astype(int)

    cases = data.draw(st.integers(2, 5))
    true, pred = ([places(least) for _ in range(cases)] for least in (1, 0))
    found = pairs_found(true, pred)
    assert isinstance(found, Estimate) and 0 <= found.low <= found.value + 1e-9 <= found.high + 2e-9 <= 1.1
