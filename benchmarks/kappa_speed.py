"""Quadratic kappa with its interval by patient, against a loop over scikit-learn's cohen_kappa_score.

    python benchmarks/kappa_speed.py

Grades of 5,000 photographs of 2,500 patients, two eyes each, by two graders; 1,000 draws of patients. The
loop is what one writes first: draw patients, take their photographs, ask scikit-learn. Both draw the same
patients and must give the same interval. Asked: 30 times as fast.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.metrics import cohen_kappa_score

from medlearn.evaluation.intervals import bootstrap
from medlearn.evaluation.ordinal import kappa

GRADES = 5


def graded(patients: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two graders' grades of both eyes of so many `patients`, and whose each eye is."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 2)
    severity = rng.gamma(1.2, 1.0, patients)[patient] + rng.normal(0, 0.3, 2 * patients)
    first, second = (severity + rng.normal(0, 0.4, 2 * patients) for _ in range(2))
    return *(np.clip(np.rint(one), 0, GRADES - 1).astype(int) for one in (first, second)), patient


def plain(first: np.ndarray, second: np.ndarray) -> float:
    """The same by scikit-learn."""
    return cohen_kappa_score(first, second, weights="quadratic", labels=range(GRADES))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--patients", type=int, default=2500, help="with two eyes each (2500)")
    options = parser.parse_args()
    first, second, patient = graded(options.patients)
    quick, slow = [], []
    for _ in range(3):
        start = time.perf_counter()
        ours = kappa(first, second, grades=GRADES, patient=patient)
        quick.append(time.perf_counter() - start)
        start = time.perf_counter()
        loop = bootstrap(plain, first, second, patient=patient)
        slow.append(time.perf_counter() - start)
    for end in ("value", "low", "high"):
        np.testing.assert_allclose(getattr(ours, end), getattr(loop, end), rtol=1e-9)
    times = min(slow) / min(quick)
    print("| photographs | kappa | loop, s | arrays, s | times as fast |")
    print("| --- | --- | --- | --- | --- |")
    print(f"| {len(first):,} | {ours} | {min(slow):.2f} | {min(quick):.4f} | {times:.0f} |")


if __name__ == "__main__":
    main()
