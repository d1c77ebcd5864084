"""Wrong answers that readers give in chapter 5, and a few words of what each is told."""

import numpy as np


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
        ({"C", "D", "F"}, "Look again at sentence A: copies"),
        ({"A", "D", "F"}, "Look again at sentence C: patches"),
        (["a", "c", "f"], "Look again at sentence D: what decides"),
        ({"A", "C", "D"}, "Look again at sentence F: PPV moves"),
        ({"H"}, "no sentence H"),
        (8, "Give the letters"),
    ],
}
