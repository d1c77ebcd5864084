"""Wrong answers that readers give in chapter 3, and a few words of what each is told."""

import numpy as np


def by_case(patient):
    return np.random.default_rng(0).random(len(patient)) < 0.3


def by_position(patient):
    return np.arange(len(patient)) < 0.3 * len(patient)


def cells_of(time, hours, step):
    kept = time[time <= hours]
    return np.minimum((kept / step).astype(int), round(hours / step) - 1)


def counts_in_cells(time, hours, step):
    return np.bincount(cells_of(time, hours, step), minlength=round(hours / step))


def gaps(time, hours, step):
    return 1 - np.minimum(counts_in_cells(time, hours, step), 1)


def mask_carried(time, hours, step):
    return np.maximum.accumulate(1 - gaps(time, hours, step))


def all_squeezed_in(time, hours, step):
    return 1 - gaps(np.minimum(time, hours), hours, step)


def last_hour_lost(time, hours, step):
    return 1 - gaps(time[time < hours], hours, step)


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


WRONG = {
    "q1": [
        ({"A", "B", "C", "F", "G"}, "Line A does not leak: a value is carried"),
        ("BCDFG", "Line D does not leak: each window"),
        ("BCEFG", "Line E does not leak: all rows"),
        ({"C", "F", "G"}, "Look again at line B: what is still missing"),
        ({"B", "F", "G"}, "Look again at line C: the length"),
        (["b", "c", "g"], "Look again at line F: mean and spread"),
        ({"B", "C", "F"}, "Look again at line G: the test patients"),
        ({"Z"}, "no line Z"),
        (4, "Give the letters"),
    ],
    "q2": [
        (counts_in_cells, "You count the measurements"),
        (gaps, "1 where nothing was"),
        (mask_carried, "carry the mask forward"),
        (all_squeezed_in, "after the last hour"),
        (last_hour_lost, "exactly the last hour"),
        (lambda time, hours, step: np.zeros(round(hours / step)), "in steps of 2, you return"),
        (lambda time, hours, step: time > 0, "one number a cell"),
        ([1, 1, 0, 0, 0, 1], "the function itself"),
    ],
    "q3": [
        ([0, 4, 2.5, 1.75], "the start of each cell"),
        ([0, 2.5, 1.75, 5.75], "counted from admission"),
        ([float("nan"), 2.5, 1.75, 5.75], "counted from admission"),
        ([4, 0, 0, 4], "already some time ago"),
        ([4, 2.5, 1.75, 4], "nothing was measured"),
        ([4, 5.5, 10.25, 16], "how many hours ago"),
        ([2.5, 1.75], "four numbers"),
        ("late", "four numbers"),
    ],
    "q4": [
        (lambda stay, patient_of: by_case(stay), "cuts through stays"),
        (lambda stay, patient_of: by_position(stay), "cuts through stays"),
        (by_stay, "have stays on both sides"),
        (one_patient_only, "about 30 %"),
        (lambda stay, patient_of: np.flatnonzero(stay < 5050), "one True or False"),
        (lambda stay: stay > 0, "stops with TypeError"),
    ],
    "q5": [
        (lambda s, stays, alarms: the_highest(s, alarms), "among all 400 stays"),
        (lambda s, stays, alarms: np.quantile(s, alarms / stays), "the wrong side"),
        (lambda s, stays, alarms: 0.1, "go higher"),
        (lambda s, stays, alarms: 0.9, "go lower"),
        (lambda s, stays, alarms: the_highest(s, alarms / stays * 400), "the very score you cut at"),
        (lambda s, stays, alarms: np.nan, "a score can reach"),
        (0.3, "the function itself"),
    ],
    "q6": [
        (-0.7, "what is kept"),
        (0.4, "the old state's part"),
        (-0.4, "the candidate gets 1 − z"),
        (-0.25, "the gate stands at"),
        (0.6, "is taken off"),
        (-0.2, "the candidate's part"),
        (1.0, "0.8 of the old state"),
        ("open", "one number"),
    ],
    "q7": [
        (filled_both_ways, "from a later hour"),
        (straight_lines, "its other end is in the future"),
        (filled_once, "through longer gaps"),
        (filled_in_place, "work on a copy"),
        (lambda values: np.nan_to_num(values), "is not 0"),
        (lambda values: np.where(np.isnan(values), np.nanmean(values, 0), values), "or take a mean"),
        (lambda values: values.copy(), "should carry the last one"),
        (lambda values: values[0], "as they came"),
    ],
    "q8": [
        ({"A", "C", "D", "E", "H"}, "Input A may stay: it was measured"),
        ("BCDEH", "Input B may stay: it is counted"),
        ("CDEFH", "Input F may stay: it is known"),
        ("CDEGH", "Input G may stay: it comes"),
        ({"D", "E", "H"}, "Look again at input C: at hour 12"),
        ({"C", "E", "H"}, "Look again at input D: it takes"),
        (["c", "d", "h"], "Look again at input E: the line"),
        ({"C", "D", "E"}, "Look again at input H: it is written"),
        ({"Z"}, "no input Z"),
        (8, "Give the letters"),
    ],
}
