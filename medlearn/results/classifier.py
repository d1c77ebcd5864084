"""One image classifier by the course's recipe, as chapters 2 and 4 train it; no recipe of its own.

AdamW with a learning rate that rises and falls, weights averaged over the last steps, softened labels, each
class weighing alike, and every image altered a little each time it is seen. And the baselines that any
classifier of images stands beside.
"""

from __future__ import annotations

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from medlearn.data.dataset import Dataset
from medlearn.models import cnn
from medlearn.models.augment import Augment
from medlearn.training import fit, optimizer, set_seed

BATCH = 64


def train_classifier(
    images: np.ndarray, y: np.ndarray, *, classes: int, mirror: bool, seed: int, steps: int, width: int = 32
) -> keras.Model:
    """A trained model for `images` (n, height, width, channels) of `classes`.

    Parameters
    ----------
    images, y : to learn from, and the class of each.
    classes : how many there are.
    mirror : whether left and right may be changed over.
    seed : draws the weights, the order of the images and their alterations.
    steps : about how many batches it learns from.
    width : the model's channels.
    """
    epochs = -(-steps // -(-len(images) // BATCH))
    altered, model = build_classifier(
        images.shape, classes=classes, mirror=mirror, epochs=epochs, seed=seed, width=width
    )
    weight = {number: len(y) / classes / count for number, count in enumerate(np.bincount(y)) if count}
    pair = (images, to_targets(y, classes))
    fit(altered, pair, epochs=epochs, batch_size=BATCH, patience=None, class_weight=weight, seed=seed)
    return model


def build_classifier(
    shape: tuple[int, int, int, int], *, classes: int, mirror: bool, epochs: int, seed: int, width: int = 32
) -> tuple[keras.Model, keras.Model]:
    """The model behind augmentation, compiled, and the model itself: train the first, use the second.

    `shape` is that of all training images, and `epochs` how often each will be seen: they set the learning
    rate's course. `classes`, `mirror`, `seed` and `width` as in `train_classifier`.
    """
    set_seed(seed)
    model = cnn.course_net(shape[1:], classes, width=width)
    altered = keras.Sequential([keras.Input(shape[1:]), Augment(mirror=mirror, seed=seed), model])
    kind = keras.losses.BinaryCrossentropy if classes == 2 else keras.losses.CategoricalCrossentropy
    steps = epochs * -(-shape[0] // BATCH)
    altered.compile(optimizer(steps, weight_decay=0.02), kind(label_smoothing=0.1))
    return altered, model


def to_targets(y: np.ndarray, classes: int) -> np.ndarray:
    """What the model is to answer for class numbers `y`: one column for two `classes`, else one a class."""
    return y[:, None].astype("float32") if classes == 2 else np.eye(classes, dtype="float32")[y]


# The baselines


def answer_majority(data: Dataset) -> np.ndarray:
    """The shares of the classes in the training cases of `data`, for every test case alike."""
    shares = np.bincount(data.train.y, minlength=len(data.classes)) / len(data.train)
    return np.tile(shares, (len(data.test), 1))


def answer_from_pixels(data: Dataset) -> np.ndarray:
    """Logistic regression on the pixels of `data`; its penalty is chosen on the validation cases."""
    flat = {name: split.x.reshape(len(split), -1) / 255 for name, split in data.splits.items()}
    models = [
        make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=500)).fit(
            flat["train"], data.train.y
        )
        for c in (1e-4, 1e-3, 1e-2)
    ]
    best = max(models, key=lambda model: model.score(flat["validation"], data.validation.y))
    return best.predict_proba(flat["test"])
