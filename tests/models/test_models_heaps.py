import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.models import heaps
from medlearn.training import set_seed


def test_real_points_lie_in_the_heaps_each_as_often():
    points = heaps.draw((4000,))
    share = heaps.shares(points)
    assert share.sum() > 0.999 and np.abs(share - 1 / 8).max() < 0.03
    np.testing.assert_array_equal(points, heaps.draw((4000,)))
    assert (points != heaps.draw((4000,), seed=1)).any()
    assert heaps.draw((5, 3)).shape == (5, 3, 2)


@pytest.fixture(scope="module")
def trained():
    return heaps.train({"all": {}, "slow": {"speed": 0.2}}, pairs=2, steps=400)


def test_each_recipe_gives_the_points_of_its_pairs(trained):
    assert list(trained) == ["all", "slow"]
    assert all(points.shape == (2, 500, 2) and np.isfinite(points).all() for points in trained.values())


def test_a_slow_discriminator_loses_heaps(trained):
    found = {name: [(heaps.shares(p) >= 0.02).sum() for p in points] for name, points in trained.items()}
    assert np.mean(found["all"]) >= np.mean(found["slow"]) + 1


def test_a_seed_gives_the_same_points_again():
    set_seed(0)  # from here on TensorFlow adds up in one order, however busy the machine
    one, same, other = (heaps.train({"all": {}}, pairs=1, steps=4, seed=seed)["all"] for seed in (3, 3, 4))
    assert np.abs(one - same).mean() < 0.05 * np.abs(one - other).mean()


def test_an_unknown_trick_is_refused():
    with pytest.raises(DataError, match="no trick 'speeed': they are penalty"):
        heaps.train({"mine": {"speeed": 1}})
