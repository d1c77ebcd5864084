"""The health-record chapter's recipe: death in hospital, predicted after 48 hours in intensive care.

In short: a seed trains FOLDS × REPEATS models, each without a tenth of the training stays. A model has two
halves: a GRU over cells of four hours, which is told who the patient is in each, and a dense layer over
summaries of the whole stay. Every value goes in encoded at training quantiles, so that low and high can each
count; a penalty on each weight leaves few summaries in use; both halves learn length of stay, severity scores
and time of death beside death in hospital. Gradient boosting on the same summaries is the third part, and the
answer is the mean log-odds of all three. What the models say about the stays left out of their training turns
log-odds into probabilities and sets the threshold.
Everything here was chosen by cross-validation on set a; a run scores the test set once a seed, and no score
or outcome is an input.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np
from scipy.special import expit

from medlearn.data.dataset import Dataset, Split
from medlearn.data.records import Records, join
from medlearn.data.splitting import folds_by_patient
from medlearn.errors import DataError
from medlearn.evaluation import Estimate, auprc, auroc, bootstrap, calibration_error, recalibrate
from medlearn.features.stays import EncodedInputs, Features, summaries
from medlearn.models import rnn
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.table import OURS, Column, Published, Table
from medlearn.training import fit, optimizer, predict, set_seed

NAMES = ("icu",)
FOLDS, REPEATS = 10, 2
EPOCHS, BATCH, STEP = 22, 128, 4.0  # hours
SETS = ("a", "b", "c")
WITHIN_DAYS = (7, 30, 180, 720)
BOOSTING = dict(
    learning_rate=0.04,
    max_iter=250,
    max_leaf_nodes=12,
    min_samples_leaf=20,
    l2_regularization=5.0,
    max_features=0.15,
)

_FINAL, _MTM = (
    "the challenge's final scores, set c",
    "arXiv 2509.17809, five random splits of all 12,000 stays",
)
PUBLISHED = [
    ("winner of the challenge", {"event1": 0.5353}, _FINAL),
    ("tenth place", {"event1": 0.4513}, _FINAL),
    ("SAPS-I, as the challenge scored it", {"event1": 0.3125}, _FINAL),
    ("GRU-D", {"auroc": 0.819, "auprc": 0.461}, _MTM),
    ("mTAND", {"auroc": 0.842, "auprc": 0.482}, _MTM),
    ("Transformer", {"auroc": 0.863}, "SeFT, arXiv 1909.12064, another split"),
    ("Warpformer", {"auroc": 0.865, "auprc": 0.543}, _MTM),
    ("MTM", {"auroc": 0.880, "auprc": 0.586}, _MTM),
]


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides: the sets to learn from and to score on."""
    parser.add_argument("--train", choices=SETS, default="a", help="the set to learn from (a)")
    parser.add_argument("--test", choices=SETS, default="b", help="the set to be scored on (b)")


def run(name: str, *, file: str | None = None, seeds: int = 3, train: str = "a", test: str = "b") -> Table:
    """Train and score ours and the baselines.

    Parameters
    ----------
    name : "icu".
    file : a folder of one's own with the official names.
    seeds : how many trainings from scratch.
    train, test : the sets to learn from and to score on.
    """
    if train == test:
        raise DataError(f"--train {train} --test {test}: a model is not scored on the stays it learnt from")
    data = load_data(name, file=file, sets=(train, test))
    known, unseen = join_known(data), data.test

    def answer(seed: int, tick: Callable) -> dict[str, Answer]:
        nets = answer_recurrent(known, unseen.x, seed=seed, tick=tick)
        trees = answer_boosting(known, unseen.x, seed=seed, tick=tick)
        return {
            OURS: Answer.mean([nets.of(0), nets.of(1), trees]),
            "its network, without the trees": nets.of(),
            "its recurrent half alone": nets.of(0),
            "its other half alone": nets.of(1),
            "gradient boosting on summaries": trees,
        }

    fixed = {
        "logistic regression on the last values": answer_from_last_values(known, unseen.x),
        "SAPS-I": answer_from_score(known, unseen, "saps1"),
        "SOFA": answer_from_score(known, unseen, "sofa"),
    }
    return tabulate(
        data,
        seeds=seeds,
        ticks=FOLDS * (REPEATS + 1),
        answer=answer,
        measure=lambda answer: measures(known.y, answer, unseen.y),
        fixed={system: estimates(known.y, answer, unseen) for system, answer in fixed.items()},
        together=lambda answers: estimates(known.y, Answer.mean(answers), unseen),
        published=[Published(*row) for row in PUBLISHED],
        columns={"event1": Column("Event 1")},
        notes=[
            f"Learnt on set {train}, scored on set {test}. Event 1 is the challenge's: the lower of "
            "sensitivity and positive predictivity; its threshold, too, comes from the training stays.",
            f"This course, its parts and gradient boosting: means over {seeds} seeds, with 95 % intervals "
            "for training again on the same stays. The other rows: 95 % intervals over patients.",
            f"{sum(note.count for note in data.notes):,} rows and stays were odd and are counted by kind in "
            "the data's notes.",
        ],
    )


def join_known(data: Dataset) -> Split:
    """All stays of `data` that a model may learn from: training and validation, parted anew in folds."""
    splits = (data.train, data.validation)
    y, patient = (np.concatenate([getattr(split, name) for split in splits]) for name in ("y", "patient"))
    about = {name: np.concatenate([split.about[name] for split in splits]) for name in data.train.about}
    return Split(join([split.x for split in splits]), y, patient, about)


# From answers to measures


class Answer(NamedTuple):
    """A system's answers as log-odds: nothing in them has seen the label of the stay it is about.

    Parameters
    ----------
    known : for the training stays, each from models that did not learn from it.
    test : for the test stays.
    """

    known: np.ndarray
    test: np.ndarray

    def of(self, half: int | None = None) -> Answer:
        """One answer made of the halves' two: one `half`, or their mean."""
        return Answer(*(split.mean(axis=1) if half is None else split[:, half] for split in self))

    @classmethod
    def mean(cls, answers: Sequence[Answer]) -> Answer:
        """The mean of several `answers`."""
        return cls(*(np.mean(split, axis=0) for split in zip(*answers, strict=True)))


def decide(y_known: np.ndarray, answer: Answer) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and decisions for the test stays of an `answer`, by what is known of the training stays.

    `y_known` are their outcomes. The threshold calls as many of these as died, which is where sensitivity and
    positive predictivity meet.
    """
    known, test = (expit(split) for split in answer)
    as_probability = recalibrate(y_known, known)
    threshold = np.sort(as_probability(known))[-int(y_known.sum())]
    probability = as_probability(test)
    return probability, (probability >= threshold).astype(int)


def event1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """The challenge's measure: the lower of sensitivity and PPV of decisions `y_pred` about `y_true`.

    >>> event1(np.array([1, 1, 1, 0, 0]), np.array([1, 1, 0, 1, 0]))
    0.6666666666666666
    """
    right = float((y_true * y_pred).sum())
    return right / max(float(y_true.sum()), float(y_pred.sum()), 1.0)


def estimates(y_known: np.ndarray, answer: Answer, unseen: Split) -> dict[str, Estimate]:
    """The measures of an `answer` on the `unseen` stays, with intervals; `y_known` as in `decide`."""
    y, (probability, y_pred) = unseen.y, decide(y_known, answer)
    return {
        "auroc": auroc(y, probability, patient=unseen.patient),
        "auprc": auprc(y, probability, patient=unseen.patient),
        "event1": bootstrap(event1, y, y_pred, patient=unseen.patient),
        "calibration_error": calibration_error(y, probability, patient=unseen.patient),
    }


def measures(y_known: np.ndarray, answer: Answer, y_test: np.ndarray) -> dict[str, float]:
    """The same of an `answer` as plain numbers, with the outcomes `y_known` and `y_test`."""
    probability, y_pred = decide(y_known, answer)
    return {
        "auroc": auroc(y_test, probability).value,
        "auprc": auprc(y_test, probability).value,
        "event1": event1(y_test, y_pred),
        "calibration_error": calibration_error(y_test, probability).value,
    }


# Ours


def answer_recurrent(known: Split, x: Records, *, seed: int, tick: Callable = lambda: None) -> Answer:
    """The log-odds of FOLDS × REPEATS models, each half apart; of the test stays it gets the records alone.

    Parameters
    ----------
    known : the stays to learn from.
    x : the records of the test stays.
    seed : draws folds and trainings.
    tick : called after each training.
    """
    learnt, new = (Features.of(stays, step=STEP) for stays in (known.x, x))
    targets = to_targets(known)
    left_out, mean = np.zeros((len(known), 2)), np.zeros((len(x), 2))
    for repeat in range(REPEATS):
        number = REPEATS * seed + repeat
        for fold, (train, out) in enumerate(cut_folds(known, number)):
            prepare = EncodedInputs(learnt.take(train))
            model = train_model(prepare(learnt.take(train)), targets[train], seed=FOLDS * number + fold)
            left_out[out] += predict(model, prepare(learnt.take(out)))[..., 0] / REPEATS
            mean += predict(model, prepare(new))[..., 0] / (FOLDS * REPEATS)
            tick()
    return Answer(left_out, mean)


def cut_folds(known: Split, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Positions of the `known` stays to learn from and of those left out, drawn by `seed`."""
    return folds_by_patient(known.patient, known.y, folds=FOLDS, seed=seed)


def to_targets(known: Split) -> np.ndarray:
    """What is learnt of the `known` stays, a column each: death in hospital, then what else is known.

    Length of stay, both severity scores and how soon after admission a patient died teach the model what
    being ill is. They are outcomes of training stays, and never inputs. NaN where unknown.
    """
    about = known.about
    lasting = np.stack([np.log1p(about["length_of_stay"]), about["saps1"], about["sofa"]], axis=1)
    lasting = (lasting - np.nanmean(lasting, axis=0)) / np.nanstd(lasting, axis=0)
    days = np.nan_to_num(about["survival"], nan=np.inf)
    sooner = days[:, None] <= np.array(WITHIN_DAYS)
    return np.hstack([known.y[:, None], sooner, lasting]).astype(np.float32)


def train_model(x: Mapping[str, np.ndarray], y: np.ndarray, *, seed: int) -> keras.Model:
    """One model by the recipe, on inputs `x` and targets `y`; `seed` draws its weights and the order."""
    keras.utils.clear_session()  # what the models before left behind would fill the memory
    set_seed(seed)
    model = rnn.course_net(x["series"].shape[1:], x["summaries"].shape[1], tasks=y.shape[1])
    model.compile(optimizer(EPOCHS * -(-len(y) // BATCH), weight_decay=0.1), _loss)
    fit(model, (x, y), epochs=EPOCHS, batch_size=BATCH, patience=None, seed=seed)
    return model


def _loss(y, answer):
    """Of death, and on average of the others: cross-entropy of what is yes or no, squares of the rest."""
    ops = keras.ops
    y = ops.expand_dims(y, 1)  # for both halves of the model
    known = ops.cast(ops.isfinite(y), answer.dtype)
    y = ops.where(ops.isfinite(y), y, 0.0)
    yes_or_no = ops.relu(answer) - answer * y + ops.log1p(ops.exp(-ops.abs(answer)))
    questions = 1 + len(WITHIN_DAYS)
    rest = ops.square(answer - y) / 2
    each = known * ops.concatenate([yes_or_no[..., :questions], rest[..., questions:]], axis=-1)
    return ops.sum(each[..., 0] + ops.mean(each[..., 1:], axis=-1), axis=-1)


# The baselines


def answer_from_score(known: Split, unseen: Split, score: str) -> Answer:
    """A severity `score` of the `unseen` stays, as the outcome files give it.

    A stay without one gets the median of the `known` stays.
    """
    middle = np.nanmedian(known.about[score])
    table = [np.nan_to_num(split.about[score], nan=middle)[:, None] for split in (known, unseen)]
    return _fit_folds(_logistic(C=1e3), known, *table)


def answer_from_last_values(known: Split, x: Records) -> Answer:
    """Logistic regression on last values and descriptors, learnt on the `known` stays; its answer for `x`."""
    return _fit_folds(
        _logistic(C=0.01), known, *(np.hstack([stays.last(), stays.static]) for stays in (known.x, x))
    )


def answer_boosting(known: Split, x: Records, *, seed: int, tick: Callable = lambda: None) -> Answer:
    """Gradient boosting on the summaries that ours has, too: one model a fold, and their mean.

    `known`, `x`, `seed` and `tick` as in `answer_recurrent`.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(random_state=seed, **BOOSTING)
    return _fit_folds(model, known, summaries(known.x), summaries(x), seed=seed, tick=tick)


def _logistic(C: float):
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    impute = SimpleImputer(strategy="median", add_indicator=True)
    return make_pipeline(impute, StandardScaler(), LogisticRegression(C=C, max_iter=2000))


def _fit_folds(model, known: Split, table, test, *, seed: int = 0, tick: Callable = lambda: None) -> Answer:
    """A model fitted anew in each fold, as ours is; of the test stays the mean answer."""
    left_out, mean = np.zeros(len(table)), np.zeros(len(test))
    for train, out in cut_folds(known, seed):
        some = ~np.isnan(table[train]).all(axis=0)  # a column without any value is no column
        model.fit(table[train][:, some], known.y[train])
        left_out[out] = model.decision_function(table[out][:, some])
        mean += model.decision_function(test[:, some]) / FOLDS
        tick()
    return Answer(left_out, mean)
