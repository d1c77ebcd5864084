from types import SimpleNamespace

import keras
import numpy as np
import pytest

from medlearn import backend
from medlearn.data.dataset import Split
from medlearn.errors import DataError
from medlearn.training import fit, optimizer, predict, schedule, set_seed

rng = np.random.default_rng(0)
x = rng.normal(size=(64, 3)).astype("float32")
y = (x[:, 0] > 0).astype(int)


def net(**options):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1, "sigmoid")]
    )
    model.compile(**{"optimizer": keras.optimizers.Adam(0.05), "loss": "binary_crossentropy", **options})
    return model


def test_the_same_seed_gives_the_same_training():
    histories = []
    for seed in (1, 1, 2):
        set_seed(seed)
        histories.append(fit(net(), (x, y), epochs=3, seed=seed)["loss"].tolist())
    assert histories[0] == histories[1] != histories[2]


def test_without_a_seed_the_order_of_batches_follows_from_what_was_seeded_before():
    """The same weights and cases, and dropout nowhere: only the order can differ."""
    weights = net().get_weights()

    def losses(before, **options):
        model = net()
        model.set_weights(weights)
        set_seed(before)
        return fit(model, (x, y), epochs=2, batch_size=8, **options)["loss"].tolist()

    assert losses(1) == losses(1) != losses(2)
    assert losses(1, seed=0) == losses(2, seed=0)


@pytest.mark.parametrize(("computes", "compiled"), [("tensorflow", False), ("torch", False), ("jax", True)])
def test_xla_compiles_a_step_on_jax_only(computes, compiled, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: computes)
    model = SimpleNamespace(jit_compile=True)
    backend.choose_jit(model)
    assert model.jit_compile == compiled


def test_whether_xla_compiles_is_decided_before_the_first_step(monkeypatch):
    model, said = net(), []
    monkeypatch.setattr(backend, "choose_jit", lambda one: said.append((one, one.train_function)))
    fit(model, (x, y), epochs=1)
    assert said == [(model, None)]


def test_stops_early_and_puts_the_best_weights_back():
    set_seed(0)
    noise = Split(x, rng.integers(2, size=64), np.arange(64))
    held_out = Split(x[:32], rng.integers(2, size=32), np.arange(64, 96))
    model = net()
    history = fit(model, noise, held_out, epochs=60, patience=3)
    best = history["val_loss"].idxmin()
    assert len(history) == best + 3 < 60
    assert model.evaluate(held_out.x, held_out.y, verbose=0) == pytest.approx(
        history["val_loss"].min(), rel=1e-4
    )


def test_the_optimizer_is_built_before_the_first_step():
    """Built inside it, TensorFlow traces the step twice and keeps the graphs of every net: gigabytes."""
    model, built = net(), []
    begins = keras.callbacks.LambdaCallback(on_train_begin=lambda _: built.append(model.optimizer.built))
    fit(model, (x, y), epochs=1, callbacks=[begins])
    assert built == [True]


def test_a_net_without_a_named_shape_is_trained_too():
    model = keras.Sequential([keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    history = fit(model, (x, y), epochs=5)
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]


def test_history_is_counted_from_one():
    assert fit(net(), (x, y), epochs=2).index.tolist() == [1, 2]


def test_a_loss_that_is_no_number_is_said():
    broken = x.copy()
    broken[3, 1] = np.nan
    with pytest.raises(DataError, match="NaN"):
        fit(net(loss="mse"), (broken, y), epochs=1)  # PyTorch's cross-entropy refuses it by itself


def test_a_gpu_is_mentioned_once_and_its_absence_never(monkeypatch, capsys):
    from medlearn.training import _mention_gpu

    def none_of_that_kind(kind):
        raise RuntimeError(f"Unknown backend: {kind!r} requested")

    said = []
    for devices in (lambda kind: [], none_of_that_kind, lambda kind: [f"{kind}:0"]):
        _mention_gpu.cache_clear()
        monkeypatch.setattr(keras.distribution, "list_devices", devices)
        set_seed(0)
        fit(net(), (x, y), epochs=1)
        said.append(capsys.readouterr().out)
    _mention_gpu.cache_clear()
    assert said == ["", "", "Keras computes on the GPU: gpu:0.\n"]


# Predicting


@pytest.mark.parametrize("batch_size", [1, 7, 64, 500])
def test_predictions_come_in_order_whatever_the_batch(batch_size):
    model = net()
    given = predict(model, x, batch_size=batch_size)
    assert given.shape == (64, 1) and given.dtype == float
    np.testing.assert_allclose(given, model.predict(x, verbose=0), atol=1e-6)


@pytest.mark.parametrize("form", [list, lambda pair: dict(zip("ab", pair, strict=True))])
def test_several_inputs_are_cut_alike(form):
    inputs = form([keras.Input((3,), name=name) for name in "ab"])
    model = keras.Model(inputs, keras.layers.Subtract()(keras.tree.flatten(inputs)))
    np.testing.assert_allclose(predict(model, form([x, 2 * x]), batch_size=10), -x, atol=1e-6)


def test_predicting_leaves_dropout_out_and_the_model_as_it_was():
    layers = [keras.layers.Dropout(0.5), keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((3,)), *layers])
    before = model.get_weights()
    np.testing.assert_allclose(predict(model, x), x / np.sqrt(1.001), rtol=1e-4)
    assert all((old == new).all() for old, new in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("given", [x[:0], [x, x[:5]]])
def test_no_cases_or_unequally_many_are_refused(given):
    with pytest.raises(DataError, match="one case or more"):
        predict(net(), given)


# The optimiser


def test_the_rate_rises_over_a_tenth_of_the_steps_and_then_falls():
    rate = schedule(200, peak=0.1)
    rates = np.array([float(rate(step)) for step in range(201)])
    assert rates[0] == pytest.approx(0.01) and rates[20] == pytest.approx(0.1)
    assert (np.diff(rates[:21]) > 0).all() and (np.diff(rates[20:]) < 0).all()
    assert rates[-1] == pytest.approx(0.1 * (1 + np.cos(0.9 * np.pi)) / 2, rel=1e-4)


def test_the_optimiser_averages_weights_and_lets_them_decay():
    model = net(optimizer=optimizer(40, weight_decay=0.1, peak=0.05))
    losses = fit(model, (x, y), epochs=10, batch_size=16, seed=0)["loss"]
    assert losses.iloc[-1] < losses.iloc[0]
    chosen = model.optimizer
    assert (chosen.use_ema, chosen.weight_decay) == (True, 0.1)
    assert float(chosen.learning_rate) < 0.05 / 30


@pytest.mark.parametrize("pair", [(np.zeros((4, 2)), np.zeros(3)), (np.zeros((0, 2)), np.zeros(0))])
def test_answers_for_other_cases_than_there_are_are_refused(pair):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(DataError, match="as many answers as inputs"):
        fit(model, pair)
