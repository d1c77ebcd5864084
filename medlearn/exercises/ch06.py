"""The exercises of notebook 06. Those of models need Keras, the others NumPy only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from medlearn.data import images
from medlearn.exercises.exercise import Exercise, letters, number, whole

if TYPE_CHECKING:
    import keras

# 1. Read five projects

_PROJECTS = {
    "A": "a wide gap, and a validation AUROC that still rises: more patients will help.",
    "B": "the two have met, too low: more patients of this kind will not help.",
    "C": "near perfect from the first patients on, without a gap: look for a leak first.",
    "D": "the gap is still wide, and with four times the patients the validation AUROC rose.",
    "E": "one half, and four times the patients did not move it: it only learns its patients by heart.",
}


def who_needs_patients():
    return {"A", "D"}


q1 = Exercise(
    hint=(
        "Look at two things: how wide is the gap, and does the validation AUROC rise from 100 to 400?",
        "More patients help where the gap is wide and the validation AUROC still rises.",
    ),
    solve=who_needs_patients,
    judge=letters("AD", _PROJECTS, called="project", innocent="has another need"),
    praise=" ".join(f"{letter}: {why}" for letter, why in _PROJECTS.items()),
)

# 2. One step with L2


def step_with_l2():
    w, slope, rate, strength = 2.0, 0.5, 0.1, 0.3
    return w - rate * (slope + 2 * strength * w)


q2 = Exercise(
    hint=(
        "The slope of the loss is that of the cross-entropy plus that of λ w².",
        "The derivative of λ w² is 2 λ w. Add it to 0.5; the step is the learning rate times the sum.",
    ),
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
    ),
    praise="Most of the step is L2's: the larger a weight, the harder it is pulled back.",
)

# 3. Early stopping


def early_stopping():
    def stop_early(losses, patience):
        best = 0
        for epoch in range(len(losses)):
            if losses[epoch] < losses[best]:
                best = epoch
            if epoch - best >= patience:
                break
        return best + 1

    return stop_early


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


q3 = Exercise(
    hint=(
        "Go through the losses one by one, and remember the best epoch so far.",
        "Leave the loop once the best epoch lies `patience` epochs back; return the best, counted from 1.",
    ),
    solve=early_stopping,
    judge=_judge_stop,
    praise="Keras does this in EarlyStopping(patience=…, restore_best_weights=True).",
)

# 4. Mend a model


def mend_the_model():
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((14, 14, 1)),
            layers.Flatten(),
            layers.Dense(64, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01)),
            layers.Dropout(0.5),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=8, restore_best_weights=True)
    return model, stop


def _judge_mended(answer) -> str | None:
    if not isinstance(answer, (tuple, list)) or len(answer) != 2 or not hasattr(answer[0], "layers"):
        return "Hand in the pair (model, stop): the model and the callback."
    model, stop = answer
    return _fault_of_model(model) or _fault_of_stop(stop)


def _fault_of_model(model: keras.Model) -> str | None:
    kinds = [type(layer).__name__ for layer in model.layers]
    dense = [layer for layer in model.layers if type(layer).__name__ == "Dense"]
    if len(dense) < 2:
        return "Keep the two Dense layers; neither of them is a fault."
    if any(layer.bias_regularizer for layer in dense):
        return "L2 on the bias acts on one number a unit; the weights are in the kernel."
    if not dense[0].kernel_regularizer:
        return "The hidden layer has no L2 on its weights: kernel_regularizer=…"
    if "Dropout" not in kinds:
        return "Dropout is gone: it belongs behind the hidden layer."
    if kinds[-1] == "Dropout":
        return (
            "Dropout is the last layer: in training it sets half of the probabilities themselves to 0. "
            "Put it behind the hidden layer."
        )
    if kinds.index("Dropout") < kinds.index("Dense"):
        return "Dropout stands before the hidden layer and drops pixels; put it behind that layer."
    return None


def _fault_of_stop(stop: keras.callbacks.EarlyStopping) -> str | None:
    if type(stop).__name__ != "EarlyStopping":
        return "The second of the pair is the callback EarlyStopping."
    if not stop.monitor.startswith("val_"):
        return (
            f"The callback watches {stop.monitor!r}, that of the training cases, which goes on falling while "
            "the model overfits. Watch the validation cases."
        )
    if stop.patience < 2:
        return (
            f"With a patience of {stop.patience} the first chance bump of the validation loss ends the "
            "training: wait for some epochs."
        )
    if not stop.restore_best_weights:
        return (
            "Training ends some epochs behind the best one, and keeps the last weights: set "
            "restore_best_weights=True."
        )
    return None


q4 = Exercise(
    builds=True,
    hint=(
        "Two faults are in the model: what does L2 act on, and what does dropout drop? Three are in the "
        "callback.",
        "kernel_regularizer; Dropout before the last Dense; val_loss, a patience of some epochs, and the "
        "best weights restored.",
    ),
    solve=mend_the_model,
    judge=_judge_mended,
    praise="None of the five gives an error message: only the curves would have told you.",
)

# 5. Your remedy

PLAIN, ASKED = 1.27, 0.66  # cross-entropy on X-rays not seen: without remedies after 40 epochs, and asked for


def your_films() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """150 X-rays to train on with their labels, and 150 to validate on with theirs: (n, 14, 14, 1)."""
    x, y = _halved(300, seed=5)
    return x[:150], y[:150], x[150:], y[150:]


def _halved(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Drawn X-rays at half resolution, and their labels."""
    y = np.random.default_rng(seed).integers(0, 2, count)
    x = images.draw_films(y, seed=seed)[0].reshape(count, 14, 2, 14, 2, 1).mean((2, 4))
    return x.astype("float32"), y


def choose_a_remedy():
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    x_train, y_train, x_validation, y_validation = your_films()
    model = keras.Sequential(
        [
            keras.Input((14, 14, 1)),
            layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False),
            layers.Flatten(),
            layers.Dense(64, activation="relu", kernel_regularizer=keras.regularizers.L2(0.03)),
            layers.Dropout(0.5),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.002), "binary_crossentropy", jit_compile=False)
    stop = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
    validation = x_validation, y_validation
    model.fit(x_train, y_train, validation_data=validation, epochs=60, verbose=0, callbacks=[stop])
    return model


def _judge_remedy(model) -> str | None:
    if not callable(getattr(model, "predict", None)) or not hasattr(model, "layers"):
        return "Hand in the trained Keras model."
    x, y = _halved(1000, seed=6)
    p = np.asarray(model.predict(x, verbose=0), float)
    if p.shape != (1000, 1):
        return f"The model should give one probability for each X-ray; it gives an array of shape {p.shape}."
    if not ((p >= 0) & (p <= 1)).all():
        return "The model gives numbers outside 0 to 1: its last layer needs a sigmoid."
    p = np.clip(p[:, 0], 1e-7, 1 - 1e-7)
    rank, sick = p.argsort().argsort(), int(y.sum())
    auroc = (rank[y == 1].sum() - sick * (sick - 1) / 2) / (sick * (len(y) - sick))
    loss = float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    found = f"On 1,000 X-rays that you do not see: cross-entropy {loss:.2f}, AUROC {auroc:.2f}."
    if auroc <= 0.6:
        return f"{found} It hardly ranks better than a coin: was it trained, and for long enough?"
    if loss > ASKED:
        return (
            f"{found} The network without remedies has {PLAIN} after 40 epochs; at most {ASKED} is asked "
            "for. It ranks, but it is too sure: stop earlier, or regularise more."
        )
    return None


q5 = Exercise(
    builds=True,
    hint=(
        "Choose by the validation X-rays: try one remedy after the other, and keep what lowers their loss.",
        "Early stopping with restore_best_weights, and L2 or dropout besides; a smaller learning rate lets "
        "early stopping choose more finely.",
    ),
    solve=choose_a_remedy,
    judge=_judge_remedy,
    praise="You chose by the validation X-rays, and it held on a thousand others.",
)

# 6. Twenty useless remedies


def one_of_twenty():
    return 1 - 0.95**20


q6 = Exercise(
    hint=(
        "What is the chance that one useless remedy does not seem to help?",
        "And that none of the twenty does? Multiply; then take that from 1.",
    ),
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

# 7. The .632


def six_three_two():
    apparent, out_of_bag = 0.05, 0.30
    return 0.368 * apparent + 0.632 * out_of_bag


q7 = Exercise(
    hint=(
        "It is a mean of the two errors, but they do not weigh the same.",
        "The error on the cases left out weighs 0.632, the apparent error the rest.",
    ),
    solve=six_three_two,
    judge=number(
        0.208,
        {
            0.1420: "The weights are the wrong way round: the error on the cases left out weighs 0.632.",
            0.175: "That is the plain mean; the two do not weigh the same.",
            20.8: "Give a share between 0 and 1, not a percentage.",
            0.30: "That is the error on the cases left out, which is too pessimistic.",
            0.05: "That is the apparent error, on the cases that the model was fitted to.",
            0.1896: "That is only the second part; add 0.368 times the apparent error.",
        },
        "0.368 times the apparent error plus 0.632 times the error on the cases left out.",
    ),
    praise="Between the two, and nearer to the honest one.",
)

# 8. Standardise without a leak


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
        return "Mean and standard deviation include the test cases: that is the leak."
    if np.allclose(test.mean(0), 0, atol=0.02):
        return "The test cases have a mean of 0: standardised by themselves, they lose their shift."
    if np.allclose(train, (x_train - x_train.mean()) / x_train.std(), atol=0.02):
        return "Each column needs its own mean and standard deviation: axis=0."
    right = scale_from_training()(x_train, x_test)
    if np.allclose(train, right[0], rtol=0.02) and np.allclose(test, right[1], rtol=0.02):
        return None  # with n or with n − 1 in the standard deviation, as pandas has it
    return "After it, every column of the training cases should have mean 0 and sd 1."


q8 = Exercise(
    hint=(
        "Which cases may the mean and the standard deviation be computed from?",
        "From x_train alone, axis=0; then apply the same two numbers of each column to both arrays.",
    ),
    solve=scale_from_training,
    judge=_judge_scale,
    praise="In scikit-learn: StandardScaler within a pipeline, so that every fold fits its own.",
)

# 9. Duplicates


def find_duplicates():
    def copies(train, test):
        known = {image.tobytes() for image in train}
        return np.array([image.tobytes() in known for image in test])

    return copies


def _judge_copies(copies) -> str | None:
    rng = np.random.default_rng(0)
    train = rng.integers(0, 256, (30, 8, 8), dtype=np.uint8)
    test = rng.integers(0, 256, (12, 8, 8), dtype=np.uint8)
    test[3], test[7] = train[20], train[0]
    test[5] = np.clip(train[4].astype(int).T, 0, 255)  # same mean, another X-ray
    test[9], test[10] = train[2], test[1]
    test[9, 4, 4] ^= 255  # one pixel differs
    expected = np.isin(np.arange(12), (3, 7))
    answer = np.asarray(copies(train.copy(), test.copy()))
    if answer.shape == (30,):
        return "You ask it of the training X-rays; one True or False is wanted for each test X-ray."
    if answer.shape != (12,) or not np.isin(answer, (0, 1)).all():
        return "Return one True or False for each of the 12 test X-rays."
    answer = answer.astype(bool)
    if np.array_equal(answer, expected):
        return None
    if answer[10] or answer[1]:
        return "Test X-rays 1 and 10 equal each other, but no training X-ray; look only across the split."
    if answer[5]:
        return "Test X-ray 5 has the mean of a training X-ray but is another: compare all pixels."
    if answer[9]:
        return "Test X-ray 9 differs from a training X-ray in one pixel: all must agree."
    if answer.all():
        return "You call every X-ray a copy: all its pixels must agree with those of one training X-ray."
    return f"{np.sum(expected & ~answer)} of the 2 copies are missed: look anywhere in the training set."


q9 = Exercise(
    hint=(
        "Comparing every X-ray with every other works; a set of all training X-rays is quicker.",
        "image.tobytes() turns an X-ray into something that a set can hold, equal ones into equal bytes.",
    ),
    solve=find_duplicates,
    judge=_judge_copies,
    praise="Exact copies are the easy ones: cropped or saved again, they need a distance with a threshold.",
)

# 10. Quiz

_WHY = {
    "A": "turned copies of training X-rays belong to training patients; the test X-rays stay as they are.",
    "B": "the ten features were chosen by looking at the labels of the test cases, too.",
    "C": "the winner's score on the set that chose it is partly luck; measure it on other X-rays.",
    "D": "every fold fits its own scaler and its own tuning: that is what nesting means.",
    "E": "X-rays of one child in both parts let the model recognise the child.",
    "F": "a low training loss shows that it could fit, and a network fits noise as well.",
    "G": "that is how a shortcut shows: by X-rays for which it does not hold.",
}


def what_to_stop():
    return {"B", "C", "E", "F"}


q10 = Exercise(
    hint=(
        "Ask of each: did a case that is measured on take part in a choice, or in learning?",
        "Four are to be stopped; one of them is no leak but a wrong conclusion.",
    ),
    solve=what_to_stop,
    judge=letters("BCEF", _WHY, called="sentence", innocent="may stand"),
    praise=" ".join(f"{letter}: {why}" for letter, why in _WHY.items()),
)
