import keras
import numpy as np
import pytest

from medlearn.data.dataset import Split
from medlearn.errors import DataError
from medlearn.training import fit, set_seed

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
