"""The health-record chapter's results: death in hospital, told after 48 hours in intensive care.

The recipe in short. A seed trains FOLDS × REPEATS nets, each without a tenth of the training stays. A net has
two halves: a GRU over cells of four hours, which is told who the patient is in each, and a dense layer over
summaries of the whole stay. Every value goes in encoded at training quantiles, so that low and high can each
count; a cost on each weight leaves few summaries in use; both halves learn length of stay, severity scores
and time of death beside death in hospital. The answer is the mean of all halves and nets. What each net says
about the stays left out of its training turns log-odds into probabilities and sets the threshold. Everything
here was chosen by cross-validation on set a; a run scores the test set once a seed, and no score or outcome
is an input.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from medlearn.data.dataset import Dataset, Split
from medlearn.data.records.records import Records, join
from medlearn.data.splitting import folds_by_patient
from medlearn.errors import DataError
from medlearn.evaluation import Estimate, auprc, auroc, bootstrap, calibration_error, recalibrate
from medlearn.features.stays import EncodedInputs, Features, summaries
from medlearn.results import Published, Table

if TYPE_CHECKING:
    import keras

FOLDS, REPEATS = 10, 2
EPOCHS, BATCH, STEP = 22, 128, 4.0  # hours
PARTS = ("a", "b", "c")
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
_ROWS = [
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
    """What can be asked for besides: which of the challenge's sets to learn from and which to score on."""
    parser.add_argument("--train", choices=PARTS, default="a", help="the set to learn from (a)")
    parser.add_argument("--test", choices=PARTS, default="b", help="the set to be scored on (b)")


def run(name: str, *, file: str | None = None, seeds: int = 3, train: str = "a", test: str = "b") -> Table:
    """Train and score ours and the baselines; `file` may be a folder with the official names."""
    if train == test:
        raise DataError(f"--train {train} --test {test}: a model is not scored on the stays it learnt from")
    data = _loaded(name, file, (train, test))
    known, unseen = _known(data), data.test
    ours, boosted = _all_seeds(name, known, unseen, seeds)

    def over(answers: Iterable[Answer]) -> dict[str, list[float]]:
        return _by_measure([measures(known.y, answer, unseen.y) for answer in answers])

    alone = {
        "logistic regression on the last values": last_values(known, unseen.x),
        "SAPS-I": severity(known, unseen, "saps1"),
        "SOFA": severity(known, unseen, "sofa"),
    }
    return Table(
        data=data.describe()
        + (": simulated, not comparable with published figures" if data.simulated else ""),
        ours=over(answer.of() for answer in ours),
        together=estimates(known.y, Answer.mean(ours).of(), unseen),
        baselines={
            "its recurrent half alone": over(answer.of(0) for answer in ours),
            "its other half alone": over(answer.of(1) for answer in ours),
            "gradient boosting on summaries": over(boosted),
            **{system: estimates(known.y, answer, unseen) for system, answer in alone.items()},
        },
        published=[Published(*row) for row in _ROWS],
        notes=[
            f"Learnt on set {train}, scored on set {test}. Event 1 is the challenge's: the lower of "
            "sensitivity and positive predictivity; its threshold, too, comes from the training stays.",
            f"This course, its halves and gradient boosting: means over {seeds} seeds, with 95 % intervals "
            "for training again on the same stays. The other rows: 95 % intervals over patients.",
            f"{_oddities(data):,} rows and stays were odd and are counted by kind in the records' notes.",
        ],
    )


def _all_seeds(name: str, known: Split, unseen: Split, seeds: int) -> tuple[list[Answer], list[Answer]]:
    """Ours and gradient boosting's answers, one a seed."""
    from tqdm.auto import tqdm

    ours, boosted = [], []
    with tqdm(total=seeds * FOLDS * (REPEATS + 1), unit="model", desc=f"{name}, {seeds} seeds") as bar:
        for seed in range(seeds):
            ours.append(recurrent(known, unseen.x, seed=seed, tick=bar.update))
            left_out = auroc(known.y, ours[-1].of().known)
            _say(bar, f"stays left out, seed {seed}", {"auroc": left_out.value})
            _say(bar, f"seed {seed}", measures(known.y, ours[-1].of(), unseen.y))
            boosted.append(boosting(known, unseen.x, seed=seed, tick=bar.update))
            _say(bar, f"gradient boosting, seed {seed}", measures(known.y, boosted[-1], unseen.y))
    return ours, boosted


def _say(bar, system: str, found: Mapping[str, float]) -> None:
    """A seed's row as soon as it is there: minutes of work are not lost with what comes after."""
    bar.write(f"{system}: " + ", ".join(f"{k} {v:.4f}" for k, v in found.items()), file=sys.stderr)


# The stays.


def _loaded(name: str, file: str | None, parts: tuple[str, str]) -> Dataset:
    from medlearn.data import load

    size = os.environ.get("MEDLEARN_DATA") or "full"
    with contextlib.redirect_stdout(sys.stderr):  # the table names its data itself
        data = load(name, file=file, size=size, parts=parts)
    if file is not None or size not in ("small", "full"):
        data = replace(data, source="own file")  # no path of this machine in a table for others
    return data


def _oddities(data: Dataset) -> int:
    """How often the readers met something odd; train and validation are of one file and tell the same."""
    return sum(note.count for split in (data.train, data.test) for note in split.x.notes)


def _known(data: Dataset) -> Split:
    """All stays that a model may learn from: training and validation, whose parting is made anew in folds."""
    parts = (data.train, data.validation)
    y, patient = (np.concatenate([getattr(part, name) for part in parts]) for name in ("y", "patient"))
    about = {name: np.concatenate([part.about[name] for part in parts]) for name in data.train.about}
    return Split(join([part.x for part in parts]), y, patient, about)


# From answers to measures.


class Answer(NamedTuple):
    """A system's answers as log-odds: nothing in them has seen the label of the stay it is about."""

    known: np.ndarray  # for the training stays, each from models that did not learn from it
    test: np.ndarray

    def of(self, half: int | None = None) -> Answer:
        """One answer made of the halves' two: their mean, or one of them."""
        return Answer(*(part.mean(axis=1) if half is None else part[:, half] for part in self))

    @classmethod
    def mean(cls, answers: Sequence[Answer]) -> Answer:
        return cls(*(np.mean(part, axis=0) for part in zip(*answers, strict=True)))


class Judged(NamedTuple):
    probability: np.ndarray
    called: np.ndarray  # 1 where the threshold is reached


def judged(y_known: np.ndarray, answer: Answer) -> Judged:
    """Probabilities and decisions for the test stays; both rules come from the training stays alone.

    The threshold calls as many of these as died, which is where sensitivity and positive predictivity meet.
    """
    known, test = (1 / (1 + np.exp(-part)) for part in answer)
    as_probability = recalibrate(y_known, known)
    threshold = np.sort(as_probability(known))[-int(y_known.sum())]
    probability = as_probability(test)
    return Judged(probability, (probability >= threshold).astype(int))


def event1(y_true: np.ndarray, called: np.ndarray) -> float:
    """The challenge's measure: the lower of sensitivity and positive predictivity (PPV).

    >>> event1(np.array([1, 1, 1, 0, 0]), np.array([1, 1, 0, 1, 0]))
    0.6666666666666666
    """
    right = float((y_true * called).sum())
    return right / max(float(y_true.sum()), float(called.sum()), 1.0)


def estimates(y_known: np.ndarray, answer: Answer, unseen: Split) -> dict[str, Estimate]:
    """The four measures on the test stays, with intervals over patients."""
    y, (probability, called) = unseen.y, judged(y_known, answer)
    return {
        "auroc": auroc(y, probability, patient=unseen.patient),
        "auprc": auprc(y, probability, patient=unseen.patient),
        "event1": bootstrap(event1, y, called, patient=unseen.patient),
        "calibration_error": calibration_error(y, probability, patient=unseen.patient),
    }


def measures(y_known: np.ndarray, answer: Answer, y_test: np.ndarray) -> dict[str, float]:
    """The same as plain numbers."""
    probability, called = judged(y_known, answer)
    return {
        "auroc": auroc(y_test, probability).value,
        "auprc": auprc(y_test, probability).value,
        "event1": event1(y_test, called),
        "calibration_error": calibration_error(y_test, probability).value,
    }


def _by_measure(runs: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [run[name] for run in runs] for name in runs[0]}


# Ours.


def recurrent(known: Split, x: Records, *, seed: int, tick: Callable = lambda: None) -> Answer:
    """The log-odds of FOLDS × REPEATS nets, each half apart; of the test stays it gets the records alone."""
    learnt, new = (Features.of(stays, step=STEP) for stays in (known.x, x))
    targets = tasks(known)
    left_out, mean = np.zeros((len(known), 2)), np.zeros((len(x), 2))
    for repeat in range(REPEATS):
        number = REPEATS * seed + repeat
        for fold, (train, out) in enumerate(folds(known, number)):
            prepare = EncodedInputs(learnt.take(train))
            net = trained(prepare(learnt.take(train)), targets[train], seed=FOLDS * number + fold)
            left_out[out] += answers(net, prepare(learnt.take(out))) / REPEATS
            mean += answers(net, prepare(new)) / (FOLDS * REPEATS)
            tick()
    return Answer(left_out, mean)


def folds(known: Split, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Positions of the stays to learn from and of those left out; a patient is in one fold only."""
    return folds_by_patient(known.patient, known.y, folds=FOLDS, seed=seed)


def tasks(known: Split) -> np.ndarray:
    """What is learnt, a column each: death in hospital first, then what else is known of the outcome.

    Length of stay, both severity scores and how soon after admission a patient died teach the net what being
    ill is. They are outcomes of training stays, and never inputs. NaN where unknown.
    """
    about = known.about
    lasting = np.stack([np.log1p(about["length_of_stay"]), about["saps1"], about["sofa"]], axis=1)
    lasting = (lasting - np.nanmean(lasting, axis=0)) / np.nanstd(lasting, axis=0)
    days = np.nan_to_num(about["survival"], nan=np.inf)
    sooner = days[:, None] <= np.array(WITHIN_DAYS)
    return np.hstack([known.y[:, None], sooner, lasting]).astype(np.float32)


def trained(x: Mapping[str, np.ndarray], y: np.ndarray, *, seed: int) -> keras.Model:
    """One net by the recipe: AdamW, a rate that rises and falls, weights averaged over the last steps."""
    import keras

    from medlearn.models import rnn
    from medlearn.training import fit, optimizer, set_seed

    keras.utils.clear_session()  # what the nets before left behind would fill the memory
    set_seed(seed)
    net = rnn.course_net(x["series"].shape[1:], x["summaries"].shape[1], tasks=y.shape[1])
    steps = EPOCHS * -(-len(y) // BATCH)
    net.compile(optimizer(steps, weight_decay=0.1), _loss)
    fit(net, (x, y), epochs=EPOCHS, batch_size=BATCH, patience=None, seed=seed)
    return net


def _loss(y, answer):
    """Of death, and on average of the others: cross-entropy of what is yes or no, squares of the rest."""
    from keras import ops

    y = ops.expand_dims(y, 1)  # for both halves of the net
    known = ops.cast(ops.isfinite(y), answer.dtype)
    y = ops.where(ops.isfinite(y), y, 0.0)
    yes_or_no = ops.relu(answer) - answer * y + ops.log1p(ops.exp(-ops.abs(answer)))
    questions = 1 + len(WITHIN_DAYS)
    rest = ops.square(answer - y) / 2
    each = known * ops.concatenate([yes_or_no[..., :questions], rest[..., questions:]], axis=-1)
    return ops.sum(each[..., 0] + ops.mean(each[..., 1:], axis=-1), axis=-1)


def answers(net: keras.Model, x: Mapping[str, np.ndarray]) -> np.ndarray:
    """The log-odds of death by each half, (stays, 2)."""
    from medlearn.training import predict

    return predict(net, x)[..., 0]


# The baselines.


def severity(known: Split, unseen: Split, score: str) -> Answer:
    """A severity score as the outcome files give it; a stay without one gets the training stays' median."""
    middle = np.nanmedian(known.about[score])
    table = [np.nan_to_num(part.about[score], nan=middle)[:, None] for part in (known, unseen)]
    return _fitted(_logistic(C=1e3), known, *table)


def last_values(known: Split, x: Records) -> Answer:
    """Logistic regression on each variable's last value and the descriptors."""
    return _fitted(
        _logistic(C=0.01), known, *(np.hstack([part.last(), part.static]) for part in (known.x, x))
    )


def boosting(known: Split, x: Records, *, seed: int, tick: Callable = lambda: None) -> Answer:
    """Gradient boosting on the summaries that the net has, too: one model a fold, and their mean."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(random_state=seed, **BOOSTING)
    return _fitted(model, known, summaries(known.x), summaries(x), seed=seed, tick=tick)


def _logistic(C: float):
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    impute = SimpleImputer(strategy="median", add_indicator=True)
    return make_pipeline(impute, StandardScaler(), LogisticRegression(C=C, max_iter=2000))


def _fitted(model, known: Split, table, test, *, seed: int = 0, tick: Callable = lambda: None) -> Answer:
    """A model fitted anew in each fold, as ours is; of the test stays the mean answer."""
    left_out, mean = np.zeros(len(table)), np.zeros(len(test))
    for train, out in folds(known, seed):
        some = ~np.isnan(table[train]).all(axis=0)  # a column without any value is no column
        model.fit(table[train][:, some], known.y[train])
        left_out[out] = model.decision_function(table[out][:, some])
        mean += model.decision_function(test[:, some]) / FOLDS
        tick()
    return Answer(left_out, mean)
