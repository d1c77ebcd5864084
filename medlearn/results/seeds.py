"""What all recipes share: the data they are asked for, and their answers over several seeds as one table.

A recipe is what is a chapter's own: its model, its baselines, its measures, its published rows.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from medlearn.data import load
from medlearn.data.dataset import Dataset, Split
from medlearn.errors import DataError
from medlearn.evaluation import Estimate
from medlearn.results.spread import Aside, each_seed
from medlearn.results.table import OURS, TOGETHER, Column, Published, Table

Answer = TypeVar("Answer")  # what a recipe's systems answer: probabilities, decisions, made-up images
Measured = Mapping[str, float | Estimate]


def load_data(
    name: str, *, file: str | Path | None = None, train: str | Path | None = None, **options: object
) -> Dataset:
    """The data for a recipe: real unless MEDLEARN_DATA says otherwise; its one line goes to standard error.

    Parameters
    ----------
    name : the data set's, as `medlearn.load` takes it; `options` likewise.
    file : the user's own. A table for others must not name a path of this machine, so none stays in `source`.
    train : another file to learn from; then `file` is scored by its test cases alone.
    """
    size = os.environ.get("MEDLEARN_DATA") or "full"
    with contextlib.redirect_stdout(sys.stderr):
        data = load(name, file=file, size=size, **options)
        if train is not None:
            data = _learnt_elsewhere(load(name, file=train, size=size, **options), data)
    own = file is not None or train is not None or size not in ("small", "full")
    return replace(data, source="own file") if own else data


def _learnt_elsewhere(learnt: Dataset, scored: Dataset) -> Dataset:
    """One source's training and validation cases, the other's test cases; no patient is in both sources."""

    def of(split: Split, source: str) -> Split:
        return replace(split, patient=np.array([f"{source} {patient}" for patient in split.patient]))

    return replace(
        learnt,
        train=of(learnt.train, "learnt"),
        validation=of(learnt.validation, "learnt"),
        test=of(scored.test, "scored"),
        simulated=learnt.simulated or scored.simulated,
        notes=(*learnt.notes, *scored.notes),
    )


def known_cases(data: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All that a model may learn from: x, y and patients of the training and validation cases of `data`."""
    splits = (data.train, data.validation)
    patients = [split.patient for split in splits]
    if not data.patients_known:  # each case counts as a patient of its own
        patients = [np.arange(sum(map(len, splits)))]
    return (
        np.concatenate([split.x for split in splits]),
        np.concatenate([split.y for split in splits]),
        np.concatenate(patients),
    )


def tabulate(
    data: Dataset,
    *,
    seeds: int,
    ticks: int,
    answer: Callable[[int, Callable], Mapping[str, Answer]],
    measure: Callable[[Answer], Mapping[str, float]],
    fixed: Mapping[str, Measured] = {},
    together: Callable[[Sequence[Answer]], Measured] | None = None,
    published: Sequence[Published] = (),
    notes: Sequence[str] = (),
    columns: Mapping[str, Column] = {},
    aside: Aside = (),
) -> Table:
    """Train with several seeds, measure, and put what was found beside the baselines and the published rows.

    Parameters
    ----------
    data : what it is done on.
    seeds : how many times; `ticks` : how many steps of progress a seed has.
    answer : called with a seed and with what to call after each step; the answer of each system, by name, the
        course's own first, as `OURS`.
    measure : the measures of an answer. Each seed's are printed as soon as they are there, so that minutes of
        work are not lost with what comes after.
    fixed : the measures of systems that know no chance.
    together : the measures of the seeds' mean answer, where that is asked.
    published, notes, columns : see `Table`.
    aside : lists and counters of the recipe that `answer` adds to beside what it returns. They must be named
        here, since with `--workers` a seed is answered in another process.
    """
    from tqdm.auto import tqdm

    kept, rows = [], {}
    with tqdm(total=seeds * ticks, unit="step", desc=f"{data.name}, {seeds} seeds") as bar, ticking(bar):
        for seed, answers in each_seed(seeds, answer, aside, bar.update):
            for system, answered in answers.items():
                found = measure(answered)
                said = ", ".join(f"{name} {value:.4f}" for name, value in found.items())
                bar.write(f"{system.strip('*')}, seed {seed}: {said}", file=sys.stderr)
                for name, value in found.items():
                    rows.setdefault(system, {}).setdefault(name, []).append(value)
                if system == OURS:
                    kept.append(answered)
    ours = {OURS: rows.pop(OURS)} | ({TOGETHER: together(kept)} if together else {})
    once = {
        system: {name: value if isinstance(value, Estimate) else [value] for name, value in row.items()}
        for system, row in fixed.items()
    }
    simulated = ": simulated, not comparable with published figures" if data.simulated else ""
    grave = [f"{note.count:,} × {note.what}." for note in data.notes if note.grave]
    described = replace(data, notes=()).describe() + simulated
    return Table(described, ours | rows | once, published, [*notes, *grave], columns)


@contextlib.contextmanager
def ticking(bar: Any, *, seconds: float = 1) -> Iterator[None]:
    """Let the clock of a `bar` go on every few `seconds` while a step takes minutes: it is not hung."""
    done = threading.Event()

    def tick() -> None:
        while not done.wait(seconds):
            bar.refresh()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def check_writable(path: Path | None, option: str) -> Path | None:
    """The `path` that an `option` names, if it can be written to: found out before an hour of training."""
    if path is None:
        return None
    there = os.path.lexists(path)
    try:
        try:
            with path.open("ab") as stream:
                if not there:  # a full disk still makes empty files
                    stream.write(bytes(4096))
        finally:
            if not there:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"{option} {path} cannot be written to ({error.strerror}): name another file"
        ) from error
    return path
