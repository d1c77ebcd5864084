"""DeLong's interval for many cases: seconds, memory, and equality with the sum over all pairs.

    python benchmarks/delong_speed.py

The sum over all pairs, as the 1988 paper writes it, is feasible for 4,000 cases only.
"""

from __future__ import annotations

import resource
import time

import numpy as np

from medlearn.evaluation import auroc, auroc_difference


def cases(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y_true = rng.integers(2, size=count)
    return y_true, (y_true + rng.normal(size=count)).round(3)  # with ties


def over_all_pairs(y_true: np.ndarray, y_score: np.ndarray) -> tuple[float, float]:
    gap = y_score[y_true == 1][:, None] - y_score[y_true == 0]
    right = (gap > 0) + 0.5 * (gap == 0)
    error = sum(right.mean(axis).var(ddof=1) / right.shape[1 - axis] for axis in (0, 1)) ** 0.5
    return right.mean(), error / (right.mean() * (1 - right.mean()))  # on the logit scale


def main() -> None:
    y_true, y_score = cases(4_000)
    start = time.perf_counter()
    area, error = over_all_pairs(y_true, y_score)
    pairs = time.perf_counter() - start
    start = time.perf_counter()
    ours = auroc(y_true, y_score)
    seconds = time.perf_counter() - start
    half = np.log(ours.high / (1 - ours.high)) - np.log(area / (1 - area))
    print(f"4,000 cases: {pairs / seconds:.0f} times as fast as all pairs,", end=" ")
    print(f"differing by {max(abs(ours.value - area), abs(half / 1.9599639845 - error)):.1e}")
    for count in (1_000_000, 10_000_000):
        y_true, y_score = cases(count)
        for name, call in {
            "AUROC": lambda y, s: auroc(y, s),
            "AUROC by patient, two cases each": lambda y, s: auroc(y, s, patient=np.arange(len(y)) // 2),
            "paired difference": lambda y, s: auroc_difference(y, s, -s),
        }.items():
            start = time.perf_counter()
            estimate = call(y_true, y_score)
            seconds = time.perf_counter() - start
            print(f"{count:,} cases, {name}: {seconds:.1f} s, {estimate:.4f}", flush=True)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main()
