"""Exercises that answer: check, hint, solution. One module a notebook, ch01 to ch06."""

from medlearn.exercises.exercise import Exercise, record

__all__ = ["Exercise", "record"]
