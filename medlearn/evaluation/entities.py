"""How well entities are found in texts: names of diseases or drugs, or what tells who a patient is.

A case is a sentence, with a tag for each of its words: 0 is outside of all entities (O), 1 + 2 t begins an
entity of type t (B), and 2 + 2 t goes on with it (I). An entity is found where its first word, its last word
and its type are right. Entities are matched once; values and intervals follow from the counts of a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import sampling
from medlearn.evaluation.intervals import Estimate, patients_among, student, unbiased, variance, wilson_of
from medlearn.evaluation.measure import measure

# Entities


def spans(tags: ArrayLike) -> list[tuple[int, int, int]]:
    """The entities of one sentence: first word, the word after the last, and the type of each.

    An I that goes on with nothing, after an O, after another type or at the start, begins an entity, as the
    scorer of CoNLL's shared tasks (conlleval) has it.

    Parameters
    ----------
    tags : one a word.

    >>> spans([0, 1, 2, 1, 0, 2, 4])
    [(1, 3, 0), (3, 4, 0), (5, 6, 0), (6, 7, 1)]
    """
    begin, end, kind = _entities(*_joined([tags], "tags"))
    return list(zip(begin.tolist(), end.tolist(), kind.tolist(), strict=True))


def mentions(tokens: Sequence[Sequence[str]], tags: Sequence[ArrayLike]) -> list[str]:
    """The words of each entity, in small letters, as they come.

    Parameters
    ----------
    tokens : the words of each sentence.
    tags : one a word, of each sentence.

    >>> mentions([["Colorectal", "cancer", "or", "gout"]], [[1, 2, 0, 1]])
    ['colorectal cancer', 'gout']
    """
    flat, start = _joined(tags, "tags")
    words = _words(tokens, start, "tags")
    return [" ".join(words[begin:end]) for begin, end, _ in zip(*_entities(flat, start), strict=True)]


def counts(
    y_true: Sequence[ArrayLike], y_pred: Sequence[ArrayLike], *, label: int | None = None
) -> np.ndarray:
    """How many entities of each sentence are found, how many there are, how many were called: (cases, 3).

    Parameters
    ----------
    y_true, y_pred : the true tags of each sentence, and those decided on, one a word.
    label : the type to count; None counts all.

    >>> counts([[1, 2, 0, 1], [0, 0, 0, 0]], [[1, 2, 0, 0], [0, 1, 0, 0]]).tolist()
    [[1, 2, 1], [0, 0, 1]]
    """
    return _matched(y_true, y_pred).counts(label)


def _joined(sentences: Sequence[ArrayLike], name: str) -> tuple[np.ndarray, np.ndarray]:
    """The tags of all sentences end to end, checked, and where each begins, with the end."""
    no_list = isinstance(sentences, str) or not hasattr(sentences, "__len__")
    if no_list or getattr(sentences, "shape", 1) == () or not len(sentences):
        raise DataError(f"{name} holds the tags of each sentence, of one or more, not {sentences!r:.40}")
    parts = [_tags(tags, f"sentence {number} of {name}") for number, tags in enumerate(sentences)]
    return np.concatenate(parts), np.cumsum([0, *map(len, parts)])


def _tags(tags: ArrayLike, where: str) -> np.ndarray:
    try:
        array = np.asarray(tags)
    except ValueError:
        array = np.zeros((0, 0))
    if array.ndim != 1:
        raise DataError(f"{where} needs one tag a word, in one row, not {tags!r:.40}")
    if not len(array):
        return np.zeros(0, np.int64)
    whole = array.astype(np.int64) if array.dtype.kind in "iu" else np.array([-1])
    if whole.min() < 0:
        odd = array[np.flatnonzero(whole < 0)[0]]
        raise DataError(
            f"{where} needs whole numbers from 0, for O, without any padding, but holds {odd!s:.20}"
        )
    return whole


def _entities(tags: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each entity in sentences end to end: first word, the word after the last, and type."""
    kind = (tags + 1) // 2 - 1  # −1 outside of all
    before = np.append(-1, kind[:-1])[: len(kind)]
    before[start[:-1][start[:-1] < len(tags)]] = -1
    goes_on = (kind >= 0) & (tags % 2 == 0) & (before == kind)
    begin = np.flatnonzero((kind >= 0) & ~goes_on)
    last = (kind >= 0) & ~np.append(goes_on[1:], False)[: len(kind)]
    return begin, np.flatnonzero(last) + 1, kind[begin]


def _both(y_true: Sequence, y_pred: Sequence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True and predicted tags of all sentences end to end, and where each begins."""
    (true, start), (pred, other) = _joined(y_true, "y_true"), _joined(y_pred, "y_pred")
    if len(start) != len(other):
        raise DataError(f"y_true has {len(start) - 1} sentences, but y_pred has {len(other) - 1}")
    _check_lengths(start, other, "y_true", "y_pred")
    return true, pred, start


def _check_lengths(start: np.ndarray, other: np.ndarray, name: str, its: str) -> None:
    words, theirs = np.diff(start), np.diff(other)
    if (odd := np.flatnonzero(words != theirs)).size:
        raise DataError(
            f"sentence {odd[0]} has {words[odd[0]]} words in {name}, but {theirs[odd[0]]} in {its}"
        )


def _words(tokens: Sequence[Sequence[str]], start: np.ndarray, name: str) -> list[str]:
    """All words end to end, in small letters, if each sentence has as many as `start` tells of `name`."""
    if len(tokens) != len(start) - 1:
        raise DataError(f"{name} has {len(start) - 1} sentences, but tokens has {len(tokens)}")
    _check_lengths(start, np.cumsum([0, *map(len, tokens)]), name, "tokens")
    return [str(word).lower() for sentence in tokens for word in sentence]


class _Matches(NamedTuple):
    """The sentence and the type of each true entity and of each called one, and which true ones are found."""

    cases: int
    true: tuple[np.ndarray, np.ndarray]
    called: tuple[np.ndarray, np.ndarray]
    found: np.ndarray

    def counts(self, label: int | None) -> np.ndarray:
        """Found, true and called entities of each sentence, (cases, 3), of one type or of all."""
        if label is not None and (not isinstance(label, int | np.integer) or label < 0):
            raise DataError(f"label is the number of a type of entity, from 0, not {label!r}")
        case, kind = self.true
        sides = (case[self.found], kind[self.found]), self.true, self.called
        asked = [case if label is None else case[kind == label] for case, kind in sides]
        return np.stack([np.bincount(case, minlength=self.cases) for case in asked], axis=1)


def _matched(y_true: Sequence, y_pred: Sequence) -> _Matches:
    true, pred, start = _both(y_true, y_pred)
    own, theirs = _entities(true, start), _entities(pred, start)
    case = np.repeat(np.arange(len(start) - 1), np.diff(start))
    sides = ((case[begin], kind) for begin, _, kind in (own, theirs))
    return _Matches(len(start) - 1, *sides, _hits(own, theirs, len(true)))


def _hits(own: tuple, theirs: tuple, words: int) -> np.ndarray:
    """Which of one's own entities are among the others, with the same begin, end and type."""
    called = np.zeros((2, words), np.int64)
    called[:, theirs[0]] = theirs[1:]  # where what was called at this word ends, and its type
    return (called[:, own[0]] == own[1:]).all(0)


# Shares of entities


def _ratio(top: np.ndarray, bottom: np.ndarray, weights: np.ndarray, name: str) -> tuple[float, np.ndarray]:
    """Σ top / Σ bottom over sentences, and the influence of each."""
    below = weights @ bottom
    if not below:
        lacking = {"recall": "there is no such entity", "precision": "no entity was called"}
        raise UndefinedMeasure(
            f"{name} of entities is undefined: {lacking.get(name, 'there is none, and none was called')} "
            "in any sentence that counts"
        )
    value = float(weights @ top / below)
    return value, weights * (top - value * bottom) / below


def _share(
    top: np.ndarray,
    bottom: np.ndarray,
    name: str,
    *,
    patient: ArrayLike | None,
    weights: ArrayLike | None,
    level: float,
) -> Estimate:
    """Σ top / Σ bottom over sentences with Wilson's interval, its effective size from the sums by patient."""
    owner, weights = sampling(len(top), patient=patient, weights=weights, level=level)
    value, influence = _ratio(top, bottom, weights, name)
    among = (bottom > 0) & (weights > 0)
    return _wilson(value, influence, owner, among, level)


def _wilson(value: float, influence: np.ndarray, owner, among: np.ndarray, level: float) -> Estimate:
    error = variance(unbiased(influence, owner, among), owner)
    size = value * (1 - value) / error if error > 1e-30 else patients_among(among, owner)
    return wilson_of(value, size, level, "Wilson" if owner is None else "Wilson, by patient")


@measure("F1 of entities", of="tags", low=0, high=1)
def entity_f1(
    y_true: Sequence[ArrayLike],
    y_pred: Sequence[ArrayLike],
    *,
    label: int | None = None,
    macro: bool = False,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The harmonic mean of recall and precision of entities, all sentences together. Exact spans count alone.

    Parameters
    ----------
    y_true, y_pred : the true tags of each sentence, and those decided on, one a word.
    label : the type of entity to look at; None takes all together (*micro* average).
    macro : whether, instead, each type's F1 counts the same, of those that are true or called anywhere.

    >>> print(f"{entity_f1([[1, 2, 0, 1], [0, 1, 0]], [[1, 2, 0, 0], [0, 1, 2]]).value:.2f}")
    0.40
    """
    matched = _matched(y_true, y_pred)
    how = {"patient": patient, "weights": weights, "level": level}
    if macro and label is None:
        return _macro_f1(matched, **how)
    if macro:
        raise DataError("entity_f1() takes label=, for one type, or macro=True, for the mean over types")
    found, true, called = matched.counts(label).T
    return _share(2 * found, true + called, "F1", **how)


def _macro_f1(matched: _Matches, *, level: float, **how: object) -> Estimate:
    owner, weights = sampling(matched.cases, level=level, **how)
    kinds = np.union1d(matched.true[1], matched.called[1])
    counted = {kind: matched.counts(kind) for kind in kinds}
    there = [each.T for each in counted.values() if (weights @ each).any()] or [matched.counts(None).T]
    parts = [_ratio(2 * found, true + called, weights, "F1") for found, true, called in there]
    values, influences = zip(*parts, strict=True)
    among = (matched.counts(None).sum(1) > 0) & (weights > 0)
    return _wilson(float(np.mean(values)), np.mean(influences, axis=0), owner, among, level)


@measure("precision of entities", of="tags", low=0, high=1)
def entity_precision(
    y_true: Sequence[ArrayLike],
    y_pred: Sequence[ArrayLike],
    *,
    label: int | None = None,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Of the entities that were called, the share that is true, to the word.

    Parameters
    ----------
    y_true, y_pred, label : as for `entity_f1`.

    >>> print(f"{entity_precision([[1, 2, 0, 1], [0, 1, 0]], [[1, 2, 0, 0], [0, 1, 2]]).value:.2f}")
    0.50
    """
    found, _, called = counts(y_true, y_pred, label=label).T
    return _share(found, called, "precision", patient=patient, weights=weights, level=level)


@measure("recall of entities", of="tags", low=0, high=1)
def entity_recall(
    y_true: Sequence[ArrayLike],
    y_pred: Sequence[ArrayLike],
    *,
    label: int | None = None,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Of the true entities, the share that was found, to the word.

    Parameters
    ----------
    y_true, y_pred, label : as for `entity_f1`.

    >>> print(f"{entity_recall([[1, 2, 0, 1], [0, 1, 0]], [[1, 2, 0, 0], [0, 1, 2]]).value:.2f}")
    0.33
    """
    found, true, _ = counts(y_true, y_pred, label=label).T
    return _share(found, true, "recall", patient=patient, weights=weights, level=level)


@measure("difference in F1 of entities", of="tags", low=-1, high=1)
def entity_f1_difference(
    y_true: Sequence[ArrayLike],
    y_pred: Sequence[ArrayLike],
    other_pred: Sequence[ArrayLike],
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """The F1 of `y_pred` minus that of `other_pred`, on the same sentences.

    Parameters
    ----------
    y_true, y_pred, other_pred : the true tags of each sentence, those decided on, and another model's.

    >>> print(f"{entity_f1_difference([[1, 0], [0, 1]], [[1, 0], [0, 1]], [[1, 0], [0, 0]]).value:.2f}")
    0.33
    """
    both = [counts(y_true, pred).T for pred in (y_pred, other_pred)]
    owner, weights = sampling(len(y_true), patient=patient, weights=weights, level=level)
    (one, of_one), (two, of_two) = (
        _ratio(2 * found, true + called, weights, "F1") for found, true, called in both
    )
    return student(entity_f1_difference, one - two, of_one - of_two, owner, level)


# Recall of what training knew, and of what it did not


def _recall_where(
    true: Sequence, pred: Sequence, tokens: Sequence, wanted: Callable[[str], bool], **how: object
) -> Estimate:
    """The recall of those true entities whose words are wanted."""
    matched = _matched(true, pred)
    own = np.array([wanted(words) for words in mentions(tokens, true)], bool)
    case, cases = matched.true[0], matched.cases
    found, there = (np.bincount(case[mask], minlength=cases) for mask in (own & matched.found, own))
    return _share(found, there, "recall", **how)


@measure("recall of unseen entities", of="tags", low=0, high=1)
def recall_unseen(
    true: Sequence[ArrayLike],
    pred: Sequence[ArrayLike],
    tokens: Sequence[Sequence[str]],
    known: Collection[str],
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Of the true entities whose words were no entity in training, the share that was found.

    Parameters
    ----------
    true, pred : the true tags of each sentence, and those decided on, one a word.
    tokens : the words of each sentence.
    known : what was an entity in training, as `mentions` gives it.

    >>> sentence, known = [["gout", "or", "mumps"]], mentions([["Gout"]], [[1]])
    >>> print(f"{recall_unseen([[1, 0, 1]], [[1, 0, 0]], sentence, known).value:.2f}")
    0.00
    """
    known, how = frozenset(known), {"patient": patient, "weights": weights, "level": level}
    return _recall_where(true, pred, tokens, lambda words: words not in known, **how)


@measure("recall of seen entities", of="tags", low=0, high=1)
def recall_seen(
    true: Sequence[ArrayLike],
    pred: Sequence[ArrayLike],
    tokens: Sequence[Sequence[str]],
    known: Collection[str],
    *,
    patient: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Of the true entities whose words were an entity in training, too, the share that was found.

    Parameters
    ----------
    true, pred, tokens, known : as for `recall_unseen`.

    >>> sentence, known = [["gout", "or", "mumps"]], mentions([["Gout"]], [[1]])
    >>> print(f"{recall_seen([[1, 0, 1]], [[1, 0, 0]], sentence, known).value:.2f}")
    1.00
    """
    known, how = frozenset(known), {"patient": patient, "weights": weights, "level": level}
    return _recall_where(true, pred, tokens, lambda words: words in known, **how)


# De-identification


@measure("share of patients exposed", of="tags", low=0, high=1)
def exposed(
    true: Sequence[ArrayLike],
    pred: Sequence[ArrayLike],
    patient: ArrayLike | None = None,
    *,
    label: int | None = None,
    level: float = 0.95,
) -> Estimate:
    """Of the patients with an identifier in their texts, the share of whom a word of one is missed.

    A word is covered where its tag has its type, B or I: where an identifier begins and ends does not matter
    once its words are gone.

    Parameters
    ----------
    true, pred : the true tags of each sentence, and those decided on, one a word.
    label : the type that identifies; None takes all types.

    >>> print(f"{exposed([[1, 2], [1, 0], [0, 1]], [[1, 2], [2, 1], [0, 0]], patient=[7, 7, 8]).value:.2f}")
    0.50
    """
    true, pred, start = _both(true, pred)
    owner, _ = sampling(len(start) - 1, patient=patient, weights=None, level=level)
    owner = np.arange(len(start) - 1) if owner is None else owner
    kind, called = (true + 1) // 2 - 1, (pred + 1) // 2 - 1
    among = kind >= 0 if label is None else kind == label
    whose = np.repeat(owner, np.diff(start))
    people = np.unique(whose[among])
    if not len(people):
        raise UndefinedMeasure("the share exposed is undefined: no patient has such an identifier")
    missed = np.unique(whose[among & (called != kind)])
    return wilson_of(len(missed) / len(people), len(people), level, "Wilson, by patient")
