"""The code that a notebook's cells hold, for tests that run it outside of the notebook."""

from __future__ import annotations

import functools

from tools import notebooks


@functools.cache
def _cells(number: str) -> list:
    (source,) = notebooks.sources([number])
    return notebooks.from_source(source).cells


def cell_with(number: str, text: str) -> str:
    """The text of the notebook's first cell that holds `text`."""
    return next(cell.source for cell in _cells(number) if text in cell.source)


def flagships(number: str) -> list[str]:
    """The code of the cells that are tagged as the notebook's flagship, in order."""
    return [cell.source for cell in _cells(number) if "flagship" in cell.metadata.get("tags", ())]
