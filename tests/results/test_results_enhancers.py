"""The enhancers' recipe, short: its table, whole chromosomes apart, the machine's probabilities, refusals."""

import numpy as np
import pytest

from medlearn.data import load
from medlearn.errors import DataError
from medlearn.evaluation import auroc
from medlearn.results import enhancers, main
from medlearn.results.enhancers import FIVE, FOUR, LETTERS, NET
from medlearn.results.sequences import Sequences, between, words_of
from medlearn.results.table import OURS, TOGETHER

LENGTH = 60


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Two folds, and a small net that learns for a moment."""
    monkeypatch.setattr(enhancers, "FOLDS", 2)
    monkeypatch.setattr(enhancers, "NETS", 1)
    monkeypatch.setattr(enhancers, "SCANNER", enhancers.SCANNER | {"filters": 4, "units": 4})
    monkeypatch.setattr(enhancers, "LEARNING", enhancers.LEARNING | {"epochs": 1})


def write(folder, chromosomes=12, each=4, seed=0):
    """Enhancers with more G and C than others, on each chromosome."""
    rng = np.random.default_rng(seed)
    folder.mkdir(exist_ok=True)
    for kind, gc in (("strong", 0.62), ("weak", 0.62), ("non", 0.42)):
        lines = []
        for chromosome in range(1, chromosomes + 1):
            for at in range(each if kind != "non" else 2 * each):
                letters = rng.choice([*"ACGT"], LENGTH, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])
                lines += [f">chr{chromosome}_{1000 * at}_{1000 * at + LENGTH}", "".join(letters)]
        (folder / f"train_{kind}_enhancers.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder)


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "enhancers")


@pytest.fixture
def pieces(folder):
    return Sequences.of(load("enhancers", file=folder), folds=2)


def test_each_row_has_its_measures_and_what_it_was_compared_with(folder, capsys):
    main(["enhancers", "--file", folder, "--seeds", "2"])
    printed = capsys.readouterr().out
    for said in (
        "| AUROC | accuracy | Matthews correlation | source |",
        "192 sequences of 12 chromosomes, each of which is on one side in 2 folds",
        "| iEnhancer-2L | 0.806 | 0.730 | 0.460 | test of 400",
        "AUROC less that of words of 5 letters, by chromosome, a seed: ",
    ):
        assert said in printed
    assert folder not in printed


def test_ours_is_the_mean_of_net_and_machine_by_log_odds(folder, pieces, monkeypatch):
    rng, said = np.random.default_rng(0), {}
    nets = [rng.random((1, len(pieces.y), 1)) for _ in range(2)]
    monkeypatch.setattr(enhancers, "scanned", lambda *given, seed, **how: nets[seed])
    machine = rng.random(len(pieces.y))
    monkeypatch.setattr(enhancers, "answer_machine", lambda *given: machine)

    def measures(pieces, p):
        said[p.tobytes()] = p
        return real(pieces, p)

    real = enhancers.measures
    monkeypatch.setattr(enhancers, "measures", measures)
    table = enhancers.run("enhancers", file=folder, seeds=2)
    assert list(table.rows) == [OURS, TOGETHER, NET, FIVE, FOUR, LETTERS]
    for net, area in zip(nets, table.rows[OURS]["auroc"], strict=True):
        both = between([net[0, :, 0], machine])
        assert area == pytest.approx(auroc(pieces.y, both).value)
        assert any(np.allclose(both, p) for p in said.values())
    assert table.rows[LETTERS]["auroc"][0] > 0.85


def test_no_chromosome_is_learnt_from_and_answered_also_where_probabilities_are_made(pieces, monkeypatch):
    seen = []

    def distances(words, y, learn, say):
        seen.append((set(pieces.patient[learn]), set(pieces.patient[say])))
        return np.linspace(-1, 1, len(say))

    monkeypatch.setattr(enhancers, "distances", distances)
    folds = pieces.folds(2, seed=0)
    enhancers.answer_machine(pieces, np.zeros((len(pieces.y), 3)), folds)
    assert len(seen) == 2 * (enhancers.INNER + 1)
    assert not any(learnt & asked for learnt, asked in seen)
    for fold, (_, say) in enumerate(folds):
        inner = seen[fold * (enhancers.INNER + 1) :][: enhancers.INNER]
        assert not any((learnt | asked) & set(pieces.patient[say]) for learnt, asked in inner)


def test_the_machine_ranks_and_its_probabilities_are_about_right(pieces):
    p = enhancers.answer_machine(pieces, words_of(pieces.letters, 2), pieces.folds(2, seed=0))
    assert auroc(pieces.y, p).value > 0.85 and p.min() >= 0 and p.max() <= 1
    assert abs(p.mean() - pieces.y.mean()) < 0.1 and abs(p[p > 0.8].mean() - pieces.y[p > 0.8].mean()) < 0.15


def test_too_few_chromosomes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(enhancers, "FOLDS", 5)
    with pytest.raises(DataError, match=r"4 group\(s\) of sequences .* too few for 5 folds"):
        enhancers.run("enhancers", file=write(tmp_path / "few", chromosomes=4))
