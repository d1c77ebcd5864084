"""The promoters' recipe, short: its table, one's own files, shuffled negatives, warnings, refusals."""

import argparse

import numpy as np
import pytest

from medlearn import cli
from medlearn.data import load
from medlearn.errors import DataError
from medlearn.features.sequences import kmer_counts
from medlearn.results import main, promoters
from medlearn.results.promoters import ANYWHERE, LETTERS, ONE_HOT, PLACED, SHUFFLED, WORDS, Answer
from medlearn.results.sequences import Sequences
from medlearn.results.table import OURS, Table

LENGTH = 50


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Two folds, and what is somewhat right in place of nets that learn."""
    monkeypatch.setattr(promoters, "FOLDS", 2)

    def scanned(pieces, folds, how, learning, *, seed, tick):
        assert len(folds) == 2 and learning == promoters.LEARNING
        rng = np.random.default_rng(seed + (how.get("pool") or 0))
        return np.clip(0.6 * pieces.y + rng.random(len(pieces.y)) * 0.6 - 0.1, 0, 1)[None, :, None]

    monkeypatch.setattr(promoters, "scanned", scanned)


def write(folder, count=60, gc=(0.5, 0.5), seed=0):
    """Promoters with a box and others without one, with these shares of G and C; the two paths."""
    rng, paths = np.random.default_rng(seed), []
    folder.mkdir(exist_ok=True)
    for name, share in zip(("positive", "negative"), gc, strict=True):
        lines = []
        for number in range(count):
            letters = rng.choice(
                [*"ACGT"], LENGTH, p=[(1 - share) / 2, share / 2, share / 2, (1 - share) / 2]
            )
            if name == "positive":
                letters[20:28] = [*"TATAAAAG"]
            lines += [f">{name}{number}", "".join(letters)]
        paths.append(folder / f"{name}.fa")
        paths[-1].write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [str(path) for path in paths]


def test_two_files_by_the_command(tmp_path, capsys):
    positive, negative = write(tmp_path / "own", gc=(0.65, 0.3))
    main(["promoters", "--positive", positive, "--negative", negative, "--seeds", "2"])
    printed = capsys.readouterr().out
    for said in (
        "own file",
        "| Matthews correlation | sensitivity | specificity | AUROC |",
        "60 promoters and 60 others of 50 letters; 2 folds",
        f"Take care: {LETTERS} reaches an AUROC of",
    ):
        assert said in printed
    for row in (OURS, SHUFFLED, ANYWHERE, PLACED, ONE_HOT, WORDS, LETTERS):
        assert f"| {row} |" in printed
    assert positive not in printed and negative not in printed


def test_a_folder_does_too_and_what_composition_cannot_tell_is_not_warned_of(tmp_path):
    write(tmp_path / "own")
    table = promoters.run("promoters", file=str(tmp_path / "own"), seeds=2)
    assert list(table.rows) == [OURS, SHUFFLED, ANYWHERE, PLACED, ONE_HOT, WORDS, LETTERS]
    assert all(
        list(row) == ["correlation", "sensitivity", "specificity", "auroc"] for row in table.rows.values()
    )
    assert np.mean(table.rows[ONE_HOT]["correlation"]) > 0.8 > np.mean(table.rows[LETTERS]["auroc"])
    assert not any(f"Take care: {LETTERS}" in note for note in table.notes)


def test_a_warning_stands_where_composition_alone_reaches_much():
    def told(letters, words):
        rows = {LETTERS: {"auroc": letters}, WORDS: {"auroc": words}}
        return promoters.warnings_about(Table("", rows))

    assert told([0.7, 0.8], [0.8, 0.79]) == []
    (said,) = told([0.6, 0.7], [0.85, 0.95])
    assert said.startswith(f"Take care: {WORDS} reaches an AUROC of 0.90")
    assert len(told([0.9, 0.9], [0.9, 0.9])) == 2


def test_shuffled_promoters_keep_their_pairs_and_stay_with_theirs(tmp_path, monkeypatch):
    write(tmp_path / "own")
    pieces, seen = Sequences.of(load("promoters", file=str(tmp_path / "own")), folds=2), []

    def answer_nets(both, folds, **how):
        seen.append((both, folds))
        return {"one": both.y * 0.6 + 0.2, "other": both.y * 0.6 + 0.2}

    monkeypatch.setattr(promoters, "answer_nets", answer_nets)
    answer = promoters.answer_shuffled(pieces, seed=0)
    ((both, folds),) = seen
    assert answer.p == pytest.approx(both.y * 0.6 + 0.2) and (answer.y == both.y).all()
    real, made = both.letters[both.y == 1], both.letters[both.y == 0]
    assert real.tolist() == pieces.letters[pieces.y == 1].tolist()
    np.testing.assert_array_equal(kmer_counts(real, 2), kmer_counts(made, 2))
    assert (real != made).mean() > 0.9
    of = {text: group for text, group in zip(both.letters, both.patient, strict=True)}
    assert [of[text] for text in real] == [of[text] for text in made]
    assert not any(set(both.patient[learn]) & set(both.patient[say]) for learn, say in folds)


def test_what_is_measured():
    y = np.array([1, 1, 0, 0])
    right = promoters.measures(Answer(np.array([0.9, 0.8, 0.1, 0.2]), y))
    assert right == {"correlation": 1, "sensitivity": 1, "specificity": 1, "auroc": 1}
    same = promoters.measures(Answer(np.full(4, 0.2), y))
    assert same == {"correlation": 0, "sensitivity": 0, "specificity": 1, "auroc": 0.5}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--positive", "a.fa"], "--positive and --negative go together"),
        (["--negative", "a.fa"], "--positive and --negative go together"),
        (["--file", "x", "--positive", "a.fa", "--negative", "b.fa"], "not both"),
    ],
)
def test_files_that_do_not_go_together_are_refused(given, said, capsys):
    assert cli.main(["results", "promoters", *given]) == 1
    assert said in capsys.readouterr().err


def test_the_files_can_be_named():
    parser = argparse.ArgumentParser()
    promoters.options(parser)
    typed = vars(parser.parse_args(["--positive", "a", "--negative", "b"]))
    assert typed == {"positive": "a", "negative": "b"}
    assert promoters.files(None, **typed) == {"file": "a", "negative": "b"}
    assert (
        promoters.files("folder", None, None) == {"file": "folder"}
        and promoters.files(None, None, None) == {}
    )


def test_too_few_sequences_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(promoters, "FOLDS", 30)
    positive, negative = write(tmp_path / "few", count=12)
    with pytest.raises(DataError, match=r"12 group\(s\) of sequences .* too few for 30 folds"):
        promoters.run("promoters", positive=positive, negative=negative)
