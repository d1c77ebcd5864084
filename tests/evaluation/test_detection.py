"""Boxes as pycocotools counts them, nodules as LUNA16 does, and what both refuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medlearn.data.ragged import Ragged
from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import bootstrap
from medlearn.evaluation import detection as d
from medlearn.evaluation import nodules as n

RULES = ("101", "all", "11")


def smears(seed, pictures=12, *, ties=False):
    """True boxes and finds of three classes: some ignored, some found twice, some pictures empty."""
    rng = np.random.default_rng(seed)
    true, found = [], []
    for _ in range(pictures):
        label = rng.integers(0, 3, rng.integers(0, 14))
        places, sides = rng.integers(0, 150, (len(label), 2)), rng.integers(12, 60, (len(label), 2))
        corners = np.concatenate([places, places + sides], 1)
        true.append({"corners": corners, "label": label, "ignore": rng.random(len(label)) < 0.2})
        twice = np.repeat(np.arange(len(label)), rng.integers(0, 3, len(label)))
        more = rng.integers(0, 150, (rng.integers(0, 8), 2))
        near = corners[twice] + rng.integers(-4, 5, (len(twice), 4))
        boxes = np.concatenate([near, np.concatenate([more, more + 30], 1)])
        labels = np.concatenate([label[twice], rng.integers(0, 3, len(more))])
        score = rng.random(len(boxes)).round(1 if ties else 6)
        found.append({"corners": boxes, "label": labels, "score": score})
    return true, found


# Of pycocotools 2.0.11, all areas, at most 100 finds, an ignored box as a crowd, as benchmarks/ap_speed.py
# calls it: seed, ties; mAP at .5, at .75, and mean of .5 to .95.
PYCOCOTOOLS = [
    (0, False, 0.487095309777, 0.204982500271, 0.247601580749),
    (1, True, 0.407916118256, 0.16623350813, 0.196789210622),
    (2, False, 0.439944060728, 0.223977755255, 0.2308577369),
    (3, True, 0.427640971345, 0.198949623688, 0.225640052122),
]


@pytest.mark.parametrize(("seed", "ties", "half", "tight", "mean"), PYCOCOTOOLS)
def test_equals_pycocotools(seed, ties, half, tight, mean):
    true, found = smears(seed, ties=ties)
    for at, value in ((0.5, half), (0.75, tight), (d.COCO, mean)):
        assert abs(d.mean_average_precision(true, found, at=at).value - value) < 1e-9


def test_more_than_100_finds_of_a_class_in_a_picture_do_not_count():
    box = {"corners": [[0, 0, 9, 9]], "label": [0]}
    wrong = np.tile([20, 20, 29, 29], (100, 1))
    late = {
        "corners": np.concatenate([wrong, box["corners"]]),
        "label": [0] * 101,
        "score": np.linspace(1, 0.5, 101),
    }
    assert d.average_precision([box] * 2, [late] * 2).value == 0
    late["score"] = late["score"][::-1]
    assert d.average_precision([box] * 2, [late] * 2).value == 1


def by_hand(hits, truths, rule):
    """From hits in falling order, one find at a time."""
    right = np.cumsum(hits)
    recall, precision = right / truths, right / np.arange(1, len(hits) + 1)
    if rule == "all":
        steps = np.diff(recall, prepend=0)
        return sum(step * precision[place:].max() for place, step in enumerate(steps))
    levels = {"11": 10, "101": 100}[rule]
    reached = [precision[right * levels >= level * truths] for level in range(levels + 1)]
    return sum(one.max(initial=0) for one in reached) / (levels + 1)


@pytest.mark.parametrize("rule", RULES)
def test_three_rules_on_seven_finds(rule):
    hits = [1, 1, 0, 1, 0, 0, 1]
    box = np.array([[0, 0, 9, 9]])
    true = [{"corners": box, "label": [0]}] * 6
    found = [
        {"corners": box if hit else box + 50, "label": [0], "score": [0.9 - k / 10]}
        for k, hit in enumerate(hits[:6])
    ]
    found[2] = {"corners": np.concatenate([found[2]["corners"], box]), "label": [0, 0], "score": [0.7, 0.3]}
    assert np.isclose(d.average_precision(true, found, rule=rule).value, by_hand(hits, 6, rule))
    precision, recall, score = d.precision_and_recall(true, found)
    assert np.allclose(precision, np.cumsum(hits) / np.arange(1, 8))
    assert np.allclose(recall, np.cumsum(hits) / 6) and (np.diff(score) < 0).all()


def test_a_box_is_taken_once_and_by_the_best_score():
    true = [{"corners": [[0, 0, 10, 10], [0, 0, 10, 8]], "label": [0, 0]}]
    found = [{"corners": [[0, 0, 10, 10]] * 3, "label": [0] * 3, "score": [0.2, 0.9, 0.5]}]
    one = d.match(true, found, at=(0.5, 0.9))[0]
    assert one.score.tolist() == [0.9, 0.5, 0.2]
    assert one.hit.tolist() == [[True, True, False], [True, False, False]]
    assert one.counted.all() and one.truths.tolist() == [2]


def test_a_find_on_an_ignored_box_alone_does_not_count():
    true = [{"corners": [[0, 0, 10, 10], [0, 0, 40, 40]], "label": [0, 0], "ignore": [False, True]}]
    found = [{"corners": [[0, 0, 10, 10], [20, 20, 30, 30], [22, 22, 32, 32], [80, 80, 90, 90]],
              "label": [0] * 4, "score": [0.9, 0.8, 0.7, 0.6]}]  # fmt: skip
    one = d.match(true, found)[0]
    assert one.hit[0].tolist() == [True, False, False, False]
    assert one.counted[0].tolist() == [True, False, False, True]
    assert d.count_error(true * 2, found * 2).value == 3, "but a count has no place"


def test_overlap_and_suppression_box_by_box():
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 60, (80, 2))
    corners = np.concatenate([corners, corners + rng.uniform(5, 40, (80, 2))], 1)
    scores = rng.random(80).round(1)  # with ties
    table = d.iou(corners, corners)

    def single(a, b):
        sides = [max(0, min(a[k + 2], b[k + 2]) - max(a[k], b[k])) for k in (0, 1)]
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
        return sides[0] * sides[1] / (sum(areas) - sides[0] * sides[1])

    assert np.allclose(table, [[single(a, b) for b in corners] for a in corners])
    for at in (0.2, 0.5, 1.0):
        kept = []
        for place in np.argsort(-scores, kind="stable"):
            if all(single(corners[place], corners[other]) <= at for other in kept):
                kept.append(place)
        assert d.suppress(corners, scores, at=at).tolist() == kept


def test_boxes_without_area_and_no_boxes_at_all():
    assert d.iou([[3, 3, 3, 3]], [[3, 3, 3, 3], [0, 0, 9, 9]]).tolist() == [[0, 0]]
    assert d.iou([], [[0, 0, 9, 9]]).shape == (0, 1)
    assert d.suppress([], []).tolist() == []
    assert d.suppress([[3, 3, 3, 3]] * 2, [0.1, 0.2]).tolist() == [1, 0]


finds = st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=12)  # each with 4,000 draws
@given(pictures=st.lists(finds, min_size=2, max_size=6), rule=st.sampled_from(RULES), data=st.data())
def test_perfect_is_1_nothing_is_0_and_the_order_of_the_pictures_does_not_matter(pictures, rule, data):
    true, found, score = [], [], iter(data.draw(st.permutations(range(40))))
    for rows in pictures:
        corners = np.array([[30 * k, 0, 30 * k + 20, 20] for k in range(len(rows))])
        label, right, seen = (np.array(column) for column in zip(*rows, strict=True))
        true.append({"corners": corners, "label": label})
        scores = np.array([next(score) / 40 for _ in rows])
        moved = corners + np.where(right, 0, 15)[:, None]
        found.append({"corners": moved[seen], "label": label[seen], "score": scores[seen]})
    perfect = [case | {"score": np.ones(len(case["label"]))} for case in true]
    none = [{"corners": [], "label": [], "score": []}] * len(true)
    assert np.isclose(d.mean_average_precision(true, perfect, rule=rule).value, 1)
    assert d.mean_average_precision(true, none, rule=rule).value == 0
    estimate = d.mean_average_precision(true, found, rule=rule)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    turned = d.mean_average_precision(true[::-1], found[::-1], rule=rule)
    assert np.isclose(turned.value, estimate.value)


def test_weights_count_a_picture_so_many_times():
    true, found = smears(5)
    times = np.array([0, 1, 2, 3] * 3)
    again = [np.repeat(np.array(cases, object), times).tolist() for cases in (true, found)]
    for rule in RULES:
        weighted = d.mean_average_precision(true, found, rule=rule, weights=times, at=d.COCO).value
        assert np.isclose(weighted, d.mean_average_precision(*again, rule=rule, at=d.COCO).value)
    perfect = [case | {"score": np.ones(len(case["label"]))} for case in true]
    assert np.isclose(d.average_precision(true, perfect, weights=times * 0.1).value, 1)


def test_intervals_are_the_bootstrap_s_and_count_patients():
    true, found = smears(6, 16)
    patient = np.arange(16) // 2
    quick = d.average_precision(true, found, label=1, patient=patient)

    def plainly(cases):
        return d.average_precision([true[k] for k in cases], [found[k] for k in cases], label=1).value

    slow = bootstrap(plainly, np.arange(16), patient=patient, draws=40)
    assert quick.method == "bootstrap by patient" and np.isclose(quick.value, slow.value)
    assert abs(slow.low - quick.low) < 0.1 and abs(slow.high - quick.high) < 0.1


def test_a_class_without_truth_is_left_out_and_named():
    true, found = smears(7)
    found[0]["label"] = np.full(len(found[0]["label"]), 9)
    whole = d.mean_average_precision(true, found)
    assert whole.method.endswith("without class 9, of which there is no true box")
    only = d.mean_average_precision(true, found, classes=(0, 1, 2))
    assert np.isclose(only.value, whole.value) and only.method == "bootstrap"
    each = [d.average_precision(true, found, label=label).value for label in range(3)]
    assert np.isclose(only.value, np.mean(each))
    with pytest.raises(UndefinedMeasure, match="no true box"):
        d.mean_average_precision(true, found, classes=[9])


def test_a_ragged_fits_and_ignore_may_be_left_out():
    true, found = smears(8)
    as_rows = d.mean_average_precision(Ragged.of(true), Ragged.of(found))
    assert as_rows == d.mean_average_precision(true, found)
    bare = [{"corners": case["corners"], "label": case["label"]} for case in true]
    assert d.match(bare, found)[0].truths.sum() == sum((case["label"] == 0).sum() for case in true)


def test_a_count_can_be_right_where_every_box_is_wrong():
    true, _ = smears(9)
    beside = [
        {
            "corners": np.asarray(case["corners"]) + 500,
            "label": case["label"],
            "score": np.ones(len(case["label"])),
        }
        for case in true
    ]
    bare = [{"corners": case["corners"], "label": case["label"]} for case in true]
    assert d.count_error(bare, beside).value == 0 and d.mean_average_precision(bare, beside).value == 0
    assert d.count_error(bare, beside, cut=1.1).value == np.mean([(c["label"] == 0).sum() for c in true])


# Nodules


def scans(seed, count=30):
    rng = np.random.default_rng(seed)
    true, found = [], []
    for _ in range(count):
        here, wrong = rng.integers(0, 4), rng.integers(0, 7)
        place, diameter = rng.uniform(0, 200, (here, 3)), rng.uniform(4, 20, here)
        true.append({"place": place, "diameter": diameter})
        near = np.repeat(np.arange(here), rng.integers(0, 3, here))
        hits = place[near] + rng.normal(0, 2, (len(near), 3))
        alarms = rng.uniform(300, 400, (wrong, 3))
        score = np.concatenate([rng.beta(3, 2, len(near)), rng.beta(2, 3, wrong)]).round(2)
        found.append({"place": np.concatenate([hits, alarms]), "score": score})
    return true, found


def test_froc_is_counted_threshold_by_threshold():
    true, found = scans(0)
    alarms, right = n.froc(true, found)
    for cut in np.unique(np.concatenate([case["score"] for case in found])):
        wrong = hit = 0
        for scan, finds in zip(true, found, strict=True):
            place = finds["place"][finds["score"] >= cut]
            inside = np.array([np.linalg.norm(place - p, axis=1) < s / 2
                               for p, s in zip(scan["place"], scan["diameter"], strict=True)])  # fmt: skip
            inside = inside.reshape(len(scan["place"]), len(place))
            hit, wrong = hit + inside.any(1).sum(), wrong + (~inside.any(0)).sum()
        pair = wrong / 30, hit / sum(len(scan["place"]) for scan in true)
        assert np.isclose(np.stack([alarms, right], 1), pair).all(1).any()
    assert alarms[0] == right[0] == 0 and (np.diff(alarms) >= 0).all() and (np.diff(right) >= 0).all()


def test_the_score_is_the_mean_of_seven_sensitivities():
    true, found = scans(1)
    at = [n.sensitivity_at(true, found, alarms=alarms).value for alarms in n.ALARMS]
    whole = n.cpm(true, found)
    assert np.isclose(whole.value, np.mean(at)) and whole.low < whole.value < whole.high
    assert np.allclose(at, np.interp(n.ALARMS, *n.froc(true, found)))


def test_several_finds_in_one_nodule_are_one_hit_and_a_scan_without_nodule_counts():
    nodule, none = {"place": [[9, 9, 9]], "diameter": [6]}, {"place": [], "diameter": []}
    found = [
        {"place": [[9, 9, 9], [9, 9, 10], [9, 9, 12]], "score": [0.5, 0.9, 0.7]},
        {"place": [], "score": []},
    ]
    alarms, right = n.froc([nodule, none], found)
    assert alarms.tolist() == [0, 0, 0.5] and right.tolist() == [0, 1, 1], "12 lies on the radius, not within"


def test_at_most_100_finds_of_a_scan_count():
    nodule = {"place": [[9, 9, 9]], "diameter": [6]}
    place = np.concatenate([np.full((100, 3), 99.0), [[9, 9, 9]]])
    assert n.cpm([nodule] * 2, [{"place": place, "score": np.linspace(1, 0, 101)}] * 2).value == 0


@pytest.mark.filterwarnings("error")
def test_draws_without_a_nodule_are_left_out():
    _, found = scans(2)
    bare = [{"place": [], "diameter": []}] * 26 + [{"place": [[9, 9, 9]], "diameter": [6]}] * 4
    estimate = n.cpm(bare, found)
    assert estimate.low <= estimate.value <= estimate.high
    with pytest.raises(UndefinedMeasure, match="undefined in"):
        n.cpm(bare[:27], found[:27])


# What is wrong.

BOX = {"corners": [[0, 0, 9, 9]], "label": [0]}
FIND = BOX | {"score": [0.5]}
NODULE = {"place": [[9, 9, 9]], "diameter": [6]}
POINT = {"place": [[9, 9, 9]], "score": [0.5]}


@pytest.mark.parametrize(
    ("true", "pred", "said"),
    [
        (BOX, FIND, "y_true holds a mapping a case"),
        ([], [], "there are no cases: y_true is empty"),
        ([BOX] * 3, [FIND] * 2, "3 cases in y_true but 2 in y_pred"),
        ([BOX, 3], [FIND] * 2, "case 1 of y_true must be a mapping of corners, label, ignore, and is 3"),
        ([BOX], [BOX], "case 0 of y_pred has no 'score': it has corners, label"),
        ([BOX], [FIND | {"score": [np.nan]}], "score of case 0 of y_pred: row 0 is not finite"),
        ([BOX], [FIND | {"score": ["high"]}], "score of case 0 of y_pred: these are no numbers"),
        ([BOX], [FIND | {"score": [0.5, 0.6]}], "case 0 of y_pred needs as many rows of each"),
        ([BOX | {"corners": [0, 0, 9, 9]}], [FIND], r"the shape must be \(rows, 4\), and is \(4,\)"),
        ([BOX | {"corners": [[9, 0, 0, 9]]}], [FIND], "y_true: a box has the corners .* upper left"),
        ([BOX | {"label": [0.5]}], [FIND], "labels that are no whole numbers"),
        ([BOX | {"label": [1]}], [FIND], "no true box"),
        ([BOX | {"ignore": [True]}], [FIND], "no true box"),
    ],
)
def test_what_is_wrong_with_boxes_is_one_sentence(true, pred, said):
    for call in (d.average_precision, d.precision_and_recall):
        with pytest.raises(DataError, match=said) as error:
            call(true, pred)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("true", "pred", "said"),
    [
        ([NODULE], [POINT] * 2, "1 cases in y_true but 2"),
        ([NODULE | {"diameter": [-6]}], [POINT], "diameters are in mm and above 0, but one is -6"),
        ([NODULE | {"place": [[9, 9]]}], [POINT], r"\(rows, 3\)"),
        ([NODULE], [POINT | {"place": [[9, 9, np.inf]]}], "place of case 0 of y_pred: row 0 is not finite"),
        ([NODULE], [{"place": [[9, 9, 9]]}], "has no 'score'"),
        ([{"place": [], "diameter": []}], [POINT], "no scan has a nodule"),
    ],
)
def test_what_is_wrong_with_nodules_is_one_sentence(true, pred, said):
    for call in (n.froc, n.cpm, n.sensitivity_at):
        with pytest.raises(DataError, match=said):
            call(true, pred)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: d.average_precision([BOX] * 2, [FIND] * 2, at=0), "at is an IoU above 0 and at most 1"),
        (lambda: d.average_precision([BOX] * 2, [FIND] * 2, at=(0.5, 0.6)), "at is an IoU"),
        (lambda: d.mean_average_precision([BOX] * 2, [FIND] * 2, at=()), "at is an IoU"),
        (lambda: d.mean_average_precision([BOX] * 2, [FIND] * 2, at=50), "at is an IoU"),
        (
            lambda: d.average_precision([BOX] * 2, [FIND] * 2, rule="7"),
            "rule is one of '101', '11', 'all', not '7'",
        ),
        (lambda: d.average_precision([BOX], [FIND]), "at least two patients"),
        (lambda: d.average_precision([BOX] * 2, [FIND] * 2, patient=[1]), "2 cases but 1 patient"),
        (
            lambda: d.average_precision([BOX, BOX | {"label": [1]}], [FIND] * 2, weights=[0, 1]),
            "have the weight 0",
        ),
        (lambda: d.count_error([BOX] * 2, [FIND] * 2, cut=np.nan), "cut is a score"),
        (lambda: n.sensitivity_at([NODULE] * 2, [POINT] * 2, alarms=0), "alarms is a number"),
        (lambda: d.suppress([[0, 0, 9, 9]], [1, 2]), "1 boxes but 2 scores"),
        (lambda: d.suppress([[0, 0, 9, 9]], [1], at=1.5), "at is an IoU"),
        (lambda: d.iou([[0, 0, 9, 9]], [[0, 0, -9, 9]]), "other: a box has the corners"),
    ],
)
def test_an_argument_that_is_wrong_is_one_sentence(call, said):
    with pytest.raises(DataError, match=said):
        call()
