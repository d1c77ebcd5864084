"""Nets that make pictures: a generator, a discriminator, the GAN that trains both, and a small autoencoder.

Films are taken and given as they lie in the file, 0 to 255; the nets do their own scaling. `GAN` and `VAE`
are keras.Models: compile(), fit(), save(). Nothing here knows a data set, or how good the films are.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers, ops

from medlearn.errors import DataError

LOSSES = ("non_saturating", "minimax")
NUDGE = 1.0  # grey values: the step along which the penalty measures a slope


# The two nets.


def generator(
    shape: tuple[int, int, int] = (28, 28, 1), classes: int = 0, *, latent: int = 64, width: int = 32
) -> keras.Model:
    """Noise in, films out: a coarse grid from one dense layer, doubled by strided transposed convolutions.

    `width` is the number of channels before the last doubling; each doubling before it has twice as many, up
    to eight times. With `classes`, it takes each film's class as a second input.

    >>> generator((28, 28, 1), classes=2).output_shape
    (None, 28, 28, 1)
    """
    start, doublings = _grid(shape)
    channels = [width * min(2**step, 8) for step in reversed(range(doublings))]
    noise, asked = keras.Input((latent,), name="noise"), _class_input(classes)
    x = noise
    if classes:
        x = layers.Concatenate()([x, layers.Embedding(classes, latent, name="class_code")(asked)])
    x = layers.Dense(start[0] * start[1] * channels[0], use_bias=False)(x)
    x = layers.Reshape((*start, channels[0]))(x)
    for count in channels[1:]:
        x = _transposed(_normed(x), count)
    x = layers.Conv2DTranspose(shape[-1], 4, strides=2, padding="same")(_normed(x))
    x = layers.Rescaling(255)(layers.Activation("sigmoid")(x))
    return keras.Model([noise, asked] if classes else noise, x, name="generator")


def discriminator(
    shape: tuple[int, int, int] = (28, 28, 1), classes: int = 0, *, width: int = 16, spectral: bool = False
) -> keras.Model:
    """Films in, one score a film out: above 0 it says real, below 0 made up.

    Strided convolutions down to the coarse grid. With `classes` it is told each film's class, and the class
    chooses the direction in which the features count (a projection discriminator). `spectral` divides every
    layer's weights by the most it can stretch its input.

    >>> discriminator((28, 28, 1), classes=2).output_shape
    (None, 1)
    """
    _, halvings = _grid(shape)
    wrap = layers.SpectralNormalization if spectral else lambda layer: layer
    films, asked = keras.Input(shape, name="films"), _class_input(classes)
    x = layers.Rescaling(1 / 127.5, offset=-1)(films)
    for step in range(halvings):
        count = width * min(2**step, 8)
        x = wrap(layers.Conv2D(count, 4, strides=2, padding="same"))(x)
        x = layers.LeakyReLU(negative_slope=0.2)(x)
    x = layers.Flatten()(x)
    x = layers.LeakyReLU(negative_slope=0.2)(wrap(layers.Dense(4 * width))(x))
    score = wrap(layers.Dense(1))(x)
    if classes:
        along = layers.Embedding(classes, 4 * width, embeddings_initializer="zeros", name="class_code")(asked)
        score = layers.Add()([score, layers.Dot(axes=1)([x, along])])
    return keras.Model([films, asked] if classes else films, score, name="discriminator")


def _grid(shape: tuple[int, int, int]) -> tuple[tuple[int, int], int]:
    """The coarse grid a film of this shape grows from, and how often it doubles."""
    (height, width), doublings = shape[:2], 0
    while min(height, width) > 8 and height % 2 == width % 2 == 0:
        height, width, doublings = height // 2, width // 2, doublings + 1
    if len(shape) != 3 or doublings < 1 or min(height, width) > 8:
        raise DataError(
            f"no generator for films of shape {tuple(shape)}: height and width must be a number up to 8 "
            "doubled a few times (28, 32, 64, 112, 128, 224, 256 …), and the channels come last"
        )
    return (height, width), doublings


def _class_input(classes: int):
    return keras.Input((), dtype="int32", name="classes") if classes else None


def _normed(x):
    return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))


def _transposed(x, channels: int):
    return layers.Conv2DTranspose(channels, 4, strides=2, padding="same", use_bias=False)(x)


# Training both.


@keras.saving.register_keras_serializable("medlearn")
class TwoRates(keras.optimizers.Adam):
    """Adam that lets the discriminator learn `ratio` times as fast as the generator."""

    def __init__(self, learning_rate=1e-3, ratio: float = 2.0, *, beta_1=0.5, beta_2=0.99, **more):
        super().__init__(learning_rate, beta_1=beta_1, beta_2=beta_2, **more)
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
    """A generator and a discriminator, trained against each other by plain `fit(films, labels)`.

    One step scores real films, made-up films, and the made-up films once more with the discriminator's
    weights held still: from the first two only the discriminator learns, from the third only the generator.

    `loss` is "non_saturating" (the generator wants "real" said of its films) or "minimax" (it wants "made up"
    not said: the formula's own game). `smoothing` asks only 1 − smoothing of the discriminator on real films.
    `penalty` holds down the squared slope of the score around a real film (R1, measured along one random
    direction). `average` is how slowly a running mean of the generator's weights moves; that mean makes the
    samples; 0 takes the weights as they are.

    Noise and the order of the films depend on `seed` and on the steps taken so far: `fit` for 2 epochs and
    again for 3, saved and loaded in between or not, ends where `fit` for 5 epochs ends.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        loss: str = "non_saturating",
        smoothing: float = 0.0,
        penalty: float = 0.1,
        average: float = 0.995,
        seed: int = 0,
        name: str = "gan",
    ):
        super().__init__(name=name)
        if loss not in LOSSES:
            raise DataError(f"the GAN knows no loss {loss!r}: choose one of {', '.join(LOSSES)}")
        if len(generator.inputs) != len(discriminator.inputs):
            raise DataError(
                "one net takes classes and the other does not: build both with the same `classes`"
            )
        if generator.output_shape != discriminator.inputs[0].shape:
            made, judged = generator.output_shape[1:], discriminator.inputs[0].shape[1:]
            raise DataError(f"the generator makes films of {made}, but the discriminator takes {judged}")
        self.generator, self.discriminator = generator, discriminator
        self.averaged = keras.models.clone_model(generator)
        self.averaged.set_weights(generator.get_weights())
        self.averaged.trainable = False
        self.loss_kind, self.smoothing, self.penalty, self.average = loss, smoothing, penalty, average
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
        """How many numbers of noise make one film."""
        return self.generator.inputs[0].shape[1]

    def fit(self, x=None, y=None, *, batch_size: int = 64, **more) -> keras.callbacks.History:
        """As any model's: `x` films, 0 to 255, and `y` their classes where the nets take classes."""
        films, labels = checked(x, y, shape=self.generator.output_shape[1:], classes=self.classes)
        if isinstance(self.optimizer, TwoRates):
            self.optimizer.of_the_generator = len(self.generator.trainable_variables)
        return super().fit(_Batches(self, films, labels, batch_size), shuffle=False, **more)

    def call(self, inputs, training=False):
        films, labels = inputs if self.classes else (inputs, None)
        films = ops.cast(films, "float32")
        noise = keras.random.normal((ops.shape(films)[0], self.latent), seed=self.drawn)
        if training:
            self._follow()
        made = self.generator(_with(noise, labels), training=training)
        seen = [films, ops.stop_gradient(made)]
        if self.penalty:
            nudge = keras.random.normal(ops.shape(films), seed=self.drawn)
            seen.append(films + NUDGE * nudge)
        scores = self._scores(seen, labels, training)
        return {
            "real": scores[0],
            "made": scores[1],
            "nudged": scores[-1],
            "judged": self._judged(made, labels, training),
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The sum of both losses. Neither reaches the other's weights, so the sum trains each on its own."""
        real, made, judged = y_pred["real"], y_pred["made"], y_pred["judged"]
        smooth = self.smoothing
        of_discriminator = ops.mean(
            (1 - smooth) * ops.softplus(-real) + smooth * ops.softplus(real) + ops.softplus(made)
        )
        of_generator = ops.mean(
            ops.softplus(-judged) if self.loss_kind == "non_saturating" else -ops.softplus(judged)
        )
        right = ops.concatenate([real > 0, made < 0])
        for mean, value in zip(self.means, (of_generator, of_discriminator, right), strict=True):
            mean.update_state(value)
        total = of_discriminator + of_generator
        if self.penalty:
            slope = (y_pred["nudged"] - real) * (
                127.5 / NUDGE
            )  # a film from −1 to 1 is what R1 is stated for
            total = total + self.penalty / 2 * ops.mean(slope**2)
        return total

    def _scores(self, parts: list, labels, training: bool) -> list:
        """One pass of the discriminator over several batches of films."""
        times = len(parts)
        labels = ops.tile(labels, (times,)) if self.classes else None
        return ops.split(self.discriminator(_with(ops.concatenate(parts), labels), training=training), times)

    def _judged(self, made, labels, training: bool):
        """The made-up films' scores by a discriminator whose weights stand still for the gradient."""
        net = self.discriminator
        still = [ops.stop_gradient(weight.value) for weight in net.trainable_variables]
        rest = [weight.value for weight in net.non_trainable_variables]
        scores, _ = net.stateless_call(still, rest, _with(made, labels), training=training)
        return scores

    def _follow(self) -> None:
        """Move the running mean a little towards the generator: further in the first steps than later."""
        steps = ops.cast(self.steps, "float32")
        keep = ops.minimum(self.average, (1 + steps) / (10 + steps)) if self.average else 0.0
        for mean, weight in zip(self.averaged.weights, self.generator.weights, strict=True):
            mean.assign(keep * mean + (1 - keep) * ops.stop_gradient(weight.value))
        self.steps.assign_add(1)

    def decode(self, noise, labels=None) -> np.ndarray:
        """The films that rows of noise stand for: uint8, (n, height, width, channels)."""
        return decoded(self.averaged if self.average else self.generator, noise, labels, classes=self.classes)

    def sample(self, n: int, labels=None, *, seed: int = 0) -> np.ndarray:
        """`n` new films. `labels` is a class for all, or one a film; where not given, the classes in turn."""
        return self.decode(np.random.default_rng(seed).normal(size=(n, self.latent)), labels)

    # Saving: the nets inside, what was chosen, and where the noise and the count of steps stand.

    def get_config(self):
        nets = {"generator": self.generator, "discriminator": self.discriminator}
        chosen = {name: getattr(self, name) for name in ("smoothing", "penalty", "average", "seed", "name")}
        packed = {name: keras.saving.serialize_keras_object(net) for name, net in nets.items()}
        return packed | chosen | {"loss": self.loss_kind}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        nets = {
            name: keras.saving.deserialize_keras_object(config[name], custom_objects)
            for name in ("generator", "discriminator")
        }
        return cls(**config | nets)

    def save_own_variables(self, store):
        store["steps"], store["drawn"] = self.steps, self.drawn.state

    def load_own_variables(self, store):
        self.steps.assign(store["steps"])
        self.drawn.state.assign(store["drawn"])


class _Batches(keras.utils.PyDataset):
    """The films in an order that depends only on the seed and on how many steps the GAN has taken."""

    def __init__(self, gan: GAN, films: np.ndarray, labels: np.ndarray | None, size: int):
        super().__init__()
        if len(films) < size:
            raise DataError(f"{len(films)} films do not fill a batch of {size}: give a smaller batch_size")
        self.gan, self.films, self.labels, self.size = gan, films, labels, size
        self.order = np.arange(len(films))

    def __len__(self):
        return len(self.films) // self.size

    def on_epoch_begin(self):
        steps = int(ops.convert_to_numpy(self.gan.steps))
        self.order = np.random.default_rng([self.gan.seed, steps]).permutation(len(self.films))

    def __getitem__(self, index):
        chosen = self.order[index * self.size : (index + 1) * self.size]
        films = self.films[chosen]
        return (films,) if self.labels is None else ((films, self.labels[chosen]),)


class Watch(keras.callbacks.Callback):
    """Looks at the GAN after each epoch, and stops it with one sentence of advice when it has gone wrong.

    It stops at once when a loss is no number. After the first `after` steps it stops when, for `patience`
    epochs on end, the discriminator hardly errs any more, or the samples are alike: the distance from a
    sample to the sample nearest to it is less than `least` of what it is among as many of the real `films`.
    That share is in the history as "diversity", the sentence in `advice`.
    """

    def __init__(self, films, *, after: int = 200, patience: int = 3, least: float = 0.25, count: int = 128):
        super().__init__()
        self.after, self.patience, self.least, self.count = after, patience, least, min(count, len(films))
        chosen = np.random.default_rng(0).permutation(len(films))[: self.count]
        self.apart = spacing(np.asarray(films)[chosen])
        self.advice, self.strikes = "", {"won": 0, "alike": 0}

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        if not np.isfinite([logs[mean.name] for mean in self.model.means]).all():
            return self._stop(epoch, "a loss is no longer a number: lower the learning rate, raise `penalty`")
        logs["diversity"] = spacing(self.model.sample(self.count)) / self.apart
        started = int(ops.convert_to_numpy(self.model.steps)) >= self.after
        signs = {"won": logs["discriminator_loss"] < 0.05, "alike": logs["diversity"] < self.least}
        for sign, seen in signs.items():
            self.strikes[sign] = self.strikes[sign] + 1 if started and seen else 0
        if self.strikes["won"] >= self.patience:
            return self._stop(
                epoch,
                "the discriminator is always right, so the generator learns nothing from it: "
                "raise `penalty` or `smoothing`, or lower the discriminator's `ratio`",
            )
        if self.strikes["alike"] >= self.patience:
            share = f"{logs['diversity']:.0%}"
            self._stop(
                epoch,
                f"the samples are alike ({share} of the distance between real films): "
                "raise `penalty`, lower the learning rate, or give the discriminator a higher `ratio`",
            )

    def _stop(self, epoch: int, reason: str) -> None:
        self.model.stop_training = True
        self.advice = f"stopped after epoch {epoch + 1}: {reason}"
        print(self.advice)


def spacing(films: np.ndarray) -> float:
    """The mean distance from a film to the film nearest to it: 0 where each has a twin."""
    rows = np.asarray(films, "float64").reshape(len(films), -1)
    square = (rows**2).sum(1)
    apart = square[:, None] + square - 2 * rows @ rows.T
    np.fill_diagonal(apart, np.inf)
    return float(np.sqrt(np.maximum(apart.min(1), 0)).mean())


# The contrast: an autoencoder.


@keras.saving.register_keras_serializable("medlearn")
class VAE(keras.Model):
    """A variational autoencoder: an encoder that blurs its code, and a generator that draws the film again.

    The loss is how far the drawn films are from the given ones, as a likelihood with pixels known to within
    `blur` of the full range, plus how far the codes are from plain noise. New films come from plain noise.

    >>> VAE(generator((28, 28, 1), latent=16)).sample(3).shape
    (3, 28, 28, 1)
    """

    def __init__(self, generator: keras.Model, *, blur: float = 0.1, seed: int = 0, name: str = "vae"):
        super().__init__(name=name)
        if len(generator.inputs) > 1:
            raise DataError("the autoencoder takes no classes: build its generator without `classes`")
        self.generator, self.blur, self.seed = generator, blur, seed
        self.drawn = keras.random.SeedGenerator(seed)
        self.encoder = encoder(generator.output_shape[1:], latent=generator.inputs[0].shape[1])
        self.parts = [keras.metrics.Mean("redrawing"), keras.metrics.Mean("code")]
        self.built = True

    def fit(self, x=None, *, batch_size: int = 64, **more) -> keras.callbacks.History:
        """As any model's: `x` films, 0 to 255."""
        films, _ = checked(x, None, shape=self.generator.output_shape[1:], classes=0)
        return super().fit(films, batch_size=batch_size, **more)

    def call(self, inputs, training=False):
        mean, log_variance = ops.split(self.encoder(inputs, training=training), 2, axis=1)
        noise = keras.random.normal(ops.shape(mean), seed=self.drawn)
        drawn = self.generator(mean + ops.exp(log_variance / 2) * noise, training=training)
        return {"drawn": drawn, "mean": mean, "log_variance": log_variance}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        mean, log_variance = y_pred["mean"], y_pred["log_variance"]
        off = (ops.cast(x, "float32") - y_pred["drawn"]) / (255 * self.blur)
        redrawing = ops.mean(ops.sum(off**2, axis=(1, 2, 3))) / 2
        code = ops.mean(ops.sum(mean**2 + ops.exp(log_variance) - log_variance - 1, axis=1)) / 2
        for part, value in zip(self.parts, (redrawing, code), strict=True):
            part.update_state(value)
        return redrawing + code

    def sample(self, n: int, *, seed: int = 0) -> np.ndarray:
        """`n` new films."""
        noise = np.random.default_rng(seed).normal(size=(n, self.generator.inputs[0].shape[1]))
        return decoded(self.generator, noise)

    def get_config(self):
        packed = keras.saving.serialize_keras_object(self.generator)
        return {"generator": packed, "blur": self.blur, "seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        net = keras.saving.deserialize_keras_object(config["generator"], custom_objects)
        return cls(**config | {"generator": net})


def encoder(shape: tuple[int, int, int] = (28, 28, 1), *, latent: int = 64, width: int = 32) -> keras.Model:
    """Films in, `latent` means and as many logarithms of variances out."""
    x = films = keras.Input(shape, name="films")
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    for step in range(_grid(shape)[1]):
        x = layers.Conv2D(width * min(2**step, 8), 4, strides=2, padding="same", activation="relu")(x)
    return keras.Model(films, layers.Dense(2 * latent)(layers.Flatten()(x)), name="encoder")


# The articles' GAN.


def articles_gan(shape: tuple[int, int, int] = (28, 28, 1), *, latent: int = 100) -> tuple[keras.Model, ...]:
    """The articles' generator and discriminator, not compiled.

    As printed, but for these mends: both nets are for one size, where the printed generator made 512 × 512
    and the printed discriminator took 256 × 256, so the dense layer starts the grid at a quarter of that
    size; and the pooling rounds up, or nothing would be left of a small film. Films go from −1 to 1.
    """
    height, width, channels = shape
    if height % 4 or width % 4:
        raise DataError(f"the articles' generator doubles twice: {height} × {width} is not divisible by 4")
    noise, films = keras.Input((latent,)), keras.Input(shape)
    x = layers.Dense(height // 4 * (width // 4) * 128)(noise)
    x = layers.Reshape((height // 4, width // 4, 128))(layers.LeakyReLU(negative_slope=0.2)(x))
    x = layers.Conv2DTranspose(64, 5, strides=2, padding="same")(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(layers.LeakyReLU(negative_slope=0.2)(x))
    x = layers.Conv2DTranspose(channels, 5, strides=2, padding="same", activation="tanh")(x)
    maker, x = keras.Model(noise, x, name="articles_generator"), films
    for count in (64, 128):
        x = layers.LeakyReLU(negative_slope=0.2)(layers.Conv2D(count, 5, strides=2, padding="same")(x))
        x = layers.MaxPooling2D(2, padding="same")(x)
    judge = layers.Dense(1, activation="sigmoid")(layers.Flatten()(x))
    return maker, keras.Model(films, judge, name="articles_discriminator")


def articles_fit(
    maker: keras.Model,
    judge: keras.Model,
    films: np.ndarray,
    *,
    epochs: int,
    batch_size: int = 64,
    rate: float = 1e-3,
    seed: int = 0,
    after_epoch: Callable[[int], None] = lambda epoch: None,
) -> None:
    """The articles' loop: `predict`, `train_on_batch` on real and made-up films, then on both nets in a row.

    Mended: the discriminator is compiled; it is frozen while the generator learns and thawed before its own
    turn, each time, since Keras 3 asks what is trainable when a model first trains, not when it is compiled;
    and real films are scaled to the generator's −1 to 1, not to 0 to 1. They name no rate: Adam's own.
    """
    rng = np.random.default_rng(seed)
    films = checked(films, None, shape=judge.input_shape[1:], classes=0)[0] / np.float32(127.5) - 1
    noise = keras.Input(maker.input_shape[1:])
    both = keras.Model(noise, judge(maker(noise)))
    for model in (judge, both):
        model.compile(
            keras.optimizers.Adam(rate), "binary_crossentropy", jit_compile=keras.backend.backend() == "jax"
        )
    answers = np.repeat([1.0, 0.0], batch_size)[:, None]
    for epoch in range(epochs):
        order = rng.permutation(len(films))
        for start in range(0, len(films) - batch_size + 1, batch_size):
            drawn = rng.normal(size=(batch_size, maker.input_shape[1])).astype("float32")
            made = maker.predict(drawn, verbose=0)
            judge.trainable = True
            real = films[order[start : start + batch_size]]
            judge.train_on_batch(np.concatenate([real, made]), answers)
            judge.trainable = False
            again = rng.normal(size=drawn.shape).astype("float32")
            both.train_on_batch(again, np.ones((batch_size, 1)))
        after_epoch(epoch)


# What goes in and what comes out.


def decoded(net: keras.Model, noise, labels=None, *, classes: int = 0) -> np.ndarray:
    """The films a generator makes of rows of noise: uint8, (n, height, width, channels)."""
    noise, films = np.asarray(noise, "float32"), []
    labels = _classes_asked(labels, len(noise), classes)
    for start in range(0, len(noise), 256):
        part = slice(start, start + 256)
        made = net(_with(noise[part], None if labels is None else labels[part]), training=False)
        films.append(np.clip(np.rint(ops.convert_to_numpy(made)), 0, 255).astype("uint8"))
    return np.concatenate(films)


def checked(films, labels, *, shape: tuple, classes: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Films (n, height, width, channels) of 0 to 255 and their classes (n,), or one sentence on why not."""
    films = np.asarray(films)
    films = films[..., None] if films.ndim == 3 and shape[-1] == 1 else films
    if films.shape[1:] != tuple(shape):
        raise DataError(f"the nets are built for films of {shape}, but these are {films.shape[1:]}")
    low, high = (films.min(), films.max()) if films.size else (0, 255)
    if not (low >= 0 and high <= 255 and (high > 1 or high == 0)):  # NaN fails here too
        raise DataError(f"films must be given as stored, 0 to 255, but these go from {low:.3g} to {high:.3g}")
    if not classes:
        if labels is not None:
            raise DataError(
                "these nets take no classes: build both with `classes`, or give fit() the films only"
            )
        return films, None
    if labels is None:
        raise DataError(f"these nets are built for {classes} classes: give fit() each film's class too")
    return films, _classes_asked(labels, len(films), classes)


def _classes_asked(labels, n: int, classes: int) -> np.ndarray | None:
    """One whole number from 0 to classes − 1 a film."""
    if not classes:
        return None
    labels = np.arange(n) % classes if labels is None else np.asarray(labels).reshape(-1)
    labels = np.repeat(labels, n) if len(labels) == 1 else labels
    if len(labels) != n:
        raise DataError(f"there are {n} films but {len(labels)} classes")
    if not (np.isin(labels, np.arange(classes)).all()):
        raise DataError(f"classes must be whole numbers from 0 to {classes - 1}, not {np.unique(labels)[:5]}")
    return labels.astype("int32")


def _with(x, labels):
    return x if labels is None else [ops.convert_to_tensor(x), ops.convert_to_tensor(labels)]
