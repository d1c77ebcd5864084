"""How a convolution works, what pooling keeps, and what a convolutional net is made of."""

from __future__ import annotations

from medlearn.plots.drawings.canvas import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Drawing,
    arrow,
    box,
    grid,
    label,
    sheet,
)

__all__ = ["kernel_on_patch", "max_pooling", "stages_of_a_cnn"]

PATCH = ((1, 2, 0, 3), (0, 1, 8, 9), (1, 0, 9, 9), (2, 0, 8, 9))
KERNEL = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))


def kernel_on_patch() -> Drawing:
    """A kernel on the lower right of a patch: nine products, their sum, and the place of the map it fills."""
    ax = sheet(7.2, 2.5)
    under = [row[1:] for row in PATCH[1:]]
    grid(ax, 0.15, 2.0, PATCH, marked={(i, j) for i in (1, 2, 3) for j in (1, 2, 3)})
    grid(ax, 2.05, 1.82, KERNEL, colour=ORANGE)
    products = [
        [a * b for a, b in zip(one, other, strict=True)] for one, other in zip(under, KERNEL, strict=True)
    ]
    grid(ax, 3.7, 1.82, products, cell=0.42, marked={(i, j) for i in range(3) for j in range(3)})
    total = sum(map(sum, products))
    grid(ax, 6.05, 1.65, (("", ""), ("", total)), cell=0.42, marked={(1, 1)}, mark=BLUE)
    for x, text in ((0.87, "patch of an image"), (2.59, "kernel"), (4.33, "nine products"), (6.47, "map")):
        label(ax, x, 2.25, text, size=9.5)
    label(ax, 1.82, 1.28, "×", size=15)
    label(ax, 3.42, 1.28, "=", size=15)
    arrow(ax, (5.05, 1.2), (5.95, 1.2))
    label(ax, 5.5, 1.36, "add", size=9.5)
    terms = " ".join(f"{'+' if value >= 0 else '−'} {abs(value)}" for row in products for value in row)
    label(ax, 3.6, 0.25, f"{terms.removeprefix('+ ')} = {total}", size=10)
    return Drawing(
        ax, "One place of a convolution: multiply what lies under the kernel by its numbers, and add."
    )


def max_pooling() -> Drawing:
    """A map of 4 × 4 places, and the largest value and the mean of each 2 × 2 of them."""
    ax = sheet(7.2, 1.95)
    values = ((1, 3, 0, 0), (5, 3, 0, 4), (2, 2, 8, 0), (0, 0, 0, 0))
    blocks = [
        [[values[2 * i + a][2 * j + b] for a in (0, 1) for b in (0, 1)] for j in (0, 1)] for i in (0, 1)
    ]
    block = {(i, j) for i in (0, 1) for j in (0, 1)}
    grid(ax, 0.6, 1.6, values, marked=block)
    grid(ax, 3.3, 1.3, [[max(four) for four in row] for row in blocks], cell=0.42, marked={(0, 0)})
    means = [[f"{sum(four) / 4:g}" for four in row] for row in blocks]
    grid(ax, 5.6, 1.3, means, cell=0.42, marked={(0, 0)})
    for x, text in ((1.32, "map"), (3.72, "max pooling"), (6.02, "average pooling")):
        label(ax, x, 1.78, text, size=9.5)
    arrow(ax, (2.2, 0.88), (3.15, 0.88))
    label(ax, 2.66, 1.05, "stride 2", size=9)
    label(ax, 4.88, 0.88, "or", size=10)
    return Drawing(ax, "Pooling keeps one number of every 2 × 2 places: the largest, or the mean.")


def stages_of_a_cnn() -> Drawing:
    """The course's network stage by stage, with the shape that each hands on."""
    ax = sheet(7.2, 2.6)
    stages = (
        ("image\n28 × 28 × 1", 1.6, GREY),
        ("conv 4 × 4\nstride 2\n14 × 14 × 8", 1.25, BLUE),
        ("2 × conv\n3 × 3\n14 × 14 × 16", 1.25, BLUE),
        ("average\npooling\n7 × 7 × 16", 0.85, GREEN),
        ("2 × conv\n3 × 3\n7 × 7 × 32", 0.85, BLUE),
        ("mean over\nplaces\n32", 0.5, GREEN),
        ("dense\nsigmoid\n1", 0.5, ORANGE),
    )
    x, middle, width = 0.12, 1.7, 0.8
    for place, (text, height, colour) in enumerate(stages):
        box(ax, x, middle - height / 2, width, height, colour=colour)
        label(ax, x + width / 2, 0.5, text, size=8.5)
        if place:
            arrow(ax, (x - 0.2, middle), (x, middle))
        x += width + 0.205
    return Drawing(
        ax, "The course's network: places become fewer, channels more, and at the end one probability."
    )
