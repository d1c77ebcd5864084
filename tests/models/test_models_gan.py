import keras
import numpy as np
import pytest

from medlearn import backend
from medlearn.errors import DataError
from medlearn.models import gan

rng = np.random.default_rng(0)
SHAPE = (16, 16, 1)


def films(count=64, shape=SHAPE):
    return rng.integers(0, 256, (count, *shape), dtype="uint8")


def blobs(count=64):
    """A bright patch on the left for one class and on the right for the other, brighter or darker."""
    y = np.arange(count) % 2
    x = rng.normal(40, 10, (count, *SHAPE))
    for film, number, light in zip(x, y, rng.normal(120, 20, count), strict=True):
        film[2:14, 8 * number + 1 : 8 * number + 7] += light
    return np.clip(x, 0, 255).astype("uint8"), y


def small(classes=0, *, shape=SHAPE, spectral=False, seed=0, optimizer=None, **chosen):
    keras.utils.set_random_seed(seed)
    model = gan.GAN(
        gan.generator(shape, classes, latent=8, width=8),
        gan.discriminator(shape, classes, width=8, spectral=spectral),
        seed=seed,
        **chosen,
    )
    model.compile(optimizer or gan.TwoRates(2e-3))
    return model


def weights(model):
    return [keras.ops.convert_to_numpy(weight) for weight in model.trainable_variables]


def moved(before, model):
    return [float(np.abs(new - old).max()) for old, new in zip(before, weights(model), strict=True)]


# The nets.


@pytest.mark.parametrize(
    ("shape", "classes"), [((28, 28, 1), 0), ((28, 28, 1), 2), ((64, 64, 3), 5), ((256, 256, 1), 2)]
)
def test_nets_for_many_sizes(shape, classes):
    maker, judge = gan.generator(shape, classes, width=4), gan.discriminator(shape, classes, width=4)
    noise, labels = keras.random.normal((2, 64)), keras.ops.zeros(2, "int32")
    made = maker([noise, labels] if classes else noise)
    assert made.shape == (2, *shape)
    values = keras.ops.convert_to_numpy(made)
    assert values.min() >= 0 and values.max() <= 255
    assert judge([made, labels] if classes else made).shape == (2, 1)


@pytest.mark.parametrize("shape", [(30, 30, 1), (8, 8, 1), (28, 28), (28, 57, 1)])
def test_sizes_that_cannot_grow_by_doubling_are_refused(shape):
    for make in (gan.generator, gan.discriminator):
        with pytest.raises(DataError, match="doubled a few times"):
            make(shape)


# Training.


@pytest.mark.parametrize(
    "chosen",
    [{}, {"spectral": True}, {"penalty": 0.0, "average": 0.0}],
)
def test_fit_moves_every_weight_of_both_nets(chosen):
    model = small(2, **chosen)
    before = weights(model)
    history = model.fit(films(32), np.arange(32) % 2, epochs=2, batch_size=16, verbose=0).history
    assert min(moved(before, model)) > 0
    assert len(before) == len(model.generator.trainable_variables + model.discriminator.trainable_variables)
    assert set(history) == {"loss", "generator_loss", "discriminator_loss", "told_apart"}
    assert np.isfinite(history["loss"]).all() and 0 <= history["told_apart"][-1] <= 1


def gradient_reaches(model, weight_of_loss):
    """Which nets move when only one of the two losses is asked for."""
    x = films(16)
    before = weights(model)
    plain = model.compute_loss

    def only(x=None, y=None, y_pred=None, sample_weight=None, training=True):
        plain(x, y, y_pred, sample_weight, training)
        return weight_of_loss(y_pred)

    model.compute_loss = only
    model.fit(x, epochs=1, batch_size=16, verbose=0)
    split = len(model.generator.trainable_variables)
    change = moved(before, model)
    return max(change[:split]) > 0, max(change[split:]) > 0


@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # to the other model: just that is shown
def test_each_loss_reaches_its_own_model_only():
    sgd = keras.optimizers.SGD
    mean = keras.ops.mean
    assert gradient_reaches(small(optimizer=sgd(0.1)), lambda s: -mean(s["judged"])) == (True, False)
    assert gradient_reaches(
        small(optimizer=sgd(0.1)), lambda s: mean(s["made"] - s["real"] + s["nudged"])
    ) == (False, True)


def test_the_losses_are_those_of_the_formulas():
    real, made = np.array([[0.3], [-1.0]]), np.array([[0.2], [0.9]])
    model = small(penalty=0.0)
    scores = {"real": real, "made": made, "nudged": real, "judged": made}
    total = model.compute_loss(y_pred={name: keras.ops.convert_to_tensor(s) for name, s in scores.items()})
    of_generator, of_discriminator, right = (float(mean.result()) for mean in model.means)
    p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-made))
    assert of_generator == pytest.approx(-np.log(q).mean(), rel=1e-5)
    assert of_discriminator == pytest.approx(-(np.log(p) + np.log(1 - q)).mean(), rel=1e-5)
    assert float(total) == pytest.approx(of_generator + of_discriminator, rel=1e-5)
    assert right == 0.25


def test_the_penalty_is_the_squared_slope():
    """For a score that is linear in the film, −1 to 1, with slope w: |w|² on average over directions."""
    model = small(penalty=2.0)
    w = rng.normal(0, 0.02, 256)
    x = films(4000).reshape(4000, -1).astype(float)
    nudged = x + gan.NUDGE * rng.normal(size=x.shape)
    scores = {"real": x @ w / 127.5, "made": x @ w * 0, "nudged": nudged @ w / 127.5, "judged": x @ w * 0}
    scores = {name: keras.ops.convert_to_tensor(score[:, None]) for name, score in scores.items()}
    total = float(model.compute_loss(y_pred=scores))
    losses = sum(float(mean.result()) for mean in model.means[:2])
    assert total - losses == pytest.approx((w**2).sum(), rel=0.1)


def test_two_rates_are_two_rates():
    """Adam's first step is as long as the rate, whatever the gradient."""
    model = small(optimizer=gan.TwoRates(1e-3, ratio=3.0, epsilon=1e-12))
    before = weights(model)
    model.fit(films(16), epochs=1, batch_size=16, verbose=0)
    split = len(model.generator.trainable_variables)
    change = moved(before, model)
    np.testing.assert_allclose(change[:split], 1e-3, rtol=0.02)
    np.testing.assert_allclose(change[split:], 3e-3, rtol=0.02)


def test_a_healthy_run_makes_films_like_the_given_ones_that_obey_their_class():
    x, y = blobs(256)
    model = small(2, optimizer=gan.TwoRates(4e-3))
    model.fit(x, y, epochs=56, batch_size=32, verbose=0)
    for asked in (0, 1):
        made = model.sample(64, asked).astype(float)
        left, right = made[:, :, :8].mean((1, 2, 3)), made[:, :, 8:].mean((1, 2, 3))
        assert ((right > left) == asked).mean() > 0.8
    assert model.sample(64).mean() == pytest.approx(x.mean(), abs=15)


# Sampling, saving, going on.


def test_samples_are_films_as_stored_and_repeatable():
    model = small(2)
    made = model.sample(5, [0, 1, 0, 1, 1], seed=3)
    assert made.shape == (5, *SHAPE) and made.dtype == np.uint8
    np.testing.assert_array_equal(made, model.sample(5, [0, 1, 0, 1, 1], seed=3))
    assert (made != model.sample(5, [0, 1, 0, 1, 1], seed=4)).any()
    noise = np.random.default_rng(3).normal(size=(5, model.latent))
    np.testing.assert_array_equal(made, model.decode(noise, [0, 1, 0, 1, 1]))
    np.testing.assert_array_equal(model.sample(4), model.sample(4, [0, 1, 0, 1]))


def same(one, other):
    return all(
        np.array_equal(keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b))
        for a, b in zip(
            one.weights + one.optimizer.variables, other.weights + other.optimizer.variables, strict=True
        )
    )


def test_saved_in_mid_training_and_resumed_ends_alike(tmp_path):
    x, y = films(40), np.arange(40) % 2
    through = small(2, spectral=True)
    through.fit(x, y, epochs=3, batch_size=8, verbose=0)
    first = small(2, spectral=True)
    first.fit(x, y, epochs=1, batch_size=8, verbose=0)
    first.save(tmp_path / "gan.keras")
    keras.utils.set_random_seed(99)
    resumed = keras.saving.load_model(tmp_path / "gan.keras", safe_mode=True)
    assert same(first, resumed)
    resumed.fit(x, y, epochs=2, batch_size=8, verbose=0)
    assert same(through, resumed)
    np.testing.assert_array_equal(through.sample(6), resumed.sample(6))


def test_the_mean_generator_follows_the_generator():
    model, x = small(average=0.9), films(64)
    model.fit(x, epochs=3, batch_size=8, verbose=0)

    def apart():
        pairs = zip(model.generator.weights, model.averaged.weights, strict=True)
        learnt = [keras.ops.convert_to_numpy(net - mean) for net, mean in pairs if net.trainable]
        return max(float(np.abs(difference).max()) for difference in learnt)

    assert apart() > 1e-4
    model.optimizer.learning_rate = 0.0
    model.fit(x, epochs=20, batch_size=8, verbose=0)
    assert apart() < 1e-5


# What cannot be done.


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (films(8) / 255, [0, 1] * 4, "0 to 255"),
        (films(8) - 128.0, [0, 1] * 4, "0 to 255"),
        (np.full((8, *SHAPE), np.nan), [0, 1] * 4, "0 to 255"),
        (films(8, (28, 28, 1)), [0, 1] * 4, "built for images of"),
        (films(8, (16, 16, 3)), [0, 1] * 4, "built for images of"),
        (films(8)[..., 0], [0, 1] * 4, r"built for images of \(16, 16, 1\), but these are \(16, 16\)"),
        (films(8), [0, 1] * 3, "8 images but 6 classes"),
        (films(8), [0, 2] * 4, "from 0 to 1"),
        (films(8), None, "each image's class"),
        (films(4), [0, 1] * 2, "smaller batch_size"),
    ],
)
def test_wrong_films_or_classes_are_named(x, y, message):
    with pytest.raises(DataError, match=message):
        small(2).fit(x, y, batch_size=8, verbose=0)


def test_classes_for_nets_without_classes():
    with pytest.raises(DataError, match="take no classes"):
        small().fit(films(8), np.zeros(8), batch_size=8)


def test_nets_that_do_not_fit_together():
    with pytest.raises(DataError, match="same `classes`"):
        gan.GAN(gan.generator(SHAPE, 2), gan.discriminator(SHAPE))
    with pytest.raises(DataError, match="the discriminator takes"):
        gan.GAN(gan.generator((32, 32, 1)), gan.discriminator(SHAPE))


def test_whether_xla_compiles_is_decided_before_the_first_step(monkeypatch):
    model, said = small(), []
    monkeypatch.setattr(backend, "choose_jit", lambda one: said.append((one, one.train_function)))
    model.fit(films(16), batch_size=16, verbose=0)
    assert said == [(model, None)]
