import keras
import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.explain import class_activation_map
from medlearn.models import cnn

rng = np.random.default_rng(0)


def films(count=3, channels=1):
    return rng.integers(0, 256, (count, 28, 28, channels), dtype="uint8")


def shaken(net):
    """Weights that no initialiser would give, biases too."""
    net.set_weights([w + rng.normal(0, 0.02, w.shape) for w in net.get_weights()])
    return net


def answer(net, x):
    probability = keras.ops.convert_to_numpy(net(x, training=False)).astype(float)
    score = np.log(probability)
    return score - np.log1p(-probability) if score.shape[1] == 1 else score


@pytest.mark.parametrize("make", [lambda: cnn.course_net(width=4), cnn.resnet18])
def test_mean_of_the_map_and_the_bias_are_the_answer(make):
    net, x = make(), films()
    net.layers[-1].set_weights([rng.normal(0, 0.2, (net.layers[-1].kernel.shape)), np.array([0.3])])
    maps = class_activation_map(net, x)
    np.testing.assert_allclose(maps.mean((1, 2)) + 0.3, answer(net, x)[:, 0], atol=1e-3)
    np.testing.assert_allclose(class_activation_map(net, x, label=0), -maps)


def test_of_many_classes_each_has_its_own_map():
    net, x = cnn.course_net((28, 28, 3), 5, width=4), films(channels=3)
    maps = np.stack([class_activation_map(net, x, label=label) for label in range(5)], axis=-1)
    given = answer(net, x)
    expected = maps.mean((1, 2))
    np.testing.assert_allclose(given - given[:, :1], expected - expected[:, :1], atol=1e-4)


def test_is_the_map_of_grad_cam():
    """Grad-CAM weighs each channel by the slope of the answer; here the slope is measured by nudging."""
    net, x = cnn.course_net((28, 28, 1), width=2), films(1)
    pooling = next(layer for layer in net.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D))
    seen = keras.ops.convert_to_numpy(keras.Model(net.input, pooling.input)(x, training=False))
    kernel, bias = net.layers[-1].get_weights()

    def head(activations):
        return (activations.astype(float).mean((1, 2)) @ kernel + bias)[0, 0]

    slopes = []
    for channel in range(seen.shape[-1]):
        nudged = seen.astype(float)
        nudged[0, 2, 3, channel] += 1
        slopes.append(head(nudged) - head(seen))
    grad_cam = np.maximum(seen[0] @ np.array(slopes), 0)
    ours = np.maximum(class_activation_map(net, x)[0], 0)
    np.testing.assert_allclose(grad_cam * seen[0, :, :, 0].size, ours, atol=1e-4)


def test_takes_more_than_a_batch():
    net, x = cnn.course_net(width=2), films(300)
    few = [class_activation_map(net, some) for some in (x[:200], x[200:])]
    np.testing.assert_allclose(class_activation_map(net, x), np.concatenate(few), atol=1e-5)


def test_refuses_a_net_whose_answer_is_no_sum_over_places():
    with pytest.raises(DataError, match="articles_net does not end in a mean over the image"):
        class_activation_map(cnn.articles_net((28, 28, 1)), films())


def test_refuses_films_of_another_size():
    with pytest.raises(DataError, match=r"takes images of \(28, 28, 1\), not of \(14, 14, 1\)$"):
        class_activation_map(cnn.course_net(width=2), np.zeros((1, 14, 14, 1)))


def test_refuses_images_without_their_channel():
    with pytest.raises(DataError, match=r"not of \(28, 28\) \(grey images need a channel axis"):
        class_activation_map(cnn.course_net(width=2), films()[..., 0])


@pytest.mark.parametrize(("classes", "label"), [(2, 2), (2, -1), (5, 5)])
def test_refuses_a_class_that_does_not_exist(classes, label):
    with pytest.raises(DataError, match=f"a class from 0 to {classes - 1}, not {label}"):
        class_activation_map(cnn.course_net((28, 28, 1), classes, width=2), films(), label=label)
