"""The work on shards: one process is the truth, and no engine, death or retry changes a bit of it."""

import collections
import doctest
import functools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from medlearn.data.dataset import Split
from medlearn.data.records import Records
from medlearn.data.records.physionet import DESCRIPTORS, VARIABLES
from medlearn.errors import DataError
from medlearn.many import work
from medlearn.many.shards import Shards, write_shards
from medlearn.many.work import Summary, combine, dask_workers, one_process, pool, prepare, score, scoring

LOCAL = ("127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0", "--no-dashboard")


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Six shards of four stays each."""
    count, rng = 24, np.random.default_rng(0)
    x = Records.from_rows(
        case=np.repeat(np.arange(count), 60),
        time=rng.uniform(0, 48, 60 * count),
        variable=rng.integers(0, len(VARIABLES), 60 * count),
        value=rng.uniform(30, 90, 60 * count),
        variables=VARIABLES,
        case_id=np.arange(count) + 500,
        static=rng.uniform(60, 80, (count, len(DESCRIPTORS))),
        static_names=tuple(DESCRIPTORS),
    )
    stays = Split(x, np.arange(count) % 2, x.case_id)
    return write_shards(tmp_path_factory.mktemp("many") / "shards", stays, size=4)


@pytest.fixture(scope="module")
def truth(shards):
    return one_process(shards, prepare).total


def failing_once(path, *, notes):
    """Fails for each shard the first time, as a network drive may, and notes each try."""
    note = Path(notes, Path(path).name)
    again = note.exists()
    with note.open("a") as stream:
        stream.write("tried\n")
    if not again:
        raise OSError("the drive is not there")
    return prepare(path)


def slowly(path, *, notes):
    """Notes that it began, and takes its time."""
    with Path(notes, "begun").open("a") as stream:
        stream.write(f"{Path(path).name}\n")
    time.sleep(0.7)
    return prepare(path)


def deadly(path):
    """Kills the process that does it, as memory that runs out may."""
    os.kill(os.getpid(), 9)


def test_examples():
    assert doctest.testmod(work).failed == 0


# What is found


def test_one_process_counts_all_and_its_digest_depends_on_every_value(shards, truth, tmp_path):
    assert (truth.cases, truth.patients, truth.answers) == (24, 24, None) and truth.missing > 0
    assert one_process(shards, prepare).total == truth
    cases = [work.read_shard(path).cases for path in shards]
    cases[3].x.value[7] += 1
    other = write_shards(tmp_path / "other", cases, size=4)
    assert one_process(other, prepare).total.digest != truth.digest


def test_neither_order_nor_repetition_changes_the_total(shards, truth):
    summaries = [prepare(path) for path in shards]
    assert combine(summaries[::-1] + summaries[:3]) == truth
    assert combine(summaries[1:]).digest != truth.digest


def test_two_answers_for_one_shard_are_named():
    first = Summary("a" * 64, "1", 10, 8, 0)
    with pytest.raises(DataError, match="aaaaaaaaaaaa… gave two different answers"):
        combine([first, first._replace(digest="2")])


def test_a_shard_that_changes_under_way_is_named(shards):
    def forgetful(path):
        found = prepare(path)
        return found._replace(shard="0" * 64) if path.name == "shard-00002.npz" else found

    with pytest.raises(DataError, match=r"shard-00002\.npz was changed while"):
        one_process(shards, forgetful)


def test_stays_of_other_variables_are_refused(tmp_path):
    x = Records.from_rows(case=[0], time=[1], variable=[0], value=[2], variables=("HR",), case_id=[1])
    [path] = write_shards(tmp_path / "shards", Split(x, np.zeros(1, int), x.case_id), size=1)
    with pytest.raises(DataError, match="holds no stays of the challenge"):
        prepare(path)
    with pytest.raises(DataError, match="holds no numbered images"):
        score(path, model="", digest="")


# A pool


def test_a_pool_finds_the_same(shards, truth):
    run = pool(shards, prepare, 2)
    assert run.total == truth and run.seconds > 0 and run.start_seconds > 0 and run.killed == 0


def test_a_pool_whose_process_dies_says_so_and_does_not_hang(shards):
    with pytest.raises(DataError, match="a process of the pool died"):
        pool(shards, deadly, 1)


@pytest.mark.parametrize("engine", [pool, dask_workers])
def test_workers_are_a_number(shards, engine):
    for workers in (0, 1.5, "two"):
        with pytest.raises(DataError, match="workers must be a whole number"):
            engine(shards, prepare, workers)


def test_a_work_that_cannot_be_sent_is_named(shards):
    with pytest.raises(DataError, match="it must be a function of a module"):
        pool(shards, lambda path: prepare(path), 2)


# Dask


def listening(processes):
    """The addresses at which processes wait for connections."""
    found = set()
    for process in processes:
        of = process.net_connections if hasattr(process, "net_connections") else process.connections
        found |= {one.laddr.ip for one in of(kind="inet") if one.status == psutil.CONN_LISTEN}
    return found


def test_workers_of_dask_find_the_same_and_a_shard_that_failed_is_tried_again_and_counts_once(
    shards, truth, tmp_path
):
    pytest.importorskip("distributed")
    run = dask_workers(shards, functools.partial(failing_once, notes=str(tmp_path)), 2)
    assert run.total == truth and run.start_seconds > 0 and run.killed == 0
    tries = {note.name: note.read_text().count("tried") for note in tmp_path.iterdir()}
    assert tries == {path.name: 2 for path in shards}


def test_nobody_else_reaches_them_and_a_worker_that_is_killed_costs_time_only(
    shards, truth, tmp_path, monkeypatch
):
    pytest.importorskip("distributed")
    kill, seen = work._kill, {}

    def look_and_kill(client, ready):
        time.sleep(0.2)  # each worker has begun its next shard
        me = psutil.Process()
        seen["addresses"] = listening([me, *me.children(recursive=True)])
        kill(client, ready)

    monkeypatch.setattr(work, "_kill", look_and_kill)
    run = dask_workers(shards, functools.partial(slowly, notes=str(tmp_path)), 2, kill_after=2)
    assert run.total == truth and run.killed == 1
    begun = collections.Counter((tmp_path / "begun").read_text().split())
    assert set(begun) == {path.name for path in shards} and max(begun.values()) == 2
    assert seen["addresses"] == {"127.0.0.1"}


def test_a_shard_that_kills_every_worker_is_named(shards):
    dask = pytest.importorskip("dask")
    pytest.importorskip("distributed")
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        pytest.raises(DataError, match=r"shard-0000\d\.npz cost 1 workers their life.*smaller shards"),
    ):
        dask_workers(shards, deadly, 1)


@pytest.mark.parametrize("kill_after", [0, 6, 1.5])
def test_a_kill_must_leave_something_to_do(shards, kill_after):
    with pytest.raises(DataError, match="kill_after must leave something to do"):
        dask_workers(shards, prepare, 2, kill_after=kill_after)


def test_workers_of_others_are_not_killed(shards):
    with pytest.raises(DataError, match="may be somebody else's"):
        dask_workers(shards, prepare, scheduler="tcp://127.0.0.1:9", kill_after=1)


@pytest.mark.parametrize(
    "address",
    ["tcp://192.0.2.7:8786", "tcp://0.0.0.0:8786", "tcp://127.0.0.1", "127.0.0.1:8786", "tcp://x:y", 7],
)
def test_a_scheduler_elsewhere_is_not_spoken_to(shards, address):
    pytest.importorskip("distributed")
    with pytest.raises(DataError, match="a scheduler's address is such as"):
        dask_workers(shards, prepare, scheduler=address)


def test_without_dask_one_sentence_says_how_to_get_it(shards, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DataError, match="distributed is not installed: make electives"):
        dask_workers(shards, prepare)


@pytest.fixture
def programs(tmp_path):
    """Start a scheduler and workers as programs of their own; they end with the test."""
    pytest.importorskip("distributed")
    running = []

    def start(name, *arguments):
        command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *arguments]
        with (tmp_path / f"{name}{len(running)}.log").open("wb") as log:
            running.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path))
        return running[-1]

    yield start
    for one in running[::-1]:
        one.terminate()
    for one in running:
        try:
            one.wait(30)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()


def address_in(file, program):
    """The address that a scheduler writes to a file once it listens."""
    for _ in range(1200):
        assert program.poll() is None, "the scheduler ended"
        if file.exists() and (text := file.read_text()).endswith("}"):
            return json.loads(text)["address"]
        time.sleep(0.1)
    pytest.fail("the scheduler does not listen")


def test_the_same_code_uses_a_scheduler_and_workers_that_are_there_already(
    shards, truth, programs, tmp_path, monkeypatch
):
    file = tmp_path / "scheduler.json"
    scheduler = programs("scheduler", "--host", *LOCAL, "--scheduler-file", str(file))
    address = address_in(file, scheduler)
    assert address.startswith("tcp://127.0.0.1:")
    own = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")
    own += ("--local-directory", str(tmp_path))
    workers = [programs("worker", address, "--host", "127.0.0.1", *own) for _ in range(2)]
    run = dask_workers(shards, prepare, 2, scheduler=address)
    assert run.total == truth and run.killed == 0
    assert dask_workers(shards, prepare, 2, scheduler=address).total == truth
    assert [one.poll() for one in (scheduler, *workers)] == [None] * 3, "they are left as they were"
    assert listening(psutil.Process(one.pid) for one in (scheduler, *workers)) == {"127.0.0.1"}
    with monkeypatch.context() as hasty:
        hasty.setattr(work, "PATIENCE", 1)
        with pytest.raises(DataError, match=f"{address} has fewer than 9 workers"):
            dask_workers(shards, prepare, 9, scheduler=address)
    monkeypatch.setattr(work, "_versions", lambda: {"NumPy": "1.0"})
    with pytest.raises(DataError, match=rf"has NumPy {np.__version__}, and here is 1\.0: give both the same"):
        dask_workers(shards, prepare, 2, scheduler=address)


def test_no_scheduler_is_one_sentence(shards, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(work, "PATIENCE", 1)
    with pytest.raises(DataError, match="no scheduler answers at tcp://127"):
        dask_workers(shards, prepare, scheduler="tcp://127.0.0.1:9")


# Scoring


class Double:
    """Stands for an exported model: it answers by the mean of an image, and NaN where that is 0."""

    opened = 0

    def __init__(self, path, digest="d"):
        self.path, self.digest = Path(path), digest
        Double.opened += 1

    @classmethod
    def read(cls, path):
        return cls(path)

    def answer(self, images):
        mean = images.mean(axis=(1, 2, 3))
        with np.errstate(invalid="ignore"):
            p = np.where(mean > 0, mean / 255, np.nan)
        return type("Answer", (), {"p": p[:, None]})


@pytest.fixture
def films(tmp_path):
    """Seven films of three patients in shards, one of them black: in the shards in another order."""
    images = np.random.default_rng(0).integers(1, 256, (7, 8, 8, 1), dtype=np.uint8)
    images[4] = 0
    patient = np.array([3, 1, 2, 1, 3, 2, 1])
    write_shards(tmp_path / "films", Split(images, np.zeros(7, int), patient), size=3)
    return images, Shards.read(tmp_path / "films")


@pytest.fixture
def double(monkeypatch):
    monkeypatch.setattr(work, "Served", Double)
    monkeypatch.setattr(Double, "opened", 0)
    work._model.cache_clear()
    yield
    work._model.cache_clear()


def test_answers_come_in_the_order_of_the_films_and_nan_is_counted(films, double):
    images, shards = films
    total = one_process(shards, scoring("model.onnx")).total
    np.testing.assert_array_equal(total.answers, Double("").answer(images).p[:, 0])
    assert (total.cases, total.patients, total.missing) == (7, 3, 1) and len(shards) > 1


def test_a_worker_opens_the_model_once_and_refuses_another(films, double, monkeypatch):
    _, shards = films
    one_process(shards, scoring("model.onnx"))
    assert Double.opened == 2, "once by who asks, and once by who answers"
    of_now = scoring("model.onnx")
    work._model.cache_clear()
    monkeypatch.setattr(Double, "read", classmethod(lambda cls, path: cls(path, "other")))
    with pytest.raises(DataError, match=r"model\.onnx was exchanged since the work began"):
        one_process(shards, of_now)


def test_an_exported_model_scores_alike_here_and_in_a_pool(tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    from medlearn.data.images import draw_films
    from medlearn.models.cnn import course_net
    from medlearn.serve.exported import Served, export, make_card

    films = draw_films([0, 1] * 12, seed=3)[0]
    about = {"name": "toy", "classes": ("normal", "pneumonia"), "threshold": 0.5, "trained_on": "films"}
    model = course_net((28, 28, 1), 2, width=2)
    path = export(
        model, tmp_path / "toy.onnx", make_card(model, films[:12], films[12:], simulated=True, **about)
    )
    order = np.random.default_rng(1).permutation(24)
    shards = write_shards(tmp_path / "films", Split(films, np.arange(24) % 2, order // 2), size=5)
    alone = one_process(shards, scoring(path)).total
    np.testing.assert_allclose(alone.answers, Served.read(path).answer(films).p[:, -1], atol=1e-6)
    shared = pool(shards, scoring(path), 2).total
    assert shared.digest == alone.digest and (shared.cases, shared.missing) == (24, 0)
    np.testing.assert_array_equal(shared.answers, alone.answers)
