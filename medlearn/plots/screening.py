"""The table of ordered grades, and a slide of tissue as a sheet of its tiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import PowerNorm, to_rgb
from matplotlib.patches import Patch, Rectangle
from numpy.typing import ArrayLike

from medlearn.errors import DataError
from medlearn.evaluation.ordinal import confusion
from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["grade_table", "slide"]

RIGHT, TUMOUR, VALUE, REST = "#de8f05", "#000000", "#0173b2", "#dddddd"
FRAME, BAR, GAP = 2, 5, 4  # around a tile, below it and to the next, in pixels of the sheet
MARGIN = 0.3  # inches for the legend, and for the stamp
SHARP = 200  # dots an inch in a notebook: there each pixel is so many dots and never blurred


def grade_table(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    ax: Axes | None = None,
    data: Source,
) -> Axes:
    """Draw how many cases of each true grade were given each grade: the darker, the more; right in a frame.

    Parameters
    ----------
    y_true, y_pred : the grade of each case, and the one decided on.
    names : of the grades, from the lowest. None: their numbers, up to the highest that occurs.
    ax : the Axes to draw into; without it a new figure.
    data : the data set; a simulated one stamps the figure.
    """
    table = confusion(y_true, y_pred, None if names is None else len(names))
    names = list(range(len(table))) if names is None else list(names)
    if ax is None:
        side = 1.1 + 0.5 * len(table)
        _, ax = plt.subplots(figsize=(side + 0.4, side))
    ax.imshow(table, cmap="Blues", norm=PowerNorm(0.5, 0, max(table.max(), 1)))  # a few cases are seen, too
    for (row, column), count in np.ndenumerate(table):
        dark = count > 0.4 * table.max()
        ax.text(column, row, f"{count:,}", ha="center", va="center", fontsize=9, color="w" if dark else "k")
    for place in range(len(table)):
        frame = Rectangle(
            (place - 0.5, place - 0.5), 1, 1, fill=False, edgecolor=RIGHT, linewidth=2, clip_on=False
        )
        ax.add_patch(frame)
    long = max(len(str(name)) for name in names) > 4
    places = range(len(names))
    ax.set_xticks(places, names, fontsize=9, **({"rotation": 40, "ha": "right"} if long else {}))
    ax.set_yticks(places, names, fontsize=9)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_xlabel("predicted grade")
    ax.set_ylabel("true grade")
    mark(ax.figure, data=data)
    return ax


def slide(
    tiles: np.ndarray,
    values: ArrayLike | None = None,
    truth: ArrayLike | None = None,
    columns: int = 8,
    *,
    name: str = "value",
    data: Source,
) -> Figure:
    """Lay the tiles of one slide out in a sheet, in order, row by row.

    Parameters
    ----------
    tiles : (tiles, height, width, 3), whole numbers from 0 to 255.
    values : one a tile, from 0 to 1, such as how much a net attends to it: a bar below the tile.
    truth : one a tile, true where there is tumour: a black frame around the tile.
    columns : tiles in a row.
    name : of the values, for the legend.
    data : the data set that they come from; a simulated one stamps the figure.
    """
    tiles = np.asarray(tiles)
    if tiles.ndim != 4 or tiles.shape[-1] != 3 or not tiles.size or tiles.dtype.kind not in "iu":
        raise DataError(
            "slide() draws tiles (tiles, height, width, 3) of whole numbers from 0 to 255, not "
            f"{tiles.shape} of {tiles.dtype}"
        )
    if columns < 1:
        raise DataError(f"slide() lays tiles out in one column or more, not {columns}")
    count, _, width, _ = tiles.shape
    sheet = _sheet(
        _cells(tiles, _of_tiles(values, "values", count), _of_tiles(truth, "truth", count)), columns
    )
    inches = max(1, round(0.5 * SHARP / width)) / SHARP * np.array(sheet.shape[1::-1])
    handles = [Patch(facecolor="w", edgecolor=TUMOUR, linewidth=1.5, label="tumour")] * (truth is not None)
    handles += [Patch(facecolor=VALUE, label=f"{name}, from 0 to 1")] * (values is not None)
    wide, high = max(inches[0], 2.6), inches[1] + MARGIN * (1 + bool(handles))
    figure = plt.figure(figsize=(wide, high), layout="none")  # or the sheet would be scaled
    ax = figure.add_axes((0, MARGIN / high, inches[0] / wide, inches[1] / high))
    ax.set_axis_off()
    ax.imshow(sheet, interpolation="nearest", aspect="auto")
    if handles:
        figure.legend(handles=handles, loc="upper left", ncols=2, fontsize=9, borderaxespad=0.2)
    mark(figure, data=data)
    return figure


def _of_tiles(numbers: ArrayLike | None, name: str, tiles: int) -> np.ndarray | None:
    """One number a tile, from 0 to 1, checked."""
    if numbers is None:
        return None
    numbers = np.asarray(numbers, float)
    if numbers.shape != (tiles,) or not ((numbers >= 0) & (numbers <= 1)).all():
        raise DataError(f"slide() needs {name} from 0 to 1, one for each of the {tiles} tiles")
    return numbers


def _cells(tiles: np.ndarray, values: np.ndarray | None, truth: np.ndarray | None) -> np.ndarray:
    """Each tile on white, with its frame and its bar."""
    count, height, width, _ = tiles.shape
    right, end = FRAME + width, FRAME + height
    low = end + FRAME + 1  # where the bar starts
    cells = _white(count, low + BAR * (values is not None) + GAP, right + FRAME + GAP)
    if truth is not None:
        cells[truth > 0, : end + FRAME, : right + FRAME] = _bytes(TUMOUR)
    cells[:, FRAME:end, FRAME:right] = tiles // 4 * 4 + 2  # nobody sees it, and the file is a third smaller
    if values is not None:
        filled = np.arange(width) < np.rint(values * width)[:, None]
        bars = np.where(filled[..., None], _bytes(VALUE), _bytes(REST))
        cells[:, low : low + BAR, FRAME:right] = bars[:, None]
    return cells


def _sheet(cells: np.ndarray, columns: int) -> np.ndarray:
    """The cells in rows, white where there are none left."""
    count, height, width, _ = cells.shape
    rows, columns = -(-count // columns), min(columns, count)
    sheet = _white(rows * columns, height, width)
    sheet[:count] = cells
    return sheet.reshape(rows, columns, height, width, 3).swapaxes(1, 2).reshape(rows * height, -1, 3)


def _white(count: int, height: int, width: int) -> np.ndarray:
    return np.full((count, height, width, 3), 255, np.uint8)


def _bytes(colour: str) -> np.ndarray:
    return np.array(to_rgb(colour)) * 255
