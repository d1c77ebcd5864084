"""Simulated encounters in the files of Diabetes 130-US hospitals: `diabetic_data.csv` and `IDs_mapping.csv`.

A stand-in, so that the course runs offline. Knows nothing about reading such files (see encounters.py) nor
about models.

What is simulated: each patient has an age, kidneys, a level of sugar and a severity, which wander from visit
to visit as an AR(1) does; diagnoses, length of stay, visits in the year before and death depend on them. Of
each group of drugs a doctor gives none or one: by habit the last one, else by indication (insulin to the
severely ill, to high sugar and to type 1; no metformin to bad kidneys) and by a taste of the patient's own.
So the set at a visit is the one before in about half of the repeat encounters. In 3 % of the encounters there
is a mistake: a drug too many or too few, or one of four pairs that should never be given together
(`BAD_PAIRS`), which the next visit mends. How often each drug is given, how much stays the same and what is
missing were set to resemble the real file. `change` and `diabetesMed` follow from the drugs by the rule that
holds in every row of it: "Ch" where two drugs or more are given, or a dose went up or down.

What is not realistic: two patients of five come back, where in the real file one of four does, so that a
small file has enough repeat encounters; nobody has more than ten visits. Bad pairs are three times as common.
Diagnoses are drawn from some eighty codes, payers and specialties mean nothing, nobody grows older, and
causes are cleaner than in any patient. The sizes of effects are invented. A column `simulated` is added, so
that no copy is taken for real. No result on these encounters says anything about patients or drugs: they are
for learning to handle such data.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from medlearn.data.files import MARK
from medlearn.data.records.entries import DRUGS

VERSION = 1  # goes up whenever the same seed would give other encounters
PATIENTS = 4000
FIRST_ID = 900_000_000  # no encounter or patient of the real file has a number as high

# Two drugs of one kind: two sulphonylureas, or two glitazones.
BAD_PAIRS = (
    ("glipizide", "glyburide"),
    ("glipizide", "glimepiride"),
    ("glyburide", "glimepiride"),
    ("pioglitazone", "rosiglitazone"),
)
MISTAKES, BAD = 0.03, 0.4  # of the encounters; of the mistakes
RETURNS = 0.42  # of the patients
SHARE_OF_VISITS = (0.622, 0.198, 0.085, 0.043, 0.021, 0.012, 0.007, 0.004, 0.008)  # 2 to 10, who returns

# Of each group a doctor gives one drug or none. Each drug's log-odds where nothing speaks for or against it,
# then what a unit of severity, bad kidneys, high sugar, age and type 1 add.
GROUPS = (
    {"insulin": (0.05, 0.4, 0.25, 0.35, -0.1, 1.2)},
    {
        "metformin": (-1.9, -0.3, -0.9, 0.1, -0.25, -0.9),
        "glyburide-metformin": (-5.6, -0.2, -0.8, 0, 0, -0.9),
    },
    {
        "glipizide": (-2.1, 0.0, 0.1, 0.2, 0.2, -0.9),
        "glyburide": (-2.3, -0.1, -0.2, 0.2, 0.15, -0.9),
        "glimepiride": (-3.05, 0.0, 0.0, 0.2, 0.15, -0.9),
    },
    {"pioglitazone": (-2.9, -0.15, 0.1, 0.1, 0, -0.9), "rosiglitazone": (-3.05, -0.15, 0.1, 0.1, 0, -0.9)},
    {"repaglinide": (-4.5, 0.0, 0.5, 0, 0.1, -0.9), "nateglinide": (-5.3, 0.0, 0.2, 0, 0.1, -0.9)},
    {"acarbose": (-6.1, 0.0, 0.0, 0.1, 0.1, -0.9)},
)
TASTE = 0.9  # how much patients differ in what suits them
NOTHING_CHANGES, HABIT = 0.34, 0.26  # all drugs of a visit stay; else those of a group do

# Codes of ICD-9: how often, and what a unit of severity and of bad kidneys adds.
CODES = {
    "250": (44.0, 0.0, 0.1), "428": (18.1, 0.5, 0.3), "276": (13.8, 0.4, 0.3), "414": (12.9, -0.1, 0.0),
    "401": (12.4, -0.4, -0.4), "427": (11.8, 0.1, 0.0), "599": (6.8, 0.1, 0.1), "496": (6.0, 0.2, 0.0),
    "403": (5.7, 0.3, 1.5), "486": (5.5, 0.3, 0.0), "786": (5.2, -0.3, 0.0), "780": (4.8, -0.1, 0.0),
    "491": (4.4, 0.3, 0.0), "410": (4.4, 0.3, 0.0), "682": (4.4, 0.0, 0.0), "584": (4.1, 0.6, 1.0),
    "585": (3.9, 0.2, 1.5), "707": (3.6, 0.4, 0.1), "518": (3.3, 0.9, 0.0), "411": (3.2, 0.0, 0.0),
    "285": (3.1, 0.2, 0.4), "996": (2.7, 0.2, 0.3), "425": (2.7, 0.3, 0.1), "493": (2.6, -0.1, 0.0),
    "715": (2.5, -0.7, -0.2), "272": (2.5, -0.5, -0.2), "38": (2.3, 0.9, 0.3), "424": (2.3, 0.1, 0.1),
    "434": (2.3, 0.3, 0.0), "V45": (1.8, 0.1, 0.5), "998": (1.7, 0.2, 0.0), "305": (1.7, -0.1, 0.0),
    "577": (1.6, 0.1, 0.0), "560": (1.6, 0.1, 0.0), "413": (1.5, -0.2, 0.0), "440": (1.5, 0.2, 0.2),
    "574": (1.5, -0.2, 0.0), "530": (1.4, -0.3, 0.0), "278": (1.3, -0.3, -0.2), "280": (1.3, 0.1, 0.2),
    "433": (1.3, 0.0, 0.0), "295": (1.3, -0.1, 0.0), "197": (1.2, 0.5, 0.0), "562": (1.1, -0.1, 0.0),
    "578": (1.1, 0.3, 0.1), "E878": (0.9, 0.1, 0.0), "296": (1.0, -0.1, 0.0), "820": (0.9, 0.2, 0.0),
    "648": (0.5, -0.5, -0.3), "162": (3.5, 0.5, 0.0), "174": (1.8, 0.1, 0.0),
    "8": (1.5, 0.1, 0.0), "70": (1.5, 0.1, 0.0), "112": (1.5, 0.3, 0.0), "357": (2.0, 0.1, 0.3),
    "342": (2.5, 0.3, 0.0), "535": (3.0, -0.1, 0.0), "571": (2.5, 0.3, 0.1), "564": (2.5, 0.0, 0.0),
    "V58": (4.0, 0.0, 0.1), "V43": (2.0, -0.2, 0.0), "E849": (1.0, 0.0, 0.0), "722": (3.0, -0.4, -0.1),
    "733": (2.5, -0.1, 0.0), "730": (1.5, 0.2, 0.2), "997": (3.0, 0.2, 0.0), "824": (1.5, -0.2, 0.0),
    "789": (3.5, -0.2, 0.0), "787": (3.0, 0.0, 0.0), "303": (1.5, 0.0, 0.0), "311": (1.5, -0.2, 0.0),
    "287": (1.5, 0.3, 0.1), "745": (0.7, 0.0, 0.0), "244": (1.5, -0.1, 0.0), "435": (3.0, 0.0, 0.0),
    "458": (3.0, 0.4, 0.2), "453": (2.5, 0.2, 0.0), "402": (2.5, 0.0, 0.1), "426": (2.5, 0.0, 0.0),
}  # fmt: skip
LEFT_OUT = (0.0002, 0.0035, 0.014)  # of first, second and third diagnoses
FOURTH = {"": 0.5, "0": 0.18, "6": 0.1, "8": 0.09, "1": 0.04, "7": 0.04, "4": 0.04, "5": 0.01}  # after 250.

AGES = (0.002, 0.007, 0.016, 0.037, 0.095, 0.17, 0.221, 0.256, 0.169, 0.027)  # by decade
RACES = {"Caucasian": 0.748, "AfricanAmerican": 0.189, "?": 0.022, "Hispanic": 0.02, "Other": 0.015} | {
    "Asian": 0.006
}
WEIGHTS = {"?": 0.9686, "[75-100)": 0.0141, "[50-75)": 0.0098, "[100-125)": 0.0075}
ADMISSIONS = {"1": 0.531, "2": 0.182, "3": 0.185, "6": 0.052, "5": 0.047, "8": 0.003}
SOURCES = {  # by kind of admission
    "1": {"7": 0.9, "1": 0.03, "4": 0.02, "6": 0.04, "5": 0.01},
    "2": {"1": 0.52, "7": 0.33, "4": 0.1, "2": 0.03, "6": 0.02},
    "3": {"1": 0.87, "2": 0.05, "7": 0.05, "4": 0.03},
    "other": {"17": 0.66, "7": 0.19, "1": 0.15},
}
DISCHARGES = {"1": 0.62, "3": 0.14, "6": 0.13, "18": 0.035, "2": 0.022, "22": 0.02, "5": 0.012, "25": 0.01}
DISCHARGES |= {"7": 0.006, "13": 0.005}
PAYERS = {
    "?": 0.396,
    "MC": 0.322,
    "HM": 0.062,
    "SP": 0.05,
    "BC": 0.047,
    "MD": 0.035,
    "CP": 0.026,
    "UN": 0.025,
}
PAYERS |= {"CM": 0.02, "OG": 0.017}
SPECIALTIES = {
    "?": 0.49,
    "InternalMedicine": 0.145,
    "Emergency/Trauma": 0.075,
    "Family/GeneralPractice": 0.075,
}
SPECIALTIES |= {"Cardiology": 0.055, "Surgery-General": 0.035, "Nephrology": 0.02, "Orthopedics": 0.015}
SPECIALTIES |= {"Orthopedics-Reconstructive": 0.015, "Radiologist": 0.015, "Pulmonology": 0.01}
SPECIALTIES |= {"Psychiatry": 0.01, "Endocrinology": 0.002, "ObstetricsandGynecology": 0.01, "Urology": 0.01}
DOSES = {"insulin": (0.21, 0.22)}  # up, down; else steady
USUAL_DOSES = (0.05, 0.04)
RARE = {"tolbutamide": 0.0002, "chlorpropamide": 0.0008, "tolazamide": 0.0004, "miglitol": 0.0004}

# The columns of drugs in the order of the real file.
COLUMNS = (
    *(
        "metformin",
        "repaglinide",
        "nateglinide",
        "chlorpropamide",
        "glimepiride",
        "acetohexamide",
        "glipizide",
    ),
    *("glyburide", "tolbutamide", "pioglitazone", "rosiglitazone", "acarbose", "miglitol", "troglitazone"),
    *("tolazamide", "examide", "citoglipton", "insulin", "glyburide-metformin", "glipizide-metformin"),
    *("glimepiride-pioglitazone", "metformin-rosiglitazone", "metformin-pioglitazone"),
)

MAPPING = """admission_type_id,description
1,Emergency
2,Urgent
3,Elective
5,Not Available
6,NULL
8,Not Mapped
,
discharge_disposition_id,description
1,Discharged to home
2,Discharged/transferred to another short term hospital
3,Discharged/transferred to SNF
5,Discharged/transferred to another type of inpatient care institution
6,Discharged/transferred to home with home health service
7,Left AMA
11,Expired
13,Hospice / home
18,NULL
22,Discharged/transferred to another rehab fac including rehab units of a hospital .
25,Not Mapped
,
admission_source_id,description
1, Physician Referral
2,Clinic Referral
4,Transfer from a hospital
5, Transfer from a Skilled Nursing Facility (SNF)
6, Transfer from another health care facility
7, Emergency Room
17,NULL
"""


def write_encounters(folder: str | Path, *, seed: int = 0) -> Path:
    """Write `dataset_diabetes.zip` to a `folder`, drawn by `seed`; see the module for what is in it."""
    columns = _draw(np.random.default_rng((seed, 31)))
    rows = zip(*(cells.tolist() for cells in columns.values()), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    path = Path(folder) / "dataset_diabetes.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (("IDs_mapping.csv", MAPPING), ("diabetic_data.csv", "\n".join(lines) + "\n")):
            member = zipfile.ZipInfo(f"dataset_diabetes/{name}")  # with a fixed date
            archive.writestr(member, text, zipfile.ZIP_DEFLATED)
    return path


def _draw(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The columns of the file, one encounter a row, in the order of time."""
    visits = np.where(
        rng.random(PATIENTS) < RETURNS, rng.choice(np.arange(2, 11), PATIENTS, p=SHARE_OF_VISITS), 1
    )
    person = _people(rng)
    states = _states(rng, person, visits.max())
    given = _given(rng, person, states)
    # From (patient, visit) to rows: those that happen, in the order of time.
    time = rng.random(PATIENTS)[:, None] + rng.exponential(0.15, (PATIENTS, visits.max())).cumsum(axis=1)
    who, visit = np.nonzero(np.arange(visits.max()) < visits[:, None])
    order = np.argsort(time[who, visit])
    who, visit = who[order], visit[order]
    person = {name: values[who] for name, values in person.items() if name != "taste"}
    states = {name: values[who, visit] for name, values in states.items()}
    last, given = visit == visits[who] - 1, given[who, visit]
    number = FIRST_ID + rng.choice(80_000_000, PATIENTS, replace=False)
    columns = {
        "encounter_id": FIRST_ID + 12_000 * np.arange(len(who)) + rng.integers(12_000, size=len(who)),
        "patient_nbr": number[who],
        **{name: person[name] for name in ("race", "gender", "age")},
        "weight": _pick(rng, WEIGHTS, len(who)),
    }
    columns |= _stay(rng, states, given, visit, last)
    columns |= _drugs(rng, given, states["sugar"])
    return columns | {"readmitted": _readmitted(rng, last), MARK: np.ones(len(who), int)}


def _pick(rng: np.random.Generator, shares: dict[str, float], size: int) -> np.ndarray:
    """So many texts by their `shares`, which need not add up to 1."""
    weights = np.array(list(shares.values()))
    return rng.choice(list(shares), size, p=weights / weights.sum())


def _people(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """What stays the same in each patient."""
    decade = rng.choice(10, PATIENTS, p=AGES)
    old = (decade - 6.1) / 1.6
    kind1 = rng.random(PATIENTS) < 0.12 + 0.6 * (decade < 3)
    return {
        "age": np.array([f"[{10 * d}-{10 * d + 10})" for d in range(10)])[decade],
        "gender": np.where(rng.random(PATIENTS) < 0.538, "Female", "Male"),
        "race": _pick(rng, RACES, PATIENTS),
        "old": old,
        "type1": kind1.astype(float),
        "taste": rng.normal(0, TASTE, (PATIENTS, len(DRUGS))),
    }


def _states(rng: np.random.Generator, person: dict[str, np.ndarray], most: int) -> dict[str, np.ndarray]:
    """Severity, kidneys and sugar at each of the `most` visits, (patients, visits): each an AR(1)."""
    states = {}
    for name, stays, age in (("severity", 0.8, 0.25), ("kidneys", 0.95, 0.35), ("sugar", 0.6, -0.1)):
        course = rng.normal(size=(PATIENTS, most))
        for visit in range(1, most):
            course[:, visit] = stays * course[:, visit - 1] + np.sqrt(1 - stays**2) * course[:, visit]
        states[name] = course + age * person["old"][:, None]
    return states | {name: np.repeat(person[name][:, None], most, axis=1) for name in ("old", "type1")}


def _given(
    rng: np.random.Generator, person: dict[str, np.ndarray], states: dict[str, np.ndarray]
) -> np.ndarray:
    """Which drugs are given, bool (patients, visits, drugs)."""
    column = {drug: place for place, drug in enumerate(DRUGS)}
    causes = np.stack([states[name] for name in ("severity", "kidneys", "sugar", "old", "type1")], axis=2)
    given = np.zeros((*causes.shape[:2], len(DRUGS)), bool)
    stays = rng.random(causes.shape[:2]) < NOTHING_CHANGES
    stays[:, 0] = False
    for group in GROUPS:
        places, effects = [column[drug] for drug in group], np.array(list(group.values()))
        wanted = effects[:, 0] + causes @ effects[:, 1:].T + person["taste"][:, None, places]
        wanted = np.concatenate([np.zeros_like(wanted[..., :1]), wanted], axis=2)  # none of them
        chosen = np.argmax(wanted + rng.gumbel(size=wanted.shape), axis=2)
        kept = stays | (rng.random(stays.shape) < HABIT)
        for visit in range(1, chosen.shape[1]):
            chosen[:, visit] = np.where(kept[:, visit], chosen[:, visit - 1], chosen[:, visit])
        given[..., places] = chosen[..., None] == np.arange(1, len(places) + 1)
    _mistakes(rng, given.reshape(-1, len(DRUGS)))
    return given


def _mistakes(rng: np.random.Generator, given: np.ndarray) -> None:
    """Change the drugs of a few rows: a bad pair, or one drug too many or too few."""
    rows = np.flatnonzero(rng.random(len(given)) < MISTAKES)
    bad = rng.random(len(rows)) < BAD
    pairs = np.array([[DRUGS.index(drug) for drug in pair] for pair in BAD_PAIRS])
    given[rows[bad][:, None], pairs[rng.integers(len(pairs), size=bad.sum())]] = True
    often = given.mean(axis=0)
    given[rows[~bad], rng.choice(len(DRUGS), (~bad).sum(), p=often / often.sum())] ^= True


def _stay(
    rng: np.random.Generator,
    states: dict[str, np.ndarray],
    given: np.ndarray,
    visit: np.ndarray,
    last: np.ndarray,
) -> dict[str, np.ndarray]:
    """The columns from the admission to the tests."""
    severity, size = states["severity"], len(visit)
    admission = _pick(rng, ADMISSIONS, size)
    source = np.full(size, "17")
    for kind in set(admission):
        mine = admission == kind
        source[mine] = _pick(rng, SOURCES.get(kind, SOURCES["other"]), mine.sum())
    died = last & (rng.random(size) < 0.02 * np.exp(0.9 * severity))
    days = np.clip(np.rint(rng.gamma(2.2, 2.0, size) * np.exp(0.12 * severity)), 1, 14).astype(int)
    tests = np.where(rng.random(size) < 0.03, 1, rng.normal(43 + 3 * severity, 18)).clip(1, 130)
    drugs = rng.gamma(2.6, 4.2, size) * np.exp(0.1 * severity) + 0.5 * days + 2.2 * given.sum(axis=1)
    found = {
        "admission_type_id": admission,
        "discharge_disposition_id": np.where(died, "11", _pick(rng, DISCHARGES, size)),
        "admission_source_id": source,
        "time_in_hospital": days,
        "payer_code": _pick(rng, PAYERS, size),
        "medical_specialty": _pick(rng, SPECIALTIES, size),
        "num_lab_procedures": np.rint(tests).astype(int),
        "num_procedures": np.minimum(rng.negative_binomial(0.7, 0.33, size), 6),
        "num_medications": np.rint(drugs).clip(1, 80).astype(int),
        "number_outpatient": rng.poisson(rng.gamma(0.17, 2.2, size)),
        "number_emergency": rng.poisson(rng.gamma(0.12, 1.6, size)),
        "number_inpatient": rng.poisson(0.18 * np.exp(0.3 * severity)) + rng.binomial(visit, 0.75),
    }
    found |= dict(zip(("diag_1", "diag_2", "diag_3"), _diagnoses(rng, states).T, strict=True))
    many = np.rint(8.4 + 0.5 * severity + rng.normal(0, 2.7, size)).clip(1, 9)
    found["number_diagnoses"] = many.astype(int)
    sugar = states["sugar"] + rng.normal(0, 0.4, size)
    for name, share, levels, limits in (
        ("max_glu_serum", 0.053, ("Norm", ">200", ">300"), (0.0, 0.8)),
        ("A1Cresult", 0.167, ("Norm", ">7", ">8"), (-0.6, 0.05)),
    ):
        level = np.array(levels)[np.digitize(sugar, limits)]
        found[name] = np.where(rng.random(size) < share, level, "None")
    return found


def _diagnoses(rng: np.random.Generator, states: dict[str, np.ndarray]) -> np.ndarray:
    """Three different codes of each encounter, (encounters, 3)."""
    often, ill, kidneys = np.array(list(CODES.values())).T
    wanted = np.log(often) + states["severity"][:, None] * ill + states["kidneys"][:, None] * kidneys
    chosen = np.argsort(wanted + rng.gumbel(size=wanted.shape), axis=1)[:, :-4:-1]
    codes = np.array(list(CODES)).astype("U6")[chosen]
    mine = np.flatnonzero((codes == "250").any(axis=1))
    fourth = _pick(rng, FOURTH, len(mine))
    fourth[(fourth == "") & (states["type1"][mine] > 0)] = "0"
    high = states["sugar"][mine] + rng.normal(0, 1, len(mine)) > 1
    fifth = (states["type1"][mine] + 2 * high).astype(int).astype(str)
    fifth[(fifth == "0") | (fourth == "")] = ""
    fourth[(fourth == "0") & (fifth == "")] = ""
    detail = np.where(fourth == "", "250", np.char.add(np.char.add("250.", fourth), fifth))
    codes[mine] = np.where(codes[mine] == "250", detail[:, None], codes[mine])
    return np.where(rng.random(codes.shape) < LEFT_OUT, "?", codes)


def _drugs(rng: np.random.Generator, given: np.ndarray, sugar: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of the drugs by dose, and the two that follow from them."""
    doses = {}
    for drug in COLUMNS:
        has = given[:, DRUGS.index(drug)] if drug in DRUGS else rng.random(len(given)) < RARE.get(drug, 0)
        up, down = DOSES.get(drug, USUAL_DOSES)
        drawn = rng.random(len(given))
        up = up * np.exp(0.3 * np.clip(sugar, -2, 2))
        dose = np.where(drawn < up, "Up", np.where(drawn < up + down, "Down", "Steady"))
        doses[drug] = np.where(has, dose, "No")
    table = np.stack(list(doses.values()), axis=1)
    many, moved = (table != "No").sum(axis=1), np.isin(table, ("Up", "Down")).any(axis=1)
    doses["change"] = np.where((many > 1) | moved, "Ch", "No")
    return doses | {"diabetesMed": np.where(many > 0, "Yes", "No")}


def _readmitted(rng: np.random.Generator, last: np.ndarray) -> np.ndarray:
    """Whether a patient came back within 30 days, later or not; a few went elsewhere."""
    back = ~last | (rng.random(len(last)) < 0.15)
    return np.where(back, np.where(rng.random(len(last)) < 0.27, "<30", ">30"), "NO")
