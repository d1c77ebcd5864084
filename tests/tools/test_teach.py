"""The teacher's pages: plans that add up, sections and exercises that are there, homework with marks."""

import importlib
import re

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.preprocessing import StandardScaler

from medlearn import load
from medlearn.evaluation import predictive_values
from medlearn.exercises import Exercise
from medlearn.exercises.ch02 import receptive_field_of
from medlearn.exercises.ch04 import best_discriminator
from medlearn.exercises.ch06 import one_of_twenty
from tools import ROOT, notebooks

SOURCES = ROOT / "notebooks" / "src"
ALL_PAGES = sorted((ROOT / "site" / "teach").glob("[0-9][0-9]_*.md"))
PAGES = [path for path in ALL_PAGES if not path.stem.startswith("00_")]  # 00: on the course as a whole


@pytest.fixture(params=PAGES, ids=lambda path: path.stem)
def page(request):
    return request.param


@pytest.fixture
def text(page):
    return page.read_text("utf-8")


def plan(text, minutes):
    """The rows of a plan: minutes, sections, what to do."""
    table = re.search(rf"^## {minutes} minutes\n\n\|.*\n\|.*\n((?:\|.*\n)+)", text, re.MULTILINE)[1]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]


def headings(page):
    """What the notebook calls its sections, also without what follows a colon, a comma or a number."""
    found = re.findall(
        r"^# ##+ (?:\d\. )?(.+)$", (SOURCES / f"{page.stem}.py").read_text("utf-8"), re.MULTILINE
    )
    return {name for heading in found for name in (heading, *re.split("[:,]", heading)[:1])}


def test_each_notebook_has_a_page_and_each_page_a_notebook():
    assert [path.stem for path in PAGES] == [path.stem for path in sorted(SOURCES.glob("[0-9][0-9]_*.py"))]


@pytest.mark.parametrize("minutes", [90, 180])
def test_a_plan_adds_up_to_its_minutes(text, minutes):
    assert sum(int(row[0]) for row in plan(text, minutes)) == minutes


@pytest.mark.parametrize("minutes", [90, 180])
def test_a_plan_names_sections_that_are_in_the_notebook(page, text, minutes):
    named = [name for _, sections, _ in plan(text, minutes) for name in re.findall(r"\*([^*]+)\*", sections)]
    assert len(named) >= 5
    assert not set(named) - headings(page)


def test_exercises_that_are_set_are_there(page, text):
    module = importlib.import_module(f"medlearn.exercises.ch{page.stem[:2]}")
    there = sum(isinstance(value, Exercise) for value in vars(module).values())
    asked = re.findall(r"[Ee]xercises? ((?:\d+(?:, | and | to )?)+)", text)
    assert asked
    assert max(int(number) for numbers in asked for number in re.findall(r"\d+", numbers)) <= there


def test_the_homework_has_ten_points_and_says_what_full_and_half_marks_are(text):
    tasks = re.findall(r"^\*\*[A-Z]\. .+?\((\d+) points?\)\.\*\*", text, re.MULTILINE)
    assert sum(map(int, tasks)) == 10
    marks = re.findall(r"^- (\d(?:\.5)?): ", text, re.MULTILINE)
    assert marks == [mark for points in map(int, tasks) for mark in (str(points), f"{points / 2:g}", "0")]


@pytest.mark.parametrize(
    "heading",
    ["What learners stumble over", "Questions, and the answers to expect", "Homework, and how to mark it"],
)
def test_a_page_has_all_its_parts(text, heading):
    part = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)[1]
    assert len(re.findall(r"^(?:- )?\*\*", part, re.MULTILINE)) >= 3


# The answers that the pages give


def page_of(stem):
    return (ROOT / "site" / "teach" / f"{stem}.md").read_text("utf-8")


def part_of(stem, begins, ends):
    """The code of the notebook's cell that begins so, up to what is named."""
    cells = (cell.source for cell in notebooks.from_source(SOURCES / f"{stem}.py").cells)
    return next(cell for cell in cells if cell.startswith(begins)).partition(ends)[0]


@np.errstate(over="ignore")  # the highest rates overshoot
def test_the_learning_rates_of_chapter_1():
    cells = load("breast_cancer")
    x = StandardScaler().fit_transform(cells.train.x)
    names = {"np": np, "x_train": x, "y_train": 1 - cells.train.y}
    for begins, ends in [
        ("def sigmoid(", "\nprint("),
        ("def cross_entropy(", "\n\nh, z"),
        ("def gradients(", "\n\n[g.shape"),
        ("batches =", "\n\nlosses"),
        ("def adam(", "\n\nlosses_adam"),
    ]:
        exec(part_of("01_background", begins, ends), names)
    rates = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3]

    def lowest():
        return [min(np.mean(names[way](rate)[-50:]) for rate in rates) for way in ("descend", "adam")]

    assert max(lowest()) < 0.02, "in standard units both get very low"
    names["x"] = cells.train.x / cells.train.x.max()
    descent, adam = lowest()
    text = " ".join(page_of("01_background").split())
    assert f"descent ends at {descent:.2f} at best, Adam at {adam:.2f}" in text
    assert adam < 0.9 * descent


def test_the_net_computed_by_hand_in_chapter_2():
    layers, kernels = [(5, 1), (2, 2), (3, 1), (2, 2), (3, 1)], [(5, 1, 8), (3, 8, 16), (3, 16, 32)]
    fields = [receptive_field_of()(layers[: depth + 1]) for depth in range(5)]
    first, second, third = (size * size * below * count + count for size, below, count in kernels)
    text = page_of("02_cnn_diagnosis")
    assert "{}, {}, {}, {}, {} pixels".format(*fields) in text
    assert f"{first}, 0, {second:,}, 0 and {third:,} numbers, {first + second + third:,} in all" in text


def test_the_chart_of_chapter_3():
    measured, ends = {1.5: 2.1, 3.0: 2.8, 9.25: 4.0}, (4, 8, 12, 16)
    last = [max(time for time in measured if time < end) for end in ends]
    fresh = [end - 4 <= time for end, time in zip(ends, last, strict=True)]
    value = ", ".join(f"{measured[time]}" if new else "–" for time, new in zip(last, fresh, strict=True))
    mask = ", ".join(f"{new:d}" for new in fresh)
    since = ", ".join(f"{end - time:g}" for end, time in zip(ends, last, strict=True))
    given = ", ".join(f"{measured[time]}" for time in last)
    assert f"value {value}; mask {mask}; since {since}; given {given}" in page_of("03_rnn_ehr")
    assert f"{6 / 25:.0%} at random".replace("%", " %") in page_of("03_rnn_ehr")


def test_the_discriminators_of_chapter_4():
    real, made = np.array([0.4, 0.2, 0.1]), np.array([0.1, 0.2, 0.4])
    even, uneven = (", ".join(f"{said:.2f}" for said in best_discriminator()(real, made, r)) for r in (1, 3))
    everywhere = best_discriminator()(1, 1, 3)
    assert f"{even}; then {uneven}; and {everywhere:.2f} everywhere" in page_of("04_gan_synthesis")


def test_the_speeds_of_chapter_4():
    names = {"np": np, "norm": norm}
    exec(part_of("04_gan_synthesis", "z = norm.ppf", "\n\n\n"), names)
    exec(part_of("04_gan_synthesis", "def play(", "\n\ncourse ="), names)
    spread = {steps: np.array([a for b, a, u in names["play"](600, steps)]) for steps in (1, 2, 3, 5, 10, 40)}
    collapsed = [steps for steps, values in spread.items() if values.min() < 0.05]
    settled = [steps for steps, values in spread.items() if abs(values[-1] - 0.5) < 0.01]
    assert (collapsed, settled) == ([1, 2, 3], [5, 10, 40]), "as the page says"
    assert spread[40].min() < 0.4


def test_the_two_wards_of_chapter_5():
    ill, sensitivity, specificity = 120, 0.85, 0.9
    found, let_go = round(ill * sensitivity), round((2000 - ill) * specificity)
    here, there = (
        predictive_values(sensitivity=sensitivity, specificity=specificity, prevalence=p)
        for p in (0.06, 0.01)
    )
    text = " ".join(page_of("05_evaluation").split())
    assert (
        f"{found} true positives, {ill - found} false negatives, {2000 - ill - let_go} false positives, "
        f"{let_go:,} true negatives" in text
    )
    assert f"PPV {here[0]:.2f}, NPV {here[1]:.2f}; at 1 % the PPV is {there[0]:.2f}" in text


def test_the_table_of_twenty_in_chapter_6():
    assert f"- 3: {one_of_twenty():.2f} (one less 0.95" in page_of("06_overfitting")
