"""What a notebook pays before its first line of work: imports, and a kernel.

    python benchmarks/import_time.py

Each import in a Python of its own, less the start of a bare Python; in turns, medians. The notebook holds one
cell, executed as `medlearn run` does it.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

IMPORTS = {
    "medlearn": "import medlearn",
    "medlearn, the catalogue": "from medlearn.data import catalogue",
    "numpy": "import numpy",
    "pandas": "import pandas",
    "keras": "import medlearn, keras",  # medlearn first: it keeps TensorFlow quiet
}


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - start


def notebook_seconds(code: str) -> float:
    import nbclient
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    start = time.perf_counter()
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return time.perf_counter() - start


def main(rounds: int) -> None:
    bare, took = [], {name: [] for name in IMPORTS}
    for _ in range(rounds):
        bare.append(seconds("pass"))
        for name, code in IMPORTS.items():
            took[name].append(seconds(code))
    start = statistics.median(bare)
    cost = {name: statistics.median(times) - start for name, times in took.items()}
    print(f"median of {rounds} rounds; a bare Python starts in {start:.2f} s, which is taken off")
    for name, value in cost.items():
        print(f"  import {name:24s} {value:6.2f} s   {cost['keras'] / value:7.1f} times as fast as keras")
    empty, full = (
        statistics.median(notebook_seconds(code) for _ in range(rounds)) for code in ("", IMPORTS["keras"])
    )
    print(f"  a notebook's kernel, no imports {empty:6.2f} s")
    print(f"  a notebook's kernel and keras   {full:6.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    main(parser.parse_args().rounds)
