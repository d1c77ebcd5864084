"""The conditional random field: sums and best paths against all paths one by one, padding, slopes."""

from itertools import product

import keras
import numpy as np
import pytest
from keras import layers, ops

from medlearn.errors import DataError
from medlearn.models import crf
from medlearn.models.crf import CRF, best_path, crf_loss, iob_pairs, log_partition
from medlearn.training import fit, predict


def drawn(words, tags, *, seed=0, spread=2.0, n=None):
    """Scores of pairs for one sentence, or for `n`."""
    shape = (words, tags, tags) if n is None else (n, words, tags, tags)
    return np.random.default_rng(seed).normal(0, spread, shape).astype("float32")


def worth(scores, path):
    """The score of one path; before the first word stands tag 0."""
    return sum(float(step[i, j]) for step, i, j in zip(scores, (0, *path), path, strict=False))


def all_paths(scores):
    words, tags, _ = scores.shape
    return {path: worth(scores, path) for path in product(range(tags), repeat=words)}


def losses(y_true, scores):
    return ops.convert_to_numpy(crf_loss(ops.convert_to_tensor(y_true), ops.convert_to_tensor(scores)))


# Against all paths


@pytest.mark.parametrize("words", [1, 2, 3, 5, 6, 8])
@pytest.mark.parametrize("tags", [2, 3])
def test_the_sum_and_the_best_path_are_those_of_all_paths(words, tags):
    scores = drawn(words, tags, seed=10 * words + tags)
    paths = all_paths(scores)
    assert len(paths) == tags**words
    expected = np.logaddexp.reduce([*paths.values()])
    assert log_partition(scores) == pytest.approx(expected, abs=1e-5)
    best = max(paths, key=paths.get)
    assert tuple(best_path(scores).tolist()) == best
    for path in (best, (0,) * words, (tags - 1,) * words):
        loss = losses(np.array([path]), scores[None])
        assert loss == pytest.approx(expected - paths[path], abs=1e-4)


def test_the_loss_is_a_probability_s_over_all_paths():
    scores = drawn(4, 3, seed=7)
    paths = np.array([*all_paths(scores)])
    found = losses(paths, np.repeat(scores[None], len(paths), axis=0))
    assert np.exp(-found).sum() == pytest.approx(1, abs=1e-4) and (found > 0).all()


@pytest.mark.parametrize("shift", [-3000.0, 0.0, 3000.0])
def test_large_scores_neither_overflow_nor_vanish(shift):
    scores = drawn(7, 3, spread=30) + np.float32(shift)
    path = best_path(scores)
    expected = log_partition(scores) - worth(scores, path)
    assert 0 <= expected < 1
    assert losses(path[None], scores[None]) == pytest.approx(expected, abs=0.02)


# Padding


@pytest.mark.parametrize("length", [1, 2, 5, 8])
def test_what_fills_a_sentence_up_counts_nothing(length):
    scores, path = drawn(8, 3, n=2, seed=length), np.array([[1, 2, 0, 1, 1, 2, 2, 0]] * 2)
    path[:, length:] = -1
    cut = losses(path[:, :length], scores[:, :length])
    np.testing.assert_allclose(losses(path, scores), cut, atol=1e-4)
    scores[:, length:] = 50
    np.testing.assert_allclose(losses(path, scores), cut, atol=1e-4)
    np.testing.assert_array_equal(best_path(scores[0], length), best_path(scores[0, :length]))


def test_a_sentence_of_nothing_but_padding_costs_nothing():
    assert losses(np.full((1, 4), -1), drawn(4, 3, n=1)) == pytest.approx(0, abs=1e-4)


def test_a_mask_goes_no_further():
    words = keras.Input((None,), dtype="int32")
    x = layers.Dense(3)(layers.Embedding(5, 4, mask_zero=True)(words))
    model = keras.Model(words, CRF()(x))
    model.compile("sgd", crf_loss)
    loss = fit(model, (np.array([[1, 2, 0], [3, 4, 2]]), np.array([[0, 1, -1], [0, 0, 2]])), epochs=1)["loss"]
    assert np.isfinite(loss).all()


# Slopes


def test_slopes_are_expected_less_true_counts_of_pairs():
    """What changes a weight is how often the model expects each pair, less how often it stands there."""
    keras.utils.set_random_seed(0)
    emissions = np.random.default_rng(3).normal(size=(1, 5, 3)).astype("float32")
    y = np.array([[1, 2, 0, 1, -1]])
    given = keras.Input((None, 3))
    model = keras.Model(given, CRF(name="crf")(given))
    transition = np.random.default_rng(4).normal(size=(3, 3)).astype("float32")
    model.get_layer("crf").set_weights([transition])
    model.compile(keras.optimizers.SGD(1.0), crf_loss)
    scores = predict(model, emissions)[0, :4]
    paths = all_paths(scores)
    total, expected, true = log_partition(scores), np.zeros((3, 3)), np.zeros((3, 3))
    for path, score in paths.items():
        for pair in zip((0, *path), path, strict=False):
            expected[pair] += np.exp(score - total)
    for pair in ((0, 1), (1, 2), (2, 0), (0, 1)):
        true[pair] += 1
    fit(model, (emissions, y), epochs=1, batch_size=1)
    moved = model.get_layer("crf").get_weights()[0] - transition
    np.testing.assert_allclose(moved, true - expected, atol=1e-4)


# Any length


def sentences(rng, words, n=16):
    """Tag 1 wherever the word is 1, and tag 2 on the word behind, which looks like any other."""
    x = rng.integers(0, 2, (n, words)) * (np.arange(words) % 2 == 0)
    y = x + 2 * np.pad(x[:, :-1], [(0, 0), (1, 0)])
    return np.eye(2, dtype="float32")[x], y


class Lengths(keras.utils.PyDataset):
    """Batches of other lengths, one after the other."""

    def __init__(self, lengths):
        super().__init__()
        self.batches = [sentences(np.random.default_rng(n), length) for n, length in enumerate(lengths)]

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def test_it_learns_what_follows_what_from_batches_of_any_length(tmp_path):
    keras.utils.set_random_seed(0)
    given = keras.Input((None, 2))
    model = keras.Model(given, CRF(name="crf")(layers.Dense(3)(given)))
    model.compile(keras.optimizers.Adam(0.1), crf_loss)
    fit(model, Lengths([4, 10, 3, 17, 6] * 4), epochs=5, patience=None)
    x, y = sentences(np.random.default_rng(99), 23, n=4)
    scores = predict(model, x)
    assert scores.shape == (4, 23, 3, 3)
    np.testing.assert_array_equal([best_path(one) for one in scores], y)
    np.testing.assert_array_equal(scores[..., 0, :].argmax(-1) == 2, False)  # no word says so by itself
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(predict(again, x), scores, atol=1e-5)


def test_a_sentence_longer_than_can_be_summed_is_no_silent_error(monkeypatch):
    monkeypatch.setattr(crf, "MOST_WORDS", 4)
    given = keras.Input((None, 2))
    model = keras.Model(given, CRF()(layers.Dense(3)(given)))
    model.compile("sgd", crf_loss)
    if keras.backend.backend() == "tensorflow":  # the only one to which a length is not known
        with pytest.raises(Exception, match=r"(?s)reshape"):
            model.fit(Lengths([4, 3, 5, 9]), verbose=0)
    else:
        assert np.isfinite(model.fit(Lengths([4, 3, 5, 9]), verbose=0).history["loss"]).all()


# Which tag may follow which


def test_inside_follows_only_the_same_type():
    allowed = iob_pairs(5)
    assert {(i, j) for i, j in product(range(5), repeat=2) if not allowed[i, j]} == {
        *((0, 2), (3, 2), (4, 2)),
        *((0, 4), (1, 4), (2, 4)),
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_best_allowed_path_is_that_of_the_allowed_ones(seed):
    scores, allowed = drawn(4, 5, seed=seed), iob_pairs(5)
    scores[:, :, 2] += 4  # what is forbidden at the start looks good
    paths = {
        path: score
        for path, score in all_paths(scores).items()
        if all(allowed[i, j] for i, j in zip((0, *path), path, strict=False))
    }
    assert tuple(best_path(scores, allowed=allowed).tolist()) == max(paths, key=paths.get)


@pytest.mark.parametrize("tags", [0, 1, 2, 4])
def test_tags_come_in_pairs(tags):
    with pytest.raises(DataError, match=f"not {tags}"):
        iob_pairs(tags)


@pytest.mark.parametrize("shape", [(3, 2), (2, 4, 3, 3), (0, 3, 3), (4, 3, 2)])
def test_other_shapes_are_refused(shape):
    for asked in (log_partition, best_path):
        with pytest.raises(DataError, match="one sentence at a time"):
            asked(np.zeros(shape))
