"""The errors a user can cause, each one sentence: what, where, and what to do."""

from __future__ import annotations


class MedlearnError(Exception):
    """Something the user can mend; the message says how."""


class DataError(MedlearnError, ValueError):
    """A file, folder, table or argument that does not hold what it should."""


class UndefinedMeasure(DataError):
    """A measure, rightly called, that has no value on these cases: one class only, nobody called positive."""


class FetchError(MedlearnError, OSError):
    """A file that could not be had: no network, a wrong digest, a full disk."""
