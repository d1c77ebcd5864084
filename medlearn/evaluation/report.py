"""One call for what a paper needs, and two documents made from it: a TRIPOD+AI report and a model card.

What the run cannot know (who was asked for consent, what the model is for) the documents ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.calibration import brier, calibration_error, calibration_intercept, calibration_slope
from medlearn.evaluation.discrimination import (
    accuracy,
    auprc,
    auroc,
    auroc_difference,
    f1,
    npv,
    ppv,
    sensitivity,
    specificity,
)
from medlearn.evaluation.inputs import binary
from medlearn.evaluation.intervals import Estimate
from medlearn.evaluation.measure import describe_arguments
from medlearn.evaluation.subgroups import Subgroups, subgroups

MEASURES = (
    *(auroc, auprc),
    *(sensitivity, specificity, ppv, npv, accuracy, f1),
    *(brier, calibration_slope, calibration_intercept, calibration_error),
)
HEADLINE = tuple(
    measure.label
    for measure in (auroc, sensitivity, specificity, ppv, calibration_slope, calibration_intercept)
)


class Source(Protocol):
    """What a report asks of a data set: a line that describes it, and whether it is simulated."""

    simulated: bool

    def describe(self) -> str:
        """The data in one line."""


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """A model's measures on one set of cases. Prints as text in a terminal and as a table in a notebook.

    Parameters
    ----------
    model : its name.
    about : the data, in one line; `simulated` : whether they are.
    cases, positives, patients : how many there are.
    threshold : from which score on a case is called positive.
    measures : by their labels.
    undefined : measures that have no value on these cases, and why.
    differences : in AUROC, to other models by their names.
    groups : the AUROC in subgroups.
    """

    model: str
    about: str
    simulated: bool
    cases: int
    positives: int
    patients: int
    threshold: float
    measures: Mapping[str, Estimate]
    undefined: Mapping[str, str] = field(default_factory=dict)
    differences: Mapping[str, Estimate] = field(default_factory=dict)
    groups: Subgroups | None = None

    def rows(self) -> list[tuple[str, str]]:
        """What it says, line by line: a name and a text."""
        lines = [(name, str(value)) for name, value in self.measures.items()]
        lines += [(name, f"not defined: {why}") for name, why in self.undefined.items()]
        lines += [(_difference_from(name), str(value)) for name, value in self.differences.items()]
        for row in self.groups.rows if self.groups else ():
            value = row.estimate or f"fewer than {self.groups.least} cases of a class"
            counts = f"{row.positives:,} of {row.cases:,} have it"
            lines.append((f"{self.groups.measure}, {row.attribute}: {row.group}", f"{value}; {counts}"))
        return lines

    def heading(self) -> str:
        """Which model, on how many cases of how many patients, decided at which threshold."""
        kind = "SIMULATED DATA. " if self.simulated else ""
        share = f"{self.positives:,} of {self.cases:,} cases have the finding"
        return f"{kind}{self.model}: {share}, {self.patients:,} patients, threshold {self.threshold:.3g}"

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self.rows())
        return "\n".join([self.heading(), *(f"  {name:<{width}}  {value}" for name, value in self.rows())])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in self.rows())
        head = "<tr><th>measure</th><th>value (95 % interval)</th></tr>"
        return f"<p><b>{escape(self.heading())}</b></p><table>{head}{rows}</table>"


def _difference_from(model: str) -> str:
    return f"AUROC less that of {model}"


@describe_arguments("scores")
def report(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    threshold: float,
    patient: ArrayLike | None = None,
    groups: Mapping[str, ArrayLike] | None = None,
    others: Mapping[str, ArrayLike] | None = None,
    data: Source | None = None,
    model: str = "model",
) -> Report:
    """Discrimination, decisions, calibration, comparisons and subgroups in one call, all with intervals.

    Parameters
    ----------
    threshold : from which score on a case is called positive; chosen on validation cases.
    groups : attributes by name, one value a case: see `subgroups`.
    others : scores of other models for the same cases, by their names.
    data : where the cases come from.
    model : its name.

    >>> rng = np.random.default_rng(0)
    >>> risk = rng.random(300)
    >>> paper = report(rng.random(300) < risk, risk, threshold=0.5)
    >>> print(f"{paper.measures['AUROC']:.2f}")
    0.86 (0.82 to 0.90)
    """
    y_true, y_score = binary(y_true, y_score)
    if not np.isfinite(threshold):
        raise DataError(f"threshold must be a score from which on a case is called positive, not {threshold}")
    y_pred = (y_score >= threshold).astype(int)
    answer = {"scores": y_score, "probabilities": y_score, "decisions": y_pred, "classes": y_pred}
    measures, differences, undefined = {}, {}, {}
    for measure in MEASURES:
        try:
            measures[measure.label] = measure(y_true, answer[measure.of], patient=patient)
        except UndefinedMeasure as error:
            undefined[measure.label] = str(error)
    for name, score in (others or {}).items():
        _, other_score = binary(y_true, score, f"others[{name!r}]")
        try:
            differences[name] = auroc_difference(y_true, y_score, other_score, patient=patient)
        except UndefinedMeasure as error:
            undefined[_difference_from(name)] = str(error)
    ranked = auroc.label in measures
    return Report(
        model=model,
        about=data.describe() if data else "not described",
        simulated=bool(data and data.simulated),
        cases=len(y_true),
        positives=int(y_true.sum()),
        patients=len(y_true) if patient is None else len(np.unique(patient)),
        threshold=float(threshold),
        measures=measures,
        undefined=undefined,
        differences=differences,
        groups=subgroups(auroc, y_true, y_score, groups, patient=patient) if groups and ranked else None,
    )


# Documents.

# TRIPOD+AI's items (BMJ 2024;385:e078378): number, what it asks for. The run itself answers some of them.
ITEMS = {
    "1": "title: the model, whom it is for, the outcome",
    "2": "abstract",
    "3": "background: the clinical question, who would use the model, known inequalities",
    "4": "objectives: development, evaluation or both",
    "5": "data: sources and dates",
    "6": "participants: setting, eligibility, treatments",
    "7": "data preparation",
    "8": "outcome: its definition, and who judged it knowing what",
    "9": "predictors: their definition and how they were chosen",
    "10": "sample size: how it was arrived at",
    "11": "missing data: what was done about them",
    "12": "analytical methods: the model, its training, the measures",
    "13": "class imbalance: what was done about it, and about calibration after that",
    "14": "fairness: what was done about it",
    "15": "model output: probability or class, and how the threshold was chosen",
    "16": "training against evaluation: how the two data sets differ",
    "17": "ethical approval and consent",
    "18": "open science: funding, conflicts, protocol, registration, data, code",
    "19": "patient and public involvement",
    "20": "participants: their flow and characteristics",
    "21": "model development: participants and events in each step",
    "22": "model specification: how others can use it",
    "23": "performance, also in subgroups",
    "24": "model updating",
    "25": "interpretation",
    "26": "limitations",
    "27": "usability in current care",
}
CARD = {
    "details": "who made the model, when, which version, which licence",
    "intended use": "for whom, by whom, for which decision",
    "not for": "uses that are out of bounds",
    "factors": "groups, devices and sites that matter",
    "training data": "what it learnt from",
    "evaluation data": "what it was measured on",
    "measures": "how well it did there",
    "ethical considerations": "harms, and who bears them",
    "caveats": "what would have to be known before use",
}


class Document(str):
    """A text in Markdown, which a notebook shows as a page."""

    def _repr_markdown_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return str(self)


def tripod(report: Report, facts: Mapping[str, str]) -> Document:
    """A report along TRIPOD+AI's 27 items, in Markdown: figures of `report`, your `facts`, and what is open.

    `facts` is text by item number, as {"8": "death in hospital"}.
    """
    own = {
        "5": _data(report),
        "10": f"{report.cases:,} cases, {report.patients:,} patients, {report.positives:,} findings.",
        "12": "Measures and intervals: " + _methods(report),
        "15": f"A score; positive from {report.threshold:.3g} on.",
        "23": "\n\n" + _table(report),
    }
    return _document(f"TRIPOD+AI report: {report.model}", ITEMS, own, facts)


def model_card(report: Report, facts: Mapping[str, str]) -> Document:
    """A model card (Mitchell et al., 2019) in Markdown: figures of `report`, `facts` by section of `CARD`."""
    own = {"evaluation data": _data(report), "measures": "\n\n" + _table(report, HEADLINE)}
    return _document(f"Model card: {report.model}", CARD, own, facts)


def _document(
    title: str, items: Mapping[str, str], own: Mapping[str, str], facts: Mapping[str, str]
) -> Document:
    """What is known item by item, and at the end a list of what is not."""
    unknown = sorted(set(facts) - set(items))
    if unknown:
        raise DataError(f"there is no item {unknown[0]!r}: the items are {', '.join(items)}")
    told = {name: " ".join(t for t in (own.get(name), facts.get(name)) if t) for name in items}
    known = [f"**{_heading(name, items[name])}.** {text}" for name, text in told.items() if text]
    still = [f"{name}: {items[name]}" for name, text in told.items() if not text]
    end = f"**For the authors to write ({len(still)} of {len(items)}):** {'; '.join(still)}." if still else ""
    return Document("\n\n".join([f"# {title}", *known, end]).strip())


def _heading(name: str, asks: str) -> str:
    return f"{name}. {asks.split(':')[0].capitalize()}" if name.isdigit() else name.capitalize()


def _data(report: Report) -> str:
    return report.about + (". **Simulated: it says nothing about patients.**" if report.simulated else "")


def _table(report: Report, names: Sequence[str] | None = None) -> str:
    rows = [f"| {name} | {value} |" for name, value in report.rows() if names is None or name in names]
    return "\n".join([report.heading() + "\n", "| measure | value (95 % interval) |", "| --- | --- |", *rows])


def _methods(report: Report) -> str:
    used: dict[str, list[str]] = {}
    for name, estimate in report.measures.items():
        used.setdefault(estimate.method, []).append(name)
    return "; ".join(f"{', '.join(names)} ({method})" for method, names in used.items()) + "."
