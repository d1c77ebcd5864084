"""Sets against scikit-learn and by hand, their differences and intervals, and the rate of forbidden pairs."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, jaccard_score

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import bootstrap, sets
from medlearn.evaluation.measure import measure

TRUE = np.array([[1, 1, 0, 0], [0, 0, 0, 0], [0, 1, 1, 1], [1, 0, 0, 0]])
PRED = np.array([[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 0]])
PAIRS = np.array([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
OF_SETS = (sets.jaccard, sets.set_f1)


def prescribed(patients=80, visits=3, drugs=6, seed=0):
    """The sets of each visit, predicted ones, and whose each visit is; a patient's visits are alike."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), visits)
    usual = (rng.random((patients, drugs)) < 0.3)[patient]
    true, pred = (usual ^ (rng.random(usual.shape) < share) for share in (0.05, 0.15))
    return true.astype(int), pred.astype(int), patient


def tables(drugs, values):
    row = st.lists(values, min_size=drugs, max_size=drugs)
    return st.lists(st.tuples(row, row), min_size=2, max_size=20)


# Values


def test_by_hand():
    assert sets.jaccard(TRUE, PRED).value == pytest.approx((1 / 2 + 1 + 2 / 3 + 0) / 4)
    assert sets.set_f1(TRUE, PRED).value == pytest.approx((2 / 3 + 1 + 4 / 5 + 0) / 4)
    score = [[0.9, 0.2, 0.5, 0.1], [1, 2, 3, 4], [0.9, 0.8, 0.7, 0.6], [0, 0, 0, 0]]
    rows = (1 + 2 / 3) / 2, (1 / 2 + 2 / 3 + 3 / 4) / 3, 1 / 4
    assert sets.set_auprc(TRUE, score).value == pytest.approx(np.mean(rows))


@settings(max_examples=40)
@given(rows=tables(5, st.integers(0, 1)))
def test_sets_are_scikit_learns(rows):
    true, pred = (np.array(side) for side in zip(*rows, strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for ours, theirs in ((sets.jaccard, jaccard_score), (sets.set_f1, f1_score)):
            whole = theirs(true, pred, average="samples", zero_division=1)
            assert abs(ours(true, pred).value - whole) < 1e-12


@settings(max_examples=60)
@given(rows=tables(6, st.integers(0, 4)))
def test_each_rows_average_precision_is_scikit_learns_with_ties_too(rows):
    true, score = (np.array(side) for side in zip(*rows, strict=True))
    true = (true > 2).astype(int)
    some = true.any(1)
    theirs = [average_precision_score(*row) for row in zip(true[some], score[some], strict=True)]
    ours = sets._average_precision(true[some].astype(float), score[some].astype(float))
    assert np.allclose(ours, theirs, rtol=0, atol=1e-12)
    if len(theirs) > 1:
        assert sets.set_auprc(true, score).value == pytest.approx(np.mean(theirs), abs=1e-12)


def test_empty_sets_are_equal_and_can_be_left_out():
    empty, some = np.zeros((2, 3)), np.ones((2, 3))
    for of in OF_SETS:
        assert of(empty, empty).value == 1 and of(empty, some).value == 0 == of(some, empty).value
        some_only = of(TRUE, PRED, weights=TRUE.any(1)).value
        assert some_only == pytest.approx(of(TRUE[[0, 2, 3]], PRED[[0, 2, 3]]).value)
    score = np.random.default_rng(0).random(TRUE.shape)
    without = sets.set_auprc(TRUE[[0, 2, 3]], score[[0, 2, 3]], patient=[7, 7, 8])
    assert sets.set_auprc(TRUE, score, patient=[7, 9, 7, 8]) == without


# Intervals


def test_copies_of_a_visit_make_no_interval_narrower():
    true, pred, patient = prescribed()
    for of in (
        *OF_SETS,
        sets.set_auprc,
        lambda t, p, **how: sets.pair_rate(p, np.ones((6, 6)) - np.eye(6), **how),
    ):
        once = of(true, pred, patient=patient)
        twice = of(np.tile(true, (2, 1)), np.tile(pred, (2, 1)), patient=np.tile(patient, 2))
        assert (twice.low, twice.high) == pytest.approx((once.low, once.high)) and "patient" in once.method


def test_each_draw_of_the_bootstrap_is_that_of_a_loop():
    true, pred, patient = prescribed(30)
    plain = measure("plain", of="sets")(lambda true, pred: sets.jaccard(true, pred).value)
    ours, loop = (bootstrap(of, true, pred, patient=patient, draws=50) for of in (sets.jaccard, plain))
    for end in ("value", "low", "high"):
        assert getattr(ours, end) == pytest.approx(getattr(loop, end), abs=1e-12)
    drawn = bootstrap(sets.jaccard, true, pred, patient=patient)
    student = sets.jaccard(true, pred, patient=patient)
    assert drawn.low == pytest.approx(student.low, abs=0.01) and drawn.high == pytest.approx(
        student.high, abs=0.01
    )


def test_weights_count_a_case_so_many_times():
    true, pred, _ = prescribed(20)
    times = np.arange(len(true)) % 3
    more = [np.repeat(one, times, axis=0) for one in (true, pred)]
    forbidden = np.ones((6, 6)) - np.eye(6)
    forbidden[:3, :3] = 0
    for of in (*OF_SETS, sets.set_auprc, lambda t, p, **how: sets.pair_rate(p, forbidden, **how)):
        assert of(true, pred, weights=times).value == pytest.approx(of(*more).value, abs=1e-12)


def test_the_difference_is_paired():
    true, pred, patient = prescribed()
    other = pred.copy()
    other[::5, 0] ^= 1
    gap = sets.jaccard_difference(true, pred, other, patient=patient)
    one, two = (sets.jaccard(true, answer, patient=patient) for answer in (pred, other))
    assert gap.value == pytest.approx(one.value - two.value, abs=1e-12)
    assert gap.high - gap.low < 0.7 * (one.high - one.low)
    turned = sets.jaccard_difference(true, other, pred, patient=patient)
    assert (turned.value, turned.low) == pytest.approx((-gap.value, -gap.high), abs=1e-12)
    same = sets.jaccard_difference(true, pred, pred)
    assert (same.value, same.low, same.high) == (0, 0, 0)


# Forbidden pairs


def test_the_denominator_is_all_pairs_given_and_pooled():
    given = [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0]]
    rate = sets.pair_rate(given, PAIRS)
    assert rate.value == pytest.approx((2 + 1) / (6 + 1 + 1)) and 0 < rate.low < rate.high < 1


def test_none_found_among_few_is_not_shown_to_be_none():
    given = np.tile([1, 0, 1, 0], (20, 1))
    none = sets.pair_rate(given, PAIRS, patient=np.arange(20) // 2)
    many = sets.pair_rate(np.tile(given, (20, 1)), PAIRS)
    assert none.value == none.low == 0 and none.high > 0.2 and 0 < many.high < 0.02
    assert sets.pair_rate(np.tile([0, 0, 1, 1], (20, 1)), PAIRS).high == 1


def test_the_interval_holds_the_truth_though_a_patients_pairs_are_alike():
    rng, held = np.random.default_rng(0), 0
    shares = np.array([0.6, 0.3, 0.5, 0.2])
    sure = shares[:, None] * shares
    truth = (sure * PAIRS).sum() / (sure * (1 - np.eye(4))).sum()
    for _ in range(200):
        patient = np.repeat(np.arange(60), 2)
        held += truth in sets.pair_rate((rng.random((60, 4)) < shares)[patient], PAIRS, patient=patient)
    assert 180 <= held <= 199


# What is wrong


@pytest.mark.parametrize(
    ("true", "pred", "said"),
    [
        (TRUE, PRED[1:], "y_true has 4 cases, but y_pred has 3"),
        (TRUE, PRED[:, 1:], "same columns, but y_true has 4 and y_pred has 3"),
        (TRUE, PRED / 2, "y_pred must be 0 or 1, but holds 0.5 at row 0, column 0: compare the scores"),
        (TRUE + 1, PRED, "y_true must be 0 or 1, but holds 2 at row 0, column 0"),
        (TRUE[0], PRED[0], r"y_true has the shape \(4,\), but must have a column for each drug"),
        (TRUE[..., None], PRED, r"y_true has the shape \(4, 4, 1\)"),
        (TRUE, np.where(PRED, np.nan, 0), "y_pred are not finite, the first, nan, at row 0, column 0"),
        (np.zeros((0, 4)), np.zeros((0, 4)), "at least 1 cases a side"),
        (TRUE, [["insulin"] * 4] * 4, "y_pred must hold numbers, but holds"),
        (TRUE, [[1, 0], [1]], "y_pred is no array"),
        (None, PRED, "y_true"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_wrong_with_sets_is_one_sentence(true, pred, said):
    for call in (*OF_SETS, lambda *both: sets.jaccard_difference(*both, PRED)):
        with pytest.raises(DataError, match=said) as error:
            call(true, pred)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: sets.jaccard_difference(TRUE, PRED, PRED / 2), "other_pred must be 0 or 1"),
        (lambda: sets.jaccard_difference(TRUE, PRED, PRED[1:]), "4 cases, but other_pred has 3"),
        (lambda: sets.set_auprc(TRUE, PRED[1:]), "y_true has 4 cases, but y_score has 3"),
        (lambda: sets.set_auprc(PRED / 2, PRED), "y_true must be 0 or 1, but holds 0.5 at row 0, column 0$"),
        (lambda: sets.set_auprc(TRUE * 0, PRED), "no case that counts has a drug"),
        (lambda: sets.set_auprc(TRUE, PRED, weights=[0, 1, 0, 0]), "no case that counts has a drug"),
        (lambda: sets.set_auprc(TRUE, PRED, patient=[1, 2, 1, 1]), "at least two patients"),
        (lambda: sets.jaccard(TRUE, PRED, patient=[1] * 4), "at least two patients"),
        (lambda: sets.jaccard(TRUE, PRED, patient=[1] * 3), "4 cases but 3 patient"),
        (lambda: sets.jaccard(TRUE, PRED, level=95), "level must lie between 0 and 1"),
        (lambda: sets.pair_rate(TRUE, PAIRS[:3]), "pairs has 3 rows and 4 columns"),
        (lambda: sets.pair_rate(TRUE, PAIRS[:, :3]), "y_pred has 4 and pairs has 3"),
        (
            lambda: sets.pair_rate(TRUE, np.triu(PAIRS)),
            "symmetric, but drugs 0 and 1 are a pair in one order",
        ),
        (lambda: sets.pair_rate(TRUE, PAIRS + np.eye(4)), "forbids drug 0 together with itself"),
        (lambda: sets.pair_rate(TRUE, PAIRS * 2), "pairs must be 0 or 1, but holds 2 at row 0, column 1$"),
        (lambda: sets.pair_rate(TRUE / 2, PAIRS), "y_pred must be 0 or 1, but holds 0.5"),
        (lambda: sets.pair_rate(TRUE[[1, 3]], PAIRS), "no case has two drugs"),
        (lambda: sets.pair_rate(TRUE, PAIRS, weights=[0, 1, 0, 1]), "no case has two drugs"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_an_argument_that_is_wrong_is_one_sentence(call, said):
    with pytest.raises(DataError, match=said):
        call()


def test_what_has_no_value_is_undefined():
    with pytest.raises(UndefinedMeasure):
        sets.pair_rate(TRUE * 0, PAIRS)


@pytest.mark.filterwarnings("error")
@settings(max_examples=60)
@given(data=st.data())
def test_any_table_gives_a_sentence_or_an_estimate_within_the_bounds(data):
    drugs = data.draw(st.integers(1, 3))
    cell = data.draw(st.sampled_from([st.integers(0, 1), st.floats(0, 1), st.floats()]))
    rows = [data.draw(tables(drugs, cell)) for _ in range(2)]
    true, pred, other = ([row[k] for row in its] for its, k in ((rows[0], 0), (rows[0], 1), (rows[1], 0)))
    how = {"weights": data.draw(st.none() | st.just(np.arange(len(true))))}
    how |= {"patient": data.draw(st.none() | st.just(np.arange(len(true)) // 2))}
    for of, given_to in (
        (sets.jaccard, (true, pred)),
        (sets.set_f1, (true, pred)),
        (sets.set_auprc, (true, pred)),
        (sets.jaccard_difference, (true, pred, other)),
        (sets.pair_rate, (true, other)),
        (sets.pair_rate, (true, np.ones((drugs, drugs)) - np.eye(drugs))),
    ):
        try:
            estimate = of(*given_to, **how)
        except DataError as error:
            assert len(str(error)) > 15 and "\n" not in str(error)
            continue
        assert of.low <= estimate.low <= estimate.value + 1e-9 and estimate.value <= estimate.high + 1e-9
        assert estimate.high <= of.high


def test_the_set_decided_on_has_the_highest_expected_jaccard_index_of_all_sets():
    rng = np.random.default_rng(0)
    p = rng.random((40, 4)) ** rng.choice([0.5, 1, 3], (40, 1))
    every = np.array(list(itertools.product((0, 1), repeat=4)))
    chance = np.where(every[:, None], p, 1 - p).prod(-1)  # (sets, cases)
    both, either = every @ every.T, np.maximum(every[:, None], every).sum(-1)
    index = np.where(either > 0, both / np.maximum(either, 1), 1)
    expected = index @ chance
    said = sets.decide(p)
    own = [expected[(every == one).all(1).argmax(), case] for case, one in enumerate(said)]
    np.testing.assert_allclose(own, expected.max(0), atol=1e-12)
    assert len({tuple(one) for one in said.tolist()}) > 4


def test_what_is_no_probability_is_not_decided_on():
    with pytest.raises(UndefinedMeasure, match="outside 0 to 1"):
        sets.decide([[0.5, 1.5]])
    with pytest.raises(DataError, match="column for each drug"):
        sets.decide([0.5, 0.5])
