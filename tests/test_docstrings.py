"""What `help()` tells: every public function says what it does, names its parameters and has types."""

import importlib
import inspect
import pkgutil
import re

import pytest

import medlearn

# An exercise is read in its notebook, and what a kernel or a shell calls is documented by its --help.
NOT_LOOKED_AT = re.compile(r"medlearn\.(exercises\.ch\d\d|__main__)$")


def modules() -> list[str]:
    found = (module.name for module in pkgutil.walk_packages(medlearn.__path__, "medlearn."))
    return sorted(name for name in found if not NOT_LOOKED_AT.search(name))


def public(module):
    """The functions and classes that a module defines, and the methods of the classes, by name."""
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", "") != module.__name__:
            continue
        if inspect.isclass(thing):
            yield name, thing
            for method, function in vars(thing).items():
                function = getattr(function, "__func__", function)
                of_a_library = any(hasattr(base, method) for base in thing.__mro__[1:])
                if inspect.isfunction(function) and not method.startswith("_") and not of_a_library:
                    yield f"{name}.{method}", function
        elif inspect.isfunction(thing):
            yield name, thing


def parameters(thing) -> list[inspect.Parameter]:
    try:
        signature = inspect.signature(thing)
    except ValueError:
        return []
    return [one for one in signature.parameters.values() if one.name not in ("self", "cls")]


def is_named(name: str, text: str) -> bool:
    """In backticks, alone or in an expression, or at the head of a line in a list of parameters."""
    in_code = any(re.search(rf"\b{name}\b", code) for code in re.findall(r"`([^`]+)`", text))
    return in_code or bool(re.search(rf"^\s*(\w+, )*{name}(, \w+)* : ", text, re.MULTILINE))


@pytest.mark.parametrize("module", modules())
def test_every_public_function_is_documented_with_all_its_parameters_and_types(module):
    faults = []
    for name, thing in public(importlib.import_module(module)):
        text = inspect.getdoc(thing) or ""
        given = inspect.isclass(thing) and (
            "__init__" not in vars(thing) or getattr(thing, "_is_protocol", False)
        )
        faults += [] if text else [f"{name} has no docstring"]
        if given or (inspect.isclass(thing) and issubclass(thing, Exception)):
            continue
        faults += [
            f"{name}: {one.name} is not named" for one in parameters(thing) if not is_named(one.name, text)
        ]
        if inspect.isfunction(thing):
            bare = [one.name for one in parameters(thing) if one.annotation is one.empty]
            bare += (
                ["the answer"]
                if inspect.signature(thing).return_annotation is inspect.Signature.empty
                else []
            )
            faults += [f"{name}: no type of {', '.join(bare)}"] if bare else []
    assert not faults, "\n".join(faults)


def test_the_count_finds_what_is_missing():
    def bare(x):
        pass

    def told(x: int, *, seed: int = 0) -> int:
        """Twice `x`.

        seed : unused.
        """

    assert not is_named("x", inspect.getdoc(bare) or "")
    assert all(is_named(one.name, inspect.getdoc(told)) for one in parameters(told))
    assert not is_named("see", inspect.getdoc(told))
    assert len(modules()) > 30
