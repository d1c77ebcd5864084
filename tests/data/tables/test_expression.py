"""Gene expression: the benchmark's format and one's own, and each bad input one sentence."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data import load
from medlearn.data.catalogue import find
from medlearn.data.files import MARK
from medlearn.data.tables.expression import read_expression
from medlearn.errors import DataError

TUMOURS, GENES = 20, 6
CLASSES = ["ALL", "AML"] * (TUMOURS // 2)


def values(seed=0):
    return np.random.default_rng(seed).normal(0, 1, (GENES, TUMOURS)).round(2)


def table(labels=CLASSES, cells=None, genes=None):
    """The rows of a file, as texts."""
    cells = values() if cells is None else cells
    genes = [f"gene{number}" for number in range(len(cells))] if genes is None else genes
    return [["GENES", *labels], *([gene, *map(str, row)] for gene, row in zip(genes, cells, strict=True))]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tumours.txt"


def read(path, rows, by="\t"):
    path.write_text("\n".join(map(by.join, rows)) + "\n", encoding="utf-8")
    return read_expression(path)


def whole(data, name):
    order = np.argsort(np.concatenate([split.patient for split in data.splits.values()]), kind="stable")
    return np.concatenate([getattr(split, name) for split in data.splits.values()])[order]


def noted(data):
    return [str(note) for note in data.notes]


# What is read


def test_a_table_of_ones_own(path):
    data = read(path, table())
    assert (data.task, data.classes, data.cases) == ("multiclass", ("ALL", "AML"), "tumours")
    assert data.columns == tuple(f"gene{number}" for number in range(GENES)) and not data.source
    assert data.patients_known and not data.simulated and not data.notes
    x, y, column = whole(data, "x"), whole(data, "y"), whole(data, "patient")
    assert x.dtype == np.float32 and np.array_equal(x, values().T.astype(np.float32))
    assert np.array_equal(y, np.arange(TUMOURS) % 2) and np.array_equal(column, np.arange(TUMOURS) + 2)
    assert [len(split) for split in data.splits.values()] == [12, 4, 4]


@pytest.mark.parametrize("by", ["\t", ",", ";"])
def test_quotes_and_what_divides_cells(path, by):
    rows = table(genes=[f'"AFFX-{number}"' for number in range(GENES)])
    data = read(path, rows, by)
    assert data.columns[0] == "AFFX-0" and np.array_equal(whole(data, "x"), values().T.astype(np.float32))


def test_classes_that_are_numbers_stand_in_their_order(path):
    assert read(path, table(["10", "2"] * 10)).classes == ("2", "10")


def test_a_class_of_one_is_read(path):
    labels = [*CLASSES[:-3], "CML", "CLL", "CLL"]
    data = read(path, table(labels))
    assert data.classes == ("ALL", "AML", "CLL", "CML")
    assert np.bincount(whole(data, "y")).tolist() == [9, 8, 2, 1]


def test_a_packed_file_and_the_mark(path):
    rows = [*table(), [MARK, *["1"] * TUMOURS]]
    data = read(path, rows)
    assert data.simulated and MARK not in data.columns and len(data.columns) == GENES
    packed = path.with_name("tumours.txt.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert np.array_equal(read_expression(packed).test.x, data.test.x)


def test_a_folder_holds_a_file_for_each_study(path, tmp_path):
    for name in ("khan-2001_database.txt", "su-2001.tsv", "su-2003.csv"):
        read(tmp_path / name, table())
    (tmp_path / "SIMULATED.txt").write_text("so they are\n")
    (tmp_path / "SHA256SUMS").write_text("and these are their digests\n")
    assert read_expression(tmp_path, sets=("khan",)).source == "khan-2001"
    assert read_expression(tmp_path, sets="su-2003").source == "su-2003"
    there = r"with file= \(khan-2001, su-2001, su-2003\)"
    for sets, complaint in (
        (("golub",), "holds no study 'golub': name one of those there " + there),
        (("su",), "holds 2 studies that begin with 'su': name one of those there " + there),
        ((), "holds 3 studies that begin with any"),
        (("khan", "su"), r"genes differ between studies, so name one: sets=\('khan',\)"),
    ):
        with pytest.raises(DataError, match=complaint):
            read_expression(tmp_path, sets=sets)


def test_an_empty_folder(tmp_path):
    with pytest.raises(
        DataError, match=r"holds no study 'khan': name one of those there with file= \(none\)"
    ):
        read_expression(tmp_path, sets=("khan",))


# What is noted


@pytest.mark.parametrize("missing", ["", "NA", "NaN", "nan"])
def test_missing_values_and_genes_that_lack_most(path, missing):
    rows = table()
    for tumour in range(1, 11):
        rows[1][tumour] = rows[2][tumour] = missing
    rows[2][11] = missing
    data = read(path, rows)
    assert noted(data) == [
        "1 × gene that is empty in more than 50% of the tumours, left out (first: tumours.txt, row 3)"
    ]
    x = whole(data, "x")
    assert x.shape == (TUMOURS, GENES - 1) and np.isnan(x).sum() == np.isnan(x[:10, 0]).sum() == 10


def test_a_gene_that_never_differs_is_left_out(path):
    cells = values()
    cells[3] = 10.0
    data = read(path, table(cells=cells))
    assert noted(data) == ["1 × gene that is the same in every tumour, left out (first: tumours.txt, row 5)"]
    assert "gene3" not in data.columns


def test_a_gene_that_stands_there_twice_is_kept_under_another_name(path):
    data = read(path, table(genes=["TP53", "MYC", "TP53", "", "TP53", "TP53 (2)"]))
    assert data.columns == ("TP53", "MYC", "TP53 (2)", "row 5", "TP53 (3)", "TP53 (2) (2)")
    assert noted(data) == [
        "3 × gene whose name stands there already, kept with a number (first: tumours.txt, row 4)",
        "1 × gene without a name, called by its row (first: tumours.txt, row 5)",
    ]


def test_a_tumour_that_stands_there_twice_is_never_on_two_sides(path):
    cells = values()
    cells[:, 10:16] = cells[:, 4:5]
    for seed in range(4):
        read(path, table(cells=cells))
        data = read_expression(path, seed=seed)
        assert noted(data) == [
            "6 × tumour with the values of another, counted as the same patient's "
            "(first: tumours.txt, column 12)"
        ]
        assert max((split.patient == 6).sum() for split in data.splits.values()) == 7


def test_a_tumour_without_a_class_is_set_aside(path):
    labels = [*CLASSES]
    labels[4], labels[7] = "", "NA"
    data = read(path, table(labels))
    assert noted(data) == ["2 × tumour whose class is not known, set aside (first: tumours.txt, column 6)"]
    assert np.array_equal(whole(data, "x"), np.delete(values(), [4, 7], axis=1).T.astype(np.float32))
    assert not {6, 9} & set(whole(data, "patient"))


def test_values_that_are_not_logged_are_noted(path):
    raw = 2 ** (values() + 7).round(2)
    assert noted(read(path, table(cells=raw))) == [
        "1 × table not logged: all is above 0, and some above 50 (first: tumours.txt)"
    ]
    assert not read(path, table(cells=np.log2(raw))).notes


# What is refused


def replaced(row, column, cell):
    rows = table()
    rows[row - 1][column - 1] = cell
    return rows


def transposed(rows):
    return list(map(list, zip(*rows, strict=True)))


BY_NAME = [f"tumour{number}" for number in range(TUMOURS)]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (
            transposed(table()),
            "patients stand in rows, and they should stand in columns: transpose the table",
        ),
        ([[*row[1:], row[0]] for row in transposed(table())], "patients stand in rows"),
        (table(BY_NAME), "its first row names 20 classes for 20 tumours: it should hold the class of each"),
        (table()[1:], "its first row holds numbers, such as 0.13: put a row with the class of each tumour"),
        (table(map(str, range(TUMOURS))), "its first row holds numbers, such as 0: put a row with the class"),
        (table(["ALL"] * TUMOURS), "all tumours are of the class 'ALL', and two classes are needed"),
        (
            [*table()[:3], table()[3][:-1]],
            "row 4 has 20 cells, but the first row has 21: a word such as GENES",
        ),
        ([CLASSES, *table()[1:]], "row 2 has 21 cells, but the first row has 20: a word such as GENES"),
        (replaced(4, 7, "high"), "row 4, column 7: 'high' stands where a number belongs"),
        (replaced(4, 7, "1,5"), "row 4, column 7: '1,5' stands where a number belongs"),
        (replaced(4, 7, "inf"), "row 4, column 7: 'inf' stands where a number belongs"),
        (table(CLASSES[:9], values()[:, :9]), "has 9 tumours of a known class, and groups need 10 at least"),
        (table([*CLASSES[:9], *[""] * 11]), "has 9 tumours of a known class, and groups need 10 at least"),
        (table(cells=values()[:, np.arange(TUMOURS) % 9]), "has 9 different tumours, and groups need 10"),
        (table(cells=np.ones((GENES, TUMOURS))), "has no gene left that differs between tumours"),
        (table()[:1], "is empty: there should be a row of classes and below it a row for each gene"),
    ],
)
def test_what_cannot_be_is_refused(path, rows, complaint):
    with pytest.raises(DataError, match=complaint) as error:
        read(path, rows)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("tumours.txt", b"", "is empty: there should be a row of classes"),
        ("tumours.txt", "GENES\té\n".encode("latin-1"), "is not UTF-8 text"),
        ("tumours.txt", b'GENES\t"A\n', "cannot be read as a CSV file"),
        ("tumours.txt.gz", b"GENES\tA\n", "is damaged or no .gz file"),
        ("tumours.txt.gz", gzip.compress(b"GENES\tA\n" * 99, mtime=0)[:-9], "is damaged or no .gz file"),
        (
            "tumours.txt.gz",
            gzip.compress(bytes(11 << 20), mtime=0),
            "unpacks to more than 10 MB, far more than",
        ),
    ],
)
def test_a_file_that_is_damaged(tmp_path, name, content, complaint):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=complaint):
        read_expression(tmp_path / name)


pieces = st.sampled_from(["ALL", "AML", "\t", "\n", '"', "1", "0", "2.5", "", "x", "NA", "é", "\0", ","])
HEAD = "\n".join(map("\t".join, table())) + "\n"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(pieces, max_size=30).map(lambda p: (HEAD + "".join(p)).encode()),
        st.lists(st.lists(pieces, min_size=21, max_size=21), max_size=4).map(
            lambda rows: (HEAD + "\n".join(map("\t".join, rows))).encode()
        ),
    )
)
def test_anything_else_is_read_or_refused(path, content):
    path.write_bytes(content)
    try:
        data = read_expression(path)
    except DataError as error:
        assert "tumours.txt" in str(error)
    else:
        assert len(data.classes) >= 2 and not np.isinf(whole(data, "x")).any()


# The real studies

REAL = {  # tumours, genes, classes
    "alizadeh": (62, 2093, 3),
    "armstrong": (72, 2194, 3),
    "bhattacharjee": (203, 1543, 5),
    "chowdary": (104, 182, 2),
    "golub": (72, 1868, 2),
    "khan": (83, 1069, 4),
    "pomeroy": (42, 1379, 5),
    "ramaswamy": (190, 1363, 14),
    "risinger": (42, 1771, 4),
    "su": (174, 1571, 10),
}


@pytest.mark.parametrize("study", REAL)
def test_the_real_studies(real_data, study, capsys):
    data = load("expression", file=real_data / "cancer_expression", sets=(study,))
    assert (*whole(data, "x").shape, len(data.classes)) == REAL[study]
    assert not np.isnan(whole(data, "x")).any() and not data.simulated
    assert f", {study}-2" in capsys.readouterr().out or study in ("golub",)


def test_the_catalogue_counts_all_tumours_and_the_usual_study_is_golub(real_data):
    assert sum(tumours for tumours, _, _ in REAL.values()) == find("expression").count
    assert {file.set for file in find("expression").files} == set(REAL)
    data = load("expression", file=real_data / "cancer_expression")
    assert data.classes == find("expression").classes and data.source.endswith("golub-1999-v1")


def test_what_is_odd_in_the_real_studies(real_data):
    folder = real_data / "cancer_expression"
    assert noted(load("expression", file=folder, sets=("khan",))) == [
        "8 × gene whose name stands there already, kept with a number "
        "(first: khan-2001_database.txt.gz, row 186)"
    ]
    assert noted(load("expression", file=folder, sets=("su",)))[0].startswith("1 × tumour with the values of")
    assert not load("expression", file=folder, sets=("alizadeh",)).notes


def test_a_study_that_does_not_exist_is_refused():
    with pytest.raises(DataError, match="expression has no set 'kahn': its sets are alizadeh, armstrong, "):
        load("expression", sets=("kahn",))


def test_only_the_study_that_is_asked_for_is_fetched(real_data, tmp_path, monkeypatch):
    (tmp_path / "expression").symlink_to((real_data / "cancer_expression").resolve())
    monkeypatch.setenv("MEDLEARN_MIRROR", str(tmp_path))
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    data = load("expression", sets=("chowdary",), size="full")
    assert not data.simulated and len(data.columns) == 182
    fetched = (tmp_path / "cache" / "full" / "expression").glob("*.gz")
    assert [file.name for file in fetched] == ["chowdary-2006_database.txt.gz"]
