import keras
import numpy as np
import pytest

from medlearn.errors import DataError
from medlearn.models import rnn
from medlearn.training import fit

rng = np.random.default_rng(0)


def answers(net, x):
    return keras.ops.convert_to_numpy(net(x, training=False))


def series(count=6, steps=7, channels=3):
    return rng.normal(size=(count, steps, channels)).astype("float32")


def small(**options):
    return rnn.recurrent_net((7, 3), units=8, **options), series()


def changed(x, where, value):
    """`x` with the steps `where` replaced."""
    x = x.copy()
    x[:, where] = value
    return x


# Shapes and what is refused


@pytest.mark.parametrize("each_step", [False, True])
@pytest.mark.parametrize("static", [0, 2])
def test_one_probability_a_stay_or_a_step(each_step, static):
    net = rnn.recurrent_net((None, 3), units=5, each_step=each_step, static=static)
    for steps in (1, 9):
        x = series(4, steps)
        x = {"series": x, "static": series(4, 1, 2)[:, 0]} if static else x
        given = answers(net, x)
        assert given.shape == ((4, steps, 1) if each_step else (4, 1))
        assert ((given > 0) & (given < 1)).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rnn.recurrent_net((48,)), r"\(steps, channels\)"),
        (lambda: rnn.recurrent_net((48, None)), r"\(steps, channels\)"),
        (lambda: rnn.course_net((2, 48, 3), 5), r"\(steps, channels\)"),
        (lambda: rnn.recurrent_net((48, 3), units=0), "1 or more"),
        (lambda: rnn.recurrent_net((48, 3), static=-1), "0 or more"),
        (lambda: rnn.recurrent_net((None, 3), unroll=True), "fixed number of steps"),
        (lambda: rnn.course_net((None, 3), 5), "fixed number of steps"),
    ],
)
def test_what_cannot_be_built_is_said_in_a_sentence(make, message):
    with pytest.raises(DataError, match=message):
        make()


def test_a_wrong_number_of_channels_is_named():
    net, x = small()
    with pytest.raises(ValueError, match=r"3"):
        net(np.concatenate([x, x], axis=-1))


# What they may see


def test_an_answer_each_step_knows_nothing_of_the_future():
    net, x = small(each_step=True)
    before, after = answers(net, x), answers(net, changed(x, slice(4, None), 3.0))
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] != after[:, 4:]).all()


def test_a_net_of_both_directions_does_see_it():
    """So that the test above can fail."""
    keras.utils.set_random_seed(0)
    net, x = keras.layers.Bidirectional(keras.layers.GRU(8, return_sequences=True)), series()
    assert (answers(net, x) != answers(net, changed(x, slice(6, None), 3.0)))[:, :6].any()


def test_unrolled_it_is_the_same_net():
    (net, x), (laid_out, _) = small(), small(unroll=True)
    laid_out.set_weights(net.get_weights())
    np.testing.assert_allclose(answers(laid_out, x), answers(net, x), atol=1e-6)


# The course's net


def course_inputs(count=6):
    return {"series": series(count, 5, 3), "summaries": series(count, 1, 8)[:, 0]}


def test_each_half_of_the_course_net_answers_from_its_own_inputs():
    net, x = rnn.course_net((5, 3), 8, tasks=2, units=4, width=6), course_inputs()
    before = answers(net, x)
    assert before.shape == (6, 2, 2)
    other = answers(net, x | {"summaries": x["summaries"] + 1})
    np.testing.assert_array_equal(other[:, 0], before[:, 0])
    assert (other[:, 1] != before[:, 1]).any()
    other = answers(net, x | {"series": x["series"] + 1})
    np.testing.assert_array_equal(other[:, 1], before[:, 1])
    assert (other[:, 0] != before[:, 0]).all()


def test_both_halves_of_the_course_net_learn():
    keras.utils.set_random_seed(0)
    x = course_inputs(256)
    y = np.stack([x["series"][:, 1, 0] > 0, x["summaries"][:, 0] > 0], axis=1).astype("float32")
    net = rnn.course_net((5, 3), 8, tasks=2, units=16, width=16, hide=(0.0, 0.0), dropout=0.0)

    def loss(y, answer):
        score = keras.ops.stack([answer[:, 0, 0], answer[:, 1, 1]], axis=1)
        return keras.losses.binary_crossentropy(y, score, from_logits=True)

    net.compile(keras.optimizers.Adam(1e-2), loss)
    fit(net, (x, y), epochs=20)
    given = answers(net, x)
    assert ((given[:, [0, 1], [0, 1]] > 0) == y).mean(axis=0).min() > 0.93


def test_a_cost_on_each_weight_leaves_few_of_them():
    """Two of forty summaries tell the class; the others end near 0."""
    keras.utils.set_random_seed(0)
    x = {"series": series(256, 2, 1), "summaries": rng.normal(size=(256, 40)).astype("float32")}
    y = (x["summaries"][:, :2].sum(axis=1) > 0).astype("float32")

    def weights(l1):
        net = rnn.course_net((2, 1), 40, units=2, width=8, hide=(0.0, 0.0), dropout=0.0, l1=l1)
        net.compile(
            keras.optimizers.Adam(1e-2),
            lambda y, answer: keras.losses.binary_crossentropy(y, answer[:, 1:], from_logits=True),
        )
        fit(net, (x, y[:, None, None]), epochs=25)
        (dense,) = (layer for layer in net.layers if getattr(layer, "kernel_regularizer", None))
        size = np.abs(keras.ops.convert_to_numpy(dense.kernel)).sum(axis=1)
        return size[2:].mean() / size[:2].mean()

    assert weights(0.01) < 0.1 < weights(0.0)


def test_the_course_net_is_saved_and_loaded(tmp_path):
    net, x = rnn.course_net((5, 3), 8, tasks=2, units=4, width=6), course_inputs()
    net.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True)
    np.testing.assert_allclose(answers(again, x), answers(net, x), atol=1e-6)


# Learning, saving


def test_it_learns_what_lies_back():
    """Whether the first value was high, six steps before the answer."""
    keras.utils.set_random_seed(0)
    x = series(256, 6, 2)
    y = (x[:, 0, :1] > 0).astype("float32")
    assert learns(rnn.recurrent_net((6, 2), units=16, dropout=0.0), x, y) > 0.93


def test_static_inputs_are_used():
    keras.utils.set_random_seed(0)
    x = {"series": series(256, 4, 2), "static": series(256, 1, 2)[:, 0]}
    y = (x["static"][:, :1] > 0).astype("float32")
    assert learns(rnn.recurrent_net((4, 2), static=2, units=16, dropout=0.0), x, y) > 0.93


def learns(net, x, y):
    net.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy")
    fit(net, (x, y), epochs=25)
    return ((answers(net, x) > 0.5) == y).mean()


@pytest.mark.parametrize("options", [{}, {"static": 2, "each_step": True}])
def test_a_saved_net_answers_alike(options, tmp_path):
    net, x = small(**options)
    if "static" in options:
        x = {"series": x, "static": series(6, 1, 2)[:, 0]}
    net.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True)
    np.testing.assert_allclose(answers(again, x), answers(net, x), atol=1e-6)
