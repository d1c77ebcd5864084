"""The exercises of notebook 02. Those that ask for a network import Keras when they look at one."""

from __future__ import annotations

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number, whole

# 1. A feature map by hand


def feature_map_by_hand():
    patch = np.array([[0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 0, 0]])
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    return [[np.sum(patch[i : i + 3, j : j + 3] * kernel) for j in range(2)] for i in range(2)]


def _judge_map(answer) -> str | None:
    right = np.array(feature_map_by_hand())
    given = grid(answer, None, "The answer is a grid of numbers, such as [[1, 2], [3, 4]].")
    if given.shape == (4, 4):
        return "Without padding the kernel does not hang over the edge: how many places does it fit in?"
    if given.shape != (2, 2):
        return f"A 3 × 3 kernel fits into a 4 × 4 patch in 2 × 2 places; your answer is {given.shape}."
    if np.array_equal(given, right):
        return None
    if np.array_equal(given, -right):
        return "The kernel was turned around; a convolutional net lays it on as it stands."
    if np.array_equal(given, right.T):
        return "The right numbers in the wrong places: the first row belongs to the upper two places."
    if np.allclose(given, right / 9):
        return "That is their mean; the formula takes the sum of the nine products."
    return "Lay the kernel on the upper left corner, multiply the nine pairs, add; then move it by one."


q1 = Exercise(
    hint=(
        "The kernel fits into four places of the patch: two in each row.",
        "At each place add nine products: those of the left column with minus, those of the right with plus, "
        "and the middle row counts double.",
    ),
    solve=feature_map_by_hand,
    judge=_judge_map,
    praise="The edge lies under both columns; the lower row is weaker, since the bright part ends there.",
)

# 2. What a layer costs


def parameters_of_a_layer():
    height, width, channels, filters = 3, 3, 8, 16
    return filters * (height * width * channels + 1)


q2 = Exercise(
    hint=(
        "How many numbers are in one of the 16 kernels? Each lies on all 8 channels below it.",
        "One kernel has 3 × 3 × 8 weights and one bias; there are 16 of them.",
    ),
    solve=parameters_of_a_layer,
    judge=number(
        1168,
        {
            1152: "The weights are all there; each kernel also has a bias.",
            160: "A kernel lies on all 8 channels at once: 3 × 3 × 8 weights.",
            144: "A kernel lies on all 8 channels at once, and has a bias.",
            1280: "One bias a kernel, whatever the number of channels.",
            100352: "That is how many numbers come in and go out, not how many are learnt.",
            1168 * 784: "The same kernels are used at every place: the size of the image does not count.",
            1152 * 784: "The same kernels are used at every place: the size of the image does not count.",
        },
        "Count the numbers in one kernel, and then the kernels.",
        tolerance=0.5,
    ),
    praise="The size of the image is not among the factors. For a dense layer on the flattened image it is.",
)

# 3. The receptive field


def receptive_field_of():
    def receptive_field(layers):
        sees, step = 1, 1
        for kernel, stride in layers:
            sees += (kernel - 1) * step
            step *= stride
        return sees

    return receptive_field


def _judge_field(receptive_field) -> str | None:
    two, strided = [(3, 1), (3, 1)], [(3, 1), (2, 2), (3, 1)]
    if receptive_field([(5, 1)]) != 5:
        return "One 5 × 5 layer sees 5 pixels across."
    if receptive_field(two) == 6:
        return "Two 3 × 3 layers: the second's three places overlap in what they see, so it is less than 6."
    if receptive_field(two) == 9:
        return "Fields do not multiply: a second 3 × 3 layer adds one pixel on each side."
    if receptive_field(two) != 5:
        return f"Two 3 × 3 layers, one behind the other, see 5 pixels across, not {receptive_field(two)}."
    if receptive_field(strided) == 6:
        return (
            "After a step of 2, neighbours lie 2 pixels of the image apart: what comes later counts double."
        )
    if receptive_field(strided) != 8:
        return "Try a 3 × 3 layer, a pooling of 2 and a 3 × 3 layer by hand: 3, then 4, then 8."
    if receptive_field([(4, 2), (3, 2), (3, 1)]) != 16:
        return "Steps multiply: after two steps of 2, neighbours lie 4 pixels of the image apart."
    return None


q3 = Exercise(
    hint=(
        "Keep two numbers: how far one place sees (at first 1), and how many pixels lie between two "
        "neighbouring places of the layer's input (at first 1).",
        "Each layer adds (kernel − 1) times the second number to the first, and then multiplies the second "
        "by its stride.",
    ),
    solve=receptive_field_of,
    judge=_judge_field,
    praise="Depth and strides widen it, at the price of a few small kernels.",
)

# 4. A network to build

MOST_WEIGHTS, SEES = 40_000, 20


def three_convolutions():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 5, strides=2, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def _layers_of(model) -> list:
    """All layers in order, those of a model within the model too."""
    return [
        inner
        for layer in model.layers
        for inner in (_layers_of(layer) if hasattr(layer, "layers") else [layer])
    ]


def _sees(layers: list) -> int:
    """The receptive field of what stands one behind the other, in pixels across."""
    windows = []
    for layer in layers:
        window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
        if window and len(window) == 2:
            spread = getattr(layer, "dilation_rate", (1, 1))[0]
            windows.append(((window[0] - 1) * spread + 1, layer.strides[0]))
    return receptive_field_of()(windows)


def _judge_network(model) -> str | None:
    if not hasattr(model, "count_params") or not hasattr(model, "layers"):
        return "The answer is a Keras model, such as keras.Sequential([...]), not compiled and not trained."
    if not model.built:
        return "The network does not know its input yet: begin with keras.Input((28, 28, 1))."
    layers = _layers_of(model)
    kinds = [type(layer).__name__ for layer in layers]
    if tuple(model.input_shape[1:]) != (28, 28, 1):
        return f"It should take X-rays of (28, 28, 1); yours takes {tuple(model.input_shape[1:])}."
    if "Flatten" in kinds:
        return "Without Flatten: put the mean over all places, GlobalAveragePooling2D, before the last layer."
    if (convolutions := kinds.count("Conv2D")) != 3:
        return f"It should have three Conv2D layers; yours has {convolutions}."
    if tuple(model.output_shape) != (None, 1):
        return (
            f"It should end in one number, Dense(1, activation='sigmoid'); yours gives {model.output_shape}."
        )
    if (sees := _sees(layers)) < SEES:
        return (
            f"A place of its last map sees {sees} pixels: use a stride or pooling early, or larger kernels."
        )
    if (weights := model.count_params()) >= MOST_WEIGHTS:
        return f"It has {weights:,} weights: fewer channels will do."
    probability = np.asarray(model.predict(np.zeros((2, 28, 28, 1), "float32"), verbose=0), float)
    return (
        None
        if ((probability > 0) & (probability < 1)).all()
        else "Its answer should be a probability: sigmoid."
    )


q4 = Exercise(
    hint=(
        "What widens the receptive field most is a stride of 2 in the first layer, or a pooling behind it: "
        "all that comes later counts double.",
        "Conv2D(16, 5, strides=2), MaxPooling2D(2), then two Conv2D(32, 3): that sees 5, then 7, 15 and 23 "
        "pixels. Then GlobalAveragePooling2D and Dense(1, activation='sigmoid').",
    ),
    solve=three_convolutions,
    judge=_judge_network,
    praise="It sees most of a chest with few weights. Where it looks does not change their number.",
    builds=True,
)

# 5. Which alterations are allowed?

_WHY = {
    "A": "children do not stand in the same place for every X-ray.",
    "B": "the heart changes sides, and a heart on the right is a finding. It is contested: well-known "
    "networks for chest X-rays were trained so. If you mirror, test on validation data whether it helps.",
    "C": "exposures differ from X-ray to X-ray, and so does what a scanner makes of them.",
    "D": "no chest X-ray is read upside down; the network would learn what never comes.",
    "E": "the test images stand for the next patients, and those come as they are.",
    "F": "a child can be turned by a few degrees.",
    "G": "what is cut away may be the only opacity, and the label still says pneumonia.",
}


def allowed_alterations():
    return {"A", "C", "F"}


q5 = Exercise(
    hint=(
        "Ask of each: could the next X-ray of the same child look like this, and would its label be true?",
        "Three of the seven only change where the child stands and how the X-ray was exposed.",
    ),
    solve=allowed_alterations,
    judge=letters("ACF", _WHY, called="alteration", innocent="is not allowed"),
    praise="An alteration says what does not matter: a medical judgement. Mirroring is contested: test it.",
)

# 6. One thing changed

NARROW, OURS = 4_609, 17_857  # weights of the course's network, 4 and 8 channels wide
TRAINED = 0.75  # AUROC on new X-rays that untrained weights do not reach


def a_narrower_network():
    import keras
    from keras import layers

    from medlearn.data.images import draw_films

    def conv(x, channels, kernel=3, strides=1):
        x = layers.Conv2D(channels, kernel, strides=strides, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))

    keras.utils.set_random_seed(0)
    inputs = keras.Input((28, 28, 1))
    x = layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False)(inputs)
    x = conv(x, 4, kernel=4, strides=2)
    x = layers.AveragePooling2D(2)(conv(conv(x, 8), 8))
    x = layers.GlobalAveragePooling2D()(conv(conv(x, 16), 16))
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.Dropout(0.2)(x)))
    model.compile(keras.optimizers.Adam(0.004), "binary_crossentropy")
    y = np.arange(600) % 2  # in the notebook: x_train and y_train
    model.fit(draw_films(y, seed=1)[0], y, batch_size=32, epochs=8, verbose=0)
    return model


def _judge_narrow(model) -> str | None:
    from medlearn.data.images import draw_films

    if not hasattr(model, "count_params") or not hasattr(model, "layers"):
        return "The answer is the trained model itself, not its scores."
    weights = model.count_params() if model.built else 0
    if weights == OURS:
        return "That is the width of 8 that we had: build(width=4) halves it."
    if weights != NARROW:
        return f"The course's network with a width of 4 has {NARROW:,} weights; yours has {weights:,}."
    y = np.arange(200) % 2
    answer = np.asarray(model.predict(draw_films(y, seed=77)[0].astype("float32"), verbose=0), float)[:, 0]
    ranks = np.argsort(np.argsort(answer))
    area = (ranks[y == 1].sum() - 100 * 99 / 2) / 100**2
    if area < TRAINED:
        return f"It is the right network, but on 200 new X-rays its AUROC is {area:.2f}: train it first."
    return None


q6 = Exercise(
    hint=(
        "Three steps, as for ours: build, put the alterations in front and compile, train.",
        "narrow = with_alterations(build(width=4)), then train(narrow, x_train, y_train).",
    ),
    solve=a_narrower_network,
    judge=_judge_narrow,
    praise="A quarter of the weights. Now print the difference in AUROC on validation, with its interval.",
    builds=True,
)

# 7. The scanner changed


def find_the_change():
    def changed(reference, weeks):
        from scipy.stats import ks_2samp

        for week, scores in enumerate(weeks):
            if ks_2samp(reference, scores).pvalue < 0.0001:
                return week
        return -1

    return changed


def score_stream(kind: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores of 300 films before, and of 20 weeks with 150 films each.

    `kind`: "same"; "higher", more films look ill from week 12; "narrower", from week 7 the network is unsure
    of all, with the same mean.
    """
    rng = np.random.default_rng(seed)

    def draw(count, kind):
        z = np.where(rng.random(count) < 0.5, 2.0, -2.0) + rng.normal(size=count)
        z = {"same": z, "higher": z + 1.5, "narrower": 0.3 * z}[kind]
        return 1 / (1 + np.exp(-z))

    start = {"same": 20, "higher": 12, "narrower": 7}[kind]
    weeks = [draw(150, kind if week >= start else "same") for week in range(20)]
    return draw(300, "same"), np.array(weeks)


def _judge_change(changed) -> str | None:
    for kind, right in (("higher", 12), ("same", -1), ("narrower", 7)):
        for seed in range(3):
            given = whole(changed(*score_stream(kind, seed)), "Return the number of one week, or −1.")
            if given == right:
                continue
            if kind == "same":
                return f"Nothing changed in one run, and you find week {given}: weeks differ by chance."
            if given == -1 and kind == "narrower":
                return "One change went unseen: the mean stayed, but the scores moved towards the middle."
            if given == -1:
                return "A change from week 12 on went unseen, though the scores rose."
            if 0 <= given < right:
                return f"An alarm in week {given}, before anything changed: weeks differ by chance."
            return f"The change came in week {right}, and you find week {given}."
    return None


q7 = Exercise(
    hint=(
        "Compare each week's scores with the reference: the whole distribution, not its mean alone.",
        "scipy.stats.ks_2samp(reference, scores).pvalue is small where two distributions differ; twenty "
        "weeks are twenty chances for a false alarm, so ask for less than 0.001.",
    ),
    solve=find_the_change,
    judge=_judge_change,
    praise="It took no label. Whether the scanner changed or the patients did, someone must look and see.",
)

# 8. Class weights


def balanced_weights():
    def weights(y):
        counts = np.bincount(y)
        return {label: len(y) / len(counts) / count for label, count in enumerate(counts)}

    return weights


def _judge_weights(weights) -> str | None:
    y = np.repeat([0, 1, 2], [600, 300, 100])
    given = weights(y.copy())
    if not isinstance(given, dict) or sorted(given) != [0, 1, 2]:
        return "Return a dictionary with one weight for each class: {0: …, 1: …, 2: …}."
    total = np.array([float(given[label]) * count for label, count in enumerate((600, 300, 100))])
    if total.argmax() == 0 and total[0] > 2 * total[2]:
        return "The common class still weighs more: its cases need the smaller weight."
    if not np.allclose(total, total[0]):
        return (
            f"In total the classes weigh {total[0]:.4g}, {total[1]:.4g} and {total[2]:.4g}; "
            "they should weigh the same."
        )
    if not np.isclose(total.sum(), 1000):
        return (
            f"The classes balance, but 1,000 cases weigh {total.sum():.4g} together: with a mean weight "
            "other than 1 the learning rate changes, too."
        )
    return None


q8 = Exercise(
    hint=(
        "All cases of a class together should weigh as much as all cases of any other class; and all cases "
        "together as much as there are cases.",
        "With K classes and n cases each class should weigh n / K in total: divide by its number of cases.",
    ),
    solve=balanced_weights,
    judge=_judge_weights,
    praise="Its price: the probabilities are now those of a ward where all classes are equally common.",
)

# 9. A folder of X-rays


def score_a_folder():
    def score_folder(model, folder):
        from pathlib import Path

        from medlearn.data.images import read_image

        files = sorted(Path(folder).glob("*.png"))
        images = np.stack([read_image(file, pixels=28) for file in files])
        y_score = np.asarray(model.predict(images, verbose=0))[:, 0]
        return {file.name: float(score) for file, score in zip(files, y_score, strict=True)}

    return score_folder


class _Brightness:
    """Stands in for a network: the brighter an image, the higher its score."""

    def predict(self, images, batch_size=None, verbose=0):
        images = np.asarray(images, float)
        if images.ndim != 4 or images.shape[1:] != (28, 28, 1):
            raise ValueError(f"the network takes images of (n, 28, 28, 1), not {images.shape}")
        return images.mean((1, 2, 3))[:, None] / 255

    def __call__(self, images, training=False):
        return self.predict(images)


def _judge_folder(score_folder) -> str | None:
    import tempfile
    from pathlib import Path

    from PIL import Image

    grey = {"late.png": 240, "b7.png": 30, "a12.png": 90, "p003.png": 150}
    with tempfile.TemporaryDirectory() as folder:
        for name, value in grey.items():
            Image.fromarray(np.full((48, 64), value, np.uint8)).save(Path(folder, name))
        Path(folder, "notes.txt").write_text("not an X-ray")
        given = score_folder(_Brightness(), folder)
    if not isinstance(given, dict):
        return "Return a dictionary: the name of each file, such as 'a12.png', and its score."
    given = {Path(str(name)).name: float(np.asarray(score).ravel()[0]) for name, score in given.items()}
    if "notes.txt" in given:
        return "The folder also holds a file that is no X-ray: take only those that end in .png."
    if sorted(given) != sorted(grey):
        return (
            f"The folder holds {len(grey)} X-rays; your answer has {len(given)}: {', '.join(sorted(given))}."
        )
    right = {name: value / 255 for name, value in grey.items()}
    if all(abs(given[name] - right[name]) < 0.02 for name in grey):
        return None
    if max(given.values()) < 0.01:
        return "The scores are far too small: the network does its own scaling, so give it 0 to 255."
    if np.allclose(sorted(given.values()), sorted(right.values()), atol=0.02):
        return "The right scores under the wrong names: names and images must be in the same order."
    return "The scores are not those of the files: read each file, at 28 pixels, and give all to the network."


q9 = Exercise(
    hint=(
        "Four steps: list the files, read each, stack them into one array, let the network predict.",
        'files = sorted(Path(folder).glob("*.png")); read_image(file, pixels=28) gives (28, 28, 1); np.stack '
        "makes (n, 28, 28, 1) of them; zip brings names and scores together.",
    ),
    solve=score_a_folder,
    judge=_judge_folder,
    praise="That is all a program around a network does; the rest is to make sure what is in the folder.",
)

# 10. Eight kinds of cell


def worst_kind():
    def worst(y_true, y_score):
        y_pred = y_score.argmax(axis=1)
        found = [np.mean(y_pred[y_true == kind] == kind) for kind in range(y_score.shape[1])]
        return int(np.argmin(found))

    return worst


def _cells(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Eight kinds of unequal number: kind 5 is often taken for 3; 0 and 6 attract wrong calls."""
    rng = np.random.default_rng(seed)
    y_true = np.repeat(np.arange(8), [50, 120, 50, 110, 40, 60, 200, 90])
    y_pred = y_true.copy()
    change = rng.random(len(y_true))
    y_pred[(y_true == 5) & (change < 0.4)] = 3
    y_pred[(y_true == 1) & (change < 0.3)] = 6
    y_pred[(y_true == 3) & (change < 0.2)] = 0
    y_score = rng.uniform(0.01, 0.05, (len(y_true), 8))
    y_score[np.arange(len(y_true)), y_pred] += 0.6
    return y_true, y_score / y_score.sum(1, keepdims=True)


def _judge_worst(worst) -> str | None:
    for seed in range(3):
        y_true, y_score = _cells(seed)
        y_pred = y_score.argmax(1)
        wrong = np.bincount(y_true[y_true != y_pred], minlength=8)
        right_of_called = [np.mean(y_true[y_pred == kind] == kind) for kind in range(8)]
        given = whole(worst(y_true.copy(), y_score.copy()), "Return the number of one kind, 0 to 7.")
        if given == 5:
            continue
        if given == wrong.argmax():
            return "That kind has the most errors, but many cells, too: count errors in proportion to them."
        if given == np.argmin(right_of_called):
            return "That is the lowest PPV; the question starts from the cells of a kind, not from the calls."
        if given == np.argmin(np.bincount(y_true)):
            return "That kind is the rarest, not the worst recognised."
        share = np.mean(y_pred[y_true == given] == given)
        return f"Of kind {given}, {share:.0%} are recognised; of another, fewer."
    return None


q10 = Exercise(
    hint=(
        "The network decides for the kind with the highest score: argmax along the second axis.",
        "Then go through the kinds: which share of its own cells was called by its name? Take the kind with "
        "the lowest share.",
    ),
    solve=worst_kind,
    judge=_judge_worst,
    praise="An accuracy of nearly nine in ten hides it. Of many classes, always show the worst.",
)
