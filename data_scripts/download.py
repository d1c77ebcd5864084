"""Get real data sets into the cache, checked, and say how to cite them.

    python data_scripts/download.py pneumonia icu

What is there already is not got again. MEDLEARN_CACHE moves the cache, MEDLEARN_MIRROR names a nearer source.
"""

import argparse
import sys

from medlearn.data import catalogue, store
from medlearn.errors import MedlearnError


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="+", metavar="NAME", help="as in `medlearn data list`")
    for entry in [catalogue.find(name) for name in parser.parse_args(argv).names]:
        print(f"{entry.name}: {'comes with scikit-learn' if entry.bundled else store.fetch_all(entry)}")
        print(f"  {entry.title}, {entry.licence}. {entry.citation}. {entry.homepage}")


if __name__ == "__main__":
    try:
        main()
    except MedlearnError as error:
        sys.exit(f"download: {error}")
