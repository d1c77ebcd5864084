"""Nets of bags: what is filled up and in which order changes nothing, and attention finds what is sought."""

import keras
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from medlearn import models
from medlearn.errors import DataError
from medlearn.models import bags
from medlearn.models.bags import POOLINGS, bag_net, padded, tile_features
from medlearn.models.cnn import articles_net, course_net
from medlearn.training import fit, predict

FEATURES = 6


def some(*counts, seed=0):
    """Bags of noise with so many tiles each."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(count, FEATURES)).astype("float32") for count in counts]


def net(pooling, *, seed=0):
    """A net whose attention, were it trained, would not be even."""
    keras.utils.set_random_seed(seed)
    model = bag_net(FEATURES, pooling=pooling, hidden=8)
    for weight in model.trainable_weights:
        weight.assign(keras.random.normal(weight.shape, seed=seed + len(weight.shape)))
    return model


def inside(model, layer):
    return keras.Model(model.input, model.get_layer(layer).output)


# Bags filled up


def test_what_is_filled_up_is_not_there():
    one, other = some(2, 5)
    given = padded([one, other])
    assert given["rows"].shape == (2, 5, FEATURES) and given["rows"].dtype == np.float32
    assert given["there"].sum(1).tolist() == [2, 5] and given["there"].dtype == bool
    np.testing.assert_array_equal(given["rows"][0, :2], one)
    np.testing.assert_array_equal(given["rows"][1], other)
    assert not given["rows"][0, 2:].any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "at least one bag"),
        ([np.ones((2, 3)), np.ones((0, 3))], "bag 1 holds no tile: leave it out"),
        ([np.ones((2, 3)), np.ones((2, 4))], "some have 3 and some 4"),
        ([np.ones((2, 3)), np.ones(3)], r"bag 1 must be \(tiles, features\), not \(3,\)"),
        ([np.ones((2, 8, 8, 3))], r"bag 0 must be \(tiles, features\), not \(2, 8, 8, 3\)"),
    ],
)
def test_what_is_no_bag_is_refused(given, message):
    with pytest.raises(DataError, match=message):
        padded(given)


def test_more_than_fits_is_refused_before_it_is_filled_up():
    large = np.broadcast_to(np.float32(0), (100_000, 1000))
    with pytest.raises(DataError, match="200 bags filled up to 100,000 tiles take 80 GB: give fewer"):
        padded([large[:1]] * 199 + [large])


def test_as_much_as_fits_is_taken(monkeypatch):
    monkeypatch.setattr(bags, "MOST", 4 * 2 * 5 * FEATURES)
    padded(some(2, 5))
    with pytest.raises(DataError, match="give fewer"):
        padded(some(2, 6))


# Poolings


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_bag_alone_and_beside_a_larger_one_gets_the_same_answer(pooling):
    model = net(pooling)
    small, large = some(3, 40)
    alone, beside = predict(model, padded([small])), predict(model, padded([small, large]))
    assert alone.shape == (1, 1) and 0 < alone[0, 0] < 1
    np.testing.assert_allclose(beside[:1], alone, atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_neither_the_order_of_tiles_nor_that_of_bags_matters(pooling):
    model = net(pooling)
    given = some(4, 9, 1)
    answer = predict(model, padded(given))
    rng = np.random.default_rng(1)
    shuffled = padded([rng.permutation(bag) for bag in given[::-1]])
    np.testing.assert_allclose(predict(model, shuffled)[::-1], answer, atol=1e-5)
    assert np.ptp(answer) > 1e-3


@pytest.mark.parametrize("pooling", POOLINGS)
def test_it_comes_back_from_a_file(pooling, tmp_path):
    model, given = net(pooling), padded(some(4, 9))
    model.save(tmp_path / "net.keras")
    again = models.read(tmp_path / "net.keras")
    np.testing.assert_allclose(predict(again, given), predict(model, given), atol=1e-6)


def test_a_pooling_that_there_is_not_is_refused():
    with pytest.raises(DataError, match="one of attention, mean, max, not 'median'"):
        bag_net(FEATURES, pooling="median")


# Attention


def test_weights_add_up_to_1_over_the_tiles_that_are_there():
    given = padded(some(1, 4, 9))
    weights = predict(inside(net("attention"), "attention"), given)
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)
    assert (weights[given["there"]] > 0).all() and (weights[~given["there"]] == 0).all()
    assert weights[0, 0] == pytest.approx(1) and np.ptp(weights[2]) > 0.01


def test_attention_starts_even():
    keras.utils.set_random_seed(0)
    model, given = bag_net(FEATURES), padded(some(1, 4, 9))
    weights = predict(inside(model, "attention"), given)
    np.testing.assert_allclose(weights, given["there"] / [[1], [4], [9]], atol=1e-6)
    assert not predict(inside(model, "score"), given).any()


@pytest.mark.parametrize("seed", [0, 1])
def test_attention_finds_the_one_marked_tile(seed):
    """It is told which bags hold one, never where."""
    rng = np.random.default_rng(seed)

    def draw(count):
        given = some(*rng.integers(5, 13, count), seed=rng.integers(1 << 30))
        y, marked = np.arange(count) % 2, []
        for bag, label in zip(given, y, strict=True):
            at = np.arange(len(bag)) == (rng.integers(len(bag)) if label else -1)
            bag[at, 0] += 5
            marked.append(at)
        return padded(given), y, np.concatenate(marked)

    keras.utils.set_random_seed(seed)
    model = bag_net(FEATURES, hidden=8)
    x, y, _ = draw(120)
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
    fit(model, (x, y[:, None].astype("float32")), epochs=15, batch_size=20, seed=seed)
    x, y, marked = draw(60)
    assert roc_auc_score(y, predict(model, x)[:, 0]) > 0.9
    assert roc_auc_score(marked, predict(inside(model, "score"), x)[x["there"]]) > 0.9


# Features of tiles


def test_a_tile_is_the_mean_of_each_map():
    encoder = course_net((28, 28, 3), 8, width=4)
    tiles = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 3), np.uint8)
    found = predict(tile_features(encoder), tiles)
    assert found.shape == (3, 4 + 2 * 8 + 2 * 16) and (found >= 0).all()
    assert bag_net(found.shape[1]).output_shape == (None, 1)
    last = keras.Model(encoder.input, encoder.layers[-1].input)
    np.testing.assert_allclose(found[:, -16:], predict(last, tiles), rtol=1e-4, atol=1e-5)


def test_a_net_without_relu_has_no_features():
    with pytest.raises(DataError, match="articles_net has no ReLU layer"):
        tile_features(articles_net((28, 28, 1)))
