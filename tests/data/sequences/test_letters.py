"""The other strand, shuffles, groups, and what is said of letters that are none."""

from collections import Counter
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlearn.data.sequences.letters import (
    MEANING,
    complaint_of,
    groups_of,
    one_length,
    other_strand,
    share_in_lower_case,
    shuffle_pairs,
)
from medlearn.errors import DataError

dna = st.text("ACGT", max_size=60)


def test_the_partner_of_each_letter_means_the_partners_of_what_it_means():
    partner = dict(zip("ACGT", "TGCA", strict=True))
    for letter, meaning in MEANING.items():
        assert {*MEANING[other_strand(letter)]} == {partner[one] for one in meaning}
        assert other_strand(letter.lower()) == other_strand(letter).lower()


@given(dna)
def test_the_other_strand_of_the_other_strand_is_the_first(sequence):
    assert other_strand(other_strand(sequence)) == sequence


@given(dna, st.integers(0, 9))
def test_a_shuffle_keeps_every_pair_and_both_ends(sequence, seed):
    other = shuffle_pairs(sequence, np.random.default_rng(seed))
    assert Counter(pairwise(other)) == Counter(pairwise(sequence))
    assert other[:1] == sequence[:1] and other[-1:] == sequence[-1:]


def test_all_orders_that_there_are_are_about_equally_likely():
    """Those of ACAGATA: three loops at A in any order."""
    rng = np.random.default_rng(0)
    counts = Counter(shuffle_pairs("ACAGATA", rng) for _ in range(1200))
    loops = {
        "A" + "".join(f"{one}A" for one in order) for order in product("CGT", repeat=3) if len({*order}) == 3
    }
    assert set(counts) == loops and min(counts.values()) > 150


def test_groups_join_whoever_shares_any_key():
    assert groups_of([1, 2, 3, 4, 5], ["a", "b", "b", "c", "a"]).tolist() == [0, 1, 1, 2, 0]
    chain = np.arange(50)
    assert set(groups_of(chain // 2, (chain + 1) // 2)) == {0}
    assert groups_of([], []).tolist() == []


def test_letters_that_are_none_are_named():
    assert not complaint_of("ACGTUNacgtunRYSWKMBDHV") and not complaint_of("")
    assert "amino acid" in complaint_of("ACGTE") and "digit '7'" in complaint_of("AC7*")
    assert share_in_lower_case("") == 0 and share_in_lower_case("aCGT") == 0.25


def test_a_sequence_of_another_length_is_named():
    assert one_length(["AC", "GT"], ["row 1", "row 2"]) == 2
    with pytest.raises(DataError, match="row 3 has 1 letters, but the first sequence has 2: cut them to one"):
        one_length(["AC", "GT", "A"], ["row 1", "row 2", "row 3"])
