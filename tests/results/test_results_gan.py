import json
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from medlearn.data import load
from medlearn.errors import DataError
from medlearn.evaluation import auroc
from medlearn.models import diffusion
from medlearn.results import gan, main

SCRIPT = Path(__file__).resolve().parents[2] / "data_scripts" / "train_films.py"


@pytest.fixture
def data(monkeypatch):
    """Few simulated films, as the loader gives them."""
    monkeypatch.setenv("MEDLEARN_DATA", "small")
    whole = load("pneumonia")
    return replace(whole, **{name: part.take(slice(0, 96)) for name, part in whole.splits.items()})


@pytest.fixture
def quick(monkeypatch, data):
    """The whole recipe, but short."""
    monkeypatch.setattr(gan, "STEPS", 3)
    monkeypatch.setattr(gan, "DENOISING", 3)
    monkeypatch.setattr(gan, "LESSONS", 4)


@pytest.fixture
def pretended(monkeypatch, data):
    """No GAN, and classifiers that are not trained: that the real ones work is other tests' matter."""

    def untrained(images, y, *, classes, seed, **_):
        keras.utils.set_random_seed(seed)
        inputs = keras.Input(images.shape[1:])
        features = keras.layers.Dense(8)(keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs)))
        return keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(features))

    def noise(data, *, seed):
        return np.random.default_rng(seed).integers(0, 256, data.train.x.shape, dtype="uint8")

    monkeypatch.setattr("medlearn.results.seeds.load", lambda *args, **more: data)
    monkeypatch.setattr(gan, "train_classifier", untrained)
    monkeypatch.setattr(gan, "make_ours", noise)
    monkeypatch.setattr(gan, "make_denoised", noise)


def test_the_command_prints_writes_and_draws(pretended, tmp_path, capsys):
    out, sheet = tmp_path / "out.json", tmp_path / "sheet.png"
    main(["gan", "--seeds", "2", "--json", str(out), "--sheet", str(sheet)])
    printed = capsys.readouterr().out
    assert "simulated" in printed and "| real films |" in printed
    ours = json.loads(out.read_text())["ours"]
    assert list(ours) == [
        "tstr_auroc",
        "kernel_distance",
        "frechet_distance",
        "nearest_train_share",
        "membership_auroc",
        "real_floor",
    ]
    assert all(values["seeds"] == 2 for values in ours.values())
    assert ours["kernel_distance"]["mean"] > ours["real_floor"]["mean"]
    assert sheet.read_bytes().startswith(b"\x89PNG") and sheet.stat().st_size > 20_000


def test_a_sheet_needs_a_folder():
    with pytest.raises(DataError, match=r"--sheet /nowhere/sheet\.png cannot be written to"):
        main(["gan", "--sheet", "/nowhere/sheet.png"])


def test_the_gan_makes_images_and_is_not_given_the_held_out_films(quick, data):
    """There is nothing else to be seen than what it trains on."""
    made = gan.make_ours(SimpleNamespace(train=data.train, classes=data.classes), seed=0)
    assert made.shape == data.train.x.shape and made.dtype == data.train.x.dtype == np.uint8
    assert made.std() > 0


def test_the_diffusion_model_makes_images_and_is_not_given_the_held_out_films(quick, data):
    made = gan.make_denoised(SimpleNamespace(train=data.train, classes=data.classes), seed=0)
    assert made.shape == data.train.x.shape and made.dtype == data.train.x.dtype == np.uint8
    assert made.std() > 0


# The generator that comes with the course


def test_the_denoiser_learns_from_equally_many_of_each_class():
    y = np.array([0, 1, 1, 1, 0, 1, 1, 1])
    order = gan.equally_many(y, seed=0)
    assert np.bincount(y[order]).tolist() == [6, 6]
    assert sorted(order[y[order] == 1]) == [1, 2, 3, 5, 6, 7], "each of the commoner class once"
    assert np.unique(order[y[order] == 0], return_counts=True)[1].tolist() == [3, 3]
    assert np.array_equal(order, gan.equally_many(y, seed=0))


@pytest.fixture(scope="module")
def script():
    return SimpleNamespace(**runpy.run_path(str(SCRIPT)))


@pytest.fixture(scope="module")
def films():
    return load("pneumonia_64", size="small", seed=0)


def test_the_stored_generator_was_trained_by_todays_recipe_on_todays_simulated_films(script, films):
    stored = diffusion.read()
    recipe = script.recipe_of(films, steps=gan.DENOISING)
    assert json.loads(str(stored["recipe"])).items() >= recipe.items()
    assert np.abs(stored["learnt"].astype(int) - script.thumbnails(films)).max() <= 1  # another processor


def test_the_command_that_trained_it_gives_such_a_file(script, films, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(script.main.__globals__, "load", lambda *args, **more: few_of(films))
    monkeypatch.setattr(gan, "BATCH", 8)
    script.main(["--to", str(tmp_path / "short.npz"), "--steps", "2"])
    assert "235,985 weights" in capsys.readouterr().out
    short, stored = diffusion.read(tmp_path / "short.npz"), diffusion.read()
    assert {name: array.shape for name, array in short.items()} == {
        name: array.shape for name, array in stored.items()
    }
    weights = [name for name in stored if name.startswith("weight")]
    assert all(short[name].dtype == stored[name].dtype == np.float16 for name in weights)


def test_the_stored_generator_s_films_are_neither_blurred_nor_grainy_and_show_their_class(films):
    made, asked = diffusion.sample(diffusion.load(), 48, seed=1), np.arange(48) % 2
    apart = np.median(bands(made), 0) - np.median(bands(films.validation.x), 0)
    assert np.abs(apart).max() < 0.6, "twice or half the power at some scale"
    eye = RidgeClassifier(alpha=100).fit(small(films.train.x), films.train.y)
    assert auroc(asked, eye.decision_function(small(made))).value > 0.75


def bands(images):
    """The logarithm of each image's power at five scales, from the whole film down to two pixels."""
    images = images[..., 0] - images.mean((1, 2, 3))[:, None, None]
    power = np.abs(np.fft.fft2(images)) ** 2
    along = np.fft.fftfreq(images.shape[1]) * images.shape[1]
    waves = np.hypot(along[:, None], along)  # on how many waves across the film each figure stands
    scales = [(waves >= low) & (waves < 2 * low) for low in (1, 2, 4, 8, 16)]
    return np.log(np.stack([power[:, scale].mean(1) for scale in scales], 1))


def small(images):
    return images.reshape(len(images), 16, 4, 16, 4).mean((2, 4)).reshape(len(images), -1) / 50 - 2.5


def few_of(films):
    return replace(films, **{name: part.take(slice(0, 16)) for name, part in films.splits.items()})


def test_the_normal_distribution_has_each_class_s_mean_and_spread(data):
    made, real = (films.astype(float) for films in (gan.make_from_pixels(data, seed=0), data.train.x))
    for number in (0, 1):
        among = data.train.y == number
        assert np.abs(made[among].mean(0) - real[among].mean(0)).mean() < 10
        assert made[among].std(0).mean() == pytest.approx(real[among].std(0).mean(), rel=0.25)


def test_the_eye_knows_real_films_from_noise_and_a_copy_from_a_new_film(quick, data):
    eye = gan.Eye.train(data, seed=0)
    kernel, frechet = eye.floor()
    noise = np.random.default_rng(0).integers(0, 256, (96, 28, 28, 1), dtype="uint8")
    of_noise, of_copies = (eye.judge(films, seed=0) for films in (noise, data.train.x))
    assert of_noise["kernel_distance"] > 10 * abs(kernel) and of_noise["frechet_distance"] > 2 * frechet
    assert of_copies["nearest_train_share"] > 0.95 and of_copies["membership_auroc"] > 0.95
    assert 0 <= of_noise["tstr_auroc"] <= 1
    assert set(eye.judge_real()) == set(of_noise)
    assert eye.judge_real()["kernel_distance"] == pytest.approx(kernel)


def test_the_sheet_says_which_films_are_made_up(data, tmp_path, monkeypatch):
    import matplotlib.figure

    said = []
    monkeypatch.setattr(matplotlib.figure.Figure, "supxlabel", lambda self, text, **more: said.append(text))
    black = np.zeros((96, 28, 28, 1), "uint8")
    shown = []
    monkeypatch.setattr(
        "matplotlib.axes.Axes.imshow", lambda self, image, **more: shown.append(image.max() == 0)
    )
    gan.draw_sheet(data, black, str(tmp_path / "sheet.png"))
    key = [str(number + 1) for number in np.flatnonzero(shown)]
    assert len(shown) == 48 and len(key) == 24
    assert said[-1] == f"made up: {', '.join(key)} (simulated data)"
