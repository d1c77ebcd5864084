"""How often 95 % intervals hold the truth: simulated patients, with one film each and with three alike.

    python benchmarks/interval_coverage.py [--studies 2000]

Each study draws 100 patients (or 300 with one film each) with a known truth; an honest interval holds it in
93 to 97 of 100 studies. The last column forgets whose each film is.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from scipy import special

from medlearn import evaluation

THRESHOLD = 0.5


def study(rng: np.random.Generator, patients: int, films: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, probability and patient. Films of one patient share the truth and half the noise's variance."""
    patient = np.repeat(np.arange(patients), films)
    y_true = (rng.random(patients) < 0.5).astype(int)[patient]
    noise = rng.normal(size=patients)[patient] if films > 1 else rng.normal(size=patients)
    if films > 1:
        noise = (noise + rng.normal(size=len(patient))) / 2**0.5
    signal = 1.2 * y_true + noise
    # The calibrated log-odds of the signal are 1.2 × (signal − 0.6); the model is too sure by a half.
    return y_true, special.expit(1.5 * 1.2 * (signal - 0.6)), patient


MEASURES: dict[str, Callable] = {
    "AUROC, DeLong": lambda y, s, p: evaluation.auroc(y, s, patient=p),
    "AUROC, bootstrap": lambda y, s, p: evaluation.bootstrap(evaluation.auroc, y, s, patient=p),
    "AUROC against another": lambda y, s, p: evaluation.auroc_difference(y, s, worse(s), patient=p),
    "AUPRC": lambda y, s, p: evaluation.auprc(y, s, patient=p),
    "sensitivity": lambda y, s, p: evaluation.sensitivity(y, s >= THRESHOLD, patient=p),
    "PPV": lambda y, s, p: evaluation.ppv(y, s >= THRESHOLD, patient=p),
    "accuracy": lambda y, s, p: evaluation.accuracy(y, s >= THRESHOLD, patient=p),
    "F1": lambda y, s, p: evaluation.f1(y, s >= THRESHOLD, patient=p),
    "Brier score": lambda y, s, p: evaluation.brier(y, s, patient=p),
    "calibration slope": lambda y, s, p: evaluation.calibration_slope(y, s, patient=p),
    "calibration intercept": lambda y, s, p: evaluation.calibration_intercept(y, s, patient=p),
    "net benefit at 20 %": lambda y, s, p: evaluation.net_benefit(y, s, 0.2, patient=p),
    "mean absolute error": lambda y, s, p: evaluation.mean_absolute_error(y, s, patient=p),
}


def worse(score: np.ndarray) -> np.ndarray:
    """A second model's score: the first, with a wobble that depends on nothing but the score."""
    return score + 0.3 * np.sin(40 * score)


def truth() -> dict[str, float]:
    cases = study(np.random.default_rng(99), 2_000_000, 1)
    measures = {name: of for name, of in MEASURES.items() if "bootstrap" not in name}
    values = {name: of(*cases[:2], None).value for name, of in measures.items()}
    return values | {"AUROC, bootstrap": values["AUROC, DeLong"]}


def covered(name: str, value: float, studies: int, films: int, by_patient: bool) -> float:
    rng = np.random.default_rng(films)
    inside = 0
    for _ in range(studies):
        y_true, y_score, patient = study(rng, 100 if films > 1 else 300, films)
        inside += value in MEASURES[name](y_true, y_score, patient if by_patient else None)
    return inside / studies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--studies", type=int, default=2000)
    studies = parser.parse_args().studies
    print("| measure | truth | 300 patients | 100 patients, three films each | the same, by film |")
    print("| --- | --- | --- | --- | --- |")
    for name, value in truth().items():
        count = studies // 4 if "bootstrap" in name else studies
        shares = [covered(name, value, count, *how) for how in ((1, True), (3, True), (3, False))]
        print(
            f"| {name} | {value:.3f} | " + " | ".join(f"{share:.1%}" for share in shares) + " |", flush=True
        )


if __name__ == "__main__":
    main()
