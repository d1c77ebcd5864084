"""A measure in each group of patients, with its interval, and silence where the cases are too few."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from medlearn.errors import DataError
from medlearn.evaluation.intervals import Estimate


@dataclass(frozen=True)
class Subgroup:
    """One group: how many it is, and the measure in it, or None where they are too few."""

    attribute: str
    group: str
    cases: int
    positives: int
    estimate: Estimate | None


@dataclass(frozen=True)
class Subgroups:
    """A measure in everyone and in each group.

    A group's interval lies beside that of everyone; groups are not tested against each other, since among
    many comparisons one always looks large.
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


def subgroups(
    measure: Callable[..., Estimate],
    y_true,
    y_score,
    groups: Mapping[str, object],
    *,
    patient=None,
    least: int = 10,
    level: float = 0.95,
) -> Subgroups:
    """`measure` in each group of each attribute, where at least `least` cases of both classes are in it.

    `groups`: one array a name, one value a case. A missing value is a group of its own: those about whom
    nothing was written down are rarely a fair sample.

    >>> from medlearn.evaluation import sensitivity
    >>> y_true = np.tile([0, 1], 20)
    >>> site = np.where(np.arange(40) < 30, "ward", "clinic")
    >>> subgroups(sensitivity, y_true, y_true, {"site": site})
    sensitivity                    1.000 (0.839 to 1.000)
      site: clinic                 fewer than 10 of a class   5 of 10
      site: ward                   1.000 (0.796 to 1.000)   15 of 30
    """
    y_true, y_score = np.asarray(y_true).reshape(-1), np.asarray(y_score)
    whose = np.arange(len(y_true)) if patient is None else np.asarray(patient)
    rows = []
    for attribute, values in groups.items():
        values = np.asarray(values, dtype=object)
        if len(values) != len(y_true):
            raise DataError(f"groups[{attribute!r}] has {len(values)} values for {len(y_true)} cases")
        names = np.array(["not known" if value is None or value != value else str(value) for value in values])
        for name in np.unique(names):
            mask = names == name
            positives = int((y_true[mask] == 1).sum())
            enough = min(positives, mask.sum() - positives) >= least
            estimate = (
                measure(y_true[mask], y_score[mask], patient=whose[mask], level=level) if enough else None
            )
            rows.append(Subgroup(attribute, str(name), int(mask.sum()), positives, estimate))
    overall = measure(y_true, y_score, patient=patient, level=level)
    name = getattr(measure, "__name__", "measure")
    name = name.upper() if name in ("auroc", "auprc", "ppv", "npv", "f1") else name.replace("_", " ")
    return Subgroups(name, overall, tuple(rows), least)
