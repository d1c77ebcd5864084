"""A variational autoencoder, the contrast to a GAN: it draws images again from a short code, with no game.

Images are taken and given as they lie in the file, 0 to 255. `VAE` is a keras.Model: compile(), fit(),
save(). Nothing here knows a data set.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from medlearn import backend
from medlearn.errors import DataError
from medlearn.models.blocks import check_images, coarse_grid, decode


def encoder(shape: tuple[int, int, int] = (28, 28, 1), *, latent: int = 64, width: int = 32) -> keras.Model:
    """Images in, means and logarithms of variances out: (n, 2 · latent).

    Parameters
    ----------
    shape : (height, width, channels) of an image; height and width must halve down to 8 or less.
    latent : how many numbers make the code of an image.
    width : channels of the first convolution; each later one has twice as many, up to eight times.

    >>> encoder((28, 28, 1), latent=6).output_shape
    (None, 12)
    """
    x = images = keras.Input(shape, name="images")
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    for step in range(coarse_grid(shape)[1]):
        x = layers.Conv2D(width * min(2**step, 8), 4, strides=2, padding="same", activation="relu")(x)
    return keras.Model(images, layers.Dense(2 * latent)(layers.Flatten()(x)), name="encoder")


@keras.saving.register_keras_serializable("medlearn")
class VAE(keras.Model):
    """A variational autoencoder: an encoder that blurs its code, and a generator that draws the image again.

    The loss is how far the drawn images are from the given ones, as a likelihood with pixels known to within
    the blur, plus how far the codes are from plain noise. New images come from plain noise.

    Parameters
    ----------
    generator : noise in, images of 0 to 255 out; without classes.
    blur : how exactly a pixel is to be drawn: an sd, as a share of the full range.
    seed : of the noise in the codes.
    name : of the model.

    >>> from medlearn.models import gan
    >>> VAE(gan.generator((28, 28, 1), latent=16)).sample(3).shape
    (3, 28, 28, 1)
    """

    def __init__(self, generator: keras.Model, *, blur: float = 0.1, seed: int = 0, name: str = "vae"):
        super().__init__(name=name)
        if len(generator.inputs) > 1:
            raise DataError("the autoencoder takes no classes: build its generator without `classes`")
        self.generator, self.blur, self.seed = generator, blur, seed
        self.drawn = keras.random.SeedGenerator(seed)
        self.encoder = encoder(generator.output_shape[1:], latent=generator.inputs[0].shape[1])
        self.means = [keras.metrics.Mean("redrawing"), keras.metrics.Mean("code")]
        self.built = True

    def fit(self, x=None, *, batch_size: int = 64, **options) -> keras.callbacks.History:
        """As any model's: `x` images, 0 to 255."""
        images, _ = check_images(x, None, shape=self.generator.output_shape[1:], classes=0)
        backend.choose_jit(self)
        return super().fit(images, batch_size=batch_size, **options)

    def call(self, inputs, training=False):
        mean, log_variance = ops.split(self.encoder(inputs, training=training), 2, axis=1)  # (n, latent) each
        noise = keras.random.normal(ops.shape(mean), seed=self.drawn)
        drawn = self.generator(mean + ops.exp(log_variance / 2) * noise, training=training)
        return {"drawn": drawn, "mean": mean, "log_variance": log_variance}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        mean, log_variance = y_pred["mean"], y_pred["log_variance"]
        off = (ops.cast(x, "float32") - y_pred["drawn"]) / (255 * self.blur)
        redrawing = ops.mean(ops.sum(off**2, axis=(1, 2, 3))) / 2
        code = ops.mean(ops.sum(mean**2 + ops.exp(log_variance) - log_variance - 1, axis=1)) / 2
        for tracked, value in zip(self.means, (redrawing, code), strict=True):
            tracked.update_state(value)
        return redrawing + code

    def sample(self, n: int, *, seed: int = 0) -> np.ndarray:
        """`n` new images, from noise that `seed` fixes: uint8, (n, height, width, channels)."""
        noise = np.random.default_rng(seed).normal(size=(n, self.generator.inputs[0].shape[1]))
        return decode(self.generator, noise)

    def get_config(self):
        packed = keras.saving.serialize_keras_object(self.generator)
        return {"generator": packed, "blur": self.blur, "seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        model = keras.saving.deserialize_keras_object(config["generator"], custom_objects)
        return cls(**config | {"generator": model})
