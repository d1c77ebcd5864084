"""Wrong answers that readers give in chapter 1, and a few words of what each is told."""

import numpy as np


def by_case(patient):
    return np.random.default_rng(0).random(len(patient)) < 0.3


def by_position(patient):
    return np.arange(len(patient)) < 0.3 * len(patient)


WRONG = {
    "q1": [
        (1.2448, "their mean"),
        (0.180, "base 10"),
        (0.599, "base 2"),
        (0.877, "benign"),
        (-0.415, "a minus in front"),
        (0.3, "one by one"),
        ("much", "one number"),
    ],
    "q2": [
        (1.6, "plain gradient descent"),
        (2.1, "uphill"),
        (1.684, "start at zero"),
        (0.1, "where it ends"),
        (1.5, "four equations"),
    ],
    "q3": [
        (lambda prevalence: 1 - prevalence, "26 times"),
        (lambda prevalence: prevalence, "14 times"),
        (lambda prevalence: 100 * max(prevalence, 1 - prevalence), "percentage"),
        (lambda prevalence: 0.5, "you return 0.5"),
        (lambda: 0.86, "stops with TypeError"),
        (0.86, "the function itself"),
    ],
    "q4": [
        ({"A", "B", "C", "D", "F"}, "Plan B does not leak"),
        ({"C", "D", "F"}, "plan A: a mean over all cases"),
        (["a", "c", "d"], "plan F: when is the length"),
        ("ACDF E", "Plan E does not leak"),
        ({"G"}, "no plan G"),
        (4, "Give the letters"),
    ],
    "q5": [
        (by_case, "on both sides"),
        (by_position, "on both sides"),
        (lambda patient: np.zeros(len(patient), bool), "0% of the patients"),
        (lambda patient: np.flatnonzero(patient < 1060), "one True or False"),
        (lambda patient: patient < 1180, "about 30 of 100"),
    ],
    "q6": [
        (616, "also has a bias"),
        (55, "count the weights between"),
        (640, "the output has a bias"),
        (3840, "added, not multiplied"),
        (600, "one by one"),
    ],
    "q7": [
        (0.545, "the PPV"),
        (0.88, "the specificity"),
        (0.86, "the accuracy"),
        (0.25, "missed"),
        (75, "percentage"),
        (0.5, "which share"),
    ],
}
