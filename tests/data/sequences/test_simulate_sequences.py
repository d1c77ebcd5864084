"""The simulated splice sites, promoters and enhancers: as announced, and with what is to be learnt."""

import numpy as np
import pytest

from medlearn.data import folds_by_patient, load
from medlearn.data.sequences.labelled import read_promoters
from medlearn.data.sequences.letters import groups_of
from medlearn.data.sequences.simulate_promoters import PAIRS, TEST, TRAINING, write_enhancers, write_promoters
from medlearn.data.sequences.simulate_splice import ROWS, true_scores, write_splice
from medlearn.evaluation import auroc
from medlearn.features.sequences import kmer_counts, one_hot, related


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    """All as `load` gives them, by name, and the promoters against each kind of others."""
    patch = pytest.MonkeyPatch()
    patch.setenv("MEDLEARN_CACHE", str(tmp_path_factory.mktemp("cache")))
    found = {name: load(name) for name in ("splice", "enhancers")}
    found |= {kind: load("promoters", negatives=kind) for kind in ("shuffled", "coding", "random")}
    yield found
    patch.undo()


def whole(data, name):
    splits = data.splits.values()
    return np.concatenate(
        [split.about[name] if name in split.about else getattr(split, name) for split in splits]
    )


def share_of_cg(x):
    return np.array([text.count("C") + text.count("G") for text in x]) / len(x[0])


def answers(x, y, group, model):
    """What a model says of cases that it did not see, folds by `group`."""
    y_pred = np.zeros(len(y))
    for train, test in folds_by_patient(group, y):
        y_pred[test] = model(x[train], y[train], x[test])
    return y_pred


def logistic(x, y, others):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.1, max_iter=300).fit(x, y).predict(others)


def decision(x, y, others):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.1, max_iter=300).fit(x, y).decision_function(others)


def nearest(x, y, others):
    return y[(others @ x.T).argmax(1)]


def test_sizes_classes_and_the_mark(stand_ins):
    assert [len(whole(stand_ins[name], "y")) for name in ("splice", "shuffled")] == [ROWS, 2 * PAIRS]
    assert (
        len(whole(stand_ins["enhancers"], "y"))
        == sum(TRAINING.values()) + sum(TEST.values()) - TEST["strong"]
    )
    assert all(data.simulated for data in stand_ins.values())
    for name, length in (("splice", 60), ("enhancers", 200), ("coding", 251)):
        assert {len(text) for text in whole(stand_ins[name], "x")} == {length}
    shares = np.bincount(whole(stand_ins["splice"], "y")) / ROWS
    np.testing.assert_allclose(shares, (0.24, 0.24, 0.52), atol=0.08)


@pytest.mark.parametrize("write", [write_splice, write_promoters, write_enhancers])
def test_the_seed_decides(write, tmp_path):
    def content(seed, name):
        folder = tmp_path / name
        folder.mkdir()
        write(folder, seed=seed)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first = content(0, "a")
    assert first == content(0, "b") and first != content(1, "c")


# Splice sites


def test_splice_sites_are_about_as_hard_as_real_ones_and_copies_help_who_looks_them_up(stand_ins):
    """A logistic regression errs in about 5 % by group; the nearest neighbour is far better among copies."""
    data = stand_ins["splice"]
    x, y, group = one_hot(whole(data, "x")).reshape(ROWS, -1), whole(data, "y"), whole(data, "patient")
    wrong = {}
    for name, model in (("logistic", logistic), ("nearest", nearest)):
        for by, key in (("row", np.arange(ROWS)), ("group", group)):
            wrong[name, by] = np.mean(answers(x, y, key, model) != y)
    assert (
        0.035 < wrong["logistic", "group"] < 0.075 and wrong["logistic", "row"] < wrong["logistic", "group"]
    )
    assert wrong["nearest", "row"] < 0.7 * wrong["nearest", "group"]


def test_copies_under_another_name_are_found_by_their_words(stand_ins):
    x, group = whole(stand_ins["splice"], "x"), whole(stand_ins["splice"], "patient")
    alike = related(x, k=8, share=0.2)
    locus = whole(stand_ins["splice"], "locus")
    gene = np.array([name.rstrip("AB") for name in locus])
    joined = groups_of(group, alike)
    assert len(set(joined)) < 0.92 * len(set(group)) and len(set(joined)) >= len(set(gene))
    size = np.unique(np.stack([joined, np.unique(gene, return_inverse=True)[1]]), axis=1)[0]
    assert np.mean(np.bincount(size) == 1) > 0.98, "hardly any two genes are joined"


def test_sites_are_where_they_belong_and_decoys_have_their_two_letters(stand_ins):
    x, y = whole(stand_ins["splice"], "x"), whole(stand_ins["splice"], "y")
    gt, ag = np.array([text[30:32] == "GT" for text in x]), np.array([text[28:30] == "AG" for text in x])
    assert gt[y == 0].mean() > 0.96 and ag[y == 1].mean() > 0.96
    assert 0.08 < gt[y == 2].mean() < 0.2 and 0.08 < ag[y == 2].mean() < 0.2
    odd = [bool(set(text) - set("ACGT")) for text in x]
    assert 0.005 < np.mean(odd) < 0.04


@pytest.mark.parametrize("label", [0, 1])
def test_the_true_scores_are_the_chances_of_letters_in_a_site(stand_ins, label):
    """Letters of the sites, counted, against the weight matrix; there is nothing outside, and of no site."""
    x, y = whole(stand_ins["splice"], "x"), whole(stand_ins["splice"], "y")
    letters = one_hot(x[y == label])
    scores = true_scores(x[y == label], label)
    assert scores.shape == letters.shape and not true_scores(x[:2], 2).any()
    assert np.array_equal(
        true_scores(x[:9], y[:9]), np.concatenate([true_scores([x[n]], y[n]) for n in range(9)])
    )
    site = slice(27, 36) if label == 0 else slice(26, 31)
    chance = np.exp(scores[0, site]) / 4
    np.testing.assert_allclose(chance.sum(1), 1, atol=0.01)
    np.testing.assert_allclose(letters.mean(0)[site], chance, atol=0.09)
    outside = np.r_[0:8, 31:60] if label else np.r_[0:27, 36:60]
    assert not scores[:, outside].any()
    assert label == 0 or ((scores[0, 14:18, 3] > 0).all() and (scores[0, 14:18, 2] < 0).all())


# Promoters


def test_the_promoters_are_the_same_whatever_the_others_are(stand_ins):
    found = [
        sorted(whole(stand_ins[kind], "x")[whole(stand_ins[kind], "y") == 1])
        for kind in ("shuffled", "coding")
    ]
    assert found[0] == found[1]
    others = sorted(whole(stand_ins["random"], "x")[whole(stand_ins["random"], "y") == 0])
    assert not set(others) & set(found[0])


def test_shuffled_others_have_the_pairs_of_the_promoters(stand_ins):
    x, y = whole(stand_ins["shuffled"], "x"), whole(stand_ins["shuffled"], "y")
    pairs = [sorted(map(tuple, kmer_counts(x[y == label], 2).tolist())) for label in (0, 1)]
    assert pairs[0] == pairs[1]


def test_how_much_of_a_score_is_the_choice_of_the_others(stand_ins):
    """Promoters have more of C and G than coding sequence, random pieces vary, shuffled ones are alike."""
    score = {}
    for kind in ("shuffled", "coding", "random"):
        x, y = whole(stand_ins[kind], "x"), whole(stand_ins[kind], "y")
        score[kind] = auroc(y, share_of_cg(x)).value
    assert abs(score["shuffled"] - 0.5) < 0.01 and 0.82 < score["coding"] < 0.9
    assert 0.6 < score["random"] < 0.76


def test_the_third_place_of_a_codon_has_more_of_c_and_g(stand_ins):
    x, y = whole(stand_ins["coding"], "x"), whole(stand_ins["coding"], "y")
    strong = one_hot(x)[:, :249, 1:3].sum(2).reshape(len(x), -1, 3).mean(1)
    gap = [np.ptp(strong[y == label], axis=1).mean() for label in (0, 1)]
    assert gap[0] > gap[1] + 0.08


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_promoter_and_its_shuffle_are_on_one_side(seed, tmp_path):
    """So letters that are the same in both say nothing, and words of three say little."""
    data = read_promoters(write_promoters(tmp_path, seed=seed), seed=seed)
    patient, y = whole(data, "patient"), whole(data, "y")
    assert len(set(patient)) == PAIRS and not data.patients_known
    assert all((np.bincount(patient[y == label]) == 1).all() for label in (0, 1))
    found = {}
    for k in (1, 3):
        known, asked = (np.sqrt(kmer_counts(part.x, k)) for part in (data.train, data.test))
        found[k] = auroc(data.test.y, decision(known, data.train.y, asked)).value
    assert abs(found[1] - 0.5) < 0.03 and 0.5 < found[3] < 0.66


def test_a_box_stands_at_a_varying_place_before_the_start(stand_ins):
    x, y = whole(stand_ins["shuffled"], "x"), whole(stand_ins["shuffled"], "y")
    at = np.array([text[155:185].find("TATAAA") for text in x])
    found = at[(y == 1) & (at >= 0)] + 155
    assert (at[y == 1] >= 0).mean() > 5 * (at[y == 0] >= 0).mean()
    assert set(range(166, 173)) <= set(found.tolist()) and np.isin(found, range(166, 173)).mean() > 0.9


# Enhancers


def test_counting_words_tells_enhancers_about_as_well_as_real_ones(stand_ins):
    from sklearn.linear_model import LogisticRegression

    data = stand_ins["enhancers"]
    y = whole(data, "y")
    cg = auroc(y, share_of_cg(whole(data, "x"))).value

    def score(x, y, others):
        return LogisticRegression(C=0.003, max_iter=300).fit(x, y).decision_function(others)

    words = answers(kmer_counts(whole(data, "x"), 4), y, whole(data, "patient"), score)
    assert 0.74 < cg < 0.83 and cg < auroc(y, words).value < 0.88


def test_lower_case_tells_the_class_in_training_and_a_part_of_the_test_stands_there(stand_ins):
    data = stand_ins["enhancers"]
    masked, strength, part = (whole(data, name) for name in ("masked", "strength", "part"))
    training = part != "test"
    shares = [masked[training & (strength == level)].mean() for level in range(3)]
    assert shares[0] > 1.3 * shares[1] > 1.3 * shares[2] and not masked[~training].any()
    assert (part == "both").sum() == TEST["strong"] and set(strength[part == "both"]) == {2}
    assert [note.count for note in data.notes if "stands in training" in note.what] == [TEST["strong"]]
