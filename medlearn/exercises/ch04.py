"""The exercises of notebook 04. NumPy, and Keras where the answer is a network: imported where it is used."""

from __future__ import annotations

import warnings

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number, whole

# 1. The best discriminator when there are more made-up X-rays than real ones


def best_discriminator():
    def best(p, q, r):
        return p / (p + r * q)

    return best


def _judge_best(best) -> str | None:
    p, q = np.array([0.3, 0.1, 0.2, 0.05]), np.array([0.1, 0.3, 0.2, 0.6])
    says = f"Return one number for each of the {len(p)} places."
    even, uneven = (grid(best(p.copy(), q.copy(), r), p.shape, says) for r in (1, 3))
    if np.allclose(even, q / (p + q)):
        return "That is the probability that an X-ray is made up; D says how likely it is real."
    if np.allclose(even, p / q):
        return "Those are the odds, real to made-up; D gives a probability, so divide by both together."
    if np.allclose(even, p):
        return (
            "That is the density of the real ones alone; D compares it with the density of the made-up ones."
        )
    if not np.allclose(even, p / (p + q)):
        return f"With r = 1, for p = 0.3 and q = 0.1, D should say 0.75; you return {even[0]:.2f}."
    if np.allclose(uneven, even):
        return "With r = 1 you are right. With 3 made-up X-rays for each real one, D must doubt more."
    if np.allclose(uneven, 3 * p / (3 * p + q)):
        return "With r = 3 there are three times as many made-up X-rays, not real ones."
    if not np.allclose(uneven, p / (p + 3 * q)):
        return (
            "With r = 1 you are right. Write the formula again, with r in front of the second term, and set "
            "its derivative to zero."
        )
    return None


q1 = Exercise(
    hint=(
        "Which of the two terms of V is counted r times now?",
        "At each place D's term is p log D + r q log(1 − D). Where is its derivative in D zero?",
    ),
    solve=best_discriminator,
    judge=_judge_best,
    praise="So one half everywhere means a perfect generator only if both kinds come equally often.",
)

# 2. Three pairs of loss curves

DIAGNOSES = {
    1: "the discriminator has won: its loss is near 0, and the generator's climbs",
    2: "nothing trains: the weights stand still, and only the noise of the batches is left",
    3: "the two are balanced: D is near log 4, the generator near log 2, and both go on moving",
    4: "the two run in circles: when one loss rises the other falls, again and again",
}


def loss_curves(steps: int = 300) -> dict[str, np.ndarray]:
    """Three pairs of made-up loss curves, (steps, 2): the discriminator's, and the generator's."""
    rng, t = np.random.default_rng(0), np.linspace(0, 1, steps)
    noise = 0.03 * rng.normal(size=(3, steps, 2))
    fade = np.exp(-8 * t)
    won = np.stack([1.35 * np.exp(-5 * t) + 0.02, 0.7 + 6.5 * t**0.8], axis=1)
    circles = np.stack([1.1 + 0.6 * np.sin(25 * t), 1.2 - 0.7 * np.sin(25 * t)], axis=1)
    balanced = np.stack([np.log(4) - 0.5 * fade, np.log(2) + 1.1 * fade], axis=1)
    curves = np.stack([circles, won, balanced]) + noise * (1 + (np.arange(3) == 2))[:, None, None]
    return dict(zip("ABC", np.maximum(curves, 0.003), strict=True))


def what_the_curves_say():
    return {"A": 4, "B": 1, "C": 3}


def _judge_curves(answer) -> str | None:
    if not isinstance(answer, dict) or {str(key).upper() for key in answer} != set("ABC"):
        return 'Give a diagnosis for each curve, such as {"A": 1, "B": 2, "C": 3}.'
    given = {str(key).upper(): value for key, value in answer.items()}
    if strange := [value for value in given.values() if value not in DIAGNOSES]:
        return f"There is no diagnosis {strange[0]}: they are numbered from 1 to 4."
    if given["B"] == 3:
        return (
            "A low loss of D is no good sign: in B, D recognises every image, and the generator hears that "
            "all it makes is bad."
        )
    if given["B"] != 1:
        return "Look at where B ends: one loss near 0, the other still climbing."
    if given["A"] == 3:
        return "Look at A again: the two swing against each other, and the swings do not get smaller."
    if given["A"] != 4:
        return "In A the losses are neither near 0 nor still: what does one do when the other rises?"
    if given["C"] == 2:
        return "C moves for a while before it settles: weights that stand still have no such beginning."
    if given["C"] != 3:
        return "In C both losses settle. At which values? Compare them with those at the optimum of the game."
    return None


q2 = Exercise(
    hint=(
        "At the optimum D says one half to every X-ray.",
        "Then each of D's two terms is −log 0.5 = 0.69, and so is the generator's. Which curves end there?",
    ),
    solve=what_the_curves_say,
    judge=_judge_curves,
    praise="But a collapsed generator can have C's curves as well: no loss replaces a look at the images.",
)

# 3. The articles' GAN, to be mended


def mended_articles():
    import keras
    from keras import layers

    def generator(latent=100):  # 7 → 14 → 28 pixels, where the articles' grid ends at twice the size
        return keras.Sequential(
            [
                keras.Input((latent,)),
                layers.Dense(7 * 7 * 16),
                layers.LeakyReLU(0.2),
                layers.Reshape((7, 7, 16)),
                layers.Conv2DTranspose(8, 5, strides=2, padding="same"),
                layers.LeakyReLU(0.2),
                layers.Conv2DTranspose(1, 5, strides=2, padding="same", activation="tanh"),
            ]
        )

    def train_round(generator, discriminator, x):
        real = x / 127.5 - 1  # from −1 to 1, as tanh gives them
        noise = np.random.default_rng(0).normal(size=(len(x), 100)).astype("float32")
        made = generator.predict(noise, verbose=0)
        discriminator.trainable = True
        discriminator.compile("adam", "binary_crossentropy")
        y = np.repeat([[1.0], [0.0]], len(x), axis=0)
        discriminator.train_on_batch(np.concatenate([real, made]), y)
        discriminator.trainable = False
        both = keras.Sequential([generator, discriminator])
        both.compile("adam", "binary_crossentropy")
        both.train_on_batch(noise, np.ones((len(x), 1)))

    return generator, train_round


def _watched_discriminator():
    """A small discriminator that notes which images it is trained on, and its weights before and after."""
    import keras
    from keras import layers

    class Watched(keras.Model):
        def train_on_batch(self, x, *more, **named):
            before = self.get_weights()
            loss = super().train_on_batch(x, *more, **named)
            self.turns.append((np.asarray(x), before, self.get_weights()))
            return loss

    images = keras.Input((28, 28, 1))
    x = layers.LeakyReLU(0.2)(layers.Conv2D(4, 5, strides=4, padding="same")(images))
    model = Watched(images, layers.Dense(1, "sigmoid")(layers.Flatten()(x)))
    model.turns = []
    return model


def _same(one, other) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def _judge_repair(answer) -> str | None:
    if not isinstance(answer, (tuple, list)) or len(answer) != 2 or not all(map(callable, answer)):
        return "Give the two mended functions: check((articles_generator, articles_round))."
    make, train_round = answer
    generator, discriminator = make(), _watched_discriminator()
    made = getattr(generator, "output_shape", None)
    if made != (None, 28, 28, 1):
        return (
            f"The generator makes images of {made[1:] if made else 'no known shape'}, and the discriminator "
            "takes (28, 28, 1): with how many pixels must the grid begin if it is doubled twice?"
        )
    x = np.random.default_rng(1).integers(0, 256, (16, 28, 28, 1)).astype("uint8")
    start, at_first = generator.get_weights(), discriminator.get_weights()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras warns of a frozen network; the message below says more
            train_round(generator, discriminator, x)
    except ValueError as error:
        if "compile" in str(error):
            return "Keras asks for compile(): the discriminator is trained before it has a loss."
        raise
    if not discriminator.turns:
        return "The discriminator had no turn of its own: call discriminator.train_on_batch."
    return _fault_of_a_round(discriminator, at_first, moved=not _same(start, generator.get_weights()))


def _fault_of_a_round(discriminator, at_first, *, moved: bool) -> str | None:
    """What is still wrong with the round that was watched; `moved` says whether the generator learnt."""
    images, before, after = discriminator.turns[-1]
    if images.max() > 1.01:
        return f"The real images go up to {images.max():.0f}, the made-up ones to 1: scale the real ones."
    if images.min() >= 0:
        return (
            f"The discriminator was shown images from {images.min():.1f} to {images.max():.1f} only, while "
            "tanh gives −1 to 1: it could tell them by their grey alone. Scale the real ones to −1 to 1."
        )
    if _same(before, after):
        return "The discriminator's weights did not move in its own turn: it is frozen. Thaw it first."
    if not (_same(at_first, before) and _same(after, discriminator.get_weights())):
        return (
            "The discriminator also moved in the generator's turn, where it is taught to call made-up images "
            "real: freeze it there."
        )
    return None if moved else "The generator's weights did not move."


q3 = Exercise(
    hint=(
        "There are four faults: a size, a scale, something not compiled, something not frozen.",
        "The grid must begin at 7 × 7. Scale by x / 127.5 − 1. Compile the discriminator before its "
        "turn, with trainable = True, and set trainable = False before the generator's turn.",
    ),
    solve=mended_articles,
    judge=_judge_repair,
    praise="Both networks moved, each in its own turn only. No error message had told of the scale or of the "
    "freezing.",
    builds=True,
)

# 4. A pair that finds the heaps

RING = 2 * np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1)


def train_pair(penalty: float = 0.0, rate_of_d: float = 0.0002, rate_of_g: float = 0.003, steps: int = 500):
    """Train one pair of small networks on points in eight heaps: the generator, from 4 numbers of noise.

    `penalty` is what a steep discriminator costs; `rate_of_d` and `rate_of_g` are the learning rates of the
    discriminator and of the generator; `steps` is how often both are changed.
    """
    import keras
    from keras import layers, ops

    def dense(inputs, outputs):
        parts = [keras.Input((inputs,))]
        for _ in range(2):
            parts += [layers.Dense(32, kernel_initializer="he_normal"), layers.LeakyReLU(0.2)]
        return keras.Sequential([*parts, layers.Dense(outputs)])

    class Adam(keras.optimizers.Adam):
        def update_step(self, gradient, variable, learning_rate):
            is_d = self._get_variable_index(variable) >= len(generator.trainable_variables)
            super().update_step(gradient, variable, rate_of_d if is_d else rate_of_g)

    class Pair(keras.Model):
        def call(self, real):
            made = generator(keras.random.normal((ops.shape(real)[0], 4), seed=drawn))
            nearby = real + 0.05 * keras.random.normal(ops.shape(real), seed=drawn)
            on_real, slope = discriminator(real), (discriminator(nearby) - discriminator(real)) / 0.05
            on_made = discriminator(ops.stop_gradient(made))
            still = [ops.stop_gradient(weight.value) for weight in discriminator.trainable_variables]
            judged, _ = discriminator.stateless_call(still, [], made)
            self.add_loss(ops.mean(ops.softplus(-on_real) + ops.softplus(on_made) + penalty / 2 * slope**2))
            self.add_loss(ops.mean(ops.softplus(-judged)))
            return judged

    keras.utils.set_random_seed(0)
    generator, discriminator, drawn = dense(4, 2), dense(2, 1), keras.random.SeedGenerator(0)
    pair = Pair()
    pair.generator, pair.discriminator = generator, discriminator
    rng = np.random.default_rng(0)
    points = RING[rng.integers(8, size=64 * steps)] + rng.normal(0, 0.1, (64 * steps, 2))
    pair.compile(Adam(rate_of_g, beta_1=0.5, beta_2=0.99))
    pair.fit(points.astype("float32"), batch_size=64, verbose=0)
    return generator


def heaps_found(generator) -> int:
    """In how many of the eight heaps at least 2 in 100 of 1,000 points lie that the `generator` makes."""
    noise = np.random.default_rng(5).normal(size=(1000, 4)).astype("float32")
    points = np.asarray(generator.predict(noise, verbose=0))
    share = (np.linalg.norm(points[:, None] - RING, axis=-1) < 0.5).mean(axis=0)
    return int((share >= 0.02).sum())


def a_pair_that_finds_them():
    return train_pair(penalty=0.1, rate_of_d=0.006)


def _judge_pair(generator) -> str | None:
    if getattr(generator, "input_shape", None) != (None, 4) or generator.output_shape != (None, 2):
        return "Hand in the generator itself, as train_pair returns it: 4 numbers of noise in, a point out."
    found = heaps_found(generator)
    if found >= 6:
        return None
    if found < 3:
        return (
            f"It finds {found} of the 8 heaps, as a pair does whose discriminator is too slow: which of the "
            "two rates is the larger one?"
        )
    return f"It finds {found} of the 8 heaps. Some were missed: which trick leaves a slope everywhere?"


q4 = Exercise(
    hint=(
        "In the table above, which two of the four recipes lost heaps, and what did they have in common?",
        "Let the discriminator learn at least as fast as the generator, and give it a penalty of 0.1.",
    ),
    solve=a_pair_that_finds_them,
    judge=_judge_pair,
    praise="The same networks, the same points, the same number of steps: only the balance was wrong.",
    builds=True,
)

# 5. A distance by hand


def frechet_in_one_dimension():
    mean_real, spread_real = 2, 1
    mean_made, spread_made = 5, 3
    return (mean_real - mean_made) ** 2 + (spread_real - spread_made) ** 2


q5 = Exercise(
    hint=(
        "In one dimension the covariance is the variance, the square of the spread.",
        "The trace is s² + t² − 2 s t with s = 1 and t = 3. Which square is that?",
    ),
    solve=frechet_in_one_dimension,
    judge=number(
        13,
        {
            9: "That is the part of the means; the spreads differ, too.",
            4: "That is the part of the spreads; the means differ, too.",
            5: "Both differences are squared before they are added.",
            13**0.5: "That is its square root; the Fréchet distance of this notebook is left squared.",
            73: "The spreads are 1 and 3, their squares 1 and 9: it is the spreads that are subtracted.",
            17: "The spreads are 1 and 3, their squares 1 and 9: it is the spreads that are subtracted.",
            19: "The last term is missing: twice the square root of the product of the two variances.",
            1: "Under the trace stands the square root of the product, not the product itself.",
        },
        "Square the difference of the means, square that of the spreads, and add.",
    ),
    praise="Two clouds with equal mean and spread would give 0, whatever their shapes: it sees no more.",
)

# 6. The duplicate among the synthetic X-rays


def suspects(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """200 simulated training X-rays, 30 "synthetic" ones; one of these is a training X-ray in disguise."""
    from medlearn.data.images.simulate.films import draw_films

    rng = np.random.default_rng((4, seed))
    films = draw_films(rng.integers(0, 2, 230), seed=(4, seed), scanner=0)[0].astype(float)
    train, synthetic = films[:200], films[200:]
    copied, place = rng.integers(200), rng.integers(30)
    synthetic[place] = 0.55 * train[copied] + 70 + rng.normal(0, 4, train[copied].shape)
    return tuple(np.clip(part, 0, 255).astype(np.uint8) for part in (train, synthetic))


def _flat(films: np.ndarray) -> np.ndarray:
    return np.asarray(films, float).reshape(len(films), -1)


def find_the_duplicate():
    def duplicate(train, synthetic):
        def standardised(films):
            flat = films.reshape(len(films), -1).astype(float)
            flat -= flat.mean(axis=1, keepdims=True)
            return flat / np.linalg.norm(flat, axis=1, keepdims=True)

        likeness = standardised(synthetic) @ standardised(train).T  # (synthetic, train): correlations
        return int(likeness.max(axis=1).argmax())

    return duplicate


def _judge_duplicate(duplicate) -> str | None:
    for seed in (1, 2, 3):
        train, synthetic = suspects(seed)
        right = find_the_duplicate()(train, synthetic)
        given = whole(
            duplicate(train.copy(), synthetic.copy()),
            "Return one number: the position of the duplicate among the synthetic X-rays.",
        )
        if given == right:
            continue
        if not 0 <= given < len(synthetic):
            return f"There are {len(synthetic)} synthetic X-rays, numbered from 0; you return {given}."
        pixels = np.linalg.norm(_flat(synthetic)[:, None] - _flat(train), axis=2).min(axis=1)
        if given == pixels.argmin():
            return (
                "By its pixels that X-ray is nearest, since its exposure is the same. The copy has another "
                "exposure: what can you do to all images so that it does not matter?"
            )
        if given == pixels.argmax():
            return "That X-ray is the farthest from all training X-rays; the task asks for the nearest."
        return (
            "That X-ray is nobody's. Bring each one to mean 0 and spread 1, and compare it with every "
            "training X-ray."
        )
    return None


q6 = Exercise(
    hint=(
        "A change of exposure is a factor and a shift. What do you do to an image so that neither matters?",
        "Subtract each image's mean, divide by its spread, and find the pair with the highest correlation.",
    ),
    solve=find_the_duplicate,
    judge=_judge_duplicate,
    praise="It looked paler than any training X-ray, and it was still somebody's.",
)

# 7. A claim and its table

_WHY = {
    "A": "trained on made-up X-rays alone it ranks real ones with 0.86, and the interval is far from 0.5.",
    "B": "0.86 is not 0.93, and the intervals lie apart: something was lost on the way.",
    "C": "0.88 and 0.89, and each value lies within the other's interval: the table does not show it.",
    "D": "the generator had learnt from 5,000 labelled X-rays. A hospital with 200 cannot train it.",
    "E": "the second row, without any generator, already has it.",
    "F": "no exact copy is a weak promise: 64 in 100 lie nearer to a training X-ray than to one never seen, "
    "where 50 would be chance.",
    "G": "the test X-rays are from the same hospital: nothing is known of another one.",
}


def what_the_table_does_not_show():
    return {"B", "C", "D", "F", "G"}


q7 = Exercise(
    hint=(
        "Ask of each sentence which two rows it compares, and whether their intervals settle it.",
        "What had the generator seen? And from which hospital are the test X-rays?",
    ),
    solve=what_the_table_does_not_show,
    judge=letters("BCDFG", _WHY, called="sentence", innocent="may stand"),
    praise=" ".join(f"{letter}: {why}" for letter, why in _WHY.items()),
)
