"""Wrong answers that readers give in chapter 22, and a few words of what each is told."""

import keras
import numpy as np
from keras import layers

from medlearn.exercises.ch22 import network_that_looks_to_both_sides

# The score of the best alignment


def filled(
    *,
    borders=(1, 1),
    kind=float,
    sign=1,
    ways=(1, 1, 1),
    pairs=1,
    floor=-np.inf,
    best_of=max,
    take=lambda best: best[-1, -1],
):
    """The function of the exercise with one thing changed."""

    def needleman(score, gap):
        n, m = score.shape
        gap = sign * gap
        best = np.zeros((n + 1, m + 1), kind)
        for i in range(n + 1):
            best[i, 0] = borders[0] * i * gap
        for j in range(m + 1):
            best[0, j] = borders[1] * j * gap
        for i in range(1, n + 1):
            for j in range(1, m + 1):
                three = (
                    best[i - 1, j - 1] + pairs * score[i - 1, j - 1],
                    best[i - 1, j] + gap,
                    best[i, j - 1] + gap,
                )
                chosen = [way for way, there in zip(three, ways, strict=True) if there]
                best[i, j] = max(floor, best_of(chosen))
        return take(best)

    return needleman


def letters_of_the_cell_itself(score, gap):
    n, m = score.shape
    best = np.zeros((n + 1, m + 1))
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            best[i, j] = max(best[i - 1, j - 1] + score[i, j], best[i - 1, j] + gap, best[i, j - 1] + gap)
    return best[n, m]


def turned(score, gap):
    n, m = score.shape
    best = np.zeros((m + 1, n + 1))
    best[:, 0], best[0] = gap * np.arange(m + 1), gap * np.arange(n + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            best[i, j] = max(
                best[i - 1, j - 1] + score[i - 1, j - 1], best[i - 1, j] + gap, best[i, j - 1] + gap
            )
    return best[n, m]


def loops_too_short(score, gap):
    n, m = score.shape
    best = np.zeros((n + 1, m + 1))
    best[:, 0], best[0] = gap * np.arange(n + 1), gap * np.arange(m + 1)
    for i in range(1, n):
        for j in range(1, m):
            best[i, j] = max(
                best[i - 1, j - 1] + score[i - 1, j - 1], best[i - 1, j] + gap, best[i, j - 1] + gap
            )
    return best[n, m]


def one_gap_one_price(score, gap):
    """A gap of any length costs the same."""
    n, m = score.shape
    pair, above, left = (np.full((n + 1, m + 1), -1e9) for _ in range(3))
    pair[0, 0] = 0
    for i in range(n + 1):
        for j in range(m + 1):
            if i and j:
                before = max(table[i - 1, j - 1] for table in (pair, above, left))
                pair[i, j] = before + score[i - 1, j - 1]
            if i:
                above[i, j] = max(pair[i - 1, j] + gap, left[i - 1, j] + gap, above[i - 1, j])
            if j:
                left[i, j] = max(pair[i, j - 1] + gap, above[i, j - 1] + gap, left[i, j - 1])
    return max(table[n, m] for table in (pair, above, left))


# Q3


def share(true, pred, mask):
    return np.mean(true[mask == 1] == pred[mask == 1])


# Networks


def built(*inside, shape=(60,), rows=20, end=lambda: layers.Dense(3, activation="softmax")):
    """A function that builds a network: an Embedding, these layers, each as what makes it, and an end."""

    def build():
        inputs = keras.Input(shape, dtype="int32")
        x = layers.Embedding(rows, 16)(inputs)
        for make in inside:
            x = make()(x)
        return keras.Model(inputs, end()(x))

    return build


def conv(kernel=5, **more):
    return lambda: layers.Conv1D(16, kernel, **({"padding": "same", "activation": "relu"} | more))


def gru(**more):
    return lambda: layers.GRU(8, **({"return_sequences": True} | more))


def frozen():
    model = built(conv())()
    model.trainable = False
    return model


def backwards():
    inputs = keras.Input((60,), dtype="int32")
    x = layers.Embedding(20, 16)(inputs)
    x = layers.ZeroPadding1D((0, 2))(x)
    x = layers.Conv1D(16, 3, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def attention_without_places():
    inputs = keras.Input((60,), dtype="int32")
    x = layers.Embedding(20, 16)(inputs)
    x = layers.MultiHeadAttention(2, 8)(x, x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def numbers_as_quantities():
    inputs = keras.Input((60,))
    x = layers.Reshape((60, 1))(layers.Rescaling(1 / 20)(inputs))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(conv()()(x)))


def skips_a_letter():
    inputs = keras.Input((60,), dtype="int32")
    x = layers.Embedding(20, 16, mask_zero=True)(inputs)
    x = layers.Bidirectional(gru()())(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def places_with_weights_of_their_own():
    inputs = keras.Input((60,), dtype="int32")
    x = layers.Flatten()(layers.Embedding(20, 8)(inputs))
    x = layers.Reshape((60, 3))(layers.Dense(180)(x))
    return keras.Model(inputs, layers.Softmax()(x))


def pooled_and_repeated():
    inputs = keras.Input((60,), dtype="int32")
    x = conv()()(layers.Embedding(20, 16)(inputs))
    x = layers.RepeatVector(60)(layers.GlobalMaxPooling1D()(x))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


WRONG = {
    "q1": [
        (6, "the way along the diagonal"),
        (2, "the worst of the three"),
        (13, "the cell on the left as it stands"),
        (9, "up on the left as it stands"),
        (7, "the cell above as it stands"),
        (18, "The gap is −5"),
        (12, "L over E is worth −3: it is added"),
        (10, "from the left no letter stands over another"),
        (4, "from above no letter stands over another"),
        (5, "from the left only a gap is added"),
        (16, "the sum of the three ways"),
        (29, "the sum of the three cells"),
        (0, "in a local alignment"),
        (8.13, "Three sums"),
        ("8 or 6", "one number"),
    ],
    "q2": [
        (filled(borders=(0, 0)), "The first row and the first column are 0"),
        (filled(borders=(1, 0)), "The first row is 0 with you"),
        (filled(borders=(0, 1)), "The first column is 0 with you"),
        (filled(ways=(1, 0, 1)), "from above, best[i − 1, j] + gap"),
        (filled(ways=(1, 1, 0)), "from the left, best[i, j − 1] + gap"),
        (filled(ways=(1, 0, 0)), "Both gaps are missing"),
        (filled(ways=(0, 1, 1)), "The diagonal is missing"),
        (filled(pairs=0), "The diagonal adds nothing"),
        (filled(best_of=min), "the worst of the three ways"),
        (filled(best_of=sum), "You add up the three ways"),
        (filled(floor=0), "No cell of yours is below 0"),
        (filled(floor=0, borders=(0, 0), take=np.max), "the best local alignment"),
        (filled(floor=0, borders=(0, 0)), "those belong to a local alignment"),
        (filled(take=np.max), "You return the largest cell"),
        (filled(take=lambda best: best[-2, -2]), "a row and a column too early"),
        (filled(take=lambda best: best), "You return the whole table"),
        (filled(take=lambda best: best[-1]), "Return one number"),
        (filled(take=lambda best: -best[-1, -1]), "The sign is turned"),
        (filled(take=lambda best: best[-1, -1] + 1), "all alignments of 1 and 1 letters were tried"),
        (filled(sign=-1), "add it. You take it away"),
        (filled(kind=int), "Fractions are lost"),
        (one_gap_one_price, "it costs as much as one letter"),
        (letters_of_the_cell_itself, "have score[i − 1, j − 1]"),
        (turned, "the rows for the first sequence"),
        (loops_too_short, "the loops stop too early"),
        (lambda score, gap: score.max(axis=1).sum(), "never goes back"),
        (lambda score, gap: np.trace(score), "You add up the diagonal"),
        (lambda score: 0, "TypeError"),
        (6, "the function itself"),
    ],
    "q3": [
        (3.75, "Chance has two ways"),
        (0.874, "That is in bits. A bit"),
        (1.874, "That is in bits, and chance has two ways"),
        (0.437, "do not divide"),
        (1.212, "twice the natural logarithm"),
        (0.606, "That is the natural logarithm"),
        (0.527, "twice the logarithm to base 10"),
        (0.263, "That is the logarithm to base 10"),
        (-1.749, "The sign is turned"),
        (-0.251, "A factor of 2"),
        (-2.251, "not of the 1,000 pairs"),
        (1.833, "That is the ratio"),
        (3.667, "twice the ratio"),
        (21.68, "22 is a count"),
        (-11.01, "What chance expects is missing"),
        (-5.725, "multiplied, not added"),
        (2, "rounded to whole numbers"),
        (7, "2 · log2(observed / expected)"),
        ("two", "one number"),
    ],
    "q4": [
        ((-55, -55), "One gap opens once"),
        ((-16, -60), "−11 − 5: the first letter adds −11 alone"),
        ((-5, -55), "the first letter of a gap adds −11"),
        ((-11, -55), "The four further letters are not free"),
        ((-14, -55), "four more, not three"),
        ((-12, -55), "four more, not one"),
        ((-10, -55), "not taken from each other"),
        ((-3, -55), "The first number: −11"),
        ((-15, -15), "one gap of five letters. Five gaps open"),
        ((-15, -60), "no further letter"),
        ((-15, -5), "Each gap opens"),
        ((-15, -11), "there are five of them"),
        ((-15, -75), "has one letter here, not five"),
        ((-15, -3), "The second number: five times"),
        ((15, 55), "below 0"),
        ((-55, -15), "Exchange the two"),
        (-15, "Give two numbers"),
    ],
    "q5": [
        ("ACF", "Look again at sentence H"),
        ("ACH", "Look again at sentence F"),
        ("AFH", "Look again at sentence C"),
        ("CFH", "Look again at sentence A"),
        ("ABCFH", "Sentence B is no part of the change: gaps within the piece"),
        ("ACDFH", "nothing would ever end a piece"),
        ("ACEFH", "nothing is cut"),
        ("ACFGH", "one table will do"),
        ("ACFK", "There is no sentence K"),
        (4, "Give the letters"),
    ],
    "q6": [
        (lambda true, pred, mask: np.mean(true == pred), "The mask is not used"),
        (lambda true, pred, mask: np.mean(true * mask == pred * mask), "Times the mask"),
        (lambda true, pred, mask: np.mean((true == pred) * mask), "you divide by all places"),
        (lambda true, pred, mask: np.sum(true == pred) / np.sum(mask), "padding that agrees"),
        (
            lambda true, pred, mask: np.mean([share(*chain) for chain in zip(true, pred, mask, strict=True)]),
            "the mean over chains",
        ),
        (lambda true, pred, mask: share(true, pred, 1 - mask), "The mask is turned"),
        (lambda true, pred, mask: np.mean(true[mask] == pred[mask]), "takes rows 0 and 1"),
        (lambda true, pred, mask: np.mean(true[true != 0] == pred[true != 0]), "Coil is 0, as padding is"),
        (lambda true, pred, mask: share(true, pred, mask * (true > 0)), "Residues in coil count"),
        (lambda true, pred, mask: share(true, pred, mask * (pred > 0)), "Residues that are called coil"),
        (lambda true, pred, mask: share(true[0], pred[0], mask[0]), "Only the first chain"),
        (lambda true, pred, mask: np.sum(mask * (true == pred)), "how many are right"),
        (lambda true, pred, mask: 1 - share(true, pred, mask), "the share that is wrong"),
        (lambda true, pred, mask: 100 * share(true, pred, mask), "not per cent"),
        (lambda true, pred, mask: share(true > 0, pred > 0, mask), "two classes"),
        (lambda true, pred, mask: 0.5, "residues that count"),
        (lambda true, pred, mask: (true == pred).mean(axis=1), "Return one number"),
        (lambda true, pred: 0.5, "TypeError"),
        (0.6, "the function itself"),
    ],
    "q7": [
        (built(conv())(), "Give the function that builds"),
        (lambda: layers.Dense(3), "should return a Keras model"),
        (network_that_looks_to_both_sides, "should return a Keras model"),
        (lambda: keras.Sequential([layers.Embedding(20, 8), layers.Dense(3)]), "begin with keras.Input"),
        (built(conv(), shape=(40,)), "a chain of (60,) numbers, not [(40,)]"),
        (built(conv(), layers.GlobalMaxPooling1D), "one answer for the whole chain"),
        (built(gru(return_sequences=False)), "return_sequences=True"),
        (built(conv(), end=lambda: layers.Dense(1, activation="sigmoid")), "one number a residue"),
        (built(conv(padding="valid")), "It labels 56 of 60 residues"),
        (built(conv(), lambda: layers.MaxPooling1D(2)), "It labels 30 of 60 residues"),
        (built(conv(), end=lambda: layers.Dense(20, activation="softmax")), "not (None, 60, 20)"),
        (built(conv(), rows=10), "needs 20 rows, not 10"),
        (skips_a_letter, "passes over the number 0"),
        (frozen, "Nothing in it can learn"),
        (built(conv(), end=lambda: layers.Dense(3)), "the softmax is missing"),
        (built(conv(), end=lambda: layers.Dense(3, activation="sigmoid")), "the softmax is missing"),
        (pooled_and_repeated, "It says the same of each residue"),
        (built(lambda: layers.Dense(16, activation="relu")), "by its own letter alone"),
        (built(conv(1)), "by its own letter alone"),
        (built(conv(padding="causal")), "It looks back only"),
        (built(gru()), "layers.Bidirectional"),
        (backwards, "It looks ahead only"),
        (built(conv(3)), "It sees too little"),
        (built(conv(4)), "It sees too little"),
        (attention_without_places, "and not where"),
        (built(conv(), lambda: layers.Rescaling(0.0)), "the same whatever the chain"),
        (numbers_as_quantities, "for a quantity"),
        (places_with_weights_of_their_own, "Behind Flatten"),
        (0.5, "the function itself"),
    ],
    "q8": [
        ("ACDE", "Look again at plan G"),
        ("ACDG", "Look again at plan E"),
        ("ACEG", "Look again at plan D: no chain is on both sides"),
        ("ADEG", "Look again at plan C"),
        ("CDEG", "Look again at plan A"),
        ("ABCDEG", "Plan B does not leak"),
        ("ACDEFG", "Plan F does not leak"),
        ("ACDEGH", "Plan H does not leak"),
        ("ACDEGZ", "There is no plan Z"),
        (5, "Give the letters"),
    ],
    "q9": [
        (2.485, "in nats"),
        (1.079, "to base 10"),
        (12, "the perplexity itself"),
        (4.32, "20 that are equally likely"),
        (0.737, "what the model saves"),
        (4096, "the way back"),
        (-3.585, "The sign is turned"),
        (0.6, "12 of 20"),
        (0.0833, "the probability of a letter"),
        (3.464, "the square root"),
        (4, "a perplexity of 16"),
        (3, "a perplexity of 8"),
        (6, "Half of 12"),
        (43.02, "12 times too much"),
        (1, "which power of 2 is 12"),
        ("bits", "one number"),
    ],
    "q10": [
        ((0.980, 0.018, 0.002), "The scaling is missing"),
        ((0.629, 0.231, 0.140), "You divide by d = 4"),
        ((0.99966, 0.00034, 0.00001), "Nearly all for the largest"),
        ((0.715, 0.188, 0.097), "the number of letters: divide by the root"),
        ((0.884, 0.088, 0.028), "take that of d = 4"),
        ((0.490, 0.009, 0.001), "You scale behind the softmax"),
        ((0.0351, 0.2595, 0.7054), "The signs are turned"),
        ((0.727, 0.182, 0.091), "powers of 2"),
        ((0.042, 0.114, 0.844), "The order is turned"),
        ((20.086, 2.718, 1), "divide each by their sum"),
        ((3, 1, 0), "the softmax is missing"),
        ((0.75, 0.25, 0), "You divide the products by their sum"),
        ((0.953, 0.731, 0.5), "the sigmoid of each"),
        ((1, 0, 0), "do not multiply"),
        ((1 / 3, 1 / 3, 1 / 3), "equal weights"),
        ((84.38, 11.42, 4.2), "not per cent"),
        ((0.5, 0.4, 0.3), "add up to 1.20"),
        ((0.6, 0.3, 0.1), "Scaled, the products are 3, 1 and 0"),
        (0.844, "Give three numbers"),
    ],
}
