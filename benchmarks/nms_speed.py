"""Non-maximum suppression in arrays, against a double loop in plain Python.

    python benchmarks/nms_speed.py

Boxes that lie around a hundred cells, as a detector answers before they are thinned. The loop is what one
writes first: take the best, compare it with each that is left. Both must keep the same boxes, in order.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from medlearn.evaluation import detection


def answers(count: int, cells: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """So many boxes, `count`, each about one of the `cells`, and their scores."""
    rng = np.random.default_rng(seed)
    middles = rng.uniform(0, 600, (cells, 2))[rng.integers(cells, size=count)]
    sides = rng.uniform(30, 60, (count, 2))
    middles += rng.normal(0, 8, (count, 2))
    return np.concatenate([middles - sides / 2, middles + sides / 2], 1), rng.random(count)


def plain(corners: list[list[float]], scores: list[float], at: float) -> list[int]:
    """The same in plain Python."""
    left, kept = sorted(range(len(scores)), key=lambda place: -scores[place]), []
    while left:
        best, *others = left
        kept.append(best)
        left = [place for place in others if overlap(corners[best], corners[place]) <= at]
    return kept


def overlap(one: list[float], other: list[float]) -> float:
    """The IoU of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    areas = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return both / (areas - both)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--counts", type=int, nargs="+", default=[300, 1000, 3000], help="boxes (300 1000 3000)"
    )
    parser.add_argument("--cells", type=int, default=100, help="that they lie around (100)")
    parser.add_argument("--at", type=float, default=0.5, help="IoU above which the worse box goes (.5)")
    options = parser.parse_args()
    print("| boxes | kept | double loop, s | arrays, s | times as fast |")
    print("| --- | --- | --- | --- | --- |")
    for count in options.counts:
        corners, scores = answers(count, options.cells)
        slow, fast = [], []
        for _ in range(3):
            lists = corners.tolist(), scores.tolist()
            start = time.perf_counter()
            loop = plain(*lists, options.at)
            slow.append(time.perf_counter() - start)
            start = time.perf_counter()
            kept = detection.suppress(corners, scores, at=options.at)
            fast.append(time.perf_counter() - start)
        assert kept.tolist() == loop
        times = min(slow) / min(fast)
        print(f"| {count:,} | {len(kept)} | {min(slow):.3f} | {min(fast):.4f} | {times:.0f} |")


if __name__ == "__main__":
    main()
