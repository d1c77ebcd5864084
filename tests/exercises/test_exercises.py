"""Every exercise of every chapter: its stub, its solution, and the typical wrong answers."""

import importlib
import inspect
import pkgutil
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import medlearn.exercises
from medlearn.exercises import Exercise

# By chapter and exercise: at least two wrong answers, each with a few words of the message meant for it.
FILES = sorted((Path(__file__).parents[1] / "wrong_answers").glob("ch[0-9][0-9].py"))
WRONG = {path.stem: runpy.run_path(str(path))["WRONG"] for path in FILES}
CHAPTERS = sorted(
    module.name for module in pkgutil.iter_modules(medlearn.exercises.__path__) if module.name[:2] == "ch"
)


def exercises(chapter):
    module = importlib.import_module(f"medlearn.exercises.{chapter}")
    return {name: value for name, value in vars(module).items() if isinstance(value, Exercise)}


EXERCISES = [(chapter, name) for chapter in CHAPTERS for name in exercises(chapter)]
each_exercise = pytest.mark.parametrize(("chapter", "name"), EXERCISES)
each_wrong_answer = pytest.mark.parametrize(
    ("chapter", "name", "answer", "meant"),
    [(chapter, name, *pair) for chapter in WRONG for name, pairs in WRONG[chapter].items() for pair in pairs],
)


def test_chapters_are_found_and_have_wrong_answers_for_each_exercise():
    assert "ch01" in CHAPTERS and list(WRONG) == CHAPTERS
    for chapter in CHAPTERS:
        names = list(exercises(chapter))
        assert names == [f"q{number}" for number in range(1, len(names) + 1)], chapter
        assert len(names) >= 5, f"{chapter} has {len(names)} exercises"
        assert list(WRONG[chapter]) == names
        assert all(len(pairs) >= 2 for pairs in WRONG[chapter].values())


@each_exercise
def test_stub_is_not_answered_yet(chapter, name):
    exercise = exercises(chapter)[name]
    assert exercise.verdict().startswith("Not answered yet")
    assert exercise.verdict(...).startswith("Not answered yet")
    if exercise._expects_function():

        def stub(*arguments, **named): ...

        assert exercise.verdict(stub).startswith("Not answered yet")
        assert exercise.verdict(lambda *arguments: ...).startswith("Not answered yet")


@each_exercise
def test_solution_is_right_and_shown(chapter, name, capsys):
    exercise = exercises(chapter)[name]
    assert exercise.verdict(exercise._solve()).startswith("Right. ")
    exercise.check(exercise._solve())
    assert capsys.readouterr().out.startswith("✓ Right. ")
    exercise.solution()
    assert inspect.getsource(exercise._solve).strip() in capsys.readouterr().out


@each_exercise
def test_hint_helps_without_being_the_solution(chapter, name, capsys):
    exercise = exercises(chapter)[name]
    for _ in exercise.hints:
        exercise.hint()
    hint = capsys.readouterr().out
    assert len(hint.split()) > 5
    assert all(len(line) <= 100 for line in hint.splitlines())


@each_wrong_answer
def test_wrong_answer_is_told_what_is_wrong(chapter, name, answer, meant):
    verdict = exercises(chapter)[name].verdict(answer)
    assert not verdict.startswith(("Right", "Not answered"))
    assert meant in verdict, verdict


@each_exercise
def test_wrong_answers_get_different_messages(chapter, name):
    exercise = exercises(chapter)[name]
    verdicts = {exercise.verdict(answer) for answer, _ in WRONG[chapter][name]}
    assert len(verdicts) >= 2


@each_exercise
def test_any_answer_gets_a_sentence(chapter, name):
    exercise = exercises(chapter)[name]
    for answer in ("", "A", -1, float("nan"), [], [1, 2], {}, object(), lambda *arguments: object()):
        verdict = exercise.verdict(answer)
        assert not verdict.startswith("Right")
        assert len(verdict.split()) > 3


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_is_checked_without_keras(chapter):
    """Checking answers must not cost the ten seconds that Keras needs to start."""
    code = f"import sys, medlearn.exercises.{chapter}; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@each_exercise
def test_an_answer_without_end_gets_a_sentence_too(chapter, name):
    exercise = exercises(chapter)[name]
    for answer in (range(10**9), "A" * 10**6, np.zeros(10**6)):
        assert not exercise.verdict(answer).startswith("Right")
