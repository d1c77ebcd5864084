import numpy as np
import pytest
from scipy import linalg

from medlearn.errors import DataError
from medlearn.evaluation import frechet_distance, kernel_distance, membership_test, nearest_train_share
from medlearn.evaluation.synthetic import nearest

rng = np.random.default_rng(0)


def cloud(count=300, features=6, middle=0.0, spread=1.0):
    return rng.normal(middle, spread, size=(count, features))


def test_frechet_distance_of_known_normals():
    """|m|² + d (s − 1)² for clouds of exactly mean 0 and m, spread 1 and s."""
    rows = cloud(500, 4)
    rows -= rows.mean(0)
    rows = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows, rowvar=False))).T
    assert frechet_distance(rows, rows) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(rows, 3 * rows + 2) == pytest.approx(4 * 2**2 + 4 * (3 - 1) ** 2)


@pytest.mark.parametrize("features", [1, 2, 12])
def test_frechet_distance_agrees_with_the_matrix_root(features):
    a = cloud(200, features) @ rng.normal(size=(features, features))
    b = cloud(150, features, 0.3) @ rng.normal(size=(features, features))
    covariances = [np.cov(rows, rowvar=False).reshape(features, features) for rows in (a, b)]
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(sum(covariances) - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_with_fewer_cases_than_features():
    assert np.isfinite(frechet_distance(cloud(10, 40), cloud(12, 40)))


def test_kernel_distance_by_hand():
    a, b = cloud(7, 3), cloud(5, 3, 1.0)

    def kernel(x, y):
        return (x @ y / 3 + 1) ** 3

    within = [
        np.mean([kernel(x, y) for i, x in enumerate(rows) for j, y in enumerate(rows) if i != j])
        for rows in (a, b)
    ]
    between = np.mean([kernel(x, y) for x in a for y in b])
    assert kernel_distance(a, b) == pytest.approx(sum(within) - 2 * between)


def test_kernel_distance_is_unbiased_with_few_cases_too():
    same = [kernel_distance(cloud(12), cloud(12)) for _ in range(600)]
    assert abs(np.mean(same)) < 3 * np.std(same) / 600**0.5
    assert min(same) < 0
    assert kernel_distance(cloud(12, middle=1.0), cloud(12)) > 3 * np.std(same)


def test_kernel_distance_sees_spread_and_skew():
    base = kernel_distance(cloud(2000), cloud(2000))
    assert kernel_distance(cloud(2000), cloud(2000, spread=1.5)) > abs(base) + 0.1
    skewed = rng.exponential(size=(2000, 6)) - 1
    assert kernel_distance(cloud(2000), skewed) > abs(base) + 0.02


def test_nearest_is_the_nearest_and_a_copy_is_at_nought():
    rows, among = cloud(600, 4), cloud(700, 4)
    among[3] = rows[500] = 1e4 + rng.normal(size=4)
    distance, index = nearest(rows, among)
    every = np.linalg.norm(rows[:, None] - among, axis=2)
    np.testing.assert_array_equal(index, every.argmin(1))
    np.testing.assert_allclose(distance, every.min(1))
    assert distance[500] == 0 and index[500] == 3


def test_no_leak_gives_one_half_whatever_the_sizes():
    for train, held_out in ((200, 200), (900, 150), (150, 900)):
        shares = [nearest_train_share(cloud(), cloud(train), cloud(held_out)) for _ in range(40)]
        assert np.mean(shares) == pytest.approx(0.5, abs=4 * np.std(shares) / 40**0.5)


def test_share_is_the_mean_over_equally_many_picks():
    synthetic, train, held_out = cloud(40, 2), cloud(30, 2), cloud(10, 2)
    far = nearest(synthetic, held_out)[0]
    picked = [(nearest(synthetic, train[rng.permutation(30)[:10]])[0] < far).mean() for _ in range(3000)]
    assert nearest_train_share(synthetic, train, held_out) == pytest.approx(np.mean(picked), abs=0.01)


def test_ties_count_half():
    same = cloud(50)
    assert nearest_train_share(cloud(), same, same) == pytest.approx(0.5)


def test_planted_copies_raise_the_share():
    train, held_out = cloud(400, 20), cloud(200, 20)
    half = np.concatenate([train[:50] + 1e-3, cloud(50, 20)])
    assert nearest_train_share(half, train, held_out) > 0.55


def test_membership_test_knows_leak_from_no_leak():
    train, held_out = cloud(300, 10), cloud(300, 10)
    assert 0.5 in membership_test(cloud(300, 10), train, held_out)
    assert membership_test(train + 0.05, train, held_out).clears(0.95)


def test_membership_is_counted_by_patient():
    """Nine copies of each case are no more patients, and give the interval of one."""
    train, held_out = cloud(60, 10), cloud(60, 10)
    made = np.concatenate([train[:20] + 0.05, cloud(200, 10)])
    once = membership_test(made, train, held_out, patient=np.arange(120))
    copies = [np.repeat(rows, 9, axis=0) for rows in (train, held_out)]
    patient = np.repeat(np.arange(120), 9)
    of_copies = membership_test(made, *copies, patient=patient)
    assert (of_copies.value, of_copies.low) == pytest.approx((once.value, once.low), abs=4e-3)
    by_row = membership_test(made, *copies)
    assert by_row.high - by_row.low < 0.5 * (once.high - once.low)
    assert membership_test(made, train, held_out, level=0.5).low > once.low


def test_a_patient_among_both_is_no_test():
    with pytest.raises(DataError, match="2 of the patients have cases in both train and held_out"):
        membership_test(cloud(4), cloud(3), cloud(3), patient=["a", "b", "c", "b", "c", "d"])
    with pytest.raises(DataError, match="patient"):
        membership_test(cloud(4), cloud(3), cloud(3), patient=["a", "b"])


@pytest.mark.parametrize(("train", "held_out", "most"), [(60, 60, 1.0), (90, 30, 2 / 3), (30, 90, 1.0)])
def test_the_ceiling_of_a_thief_is_as_the_docstring_says(train, held_out, most):
    rows = cloud(train, 20)
    assert nearest_train_share(rows, rows, cloud(held_out, 20)) == pytest.approx(most, abs=0.06)


@pytest.mark.parametrize("measure", [frechet_distance, kernel_distance])
@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((4, 3)), np.zeros((4, 2)), "same columns"),
        (np.zeros((1, 3)), np.zeros((4, 3)), "at least 2 cases"),
        (np.full((4, 3), np.nan), np.zeros((4, 3)), "real are not finite, the first, nan, at row 0"),
    ],
)
def test_what_cannot_be_compared_is_said(measure, a, b, message):
    with pytest.raises(DataError, match=message):
        measure(a, b)


def test_films_are_taken_as_rows_of_pixels():
    films = rng.integers(0, 256, (20, 8, 8, 1), dtype="uint8")
    distance, index = nearest(films[:5], films)
    assert (distance == 0).all() and list(index) == [0, 1, 2, 3, 4]


def test_the_first_of_equally_near_rows_is_the_nearest():
    assert list(nearest([[0.0]] * 300, [[2.0], [1.0], [-1.0], [1.0]])[1]) == [1] * 300


@pytest.mark.parametrize("call", [nearest_train_share, membership_test])
def test_who_has_too_few_columns_is_said(call):
    with pytest.raises(DataError, match=r"both need the same columns, but \w+ has [23] and \w+ has [23]"):
        call(np.zeros((4, 3)), np.zeros((4, 2)), np.zeros((4, 2)))
    with pytest.raises(DataError, match="held_out has the shape"):
        call(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros((0, 2)))
