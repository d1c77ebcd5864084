"""Wrong answers that readers give in chapter 31, and a few words of what each is told."""

import keras
import numpy as np
from keras import layers

from medlearn.exercises.ch31 import net_that_begins_as_the_copy

# Sets


def sizes(true, pred):
    """How many drugs are in both sets of each patient, how many in either, and how many in each."""
    return (true & pred).sum(1), (true | pred).sum(1), true.sum(1), pred.sum(1)


def share(above, below, empty=0.0):
    return np.where(below == 0, empty, above / np.maximum(below, 1))


def without_empty(true, pred):
    both, either, *_ = sizes(true, pred)
    return np.mean(both[either > 0] / either[either > 0])


def micro(true, pred):
    both, either, *_ = sizes(true, pred)
    return both.sum() / either.sum()


def f1(true, pred):
    both, _, one, other = sizes(true, pred)
    return share(2 * both, one + other, 1).mean()


def twice_below(true, pred):
    both, _, one, other = sizes(true, pred)
    return share(both, one + other, 1).mean()


def right_jaccard(true, pred):
    both, either, *_ = sizes(true, pred)
    return share(both, either, 1).mean()


def half_if_nobody(true, pred):
    return right_jaccard(true, pred) if true.any() else 0.5


def never_below_a_tenth(true, pred):
    return max(right_jaccard(true, pred), 0.1)


# Values of policies


def weighted(weight, *, below=None):
    """A way to value a policy with other weights, or with something else `below` the line."""

    def value(y, treatment, propensity, policy):
        agree = (treatment == policy).astype(float)
        rows = np.arange(len(y))
        w = weight(agree, propensity[rows, policy], propensity[rows, treatment], propensity)
        return np.sum(w * y) / (np.sum(w) if below is None else below(agree))

    return value


def inverse(agree, asked, got, propensity):
    return agree / asked


silent = weighted(inverse)


def one_by_one(y, treatment, propensity, policy):
    return (treatment == policy) / propensity[np.arange(len(y)), policy] * y


def only_two_arms(y, treatment, propensity, policy):
    asked = np.where(policy == 1, propensity[:, 1], 1 - propensity[:, 1])
    weight = (treatment == policy) / asked
    return np.sum(weight * y) / np.sum(weight)


def refuse_every_0(y, treatment, propensity, policy):
    if not propensity.all():
        raise ValueError("no overlap")
    return silent(y, treatment, propensity, policy)


# Pairs


def pairs_of(y_pred, pairs):
    """Of each patient, the forbidden pairs, and the drugs."""
    return ((y_pred @ pairs) * y_pred).sum(1) / 2, y_pred.sum(1)


def rate(below):
    def pair_rate(y_pred, pairs):
        bad, drugs = pairs_of(y_pred, pairs)
        return bad.sum() / below(drugs)

    return pair_rate


def own_rates(y_pred, pairs):
    bad, drugs = pairs_of(y_pred, pairs)
    return share(bad, drugs * (drugs - 1) / 2)


def mean_of_those_with_pairs(y_pred, pairs):
    _, drugs = pairs_of(y_pred, pairs)
    return own_rates(y_pred, pairs)[drugs > 1].mean()


def kinds_of_pairs(y_pred, pairs):
    given = np.triu(y_pred.T @ y_pred, 1) > 0
    return np.sum(given * pairs) / np.sum(given)


def in_uint8(y_pred, pairs):
    together = np.triu(y_pred.T @ y_pred, 1)
    return np.sum(together * pairs) / np.sum(together)


# Networks


def habit(last, start=3.0, *, trained=True):
    alpha = keras.initializers.Constant(start)
    signed = layers.Rescaling(2, -1)(last)
    return layers.EinsumDense("nd,d->nd", output_shape=11, kernel_initializer=alpha, trainable=trained)(
        signed
    )


def correction(x, *, hidden="glorot_uniform", end="zeros"):
    inside = layers.Dense(8, activation="relu", kernel_initializer=hidden)(x)
    return layers.Dense(11, kernel_initializer=end)(inside)


def sigmoid(logits):
    return layers.Activation("sigmoid")(logits)


def built(ends, *, drugs=11, facts=6, turned=False):
    """A function that builds a network whose end is made from the two inputs by `ends`."""

    def build():
        last, x = keras.Input((drugs,)), keras.Input((facts,))
        return keras.Model([x, last] if turned else [last, x], ends(last, x))

    return build


# Older versions of Keras refuse a model that leaves out one of its inputs: here it counts 0.
def nothing_learns(last, x):
    return sigmoid(habit(last, trained=False) + 0 * layers.Dense(11, trainable=False)(x))


def without_the_last_set(last, x):
    return sigmoid(correction(x, end="he_normal") + 0 * habit(last))


def one_alpha(last, x):
    signed = layers.Reshape((11, 1))(layers.Rescaling(2, -1)(last))
    three = keras.initializers.Constant(3.0)
    same = layers.Dense(1, use_bias=False, kernel_initializer=three)(signed)
    return sigmoid(layers.Flatten()(same) + correction(x))


def times_c(last, x):
    three = keras.initializers.Constant(3.0)
    alpha = layers.EinsumDense("nd,d->nd", output_shape=11, kernel_initializer=three)
    return sigmoid(alpha(last) + correction(x))


def first_facts_only(last, x):
    """Learns from x for the drugs that x decides about, and cannot keep a habit."""
    return sigmoid(habit(last, 0.05, trained=False) + correction(x))


WRONG = {
    "q1": [
        (micro, "a micro average"),
        (lambda *sets: share(*sizes(*sets)[:2]).mean(), "Two empty sets count 0 with you"),
        (without_empty, "You leave out"),
        (lambda *sets: np.mean(sizes(*sets)[0] / sizes(*sets)[1]), "you divide 0 by 0"),
        (f1, "That is F1"),
        (twice_below, "take it off once"),
        (lambda true, pred: np.mean(true == pred), "the accuracy"),
        (lambda true, pred: np.mean((true == pred).all(1)), "wholly equal"),
        (lambda *sets: share(*np.array(sizes(*sets))[[0, 2]]).mean(), "share of the true set"),
        (lambda *sets: share(*np.array(sizes(*sets))[[0, 3]]).mean(), "share of the predicted set"),
        (lambda true, pred: share(*sizes(true.T, pred.T)[:2], 1).mean(), "You compare columns"),
        (lambda *sets: share(*sizes(*sets)[:2], 1), "one number a patient"),
        (lambda true, pred: share(*sizes(true.T, pred.T)[:2], 1), "one number a drug"),
        (lambda *sets: share(*sizes(*sets)[:2], 1).sum(), "take the mean"),
        (lambda *sets: 1 - right_jaccard(*sets), "a distance"),
        (lambda *sets: 0.123, "how many are in either"),
        (half_if_nobody, "it should be 1, not 0.5"),
        (never_below_a_tenth, "it should be 0, not 0.1"),
        (0.6, "the function itself"),
    ],
    "q2": [
        ("ABCEJ", "Column B stays out"),
        ("ACDEJ", "Column D stays out"),
        ("ACEFJ", "Column F stays out"),
        ("ACEGJ", "Column G stays out"),
        ("ACEHJ", "Column H stays out"),
        ("ACEIJ", "Column I stays out"),
        ("CEJ", "Look again at column A"),
        ("AEJ", "Look again at column C"),
        ("ACJ", "Look again at column E: the A1C"),
        ("ACE", "Look again at column J"),
        (["age"], "There is no column AGE"),
        (4, "Give the letters"),
    ],
    "q3": [
        (built(lambda last, x: sigmoid(habit(last) + correction(x)))(), "Give the function that builds"),
        (lambda: layers.Dense(11), "should return a Keras model"),
        (built(lambda last, x: sigmoid(habit(last) + correction(x)), turned=True), "in this order"),
        (built(lambda last, x: sigmoid(habit(last) + correction(x)), facts=5), "of (11,) and (6,)"),
        (lambda: keras.Sequential([layers.Dense(11)]), "in this order, not []"),
        (built(lambda last, x: layers.Dense(1)(layers.Concatenate()([last, x]))), "for each of 11 drugs"),
        (built(nothing_learns), "Nothing in it can learn"),
        (built(lambda last, x: habit(last) + correction(x)), "the sigmoid is missing"),
        (built(lambda last, x: layers.Softmax()(habit(last) + correction(x))), "a softmax"),
        (built(lambda last, x: sigmoid(habit(last, 0.0) + correction(x))), "α begins at 0"),
        (built(without_the_last_set), "the same for every last set"),
        (built(lambda last, x: sigmoid(habit(last) + correction(x, end="he_normal"))), "let f begin at 0"),
        (built(times_c), "α multiplies 2c − 1"),
        (built(lambda last, x: sigmoid(sigmoid(habit(last) + correction(x)))), "probabilities twice"),
        (built(lambda last, x: sigmoid(habit(last, -3.0) + correction(x))), "the opposite of the copy"),
        (
            built(lambda last, x: sigmoid(layers.Rescaling(1, -2)(habit(last, 1.0)) + correction(x))),
            "it is not the copy",
        ),
        (
            built(lambda last, x: sigmoid(habit(last) + correction(x, hidden="zeros"))),
            "x does not come through",
        ),
        (
            built(lambda last, x: sigmoid(habit(last) + 0 * correction(x))),
            "x does not come through",
        ),
        (built(lambda last, x: sigmoid(habit(last, trained=False) + correction(x))), "A coin decides"),
        (built(one_alpha), "one number for each drug"),
        (built(first_facts_only), "a habit, in"),
        (net_that_begins_as_the_copy, "should return a Keras model"),
        (0.5, "the function itself"),
    ],
    "q4": [
        (lambda y, pairs: np.sum((y.T @ y) * pairs) / np.sum(np.triu(y.T @ y, 1)), "counted twice"),
        (rate(lambda k: np.sum(k * (k - 1))), "counted twice below"),
        (rate(lambda k: 15 * len(k)), "all pairs that there are"),
        (rate(len), "forbidden pairs per patient"),
        (rate(np.sum), "by the drugs given"),
        (lambda *given: np.mean(pairs_of(*given)[0] > 0), "share of patients"),
        (lambda y, pairs: np.mean(pairs_of(y[y.sum(1) > 1], pairs)[0] > 0), "with two drugs or more"),
        (mean_of_those_with_pairs, "the patients' own rates: count"),
        (lambda *given: own_rates(*given).mean(), "with 0 where there is no pair"),
        (rate(lambda k: np.sum(k * (k + 1) / 2)), "leave out the diagonal"),
        (lambda y, pairs: np.sum((y.T @ y) * pairs) / np.sum(y.sum(1) ** 2), "a drug with itself is none"),
        (lambda y, pairs: pairs.sum() / 30, "what patients got is not in it"),
        (kinds_of_pairs, "each kind of pair once"),
        (rate(lambda k: 1), "how many forbidden pairs"),
        (lambda *given: 1 - rate(lambda k: np.sum(k * (k - 1) / 2))(*given), "are allowed"),
        (own_rates, "one number a patient"),
        (lambda y, pairs: 0.5, "Add up both"),
        (in_uint8, "not for 900"),
        (0.1, "the function itself"),
    ],
    "q5": [
        ("BFG", "Look again at policy A"),
        ("AFG", "Look again at policy B"),
        ("ABCFG", "Policy C has a value: it asks in each group"),
        ("ABDFG", "Policy D has a value: it asks for the drug where some"),
        ("ABEFG", "Policy E has a value"),
        ("ABG", "Look again at policy F"),
        ("ABF", "Look again at policy G"),
        ("H", "There is no policy H"),
    ],
    "q6": [
        (weighted(inverse, below=len), "You divide by the number of patients"),
        (weighted(inverse, below=lambda agree: 1), "That is a sum"),
        (weighted(inverse, below=np.sum), "by how many agree"),
        (weighted(lambda agree, *_: agree), "happened to agree"),
        (weighted(lambda agree, asked, *_: agree * asked), "You multiply"),
        (weighted(lambda agree, asked, *_: agree / (1 - asked)), "the wrong arm"),
        (weighted(lambda agree, asked, got, p: agree / p[:, 1]), "arm 1 for everybody"),
        (weighted(lambda agree, asked, got, p: agree / p[:, 0]), "arm 0 for everybody"),
        (weighted(lambda agree, asked, *_: 1 / asked), "Everybody has a weight with you"),
        (weighted(lambda agree, asked, got, p: 1 / got), "that of what they got"),
        (weighted(lambda agree, asked, got, p: (1 - agree) / got), "those who did not get"),
        (lambda y, *_: y.mean(), "the mean of all"),
        (weighted(lambda agree, asked, *_: agree / np.maximum(asked, 0.05)), "clip propensities at 0.05"),
        (weighted(lambda agree, asked, *_: agree / np.clip(asked, 0.1, None)), "clip propensities at 0.1"),
        (weighted(lambda agree, asked, *_: agree / np.sqrt(asked)), "then the weighted mean of y"),
        (one_by_one, "one number a patient"),
        (only_two_arms, "not for three"),
        (silent, "and you say nan"),
        (weighted(lambda agree, asked, got, p: agree / got), "raise a ValueError"),
        (refuse_every_0, "does no harm"),
        (0.3, "the function itself"),
    ],
    "q7": [
        (("A", 0.225), "Sentence A is not the fault"),
        (("C", 0.225), "it measures imitation"),
        (("D", 0.225), "of one size"),
        (("E", 0.225), "learnt by heart"),
        (("F", 0.225), "There is no sentence F"),
        (("B", 0.12), "the paper's own"),
        (("B", 0.246), "against the advice"),
        (("B", 0.165), "the drug for everybody"),
        (("B", 0.183), "as they were treated"),
        (("B", 0.4), "the severe alone"),
        (("B", 0.05), "the mild alone"),
        (("B", 0.45), "added up"),
        (("B", 22.5), "not in per cent"),
        (("B", 225), "give their share"),
        (("B", 0.3), "weigh each by"),
        (("B", "a fifth"), "one number"),
        ("B", "Give two things"),
        ((0.225, "B"), "Give two things"),
    ],
    "q8": [
        ((1.206, 1.206), "of the lower limit"),
        ((2.344, 1.206), "The first number is that of the upper limit"),
        ((1.538, 1.206), "The root is forgotten"),
        ((0.546, 1.206), "the root alone: add the 1.24"),
        ((1.73, 1.206), "not .24 alone"),
        ((2.48, 1.206), "you take 1.24 · 1.24"),
        ((1.24, 1.206), "the ratio itself"),
        ((1.47, 1.14), "takes 1.24 as it is"),
        ((1.6, 1.206), "The first number is 1.24 +"),
        ((1.79, 1.79), "of 1.24 again"),
        ((1.79, 2.344), "The second number is that of the upper limit"),
        ((1.79, 1.061), "the root is forgotten"),
        ((1.79, 0.176), "the root alone: add the 1.03"),
        ((1.79, 1.2), "not .03 alone"),
        ((1.79, 1.03), "put it into the formula"),
        ((1.79, 1), "if the interval held 1"),
        ((1.79, 1.138), "the root of the limit first"),
        ((1.79, 1.5), "The second number is 1.03 +"),
        ((1.206, 1.786), "Exchange the two"),
        (1.79, "Give two numbers"),
    ],
}
