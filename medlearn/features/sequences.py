"""Sequences of DNA as numbers: letters, words, all single changes, shuffles, and who resembles whom.

NumPy and SciPy; nothing here knows Keras, a file or a class. Letters stand in the order A, C, G, T.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from medlearn.data.sequences.letters import LETTERS, MEANING, other_strand, shuffle_pairs, text_array
from medlearn.errors import DataError

LONGEST_COUNTED = 8  # letters: there are 65,536 words
LONGEST_WORD = 31  # letters, as a whole number of 64 bits holds them
ROWS = 1000  # of sequences that are compared with all others at once


def _table() -> np.ndarray:
    """The four numbers of each character, 0 where it is no letter of DNA: (256, 4)."""
    table = np.zeros((256, 4), np.float32)
    for letter, meaning in MEANING.items():
        row = [(one in meaning) / len(meaning) for one in LETTERS]
        table[[ord(letter), ord(letter.lower())]] = row
    return table


def _codes() -> np.ndarray:
    """The number of each character, 0 to 3, and 4 where it is none of ACGT: (256,)."""
    codes = np.full(256, 4, np.int8)
    for code, letter in enumerate(LETTERS):
        codes[[ord(letter), ord(letter.lower())]] = code
    codes[[ord("U"), ord("u")]] = codes[ord("T")]
    return codes


_TABLE, _CODES = _table(), _codes()
_NO_LETTER = ~_TABLE.any(1)
_NO_LETTER[0] = False  # what fills up


def one_hot(sequences: Sequence[str], *, length: int | None = None) -> np.ndarray:
    """Four numbers a letter, (n, length, 4): 1 for the letter that it is, in the order A, C, G, T.

    A letter that may be several is shared among them: N is a quarter of each.

    Parameters
    ----------
    sequences : of one length.
    length : to which shorter sequences are filled up with zeros at their ends.

    >>> one_hot(["AN"])[0].tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]]
    """
    sequences = _listed(sequences)
    lengths = np.array([len(sequence) for sequence in sequences])
    most = int(lengths[0]) if length is None and len(lengths) else int(length or 0)
    odd = np.flatnonzero(lengths != most if length is None else lengths > most)
    if len(odd):
        advice = "length= fills short ones up" if length is None else "cut it"
        raise DataError(
            f"sequence {odd[0]} (from 0) has {lengths[odd[0]]} letters, and {most} were expected: {advice}"
        )
    letters = _bytes("".join(sequence.ljust(most, "\0") for sequence in sequences))
    if len(bad := np.flatnonzero(_NO_LETTER[letters])):
        at = int(bad[0])
        raise DataError(f"sequence {at // most} (from 0) has {chr(letters[at])!r}, which is no letter of DNA")
    return _TABLE.take(letters, axis=0).reshape(len(sequences), most, 4)


def _listed(sequences: Sequence[str]) -> list[str]:
    if isinstance(sequences, str):
        raise DataError("sequences are a list or an array of texts; put a single one into a list")
    return [str(sequence) for sequence in sequences]


def _bytes(text: str) -> np.ndarray:
    """The letters of a `text` as numbers; one that ASCII lacks becomes "?"."""
    return np.frombuffer(text.encode("ascii", "replace"), np.uint8)


def reverse_complement(sequences: Sequence[str]) -> np.ndarray:
    """What the other strand says at the same place: the partners of the letters of `sequences`, from the end.

    >>> reverse_complement(["AACGN"]).tolist()
    ['NCGTT']
    """
    return text_array([other_strand(sequence) for sequence in _listed(sequences)])


def kmer_counts(sequences: Sequence[str], k: int) -> np.ndarray:
    """How often each word of k letters stands in each sequence, (n, 4**k), in the order of the alphabet.

    A word is a number in base 4, so that one pass over the letters finds all of them; words with a letter
    that is none of A, C, G and T are left out.

    Parameters
    ----------
    sequences : of any lengths.
    k : letters of a word, 1 to 8.

    >>> kmer_counts(["AACAN"], 2)[0, :4].tolist()  # AA, AC, AG, AT
    [1, 1, 0, 0]
    """
    if not 1 <= k <= LONGEST_COUNTED:
        raise DataError(f"words of k letters are counted for k from 1 to {LONGEST_COUNTED}, not {k}")
    sequences = _listed(sequences)
    words, owner = _words(sequences, k)
    counts = np.bincount(owner * 4**k + words, minlength=len(sequences) * 4**k)
    return counts.reshape(len(sequences), 4**k).astype(np.int32)


def _words(sequences: Sequence[str], k: int) -> tuple[np.ndarray, np.ndarray]:
    """All words of `k` letters as numbers in base 4, and the sequence in which each stands."""
    codes = _CODES[_bytes("N".join([*sequences, ""]))]  # no word reaches over an N
    owner = np.repeat(np.arange(len(sequences)), [len(sequence) + 1 for sequence in sequences])
    places = max(len(codes) - k + 1, 0)
    words, whole = np.zeros(places, np.int64), np.ones(places, bool)
    for shift in range(k):
        letter = codes[shift : shift + places]
        words = words * 4 + letter
        whole &= letter < 4
    return words[whole], owner[:places][whole]


def mutants(x: np.ndarray) -> np.ndarray:
    """All single changes of one sequence, (length, 4, length, 4): at [i, j] letter j stands at place i.

    Where j is the letter that stands there, the sequence is unchanged. `x` is the sequence, (length, 4).

    >>> mutants(one_hot(["AC"])[0])[1, 3].tolist()  # AT
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    """
    x = np.asarray(x)
    if x.ndim != 2 or x.shape[1] != 4:
        raise DataError(f"mutants are made of one sequence, of shape (length, 4), not {x.shape}: take x[0]")
    changed = np.tile(x, (len(x), 4, 1, 1))
    place = np.arange(len(x))
    changed[place, :, place] = np.eye(4, dtype=x.dtype)
    return changed


def shuffled(sequences: Sequence[str], seed: int = 0) -> np.ndarray:
    """The letters of each sequence in another order, with as many of each pair of neighbours.

    A model that counts pairs cannot tell them from the sequences that they are made of.

    Parameters
    ----------
    sequences : of any lengths.
    seed : draws the order.

    >>> shuffled(["AACATAACGACT"], seed=1).tolist()
    ['AAATACACGACT']
    """
    rng = np.random.default_rng(seed)
    return text_array([shuffle_pairs(sequence, rng) for sequence in _listed(sequences)])


def related(sequences: Sequence[str], k: int = 12, share: float = 0.5) -> np.ndarray:
    """Numbers of groups from 0 on: sequences that share many words, on either strand, are in one group.

    Copies of a gene and overlapping pieces share long words, and chance hardly ever makes them. Who is
    related to one of a group is in it, too.

    Parameters
    ----------
    sequences : of any lengths.
    k : letters of a word, up to 31.
    share : of the different words of the one that has fewer, from which two count as related.

    >>> related(["AACATAACGACTTG", "CCAAGTCGTTATGTT", "GGGGAGAGTTTCTC"], k=6).tolist()
    [0, 0, 1]
    """
    if not 1 <= k <= LONGEST_WORD or not 0 < share <= 1:
        raise DataError(f"k is 1 to {LONGEST_WORD} and share above 0 and up to 1, not {k} and {share}")
    words = _word_matrix(_listed(sequences), k)
    count = words.shape[0]
    if not count:
        return np.zeros(0, int)
    links = sparse.vstack(list(_links(words, share)))
    return connected_components(links, directed=False)[1].astype(int)


def _word_matrix(sequences: Sequence[str], k: int) -> sparse.csr_array:
    """1 where a sequence has a word, or its other strand: (n, words)."""
    words, owner = _words(sequences, k)
    partner, rest = np.zeros_like(words), words.copy()
    for _ in range(k):
        partner, rest = partner * 4 + 3 - rest % 4, rest // 4
    word = np.unique(np.minimum(words, partner), return_inverse=True)[1]
    columns = int(word.max(initial=-1)) + 1
    matrix = sparse.csr_array(
        (np.ones(len(word), np.int32), (owner, word)), shape=(len(sequences), max(columns, 1))
    )
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _links(words: sparse.csr_array, share: float) -> Iterator[sparse.csr_array]:
    """Which rows of `words` share enough with which, some rows at a time."""
    size = np.asarray(words.sum(1)).ravel()
    columns = words.T.tocsc()
    for start in range(0, len(size), ROWS):
        shared = (words[start : start + ROWS] @ columns).tocoo()
        fewer = np.minimum(size[shared.row + start], size[shared.col])
        enough = shared.data >= share * fewer
        row, column = shared.row[enough], shared.col[enough]
        yield sparse.csr_array((np.ones(len(row), bool), (row, column)), shape=shared.shape)
