"""Otsu's threshold, distances to the edge, and seeds that grow."""

import numpy as np

from medlearn.features.masks import (
    between_objects,
    components,
    edge_distance,
    grown_from_seeds,
    on_dark,
    otsu,
)


def disc(radius, centre, shape=(30, 40)):
    down, across = np.ogrid[: shape[0], : shape[1]]
    return np.hypot(down - centre[0], across - centre[1]) <= radius


def test_otsu_s_threshold_varies_least_on_both_sides():
    rng = np.random.default_rng(0)
    grey = np.concatenate([rng.normal(60, 10, 4000), rng.normal(170, 20, 1000)]).clip(0, 255).astype(np.uint8)

    def within(at):
        low, high = grey[grey <= at], grey[grey > at]
        return len(low) * low.var() + len(high) * high.var()

    best = min(range(int(grey.min()), int(grey.max())), key=within)
    assert abs(within(int(otsu(grey))) - within(best)) < 1e-6 * within(best)
    assert otsu(np.full(9, 7, np.uint8)) == 7, "one grey has no two sides"


def test_a_negative_is_turned():
    image = np.where(disc(6, (15, 20)), 220, 30).astype(np.uint8)
    assert np.array_equal(on_dark(image), image)
    assert np.array_equal(on_dark(255 - image), image)


def test_the_distance_falls_towards_each_edge_also_between_neighbours():
    labels = disc(7, (15, 12)) * 1
    labels[disc(7, (15, 27)) & (labels == 0)] = 2
    far = edge_distance(labels)
    assert far[15, 12] == far[15, 27] == 1 and far[15, 19] < 0.3 and far[0, 0] == 0
    assert between_objects(labels.astype(np.uint16))[15, 19:21].all()
    assert not between_objects(labels.astype(np.uint16))[15, 8]


def test_two_that_touch_are_split_and_nothing_of_the_mask_is_lost():
    mask = disc(7, (15, 12)) | disc(7, (15, 24))
    assert components(mask).max() == 1
    objects = grown_from_seeds(mask, edge_distance(components(mask)), seed=0.8)
    assert objects.max() == 2 and np.array_equal(objects > 0, mask)
    assert objects[15, 12] != objects[15, 24]


def test_a_piece_without_a_seed_stays_one_object_and_specks_go():
    mask = disc(5, (10, 10)) | disc(4, (20, 30))
    distance = np.where(disc(5, (10, 10)), 0.9, 0.1)
    assert grown_from_seeds(mask, distance).max() == 2
    mask[0, 0] = True
    assert grown_from_seeds(mask, distance, least=10)[0, 0] == 0
    assert grown_from_seeds(np.zeros((5, 5), bool), np.zeros((5, 5))).max() == 0
