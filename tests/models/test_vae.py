import keras
import numpy as np
import pytest

from medlearn import backend
from medlearn.errors import DataError
from medlearn.models import gan, vae

rng = np.random.default_rng(0)
SHAPE = (16, 16, 1)


def blobs(count=256):
    """A bright patch on the left or on the right, brighter or darker."""
    x = rng.normal(40, 10, (count, *SHAPE))
    for number, (image, light) in enumerate(zip(x, rng.normal(120, 20, count), strict=True)):
        side = number % 2
        image[2:14, 8 * side + 1 : 8 * side + 7] += light
    return np.clip(x, 0, 255).astype("uint8")


def test_the_autoencoder_learns_to_draw_again(tmp_path):
    keras.utils.set_random_seed(0)
    model = vae.VAE(gan.generator(SHAPE, latent=6, width=8))
    model.compile(keras.optimizers.Adam(3e-3))
    history = model.fit(blobs(), epochs=12, batch_size=32, verbose=0).history
    assert history["redrawing"][-1] < 0.6 * history["redrawing"][0] and history["code"][-1] > 0.5
    made = model.sample(16)
    assert made.shape == (16, *SHAPE) and made.dtype == np.uint8
    model.save(tmp_path / "vae.keras")
    again = keras.saving.load_model(tmp_path / "vae.keras", safe_mode=True)
    np.testing.assert_array_equal(again.sample(16), made)


def test_whether_xla_compiles_is_decided_before_the_first_step(monkeypatch):
    model, said = vae.VAE(gan.generator(SHAPE, latent=4, width=4)), []
    model.compile("adam")
    monkeypatch.setattr(backend, "choose_jit", lambda one: said.append((one, one.train_function)))
    model.fit(blobs(16), batch_size=16, verbose=0)
    assert said == [(model, None)]


@pytest.mark.parametrize("shape", [(28, 28, 1), (64, 64, 3), (256, 256, 1)])
def test_the_encoder_takes_many_sizes(shape):
    assert vae.encoder(shape, latent=6, width=4).output_shape == (None, 12)


@pytest.mark.parametrize("shape", [(30, 30, 1), (8, 8, 1), (28, 28), (28, 57, 1)])
def test_sizes_that_do_not_halve_are_refused(shape):
    with pytest.raises(DataError, match="doubled a few times"):
        vae.encoder(shape)


def test_what_it_cannot_learn_from_is_said():
    with pytest.raises(DataError, match="takes no classes"):
        vae.VAE(gan.generator(SHAPE, 2))
    model = vae.VAE(gan.generator(SHAPE, latent=4, width=4))
    model.compile("adam")
    with pytest.raises(DataError, match="0 to 255"):
        model.fit(blobs(8) / 255)
