"""Wrong answers that readers give in chapter 5, and a few words of what each is told."""

from types import SimpleNamespace

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


def trained(*, val_loss=True, units=64):
    """What fit() returns, as far as it is looked at."""
    model = SimpleNamespace(
        inputs=[SimpleNamespace(shape=(None, 40))], count_params=lambda: 41 * units + units + 1
    )
    losses = {"loss": [0.5, 0.4]} | ({"val_loss": [0.5, 0.6]} if val_loss else {})
    return SimpleNamespace(history=losses, epoch=[0, 1], model=model)


def stopped(*, monitor="val_loss", restore_best_weights=True, stopped_epoch=7):
    return SimpleNamespace(
        monitor=monitor, restore_best_weights=restore_best_weights, stopped_epoch=stopped_epoch
    )


def copied_before_the_split(x, y, patient):
    from medlearn.exercises.ch05 import mend_the_evaluation

    rare = np.flatnonzero(y == 1)
    more = np.concatenate([np.arange(len(y)), np.repeat(rare, 4)])
    return mend_the_evaluation()(x[more], y[more], np.arange(len(more)))


def split_by_row(x, y, patient):
    from medlearn.exercises.ch05 import mend_the_evaluation

    return mend_the_evaluation()(x, y, np.arange(len(y)))


WRONG = {
    "q1": [
        (0.75, "the sensitivity"),
        (0.904, "the specificity"),
        (0.895, "the accuracy"),
        (0.983, "the NPV"),
        (0.46, "F1"),
        (0.5, "the odds"),
        (33.3, "between 0 and 1"),
        (0.2, "which share was right"),
        ("often", "one number"),
    ],
    "q2": [
        (lambda y, s: np.mean(s[y == 1][:, None] > s[y == 0]), "Ties count nothing"),
        (lambda y, s: np.mean(s[y == 1][:, None] >= s[y == 0]), "Ties count in full"),
        (lambda y, s: np.mean(s[y == 1][:, None] < s[y == 0]), "the other way round"),
        (lambda y, s: np.sum(s[y == 1][:, None] > s[y == 0]), "a share of the pairs"),
        (lambda y, s: np.mean((s > 0.5) == y), "without ties you return"),
    ],
    "q3": [
        (lambda y, s, miss, false_alarm: 0.5, "whatever the errors cost"),
        (lambda y, s, miss, false_alarm: s.min(), "whatever the errors cost"),
        (costs_swapped, "the wrong way round"),
        (lambda y, s, miss, false_alarm: false_alarm / (miss + false_alarm), "Try every score"),
        (0.3, "the function itself"),
    ],
    "q4": [
        ((stopped(), trained()), "the other way round"),
        ((trained(val_loss=False), stopped()), "No val_loss"),
        ((trained(), stopped(monitor="loss")), "watches loss"),
        ((trained(), stopped(restore_best_weights=False)), "restore_best_weights=True"),
        ((trained(), stopped(stopped_epoch=0)), "all 2 epochs"),
        ((trained(units=16), stopped()), "make it larger"),
        (trained(), "Hand in what fit() returned"),
    ],
    "q5": [
        (lambda patient, rng: rng.integers(len(patient), size=len(patient)), "was cut"),
        (every_patient_once, "draw with replacement"),
        (half_the_patients, "You drew 30 patients"),
        (lambda patient, rng: rng.choice(np.unique(patient), 60), "Return positions"),
        (lambda patient: patient, "stops with TypeError"),
    ],
    "q6": [
        (0.112, "Odds are multiplied"),
        (0.224, "Odds are multiplied"),
        (0.8, "what the model says"),
        (0.961, "wrong way round"),
        (0.651, "Those are the odds"),
        (0.14, "a score of 0.5"),
        (39, "between 0 and 1"),
        (0.5, "Work with odds"),
    ],
    "q7": [
        (-0.1, "like a case found"),
        (0.062, "the odds"),
        (0.08, "not taken off"),
        (0.308, "the PPV"),
        (60, "number of patients"),
        (-1.54, "upside down"),
        (0.5, "Cases found per patient"),
    ],
    "q8": [
        (copied_before_the_split, "copies of the rare cases"),
        (split_by_row, "Split by patient"),
        (lambda x, y, patient: 0.5, "only 0.50"),
        (lambda x, y, patient: 50, "Return the AUROC"),
        (0.5, "the function itself"),
    ],
    "q9": [
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
