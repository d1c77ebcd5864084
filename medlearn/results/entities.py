"""The entities' recipe: which words are a disease, by a dictionary, by a window of words, and by a net.

In short: words get vectors from the training text alone, and letters tell what unknown words look like; a
net reads the sentence and a conditional random field finds the best path through its tags. Each seed trains
one net on the training and validation sentences, for a time that was chosen before, on validation sentences
that were not learnt from. The test sentences are scored once a seed, and once by the mean of all scores.
"""

from __future__ import annotations

import argparse
import contextlib
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import keras
import numpy as np

from medlearn.data.dataset import Dataset
from medlearn.data.ragged import Ragged
from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation import Estimate, entities
from medlearn.features.text import Vocabulary, window_features, word_vectors
from medlearn.models.crf import best_path, crf_loss, iob_pairs
from medlearn.models.text import Batches, filled_up, tagger
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.table import OURS, Column, Published, Table
from medlearn.training import fit, optimizer, predict, set_seed

NAMES = ("entities",)
NET = tagger  # what is trained: from the words' vectors, and how many letters and tags there are
EPOCHS, BATCH, PEAK, DECAY = 8, 32, 1e-2, 0.01
AT_ONCE = 256  # sentences that a net scores together
DICTIONARY, WINDOW = "dictionary of training mentions", "logistic regression on a window of words, Viterbi"
HASHED = 2**18  # columns for the features of the window
RIGHT = 0.5  # the share of its matches in training that an entry of the dictionary must be right in
MEASURES = {
    "f1": entities.entity_f1,
    "precision": entities.entity_precision,
    "recall": entities.entity_recall,
}
COLUMNS = {
    "f1": Column("F1"),
    "precision": Column("precision"),
    "recall": Column("recall"),
    "recall_unseen": Column("recall, not seen in training"),
    "f1_macro": Column("F1, mean over types"),
}
SBLC = "NCBI-disease; doi:10.1186/s12911-018-0690-y, table 8"
PUBLISHED = (
    Published("dictionary look-up", {"f1": 0.316}, SBLC),
    Published("MetaMap, the best of its settings", {"f1": 0.559}, SBLC),
    Published("CRF with UMLS", {"f1": 0.756}, SBLC),
    Published("DNorm", {"f1": 0.798}, SBLC),
    Published("C-BiLSTM-CRF", {"f1": 0.802}, SBLC),
    Published("TaggerOne", {"f1": 0.829}, SBLC),
    Published("DNER", {"f1": 0.843}, SBLC),
    Published("SBLC", {"f1": 0.862}, SBLC),
    Published("BioNerFlair", {"f1": 0.911}, "NCBI-disease; arXiv 2011.01504"),
)

Book = dict[str, dict[tuple[str, ...], int]]  # by its first word, the type of each entry


class Sentences(NamedTuple):
    """Sentences with their words and tags.

    Parameters
    ----------
    words : of each, as texts; `tags` : the number of each word's tag.
    owner : the document, or the patient, of each; each its own where that is not known.
    classes : the types of entities.
    """

    words: Ragged
    tags: Ragged
    owner: np.ndarray
    classes: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many tags there are: O, and B and I of each type."""
        return 1 + 2 * len(self.classes)


class Answer(NamedTuple):
    """The tags decided on for each sentence, and a net's scores of pairs of tags."""

    tags: list[np.ndarray]
    scores: list[np.ndarray] = ()


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument(
        "--train", metavar="PATH", help="learn from this folder, and score on --file's test sentences"
    )


def run(name: str, *, file: str | None = None, seeds: int = 3, train: str | None = None) -> Table:
    """Train and score ours and the baselines.

    Parameters
    ----------
    name : "entities".
    file : one's own tagged texts; see `read_tagged`.
    seeds : how many nets are trained.
    train : others to learn from.
    """
    data = load_tagged(file, train)
    learnt, test = known_sentences(data), test_sentences(data)
    check(data, learnt, test)
    known = entities.mentions(learnt.words, learnt.tags)

    def answer(seed: int, tick: Callable) -> dict[str, Answer]:
        found = answer_by_net(learnt, test.words, seed=seed)
        tick()
        return {OURS: found}

    def measure(answer: Answer) -> dict[str, float]:
        return {name: found.value for name, found in measures(test, answer, known).items()}

    return tabulate(
        data,
        seeds=seeds,
        ticks=1,
        answer=answer,
        measure=measure,
        fixed={
            system: measures(test, Answer(by(learnt, test.words)), known)
            for system, by in ((DICTIONARY, answer_by_dictionary), (WINDOW, answer_by_window))
        },
        together=lambda answers: measures(test, together(answers, test.count), known),
        published=PUBLISHED,
        notes=notes(test, known, learnt=len(learnt.words), seeds=seeds, documents=data.patients_known),
        columns=COLUMNS | {f"f1_{kind}": Column(f"F1, {kind}") for kind in data.classes},
    )


# The data


def load_tagged(file: str | None, train: str | None) -> Dataset:
    """The tagged texts of `file`, of which only the test ones are scored where `train` is learnt from."""
    data = load_data("diseases", file=file, train=train)
    if train is None:
        return data
    learnt, scored = (load_data("diseases", file=path) for path in (train, file))
    one, other = learnt.classes, scored.classes
    if one != other and not len(one) == len(other) == 1:
        raise DataError(
            f"{train} has entities of the types {', '.join(one)}, and {file or 'the real file'} of "
            f"{', '.join(other)}: both need the same"
        )
    return replace(data, patients_known=scored.patients_known)  # the intervals are about the scored ones


def known_sentences(data: Dataset) -> Sentences:
    """All that a model may learn from: the training and validation sentences of `data`."""
    splits = (data.train, data.validation)
    words, tags = (Ragged.of([*of[0], *of[1]]) for of in zip(*((s.x, s.y) for s in splits), strict=True))
    owner = np.concatenate([split.patient for split in splits])
    return Sentences(words, tags, owner, data.classes)


def test_sentences(data: Dataset) -> Sentences:
    """The test sentences of `data`."""
    return Sentences(data.test.x, data.test.y, data.test.patient, data.classes)


def check(data: Dataset, learnt: Sentences, test: Sentences) -> None:
    """Refuse `data` without an entity among the sentences that are `learnt` from, or in the `test`.

    Where each word to learn from is the same part of an entity, there is nothing to learn either.
    """
    for what, sentences in (("to learn from", learnt), ("to test", test)):
        if not (sentences.tags["value"] > 0).any():
            raise DataError(f"{data.name}: no sentence {what} holds an entity, so there is nothing to find")
    if len(np.unique(learnt.tags["value"])) == 1:
        raise DataError(f"{data.name}: each word to learn from has one tag, so there is nothing to learn")


# What is measured


def measures(test: Sentences, answer: Answer, known: Sequence[str]) -> dict[str, Estimate]:
    """The measures of an `answer`, with intervals by document; what has no value there is left out.

    Parameters
    ----------
    test : the sentences, with the truth.
    answer : what is said of them.
    known : the mentions in what was learnt from.
    """
    both, how = (test.tags, answer.tags), {"patient": test.owner}
    asked = {name: lambda of=of: of(*both, **how) for name, of in MEASURES.items()}
    asked["recall_unseen"] = lambda: entities.recall_unseen(*both, test.words, known, **how)
    if len(test.classes) > 1:
        asked["f1_macro"] = lambda: entities.entity_f1(*both, macro=True, **how)
        for label, kind in enumerate(test.classes):
            asked[f"f1_{kind}"] = lambda label=label: entities.entity_f1(*both, label=label, **how)
    found = {}
    for name, ask in asked.items():
        with contextlib.suppress(UndefinedMeasure):
            found[name] = ask()
    return found


def together(answers: Sequence[Answer], tags: int) -> Answer:
    """The best paths by the mean of the scores in `answers`, for so many `tags`."""
    mean = [np.mean(scores, axis=0) for scores in zip(*(answer.scores for answer in answers), strict=True)]
    return Answer(decided(mean, tags), mean)


def decided(scores: Sequence[np.ndarray], tags: int) -> list[np.ndarray]:
    """The best path of each sentence by its `scores` of pairs, for so many `tags`; none is against IOB."""
    return [best_path(one, allowed=iob_pairs(tags)) for one in scores]


def notes(test: Sentences, known: Sequence[str], *, learnt: int, seeds: int, documents: bool) -> list[str]:
    """What stands below the table.

    Parameters
    ----------
    test : the sentences.
    known : the mentions in what was learnt from; `learnt` : its number of sentences.
    seeds : how many nets were trained.
    documents : whether the files say which document a sentence is of.
    """
    there = entities.mentions(test.words, test.tags)
    seen = np.isin(there, [*set(known)]).mean()
    unit = "document" if documents else "sentence, since no file says which document a sentence is of"
    return [
        f"An entity is found where its first word, its last word and its type are right; {len(there):,} in "
        f"{len(test.words):,} test sentences, {seen:.0%} of them word for word among what is learnt from.",
        f"Learnt from {learnt:,} sentences, training and validation together, and from no other text: no "
        "vectors of words and no dictionary come from outside. How long a net learns was chosen before, on "
        "validation sentences not learnt from.",
        f"Mean over {seeds} nets, with 95 % intervals for training again; all other rows have intervals by "
        f"{unit}.",
    ]


# Ours


def answer_by_net(learnt: Sentences, asked: Ragged, *, seed: int) -> Answer:
    """What a net that is trained on `learnt` says of the words `asked` about; `seed` draws it."""
    vocabulary = Vocabulary.of(learnt.words)
    net = train_net(learnt, vocabulary, seed=seed)
    scores = scores_by(net, vocabulary(asked))
    return Answer(decided(scores, learnt.count), scores)


def train_net(learnt: Sentences, vocabulary: Vocabulary, *, seed: int) -> keras.Model:
    """The tagger, trained on `learnt`, whose words are numbered by `vocabulary`; `seed` draws it."""
    set_seed(seed)
    vectors = word_vectors(learnt.words, vocabulary)
    net = NET(vectors, vocabulary.sizes[1], learnt.count)
    batches = Batches(vocabulary(learnt.words), learnt.tags, size=BATCH, seed=seed)
    net.compile(optimizer(EPOCHS * len(batches), weight_decay=DECAY, peak=PEAK), crf_loss)
    fit(net, batches, epochs=EPOCHS, patience=None, seed=seed)
    return net


def scores_by(net: keras.Model, given: Ragged) -> list[np.ndarray]:
    """A `net`'s scores of pairs for each sentence of which the numbers are `given`."""
    scores = [np.empty(0)] * len(given)
    order = np.argsort(given.counts, kind="stable")
    for some in np.split(order, range(AT_ONCE, len(order), AT_ONCE)):
        answers = predict(net, filled_up(given[some]))
        for case, answer in zip(some, answers, strict=True):
            scores[case] = answer[: given.counts[case]]
    return scores


# The baselines


def answer_by_dictionary(learnt: Sentences, asked: Ragged) -> list[np.ndarray]:
    """Tags by look-up: the longest entry at each place, of mentions that are right in half of their matches.

    Parameters
    ----------
    learnt : where entries come from.
    asked : the words of the sentences to tag.
    """
    book, answers = dictionary_of(learnt), []
    for words in lowered(asked):
        tags, free = np.zeros(len(words), int), 0
        for begin, end, kind in matches(words, book):
            if begin >= free:
                tags[begin:end], tags[begin], free = 2 + 2 * kind, 1 + 2 * kind, end
        answers.append(tags)
    return answers


def dictionary_of(learnt: Sentences) -> Book:
    """The mentions in `learnt` that are right in half of their matches there, or more, each with its type."""
    texts, kinds = lowered(learnt.words), {}
    for words, tags in zip(texts, learnt.tags, strict=True):
        for begin, end, kind in entities.spans(tags):
            kinds.setdefault(tuple(words[begin:end]), Counter())[kind] += 1
    seen = Counter()
    everything = book_of({entry: max(sorted(count), key=count.get) for entry, count in kinds.items()})
    for words in texts:
        seen.update((tuple(words[begin:end]), kind) for begin, end, kind in matches(words, everything))
    return book_of(
        {entry: kind for (entry, kind), count in seen.items() if kinds[entry][kind] >= RIGHT * count}
    )


def book_of(kinds: Mapping[tuple[str, ...], int]) -> Book:
    """Entries with their `kinds`, by their first word, the longest first."""
    book: Book = {}
    for entry in sorted(kinds, key=len, reverse=True):
        book.setdefault(entry[0], {})[entry] = kinds[entry]
    return book


def matches(words: Sequence[str], book: Book) -> Iterator[tuple[int, int, int]]:
    """Begin, end and type of each entry of `book` that stands in `words`; at each place the longest first."""
    for begin, word in enumerate(words):
        for entry, kind in book.get(word, {}).items():
            end = begin + len(entry)
            if tuple(words[begin:end]) == entry:
                yield begin, end, kind


def lowered(sentences: Ragged) -> list[list[str]]:
    """The words of `sentences` in small letters."""
    return [[str(word).lower() for word in words] for words in sentences]


def answer_by_window(learnt: Sentences, asked: Ragged) -> list[np.ndarray]:
    """Tags by the best path through the probabilities of a logistic regression on `window_features`.

    Parameters
    ----------
    learnt : what it learns from.
    asked : the words of the sentences to tag.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.linear_model import LogisticRegression

    hashed = FeatureHasher(HASHED, input_type="string", alternate_sign=False)
    known, new = (
        hashed.transform(word for words in of for word in window_features(words))
        for of in (learnt.words, asked)
    )
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # further steps tag no better
        model = LogisticRegression(max_iter=60).fit(known, learnt.tags["value"])
    emissions = np.full((new.shape[0], learnt.count), -50.0)  # of a tag that training has not
    emissions[:, model.classes_] = model.predict_log_proba(new).clip(-50)
    pairs = np.repeat(emissions[:, None], learnt.count, axis=1)
    return decided([*Ragged(asked.start, value=pairs)], learnt.count)
