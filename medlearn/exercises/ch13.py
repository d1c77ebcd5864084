"""The exercises of notebook 13. The last one trains a network, and imports Keras when it looks at one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number

# 1. A kappa by hand


def weighted_kappa_by_hand():
    table = np.array([[8, 1, 1], [1, 5, 0], [1, 0, 3]])
    grade = np.arange(3)
    cost = (grade[:, None] - grade) ** 2
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return 1 - np.sum(cost * table) / np.sum(cost * by_chance)


q1 = Exercise(
    hint=(
        "Two sums of costs: of the table, and of the table that chance would give, row sum times column sum "
        "over 20.",
        "The first is 2 times 1 and 2 times 4. In the second, the cells beside the diagonal hold 3, 3, 1.2 "
        "and 1.2, and the corners 2 and 2.",
    ),
    solve=weighted_kappa_by_hand,
    judge=number(
        1 - 10 / 24.4,
        {
            1 - 6 / 16.4: "That is the kappa of linear weights: an error of two grades costs 2², not 2.",
            0.42 / 0.62: "That is the kappa without weights, to which every error is alike.",
            10 / 24.4: "That is the disagreement, as a share of what chance gives: take it from 1.",
            1 - 6 / 24.4: "The square is missing in the table: two errors in it are of two grades, too.",
            1 - 10 / 16.4: "By chance there are errors of two grades as well: square them there, too.",
            0.8: "That is the accuracy: chance is not taken off, and every error is alike.",
            0.875: "That is the weighted agreement; what chance alone gives is not taken off.",
            0.5: "That is the mean squared error; compare it with the one that chance gives.",
            0.625: "Chance does not fill all nine cells alike: it keeps the sums of the rows and columns.",
            1 - 10 / 488: "Row sum times column sum is to be divided by the 20 eyes.",
        },
        "One minus a fraction: what the table's errors cost, over what those of chance would cost.",
    ),
    praise="Without weights it is .68. Two eyes, on which they are two grades apart, are 8 of the 10.",
)


# 2. Grades from one score


def grades_from_one_score():
    def grades(score, thresholds):
        above = 1 / (1 + np.exp(thresholds - score[:, None]))
        one, none = np.ones((len(score), 1)), np.zeros((len(score), 1))
        return np.hstack([one, above]) - np.hstack([above, none])

    return grades


def _judge_grades(grades) -> str | None:
    score, thresholds = np.array([-3.0, -1.2, 0.1, 0.4, 1.9, 4.0]), np.array([-2.0, -0.7, 1.1, 2.5])
    given = grid(grades(score.copy(), thresholds.copy()), None, "Return an array of numbers, (eyes, grades).")
    right = grades_from_one_score()
    expected = right(score, thresholds)
    above = 1 / (1 + np.exp(thresholds - score[:, None]))
    said = (
        (above, "Those are the chances of a grade above each threshold; a grade is what lies between two."),
        (1 - above, "Those are the chances of at most each grade; a grade is the difference of two."),
        (
            expected[:, 1:],
            "The lowest grade is missing: what is not above the first threshold. P(y > −1) is 1.",
        ),
        (
            expected[:, :-1],
            "The highest grade is missing: all that is above the last threshold. P(y > 4) is 0.",
        ),
        (expected[:, 1:-1], "Both ends are missing: put a 1 before the four chances, and a 0 behind them."),
        (expected.T, "Rows and columns are exchanged: a row for each eye, a column for each grade."),
        (-expected, "The difference is the wrong way round: P(y > k − 1) less P(y > k) is not negative."),
        (expected[:, ::-1], "The grades run backwards: the first column is grade 0."),
        (
            _between(1 - above),
            "sigmoid(threshold − score) is the chance of at most a grade: exchange the two.",
        ),
        (
            _between(above[:, ::-1]),
            "The thresholds are not in order, so some chances are negative: lowest first.",
        ),
        (right(score, -thresholds), "A threshold is taken off the score, and not added to it."),
        (
            _between(score[:, None] - thresholds),
            "The sigmoid is missing: differences of scores are no chances.",
        ),
    )
    for wrong, told in said:
        if given.shape == wrong.shape and np.allclose(given, wrong, atol=1e-4):
            return told
    if given.shape != expected.shape:
        return f"Six eyes and four thresholds give an array of {expected.shape}, not {given.shape}."
    if not np.allclose(given.sum(1), 1):
        return f"The grades of an eye should add up to 1; those of the first add up to {given[0].sum():.3f}."
    if not np.allclose(given, expected, atol=1e-4):
        return (
            f"For a score of −3 grade 0 has the chance 1 − sigmoid(−3 + 2) = {expected[0, 0]:.3f}, "
            f"not {given[0, 0]:.3f}."
        )
    three = np.asarray(grades(score, np.array([-1.0, 1.0])), float)
    if three.shape != (6, 3) or not np.allclose(three, right(score, np.array([-1.0, 1.0])), atol=1e-4):
        return "With two thresholds there are three grades: do not count on five."
    return None


def _between(above: np.ndarray) -> np.ndarray:
    """What lies between neighbours of a row that begins with 1 and ends with 0."""
    return -np.diff(above, axis=1, prepend=1, append=0)


q2 = Exercise(
    hint=(
        "score[:, None] - thresholds has a row for each eye; its sigmoid is P(y > k) for k = 0 to 3.",
        "Put a column of 1 before it and a column of 0 behind it; each column less the next is a grade.",
    ),
    solve=grades_from_one_score,
    judge=_judge_grades,
    praise="One score moves all five. Four thresholds in order are all that this has beyond a regression.",
)


# 3. Why the accuracy fell

_SENTENCES = {
    "A": "10 of 12 grades were right before, 8 are now.",
    "B": "the squares add up to 13 before (one error of two grades, one of three) and to 4 now.",
    "C": "it rises, from .67 to .87: it weighs how far an error is off.",
    "D": "two eyes of grade 2 and 3 were called 0; now both are called 2.",
    "E": "no eye below grade 2 is called 2 or more, before or now.",
    "F": "to an accuracy, an eye of grade 3 called 2 is as wrong as one called 0.",
}


def what_the_doctor_sees():
    y = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4])
    before = np.array([0, 0, 0, 0, 0, 0, 1, 1, 0, 2, 0, 4])
    now = np.array([0, 0, 1, 0, 1, 0, 1, 1, 2, 2, 2, 3])

    def error(pred):
        return np.mean((y - pred) ** 2)

    def kappa(pred):
        return 1 - error(pred) / np.mean((y[:, None] - pred) ** 2)

    holds = {
        "A": np.mean(now == y) < np.mean(before == y),
        "B": error(now) < error(before) / 3,
        "C": kappa(now) < kappa(before),
        "D": np.sum((y >= 2) & (now < 2)) == 0 and np.sum((y >= 2) & (before < 2)) == 2,
        "E": np.sum((y < 2) & (now >= 2)) > np.sum((y < 2) & (before >= 2)),
        "F": True,
    }
    return {letter for letter, true in holds.items() if true}


q3 = Exercise(
    hint=(
        "Count for each row: how many grades are right, and how far off are the others?",
        "Then draw a line between grades 1 and 2: which eyes fall on its wrong side, before and now?",
    ),
    solve=what_the_doctor_sees,
    judge=letters("ABDF", _SENTENCES, called="sentence", innocent="is not true"),
    praise="Four small errors in place of two large ones, and nobody is missed: so choose the measure first.",
)


# 4. The threshold for a referral


def threshold_for_a_referral():
    def refer(p_validation, y_validation, p_test, y_test):
        must = p_validation[y_validation >= 2, 2:].sum(axis=1)
        threshold = np.sort(must)[::-1][int(np.ceil(0.9 * len(must))) - 1]
        found = p_test[y_test >= 2, 2:].sum(axis=1) >= threshold
        return threshold, found.mean()

    return refer


def _graded_eyes(counts: Iterable[int], shift: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of five grades, (n, 5), and the grades, of which there are `counts`."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(5), counts))
    centre = y - shift + rng.normal(0, 0.9, len(y))
    p = np.exp(-((np.arange(5) - centre[:, None]) ** 2) / 1.6)
    return p / p.sum(1, keepdims=True), y


def _finding(score: np.ndarray, share: float = 0.9) -> float:
    """The highest threshold at which this `share` of the scores is reached."""
    return np.sort(score)[::-1][int(np.ceil(share * len(score))) - 1]


def _judge_referral(refer) -> str | None:
    p, y = _graded_eyes((50, 14, 18, 12, 11), 0, seed=2)
    p_test, y_test = _graded_eyes((90, 20, 30, 20, 11), 0.35, seed=12)
    says = (
        "Return two numbers: the threshold, and the sensitivity on the test eyes "
        "(of a measure of the package, its .value)."
    )
    threshold, sensitivity = grid(refer(p.copy(), y.copy(), p_test.copy(), y_test.copy()), (2,), says)
    if wrong := _fault_of_threshold(threshold, p, y, _finding(p_test[y_test >= 2, 2:].sum(1))):
        return wrong
    referred = p_test[:, 2:].sum(1) >= threshold - 1e-9
    where_chosen = np.mean(p[y >= 2, 2:].sum(1) >= threshold - 1e-9)
    return number(
        np.mean(referred[y_test >= 2]),
        {
            where_chosen: "The threshold is right; its sensitivity is that of the validation eyes, on which "
            "it was chosen. What is it on the test eyes?",
            **_other_shares(referred, y_test >= 2),
        },
        "The threshold is right. Of the test eyes of grade 2 or more, which share is referred?",
        tolerance=1e-4,
    )(sensitivity)


def _fault_of_threshold(threshold: float, p: np.ndarray, y: np.ndarray, on_test: float) -> str | None:
    score, must = p[:, 2:].sum(1), y >= 2
    right, found = _finding(score[must]), np.mean(score[must] >= threshold - 1e-9)
    if found >= 0.9 and threshold >= right - 0.02:
        return None
    said = (
        (on_test, "That threshold was chosen on the test eyes: it fits them better than any others."),
        (
            _finding(p[must, 1:].sum(1)),
            "You add up from grade 1 on; a mild change of the eye is not referred.",
        ),
        (_finding(p[must, 3:].sum(1)), "You add up from grade 3 on; grade 2 is referred as well."),
        (_finding(p[must, 2]), "That is the probability of grade 2 alone; grades 3 and 4 are referred, too."),
        (_finding(score[y > 2]), "Grade 2 must be found as well: y_validation >= 2."),
        (_finding(score[y > 0]), "Grade 1 need not be found: who must be referred has grade 2 or more."),
        (_finding(score), "Nine in ten of all eyes are above it; count among those that must be referred."),
        (_finding(score[must], 0.1), "It finds one in ten: start at the highest score, and go down."),
        (_finding(score[~must], 0.1), "Nine in ten of the others are left in peace: that is a specificity."),
        (0.5, "One half is nobody's choice: look for the threshold that finds nine in ten on validation."),
        (score[must].min(), "It finds all of them; at .9, fewer healthy eyes are sent in vain."),
    )
    near = next((told for wrong, told in said if abs(threshold - wrong) < 1e-6), None)
    if near or found >= 0.9:
        return near or "A higher threshold finds nine in ten as well, and sends fewer healthy eyes in vain."
    return f"On the validation eyes it finds {found:.0%} of those that must be referred; .9 is asked for."


def _other_shares(referred: np.ndarray, must: np.ndarray) -> dict[float, str]:
    return {
        np.mean(must[referred]): "That is the PPV: of those referred, the share that must be.",
        np.mean(~referred[~must]): "That is the specificity: of the others, the share left in peace.",
        np.mean(referred == must): "That is the accuracy of the referral.",
        np.mean(referred): "That is the share of all test eyes that is referred.",
    }


q4 = Exercise(
    hint=(
        "One score an eye: p[:, 2:].sum(axis=1). Keep those of the validation eyes of grade 2 or more.",
        "Sort them, the highest first: the threshold is the score at which nine in ten are reached. On the "
        "test eyes only count.",
    ),
    solve=threshold_for_a_referral,
    judge=_judge_referral,
    praise=(
        "On these test eyes it finds fewer than nine in ten: they look milder than those it was chosen on. "
        "So measure it anew wherever it is used."
    ),
)


# 5. From tiles to a slide


def slide_from_its_tiles():
    tumour = np.array([0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    p = np.where(tumour, 0.9, 0.1)
    weight = np.where(tumour, 0.55, 0.05)
    return [tumour.max(), p.max(), p.mean(), np.sum(weight * p)]


_OF_SLIDE = (
    number(
        1,
        {
            0: "One tile with tumour is enough: the slide's label is 1, whatever the other nine are.",
            0.1: "That is the share of tiles with tumour; the rule asks whether there is any: 1 or 0.",
        },
        "The slide's label is 1 if any tile holds tumour, else 0.",
    ),
    number(
        0.9,
        {
            0.1: "That is the smallest of the ten; the maximum is .9.",
            0.495: "The maximum asks for no weights: it is the highest of the ten probabilities.",
        },
        "The maximum is the highest of the ten probabilities.",
    ),
    number(
        0.18,
        {
            0.5: "That is the middle of .1 and .9; nine of the ten tiles have .1.",
            0.1: "That is the median; the mean adds up all ten and divides by ten.",
            0.9: "That is the maximum once more; the mean adds up all ten and divides by ten.",
            1.8: "That is the sum of the ten; the mean divides it by ten.",
        },
        "The mean is (.9 + 9 · .1) / 10.",
    ),
    number(
        0.54,
        {
            0.495: "The nine tiles without tumour have weights, too: 9 · .05 · .1 more.",
            0.5: "The tile weighs .55, and all nine others .05 each: their part is 9 · .05 · .1.",
            0.054: "The weights add up to 1, so nothing is left to divide by: it is the sum of the products.",
            0.55: "That is the weight of the tile; multiply each probability by its weight, and add up.",
            0.18: "That is the plain mean again; each tile counts by its weight.",
            0.9: "That is the maximum again; each tile counts by its weight.",
        },
        "Attention is .55 · .9 + 9 · .05 · .1.",
        tolerance=0.002,
    ),
)


def _judge_slide(answer) -> str | None:
    given = grid(answer, (4,), "Give four numbers: the label, then what maximum, mean and attention give.")
    told = (judge(value) for judge, value in zip(_OF_SLIDE, given, strict=True))
    return next((wrong for wrong in told if wrong), None)


q5 = Exercise(
    hint=(
        "The label follows from the truth of the tiles: is there any with tumour? The rest is about p.",
        "Mean: (.9 + 9 · .1) / 10. Attention: each p times its weight, added up; the weights add up to 1.",
    ),
    solve=slide_from_its_tiles,
    judge=_judge_slide,
    praise="A mean drowns one tile in the others, a maximum believes it alone; attention learns its weight.",
)


# 6. Which split leaks


def three_splits() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By letter, the slide of each training tile and of each test tile: "P07-2" is patient 7's second."""
    rng = np.random.default_rng(0)
    tiles = np.repeat([f"P{patient:02}-{slide}" for patient in range(1, 25) for slide in (1, 2)], 12)
    patients = np.array([name.partition("-")[0] for name in tiles])
    to_test = {
        "A": np.isin(tiles, rng.choice(np.unique(tiles), 12, replace=False)),
        "B": np.isin(patients, rng.choice(np.unique(patients), 6, replace=False)),
        "C": rng.random(len(tiles)) < 0.25,
    }
    return {letter: (tiles[~test], tiles[test]) for letter, test in to_test.items()}


def splits_that_leak():
    def patients(slides):
        return {slide.partition("-")[0] for slide in slides}

    return {letter for letter, (train, test) in three_splits().items() if patients(train) & patients(test)}


q6 = Exercise(
    hint=(
        "set(train) & set(test) are the slides on both sides. Is it enough to look at slides?",
        "A slide's name begins with its patient: slide.partition('-')[0]. Ask the same of patients.",
    ),
    solve=splits_that_leak,
    judge=letters(
        "AC",
        {
            "A": "no slide is on both sides, but patients are: two slides of one tumour look alike.",
            "B": "no patient is on both sides, and so no slide.",
            "C": "tiles of one slide are on both sides: they share its stain, its thickness and its focus.",
        },
        called="split",
        innocent="stands",
    ),
    praise="Cut by patient, and then count both: slides on both sides, and patients on both sides.",
)


# 7. Attention pooling


def attention_pooling():
    def pool(features, score, there):
        score = np.where(there, score, -np.inf)
        weight = np.exp(score - score.max())
        return (weight / weight.sum()) @ features

    return pool


def _judge_pool(pool) -> str | None:
    rng = np.random.default_rng(0)
    features, score, there = rng.normal(1, 2, (7, 3)), rng.normal(0, 1.5, 7), np.arange(7) < 4
    score[4:] = 0.5, 2, -1  # what stands in the places that only fill up
    with np.errstate(all="ignore"):
        given = grid(
            pool(features.copy(), score.copy(), there.copy()), None, "Return an array of three numbers."
        )
        if wrong := _fault_of_pooling(given, features, score, there):
            return wrong
        large = np.asarray(pool(features, score + np.where(there, 1000, 0), there), float)
        whole_bag = np.asarray(pool(features[:5], score[:5], np.ones(5, bool)), float)
    right = attention_pooling()
    if not np.isfinite(large).all():
        return "Scores near 1,000 give nan: take the largest score off all of them before exp."
    if not np.allclose(large, right(features, score, there)):
        return "1,000 more for every tile of the bag should change nothing: a softmax sees differences only."
    if not np.allclose(whole_bag, right(features[:5], score[:5], np.ones(5, bool))):
        return "It is right for four tiles of seven, but not for a bag of five that is full."
    return None


def _fault_of_pooling(
    given: np.ndarray, features: np.ndarray, score: np.ndarray, there: np.ndarray
) -> str | None:
    weight, tiles = np.exp(score), features[there]
    right = attention_pooling()(features, score, there)
    kept = np.exp(score) * there
    said = (
        (right, None),
        (weight / weight.sum() @ features, "The padding has weights as well: it must have none."),
        (
            kept / weight.sum() @ features,
            "The weights no longer add up to 1: leave the padding out before the softmax, or divide anew.",
        ),
        (
            np.exp(score * there) / np.exp(score * there).sum() @ features,
            "A score of 0 is no weight of 0, since exp(0) is 1: give the padding a score of −∞.",
        ),
        (kept @ features, "The weights are not divided by their sum."),
        (score * there / np.sum(score * there) @ features, "exp is missing: a score can be negative."),
        (score * there @ features, "Scores are no weights yet: softmax makes shares of them."),
        (score @ features, "Scores are no weights yet, and the padding must have none."),
        (tiles.mean(0), "That is the plain mean of the tiles: the scores do nothing."),
        (features.mean(0), "That is the plain mean, and of the padding as well."),
        (tiles.max(0), "That is the maximum of each feature: the scores do nothing."),
        (
            tiles[score[there].argmax()],
            "That is the tile with the highest score alone; the others count, too.",
        ),
        (right / there.sum(), "The weights add up to 1 already: a sum, not a mean of the products."),
        (right / len(there), "The weights add up to 1 already: a sum, not a mean over all seven places."),
        (kept / kept.sum(), "Those are the weights; what they are for is a mean of the features."),
    )
    for wrong, told in said:
        if given.shape == wrong.shape and np.allclose(given, wrong, atol=1e-5):
            return told
    if given.shape == features.shape or given.shape == tiles.shape:
        return "A row for each tile is left: add up over the tiles, axis 0."
    if given.shape != (3,):
        return f"A bag of tiles with three features gives three numbers, not an array of {given.shape}."
    return (
        "Neither a softmax over the tiles that are there, nor a mistake known here: leave out what is not "
        "there, make weights by a softmax, then add up weight times features."
    )


q7 = Exercise(
    hint=(
        "np.where(there, score, -np.inf) gives the padding a score whose exp is 0.",
        "Take off the largest score, then exp, divide by the sum; weight @ features adds up over the tiles.",
    ),
    solve=attention_pooling,
    judge=_judge_pool,
    praise="The weights say which tiles the network looked at, and not that it was right.",
)


# 8. A network for bags

BAG, FEATURES, ASKED = 30, 4, 0.93  # tiles of a bag, numbers of a tile, AUROC on bags not seen


def your_bags() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """300 bags to train on with their labels, and 100 to validate on with theirs: (n, 30, 4)."""
    x, y = _bags(400, seed=5)
    return x[:300], y[:300], x[300:], y[300:]


def _bags(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Tiles as four numbers, which share the stain of their bag; with tumour, one tile or two stand out."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, count)
    x = rng.normal(size=(count, BAG, FEATURES)) + rng.normal(0, 0.5, (count, 1, FEATURES))
    tumour = np.arange(BAG) < (y * rng.integers(1, 3, count))[:, None]
    x[tumour, :2] += 3
    order = rng.permuted(np.tile(np.arange(BAG), (count, 1)), axis=1)
    return np.take_along_axis(x, order[..., None], axis=1).astype("float32"), y


def network_for_bags():
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    x_train, y_train, x_validation, y_validation = your_bags()
    tiles = keras.Input((None, 4))
    rows = layers.Dense(16, activation="relu")(tiles)
    score = layers.Dense(1, kernel_initializer="zeros")(rows)  # begins as a mean
    weights = layers.Softmax(axis=1)(score)
    bag = layers.Flatten()(layers.Dot(axes=1)([weights, rows]))
    model = keras.Model(tiles, layers.Dense(1, activation="sigmoid")(bag))
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", jit_compile=False)
    validation = x_validation, y_validation
    model.fit(x_train, y_train, validation_data=validation, epochs=10, verbose=0)
    return model


def _judge_bags(model) -> str | None:
    if not callable(getattr(model, "predict", None)) or not hasattr(model, "layers"):
        return "Hand in the trained Keras model."
    if (inputs := len(getattr(model, "inputs", None) or [""])) > 1:
        return f"It has {inputs} inputs. No bag here is filled up, so it needs one: keras.Input((None, 4))."
    if tuple(model.input_shape[1:]) not in ((None, FEATURES), (BAG, FEATURES)):
        return f"It should take tiles with four numbers, keras.Input((None, 4)), not {model.input_shape}."
    x, y = _bags(1000, seed=6)
    p = np.asarray(model.predict(x, verbose=0), float)
    if p.shape != (1000, 1):
        return (
            f"It should give one probability for each bag; for 1,000 bags of 30 tiles it gives {p.shape}: "
            "where do the tiles become one?"
        )
    if not ((p >= 0) & (p <= 1)).all():
        return "The model gives numbers outside 0 to 1: its last layer needs a sigmoid."
    if not np.allclose(p, np.asarray(model.predict(x[:, ::-1], verbose=0)), atol=1e-3):
        return (
            "The same tiles in another order get another answer, and tiles of a bag have no order: "
            "pool them, without Flatten over the tiles or a recurrent layer."
        )
    if model.input_shape[1] is not None:
        return "It takes bags of 30 tiles only; let a bag have any number: keras.Input((None, 4))."
    return _fault_of_ranking(p[:, 0], y)


def _fault_of_ranking(p: np.ndarray, y: np.ndarray) -> str | None:
    rank, sick = p.argsort().argsort(), int(y.sum())
    auroc = (rank[y == 1].sum() - sick * (sick - 1) / 2) / (sick * (len(y) - sick))
    found = f"On 1,000 bags that you do not see: AUROC {auroc:.3f}."
    if auroc < 0.6:
        return (
            f"{found} It ranks like a coin: was it trained? Attention that begins at the wrong tiles can "
            'stay there; with kernel_initializer="zeros" all tiles begin alike.'
        )
    if auroc < ASKED:
        return (
            f"{found} {ASKED} is asked for. Tumour is on one tile or two of 30, and a mean drowns them: "
            "let the network weigh the tiles, or take the largest."
        )
    return None


q8 = Exercise(
    builds=True,
    hint=(
        "A Dense layer works on each tile alone. Which layers make one row of all the tiles of a bag?",
        "Attention: layers.Softmax(axis=1) of a Dense(1), then layers.Dot(axes=1)([weights, rows]) and "
        "Flatten. Shorter: GlobalMaxPooling1D. A sigmoid comes last; Adam(0.01) and 10 epochs are enough.",
    ),
    solve=network_for_bags,
    judge=_judge_bags,
    praise="It was never told which tile holds tumour, and takes a bag of any size.",
)
