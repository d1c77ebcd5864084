"""The articles' GAN, which stands beside the benchmark that it serves."""

import doctest
import importlib.util
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest

from medlearn.errors import DataError

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "articles.py"
SPEC = importlib.util.spec_from_file_location("articles", PATH)
articles = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(articles)

rng = np.random.default_rng(0)
SHAPE = (16, 16, 1)


def test_examples():
    assert doctest.testmod(articles).failed == 0


def films(count):
    return rng.integers(0, 256, (count, *SHAPE), dtype="uint8")


def test_the_classic_loop_trains_no_discriminator():
    """Compile D, freeze it, compile D∘G, train D: a loss comes back and no weight moves."""
    maker, judge = articles.articles_gan(SHAPE)
    judge.compile("adam", "binary_crossentropy", jit_compile=False)
    judge.trainable = False
    noise = keras.Input(maker.input_shape[1:])
    keras.Model(noise, judge(maker(noise))).compile("adam", "binary_crossentropy", jit_compile=False)
    before = [weight.copy() for weight in judge.get_weights()]
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        loss = judge.train_on_batch(films(8) / 127.5 - 1.0, np.ones((8, 1)))
    assert loss > 0
    assert all((old == new).all() for old, new in zip(before, judge.get_weights(), strict=True))
    if keras.backend.backend() == "tensorflow":  # on JAX it is silent as well
        assert any("does not have any trainable weights" in str(warning.message) for warning in heard)


def test_the_articles_loop_as_mended_trains_both():
    maker, judge = articles.articles_gan(SHAPE, latent=10)
    before = [[w.copy() for w in net.get_weights()] for net in (maker, judge)]
    articles.articles_fit(maker, judge, films(16), epochs=1, batch_size=8)
    for old, net in zip(before, (maker, judge), strict=True):
        assert all((a != b).any() for a, b in zip(old, net.get_weights(), strict=True))


def test_sizes_that_do_not_double_twice_are_refused():
    with pytest.raises(DataError, match="30 × 28 is not divisible by 4"):
        articles.articles_gan((30, 28, 1))
