import contextlib
import doctest
import gzip
import io
import os
import shutil
import tarfile

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from medlearn.data.records import physionet
from medlearn.data.records.physionet import VARIABLES, iter_stays, read_outcomes, read_physionet, read_stays
from medlearn.errors import DataError

HEADING = "Time,Parameter,Value\n"
OUTCOMES = "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_examples():
    assert doctest.testmod(physionet).failed == 0


def stay(number, *rows, age=60, weight=-1):
    """The text of one stay's file; a row is "07:30,HR,80"."""
    descriptors = f"00:00,RecordID,{number}\n00:00,Age,{age}\n00:00,Weight,{weight}\n"
    return HEADING + descriptors + "".join(f"{row}\n" for row in rows)


def archive(path, texts):
    """A .tar.gz of stays: number → text, or any name → text."""
    with tarfile.open(path, "w:gz") as tar:
        for name, text in texts.items():
            content = text if isinstance(text, bytes) else text.encode()
            info = tarfile.TarInfo(f"set-a/{name}.txt" if isinstance(name, int) else name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def folder(path, texts):
    (path / "set-a").mkdir(parents=True)
    for number, text in texts.items():
        (path / "set-a" / f"{number}.txt").write_text(text)
    return path / "set-a"


def said(records):
    return "\n".join(map(str, records.notes))


def values(records, case=0):
    table = records.frame(case)
    return [(round(t * 60), n, round(v, 2)) for t, n, v in table.itertuples(index=False)]


def read(tmp_path, *rows, **more):
    return read_stays(archive(tmp_path / "set-a.tar.gz", {1: stay(1, *rows, **more)}))


# What was written comes back


measurements = st.lists(
    st.tuples(
        st.integers(0, 48 * 60), st.sampled_from(["HR", "Temp", "GCS", "MAP"]), st.integers(300, 1500)
    ).map(lambda row: (row[0], row[1], row[2] / 100 if row[1] == "GCS" else row[2] / 50 + 12)),
    max_size=30,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.integers(0, 10**9), measurements, min_size=1, max_size=5), st.integers(1, 4))
def test_records_written_are_read_back(tmp_path, stays, pieces):
    plain = {
        number: [row for row in rows if row[1] != "Temp" or 20 <= row[2] <= 45]
        for number, rows in stays.items()
    }
    texts = {
        number: stay(number, *(f"{t // 60:02}:{t % 60:02},{name},{value}" for t, name, value in rows))
        for number, rows in plain.items()
    }
    path = archive(tmp_path / "set-a.tar.gz", texts)
    records = read_stays(path)
    assert records.case_id.tolist() == sorted(plain)
    for case, number in enumerate(sorted(plain)):
        expected = sorted(plain[number], key=lambda row: row[0])
        assert values(records, case) == [(t, name, round(value, 2)) for t, name, value in expected]
        assert records.static[case][0] == 60 and np.isnan(records.static[case][1:]).all()
    streamed = list(iter_stays(path, stays=pieces))
    assert sum(len(piece) for piece in streamed) == len(plain)
    assert sum(len(piece.time) for piece in streamed) == len(records.time)


def test_a_folder_reads_like_its_archive(tmp_path):
    texts = {7: stay(7, "00:10,HR,80", "01:00,Lactate,2.5"), 12: stay(12), 100: stay(100, "47:59,Temp,37")}
    one, other = read_stays(archive(tmp_path / "set-a.tar.gz", texts)), read_stays(folder(tmp_path, texts))
    assert one.case_id.tolist() == other.case_id.tolist() == [7, 12, 100]
    np.testing.assert_array_equal(one.value, other.value)
    np.testing.assert_array_equal(one.static, other.static)
    assert one.notes == other.notes


def test_files_from_windows_and_from_macs(tmp_path):
    text = "\ufeff" + stay(1, "00:10,HR,80").replace("\n", "\r\n").rstrip()
    path = archive(tmp_path / "set-a.tar.gz", {1: text, "set-a/._1.txt": b"\0\1", "set-a/README": "hello"})
    assert values(read_stays(path)) == [(10, "HR", 80)]


# What a clinician would expect


def test_stays_with_nothing_or_one_measurement_stay(tmp_path):
    texts = {1: stay(1), 2: stay(2, "00:10,HR,80"), 3: HEADING}
    records = read_stays(archive(tmp_path / "set-a.tar.gz", texts))
    assert np.diff(records.start).tolist() == [0, 1, 0]
    assert np.isnan(records.static[2]).all()
    assert "2 × stay without any measurement (first: set-a/1.txt)" in said(records)
    assert records.grid().mask.sum() == 1


def test_impossible_values_are_missing_and_counted(tmp_path):
    records = read(
        tmp_path, "01:00,Temp,3700", "02:00,Temp,37.1", "03:00,Temp,-17.8", "04:00,HR,inf", age=999
    )
    assert values(records) == [(120, "Temp", 37.1)]
    assert np.isnan(records.static[0, 0])
    assert "2 × Temp outside 20 to 45, read as missing (first: set-a/1.txt, row 5)" in said(records)
    assert "1 × HR outside 0 to 350" in said(records)
    assert "1 × Age of a stay outside 0 to 120, read as missing (first: set-a/1.txt, row 3)" in said(records)


def test_the_future_is_set_aside_and_counted(tmp_path):
    records = read(tmp_path, "48:00,HR,80", "48:01,HR,0", "100:00,HR,90")
    assert values(records) == [(2880, "HR", 80)]
    assert "2 × measurement after 48 hours, set aside (first: set-a/1.txt, row 6)" in said(records)


def test_rows_without_name_or_value_and_unknown_ones_are_counted(tmp_path):
    records = read(
        tmp_path, "07:00,,80", "07:01,,", "08:00,HR,", "08:01,HR", "09:00,Mood,3", "10:00,HR,70", ""
    )
    assert values(records) == [(600, "HR", 70)]
    assert "3 × row without a parameter name, set aside (first: set-a/1.txt, row 5)" in said(records)
    assert "2 × row without a value, set aside (first: set-a/1.txt, row 7)" in said(records)
    assert (
        "1 × row with a parameter that is not the challenge's, set aside (first: set-a/1.txt, row 9)"
        in said(records)
    )


def test_repeated_and_unordered_times(tmp_path):
    records = read(tmp_path, "05:00,HR,80", "03:00,HR,60", "05:00,HR,90")
    assert values(records) == [(180, "HR", 60), (300, "HR", 80), (300, "HR", 90)]
    assert records.grid().values[0, 5, VARIABLES.index("HR")] == 90
    assert "1 × row earlier than the row before it, put in order (first: set-a/1.txt, row 6)" in said(records)
    assert "1 × measurement at a time already taken, kept" in said(records)


def test_weight_is_a_descriptor_at_the_start_and_a_series_after(tmp_path):
    records = read(tmp_path, "00:00,Weight,71", "05:00,Weight,72", "06:00,Weight,-1", weight=70)
    assert records.static[0, records.static_names.index("Weight")] == 70
    assert values(records) == [(0, "Weight", 71), (300, "Weight", 72)]
    assert "1 × Weight of −1, which means not known" in said(records)


def test_a_weight_first_measured_later_does_not_describe_the_stay(tmp_path):
    assert np.isnan(read(tmp_path, "05:00,Weight,72").static[0, -1])


def test_descriptors_given_again_are_counted(tmp_path):
    records = read(tmp_path, "00:00,Age,61", "05:00,Gender,1")
    assert records.static[0, 0] == 60 and np.isnan(records.static[0, 1])
    assert "1 × Age given again" in said(records) and "1 × Gender given again" in said(records)


def test_one_line_says_how_much_was_odd(tmp_path):
    assert "1 measurements of 37 variables; 2 oddities met while reading" in repr(
        read(tmp_path, "01:00,Temp,99", "02:00,Temp,1", "03:00,HR,80")
    )


# What is refused


@pytest.mark.parametrize(
    "row, complaint",
    [
        ("07:00,HR,eighty", r"set-a/1.txt, row 6: 'eighty' stands where a number belongs"),
        ("07:00,HR,80,9", r"set-a/1.txt, row 6 has 4 cells instead of 3"),
        ("7 am,HR,80", r"set-a/1.txt, row 6: '7 am' is no time"),
        ("07:60,HR,80", r"row 6: '07:60' is no time"),
        (",HR,80", r"row 6: '' is no time"),
        ("-01:00,HR,80", r"row 6: '-01:00' is no time"),
        ("07:00,RecordID,2", r"set-a/1.txt, row 6 says that this is stay 2"),
    ],
)
def test_rows_that_cannot_be_meant_are_refused_by_file_and_row(tmp_path, row, complaint):
    texts = {9: stay(9, "01:00,HR,70"), 1: stay(1, "06:00,HR,70", row, "08:00,HR,70"), 8: stay(8)}
    with pytest.raises(DataError, match=complaint):
        read_stays(archive(tmp_path / "set-a.tar.gz", texts))


def test_archives_that_are_not_of_stays_are_refused(tmp_path):
    for texts, complaint in [
        ({"set-a/notes.txt": HEADING}, "not named after the number of a stay"),
        ({1: "time;parameter;value\n"}, r"set-a/1.txt, row 1 should be Time,Parameter,Value"),
        ({1: HEADING + "00:00,HR,80,9\n"}, "row 2 has 4 cells instead of 3"),
        ({1: b""}, r"set-a/1.txt, row 1 should be"),
        ({"readme": "hello"}, "holds no stays"),
        ({1: stay(1), "set-b/1.txt": stay(1)}, "stay 1 is there twice"),
        ({"../1.txt": stay(1)}, "climbs out"),
    ]:
        with pytest.raises(DataError, match=complaint):
            read_stays(archive(tmp_path / "set-a.tar.gz", texts))
    with pytest.raises(DataError, match="no file or folder"):
        read_stays(tmp_path / "nowhere")


def test_a_truncated_archive_is_refused_wherever_it_breaks_off(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        f"{hour:02}:{minute:02},HR,{value}"
        for hour, minute, value in rng.integers((0, 0, 40), (48, 60, 200), (300, 3))
    ]
    path = archive(tmp_path / "set-a.tar.gz", {number: stay(number, *rows) for number in (1, 2, 3)})
    whole = path.read_bytes()
    for share in (0.0, 0.01, 0.3, 0.9, 0.999):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(DataError, match=r"set-a.tar.gz is damaged|holds no stays"):
            read_stays(path)


# The cache


def test_the_second_reading_is_the_first(tmp_path, cache, monkeypatch):
    path = archive(tmp_path / "set-a.tar.gz", {1: stay(1, "01:00,HR,80", "02:00,Temp,99"), 2: stay(2)})
    first = read_stays(path)
    monkeypatch.setattr(physionet, "iter_stays", None)  # it is not parsed again
    again = read_stays(shutil.copy(path, tmp_path / "copy.tar.gz"))
    for name in ("case_id", "start", "time", "variable", "value", "static"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    assert again.notes == first.notes and again.static_names == first.static_names


def test_another_file_in_its_place_is_read_anew(tmp_path):
    assert values(read(tmp_path, "01:00,HR,80")) == [(60, "HR", 80)]
    assert values(read(tmp_path, "01:00,HR,81")) == [(60, "HR", 81)]


@pytest.mark.parametrize("damage", ["empty", "half", "one byte", "pickle", "other arrays"])
def test_a_damaged_cache_is_read_anew(tmp_path, cache, damage):
    first = read(tmp_path, "01:00,HR,80", "02:00,HR,90")
    (kept,) = (cache / "read").iterdir()
    content = bytearray(kept.read_bytes())
    if damage == "one byte":
        content[content.index(np.float32(90).tobytes()) + 3] ^= 1
    kept.write_bytes(
        {"empty": b"", "half": content[: len(content) // 2], "one byte": content}.get(damage, b"")
    )
    if damage in ("pickle", "other arrays"):
        with kept.open("wb") as stream:
            np.savez(stream, time=np.array([{}] if damage == "pickle" else [1.0]))
    np.testing.assert_array_equal(read_stays(tmp_path / "set-a.tar.gz").value, first.value)
    np.testing.assert_array_equal(physionet._load(kept).value, first.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2500), st.integers(1, 255))
def test_no_changed_byte_of_the_cache_gets_through(tmp_path, cache, place, change):
    first = read(tmp_path, "01:00,HR,80", "02:00,HR,90")
    (kept,) = (cache / "read").iterdir()
    content = bytearray(kept.read_bytes())
    content[place % len(content)] ^= change
    kept.write_bytes(content)
    again = read_stays(tmp_path / "set-a.tar.gz")
    for name in ("case_id", "start", "time", "variable", "value", "static", "notes"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    kept.unlink()


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path, cache):
    cache.write_text("a file where the folder should be")
    assert values(read(tmp_path, "01:00,HR,80")) == [(60, "HR", 80)]


# Outcomes and splits


def outcomes(path, *rows):
    path.write_text(OUTCOMES + "".join(f"{row}\n" for row in rows))
    return path


def test_outcomes_are_numbers_and_minus_one_is_missing(tmp_path):
    table = read_outcomes(outcomes(tmp_path / "o.txt", "2,-1,8,19,-1,0", "1,6,1,5,3,1"))
    assert table["RecordID"].tolist() == [1, 2] and table["died"].tolist() == [1, 0]
    assert table["survival"][0] == 3 and np.isnan([table["survival"][1], table["saps1"][1]]).all()


@pytest.mark.parametrize(
    "row, complaint",
    [
        (
            "3,6,1,5,-1,maybe",
            r"o.txt, row 3, column 'In-hospital_death': 'maybe' stands where a number belongs",
        ),
        ("3,6,1,5,-1,2", r"stay 3 is neither 0 nor 1|of stay 3 is neither"),
        ("3,6,1,5,-1", r"o.txt, row 3 has 5 cells, but there are 6 headings"),
        ("1,6,1,5,-1,1", "stay 1 has two rows"),
        ("1.5,6,1,5,-1,1", "1.5 is not the number of a stay"),
    ],
)
def test_outcomes_that_are_wrong_are_refused(tmp_path, row, complaint):
    with pytest.raises(DataError, match=complaint):
        read_outcomes(outcomes(tmp_path / "o.txt", "1,6,1,5,-1,0", row))


def test_outcomes_without_a_column_are_refused(tmp_path):
    (tmp_path / "o.txt").write_text("RecordID,SOFA\n1,2\n")
    with pytest.raises(DataError, match="no column 'In-hospital_death'; its columns are: RecordID, SOFA"):
        read_outcomes(tmp_path / "o.txt")


def whole_set(path, part, numbers, *, extra_stay=False, extra_outcome=False):
    path.mkdir(exist_ok=True)
    texts = {number: stay(number, f"01:00,HR,{60 + number % 50}") for number in numbers}
    rows = [f"{number},6,1,5,-1,{int(number % 5 == 0)}" for number in numbers]
    archive(path / f"set-{part}.tar.gz", texts | ({9000: stay(9000)} if extra_stay else {}))
    outcomes(path / f"Outcomes-{part}.txt", *rows, *(["9001,6,1,5,-1,1"] if extra_outcome else []))
    return path


def test_two_parts_make_three_splits(tmp_path):
    whole_set(tmp_path / "icu", "a", range(1, 101))
    data = read_physionet(whole_set(tmp_path / "icu", "b", range(200, 250)), sets=("a", "b"))
    assert [len(split) for split in data.splits.values()] == [80, 20, 50]
    assert data.train.y.sum() == 16 and data.validation.y.sum() == 4
    for split in data.splits.values():
        np.testing.assert_array_equal(split.x.case_id, split.patient)
        np.testing.assert_array_equal(split.x.value, 60 + split.patient % 50)
        np.testing.assert_array_equal(split.y, split.patient % 5 == 0)
        assert set(split.about) == {"saps1", "sofa", "length_of_stay", "survival"}


def test_one_set_makes_three_splits(tmp_path):
    files = whole_set(tmp_path / "icu", "a", range(1, 101))
    data = read_physionet(files, sets=["a"], seed=3)
    assert [len(split) for split in data.splits.values()] == [60, 20, 20]
    assert read_physionet(files, sets=["a"], seed=3).test.patient.tolist() == data.test.patient.tolist()
    assert read_physionet(files, sets=["a"], seed=4).test.patient.tolist() != data.test.patient.tolist()


def test_stays_and_outcomes_without_the_other_are_counted(tmp_path):
    place = whole_set(tmp_path / "icu", "a", range(1, 101), extra_stay=True, extra_outcome=True)
    data = read_physionet(place, sets=["a"])
    assert sum(map(len, data.splits.values())) == 100
    assert "1 × stay without an outcome, set aside (first: stay 9000)" in said(data)
    assert "1 × outcome without a stay, set aside (first: stay 9001)" in said(data)


def test_files_that_are_missing_or_belong_elsewhere_are_named(tmp_path):
    place = whole_set(tmp_path / "icu", "a", range(1, 101))
    with pytest.raises(DataError, match=r"set-b.tar.gz .* is missing: there is Outcomes-a.txt, set-a.tar.gz"):
        read_physionet(place)
    outcomes(place / "Outcomes-a.txt", "777,6,1,5,-1,1")
    with pytest.raises(DataError, match="no stay in common"):
        read_physionet(place, sets=["a"])
    (place / "Outcomes-a.txt").unlink()
    with pytest.raises(DataError, match=r"Outcomes-a.txt is missing"):
        read_physionet(place, sets=["a"])
    for sets in ((), ("a", "a"), ("a", "b", "c")):
        with pytest.raises(DataError, match="one or two different sets"):
            read_physionet(place, sets=sets)


def test_simulated_stays_bring_their_truth(tmp_path):
    place = whole_set(tmp_path / "icu", "a", range(1, 101))
    (place / "Truth-a.csv").write_text(
        "RecordID,severity\n" + "".join(f"{n},{n / 10}\n" for n in range(100, 0, -1))
    )
    data = read_physionet(place, sets=["a"])
    np.testing.assert_allclose(data.test.about["severity"], data.test.patient / 10)
    (place / "Truth-a.csv").write_text("RecordID,severity\n1,2\n")
    with pytest.raises(DataError, match="has no row for stay 2"):
        read_physionet(place, sets=["a"])


# Anything else may come, and only a DataError may go


pieces = st.sampled_from(
    [
        HEADING,
        "07:30",
        ",",
        "HR",
        "80",
        "\n",
        "\r",
        "\r\n",
        '"',
        "nan",
        "1e999",
        "-1",
        "Weight",
        "00:00",
        "\0",
        "é",
        " ",
        "RecordID",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60), st.lists(pieces, max_size=20).map(lambda p: (HEADING + "".join(p)).encode())
    )
)
@example(HEADING.encode() + b"00:00,HR,80\r07:00,HR,9")
@example(HEADING.encode() + b'00:00,"HR,80\n00:01,HR",9')
def test_any_text_is_read_or_refused(tmp_path, content):
    path = archive(tmp_path / "set-a.tar.gz", {1: content, 2: stay(2, "01:00,HR,80")})
    try:
        records = read_stays(path)
    except DataError as error:
        assert "1.txt" in str(error)
    else:
        assert records.case_id.tolist() == [1, 2] and values(records, 1) == [(60, "HR", 80)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.integers(0, 5000), st.booleans())
def test_any_archive_is_read_or_refused(tmp_path, junk, place, zipped):
    path = archive(tmp_path / "set-a.tar.gz", {1: stay(1, "01:00,HR,80")})
    content = bytearray(gzip.decompress(path.read_bytes()) if zipped else path.read_bytes())
    content[place : place + len(junk)] = junk
    path.write_bytes(gzip.compress(bytes(content), 1) if zipped else content)
    with contextlib.suppress(DataError):
        read_stays(path)


# The real thing


def test_the_real_stays_are_all_there(real_data):
    place = real_data / "physionet2012_icu"
    data = read_physionet(place)
    assert [len(split) for split in data.splits.values()] == [3200, 800, 4000]
    assert data.train.y.sum() + data.validation.y.sum() == 554 and data.test.y.sum() == 568
    of_a = read_physionet(place, sets=["a"]).notes
    counts = [note.count for note in of_a if "outside" in note.what and "of a stay" not in note.what]
    # 1,757,980 rows, of which 4,000 × 6 are descriptors
    rows = len(data.train.x.time) + len(data.validation.x.time)
    assert rows + sum(counts) == 1_757_980 - 24_000
    never = np.isnan(np.concatenate([data.train.x.last(), data.validation.x.last()])).sum(axis=0)
    assert never[VARIABLES.index("HR")] == 63 and never[VARIABLES.index("Lactate")] == 1817
    assert never[VARIABLES.index("TroponinI")] == 3795


# Hostile stays


def test_a_value_of_any_length_that_is_no_number_is_named_at_once(tmp_path):
    """No pattern goes back over it again and again: this would take minutes."""
    with pytest.raises(DataError, match=r"row 5: '1111+' stands where a number belongs") as error:
        read(tmp_path, "01:00,HR," + "1" * 100_000 + "x")
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("unpacked", [False, True])
def test_a_stay_larger_than_any_can_be_is_refused(tmp_path, monkeypatch, unpacked):
    monkeypatch.setattr(physionet, "MOST_IN_STAY", 500)
    texts = {1: stay(1), 2: stay(2, *["01:00,HR,80"] * 100)}
    path = folder(tmp_path, texts) if unpacked else archive(tmp_path / "set-a.tar.gz", texts)
    with pytest.raises(DataError, match=r"2\.txt.* has .*bytes"):
        read_stays(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_among_stays_is_refused_and_not_waited_for(tmp_path):
    path = folder(tmp_path, {1: stay(1)})
    os.mkfifo(path / "2.txt")
    with pytest.raises(DataError, match=r"2\.txt is a pipe or a device"):
        read_stays(path)
    os.mkfifo(tmp_path / "set-b.tar.gz")
    with pytest.raises(DataError, match=r"set-b\.tar\.gz is a pipe or a device"):
        read_stays(tmp_path / "set-b.tar.gz")


def test_deaths_in_two_columns_are_refused(tmp_path):
    path = tmp_path / "Outcomes-a.txt"
    path.write_text(OUTCOMES.rstrip() + ",In-hospital_death\n1,1,1,1,-1,0,1\n")
    with pytest.raises(DataError, match="two columns called 'In-hospital_death'"):
        read_outcomes(path)


def test_a_user_without_a_home_reads_stays_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", "~nobodyhere/cache")
    assert values(read(tmp_path, "01:00,HR,80")) == [(60, "HR", 80)]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from('0159:,.-eHRTempRecordID \n\r"x') | st.characters(codec="utf-8"), max_size=80))
def test_any_rows_are_read_or_refused(tmp_path, text):
    with contextlib.suppress(DataError):
        read_stays(archive(tmp_path / "set-a.tar.gz", {1: HEADING + text}))
    (tmp_path / "Outcomes-a.txt").write_text(OUTCOMES + text, newline="")
    with contextlib.suppress(DataError):
        read_outcomes(tmp_path / "Outcomes-a.txt")


def test_each_variable_has_a_unit():
    assert set(physionet.UNITS) == set(VARIABLES)
    assert physionet.UNITS["Creatinine"] == "mg/dl", "a European reader expects µmol/l"
