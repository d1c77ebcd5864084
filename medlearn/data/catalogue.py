"""Every data set of the course by name, gathered from the entries of each kind of data.

A kind is a folder beside this file with an entries.py, found by its place; a new data set is one entry there.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil

import medlearn.data
from medlearn.data.entry import Entry
from medlearn.errors import DataError


def kinds() -> list[str]:
    """The kinds of data that there are: images, records, tables and so on."""
    return sorted(module.name for module in pkgutil.iter_modules(medlearn.data.__path__) if module.ispkg)


def by_kind() -> dict[str, list[Entry]]:
    """The entries of each kind of data."""
    return {kind: importlib.import_module(f"medlearn.data.{kind}.entries").ENTRIES for kind in kinds()}


def find(name: str) -> Entry:
    """The entry called `name`.

    >>> find("breast").title
    'BreastMNIST'
    """
    if isinstance(name, str) and name in CATALOGUE:
        return CATALOGUE[name]
    near = difflib.get_close_matches(str(name).lower(), CATALOGUE, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(CATALOGUE)}"
    raise DataError(f"there is no data set called {name!r}; {hint}")


CATALOGUE: dict[str, Entry] = {entry.name: entry for entries in by_kind().values() for entry in entries}
