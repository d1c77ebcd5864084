"""The exercises of notebook 33. The fourth trains a network, and imports Keras when it is handed one."""

from __future__ import annotations

import itertools
import re
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number

# 1. Find the leak

_PLANS = {
    "A": "each template is on both sides, so the test asks for wordings that training has seen. Keep the "
    "notes of a template, or of a clinic, on one side.",
    "B": "how common a word is was counted in the test texts, too. It moves the figure little, but fit "
    "TF-IDF on the training texts alone.",
    "C": "a note that was copied is in training and in the test, word for word. Split first, then copy.",
    "D": "copies are made after the split, and in training alone: no test note is among them.",
    "E": "of a text that stands twice, one copy is in training and one in the test, under another label. "
    "This leak makes the figure worse, and it is one.",
    "F": "no drug is on both sides, so a name learnt in training tells nothing about a test review.",
    "G": "the summary is written when she leaves, and names the diagnosis. At the door it does not exist.",
    "H": "that is the task itself: the coder has the same summary, and nothing else.",
}


def plans_that_leak():
    the_same_text_on_both_sides = {"C": "copies of a note", "E": "the same abstract, under two labels"}
    the_same_wording_on_both_sides = {"A": "templates"}
    learnt_from_the_test = {"B": "how common each word is"}
    written_after_the_answer = {"G": "the discharge summary, at the door"}
    return {
        *the_same_text_on_both_sides,
        *the_same_wording_on_both_sides,
        *learnt_from_the_test,
        *written_after_the_answer,
    }


q1 = Exercise(
    hint=(
        "Ask twice of each: is a test text, or something counted from it, in training? And does the text "
        "exist at the moment when the model is asked?",
        "Five leak. In two of them the same text is on both sides, in one the same wording; one counts "
        "words in the test texts, and one comes too late.",
    ),
    solve=plans_that_leak,
    judge=letters("ABCEG", _PLANS, called="plan", innocent="is sound"),
    praise="The same summary leaks in G and not in H: what counts is when the model is asked.",
)


# 2. Two notes, one bag

_MARKS = ",;:.!?"
_DENY = {"no", "not", "nor", "never", "without", "deny", "denies", "denied"}
_DENIED_AFTER = {"absent", "denied", "negative", "no", "none", "not"}
_STOPS = {"but", "however", ";", ".", "!", "?"}
_MAY_STOP = {",", ":", "and", "or", "with", "yet", "though"}


def two_notes_with_one_bag():
    return "fever but no cough", "cough but no fever"


def _judge_notes(answer: Any) -> str | None:
    if not isinstance(answer, (tuple, list)) or len(answer) != 2 or {*map(type, answer)} != {str}:
        return 'Give two notes, such as ("no rash", "rash").'
    first, second = (re.findall(rf"[a-z0-9']+|[{_MARKS}]", note.lower()) for note in answer)
    if any(note.count("fever") != 1 for note in (first, second)):
        return "Let the word fever be in each of the notes, once."
    if wrong := _fault_of_bags(first, second):
        return wrong
    if first == second:
        return "Both are the same note: put the words of the second in another order."
    says = [_denies_fever(note) for note in (first, second)]
    if None in says:
        return (
            f'The bags are equal. But of "{answer[says.index(None)]}" a reader cannot tell whether there is '
            "fever: let each no have one clear end, such as the word but."
        )
    if says == [True, False]:
        return "The bags are equal, but the notes are exchanged: fever is there in the first."
    if says[0] == says[1]:
        return (
            f"The bags are equal, but both notes {'deny fever' if says[0] else 'say that there is fever'}: "
            "only the second should deny it. What does each no stand before?"
        )
    return None


def _fault_of_bags(first: list[str], second: list[str]) -> str | None:
    """Which words one note has more often than the other."""
    one, other = (Counter(word for word in note if word[0] not in _MARKS) for note in (first, second))
    more = {"the first": one - other, "the second": other - one}
    said = [f"{name} has {', '.join(sorted(left.elements())[:5])}" for name, left in more.items() if left]
    return f"The bags differ: beyond what both have, {' and '.join(said)}." if said else None


def _denies_fever(note: list[str]) -> bool | None:
    """Whether the words deny fever; None where a reader could understand it one way or the other."""
    at = note.index("fever")
    if _denied_behind([word for word in note[at + 1 :] if word not in {":", "is", "was"}]):
        return True
    near, far = (_cues_before(note[:at], stops) for stops in (_STOPS | _MAY_STOP, _STOPS))
    if near > 1 or (near == 0) != (far == 0):
        return None
    return near == 1


def _denied_behind(behind: list[str]) -> bool:
    """Whether the words behind a finding deny it: "absent", or a "no" that stands before no other word."""
    if not behind or behind[0] not in _DENIED_AFTER:
        return False
    belongs_to_the_next = len(behind) > 1 and behind[1] not in _STOPS and behind[1] not in _MARKS
    return behind[0] in {"absent", "negative", "none"} or not belongs_to_the_next


def _cues_before(before: list[str], stops: set[str]) -> int:
    near = itertools.takewhile(lambda word: word not in stops, reversed(before))
    return sum(word in _DENY for word in near)


q2 = Exercise(
    hint=(
        "A bag holds each word and how often it is there; the order is lost. What, in a sentence, does the "
        "word no belong to?",
        "Take the words fever, cough, but, no. In the first note, let no stand before cough.",
    ),
    solve=two_notes_with_one_bag,
    judge=_judge_notes,
    praise="To a bag of words these two patients are one: whatever is trained on it, it answers them alike.",
)


# 3. The scope of a negation


def scope_of_a_negation():
    cues, ends = {"no", "not", "denies", "without"}, {"but", "however", ";"}

    def negated(tokens, position):
        for token in reversed(tokens[max(position - 5, 0) : position]):
            if token.lower() in ends:
                return False
            if token.lower() in cues:
                return True
        return False

    return negated


# Sentence, its finding, whether it is negated, and what is said if the answer differs.
_SENTENCES = (
    (
        "since Monday she has been without fever .",
        "fever",
        True,
        "“without” stands just before it, and nothing ends its scope.",
    ),
    ("since Monday she has had a fever .", "fever", False, "there is no cue in the sentence."),
    (
        "since Monday she has fever , but no cough .",
        "fever",
        False,
        "the cue stands behind the finding: look only at the tokens before it.",
    ),
    (
        "the CT shows a nodule with effusion .",
        "effusion",
        False,
        "the letters “no” are in “nodule”, but the token is another: compare whole tokens.",
    ),
    (
        "CHEST X-RAY OF MONDAY SHOWS NO PNEUMONIA .",
        "PNEUMONIA",
        True,
        "a cue may be written in capitals: compare token.lower().",
    ),
    (
        "no fever since he came home on Monday evening .",
        "fever",
        True,
        "it is the second token: position - 5 is negative, and words[-4:1] counts from the end. Begin at "
        "max(position - 5, 0).",
    ),
    (
        "there is no cough but fever .",
        "fever",
        False,
        "“but” stands between the cue and the finding, and ends the scope.",
    ),
    ("there is no cough ; fever since Monday .", "fever", False, "“;” ends the scope as well."),
    (
        "THERE IS NO COUGH BUT FEVER .",
        "FEVER",
        False,
        "“BUT” ends the scope in capitals, too.",
    ),
    (
        "he has a cough but no fever .",
        "fever",
        True,
        "“but” stands before the cue: only what is between cue and finding ends the scope.",
    ),
    (
        "since Monday there was no fever but a cough .",
        "fever",
        True,
        "“but” stands behind the finding: only what is between cue and finding ends the scope.",
    ),
    (
        "there is no cough but no fever .",
        "fever",
        True,
        "“but” ends the scope of the first cue; behind it stands another. Go backwards from the finding: "
        "what you meet first decides.",
    ),
    (
        "he has no pain in chest or back and fever .",
        "fever",
        False,
        "the cue stands seven tokens before it, and the scope is five.",
    ),
    (
        "there is no cough , chills , or fever .",
        "fever",
        False,
        "the cue stands six tokens before it: the scope is five, and a comma is a token.",
    ),
    (
        "there is no cough or chills or fever .",
        "fever",
        True,
        "the cue is the fifth token before it, and that is still within.",
    ),
)


def _judge_negated(negated) -> str | None:
    for sentence, finding, right, told in _SENTENCES:
        tokens = sentence.split()
        given = negated(list(tokens), tokens.index(finding))
        if not isinstance(given, (bool, int, np.bool_, np.integer)):
            return "Return True or False."
        if bool(given) != right:
            return f"“{sentence}”: “{finding}” is {'' if right else 'not '}negated: {told}"
    return None


q3 = Exercise(
    hint=(
        "Walk backwards from the finding, five tokens at most. Which of the two, a cue or an end, do you "
        "meet first?",
        "for token in reversed(words[max(position - 5, 0) : position]): return False at an end, True at a "
        "cue, each compared with token.lower(); and False if the loop comes to its end.",
    ),
    solve=scope_of_a_negation,
    judge=_judge_negated,
    praise=(
        "Six words, three ends and a scope: that is the rule. It is wrong where a list is longer than the "
        "scope: a doctor who writes “no cough, chills, or fever” denies all three."
    ),
)


# 4. A network that reads the order

LENGTH, WORDS = 30, 60  # of a note, and how many words there are
_FILLER, _NO, _FEVER, _COUGH = 5, 2, 3, 4  # from 5 on, any other word
_ENOUGH = 0.95  # of new notes


def network_that_reads_the_order():
    def build():
        import keras
        from keras import layers

        words = keras.Input((30,), dtype="int32")
        x = layers.Embedding(60, 16)(words)
        x = layers.Conv1D(16, 3, activation="relu")(x)  # three neighbours at a time
        x = layers.GlobalMaxPooling1D()(x)
        return keras.Model(words, layers.Dense(1, activation="sigmoid")(x))

    return build


def _notes(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Notes as numbers of words, and whether the fever is there.

    In each stand no, fever and cough, once: either "no fever" and elsewhere cough, or "no cough" and fever.
    """
    rng = np.random.default_rng(seed)
    x, y = rng.integers(_FILLER, WORDS, (count, LENGTH)), rng.integers(0, 2, count)
    places = np.array([pair for pair in np.ndindex(LENGTH - 1, LENGTH) if pair[1] - pair[0] not in (0, 1)])
    (no, other), rows = places[rng.integers(0, len(places), count)].T, np.arange(count)
    x[rows, no] = _NO
    x[rows, no + 1], x[rows, other] = np.where(y, [[_COUGH], [_FEVER]], [[_FEVER], [_COUGH]])
    return x.astype("int32"), y.astype("float32")


def _judge_network(build) -> str | None:
    if hasattr(getattr(build, "__wrapped__", build), "layers"):
        return "Give the function that builds the network, not the network: it is built and trained here."
    model = build()
    if not callable(getattr(model, "predict", None)) or not hasattr(model, "layers"):
        return "Your function should return a Keras model, not trained."
    if not getattr(model, "built", False):
        return "It does not know the shape of its input: begin with keras.Input((30,))."
    shapes = [tuple(one.shape[1:]) for one in model.inputs]
    if shapes != [(LENGTH,)]:
        return f"It should take a note of (30,) numbers, not {shapes}: the Embedding makes vectors of them."
    if tuple(model.output_shape) != (None, 1):
        return f"It should give one probability a note, (None, 1), not {tuple(model.output_shape)}."
    return _fault_of_its_layers(model) or _fault_of_its_answers(model) or _fault_of_what_it_learnt(model)


def _layers(model) -> list:
    """Every layer of a model, those within other models included."""
    return [layer for one in getattr(model, "layers", []) for layer in (one, *_layers(one))]


def _fault_of_its_layers(model) -> str | None:
    few = [one.input_dim for one in _layers(model) if getattr(one, "input_dim", WORDS) < WORDS]
    if few:
        return f"The numbers of words run from 0 to 59: an Embedding needs 60 rows, not {few[0]}."
    last = getattr(getattr(model.layers[-1], "activation", None), "__name__", "sigmoid")
    if last in ("relu", "linear", "tanh"):
        return f"Its last activation is {last}, which makes no probability: take the sigmoid."
    if not model.trainable_weights:
        return "Nothing in it can learn."
    return None


def _say(model, x: np.ndarray) -> np.ndarray:
    """What the model says, in NumPy: for a few cases quicker than predict."""
    import keras

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of a softmax of one number, and so do we
        return keras.ops.convert_to_numpy(model(x, training=False)).astype(float)[:, 0]


def _fault_of_its_answers(model) -> str | None:
    """What can be told before it is trained."""
    x, _ = _notes(200, seed=1)
    p = _say(model, x)
    if not ((p >= 0) & (p <= 1)).all():
        return "It gives numbers outside 0 to 1, and should give a probability: the sigmoid is missing."
    if (p == 1).all():
        return "It gives 1 for every note: a softmax of one number is 1. For yes or no take the sigmoid."
    return _fault_of_a_bag(model, x)


def _fault_of_a_bag(model, x: np.ndarray) -> str | None:
    p, shuffled = _say(model, x), _say(model, np.random.default_rng(3).permuted(x, axis=1))
    if np.ptp(p) < 1e-4 or not np.allclose(p, shuffled, atol=1e-5):
        return None
    return (
        "Shuffle the words of a note, and it says the same: it sees a bag of words. Here the bags say "
        "nothing. Before the pooling, let a layer look at neighbours: Conv1D with a kernel of 2 or more, or "
        "a GRU in place of the pooling."
    )


def _fault_of_what_it_learnt(model) -> str | None:
    import keras

    (x, y), (x_new, y_new) = _notes(1600, seed=4), _notes(500, seed=5)
    compiled = keras.backend.backend() == "jax"  # which crawls without; the others would compile too long
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", jit_compile=compiled)
    for _ in range(6):  # a convolution is done after one, an LSTM after three
        model.fit(x, y, batch_size=100, epochs=2, shuffle=False, verbose=0)
        right = np.mean((_say(model, x_new) > 0.5) == y_new)
        if right >= _ENOUGH:
            return None
    return _fault_of_a_bag(model, x_new) or _why_it_fails(model, right, _say(model, x_new))


def _why_it_fails(model, right: float, p: np.ndarray) -> str:
    kinds = {type(one).__name__ for one in _layers(model)}
    found = f"Trained, it is right about {right:.0%} of new notes, and a coin about half."
    if "Embedding" not in kinds:
        return f"{found} It takes the number of a word for a quantity: begin with an Embedding."
    if np.ptp(p) < 0.02:
        return f"{found} It says {p[0]:.2f} for every note: does the text reach the output?"
    if "Flatten" in kinds and not {"Conv1D", "GRU", "LSTM", "Bidirectional"} & kinds:
        return (
            f"{found} Behind Flatten each place has weights of its own, so “no fever” is learnt anew at "
            "each. Conv1D looks for it everywhere with the same weights."
        )
    return f"{found} Let it look at neighbours, Conv1D(16, 3), and then take the maximum over the note."


q4 = Exercise(
    hint=(
        "Three steps: layers.Embedding(60, 16) makes a vector of each number; a layer that sees neighbours, "
        "or reads from left to right; and one number for the note.",
        "layers.Conv1D(16, 3, activation='relu') and layers.GlobalMaxPooling1D(), then "
        "layers.Dense(1, activation='sigmoid').",
    ),
    solve=network_that_reads_the_order,
    judge=_judge_network,
    praise=(
        "Every note it was trained on holds no, fever and cough: it found out what stands before what, from "
        "the labels alone."
    ),
)


# 5. Spans from tags


def spans_of_tags():
    def spans(tags):
        found, begin = [], None
        for at, tag in enumerate([*tags, "O"]):  # the O at the end closes the last one
            if tag != "I" and begin is not None:
                found.append((begin, at))
                begin = None
            if tag == "B" or (tag == "I" and begin is None):
                begin = at
        return found

    return spans


def _judge_spans(spans) -> str | None:
    tags = list("OBIOBBIIOIIOBI")
    right = spans_of_tags()
    given = _as_pairs(spans(list(tags)))
    if given is None:
        return "Return a list of pairs of numbers, (begin, end)."
    if given != right(tags):
        return _fault_of_spans(given, right(tags))
    for short, told in (
        ("", "Without any tags there are no spans: the list is empty."),
        ("OO", "Where all are O there are no spans: the list is empty."),
        ("B", "A single B is a span, (0, 1)."),
        ("IIOB", "An I that is the first tag of all begins a span as well."),
        ("BII", "One mention can be the whole sentence: (0, 3)."),
        ("BOI", "The I after the O begins a span of its own: (0, 1) and (2, 3)."),
    ):
        if _as_pairs(spans(list(short))) != right(list(short)):
            return f"It is right for fourteen tags, but not for [{', '.join(short)}]. {told}"
    return None


def _as_pairs(given: Any) -> list[tuple[int, int]] | None:
    try:
        return sorted((int(begin), int(end)) for begin, end in given)
    except (TypeError, ValueError):
        return None


def _fault_of_spans(given: list[tuple[int, int]], right: list[tuple[int, int]]) -> str:
    by_two = [(begin, end) for begin, end in right if end - begin > 1]
    without_i = [(1, 3), (4, 5), (5, 8), (12, 14)]
    said = (
        ([(b, e - 1) for b, e in right], "The end is off by one: it is the place behind the last word."),
        (
            [(b, e + 1) for b, e in right],
            "The end is one too far: it is the place right behind the last word.",
        ),
        ([(b + 1, e + 1) for b, e in right], "Count places from 0, as Python does, not from 1."),
        (
            [(b + 1, e) for b, e in right],
            "You count from 1 and include the end: count from 0, and exclude it.",
        ),
        ([(b, e - b) for b, e in right], "The second number is the end, not the length."),
        (right[:-1], "A mention that goes on to the last word is lost: close it when the tags are over."),
        (
            without_i[:-1],
            "A mention that goes on to the last word is lost, and so is one that begins with an I.",
        ),
        (
            [(1, 3), (4, 8), (9, 11), (12, 14)],
            "Two mentions that stand side by side are merged: a B ends the one before it.",
        ),
        (
            [(1, 3), (4, 8), (12, 14)],
            "Two mentions that stand side by side are merged, and an I after an O is lost.",
        ),
        (without_i, "An I after an O is lost: here it begins a span, as if it were a B."),
        (by_two, "A mention of one word is lost: a B with no I behind it is a span, too."),
        ([(b, b + 1) for b, _ in right], "Each mention ends after its first word: take in the I behind it."),
        (
            [(b, b + 1) for b, _ in without_i],
            "You count only the B: an I goes on with the mention, and after an O it begins one.",
        ),
        (
            [(at, at + 1) for b, e in right for at in range(b, e)],
            "Each word is a span with you: an I goes on with the one before it.",
        ),
        (
            [(1, 3), (4, 5), (5, 8), (9, 10), (10, 11), (12, 14)],
            "Only an I after an O begins a span; an I after an I goes on with it.",
        ),
    )
    told = next((told for wrong, told in said if given == wrong), None)
    return told or (
        f"O B I O B B I I O I I O B I has the spans {right}; you give {given[:6]}. A B begins one, an I goes "
        "on, an O ends it."
    )


q5 = Exercise(
    hint=(
        "Keep where the open mention began, or None. Each tag can do two things: close it, and open one.",
        "Loop over enumerate([*tags, 'O']). If the tag is not I and one is open, append (begin, at). If it "
        "is B, or I with none open, begin = at.",
    ),
    solve=spans_of_tags,
    judge=_judge_spans,
    praise="What is done with an I after an O is a convention: two programs that differ in it differ in F1.",
)


# 6. Precision, recall and F1 of mentions


def three_figures_of_mentions():
    annotated, found, right = 6, 7, 3  # breast cancer, cystic fibrosis, diabetes
    return right / found, right / annotated, 2 * right / (found + annotated)


_MENTIONS = (
    (
        "precision",
        number(
            3 / 7,
            {
                3 / 6: "The precision has all 7 mentions found below: two pieces of one mention are two.",
                4 / 7: "In the precision, lymphoblastic leukaemia counts as right with you: its boundary is "
                "wrong, and exact means wrong.",
                5 / 7: "In the precision, pieces of a mention count as right with you; neither is exact.",
                6 / 7: "In the precision, each overlap counts as right with you; here only exact ones do.",
                0.9: "That is the precision of words; asked for is that of mentions.",
                4.5 / 7: "In the precision you give half a point for an overlap; there is none.",
            },
            "The precision is the mentions found that are exactly right, over all found.",
            tolerance=0.001,
        ),
    ),
    (
        "recall",
        number(
            3 / 6,
            {
                3 / 7: "The recall has the 6 annotated mentions below.",
                4 / 6: "In the recall, one mention with a wrong boundary, or in two pieces, counts as found "
                "with you; exact means that it is missed.",
                5 / 6: "In the recall, each overlap counts as found with you; here only exact ones do.",
                9 / 11: "That is the recall of words; asked for is that of mentions.",
                3 / 5: "In the recall there are 6 annotated mentions: WT, which nothing found, is one.",
            },
            "The recall is the mentions found that are exactly right, over all annotated.",
            tolerance=0.001,
        ),
    ),
    (
        "F1",
        number(
            6 / 13,
            {
                (3 / 7 + 3 / 6) / 2: "F1 is the harmonic mean, 2 · P · R / (P + R), not the mean.",
                3 / 10: "That is right over all that is either found or annotated, the Jaccard index; F1 "
                "counts what is right twice.",
                3 / 13: "In F1, what is right counts twice above: 2 · right / (found + annotated).",
                3 / 14: "P · R alone: F1 is 2 · P · R / (P + R).",
                6 / 12: "7 are found and 6 annotated: that makes 13 below.",
                8 / 13: "In F1, one that is not exact counts as right with you.",
                6 / 7: "That is the F1 of words; asked for is that of mentions.",
            },
            "F1 is 2 · right / (found + annotated).",
            tolerance=0.001,
        ),
    ),
)


def _judge_mentions(answer) -> str | None:
    given = grid(answer, (3,), "Give three numbers: precision, recall, F1.")
    if np.allclose(given, 100 * np.array(three_figures_of_mentions()), atol=0.6):
        return "Give shares between 0 and 1, not per cent."
    if np.allclose(given[:2], [3 / 6, 3 / 7], atol=0.001):
        return "Exchange the first two: precision divides by what was found, recall by what is annotated."
    told = (judge(value) for (_, judge), value in zip(_MENTIONS, given, strict=True))
    return next((wrong for wrong in told if wrong), None)


q6 = Exercise(
    hint=(
        "Count three things: the rows with something annotated, the mentions found (one row has two), and "
        "the rows where both are the same to the word.",
        "3 are right, 7 were found, and 6 are annotated. F1 is 2 · right / (found + annotated).",
    ),
    solve=three_figures_of_mentions,
    judge=_judge_mentions,
    praise=(
        "By words, F1 would be .86: 9 of the 10 words found and of the 11 annotated are right. A boundary "
        "that is off by one word costs a mention missed and one too many."
    ),
)


# 7. The sum over all paths


def sum_over_all_paths():
    def log_partition(emissions, transitions):
        alpha = emissions[0]  # for each tag, the paths that have come to it
        for emission in emissions[1:]:
            scores = alpha[:, None] + transitions + emission  # (from, to)
            top = scores.max(axis=0)
            alpha = top + np.log(np.sum(np.exp(scores - top), axis=0))
        return alpha.max() + np.log(np.sum(np.exp(alpha - alpha.max())))

    return log_partition


def _every_path(emissions: np.ndarray, transitions: np.ndarray) -> np.ndarray:
    """The score of every path, one by one."""
    words = np.arange(len(emissions))
    paths = np.array(list(itertools.product(range(len(transitions)), repeat=len(words))))
    return emissions[words, paths].sum(axis=1) + transitions[paths[:, :-1], paths[:, 1:]].sum(axis=1)


def _log_sum(scores: np.ndarray, axis: int | None = None) -> np.ndarray:
    top = scores.max(axis=axis, keepdims=True)
    return np.squeeze(top, axis=axis) + np.log(np.sum(np.exp(scores - top), axis=axis))


def _judge_log_partition(log_partition: Callable) -> str | None:
    emissions = np.array([[1.2, -0.3], [0.4, 0.9], [-0.5, 0.7]])
    transitions = np.array([[0.6, -1.1], [0.2, 0.8]])
    with np.errstate(all="ignore"):
        given = log_partition(emissions.copy(), transitions.copy())
        if np.shape(given) == (2,):
            return "That is one number a tag: at the end, sum over the last tag as well."
        if np.shape(given) == (3,):
            return "That is one number a word: a path goes through all three."
        if wrong := _fault_of_sum(float(given), emissions, transitions):
            return wrong
        return _fault_of_other_sums(log_partition)


def _fault_of_sum(given: float, emissions: np.ndarray, transitions: np.ndarray) -> str | None:
    paths = _every_path(emissions, transitions)
    right = float(_log_sum(paths))
    turned = _log_sum(_every_path(emissions, transitions.T))
    before = _log_sum(_every_path(np.vstack([[0, 0], emissions]), transitions))
    softmax = np.exp(emissions - _log_sum(emissions, axis=1)[:, None])
    by_shares = _log_sum(_every_path(np.log(softmax), transitions))
    said = (
        (np.exp(right), "That is the sum itself: take its logarithm."),
        (-right, "The sign is turned: what is asked for is the logarithm of the sum, not minus it."),
        (paths.max(), "That is the best path alone (Viterbi): take the log of the sum in place of the max."),
        (np.exp(paths.max()), "That is e to the best path; asked for is the log of the sum over all paths."),
        (turned, "The transitions are turned round: transitions[i, j] is for i before j. Sum over i."),
        (
            _log_sum(_every_path(np.vstack([[0, 0], emissions[1:]]), transitions)),
            "The start is forgotten: the first word's own scores are missing. Begin with emissions[0].",
        ),
        (
            _log_sum(_every_path(np.vstack([emissions[:2], [0, 0]]), transitions)),
            "The last word's own scores are missing.",
        ),
        (before, "You add a transition before the first word, and nothing stands there."),
        (
            _log_sum(emissions, axis=1).sum(),
            "The transitions are missing: that is a softmax for each word, as if neighbours told nothing.",
        ),
        (0, "It is 0: a softmax for each word makes the paths add up to 1. Sum what was not normalised."),
        (by_shares, "The emissions went through a softmax first: take the scores as they are."),
        (right - np.log(8), "That is the log of the mean over the 8 paths: take their sum."),
        (right / np.log(2), "Take the natural logarithm."),
        (paths.sum(), "You add up the scores of the paths: it is e to the score that is added up."),
        (np.log(np.abs(paths.sum())), "You add up the scores; add up e to the score of each path."),
        (np.exp(paths).mean(), "That is the mean over the paths, and the logarithm is missing."),
    )
    otherwise = (
        f"Three words and two tags have 8 paths, and the log of the sum of e to their scores is {right:.3f}, "
        f"not {given:.3f}. From word to word: over all tags i before, sum exp(alpha[i] + transitions[i, j])."
    )
    return number(right, dict(said), otherwise, tolerance=1e-4)(given)


def _fault_of_other_sums(log_partition: Callable) -> str | None:
    rng = np.random.default_rng(7)
    for words, tags in ((1, 2), (5, 3)):
        emissions, transitions = rng.normal(size=(words, tags)), rng.normal(size=(tags, tags))
        given = float(log_partition(emissions.copy(), transitions.copy()))
        if not np.isclose(given, _log_sum(_every_path(emissions, transitions)), atol=1e-5):
            return (
                f"It is right for three words and two tags, but not for {words} and {tags}: take how many "
                "there are from the shapes."
            )
    for shift in (1000.0, -1000.0):
        given = float(log_partition(emissions + shift, transitions.copy()))
        if not np.isclose(given, _log_sum(_every_path(emissions + shift, transitions)), atol=1e-5):
            return (
                f"With scores near {shift:g} it is {given:.5g}: e to such a number is "
                f"{'infinite' if shift > 0 else '0'} to a computer. Take the largest score off before exp, "
                "and add it again behind the log."
            )
    return None


q7 = Exercise(
    hint=(
        "Keep alpha, for each tag the log of the sum over all paths that have come to it. It begins as "
        "emissions[0], and each word makes a new one of it.",
        "scores = alpha[:, None] + transitions + emissions[t] is (from, to). The new alpha is "
        "top + log(sum(exp(scores - top))) down its columns, top being their largest. At the end the same "
        "over alpha itself.",
    ),
    solve=sum_over_all_paths,
    judge=_judge_log_partition,
    praise=(
        "For thirty words and three tags there are 2 · 10¹⁴ paths. Word by word it takes 29 steps of nine "
        "sums. With max in place of the sum, it is Viterbi's best path."
    ),
)


# 8. Accuracy .96, F1 .55

_REASONS = {
    "A": "only 8 words in 100 are part of a disease, and of the other 92 nearly all are easy.",
    "B": "of three words two are right for the accuracy, and for F1 nothing is.",
    "C": "both figures are of the same test sentences; nothing here says how it does in training.",
    "D": "to F1 it is one mention missed and one invented; to the accuracy, one wrong word in three.",
    "E": "the accuracy is over all words. If all of its errors are there, it is right about half of the 8.",
    "F": "F1 is no share of the mentions: with a precision of .45 the recall is .71.",
    "G": "they count different things. More sentences give narrower intervals around the same two.",
}


def what_the_accuracy_hides():
    words, mentions = 1000, 40  # two words each: 920 words are O
    wrong_words, spoilt = 40, 18  # one word wrong in each of 18 mentions, and 22 of the words outside
    right, found = mentions - spoilt, mentions
    accuracy, f1 = 1 - wrong_words / words, 2 * right / (found + mentions)
    assert (round(accuracy, 2), round(f1, 2)) == (0.96, 0.55)
    return {"A", "B", "D"}  # most words are O; one word spoils a mention; and it counts on both sides


q8 = Exercise(
    hint=(
        "The accuracy counts words, F1 counts mentions. Which sentences say how one and the same answer "
        "fares in the two?",
        "Three do. The others speak of training, of the sample, or take one figure for another.",
    ),
    solve=what_the_accuracy_hides,
    judge=letters("ABD", _REASONS, called="sentence", innocent="explains nothing"),
    praise="Ask of a tagger for exact spans, beside what a dictionary reaches; its accuracy says little.",
)


# 9. One patient in a hundred


def recall_for_a_note():
    identifiers, exposed = 12, 0.01
    return (1 - exposed) ** (1 / identifiers)


q9 = Exercise(
    hint=(
        "A patient is safe if all 12 are found: with recall r, the probability of that is r to the power 12.",
        "r¹² should be .99: take the twelfth root, .99 ** (1 / 12), and give four digits.",
    ),
    solve=recall_for_a_note,
    judge=number(
        0.99 ** (1 / 12),
        {
            0.99: "With a recall of .99 all 12 are found in .99¹² = .886: 11 patients of 100 are exposed.",
            0.99**12: "That is how many are safe with a recall of .99. Ask the other way: r¹² should be .99.",
            1 - 0.99**12: "That is how many are exposed with a recall of .99.",
            1 - 0.99 ** (1 / 12): "That is the share of identifiers that may be missed: take it from 1.",
            0.01 / 12: "That is about the share of identifiers that may be missed: take it from 1.",
            0.01 ** (1 / 12): "That makes r¹² = .01: one patient in 100 safe. It should be .99.",
            1 - 0.01 ** (1 / 12): "That asks that all 12 be missed; one is enough to expose a patient.",
            0.999: "Near, but .999¹² = .988: 12 patients of 1,000 are exposed, and 10 are allowed.",
            0.9999: "That is enough, but more than needed: .9999¹² exposes 1 patient of 1,000.",
            1: "Then nobody is exposed; asked for is the least recall, with 1 patient of 100.",
            0.88: "You take 12 times .01 from 1. Turn it round: the 12 share the .01 that may go wrong.",
            0.99 / 12: "Of 12 independent findings the probabilities are multiplied: take a root, not a "
            "twelfth.",
            99.916: "Give a share between 0 and 1, not per cent.",
        },
        "All 12 must be found: r¹² = .99. Give four digits after the decimal point.",
        tolerance=5e-5,
    ),
    praise=(
        "F1 would not show it: at a recall of .99, which looks splendid, 11 patients of 100 are exposed. "
        "In truth misses gather in some people: a name unknown to the system is missed wherever it stands."
    ),
)
