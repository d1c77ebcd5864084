"""The structure recipe, short: its table, one file and two, who is learnt from, baselines, refusals."""

import numpy as np
import pytest

from medlearn import cli
from medlearn.data import load
from medlearn.errors import DataError
from medlearn.results import main
from medlearn.results import structure as recipe
from medlearn.results.structure import MAJORITY, RESIDUE, WINDOW, Chains
from medlearn.results.table import OURS, TOGETHER

LETTERS = {"C": "GNPSD", "H": "ALEKM", "E": "VIYFT"}
HEAD = "input, dssp3, dssp8, disorder, cb513_mask"
ALL_NETS = recipe.answer_nets


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Two folds, and in place of nets what is right but for the first residue of each chain."""
    monkeypatch.setattr(recipe, "FOLDS", 2)

    def nearly(chains, folds, *, seed, tick):
        asked = sorted(place for _, say in folds for place in say.tolist())
        for learn, say in folds:
            assert not {*learn} & {*say}
            tick()
        p = [0.8 * np.eye(3)[np.maximum(chains.states[place], 0)] + 0.06 for place in asked]
        for one in p:
            one[0] = np.roll(one[0], 1)
        return p

    monkeypatch.setattr(recipe, "answer_nets", nearly)


def row(residues, states, mask=None):
    mask = ["1.0"] * len(states) if mask is None else [f"{one}.0" for one in mask]
    cells = ([*residues], [*states], [*states], ["1.0"] * len(states), mask)
    return ",".join(" ".join(cell) for cell in cells)


def write(path, *, chains=12, seed=0, twice=True, sure=0.9, more=()):
    """Chains of stretches whose residues tell the state in most places; one stands in two rows."""
    rng, rows = np.random.default_rng(seed), [HEAD]
    for number in range(chains):
        states = "".join(state * int(rng.integers(4, 9)) for state in rng.choice([*"CHE"], 8))
        kinds = [state if rng.random() < sure else rng.choice([*"CHE"]) for state in states]
        residues = "".join(rng.choice([*LETTERS[kind]]) for kind in kinds)
        half = np.arange(len(states)) < len(states) // 2
        masks = [half.astype(int), 1 - half] if twice and not number else [None]
        rows += [row(residues, states, mask) for mask in masks]
    path.write_text("\n".join([*rows, *more]) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "chains.csv")


@pytest.fixture
def chains(file):
    return Chains.of(load("structures", file=file))


def test_one_file_in_folds(file, chains, capsys):
    main(["structure", "--file", file, "--seeds", "2"])
    printed = capsys.readouterr().out
    for said in (
        "own file",
        "| Q3 | Q3, mean over chains |",
        "in 12 chains. 2 folds by chain; a chain that stands in several rows, one for each domain, is one",
        "| SPOT-1D-Single: one sequence | 0.743 |  | TEST2018",
        "Q3 of a chain less that of the window on the same chain, the seeds' mean answer: +0.",
    ):
        assert said in printed, said
    table = recipe.run("structure", file=file, seeds=2)
    assert list(table.rows) == [OURS, TOGETHER, WINDOW, RESIDUE, MAJORITY]
    assert all(list(line) == ["q3", "q3_protein"] for line in table.rows.values())
    wrong = sum(states[0] >= 0 for states in chains.states)
    there = sum((states >= 0).sum() for states in chains.states)
    assert table.rows[OURS]["q3"] == pytest.approx([1 - wrong / there] * 2)
    assert table.rows[TOGETHER]["q3"].value == pytest.approx(1 - wrong / there)
    assert table.rows[RESIDUE]["q3"].value > 0.75 > 0.6 > table.rows[MAJORITY]["q3"].value


def test_of_two_files_one_is_learnt_from_and_chains_of_both_are_not_answered(tmp_path, monkeypatch):
    first = write(tmp_path / "first.csv")
    shared = (tmp_path / "first.csv").read_text("utf-8").splitlines()[4:6]
    second = write(tmp_path / "second.csv", chains=5, seed=1, twice=False, more=shared)
    data, chains, learnt, set_aside = recipe.load_chains(second, first)
    assert (learnt, len(chains.letters), set_aside) == (12, 17, 2) and data.source == "own file"
    assert len({*chains.letters}) == 17
    seen = []
    stub = recipe.answer_nets
    monkeypatch.setattr(
        recipe, "answer_nets", lambda chains, folds, **how: seen.append(folds) or stub(chains, folds, **how)
    )
    table = recipe.run("structure", file=second, train=first, seeds=2)
    assert [[(*map(len, fold),) for fold in folds] for folds in seen] == [[(12, 5)]] * 2
    text = table.markdown()
    assert "in 5 chains. Learnt from all 12 chains of the one file; 2 of the other that stand in both" in text
    assert first not in text and second not in text


def test_rows_of_one_chain_are_one_chain_with_all_that_counts(file, chains):
    rows = load("structures", file=file)
    counting = sum(int((states >= 0).sum()) for split in rows.splits.values() for states in split.y)
    assert len(chains.letters) == 12 and sum(map(len, rows.splits.values())) == 13
    assert sum(int((states >= 0).sum()) for states in chains.states) == counting
    assert all((states >= 0).all() for states in chains.states)


def test_the_better_one_has_a_gain_above_0(chains):
    right = [np.eye(3)[np.maximum(states, 0)] for states in chains.states]
    wrong = [np.roll(one, 1, axis=1) for one in right]
    assert "+1.000" in recipe.gain(chains, right, wrong) and "-1.000" in recipe.gain(chains, wrong, right)


def test_baselines_know_only_what_they_learn_from(chains):
    learn, say = np.arange(7), np.arange(7, 12)
    other = chains._replace(states=[*chains.states[:7], *(0 * states for states in chains.states[7:])])
    for answer in (recipe.answer_majority, recipe.answer_residue, recipe.answer_window):
        mine, theirs = (answer(of, [(learn, say)]) for of in (chains, other))
        assert [len(one) for one in mine] == [len(chains.numbers[place]) for place in say]
        for one, same in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(one, same)


def test_the_majority_says_the_shares_of_the_states_that_count(chains):
    learn, say = np.arange(7), np.arange(7, 12)
    states = np.concatenate(chains.states[:7])
    shares = np.bincount(states[states >= 0]) / (states >= 0).sum()
    p = np.concatenate(recipe.answer_majority(chains, [(learn, say)]))
    np.testing.assert_allclose(p, np.tile(shares, (len(p), 1)), atol=0.01)


def test_a_window_has_a_column_for_each_residue_at_each_place():
    seen = recipe.windows(np.array([3, 1, 2]), 3)
    assert seen.tolist() == [[0, 3, 1], [3, 1, 2], [1, 2, 0]]
    x = recipe.hot(seen).toarray()
    assert x.shape == (3, 66) and x.sum(1).tolist() == [3] * 3
    assert np.flatnonzero(x[0]).tolist() == [0, 22 + 3, 44 + 1]


def test_folds_are_answered_in_the_order_of_the_chains(chains, monkeypatch):
    """Each net says of a chain how long it is, and which it is of the nets."""
    nets = iter(range(100))
    monkeypatch.setattr(recipe, "NETS", 2)
    monkeypatch.setattr(recipe, "train_net", lambda learnt, seed: next(nets))
    monkeypatch.setattr(
        recipe, "answer_by", lambda net, numbers: [np.full((len(one), 3), net) for one in numbers]
    )
    folds = [(np.arange(6, 12), np.arange(6)[::-1]), (np.arange(6), np.arange(6, 12))]
    said = ALL_NETS(chains, folds, seed=0)
    assert [len(one) for one in said] == [len(one) for one in chains.numbers]
    assert [one[0, 0] for one in said] == [0.5] * 6 + [2.5] * 6


def test_such_a_net_learns_from_a_few_chains(tmp_path, monkeypatch):
    chains = Chains.of(load("structures", file=write(tmp_path / "more.csv", chains=40, sure=0.7)))
    monkeypatch.setattr(recipe, "NETS", 1)
    monkeypatch.setattr(recipe, "EPOCHS", 30)
    monkeypatch.setattr(recipe, "NET", recipe.NET | {"width": 32})
    learn, say = np.arange(25), np.arange(25, len(chains.letters))
    p = ALL_NETS(chains, [(learn, say)], seed=0)
    found = recipe.measures(chains.take(say), p)["q3"].value
    by_residue = recipe.measures(chains.take(say), recipe.answer_residue(chains, [(learn, say)]))["q3"].value
    assert found > by_residue + 0.02 > 0.75


@pytest.mark.filterwarnings("error")
def test_what_cannot_be_learnt_from_is_one_sentence(tmp_path, monkeypatch, capsys):
    few = write(tmp_path / "few.csv", chains=4, twice=False)
    with pytest.raises(DataError, match=r"holds each chain of .*few\.csv, so none is left"):
        recipe.run("structure", file=few, train=few)
    coil = tmp_path / "coil.csv"
    rows = [row("".join(np.random.default_rng(n).choice([*"AGNLV"], 40)), "C" * 40) for n in range(6)]
    coil.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="each residue to learn from has the same state"):
        recipe.run("structure", file=str(coil))
    monkeypatch.setattr(recipe, "FOLDS", 5)
    assert cli.main(["results", "structure", "--file", few]) == 1
    assert "4 chain(s) are too few for 5 folds" in capsys.readouterr().err
