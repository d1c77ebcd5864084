"""The simulated reviews, findings and abstracts: as announced, and with what is to be learnt in them."""

import re

import numpy as np
import pytest

from medlearn.data import folds_by_patient, load
from medlearn.data.text.simulate_texts import (
    FINDINGS,
    REPORTS,
    REVIEWED,
    REVIEWS,
    write_abstracts,
    write_findings,
    write_reviews,
)


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    """The three as `load` gives them, by name."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MEDLEARN_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield {name: load(name) for name in ("reviews", "findings", "abstracts")}
    patch.undo()


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def answers(data, group, counts):
    """What a logistic regression on the words says of cases that it did not see, folds by `group`."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    x, y = whole(data, "x"), whole(data, "y")
    y_score = np.zeros((len(y), len(data.classes)))
    for train, test in folds_by_patient(group, y):
        words = CountVectorizer(binary=True) if counts else TfidfVectorizer(min_df=2)
        model = make_pipeline(words, LogisticRegression(C=1 if counts else 3, max_iter=300))
        y_score[test] = model.fit(x[train], y[train]).predict_proba(x[test])
    return y_score


def f1(y, y_pred):
    return 2 * (y * y_pred).sum() / (y.sum() + y_pred.sum())


def test_sizes_classes_and_the_mark(stand_ins):
    for name, count in (("reviews", REVIEWS), ("findings", FINDINGS)):
        assert len(whole(stand_ins[name], "y")) == count
    assert len(set(whole(stand_ins["reviews"], "drug"))) == REVIEWED
    assert len(set(whole(stand_ins["findings"], "patient"))) == REPORTS
    assert all(data.simulated and data.patients_known for data in stand_ins.values())


def test_who_knows_the_drug_knows_more(stand_ins):
    """TF-IDF and logistic regression: AUROC about .8 on new drugs, and more on known ones."""
    from sklearn.metrics import roc_auc_score

    data = stand_ins["reviews"]
    y = whole(data, "y")
    apart, together = (
        roc_auc_score(y, answers(data, group, counts=False)[:, 1])
        for group in (whole(data, "drug"), np.arange(len(y)))
    )
    assert 0.76 < apart < 0.85 and together > apart + 0.01


def test_ratings_are_as_common_as_in_the_published_reviews(stand_ins, real_data):
    real = load("reviews", file=real_data / "druglib_reviews" / "druglib.tsv.gz")
    shares = [
        np.bincount(whole(data, "rating"), minlength=11) / len(whole(data, "rating"))
        for data in (stand_ins["reviews"], real)
    ]
    assert np.allclose(*shares, atol=0.01)


def test_a_rule_beats_a_bag_of_words_at_negation(stand_ins):
    data = stand_ins["findings"]
    y = whole(data, "y")
    cue = re.compile(
        r"\b(no|not|denies|without|negative for|free of)\b(?! (increase|change|only|relief))", re.I
    )
    end = re.compile(r"\b(but|however|although)\b|;", re.I)
    rule = []
    for text, finding, begin in zip(*(whole(data, name) for name in ("x", "finding", "begin")), strict=True):
        before, after = end.split(text[:begin])[-1] if begin >= 0 else "", text[begin + len(finding) :]
        rule.append(bool(cue.search(before)) or bool(re.match(" was ruled out| is absent", after)))
    bag = answers(data, whole(data, "patient"), counts=True)[:, 1] > 0.5
    assert 0.91 < f1(y, np.array(rule)) < 0.99 and 0.78 < f1(y, bag) < 0.9


def test_findings_are_in_their_sentences(stand_ins):
    assert not stand_ins["findings"].notes and (whole(stand_ins["findings"], "begin") >= 0).all()
    assert 0.25 < whole(stand_ins["findings"], "y").mean() < 0.45


def test_some_abstracts_stand_under_two_labels(stand_ins):
    data = stand_ins["abstracts"]
    doubled = whole(data, "doubled") == 1
    assert 40 < doubled.sum() < 90 and [note.what for note in data.notes] == [
        "text that stands under two labels, kept"
    ]
    y_pred = answers(data, whole(data, "patient"), counts=False).argmax(axis=1)
    right = y_pred == whole(data, "y")
    assert 0.52 < right.mean() < 0.7 and right[doubled].mean() <= 0.5


def test_a_seed_gives_the_same_files_and_another_others(tmp_path):
    for write in (write_reviews, write_findings, write_abstracts):
        content = [write(tmp_path, seed=seed).read_bytes() for seed in (0, 0, 1)]
        assert content[0] == content[1] != content[2]
