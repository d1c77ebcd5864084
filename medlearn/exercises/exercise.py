"""What an exercise is. The exercises themselves are in chNN.py."""

from __future__ import annotations

import functools
import inspect
import json
import math
import os
import sys
import textwrap
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from medlearn.errors import DataError

# The file, chosen by the learner, to which what was tried is written; unset, nothing is.
ANSWERS = "MEDLEARN_ANSWERS"


class Exercise:
    """One question: what is right, and what each typical mistake is told.

    `judge(answer)` returns None for a right answer, else one or two sentences on what is wrong with it.
    `solve()` is the solution: real code, shown to the reader and run by the tests. Where a function is
    asked for, `solve()` returns one, and a function whose answer is still dots counts as not answered.
    """

    def __init__(
        self, *, hint: str, solve: Callable[[], Any], judge: Callable[[Any], str | None], praise: str
    ):
        self._hint, self._solve, self._judge, self._praise = hint, solve, judge, praise

    def check(self, answer: Any = ...) -> None:
        """Print whether `answer` is right, and if not, what to look at."""
        verdict = self.verdict(answer)
        print(textwrap.fill(verdict, 100))
        if os.environ.get(ANSWERS):
            _write_down(self, verdict)

    @property
    def name(self) -> str:
        """Where it stands: "ch01.q1"."""
        module = self._solve.__module__
        here = (name for name, value in vars(sys.modules[module]).items() if value is self)
        return f"{module.rpartition('.')[2]}.{next(here, '?')}"

    def verdict(self, answer: Any = ...) -> str:
        if answer is ... or answer is None:
            return "Not answered yet: put your answer in place of the dots and run the cell again."
        if self._expects_function():
            if not callable(answer):
                return "Give the function itself, without calling it."
            answer = _refuse_dots(answer)
        try:
            wrong = self._judge(answer)
        except _Unanswered:
            return "Not answered yet: let your function return its answer in place of the dots."
        except Exception as error:  # the reader's own function may fail in any way
            return f"Your answer stops with {type(error).__name__}: {error}"
        return f"Not yet. {wrong}" if wrong else f"Right. {self._praise}"

    def hint(self) -> None:
        print(textwrap.fill(self._hint, 100))

    def solution(self) -> None:
        print(textwrap.dedent(inspect.getsource(self._solve)))

    def _expects_function(self) -> bool:
        return callable(self._solve())


class _Unanswered(Exception):
    """The reader's function returned the stub's dots, or nothing."""


def _refuse_dots(function: Callable) -> Callable:
    @functools.wraps(function)
    def asked(*arguments, **named):
        if (answer := function(*arguments, **named)) is ... or answer is None:
            raise _Unanswered
        return answer

    return asked


def number(
    right: float, mistakes: Mapping[float, str], otherwise: str, *, tolerance: float = 0.005
) -> Callable[[Any], str | None]:
    """A judge of one number: right within `tolerance`; each typical wrong number has its own message.

    >>> judge = number(0.75, {0.25: "That is the share that was missed."}, "Count again.")
    >>> judge(0.75), judge(0.25), judge(0.5)
    (None, 'That is the share that was missed.', 'Count again.')
    """

    def judge(answer: Any) -> str | None:
        try:
            value = float(answer)
        except (TypeError, ValueError):
            return "The answer is one number."
        if math.isclose(value, right, abs_tol=tolerance):
            return None
        near = (said for wrong, said in mistakes.items() if math.isclose(value, wrong, abs_tol=tolerance))
        return next(near, otherwise)

    return judge


def letters(right: str, why: Mapping[str, str], *, called: str, innocent: str) -> Callable[[Any], str | None]:
    """A judge of a set of letters: the first one wrongly named, else the first one missed, with its reason.

    >>> judge = letters("B", {"A": "it is fair.", "B": "who is in both?"}, called="plan", innocent="stands")
    >>> judge("B"), judge("AB"), judge(set())
    (None, 'Plan A stands: it is fair.', '1 more. Look again at plan B: who is in both?')
    """

    def judge(answer: Any) -> str | None:
        if not isinstance(answer, (str, set, frozenset, list, tuple)):
            return 'Give the letters, such as {"A", "B"}.'
        given = {str(letter).strip().upper() for letter in answer} - {"", ","}
        if unknown := given - set(why):
            return f"There is no {called} {min(unknown)}: the letters are A to {max(why)}."
        if wrong := given - set(right):
            return f"{called.capitalize()} {min(wrong)} {innocent}: {why[min(wrong)]}"
        if missed := set(right) - given:
            return f"{len(missed)} more. Look again at {called} {min(missed)}: {why[min(missed)]}"
        return None

    return judge


# What was tried, for those who want to hand it in


def record(path: str | Path | None) -> None:
    """From now on write what you try to a file of your own, one line a try; `None` stops it.

    A line holds the exercise, the time, whether the answer was right, and if not, what you were told. Your
    name and your code are not written, and nothing is sent anywhere. Setting MEDLEARN_ANSWERS to a path
    before Jupyter starts does the same for all notebooks.
    """
    if path is None:
        os.environ.pop(ANSWERS, None)
        print("What you try is no longer written down.")
        return
    path = Path(path).expanduser().absolute()
    try:
        path.open("ab").close()
    except OSError as error:
        raise DataError(
            f"{path} cannot be written to ({error.strerror}): name a file in a folder of yours"
        ) from error
    os.environ[ANSWERS] = str(path)
    print(f"What you try is now written to {path}, and sent nowhere. record(None) stops it.")


def _write_down(exercise: Exercise, verdict: str) -> None:
    """One whole line in one go, so that two notebooks can write to one file."""
    if verdict.startswith("Not answered yet"):
        return
    right = verdict.startswith("Right. ")
    told = "" if right else verdict.removeprefix("Not yet. ")
    if told.startswith("Your answer stops with"):  # what follows is Python's, and may name files
        told = told.partition(":")[0]
    line = {
        "exercise": exercise.name,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "right": right,
        "told": told,
    }
    path = Path(os.environ[ANSWERS]).expanduser()
    try:
        with path.open("ab", buffering=0) as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        print(f"(Not written down: {path} cannot be written to, {error.strerror}.)")
