"""Taggers and the classifier of texts: shapes, what fills up, that they learn; batches of like lengths."""

import keras
import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.models.crf import best_path, crf_loss, iob_pairs
from medlearn.models.text import STEP, Batches, bilstm_tagger, filled_up, tagger, text_classifier
from medlearn.training import fit, predict

WORDS, LETTERS = 30, 12
TAGGERS = {
    "tagger": lambda tags, **how: tagger(WORDS, LETTERS, tags, width=16, **how),
    "bilstm_tagger": lambda tags, **how: bilstm_tagger(WORDS, LETTERS, tags, units=8, **how),
}


def drawn(lengths, *, seed=0):
    """Sentences of these lengths with numbers drawn at random."""
    rng = np.random.default_rng(seed)
    return [
        {"words": rng.integers(1, WORDS, length), "letters": rng.integers(1, LETTERS, (length, 5))}
        for length in lengths
    ]


# Taggers


@pytest.mark.parametrize("name", TAGGERS)
def test_scores_are_of_pairs_of_tags(name):
    model = TAGGERS[name](5)
    assert model.output_shape == (None, None, 5, 5)
    assert predict(model, filled_up(drawn([3, 20]))).shape == (2, 32, 5, 5)


@pytest.mark.parametrize("name", TAGGERS)
def test_what_fills_a_sentence_up_changes_no_score(name):
    keras.utils.set_random_seed(0)
    model, (short, long) = TAGGERS[name](3), drawn([5, 3 * STEP])
    alone, among = predict(model, filled_up([short])), predict(model, filled_up([short, long]))
    assert alone.shape[1] < among.shape[1]
    np.testing.assert_allclose(alone[0, :5], among[0, :5], atol=1e-5)


@pytest.mark.parametrize("name", TAGGERS)
def test_words_letters_and_neighbours_are_seen(name):
    keras.utils.set_random_seed(0)
    model = TAGGERS[name](3)
    (sentence,) = drawn([9])
    scores = predict(model, filled_up([sentence]))[0, 4]
    for name, place in (("words", 4), ("letters", (4, 2)), ("words", 6), ("letters", (1, 0))):
        other = {key: array.copy() for key, array in sentence.items()}
        other[name][place] = other[name][place] % 10 + 1
        assert np.abs(predict(model, filled_up([other]))[0, 4] - scores).max() > 1e-4


@pytest.mark.parametrize("build", [tagger, bilstm_tagger])
def test_words_begin_as_the_vectors_given(build):
    vectors = np.random.default_rng(0).normal(size=(WORDS, 7)).astype("float32")
    model = build(vectors, LETTERS, 3)
    np.testing.assert_array_equal(model.get_layer("vectors").get_weights()[0], vectors)


def spelt(rng, lengths):
    """What begins with the letter 1 is an entity, and so is the word behind one that ends in 2."""
    x, y = drawn(lengths, seed=rng.integers(1 << 30)), []
    for sentence in x:
        letters = sentence["letters"]
        letters[letters < 3] = 3
        begins = rng.random(len(letters)) < 0.25
        letters[begins, 0] = 1
        longer = begins & (rng.random(len(letters)) < 0.5)
        letters[longer, -1] = 2
        inside = np.append(False, longer[:-1]) & ~begins
        y.append(np.where(begins, 1, np.where(inside, 2, 0)))
    return x, y


@pytest.mark.parametrize("name", TAGGERS)
def test_it_learns_from_letters_and_neighbours_and_comes_back_from_a_file(name, tmp_path):
    rng = np.random.default_rng(0)
    x, y = spelt(rng, rng.integers(3, 30, 300))
    keras.utils.set_random_seed(0)
    model = TAGGERS[name](3, dropout=0.1)
    model.compile(keras.optimizers.Adam(0.01), crf_loss)
    fit(model, Batches(x, y, size=16), epochs=6, patience=None)
    x, y = spelt(rng, [4, 12, 25, 30])
    scores = predict(model, filled_up(x))
    for one, tags in zip(scores, y, strict=True):
        assert (best_path(one, len(tags), allowed=iob_pairs(3)) == tags).mean() > 0.9
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(predict(again, filled_up(x)), scores, atol=1e-5)


# The classifier


def ordered(rng, count):
    """Texts with a 5 and a 6 somewhere: 1 where the 6 follows at once."""
    texts, y = rng.integers(7, WORDS, (count, 12)), np.arange(count) % 2
    for text, label in zip(texts, y, strict=True):
        place = rng.integers(0, 10)
        text[[place, place + 1]] = (5, 6) if label else (6, 5)
    return texts, y


def test_the_classifier_reads_the_order_of_words(tmp_path):
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    model = text_classifier(WORDS, size=8, width=16, dropout=0.1)
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
    fit(model, ordered(rng, 300), epochs=8, patience=None)
    texts, y = ordered(rng, 100)
    said = predict(model, texts)[:, 0]
    assert ((said > 0.5) == y).mean() > 0.9
    np.testing.assert_allclose(predict(model, np.pad(texts, [(0, 0), (0, 9)]))[:, 0], said, atol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(predict(again, texts)[:, 0], said, atol=1e-5)


def test_a_probability_for_two_classes_and_one_a_class_for_more():
    assert text_classifier(WORDS).output_shape == (None, 1)
    five = predict(text_classifier(WORDS, classes=5), np.ones((2, 9), int))
    assert five.shape == (2, 5) and five.sum(1) == pytest.approx(1)


# Sentences of any length


def test_filling_up_keeps_all_and_adds_nothing_else():
    x = drawn([3, STEP + 1])
    y = [np.arange(3), np.zeros(STEP + 1, int)]
    given, tags = filled_up(x, y)
    assert given["words"].shape == tags.shape == (2, 2 * STEP) and given["letters"].shape == (2, 2 * STEP, 5)
    for row, sentence in enumerate(x):
        count = len(sentence["words"])
        for name, array in sentence.items():
            np.testing.assert_array_equal(given[name][row, :count], array)
            assert not given[name][row, count:].any()
        np.testing.assert_array_equal(tags[row, :count], y[row])
        assert (tags[row, count:] == -1).all()
    assert filled_up(drawn([STEP]))["words"].shape == (1, STEP)
    with pytest.raises(DataError, match="at least one sentence"):
        filled_up([])


def test_each_sentence_comes_once_an_epoch_among_its_like():
    counts = np.random.default_rng(0).permutation(np.arange(1, 101))
    x, y = drawn(counts), [np.full(count, count) for count in counts]
    batches, orders = Batches(x, y, size=8), []
    for _ in range(2):
        seen = [batches[number] for number in range(len(batches))]
        orders.append(np.concatenate([tags[:, 0] for _, tags in seen]).tolist())
        assert len(batches) == 13 and sorted(orders[-1]) == [*range(1, 101)]
        assert all(np.ptp(tags[:, 0]) < 8 + STEP for _, tags in seen)
        batches.on_epoch_end()
    assert orders[0] != orders[1] and orders[0] != sorted(orders[0])
    again = Batches(x, y, size=8)
    assert [tags[0, 0] for _, tags in (again[0], again[1])] == [orders[0][0], orders[0][8]]


@pytest.mark.parametrize("seed", range(20))
def test_the_first_two_batches_differ_in_length_where_any_two_do(seed):
    """Or Keras would take the length that they share for that of all."""
    counts = [5] * 24 + [40]
    batches = Batches(drawn(counts), [np.zeros(count, int) for count in counts], size=8, seed=seed)
    lengths = [batches[number][1].shape[1] for number in range(len(batches))]
    assert lengths[0] != lengths[1] and sorted(lengths) == [16, 16, 16, 48]
    alike = Batches(drawn([5] * 9), [np.zeros(5, int)] * 9, size=3, seed=seed)
    assert {alike[number][1].shape for number in range(3)} == {(3, 16)}


@pytest.mark.parametrize("seed", range(20))
def test_the_first_two_batches_differ_in_length_where_those_of_another_epoch_do(seed):
    """Sentences of 15 and 17 words fall into batches of 16 and 32, or of 32 and 32, as the epoch has it."""
    counts, longest = [15, 15, 17, 17], set()
    x, y = drawn(counts), [np.full(count, place) for place, count in enumerate(counts)]
    batches = Batches(x, y, size=2, seed=seed)
    for _ in range(12):
        (first, tags), (other, rest) = batches[0], batches[1]
        lengths = [tags.shape[1], rest.shape[1]]
        assert lengths == [first["words"].shape[1], other["letters"].shape[1]] and lengths[0] != lengths[1]
        assert sorted([*tags[:, 0], *rest[:, 0]]) == [0, 1, 2, 3]
        longest.add(max(lengths))
        batches.on_epoch_end()
    assert longest == {32, 48}


def test_a_model_learns_from_batches_that_are_equally_long_in_the_first_epoch_alone():
    counts = [15, 15, 17, 17]
    for seed in range(3):
        batches = Batches(drawn(counts), [np.zeros(count, int) for count in counts], size=2, seed=seed)
        model = tagger(WORDS, LETTERS, 2, width=4, dilations=())
        model.compile(keras.optimizers.SGD(0.01), crf_loss)
        assert len(fit(model, batches, epochs=5, patience=None)) == 5


@pytest.mark.parametrize(("x", "y"), [([], []), (drawn([3]), [])])
def test_sentences_without_tags_are_refused(x, y):
    with pytest.raises(DataError, match="each with its tags"):
        Batches(x, y)
