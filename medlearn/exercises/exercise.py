"""What an exercise is. The exercises themselves are in chNN.py."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any


class Exercise:
    """One question: what is right, and what each typical mistake is told.

    `judge(answer)` returns None for a right answer, else one or two sentences on what is wrong with it.
    `solve()` is the solution: real code, shown to the reader and run by the tests.
    """

    def __init__(
        self, *, hint: str, solve: Callable[[], Any], judge: Callable[[Any], str | None], praise: str
    ):
        self._hint, self._solve, self._judge, self._praise = hint, solve, judge, praise

    def check(self, answer: Any = ...) -> None:
        """Print whether `answer` is right, and if not, what to look at."""
        print(self.verdict(answer))

    def verdict(self, answer: Any = ...) -> str:
        if answer is ... or answer is None:
            return "Not answered yet: put your answer in place of the dots and run the cell again."
        if self._expects_function() and not callable(answer):
            return "Give the function itself, without calling it."
        try:
            wrong = self._judge(answer)
        except Exception as error:  # the reader's own function may fail in any way
            return f"Your answer stops with {type(error).__name__}: {error}"
        return f"Not yet. {wrong}" if wrong else f"Right. {self._praise}"

    def hint(self) -> None:
        print(textwrap.fill(self._hint, 100))

    def solution(self) -> None:
        print(textwrap.dedent(inspect.getsource(self._solve)))

    def _expects_function(self) -> bool:
        return callable(self._solve())
