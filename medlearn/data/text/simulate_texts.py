"""Simulated texts with labels, in the files of three published sets: drug reviews, findings, abstracts.

Stand-ins, so that the course runs offline. Knows nothing about reading such files (see labelled.py and
negation.py) nor about models. Names of diseases and drugs are made up (see grammar.py).

"reviews": 1,500 reviews of 120 drugs in the two files of Druglib.com. A drug is better or worse, and so is
what a reviewer makes of it; each sentence of a review leans towards the rating, and some lean the other way.
Who has read other reviews of the same drug knows how good it is.

"findings": some 900 findings of 60 reports in the form of the NegEx kit, one in three negated. Most are
negated by a few words that stand before or behind; some sentences hold such words and mean something else
("no increase in"), some deny one finding and affirm another, and some deny in words that are on no list.

"abstracts": 800 abstracts of five classes. The last is whatever fits nowhere, and takes its words from the
other four. One text in twenty-five stands twice, under two labels.

What is not realistic: people write more, and more differently; real findings are not drawn at random. The
sizes of all effects are invented. No result on these texts says anything about patients or drugs: they are
for learning to handle such data.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from medlearn.data.files import MARK
from medlearn.data.text import grammar
from medlearn.data.text.grammar import VERSION as VERSION
from medlearn.data.text.grammar import Part, common_of, fill, one_of, text_of

# Reviews: sentences from the worst to the best.

REVIEWS, REVIEWED = 1500, 120  # reviews, and drugs
QUALITY, MOOD = 1.3, 1.5  # how much drugs differ, and the sentences of one review
RATINGS = (0.095, 0.124, 0.173, 0.209, 0.265, 0.318, 0.438, 0.62, 0.767)  # share up to 1, 2, … 9
LEVELS = (0.12, 0.33, 0.66)  # share up to each but the last
CONDITIONS = (
    *(
        "back pain",
        "poor sleep",
        "migraine",
        "hay fever",
        "acne",
        "low mood",
        "reflux",
        "high blood pressure",
    ),
    *("joint pain", "eczema", "anxiety", "cough"),
)
EFFECTS = (
    *("nausea", "dizziness", "dry mouth", "headache", "weight gain", "tiredness", "itching", "hair loss"),
    *("stomach cramps", "night sweats", "blurred vision", "palpitations", "rash", "trembling", "bad dreams"),
    *("numbness", "constipation", "heartburn", "swollen feet", "loss of appetite"),
)
BENEFITS = (
    (
        "It did nothing for my {condition}.",
        "No benefit at all after {n} weeks.",
        "My {condition} got worse, not better.",
        "I noticed no difference.",
        "It did not work for me.",
    ),
    (
        "It helped a little with my {condition} at first.",
        "Some relief, but not enough to get through the day.",
        "The {condition} came back after {n} weeks.",
        "Hard to say whether it helped.",
        "It worked for {n} days and then no longer.",
    ),
    (
        "It took the edge off my {condition}.",
        "The {condition} is mostly under control.",
        "I sleep better and have more energy.",
        "It worked as my doctor said it would.",
        "After {n} weeks the {condition} was better.",
    ),
    (
        "My {condition} is gone.",
        "It gave me my life back.",
        "I can work again and feel like myself.",
        "Nothing else ever worked so well.",
        "Within {n} days the {condition} cleared up completely.",
    ),
)
SIDE_EFFECTS = (
    (
        "{Effect} so bad that I could not leave the house.",
        "I ended up in hospital with {effect}.",
        "Severe {effect} and {effect} every single day.",
        "The {effect} was unbearable.",
        "{Effect} that has not gone away since.",
    ),
    (
        "{Effect} and {effect} most days.",
        "I had {effect} for {n} weeks.",
        "The {effect} was hard to live with.",
        "Constant {effect}.",
        "More {effect} than I had expected.",
    ),
    (
        "Some {effect} in the first week.",
        "Mild {effect}, which went away.",
        "A little {effect} on an empty stomach.",
        "{Effect} now and then, not bad.",
        "Just {effect} when I forgot a dose.",
    ),
    (
        "none",
        "No side effects at all.",
        "I noticed nothing.",
        "None so far.",
        "I had no {effect}, though I was warned of it.",
    ),
)
COMMENTS = (
    (
        "I would not give this to my worst enemy.",
        "I stopped after {n} days and will never take it again.",
        "Avoid {drug} if you can.",
        "A waste of money.",
        "I regret that I ever started {drug}.",
    ),
    (
        "I stopped {drug} because it was not worth it.",
        "I am looking for something else.",
        "I would not take it again unless I had to.",
        "My doctor changed it to {other}.",
        "Not what I had hoped for.",
    ),
    (
        "It is worth a try.",
        "I will stay on {drug} for now.",
        "Better than {other}, which I had before.",
        "One has to be patient with it.",
        "I can live with it.",
    ),
    (
        "I recommend {drug} to everyone.",
        "I have taken it for {n} years and would not stop.",
        "I wish I had known {drug} before.",
        "Thank you to whoever made {drug}.",
        "I could not be happier.",
    ),
)
NEUTRAL = (
    "One tablet a day with breakfast.",
    "My doctor started me on {n}0 mg.",
    "I took {drug} for {n} weeks.",
    "I also take {other}.",
    "The dose was raised after {n} weeks.",
    "I take it in the evening with a glass of water.",
    "It was prescribed for {condition}.",
    "I had asked for {drug}.",
)
EFFECTIVENESS = ("Ineffective", "Marginally Effective", "Considerably Effective", "Highly Effective")
SEVERITIES = ("Severe Side Effects", "Moderate Side Effects", "Mild Side Effects", "No Side Effects")


def write_reviews(folder: str | Path, *, seed: int = 0) -> Path:
    """Write `drugLib_raw.zip` to a `folder`, with the two tables of reviews, drawn by `seed`; its path."""
    rng = np.random.default_rng([seed, 334])
    names = list(dict.fromkeys(grammar.drug(rng) for _ in range(2 * REVIEWED)))[:REVIEWED]
    drugs = [
        {
            "name": name,
            "quality": rng.normal(),
            "condition": one_of(rng, CONDITIONS),
            "effects": rng.permutation(EFFECTS)[:4].tolist(),
        }
        for name in names
    ]
    which = (rng.random(REVIEWS) ** 1.6 * REVIEWED).astype(int)
    which[:REVIEWED] = np.arange(REVIEWED)
    liking = QUALITY * np.array([drugs[place]["quality"] for place in which]) + rng.normal(size=REVIEWS)
    rank = np.argsort(np.argsort(liking)) / REVIEWS
    rows = [
        (int(number), *_review(rng, drugs[which[place]], names, rank[place]), 1)
        for place, number in enumerate(rng.permutation(REVIEWS) + 1)
    ]
    head = ("", "urlDrugName", "rating", "effectiveness", "sideEffects", "condition")
    head += ("benefitsReview", "sideEffectsReview", "commentsReview", MARK)
    order = rng.permutation(REVIEWS)
    cut = 3 * REVIEWS // 4
    path = Path(folder) / "drugLib_raw.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, places in (("drugLibTrain_raw.tsv", order[:cut]), ("drugLibTest_raw.tsv", order[cut:])):
            table = _table([head, *(rows[place] for place in places)], delimiter="\t")
            archive.writestr(zipfile.ZipInfo(name), table, zipfile.ZIP_DEFLATED)  # with a fixed date
    return path


def _review(rng: np.random.Generator, drug: Mapping, names: Sequence[str], rank: float) -> tuple:
    """The cells of one review but for its number; `rank` says how content the reviewer is, from 0 to 1."""
    slots = {
        "condition": lambda: drug["condition"],
        "effect": lambda: one_of(rng, drug["effects"] if rng.random() < 0.7 else EFFECTS),
        "drug": lambda: drug["name"],
        "other": lambda: one_of(rng, names),
        "n": lambda: str(2 + int(rng.random() * 8)),
    }

    def slot(name: str) -> str:
        found = str(slots[name.lower()]())
        return found.capitalize() if name[0].isupper() else found

    def say(pools: Sequence[Sequence[str]], count: int) -> str:
        return " ".join(text_of(fill(one_of(rng, pools[_level(rng, rank)]), slot)) for _ in range(count))

    benefits = say(BENEFITS, 1 + int(rng.random() * 2))
    effects = say(SIDE_EFFECTS, 1 + int(rng.random() * 1.5))
    comments = [text_of(fill(one_of(rng, NEUTRAL), slot)) for _ in range(1 + int(rng.random() * 3))]
    comments += [say(COMMENTS, 1)] if rng.random() < 0.7 else []
    rng.shuffle(comments)
    grades = EFFECTIVENESS[_level(rng, rank)], SEVERITIES[_level(rng, rank)]
    rating = 1 + int(np.searchsorted(RATINGS, rank, side="right"))
    return drug["name"], rating, *grades, drug["condition"], benefits, effects, " ".join(comments)


def _level(rng: np.random.Generator, rank: float) -> int:
    """How good a sentence is, from 0 to 3, in a review of this `rank`."""
    odds = np.log((rank + 0.01) / (1.01 - rank)) / 1.8 + MOOD * rng.normal()
    return int(np.searchsorted(LEVELS, 1 / (1 + np.exp(-odds / 0.9)), side="right"))


# Findings: {p} is affirmed, {n} negated.

REPORTS, FINDINGS = 60, 900
AFFIRMED = (
    "{He} presented with {p}.",
    "There is {p}.",
    "{P} was noted on admission.",
    "{He} complains of {p} and {p}.",
    "Examination shows {p}.",
    "Significant for {p}.",
    "{P} and {p} were treated at home.",
    "{He} continues to have {p}.",
    "History of {p}.",
    "{His} mother had {p}.",
    "The CT scan revealed {p}.",
    "{P} has increased since the last visit.",
    "Admitted for {p}, which began three days ago.",
)
NEGATED = (
    "No {n}.",
    "No evidence of {n}.",
    "{He} denies {n}.",
    "{He} denies {n}, {n} or {n}.",
    "There was no {n}.",
    "Negative for {n} and {n}.",
    "{N} was ruled out.",
    "No {n} or {n}.",
    "Without {n}.",
    "Lungs are clear without {n}.",
    "{N} is absent.",
    "{He} has not had {n}.",
    "Free of {n}.",
)
MIXED = (
    "{He} denies {n} but reports {p}.",
    "No {n}; {p} persists.",
    "{P} without {n}.",
    "No {n} was seen, however {p} was noted.",
    "{He} has {p} but no {n}.",
    "{P} is present, although there is no {n}.",
)
PSEUDO = (
    "No increase in {p}.",
    "Not only {p} but also {p} was found.",
    "No change in {p}.",
    "There is no doubt that {p} was present.",
    "{He} was not able to sleep because of {p}.",
    "No relief of {p} from tablets.",
)
UNLISTED = (
    "{N} could be excluded.",
    "The scan failed to show {n}.",
    "{N} has never been a problem.",
    "The fear of {n} was unfounded.",
    "No history given, and {p} is likely.",
)
# The shares of the five.
MIX = (0.49, 0.21, 0.14, 0.13, 0.03)
OBSERVED = (
    *(
        "chest pain",
        "fever",
        "cough",
        "nausea",
        "vomiting",
        "shortness of breath",
        "pleural effusion",
        "rash",
    ),
    *(
        "abdominal pain",
        "headache",
        "dizziness",
        "palpitations",
        "weight loss",
        "night sweats",
        "ankle edema",
    ),
    *("diarrhea", "back pain", "chills", "hematuria", "wheezing", "lymphadenopathy", "blurred vision"),
    *("heart murmur", "jaundice", "weakness of the left arm", "loss of consciousness", "joint swelling"),
)


def write_findings(folder: str | Path, *, seed: int = 0) -> Path:
    """Write `Annotations-1-120.txt` to a `folder`: findings in sentences, drawn by `seed`; its path."""
    rng = np.random.default_rng([seed, 335])
    known = [*OBSERVED, *grammar.diseases(rng, 30)]
    rows, report, woman = [], 0, False
    while len(rows) < FINDINGS:
        if len(rows) >= report * FINDINGS / REPORTS:
            report, woman = report + 1, rng.random() < 0.5
        kind = (AFFIRMED, NEGATED, MIXED, PSEUDO, UNLISTED)[int(rng.choice(len(MIX), p=MIX))]
        rows += [(report, *row, 1) for row in _findings(rng, one_of(rng, kind), known, woman)]
    path = Path(folder) / "Annotations-1-120.txt"
    head = ("Report No.", "Concept", "Sentence", "Negation", MARK)
    path.write_text(_table([head, *rows[:FINDINGS]], delimiter="\t"), encoding="utf-8")
    return path


def _findings(
    rng: np.random.Generator, template: str, known: Sequence[str], woman: bool
) -> list[tuple[str, str, str]]:
    """A sentence's findings: each with the sentence, in which it stands in capitals, and whether it is so."""
    left = list(rng.permutation(len(known)))

    def slot(name: str) -> Part | str:
        if name in ("He", "His"):
            return {"He": "She", "His": "Her"}[name] if woman else name
        found = known[left.pop()]
        found = found[0].upper() + found[1:] if name.isupper() else found
        return Part(found, "Negated" if name.lower() == "n" else "Affirmed")

    parts = fill(template, slot)
    rows = []
    for place, part in enumerate(parts):
        if part.type:
            shown = [*parts[:place], part._replace(text=part.text.upper()), *parts[place + 1 :]]
            rows.append((part.text, text_of(shown), part.type))
    return rows


# Abstracts

ABSTRACTS, TWICE, STRAY = 800, 0.04, 0.36  # texts; share with two labels; words of another class
SHARES = (0.22, 0.1, 0.13, 0.21, 0.34)
TOPICS = (
    (
        *(
            "tumour growth",
            "metastases",
            "chemotherapy",
            "resection margins",
            "lymph node status",
            "tumour grade",
        ),
        *("radiotherapy", "survival at five years", "oncogenes", "malignant cells"),
    ),
    (
        *("gastric acid", "bile flow", "liver enzymes", "endoscopy", "colonic transit", "gastric emptying"),
        *("pancreatic juice", "portal pressure", "bowel resection", "oesophageal pressure"),
    ),
    (
        *("memory", "cerebral blood flow", "spinal reflexes", "EEG", "nerve conduction", "seizures", "gait"),
        *("basal ganglia volume", "evoked potentials", "sleep"),
    ),
    (
        *("blood pressure", "coronary flow", "left ventricular mass", "ejection fraction", "heart rate"),
        *("aortic valve area", "exercise testing", "bypass grafting", "platelets", "cardiac output"),
    ),
    (
        *("pain", "wound healing", "infection", "length of stay", "bleeding", "anaesthesia", "body weight"),
        *("quality of life", "antibiotics", "inflammation"),
    ),
)
STATEMENTS = (
    "We studied {t} in {n} patients with {d}.",
    "The effect of {c} on {t} is not known.",
    "{T} was measured before and after treatment with {c}.",
    "Changes of {t} were seen in {n} of {n} patients.",
    "There was no relation between {t} and age.",
    "Patients with {d} differed in {t} from controls.",
    "{D} was found in {n} % of those with abnormal {t}.",
    "Our results suggest that {t} should be monitored.",
    "Follow-up was {n} months, and {t} did not change.",
    "We conclude that {c} is safe when {t} is normal.",
    "{T} and {t} were assessed by two readers.",
)


def write_abstracts(folder: str | Path, *, seed: int = 0) -> Path:
    """Write `medical_tc_test.csv` to a `folder`: abstracts of five classes, drawn by `seed`; its path."""
    rng = np.random.default_rng([seed, 336])
    known = grammar.diseases(rng, 120)
    rows = []
    for label in rng.choice(len(TOPICS), ABSTRACTS, p=SHARES).tolist():
        text = _abstract(rng, label, known)
        rows.append((label + 1, text, 1))
        if rng.random() < TWICE:
            rows.append((len(TOPICS) if label < len(TOPICS) - 1 else 1 + int(rng.random() * label), text, 1))
    path = Path(folder) / "medical_tc_test.csv"
    shuffled = [rows[place] for place in rng.permutation(len(rows))]
    path.write_text(_table([("condition_label", "medical_abstract", MARK), *shuffled]), encoding="utf-8")
    return path


def _abstract(rng: np.random.Generator, label: int, known: Sequence[str]) -> str:
    """The text of an abstract of this class."""
    other = int(rng.random() * len(TOPICS))  # what it touches upon besides

    def slot(name: str) -> str:
        if name.lower() == "t":
            stray = STRAY if label < len(TOPICS) - 1 else 2 * STRAY
            found = str(one_of(rng, TOPICS[other if rng.random() < stray else label]))
        elif name.lower() == "d":
            found = str(common_of(rng, known))
        else:
            return grammar.drug(rng) if name == "c" else str(2 + int(rng.random() * 90))
        return found[0].upper() + found[1:] if name.isupper() else found

    return " ".join(text_of(fill(one_of(rng, STATEMENTS), slot)) for _ in range(4 + int(rng.random() * 4)))


def _table(rows: Iterable[Sequence], *, delimiter: str = ",") -> str:
    """The `rows` as the text of a table."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue()
