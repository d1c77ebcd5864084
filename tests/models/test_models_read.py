"""A saved model is read, or one sentence says why it cannot be."""

import json
import zipfile

import keras
import numpy as np
import pytest

from medlearn import models
from medlearn.errors import DataError
from medlearn.models import cnn, gan, rnn, vae
from medlearn.models.augment import Augment


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "net.keras"
    net = cnn.course_net((28, 28, 1), width=4)
    net.save(path)
    return path, net


def changed(path, to, change):
    """A copy whose metadata and configuration were changed."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".json"):
                content = json.dumps(change(name, json.loads(content))).encode()
            new.writestr(name, content)
    return to


def test_it_answers_alike(saved):
    path, net = saved
    films = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1)).astype("uint8")
    again = models.read(path, shape=(28, 28, 1))
    np.testing.assert_allclose(again.predict(films, verbose=0), net.predict(films, verbose=0), atol=1e-6)


def test_layers_of_every_family_are_known_without_being_imported(tmp_path, python):
    """In a process of its own, since here they are imported already."""
    altered = keras.Sequential([keras.Input((28, 28, 1)), Augment(), cnn.articles_net((28, 28, 1))])
    pair = gan.generator(latent=4, width=4), gan.discriminator(width=4)
    for number, model in enumerate((altered, gan.GAN(*pair), vae.VAE(gan.generator(latent=4, width=4)))):
        model.save(tmp_path / f"{number}.keras")
    done = python(
        "from medlearn import models\n"
        f"for number in range(3): print(type(models.read(f'{tmp_path}/{{number}}.keras')).__name__)"
    )
    assert done.stdout.split() == ["Sequential", "GAN", "VAE"], done.stderr
    with pytest.raises(DataError, match=r"1.keras reads cases of shape no one shape, not \(28, 28, 1\)"):
        models.read(tmp_path / "1.keras", shape=(28, 28, 1))


@pytest.mark.parametrize("shape", [(64, 64, 1), (28, 28, 3), (28, 28)])
def test_a_net_of_another_shape_is_refused(saved, shape):
    with pytest.raises(DataError, match=r"net.keras reads cases of shape \(28, 28, 1\), not"):
        models.read(saved[0], shape=shape)


def test_a_net_with_several_inputs_is_no_net_for_pictures(tmp_path):
    rnn.recurrent_net((12, 3), static=2).save(tmp_path / "net.keras")
    with pytest.raises(DataError, match=r"\(12, 3\).*\(2,\).*not \(28, 28, 1\)"):
        models.read(tmp_path / "net.keras", shape=(28, 28, 1))


def test_open_steps_take_any_number(tmp_path):
    rnn.recurrent_net((None, 3)).save(tmp_path / "net.keras")
    assert models.read(tmp_path / "net.keras", shape=(48, 3)).output_shape == (None, 1)


def test_another_keras_that_saved_it_is_named(saved, tmp_path):
    """As if from a version to come: it has a layer that is not known here."""

    def later(name, content):
        if name == "metadata.json":
            return content | {"keras_version": "9.9.9"}
        content["config"]["layers"][1]["class_name"] = "LayerOfTomorrow"
        content["config"]["layers"][1]["registered_name"] = "LayerOfTomorrow"
        return content

    with pytest.raises(DataError, match=r"saved with Keras 9\.9\.9") as caught:
        models.read(changed(saved[0], tmp_path / "later.keras", later))
    assert "\n" not in str(caught.value) and keras.__version__ in str(caught.value)


def test_code_in_a_file_is_refused(tmp_path):
    net = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    net.save(tmp_path / "code.keras")
    with pytest.raises(DataError, match=r"code\.keras: saved with Keras"):
        models.read(tmp_path / "code.keras")


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_file_cut_short_is_said(saved, tmp_path, share):
    content = saved[0].read_bytes()
    (tmp_path / "cut.keras").write_bytes(content[: int(share * len(content))])
    with pytest.raises(
        DataError, match=r"cut\.keras is not a model as Keras saves it, or the file is damaged"
    ):
        models.read(tmp_path / "cut.keras")


def test_a_damaged_weight_is_said(saved, tmp_path):
    content = bytearray(saved[0].read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "damaged.keras").write_bytes(content)
    with pytest.raises(DataError, match="or the file is damaged"):
        models.read(tmp_path / "damaged.keras")


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        models.read(tmp_path / "nowhere.keras")
