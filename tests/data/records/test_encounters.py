"""Encounters: the official table, others' prescriptions, the stand-in, and each bad input one sentence."""

import gzip
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest

from medlearn.data import load
from medlearn.data.records import encounters
from medlearn.data.records.encounters import KINDS, kinds_of_diagnosis, read_encounters
from medlearn.data.records.entries import DRUGS
from medlearn.data.records.simulate_encounters import BAD_PAIRS, COLUMNS, write_encounters
from medlearn.errors import DataError
from medlearn.features.history import history


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("encounters")
    write_encounters(place)
    return place


@pytest.fixture(scope="module")
def table(folder):
    """The simulated table as pandas reads it."""
    with zipfile.ZipFile(folder / "dataset_diabetes.zip") as archive:
        stream = archive.open("dataset_diabetes/diabetic_data.csv")
        return pd.read_csv(stream, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def data(folder):
    return read_encounters(folder)


def everyone(data, of=lambda split: split.y):
    return np.concatenate([of(split) for split in data.splits.values()])


def copy_s_jaccard(y, patient):
    known = history(y, patient)
    last, now = (each[known.repeat] == 1 for each in (known.last, y))
    either = (last | now).sum(axis=1)
    return np.where(either, (last & now).sum(axis=1) / np.maximum(either, 1), 1), (last == now).all(axis=1)


def column(data, split, name):
    return split.x[:, data.columns.index(name)]


# The official table


def test_rows_become_cases_by_patient_and_number(table, data):
    table = table.assign(encounter=table["encounter_id"].astype(int)).set_index("encounter")
    assert sum(map(len, data.splits.values())) == len(table) and data.classes == DRUGS
    for split in data.splits.values():
        rows = table.loc[split.about["encounter"]]
        assert (rows["patient_nbr"].astype(int) == split.patient).all()
        assert (np.lexsort((split.about["encounter"], split.patient)) == np.arange(len(split))).all()
        assert ((rows[list(DRUGS)] != "No").to_numpy() == split.y).all()
        assert (split.about["visit"] == rows.groupby("patient_nbr", sort=False).cumcount()).all()
        assert (column(data, split, "age") == rows["age"].str[1:].str.split("-").str[0].astype(int) + 5).all()
        assert (column(data, split, "race=Asian") == (rows["race"] == "Asian")).all()
        assert (column(data, split, "HbA1c measured") == (rows["A1Cresult"] != "None")).all()
        high = rows["A1Cresult"].map({"None": np.nan, "Norm": 1, ">7": 2, ">8": 3})
        np.testing.assert_array_equal(column(data, split, "HbA1c level"), high)
        np.testing.assert_allclose(
            column(data, split, "number_inpatient"), np.log1p(rows["number_inpatient"].astype(int)), 1e-6
        )
        codes = rows["diag_1"] + " " + rows["diag_2"] + " " + rows["diag_3"]
        assert (column(data, split, "diabetes") == codes.str.contains(r"\b250")).all()
        assert (split.about["died"] == (rows["discharge_disposition_id"] == "11")).all()
        assert (split.about["change"] == (rows["change"] == "Ch")).all()
        assert (split.about["readmitted"] == rows["readmitted"]).all()


def test_what_follows_from_the_prescription_is_no_input(data):
    assert data.train.x.dtype == np.float32 and data.train.y.dtype == np.uint8
    leaks = {"change", "diabetesMed", "num_medications", "time_in_hospital", "readmitted", "died"}
    assert leaks < set(data.train.about) and not leaks & set(data.columns)
    assert not [name for name in data.columns if name in DRUGS]


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("8", {"diagnosis=infection"}),
        ("139.8", {"diagnosis=infection"}),
        ("140", {"diagnosis=neoplasm"}),
        ("249", {"diagnosis=endocrine"}),
        ("250", {"diabetes"}),
        ("250.01", {"diabetes", "diabetes=type 1"}),
        ("250.13", {"diabetes", "diabetes=type 1", "diabetes=uncontrolled", "diabetes=acute"}),
        ("250.6", {"diabetes", "diabetes=nerve"}),
        ("250.82", {"diabetes", "diabetes=uncontrolled", "diabetes=other"}),
        ("999", {"diagnosis=injury or poisoning"}),
        ("E878", {"diagnosis=external cause"}),
        ("V45", {"diagnosis=other contact"}),
        *[(text, set()) for text in ("", "?", "flu", "0", "1234", "4.123", "V", "25O")],
    ],
)
def test_codes_of_icd_9(code, kinds):
    assert kinds_of_diagnosis(code) == kinds <= set(KINDS)


def lay(folder, table, name="diabetic_data.csv"):
    folder.mkdir(exist_ok=True)
    table.to_csv(folder / name, index=False)
    return folder / name


def some(table, rows=60):
    return table.sort_values("encounter_id").head(rows).reset_index(drop=True)


def test_the_same_from_a_folder_a_file_and_a_gz(table, tmp_path):
    place = lay(tmp_path / "a", some(table))
    packed = tmp_path / "drugs.csv.gz"
    packed.write_bytes(gzip.compress(place.read_bytes()))
    first, *others = (read_encounters(one) for one in (place.parent, place, packed))
    for other in others:
        np.testing.assert_array_equal(first.train.x, other.train.x)
    assert first.simulated and len(everyone(first)) == 60


def test_what_is_odd_is_noted(table, tmp_path):
    odd = some(table).drop(columns="simulated")
    odd["patient_nbr"] = np.repeat(np.arange(20), 3)
    odd["discharge_disposition_id"] = "1"
    odd.loc[[0, 59], "discharge_disposition_id"] = "20", "11"
    odd["diag_1"], odd.loc[3, "diag_1"], odd.loc[4, "gender"] = "250", "flu", "Unknown/Invalid"
    odd.loc[[5, 6], ["tolbutamide", "examide"]] = "Steady"
    data = read_encounters(lay(tmp_path, odd))
    assert not data.simulated
    assert {note.what: note.count for note in data.notes} == {
        "encounter with one of 12 rare drugs, which are left out": 2,
        "encounter of a patient whose sex is unknown": 1,
        "encounter after one that ended in death, kept": 2,
        "diagnosis that is no code of ICD-9, left out": 1,
    }


CELLS = {
    r"column 'insulin': Maybe is none of No, Steady, Up, Down": ("insulin", "Maybe"),
    r"column 'acarbose': nothing is none of No": ("acarbose", "?"),
    r"column 'age': 75 is none of \[0-10\)": ("age", "75"),
    r"column 'A1Cresult': >9 is none of Norm, >7, >8": ("A1Cresult", ">9"),
    r"column 'encounter_id': nothing stands where a whole number": ("encounter_id", ""),
    r"column 'patient_nbr': 1.5 stands where a whole number": ("patient_nbr", "1.5"),
    r"column 'patient_nbr': 'Smith' stands where a number": ("patient_nbr", "Smith"),
    r"column 'number_emergency': -1 is no count": ("number_emergency", "-1"),
    r"column 'discharge_disposition_id': 1e30 stands where a whole": ("discharge_disposition_id", "1e30"),
    r"column 'num_medications': 'many' stands where a number": ("num_medications", "many"),
}


@pytest.mark.parametrize("said", CELLS)
def test_a_wrong_cell_is_named_with_its_row(table, tmp_path, said):
    name, text = CELLS[said]
    wrong = some(table)
    wrong.loc[7, name] = text
    with pytest.raises(DataError, match=rf"diabetic_data\.csv, row 9, {said}") as error:
        read_encounters(lay(tmp_path, wrong))
    assert "\n" not in str(error.value)


def test_an_encounter_with_two_rows_and_a_column_that_is_not_there(table, tmp_path):
    twice = some(table)
    twice.loc[7, "encounter_id"] = twice.loc[2, "encounter_id"]
    with pytest.raises(DataError, match=r"row 9, column 'encounter_id': encounter \d+ stands in row 4"):
        read_encounters(lay(tmp_path, twice))
    with pytest.raises(DataError, match="has no column 'insulin'; its columns are: encounter_id, patient"):
        read_encounters(lay(tmp_path, some(table).drop(columns="insulin")))


def zipped(place, files):
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return place


def test_zips_that_are_not_what_they_should_be(tmp_path, folder):
    place = tmp_path / "x.zip"
    with pytest.raises(DataError, match=r"holds no diabetic_data\.csv; a file of your own is named in full"):
        read_encounters(zipped(place, {"other.csv": "a,b\n1,2\n", "__MACOSX/diabetic_data.csv": "\0"}))
    with pytest.raises(DataError, match=r"holds 2 files called diabetic_data\.csv: keep one"):
        read_encounters(zipped(place, {"a/diabetic_data.csv": "a\n1\n", "diabetic_data.csv": "a\n1\n"}))
    with pytest.raises(DataError, match="unpacks to 20 MB, far more than its size can hold"):
        read_encounters(zipped(place, {"diabetic_data.csv": bytes(20 << 20)}))
    with pytest.raises(DataError, match="is not UTF-8 text"):
        read_encounters(zipped(place, {"diabetic_data.csv": "größe\n1\n".encode("latin-1")}))
    place.write_bytes((folder / "dataset_diabetes.zip").read_bytes()[:5000])
    with pytest.raises(DataError, match="damaged"):
        read_encounters(place)


def test_a_gz_that_is_damaged_or_a_bomb(tmp_path):
    place = tmp_path / "drugs.csv.gz"
    place.write_bytes(gzip.compress(b"patient,admission\n1,2\n")[:-9])
    with pytest.raises(DataError, match=r"is damaged or no \.gz file"):
        read_encounters(place)
    place.write_bytes(gzip.compress(bytes(20 << 20)))
    with pytest.raises(DataError, match="unpacks to more than 10 MB, far more than its size can hold"):
        read_encounters(place)


# Prescriptions of another hospital


def prescriptions(patients=30):
    """Two admissions a patient, each with the drugs Aspirin and, now and then, heparin."""
    rows = []
    for patient in range(patients):
        for stay in range(1 + patient % 3):
            day = f"20{10 + stay}-03-{1 + patient % 28:02}"
            for drug in ("Aspirin", "heparin")[: 1 + (patient + stay) % 2]:
                rows.append((f"p{patient}", 100 * patient + 9 - stay, drug, f"{day} 08:00", f"{day} 20:00"))
    return pd.DataFrame(rows, columns=["subject_id", "HADM_ID", "Drug", "starttime", "stoptime"])


def test_an_admission_is_a_case_in_the_order_of_its_start(tmp_path):
    rows = prescriptions()
    data = read_encounters(lay(tmp_path, rows.sample(frac=1, random_state=0), "own.csv"))
    assert data.classes == ("aspirin", "heparin") and data.columns == encounters.HISTORY and not data.notes
    assert not data.simulated and sum(map(len, data.splits.values())) == rows["HADM_ID"].nunique() == 60
    for split in data.splits.values():
        number = np.array([int(name[1:]) for name in split.patient])
        assert (split.about["encounter"] == 100 * number + 9 - split.about["visit"]).all()
        assert (split.y == np.stack([np.ones(len(split)), (number + split.about["visit"]) % 2], axis=1)).all()
        np.testing.assert_allclose(split.x[:, 0], np.log1p(split.about["visit"]))
        since = split.x[:, 1]
        assert (np.isnan(since) == (split.about["visit"] == 0)).all()
        assert set(since[~np.isnan(since)]) <= {365.0, 366.0}


def test_columns_may_be_named_and_loaded_by_name(tmp_path, capsys):
    rows = prescriptions().rename(columns={"Drug": "text", "subject_id": "who"})
    place = lay(tmp_path, rows.assign(drug="x"), "own.csv")
    data = load("encounters", file=place, drug="text", patient="who")
    assert data.classes == ("aspirin", "heparin")
    assert "encounters: 60 real encounters" in capsys.readouterr().out
    with pytest.raises(DataError, match="has no column 'ndc'"):
        load("encounters", file=place, drug="ndc", patient="who")


def test_oddities_of_prescriptions_are_noted(tmp_path):
    rows = prescriptions()
    rows["admittime"], rows["dischtime"] = rows["starttime"].str[:10], rows["stoptime"].str[:10] + "T23:00"
    rows.loc[[0, 1], "Drug"], rows.loc[2, "HADM_ID"], rows.loc[3, "starttime"] = ("0", ""), np.nan, ""
    rows.loc[5, "stoptime"] = "2009-01-01"
    rows.loc[rows["HADM_ID"] == 209, "dischtime"] = "2011-06-01"
    rows["HADM_ID"] = rows["HADM_ID"].astype("Int64")
    rows = pd.concat([rows, rows.tail(1).assign(Drug="once")])
    data = read_encounters(lay(tmp_path, rows, "own.csv"))
    found = {note.what: note.count for note in data.notes}
    assert found == {
        "prescription without drug, set aside": 2,
        "prescription without admission, set aside": 1,
        "prescription without start, set aside": 1,
        "end before start, kept": 1,
        "admission that begins before the patient's last one ended, kept": 1,
    }
    assert data.classes == ("aspirin", "heparin", "once")


def test_what_is_rarely_given_is_left_out(tmp_path):
    rows = prescriptions(90)
    rows.loc[len(rows)] = [
        *rows.loc[0, ["subject_id", "HADM_ID"]],
        "rare",
        *rows.loc[0, ["starttime", "stoptime"]],
    ]
    data = read_encounters(lay(tmp_path, rows, "own.csv"))
    assert data.classes == ("aspirin", "heparin")
    assert [str(note) for note in data.notes] == [
        f"1 × prescription of a drug that is rarely given, left out (first: own.csv, row {len(rows) + 1})"
    ]


def change(**cells):
    def changed(rows):
        for name, text in cells.items():
            rows[name] = rows[name].astype(object)
            rows.loc[4, name] = text
        return rows

    return changed


BAD = {
    "has no column 'patient': name yours with patient=; its columns are: HADM_ID": lambda rows: rows.drop(
        columns="subject_id"
    ),
    "tells of 19 patients, which is too few": lambda rows: rows[
        rows["subject_id"].isin([f"p{n}" for n in range(19)])
    ],
    "tells of no patient with two admissions, which is too few": lambda rows: rows.drop_duplicates(
        "subject_id"
    ),
    r"1 drug\(s\) are given in 1% of the 60 admissions or more, which is too few": lambda rows: rows.assign(
        Drug="aspirin"
    ),
    "has no row with a drug, an admission and a start": lambda rows: rows.assign(Drug="0"),
    "row 6, column 'starttime': 'soon' is no time as the others are": change(starttime="soon"),
    "row 6, column 'starttime': '1e30' is no time as the others are": change(starttime="1e30"),
    "row 6, column 'stoptime': '12.5' is no time as the others are": change(stoptime="12.5"),
    "row 6, column 'HADM_ID': admission 9 is patient p2's here, but p0's in row 2": change(HADM_ID=9),
    "column 'subject_id': is empty; every row needs its patient": change(subject_id=""),
}


@pytest.mark.parametrize("said", BAD)
def test_what_is_wrong_with_prescriptions_is_one_sentence(tmp_path, said):
    with pytest.raises(DataError, match=said) as error:
        read_encounters(lay(tmp_path, BAD[said](prescriptions()), "own.csv"))
    assert "\n" not in str(error.value)


def test_one_column_cannot_be_two_things(tmp_path):
    with pytest.raises(DataError, match="the column 'Drug' cannot be the admission and more"):
        read_encounters(lay(tmp_path, prescriptions(), "own.csv"), admission="Drug")


# The stand-in


def test_it_resembles_the_real_file(data, table):
    y, patient = everyone(data), everyone(data, lambda split: split.patient)
    real = [0.534, 0.196, 0.125, 0.105, 0.072, 0.063, 0.051, 0.015, 0.007, 0.007, 0.003]
    np.testing.assert_allclose(y.mean(axis=0), real, rtol=0.08, atol=0.006)
    jaccard, same = copy_s_jaccard(y, patient)
    assert 0.62 < jaccard.mean() < 0.66 and 0.5 < same.mean() < 0.56
    assert len(np.unique(patient)) == 4000 and 6900 < len(y) < 7100
    for name, share in {
        "race": 0.022,
        "weight": 0.969,
        "payer_code": 0.396,
        "medical_specialty": 0.491,
    }.items():
        assert abs((table[name] == "?").mean() - share) < 0.02
    assert list(table.columns[24:47]) == list(COLUMNS)


def test_its_change_follows_from_the_drugs_as_in_the_real_file(table):
    drugs = table[list(COLUMNS)]
    moved = drugs.isin(["Up", "Down"]).any(axis=1) | ((drugs != "No").sum(axis=1) > 1)
    assert ((table["change"] == "Ch") == moved).all()
    assert ((table["diabetesMed"] == "Yes") == (drugs != "No").any(axis=1)).all()


def test_bad_pairs_are_planted_and_rare(data):
    y = everyone(data)
    for pair in BAD_PAIRS:
        both = y[:, [DRUGS.index(drug) for drug in pair]].all(axis=1).mean()
        assert 0.001 < both < 0.008


def test_a_death_is_the_last_visit(data):
    for split in data.splits.values():
        assert (split.patient[:-1] != split.patient[1:])[split.about["died"][:-1]].all()


def test_a_seed_gives_the_same_bytes_and_another_other_patients(folder, tmp_path):
    one = (folder / "dataset_diabetes.zip").read_bytes()
    assert write_encounters(tmp_path / "a").read_bytes() == one
    assert write_encounters(tmp_path / "b", seed=1).read_bytes() != one


def test_a_copy_is_still_simulated_and_no_number_is_a_real_one(folder, tmp_path, table, capsys):
    shutil.copy(folder / "dataset_diabetes.zip", tmp_path / "mine.zip")
    data = load("encounters", file=tmp_path / "mine.zip")
    assert data.simulated and "simulated encounters" in capsys.readouterr().out
    assert table[["encounter_id", "patient_nbr"]].astype(int).min().min() >= 900_000_000


def test_the_real_encounters(real_data):
    data = load("encounters", file=real_data / "diabetes130" / "dataset_diabetes.zip")
    y, patient = everyone(data), everyone(data, lambda split: split.patient)
    jaccard, same = copy_s_jaccard(y, patient)
    assert (len(y), len(np.unique(patient)), len(jaccard)) == (101_766, 71_518, 30_248)
    assert y.sum(axis=0)[:3].tolist() == [54_383, 19_988, 12_686] and not data.simulated
    assert round(jaccard.mean(), 4) == 0.6395 and round(same.mean(), 4) == 0.5193
    assert [note.count for note in data.notes] == [207, 3, 14]
