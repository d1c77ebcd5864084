"""Alignments: the best and the sum against all alignments one by one, a textbook's figures, slopes."""

from itertools import pairwise, product
from math import comb

import keras
import numpy as np
import pytest
from keras import ops

from medlearn.errors import DataError
from medlearn.models import alignment
from medlearn.models.alignment import (
    Gaps,
    alignment_learner,
    best_alignment,
    best_scores,
    filled_pairs,
    its_output,
    learnt_scores,
    log_partition,
    posterior,
)
from medlearn.training import fit, predict

LINEAR, AFFINE = Gaps(-2, -2, -2, -2), Gaps(-3, -0.5, -3, -0.5)
CHEAP_ENDS, FREE_ENDS = Gaps(-3, -1, -0.5, -0.25), Gaps(-3, -1, 0, 0)
SIZES = [*product((1, 2, 3), repeat=2), (4, 4), (4, 2), (1, 4)]
STEP = {"both": (1, 1), "first": (1, 0), "second": (0, 1)}


def drawn(n, m, *, seed=0, pairs=None):
    shape = (n, m) if pairs is None else (pairs, n, m)
    return np.random.default_rng(seed).normal(0, 3, shape)


def all_paths(n, m):
    """All ways to write two sequences under each other, column by column."""
    if not n and not m:
        yield ()
    for move, (down, right) in STEP.items():
        if n >= down and m >= right:
            for path in all_paths(n - down, m - right):
                yield (*path, move)


def worth(score, path, gaps):
    """The score of one path."""
    (n, m), total, i, j, before = score.shape, 0.0, 0, 0, "both"
    for move in path:
        i, j = i + STEP[move][0], j + STEP[move][1]
        if move == "both":
            total += score[i - 1, j - 1]
        else:
            at_end = j in (0, m) if move == "first" else i in (0, n)
            begins, goes_on = gaps[2:] if at_end else gaps[:2]
            total += goes_on if move == before else begins
        before = move
    return total


def pairs_of(path):
    i = j = -1
    found = []
    for move in path:
        i, j = i + STEP[move][0], j + STEP[move][1]
        if move == "both":
            found.append((i, j))
    return tuple(found)


def counted(n, m):
    """The paths that count in the sum: the first's letters alone before the second's."""
    paths = all_paths(n, m)
    return [path for path in paths if ("second", "first") not in pairwise(path)]


def all_local(score, gaps):
    """The best score of any piece of both, or of none."""
    n, m = score.shape
    inside, best = Gaps(gaps.open, gaps.extend, gaps.open, gaps.extend), 0.0
    for a, b in product(range(n), range(m)):
        for c, d in product(range(a + 1, n + 1), range(b + 1, m + 1)):
            piece = score[a:c, b:d]
            best = max(best, *(worth(piece, path, inside) for path in all_paths(*piece.shape)))
    return best


def log_sums(scores, gap_open, gap_extend, lengths=None):
    found = log_partition(
        ops.convert_to_tensor(np.asarray(scores, "float32")),
        gap_open,
        gap_extend,
        None if lengths is None else ops.convert_to_tensor(np.asarray(lengths, "int32")),
    )
    return ops.convert_to_numpy(found)


# The best


@pytest.mark.parametrize("gaps", [LINEAR, AFFINE, CHEAP_ENDS, FREE_ENDS])
@pytest.mark.parametrize(("n", "m"), SIZES)
def test_the_best_is_that_of_all_alignments(n, m, gaps):
    paths = [*all_paths(n, m)]
    for seed in range(4):
        score = drawn(n, m, seed=seed)
        values = {path: worth(score, path, gaps) for path in paths}
        found, best = best_alignment(score, gaps), max(values.values())
        assert found.score == pytest.approx(best)
        of_these = [value for path, value in values.items() if pairs_of(path) == pairs_of_array(found.pairs)]
        assert max(of_these) == pytest.approx(best)
        assert best_scores(score[None], gaps) == pytest.approx(best)


def pairs_of_array(pairs):
    return tuple(map(tuple, pairs.tolist()))


@pytest.mark.parametrize("gaps", [LINEAR, AFFINE, FREE_ENDS])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (3, 2), (3, 3), (4, 3)])
def test_the_best_piece_is_that_of_all_pieces(n, m, gaps):
    for seed in range(4):
        score = drawn(n, m, seed=seed) - 1
        found, best = best_alignment(score, gaps, local=True), all_local(score, gaps)
        assert found.score == pytest.approx(best)
        assert best_scores(score[None], gaps, local=True) == pytest.approx(best)
        if best:
            (a, b), (c, d) = found.pairs[0], found.pairs[-1] + 1
            inside = Gaps(gaps.open, gaps.extend, gaps.open, gaps.extend)
            assert best_alignment(score[a:c, b:d], inside).score == pytest.approx(best)
        else:
            assert found.pairs.shape == (0, 2)


def test_a_textbook_s_example():
    """Durbin et al., Biological sequence analysis (1998), chapter 2: HEAGAWGHEE and PAWHEAE, BLOSUM50, −8."""
    p, a = [-2, -1, -1, -2, -1, -4, -2, -2, -1, -1], [-2, -1, 5, 0, 5, -3, 0, -2, -1, -1]
    w, h = [-3, -3, -3, -3, -3, 15, -3, -3, -3, -3], [10, 0, -2, -2, -2, -3, -2, 10, 0, 0]
    e = [0, 6, -1, -3, -1, -3, -3, 0, 6, 6]
    score, eight = np.array([p, a, w, h, e, a, e]), Gaps(-8, -8, -8, -8)
    assert best_alignment(score, eight).score == 1
    piece = best_alignment(score, eight, local=True)
    assert piece.score == 28 and piece.pairs.tolist() == [[1, 4], [2, 5], [3, 7], [4, 8]]


def test_many_pairs_at_once_are_as_one_by_one_and_turned_round():
    scores = drawn(17, 9, pairs=6)
    for gaps, local in product((AFFINE, CHEAP_ENDS), (False, True)):
        alone = [best_alignment(score, gaps, local=local).score for score in scores]
        np.testing.assert_allclose(best_scores(scores, gaps, local=local), alone)
        turned = best_scores(np.swapaxes(scores, 1, 2), gaps, local=local)
        np.testing.assert_allclose(turned, alone)


def test_long_gaps_are_traced_to_the_letter():
    score = np.full((30, 12), -4.0)
    score[np.arange(6), np.arange(6)] = score[np.arange(24, 30), np.arange(6, 12)] = 5
    found = best_alignment(score, Gaps())
    assert found.score == 60 - 11 - 17
    assert found.pairs.tolist() == [[i, i] for i in range(6)] + [[i, i - 18] for i in range(24, 30)]


def test_of_equal_ones_one_is_answered_and_always_the_same():
    found = best_alignment(np.ones((2, 1)), LINEAR)
    assert found.pairs.tolist() == [[1, 0]] and found.score == -1


# The sum


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_each_alignment_counts_once(n, m):
    paths = counted(n, m)
    assert len({pairs_of(path) for path in paths}) == len(paths) == comb(n + m, n)
    assert np.exp(log_sums(np.zeros((1, n, m)), 0.0, 0.0)) == pytest.approx(len(paths), rel=1e-4)


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_the_sum_and_each_posterior_are_those_of_all_alignments(n, m):
    score, paths = drawn(n, m, seed=n + m), counted(n, m)
    values = np.array([worth(score, path, AFFINE) for path in paths])
    total = np.logaddexp.reduce(values)
    assert log_sums(score[None], -3.0, -0.5) == pytest.approx(total, abs=1e-4)
    expected = np.zeros((n, m))
    for path, value in zip(paths, values, strict=True):
        for pair in pairs_of(path):
            expected[pair] += np.exp(value - total)
    np.testing.assert_allclose(posterior(score, -3.0, -0.5), expected, atol=1e-9)


def test_the_best_is_the_largest_of_the_sum():
    """At large scores the sum is the best one alone, and its pairs are certain."""
    score = 40 * drawn(6, 7, seed=3)
    found = best_alignment(score, Gaps(-60, -20, -60, -20))
    assert log_sums(score[None], -60.0, -20.0) == pytest.approx(found.score, rel=1e-5)
    certain = np.zeros((6, 7))
    certain[tuple(found.pairs.T)] = 1
    np.testing.assert_allclose(posterior(score, -60.0, -20.0), certain, atol=1e-3)


def test_what_fills_up_counts_nothing():
    scores, lengths = drawn(5, 6, pairs=4), [(5, 6), (1, 1), (3, 6), (5, 2)]
    expected = [
        log_sums(score[None, :n, :m], -3.0, -0.5)[0] for score, (n, m) in zip(scores, lengths, strict=True)
    ]
    np.testing.assert_allclose(log_sums(scores, -3.0, -0.5, lengths), expected, atol=1e-4)
    for score, (n, m) in zip(scores, lengths, strict=True):
        score[n:], score[:, m:] = 50, 50
    np.testing.assert_allclose(log_sums(scores, -3.0, -0.5, lengths), expected, atol=1e-4)


# Learning


def test_slopes_are_what_stands_in_the_alignment_less_what_is_expected():
    """A step changes the score of two letters as often as they should be a pair, less how often they are."""
    n, m, given_pairs = 3, 4, [(0, 1), (2, 2)]
    given = filled_pairs([[0, 1, 2]], [[3, 4, 5, 6]], [given_pairs], 5)
    start = np.zeros((7, 7))
    start[:3, 3:] = drawn(n, m, seed=5)
    start = start + start.T
    model = alignment_learner(start, 5, gap_open=-1.5, gap_extend=-0.5)
    paths = counted(n, m)
    values = np.array([worth(start[:3, 3:], path, Gaps(-1.5, -0.5, -1.5, -0.5)) for path in paths])
    p = np.exp(values - np.logaddexp.reduce(values))
    chosen = [pairs_of(path) for path in paths].index(tuple(given_pairs))
    assert predict(model, given) == pytest.approx(-np.log(p[chosen]), abs=1e-4)
    model.compile(keras.optimizers.SGD(2.0), its_output)  # two numbers make up a score
    fit(model, (given, np.zeros(1)), epochs=1, patience=None)
    true = np.zeros((n, m))
    true[0, 1] = true[2, 2] = 1
    moved = (learnt_scores(model) - start)[:3, 3:]
    np.testing.assert_allclose(moved, true - posterior(start[:3, 3:], -1.5, -0.5), atol=1e-4)
    begun, further = np.array([gap_letters(path) for path in paths]).T
    expected = np.array([p @ begun, p @ further])
    gap = model.get_layer("soft").get_weights()[0]
    np.testing.assert_allclose(gap - [-1.5, -0.5], 2 * (gap_letters(paths[chosen]) - expected), atol=1e-3)


def gap_letters(path):
    """How many letters begin a gap, and how many go on with one."""
    before = ("both", *path[:-1])
    alone = [(move, last) for move, last in zip(path, before, strict=True) if move != "both"]
    further = sum(move == last for move, last in alone)
    return np.array([len(alone) - further, further])


def swapped(count, *, seed=0, letters=6, length=10):
    """Pairs in which each letter stands under its neighbour in the alphabet, and the second lacks one."""
    rng = np.random.default_rng(seed)
    first = rng.integers(letters, size=(count, length))
    gone = rng.integers(1, length - 1, size=count)
    second = [np.delete(one ^ 1, at) for one, at in zip(first, gone, strict=True)]
    places = [[(i, i - (i > at)) for i in range(length) if i != at] for at in gone.tolist()]
    return filled_pairs(first, second, places, length)


def test_it_learns_which_letters_go_together_and_comes_back_from_a_file(tmp_path):
    keras.utils.set_random_seed(0)
    model = alignment_learner(np.zeros((6, 6)), 10, gap_open=-1.0)
    model.compile(keras.optimizers.Adam(0.1), its_output)
    given = swapped(96)
    before = predict(model, given).mean()
    fit(model, (given, np.zeros(96)), epochs=8, batch_size=16, patience=None)
    other = swapped(16, seed=1)
    said, table = predict(model, other), learnt_scores(model)
    assert said.mean() < 0.5 * before
    np.testing.assert_array_equal(table.argmax(1), np.arange(6) ^ 1)
    np.testing.assert_allclose(table, table.T)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(predict(again, other), said, atol=1e-4)


def test_a_penalty_holds_the_scores_near_their_start():
    moved = []
    for penalty in (0.0, 1.0, 100.0):
        keras.utils.set_random_seed(0)
        model = alignment_learner(np.eye(6), 10, penalty=penalty)
        model.compile(keras.optimizers.SGD(0.004), its_output)
        fit(model, (swapped(32), np.zeros(32)), epochs=6, batch_size=16, patience=None)
        moved.append(np.abs(learnt_scores(model) - np.eye(6)).max())
    assert moved[0] > moved[1] > 2 * moved[2] > 0


def test_pairs_are_filled_up_and_their_gaps_counted():
    given = filled_pairs([[1, 2, 3, 4], [5]], [[1, 4], [5, 6, 7]], [[(0, 0), (3, 1)], []], 4)
    assert given["first"].tolist() == [[1, 2, 3, 4], [5, 0, 0, 0]]
    assert given["lengths"].tolist() == [[4, 2], [1, 3]]
    assert given["gaps"].tolist() == [[1, 1], [2, 2]]
    assert given["pairs"][0].sum() == 2 and given["pairs"][0, 3, 1] == 1 and not given["pairs"][1].any()


# What is wrong


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: best_alignment(np.zeros((0, 3))), "a sequence without a letter cannot be aligned"),
        (lambda: best_alignment(np.zeros((2, 2, 2))), r"must be \(letters of the first"),
        (lambda: best_scores(np.zeros((2, 2))), r"must be \(pairs, letters of the first"),
        (lambda: posterior(np.zeros(3), -1, -1), "have the shape"),
        (lambda: best_alignment([[np.nan]]), "a score is NaN or infinite"),
        (lambda: best_alignment([[1.0]], Gaps(11, 1)), "gaps cost 11 and then 1, but both must be 0 or less"),
        (lambda: best_alignment([[1.0]], Gaps(-1, -2)), "must not cost less than a further one"),
        (lambda: best_scores([[[1.0]]], Gaps(-1, -1, 0, -1)), "gaps cost 0 and then -1"),
        (lambda: alignment_learner([[0, 1], [2, 0]], 4), "a table that is the same both ways"),
        (lambda: filled_pairs([[1, 2, 3]], [[1]], [[]], 2), "need 1 to 2 letters each"),
        (lambda: filled_pairs([[1]], [[1, 2]], [[(0, 2)]], 4), "stand within both"),
        (lambda: filled_pairs([[1, 2]], [[1, 2]], [[(1, 0), (0, 1)]], 4), "must rise in both"),
        (lambda: filled_pairs([], [], [], 4), "there must be one pair"),
    ],
)
def test_what_is_wrong_is_one_sentence(call, said):
    with pytest.raises(DataError, match=said) as error:
        call()
    assert "\n" not in str(error.value)


def test_a_grid_that_memory_does_not_hold_is_refused_and_its_score_is_not(monkeypatch):
    monkeypatch.setattr(alignment, "MOST_CELLS", 100)
    with pytest.raises(DataError, match=r"to align 10 letters with 9 .* GB: cut them, or ask best_scores"):
        best_alignment(np.ones((10, 9)))
    assert best_scores(np.ones((1, 10, 9)), FREE_ENDS) == pytest.approx(9)
