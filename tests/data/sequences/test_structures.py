"""Secondary structure in NetSurfP's CSV: what is read, what is noted, and everything that is refused."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data import load
from medlearn.data.sequences.structures import read_structures
from medlearn.errors import DataError

HEADING = "input, dssp3, dssp8, disorder, cb513_mask"


def rows(count=8):
    """Chains of four residues, each another."""
    return [
        ["M K V " + "ACDEFGHIKL"[n], "C H E C", "S H E T", "1.0 1.0 1.0 0.0", "1.0 1.0 1.0 0.0"]
        for n in range(count)
    ]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.csv"


def read(path, table, heading=HEADING):
    path.write_text("\n".join([heading, *map(",".join, table)]) + "\n", encoding="utf-8")
    return read_structures(path)


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def labels(data):
    """The labels of each row, by its number."""
    return {
        int(row): one.tolist()
        for split in data.splits.values()
        for row, one in zip(split.about["row"], split.y, strict=True)
    }


def notes(data):
    return {note.what: (note.count, note.first) for note in data.notes}


def test_a_row_is_a_case_with_a_label_a_residue(path):
    data = read(path, rows())
    assert (data.task, data.classes, data.cases) == ("labelling", ("coil", "helix", "strand"), "chains")
    assert data.patients_known and not data.simulated and not data.notes
    assert labels(data) == {row: [0, 1, 2, -1] for row in range(2, 10)}
    assert sorted(whole(data, "x")) == sorted("MKV" + letter for letter in "ACDEFGHI")
    assert whole(data, "x").dtype == object and len(set(whole(data, "patient"))) == 8


def test_letters_without_spaces_and_packed_files_make_no_difference(path, tmp_path):
    plain = labels(read(path, rows()))
    joined = [[chain.replace(" ", ""), three.replace(" ", ""), *rest] for chain, three, *rest in rows()]
    assert labels(read(path, joined)) == plain
    packed = tmp_path / "folder" / "CB513_HHblits.csv.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")))
    for place in (packed, packed.parent):
        assert labels(read_structures(place)) == plain


def test_the_rows_of_one_chain_are_on_one_side_and_are_noted(path):
    table = rows() + [[*row[:4], "0 0 0 1"] for row in rows(4)]
    data = read(path, table)
    assert len(whole(data, "x")) == 12 and len(set(whole(data, "patient"))) == 8
    assert labels(data)[2] == [0, 1, 2, -1] and labels(data)[10] == [-1, -1, -1, 0]
    sides = [set(split.x) for split in data.splits.values()]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
    assert notes(data) == {"chain that stands more than once, in one group": (4, "mine.csv, row 10")}


def test_the_first_mask_that_a_file_has_is_taken(path):
    table = [[*row[:3], "1 1 0 1", "0 1 1 1"] for row in rows()]
    assert labels(read(path, table))[2] == [-1, 1, 2, 0]
    without = [row[:4] for row in table]
    assert labels(read(path, without, "input,dssp3,dssp8,disorder"))[2] == [0, 1, -1, 0]
    data = read(path, [row[:2] for row in table], "input,dssp3")
    assert labels(data)[2] == [0, 1, 2, 0]
    assert notes(data) == {"file without a mask, so that every residue counts": (1, "mine.csv")}


def test_what_is_odd_is_noted(path):
    table = rows()
    table[1][0], table[2][0], table[3][4] = "m k v A", "M X U *", "0 0 0 0"
    table[0][0] = "M K V L"
    table.append(table[5])
    data = read(path, table)
    assert notes(data) == {
        "row repeated word for word, read once": (1, "mine.csv, row 10"),
        "chain with letters in lower case, read as upper": (1, "mine.csv, row 3"),
        "letter other than the 20 residues, kept": (3, "mine.csv, row 4"),
        "chain of which no residue counts, set aside": (1, "mine.csv, row 5"),
    }
    assert {"MKVA", "MXU*"} <= set(whole(data, "x")) and 5 not in labels(data)


def test_the_mark_of_a_simulator_is_a_column(path):
    assert read(path, [[*row, "1"] for row in rows()], f"{HEADING}, simulated").simulated


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (0, "", r"column 'input': is empty; give the chain or remove the row"),
        (0, "M K 4 A", r"column 'input': has the digit '4' inside a sequence"),
        (0, "M K - A", r"column 'input': has a '-', as alignments do"),
        (1, "C H E", r"column 'dssp3': has 3 values, but the chain has 4 residues: mend the row"),
        (1, "C H E G", r"column 'dssp3': has 'G', which is one of the eight states: give H, E or C"),
        (1, "C H E 2", r"column 'dssp3': has '2', which is no state: give H, E or C"),
        (4, "1 1 1", r"column 'cb513_mask': has 3 values, but the chain has 4 residues"),
        (4, "", r"column 'cb513_mask': has 0 values, but the chain has 4 residues"),
        (4, "1 1 0.5 0", r"column 'cb513_mask': has '0\.5', where 0 or 1 belongs"),
        (4, "1 1 yes 0", r"column 'cb513_mask': has 'yes', where 0 or 1 belongs"),
    ],
)
def test_a_cell_that_does_not_do_is_named(path, column, cell, said):
    table = rows()
    table[3][column] = cell
    with pytest.raises(DataError, match=rf"mine\.csv, row 5, {said}"):
        read(path, table)


@pytest.mark.parametrize(
    ("table", "heading", "said"),
    [
        ([], HEADING, "is empty: there should be a row of headings"),
        ([row[1:] for row in rows()], "dssp3,dssp8,disorder,cb513_mask", "has no column 'input'"),
        ([[row[0], row[2]] for row in rows()], "input,dssp8", "has no column 'dssp3'; its columns are"),
        (
            [["A C G T " * 2, "C " * 8, "C " * 8, "1 " * 8, "1 " * 8]] * 1
            + [["ACGTA", "C" * 5, "", "1 " * 5, "1 " * 5], ["GGCA" * 2, "C" * 8, "", "1 " * 8, "1 " * 8]],
            HEADING,
            "column 'input' holds DNA",
        ),
        ([[*row[:4], "0 0 0 0"] for row in rows()], HEADING, "has no residue that counts"),
    ],
)
def test_a_file_that_does_not_do_is_refused(path, table, heading, said):
    with pytest.raises(DataError, match=rf"mine\.csv.*{said}"):
        read(path, table, heading)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_of_few_chains_each_split_gets_one_and_the_rest_is_noted(path, count):
    data = read(path, rows(count), HEADING)
    sizes = [len(data.train), len(data.test), len(data.validation)]
    assert sizes == [1] * count + [0] * (3 - count)
    assert any("split without a chain" in note.what for note in data.notes) == (count < 3)


pieces = st.sampled_from(
    [f"{HEADING}\n", "M K,C H,S H,1 1,1 1\n", "A K,C H,S H,1 1,1 1\n", ",", "M", " ", "\n", '"', "é"]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60), st.lists(pieces, max_size=30).map(lambda parts: "".join(parts).encode())
    )
)
def test_anything_else_is_read_or_refused(path, content):
    path.write_bytes(content)
    try:
        data = read_structures(path)
    except DataError as error:
        assert "mine.csv" in str(error)
    else:
        assert len(data.train.x)


def test_the_published_file(real_data):
    data = load("structures", file=real_data / "cb513")
    assert len(whole(data, "x")) == 509 and len(set(whole(data, "patient"))) == 430
    every = np.concatenate([split.y["value"] for split in data.splits.values()])
    assert np.bincount(every[every >= 0]).tolist() == [36_199, 29_102, 18_690]
    assert notes(data)["letter other than the 20 residues, kept"][0] == 99
    assert notes(data)["chain of which no residue counts, set aside"] == (2, "CB513_HHblits.csv, row 300")
    assert notes(data)["chain that stands more than once, in one group"][0] == 79
