"""FASTA files: what is read, what is noted, and everything that is refused, by line."""

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data.sequences import fasta
from medlearn.data.sequences.fasta import Fasta
from medlearn.errors import DataError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.fa"


def read(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Fasta.read(path)


def notes(file):
    return {note.what: (note.count, note.first) for note in file.notes}


# What is read


def test_a_sequence_may_stand_in_one_line_or_in_many(path):
    file = read(path, ">one first\nACGT\n>two\nAC\nGT\n\nA\n")
    assert file.sequences == ["ACGT", "ACGTA"] and file.lines == [1, 3] and not file.notes
    assert file.heads == ["one first", "two"] and file.names == ["one", "two"]
    assert file.masked == [0, 0] and not file.simulated


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_whatever_system_wrote_it(path, end, start):
    file = read(path, f"{start}>one{end}AC{end}GT{end}>two{end}AAAA")
    assert file.sequences == ["ACGT", "AAAA"] and file.heads == ["one", "two"] and not file.notes


def test_a_packed_file(tmp_path):
    file = read(tmp_path / "mine.fa.gz", gzip.compress(b">one\nACGT\n"))
    assert file.sequences == ["ACGT"]
    with pytest.raises(DataError, match=r"mine\.fa\.gz is damaged or no \.gz file"):
        read(tmp_path / "mine.fa.gz", b">one\nACGT\n")
    with pytest.raises(DataError, match=r"mine\.fa\.gz is damaged or no \.gz file"):
        read(tmp_path / "mine.fa.gz", gzip.compress(b">one\nACGT\n" * 99)[:-9])


def test_the_mark_of_a_simulator_is_seen_in_every_header(path):
    assert read(path, ">one simulated\nA\n>two simulated\nA\n").simulated
    assert not read(path, ">simulated\nA\n>two simulated\nA\n").simulated


# What is noted


def test_lower_case_is_kept_as_a_share(path):
    file = read(path, ">one\nACgt\n>two\nnnnn\n>three\nACGT\n")
    assert file.masked == [0.5, 1, 0] and file.sequences == ["ACGT", "NNNN", "ACGT"]


def test_u_is_read_as_t(path):
    file = read(path, ">one\nACGT\n>two\nAcgu\n")
    assert file.sequences == ["ACGT", "ACGT"]
    assert notes(file) == {"sequence with U, as RNA has it, read as T": (1, "mine.fa, line 3")}


def test_ambiguity_letters_are_counted(path):
    file = read(path, ">one\nACGT\n>two\nANNR\n>three\nnACG\n")
    assert notes(file) == {"letter other than A, C, G and T, kept": (4, "mine.fa, line 3")}


def test_two_records_of_one_name(path):
    file = read(path, ">one\nACGT\n>two\nAAAA\n>one more\nCCCC\n>one\nGGGG\n")
    assert notes(file) == {"name that stands more than once, kept": (2, "mine.fa, line 5")}


def test_a_name_without_a_sequence_is_set_aside(path):
    file = read(path, ">one\n>two\nACGT\n>three\n")
    assert file.heads == ["two"] and file.lines == [2]
    assert [(note.count, note.first) for note in file.notes] == [
        (1, "mine.fa, line 1"),
        (1, "mine.fa, line 4"),
    ]
    assert {note.what for note in file.notes} == {"name without a sequence below it, set aside"}


def test_spaces_are_left_out(path):
    file = read(path, ">one\nACGT ACGT\nAC\tGT\n")
    assert file.sequences == ["ACGTACGTACGT"]
    assert [note.first for note in file.notes] == ["mine.fa, line 2", "mine.fa, line 3"]
    assert {note.what for note in file.notes} == {"line with spaces inside a sequence, left out"}


def test_a_header_that_a_line_break_has_cut(path):
    file = read(path, ">hg19 range=chr1:1-4\n5'pad=0 strand=+\nACGT\nAC\n")
    assert file.sequences == ["ACGTAC"] and file.heads == ["hg19 range=chr1:1-4 5'pad=0 strand=+"]
    assert notes(file) == {"header cut by a line break, joined": (1, "mine.fa, line 2")}


# What is refused


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", r"mine\.fa is empty: there should be a line with '>' and a name, and DNA below it"),
        ("\n\n", "is empty"),
        (">one\n\n>two\n", "is empty"),
        ("ACGT\nACGT\n", r"line 1 has no '>' before it"),
        ("\n\nACGT\n>one\nACGT\n", r"line 3 has no '>' before it"),
        ("EI, HUM-DONOR-1, ACGT\n", r"line 1 is a row of a table and no FASTA: load it as 'splice'"),
        (">one\nACGT\n>two\nAC\n1 ACGT\n", r"line 5 has the digit '1' inside a sequence"),
        (">one\nACGT*\n", r"line 2 has a '\*', which ends a protein"),
        (">one\nACGT--AC\n", r"line 2 has a '-', as alignments do"),
        (">one\nMKTAYIAKQR\n", r"line 2 has the letter 'I', which is an amino acid's: give the DNA"),
        (">one\nACGÄ\n", r"line 2 has 'Ä' inside a sequence, which is no letter of DNA"),
        (">one\nACG\u212a\n", r"inside a sequence, which is no letter of DNA"),
        (">one\nAC\xa0GT;\n", r"line 2 has ';' inside a sequence"),
        (b">one\nACGT\n>\xff\nAC\n", r"line 3 is not UTF-8 text"),
        (">one\nACGT\n".encode("utf-16"), r"line 1 is not UTF-8 text"),
    ],
)
def test_what_is_refused(path, content, said):
    with pytest.raises(DataError, match=said):
        read(path, content)


def test_a_sequence_that_is_far_too_long(path):
    line = "ACGTACGTAC" * 1000
    assert len(read(path, ">one\n" + f"{line}\n" * 10).sequences[0]) == fasta.MOST_LETTERS
    with pytest.raises(
        DataError, match=r"line 3 begins a sequence of more than 100,000 letters, a chromosome"
    ):
        read(path, ">one\nA\n>two\n" + f"{line}\n" * 10 + "A\n")


def test_a_file_that_is_far_too_large(path, monkeypatch):
    monkeypatch.setattr(fasta, "MOST_BYTES", 1 << 20)
    pieces = ">ä\n" + "ACGT" * 1000 + "\n"
    assert read(path, pieces * 200).sequences
    with pytest.raises(DataError, match=r"mine\.fa has more than 1 MB: choose fewer sequences of it"):
        read(path, pieces * 300)


def test_a_file_that_is_not_there(path):
    with pytest.raises(DataError, match=r"mine\.fa cannot be read"):
        Fasta.read(path)


pieces = st.sampled_from(
    [">", "A", "acgt", "N", "\n", "\r", " ", "U", "*", "1", "=", ":", "é", "\0", ">x\nAC\n", ","]
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60), st.lists(pieces, max_size=40).map(lambda parts: "".join(parts).encode())
    )
)
def test_anything_else_is_read_or_refused(path, content):
    try:
        file = read(path, content)
    except DataError as error:
        assert "mine.fa" in str(error)
    else:
        assert len(file.heads) == len(file.sequences) == len(file.masked) == len(file.lines) > 0
        assert set("".join(file.sequences)) <= set("ACGTNRYSWKMBDHV") and all(file.sequences)
