"""Tables in which to look for groups: what is read, and everything that is refused or noted."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data import load
from medlearn.data.files import MARK
from medlearn.data.tables.grouping import read_groups
from medlearn.errors import DataError

CASES = 100


def cells(cases=CASES, seed=0):
    """The columns of a small ward, as texts."""
    rng = np.random.default_rng(seed)
    return {
        "age": rng.integers(40, 90, cases).astype(str),
        "urea": rng.normal(7, 2, cases).round(2).astype(str),
        "albumin": np.where(rng.random(cases) < 0.1, "", rng.normal(34, 4, cases).round(1).astype(str)),
        "disease": rng.choice(["asthma", "COPD", "none"], cases),
    }


def write(path, columns):
    rows = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ward.csv"


def read(path, columns=None, **options):
    if columns:
        write(path, columns)
    return read_groups(path, **{"label": "disease"} | options)


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def noted(data):
    return [str(note) for note in data.notes]


# What is read


def test_a_table_of_ones_own(path):
    columns = cells()
    data = read(path, columns)
    assert (data.task, data.classes, data.cases) == ("multiclass", ("COPD", "asthma", "none"), "patients")
    assert data.columns == ("age", "urea", "albumin")
    assert not data.simulated and not data.patients_known and not data.notes
    x, y, row = (whole(data, name) for name in ("x", "y", "patient"))
    order = row - 2  # as a spreadsheet counts
    assert (x.dtype, y.dtype) == (np.float32, np.int64) and sorted(order) == list(range(CASES))
    assert np.array_equal(x[:, 0], columns["age"][order].astype(np.float32))
    assert np.array_equal(np.isnan(x[:, 2]), columns["albumin"][order] == "")
    assert np.array_equal(np.array(data.classes)[y], columns["disease"][order])
    assert [len(split) for split in data.splits.values()] == [60, 20, 20]


def test_without_a_label_there_is_no_class(path):
    data = read(path, cells(), label=None, leave_out="disease")
    assert (data.task, data.classes, set(whole(data, "y"))) == ("none", (), {0})
    assert data.columns == ("age", "urea", "albumin")


def test_classes_that_are_numbers_stand_in_their_order(path):
    data = read(path, cells() | {"disease": np.array(["10", "2"])[np.arange(CASES) % 2]})
    assert data.classes == ("2", "10")


def test_parts_may_be_named(path):
    more = {"id": [f"p{n // 2}" for n in range(CASES)], "ward": ["a", "b"] * 50, "bed": [*"abcde"] * 20}
    more |= {"dose": np.arange(CASES) % 7 / 2, "stay": np.arange(CASES) % 9}
    data = read(path, cells() | more, patient="id", keep=["ward", "dose", "stay"], leave_out=["bed", "age"])
    assert data.columns == ("urea", "albumin") and data.patients_known
    assert list(data.train.about) == ["ward", "dose", "stay"]
    assert [data.train.about[name].dtype.kind for name in data.train.about] == ["U", "f", "i"]
    assert len(set(whole(data, "patient"))) == 50


def test_a_packed_file_a_folder_and_the_mark(path):
    plain = read(path, cells() | {MARK: ["1"] * CASES})
    packed = path.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert np.array_equal(read(packed).train.x, plain.train.x, equal_nan=True)
    assert plain.simulated and MARK not in plain.columns
    with pytest.raises(DataError, match=r"should hold one CSV file, but holds ward.csv, ward.csv.gz: name"):
        read(path.parent)
    packed.unlink()
    assert np.array_equal(read(path.parent).train.x, plain.train.x, equal_nan=True)


@pytest.mark.parametrize("missing", ["", "NA", "NaN", "nan", "N/A"])
def test_a_cell_may_be_missing_in_many_words(path, missing):
    columns = cells()
    columns["urea"][:5] = missing
    assert np.isnan(whole(read(path, columns), "x")[:, 1]).sum() == 5


# What is noted


def test_what_cannot_tell_patients_apart_is_left_out_and_noted(path):
    few = np.where(np.arange(CASES) < 19, "1.5", "")
    few[:5] = "2.5"
    more = {"": range(CASES), "same": ["3"] * CASES, "none": [""] * CASES, "seldom": few}
    data = read(path, cells() | more)
    assert data.columns == ("age", "urea", "albumin")
    assert noted(data) == [
        "1 × column without a heading, left out (first: ward.csv, column '')",
        "1 × column that is the same in every row, left out (first: ward.csv, column 'same')",
        "2 × column that is empty in more than 80% of the rows, left out (first: ward.csv, column 'none')",
    ]


def test_a_patient_who_stands_there_twice_is_read_once(path):
    write(path, cells())
    path.write_text(path.read_text() + "\n".join(path.read_text().splitlines()[1:4]) + "\n")
    data = read(path)
    assert noted(data) == ["3 × row repeated word for word, read once (first: ward.csv, row 102)"]
    assert sum(map(len, data.splits.values())) == CASES


def test_a_row_without_a_class_is_set_aside(path):
    columns = cells()
    columns["disease"][[3, 9]] = ""
    data = read(path, columns)
    assert noted(data) == ["2 × row whose class is not known, set aside (first: ward.csv, row 5)"]
    assert sum(map(len, data.splits.values())) == CASES - 2


def test_a_block_of_indicators_is_noted_where_it_outnumbers_what_was_measured(path):
    rng = np.random.default_rng(0)
    block = {f"code{n}": rng.integers(0, 2, CASES) for n in range(21)}
    data = read(path, cells() | block)
    assert [(note.count, note.grave) for note in data.notes] == [(21, True)]
    assert data.notes[0].what.startswith("column of 0 and 1 beside 3 others: together they would decide")
    assert not read(path, cells() | dict(list(block.items())[:20])).notes
    measured = {f"lab{n}": rng.random(CASES) for n in range(20)}
    assert not read(path, cells() | block | measured).notes


# What is refused


@pytest.mark.parametrize(
    ("change", "options", "complaint"),
    [
        (
            {"sex": ["male", "female"] * 50},
            {},
            "column 'sex' holds texts, such as 'female': name it with lea",
        ),
        ({"heat": ['"36,6"', '"37,1"'] * 50}, {}, "column 'heat' holds texts, such as '36,6'"),
        ({"record": [f"r{n}" for n in range(CASES)]}, {}, "column 'record' is another in every row"),
        (
            {"key": range(1, CASES + 1)},
            {},
            "column 'key' is another in every row, so it looks like the number",
        ),
        (
            {"key": np.random.default_rng(1).permutation(CASES)},
            {},
            "patient: name it with patient= or leave_",
        ),
        (
            {"mrn": np.random.default_rng(1).choice(10**7, CASES, False)},
            {},
            "column 'mrn' is another in every",
        ),
        ({"key": 10**6 + np.random.default_rng(1).permutation(10**6)[:CASES]}, {}, "column 'key' is another"),
        (
            {"id": ["", *range(1, CASES)]},
            {"patient": "id"},
            "row 2, column 'id': is empty; every row needs its",
        ),
        ({"disease": ["asthma"] * CASES}, {}, "the class 'disease' is 'asthma' in every row"),
        ({"disease": [""] * CASES}, {}, "the class 'disease' is empty in every row: name another column"),
        (
            {"disease": np.arange(CASES) % 31},
            {},
            "'disease' has 31 different values, more than 30: name a col",
        ),
        ({}, {"label": "diseases"}, "has no column 'diseases': did you mean 'disease'"),
        ({}, {"leave_out": "zzz"}, "has no column 'zzz': look at its first row"),
        ({}, {"keep": ["age", "old"]}, "has no column 'old'"),
        ({}, {"keep": "age", "leave_out": "age"}, "'age' is named in leave_out= and in keep="),
        ({}, {"patient": "disease"}, "'disease' is named in label= and in patient="),
        ({}, {"label": ["disease"]}, r"label names one column, as in label='NAME', not \['disease'\]"),
        ({}, {"patient": 3}, "patient names one column, as in patient='NAME', not 3"),
        ({}, {"label": None}, "column 'disease' holds texts, such as 'COPD'"),
        ({}, {"leave_out": ["age", "urea", "albumin"]}, "has no column of numbers left to find groups in"),
        ({"id": np.arange(CASES) % 19}, {"patient": "id"}, "has 19 patients, and groups need 20 at least"),
    ],
)
def test_what_cannot_be_is_refused(path, change, options, complaint):
    with pytest.raises(DataError, match=complaint) as error:
        read(path, cells() | change, **options)
    assert str(path) in str(error.value) or "names one column" in complaint


def test_too_few_patients(path):
    with pytest.raises(DataError, match="has 19 patients, and groups need 20 at least"):
        read(path, cells(19))
    assert sum(map(len, read(path, cells(20)).splits.values())) == 20


def test_a_code_of_the_class_is_refused(path):
    columns = cells()
    code = np.unique(columns["disease"], return_inverse=True)[1] * 3 + 1
    for same in (code, np.where(np.arange(CASES) % 9, code, ""), np.char.add("class ", code.astype(str))):
        with pytest.raises(DataError, match="column 'code' is the class 'disease' in other words, so groups"):
            read(path, columns | {"code": same})
    assert "code" not in read(path, columns | {"code": code}, leave_out="code").columns
    code[0] += 1  # one patient of another value: it is no code any more
    assert "code" in read(path, columns | {"code": code}).columns


def test_measured_whole_numbers_are_not_taken_for_a_number_of_patients(path):
    columns = cells(40)
    wide = np.random.default_rng(3).lognormal(7, 1.5, 40).astype(int)
    assert len(set(wide)) == 40
    assert "marker" in read(path, columns | {"marker": wide}).columns
    assert "marker" in read(path, columns | {"marker": [f"{n}.0" for n in range(40)]}).columns


def test_a_number_with_a_slip_is_named(path):
    columns = cells()
    columns["age"][7] = "6o"
    with pytest.raises(DataError, match="row 9, column 'age': '6o' stands where a number belongs"):
        read(path, columns)


@pytest.mark.parametrize("content", ["", "age,disease\n"])
def test_an_empty_file(path, content):
    path.write_text(content)
    with pytest.raises(DataError, match="is empty: there should be a row of headings and rows below it"):
        read(path)


pieces = st.sampled_from(["age", "disease", ",", "\n", '"', "1", "0", "2.5", "", "x", "NA", "é", "\0", ";"])
HEAD = "age,urea,disease\n" + "".join(f"{40 + i * 7 % 9},{i * 13 % 23}.5,{i % 2}\n" for i in range(24))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(pieces, max_size=30).map(lambda p: (HEAD + "".join(p)).encode("utf-8", "replace")),
        st.lists(st.lists(pieces, min_size=3, max_size=3), max_size=12).map(
            lambda rows: (HEAD + "\n".join(map(",".join, rows))).encode("utf-8", "replace")
        ),
    ),
    st.booleans(),
)
def test_anything_else_is_read_or_refused(path, content, labelled):
    path.write_bytes(content)
    try:
        data = read(path, label="disease" if labelled else None)
    except DataError as error:
        assert "ward.csv" in str(error)
    else:
        assert np.isfinite(whole(data, "y")).all() and not np.isinf(whole(data, "x")).any()


# The course's own layout


def test_ones_own_ward_does_not_meet_the_course_s_layout(path, capsys):
    write(path, cells() | {"ward": ["a", "b"] * 50})
    data = load("phenotypes", file=path, label="disease", keep=("ward",))
    assert data.classes == ("COPD", "asthma", "none") and list(data.train.about) == ["ward"]
    assert not data.patients_known and "phenotypes: 100 real patients" in capsys.readouterr().out
    with pytest.raises(
        DataError, match="has no option 'treatment': it takes label, patient, leave_out, keep"
    ):
        load("phenotypes", file=path, treatment="x")


def test_the_course_s_own_table_may_be_asked_otherwise(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path))
    data = load("phenotypes", label="died", leave_out="urea")
    assert data.classes == ("0", "1") and list(data.train.about) == ["kind", "severity", "hospital"]
    assert "urea" not in data.columns and len(data.columns) == 11 and data.patients_known
    assert list(load("phenotypes", keep="died").train.about) == ["died", "severity", "hospital"]
    without = load("phenotypes", leave_out=("kind", "died"))
    assert (without.task, list(without.train.about)) == ("none", ["severity", "hospital"])
