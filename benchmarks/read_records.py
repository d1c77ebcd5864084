"""How fast, and in how much memory, stays are read from a PhysioNet archive.

    python benchmarks/read_records.py --data FOLDER_WITH_set-a.tar.gz

Compares the package's reader with one `pandas.read_csv` a file, a concat and a pivot, both from the archive's
members. Each figure is taken in a process of its own, imports not counted, the two in turns, medians. Then
the set is repeated under other numbers, to see that time and memory grow with it, and streamed, to see that
memory does not. Without --data, simulated stays in the same format are used.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from medlearn.data import files
from medlearn.data.records import physionet


def with_pandas(path: Path) -> float:
    """The usual way. It neither checks nor sorts anything."""
    import pandas as pd

    start = time.perf_counter()
    tables = []
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile():
                table = pd.read_csv(archive.extractfile(member))
                table["RecordID"] = int(Path(member.name).stem)
                tables.append(table)
    rows = pd.concat(tables, ignore_index=True)
    rows.pivot_table(index=["RecordID", "Time"], columns="Parameter", values="Value", aggfunc="last")
    return time.perf_counter() - start


def with_medlearn(path: Path) -> float:
    import pandas  # noqa: F401  imported first, as above

    start = time.perf_counter()
    physionet.read_stays(path)
    return time.perf_counter() - start


def streamed(path: Path) -> float:
    import pandas  # noqa: F401

    start = time.perf_counter()
    for _ in physionet.iter_stays(path):
        pass
    return time.perf_counter() - start


JOBS = {job.__name__: job for job in (with_pandas, with_medlearn, streamed)}


def run(job, path: Path, cache: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of a job in a process of its own."""
    command = [sys.executable, __file__, "--job", job.__name__, "--data", str(path)]
    output = subprocess.run(
        command, env=os.environ | {"MEDLEARN_CACHE": str(cache)}, check=True, capture_output=True, text=True
    )
    return tuple(json.loads(output.stdout))


def write_repeated(stays: list[tuple[int, bytes]], count: int, path: Path) -> Path:
    """An archive of `count` stays: the same ones again and again, numbered from 1."""
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for place in range(count):
            number, text = stays[place % len(stays)]
            other = place + 1
            text = text.replace(b"RecordID,%d\n" % number, b"RecordID,%d\n" % other, 1)
            member = tarfile.TarInfo(f"set-a/{other}.txt")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return path


def source(data: Path | None, folder: Path) -> Path:
    if data is not None:
        return data / "set-a.tar.gz"
    from medlearn.data.records.simulate import write_stays

    write_stays(folder)
    stays = [(int(Path(name).stem), text) for name, text in files.safe_tar_members(folder / "set-a.tar.gz")]
    return write_repeated(stays, 4000, folder / "simulated.tar.gz")


def main(data: Path | None, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        path = source(data, folder)
        print(f"{path.name}: {'real' if data else 'SIMULATED'} stays, median of {rounds} rounds")
        usual, first, again = [], [], []
        for place in range(rounds):
            cache = folder / f"cache{place}"
            usual.append(run(with_pandas, path, cache)[0])
            first.append(run(with_medlearn, path, cache)[0])
            again.append(run(with_medlearn, path, cache)[0])
        usual, first, again = (statistics.median(times) for times in (usual, first, again))
        for how, seconds in (
            ("one pandas.read_csv a file, concat, pivot", usual),
            ("medlearn, first time", first),
            ("medlearn, from the cache", again),
        ):
            print(f"  {how:42s} {seconds:7.2f} s   {usual / seconds:5.1f} times as fast")
        stays = [(int(Path(name).stem), text) for name, text in files.safe_tar_members(path)]
        print("the set repeated     seconds   a 1,000   peak MB")
        jobs = [(with_medlearn, 1000), (with_medlearn, 4000), (with_medlearn, 12000)]
        for job, count in [*jobs, (streamed, 12000), (streamed, 48000)]:
            repeated = write_repeated(stays, count, folder / "repeated.tar.gz")
            seconds, peak = run(job, repeated, folder / f"cache of {count}")
            how = "streamed" if job is streamed else "whole"
            print(f"  {count:6,} {how:8s}   {seconds:8.2f}  {1000 * seconds / count:8.3f}  {peak:8.0f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="the folder that holds set-a.tar.gz")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        seconds = JOBS[given.job](given.data)
        print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
    else:
        main(given.data, given.rounds)
