"""Shards: dealt out by patient, read back as they were, and each fault of a folder of them named."""

import doctest
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from medlearn import load
from medlearn.data.dataset import Dataset, Split
from medlearn.data.files import is_simulated
from medlearn.data.records import Records, read_physionet
from medlearn.data.records.physionet import DESCRIPTORS, VARIABLES
from medlearn.errors import DataError
from medlearn.many import shards as module
from medlearn.many.shards import NUMBER, Shards, read_shard, write_shards


def stays(count=12, *, each=1, first=100):
    """Drawn stays, so many of each patient, the patients in no order, each stay with two measurements."""
    rng = np.random.default_rng(first)
    patient = np.repeat(rng.permutation(np.arange(first, first + count // each)), each)
    x = Records.from_rows(
        case=np.repeat(np.arange(count), 2),
        time=np.tile([1.0, 30.0], count),
        variable=rng.integers(0, len(VARIABLES), 2 * count),
        value=rng.uniform(30, 90, 2 * count),
        variables=VARIABLES,
        case_id=patient if each == 1 else np.arange(count),
        static=rng.uniform(60, 80, (count, len(DESCRIPTORS))),
        static_names=tuple(DESCRIPTORS),
    )
    return Split(x, np.arange(count) % 2, patient, {"saps1": rng.uniform(0, 30, count)})


@pytest.fixture
def folder(tmp_path):
    write_shards(tmp_path / "shards", stays(), size=3)
    return tmp_path / "shards"


def rewrite(folder, change):
    """Change what the list of a folder says."""
    place = folder / "shards.json"
    fields = json.loads(place.read_text())
    change(fields["shards"])
    place.write_text(json.dumps(fields))


def refused(folder):
    with pytest.raises(DataError) as error:
        Shards.read(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_examples():
    assert doctest.testmod(module).failed == 0


# Written and read


def test_what_was_written_is_read_back_case_by_case(folder):
    whole, shards = stays(), Shards.read(folder)
    assert (len(shards), shards.cases, shards.patients) == (4, 12, 12)
    for path, listed in zip(shards, shards.listed, strict=True):
        found = read_shard(path)
        assert found.digest == listed.digest and not found.simulated
        again = whole.take(found.cases.about[NUMBER])
        for name in ("case_id", "start", "time", "variable", "value", "static"):
            np.testing.assert_array_equal(getattr(found.cases.x, name), getattr(again.x, name))
        np.testing.assert_array_equal(found.cases.y, again.y)
        np.testing.assert_array_equal(found.cases.patient, again.patient)
        np.testing.assert_array_equal(found.cases.about["saps1"], again.about["saps1"])


def test_a_patient_is_in_one_shard_however_many_stays_there_are(tmp_path):
    whole = stays(24, each=3)
    mixed = whole.take(np.random.default_rng(1).permutation(24))
    shards = write_shards(tmp_path / "shards", mixed, size=7)
    of = [set(read_shard(path).cases.patient.tolist()) for path in shards]
    assert sum(map(len, of)) == len(set.union(*of)) == shards.patients == 8
    assert all(one.cases <= 7 for one in shards.listed) and shards.cases == 24


def test_a_patient_with_more_stays_than_a_shard_holds_has_one_alone(tmp_path):
    toy = Split(np.zeros((6, 1)), np.zeros(6, int), np.array([1, 2, 2, 2, 2, 3]))
    shards = write_shards(tmp_path / "shards", toy, size=2)
    assert [one.patients for one in shards.listed] == [(1,), (2,), (3,)]


def test_the_same_cases_give_the_same_files(folder, tmp_path):
    again = write_shards(tmp_path / "again", stays(), size=3)
    assert [one.digest for one in again.listed] == [one.digest for one in Shards.read(folder).listed]


def test_several_pieces_are_numbered_on_and_a_patient_in_two_is_refused(tmp_path):
    pieces = [stays(6, first=0), stays(6, first=50)]
    shards = write_shards(tmp_path / "shards", iter(pieces), size=4)
    numbers = np.concatenate([read_shard(path).cases.about[NUMBER] for path in shards])
    assert sorted(numbers.tolist()) == list(range(12))
    with pytest.raises(DataError, match="is in two of the splits"):
        write_shards(tmp_path / "twice", [stays(6), stays(6)], size=4)
    assert not (tmp_path / "twice").exists()


def test_copies_are_other_patients(tmp_path):
    shards = write_shards(tmp_path / "shards", stays(6), size=4, copies=3)
    assert (shards.cases, shards.patients, len({one.digest for one in shards.listed})) == (
        18,
        18,
        len(shards),
    )
    cases = [read_shard(path).cases for path in shards]
    whose = np.concatenate([one.patient for one in cases])
    assert sorted(whose.tolist()) == list(range(18))
    np.testing.assert_array_equal(whose, np.concatenate([one.x.case_id for one in cases]))


def test_images_of_unknown_patients_count_one_by_one(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), dtype=np.uint8)
    split = Split(images, np.arange(6) % 2, np.arange(6))
    data = Dataset(
        "films", split, split, split, "binary", ("no", "yes"), simulated=True, patients_known=False
    )
    shards = write_shards(tmp_path / "shards", data, size=5)
    assert (shards.cases, shards.patients) == (18, 18)
    found = [read_shard(path) for path in shards]
    assert all(one.simulated for one in found) and is_simulated(shards.folder)
    np.testing.assert_array_equal(
        np.concatenate([one.cases.x for one in found]), np.concatenate([images] * 3)
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": 0}, "size must be a whole number"),
        ({"copies": 1.5}, "copies must be a whole number"),
        ({"cases": stays().take([])}, "there are no cases"),
        (
            {"cases": replace(stays(), patient=np.full(12, np.nan))},
            "patient must hold whole numbers or names",
        ),
        ({"cases": replace(stays(), about={"ward": np.array(["a"] * 12, object)})}, "about.ward cannot go"),
        ({"folder": "there"}, "is there already"),
    ],
)
def test_what_cannot_be_written_is_one_sentence_and_leaves_nothing(tmp_path, change, said):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "notes.txt").write_text("mine")
    asked = {"folder": "new", "cases": stays(), "size": 3} | change
    with pytest.raises(DataError, match=said):
        write_shards(tmp_path / asked.pop("folder"), asked.pop("cases"), **asked)
    assert [path.name for path in tmp_path.rglob("*")] == ["there", "notes.txt"]


# Faults


def test_a_damaged_shard_is_named(folder):
    path = folder / "shard-00001.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    said = refused(folder)
    assert "shard-00001.npz is damaged" in said and "faults" not in said


def test_an_empty_and_a_missing_shard_are_named_and_counted(folder):
    (folder / "shard-00001.npz").write_bytes(b"")
    (folder / "shard-00002.npz").unlink()
    said = refused(folder)
    assert "shard-00001.npz is empty" in said and "the first of 2 faults in 4 shards" in said


def test_a_shard_that_is_there_twice_is_named(folder):
    shutil.copy(folder / "shard-00000.npz", folder / "shard-00009.npz")
    assert "shard-00009.npz is a copy of shard-00000.npz" in refused(folder)
    rewrite(folder, lambda listed: listed.append(listed[0] | {"name": "shard-00009.npz"}))
    said = refused(folder)
    assert "shard-00009.npz is listed twice, or is a copy of shard-00000.npz" in said and "faults" not in said


def test_a_shard_that_is_listed_twice_is_named(folder):
    rewrite(folder, lambda listed: listed.append(listed[2]))
    assert "shard-00002.npz is listed twice" in refused(folder)


def test_a_strange_file_is_named(folder, tmp_path):
    write_shards(tmp_path / "other", stays(3, first=900), size=3)
    shutil.copy(tmp_path / "other" / "shard-00000.npz", folder / "more.npz")
    assert "more.npz is not in shards.json" in refused(folder)


def test_a_patient_in_two_shards_is_named(folder, tmp_path):
    shards = Shards.read(folder)
    shared = shards.listed[0].patients[0]
    other = stays(3, first=900)
    write_shards(tmp_path / "other", replace(other, patient=np.array([shared, 901, 902])), size=3)
    shutil.copy(tmp_path / "other" / "shard-00000.npz", folder / "more.npz")
    [more] = json.loads((tmp_path / "other" / "shards.json").read_text())["shards"]
    rewrite(folder, lambda listed: listed.append(more | {"name": "more.npz"}))
    said = refused(folder)
    assert "1 patient(s) are in both shard-00000.npz and more.npz" in said and f"(first: {shared})" in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        '{"format": 2, "shards": []}',
        '{"format": 1, "shards": []}',
        '{"format": 1, "shards": [7]}',
        '{"format": 1, "shards": [{"name": "../x.npz", "sha256": "", "cases": 1, "patients": []}]}',
        '{"format": 1, "shards": [{"name": "x.npz", "sha256": "0", "cases": 1, "patients": []}]}',
        '{"format": 1, "shards": [{"name": "x.npz", "sha256": "0", "cases": 1, "patients": [1.5]}]}',
        "[" * 100_000,
    ],
)
def test_a_list_that_is_none_is_one_sentence(folder, text):
    (folder / "shards.json").write_text(text)
    assert "shards.json is damaged" in (said := refused(folder)) or "lists no shard" in said


def test_a_folder_without_a_list_is_none(tmp_path):
    assert "holds no shards.json" in refused(tmp_path)


def test_a_shard_of_something_else_is_one_sentence(tmp_path):
    path = tmp_path / "x.npz"
    for arrays in ({"x": np.zeros(3)}, {"x": np.array([{}], dtype=object)}):
        np.savez(path, **arrays)
        with pytest.raises(DataError, match=r"x\.npz is damaged or no shard"):
            read_shard(path)
    path.write_text("hello")
    with pytest.raises(DataError, match=r"x\.npz is damaged or no shard"):
        read_shard(path)


# Loaded


def test_load_reads_a_folder_of_shards(folder, capsys):
    data = load("icu", file=folder)
    assert "icu: 12 real stays (" in capsys.readouterr().out
    assert sum(map(len, data.splits.values())) == 12 and not data.simulated and data.patients_known
    whole = stays()
    for split in data.splits.values():
        again = whole.take(split.about[NUMBER])
        np.testing.assert_array_equal(split.x.value, again.x.value)
        np.testing.assert_array_equal(split.y, again.y)
    other = read_physionet(folder, seed=1)
    assert set(other.test.patient) != set(data.test.patient)


def test_load_says_that_shards_are_simulated(tmp_path, capsys):
    write_shards(tmp_path / "shards", stays(), size=3, simulated=True)
    (tmp_path / "shards" / "SIMULATED.txt").unlink()
    assert load("icu", file=tmp_path / "shards").simulated
    assert "12 simulated stays" in capsys.readouterr().out


def test_load_names_what_is_wrong_with_a_shard(folder, tmp_path):
    (folder / "shard-00001.npz").write_bytes(b"")
    with pytest.raises(DataError, match=r"shard-00001\.npz is empty"):
        load("icu", file=folder)
    write_shards(tmp_path / "films", Split(np.zeros((6, 2)), np.arange(6) % 2, np.arange(6)), size=3)
    with pytest.raises(DataError, match=r"shard-00000\.npz holds no stays"):
        load("icu", file=tmp_path / "films")
