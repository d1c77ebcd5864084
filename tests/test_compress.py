"""Smaller models: which weights go, which channels stay, who imitates whom, and what 8 bits change."""

import sys

import keras
import numpy as np
import pytest

from medlearn.compress import distil, prune, prune_channels, quantise
from medlearn.errors import DataError
from medlearn.models.blocks import convolve, head, image_input
from medlearn.models.cnn import articles_net, course_net, resnet18
from medlearn.serve.exported import CARD, Card, Served, save_sealed
from medlearn.training import predict, set_seed

rng = np.random.default_rng(0)
IMAGES = rng.integers(0, 256, (96, 12, 12, 1)).astype("uint8")
BRIGHT = IMAGES[:, :6].mean((1, 2, 3)) > IMAGES[:, 6:].mean((1, 2, 3))


def net(width=4, *, shape=(12, 12, 1), classes=2, seed=0):
    set_seed(seed)
    return course_net(shape, classes, width=width)


def arrays(model):
    return [np.array(keras.ops.convert_to_numpy(weight)) for weight in model.weights]  # PyTorch shares memory


def kernels(model):
    return [keras.ops.convert_to_numpy(one) for one in model.weights if one.name == "kernel"]


# Fewer weights


@pytest.mark.parametrize("share", [0, 0.5, 0.8])
def test_the_smallest_weights_of_each_kernel_are_0_and_all_others_stay(share):
    model = net()
    before = arrays(model)
    pruned = prune(model, share)
    assert len(kernels(pruned)) == 6
    for new, old in zip(kernels(pruned), kernels(model), strict=True):
        gone = new == 0
        assert gone.sum() == round(share * new.size)
        np.testing.assert_array_equal(new[~gone], old[~gone])
        if gone.any():
            assert np.abs(old[gone]).max() <= np.abs(old[~gone]).min()
    for new, old, weight in zip(arrays(pruned), arrays(model), model.weights, strict=True):
        if weight.name != "kernel":
            np.testing.assert_array_equal(new, old)
    for new, old in zip(arrays(model), before, strict=True):
        np.testing.assert_array_equal(new, old)


def test_nothing_pruned_answers_alike_and_the_rest_does_not():
    model = net()
    np.testing.assert_array_equal(predict(prune(model, 0), IMAGES), predict(model, IMAGES))
    assert np.abs(predict(prune(model, 0.9), IMAGES) - predict(model, IMAGES)).max() > 1e-4


def test_zeros_make_no_file_smaller(tmp_path):
    model = net(16)
    for name, one in (("all", model), ("pruned", prune(model, 0.8))):
        one.save(tmp_path / f"{name}.keras")
    size, pruned = ((tmp_path / f"{name}.keras").stat().st_size for name in ("all", "pruned"))
    assert pruned > 0.95 * size


def uneven_net(classes=2):
    """Two convolutions whose first has channels of strength 3, 0, 5, 1; and weights that are not as drawn."""
    set_seed(1)
    inputs = image_input((8, 8, 1))
    x = convolve(convolve(inputs, 4), 2)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, head(x, classes))
    draw = np.random.default_rng(1)
    model.set_weights([draw.uniform(0.5, 1.5, weight.shape) for weight in model.weights])
    first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    first.set_weights([np.ones((3, 3, 1, 4)) * [-3, 0, 5, 1]])
    return model


def test_channels_with_the_least_weights_go_and_what_they_led_to_goes_with_them():
    model = uneven_net()
    small = prune_channels(model, 0.5)
    old, new = arrays(model), arrays(small)
    assert new[0].shape == (3, 3, 1, 2)
    np.testing.assert_array_equal(new[0], old[0][..., [0, 2]])
    np.testing.assert_array_equal(new[1], old[1][[0, 2]])  # a normalisation's first
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    second = keras.ops.convert_to_numpy(convolutions[1].kernel)
    best = [np.abs(second).sum((0, 1, 2)).argmax()]
    np.testing.assert_array_equal(kernels(small)[1], second[:, :, [0, 2]][..., best])
    np.testing.assert_array_equal(kernels(small)[2], kernels(model)[2][best])
    np.testing.assert_array_equal(new[-1], old[-1])


def test_a_channel_that_says_nothing_can_go_without_a_change():
    """A normalisation's gain and shift of 0 behind it: what is left answers as before."""
    model = uneven_net()
    normalisation = next(one for one in model.layers if isinstance(one, keras.layers.BatchNormalization))
    gain, shift, mean, variance = (keras.ops.convert_to_numpy(one) for one in normalisation.weights)
    normalisation.set_weights([gain * [1, 0, 1, 1], shift * [1, 0, 1, 1], mean, variance])
    images = IMAGES[:, :8, :8]
    small = prune_channels(model, 0.25)  # one of 4, and of 2 (0.5 is rounded to 0) none
    assert [one.shape[-1] for one in kernels(small)] == [3, 2, 1]
    np.testing.assert_allclose(predict(small, images), predict(model, images), atol=1e-5)


@pytest.mark.parametrize(("shape", "classes"), [((12, 12, 1), 2), ((12, 12, 3), 4)])
def test_a_narrower_net_is_smaller_and_can_be_trained_on(shape, classes):
    model = net(8, shape=shape, classes=classes)
    small = prune_channels(model, 0.5)
    assert small.count_params() == net(4, shape=shape, classes=classes).count_params()
    assert small.output_shape == model.output_shape
    assert prune_channels(model, 0.999).count_params() < 300  # one channel stays
    np.testing.assert_allclose(
        predict(prune_channels(model, 0), np.zeros((2, *shape))), predict(model, np.zeros((2, *shape)))
    )


@pytest.mark.parametrize("build", [articles_net, resnet18])
def test_where_channels_cannot_be_followed_it_says_so(build):
    with pytest.raises(DataError, match=r"behind which channels cannot be told apart.*such as course_net"):
        prune_channels(build((12, 12, 1)), 0.5)


@pytest.mark.parametrize("share", [-0.1, 1, 80, float("nan")])
def test_a_share_is_below_1(share):
    for way in (prune, prune_channels):
        with pytest.raises(DataError, match="share must be from 0 to below 1, not"):
            way(net(), share)


def test_a_model_without_kernels_is_named():
    inputs = keras.Input((3,))
    with pytest.raises(DataError, match="empty has no kernel"):
        prune(keras.Model(inputs, keras.layers.ReLU()(inputs), name="empty"), 0.5)


# A net that imitates


def answering(weight, classes=2):
    """A net on two numbers whose answers are known."""
    inputs = keras.Input((2,))
    model = keras.Model(inputs, head(inputs, classes))
    outputs = 1 if classes == 2 else classes
    model.set_weights([weight * (np.arange(2 * outputs).reshape(2, outputs) - 1.0), np.zeros(outputs)])
    return model


@pytest.mark.parametrize("classes", [2, 3])
def test_a_student_comes_to_answer_as_its_teacher_does(classes):
    """The labels are all the same and count nothing: only the teacher's answers can lead there."""
    set_seed(0)
    teacher, student = answering(1.5, classes), answering(0, classes)
    before = arrays(teacher)
    x = rng.normal(size=(256, 2)).astype("float32")
    history = distil(
        teacher,
        student,
        (x, np.zeros(len(x), int)),
        hard=0,
        epochs=60,
        optimizer=keras.optimizers.Adam(0.05),
        seed=0,
    )
    np.testing.assert_allclose(predict(student, x), predict(teacher, x), atol=0.02)
    assert history["loss"].iloc[-1] < 0.05 * history["loss"].iloc[0]
    for new, old in zip(arrays(teacher), before, strict=True):
        np.testing.assert_array_equal(new, old)
    assert len(teacher.trainable_weights) == 2  # nor is it frozen


def test_labels_count_as_much_as_asked():
    x = rng.normal(size=(256, 2)).astype("float32")
    means = []
    for hard in (0, 0.9):
        student = answering(0)
        set_seed(0)
        distil(
            answering(1.5),
            student,
            (x, np.ones(len(x), int)),
            hard=hard,
            epochs=20,
            optimizer=keras.optimizers.Adam(0.05),
            seed=0,
        )
        means.append(predict(student, x).mean())
    assert means[1] > means[0] + 0.1


def test_batches_that_are_drawn_can_be_learnt_from():
    class Drawn(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            some = slice(32 * index, 32 * index + 32)
            return IMAGES[some].astype("float32"), BRIGHT[some].astype(int)

    student = net(2, seed=1)
    before = arrays(student)
    history = distil(net(), student, Drawn(), epochs=2, seed=0)
    assert len(history) == 2 and np.isfinite(history["loss"]).all()
    assert (kernels(student)[0] != before[0]).any()


def test_nets_that_cannot_stand_for_each_other_are_named():
    pair = (IMAGES, BRIGHT.astype(int))
    with pytest.raises(DataError, match=r"they must be alike"):
        distil(net(), net(classes=3), pair)
    with pytest.raises(DataError, match=r"\(None, 12, 12, 1\).*\(None, 16, 16, 1\).*alike"):
        distil(net(), net(shape=(16, 16, 1)), pair)
    for options in ({"temperature": 0}, {"hard": 1}, {"hard": -0.1}):
        with pytest.raises(DataError, match="temperature must be above 0 and hard from 0 to below 1"):
            distil(net(), net(2), pair, **options)


# 8-bit numbers


@pytest.fixture
def exported(tmp_path):
    """A file as an export writes it, without Keras: two convolutions, a mean, a score, and a card."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper, numpy_helper

    draw = np.random.default_rng(0)
    kept = {
        "scale": np.array(1 / 255, "float32"),
        "kernel": draw.normal(0, 0.3, (64, 1, 5, 5)).astype("float32"),
        "kernel2": draw.normal(0, 0.05, (64, 64, 3, 3)).astype("float32"),
        "dense": draw.normal(0, 0.5, (64, 1)).astype("float32"),
    }
    nodes = [
        helper.make_node("Mul", ["images", "scale"], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["turned"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["turned", "kernel"], ["seen"], kernel_shape=[5, 5]),
        helper.make_node("Relu", ["seen"], ["lit"]),
        helper.make_node("Conv", ["lit", "kernel2"], ["seen2"], kernel_shape=[3, 3]),
        helper.make_node("Relu", ["seen2"], ["lit2"]),
        helper.make_node("ReduceMean", ["lit2"], ["features"], axes=[2, 3], keepdims=0),
        helper.make_node("ReduceMean", ["lit2"], ["map"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["features", "dense"], ["score"]),
        helper.make_node("Sigmoid", ["score"], ["p"]),
    ]
    shapes = {"images": (12, 12, 1), "p": (1,), "features": (64,), "map": (6, 6)}
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])
        for name, shape in shapes.items()
    ]
    constants = [numpy_helper.from_array(array, name) for name, array in kept.items()]
    graph = helper.make_graph(nodes, "net", values[:1], values[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    card = Card("net", ("no", "yes"), 12, 0.5, "noise", True, (0.0,) * 64, (1.0,) * 64, 9.0)
    helper.set_model_props(model, {CARD: card.as_json()})
    return save_sealed(model, tmp_path / "net.onnx")


def answered(path):
    return Served.read(path).answer(IMAGES).p


@pytest.mark.parametrize("everything", [False, True])
def test_eight_bits_take_a_third_of_the_room_and_change_the_answers_a_little(exported, tmp_path, everything):
    small = quantise(exported, tmp_path / "small.onnx", IMAGES[:60], everything=everything)
    assert small.stat().st_size < 0.4 * exported.stat().st_size
    change = np.abs(answered(small) - answered(exported))
    assert 0 < change.max() < 0.1


def test_convolutions_are_quantised_and_the_rest_only_if_asked(exported, tmp_path):
    import onnx

    counts = {}
    for everything in (False, True):
        path = quantise(exported, tmp_path / "small.onnx", IMAGES[:60], everything=everything)
        graph = onnx.load(path).graph
        counts[everything] = [node.op_type for node in graph.node].count("QuantizeLinear")
        stored = {one.name: one.data_type for one in graph.initializer}
        for name, small in (("kernel", True), ("kernel2", True), ("dense", everything)):
            assert (name in stored) != small and (f"{name}_quantized" in stored) == small
            assert not small or stored[f"{name}_quantized"] == onnx.TensorProto.INT8
    assert counts[True] > counts[False] > 0


def test_weights_use_seven_bits_and_a_scale_for_each_channel(exported, tmp_path):
    import onnx

    small = quantise(exported, tmp_path / "small.onnx", IMAGES[:60])
    kernels = [one for one in onnx.load(small).graph.initializer if one.name.endswith("_quantized")]
    assert len(kernels) == 2
    for one in kernels:
        greatest = np.abs(onnx.numpy_helper.to_array(one).astype(int)).max(axis=(1, 2, 3))
        assert (greatest > 60).all() and (greatest <= 64).all()


def test_all_images_are_looked_at(exported, tmp_path):
    """The brightest comes last, behind a whole batch of dark ones: its range must be in the scales."""
    dark = np.zeros((60, 12, 12, 1), "uint8")
    bright = np.concatenate([dark, IMAGES[:1]])
    away = [
        np.abs(answered(quantise(exported, tmp_path / "small.onnx", images)) - answered(exported)).max()
        for images in (dark, bright)
    ]
    assert away[1] < 0.5 * away[0]


def test_the_card_goes_along_and_a_file_can_be_its_own_target(exported):
    before, size = Served.read(exported), exported.stat().st_size
    assert quantise(str(exported), str(exported), IMAGES) == exported
    after = Served.read(exported)
    assert exported.stat().st_size < size and after.card == before.card and after.digest != before.digest


def test_what_cannot_be_quantised_is_one_sentence(exported, tmp_path):
    target = tmp_path / "small.onnx"
    with pytest.raises(DataError, match=r"nowhere\.onnx"):
        quantise(tmp_path / "nowhere.onnx", target, IMAGES)
    for wrong in (IMAGES[..., 0], IMAGES[:, :8], IMAGES / 255):
        with pytest.raises(DataError, match=r"net takes images of uint8, \(n, 12, 12, 1\), not"):
            quantise(exported, target, wrong)
    with pytest.raises(DataError, match="net needs one image or more"):
        quantise(exported, target, IMAGES[:0])
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(DataError, match=r"text\.onnx is no ONNX model"):
        quantise(tmp_path / "text.onnx", target, IMAGES)
    assert not target.exists()


@pytest.mark.parametrize("library", ["onnx", "onnxruntime"])
def test_without_its_libraries_it_says_what_to_install(library, exported, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(DataError, match=rf"{library} is not installed: make electives"):
        quantise(exported, exported, IMAGES)
