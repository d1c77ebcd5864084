"""The same work on every shard, by one process, a pool, or Dask: which of them did it must not be seen.

A work is a function from a shard's path to a `Summary`, and pure: it changes nothing, and gives the same
whenever it is called. So a shard may be done twice, as happens where a worker dies, and `combine` counts it
once. What one process answers is the truth; each engine's digest must be equal to it. Machines whose
processors or versions of NumPy differ may round differently, and then the digests differ, too.

Dask schedules, sends, and repeats what a dead worker had; nothing here does. Its processes trust whoever
reaches their ports, and would run what they are sent, so all that are started here listen on 127.0.0.1 alone,
and a scheduler elsewhere is not spoken to. On a computer that is shared, other users of it reach 127.0.0.1,
too.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import ipaddress
import logging
import multiprocessing
import os
import pickle
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from numbers import Integral
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from medlearn.data.records import Records
from medlearn.data.records.physionet import DESCRIPTORS, VARIABLES
from medlearn.errors import DataError
from medlearn.features.stays import Features
from medlearn.many.shards import NUMBER, Shards, read_shard
from medlearn.serve.exported import Served

if TYPE_CHECKING:
    import distributed

INSTALL = "make electives in the course's folder, or pip install dask distributed"
RETRIES = 2  # of a shard whose work fails, as it may over a network drive
WAIT = 180  # seconds for workers to start, on a busy machine, too
PATIENCE = 30  # seconds for a scheduler that should be there, and for its workers, to be heard of


class Summary(NamedTuple):
    """What a work found in one shard.

    Parameters
    ----------
    shard : the sha256 of its file: under this key it is counted, once.
    digest : of what was computed, bit by bit.
    cases, patients : how many.
    missing : how many of the values computed are NaN.
    number, answers : where cases were scored, which case each is among all, and its answer; else None.
    """

    shard: str
    digest: str
    cases: int
    patients: int
    missing: int
    number: np.ndarray | None = None
    answers: np.ndarray | None = None


class Total(NamedTuple):
    """What was found in all shards.

    Parameters
    ----------
    digest : of all shards' digests.
    cases, patients, missing : as in `Summary`, added up.
    answers : where cases were scored, those of all in the order in which they were given; else None.
    """

    digest: str
    cases: int
    patients: int
    missing: int
    answers: np.ndarray | None = None


class Run(NamedTuple):
    """How one engine did the work.

    Parameters
    ----------
    total : what was found.
    seconds : for the work, once the workers were there.
    start_seconds : until they were.
    killed : how many workers were killed on the way.
    """

    total: Total
    seconds: float
    start_seconds: float = 0.0
    killed: int = 0


Work = Callable[[str | Path], Summary]

# Works


def prepare(shard: str | Path) -> Summary:
    """Read the stays of a `shard`, and compute from each what the course's models take: a `Summary`."""
    found = read_shard(shard)
    x = found.cases.x
    if not isinstance(x, Records) or (x.variables, x.static_names) != (VARIABLES, tuple(DESCRIPTORS)):
        raise DataError(f"{shard} holds no stays of the challenge of 2012: name shards of such stays")
    features = Features.of(x)
    missing = sum(int(np.isnan(array).sum()) for array in features)
    patients = len(np.unique(found.cases.patient))
    return Summary(found.digest, _digest(x.case_id, *features), len(x), patients, missing)


def scoring(model: str | Path) -> Work:
    """The work of scoring a shard's images by an exported `model`; what is sent to workers is its path.

    Parameters
    ----------
    model : a file that `serve.exported.export` wrote; each worker opens it once.
    """
    served = Served.read(model)
    return functools.partial(score, model=str(served.path.absolute()), digest=served.digest)


def score(shard: str | Path, *, model: str, digest: str) -> Summary:
    """The answers of a model to the images of one shard.

    Parameters
    ----------
    shard : the path of its file.
    model : the path of the model's file.
    digest : the file's sha256: another model there, exchanged on the way, is refused.
    """
    found = read_shard(shard)
    images, number = found.cases.x, found.cases.about.get(NUMBER)
    if not isinstance(images, np.ndarray) or number is None:
        raise DataError(f"{shard} holds no numbered images: write images with write_shards")
    p = _model(model, digest).answer(images).p[:, -1]
    patients, missing = len(np.unique(found.cases.patient)), int(np.isnan(p).sum())
    return Summary(found.digest, _digest(number, p), len(p), patients, missing, number, p)


@functools.lru_cache(maxsize=2)
def _model(path: str, digest: str) -> Served:
    """The model, opened once in each process."""
    served = Served.read(path)
    if served.digest != digest:
        raise DataError(f"{path} was exchanged since the work began: begin again, or put the old model back")
    return served


def _digest(*arrays: np.ndarray) -> str:
    """sha256 of arrays: types, shapes and every bit."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(repr((array.dtype.str, array.shape)).encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def combine(summaries: Iterable[Summary]) -> Total:
    """All shards' `summaries`, in any order, as one; a shard that comes again counts once.

    >>> first, second = Summary("a", "1", 10, 8, 0), Summary("b", "2", 5, 5, 1)
    >>> combine([first, second]) == combine([second, first, second])
    True
    >>> combine([first, second]).cases
    15
    """
    once: dict[str, Summary] = {}
    for one in summaries:
        if once.setdefault(one.shard, one).digest != one.digest:
            raise DataError(
                f"the shard with the sha256 {one.shard[:12]}… gave two different answers: its work is not "
                "pure, or workers differ in their versions"
            )
    counted = [once[shard] for shard in sorted(once)]
    lines = "".join(f"{one.shard} {one.digest}\n" for one in counted)
    sums = (sum(getattr(one, name) for one in counted) for name in ("cases", "patients", "missing"))
    return Total(hashlib.sha256(lines.encode()).hexdigest(), *sums, _in_order(counted))


def _in_order(counted: list[Summary]) -> np.ndarray | None:
    """The answers as the cases were given, whichever shard each was in."""
    if not counted or any(one.answers is None for one in counted):
        return None
    order = np.argsort(np.concatenate([one.number for one in counted]), kind="stable")
    return np.concatenate([one.answers for one in counted])[order]


def _total(shards: Shards, summaries: list[Summary]) -> Total:
    """What was found, if it was found in these very shards, each of them."""
    done = {one.shard for one in summaries}
    for one in shards.listed:
        if one.digest not in done:
            raise DataError(f"{one.path} was changed while the work was done: read {shards.folder} again")
    return combine(summaries)


# Engines


def one_process(shards: Shards, work: Work) -> Run:
    """Do the `work` on each of the `shards` here, one after the other."""
    begun = time.perf_counter()
    summaries = [work(path) for path in shards]
    return Run(_total(shards, summaries), time.perf_counter() - begun)


def pool(shards: Shards, work: Work, workers: int = 2) -> Run:
    """Do the `work` on the `shards` by a pool of processes on this machine.

    Nothing is repeated: where a process of the pool dies, all is lost, and one sentence says so.

    Parameters
    ----------
    shards, work : the work must be a function of a module: it is sent by its name.
    workers : how many processes, each started afresh ("spawn").
    """
    _check_workers(workers)
    _check_sendable(work)
    context = multiprocessing.get_context("spawn")
    begun = time.perf_counter()
    meeting = (context.Barrier(workers), WAIT)
    with ProcessPoolExecutor(workers, context, initializer=_meet, initargs=meeting) as processes:
        try:
            for ready in [processes.submit(_ready) for _ in range(workers)]:
                ready.result()
            started = time.perf_counter()
            summaries = list(processes.map(work, shards))
        except BrokenProcessPool as error:
            raise DataError(
                "a process of the pool died, and with it the work of all: memory may have run out, or the "
                "work is not a function of a module; a Dask worker's work is done again by another"
            ) from error
        done = time.perf_counter()
    return Run(_total(shards, summaries), done - started, started - begun)


def dask_workers(
    shards: Shards,
    work: Work,
    workers: int = 2,
    *,
    scheduler: str | None = None,
    kill_after: int | None = None,
) -> Run:
    """Do the `work` on the `shards` by Dask: by workers started here, or by those of a scheduler.

    What a dead worker had is done again by another; Dask sees to that, and starts a new one.

    Parameters
    ----------
    shards, work : the workers must find the files at the same paths, and have this package.
    workers : how many processes are started here; or how many a scheduler must have at least.
    scheduler : the address of one that is there already, such as "tcp://127.0.0.1:8786"; one that is
        elsewhere, behind a tunnel of ssh.
    kill_after : kill the busiest worker when so many shards are done, without a warning; only one that was
        started here.
    """
    _check_workers(workers)
    if kill_after is not None:
        _check_kill(kill_after, shards, scheduler)
    begun = time.perf_counter()
    with _dask(workers, scheduler) as client:
        ready = _check_versions(client)
        started = time.perf_counter()
        summaries = []
        for summary in _as_they_come(client, shards, work):
            summaries.append(summary)
            if len(summaries) == kill_after:
                _kill(client, ready)
        done = time.perf_counter()
        killed = len(ready.keys() - client.scheduler_info(n_workers=-1)["workers"]) if kill_after else 0
    return Run(_total(shards, summaries), done - started, started - begun, killed)


def _check_workers(workers: int) -> None:
    if not isinstance(workers, Integral) or workers < 1:
        raise DataError(f"workers must be a whole number from 1 on, not {workers!r}")


def _check_kill(kill_after: int, shards: Shards, scheduler: str | None) -> None:
    if scheduler is not None:
        raise DataError(f"the workers of {scheduler} may be somebody else's: leave kill_after out there")
    if not isinstance(kill_after, Integral) or not 0 < kill_after < len(shards):
        raise DataError(
            f"kill_after must leave something to do: a number of shards, 1 or more and fewer than all "
            f"{len(shards)}, not {kill_after!r}"
        )


def _check_sendable(work: Work) -> None:
    try:
        pickle.dumps(work)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise DataError(
            f"the work cannot be sent to a process ({error}): it must be a function of a module, not one "
            "made inside another"
        ) from error


def _meet(meeting: object, seconds: float) -> None:
    """Wait in a new process of a pool until all others are there, so that the start is over for all."""
    meeting.wait(seconds)


def _ready() -> tuple[int, dict[str, str]]:
    """The number of this process, and what its answers depend on; this module is imported by then."""
    return os.getpid(), _versions()


def _versions() -> dict[str, str]:
    medlearn = vars(sys.modules["medlearn"])["__version__"]
    return {"Python": platform.python_version(), "NumPy": np.__version__, "medlearn": medlearn}


# Dask


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DataError(f"{name} is not installed: {INSTALL}") from error


@contextlib.contextmanager
def _dask(workers: int, scheduler: str | None) -> Iterator[distributed.Client]:
    """A client whose workers are there."""
    dask = _library("distributed")
    seconds = WAIT if scheduler is None else PATIENCE
    with contextlib.ExitStack() as stack:
        if scheduler is None:
            address = stack.enter_context(_cluster(dask, workers))
            where = "the cluster that was started here"
        else:
            address = where = loopback(scheduler)
        try:
            client = stack.enter_context(dask.Client(address, timeout=seconds))
        except OSError as error:
            raise DataError(
                f"no scheduler answers at {where}: start one with dask scheduler --host 127.0.0.1, and "
                "workers with dask worker ADDRESS --host 127.0.0.1"
            ) from error
        try:
            client.wait_for_workers(workers, timeout=seconds)
        except TimeoutError as error:
            raise DataError(
                f"{where} has fewer than {workers} workers: start more with dask worker ADDRESS --host "
                "127.0.0.1, or ask for fewer"
            ) from error
        yield client


@contextlib.contextmanager
def _cluster(dask: ModuleType, workers: int) -> Iterator[distributed.LocalCluster]:
    """Processes of this machine that nobody reaches from another; what they write goes with them."""
    at_once = "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_"
    with (
        # Dask has its workers hand back freed memory at once; for arrays that costs half as much time again.
        _library("dask").config.set({at_once: None}),
        tempfile.TemporaryDirectory(prefix="medlearn-dask-", ignore_cleanup_errors=True) as folder,
        dask.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            local_directory=folder,
            silence_logs=logging.CRITICAL,  # what is said of a killed worker is no news here
        ) as cluster,
    ):
        yield cluster


def loopback(address: str) -> str:
    """The `address` of a scheduler, if it is on this machine.

    >>> loopback("tcp://127.0.0.1:8786")
    'tcp://127.0.0.1:8786'
    """
    with contextlib.suppress(ValueError, AttributeError, TypeError):
        parts = urlsplit(address)
        host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
        if parts.scheme in ("tcp", "tls") and parts.port and ipaddress.ip_address(host).is_loopback:
            return address
    raise DataError(
        f"a scheduler's address is such as tcp://127.0.0.1:8786, on this machine, not {address!r}: one that "
        "is elsewhere is reached by a tunnel, ssh -L 8786:127.0.0.1:8786 MACHINE"
    )


def _check_versions(client: distributed.Client) -> dict[str, int]:
    """The process number of each worker, if all have what is here: others might round differently."""
    try:
        ready = client.run(_ready)
    except ImportError as error:
        raise DataError(
            f"a worker cannot do this work ({error}): install the course's package where the workers run"
        ) from error
    for worker, (_, versions) in ready.items():
        for name, here in _versions().items():
            if versions[name] != here:
                raise DataError(
                    f"the worker {worker} has {name} {versions[name]}, and here is {here}: give both the same"
                )
    return {worker: number for worker, (number, _) in ready.items()}


def _as_they_come(client: distributed.Client, shards: Shards, work: Work) -> Iterator[Summary]:
    """Each shard's summary as soon as it is there."""
    dask = _library("distributed")
    paths = {path.name: str(path.absolute()) for path in shards}
    futures = client.map(work, list(paths.values()), pure=False, retries=RETRIES)
    name_of = {future.key: name for future, name in zip(futures, paths, strict=True)}
    for future in dask.as_completed(futures):
        try:
            yield future.result()
        except dask.KilledWorker as error:
            raise DataError(
                f"{name_of[future.key]} cost {error.allowed_failures + 1} workers their life, one after the "
                "other: memory may have run out, so write smaller shards"
            ) from error
        except dask.CancelledError as error:
            raise DataError("the scheduler went away before all was done: start it, begin anew") from error


def _kill(client: distributed.Client, ready: dict[str, int]) -> None:
    """Kill the worker that has most to do, as a power cut would."""
    import psutil

    has = client.processing()
    psutil.Process(ready[max(ready, key=lambda worker: len(has.get(worker, ())))]).kill()
