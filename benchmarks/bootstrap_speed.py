"""2,000 bootstrap AUROCs of 10,000 cases: the package's against a loop of scikit-learn's `roc_auc_score`.

    python benchmarks/bootstrap_speed.py

Both draw the same cases. Each is timed in turn, five times over, and the quickest counts, so that a busy
machine favours neither. The loop is timed on every 50th draw and multiplied, since all draws cost the same.
"""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
from sklearn.metrics import roc_auc_score

from medlearn.evaluation import auroc, bootstrap
from medlearn.evaluation.intervals import resamples

CASES, DRAWS, EVERY, ROUNDS = 10_000, 2_000, 50, 5


def main() -> None:
    rng = np.random.default_rng(0)
    y_true = rng.integers(2, size=CASES)
    y_score = y_true + rng.normal(size=CASES)
    print("| patients | package, s | loop, s | times as fast | memory, MB |")
    print("| --- | --- | --- | --- | --- |")
    for name, patient in {
        "10,000, one case each": None,
        "2,500, four cases each": np.arange(CASES) // 4,
    }.items():
        fast, slow = np.inf, np.inf
        for _ in range(ROUNDS):
            start = time.perf_counter()
            estimate = bootstrap(auroc, y_true, y_score, patient=patient, draws=DRAWS)
            fast = min(fast, time.perf_counter() - start)
            start = time.perf_counter()
            looped = [
                roc_auc_score(y_true[i], y_score[i])
                for i in resamples(CASES, patient, DRAWS // EVERY, seed=0)
            ]
            slow = min(slow, (time.perf_counter() - start) * EVERY)
        assert abs(np.mean(looped) - estimate.value) < 0.005
        tracemalloc.start()
        bootstrap(auroc, y_true, y_score, patient=patient, draws=100)
        memory = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"| {name} | {fast:.2f} | {slow:.1f} | {slow / fast:.0f} | {memory:.1f} |")


if __name__ == "__main__":
    main()
