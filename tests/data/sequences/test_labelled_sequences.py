"""Promoters and enhancers in FASTA files: what is read, what is noted, and everything that is refused."""

import gzip
import shutil

import numpy as np
import pytest

from medlearn.data import load
from medlearn.data.sequences.labelled import read_enhancers, read_promoters
from medlearn.data.sequences.letters import other_strand
from medlearn.errors import DataError

COUNT = 20


def drawn(seed, count=COUNT, length=12):
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("ACGT"), length)) for _ in range(count)]


def write(path, sequences, heads=None):
    heads = heads or [f"{path.stem}{n}" for n in range(len(sequences))]
    path.write_text("".join(f">{head}\n{text}\n" for head, text in zip(heads, sequences, strict=True)))
    return path


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def notes(data):
    return {note.what: (note.count, note.first, note.grave) for note in data.notes}


# Promoters


def pair(folder, positive=None, negative=None):
    """Two files of ones own, as the reader takes them."""
    a = write(folder / "a.fa", positive or drawn(1))
    return a, write(folder / "b.fa", negative or drawn(2))


def read(folder, positive=None, negative=None):
    a, b = pair(folder, positive, negative)
    return read_promoters(a, negative=b)


def test_two_files_are_two_classes(tmp_path):
    data = read(tmp_path)
    assert (data.task, data.classes, data.patients_known) == ("binary", ("other", "promoter"), False)
    assert not data.notes and not data.simulated
    x, y = whole(data, "x"), whole(data, "y")
    assert sorted(x[y == 1]) == sorted(drawn(1)) and sorted(x[y == 0]) == sorted(drawn(2))
    assert all(name.startswith("ba"[label]) for name, label in zip(whole(data, "name"), y, strict=True))
    assert [len(split) for split in data.splits.values()] == [24, 8, 8]


@pytest.mark.parametrize("ending", [".fa", ".fasta", ".txt", ".fa.gz"])
def test_a_folder_holds_both(tmp_path, ending):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, file in zip(("positive", "negative"), pair(tmp_path), strict=True):
        content = file.read_bytes()
        (folder / f"{name}{ending}").write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    assert np.array_equal(whole(read_promoters(folder), "x"), whole(read(tmp_path), "x"))


def test_identical_sequences_on_either_strand_stay_together(tmp_path):
    positive = drawn(1)
    positive[1], positive[2] = positive[0], other_strand(positive[0])
    data = read(tmp_path, positive)
    patient, x = whole(data, "patient"), whole(data, "x")
    assert len(set(patient[np.isin(x, positive[:3])])) == 1 and len(set(patient)) == 2 * COUNT - 2
    assert notes(data) == {"sequence that stands more than once, kept": (1, "a.fa, line 1", False)}


def test_a_shuffle_that_keeps_pairs_stays_with_its_sequence_on_either_strand(tmp_path):
    """Another order of the same letters, with other pairs, is a group of its own."""
    positive, negative = drawn(1), drawn(2)
    positive[:2] = "AACATAACGACT", "AACATTCGGACT"
    negative[:3] = "AAATACACGACT", other_strand("AAATACACGACT"), "AAAAACCCGTTT"[::-1]
    data = read(tmp_path, positive, negative)
    patient, x = whole(data, "patient"), whole(data, "x")
    assert len(set(patient[np.isin(x, [positive[0], *negative[:2]])])) == 1
    assert len(set(patient)) == 2 * COUNT - 2
    assert not any(note.grave for note in data.notes)


def test_the_same_sequence_in_both_classes_is_grave(tmp_path):
    negative = drawn(2)
    negative[3] = other_strand(drawn(1)[4])
    assert notes(read(tmp_path, None, negative)) == {
        "sequence that stands in two classes, kept": (1, "b.fa, line 7", True)
    }


def test_lower_case_by_class_is_told(tmp_path):
    negative = [text.lower() if n < 10 else text for n, text in enumerate(drawn(2))]
    data = read(tmp_path, None, negative)
    what = (
        "sequence with letters in lower case (other 50 %, promoter 0 %; they tell the class, so they are read"
    )
    assert notes(data) == {f"{what} as upper case)": (10, "b.fa, line 1", False)}
    assert whole(data, "masked").sum() == 10 and all(map(str.isupper, whole(data, "x")))
    alike = [[text[:6].lower() + text[6:] for text in drawn(seed)] for seed in (1, 2)]
    assert [note.what for note in read(tmp_path, *alike).notes] == [
        "sequence with letters in lower case (other 50 %, promoter 50 %; read as upper case)"
    ]


def test_what_a_file_says_of_itself_is_kept(tmp_path):
    positive = drawn(1)
    positive[0] = positive[0][:-1] + "N"
    assert notes(read(tmp_path, positive)) == {
        "letter other than A, C, G and T, kept": (1, "a.fa, line 1", False)
    }


def test_the_negative_file_must_be_given_and_be_another(tmp_path):
    a, b = pair(tmp_path)
    with pytest.raises(
        DataError, match=r"a\.fa holds one class: name the FASTA file of other sequences with neg"
    ):
        read_promoters(a)
    with pytest.raises(DataError, match=r"a\.fa is named as both classes: name another file with negative="):
        read_promoters(a, negative=a)
    with pytest.raises(DataError, match=r"a\.fa hold the same sequences: give one of other sequences"):
        read_promoters(a, negative=shutil.copy(a, b))


def test_a_folder_that_does_not_do_is_named(tmp_path):
    with pytest.raises(
        DataError, match=r"holds no negative\.fa: there should be one FASTA file called negative"
    ):
        read_promoters(tmp_path)
    write(tmp_path / "negative.fa", drawn(1))
    with pytest.raises(DataError, match=r"holds no positive\.fa"):
        read_promoters(tmp_path)
    write(tmp_path / "negative.txt", drawn(1))
    with pytest.raises(DataError, match=r"holds negative\.fa and negative\.txt: there should be one"):
        read_promoters(tmp_path)
    with pytest.raises(DataError, match=r"negative= goes with file= of promoters, but .* is a folder"):
        read_promoters(tmp_path, negative=tmp_path / "negative.fa")


def test_a_sequence_of_another_length_is_named(tmp_path):
    positive = drawn(1)
    positive[4] += "A"
    with pytest.raises(
        DataError, match=r"a\.fa, line 9 has 13 letters, but the first sequence has 12: cut them"
    ):
        read(tmp_path, positive)


def test_too_few_sequences_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"a\.fa: (train|validation|test) has no sequence of the class '"):
        read(tmp_path, drawn(1, 2), drawn(2, 2))


def test_a_pair_of_ones_own_by_name(tmp_path, capsys):
    a, b = pair(tmp_path)
    data = load("promoters", file=a, negative=b)
    assert f"promoters: 40 real sequences (train 24, validation 8, test 8), {a}" in capsys.readouterr().out
    assert not data.simulated
    with pytest.raises(DataError, match="negatives is chosen where data are simulated"):
        load("promoters", file=a, negative=b, negatives="coding")


# Enhancers

CHROMOSOMES = ("chr1", "chr2", "chr3", "chrX", "chr21")


def enhancers(folder, *, test=False, heads=None):
    """The files of a folder: two sequences a chromosome in each; those of test repeat none."""
    for seed, strength in enumerate(("non", "weak", "strong")):
        named = heads or [f"{CHROMOSOMES[n % 5]}_{n}_{n + 12}" for n in range(10)]
        write(folder / f"train_{strength}_enhancers.txt", drawn(seed, 10), named)
        if test:
            write(folder / f"test_{strength}_enhancers.txt", drawn(10 + seed, 10), named)
    return folder


def test_the_files_of_a_folder_tell_strength_and_part(tmp_path):
    data = read_enhancers(enhancers(tmp_path, test=True))
    assert (data.task, data.classes, data.patients_known) == ("binary", ("other", "enhancer"), True)
    strength, x, part = (whole(data, name) for name in ("strength", "x", "part"))
    assert np.array_equal(whole(data, "y"), strength > 0)
    for level in range(3):
        assert sorted(x[(strength == level) & (part == "train")]) == sorted(drawn(level, 10))
        assert sorted(x[(strength == level) & (part == "test")]) == sorted(drawn(10 + level, 10))
    assert not {note.what for note in data.notes} - {"name that stands more than once, kept"}


def test_a_chromosome_stays_on_one_side(tmp_path):
    data = read_enhancers(enhancers(tmp_path))
    assert np.array_equal(whole(data, "patient"), whole(data, "chromosome"))
    assert sorted({*whole(data, "chromosome")}) == sorted(CHROMOSOMES)
    sides = [set(split.patient) for split in data.splits.values()]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


@pytest.mark.parametrize(
    ("head", "chromosome"),
    [
        ("chr1:1-200", "chr1"),
        ("chrX_2970600_2970800", "chrX"),
        ("Chr11_6627824_6628024", "chr11"),
        ("hg19_ct_UserTrack_3545_11005range=chr12:132363991-1323641905'pad=0 3'pad=0", "chr12"),
    ],
)
def test_headers_name_chromosomes_in_several_ways(tmp_path, head, chromosome):
    heads = [f"{CHROMOSOMES[n % 5]}_{n}" for n in range(9)]
    data = read_enhancers(enhancers(tmp_path, heads=[*heads, head]))
    found = whole(data, "chromosome")[np.isin(whole(data, "x"), [drawn(seed, 10)[-1] for seed in range(3)])]
    assert found.tolist() == [chromosome] * 3


@pytest.mark.parametrize("head", ["sequence 10", "chr", "chr123_1_200", "chrUn_gl000220"])
def test_a_header_without_a_chromosome_is_named(tmp_path, head):
    heads = [f"{CHROMOSOMES[n % 5]}_{n}" for n in range(9)]
    with pytest.raises(
        DataError, match=r"train_non_enhancers\.txt, line 19 names no chromosome, as chr1:1-200 does"
    ):
        read_enhancers(enhancers(tmp_path, heads=[*heads, head]))


def test_test_sequences_that_stand_in_training_are_taken_once(tmp_path):
    enhancers(tmp_path, test=True)
    again = drawn(2, 3)
    write(tmp_path / "test_strong_enhancers.txt", [*again, *drawn(12, 7)], [f"chr3_{n}" for n in range(10)])
    data = read_enhancers(tmp_path)
    x, part = whole(data, "x"), whole(data, "part")
    assert len(x) == 57 and sorted(x[part == "both"]) == sorted(again)
    what = "sequence of a test file that stands in training, taken once"
    assert notes(data)[what] == (3, "test_strong_enhancers.txt, line 1", False)


def test_a_test_sequence_of_another_class_in_training_is_kept_and_grave(tmp_path):
    enhancers(tmp_path, test=True)
    write(tmp_path / "test_non_enhancers.txt", drawn(2, 1), ["chr1_1"])
    data = read_enhancers(tmp_path)
    assert len(whole(data, "x")) == 51
    assert notes(data)["sequence that stands in two classes, kept"][::2] == (1, True)


def test_a_folder_without_both_classes_is_named(tmp_path):
    enhancers(tmp_path)
    (tmp_path / "train_strong_enhancers.txt").unlink()
    assert set(whole(read_enhancers(tmp_path), "strength")) == {0, 1}
    (tmp_path / "train_weak_enhancers.txt").unlink()
    with pytest.raises(DataError, match=r"holds no train_strong_enhancers\.txt: both classes are needed"):
        read_enhancers(tmp_path)
    with pytest.raises(DataError, match=r"is one file: give the folder"):
        read_enhancers(tmp_path / "train_non_enhancers.txt")


def test_the_published_enhancers(real_data):
    data = load("enhancers", file=real_data / "enhancer_dna")
    assert np.bincount(whole(data, "strength")).tolist() == [1684, 842, 742] and not data.simulated
    names, counts = np.unique(whole(data, "part"), return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "both": 100,
        "test": 300,
        "train": 2868,
    }
    masked, y = whole(data, "masked"), whole(data, "y")
    assert masked[y == 0].mean() > masked[y == 1].mean() + 0.2 and len(set(whole(data, "patient"))) == 23
