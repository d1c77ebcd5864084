"""Letters, words, single changes, shuffles and relatives of sequences."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlearn.errors import DataError
from medlearn.features.sequences import kmer_counts, mutants, one_hot, related, reverse_complement, shuffled

LETTERS = "ACGT"
texts = st.lists(st.text("ACGTN", min_size=1, max_size=40), min_size=1, max_size=6)


def drawn(count, length, seed=0):
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(LETTERS), length)) for _ in range(count)]


# Letters


def test_a_letter_is_four_numbers():
    x = one_hot(np.array(["ACGT", "TTGA"], object))
    assert x.shape == (2, 4, 4) and x.dtype == np.float32
    assert np.array_equal(x[0], np.eye(4)) and x[1].argmax(1).tolist() == [3, 3, 2, 0]


def test_ambiguity_letters_are_shared_and_u_and_lower_case_are_read():
    x = one_hot(["RNBacu"])[0]
    assert x[0].tolist() == [0.5, 0, 0.5, 0] and x[1].tolist() == [0.25] * 4
    np.testing.assert_allclose(x[2], [0, 1 / 3, 1 / 3, 1 / 3])
    assert x[3:].argmax(1).tolist() == [0, 1, 3] and np.allclose(x.sum(1), 1)


def test_short_sequences_are_filled_up_where_a_length_is_given():
    x = one_hot(["ACG", "A"], length=4)
    assert x.shape == (2, 4, 4) and not x[1, 1:].any() and not x[0, 3].any() and x[0, 2, 2] == 1
    assert one_hot([]).shape == (0, 0, 4) and one_hot([], length=7).shape == (0, 7, 4)


@pytest.mark.parametrize(
    ("sequences", "options", "said"),
    [
        (["ACGT", "ACG"], {}, r"sequence 1 \(from 0\) has 3 letters, and 4 were expected: length= fills"),
        (
            ["ACGT", "ACGTA"],
            {"length": 4},
            r"sequence 1 \(from 0\) has 5 letters, and 4 were expected: cut it",
        ),
        (["ACGT", "AC*T"], {}, r"sequence 1 \(from 0\) has '\*', which is no letter of DNA"),
        (["ACéT"], {}, r"sequence 0 \(from 0\) has '\?', which is no letter of DNA"),
        ("ACGT", {}, "put a single one into a list"),
    ],
)
def test_what_is_no_set_of_sequences_is_refused(sequences, options, said):
    with pytest.raises(DataError, match=said):
        one_hot(sequences, **options)


@given(st.text("ACGTNRYSWKMBDHV", max_size=30))
def test_the_other_strand_is_the_same_picture_turned_by_half(sequence):
    (other,) = reverse_complement([sequence])
    assert np.array_equal(one_hot([other])[0], one_hot([sequence])[0, ::-1, ::-1])


def test_the_other_strand_of_a_sequence_with_n():
    assert reverse_complement(["ACGN", "T"]).tolist() == ["NCGT", "A"]


# Words


def plain_counts(sequence, k):
    counts = Counter(sequence[at : at + k] for at in range(len(sequence) - k + 1))
    words = [""]
    for _ in range(k):
        words = [word + letter for word in words for letter in LETTERS]
    return [counts[word] for word in words]


@given(texts, st.integers(1, 4))
def test_words_are_counted_as_a_dictionary_counts_them(sequences, k):
    assert kmer_counts(sequences, k).tolist() == [plain_counts(sequence, k) for sequence in sequences]


def test_words_too_long_to_be_counted_are_refused():
    for k in (0, 9):
        with pytest.raises(DataError, match=f"k from 1 to 8, not {k}"):
            kmer_counts(["ACGT"], k)
    assert kmer_counts([], 2).shape == (0, 16) and not kmer_counts(["", "A"], 2).any()


# Changes


def test_every_single_change_stands_at_its_place():
    x = one_hot(drawn(1, 7))[0]
    changed = mutants(x)
    assert changed.shape == (7, 4, 7, 4) and changed.dtype == x.dtype
    for place in range(7):
        for letter in range(4):
            one = x.copy()
            one[place] = np.eye(4)[letter]
            assert np.array_equal(changed[place, letter], one)
        assert np.array_equal(changed[place, x[place].argmax()], x)


def test_changes_are_of_one_sequence():
    with pytest.raises(
        DataError, match=r"of one sequence, of shape \(length, 4\), not \(1, 7, 4\): take x\[0\]"
    ):
        mutants(one_hot(drawn(1, 7)))


def test_a_shuffle_keeps_pairs_and_breaks_longer_words():
    sequences = drawn(30, 80)
    other = shuffled(sequences, seed=3)
    assert np.array_equal(kmer_counts(other, 2), kmer_counts(sequences, 2))
    assert not np.array_equal(kmer_counts(other, 4), kmer_counts(sequences, 4))
    assert np.array_equal(shuffled(sequences, seed=3), other) and not np.array_equal(
        shuffled(sequences, 4), other
    )


# Relatives


def test_copies_overlaps_and_other_strands_are_related():
    gene, other, stranger = drawn(3, 100)
    found = related(
        [gene, gene[30:] + drawn(1, 30, seed=9)[0], reverse_complement([gene])[0], other, stranger]
    )
    assert found.tolist() == [0, 0, 0, 1, 2]


def test_the_share_is_that_of_the_one_with_fewer_words():
    gene = drawn(1, 100)[0]
    half = gene[:35] + drawn(1, 35, seed=5)[0]  # 24 of its 59 words
    assert related([gene, half]).tolist() == [0, 1] and related([gene, half], share=0.35).tolist() == [0, 0]
    assert related([gene, gene[:20]]).tolist() == [0, 0]


def test_relatives_of_relatives_are_one_group():
    gene = drawn(1, 160)[0]
    pieces = [gene[start : start + 60] for start in range(0, 101, 20)]
    assert related(pieces).tolist() == [0] * 6 and related([pieces[0], pieces[-1]]).tolist() == [0, 1]


def test_more_sequences_than_are_compared_at_once(monkeypatch):
    from medlearn.features import sequences as module

    many = drawn(40, 40)
    many += many[::-1]
    whole = related(many)
    monkeypatch.setattr(module, "ROWS", 7)
    assert np.array_equal(related(many), whole) and len(set(whole)) == 40 and whole[0] == whole[-1]


def test_sequences_without_words_are_alone():
    assert related(["ACGT", "ACGT", "N" * 30]).tolist() == [0, 1, 2] and related([]).tolist() == []
    with pytest.raises(DataError, match=r"k is 1 to 31 and share above 0 and up to 1, not 40 and 0.5"):
        related(["ACGT"], k=40)


def test_the_longest_words_fit_into_a_number():
    gene = "T" * 31
    assert related([gene, "A" * 31, "G" * 31], k=31).tolist() == [0, 0, 1]
