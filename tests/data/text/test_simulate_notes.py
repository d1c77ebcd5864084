"""The simulated notes: two views of the same, a dozen identifiers each, and the planted leak."""

import re

import numpy as np
import pytest

from medlearn.data import folds_by_patient, load
from medlearn.data.catalogue import find
from medlearn.data.text import simulate_notes
from medlearn.data.text.labelled import read_labelled
from medlearn.data.text.simulate_notes import NOTES, PATIENTS, TEMPLATES, write_letters, write_notes
from medlearn.data.text.tagged import read_tagged, tag_names
from medlearn.data.text.tokens import tokens


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("notes")
    write_notes(place)
    write_letters(place)
    return place


@pytest.fixture(scope="module")
def notes(folder):
    return read_tagged(folder / "notes.tsv", entry=find("notes"), **find("notes").options)


@pytest.fixture(scope="module")
def letters(folder):
    return read_labelled(folder / "letters.csv", entry=find("letters"))


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def sentences(data):
    """All sentences: note, patient, tokens, names of tags, assertions."""
    names = np.array(tag_names(data.classes))
    for split in data.splits.values():
        for at in range(len(split)):
            yield (
                int(split.about["note"][at]),
                split.patient[at],
                split.x[at].tolist(),
                names[split.y[at]].tolist(),
                split.about["assertion"][at].tolist(),
            )


def test_both_are_the_same_notes_of_the_same_patients(notes, letters):
    assert notes.simulated and letters.simulated and notes.patients_known and letters.patients_known
    assert sorted(whole(letters, "note")) == list(range(NOTES))
    text_of = dict(zip(whole(letters, "note").tolist(), whole(letters, "x"), strict=True))
    owner = dict(zip(whole(letters, "note").tolist(), whole(letters, "patient").astype(int), strict=True))
    found = {note: [] for note in text_of}
    for note, patient, words, _, _ in sentences(notes):
        assert patient == owner[note]
        found[note] += words
    for note, text in text_of.items():
        assert sorted(found[note]) == sorted(tokens(text))
    assert len(set(owner.values())) == PATIENTS


def test_a_note_holds_about_a_dozen_identifiers_and_all_types(notes):
    counts = {name: np.zeros(NOTES, int) for name in notes.classes}
    for note, _, _, tags, _ in sentences(notes):
        for name in notes.classes:
            counts[name][note] += tags.count(f"B-{name}")
    assert notes.classes == ("disease", "drug", "identifier")
    assert 9 < counts["identifier"].mean() < 13 and counts["identifier"].min() >= 5
    assert counts["disease"].min() >= 1 and counts["drug"].min() >= 1


def test_identifiers_are_all_tagged_and_of_nobody(notes):
    for _, _, words, tags, _ in sentences(notes):
        for place, word in enumerate(words):
            if re.fullmatch("X[0-9]{6}", word) or word == "555":
                assert tags[place] == "B-identifier"
            if word == "555":
                assert re.fullmatch("01[0-9]{2}", words[place + 2]), "a number kept free for fiction"
            if word in ("Dr", "Mrs", "Mr"):
                assert tags[place] == "O" and tags[place + 1] == "B-identifier"
            if re.fullmatch("205[1-9]", word):
                assert tags[place].endswith("identifier")


def test_what_is_denied_is_negated(notes):
    said = {"present": [], "negated": [], "historical": [], "family": []}
    for _, _, words, tags, assertions in sentences(notes):
        for place, tag in enumerate(tags):
            assert (assertions[place] == "-") != tag.endswith("disease")
            if tag == "B-disease":
                said[assertions[place]].append(" ".join(words))
    assert min(map(len, said.values())) > 300
    cue = re.compile(r"^(\w+ )*?(No|Not known|ruled out|no sign|negative for)|ruled out", re.IGNORECASE)
    assert all(cue.search(text) for text in said["negated"])
    assert all(re.search("mother|father|brother|Family", text) for text in said["family"])


def auroc(letters, group):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline

    x, y, group = whole(letters, "x"), whole(letters, "y"), whole(letters, group)
    y_score = np.zeros(len(y))
    for train, test in folds_by_patient(group, y):
        model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10, max_iter=500))
        y_score[test] = model.fit(x[train], y[train]).predict_proba(x[test])[:, 1]
    return roc_auc_score(y, y_score)


def test_the_template_leaks(letters):
    assert len(set(whole(letters, "template"))) == TEMPLATES and len(set(whole(letters, "clinic"))) == 6
    assert auroc(letters, "note") > 0.95 and auroc(letters, "patient") > 0.95
    assert 0.72 < auroc(letters, "template") < 0.85


def test_the_other_register_changes_people_and_nothing_else(folder, tmp_path):
    other = write_notes(tmp_path, register="south")
    first, second = (
        [line.split("\t") for line in place.read_text("utf-8").splitlines()]
        for place in (folder / "notes.tsv", other)
    )
    assert len(first) == len(second)
    changed = [(a, b) for a, b in zip(first, second, strict=True) if a != b]
    assert len(changed) > 1000 and all(a[1:] == b[1:] for a, b in changed)
    assert all(a[1].endswith("identifier") for a, _ in changed)
    assert not {a[0] for a, _ in changed} & {b[0] for _, b in changed}


def test_they_load_by_name_in_every_mode(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(simulate_notes, "NOTES", 100)
    monkeypatch.setattr(simulate_notes, "PATIENTS", 70)
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path))
    small, full, other = load("notes"), load("notes", size="full"), load("notes", register="south")
    assert len(set(whole(small, "note"))) == 100 and len(full.train) == len(small.train)
    assert other.train.x["value"].tolist() != small.train.x["value"].tolist()
    assert np.array_equal(other.train.y["value"], small.train.y["value"])
    assert len(whole(load("letters"), "y")) == 100
    out = capsys.readouterr().out
    assert "register by south" in out and "MEDLEARN_DATA=full" not in out


def test_a_seed_gives_the_same_notes_and_another_others(folder, tmp_path):
    for write, name in ((write_notes, "notes.tsv"), (write_letters, "letters.csv")):
        content = (folder / name).read_bytes()
        assert write(tmp_path).read_bytes() == content != write(tmp_path, seed=1).read_bytes()
