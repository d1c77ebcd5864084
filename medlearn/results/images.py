"""The picture chapter's results: any two-dimensional MedMNIST set, or a file in its format.

The recipe in short. A seed trains MEMBERS nets. Each leaves out the training films of some looks (exposure,
position, framing), because a hospital's next films will not look like the last ones; on those it never
saw, its scores are turned into probabilities (Platt's scaling, both classes weighing alike), and the mean of
the nets is the answer. A decision is "more likely than not". Nothing is chosen on the test set, which is
scored once a seed.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from medlearn.data.dataset import Dataset
from medlearn.evaluation import accuracy, auroc, averaged, calibration_error, sensitivity, specificity
from medlearn.results import Published, Table

if TYPE_CHECKING:
    import keras

MEMBERS = 3
STEPS, BATCH = 1100, 64  # a net's training, the same for every set: 20 rounds of two thirds of PneumoniaMNIST
HAVE_SIDES = ("pneumonia", "pneumonia_64")  # the heart is on the left; mirrored pictures would teach a lie

_PAPER, _PLUS = "MedMNIST v2, doi:10.1038/s41597-022-01721-8", "MedMNIST+, arXiv 2404.15786"
_ROWS = {
    "pneumonia": [
        ("ResNet-18", 0.944, 0.854, _PAPER),
        ("ResNet-18, three seeds", 0.950, 0.831, _PLUS),
        ("AutoKeras", 0.947, 0.878, _PAPER),
        ("DINO ViT-B/16, linear probe", 0.973, 0.866, _PLUS),
        ("best at any size up to 224 px", 0.989, 0.916, _PLUS),
        ("Google AutoML Vision", 0.991, 0.946, _PAPER),
    ],
    "breast": [("ResNet-18", 0.901, 0.863, _PAPER)],
    "blood": [("ResNet-18", 0.998, 0.958, _PAPER)],
    "retina": [("ResNet-18", 0.717, 0.524, _PAPER)],
}


def run(name: str, *, file: str | None = None, seeds: int = 3) -> Table:
    """Train and score ours and the baselines; `file` may be one's own, else MEDLEARN_DATA or the real set."""
    from tqdm.auto import tqdm

    from medlearn.data import load

    size = os.environ.get("MEDLEARN_DATA") or "full"
    with contextlib.redirect_stdout(sys.stderr):  # the table names its data itself
        data = load(name, file=file, size=size)
    if file is not None or size not in ("small", "full"):
        data = replace(data, source="own file")  # no path of this machine in a table for others
    ours, articles = [], []
    with tqdm(total=seeds * (MEMBERS + 1), unit="net", desc=f"{name}, {seeds} seeds") as bar:
        for seed in range(seeds):
            ours.append(measures(data.test.y, ours_predicts(data, seed=seed, tick=bar.update)))
            articles.append(measures(data.test.y, articles_predict(data, seed=seed)))
            bar.update()
    return Table(
        data=data.describe()
        + (": simulated, not comparable with published figures" if data.simulated else ""),
        ours=_by_measure(ours),
        baselines={
            "majority class": _by_measure([measures(data.test.y, majority_predicts(data))]),
            "logistic regression on the pixels": _by_measure([measures(data.test.y, pixels_predict(data))]),
            "the articles' one-convolution net": _by_measure(articles),
        },
        published=[
            Published(system, {"auroc": area, "accuracy": right}, source)
            for system, area, right, source in _ROWS.get(name, [])
        ],
        notes=[f"Mean over {seeds} seeds, with 95 % intervals for training again, on the same test cases."],
    )


def measures(y_true: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """The five measures from one probability a class and case. Of many classes: the plain mean over them.

    Calibration then means the probability of the class decided on.

    >>> right = measures(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]))
    >>> {name: round(value, 2) for name, value in right.items() if name != "calibration_error"}
    {'auroc': 1.0, 'accuracy': 0.67, 'sensitivity': 0.5, 'specificity': 1.0}
    """
    decision = probability.argmax(1)
    if probability.shape[1] == 2:
        found = {
            "auroc": auroc(y_true, probability[:, 1]),
            "accuracy": accuracy(y_true, decision),
            "sensitivity": sensitivity(y_true, decision),
            "specificity": specificity(y_true, decision),
            "calibration_error": calibration_error(y_true, probability[:, 1]),
        }
    else:
        found = {
            "auroc": averaged(auroc, y_true, probability),
            "accuracy": accuracy(y_true, decision),
            "sensitivity": averaged(sensitivity, y_true, decision),
            "specificity": averaged(specificity, y_true, decision),
            "calibration_error": calibration_error(decision == y_true, probability.max(1)),
        }
    return {name: estimate.value for name, estimate in found.items()}


# Ours.


def ours_predicts(data: Dataset, *, seed: int, tick: Callable = lambda: None) -> np.ndarray:
    """Probabilities for the test cases, (n, classes). Of the test set only the films are looked at."""
    films, y, patient = _known(data)
    group = looks(films, patient, seed=seed)
    outputs = 1 if len(data.classes) == 2 else len(data.classes)
    unseen = np.zeros((len(y), outputs))
    scores = np.zeros((len(data.test), outputs))
    for member in range(MEMBERS):
        out = group == member
        net = trained(
            films[~out],
            y[~out],
            classes=len(data.classes),
            mirror=data.name not in HAVE_SIDES,
            seed=MEMBERS * seed + member,
        )
        unseen[out] = logits(net, films[out])
        scores += logits(net, with_channels(data.test.x)) / MEMBERS
        tick()
    platt = LogisticRegression(C=1000, class_weight="balanced", max_iter=1000)
    return platt.fit(unseen, y).predict_proba(scores)


def looks(films: np.ndarray, patient: np.ndarray, *, seed: int, kinds: int = 30) -> np.ndarray:
    """Deal the films to MEMBERS groups so that films that look alike stay together, and a patient's too.

    The look is exposure, framing and position: the film at 7 × 7, and its grey values' spread.
    """
    height, width = films.shape[1:3]
    grey = films.mean(-1)
    down, across = (np.linspace(0, size, 7, endpoint=False, dtype=int) for size in (height, width))
    coarse = np.add.reduceat(np.add.reduceat(grey, down, axis=1), across, axis=2) * (49 / height / width)
    flat = grey.reshape(len(grey), -1)
    tones = np.percentile(flat, [1, 25, 50, 75, 99], axis=1).T
    look = np.hstack([coarse.reshape(len(grey), -1), 2 * tones, 4 * flat.std(1, keepdims=True)])
    kind = KMeans(min(kinds, len(films)), n_init=2, random_state=seed).fit_predict(look)
    _, first, whose = np.unique(patient, return_index=True, return_inverse=True)
    kind = kind[first][whose]
    sizes, group = np.zeros(MEMBERS), np.zeros(len(films), int)
    for number in np.argsort(-np.bincount(kind), kind="stable"):
        smallest = sizes.argmin()
        group[kind == number] = smallest
        sizes[smallest] += (kind == number).sum()
    return group


def trained(
    films: np.ndarray,
    y: np.ndarray,
    *,
    classes: int,
    mirror: bool,
    seed: int,
    steps: int | None = None,
    width: int = 32,
) -> keras.Model:
    """One net by the recipe, each class weighing alike."""
    from medlearn.training import fit

    epochs = -(-(steps or STEPS) // -(-len(films) // BATCH))
    altered, net = prepared(films, classes=classes, mirror=mirror, epochs=epochs, seed=seed, width=width)
    weight = {number: len(y) / classes / count for number, count in enumerate(np.bincount(y)) if count}
    pair = (films, _targets(y, classes))
    fit(altered, pair, epochs=epochs, batch_size=BATCH, patience=None, class_weight=weight, seed=seed)
    return net


def prepared(
    films: np.ndarray, *, classes: int, mirror: bool, epochs: int, seed: int, width: int = 32
) -> tuple[keras.Model, keras.Model]:
    """The net behind augmentation, compiled, and the net itself: train the first, use the second.

    AdamW with a learning rate that rises and falls, weights averaged over the last steps, softened labels.
    """
    import keras

    from medlearn.models import cnn
    from medlearn.models.augment import Augment
    from medlearn.training import optimizer, set_seed

    set_seed(seed)
    net = cnn.course_net(films.shape[1:], classes, width=width)
    altered = keras.Sequential([keras.Input(films.shape[1:]), Augment(mirror=mirror, seed=seed), net])
    steps = epochs * -(-len(films) // BATCH)
    altered.compile(optimizer(steps, weight_decay=0.02), _loss(classes))
    return altered, net


def logits(net: keras.Model, films: np.ndarray) -> np.ndarray:
    """The net's scores before they were squeezed into 0 … 1: one a case, or one a class and case."""
    from medlearn.training import predict

    probability = np.clip(predict(net, films), 1e-6, 1 - 1e-6)
    score = np.log(probability)
    return score - np.log1p(-probability) if score.shape[1] == 1 else score


def with_channels(films: np.ndarray) -> np.ndarray:
    """Grey films get the channel axis that a net expects."""
    return films[..., None] if films.ndim == 3 else films


def _known(data: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All that a model may learn from: the films of training and validation, their classes and patients."""
    parts = (data.train, data.validation)
    patients = [part.patient for part in parts]
    if not data.patients_known:  # each film counts as a patient of its own
        patients = [np.arange(sum(map(len, parts)))]
    return (
        with_channels(np.concatenate([part.x for part in parts])),
        np.concatenate([part.y for part in parts]),
        np.concatenate(patients),
    )


def _targets(y: np.ndarray, classes: int) -> np.ndarray:
    return y[:, None].astype("float32") if classes == 2 else np.eye(classes, dtype="float32")[y]


def _loss(classes: int) -> keras.losses.Loss:
    import keras

    kind = keras.losses.BinaryCrossentropy if classes == 2 else keras.losses.CategoricalCrossentropy
    return kind(label_smoothing=0.1)


# The baselines.


def majority_predicts(data: Dataset) -> np.ndarray:
    """The shares of the classes in training, for every case alike."""
    shares = np.bincount(data.train.y, minlength=len(data.classes)) / len(data.train)
    return np.tile(shares, (len(data.test), 1))


def pixels_predict(data: Dataset) -> np.ndarray:
    """Logistic regression on the pixels; how strongly it is held back is chosen on the validation cases."""
    flat = {part: split.x.reshape(len(split), -1) / 255 for part, split in data.splits.items()}
    models = [
        make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=500)).fit(
            flat["train"], data.train.y
        )
        for c in (1e-4, 1e-3, 1e-2)
    ]
    best = max(models, key=lambda model: model.score(flat["validation"], data.validation.y))
    return best.predict_proba(flat["test"])


def articles_predict(data: Dataset, *, seed: int) -> np.ndarray:
    """The articles' one-convolution net, trained as they do, with early stopping on the validation cases."""
    from medlearn.models import cnn
    from medlearn.training import fit, predict, set_seed

    set_seed(seed)
    classes = len(data.classes)
    net = cnn.articles_net(with_channels(data.train.x[:1]).shape[1:], classes)
    loss = "binary_crossentropy" if classes == 2 else "categorical_crossentropy"
    net.compile("adam", loss)
    pairs = [(with_channels(part.x), _targets(part.y, classes)) for part in (data.train, data.validation)]
    fit(net, *pairs, epochs=10, patience=3, seed=seed)
    probability = predict(net, with_channels(data.test.x))
    return np.hstack([1 - probability, probability]) if classes == 2 else probability


def _by_measure(runs: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [run[name] for run in runs] for name in runs[0]}
