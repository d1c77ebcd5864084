"""Models side by side, each figure with its interval: the table that a chapter's result is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.evaluation.discrimination import auroc, auroc_difference
from medlearn.evaluation.intervals import Estimate
from medlearn.evaluation.measure import describe_arguments

if TYPE_CHECKING:
    import pandas as pd

NONE = "–"  # where a model has no decisions, or no scores


@describe_arguments()
def compare(
    y_true: ArrayLike,
    scores: Mapping[str, ArrayLike],
    measures: Sequence[Callable[..., Estimate]] = (auroc,),
    *,
    decisions: Mapping[str, ArrayLike] | None = None,
    against: str | None = None,
    patient: ArrayLike | None = None,
    digits: int = 2,
) -> pd.DataFrame:
    """One row a model, one column a measure, in each cell the value and its interval.

    Parameters
    ----------
    y_true : 1 for each case that has the finding, else 0.
    scores : each model's scores or probabilities, by its name.
    measures : what is measured, such as `auroc`, `auprc`, `sensitivity`.
    decisions : for measures of decisions: 0 or 1 for each case, by the model's name.
    against : the name of the baseline: the last column is then each model's AUROC less its own, on the same
        cases.
    digits : behind the point.

    >>> table = compare([0, 1, 0, 1], {"model": [0.1, 0.8, 0.3, 0.9], "coin": [0.4, 0.6, 0.6, 0.4]})
    >>> list(table.index), list(table.columns), table.loc["coin", "AUROC"][:4]
    (['model', 'coin'], ['AUROC'], '0.50')
    """
    import pandas as pd

    decisions = decisions or {}
    names = list(dict.fromkeys([*scores, *decisions]))
    if against is not None and against not in scores:
        raise DataError(f"against={against!r} is none of the models: they are {', '.join(map(repr, scores))}")
    table = pd.DataFrame(index=names)
    for measure in measures:
        given = decisions if measure.of in ("decisions", "classes") else scores
        table[measure.label] = [
            f"{measure(y_true, given[name], patient=patient):.{digits}f}" if name in given else NONE
            for name in names
        ]
    if against is not None:
        table[f"AUROC, less {against}"] = [
            f"{auroc_difference(y_true, scores[name], scores[against], patient=patient):+.{digits}f}"
            if name in scores and name != against
            else NONE
            for name in names
        ]
    return table
