"""Claims: what a notebook's text concludes, checked in the cell beside it."""

import numpy as np


def claim(text: str, holds: bool) -> None:
    """Print a conclusion, `text`, and whether it `holds` in this run: one truth value, not an array.

    A claim that fails does not stop the notebook: a reader who changed something should see what
    changed. The tests compare the printed line, and `medlearn run` counts it.

    >>> claim("four is more than three", 4 > 3)
    ✓ four is more than three
    """
    if not isinstance(holds, (bool, np.bool_)):
        raise TypeError(f"claim() needs True or False, not {type(holds).__name__}: compare, or use .all()")
    print(f"✓ {text}" if holds else f"✗ does not hold in this run: {text}")
