"""The look of all figures, and the stamp on those of simulated data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

import seaborn as sns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PALETTE", "STAMP", "mark", "use_style"]

PALETTE = "colorblind"
STAMP = "simulated data"


class Source(Protocol):
    """What a figure asks of its data: whether they are simulated. Any `Dataset` will do."""

    simulated: bool


def use_style() -> None:
    """Give every figure that is drawn from here on the course's look."""
    sns.set_theme(
        context="notebook",
        style="ticks",
        palette=PALETTE,
        rc={
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.dpi": 100,  # twice that in a notebook
            "figure.figsize": (7, 3.5),
            "figure.constrained_layout.use": True,
            "image.cmap": "gray",
            "legend.frameon": False,
        },
    )
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("retina")  # as sharp as the screens of today


def mark(figure: Figure, *, data: Source) -> None:
    """Stamp `figure` if its `data` are simulated, so that a copied picture still says so.

    The figures of this package are stamped already; call it for a figure of your own.
    """
    if data.simulated:  # as a label of the whole figure it gets room of its own below all others
        figure.supxlabel(STAMP, x=0.995, ha="right", fontsize=8, color="0.35", style="italic")
