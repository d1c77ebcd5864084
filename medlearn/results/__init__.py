"""`medlearn results NAME`: a chapter's model on the real data, over several seeds, as one table.

Each chapter has one module here with a function `run(name, *, file, seeds) -> Table`, named once in WHERE.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from medlearn.errors import DataError

WHERE = {
    name: "medlearn.results.images:run"
    for base in ("pneumonia", "breast", "blood", "retina")
    for name in (base, f"{base}_64")
}


@dataclass(frozen=True)
class Published:
    """A row of somebody else's, and where it stands."""

    system: str
    measures: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class Table:
    """What was measured here, {system: {measure: one value a seed}}, beside what others published."""

    data: str
    ours: Mapping[str, Sequence[float]]
    baselines: Mapping[str, Mapping[str, Sequence[float]]]
    published: Sequence[Published]
    notes: Sequence[str] = ()

    def json(self) -> dict:
        """As plain values: means with their intervals over seeds."""
        return {
            "data": self.data,
            "ours": _summaries(self.ours),
            "baselines": {name: _summaries(values) for name, values in self.baselines.items()},
            "published": [asdict(row) for row in self.published],
            "notes": list(self.notes),
        }

    def markdown(self) -> str:
        """As the README shows it."""
        rows = [["", *(name.replace("_", " ").replace("auroc", "AUROC") for name in self.ours), "source"]]
        rows.append(["---"] * len(rows[0]))
        for name, values in {"**this course**": self.ours, **self.baselines}.items():
            rows.append([name, *(_cell(values.get(measure)) for measure in self.ours), "measured here"])
        for row in self.published:
            cells = (f"{row.measures[m]:.3f}" if m in row.measures else "" for m in self.ours)
            rows.append([row.system, *cells, row.source])
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([self.data, "", *lines, "", *self.notes])


def main(argv: Sequence[str] | None = None) -> None:
    """The command: train, print the table, write it if asked."""
    from medlearn.data.store import imported

    parser = argparse.ArgumentParser(prog="medlearn results", description=__doc__.splitlines()[0])
    parser.add_argument("name", metavar="NAME", help=", ".join(WHERE))
    parser.add_argument("--file", metavar="PATH", help="your own file in the same format")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="trainings from scratch (3)")
    parser.add_argument("--json", metavar="OUT", help="write the table there too")
    chosen = parser.parse_args(argv)
    if chosen.name not in WHERE:
        raise DataError(f"there are no results called {chosen.name!r}; there are: {', '.join(WHERE)}")
    if chosen.seeds < 2:
        raise DataError(f"{chosen.seeds} seed(s) give no interval: ask for at least --seeds 2")
    if chosen.json and not Path(chosen.json).absolute().parent.is_dir():
        raise DataError(f"--json {chosen.json}: there is no such folder to write into")
    start = time.perf_counter()
    table = imported(WHERE[chosen.name])(chosen.name, file=chosen.file, seeds=chosen.seeds)
    print(table.markdown())
    if chosen.json:
        seconds = round(time.perf_counter() - start, 1)
        Path(chosen.json).write_text(json.dumps(table.json() | {"seconds": seconds}, indent=1) + "\n")


def _summaries(measures: Mapping[str, Sequence[float]]) -> dict:
    return {name: _summary(values) for name, values in measures.items()}


def _summary(values: Sequence[float]) -> dict:
    """Mean and interval over seeds; what knows no chance has one value and no interval."""
    from medlearn.evaluation import over_seeds

    if len(values) < 2:
        return {"mean": float(np.mean(values)), "low": None, "high": None, "seeds": len(values)}
    estimate = over_seeds(values)
    return {"mean": estimate.value, "low": estimate.low, "high": estimate.high, "seeds": len(values)}


def _cell(values: Sequence[float] | None) -> str:
    if values is None:
        return ""
    summary = _summary(values)
    if summary["low"] is None:
        return f"{summary['mean']:.3f}"
    return f"{summary['mean']:.3f} ({summary['low']:.3f} to {summary['high']:.3f})"
