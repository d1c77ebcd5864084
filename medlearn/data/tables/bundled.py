"""The tables that come with scikit-learn: real, small, and here without a network.

Only splits them; the columns are left in their own units, since scaling is the notebook's business.
"""

from __future__ import annotations

import numpy as np

from medlearn.data.dataset import Dataset, Split
from medlearn.data.entry import Entry
from medlearn.data.splitting import split_by_patient


def read_breast_cancer(place: None = None, *, entry: Entry | None = None, seed: int = 0) -> Dataset:
    """Thirty measures of cell nuclei in a biopsy; y is 0 for malignant, 1 for benign.

    It comes with scikit-learn, so there is no `place`, and `entry` is not needed; `seed` draws the splits.
    """
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    # The table says nothing about whose each biopsy is.
    splits = _split(table.data, table.target.astype(np.int64), table.target, seed)
    classes = tuple(str(name) for name in table.target_names)
    return Dataset(
        "breast_cancer",
        *splits,
        task="binary",
        classes=classes,
        patients_known=False,
        columns=tuple(str(name) for name in table.feature_names),
    )


def read_diabetes(place: None = None, *, entry: Entry | None = None, seed: int = 0) -> Dataset:
    """Ten measures of each patient, unscaled; y is how far the disease went on in a year, 25 to 346.

    It comes with scikit-learn, so there is no `place`, and `entry` is not needed; `seed` draws the splits.
    """
    from sklearn.datasets import load_diabetes

    table = load_diabetes(scaled=False)
    splits = _split(table.data, table.target.astype(float), None, seed)
    return Dataset("diabetes", *splits, task="regression", columns=tuple(table.feature_names))


def _split(x: np.ndarray, y: np.ndarray, strata: np.ndarray | None, seed: int) -> list[Split]:
    patient = np.arange(len(y))
    index = split_by_patient(patient, strata, shares=(0.6, 0.2, 0.2), seed=seed)
    return [Split(x[positions], y[positions], patient[positions]) for positions in index]
