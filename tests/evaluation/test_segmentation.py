"""Masks, objects, edges and volumes: against SciPy's brute force, by hand, and with empty masks."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import segmentation as s


def blobs(rng, shape=(12, 14), share=0.3):
    return rng.random(shape) < share


def test_dice_and_iou_rank_alike_and_are_each_other_s_formula():
    rng = np.random.default_rng(0)
    true, pred = ([blobs(rng) for _ in range(20)] for _ in range(2))
    d = s.dice_of_each(true, pred)
    i = np.array([(a & b).sum() / (a | b).sum() for a, b in zip(true, pred, strict=True)])
    assert np.allclose(d, 2 * i / (1 + i)) and np.isclose(s.iou(true, pred).value, i.mean())
    pooled = 2 * sum((a & b).sum() for a, b in zip(true, pred, strict=True)) / (np.sum(true) + np.sum(pred))
    assert np.isclose(s.dice(true, pred, pooled=True).value, pooled)


def test_empty_masks_follow_one_rule():
    full, empty = np.ones((3, 4), bool), np.zeros((3, 4), bool)
    assert s.dice_of_each([empty, full, empty], [empty, empty, full]).tolist() == [1, 0, 0]
    distances = s.hausdorff95([empty, full], [empty, empty], spacing=(2, 1))
    assert np.isclose(distances.value, np.hypot(6, 4) / 2), "0 and the diagonal"
    assert s.surface_dice([empty, full], [empty, empty]).value == 0.5
    assert s.matched_mean([empty.astype(int)] * 2, [empty.astype(int)] * 2).value == 1
    with pytest.raises(UndefinedMeasure, match="all masks are empty"):
        s.dice([empty] * 2, [empty] * 2, pooled=True)


@pytest.mark.parametrize("shape", [(12, 14), (7, 8, 6)])
def test_distances_equal_those_between_all_points_of_both_edges(shape):
    rng = np.random.default_rng(1)
    sides = np.array([0.7, 1.5, 3.0])[: len(shape)]
    for _ in range(10):
        true, pred = blobs(rng, shape), blobs(rng, shape)
        one, other = (np.argwhere(s.edge(mask)) * sides for mask in (true, pred))
        between = cdist(one, other)
        there, back = between.min(1), between.min(0)
        by_hand = max(np.percentile(there, 95), np.percentile(back, 95))
        assert np.isclose(s.hausdorff95([true] * 2, [pred] * 2, spacing=sides).value, by_hand)
        near = np.concatenate([there, back]) <= 1.0
        assert np.isclose(s.surface_dice([true] * 2, [pred] * 2, spacing=sides).value, near.mean())


def test_each_case_may_have_a_spacing_of_its_own():
    true, pred = np.array([[1, 0, 0, 1]]), np.array([[1, 0, 0, 0]])
    both = s.hausdorff95([true, true], [pred, pred], spacing=[(1, 1), (1, 3)])
    assert np.isclose(both.value, 0.95 * (3 + 9) / 2)


def test_objects_are_matched_as_mask_by_mask():
    rng = np.random.default_rng(2)
    true, pred = rng.integers(0, 6, (20, 20)), rng.integers(0, 5, (20, 20))
    table = s.overlap_table(true, pred)
    for a in range(1, 6):
        for b in range(1, 5):
            assert np.isclose(
                table[a - 1, b - 1], ((true == a) & (pred == b)).sum() / ((true == a) | (pred == b)).sum()
            )
    assert s.overlap_table(np.array([0, 9, 9]), np.array([0, 3, 3])).tolist() == [[1.0]], (
        "numbers may be missing"
    )


def test_dice_does_not_see_what_the_matched_share_sees():
    true = np.zeros((10, 20), int)
    true[2:8, 2:10], true[2:8, 10:18] = 1, 2
    fused = (true > 0).astype(int)
    assert s.dice([true > 0] * 2, [fused > 0] * 2).value == 1
    assert s.matched_share([true] * 2, [fused] * 2).value == 0
    assert s.matched_share([true] * 2, [true] * 2, at=0.95).value == 1


def test_intervals_count_patients():
    rng = np.random.default_rng(3)
    true = [blobs(rng) for _ in range(12)]
    pred = [mask ^ (rng.random(mask.shape) < rng.random() * 0.3) for mask in true]
    patient = np.repeat(np.arange(3), 4)
    alone, together = s.dice(true, pred), s.dice(true * 2, pred * 2, patient=list(range(12)) * 2)
    assert np.isclose(alone.low, together.low), "the same pictures twice teach nothing"
    assert s.dice(true, pred, patient=patient).method == "Student, by patient"


def test_agreement_is_bland_and_altman_s():
    rng = np.random.default_rng(4)
    true = rng.normal(3000, 400, 50)
    other = true + rng.normal(-50, 100, 50)
    found = s.agreement(true, other)
    assert np.isclose(found.bias, (other - true).mean())
    assert np.isclose(found.high - found.low, 2 * 1.96 * np.std(other - true, ddof=1))
    assert np.isclose(found.share, found.half / np.mean([true, other]))
    with pytest.raises(UndefinedMeasure, match="at least two"):
        s.agreement([1], [2])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: s.dice([np.eye(2)], [np.eye(3)]), r"case 0: the true mask is \(2, 2\), the other \(3, 3\)"),
        (lambda: s.dice([np.eye(2)], [np.eye(2) / 2]), "other values than 0 and 1"),
        (lambda: s.iou([np.eye(2)], []), "one a case of each"),
        (lambda: s.matches([], []), "one a case"),
        (lambda: s.overlap_table(np.eye(2), np.eye(3)), "label map is"),
        (lambda: s.matched_share([np.eye(2)], [np.eye(2)], at=0.42), "at is one of"),
        (lambda: s.hausdorff95([np.eye(2)], [np.eye(2)], spacing=0), "spacing is in mm and above 0"),
    ],
)
def test_what_is_wrong_is_one_sentence(call, said):
    with pytest.raises(DataError, match=said):
        call()


def test_numbers_of_objects_may_be_as_large_as_they_like():
    true, pred = np.array([[0, 0, 60_000, 60_000]]), np.array([[0, 3_000_000, 3_000_000, 7]])
    assert s.overlap_table(true, pred).round(2).tolist() == [[0.5, 0.33]]


@pytest.mark.parametrize("labels", [[[0, -1]], [[0, 0.5]], [[0, np.nan]]])
def test_what_is_no_label_map_is_refused(labels):
    with pytest.raises(DataError, match="whole numbers: 0 for the background"):
        s.matched_share([labels] * 2, [[[0, 1]]] * 2)
