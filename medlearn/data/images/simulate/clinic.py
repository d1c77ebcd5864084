"""A simulated clinic: the chest films of three months as DICOM files, the last of them from a new scanner.

The films are those of films.py, of nobody. They lie as films of real archives do: with 12 bits, as
MONOCHROME2 or as its negative MONOCHROME1, with a window or without one, some with a name burnt into the
picture. Up to week 8 scanner 0 takes them, from week 9 on scanner 1.

Not realistic: how often anything occurs, the size of the pictures, and that a header never lies.
"""

from __future__ import annotations

import csv
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medlearn.data.files import MARKER, explained
from medlearn.data.images.simulate.films import draw_films
from medlearn.errors import DataError

if TYPE_CHECKING:
    from pydicom import Dataset

WEEKS, NEW_SCANNER = 13, 9  # the new scanner takes the films from this week on
ILL = 0.4  # share of visits with pneumonia
SIDE = 64  # pixels
NEGATIVE, WINDOWED, NAMED = 0.3, 0.5, 0.05  # shares of the films
WIDE = 300  # millimetres of a film's side
FIRST_DAY = datetime.date(2026, 1, 5)
FILM = "1.2.840.10008.5.1.4.1.1.1"  # a computed radiography image


def write_clinic(folder: Path, *, seed: int = 0, visits: int = 200) -> Path:
    """Write a DICOM file for each visit, one a patient, and `visits.csv`; the folder.

    The table has the columns file, week (from 1), scanner and label (1 is pneumonia), by rising week.

    Parameters
    ----------
    folder : where to; it is made if need be.
    seed : decides all of it.
    visits : how many, from 13, one a week, to 5000.
    """
    if not WEEKS <= visits <= 5000:
        raise DataError(f"visits must be from {WEEKS}, one a week, to 5000, not {visits}")
    rng, folder = np.random.default_rng((seed, 71)), Path(folder)
    week = 1 + np.arange(visits) * WEEKS // visits
    scanner = (week >= NEW_SCANNER).astype(int)
    label = (rng.permutation(visits) < ILL * visits).astype(int)
    images, _ = draw_films(label, seed=(seed, 72), pixels=SIDE, scanner=scanner)
    negative, windowed, named = (rng.random(visits) < share for share in (NEGATIVE, WINDOWED, NAMED))
    rows = [("file", "week", "scanner", "label")]
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(images[..., 0]):
            picture = _with_name(image) if named[number] else image
            film = _film(picture, f"{seed}.{number}", negative=negative[number], windowed=windowed[number])
            film.BurnedInAnnotation = "YES" if named[number] else "NO"
            film.ManufacturerModelName = f"Scanner {scanner[number]}"
            day = FIRST_DAY + datetime.timedelta(weeks=int(week[number]) - 1, days=int(rng.integers(7)))
            film.StudyDate = film.SeriesDate = film.ContentDate = day.strftime("%Y%m%d")
            film.save_as(folder / f"visit{number:04}.dcm", enforce_file_format=True)
            rows.append((f"visit{number:04}.dcm", week[number], scanner[number], label[number]))
        with (folder / "visits.csv").open("w", newline="", encoding="utf-8") as table:
            csv.writer(table, lineterminator="\n").writerows(rows)
        (folder / MARKER).write_text("Nobody's films: simulated.\n", encoding="utf-8")
    return folder


def _film(image: np.ndarray, number: str, *, negative: bool, windowed: bool) -> Dataset:
    """One film of 12 bits; its header names nobody, and its UIDs follow from its number."""
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    film, (low, high) = Dataset(), (400, 3600)
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film.file_meta.MediaStorageSOPClassUID = film.SOPClassUID = FILM
    uids = [
        generate_uid(entropy_srcs=["medlearn clinic", number, part]) for part in ("film", "series", "study")
    ]
    film.SOPInstanceUID, film.SeriesInstanceUID, film.StudyInstanceUID = uids
    film.file_meta.MediaStorageSOPInstanceUID = uids[0]
    film.PatientName, film.PatientID = "Simulated^Nobody", f"SIM{number}"
    film.PatientBirthDate = "20200101"
    film.Modality, film.Manufacturer, film.BodyPartExamined = "CR", "Simulated", "CHEST"
    film.ViewPosition, film.PatientOrientation = "AP", ["L", "F"]
    film.ImagerPixelSpacing = [round(WIDE / len(image), 4)] * 2
    film.Rows, film.Columns = image.shape
    film.SamplesPerPixel, film.PixelRepresentation = 1, 0
    film.BitsAllocated, film.BitsStored, film.HighBit = 16, 12, 11
    film.PhotometricInterpretation = "MONOCHROME1" if negative else "MONOCHROME2"
    stored = np.rint(low + image * ((high - low) / 255)).astype("<u2")
    if windowed:
        film.WindowCenter, film.WindowWidth = (low + high + 1) / 2, high - low + 1
    film.PixelData = (low + high - stored if negative else stored).astype("<u2").tobytes()
    return film


def _with_name(image: np.ndarray) -> np.ndarray:
    """The film with a name in its lower left corner, as some scanners burn it in."""
    from PIL import Image, ImageDraw

    picture = Image.fromarray(image)
    ImageDraw.Draw(picture).text((2, image.shape[0] - 13), "NOBODY", fill=255)
    return np.array(picture)
