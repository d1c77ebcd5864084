"""Wrong answers that readers give, and a few words of the message meant for each.

By chapter and exercise; for every exercise at least two, and a stub where a function is asked for.
"""

import numpy as np


def by_case(patient):
    return np.random.default_rng(0).random(len(patient)) < 0.3


def by_position(patient):
    return np.arange(len(patient)) < 0.3 * len(patient)


def every_patient_once(patient, rng):
    return rng.permutation(len(patient))


def half_the_patients(patient, rng):
    return np.flatnonzero(np.isin(patient, rng.choice(np.unique(patient), 30, replace=False)))


def costs_swapped(y_true, y_score, miss, false_alarm):
    def cost(threshold):
        alarm = y_score >= threshold
        return false_alarm * np.sum((y_true == 1) & ~alarm) + miss * np.sum((y_true == 0) & alarm)

    return min([*np.unique(y_score), np.inf], key=cost)


WRONG = {
    "ch01": {
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
    },
    "ch05": {
        "q1": [
            (0.75, "the sensitivity"),
            (0.904, "the specificity"),
            (0.895, "the accuracy"),
            (0.983, "the NPV"),
            (0.46, "F1"),
            (0.5, "the odds"),
            (0.2, "which share was right"),
            ("often", "one number"),
        ],
        "q2": [
            (0.818, "where half are ill"),
            (0.9, "the sensitivity"),
            (0.045, "divide it by all"),
            (0.237, "the odds"),
            (0.056, "1 − specificity"),
            (0.993, "the NPV"),
            (0.5, "Of 1,000 people"),
        ],
        "q3": [
            (lambda y, s: np.mean(s[y == 1][:, None] > s[y == 0]), "Ties count nothing"),
            (lambda y, s: np.mean(s[y == 1][:, None] >= s[y == 0]), "Ties count in full"),
            (lambda y, s: np.mean(s[y == 1][:, None] < s[y == 0]), "the other way round"),
            (lambda y, s: np.sum(s[y == 1][:, None] > s[y == 0]), "a share of the pairs"),
            (lambda y, s: np.mean((s > 0.5) == y), "without ties you return"),
        ],
        "q4": [
            (lambda patient, rng: rng.integers(len(patient), size=len(patient)), "was cut"),
            (every_patient_once, "draw with replacement"),
            (half_the_patients, "You drew 30 patients"),
            (lambda patient, rng: rng.choice(np.unique(patient), 60), "Return positions"),
            (lambda patient: patient, "stops with TypeError"),
        ],
        "q5": [
            (lambda y, s, miss, false_alarm: 0.5, "whatever the errors cost"),
            (lambda y, s, miss, false_alarm: s.min(), "whatever the errors cost"),
            (costs_swapped, "the wrong way round"),
            (lambda y, s, miss, false_alarm: false_alarm / (miss + false_alarm), "is possible"),
            (0.3, "the function itself"),
        ],
        "q6": [
            (-0.1, "like a case found"),
            (0.062, "the odds"),
            (0.08, "not taken off"),
            (0.308, "the PPV"),
            (60, "number of patients"),
            (-1.54, "upside down"),
            (0.5, "Cases found per patient"),
        ],
        "q7": [
            (0.112, "Odds are multiplied"),
            (0.224, "Odds are multiplied"),
            (0.8, "what the model says"),
            (0.961, "wrong way round"),
            (0.651, "Those are the odds"),
            (0.14, "a score of 0.5"),
            (0.5, "Turn 0.8 into odds"),
        ],
        "q8": [
            ({"A", "B", "C", "D", "F"}, "B may stand: the choice"),
            ("ACDEF", "E may stand: nine patients"),
            ({"C", "D", "F"}, "Look again at A: copies"),
            ({"A", "D", "F"}, "Look again at C: patches"),
            (["a", "c", "f"], "Look again at D: what decides"),
            ({"A", "C", "D"}, "Look again at F: PPV moves"),
            ({"H"}, "no sentence H"),
            (8, "Give the letters"),
        ],
    },
}
