"""The exercises of notebook 11. The one that asks for layers imports Keras when it looks at them."""

from __future__ import annotations

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number

# 1. An IoU by hand


def overlap_of_two_squares():
    side, shift = 20, 5
    both = (side - shift) ** 2
    return both / (2 * side**2 - both)


q1 = Exercise(
    hint=(
        "How wide and how high is the part that lies in both squares?",
        "It is 15 × 15. What lies in either is 400 + 400, less what is in both.",
    ),
    solve=overlap_of_two_squares,
    judge=number(
        225 / 575,
        {
            225 / 400: "That is what both have over the area of one square; divide by what lies in either.",
            225 / 800: "What lies in both squares is counted twice in 400 + 400: take it off once.",
            0.75: "That is 15 of 20 px, along one side. An IoU compares areas.",
            0.6: "That is 15 of 25 px, along one side. An IoU compares areas.",
            0.36: "Shares along the sides cannot be multiplied: the two squares do not fill 25 × 25 px.",
            256 / 626: "Corners are places between pixels: a side from 0 to 20 is 20 px long, not 21.",
            25 / 775: "5 px is the shift; the squares share 20 − 5 px on each side.",
            225: "That is the area of what both have; divide it by the area of what lies in either.",
        },
        "The area of what lies in both, over the area of what lies in either.",
    ),
    praise="A quarter of the side off, and the box no longer counts as found at an IoU of .5.",
)

# 2. From a prior to a box


def box_from_a_prior():
    centre, size = np.array([100, 80]), np.array([40, 40])
    offset, stretch = np.array([0.5, -0.25]), np.array([0.405, 0])
    centre, size = centre + offset * size, size * np.exp(stretch)
    return [*(centre - size / 2), *(centre + size / 2)]


_BOXES = (
    ((120, 70, 60, 40), "Those are the centre and the size; a corner is half a size away from the centre."),
    ((90, 50, 60, 40), "The first corner is right. The last two numbers are the other corner, not the size."),
    (
        (120, 70, 180, 110),
        "You let the box begin at its centre: its corners are half a size away on each side.",
    ),
    ((60, 30, 180, 110), "The corners are half a size away from the centre, not a whole one."),
    ((70.5, 59.75, 130.5, 99.75), "The offset is no number of pixels: it is a share of the prior's size."),
    ((111.9, 70, 128.1, 70), "The exponential is missing: an answer of 0 leaves the size as it is."),
    ((91.9, 50, 148.1, 90), "The size is multiplied by exp(answer), and not by 1 + answer."),
    ((100, 50, 160, 90), "The offset is a share of the prior's size, and not of the new box's."),
    ((90, 70, 150, 110), "An offset of −0.25 moves the box up, where y is smaller."),
)


def _judge_box(box) -> str | None:
    given = grid(box, (4,), "Give four numbers: x0, y0, x1, y1.")

    def near(corners):
        return np.allclose(given, corners, rtol=0, atol=0.2)

    if near((90, 50, 150, 90)):
        return None
    return next(
        (said for corners, said in _BOXES if near(corners)),
        "First the centre: the prior's, plus offset times size. The size is the prior's times exp(answer).",
    )


q2 = Exercise(
    hint=(
        "Where is the new centre? An offset of 0.5 is half of the prior's width.",
        "The centre is (100 + 0.5 · 40, 80 − 0.25 · 40), the size 40 · 1.5 and 40 · 1. The corners are half "
        "a size away on each side.",
    ),
    solve=box_from_a_prior,
    judge=_judge_box,
    praise="An answer of four zeros is the prior itself, and no answer makes a width negative.",
)

# 3. The focal loss


def focal_loss_of_one_answer():
    def focal(p, y, gamma=2):
        p_t = p if y else 1 - p
        return -((1 - p_t) ** gamma) * np.log(p_t)

    return focal


_LOG = -np.log(0.2)


def _judge_focal(focal) -> str | None:
    object_there = number(
        0.8**2 * _LOG,
        {
            -(0.8**2) * _LOG: "The sign is missing: a loss is not negative, and the logarithm of a share is.",
            _LOG: "That is the cross-entropy; the factor (1 − p_t) to the power of γ is missing.",
            0.2**2 * _LOG: "The power is taken of p_t; (1 − p_t) is small where the answer is right.",
            (1 - 0.2**2) * _LOG: "The power is taken of (1 − p_t), and not of p_t alone.",
            2 * 0.8 * _LOG: "γ is an exponent, and not a factor.",
            0.8**2: "The logarithm is missing.",
            0.8**2 * _LOG / np.log(10): "That logarithm is to base 10; the loss takes the natural one.",
            0.8**2 * _LOG / np.log(2): "That logarithm is to base 2; the loss takes the natural one.",
        },
        "For p = 0.2 and y = 1 it is 0.8² · −ln 0.2 = 1.030.",
        tolerance=1e-4,
    )
    nothing_there = number(
        -(0.2**2) * np.log(0.8),
        {
            0.8**2 * _LOG: "Where y is 0, p_t is 1 − p: a p of 0.2 is nearly right there.",
            -(0.8**2) * np.log(0.8): "Where y is 0, the factor takes p_t = 1 − p as well.",
            0.2**2 * _LOG: "Where y is 0, the logarithm takes p_t = 1 − p as well.",
            0: "Where y is 0 it is not 0: an empty place teaches as well, only little.",
            0.2**2 * np.log(0.8): "Where y is 0 the sign is missing.",
        },
        "For p = 0.2 and y = 0 it is 0.2² · −ln 0.8 = 0.0089.",
        tolerance=1e-4,
    )
    no_focus = number(
        _LOG, {}, "With gamma=0 it should be the cross-entropy: use `gamma`, not 2.", tolerance=1e-4
    )
    return object_there(focal(0.2, 1)) or nothing_there(focal(0.2, 0)) or no_focus(focal(0.2, 1, gamma=0))


q3 = Exercise(
    hint=(
        "First p_t, what the right answer was given: p if there is an object, else 1 − p.",
        "Cross-entropy is −ln p_t. Multiply it by (1 − p_t) ** gamma.",
    ),
    solve=focal_loss_of_one_answer,
    judge=_judge_focal,
    praise="At p = 0.01 an empty place counts 10,000 times less than in cross-entropy. There are thousands.",
)

# 4. A head to build

COLUMNS, CHANNELS = 8, 16  # of the features that a head is tried on


def head_of_a_detector():
    def head(features, priors):
        from keras import layers

        return layers.Conv2D(priors * (3 + 4), 3, padding="same")(features)

    return head


def _fault_of_shape(shape: tuple, rows: int, priors: int) -> str | None:
    if len(shape) == 1:
        return "The places are lost: a convolution answers at each of them, without Flatten or a mean."
    if shape[:2] == (rows - 2, COLUMNS - 2):
        return 'The border is lost: use padding="same", or a kernel of 1.'
    if shape[:2] != (rows, COLUMNS):
        return (
            f"Features of {rows} × {COLUMNS} places should give {(rows, COLUMNS, priors * 7)}, not {shape}."
        )
    numbers = int(np.prod(shape[2:]))
    said = {
        7: "Each prior has 7 numbers of its own; yours has 7 for all of them.",
        3 * priors: "Those are the classes; each prior has four numbers for its box as well.",
        4 * priors: "Those are the boxes; each prior has a number for each of three classes as well.",
        8 * priors: "The background needs no class of its own: there all three classes are low.",
        3 + 4 * priors: "Each prior says what it holds: the three classes are asked for each of them.",
    }
    if numbers == 7 * priors:
        return None
    return said.get(
        numbers, f"With {priors} priors it should be {7 * priors} numbers a place, not {numbers}."
    )


def _judge_head(head) -> str | None:
    import keras

    models = {}
    for rows, priors in ((6, 3), (12, 3), (6, 5)):
        features = keras.Input((rows, COLUMNS, CHANNELS))
        answer = head(features, priors)
        if not isinstance(answer, keras.KerasTensor):
            return (
                "Return what a layer gives, such as layers.Conv2D(…)(features), and not the layer or a model."
            )
        if wrong := _fault_of_shape(tuple(answer.shape[1:]), rows, priors):
            return wrong
        models[rows, priors] = keras.Model(features, answer)
    if models[6, 3].count_params() != models[12, 3].count_params():
        return "It has other weights for each place: a convolution uses the same everywhere, without Flatten."
    noise = np.random.default_rng(0).normal(0, 9, (2, 6, COLUMNS, CHANNELS))
    numbers = models[6, 3].predict(noise, verbose=0).reshape(-1, 21)
    never_negative = numbers.min(0) >= 0
    if never_negative.all() and numbers.max() > 1:
        return "A relu cuts off what is negative, and an offset can be negative: no activation."
    if never_negative.all():
        return "A sigmoid or softmax keeps the boxes' numbers from 0 to 1, and an offset can be negative."
    if never_negative.any():
        return "The classes are asked for as they come: the loss applies the sigmoid, so no activation here."
    if np.abs(numbers).max() <= 1:
        return "A tanh keeps every number between −1 and 1: no activation."
    return None


q4 = Exercise(
    hint=(
        "One layer is enough. Which kind answers at every place with the same weights?",
        "layers.Conv2D(…, 3, padding='same')(features), with 3 + 4 channels for each prior, no activation.",
    ),
    solve=head_of_a_detector,
    judge=_judge_head,
    praise="That is the whole of a one-stage detector, on top of features that any network may give.",
)

# 5. Non-maximum suppression by hand


def boxes_that_are_kept():
    found = {
        "A": ("red", 0.7, np.array([10, 0, 30, 20])),
        "B": ("red", 0.9, np.array([0, 0, 20, 20])),
        "C": ("red", 0.5, np.array([10, 0, 30, 30])),
        "D": ("white", 0.6, np.array([0, 0, 20, 20])),
        "E": ("red", 0.8, np.array([5, 0, 25, 20])),
        "F": ("red", 0.2, np.array([60, 0, 80, 20])),
    }

    def iou(a, b):
        shared = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        both = np.prod(np.maximum(shared, 0))
        return both / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - both)

    kept = {}
    for letter, (kind, _, box) in sorted(found.items(), key=lambda entry: -entry[1][1]):
        if all(kind != other or iou(box, place) < 0.5 for other, place in kept.values()):
            kept[letter] = kind, box
    return set(kept)


q5 = Exercise(
    hint=(
        "Go through the red cells from the highest score down, then through the white ones.",
        "B comes first. E overlaps it: .60. A overlaps B by .33, and E is no longer there. Three are left.",
    ),
    solve=boxes_that_are_kept,
    judge=letters(
        "ABDF",
        {
            "A": "its IoU with B is .33. With E it is .60, but E is gone by then and suppresses nothing.",
            "B": "it has the highest score.",
            "C": "its IoU with A is .67, and A's score is higher. The larger area counts nothing.",
            "D": "it lies on B, but is of another class: each class is looked at alone.",
            "E": "its IoU with B is .60, and B's score is higher.",
            "F": "it meets no other box. A low score alone is no reason here.",
        },
        called="box",
        innocent="is not kept",
    ),
    praise="Only what is kept suppresses, and only in its class. Low scores are a matter of the threshold.",
)

# 6. An average precision


def average_precision_by_hand():
    hit, cells = np.array([1, 0, 1, 1, 0, 0, 1]), 5
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return np.sum(envelope[hit == 1]) / cells


q6 = Exercise(
    hint=(
        "Write down the precision at each hit: 1/1, 2/3, 3/4, 4/7. Each hit is one fifth of the recall.",
        "The envelope raises 2/3 to the 3/4 that comes later. Add the four, and divide by the five cells.",
    ),
    solve=average_precision_by_hand,
    judge=number(
        0.6143,
        {
            0.5976: "The envelope is missing: at each place the best precision from there on counts.",
            0.7679: "You divide by the four cells found; the missed one counts 0, so divide by five.",
            0.7470: "You divide by the four cells found, and the envelope is missing.",
            0.5714: "That is the precision at the end of the list; the area takes all places of it.",
            0.8: "That is the recall at the end of the list.",
            0.5: "That is the share found of all that was found, missed or made up, at the end of the list.",
            0.6554: "Only the places of hits count: between them the recall does not grow.",
            0.6405: "The area is made of steps, not of sloping lines: see the envelope.",
            0.6494: "That is the rule of 11 recalls; take the whole area.",
            0.6181: "That is the rule of 101 recalls; take the whole area.",
        },
        "At each hit the envelope's height times one fifth; the cell that is never found adds 0.",
        tolerance=0.0015,
    ),
    praise="By the rule of 11 recalls the same list gets .649, by that of 101 .618.",
)

# 7. From a curve to people


def false_alarms_for_each_find():
    scans, ill, sensitivity, false_alarms = 4000, 0.01, 0.8, 1
    return scans * false_alarms / (scans * ill * sensitivity)


q7 = Exercise(
    hint=(
        "How many false alarms are there in a year, and how many nodules that matter are found?",
        "One false alarm in each of 4,000 scans. 40 people have such a nodule, and .8 of these are found.",
    ),
    solve=false_alarms_for_each_find,
    judge=number(
        125,
        {
            100: "Not all 40 nodules are found: the sensitivity is .8.",
            4000: "Those are all false alarms of a year: how many are they for each nodule found?",
            32: "That is how many are found in a year: how many false alarms are there for each?",
            40: "That is how many people have one; ask how many are found, and at what price.",
            126: "Those are all alarms; the right one is not false.",
            124: "False alarms are counted in all scans, also in those with a nodule.",
            1500: "It is one false alarm a scan, not one a slice.",
            500: "Those who are missed are 8; found are 32.",
            3200: "The sensitivity is about those with a nodule: .8 of 40, not of 4,000.",
            1.25: "That is for one scan with a nodule; 99 of 100 scans have none and raise alarms as well.",
            48_000: "It is one false alarm a scan, not one a slice, and for each nodule found.",
        },
        "Divide the false alarms of a year by the nodules found in a year.",
        tolerance=0.5,
    ),
    praise="Behind these 125 are people who wait for another scan. A sensitivity alone does not say so.",
)

# 8. Which plan leaks


def plans_that_leak():
    return {"A", "C", "D"}


q8 = Exercise(
    hint=(
        "Pictures of one slide share their stain and their light: a network can recognise the slide.",
        "Is a slide or a person on both sides, or was anything chosen by looking at the test pictures?",
    ),
    solve=plans_that_leak,
    judge=letters(
        "ACD",
        {
            "A": "pictures of one slide come to both sides.",
            "B": "nobody has two slides, so no slide and no person is on both sides.",
            "C": "a mirrored copy of a training picture is among the test pictures.",
            "D": "a threshold that was chosen on the test pictures fits them better than any others.",
            "E": "both slides of a person are on one side.",
        },
        called="plan",
        innocent="stands",
    ),
    praise="Split first, by person; then make copies of training pictures; choose on validation pictures.",
)
