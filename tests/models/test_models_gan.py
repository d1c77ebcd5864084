import warnings

import keras
import numpy as np
import pytest

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
    model.compile(optimizer or gan.TwoRates(2e-3), jit_compile=keras.backend.backend() == "jax")
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
    assert float(keras.ops.min(made)) >= 0 and float(keras.ops.max(made)) <= 255
    assert judge([made, labels] if classes else made).shape == (2, 1)
    assert gan.encoder(shape, latent=6, width=4)(made).shape == (2, 12)


@pytest.mark.parametrize("shape", [(30, 30, 1), (8, 8, 1), (28, 28), (28, 57, 1)])
def test_sizes_that_cannot_grow_by_doubling_are_refused(shape):
    for make in (gan.generator, gan.discriminator, gan.encoder):
        with pytest.raises(DataError, match="doubled a few times"):
            make(shape)


# Training.


@pytest.mark.parametrize(
    "chosen",
    [{}, {"spectral": True}, {"loss": "minimax", "smoothing": 0.1, "penalty": 0.0, "average": 0.0}],
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


@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # that is the point
def test_each_loss_reaches_its_own_net_only():
    sgd = keras.optimizers.SGD
    mean = keras.ops.mean
    assert gradient_reaches(small(optimizer=sgd(0.1)), lambda s: -mean(s["judged"])) == (True, False)
    assert gradient_reaches(
        small(optimizer=sgd(0.1)), lambda s: mean(s["made"] - s["real"] + s["nudged"])
    ) == (False, True)


def test_the_losses_are_those_of_the_formulas():
    real, made = np.array([[0.3], [-1.0]]), np.array([[0.2], [0.9]])

    def losses(**chosen):
        model = small(penalty=0.0, **chosen)
        scores = {"real": real, "made": made, "nudged": real, "judged": made}
        total = model.compute_loss(
            y_pred={name: keras.ops.convert_to_tensor(s) for name, s in scores.items()}
        )
        of_generator, of_discriminator, right = (float(mean.result()) for mean in model.means)
        assert float(total) == pytest.approx(of_generator + of_discriminator, rel=1e-5)
        assert right == 0.25
        return of_generator, of_discriminator

    p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-made))
    game = -(np.log(p) + np.log(1 - q)).mean()
    assert losses() == pytest.approx((-np.log(q).mean(), game), rel=1e-5)
    assert losses(loss="minimax") == pytest.approx((np.log(1 - q).mean(), game), rel=1e-5)
    softer = -(0.9 * np.log(p) + 0.1 * np.log(1 - p) + np.log(1 - q)).mean()
    assert losses(smoothing=0.1)[1] == pytest.approx(softer, rel=1e-5)


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


def test_the_classic_loop_trains_no_discriminator():
    """Compile D, freeze it, compile D∘G, train D: a loss comes back and no weight moves."""
    maker, judge = gan.articles_gan(SHAPE)
    judge.compile("adam", "binary_crossentropy", jit_compile=False)
    judge.trainable = False
    noise = keras.Input(maker.input_shape[1:])
    keras.Model(noise, judge(maker(noise))).compile("adam", "binary_crossentropy", jit_compile=False)
    before = [weight.copy() for weight in judge.get_weights()]
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        loss = judge.train_on_batch(films(8) / 127.5 - 1.0, np.ones((8, 1)))
    assert loss > 0
    assert all((old == new).all() for old, new in zip(before, judge.get_weights(), strict=True))
    if keras.backend.backend() == "tensorflow":  # on JAX it is silent as well
        assert any("does not have any trainable weights" in str(warning.message) for warning in heard)


def test_the_articles_loop_as_mended_trains_both():
    maker, judge = gan.articles_gan(SHAPE, latent=10)
    before = [[w.copy() for w in net.get_weights()] for net in (maker, judge)]
    gan.articles_fit(maker, judge, films(16), epochs=1, batch_size=8)
    for old, net in zip(before, (maker, judge), strict=True):
        assert all((a != b).any() for a, b in zip(old, net.get_weights(), strict=True))


def test_a_healthy_run_makes_films_like_the_given_ones_that_obey_their_class():
    """And the watch leaves it alone."""
    x, y = blobs(256)
    model, watch = small(2, optimizer=gan.TwoRates(4e-3)), gan.Watch(x, after=60)
    history = model.fit(x, y, epochs=56, batch_size=32, verbose=0, callbacks=[watch]).history
    assert watch.advice == "" and len(history["diversity"]) == 56
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
        learnt = [(net, mean) for net, mean in pairs if net.trainable]
        return max(float(keras.ops.max(keras.ops.abs(net - mean))) for net, mean in learnt)

    assert apart() > 1e-4
    model.optimizer.learning_rate = 0.0
    model.fit(x, epochs=20, batch_size=8, verbose=0)
    assert apart() < 1e-5


# The watch.


def test_collapse_is_stopped_with_advice(capsys):
    """A generator whose first layer lets no noise through makes one film only."""
    x, _ = blobs(64)
    model = small()
    deaf = next(layer for layer in model.generator.layers if isinstance(layer, keras.layers.Dense))
    deaf.kernel.assign(np.zeros(deaf.kernel.shape, "float32"))
    model.averaged.set_weights(model.generator.get_weights())
    deaf.trainable = False
    watch = gan.Watch(x, after=8, patience=2)
    history = model.fit(x, epochs=9, batch_size=16, verbose=0, callbacks=[watch]).history
    assert len(history["loss"]) == 3  # 4 steps an epoch: strikes after the second and the third
    assert "samples are alike" in watch.advice and watch.advice in capsys.readouterr().out


def test_a_discriminator_that_always_wins_is_stopped():
    x, _ = blobs(64)
    model = small(penalty=0.0, optimizer=gan.TwoRates(1e-6, ratio=3000.0))
    watch = gan.Watch(x, after=8, patience=2, least=0.0)
    model.fit(x, epochs=60, batch_size=16, verbose=0, callbacks=[watch])
    assert "always right" in watch.advice


def test_a_loss_that_is_no_number_is_stopped_at_once():
    x, _ = blobs(64)
    model = small(optimizer=keras.optimizers.SGD(1e30))
    watch = gan.Watch(x)
    history = model.fit(x, epochs=9, batch_size=16, verbose=0, callbacks=[watch]).history
    assert len(history["loss"]) == 1 and "no longer a number" in watch.advice


def test_spacing_of_twins_is_nought():
    x = films(10)
    assert gan.spacing(np.concatenate([x, x])) == pytest.approx(0, abs=1e-3)
    assert gan.spacing(np.array([[0.0], [3.0], [7.0]])) == pytest.approx((3 + 3 + 4) / 3)


# What cannot be done.


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (films(8) / 255, [0, 1] * 4, "0 to 255"),
        (films(8) - 128.0, [0, 1] * 4, "0 to 255"),
        (np.full((8, *SHAPE), np.nan), [0, 1] * 4, "0 to 255"),
        (films(8, (28, 28, 1)), [0, 1] * 4, "built for films of"),
        (films(8, (16, 16, 3)), [0, 1] * 4, "built for films of"),
        (films(8), [0, 1] * 3, "8 films but 6 classes"),
        (films(8), [0, 2] * 4, "from 0 to 1"),
        (films(8), None, "each film's class"),
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
    with pytest.raises(DataError, match="knows no loss 'hinge'"):
        gan.GAN(gan.generator(SHAPE), gan.discriminator(SHAPE), loss="hinge")
    with pytest.raises(DataError, match="takes no classes"):
        gan.VAE(gan.generator(SHAPE, 2))


# The autoencoder.


def test_the_autoencoder_learns_to_draw_again(tmp_path):
    x, _ = blobs(256)
    keras.utils.set_random_seed(0)
    model = gan.VAE(gan.generator(SHAPE, latent=6, width=8))
    model.compile(keras.optimizers.Adam(3e-3), jit_compile=keras.backend.backend() == "jax")
    history = model.fit(x, epochs=12, batch_size=32, verbose=0).history
    assert history["redrawing"][-1] < 0.6 * history["redrawing"][0] and history["code"][-1] > 0.5
    made = model.sample(16)
    assert made.shape == (16, *SHAPE) and made.dtype == np.uint8
    model.save(tmp_path / "vae.keras")
    again = keras.saving.load_model(tmp_path / "vae.keras", safe_mode=True)
    np.testing.assert_array_equal(again.sample(16), made)
