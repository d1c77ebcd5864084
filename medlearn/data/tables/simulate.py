"""Simulated tables for treatment: a world whose truth is known, and stand-ins for two published tables.

Knows nothing about reading such tables (see treatments.py) nor about models.

"prescribing" is made only. A patient has a severity, a kidney function and an age; five columns show the
severity, two the kidneys, each with its own error. One drug lowers the log-odds of a bad outcome by .8, and
raises it by 1 in the 27 % whose kidneys are bad. The doctor gives it to the sicker, by what the columns show,
and minds the kidneys only a little. So the drug looks harmful, though it helps on average; and since the
doctor knows no more than the columns do, adjusting for them is enough. With `hidden` another cause raises
both the drug and the bad outcome, and no column shows it: then adjusting is not enough, and nothing in the
data says so.

"trial" has columns of the International Stroke Trial: those known at randomisation, the arms, and outcomes at
two weeks and six months. Coins decide. Aspirin lowers the share of dead or dependent by .08 in the fully
alert and raises it by .03 in the drowsy and unconscious, .055 fewer in all; heparin does nothing.

"catheter" has all columns of the SUPPORT study's table. The sicker get the catheter, which does nothing for
death within 30 days. A part of the severity is in no column, so that adjusting for all of them leaves a harm.

Columns were set to resemble the published tables one by one. What is not realistic: within a patient they
hang together by severity alone, hospitals and countries do not differ, many columns say nothing, and all
effects are invented: aspirin in stroke does far less, and not so differently. No result on these tables says
anything about patients or drugs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from medlearn.data.files import MARK

VERSION = 2  # goes up whenever the same seed would give other patients
PATIENTS = {"prescribing": 10_000, "trial": 4000, "catheter": 2000}
BAD_KIDNEY = -0.6  # below it the drug harms

# What the columns of "prescribing" show: usual value, what one unit of the cause adds, decimals.
OF_SEVERITY = {
    "heart_rate": (88, 13, 0),
    "systolic_pressure": (126, -16, 0),
    "respiratory_rate": (20, 3.5, 0),
    "bicarbonate": (24, -2.8, 1),
    "albumin": (36, -4.5, 1),
}
OF_KIDNEY = {"creatinine": (98, -0.42, 0), "urea": (7.2, -0.4, 1)}  # these multiply
COLUMNS = ("age", *OF_SEVERITY, *OF_KIDNEY)

# The stroke trial's deficits (face, arm, leg, speech, half of the sight, space, brainstem, other): share, and
# share that could not be examined.
SIGNS = {
    1: (0.75, 0.013), 2: (0.88, 0.006), 3: (0.785, 0.013), 4: (0.45, 0.03),
    5: (0.18, 0.2), 6: (0.18, 0.177), 7: (0.11, 0.08), 8: (0.06, 0.064),
}  # fmt: skip
COUNTRIES = {
    "UK": 0.322, "ITAL": 0.177, "SWIT": 0.084, "POLA": 0.039, "NETH": 0.037, "SWED": 0.033, "AUSL": 0.031,
    "ARGE": 0.028, "NORW": 0.027, "SPAI": 0.025, "CZEC": 0.024, "NEW": 0.023, "BELG": 0.02, "TURK": 0.02,
}  # fmt: skip

# The catheter's table: shares of texts; and of numbers the usual value, the spread, how they follow severity,
# decimals, lowest and highest.
FIRST_DISEASES = {
    "ARF": 0.434, "MOSF w/Sepsis": 0.214, "COPD": 0.08, "CHF": 0.08, "Coma": 0.076, "MOSF w/Malignancy": 0.07,
    "Cirrhosis": 0.039, "Lung Cancer": 0.007,
}  # fmt: skip
SECOND_DISEASES = {
    "NA": 0.79, "MOSF w/Sepsis": 0.144, "MOSF w/Malignancy": 0.04, "Coma": 0.016, "Cirrhosis": 0.01,
}  # fmt: skip
HISTORY = {
    "cardiohx": 0.177, "chfhx": 0.178, "dementhx": 0.098, "psychhx": 0.067, "chrpulhx": 0.19,
    "renalhx": 0.044, "liverhx": 0.07, "gibledhx": 0.032, "malighx": 0.229, "immunhx": 0.269,
    "transhx": 0.115, "amihx": 0.035,
}  # fmt: skip
DIAGNOSES = {
    "resp": 0.368, "card": 0.337, "neuro": 0.121, "gastr": 0.164, "renal": 0.051, "meta": 0.046,
    "hema": 0.062, "seps": 0.18, "trauma": 0.009, "ortho": 0.001,
}  # fmt: skip
INSURANCE = {
    "Private": 0.296, "Medicare": 0.254, "Private & Medicare": 0.216, "Medicaid": 0.113,
    "Medicare & Medicaid": 0.065, "No insurance": 0.056,
}  # fmt: skip
INCOMES = {"Under $11k": 0.563, "$11-$25k": 0.203, "$25-$50k": 0.156, "> $50k": 0.078}
MEASURES = {
    "das2d3pc": (20.5, 5.3, -0.2, 2, 11, 33), "aps1": (54.7, 20, 0.8, 0, 3, 147),
    "scoma1": (21, 30, 0.3, 0, 0, 100), "meanbp1": (78.5, 38, -0.35, 0, 20, 259),
    "wblc1": (15.6, 9, 0.1, 1, 0.1, 90), "hrt1": (115, 41, 0.25, 0, 20, 250),
    "resp1": (28, 14, 0.15, 0, 2, 100), "temp1": (37.6, 1.8, -0.1, 1, 30, 42),
    "pafi1": (222, 115, -0.35, 1, 30, 700), "alb1": (3.1, 0.75, -0.3, 1, 0.8, 6),
    "hema1": (31.9, 8.4, -0.15, 1, 10, 66), "bili1": (2.1, 3, 0.25, 1, 0.1, 40),
    "crea1": (2.0, 1.6, 0.35, 1, 0.3, 20), "sod1": (136.8, 7.7, 0, 0, 110, 170),
    "pot1": (4.07, 1.03, 0.1, 1, 1.8, 9), "paco21": (38.7, 13, -0.1, 0, 10, 120),
    "ph1": (7.388, 0.11, -0.35, 2, 6.8, 7.75), "wtkilo1": (72, 20, 0, 1, 30, 190),
}  # fmt: skip
CATHETER_COLUMNS = (
    "cat1", "cat2", "ca", "sadmdte", "dschdte", "dthdte", "lstctdte", "death", *HISTORY, "age", "sex", "edu",
    "surv2md1", "das2d3pc", "t3d30", "dth30", "aps1", "scoma1", "meanbp1", "wblc1", "hrt1", "resp1", "temp1",
    "pafi1", "alb1", "hema1", "bili1", "crea1", "sod1", "pot1", "paco21", "ph1", "swang1", "wtkilo1", "dnr1",
    "ninsclas", *DIAGNOSES, "adld3p", "urin1", "race", "income", "ptid",
)  # fmt: skip


def draw_prescribing(cases: int, *, hidden: bool = False, seed: int = 0) -> dict[str, np.ndarray]:
    """Patients of a world in which one knows what a drug does to each, as arrays by name.

    `x` has COLUMNS: age in years, heart and respiratory rate per minute, systolic pressure in mmHg,
    bicarbonate and urea in mmol/l, albumin in g/l, creatinine in µmol/l. `treatment` is 1 where the doctor
    gave the drug, and `y` is 1 for a bad outcome, whose probabilities are `bad_if_treated` and `bad_if_not`.
    `kidney` and `severity` are the true ones, which x shows with errors; `propensity` is the probability with
    which the doctor gives the drug.

    Parameters
    ----------
    cases : how many.
    hidden : whether there is another cause of both the drug and the outcome, which no column shows.
    seed : draws them.

    >>> drawn = draw_prescribing(1000)
    >>> drawn["x"].shape, bool(drawn["bad_if_treated"].mean() < drawn["bad_if_not"].mean())
    ((1000, 8), True)
    """
    rng = np.random.default_rng([seed, 31])
    severity, kidney, unseen = rng.standard_normal((3, cases))
    age = np.clip(np.round(rng.normal(68, 13, cases)), 18, 99)
    # The doctor knows no more than the columns show, so that adjusting for them is enough.
    severe = severity + 0.5 * rng.standard_normal((len(OF_SEVERITY), cases))
    filters = kidney + 0.3 * rng.standard_normal((len(OF_KIDNEY), cases))
    shown = [
        usual + slope * each for (usual, slope, _), each in zip(OF_SEVERITY.values(), severe, strict=True)
    ]
    shown += [
        usual * np.exp(slope * each)
        for (usual, slope, _), each in zip(OF_KIDNEY.values(), filters, strict=True)
    ]
    decimals = [places for _, _, places in (*OF_SEVERITY.values(), *OF_KIDNEY.values())]
    rounded = [np.round(each, places) for each, places in zip(shown, decimals, strict=True)]
    hidden = hidden * unseen
    propensity = _sigmoid(-0.55 + 1.4 * severe.mean(0) + 0.2 * filters.mean(0) + 1.0 * hidden)
    risk = -1.13 + severity + 0.3 * (age - 68) / 13 + 1.1 * hidden
    bad = np.stack([_sigmoid(risk), _sigmoid(risk + np.where(kidney < BAD_KIDNEY, 1.0, -0.8))])
    treatment = (rng.random(cases) < propensity).astype(np.int64)
    y = (rng.random(cases) < bad[treatment, np.arange(cases)]).astype(float)
    return {
        "x": np.stack([age, *rounded], axis=1).astype(np.float32),
        "y": y,
        "treatment": treatment,
        "bad_if_treated": bad[1],
        "bad_if_not": bad[0],
        "kidney": kidney,
        "severity": severity,
        "propensity": propensity,
    }


def write_prescribing(folder: Path, *, seed: int = 0, hidden: str = "no") -> None:
    """Draw patients by `seed` and write them to `folder` as prescribing.csv; `hidden` is "no" or "yes"."""
    cases = PATIENTS["prescribing"]
    drawn = draw_prescribing(cases, hidden=hidden == "yes", seed=seed)
    columns: dict[str, Iterable] = {"patient": range(1, cases + 1)}
    columns |= {
        name: [f"{value:.6g}" for value in values] for name, values in zip(COLUMNS, drawn["x"].T, strict=True)
    }
    columns["arm"] = np.array(["no drug", "drug"])[drawn["treatment"]]
    columns["bad"] = drawn["y"].astype(int)
    for name in ("bad_if_treated", "bad_if_not", "kidney", "severity", "propensity"):
        columns[name] = [f"{value:.6f}" for value in drawn[name]]
    _write(Path(folder) / "prescribing.csv", columns, cases)


def write_trial(folder: Path, *, seed: int = 0) -> None:
    """Draw a trial by `seed` and write it to `folder` as IST_corrected.csv, with some of its columns."""
    rng, cases = np.random.default_rng([seed, 32]), PATIENTS["trial"]
    severity = rng.standard_normal(cases)
    sick = _sigmoid(severity)
    age = np.clip(np.round(76 - 11.5 * rng.gumbel(-0.15, 0.8, cases)), 16, 99)
    alert = rng.random(cases) > 0.46 * sick
    awake = np.where(alert, "F", np.where(rng.random(cases) < 0.055, "U", "D"))
    signs = {
        f"RDEF{sign}": np.where(
            rng.random(cases) < unclear,
            "C",
            _yes(rng, _sigmoid(np.log(share / (1 - share)) + 0.7 * severity), cases),
        )
        for sign, (share, unclear) in SIGNS.items()
    }
    stroke = _pick(rng, cases, {"PACS": 0.405, "TACS": 0.16, "LACS": 0.32, "POCS": 0.112, "OTH": 0.003})
    stroke = np.where((severity > 0.6) & (stroke == "LACS"), "TACS", stroke)
    scanned = rng.random(cases) < 0.67
    before = {
        "HOSPNUM": rng.integers(1, 467, cases),
        "RDELAY": np.clip(np.round(rng.gamma(2.2, 9, cases)), 1, 48).astype(int),
        "RCONSC": awake,
        "SEX": _pick(rng, cases, {"M": 0.535, "F": 0.465}),
        "AGE": age.astype(int),
        "RSLEEP": _yes(rng, 0.29, cases),
        "RATRIAL": np.where(rng.random(cases) < 0.05, "", _yes(rng, 0.17 * 2 * sick, cases)),
        "RCT": np.where(scanned, "Y", "N"),
        "RVISINF": np.where(scanned, _yes(rng, 0.49, cases), "N"),
        "RHEP24": _yes(rng, 0.023, cases),
        "RASP3": np.where(rng.random(cases) < 0.05, "", _yes(rng, 0.21, cases)),
        "RSBP": np.clip(np.round(rng.normal(160, 27.6, cases) / 5) * 5, 70, 290).astype(int),
        **signs,
        "STYPE": stroke,
    }
    aspirin = rng.random(cases) < 0.5
    log_odds = 0.55 + 0.85 * severity + 0.045 * (age - 72) + 1.1 * ~alert + 0.5 * (stroke == "TACS")
    risk = _sigmoid(log_odds - 0.4 * (stroke == "LACS"))
    for group, effect in ((alert, -0.08), (~alert, 0.03)):
        spread = risk[group] * (1 - risk[group])
        risk[group] += effect * aspirin[group] * spread / spread.mean()
    bad = rng.random(cases) < risk
    dead = bad & (rng.random(cases) < _sigmoid(-0.9 + 0.5 * severity + 0.05 * (age - 72)))
    early = dead & (rng.random(cases) < 0.42)
    outcome = np.where(dead, 1, np.where(bad, 2, np.where(rng.random(cases) < 0.54, 3, 4)))
    outcome = np.where(rng.random(cases) < 0.008, rng.choice([0, 9], cases, p=[0.65, 0.35]), outcome)
    after = {
        "RXASP": np.where(aspirin, "Y", "N"),
        "RXHEP": _pick(rng, cases, {"N": 0.5, "L": 0.25, "M": 0.25}),
        "DASP14": np.where(aspirin ^ (rng.random(cases) < 0.07), "Y", "N"),
        "DDEAD": np.where(early, "Y", "N"),
        "FDEAD": np.where(dead, "Y", "N"),
        "FDENNIS": np.where(dead, "", np.where(bad, "Y", "N")),
        "COUNTRY": _pick(rng, cases, COUNTRIES),
        "ID14": early.astype(int),
        "OCCODE": outcome,
    }
    _write(Path(folder) / "IST_corrected.csv", before | after, cases)


def write_catheter(folder: Path, *, seed: int = 0) -> None:
    """Draw critically ill patients by `seed` and write them to `folder` as rhc.csv, with its 62 columns."""
    rng, cases = np.random.default_rng([seed, 33]), PATIENTS["catheter"]
    severity, unseen = rng.standard_normal((2, cases))
    age = np.clip(rng.normal(61.4, 16.7, cases), 18, 101)
    main, second = _pick(rng, cases, FIRST_DISEASES), _pick(rng, cases, SECOND_DISEASES)
    cancer = _pick(rng, cases, {"No": 0.763, "Yes": 0.17, "Metastatic": 0.067})
    failing = np.isin(main, ["MOSF w/Sepsis", "CHF"])
    catheter = rng.random(cases) < _sigmoid(-0.97 + 0.6 * severity + 0.4 * unseen + 1.2 * failing)
    risk = -0.95 + 0.7 * severity + 0.45 * unseen + 0.018 * (age - 61) + 0.9 * (cancer == "Metastatic")
    dies = rng.random(cases) < _sigmoid(risk + 0.6 * (main == "Coma"))
    later = ~dies & (rng.random(cases) < 0.47)
    days = np.where(dies, np.clip(rng.geometric(0.085, cases), 2, 30), 30)
    admitted = rng.integers(10754, 12441, cases)
    died = np.where(dies, admitted + days, admitted + 30 + rng.integers(1, 300, cases))
    left = np.where(dies, died, admitted + rng.integers(4, 60, cases))
    last = np.where(dies | later, died, admitted + 180)
    values = {
        name: np.clip(np.round(mean + spread * (slope * severity + _rest(slope) * noise), places), low, high)
        for (name, (mean, spread, slope, places, low, high)), noise in zip(
            MEASURES.items(), rng.standard_normal((len(MEASURES), cases)), strict=True
        )
    }
    drawn = {
        "cat1": main,
        "cat2": second,
        "ca": cancer,
        "sadmdte": admitted,
        "dschdte": left,
        "dthdte": np.where(dies | later, died, "NA"),
        "lstctdte": last,
        "death": np.where(dies | later, "Yes", "No"),
        **{name: _yes(rng, share, cases, "1", "0") for name, share in HISTORY.items()},
        "age": np.round(age, 4),
        "sex": _pick(rng, cases, {"Male": 0.557, "Female": 0.443}),
        "edu": np.clip(np.round(rng.normal(11.7, 3.1, cases)), 0, 30),
        "surv2md1": np.round(_sigmoid(0.45 - 0.8 * severity - 0.018 * (age - 61)), 4),
        "t3d30": days,
        "dth30": np.where(dies, "Yes", "No"),
        **values,
        "swang1": np.where(catheter, "RHC", "No RHC"),
        "dnr1": _yes(rng, 0.114 * 2 * _sigmoid(severity), cases, "Yes", "No"),
        "ninsclas": _pick(rng, cases, INSURANCE),
        **{name: _yes(rng, share, cases, "Yes", "No") for name, share in DIAGNOSES.items()},
        "adld3p": np.where(
            rng.random(cases) < 0.75, "NA", np.clip(rng.poisson(1.1, cases), 0, 7).astype(str)
        ),
        "urin1": np.where(
            rng.random(cases) < 0.53, "NA", np.round(rng.gamma(2, 1100, cases)).astype(int).astype(str)
        ),
        "race": _pick(rng, cases, {"white": 0.778, "black": 0.16, "other": 0.062}),
        "income": _pick(rng, cases, INCOMES),
        "ptid": [f"S{number:05}" for number in range(1, cases + 1)],
    }
    _write(Path(folder) / "rhc.csv", {name: drawn[name] for name in CATHETER_COLUMNS}, cases)


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def _rest(slope: float) -> float:
    """How much noise belongs to a `slope`, so that both together have a spread of 1."""
    return (1 - slope**2) ** 0.5


def _pick(rng: np.random.Generator, cases: int, shares: Mapping[str, float]) -> np.ndarray:
    """One of the names for each case."""
    share = np.array(list(shares.values()))
    return rng.choice(list(shares), cases, p=share / share.sum())


def _yes(
    rng: np.random.Generator, share: float | np.ndarray, cases: int, yes: str = "Y", no: str = "N"
) -> np.ndarray:
    return np.where(rng.random(cases) < share, yes, no)


def _write(path: Path, columns: Mapping[str, Iterable], cases: int) -> None:
    """A CSV file of the `columns`, with the mark of simulated files."""
    columns = {**columns, MARK: [1] * cases}
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows(zip(*columns.values(), strict=True))
