"""Wrong answers that readers give in chapter 13, and a few words of what each is told."""

import keras
import numpy as np
from keras import layers

from medlearn.exercises.ch13 import your_bags


def finding(score, share=0.9):
    return np.sort(score)[::-1][int(np.ceil(share * len(score))) - 1]


def refer(
    score=lambda p: p[:, 2:].sum(1),
    sick=lambda y: y >= 2,
    share=0.9,
    *,
    on_test=False,
    measured=lambda high, sick: high[sick].mean(),
):
    """A way to choose the threshold with something else for one of its parts."""

    def chosen(p_validation, y_validation, p_test, y_test):
        p, y = (p_test, y_test) if on_test else (p_validation, y_validation)
        threshold = finding(score(p)[sick(y)], share)
        return threshold, measured(score(p_test) >= threshold, y_test >= 2)

    return chosen


def at(threshold):
    return lambda p, y, p_test, y_test: (threshold, 0.5)


def lowest(p, y, p_test, y_test):
    return p[y >= 2, 2:].sum(1).min(), 1


def measured_where_chosen(p, y, p_test, y_test):
    threshold, _ = refer()(p, y, p_test, y_test)
    return threshold, np.mean(p[y >= 2, 2:].sum(1) >= threshold)


def above(score, thresholds):
    return 1 / (1 + np.exp(thresholds - score[:, None]))


def between(chances):
    return -np.diff(chances, prepend=1, append=0)


def right_grades(score, thresholds):
    return between(above(score, thresholds))


def soft(score):
    return np.exp(score) / np.exp(score).sum()


def of_five(score, thresholds):
    below = 1 - above(score, np.resize(thresholds, 4))
    cut = [below[:, :1], *(below[:, k : k + 1] - below[:, k - 1 : k] for k in (1, 2, 3)), 1 - below[:, 3:]]
    return np.hstack(cut)


def right_pool(features, score, there):
    return soft(score[there]) @ features[there]


def first_four(features, score, there):
    weight = np.exp(score[:4] - score[:4].max())
    return weight / weight.sum() @ features[:4]


def clipped(features, score, there):
    return right_pool(features, np.minimum(score, 3), there)


def bag_model(pool, *, tiles=None, ends="sigmoid", features=4):
    inputs = keras.Input((tiles, features))
    rows = layers.Dense(8, activation="relu")(inputs)
    return keras.Model(inputs, layers.Dense(1, activation=ends)(pool(rows)))


def drowned():
    """A mean over the tiles of what is large in their first two numbers."""
    model = bag_model(MEAN)
    kernel, bias = np.zeros((4, 8)), np.full(8, -1.0)
    kernel[0, 0] = kernel[1, 1] = 1
    model.set_weights([kernel, bias, np.eye(8)[:, :1] + np.eye(8)[:, 1:2], np.zeros(1)])
    return model


MEAN = layers.GlobalAveragePooling1D()
COIN = bag_model(MEAN)
COIN.set_weights([np.zeros_like(weight) for weight in COIN.get_weights()])

ROWS, THERE = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
MASKED = layers.GlobalAveragePooling1D()(ROWS, mask=THERE)
TWO_INPUTS = keras.Model([ROWS, THERE], layers.Dense(1, activation="sigmoid")(MASKED))

WRONG = {
    "q1": [
        (0.634, "linear weights"),
        (0.677, "without weights"),
        (0.41, "take it from 1"),
        (0.754, "square is missing in the table"),
        (0.39, "square them there"),
        (0.8, "the accuracy"),
        (0.875, "weighted agreement"),
        (0.5, "mean squared error"),
        (0.625, "all nine cells alike"),
        (0.98, "divided by the 20 eyes"),
        (0.2, "One minus a fraction"),
    ],
    "q2": [
        (above, "what lies between two"),
        (lambda score, thresholds: 1 - above(score, thresholds), "at most each grade"),
        (lambda score, thresholds: right_grades(score, thresholds)[:, 1:], "The lowest grade is missing"),
        (lambda score, thresholds: right_grades(score, thresholds)[:, :-1], "The highest grade is missing"),
        (lambda score, thresholds: -np.diff(above(score, thresholds)), "Both ends are missing"),
        (lambda score, thresholds: right_grades(score, thresholds).T, "Rows and columns"),
        (lambda score, thresholds: -right_grades(score, thresholds), "the wrong way round"),
        (lambda score, thresholds: right_grades(score, thresholds)[:, ::-1], "run backwards"),
        (lambda score, thresholds: between(1 - above(score, thresholds)), "exchange the two"),
        (lambda score, thresholds: right_grades(score, thresholds[::-1]), "not in order"),
        (lambda score, thresholds: right_grades(score, -thresholds), "not added to it"),
        (lambda score, thresholds: between(score[:, None] - thresholds), "sigmoid is missing"),
        (lambda score, thresholds: score, "give an array of (6, 5)"),
        (lambda score, thresholds: right_grades(score, thresholds) / 2, "add up to 0.5"),
        (lambda score, thresholds: right_grades(2 * score, thresholds), "1 − sigmoid(−3 + 2)"),
        (of_five, "do not count on five"),
    ],
    "q3": [
        ("ABCDF", "Sentence C is not true: it rises"),
        ("ABDEF", "Sentence E is not true: no eye"),
        ("BDF", "Look again at sentence A: 10 of 12"),
        ("ADF", "Look again at sentence B: the squares"),
        ("ABF", "Look again at sentence D: two eyes"),
        ("ABD", "Look again at sentence F: to an accuracy"),
        ("G", "There is no sentence G"),
        (2, "Give the letters"),
    ],
    "q4": [
        (refer(on_test=True), "chosen on the test eyes"),
        (refer(lambda p: p[:, 1:].sum(1)), "from grade 1 on"),
        (refer(lambda p: p[:, 3:].sum(1)), "from grade 3 on"),
        (refer(lambda p: p[:, 2]), "grade 2 alone"),
        (refer(sick=lambda y: y > 2), "Grade 2 must be found"),
        (refer(sick=lambda y: y > 0), "Grade 1 need not"),
        (refer(sick=lambda y: y >= 0), "of all eyes"),
        (refer(share=0.1), "one in ten"),
        (refer(sick=lambda y: y < 2, share=0.1), "a specificity"),
        (at(0.5), "nobody's choice"),
        (lowest, "It finds all of them"),
        (at(0.3), "A higher threshold"),
        (at(0.7), "finds 76%"),
        (measured_where_chosen, "that of the validation eyes"),
        (refer(measured=lambda high, sick: sick[high].mean()), "the PPV"),
        (refer(measured=lambda high, sick: 1 - high[~sick].mean()), "the specificity"),
        (refer(measured=lambda high, sick: np.mean(high == sick)), "the accuracy of the referral"),
        (refer(measured=lambda high, sick: high.mean()), "share of all test eyes"),
        (refer(measured=lambda high, sick: 7), "which share is referred"),
        (lambda *eyes: 0.5, "Return two numbers"),
        (0.46, "the function itself"),
    ],
    "q5": [
        ((0, 0.9, 0.18, 0.54), "One tile with tumour is enough"),
        ((0.1, 0.9, 0.18, 0.54), "the share of tiles"),
        ((2, 0.9, 0.18, 0.54), "if any tile holds tumour"),
        ((1, 0.1, 0.18, 0.54), "the smallest"),
        ((1, 0.495, 0.18, 0.54), "asks for no weights"),
        ((1, 1, 0.18, 0.54), "highest of the ten"),
        ((1, 0.9, 0.5, 0.54), "middle of .1 and .9"),
        ((1, 0.9, 0.1, 0.54), "the median"),
        ((1, 0.9, 0.9, 0.54), "the maximum once more"),
        ((1, 0.9, 1.8, 0.54), "the sum of the ten"),
        ((1, 0.9, 0.3, 0.54), "(.9 + 9 · .1) / 10"),
        ((1, 0.9, 0.18, 0.495), "have weights, too"),
        ((1, 0.9, 0.18, 0.5), "their part is"),
        ((1, 0.9, 0.18, 0.054), "nothing is left to divide by"),
        ((1, 0.9, 0.18, 0.55), "the weight of the tile"),
        ((1, 0.9, 0.18, 0.18), "plain mean again"),
        ((1, 0.9, 0.18, 0.9), "the maximum again"),
        ((1, 0.9, 0.18, 0.7), "Attention is"),
        (0.54, "Give four numbers"),
    ],
    "q6": [
        ("C", "Look again at split A: no slide"),
        ("A", "Look again at split C: tiles of one slide"),
        ("ABC", "Split B stands: no patient"),
        ("D", "There is no split D"),
    ],
    "q7": [
        (lambda features, score, there: soft(score) @ features, "The padding has weights"),
        (lambda features, score, there: soft(score) * there @ features, "no longer add up to 1"),
        (lambda features, score, there: soft(score * there) @ features, "no weight of 0"),
        (lambda features, score, there: np.exp(score) * there @ features, "not divided by their sum"),
        (
            lambda features, score, there: score[there] / score[there].sum() @ features[there],
            "exp is missing",
        ),
        (lambda features, score, there: score[there] @ features[there], "no weights yet"),
        (lambda features, score, there: score @ features, "no weights yet, and the padding must have none"),
        (lambda features, score, there: features[there].mean(0), "plain mean of the tiles"),
        (lambda features, score, there: features.mean(0), "of the padding as well"),
        (lambda features, score, there: features[there].max(0), "the maximum of each feature"),
        (lambda features, score, there: features[there][score[there].argmax()], "highest score alone"),
        (lambda *given: right_pool(*given) / given[2].sum(), "not a mean of the products"),
        (lambda *given: right_pool(*given) / 7, "over all seven places"),
        (lambda features, score, there: soft(np.where(there, score, -np.inf)), "Those are the weights"),
        (lambda features, score, there: soft(score)[:, None] * features, "A row for each tile"),
        (lambda *given: right_pool(*given).sum(), "three numbers, not an array of ()"),
        (lambda features, score, there: soft(-score[there]) @ features[there], "leave out what is not there"),
        (right_pool, "give nan"),
        (clipped, "should change nothing"),
        (first_four, "a bag of five that is full"),
        ([1, 2, 3], "the function itself"),
    ],
    "q8": [
        (TWO_INPUTS, "It has 2 inputs"),
        (bag_model(layers.Flatten(), tiles=30), "in another order"),
        (bag_model(layers.GRU(4)), "in another order"),
        (bag_model(MEAN, tiles=30), "takes bags of 30 tiles only"),
        (bag_model(lambda rows: rows), "where do the tiles become one"),
        (bag_model(MEAN, ends=None), "needs a sigmoid"),
        (bag_model(MEAN, features=5), "tiles with four numbers"),
        (COIN, "It ranks like a coin"),
        (drowned(), "a mean drowns them"),
        (your_bags, "the trained Keras model"),
    ],
}
