"""The exercises of notebook 02. Needs NumPy, and SciPy for one solution."""

from __future__ import annotations

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number, whole

# 1. A feature map by hand


def feature_map_by_hand():
    patch = np.array([[0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 0, 0]])
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    return [[np.sum(patch[i : i + 3, j : j + 3] * kernel) for j in range(2)] for i in range(2)]


def _judge_map(answer) -> str | None:
    right = np.array(feature_map_by_hand())
    given = grid(answer, None, "The answer is a grid of numbers, such as [[1, 2], [3, 4]].")
    if given.shape == (4, 4):
        return "Without padding the kernel does not hang over the edge: how many places does it fit in?"
    if given.shape != (2, 2):
        return f"A 3 × 3 kernel fits into a 4 × 4 patch in 2 × 2 places; your answer is {given.shape}."
    if np.array_equal(given, right):
        return None
    if np.array_equal(given, -right):
        return "The kernel was turned around; a convolutional net lays it on as it stands."
    if np.array_equal(given, right.T):
        return "The right numbers in the wrong places: the first row belongs to the upper two places."
    if np.allclose(given, right / 9):
        return "That is their mean; the formula takes the sum of the nine products."
    return "Lay the kernel on the upper left corner, multiply the nine pairs, add; then move it by one."


q1 = Exercise(
    hint="The kernel lies in four places. At each, nine products are added: on the left of it with minus, "
    "on the right with plus.",
    solve=feature_map_by_hand,
    judge=_judge_map,
    praise="The edge lies under both columns; the lower row is weaker, since the bright part ends there.",
)

# 2. What a layer costs


def parameters_of_a_layer():
    height, width, channels, filters = 3, 3, 8, 16
    return filters * (height * width * channels + 1)


q2 = Exercise(
    hint="How many numbers are in one of the 16 filters? Each looks at all 8 channels below it.",
    solve=parameters_of_a_layer,
    judge=number(
        1168,
        {
            1152: "The weights are all there; each filter also has a bias.",
            160: "A filter looks at all 8 channels at once: 3 × 3 × 8 weights.",
            144: "A filter looks at all 8 channels at once, and has a bias.",
            1280: "One bias a filter, whatever the number of channels.",
            100352: "That is how many numbers come in and go out, not how many are learnt.",
            1168 * 784: "The same filters are used at every place: the size of the film does not count.",
            1152 * 784: "The same filters are used at every place: the size of the film does not count.",
        },
        "Count the numbers in one filter, and then the filters.",
        tolerance=0.5,
    ),
    praise="The size of the film is not among the factors. For a dense layer on the flattened film it is.",
)

# 3. The receptive field


def receptive_field_of():
    def receptive_field(layers):
        sees, step = 1, 1
        for kernel, stride in layers:
            sees += (kernel - 1) * step
            step *= stride
        return sees

    return receptive_field


def _judge_field(receptive_field) -> str | None:
    two, strided = [(3, 1), (3, 1)], [(3, 1), (2, 2), (3, 1)]
    if receptive_field([(5, 1)]) != 5:
        return "One 5 × 5 layer sees 5 pixels across."
    if receptive_field(two) == 6:
        return "Two 3 × 3 layers: the second's three places overlap in what they see, so it is less than 6."
    if receptive_field(two) == 9:
        return "Fields do not multiply: a second 3 × 3 layer adds one pixel on each side."
    if receptive_field(two) != 5:
        return f"Two 3 × 3 layers, one behind the other, see 5 pixels across, not {receptive_field(two)}."
    if receptive_field(strided) == 6:
        return "After a step of 2, neighbours lie 2 pixels of the film apart: what comes later counts double."
    if receptive_field(strided) != 8:
        return "Try a 3 × 3 layer, a pooling of 2 and a 3 × 3 layer by hand: 3, then 4, then 8."
    if receptive_field([(4, 2), (3, 2), (3, 1)]) != 16:
        return "Steps multiply: after two steps of 2, neighbours lie 4 pixels of the film apart."
    return None


q3 = Exercise(
    hint="Keep two numbers: how far one place sees, and how many pixels of the film lie between two "
    "neighbouring places. Each layer adds (kernel − 1) times the second to the first.",
    solve=receptive_field_of,
    judge=_judge_field,
    praise="Depth and steps widen it, at the price of a few small filters.",
)

# 4. Which alterations are allowed?

_WHY = {
    "A": "children do not stand in the same place for every film.",
    "B": "the heart would change sides, and there are children whose heart truly lies on the right.",
    "C": "exposures differ from film to film, and so does what a scanner makes of them.",
    "D": "nobody hangs a chest film upside down; the net would learn to read what never comes.",
    "E": "the test films stand for the next patients, and those come as they are.",
    "F": "a child can be turned by a few degrees.",
    "G": "where the patch falls on the only opacity, the film is still labelled pneumonia but shows none.",
}


def allowed_alterations():
    return {"A", "C", "F"}


q4 = Exercise(
    hint="Ask of each: could the next film of the same child look so, and would its label be true?",
    solve=allowed_alterations,
    judge=letters("ACF", _WHY, called="alteration", innocent="is not allowed"),
    praise="An alteration says what does not matter, and someone who knows films must say it.",
)

# 5. Class weights


def balanced_weights():
    def weights(y):
        counts = np.bincount(y)
        return {label: len(y) / len(counts) / count for label, count in enumerate(counts)}

    return weights


def _judge_weights(weights) -> str | None:
    y = np.repeat([0, 1, 2], [600, 300, 100])
    given = weights(y.copy())
    if not isinstance(given, dict) or sorted(given) != [0, 1, 2]:
        return "Return a dictionary with one weight for each class: {0: …, 1: …, 2: …}."
    total = np.array([float(given[label]) * count for label, count in enumerate((600, 300, 100))])
    if total.argmax() == 0 and total[0] > 2 * total[2]:
        return "The common class still weighs more: its cases need the smaller weight."
    if not np.allclose(total, total[0]):
        return (
            f"The classes weigh {total[0]:.4g}, {total[1]:.4g} and {total[2]:.4g} in all; "
            "they should weigh the same."
        )
    if not np.isclose(total.sum(), 1000):
        return (
            f"The classes balance, but 1,000 cases weigh {total.sum():.4g} in all: with a mean weight other "
            "than 1 the learning rate changes, too."
        )
    return None


q5 = Exercise(
    hint="All cases of a class together should weigh as much as those of any other, and all cases together "
    "as much as there are cases.",
    solve=balanced_weights,
    judge=_judge_weights,
    praise="Its price: the net's probabilities are now those of a ward where all classes are equally common.",
)

# 6. Eight kinds of cell


def worst_kind():
    def worst(y_true, y_score):
        y_pred = y_score.argmax(axis=1)
        found = [np.mean(y_pred[y_true == kind] == kind) for kind in range(y_score.shape[1])]
        return int(np.argmin(found))

    return worst


def _cells(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Eight kinds of unequal number: kind 5 is often taken for 3; 0 and 6 attract wrong calls."""
    rng = np.random.default_rng(seed)
    y_true = np.repeat(np.arange(8), [50, 120, 50, 110, 40, 60, 200, 90])
    y_pred = y_true.copy()
    change = rng.random(len(y_true))
    y_pred[(y_true == 5) & (change < 0.4)] = 3
    y_pred[(y_true == 1) & (change < 0.3)] = 6
    y_pred[(y_true == 3) & (change < 0.2)] = 0
    y_score = rng.uniform(0.01, 0.05, (len(y_true), 8))
    y_score[np.arange(len(y_true)), y_pred] += 0.6
    return y_true, y_score / y_score.sum(1, keepdims=True)


def _judge_worst(worst) -> str | None:
    for seed in range(3):
        y_true, y_score = _cells(seed)
        y_pred = y_score.argmax(1)
        wrong = np.bincount(y_true[y_true != y_pred], minlength=8)
        right_of_called = [np.mean(y_true[y_pred == kind] == kind) for kind in range(8)]
        given = whole(worst(y_true.copy(), y_score.copy()), "Return the number of one kind, 0 to 7.")
        if given == 5:
            continue
        if given == wrong.argmax():
            return "That kind has the most errors, but many cells, too: count errors in proportion to them."
        if given == np.argmin(right_of_called):
            return "That is the lowest PPV; the question starts from the cells of a kind, not from the calls."
        if given == np.argmin(np.bincount(y_true)):
            return "That kind is the rarest, not the worst recognised."
        share = np.mean(y_pred[y_true == given] == given)
        return f"Of kind {given}, {share:.0%} are recognised; of another, fewer."
    return None


q6 = Exercise(
    hint="The net's decision is the kind with the highest score: argmax along the second axis. Then go "
    "through the kinds: of its cells, which share was called right?",
    solve=worst_kind,
    judge=_judge_worst,
    praise="An accuracy of nearly nine in ten hides it. Of many classes, always show the worst.",
)

# 7. The scanner changed


def find_the_change():
    def changed(reference, weeks):
        from scipy.stats import ks_2samp

        for week, scores in enumerate(weeks):
            if ks_2samp(reference, scores).pvalue < 0.0001:
                return week
        return -1

    return changed


def score_stream(kind: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores of 300 films before, and of 20 weeks with 150 films each.

    `kind`: "same"; "higher", more films look ill from week 12; "narrower", from week 7 the net is unsure of
    all, with the same mean.
    """
    rng = np.random.default_rng(seed)

    def draw(count, kind):
        z = np.where(rng.random(count) < 0.5, 2.0, -2.0) + rng.normal(size=count)
        z = {"same": z, "higher": z + 1.5, "narrower": 0.3 * z}[kind]
        return 1 / (1 + np.exp(-z))

    start = {"same": 20, "higher": 12, "narrower": 7}[kind]
    weeks = [draw(150, kind if week >= start else "same") for week in range(20)]
    return draw(300, "same"), np.array(weeks)


def _judge_change(changed) -> str | None:
    for kind, right in (("higher", 12), ("same", -1), ("narrower", 7)):
        for seed in range(3):
            given = whole(changed(*score_stream(kind, seed)), "Return the number of one week, or −1.")
            if given == right:
                continue
            if kind == "same":
                return f"Nothing changed in one run, and you find week {given}: weeks differ by chance."
            if given == -1 and kind == "narrower":
                return "One change went unseen: the mean stayed, but the scores moved towards the middle."
            if given == -1:
                return "A change from week 12 on went unseen, though the scores rose."
            if 0 <= given < right:
                return f"An alarm in week {given}, before anything changed: weeks differ by chance."
            return f"The change came in week {right}, and you find week {given}."
    return None


q7 = Exercise(
    hint="Compare each week's scores with the reference, the whole distribution and not its mean alone "
    "(scipy.stats.ks_2samp), and demand more than chance gives in twenty weeks.",
    solve=find_the_change,
    judge=_judge_change,
    praise="It took no label. Whether the scanner changed or the patients did, someone must look and see.",
)
