"""Names that a package hands on and imports only when one is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping


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
