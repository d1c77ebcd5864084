import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from medlearn import evaluation
from medlearn.errors import DataError
from medlearn.evaluation.intervals import repeats, resamples

cases = st.lists(st.tuples(st.integers(0, 1), st.integers(-3, 3)), min_size=2, max_size=40)


@given(cases)
def test_auroc_equals_scikit_learn_with_ties(pairs):
    y_true, y_score = np.array(pairs).T
    assume(0 < y_true.mean() < 1)
    assert evaluation.auroc(y_true, y_score).value == pytest.approx(metrics.roc_auc_score(y_true, y_score))


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


def test_a_paired_difference_is_surer_than_its_parts():
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


def test_resamples_draw_whole_patients():
    patient = np.array([5, 7, 5, 9, 7, 7])
    for index in resamples(len(patient), patient, draws=20, seed=0):
        drawn, count = np.unique(patient[index], return_counts=True)
        whole = {5: 2, 7: 3, 9: 1}
        assert all(times % whole[who] == 0 for who, times in zip(drawn, count, strict=True))


def test_repeats():
    assert repeats(np.array([1, 1])) and not repeats(np.array([1, 2])) and not repeats(None)


def test_over_seeds_is_students_interval():
    estimate = evaluation.over_seeds([1.0, 2.0, 3.0])
    assert (estimate.value, estimate.high - 2) == pytest.approx((2, 4.302653 / 3**0.5), abs=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.auroc([1, 1], [0.1, 0.2]), "both classes"),
        (lambda: evaluation.auroc([0, 2], [0.1, 0.2]), "0 or 1, but holds 2"),
        (lambda: evaluation.auroc([0, 1], [0.1, np.nan]), "not finite, the first at position 1"),
        (lambda: evaluation.auroc([0, 1, 1], [0.1, 0.2]), "3 cases, but there are 2 scores"),
        (lambda: evaluation.sensitivity([0, 0], [0, 1]), "no case has the finding"),
        (lambda: evaluation.ppv([0, 1], [0, 0]), "no case was called positive"),
        (lambda: evaluation.over_seeds([0.9]), "one seed has no spread"),
        (lambda: evaluation.bootstrap(np.mean, np.ones(3), patient=np.array([1, 1])), "2 patient numbers"),
        (lambda: evaluation.auprc([0, 1], [0.1, 0.2]), "undefined in"),
        (lambda: evaluation.auprc([0, 0], [0.1, 0.2]), "no case has the finding"),
    ],
)
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(DataError, match=message):
        call()
