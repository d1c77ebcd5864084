import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from medlearn import evaluation
from medlearn.errors import DataError

cases = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3)), min_size=2, max_size=40)


@given(cases)
def test_auroc_equals_scikit_learn_with_ties(pairs):
    y_true, y_score = np.array(pairs).T
    assume(0 < y_true.mean() < 1)
    assert evaluation.auroc(y_true, y_score).value == pytest.approx(metrics.roc_auc_score(y_true, y_score))


@settings(max_examples=50)
@given(cases)
def test_rates_equal_scikit_learn(pairs):
    y_true, y_score = np.array(pairs).T
    y_pred = (y_score > 0).astype(int)
    assume(0 < y_true.mean() < 1 and 0 < y_pred.mean() < 1)
    for ours, theirs in [
        (evaluation.sensitivity, metrics.recall_score),
        (evaluation.ppv, metrics.precision_score),
        (evaluation.accuracy, metrics.accuracy_score),
    ]:
        assert ours(y_true, y_pred).value == pytest.approx(theirs(y_true, y_pred))
    assert evaluation.specificity(y_true, y_pred).value == pytest.approx(
        metrics.recall_score(1 - y_true, 1 - y_pred)
    )
    assert evaluation.npv(y_true, y_pred).value == pytest.approx(
        metrics.precision_score(1 - y_true, 1 - y_pred)
    )


def noisy(rng, cases=300, strength=1.0):
    y_true = rng.integers(2, size=cases)
    return y_true, strength * y_true + rng.normal(size=cases)


def test_delong_equals_its_definition_case_by_case():
    y_true, y_score = noisy(np.random.default_rng(0), cases=60)
    y_score = y_score.round(1)  # some ties
    positive, negative = y_score[y_true == 1], y_score[y_true == 0]
    ranked = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    variance = ranked.mean(1).var(ddof=1) / len(positive) + ranked.mean(0).var(ddof=1) / len(negative)
    area = ranked.mean()
    half = 1.959964 * variance**0.5 / (area * (1 - area))
    low, high = 1 / (1 + np.exp(-(np.log(area / (1 - area)) + np.array([-half, half]))))
    ours = evaluation.auroc(y_true, y_score)
    assert (ours.value, ours.low, ours.high) == pytest.approx((area, low, high), abs=1e-6)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng, truth = np.random.default_rng(0), 0.7602  # Φ(1/√2), the AUROC of two normal classes one SD apart
    covered = [truth in evaluation.auroc(*noisy(rng)) for _ in range(400)]
    assert 0.92 < np.mean(covered) < 0.98


def test_a_paired_difference_is_surer_than_the_two_single_ones():
    y_true, y_score = noisy(np.random.default_rng(1))
    other = y_score + np.random.default_rng(2).normal(scale=0.3, size=len(y_true))
    difference = evaluation.auroc_difference(y_true, y_score, other)
    single = evaluation.auroc(y_true, y_score)
    assert difference.high - difference.low < (single.high - single.low) / 2
    assert difference.value == pytest.approx(single.value - evaluation.auroc(y_true, other).value)


def test_repeated_films_of_a_patient_do_not_make_the_interval_narrower():
    y_true, y_score = noisy(np.random.default_rng(3), cases=100)
    once = evaluation.auroc(y_true, y_score)
    copies = [np.repeat(array, 9) for array in (y_true, y_score, np.arange(100))]
    naive = evaluation.auroc(*copies[:2])
    honest = evaluation.auroc(*copies[:2], patient=copies[2])
    width = {name: e.high - e.low for name, e in {"once": once, "naive": naive, "honest": honest}.items()}
    assert width["naive"] < width["once"] / 2
    assert width["honest"] == pytest.approx(width["once"], rel=0.15)


def test_a_perfect_score_is_not_perfectly_sure():
    few = evaluation.auroc([0, 0, 1, 1], [0, 0, 1, 1])
    assert few.value == 1 and few.low < 0.7


# Albumin, total protein, K-G score and whether surgery helped, of 43 women with ovarian cancer and an
# obstructed bowel: the data of DeLong, DeLong and Clarke-Pearson (1988) as printed, with the results below,
# in the SAS/STAT User's Guide, The LOGISTIC Procedure, "Comparing Receiver Operating Characteristic Curves".
OVARIAN = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0  1.6 5.6 5 1
3.8 5.7 5 1  3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0
2.3 4.4 6 1  4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1
3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0
3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1
3.3 5.7 6 1  3.7 6.9 5 1  3.6 6.6 5 1"""


def test_delong_equals_the_published_example():
    albumin, protein, score, helped = np.array(OVARIAN.split(), float).reshape(-1, 4).T
    tests = {"albumin": albumin, "protein": protein, "score": 10 - score}
    published = {"albumin": (0.7366, 0.0927), "protein": (0.6478, 0.1000), "score": (0.7258, 0.1028)}
    for name, (area, error) in published.items():
        ours = evaluation.auroc(helped, tests[name])
        logit = np.log(ours.high / (1 - ours.high)) - np.log(ours.value / (1 - ours.value))
        standard_error = logit / 1.959964 * ours.value * (1 - ours.value)
        assert (ours.value, standard_error) == pytest.approx((area, error), abs=6e-5)
    for name, change, error in [("albumin", 0.0108, 0.0953), ("protein", -0.0780, 0.1046)]:
        ours = evaluation.auroc_difference(helped, tests[name], tests["score"])
        assert (ours.value, (ours.high - ours.value) / 1.959964) == pytest.approx((change, error), abs=6e-5)


def clustered(rng, patients=80, films=3, strength=1.0):
    """Films of a patient share the truth's side most of the time, and part of the score."""
    patient = np.repeat(np.arange(patients), films)
    y_true = (rng.random(patients)[patient] < 0.5).astype(int)
    own = rng.normal(size=patients)[patient]
    return y_true, strength * y_true + (own + rng.normal(size=len(patient))) / 2**0.5, patient


def test_auroc_by_patient_equals_obuchowskis_formula():
    rng = np.random.default_rng(0)
    y_true, y_score, patient = clustered(rng, patients=30)
    y_true = rng.permutation(y_true)  # patients with films of both classes
    y_score = y_score.round(1)
    positive, negative = np.flatnonzero(y_true == 1), np.flatnonzero(y_true == 0)
    gap = y_score[positive][:, None] - y_score[negative]
    ranked = (gap > 0) + 0.5 * (gap == 0)
    area = ranked.mean()
    who = np.arange(30)[:, None]
    of_positive = (patient[positive] == who) @ (ranked.mean(1) - area) / len(positive)
    of_negative = (patient[negative] == who) @ (ranked.mean(0) - area) / len(negative)
    k, m = len(set(patient[positive])), len(set(patient[negative]))
    cross = (k / (k - 1) * m / (m - 1)) ** 0.5
    variance = k / (k - 1) * (of_positive**2).sum() + m / (m - 1) * (of_negative**2).sum()
    variance += 2 * cross * of_positive @ of_negative
    half = stats.t.ppf(0.975, min(k, m) - 1) * variance**0.5 / (area * (1 - area))
    ours = evaluation.auroc(y_true, y_score, patient=patient)
    assert np.log(ours.high / (1 - ours.high)) - np.log(area / (1 - area)) == pytest.approx(half, rel=1e-5)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3), st.integers(0, 3)), min_size=2, max_size=40))
def test_weights_equal_scikit_learn(rows):
    y_true, y_score, weights = np.array(rows).T
    y_pred = (y_score > 0).astype(int)
    assume(0 < weights @ y_true < weights.sum() and 0 < weights @ y_pred < weights.sum())
    for ours, theirs, answer in [
        (evaluation.auroc, metrics.roc_auc_score, y_score),
        (evaluation.auprc, metrics.average_precision_score, y_score),
        (evaluation.sensitivity, metrics.recall_score, y_pred),
        (evaluation.ppv, metrics.precision_score, y_pred),
        (evaluation.accuracy, metrics.accuracy_score, y_pred),
        (evaluation.f1, metrics.f1_score, y_pred),
        (evaluation.balanced_accuracy, metrics.balanced_accuracy_score, y_pred),
    ]:
        estimate = ours(y_true, answer, weights=weights)
        assert estimate.value == pytest.approx(theirs(y_true, answer, sample_weight=weights))
        assert 0 <= estimate.low <= estimate.value + 1e-12 and estimate.value - 1e-12 <= estimate.high <= 1


@given(cases)
def test_a_weight_of_two_is_a_case_twice(pairs):
    y_true, y_score = np.array(pairs).T
    assume(0 < y_true.mean() < 1)
    who = np.arange(len(y_true)) // 2
    for measure in (evaluation.auroc, evaluation.auprc):
        twice = measure(np.repeat(y_true, 2), np.repeat(y_score, 2), patient=np.repeat(who, 2))
        heavy = measure(y_true, y_score, patient=who, weights=np.full(len(y_true), 2.0))
        assert (twice.value, twice.low, twice.high) == pytest.approx((heavy.value, heavy.low, heavy.high))


def test_influences_are_what_leaving_a_case_out_does():
    y_true, y_score = noisy(np.random.default_rng(5), cases=400)
    y_score = y_score.round(1)
    weights = np.ones(400)
    for measure in (evaluation.auroc, evaluation.auprc, evaluation.f1):
        answer = y_score if measure is not evaluation.f1 else (y_score > 0.5).astype(int)
        _, influence, _ = measure.influence(y_true, answer, weights, None)
        for case in (0, 7, 100):
            less = weights.copy()
            less[case] -= 1e-4
            change = (
                measure.influence(y_true, answer, weights, None)[0]
                - measure.influence(y_true, answer, less, None)[0]
            )
            assert change / 1e-4 == pytest.approx(influence[case], rel=0.01, abs=1e-6)


@pytest.mark.parametrize("measure", [evaluation.auroc, evaluation.auprc])
def test_the_fast_bootstrap_equals_the_slow_one(measure):
    y_true, y_score, patient = clustered(np.random.default_rng(1))
    y_score = y_score.round(1)
    slow = metrics.roc_auc_score if measure is evaluation.auroc else metrics.average_precision_score
    for whose in (None, patient):
        fast_one, slow_one = (
            evaluation.bootstrap(one, y_true, y_score, patient=whose, draws=50) for one in (measure, slow)
        )
        assert (fast_one.low, fast_one.value, fast_one.high) == pytest.approx(
            (slow_one.low, slow_one.value, slow_one.high)
        )


@pytest.mark.parametrize("measure", [evaluation.auroc, evaluation.auprc])
def test_formula_and_bootstrap_agree_by_patient(measure):
    y_true, y_score, patient = clustered(np.random.default_rng(2), patients=300)
    formula = measure(y_true, y_score, patient=patient)
    drawn = evaluation.bootstrap(measure, y_true, y_score, patient=patient)
    assert (formula.low, formula.high) == pytest.approx((drawn.low, drawn.high), abs=0.01)


def test_intervals_by_patient_cover_where_those_by_film_do_not():
    rng, covered = np.random.default_rng(0), []
    for _ in range(300):
        y_true, y_score, patient = clustered(rng)
        honest, naive = evaluation.auroc(y_true, y_score, patient=patient), evaluation.auroc(y_true, y_score)
        covered.append((0.7602 in honest, 0.7602 in naive))
    honest, naive = np.mean(covered, 0)
    assert 0.92 < honest < 0.98 and naive < 0.88


def test_constant_scores_rank_nothing_for_certain():
    ours = evaluation.auroc([0, 1, 0, 1], np.full(4, 7.0))
    assert (ours.low, ours.value, ours.high) == (0.5, 0.5, 0.5)


def test_one_patient_tells_nothing_of_others():
    y_true, y_score = noisy(np.random.default_rng(0), cases=50)
    who = np.zeros(50)
    for estimate in (
        evaluation.auroc(y_true, y_score, patient=who),
        evaluation.auprc(y_true, y_score, patient=who),
        evaluation.sensitivity(y_true, y_score > 0, patient=who),
    ):
        assert (estimate.low, estimate.high) == (0, 1)


def test_one_case_of_a_class_gives_a_wide_interval():
    ours = evaluation.auroc([0, 0, 1], [0.1, 0.9, 0.5])
    assert ours.value == 0.5 and ours.high - ours.low > 0.5


def test_patients_may_be_named():
    y_true, y_score, patient = clustered(np.random.default_rng(3))
    named = np.array([f"p{number}" for number in patient])
    assert evaluation.auroc(y_true, y_score, patient=named) == evaluation.auroc(
        y_true, y_score, patient=patient
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.auroc([1, 1], [0.1, 0.2]), "both classes"),
        (lambda: evaluation.auroc([0, 2], [0.1, 0.2]), "0 or 1, but holds 2"),
        (
            lambda: evaluation.auroc([0, 1], [0.1, np.nan]),
            "y_score are not finite, the first, (nan|inf), at position 1",
        ),
        (lambda: evaluation.auroc([0, 1, 1], [0.1, 0.2]), "y_true has 3 cases, but y_score has 2"),
        (lambda: evaluation.sensitivity([0, 0], [0, 1]), "no case has the finding"),
        (lambda: evaluation.ppv([0, 1], [0, 0]), "no case was called positive"),
        (
            lambda: evaluation.auroc([0, 1], [0.1, np.inf]),
            "y_score are not finite, the first, (nan|inf), at position 1",
        ),
        (lambda: evaluation.auroc([0, 1], [0.1, 0.2], patient=[1]), "2 cases but 1 patient numbers"),
        (lambda: evaluation.auroc([0, 1], [0.1, 0.2], weights=[1, -1]), "weights must not be below 0"),
        (lambda: evaluation.auroc([0, 1], [0.1, 0.2], weights=[1]), "2 cases but 1 weights"),
        (lambda: evaluation.auroc_difference([0, 0, 1], [1, 2, 3], [3, 2, 1]), "at least two patients"),
        (lambda: evaluation.sensitivity([0, 1], [0.2, 0.9]), "compare the scores to a threshold"),
        (lambda: evaluation.accuracy([], []), "there are no cases"),
        (lambda: evaluation.auprc([0, 0], [0.1, 0.2]), "no case has the finding"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()
