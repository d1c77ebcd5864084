"""Reports: what the model said, of which film, by which version; for learning, and without a name."""

import io
import json
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest

from medlearn.serve.exported import NO_ANSWER, Answer, Card
from medlearn.serve.reading import Film, Refused
from medlearn.serve.report import NOTICE, as_json, as_sr

CARD = Card("toy", ("normal", "pneumonia"), 28, 0.3, "simulated films", True, (0.0,), (1.0,), 9.0)
SERVED = SimpleNamespace(card=CARD, digest="ab" * 32)
UIDS = {"study": "1.2.3.4", "series": "1.2.3.5", "film": "1.2.3", "sop_class": "1.2.840.10008.5.1.4.1.1.1"}
FILM = Film(np.zeros((28, 28), np.uint8), {"kind": "DICOM", "digest": "cd" * 32, "scanner": "X 1"} | UIDS)


def answer(p=0.42, distance=5.0):
    return Answer(np.array([[p]]), np.zeros((1, 7, 7)), np.array([distance]))


def texts(content):
    report = pydicom.dcmread(io.BytesIO(content))
    return [entry.TextValue for entry in report.ContentSequence if entry.ValueType == "TEXT"]


def test_json_says_what_by_which_version_and_of_what():
    said = json.loads(json.dumps(as_json(FILM, answer(), SERVED), allow_nan=False))
    assert (said["model"], said["film"]["digest"]) == ("ab" * 32, "cd" * 32)
    assert (said["p"], said["threshold"], said["decision"]) == ([0.42], 0.3, "pneumonia")
    assert (said["distance"], said["limit"]) == (5.0, 9.0)
    assert "pneumonia a probability of 42.0%; from 30.0% on" in said["sentence"]
    assert said["notice"] == NOTICE == "made for learning, not for use on patients"
    assert as_json(FILM, answer(0.1), SERVED)["decision"] == "normal"


def test_beyond_the_limit_there_is_no_answer():
    said = as_json(FILM, answer(0.99, 9.1), SERVED)
    assert said["decision"] == NO_ANSWER and said["sentence"].startswith("No answer")
    assert "99" not in said["sentence"]


def test_of_several_classes_the_most_probable_is_named():
    card = Card("toy", ("a", "b", "c"), 28, 0.3, "films", False, (0.0,), (1.0,), 9.0)
    one = Answer(np.array([[0.2, 0.7, 0.1]]), np.zeros((1, 7, 7)), np.array([1.0]))
    served = SimpleNamespace(card=card, digest="ab" * 32)
    assert (
        as_json(FILM, one, served)["sentence"] == "The model calls this film b, with a probability of 70.0%."
    )
    assert not any("threshold" in text for text in texts(as_sr(FILM, one, served)))


def test_a_structured_report_opens_again_and_refers_to_the_film():
    report = pydicom.dcmread(io.BytesIO(as_sr(FILM, answer(), SERVED)))
    assert report.SOPClassUID.name == "Basic Text SR Storage" and report.Modality == "SR"
    assert report.StudyInstanceUID == UIDS["study"] and report.SeriesInstanceUID != UIDS["series"]
    (study,) = report.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence
    (image,) = (entry for entry in report.ContentSequence if entry.ValueType == "IMAGE")
    assert (study.StudyInstanceUID, series.SeriesInstanceUID) == (UIDS["study"], UIDS["series"])
    for reference in (series.ReferencedSOPSequence[0], image.ReferencedSOPSequence[0]):
        assert reference.ReferencedSOPInstanceUID == UIDS["film"]
        assert reference.ReferencedSOPClassUID == UIDS["sop_class"]
    assert (report.CompletionFlag, report.VerificationFlag) == ("COMPLETE", "UNVERIFIED")


def test_a_structured_report_says_which_model_and_what_it_is_not_for():
    said = texts(as_sr(FILM, answer(), SERVED))
    assert said[0] == f"NOT FOR CLINICAL USE: {NOTICE}."
    for part in ("ab" * 32, "threshold 0.3", "limit 9.000", "probability of 42.0%", "from simulated films"):
        assert any(part in text for text in said), part
    assert any(text.startswith("No answer") for text in texts(as_sr(FILM, answer(0.9, 99.0), SERVED)))


def test_two_reports_are_two_documents_and_name_nobody():
    first, second = (pydicom.dcmread(io.BytesIO(as_sr(FILM, answer(), SERVED))) for _ in range(2))
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert not first.PatientName and not first.PatientID and not first.PatientBirthDate


@pytest.mark.parametrize("missing", UIDS)
def test_without_uids_there_is_no_structured_report(missing):
    bare = FILM._replace(about=FILM.about | {missing: ""})
    with pytest.raises(Refused, match="lacks: send it as DICOM") as error:
        as_sr(bare, answer(), SERVED)
    assert error.value.status == 422
