"""Simulated patients of several kinds: a world whose kinds are planted, and stand-ins for published tables.

Knows nothing about reading such tables (see grouping.py, dermatology.py, expression.py) nor about models.

"phenotypes" is made only: values at admission of patients of two hospitals. Severity moves all columns, and
in no direction do patients differ more. Three kinds stand at equal distances from each other, in a plane
across that direction: one is inflamed, in one the kidneys fail, in one the liver. So whatever cuts patients
where they differ most, as k-means does, cuts severity; a mixture of clouds of one shape finds the kinds. More
of the severe die, and more of those with a failing liver. The twin without kinds is one cloud with the same
mean and covariance, before values are rounded. In a shifted hospital the laboratory reads four columns higher
or lower, whoever the patient is.

"dermatology" is laid like UCI's table: six diseases with graded findings, some of which they share, and
patients who lack some of what is typical.

"expression" is laid like the ten sets of de Souto et al., with their classes and numbers of tumours, but 300
genes. Each class raises some of them, the more the purer the tissue. What moves most genes has nothing to do
with the class: how pure the tissue is, and which of two places a tumour comes from. Classes are as hard to
find as in the real sets, hardest in that of Khan.

What is not realistic: all effects are invented, kinds have the same spread and no tails, and nothing else
hangs together within a kind. No result on these tables says anything about patients or tumours.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from medlearn.data.files import MARK
from medlearn.data.tables.dermatology import COLUMNS, HIGHEST
from medlearn.errors import DataError

VERSION = 1  # goes up whenever the same seed would give other patients

# Phenotypes: usual value, spread of the noise (of its logarithm for those that multiply), decimals.
PATIENTS = 1500
MISSING = 0.05
ADMISSION = {
    "heart_rate": (92, 13, 0),
    "mean_pressure": (78, 10, 0),
    "respiratory_rate": (21, 3.5, 0),
    "temperature": (37.3, 0.6, 1),
    "white_cells": (11, 0.25, 1),
    "platelets": (225, 45, 0),
    "lactate": (1.8, 0.3, 1),
    "creatinine": (95, 0.28, 0),
    "urea": (7, 0.3, 1),
    "bilirubin": (16, 0.4, 0),
    "albumin": (34, 3.5, 0),
    "bicarbonate": (24, 2.2, 1),
}
MULTIPLYING = ("white_cells", "lactate", "creatinine", "urea", "bilirubin")
# How severity and each kind move the columns. Severity points as far into one kind as into the others, so
# that it lies across the plane in which they differ.
SEVERITY = {
    **{"heart_rate": 0.3, "temperature": 0.25, "white_cells": 0.3},
    **{"creatinine": 0.3, "urea": 0.3, "bicarbonate": -0.25},
    **{"bilirubin": 0.3, "albumin": -0.3, "platelets": -0.25},
    **{"mean_pressure": -0.3, "respiratory_rate": 0.3, "lactate": 0.3},
}
KINDS = {
    "inflammation": {"heart_rate": 0.6, "white_cells": 0.6, "temperature": 0.5},
    "kidney": {"creatinine": 0.6, "urea": 0.6, "bicarbonate": -0.5},
    "liver": {"bilirubin": 0.6, "albumin": -0.6, "platelets": -0.5},
}
SHARES = np.array([0.25, 0.4, 0.35])
OF_SEVERITY = 2.25  # spreads of the noise that one unit of severity moves a patient
LABORATORY = {"white_cells": -3.5, "lactate": 3.5, "urea": -3.5, "albumin": 3.5}  # spreads the second adds


def draw_phenotypes(
    cases: int, *, kinds: int = 3, distance: float = 3.5, shifted: bool = False, seed: int = 0
) -> dict[str, np.ndarray]:
    """Patients at admission, as arrays by name.

    `x` has the columns of ADMISSION, NaN where not measured: heart and respiratory rate per minute, mean
    pressure in mmHg, temperature in °C, platelets and white cells in 10⁹/l, albumin in g/l, bicarbonate,
    lactate and urea in mmol/l, creatinine and bilirubin in µmol/l. `kind` is 0 to 2 as in KINDS, `severity`
    the true one, `hospital` 0 or 1, `died` 0 or 1.

    Parameters
    ----------
    cases : how many.
    kinds : 3, or 1 for one cloud with the same mean and covariance; then `kind` is 0.
    distance : between the kinds' centres, in spreads within a kind.
    shifted : whether the second hospital's laboratory reads some columns higher or lower.
    seed : draws them.

    >>> drawn = draw_phenotypes(1000)
    >>> drawn["x"].shape, bool(drawn["died"][drawn["severity"] > 1].mean() > drawn["died"].mean())
    ((1000, 12), True)
    """
    if kinds not in (1, 3):
        raise DataError(f"phenotypes: kinds is 3, or 1 for a cloud without kinds, not {kinds!r}")
    rng = np.random.default_rng([seed, 32])
    severity, hospital = rng.standard_normal(cases), rng.integers(0, 2, cases)
    centres = distance / 2**0.5 * np.stack([_direction(moved) for moved in KINDS.values()])
    centres -= SHARES @ centres
    if kinds == 3:
        kind = rng.choice(len(KINDS), cases, p=SHARES)
        score, of_liver = centres[kind], kind == 2
    else:
        kind = np.zeros(cases, int)
        score = rng.standard_normal((cases, 3)) @ (np.sqrt(SHARES)[:, None] * centres)
        of_liver = SHARES[2]  # so that as many die
    score = score + OF_SEVERITY * severity[:, None] * _direction(SEVERITY)
    score += rng.standard_normal(score.shape) + shifted * hospital[:, None] * _along(LABORATORY)
    x = _in_units(score)
    x[rng.random(x.shape) < MISSING] = np.nan
    died = (rng.random(cases) < 1 / (1 + np.exp(2.05 - severity - of_liver))).astype(int)
    return {"x": x, "kind": kind, "severity": severity, "hospital": hospital, "died": died}


def _along(moved: Mapping[str, float]) -> np.ndarray:
    """How far each column is `moved`, 0 where it is not named."""
    return np.array([moved.get(name, 0.0) for name in ADMISSION])


def _direction(moved: Mapping[str, float]) -> np.ndarray:
    """The same, of length 1."""
    return _along(moved) / np.linalg.norm(_along(moved))


def _in_units(score: np.ndarray) -> np.ndarray:
    """Columns in spreads of their noise as what a ward writes down."""
    columns = []
    for (name, (usual, spread, places)), each in zip(ADMISSION.items(), score.T, strict=True):
        value = usual * np.exp(spread * each) if name in MULTIPLYING else usual + spread * each
        columns.append(np.maximum(np.round(value, places), 10.0**-places))
    return np.stack(columns, axis=1)


def write_phenotypes(folder: Path, *, seed: int = 0, kinds: str = "three", hospitals: str = "alike") -> None:
    """Draw the patients by `seed` and write them to `folder` as phenotypes.csv.

    Parameters
    ----------
    folder, seed : as above.
    kinds : "three", or "none": then there is no column of the kind.
    hospitals : "alike", or "shifted": the second one's laboratory reads some columns higher or lower.
    """
    planted = 1 if kinds == "none" else len(KINDS)
    drawn = draw_phenotypes(PATIENTS, kinds=planted, shifted=hospitals == "shifted", seed=seed)
    places = [places for _, _, places in ADMISSION.values()]
    texts = [
        ["" if np.isnan(value) else f"{value:.{digits}f}" for value in column]
        for column, digits in zip(drawn["x"].T, places, strict=True)
    ]
    columns = {"patient": [f"P{number:04}" for number in range(1, PATIENTS + 1)]}
    columns |= dict(zip(ADMISSION, texts, strict=True))
    if planted > 1:
        columns["kind"] = np.array(list(KINDS))[drawn["kind"]]
    columns |= {
        "severity": np.round(drawn["severity"], 4),
        "hospital": drawn["hospital"],
        "died": drawn["died"],
        MARK: [1] * PATIENTS,
    }
    _write(Path(folder) / "phenotypes.csv", [list(columns), *zip(*columns.values(), strict=True)])


# Dermatology

# How marked a finding is where nothing is said, and what each disease has instead: patients, age, findings.
USUAL = {
    **{"erythema": 2, "scaling": 1.7, "definite borders": 1.3, "itching": 1.2, "acanthosis": 1.9},
    **{"hyperkeratosis": 0.4, "parakeratosis": 1.1, "mononuclear infiltrate": 1.8, "exocytosis": 1.2},
}


class _Disease(NamedTuple):
    """How many patients have a disease, their usual age, and how marked their findings are."""

    patients: int
    age: float
    marked: Mapping[str, float]


DISEASES = (
    _Disease(112, 39, {
        "definite borders": 2.1, "knees and elbows": 1.7, "scalp": 1.6, "family history": 0.6,
        "neutrophils": 1.1, "parakeratosis": 2, "clubbed rete ridges": 2, "elongated rete ridges": 2.2,
        "thinned epidermis": 2, "spongiform pustule": 0.9, "Munro microabscess": 1.2,
        "lost granular layer": 1.1, "Koebner phenomenon": 0.7, "exocytosis": 0.2,
    }),
    _Disease(61, 35, {
        "itching": 1.7, "exocytosis": 2.1, "spongiosis": 2.1, "neutrophils": 1.1, "eosinophils": 0.5,
    }),
    _Disease(72, 40, {
        "definite borders": 2, "itching": 2.2, "Koebner phenomenon": 1.3, "polygonal papules": 2.2,
        "oral mucosa": 1.8, "melanin incontinence": 2, "exocytosis": 2.2, "focal hypergranulosis": 2,
        "damaged basal layer": 2.2, "spongiosis": 1.1, "saw-tooth rete ridges": 2.2,
        "band-like infiltrate": 2.6,
    }),
    _Disease(49, 35, {
        "itching": 0.5, "Koebner phenomenon": 1.3, "exocytosis": 2, "spongiosis": 2,
        "lost granular layer": 0.4,
    }),
    _Disease(52, 37, {
        "itching": 1.9, "fibrosis of papillary dermis": 2.2, "elongated rete ridges": 1.9,
        "hyperkeratosis": 0.8, "exocytosis": 0.8,
    }),
    _Disease(20, 10, {
        "follicular papules": 2.1, "knees and elbows": 1.6, "scalp": 0.6, "family history": 0.7,
        "spongiosis": 1.1, "exocytosis": 1.5, "follicular horn plug": 1.8,
        "perifollicular parakeratosis": 2,
    }),
)  # fmt: skip
NOISE, LACKING, UNSEEN_AGES = 0.55, 0.2, 8


def write_dermatology(folder: Path, *, seed: int = 0) -> None:
    """Draw the patients by `seed` and write them to `folder` as dermatology.data, in UCI's format.

    A cell more than in the official file stands at the end of each row: that it is simulated.
    """
    rng = np.random.default_rng([seed, 34])
    rows = []
    for code, disease in enumerate(DISEASES, start=1):
        findings = [name for name in COLUMNS if name != "age"]
        level = np.array([(USUAL | disease.marked).get(name, -0.8) for name in findings])
        lacks = rng.random((disease.patients, len(level))) < LACKING
        level = np.where(lacks & (level > 0), level - 1.2, level)
        grade = level + 0.3 * rng.standard_normal((disease.patients, 1))  # some are ill more than others
        grade = np.round(grade + NOISE * rng.standard_normal(level.shape)).astype(int)
        grade = np.clip(grade, 0, [HIGHEST.get(name, 3) for name in findings])
        spread = min(14, disease.age / 3)
        age = np.clip(np.round(rng.normal(disease.age, spread, disease.patients)), 5, 75).astype(int)
        rows += [[*each, years, code, MARK] for each, years in zip(grade.tolist(), age.tolist(), strict=True)]
    for row in rng.choice(len(rows), UNSEEN_AGES, replace=False):
        rows[row][len(COLUMNS) - 1] = "?"
    _write(Path(folder) / "dermatology.data", [rows[number] for number in rng.permutation(len(rows))])


# Expression

GENES = 300
FLOOR, CEILING = 10, 16_000  # of one-colour chips
MARKERS = 0.2  # of the genes that a class has raised


class _Study(NamedTuple):
    """A set: its classes, in what its genes are measured, and what makes it easy or hard.

    In the purest tumours, whose purity is 1, a class raises its genes by 2 to the power `raised`; `purity` is
    that of the least pure ones, and `common` says how far all genes follow what is not the class.
    """

    classes: Mapping[str, int]
    scale: str  # "intensity", "ratio" or "log ratio"
    raised: float
    purity: float
    common: float


STUDIES = {
    "alizadeh-2000-v2": _Study({"DLBCL": 42, "FL": 9, "CLL": 11}, "log ratio", 1.7, 0.35, 0.2),
    "armstrong-2002-v2": _Study({"ALL": 24, "MLL": 20, "AML": 28}, "intensity", 2.5, 0.2, 0.3),
    "bhattacharjee-2001": _Study(
        {"AD": 139, "NL": 17, "SCLC": 6, "SQ": 21, "COID": 20}, "intensity", 2.5, 0.2, 0.3
    ),
    "chowdary-2006": _Study({"B": 62, "C": 42}, "intensity", 3, 0.05, 0.2),
    "golub-1999-v1": _Study({"ALL": 47, "AML": 25}, "intensity", 3, 0.05, 0.2),
    "khan-2001": _Study({"EWS": 29, "BL": 11, "NB": 18, "RMS": 25}, "ratio", 1.8, 0.2, 0.7),
    "pomeroy-2002-v2": _Study(
        {"MD": 10, "Mglio": 10, "Rhab": 10, "Ncer": 4, "PNET": 8}, "intensity", 2, 0.3, 0.4
    ),
    "ramaswamy-2001": _Study(
        dict.fromkeys(("BR", "LU", "CR", "BL", "RE", "PA", "OV", "ME"), 11)
        | {"PR": 10, "ML": 10, "UT": 10, "LY": 22, "LE": 30, "CNS": 20},
        *("intensity", 1.8, 0.2, 0.45),
    ),
    "risinger-2003": _Study({"PS": 13, "CC": 3, "E": 19, "N": 7}, "ratio", 2, 0.2, 0.45),
    "su-2001": _Study(
        {"PR": 26, "BL": 8, "BR": 26, "CO": 23, "GA": 12, "KI": 11, "LI": 7, "OV": 27, "PA": 6, "LU": 28},
        *("intensity", 2.2, 0.4, 0.3),
    ),
}


def write_expression(folder: Path, *, seed: int = 0) -> None:
    """Draw tumours by `seed` and write the ten sets to `folder` under their official names.

    A row more than in the official files stands at the end: that they are simulated.
    """
    for number, (name, study) in enumerate(STUDIES.items()):
        rng = np.random.default_rng([seed, 35, number])
        heading = [label for label, tumours in study.classes.items() for _ in range(tumours)]
        quoted = '"{}"' if study.scale == "intensity" else "{}"
        lines = ["\t".join(["GENES", *heading])]
        for gene, values in enumerate(_expression(rng, study).tolist(), start=1):
            lines.append("\t".join([quoted.format(f"gene{gene}"), *map(str, values)]))
        lines.append("\t".join([MARK, *["1"] * len(heading)]))
        with (
            (Path(folder) / f"{name}_database.txt.gz").open("wb") as raw,
            gzip.GzipFile("", "wb", 4, raw, mtime=0) as packed,
        ):
            packed.write(("\n".join(lines) + "\n").encode())


def _expression(rng: np.random.Generator, study: _Study) -> np.ndarray:
    """What a study measured, a row for each gene and a column for each tumour."""
    member = np.repeat(np.arange(len(study.classes)), list(study.classes.values()))
    log = rng.normal(6.5 if study.scale == "intensity" else -0.3, 1.6, (GENES, 1))
    raised = np.zeros((GENES, len(study.classes)))
    for label in range(len(study.classes)):
        markers = rng.choice(GENES, round(MARKERS * GENES), replace=False)
        raised[markers, label] = study.raised * rng.uniform(0.5, 1.5, len(markers))
    sizes = study.classes.values()
    purity = np.concatenate([rng.permutation(np.linspace(study.purity, 1, tumours)) for tumours in sizes])
    log = log + raised[:, member] * purity
    log += study.common * rng.normal(0, 1, (GENES, 1)) * (purity - purity.mean()) / purity.std()
    log += study.common / 2 * rng.normal(0, 1, (GENES, 1)) * rng.choice([-1, 1], len(member), p=[0.65, 0.35])
    log += rng.uniform(0.5, 1.2, (GENES, 1)) * rng.normal(0, 1, log.shape)
    if study.scale == "log ratio":
        return np.round(log, 2)
    if study.scale == "ratio":
        return np.round(np.maximum(2**log, 0.01), 2)
    return np.round(np.clip(2**log, FLOOR, CEILING), 1)


def _write(path: Path, rows: Iterable[Sequence]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
