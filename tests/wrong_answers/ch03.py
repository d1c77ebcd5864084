"""Wrong answers that readers give in chapter 3, and a few words of what each is told."""

from types import SimpleNamespace

import numpy as np


def by_case(patient):
    return np.random.default_rng(0).random(len(patient)) < 0.3


def by_position(patient):
    return np.arange(len(patient)) < 0.3 * len(patient)


def by_stay(stay, patient_of):
    return np.isin(stay, np.random.default_rng(0).permutation(np.unique(stay))[:60])


def one_patient_only(stay, patient_of):
    return np.array([patient_of[one] == 7 for one in stay])


def the_highest(y_score, count):
    return np.sort(y_score)[-round(count)]


def filled_both_ways(values):
    import pandas as pd

    return pd.DataFrame(values).ffill().bfill().to_numpy()


def filled_in_place(values):
    for hour in range(1, len(values)):
        values[hour] = np.where(np.isnan(values[hour]), values[hour - 1], values[hour])
    return values


def filled_once(values):
    return np.where(np.isnan(values), np.vstack([values[:1] * np.nan, values[:-1]]), values)


def straight_lines(values):
    hours = np.arange(len(values))
    known = [~np.isnan(column) for column in values.T]
    lines = [
        np.interp(hours, hours[k], column[k], left=np.nan) for k, column in zip(known, values.T, strict=True)
    ]
    return np.stack(lines, axis=1)


class Recalls:
    """Answers like a Keras model, by a function of the sequences."""

    def __init__(self, answer, shape=(None, 20, 1)):
        self.answer, self.input_shape = answer, shape

    def predict(self, x, verbose):
        return self.answer(x)


def cut_at(x, steps):
    return {"series": x["series"][:, :steps], "static": x["static"]}


def blanked(x, hour):
    series = x["series"].copy()
    series[:, hour // 4 :] = 0
    return {"series": series, "static": x["static"]}


WRONG = {
    "q1": [
        ([0, 4, 2.5, 1.75], "the start of each cell"),
        ([0, 2.5, 1.75, 5.75], "counted from admission"),
        ([float("nan"), 2.5, 1.75, 5.75], "counted from admission"),
        ([4, 0, 0, 4], "already some time ago"),
        ([4, 2.5, 1.75, 4], "nothing was measured"),
        ([4, 5.5, 10.25, 16], "how many hours ago"),
        ([2.5, 1.75], "four numbers"),
        ("late", "four numbers"),
    ],
    "q2": [
        (filled_both_ways, "from a later hour"),
        (straight_lines, "its other end is in the future"),
        (filled_once, "through longer gaps"),
        (filled_in_place, "work on a copy"),
        (lambda values: np.nan_to_num(values), "is not 0"),
        (lambda values: np.where(np.isnan(values), np.nanmean(values, 0), values), "or take a mean"),
        (lambda values: values.copy(), "should carry the last one"),
        (lambda values: values[0], "as they came"),
    ],
    "q3": [
        ({"A", "B", "C", "F", "G"}, "Line A does not leak: a value is carried"),
        ("BCDFG", "Line D does not leak: each window"),
        ("BCEFG", "Line E does not leak: all rows"),
        ({"C", "F", "G"}, "Look again at line B: what is still missing"),
        ({"B", "F", "G"}, "Look again at line C: the length"),
        (["b", "c", "g"], "Look again at line F: mean and standard"),
        ({"B", "C", "F"}, "Look again at line G: the test patients"),
        ({"Z"}, "no line Z"),
        (4, "Give the letters"),
    ],
    "q4": [
        (lambda stay, patient_of: by_case(stay), "cuts through stays"),
        (lambda stay, patient_of: by_position(stay), "cuts through stays"),
        (by_stay, "have stays on both sides"),
        (one_patient_only, "about 30 %"),
        (lambda stay, patient_of: np.flatnonzero(stay < 5050), "one True or False (or 1 or 0)"),
        (lambda stay: stay > 0, "stops with TypeError"),
    ],
    "q5": [
        (-0.7, "what is kept"),
        (0.4, "the old state's part"),
        (-0.4, "the candidate gets 1 − z"),
        (-0.25, "the gate stands at"),
        (0.6, "is taken off"),
        (-0.2, "the candidate's part"),
        (1.0, "0.8 of the old state"),
        ("open", "one number"),
    ],
    "q6": [
        (Recalls(lambda x: 0.5 + 0 * x[:, :1]), "like a coin"),
        (Recalls(lambda x: 1.0 * (x[:, -1] > 0)), "like a coin"),
        (Recalls(lambda x: 1.0 * (x[:, 0] < 0)), "1 stands for a positive"),
        (Recalls(lambda x: 1.0 * (x[:, 0] + 0.8 * x[:, 1] > 0)), "train longer"),
        (Recalls(lambda x: x), "leave out return_sequences"),
        (Recalls(lambda x: x[:, :2]), "One answer for each sequence"),
        (Recalls(lambda x: x[:, 0], shape=(None, 12, 111)), "your model takes (12, 111)"),
        (SimpleNamespace(history={"loss": [0.7]}), "Give the model itself"),
        (0.93, "Give the trained Keras model"),
    ],
    "q7": [
        (lambda x, hour: x, "all 12 cells"),
        (blanked, "cut them off"),
        (lambda x, hour: x["series"][:, : hour // 4], "a dictionary"),
        (lambda x, hour: cut_at(x, hour), "all 12 cells"),
        (lambda x, hour: cut_at(x, hour // 4 + 1), "One cell too many"),
        (lambda x, hour: cut_at(x, -(-hour // 4)), "has not ended"),
        (lambda x, hour: cut_at(x, hour // 2), "A cell has four hours"),
        (
            lambda x, hour: {"series": x["series"][:, -(hour // 4) :], "static": x["static"]},
            "not the first ones",
        ),
        (lambda x, hour: cut_at(x, hour // 4) | {"static": 0 * x["static"]}, "leave static"),
        (lambda x, hour: {"series": x["series"][:1, : hour // 4], "static": x["static"]}, "cut the steps"),
        (3, "the function itself"),
    ],
    "q8": [
        (lambda s, stays, alarms: the_highest(s, alarms), "among all 400 stays"),
        (lambda s, stays, alarms: np.quantile(s, alarms / stays), "the wrong side"),
        (lambda s, stays, alarms: 0.1, "go higher"),
        (lambda s, stays, alarms: 0.9, "go lower"),
        (lambda s, stays, alarms: the_highest(s, alarms / stays * 400), "the very score you cut at"),
        (lambda s, stays, alarms: np.nan, "a score can reach"),
        (0.3, "the function itself"),
    ],
}
