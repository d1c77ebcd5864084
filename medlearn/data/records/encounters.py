"""Encounters and the drugs given at each: Diabetes 130-US hospitals, or another hospital's prescriptions.

A file may be anybody's, damaged or hostile: nothing is unpacked to disk, sizes are looked at first, and each
fault is one DataError that says where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from medlearn.data.csvfile import Table
from medlearn.data.dataset import Dataset, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, kind_of, members_of, path_of
from medlearn.data.records.entries import DRUGS
from medlearn.data.records.own import moment, patients_of
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

FILE, ENCOUNTERS = "dataset_diabetes.zip", "diabetic_data.csv"

# The official table. What a column may hold, and the number that stands for it.
NUMBER_OF = {drug: {"No": 0, "Steady": 1, "Up": 1, "Down": 1} for drug in DRUGS} | {
    "age": {"": np.nan} | {f"[{start}-{start + 10})": start + 5 for start in range(0, 100, 10)},
    "gender": {"Female": 1, "Male": 0, "Unknown/Invalid": np.nan, "": np.nan},
    "A1Cresult": {"": np.nan, "Norm": 1, ">7": 2, ">8": 3},
    "max_glu_serum": {"": np.nan, "Norm": 1, ">200": 2, ">300": 3},
    "change": {"No": 0, "Ch": 1},
    "diabetesMed": {"No": 0, "Yes": 1},
}
# Columns of x that are 1 where a column of the file holds one of these values, or has this in it.
INDICATORS = {
    "race": {name: (name,) for name in ("AfricanAmerican", "Asian", "Caucasian", "Hispanic", "Other")},
    "admission_type_id": {"emergency": ("1", "7"), "urgent": ("2",), "elective": ("3",)},
    "admission_source_id": {
        "emergency room": ("7",),
        "referral": ("1", "2", "3"),
        "transfer": ("4", "5", "6", "10", "18", "22", "25", "26"),
    },
}
SPECIALTIES = {
    "internal medicine": "InternalMedicine",
    "family practice": "Family",
    "emergency": "Emergency",
    "cardiology": "Cardiology",
    "nephrology": "Nephrology",
    "endocrinology": "Endocrinology",
    "orthopaedics": "Orthopedics",
    "surgery": "Surg",
}
VISITS = ("number_outpatient", "number_emergency", "number_inpatient")  # in the year before
AFTER = (
    "num_medications",
    "time_in_hospital",
    "num_lab_procedures",
    "num_procedures",
)  # counts, never inputs
DEAD = (11, 19, 20, 21)  # codes of discharge
RARE = (
    *("chlorpropamide", "acetohexamide", "tolbutamide", "miglitol", "troglitazone", "tolazamide", "examide"),
    *("citoglipton", "glipizide-metformin", "glimepiride-pioglitazone", "metformin-rosiglitazone"),
    "metformin-pioglitazone",
)

DIAGNOSES = ("diag_1", "diag_2", "diag_3")
# The chapters of ICD-9 by the last category of each, and diabetes (250) by the fourth digit.
CHAPTERS = {
    **{139: "infection", 239: "neoplasm", 279: "endocrine", 289: "blood", 319: "mental"},
    **{389: "nervous system", 459: "circulation", 519: "respiration", 579: "digestion"},
    **{629: "urinary or genital", 679: "pregnancy", 709: "skin", 739: "muscles and bones"},
    **{779: "congenital or perinatal", 799: "symptoms", 999: "injury or poisoning"},
}
COMPLICATIONS = {"acute": "123", "kidney": "4", "eye": "5", "nerve": "6", "vessels": "7", "other": "89"}
KINDS = (
    *(f"diagnosis={name}" for name in (*CHAPTERS.values(), "external cause", "other contact")),
    *("diabetes", "diabetes=type 1", "diabetes=uncontrolled"),
    *(f"diabetes={name}" for name in COMPLICATIONS),
)

# Prescriptions of another hospital: what a column may be called, without regard to capitals and signs.
HEADS = {
    "patient": ("patient", "patientid", "subjectid", "patientnbr", "personid"),
    "admission": ("admission", "admissionid", "hadmid", "encounter", "encounterid", "visitid"),
    "drug": ("drug", "drugname", "medication", "medicine"),
    "start": ("start", "starttime", "startdate"),
    "end": ("end", "endtime", "enddate", "stop", "stoptime", "stopdate"),
    "admitted": ("admitted", "admittime", "admissiontime", "admissiondate"),
    "discharged": ("discharged", "dischtime", "dischargetime", "dischargedate"),
}
NEEDED = ("patient", "admission", "drug", "start")
FEWEST_PATIENTS, FEWEST_DRUGS, MOST_DRUGS = 20, 2, 200
MOST_HOURS = 1e8  # as far as dates go
COMMON = 0.01  # of the admissions: what is given less often is left out
HISTORY = ("earlier admissions, log(1 + n)", "days since the last admission")


def read_encounters(
    place: str | Path,
    *,
    entry: Entry | None = None,
    seed: int = 0,
    patient: str = "",
    admission: str = "",
    drug: str = "",
    start: str = "",
) -> Dataset:
    """Encounters as a Dataset, one case each: what is known as x, the drugs given as y, uint8 (n, drugs).

    Cases are sorted by patient and then by time: `about["visit"]` counts a patient's from 0, and
    `about["encounter"]` is the encounter's own number. Patients are dealt out 60 : 20 : 20, by `seed`.

    `place` is the zip of Diabetes 130-US hospitals, a folder with it, its `diabetic_data.csv`, or a CSV file
    of another hospital's prescriptions; `.csv.gz` does, too. The `entry` is not needed.

    **Diabetes 130-US.** y holds eleven drugs; one is given unless its column says "No". The file has no
    dates: a patient's encounters stand by `encounter_id`, which is only roughly the order of time. x holds
    age (the middle of a decade), indicators of sex, race, admission, specialty and of the three diagnoses by
    chapter of ICD-9, visits in the year before as log(1 + n), HbA1c and glucose: whether measured, and the
    level from 1 (normal) to 3, NaN where not. Where race, admission or specialty is unknown all of its
    indicators are 0. Diagnoses are written down at discharge. `about` holds what follows from the
    prescription or comes after it, and is never an input: `change`, `diabetesMed`, `num_medications`,
    `time_in_hospital`, `num_lab_procedures`, `num_procedures`, `readmitted`, `discharge` (a code, 0 where
    unknown), `died`.

    **Prescriptions of another hospital.** A row is a prescription: columns patient, admission, drug and start
    under these or similar names (subject_id, hadm_id, medication, starttime), and if you like end, admitted
    and discharged. Times are dates (2024-03-01 07:30) or hours. A case is an admission, in the order of their
    first starts; y holds the drugs that are given in 1 % of the admissions or more, most common first, their
    names without regard to capitals; x how many admissions came before and how long ago the last one began.

    Parameters
    ----------
    place, entry, seed : as above.
    patient, admission, drug, start : names of the columns of prescriptions, where they are called otherwise.
    """
    named = dict(zip(NEEDED, (patient, admission, drug, start), strict=True))
    path = path_of(place)
    path = path / FILE if kind_of(path) == "folder" and kind_of(path / FILE) == "file" else path
    table = _table(path)
    official = {"encounter_id", "patient_nbr"} <= set(table.columns) and not any(named.values())
    whole, classes, columns = _diabetes(table) if official else _prescriptions(table, named)
    index = split_by_patient(whole.patient, seed=seed)
    return Dataset(
        path.stem,
        *(whole.take(positions) for positions in index),
        task="multilabel",
        classes=classes,
        simulated=MARK in table.columns,
        cases="encounters",
        columns=columns,
        notes=sum_notes(table.notes),
    )


def _table(path: Path) -> Table:
    """The CSV file at `path`, or the official one in the zip or folder there."""
    if kind_of(path) == "file" and not path.name.lower().endswith((".zip", ".tar", ".tar.gz", ".tgz")):
        return Table.read(path)
    found = dict(members_of(path, wanted=lambda name: PurePosixPath(name).name == ENCOUNTERS))
    if len(found) != 1:
        fault = f"{len(found)} files called {ENCOUNTERS}: keep one" if found else f"no {ENCOUNTERS}"
        raise DataError(f"{path} holds {fault}; a file of your own is named in full, as in file='drugs.csv'")
    [(name, content)] = found.items()
    return Table.of(content, path / name)


# Diabetes 130-US hospitals


def _diabetes(table: Table) -> tuple[Split, tuple[str, ...], tuple[str, ...]]:
    """Cases of the official table, the drugs, and the columns of x."""
    counts = (*VISITS, *AFTER, "number_diagnoses")
    needed = ("encounter_id", "patient_nbr", *NUMBER_OF, *INDICATORS, *DIAGNOSES, *counts)
    table.require(*needed, "medical_specialty", "discharge_disposition_id", "readmitted")
    _in_order(table)
    for cells in table.columns.values():
        cells[cells == "?"] = ""
    _note_rare(table)
    known = {name: _numbers(table, name, codes) for name, codes in NUMBER_OF.items()}
    known |= {name: _counts(table, name) for name in counts}
    table.note("encounter of a patient whose sex is unknown", np.flatnonzero(np.isnan(known["gender"])))
    patient, encounter = _whole(table, "patient_nbr"), _whole(table, "encounter_id")
    about = {"encounter": encounter, "visit": _visit(patient), **{name: known[name] for name in AFTER}}
    about |= {name: known[name].astype(np.int64) for name in ("change", "diabetesMed")}
    about["readmitted"] = table.columns["readmitted"].astype(str)
    table.columns["discharge_disposition_id"][table.columns["discharge_disposition_id"] == ""] = "0"
    about["discharge"] = _whole(table, "discharge_disposition_id")
    about["died"] = np.isin(about["discharge"], DEAD)
    late = about["died"].cumsum() - about["died"]  # deaths so far, in all
    table.note(
        "encounter after one that ended in death, kept",
        np.flatnonzero(late > late[np.arange(len(late)) - about["visit"]]),
    )
    columns = _inputs(table, known)
    x = np.stack(list(columns.values()), axis=1, dtype=np.float32)
    y = np.stack([known[drug] for drug in DRUGS], axis=1).astype(np.uint8)
    return Split(x, y, patient, about), DRUGS, tuple(columns)


def _in_order(table: Table) -> None:
    """Sort the rows by patient and encounter; two rows of one encounter are refused."""
    encounter = _whole(table, "encounter_id")
    order = np.argsort(encounter, kind="stable")
    again = np.flatnonzero(np.diff(encounter[order]) == 0)
    if len(again):
        first, second = order[again[0]], order[again[0] + 1]
        raise table.fault(
            second,
            "encounter_id",
            f"encounter {encounter[second]} stands in row {table.rows[first]} already: remove one",
        )
    order = order[np.argsort(_whole(table, "patient_nbr")[order], kind="stable")]
    table.rows = table.rows[order]
    table.columns = {name: cells[order] for name, cells in table.columns.items()}


def _whole(table: Table, column: str) -> np.ndarray:
    """A `column` of numbers that name somebody or something, int64."""
    numbers = table.numbers(column)
    wrong = np.flatnonzero(~((numbers % 1 == 0) & (np.abs(numbers) < 2**53)))
    if len(wrong):
        said = table.columns[column][wrong[0]] or "nothing"
        raise table.fault(wrong[0], column, f"{said} stands where a whole number belongs (such as 8222157)")
    return numbers.astype(np.int64)


def _counts(table: Table, column: str) -> np.ndarray:
    """A `column` of counts, NaN where empty."""
    numbers = table.numbers(column)
    if (numbers < 0).any():
        position = np.argmax(numbers < 0)
        raise table.fault(position, column, f"{table.columns[column][position]} is no count: it is negative")
    return numbers


def _visit(patient: np.ndarray) -> np.ndarray:
    """Which of the patient's visits each case is, from 0; those of a patient stand together."""
    new = np.r_[True, patient[1:] != patient[:-1]]
    position = np.arange(len(patient))
    return position - np.maximum.accumulate(np.where(new, position, 0))


def _note_rare(table: Table) -> None:
    given = np.zeros(len(table.rows), bool)
    for drug in RARE:
        given |= ~np.isin(table.columns.get(drug, "No"), ("No", ""))
    table.note(f"encounter with one of {len(RARE)} rare drugs, which are left out", np.flatnonzero(given))


def _numbers(table: Table, column: str, codes: Mapping[str, float]) -> np.ndarray:
    """The numbers that stand for the cells of a `column`; a cell that has none is refused."""
    cells = table.columns[column]
    if strange := set(cells) - set(codes):
        position = np.flatnonzero(np.isin(cells, list(strange)))[0]
        values = ", ".join(filter(None, codes))
        raise table.fault(position, column, f"{cells[position] or 'nothing'} is none of {values}")
    return _each(cells, codes.get)


def _each(cells: np.ndarray, number: Callable[[str], float]) -> np.ndarray:
    """The `number` of each of the `cells`, asked once for each text."""
    known = {text: number(text) for text in set(cells)}
    return np.array([known[text] for text in cells], float)


def _inputs(table: Table, known: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The columns of x."""
    x = {"age": known["age"], "female": known["gender"]}
    for column, groups in INDICATORS.items():
        what, cells = column.removesuffix("_id").replace("_", " "), table.columns[column]
        x |= {f"{what}={name}": _each(cells, values.__contains__) for name, values in groups.items()}
    for name, part in SPECIALTIES.items():
        x[f"specialty={name}"] = _each(
            table.columns["medical_specialty"], lambda text, part=part: part in text
        )
    x |= {name: np.log1p(known[name]) for name in VISITS}
    x |= {"number_diagnoses": known["number_diagnoses"], **_diagnoses(table)}
    for name, column in (("HbA1c", "A1Cresult"), ("glucose", "max_glu_serum")):
        x |= {f"{name} measured": ~np.isnan(known[column]), f"{name} level": known[column]}
    return x


def _diagnoses(table: Table) -> dict[str, np.ndarray]:
    """For each of KINDS whether it is among an encounter's diagnoses."""
    found = np.zeros((len(table.rows), len(KINDS)), bool)
    for column in DIAGNOSES:
        cells = table.columns[column]
        codes = sorted(set(cells))
        kinds = [kinds_of_diagnosis(code) for code in codes]
        has = np.array([[name in those for name in KINDS] for those in kinds])
        row = _each(cells, {code: place for place, code in enumerate(codes)}.get).astype(int)
        found |= has[row]
        strange = np.array([bool(code) and not those for code, those in zip(codes, kinds, strict=True)])
        table.note("diagnosis that is no code of ICD-9, left out", np.flatnonzero(strange[row]))
    return dict(zip(KINDS, found.T, strict=True))


def kinds_of_diagnosis(code: str) -> set[str]:
    """Which of KINDS a `code` of ICD-9 tells of; none where it is no code.

    >>> sorted(kinds_of_diagnosis("250.43"))
    ['diabetes', 'diabetes=kidney', 'diabetes=type 1', 'diabetes=uncontrolled']
    >>> kinds_of_diagnosis("428"), kinds_of_diagnosis("flu")
    ({'diagnosis=circulation'}, set())
    """
    parts = re.fullmatch(r"([EV]?)([0-9]{1,3})(?:\.([0-9]?)([0-9]?))?", code)
    if not parts or parts[2].strip("0") == "":
        return set()
    letter, category, fourth, fifth = parts.groups("")
    if letter:
        return {"diagnosis=external cause" if letter == "E" else "diagnosis=other contact"}
    if int(category) != 250:
        return {"diagnosis=" + next(name for last, name in CHAPTERS.items() if int(category) <= last)}
    kinds = {"type 1": fifth in ("1", "3"), "uncontrolled": fifth in ("2", "3")}
    kinds |= {name: bool(fourth) and fourth in digits for name, digits in COMPLICATIONS.items()}
    return {"diabetes"} | {f"diabetes={name}" for name, holds in kinds.items() if holds}


# Prescriptions of another hospital


def _prescriptions(table: Table, named: Mapping[str, str]) -> tuple[Split, tuple[str, ...], tuple[str, ...]]:
    """Cases of a table of prescriptions, the drugs, and the columns of x."""
    column = _roles(table, named)
    table = _usable(table, column)
    patients, of_row = patients_of(table, column["patient"])
    admissions, case = patients_of(table, column["admission"])
    owner = _owners(table, column, of_row, case, len(admissions))
    hours = _hours(table, column)
    begin = np.full(len(admissions), np.inf)
    np.minimum.at(begin, case, hours["start"])
    order = np.lexsort((begin, owner))  # of the cases; new[case] is where each goes
    new = np.empty_like(order)
    new[order] = np.arange(len(order))
    patient, begin = patients[owner[order]], begin[order]
    visit = _visit(patient)
    if len(patients) < FEWEST_PATIENTS or not visit.any():
        found = f"{len(patients)} patients" if visit.any() else "no patient with two admissions"
        raise DataError(
            f"{table.path} tells of {found}, which is too few: there should be {FEWEST_PATIENTS} patients or "
            "more, and some of them admitted twice"
        )
    _note_times(table, hours, new[case], visit)
    y, drugs = _drugs(table, column["drug"], new[case], len(admissions))
    since = np.where(visit > 0, begin - np.roll(begin, 1), np.nan) / 24
    x = np.stack([np.log1p(visit), since], axis=1, dtype=np.float32)
    return Split(x, y, patient, {"encounter": admissions[order], "visit": visit}), drugs, HISTORY


def _roles(table: Table, named: Mapping[str, str]) -> dict[str, str]:
    """The column of each role that has one."""
    table.require(*filter(None, named.values()))
    plain = {}
    for name in reversed(table.columns):  # of two that are alike the first counts
        plain[re.sub(r"[^a-z0-9]", "", name.casefold())] = name
    roles = {role: [plain[head] for head in heads if head in plain] for role, heads in HEADS.items()}
    column = {role: found[0] for role, found in roles.items() if found} | {
        role: name for role, name in named.items() if name
    }
    for role in NEEDED:
        if role not in column:
            raise DataError(
                f"{table.path} has no column {role!r}: name yours with {role}=; its columns are: "
                f"{', '.join(table.columns)}"
            )
        if list(column.values()).count(column[role]) > 1:
            raise DataError(f"{table.path}: the column {column[role]!r} cannot be the {role} and more")
    return column


def _usable(table: Table, column: Mapping[str, str]) -> Table:
    """The rows that name a drug, an admission and a start; notes of those that do not."""
    kept = np.ones(len(table.rows), bool)
    for role, nothing in (("drug", ("", "0")), ("admission", ("",)), ("start", ("",))):
        empty = kept & np.isin(table.columns[column[role]], nothing)
        table.note(f"prescription without {role}, set aside", np.flatnonzero(empty))
        kept &= ~empty
    if not kept.any():
        raise DataError(f"{table.path} has no row with a drug, an admission and a start: fill them in")
    columns = {name: cells[kept] for name, cells in table.columns.items()}
    return Table(table.path, columns, table.rows[kept], table.notes)


def _owners(
    table: Table, column: Mapping[str, str], of_row: np.ndarray, case: np.ndarray, cases: int
) -> np.ndarray:
    """Whose each admission is; one of two patients is refused."""
    first = np.full(cases, len(case))
    np.minimum.at(first, case, np.arange(len(case)))
    wrong = np.flatnonzero(of_row != of_row[first[case]])
    if len(wrong):
        at, before = wrong[0], first[case[wrong[0]]]
        said, whose = table.columns[column["admission"]][at], table.columns[column["patient"]]
        raise table.fault(
            at,
            column["admission"],
            f"admission {said} is patient {whose[at]}'s here, but {whose[before]}'s in row "
            f"{table.rows[before]}: it must be one patient's",
        )
    return of_row[first]


def _hours(table: Table, column: Mapping[str, str]) -> dict[str, np.ndarray]:
    """The times that the table tells, in hours, NaN where empty; `start` is one of them."""
    hours, kinds = {}, set()
    for role in ("start", "end", "admitted", "discharged"):
        if role not in column:
            continue
        cells = table.columns[column[role]]
        moments = {text: moment(text) for text in set(cells) if text}
        moments |= {text: ("none", 0) for text, (_, at) in moments.items() if not abs(at) < MOST_HOURS}
        kinds |= {kind for kind, _ in moments.values()}
        if kinds - {"dates"} and kinds - {"hours"}:
            usual = moment(table.columns[column["start"]][0])[0]
            usual = "dates" if usual == "none" else usual
            position = next(at for at, text in enumerate(cells) if text and moments[text][0] != usual)
            raise table.fault(
                position,
                column[role],
                f"{cells[position]!r} is no time as the others are: use dates such as 2024-03-01 07:30, or "
                "hours throughout",
            )
        hours[role] = _each(cells, lambda text, moments=moments: moments[text][1] if text else np.nan)
    return hours


def _note_times(table: Table, hours: Mapping[str, np.ndarray], case: np.ndarray, visit: np.ndarray) -> None:
    """Note times that run backwards, and admissions that overlap; the cases stand by patient and time."""
    never = np.full(len(case), np.nan)
    for first, last in (("start", "end"), ("admitted", "discharged")):
        early = hours.get(last, never) < hours.get(first, never)
        table.note(f"{last} before {first}, kept", np.flatnonzero(early))
    begin, end = np.full(len(visit), np.inf), np.full(len(visit), -np.inf)
    np.fmin.at(begin, case, np.fmin(hours["start"], hours.get("admitted", never)))
    until = hours.get("discharged", hours.get("end", never))
    np.fmax.at(end, case, np.fmax(hours["start"], until))
    overlap = (visit[1:] > 0) & (begin[1:] < end[:-1])
    row_of = np.empty(len(visit), int)
    row_of[case[::-1]] = np.arange(len(case))[::-1]
    table.note("admission that begins before the patient's last one ended, kept", row_of[1:][overlap])


def _drugs(table: Table, column: str, case: np.ndarray, cases: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Which drugs are given in each case, (cases, drugs), and their names; rare ones are left out."""
    texts = {text: text.casefold() for text in set(table.columns[column])}
    names = sorted(set(texts.values()))
    place = {name: code for code, name in enumerate(names)}
    code = np.array([place[texts[text]] for text in table.columns[column]])
    pairs = np.unique(np.stack([code, case]), axis=1)
    given = np.bincount(pairs[0], minlength=len(names))
    common = np.argsort(-given, kind="stable")[:MOST_DRUGS]
    common = common[given[common] >= COMMON * cases]
    if len(common) < FEWEST_DRUGS:
        raise DataError(
            f"{table.path}: {len(common)} drug(s) are given in {COMMON:.0%} of the {cases:,} admissions or "
            f"more, which is too few: there should be {FEWEST_DRUGS}; are the names those of products?"
        )
    table.note(
        "prescription of a drug that is rarely given, left out", np.flatnonzero(~np.isin(code, common))
    )
    y = np.zeros((cases, len(names)), np.uint8)
    y[pairs[1], pairs[0]] = 1
    return y[:, common], tuple(names[place] for place in common)
