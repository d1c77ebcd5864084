"""Which objects of two label maps overlap, by one count over the picture, against mask by mask.

    python benchmarks/match_speed.py

Pictures of 256 pixels with more and more squares, the answer shifted by a pixel. Mask by mask is how the
formula is written: for each pair of objects, their intersection over their union. Both tables must be equal.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from medlearn.evaluation import segmentation


def squares(count: int, side: int = 256) -> np.ndarray:
    """A label map of `count` by `count` squares."""
    step = side // count
    places = np.arange(side)
    number, inside = np.minimum(places // step, count - 1), places % step > 1
    labels = 1 + number[:, None] * count + number[None]
    return labels * (inside[:, None] & inside[None])


def mask_by_mask(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    """The IoU of each pair of objects, a mask at a time."""
    table = np.zeros((true.max(), pred.max()))
    others = [pred == column + 1 for column in range(table.shape[1])]
    for row in range(table.shape[0]):
        one = true == row + 1
        for column, other in enumerate(others):
            table[row, column] = (one & other).sum() / (one | other).sum()
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[3, 6, 12, 20], help="a side (3 6 12 20)")
    print("| objects | mask by mask, s | one count, s | times as fast | differ by |")
    print("| --- | --- | --- | --- | --- |")
    for count in parser.parse_args().counts:
        true = squares(count)
        pred = np.roll(true, 1, axis=1)
        start = time.perf_counter()
        slow = mask_by_mask(true, pred)
        theirs = time.perf_counter() - start
        times = []
        for _ in range(5):
            start = time.perf_counter()
            fast = segmentation.overlap_table(true, pred)
            times.append(time.perf_counter() - start)
        apart = abs(slow - fast).max()
        print(f"| {count**2} | {theirs:.3f} | {min(times):.4f} | {theirs / min(times):.0f} | {apart:.0e} |")


if __name__ == "__main__":
    main()
