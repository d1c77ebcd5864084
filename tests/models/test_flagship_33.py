"""The tagger that notebook 33 writes out is the package's."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from written_out import flagships

from medlearn.models import crf, text


@pytest.fixture(scope="module")
def names():
    found = {"keras": keras, "layers": layers, "ops": ops, "crf": crf}
    for flagship in flagships("33"):
        exec(flagship, found)
    return found


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(12, 6)).astype("float32")


def test_the_tagger_written_out_has_the_package_s_defaults(names, vectors):
    ours, package = names["tagger"](vectors, 9, 3), text.tagger(vectors, 9, 3)
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in package.get_weights()]
    dropout = [
        [layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)]
        for model in (ours, package)
    ]
    assert dropout[0] == dropout[1]


@pytest.mark.parametrize("tags", [3, 7])
def test_the_tagger_written_out_answers_as_the_package_s(names, vectors, tags):
    rng = np.random.default_rng(1)
    words = rng.integers(1, 12, (4, 16)).astype("int32")
    words[0, 5:] = words[2, 11:] = 0  # filled up
    letters = rng.integers(0, 9, (4, 16, 7)).astype("int32") * (words > 0)[:, :, None]
    ours = names["tagger"](vectors, 9, tags, width=8, dropout=0.3)
    package = text.tagger(vectors, 9, tags, width=8, dropout=0.3)
    for model in (ours, package):
        assert any(np.array_equal(w, vectors) for w in model.get_weights())  # begins as these
    given = {"words": words, "letters": letters.astype("int32")}
    weights = [rng.normal(size=w.shape) for w in package.get_weights()]
    for model in (ours, package):
        model.set_weights(weights)
    found, expected = (ops.convert_to_numpy(model(given, training=False)) for model in (ours, package))
    assert found.shape == (4, 16, tags, tags) and found.std() > 0.01
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
