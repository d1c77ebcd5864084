"""What an exercise takes for a number and for a grid, and what it tells about anything else."""

import numpy as np
import pytest

from medlearn.exercises import Exercise
from medlearn.exercises.exercise import grid, letters, whole

NOTHING = {"hint": "", "praise": "Good."}


@pytest.mark.parametrize("answer", [3, 3.0, np.int8(3), np.array(3), [3], np.array([[3]])])
def test_a_whole_number_may_come_in_any_wrapping(answer):
    assert whole(answer, "One number.") == 3 and type(whole(answer, "One number.")) is int


@pytest.mark.parametrize("answer", [3.5, float("nan"), float("inf"), [], [3, 3], "three", {}, object()])
def test_what_is_no_whole_number_is_told_so(answer):
    exercise = Exercise(solve=lambda: 3, judge=lambda given: f"{whole(given, 'One number.')}", **NOTHING)
    assert exercise.verdict(answer) == "Not yet. One number."
    assert exercise.verdict(4) == "Not yet. 4"


@pytest.mark.parametrize("answer", [[1, 2, 3], [[1, 2]], 1, "grid", [[1], [2, 3]], [1, "b"], {}, object()])
def test_what_is_no_grid_of_that_shape_is_told_so(answer):
    exercise = Exercise(
        solve=lambda: 3, judge=lambda given: grid(given, (2,), "Two numbers.").max(), **NOTHING
    )
    assert exercise.verdict(answer) == "Not yet. Two numbers."
    assert exercise.verdict((1, 2)) == "Not yet. 2.0"


def test_a_grid_of_any_shape_is_taken_where_none_is_asked_for():
    assert grid([[1, 2, 3]], None, "").shape == (1, 3)


def test_hints_come_one_by_one(capsys):
    exercise = Exercise(hint=("Look left.", "Look right."), solve=int, judge=str, praise="Good.")
    exercise.hint()
    assert capsys.readouterr().out == "1. Look left.\n(1 more: run the cell again.)\n"
    for _ in range(2):
        exercise.hint()
        assert capsys.readouterr().out == "1. Look left.\n2. Look right.\n"


def test_what_is_built_is_judged_as_it_is_and_nothing_is_solved_for_it():
    def solve():
        raise AssertionError("a solution that trains must not be run to look at an answer")

    exercise = Exercise(hint="", solve=solve, judge=lambda given: given(2), praise="Good.", builds=True)
    assert exercise.verdict(lambda depth: f"{depth} layers") == "Not yet. 2 layers"


@pytest.fixture
def quiz():
    why = {"A": "it is fair.", "B": "who is in both?", "C": "it looks ahead."}
    judge = letters("BC", why, called="plan", innocent="stands")
    return Exercise(hint="", solve=lambda: "BC", judge=judge, praise="Good.")


def test_a_quiz_of_letters_tells_which_only_from_the_second_try(quiz, capsys):
    quiz.check("A")
    assert "0 belong there and 1 does not; 2 are missing." in capsys.readouterr().out
    quiz.check("AB")
    assert "Plan A stands: it is fair." in capsys.readouterr().out


def test_what_is_no_letter_of_the_quiz_is_told_at_once(quiz, capsys):
    quiz.check({"Z"})
    assert "There is no plan Z" in capsys.readouterr().out


def test_a_stub_is_no_try(quiz, capsys):
    quiz.check()
    quiz.check("A")
    assert "Of your letters" in capsys.readouterr().out
