"""Fill a folder that machines without the internet can use in place of the data's sources.

    python data_scripts/mirror.py /srv/medlearn pneumonia icu
    MEDLEARN_MIRROR=/srv/medlearn MEDLEARN_DATA=full jupyter lab     # or an address that serves the folder

It holds NAME/FILENAME, and SHA256SUMS for `sha256sum --check`. Files with a known digest are checked against
it again wherever they are used.
"""

import argparse
import sys
from pathlib import Path

from medlearn.data import catalogue, store
from medlearn.errors import MedlearnError


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("names", nargs="+", metavar="NAME", help="as in `medlearn data list`")
    arguments = parser.parse_args(argv)
    for entry in [catalogue.find(name) for name in arguments.names]:
        store.add_to_mirror(entry, arguments.folder)
        print(f"{entry.name}: {arguments.folder / entry.name}")


if __name__ == "__main__":
    try:
        main()
    except MedlearnError as error:
        sys.exit(f"mirror: {error}")
