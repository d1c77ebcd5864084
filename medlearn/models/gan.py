"""Generative adversarial networks: a generator, a discriminator, and the GAN that trains both.

Images are taken and given as they lie in the file, 0 to 255; the models do their own scaling. `GAN` is a
keras.Model: compile(), fit(), save(). Nothing here knows a data set, or how good the images are.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn import backend
from medlearn.errors import DataError
from medlearn.models.blocks import check_images, coarse_grid, decode, join_labels

NUDGE = 1.0  # grey values: the step along which the penalty measures a slope


# The two models.


def generator(
    shape: tuple[int, int, int] = (28, 28, 1), classes: int = 0, *, latent: int = 64, width: int = 32
) -> keras.Model:
    """Noise in, images out: a coarse grid from one dense layer, doubled by strided transposed convolutions.

    Parameters
    ----------
    shape : (height, width, channels) of an image; height and width must halve down to 8 or less.
    classes : where given, each image's class is a second input.
    latent : how many numbers of noise make one image.
    width : channels before the last doubling; each doubling before it has twice as many, up to eight times.

    >>> generator((28, 28, 1), classes=2).output_shape
    (None, 28, 28, 1)
    """
    start, doublings = coarse_grid(shape)
    channels = [width * min(2**step, 8) for step in reversed(range(doublings))]
    noise, asked = keras.Input((latent,), name="noise"), _class_input(classes)
    x = noise  # (n, latent)
    if classes:
        x = layers.Concatenate()([x, layers.Embedding(classes, latent, name="class_code")(asked)])
    x = layers.Dense(start[0] * start[1] * channels[0], use_bias=False)(x)
    x = layers.Reshape((*start, channels[0]))(x)  # (n, 7, 7, 64) for 28 × 28
    for count in channels[1:]:
        x = _double(_normalise(x), count)  # (n, 14, 14, 32)
    x = layers.Conv2DTranspose(shape[-1], 4, strides=2, padding="same")(_normalise(x))  # (n, 28, 28, 1)
    x = layers.Rescaling(255)(layers.Activation("sigmoid")(x))
    return keras.Model([noise, asked] if classes else noise, x, name="generator")


def discriminator(
    shape: tuple[int, int, int] = (28, 28, 1), classes: int = 0, *, width: int = 16, spectral: bool = False
) -> keras.Model:
    """Images in, one score an image out: above 0 it says real, below 0 made up.

    Strided convolutions down to the coarse grid. With classes, the class chooses the direction in which the
    features count: a projection discriminator.

    Parameters
    ----------
    shape : (height, width, channels) of an image, as for the generator.
    classes : where given, each image's class is a second input.
    width : channels of the first convolution; each later one has twice as many, up to eight times.
    spectral : divide every layer's weights by the most they can stretch their input: spectral normalisation.

    >>> discriminator((28, 28, 1), classes=2).output_shape
    (None, 1)
    """
    _, halvings = coarse_grid(shape)
    wrap = layers.SpectralNormalization if spectral else lambda layer: layer
    images, asked = keras.Input(shape, name="images"), _class_input(classes)
    x = layers.Rescaling(1 / 127.5, offset=-1)(images)  # (n, 28, 28, 1)
    for step in range(halvings):
        count = width * min(2**step, 8)
        x = wrap(layers.Conv2D(count, 4, strides=2, padding="same"))(x)  # (n, 14, 14, 16), (n, 7, 7, 32)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Flatten()(x)
    x = layers.LeakyReLU(negative_slope=0.2)(wrap(layers.Dense(4 * width))(x))  # (n, 64)
    score = wrap(layers.Dense(1))(x)
    if classes:
        along = layers.Embedding(classes, 4 * width, embeddings_initializer="zeros", name="class_code")(asked)
        score = layers.Add()([score, layers.Dot(axes=1)([x, along])])  # (n, 1)
    return keras.Model([images, asked] if classes else images, score, name="discriminator")


def _class_input(classes: int) -> keras.KerasTensor | None:
    """The input for one class an image, where there are classes."""
    return keras.Input((), dtype="int32", name="classes") if classes else None


def _normalise(x: keras.KerasTensor) -> keras.KerasTensor:
    """Batch normalisation and ReLU."""
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))


def _double(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """Twice the height and width: (n, h, w, c) to (n, 2h, 2w, channels)."""
    return layers.Conv2DTranspose(channels, 4, strides=2, padding="same", use_bias=False)(x)


# Training both.


@keras.saving.register_keras_serializable("medlearn")
class TwoRates(keras.optimizers.Adam):
    """Adam that lets the discriminator learn faster than the generator.

    Parameters
    ----------
    learning_rate : the generator's.
    ratio : how many times as fast the discriminator learns.
    beta_1, beta_2 : Adam's own, with values that suit GANs.
    options : any other of Adam's.
    """

    def __init__(
        self,
        learning_rate: float = 1e-3,
        ratio: float = 2.0,
        *,
        beta_1: float = 0.5,
        beta_2: float = 0.99,
        **options,
    ):
        super().__init__(learning_rate, beta_1=beta_1, beta_2=beta_2, **options)
        self.ratio = ratio
        self.of_the_generator = 0  # how many of the first weights are the generator's: GAN.fit says

    def update_step(self, gradient, variable, learning_rate):
        if self._get_variable_index(variable) >= self.of_the_generator:
            learning_rate = ops.multiply(learning_rate, self.ratio)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self):
        return super().get_config() | {"ratio": self.ratio}


@keras.saving.register_keras_serializable("medlearn")
class GAN(keras.Model):
    """A generator and a discriminator, trained against each other by plain `fit(images, labels)`.

    One step scores real images, made-up images, and the made-up images once more with the discriminator's
    weights held still: from the first two only the discriminator learns, from the third only the generator,
    which wants "real" said of its images (the non-saturating loss).

    Noise and the order of the images depend on the seed and on the steps taken so far: `fit` for 2 epochs and
    again for 3, saved and loaded in between or not, ends where `fit` for 5 epochs ends.

    Parameters
    ----------
    generator : noise in, images out; with a second input for classes, or without.
    discriminator : images in, one score out; with a second input if the generator has one.
    penalty : how much the squared slope of the score around a real image costs (R1, measured along one random
        direction); 0 for none.
    average : how slowly a running mean of the generator's weights moves. That mean makes the samples; 0 takes
        the weights as they are.
    seed : of noise and order.
    name : of the model.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        penalty: float = 0.1,
        average: float = 0.995,
        seed: int = 0,
        name: str = "gan",
    ):
        super().__init__(name=name)
        if len(generator.inputs) != len(discriminator.inputs):
            raise DataError(
                "one model takes classes and the other does not: build both with the same `classes`"
            )
        if generator.output_shape != discriminator.inputs[0].shape:
            made, taken = generator.output_shape[1:], discriminator.inputs[0].shape[1:]
            raise DataError(f"the generator makes images of {made}, but the discriminator takes {taken}")
        self.generator, self.discriminator = generator, discriminator
        self.averaged = keras.models.clone_model(generator)
        self.averaged.set_weights(generator.get_weights())
        self.averaged.trainable = False
        self.penalty, self.average = penalty, average
        self.seed, self.drawn = seed, keras.random.SeedGenerator(seed)
        self.steps = self.add_weight(shape=(), dtype="int32", trainable=False, name="steps")
        means = ("generator_loss", "discriminator_loss", "told_apart")
        self.means = [keras.metrics.Mean(name) for name in means]
        self.built = True

    @property
    def classes(self) -> int:
        """How many classes it can be asked for; 0 where it takes none."""
        return self.generator.get_layer("class_code").input_dim if len(self.generator.inputs) > 1 else 0

    @property
    def latent(self) -> int:
        """How many numbers of noise make one image."""
        return self.generator.inputs[0].shape[1]

    def fit(self, x=None, y=None, *, batch_size: int = 64, **options) -> keras.callbacks.History:
        """As any model's: `x` images, 0 to 255, and `y` their classes where the models take classes."""
        images, labels = check_images(x, y, shape=self.generator.output_shape[1:], classes=self.classes)
        if isinstance(self.optimizer, TwoRates):
            self.optimizer.of_the_generator = len(self.generator.trainable_variables)
        backend.choose_jit(self)
        return super().fit(_Batches(self, images, labels, batch_size), shuffle=False, **options)

    def call(self, inputs, training=False):
        images, labels = inputs if self.classes else (inputs, None)
        images = ops.cast(images, "float32")  # (n, height, width, channels)
        noise = keras.random.normal((ops.shape(images)[0], self.latent), seed=self.drawn)  # (n, latent)
        if training:
            self._update_average()
        made = self.generator(join_labels(noise, labels), training=training)
        seen = [images, ops.stop_gradient(made)]
        if self.penalty:
            nudge = keras.random.normal(ops.shape(images), seed=self.drawn)
            seen.append(images + NUDGE * nudge)
        scores = self._score(seen, labels, training)
        return {  # (n, 1) each
            "real": scores[0],
            "made": scores[1],
            "nudged": scores[-1],
            "judged": self._judge(made, labels, training),
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The sum of both losses. Neither reaches the other's weights, so the sum trains each on its own."""
        real, made, judged = y_pred["real"], y_pred["made"], y_pred["judged"]  # (n, 1) each
        of_discriminator = ops.mean(ops.softplus(-real) + ops.softplus(made))
        of_generator = ops.mean(ops.softplus(-judged))
        right = ops.concatenate([real > 0, made < 0])  # (2n, 1)
        for mean, value in zip(self.means, (of_generator, of_discriminator, right), strict=True):
            mean.update_state(value)
        total = of_discriminator + of_generator
        if self.penalty:  # R1 is stated for images from −1 to 1
            slope = (y_pred["nudged"] - real) * (127.5 / NUDGE)
            total = total + self.penalty / 2 * ops.mean(slope**2)
        return total

    def _score(self, batches: list, labels, training: bool) -> list:
        """One pass of the discriminator over several batches of n images: a list of (n, 1)."""
        times = len(batches)
        labels = ops.tile(labels, (times,)) if self.classes else None
        images = ops.concatenate(batches)  # (times · n, height, width, channels)
        return ops.split(self.discriminator(join_labels(images, labels), training=training), times)

    def _judge(self, made, labels, training: bool):
        """The made-up images' scores (n, 1) by a discriminator whose weights stand still for the gradient."""
        model = self.discriminator
        still = [ops.stop_gradient(weight.value) for weight in model.trainable_variables]
        rest = [weight.value for weight in model.non_trainable_variables]
        scores, _ = model.stateless_call(still, rest, join_labels(made, labels), training=training)
        return scores

    def _update_average(self) -> None:
        """Move the running mean a little towards the generator: further in the first steps than later."""
        steps = ops.cast(self.steps, "float32")
        keep = ops.minimum(self.average, (1 + steps) / (10 + steps)) if self.average else 0.0
        for mean, weight in zip(self.averaged.weights, self.generator.weights, strict=True):
            mean.assign(keep * mean + (1 - keep) * ops.stop_gradient(weight.value))
        self.steps.assign_add(1)

    def decode(self, noise: ArrayLike, labels: ArrayLike | None = None) -> np.ndarray:
        """The images that `noise` (n, latent) stands for: uint8, (n, height, width, channels).

        `labels` is a class for all, or one an image; where not given, the classes in turn.
        """
        return decode(self.averaged if self.average else self.generator, noise, labels, classes=self.classes)

    def sample(self, n: int, labels: ArrayLike | None = None, *, seed: int = 0) -> np.ndarray:
        """`n` new images, from noise that `seed` fixes; `labels` as in `decode`."""
        return self.decode(np.random.default_rng(seed).normal(size=(n, self.latent)), labels)

    # Saving: the models inside, what was chosen, and where the noise and the count of steps stand.

    def get_config(self):
        models = {"generator": self.generator, "discriminator": self.discriminator}
        chosen = {name: getattr(self, name) for name in ("penalty", "average", "seed", "name")}
        return chosen | {name: keras.saving.serialize_keras_object(model) for name, model in models.items()}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        models = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in ("generator", "discriminator")
        }
        return cls(**config | models)

    def save_own_variables(self, store):
        store["steps"], store["drawn"] = self.steps, self.drawn.state

    def load_own_variables(self, store):
        self.steps.assign(store["steps"])
        self.drawn.state.assign(store["drawn"])


class _Batches(keras.utils.PyDataset):
    """The images in an order that depends only on the seed and on how many steps the GAN has taken."""

    def __init__(self, gan: GAN, images: np.ndarray, labels: np.ndarray | None, size: int):
        super().__init__()
        if len(images) < size:
            raise DataError(f"{len(images)} images do not fill a batch of {size}: give a smaller batch_size")
        self.gan, self.images, self.labels, self.size = gan, images, labels, size
        self.order = np.arange(len(images))

    def __len__(self):
        return len(self.images) // self.size

    def on_epoch_begin(self):
        steps = int(ops.convert_to_numpy(self.gan.steps))
        self.order = np.random.default_rng([self.gan.seed, steps]).permutation(len(self.images))

    def __getitem__(self, index):
        chosen = self.order[index * self.size : (index + 1) * self.size]
        images = self.images[chosen]
        return (images,) if self.labels is None else ((images, self.labels[chosen]),)
