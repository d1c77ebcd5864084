import keras
import numpy as np
import pytest

from medlearn.data.records.simulate import draw_stays
from medlearn.errors import DataError
from medlearn.models import rnn
from medlearn.training import JIT

rng = np.random.default_rng(0)
PARTS = ("values", "mask", "since")


def answers(net, x):
    return keras.ops.convert_to_numpy(net(x, training=False))


def series(count=6, steps=7, channels=3):
    return rng.normal(size=(count, steps, channels)).astype("float32")


def parts(count=6, steps=7, variables=3):
    mask = rng.integers(0, 2, (count, steps, variables)).astype("float32")
    values = mask * rng.normal(size=mask.shape).astype("float32")
    return {"values": values, "mask": mask, "since": rng.random(mask.shape).astype("float32")}


def plain(**options):
    return rnn.recurrent_net((7, 3), units=8, **options), series()


def decaying(**options):
    return rnn.decay_net((7, 3), units=8, **options), parts()


def changed(x, where, value):
    """`x` with the steps `where` replaced, in every part that has steps."""
    if isinstance(x, dict):
        return {name: changed(part, where, value) if part.ndim == 3 else part for name, part in x.items()}
    x = x.copy()
    x[:, where] = value
    return x


# Shapes and what is refused


@pytest.mark.parametrize("cell", rnn.CELLS)
@pytest.mark.parametrize(("bidirectional", "each_step"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("static", [0, 2])
def test_one_probability_a_stay_or_a_step(cell, bidirectional, each_step, static):
    net = rnn.recurrent_net(
        (None, 3), cell=cell, units=5, bidirectional=bidirectional, each_step=each_step, static=static
    )
    for steps in (1, 9):
        x = series(4, steps)
        x = {"series": x, "static": series(4, 1, 2)[:, 0]} if static else x
        given = answers(net, x)
        assert given.shape == ((4, steps, 1) if each_step else (4, 1))
        assert ((given > 0) & (given < 1)).all()


@pytest.mark.parametrize("each_step", [False, True])
@pytest.mark.parametrize("static", [0, 2])
def test_the_net_that_forgets_has_the_same_shapes(each_step, static):
    net = rnn.decay_net((None, 3), units=5, each_step=each_step, static=static)
    x = parts(4, 6) | ({"static": series(4, 1, 2)[:, 0]} if static else {})
    assert answers(net, x).shape == ((4, 6, 1) if each_step else (4, 1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: rnn.recurrent_net((48,)), r"\(steps, channels\)"),
        (lambda: rnn.recurrent_net((48, None)), r"\(steps, channels\)"),
        (lambda: rnn.decay_net((2, 48, 3)), r"\(steps, channels\)"),
        (lambda: rnn.recurrent_net((48, 3), cell="rnn"), "there are: simple, gru, lstm"),
        (lambda: rnn.recurrent_net((48, 3), bidirectional=True, each_step=True), "see the future"),
        (lambda: rnn.recurrent_net((48, 3), units=0), "1 or more"),
        (lambda: rnn.decay_net((48, 3), static=-1), "0 or more"),
        (lambda: rnn.decay_net((None, 3), unroll=True), "fixed number of steps"),
        (lambda: keras.layers.RNN(rnn.DecayCell(4, 3))(series(2, 5, 8)), "not 8 columns"),
    ],
)
def test_what_cannot_be_built_is_said_in_a_sentence(make, message):
    with pytest.raises(DataError, match=message):
        make()


def test_a_wrong_number_of_channels_is_named():
    net, x = plain()
    with pytest.raises(ValueError, match=r"3"):
        net(np.concatenate([x, x], axis=-1))


# What they may see


@pytest.mark.parametrize("make", [plain, decaying])
def test_an_answer_each_step_knows_nothing_of_the_future(make):
    net, x = make(each_step=True)
    before, after = answers(net, x), answers(net, changed(x, slice(4, None), 3.0))
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] != after[:, 4:]).all()


def test_a_net_of_both_directions_does_see_it():
    """So that the test above can fail."""
    net, x = plain(bidirectional=True)
    assert (answers(net, x) != answers(net, changed(x, slice(6, None), 3.0))).all()


@pytest.mark.parametrize("options", [{}, {"bidirectional": True}, {"cell": "lstm"}, {"unroll": True}])
def test_padding_is_passed_over(options):
    net, x = plain(padded=True, **options)
    short = rnn.recurrent_net((4, 3), units=8, padded=True, **options)
    short.set_weights(net.get_weights())
    expected = answers(short, x[:, :4])
    np.testing.assert_allclose(answers(net, changed(x, slice(4, None), rnn.PADDING)), expected, atol=1e-6)
    assert np.abs(answers(net, changed(x, slice(4, None), 0.0)) - expected).max() > 1e-4


def test_padding_is_passed_over_by_the_net_that_forgets():
    net, x = decaying(padded=True)
    short = rnn.decay_net((4, 3), units=8, padded=True)
    short.set_weights(net.get_weights())
    expected = answers(short, {name: part[:, :4] for name, part in x.items()})
    np.testing.assert_allclose(answers(net, changed(x, slice(4, None), rnn.PADDING)), expected, atol=1e-6)


def test_padded_steps_do_not_count_in_the_loss():
    net, x = plain(padded=True, each_step=True)
    net.compile(loss="binary_crossentropy", jit_compile=JIT)
    x = changed(x, slice(4, None), rnn.PADDING)
    y = np.zeros((len(x), 7, 1), "float32")
    wrong = changed(y, slice(4, None), 1.0)
    assert net.evaluate(x, y, verbose=0) == pytest.approx(net.evaluate(x, wrong, verbose=0), abs=1e-6)


@pytest.mark.parametrize("make", [plain, decaying])
def test_unrolled_it_is_the_same_net(make):
    (net, x), (laid_out, _) = make(), make(unroll=True)
    laid_out.set_weights(net.get_weights())
    np.testing.assert_allclose(answers(laid_out, x), answers(net, x), atol=1e-6)


# The cell that forgets, by hand


def by_hand(layer, x):
    """Equations 5 to 16 of the paper for one stay after the other, in plain NumPy."""
    cell = layer.cell
    w_x, b_x, w_h, b_h = map(
        keras.ops.convert_to_numpy,
        (cell.value_decay, cell.value_bias, cell.state_decay, cell.state_bias),
    )
    kernel, recurrent, (bias, recurrent_bias) = map(
        keras.ops.convert_to_numpy, (cell.gru.kernel, cell.gru.recurrent_kernel, cell.gru.bias)
    )
    states = []
    for stay in range(len(x["values"])):
        state, last = np.zeros(cell.units), np.zeros(cell.columns)
        for value, mask, since in zip(*(x[name][stay] for name in PARTS), strict=True):
            last = np.where(mask == 1, value, last)
            seen = np.where(mask == 1, value, np.exp(-np.maximum(0, w_x * since + b_x)) * last)
            state = state * np.exp(-np.maximum(0, since @ w_h + b_h))
            inner = np.concatenate([seen, mask]) @ kernel + bias
            outer = state @ recurrent + recurrent_bias
            (z_in, r_in, n_in), (z_out, r_out, n_out) = np.split(inner, 3), np.split(outer, 3)
            update, reset = (1 / (1 + np.exp(-part)) for part in (z_in + z_out, r_in + r_out))
            state = update * state + (1 - update) * np.tanh(n_in + reset * n_out)
        states.append(state)
    return np.array(states)


def test_the_decay_cell_is_what_the_paper_writes():
    layer = keras.layers.RNN(rnn.DecayCell(4, 3))
    x = parts(5, 9)
    joined = np.concatenate([x[name] for name in PARTS], axis=-1)
    layer(joined)
    layer.set_weights([rng.normal(0, 0.7, weight.shape) for weight in layer.get_weights()])
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer(joined)), by_hand(layer, x), rtol=1e-4, atol=1e-5
    )


def test_a_value_is_forgotten_the_longer_ago_it_was(monkeypatch):
    cell = rnn.DecayCell(2, 1)
    cell.build((None, 3))
    cell.value_decay.assign([1.0])
    seen = []

    def see(_, x, state):
        seen.append(keras.ops.convert_to_numpy(x)[0, 0])
        return state, [state]

    monkeypatch.setattr(type(cell.gru), "__call__", see)
    states = [np.zeros((1, 2), "float32"), np.zeros((1, 1), "float32")]
    for step in ([2.0, 1, 0], [0.0, 0, 1], [0.0, 0, 2]):
        _, states = cell(np.array([step], "float32"), states)
    np.testing.assert_allclose(seen, [2, 2 * np.exp(-1), 2 * np.exp(-2)], rtol=1e-5)


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

    net.compile(keras.optimizers.Adam(1e-2), loss, jit_compile=JIT)
    net.fit(x, y, epochs=20, batch_size=32, verbose=0)
    given = answers(net, x)
    assert ((given[:, [0, 1], [0, 1]] > 0) == y).mean(axis=0).min() > 0.93


def test_a_cost_on_each_weight_leaves_few_of_them():
    """Two of forty summaries tell the class; the others end near 0."""
    keras.utils.set_random_seed(0)
    x = {"series": series(256, 2, 1), "summaries": rng.normal(size=(256, 40)).astype("float32")}
    y = (x["summaries"][:, :2].sum(axis=1) > 0).astype("float32")

    def weights(few):
        net = rnn.course_net((2, 1), 40, units=2, width=8, hide=(0.0, 0.0), dropout=0.0, few=few)
        net.compile(
            keras.optimizers.Adam(1e-2),
            lambda y, answer: keras.losses.binary_crossentropy(y, answer[:, 1:], from_logits=True),
            jit_compile=JIT,
        )
        net.fit(x, y[:, None, None], epochs=25, batch_size=32, verbose=0)
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


@pytest.mark.parametrize("cell", rnn.CELLS)
def test_every_cell_learns_what_lies_back(cell):
    """Whether the first value was high, six steps before the answer."""
    keras.utils.set_random_seed(0)
    x = series(256, 6, 2)
    y = (x[:, 0, :1] > 0).astype("float32")
    net = rnn.recurrent_net((6, 2), cell=cell, units=16, dropout=0.0)
    assert learns(net, x, y) > 0.93


def test_the_net_that_forgets_learns_from_what_was_measured():
    keras.utils.set_random_seed(0)
    x = parts(256, 6, 2)
    y = x["mask"][:, 1, :1]
    assert learns(rnn.decay_net((6, 2), units=16, dropout=0.0), x, y) > 0.93


def test_static_inputs_are_used():
    keras.utils.set_random_seed(0)
    x = {"series": series(256, 4, 2), "static": series(256, 1, 2)[:, 0]}
    y = (x["static"][:, :1] > 0).astype("float32")
    assert learns(rnn.recurrent_net((4, 2), static=2, units=16, dropout=0.0), x, y) > 0.93


def learns(net, x, y):
    net.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy", jit_compile=JIT)
    net.fit(x, y, epochs=25, batch_size=32, verbose=0)
    return ((answers(net, x) > 0.5) == y).mean()


@pytest.mark.parametrize("options", [{}, {"static": 2, "each_step": True}, {"padded": True}])
@pytest.mark.parametrize("make", [plain, decaying])
def test_a_saved_net_answers_alike(make, options, tmp_path):
    net, x = make(**options)
    if "static" in options:
        x = (x if isinstance(x, dict) else {"series": x}) | {"static": series(6, 1, 2)[:, 0]}
    net.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True)
    np.testing.assert_allclose(answers(again, x), answers(net, x), atol=1e-6)


# What goes in


def test_scaling_knows_only_what_it_was_shown():
    known = rng.normal(100, 15, (500, 1))
    scaling = rnn.Scaling.of(known)
    assert scaling(known).mean() == pytest.approx(0, abs=0.1) and scaling(known).std() == pytest.approx(
        1, abs=0.1
    )
    wild = np.concatenate([known, [[1e6]]])
    assert rnn.Scaling.of(wild).spread == pytest.approx(scaling.spread, rel=0.02)
    assert scaling([[1e6]]) == scaling.clip and scaling([[-1e6]]) == -scaling.clip


def test_columns_without_spread_or_without_values():
    values = np.array([[1.0, np.nan, 0.0], [1, np.nan, 0], [1, np.nan, 1], [1, np.nan, 0], [1, np.nan, 0]])
    scaled = rnn.Scaling.of(values)(values)
    assert np.isfinite(scaled[:, [0, 2]]).all() and np.isnan(scaled[:, 1]).all()
    assert (scaled[:, 0] == 0).all() and scaled[2, 2] > scaled[0, 2]
    with pytest.raises(DataError, match="learnt on 3 columns; here are 2"):
        rnn.Scaling.of(values)(values[:, :2])


@pytest.fixture(scope="module")
def stays():
    """Simulated stays as records, one of them without any measurement."""
    from medlearn.data.records.records import Records

    drawn = draw_stays(60)
    few = drawn.case < 59
    return Records.from_rows(
        case=drawn.case[few],
        time=drawn.minutes[few] / 60,
        variable=drawn.variable[few],
        value=drawn.value[few],
        variables=[str(number) for number in range(37)],
        case_id=drawn.record_id,
        static=np.stack(list(drawn.static.values()), axis=1),
        static_names=list(drawn.static),
    )


def test_rungs_are_climbed_by_hand():
    ladder = rnn.Rungs.of([[0.0, 5], [10, 5], [20, 5], [40, 5], [np.nan, 5]], shares=(0, 0.5, 1))
    # Rungs at 0, 15 and 40; the second column never changes and has none.
    climbed = ladder([[0.0, 5], [7.5, 9], [15, 5], [27.5, 5], [99, 5]]) + ladder.mean
    np.testing.assert_allclose(climbed, [[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1]], atol=1e-6)
    assert not ladder([[np.nan, np.nan]]).any()
    with pytest.raises(DataError, match="learnt on 2 columns; here are 1"):
        ladder([[1.0]])


def test_rungs_know_only_the_training_cases():
    values = rng.normal(size=(200, 3))
    ladder = rnn.Rungs.of(values[:100])
    np.testing.assert_array_equal(ladder(values)[:100], ladder(values[:100]))
    assert np.abs(ladder(values[:100]).mean(axis=0)).max() < 1e-5


def test_rungs_of_a_column_without_any_value():
    assert rnn.Rungs.of([[np.nan, 1.0], [np.nan, 2.0]])([[3.0, 1.5]]).shape == (1, 4)
    assert rnn.Rungs.of(np.full((3, 2), np.nan))([[1.0, 2.0]]).shape == (1, 0)


def test_inputs_are_numbers_of_the_shapes_the_nets_take(stays):
    grid = stays.grid(step=2)
    prepare = rnn.Inputs(grid, stays.static)
    x, apart = prepare(grid, stays.static), prepare.apart(grid, stays.static)
    assert x["series"].shape == (60, 24, 3 * 37) and x["static"].shape == (60, 5)
    assert [apart[name].shape for name in PARTS] == [(60, 24, 37)] * 3
    assert all(np.isfinite(part).all() for part in (*x.values(), *apart.values()))
    assert answers(rnn.recurrent_net((24, 111), static=5), x).shape == (60, 1)
    assert answers(rnn.decay_net((24, 37), static=5), apart).shape == (60, 1)
    with pytest.raises(DataError, match="descriptors"):
        prepare(grid)


def test_inputs_of_new_stays_are_scaled_as_the_training_stays_were(stays):
    grid = stays[:30].grid(step=2)
    prepare = rnn.Inputs(grid, stays.static[:30])
    everyone = prepare(stays.grid(step=2), stays.static)
    np.testing.assert_array_equal(everyone["series"][:30], prepare(grid, stays.static[:30])["series"])


def test_what_is_carried_forward_comes_from_the_past(stays):
    values = stays.grid(step=2).values
    filled = rnn.carried_forward(values)
    later = values.copy()
    later[:, 12:] = 1e3
    np.testing.assert_array_equal(rnn.carried_forward(later)[:, :12], filled[:, :12])
    measured = ~np.isnan(values)
    np.testing.assert_array_equal(filled[measured], values[measured])
    assert (np.isnan(filled) == (measured.cumsum(axis=1) == 0)).all()
