"""The rule for negation: cues, their scope, what ends it, where a finding stands, and the NegEx kit."""

import os
from pathlib import Path

import numpy as np
import pytest

from medlearn.data import load
from medlearn.errors import DataError
from medlearn.evaluation import f1
from medlearn.features.negation import Around, around, is_negated, scope

REAL = Path(os.environ.get("MEDLEARN_REALDATA", "/work/shared/realdata")) / "negex_kit"


@pytest.mark.parametrize(
    ("sentence", "finding"),
    [
        ("No fever.", "fever"),
        ("No nausea, vomiting or diarrhea.", "diarrhea"),
        ("The patient denies any chest pain or shortness of breath.", "shortness of breath"),
        ("There was no evidence of POLYPS or mass.", "polyps"),
        ("Lungs are clear without rales.", "rales"),
        ("The chest x-ray was negative for any infiltrate or effusion.", "effusion"),
        ("She doesn't have headaches.", "headaches"),
        ("Review of systems is -ve for bleeding.", "bleeding"),
        ("Abdomen free of masses.", "masses"),
        ("Pneumonia was ruled out.", "pneumonia"),
        ("A murmur is not heard.", "murmur"),
        ("Signs were not consistent with PE, or infection.", "infection"),
        ("NO MASSES SEEN.", "masses"),
    ],
)
def test_what_is_denied(sentence, finding):
    assert is_negated(sentence, finding) is True


@pytest.mark.parametrize(
    ("sentence", "finding"),
    [
        ("Fever and chills.", "fever"),
        ("No fever, but he has nausea.", "nausea"),
        ("He denies fever. There is a rash.", "rash"),
        ("She has no appetite because of nausea.", "nausea"),
        ("Rule out pneumonia.", "pneumonia"),
        ("There was no change in the effusion.", "effusion"),
        ("He has not only fever but also a rash.", "fever"),
        ("Gram negative sepsis.", "sepsis"),
        ("Cough, not relieved by lozenges.", "cough"),
        ("Notable for nodules.", "nodules"),  # "not" is no part of a word
        ("Chest pain on the left side of the body that is not there today.", "chest pain"),  # too far behind
        ("Knees are normal.", "effusion"),  # not there at all
        ("", "fever"),
    ],
)
def test_what_is_not_denied(sentence, finding):
    assert is_negated(sentence, finding) is False


def test_capitals_mark_which_of_several_places_is_meant():
    both = "No rash on the arms, but a {} on the legs."
    assert is_negated(both.format("rash"), "rash") and not is_negated(both.format("RASH"), "rash")
    assert is_negated("NO RASH THERE BUT A RASH HERE", "rash")  # where all are capitals, none marks


def test_a_place_that_is_given_is_taken():
    text = "No rash on the arms, but a rash on the legs."
    assert is_negated(text, "rash", text.index("rash"))
    assert not is_negated(text, "rash", text.rindex("rash"))
    assert not is_negated(text, "rash", -1) and around(text, "rash", -1) == ([], [])


def test_a_whole_word_is_preferred_and_white_space_does_not_matter():
    assert around("Slurred speech, no PE.", "PE") == (["slurred", "speech", ",", "no"], ["."])
    assert around("Speech.", "pe") == (["s"], ["ech", "."])
    assert around("no chest\n  pain", "chest pain").before == ["no"]
    assert around("C.O.P.D. (severe) now", "(severe)").after == ["now"]


def test_the_scope_ends_at_stops_on_either_side():
    words = Around(["no", "cough", "but", "has"], ["and", "chills", ",", "not", "fever"])
    assert scope(words) == (["has"], ["and", "chills"])
    assert scope(Around(["no"], "a b c d e f g h".split())).after == list("abcdef")  # noqa: SIM905
    assert scope(Around([], [])) == ([], [])


def test_a_finding_without_words_is_refused():
    with pytest.raises(DataError, match=r"the finding of .No fever\.. has no words"):
        is_negated("No fever.", "  ")


@pytest.mark.skipif(not REAL.is_dir(), reason="the NegEx kit is not on this machine")
def test_on_the_negex_kit_it_is_right_where_its_words_were_chosen_and_elsewhere():
    splits = load("findings", file=REAL).splits.values()
    y = np.concatenate([split.y for split in splits])
    even = np.concatenate([split.patient for split in splits]).astype(int) % 2 == 0
    pred = [
        is_negated(*row)
        for split in splits
        for row in zip(split.x, split.about["finding"], split.about["begin"], strict=True)
    ]
    pred = np.array(pred)
    assert len(y) == 2376 and f1(y[even], pred[even]).value > 0.96 < f1(y[~even], pred[~even]).value
