"""Wrong answers that readers give in chapter 21, and a few words of what each is told."""

import keras
import numpy as np
from keras import layers
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from medlearn.exercises.ch21 import network_that_finds_a_word

# A letter as four numbers


def rows_with(order="ACGT", *, unknown=0.25, upper=str.upper, change=lambda rows: rows):
    """A function that looks rows up, wrong by one of its parts."""

    def one_hot(sequence):
        rows = {letter: np.eye(4)[order.index(letter)] for letter in "ACGT"} | {"N": np.full(4, unknown)}
        return change(np.array([rows[letter] for letter in upper(sequence)]))

    return one_hot


def in_whole_numbers(sequence):
    rows = np.zeros((len(sequence), 4), int)
    for place, letter in enumerate(sequence.upper()):
        rows[place] = 0.25 if letter == "N" else np.arange(4) == "ACGT".index(letter)
    return rows


def by_find(sequence):
    return np.array([np.eye(4)["ACGT".find(letter)] for letter in sequence.upper()])


def without_n(sequence):
    return rows_with()(sequence.replace("N", "").replace("n", ""))


def one_number(sequence):
    return ["ACGTN".index(letter) for letter in sequence.upper()]


def five_columns(sequence):
    return np.eye(5)[one_number(sequence)]


def comparing(sequence):
    return [[0.25 if letter == "N" else float(letter == one) for one in "ACGT"] for letter in sequence]


def no_entry_for_n(sequence):
    rows = dict(zip("ACGT", np.eye(4), strict=True))
    return np.array([rows[letter] for letter in sequence.upper()])


# The other strand

PAIRS = str.maketrans("ACGT", "TGCA")


def strand(sequence):
    return sequence[::-1].translate(PAIRS)


def in_turn(sequence, *, step=-1):
    for letter, partner in ("AT", "TA", "CG", "GC"):
        sequence = sequence.replace(letter, partner)
    return sequence[::step]


def with_pairs_only(sequence):
    pairs = {"A": "T", "C": "G", "G": "C", "T": "A"}
    return "".join(pairs[letter] for letter in reversed(sequence))


# Networks


def built(*inside, shape=(100, 4), end=lambda: layers.Dense(1, activation="sigmoid")):
    """A function that builds a network with these layers, each given as a function that makes it."""

    def build():
        x = inputs = keras.Input(shape)
        for make in inside:
            x = make()(x)
        return keras.Model(inputs, end()(x))

    return build


def conv():
    return layers.Conv1D(16, 8, activation="relu")


def filters_of(letters):
    return lambda: layers.Conv1D(16, letters, activation="relu")


def frozen():
    model = built(conv, layers.GlobalMaxPooling1D)()
    model.trainable = False
    return model


def dense():
    return layers.Dense(32, activation="relu")


def turned_inside():
    return layers.Permute((2, 1))


pool = layers.GlobalMaxPooling1D

# A contaminated test


def counting(*, upper=("train", "test"), strands=(strand,), of=list):
    """A way to count, wrong by one of its parts."""

    def contaminated(train, test):
        train = [one.upper() if "train" in upper else one for one in train]
        test = [one.upper() if "test" in upper else one for one in test]
        known = {*train, *(turn(one) for turn in strands for one in train)}
        return sum(one in known for one in of(test))

    return contaminated


def pairs_with(weight):
    """A way that adds up, for each test sequence, how often it stands in training."""

    def contaminated(train, test):
        train, test = [one.upper() for one in train], [one.upper() for one in test]
        return sum(weight(train, one) for one in test)

    return contaminated


def pieces(train, test):
    known = [turn(one.upper()) for one in train for turn in (str, strand)]
    return sum(any(one.upper() in other for other in known) for one in test)


right_count = counting()


# Choosing inside the folds


def best_genes(x, y, k):
    gap = x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0)
    return np.argsort(-np.abs(gap) / (x[y == 1].std(axis=0) + x[y == 0].std(axis=0)))[:k]


def validated(
    *,
    choose="train",
    fit="train",
    scale=None,
    answer=None,
    sign=1,
    genes=best_genes,
    every=True,
    begin=np.zeros,
):
    """The function of the exercise with one thing changed."""

    def cross_validate(x, y, folds, k):
        x = StandardScaler().fit_transform(x) if scale == "all" else x
        score = begin(len(y))
        for fold in np.unique(folds):
            test = folds == fold
            parts = {"all": test | True, "train": ~test, "test": test, "first": folds != folds.min()}
            own = genes(x[parts[choose]], y[parts[choose]], k)
            model = LogisticRegression().fit(x[parts[fit]][:, own], y[parts[fit]])
            if answer:
                score[test] = getattr(model, answer)(x[test][:, own])
            else:
                score[test] = sign * model.decision_function(x[test][:, own])
            if not every:
                return score
        return score

    return cross_validate


def a_pipeline_that_has_seen_all(x, y, folds, k):
    model = make_pipeline(SelectKBest(k=k), LogisticRegression()).fit(x, y)
    return model.decision_function(x)


def scaled_on_the_fold(x, y, folds, k):
    score = np.zeros(len(y))
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        own = best_genes(x[train], y[train], k)
        model = LogisticRegression().fit(StandardScaler().fit_transform(x[train][:, own]), y[train])
        score[test] = model.decision_function(StandardScaler().fit_transform(x[test][:, own]))
    return score


def folds_from_range(x, y, folds, k):
    score = np.zeros(len(y))
    for fold in range(5):
        if (folds == fold).any():
            train, test = folds != fold, folds == fold
            own = best_genes(x[train], y[train], k)
            model = LogisticRegression().fit(x[train][:, own], y[train])
            score[test] = model.decision_function(x[test][:, own])
    return score


def the_auroc(x, y, folds, k):
    return 0.5


def by_chance(x, y, folds, k):
    return validated()(x, y, folds, k) + np.random.default_rng().normal(size=len(y))


def one_gene(x, y, k):
    return best_genes(x, y, 1)


def all_genes(x, y, k):
    return np.arange(x.shape[1])


def the_worst_genes(x, y, k):
    return best_genes(x, y, x.shape[1])[-k:]


WRONG = {
    "q1": [
        (rows_with("ACTG"), "A, C, T, G; the last two"),
        (rows_with("ATCG"), "in the order A, T, C, G"),
        (rows_with("ATGC"), "in the order A, T, G, C"),
        (rows_with("AGCT"), "in the order A, G, C, T"),
        (rows_with("TGCA"), "run from T to A"),
        (rows_with(change=np.transpose), "it is turned"),
        (rows_with(change=np.ravel), "stand in one row"),
        (rows_with(change=lambda rows: 1 - rows), "A is (1, 0, 0, 0)"),
        (rows_with(unknown=0), "is (0, 0, 0, 0)"),
        (in_whole_numbers, "In an array of whole numbers"),
        (rows_with(unknown=1), "adds up to 4"),
        (rows_with(unknown=0.5), "a quarter in each column, not (0.5"),
        (rows_with(upper=str), "stops with KeyError: 'g'. Lower case"),
        (comparing, "lower case should count"),
        (by_find, "row -1 is the last one"),
        (no_entry_for_n, "N should be a row of its own"),
        (without_n, "N is left out"),
        (one_number, "one number a letter"),
        (five_columns, "a column of its own"),
        (lambda sequence: np.zeros((3, 4)), "it should be (6, 4), not (3, 4)"),
        (lambda sequence: [*sequence], "Return numbers"),
        ([[1, 0, 0, 0]], "the function itself"),
    ],
    "q2": [
        (lambda sequence: sequence[::-1], "needs its partner as well"),
        (lambda sequence: sequence.translate(PAIRS), "turn the order round"),
        (lambda sequence: sequence, "it is unchanged"),
        (lambda sequence: sequence[::-1].translate(str.maketrans("ACGT", "GTAC")), "you pair A with G"),
        (lambda sequence: sequence[::-1].translate(str.maketrans("ACGT", "CATG")), "not A and C"),
        (lambda sequence: strand(sequence).replace("T", "U"), "that is RNA"),
        (in_turn, "replace after replace"),
        (lambda sequence: in_turn(sequence, step=1), "replace after replace"),
        (with_pairs_only, "there is no partner for 'N'"),
        (lambda sequence: strand(sequence).replace("N", ""), "N is lost"),
        (lambda sequence: strand(sequence).replace("N", "A"), "the partner of N is N"),
        (lambda sequence: strand(sequence).lower(), "capital letters"),
        (lambda sequence: strand(sequence)[:-1], "it has 6 letters"),
        (lambda sequence: sequence[-1] + sequence[:-1], "it should be GCAGTT"),
        (lambda sequence: list(strand(sequence)), "''.join"),
        (len, "Return a string of letters"),
        ("GCAGTT", "the function itself"),
    ],
    "q3": [
        ((-0.142, 3.665), "Exchange the two"),
        ((-3.665, 0.142), "The signs are turned"),
        ((2.541, -0.098), "the natural logarithm"),
        ((1.103, -0.043), "to base 10"),
        ((3.825, -0.930), "The pseudocount is missing: add"),
        ((2.651, -0.645), "and the logarithm is the natural one"),
        ((4.436, 0.629), "they add up to 32, not 28"),
        ((4.233, 0.426), "not 29"),
        ((3.054, -1.701), "add nothing to the counts"),
        ((3.787, -0.659), "You share one pseudocount"),
        ((-4.335, -8.142), "The expected share is missing"),
        ((-12.335, -16.142), "You multiply by .25"),
        ((12.69, 0.906), "the product of the ratios"),
        ((0.0496, 0.0035), "the probability of the site"),
        ((9.625, 6.375), "You add up the ratios"),
        ((0.916, -0.036), "the mean over the four places"),
        ((73, 47), "sums of counts"),
        ((3.665, -3.807), "The second number is the change"),
        ((3.665, 3.665), "The second differs only at place 2: there C"),
        ((1, -0.142), "The second is right. The first differs only at place 2"),
        ((1, 1), "A at place -1 gives"),
        (3.665, "Give two numbers"),
    ],
    "q4": [
        ("ACDA", "Question 1, A: coding sequence has another composition"),
        ("CCDA", "Question 1, C"),
        ("DCDA", "Question 1, D: the share of G and C is the same"),
        ("ECDA", "Question 1, E: promoters of mice"),
        ("BADA", "Question 2, A"),
        ("BBDA", "Question 2, B: no window of a genome"),
        ("B, D, C, A", "Question 2, D: the windows"),
        (["B", "C", "A", "A"], "Question 3, A"),
        ("BCBA", "Question 3, B"),
        ("bcca", "Question 3, C: most random pieces"),
        ("BCDB", "Question 4, B: the other kind"),
        ("BCDC", "Question 4, C"),
        ("BCDD", "Question 4, D"),
        ("BCD", "Give four letters"),
        ("BCDF", "from A to E"),
        ({"A", "B", "C", "D"}, "A set has no order"),
        (4, "Give four letters"),
    ],
    "q5": [
        (built(conv, pool)(), "Give the function that builds"),
        (lambda: layers.Dense(1), "should return a Keras model"),
        (network_that_finds_a_word, "should return a Keras model"),
        (lambda: keras.Sequential([conv(), pool(), layers.Dense(1)]), "begin with keras.Input"),
        (built(filters_of(2), pool, shape=(4, 100)), "Its input is turned"),
        (built(layers.Flatten, shape=(100, 5)), "not [(100, 5)]"),
        (built(conv), "take the maximum over the places first"),
        (built(conv, pool, end=lambda: layers.Dense(2, activation="softmax")), "not (None, 2)"),
        (built(conv, pool, end=lambda: layers.Dense(1)), "activation is linear"),
        (built(conv, pool, end=lambda: layers.Dense(1, activation="relu")), "activation is relu"),
        (built(conv, pool, end=lambda: layers.Dense(1, activation="tanh")), "activation is tanh"),
        (built(conv, pool, lambda: layers.Dense(1), end=lambda: layers.Rescaling(9)), "outside 0 to 1"),
        (built(conv, pool, end=lambda: layers.Dense(1, activation="softmax")), "a softmax of one number"),
        (frozen, "Nothing in it can learn"),
        (built(layers.GlobalAveragePooling1D), "how many there are of each"),
        (built(filters_of(1), layers.GlobalAveragePooling1D), "how many there are of each"),
        (built(filters_of(2), pool), "see 2 at a time"),
        (built(layers.Flatten, dense), "learnt anew at each of 93"),
        (built(turned_inside, filters_of(2), pool), "Do not turn the input"),
        (built(conv, pool, lambda: layers.Rescaling(0.0)), "for every sequence"),
        (0.5, "the function itself"),
    ],
    "q6": [
        (counting(upper=(), strands=()), "as they stand: small letters and the other strand"),
        (lambda train, test: len(set(train) & set(test)), "and repeats escape you"),
        (counting(strands=()), "The other strand is missing"),
        (counting(upper=()), "take .upper() of both sides"),
        (counting(upper=("test",)), "A training sequence in small letters"),
        (counting(upper=("train",)), "A test sequence in small letters"),
        (counting(of=set), "three times counts once"),
        (
            pairs_with(lambda train, one: (one in train) + (strand(one) in train)),
            "its own reverse complement",
        ),
        (
            pairs_with(lambda train, one: sum(other in {one, strand(one)} for other in train)),
            "five times counts five times",
        ),
        (pairs_with(lambda train, one: train.count(one) + train.count(strand(one))), "You count pairs"),
        (counting(strands=(lambda one: one[::-1],)), "Backwards is not the other strand"),
        (counting(strands=(lambda one: one.translate(PAIRS),)), "is read the other way"),
        (pieces, "A piece of a longer sequence"),
        (lambda train, test: right_count(test, train), "You count training sequences"),
        (lambda train, test: right_count(train, test) / len(test), "That is their share"),
        (lambda train, test: len(test) - right_count(train, test), "that are clean"),
        (lambda train, test: {*train} & {*test}, "not the sequences themselves"),
        (lambda train, test: 0, "19 of 34 test sequences"),
        (lambda train, test: 19, "you count 19"),
        (19, "the function itself"),
    ],
    "q7": [
        ((356, 7e-6), "takes p < .05"),
        ((713, 7e-6), "takes .1"),
        ((7.13, 7e-6), "takes .001"),
        ((7058, 7e-6), "a larger p"),
        ((0.01, 7e-6), "the probability for one gene"),
        ((0.38, 7e-6), "multiplied by the patients"),
        ((1, 7e-6), "at least one"),
        ((0, 7e-6), "is 0 with you"),
        ((50, 7e-6), "without any difference"),
        ((71, 0.05), "the level for one test; with"),
        ((71, 0.01), "the level for one test; .05"),
        ((71, 1.4e-6), "shares .01"),
        ((71, 0.0007), "among 71 genes, or is in per cent"),
        ((71, 0.05 / 72), "among the patients"),
        ((71, 0.05 / 38), "among the patients"),
        ((71, 356.45), "divide .05 by"),
        ((71, 0.95 ** (1 / 7129)), "take it from 1"),
        ((71, 7.195e-6), "Šidák"),
        ((71, 0.001), "share the .05"),
        ((71, -1), "share the .05"),
        ((7e-6, 71), "Exchange the two"),
        (71, "Give two numbers"),
    ],
    "q8": [
        (validated(choose="all"), "an AUROC of 0.92: the genes are still chosen on all"),
        (validated(choose="test"), "of the fold that is to be predicted"),
        (validated(fit="all"), "the model is fitted on all"),
        (validated(choose="all", fit="all"), "genes and model have seen all"),
        (validated(choose="first"), "the genes are chosen once"),
        (a_pipeline_that_has_seen_all, "their own labels have come in"),
        (validated(scale="all"), "something scaled on all patients"),
        (scaled_on_the_fold, "something scaled on all patients"),
        (validated(answer="predict"), "You return classes"),
        (validated(sign=-1), "is that the score of class 0"),
        (validated(genes=the_worst_genes), "where 4 of 12 genes differ it finds only"),
        (validated(genes=one_gene), "with k = 3, 1 of 12 genes"),
        (validated(genes=all_genes), "with k = 3, 12 of 12 genes"),
        (validated(every=False), "Only one fold has scores"),
        (folds_from_range, "Only 2 of the 5 folds"),
        (lambda x, y, folds, k: np.zeros(60), "nothing was predicted"),
        (lambda x, y, folds, k: np.full(60, np.nan), "are no numbers"),
        (validated(begin=lambda n: np.full(n, np.nan), every=False), "are no numbers"),
        (by_chance, "Two calls with the same data"),
        (the_auroc, "Return one score for each"),
        (lambda x, y: 0, "TypeError"),
        (0.5, "the function itself"),
    ],
    "q9": [
        (0.55, "You count all 10 pairs, as if B and E had died"),
        (0.45, "only 7 of the 10"),
        (0.571, "one half, not 0"),
        (0.714, "one half, not 1"),
        (0.667, "You leave out C and D"),
        (0.4, "and equal scores as 0"),
        (0.357, "The order is turned"),
        (0.167, "only those who died"),
        (0.583, "B was alive at 7 months"),
        (0.375, "E was alive when they died"),
        (4.5, "Divide by the number"),
        (7, "how many pairs can be compared"),
        (64, "not per cent"),
        (0.9, "List the pairs"),
        ("most", "one number"),
    ],
    "q10": [
        ("BD", "Look again at sentence G"),
        ("DG", "Look again at sentence B"),
        ("BG", "Look again at sentence D"),
        ("ABDG", "Sentence A may not stand: the genes go with relapse"),
        ("BCDG", "Sentence C may not stand: 23 of 100"),
        ("BDEG", "a new hospital was never seen"),
        ("BDFG", "Sentence F may not stand"),
        ("BDGH", "Sentence H may not stand: relapse was rare"),
        ("BDGI", "Sentence I may not stand"),
        ("J", "There is no sentence J"),
        (3, "Give the letters"),
    ],
}
