"""The errors a user can cause, each one sentence: what, where, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn


class MedlearnError(Exception):
    """Something the user can mend; the message says how."""


class DataError(MedlearnError, ValueError):
    """A file, folder or table that does not hold what it should."""


class FetchError(MedlearnError, OSError):
    """A file that could not be had: no network, a wrong digest, a full disk."""


def run_script(main: Callable[[], int | None]) -> NoReturn:
    """End Python with the exit status of `main`, or with one sentence if it raises an error of this file."""
    try:
        sys.exit(main())
    except MedlearnError as error:
        sys.exit(f"{Path(sys.argv[0]).stem}: {error}")
