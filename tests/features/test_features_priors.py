"""Sizes of priors, boxes as seen from them, who answers for what, and boxes made of answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlearn.errors import DataError
from medlearn.evaluation.detection import iou
from medlearn.features.priors import boxes_of, decode, encode, prior_boxes, sizes_of, targets

CLASSES = 3
SIZES = np.array([[10, 10], [30, 28], [60, 60]])
PRIORS = prior_boxes(24, 32, SIZES, stride=4)  # of a picture of 96 × 128


def boxes(*corners, label=None, ignore=None):
    n = len(corners)
    return {
        "corners": np.array(corners, np.float32).reshape(-1, 4),
        "label": np.zeros(n, int) if label is None else np.array(label),
        "ignore": np.zeros(n, bool) if ignore is None else np.array(ignore),
    }


def holds(answer):
    """Which priors hold an object, (places, sizes)."""
    return answer[..., :CLASSES].any(-1)


def asked(answer):
    return answer[..., CLASSES] == 1


def said_of(answer, one):
    """The priors that answer for the object with the corners `one`, (places, sizes)."""
    return holds(answer) & np.isclose(decode(answer[..., -4:], PRIORS), one, atol=1e-3).all(-1)


def perfect(answer):
    """What a net that knows `targets` by heart says."""
    return np.concatenate([np.where(answer[..., :CLASSES] > 0, 6.0, -6.0), answer[..., -4:]], -1)


# Sizes


def test_planted_groups_are_found_in_any_order():
    rng = np.random.default_rng(0)
    planted = np.array([[12, 10], [40, 44], [90, 70]])
    sides = np.repeat(planted, [9, 60, 20], axis=0) + rng.uniform(-2, 2, (89, 2))
    corner = rng.uniform(0, 200, (89, 2))
    corners = np.concatenate([corner, corner + sides], 1)
    found = sizes_of(corners, 3)
    assert np.abs(found - planted).max() < 1
    np.testing.assert_array_equal(sizes_of(corners, 3), found)
    np.testing.assert_allclose(sizes_of(rng.permutation(corners), 3), found)


def test_one_size_is_the_mean_and_as_many_as_boxes_are_the_boxes():
    corners = np.array([[0, 0, 10, 20], [5, 5, 25, 45], [7, 0, 67, 50]])
    np.testing.assert_allclose(sizes_of(corners, 1), [[30, 110 / 3]])
    np.testing.assert_allclose(sizes_of(corners, 3), [[10, 20], [20, 40], [60, 50]])


@pytest.mark.parametrize("count", [0, 3])
def test_there_are_as_many_boxes_as_sizes_or_more(count):
    with pytest.raises(DataError, match=f"{count} sizes of priors need as many boxes, but there are 2"):
        sizes_of(np.array([[0, 0, 1, 1], [0, 0, 2, 2]]), count)


def test_equal_boxes_make_equal_sizes():
    np.testing.assert_allclose(sizes_of(np.array([[3, 3, 9, 11]] * 5), 2), [[6, 8]] * 2)


# Boxes as seen from priors

SIDE, PLACE = st.floats(4, 100), st.floats(-200, 200)
BOX = st.tuples(PLACE, PLACE, SIDE, SIDE).map(
    lambda box: np.array([*box[:2], box[0] + box[2], box[1] + box[3]])
)


@given(st.lists(st.tuples(BOX, BOX), min_size=1, max_size=5))
def test_decoding_undoes_encoding(pairs):
    corners, priors = (np.array(of) for of in zip(*pairs, strict=True))
    np.testing.assert_allclose(decode(encode(corners, priors), priors), corners, atol=1e-9)


def test_the_prior_itself_is_all_zeros_and_an_absurd_size_stays_finite():
    assert not encode(PRIORS, PRIORS).any()
    assert np.isfinite(decode(np.array([0, 0, 1e6, -1e6]), PRIORS)).all()


def test_the_grid_lies_row_by_row_and_evenly():
    priors = prior_boxes(12, 16, SIZES)
    assert priors.shape == (12 * 16, 3, 4)
    centre = (priors[..., :2] + priors[..., 2:]) / 2
    assert (centre == centre[:, :1]).all(), "all sizes of a place around one centre"
    assert centre[0, 0].tolist() == [4, 4] and centre[1, 0].tolist() == [12, 4]
    assert centre[16, 0].tolist() == [4, 12] and centre[-1, 0].tolist() == [124, 92]
    assert (priors[..., 2:] - priors[..., :2] == SIZES).all()


# Who answers for what


def test_without_objects_all_say_nothing_and_are_asked():
    answer = targets(boxes(), PRIORS, CLASSES)
    assert answer.shape == (768, 3, CLASSES + 6) and answer.dtype == np.float32
    assert asked(answer).all() and not np.delete(answer, CLASSES, -1).any()


@given(st.data())
def test_every_object_has_priors(data):
    """Also a tiny one, and one between two places."""
    side = st.sampled_from([2, 5, 10, 17, 30, 80])
    width, height = data.draw(side), data.draw(side)
    x, y = data.draw(st.integers(0, 128 - width)), data.draw(st.integers(0, 96 - height))
    answer = targets(boxes([x, y, x + width, y + height], label=[2]), PRIORS, CLASSES)
    held = holds(answer)
    assert held.sum() >= 3 and (held == said_of(answer, [x, y, x + width, y + height])).all()
    assert (answer[held][:, :CLASSES] == [0, 0, 1]).all() and asked(answer)[held].all()
    assert (answer[held][:, CLASSES + 1] >= 1).all()
    assert not answer[~held][:, CLASSES + 1 :].any(), "what holds nothing has no box to learn"


def test_a_prior_answers_for_what_it_overlaps_most():
    left, right = [20, 20, 50, 48], [40, 20, 70, 48]
    answer = targets(boxes(left, right, label=[0, 1]), PRIORS, CLASSES)
    overlap = iou(PRIORS.reshape(-1, 4), [left, right]).reshape(768, 3, 2)
    for one, corners in enumerate((left, right)):
        mine = said_of(answer, corners)
        best = overlap[mine]
        assert mine.any() and (best[:, one] >= best[:, 1 - one]).all()
        assert (answer[mine][:, :CLASSES].argmax(1) == one).all()


def test_what_nearly_fits_is_not_asked_and_what_is_far_away_is():
    there = [20, 20, 50, 48]
    answer = targets(boxes(there), PRIORS, CLASSES)
    overlap = iou(PRIORS.reshape(-1, 4), [there]).reshape(768, 3)
    assert asked(answer)[overlap == 0].all() and not holds(answer)[overlap == 0].any()
    silent = ~asked(answer)
    assert silent.any() and not holds(answer)[silent].any()
    assert overlap[silent].min() > overlap[asked(answer) & ~holds(answer)].max()
    assert overlap[holds(answer)].min() >= overlap[silent].max()


def test_a_small_object_in_a_large_one_keeps_its_own_priors():
    large, small = [30, 20, 90, 80], [54, 44, 64, 54]
    for order in ([large, small], [small, large]):
        answer = targets(boxes(*order), PRIORS, CLASSES)
        assert said_of(answer, small).sum() >= 3 and said_of(answer, large).sum() >= 3


def test_where_both_want_the_same_priors_the_small_one_has_them():
    priors = prior_boxes(5, 5, np.array([[20, 20]]))
    large, small = [6, 6, 34, 34], [14, 14, 26, 26]
    for order in ([large, small], [small, large]):
        answer = targets(boxes(*order), priors, CLASSES)
        mine = np.isclose(decode(answer[..., -4:], priors), small, atol=1e-3).all(-1)
        assert (holds(answer) & mine).sum() >= 3


def test_an_object_with_few_priors_counts_more():
    answer = targets(boxes([11, 11, 16, 16], [40, 20, 100, 80]), PRIORS, CLASSES)
    small, large = (
        answer[said_of(answer, one)][:, CLASSES + 1] for one in ([11, 11, 16, 16], [40, 20, 100, 80])
    )
    assert len(small) < len(large) and small.min() > large.max() >= 1
    assert len(set(small)) == len(set(large)) == 1


def test_at_an_ignored_box_nothing_is_asked_and_nothing_held():
    there = [40, 20, 70, 48]
    ignored = targets(boxes(there, ignore=[True]), PRIORS, CLASSES)
    assert not holds(ignored).any() and not ignored[..., CLASSES + 1 :].any()
    overlap = iou(PRIORS.reshape(-1, 4), [there]).reshape(768, 3)
    silent = ~asked(ignored)
    assert silent.any() and overlap[silent].min() > overlap[~silent].max()
    beside = targets(boxes(there, [80, 50, 110, 78], ignore=[True, False]), PRIORS, CLASSES)
    assert (holds(beside) == said_of(beside, [80, 50, 110, 78])).all() and holds(beside).any()


def test_boxes_that_say_nothing_of_ignored_ones_are_all_judged():
    there = boxes([40, 20, 70, 48])
    answer = targets(there, PRIORS, CLASSES)
    del there["ignore"]
    np.testing.assert_array_equal(targets(there, PRIORS, CLASSES), answer)


# Boxes made of answers


def test_a_perfect_answer_gives_back_the_boxes():
    true = boxes(
        [3, 5, 12, 14],
        [20, 20, 50, 48],
        [40, 20, 70, 48],
        [60, 30, 121, 91],
        [84, 54, 94, 64],
        [0, 80, 20, 96],
        label=[2, 0, 0, 1, 2, 0],
    )
    found = boxes_of(perfect(targets(true, PRIORS, CLASSES)), PRIORS, shape=(96, 128))
    assert found["label"].tolist() == [0, 0, 0, 1, 2, 2] and (found["score"] > 0.99).all()
    for kind in range(CLASSES):
        there, here = (one["corners"][one["label"] == kind] for one in (true, found))
        order = [of[np.lexsort(of.round().T)] for of in (there, here)]
        np.testing.assert_allclose(*order, atol=1e-3)


def test_each_class_is_cut_and_thinned_by_itself_best_first():
    priors = prior_boxes(1, 3, np.array([[20, 20]]))  # neighbours have an IoU of 3 / 7
    answer = np.zeros((3, 1, 6))
    answer[..., :2] = [[[1, -9]], [[2, 0]], [[3, 0.5]]]
    found = boxes_of(answer, priors, at=0.4)
    assert found["label"].tolist() == [0, 0, 1]
    np.testing.assert_allclose(found["score"], 1 / (1 + np.exp([-3.0, -1.0, -0.5])))
    np.testing.assert_allclose(found["corners"], priors[[2, 0, 2], 0])
    assert boxes_of(answer, priors, at=0.5)["label"].tolist() == [0, 0, 0, 1, 1]
    assert boxes_of(answer, priors, at=0.5, cut=0.7)["score"].min() > 0.7


def test_nothing_found_is_no_boxes():
    found = boxes_of(np.full((768, 3, CLASSES + 4), -9.0), PRIORS, shape=(96, 128))
    assert found["corners"].shape == (0, 4) and found["label"].shape == found["score"].shape == (0,)


def test_boxes_end_at_the_picture_s_edge_if_its_shape_is_given():
    answer = np.zeros((768, 3, 5))
    free = boxes_of(answer, PRIORS, at=1)["corners"]
    held = boxes_of(answer, PRIORS, at=1, shape=(96, 128))["corners"]
    assert free.min() < 0 and free[:, 3].max() > 96
    np.testing.assert_array_equal(held, np.clip(free, 0, [128, 96, 128, 96]))
