"""Texts as numbers: the words and letters of sentences, and vectors of words made from their neighbours.

NumPy and SciPy; nothing here knows Keras. A vocabulary and its vectors are learnt from training text only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from medlearn.data.ragged import Ragged
from medlearn.errors import DataError

UNKNOWN = 1  # 0 is what fills a sentence or a word up
SMOOTHING = 0.75  # the power that makes rare neighbours less surprising
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The numbers of words and of letters: 0 fills up, 1 is whatever training did not know.

    Words count without case, and each of their digits is a 0; letters keep both, and so does a word's shape.
    Of a word that is too long its first and last letters are seen.

    Parameters
    ----------
    words, letters : the number of each, from 2 on, the most common first.
    longest : how many letters of a word are seen.

    >>> known = Vocabulary.of([["No", "fever"], ["no", "rash"]], longest=4)
    >>> numbers = known([["No", "nausea"]])[0]
    >>> numbers["words"].tolist(), numbers["letters"].shape
    ([2, 1], (2, 4))
    """

    words: Mapping[str, int]
    letters: Mapping[str, int]
    longest: int = 20

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]], *, least: int = 2, longest: int = 20) -> Vocabulary:
        """Learn it from `sentences` of training; see the class for `longest`.

        `least` is how often a word stands there at least: what a net learns of a single place is that place.
        """
        if least < 1 or longest < 2:
            raise DataError(f"least is 1 or more and longest 2 or more, not {least} and {longest}")
        tokens = _words_of(sentences)
        words = Counter(map(_form, tokens))
        if not words:
            raise DataError("a vocabulary is learnt from sentences with at least one word; here is none")
        kept = {word: count for word, count in words.items() if count >= least}
        return cls(_numbered(kept), _numbered(Counter(chain.from_iterable(tokens))), longest)

    def __call__(self, sentences: Iterable[Sequence[str]]) -> Ragged:
        """The numbers of the words of `sentences`, and of the letters of each: (words,), (words, longest)."""
        sentences = [[*map(str, sentence)] for sentence in sentences]
        tokens, place = np.unique(_words_of(sentences), return_inverse=True)
        words = np.array([self.words.get(_form(token), UNKNOWN) for token in tokens], np.int32)
        letters = np.zeros((len(tokens), self.longest), np.int32)
        for row, token in zip(letters, map(self._seen, tokens), strict=True):
            row[: len(token)] = [self.letters.get(letter, UNKNOWN) for letter in token]
        start = np.cumsum([0, *map(len, sentences)])
        return Ragged(start, words=words[place], letters=letters[place])

    @property
    def sizes(self) -> tuple[int, int]:
        """How many numbers there are for words and for letters, with 0 and 1."""
        return len(self.words) + 2, len(self.letters) + 2

    def _seen(self, token: str) -> str:
        if len(token) <= self.longest:
            return token
        end = self.longest // 2
        return token[: self.longest - end] + token[-end:]


def word_vectors(
    sentences: Iterable[Sequence[str]], vocabulary: Vocabulary, *, size: int = 100, window: int = 5
) -> np.ndarray:
    """A vector for each number of a word: words with the same neighbours get like ones, (numbers, size).

    Counts of neighbours, as positive pointwise mutual information, in the `size` directions that say most
    (Levy and Goldberg 2014). Each number of a vector has sd 1 over words; that of 0 is 0.

    Parameters
    ----------
    sentences : of training.
    vocabulary : learnt from the same.
    size : of a vector; what the vocabulary is too small for stays 0.
    window : how far a neighbour may stand; nearer ones count more.

    >>> text = [["no", "fever", "today"], ["no", "rash", "today"], ["no", "cough", "today"]] * 2
    >>> vectors = word_vectors(text, Vocabulary.of(text), size=2)
    >>> vectors.shape
    (7, 2)
    """
    numbers, (words, _) = vocabulary(sentences), vocabulary.sizes
    counts = _neighbours(numbers["words"], numbers.case, words, window)
    vectors = np.zeros((words, size), np.float32)
    most = min(size, words - 1)
    if counts.nnz:
        left, weight, _ = svds(_surprise(counts), k=most, v0=np.ones(words))
        found = (left * np.sqrt(np.maximum(weight, 0)))[:, ::-1]
        found *= np.where(found.sum(0) < 0, -1, 1)  # a direction has no sign of its own
        spread = found[UNKNOWN:].std(0)
        vectors[UNKNOWN:, :most] = (found / np.where(spread > 1e-6, spread, 1))[UNKNOWN:]
    return vectors


def window_features(sentence: Sequence[str], *, width: int = 2) -> list[list[str]]:
    """What a linear model may read at each word of a `sentence`: its neighbours, its letters, its shape.

    `width` says how many words to either side are read. A feature is a text, such as "-1=no": the word before
    is "no". Capitals and digits are in the shape alone.

    >>> window_features(["No", "fever"], width=1)[1][:6]
    ['-1=no', '-1~no', '-1#Xx', '0=fever', '0~ver', '0#x']
    """
    if width < 1:
        raise DataError(f"width is 1 or more words to either side, not {width}")
    edge = [""] * width
    forms = [*edge, *map(_form, map(str, sentence)), *edge]
    shapes = [*edge, *map(_shape, map(str, sentence)), *edge]
    found = []
    for place in range(width, len(forms) - width):
        features = []
        for step in range(-width, width + 1):
            word = forms[place + step]
            features += [f"{step}={word}", f"{step}~{word[-3:]}", f"{step}#{shapes[place + step]}"]
        word = forms[place]
        features += [f"{word[:count]}…" for count in range(1, 6)] + [
            f"…{word[-count:]}" for count in range(1, 6)
        ]
        found.append([*features, f"{forms[place - 1]} {word}", f"{word} {forms[place + 1]}"])
    return found


def _shape(word: str) -> str:
    """Xx0- for a word with capitals, small letters, digits and other signs, each run of them once.

    >>> _shape("HbA1c"), _shape("q.d.")
    ('XxX0x', 'x-x-')
    """
    kinds = (
        "X" if one.isupper() else "x" if one.isalpha() else "0" if one.isdigit() else "-" for one in word
    )
    return "".join(kind for kind, _ in groupby(kinds))


def _form(word: str) -> str:
    """What counts as the same word: without case, each digit a 0."""
    return _DIGIT.sub("0", word.lower())


def _words_of(sentences: Iterable[Sequence[str]]) -> list[str]:
    return [str(word) for sentence in sentences for word in sentence]


def _numbered(counts: Mapping[str, int]) -> dict[str, int]:
    """The most common gets 2; what is equally common goes by the alphabet."""
    order = sorted(counts, key=lambda name: (-counts[name], name))
    return {name: number for number, name in enumerate(order, start=UNKNOWN + 1)}


def _neighbours(words: np.ndarray, sentence: np.ndarray, size: int, window: int) -> sparse.csr_array:
    """How often each of `size` numbers of words stands near each other one, in the same sentence."""
    counts = sparse.csr_array((size, size))
    for distance in range(1, min(window, len(words) - 1) + 1):
        same = sentence[distance:] == sentence[:-distance]
        pair = words[distance:][same], words[:-distance][same]
        counts += sparse.coo_array((np.full(same.sum(), 1 / distance), pair), shape=(size, size)).tocsr()
    return counts + counts.T


def _surprise(counts: sparse.csr_array) -> sparse.csr_array:
    """Positive pointwise mutual information of `counts` of pairs."""
    pairs = counts.tocoo()
    word = counts.sum(1)
    near = word**SMOOTHING / (word**SMOOTHING).sum()
    value = np.log(pairs.data / (word[pairs.coords[0]] * near[pairs.coords[1]]))
    return sparse.coo_array((np.maximum(value, 0), pairs.coords), shape=counts.shape).tocsr()
