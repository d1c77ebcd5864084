"""The catalogue's tables."""

from __future__ import annotations

from medlearn.data.entry import Entry, File

# What the tables of treatments may be asked; None is as the official file is laid.
_OPTIONS = dict.fromkeys(
    ("treatment", "outcome", "bad", "unknown", "before", "after", "keep", "patient", "arms")
)

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
    Entry(
        name="trial",
        title="International Stroke Trial",
        modality="table",
        task="treatment",
        classes=("none", "aspirin"),
        cases="patients",
        count=19435,
        licence="ODC-By",
        citation="Sandercock et al., Trials 12:101 (2011); IST Collaborative Group, Lancet 349:1569 (1997)",
        homepage="https://doi.org/10.7488/ds/104",
        reader="medlearn.data.tables.treatments:read_treatments",
        simulator="medlearn.data.tables.simulate:write_trial",
        files=(
            File(
                "IST_corrected.csv",
                "https://datashare.ed.ac.uk/bitstream/handle/10283/124/IST_corrected.csv",
                size=4_800_000,
                content=(("rows", 19435),),
                encoding="latin-1",
            ),
        ),
        patients_known=True,
        options={**_OPTIONS, "randomised": True},
    ),
    Entry(
        name="catheter",
        title="Right Heart Catheterization (SUPPORT)",
        modality="table",
        task="treatment",
        classes=("no catheter", "catheter"),
        cases="patients",
        count=5735,
        licence="free to use, with acknowledgement",
        citation="Connors et al., JAMA 276:889 (1996)",
        homepage="https://hbiostat.org/data/",
        reader="medlearn.data.tables.treatments:read_treatments",
        simulator="medlearn.data.tables.simulate:write_catheter",
        files=(
            File(  # the second digest is that of a copy without the numbers of rows
                "rhc.csv",
                "https://hbiostat.org/data/repo/rhc.csv",
                "sha256:9ef4ab578be4b40ad5d97d3a7e08ffdc1f9f76aeeefee51b4996e4221556f8e8 "
                "sha256:30c80cfb16fa37a0d1e483a89b0df646c28061bf324034ffc805012ae789809a",
                2_320_412,
            ),
        ),
        patients_known=True,
        options={**_OPTIONS, "randomised": False},
    ),
    Entry(
        name="prescribing",
        title="A drug whose effects are known",
        modality="table",
        task="treatment",
        classes=("no drug", "drug"),
        cases="patients",
        count=10_000,
        licence="CC BY 4.0",
        citation="for the value of a policy: Dudík et al., ICML (2011), arXiv:1103.4601",
        homepage="https://arxiv.org/abs/1103.4601",
        reader="medlearn.data.tables.treatments:read_treatments",
        simulator="medlearn.data.tables.simulate:write_prescribing",
        patients_known=True,
        options={"shares": (0.48, 0.12, 0.4)},
        choices={"hidden": ("no", "yes")},
    ),
]
