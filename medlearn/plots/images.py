"""Sheets of images. Each function returns the Figure that it makes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from medlearn.errors import DataError
from medlearn.plots.style import Source, mark

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["overlays", "pictures"]


def pictures(
    images: np.ndarray | Sequence[np.ndarray],
    *,
    titles: Sequence[str] = (),
    columns: int = 6,
    size: float = 1.4,
    data: Source,
) -> Figure:
    """Draw a sheet of images, grey or in colour, each under its title.

    Whole numbers are drawn from 0 (black) to 255 (white), all others from 0 to 1: no image is stretched on
    its own, so that two on a sheet can be compared.

    Parameters
    ----------
    images : an array (n, height, width, channels) with 1 or 3 channels, as the data sets give them, or
        (n, height, width); or a list of single images, each with or without its channels.
    titles : one an image, in order; a long one takes two lines.
    columns : images in a row.
    size : the side of an image, in inches.
    data : the data set that the images come from; a simulated one stamps the figure.
    """
    if not len(images) or columns < 1:
        raise DataError(f"there is nothing to draw: {len(images)} images in {columns} columns")
    drawable = [_drawable(image, place) for place, image in enumerate(images)]
    rows = -(-len(drawable) // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(size * columns, (size + 0.1) * rows + 0.15),
        squeeze=False,
        layout="constrained",
    )
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, image in zip(axes.flat, drawable, strict=False):
        ax.imshow(image, vmin=0, vmax=255 if np.issubdtype(image.dtype, np.integer) else 1)
    for ax, title in zip(axes.flat, titles, strict=False):
        lines = [textwrap.fill(line, 21) for line in str(title).splitlines()]
        ax.set_title("\n".join(lines), fontsize=9)
    mark(figure, data=data)
    return figure


def overlays(
    images: np.ndarray | Sequence[np.ndarray],
    maps: Mapping[str, np.ndarray],
    *,
    titles: Sequence[str] = (),
    data: Source,
) -> Figure:
    """Draw a row of images, and below it a row for each model with its maps laid over the same images.

    All maps of a row share one scale, red above 0 and blue below, with a bar beside it: a place is as red as
    it speaks for the class, and an image without such a place stays pale.

    Parameters
    ----------
    images : as `pictures` takes them.
    maps : by the name of the row, one map an image (n, height, width), coarser than the images or not.
    titles : one an image, in order.
    data : the data set that the images come from; a simulated one stamps the figure.
    """
    drawable = [_drawable(image, place) for place, image in enumerate(images)]
    if not drawable or any(len(of_row) != len(drawable) for of_row in maps.values()):
        raise DataError("overlays() needs one image or more, and in each row as many maps as images")
    size = (1.35 * len(drawable) + 0.9, 1.4 * (1 + len(maps)) + 0.3)
    figure, axes = plt.subplots(
        1 + len(maps), len(drawable), figsize=size, squeeze=False, layout="constrained"
    )
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    for column, title in zip(axes.T, titles, strict=False):
        column[0].set_title(title, fontsize=9)
    for row, name in zip(axes, ["image", *maps], strict=True):
        row[0].set_ylabel(name, fontsize=9)
        for ax, image in zip(row, drawable, strict=True):
            ax.imshow(image, vmin=0, vmax=255 if np.issubdtype(image.dtype, np.integer) else 1)
    for row, of_row in zip(axes[1:], maps.values(), strict=True):
        most = float(np.abs(of_row).max()) or 1.0
        for ax, one, image in zip(row, of_row, drawable, strict=True):
            height, width = image.shape[:2]
            edges = (-0.5, width - 0.5, height - 0.5, -0.5)
            shown = ax.imshow(one, cmap="RdBu_r", vmin=-most, vmax=most, alpha=0.5, extent=edges)
        figure.colorbar(shown, ax=row, shrink=0.9, aspect=12).ax.tick_params(labelsize=8)
    mark(figure, data=data)
    return figure


def _drawable(image: np.ndarray, place: int) -> np.ndarray:
    """The image as imshow takes it: (height, width) or (height, width, 3)."""
    image = np.asarray(image)
    channels = image.shape[-1] if image.ndim == 3 else 1
    # The rows of a single image look like images one or three pixels wide.
    is_row = image.ndim == 2 and image.shape[1] in (1, 3) and image.shape[0] != image.shape[1]
    if image.ndim not in (2, 3) or channels not in (1, 3) or is_row:
        raise DataError(
            f"pictures: image {place} has the shape {image.shape}, but an image is (height, width) or "
            "(height, width, channels) with 1 or 3 channels; put a single image in a list: [image]"
        )
    return image[..., 0] if image.ndim == 3 and channels == 1 else image
