"""The seeds of a recipe, spread over processes of this machine: `medlearn results NAME --workers N`.

Each process runs the whole recipe, but for the seeds that are not its own, so nothing of a recipe is sent but
its name and what was asked. What comes back are the answers, in the order of the seeds: the figures are those
that one process gets alone. For that each process computes with as many threads as it would alone, since
sums added up in another order differ in the last digits; the machine deals out its cores.

The processes talk through pipes of Python's own, on this machine alone.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import multiprocessing
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping, MutableSequence, Sequence
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import Any, NamedTuple

from medlearn.errors import DataError

Aside = Sequence[MutableSequence | MutableMapping]


class _Done(BaseException):
    """A worker has answered its seeds: the rest of the recipe is not its matter."""


class _Share(NamedTuple):
    """A worker's own `seeds`, and the `line` on which it tells what it found."""

    line: Connection
    seeds: Sequence[int]


class _Team(NamedTuple):
    """The workers: by the line on which each tells, its process and its seeds."""

    members: Mapping[Connection, tuple[multiprocessing.Process, Sequence[int]]]


_role: _Share | _Team | None = None


def check_workers(name: str, recipe: ModuleType, workers: int) -> None:
    """Raise a DataError if the `recipe` called `name` cannot be spread over so many `workers`."""
    if workers < 1:
        raise DataError(f"--workers {workers}: ask for 1 or more")
    if workers > 1 and not hasattr(recipe, "tabulate"):
        raise DataError(
            f"--workers {workers}: the results called {name!r} are not made of independent seeds, so "
            "there is nothing to spread: leave --workers out"
        )


@contextlib.contextmanager
def seeds_by(workers: int, name: str, recipe: ModuleType, chosen: Mapping[str, Any]) -> Iterator[None]:
    """Have the seeds of a recipe that is run inside the `with` answered by processes of their own.

    Parameters
    ----------
    workers : how many processes; with 1 there are none but this one.
    name, chosen : what the recipe is asked for, as its `run` gets them.
    recipe : its module.
    """
    global _role
    workers = min(workers, chosen["seeds"])
    if workers == 1:
        yield
        return
    members = {}
    try:
        for first in range(workers):
            seeds = range(first, chosen["seeds"], workers)
            line, process = _started(recipe.__name__, name, dict(chosen), seeds)
            members[line] = process, seeds
        _role = _Team(members)
        yield
    finally:
        _role = None
        for line, (process, _) in members.items():
            line.close()
            process.terminate()
            process.join()


def _started(*what: Any) -> tuple[Connection, multiprocessing.Process]:
    """A new process that works at `what`, and the line on which it tells."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, *what))
    process.start()
    theirs.close()
    return ours, process


def _work(line: Connection, module: str, name: str, chosen: Mapping[str, Any], seeds: Sequence[int]) -> None:
    """What a worker does: run the recipe until its own `seeds` are answered; a failure is told, too."""
    global _role
    _role = _Share(line, seeds)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            importlib.import_module(module).run(name, **chosen)
        except (_Done, KeyboardInterrupt):
            return
        except DataError as error:
            line.send(("refused", str(error)))
        except Exception:
            line.send(("failed", traceback.format_exc()))


def each_seed(
    seeds: int, answer: Callable[[int, Callable], Any], aside: Aside, tick: Callable[[int], object]
) -> Iterator[tuple[int, Any]]:
    """Each seed and what `answer` says, in their order, whoever computes it.

    Parameters
    ----------
    seeds : how many.
    answer : called with a seed and with what to call after each step.
    aside : lists and counters that `answer` adds to; what it added in a worker is added here.
    tick : called with the number of steps that were done.
    """
    if isinstance(_role, _Team):
        yield from _collected(_role, seeds, aside, tick)
    elif isinstance(_role, _Share):
        _answer_own(_role, answer, aside)
        raise _Done
    else:
        for seed in range(seeds):
            yield seed, answer(seed, tick)


def _answer_own(share: _Share, answer: Callable[[int, Callable], Any], aside: Aside) -> None:
    """Answer the seeds of a `share`, and tell each with what was set `aside` meanwhile."""
    for seed in share.seeds:
        for one in aside:
            one.clear()
        answers = answer(seed, lambda steps=1: share.line.send(("ticked", steps)))
        share.line.send(("answered", (seed, answers, [copy.copy(one) for one in aside])))


def _collected(
    team: _Team, seeds: int, aside: Aside, tick: Callable[[int], object]
) -> Iterator[tuple[int, Any]]:
    """What the `team` tells, in the order of the seeds; the other parameters are those of `each_seed`."""
    found, messages = {}, _told(team)
    for seed in range(seeds):
        while seed not in found:
            what, said = next(messages)
            if what == "ticked":
                tick(said)
            else:
                found[said[0]] = said[1:]
        answers, added = found.pop(seed)
        for one, new in zip(aside, added, strict=True):
            (one.extend if isinstance(one, MutableSequence) else one.update)(new)
        yield seed, answers


def _told(team: _Team) -> Iterator[tuple[str, Any]]:
    """What the workers of a `team` tell, as it comes; raises an error for one that fails or ends too soon."""
    open_lines = dict(team.members)
    while open_lines:
        for line in wait(list(open_lines)):
            process, seeds = open_lines[line]
            try:
                what, said = line.recv()
            except EOFError:
                del open_lines[line]
                process.join()
                if process.exitcode:
                    raise DataError(
                        f"the worker of seed(s) {', '.join(map(str, seeds))} ended too soon (exit code "
                        f"{process.exitcode}), perhaps for want of memory: ask for fewer --workers"
                    ) from None
                continue
            if what == "refused":
                raise DataError(said)
            if what == "failed":
                raise RuntimeError(f"a worker failed:\n{said}")
            yield what, said
