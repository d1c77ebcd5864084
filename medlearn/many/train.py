"""One training three ways on JAX: one process, one process with two devices, two processes.

All three see the same batches of the same size: the cases lie in two shards, and a batch is a slice of each.
One process reads both shards; of two, each reads its own, computes on its half of the batch, and Keras's
`DataParallel` averages the gradients. The losses must then agree but for rounding, and on a machine whose
cores are busy that is all that can be shown: how much faster two machines would be, it does not say.

Each way is a program of its own (`_worker.py`), so that this process keeps its backend. Its processes meet on
this machine alone: the coordinator and the sockets that carry gradients listen to 127.0.0.1, and what they
exchange are numbers, without pickle.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import ipaddress
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from medlearn.errors import DataError

INSTALL = "make electives in the course's folder, or pip install jax"
WORKERS = 2
JOINED, DONE = 2, 3  # lines that a process has said by then
ASKED, SHARD = "asked.json", "shard-{}.npz"  # the files of a folder that _worker.py is given


@dataclasses.dataclass(frozen=True)
class Job:
    """What is trained: the course's net for images, by the course's recipe.

    Parameters
    ----------
    x : images, (n, height, width, channels), 0 to 255.
    y : the class of each, from 0 on.
    epochs : how often all are seen; what does not fill a batch is left out of an epoch.
    batch_size : cases of a step in all workers together, the global batch.
    learning_rate : its peak; whoever doubles the global batch may want to raise it.
    width : the net's channels, as in `models.cnn.course_net`.
    seed : draws weights, order, alterations and dropout, the same in each way.
    done_within : seconds after which the training is given up.
    """

    x: np.ndarray
    y: np.ndarray
    epochs: int = 2
    batch_size: int = 64
    learning_rate: float = 2e-3
    width: int = 32
    seed: int = 0
    done_within: float = 900

    def __post_init__(self):
        if len(self.x) != len(self.y) or np.ndim(self.x) != 4:
            raise DataError(
                "a job needs images (n, height, width, channels) and a class for each, not arrays of "
                f"{np.shape(self.x)} and {np.shape(self.y)}"
            )
        kinds = np.asarray(self.y)
        if not np.issubdtype(kinds.dtype, np.integer) or kinds.size != len(self.x) or (kinds < 0).any():
            raise DataError("a job needs the class of each image as a whole number: 0, 1 and so on")
        if self.epochs < 1:
            raise DataError(f"{self.epochs} epochs teach nothing: ask for 1 or more")
        if self.batch_size < WORKERS or self.batch_size % WORKERS:
            near = max(WORKERS, self.batch_size // WORKERS * WORKERS)
            raise DataError(
                f"a global batch of {self.batch_size} cases cannot be shared evenly by {WORKERS} workers: "
                f"make it {near} or {near + WORKERS}"
            )
        if len(self.x) // WORKERS < self.batch_size // WORKERS:
            raise DataError(f"{len(self.x)} cases do not fill one global batch of {self.batch_size}")


class Share(NamedTuple):
    """What one process says at the end.

    Parameters
    ----------
    losses : the mean of each epoch, over all workers' cases.
    weights : the length of all trained weights as one vector.
    digest : of those weights, to the last bit.
    seen : the digest of the cases that it read.
    cases : how many those are.
    seconds : that it trained, compiling included.
    """

    losses: list[float]
    weights: float
    digest: str
    seen: str
    cases: int
    seconds: float


class Trained(NamedTuple):
    """A training's result.

    Parameters
    ----------
    losses : of each epoch, as the first process has them.
    weights : the length of all its trained weights as one vector.
    seconds : of the process that trained longest.
    start_seconds : from the call until all processes had joined.
    shares : what each process says.
    """

    losses: list[float]
    weights: float
    seconds: float
    start_seconds: float
    shares: list[Share]


def one_process(job: Job) -> Trained:
    """Train the `job` in one process on one device: what the other ways are compared with."""
    return _train(job, reading=[(0, 1)])


def one_process_two_devices(job: Job) -> Trained:
    """Train the `job` in one process that takes the processor for two devices; each gets half a batch."""
    return _train(job, reading=[(0, 1)], devices=WORKERS)


def two_processes(
    job: Job, *, address: str = "127.0.0.1:0", reading: Sequence[int] = (0, 1), join_within: float = 120
) -> Trained:
    """Train the `job` in two processes joined by sockets; each reads one shard and has half of each batch.

    Parameters
    ----------
    job : what is trained.
    address : where they meet, on this machine; port 0 takes a free one.
    reading : which shard, 0 or 1, each of them reads. That both read the same one, a common mistake which no
        loss betrays, is found afterwards by the digests of what each read.
    join_within : seconds that the first to come waits for the other.
    """
    if len(reading) != WORKERS or not set(reading) <= {0, 1}:
        raise DataError(f"reading names a shard, 0 or 1, for each of {WORKERS} processes, not {reading}")
    done = _train(job, reading=[(shard,) for shard in reading], address=address, join_within=join_within)
    if len({share.seen for share in done.shares}) < WORKERS:
        read, losses = done.shares[0].cases, " to ".join(f"{loss:.3f}" for loss in done.losses)
        raise DataError(
            f"both processes read the same {read} of {len(job.x)} cases, although nothing fails and the loss "
            f"went {losses}: let each read its own shard"
        )
    return done


# The processes: started, watched, ended


def _train(
    job: Job,
    *,
    reading: Sequence[Sequence[int]],
    devices: int = 1,
    address: str = "127.0.0.1:0",
    join_within: float = 120,
) -> Trained:
    """Train by as many processes as `reading` has entries, which name the shards of each."""
    address = _meeting_place(address)
    _need_jax()
    workers = []
    with tempfile.TemporaryDirectory(prefix="medlearn-many-") as folder:
        _write(Path(folder), job, reading=reading, devices=devices, address=address)
        try:
            for number in range(len(reading)):
                workers.append(_Worker(Path(folder), number, _environment(devices, address)))
            start = _follow(workers, join_within=join_within, done_within=job.done_within)
            shares = [Share(**worker.said()[-1]) for worker in workers]
        finally:
            for worker in workers:
                worker.end()
    slowest = max(share.seconds for share in shares)
    return Trained(shares[0].losses, shares[0].weights, slowest, start, shares)


def _meeting_place(address: str) -> str:
    """The `address` with a port that is free; refused if it is not of this machine alone, or taken."""
    host, _, port = address.rpartition(":")
    try:
        host = "127.0.0.1" if host == "localhost" else str(ipaddress.IPv4Address(host))
        if not ipaddress.IPv4Address(host).is_loopback or not 0 <= int(port) < 65536:
            raise ValueError(address)
    except ValueError as error:
        raise DataError(
            f"{address!r} is not an address of this machine alone, where the processes are to meet: "
            "take 127.0.0.1:0, or another port in place of 0"
        ) from error
    with socket.socket() as line:
        try:
            line.bind((host, int(port)))
        except OSError as error:
            raise DataError(f"{address} is taken: name another port, or 0 for one that is free") from error
        return f"{host}:{line.getsockname()[1]}"


def _need_jax() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("jax", "jaxlib")):
        raise DataError(f"several processes train on JAX, which is not here: {INSTALL}")


def _write(folder: Path, job: Job, *, reading: Sequence[Sequence[int]], devices: int, address: str) -> None:
    """Put into `folder` what each process reads: the shards, every other case in each, and what is asked."""
    y = np.asarray(job.y).astype(int).reshape(len(job.x))
    counts = np.bincount(y, minlength=2)
    targets = y[:, None].astype("float32") if len(counts) == 2 else np.eye(len(counts), dtype="float32")[y]
    for number in range(WORKERS):
        x = np.asarray(job.x)[number::WORKERS]
        np.savez(folder / SHARD.format(number), x=x, y=targets[number::WORKERS])
    part = job.batch_size // WORKERS
    asked = {
        "processes": len(reading),
        "devices": devices,
        "address": address,
        "reading": [list(numbers) for numbers in reading],
        "slice": part,
        "steps": len(job.x) // WORKERS // part,
        "classes": len(counts),
        "class_weight": [len(y) / len(counts) / count if count else 0 for count in counts.tolist()],
    }
    asked |= {name: getattr(job, name) for name in ("epochs", "learning_rate", "width", "seed")}
    (folder / ASKED).write_text(json.dumps(asked), encoding="utf-8")


def _environment(devices: int, address: str) -> dict[str, str]:
    """This process's environment, for one that trains on JAX and so many `devices` of its processor.

    Left alone, JAX's coordinator listens to every network of the machine, and a proxy makes it hang.
    """
    strange = [name for name in os.environ if name.startswith("JAX_") or name.lower().endswith("_proxy")]
    kept = {name: value for name, value in os.environ.items() if name not in strange}
    fast = "--xla_backend_optimization_level=0"  # compiling takes the most of a small training: half of it so
    flags = f"{fast} {kept.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    return kept | {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "JAX_COORDINATOR_BIND_ADDRESS": address,
        "XLA_FLAGS": flags,
    }


def _command(folder: Path, number: int) -> list[str]:
    return [sys.executable, "-m", "medlearn.many._worker", str(folder), str(number)]


class _Worker:
    """A process that trains, and the two files that it speaks into."""

    def __init__(self, folder: Path, number: int, environment: Mapping[str, str]):
        self.number = number
        self.out, self.errors = folder / f"out-{number}.txt", folder / f"errors-{number}.txt"
        with self.out.open("wb") as out, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                _command(folder, number),
                env=environment,
                stdin=subprocess.PIPE,  # never written to: it closes when this process ends
                stdout=out,
                stderr=errors,
            )

    def said(self) -> list[dict]:
        """The whole lines of JSON so far: here, joined, and the result."""
        *lines, _ = self.out.read_text("utf-8", errors="replace").split("\n")
        return [json.loads(line) for line in lines if line.startswith("{")]

    def last_words(self) -> str:
        lines = self.errors.read_text("utf-8", errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else f"without a word, code {self.process.returncode}"

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def _follow(workers: Sequence[_Worker], *, join_within: float, done_within: float) -> float:
    """Wait until all have said their result, or say what went wrong; the seconds until all had joined."""
    begin, came, joined = time.monotonic(), None, None
    while True:
        ended = [worker.process.poll() is not None for worker in workers]
        lines, now = [len(worker.said()) for worker in workers], time.monotonic()
        came = now if came is None and any(lines) else came
        joined = now if joined is None and min(lines) >= JOINED else joined
        if min(lines) >= DONE:
            return joined - begin
        for worker, gone, count in zip(workers, ended, lines, strict=True):
            if gone and count < DONE:
                raise DataError(_too_early(worker, len(workers)))
        if joined is None and came is not None and now - came > join_within:
            raise DataError(_missing(lines, join_within))
        if now - begin > done_within:
            raise DataError(
                f"the training was not done within {done_within:g} seconds: take fewer epochs or cases, or "
                "allow more by done_within"
            )
        time.sleep(0.05)


def _too_early(worker: _Worker, workers: int) -> str:
    return (
        f"process {worker.number} of {workers} ended before the training was done ({worker.last_words()}): "
        "see whether one_process can train this job"
    )


def _missing(lines: Sequence[int], join_within: float) -> str:
    """Who had not come, from how many lines each process had said."""
    absent = " and ".join(str(number) for number, count in enumerate(lines) if not count)
    who = f"process {absent} of {len(lines)} did not come" if absent else "the processes did not meet"
    return (
        f"{who} within {join_within:g} seconds after the first had come: start all at once, or allow more by "
        "join_within"
    )
