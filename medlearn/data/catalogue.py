"""Every data set of the course, one entry each: where it comes from, whose it is, how it is read.

Only facts. How files are had is store.py's business, what is in them the readers'. A new data set is one
more entry here and at most one reader.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from medlearn.errors import DataError


@dataclass(frozen=True)
class File:
    """One official file.

    `digest` is what its publisher states ("md5:…" or "sha256:…"). Where none is known, `content` says what
    must be found inside: the number of "members" of an archive, or of a table its number of "rows" and the
    sums of columns. `size` is about what the publisher lists, for people to read.
    """

    name: str
    url: str
    digest: str = ""
    size: int | None = None
    part: str = ""
    content: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Entry:
    """One data set. `reader` and `simulator` are "module:function" and imported only when called."""

    name: str
    title: str
    modality: str
    task: str
    classes: tuple[str, ...]
    cases: str  # what one case is called
    count: int
    licence: str
    citation: str
    homepage: str
    reader: str
    simulator: str = ""  # empty where there is none
    files: tuple[File, ...] = ()  # none for what comes with scikit-learn: real, and here in both modes
    pixels: int = 0  # for images: their height and width
    channels: int = 1  # for images: 3 in colour
    patients_known: bool = False
    parts: tuple[str, ...] = ()  # those read unless told otherwise, for a set that comes in parts

    @property
    def bundled(self) -> bool:
        return not self.files


def find(name: str) -> Entry:
    """The entry called `name`.

    >>> find("breast").title
    'BreastMNIST'
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    near = difflib.get_close_matches(str(name).lower(), CATALOGUE, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(CATALOGUE)}"
    raise DataError(f"there is no data set called {name!r}; {hint}")


MEDMNIST = "https://zenodo.org/records/10519652/files/{}?download=1"
CHALLENGE = "https://physionet.org/files/challenge-2012/1.0.0/{}"

_MEDMNIST_PAPER = "Yang et al., Scientific Data 10:41 (2023), doi:10.1038/s41597-022-01721-8"
_CHALLENGE_PAPER = (
    "Silva et al., Comput Cardiol 39:245 (2012); Goldberger et al., Circulation 101:e215 (2000)"
)


def _medmnist(name, title, modality, task, classes, cases, count, source, simulator, versions) -> list[Entry]:
    """A MedMNIST set at 28 and 64 px; `versions` holds the digest and the size of each."""
    entries = []
    for pixels, (digest, size) in zip((28, 64), versions, strict=True):
        stem = title.lower() + ("" if pixels == 28 else f"_{pixels}")
        file = File(f"{stem}.npz", MEDMNIST.format(f"{stem}.npz"), f"md5:{digest}", size)
        entries.append(
            Entry(
                name=name if pixels == 28 else f"{name}_{pixels}",
                title=title if pixels == 28 else f"{title}, {pixels} px",
                modality=modality,
                task=task,
                classes=classes,
                cases=cases,
                count=count,
                licence="CC BY 4.0",
                citation=f"{_MEDMNIST_PAPER}; {source}",
                homepage="https://medmnist.com",
                reader="medlearn.data.images.medmnist:read_medmnist",
                simulator=simulator,
                files=(file,),
                pixels=pixels,
                channels=3 if name in ("blood", "retina") else 1,
            )
        )
    return entries


def _stays(letter: str, deaths: int) -> tuple[File, File]:
    archive, outcomes = f"set-{letter}.tar.gz", f"Outcomes-{letter}.txt"
    content = (("rows", 4000), ("In-hospital_death", deaths))
    return (
        File(archive, CHALLENGE.format(archive), "", 6_600_000, letter, (("members", 4000),)),
        File(outcomes, CHALLENGE.format(outcomes), "", 80_000, letter, content),
    )


_ENTRIES = [
    *_medmnist(
        "pneumonia",
        "PneumoniaMNIST",
        "chest film",
        "binary",
        ("normal", "pneumonia"),
        "films",
        5856,
        "Kermany et al., Cell 172:1122 (2018)",
        "medlearn.data.images.simulate.films:write_pneumonia",
        [("28209eda62fecd6e6a2d98b1501bb15f", 4_200_000), ("8f4eceb4ccffa70c672198ea285246c6", 20_600_000)],
    ),
    *_medmnist(
        "breast",
        "BreastMNIST",
        "ultrasound",
        "binary",
        ("malignant", "normal or benign"),
        "images",
        780,
        "Al-Dhabyani et al., Data in Brief 28:104863 (2020)",
        "medlearn.data.images.simulate.ultrasound:write_breast",
        [("750601b1f35ba3300ea97c75c52ff8f6", 560_000), ("742edef2a1fd1524b2efff4bd7ba9364", None)],
    ),
    *_medmnist(
        "blood",
        "BloodMNIST",
        "microscopy",
        "multiclass",
        (
            "basophil",
            "eosinophil",
            "erythroblast",
            "immature granulocyte",
            "lymphocyte",
            "monocyte",
            "neutrophil",
            "platelet",
        ),
        "cells",
        17092,
        "Acevedo et al., Data in Brief 30:105474 (2020)",
        "medlearn.data.images.simulate.cells:write_blood",
        [("7053d0359d879ad8a5505303e11de1dc", 35_500_000), ("2b94928a2ae4916078ca51e05b6b800b", None)],
    ),
    *_medmnist(
        "retina",
        "RetinaMNIST",
        "fundus photograph",
        "ordinal",
        ("grade 0", "grade 1", "grade 2", "grade 3", "grade 4"),
        "photographs",
        1600,
        "the DeepDRiD challenge (2020)",
        "medlearn.data.images.simulate.fundus:write_retina",
        [("bd4c0672f1bba3e3a89f0e4e876791e4", 3_300_000), ("afda852cc34dcda56f86ad2b2457dbcc", 13_200_000)],
    ),
    Entry(
        name="icu",
        title="PhysioNet Challenge 2012",
        modality="health record",
        task="binary",
        classes=("survived", "died in hospital"),
        cases="stays",
        count=12000,
        licence="open access",
        citation=_CHALLENGE_PAPER,
        homepage="https://physionet.org/content/challenge-2012/1.0.0/",
        reader="medlearn.data.records.physionet:read_physionet",
        simulator="medlearn.data.records.simulate:write_stays",
        files=(*_stays("a", 554), *_stays("b", 568), *_stays("c", 585)),
        patients_known=True,
        parts=("a", "b"),
    ),
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
CATALOGUE: dict[str, Entry] = {entry.name: entry for entry in _ENTRIES}
