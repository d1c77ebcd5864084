"""The exercises of notebook 06. Needs NumPy only."""

from __future__ import annotations

import numpy as np

from medlearn.exercises.exercise import Exercise, letters, number, whole

# 1. The .632


def six_three_two():
    apparent, out_of_bag = 0.05, 0.30
    return 0.368 * apparent + 0.632 * out_of_bag


q1 = Exercise(
    hint="Two weights that add up to 1. The error on the cases left out weighs 0.632, the other the rest.",
    solve=six_three_two,
    judge=number(
        0.208,
        {
            0.1420: "The weights are the wrong way round: the error on the cases left out weighs 0.632.",
            0.175: "That is the plain mean; the two do not weigh the same.",
            0.30: "That is the error on the cases left out, which is too pessimistic.",
            0.05: "That is the apparent error, on the cases that the model was fitted to.",
            0.1896: "That is only the second part; add 0.368 times the apparent error.",
        },
        "0.368 times the apparent error plus 0.632 times the error on the cases left out.",
        tolerance=0.002,
    ),
    praise="Between the two, and nearer to the honest one.",
)

# 2. Twenty useless remedies


def one_of_twenty():
    return 1 - 0.95**20


q2 = Exercise(
    hint="What is the chance that one useless remedy does not clear zero? And that none of the twenty does?",
    solve=one_of_twenty,
    judge=number(
        1 - 0.95**20,
        {
            1.0: "Twenty times 5 % is how many to expect, one; it is not the chance of at least one.",
            0.05: "That is the chance for one remedy; here there are twenty.",
            0.95**20: "That is the chance that none of the twenty seems to work.",
            0.95: "That is the chance that one useless remedy shows no effect.",
            64.15: "Give a share between 0 and 1, not a percentage.",
        },
        "Start from the chance that none of the twenty seems to work.",
    ),
    praise="Two of three such tables hold a discovery. Say how many remedies were tried.",
)

# 3. One step with L2


def step_with_l2():
    w, slope, rate, strength = 2.0, 0.5, 0.1, 0.3
    return w - rate * (slope + 2 * strength * w)


q3 = Exercise(
    hint="The derivative of λ w² is 2 λ w. Add it to the slope of the cross-entropy, then take the step.",
    solve=step_with_l2,
    judge=number(
        1.83,
        {
            1.95: "That is the step without L2: what does the derivative of λ w² add to the slope?",
            1.89: "The derivative of λ w² is 2 λ w; a factor of 2 is missing.",
            2.07: "L2 pulls the weight towards zero: its slope is added to that of the loss.",
            2.17: "That step goes uphill: the new weight is w minus the step.",
            1.88: "That is L2's part alone; the cross-entropy has a slope, too.",
            0.17: "That is how far the weight moves; the question is where it ends.",
        },
        "The slope is 0.5 plus the derivative of λ w² at w = 2; the step is the rate times that.",
        tolerance=0.002,
    ),
    praise="Most of the step is L2's: the larger a weight, the harder it is pulled back.",
)

# 4. Early stopping


def early_stopping():
    def stop(losses, patience):
        best = 0
        for epoch in range(len(losses)):
            if losses[epoch] < losses[best]:
                best = epoch
            if epoch - best >= patience:
                break
        return best + 1

    return stop


_EPOCH = "Return the number of one epoch."


def _judge_stop(stop) -> str | None:
    losses = [0.9, 0.7, 0.6, 0.65, 0.64, 0.61, 0.5, 0.55]
    late, early = (whole(stop(list(losses), patience), _EPOCH) for patience in (5, 3))
    if (late, early) == (6, 2):
        return "Count epochs from 1: the first loss is that of epoch 1."
    if (late, early) == (7, 7):
        return (
            "With a patience of 3 training ends after epoch 6, three without a lower loss: "
            "the low one of epoch 7 is never seen."
        )
    if early == 6:
        return "That is the epoch at which training ends; asked for is the epoch whose weights are kept."
    if (late, early) == (3, 3):
        return "With a patience of 5 training survives the bump after epoch 3, and goes on to a lower loss."
    if (late, early) != (7, 3):
        return f"For the losses {losses} and a patience of 3 you return {early}."
    falling = whole(stop([3.0, 2.0, 1.0], 2), _EPOCH)
    return None if falling == 3 else f"If the loss only falls, the last epoch is kept; you return {falling}."


q4 = Exercise(
    hint="Go through the losses and remember the best epoch; leave once it lies `patience` epochs back.",
    solve=early_stopping,
    judge=_judge_stop,
    praise="Keras does this in EarlyStopping(patience=…, restore_best_weights=True).",
)

# 5. Dropout


def dropout_by_hand():
    def drop(h, rate, rng):
        kept = rng.random(h.shape) >= rate
        return h * kept / (1 - rate)

    return drop


def _judge_drop(drop) -> str | None:
    h = np.ones((200, 300))
    before = h.copy()
    dropped = np.asarray(drop(h, 0.25, np.random.default_rng(0)), float)
    if not np.array_equal(h, before):
        return "You changed h itself; return a new array."
    if dropped.shape != h.shape:
        return f"Return an array of h's shape, {h.shape}; yours has {dropped.shape}."
    if (dropped == 0).all(axis=0).any() or (dropped == 0).all(axis=1).any():
        return "You silence whole rows or columns: each unit is drawn for each film anew."
    silent = np.mean(dropped == 0)
    if np.isclose(silent, 0.75, atol=0.02):
        return "75 of 100 units are silent: the rate is the share that falls silent, not that stays."
    if not np.isclose(silent, 0.25, atol=0.02):
        return f"{silent:.0%} of the units are silent; at a rate of 0.25, a quarter should be."
    if np.isclose(dropped.mean(), 0.75, atol=0.02):
        return "The mean fell to 0.75: divide those that stay by 1 − rate, to make up for it."
    if not np.isclose(dropped.mean(), 1, atol=0.02):
        return f"The mean of h was 1 and is now {dropped.mean():.2f}; it should stay."
    return None


q5 = Exercise(
    hint="rng.random(h.shape) gives each unit a number from 0 to 1. Which stay? By what are they divided?",
    solve=dropout_by_hand,
    judge=_judge_drop,
    praise="When the net is used nothing is dropped and, thanks to the division, nothing need be changed.",
)

# 6. Standardise without a leak


def scale_from_training():
    def scale(x_train, x_test):
        mean, spread = x_train.mean(axis=0), x_train.std(axis=0)
        return (x_train - mean) / spread, (x_test - mean) / spread

    return scale


def _judge_scale(scale) -> str | None:
    rng = np.random.default_rng(0)
    x_train, x_test = rng.normal(5, (1, 2, 4), (80, 3)), rng.normal(9, (2, 2, 2), (40, 3))
    answer = scale(x_train.copy(), x_test.copy())
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return "Return two arrays: the training and the test cases, standardised."
    train, test = (np.asarray(part, float) for part in answer)
    if train.shape != x_train.shape or test.shape != x_test.shape:
        return "Both arrays keep their shapes."
    together = np.vstack([x_train, x_test])
    if np.allclose(train, (x_train - together.mean(0)) / together.std(0), atol=0.02):
        return "Mean and spread include the test cases: that is the leak."
    if np.allclose(test.mean(0), 0, atol=0.02):
        return "The test cases have a mean of 0: standardised by themselves, they lose their shift."
    if np.allclose(train, (x_train - x_train.mean()) / x_train.std(), atol=0.02):
        return "Each column needs its own mean and spread: axis=0."
    right = scale_from_training()(x_train, x_test)
    if np.allclose(train, right[0], atol=0.02) and np.allclose(test, right[1], atol=0.05):
        return None
    return "After it, every column of the training cases should have mean 0 and spread 1."


q6 = Exercise(
    hint="Take mean and spread of each column from x_train alone, and apply the same two numbers to both.",
    solve=scale_from_training,
    judge=_judge_scale,
    praise="In scikit-learn: StandardScaler within a pipeline, so that every fold fits its own.",
)

# 7. Duplicates


def find_duplicates():
    def copies(train, test):
        known = {film.tobytes() for film in train}
        return np.array([film.tobytes() in known for film in test])

    return copies


def _judge_copies(copies) -> str | None:
    rng = np.random.default_rng(0)
    train = rng.integers(0, 256, (30, 8, 8), dtype=np.uint8)
    test = rng.integers(0, 256, (12, 8, 8), dtype=np.uint8)
    test[3], test[7] = train[20], train[0]
    test[5] = np.clip(train[4].astype(int).T, 0, 255)  # same mean, another film
    test[9], test[10] = train[2], test[1]
    test[9, 4, 4] ^= 255  # one pixel differs
    expected = np.isin(np.arange(12), (3, 7))
    answer = np.asarray(copies(train.copy(), test.copy()))
    if answer.shape == (30,):
        return "You ask it of the training films; one True or False is wanted for each test film."
    if answer.shape != (12,) or not np.isin(answer, (0, 1)).all():
        return "Return one True or False for each of the 12 test films."
    answer = answer.astype(bool)
    if np.array_equal(answer, expected):
        return None
    if answer[10] or answer[1]:
        return "Test films 1 and 10 equal each other, but no training film; look only across the split."
    if answer[5]:
        return "Test film 5 has the mean of a training film but is another: compare all pixels."
    if answer[9]:
        return "Test film 9 differs from a training film in one pixel: all must agree."
    if answer.all():
        return "You call every film a copy: all its pixels must agree with those of one training film."
    return f"{np.sum(expected & ~answer)} of the 2 copies are missed: look anywhere in the training set."


q7 = Exercise(
    hint="film.tobytes() turns a film into something that a set can hold, and equal films into equal bytes.",
    solve=find_duplicates,
    judge=_judge_copies,
    praise="Exact copies are the easy ones: cropped or saved again, they need a distance with a threshold.",
)

# 8. Quiz

_WHY = {
    "A": "turned copies of training films belong to training patients, and the test films stay as they are.",
    "B": "the ten measures were chosen by looking at the answers of the test cases, too.",
    "C": "the winner's score on the set that chose it is partly luck; measure it on other films.",
    "D": "every fold fits its own scaler and its own tuning: that is what nesting means.",
    "E": "films of one child in both parts let the net recognise the child.",
    "F": "a low training loss shows that it could fit, and a net fits noise as well.",
    "G": "that is how a shortcut shows: by films for which it does not hold.",
}


def what_to_stop():
    return {"B", "C", "E", "F"}


q8 = Exercise(
    hint="Ask of each: did anything that is measured on take part in a choice, or in learning?",
    solve=what_to_stop,
    judge=letters("BCEF", _WHY, called="sentence", innocent="may stand"),
    praise=" ".join(f"{letter}: {why}" for letter, why in _WHY.items()),
)
