import keras
import numpy as np

from medlearn.models.augment import Augment

rng = np.random.default_rng(0)


def images(count=4, pixels=28):
    return rng.integers(0, 256, (count, pixels, pixels, 1), dtype="uint8")


def altered(layer, x):
    return keras.ops.convert_to_numpy(layer(x, training=True))


def test_augmentation_only_while_training_and_never_the_same():
    layer, x = Augment(seed=3), images()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(x, training=False)), x)
    first, second = altered(layer, x), altered(layer, x)
    assert first.shape == x.shape
    assert np.abs(first - second).max() > 1
    same = np.repeat(x[:1], 2, axis=0)
    assert np.abs(np.diff(altered(layer, same), axis=0)).max() > 1


def test_augmentation_keeps_the_heart_on_its_side():
    x = np.zeros((64, 28, 28, 1), "uint8")
    x[:, :, 18:] = 200  # bright on the right

    def on_the_right(layer):
        film = altered(layer, x)
        return film[:, :, 14:].mean((1, 2, 3)) > film[:, :, :14].mean((1, 2, 3))

    assert on_the_right(Augment()).all()
    assert 0 < on_the_right(Augment(mirror=True)).sum() < 64


def test_without_strength_augmentation_changes_nothing():
    layer = Augment(shift=0, zoom=0, turn=0, contrast=0, gamma=0, grain=0)
    x = images()
    np.testing.assert_allclose(altered(layer, x), x, atol=0.5)


def behind_augmentation():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            Augment(shift=0.2, turn=20, mirror=True, seed=3),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1),
        ]
    )


def test_a_model_saved_with_its_augmentation_comes_back(tmp_path):
    model, x = behind_augmentation(), images()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert again.layers[0].get_config() == model.layers[0].get_config()
    np.testing.assert_array_equal(altered(again.layers[0], x), altered(model.layers[0], x))
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-5)


def test_every_setting_is_saved():
    chosen = dict(
        shift=0.1, zoom=0.2, turn=3.0, contrast=0.3, gamma=0.4, grain=0.01, mirror=True, seed=5, name="own"
    )
    layer = Augment(**chosen)
    assert chosen.items() <= layer.get_config().items()
    assert Augment.from_config(layer.get_config()).get_config() == layer.get_config()
