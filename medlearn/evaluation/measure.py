"""What a measure carries: the name it is shown by, its bounds, and what its arguments mean.

A measure is a plain function of arrays. `measure` attaches what tables, reports, averages and the bootstrap
ask for, and writes into its docstring what the arguments mean that many measures share. Knows no measure.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable)

# What the arguments of one kind of measure mean, and what every measure's do.
_FINDING = "1 for each case that has the finding, else 0."
ARGUMENTS = {
    "scores": {
        "y_true": _FINDING,
        "y_score": "one score a case, on any scale: the higher, the likelier the finding.",
        "other_score": "another model's scores for the same cases.",
    },
    "probabilities": {
        "y_true": _FINDING,
        "y_score": "the predicted probability of the finding, from 0 to 1, for each case.",
    },
    "decisions": {
        "y_true": _FINDING,
        "y_pred": "1 for each case that is called positive, else 0: scores compared to a threshold.",
    },
    "classes": {
        "y_true": "the class number of each case.",
        "y_pred": "the class number decided on for each case.",
    },
    "values": {
        "y_true": "the true number for each case.",
        "y_pred": "the predicted number for each case, in the same unit.",
    },
    "boxes": {
        "y_true": "for each picture a mapping of `corners` (m, 4), x0 y0 x1 y1, `label` (m,) and, if some\n"
        "    boxes are to be ignored, `ignore` (m,).",
        "y_pred": "for each picture a mapping of the `corners`, `label` and `score` of what was found.",
    },
    "nodules": {
        "y_true": "for each scan a mapping of the `place` (m, 3) and the `diameter` (m,) of nodules, in mm.",
        "y_pred": "for each scan a mapping of the `place` (k, 3), in mm, and the `score` (k,) of the finds.",
    },
    "rows": {
        "real": "real cases, one row a case: pixels, or the features of a model.",
        "synthetic": "made-up cases, with the same columns.",
        "train": "the real cases that were learnt from.",
        "held_out": "real cases of the same kind that the model never saw.",
    },
}
SHARED = {
    "patient": "whose each case is, one number or name a case. Cases of one patient resemble each other, so\n"
    "    the interval then counts patients, not cases. None: every case is a patient of its own.",
    "weights": "how much each case counts, 0 or more. None: all count the same.",
    "level": "how often intervals made in this way hold the truth: 0.95 is the usual 95 %.",
}


def measure(
    label: str,
    *,
    of: str,
    low: float = -math.inf,
    high: float = math.inf,
    influence: Callable | None = None,
    reweighted: Callable | None = None,
) -> Callable[[Function], Function]:
    """Make a function a measure: it stays what it is, and carries these as attributes of the same names.

    Parameters
    ----------
    label : the name it is shown by.
    of : what it is given: a key of `ARGUMENTS`, or a word of its family's own. The report goes by it, and
        `averaged`, and the docstring.
    low, high : the lowest and the highest value it can have.
    influence : a function of `(y_true, answer, weights, owner)`, all of them checked, that returns the value,
        the influence of each case on it, and a mask of the cases it is about. `averaged` needs it.
    reweighted : a function of the arrays that returns the measure as a function of how often each case
        counts, for `bootstrap`; quicker than the measure itself (benchmarks/bootstrap_speed.py).

    >>> @measure("share of ones", of="hits", low=0, high=1)
    ... def share(hits, *, level=0.95):
    ...     '''The share of ones among `hits`.'''
    >>> share.label, share.high, inspect.getdoc(share).splitlines()[-1][:20]
    ('share of ones', 1.0, 'level : how often in')
    """

    def decorate(function: Function) -> Function:
        function.label, function.of = label, of
        function.low, function.high = float(low), float(high)
        function.influence, function.reweighted = influence, reweighted
        return describe_arguments(of)(function)

    return decorate


def describe_arguments(of: str = "") -> Callable[[Function], Function]:
    """Write into a function's docstring what its shared arguments mean, before its first example.

    `of` is a key of `ARGUMENTS`; left out, only `patient`, `weights` and `level` are described.
    """

    def decorate(function: Function) -> Function:
        meanings = ARGUMENTS.get(of, {}) | SHARED
        names = [name for name in inspect.signature(function).parameters if name in meanings]
        lines = "\n".join(f"{name} : {meanings[name]}" for name in names)
        text, mark, examples = (inspect.getdoc(function) or "").partition("\n\n>>>")
        heading = "\n" if "\n\nParameters\n---" in text else "\n\nParameters\n----------\n"
        function.__doc__ = text + heading + lines + mark + examples
        return function

    return decorate
