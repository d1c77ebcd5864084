"""The table of a chapter's results: its rows and how they are shown, in a terminal, README and the book.

Knows nothing of how a row was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:  # what only shows a table need not have SciPy
    from medlearn.evaluation import Estimate

OURS = "**this course**"
TOGETHER = "**the seeds' mean answer**"


class Column(NamedTuple):
    """A measure as a column: how its head reads, and between which values it lies.

    Parameters
    ----------
    label : the head.
    low, high : the least and the most that it can be.
    """

    label: str
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class Published:
    """A row of somebody else's.

    Parameters
    ----------
    system : what it is called there.
    measures : its figures, by the names that ours have.
    source : where it stands.
    """

    system: str
    measures: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class Table:
    """What was measured here beside what others published.

    Parameters
    ----------
    data : one line on the data.
    rows : {system: {measure: one value a seed, or an estimate}}, ours first.
    published : rows of others.
    notes : what stands below.
    columns : of measures that `medlearn.evaluation` has under another name, or not.
    """

    data: str
    rows: Mapping[str, Mapping[str, Sequence[float] | Estimate]]
    published: Sequence[Published] = ()
    notes: Sequence[str] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)

    def json(self) -> dict:
        """As plain values: means with their intervals over seeds."""
        rows = {name: self._summaries(row) for name, row in self.rows.items()}
        return {
            "data": self.data,
            "ours": rows.pop(OURS),
            "together": rows.pop(TOGETHER, {}),
            "baselines": rows,
            "published": [asdict(row) for row in self.published],
            "notes": list(self.notes),
            "labels": {measure: self.column(measure).label for measure in self.rows[OURS]},
        }

    def markdown(self) -> str:
        """As README and a terminal show it."""
        return markdown(self.json())

    def column(self, measure: str) -> Column:
        """The column of a `measure`: the recipe's own, else what the function of this name carries."""
        from medlearn import evaluation

        if measure in self.columns:
            return self.columns[measure]
        function = getattr(evaluation, measure)
        return Column(function.label, function.low, function.high)

    def _summaries(self, row: Mapping[str, Sequence[float] | Estimate]) -> dict:
        return {measure: _summary(values, self.column(measure)) for measure, values in row.items()}


def systems(table: Mapping) -> Iterator[tuple[str, Mapping]]:
    """The measured rows of a `table` as `Table.json` gives it: name and {measure: summary}, ours first."""
    yield OURS, table["ours"]
    if table["together"]:
        yield TOGETHER, table["together"]
    yield from table["baselines"].items()


def markdown(table: Mapping) -> str:
    """A `table` as `Table.json` gives it, or as a file holds it, in Markdown."""
    measures = list(table["ours"])
    rows = [["", *(table["labels"][measure] for measure in measures), "source"]]
    rows.append(["---"] * len(rows[0]))
    for name, row in systems(table):
        rows.append([name, *(figure(row.get(measure)) for measure in measures), "measured here"])
    for row in table["published"]:
        cells = (f"{row['measures'][m]:.3f}" if m in row["measures"] else "" for m in measures)
        rows.append([row["system"], *cells, row["source"]])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([table["data"], "", *lines, "", *table["notes"]])


def figure(summary: Mapping | None) -> str:
    """A `summary`, as `Table.json` holds it, as a cell: the mean, with its interval where there is one.

    >>> figure({"mean": 0.9, "low": 0.85, "high": 0.95}), figure({"mean": 4321.5, "low": None, "high": None})
    ('0.900 (0.850 to 0.950)', '4,322')
    """
    if summary is None:
        return ""
    places = ",.0f" if abs(summary["mean"]) >= 1000 else ".3f"
    mean, low, high = (
        None if value is None else f"{value:{places}}"
        for value in (summary[name] for name in ("mean", "low", "high"))
    )
    return mean if low is None else f"{mean} ({low} to {high})"


def _summary(values: Sequence[float] | Estimate, column: Column) -> dict:
    """Mean and interval over seeds; an estimate has its own; what knows no chance has one value and none.

    Student's interval over a few seeds can reach beyond what the measure can be, and is cut there.
    """
    from medlearn.evaluation import Estimate, over_seeds

    if isinstance(values, Estimate):
        return {"mean": values.value, "low": values.low, "high": values.high, "seeds": 1}
    if len(values) < 2:
        return {"mean": float(np.mean(values)), "low": None, "high": None, "seeds": len(values)}
    estimate = over_seeds(values)
    low, high = np.clip([estimate.low, estimate.high], column.low, column.high).tolist()
    return {"mean": estimate.value, "low": low, "high": high, "seeds": len(values)}
