"""Simulated intensive-care stays in the file format of the PhysioNet/CinC Challenge 2012.

A stand-in for `set-a` and `set-b`, so that the course runs offline. Knows nothing about reading such files
(see ../records.py) nor about models.

What is simulated: each patient has a hidden severity, hour by hour over the first 48. It starts somewhere,
answers to treatment or does not, and wanders. In four stays of ten a crisis comes in the first day and passes
within another; in some severity jumps late and stays up. Organs follow it, some fast (circulation), some
slowly (kidneys), around levels of the patient's own: one lives with a high creatinine, another with a low
blood pressure. Values follow the organs; what is made or cleared slowly (creatinine, urea, bilirubin, cells)
also takes its time, however fast the organ fails. Death in hospital depends on severity on arrival, its rise,
crises that have passed, age and unit, so that a score of the first day knows something and the last values
alone tell only part. Severity also drives *when* something is measured: a worrying patient is charted more
often and gets more laboratory panels, at night less is done, and much is never measured at all. Another
hospital orders its laboratory values by rule (`ordering="rule"`): the same patients, with the same deaths,
and measurements that say nothing of the staff's worry. Levels, spreads, the largest rises within a day and
the share of stays that ever have a variable were set to resemble the published set a.

What is not realistic: drugs, fluids, operations and diagnoses are absent; organs hardly act on each other;
vital signs are charted about a third as often as in the real stays, so that urine gathers for longer, and
without their artefacts: the largest rises of pressures, rates and gases are half of the real ones. Liver
values move in everyone a little, where half of the real ones stay as they were. Values depend on severity
alike in all; the effects are cleaner and the courses simpler than any patient's, and what is hidden here
tells far more about death than anything that is known of the real ones. The sizes of effects are invented. No
result on these stays says anything about patients, hospitals or treatments: they are for learning to handle
such data.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medlearn.data.files import MARK

VERSION = 4  # goes up whenever the same seed would give other stays
STAYS = {"a": 2400, "b": 1200}
HOURS = 48
# No RecordID of a real stay is as high, so the two cannot be taken for each other.
FIRST_ID = {"a": 900_000, "b": 950_000}

VARIABLES = (
    "ALP", "ALT", "AST", "Albumin", "BUN", "Bilirubin", "Cholesterol", "Creatinine", "DiasABP", "FiO2",
    "GCS", "Glucose", "HCO3", "HCT", "HR", "K", "Lactate", "MAP", "MechVent", "Mg", "NIDiasABP", "NIMAP",
    "NISysABP", "Na", "PaCO2", "PaO2", "Platelets", "RespRate", "SaO2", "SysABP", "Temp", "TroponinI",
    "TroponinT", "Urine", "WBC", "Weight", "pH",
)  # fmt: skip
CODE = {name: code for code, name in enumerate(VARIABLES)}

# How strongly and how slowly (hours) each organ follows severity, and how much patients differ of old.
ORGANS = {
    "circulation": (0.95, 1, 1.0),
    "lungs": (0.9, 2, 1.1),
    "kidneys": (0.9, 24, 1.3),
    "brain": (0.9, 2, 1.2),
    "inflammation": (0.9, 3, 1.0),
    "liver": (0.7, 10, 1.3),
}

AGEING = {"kidneys": 0.3, "circulation": 0.15}  # by 17 years

# Laboratory values: middle, organ, change for one unit of the organ, spread between patients, noise;
# "log" values are multiplied, not shifted. `+-`: in some patients it falls where in others it rises.
LABORATORY = {
    "BUN": ("log", 20.0, "kidneys", 0.3, 0.35, 0.09),
    "Creatinine": ("log", 1.05, "kidneys", 0.3, 0.25, 0.06),
    "Na": ("+-", 139.0, "kidneys", 1.6, 3.0, 2.1),
    "K": ("linear", 4.05, "kidneys", 0.14, 0.35, 0.42),
    "Mg": ("linear", 2.0, "kidneys", 0.06, 0.28, 0.22),
    "HCO3": ("linear", 24.0, "circulation", -1.5, 3.2, 1.2),
    "Glucose": ("log", 127.0, "inflammation", 0.09, 0.2, 0.22),
    "HCT": ("linear", 30.8, "circulation", -0.6, 3.8, 2.4),
    "WBC": ("+-log", 11.2, "inflammation", 0.18, 0.38, 0.13),
    "Platelets": ("log", 178.0, "inflammation", -0.14, 0.45, 0.11),
    "Bilirubin": ("log", 0.9, "liver", 0.55, 0.6, 0.08),
    "ALT": ("log", 45.0, "liver", 0.7, 0.9, 0.12),
    "AST": ("log", 65.0, "liver", 0.7, 0.85, 0.12),
    "ALP": ("log", 82.0, "liver", 0.2, 0.45, 0.06),
    "Albumin": ("linear", 3.0, "inflammation", -0.18, 0.5, 0.1),
    "Lactate": ("log", 1.35, "circulation", 0.3, 0.28, 0.2),
    "TroponinI": ("log", 2.5, "circulation", 0.3, 1.3, 0.3),
    "TroponinT": ("log", 0.2, "circulation", 0.3, 1.3, 0.3),
    "Cholesterol": ("linear", 156.0, "liver", -5.0, 42.0, 5.0),
}
# The most that a value rises and falls in an hour, in its own unit: what is made or cleared so slowly follows
# its organ late, however fast that fails.
PACE = {
    "Creatinine": (0.055, 0.12),
    "BUN": (0.55, 1.2),
    "Bilirubin": (0.22, 0.22),
    "ALT": (180, 180),
    "AST": (350, 350),
    "Lactate": (0.3, 0.6),
    "WBC": (0.5, 0.5),
    "Platelets": (4, 6),
    "TroponinT": (0.15, 0.15),
}
CHEMISTRY = ("BUN", "Creatinine", "Na", "K", "Mg", "HCO3", "Glucose")
BLOOD_COUNT = ("HCT", "WBC", "Platelets")
LIVER_PANEL = ("Bilirubin", "ALT", "AST", "ALP", "Albumin")
DIGITS = {"Creatinine": 1, "K": 1, "Mg": 1, "HCT": 1, "WBC": 1, "Bilirubin": 1, "Albumin": 1, "Lactate": 1}
DIGITS |= {"TroponinI": 1, "TroponinT": 2, "pH": 2, "FiO2": 2, "Temp": 1, "Weight": 1, "NIMAP": 2}
# What instruments and laboratories report; values beyond are cut. Entry errors come afterwards.
LIMITS = {
    "HR": (25, 210), "RespRate": (7, 60), "Temp": (32, 41.5), "GCS": (3, 15), "FiO2": (0.21, 1),
    "PaO2": (30, 500), "PaCO2": (12, 110), "SaO2": (50, 100), "pH": (6.8, 7.75), "HCO3": (5, 48),
    "Na": (105, 175), "K": (1.9, 8.5), "Lactate": (0.3, 28), "Creatinine": (0.2, 20), "BUN": (2, 190),
    "Glucose": (25, 900), "HCT": (12, 58), "WBC": (0.1, 120), "Platelets": (6, 1000),
    "Bilirubin": (0.1, 45), "ALT": (3, 11000), "AST": (5, 18000), "ALP": (15, 2000), "Albumin": (1, 5.2),
    "Mg": (0.7, 6), "Urine": (0, 4000), "TroponinI": (0.3, 49), "TroponinT": (0.01, 24),
    "Cholesterol": (30, 330), "Weight": (30, 250), "SysABP": (40, 260), "MAP": (25, 190),
    "DiasABP": (15, 150), "NISysABP": (40, 260), "NIMAP": (25, 190), "NIDiasABP": (15, 150),
}  # fmt: skip

# One column a unit: coronary, cardiac surgery recovery, medical, surgical.
UNIT_SHARE = (0.144, 0.219, 0.370, 0.267)
UNIT_RISK = (0.0, -0.9, 0.4, 0.1)  # on the logit of death
RISK = {"middle": -6.05, "arrival": 0.5, "rise": 2.3, "crisis": 1.8, "age": 0.9}  # the same, for one of each
UNIT_VENTILATED = (-0.5, 1.9, -0.2, 0.4)  # readiness to ventilate
UNIT_LINE = (0.45, 1.9, -0.1, 0.85)  # readiness to put in an arterial line
UNIT_RESPIRATION = (0.36, 0.05, 0.38, 0.27)  # share of stays with a respiratory rate on file
UNIT_SATURATION = (0.9, 0.93, 0.4, 0.4)  # the same for arterial saturation
UNIT_LIVER = (0.0, -1.3, 0.15, -0.5)
UNIT_RARE = {
    "TroponinI": (0.10, 0.03, 0.06, 0.03),
    "TroponinT": (0.45, 0.07, 0.28, 0.18),
    "Cholesterol": (0.28, 0.02, 0.05, 0.06),
}


@dataclass(frozen=True, eq=False)
class Stays:
    """Simulated stays as arrays; the rows are sorted by stay, then time, then name of the variable.

    Parameters
    ----------
    record_id : the number of each stay.
    case, minutes, variable, value : of each row: the stay's position, the time since admission, the position
        in VARIABLES, and what was measured.
    static : Age, Gender, Height, ICUType, Weight; NaN where missing.
    outcome : the columns of Outcomes-a.txt.
    truth : what the simulator knew.
    """

    record_id: np.ndarray
    case: np.ndarray
    minutes: np.ndarray
    variable: np.ndarray
    value: np.ndarray
    static: dict[str, np.ndarray]
    outcome: dict[str, np.ndarray]
    truth: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.record_id)


def write_stays(folder: Path, *, seed: int = 0, ordering: str = "need") -> None:
    """Draw sets a and b by `seed` and write each to `folder`: set-a.tar.gz, Outcomes-a.txt, Truth-a.csv.

    `ordering` as in `draw_stays`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for letter, count in STAYS.items():
        stays = draw_stays(count, seed=seed, letter=letter, ordering=ordering)
        mark = {MARK: np.ones(count)}  # where a copy of the two files that are needed takes it along
        _write_archive(folder / f"set-{letter}.tar.gz", f"set-{letter}", stays)
        _write_table(folder / f"Outcomes-{letter}.txt", stays.record_id, stays.outcome | mark)
        _write_table(folder / f"Truth-{letter}.csv", stays.record_id, stays.truth)


def draw_stays(count: int, *, seed: int = 0, letter: str = "a", ordering: str = "need") -> Stays:
    """Stays as arrays.

    Parameters
    ----------
    count : how many.
    seed : draws them.
    letter : of a set; another gives other patients of the kind.
    ordering : how the hospital orders laboratory values. By "need", the sicker a patient seems, the more is
        sent; by "rule", everybody gets the same: blood on arrival and every twelve hours, the liver's values
        every day, gases and lactate every six hours. Patients, courses and deaths are the same.

    >>> stays = draw_stays(100)
    >>> len(stays), stays.record_id[0].item(), sorted(stays.static)
    (100, 900003, ['Age', 'Gender', 'Height', 'ICUType', 'Weight'])
    """
    rng, staff = (np.random.default_rng([seed, ord(letter), part]) for part in range(2))
    record_id = FIRST_ID[letter] + np.cumsum(rng.integers(1, 4, count))
    person = _draw_people(rng, count)
    course = _draw_course(rng, person["unit"])
    organs = _draw_organs(rng, course["severity"], person["age"])
    risk = _risk(person, course)
    outcome = _draw_outcome(rng, risk, course["hours_very_ill"])
    static = _describe(rng, person)
    chart = _Chart()
    _chart_bedside(staff, chart, person, course, organs)
    _chart_laboratory(staff, chart, person, course, organs, by_rule=ordering == "rule")
    case, minutes, variable, value = chart.rows(staff)
    outcome = _score(case, minutes, variable, value, person["Age"]) | outcome
    severity = course.pop("severity")
    truth = {"severity_admission": severity[0], "severity_end": severity[-1], **course, "risk": risk}
    truth |= {"admitted_hour": person["admitted"], "habit": person["habit"]}
    value = _spoil(staff, variable, value)
    return Stays(record_id, case, minutes, variable, value, static, outcome, truth)


def _draw_people(rng, count: int) -> dict[str, np.ndarray]:
    """Who comes, to which unit, at what time of day, and what is peculiar to them."""
    unit = rng.choice(4, count, p=UNIT_SHARE)
    man = rng.random(count) < 0.56
    height = np.where(man, rng.normal(176, 7.5, count), rng.normal(162, 7, count))
    person = {
        "unit": unit,
        "Age": np.floor(15 + 76 * rng.beta(2.5, 1.3, count)),
        "Gender": man.astype(float),
        "Height": np.round(np.round(height / 2.54) * 2.54, 1),  # measured in inches, filed in centimetres
        "Weight": np.round(np.exp(rng.normal(np.log(27), 0.22, count)) * (height / 100) ** 2, 1),
        "admitted": rng.integers(24, size=count),  # hour of the day
        "habit": rng.normal(0, 0.35, count),  # how much their nurses and doctors measure
        "sign": np.where(rng.random((3, count)) < 0.75, 1, -1),  # which way temperature, count and sodium go
        "charted": rng.random(count) > 0.014,
        "sampled": rng.random(count) > 0.014,
        "kept": rng.normal(size=(len(VARIABLES), count)),  # own level of each variable, in its own spread
    }
    return person | {"age": (person["Age"] - 64) / 17}


def _draw_course(rng, unit: np.ndarray) -> dict[str, np.ndarray]:
    """Severity by hour, 0 in the middle; what shapes it, and what it adds up to."""
    count, hour = len(unit), np.arange(HOURS + 1)[:, None]
    surgery = unit == 1  # mostly planned: ill on arrival, soon better
    start = rng.normal(-0.4, 1.6, count) + 0.4 * surgery
    response = rng.normal(-0.2, 0.6, count) - 0.25 * surgery  # per day, once treatment works
    onset = rng.uniform(1, 10, count)
    late = rng.random(count) < np.where(surgery, 0.08, 0.18)
    setback = np.where(late, rng.uniform(14, 43, count), -1)
    size = 0.9 + rng.exponential(0.6, count)
    jump = np.where(late, size / (1 + np.exp(-(hour - setback) / 1.5)), 0)
    struck = rng.random(count) < 0.4
    crisis = np.where(struck, rng.uniform(5, 24, count), -1)
    depth = np.where(struck, 2.2 + rng.exponential(0.4, count), 0)
    since = np.maximum(hour - crisis, 0)  # within an hour it is there, in some eighteen it has passed
    bout = depth * (hour > crisis) * (1 - np.exp(-since)) / (1 + np.exp((since - 18) / 1.5))
    walk = np.cumsum(rng.normal(0, 0.06, (HOURS + 1, count)), axis=0)
    severity = start + response * np.maximum(hour - onset, 0) / 24 + jump + bout + walk
    return {
        "severity": severity,
        "response": response,
        "setback_hour": setback,
        "crisis_hour": crisis,
        "crisis": depth,
        "arrival": severity[:8].mean(axis=0),
        "rise": severity[-8:].mean(axis=0) - severity[:8].mean(axis=0),
        "hours_very_ill": (severity > 1.2).sum(axis=0).astype(float),
    }


def _draw_organs(rng, severity: np.ndarray, age: np.ndarray) -> dict[str, np.ndarray]:
    """Each organ by hour: it follows severity with a lag, around the patient's own level, and wavers."""
    organs = {}
    for name, (weight, lag, spread) in ORGANS.items():
        count = severity.shape[1]
        own = spread * rng.normal(size=count) + AGEING.get(name, 0) * age
        share = weight * np.exp(rng.normal(0, 0.35, count))
        organs[name] = (
            own + share * _follow(severity, lag) + _waver(rng, count, hours=max(3, lag), spread=0.6)
        )
    return organs


def _follow(target: np.ndarray, lag: float) -> np.ndarray:
    """What moves towards `target` each hour by one part in `lag`."""
    out = target.copy()
    for hour in range(1, len(out)):
        out[hour] = out[hour - 1] + (target[hour] - out[hour - 1]) / lag
    return out


def _paced(target: np.ndarray, up: float, down: float) -> np.ndarray:
    """What follows `target` by hour, but rises and falls by no more than `up` and `down` in one."""
    out = target.copy()
    for hour in range(1, len(out)):
        out[hour] = out[hour - 1] + np.clip(target[hour] - out[hour - 1], -down, up)
    return out


def _waver(rng, count: int, *, hours: float, spread: float) -> np.ndarray:
    """Noise by hour that keeps its direction for about `hours` (an autoregression of order one)."""
    keep = np.exp(-1 / hours)
    out = rng.normal(0, spread, (HOURS + 1, count))
    out[1:] *= np.sqrt(1 - keep**2)
    for hour in range(1, len(out)):
        out[hour] += keep * out[hour - 1]
    return out


def _at(by_hour: np.ndarray, case: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """An hourly curve read between its hours."""
    hour, part = minutes // 60, minutes % 60 / 60
    return by_hour[hour, case] * (1 - part) + by_hour[hour + 1, case] * part


class _Chart:
    """Collects rows, panel by panel."""

    def __init__(self):
        self.case, self.minutes, self.variable, self.value = [], [], [], []

    def add(self, name: str, case, minutes, value) -> None:
        if name in LIMITS:
            value = np.clip(value, *LIMITS[name])
        self.case.append(case)
        self.minutes.append(minutes)
        self.variable.append(np.full(len(case), CODE[name]))
        self.value.append(np.round(value, DIGITS.get(name, 0)))

    def rows(self, rng) -> tuple[np.ndarray, ...]:
        """All rows in order; a few entered twice within their minute, one last digit apart."""
        columns = [np.concatenate(part) for part in (self.case, self.minutes, self.variable, self.value)]
        twice = np.flatnonzero(rng.random(len(columns[0])) < 0.002)
        again = [column[twice] for column in columns]
        step = np.array([10.0 ** -DIGITS.get(name, 0) for name in VARIABLES])
        can_differ = ~np.isin(again[2], [CODE[name] for name in ("MechVent", "GCS", "FiO2")])
        again[3] = again[3] + step[again[2]] * can_differ
        case, minutes, variable, value = map(np.concatenate, zip(columns, again, strict=True))
        order = np.argsort((case * 3000 + minutes) * len(VARIABLES) + variable, kind="stable")
        return case[order], minutes[order], variable[order], value[order]


def _some(rng, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cases and minutes of events that happen in an hour with that chance (hours, cases)."""
    case, hour = np.nonzero((rng.random(chance.shape) < chance).T)
    return case, hour * 60 + rng.integers(60, size=len(hour))


def _clock(person) -> np.ndarray:
    """The hour of the day at each hour of the stay."""
    return (person["admitted"] + np.arange(HOURS + 1)[:, None]) % 24


def _worry(person, severity: np.ndarray) -> np.ndarray:
    """How worried the staff are: by how ill the patient seems, and by a turn for the worse."""
    before = severity[np.maximum(np.arange(HOURS + 1) - 4, 0)]
    return severity + 0.5 * (severity - before) + person["habit"]


def _span(need: np.ndarray, start: float, stop: float) -> np.ndarray:
    """True from the first hour that `need` exceeds `start` until it last exceeded `stop`."""
    begun = np.maximum.accumulate(need > start, axis=0)
    still = np.maximum.accumulate((need > stop)[::-1], axis=0)[::-1]
    return begun & still


def _chart_bedside(rng, chart: _Chart, person, course, organs) -> None:
    """Vital signs, consciousness, urine and weight, whenever a nurse charts them."""
    severity, kept, unit, hour = course["severity"], person["kept"], person["unit"], np.arange(HOURS)[:, None]
    clock, count = _clock(person), len(unit)
    day = np.cos((clock - 17) / 24 * 2 * np.pi)  # the body's day: highest in the late afternoon
    night = (clock >= 23) | (clock < 6)
    chance = 0.36 * np.exp(0.05 * _worry(person, severity)) * np.where(night, 0.72, 1)
    chance = chance[:-1] * np.where(hour < 4, 1.5, 1)
    chance = np.where(hour == 0, 0.9, np.minimum(chance, 0.95)) * person["charted"]
    case, minutes = _some(rng, chance)

    rate = 85 - 3 * person["age"] + 10 * kept[CODE["HR"]] + 2.5 * day
    rate = rate + 5 * organs["circulation"] + 2.5 * organs["inflammation"]
    rate = rate + _waver(rng, count, hours=2, spread=9)
    chart.add("HR", case, minutes, _at(rate, case, minutes) + rng.normal(0, 2, len(case)))
    breaths = 19 + 2 * kept[CODE["RespRate"]] + 1.7 * organs["lungs"] + _waver(rng, count, hours=2, spread=3)
    on_file = rng.random(count) < np.array(UNIT_RESPIRATION)[unit]
    _chart_part(rng, chart, "RespRate", breaths, case, minutes, 0.95 * on_file)
    warmth = 37.05 + 0.3 * kept[CODE["Temp"]] + 0.35 * person["sign"][0] * organs["inflammation"] + 0.2 * day
    warmth = warmth + _waver(rng, count, hours=4, spread=0.45)
    warmth[:-1] -= np.where(unit == 1, 1.3, 0.2) * np.exp(-hour / 4)  # cooled in theatre
    _chart_part(rng, chart, "Temp", warmth, case, minutes, np.full(count, 0.4))
    _chart_pressures(rng, chart, person, organs, day, case, minutes)
    _chart_breathing(rng, chart, person, course, organs, case, minutes)
    _chart_urine(rng, chart, person, organs, case, minutes)
    swelling = np.abs(rng.normal(0, 1.2, count)) * np.arange(HOURS + 1)[:, None] / 24
    weighed = 0.1 * (rng.random(count) < 0.72)
    _chart_part(rng, chart, "Weight", person["Weight"] + swelling, case, minutes, weighed)


def _chart_part(rng, chart: _Chart, name: str, by_hour, case, minutes, chance: np.ndarray) -> None:
    """Chart a curve at some of the times, with a chance of each patient's own."""
    keep = rng.random(len(case)) < chance[case]
    case, minutes = case[keep], minutes[keep]
    chart.add(name, case, minutes, _at(by_hour, case, minutes))


def _chart_pressures(rng, chart: _Chart, person, organs, day, case, minutes) -> None:
    """Blood pressure: from the arterial line while there is one, else (or to compare) from a cuff."""
    kept, unit, count = person["kept"], person["unit"], len(person["unit"])
    mean = 81 - 1.5 * person["age"] + 8.5 * kept[CODE["MAP"]] - 5 * organs["circulation"] + 2.5 * day
    mean = mean + _waver(rng, count, hours=2, spread=10)
    mean = np.where(mean < 63, 63 - 0.5 * (63 - mean), mean)  # vasopressors hold it
    pulse = np.log(57) + 0.2 * kept[CODE["SysABP"]] + 0.08 * person["age"] - 0.08 * organs["circulation"]
    pulse = np.exp(pulse + _waver(rng, count, hours=4, spread=0.1))
    need = np.array(UNIT_LINE)[unit] + 0.5 * organs["circulation"] + 0.8 * kept[CODE["DiasABP"]]
    line = _span(need, 0.6, -0.3)
    mean, pulse, line = _at(mean, case, minutes), _at(pulse, case, minutes), line[minutes // 60, case]
    for site, there in (("arm", line), ("cuff", ~line | (rng.random(len(line)) < 0.12))):
        there &= rng.random(len(line)) < 0.96
        who, when, middle, wide = case[there], minutes[there], mean[there], pulse[there]
        if site == "arm":
            names = "SysABP", "DiasABP", "MAP"
        else:
            names = "NISysABP", "NIDiasABP", "NIMAP"
            middle = middle - 5 + rng.normal(0, 2.5, len(who))
            wide = wide * np.exp(rng.normal(0, 0.06, len(who)))
        high, low = np.round(middle + wide * 2 / 3), np.round(middle - wide / 3)
        for name, value in zip(names, (high, low, (high + 2 * low) / 3), strict=True):
            chart.add(name, who, when, value)


def _ventilated(person, course, organs) -> np.ndarray:
    """Hour by hour; after heart surgery the need soon passes."""
    unit, kept = person["unit"], person["kept"]
    need = np.array(UNIT_VENTILATED)[unit] + 0.5 * course["severity"] + 0.7 * organs["lungs"]
    weaning = np.where(unit == 1, 0.12, 0.01) * np.arange(HOURS + 1)[:, None]
    return _span(need + 0.8 * kept[CODE["MechVent"]] - weaning, 0.0, -0.4)


def _oxygen(person, course, organs) -> tuple[np.ndarray, np.ndarray]:
    """The share of oxygen given, by hour and in steps, and PaO2 for that share."""
    ratio = np.exp(np.log(290) + 0.35 * person["kept"][CODE["PaO2"]] - 0.22 * organs["lungs"])
    ventilated = _ventilated(person, course, organs)
    steps = np.array([0.21, 0.28, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0])
    given = steps[np.minimum(np.searchsorted(steps, 85 / ratio), len(steps) - 1)]
    settled = np.zeros_like(ventilated)
    settled[3:] = ventilated[:-3]  # at first they get pure oxygen
    given = np.where(ventilated, np.maximum(given, np.where(settled, 0.4, 1.0)), given)
    return given, ratio * given


def _chart_breathing(rng, chart: _Chart, person, course, organs, case, minutes) -> None:
    """Ventilation, oxygen, and how awake the patient is, since the ventilated are sedated."""
    ventilated = _ventilated(person, course, organs)
    given, _ = _oxygen(person, course, organs)
    on = ventilated[minutes // 60, case]
    asked = rng.random(len(case))
    some = on & (asked < 0.33)
    chart.add("MechVent", case[some], minutes[some], np.ones(some.sum()))
    some |= ~on & (asked < 0.015)
    chart.add("FiO2", case[some], minutes[some], given[minutes[some] // 60, case[some]])
    some = rng.random(len(case)) < 0.34
    case, minutes, on = case[some], minutes[some], on[some]
    sedation = 4.5 + 2.5 * person["kept"][CODE["GCS"]]
    awake = 15.3 - 2.2 * np.maximum(_at(organs["brain"], case, minutes) + 0.2, 0)
    score = awake - np.maximum(sedation[case], 0) * on + rng.normal(0, 0.35, len(case))
    chart.add("GCS", case, minutes, score)


def _chart_urine(rng, chart: _Chart, person, organs, case, minutes) -> None:
    """The volume since the bladder bag was last read: a rate times the hours between."""
    some = (rng.random(len(case)) < 0.62) & (rng.random(len(person["unit"])) < 0.985)[case]
    case, minutes = case[some], minutes[some]
    order = np.lexsort((minutes, case))
    case, minutes = case[order], minutes[order]
    first = np.diff(case, prepend=-1) > 0
    hours = np.minimum(np.where(first, minutes, np.diff(minutes, prepend=0)) / 60, 8)
    rate = np.log(62) + 0.25 * person["kept"][CODE["Urine"]] - 0.12 * person["age"] - 0.25 * organs["kidneys"]
    rate = np.exp(rate + _waver(rng, len(person["unit"]), hours=4, spread=0.3))
    volume = hours * _at(rate, case, minutes) * np.exp(rng.normal(0, 0.25, len(case)))
    chart.add("Urine", case, minutes, np.round(volume / 5) * 5)


def _laboratory_value(rng, name: str, person, organs, case, minutes) -> np.ndarray:
    scale, middle, organ, effect, spread, noise = LABORATORY[name]
    change = effect * organs[organ]
    if scale.startswith("+-"):
        change = change * person["sign"][1 if name == "WBC" else 2]
    change, noise = change + spread * person["kept"][CODE[name]], rng.normal(0, noise, len(case))
    if not scale.endswith("log"):
        return _at(middle + change, case, minutes) + noise
    by_hour = np.clip(middle * np.exp(change), *LIMITS[name])
    if name in PACE:
        by_hour = _paced(by_hour, *PACE[name])
    return _at(by_hour, case, minutes) * np.exp(noise)


def _chart_laboratory(rng, chart: _Chart, person, course, organs, *, by_rule: bool) -> None:
    """Panels on arrival, each morning, and when someone is worried; rarer tests ride along with them.

    Or, `by_rule`, on arrival and every twelve hours.
    """
    worry, unit, count = _worry(person, course["severity"])[:-1], person["unit"], len(person["unit"])
    hour = np.arange(HOURS)[:, None]
    chance = np.maximum(0.028 * np.exp(0.3 * worry), 0.8 * (_clock(person)[:-1] == 5))
    chance = np.maximum(chance, hour == rng.integers(4, size=count))
    chance = np.broadcast_to(hour % 12 == 0, chance.shape) if by_rule else chance
    case, minutes = _some(rng, chance * person["sampled"])

    def add(name, chosen):
        value = _laboratory_value(rng, name, person, organs, case[chosen], minutes[chosen])
        chart.add(name, case[chosen], minutes[chosen], value)

    for name in CHEMISTRY + BLOOD_COUNT:
        add(name, rng.random(len(case)) < 0.94)
    wanted = np.array(UNIT_LIVER)[unit] + 0.4 * organs["liver"][0] + rng.normal(0, 1, count) > -0.25
    panel = wanted[case] & (rng.random(len(case)) < 0.45)
    panel = minutes % (24 * 60) < 60 if by_rule else panel
    for name in LIVER_PANEL:
        add(name, panel & (rng.random(len(case)) < 0.96))
    for name, share in UNIT_RARE.items():
        wanted = rng.random(count) < np.array(share)[unit]
        add(name, wanted[case] & (rng.random(len(case)) < 0.6))
    _chart_gases(rng, chart, person, course, organs, worry, by_rule=by_rule)


def _chart_gases(rng, chart: _Chart, person, course, organs, worry, *, by_rule: bool) -> None:
    """Arterial blood gases; pH follows from bicarbonate and PaCO2 (Henderson-Hasselbalch)."""
    kept, unit, count = person["kept"], person["unit"], len(person["unit"])
    ventilated = _ventilated(person, course, organs)[:-1]
    chance = np.where(ventilated, 0.17, 0.014) * np.exp(0.1 * worry)
    chance = np.broadcast_to(np.arange(HOURS)[:, None] % 6 == 0, chance.shape) if by_rule else chance
    case, minutes = _some(rng, np.minimum(chance, 1 if by_rule else 0.7) * person["sampled"])
    sign = np.where(kept[CODE["pH"]] > 0.3, 1, -1)  # tired breathing keeps carbon dioxide, hasty loses it
    carbon = 40 + 3 * kept[CODE["PaCO2"]] + 3 * kept[CODE["HCO3"]] + 2 * sign * organs["lungs"]
    carbon = carbon + _waver(rng, count, hours=4, spread=2.5)
    carbon = np.clip(_at(carbon, case, minutes), *LIMITS["PaCO2"])
    chart.add("PaCO2", case, minutes, carbon)
    bicarbonate = np.clip(_laboratory_value(rng, "HCO3", person, organs, case, minutes), *LIMITS["HCO3"])
    chart.add("pH", case, minutes, 6.1 + np.log10(bicarbonate / (0.0307 * carbon)))
    _, oxygen = _oxygen(person, course, organs)
    oxygen = oxygen[minutes // 60, case] * np.exp(rng.normal(0, 0.25, len(case)))
    chart.add("PaO2", case, minutes, oxygen)
    co_oximeter = (rng.random(count) < np.array(UNIT_SATURATION)[unit])[case]
    some = co_oximeter & (rng.random(len(case)) < 0.6)
    chart.add("SaO2", case[some], minutes[some], 100 / (1 + 23400 / (oxygen[some] ** 3 + 150 * oxygen[some])))
    shock = _at(organs["circulation"], case, minutes) + kept[CODE["Lactate"]][case]
    some = by_rule | (rng.random(len(case)) < np.clip(0.3 + 0.15 * shock, 0.02, 0.95))
    lactate = _laboratory_value(rng, "Lactate", person, organs, case[some], minutes[some])
    chart.add("Lactate", case[some], minutes[some], lactate)


# SAPS (Le Gall et al., Crit Care Med 12:975, 1984): points below, between and above the edges.
SAPS = {
    "HR": ([40, 55, 70, 110, 140, 180], [4, 3, 2, 0, 2, 3, 4]),
    "NISysABP": ([55, 80, 150, 190], [4, 2, 0, 2, 4]),
    "SysABP": ([55, 80, 150, 190], [4, 2, 0, 2, 4]),
    "Temp": ([30, 32, 34, 36, 38.5, 39, 41], [4, 3, 2, 1, 0, 1, 3, 4]),
    "RespRate": ([6, 10, 12, 25, 35, 50], [4, 2, 1, 0, 1, 3, 4]),
    "MechVent": ([0.5], [0, 3]),
    "BUN": ([10, 21, 81, 101, 154], [1, 0, 1, 2, 3, 4]),
    "HCT": ([20, 30, 46, 50, 60], [4, 2, 0, 1, 2, 4]),
    "WBC": ([1, 3, 15, 20, 40], [4, 2, 0, 1, 2, 4]),
    "Glucose": ([29, 50, 70, 252, 500, 801], [4, 3, 2, 0, 1, 3, 4]),
    "K": ([2.5, 3, 3.5, 5.5, 6, 7], [4, 2, 1, 0, 1, 3, 4]),
    "Na": ([110, 120, 130, 151, 156, 161, 180], [4, 3, 2, 0, 1, 2, 3, 4]),
    "HCO3": ([5, 10, 20, 30, 40], [4, 3, 1, 0, 1, 3]),
    "GCS": ([4, 7, 10, 13], [4, 3, 2, 1, 0]),
}
SOFA = {
    "Platelets": ([20, 50, 100, 150], [4, 3, 2, 1, 0]),
    "Bilirubin": ([1.2, 2, 6, 12], [0, 1, 2, 3, 4]),
    "MAP": ([70], [1, 0]),
    "NIMAP": ([70], [1, 0]),
    "GCS": ([6, 10, 13, 15], [4, 3, 2, 1, 0]),
    "Creatinine": ([1.2, 2, 3.5, 5], [0, 1, 2, 3, 4]),
}
SAME_ITEM = {"SysABP": "NISysABP", "MechVent": "RespRate", "MAP": "NIMAP"}


def _score(case, minutes, variable, value, age: np.ndarray) -> dict[str, np.ndarray]:
    """SAPS-I and SOFA from the worst values of the first day; -1 where nothing was charted."""
    first = minutes < 24 * 60
    case, variable, value = case[first], variable[first], value[first]
    count = len(age)
    urine = np.bincount(case, value * (variable == CODE["Urine"]), count)
    charted = np.bincount(case[variable == CODE["HR"]], minlength=count) > 0
    saps = _worst_points(SAPS, case, variable, value, count) + np.searchsorted([45.5, 55.5, 65.5, 75.5], age)
    saps += np.array([4, 3, 2, 0, 1, 2])[np.searchsorted([200, 500, 700, 3500, 5000], urine)]
    sofa = _worst_points(SOFA, case, variable, value, count) + _worst_lungs(case, variable, value, count)
    return {"SAPS-I": np.where(charted, saps, -1), "SOFA": np.where(charted, sofa, -1)}


def _worst_points(table: dict, case, variable, value, count: int) -> np.ndarray:
    """The most points that any value of each item brought, added up."""
    worst = np.zeros((len(VARIABLES), count), int)
    for name, (edges, points) in table.items():
        rows = variable == CODE[name]
        got = np.array(points)[np.searchsorted(edges, value[rows], side="right")]
        np.maximum.at(worst[CODE[SAME_ITEM.get(name, name)]], case[rows], got)
    return worst.sum(axis=0)


def _worst_lungs(case, variable, value, count: int) -> np.ndarray:
    """SOFA's points for breathing: the lowest PaO2 over the usual share of oxygen."""
    lowest = np.full(count, 500.0)
    rows = variable == CODE["PaO2"]
    np.minimum.at(lowest, case[rows], value[rows])
    rows = variable == CODE["FiO2"]
    total, times = np.bincount(case[rows], value[rows], count), np.bincount(case[rows], minlength=count)
    ratio = lowest / np.where(times > 0, total / np.maximum(times, 1), 0.21)
    ventilated = np.bincount(case[variable == CODE["MechVent"]], minlength=count) > 0
    points = 4 - np.searchsorted([100, 200, 300, 400], ratio, side="right")
    return np.where(ventilated, points, np.minimum(points, 2))


def _risk(person, course) -> np.ndarray:
    """The chance of death in hospital: by severity on arrival and its course, age and unit."""
    logit = RISK["middle"] + RISK["arrival"] * course["arrival"]
    logit += RISK["rise"] * course["rise"] + RISK["crisis"] * course["crisis"]
    logit = logit + RISK["age"] * person["age"] + np.array(UNIT_RISK)[person["unit"]]
    return 1 / (1 + np.exp(-logit))


def _draw_outcome(rng, risk: np.ndarray, hours_very_ill: np.ndarray) -> dict[str, np.ndarray]:
    """Who dies, and days in hospital and to death: -1 where none is on file, some come after discharge."""
    count = len(risk)
    died = rng.random(count) < risk
    stay = 2 + np.floor(rng.lognormal(2 + 0.4 * hours_very_ill / HOURS, 0.75)).astype(int)
    later = np.where(rng.random(count) < 0.27, stay + 1 + rng.exponential(500, count).astype(int), -1)
    return {"Length_of_stay": stay, "Survival": np.where(died, stay, later), "In-hospital_death": died * 1}


def _spoil(rng, variable: np.ndarray, value: np.ndarray) -> np.ndarray:
    """A few entry errors, of the kinds found in the real stays."""
    value, slip = value.copy(), rng.random(len(value))
    kind = rng.integers(4, size=len(value))
    rows = (variable == CODE["Temp"]) & (slip < 0.0015)
    wrong = np.stack(
        [value / 10, value * 10, np.zeros(len(value)), np.full(len(value), -17.8)]
    )  # 0 Fahrenheit
    value[rows] = np.round(wrong[kind[rows], np.flatnonzero(rows)], 1)
    rows = (variable == CODE["pH"]) & (slip < 0.001)
    value[rows] = np.round(value[rows] * 100)
    rows = np.isin(variable, [CODE["NISysABP"], CODE["NIDiasABP"], CODE["NIMAP"], CODE["HR"]]) & (
        slip < 0.0005
    )
    value[rows] = 0
    rows = (variable == CODE["Weight"]) & (slip < 0.004)
    value[rows] = -1
    return value


def _describe(rng, person) -> dict[str, np.ndarray]:
    """The descriptors on file: height and weight are often missing, a height now and then in metres."""
    count = len(person["Age"])
    height = np.where(rng.random(count) < 0.003, np.round(person["Height"] / 100, 1), person["Height"])
    return {
        "Age": person["Age"],
        "Gender": np.where(rng.random(count) < 0.001, np.nan, person["Gender"]),
        "Height": np.where(rng.random(count) < 0.47, np.nan, height),
        "ICUType": person["unit"] + 1.0,
        "Weight": np.where(rng.random(count) < 0.08, np.nan, person["Weight"]),
    }


def _write_archive(path: Path, folder: str, stays: Stays) -> None:
    """One text file a stay in a tar archive, the same bytes every time."""
    starts = np.searchsorted(stays.case, np.arange(len(stays) + 1))
    lines = _lines(stays)
    heads = _heads(stays)
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for number, record in enumerate(stays.record_id):
            text = (heads[number] + "".join(lines[starts[number] : starts[number + 1]])).encode()
            member = tarfile.TarInfo(f"{folder}/{record}.txt")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))


def _lines(stays: Stays) -> list[str]:
    """Each row as text. Few of the values differ, so each is turned into text once."""
    hundredths = np.round(stays.value * 100).astype(np.int64)
    keys, which = np.unique(stays.variable * 10**9 + hundredths + 10**6, return_inverse=True)
    pairs = zip(keys // 10**9, (keys % 10**9 - 10**6) / 100, strict=True)
    endings = np.array([f",{VARIABLES[code]},{value:.7g}\n" for code, value in pairs], object)
    times = np.array([f"{hour:02}:{minute:02}" for hour in range(HOURS + 1) for minute in range(60)], object)
    return (times[stays.minutes] + endings[which]).tolist()


def _heads(stays: Stays) -> list[str]:
    columns = [np.nan_to_num(values, nan=-1) for values in stays.static.values()]
    head = "Time,Parameter,Value\n00:00,RecordID,{}\n"
    head += "".join(f"00:00,{name},{{:g}}\n" for name in stays.static)
    return [head.format(*row) for row in zip(stays.record_id, *columns, strict=True)]


def _write_table(path: Path, record_id: np.ndarray, columns: dict[str, np.ndarray]) -> None:
    rows = zip(record_id, *columns.values(), strict=True)
    text = [",".join(["RecordID", *columns])]
    text += [",".join(f"{value:.6g}" for value in row) for row in rows]
    path.write_text("\n".join(text) + "\n")
