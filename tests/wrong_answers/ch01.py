"""Wrong answers that readers give in chapter 1, and a few words of what each is told."""

import numpy as np


def of_the_notebook(values, y):
    thresholds = np.arange(6, 30, 0.25)
    return thresholds[np.argmax([np.mean((values > threshold) == y) for threshold in thresholds])]


def between_the_means(values, y):
    return (values[y == 0].mean() + values[y == 1].mean()) / 2


def share_right(values, y):
    return max(np.mean((values > threshold) == y) for threshold in values)


class Lazily:
    """A network that is built when it is looked at: collecting the tests needs no Keras."""

    def __init__(self, *layers, inputs=784):
        self._layers, self._inputs = layers, inputs

    def __getattr__(self, name):
        import keras

        dense = [keras.layers.Dense(units, activation=activation) for units, activation in self._layers]
        begin = [keras.Input((self._inputs,))] if self._inputs else []
        return getattr(keras.Sequential([*begin, *dense]), name)


class Difference:
    """What an Estimate shows of itself."""

    def __init__(self, value, low, high):
        self.value, self.low, self.high = value, low, high


def by_case(patient):
    return np.random.default_rng(0).random(len(patient)) < 0.3


def by_position(patient):
    return np.arange(len(patient)) < 0.3 * len(patient)


WRONG = {
    "q1": [
        (of_the_notebook, "fit the values"),
        (between_the_means, "is a guess"),
        (share_right, "the share that is right"),
        (lambda values, y: values > 3, "one number, the threshold"),
        (15.0, "the function itself"),
    ],
    "q2": [
        (1.2448, "their mean"),
        (0.180, "base 10"),
        (0.599, "base 2"),
        (0.877, "benign"),
        (-0.415, "a minus in front"),
        (0.3, "one by one"),
        ("much", "one number"),
    ],
    "q3": [
        ((1.6, 1.9996), "plain gradient descent"),
        ((2.1, 2.1), "uphill"),
        ((1.684, 1.684), "start at zero"),
        ((0.1, 0.1), "where it ends"),
        ((1.9, 1.9999), "their ratio"),
        ((1.5, 1.5), "four equations"),
        (1.9, "two numbers"),
    ],
    "q4": [
        (616, "also has a bias"),
        (55, "count the weights between"),
        (640, "the output has a bias"),
        (3840, "added, not multiplied"),
        (600, "one by one"),
    ],
    "q5": [
        (Lazily((64, "relu"), (64, "relu"), (1, "sigmoid")), "how many units leave fewer"),
        (Lazily((24, "relu"), (24, "relu"), (1, None)), "between 0 and 1"),
        (Lazily((24, "relu"), (24, "relu"), (1, "softmax")), "always gets all"),
        (Lazily((24, None), (24, None), (1, "sigmoid")), "collapse"),
        (Lazily((24, "relu"), (1, "sigmoid")), "three Dense layers"),
        (Lazily((24, "relu"), (24, "relu"), (2, "softmax")), "One probability"),
        (Lazily((24, "relu"), (24, "relu"), (1, "sigmoid"), inputs=30), "a row of 784"),
        (Lazily((24, "relu"), (24, "relu"), (1, "sigmoid"), inputs=None), "how many inputs"),
        (18_841, "the network itself"),
    ],
    "q6": [
        (0.001, "half a result"),
        (Difference(0.998, 0.99, 1.0), "the AUROC of one network"),
        (Difference(0.0, 0.0, 0.0), "the same scores"),
        (Difference(-0.4, -0.5, -0.3), "too large"),
        ((0.0, 0.1, 0.2), "within its interval"),
        ((0.998, 0.997), "Give an Estimate"),
    ],
    "q7": [
        (lambda prevalence: 1 - prevalence, "26 times"),
        (lambda prevalence: prevalence, "14 times"),
        (lambda prevalence: 100 * max(prevalence, 1 - prevalence), "percentage"),
        (lambda prevalence: 0.5, "you return 0.5"),
        (lambda: 0.86, "stops with TypeError"),
        (0.86, "the function itself"),
    ],
    "q8": [
        (0.545, "the PPV"),
        (0.88, "the specificity"),
        (0.86, "the accuracy"),
        (0.25, "missed"),
        (75, "percentage"),
        (0.5, "which share"),
    ],
    "q9": [
        ({"A", "B", "C", "D", "F"}, "Plan B does not leak"),
        ({"C", "D", "F"}, "plan A: a mean over all cases"),
        (["a", "c", "d"], "plan F: when is the length"),
        ("ACDF E", "Plan E does not leak"),
        ({"G"}, "no plan G"),
        (4, "Give the letters"),
    ],
    "q10": [
        (by_case, "on both sides"),
        (by_position, "on both sides"),
        (lambda patient: np.zeros(len(patient), bool), "0% of the patients"),
        (lambda patient: np.flatnonzero(patient < 1060), "one True or False"),
        (lambda patient: patient < 1180, "about 30 of 100"),
    ],
}
