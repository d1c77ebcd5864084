"""The recipe of many at once: the same work by one process and by several, what it takes, whether it agrees.

In short: stays are written as shards and prepared by one process, by a pool, by two Dask workers, and by two
of which one is killed on the way; the course's net is trained on films by one process, by one with two
devices, and by two that hand each other gradients; films are scored from an exported file by one process and
by two workers. What one process says is the truth of each part: digests must be equal to the last bit, and
losses but for rounding. How much faster two are can be seen only where two cores are idle; that they say the
same, anywhere. Each run is made several times, and another shard is on its way when the worker is killed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from medlearn.data.dataset import Dataset
from medlearn.many import Shards, train, work, write_shards
from medlearn.many.train import Job, Trained
from medlearn.many.work import Run
from medlearn.results.seeds import load_data, ticking
from medlearn.results.table import OURS, Column, Table
from medlearn.serve.example import example_model

NAMES = ("workers",)
STAYS, FILMS = 96_000, 50_000
STAYS_IN_SHARD, FILMS_IN_SHARD = 3000, 2000
WORKERS = 2
TRAINED, EPOCHS, BATCH = 256, 2, 64  # rounding grows with each step, on real films to 4e-4 after 32
CLOSE = 1e-4  # losses that differ by less are the same but for rounding

PREPARATION, TRAINING, SCORING = PARTS = ("preparation", "training", "scoring")
ONE, POOL, DASK, KILLED = "1 process", "a pool of 2", "2 Dask workers", "2 Dask workers, one killed"
DEVICES, PROCESSES = "1 process, 2 devices", "2 processes"

COLUMNS = {
    "same": Column("same answer as 1 process, share of runs"),
    "seconds": Column("seconds", high=float("inf")),
    "start": Column("seconds to start", high=float("inf")),
}
Done = TypeVar("Done", Run, Trained)
Ways = Callable[[int], Mapping[str, Callable[[], Run]]]


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument("--films", metavar="PATH", help="films of your own, in PneumoniaMNIST's format")
    parser.add_argument("--stays", type=int, default=STAYS, metavar="N", help=f"at least so many ({STAYS})")
    parser.add_argument("--scored", type=int, default=FILMS, metavar="N", help=f"films to score ({FILMS})")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="what to do (all; training needs JAX)"
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of Dask, with workers, on 127.0.0.1")


def run(
    name: str,
    *,
    file: str | None = None,
    seeds: int = 3,
    films: str | None = None,
    stays: int = STAYS,
    scored: int = FILMS,
    parts: Sequence[str] = PARTS,
    scheduler: str | None = None,
) -> Table:
    """Do the same work in several ways, and compare each with one process.

    Parameters
    ----------
    name : "workers".
    file, films : stays and films of one's own; a folder with the official names, and PneumoniaMNIST's format.
    seeds : how often each is done; another shard is on its way when the worker is killed.
    stays, scored : how many stays are prepared and films scored, at least: all are copied until they suffice.
    parts : which of `PARTS` are done.
    scheduler : the address of Dask workers that are there already; of those none is killed.
    """
    if scheduler is not None:
        work.loopback(scheduler)  # refused before anything is loaded
    known, shown = load_data("icu", file=file), load_data("pneumonia", file=films)
    found: dict[str, list[Mapping[str, Run | Trained]]] = {part: [] for part in PARTS if part in parts}
    with tempfile.TemporaryDirectory(prefix="medlearn-many-") as folder:
        ways = {
            PREPARATION: lambda: preparing(sharded(known, stays, STAYS_IN_SHARD, folder), scheduler),
            TRAINING: lambda: training(shown),
            SCORING: lambda: scoring(sharded(shown, scored, FILMS_IN_SHARD, folder), scheduler),
        }
        for part in sorted(
            found, key=lambda part: part != TRAINING
        ):  # it needs the most: lacks come to light
            rounds, do = found[part], ways[part]()
            for seed in range(seeds):
                rounds.append(timed(part, do(seed), seed))
    rows = rows_of(found)
    described = "; ".join(replace(one, notes=()).describe() for one in (known, shown))
    simulated = ": simulated" if known.simulated or shown.simulated else ""
    return Table(described + simulated, rows, notes=notes(found, seeds, scheduler), columns=COLUMNS)


def sharded(data: Dataset, count: int, size: int, folder: str) -> Shards:
    """All cases of `data`, copied until there are `count`, as shards of so many (`size`) in a `folder`."""
    cases = sum(map(len, data.splits.values()))
    return write_shards(Path(folder, data.name), data, size=size, copies=max(1, -(-count // cases)))


def timed(part: str, ways: Mapping[str, Callable[[], Done]], seed: int) -> dict[str, Done]:
    """Do a `part` of the work in each of the `ways`, and say how long each took; `seed` counts the runs."""
    from tqdm.auto import tqdm

    done = {}
    with tqdm(total=len(ways), unit="way", desc=f"{part}, run {seed + 1}") as bar, ticking(bar):
        for way, do in ways.items():
            done[way] = do()
            took = f"{done[way].seconds:.1f} s, and {done[way].start_seconds:.1f} s to start"
            bar.write(f"{part}, {way}, run {seed + 1}: {took}", file=sys.stderr)
            bar.update()
    return done


# The three parts: each gives, for a seed, the ways of doing it


def preparing(shards: Shards, scheduler: str | None) -> Ways:
    """How the stays of `shards` are prepared; `scheduler` as in `run`."""

    def ways(seed: int) -> dict[str, Callable[[], Run]]:
        half_way = int(np.random.default_rng(seed).integers(1, len(shards))) if len(shards) > 1 else None
        given = {
            ONE: lambda: work.one_process(shards, work.prepare),
            POOL: lambda: work.pool(shards, work.prepare, WORKERS),
            DASK: lambda: work.dask_workers(shards, work.prepare, WORKERS, scheduler=scheduler),
        }
        if scheduler is None and half_way:
            given[KILLED] = lambda: work.dask_workers(shards, work.prepare, WORKERS, kill_after=half_way)
        return given

    return ways


def training(films: Dataset) -> Callable[[int], Mapping[str, Callable[[], Trained]]]:
    """How the course's net is trained on some of the `films`; a seed draws them, weights and order."""

    def ways(seed: int) -> dict[str, Callable[[], Trained]]:
        some = films.train.take(np.random.default_rng(seed).permutation(len(films.train))[:TRAINED])
        job = Job(some.x, some.y, epochs=EPOCHS, batch_size=BATCH, seed=seed)
        return {
            ONE: lambda: train.one_process(job),
            DEVICES: lambda: train.one_process_two_devices(job),
            PROCESSES: lambda: train.two_processes(job),
        }

    return ways


def scoring(shards: Shards, scheduler: str | None) -> Ways:
    """How the films of `shards` are scored by a small exported net; `scheduler` as in `run`."""
    by_net = work.scoring(example_model())

    def ways(seed: int) -> dict[str, Callable[[], Run]]:
        return {
            ONE: lambda: work.one_process(shards, by_net),
            DASK: lambda: work.dask_workers(shards, by_net, WORKERS, scheduler=scheduler),
        }

    return ways


# What is compared


def same(first: Done, other: Done) -> bool:
    """Whether `other` says what the `first` says: every bit of it, or in training each loss but for rounding.

    >>> right = Trained([0.7, 0.5], 13.0, 1.0, 1.0, [])
    >>> same(right, right._replace(losses=[0.7, 0.50001])), same(right, right._replace(losses=[0.7, 0.6]))
    (True, False)
    """
    if isinstance(first, Trained):
        return apart(first, other) <= CLOSE
    equal_answers = (first.total.answers is None) == (other.total.answers is None)
    if equal_answers and first.total.answers is not None:
        equal_answers = np.array_equal(first.total.answers, other.total.answers, equal_nan=True)
    return equal_answers and first.total[:-1] == other.total[:-1]


def apart(first: Trained, other: Trained) -> float:
    """The greatest difference between the losses of the `first` and the `other`; infinite for a NaN."""
    difference = np.abs(np.subtract(first.losses, other.losses))
    return float(np.nan_to_num(difference, nan=np.inf).max())


def rows_of(found: Mapping[str, Sequence[Mapping[str, Run | Trained]]]) -> dict[str, dict[str, list[float]]]:
    """The table's rows, of what was `found` in each part and run: all together first, as ours, then each."""
    rows = {OURS: {measure: [] for measure in COLUMNS}}
    for part, rounds in found.items():
        for done in rounds:
            for way, one in done.items():
                row = rows.setdefault(f"{part}, {way}", {measure: [] for measure in COLUMNS})
                row["same"].append(float(same(done[ONE], one)))
                row["seconds"].append(one.seconds)
                row["start"].append(one.start_seconds)
    each = [row for name, row in rows.items() if name != OURS]
    for measure, combined in (("same", np.mean), ("seconds", np.sum), ("start", np.sum)):
        rows[OURS][measure] = combined([row[measure] for row in each], axis=0).tolist()
    return rows


def notes(
    found: Mapping[str, Sequence[Mapping[str, Run | Trained]]], seeds: int, scheduler: str | None
) -> list[str]:
    """What stands below the table, of what was `found` in `seeds` runs; `scheduler` as in `run`."""
    lines = [
        f"Each was done {seeds} times; this course is all of it together. Preparation and scoring are the "
        f"same where every bit is, training where no epoch's loss differs by more than {CLOSE:g}.",
    ]
    if scheduler is not None:
        lines.append(
            "The Dask workers were there already, so none was killed, and the start is to find them."
        )
    for part, rounds in found.items():
        lines += losses(rounds) if part == TRAINING else [*counted(part, rounds), *times(part, rounds)]
    return lines


def counted(part: str, rounds: Sequence[Mapping[str, Run]]) -> list[str]:
    """How much was done in a `part`, and the digests that all `rounds` gave."""
    first, totals = rounds[0][ONE].total, [one.total for done in rounds for one in done.values()]
    digests = sorted({total.digest for total in totals})
    said = f"digest {digests[0][:12]} in all {len(totals)} runs"
    if digests[1:]:
        said = f"{len(digests)} different digests in {len(totals)} runs"
    what = "stays" if part == PREPARATION else "films"
    missing = f", {first.missing:,} of their values missing" if part == PREPARATION else ""
    unanswered = f", {first.missing:,} without an answer" if part == SCORING else ""
    return [f"{part.capitalize()}: {first.cases:,} {what}{missing}{unanswered}; {said}."]


def times(part: str, rounds: Sequence[Mapping[str, Run]]) -> list[str]:
    """How long two workers took for a `part` beside one process, in all `rounds`, and with one killed."""
    lines = []
    for way in (POOL, DASK):
        if way in rounds[0]:
            faster = np.median([done[ONE].seconds / done[way].seconds for done in rounds])
            whole = np.median([_whole(done[ONE]) / _whole(done[way]) for done in rounds])
            lines.append(
                f"{part.capitalize()} by {way}: {faster:.2f} times as fast as by {ONE}, with the start "
                f"{whole:.2f} times (medians)."
            )
    if KILLED in rounds[0]:
        costs = [_whole(done[KILLED]) / _whole(done[DASK]) for done in rounds]
        each = ", ".join(f"{cost:.2f}" for cost in costs)
        lines.append(f"A killed worker costs, start included, so many times the time without: {each}.")
    return lines


def _whole(one: Run) -> float:
    return one.seconds + one.start_seconds


def losses(rounds: Sequence[Mapping[str, Trained]]) -> list[str]:
    """How far the losses and weights of all `rounds` of training lie apart."""
    most = max(apart(done[ONE], one) for done in rounds for one in done.values())
    lengths = [abs(done[ONE].weights - one.weights) for done in rounds for one in done.values()]
    said = " and ".join(f"{loss:.4f}" for loss in rounds[0][ONE].losses)
    return [
        f"Training: {EPOCHS} epochs of up to {TRAINED:,} films, a global batch of {BATCH}, losses {said} in "
        f"the first run; the greatest difference from {ONE} is {most:.0e}, of the weights' length "
        f"{max(lengths):.0e}."
    ]
