"""How a verdict looks: with a sign and a colour where a notebook shows it, with the sign alone in a terminal.

Knows nothing of what was asked.
"""

from __future__ import annotations

import textwrap
from html import escape

from medlearn.console import in_a_notebook

# A sign, and a colour that is told from the others by those who see few, on light and on dark pages.
LOOKS = {"right": ("✓", "#029e73"), "wrong": ("✗", "#d55e00"), "unanswered": ("○", "#808080")}


class Verdict:
    """What is said of an answer.

    Parameters
    ----------
    kind : "right", "wrong" or "unanswered".
    text : the sentences.
    """

    def __init__(self, kind: str, text: str):
        self.kind, self.text = kind, text

    def __repr__(self) -> str:
        return textwrap.fill(f"{LOOKS[self.kind][0]} {self.text}", 100)

    def _repr_html_(self) -> str:
        sign, colour = LOOKS[self.kind]
        return (
            f'<div class="verdict {self.kind}" style="border-left: 4px solid {colour}; padding: 2px 10px">'
            f'<span style="color: {colour}; font-weight: bold" aria-hidden="true">{sign}</span> '
            f"{escape(self.text)}</div>"
        )


def show(kind: str, text: str) -> None:
    """Show the verdict of this `kind`: in a notebook in colour, elsewhere as plain `text`."""
    verdict = Verdict(kind, text)
    if in_a_notebook():
        from IPython.display import display

        display(verdict)
    else:
        print(verdict)
