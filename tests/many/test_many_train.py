"""One training three ways: equal results, two real processes, and what goes wrong between them."""

import hashlib
import json
import os
import socket
import sys
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest

from medlearn.errors import DataError
from medlearn.many import train
from medlearn.many.train import Job, one_process, one_process_two_devices, two_processes

rng = np.random.default_rng(0)
X = rng.integers(0, 256, (67, 12, 12, 1)).astype("uint8")
Y = (X[:, :6].mean((1, 2, 3)) > X[:, 6:].mean((1, 2, 3))).astype(int)


def job(**options):
    return Job(X, Y, **dict(batch_size=16, width=4, done_within=400) | options)


# Two real processes, where JAX is here


def listening_places(stop: threading.Event) -> set[str]:
    """Every address at which a process that this one started listens, until `stop` is set."""
    found = set()
    while not stop.wait(0.05):
        for child in psutil.Process().children(recursive=True):
            try:
                lines = child.net_connections("inet")
            except psutil.Error:  # it has ended
                continue
            found |= {line.laddr.ip for line in lines if line.status == psutil.CONN_LISTEN}
    return found


@pytest.fixture(scope="module")
def ways():
    """The same job in all three ways, and where the two processes listened meanwhile."""
    pytest.importorskip("jax")
    done = {way.__name__: way(job()) for way in (one_process, one_process_two_devices)}
    stop, listened = threading.Event(), []
    watch = threading.Thread(target=lambda: listened.append(listening_places(stop)))
    watch.start()
    try:
        done["two_processes"] = two_processes(job(), join_within=200)
    finally:
        stop.set()
        watch.join()
    return done, listened[0]


@pytest.mark.parametrize("way", ["one_process_two_devices", "two_processes"])
def test_the_loss_and_the_weights_are_those_of_one_process(ways, way):
    alone, shared = ways[0]["one_process"], ways[0][way]
    assert len(alone.losses) == 2 and alone.losses[0] != alone.losses[1]
    np.testing.assert_allclose(shared.losses, alone.losses, rtol=0, atol=1e-4)
    assert shared.weights == pytest.approx(alone.weights, rel=1e-4)


def test_two_processes_end_with_the_same_weights_and_each_has_read_its_own_half(ways):
    first, second = ways[0]["two_processes"].shares
    assert first.losses == second.losses and first.digest == second.digest
    targets = Y[:, None].astype("float32")
    for number, share in enumerate((first, second)):
        own = slice(number, None, 2)
        assert share.seen == hashlib.sha256(X[own].tobytes() + targets[own].tobytes()).hexdigest()
    assert (first.cases, second.cases) == (34, 33)
    assert [share.cases for share in ways[0]["one_process"].shares] == [67]


def test_two_processes_listen_to_this_machine_alone(ways):
    places = {place.removeprefix("::ffff:") for place in ways[1]}  # 127.0.0.1, as a socket for IPv6 writes it
    assert places and all(place.startswith("127.") for place in places), places


# The batches


def test_two_processes_see_the_halves_of_the_batches_that_one_process_sees(tmp_path):
    from medlearn.many import _worker

    train._write(tmp_path, job(), reading=[(0,), (1,)], devices=1, address="127.0.0.1:1")
    asked = json.loads((tmp_path / train.ASKED).read_text())
    assert asked["steps"] == 4 and asked["reading"] == [[0], [1]]
    both, *halves = (_worker._Cases(tmp_path, numbers, asked) for numbers in ((0, 1), (0,), (1,)))
    epochs = []
    for _ in range(2):
        epochs.append([both[number][0] for number in range(len(both))])
        for number, images in enumerate(epochs[-1]):
            assert len(images) == 16
            np.testing.assert_array_equal(images, np.concatenate([half[number][0] for half in halves]))
        assert len(np.unique(np.concatenate(epochs[-1]).reshape(64, -1), axis=0)) == 64, "one was seen twice"
        for cases in (both, *halves):
            cases.on_epoch_end()
    assert (epochs[0][0] != epochs[1][0]).any(), "the order is new each epoch"


def test_images_keep_their_class_and_a_rare_class_weighs_more(tmp_path):
    from medlearn.many import _worker

    kinds = np.arange(67) % 5 % 3  # 0, 1, 2, 0, 1: 27, 27 and 13 of them
    shown = np.broadcast_to(kinds[:, None, None, None], X.shape).astype("uint8")
    train._write(tmp_path, Job(shown, kinds, batch_size=16), reading=[(0, 1)], devices=1, address="")
    asked = json.loads((tmp_path / train.ASKED).read_text())
    x, y = _worker._Cases(tmp_path, (0, 1), asked)[0]
    np.testing.assert_array_equal(y.argmax(axis=1), x[:, 0, 0, 0])
    np.testing.assert_allclose(asked["class_weight"], 67 / 3 / np.bincount(kinds))


# What cannot be shared


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"batch_size": 15}, "global batch of 15 cases cannot be shared evenly.*make it 14 or 16"),
        ({"batch_size": 1}, "global batch of 1 cases.*make it 2 or 4"),
        ({"batch_size": 68}, "67 cases do not fill one global batch of 68"),
        ({"epochs": 0}, "0 epochs teach nothing"),
        ({"y": Y[:-1]}, r"\(67, 12, 12, 1\) and \(66,\)"),
        ({"x": X[..., 0]}, r"\(n, height, width, channels\).*\(67, 12, 12\)"),
        ({"y": Y - 1}, "whole number: 0, 1 and so on"),
        ({"y": Y / 2}, "whole number: 0, 1 and so on"),
    ],
)
def test_a_job_that_cannot_be_shared_is_refused(options, sentence):
    with pytest.raises(DataError, match=sentence):
        Job(**dict(x=X, y=Y, batch_size=16) | options)


ELSEWHERE = ["0.0.0.0:0", "192.168.1.5:0", "example.org:80", "[::]:0"]
MALFORMED = ["127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000"]


@pytest.mark.parametrize("address", ELSEWHERE + MALFORMED)
def test_an_address_that_is_not_of_this_machine_alone_is_refused(address, monkeypatch):
    monkeypatch.setattr(train, "_Worker", None)  # nothing starts
    with pytest.raises(DataError, match=r"is not an address of this machine alone.*127\.0\.0\.1:0"):
        two_processes(job(), address=address)


def test_a_port_that_is_taken_is_named():
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        line.listen()
        taken = f"localhost:{line.getsockname()[1]}"
        with pytest.raises(DataError, match=f"{taken} is taken: name another port"):
            two_processes(job(), address=taken)


def test_a_shard_that_is_not_there_is_refused():
    with pytest.raises(DataError, match=r"for each of 2 processes, not \(0, 2\)"):
        two_processes(job(), reading=(0, 2))


def test_without_jax_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(train.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"train on JAX, which is not here: make electives"):
        one_process(job())


# What goes wrong between processes; these only speak as those that train do


HERE, JOINED = "print('{}', flush=True)\n", 2 * "print('{}', flush=True)\n"
SLEEP = "import time; time.sleep(600)"
RESULT = """
import hashlib, json, pathlib, sys
folder, number = pathlib.Path(sys.argv[1]), int(sys.argv[2])
read = json.loads((folder / "asked.json").read_text())["reading"][number]
seen = hashlib.sha256(b"".join((folder / f"shard-{shard}.npz").read_bytes() for shard in read)).hexdigest()
said = dict(losses=[0.7, 0.6], weights=1.0, digest="d", seen=seen, cases=33, seconds=1.0)
print(json.dumps(said), flush=True)
"""


@pytest.fixture
def acting(monkeypatch):
    """Let each process run these lines of Python; afterwards none of them may be left."""
    before = set(psutil.Process().children())

    def act(*codes: str):
        monkeypatch.setattr(train, "_need_jax", lambda: None)
        monkeypatch.setattr(
            train,
            "_command",
            lambda folder, number: [sys.executable, "-c", codes[number], str(folder), str(number)],
        )

    yield act
    assert set(psutil.Process().children()) <= before


def test_a_process_that_never_comes_is_named_after_a_while(acting):
    acting(HERE + SLEEP, SLEEP)
    with pytest.raises(DataError, match=r"^process 1 of 2 did not come within 0\.2 seconds after the first"):
        two_processes(job(), join_within=0.2)


def test_who_has_not_joined_is_named_whether_one_came_or_not():
    assert train._missing([0, 1], 5).startswith("process 0 of 2 did not come within 5 seconds")
    assert train._missing([1, 1], 5).startswith("the processes did not meet within 5 seconds")


def test_a_process_that_fails_ends_the_other_and_its_last_words_are_told(acting):
    acting(JOINED + SLEEP, HERE + "raise SystemExit('no memory is left')")
    with pytest.raises(
        DataError, match=r"^process 1 of 2 ended before .* \(no memory is left\): see whether"
    ):
        two_processes(job())


def test_a_process_that_ends_without_a_result_is_no_success(acting):
    acting(JOINED + SLEEP, JOINED)
    with pytest.raises(DataError, match=r"process 1 of 2 ended .* \(without a word, code 0\)"):
        two_processes(job())


def test_a_training_that_takes_too_long_is_given_up(acting):
    acting(JOINED + SLEEP, JOINED + SLEEP)
    with pytest.raises(DataError, match=r"not done within 0\.5 seconds: take fewer epochs"):
        two_processes(job(done_within=0.5))


def test_two_processes_that_read_the_same_shard_are_found_out(acting):
    acting(JOINED + RESULT, JOINED + RESULT)
    done = two_processes(job())
    assert done.losses == [0.7, 0.6] and [share.cases for share in done.shares] == [33, 33]
    with pytest.raises(DataError, match=r"read the same 33 of 67 cases.*loss went 0\.700 to 0\.600"):
        two_processes(job(), reading=(0, 0))


def test_a_process_ends_when_the_one_that_started_it_is_gone(monkeypatch):
    from medlearn.many import _worker

    ended = []
    monkeypatch.setattr(_worker.os, "_exit", ended.append)
    kept, (reading, writing) = os.dup(0), os.pipe()
    try:
        os.dup2(reading, 0)
        watch = threading.Thread(target=_worker._end_with_parent)
        watch.start()
        assert not ended
        os.close(writing)  # as when the other process ends, however it does
        watch.join(60)
    finally:
        os.dup2(kept, 0)
        os.close(reading)
    assert ended == [1]


def test_the_environment_of_a_process_has_no_proxy_and_one_coordinator(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    monkeypatch.setenv("JAX_NUM_CPU_DEVICES", "7")
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=3")
    found = train._environment(2, "127.0.0.1:5000")
    assert "http_proxy" not in found and "JAX_NUM_CPU_DEVICES" not in found
    assert found["JAX_COORDINATOR_BIND_ADDRESS"] == "127.0.0.1:5000" and found["KERAS_BACKEND"] == "jax"
    assert found["XLA_FLAGS"].split() == [
        "--xla_backend_optimization_level=0",
        "--xla_backend_optimization_level=3",
        "--xla_force_host_platform_device_count=2",
    ]


def test_the_worker_is_a_program_of_the_package():
    command = train._command(Path("folder"), 1)
    assert command[1:] == ["-m", "medlearn.many._worker", "folder", "1"]
