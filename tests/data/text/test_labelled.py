"""Texts with labels: what is read, what is noted, and everything that is refused."""

import gzip
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medlearn.data import load
from medlearn.data.catalogue import find
from medlearn.data.text.labelled import read_labelled
from medlearn.errors import DataError

ROWS = 40


def cells(rows=ROWS):
    """The columns of a small file: two classes, ten groups."""
    return {
        "text": [f"patient {n} is {'worse' if n % 2 else 'well'}" for n in range(rows)],
        "label": ["ill" if n % 2 else "well" for n in range(rows)],
        "ward": [f"w{n // 4}" for n in range(rows)],
    }


def quoted(cell):
    cell = str(cell)
    return f'"{cell.replace(chr(34), 2 * chr(34))}"' if set(cell) & set('",\t\n') else cell


def write(path, columns, delimiter=","):
    lines = [columns, *zip(*columns.values(), strict=True)]
    path.write_text("".join(delimiter.join(map(quoted, line)) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.csv"


def read(path, columns=None, **options):
    return read_labelled(write(path, columns) if columns else path, **options)


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def notes(data):
    return {note.what: (note.count, note.first, note.grave) for note in data.notes}


# What is read


def test_a_file_of_ones_own(path):
    data = read(path, cells())
    assert (data.task, data.classes, data.cases) == ("binary", ("ill", "well"), "texts")
    assert not data.patients_known and not data.simulated and not data.notes
    x, y = whole(data, "x"), whole(data, "y")
    assert x.dtype == object and y.dtype == np.int64 and len(x) == ROWS
    assert all(("worse" in text) == (code == 0) for text, code in zip(x, y, strict=True))
    assert [len(split) for split in data.splits.values()] == [24, 8, 8]
    assert not whole(data, "doubled").any()


def test_columns_may_be_named_and_groups_stay_together(path):
    columns = {name.upper(): values for name, values in cells().items()} | {"NO": range(ROWS)}
    data = read(path, columns, text="TEXT", label="LABEL", group="WARD", keep=["NO", "WARD"])
    assert data.patients_known and set(data.train.about) == {"NO", "WARD", "doubled"}
    assert data.train.about["NO"].dtype == np.int64
    assert np.array_equal(whole(data, "patient"), whole(data, "WARD"))
    assert np.array_equal(whole(data, "patient"), [f"w{n // 4}" for n in whole(data, "NO")])
    sides = [set(split.patient) for split in data.splits.values()]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


def test_several_columns_of_text_become_a_line_each(path):
    columns = cells() | {"more": ["so  it\nis"] + [""] * (ROWS - 1)}
    data = read(path, columns, text=["text", "more"])
    assert sorted(whole(data, "x"))[:2] == ["patient 0 is well\nso it is", "patient 1 is worse\n"]


def test_white_space_is_one_space_and_line_breaks_stay(path):
    columns = cells()
    columns["text"][0] = "a  b\t c\n\n  d "
    assert "a b c\n\nd" in whole(read(path, columns), "x")


def test_labels_that_are_numbers_stand_by_size(path):
    data = read(path, cells() | {"label": [("2", "10", "1")[n % 3] for n in range(ROWS)]})
    assert data.classes == ("1", "2", "10") and data.task == "multiclass"


def test_tabs_semicolons_and_packed_files_make_no_difference(path, tmp_path):
    plain = read(path, cells())
    for other in (write(tmp_path / "b.tsv", cells(), "\t"), write(tmp_path / "c.csv", cells(), ";")):
        assert np.array_equal(whole(read(other), "x"), whole(plain, "x"))
    packed = tmp_path / "d.csv.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")))
    assert np.array_equal(whole(read(packed), "x"), whole(plain, "x"))


def test_a_folder_holds_one_table(path, tmp_path):
    plain = read(path, cells())
    assert np.array_equal(whole(read(tmp_path), "x"), whole(plain, "x"))
    write(tmp_path / "b.tsv", cells(), "\t")
    with pytest.raises(
        DataError, match=r"should hold one CSV file, but holds b\.tsv, mine\.csv: name the file"
    ):
        read(tmp_path)
    for file in tmp_path.iterdir():
        file.unlink()
    with pytest.raises(DataError, match="should hold one CSV file, but holds none"):
        read(tmp_path)


def test_the_mark_of_a_simulator_is_seen_in_a_copy(path):
    assert read(path, cells() | {"simulated": [1] * ROWS}).simulated


def test_a_file_of_ones_own_by_name(path, capsys):
    data = load("reviews", file=write(path, cells()), group="ward")
    assert data.classes == ("ill", "well") and data.patients_known
    assert "reviews: 40 real reviews (train" in capsys.readouterr().out
    with pytest.raises(DataError, match="reviews has no option 'rating'"):
        load("reviews", file=path, rating="label")


# The course's own layouts


def reviews(rows=ROWS):
    return {
        "": range(rows),
        "urlDrugName": [f"talkadrel{n // 2}" for n in range(rows)],
        "rating": [1 + n % 10 for n in range(rows)],
        "benefitsReview": [f"It helped {n} times" for n in range(rows)],
        "sideEffectsReview": ["none" if n % 3 else "" for n in range(rows)],
        "commentsReview": ['He said "no",\nand left' for n in range(rows)],
    }


def test_a_rating_of_six_or_less_is_a_complaint(path):
    data = read(path, reviews(), entry=find("reviews"))
    assert data.classes == ("praise", "complaint") and data.patients_known
    assert np.array_equal(whole(data, "y"), whole(data, "rating") <= 6)
    assert np.array_equal(whole(data, "patient"), whole(data, "drug"))
    for text, rating in zip(whole(data, "x"), whole(data, "rating"), strict=True):
        benefits, effects, comments = text.split("\n")
        number = int(benefits.split()[2])
        assert 1 + number % 10 == rating and effects == ("none" if number % 3 else "")
        assert comments == 'He said "no", and left'


def test_the_two_official_files_of_reviews_are_read_as_one(path, tmp_path):
    half = ROWS // 2
    with zipfile.ZipFile(tmp_path / "drugLib_raw.zip", "w") as archive:
        for name, rows in (("drugLibTrain_raw.tsv", np.s_[:half]), ("drugLibTest_raw.tsv", np.s_[half:])):
            part = {column: list(values)[rows] for column, values in reviews().items()}
            archive.writestr(name, write(path, part, "\t").read_bytes())
        archive.writestr("__MACOSX/x.tsv", "a\tb\n1\t2\n")
    for place in (tmp_path, tmp_path / "drugLib_raw.zip"):
        data = read_labelled(place, entry=find("reviews"))
        assert len(whole(data, "x")) == ROWS and len(set(whole(data, "drug"))) == half
    with zipfile.ZipFile(tmp_path / "drugLib_raw.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(DataError, match=r"holds no \.csv and no \.tsv file"):
        read_labelled(tmp_path, entry=find("reviews"))


def test_reviews_that_are_not_utf_8_are_read_all_the_same(path):
    columns = reviews()
    columns["benefitsReview"][3] = "£5 a day"
    path.write_bytes(write(path, columns).read_text("utf-8").encode("latin-1"))
    assert any("£5 a day" in text for text in whole(read(path, entry=find("reviews")), "x"))
    with pytest.raises(DataError, match="is not UTF-8 text"):
        read(path, text="benefitsReview", label="rating")


@pytest.mark.parametrize(
    ("rating", "said"),
    [
        ("i took it", "'i took it' stands where a number belongs"),
        ("11", "11 stands where a rating from 1 to 10 belongs"),
        ("0", "0 stands where a rating from 1 to 10 belongs"),
    ],
)
def test_a_rating_that_is_none(path, rating, said):
    columns = reviews()
    columns["rating"][7] = rating
    with pytest.raises(DataError, match=rf"mine\.csv, row 9, column 'rating': {said}"):
        read(path, columns, entry=find("reviews"))


def test_abstracts_have_the_names_of_their_classes(path):
    columns = {"condition_label": [1 + n % 5 for n in range(ROWS)], "medical_abstract": cells()["text"]}
    data = read(path, columns, entry=find("abstracts"))
    assert data.classes == find("abstracts").classes and data.patients_known
    columns["condition_label"] = [1 + n % 4 for n in range(ROWS)]
    assert read(path, columns, entry=find("abstracts")).classes == ("1", "2", "3", "4")


# What is noted


def test_a_text_under_two_labels_is_grave_and_stays_on_one_side(path, capsys):
    columns = cells()
    for n in (3, 8, 21):
        columns["text"].append(f" PATIENT {n}  is {'worse' if n % 2 else 'well'}")
        columns["label"].append("well" if n % 2 else "ill")
        columns["ward"].append("w0")
    data = load("reviews", file=write(path, columns))
    assert notes(data) == {"text that stands under two labels, kept": (3, "mine.csv, row 5", True)}
    assert "! 3 × text that stands under two labels, kept" in capsys.readouterr().out
    doubled = whole(data, "doubled") == 1
    assert doubled.sum() == 6 and len(set(whole(data, "patient")[doubled])) == 3
    sides = [set(split.patient) for split in data.splits.values()]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


def test_copies_are_noted_and_those_in_two_groups_are_grave(path):
    columns = cells()
    columns["text"][4], columns["text"][30] = columns["text"][0], columns["text"][2]
    assert notes(read(path, columns)) == {
        "text that stands more than once, kept": (2, "mine.csv, row 2", False)
    }
    assert notes(read(path, columns, group="ward")) == {
        "text that stands more than once, kept": (2, "mine.csv, row 2", False),
        "text that stands in two groups, kept": (2, "mine.csv, row 2", True),
    }


def test_rows_that_lack_something_are_set_aside(path):
    columns = cells()
    columns["text"][0], columns["text"][5], columns["label"][6], columns["ward"][9] = "", "  ", "NA", ""
    data = read(path, columns, group="ward")
    assert notes(data) == {
        "row without a text, set aside": (2, "mine.csv, row 2", False),
        "row without a label, set aside": (1, "mine.csv, row 8", False),
        "row without a group, set aside": (1, "mine.csv, row 11", False),
    }
    assert len(whole(data, "x")) == ROWS - 4


# What is refused


@pytest.mark.parametrize(
    ("change", "options", "complaint"),
    [
        (
            {},
            {"label": "class"},
            "has no column 'class' for the label: name yours with label=; its columns are",
        ),
        ({}, {"text": ["text", "more"]}, "has no column 'more' for the text: name yours with text="),
        ({}, {"group": "patient"}, "has no column 'patient' for the group: name yours with group="),
        ({}, {"keep": "site"}, "has no column 'site'"),
        ({}, {"text": "label"}, "the column 'label' is the label, and cannot be more"),
        ({}, {"group": "label"}, "the column 'label' is the label, and cannot be more"),
        ({"doubled": [1] * ROWS}, {"keep": "doubled"}, "'doubled' says which texts have two labels: rename"),
        ({"label": ["ill"] * ROWS}, {}, "'label' is 'ill' in every row, so there is nothing to learn"),
        ({"label": range(ROWS)}, {"label": "label"}, "has no text of the class"),
        ({"text": [""] * ROWS}, {}, "has no row with text and label: fill them in"),
        (
            {"label": ["rare"] * 2 + ["ill", "well"] * 19},
            {},
            "has no text of the class 'rare': too few texts",
        ),
        ({"ward": ["a", "b"] * 20}, {"group": "ward"}, "holds too few texts, or groups, for three splits"),
    ],
)
def test_what_cannot_be_is_refused(path, change, options, complaint):
    with pytest.raises(DataError, match=rf"mine\.csv.*{complaint}") as error:
        read(path, cells() | change, **options)
    assert "\n" not in str(error.value)


def test_too_many_classes(path):
    with pytest.raises(DataError, match="'ward' has 51 different values, more than 50 classes: name another"):
        read(path, cells(102) | {"ward": [n % 51 for n in range(102)]}, label="ward")


@pytest.mark.parametrize("rest", ["", 'more\tit" is\n', '"good" said\tx\n'])
def test_a_quotation_mark_that_is_not_closed_is_named(path, rest):
    lines = ["label\ttext\twho"] + [f"{n % 2}\tword {n}\tme" for n in range(20)]
    lines[9] = '1\t"I took it\tme'
    path.write_text("\n".join(lines) + "\n" + rest)
    with pytest.raises(DataError, match=r"mine\.csv, row 10, column 'text': a quotation mark") as error:
        read(path)
    assert "\n" not in str(error.value)


def test_a_quotation_mark_that_swallows_rows_and_closes_is_named(path):
    lines = ["label\ttext\twho"] + [f"{n % 2}\tword {n}\tme" for n in range(20)]
    lines[9], lines[13] = '1\t"I took it\tme', '1\tand left"\tme'
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match=r"row 10, column 'text': a quotation mark that is not closed has sw"):
        read(path)


def test_quotation_marks_that_are_closed_do_no_harm(path):
    columns = cells()
    columns["text"][0], columns["text"][1] = 'a "b"\tc\nd', '"'
    assert 'a "b" c\nd' in whole(read(path, columns), "x")
    path.write_text(path.read_text() + 'a 5" nail,well,w1\n')
    assert 'a 5" nail' in whole(read(path), "x")


pieces = st.sampled_from(
    ["a", "well", "ill", ",", "\n", '"', "\t", "1", "", "NA", "é", "\0", "label", ";", "\r"]
)
HEAD = "text,label\n" + "".join(f"word {n},{'ill' if n % 2 else 'well'}\n" for n in range(12))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(pieces, max_size=40).map(lambda found: (HEAD + "".join(found)).encode()),
        st.lists(st.tuples(pieces, pieces), max_size=10).map(
            lambda rows: (HEAD + "".join(f"{a},{b}\n" for a, b in rows)).encode()
        ),
    )
)
def test_anything_else_is_read_or_refused(path, content):
    path.write_bytes(content)
    try:
        data = read(path)
    except DataError as error:
        assert "mine.csv" in str(error)
    else:
        assert len(data.classes) >= 2 and all(map(str.strip, whole(data, "x")))
        assert set(whole(data, "y")) == set(range(len(data.classes)))


# The published sets


def test_the_medical_abstracts(real_data):
    data = load("abstracts", file=real_data / "medical_abstracts")
    assert np.bincount(whole(data, "y")).tolist() == [633, 299, 385, 610, 961]
    assert notes(data) == {
        "text that stands under two labels, kept": (113, "medical_tc_test.csv, row 20", True)
    }
    assert len(set(whole(data, "patient"))) == 2770 and whole(data, "doubled").sum() == 231


def test_the_drug_reviews(real_data):
    data = load("reviews", file=real_data / "druglib_reviews" / "druglib.tsv.gz")
    assert len(whole(data, "x")) == 3000 and len(set(whole(data, "drug"))) == 363
    assert np.bincount(whole(data, "y")).tolist() == [2046, 954] and not data.simulated
    assert set(whole(data, "rating")) == set(range(1, 11))
    assert notes(data) == {"text that stands more than once, kept": (30, "druglib.tsv.gz, row 31", False)}
