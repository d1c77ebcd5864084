"""Wrong answers that readers give in chapter 11, and a few words of what each is told."""

import numpy as np
from keras import layers


def convolved(numbers, **options):
    """A head that gives so many numbers for each prior."""
    return lambda features, priors: layers.Conv2D(numbers * priors, 1, **options)(features)


def flattened(features, priors):
    return layers.Dense(7 * priors)(layers.Flatten()(features))


def reshaped(features, priors):
    rows, columns = features.shape[1:3]
    x = layers.Dense(rows * columns * 7 * priors)(layers.Flatten()(features))
    return layers.Reshape((rows, columns, 7 * priors))(x)


def without_grid(features, priors):
    return layers.Reshape((-1, 7))(layers.Conv2D(7 * priors, 1)(features))


def two_heads(kinds, boxes=None, *, classes=3):
    def head(features, priors):
        kind = layers.Conv2D(classes * priors, 1, activation=kinds)(features)
        return layers.Concatenate()([kind, layers.Conv2D(4 * priors, 1, activation=boxes)(features)])

    return head


def classes_once(features, priors):
    return layers.Conv2D(3 + 4 * priors, 1)(features)


def focal(power=lambda p_t, gamma: (1 - p_t) ** gamma, log=np.log, of=lambda p, y: p if y else 1 - p):
    """A focal loss with something else for one of its parts."""
    return lambda p, y, gamma=2: -power(of(p, y), gamma) * log(of(p, y))


def factor_of_p(p, y, gamma=2):
    return -((1 - p) ** gamma) * np.log(p if y else 1 - p)


def log_of_p(p, y, gamma=2):
    return -((p if not y else 1 - p) ** gamma) * np.log(p)


def objects_only(p, y, gamma=2):
    return -y * (1 - p) ** gamma * np.log(p)


WRONG = {
    "q1": [
        (225 / 400, "the area of one square"),
        (225 / 800, "counted twice"),
        (0.75, "15 of 20 px"),
        (0.6, "15 of 25 px"),
        (0.36, "cannot be multiplied"),
        (0.409, "not 21"),
        (0.032, "5 px is the shift"),
        (225, "That is the area"),
        (0.5, "over the area of what lies in either"),
    ],
    "q2": [
        ((120, 70, 60, 40), "the centre and the size"),
        ((90, 50, 60, 40), "the other corner"),
        ((120, 70, 180, 110), "begin at its centre"),
        ((60, 30, 180, 110), "not a whole one"),
        ((70.5, 59.75, 130.5, 99.75), "no number of pixels"),
        ((111.9, 70, 128.1, 70), "exponential is missing"),
        ((91.9, 50, 148.1, 90), "not by 1 + answer"),
        ((100, 50, 160, 90), "not of the new box's"),
        ((90, 70, 150, 110), "moves the box up"),
        ((100, 80, 40, 40), "First the centre"),
        ((120, 70), "Give four numbers"),
    ],
    "q3": [
        (lambda p, y, gamma=2: -focal()(p, y, gamma), "The sign is missing"),
        (focal(lambda p_t, gamma: 1), "the cross-entropy"),
        (focal(lambda p_t, gamma: p_t**gamma), "small where the answer is right"),
        (focal(lambda p_t, gamma: 1 - p_t**gamma), "not of p_t alone"),
        (focal(lambda p_t, gamma: gamma * (1 - p_t)), "not a factor"),
        (focal(log=lambda p_t: -1), "logarithm is missing"),
        (focal(log=np.log10), "base 10"),
        (focal(log=np.log2), "base 2"),
        (focal(of=lambda p, y: p), "a p of 0.2 is nearly right"),
        (factor_of_p, "the factor takes p_t"),
        (log_of_p, "the logarithm takes p_t"),
        (objects_only, "an empty place teaches"),
        (lambda p, y, gamma=2: focal()(p, y) * (1 if y else -1), "the sign is missing"),
        (focal(lambda p_t, gamma: (1 - p_t) ** 2), "use `gamma`"),
        (lambda p, y, gamma=2: 7, "0.8² · −ln 0.2"),
        (lambda p, y, gamma=2: focal()(p, 1) if y else 7, "0.2² · −ln 0.8"),
    ],
    "q4": [
        (flattened, "The places are lost"),
        (reshaped, "other weights for each place"),
        (without_grid, "should give (6, 8, 21)"),
        (lambda features, priors: layers.Conv2D(7 * priors, 3)(features), "The border is lost"),
        (lambda features, priors: layers.Conv2D(7, 1)(features), "7 for all of them"),
        (lambda features, priors: layers.Conv2D(21, 1)(features), "should be 35 numbers"),
        (convolved(3), "Those are the classes"),
        (convolved(4), "Those are the boxes"),
        (convolved(8), "background needs no class"),
        (classes_once, "asked for each of them"),
        (convolved(7, activation="sigmoid"), "A sigmoid or softmax"),
        (convolved(7, activation="softmax"), "A sigmoid or softmax"),
        (convolved(7, activation="relu"), "A relu"),
        (convolved(7, activation="tanh"), "A tanh"),
        (two_heads("sigmoid"), "the loss applies the sigmoid"),
        (lambda features, priors: layers.Conv2D(7 * priors, 1), "not the layer"),
        (42, "the function itself"),
    ],
    "q5": [
        ("BDF", "Look again at box A: its IoU with B is .33"),
        ("BAF", "Look again at box D: it lies on B"),
        ("CDF", "Box C is not kept: its IoU with A"),
        ("ABDEF", "Box E is not kept: its IoU with B"),
        ("ABD", "Look again at box F: it meets no other"),
        ("ADF", "Look again at box B: it has the highest"),
        ([1, 0, 3], "There is no box"),
    ],
    "q6": [
        (0.598, "The envelope is missing"),
        (0.768, "You divide by the four"),
        (0.747, "and the envelope is missing"),
        (0.571, "at the end of the list; the area"),
        (0.8, "That is the recall"),
        (0.5, "missed or made up"),
        (0.655, "Only the places of hits"),
        (0.640, "not of sloping lines"),
        (0.649, "11 recalls"),
        (0.618, "101 recalls"),
        (0.3, "adds 0"),
    ],
    "q7": [
        (100, "the sensitivity is .8"),
        (4000, "all false alarms of a year"),
        (32, "found in a year"),
        (40, "how many people have one"),
        (126, "the right one is not false"),
        (123.75, "in all scans"),
        (1500, "not one a slice"),
        (500, "found are 32"),
        (3200, "not of 4,000"),
        (1.25, "99 of 100 scans"),
        (48_000, "not one a slice, and"),
        (10, "Divide the false alarms"),
    ],
    "q8": [
        ("ABCD", "Plan B stands: nobody has two"),
        ({"A", "C", "D", "E"}, "Plan E stands: both slides"),
        ("CD", "Look again at plan A: pictures of one slide"),
        ("AD", "Look again at plan C: a mirrored copy"),
        ("AC", "Look again at plan D: a threshold"),
        ("F", "There is no plan F"),
    ],
}
