"""Q3 by residue and by chain: by hand, what does not count, intervals by chain, and what is refused."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from medlearn.data.ragged import Ragged
from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.structure import q3, q3_protein, right_and_there

TRUE = [[0, 1, 2, -1], [2, 2], [1, 1, 1, 1, 1]]
PRED = [[0, 1, 1, 0], [2, 2], [0, 0, 0, 0, 1]]


def drawn(chains, *, seed=0):
    """Chains of 50 to 150 residues, some of which are easy and some not."""
    rng = np.random.default_rng(seed)
    lengths, ease = rng.integers(50, 151, chains), rng.uniform(0.4, 0.9, chains)
    true = [rng.integers(0, 3, length) for length in lengths]
    right = [rng.random(length) < p for length, p in zip(lengths, ease, strict=True)]
    pred = [np.where(hit, labels, (labels + 1) % 3) for labels, hit in zip(true, right, strict=True)]
    return true, pred


def test_shares_by_hand():
    assert right_and_there(TRUE, PRED).tolist() == [[2, 3], [2, 2], [1, 5]]
    assert q3(TRUE, PRED).value == pytest.approx(5 / 10)
    assert q3_protein(TRUE, PRED).value == pytest.approx((2 / 3 + 1 + 1 / 5) / 3)


def test_by_residue_it_is_accuracy_of_those_that_count():
    true, pred = drawn(20)
    for labels in true:
        labels[::7] = -1
    flat, said = np.concatenate(true), np.concatenate(pred)
    assert q3(true, pred).value == pytest.approx(accuracy_score(flat[flat >= 0], said[flat >= 0]))


def test_what_does_not_count_is_neither_right_nor_wrong():
    for masked in (-1, -7):
        padded = [[*labels, masked, masked] for labels in TRUE]
        for filling in (0, masked):
            said = [[*labels, filling, filling] for labels in PRED]
            for of in (q3, q3_protein):
                assert of(padded, said) == of(TRUE, PRED)
    more = (Ragged.of([*TRUE, [-1, -1]]), [*PRED, [0, 1]])
    assert q3(*more).value == q3(TRUE, PRED).value
    assert q3_protein(*more) == q3_protein(TRUE, PRED)


def test_weights_count_a_chain_so_many_times():
    for of in (q3, q3_protein):
        more = of([*TRUE, *TRUE[:1]], [*PRED, *PRED[:1]])
        assert of(TRUE, PRED, weights=[2, 1, 1]).value == pytest.approx(more.value)


def test_rows_of_one_chain_make_no_interval_narrower():
    true, pred = drawn(30)
    chain = np.arange(30)
    for of in (q3, q3_protein):
        once = of(true, pred, patient=chain)
        twice = of(true * 2, pred * 2, patient=np.tile(chain, 2))
        assert (twice.value, twice.low, twice.high) == pytest.approx(
            (once.value, once.low, once.high), abs=1e-3
        )
        alone = of(true * 2, pred * 2)
        assert alone.high - alone.low < 0.85 * (twice.high - twice.low)


@pytest.mark.parametrize("of", [q3, q3_protein])
def test_the_interval_counts_chains_and_holds_the_truth(of):
    held = sum(0.65 in of(*drawn(40, seed=seed)) for seed in range(100))
    assert 88 <= held <= 100
    true, pred = drawn(40)
    by_chain = of(true, pred)
    assert by_chain.high - by_chain.low > 0.06  # residues alone would give .03


@pytest.mark.parametrize("of", [q3, q3_protein])
@pytest.mark.parametrize(
    ("true", "pred", "said"),
    [
        (TRUE, PRED[:2], "y_true has 3 chains and y_pred 2"),
        ([], [], "both need one or more"),
        (None, PRED, "y_true holds the labels of each chain, not None"),
        (TRUE, np.zeros(()), r"y_pred holds the labels of each chain, not array\(0\.\)"),
        (TRUE, [*PRED[:2], [1]], "chain 2 has 5 residues in y_true, but 1 in y_pred"),
        (TRUE, [*PRED[:2], [0.2] * 5], "chain 2 of y_pred .* of probabilities take argmax"),
        (TRUE, [*PRED[:2], [[0, 1, 0]] * 5], r"chain 2 of y_pred .* of \(5, 3\)"),
        ([*TRUE[:2], [*"HHHHH"]], PRED, "chain 2 of y_true needs one whole number a residue"),
    ],
)
def test_what_is_wrong_is_one_sentence(of, true, pred, said):
    with pytest.raises(DataError, match=said) as error:
        of(true, pred)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("of", [q3, q3_protein])
def test_what_has_no_value_says_so(of):
    with pytest.raises(UndefinedMeasure, match="no residue has a label that counts"):
        of([[-1, -1], [-1]], [[0, 0], [0]])
    with pytest.raises(UndefinedMeasure, match="no residue has a label that counts"):
        of([[-1], [1]], [[0], [1]], weights=[1, 0])
