"""The exercises of notebook 03. Needs NumPy only."""

from __future__ import annotations

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number

# 1. Find the leak

_PIPELINE = {
    "A": "a value is carried forward within one patient, as a nurse's chart would show it.",
    "B": "what is still missing is filled backward, from a value that is not known until later.",
    "C": "the length of the stay is known when the patient leaves, alive or dead.",
    "D": "each window ends with the row it is judged at, and no window holds two patients.",
    "E": "all rows of a patient are on one side.",
    "F": "mean and spread are those of all patients, and the test patients are among them.",
    "G": "the test patients decide how long it learns, so they can no longer judge it.",
}


def leaks_in_the_pipeline():
    return {"B", "C", "F", "G"}


q1 = Exercise(
    hint="Ask of each line: could this be known at that hour? And do the test patients have a say in it?",
    solve=leaks_in_the_pipeline,
    judge=letters("BCFG", _PIPELINE, called="line", innocent="does not leak"),
    praise="Two look into the future, and two let the test patients have a say.",
)

# 2. The mask


def mask_by_hand():
    def mask(time, hours, step):
        measured = np.zeros(round(hours / step), int)
        for t in time:
            if t <= hours:
                measured[min(int(t / step), len(measured) - 1)] = 1
        return measured

    return mask


def _judge_mask(mask) -> str | None:
    tried = [([0.5, 0.75, 3.5, 11.9], 12, 2), ([], 4, 1), ([1.0, 15.0], 12, 4), ([12.0], 12, 4)]
    says = "Return one number a cell: 12 hours in steps of 2 have 6 cells."
    plain, empty, late, end = (
        grid(mask(np.array(time), hours, step), (round(hours / step),), says).tolist()
        for time, hours, step in tried
    )
    if plain == [2, 1, 0, 0, 0, 1]:
        return "You count the measurements in a cell; the mask only says whether there is one."
    if plain == [0, 0, 1, 1, 1, 0]:
        return "The mask is 1 where measured; yours is 1 where nothing was."
    if plain == [1, 1, 1, 1, 1, 1]:
        return "You carry the mask forward. Values may be carried; the mask says what was measured when."
    if plain != [1, 1, 0, 0, 0, 1]:
        return f"Measured at 0.5, 0.75, 3.5 and 11.9 of 12 hours, in steps of 2, you return {plain}."
    if any(empty):
        return "Where nothing was measured, all cells are 0."
    if late != [1, 0, 0]:
        return "A measurement after the last hour belongs into no cell: leave it out."
    return None if end == [0, 0, 1] else "A measurement at exactly the last hour belongs into the last cell."


q2 = Exercise(
    hint="A measurement at t lies in cell number int(t / step). At t = hours that cell is one too far.",
    solve=mask_by_hand,
    judge=_judge_mask,
    praise="Records.grid does this for all stays and variables at once.",
)

# 3. Time since last


def hours_since_the_last():
    return [4.0, 2.5, 1.75, 5.75]


def _judge_since(answer) -> str | None:
    given = grid(answer, (4,), "Give four numbers, one for each cell, such as [1, 2, 3, 4].")
    if np.allclose(given, [4, 2.5, 1.75, 5.75]):
        return None
    if np.allclose(given, [0, 4, 2.5, 1.75]):
        return "You look at the start of each cell; the grid looks at its end."
    if np.allclose(given[1:], [2.5, 1.75, 5.75]):
        return "Before the first measurement, the hours are counted from admission."
    if np.allclose(given[1:3], 0):
        return "A measurement does not set it to 0: at the end of its cell it is already some time ago."
    if np.allclose(given[:3], [4, 2.5, 1.75]):
        return "In the last cell nothing was measured: go on counting from 10:15."
    return "At the end of each cell: how many hours ago was the last measurement?"


q3 = Exercise(
    hint="The cells end at 4, 8, 12 and 16 hours; 05:30 is 5.5. Where nothing came yet, admission counts.",
    solve=hours_since_the_last,
    judge=_judge_since,
    praise="A value carried forward looks fresh in every cell; this says how stale it is.",
)

# 4. Mend a split


def mend_the_split():
    def mend(stay, patient_of):
        patient = np.array([patient_of[one] for one in stay])
        everyone = np.random.default_rng(0).permutation(np.unique(patient))
        return np.isin(patient, everyone[: round(0.3 * len(everyone))])

    return mend


def _judge_mend(mend) -> str | None:
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(100), rng.integers(1, 4, 100))  # one to three stays a patient
    names = rng.permutation(np.arange(5000, 5000 + len(owner)))
    patient_of = dict(zip(names.tolist(), owner.tolist(), strict=True))
    stay = np.repeat(names, rng.integers(3, 9, len(names)))  # some windows of each
    test = np.asarray(mend(stay.copy(), dict(patient_of)))
    if test.dtype != bool or test.shape != stay.shape:
        return "Return one True or False for each window."
    if (cut := np.intersect1d(stay[test], stay[~test])).size:
        return f"Windows of {len(cut)} stays are on both sides: the split cuts through stays."
    patient = np.array([patient_of[one] for one in stay.tolist()])
    if (cut := np.intersect1d(patient[test], patient[~test])).size:
        return f"No stay is cut, but {len(cut)} patients who came again have stays on both sides."
    share = len(np.unique(patient[test])) / 100
    if not 0.2 <= share <= 0.4:
        return f"The test windows are those of {share:.0%} of the patients; about 30 % were asked for."
    return None


q4 = Exercise(
    hint="Look up whose each window is, draw 30 % of the patients, and take all windows of those.",
    solve=mend_the_split,
    judge=_judge_mend,
    praise="From window to stay to patient: the split is made at the last of these.",
)

# 5. Ten alarms a day


def ten_alarms_a_day():
    def lowest(y_score, stays_a_day, alarms_a_day):
        y_score = np.asarray(y_score)
        for threshold in np.unique(y_score):  # from the lowest up
            if np.mean(y_score >= threshold) * stays_a_day <= alarms_a_day:
                return threshold
        return np.inf

    return lowest


def _judge_alarms(lowest) -> str | None:
    smooth = np.random.default_rng(0).beta(1, 5, 400)
    for y_score, stays, alarms in ((smooth, 80, 10), (smooth, 50, 20), (smooth.round(1), 80, 10)):
        threshold = float(lowest(y_score.copy(), stays, alarms))
        raised = np.mean(y_score >= threshold) * stays
        best = np.mean(y_score >= ten_alarms_a_day()(y_score, stays, alarms)) * stays
        asked = f"Of {stays} stays a day yours calls for {raised:.3g}, where {alarms} are allowed"
        if np.isnan(threshold):
            return "You return nan: a threshold is a number that a score can reach."
        if np.isclose(np.sum(y_score >= threshold), alarms):
            return f"You allow {alarms} alarms among all {len(y_score)} stays; allowed are {alarms} a day."
        if np.isclose(stays - raised, alarms, atol=0.5) and raised > alarms:
            return f"{asked}: the wrong side. Alarms are the highest scores, not the lowest."
        if raised > alarms and len(np.unique(y_score)) < 20:
            return f"{asked}. Several stays have the very score you cut at, and all of them are called."
        if raised > alarms:
            return f"{asked}: go higher."
        if raised < best:
            return f"{asked}; {best:.3g} are possible: go lower, and more of the dying are found."
    return None


q5 = Exercise(
    hint="What share of the stays may raise an alarm? Try the scores as thresholds, from the lowest up.",
    solve=ten_alarms_a_day,
    judge=_judge_alarms,
    praise="The ward's patience is the limit here; what it buys in sensitivity, the test set says.",
)

# 6. A gate by hand


def one_step_of_a_gate():
    h, candidate, z = 0.5, -1.0, 0.8
    return z * h + (1 - z) * candidate


q6 = Exercise(
    hint="z is the share of the old state that is kept; the rest comes from the candidate.",
    solve=one_step_of_a_gate,
    judge=number(
        0.2,
        {
            -0.7: "You keep 1 − z of the old state; here z = 0.8 is what is kept (articles differ in this).",
            0.4: "That is the old state's part; 1 − z of the candidate comes on top.",
            -0.4: "You add z times both; the candidate gets 1 − z.",
            -0.25: "That is the mean of both; the gate stands at 0.8.",
            0.6: "The candidate is −1: its part is taken off.",
            -0.2: "That is the candidate's part; 0.8 of the old state is kept beside it.",
        },
        "0.8 of the old state and 0.2 of the candidate.",
    ),
    praise="With z near 1 a unit remembers for days, and its gradient lives as long.",
)

# 7. Filled without peeking


def carry_forward():
    def fill(values):
        filled = np.array(values, float)
        for hour in range(1, len(filled)):
            gap = np.isnan(filled[hour])
            filled[hour, gap] = filled[hour - 1, gap]
        return filled

    return fill


def _judge_fill(fill) -> str | None:
    nan = np.nan
    values = np.array([[nan, 5.0], [70, nan], [nan, nan], [90, 6.5], [nan, nan]])
    kept = values.copy()
    filled = np.asarray(fill(values), float)
    if not np.array_equal(values, kept, equal_nan=True):
        return "You changed the values that you were given; work on a copy."
    if filled.shape != kept.shape:
        return f"Return hours × variables as they came, {kept.shape}; yours has {filled.shape}."
    first, second = filled.T
    if first[1] != 70 or first[3] != 90:
        return "A value that was measured stays as it is."
    if first[0] == 0 or first[2] == 0:
        return "What was not measured is not 0: a heart rate of 0 is a dead patient's."
    if first[0] == 70 or first[2] == 90:
        return "You fill from a later hour: at that time nobody knew it."
    if np.isclose(first[2], 80):
        return "Between two measurements you draw a line (or take a mean); its other end is in the future."
    if np.isnan(first[2]) or np.isnan(second[1]):
        return "An hour without a measurement should carry the last one."
    if np.isnan(second[2]):
        return "Carry on through longer gaps, too, not for one hour only."
    if not np.isnan(first[0]):
        return "Before the first measurement nothing is known of this patient: leave NaN."
    return None if np.array_equal(second, [5, 5, 5, 6.5, 6.5]) else "Fill each variable from its own past."


q7 = Exercise(
    hint="Go through the hours from the second on; where a value is missing, take that of the hour before.",
    solve=carry_forward,
    judge=_judge_fill,
    praise="What NaN is left gets the training patients' mean: known before the patient came.",
)

# 8. Quiz: hour 12

_HOUR_12 = {
    "A": "it was measured before.",
    "B": "it is counted up to now.",
    "C": "at hour 12 nobody knows who will be ventilated at hour 30.",
    "D": "it takes the worst values of a whole day.",
    "E": "the line's other end lies at hour 18.",
    "F": "it is known on arrival.",
    "G": "it comes from other patients, and from before.",
    "H": "it is written after discharge, and may say how the stay ended.",
}


def what_nobody_knows_yet():
    return {"C", "D", "E", "H"}


q8 = Exercise(
    hint="Imagine standing at the bed at hour 12: which of these could you read off somewhere?",
    solve=what_nobody_knows_yet,
    judge=letters("CDEH", _HOUR_12, called="input", innocent="may stay"),
    praise=" ".join(f"{letter}: {why}" for letter, why in _HOUR_12.items()),
)
