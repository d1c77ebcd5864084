"""The negation recipe: is a finding in a sentence denied? A rule beside models that learn from sentences.

In short: logistic regression on the words around the finding, those in the scope of a cue told apart, and on
what the rule says. Reports are dealt out to five folds; each finding is answered by a model that learnt from
other reports. Nothing is chosen on the findings that are answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from medlearn.data.dataset import Dataset
from medlearn.data.splitting import folds_by_patient
from medlearn.errors import DataError
from medlearn.evaluation import Estimate, f1, sensitivity, specificity
from medlearn.features.negation import Around, around, is_negated, scope
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.table import OURS, Published, Table

NAMES = ("negation",)
RULE = "a rule of cues, their scope, and where it ends"
BAG = "bag of words of the sentence, logistic regression"
WINDOW = "ten words before and after, logistic regression"
FOLDS, REACH = 5, 10
FEWEST = 10  # reports with a finding of each kind
MEASURES = {"sensitivity": sensitivity, "specificity": specificity, "f1": f1}
NEGEX = Published(
    "NegEx, on other sentences",
    {"sensitivity": 0.778, "specificity": 0.945},
    "Chapman et al., J Biomed Inform 34:301 (2001)",
)


class Findings(NamedTuple):
    """All findings: the sentence of each, the words around it, what the rule says, the truth, the report.

    Parameters
    ----------
    sentence : of each finding, in small letters.
    words : what stands before and after it.
    rule : whether the rule calls it negated.
    y : 1 where it is negated.
    patient : the report that it stands in.
    """

    sentence: Sequence[str]
    words: Sequence[Around]
    rule: np.ndarray
    y: np.ndarray
    patient: np.ndarray

    @classmethod
    def of(cls, data: Dataset) -> Findings:
        """Those of all splits of `data`; too few reports are refused."""
        splits = data.splits.values()
        x, y, patient, finding, begin = (
            np.concatenate([of(split) for split in splits])
            for of in (
                lambda split: split.x,
                lambda split: split.y,
                lambda split: split.patient,
                lambda split: split.about["finding"],
                lambda split: split.about["begin"],
            )
        )
        for kind, name in enumerate(data.classes):
            if (found := len(np.unique(patient[y == kind]))) < FEWEST:
                raise DataError(
                    f"{data.name}: {found} report(s) have a finding that is {name}, which is too few: there "
                    f"should be {FEWEST} or more"
                )
        rows = list(zip(x, finding, begin, strict=True))
        words, rule = [around(*row) for row in rows], np.array([is_negated(*row) for row in rows])
        return cls([sentence.lower() for sentence in x], words, rule, y, patient)


def run(name: str, *, file: str | None = None, seeds: int = 3) -> Table:
    """Score the rule, two baselines and ours, each finding by models that learnt from other reports.

    Parameters
    ----------
    name : "negation".
    file : one's own findings; see `read_findings`.
    seeds : how many times the reports are dealt out.
    """
    data = load_data("findings", file=file)
    findings = Findings.of(data)
    features = {OURS: ours(findings), BAG: bag(findings), WINDOW: window(findings)}
    differ = []

    def answer(seed: int, tick: Callable) -> dict[str, np.ndarray]:
        answers = {}
        for system, given in features.items():
            answers[system] = answer_folds(given, findings, seed=seed)
            tick()
        differ.append(int((answers[OURS] != findings.rule).sum()))
        return answers

    table = tabulate(
        data,
        seeds=seeds,
        ticks=len(features),
        answer=answer,
        aside=[differ],
        measure=lambda y_pred: {name: of.value for name, of in measures(findings, y_pred).items()},
        fixed={RULE: measures(findings, findings.rule)},
        published=[NEGEX],
        notes=[
            f"{FOLDS} folds by report. Mean over {seeds} seeds, with 95 % intervals for other folds; the "
            "rule learns nothing, and its intervals are by report.",
            f"{findings.y.sum():,} of {len(findings.y):,} findings are negated.",
            "The words of the rule were chosen with the NegEx kit's reports of even number in sight.",
        ],
    )
    said = ", ".join(map(str, differ))
    table.notes.append(f"Findings in which ours and the rule differ, a seed: {said}.")
    return table


def measures(findings: Findings, y_pred: np.ndarray) -> dict[str, Estimate]:
    """The three measures of the answers `y_pred` to all `findings`, with intervals by report."""
    return {name: of(findings.y, y_pred, patient=findings.patient) for name, of in MEASURES.items()}


# What a model is told of each finding: {feature: number}


def bag(findings: Findings) -> list[dict[str, float]]:
    """The words of each sentence: the same for all `findings` in it."""
    return [dict.fromkeys(sentence.split(), 1.0) for sentence in findings.sentence]


def window(findings: Findings) -> list[dict[str, float]]:
    """The words that stand before and after each of the `findings`, told apart."""
    return [
        marked("before", words.before[-REACH:]) | marked("after", words.after[:REACH])
        for words in findings.words
    ]


def ours(findings: Findings) -> list[dict[str, float]]:
    """The window of each of the `findings`, the words in the scope of a cue, and what the rule says."""
    features = window(findings)
    for told, words, rule in zip(features, findings.words, findings.rule, strict=True):
        before, after = scope(words)
        told |= marked("in scope before", before) | marked("in scope after", after) | {"rule": 2.0 * rule}
    return features


def marked(mark: str, words: Sequence[str]) -> dict[str, float]:
    """The `words` as features, with a `mark` of where they stand.

    >>> marked("before", ["no", "acute"])
    {'before: no': 1.0, 'before: acute': 1.0}
    """
    return {f"{mark}: {word}": 1.0 for word in words}


def answer_folds(features: Sequence[Mapping[str, float]], findings: Findings, *, seed: int) -> np.ndarray:
    """What logistic regressions say of all `findings` by their `features`; `seed` draws the folds."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    features, y_pred = np.array(features, object), np.zeros(len(findings.y), bool)
    for learn, say in folds_by_patient(findings.patient, findings.y, folds=FOLDS, seed=seed):
        model = make_pipeline(DictVectorizer(), LogisticRegression(C=10, max_iter=1000))
        y_pred[say] = model.fit(features[learn], findings.y[learn]).predict(features[say])
    return y_pred
