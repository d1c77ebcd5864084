"""What the recipes of sequences share: who is learnt from, which penalty is taken, the features, the mean."""

from types import SimpleNamespace

import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.features.sequences import one_hot
from medlearn.results import sequences as s
from medlearn.training import predict

TINY = {"filters": 8, "width": 7, "units": 8, "dropout": 0.0}
LEARNING = {"epochs": 15, "batch": 16, "peak": 0.02, "decay": 0.01}


def drawn(count=80, groups=20, seed=0):
    """Sequences of which those of class 1 hold TATAAA somewhere; several in a group."""
    rng = np.random.default_rng(seed)
    y, letters = np.arange(count) % 2, []
    for label in y:
        one = [*rng.choice([*"ACGT"], 20)]
        if label:
            at = rng.integers(14)
            one[at : at + 6] = "TATAAA"
        letters.append("".join(one))
    letters = np.array(letters, object)
    return s.Sequences(letters, one_hot(letters), y, rng.integers(groups, size=count))


def data_of(parts):
    splits = {
        name: SimpleNamespace(x=of.letters, y=of.y, patient=of.patient)
        for name, of in zip(("train", "validation", "test"), parts, strict=True)
    }
    return SimpleNamespace(splits=splits, classes=("other", "site"), name="made")


def test_all_splits_are_taken_and_too_few_groups_refused():
    parts = [drawn(20, 20, seed) for seed in range(3)]
    whole = s.Sequences.of(data_of(parts), folds=4)
    assert whole.letters.tolist() == [text for part in parts for text in part.letters]
    np.testing.assert_array_equal(whole.hot, one_hot(whole.letters))
    with pytest.raises(
        DataError, match=r"made: \d+ group\(s\) of sequences have the class 'other'.*40 folds"
    ):
        s.Sequences.of(data_of(parts), folds=40)


def test_groups_are_apart_unless_asked_otherwise():
    sequences = drawn()
    for apart in (True, False):
        folds = sequences.folds(4, seed=0, apart=apart)
        shared = [set(sequences.patient[learn]) & set(sequences.patient[say]) for learn, say in folds]
        assert any(shared) != apart
        assert sorted(np.concatenate([say for _, say in folds])) == list(range(80))


def test_nets_answer_what_they_have_not_learnt_from(monkeypatch):
    sequences, seen = drawn(), []
    monkeypatch.setattr(s, "train_net", lambda net, x, y, **how: seen.append((x, y, how)) or net)
    monkeypatch.setattr(s, "predict", lambda net, x: np.full((len(x), 1), len(seen)))
    ticks, folds = [], sequences.folds(2, seed=0)
    p = s.scanned(sequences, folds, TINY, LEARNING, seed=0, nets=2, tick=lambda: ticks.append(1))
    assert p.shape == (2, 80, 1) and len(seen) == len(ticks) == 4 and seen[0][2] == LEARNING
    for fold, (learn, say) in enumerate(folds):
        for number in range(2):
            x, y, _ = seen[2 * fold + number]
            np.testing.assert_array_equal(x, sequences.hot[learn])
            np.testing.assert_array_equal(y, sequences.y[learn])
            assert (p[number, say] == 2 * fold + number + 1).all()


def test_a_net_learns_two_classes_and_more():
    sequences = drawn(300, 300)
    learn, say = sequences.folds(2, seed=0)[0]
    p = s.scanned(sequences, [(learn, say)], TINY, LEARNING, seed=0)[0, say, 0]
    assert ((p > 0.5) == sequences.y[say]).mean() > 0.85
    net = s.scanner(20, 3, **TINY)
    s.train_net(net, sequences.hot, sequences.y + 1, **LEARNING)
    p = predict(net, sequences.hot)
    assert p[:, 0].max() < 0.2 and (p.argmax(1) == sequences.y + 1).mean() > 0.8


def test_the_same_seed_gives_the_same_nets_and_another_one_others():
    sequences, learning = drawn(40), LEARNING | {"epochs": 1}
    folds = sequences.folds(2, seed=0)[:1]
    two, same, other = (
        s.scanned(sequences, folds, TINY, learning, seed=seed, nets=nets)
        for seed, nets in ((0, 2), (0, 1), (1, 1))
    )
    np.testing.assert_allclose(two[0], same[0], atol=1e-6)
    assert np.abs(two[0] - other[0]).max() > 1e-3 and np.abs(two[0] - two[1]).max() > 1e-3


def test_the_penalty_is_chosen_where_nothing_is_answered():
    """The labels of what is answered may be anything: neither choice nor answer changes."""
    sequences = drawn()
    learn, say = sequences.folds(2, seed=0)[0]
    other = sequences._replace(y=sequences.y.copy())
    other.y[say] = 1 - other.y[say]
    one, same = (s.regressed(of, of.hot, [(learn, say)]) for of in (sequences, other))
    np.testing.assert_array_equal(one[say], same[say])


def test_noise_is_held_down_and_a_plain_sign_is_not():
    rng, sequences = np.random.default_rng(0), drawn(200, 200)
    folds = sequences.folds(2, seed=0)
    noise, sign = rng.normal(size=(200, 300)), 0.2 * sequences.y[:, None] + rng.normal(size=(200, 1)) / 50
    assert np.abs(s.regressed(sequences, noise, folds) - 0.5).mean() < 0.35
    np.testing.assert_array_equal(
        s.regressed(sequences, sign, folds), s.regressed(sequences, sign, folds, (s.PENALTIES[-1],))
    )
    three = s.regressed(sequences._replace(y=np.arange(200) % 3), noise, folds, s.FREE)
    assert three.shape == (200, 3) and three.sum(1) == pytest.approx(1)


def test_what_is_counted():
    assert s.words_of(["ACGT", "TTTT"], 2).shape == (2, 16) and s.words_of(["TTTTT"], 2)[0, 15] == 2
    shares = s.composition(["ACGT", "CGCG", "NNNN"], pairs=True)
    np.testing.assert_allclose(shares, [[0.5, 1 / 3], [1, 2 / 3], [0, 0]])


def test_the_mean_of_log_odds_believes_nothing_too_much():
    p = s.between([[0.2, 1.0], [0.8, 0.0]])
    assert p == pytest.approx([0.5, 0.5]) and 0.999 < s.between([[1.0], [1.0]])[0] < 1
