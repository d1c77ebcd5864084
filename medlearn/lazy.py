"""Names that a package hands on and imports only when one is asked for."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path


def hand_on(
    names: Mapping[str, str],
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package; `names` says where each name is defined.

    A name that is its module's last part stands for the module itself.

    >>> __getattr__, __dir__, __all__ = hand_on({"sqrt": "math", "path": "os.path"})
    >>> __getattr__("sqrt")(9), __getattr__("path").basename("a/b"), __dir__()
    (3.0, 'b', ['path', 'sqrt'])
    """

    def get(name: str) -> object:
        if name not in names:
            raise AttributeError(f"there is no {name!r} here; there are: {', '.join(sorted(names))}")
        module = importlib.import_module(names[name])
        return module if names[name].rpartition(".")[2] == name else getattr(module, name)

    return get, lambda: sorted(names), sorted(names)


def offered(folder: Path, package: str) -> dict[str, str]:
    """Each name in the `__all__` of a file of `folder`, which holds `package`, and its module.

    The files are read and not imported: matplotlib and scikit-learn take a second to start.
    """
    return {
        name: f"{package}.{file.stem}"
        for file in sorted(folder.glob("[!_]*.py"))
        for line in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "__all__"
        for name in ast.literal_eval(line.value)
    }
