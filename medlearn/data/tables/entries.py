"""The catalogue's tables."""

from __future__ import annotations

from medlearn.data.entry import Entry

ENTRIES = [
    Entry(
        name="breast_cancer",
        title="Breast Cancer Wisconsin (Diagnostic)",
        modality="table",
        task="binary",
        classes=("malignant", "benign"),
        cases="biopsies",
        count=569,
        licence="CC BY 4.0",
        citation="Wolberg et al., UCI Machine Learning Repository (1995), doi:10.24432/C5DW2B",
        homepage="https://archive.ics.uci.edu/dataset/17",
        reader="medlearn.data.tables.bundled:read_breast_cancer",
    ),
    Entry(
        name="diabetes",
        title="Diabetes progression",
        modality="table",
        task="regression",
        classes=(),
        cases="patients",
        count=442,
        licence="with scikit-learn",
        citation="Efron et al., Annals of Statistics 32:407 (2004)",
        homepage="https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html",
        reader="medlearn.data.tables.bundled:read_diabetes",
        patients_known=True,
    ),
]
