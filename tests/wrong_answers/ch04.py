"""Wrong answers that readers give in chapter 4, and a few words of what each is told."""

import numpy as np


def share_without_r(p, q, r):
    return p / (p + q)


def r_on_the_real(p, q, r):
    return r * p / (r * p + q)


def r_squared(p, q, r):
    return p / (p + r**2 * q)


def nearest_pixels(train, synthetic):
    flat = [films.reshape(len(films), -1).astype(float) for films in (synthetic, train)]
    return np.linalg.norm(flat[0][:, None] - flat[1], axis=2).min(axis=1).argmin()


def farthest_pixels(train, synthetic):
    flat = [films.reshape(len(films), -1).astype(float) for films in (synthetic, train)]
    return np.linalg.norm(flat[0][:, None] - flat[1], axis=2).min(axis=1).argmax()


def mended(begin=7, scale=lambda x: x / 127.5 - 1, thaw=True, freeze=True, compiled=True):
    """The articles' pair, mended but for what is asked to stay broken."""
    from medlearn.exercises.ch04 import mended_articles

    generator, _ = mended_articles()
    if begin != 7:
        generator = _generator_of_another_size

    def train_round(generator, discriminator, x):
        import keras

        noise = np.zeros((len(x), 100), "float32")
        made = generator.predict(noise, verbose=0)
        discriminator.trainable = thaw
        if compiled:
            discriminator.compile("adam", "binary_crossentropy")
        y = np.repeat([[1.0], [0.0]], len(x), axis=0)
        discriminator.train_on_batch(np.concatenate([scale(x), made]), y)
        discriminator.trainable = not freeze
        both = keras.Sequential([generator, discriminator])
        both.compile("adam", "binary_crossentropy")
        both.train_on_batch(noise, np.ones((len(x), 1)))

    return generator, train_round


def _generator_of_another_size(latent=100):
    import keras

    return keras.Sequential(
        [keras.Input((latent,)), keras.layers.Dense(56 * 56), keras.layers.Reshape((56, 56, 1))]
    )


def no_turn(generator, discriminator, x):
    return None


class Points:
    """A generator whose points all lie in so many heaps."""

    input_shape, output_shape = (None, 4), (None, 2)

    def __init__(self, heaps):
        turn = np.arange(heaps) * np.pi / 4
        self.centres = 2 * np.stack([np.cos(turn), np.sin(turn)], axis=1)

    def predict(self, noise, verbose=0):
        return self.centres[np.arange(len(noise)) % len(self.centres)]


WRONG = {
    "q1": [
        (share_without_r, "D must doubt more"),
        (lambda p, q, r: q / (p + q), "how likely it is real"),
        (lambda p, q, r: p / q, "the odds"),
        (lambda p, q, r: p, "compares it with"),
        (r_on_the_real, "not real ones"),
        (r_squared, "Write the formula again"),
        (lambda p, q, r: p + q, "you return 0.40"),
        (0.75, "the function itself"),
    ],
    "q2": [
        ({"A": 4, "B": 3, "C": 3}, "no good sign"),
        ({"A": 3, "B": 1, "C": 3}, "against each other"),
        ({"A": 4, "B": 1, "C": 2}, "no such beginning"),
        ({"A": 4, "B": 1, "C": 1}, "In C both losses settle"),
        ({"A": 2, "B": 1, "C": 3}, "neither near 0 nor still"),
        ({"A": 4, "B": 4, "C": 3}, "where B ends"),
        ({"A": 4, "B": 1, "C": 5}, "no diagnosis 5"),
        ("413", "a diagnosis for each"),
    ],
    "q3": [
        (mended(begin=14), "with how many pixels must the grid begin"),
        (mended(scale=lambda x: x / 255), "could tell them by their grey alone"),
        (mended(scale=lambda x: x), "The real images go up to 255"),
        (mended(compiled=False), "before it has a loss"),
        (mended(thaw=False), "it is frozen"),
        (mended(freeze=False), "also moved in the generator's turn"),
        ((mended()[0], no_turn), "had no turn of its own"),
        (mended()[1], "the two mended functions"),
    ],
    "q4": [
        (Points(2), "too slow"),
        (Points(5), "leaves a slope everywhere"),
        (6, "the generator itself"),
    ],
    "q5": [
        (9, "the part of the means"),
        (4, "the part of the spreads"),
        (5, "squared before"),
        (3.606, "its square root"),
        (73, "the spreads that are subtracted"),
        (19, "The last term is missing"),
        (1, "not the product itself"),
        (2, "Square the difference"),
    ],
    "q6": [
        (nearest_pixels, "its exposure is the same"),
        (farthest_pixels, "the farthest"),
        (lambda train, synthetic: 8, "nobody's"),
        (lambda train, synthetic: 200, "numbered from 0"),
        (lambda train, synthetic: np.zeros(30, bool), "Return one number"),
    ],
    "q7": [
        ({"A", "B", "C", "D", "F", "G"}, "A may stand: trained"),
        ("BCDEFG", "E may stand: the second row"),
        ({"C", "D", "F", "G"}, "Look again at sentence B: 0.86"),
        ({"B", "D", "F", "G"}, "Look again at sentence C: 0.88"),
        (["b", "c", "f", "g"], "Look again at sentence D: the generator"),
        ("BCDG", "Look again at sentence F: no exact"),
        ("BCDF", "Look again at sentence G: the test"),
        ({"H"}, "no sentence H"),
        (7, "Give the letters"),
    ],
}
