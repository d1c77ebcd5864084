"""Nothing is dead: what no notebook, result, command, benchmark, tool or page uses has no place here."""

import ast
import importlib
import re
from collections import Counter
from pathlib import Path

import pytest

import medlearn

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(medlearn.__file__).resolve().parent
USERS = ("medlearn", "notebooks/src", "benchmarks", "tools", "site", "data_scripts")
ENTRANCES = {"main", "run_script"}  # called by the shell
# "module:function" in an entry, a command or a table of names.
REFERENCE = re.compile(r"[\w.]+:(\w+)|\w+")


def names_in(tree: ast.AST) -> Counter:
    """How often each name is used: read, called, imported, or named in a string without spaces."""
    found = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found[node.id] += 1
        elif isinstance(node, ast.Attribute):
            found[node.attr] += 1
        elif isinstance(node, ast.alias):
            found[node.name.rpartition(".")[2]] += 1
        elif isinstance(node, ast.Constant) and (match := REFERENCE.fullmatch(str(node.value))):
            found[match[1] or match[0]] += 1
    return found


def uses() -> Counter:
    """Each name's uses in all that is not a test, `__all__` and imports that hand a name on aside."""
    found = Counter()
    for folder in USERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(file.read_text("utf-8"))
            if file.name == "__init__.py":  # what it hands on is used by whoever asks for it
                tree.body = [node for node in tree.body if not hands_on(node)]
            found += names_in(tree)
    return found


def hands_on(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) or (
        isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "__all__"
        and isinstance(node.value, ast.List)
    )


def offered() -> list[tuple[str, str]]:
    """Every public function, class and method of the package: module and name."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(file.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            found.append((module, node.name))
            if isinstance(node, ast.ClassDef):
                methods = [part.name for part in node.body if isinstance(part, ast.FunctionDef)]
                found += [(module, f"{node.name}.{name}") for name in methods if not name.startswith("_")]
    return found


def is_a_library_s(module: str, name: str) -> bool:
    """Whether a method takes the place of one of a library's class: the library calls it."""
    holder, _, method = name.partition(".")
    return bool(method) and any(
        hasattr(base, method) for base in getattr(importlib.import_module(module), holder).__mro__[1:]
    )


@pytest.fixture(scope="module")
def used() -> Counter:
    return uses()


@pytest.mark.parametrize("module", sorted({module for module, _ in offered()}))
def test_what_it_offers_is_used(module, used):
    names = [name for there, name in offered() if there == module]
    dead = [name for name in names if not used[name.rpartition(".")[2]] and name not in ENTRANCES]
    dead = [name for name in dead if not is_a_library_s(module, name)]
    assert not dead, f"no notebook, result, command, benchmark, tool or page uses {', '.join(dead)}"


def test_a_name_that_nobody_uses_is_found():
    code = """
from a.b import c as d
ENTRY, TEXT = "some.module:reader", "just words"
def f():
    return g(x.h)
"""
    assert set(names_in(ast.parse(code))) >= {"g", "x", "h", "c", "reader"}
    assert "f" not in names_in(ast.parse(code)) and "just" not in names_in(ast.parse(code))
