"""Genes of patients who are followed: the course's table, one's own, and each bad input one sentence."""

import doctest

import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.catalogue import find
from medlearn.data.files import MARK
from medlearn.data.tables import prognosis
from medlearn.data.tables.prognosis import LAYOUT, clinical_among, read_prognosis
from medlearn.errors import DataError

PATIENTS, GENES = 40, 5


def test_examples():
    assert doctest.testmod(prognosis).failed == 0


def columns(seed=0):
    """A table of one's own, as texts by heading."""
    rng = np.random.default_rng(seed)
    found = {
        "years": [f"{cell:.2f}" for cell in rng.uniform(0.5, 15, PATIENTS)],
        "died": [str(number % 3 % 2) for number in range(PATIENTS)],
        "age": rng.integers(30, 80, PATIENTS).astype(str).tolist(),
        "sex": ["m" if number % 2 else "f" for number in range(PATIENTS)],
        "stage": [("I", "II", "III")[number % 3 - number % 2] for number in range(PATIENTS)],
    }
    genes = rng.normal(0, 1, (GENES, PATIENTS))
    return found | {f"gene{gene}": [f"{cell:.3f}" for cell in row] for gene, row in enumerate(genes)}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ward.csv"


def write(path, cells):
    rows = [cells, *zip(*cells.values(), strict=True)]
    path.write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")
    return path


OWN = {"time": "years", "event": "died", "clinical": ("age", "sex", "stage")}


def read(path, cells, **parts):
    return read_prognosis(write(path, cells), **(OWN | parts))


def whole(data, name):
    order = np.argsort(np.concatenate([split.patient for split in data.splits.values()]))
    return np.concatenate([getattr(split, name) for split in data.splits.values()])[order]


def noted(data):
    return [str(note) for note in data.notes]


# What is read


def test_a_table_of_ones_own(path):
    cells = columns()
    data = read(path, cells)
    assert (data.task, data.classes, data.cases) == ("survival", ("censored", "event"), "patients")
    assert data.columns == (
        *("clinical age", "clinical sex=m", "clinical stage=I", "clinical stage=II", "clinical stage=III"),
        *(f"gene{gene}" for gene in range(GENES)),
    )
    assert clinical_among(data.columns).tolist() == [True] * 5 + [False] * GENES
    x, y = whole(data, "x"), whole(data, "y")
    assert x.dtype == np.float32 and not data.simulated and not data.notes and not data.patients_known
    assert x[:, 1].tolist() == [float(cell == "m") for cell in cells["sex"]]
    assert np.array_equal(x[:, 5], np.array(cells["gene0"], np.float32))
    assert np.array_equal(y["time"], np.array(cells["years"], float))
    assert np.array_equal(y["event"], np.array(cells["died"]) == "1")
    assert [len(split) for split in data.splits.values()] == [24, 8, 8]
    assert [int(split.y["event"].sum()) for split in data.splits.values()] == [8, 2, 3]


def test_a_table_without_clinical_columns(path):
    data = read(path, columns(), clinical=(), leave_out=("age", "sex", "stage"))
    assert not clinical_among(data.columns).any() and len(data.columns) == GENES


def test_the_usual_columns_are_known_and_never_an_input(path):
    cells = columns()
    usual = {"survival": cells["years"], "eventdeath": cells["died"], "timerecurrence": cells["years"]}
    usual |= {"barcode": list(map(str, range(PATIENTS)))}
    usual |= {name: cells["age"] for name in LAYOUT["clinical"]}
    usual |= {name: cells[name] for name in ("gene0", "gene1")}
    write(path, usual)
    data = read_prognosis(path)
    assert data.columns == (*(f"clinical {name}" for name in LAYOUT["clinical"]), "gene0", "gene1")
    other = read_prognosis(path, time="timerecurrence", event="eventdeath", clinical=("age",))
    assert "survival" not in other.columns and "barcode" not in other.columns
    assert other.columns[:2] == ("clinical age", "chemo")
    assert "gene1" not in read_prognosis(path, leave_out="gene1").columns


def test_what_says_nothing_is_noted(path):
    cells = columns()
    cells["age"][0], cells["gene1"][3], cells["gene1"][4] = "", "NA", "NaN"
    cells |= {"calls": ["P", "A"] * 20, "same": ["2"] * 40, "empty": ["1.5"] * 9 + [""] * 30 + ["2"]}
    cells |= {"sex": ["f"] * 40, MARK: ["1"] * 40}
    data = read(path, cells)
    assert data.simulated and not {"calls", "same", "empty", MARK} & set(data.columns)
    assert noted(data) == [
        "1 × clinical column that is the same in every row, left out (first: ward.csv, column 'sex')",
        "1 × column of calls, left out (first: ward.csv, column 'calls')",
        "1 × gene that is the same in every patient, left out (first: ward.csv, column 'same')",
        "1 × gene that is empty in more than 50% of the patients, left out (first: ward.csv, column 'empty')",
        "3 × value that is missing (first: ward.csv)",
    ]
    assert np.isnan(whole(data, "x")).sum() == 3


def test_negative_values_are_fine_and_rows_without_an_outcome_are_set_aside(path):
    cells = columns()
    cells["years"][2], cells["died"][5] = "", "NA"
    data = read(path, cells)
    assert (whole(data, "x") < 0).any() and sum(map(len, data.splits.values())) == PATIENTS - 2
    assert noted(data) == [
        "1 × row whose time is not known, set aside (first: ward.csv, row 4)",
        "1 × row whose event is not known, set aside (first: ward.csv, row 7)",
    ]


# What is refused


def changed(name, place, cell):
    cells = columns()
    cells[name][place] = cell
    return cells


def added(name, texts):
    return columns() | {name: texts}


def nearly(name):
    """A column that hardly differs from another."""
    return [f"{float(cell) + 0.01 * place:.2f}" for place, cell in enumerate(columns()[name])]


@pytest.mark.parametrize(
    ("cells", "parts", "complaint"),
    [
        (changed("years", 3, "0"), {}, "row 5, column 'years': a time is above 0, not 0: mend the row"),
        (changed("years", 3, "-2"), {}, "row 5, column 'years': a time is above 0, not -2"),
        (changed("years", 3, "long"), {}, "row 5, column 'years': 'long' stands where a number belongs"),
        (
            changed("died", 3, "2"),
            {},
            "row 5, column 'died': an event is 1 where it was seen and else 0, not 2",
        ),
        (columns() | {"died": ["0"] * 40}, {}, "'died' is 0 in every row, so all are censored"),
        (changed("gene1", 3, "x"), {}, "row 5, column 'gene1': 'x' stands where a number belongs"),
        (added("id", list(map(str, range(40)))), {}, "'id' looks like a patient's name or number"),
        (added("site", ["here", "there"] * 20), {}, "'site' holds texts, such as 'here', so it is no gene"),
        (added("until", nearly("years")), {}, "'until' nearly tells the time, so it looks like"),
        (added("dead", columns()["died"]), {}, "'dead' nearly tells the event"),
        (columns(), {"time": "year"}, "no column 'year': did you mean 'years'"),
        (columns(), {"event": None}, "name the column of the event with event='NAME'"),
        (columns(), {"time": None}, "name the column of the time with time='NAME'"),
        (
            columns(),
            {"clinical": ("age", "years")},
            "'years' is named in time= and in clinical=: leave one out",
        ),
        (columns(), {"leave_out": ("age",)}, "'age' is named in clinical= and in leave_out="),
        (columns(), {"event": "years"}, "'years' is named in time= and in event="),
        (columns(), {"leave_out": [f"gene{n}" for n in range(GENES)]}, "no column left that is a gene"),
        (
            {name: cells[:12] for name, cells in columns().items()},
            {},
            "has 12 patients who are followed, and 20",
        ),
        (
            added("note", [f"text {number}" for number in range(40)]),
            {"clinical": ("note", "age", "sex", "stage")},
            "column 'note' has 40 different texts, more than 30",
        ),
    ],
)
def test_a_fault_is_named(path, cells, parts, complaint):
    with pytest.raises(DataError, match=complaint) as error:
        read(path, cells, **parts)
    assert "ward.csv" in str(error.value) and "\n" not in str(error.value)


def test_genes_in_rows_and_a_gene_twice(path):
    rows = [[name, *cells] for name, cells in columns().items()]
    path.write_text("\n".join(map(",".join, [["gene", *(f"p{n}" for n in range(PATIENTS))], *rows])))
    with pytest.raises(DataError, match="genes stand in rows, and patients should: transpose the table, so"):
        read_prognosis(path, **OWN)
    write(path, columns())
    path.write_text(path.read_text().replace("gene1", "gene0"))
    with pytest.raises(DataError, match="has two columns called 'gene0': rename one"):
        read_prognosis(path, **OWN)


# The real file


def test_the_real_patients(real_data):
    data = load("prognosis", file=real_data / "nki_breast")
    y = whole(data, "y")
    assert len(y) == find("prognosis").count and y["event"].sum() == 77 and not data.notes
    assert len(data.columns) == 1564 and clinical_among(data.columns).sum() == 10
    assert not {"timerecurrence", "survival", "eventdeath", "ID", "barcode"} & set(data.columns)


def test_the_digest_is_that_of_the_copy(real_data):
    import hashlib

    (file,) = find("prognosis").files
    content = (real_data / "nki_breast" / file.name).read_bytes()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert (len(content), digest) == (file.size, file.digest)
