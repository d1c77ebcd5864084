"""Findings: the kit's form and one's own, what is noted, and everything that is refused."""

import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.text.negation import read_findings
from medlearn.errors import DataError

ROWS = 40


def cells(rows=ROWS):
    """The columns of the kit: two findings a report, the second negated."""
    return {
        "Report No.": [1 + n // 2 for n in range(rows)],
        "Concept": ["chest pain" if n % 2 else "Fever" for n in range(rows)],
        "Sentence": ["He denies CHEST PAIN." if n % 2 else f"FEVER for {n} days." for n in range(rows)],
        "Negation": ["Negated" if n % 2 else "Affirmed" for n in range(rows)],
    }


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.tsv"


def read(path, columns):
    lines = [columns, *zip(*columns.values(), strict=True)]
    path.write_bytes("".join("\t".join(map(str, line)) + "\r\n" for line in lines).encode())
    return read_findings(path)


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def notes(data):
    return {note.what: (note.count, note.first) for note in data.notes}


def test_findings_stand_where_they_are_said_to_and_not_in_capitals(path):
    data = read(path, cells())
    assert (data.task, data.classes, data.cases) == ("binary", ("affirmed", "negated"), "findings")
    assert data.patients_known and not data.simulated and not data.notes
    for text, finding, begin, y in zip(
        *(whole(data, name) for name in ("x", "finding", "begin", "y")), strict=True
    ):
        assert text[begin:].startswith(finding) and y == (finding == "chest pain")
        assert text == "He denies chest pain." if y else text.startswith("Fever for ")
    sizes = np.concatenate(
        [np.unique(split.patient, return_counts=True)[1] for split in data.splits.values()]
    )
    assert sizes.tolist() == [2] * (ROWS // 2)


@pytest.mark.parametrize(
    ("finding", "sentence", "wanted", "begin"),
    [
        ("rash", "A rash, then a RASH again.", "A rash, then a rash again.", 15),
        ("staph   bacteremia", "Had  STAPH   BACTEREMIA.", "Had staph bacteremia.", 4),
        ("SOB", "No SOB.", "No SOB.", 3),
        ("Edema (3+)", "With edema (3+).", "With Edema (3+).", 5),
        ("neck supple", "NECK:  Supple.", "NECK: Supple.", -1),
    ],
)
def test_where_a_finding_stands(path, finding, sentence, wanted, begin):
    columns = cells()
    columns["Concept"][0], columns["Sentence"][0] = finding, sentence
    data = read(path, columns)
    place = np.flatnonzero(whole(data, "finding") == " ".join(finding.split()))
    assert whole(data, "x")[place].tolist() == [wanted] and whole(data, "begin")[place].tolist() == [begin]
    missing = {"finding that is not in its sentence, kept": (1, "mine.tsv, row 2")}
    assert notes(data) == (missing if begin < 0 else {})


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("yes", "No"), ("TRUE", "false"), ("absent", "present")])
def test_one_s_own_form(path, yes, no):
    columns = cells()
    other = {
        "text": columns["Sentence"],
        "finding": columns["Concept"],
        "negated": [yes if n % 2 else no for n in range(ROWS)],
    }
    other["text"] = [f"{n} {text}" for n, text in enumerate(other["text"])]
    data = read(path, other)
    assert not data.patients_known and whole(data, "y").sum() == ROWS // 2
    assert np.array_equal(whole(data, "y") == 1, whole(data, "finding") == "chest pain")


def test_what_says_nothing_is_set_aside(path):
    columns = cells()
    columns["Negation"][0], columns["Negation"][3], columns["Concept"][4] = "Possible", "", ""
    columns["Sentence"][7], columns["Report No."][8] = "", ""
    data = read(path, columns)
    assert notes(data) == {
        "finding neither affirmed nor negated, set aside": (2, "mine.tsv, row 2"),
        "row without a finding, set aside": (1, "mine.tsv, row 6"),
        "row without a sentence, set aside": (1, "mine.tsv, row 9"),
        "row without a report, set aside": (1, "mine.tsv, row 10"),
    }
    assert len(whole(data, "y")) == ROWS - 5


def without(name):
    return {column: values for column, values in cells().items() if column != name}


def with_cell(name, text):
    columns = cells()
    columns[name][5] = text
    return columns


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        (without("Concept"), "has no column 'finding'; its columns are: Report No., Sentence, Negation"),
        (without("Negation"), "has no column 'negation'; its columns are"),
        (with_cell("Negation", "maybe"), "row 7, column 'Negation': 'maybe' is none of affirmed, negated"),
        (cells() | {"Negation": ["Affirmed"] * ROWS}, "has one kind of finding: some should be negated"),
        (cells(4), "holds too few texts, or groups, for three splits"),
        (with_cell("Sentence", '"open'), "row 7, column 'Sentence': a quotation mark opens this cell"),
        (with_cell("Sentence", "a\tb"), "row 7 has 5 cells, but there are 4 headings"),
    ],
)
def test_what_cannot_be_is_refused(path, columns, complaint):
    with pytest.raises(DataError, match=rf"mine\.tsv.*{complaint}") as error:
        read(path, columns)
    assert "\n" not in str(error.value)


def test_the_kit(real_data):
    data = load("findings", file=real_data / "negex_kit")
    assert np.bincount(whole(data, "y")).tolist() == [1885, 491] and data.patients_known
    assert len(set(whole(data, "patient"))) == 116 and not data.simulated
    assert notes(data) == {"finding that is not in its sentence, kept": (11, "Annotations-1-120.txt, row 86")}
    found = whole(data, "begin") >= 0
    for text, finding, begin in zip(
        whole(data, "x")[found], whole(data, "finding")[found], whole(data, "begin")[found], strict=True
    ):
        assert text[begin : begin + len(finding)] == finding
