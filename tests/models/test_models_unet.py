"""The U-Net and the ASPP net: their shapes, that they learn, that they come back from a file; losses."""

import keras
import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.models.unet import aspp_net, dice_loss, nuclei_loss, parts_loss, unet

to_numpy = keras.ops.convert_to_numpy


@pytest.mark.parametrize("build", [unet, aspp_net])
def test_an_answer_for_every_pixel_and_voxel(build):
    assert build((32, 40, 1), 2, width=4).output_shape == (None, 32, 40, 2)
    free = build((None, None, 1), width=4)
    assert tuple(free(np.zeros((1, 16, 32, 1))).shape) == (1, 16, 32, 1)
    shares = to_numpy(build((16, 16, 1), 3, width=2)(np.random.default_rng(0).random((1, 16, 16, 1))))
    np.testing.assert_allclose(shares.sum(-1), 1, atol=1e-5)
    with pytest.raises(DataError, match="each side a multiple of"):
        build((30, 31, 1))


def test_volumes_are_for_the_unet_alone():
    assert unet((16, 24, 16, 1), 3, width=2).output_shape == (None, 16, 24, 16, 3)
    with pytest.raises(DataError, match="a picture's shape"):
        aspp_net((16, 24, 16, 1))


@pytest.mark.parametrize("build", [unet, aspp_net])
def test_it_learns_and_comes_back_from_a_file(build, tmp_path):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    y = np.kron(rng.random((8, 4, 4, 1)) < 0.3, np.ones((1, 8, 8, 1))).astype("float32")
    x = 40 + 60 * y + rng.normal(0, 10, y.shape).astype("float32")
    model = build((32, 32, 1), width=4)
    model.compile(keras.optimizers.Adam(0.01), dice_loss, jit_compile=False)
    losses = model.fit(x, y, epochs=25, batch_size=4, verbose=0).history["loss"]
    assert losses[-1] < 0.6 * losses[0]
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(to_numpy(again(x)), to_numpy(model(x)), atol=1e-5)


def test_exposure_does_not_matter():
    model, x = unet((16, 16, 1), width=2), np.random.default_rng(0).integers(0, 200, (1, 16, 16, 1))
    np.testing.assert_allclose(to_numpy(model(x)), to_numpy(model(0.5 * x + 20)), atol=1e-4)


def test_the_dice_loss_is_one_less_the_dice_and_an_empty_map_left_empty_costs_nothing():
    y = np.zeros((2, 4, 4, 1), "float32")
    assert np.allclose(to_numpy(dice_loss(y, y)), 0)
    y[:, :2] = 1
    p = np.zeros_like(y)
    p[:, 1:3] = 1
    np.testing.assert_allclose(to_numpy(dice_loss(y, p)), 1 - (2 * 4 + 1) / (16 + 1), atol=1e-6)


def test_losses_are_lowest_where_the_answer_is_right():
    rng = np.random.default_rng(0)
    inside = (rng.random((2, 8, 8, 1)) < 0.4).astype("float32")
    y = np.concatenate([inside, 0.5 * inside, np.ones_like(inside)], -1)
    right, wrong = y[..., :2].clip(0.01, 0.99), 1 - y[..., :2].clip(0.01, 0.99)
    assert (to_numpy(nuclei_loss(y, right)) < to_numpy(nuclei_loss(y, wrong))).all()
    parts = np.eye(3, dtype="float32")[rng.integers(0, 3, (2, 4, 4, 4))]
    right = 0.9 * parts + 0.1 / 3
    assert (to_numpy(parts_loss(parts, right)) < to_numpy(parts_loss(parts, np.flip(right, -1)))).all()
