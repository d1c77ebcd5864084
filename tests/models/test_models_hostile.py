"""Model files that somebody else made: each is read rightly or refused in one sentence."""

import json
import zipfile

import h5py
import keras
import pytest

from medlearn import models
from medlearn.errors import DataError


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A small model's file, and a function that writes it once more with other members and packing."""
    folder = tmp_path_factory.mktemp("saved")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(64)]).save(folder / "model.keras")
    with zipfile.ZipFile(folder / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def write(name, *, packing=zipfile.ZIP_STORED, **changed):
        path = folder / f"{name}.keras"
        with zipfile.ZipFile(path, "w", packing) as archive:
            for member, content in (members | {f"{key}.json": text for key, text in changed.items()}).items():
                archive.writestr(member, content)
        return path

    return write


def refused(path):
    """The sentence that refuses it."""
    with pytest.raises(DataError) as caught:
        models.read(path, shape=(2,))
    sentence = str(caught.value)
    assert path.name in sentence and "\n" not in sentence and len(sentence) < 1000
    return sentence


def test_a_packed_one_is_read(saved):
    assert models.read(saved("packed", packing=zipfile.ZIP_DEFLATED), shape=(2,)).output_shape == (None, 64)


def test_a_packed_one_with_damaged_bytes_is_refused(saved):
    path = saved("damaged", packing=zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(path) as archive:
        weights = archive.getinfo("model.weights.h5")
    content = bytearray(path.read_bytes())
    middle = weights.header_offset + 60 + weights.compress_size // 2
    content[middle : middle + 40] = b"\xff" * 40
    path.write_bytes(content)
    assert "damaged" in refused(path)


# Where a member's flags and its way of packing stand, in its own header and in the archive's directory.
@pytest.mark.parametrize(("name", "at", "value"), [("encrypted", 0, 1), ("packed oddly", 2, 99)])
def test_one_that_is_encrypted_or_packed_in_an_unknown_way_is_refused(name, at, value, saved):
    path = saved(name)
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(mark)
        while start >= 0:
            content[start + offset + at] = value
            start = content.find(mark, start + 4)
    path.write_bytes(content)
    refused(path)


@pytest.mark.parametrize("member", ["metadata", "config"])
@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "7", '"text"', "[" * 100_000, '{"a":' * 100_000, "\ufeff{}", '{"config": NaN}'],
)
def test_json_that_describes_no_model_is_refused(member, text, saved):
    refused(saved("described", **{member: text}))


@pytest.mark.parametrize(
    "thing", [keras.layers.Dense(3), keras.optimizers.Adam(), keras.losses.MeanSquaredError()]
)
def test_what_is_no_model_is_refused(thing, saved):
    refused(saved("no-model", config=json.dumps(keras.saving.serialize_keras_object(thing))))


def test_a_model_that_was_never_built_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="has not yet been built"):
        keras.Sequential([keras.layers.Dense(3)]).save(tmp_path / "unbuilt.keras")
    refused(tmp_path / "unbuilt.keras")


def test_weights_that_unpack_to_far_more_than_the_file_holds_are_refused(saved):
    path = saved("bomb", packing=zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("more.bin", "w") as stream:
        for _ in range(300):
            stream.write(bytes(1 << 20))
    assert "would unpack to 315 MB, more than 20 times its size" in refused(path)


def test_arrays_packed_within_the_weights_are_counted_too(saved, tmp_path):
    with h5py.File(tmp_path / "weights.h5", "w") as weights:
        weights.create_dataset("vars/0", (100_000_000,), "float32", compression="gzip")
    path = saved("hollow")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["model.weights.h5"] = (tmp_path / "weights.h5").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert "would unpack to 400 MB" in refused(path)


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000, ".", "~nobody-of-this-name/x.keras"])
def test_what_is_no_path_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError):
        models.read(name)


def test_layers_that_ask_for_endless_memory_are_refused(saved):
    with zipfile.ZipFile(saved("huge")) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][1]["config"]["units"] = 10**12
    refused(saved("huge", config=json.dumps(config)))
