"""Tagged tokens: what is read, what is noted, and everything that is refused."""

import doctest
import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data import load
from medlearn.data.catalogue import find
from medlearn.data.text import tagged
from medlearn.data.text.tagged import MOST_TOKENS, read_tagged, tag_names
from medlearn.errors import DataError

SENTENCE = "No\tO\nacute\tB-Disease\nkeltoritis\tI-Disease\n.\tO\n\n"


def test_examples():
    assert doctest.testmod(tagged).failed == 0


def write(place, text):
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return place


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.tsv"


@pytest.fixture
def folder(tmp_path):
    """Train with diseases and drugs, devel and test with diseases."""
    place = tmp_path / "own"
    write(place / "train.tsv", SENTENCE * 2 + "talkadrel\tB-Drug\n\n")
    write(place / "devel.tsv", SENTENCE.replace("keltor", "morvil"))
    write(place / "test.tsv", SENTENCE.replace("keltor", "brabel"))
    return place


def whole(data, of):
    return [case.tolist() for split in data.splits.values() for case in of(split)]


def read_one(path, text, **options):
    return read_tagged(write(path, text), **options)


def notes(data):
    return {note.what: (note.count, note.first, note.grave) for note in data.notes}


# What is read


def test_tags_are_numbers_in_the_order_of_the_types(folder):
    data = read_tagged(folder)
    assert (data.task, data.classes, data.cases, data.objects) == (
        "tagging",
        ("disease", "drug"),
        "sentences",
        "tokens",
    )
    assert tag_names(data.classes) == ("O", "B-disease", "I-disease", "B-drug", "I-drug")
    assert whole(data, lambda split: split.x)[0] == ["No", "acute", "keltoritis", "."]
    assert whole(data, lambda split: split.y)[:3] == [[0, 1, 2, 0], [0, 1, 2, 0], [3]]
    assert [len(split) for split in data.splits.values()] == [3, 1, 1]
    assert not data.patients_known and not data.simulated and not data.notes
    assert whole(data, lambda split: split.patient[:, None]) == [[0], [1], [2], [3], [4]]
    assert data.train.x["value"].dtype == object and data.train.y["value"].dtype == np.int64


def test_the_entry_has_another_order(folder):
    assert read_tagged(folder, entry=find("notes")).classes == ("disease", "drug", "identifier")
    assert read_tagged(folder, entry=find("diseases")).classes == ("disease", "drug")


@pytest.mark.parametrize(("devel", "ending"), [("dev", "txt"), ("valid", "conll"), ("validation", "tsv.gz")])
def test_files_may_be_called_otherwise(tmp_path, devel, ending):
    for name in ("Train", devel, "test"):
        text = SENTENCE.encode()
        packed = gzip.compress(text) if ending.endswith("gz") else text
        write(tmp_path / "other" / f"{name}.{ending}", packed)
    assert [len(split) for split in read_tagged(tmp_path / "other").splits.values()] == [1, 1, 1]


def test_spaces_windows_lines_and_a_mark_at_the_start_make_no_difference(path):
    plain = read_one(path, SENTENCE * 10)
    for text in (
        SENTENCE.replace("\t", " "),
        SENTENCE.replace("\n", "\r\n"),
        SENTENCE.replace("\n", "\r"),
        SENTENCE + "\n\n",
        SENTENCE.replace("\n\n", "\n \t \n"),
    ):
        other = read_one(path, "\ufeff" + text * 10)
        assert whole(other, lambda split: split.x) == whole(plain, lambda split: split.x)
        assert whole(other, lambda split: split.y) == whole(plain, lambda split: split.y) and not other.notes


def test_one_file_is_dealt_out_by_sentence_and_seed(path):
    text = "".join(SENTENCE.replace("keltor", f"kelt{n}") for n in range(20))
    first, again, other = (read_one(path, text, seed=seed) for seed in (0, 0, 1))
    assert [len(split) for split in first.splits.values()] == [12, 4, 4]
    assert whole(first, lambda split: split.x) == whole(again, lambda split: split.x)
    assert whole(first, lambda split: split.x) != whole(other, lambda split: split.x)
    assert [len(split) for split in read_tagged(path.parent).splits.values()] == [12, 4, 4]


def test_tags_without_a_type_are_of_one(path):
    data = read_one(path, SENTENCE.replace("-Disease", "") * 10)
    assert data.classes == ("entity",) and whole(data, lambda split: split.y)[0] == [0, 1, 2, 0]


def test_documents_stay_together(path):
    text = "".join(f"-DOCSTART- -X- O\n\n{SENTENCE * (1 + n % 3)}" for n in range(12))
    data = read_one(path, text)
    assert data.patients_known
    sizes = np.concatenate(
        [np.unique(split.patient, return_counts=True)[1] for split in data.splits.values()]
    )
    assert sorted(sizes) == [1] * 4 + [2] * 4 + [3] * 4
    assert np.array_equal(data.train.about["document"], data.train.patient)


def test_a_document_may_say_whose_it_is_and_more(path):
    text = "".join(f"-DOCSTART-\tpatient=p{n // 2} ward={n % 3} site=north\n{SENTENCE}" for n in range(20))
    data = read_one(path, text)
    assert set(data.train.about) == {"document", "ward", "site"}
    assert data.train.about["ward"].dtype == np.int64 and set(data.train.about["site"]) == {"north"}
    for split in data.splits.values():
        assert (split.about["ward"] == (split.about["document"] - 1) % 3).all()
        assert split.patient.tolist() == [f"p{(n - 1) // 2}" for n in split.about["document"]]


def test_documents_are_counted_over_all_files_and_a_patient_in_two_is_refused(folder):
    for name in ("train", "devel", "test"):
        text = (folder / f"{name}.tsv").read_text()
        write(folder / f"{name}.tsv", f"-DOCSTART- patient=7\n{text}")
    with pytest.raises(DataError, match=r"1 patient\(s\) are in both train and validation"):
        read_tagged(folder)
    for name in ("train", "devel", "test"):
        text = (folder / f"{name}.tsv").read_text()
        write(folder / f"{name}.tsv", text.replace("patient=7", ""))
    data = read_tagged(folder)
    documents = [np.unique(split.patient).tolist() for split in data.splits.values()]
    assert list(map(len, documents)) == [1, 1, 1] and documents == sorted(documents)


def test_sentences_before_the_first_document_are_one(path):
    rest = "".join(f"-DOCSTART- number={n}\n{SENTENCE}" for n in range(9))
    data = read_one(path, SENTENCE * 2 + rest)
    everyone = np.concatenate([split.patient for split in data.splits.values()])
    assert sorted(everyone) == [0, 0, *range(1, 10)] and "number" not in data.train.about


def test_other_columns_may_be_named(path):
    text = "1\tNo\tDT\tO\tx\n2\tpain\tNN\tB-Sign\ty\n\n" * 10
    data = read_one(path, text, columns=(1, 3), keep={"part": 2})
    assert whole(data, lambda split: split.x)[0] == ["No", "pain"] and data.classes == ("sign",)
    assert whole(data, lambda split: split.about["part"])[0] == ["DT", "NN"]
    last = read_one(path, text.replace("\tx\n", "\n").replace("\ty\n", "\n"), columns=(1, -1))
    assert whole(last, lambda split: split.y) == whole(data, lambda split: split.y)


def test_the_mark_of_a_simulator_is_seen_in_a_copy(path):
    assert read_one(path, "# simulated\n" + SENTENCE * 10).simulated
    assert not read_one(path, SENTENCE * 10).simulated


def test_a_file_of_ones_own_by_name(path, capsys):
    load("diseases", file=write(path, SENTENCE * 10))
    assert "diseases: 10 real sentences (train 6, validation 2, test 2), 40 tokens" in capsys.readouterr().out


# What is noted


def test_an_i_that_follows_no_entity_of_its_type_is_read_as_b(path):
    text = "a\tI-A\nb\tI-A\nc\tO\nd\tI-B\ne\tB-A\nf\tI-B\ng\tI-B\n\n"
    data = read_one(path, text + SENTENCE * 10)
    case = next(case for case in whole(data, lambda split: split.y) if len(case) == 7)
    names = tag_names(data.classes)
    assert [names[code] for code in case] == ["B-a", "I-a", "O", "B-b", "B-a", "B-b", "I-b"]
    assert notes(data) == {"I that follows no entity of its type, read as B": (3, "mine.tsv, line 1", False)}


def test_an_entity_ends_with_its_sentence(path):
    data = read_one(path, "a\tB-A\n\nb\tI-A\n\n" * 10)
    assert whole(data, lambda split: split.y) == [[1]] * 20
    [note] = data.notes
    assert note.count == 10 and note.first == "mine.tsv, line 3"


def test_a_long_sentence_is_cut_before_an_o_and_nothing_is_lost(path):
    tags = ["B-A", "I-A", "I-A", "O"] * 400
    text = "".join(f"w{n}\t{tag}\n" for n, tag in enumerate(tags)) + "\n"
    data = read_one(path, text + SENTENCE * 10)
    pieces = [case for case in whole(data, lambda split: split.x) if case[0].startswith("w")]
    pieces.sort(key=lambda case: int(case[0][1:]))
    assert max(map(len, pieces)) <= MOST_TOKENS and len(pieces) == 4
    assert [word for case in pieces for word in case] == [f"w{n}" for n in range(1600)]
    y = [code for case in whole(data, lambda split: split.y) for code in case]
    assert y.count(1) == 400 and "read as B" not in str(data.notes)
    assert notes(data) == {"sentence of more than 512 tokens, cut": (1, "mine.tsv, line 1", False)}
    owners = [set(split.patient) for split in data.splits.values()]
    assert sum(map(len, owners)) == 11  # the pieces are one sentence's


def test_a_sentence_without_an_o_is_cut_all_the_same(path):
    text = "w\tB-A\n" + "w\tI-A\n" * 1200 + "\n"
    data = read_one(path, text + SENTENCE * 10)
    lengths = sorted(len(case) for case in whole(data, lambda split: split.x) if case[0] == "w")
    assert lengths == [177, 512, 512]


def test_a_file_without_an_empty_line_is_one_sentence_and_says_so(path, folder, capsys):
    write(folder / "train.tsv", "a\tB-Disease\nb\tO\n" * 100)
    data = load("diseases", file=folder)
    assert len(data.train) == 1
    assert notes(data) == {"file without an empty line, read as one sentence": (1, "train.tsv, line 1", True)}
    assert "! 1 × file without an empty line" in capsys.readouterr().out
    with pytest.raises(DataError, match=r"mine\.tsv holds too few documents, or sentences, for three splits"):
        read_one(path, "a\tB-A\nb\tO\n" * 100)


def test_very_long_tokens_are_noted(path):
    data = read_one(path, SENTENCE * 10 + f"{'x' * 500}\tO\n")
    assert notes(data) == {"token of more than 100 letters, kept": (1, "mine.tsv, line 51", False)}


def test_an_empty_document_is_left_out_and_noted(path):
    text = "".join(f"-DOCSTART-\n\n{SENTENCE * (n != 4)}" for n in range(12))
    data = read_one(path, text)
    assert len(np.unique(np.concatenate([split.patient for split in data.splits.values()]))) == 11
    assert notes(data) == {"document without a sentence, left out": (1, "mine.tsv, document 5", False)}


def test_a_type_that_train_lacks_is_said(folder, capsys):
    write(folder / "test.tsv", SENTENCE + "x\tB-Gene\n\n")
    write(folder / "devel.tsv", "y\tB-Drug\n\n")
    data = load("diseases", file=folder)
    assert data.classes == ("disease", "drug", "gene")
    assert notes(data) == {"type of entity that test has and train lacks": (1, "test.tsv, gene", True)}
    assert "! 1 × type of entity that test has and train lacks" in capsys.readouterr().out


def test_a_sentence_on_two_sides_is_noted(folder):
    long = "a\tO\n" * 6 + "\n"
    for name in ("train", "test"):
        write(folder / f"{name}.tsv", SENTENCE + long)
    assert notes(read_tagged(folder)) == {
        "sentence of test that stands in train word for word": (1, "test.tsv, line 6", False)
    }


# What is refused


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("No\tO\npain\n", r"line 2: has 1 column\(s\), where a token and its tag belong: the tag is missing"),
        ("No\tDT\tO\n", r"line 1: has 3 column\(s\), .*: name the two with columns=\(0, -1\), or mend a tab"),
        ("a\tO\nchest\tpain\tB-A\n", r"line 2: has 3 column\(s\)"),
        ("a\tO\nchest pain B-A\n", r"line 2: has 3 column\(s\)"),
        ("a\tO\nb\tX-Disease\n", "line 2: the tag 'X-Disease' is none of O, B-… and I-…"),
        ("a\tb-disease\n", "line 1: the tag 'b-disease' is none"),
        ("a\tB-\n", "line 1: the tag 'B-' is none"),
        ("a\tO\nb\tE-A\n", "line 2: the tag 'E-A' is none"),
        ("a\t\n", "line 1: the tag 'nothing' is none"),
        ("a\tB-A\nb\tO\nc\tB\n", "line 3: the tag 'B' names no type, but 'B-A' does: name it"),
        ("a\tO\n\tO\n", "line 2: has no token"),
        ("a\tO\na\0b\tO\n", "line 2: has no token"),
        (f"a\tO\n{'x' * 1234}\tO\n", "line 2: a token of 1,234 letters is none: is a space or tab missing"),
        ("a\tO\nb\tO\n", "every tag is O, so there is nothing to find"),
        ("", "is empty: there should be a token and its tag in each line"),
        ("\n \n\n", "is empty"),
        ("-DOCSTART-\n\n", "is empty"),
        ("a\tB-A\n", "holds too few documents, or sentences, for three splits"),
        ("größe\tO\n".encode() + "größe\tO\n".encode("latin-1"), "line 2 is not UTF-8 text: save the file"),
        ("a\tB-A\n".encode("utf-16"), "line 1 is not UTF-8 text"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(path, text, complaint):
    with pytest.raises(DataError, match=rf"mine\.tsv.*{complaint}") as error:
        read_one(path, text)
    assert "\n" not in str(error.value)


def test_columns_that_are_not_there(path):
    write(path, "a\tx\tO\n" * 5)
    with pytest.raises(DataError, match=r"line 1: has 3 column\(s\), so there is none with the number 3"):
        read_tagged(path, columns=(0, 3))
    with pytest.raises(DataError, match=r"so there is none with the number 7"):
        read_tagged(path, columns=(0, 2), keep={"part": 7})
    for columns in (0, (0,), (0, "x"), (1, 1), "ab"):
        with pytest.raises(DataError, match=r"columns says where token and tag stand, from 0 on"):
            read_tagged(path, columns=columns)
    write(path, "a\tx\tO\n\nb\tB-A\n")
    with pytest.raises(DataError, match=r"line 3: has 2 column\(s\), but the lines before it have 3"):
        read_tagged(path, columns=(0, 2))


def test_a_folder_that_lacks_a_file(folder):
    (folder / "test.tsv").rename(folder / "holdout.tsv")
    with pytest.raises(DataError, match=r"has no test file \(such as test\.tsv\): add it, or name one file"):
        read_tagged(folder)
    (folder / "holdout.tsv").rename(folder / "test.tsv")
    (folder / "devel.tsv").unlink()
    with pytest.raises(DataError, match=r"has no validation file \(such as devel\.tsv\)"):
        read_tagged(folder)
    write(folder / "dev.tsv", SENTENCE)
    write(folder / "dev.txt", SENTENCE)
    with pytest.raises(DataError, match=r"holds dev\.tsv and dev\.txt: keep one of them"):
        read_tagged(folder)
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(DataError, match="has no train file"):
        read_tagged(folder)


def test_a_place_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_tagged(tmp_path / "nothing.tsv")


pieces = st.sampled_from(
    ["a", "O", "B-x", "I-x", "B", "I", "\t", "\n", "\n\n", " ", "-DOCSTART-", "é", "\0", "x=1"]
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(pieces, max_size=40).map(lambda found: (SENTENCE * 6 + "".join(found)).encode()),
        st.lists(
            st.tuples(st.sampled_from(["a", "bé", "-"]), st.sampled_from(["O", "B-x", "I-x", "I-y"]))
        ).map(lambda rows: (SENTENCE * 6 + "".join(f"{a}\t{b}\n" for a, b in rows)).encode()),
    )
)
def test_anything_else_is_read_or_refused(path, content):
    try:
        data = read_tagged(write(path, content))
    except DataError as error:
        assert "mine.tsv" in str(error) and "\n" not in str(error)
    else:
        for split in data.splits.values():
            assert np.array_equal(split.x.start, split.y.start) and split.x.counts.min() > 0
            assert split.y["value"].min() >= 0 and split.y["value"].max() < len(tag_names(data.classes))
            for y in split.y:
                before = np.r_[0, y[:-1]]
                inside = (y > 0) & (y % 2 == 0)
                assert np.isin(before - y, [-1, 0])[inside].all(), "an I follows B or I of its type"


# The published corpus


def test_the_ncbi_disease_corpus(real_data):
    data = load("diseases", file=real_data / "ner_ncbi" / "NCBI-disease-IOB")
    sizes = [(len(split), int((split.y["value"] == 1).sum())) for split in data.splits.values()]
    assert sizes == [(5424, 5134), (923, 787), (940, 960)]
    assert data.classes == find("diseases").classes and not data.patients_known and not data.simulated
    assert data.train.x[0][:3].tolist() == ["Identification", "of", "APC2"]
    assert [str(note) for note in data.notes] == [
        "1 × sentence of test that stands in train word for word (first: test.tsv, line 1034)"
    ]


def test_its_digests_are_those_of_the_entry(real_data):
    from medlearn.data.store import fault

    for name, folder in (
        ("diseases", "ner_ncbi/NCBI-disease-IOB"),
        ("findings", "negex_kit"),
        ("abstracts", "medical_abstracts"),
    ):
        for file in find(name).files:
            assert fault(real_data / folder / file.name, file) is None
