"""The log: a whole line for each answer, whoever writes at the same time, and nothing about a patient."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from medlearn.errors import DataError, FetchError
from medlearn.serve.log import FIELDS, Log, read_log
from medlearn.serve.reading import Film


def film(number=0):
    about = {"digest": f"{number:064x}", "scanner": "Nobody X 1", "study": "1.2.3.4", "width": 64}
    return Film(np.zeros((28, 28), np.uint8), about)


def said(p=0.25):
    more = {"sentence": "of Doe^Jane", "name": "toy", "film": {"study": "1.2.3.4"}}
    return {"model": "ab" * 32, "p": [p], "decision": "normal", "distance": 4.5} | more


@pytest.fixture
def path(tmp_path):
    return tmp_path / "logs" / "log.jsonl"


def test_a_line_holds_what_a_chart_needs_and_no_more(path):
    Log(path).append(said(), film(7))
    (row,), damaged = read_log(path)
    assert list(row) == list(FIELDS) and not damaged
    assert (row["model"], row["film"], row["p"]) == ("ab" * 32, f"{7:064x}", [0.25])
    assert (row["decision"], row["distance"], row["scanner"]) == ("normal", 4.5, "Nobody X 1")
    assert row["time"].endswith("+00:00")
    text = path.read_text()
    assert "Doe" not in text and "1.2.3.4" not in text and text.count("\n") == 1


def test_an_answer_is_on_the_disk_before_it_is_given(path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    log = Log(path)
    log.append(said(), film())
    assert synced == [path.stat().st_size]
    log.append(said(), film())
    assert len(synced) == 2


def test_lines_of_many_threads_and_of_two_servers_stay_whole(path):
    logs = [Log(path), Log(path)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: logs[n % 2].append(said(n / 400), film(n)), range(400)))
    rows, damaged = read_log(path)
    assert not damaged and sorted(row["film"] for row in rows) == [f"{n:064x}" for n in range(400)]


def test_a_half_written_line_is_named_and_costs_no_other(path):
    Log(path).append(said(), film(1))
    with path.open("ab") as stream:
        stream.write(b'{"time": "2026-11-27T')  # then the power failed
    log = Log(path)
    for number in (2, 3):
        log.append(said(), film(number))
    rows, damaged = read_log(path)
    assert [int(row["film"], 16) for row in rows] == [1, 2, 3]
    assert damaged == ["line 2 is damaged: it is left out"]


def test_a_full_disk_is_said_and_the_next_line_stands_alone(path, monkeypatch):
    log, write = Log(path), os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:20]))
    with pytest.raises(FetchError, match="is full: make room, the answer was not logged"):
        log.append(said(), film(1))
    monkeypatch.setattr(os, "write", write)
    log.append(said(), film(2))
    rows, damaged = read_log(path)
    assert [int(row["film"], 16) for row in rows] == [2] and damaged == ["line 1 is damaged: it is left out"]


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "7",
        "null",
        "not JSON",
        "[" * 10_000,
        "\x00" * 50,
        "x" * 100_000,
        json.dumps({"model": "ab"}),
        "without p",
        "p in words",
    ],
)
def test_a_damaged_line_is_named_and_the_rest_is_read(path, line):
    log = Log(path)
    log.append(said(), film(1))
    row = json.loads(path.read_text())
    line = {
        "without p": json.dumps({name: row[name] for name in row if name != "p"}),
        "p in words": json.dumps(row | {"p": ["high"]}),
    }.get(line, line)
    with path.open("a", newline="") as stream:
        stream.write(f"{line}\n\n")
    log.append(said(), film(2))
    rows, damaged = read_log(path)
    assert [int(row["film"], 16) for row in rows] == [1, 2]
    assert damaged == ["line 2 is damaged: it is left out"]


def test_what_is_no_log_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("words\n" * 20)
    with pytest.raises(DataError, match=r"notes\.txt is no log of answers"):
        read_log(tmp_path / "notes.txt")
    with pytest.raises(DataError, match=r"none\.jsonl cannot be read"):
        read_log(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").touch()
    assert read_log(tmp_path / "empty.jsonl") == ([], [])


def test_an_answer_that_is_no_number_is_not_logged(path):
    with pytest.raises(ValueError, match="Out of range"):
        Log(path).append(said(float("nan")), film())


def test_a_log_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "a").write_text("a file")
    with pytest.raises(FetchError, match="nothing can be written"):
        Log(tmp_path / "a" / "log.jsonl")


def test_a_closed_log_takes_nothing(path):
    log = Log(path)
    log.close()
    with pytest.raises(FetchError):
        log.append(said(), film())
