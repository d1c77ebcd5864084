"""The generator and the discriminator that notebook 4 writes out are the package's."""

import keras
import numpy as np
import pytest
from written_out import flagships

from medlearn.models import gan


@pytest.fixture(scope="module")
def written_out():
    """What the notebook's flagships define."""
    of_generator, of_discriminator = flagships("04")
    names = {}
    exec(of_generator, names)
    exec(of_discriminator, names)
    return names


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("generator", lambda: gan.generator(classes=2, latent=32, width=8)),
        ("discriminator", lambda: gan.discriminator(classes=2, width=16)),
    ],
)
def test_the_network_written_out_is_the_packages(written_out, name, package):
    ours, theirs = written_out[name], package()
    assert ours.count_params() == theirs.count_params()
    assert [w.shape for w in ours.weights] == [w.shape for w in theirs.weights]
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0, 0.1, w.shape) for w in theirs.weights]
    ours.set_weights(weights), theirs.set_weights(weights)
    given = [rng.uniform(0, 1, (3, *shape.shape[1:])).astype("float32") for shape in ours.inputs[:1]]
    given.append(np.array([0, 1, 1], "int32"))
    one, other = (keras.ops.convert_to_numpy(model(given)) for model in (ours, theirs))
    np.testing.assert_allclose(one, other, rtol=1e-5)
