"""Write a data set's simulated files, in the real data's own format.

    python data_scripts/simulate.py pneumonia icu --to small-data --seed 1

The files land in small-data/NAME with a note that nobody's data are in them. MEDLEARN_DATA=$PWD/small-data
makes the course use them; without that, the course makes its own when it needs them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from medlearn.data import catalogue, files, store
from medlearn.errors import DataError, run_script


def main(argv: Sequence[str] | None = None) -> None:
    """Write what the command line asks for."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("names", nargs="+", metavar="NAME", help="as in `medlearn data list`")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other patients")
    arguments = parser.parse_args(argv)
    for name in arguments.names:
        entry = catalogue.find(name)
        folder = arguments.to.absolute() / name
        if os.path.lexists(folder):
            raise DataError(f"{folder} is there already: name another place, or remove it first")
        with files.new_folder(folder) as draft:
            store.simulate(entry, draft, seed=arguments.seed)
        print(f"{name}: {folder}")


if __name__ == "__main__":
    run_script(main)
