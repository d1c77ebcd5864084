"""The exercises of notebook 01. Needs NumPy only."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from medlearn.exercises.exercise import Exercise, letters, number

# 1. The cross-entropy of three predictions


def cross_entropy_by_hand():
    y = np.array([1, 0, 1])
    p = np.array([0.9, 0.2, 0.4])
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


q1 = Exercise(
    hint="Each biopsy costs −log of the probability that the model gave to what it really is: for a benign "
    "one that is 1 − p. Then take the mean of the three costs.",
    solve=cross_entropy_by_hand,
    judge=number(
        0.4149,
        {
            1.2448: "That is the sum of the three costs; the loss is their mean.",
            0.1802: "Those are logarithms to base 10; the formula means the natural logarithm, np.log.",
            0.5986: "Those are logarithms to base 2; the formula means the natural logarithm, np.log.",
            0.8770: "The second biopsy is benign: what probability did the model give to that?",
            -0.4149: "The logarithm of a probability is negative; the formula has a minus in front of it.",
        },
        "Work out the three costs one by one: which probability did each biopsy's true class get?",
    ),
    praise="Most of the loss comes from the third biopsy, a cancer that the model took for benign.",
)

# 2. The first step of Adam


def first_step_of_adam():
    w, g, rate, t = 2.0, 4.0, 0.1, 1
    m, v = 0.1 * g, 0.001 * g**2
    alpha = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - alpha * m / (np.sqrt(v) + 1e-7)


q2 = Exercise(
    hint="With m and v starting at 0, work out m = 0.1 g and v = 0.001 g², then α̂ for t = 1, then the new w.",
    solve=first_step_of_adam,
    judge=number(
        1.9,
        {
            1.6: "That is the step of plain gradient descent, rate times gradient; "
            "Adam divides by the square root of v.",
            2.1: "That step goes uphill: the new weight is w minus the step.",
            1.6838: "m and v start at zero and are too small at first: the factor that mends this, "
            "√(1 − β₂ᵗ) / (1 − β₁ᵗ), is missing.",
            0.1: "That is how far the weight moves; the question is where it ends.",
            1.99: "How much of the new gradient enters m, and how much of its square enters v?",
        },
        "Go through the four equations in order, with t = 1 and with m and v at 0 before the step.",
        tolerance=0.002,
    ),
    praise="The step is the learning rate, 0.1, and would be so for any gradient: "
    "at first Adam asks only for its sign.",
)

# 3. The laziest program


def majority():
    def lazy_accuracy(prevalence):
        return max(prevalence, 1 - prevalence)

    return lazy_accuracy


def _judge_majority(lazy_accuracy) -> str | None:
    rare, common = float(lazy_accuracy(0.14)), float(lazy_accuracy(0.74))
    if rare > 1 or common > 1:
        return "Return a share between 0 and 1, not a percentage."
    if np.isclose(rare, 0.14) and np.isclose(common, 0.74):
        return (
            "With 14 of 100 ill, calling everyone ill is right 14 times in 100; "
            "the program picks the class that is more common."
        )
    if np.isclose(rare, 0.86) and np.isclose(common, 0.26):
        return (
            "With 74 of 100 ill, calling everyone healthy is right only 26 times in 100; "
            "the program picks the class that is more common."
        )
    if not (np.isclose(rare, 0.86) and np.isclose(common, 0.74)):
        return f"For a prevalence of 0.14 you return {rare:.3g}: how many of 100 decisions are right there?"
    return None


q3 = Exercise(
    hint="Try two wards in your head, 14 of 100 patients ill and 74 of 100: what does it say in each?",
    solve=majority,
    judge=_judge_majority,
    praise="An accuracy says something only beside this number.",
)

# 4. Where is the leak?

_WHY = {
    "A": "a mean over all cases includes the test cases.",
    "B": "the test cases are untouched, and turned copies of a training film belong to a training patient.",
    "C": "what do two shifts of one stay have in common?",
    "D": "what was looked at when the ten columns were chosen?",
    "E": "the test cases are used once, at the end.",
    "F": "when is the length of a stay known?",
}


def find_the_leaks():
    return {"A", "C", "D", "F"}


q4 = Exercise(
    hint="Ask of each plan: does anything reach the model that is known only from the test cases, or only "
    "after the moment of prediction?",
    solve=find_the_leaks,
    judge=letters("ACDF", _WHY, called="plan", innocent="does not leak"),
    praise="Each of the four has been published more than once.",
)

# 5. Split by patient


def split_whole_patients():
    def split(patient):
        everyone = np.unique(patient)
        rng = np.random.default_rng(0)
        held_out = rng.choice(everyone, size=round(0.3 * len(everyone)), replace=False)
        return np.isin(patient, held_out)

    return split


def _judge_split(split) -> str | None:
    rng = np.random.default_rng(1)
    in_order = np.repeat(np.arange(1000, 1200), rng.integers(1, 6, 200))
    for patient in (in_order, rng.permutation(in_order)):
        test = np.asarray(split(patient.copy()))
        if test.shape != patient.shape or not np.isin(test, (0, 1)).all():
            return f"Return one True or False for each of the {len(patient)} cases."
        test = test.astype(bool)
        both = np.intersect1d(patient[test], patient[~test])
        if len(both):
            return f"{len(both)} of 200 patients have cases on both sides, patient {both[0]} for one."
        if not 0.2 <= (share := len(np.unique(patient[test])) / 200) <= 0.4:
            return f"{share:.0%} of the patients are in the test set; about 30 of 100 are asked for."
    return None


q5 = Exercise(
    hint="Choose among patients, not cases: np.unique gives each patient once, np.isin finds their cases.",
    solve=split_whole_patients,
    judge=_judge_split,
    praise="No patient is on both sides. In this course medlearn.data.splitting.split_by_patient does this.",
)

# 6. The parameters of a net


def count_parameters():
    sizes = [30, 16, 8, 1]
    return sum(before * after + after for before, after in pairwise(sizes))


q6 = Exercise(
    hint="A layer has one weight for each pair of an input and a unit, and one more number for each unit.",
    solve=count_parameters,
    judge=number(
        641,
        {
            616: "The weights are all there; each unit also has a bias.",
            24: "Those are the hidden units; count the weights that lead to them and to the output.",
            25: "Those are the units; count the weights that lead to them.",
            55: "Those are the inputs and the units; count the weights between them.",
            640: "One number is missing: the output has a bias, too.",
            3840: "The layers follow one another: their weights are added, not multiplied.",
            632: "The hidden units have no bias in this count, or not all of them do.",
        },
        "Take the three layers one by one: from 30 to 16, from 16 to 8, from 8 to 1.",
        tolerance=0.5,
    ),
    praise="That is more numbers to fit than there are biopsies in the table.",
)

# 7. Sensitivity from a table


def sensitivity_from_table():
    found, missed = 36, 12
    return found / (found + missed)


q7 = Exercise(
    hint="Sensitivity looks only at those who have cancer. How many are they, and how many were called?",
    solve=sensitivity_from_table,
    judge=number(
        0.75,
        {
            36 / 66: "That is the PPV: of those called malignant, the share that is. "
            "Sensitivity starts from those who have cancer.",
            222 / 252: "That is the specificity, which looks at the benign; sensitivity, at the malignant.",
            258 / 300: "That is the accuracy, which mixes both classes; sensitivity looks at one.",
            0.25: "That is the share of cancers that was missed.",
            0.16: "That is the prevalence, the share of women who have cancer.",
            0.12: "That divides by all 300 women; divide by those who have cancer.",
            75.0: "Give a share between 0 and 1, not a percentage.",
        },
        "Of the women who have cancer, which share was called malignant?",
    ),
    praise="One cancer in four was missed, in a table whose accuracy is 0.86.",
)
