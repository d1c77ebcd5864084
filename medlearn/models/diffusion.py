"""A diffusion model: one network that takes a little noise off an image, and images made of noise with it.

An image mixed with noise is a point on a quarter of a circle: cos(angle) · image + sin(angle) · noise, from
the image at angle 0 to plain noise at a right angle. The network sees a mixture and its angle, and learns
which way the mixture moves as the angle grows; `sample` starts at noise and goes back in small steps.

Images are taken and given as they lie in the file, 0 to 255. `denoiser` is a plain keras.Model,
compiled with the mean squared error and trained by `fit`. Nothing here knows a data set.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn import backend
from medlearn.errors import DataError
from medlearn.models.blocks import check_classes, check_images, coarse_grid

MIDDLE, SPREAD = 127.5, 50.0  # grey values: what the network takes for 0, and for a step of 1
RIGHT_ANGLE = np.pi / 2
STORED = Path(__file__).with_name("films_64.npz")  # simulated films; made by data_scripts/train_films.py
WAVES = 2.0 ** np.arange(6)  # by sines and cosines that turn so often the network tells angles apart


# The network.


def denoiser(shape: tuple[int, int, int] = (64, 64, 1), classes: int = 0, *, width: int = 24) -> keras.Model:
    """A U-Net: mixtures and their angles in, and for each pixel which way it moves as the angle grows.

    Down to a coarse grid and up again, where what was seen on the way down is added.

    Parameters
    ----------
    shape : (height, width, channels) of an image; height and width must halve down to 8 or less.
    classes : where given, each image's class is a third input.
    width : channels at half the image's size; the coarser grids have twice as many.

    >>> model = denoiser((64, 64, 1), classes=2)
    >>> model.output_shape, model.count_params()
    ((None, 64, 64, 1), 235985)
    """
    widths = [width, *[2 * width] * (coarse_grid(shape)[1] - 1)]
    mixture, angle = keras.Input(shape, name="mixture"), keras.Input((), name="angle")
    asked = keras.Input((), dtype="int32", name="classes")
    turned = ops.expand_dims(angle, 1) * WAVES  # (n, 6)
    code = layers.Dense(64, "silu")(ops.concatenate([ops.sin(turned), ops.cos(turned)], 1))  # (n, 64)
    if classes:
        own = layers.Embedding(classes, 64, keras.initializers.RandomNormal(stddev=1), name="class_code")
        code = layers.Add()([code, own(asked)])
    code = layers.Dense(32, "silu")(code)  # (n, 32)
    x, seen = mixture, []  # (n, 64, 64, 1)
    for channels in widths:
        x = layers.Conv2D(channels, 2, strides=2)(x)  # (n, 32, 32, 24), (n, 16, 16, 48), (n, 8, 8, 48)
        x = _block(x, code)
        seen.append(x)
    x = layers.LayerNormalization(axis=(1, 2, 3))(x)  # a scale and a shift for each place in the image
    if classes:  # and a shift for each place and class
        own = layers.Embedding(classes, int(np.prod(x.shape[1:])), "zeros", name="class_places")
        x = layers.Add()([x, layers.Reshape(x.shape[1:])(own(asked))])
    for above in reversed([None, *widths[:-1]]):
        x = _block(layers.Add()([x, seen.pop()]), code)
        if above:
            x = layers.UpSampling2D(2)(layers.Conv2D(above, 1)(x))
    x = layers.Conv2DTranspose(shape[-1], 2, strides=2)(layers.LayerNormalization()(x))
    inputs = [mixture, angle, asked] if classes else [mixture, angle]
    return keras.Model(inputs, x, name="denoiser")


def _block(x: keras.KerasTensor, code: keras.KerasTensor) -> keras.KerasTensor:
    """Two convolutions, added to `x`; the code of angle and class scales and shifts each channel before."""
    channels = x.shape[-1]
    h = layers.LayerNormalization(center=False, scale=False)(x)
    for start in ("ones", "zeros"):
        change = layers.Dense(channels, kernel_initializer="zeros", bias_initializer=start)(code)
        change = layers.Reshape((1, 1, channels))(change)
        h = layers.Multiply()([h, change]) if start == "ones" else layers.Add()([h, change])
    h = layers.Conv2D(channels, 3, padding="same", activation="silu")(h)
    return layers.Add()([x, layers.Conv2D(channels, 3, padding="same")(h)])


# What it learns from.


class Mixtures(keras.utils.PyDataset):
    """For `fit`: images mixed with noise at angles from 0 to a right angle, and which way each pixel moves.

    Order, noise and angles depend on the seed and the number of epochs so far alone, on every backend.

    Parameters
    ----------
    images : (n, height, width, channels), 0 to 255.
    labels : each one's class, where the model takes classes.
    batch_size : how many a step learns from.
    seed : of order, noise and angles.
    """

    def __init__(
        self, images: ArrayLike, labels: ArrayLike | None = None, *, batch_size: int = 32, seed: int = 0
    ):
        super().__init__()
        classes = 0 if labels is None else int(np.max(labels)) + 1
        shape = np.shape(images)[1:]
        self.images, self.labels = check_images(images, labels, shape=shape, classes=classes)
        if len(self.images) < batch_size:
            raise DataError(
                f"{len(self.images)} images do not fill a batch of {batch_size}: give a smaller batch_size"
            )
        self.batch_size, self.seed, self.epoch = batch_size, seed, -1
        self.order = np.arange(len(self.images))

    def __len__(self):
        return len(self.images) // self.batch_size

    def on_epoch_begin(self):
        self.epoch += 1
        self.order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.images))

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        rng = np.random.default_rng([self.seed, self.epoch + 1, index])
        clean = (self.images[chosen].astype("float32") - MIDDLE) / SPREAD
        noise = rng.standard_normal(clean.shape, dtype="float32")
        # One angle in each of as many equal parts, so that each batch has mixtures of all kinds.
        angle = (np.arange(len(chosen)) + rng.random(len(chosen))) / len(chosen) * RIGHT_ANGLE
        angle = angle.astype("float32")
        cos, sin = (wave(angle)[:, None, None, None] for wave in (np.cos, np.sin))
        given = (cos * clean + sin * noise, angle)
        given = given if self.labels is None else (*given, self.labels[chosen])
        return given, cos * noise - sin * clean


def fit(
    model: keras.Model,
    images: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    epochs: int,
    batch_size: int = 32,
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.callbacks.History:
    """Train a compiled `model` on the `Mixtures` of `images` and `labels`, `batch_size` and `seed` as there.

    `epochs` is how often it sees each image, every time with other noise; `callbacks` are Keras's.
    """
    backend.choose_jit(model)
    batches = Mixtures(images, labels, batch_size=batch_size, seed=seed)
    return model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=[*callbacks])


# Images from noise.


def sample(
    model: keras.Model, n: int, labels: ArrayLike | None = None, *, steps: int = 25, seed: int = 0
) -> np.ndarray:
    """`n` new images from noise that `seed` fixes: uint8, (n, height, width, channels).

    Parameters
    ----------
    model : a trained `denoiser`.
    n : how many.
    labels : a class for all, or one an image; where not given, the classes in turn.
    steps : from plain noise to an image. More steps follow the curve more closely, and take longer.
    seed : of the noise, the only thing here that is left to chance.
    """
    shape = model.inputs[0].shape[1:]
    noise = np.random.default_rng(seed).standard_normal((n, *shape), dtype="float32")
    labels = check_classes(labels, n, _classes(model))
    angles = np.linspace(RIGHT_ANGLE, 0, steps + 1, dtype="float32")
    made = []
    for start in range(0, n, 64):
        some = slice(start, start + 64)
        x = noise[some]
        for angle, turn in zip(angles, -np.diff(angles)):  # noqa: B905
            given = [x, np.full(len(x), angle)] + ([] if labels is None else [labels[some]])
            moves = model([ops.convert_to_tensor(value) for value in given], training=False)
            x = np.cos(turn) * x - np.sin(turn) * ops.convert_to_numpy(moves)
        made.append(np.clip(np.rint(MIDDLE + SPREAD * x), 0, 255).astype("uint8"))
    return np.concatenate(made)


def _classes(model: keras.Model) -> int:
    """How many classes it can be asked for; 0 where it takes none."""
    return model.get_layer("class_code").input_dim if len(model.inputs) > 2 else 0


# Kept: two bytes a weight, where the network computes with four, and no Python objects.


def save(model: keras.Model, path: Path, *, recipe: Mapping[str, object], **arrays: ArrayLike) -> None:
    """Write a trained `denoiser` to the .npz file at `path`, for `load`.

    Parameters
    ----------
    model : the denoiser.
    path : the file.
    recipe : how it was trained, as plain values; the model's shape, classes and width are added.
    arrays : what else the file is to hold, by name.
    """
    first = next(layer for layer in model.layers if isinstance(layer, layers.Conv2D))
    built = {"shape": model.inputs[0].shape[1:], "classes": _classes(model), "width": first.filters}
    weights = {
        f"weight_{number:03}": value.astype("float16") for number, value in enumerate(model.get_weights())
    }
    np.savez_compressed(path, recipe=json.dumps(dict(recipe) | built), **weights, **arrays)


def load(path: Path = STORED) -> keras.Model:
    """The `denoiser` in the file at `path`; without one, the course's own, of simulated films at 64 pixels.

    It takes two classes, 0 normal and 1 pneumonia, and has seen no film of a real patient.

    >>> sample(load(), 2, steps=2).shape
    (2, 64, 64, 1)
    """
    stored = read(path)
    recipe = json.loads(str(stored["recipe"]))
    model = denoiser(tuple(recipe["shape"]), recipe["classes"], width=recipe["width"])
    model.set_weights([stored[name].astype("float32") for name in stored if name.startswith("weight_")])
    return model


def read(path: Path = STORED) -> dict[str, np.ndarray]:
    """All that `save` wrote to `path`, by name: "recipe", the weights, and what else was given."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise DataError(
            f"{path} is not there: `python data_scripts/train_films.py --to {path.name}` in the "
            "course's folder trains such a model, in about half an hour"
        ) from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is not a file that diffusion.save() wrote: get it anew") from error
