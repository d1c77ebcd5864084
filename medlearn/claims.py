"""Claims: what a notebook's text concludes, checked in the cell beside it."""

import sys

import numpy as np

from medlearn.console import in_a_notebook

RED, PLAIN = "\x1b[1;31m", "\x1b[0m"  # as terminals and notebooks read it


def claim(text: str, holds: bool, *, shown: object = "") -> None:
    """Print a conclusion, `text`, and whether it `holds` in this run: one truth value, not an array.

    `shown` is what it rests on, such as a difference with its interval, and is printed behind it in square
    brackets, which the tests do not compare: on another processor a net trains a little differently.

    A claim that fails does not stop the notebook: a reader who changed something should see what
    changed. The tests compare the printed line, and `medlearn run` counts it.

    >>> claim("four is more than three", 4 > 3)
    ✓ four is more than three
    >>> claim("four is more than three", 4 > 3, shown=4 - 3)
    ✓ four is more than three [1]
    """
    if not isinstance(holds, (bool, np.bool_)):
        raise TypeError(f"claim() needs True or False, not {type(holds).__name__}: compare, or use .all()")
    text = f"{text} [{shown}]" if str(shown) else text
    fails = f"✗ does not hold in this run: {text}"
    print(f"✓ {text}" if holds else f"{RED}{fails}{PLAIN}" if _shows_colour() else fails)


def _shows_colour() -> bool:
    """Whether a person looks at what is printed, in a terminal or in a notebook."""
    return sys.stdout.isatty() or in_a_notebook()
