"""The catalogue: every entry complete, every name findable, nothing heavy imported."""

import importlib.util
import re

import pytest

from medlearn.data.catalogue import CATALOGUE, find, kinds
from medlearn.data.dataset import TASKS
from medlearn.errors import DataError

ENTRIES = list(CATALOGUE.values())
FILES = [file for entry in ENTRIES for file in entry.files]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_says_where_it_comes_from_and_what_is_asked(entry):
    assert entry.licence and entry.citation and entry.homepage.startswith("https://")
    assert entry.count > 0 and entry.cases
    assert entry.task in TASKS
    assert (entry.task in ("regression", "none")) == (not entry.classes)
    assert entry.task != "binary" or len(entry.classes) == 2
    assert set(entry.options.get("sets", ())) <= {file.set for file in entry.files}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_reader_and_the_simulator_of_an_entry_exist(entry):
    for reference in filter(None, (entry.reader, entry.simulator)):
        module, _, name = reference.partition(":")
        assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_can_be_checked_by_digest_or_by_content(file):
    assert file.url.startswith("https://") and file.name in file.url
    digests = file.digest.split()
    assert all(re.fullmatch("md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", digest) for digest in digests)
    assert digests or file.content


def test_kinds_are_found_by_their_place_and_no_name_is_given_twice():
    assert kinds() == ["images", "records", "sequences", "tables", "text"]
    entries = [importlib.import_module(f"medlearn.data.{kind}.entries").ENTRIES for kind in kinds()]
    assert sum(map(len, entries)) == len(CATALOGUE)


def test_no_two_entries_share_a_digest():
    digests = [digest for file in FILES for digest in file.digest.split()]
    assert len(digests) == len(set(digests)) >= 16


def test_the_official_digests_are_those_of_the_source():
    # The first as the publisher's own package lists it, the second from the 64 px release.
    assert find("pneumonia").files[0].digest == "md5:28209eda62fecd6e6a2d98b1501bb15f"
    assert find("pneumonia_64").files[0].digest == "md5:8f4eceb4ccffa70c672198ea285246c6"
    assert find("pneumonia_64").files[0].name == "pneumoniamnist_64.npz"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("pnuemonia", "pneumonia"),
        ("Pneumonia", "pneumonia"),
        ("breast_cancr", "breast_cancer"),
        ("zzzz", "there are: pneumonia, "),
        ("", "there are: "),
        (["icu"], "did you mean icu"),
    ],
)
def test_an_unknown_name_is_told_what_is_near(typed, said):
    with pytest.raises(DataError, match="no data set called") as error:
        find(typed)
    assert said in str(error.value)
