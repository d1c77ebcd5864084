"""`medlearn results NAME`: a chapter's model on the real data, over several seeds, as one table.

Each chapter has one module here with a function `run(name, *, file, seeds) -> Table`, named once in WHERE. A
module that can be asked for more has a function `options(parser)` too, whose values `run` gets by name.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medlearn.errors import DataError

if TYPE_CHECKING:
    from medlearn.evaluation import Estimate

WHERE = {
    name: "medlearn.results.images"
    for base in ("pneumonia", "breast", "blood", "retina")
    for name in (base, f"{base}_64")
} | {"icu": "medlearn.results.icu", "gan": "medlearn.results.gan"}

TOGETHER = "**the seeds' mean answer**"
# Every other measure is a share: 0 to 1.
BOUNDS = {
    "kernel_distance": (-np.inf, np.inf),
    "real_floor": (-np.inf, np.inf),
    "frechet_distance": (0.0, np.inf),
}
_WORDS = {"auroc": "AUROC", "auprc": "AUPRC", "tstr": "TSTR", "frechet": "Fréchet", "event1": "Event 1"}


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
    baselines: Mapping[str, Mapping[str, Sequence[float] | Estimate]]
    published: Sequence[Published]
    notes: Sequence[str] = ()
    together: Mapping[str, Estimate] | None = None  # the mean answer of all seeds

    def json(self) -> dict:
        """As plain values: means with their intervals over seeds."""
        return {
            "data": self.data,
            "ours": _summaries(self.ours),
            "together": _summaries(self.together or {}),
            "baselines": {name: _summaries(values) for name, values in self.baselines.items()},
            "published": [asdict(row) for row in self.published],
            "notes": list(self.notes),
        }

    def markdown(self) -> str:
        """As the README shows it."""
        rows = [["", *map(heading, self.ours), "source"]]
        rows.append(["---"] * len(rows[0]))
        own = {"**this course**": self.ours} | ({TOGETHER: self.together} if self.together else {})
        for name, values in {**own, **self.baselines}.items():
            rows.append([name, *(_cell(m, values.get(m)) for m in self.ours), "measured here"])
        for row in self.published:
            cells = (f"{row.measures[m]:.3f}" if m in row.measures else "" for m in self.ours)
            rows.append([row.system, *cells, row.source])
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([self.data, "", *lines, "", *self.notes])


def main(argv: Sequence[str] | None = None) -> None:
    """The command: train, print the table, write it if asked."""
    parser = argparse.ArgumentParser(prog="medlearn results", description=__doc__.splitlines()[0])
    parser.add_argument("name", metavar="NAME", help=", ".join(WHERE))
    parser.add_argument("--file", metavar="PATH", help="your own file in the same format")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="trainings from scratch (3)")
    parser.add_argument("--json", metavar="OUT", help="write the table there too")
    chosen, rest = parser.parse_known_args(argv)
    if chosen.name not in WHERE:
        raise DataError(f"there are no results called {chosen.name!r}; there are: {', '.join(WHERE)}")
    module = importlib.import_module(WHERE[chosen.name])
    own = argparse.ArgumentParser(prog=f"medlearn results {chosen.name}")
    getattr(module, "options", lambda parser: None)(own)
    more = vars(own.parse_args(rest))
    if chosen.seeds < 2:
        raise DataError(f"{chosen.seeds} seed(s) give no interval: ask for at least --seeds 2")
    if chosen.json and not Path(chosen.json).absolute().parent.is_dir():
        raise DataError(f"--json {chosen.json}: there is no such folder to write into")
    start = time.perf_counter()
    table = module.run(chosen.name, file=chosen.file, seeds=chosen.seeds, **more)
    print(table.markdown())
    if chosen.json:
        seconds = round(time.perf_counter() - start, 1)
        Path(chosen.json).write_text(json.dumps(table.json() | {"seconds": seconds}, indent=1) + "\n")


def heading(measure: str) -> str:
    """A measure's name as a table shows it.

    >>> heading("calibration_error"), heading("tstr_auroc")
    ('calibration error', 'TSTR AUROC')
    """
    return " ".join(_WORDS.get(word, word) for word in measure.split("_"))


def _summaries(measures: Mapping[str, Sequence[float] | Estimate]) -> dict:
    return {name: _summary(name, values) for name, values in measures.items()}


def _summary(measure: str, values: Sequence[float] | Estimate) -> dict:
    """Mean and interval over seeds; an estimate has its own; what knows no chance has one value and none.

    Student's interval over a few seeds can reach beyond what the measure can be, and is cut there.
    """
    from medlearn.evaluation import Estimate, over_seeds

    if isinstance(values, Estimate):
        return {"mean": values.value, "low": values.low, "high": values.high, "seeds": 1}
    if len(values) < 2:
        return {"mean": float(np.mean(values)), "low": None, "high": None, "seeds": len(values)}
    estimate = over_seeds(values)
    low, high = np.clip([estimate.low, estimate.high], *BOUNDS.get(measure, (0.0, 1.0))).tolist()
    return {"mean": estimate.value, "low": low, "high": high, "seeds": len(values)}


def _cell(measure: str, values: Sequence[float] | Estimate | None) -> str:
    if values is None:
        return ""
    summary = _summary(measure, values)
    if summary["low"] is None:
        return f"{summary['mean']:.3f}"
    return f"{summary['mean']:.3f} ({summary['low']:.3f} to {summary['high']:.3f})"
