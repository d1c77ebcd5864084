"""What a model says of a film, as JSON and as a DICOM structured report that goes back beside the film.

Each names the film, the model's digest and its threshold, so that it can always be said which version gave
which answer to what. Neither names the patient: the report belongs to the film's study, which does.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from medlearn.serve.exported import NO_ANSWER, NOTICE, Answer, Served
from medlearn.serve.reading import Film, Refused

if TYPE_CHECKING:
    from pydicom import Dataset

BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11"
CONCEPTS = {  # what an entry of the report is about: code, scheme, meaning
    "title": ("18748-4", "LN", "Diagnostic Imaging Report"),
    "finding": ("121071", "DCM", "Finding"),
    "comment": ("121106", "DCM", "Comment"),
    "model": ("111001", "DCM", "Algorithm Name"),
    "version": ("111003", "DCM", "Algorithm Version"),
}


def as_json(film: Film, answer: Answer, served: Served) -> dict[str, object]:
    """What a model says of one film, in plain values.

    Parameters
    ----------
    film : what was read.
    answer : to this film alone.
    served : the model that gave it.
    """
    card, p, distance = served.card, answer.p[0], float(answer.distance[0])
    decision = card.decide(p, distance)
    return {
        "notice": NOTICE,
        "by": "this server",
        "model": served.digest,
        "name": card.name,
        "version": card.version,
        "made": card.made,
        "trained_on": card.trained_on,
        "simulated": card.simulated,
        "classes": list(card.classes),
        "p": [float(one) for one in p],
        "threshold": card.threshold,
        "decision": decision,
        "distance": distance,
        "limit": card.limit,
        "sentence": _sentence(p, decision, served),
        "film": dict(film.about),
    }


def _sentence(p: np.ndarray, decision: str, served: Served) -> str:
    card = served.card
    if decision == NO_ANSWER:
        return "No answer: this film is unlike those that the model was trained on; ask a person."
    if len(card.classes) == 2:
        return (
            f"The model gives {card.classes[1]} a probability of {p[-1]:.1%}; from {card.threshold:.1%} on "
            f"it calls a film {card.classes[1]}, so it calls this one {decision}."
        )
    return f"The model calls this film {decision}, with a probability of {p.max():.1%}."


def as_sr(film: Film, answer: Answer, served: Served) -> bytes:
    """The same as a DICOM Basic Text SR, a file that an archive takes; it refers to the film.

    Parameters
    ----------
    film, answer, served : as in `as_json`. The film must have come as DICOM, with its UIDs.
    """
    if not all(film.about.get(name) for name in ("study", "series", "film", "sop_class")):
        raise Refused(
            "a structured report refers to a film by its UIDs, which this one lacks: send it as DICOM"
        )
    said, now = as_json(film, answer, served), datetime.datetime.now()
    report = _frame(film, now)
    report.ConceptNameCodeSequence = [_concept("title")]
    report.ContentSequence = [_shown(film), *(_text(concept, text) for concept, text in _entries(said))]
    content = io.BytesIO()
    report.save_as(content, enforce_file_format=True)
    return content.getvalue()


def _entries(said: dict[str, object]) -> Iterator[tuple[str, str]]:
    """What the report says, in order: the concept and the text."""
    yield "comment", f"NOT FOR CLINICAL USE: {NOTICE}."
    yield "finding", str(said["sentence"])
    yield "model", f"{said['name']}, trained on {said['trained_on']}"
    yield "version", f"sha256 {said['model']}, made {said['made']} by medlearn {said['version']}"
    if len(said["classes"]) == 2:
        yield "comment", f"threshold {said['threshold']:.6g}"
    yield "comment", f"distance from the training images {said['distance']:.3f}, limit {said['limit']:.3f}"
    if said["simulated"]:
        yield "comment", "the model learnt from simulated films"


def _frame(film: Film, now: datetime.datetime) -> Dataset:
    """A report without its content: a new series in the film's study, and nobody's name."""
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    report, today, time = Dataset(), now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    report.file_meta = FileMetaDataset()
    report.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    report.file_meta.MediaStorageSOPClassUID = report.SOPClassUID = BASIC_TEXT_SR
    report.file_meta.MediaStorageSOPInstanceUID = report.SOPInstanceUID = generate_uid(None)
    report.SpecificCharacterSet = "ISO_IR 192"
    report.StudyInstanceUID, report.SeriesInstanceUID = film.about["study"], generate_uid(None)
    for empty in (
        *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"),
        *("StudyID", "AccessionNumber", "ReferringPhysicianName"),
    ):  # they must be there, and an archive knows them from the study
        setattr(report, empty, "")
    report.Modality, report.Manufacturer = "SR", "medlearn"
    report.SeriesNumber = report.InstanceNumber = "1"
    report.CompletionFlag, report.VerificationFlag = "COMPLETE", "UNVERIFIED"
    report.ContentDate, report.ContentTime, report.ValueType = today, time, "CONTAINER"
    report.ContinuityOfContent = "SEPARATE"
    report.PerformedProcedureCodeSequence, report.ReferencedPerformedProcedureStepSequence = [], []
    report.CurrentRequestedProcedureEvidenceSequence = [_evidence(film)]
    return report


def _evidence(film: Film) -> Dataset:
    """Where the film lies: its study, in it its series, in it the film."""
    from pydicom import Dataset

    series, study = Dataset(), Dataset()
    series.SeriesInstanceUID = film.about["series"]
    series.ReferencedSOPSequence = [_reference(film)]
    study.StudyInstanceUID = film.about["study"]
    study.ReferencedSeriesSequence = [series]
    return study


def _reference(film: Film) -> Dataset:
    from pydicom import Dataset

    reference = Dataset()
    reference.ReferencedSOPClassUID = film.about["sop_class"]
    reference.ReferencedSOPInstanceUID = film.about["film"]
    return reference


def _shown(film: Film) -> Dataset:
    """The entry that points to the film."""
    entry = _entry("IMAGE")
    entry.ReferencedSOPSequence = [_reference(film)]
    return entry


def _text(concept: str, text: str) -> Dataset:
    entry = _entry("TEXT")
    entry.ConceptNameCodeSequence = [_concept(concept)]
    entry.TextValue = text
    return entry


def _entry(kind: str) -> Dataset:
    from pydicom import Dataset

    entry = Dataset()
    entry.RelationshipType, entry.ValueType = "CONTAINS", kind
    return entry


def _concept(name: str) -> Dataset:
    from pydicom import Dataset

    concept = Dataset()
    concept.CodeValue, concept.CodingSchemeDesignator, concept.CodeMeaning = CONCEPTS[name]
    return concept
