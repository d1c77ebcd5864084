"""Wrong answers that readers give in chapter 33, and a few words of what each is told."""

import keras
import numpy as np
from keras import layers

from medlearn.exercises.ch33 import network_that_reads_the_order

# The scope of a negation

CUES, ENDS = {"no", "not", "denies", "without"}, {"but", "however", ";"}


def scope(*, near=5, cues=CUES, ends=ENDS, lower=str.lower, least=0, between=True):
    """A rule that walks backwards, wrong by one of its parts."""

    def negated(tokens, position):
        begin = position - near if least is None else max(position - near, least)
        window = [lower(token) for token in tokens[begin:position]]
        if not between:
            return any(token in cues for token in window) and not any(token in ends for token in window)
        for token in reversed(window):
            if token in ends or token in cues:
                return token in cues
        return False

    return negated


def anywhere(tokens, position):
    return any(token.lower() in CUES for token in tokens)


def behind(tokens, position):
    return any(token.lower() in CUES for token in tokens[position + 1 : position + 6])


def by_letters(tokens, position):
    return any(cue in " ".join(tokens[max(position - 5, 0) : position]).lower() for cue in CUES)


def ends_anywhere(tokens, position):
    return scope(ends=set())(tokens, position) and not any(token.lower() in ENDS for token in tokens)


def first_cue_decides(tokens, position):
    window = [token.lower() for token in tokens[max(position - 5, 0) : position]]
    cues = [at for at, token in enumerate(window) if token in CUES]
    return bool(cues) and not any(token in ENDS for token in window[cues[0] :])


def without_commas(tokens, position):
    words = [token for token in tokens[:position] if token != ","]
    return scope()([*words, ""], len(words))


def cues_in_capitals_only_ends_in_small(tokens, position):
    for token in reversed(tokens[max(position - 5, 0) : position]):
        if token in ENDS:
            return False
        if token.lower() in CUES:
            return True
    return False


# Networks


def built(*inside, end=None, words=60, shape=(30,)):
    """A function that builds a network with these layers, each given as a function that makes it."""

    def build():
        x = inputs = keras.Input(shape)
        for make in [lambda: layers.Embedding(words, 8), *inside]:
            x = make()(x)
        return keras.Model(inputs, (end or (lambda: layers.Dense(1, activation="sigmoid")))()(x))

    return build


def conv():
    return layers.Conv1D(8, 3, activation="relu")


def numbers_as_quantities():
    inputs = keras.Input((30,))
    x = layers.Dense(16, activation="relu")(layers.Rescaling(1 / 60)(inputs))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))


def begins_as_a_coin_and_is_a_bag():
    inputs = keras.Input((30,))
    x = layers.GlobalAveragePooling1D()(layers.Embedding(60, 8)(inputs))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", kernel_initializer="zeros")(x))


def only_the_first_words():
    inputs = keras.Input((30,))
    x = layers.Reshape((48,))(layers.Cropping1D((0, 24))(layers.Embedding(60, 8)(inputs)))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))


def frozen():
    model = built(conv, layers.GlobalMaxPooling1D)()
    model.trainable = False
    return model


pool = layers.GlobalMaxPooling1D

# Spans


def spans_with(change=lambda begin, end: (begin, end), *, illegal="begin", closes=True, b_ends=True):
    """A way from tags to spans with one thing changed."""

    def spans(tags):
        found, begin, last = [], None, "O"
        for at, tag in enumerate([*tags, "O"] if closes else tags):
            if begin is not None and (tag == "O" or (tag == "B" and b_ends)):
                found.append(change(begin, at))
                begin = None
            opens = tag == "B" or (tag == "I" and last == "O" and illegal == "begin")
            begin, last = (at if opens and begin is None else begin), tag
        return found

    return spans


def one_word_each(tags):
    return [(at, at + 1) for at, tag in enumerate(tags) if tag != "O"]


def only_first_words(tags):
    return [(at, at + 1) for at, tag in enumerate(tags) if tag == "B"]


def each_illegal_i(tags):
    legal = spans_with(illegal="lose")(tags)
    inside = {at for begin, end in legal for at in range(begin, end)}
    return sorted([*legal, *((at, at + 1) for at, tag in enumerate(tags) if tag == "I" and at not in inside)])


def not_at_the_start(tags):
    return [span for span in spans_with()(tags) if span[0] or tags[0] == "B"]


def never_empty(tags):
    return spans_with()(tags) or [(0, 0)]


def of_lengths_over_one(tags):
    return [(begin, end) for begin, end in spans_with()(tags) if end - begin > 1]


def keeps(wanted):
    return lambda tags: [pair for pair in spans_with()(tags) if pair[0] == wanted]


# The sum over all paths


def log_sum(scores, axis=None):
    top = scores.max(axis=axis, keepdims=True)
    return np.squeeze(top + np.log(np.exp(scores - top).sum(axis=axis, keepdims=True)), axis=axis)


def paths_with(*, step=log_sum, begin=None, end=log_sum, turned=False, words=slice(1, None)):
    """The way from word to word with one thing changed."""

    def log_partition(emissions, transitions):
        transitions = transitions.T if turned else transitions
        alpha = emissions[0] if begin is None else begin(emissions, transitions)
        for emission in emissions[words]:
            alpha = step(alpha[:, None] + transitions, axis=0) + emission
        return end(alpha)

    return log_partition


right_sum = paths_with()


def with_no_maximum(emissions, transitions):
    alpha = np.exp(emissions[0])
    for emission in emissions[1:]:
        alpha = (alpha @ np.exp(transitions)) * np.exp(emission)
    return np.log(alpha.sum())


def safe_upwards_only(emissions, transitions):
    top = max(emissions.max(), 0)
    return with_no_maximum(emissions - top, transitions) + top * len(emissions)


def softmax(scores):
    return np.exp(scores - log_sum(scores, axis=1)[:, None])


def path_scores(emissions, transitions):
    two = range(2)
    return np.array(
        [
            emissions[0, i] + emissions[1, j] + emissions[2, k] + transitions[i, j] + transitions[j, k]
            for i in two
            for j in two
            for k in two
        ]
    )


def no_last_word(emissions, transitions):
    return right_sum(np.vstack([emissions[:-1], 0 * emissions[:1]]), transitions)


WRONG = {
    "q1": [
        ("BCEG", "Look again at plan A: each template"),
        ("ACEG", "Look again at plan B"),
        ("ABEG", "Look again at plan C"),
        ("ABCG", "Look again at plan E: of a text"),
        ("ABCE", "Look again at plan G"),
        ("ABCDEG", "Plan D is sound"),
        ("ABCEFG", "Plan F is sound"),
        ("ABCEGH", "Plan H is sound: that is the task"),
        ("I", "There is no plan I"),
        (5, "Give the letters"),
    ],
    "q2": [
        (("fever but no cough", "fever but no cough"), "the same note"),
        (("cough but no fever", "fever but no cough"), "are exchanged"),
        (("fever but no cough", "no fever"), "beyond what both have, the first has but, cough."),
        (("fever", "no fever"), "the second has no."),
        (("fever and cough", "cough and fever"), "both notes say that there is fever"),
        (("no fever but cough", "cough but no fever"), "both notes deny fever"),
        (("no cough, fever", "no fever, cough"), "a reader cannot tell"),
        (("fever and no cough", "no cough and fever"), "a reader cannot tell"),
        (("not without fever", "without fever not"), "a reader cannot tell"),
        (("fever: no. Cough: yes.", "fever: yes. Cough: no."), "are exchanged"),
        (("fever denied but cough", "cough denied but fever"), "are exchanged"),
        (("cough", "no cough"), "Let the word fever be in each"),
        (("fever, fever but no cough", "no fever but fever, cough"), "in each of the notes, once"),
        ("fever but no cough", "Give two notes"),
        (("fever", 1), "Give two notes"),
    ],
    "q3": [
        (lambda tokens, position: False, "“without” stands just before it"),
        (lambda tokens, position: True, "there is no cue"),
        (behind, "“without” stands just before it"),
        (anywhere, "behind the finding"),
        (by_letters, "are in “nodule”"),
        (scope(lower=str), "in capitals: compare"),
        (scope(least=None), "max(position - 5, 0)"),
        (scope(ends=set()), "stands between the cue and the finding"),
        (scope(ends={"but", "however"}), "“;” ends the scope"),
        (cues_in_capitals_only_ends_in_small, "in capitals, too"),
        (scope(between=False), "before the cue: only what is between"),
        (ends_anywhere, "before the cue: only what is between"),
        (first_cue_decides, "what you meet first"),
        (scope(near=50), "seven tokens before"),
        (scope(near=6), "a comma is a token"),
        (without_commas, "a comma is a token"),
        (scope(near=4), "the fifth token"),
        (lambda tokens, position: "yes", "Return True or False"),
        (True, "the function itself"),
    ],
    "q4": [
        (built(conv, pool)(), "Give the function that builds"),
        (lambda: layers.Dense(1), "should return a Keras model"),
        (network_that_reads_the_order, "should return a Keras model"),
        (
            lambda: keras.Sequential([layers.Embedding(60, 8), pool(), layers.Dense(1)]),
            "begin with keras.Input",
        ),
        (built(conv, pool, shape=(20,)), "a note of (30,) numbers, not [(20,)]"),
        (built(conv), "not (None, 28, 1)"),
        (built(conv, pool, end=lambda: layers.Dense(2, activation="softmax")), "not (None, 2)"),
        (built(conv, pool, words=30), "needs 60 rows, not 30"),
        (built(conv, pool, end=lambda: layers.Dense(1)), "activation is linear"),
        (built(conv, pool, end=lambda: layers.Dense(1, activation="relu")), "activation is relu"),
        (built(conv, pool, end=lambda: layers.Dense(1, activation="tanh")), "activation is tanh"),
        (built(conv, pool, lambda: layers.Dense(1), end=lambda: layers.Rescaling(9)), "outside 0 to 1"),
        (built(conv, pool, end=lambda: layers.Dense(1, activation="softmax")), "a softmax of one number"),
        (frozen, "Nothing in it can learn"),
        (built(layers.GlobalAveragePooling1D), "it sees a bag of words"),
        (built(pool, lambda: layers.Dense(8, activation="relu")), "it sees a bag of words"),
        (built(lambda: layers.Conv1D(8, 1, activation="relu"), pool), "a kernel of 2 or more"),
        (begins_as_a_coin_and_is_a_bag, "it sees a bag of words"),
        (numbers_as_quantities, "for a quantity"),
        (built(pool, lambda: layers.Rescaling(0.0)), "for every note"),
        (built(layers.Flatten), "Behind Flatten"),
        (only_the_first_words, "Let it look at neighbours"),
        (0.5, "the function itself"),
    ],
    "q5": [
        (spans_with(lambda begin, end: (begin, end - 1)), "The end is off by one"),
        (spans_with(lambda begin, end: (begin, end + 1)), "one too far"),
        (spans_with(lambda begin, end: (begin + 1, end + 1)), "from 0, as Python does"),
        (spans_with(lambda begin, end: (begin + 1, end)), "include the end"),
        (spans_with(lambda begin, end: (begin, end - begin)), "not the length"),
        (spans_with(closes=False), "goes on to the last word is lost: close it"),
        (spans_with(closes=False, illegal="lose"), "and so is one that begins with an I"),
        (spans_with(b_ends=False), "side by side are merged: a B"),
        (spans_with(b_ends=False, illegal="lose"), "merged, and an I after an O is lost"),
        (spans_with(illegal="lose"), "An I after an O is lost: here"),
        (of_lengths_over_one, "of one word is lost"),
        (spans_with(lambda begin, end: (begin, begin + 1)), "ends after its first word"),
        (only_first_words, "only the B"),
        (one_word_each, "Each word is a span"),
        (each_illegal_i, "an I after an I goes on"),
        (keeps(1), "has the spans [(1, 3)"),
        (lambda tags: [], "you give []"),
        (not_at_the_start, "the first tag of all"),
        (never_empty, "the list is empty"),
        (lambda tags: list(tags), "pairs of numbers"),
        (lambda tags: 5, "pairs of numbers"),
        ([(1, 3)], "the function itself"),
    ],
    "q6": [
        ((0.5, 0.5, 0.5), "two pieces of one mention"),
        ((4 / 7, 4 / 6, 8 / 13), "lymphoblastic leukaemia counts as right"),
        ((5 / 7, 4 / 6, 0.69), "pieces of a mention count as right"),
        ((6 / 7, 5 / 6, 0.845), "each overlap counts as right"),
        ((0.9, 9 / 11, 6 / 7), "the precision of words"),
        ((0.643, 0.75, 0.69), "half a point"),
        ((0.2, 0.5, 0.46), "exactly right, over all found"),
        ((3 / 7, 3 / 7, 3 / 7), "the 6 annotated mentions below"),
        ((3 / 7, 4 / 6, 0.5), "counts as found with you"),
        ((3 / 7, 5 / 6, 0.5), "each overlap counts as found"),
        ((3 / 7, 9 / 11, 0.5), "the recall of words"),
        ((3 / 7, 0.6, 0.5), "WT, which nothing found"),
        ((3 / 7, 0.1, 0.5), "exactly right, over all annotated"),
        ((3 / 7, 0.5, 0.4643), "the harmonic mean"),
        ((3 / 7, 0.5, 0.3), "the Jaccard index"),
        ((3 / 7, 0.5, 3 / 13), "counts twice above"),
        ((3 / 7, 0.5, 3 / 14), "P · R alone"),
        ((3 / 7, 0.5, 0.5), "that makes 13"),
        ((3 / 7, 0.5, 8 / 13), "one that is not exact"),
        ((3 / 7, 0.5, 6 / 7), "the F1 of words"),
        ((3 / 7, 0.5, 0.1), "2 · right /"),
        ((0.5, 3 / 7, 6 / 13), "Exchange the first two"),
        ((43, 50, 46), "not per cent"),
        (0.46, "Give three numbers"),
    ],
    "q7": [
        (paths_with(step=np.max, end=np.max), "the best path alone"),
        (lambda *given: np.exp(path_scores(*given).max()), "e to the best path"),
        (paths_with(turned=True), "turned round"),
        (paths_with(begin=lambda emissions, transitions: 0 * emissions[0]), "The start is forgotten"),
        (no_last_word, "The last word's own scores"),
        (paths_with(begin=lambda e, t: 0 * e[0], words=slice(None)), "a transition before the first word"),
        (lambda e, t: log_sum(e, axis=1).sum(), "The transitions are missing"),
        (lambda e, t: np.log(np.prod(softmax(e).sum(axis=1))), "It is 0"),
        (lambda e, t: right_sum(np.log(softmax(e)), t), "went through a softmax"),
        (lambda e, t: right_sum(e, t) - np.log(8), "the log of the mean over the 8 paths"),
        (lambda e, t: np.exp(right_sum(e, t)), "the sum itself"),
        (lambda e, t: -right_sum(e, t), "The sign is turned"),
        (lambda e, t: right_sum(e, t) / np.log(2), "the natural logarithm"),
        (lambda *given: path_scores(*given).sum(), "You add up the scores of the paths: it"),
        (lambda *given: np.log(abs(path_scores(*given).sum())), "add up e to the score"),
        (lambda *given: np.exp(path_scores(*given)).mean(), "the logarithm is missing"),
        (paths_with(end=lambda alpha: alpha), "one number a tag"),
        (lambda e, t: log_sum(e, axis=1), "one number a word"),
        (paths_with(end=np.max), "From word to word"),
        (lambda *given: log_sum(path_scores(*given)), "IndexError"),
        (paths_with(words=slice(1, 3)), "not for 5 and 3"),
        (with_no_maximum, "is infinite to a computer"),
        (safe_upwards_only, "is 0 to a computer"),
        (4.2, "the function itself"),
    ],
    "q8": [
        ("BD", "Look again at sentence A"),
        ("AD", "Look again at sentence B"),
        ("AB", "Look again at sentence D"),
        ("ABCD", "Sentence C explains nothing: both figures"),
        ("ABDE", "Sentence E explains nothing"),
        ("ABDF", "Sentence F explains nothing: F1 is no share"),
        ("ABDG", "Sentence G explains nothing"),
        ("H", "There is no sentence H"),
    ],
    "q9": [
        (0.99, "11 patients of 100"),
        (0.8864, "Ask the other way"),
        (0.1136, "are exposed with a recall of .99"),
        (0.00084, "take it from 1"),
        (0.681, "Give four digits"),
        (0.01 ** (1 / 12), "one patient in 100 safe"),
        (1 - 0.01 ** (1 / 12), "that all 12 be missed"),
        (0.999, "12 patients of 1,000"),
        (0.9999, "more than needed"),
        (1, "Then nobody is exposed"),
        (0.88, "share the .01"),
        (0.0825, "take a root"),
        (99.916, "not per cent"),
        (0.95, "All 12 must be found"),
        ("nearly all", "one number"),
    ],
}
