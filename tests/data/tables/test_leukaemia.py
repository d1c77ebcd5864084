"""The leukaemias of Golub et al.: joined by number, calls never read, and each bad input one sentence."""

import csv

import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.catalogue import find
from medlearn.data.files import MARK
from medlearn.data.tables.leukaemia import ANSWERS, FILES, read_leukaemia
from medlearn.errors import DataError

GENES = 6
FIRST, SECOND = [3, 1, 2, *range(4, 13)], [20, 19, 13, 14, 15, 16, 17, 18]
CANCER = {number: "AML" if number % 3 == 0 else "ALL" for number in (*FIRST, *SECOND)}


def value(gene, number):
    """What was measured, some below 0."""
    return 10 * gene + (number * (gene + 3)) % 17 - 5


def series(numbers, *, genes=range(GENES)):
    heading = ["Gene Description", "Gene Accession Number"]
    heading += [cell for number in numbers for cell in (str(number), "call")]
    rows = [heading]
    for gene in genes:
        cells = [cell for number in numbers for cell in (str(value(gene, number)), "PMA"[number % 3])]
        rows.append([f"about {gene}, a gene", f"G{gene}_at", *cells])
    return rows


def answers(cancer=None):
    return [["patient", "cancer"], *([str(number), name] for number, name in (cancer or CANCER).items())]


def write(folder, *, first=None, second=None, answer=None):
    """The three files, with what is given in place of what belongs there."""
    rows = (first or series(FIRST), second or series(SECOND), answer or answers())
    for name, each in zip((*FILES, ANSWERS), rows, strict=True):
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(each)
    return folder


def noted(data):
    return [str(note) for note in data.notes]


# What is read


def test_patients_are_joined_with_their_class_by_number(tmp_path):
    data = read_leukaemia(write(tmp_path))
    assert (data.task, data.classes, data.cases) == ("binary", ("ALL", "AML"), "patients")
    assert data.columns == tuple(f"G{gene}_at" for gene in range(GENES))
    assert data.patients_known and not data.simulated
    for split in data.splits.values():
        assert split.x.dtype == np.float32
        for x, y, number in zip(split.x, split.y, split.patient, strict=True):
            assert x.tolist() == [value(gene, number) for gene in range(GENES)]
            assert y == (CANCER[number] == "AML")


def test_the_second_series_is_the_test_set_whatever_the_seed(tmp_path):
    write(tmp_path)
    validated = set()
    for seed in range(4):
        data = read_leukaemia(tmp_path, seed=seed)
        assert data.test.patient.tolist() == SECOND and (data.test.about["series"] == 1).all()
        known = np.concatenate([data.train.patient, data.validation.patient])
        assert sorted(known) == sorted(FIRST) and (len(data.train), len(data.validation)) == (9, 3)
        assert not data.train.about["series"].any() and len(set(data.validation.y)) == 2
        validated.add(tuple(sorted(data.validation.patient)))
    assert len(validated) > 1


def test_genes_are_joined_by_name_and_one_that_never_differs_is_left_out(tmp_path):
    first, second = series(FIRST), series(SECOND, genes=reversed(range(GENES)))
    for rows, place in ((first, 3), (second, GENES - 2)):
        assert rows[place][1] == "G2_at"
        rows[place][2::2] = ["7"] * len(rows[place][2::2])
    data = read_leukaemia(write(tmp_path, first=first, second=second))
    kept = [0, 1, 3, 4, 5]
    assert data.columns == tuple(f"G{gene}_at" for gene in kept)
    assert data.test.x[0].tolist() == [value(gene, 20) for gene in kept]
    assert f"1 × gene that is the same in every patient, left out (first: {FILES[0]})" in noted(data)


def test_missing_values_and_those_below_0_are_noted(tmp_path):
    rows = series(FIRST)
    rows[2][4], rows[3][2] = "", "NA"
    data = read_leukaemia(write(tmp_path, first=rows))
    known = np.concatenate([data.train.x, data.validation.x])
    assert np.isnan(known).sum() == 2 and not np.isnan(data.test.x).any()
    assert noted(data) == [
        f"2 × value that is missing (first: {FILES[0]})",
        f"1 × table with values below 0, which a logarithm needs raised (first: {FILES[0]})",
    ]


def test_the_mark_of_made_patients_is_no_gene(tmp_path):
    first, second = series(FIRST), series(SECOND)
    for rows in (first, second):
        rows.append([MARK, MARK, *["1", "A"] * ((len(rows[0]) - 2) // 2)])
    data = read_leukaemia(write(tmp_path, first=first, second=second))
    assert data.simulated and len(data.columns) == GENES


# What is refused


def changed(numbers, row, column, cell):
    rows = series(numbers)
    rows[row][column] = cell
    return rows


def calls_for_values():
    rows = series(FIRST)
    for row in rows[1:]:
        row[2], row[3] = row[3], row[2]
    return rows


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (
            {"first": list(map(list, zip(*series(FIRST), strict=True)))},
            r"train.csv: genes stand in columns, and they should stand in rows: transpose",
        ),
        ({"first": changed(FIRST, 0, 1, "gene")}, "train.csv has no column 'Gene Accession Number'"),
        (
            {"first": calls_for_values()},
            "column 3 should hold what was measured of patient 3, and holds calls",
        ),
        ({"first": changed(FIRST, 0, 4, "3")}, "train.csv has patient 3 twice"),
        ({"first": changed(FIRST, 0, 4, "p7")}, "'p7', in column 5, is no patient's number and no 'call'"),
        ({"second": changed(SECOND, 2, 4, "many")}, "independent.csv, row 3, column 5: 'many' stands where"),
        ({"second": changed(SECOND, 2, 1, "G0_at")}, "independent.csv has the gene 'G0_at' twice"),
        ({"second": changed(SECOND, 2, 1, "G99_at")}, "the two series differ in their genes, as in 'G1_at'"),
        ({"second": series([1, *SECOND])}, "patient 1 is in both series"),
        ({"first": [*series(FIRST), ["odd"]]}, r"train.csv, row 8 has 1 cells, but there are 26 headings"),
        ({"first": series(FIRST)[:1]}, "train.csv is empty"),
        ({"answer": answers()[:-1]}, r"actual.csv does not say which leukaemia patient \d+ has"),
        ({"answer": answers(dict.fromkeys(CANCER, "ALL"))}, "actual.csv has only 'ALL': two are needed"),
        ({"answer": answers(CANCER | {5: "CML"})}, "has 3 classes, ALL, AML, CML: two are needed"),
        ({"answer": [["number", "cancer"], ["1", "ALL"]]}, "has no column 'patient'"),
        (
            {"answer": answers(CANCER | dict.fromkeys(SECOND, "ALL"))},
            "independent.csv: all patients have one leukaemia, and both are needed",
        ),
    ],
)
def test_a_fault_is_named(given, complaint, tmp_path):
    with pytest.raises(DataError, match=complaint) as error:
        read_leukaemia(write(tmp_path, **given))
    assert "\n" not in str(error.value)


def test_the_three_files_belong_together(tmp_path):
    write(tmp_path)
    with pytest.raises(DataError, match=r"is no folder: name the one with data_set_ALL_AML_train\.csv"):
        read_leukaemia(tmp_path / FILES[0])
    (tmp_path / FILES[1]).unlink()
    with pytest.raises(DataError, match=r"holds no data_set_ALL_AML_independent.csv: the two series and"):
        read_leukaemia(tmp_path)


# The real files


def test_the_real_patients(real_data):
    data = load("leukaemia", file=real_data / "golub_leukemia")
    assert [len(split) for split in data.splits.values()] == [29, 9, 34] and not data.simulated
    assert data.train.x.shape == (29, 7129) and len(set(data.columns)) == 7129
    assert sum(map(len, data.splits.values())) == find("leukaemia").count
    assert sum(split.y.sum() for split in data.splits.values()) == 25 and data.test.y.sum() == 14
    assert sorted(data.test.patient) == list(range(39, 73))


def test_the_digests_are_those_of_the_copy(real_data):
    import hashlib

    for file in find("leukaemia").files:
        content = (real_data / "golub_leukemia" / file.name).read_bytes()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert (len(content), digest) == (file.size, file.digest)
