"""Twins without groups, stability, the number of groups, agreement with classes: by loops and libraries."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, silhouette_score

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import clusters as c

X = np.random.default_rng(0).normal(size=(40, 3))


def centres(x, k, seed):
    """A quick k-means: a few steps from so many patients drawn at random."""
    middle = x[np.random.default_rng(seed).choice(len(x), k, replace=False)]

    def label(other):
        return ((other[:, None] - middle) ** 2).sum(2).argmin(1)

    for _ in range(8):
        near = label(x)
        middle = np.stack(
            [x[near == one].mean(0) if (near == one).any() else middle[one] for one in range(k)]
        )
    return label


def best_of_three(x, k, seed):
    labels = [centres(x, k, seed + start) for start in range(3)]
    return min(labels, key=lambda label: within(x, label(x)))


def within(x, group):
    return sum(((x[group == one] - x[group == one].mean(0)) ** 2).sum() for one in np.unique(group))


def by_sign(x, k, seed):
    return lambda other: (other[:, 0] > 0).astype(int)


def by_chance(x, k, seed):
    rng = np.random.default_rng(seed)
    return lambda other: rng.integers(0, k, len(other))


def all_in_one(x, k, seed):
    return lambda other: np.zeros(len(other), int)


def kinds(count, distance, patients=90, columns=4, seed=0):
    """Patients of so many kinds, whose middles are so far apart."""
    rng = np.random.default_rng(seed)
    kind = np.arange(patients) % count
    middle = np.eye(columns)[:count] * distance / 2**0.5
    return rng.normal(size=(patients, columns)) + middle[kind], kind


# Twins


@pytest.mark.parametrize("shape", [(400, 5), (30, 200)])
def test_twins_have_the_mean_and_the_covariance(shape):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape) @ rng.normal(size=(shape[1], shape[1])) + rng.normal(0, 9, shape[1])
    twins = [c.null_twin(x, seed=seed) for seed in range(200)]
    assert twins[0].shape == shape
    together = np.concatenate(twins)
    true = np.cov(x.T)
    size = np.sqrt(np.outer(true.diagonal(), true.diagonal()))
    about = twins[0].shape[0] * len(twins)
    assert np.abs((np.cov(together.T) - true) / size).max() < 8 / about**0.5
    assert np.abs((together.mean(0) - x.mean(0)) / x.std(0)).max() < 6 / about**0.5


def test_a_twin_is_gaussian_where_the_patients_are_not():
    x, _ = kinds(2, 12, 2000)
    twin = c.null_twin(x)
    assert stats.kurtosis(x[:, 0]) < -1 and abs(stats.kurtosis(twin[:, 0])) < 0.3


def test_a_twin_of_few_patients_lies_in_their_own_directions():
    x = np.random.default_rng(0).normal(size=(6, 50))
    away = c.null_twin(x) - x.mean(0)
    across = np.linalg.svd(x - x.mean(0))[2][5:]
    assert np.abs(away @ across.T).max() < 1e-9 < np.abs(away).max()


def test_a_twin_goes_by_its_seed_and_a_constant_column_stays():
    x = np.c_[X, np.full(40, 7.0)]
    assert (c.null_twin(x, seed=3) == c.null_twin(x, seed=3)).all()
    assert not np.allclose(c.null_twin(x, seed=3)[:, :3], c.null_twin(x, seed=4)[:, :3])
    np.testing.assert_allclose(c.null_twin(x)[:, 3], 7, atol=1e-12)
    assert c.null_twin(x.astype("float32")).dtype == float


# Stability


def test_stability_is_that_of_a_loop():
    rng, agreed = np.random.default_rng(5), []
    for _ in range(4):
        order = rng.permutation(len(X))
        first, second = (centres(X[side], 3, int(rng.integers(2**31))) for side in np.split(order, [20]))
        agreed.append(adjusted_rand_score(first(X), second(X)))
    assert c.stability(X, centres, 3, halves=4, seed=5) == pytest.approx(np.mean(agreed), abs=1e-12)


def test_the_halves_are_all_patients_and_nobody_is_in_both():
    seen, asked = [], []

    def recipe(x, k, seed):
        seen.append((x[:, 0].tolist(), k, seed))
        return lambda other: asked.append(other[:, 0].tolist()) or np.arange(len(other)) % k

    c.stability(X[:9], recipe, 2, halves=3)
    assert all(who == X[:9, 0].tolist() for who in asked) and len(asked) == len(seen) == 6
    for (first, *_), (second, *_) in zip(seen[::2], seen[1::2], strict=True):
        assert len(first) == 4 and sorted(first + second) == sorted(X[:9, 0])
    assert {k for _, k, _ in seen} == {2} and len({seed for *_, seed in seen}) == 6
    assert len({tuple(sorted(who)) for who, *_ in seen}) == 6


def test_what_is_found_again_has_1_and_what_is_not_about_0():
    big = np.random.default_rng(0).normal(size=(600, 2))
    assert c.stability(big, by_sign, 2) == 1
    assert abs(c.stability(big, by_chance, 3)) < 0.01
    assert c.stability(big, all_in_one, 2) == 0


def test_the_seed_decides():
    assert c.stability(X, centres, 3, seed=1) == c.stability(X, centres, 3, seed=1)
    assert c.stability(X, centres, 3, seed=1) != c.stability(X, centres, 3, seed=2)


# The number of groups


@pytest.mark.parametrize(("count", "distance"), [(2, 5), (3, 6)])
def test_planted_kinds_are_counted(count, distance):
    groups = c.groups_found(kinds(count, distance, 60)[0], best_of_three, most=count + 1, halves=2)
    assert groups.k == count and groups.p == pytest.approx(1 / 21)
    row = groups.table[count - 2]
    assert row["k"] == count and row["stability"] > row["twins_highest"]
    assert repr(groups).startswith(f"{count} groups found: their stability is {row['stability']:.2f}, and")


def test_a_cloud_has_no_groups_and_the_sentence_says_so():
    groups = c.groups_found(X, centres, most=4, halves=2)
    assert groups.k == 1 and groups.p > 0.05
    wanted = (
        "no groups found: with 2 to 4 groups, the recipe is no more stable than for made-up patients without"
    )
    assert f"{groups}" == f"{wanted} any (p = {groups.p:.3f})"


def test_of_clouds_at_most_one_in_twenty_is_called_groups():
    def nearest_of_some(x, k, seed):
        middle = x[np.random.default_rng(seed).choice(len(x), k, replace=False)]
        return lambda other: ((other[:, None] - middle) ** 2).sum(2).argmin(1)

    p = np.zeros(50)
    for seed in range(50):
        x = np.random.default_rng(1000 + seed).normal(size=(16, 2)) * [3, 1]
        p[seed] = c.groups_found(x, nearest_of_some, most=3, halves=1, seed=seed).p
    assert (p <= 0.05).sum() <= 8  # 2.4 expected
    spread = p - np.random.default_rng(0).uniform(0, 1 / 21, 50)  # p-values are whole 21sts
    assert stats.kstest(spread, "uniform").pvalue > 1e-3


def test_a_twin_is_judged_as_the_patients_are():
    stable = np.random.default_rng(0).uniform(-0.1, 1, (21, 4))
    order = np.random.default_rng(1).permutation(21)
    np.testing.assert_allclose(c._excess(stable)[order], c._excess(stable[order]))


def test_there_are_as_many_groups_as_where_stability_lies_furthest_above_the_twins(monkeypatch):
    """Not as where the twins differ least from each other."""
    noise = iter(np.random.default_rng(0).uniform(-1, 1, 400))

    def stability(x, recipe, k, *, halves, seed):
        usual, spread, ours = {2: (0.5, 0.3, 0.95), 3: (0.2, 0.02, 0.6)}[k]
        return ours if np.array_equal(x, X) else usual + spread * next(noise)

    monkeypatch.setattr(c, "stability", stability)
    groups = c.groups_found(X, centres, most=3)
    assert groups.k == 2 and groups.p < 0.05
    spread = np.linspace(-1, 1, 20)
    stable = np.array([[0.95, 0.6], *np.stack([0.5 + 0.3 * spread, 0.2 + 0.02 * spread], 1)])
    assert c._excess(stable)[0].argmax() == 1


def test_a_perfect_stability_stands_out_from_a_good_one_and_a_chance_difference_from_nothing():
    good = 0.8 + 0.08 * np.random.default_rng(0).normal(size=(21, 1)).clip(-1.5, 1.5)
    good[0] = 1
    excess = c._excess(good)
    assert excess[0] > 4 and excess[1:].max() < 3
    equal = np.full((21, 1), 0.3)
    equal[0] = 0.301
    assert c._excess(equal)[0] < 0.1


def test_the_table_has_a_row_a_number_and_both_silhouettes():
    x, _ = kinds(3, 5, 60)
    groups = c.groups_found(x, centres, most=4, halves=2, seed=4)
    table = pd.DataFrame(groups.table)
    assert table.k.tolist() == [2, 3, 4]
    assert (table.twins_lowest <= table.twins_mean).all() and (table.twins_mean <= table.twins_highest).all()
    for k, row in zip((2, 3, 4), groups.table, strict=True):
        assert row["stability"] == c.stability(x, centres, k, halves=2, seed=4)
        assert row["silhouette"] == pytest.approx(silhouette_score(x, centres(x, k, 4)(x)))
    assert table.silhouette[1] > table.twins_silhouette[1] + 0.1


def test_where_all_are_in_one_group_there_is_no_silhouette_and_nothing_found():
    groups = c.groups_found(X, all_in_one, most=2, halves=1)
    assert groups.k == 1 and groups.p == 1 and np.isnan(groups.table[0]["silhouette"])


def test_no_twin_is_the_one_that_null_twin_gives():
    """Or a twin's own twins would be copies of it."""
    seen = []

    def recipe(x, k, seed):
        seen.append(x)
        return by_sign(x, k, seed)

    c.groups_found(X, recipe, most=2, halves=1, seed=0)
    whole = [x for x in seen if len(x) == len(X)]
    assert len(whole) == 21 and not any(np.allclose(x, c.null_twin(X, seed=0)) for x in whole)


# Agreement

labels = st.lists(st.tuples(st.integers(-2, 3), st.integers(0, 4)), min_size=25, max_size=40)


@settings(max_examples=20)
@given(pairs=labels)
def test_both_are_scikit_learns(pairs):
    first, second = np.array(pairs).T
    if len(set(first)) < 2:
        return
    for of, whole in ((c.ari, adjusted_rand_score), (c.nmi, normalized_mutual_info_score)):
        try:
            estimate = of(first, second)
        except UndefinedMeasure:
            continue
        assert estimate.value == pytest.approx(whole(first, second), abs=1e-12)
        assert estimate.low <= estimate.value <= estimate.high


def test_names_of_groups_do_not_matter():
    first, second = np.random.default_rng(0).integers(0, 3, (2, 60))
    for of in (c.ari, c.nmi):
        once, again = of(first, second), of(first, 100 - second)
        assert (once.value, once.low, once.high) == pytest.approx((again.value, again.low, again.high))
        assert of(first, (first + 1) % 3).value == pytest.approx(1)


def test_chance_is_0_for_one_and_not_for_the_other():
    first, second = np.random.default_rng(0).integers(0, 12, (2, 100))
    assert abs(c.ari(first, second).value) < 0.03 and c.nmi(first, second).value > 0.25


def test_a_pair_counts_the_product_of_its_two_and_nobody_is_a_pair_with_a_copy():
    rng = np.random.default_rng(0)
    first, second, weights = *rng.integers(0, 3, (2, 12)), rng.integers(0, 4, 12)
    pairs = [(weights[i] * weights[j], i, j) for i, j in itertools.combinations(range(12), 2)]
    together = sum(w for w, i, j in pairs if first[i] == first[j] and second[i] == second[j])
    one, other = (sum(w for w, i, j in pairs if its[i] == its[j]) for its in (first, second))
    by_chance = one * other / sum(w for w, *_ in pairs)
    wanted = (together - by_chance) / ((one + other) / 2 - by_chance)
    assert c._ari_of_counts(first, second)(weights) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("by_patient", [False, True])
def test_the_interval_of_nmi_is_a_loop_that_leaves_out_each_patient(by_patient):
    rng = np.random.default_rng(0)
    first, noise = rng.integers(0, 3, (2, 60))
    second = np.where(rng.random(60) < 0.3, noise, first)
    patient = np.arange(60) // 2 if by_patient else np.arange(60)
    count = patient.max() + 1
    value = normalized_mutual_info_score(first, second)
    without = np.array(
        [normalized_mutual_info_score(first[patient != one], second[patient != one]) for one in range(count)]
    )
    half = stats.t.ppf(0.975, count - 1) * ((count - 1) * without.var()) ** 0.5
    estimate = c.nmi(first, second, patient=patient)
    assert (estimate.low, estimate.high) == pytest.approx((value - half, value + half), abs=1e-12)
    assert estimate.method == ("jackknife by patient" if by_patient else "jackknife")


def test_intervals_hold_the_truth_in_so_many_worlds():
    """Of the adjusted Rand index, that of all; of mutual information, that of as many patients."""

    def world(cases, seed):
        rng = np.random.default_rng(seed)
        first, noise = rng.integers(0, 4, (2, cases))
        return first, np.where(rng.random(cases) < 0.3, noise, first)

    truth = adjusted_rand_score(*world(200_000, 99))
    usual = np.mean([normalized_mutual_info_score(*world(80, 1000 + seed)) for seed in range(300)])
    assert 34 <= sum(truth in c.ari(*world(80, seed)) for seed in range(40)) < 40  # 38 expected
    assert 107 <= sum(usual in c.nmi(*world(80, seed)) for seed in range(120)) < 120  # 114 expected


def test_copies_of_all_patients_make_no_interval_narrower():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 3, (2, 60))
    second = np.where(rng.random(60) < 0.6, first, second)
    for of, margin in ((c.ari, 0.05), (c.nmi, 1e-9)):
        once = of(first, second)
        twice = of(np.tile(first, 2), np.tile(second, 2), patient=np.tile(np.arange(60), 2))
        assert twice.high - twice.low == pytest.approx(once.high - once.low, abs=margin)


def test_weights_of_0_leave_a_case_out():
    rng = np.random.default_rng(0)
    first, second, some = *rng.integers(0, 3, (2, 60)), np.arange(60) % 3 > 0
    for of in (c.ari, c.nmi):
        assert of(first, second, weights=some).value == pytest.approx(of(first[some], second[some]).value)


# What is wrong


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: c.null_twin(np.full((5, 2), np.nan)), "x holds nan at row 0, column 0: fill the gaps first"),
        (lambda: c.null_twin(np.where(X > 2, np.inf, X)), "x holds inf at row .*: fill the gaps"),
        (lambda: c.null_twin([1.0, 2]), r"x has the shape \(2,\), but must have a row a patient"),
        (
            lambda: c.null_twin(X[:1]),
            r"x has the shape \(1, 3\), but must have a row a patient, two at least",
        ),
        (lambda: c.null_twin(np.zeros((5, 0))), r"x has the shape \(5, 0\)"),
        (lambda: c.null_twin([["a", "b"]] * 3), "x holds what is no number"),
        (lambda: c.null_twin([[1.0, 2], [3]]), "rows that differ in length"),
        (lambda: c.stability(X, centres, 1), "k must be a whole number of groups, 2 at least, not 1"),
        (lambda: c.stability(X, centres, 2.0), "k must be a whole number of groups, .* not 2.0"),
        (lambda: c.stability(X, centres, True), "k must be a whole number of groups"),
        (lambda: c.stability(X, centres, 2, halves=0), "halves is how often to split, .* not 0"),
        (
            lambda: c.stability(X[:9], centres, 5),
            "x has 9 patients, but 5 groups in each of two halves need 10",
        ),
        (lambda: c.stability(X, "k-means", 2), "recipe must be a function, .* not 'k-means'"),
        (
            lambda: c.stability(X, lambda x, k, seed: x[:, 0], 2),
            "the recipe returned ndarray, but must return",
        ),
        (
            lambda: c.stability(X, lambda x, k, seed: lambda other: np.zeros(len(x), int), 2),
            r"labels have the shape \(20,\) and the type int64, but must be one .* each of the 40 patients",
        ),
        (
            lambda: c.stability(X, lambda x, k, seed: lambda other: other[:, 0], 2),
            r"labels have the shape \(40,\) and the type float64",
        ),
        (lambda: c.groups_found(X, centres, most=1), "most must be a whole number of groups"),
        (
            lambda: c.groups_found(X, centres, twins=10),
            "twins must be a whole number from 19 on, not 10: with",
        ),
        (lambda: c.groups_found(X, centres, halves=0), "halves is how often"),
        (lambda: c.groups_found(X[:11], centres), "11 patients, but 6 groups .* need 12: lower most"),
        (lambda: c.groups_found(X * np.nan, centres), "fill the gaps first"),
        (lambda: c.ari([0, 1], [0]), "y_true has 2 cases, but groups has 1"),
        (lambda: c.ari([0, 1], [0.5, 1]), "groups must hold whole numbers, but holds 0.5 at position 0"),
        (lambda: c.nmi(["a", "b"], [0, 1]), "y_true must hold numbers"),
        (lambda: c.nmi([0, 1], [[0.2, 0.8]] * 2), "groups has the shape"),
        (lambda: c.ari([0, 1, np.nan], [0, 1, 1]), "y_true are not finite"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_wrong_is_one_sentence(call, said):
    with pytest.raises(DataError, match=said) as error:
        call()
    assert "\n" not in str(error.value)


@pytest.mark.filterwarnings("error")
def test_agreement_of_one_class_and_one_group_is_undefined():
    for pair in (([1, 1, 1], [0, 0, 0]), ([0], [0]), ([0, 0, 0, 1], [0, 0, 0, 0])):
        with pytest.raises(UndefinedMeasure, match="mutual information is undefined"):
            c.nmi(*pair)
    for pair in (([1, 1, 1], [0, 0, 0]), ([0, 1, 2], [2, 1, 0]), ([0], [0])):
        with pytest.raises(UndefinedMeasure, match="Rand index is undefined"):
            c.ari(*pair)
    assert c.ari([0, 1] * 9, [0, 0] * 9).value == 0
