"""UCI Dermatology: the official file and the copy with headings, and each bad input one sentence."""

import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.catalogue import find
from medlearn.data.files import MARK
from medlearn.data.tables.dermatology import CLASSES, COLUMNS, WORDS, read_dermatology
from medlearn.errors import DataError

PATIENTS = 40
HEADINGS = [*(f"D#{name}" for name in list(COLUMNS.values())[:-1]), "C#Age", "cD#Code", "mS#ClassCode"]


def patients(seed=0):
    """Rows as in the official file: 33 findings, age, and the class from 1 to 6."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 4, (PATIENTS, 35))
    rows[:, 10], rows[:, 33] = rng.integers(0, 2, PATIENTS), rng.integers(8, 80, PATIENTS)
    rows[:, 34] = np.arange(PATIENTS) % 6 + 1
    return rows.astype(str).astype(object)


def official(folder, rows):
    path = folder / "dermatology.data"
    path.write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")
    return path


def copied(folder, rows, headings=HEADINGS):
    """The same with headings, and with the class once more as a word."""
    words = [WORDS[int(row[34]) - 1] if row[34] in list("123456") else "?" for row in rows]
    lines = [headings, *([*row, word] for row, word in zip(rows, words, strict=True))]
    path = folder / "dermatology.tab"
    path.write_text("\r\n".join(map("\t".join, lines)) + "\r\n", encoding="utf-8")
    return path


def whole(data, name):
    order = np.argsort(np.concatenate([split.patient for split in data.splits.values()]))
    return np.concatenate([getattr(split, name) for split in data.splits.values()])[order]


def test_the_official_file_and_its_copy_say_the_same(tmp_path):
    rows = patients()
    first, second = read_dermatology(official(tmp_path, rows)), read_dermatology(copied(tmp_path, rows))
    for data in (first, second):
        assert (data.task, data.classes, data.cases) == ("multiclass", CLASSES, "patients")
        assert data.patients_known and not data.simulated and not data.notes
        assert len(data.columns) == 34 and data.columns[0] == "erythema" and data.columns[-1] == "age"
        assert np.array_equal(whole(data, "x"), rows[:, :34].astype(np.float32))
        assert np.array_equal(whole(data, "y"), rows[:, 34].astype(int) - 1)
        assert [len(split) for split in data.splits.values()] == [24, 8, 8]
    assert np.array_equal(first.test.patient, second.test.patient)


def test_the_class_is_never_an_input(tmp_path):
    data = read_dermatology(copied(tmp_path, patients()))
    x, y = whole(data, "x"), whole(data, "y")
    assert not any((column == y + 1).all() for column in x.T)


def test_what_was_not_measured_is_missing(tmp_path):
    rows = patients()
    rows[3, 33], rows[4, 33], rows[5, 0] = "?", "", "?"
    for path in (official(tmp_path, rows), copied(tmp_path, rows)):
        assert list(zip(*np.nonzero(np.isnan(whole(read_dermatology(path), "x"))), strict=True)) == [
            (3, 33),
            (4, 33),
            (5, 0),
        ]


def test_a_folder_holds_one_of_them(tmp_path):
    with pytest.raises(DataError, match=r"holds no dermatology.data and no dermatology.tab: name the file"):
        read_dermatology(tmp_path)
    copied(tmp_path, patients(1))
    assert read_dermatology(tmp_path).name == "dermatology"
    official(tmp_path, patients(2))
    assert np.array_equal(whole(read_dermatology(tmp_path), "x"), patients(2)[:, :34].astype(np.float32))


def test_the_mark_of_made_patients_is_no_class(tmp_path):
    rows = patients()
    data = read_dermatology(official(tmp_path, np.column_stack([rows, [MARK] * PATIENTS])))
    assert data.simulated and np.array_equal(whole(data, "y"), rows[:, 34].astype(int) - 1)


def changed(row, column, cell):
    rows = patients()
    rows[row, column] = cell
    return rows


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (changed(4, 0, "4"), "row 5, column 'erythema': '4' is no whole number from 0 to 3"),
        (changed(4, 10, "2"), "row 5, column 'family history': '2' is no whole number from 0 to 1"),
        (changed(4, 33, "x"), "row 5, column 'age': 'x' is no whole number from 0 to 120"),
        (changed(4, 2, "1.5"), "row 5, column 'definite borders': '1.5' is no whole number"),
        (changed(4, 34, "7"), "row 5: the class is '7', and should be 1 to 6"),
        (changed(4, 34, "psoriasis"), "row 5: the class is 'psoriasis', and should be 1 to 6"),
        (patients()[:, 1:], "row 1 has 34 cells, but 35 belong there"),
        (patients()[:2], "2 patient.s. cannot be split 3 ways"),
    ],
)
def test_a_fault_of_the_official_file_is_named(tmp_path, rows, complaint):
    with pytest.raises(DataError, match=complaint) as error:
        read_dermatology(official(tmp_path, rows))
    assert "dermatology.data" in str(error.value)


def test_two_columns_of_class_must_agree(tmp_path):
    path = copied(tmp_path, patients())
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace("seboreic_dermatitis", "psoriasis")
    path.write_text("\n".join(lines))
    with pytest.raises(
        DataError, match="row 3: the class is 2 by its number, which is seboreic_dermatitis, but"
    ):
        read_dermatology(path)


@pytest.mark.parametrize(
    ("headings", "complaint"),
    [
        (HEADINGS[:-1], "column 36 should be 'ClassCode' and is missing, so this is not UCI Dermatology"),
        (["D#scaling", *HEADINGS[1:]], "column 1 should be 'erythema' and is 'D#scaling', so this is not"),
    ],
)
def test_other_columns_are_refused(tmp_path, headings, complaint):
    with pytest.raises(DataError, match=complaint):
        read_dermatology(copied(tmp_path, patients(), headings))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty: there should be a row a patient"),
        (("\t".join(HEADINGS) + "\n").encode(), "is empty: there should be a row a patient"),
        ("2,é\n".encode("latin-1"), "is not UTF-8 text"),
        (b'2,"3\n', "cannot be read as a CSV file"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, complaint):
    (tmp_path / "dermatology.data").write_bytes(content)
    with pytest.raises(DataError, match=complaint):
        read_dermatology(tmp_path)


def test_the_real_patients(real_data):
    data = load("dermatology", file=real_data / "dermatology")
    assert data.classes == find("dermatology").classes and not data.simulated
    assert np.bincount(whole(data, "y")).tolist() == [112, 61, 72, 49, 52, 20]
    missing = np.isnan(whole(data, "x")).sum(0)
    assert missing[-1] == missing.sum() == 8
    assert len(whole(data, "x")) == find("dermatology").count


def test_the_digest_is_that_of_the_copy_in_the_official_format(real_data):
    import hashlib

    lines = (real_data / "dermatology" / "dermatology.tab").read_text("utf-8").splitlines()[1:]
    official = "".join(line.rpartition("\t")[0].replace("\t", ",") + "\n" for line in lines).encode()
    file = find("dermatology").files[0]
    assert (len(official), f"sha256:{hashlib.sha256(official).hexdigest()}") == (file.size, file.digest)
