"""Many small GANs side by side, on points in eight heaps: there one can count what a generator leaves out.

All pairs train at once, in layers with one more axis, and share nothing: it saves time and changes no result.
The step they take is `gan.GAN`'s.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import ArrayLike

from medlearn import backend
from medlearn.errors import DataError

TURNS = np.arange(8) * np.pi / 4
CENTRES = 2 * np.stack([np.cos(TURNS), np.sin(TURNS)], axis=1)  # (8, 2): on a ring
NOISE, HIDDEN, BATCH = 4, 32, 64
NEARBY = 0.05  # the step along which the penalty measures a slope
RECIPE = {"penalty": 0.1, "smoothing": 0.0, "saturating": 0.0, "speed": 6.0}


def draw(shape: tuple[int, ...], *, seed: int = 0) -> np.ndarray:
    """Real points, as many as `shape` says: (*shape, 2), each heap as likely; `seed` fixes them.

    >>> draw((64,)).shape
    (64, 2)
    """
    rng = np.random.default_rng(seed)
    return (CENTRES[rng.integers(8, size=shape)] + rng.normal(0, 0.1, (*shape, 2))).astype("float32")


def shares(points: ArrayLike) -> np.ndarray:
    """The share of the `points` (n, 2) that lies in each of the eight heaps: within 0.5 of its centre.

    >>> shares(CENTRES[[0, 0, 1, 5]]).tolist()
    [0.5, 0.25, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0]
    """
    return (np.linalg.norm(np.asarray(points)[:, None] - CENTRES, axis=-1) < 0.5).mean(axis=0)


def train(
    recipes: Mapping[str, Mapping[str, float]], *, pairs: int = 5, steps: int = 700, seed: int = 0
) -> dict[str, np.ndarray]:
    """Train `pairs` of nets by each recipe; the points that their generators make: by name, (pairs, 500, 2).

    Parameters
    ----------
    recipes : by name, what differs from `RECIPE`: "penalty" on a steep discriminator, "smoothing" of its
        labels, "saturating" 1 for the loss as in the formula, "speed" of the discriminator, as a multiple of
        the generator's.
    pairs : for each recipe.
    steps : of training, the same for all.
    seed : of weights, noise and points.
    """
    settings = [RECIPE | dict(recipe) for recipe in recipes.values()]
    if unknown := {name for setting in settings for name in setting} - set(RECIPE):
        raise DataError(f"there is no trick {min(unknown)!r}: they are {', '.join(RECIPE)}")
    chosen = {name: np.repeat([s[name] for s in settings], pairs).astype("float32") for name in RECIPE}
    nets = pairs * len(recipes)
    keras.utils.set_random_seed(seed)
    model = _Pairs(nets, chosen, seed=seed)
    optimizer = keras.optimizers.Adam(6e-3, beta_1=0.5, beta_2=0.99, use_ema=True, ema_momentum=0.98)
    at_once = 1 if keras.backend.backend() == "torch" else 25  # steps in one go, which PyTorch cannot
    model.compile(optimizer, steps_per_execution=at_once)
    backend.choose_jit(model)
    # The points come at random as they are; a shuffle would depend on which thread is first.
    model.fit(draw((BATCH * steps, nets), seed=seed), batch_size=BATCH, shuffle=False, verbose=0)
    noise = np.random.default_rng(seed).normal(size=(500, nets, NOISE)).astype("float32")
    points = np.moveaxis(ops.convert_to_numpy(model.generator(noise)), 1, 0)  # (nets, 500, 2)
    return {name: points[number * pairs :][:pairs] for number, name in enumerate(recipes)}


def _side_by_side(inputs: int, outputs: int, speed: np.ndarray) -> keras.Model:
    """Two hidden layers for each of many nets: (n, nets, inputs) in, (n, nets, outputs) out.

    A net whose weights count `speed` times learns that much faster, since Adam moves each weight by about the
    learning rate whatever the loss.
    """
    nets = len(speed)

    def dense(x: keras.KerasTensor, units: int) -> keras.KerasTensor:
        spread = ops.convert_to_tensor(np.sqrt(2 / x.shape[-1]) / speed[:, None, None], "float32")
        x = layers.EinsumDense(
            "bsi,sij->bsj",
            (nets, units),
            bias_axes="sj",
            kernel_initializer=lambda shape, dtype=None: spread * keras.random.normal(shape),
        )(x)
        return layers.Rescaling(speed[:, None])(x)

    x = given = keras.Input((nets, inputs))
    for _ in range(2):
        x = layers.LeakyReLU(negative_slope=0.2)(dense(x, HIDDEN))
    return keras.Model(given, dense(x, outputs))


class _Pairs(keras.Model):
    """`gan.GAN` for many pairs at once, each by its own recipe: `chosen` has one value a pair."""

    def __init__(self, nets: int, chosen: dict[str, np.ndarray], *, seed: int):
        super().__init__(name="pairs")
        self.chosen = chosen
        self.generator = _side_by_side(NOISE, 2, np.ones(nets, "float32"))
        self.discriminator = _side_by_side(2, 1, chosen["speed"])
        self.drawn = keras.random.SeedGenerator(seed)

    def call(self, real):
        n, nets = ops.shape(real)[0], real.shape[1]
        made = self.generator(keras.random.normal((n, nets, NOISE), seed=self.drawn))
        nearby = real + NEARBY * keras.random.normal(ops.shape(real), seed=self.drawn)
        seen = (real, ops.stop_gradient(made), nearby)
        on_real, on_made, on_nearby = (self.discriminator(points)[..., 0] for points in seen)
        still = [ops.stop_gradient(weight.value) for weight in self.discriminator.trainable_variables]
        judged = self.discriminator.stateless_call(still, [], made)[0][..., 0]  # (n, nets)
        smooth, saturating, penalty = (
            ops.convert_to_tensor(self.chosen[name]) for name in ("smoothing", "saturating", "penalty")
        )
        of_discriminator = (1 - smooth) * ops.softplus(-on_real) + smooth * ops.softplus(on_real)
        of_discriminator += ops.softplus(on_made) + penalty / 2 * ((on_nearby - on_real) / NEARBY) ** 2
        of_generator = (1 - saturating) * ops.softplus(-judged) - saturating * ops.softplus(judged)
        self.add_loss(ops.mean(ops.sum(of_discriminator + of_generator, axis=1)))
        return judged
