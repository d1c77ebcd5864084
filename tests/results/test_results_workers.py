"""The recipe of many at once, with engines that need no time: its table, what counts as the same, refusals.

That the real engines agree is what tests/many shows.
"""

import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.many import work
from medlearn.many.train import Trained
from medlearn.many.work import Run, Summary, combine
from medlearn.results import main
from medlearn.results import workers as recipe
from medlearn.results.table import OURS

ROWS = [
    *("preparation, 1 process", "preparation, a pool of 2"),
    *("preparation, 2 Dask workers", "preparation, 2 Dask workers, one killed"),
    *("training, 1 process", "training, 1 process, 2 devices", "training, 2 processes"),
    *("scoring, 1 process", "scoring, 2 Dask workers"),
]


@pytest.fixture
def asked(monkeypatch):
    """Engines that do the work here and say how long they pretend to take; what each was asked."""
    asked = {"pool": [], "dask": [], "trained": []}
    alone = work.one_process

    def one_process(shards, do):
        return alone(shards, do)._replace(seconds=8.0)

    def pool(shards, do, workers):
        asked["pool"].append(workers)
        return alone(shards, do)._replace(seconds=5.0, start_seconds=1.0)

    def dask_workers(shards, do, workers, *, scheduler=None, kill_after=None):
        asked["dask"].append((len(shards), workers, scheduler, kill_after))
        seconds = 4.0 if kill_after is None else 7.0
        return alone(shards, do)._replace(seconds=seconds, start_seconds=2.0, killed=kill_after is not None)

    def trained(way, off):
        def fit(job):
            asked["trained"].append((way, len(job.x), job.epochs, job.batch_size, job.seed))
            return Trained([0.6 + off, 0.5], 13.0 + off, 3.0, 4.0, [])

        return fit

    def prepare(path):
        found = recipe.work.read_shard(path)
        cases = len(found.cases)
        return Summary(found.digest, found.digest, cases, cases, 0)

    def score(path):
        found = recipe.work.read_shard(path)
        p = found.cases.x.mean(axis=(1, 2, 3)) / 255
        number = found.cases.about["number"]
        return Summary(found.digest, str(p.sum()), len(p), len(p), 0, number, p)

    for name, function in (("one_process", one_process), ("pool", pool), ("dask_workers", dask_workers)):
        monkeypatch.setattr(work, name, function)
    for name, off in (("one_process", 0), ("one_process_two_devices", 2e-6), ("two_processes", -3e-6)):
        monkeypatch.setattr(recipe.train, name, trained(name, off))
    monkeypatch.setattr(recipe, "example_model", lambda: "model.onnx")
    monkeypatch.setattr(work, "prepare", prepare)
    monkeypatch.setattr(work, "scoring", lambda model: score)
    monkeypatch.setattr(recipe, "STAYS_IN_SHARD", 900)
    monkeypatch.setenv("MEDLEARN_DATA", "small")
    return asked


def test_the_command_prints_one_table(asked, capsys):
    main(["workers", "--seeds", "2", "--stays", "7000", "--scored", "2000"])
    printed = capsys.readouterr().out
    for said in (
        "simulated",
        "| same answer as 1 process, share of runs | seconds | seconds to start |",
        "| **this course** | 1.000 (1.000 to 1.000) |",
        "Preparation: 7,200 stays",
        "in all 8 runs.",
        "Preparation by a pool of 2: 1.60 times as fast as by 1 process, with the start 1.33 times (medians)",
        "A killed worker costs, start included, so many times the time without: 1.50, 1.50.",
        "losses 0.6000 and 0.5000 in the first run; the greatest difference from 1 process is 3e-06",
        "Scoring by 2 Dask workers: 2.00 times as fast",
    ):
        assert said in printed, said
    assert asked["pool"] == [2, 2] and len(asked["dask"]) == 6
    assert [seed for *_, seed in asked["trained"]] == [0, 0, 0, 1, 1, 1]
    assert {(epochs, batch) for _, _, epochs, batch, _ in asked["trained"]} == {(2, 64)}
    killed = [(shards, after) for shards, _, _, after in asked["dask"] if after is not None]
    assert len(killed) == 2 and all(0 < after < shards == 12 for shards, after in killed)


def test_the_rows_are_each_way_of_each_part_and_ours_is_all(asked):
    table = recipe.run("workers", seeds=2, stays=100, scored=100)
    assert list(table.rows) == [OURS, *ROWS]
    assert all(row["same"] == [1, 1] for row in table.rows.values())
    assert table.rows["preparation, 2 Dask workers, one killed"]["seconds"] == [7, 7]
    assert table.rows[OURS]["seconds"] == [8 + 5 + 4 + 7 + 3 * 3 + 8 + 4] * 2
    assert table.rows[OURS]["start"] == [0 + 1 + 2 + 2 + 3 * 4 + 0 + 2] * 2


def test_parts_can_be_left_out_and_a_scheduler_s_worker_is_not_killed(asked):
    parts, sizes = ["scoring", "preparation"], {"stays": 100, "scored": 100}
    table = recipe.run("workers", seeds=2, parts=parts, scheduler="tcp://127.0.0.1:1", **sizes)
    assert list(table.rows) == [OURS, *ROWS[:3], *ROWS[-2:]]
    assert {(scheduler, after) for _, _, scheduler, after in asked["dask"]} == {("tcp://127.0.0.1:1", None)}
    assert not asked["trained"] and any("none was killed" in note for note in table.notes)


def run_of(*summaries):
    return Run(combine(summaries), 1.0)


def test_a_bit_that_differs_is_not_the_same():
    first = Summary("a", "1", 10, 8, 0, np.arange(2), np.array([0.5, np.nan]))
    assert recipe.same(run_of(first), run_of(first))
    assert not recipe.same(run_of(first), run_of(first._replace(digest="2")))
    assert not recipe.same(run_of(first), run_of(first._replace(cases=11)))
    assert not recipe.same(run_of(first), run_of(first._replace(answers=np.array([0.5, 0.5]))))
    assert not recipe.same(run_of(first), run_of(first._replace(number=None, answers=None)))


def test_a_loss_that_differs_or_is_no_number_is_not_the_same():
    right = Trained([0.6, 0.5], 1.0, 1.0, 1.0, [])
    assert recipe.same(right, right._replace(losses=[0.60009, 0.5]))
    assert not recipe.same(right, right._replace(losses=[0.6, 0.5002]))
    assert not recipe.same(right, right._replace(losses=[0.6, np.nan]))


def test_what_differs_lowers_the_share_and_is_said():
    right, wrong = (run_of(Summary("a", digest, 10, 8, 3)) for digest in "12")
    rounds = [{"1 process": right, "2 Dask workers": one} for one in (right, wrong)]
    found = {"preparation": rounds}
    rows = recipe.rows_of(found)
    assert rows["preparation, 2 Dask workers"]["same"] == [1, 0] and rows[OURS]["same"] == [1, 0.5]
    said = " ".join(recipe.notes(found, 2, None))
    assert "10 stays, 3 of their values missing; 2 different digests in 4 runs." in said


def test_stays_are_copied_until_they_suffice(monkeypatch, tmp_path):
    monkeypatch.setenv("MEDLEARN_DATA", "small")
    data = recipe.load_data("pneumonia")
    films = sum(map(len, data.splits.values()))
    shards = recipe.sharded(data, films + 1, 500, tmp_path)
    assert shards.cases == 2 * films and all(one.cases <= 500 for one in shards.listed)
    assert recipe.sharded(data, 1, 500, tmp_path / "once").cases == films


def test_what_cannot_be_done_is_one_sentence(asked, capsys):
    with pytest.raises(SystemExit):
        main(["workers", "--parts", "dreaming"])
    assert "invalid choice: 'dreaming'" in capsys.readouterr().err
    with pytest.raises(DataError, match="1 seed"):
        main(["workers", "--seeds", "1"])


def test_a_scheduler_elsewhere_is_refused_before_anything_is_loaded(monkeypatch):
    monkeypatch.setattr(recipe, "load_data", None)
    with pytest.raises(DataError, match=r"on this machine, not 'tcp://192\.0\.2\.1:8786'"):
        recipe.run("workers", scheduler="tcp://192.0.2.1:8786")
