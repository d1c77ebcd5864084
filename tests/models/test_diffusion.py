import json

import keras
import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.evaluation import frechet_distance
from medlearn.models import diffusion

rng = np.random.default_rng(0)
SHAPE = (16, 16, 1)


def blobs(count=256):
    """A bright patch: class 0 on the left, class 1 on the right."""
    x, labels = rng.normal(40, 5, (count, *SHAPE)), np.arange(count) % 2
    for image, side, light in zip(x, labels, rng.normal(120, 20, count), strict=True):
        image[3:13, 8 * side + 1 : 8 * side + 7] += light
    return np.clip(x, 0, 255).astype("uint8"), labels


def sides(images):
    """How bright the left and the right half of each image are."""
    return np.stack([images[:, :, :8].mean((1, 2, 3)), images[:, :, 8:].mean((1, 2, 3))], 1)


def test_a_mixture_and_its_direction_give_back_the_image():
    images, labels = blobs(64)
    batches = diffusion.Mixtures(images, labels, batch_size=64, seed=3)
    batches.on_epoch_begin()
    (mixture, angle, classes), direction = batches[0]
    cos, sin = (wave(angle)[:, None, None, None] for wave in (np.cos, np.sin))
    clean = (cos * mixture - sin * direction) * diffusion.SPREAD + diffusion.MIDDLE
    np.testing.assert_allclose(clean, images[batches.order], atol=1e-3)
    np.testing.assert_array_equal(classes, labels[batches.order])
    noise = sin * mixture + cos * direction
    assert abs(noise.mean()) < 0.05 and abs(noise.std() - 1) < 0.05
    assert angle.min() >= 0 and angle.max() <= diffusion.RIGHT_ANGLE and np.ptp(angle) > 1.5


def test_each_epoch_brings_other_noise_in_another_order_and_a_seed_fixes_all():
    images, labels = blobs(64)
    one, again = (diffusion.Mixtures(images, labels, batch_size=16, seed=1) for _ in range(2))
    firsts = []
    for batches in (one, one, again):
        batches.on_epoch_begin()
        firsts.append(batches[0][0][0])
    assert not np.array_equal(firsts[0], firsts[1])
    np.testing.assert_array_equal(firsts[0], firsts[2])
    assert len(one) == 4


def test_it_learns_two_classes_from_noise():
    images, labels = blobs()
    keras.utils.set_random_seed(0)
    model = diffusion.denoiser(SHAPE, 2, width=8)
    model.compile(keras.optimizers.Adam(5e-3), "mse")
    losses = diffusion.fit(model, images, labels, epochs=25).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    made = diffusion.sample(model, 64, steps=10)
    assert made.shape == (64, *SHAPE) and made.dtype == np.uint8
    left, right = sides(made).T
    np.testing.assert_array_equal(left < right, np.arange(64) % 2 == 1)
    noise = np.clip(rng.normal(127, 50, made.shape), 0, 255)
    far = frechet_distance(sides(images), sides(noise))
    assert frechet_distance(sides(images), sides(made)) < 0.3 * far


def test_a_seed_fixes_the_noise_and_labels_are_for_all_or_for_each():
    model = diffusion.denoiser(SHAPE, 2, width=4)
    first = diffusion.sample(model, 4, [0, 0, 1, 1], steps=2, seed=5)
    np.testing.assert_array_equal(first, diffusion.sample(model, 4, [0, 0, 1, 1], steps=2, seed=5))
    assert (first != diffusion.sample(model, 4, [0, 0, 1, 1], steps=2, seed=6)).any()
    assert diffusion.sample(model, 3, 1, steps=1).shape == (3, *SHAPE)
    with pytest.raises(DataError, match="classes must be whole numbers from 0 to 1"):
        diffusion.sample(model, 2, 2)


def test_many_images_are_made_as_few_are():
    model = diffusion.denoiser(SHAPE, width=4)
    many = diffusion.sample(model, 65, steps=1).astype(int)
    few = diffusion.sample(model, 2, steps=1).astype(int)
    assert abs(many[:2] - few).max() <= 1 and many[64].std() > 0


@pytest.mark.parametrize("shape", [(28, 28, 1), (64, 64, 3)])
def test_the_denoiser_gives_what_it_takes(shape):
    assert diffusion.denoiser(shape, width=4).output_shape == (None, *shape)


def test_what_it_cannot_learn_from_is_said():
    with pytest.raises(DataError, match="doubled a few times"):
        diffusion.denoiser((30, 30, 1))
    with pytest.raises(DataError, match="8 images do not fill a batch of 32"):
        diffusion.Mixtures(blobs(8)[0])
    with pytest.raises(DataError, match="0 to 255"):
        diffusion.Mixtures(blobs(32)[0] / 255)


# Kept


def test_a_denoiser_is_kept_in_few_bytes_and_without_pickle(tmp_path):
    keras.utils.set_random_seed(1)
    model, path = diffusion.denoiser(SHAPE, 3, width=6), tmp_path / "few.npz"
    diffusion.save(model, path, recipe={"steps": 7}, more=np.arange(3))
    again = diffusion.load(path)
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-4)
    apart = np.abs(diffusion.sample(model, 3, steps=2).astype(int) - diffusion.sample(again, 3, steps=2))
    assert apart.max() <= 3
    stored = diffusion.read(path)
    recipe = json.loads(str(stored["recipe"]))
    assert recipe == {"steps": 7, "shape": [16, 16, 1], "classes": 3, "width": 6}
    assert stored["more"].tolist() == [0, 1, 2]
    assert path.stat().st_size < 2.2 * model.count_params() + 40_000


def test_a_file_that_is_missing_or_damaged_is_said(tmp_path):
    with pytest.raises(DataError, match=r"gone\.npz is not there: `python data_scripts/train_films\.py"):
        diffusion.load(tmp_path / "gone.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 and no more")
    np.savez(tmp_path / "objects.npz", recipe=np.array([{}], dtype=object))
    for name in ("broken", "objects"):
        with pytest.raises(DataError, match="is not a file that diffusion"):
            diffusion.load(tmp_path / f"{name}.npz")


# The course's own generator of chest films. That its recipe is today's: tests/results/test_results_gan.py.


@pytest.fixture(scope="module")
def stored():
    return diffusion.read()


def test_the_stored_generator_is_small_and_holds_nothing_but_numbers_and_text(stored):
    assert diffusion.STORED.stat().st_size < 500_000
    assert {array.dtype.kind for array in stored.values()} == {"U", "u", "f"}
    assert all(np.isfinite(array).all() for array in stored.values() if array.dtype.kind == "f")


def test_the_stored_weights_make_the_stored_films_on_every_backend(stored):
    made = diffusion.sample(diffusion.load(), len(stored["made"]), seed=0)
    apart = np.abs(made.astype(int) - stored["made"])
    assert apart.mean() < 0.5 and apart.max() <= 8
