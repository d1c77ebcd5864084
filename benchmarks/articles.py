"""The GAN of popular articles and its training loop, mended only so far that they run and train.

Not a benchmark: gan_speed.py measures them beside the course's. Images go from −1 to 1 inside.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.models.blocks import check_images


def articles_gan(
    shape: tuple[int, int, int] = (28, 28, 1), *, latent: int = 100
) -> tuple[keras.Model, keras.Model]:
    """The articles' generator and discriminator, not compiled.

    As printed, but for these mends: both models are for one size, where the printed generator made 512 × 512
    and the printed discriminator took 256 × 256, so the dense layer starts the grid at a quarter of that
    size; and the pooling rounds up, or nothing would be left of a small image.

    Parameters
    ----------
    shape : (height, width, channels) of an image; height and width must be divisible by 4.
    latent : how many numbers of noise make one image.

    >>> [model.output_shape for model in articles_gan((28, 28, 1))]
    [(None, 28, 28, 1), (None, 1)]
    """
    height, width, channels = shape
    if height % 4 or width % 4:
        raise DataError(f"the articles' generator doubles twice: {height} × {width} is not divisible by 4")
    noise, images = keras.Input((latent,)), keras.Input(shape)
    x = layers.Dense(height // 4 * (width // 4) * 128)(noise)
    x = layers.Reshape((height // 4, width // 4, 128))(layers.LeakyReLU(negative_slope=0.2)(x))
    x = layers.Conv2DTranspose(64, 5, strides=2, padding="same")(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.LeakyReLU(negative_slope=0.2)(x))
    x = layers.Conv2DTranspose(channels, 5, strides=2, padding="same", activation="tanh")(x)
    maker, x = keras.Model(noise, x, name="articles_generator"), images
    for count in (64, 128):
        x = layers.LeakyReLU(negative_slope=0.2)(layers.Conv2D(count, 5, strides=2, padding="same")(x))
        x = layers.MaxPooling2D(2, padding="same")(x)
    judge = layers.Dense(1, activation="sigmoid")(layers.Flatten()(x))
    return maker, keras.Model(images, judge, name="articles_discriminator")


def articles_fit(
    maker: keras.Model,
    judge: keras.Model,
    images: ArrayLike,
    *,
    epochs: int,
    batch_size: int = 64,
    rate: float = 1e-3,
    seed: int = 0,
    after_epoch: Callable[[int], None] = lambda epoch: None,
) -> None:
    """The articles' loop: `predict`, `train_on_batch` on real and made-up images, then on both in a row.

    Mended: the discriminator is compiled; it is frozen while the generator learns and thawed before its own
    turn, each time, since Keras 3 asks what is trainable when a model first trains, not when it is compiled;
    and real images are scaled to the generator's −1 to 1, not to 0 to 1.

    Parameters
    ----------
    maker, judge : generator and discriminator, as `articles_gan` gives them.
    images : real ones as stored, 0 to 255: (n, height, width, channels).
    epochs : how often all real images are seen.
    batch_size : how many real images, and as many made up, one step learns from.
    rate : the learning rate; the articles name none, so Adam's own.
    seed : of noise and order.
    after_epoch : called with the number of each epoch.
    """
    rng = np.random.default_rng(seed)
    images = check_images(images, None, shape=judge.input_shape[1:], classes=0)[0] / np.float32(127.5) - 1
    noise = keras.Input(maker.input_shape[1:])
    both = keras.Model(noise, judge(maker(noise)))
    for model in (judge, both):
        model.compile(
            keras.optimizers.Adam(rate), "binary_crossentropy", jit_compile=keras.backend.backend() == "jax"
        )
    answers = np.repeat([1.0, 0.0], batch_size)[:, None]
    for epoch in range(epochs):
        order = rng.permutation(len(images))
        for start in range(0, len(images) - batch_size + 1, batch_size):
            drawn = rng.normal(size=(batch_size, maker.input_shape[1])).astype("float32")
            made = maker.predict(drawn, verbose=0)
            judge.trainable = True
            real = images[order[start : start + batch_size]]
            judge.train_on_batch(np.concatenate([real, made]), answers)
            judge.trainable = False
            again = rng.normal(size=drawn.shape).astype("float32")
            both.train_on_batch(again, np.ones((batch_size, 1)))
        after_epoch(epoch)
