"""Simulated discharge notes of six hospitals: as tagged sentences, and as whole texts with a label.

A stand-in, made only. Knows nothing about reading such files (see tagged.py and labelled.py) nor about
models. All names are made up (see grammar.py).

"notes" and "letters" are the same 900 notes of some 600 patients. Each hospital has ten templates: which
sections, in what order, under which headings, in whose words. Diseases are present, negated, of the past or
of a relative; drugs stand with their doses; a note holds about a dozen names, dates, numbers of records and
of telephones. With `register` "south" all people have names of another kind.

The label says whether the patient needed a follow-up. It depends on what four sentences say of the last days
in hospital; and since each template serves a ward that orders one nearly always or hardly ever, it depends on
the template even more. That is the planted leak: a model that knows the template seems to read the patient.

What is not realistic: real notes have misspellings, tables and copied paragraphs, their authors do not choose
from lists, and nobody's illness consists of independent sentences. No result on these notes says anything
about patients, diseases or drugs: they are for learning to handle such data.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medlearn.data.files import MARK
from medlearn.data.text import grammar
from medlearn.data.text.grammar import VERSION as VERSION
from medlearn.data.text.grammar import Part, common_of, fill, lines_of, one_of, text_of

NOTES, PATIENTS, TEMPLATES = 900, 600, 60
LEXICON, DRUGS = 160, 70
# Of the patients some are clearly well and some clearly ill when they leave, and so many neither: the ward's
# habit decides whether these are seen again. A few are seen, or not, for reasons that no note tells.
BETWEEN, OTHERWISE = 0.6, 0.005
STATEMENTS, USUAL = 6, (0.5, 3.0, 5.5)  # on the last days; how many are bad if well, neither or ill
CLINICS = {
    "NM": "Northmere General Hospital",
    "SW": "Saltwick Infirmary",
    "HB": "Holmbridge Medical Centre",
    "OK": "Oakhaven District Hospital",
    "VR": "Vale Royal Clinic",
    "TF": "Thornfleet University Hospital",
}
WARDS = (
    *("Alder", "Ash", "Aspen", "Beech", "Birch", "Cedar", "Chestnut", "Cypress", "Elder", "Elm"),
    *("Fir", "Hazel", "Hawthorn", "Holly", "Hornbeam", "Juniper", "Larch", "Laurel", "Lime", "Maple"),
    *("Oak", "Pine", "Poplar", "Rowan", "Spruce", "Sycamore", "Walnut", "Willow", "Yew", "Avocet"),
    *("Bittern", "Bunting", "Curlew", "Dunlin", "Eider", "Finch", "Gannet", "Heron", "Kestrel", "Lapwing"),
    *("Linnet", "Martin", "Osprey", "Plover", "Puffin", "Robin", "Sandpiper", "Siskin", "Snipe", "Swift"),
    *("Tern", "Wren", "Aster", "Bluebell", "Clover", "Foxglove", "Gentian", "Heather", "Iris", "Primrose"),
)  # fmt: skip
HEADINGS = {
    "diagnosis": ("Diagnosis: ", "Diagnoses: ", "Dx: ", "Problems: ", "Main diagnosis: ", "Final: "),
    "reason": ("History: ", "Reason for admission: ", "Presentation: ", "HPI: ", "Admission: ", ""),
    "past": ("Past history: ", "PMH: ", "Background: ", "Known before: ", "Previous illness: ", ""),
    "examination": ("Examination: ", "On examination: ", "O/E: ", "Findings: ", "Status on admission: ", ""),
    "tests": ("Investigations: ", "Laboratory: ", "Tests: ", "Results: ", "Bloods and imaging: ", ""),
    "course": ("Course: ", "Hospital course: ", "Progress: ", "Treatment: ", "Stay: ", ""),
    "status": ("At discharge: ", "Status at discharge: ", "Condition: ", "Last days: ", "On leaving: ", ""),
    "drugs": ("Medication: ", "Discharge medication: ", "Drugs: ", "Rx: ", "To take home: ", "Tablets: "),
}  # fmt: skip
# What a template says in its own words.
HEADS = (
    ("{hospital}, {ward} ward: discharge note.", "{patient}, born {born}, record {record}, {in} to {out}."),
    (
        "Discharge summary, {hospital}, {ward} ward.",
        "Name {patient}, no. {record}, born {born}, admitted {in}.",
    ),
    (
        "{hospital}, {ward}.",
        "Re: {patient}, {born}, no. {record}.",
        "{title} {last} was here from {in} to {out}.",
    ),
    (
        "Letter of discharge from {ward} ward.",
        "{title} {patient} ({record}) was in {hospital} from {in} to {out}.",
    ),
    ("{hospital}, ward {ward}.", "{record} {patient}, born on {born}, in {in}, out {out}."),
    (
        "Summary of stay on ward {ward} of {hospital}.",
        "{patient}, {record}, left on {out} after coming on {in}.",
    ),
)
REASONS = (
    "This {age}-year-old {person} came with {symptom} and {symptom} for {n} days.",
    "{title} {last}, aged {age}, was admitted because of {symptom}.",
    "{age}-year-old {person}, referred by Dr {gp} for {symptom} and {symptom}.",
    "The {person} of {age} was brought in by ambulance with {symptom}.",
    "Seen in the emergency department on {in} with {symptom}, worse for {n} days.",
    "Dr {gp} sent {title} {last} ({age}) to us with {symptom}.",
)
CONTACTS = (
    "Next of kin: {kinname}, telephone {phone}.",
    "Family doctor: Dr {gp}, {phone}.",
    "Copies to Dr {gp} and Dr {other}.",
    "In case of need call the {relative}, {kinname} ({phone}).",
    "Ward sister: {kinname}.",
    "GP {gp}, surgery {phone}, informed on {out}.",
)
CLOSINGS = (
    "Questions to Dr {doctor}, {ward}, {phone}.",
    "Signed: Dr {doctor} for {ward} ward on {out}, telephone {phone}.",
    "Yours sincerely, Dr {doctor} ({ward} ward, {phone}).",
    "Dictated by Dr {doctor}, typed {out}, ring {ward} on {phone} if need be.",
    "With kind regards from {ward}, {doctor}, copy to Dr {gp}.",
    "Dr {doctor} of {ward} can be reached at {phone} until 5 p.m.",
)
COURTESIES = (
    "Thank you for referring this patient to {ward}.",
    "This note was checked on {ward} ward before it was sent.",
    "The patient received a copy when leaving {ward}.",
    "Please return the {ward} questionnaire.",
    "Visiting hours on {ward} are from 2 to 5 p.m.",
    "Printed at the nurses' desk of {ward}.",
)
# What is drawn for each note.
DENIALS = (
    "No evidence of {no}.",
    "{He} denies {symptom} and {symptom}.",
    "There was no sign of {no}.",
    "{No} was ruled out.",
    "No {symptom}, no {symptom}.",
    "Not known to have {no}.",
    "The CT scan was negative for {no}.",
)
PAST = (
    "History of {past}.",
    "{Past} in {year}, treated at the time.",
    "{He} had {past} {n} years ago.",
    "Known {known} since {year}.",
    "No previous operations.",
)
KIN = (
    "{His} mother had {kin}.",
    "Family history of {kin}.",
    "A brother died of {kin}.",
    "{His} father has {kin}.",
)
SIGNS = (
    "Temperature {temp} °C, pulse {pulse} per minute, blood pressure {bp} mmHg.",
    "The abdomen was soft, the chest clear.",
    "Alert, BP {bp}, HR {pulse}, SpO2 {sat} %.",
    "There was tenderness over the left flank.",
    "Weight {weight} kg, no oedema.",
)
TESTS = (
    "CRP {crp} mg/l, Hb {hb} g/dl, HbA1c {hba} %.",
    "C-reactive protein fell from {crp} to {n} mg/l.",
    "Ultrasound showed changes typical of {main}.",
    "Biopsy confirmed {main}.",
    "Creatinine {creat} µmol/l, sodium {na} mmol/l.",
    "The scan of {mid} was compatible with {main}.",
)
COURSES = (
    "We started {drug} {dose}.",
    "{Main} was treated with {drug} {dose} for {n} days.",
    "{Drug} was stopped because of {symptom} and replaced by {drug}.",
    "On {mid} the dose of {drug} was raised to {dose}.",
    "Under {drug} the {symptom} improved.",
    "{He} was seen by Dr {other} on {mid}.",
    "{His} {relative} {kinname} was told on {mid}.",
)
WORSE = (
    "{He} was still short of breath on climbing one flight of stairs.",
    "The wound at the drain site was moist and had not closed.",
    "{He} needed the help of one person to wash and dress.",
    "Creatinine had risen again on the last day.",
    "{He} had missed several doses before admission.",
    "Appetite remained poor, and weight had fallen by 4 kg.",
    "Two blood cultures were still outstanding.",
    "{He} lives alone and had fallen twice in the past month.",
    "The dose was changed on the day before discharge.",
    "Oxygen saturation fell to 88 % after walking.",
    "Swelling of both ankles persisted.",
    "The scan showed a residual shadow that was not explained.",
    "{He} left before the pharmacist could go through the tablets.",
    "Pain kept {him} awake despite the medication.",
)
BETTER = (
    "{He} walked the length of the ward without stopping.",
    "The wound was dry and closed.",
    "{He} washed and dressed without help.",
    "Creatinine had come back to normal.",
    "{He} takes all tablets reliably and keeps a list.",
    "Appetite was good and weight stable.",
    "All cultures were negative.",
    "{His} family lives next door and looks in daily.",
    "Treatment had not changed over the last three days.",
    "Oxygen saturation stayed at 97 % on room air.",
    "No swelling of the ankles was left.",
    "The scan before discharge was clear.",
    "The pharmacist went through the tablets with {him}.",
    "{He} slept well and needed nothing for pain.",
)
SYMPTOMS = (
    *("chest pain", "cough", "breathlessness", "abdominal pain", "fatigue", "dizziness", "weight loss"),
    *("nausea", "swelling of the legs", "headache", "palpitations", "night sweats", "back pain", "vomiting"),
)
DOSES = (
    *("250 mg twice daily", "40 mg b.i.d.", "3.5 mg/kg q.d.", "1 g t.i.d.", "12.5 mg at night", "80 mg o.d."),
    *("2 puffs p.r.n.", "5 mg p.o. every 8 hours", "0.4 ml s.c. daily", "500 mg i.v."),
)


@dataclass(frozen=True)
class _Template:
    """A hospital's form: the sections in order, and the words of its own."""

    number: int
    clinic: str
    sections: tuple[str, ...]
    headings: Mapping[str, str]
    head: tuple[str, ...]
    reason: str
    contact: str
    closing: tuple[str, ...]
    date_style: int
    orders: bool  # whether the ward orders a follow-up for everyone who is not clearly well


@dataclass(frozen=True)
class _Note:
    """A note: its lines of sentences, and what is known of it."""

    lines: list[list[list[Part]]]
    template: _Template
    patient: int
    follow_up: int


def write_notes(folder: str | Path, *, seed: int = 0, register: str = "north") -> Path:
    """Write `notes.tsv` to a `folder`: tokens, their tags and assertions, drawn by `seed`; its path.

    The people have names of a `register`, "north" or "south".
    """
    path = Path(folder) / "notes.tsv"
    rows = [f"# {MARK}"]
    for number, note in enumerate(_notes(seed, register)):
        told = f"note={number} patient={note.patient} template={note.template.number}"
        rows.append(f"-DOCSTART- {told} clinic={note.template.clinic}")
        for line in note.lines:
            for sentence in line:
                rows += [*lines_of(sentence, assertions=True), ""]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def write_letters(folder: str | Path, *, seed: int = 0) -> Path:
    """Write `letters.csv` to a `folder`: a note and its label a row, drawn by `seed`; its path."""
    path = Path(folder) / "letters.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(("note", "patient", "clinic", "template", "text", "follow_up", MARK))
        for number, note in enumerate(_notes(seed, "north")):
            text = "\n".join(" ".join(map(text_of, line)) for line in note.lines)
            template = note.template
            rows.writerow((number, note.patient, template.clinic, template.number, text, note.follow_up, 1))
    return path


def _notes(seed: int, register: str) -> list[_Note]:
    """All notes. People of another register have the same illnesses."""
    rng, names = np.random.default_rng([seed, 332]), np.random.default_rng([seed, 333])
    templates = _templates(rng)
    lexicon = grammar.diseases(rng, LEXICON)
    drugs = [grammar.drug(rng) for _ in range(DRUGS)]
    people = [_person(rng, names, register) for _ in range(PATIENTS)]
    visits = np.sort(np.r_[np.arange(PATIENTS), rng.integers(PATIENTS, size=NOTES - PATIENTS)])
    notes = []
    for patient in visits.tolist():
        person = people[patient]
        own = [template for template in templates if template.clinic == person["clinic"]]
        template = one_of(rng, own)
        severity = int(rng.choice(3, p=((1 - BETWEEN) / 2, BETWEEN, (1 - BETWEEN) / 2)))  # 2 is ill
        slots = _slots(rng, names, person, template, lexicon, drugs, register)
        lines = _lines(rng, template, severity, slots)
        follow_up = severity == 2 or (severity == 1 and template.orders)
        follow_up ^= rng.random() < OTHERWISE
        notes.append(_Note(lines, template, patient, int(follow_up)))
    return notes


def _templates(rng: np.random.Generator) -> list[_Template]:
    """Sixty templates, ten a hospital; in each hospital half of them lean either way."""
    templates = []
    for number in range(TEMPLATES):
        clinic = list(CLINICS)[number % len(CLINICS)]
        middle = ["past", "examination", "tests"]
        rng.shuffle(middle)
        order = ("reason", *middle[: 2 + int(rng.random() * 2)], "course", "status")
        order = ("diagnosis", *order, "drugs") if rng.random() < 0.6 else (*order, "diagnosis", "drugs")
        templates.append(
            _Template(
                number=number,
                clinic=clinic,
                sections=order,
                headings={name: str(one_of(rng, words)) for name, words in HEADINGS.items()},
                head=one_of(rng, HEADS),
                reason=str(one_of(rng, REASONS)),
                contact=str(one_of(rng, CONTACTS)),
                closing=(
                    str(one_of(rng, COURTESIES)),
                    str(one_of(rng, CLOSINGS)),
                    f"{WARDS[number]} form {clinic}{number + 11}.",
                ),
                date_style=int(rng.random() * 4),
                orders=bool(number // len(CLINICS) % 2),
            )
        )
    return templates


def _person(rng: np.random.Generator, names: np.random.Generator, register: str) -> dict[str, object]:
    """What stays the same in a patient."""
    woman = bool(rng.random() < 0.52)
    return {
        "woman": woman,
        "first": one_of(names, grammar.REGISTERS[register]["woman" if woman else "man"]),
        "last": grammar.surname(names, register),
        "age": int(np.clip(rng.normal(66, 14), 19, 97)),
        "birthday": int(rng.random() * 365),
        "record": f"X{int(rng.integers(100_000, 1_000_000))}",
        "clinic": one_of(rng, list(CLINICS)),
    }


def _slots(
    rng: np.random.Generator,
    names: np.random.Generator,
    person: Mapping[str, object],
    template: _Template,
    lexicon: Sequence[str],
    drugs: Sequence[str],
    register: str,
) -> Callable[[str], Part]:
    """What fills each slot of one note, as a function of its name; a capital letter asks for one."""
    day = int(rng.random() * 1400) + 365
    stay = 3 + int(rng.random() * 16)
    facts = _facts(rng, names, person, template, day, stay, register)
    main, second = common_of(rng, lexicon), common_of(rng, lexicon)
    mine = itertools.cycle([common_of(rng, drugs) for _ in range(4)])

    said = {main, second}

    def named(assertion: str) -> Callable[[], Part]:
        def draw() -> Part:
            """One that was not yet said of this patient."""
            said.add(
                name := next(name for name in iter(lambda: common_of(rng, lexicon), None) if name not in said)
            )
            return Part(name, "disease", assertion)

        return draw

    draws: dict[str, Callable[[], Part | str]] = {
        **{"no": named("negated"), "past": named("historical"), "kin": named("family")},
        **{"known": named("present"), "main": lambda: Part(main, "disease", "present")},
        "second": lambda: Part(second, "disease", "present"),
        "drug": lambda: Part(next(mine), "drug"),
        "dose": lambda: one_of(rng, DOSES),
        "symptom": lambda: one_of(rng, SYMPTOMS),
        "mid": lambda: _date(rng, day + int(rng.random() * stay), template),
        "phone": lambda: Part(f"555-01{int(rng.random() * 100):02}", "identifier"),
        "kinname": lambda: Part(
            f"{one_of(names, grammar.REGISTERS[register]['woman'])} {person['last']}", "identifier"
        ),
        "n": lambda: str(2 + int(rng.random() * 12)),
        "year": lambda: str(grammar.FIRST_YEAR - 1 - int(rng.random() * 12)),
        "temp": lambda: f"{rng.normal(37.4, 0.7):.1f}",
        "pulse": lambda: f"{rng.normal(86, 14):.0f}",
        "bp": lambda: f"{rng.normal(134, 18):.0f}/{rng.normal(78, 9):.0f}",
        "sat": lambda: f"{min(rng.normal(95, 2), 100):.0f}",
        "weight": lambda: f"{max(rng.normal(75, 14), 41):.1f}",
        "crp": lambda: f"{rng.gamma(2, 40) + 5:.0f}",
        "hb": lambda: f"{rng.normal(12.8, 1.6):.1f}",
        "hba": lambda: f"{rng.normal(6.4, 0.8):.1f}",
        "creat": lambda: f"{rng.gamma(9, 11):.0f}",
        "na": lambda: f"{rng.normal(138, 3):.0f}",
    }

    def slot(name: str) -> Part:
        found = draws[name.lower()]() if name.lower() in draws else facts[name.lower()]
        part = found if isinstance(found, Part) else Part(str(found))
        return part._replace(text=part.text[0].upper() + part.text[1:]) if name[0].isupper() else part

    return slot


def _facts(
    rng: np.random.Generator,
    names: np.random.Generator,
    person: Mapping[str, object],
    template: _Template,
    day: int,
    stay: int,
    register: str,
) -> dict[str, Part | str]:
    """What is said of the patient wherever a note speaks of it."""
    woman = person["woman"]
    facts: dict[str, Part | str] = {
        "hospital": CLINICS[template.clinic],
        "ward": WARDS[template.number],
        "patient": Part(f"{person['first']} {person['last']}", "identifier"),
        "last": Part(str(person["last"]), "identifier"),
        "record": Part(str(person["record"]), "identifier"),
        "age": str(person["age"]),
        "title": "Mrs" if woman else "Mr",
        "person": "woman" if woman else "man",
        "he": "she" if woman else "he",
        "his": "her" if woman else "his",
        "him": "her" if woman else "him",
        "relative": one_of(rng, ("daughter", "sister", "niece", "mother", "aunt")),
        "in": _date(rng, day, template),
        "out": _date(rng, day + stay, template),
        "born": _date(rng, int(person["birthday"]) - 365 * int(person["age"]), template),
    }
    for role in ("doctor", "gp", "other"):
        facts[role] = Part(grammar.surname(names, register), "identifier")
    return facts


def _date(rng: np.random.Generator, day: int, template: _Template) -> Part:
    return Part(grammar.date(rng, day, template.date_style), "identifier")


def _lines(
    rng: np.random.Generator, template: _Template, severity: int, slot: Callable[[str], Part]
) -> list[list[list[Part]]]:
    """The lines of a note, each a list of sentences."""
    lines = [list(template.head), [template.contact]]
    for section in template.sections:
        first, *rest = _section(rng, section, template, severity)
        lines.append([template.headings[section] + first, *rest])
    lines.append(list(template.closing))
    return [[fill(sentence, slot) for sentence in line] for line in lines]


def _section(rng: np.random.Generator, name: str, template: _Template, severity: int) -> list[str]:
    """The sentences of a section, as templates."""
    if name == "diagnosis":
        return ["{Main}." if rng.random() < 0.4 else "{Main}, {second}."]
    if name == "drugs":
        return [", ".join(["{drug} {dose}"] * (1 + int(rng.random() * 3))) + "."]
    if name == "status":
        bad = np.clip(round(USUAL[severity] + 0.5 * rng.normal()), 0, STATEMENTS)
        topics = rng.permutation(len(WORSE))[:STATEMENTS]
        said = [(WORSE if place < bad else BETTER)[topic] for place, topic in enumerate(topics)]
        return [said[place] for place in rng.permutation(STATEMENTS)]
    if name == "past":
        return [*_some(rng, PAST, 2), *_some(rng, KIN, int(rng.random() < 0.5))]
    if name == "reason":
        return [template.reason]
    pool = {"examination": SIGNS, "tests": TESTS, "course": COURSES}[name]
    return _some(rng, pool, 2 if name == "course" else 1) + _some(rng, DENIALS, int(name != "course"))


def _some(rng: np.random.Generator, pool: Sequence[str], count: int) -> list[str]:
    """So many different sentences of a pool."""
    return [pool[place] for place in rng.permutation(len(pool))[:count]]
