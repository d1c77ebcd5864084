"""Splice sites in UCI's format: what is read, what is noted, and everything that is refused."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data import load
from medlearn.data.sequences.splice import read_splice
from medlearn.errors import DataError

ROWS = 60


def rows(count=ROWS):
    """Three classes, two rows a locus, no two alike."""
    rng = np.random.default_rng(0)
    drawn = ["".join(rng.choice(list("ACGT"), 12)) for _ in range(count)]
    return [[("EI", "IE", "N")[n % 3], f"HUM{n // 2}-DONOR-{n}", drawn[n]] for n in range(count)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.data"


def read(path, table):
    path.write_text("".join(",    ".join(row) + "\n" for row in table), encoding="utf-8")
    return read_splice(path)


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def notes(data):
    return {note.what: (note.count, note.first, note.grave) for note in data.notes}


def groups(data):
    """The names of the rows of each group."""
    patient, name = whole(data, "patient"), whole(data, "name")
    return {frozenset(name[patient == one].tolist()) for one in set(patient.tolist())}


def test_a_row_is_a_case(path):
    table = rows()
    data = read(path, table)
    assert (data.task, data.classes) == ("multiclass", ("donor", "acceptor", "neither"))
    assert data.patients_known and not data.simulated and not data.notes
    told = dict(
        zip(whole(data, "name").tolist(), zip(whole(data, "x"), whole(data, "y"), strict=True), strict=True)
    )
    assert told == {name: (text, ["EI", "IE", "N"].index(label)) for label, name, text in table}
    assert whole(data, "x").dtype == object and whole(data, "y").dtype == np.int64


def test_rows_of_one_locus_and_rows_with_the_same_letters_are_one_group(path):
    table = rows()
    table[0][2] = table[9][2].lower()
    data = read(path, table)
    names = [row[1] for row in table]
    assert groups(data) == {frozenset(names[n : n + 2]) for n in range(2, ROWS, 2) if n != 8} | {
        frozenset([*names[:2], *names[8:10]])
    }
    sides = [set(split.patient) for split in data.splits.values()]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


def test_what_is_odd_is_noted(path):
    table = rows()
    table[2][2], table[5][2], table[7][2] = "NNRACGTACGTA", "acgtacgtacgt", "ACGUACGUACGA"
    table[30][2] = table[31][2] = "AAAAAAAAAAAC"
    table[30][0], table[31][0], table[33][2] = "N", "EI", table[36][2]
    assert notes(read(path, table)) == {
        "letter other than A, C, G and T, kept": (3, "mine.data, row 3", False),
        "sequence with letters in lower case, read as upper": (1, "mine.data, row 6", False),
        "sequence with U, as RNA has it, read as T": (1, "mine.data, row 8", False),
        "sequence that stands in two classes, kept": (1, "mine.data, row 31", True),
        "sequence that stands more than once, kept": (1, "mine.data, row 34", False),
    }


def test_windows_line_ends_a_mark_at_the_start_and_packed_files_make_no_difference(path, tmp_path):
    plain = whole(read(path, rows()), "x")
    content = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    packed = tmp_path / "folder" / "splice.data.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(content))
    for place in (packed, packed.parent):
        assert np.array_equal(whole(read_splice(place), "x"), plain)


@pytest.mark.parametrize(
    ("place", "row", "said"),
    [
        (0, [">one"], r"row 1 begins with '>', as FASTA does: rows EI, NAME, SEQUENCE belong here"),
        (4, ["EI", "ACGT"], r"row 5 has 2 cells, where EI, NAME, SEQUENCE belong"),
        (4, ["XX", "A-1", "ACGT"], r"row 5 begins with 'XX', not with EI, IE or N: mend it"),
        (4, ["ACGTACGTACGT", "A-1", "EI"], r"row 5 .*class and sequence are swapped, put the class first"),
        (4, ["EI", "A-1", ""], r"row 5 has no sequence"),
        (4, ["EI", "", "ACGTACGTACGT"], r"row 5 has no name"),
        (4, ["EI", "A-1", "ACGT3CGTACGT"], r"row 5 has the digit '3'"),
        (4, ["EI", "A-1", "MKLVACGTACGT"], r"row 5 has the letter 'L', which is an amino acid's"),
        (4, ["EI", "A-1", "ACGTACGTACG"], r"row 5 has 11 letters, but the first sequence has 12"),
    ],
)
def test_a_row_that_is_none_is_named(path, place, row, said):
    table = rows()
    table[place] = row
    with pytest.raises(DataError, match=rf"mine\.data, {said}"):
        read(path, table)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "is empty: there should be rows such as EI, NAME, SEQUENCE"),
        ([row for row in rows() if row[0] == "N"], "has no sequence of the class 'donor'"),
        (
            [[label, "A-1", text] for label, _, text in rows()],
            "too few sequences, or groups, for three splits",
        ),
        (rows(10), "has no sequence of the class"),
    ],
)
def test_a_file_that_does_not_do_is_refused(path, table, said):
    with pytest.raises(DataError, match=rf"mine\.data.*{said}"):
        read(path, table)


pieces = st.sampled_from(["EI,A-1,ACGT\n", "N,B,ACGA\n", "IE,C-2,", ",", "A", "\n", '"', "\0", "é", ">", "N"])


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60), st.lists(pieces, max_size=30).map(lambda parts: "".join(parts).encode())
    )
)
def test_anything_else_is_read_or_refused(path, content):
    path.write_bytes(content)
    try:
        data = read_splice(path)
    except DataError as error:
        assert "mine.data" in str(error)
    else:
        assert set(whole(data, "y")) == {0, 1, 2}


def test_the_published_file(real_data, capsys):
    data = load("splice", file=real_data / "uci_splice")
    first, second = capsys.readouterr().out.splitlines()
    assert "splice: 3,190 real sequences" in first
    assert second.startswith("! 1 × sequence that stands in two classes, kept (first: splice.data, row")
    assert np.bincount(whole(data, "y")).tolist() == [767, 768, 1655] and set(map(len, whole(data, "x"))) == {
        60
    }
    assert len(set(whole(data, "patient"))) == 1440
    assert notes(data)["letter other than A, C, G and T, kept"][0] == 60
