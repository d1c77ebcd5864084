"""Kappa, its difference and its interval, the ranked probability score, and grades out of probabilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, cohen_kappa_score, confusion_matrix

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import bootstrap
from medlearn.evaluation import ordinal as o

PENALTIES = {"quadratic": "quadratic", "linear": "linear", "none": None}  # ours and scikit-learn's
TRUE, PRED = np.array([0, 0, 1, 2, 4, 3, 1, 0]), np.array([0, 1, 1, 2, 3, 3, 3, 0])


def eyes(patients=60, seed=0):
    """The grades of two eyes a patient by two graders, and whose each eye is."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 2)
    severity = rng.gamma(1.2, 1.0, patients)[patient]
    graded = (severity + rng.normal(0, 0.5, 2 * patients) for _ in range(2))
    return *(np.clip(np.rint(one), 0, 4).astype(int) for one in graded), patient


def softmax(rows):
    return np.exp(rows) / np.exp(rows).sum(1, keepdims=True)


# Agreement


@pytest.mark.parametrize("penalty", PENALTIES)
@settings(max_examples=25)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=30),
    grades=st.integers(5, 7),
)
def test_kappa_is_scikit_learns(penalty, pairs, grades):
    true, pred = np.array(pairs).T
    if len({*true, *pred}) == 1:
        with pytest.raises(UndefinedMeasure, match="one grade only"):
            o.kappa(true, pred, penalty=penalty)
        return
    whole = cohen_kappa_score(true, pred, weights=PENALTIES[penalty], labels=range(grades))
    of_counts = o._kappa_of_counts(true * grades + pred, grades, penalty)
    assert abs(of_counts(np.ones(len(true))) - whole) < 1e-12
    assert (o.confusion(true, pred, grades) == confusion_matrix(true, pred, labels=range(grades))).all()


def test_kappa_by_hand():
    table = np.array([[2, 1, 0], [0, 1, 1], [0, 0, 1]])
    true, pred = np.repeat(np.indices((3, 3)).reshape(2, 9), table.ravel(), axis=1)
    assert (o.confusion(true, pred) == table).all()
    seen, by_chance = 2 * 1, (3 * (2 * 1 + 2 * 4) + 2 * (2 * 1 + 2 * 1) + 1 * (2 * 4 + 2 * 1)) / 6
    assert o.kappa(true, pred).value == pytest.approx(1 - seen / by_chance, abs=1e-12)


def test_a_far_error_costs_more_and_chance_is_0():
    true = np.array([0, 1, 2, 3, 4] * 4)
    near, far = true.copy(), true.copy()
    near[0], far[0] = 1, 4
    for penalty in ("quadratic", "linear"):
        assert o.kappa(true, near, penalty=penalty).value > o.kappa(true, far, penalty=penalty).value
    for penalty in PENALTIES:
        assert o.kappa(true, true, penalty=penalty).value == 1
        assert abs(o.kappa(np.repeat(range(5), 5), np.tile(range(5), 5), penalty=penalty).value) < 1e-12
    assert o.kappa([0, 1] * 9, [1, 0] * 9).value == -1


def test_a_grade_that_does_not_occur_changes_nothing():
    assert o.kappa(TRUE, PRED, grades=5) == o.kappa(TRUE, PRED)
    assert o.kappa(TRUE, PRED, grades=9).value == pytest.approx(o.kappa(TRUE, PRED).value, abs=1e-12)
    assert o.confusion(TRUE, PRED, 7).shape == (7, 7) and o.confusion([0, 0], [0, 0]).shape == (2, 2)


def test_the_interval_is_that_of_a_loop_over_patients():
    true, pred, patient = eyes()

    def plain(true, pred):
        return 1 - np.mean((true - pred) ** 2) / np.mean((true[:, None] - pred) ** 2)

    ours, loop = o.kappa(true, pred, patient=patient), bootstrap(plain, true, pred, patient=patient)
    assert ours.method == loop.method == "bootstrap by patient"
    for end in ("value", "low", "high"):
        assert getattr(ours, end) == pytest.approx(getattr(loop, end), abs=1e-12)


def test_copies_of_a_photograph_make_no_interval_narrower():
    true, pred, _ = eyes(100)
    patient = np.arange(len(true))
    once = o.kappa(true, pred, patient=patient)
    twice = o.kappa(np.tile(true, 2), np.tile(pred, 2), patient=np.tile(patient, 2))
    alone = o.kappa(np.tile(true, 2), np.tile(pred, 2))
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))
    assert alone.high - alone.low < 0.8 * (twice.high - twice.low)


def test_weights_count_a_case_so_many_times():
    true, pred, _ = eyes(20)
    times = np.arange(40) % 3
    again = o.kappa(np.repeat(true, times), np.repeat(pred, times), grades=5)
    assert o.kappa(true, pred, weights=times).value == pytest.approx(again.value, abs=1e-12)
    with pytest.raises(UndefinedMeasure, match="one grade only"):
        o.kappa([0, 0, 1], [0, 0, 2], weights=[1, 1, 0])


def test_the_difference_is_paired():
    true, pred, patient = eyes(100)
    other = np.where(np.arange(200) % 5 == 0, np.minimum(pred + 1, 4), pred)
    gap = o.kappa_difference(true, pred, other, patient=patient)
    one, two = (o.kappa(true, answer, patient=patient) for answer in (pred, other))
    assert gap.value == pytest.approx(one.value - two.value, abs=1e-12) and gap.clears(0)
    assert two.high > one.low, "though the two intervals overlap"
    turned = o.kappa_difference(true, other, pred, patient=patient)
    assert (turned.value, turned.low) == pytest.approx((-gap.value, -gap.high), abs=1e-3)
    same = o.kappa_difference(true, pred, pred)
    assert (same.value, same.low, same.high) == (0, 0, 0)


# Probabilities


def test_the_score_is_the_mean_brier_score_of_each_step():
    rng = np.random.default_rng(0)
    true, probability = rng.integers(0, 5, 80), softmax(rng.normal(size=(80, 5)))
    steps = [brier_score_loss(true <= k, probability[:, : k + 1].sum(1)) for k in range(4)]
    figure = o.ranked_probability_score(true, probability, patient=np.arange(80) // 2)
    assert figure.value == pytest.approx(np.mean(steps)) and figure.method == "Student, by patient"
    two = o.ranked_probability_score(true > 1, np.stack([1 - probability[:, 0], probability[:, 0]], 1))
    assert two.value == pytest.approx(brier_score_loss(true > 1, probability[:, 0]))


def test_the_score_is_0_if_sure_and_right_and_1_if_sure_and_as_wrong_as_can_be():
    sure = np.eye(5)
    assert o.ranked_probability_score(range(5), sure).value == 0
    assert o.ranked_probability_score([4, 4], sure[[0, 0]]).value == 1
    far, near = (o.ranked_probability_score([4, 4], sure[[k, k]]).value for k in (1, 3))
    assert far == pytest.approx(0.75) and near == pytest.approx(0.25)


def test_each_rule_is_the_best_for_its_penalty():
    rng = np.random.default_rng(1)
    probability = softmax(2 * rng.normal(size=(300, 5)))
    off = np.abs(np.arange(5)[:, None] - np.arange(5))
    for rule, cost in (("likeliest", off > 0), ("median", off), ("mean", off**2)):
        assert (o.decide(probability, rule=rule) == (probability @ cost).argmin(1)).all(), rule


def test_rounding_errors_decide_nothing():
    thirds = [[0.1, 0.2, 0.2, 0.1, 0.4], [0.3, 0.2, 0.1, 0.2, 0.2]]
    assert o.decide(thirds, rule="median").tolist() == [2, 1]
    for kind in (np.float32, np.float16):
        halves = np.array([[0.5, 0.5, 0], [0, 0.5, 0.5]], kind)
        assert o.decide(halves, rule="mean").tolist() == [1, 2]
        assert o.decide(halves, rule="median").tolist() == [0, 1]
    sure = np.eye(5, dtype=np.float32) * 0.9996
    assert all((o.decide(sure, rule=rule) == np.arange(5)).all() for rule in ("likeliest", "median", "mean"))


# What is wrong.


@pytest.mark.parametrize(
    ("true", "pred", "more", "said"),
    [
        (TRUE, PRED[1:], {}, "y_true has 8 cases, but y_pred has 7"),
        (TRUE, [0, 1, 1, 2, 3, np.nan, 3, 0], {}, "y_pred are not finite, the first, nan, at position 5"),
        (TRUE, [0, None] * 4, {}, "y_pred are not finite"),
        (["mild"] * 8, PRED, {}, "y_true must hold numbers, but holds 'mild'"),
        (TRUE - 1, PRED, {}, "y_true holds -1 at position 0, but a grade is a whole number from 0 to 99"),
        (TRUE, PRED, {"grades": 4}, "y_true holds 4 at position 4, but .* from 0 to 3"),
        (TRUE, PRED / 2, {}, "y_pred holds 0.5 at position 1, .*decide makes grades of probabilities"),
        (TRUE, PRED + 10**9, {}, "y_pred holds 1e.09 at position 0"),
        ([], [], {}, "there are no cases: y_true is empty"),
        (TRUE, np.eye(8), {}, "y_pred has the shape"),
        (TRUE, PRED, {"grades": 1}, "grades is how many there are, a whole number from 2 to 100, not 1"),
        (TRUE, PRED, {"grades": 5.0}, "grades is how many"),
        (TRUE, PRED, {"grades": True}, "grades is how many"),
        (TRUE, PRED, {"grades": "five"}, "grades is how many"),
        (TRUE, PRED, {"penalty": "square"}, "penalty is one of 'quadratic', 'linear', 'none', not 'square'"),
        (TRUE, PRED, {"weights": "quadratic"}, "what an error costs is penalty='quadratic'"),
        (TRUE, PRED, {"weights": [1] * 7}, "8 cases but 7 weights"),
        (TRUE, PRED, {"patient": [1] * 8}, "at least two patients"),
        (TRUE, PRED, {"patient": [1] * 7}, "8 cases but 7 patient"),
        (TRUE, PRED, {"level": 95}, "level must lie between 0 and 1"),
        ([0], [1], {}, "at least two patients"),
        ([3, 3], [3, 3], {}, "one grade only, and all cases have it from both"),
        ([0] * 30 + [1], [0] * 31, {}, "undefined in .* of the bootstrap draws"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_wrong_with_grades_is_one_sentence(true, pred, more, said):
    for call in (o.kappa, lambda *both, **more: o.kappa_difference(*both, both[1], **more)):
        with pytest.raises(DataError, match=said) as error:
            call(true, pred, **more)
        assert "\n" not in str(error.value)


def test_the_other_model_is_named_where_it_is_the_one():
    with pytest.raises(DataError, match="other_pred holds"):
        o.kappa_difference(TRUE, PRED, PRED / 2)
    with pytest.raises(DataError, match="8 cases, but other_pred has 7"):
        o.kappa_difference(TRUE, PRED, PRED[1:])


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        ([[0.5, 0.4, 0.0]] * 2, "row 0 sums to 0.9, not to 1"),
        ([[1.0, 0.6, 0.2]] * 2, "row 0 sums to 1.8, .* nor log-odds"),
        ([[0.5, 0.5, 0.0], [np.nan, 0.5, 0.5]], "row 1 sums to nan"),
        ([[-0.5, 1.5, 0.0]] * 2, "probability lie outside 0 to 1, the first, -0.5, at row 0, column 0"),
        ([[np.inf, 0, 0]] * 2, "outside 0 to 1"),
        ([0.5, 0.5], r"shape \(2,\), but must have one row a case"),
        ([[1.0]] * 2, r"shape \(2, 1\)"),
        (np.zeros((0, 3)), r"shape \(0, 3\)"),
        ([[0.5, 0.5], [1.0]], "rows that differ in length"),
        ([["high", "low"]] * 2, "what is no number"),
        (None, "shape"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_wrong_with_probabilities_is_one_sentence(probability, said):
    for call in (o.decide, lambda rows: o.ranked_probability_score([0, 1], rows)):
        with pytest.raises(DataError, match=said) as error:
            call(probability)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: o.decide([[0.5, 0.5]], rule="mode"), "rule is one of .* not 'mode'"),
        (lambda: o.ranked_probability_score([0, 2], [[0.5, 0.5]] * 2), "y_true holds 2 at position 1"),
        (lambda: o.ranked_probability_score([0], [[0.5, 0.5]] * 2), "1 cases, but probability has 2 rows"),
        (lambda: o.ranked_probability_score([0], [[0.5, 0.5]]), "at least two patients"),
    ],
)
def test_an_argument_that_is_wrong_is_one_sentence(call, said):
    with pytest.raises(DataError, match=said):
        call()
