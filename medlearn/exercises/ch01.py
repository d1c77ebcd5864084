"""The exercises of notebook 01. NumPy answers most; two build or train, and import Keras inside."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number

# 1. Learning a threshold


def learn_a_threshold():
    def best_threshold(values, y):
        candidates = [values.min() - 1, *np.unique(values)]
        right = [np.mean((values > candidate) == y) for candidate in candidates]
        return candidates[np.argmax(right)]

    return best_threshold


def _measures():
    """Three measures with their labels: of other sizes, and with other spreads, than the notebook's."""
    rng = np.random.default_rng(0)
    for low, high, spread in ((0.02, 0.06, 0.03), (600, 1100, 200), (-3, 1, 2)):
        y = rng.integers(0, 2, 200)
        yield rng.normal(low + y * (high - low), spread * (0.5 + y)), y


def _judge_threshold(best_threshold) -> str | None:
    for values, y in _measures():
        answer = best_threshold(values.copy(), y.copy())
        threshold = float(grid(answer, (), "Return one number, the threshold."))
        best = max(np.mean((values > candidate) == y) for candidate in (values.min() - 1, *values))
        right = np.mean((values > threshold) == y)
        if np.isclose(right, best):
            continue
        if np.isclose(threshold, best):
            return "That is the share that is right; asked is the threshold that reaches it."
        means = [values[y == label].mean() for label in (0, 1)]
        if np.isclose(threshold, np.mean(means)) or np.isclose(threshold, values.mean()):
            return (
                "A threshold between the means is a guess: where one class is more spread out, "
                "another threshold is right more often. Try many, and count."
            )
        return (
            f"On a measure that runs from {values.min():.3g} to {values.max():.3g} yours is {threshold:.3g} "
            f"and right for {right:.0%} of the cases, where {best:.0%} can be reached. Do the thresholds "
            "that you try fit the values?"
        )
    return None


q1 = Exercise(
    hint=(
        "Thresholds between the same two values make the same decisions: so there are only as many "
        "to try as there are values.",
        "For each candidate among np.unique(values), compute np.mean((values > candidate) == y); np.argmax "
        "says which is largest.",
    ),
    solve=learn_a_threshold,
    judge=_judge_threshold,
    praise="You have written a training algorithm: it searches for the number that makes the fewest errors.",
)

# 2. The cross-entropy of three predictions


def cross_entropy_by_hand():
    y = np.array([1, 0, 1])
    p = np.array([0.9, 0.2, 0.4])
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


q2 = Exercise(
    hint=(
        "Each biopsy costs −log of the probability that the model gave to what it really is.",
        "For the benign one that probability is 1 − 0.2. Take the mean of the three costs.",
    ),
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

# 3. The first step of Adam, after a steep and after a flat derivative


def first_steps_of_adam():
    g = np.array([4.0, 0.004])
    w, rate, t = 2.0, 0.1, 1
    m, v = 0.1 * g, 0.001 * g**2
    size = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - size * m / (np.sqrt(v) + 1e-7)


_STEPS = {
    (1.6, 1.9996): "Those are the steps of plain gradient descent, rate times derivative; "
    "Adam divides by the square root of v.",
    (2.1, 2.1): "Those steps go uphill: the new weight is w minus the step.",
    (1.684, 1.684): "m and v start at zero and are too small at first: the factor that corrects this, "
    "√(1 − β₂ᵗ) / (1 − β₁ᵗ), is missing.",
    (0.1, 0.1): "That is how far the weight moves; the question is where it ends.",
    (1.9, 1.9999): "The first is right. For the second, put 0.004 into both m and √v: what is their ratio?",
    (1.99, 1.99): "How much of the new derivative enters m, and how much of its square enters v?",
}


def _judge_steps(answer) -> str | None:
    given = grid(answer, (2,), "Give two numbers: the weight after 4.0, and the weight after 0.004.")
    if np.allclose(given, 1.9, atol=0.005):
        return None
    for steps, told in _STEPS.items():
        if np.allclose(given, steps, atol=0.005):
            return told
    return "Go through the four equations in order, with t = 1 and with m and v at 0 before the step."


q3 = Exercise(
    hint=(
        "With m and v starting at 0, m becomes 0.1 g and v becomes 0.001 g².",
        "For t = 1 the factor α̂ is 0.1 √0.001 / 0.1. Put 0.1 g and √(0.001 g²) into the last equation: "
        "what becomes of g?",
    ),
    solve=first_steps_of_adam,
    judge=_judge_steps,
    praise="Both steps are the learning rate, 0.1, although one derivative is a thousand times the other: "
    "at first Adam asks only for its sign.",
)

# 4. The parameters of a network


def count_parameters():
    sizes = [30, 16, 8, 1]
    return sum(before * after + after for before, after in pairwise(sizes))


q4 = Exercise(
    hint=(
        "A layer has one weight for each pair of an input and a unit, and one bias for each unit.",
        "The first layer has 30 × 16 weights and 16 biases.",
    ),
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

# 5. A small network for X-rays, built


def small_network():
    import keras

    return keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(24, activation="relu"),
            keras.layers.Dense(24, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def _bends(layer) -> str:
    """The name of the activation of a layer: of its own, or of the layer that it is."""
    function = getattr(layer, "activation", None)
    return getattr(function, "__name__", "") or type(layer).__name__.lower()


def _judge_network(model) -> str | None:
    if not all(hasattr(model, name) for name in ("layers", "count_params", "built")):
        return "Give the network itself: keras.Sequential([...])."
    if not model.built:
        return "Keras does not know how many inputs there are: begin with keras.Input((784,))."
    if tuple(model.input_shape) != (None, 784):
        return f"Your network takes inputs of the shape {model.input_shape[1:]}; an X-ray is a row of 784."
    if tuple(model.output_shape) != (None, 1):
        return f"One probability is asked for each X-ray; yours returns {model.output_shape[1:]}."
    dense = [layer for layer in model.layers if hasattr(layer, "units")]
    if len(dense) < 3:
        return f"Two hidden layers and an output are three Dense layers; yours has {len(dense)}."
    if (weights := model.count_params()) >= 20_000:
        return (
            f"Yours has {weights:,} numbers to learn. Most are in the first layer, 784 for each of its "
            f"{dense[0].units} units and their biases: how many units leave fewer than 20,000?"
        )
    *hidden, last = [_bends(layer) for layer in model.layers if _bends(layer) != "linear"] or [""]
    if last == "softmax":
        return (
            "Softmax shares out 1 among the outputs; a single output always gets all of it. Which is for one?"
        )
    if last != "sigmoid" or _bends(model.layers[-1]) != "sigmoid":
        return (
            "The output is to be a probability: which activation turns any number into one between 0 and 1?"
        )
    if len([name for name in hidden if name != "dense"]) < 2:
        return "Without an activation in each hidden layer, the weighted sums collapse into a single one."
    return None


q5 = Exercise(
    hint=(
        "Begin with the count: a first layer of k units has 785 k numbers, and all together must stay below "
        "20,000.",
        "keras.Sequential([keras.Input((784,)), ...]) with three Dense layers: two with activation='relu', "
        "and the last with one unit and the activation that gives a probability.",
    ),
    solve=small_network,
    judge=_judge_network,
    praise="Nearly all of its numbers are in the first layer: that is the price of a weight for every pixel.",
    builds=True,
)

# 6. Another width, trained and compared


def another_width():
    """The whole of it with scikit-learn and Keras alone; the notebook's functions make it four lines."""
    import keras
    from sklearn.datasets import load_breast_cancer
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    x, y = load_breast_cancer(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, 1 - y, test_size=0.3, random_state=0, stratify=y)
    scaler = StandardScaler().fit(x_train)

    def scores(width):
        keras.utils.set_random_seed(0)
        hidden = [keras.layers.Dense(width, activation="relu") for _ in range(3)]
        model = keras.Sequential([keras.Input((30,)), *hidden, keras.layers.Dense(1, activation="sigmoid")])
        model.compile("adam", "binary_crossentropy")
        model.fit(scaler.transform(x_train), y_train, epochs=10, verbose=0)
        return model.predict(scaler.transform(x_test), verbose=0)[:, 0]

    narrow, wide = scores(8), scores(64)
    rng, gains = np.random.default_rng(0), []
    for _ in range(500):  # the same patients for both networks: that is what makes it a paired difference
        drawn = rng.integers(0, len(y_test), len(y_test))
        gains.append(roc_auc_score(y_test[drawn], narrow[drawn]) - roc_auc_score(y_test[drawn], wide[drawn]))
    low, high = np.quantile(gains, [0.025, 0.975])
    return roc_auc_score(y_test, narrow) - roc_auc_score(y_test, wide), low, high


def _judge_difference(answer) -> str | None:
    ends = [getattr(answer, name, None) for name in ("value", "low", "high")]
    if None in ends and np.size(answer) == 1:
        return (
            "One number is half a result: other patients would have given another. Give what "
            "evaluation.auroc_difference returns, the difference with its interval."
        )
    says = "Give an Estimate, as evaluation.auroc_difference returns it: a value with its interval."
    value, low, high = grid(answer if None in ends else ends, (3,), says)
    if not low <= value <= high:
        return "A difference lies within its interval: value, low, high."
    if low > 0.5:
        return "That is the AUROC of one network; asked is the difference between the two."
    if low == value == high:
        return "Both networks have the same scores: is the other one really another width, and trained?"
    if abs(value) > 0.1:
        return (
            f"A difference of {value:+.2f} is too large for these biopsies: were both networks trained, "
            "and on standardised measures?"
        )
    return None


q6 = Exercise(
    hint=(
        "Build with deep_net(30, 'sigmoid', width=8), compile and train it as the notebook does, and let it "
        "predict x_test.",
        "evaluation.auroc_difference(y_test, other_score, deep_score) gives it with its interval.",
    ),
    solve=another_width,
    judge=_judge_difference,
    praise="Now read it as the text does: does the interval hold 0, and how large a difference can it not "
    "rule out?",
    builds=True,
)

# 7. The laziest program


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
            "With 14 of 100 sick, calling everyone sick is right 14 times in 100; "
            "the program picks the class that is more common."
        )
    if np.isclose(rare, 0.86) and np.isclose(common, 0.26):
        return (
            "With 74 of 100 sick, calling everyone healthy is right only 26 times in 100; "
            "the program picks the class that is more common."
        )
    if not (np.isclose(rare, 0.86) and np.isclose(common, 0.74)):
        return f"For a prevalence of 0.14 you return {rare:.3g}: how many of 100 decisions are right there?"
    return None


q7 = Exercise(
    hint=(
        "Try two wards in your head, 14 of 100 patients sick and 74 of 100: what does it say in each?",
        "It picks the more common class, so its accuracy is the larger of two shares: max(…, …).",
    ),
    solve=majority,
    judge=_judge_majority,
    praise="An accuracy says something only beside this number.",
)

# 8. Sensitivity from a table


def sensitivity_from_table():
    found, missed = 36, 12
    return found / (found + missed)


q8 = Exercise(
    hint=(
        "Sensitivity looks only at those who have cancer: one column of the table.",
        "Divide those called malignant by all in that column, 36 + 12.",
    ),
    solve=sensitivity_from_table,
    judge=number(
        0.75,
        {
            36 / 66: "That is the PPV: of those called malignant, the share that is. "
            "Sensitivity starts from those who have cancer.",
            222 / 252: "That is the specificity, of women without cancer; sensitivity is of those with it.",
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

# 9. Where is the leak?

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


q9 = Exercise(
    hint=(
        "Ask of each plan: does anything reach the model that is known only from the test cases, or only "
        "after the moment of prediction?",
        "Four plans leak: two look at all cases before the split, one splits within patients, and one uses "
        "what is known only later.",
    ),
    solve=find_the_leaks,
    judge=letters("ACDF", _WHY, called="plan", innocent="does not leak"),
    praise="Each of the four has been published more than once.",
)

# 10. Split by patient


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


q10 = Exercise(
    hint=(
        "Choose among patients, not among cases.",
        "np.unique gives each patient once, rng.choice draws some of them, np.isin finds their cases.",
    ),
    solve=split_whole_patients,
    judge=_judge_split,
    praise="No patient is on both sides. In this course medlearn.data.splitting.split_by_patient does this.",
)
