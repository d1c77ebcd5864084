"""The reviews recipe, short: its table, who is learnt from, what is chosen, one's own file, refusals."""

import argparse
from collections import Counter

import numpy as np
import pytest

from medlearn import cli
from medlearn.data import load
from medlearn.errors import DataError
from medlearn.evaluation import auroc
from medlearn.results import main, reviews
from medlearn.results.reviews import BOTH, LETTERS, MAJORITY, NET, PAIRS, WORDS, Texts
from medlearn.results.table import OURS

COLUMNS = ("urlDrugName", "rating", "effectiveness", "benefitsReview", "sideEffectsReview", "commentsReview")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Few folds, and a net that learns for a moment."""
    for name, value in {"FOLDS": 2, "INNER": 2, "EPOCHS": 1, "LONGEST": 16}.items():
        monkeypatch.setattr(reviews, name, value)


def write(path, drugs=24, each=5):
    """Reviews in which "none" is good news about side effects and bad news about benefits."""
    rng, rows = np.random.default_rng(0), ["\t".join(COLUMNS)]
    for drug in range(drugs):
        for _ in range(each):
            bad = rng.random() < 0.4
            effects = ["so none then", "so lots then"] if bad else ["so lots then", "so none then"]
            about = f"so it is {rng.choice(['red', 'blue', 'green'])} for me"
            grade = "grade_bad" if bad else "grade_good"
            rating = str(rng.integers(1, 7) if bad else rng.integers(7, 11))
            rows.append("\t".join([f"drug{drug}", rating, grade, *effects, about]))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "reviews.tsv")


def of(file, **options):
    return Texts.of(load("reviews", file=file, **options))


def test_each_row_has_its_measures_and_lines_told_apart_help(file):
    table = reviews.run("reviews", file=file, seeds=2)
    assert list(table.rows) == [OURS, WORDS, LETTERS, NET, BOTH, MAJORITY]
    for system, row in table.rows.items():
        assert list(row) == ["auroc", "accuracy"] and len(row["auroc"]) == (1 if system == MAJORITY else 2)
    assert min(table.rows[OURS]["auroc"]) > 0.95 > 0.9 > max(table.rows[WORDS]["auroc"])
    y = of(file).y
    assert table.rows[MAJORITY] == {"auroc": [0.5], "accuracy": [pytest.approx(1 - y.mean())]}
    printed = table.markdown()
    for said in (
        "Read are benefitsReview, sideEffectsReview and commentsReview; never the grades",
        "2 folds, each drug on one side. Mean over 2 seeds",
        "With the same group on both sides, ours has an AUROC of",
        "less that of words and pairs, by group, a seed: +",
    ):
        assert said in printed
    assert "Chosen, in so many folds: lines told apart, C" in printed and "whole texts" not in printed


def test_a_grade_is_no_word_of_a_text(file):
    texts = of(file)
    assert not any("grade" in text for text in texts.whole) and len(texts.lines) == 3
    for place, line in enumerate(texts.lines):
        assert line.tolist() == [text.split("\n")[place] for text in texts.whole]


def test_no_drug_is_learnt_from_and_answered_also_where_the_model_is_chosen(file, monkeypatch):
    texts, seen = of(file), []
    text = [f"{drug} word" for drug in texts.patient]
    texts = texts._replace(whole=np.array(text, object), lines=[])

    def regress(given, y, penalty):
        return np.full(given[1].shape[0], 0.5)

    def bags(columns, learn, say, kind):
        seen.append((set(texts.patient[learn]), set(texts.patient[say])))
        return np.zeros((len(learn), 1)), np.zeros((len(say), 1))

    monkeypatch.setattr(reviews, "regress", regress)
    monkeypatch.setattr(reviews, "bags", bags)
    reviews.answer_bags(texts, seed=0)
    assert len(seen) == 2 * (2 + 1) and not any(learnt & asked for learnt, asked in seen)
    for start in (0, 3):  # of each fold, first the two in which it is chosen
        *inner, (learnt, asked) = seen[start : start + 3]
        assert all(not (one | other) & asked and one | other == learnt for one, other in inner)


def test_the_net_knows_no_word_of_the_texts_it_answers(file, monkeypatch):
    texts, asked, known = of(file), [], []
    monkeypatch.setattr(reviews, "train_net", lambda net, x, y: known.append((net, x, y)) or net)
    monkeypatch.setattr(reviews, "predict", lambda net, x: asked.append(x) or np.full((len(x), 1), 0.5))
    of_words = reviews.Vocabulary.of
    learnt = []
    monkeypatch.setattr(reviews.Vocabulary, "of", lambda words: learnt.append(words) or of_words(words))
    p = reviews.answer_net(texts, seed=0)
    assert (p == 0.5).all() and sum(map(len, asked)) == len(texts.y)
    for (_, x, y), words, say in zip(known, learnt, asked, strict=True):
        assert len(x) == len(y) == len(words) and len(x) + len(say) == len(texts.y)
        assert x.shape[1] == 16 and max(map(len, words)) <= 16
    first = learnt[0][0]
    assert first[0].startswith("a|") and {word[0] for words in learnt[0] for word in words} == {"a", "b", "c"}


def test_a_net_learns_from_words(file, monkeypatch):
    monkeypatch.setattr(reviews, "EPOCHS", 12)
    texts, ticks = of(file), []
    p = reviews.answer_net(texts, seed=0, tick=lambda: ticks.append(1))
    assert auroc(texts.y, p).value > 0.9 and len(ticks) == 2


def test_what_is_chosen_is_counted(file):
    texts, chosen = of(file), Counter()
    reviews.answer_bags(texts, seed=0, chosen=chosen)
    assert sum(chosen.values()) == 2 and all(told_apart for told_apart, _ in chosen)
    learn = texts.folds(2, seed=0)[0][0]
    assert reviews.choose(texts._replace(lines=[]), learn, PAIRS, seed=0)[0] is False


def test_lines_are_told_apart_only_where_all_texts_have_as_many():
    assert reviews.lines_of(["a\nb", "c\nd"])[1].tolist() == ["b", "d"]
    assert reviews.lines_of(["a\nb", "c"]) == [] == reviews.lines_of(["a", "b"])


def test_a_line_that_is_always_empty_is_left_out():
    texts = np.array(["one word", "one word", "two words", "two words"], object)
    empty, all_of_them = np.array([""] * 4, object), np.arange(4)
    learnt, asked = reviews.bags([texts, empty], all_of_them, all_of_them[:1], PAIRS)
    alone, _ = reviews.bags([texts], all_of_them, all_of_them[:1], PAIRS)
    assert learnt.shape == alone.shape and asked.shape[0] == 1
    with pytest.raises(DataError, match="no word stands in two of the texts"):
        reviews.bags([empty], all_of_them, all_of_them, PAIRS)


def test_ones_own_texts_by_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(reviews, "answer_net", lambda texts, **_: np.full(len(texts.y), 0.5))
    rng = np.random.default_rng(0)
    rows = ["note,outcome,ward"]
    for ward in range(12):
        for bed in range(6):
            said, outcome = (("fever", "ill"), ("no pain", "well"))[rng.integers(2)]
            rows.append(f"{said} today in bed {bed}{ward},{outcome},{ward}")
    path = tmp_path / "own.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    named = ["--text", "note", "--label", "outcome", "--group", "ward"]
    main(["reviews", "--file", str(path), "--seeds", "2", *named])
    printed = capsys.readouterr().out
    for said in ("own file", "Read are only: note.", "each group on one side", "whole texts, C"):
        assert said in printed
    assert str(path) not in printed
    main(["reviews", "--file", str(path), "--seeds", "2", *named[:4]])
    printed = capsys.readouterr().out
    assert "copies of a text on one side" in printed and "same group on both sides" not in printed


@pytest.mark.filterwarnings("error")
def test_more_classes_and_too_few_groups_are_refused(tmp_path, capsys):
    path = tmp_path / "own.csv"
    rows = [f"text {number},{'abc'[number % 3]},{number}" for number in range(90)]
    path.write_text("\n".join(["text,label,group", *rows]), encoding="utf-8")
    assert cli.main(["results", "reviews", "--file", str(path)]) == 1
    assert "has 3 classes, but this recipe tells two apart" in capsys.readouterr().err
    with pytest.raises(DataError, match=r"8 group\(s\) have the class '\w+', which is too few"):
        reviews.run("reviews", file=write(tmp_path / "few.tsv", drugs=8))


def test_the_columns_can_be_named():
    parser = argparse.ArgumentParser()
    reviews.options(parser)
    typed = parser.parse_args(["--text", "one", "two", "--label", "y", "--group", "who"])
    assert vars(typed) == {"text": ["one", "two"], "label": "y", "group": "who"}
