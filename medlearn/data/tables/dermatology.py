"""UCI Dermatology: findings of patients with one of six skin diseases that look alike.

Reads the official file, which has no headings, and a copy with headings, which holds the class twice: as a
number in the last column but one, and as a word in the last. Neither is ever an input.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medlearn.data.csvfile import EMPTY, cells_of, content_of, to_number
from medlearn.data.dataset import Dataset, Split
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, kind_of, path_of
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

FILES = ("dermatology.data", "dermatology.tab")  # the official one, and the copy with headings
CLASSES = (
    *("psoriasis", "seborrhoeic dermatitis", "lichen planus", "pityriasis rosea", "chronic dermatitis"),
    "pityriasis rubra pilaris",
)
WORDS = (  # how the copy writes them
    *("psoriasis", "seboreic_dermatitis", "lichen_planus", "pityriasis_rosea", "cronic_dermatitis"),
    "pityriasis_rubra_pilaris",
)
# What the columns are called here, and how the copy's headings go on behind a sign and "#".
COLUMNS = {
    "erythema": "erythema",
    "scaling": "scaling",
    "definite borders": "definite_borders",
    "itching": "itching",
    "Koebner phenomenon": "koebner_phenomenon",
    "polygonal papules": "polygonal_papules",
    "follicular papules": "follicular_papules",
    "oral mucosa": "oral_mucosal_involvement",
    "knees and elbows": "knee_and_elbow_involvement",
    "scalp": "scalp_involvement",
    "family history": "family_history",
    "melanin incontinence": "melanin_incontinence",
    "eosinophils": "eosinophils_in_the_infiltrate",
    "neutrophils": "PNL_infiltrate",
    "fibrosis of papillary dermis": "fibrosis_of_the_papillary_dermis",
    "exocytosis": "exocytosis",
    "acanthosis": "acanthosis",
    "hyperkeratosis": "hyperkeratosis",
    "parakeratosis": "parakeratosis",
    "clubbed rete ridges": "clubbing_of_the_rete_ridges",
    "elongated rete ridges": "elongation_of_the_rete_ridges",
    "thinned epidermis": "thinning_of_the_suprapapillary_epidermis",
    "spongiform pustule": "spongiform_pustule",
    "Munro microabscess": "munro_microabcess",
    "focal hypergranulosis": "focal_hypergranulosis",
    "lost granular layer": "disappearance_of_the_granular_layer",
    "damaged basal layer": "vacuolisation_and_damage_of_basal_layer",
    "spongiosis": "spongiosis",
    "saw-tooth rete ridges": "saw-tooth_appearance_of_retes",
    "follicular horn plug": "follicular_horn_plug",
    "perifollicular parakeratosis": "perifollicular_parakeratosis",
    "mononuclear infiltrate": "inflammatory_monoluclear_inflitrate",
    "band-like infiltrate": "band-like_infiltrate",
    "age": "Age",
}
HIGHEST = {"age": 120, "family history": 1}  # of the findings 3
MISSING = EMPTY | {"?"}


def read_dermatology(place: str | Path, *, entry: Entry | None = None, seed: int = 0) -> Dataset:
    """Patients with 33 findings, most of them graded 0 to 3, and age; y is which of six diseases they have.

    x is float32, NaN where a cell is empty or "?". A row is a patient; 60, 20 and 20 % of them are to learn
    from, to validate and to test on, with about the same mix of diseases.

    Parameters
    ----------
    place : `dermatology.data`, the copy `dermatology.tab`, or a folder with one of them.
    entry : the data set; it is not needed.
    seed : draws the splits.
    """
    path = _file(path_of(place))
    rows, headed = _rows(path)
    simulated = not headed and all(cells[-1] == MARK for _, cells in rows)
    if simulated:
        rows = [(row, cells[:-1]) for row, cells in rows]
    y = np.array([_disease(path, row, cells[len(COLUMNS) :], headed=headed) for row, cells in rows])
    x = np.array([_patient(path, row, cells) for row, cells in rows], np.float32)
    patient = np.arange(1, len(y) + 1)
    try:
        index = split_by_patient(patient, y, seed=seed)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    everyone = Split(x, y, patient)
    return Dataset(
        path.stem,
        *map(everyone.take, index),
        task="multiclass",
        classes=CLASSES,
        simulated=simulated,
        cases="patients",
        columns=tuple(COLUMNS),
    )


def _file(place: Path) -> Path:
    """The file at `place`, or the one in a folder."""
    if kind_of(place) != "folder":
        return place
    for name in FILES:
        if kind_of(place / name):
            return place / name
    raise DataError(f"{place} holds no {' and no '.join(FILES)}: name the file itself")


def _rows(path: Path) -> tuple[list[tuple[int, Sequence[str]]], bool]:
    """The cells of each patient with the number of the row, and whether there are headings."""
    rows = [(number, row) for number, row in cells_of(content_of(path), path) if any(row)]
    headed = bool(rows) and np.isnan(to_number(rows[0][1][0]))
    if headed:
        _check_headings(path, rows.pop(0)[1])
    if not rows:
        raise DataError(f"{path} is empty: there should be a row a patient")
    width = len(COLUMNS) + (2 if headed or rows[0][1][-1] == MARK else 1)
    for number, row in rows:
        if len(row) != width:
            raise DataError(f"{path}, row {number} has {len(row)} cells, but {width} belong there")
    return rows, headed


def _check_headings(path: Path, headings: Sequence[str]) -> None:
    """Refuse columns that are not those of the copy, in their order."""
    wanted = [*COLUMNS.values(), "Code", "ClassCode"]
    found = [heading.rpartition("#")[2] for heading in headings]
    for number, name in enumerate(wanted):
        if number >= len(found) or found[number].casefold() != name.casefold():
            there = repr(headings[number]) if number < len(found) else "missing"
            raise DataError(
                f"{path}: column {number + 1} should be {name!r} and is {there}, so this is not UCI "
                "Dermatology: read another table with load('phenotypes', file=...)"
            )


def _disease(path: Path, row: int, cells: Sequence[str], *, headed: bool) -> int:
    """The disease of a patient, from 0; its number and its word must agree."""
    number = to_number(cells[0])
    if number not in range(1, len(CLASSES) + 1):
        raise DataError(f"{path}, row {row}: the class is {cells[0]!r}, and should be 1 to {len(CLASSES)}")
    disease = int(number) - 1
    if headed and cells[1] != WORDS[disease]:
        raise DataError(
            f"{path}, row {row}: the class is {cells[0]} by its number, which is {WORDS[disease]}, but "
            f"{cells[1]} by its name: mend the row, or get the file again"
        )
    return disease


def _patient(path: Path, row: int, cells: Sequence[str]) -> list[float]:
    """The findings and the age of a patient."""
    values = []
    for name, cell in zip(COLUMNS, cells, strict=False):  # the class stands behind them
        value, highest = to_number(cell), HIGHEST.get(name, 3)
        if cell not in MISSING and not (0 <= value <= highest and value % 1 == 0):
            raise DataError(
                f"{path}, row {row}, column {name!r}: {cell!r} is no whole number from 0 to {highest}"
            )
        values.append(np.nan if cell in MISSING else value)
    return values
