"""Wrong answers that readers give in chapter 2, and a few words of what each is told."""

import numpy as np


def fields_without_product(layers):
    sees, step = 1, 1
    for kernel, stride in layers:
        sees += (kernel - 1) * step
        step = stride
    return sees


def most_errors(y_true, y_score):
    return np.bincount(y_true[y_true != y_score.argmax(1)], minlength=8).argmax()


def lowest_ppv(y_true, y_score):
    y_pred = y_score.argmax(1)
    return np.argmin([np.mean(y_true[y_pred == kind] == kind) for kind in range(8)])


def mean_far_away(reference, weeks):
    return next((n for n, s in enumerate(weeks) if abs(s.mean() - reference.mean()) > 0.1), -1)


def mean_a_little_away(reference, weeks):
    return next((n for n, s in enumerate(weeks) if abs(s.mean() - reference.mean()) > 0.02), -1)


WRONG = {
    "q1": [
        ([[-36, -36], [-27, -27]], "turned around"),
        ([[36, 27], [36, 27]], "wrong places"),
        ([[4, 4], [3, 3]], "their mean"),
        (np.zeros((4, 4)), "hang over the edge"),
        (36, "in 2 × 2 places"),
        ([[1, 2], [3, 4]], "upper left corner"),
        ("edge", "grid of numbers"),
    ],
    "q2": [
        (1152, "also has a bias"),
        (160, "all 8 channels"),
        (1280, "One bias a filter"),
        (1168 * 784, "at every place"),
        (900, "Count the numbers in one filter"),
    ],
    "q3": [
        (lambda layers: sum(kernel for kernel, stride in layers), "less than 6"),
        (lambda layers: np.prod([kernel for kernel, stride in layers]), "do not multiply"),
        (lambda layers: 1 + sum(kernel - 1 for kernel, stride in layers), "counts double"),
        (fields_without_product, "Steps multiply"),
        (lambda layers: 3, "One 5 × 5 layer"),
        (8, "the function itself"),
    ],
    "q4": [
        ({"A", "B", "C", "F"}, "Alteration B is not allowed: the heart"),
        ("ACDF", "Alteration D is not allowed: nobody hangs"),
        ("ACEF", "Alteration E is not allowed: the test films"),
        ("ACFG", "Alteration G is not allowed: where the patch"),
        ({"A", "F"}, "Look again at alteration C: exposures differ"),
        ({"H"}, "no alteration H"),
        (3, "Give the letters"),
    ],
    "q5": [
        (lambda y: {k: np.mean(y == k) for k in range(3)}, "common class still"),
        (lambda y: {k: 1 / np.sum(y == k) for k in range(3)}, "weigh 3 in all"),
        (lambda y: {0: 1, 1: 2, 2: 3}, "should weigh the same"),
        (lambda y: [1, 2, 6], "Return a dictionary"),
    ],
    "q6": [
        (lambda y, s: np.argmin(np.bincount(y)), "the rarest"),
        (most_errors, "count errors in proportion"),
        (lowest_ppv, "lowest PPV"),
        (lambda y, s: 7, "of another, fewer"),
        (lambda y, s: s.argmax(1), "one kind"),
    ],
    "q7": [
        (lambda reference, weeks: 0, "before anything changed"),
        (mean_far_away, "towards the middle"),
        (mean_a_little_away, "weeks differ by chance"),
        (lambda reference, weeks: -1, "though the scores rose"),
        (lambda reference, weeks: 19, "you find week 19"),
    ],
}
