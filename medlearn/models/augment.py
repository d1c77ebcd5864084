"""Augmentation: a layer that alters images a little while a model trains, and does nothing otherwise.

Images go in and come out as stored, 0 to 255. Nothing here knows a data set.
"""

from __future__ import annotations

import keras
from keras import layers, ops

DEGREE = 0.01745329  # in radians; the published results were trained with these digits


@keras.saving.register_keras_serializable("medlearn")
class Augment(layers.Layer):
    """One affine map and one change of exposure, drawn anew for every image of a training batch.

    What it does could happen in the next image of the same patient: another distance and position, a slight
    turn, another exposure. It does not mirror a chest, since that puts the heart on the wrong side; for cells
    under a microscope, which have no sides, ask for it.

    One layer, and not a stack of Keras's own, because position, size and angle then cost one resampling of
    the image in place of three: see benchmarks/augment_speed.py.

    Parameters
    ----------
    shift : the largest shift, as a share of height and width.
    zoom : the largest change of size, as a logarithm: 0.15 is about 15 %.
    turn : the largest angle, in degrees.
    contrast : the largest change of contrast, as a logarithm; brightness changes by up to a third of it.
    gamma : the largest change of the gamma curve, as a logarithm.
    grain : the sd of the strongest noise, as a share of the full range.
    mirror : whether images are mirrored, one in two at random.
    seed : of what it draws.
    options : of any Keras layer, such as its name.

    >>> import numpy as np
    >>> images = np.full((2, 28, 28, 1), 100, "uint8")
    >>> bool((keras.ops.convert_to_numpy(Augment()(images)) == images).all())
    True
    """

    def __init__(
        self,
        *,
        shift: float = 0.08,
        zoom: float = 0.15,
        turn: float = 8.0,
        contrast: float = 0.2,
        gamma: float = 0.3,
        grain: float = 0.05,
        mirror: bool = False,
        seed: int = 0,
        **options,
    ):
        super().__init__(**options)
        self.shift, self.zoom, self.turn = shift, zoom, turn
        self.contrast, self.gamma, self.grain = contrast, gamma, grain
        self.mirror, self.seed = mirror, seed
        self.drawn = keras.random.SeedGenerator(seed)

    def call(self, images, training=False):
        images = ops.cast(images, "float32")
        if not training:
            return images
        images = ops.image.affine_transform(
            images, self._maps(images), interpolation="bilinear", fill_mode="nearest"
        )
        return self._expose(images)

    def get_config(self):
        names = ("shift", "zoom", "turn", "contrast", "gamma", "grain", "mirror", "seed")
        return super().get_config() | {name: getattr(self, name) for name in names}

    def _draw(self, images, largest: float):
        """One number an image, evenly drawn between −largest and largest: (n,)."""
        return keras.random.uniform((ops.shape(images)[0],), -largest, largest, seed=self.drawn)

    def _maps(self, images):
        """Where each pixel of a new image comes from in the old: turned and stretched about the middle."""
        height, width = images.shape[1:3]
        across = ops.exp(self._draw(images, self.zoom))
        down = across * ops.exp(self._draw(images, self.zoom / 2))
        if self.mirror:
            across = across * ops.sign(self._draw(images, 1.0))
        angle = self._draw(images, self.turn * DEGREE)
        cos, sin = ops.cos(angle), ops.sin(angle)
        a, b, c, d = across * cos, -across * sin, down * sin, down * cos
        x, y = (width - 1) / 2, (height - 1) / 2
        right = x - a * x - b * y + self._draw(images, self.shift) * width
        below = y - c * x - d * y + self._draw(images, self.shift) * height
        none = ops.zeros_like(a)
        return ops.stack([a, b, right, c, d, below, none, none], axis=1)  # (n, 8)

    def _expose(self, images):
        """Another exposure: gamma, contrast, brightness and grain, in 0 … 255 as before."""
        gamma, contrast, light, grain = (
            ops.reshape(self._draw(images, largest), (-1, 1, 1, 1))
            for largest in (self.gamma, self.contrast, self.contrast / 3, self.grain)
        )
        images = ops.clip(images / 255, 1e-3, 1) ** ops.exp(gamma)
        images = (images - 0.5) * ops.exp(contrast) + 0.5 + light
        return 255 * (images + grain * keras.random.normal(ops.shape(images), seed=self.drawn))
