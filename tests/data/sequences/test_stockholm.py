"""Stockholm files: which pairs are read, what is noted, and everything that is refused, by line."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data import load
from medlearn.data.sequences.stockholm import read_families
from medlearn.errors import DataError

ROWS = {"one/1-5": "MK.VLW", "two/1-6": "MRAVLW", "three/3-6": "..AILF"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.sth"


def alignment(rows=ROWS, name="Fam", width=99):
    """The text of one alignment, its rows wrapped to blocks of a `width`."""
    longest = max(map(len, rows.values()), default=0)
    blocks = [
        "\n".join(f"{called:<12} {row[start : start + width]}" for called, row in rows.items())
        for start in range(0, longest, width)
    ]
    heading = f"# STOCKHOLM 1.0\n#=GF ID   {name}\n#=GF CC   a family\n\n"
    return heading + "\n\n".join(blocks) + "\n#=GC cons   ......\n//\n"


def read(path, content, seed=0):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_families(path, seed=seed)


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def told(data):
    """The places that answer to each other, by the two sequences."""
    x, y = whole(data, "x"), whole(data, "y")
    return {tuple(pair): places.tolist() for pair, places in zip(x, y, strict=True)}


def notes(data):
    return {note.what: (note.count, note.first) for note in data.notes}


FEW = {"split without a family, since there are too few": (2, "validation")}


# What is read


def test_a_pair_is_a_case_and_what_stands_under_each_other_answers(path):
    data = read(path, alignment())
    assert (data.task, data.classes, data.cases) == ("none", (), "pairs")
    assert data.patients_known and not data.simulated and notes(data) == FEW
    assert told(data) == {
        ("MKVLW", "MRAVLW"): [[0, 0], [1, 1], [2, 3], [3, 4], [4, 5]],
        ("MKVLW", "AILF"): [[2, 1], [3, 2], [4, 3]],
        ("MRAVLW", "AILF"): [[2, 0], [3, 1], [4, 2], [5, 3]],
    }
    assert data.train.x.shape == (3, 2) and data.train.x.dtype == object
    np.testing.assert_allclose(data.train.about["identity"], [4 / 5, 1 / 3, 1 / 2])
    assert data.train.about["family"].tolist() == ["Fam"] * 3 and len(set(data.train.patient)) == 1


@pytest.mark.parametrize("width", [1, 2, 4])
def test_blocks_that_are_wrapped_are_joined(path, width):
    assert told(read(path, alignment(width=width))) == told(read(path, alignment()))


@pytest.mark.parametrize("gap", "-_~")
def test_every_usual_mark_of_a_gap_is_one(path, gap):
    rows = {name: row.replace(".", gap) for name, row in ROWS.items()}
    assert told(read(path, alignment(rows))) == told(read(path, alignment()))


def test_lower_case_beside_upper_case_is_an_insertion_that_answers_to_nothing(path):
    data = read(path, alignment({"one": "MKavW", "two": "MRcvW"}))
    assert told(data) == {("MKAVW", "MRCVW"): [[0, 0], [1, 1], [4, 4]]}
    assert notes(data)["sequence with letters in lower case, taken as insertions"] == (2, "mine.sth, line 5")


def test_an_alignment_in_lower_case_throughout_is_read_as_upper(path):
    data = read(path, alignment({name: row.lower() for name, row in ROWS.items()}))
    assert told(data) == told(read(path, alignment()))
    assert notes(data)["sequence with letters in lower case, read as upper"] == (3, "mine.sth, line 5")


def test_several_alignments_in_a_file_and_packed_files_in_a_folder(path, tmp_path):
    both = alignment(name="A") + "\n" + alignment({"x": "WWWW", "y": "WWCW"}, name="B")
    data = read(path, b"\xef\xbb\xbf" + both.replace("\n", "\r\n").encode())
    assert sorted(set(whole(data, "family"))) == ["A", "B"] and len(whole(data, "y")) == 4
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.stk").write_text(alignment(name="B"))
    (folder / "a.txt.gz").write_bytes(gzip.compress(alignment(name="A").encode()))
    (folder / "README.md").write_text("not read")
    (folder / ".hidden.sth").write_text("not read")
    assert sorted(set(whole(read_families(folder), "family"))) == ["A", "B"]


def test_families_are_apart_and_few_of_them_get_a_split_each(path):
    for count, sizes in ((1, [3, 0, 0]), (2, [3, 0, 3]), (3, [3, 3, 3]), (4, [6, 3, 3]), (10, [18, 6, 6])):
        data = read(path, "".join(alignment(name=f"F{number}") for number in range(count)))
        assert [len(split) for split in data.splits.values()] == sizes
        sides = [set(split.about["family"]) for split in data.splits.values()]
        assert sum(map(len, sides)) == len(set.union(*sides)) == count
        assert any("too few" in note.what for note in data.notes) == (count < 3)


def test_of_a_large_family_forty_different_pairs_are_drawn_by_the_seed(path):
    rng = np.random.default_rng(0)
    rows = {f"r{number}": "".join(rng.choice(list("MKVLWF"), 12)) for number in range(30)}
    first, same, other = (told(read(path, alignment(rows), seed)) for seed in (0, 0, 1))
    assert len(first) == 40 and list(first) == list(same) and set(first) != set(other)
    assert {sequence for pair in first for sequence in pair} <= set(rows.values())
    ten = {name: rows[name] for name in list(rows)[:9]}
    assert len(told(read(path, alignment(ten)))) == 36, "all, where there are no more"


def test_every_pair_is_drawn_once_where_there_are_up_to_forty(path):
    rows = {f"r{number}": "MKVLW" + "ACDEFGHIK"[number] for number in range(9)}
    ends = {(first[-1], second[-1]) for first, second in told(read(path, alignment(rows)))}
    assert ends == {(a, b) for a in "ACDEFGHIK" for b in "ACDEFGHIK" if a < b}


def test_a_family_without_a_name_is_called_after_its_line(path):
    data = read(path, alignment().replace("#=GF ID   Fam\n", ""))
    assert set(whole(data, "family")) == {"mine.sth, line 1"}
    data = read(path, alignment().replace("#=GF ID   Fam", "#=GF AC   PF1.2"))
    assert set(whole(data, "family")) == {"PF1.2"}


# What is noted


def test_a_family_of_one_sequence_is_set_aside_beside_others(path):
    data = read(path, alignment(name="A") + alignment({"x": "MKV"}, name="B"))
    assert set(whole(data, "family")) == {"A"}
    assert notes(data)["family of one sequence only, set aside"] == (1, "mine.sth, line 10")


def test_sequences_that_are_the_same_are_taken_once(path):
    data = read(path, alignment(ROWS | {"again": "M.KVLW"}))
    assert len(told(data)) == 3
    said = "sequence that stands more than once in its family, taken once"
    assert notes(data)[said] == (1, "mine.sth, line 8")


def test_a_row_of_gaps_and_a_pair_that_nothing_joins_are_set_aside(path):
    data = read(path, alignment({"a": "MKV...", "b": "...LWF", "c": "MKVLWF", "d": "......"}))
    assert set(told(data)) == {("MKV", "MKVLWF"), ("LWF", "MKVLWF")}
    assert notes(data)["sequence of gaps alone, set aside"] == (1, "mine.sth, line 8")
    assert notes(data)["pair of which nothing stands under each other, set aside"] == (1, "mine.sth, line 1")


def test_rare_letters_are_kept_and_counted(path):
    data = read(path, alignment({"a": "MXV*", "b": "MBZU"}))
    assert told(data) == {("MXV*", "MBZU"): [[n, n] for n in range(4)]}
    assert notes(data)["letter other than the 20 residues, kept"] == (5, "mine.sth, line 5")


def test_a_family_that_stands_twice_is_one_group(path):
    data = read(path, alignment() + alignment())
    assert len(set(whole(data, "patient"))) == 1
    assert notes(data)["family whose name stands more than once, one group"] == (1, "mine.sth, line 10")


def test_the_mark_of_a_simulator_is_seen_in_every_family(path):
    marked = alignment().replace("a family", "simulated")
    assert read(path, marked).simulated and not read(path, marked + alignment(name="B")).simulated


# What is refused


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", r"mine\.sth is empty: there should be '# STOCKHOLM 1\.0'"),
        ("\n\n", "is empty"),
        ("one MKV\n//\n", r"line 1 has no '# STOCKHOLM 1\.0' before it"),
        (alignment() + "one MKV\n", r"line 10 has no '# STOCKHOLM 1\.0' before it"),
        (">one\nMKV\n", r"line 1 begins with '>', as FASTA does"),
        ("CLUSTAL W\n\none MKV\n", r"line 1 begins a Clustal file"),
        (alignment().replace("//\n", ""), r"line 1 begins an alignment without '//' at its end"),
        (alignment().replace("//\n", "") + alignment(), r"line 1 begins an alignment without '//'"),
        (alignment({}), r"line 1 begins an alignment without a sequence"),
        (
            alignment(ROWS | {"four": "MKVL"}),
            r"line 8 begins a row, 'four', of 4 columns, .* first row has 6",
        ),
        (alignment(ROWS | {"four": "MKVLW"}, width=3), r"line 8 begins a row, 'four', of 5 columns"),
        (alignment().replace("two/1-6  ", "one/1-5  "), r"line 6 names 'one/1-5' again: give each"),
        (alignment().replace("MK.VLW", "MK VLW"), r"line 5 has 3 words, where a name and letters belong"),
        (alignment().replace("MK.VLW", ""), r"line 5 has 1 words"),
        (alignment(ROWS | {"four": "MKV4LW"}), r"line 8 has the digit '4' inside a sequence"),
        (alignment(ROWS | {"four": "MKV?LW"}), r"line 8 has '\?' inside a sequence"),
        (alignment({"a": "ACGU" * 5, "b": "ACGA" * 5}), r"line 1 begins an alignment of DNA or RNA"),
        (alignment({"a": "MKV"}), r"mine\.sth holds no family of two different sequences"),
        (alignment({"a": "MKV", "b": "MKV"}), r"holds no family of two different sequences"),
        (alignment({"a": "MK..", "b": "..VL"}), r"holds no family of two different sequences"),
        (b"# STOCKHOLM 1.0\n\xff\n", r"line 2 is not UTF-8 text"),
    ],
)
def test_a_fault_is_named_with_its_line(path, content, said):
    with pytest.raises(DataError, match=said):
        read(path, content)


def test_a_folder_without_a_stockholm_file_is_refused(tmp_path):
    (tmp_path / "SIMULATED.txt").write_text("a mark, and no alignment")
    with pytest.raises(DataError, match=r"holds no Stockholm file: its name should end in \.sth"):
        read_families(tmp_path)


pieces = st.sampled_from(
    [
        "# STOCKHOLM 1.0\n",
        "//\n",
        "a MKV\n",
        "b M-V\n",
        "a",
        " ",
        "MK",
        "\n",
        "#=GF ID x\n",
        "#=GR a b c\n",
        "é",
    ]
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60), st.lists(pieces, max_size=30).map(lambda parts: "".join(parts).encode())
    )
)
def test_anything_else_is_read_or_refused(path, content):
    try:
        data = read(path, content)
    except DataError as error:
        assert "mine.sth" in str(error)
    else:
        assert len(data.train) and all(len(places) for places in data.train.y)


def test_the_published_seeds(real_data):
    data = load("families", file=real_data / "pfam_seeds_dev")
    family, identity, y = (whole(data, name) for name in ("family", "identity", "y"))
    names, counts = np.unique(family, return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        **{"12TM_1": 21, "3Beta_HSD": 28, "120_Rick_ant": 1, "7kD_DNA_binding": 3, "Alpha_E1_glycop": 1},
        **{"ArsP_1": 40, "CBS": 6, "COX2_TM": 40, "Cyclin_N": 40, "HAT": 3},
    }
    assert len(y) == 183 and not data.simulated
    for name, share in (("12TM_1", 0.19), ("3Beta_HSD", 0.32), ("Cyclin_N", 0.35), ("COX2_TM", 0.36)):
        assert abs(identity[family == name].mean() - share) < 0.04, name
    said = "sequence that stands more than once in its family, taken once"
    assert notes(data)[said] == (5, "cath3.sth, line 33"), "two of CBS, and three of four of cath3"
    assert notes(data)["family of one sequence only, set aside"] == (1, "cath3.sth, line 1")
