import keras
import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.models import cnn
from medlearn.training import fit

rng = np.random.default_rng(0)


def films(count=4, pixels=28, channels=1):
    return rng.integers(0, 256, (count, pixels, pixels, channels), dtype="uint8")


def probabilities(net, x):
    return keras.ops.convert_to_numpy(net(x, training=False))


@pytest.mark.parametrize("make", [cnn.course_net, cnn.articles_net, cnn.resnet18])
@pytest.mark.parametrize(
    ("pixels", "channels", "classes"), [(28, 1, 2), (28, 3, 8), (50, 1, 2), (64, 3, 5), (224, 1, 2)]
)
def test_takes_films_as_stored_and_gives_probabilities(make, pixels, channels, classes):
    net = make((pixels, pixels, channels), classes)
    given = probabilities(net, films(2, pixels, channels))
    assert given.shape == (2, 1 if classes == 2 else classes)
    assert ((given >= 0) & (given <= 1)).all()
    if classes > 2:
        np.testing.assert_allclose(given.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("make", [cnn.course_net, cnn.resnet18])
def test_the_range_a_film_is_stored_in_does_not_matter(make):
    net, stored = make(), films()
    expected = probabilities(net, stored)
    np.testing.assert_allclose(probabilities(net, stored / 255), expected, atol=1e-4)
    np.testing.assert_allclose(probabilities(net, stored.astype("uint16") * 257), expected, atol=1e-4)
    np.testing.assert_allclose(probabilities(net, 0.6 * stored + 30), expected, atol=1e-4)


def test_the_articles_net_takes_either_range():
    net, stored = cnn.articles_net((28, 28, 1)), films()
    np.testing.assert_allclose(probabilities(net, stored / 255), probabilities(net, stored), atol=1e-5)


def test_an_even_film_gives_a_number():
    assert np.isfinite(probabilities(cnn.course_net(), np.full((1, 28, 28, 1), 7, "uint8"))).all()


def test_sizes_as_published():
    assert cnn.resnet18().count_params() == pytest.approx(11.17e6, rel=0.01)
    assert cnn.articles_net((224, 224, 3), 3).count_params() == 896 + (111 * 111 * 32 + 1) * 128 + 129 * 3
    assert cnn.course_net().count_params() < cnn.articles_net((28, 28, 1)).count_params() / 2


def test_a_classifier_of_one_class_is_refused():
    with pytest.raises(DataError, match="at least two classes"):
        cnn.course_net(classes=1)


def test_a_saved_net_answers_alike(tmp_path):
    net, x = cnn.course_net(), films()
    net.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True)
    np.testing.assert_allclose(probabilities(again, x), probabilities(net, x), atol=1e-6)


@pytest.mark.parametrize("make", [cnn.course_net, cnn.articles_net])
def test_learns_what_is_plain(make):
    """Bright blob on the left or on the right, whatever the exposure."""
    keras.utils.set_random_seed(0)
    y = np.arange(128) % 2
    x = rng.normal(100, 5, (128, 28, 28, 1)) + rng.normal(0, 30, (128, 1, 1, 1))
    x[y == 0, 8:20, 4:12] += 60
    x[y == 1, 8:20, 16:24] += 60
    net = make((28, 28, 1))
    net.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy")
    fit(net, (x, y[:, None]), epochs=6, batch_size=16)
    assert ((probabilities(net, x)[:, 0] > 0.5) == y).mean() > 0.95


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 0), (28, 28, None), (28.0, 28, 1), ()])
@pytest.mark.parametrize("build", [cnn.course_net, cnn.articles_net, cnn.resnet18])
def test_a_shape_that_no_image_has_is_refused(build, shape):
    with pytest.raises(DataError, match="an image's shape is"):
        build(shape)
