"""The exercises of notebook 05. Checking them needs NumPy and scikit-learn, and building one needs Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from medlearn.exercises.exercise import Exercise, letters, number


def _share(
    right: float, mistakes: Mapping[float, str], otherwise: str, *, tolerance: float = 0.0065
) -> Callable[[Any], str | None]:
    """A judge of one share, for which two decimals are enough; one in percent is told so."""
    judge = number(right, mistakes, otherwise, tolerance=tolerance)

    def judge_share(answer: Any) -> str | None:
        said = judge(answer)
        if said == otherwise and 1 < float(answer) <= 100:
            return "A share lies between 0 and 1: give 0.25 for 25 %."
        return said

    return judge_share


# 1. What an alarm means


def meaning_of_an_alarm():
    found, false = 45, 90
    return found / (found + false)


q1 = Exercise(
    hint=(
        "The consultant has been called, so only those with an alarm matter.",
        "How many have an alarm, and how many of these died? Divide.",
    ),
    solve=meaning_of_an_alarm,
    judge=_share(
        1 / 3,
        {
            0.75: "That is the sensitivity: of those who died, the share with an alarm. "
            "The consultant starts from the alarm.",
            850 / 940: "That is the specificity, which looks at those who survived.",
            895 / 1000: "That is the accuracy; it also counts those about whom nobody was called.",
            850 / 865: "That is the NPV, what it means that there is no alarm.",
            90 / 195: "That is F1, which mixes sensitivity and PPV.",
            0.5: "That is the odds, right to wrong alarms; the chance is right to all alarms.",
        },
        "Of the alarms, which share was right?",
    ),
    praise="Two of three reviews are needless, with an accuracy of 0.90.",
)

# 2. The AUROC by counting


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
        return "Ties count nothing with you; a model that cannot tell two cases apart is half right."
    if np.isclose(with_ties, np.mean(gap >= 0)):
        return "Ties count in full with you: a model that gives everyone the same score would be perfect."
    if not np.isclose(with_ties, right(y_true, tied)):
        return f"Where scores are tied you return {with_ties:.3f}, and it is {right(y_true, tied):.3f}."
    return None


q2 = Exercise(
    hint=(
        "Compare every score of one class with every score of the other.",
        "y_score[y_true == 1][:, None] - y_score[y_true == 0] has one number a pair: look at the signs.",
    ),
    solve=auroc_by_counting,
    judge=_judge_pairs,
    praise="A constant score gets 0.5. Sorting does the same in far fewer steps: evaluation.auroc.",
)

# 3. The cheapest threshold


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
    return (
        f"With costs of {costs[0]} and {costs[1]} yours spends {spent[costs]}; {least[costs]} is possible. "
        "Try every score that occurs, and one above all: a grid may step over the cheapest."
    )


q3 = Exercise(
    hint=(
        "Write a function for the cost of one threshold.",
        "Try every score that occurs, and one above them all (np.inf); take min(…, key=cost).",
    ),
    solve=cheapest_threshold,
    judge=_judge_cheapest,
    praise="With true probabilities it comes out near false_alarm / (miss + false_alarm).",
)

# 4. A network that stops in time


def early_stopping():
    import keras

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(600, 20)), rng.integers(2, size=600)  # here: your own stays, filled and scaled
    net = keras.Sequential(
        [
            keras.Input((20,)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    net.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
    history = net.fit(
        x[:400], y[:400], epochs=60, validation_data=(x[400:], y[400:]), callbacks=[stop], verbose=0
    )
    return history, stop


def _judge_early_stopping(training) -> str | None:
    pair = isinstance(training, (tuple, list)) and len(training) == 2
    if pair and hasattr(training[0], "stopped_epoch") and hasattr(training[1], "history"):
        return "Hand them in the other way round: first what fit() returned, then the callback."
    if not pair or not hasattr(training[0], "history") or not hasattr(training[1], "stopped_epoch"):
        return "Hand in what fit() returned and the EarlyStopping callback, as `history, stop`."
    history, stop = training
    if "val_loss" not in history.history:
        return "No val_loss was measured: give fit() the validation stays as validation_data."
    if stop.monitor != "val_loss":
        return (
            f"The callback watches {stop.monitor}; let it watch val_loss, what others than its own stays say."
        )
    if not stop.restore_best_weights:
        return (
            "It stops, but keeps the weights of the last epoch, some epochs past the best: "
            "set restore_best_weights=True."
        )
    if not stop.stopped_epoch:
        return f"It ran through all {len(history.epoch)} epochs: allow more of them, or have less patience."
    columns = history.model.inputs[0].shape[-1]
    before, now = (columns + 1) * 32 + 33, history.model.count_params()
    if now <= before:
        return f"It has {now:,} parameters, and the notebook's has {before:,}: make it larger."
    return None


q4 = Exercise(
    hint=(
        "Take the notebook's two cells: give the layers more units or add one, and keep the callback.",
        "keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True) goes into callbacks=[…] of "
        "fit, with validation_data=(x, y) beside it. Then: your_training = history, stop.",
    ),
    solve=early_stopping,
    judge=_judge_early_stopping,
    praise="A larger network learns the training stays by heart sooner, so its best epoch comes earlier.",
    builds=True,
)

# 5. One draw of the bootstrap, by patient


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
                return (
                    f"Patient {one} was cut: some images were drawn more often than others of the same one."
                )
        people = sum(times[patient == one][0] for one in np.unique(patient))
        if people != 60:
            return f"You drew {people} patients; draw as many as there are, 60."
        same = same and times.max() == 1
    return "Every patient comes exactly once: draw with replacement." if same else None


q5 = Exercise(
    hint=(
        "Draw patients, not positions.",
        "rng.choice(np.unique(patient), size=…, replace=True), then collect the positions of each one drawn.",
    ),
    solve=draw_by_patient,
    judge=_judge_draw,
    praise="A thousand such draws, the measure on each, and the middle 95 of 100 are the interval.",
)

# 6. From balanced training back to the ward


def undo_the_balance():
    score, prevalence = 0.8, 0.14
    odds = score / (1 - score) * prevalence / (1 - prevalence)
    return odds / (1 + odds)


q6 = Exercise(
    hint=(
        "On the ward the odds of dying are 14 to 86, in the balanced training 1 to 1: which factor is that?",
        "Turn 0.8 into odds, 0.8 / 0.2, multiply by 14/86, and turn the odds back: odds / (1 + odds).",
    ),
    solve=undo_the_balance,
    judge=_share(
        0.3944,
        {
            0.112: "Odds are multiplied, not probabilities: turn 0.8 into odds first.",
            0.224: "Odds are multiplied, not probabilities: turn 0.8 into odds first.",
            0.8: "That is what the model says; on the ward fewer die than in its training.",
            0.9609: "The wrong way round: fewer die on the ward than in balanced training, so risks fall.",
            0.6512: "Those are the odds; turn them back into a probability.",
            0.14: "That is what a score of 0.5 stands for.",
        },
        "Not by this way. Work with odds, p/(1−p): what are those of 0.8, and by what factor did balancing "
        "change them?",
    ),
    praise="Half of what it says. The ranking is untouched: every patient's odds shrink by the same factor.",
)

# 7. Net benefit


def net_benefit_by_hand():
    patients, found, false, threshold = 1000, 80, 180, 0.1
    return found / patients - false / patients * threshold / (1 - threshold)


q7 = Exercise(
    hint=(
        "A false alarm counts less than a case found: how much less, at a threshold of 10 %?",
        "It counts t / (1 − t) = 1/9. Take 180/9 from 80, and divide by all patients.",
    ),
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

# 8. An evaluation that leaks


def mend_the_evaluation():
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import KNeighborsClassifier

    def fair(x, y, patient):
        everyone = np.random.default_rng(0).permutation(np.unique(patient))
        held_out = np.isin(patient, everyone[: len(everyone) * 3 // 10])  # patients first
        train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        rare = train[y[train] == 1]
        more = np.concatenate([train, np.repeat(rare, 4)])  # then the rare cases, in training only
        model = KNeighborsClassifier(5).fit(x[more], y[more])
        return roc_auc_score(y[test], model.predict_proba(x[test])[:, 1])

    return fair


def _auroc_on(fair, *, patients: int, rows: int, signal: float) -> float:
    """What `fair` finds on average where each patient has so many rows, all nearly alike."""
    found = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        patient = np.repeat(np.arange(patients), rows)
        y = (rng.random(patients) < 0.25).astype(int)[patient]
        x = rng.normal(size=(patients, 6))[patient] + 0.05 * rng.normal(size=(len(patient), 6))
        estimate = fair(x + signal * y[:, None], y, patient)
        found.append(float(getattr(estimate, "value", estimate)))
    return float(np.mean(found))


def _judge_fair(fair) -> str | None:
    single, several, real = (
        _auroc_on(fair, patients=240, rows=1, signal=0),
        _auroc_on(fair, patients=80, rows=4, signal=0),
        _auroc_on(fair, patients=240, rows=1, signal=2),
    )
    if not all(0 <= found <= 1 for found in (single, several, real)):
        return "Return the AUROC on the test part, as the function did before."
    if single > 0.68:
        return (
            f"On outcomes thrown by a coin, one row a patient, it finds {single:.2f}: copies of the rare "
            "cases are on both sides. Split first, and multiply in the training part only."
        )
    if several > 0.68:
        return (
            f"On outcomes thrown by a coin, four rows a patient, it finds {several:.2f}: one half is mended, "
            "but rows of one patient are on both sides. Split by patient."
        )
    if real < 0.75:
        return f"No leak is left, but where the outcome can be predicted well it finds only {real:.2f}."
    return None


q8 = Exercise(
    hint=(
        "What happens first: the multiplying or the split? And what does the split keep together?",
        "train, test = split_by_patient(patient, y, shares=(0.7, 0.3)) comes first; then only positions from "
        "`train` are repeated; the test part stays as it came.",
    ),
    solve=mend_the_evaluation,
    judge=_judge_fair,
    praise="Both leaks alone make a model look excellent on outcomes that nothing can predict.",
)

# 9. Quiz

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


q9 = Exercise(
    hint=(
        "Ask of each: whose patients, how many of them, and would the figure be the same on the ward?",
        "Four of the six are to be stopped.",
    ),
    solve=what_to_stop,
    judge=letters("ACDF", _WHY, called="sentence", innocent="may stand"),
    praise=" ".join(f"{letter}: {why}" for letter, why in _WHY.items()),
)
