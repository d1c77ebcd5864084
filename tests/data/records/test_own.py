import contextlib
import doctest

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data.records import own
from medlearn.data.records.own import read_csv
from medlearn.errors import DataError


def test_examples():
    assert doctest.testmod(own).failed == 0


LONG = "id,hour,what,number,died,age\n"
WIDE = "id,hour,HR,Temp,died,age\n"


def table(path, heading, *rows, encoding="utf-8"):
    path.write_text(heading + "".join(f"{row}\n" for row in rows), encoding=encoding)
    return path


def long_rows(patients=range(1, 11)):
    return [f"{p},{hour},HR,{60 + p + hour},{p % 2},{50 + p}" for p in patients for hour in (2, 1)]


def wide_rows(patients=range(1, 11)):
    return [f"{p},{hour},{60 + p + hour},,{p % 2},{50 + p}" for p in patients for hour in (2, 1)]


def read_long(path, **more):
    return read_csv(path, patient="id", time="hour", label="died", variable="what", value="number", **more)


def read_wide(path, **more):
    return read_csv(path, patient="id", time="hour", label="died", **more)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ward.csv"


def everything(data):
    """What is in all splits: (patient, time, variable, value) and label of each patient."""
    rows, labels = set(), {}
    for split in data.splits.values():
        for case, patient in enumerate(split.patient.tolist()):
            frame = split.x.frame(case)
            rows |= {(patient, float(t), n, float(v)) for t, n, v in frame.itertuples(index=False)}
            labels[patient] = data.classes[split.y[case]] if data.classes else float(split.y[case])
    return rows, labels


def test_long_and_wide_files_say_the_same(tmp_path):
    one = read_long(table(tmp_path / "long.csv", LONG, *long_rows()), static=["age"])
    other = read_wide(table(tmp_path / "wide.csv", WIDE, *wide_rows()), static=["age"])
    rows, labels = everything(one)
    assert everything(other) == (rows, labels)
    assert (3, 1.0, "HR", 64.0) in rows and len(rows) == 20
    assert labels[3] == "1" and labels[4] == "0"
    assert other.train.x.variables == ("HR", "Temp")
    for data in (one, other):
        assert (data.task, data.classes, data.cases) == ("binary", ("0", "1"), "patients")
        assert [len(split) for split in data.splits.values()] == [6, 2, 2]
        np.testing.assert_array_equal(data.test.x.static[:, 0], 50 + data.test.patient)
        np.testing.assert_array_equal(data.test.x.time, np.tile([1, 2], 2))


number = st.integers(-10_000, 10_000).map(lambda n: n / 16)
cells = st.dictionaries(
    st.tuples(st.integers(1, 6), st.integers(0, 100), st.sampled_from(["HR", "Natrium", "Größe"])),
    number,
    min_size=1,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8", "utf-8-sig"]))
def test_records_written_are_read_back(path, cells, comma, encoding):
    rows = [(p, hour, what, value, p % 2) for (p, hour, what), value in cells.items()]
    rows += [(p, 101, "HR", 1.0, p % 2) for p in range(1, 7)]
    lines = [comma.join(map(str, row)) for row in rows]
    data = read_long(table(path, LONG.replace(",age", "").replace(",", comma), *lines, encoding=encoding))
    found, labels = everything(data)
    assert found == {(p, float(hour), what, value) for p, hour, what, value, _ in rows}
    assert labels == {p: str(p % 2) for p in range(1, 7)}


@pytest.mark.parametrize(
    "times, hours",
    [
        (("1.5", "26"), [1.5, 26]),
        (("01:30", "26:00"), [1.5, 26]),
        (("1", "01:30:36"), [1, 1.51]),
        (("2024-03-30 23:00", "2024-03-31T04:30"), [0, 5.5]),
        (("2024-03-02", "2024-03-01"), [0, 24]),
        (("2024-03-01T10:00:00+01:00", "2024-03-01T10:00:00Z"), [0, 1]),
    ],
)
def test_times(path, times, hours):
    rows = [f"{p},{time},80,37,{p % 2},1" for p in range(6) for time in times]
    data = read_wide(table(path, WIDE, *rows))
    np.testing.assert_allclose(data.train.x[0].time[::3], hours)


@pytest.mark.parametrize(
    "time, complaint",
    [
        ("soon", "'soon' is no time: use hours since admission"),
        ("", "column 'hour': is empty"),
        ("03/01/2024 10:00", "is no time"),
        ("2024-03-01", "is in dates, but the first row in hours"),
        ("-2", "-2 is not a number of hours since admission"),
        ("1700000000", "not a number of hours since admission"),
        ("inf", "is no time"),
    ],
)
def test_times_that_do_not_parse(path, time, complaint):
    with pytest.raises(
        DataError, match=rf"ward.csv, row 22, column 'hour': .*{complaint}|{complaint}"
    ) as error:
        read_wide(table(path, WIDE, *wide_rows(), f"99,{time},80,37,1,1"))
    assert "row 22" in str(error.value)


def test_a_missing_column_is_named_with_those_that_are_there(path):
    with pytest.raises(DataError, match=r"no column 'stay'; its columns are: id, hour, HR, Temp, died, age"):
        read_csv(table(path, WIDE, *wide_rows()), patient="stay", time="hour", label="died")
    with pytest.raises(DataError, match="both variable= and value="):
        read_csv(path, patient="id", time="hour", label="died", variable="what")
    with pytest.raises(DataError, match="two columns called 'HR'"):
        read_wide(table(path, "id,hour,HR,HR,died\n", "1,1,1,1,1"))
    with pytest.raises(DataError, match="no column left"):
        read_wide(table(path, "id,hour,died\n", "1,1,1"))


@pytest.mark.parametrize("text", ["high", "36,6", "inf", "1_0", "1e300", "#N/A"])
def test_text_where_a_number_belongs_is_found(path, text):
    rows = wide_rows()
    with pytest.raises(DataError, match=r"row 22, column 'Temp': '.*' stands where a number belongs"):
        read_wide(table(path, WIDE, *rows, f'99,1,80,"{text}",1,1'))
    with pytest.raises(DataError, match=r"row 22, column 'age'"):
        read_wide(table(path, WIDE, *rows, f'99,1,80,37,1,"{text}"'), static=["age"])


def test_rows_of_another_length_are_found(path):
    with pytest.raises(DataError, match="row 3 has 7 cells, but there are 6 headings"):
        read_wide(table(path, WIDE, "1,1,80,37,1,1", "1,2,80,37,1,1,5"))


def test_files_that_are_no_tables(path):
    for content, complaint in [
        (b"", "is empty"),
        (WIDE.encode(), "is empty"),
        ("id;hour;Größe".encode("latin-1"), "not UTF-8 text: save it from Excel as 'CSV UTF-8'"),
        (b'id,hour\n"1', "cannot be read as a CSV file"),
    ]:
        path.write_bytes(content)
        with pytest.raises(DataError, match=complaint):
            read_wide(path)
    with pytest.raises(DataError, match=r"nowhere\.csv cannot be read: No such file"):
        read_wide(path.with_name("nowhere.csv"))


def test_a_label_that_changes_is_refused(path):
    with pytest.raises(DataError, match=r"row 22, column 'died': patient 3 has 0 here but 1 in row 6"):
        read_wide(table(path, WIDE, *wide_rows(), "3,9,80,37,0,53"))
    with pytest.raises(DataError, match=r"row 22, column 'age': patient 3 has 54.0 here but 53.0 in row 6"):
        read_wide(table(path, WIDE, *wide_rows(), "3,9,80,37,1,54"), static=["age"])


def test_a_label_need_stand_only_once_and_patients_without_are_counted(path):
    rows = [*wide_rows(), "3,9,80,37,,", "98,1,80,37,,1", "98,2,80,37,NA,1"]
    data = read_wide(table(path, WIDE, *rows), static=["age"])
    assert 98 not in everything(data)[1] and len(everything(data)[1]) == 10
    assert "2 × row of a patient without a died, set aside (first: ward.csv, row 23)" in map(str, data.notes)


def test_labels_of_every_kind(path):
    def with_labels(*labels):
        rows = [f"{p},1,80,37,{labels[p % len(labels)]},1" for p in range(12)]
        data = read_wide(table(path, WIDE, *rows))
        return data.task, data.classes, everything(data)[1][1]

    assert with_labels("no", "yes") == ("binary", ("no", "yes"), "yes")
    assert with_labels("10", "9", "1") == ("multiclass", ("1", "9", "10"), "9")
    assert with_labels("1.5", "2", "3.25") == ("regression", (), 2.0)
    with pytest.raises(DataError, match="the same for every patient"):
        with_labels("1")


def test_duplicate_rows_count_once_and_are_counted(path):
    rows = [*wide_rows(), wide_rows()[4], "3,2,99,,1,53", ",,,,,"]
    data = read_wide(table(path, WIDE, *rows), static=["age"])
    assert len([row for row in everything(data)[0] if row[0] == 3]) == 3
    said = "\n".join(map(str, data.notes))
    assert "1 × row repeated word for word, read once (first: ward.csv, row 22)" in said
    assert "1 × measurement at a time already taken" in said and "patient 3" in said


def test_long_rows_without_a_name_or_a_value_are_counted(path):
    data = read_long(table(path, LONG, *long_rows(), "3,5,,80,1,53", "3,6,HR,,1,53", "3,7,HR,NA,1,53"))
    said = "\n".join(map(str, data.notes))
    assert "1 × row without a what, set aside (first: ward.csv, row 22)" in said
    assert "2 × row without a number, set aside (first: ward.csv, row 23)" in said
    assert len(everything(data)[0]) == 20


def test_patients_may_be_called_anything(path):
    rows = [
        f"{name},1,80,37,{place % 2},1" for place, name in enumerate(["007", "7", "Ann", "Bo", "Cy", "Di"])
    ]
    assert set(everything(read_wide(table(path, WIDE, *rows)))[1]) == {"007", "7", "Ann", "Bo", "Cy", "Di"}
    with pytest.raises(DataError, match="row 8, column 'id': is empty"):
        read_wide(table(path, WIDE, *rows, ",1,80,37,1,1"))


def split_rows(*extra):
    names = ["Train", "train", "val", "validation", "test", "TEST"]
    return [f"{p},1,80,37,{p % 2},{name}" for p, name in enumerate(names)] + list(extra)


def test_splits_as_given(path):
    data = read_wide(table(path, WIDE.replace("age", "set"), *split_rows("1,2,81,37,1,")), split="set")
    assert [split.patient.tolist() for split in data.splits.values()] == [[0, 1], [2, 3], [4, 5]]
    assert "set" not in data.train.x.variables


@pytest.mark.parametrize(
    "row, complaint",
    [
        ("1,2,80,37,1,test", r"row 8, column 'set': patient 1 has test here but train in row 3"),
        ("9,2,80,37,1,tset", r"column 'set': patient 9 is in 'tset'; write train, validation, test"),
        ("9,2,80,37,1,", r"column 'set': patient 9 is in 'no split'"),
    ],
)
def test_splits_that_cut_a_patient_or_are_unknown(path, row, complaint):
    with pytest.raises(DataError, match=complaint):
        read_wide(table(path, WIDE.replace("age", "set"), *split_rows(row)), split="set")


def test_a_split_without_patients_and_too_few_patients(path):
    with pytest.raises(DataError, match="no patient is in test"):
        read_wide(table(path, WIDE.replace("age", "set"), *split_rows()[:4]), split="set")
    with pytest.raises(DataError, match="cannot be split"):
        read_wide(table(path, WIDE, *wide_rows([1, 2])))


pieces = st.sampled_from(
    ["id", "hour", ",", "\n", "\r", '"', "1", "2.5", "", "x", "NA", "é", "\0", ";", "01:30", "2024-01-01"]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=80),
        st.lists(pieces, max_size=30).map(
            lambda p: ("\n".join([WIDE.strip(), *wide_rows(), "".join(p)])).encode()
        ),
        st.lists(st.lists(pieces, min_size=6, max_size=6), max_size=8).map(
            lambda rows: (WIDE + "\n".join(",".join(row) for row in rows)).encode()
        ),
    )
)
def test_anything_else_is_read_or_refused(path, content):
    path.write_bytes(content)
    try:
        read_wide(path, static=["age"])
    except DataError as error:
        assert "ward.csv" in str(error) or "cannot be split" in str(error) or "too few" in str(error)


cells = st.lists(st.lists(pieces, min_size=6, max_size=6), max_size=12)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=cells | cells.map(lambda found: [*(row.split(",") for row in long_rows()), *found]),
    more=st.fixed_dictionaries(
        {}, optional={"split": st.just("age"), "static": st.sampled_from(["age", "number"])}
    ),
)
def test_a_long_file_of_anything_is_read_or_refused(path, rows, more):
    path.write_bytes((LONG + "\n".join(",".join(row) for row in rows)).encode("utf-8", "replace"))
    with contextlib.suppress(DataError):
        read_long(path, **more)


# Many variables: gene expression has 20,000 to 60,000

GENES = 40_000


def test_a_wide_file_may_have_more_variables_than_int16_has_numbers(path):
    heading = "id,hour,died," + ",".join(f"g{gene}" for gene in range(GENES)) + "\n"
    values = ",".join(map(str, range(GENES)))
    data = read_wide(table(path, heading, *(f"{p},0,{p % 2},{values}" for p in range(10))))
    assert data.train.x.variables[-1] == f"g{GENES - 1}"
    for split in data.splits.values():
        assert (split.x.last() == np.arange(GENES)).all()


def test_a_long_file_likewise(path):
    rows = [f"{gene % 10},0,g{gene:05},{gene},{gene % 2},60" for gene in range(GENES)]
    data = read_long(table(path, LONG, *rows))
    found = {}
    for split in data.splits.values():
        names = np.array(split.x.variables)[split.x.variable]
        found |= dict(zip(names.tolist(), split.x.value.tolist(), strict=True))
    assert found == {f"g{gene:05}": gene for gene in range(GENES)}


# Columns with two roles


@pytest.mark.parametrize(
    "roles", [{"static": ["died"]}, {"static": "died"}, {"static": ["age", "age"]}, {"split": "id"}]
)
def test_a_column_in_two_roles_is_refused(path, roles):
    with pytest.raises(DataError, match="is named twice"):
        read_wide(table(path, WIDE, *wide_rows()), **roles)


def test_one_column_may_be_named_without_a_list(path):
    assert read_wide(table(path, WIDE, *wide_rows()), static="age").train.x.static_names == ("age",)
