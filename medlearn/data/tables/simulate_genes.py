"""Simulated gene expression: two leukaemias in two series, and women with breast cancer who are followed.

Knows nothing about reading such tables (see leukaemia.py, prognosis.py) nor about models.

In both a third of all genes follow one programme, how fast cells divide, each in its own way and measure. So
nearly any fifty genes tell it. Which genes these are, `planted` says.

"leukaemia" is laid like the files of Golub et al., with 2,000 genes: 38 patients of a first series and 34 of
a second. Forty genes differ between the leukaemias. The second series was measured elsewhere: genes read
higher or lower there, whoever the patient is. An intensity is how far a spot shines above its background, so
that weak ones fall below 0.

"prognosis" is laid like the table of van de Vijver et al., with 600 genes. The faster cells divide, the
sooner a woman dies; grade and size know something of that, and nodes add to it.

What is not realistic: all effects are invented, genes follow one programme and no pathways, and nobody's
treatment matters. No result on these tables says anything about patients.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from medlearn.data.files import MARK

VERSION = 1  # goes up whenever the same seed would give other patients

LEUKAEMIA_GENES, PROGNOSIS_GENES = 2000, 600
DISEASE = 40  # genes that differ between the leukaemias
SERIES = (("ALL", 27), ("AML", 11)), (("ALL", 20), ("AML", 14))
SHIFT = 0.1  # of a gene in the second series: its spread, on the scale of log2
DIVIDING = 0.5  # how far genes of the programme follow it
WOMEN, FOLLOWED = 200, 18  # years
EVENTS = 0.3


def planted(genes: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Names of those of so many `genes`, drawn by `seed`, that are of a programme.

    "disease" differ between the leukaemias, and "proliferation" follow how fast cells divide.

    >>> {programme: len(names) for programme, names in planted(2000).items()}
    {'disease': 40, 'proliferation': 666}
    """
    order = np.random.default_rng([seed, 36]).permutation(genes)
    names = np.array([_name(gene) for gene in range(genes)])
    return {
        "disease": names[np.sort(order[:DISEASE])],
        "proliferation": names[np.sort(order[DISEASE : DISEASE + genes // 3])],
    }


def _name(gene: int) -> str:
    return f"G{gene + 1:04}_at"


def _of(programme: str, genes: int, seed: int) -> np.ndarray:
    """A mask of the genes of a `programme`."""
    return np.isin([_name(gene) for gene in range(genes)], planted(genes, seed=seed)[programme])


# Leukaemia


def write_leukaemia(folder: Path, *, seed: int = 0) -> None:
    """Draw patients by `seed` and write both series and the classes to `folder`, in the files' own format.

    A row more than in the official files stands at the end of each series: that it is simulated.
    """
    rng = np.random.default_rng([seed, 37])
    diseases = [np.repeat(*zip(*each, strict=True)) for each in SERIES]
    disease = np.concatenate(diseases)
    series = np.repeat([0, 1], [len(each) for each in diseases])
    values = _intensities(rng, disease == "AML", series, seed)
    folder, number = Path(folder), np.arange(1, len(disease) + 1)
    for name, code in (("train", 0), ("independent", 1)):
        there = rng.permutation(np.flatnonzero(series == code))  # the official ones do not stand in order
        _write(folder / f"data_set_ALL_AML_{name}.csv", _series(values[:, there], number[there]))
    _write(folder / "actual.csv", [("patient", "cancer"), *zip(number, disease, strict=True)])


def _intensities(rng: np.random.Generator, is_aml: np.ndarray, series: np.ndarray, seed: int) -> np.ndarray:
    """What was measured, whole numbers, a row for each gene and a column for each patient."""
    shape = (LEUKAEMIA_GENES, len(series))
    log = rng.normal(8.5, 1.8, (LEUKAEMIA_GENES, 1)) + rng.uniform(0.4, 1, (LEUKAEMIA_GENES, 1)) * (
        rng.standard_normal(shape)
    )
    differs = _of("disease", LEUKAEMIA_GENES, seed)
    way = rng.choice([-1, 1], (DISEASE, 1)) * rng.uniform(0.5, 1.4, (DISEASE, 1))
    log[differs] += way * is_aml
    divides = _of("proliferation", LEUKAEMIA_GENES, seed)
    log[divides] += DIVIDING * rng.normal(0, 1, (divides.sum(), 1)) * rng.standard_normal(len(series))
    log += SHIFT * rng.standard_normal((LEUKAEMIA_GENES, 1)) * series
    return np.rint(np.minimum(2**log, 60_000) + rng.normal(0, 60, shape)).astype(int)


def _series(values: np.ndarray, number: np.ndarray) -> list[Sequence]:
    """The rows of a file: headings, genes with a call behind each value, and the mark."""
    heading = ["Gene Description", "Gene Accession Number"]
    heading += [cell for each in number for cell in (each, "call")]
    rows: list[Sequence] = [heading]
    for gene, cells in enumerate(values.tolist()):
        called = [cell for value in cells for cell in (value, "P" if value > 200 else "A")]
        rows.append([f"made-up gene {gene + 1}", _name(gene), *called])
    rows.append([MARK, MARK, *[1, "A"] * len(number)])
    return rows


# Prognosis


def write_prognosis(folder: Path, *, seed: int = 0) -> None:
    """Draw women by `seed` and write them to `folder` as NKI_cleaned.csv, in its format.

    A column more than in the official file stands at the end: that it is simulated.
    """
    rng = np.random.default_rng([seed, 38])
    dividing = rng.standard_normal(WOMEN)
    columns = {
        "barcode": np.arange(6000, 6000 + WOMEN),
        "Patient": [f"s{number}" for number in range(1, WOMEN + 1)],
        "ID": np.arange(1, WOMEN + 1),
    }
    clinical = _clinical(rng, dividing)
    columns |= _outcome(rng, 1.2 * dividing + 0.2 * clinical["posnodes"]) | clinical
    log = rng.normal(0, 0.2, (WOMEN, PROGNOSIS_GENES))
    divides = _of("proliferation", PROGNOSIS_GENES, seed)
    log[:, divides] += 0.2 * rng.normal(0, 1, divides.sum()) * dividing[:, None]
    columns |= {_name(gene): np.round(each, 4) for gene, each in enumerate(log.T)}
    columns[MARK] = np.ones(WOMEN, int)
    cells = (np.asarray(each).tolist() for each in columns.values())
    _write(Path(folder) / "NKI_cleaned.csv", [list(columns), *zip(*cells, strict=True)])


def _clinical(rng: np.random.Generator, dividing: np.ndarray) -> dict[str, np.ndarray]:
    """The clinical columns, some of which know something of how fast cells divide."""
    noise = rng.standard_normal((5, WOMEN))
    return {
        "chemo": rng.integers(0, 2, WOMEN),
        "hormonal": (rng.random(WOMEN) < 0.15).astype(int),
        "amputation": rng.integers(0, 2, WOMEN),
        "histtype": rng.choice([1, 2, 4], WOMEN, p=[0.9, 0.06, 0.04]),
        "age": np.clip(np.rint(44 + 5.5 * noise[0]), 26, 53).astype(int),
        "diam": np.clip(np.rint(22 + 8 * noise[1] + 3 * dividing), 2, 50).astype(int),
        "posnodes": np.clip(np.rint(1.5 + 2.2 * noise[2]), 0, 13).astype(int),
        "grade": 1 + np.digitize(0.7 * dividing + 0.7 * noise[3], [-0.5, 0.4]),
        "angioinv": 1 + np.digitize(0.3 * dividing + noise[4], [0.4, 0.6]),
        "lymphinfil": rng.choice([1, 2, 3], WOMEN, p=[0.8, 0.1, 0.1]),
    }


def _outcome(rng: np.random.Generator, hazard: np.ndarray) -> dict[str, np.ndarray]:
    """Who died, how long each was followed, and when the cancer came back, as headings and cells.

    `hazard` is on the scale of logarithms; EVENTS of the women are seen to die.
    """
    dies = rng.exponential(1, WOMEN) * np.exp(-hazard)
    left = rng.uniform(4, FOLLOWED, WOMEN)
    years = 1 / np.quantile(dies / left, EVENTS)  # so that as many die before they leave
    time = np.maximum(np.minimum(years * dies, left), 0.05)
    died = years * dies <= left
    back = np.where(died, time * rng.uniform(0.3, 0.95, WOMEN), time)
    return {
        "eventdeath": died.astype(int),
        "survival": np.round(time, 4),
        "timerecurrence": np.round(back, 4),
    }


def _write(path: Path, rows: Iterable[Sequence]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
