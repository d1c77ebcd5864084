"""The simulated abstracts: as announced, and of use: a dictionary finds about half, and more can be found."""

from collections import Counter

import pytest

from medlearn.data import load
from medlearn.data.text.simulate import LEXICON, SENTENCES, write_diseases
from medlearn.data.text.tagged import read_tagged


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return read_tagged(write_diseases(tmp_path_factory.mktemp("diseases")))


def mentions(split):
    """Each sentence's mentions as (begin, words), in order."""
    found = []
    for words, tags in zip(split.x, split.y, strict=True):
        begins = [place for place, tag in enumerate(tags) if tag == 1]
        ends = [next((e for e in range(b + 1, len(tags)) if tags[e] != 2), len(tags)) for b in begins]
        found.append([(b, tuple(words[b:e])) for b, e in zip(begins, ends, strict=True)])
    return found


def test_splits_types_and_the_mark(data):
    assert [len(split) for split in data.splits.values()] == list(SENTENCES.values())
    assert data.simulated and data.classes == ("disease",) and not data.patients_known
    assert {note.what for note in data.notes} <= {
        f"sentence of {name} that stands in train word for word" for name in ("validation", "test")
    }


def test_most_diseases_of_the_test_set_are_new(data):
    train = {words for case in mentions(data.train) for _, words in case}
    test = [words for case in mentions(data.test) for _, words in case]
    assert 0.4 < sum(words in train for words in test) / len(test) < 0.65
    assert len(set(test) - train) > LEXICON["test"] / 2


def test_a_dictionary_of_training_mentions_finds_about_half(data):
    """Longest match of what was a mention in half of its places in training."""
    known = Counter(words for case in mentions(data.train) for _, words in case)
    most, seen = max(map(len, known)), Counter()
    for words in data.train.x:
        for b in range(len(words)):
            seen.update(tuple(words[b : b + size]) for size in range(1, most + 1) if b + size <= len(words))
    kept = {words for words, count in known.items() if count >= seen[words] / 2}
    hits = said = true = 0
    for words, case in zip(data.test.x, mentions(data.test), strict=True):
        found, b = set(), 0
        while b < len(words):
            size = next((size for size in range(most, 0, -1) if tuple(words[b : b + size]) in kept), 0)
            found |= {(b, tuple(words[b : b + size]))} if size else set()
            b += size or 1
        hits, said, true = hits + len(found & set(case)), said + len(found), true + len(case)
    assert 0.5 < 2 * hits / (said + true) < 0.72 and hits / said > 0.8


def test_a_seed_gives_the_same_files_and_another_others(tmp_path):
    content = []
    for number, seed in enumerate((0, 0, 1)):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_diseases(folder, seed=seed)
        content.append([(folder / f"{name}.tsv").read_bytes() for name in SENTENCES])
    assert content[0] == content[1] != content[2]


def test_a_copy_still_says_that_it_is_simulated(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    data = load("diseases")
    assert (
        "diseases: 1,850 simulated sentences (train 1,200, validation 250, test 400)"
        in capsys.readouterr().out
    )
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in SENTENCES:
        (copy / f"{name}.tsv").write_bytes((write_diseases(tmp_path) / f"{name}.tsv").read_bytes())
    again = load("diseases", file=copy)
    assert again.simulated and len(again.train) == len(data.train)
