"""The entities' recipe, short: its table, who is learnt from, paths and baselines by hand, refusals."""

import argparse
import json

import keras
import numpy as np
import pytest

from medlearn import cli
from medlearn.data.ragged import Ragged
from medlearn.data.text.tagged import tag_names
from medlearn.errors import DataError
from medlearn.evaluation import Estimate, entities
from medlearn.features.text import Vocabulary
from medlearn.models.crf import NEVER
from medlearn.models.text import tagger
from medlearn.results import entities as recipe
from medlearn.results import main
from medlearn.results.entities import DICTIONARY, WINDOW, Answer, Sentences
from medlearn.results.table import OURS, TOGETHER

MEASURES = ["f1", "precision", "recall", "recall_unseen"]
SYLLABLES = ("ba", "do", "ki", "lu", "ne", "ra", "so", "tu")
ENDS = {"disease": "itis", "drug": "mycin", "gene": "ase"}  # by which a name is known, and of none: "gene"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A small net that learns for a moment."""
    monkeypatch.setattr(recipe, "EPOCHS", 1)
    monkeypatch.setattr(recipe, "HASHED", 2**12)
    monkeypatch.setattr(recipe, "NET", lambda *given: tagger(*given, width=8, dilations=(1,)))


def text(rng, kinds):
    """The lines of a sentence: a name or two, of one of the `kinds` or a gene's, in front of plain words."""
    lines = []
    for lead in (("We", "saw"), ("and", "then"))[: rng.integers(1, 3)]:
        kind = rng.choice([*kinds, "gene"])
        name = "".join(rng.choice(SYLLABLES, 2)) + ENDS[kind]
        number = ["type", "2"] if rng.random() < 0.3 else []
        its = "OOO" if kind == "gene" else "BII"
        tags = [tag if tag == "O" else f"{tag}-{kind}" for tag in its]
        lines += [f"{word}\tO" for word in lead]
        lines += [f"{word}\t{tag}" for word, tag in zip([name, *number], tags, strict=False)]
    return [*lines, ".\tO"]


def write(path, *, documents=20, kinds=("disease",), seed=0, named=True):
    """A file of so many documents of four sentences; without `named`, it says nothing of documents."""
    rng, lines = np.random.default_rng(seed), []
    for _ in range(documents):
        lines += ["-DOCSTART-\tO", ""] if named else []
        for _ in range(4):
            lines += [*text(rng, kinds), ""]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def folder_of(path, **texts):
    """A folder with train, devel and test, of tokens that hold their tag behind a slash."""
    path.mkdir()
    for name, sentences in texts.items():
        lines = [sentence.replace("/", "\t").replace(" ", "\n") + "\n" for sentence in sentences]
        (path / f"{name}.tsv").write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def sentences_of(*texts, classes=("disease",)):
    """Sentences of words with their tag behind a slash."""
    number = {name: code for code, name in enumerate(tag_names(classes))}
    pairs = [[word.split("/") for word in text.split()] for text in texts]
    words = Ragged.of([np.array([word for word, _ in sentence], object) for sentence in pairs])
    tags = Ragged.of([np.array([number[tag] for _, tag in sentence]) for sentence in pairs])
    return Sentences(words, tags, np.arange(len(texts)), classes)


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "own.tsv")


@pytest.fixture
def data(file):
    return recipe.load_tagged(file, None)


@pytest.fixture
def no_net(monkeypatch):
    """Answers that no net gives, at once: scores that are drawn."""

    def answer(learnt, words, seed):
        rng = np.random.default_rng(seed)
        scores = [rng.normal(size=(n, learnt.count, learnt.count)) for n in words.counts]
        return Answer(recipe.decided(scores, learnt.count), scores)

    monkeypatch.setattr(recipe, "answer_by_net", answer)


# What a table shows


def test_each_row_has_its_measures_and_what_knows_no_chance_its_intervals(no_net, file, tmp_path, capsys):
    out = tmp_path / "out.json"
    main(["entities", "--file", file, "--seeds", "2", "--json", str(out)])
    printed, written = capsys.readouterr().out, json.loads(out.read_text())
    assert list(written["baselines"]) == [DICTIONARY, WINDOW] and written["ours"]["f1"]["seeds"] == 2
    assert written["labels"]["recall_unseen"] == "recall, not seen in training"
    for row in written["baselines"].values():
        assert set(row) <= set(MEASURES) and row["f1"]["low"] < row["f1"]["high"]
    assert written["baselines"][DICTIONARY]["recall_unseen"]["mean"] == 0
    assert written["baselines"][WINDOW]["recall_unseen"]["mean"] > 0.7
    for said in ("Mean over 2 nets", "intervals by document.", "Learnt from 64 sentences", "own file"):
        assert said in printed
    assert "| DNorm | 0.798 |" in printed and "| SBLC | 0.862 |" in printed and file not in printed


def test_other_types_have_a_column_each(no_net, tmp_path):
    path = write(tmp_path / "own.tsv", documents=30, kinds=("drug", "disease"))
    table = recipe.run("entities", file=path, seeds=2)
    assert list(table.rows) == [OURS, TOGETHER, DICTIONARY, WINDOW]
    own = ["f1_macro", "f1_disease", "f1_drug"]
    row = table.rows[WINDOW]
    assert list(row) == [*MEASURES, *own] and all(isinstance(value, Estimate) for value in row.values())
    assert [table.column(name).label for name in own] == ["F1, mean over types", "F1, disease", "F1, drug"]
    assert set(table.rows[OURS]) <= set(row)


def test_a_measure_without_a_value_is_left_out_of_its_row():
    test = sentences_of("gout/B-disease is/O")
    nothing = recipe.measures(test, Answer([np.zeros(2, int)]), ["gout"])
    assert {name: found.value for name, found in nothing.items()} == {"f1": 0, "recall": 0}
    found = recipe.measures(test, Answer([np.array([1, 0])]), [])
    assert {name: found.value for name, found in found.items()} == dict.fromkeys(MEASURES, 1)


def test_a_mean_over_types_counts_a_rare_type_as_much():
    test = sentences_of(*["gout/B-disease"] * 3, "insulin/B-drug", classes=("disease", "drug"))
    found = recipe.measures(test, Answer([np.array([tag]) for tag in (1, 1, 1, 0)]), [])
    assert found["f1"].value == pytest.approx(6 / 7) and found["f1_macro"].value == 0.5
    assert (found["f1_disease"].value, found["f1_drug"].value) == (1, 0)


def test_the_notes_say_how_many_there_are_and_how_many_were_seen():
    test = sentences_of("Gout/B-disease or/O mumps/B-disease", "no/O red/B-disease fever/I-disease")
    said = recipe.notes(test, ["gout", "fever"], learnt=1234, seeds=3, documents=True)
    assert "3 in 2 test sentences, 33% of them word for word" in said[0]
    assert "1,234 sentences" in said[1] and "Mean over 3 nets" in said[2] and said[2].endswith("by document.")
    said = recipe.notes(test, [], learnt=9, seeds=3, documents=False)
    assert "0% of them" in said[0] and "by sentence, since no file says which document" in said[2]


def test_intervals_are_by_document(data):
    test = recipe.test_sentences(data)
    assert len(np.unique(test.owner)) == 4 and len(test.words) == 16
    called = Answer(recipe.answer_by_dictionary(test, test.words))
    found = recipe.measures(test, called, [])["recall"]
    assert found == entities.entity_recall(test.tags, called.tags, patient=test.owner)


# Who is learnt from


def test_all_but_the_test_sentences_are_learnt_from(data, monkeypatch):
    learnt, test = recipe.known_sentences(data), recipe.test_sentences(data)
    splits = (data.train, data.validation)
    assert [*learnt.words["value"]] == [word for split in splits for word in split.x["value"]]
    assert learnt.tags["value"].tolist() == [tag for split in splits for tag in split.y["value"]]
    assert not {*learnt.owner} & {*test.owner} and len({*learnt.owner, *test.owner}) == 20
    given, of = [], Vocabulary.of
    monkeypatch.setattr(recipe.Vocabulary, "of", lambda words: given.append(words) or of(words))
    monkeypatch.setattr(recipe, "word_vectors", lambda words, known: given.append(words) or np.ones((9, 2)))
    monkeypatch.setattr(recipe, "NET", lambda *sizes: given.append(sizes) or keras.Sequential([]))
    monkeypatch.setattr(recipe, "fit", lambda net, batches, **how: given.append((batches, how)))
    monkeypatch.setattr(
        recipe, "scores_by", lambda net, numbers: [np.zeros((len(n["words"]), 3, 3)) for n in numbers]
    )
    answer = recipe.answer_by_net(learnt, test.words, seed=7)
    words, again, (vectors, _, tags), (batches, how) = given
    assert words is again is learnt.words and vectors.shape == (9, 2) and tags == 3
    assert len(batches.y) == len(learnt.words) and batches.size == recipe.BATCH
    assert how["epochs"] == 1 and how["seed"] == 7
    assert [*map(len, answer.tags)] == test.words.counts.tolist()


def test_the_net_finds_names_that_training_never_had(data, monkeypatch):
    monkeypatch.setattr(recipe, "EPOCHS", 12)
    monkeypatch.setattr(recipe, "BATCH", 8)
    monkeypatch.setattr(recipe, "PEAK", 2e-2)
    monkeypatch.setattr(recipe, "NET", lambda *given: tagger(*given, width=32, dilations=(1,), dropout=0.1))
    learnt, test = recipe.known_sentences(data), recipe.test_sentences(data)
    answer = recipe.answer_by_net(learnt, test.words, seed=0)
    found = recipe.measures(test, answer, entities.mentions(learnt.words, learnt.tags))
    assert found["f1"].value > 0.8 and found["recall_unseen"].value > 0.8
    for tags, scores in zip(answer.tags, answer.scores, strict=True):
        assert scores.shape == (len(tags), 3, 3) and not ((tags[1:] == 2) & (tags[:-1] == 0)).any()
    again = recipe.answer_by_net(learnt, test.words, seed=0)
    assert all(map(np.array_equal, answer.tags, again.tags))


def test_scores_stand_where_their_sentence_does(data, monkeypatch):
    words = data.test.x
    known = Vocabulary.of(words)
    net = tagger(known.sizes[0], known.sizes[1], 3, width=8, dilations=(1,))
    at_once = recipe.scores_by(net, known(words))
    monkeypatch.setattr(recipe, "AT_ONCE", 5)
    for some, alone in zip(at_once, recipe.scores_by(net, known(words)), strict=True):
        np.testing.assert_allclose(some, alone, atol=1e-5)
    assert [*map(len, at_once)] == words.counts.tolist()
    np.testing.assert_allclose(recipe.scores_by(net, known(words[[3]]))[0], at_once[3], atol=1e-5)


def test_another_source_is_learnt_from_where_that_is_asked(no_net, file, tmp_path):
    other = write(tmp_path / "other.tsv", documents=10, seed=1, named=False)
    both, own, theirs = (recipe.load_tagged(*paths) for paths in ((file, other), (file, None), (other, None)))
    assert [*both.train.x["value"]] == [*theirs.train.x["value"]] != [*own.train.x["value"]]
    assert [*both.test.x["value"]] == [*own.test.x["value"]]
    assert both.patients_known and both.source == "own file", "whose the scored sentences are is known"
    assert not recipe.load_tagged(other, file).patients_known
    table = recipe.run("entities", file=file, seeds=2, train=other)
    assert "intervals by document." in table.markdown() and "Learnt from 32 sentences" in table.markdown()


def test_a_type_alone_may_be_called_anything(file, tmp_path):
    other = write(tmp_path / "drugs.tsv", kinds=("drug",))
    assert recipe.load_tagged(file, other).classes == ("drug",)


# Ours and the baselines, by hand


def scores(*rows):
    """Scores of pairs from those of O, B and I of each word."""
    return np.repeat(np.array(rows, float)[:, None], 3, axis=1)


def test_together_the_mean_of_the_scores_decides():
    one, other = [scores([0, 1, 0], [0, 0, 1])], [scores([3, 0, 0], [1, 0, 3])]
    assert [tags.tolist() for tags in recipe.decided(one + other, 3)] == [[1, 2], [0, 0]]
    found = recipe.together([Answer([], one), Answer([], other)], 3)
    np.testing.assert_allclose(found.scores[0], scores([1.5, 0.5, 0], [0.5, 0, 2]))
    assert found.tags[0].tolist() == [1, 2], "an I needs its B, and is worth more than the O of either"


def test_a_path_is_never_against_iob():
    assert recipe.decided([scores([0, 0, 9], [0, 0, 9])], 3)[0].tolist() == [1, 2]
    assert NEVER < -9


def tags_by(answer, learnt, *asked):
    """What `answer` says of sentences, having learnt from others."""
    words = Ragged.of([np.array(sentence.split(), object) for sentence in asked])
    return [tags.tolist() for tags in answer(learnt, words)]


def test_the_dictionary_takes_the_longest_entry_and_no_word_twice():
    learnt = sentences_of(
        "breast/B-disease cancer/I-disease",
        *["Cancer/B-disease"] * 3,
        "cancer/B-disease of/I-disease the/I-disease breast/I-disease",
        "cancer/B-disease pain/I-disease",
    )
    assert tags_by(
        recipe.answer_by_dictionary,
        learnt,
        "BREAST Cancer pain",
        "cancer of the breast cancer",
        "cancer of breast",
        "breast",
    ) == [[1, 2, 0], [1, 2, 2, 2, 1], [1, 0, 0], [0]]


@pytest.mark.parametrize(("outside", "found"), [(0, 1), (2, 1), (3, 0)])
def test_an_entry_is_right_in_half_of_its_matches_or_is_none(outside, found):
    learnt = sentences_of("cold/B-disease", "A/O cold/B-disease", *["cold/O hands/O"] * outside)
    assert tags_by(recipe.answer_by_dictionary, learnt, "a cold") == [[0, found]]


def test_an_entry_has_the_type_that_it_has_most_often():
    texts = ("insulin/B-drug", "insulin/B-drug", "insulin/B-gene", "ras/B-gene", "ras/B-gene", "ras/B-drug")
    learnt = sentences_of(*texts, classes=("gene", "drug"))
    assert tags_by(recipe.answer_by_dictionary, learnt, "ras insulin") == [[1, 3]]


def test_a_dictionary_without_an_entry_finds_nothing():
    learnt = sentences_of("cold/B-disease", *["cold/O"] * 2)
    assert recipe.dictionary_of(learnt) == {}
    assert tags_by(recipe.answer_by_dictionary, learnt, "cold") == [[0]]


def test_the_window_knows_a_name_by_its_letters_and_never_says_what_training_has_not():
    names = ("arthritis", "hepatitis", "nephritis", "colitis")
    learnt = sentences_of(
        *[f"with/O {name}/B-disease ./O" for name in names] * 5, *["with/O care/O ./O"] * 20
    )
    assert tags_by(recipe.answer_by_window, learnt, "with gastritis .", "with love .") == [
        [0, 1, 0],
        [0, 0, 0],
    ]


def test_the_window_goes_on_only_with_what_has_begun():
    learnt = sentences_of(*["red/B-disease fever/I-disease ./O", "a/O fever/O ./O"] * 20)
    assert tags_by(recipe.answer_by_window, learnt, "red fever .", "fever .") == [[1, 2, 0], [0, 0]]


def test_real_abstracts_need_more_than_a_dictionary(real_data):
    data = recipe.load_tagged(str(real_data / "ner_ncbi" / "NCBI-disease-IOB"), None)
    learnt, test = recipe.known_sentences(data), recipe.test_sentences(data)
    known = entities.mentions(learnt.words, learnt.tags)
    assert len(learnt.words) == 6347 and len(test.words) == 940
    found = recipe.measures(test, Answer(recipe.answer_by_dictionary(learnt, test.words)), known)
    assert found["recall_unseen"].value < 0.02 < 0.6 < found["f1"].value < 0.75
    (first, *_) = recipe.notes(test, known, learnt=6347, seeds=3, documents=data.patients_known)
    assert "960 in 940 test sentences" in first


# What is refused


ILL, WELL = "gout/B-disease hurts/O", "nothing/O hurts/O"


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        ({"train": [ILL], "devel": [ILL], "test": [WELL]}, "no sentence to test holds an entity"),
        ({"train": [WELL], "devel": [WELL], "test": [ILL]}, "no sentence to learn from holds an entity"),
        (
            {"train": ["gout/B-disease"], "devel": ["mumps/B-disease"], "test": [ILL]},
            "each word to learn from has one tag",
        ),
    ],
)
def test_where_there_is_nothing_to_find_or_to_learn_is_one_sentence(texts, complaint, tmp_path, capsys):
    path = folder_of(tmp_path / "own", **texts)
    assert cli.main(["results", "entities", "--file", path, "--seeds", "2"]) == 1
    printed = capsys.readouterr()
    last = printed.err.strip().splitlines()[-1]
    assert complaint in last and "Traceback" not in printed.err and not printed.out


def test_an_entity_in_the_validation_sentences_is_enough(tmp_path):
    path = folder_of(tmp_path / "own", train=[WELL, WELL], devel=[ILL], test=[ILL])
    data = recipe.load_tagged(path, None)
    recipe.check(data, recipe.known_sentences(data), recipe.test_sentences(data))


def test_sources_with_other_types_are_refused(file, tmp_path, capsys):
    both = write(tmp_path / "both.tsv", documents=30, kinds=("drug", "disease"))
    assert cli.main(["results", "entities", "--file", file, "--train", both]) == 1
    said = f"{both} has entities of the types disease, drug, and {file} of disease: both need the same"
    assert said in capsys.readouterr().err
    with pytest.raises(DataError, match=r"of the types disease, and .* of disease, drug: both need the same"):
        recipe.load_tagged(both, file)


def test_another_source_can_be_named():
    parser = argparse.ArgumentParser()
    recipe.options(parser)
    assert vars(parser.parse_args([])) == {"train": None}
    assert vars(parser.parse_args(["--train", "theirs"])) == {"train": "theirs"}
