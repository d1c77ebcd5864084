"""The exercises of notebook 03. Needs NumPy; Keras only where a network is trained."""

from __future__ import annotations

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number

# 1. Time since last


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


q1 = Exercise(
    hint=(
        "The cells end at 4, 8, 12 and 16 hours; 05:30 is 5.5.",
        "At each end: how long ago was the newest measurement? Where nothing came yet, admission counts.",
    ),
    solve=hours_since_the_last,
    judge=_judge_since,
    praise="A value carried forward looks fresh in every cell; this says how stale it is.",
)

# 2. Filled without peeking


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


q2 = Exercise(
    hint=(
        "Go through the hours from the second on.",
        "Where a value is missing, take that of the hour before, on a copy: it may itself be a carried one.",
    ),
    solve=carry_forward,
    judge=_judge_fill,
    praise="What NaN is left gets the training patients' mean: known before the patient came.",
)

# 3. Find the leak

_PIPELINE = {
    "A": "a value is carried forward within one patient, as a nurse's chart would show it.",
    "B": "what is still missing is filled backward, from a value that is not known until later.",
    "C": "the length of the stay is known when the patient leaves, alive or dead.",
    "D": "each window ends with the row it is judged at, and no window holds two patients.",
    "E": "all rows of a patient are on one side.",
    "F": "mean and standard deviation are those of all patients, and the test patients are among them.",
    "G": "the test patients decide how long it learns, so they can no longer judge it.",
}


def leaks_in_the_pipeline():
    return {"B", "C", "F", "G"}


q3 = Exercise(
    hint=(
        "Ask of each line: could this be known at that hour?",
        "And ask: do the test patients have a say in it, in a mean, or in when training stops? Two and two.",
    ),
    solve=leaks_in_the_pipeline,
    judge=letters("BCFG", _PIPELINE, called="line", innocent="does not leak"),
    praise="Two look into the future, and two let the test patients have a say.",
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
    if test.shape != stay.shape or not np.isin(test, (0, 1)).all():
        return "Return one True or False (or 1 or 0) for each window."
    test = test.astype(bool)
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
    hint=(
        "The test must be fair to a new patient: what is drawn at random, windows, stays or patients?",
        "Look up whose each window is, draw 30 % of the different patients, and mark the windows "
        "of those with np.isin.",
    ),
    solve=mend_the_split,
    judge=_judge_mend,
    praise="From window to stay to patient: the split is made at the last of these.",
)

# 5. A gate by hand


def one_step_of_a_gate():
    h, candidate, z = 0.5, -1.0, 0.8
    return z * h + (1 - z) * candidate


q5 = Exercise(
    hint=(
        "z is the share of the old state that is kept; the rest comes from the candidate.",
        "Compute z * h + (1 - z) * candidate.",
    ),
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

# 6. A network that remembers


def a_network_that_remembers():
    import keras

    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(1000, 20, 1)).astype("float32")
    y = (x[:, 0, 0] > 0).astype("float32")
    open_gates = keras.initializers.Constant(1.0)  # the bias of z, too: at first nearly all is kept
    layers = [keras.Input((20, 1)), keras.layers.GRU(16, bias_initializer=open_gates, unroll=True)]
    model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.01, clipnorm=1.0), "binary_crossentropy")
    model.fit(x, y, epochs=12, verbose=0)
    return model


def _judge_memory(model) -> str | None:
    if hasattr(model, "history") and not hasattr(model, "predict"):
        return "That is what fit() returns, the record of the training. Give the model itself."
    if not hasattr(model, "predict") or not hasattr(model, "input_shape"):
        return "Give the trained Keras model itself, without calling it."
    if tuple(model.input_shape)[1:] not in ((20, 1), (None, 1)):
        return f"The sequences have 20 steps of one number; your model takes {tuple(model.input_shape)[1:]}."
    x = np.random.default_rng(1).normal(size=(500, 20, 1)).astype("float32")
    y_score = np.asarray(model.predict(x, verbose=0), float)
    if y_score.shape == (500, 20, 1):
        return "Your model answers after each step. One answer is asked for: leave out return_sequences."
    if y_score.size != 500:
        return f"One answer for each sequence is asked for; for 500 yours has the shape {y_score.shape}."
    right = np.mean((y_score.ravel() > 0.5) == (x[:, 0, 0] > 0))
    if right >= 0.9:
        return None
    if right < 0.4:
        return f"It is right for only {right:.0%} of new sequences: 1 stands for a positive first number."
    if right < 0.6:
        return (
            f"It is right for {right:.0%} of 500 new sequences, like a coin: what came first does not reach "
            "the end. Train it, and let its gates start open."
        )
    return f"It is right for {right:.0%} of 500 new sequences. It remembers something: train longer."


q6 = Exercise(
    hint=(
        "At its start a GRU keeps about half of its state in each step, and a half twenty times is a "
        "millionth. Which number opened the gate?",
        "keras.layers.GRU(16, bias_initializer=keras.initializers.Constant(1.0)), then some twelve epochs.",
    ),
    solve=a_network_that_remembers,
    judge=_judge_memory,
    praise="Gates that start open keep the gradient alive until training has found out what to keep.",
    builds=True,
)

# 7. Hour 12


def known_at_that_hour():
    def until(x, hour):
        return {"series": x["series"][:, : hour // 4], "static": x["static"]}

    return until


def _judge_until(until) -> str | None:
    series = np.arange(2 * 12 * 3, dtype=float).reshape(2, 12, 3)
    static = np.array([[60.0, 1], [70, 0]])
    for hour in (12, 4, 48, 10):
        x = {"series": series.copy(), "static": static.copy()}
        given = until(x, hour)
        if not isinstance(given, dict) or set(given) != {"series", "static"}:
            return 'Return a dictionary with "series" and "static", as the network takes it.'
        if not (np.array_equal(x["series"], series) and np.array_equal(x["static"], static)):
            return "You changed the inputs that you were given; take a slice of them."
        if np.shape(given["static"]) != static.shape or not np.allclose(given["static"], static):
            return "Age, sex and unit are known on arrival: leave static as it is."
        cells, known = np.asarray(given["series"], float), hour // 4
        if cells.ndim != 3 or cells.shape[::2] != (2, 3):
            return f"Keep stays and numbers and cut the steps: yours has the shape {cells.shape}."
        steps = cells.shape[1]
        if steps == 12 and known < 12:
            if np.array_equal(cells, series):
                return f"At hour {hour} you return all 12 cells, the whole 48 hours."
            return "Setting later cells to 0 leaves 12 cells: cut them off, so that nothing is left to read."
        if hour == 10 and steps == 3:
            return "At hour 10 the third cell, hours 8 to 12, has not ended: it is not known yet."
        if steps == known + 1:
            return f"One cell too many: at hour {hour} there are {known} that have ended."
        if steps != known:
            return f"A cell has four hours: at hour {hour} {known} have ended, and you return {steps}."
        if not np.array_equal(cells, series[:, :known]):
            return "These are as many cells as are known, and not the first ones."
    return None


q7 = Exercise(
    hint=(
        "How many cells of four hours have ended at hour 12, and how many at hour 10?",
        'A slice of the second axis: x["series"][:, :n], where n is the whole part of hour / 4.',
    ),
    solve=known_at_that_hour,
    judge=_judge_until,
    praise="What is cut off cannot leak. Zeros could: their mask and their times would still say something.",
)

# 8. Ten alarms a day


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
            return f"{asked}; {best:.3g} are possible: go lower, and more deaths are found."
    return None


q8 = Exercise(
    hint=(
        "What share of the stays may raise an alarm?",
        "Try the different scores as thresholds, from the lowest up, and take the first at which "
        "np.mean(y_score >= threshold) * stays_a_day keeps to it.",
    ),
    solve=ten_alarms_a_day,
    judge=_judge_alarms,
    praise="What ten alarms a day find is for the test set to say.",
)
