"""The retina's recipe: grades in an order, told by one score and thresholds, beside the same net's softmax.

In short: a seed trains two nets that differ in their answer alone, on the training and the validation images.
Nothing is chosen on the test images, which are scored once a seed; a decision is the likeliest grade.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import keras
import numpy as np

from medlearn.data.dataset import Dataset, Split
from medlearn.errors import DataError
from medlearn.evaluation import accuracy, auroc, averaged, over_seeds
from medlearn.evaluation.ordinal import decide, kappa, kappa_difference, ranked_probability_score
from medlearn.models.augment import Augment
from medlearn.models.cnn import course_net
from medlearn.models.ordinal import ordinal_net
from medlearn.results.classifier import answer_from_pixels, answer_majority
from medlearn.results.seeds import known_cases, load_data, tabulate
from medlearn.results.table import OURS, Column, Published, Table
from medlearn.training import fit, optimizer, predict, set_seed

NAMES = ("retina", "retina_64")
SOFTMAX = "softmax, the same net otherwise"
NETS = {OURS: ordinal_net, SOFTMAX: course_net}
WIDTH, STEPS, BATCH = 32, 1100, 32
REFER = 2  # the lowest grade that an ophthalmologist must see soon
COLUMNS = {
    "kappa": Column("quadratic kappa", -1),
    "refer_auroc": Column("AUROC, to be referred"),
    "rps": Column("ranked probability score (0 is best)"),
}
_PAPER, _PLUS = "MedMNIST v2, doi:10.1038/s41597-022-01721-8", "MedMNIST+, arXiv 2404.15786"
PUBLISHED = [
    Published("ResNet-18", {"auroc": 0.717, "accuracy": 0.524}, _PAPER),
    Published("Google AutoML Vision", {"auroc": 0.750, "accuracy": 0.531}, _PAPER),
    Published("best at any size up to 224 px", {"auroc": 0.878, "accuracy": 0.642}, _PLUS),
]


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument(
        "--train", metavar="PATH", help="learn from this file, and score on --file's test images"
    )


def run(name: str, *, file: str | None = None, seeds: int = 3, train: str | None = None) -> Table:
    """Train and score ours, the same net with a softmax, and the baselines.

    Parameters
    ----------
    name : one of NAMES.
    file : one's own in the same format, or a folder of images by grade.
    seeds : how many trainings from scratch.
    train : another file to learn from.
    """
    data = load_data(name, file=file, train=train)
    test, grades = data.test, len(data.classes)
    if grades < 3:
        raise DataError(
            f"{name} has {grades} grades, {' and '.join(data.classes)}, but an order takes three: "
            "for two classes, ask for the results of pneumonia or breast with --file"
        )
    answered = {system: [] for system in NETS}

    def answer(seed: int, tick: Callable) -> dict[str, np.ndarray]:
        for system, build in NETS.items():
            answered[system].append(predict(train_net(build, data, seed=seed), test.x))
            tick()
        return {system: each[-1] for system, each in answered.items()}

    def measure(probability: np.ndarray) -> dict[str, float]:
        return measures(test.y, probability)

    table = tabulate(
        data,
        seeds=seeds,
        ticks=len(NETS),
        answer=answer,
        aside=list(answered.values()),
        measure=measure,
        fixed={
            "majority grade": measure(answer_majority(data)),
            "logistic regression on the pixels": measure(answer_from_pixels(data)),
        }
        | second_grader(test, grades),
        published=PUBLISHED,
        notes=[
            f"Mean over {seeds} seeds, with 95 % intervals for training again, on the same test images.",
            "Nothing is chosen on them. The likeliest grade is the answer; "
            f"{REFER} or more is to be referred.",
        ],
        columns=COLUMNS,
    )
    differ = np.subtract(table.rows[OURS]["kappa"], table.rows[SOFTMAX]["kappa"])
    both = (decide(np.mean(answered[system], axis=0)) for system in NETS)
    of_means = kappa_difference(test.y, *both, grades=grades, patient=test.patient)
    table.notes.append(
        f"Kappa, ours less the softmax's: over the seeds {over_seeds(differ):+.3f}; of the seeds' mean "
        f"answers, with its interval for other patients, {of_means:+.3f}."
    )
    return table


def train_net(build: Callable[..., keras.Model], data: Dataset, *, seed: int) -> keras.Model:
    """A net trained on all of `data` but its test cases.

    Parameters
    ----------
    build : makes it, of an image's shape and the number of grades: `ordinal_net` or `course_net`.
    data : what it learns from.
    seed : draws its weights, the order of the images and their alterations.
    """
    images, y, _ = known_cases(data)
    epochs = -(-STEPS // -(-len(images) // BATCH))
    set_seed(seed)
    net = build(images.shape[1:], len(data.classes), width=WIDTH)
    altered = keras.Sequential([keras.Input(images.shape[1:]), Augment(mirror=True, seed=seed), net])
    steps = epochs * -(-len(images) // BATCH)
    altered.compile(optimizer(steps, weight_decay=0.02), "sparse_categorical_crossentropy")
    fit(altered, (images, y), epochs=epochs, batch_size=BATCH, patience=None, seed=seed)
    return net


def measures(y_true: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """The five measures of `y_true` and a `probability` a case and grade.

    AUROC is the plain mean over grades, each against the rest, as in the published figures.

    >>> probability = np.array([[0.8, 0.2, 0], [0.3, 0.6, 0.1], [0.1, 0.5, 0.4]] * 20)
    >>> found = measures(np.array([0, 1, 2] * 20), probability)
    >>> {name: round(value, 2) for name, value in found.items()}
    {'kappa': 0.67, 'accuracy': 0.67, 'auroc': 1.0, 'refer_auroc': 1.0, 'rps': 0.08}
    """
    return of_decisions(y_true, decide(probability), probability.shape[1]) | {
        "auroc": averaged(auroc, y_true, probability).value,
        "refer_auroc": auroc(y_true >= REFER, probability[:, REFER:].sum(1)).value,
        "rps": ranked_probability_score(y_true, probability).value,
    }


def of_decisions(y_true: np.ndarray, y_pred: np.ndarray, grades: int) -> dict[str, float]:
    """Kappa and accuracy of the grades `y_pred` that were decided on, where `y_true` has so many `grades`."""
    return {
        "kappa": kappa(y_true, y_pred, grades=grades).value,
        "accuracy": accuracy(y_true, y_pred).value,
    }


def second_grader(test: Split, grades: int) -> dict[str, dict[str, float]]:
    """A row for the second grader of the `test` cases, where there was one; `grades` are so many."""
    if "second" not in test.about:
        return {}
    return {"a second grader": of_decisions(test.y, test.about["second"], grades)}
