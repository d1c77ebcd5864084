"""The generator and the discriminator that notebook 4 writes out are the package's."""

import keras
import numpy as np
import pytest

from medlearn.models import gan
from tools import ROOT, notebooks

SOURCE = ROOT / "notebooks" / "src" / "04_gan_synthesis.py"


@pytest.fixture(scope="module")
def written_out():
    """What the notebook's cells tagged `flagship` define."""
    cells = [c for c in notebooks.from_source(SOURCE).cells if "flagship" in c.metadata.get("tags", ())]
    assert len(cells) == 2 and all(len(cell.source.splitlines()) <= 16 for cell in cells)
    names = {}
    for cell in cells:
        exec(cell.source, names)
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
