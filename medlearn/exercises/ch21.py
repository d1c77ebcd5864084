"""The exercises of notebook 21. The fifth trains a network, and imports Keras when it is handed one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number

# 1. A letter as four numbers


def four_numbers_a_letter():
    def one_hot(sequence):
        rows = dict(zip("ACGT", np.eye(4), strict=True), N=np.full(4, 0.25))
        return np.array([rows[letter] for letter in sequence.upper()])

    return one_hot


_ORDERS = {
    "ACTG": "The columns stand in the order A, C, T, G; the last two are exchanged.",
    "ATCG": "The columns stand in the order A, T, C, G; asked for is A, C, G, T.",
    "ATGC": "The columns stand in the order A, T, G, C; asked for is A, C, G, T.",
    "AGCT": "The columns stand in the order A, G, C, T; asked for is A, C, G, T.",
    "GATC": "The columns stand in the order G, A, T, C; asked for is A, C, G, T.",
    "TGCA": "The columns run from T to A: turn their order round.",
}


def _judge_one_hot(one_hot) -> str | None:
    for sequence in ("CATTAG", "GATNACA", "gatTacan", "ACGTNACGTN" * 7):
        try:
            given = one_hot(sequence)
        except (KeyError, IndexError, ValueError) as error:
            if not (why := _why_it_stops(sequence)):
                raise
            return f"“{sequence}”: it stops with {type(error).__name__}: {error}. {why}"
        values = grid(given, None, "Return numbers: a row for each letter, with four in it.")
        if wrong := _fault_of_one_hot(sequence, values):
            return f"“{sequence[:10]}”: {wrong}"
    return None


def _why_it_stops(sequence: str) -> str | None:
    if sequence.upper() != sequence:
        return "Lower case should count like upper case: begin with sequence.upper()."
    return "N should be a row of its own, a quarter in each column." if "N" in sequence else None


def _fault_of_one_hot(sequence: str, given: np.ndarray) -> str | None:
    upper, n = sequence.upper(), len(sequence)
    right = four_numbers_a_letter()(sequence)
    unknown = np.array([letter == "N" for letter in upper])
    if given.shape == right.shape and np.allclose(given, right, atol=0.005):
        return None
    if given.shape == (4, n):
        return "it is turned: a row for each letter and a column for each of A, C, G, T. Take .T."
    if given.shape == (4 * n,):
        return f"the numbers stand in one row: it should be ({n}, 4)."
    if given.shape == (n,):
        return "that is one number a letter. It says that T is three times C; give each letter four numbers."
    if given.shape == (n, 5):
        return "N has a column of its own: let it be a quarter in each of the four."
    if given.shape == (n - unknown.sum(), 4) and unknown.any():
        return (
            "N is left out, and every letter behind it moves up. Keep its row, with a quarter in each column."
        )
    if given.shape != right.shape:
        return f"it should be ({n}, 4), not {given.shape}."
    return _fault_of_its_rows(given, right, unknown, upper != sequence)


def _fault_of_its_rows(given: np.ndarray, right: np.ndarray, unknown: np.ndarray, lower: bool) -> str:
    sure, n_rows = given[~unknown], given[unknown]
    for order, told in _ORDERS.items():
        if np.allclose(sure, right[~unknown][:, ["ACGT".index(letter) for letter in order]]):
            return told
    if lower and not np.allclose(sure, right[~unknown]):
        return "lower case should count like upper case: begin with sequence.upper()."
    if not np.allclose(sure, right[~unknown]):
        return "a letter should be 1 in its own column and 0 in the other three: A is (1, 0, 0, 0)."
    if (n_rows == 0).all():
        return (
            "the row of N is (0, 0, 0, 0), and should be a quarter in each. (In an array of whole numbers "
            ".25 becomes 0.)"
        )
    if (n_rows == [0, 0, 0, 1]).all():
        return "the row of N is that of T: “ACGT”.find(“N”) is -1, and row -1 is the last one."
    if (n_rows == 1).all():
        return (
            "the row of N adds up to 4, and every other to 1: N is one letter of which we do not know which."
        )
    return f"the row of N should be a quarter in each column, not {tuple(n_rows[0].round(2).tolist())}."


q1 = Exercise(
    hint=(
        "Which four numbers stand for A, for C, for G, for T, and which for N? A dictionary holds five rows.",
        "dict(zip('ACGT', np.eye(4))) has the four letters. Add N, np.full(4, .25), and make an array of "
        "rows[letter] for each letter of sequence.upper().",
    ),
    solve=four_numbers_a_letter,
    judge=_judge_one_hot,
    praise="Each row adds up to 1: it is a probability for each letter, and N is where nothing is known.",
)


# 2. The other strand


def the_other_strand():
    def reverse_complement(sequence):
        partner = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}
        return "".join(partner[letter] for letter in reversed(sequence))

    return reverse_complement


def _in_turn(sequence: str) -> str:
    """What four replacements one after the other make: they turn a letter and turn it back."""
    for letter, partner in ("AT", "TA", "CG", "GC"):
        sequence = sequence.replace(letter, partner)
    return sequence


def _judge_strand(reverse_complement) -> str | None:
    for sequence in ("AACTGC", "GATTNC", "CCGATGANTTACG" * 3):
        try:
            given = reverse_complement(sequence)
        except KeyError as error:
            return f"“{sequence}”: there is no partner for {error}. The partner of N is N."
        if isinstance(given, (list, tuple, np.ndarray)):
            return "Return a string: ''.join(...) puts the letters together."
        if not isinstance(given, str):
            return "Return a string of letters."
        if wrong := _fault_of_strand(sequence, given):
            return f"“{sequence[:12]}”: {wrong}"
    return None


def _fault_of_strand(sequence: str, given: str) -> str | None:
    right = the_other_strand()(sequence)
    if given == right:
        return None
    turned, other_rings = sequence[::-1], str.maketrans("ACGT", "GTAC")
    said = {
        sequence: "it is unchanged.",
        turned: "you read it backwards, but each letter needs its partner as well: A and T, C and G.",
        right[
            ::-1
        ]: "each letter has its partner. The other strand is read the other way: turn the order round.",
        turned.translate(other_rings): "the partners are A and T, C and G; you pair A with G and C with T.",
        turned.translate(str.maketrans("ACGT", "CATG")): "the partners are A and T, C and G, not A and C.",
        right.replace("T", "U"): "that is RNA, with U: in DNA the partner of A is T.",
        right.replace("N", ""): "N is lost, and the length with it: its partner is N.",
        right.lower(): "give capital letters.",
        **dict.fromkeys(
            (_in_turn(sequence), _in_turn(turned)),
            "replace after replace turns A into T and then back into A. Look each letter up once.",
        ),
    }
    if given in said:
        return said[given]
    if len(given) != len(sequence):
        return f"it has {len(sequence)} letters, and your answer {len(given)}."
    if all(one == other for one, other in zip(given, right, strict=True) if other != "N"):
        return "the partner of N is N, in its own place."
    return f"it should be {right[:12]}, not {given[:12]}: backwards, and each letter with its partner."


q2 = Exercise(
    hint=(
        "Two steps: each letter becomes its partner, A and T, C and G, N stays N; and the order is turned.",
        "sequence[::-1].translate(str.maketrans('ACGT', 'TGCA')) does both: translate looks each letter up "
        "once.",
    ),
    solve=the_other_strand,
    judge=_judge_strand,
    praise="Done twice, it gives the sequence back. GAATTC is its own reverse complement; enzymes cut there.",
)


# 3. A score by hand


def two_scores_by_hand():
    counts = {"A": [3, 0, 0, 15], "C": [1, 0, 1, 1], "G": [23, 28, 0, 11], "T": [1, 0, 27, 1]}

    def score(site):
        shares = [(counts[letter][place] + 1) / (28 + 4) for place, letter in enumerate(site)]
        return sum(np.log2(share / 0.25) for share in shares)

    return score("AGTA"), score("AGCA")


_SEEN = np.array([[3, 28, 27, 15], [3, 28, 1, 15]])  # how often each letter of the two sites was counted


def _scores(
    logarithm: Callable = np.log2,
    *,
    more: float = 1,
    below: float = 32,
    expected: float = 0.25,
    join: Callable = np.sum,
) -> np.ndarray:
    """The two scores, right or with something changed: what is added, what divides, and so on."""
    return join(logarithm((_SEEN + more) / below / expected), axis=1)


def _itself(values: np.ndarray) -> np.ndarray:
    return values


_FAULTS_OF_SCORES = (
    (_scores()[::-1], "Exchange the two: first the site with T, then the one with C."),
    (-_scores(), "The signs are turned: the share goes above, the expected .25 below."),
    (_scores(np.log), "That is the natural logarithm: take the logarithm to base 2."),
    (_scores(np.log10), "That is the logarithm to base 10: take it to base 2."),
    (
        _scores(more=0, below=28),
        "The pseudocount is missing: add 1 to each count, so that 28 sites count as 32.",
    ),
    (
        _scores(np.log, more=0, below=28),
        "The pseudocount is missing, and the logarithm is the natural one: take it to base 2.",
    ),
    (_scores(below=28), "You add 1 to each of four counts, so they add up to 32, not 28."),
    (_scores(below=29), "You add 1 to each of four counts, so they add up to 32, not 29."),
    (_scores(more=0), "You divide by 32, but add nothing to the counts: add 1 to each."),
    (_scores(more=0.25, below=29), "You share one pseudocount among the letters; here each letter gets 1."),
    (_scores(expected=1), "The expected share is missing: divide each share by .25 before the logarithm."),
    (_scores(expected=4), "You multiply by .25; divide each share by the .25 that chance expects."),
    (_scores(_itself, join=np.prod), "That is the product of the ratios: add up their logarithms to base 2."),
    (
        _scores(_itself, join=np.prod, expected=1),
        "That is the probability of the site: divide each share by .25, and take logarithms to base 2.",
    ),
    (_scores(_itself), "You add up the ratios: it is their logarithms to base 2 that are added."),
    (_scores(join=np.mean), "That is the mean over the four places: a score is the sum."),
    (_scores(_itself, more=0, below=1, expected=1), "Those are sums of counts: make log-odds of them first."),
)


def _judge_scores(answer) -> str | None:
    given = grid(answer, (2,), "Give two numbers: the score with T, and the score with C.")
    right = _scores()
    if np.allclose(given, right, rtol=0, atol=0.006):
        return None
    for wrong, told in _FAULTS_OF_SCORES:
        if np.allclose(given, wrong, rtol=0, atol=0.006):
            return told
    if np.isclose(given[1], right[1] - right[0], rtol=0, atol=0.01):
        return "The second number is the change; asked for is the score of AGCA itself."
    if np.isclose(given[0], right[0], rtol=0, atol=0.006):
        return (
            "The first is right. The second differs only at place 2: there C was seen once, "
            "log2(2 / 32 / .25) = -2."
        )
    if np.isclose(given[1], right[1], rtol=0, atol=0.006):
        return (
            "The second is right. The first differs only at place 2: there T was seen 27 times, "
            "log2(28 / 32 / .25)."
        )
    return (
        "For each place log2((count + 1) / 32 / .25); then the sum. A at place -1 gives "
        "log2(4 / 32 / .25) = -1."
    )


q3 = Exercise(
    hint=(
        "Look up the count of each of the four letters at its place, add 1 and divide by 32. Chance "
        "expects .25.",
        "For AGTA the ratios to .25 are 4/8, 29/8, 28/8 and 16/8; for AGCA the third is 2/8. Take log2 of "
        "each, and add up.",
    ),
    solve=two_scores_by_hand,
    judge=_judge_scores,
    praise=(
        "One letter takes 3.8 from the score: the odds that it is a donor are 14 times lower. GC is seen, "
        "though rarely: 1 of 28 here. Without the pseudocount a letter never seen would give minus "
        "infinity. No score here is a probability of a disease."
    ),
)


# 4. Which negatives for which question

_NEGATIVES = {
    ("1", "A"): "coding sequence has another composition, so the letters alone would answer.",
    ("1", "C"): "random pieces have another composition, so the letters alone would answer.",
    ("1", "D"): "the share of G and C is the same, but pairs such as CG still differ.",
    ("2", "A"): "hardly any of the windows that the program will see is coding.",
    ("2", "B"): "no window of a genome is a shuffled promoter.",
    ("2", "D"): "the windows that it will see were not chosen for their share of G and C, and are far more.",
    ("3", "A"): "it is asked about places rich in G and C, and coding sequence is something else.",
    ("3", "B"): "no place in a genome is a shuffled promoter.",
    ("3", "C"): "most random pieces are poor in G and C, so that share alone would answer.",
    ("4", "B"): "the other kind of piece that it is handed is coding, not shuffled.",
    ("4", "C"): "the other kind of piece that it is handed is coding, and random pieces hardly ever are.",
    ("4", "D"): "the other kind of piece that it is handed is coding, whatever its share of G and C.",
}
_NEGATIVE_OF = dict(zip("1234", "BCDA", strict=True))


def negatives_for_the_question():
    asked_for = {
        "beyond single letters and pairs": "B",  # shuffled, with the pairs kept
        "every window of a genome": "C",  # as many as there are
        "among places rich in G and C": "D",  # matched
        "promoter or coding": "A",
    }
    return "".join(asked_for.values())


def _choice_of(answer: Any) -> str | None:
    """Four letters in order, however they were written; None if they are not."""
    if not isinstance(answer, (str, list, tuple)):
        return None
    given = [
        str(one).strip().upper() for one in (answer.replace(",", "") if isinstance(answer, str) else answer)
    ]
    given = [one for one in given if one]
    return "".join(given) if len(given) == 4 and set(given) <= set("ABCDE") else None


def _judge_negatives(answer) -> str | None:
    if isinstance(answer, (set, frozenset)):
        return 'A set has no order: give a string of four letters, such as "ABCD", for questions 1 to 4.'
    if (choice := _choice_of(answer)) is None:
        return 'Give four letters from A to E in the order of the questions, such as "ABCD".'
    for (question, right), given in zip(_NEGATIVE_OF.items(), choice, strict=True):
        if given == "E":
            return f"Question {question}, E: promoters of mice are promoters; what is learnt is the species."
        if given != right:
            return f"Question {question}, {given}: {_NEGATIVES[question, given]}"
    return None


def _brief_on_negatives(answer) -> str | None:
    if (choice := _choice_of(answer)) is None:
        return None
    right = sum(one == other for one, other in zip(choice, _NEGATIVE_OF.values(), strict=True))
    return (
        f"{right} of your four letters {'is' if right == 1 else 'are'} right. Try again: then you are "
        "told why."
    )


_judge_negatives.at_first = _brief_on_negatives

q4 = Exercise(
    hint=(
        "Ask of each question: what will the program be shown that is no promoter? That is the negative set.",
        "In question 1 nothing but the order may differ. In 2 it sees all that a genome holds, in 3 a choice "
        "by G and C, in 4 two kinds. One of the sets fits no question.",
    ),
    solve=negatives_for_the_question,
    judge=_judge_negatives,
    praise=(
        "The same promoters give a different figure with each set. Without its negatives a figure says "
        "nothing."
    ),
)


# 5. A network that finds a word anywhere

LENGTH, WORD = 100, "TGACTCAG"  # of a sequence, and what is planted in it
_ENOUGH = 0.85  # of new sequences
_READERS = {"GRU", "LSTM", "SimpleRNN", "Bidirectional"}


def network_that_finds_a_word():
    def build():
        import keras
        from keras import layers

        sequence = keras.Input((100, 4))
        x = layers.Conv1D(32, 8, activation="relu")(sequence)  # each filter a word of 8 letters
        x = layers.GlobalMaxPooling1D()(x)  # its best place
        return keras.Model(sequence, layers.Dense(1, activation="sigmoid")(x))

    return build


def _planted(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of letters drawn evenly, one-hot, and whether the word is in them.

    In a fifth of them one letter of the word is another. The others have its letters at one place, in random
    order.
    """
    rng = np.random.default_rng(seed)
    sequence, y, rows = rng.integers(0, 4, (count, LENGTH)), rng.integers(0, 2, count), np.arange(count)
    word = np.tile(["ACGT".index(letter) for letter in WORD], (count, 1))
    change = (rng.random(count) < 0.2) * rng.integers(1, 4, count)
    word[rows, rng.integers(0, len(WORD), count)] += change
    places = rng.integers(0, LENGTH - len(WORD) + 1, (count, 1)) + np.arange(len(WORD))
    sequence[rows[:, None], places] = np.where(y[:, None], word, rng.permuted(word, axis=1)) % 4
    return np.eye(4, dtype="float32")[sequence], y.astype("float32")


def _judge_network(build) -> str | None:
    if hasattr(getattr(build, "__wrapped__", build), "layers"):
        return "Give the function that builds the network, not the network: it is built and trained here."
    model = build()
    if not callable(getattr(model, "predict", None)) or not hasattr(model, "layers"):
        return "Your function should return a Keras model, not trained."
    if not getattr(model, "built", False):
        return "It does not know the shape of its input: begin with keras.Input((100, 4))."
    shapes = [tuple(one.shape[1:]) for one in model.inputs]
    if shapes == [(4, LENGTH)]:
        return "Its input is turned: (100, 4), the places first and the letters last."
    if shapes != [(LENGTH, 4)]:
        return f"It should take one sequence of (100, 4) numbers, not {shapes}."
    if wrong := _fault_of_its_output(model):
        return wrong
    return _fault_of_its_answers(model) or _fault_of_what_it_learnt(model)


def _fault_of_its_output(model) -> str | None:
    shape = tuple(model.output_shape)
    if len(shape) == 3:
        return f"It gives {shape}, an answer for each place: take the maximum over the places first."
    if shape != (None, 1):
        return f"It should give one probability a sequence, (None, 1), not {shape}."
    last = getattr(getattr(model.layers[-1], "activation", None), "__name__", "sigmoid")
    if last in ("relu", "linear", "tanh"):
        return f"Its last activation is {last}, which makes no probability: take the sigmoid."
    return None if model.trainable_weights else "Nothing in it can learn."


def _layers(model) -> list:
    """Every layer of a model, those within other models included."""
    return [layer for one in getattr(model, "layers", []) for layer in (one, *_layers(one))]


def _say(model, x: np.ndarray) -> np.ndarray:
    """What the model says, in NumPy: for a few cases quicker than predict."""
    import keras

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of a softmax of one number, and so do we
        return keras.ops.convert_to_numpy(model(x, training=False)).astype(float)[:, 0]


def _fault_of_its_answers(model) -> str | None:
    """What can be told before it is trained."""
    x, _ = _planted(200, seed=1)
    p = _say(model, x)
    if not ((p >= 0) & (p <= 1)).all():
        return "It gives numbers outside 0 to 1, and should give a probability: the sigmoid is missing."
    if (p == 1).all():
        return "It gives 1 for every sequence: a softmax of one number is 1. For yes or no take the sigmoid."
    return _fault_of_composition(model, x)


def _fault_of_composition(model, x: np.ndarray) -> str | None:
    p, shuffled = _say(model, x), _say(model, x[:, np.random.default_rng(3).permutation(LENGTH)])
    if np.ptp(p) < 1e-4 or not np.allclose(p, shuffled, atol=1e-5):
        return None
    return (
        "Shuffle the letters of a sequence, and it says the same: it sees how many there are of each, and "
        "here that says nothing. Let Conv1D look at neighbours, with a kernel as long as the word."
    )


def _fault_of_what_it_learnt(model) -> str | None:
    import keras

    (x, y), (x_new, y_new) = _planted(2000, seed=4), _planted(1000, seed=5)
    compiled = keras.backend.backend() == "jax"  # which crawls without; the others would compile too long
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", jit_compile=compiled)
    kinds = {type(one).__name__ for one in _layers(model)}
    slow = _READERS & kinds and not {"Conv1D", "Conv2D"} & kinds  # a hundred steps for each sequence
    for _ in range(2 if slow else 6):  # a convolution is mostly done after one
        model.fit(x, y, batch_size=100, epochs=2, shuffle=False, verbose=0)
        right = np.mean((_say(model, x_new) > 0.5) == y_new)
        if right >= _ENOUGH:
            return None
    return _fault_of_composition(model, x_new) or _why_it_fails(model, right, _say(model, x_new))


def _why_it_fails(model, right: float, p: np.ndarray) -> str:
    kinds = {type(one).__name__ for one in _layers(model)}
    filters = [one for one in _layers(model) if type(one).__name__ == "Conv1D"]
    found = f"Trained, it is right about {right:.0%} of new sequences, and a coin about half."
    if "Permute" in kinds:
        return f"{found} Do not turn the input: Conv1D walks along the first axis, and that is the places."
    if not filters and _READERS & kinds:
        return (
            f"{found} Letter by letter it would need longer than this check has: put Conv1D in front, and it "
            "reads words."
        )
    if not filters and "Conv2D" not in kinds:
        return (
            f"{found} Each place has weights of its own, so the word is learnt anew at each of 93. Conv1D "
            "looks for it everywhere with the same weights."
        )
    return f"{found} {_why_filters_fail(kinds, filters, p)}"


def _why_filters_fail(kinds: set[str], filters: list, p: np.ndarray) -> str:
    seen, count = (filters[0].kernel_size[0], filters[0].filters) if len(filters) == 1 else (8, 8)
    if seen < 6:
        return f"Its filters see {seen} at a time; the word has 8 letters."
    if "Flatten" in kinds:
        return (
            "Behind Flatten each place has weights of its own again: take the maximum over the places in its "
            "stead, layers.GlobalMaxPooling1D()."
        )
    if np.ptp(p) < 0.02:
        return f"It says {p[0]:.2f} for every sequence: does the sequence reach the output?"
    if count < 8:
        return f"Of {count} filters all may begin too far from the word to learn it: take 32."
    if "GlobalAveragePooling1D" in kinds:
        return "The mean over 93 places thins out the one that matches: take GlobalMaxPooling1D."
    return "Conv1D(32, 8, activation='relu') looks for the word; then take the maximum over the places."


q5 = Exercise(
    hint=(
        "Three steps: filters as long as the word look at each place; of each filter only the best place "
        "counts; and from these numbers comes one probability.",
        "layers.Conv1D(32, 8, activation='relu') and layers.GlobalMaxPooling1D(), then "
        "layers.Dense(1, activation='sigmoid').",
    ),
    solve=network_that_finds_a_word,
    judge=_judge_network,
    praise=(
        "It was told neither the word nor its place. A dense layer on the same 2,000 sequences stays at "
        "chance: it would have to learn the word once for each place."
    ),
)


# 6. A contaminated test


_PALINDROME = "CCATGCATGG"


def contaminated_sequences():
    def contaminated(train, test):
        partner = str.maketrans("ACGT", "TGCA")
        known = {sequence.upper() for sequence in train}
        known |= {sequence[::-1].translate(partner) for sequence in known}
        return sum(sequence.upper() in known for sequence in test)

    return contaminated


def _turned(sequence: str) -> str:
    return sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))


def _two_parts() -> tuple[list[str], list[str]]:
    """A training and a test part, in which each typical mistake counts another number."""
    rng = np.random.default_rng(21)
    word = iter("".join(rng.choice([*"ACGT"], 12)) for _ in range(99))
    same, other, small, back, turned, piece, clean = (
        [next(word) for _ in range(count)] for count in (2, 5, 4, 6, 2, 3, 7)
    )
    train = [*same, *other, *map(str.lower, small), *back, *turned, *piece, _PALINDROME]
    train += 4 * [same[1]]  # stands there five times
    test = [*same, *2 * [same[0]], _PALINDROME, *clean]  # the first stands there three times
    test += [*map(str.lower, other[:3]), *small[:2], _turned(small[2])]
    test += [*map(_turned, back), *(_turned(one).lower() for one in other[3:])]
    test += [*(one[::-1] for one in turned), *(_turned(one)[::-1] for one in [*turned, small[3]])]
    return train, [*test, *(one[:10] for one in piece)]


def _kinds_of_counts(train: list[str], test: list[str]) -> tuple[tuple[float, str], ...]:
    """What typical mistakes count, and what each is told."""
    upper, capital = [one.upper() for one in train], [one.upper() for one in test]
    known = {*upper, *map(_turned, upper)}
    right = sum(one in known for one in capital)
    return (
        (
            sum(one in set(train) for one in test),
            "You compare the sequences as they stand: small letters and the other strand escape you.",
        ),
        (
            len(set(train) & set(test)),
            "set(train) & set(test) counts what differs, and as it stands: small letters, the other strand "
            "and repeats escape you.",
        ),
        (sum(one in set(upper) for one in capital), "The other strand is missing: compare its letters, too."),
        (
            sum(one in {*train, *map(_turned, train)} for one in test),
            "Sequences in small letters escape you: take .upper() of both sides.",
        ),
        (
            sum(one in {*train, *map(_turned, train)} for one in capital),
            "A training sequence in small letters escapes you: take .upper() there as well.",
        ),
        (
            sum(one in known for one in test),
            "A test sequence in small letters escapes you: take .upper() of the test part, too.",
        ),
        (
            len(known & set(capital)),
            "One that is in the test part three times counts once with you: each of them is scored.",
        ),
        (
            sum((one in upper) + (_turned(one) in upper) for one in capital),
            "CCATGCATGG is its own reverse complement, and counts twice with you: each test sequence "
            "counts once.",
        ),
        (
            sum(upper.count(one) + (_turned(one) != one) * upper.count(_turned(one)) for one in capital),
            "One that is in training five times counts five times with you: count test sequences.",
        ),
        (
            sum(upper.count(one) + upper.count(_turned(one)) for one in capital),
            "You count pairs: a test sequence counts once, however often it is in training.",
        ),
        (
            sum(one in {*upper, *(other[::-1] for other in upper)} for one in capital),
            "Backwards is not the other strand: each letter needs its partner as well.",
        ),
        (
            sum(one in {*upper, *(_turned(other)[::-1] for other in upper)} for one in capital),
            "The other strand is read the other way: turn the order round as well.",
        ),
        (
            sum(any(one in other for other in known) for one in capital),
            "A piece of a longer sequence counts with you; asked for is what is identical.",
        ),
        (
            sum(one in {*capital, *map(_turned, capital)} for one in upper),
            "You count training sequences that are in the test part: count the test's.",
        ),
        (right / len(test), "That is their share: return how many there are."),
        (len(test) - right, "Those are the test sequences that are clean."),
    )


def _judge_contaminated(contaminated) -> str | None:
    train, test = _two_parts()
    given = contaminated(list(train), list(test))
    if isinstance(given, (set, frozenset, list, tuple, dict)):
        return "Return how many there are, not the sequences themselves."
    right = contaminated_sequences()
    otherwise = (
        f"Here {right(train, test)} of {len(test)} test sequences stand in training, on either strand and in "
        f"either case; you count {given}. For each test sequence ask once whether it is known."
    )
    if wrong := number(right(train, test), dict(_kinds_of_counts(train, test)), otherwise)(given):
        return wrong
    for train, test in (
        (["NACGT"], ["ACGTN", "NACGT"]),
        (["acg", "TTT"], ["aaa", "CGT", "AAG"]),
        (["A"], ["G"]),
    ):
        if (given := contaminated(list(train), list(test))) != right(train, test):
            return f"Of {test} {right(train, test)} stand in {train}, and you count {given}."
    return None


q6 = Exercise(
    hint=(
        "Bring all to one case. Then collect what training holds: each sequence, and its reverse complement.",
        "known = {s.upper() for s in train}; add the reverse complement of each; then "
        "sum(s.upper() in known for s in test).",
    ),
    solve=contaminated_sequences,
    judge=_judge_contaminated,
    praise=(
        "Four lines, and they find what a published test held. Near copies escape them: for these count "
        "shared words."
    ),
)


# 7. Significant by chance


def what_chance_gives():
    genes, level = 7129, 0.01
    return genes * level, 0.05 / genes  # how many by chance, and how small p must be (Bonferroni)


_TOO_FEW = {
    0: "The first number is 0 with you; but p < .01 is one gene in a hundred even if nothing differs.",
    0.01: "The first number is the probability for one gene: there are 7,129.",
    0.38: "The first number is multiplied by the patients: there is a test for each gene.",
    0.72: "The first number is multiplied by the patients: there is a test for each gene.",
    1: "The first number is the probability that there is at least one; asked for is how many.",
}
_HOW_MANY = {
    356.45: "The first number takes p < .05; asked for is p < .01.",
    712.9: "The first number takes .1; p < .01 is one gene in a hundred.",
    7.129: "The first number takes .001; p < .01 is one gene in a hundred.",
    7057.71: "The first number is how many have a larger p.",
}
_OF_PATIENTS = "The second number shares .05 among the patients; it is genes that are tested."
_HOW_SMALL = {
    0.05: "The second number is the level for one test; with 7,129 tests it is shared among them.",
    0.01: "The second number is the level for one test; .05 is shared among 7,129.",
    0.01 / 7129: "The second number shares .01; the probability allowed here is .05.",
    0.05 / 71.29: "The second number shares .05 among 71 genes, or is in per cent: 7,129 were tested.",
    0.05 / 72: _OF_PATIENTS,
    0.05 / 38: _OF_PATIENTS,
    0.05 * 7129: "The second number is multiplied: divide .05 by 7,129.",
    0.95
    ** (1 / 7129): "The second number is the probability of no error in one test: take it from 1, or divide.",
    1
    - 0.95
    ** (1 / 7129): "The second number is Šidák's, for independent genes. Bonferroni divides .05 by 7,129.",
}


def _judge_chance(answer) -> str | None:
    first, second = grid(answer, (2,), "Give two numbers: how many genes, and how small p must be.")
    if np.isclose(second, 71.29, atol=0.51) and first < 0.001:
        return "Exchange the two: first how many genes, then how small p must be."
    many = "The first number: without any difference, one gene in a hundred has p < .01."
    small = "The second number: 7,129 tests share the .05."
    few = first < 2
    wrong = number(71.29, _TOO_FEW if few else _HOW_MANY, many, tolerance=0.005 if few else 0.51)(first)
    if wrong or second <= 0:
        return wrong or small
    logarithms = {np.log10(value): told for value, told in _HOW_SMALL.items()}
    return number(np.log10(0.05 / 7129), logarithms, small, tolerance=0.002)(np.log10(second))


q7 = Exercise(
    hint=(
        "If nothing differs, p is below .01 with a probability of .01, for each gene. How many genes are "
        "there?",
        "7,129 · .01 for the first. For the second, 7,129 tests share a probability of .05: .05 / 7,129.",
    ),
    solve=what_chance_gives,
    judge=_judge_chance,
    praise=(
        "If a table shows 713 genes with p < .01, about one in ten of them would be there by chance: that "
        "share is the false discovery rate. Genes go together, so in one table it can be far fewer than "
        "71, or far more."
    ),
)


# 8. Choosing inside the folds


def choosing_inside():
    from sklearn.linear_model import LogisticRegression

    def best_genes(x, y, k):
        gap = x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0)
        spread = x[y == 1].std(axis=0) + x[y == 0].std(axis=0)
        return np.argsort(-np.abs(gap) / spread)[:k]

    def cross_validate(x, y, folds, k):
        score = np.zeros(len(y))
        for fold in np.unique(folds):
            train, test = folds != fold, folds == fold
            genes = best_genes(x[train], y[train], k)  # for each fold anew, without its patients
            model = LogisticRegression().fit(x[train][:, genes], y[train])
            score[test] = model.decision_function(x[test][:, genes])
        return score

    return cross_validate


def _expression(genes: int, *, differ: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sixty patients: genes, labels that a coin decided and that `differ` genes follow, and five folds."""
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(60, genes)), rng.permutation(np.repeat([0, 1], 30))
    x[:, :differ] += 1.5 * y[:, None]
    return x, y, rng.permutation(np.repeat([2, 3, 5, 7, 9], 12))


def _auroc(y: np.ndarray, score: np.ndarray) -> float:
    gap = score[y == 1][:, None] - score[y == 0]
    return float(np.mean((gap > 0) + 0.5 * (gap == 0)))


def _judge_selection(cross_validate) -> str | None:
    says = "Return one score for each of the 60 patients, as the function did before."

    def scores(x, y, folds, k=10):
        return grid(cross_validate(x.copy(), y.copy(), folds.copy(), k), (60,), says)

    x, y, folds = _expression(600)
    given = scores(x, y, folds)
    if not np.isfinite(given).all():
        return "Some scores are no numbers (nan)."
    if not np.array_equal(given, scores(x, y, folds)):
        return "Two calls with the same data give different scores: nothing here needs chance."
    return (
        _fault_of_filling(given, folds)
        or _fault_of_place(scores, given, x, y, folds)
        or _fault_of_scaling(scores, given, x, y, folds)
        or _fault_of_finding(scores)
    )


def _fault_of_filling(given: np.ndarray, folds: np.ndarray) -> str | None:
    filled = [fold for fold in np.unique(folds) if np.ptp(given[folds == fold]) > 0]
    if not filled:
        return "All patients of a fold have the same score: nothing was predicted."
    if len(filled) == 1:
        return "Only one fold has scores: let return stand behind the loop, not in it."
    if len(filled) < 5:
        return f"Only {len(filled)} of the 5 folds have scores: take the folds from np.unique(folds)."
    if len(np.unique(given)) == 2:
        return "You return classes: the AUROC needs scores, such as model.decision_function(...)."
    return None


def _fault_of_place(scores, given, x, y, folds) -> str | None:
    """Whether the labels of a fold change the scores of its own patients, as they must not."""
    for fold in np.unique(folds):
        own = folds == fold
        other = y.copy()
        other[own] = np.sort(y[own])  # as many of each class, but other patients
        if not np.allclose(scores(x, other, folds)[own], given[own]):
            break
    else:
        return None
    found = (
        f"Labels were shuffled, so nothing can be found, and yours has an AUROC of {_auroc(y, given):.2f}:"
    )
    known = (
        (dict(choose="all"), "the genes are still chosen on all patients. Move that line into the loop."),
        (
            dict(choose="test"),
            "the genes are chosen on the patients of the fold that is to be predicted. Choose on x[train], "
            "y[train].",
        ),
        (
            dict(fit="all"),
            "the genes are chosen inside, but the model is fitted on all. Fit on the training part.",
        ),
        (
            dict(choose="all", fit="all"),
            "genes and model have seen all patients. Choose and fit on the training part of each fold.",
        ),
        (
            dict(choose="first"),
            "the genes are chosen once, without the first fold, and the other folds are in that choice. "
            "Choose anew for each.",
        ),
    )
    for fault, told in known:
        if np.allclose(given, _faulty(x, y, folds, **fault)):
            return f"{found} {told}"
    return (
        f"{found} when the labels within a fold are exchanged, the scores of its patients change, so their "
        "own labels have come in. Choose and fit on the training part of each fold alone."
    )


def _faulty(x, y, folds, *, choose: str = "train", fit: str = "train") -> np.ndarray:
    """What `cross_validate` gives if it chooses genes or fits on other patients."""
    from sklearn.linear_model import LogisticRegression

    everyone, score = np.ones(len(y), bool), np.zeros(len(y))
    for fold in np.unique(folds):
        test = folds == fold
        parts = {"all": everyone, "test": test, "train": ~test, "first": folds != folds.min()}
        one, other = x[parts[choose]][y[parts[choose]] == 1], x[parts[choose]][y[parts[choose]] == 0]
        strength = np.abs(one.mean(axis=0) - other.mean(axis=0)) / (one.std(axis=0) + other.std(axis=0))
        genes = np.argsort(-strength)[:10]
        model = LogisticRegression().fit(x[parts[fit]][:, genes], y[parts[fit]])
        score[test] = model.decision_function(x[test][:, genes])
    return score


def _fault_of_scaling(scores, given, x, y, folds) -> str | None:
    """Whether the genes of one patient change the scores of the others in the same fold."""
    others, x = (folds == 2) & (np.cumsum(folds == 2) > 1), x.copy()
    x[np.argmax(folds == 2)] *= 50
    if np.allclose(scores(x, y, folds)[others], given[others]):
        return None
    return (
        "No label leaks. But when the genes of one patient change, so do the scores of others in that "
        "fold: was something scaled on all patients? Fit it on the training part."
    )


def _fault_of_finding(scores) -> str | None:
    x, y, folds = _expression(12, differ=4)
    given, own = scores(x, y, folds, 3), folds == 5
    if (found := _auroc(y, given)) < 0.3:
        return f"No leak is left, but where genes differ it finds {found:.2f}: is that the score of class 0?"
    if found < 0.75:
        return f"No leak is left, but where 4 of 12 genes differ it finds only {found:.2f}."
    changed = [x + np.outer(own, 4 * (np.arange(12) == gene)) for gene in range(12)]
    used = sum(not np.allclose(scores(one, y, folds, 3)[own], given[own]) for one in changed)
    if used != 3:
        return f"No leak is left. But with k = 3, {used} of 12 genes enter the score of a fold."
    return None


q8 = Exercise(
    hint=(
        "Which lines have seen the patients of the fold that is to be predicted? Their labels chose the "
        "genes.",
        "Inside the loop: genes = best_genes(x[train], y[train], k), and then fit and predict with these "
        "columns.",
    ),
    solve=choosing_inside,
    judge=_judge_selection,
    praise=(
        "On shuffled labels the first function reaches more than .9, yours what chance gives. A Pipeline "
        "with SelectKBest does the same and cannot forget it."
    ),
)


# 9. The C-index of five patients


def c_index_of_five():
    time, died = [4, 7, 9, 12, 15], [1, 0, 1, 1, 0]
    risk = [0.7, 0.6, 0.8, 0.8, 0.3]
    pairs = [(i, j) for i in range(5) for j in range(5) if died[i] and time[i] < time[j]]
    return sum((risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j]) for i, j in pairs) / len(pairs)


q9 = Exercise(
    hint=(
        "A pair can be compared if the one with the shorter time died. B was censored at 7 months: nobody "
        "knows whether B lived longer than C, D or E.",
        "Seven pairs can be compared: A with B, C, D, E; C with D, E; D with E. Right order counts 1, equal "
        "scores one half.",
    ),
    solve=c_index_of_five,
    judge=number(
        4.5 / 7,
        {
            5.5 / 10: "You count all 10 pairs, as if B and E had died. B was censored at 7: with C, D and E "
            "nobody knows who lived longer.",
            4.5 / 10: "4.5 is right above, but only 7 of the 10 pairs can be compared.",
            4 / 7: "C and D have equal scores: that pair counts one half, not 0.",
            5 / 7: "C and D have equal scores: that pair counts one half, not 1.",
            4 / 6: "You leave out C and D since their scores are equal; that pair counts one half of 1.",
            4 / 10: "You count all 10 pairs below, and equal scores as 0. Seven pairs can be compared.",
            2.5 / 7: "The order is turned: a higher score should go with a shorter time.",
            0.5
            / 3: "You compare only those who died. Who was censored later than a death lived longer, so A "
            "and B, or A and E, can be compared.",
            3.5 / 6: "A and B can be compared: B was alive at 7 months, and A died at 4.",
            1.5 / 4: "E can be compared with A, C and D: E was alive when they died.",
            4.5: "Divide by the number of pairs that can be compared.",
            7: "That is how many pairs can be compared. In how many does the one who lived "
            "less long have the higher score?",
            64: "Give a share between 0 and 1, not per cent.",
        },
        "List the pairs in which the shorter time ended in death; count 1 where the higher score has the "
        "shorter time, and one half where scores are equal.",
    ),
    praise=(
        "A coin reaches .5. Of ten pairs three say nothing: the more are censored early, the fewer pairs a "
        "C-index rests on."
    ),
)


# 10. What the paper may say

_SENTENCES = {
    "A": "the genes go with relapse; what goes with it need not cause it. Tumours that divide quickly change "
    "thousands of genes at once.",
    "B": "it says how the figure was made, and the genes were chosen without the patients who are scored.",
    "C": "23 of 100 random sets do as well, so that this one does well tells nothing about its genes.",
    "D": "it sets the result beside what any 70 genes reach. That belongs in the paper.",
    "E": "each disease has its own hospital: the genes may tell hospitals apart, and a new hospital was "
    "never seen.",
    "F": "each disease has its own hospital, so a correction takes away both differences or leaves both.",
    "G": "the interval of the difference is given, it holds 0, and no more is said than that.",
    "H": "relapse was rare with a low score under the treatment of the time. That less is as safe, a trial "
    "must show.",
    "I": "an interval that holds 0 does not show that there is nothing: up to .06 is possible.",
}


def sentences_that_may_stand():
    claims_a_cause = {"A": "cause relapse", "H": "can do without chemotherapy"}
    forgets_random_genes = {"C": "these are the genes that matter"}
    forgets_the_hospital = {"E": "in a new hospital", "F": "corrected"}
    takes_not_shown_for_not_there = {"I": "add nothing"}
    return {*"ABCDEFGHI"} - {
        *claims_a_cause,
        *forgets_random_genes,
        *forgets_the_hospital,
        *takes_not_shown_for_not_there,
    }


q10 = Exercise(
    hint=(
        "Ask of each: could these very data look the same if the sentence were false?",
        "Three may stand: each says what was computed, how, and beside what. The others claim a cause, "
        "forget random genes or the hospital, or take “not shown” for “not there”.",
    ),
    solve=sentences_that_may_stand,
    judge=letters("BDG", _SENTENCES, called="sentence", innocent="may not stand"),
    praise="A signature must be compared with what is known without it, and with genes drawn at random.",
)
