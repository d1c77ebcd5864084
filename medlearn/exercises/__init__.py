"""Exercises that answer: check, hint, solution. One module a notebook, chNN."""

from medlearn.exercises.answers import record
from medlearn.exercises.exercise import Exercise

__all__ = ["Exercise", "record"]
