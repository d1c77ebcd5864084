"""Figures with one look: readable for the colour-blind, small, and stamped where the data are simulated.

Each file here is one kind of picture and offers the names in its `__all__`. A new file is found by its place.
"""

import ast
from pathlib import Path

from medlearn.lazy import hand_on


def _offered() -> dict[str, str]:
    """Each name in the `__all__` of a file of this folder, and its module.

    The files are read and not imported: matplotlib and scikit-learn take a second to start.
    """
    return {
        name: f"{__name__}.{file.stem}"
        for file in sorted(Path(__file__).parent.glob("[!_]*.py"))
        for line in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "__all__"
        for name in ast.literal_eval(line.value)
    }


__getattr__, __dir__, __all__ = hand_on(_offered())
