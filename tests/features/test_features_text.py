"""Words and letters as numbers, vectors of words from their neighbours, and what a window shows."""

from itertools import chain

import numpy as np
import pytest

from medlearn.data.ragged import Ragged
from medlearn.errors import DataError
from medlearn.features.text import UNKNOWN, Vocabulary, window_features, word_vectors

TEXT = [["No", "fever", "of", "38"], ["no", "rash"], ["Fever", "of", "39"]]


# Numbers


def test_words_count_without_case_and_with_any_digit():
    known = Vocabulary.of(TEXT, least=1)
    assert list(known.words) == ["00", "fever", "no", "of", "rash"] and known.sizes[0] == 7
    (first,) = (known([["NO", "FEVER", "99", "nausea", "999"]])["words"],)
    assert first.tolist() == [known.words["no"], known.words["fever"], known.words["00"], UNKNOWN, UNKNOWN]


def test_what_is_too_rare_is_unknown():
    assert list(Vocabulary.of(TEXT).words) == ["00", "fever", "no", "of"]
    assert list(Vocabulary.of(TEXT, least=3).words) == []
    many = [["gout"], ["gout"], ["acne"], ["mumps", "mumps", "mumps"]]
    assert Vocabulary.of(many, least=1).words == {"mumps": 2, "gout": 3, "acne": 4}


def test_letters_keep_case_and_digits_and_what_is_new_is_unknown():
    known = Vocabulary.of(TEXT)
    no, low, odd = known([["No", "no", "3Ω"]])["letters"]
    assert no[0] != low[0] and no[1] == low[1] and (no[2:] == 0).all()
    assert odd[0] == known.letters["3"] and odd[1] == UNKNOWN
    assert min(known.letters.values()) == 2 and len(set(known.letters.values())) == len(known.letters)


@pytest.mark.parametrize(
    ("longest", "seen"), [(5, "ABCij"), (4, "ABij"), (10, "ABCDEFGHij"), (20, "ABCDEFGHij")]
)
def test_of_a_long_word_the_ends_are_seen(longest, seen):
    known = Vocabulary.of([["ABCDEFGHij"]], longest=longest)
    (row,) = known([["ABCDEFGHij"]])["letters"]
    assert row.tolist() == [known.letters[one] for one in seen] + [0] * (longest - len(seen))


def test_sentences_stay_apart():
    given = Vocabulary.of(TEXT)(Ragged.of([np.array(sentence, object) for sentence in TEXT]))
    assert given.counts.tolist() == [4, 2, 3] and given[1]["letters"].shape == (2, 20)
    assert given[1]["words"].tolist() == given["words"][4:6].tolist()
    assert len(Vocabulary.of(TEXT)([["new"], [], ["no"]])[1]["words"]) == 0


def test_the_order_of_sentences_changes_no_number():
    one, other = Vocabulary.of(TEXT), Vocabulary.of(TEXT[::-1])
    assert one.words == other.words and one.letters == other.letters


@pytest.mark.parametrize("sentences", [[], [[]]])
def test_no_words_are_no_vocabulary(sentences):
    with pytest.raises(DataError, match="here is none"):
        Vocabulary.of(sentences)


@pytest.mark.parametrize("how", [{"least": 0}, {"longest": 1}])
def test_sizes_that_make_no_sense_are_refused(how):
    with pytest.raises(DataError, match="least is 1 or more and longest 2 or more"):
        Vocabulary.of(TEXT, **how)


# Vectors


@pytest.fixture(scope="module")
def world():
    """Drugs stand among drugs' neighbours and diseases among diseases', never the one beside the other."""
    rng = np.random.default_rng(0)
    text = []
    for _ in range(600):
        drug, disease = rng.integers(0, 6, 2)
        text.append(["take", f"drug{'abcdef'[drug]}", rng.choice(["daily", "twice"]), "with", "water"])
        text.append(["suffers", "from", rng.choice(["severe", "mild"]), f"ill{'abcdef'[disease]}"])
    return text


def test_words_with_the_same_neighbours_get_like_vectors(world):
    known = Vocabulary.of(world)
    vectors = word_vectors(world, known, size=8)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    drugs, ills = ([known.words[f"{kind}{one}"] for one in "abcdef"] for kind in ("drug", "ill"))
    within = (unit[drugs] @ unit[drugs].T).min()
    across = (unit[drugs] @ unit[ills].T).max()
    assert within > 0.9 > 0.5 > across


def test_vectors_are_on_one_scale_and_the_same_each_time(world):
    known = Vocabulary.of(world)
    vectors = word_vectors(world, known, size=8)
    assert vectors.shape == (known.sizes[0], 8) and vectors.dtype == np.float32
    assert not vectors[0].any()
    np.testing.assert_allclose(vectors[UNKNOWN:].std(0), 1, rtol=1e-3)
    np.testing.assert_array_equal(vectors, word_vectors(world, known, size=8))


def test_neighbours_do_not_reach_over_the_end_of_a_sentence(world):
    known = Vocabulary.of(world)
    vectors, other = (word_vectors(text, known, size=2) for text in (world, world[::2] + world[1::2]))
    np.testing.assert_allclose(vectors, other, atol=1e-3)
    joined = word_vectors([[*chain(*world)]], known, size=2)
    assert np.abs(joined - vectors).max() > 0.1


@pytest.mark.parametrize("text", [[["alone"], ["alone"]], [["a", "b"], ["a", "b"]]])
def test_few_words_give_short_vectors_filled_up(text):
    vectors = word_vectors(text, Vocabulary.of(text), size=20)
    assert vectors.shape == (len(set(text[0])) + 2, 20) and np.isfinite(vectors).all()
    assert not vectors[:, len(vectors) :].any()


# Windows


def test_a_window_shows_neighbours_ends_of_words_and_shapes():
    first, middle, last = window_features(["No", "HbA1c", "today"])
    assert {"0=no", "1=hba0c", "2=today", "-1=", "0#Xx", "1#XxX0x"} <= set(first)
    assert {"-1=no", "0=hba0c", "1=today", "h…", "hba0c…", "…c", "…a0c", "no hba0c", "hba0c today"} <= set(
        middle
    )
    assert {"-2=no", "0~day", "1=", "2="} <= set(last)
    assert len(first) == len(middle) == len(last)


def test_a_wider_window_sees_more():
    words = ["a", "b", "c", "d", "e"]
    (near, far) = (set(window_features(words, width=width)[0]) for width in (1, 3))
    assert near < far and "3=d" in far - near
    assert window_features([]) == []
    with pytest.raises(DataError, match="width"):
        window_features(words, width=0)
