"""What an exercise is. The exercises themselves are in chNN.py."""

from __future__ import annotations

import functools
import inspect
import math
import sys
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from medlearn.exercises.answers import passed, write_down
from medlearn.exercises.verdict import show

MOST_ENTRIES = 100_000  # of an answer: a range may have so many that looking at them fills the memory


class Exercise:
    """One question: what is right, and what each typical mistake is told.

    Parameters
    ----------
    hint : what helps without being the solution, in one step or in several: the first says where to look,
        the last says nearly how.
    solve : a function without parameters that returns the solution: real code, shown to the reader and run
        by the tests. Where the reader is asked for a function, it returns one, and a function that still
        returns dots counts as not answered.
    judge : a function of the answer; returns None for a right one, else one or two sentences on what is
        wrong with it.
    praise : what a right answer shows.
    builds : whether the reader is asked for something that is built, such as a model: it is judged as it is,
        and `solve`, which may train, is not run to look at an answer.
    """

    def __init__(
        self,
        *,
        hint: str | tuple[str, ...],
        solve: Callable[[], Any],
        judge: Callable[[Any], str | None],
        praise: str,
        builds: bool = False,
    ):
        self.hints = (hint,) if isinstance(hint, str) else hint
        self._solve, self._judge, self._praise, self._builds = solve, judge, praise, builds
        self._hints_given, self._missed, self._passed = 0, False, False

    def check(self, answer: Any = ...) -> None:
        """Show whether `answer` is right, and if not, what to look at."""
        verdict = self.verdict(answer, again=self._missed)
        if verdict.startswith("Not answered yet"):
            show("unanswered", verdict)
            return
        right = verdict.startswith("Right. ")
        self._missed, self._passed = self._missed or not right, self._passed or right
        show("right", f"{verdict} {self._how_far()}") if right else show("wrong", verdict)
        write_down(self.name, right=right, told="" if right else _without_details(verdict))

    def _how_far(self) -> str:
        """How many exercises of this chapter were answered rightly, now or in an earlier sitting."""
        chapter = sys.modules[self._solve.__module__]
        own = [one for one in vars(chapter).values() if isinstance(one, Exercise)]
        earlier = passed()
        done = sum(one._passed or one.name in earlier for one in own)
        return f"({done} of {len(own)} in this chapter.)"

    @property
    def name(self) -> str:
        """Where it stands: "ch01.q1"."""
        module = self._solve.__module__
        here = (name for name, value in vars(sys.modules[module]).items() if value is self)
        return f"{module.rpartition('.')[2]}.{next(here, '?')}"

    @property
    def about(self) -> str:
        """What it is about, in the words of its solution's name: "parameters of a layer"."""
        return self._solve.__name__.replace("_", " ")

    def verdict(self, answer: Any = ..., *, again: bool = True) -> str:
        """What is said of `answer`: "Right. …", "Not yet. …" or "Not answered yet: …".

        A judge that would give the answer away says less the first time, before somebody tries `again`.
        """
        if answer is ... or answer is None:
            return "Not answered yet: put your answer in place of the dots and run the cell again."
        if self._expects_function():
            if not callable(answer):
                return "Give the function itself, without calling it."
            answer = _refuse_dots(answer)
        if (entries := _count(answer)) > MOST_ENTRIES:
            return f"Not yet. Your answer has {entries:,} entries, far more than are asked for."
        try:
            wrong = self._judge(answer)
        except _Unanswered:
            return "Not answered yet: let your function return its answer in place of the dots."
        except _NotOfItsKind as refused:
            wrong = str(refused)
        except Exception as error:  # the reader's own function may fail in any way
            return f"Your answer stops with {type(error).__name__}: {error}"
        if not wrong:
            return f"Right. {self._praise}"
        brief = None if again else getattr(self._judge, "at_first", lambda answer: None)(answer)
        return f"Not yet. {brief or wrong}"

    def hint(self) -> None:
        """Print what helps without being the solution; asked again, the next step as well."""
        self._hints_given = min(self._hints_given + 1, len(self.hints))
        for number, step in enumerate(self.hints[: self._hints_given], start=1):
            print(textwrap.fill(f"{number}. {step}" if len(self.hints) > 1 else step, 100))
        if left := len(self.hints) - self._hints_given:
            print(f"({left} more: run the cell again.)")

    def solution(self) -> None:
        """Print the code of the solution."""
        print(textwrap.dedent(inspect.getsource(self._solve)))

    def _expects_function(self) -> bool:
        return not self._builds and callable(self._solve())


def _count(answer: Any) -> int:
    """How many entries an answer has; 0 where it cannot be asked."""
    try:
        return len(answer)
    except Exception:  # whatever the answer is
        return 0


class _Unanswered(Exception):
    """The reader's function returned the stub's dots, or nothing."""


class _NotOfItsKind(Exception):
    """The answer is no number, or no array of that shape; the message is for the reader."""


def _without_details(verdict: str) -> str:
    """What is written down of a verdict: of an error in the reader's code only its kind, no file names."""
    told = verdict.removeprefix("Not yet. ")
    return told.partition(":")[0] if told.startswith("Your answer stops with") else told


def _refuse_dots(function: Callable) -> Callable:
    """`function`, which is not answered yet while it returns dots."""

    @functools.wraps(function)
    def asked(*arguments, **named):
        if (answer := function(*arguments, **named)) is ... or answer is None:
            raise _Unanswered
        return answer

    return asked


# What an answer is, within a judge


def whole(answer: Any, says: str) -> int:
    """`answer` as a whole number; if it is none, the reader is told what `says` says.

    >>> whole(np.array([3]), "Return one number.")
    3
    """
    try:
        (value,) = np.asarray(answer, float).ravel()
        if value == int(value):
            return int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise _NotOfItsKind(says)


def grid(answer: Any, shape: tuple[int, ...] | None, says: str) -> np.ndarray:
    """`answer` as an array of numbers of this `shape` (None: any); else the reader is told what `says` says.

    >>> grid([1, 2, 3], (3,), "Give three numbers.")
    array([1., 2., 3.])
    """
    try:
        values = np.asarray(answer, float)
    except (TypeError, ValueError):
        raise _NotOfItsKind(says) from None
    if shape is not None and values.shape != shape:
        raise _NotOfItsKind(says)
    return values


# Judges


def number(
    right: float, mistakes: Mapping[float, str], otherwise: str, *, tolerance: float = 0.005
) -> Callable[[Any], str | None]:
    """A judge of one number.

    Parameters
    ----------
    right : the right answer.
    mistakes : typical wrong numbers, and what each is told.
    otherwise : what any other number is told.
    tolerance : how far from `right` an answer is still right, and from a typical mistake still that mistake.

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
    """A judge of a set of letters: tells the first one wrongly named, else the first one missed, and why.

    Parameters
    ----------
    right : the letters that should be named.
    why : the reason of each letter there is, named or not.
    called : what the letters stand for: "plan".
    innocent : what is said of one wrongly named: "stands".

    The first miss says how many are right, wrong and missing (`at_first`); who tries again is told which.

    >>> judge = letters("B", {"A": "it is fair.", "B": "who is in both?"}, called="plan", innocent="stands")
    >>> judge("B"), judge("AB"), judge(set())
    (None, 'Plan A stands: it is fair.', '1 more. Look again at plan B: who is in both?')
    >>> judge.at_first("A")
    'Of your letters 0 belong there and 1 does not; 1 is missing. Try again: then you are told which.'
    """

    def given_in(answer: Any) -> set[str] | None:
        if not isinstance(answer, (str, set, frozenset, list, tuple)):
            return None
        return {str(letter).strip().upper() for letter in answer} - {"", ","}

    def judge(answer: Any) -> str | None:
        if (given := given_in(answer)) is None:
            return 'Give the letters, such as {"A", "B"}.'
        if unknown := given - set(why):
            return f"There is no {called} {min(unknown)}: the letters are A to {max(why)}."
        if wrong := given - set(right):
            return f"{called.capitalize()} {min(wrong)} {innocent}: {why[min(wrong)]}"
        if missed := set(right) - given:
            return f"{len(missed)} more. Look again at {called} {min(missed)}: {why[min(missed)]}"
        return None

    def at_first(answer: Any) -> str | None:
        if (given := given_in(answer)) is None or given - set(why):
            return None
        found, wrong, missed = len(given & set(right)), len(given - set(right)), len(set(right) - given)
        return (
            f"Of your letters {_belong(found)} there and {_belong(wrong, not_there=True)}; "
            f"{missed} {'is' if missed == 1 else 'are'} missing. Try again: then you are told which."
        )

    judge.at_first = at_first
    return judge


def _belong(count: int, *, not_there: bool = False) -> str:
    """`count` letters, and the verb they take.

    >>> _belong(1), _belong(2), _belong(1, not_there=True), _belong(2, not_there=True)
    ('1 belongs', '2 belong', '1 does not', '2 do not')
    """
    if not_there:
        return f"{count} does not" if count == 1 else f"{count} do not"
    return f"{count} belongs" if count == 1 else f"{count} belong"
