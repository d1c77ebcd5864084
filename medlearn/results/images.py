"""The image chapter's recipe: any two-dimensional MedMNIST set, or a file in its format.

In short: a seed trains MEMBERS models. Each leaves out the training images of some looks (exposure, position,
framing), because a hospital's next images will not look like the last ones; on those it never saw, its
scores are turned into probabilities (Platt's scaling, both classes weighing alike), and the mean of the
models is the answer. A decision is "more likely than not". Nothing is chosen on the test set, which is scored
once a seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression

from medlearn.data.dataset import Dataset
from medlearn.evaluation import accuracy, auroc, averaged, calibration_error, sensitivity, specificity
from medlearn.models import cnn
from medlearn.results.classifier import answer_from_pixels, answer_majority, to_targets, train_classifier
from medlearn.results.seeds import known_cases, load_data, tabulate
from medlearn.results.table import OURS, Published, Table
from medlearn.training import fit, predict, set_seed

NAMES = tuple(name for base in ("pneumonia", "breast", "blood") for name in (base, f"{base}_64"))
MEMBERS = 3
STEPS = 1100  # of each model, the same for every set: 20 rounds of two thirds of PneumoniaMNIST
HAVE_SIDES = ("pneumonia", "pneumonia_64")  # the heart is on the left; mirrored pictures would teach a lie

_PAPER, _PLUS = "MedMNIST v2, doi:10.1038/s41597-022-01721-8", "MedMNIST+, arXiv 2404.15786"
PUBLISHED = {
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
}


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument(
        "--train", metavar="PATH", help="learn from this file, and score on --file's test images"
    )


def run(name: str, *, file: str | None = None, seeds: int = 3, train: str | None = None) -> Table:
    """Train and score ours and the baselines.

    Parameters
    ----------
    name : one of NAMES.
    file : one's own in the same format, or a folder of images by class.
    seeds : how many trainings from scratch.
    train : another file to learn from.
    """
    data = load_data(name, file=file, train=train)

    def answer(seed: int, tick: Callable) -> dict[str, np.ndarray]:
        ours = answer_ours(data, seed=seed, tick=tick)
        articles = answer_articles(data, seed=seed)
        tick()
        return {OURS: ours, "the articles' one-convolution net": articles}

    def measure(probability: np.ndarray) -> dict[str, float]:
        return measures(data.test.y, probability)

    return tabulate(
        data,
        seeds=seeds,
        ticks=MEMBERS + 1,
        answer=answer,
        measure=measure,
        fixed={
            "majority class": measure(answer_majority(data)),
            "logistic regression on the pixels": measure(answer_from_pixels(data)),
        },
        published=[
            Published(system, {"auroc": area, "accuracy": right}, source)
            for system, area, right, source in PUBLISHED.get(name, [])
        ],
        notes=[f"Mean over {seeds} seeds, with 95 % intervals for training again, on the same test cases."],
    )


def measures(y_true: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """The five measures of `y_true` and a `probability` a case and class; of many classes, their plain mean.

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


# Ours


def answer_ours(data: Dataset, *, seed: int, tick: Callable = lambda: None) -> np.ndarray:
    """Probabilities for the test cases, (n, classes). Of the test set only the images are looked at.

    `data` is what it learns from and answers, `seed` draws the trainings, and `tick` is called after each.
    """
    images, y, patient = known_cases(data)
    classes = len(data.classes)
    group = group_by_look(images, patient, seed=seed)
    outputs = 1 if classes == 2 else classes
    unseen, scores = np.zeros((len(y), outputs)), np.zeros((len(data.test), outputs))
    for member in range(MEMBERS):
        out = group == member
        model = train_classifier(
            images[~out],
            y[~out],
            classes=classes,
            mirror=data.name not in HAVE_SIDES,
            seed=MEMBERS * seed + member,
            steps=STEPS,
        )
        unseen[out] = to_logits(predict(model, images[out]))
        scores += to_logits(predict(model, data.test.x)) / MEMBERS
        tick()
    platt = LogisticRegression(C=1000, class_weight="balanced", max_iter=1000)
    return platt.fit(unseen, y).predict_proba(scores)


def to_logits(probability: np.ndarray) -> np.ndarray:
    """Scores before they were squeezed into 0 … 1: log-odds of one `probability` a case, else their logs."""
    probability = np.clip(probability, 1e-6, 1 - 1e-6)
    score = np.log(probability)
    return score - np.log1p(-probability) if score.shape[1] == 1 else score


def group_by_look(images: np.ndarray, patient: np.ndarray, *, seed: int, kinds: int = 30) -> np.ndarray:
    """Deal `images` to MEMBERS groups so that images that look alike stay together, and a `patient`'s too.

    The look is exposure, framing and position: the image at 7 × 7, and the sd of its grey values. `seed`
    draws the `kinds` of look.
    """
    height, width = images.shape[1:3]
    grey = images.mean(-1)
    down, across = (np.linspace(0, size, 7, endpoint=False, dtype=int) for size in (height, width))
    coarse = np.add.reduceat(np.add.reduceat(grey, down, axis=1), across, axis=2) * (49 / height / width)
    flat = grey.reshape(len(grey), -1)
    tones = np.percentile(flat, [1, 25, 50, 75, 99], axis=1).T
    look = np.hstack([coarse.reshape(len(grey), -1), 2 * tones, 4 * flat.std(1, keepdims=True)])
    kind = KMeans(min(kinds, len(images)), n_init=2, random_state=seed).fit_predict(look)
    _, first, whose = np.unique(patient, return_index=True, return_inverse=True)
    kind = kind[first][whose]
    sizes, group = np.zeros(MEMBERS), np.zeros(len(images), int)
    for number in np.argsort(-np.bincount(kind), kind="stable"):
        smallest = sizes.argmin()
        group[kind == number] = smallest
        sizes[smallest] += (kind == number).sum()
    return group


# A baseline


def answer_articles(data: Dataset, *, seed: int) -> np.ndarray:
    """The articles' one-convolution net, trained on `data` as they do, with early stopping, from a `seed`."""
    set_seed(seed)
    classes = len(data.classes)
    model = cnn.articles_net(data.train.x.shape[1:], classes)
    model.compile("adam", "binary_crossentropy" if classes == 2 else "categorical_crossentropy")
    pairs = [(split.x, to_targets(split.y, classes)) for split in (data.train, data.validation)]
    fit(model, *pairs, epochs=10, patience=3, seed=seed)
    probability = predict(model, data.test.x)
    return np.hstack([1 - probability, probability]) if classes == 2 else probability
