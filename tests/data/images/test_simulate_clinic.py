"""The simulated clinic: films as archives hold them, a new scanner in week 9, and nobody's name."""

import csv

import numpy as np
import pydicom
import pytest

from medlearn.data.files import is_simulated
from medlearn.data.images import draw_films, read_image
from medlearn.data.images.simulate.clinic import write_clinic
from medlearn.errors import DataError


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    return write_clinic(tmp_path_factory.mktemp("clinic"))


@pytest.fixture(scope="module")
def table(clinic):
    with (clinic / "visits.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def headers(clinic, table):
    return [pydicom.dcmread(clinic / row["file"]) for row in table]


def test_a_file_for_each_visit_over_three_months(clinic, table):
    assert list(table[0]) == ["file", "week", "scanner", "label"] and len(table) == 200
    assert {row["file"] for row in table} == {file.name for file in clinic.glob("*.dcm")}
    week = [int(row["week"]) for row in table]
    assert week == sorted(week) and set(week) == set(range(1, 14)) and is_simulated(clinic)
    assert sum(int(row["label"]) for row in table) == 80


def test_from_week_9_on_another_scanner_takes_the_films(table, headers):
    for row, header in zip(table, headers, strict=True):
        assert int(row["scanner"]) == (int(row["week"]) >= 9)
        assert header.ManufacturerModelName == f"Scanner {row['scanner']}"


def test_films_lie_as_in_an_archive(headers):
    assert {header.PhotometricInterpretation for header in headers} == {"MONOCHROME1", "MONOCHROME2"}
    windowed = np.mean(["WindowWidth" in header for header in headers])
    named = sum(header.BurnedInAnnotation == "YES" for header in headers)
    assert 0.35 < windowed < 0.65 and 3 <= named <= 20
    for header in headers:
        assert (header.Modality, header.BitsStored, header.BitsAllocated) == ("CR", 12, 16)
        assert header.pixel_array.max() < 4096
    assert len({header.SOPInstanceUID for header in headers}) == len({h.PatientID for h in headers}) == 200


def test_a_header_names_nobody(headers):
    assert {str(header.PatientName) for header in headers} == {"Simulated^Nobody"}
    assert all(header.PatientID.startswith("SIM") for header in headers)


def test_whatever_the_header_says_the_film_is_the_one_drawn(clinic, table, headers):
    label, scanner = ([int(row[name]) for row in table] for name in ("label", "scanner"))
    drawn = draw_films(label, seed=(0, 72), pixels=64, scanner=scanner)[0]
    for row, header, film in zip(table, headers, drawn, strict=True):
        if header.BurnedInAnnotation == "NO":
            shown = read_image(clinic / row["file"], pixels=64)
            assert np.corrcoef(shown.ravel(), film.ravel())[0, 1] > 0.999


def test_a_burnt_in_name_is_in_the_lower_left_corner(headers, table):
    label, scanner = ([int(row[name]) for row in table] for name in ("label", "scanner"))
    drawn = draw_films(label, seed=(0, 72), pixels=64, scanner=scanner)[0][..., 0].astype(int)
    for header, film in zip(headers, drawn, strict=True):
        stored = header.pixel_array.astype(int)
        grey = (stored if header.PhotometricInterpretation == "MONOCHROME2" else 4000 - stored) - 400
        away = np.abs(grey * 255 / 3200 - film) > 5
        assert away[:48].sum() == 0 and bool(away.sum() > 20) == (header.BurnedInAnnotation == "YES")


def test_a_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first, again, other = (
        write_clinic(tmp_path / name, seed=seed, visits=13) for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    for file in sorted(first.iterdir()):
        assert file.read_bytes() == (again / file.name).read_bytes()
    assert (other / "visit0000.dcm").read_bytes() != (first / "visit0000.dcm").read_bytes()


def test_too_few_visits_for_three_months_are_refused(tmp_path):
    with pytest.raises(DataError, match="visits must be from 13, one a week"):
        write_clinic(tmp_path, visits=12)
