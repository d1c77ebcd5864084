"""HD95 by trees of the edge points, against SciPy's distances of all pairs of edge points.

    python benchmarks/boundary_speed.py

Two balls, one shifted by two voxels and a little larger, in volumes of several sizes; voxels are 1 x 1 x 2
mm. Both ways must give the same figure. A ball of radius 12 has the size of a hippocampus.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.spatial.distance import cdist

from medlearn.evaluation import segmentation

SIDES = np.array([1.0, 1.0, 2.0])  # of a voxel, in mm


def balls(radius: int) -> tuple[np.ndarray, np.ndarray]:
    """A ball of this `radius` in voxels, and another beside it, as masks."""
    places = np.indices((3 * radius,) * 3)
    middles = 1.5 * radius, 1.5 * radius + 2
    return tuple(
        sum((axis - middle) ** 2 for axis in places) <= (radius + more) ** 2
        for more, middle in enumerate(middles)
    )


def by_all_pairs(true: np.ndarray, pred: np.ndarray) -> float:
    """The same figure from a table of the distances of all edge points, a thousand rows at a time."""
    one, other = (np.argwhere(segmentation.edge(mask)) * SIDES for mask in (true, pred))

    def nearest(points, among):
        pieces = [cdist(points[start : start + 1000], among).min(1) for start in range(0, len(points), 1000)]
        return np.percentile(np.concatenate(pieces), 95)

    return max(nearest(one, other), nearest(other, one))


def ours_twice(true: np.ndarray, pred: np.ndarray) -> float:
    """Ours, which asks for two cases or more: the same one twice."""
    return segmentation.hausdorff95([true] * 2, [pred] * 2, spacing=SIDES).value


def seconds(call, true: np.ndarray, pred: np.ndarray, *, repeats: int) -> tuple[float, float]:
    """The best time of `repeats` calls, and what it gave."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        value = call(true, pred)
        times.append(time.perf_counter() - start)
    return min(times), value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--radii", type=int, nargs="+", default=[12, 24, 48], help="in voxels (12 24 48)")
    print("| radius | edge points | all pairs, s | ours, s a case | times as fast | differ by, mm |")
    print("| --- | --- | --- | --- | --- | --- |")
    for radius in parser.parse_args().radii:
        true, pred = balls(radius)
        ours, value = seconds(ours_twice, true, pred, repeats=3)
        theirs, other = seconds(by_all_pairs, true, pred, repeats=3 if radius < 40 else 1)
        print(
            f"| {radius} | {segmentation.edge(true).sum():,} | {theirs:.3f} | {ours / 2:.3f} "
            f"| {2 * theirs / ours:.1f} | {abs(value - other):.0e} |"
        )


if __name__ == "__main__":
    main()
