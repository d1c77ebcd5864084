import keras
import numpy as np
import pytest
from keras import layers

from medlearn.errors import DataError
from medlearn.models.side_by_side import side_by_side, train_each
from medlearn.training import fit

rng = np.random.default_rng(0)
x = rng.normal(size=(3, 20, 4, 4, 1)).astype("float32")
y = rng.integers(0, 2, (3, 20))
elsewhere = rng.normal(size=(5, 4, 4, 1)).astype("float32")


def net(*, l2=0.0, dropout=0.0, loss="binary_crossentropy"):
    penalty = keras.regularizers.L2(l2)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False),
            layers.Flatten(),
            layers.Dense(6, activation="relu", kernel_regularizer=penalty),
            layers.Dropout(dropout),
            layers.Dense(1, activation="sigmoid", kernel_regularizer=penalty),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), loss)
    return model


def answers(model, cases):
    return keras.ops.convert_to_numpy(model(cases, training=False))


def test_each_network_answers_as_it_does_alone():
    models = [net() for _ in range(3)]
    together = answers(side_by_side(models), np.repeat(elsewhere[:, None], 3, axis=1))
    alone = np.concatenate([answers(model, elsewhere) for model in models], axis=1)
    np.testing.assert_allclose(together, alone, rtol=1e-5)
    assert side_by_side(models).count_params() == sum(model.count_params() for model in models)


@pytest.mark.parametrize(
    "options",
    [{}, {"l2": 0.1}, {"loss": keras.losses.BinaryCrossentropy(label_smoothing=0.2)}],
    ids=["plain", "L2", "label smoothing"],
)
def test_each_network_learns_as_it_does_alone(options):
    """The same weights, and one batch an epoch, so that only the sums are in another order."""
    given = train_each(lambda: net(**options), x, y, {"new": elsewhere}, epochs=3, batch_size=20)
    keras.utils.set_random_seed(0)
    for number, model in enumerate([net(**options) for _ in range(3)]):
        for epoch in range(3):
            fit(model, (x[number], y[number].astype("float32")), epochs=1, batch_size=20)
            for name, cases in (("train", x[number]), ("new", elsewhere)):
                np.testing.assert_allclose(
                    given[name][epoch, number], answers(model, cases)[:, 0], atol=2e-4, err_msg=name
                )


def test_the_result_has_epochs_networks_and_cases_and_can_be_repeated():
    first, second, third = (
        train_each(lambda: net(dropout=0.5), x, y, {"new": elsewhere}, epochs=2, batch_size=7, seed=seed)
        for seed in (1, 1, 2)
    )
    assert {name: given.shape for name, given in first.items()} == {"train": (2, 3, 20), "new": (2, 3, 5)}
    np.testing.assert_allclose(first["new"], second["new"], rtol=1e-5)
    assert not np.allclose(first["new"], third["new"], rtol=1e-3)


def test_dropout_is_drawn_for_each_network_anew():
    model = net(dropout=0.5)
    twins = side_by_side([model, model])
    one, other = keras.ops.convert_to_numpy(twins(np.repeat(x[0][:, None], 2, axis=1), training=True)).T
    assert not np.allclose(one, other)


def test_what_cannot_stand_side_by_side_is_refused():
    convolution = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3), layers.Flatten()])
    with pytest.raises(DataError, match="only Dense layers may have weights"):
        side_by_side([convolution, convolution])
    with pytest.raises(DataError, match=r"x is \(sets, cases, …\)"):
        train_each(net, x, y[:, :5], {}, epochs=1)
