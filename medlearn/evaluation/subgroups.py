"""A measure in each group of patients, with its interval, and silence where the cases are too few."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.inputs import binary, missing, owners
from medlearn.evaluation.intervals import Estimate
from medlearn.evaluation.measure import describe_arguments


@dataclass(frozen=True)
class Subgroup:
    """One group of one attribute.

    Parameters
    ----------
    attribute, group : such as "sex" and "female".
    cases, positives : how many there are, and how many of them have the finding.
    estimate : the measure in the group, or None where the cases are too few.
    """

    attribute: str
    group: str
    cases: int
    positives: int
    estimate: Estimate | None


@dataclass(frozen=True)
class Subgroups:
    """A measure in everyone and in each group.

    A group's interval stands beside that of everyone. Groups are not tested against each other, since among
    many comparisons one always looks large.

    Parameters
    ----------
    measure : its name.
    overall : the measure in everyone.
    rows : the groups.
    least : how many cases of each class a group needs to be measured.
    """

    measure: str
    overall: Estimate
    rows: tuple[Subgroup, ...]
    least: int

    def __repr__(self) -> str:
        lines = [f"{self.measure:<30} {self.overall}"]
        for row in self.rows:
            value = row.estimate or f"fewer than {self.least} of a class"
            name = f"{row.attribute}: {row.group}"
            lines.append(f"  {name:<28} {value}   {row.positives} of {row.cases}")
        return "\n".join(lines)


@describe_arguments("scores")
def subgroups(
    measure: Callable[..., Estimate],
    y_true: ArrayLike,
    y_score: ArrayLike,
    groups: Mapping[str, ArrayLike],
    *,
    patient: ArrayLike | None = None,
    least: int = 10,
    level: float = 0.95,
) -> Subgroups:
    """A measure in each group of each attribute, where the group is large enough.

    A missing value is a group of its own: those about whom nothing was written down are rarely a fair sample.

    Parameters
    ----------
    measure : one of scores, probabilities or decisions; for decisions pass those as `y_score`.
    groups : one array a name, one value a case.
    least : how many cases of each class a group needs to be measured.

    >>> from medlearn.evaluation import sensitivity
    >>> y_true = np.tile([0, 1], 20)
    >>> site = np.where(np.arange(40) < 30, "ward", "clinic")
    >>> subgroups(sensitivity, y_true, y_true, {"site": site})
    sensitivity                    1.000 (0.839 to 1.000)
      site: clinic                 fewer than 10 of a class   5 of 10
      site: ward                   1.000 (0.796 to 1.000)   15 of 30
    """
    y_true, y_score = binary(y_true, y_score)
    owner = owners(patient, len(y_true))
    overall = measure(y_true, y_score, patient=owner, level=level)

    def within(mask: np.ndarray, attribute: str, group: str) -> Subgroup:
        cases, positives = int(mask.sum()), int(y_true[mask].sum())
        estimate = None
        if min(positives, cases - positives) >= least:
            whose = None if owner is None else owner[mask]
            try:
                estimate = measure(y_true[mask], y_score[mask], patient=whose, level=level)
            except UndefinedMeasure as error:
                raise UndefinedMeasure(f"{attribute} {group}: {error}") from None
        return Subgroup(attribute, group, cases, positives, estimate)

    rows = []
    for attribute, values in groups.items():
        names = _group_names(values)
        if len(names) != len(y_true):
            raise DataError(f"groups[{attribute!r}] has {len(names)} values for {len(y_true)} cases")
        rows += [within(names == name, attribute, str(name)) for name in np.unique(names)]
    name = getattr(measure, "label", getattr(measure, "__name__", "measure"))
    return Subgroups(name, overall, tuple(rows), least)


def _group_names(values: ArrayLike) -> np.ndarray:
    """Each case's group as text."""
    unknown = missing(values)
    array = np.asarray(values, dtype=object).reshape(-1)
    return np.array(["not known" if lost else str(value) for lost, value in zip(unknown, array, strict=True)])
