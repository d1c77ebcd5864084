"""The exercises of notebook 05. Needs NumPy only."""

from __future__ import annotations

import numpy as np

from medlearn.exercises.exercise import Exercise, letters, number

# 1. What an alarm means


def meaning_of_an_alarm():
    found, false = 45, 90
    return found / (found + false)


q1 = Exercise(
    hint="The doctor has been called, so only those with an alarm matter: how many are they, how many died?",
    solve=meaning_of_an_alarm,
    judge=number(
        1 / 3,
        {
            0.75: "That is the sensitivity: of those who died, the share with an alarm. "
            "The doctor starts from the alarm.",
            850 / 940: "That is the specificity, which looks at those who lived.",
            895 / 1000: "That is the accuracy; it also counts those about whom nobody was called.",
            850 / 865: "That is the NPV, what a silence means.",
            90 / 195: "That is F1, which mixes sensitivity and PPV.",
            0.5: "That is the odds, right to wrong alarms; the chance is right to all alarms.",
        },
        "Of the alarms, which share was right?",
    ),
    praise="Two of three visits are needless, with an accuracy of 0.90.",
)

# 2. The PPV where the illness is rarer


def ppv_elsewhere():
    prevalence, sensitivity, specificity = 0.05, 0.9, 0.8
    found = prevalence * sensitivity
    false = (1 - prevalence) * (1 - specificity)
    return found / (found + false)


q2 = Exercise(
    hint="Think of 1,000 people: how many are ill, how many of these are called, and how many of the well?",
    solve=ppv_elsewhere,
    judge=number(
        0.045 / 0.235,
        {
            0.9 / 1.1: "That is the PPV where half are ill; here 5 in 100 are.",
            0.9: "That is the sensitivity: of the ill, the share called. Start from those called.",
            0.045: "That is the share of everyone who is ill and called; divide it by all who are called.",
            0.045 / 0.19: "That is the odds, right to wrong; the chance is right to all who are called.",
            0.045 / 0.805: "The false alarms come from 1 − specificity: 2 in 10 of the well are called.",
            0.76 / 0.765: "That is the NPV, what a negative test means.",
        },
        "Of 1,000 people, count the ill who are called and the well who are called.",
        tolerance=0.003,
    ),
    praise="Four of five alarms are false, with a test that is right in nine of ten of the ill.",
)

# 3. The AUROC by counting


def auroc_by_counting():
    def count_pairs(y_true, y_score):
        y_true, y_score = np.asarray(y_true), np.asarray(y_score)
        gap = y_score[y_true == 1][:, None] - y_score[y_true == 0]
        return np.mean((gap > 0) + 0.5 * (gap == 0))

    return count_pairs


def _judge_pairs(count_pairs) -> str | None:
    rng = np.random.default_rng(0)
    y_true, smooth = rng.integers(2, size=80), rng.normal(size=80)
    smooth = smooth + y_true
    tied = smooth.round()
    right = auroc_by_counting()
    found, with_ties = float(count_pairs(y_true, smooth)), float(count_pairs(y_true, tied))
    gap = tied[y_true == 1][:, None] - tied[y_true == 0]
    if np.isclose(found, 1 - right(y_true, smooth)):
        return (
            "You count the pairs the other way round: the case with the finding should have the higher score."
        )
    if found > 1:
        return "Return a share of the pairs, not their number."
    if not np.isclose(found, right(y_true, smooth)):
        return f"On cases without ties you return {found:.3f}, and it is {right(y_true, smooth):.3f}."
    if np.isclose(with_ties, np.mean(gap > 0)):
        return "Ties count nothing with you; who cannot tell two cases apart has half of the pair right."
    if np.isclose(with_ties, np.mean(gap >= 0)):
        return "Ties count in full with you: a model that gives everyone the same score would be perfect."
    if not np.isclose(with_ties, right(y_true, tied)):
        return f"Where scores are tied you return {with_ties:.3f}, and it is {right(y_true, tied):.3f}."
    return None


q3 = Exercise(
    hint="Subtract all scores of the one class from all of the other, with [:, None], and look at the signs.",
    solve=auroc_by_counting,
    judge=_judge_pairs,
    praise="A constant score gets 0.5. Sorting does the same in far fewer steps: evaluation.auroc.",
)

# 4. One draw of the bootstrap, by patient


def draw_by_patient():
    def draw(patient, rng):
        patient = np.asarray(patient)
        everyone = np.unique(patient)
        who = rng.choice(everyone, size=len(everyone), replace=True)
        return np.concatenate([np.flatnonzero(patient == one) for one in who])

    return draw


def _judge_draw(draw) -> str | None:
    films = np.random.default_rng(0).integers(1, 5, size=60)
    patient = np.random.default_rng(1).permutation(np.repeat(np.arange(500, 560), films))
    same = True
    for seed in range(5):
        index = np.asarray(draw(patient.copy(), np.random.default_rng(seed)))
        if (
            index.ndim != 1
            or index.dtype.kind not in "iu"
            or not np.isin(index, np.arange(len(patient))).all()
        ):
            return f"Return positions: whole numbers from 0 to {len(patient) - 1}."
        times = np.bincount(index, minlength=len(patient))
        for one in np.unique(patient):
            if len(set(times[patient == one])) > 1:
                return f"Patient {one} was cut: some films were drawn more often than others of the same one."
        people = sum(times[patient == one][0] for one in np.unique(patient))
        if people != 60:
            return f"You drew {people} patients; draw as many as there are, 60."
        same = same and times.max() == 1
    return "Every patient comes exactly once: draw with replacement." if same else None


q4 = Exercise(
    hint="First draw patients, with rng.choice(..., replace=True), then collect each one's films.",
    solve=draw_by_patient,
    judge=_judge_draw,
    praise="A thousand such draws, the measure on each, and the middle 95 of 100 are the interval.",
)

# 5. The cheapest threshold


def cheapest_threshold():
    def cheapest(y_true, y_score, miss, false_alarm):
        y_true, y_score = np.asarray(y_true), np.asarray(y_score)
        candidates = [*np.unique(y_score), np.inf]

        def cost(threshold):
            alarm = y_score >= threshold
            return miss * np.sum((y_true == 1) & ~alarm) + false_alarm * np.sum((y_true == 0) & alarm)

        return min(candidates, key=cost)

    return cheapest


def _judge_cheapest(cheapest) -> str | None:
    rng = np.random.default_rng(0)
    y_true = (rng.random(200) < 0.3).astype(int)
    y_score = np.clip(0.3 * y_true + rng.normal(0.35, 0.15, 200), 0, 1)

    def cost(threshold, miss, false_alarm):
        alarm = y_score >= threshold
        return miss * np.sum((y_true == 1) & ~alarm) + false_alarm * np.sum((y_true == 0) & alarm)

    best = cheapest_threshold()
    given = {costs: float(cheapest(y_true, y_score, *costs)) for costs in ((20, 1), (1, 1), (1, 20))}
    if np.isnan(list(given.values())).any():
        return "You return nan: a threshold is a number that a score can reach."
    spent = {costs: cost(threshold, *costs) for costs, threshold in given.items()}
    least = {costs: cost(best(y_true, y_score, *costs), *costs) for costs in given}
    if spent == least:
        return None
    if len(set(given.values())) == 1:
        return "You return the same threshold whatever the errors cost."
    if all(spent[a, b] == cost(best(y_true, y_score, b, a), a, b) for a, b in given):
        return "The costs are the wrong way round: the dearer a miss, the lower the threshold should be."
    costs = next(costs for costs in given if spent[costs] > least[costs])
    return f"With costs of {costs[0]} and {costs[1]} yours spends {spent[costs]}; {least[costs]} is possible."


q5 = Exercise(
    hint="Write a function for the cost of one threshold, then try every score, and one above all of them.",
    solve=cheapest_threshold,
    judge=_judge_cheapest,
    praise="With true probabilities it comes out near false_alarm / (miss + false_alarm).",
)

# 6. Net benefit


def net_benefit_by_hand():
    patients, found, false, threshold = 1000, 80, 180, 0.1
    return found / patients - false / patients * threshold / (1 - threshold)


q6 = Exercise(
    hint="A false alarm counts as t / (1 − t) of a case found. Then divide by all patients.",
    solve=net_benefit_by_hand,
    judge=number(
        0.06,
        {
            -0.1: "You count a false alarm like a case found; at 10 % it counts one ninth.",
            0.062: "You weigh false alarms by t; the weight is the odds, t / (1 − t).",
            0.08: "The false alarms are not taken off.",
            80 / 260: "That is the PPV; net benefit is per patient, with false alarms taken off.",
            60.0: "Divide by the number of patients.",
            -1.54: "The odds are upside down: t / (1 − t), not (1 − t) / t.",
        },
        "Cases found per patient, less false alarms per patient times t / (1 − t).",
        tolerance=0.0008,
    ),
    praise="As good as 60 of 1,000 found without one false alarm.",
)

# 7. From balanced training back to the ward


def undo_the_balance():
    score, prevalence = 0.8, 0.14
    odds = score / (1 - score) * prevalence / (1 - prevalence)
    return odds / (1 + odds)


q7 = Exercise(
    hint="On the ward the odds of dying are 14 to 86, in the balanced training 1 to 1: which factor is that?",
    solve=undo_the_balance,
    judge=number(
        0.3944,
        {
            0.112: "Odds are multiplied, not probabilities: turn 0.8 into odds first.",
            0.224: "Odds are multiplied, not probabilities: turn 0.8 into odds first.",
            0.8: "That is what the model says; on the ward fewer die than in its training.",
            0.9609: "The wrong way round: fewer die on the ward than in balanced training, so risks fall.",
            0.6512: "Those are the odds; turn them back into a probability.",
            0.14: "That is what a score of 0.5 stands for.",
        },
        "Turn 0.8 into odds, multiply by 14/86, and turn back.",
    ),
    praise="Half of what it says. The ranking is untouched: every patient's odds shrink by the same factor.",
)

# 8. Quiz

_WHY = {
    "A": "copies of one patient can land on both sides, and the test set has lost the ward's prevalence.",
    "B": "the choice and the measurement use different patients, and an interval is given.",
    "C": "patches of one patient resemble each other: this interval counts 12,000 where there are 40.",
    "D": "what decides is the interval of the difference on the same patients; 'not shown' is not 'equal'.",
    "E": "nine patients carry no figure, and to say so is better than to print one.",
    "F": "PPV moves with the prevalence, and on no ward do half of the patients have it.",
}


def what_to_stop():
    return {"A", "C", "D", "F"}


q8 = Exercise(
    hint="Ask of each: whose patients, how many of them, and would the figure be the same on the ward?",
    solve=what_to_stop,
    judge=letters("ACDF", _WHY, called="sentence", innocent="may stand"),
    praise=" ".join(f"{letter}: {why}" for letter, why in _WHY.items()),
)
