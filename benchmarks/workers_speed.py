"""A table of results by several processes against one: `medlearn results NAME --workers N`.

    python benchmarks/workers_speed.py [NAME] [--workers 2] [--seeds 4] [-- further options of the recipe]

Each in a Python of its own, as a user would start it, on the stand-in data unless MEDLEARN_DATA says
otherwise. Both tables must have the same figures. What engines take for preparing, training and scoring is
what `medlearn results workers` measures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", nargs="?", default="negation")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("further", nargs="*")
    options = parser.parse_args()
    asked = [options.name, "--seeds", str(options.seeds), *options.further]
    alone = results(asked)
    shared = results([*asked, "--workers", str(options.workers)])
    seconds = [table.pop("seconds") for table in (alone, shared)]
    if alone != shared:
        raise SystemExit(f"{options.name}: the figures differ")
    print(f"{options.name}, {options.seeds} seeds, the same figures\n| processes | seconds |\n| --- | --- |")
    for processes, took in zip((1, options.workers), seconds, strict=True):
        print(f"| {processes} | {took:.1f} |")
    print(f"{seconds[0] / seconds[1]:.2f} times as fast")


def results(asked: Sequence[str]) -> dict:
    """The table that the command gives when it is `asked` for this."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        environment = {"MEDLEARN_DATA": "small"} | os.environ
        command = [sys.executable, "-m", "medlearn", "results", *asked, "--json", str(out)]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        return json.loads(out.read_text("utf-8"))


if __name__ == "__main__":
    main()
