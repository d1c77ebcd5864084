"""The one reader of CSV files: each fault by row and column."""

import contextlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data.csvfile import Table
from medlearn.errors import DataError


@pytest.fixture
def table(tmp_path):
    def write(text: str | bytes) -> Table:
        path = tmp_path / "some.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return Table.read(path)

    return write


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_divide_cells(table, mark):
    found = table(f"a{mark}b\n1{mark} NA \n\n3{mark}x\n")
    assert found.columns["a"].tolist() == ["1", "3"] and found.columns["b"].tolist() == ["", "x"]
    assert found.rows.tolist() == [2, 4], "as a spreadsheet counts"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a,b\n", "is empty"),
        ("a,a\n1,2\n", "two columns called 'a'"),
        ("a,b\n1,2\n3\n", "row 3 has 1 cells, but there are 2 headings"),
        ("a,b\n1,2,3\n", "row 2 has 3 cells"),
        ('a,b\n"1,2\n', "cannot be read as a CSV file"),
        (b"a,b\n\xff,1\n", "is not UTF-8 text"),
        (f"a,b\n{'x' * 200_000},1\n", "cannot be read as a CSV file: field larger than"),
    ],
)
def test_a_file_that_is_no_table_is_refused(table, text, message):
    with pytest.raises(DataError, match=message):
        table(text)


def test_a_file_that_is_not_utf_8_is_read_in_the_encoding_named(tmp_path):
    (tmp_path / "old.csv").write_bytes("name,age\nJosé,1\n".encode("latin-1"))
    (tmp_path / "new.csv").write_text("name,age\nJosé,1\n", encoding="utf-8")
    for name in ("old.csv", "new.csv"):
        assert Table.read(tmp_path / name, otherwise="latin-1").columns["name"].tolist() == ["José"]


def test_numbers_are_read_and_their_faults_named(table):
    found = table("id,age\n1,36.6\n2,\n3,old\n")
    assert found.numbers("id").tolist() == [1, 2, 3]
    with pytest.raises(
        DataError, match=r"some.csv, row 4, column 'age': 'old' stands where a number belongs"
    ):
        found.numbers("age")
    with pytest.raises(DataError, match="has no column 'sex'; its columns are: id, age"):
        found.require("id", "sex")


def test_rows_repeated_word_for_word_are_read_once_and_noted(table):
    found = table("id,age\n1,2\n1,3\n1,2\n1,2\n").without_repeats()
    assert found.columns["age"].tolist() == ["2", "3"]
    assert str(found.notes[0]) == "2 × row repeated word for word, read once (first: some.csv, row 4)"


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(codec="utf-8") | st.sampled_from(',;\t\n\r"'), max_size=60) | st.binary(max_size=60)
)
def test_any_text_is_a_table_or_refused(table, text):
    with contextlib.suppress(DataError):
        found = table(text).without_repeats()
        for column in found.columns:
            with contextlib.suppress(DataError):
                found.numbers(column)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "some.csv")
    with pytest.raises(DataError, match=r"some\.csv is a pipe or a device"):
        Table.read(tmp_path / "some.csv")


def test_a_name_that_no_file_can_have_is_a_sentence():
    with pytest.raises(DataError, match="cannot be read"):
        Table.read("a\0b.csv")
