"""Claims: what a notebook's text concludes, checked in the cell beside it."""

import numpy as np


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
    print(f"✓ {text}" if holds else f"✗ does not hold in this run: {text}")
