"""What a reader moves: in a running notebook, and on a page of the book, where no notebook runs.

The page is given steps that were computed when the notebook was built, and site/static/book.js moves over
them. Where no script runs either, what belongs to the start stands there.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import ArrayLike

from medlearn.errors import UndefinedMeasure
from medlearn.evaluation import npv, ppv, sensitivity, specificity
from medlearn.evaluation.inputs import probabilities
from medlearn.plots import scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from medlearn.plots.measures import ClassSource

MEASURES = (sensitivity, specificity, ppv, npv)
SIDE_BY_SIDE = "display: flex; flex-wrap: wrap; align-items: start; gap: 0 2rem"


class ThresholdSlider:
    """A slider over the threshold: where it cuts the scores, the confusion matrix, and four measures.

    As the last line of a cell it is shown. It runs from 1 % to the highest score in steps of 1 %.

    Parameters
    ----------
    y_true : 1 for each case that has the finding, else 0.
    y_score : the predicted probability of the finding, for each case.
    start : the threshold at first.
    patient : whose each case is, for the intervals. None: every case is a patient of its own.
    data : the data set that the cases come from: it names the classes, and a simulated one stamps the figure.
    """

    def __init__(
        self,
        y_true: ArrayLike,
        y_score: ArrayLike,
        *,
        start: float,
        patient: ArrayLike | None = None,
        data: ClassSource,
    ):
        self._y_true, self._y_score = probabilities(y_true, y_score)
        self._start, self._patient, self._data = start, patient, data
        self._thresholds = np.arange(1, np.ceil(100 * self._y_score.max()) + 1) / 100

    def __repr__(self) -> str:
        return f"ThresholdSlider at {self._start:.0%}"

    def _repr_mimebundle_(self, **_) -> dict:
        """The widget for a running notebook, and the page for everywhere else."""
        from ipywidgets import FloatSlider, VBox, interactive_output

        slider = FloatSlider(
            self._start, min=0.01, max=self._thresholds[-1], step=0.01, description="threshold"
        )
        shown = VBox([slider, interactive_output(self._show, {"threshold": slider})])
        return shown._repr_mimebundle_() | {"text/plain": repr(self), "text/html": self._page()}

    def _show(self, threshold: float) -> None:
        """Draw what is seen in a running notebook, anew at each move."""
        from IPython.display import HTML, display

        self._draw(threshold)
        plt.show()
        display(HTML(self._words(self._told(threshold))))

    def _draw(self, threshold: float | None, **options) -> Axes:
        _, ax = plt.subplots(figsize=(5.5, 2.6), **options)
        scores(self._y_true, self._y_score, threshold=threshold, data=self._data, ax=ax)
        ax.set_xlim(0, self._thresholds[-1])
        return ax

    def _told(self, threshold: float) -> list[str]:
        """A sentence, the four boxes and the four measures, each as text."""
        alarm = self._y_score >= threshold
        boxes = [int(np.sum((alarm == a) & (self._y_true == y))) for a in (1, 0) for y in (1, 0)]
        found, false, missed, _ = boxes
        sentence = f"At {threshold:.0%}: {found + false} alarms, {found} of {found + missed} found."
        return [sentence, *map(str, boxes), *(self._measured(measure, alarm) for measure in MEASURES)]

    def _measured(self, measure: Callable, alarm: np.ndarray) -> str:
        try:
            return f"{measure(self._y_true, alarm, patient=self._patient):.0%}"
        except UndefinedMeasure:
            return "undefined"

    def _words(self, told: Sequence[str]) -> str:
        """What is told, as HTML. Each text is marked, so that a script can put another one in its place."""
        sentence, *cells = (f"<span data-told>{escape(text)}</span>" for text in told)
        columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in reversed(self._data.classes))
        boxes = _row("alarm", *cells[:2]) + _row("no alarm", *cells[2:4])
        measures = "".join(_row(one.label, cell) for one, cell in zip(MEASURES, cells[4:], strict=True))
        tables = f"<table><tr><td></td>{columns}</tr>{boxes}</table>\n<table>{measures}</table>"
        return f'<p>{sentence}</p>\n<div style="{SIDE_BY_SIDE}">{tables}</div>'

    def _page(self) -> str:
        """The start, and with it every step: what it is called, where its line stands, and what is told."""
        ax = self._draw(None, dpi=110)
        png = io.BytesIO()
        ax.figure.savefig(png, format="png")
        plt.close(ax.figure)
        places = ax.transData.transform([(one, 0) for one in self._thresholds])[:, 0] / ax.figure.bbox.width
        steps = [
            [f"{threshold:.0%}", f"{place:.1%}", *self._told(threshold)]
            for threshold, place in zip(self._thresholds, places, strict=True)
        ]
        start = int(np.abs(self._thresholds - self._start).argmin())
        box = ax.get_position()
        line = f"position: absolute; top: {1 - box.y1:.1%}; bottom: {box.y0:.1%}; left: {steps[start][1]}"
        alt = f"Histograms of the scores of {' and '.join(self._data.classes)}, cut by the threshold, a line."
        listed = escape(json.dumps(steps, separators=(",", ":"))).replace("&quot;", '"')
        return f"""\
<div class="slider" data-name="threshold" data-start="{start}" data-steps='{listed}'>
<div style="position: relative">
<img alt="{escape(alt)}" src="data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}">
<i style="{line}; border-left: 2px solid black"></i>
</div>
{self._words(steps[start][2:])}
</div>"""


def _row(head: str, *cells: str) -> str:
    return f'<tr><th scope="row">{head}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
