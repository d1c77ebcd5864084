"""The splice recipe, short: its table, who is learnt from, what the baselines say, refusals."""

import numpy as np
import pytest

from medlearn import cli
from medlearn.data import load
from medlearn.errors import DataError
from medlearn.results import splice
from medlearn.results.sequences import Sequences, scanned
from medlearn.results.splice import MATRICES, NEIGHBOUR, ONE, REGRESSION, RULE
from medlearn.results.table import OURS, TOGETHER

KINDS = {"EI": (28, "AGGTAAGT"), "IE": (22, "TTCTTCAGG"), "N": (0, "")}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Two folds."""
    monkeypatch.setattr(splice, "FOLDS", 2)


def nearly(sites, folds, how, learning, *, seed, nets, classes, tick):
    """In place of nets that learn: each is right, but for a site of its own."""
    assert how == splice.NET and learning == splice.LEARNING and len(folds) == 2
    p = np.stack([0.6 * np.eye(classes)[sites.y] + 0.1] * nets)
    for number in range(nets):
        p[number, number] = np.roll(p[number, number], 1)
    return p


def write(path, loci=24, each=5, seed=0):
    """Sites of so many loci: around the middle a pattern for donors and for acceptors."""
    rng, rows = np.random.default_rng(seed), []
    for locus in range(loci):
        for site in range(each):
            kind = rng.choice([*KINDS])
            at, motif = KINDS[kind]
            letters = [*rng.choice([*"ACGT"], 60)]
            letters[at : at + len(motif)] = motif
            rows.append(f"{kind}, LOCUS{locus}-{kind}-{site}, {''.join(letters)}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "splice.data")


@pytest.fixture
def sites(file):
    return Sequences.of(load("splice", file=file), folds=2)


def test_each_row_has_its_errors_and_the_rule_its_intervals_by_group(file, sites, monkeypatch):
    monkeypatch.setattr(splice, "scanned", nearly)
    table = splice.run("splice", file=file, seeds=2)
    assert table.rows[OURS]["error"] == [0, 0] and table.rows[ONE]["error"] == [1 / 120] * 2
    assert table.rows[TOGETHER]["error"].value == 0
    assert list(table.rows) == [OURS, TOGETHER, ONE, REGRESSION, MATRICES, NEIGHBOUR, RULE]
    for row in table.rows.values():
        assert list(row) == ["error", "error_ei", "error_ie", "error_n"]
    by_rule = splice.measures(sites, splice.answer_rule(sites))
    assert table.rows[RULE] == by_rule and by_rule["error_ei"].value == 0
    assert max(table.rows[REGRESSION]["error"]) < min(table.rows[NEIGHBOUR]["error"])
    printed = table.markdown()
    for said in (
        "120 sequences in 24 groups",
        "2 folds by group; the answer is the mean of 3 nets",
        "| KBANN |  | 0.076 | 0.085 | 0.046 | UCI 69",
        "Error less that of logistic regression on the same sites, by group, a seed:",
        "With loci on both sides, the logistic regression has an error of",
    ):
        assert said in printed


def test_the_share_of_errors_is_that_of_each_class(sites):
    p = np.eye(3)[sites.y]
    assert all(error.value == 0 for error in splice.measures(sites, p).values())
    donors = np.flatnonzero(sites.y == 0)
    p[donors[:3]] = [0.1, 0.2, 0.7]
    found = splice.measures(sites, p)
    assert found["error_ei"].value == pytest.approx(3 / len(donors)) and found["error_n"].value == 0
    assert found["error"].value == pytest.approx(3 / len(sites.y))


def test_a_gain_over_the_regression_is_below_0(sites):
    right = np.eye(3)[sites.y]
    wrong = np.roll(right, 1, axis=1)
    said, mixed = splice.in_words(sites, [(right, wrong), (wrong, right)], [0.1, 0.3])
    assert "-1.0000" in said and "+1.0000" in said and said.index("-1.0000") < said.index("+1.0000")
    assert "0.2000" in mixed


def test_weight_matrices_and_the_neighbour_know_only_what_they_learn_from(sites):
    """Each fold is answered as if its own labels were others."""
    folds = sites.folds(2, seed=0)
    for learn, say in folds:
        other = sites._replace(y=sites.y.copy())
        other.y[say] = (other.y[say] + 1) % 3
        for answer in (splice.answer_matrices, splice.answer_neighbour):
            np.testing.assert_array_equal(answer(sites, [(learn, say)]), answer(other, [(learn, say)]))


def test_weight_matrices_tell_sites(sites):
    error = splice.measures(sites, splice.answer_matrices(sites, sites.folds(2, seed=0)))["error"].value
    assert error < 0.15


def test_a_copy_is_its_own_nearest_neighbour(sites):
    both = Sequences(*(np.concatenate([part, part]) for part in sites))
    n = len(sites.y)
    p = splice.answer_neighbour(both, [(np.arange(n), np.arange(n, 2 * n))])
    assert (p[n:].argmax(1) == sites.y).all()


def test_donors_go_first_where_both_pairs_of_letters_stand():
    letters = np.array(["A" * 28 + "AGGT" + "A" * 28, "C" * 28 + "AGCC" + "C" * 28, "A" * 60], object)
    hot = np.zeros((3, 60, 4))
    sites = Sequences(letters, hot, np.arange(3), np.arange(3))
    assert splice.answer_rule(sites).argmax(1).tolist() == [0, 1, 2]


@pytest.mark.filterwarnings("error")
def test_too_few_loci_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(splice, "FOLDS", 30)
    path = write(tmp_path / "splice.data")
    with pytest.raises(DataError, match=r"\d+ group\(s\) of sequences have the class 'donor'.*30 folds"):
        splice.run("splice", file=path)
    assert cli.main(["results", "splice", "--file", path]) == 1
    assert "which is too few for 30 folds" in capsys.readouterr().err


def test_such_a_net_learns_from_a_few_sites(sites):
    learn, say = sites.folds(2, seed=0)[0]
    learning = splice.LEARNING | {"epochs": 40, "batch": 16}
    p = scanned(sites, [(learn, say)], splice.NET, learning, seed=0, classes=3)[0]
    assert splice.wrong(sites, p)[say].mean() < 0.3
