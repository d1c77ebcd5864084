"""How fast windows for a recurrent net are cut, beside the articles' loop over slices of a DataFrame.

    python benchmarks/windows.py [--rows 100000] [--data FOLDER_WITH_set-a.tar.gz]

The loop is the articles' own: one DataFrame of all patients, `data[i:i + n].values` appended for each row. It
takes windows across patients and copies each row n times; the package's takes neither. Hourly grids of stays,
one row an hour; without --data of simulated stays.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd

from medlearn.data.records.physionet import read_stays
from medlearn.data.records.records import windows
from medlearn.data.records.simulate import write_stays

LENGTH = 24


def articles_loop(table: pd.DataFrame, length: int) -> np.ndarray:
    found = []
    for i in range(len(table) - length):
        found.append(table[i : i + length].values)
    return np.array(found)


def hourly_rows(data: Path | None, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Eight vital signs hour by hour, stay after stay, repeated up to `rows`."""
    with tempfile.TemporaryDirectory() as folder:
        if data is None:
            write_stays(Path(folder))
        stays = read_stays((data or Path(folder)) / "set-a.tar.gz")
    values = stays.grid(variables=stays.variables[:8]).values
    values = np.resize(values, (-(-rows // 48), 48, 8)).reshape(-1, 8)[:rows]
    return values, np.arange(rows) // 48


def timed(function, *arguments) -> tuple[float, object]:
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def main(data: Path | None, rows: int, rounds: int) -> None:
    values, patient = hourly_rows(data, rows)
    table = pd.DataFrame(values)
    loop, ours = [], []
    for _ in range(rounds):
        seconds, slow = timed(articles_loop, table, LENGTH)
        loop.append(seconds)
        seconds, fast = timed(windows, values, patient, LENGTH)
        ours.append(seconds)
    some = np.flatnonzero(fast.first < len(slow))[::500]  # the loop leaves the last window out
    np.testing.assert_array_equal(fast[some], slow[fast.first[some]])
    tracemalloc.start()
    windows(values, patient, LENGTH)
    peak = tracemalloc.get_traced_memory()[1]
    loop, ours = statistics.median(loop), statistics.median(ours)
    across = np.mean(patient[: len(slow)] != patient[LENGTH - 1 : LENGTH - 1 + len(slow)])
    kind = "real" if data else "SIMULATED"
    print(f"{rows:,} {kind} hourly rows, windows of {LENGTH}, median of {rounds} rounds")
    print(
        f"  the articles' loop  {loop:8.3f} s   {slow.nbytes / 2**20:6.0f} MB   {len(slow):7,} windows, "
        f"{across:.0%} of them across patients"
    )
    print(
        f"  medlearn            {ours:8.3f} s   {peak / 2**20:6.1f} MB   {len(fast):7,} windows   "
        f"{loop / ours:.0f} times as fast"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="the folder that holds set-a.tar.gz")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    main(given.data, given.rows, given.rounds)
