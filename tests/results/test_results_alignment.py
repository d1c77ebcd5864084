"""The alignment recipe, short: its table, who is learnt from, what is chosen, pieces, refusals."""

import numpy as np
import pytest

from medlearn import cli
from medlearn.data import load
from medlearn.errors import DataError
from medlearn.features.alphabets import BLOSUM62, RESIDUES
from medlearn.results import alignment as recipe
from medlearn.results import main
from medlearn.results.alignment import EQUAL, USUAL, Pairs
from medlearn.results.table import OURS

ORDER = np.random.default_rng(5).permutation(20)
PARTNER = np.empty(20, int)  # in another chemistry, by which residue each is replaced
PARTNER[ORDER[::2]], PARTNER[ORDER[1::2]] = ORDER[1::2], ORDER[::2]
LEARN = recipe.learn_scores


def partners():
    """Scores that know the other chemistry."""
    table = np.full((21, 21), -2.0)
    table[np.arange(20), np.arange(20)] = table[np.arange(20), PARTNER] = 5
    table[20], table[:, 20] = 0, 0
    return table


def mutated(rng, ancestor, other):
    """A descendant, and which of the ancestor's residues it lacks."""
    changed = rng.random(len(ancestor)) < 0.45
    drawn = PARTNER[ancestor] if other else rng.integers(20, size=len(ancestor))
    letters = np.where(changed, drawn, ancestor)
    lost = np.zeros(len(ancestor), bool)
    begin = rng.integers(5, len(ancestor) - 8)
    lost[begin : begin + rng.integers(1, 4)] = True
    return "".join("-" if gone else RESIDUES[code] for code, gone in zip(letters, lost, strict=True))


def write(folder, *, families=6, members=4, other=False, seed=0, first=0):
    """A folder of families, the letters of which are replaced as usual or by another chemistry."""
    rng = np.random.default_rng(seed)
    folder.mkdir(exist_ok=True)
    for number in range(first, first + families):
        ancestor = rng.integers(20, size=rng.integers(40, 60))
        rows = [f"p{member} {mutated(rng, ancestor, other)}" for member in range(members)]
        lines = ["# STOCKHOLM 1.0", f"#=GF ID fold{number}", *rows, "//"]
        (folder / f"fold{number}.sth").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """In place of what is learnt, scores that know the other chemistry."""
    monkeypatch.setattr(recipe, "learn_scores", lambda pairs, penalty, seed: partners())


def of(path):
    return Pairs.of(load("families", file=path))


def test_scores_that_are_better_on_other_families_are_chosen(tmp_path, capsys):
    path = write(tmp_path / "own", other=True)
    main(["alignment", "--file", path, "--seeds", "2"])
    printed = capsys.readouterr().out
    for said in (
        "own file",
        "| share of pairs found |",
        "36 pairs of 6 families; 3 folds with families apart. Gaps cost 11 and 1 half-bits, 0.5 a letter",
        "Chosen on families not learnt from: a penalty of 0.2, a penalty of 0.2",
        "Share found less that by BLOSUM62, mean over families: +0.",
        "By family, and in brackets by BLOSUM62: fold0 ",
    ):
        assert said in printed, said
    assert path not in printed
    table = recipe.run("alignment", file=path, seeds=2)
    assert list(table.rows) == [OURS, USUAL, EQUAL]
    known, usual = recipe.aligned(of(path), partners()), table.rows[USUAL]["pairs_found"]
    assert table.rows[OURS]["pairs_found"] == [recipe.measured(of(path), known).value] * 2
    assert min(table.rows[OURS]["pairs_found"]) > usual.value and "patient" in usual.method


def test_where_nothing_is_gained_blosum62_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(recipe, "learn_scores", lambda pairs, penalty, seed: np.asarray(BLOSUM62) * 1.0)
    table = recipe.run("alignment", file=write(tmp_path / "own"), seeds=2)
    assert table.rows[OURS]["pairs_found"] == [table.rows[USUAL]["pairs_found"].value] * 2
    assert "Chosen on families not learnt from: BLOSUM62 as it is, BLOSUM62 as it is" in table.markdown()
    assert "mean over families: +0.000 (+0.000 to +0.000)" in table.markdown()
    assert table.rows[USUAL]["pairs_found"].value > 0.6


def test_no_family_is_learnt_from_and_answered(tmp_path, monkeypatch):
    pairs, seen = of(write(tmp_path / "own")), []
    aligned = recipe.aligned
    monkeypatch.setattr(recipe, "aligned", lambda pairs, table: seen.append(pairs) or aligned(pairs, table))
    monkeypatch.setattr(
        recipe, "choose_scores", lambda pairs, seed: seen.append(pairs) or (np.asarray(BLOSUM62), "so")
    )
    places, chosen = recipe.answer_learnt(None, pairs, seed=0)
    assert chosen == ["so"] * 3 and len(places) == len(pairs.family)
    for learnt, said in zip(seen[::2], seen[1::2], strict=True):
        assert {*learnt.family} | {*said.family} == {*pairs.family}
        assert not {*learnt.family} & {*said.family}
    alone = aligned(pairs, BLOSUM62)
    assert all(np.array_equal(one, other) for one, other in zip(places, alone, strict=True))


def test_what_is_chosen_was_not_learnt_from(tmp_path, monkeypatch):
    pairs, learnt = of(write(tmp_path / "own", other=True)), []
    monkeypatch.setattr(
        recipe, "learn_scores", lambda pairs, penalty, seed: learnt.append(pairs) or partners()
    )
    asked, mean = [], recipe.measured_mean
    monkeypatch.setattr(
        recipe, "measured_mean", lambda pairs, table: asked.append(pairs) or mean(pairs, table)
    )
    recipe.choose_scores(pairs, seed=0)
    assert [len({*of_these.family}) for of_these in learnt] == [4, 4, 4, 6]  # in the end, from all
    for of_these in learnt[:3]:
        assert not {*of_these.family} & {*asked[0].family}


def test_of_two_folders_one_is_learnt_from_and_families_of_both_are_not_answered(tmp_path):
    first = write(tmp_path / "first", other=True)
    second = write(tmp_path / "second", families=3, first=4, other=True, seed=1)
    _, learnt, scored = recipe.load_pairs(second, first)
    assert {*learnt.family} == {f"fold{number}" for number in range(6)} and {*scored.family} == {"fold6"}
    text = recipe.run("alignment", file=second, train=first, seeds=2).markdown()
    assert "6 pairs of 1 families; learnt from 36 pairs of 6 other families." in text
    assert first not in text and second not in text


@pytest.mark.filterwarnings("error")
def test_too_few_families_are_refused(tmp_path, capsys):
    few = write(tmp_path / "few", families=2)
    with pytest.raises(DataError, match="3 families or more are needed to learn from, not 2: add some"):
        recipe.run("alignment", file=few)
    one = write(tmp_path / "one", families=1, first=7)
    with pytest.raises(DataError, match="2 families or more are needed to learn from, not 1"):
        recipe.run("alignment", file=few, train=one)
    assert cli.main(["results", "alignment", "--file", few, "--train", few]) == 1
    assert "holds each family of" in capsys.readouterr().err


def test_pieces_are_of_the_reference_and_each_family_comes_about_as_often(tmp_path):
    write(tmp_path / "own", families=3)
    pairs = of(write(tmp_path / "own", families=1, members=8, first=3))
    assert len(pairs.family) == 3 * 6 + 28
    drawn = recipe.pieces(pairs, 200, np.random.default_rng(0))
    large = 0
    for first, second, places in zip(*drawn, strict=True):
        one, other = ("".join(RESIDUES[code] for code in codes) for codes in (first, second))
        assert 1 <= max(len(one), len(other)) <= recipe.LONGEST
        assert places[0].tolist() == [0, 0] and places[-1].tolist() == [len(one) - 1, len(other) - 1]
        case = next(n for n, both in enumerate(pairs.letters) if one in both[0] and other in both[1])
        at = np.array([pairs.letters[case][0].index(one), pairs.letters[case][1].index(other)])
        assert {*map(tuple, (places + at).tolist())} <= {*map(tuple, np.asarray(pairs.places[case]).tolist())}
        large += pairs.family[case] == "fold3"
    assert 25 < large < 85


def test_few_of_each_family_are_asked(tmp_path):
    pairs = of(write(tmp_path / "own", families=3))
    few = recipe.few_of_each(pairs, seed=0, most=2)
    names, counts = np.unique(few.family, return_counts=True)
    assert names.tolist() == ["fold0", "fold1", "fold2"] and counts.tolist() == [2, 2, 2]


def test_scores_of_another_chemistry_are_learnt_and_a_penalty_holds_them_back(tmp_path, monkeypatch):
    for name, value in (("STEPS", 25), ("BATCH", 8), ("LONGEST", 24), ("RATE", 0.05)):
        monkeypatch.setattr(recipe, name, value)
    pairs = of(write(tmp_path / "own", other=True))
    free, held = (LEARN(pairs, penalty=penalty, seed=0) for penalty in (0.0, 1000.0))
    changed = (free - BLOSUM62)[:20, :20]
    gain = changed[np.arange(20), PARTNER].mean()
    assert gain > 1 and changed.mean() < 0
    assert np.abs(held - BLOSUM62).max() < 0.2 * gain
    unknown = of(write(tmp_path / "new", families=3, first=50, other=True, seed=9))
    assert recipe.measured_mean(unknown, free) > recipe.measured_mean(unknown, np.asarray(BLOSUM62))


# Real families


@pytest.mark.parametrize(("file", "known"), [("pfam4.seed.txt", 0.81), ("pfam6.seed.txt", 0.84)])
def test_blosum62_finds_in_pfam_s_seeds_what_another_program_finds(real_data, file, known):
    """Biopython's aligner, with the same scores and gaps, on up to 40 pairs of 3Beta_HSD and of COX2_TM."""
    pairs = of(str(real_data / "pfam_seeds_dev" / file))
    found = recipe.measured(pairs, recipe.aligned(pairs, BLOSUM62)).value
    assert found == pytest.approx(known, abs=0.03)
