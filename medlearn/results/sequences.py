"""What the recipes of sequences share: sequences with their groups, and the small models that all compare.

Knows no data set, and no recipe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import keras
import numpy as np

from medlearn.data.dataset import Dataset
from medlearn.data.splitting import folds_by_patient
from medlearn.errors import DataError
from medlearn.evaluation import Estimate
from medlearn.evaluation.agreement import matthews
from medlearn.features.sequences import kmer_counts, one_hot
from medlearn.models.sequences import scanner
from medlearn.training import fit, optimizer, predict, set_seed

Folds = list[tuple[np.ndarray, np.ndarray]]
INNER = 3  # folds in which a penalty is chosen
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3)  # C of scikit-learn: the lower, the nearer all weights are to 0
FREE = (100.0,)  # the same, where one or two numbers need no holding down
SMALLEST = 1e-4  # probability that is believed


class Sequences(NamedTuple):
    """All sequences of a data set.

    Parameters
    ----------
    letters : each sequence as a text.
    hot : the same as numbers, (n, length, 4).
    y, patient : the class of each, and the group that must not be on two sides.
    """

    letters: np.ndarray
    hot: np.ndarray
    y: np.ndarray
    patient: np.ndarray

    @classmethod
    def of(cls, data: Dataset, *, folds: int) -> Sequences:
        """Those of all splits of `data`; with fewer groups of a class than `folds` they are refused."""
        splits = data.splits.values()
        x, y, patient = (
            np.concatenate([getattr(split, part) for split in splits]) for part in ("x", "y", "patient")
        )
        for code, called in enumerate(data.classes):
            if (found := len(np.unique(patient[y == code]))) < folds:
                raise DataError(
                    f"{data.name}: {found} group(s) of sequences have the class {called!r}, which is too few "
                    f"for {folds} folds: there should be {folds} or more"
                )
        return cls(x, one_hot(x), y, patient)

    def folds(self, folds: int, *, seed: int, apart: bool = True) -> Folds:
        """Positions to learn from and to answer in each of so many `folds`, drawn by `seed`.

        Where groups are not `apart`, each sequence is dealt out by itself.
        """
        group = self.patient if apart else np.arange(len(self.y))
        return folds_by_patient(group, self.y, folds=folds, seed=seed)


# In folds


def scanned(
    sequences: Sequences,
    folds: Folds,
    how: Mapping,
    learning: Mapping,
    *,
    seed: int,
    nets: int = 1,
    classes: int = 2,
    tick: Callable = lambda: None,
) -> np.ndarray:
    """What each of several nets says of all `sequences`, (nets, n, classes), or (nets, n, 1) of two classes.

    Parameters
    ----------
    sequences, folds : all of them, and in each fold the positions to learn from and to answer.
    how, learning : what `scanner` is told, and what `train_net`.
    seed : draws the nets.
    nets : how many learn in each fold.
    classes : two or more.
    tick : called after each net.
    """
    p = np.zeros((nets, len(sequences.y), 1 if classes == 2 else classes))
    for fold, (learn, say) in enumerate(folds):
        for number in range(nets):
            set_seed(1000 * seed + nets * fold + number)
            net = scanner(sequences.hot.shape[1], classes, **how)
            train_net(net, sequences.hot[learn], sequences.y[learn], **learning)
            p[number, say] = predict(net, sequences.hot[say])
            tick()
    return p


def regressed(
    sequences: Sequences, features: np.ndarray, folds: Folds, penalties: Sequence[float] = PENALTIES
) -> np.ndarray:
    """What a logistic regression on these `features` says of all `sequences`, in each of the `folds`.

    One probability of two classes, and one a class for more. Of the `penalties`, C of scikit-learn, the one
    with the least log loss in folds of what is learnt from is taken; a single one is taken as it is.
    """
    said = []
    for learn, say in folds:
        penalty = penalties[0]
        if len(penalties) > 1:
            penalty = min(penalties, key=partial(_log_loss, sequences, features, learn))
        said.append(regress(features, sequences.y, learn, say, penalty=penalty))
    p = np.zeros((len(sequences.y), *said[0].shape[1:]))
    for (_, say), its in zip(folds, said, strict=True):
        p[say] = its
    return p


def _log_loss(sequences: Sequences, features: np.ndarray, learn: np.ndarray, penalty: float) -> float:
    """What a regression with this `penalty` loses in folds of the positions to `learn` from."""
    y, total = sequences.y, 0.0
    for learnt, asked in folds_by_patient(sequences.patient[learn], y[learn], folds=INNER):
        p = regress(features, y, learn[learnt], learn[asked], penalty=penalty)
        p = np.stack([1 - p, p], axis=1) if p.ndim == 1 else p
        total -= np.log(p[np.arange(len(asked)), y[learn[asked]]].clip(SMALLEST)).sum()
    return total


def between(answers: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of the probabilities in `answers`, as log-odds.

    >>> between([np.array([0.5, 0.9]), np.array([0.5, 0.1])]).round(3).tolist()
    [0.5, 0.5]
    """
    p = np.clip(answers, SMALLEST, 1 - SMALLEST)
    return 1 / (1 + np.exp(-np.log(p / (1 - p)).mean(0)))


def correlation(y: np.ndarray, p: np.ndarray, *, patient: np.ndarray | None = None) -> Estimate:
    """Matthews' correlation of classes `y` with probabilities `p` above ½; by `patient`, if given.

    Where all are called the same, nothing goes along with the truth: it is 0 then, and not undefined.

    >>> print(correlation(np.array([0, 1, 1]), np.array([0.6, 0.7, 0.8])))
    0.000 (-1.000 to 1.000)
    """
    called = (p > 0.5).astype(int)
    if len(np.unique(called)) == 1:
        return Estimate(0.0, -1.0, 1.0, 0.95, "all are called the same")
    return matthews(y, called, patient=patient)


# Models and features


def regress(
    features: np.ndarray, y: np.ndarray, learn: np.ndarray, say: np.ndarray, *, penalty: float = 1.0
) -> np.ndarray:
    """Probabilities by a logistic regression: of class 1 where there are two classes, else one a class.

    Parameters
    ----------
    features : a row a sequence.
    y : the class of each.
    learn, say : positions of the rows to learn from, and of those to answer.
    penalty : C of scikit-learn: the lower, the nearer all weights are to 0.
    """
    from sklearn.linear_model import LogisticRegression

    features = features.reshape(len(features), -1)
    model = LogisticRegression(C=penalty, max_iter=2000).fit(features[learn], y[learn])
    p = model.predict_proba(features[say])
    return p[:, 1] if p.shape[1] == 2 else p


def words_of(letters: Sequence[str], k: int) -> np.ndarray:
    """How often each word of `k` letters is in each sequence of `letters`, as a square root.

    >>> words_of(["AAAAC"], 1).tolist()
    [[2.0, 1.0, 0.0, 0.0]]
    """
    return np.sqrt(kmer_counts(letters, k).astype(float))  # so that a word often repeated does not decide all


def composition(letters: Sequence[str], *, pairs: bool) -> np.ndarray:
    """The share of G and C in each sequence of `letters`, and if `pairs`, of C followed by G too.

    >>> composition(["CGCG", "AATC"], pairs=False).tolist()
    [[1.0], [0.25]]
    """
    singles = kmer_counts(letters, 1).astype(float)
    columns = [singles[:, 1:3].sum(1) / np.maximum(singles.sum(1), 1)]
    if pairs:
        doubles = kmer_counts(letters, 2).astype(float)
        columns.append(doubles[:, 6] / np.maximum(doubles.sum(1), 1))  # 6 is 1 · 4 + 2: C, then G
    return np.stack(columns, axis=1)


def train_net(
    net: keras.Model, x: np.ndarray, y: np.ndarray, *, epochs: int, batch: int, peak: float, decay: float
) -> keras.Model:
    """The `net`, trained on one-hot sequences `x` and their classes `y`.

    Parameters
    ----------
    net : not compiled, with one probability for two classes, or one a class.
    x, y : what it learns from.
    epochs, batch : how often it sees all, and how many at once.
    peak, decay : the highest learning rate, and the weight decay, as in `medlearn.training.optimizer`.
    """
    two = net.output_shape[-1] == 1
    loss = "binary_crossentropy" if two else "sparse_categorical_crossentropy"
    net.compile(optimizer(epochs * -(-len(x) // batch), weight_decay=decay, peak=peak), loss)
    y = y[:, None].astype("float32") if two else y
    fit(net, (x, y), epochs=epochs, batch_size=batch, patience=None)
    return net
