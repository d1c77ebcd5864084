"""The simulated CT scans: lung, bone and air where they belong, nodules where the truth says."""

import numpy as np
import pytest

from medlearn.data.images.simulate.nodules import DIAMETERS, draw_scans


@pytest.fixture(scope="module")
def drawn():
    return draw_scans(24)


def around(drawn, scan, place):
    """The mean of the 3 x 3 pixels at a place."""
    level, row, column = np.rint(place / drawn["spacing"][scan]).astype(int)
    return drawn["images"][scan, level, row - 1 : row + 2, column - 1 : column + 2].mean()


def test_shapes_types_and_one_value_a_scan(drawn):
    assert drawn["images"].shape == (24, 12, 96, 96) and drawn["images"].dtype == np.int16
    assert drawn["spacing"].shape == (24, 3) and set(drawn["scanner"]) == {0, 1}
    assert len(set(drawn["patient"])) == len(drawn["nodules"]) == 24
    thick, pixel = drawn["spacing"][:, 0], drawn["spacing"][:, 1:]
    assert (thick >= 2.5).all() and (thick <= 5).all() and (pixel > 1.5).all() and (pixel < 1.8).all()


def test_a_seed_gives_the_same_scans_and_another_seed_others(drawn):
    assert np.array_equal(draw_scans(2)["images"], drawn["images"][:2])
    assert not np.array_equal(draw_scans(1, seed=1)["images"], drawn["images"][:1])


def test_half_of_the_scans_have_one_to_three_nodules(drawn):
    counts = drawn["nodules"].counts
    assert np.count_nonzero(counts) == 12 and counts.max() <= 3
    assert not draw_scans(2, ill=0)["nodules"].counts.any() and draw_scans(3, ill=1)["nodules"].counts.all()


def test_nodules_are_of_the_sizes_named_and_lie_within_the_scan(drawn):
    nodules = drawn["nodules"]
    assert (nodules["diameter"] >= DIAMETERS[0]).all() and (nodules["diameter"] <= DIAMETERS[1]).all()
    assert 0 < nodules["solid"].mean() < 1
    voxel = nodules["place"] / drawn["spacing"][nodules.case]
    assert (voxel >= 0.5).all() and (voxel <= np.array([12, 96, 96]) - 1.5).all()


def test_a_nodule_is_denser_than_lung_and_a_pale_one_lies_between(drawn):
    nodules = draw_scans(40, ill=1)
    at = {True: [], False: []}
    for scan, one in enumerate(nodules["nodules"]):
        for place, diameter, solid in zip(*one.values(), strict=True):
            if diameter > 9:
                at[bool(solid)].append(around(nodules, scan, place))
    assert np.median(at[True]) == pytest.approx(30, abs=60)
    assert np.median(at[False]) == pytest.approx(-320, abs=80)


def test_lung_wall_bone_and_the_air_outside_are_there(drawn):
    values = drawn["images"]
    shares = [
        np.mean((values > low) & (values < high)) for low, high in ((-950, -700), (-50, 120), (250, 1500))
    ]
    assert 0.25 < shares[0] < 0.5 and 0.2 < shares[1] < 0.5 and 0.01 < shares[2] < 0.08
    assert np.median(values[:, :, -3:, :3]) < -950  # the skin is within the picture
    assert np.median(values[:, 6, 48, 30]) == pytest.approx(-865, abs=40)


def test_the_scanners_differ_in_noise(drawn):
    air = drawn["images"][:, :, 80:, :10].astype(float)
    noise = np.median(np.diff(air, axis=-1).std((2, 3)), axis=1)
    assert noise[drawn["scanner"] == 1].min() > noise[drawn["scanner"] == 0].max()


def test_vessels_look_like_nodules_in_a_slice(drawn):
    """Healthy scans too have dense spots in the middle of the lung."""
    healthy = drawn["images"][drawn["nodules"].counts == 0][:, :, 35:60, 25:55]
    assert (healthy.max((2, 3)) > -500).mean() > 0.8
