"""Recipes for groups: they find what is there, label whoever comes, and follow their seed."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from medlearn.models import groups
from medlearn.models.groups import consensus, k_means, mixture, neighbours

RECIPES = [k_means, mixture, neighbours, consensus]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Few draws."""
    monkeypatch.setattr(groups, "DRAWS", 8)


def kinds(sizes=(30, 30, 30), *, apart=8.0, columns=4, seed=0):
    """Patients of several kinds, far from each other, and which kind each is of."""
    rng = np.random.default_rng(seed)
    kind = np.repeat(np.arange(len(sizes)), sizes)
    centres = apart * np.eye(len(sizes), columns)
    return centres[kind] + rng.normal(size=(len(kind), columns)), kind


@pytest.mark.parametrize("recipe", RECIPES)
def test_it_finds_kinds_that_are_far_apart_and_says_the_group_of_others(recipe):
    x, kind = kinds()
    label = recipe(x, 3, 0)
    found = label(x)
    assert found.shape == (90,) and found.dtype.kind == "i" and set(found) == {0, 1, 2}
    assert adjusted_rand_score(kind, found) == 1
    others, theirs = kinds((5, 50, 20), seed=1)
    np.testing.assert_array_equal(label(others), [found[kind == one][0] for one in theirs])
    np.testing.assert_array_equal(label(others[:1]), label(others)[:1])


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_same_seed_gives_the_same_groups_and_float32_will_do(recipe):
    x, _ = kinds(apart=2)
    found = recipe(x, 4, 3)(x)
    np.testing.assert_array_equal(recipe(x, 4, 3)(x), found)
    x = x.astype(np.float32)
    assert adjusted_rand_score(recipe(x, 4, 3)(x), found) > 0.9


@pytest.mark.parametrize("recipe", [k_means, mixture, consensus])
def test_where_nothing_is_to_be_found_another_seed_gives_other_groups(recipe):
    x = np.random.default_rng(0).normal(size=(80, 6))
    found = [recipe(x, 7, seed)(x) for seed in range(3)]
    assert min(adjusted_rand_score(found[0], other) for other in found[1:]) < 0.95


@pytest.mark.parametrize("recipe", RECIPES)
def test_two_groups_of_few_and_as_many_groups_as_patients(recipe):
    x, kind = kinds((9, 9), columns=2)
    assert adjusted_rand_score(recipe(x, 2, 0)(x), kind) == 1
    assert len(np.unique(recipe(x[:3], 3, 0)(x[:3]))) == 3


@pytest.mark.parametrize("recipe", RECIPES)
def test_patients_who_are_alike_are_together(recipe):
    x = np.repeat(kinds((6, 6))[0], 3, axis=0)
    found = recipe(x, 2, 0)(x).reshape(-1, 3)
    np.testing.assert_array_equal(found, found[:, [0, 0, 0]])


def stripes(seed=0):
    """Two long stripes beside each other, and which one each patient is in."""
    rng = np.random.default_rng(seed)
    kind = np.arange(200) % 2
    return np.column_stack([rng.normal(0, 10, 200), 6 * kind + rng.normal(0, 0.8, 200)]), kind


def test_a_shape_that_is_learnt_does_not_mind_a_long_direction():
    x, kind = stripes()
    assert adjusted_rand_score(mixture(x, 2, 0)(x), kind) > 0.95
    assert adjusted_rand_score(k_means(x, 2, 0)(x), kind) < 0.2


def test_a_graph_follows_any_shape():
    """A ring and what it goes round."""
    rng = np.random.default_rng(0)
    angle, kind = rng.uniform(0, 2 * np.pi, 200), np.arange(200) % 2
    radius = 1 + 9 * kind
    x = np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None] + rng.normal(0, 0.4, (200, 2))
    for recipe in (neighbours, consensus):
        assert adjusted_rand_score(recipe(x, 2, 0)(x), kind) == 1
    assert adjusted_rand_score(k_means(x, 2, 0)(x), kind) < 0.5


def test_the_unit_of_a_column_is_nothing_to_a_mixture():
    x, _ = kinds(apart=5)
    other = x * np.array([1, 100, 1, 0.01])
    assert adjusted_rand_score(mixture(other, 3, 0)(other), mixture(x, 3, 0)(x)) == 1


def test_k_means_are_nearest_to_their_centre():
    x, _ = kinds(apart=2)
    label = k_means(x, 3, 0)
    found = label(x)
    centres = np.array([x[found == one].mean(0) for one in range(3)])
    others = np.random.default_rng(1).normal(size=(50, 4))
    distance = np.linalg.norm(others[:, None] - centres, axis=2)
    np.testing.assert_array_equal(label(others), distance.argmin(1))


def test_a_consensus_of_many_cuts_hangs_less_on_the_draw_than_one_of_few(monkeypatch):
    x = np.random.default_rng(2).normal(size=(60, 3))

    def agreement(draws):
        monkeypatch.setattr(groups, "DRAWS", draws)
        found = [consensus(x, 3, seed)(x) for seed in range(3)]
        return np.mean([adjusted_rand_score(found[0], other) for other in found[1:]])

    assert agreement(40) > agreement(2) + 0.1


def test_whoever_was_not_there_goes_with_the_nearest(monkeypatch):
    x = np.array([[0.0], [1], [2], [3], [4], [20], [21], [22], [23], [24]])
    monkeypatch.setattr(groups, "VOTES", 3)
    label = neighbours(x, 2, 0)
    low, high = label(x)[[0, -1]]
    assert low != high
    np.testing.assert_array_equal(label(np.array([[-50.0], [9], [15], [99]])), [low, low, high, high])
