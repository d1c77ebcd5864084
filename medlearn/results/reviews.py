"""The reviews recipe: does a text complain? Bags of words, by cross-validation with whole drugs apart.

In short: logistic regression on the words and pairs of words of a text, and of each of its lines by itself,
since "none" under side effects is no "none" under benefits. Whether the lines are told apart, and how far the
weights are held down, is chosen within the texts that are learnt from. Beside it stands a small net, a
convolution over the same words. Each text is answered by models that have seen no text on the same drug.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import keras
import numpy as np

from medlearn.data.dataset import Dataset
from medlearn.data.splitting import folds_by_patient
from medlearn.data.text.labelled import LAYOUTS
from medlearn.data.text.tokens import tokens
from medlearn.errors import DataError
from medlearn.evaluation import accuracy, auroc, auroc_difference, over_seeds
from medlearn.features.text import Vocabulary
from medlearn.models.text import filled_up, text_classifier
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.table import OURS, Table
from medlearn.training import fit, optimizer, predict, set_seed

if TYPE_CHECKING:
    from scipy.sparse import csr_array

NAMES = ("reviews",)
MAJORITY, WORDS, LETTERS = "majority", "TF-IDF of words and pairs", "TF-IDF of letters"
NET, BOTH = "convolution over words", "mean of this course and the convolution"
FOLDS, INNER = 5, 3
FEWEST = 10  # groups with a text of each class
PAIRS = {"ngram_range": (1, 2), "min_df": 2}
RUNS = {"analyzer": "char_wb", "ngram_range": (2, 4), "min_df": 5}  # of letters, within words
EPOCHS, BATCH, PEAK, DROPOUT = 5, 32, 1e-2, 0.2  # of the net
LONGEST = 300  # words of a text that the net reads
PENALTIES = (0.3, 1, 3)  # C of scikit-learn: the lower, the nearer all weights are to 0


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    several = {"nargs": "+", "action": "extend"}
    parser.add_argument("--text", metavar="COLUMN", help="the text; of several, each is a line", **several)
    parser.add_argument("--label", metavar="COLUMN", help="the label: two classes")
    parser.add_argument("--group", metavar="COLUMN", help="what must not be on two sides, such as a drug")


def run(
    name: str,
    *,
    file: str | None = None,
    seeds: int = 3,
    text: Sequence[str] | None = None,
    label: str | None = None,
    group: str | None = None,
) -> Table:
    """Score ours and the baselines, each text by models that learnt from other drugs.

    Parameters
    ----------
    name : "reviews".
    file : one's own texts; see `read_labelled`.
    seeds : how many times the drugs are dealt out.
    text, label, group : the columns of one's own file.
    """
    data = load_data("reviews", file=file, text=text, label=label, group=group)
    texts = Texts.of(data)
    whole, together = texts._replace(lines=[]), texts._replace(patient=np.arange(len(texts.y)))
    kept, mixed, chosen = [], [], Counter()

    def answer(seed: int, tick: Callable) -> dict[str, np.ndarray]:
        answers = {
            OURS: answer_bags(texts, seed=seed, chosen=chosen, tick=tick),
            WORDS: answer_bags(whole, seed=seed, tick=tick),
            LETTERS: answer_bags(whole, RUNS, seed=seed, tick=tick),
            NET: answer_net(texts, seed=seed, tick=tick),
        }
        answers[BOTH] = (answers[OURS] + answers[NET]) / 2
        if data.patients_known:
            mixed.append(auroc(texts.y, answer_bags(together, seed=seed, tick=tick)).value)
        kept.append((answers[OURS], answers[WORDS]))
        return answers

    table = tabulate(
        data,
        seeds=seeds,
        ticks=FOLDS * (4 + data.patients_known),
        answer=answer,
        aside=[kept, mixed, chosen],
        measure=lambda p: measures(texts, p),
        fixed={MAJORITY: measures(texts, np.full(len(texts.y), texts.y.mean()))},
        notes=[told(data, text), *apart(data, seeds)],
    )
    table.notes.extend(in_words(texts, kept, mixed, chosen))
    return table


# The texts


class Texts(NamedTuple):
    """All texts of a data set.

    Parameters
    ----------
    whole : each text.
    lines : the first line of each, the second … ; empty where texts have one line, or not equally many.
    y, patient : the label of each, 0 or 1, and what must not be on two sides.
    """

    whole: np.ndarray
    lines: Sequence[np.ndarray]
    y: np.ndarray
    patient: np.ndarray

    @classmethod
    def of(cls, data: Dataset) -> Texts:
        """Those of all splits of `data`; more than two classes are refused, and too few groups."""
        if data.task != "binary":
            raise DataError(
                f"{data.name} has {len(data.classes)} classes, but this recipe tells two apart: name a label "
                "of two with --label"
            )
        splits = data.splits.values()
        x, y, patient = (
            np.concatenate([getattr(split, part) for split in splits]) for part in ("x", "y", "patient")
        )
        for code, called in enumerate(data.classes):
            if (found := len(np.unique(patient[y == code]))) < FEWEST:
                what = "group(s)" if data.patients_known else "text(s)"
                raise DataError(
                    f"{data.name}: {found} {what} have the class {called!r}, which is too few: there should "
                    f"be {FEWEST} or more"
                )
        return cls(x, lines_of(x), y, patient)

    def folds(
        self, folds: int, *, seed: int, among: np.ndarray | None = None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Positions to learn from and to answer in each of so many `folds`, drawn by `seed`.

        `among` are the positions of the texts to take; None takes all.
        """
        among = np.arange(len(self.y)) if among is None else among
        dealt = folds_by_patient(self.patient[among], self.y[among], folds=folds, seed=seed)
        return [(among[learn], among[say]) for learn, say in dealt]


def lines_of(texts: Sequence[str]) -> list[np.ndarray]:
    """The first line of each of the `texts`, the second …; none where they differ in how many they have."""
    rows = [text.split("\n") for text in texts]
    if len(rows[0]) < 2 or len(set(map(len, rows))) > 1:
        return []
    return [np.array(line, object) for line in zip(*rows, strict=True)]


def measures(texts: Texts, p: np.ndarray) -> dict[str, float]:
    """The measures of the probabilities `p` of all `texts`."""
    return {"auroc": auroc(texts.y, p).value, "accuracy": accuracy(texts.y, p > 0.5).value}


# Models


def answer_bags(
    texts: Texts,
    kind: Mapping = PAIRS,
    *,
    seed: int,
    chosen: Counter | None = None,
    tick: Callable = lambda: None,
) -> np.ndarray:
    """Probabilities of all `texts`, fold by fold, each from a model chosen within the others.

    Parameters
    ----------
    texts : all of them; without lines these cannot be told apart.
    kind : what is counted, see `bags`.
    seed : draws the folds.
    chosen : counts what is chosen, if it is given.
    tick : called after each fold.
    """
    p = np.zeros(len(texts.y))
    for learn, say in texts.folds(FOLDS, seed=seed):
        told_apart, penalty = choose(texts, learn, kind, seed=seed)
        p[say] = regress(bags(columns(texts, told_apart), learn, say, kind), texts.y[learn], penalty)
        if chosen is not None:
            chosen[told_apart, penalty] += 1
        tick()
    return p


def answer_net(texts: Texts, *, seed: int, tick: Callable = lambda: None) -> np.ndarray:
    """Probabilities of all `texts` by a convolution, fold by fold; `seed` draws folds and nets.

    A word in one line is another than in the next, as for the bags that tell lines apart. `tick` is called
    after each fold.
    """
    p = np.zeros(len(texts.y))
    named = [
        [f"{chr(97 + place)}|{word}" for place, line in enumerate(rows) for word in tokens(line)][:LONGEST]
        for rows in zip(*(texts.lines or [texts.whole]), strict=True)
    ]
    for learn, say in texts.folds(FOLDS, seed=seed):
        known = Vocabulary.of([named[place] for place in learn])
        numbers = filled_up([{"words": row["words"]} for row in known(named)])["words"]
        set_seed(seed)
        net = train_net(text_classifier(known.sizes[0], dropout=DROPOUT), numbers[learn], texts.y[learn])
        p[say] = predict(net, numbers[say])[:, 0]
        tick()
    return p


def train_net(net: keras.Model, x: np.ndarray, y: np.ndarray) -> keras.Model:
    """The `net`, trained on the numbers of words `x` and the labels `y`."""
    steps = EPOCHS * -(-len(x) // BATCH)
    net.compile(optimizer(steps, weight_decay=0.02, peak=PEAK), "binary_crossentropy")
    fit(net, (x, y[:, None].astype("float32")), epochs=EPOCHS, batch_size=BATCH, patience=None)
    return net


def choose(texts: Texts, learn: np.ndarray, kind: Mapping, *, seed: int) -> tuple[bool, float]:
    """Whether lines are told apart, and the penalty: what ranks best in folds of the texts to `learn` from.

    `texts` are all, `kind` is what is counted, and `seed` draws the folds.
    """
    said = {}
    for learnt, asked in texts.folds(INNER, seed=seed, among=learn):
        for told_apart in (True, False)[not texts.lines :]:
            given = bags(columns(texts, told_apart), learnt, asked, kind)
            for penalty in PENALTIES:
                p = said.setdefault((told_apart, penalty), np.full(len(texts.y), np.nan))
                p[asked] = regress(given, texts.y[learnt], penalty)
    areas = {one: auroc(texts.y[learn], p[learn]).value for one, p in said.items()}
    return max(areas, key=areas.__getitem__)


def columns(texts: Texts, told_apart: bool) -> list[np.ndarray]:
    """What bags are made of: the whole `texts`, and if they are to be `told_apart` their lines."""
    return [texts.whole, *texts.lines] if told_apart else [texts.whole]


def bags(
    columns: Sequence[np.ndarray], learn: np.ndarray, say: np.ndarray, kind: Mapping
) -> tuple[csr_array, csr_array]:
    """TF-IDF of texts to learn from and of texts to answer: what is counted, `kind` says.

    `columns` hold the texts, or one of their lines each; `learn` and `say` are positions in them.
    """
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    learnt, asked = [], []
    for column in columns:
        counter = TfidfVectorizer(sublinear_tf=True, **kind)
        try:
            learnt.append(counter.fit_transform(column[learn]))
        except ValueError:  # a line that is empty in all of them, or has no word twice
            continue
        asked.append(counter.transform(column[say]))
    if not learnt:
        raise DataError("no word stands in two of the texts to learn from: there is nothing to go by")
    return hstack(learnt).tocsr(), hstack(asked).tocsr()


def regress(given: tuple[csr_array, csr_array], y: np.ndarray, penalty: float) -> np.ndarray:
    """The probability of class 1 by a logistic regression.

    Parameters
    ----------
    given : the features of texts to learn from, and of those to answer.
    y : the labels of the first.
    penalty : C of scikit-learn.
    """
    from sklearn.linear_model import LogisticRegression

    learnt, asked = given
    model = LogisticRegression(C=penalty, solver="liblinear").fit(learnt, y)
    return model.predict_proba(asked)[:, 1]


# What stands below the table


def told(data: Dataset, text: Sequence[str] | None) -> str:
    """Which columns of `data` were read; `text` are those that were named."""
    if text is not None or "rating" not in data.test.about:
        return f"Read are only: {', '.join(text or ['text'])}."
    *most, last = LAYOUTS["reviews"]["text"]
    return (
        f"Read are {', '.join(most)} and {last}; never the grades of effectiveness and of side effects. A "
        "complaint is a rating of 6 or less of 10."
    )


def apart(data: Dataset, seeds: int) -> list[str]:
    """How the texts of `data` were dealt out, so many times, `seeds`."""
    group = "drug" if "drug" in data.test.about else "group"
    how = f"each {group} on one side" if data.patients_known else "copies of a text on one side"
    return [
        f"{FOLDS} folds, {how}. Mean over {seeds} seeds, with 95 % intervals for other folds.",
        f"How a bag of words is weighted is chosen in {INNER} folds of the texts that it learns from.",
    ]


def in_words(
    texts: Texts, kept: Sequence[tuple[np.ndarray, np.ndarray]], mixed: Sequence[float], chosen: Counter
) -> list[str]:
    """How sure ours is better than words, what it is with groups on both sides, and what was chosen.

    Parameters
    ----------
    texts : all of them.
    kept : a seed, what ours and the bag of words said.
    mixed : the AUROC of ours, a seed, with each group on both sides; empty where no group is known.
    chosen : how often what was chosen.
    """
    gaps = [auroc_difference(texts.y, *both, patient=texts.patient) for both in kept]
    each = "; ".join(f"{one:+.3f}" for one in gaps)
    said = [f"AUROC less that of words and pairs, by group, a seed: {each}."]
    if mixed:
        area = over_seeds(mixed) if len(mixed) > 1 else mixed[0]
        said.append(f"With the same group on both sides, ours has an AUROC of {area:.3f}.")
    often = [
        f"{'lines told apart' if told_apart else 'whole texts'}, C {penalty:g}: {count}"
        for (told_apart, penalty), count in sorted(chosen.items(), reverse=True)
    ]
    return [*said, f"Chosen, in so many folds: {'; '.join(often)}."]
