"""Training on pictures with masks, each altered a little every time it is seen; no recipe of its own.

Pictures and masks are altered together, which `models.augment` cannot do.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from medlearn.training import fit, optimizer, predict

Draw = Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]


class Drawn(keras.utils.PyDataset):
    """Batches of cases, each drawn anew; the same `seed` draws the same.

    Parameters
    ----------
    draw : called with the number of a case and a generator; returns its x and y, altered.
    cases : how many there are. All are seen once before one is seen again.
    batch : cases in a batch; `steps` : batches in all.
    seed : of the order and the alterations.
    """

    def __init__(self, draw: Draw, cases: int, *, batch: int, steps: int, seed: int):
        super().__init__()
        self.draw, self.batch, self.steps, self.seed = draw, batch, steps, seed
        rng = np.random.default_rng(seed)
        rounds = -(-batch * steps // cases)
        self.order = np.concatenate([rng.permutation(cases) for _ in range(rounds)])

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((self.seed, index))
        cases = self.order[index * self.batch : (index + 1) * self.batch]
        x, y = zip(*(self.draw(int(case), rng) for case in cases), strict=True)
        return np.stack(x), np.stack(y)


def train_on_drawn(
    model: keras.Model,
    draw: Draw,
    cases: int,
    *,
    loss: Callable,
    batch: int,
    steps: int,
    seed: int,
    peak: float,
) -> None:
    """Train a `model` in place with a `loss`; `draw`, `cases`, `batch`, `steps`, `seed` are as in `Drawn`.

    The learning rate rises to `peak` and falls; the weights are averaged over the last steps.
    """
    model.compile(optimizer(steps, weight_decay=0.01, peak=peak), loss)
    batches = Drawn(draw, cases, batch=batch, steps=steps, seed=seed)
    fit(model, batches, epochs=1, patience=None, seed=seed)


def predict_mirrored(model: keras.Model, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The mean answer of a `model` to cases `x` (n, …) and to their mirror images, each turned back.

    `axes` are those that may be mirrored; with two of them there are four answers.
    """
    choices = [[]]
    for axis in axes:
        choices += [[*choice, axis] for choice in choices]
    answers = [np.flip(predict(model, np.flip(x, choice), batch_size=8), choice) for choice in choices]
    return np.mean(answers, axis=0)
