"""The scanners: shapes, what place and strand mean to them, that they learn, and how filters are read."""

import keras
import numpy as np
import pytest

from medlearn.models.sequences import scanner
from medlearn.training import fit, predict

LENGTH = 24
MOTIF = np.eye(4, dtype="float32")[[3, 0, 3, 0]]  # TATA


def drawn(count, *, seed=0):
    """Sequences at random, (count, LENGTH, 4)."""
    return np.eye(4, dtype="float32")[np.random.default_rng(seed).integers(4, size=(count, LENGTH))]


def planted(count, *, seed=0):
    """Sequences of which every second one holds the motif somewhere."""
    rng, x, y = np.random.default_rng(seed), drawn(count, seed=seed + 1), np.arange(count) % 2
    for one in np.flatnonzero(y):
        at = rng.integers(LENGTH - 4)
        x[one, at : at + 4] = MOTIF
    return x, y


def learnt(model, x, y, *, epochs=15):
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    fit(model, (x, y[:, None].astype("float32")), epochs=epochs, batch_size=32, patience=None)
    return model


def other_strand(x):
    return x[:, ::-1, ::-1].copy()


def test_a_probability_for_two_classes_and_one_a_class_for_more():
    assert scanner(LENGTH).output_shape == (None, 1)
    p = predict(scanner(LENGTH, 3, filters=4), drawn(5))
    assert p.shape == (5, 3) and p.sum(1) == pytest.approx(1)


def test_it_finds_a_motif_anywhere_and_comes_back_from_a_file(tmp_path):
    keras.utils.set_random_seed(0)
    model = learnt(scanner(LENGTH, filters=16, width=5, units=8, dropout=0.1), *planted(400), epochs=12)
    x, y = planted(200, seed=7)
    p = predict(model, x)[:, 0]
    assert ((p > 0.5) == y).mean() > 0.85
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(predict(again, x)[:, 0], p, atol=1e-5)


def test_without_pooling_the_place_counts_and_with_it_the_strength_alone():
    keras.utils.set_random_seed(0)
    one = np.zeros((1, LENGTH, 4), "float32")
    here, there = one.copy(), one.copy()
    here[0, 6:10], there[0, 14:18] = MOTIF, MOTIF
    anywhere, placed = (scanner(LENGTH, width=5, filters=8, pool=pool) for pool in (None, 1))
    np.testing.assert_allclose(predict(anywhere, here), predict(anywhere, there), atol=1e-6)
    assert np.abs(predict(placed, here) - predict(placed, there)).max() > 1e-3
    coarse = scanner(LENGTH, width=5, filters=8, pool=8)
    assert coarse.count_params() == 5 * 4 * 8 + 8 + (3 * 8 * 32 + 32) + 33
    assert placed.count_params() > coarse.count_params() > anywhere.count_params()


def test_a_net_that_tells_places_apart_learns_where_a_motif_counts():
    """The motif stands in all sequences; only at one place it makes the class."""
    rng = np.random.default_rng(3)
    x, y = drawn(600, seed=5), np.arange(600) % 2
    for one, label in zip(x, y, strict=True):
        at = 10 if label else rng.choice([2, 18])
        one[at : at + 4] = MOTIF
    keras.utils.set_random_seed(0)
    model = learnt(scanner(LENGTH, filters=16, width=5, pool=1, dropout=0.1), x[:400], y[:400], epochs=10)
    assert ((predict(model, x[400:])[:, 0] > 0.5) == y[400:]).mean() > 0.9


@pytest.mark.parametrize("width", [4, 5])
def test_with_both_strands_the_other_one_gets_the_same_answer(width):
    keras.utils.set_random_seed(0)
    x = drawn(6)
    for both in (True, False):
        model = scanner(LENGTH, filters=8, width=width, both_strands=both)
        difference = np.abs(predict(model, x) - predict(model, other_strand(x))).max()
        assert difference < 1e-6 if both else difference > 1e-3
