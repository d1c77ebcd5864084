"""`--workers N`: the same table by processes as alone, what is set aside, what fails, what is not for it."""

import ast
import importlib
import inspect
import json
from collections import Counter
from types import SimpleNamespace

import pytest

from medlearn import results
from medlearn.errors import DataError
from medlearn.results import main, recipes, spread

TOY = '''
"""A recipe without nets: its answers are drawn by the seed, and it says which process drew them."""

import os
from collections import Counter

import numpy as np

from medlearn.data.dataset import Dataset, Split
from medlearn.errors import DataError
from medlearn.results.seeds import tabulate
from medlearn.results.table import OURS

NAMES = ("toy",)
y = np.arange(40) % 2
PART = Split(np.zeros((40, 1)), y, np.arange(40))
DATA = Dataset("toy", PART, PART, PART, "binary", ("no", "yes"), patients_known=False)


def run(name, *, file=None, seeds=3):
    drawn, processes, parity = [], [], Counter()

    def answer(seed, tick):
        if file == "refuse" and seed == 1:
            raise DataError("seed 1 finds no events: add patients")
        if file == "fail" and seed == 1:
            raise ZeroDivisionError("of seed 1")
        if file == "die" and seed == 1:
            os._exit(7)
        tick()
        p = np.random.default_rng(seed).normal(y, 1)
        drawn.append(float(p.sum()))
        processes.append(os.getpid())
        parity.update([seed % 2])
        tick()
        return {OURS: p, "half": p / 2}

    table = tabulate(
        DATA,
        seeds=seeds,
        ticks=2,
        answer=answer,
        aside=[drawn, processes, parity],
        measure=lambda p: {"auroc": float((p[y == 1][:, None] > p[y == 0]).mean())},
    )
    table.notes.extend([f"drawn: {drawn}", f"parity: {dict(sorted(parity.items()))}"])
    print("processes:", *processes)
    return table
'''


WITH_A_NET = '''
"""A recipe with a small net, trained for a few steps."""

import keras
import numpy as np

import recipe_of_a_test
from medlearn.results.seeds import tabulate
from medlearn.results.table import OURS
from medlearn.training import fit, predict, set_seed

y = np.arange(40) % 2
x = np.random.default_rng(0).normal(y[:, None], 1, (40, 6)).astype("float32")


def run(name, *, file=None, seeds=3):
    def answer(seed, tick):
        set_seed(seed)
        layers = [keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.5), keras.layers.Dense(1, "sigmoid")]
        model = keras.Sequential([keras.Input((6,)), *layers])
        model.compile("adam", "binary_crossentropy")
        fit(model, (x, y), epochs=2, batch_size=8, patience=None, seed=seed)
        return {OURS: predict(model, x)[:, 0]}

    table = tabulate(
        recipe_of_a_test.DATA,
        seeds=seeds,
        ticks=1,
        answer=answer,
        measure=lambda p: {"auroc": float(p.mean(dtype="float64"))},
    )
    return table
'''


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The recipe `toy`, in a file that other processes can import, too."""
    (tmp_path / "recipe_of_a_test.py").write_text(TOY)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("recipe_of_a_test")
    monkeypatch.setattr(results, "recipes", lambda: {"toy": module})
    yield module
    assert spread._role is None


def ask(tmp_path, capsys, *more):
    """The table that is written, and which process answered each seed."""
    out = tmp_path / "out.json"
    main(["toy", "--seeds", "5", "--json", str(out), *more])
    processes = capsys.readouterr().out.split("processes:")[1].split("\n")[0].split()
    return {
        name: value for name, value in json.loads(out.read_text()).items() if name != "seconds"
    }, processes


def test_figures_and_what_is_set_aside_are_those_of_one_process(toy, tmp_path, capsys):
    alone, here = ask(tmp_path, capsys)
    by_two, there = ask(tmp_path, capsys, "--workers", "2")
    assert by_two == alone
    assert alone["ours"]["auroc"]["seeds"] == 5 and alone["notes"][-1] == "parity: {0: 3, 1: 2}"
    assert len(set(here)) == 1 and len(set(there)) == 2 and here[0] not in there
    assert there[0] == there[2] == there[4] and there[1] == there[3]


def test_nets_are_those_of_one_process_to_the_last_bit(toy, tmp_path, monkeypatch):
    """Also where alone a net is the third of its process, and by workers the second, or the first."""
    (tmp_path / "recipe_with_a_net.py").write_text(WITH_A_NET)
    module = importlib.import_module("recipe_with_a_net")
    alone = module.run("net", seeds=3)
    with spread.seeds_by(2, "net", module, {"seeds": 3}):
        by_two = module.run("net", seeds=3)
    values = alone.rows["**this course**"]["auroc"]
    assert by_two.rows["**this course**"]["auroc"] == values and len(set(values)) == 3


def test_more_workers_than_seeds_are_not_started(toy, tmp_path, capsys, monkeypatch):
    started, start = [], spread._started
    monkeypatch.setattr(spread, "_started", lambda *what: started.append(what) or start(*what))
    main(["toy", "--seeds", "2", "--workers", "40"])
    assert [list(what[-1]) for what in started] == [[0], [1]]


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("refuse", DataError, "^seed 1 finds no events: add patients$"),
        ("fail", RuntimeError, "ZeroDivisionError: of seed 1"),
        ("die", DataError, r"the worker of seed\(s\) 1 ended too soon \(exit code 7\).*fewer --workers"),
    ],
)
def test_a_worker_that_fails_is_named_and_none_is_left(fault, error, says, toy, monkeypatch):
    processes, start = [], spread._started

    def started(*what):
        line, process = start(*what)
        processes.append(process)
        return line, process

    monkeypatch.setattr(spread, "_started", started)
    with pytest.raises(error, match=says):
        main(["toy", "--seeds", "2", "--workers", "2", "--file", fault])
    assert len(processes) == 2 and not any(process.is_alive() for process in processes)


def test_what_has_no_independent_seeds_says_so():
    with pytest.raises(DataError, match=r"'workers' are not made of independent seeds.*leave --workers out"):
        main(["workers", "--workers", "2"])
    with pytest.raises(DataError, match="--workers 0: ask for 1 or more"):
        main(["icu", "--workers", "0"])
    spread.check_workers("odd", SimpleNamespace(), 1)


def test_a_counter_and_a_list_get_what_the_workers_added(monkeypatch):
    said = [
        ("ticked", 2),
        ("answered", (1, "second", [["b"], Counter("y")])),
        ("answered", (0, "first", [["a"], Counter("yx")])),
    ]
    monkeypatch.setattr(spread, "_told", lambda team: iter(said))
    monkeypatch.setattr(spread, "_role", spread._Team({}))
    kept, counted, ticked = [], Counter(), []
    found = list(spread.each_seed(2, None, [kept, counted], ticked.append))
    assert found == [(0, "first"), (1, "second")]
    assert kept == ["a", "b"] and counted == Counter(x=1, y=2) and ticked == [2]


# What the recipes keep must be named, or it would stay in the workers


def kept_by(function: ast.FunctionDef) -> set[str]:
    """Names of what is empty before `answer` is defined in a function, and is used in it."""
    answers = [node for node in function.body if isinstance(node, ast.FunctionDef) and node.name == "answer"]
    if not answers:
        return set()
    empty = set()
    for node in function.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets if isinstance(node, ast.Assign | ast.AnnAssign) else ():
            both = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            pairs = zip(target.elts, node.value.elts, strict=True) if both else [(target, node.value)]
            empty |= {name.id for name, value in pairs if isinstance(name, ast.Name) and begins_empty(value)}
    return empty & {node.id for node in ast.walk(answers[0]) if isinstance(node, ast.Name)}


def begins_empty(value: ast.expr) -> bool:
    """Whether an expression makes an empty list, dictionary or counter, or several in a dictionary."""
    code = ast.unparse(value)
    several = isinstance(value, ast.Dict | ast.DictComp) and "[]" in code
    return code in ("[]", "{}", "Counter()", "defaultdict(list)", "list()", "dict()") or several


def set_aside(function: ast.FunctionDef) -> set[str]:
    """The names in what a function hands to `tabulate` as `aside`."""
    given = [
        node.value for node in ast.walk(function) if isinstance(node, ast.keyword) and node.arg == "aside"
    ]
    return {node.id for value in given for node in ast.walk(value) if isinstance(node, ast.Name)}


def functions_of(module) -> list[ast.FunctionDef]:
    return [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("name", sorted({module.__name__ for module in recipes().values()}))
def test_a_recipe_names_what_its_seeds_set_aside(name):
    for function in functions_of(importlib.import_module(name)):
        assert kept_by(function) <= set_aside(function), f"{name}.{function.name}"


def test_what_is_kept_is_found():
    code = """
def run():
    a, b = [], Counter()
    c: list[int] = []
    away = {OURS: []}
    unused, many = [], {1: 2}
    def answer(seed, tick):
        a.append(1), b.update("x"), c.append(away), many
    tabulate(answer=answer, aside=[a, c])
"""
    function = ast.parse(code).body[0]
    assert kept_by(function) == {"a", "b", "c", "away"} and set_aside(function) == {"a", "c"}
