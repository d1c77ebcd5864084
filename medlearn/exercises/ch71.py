"""The exercises of notebook 71. The first trains a network, and imports Keras when it is handed one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import numpy as np

from medlearn.exercises.exercise import Exercise, grid, letters, number

# 1. A small net that answers as its teacher does

SIDE, MOST_WEIGHTS = 28, 30_000
_PATCH = 20  # pixels of a side of the square that holds stripes
_NEAR = 0.1  # of the teacher's answer, on average; a constant is .32 away


def a_small_net_for_a_teacher():
    def build():
        import keras
        from keras import layers

        film = keras.Input((28, 28, 1))
        x = layers.Rescaling(1 / 64, offset=-2)(film)
        x = layers.Conv2D(16, 5, activation="relu")(x)
        x = layers.AveragePooling2D(2)(x)
        x = layers.Conv2D(16, 3, activation="relu")(x)
        x = layers.GlobalAveragePooling2D()(x)
        return keras.Model(film, layers.Dense(1, activation="sigmoid")(x))

    return build


def _taught(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Films with stripes in a square somewhere, and the teacher's probability for each.

    Upright stripes speak for the finding and level ones against it, the more the stronger they are.
    """
    rng = np.random.default_rng(seed)
    strength = rng.uniform(-1, 1, count)
    x = rng.normal(120, 12, (count, SIDE, SIDE))
    for film, power in zip(x, strength, strict=True):
        row, column = rng.integers(0, SIDE - _PATCH + 1, 2)
        stripes = np.sin(np.arange(_PATCH) * np.pi / 2 + rng.uniform(0, 2 * np.pi))
        stripes = stripes[None] if power > 0 else stripes[:, None]
        film[row : row + _PATCH, column : column + _PATCH] += 100 * abs(power) * stripes
    p = 1 / (1 + np.exp(-4 * strength))
    return np.clip(x, 0, 255).astype("float32")[..., None], p.astype("float32")[:, None]


def _judge_student(build) -> str | None:
    if hasattr(getattr(build, "__wrapped__", build), "layers"):
        return "Give the function that builds the network, not the network: it is built and trained here."
    model = build()
    if not callable(getattr(model, "predict", None)) or not hasattr(model, "layers"):
        return "Your function should return a Keras model, not trained."
    if not getattr(model, "built", False):
        return "It does not know the shape of its input: begin with keras.Input((28, 28, 1))."
    shapes = [tuple(one.shape[1:]) for one in model.inputs]
    if shapes != [(SIDE, SIDE, 1)]:
        return f"It should take films of (28, 28, 1), not {shapes}."
    return (
        _fault_of_its_answer(tuple(model.output_shape), model.layers[-1])
        or _fault_of_its_weights(model)
        or _fault_of_what_it_learnt(model)
    )


def _fault_of_its_answer(shape: tuple, last) -> str | None:
    """What is wrong with the shape of its answer, or with how its `last` layer makes it."""
    if len(shape) == 4:
        return f"It answers with a map, {shape}: take the mean over the film, GlobalAveragePooling2D, first."
    if shape == (None, 2):
        return "It gives two numbers a film, and should give one probability: Dense(1, activation='sigmoid')."
    if shape != (None, 1):
        return f"It should give one probability a film, (None, 1), not {shape}."
    name = getattr(getattr(last, "activation", None), "__name__", "sigmoid")
    if name == "softmax":
        return "The softmax of a single number is always 1: take the sigmoid."
    if name in ("linear", "relu", "tanh"):
        return f"Its last layer ends with {name}, which is no probability: the sigmoid is missing."
    return None


def _fault_of_its_weights(model) -> str | None:
    count = model.count_params()
    if count > MOST_WEIGHTS:
        largest = max(model.layers, key=lambda layer: layer.count_params())
        return (
            f"It has {count:,} weights, and 30,000 are allowed. Most stand in {largest.name}: take fewer "
            "channels, or a mean over the film in place of Flatten."
        )
    return None if model.trainable_weights else "Nothing in it can learn."


def _say(model, x: np.ndarray) -> np.ndarray:
    """What the model says, in NumPy: for a few cases quicker than predict."""
    import keras

    return keras.ops.convert_to_numpy(model(x, training=False)).astype(float)


def _fault_of_what_it_learnt(model) -> str | None:
    import keras

    (x, p), (x_new, p_new) = _taught(300, seed=71), _taught(200, seed=72)
    compiled = keras.backend.backend() == "jax"  # which crawls without; the others would compile too long
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", jit_compile=compiled)
    for _ in range(8):
        model.fit(x, p, batch_size=15, epochs=2, shuffle=False, verbose=0)
        said = _say(model, x_new)
        away = np.abs(said - p_new).mean()
        if away <= _NEAR:
            return None
    return _why_it_fails(model, away, said)


def _why_it_fails(model, away: float, said: np.ndarray) -> str:
    kinds = {type(one).__name__ for one in model.layers}
    found = f"Trained, it is {away:.2f} away from its teacher on average; .10 is near enough."
    if not {"Rescaling", "Normalization", "BatchNormalization", "LayerNormalization"} & kinds:
        return f"{found} Its pixels run from 0 to 255: scale them first, with layers.Rescaling(1 / 255)."
    if "Flatten" in kinds:
        return (
            f"{found} Behind Flatten each pixel has weights of its own, and what counts may lie anywhere: "
            "convolutions, and the mean over the film."
        )
    if not any("Conv" in kind for kind in kinds):
        return f"{found} It never looks at neighbours together: begin with a convolution."
    if np.ptp(said) < 0.02:
        return f"{found} It says the same whatever the film: does pooling leave anything to look at?"
    if "BatchNormalization" in kinds:
        return f"{found} BatchNormalization needs more steps than are taken here: leave it out."
    return (
        f"{found} Rescaling, Conv2D(16, 5, activation='relu'), a second one, GlobalAveragePooling2D and "
        "Dense(1, activation='sigmoid') will do."
    )


q1 = Exercise(
    hint=(
        "What the teacher looks at is small and may lie anywhere on the film. Which layer looks for the same "
        "thing everywhere, with few weights?",
        "Rescaling(1 / 64, offset=-2), Conv2D(16, 5, activation='relu'), AveragePooling2D(2), Conv2D(16, 3, "
        "activation='relu'), GlobalAveragePooling2D(), Dense(1, activation='sigmoid').",
    ),
    solve=a_small_net_for_a_teacher,
    judge=_judge_student,
    praise=(
        "It was never told a label. From the teacher's probabilities it learnt how sure to be of each film, "
        "with fewer than half of the weights of the chapter's own network."
    ),
)


# 2. Scale and zero point

_LOWEST, _HIGHEST = -1.0, 4.0
_SCALE, _ZERO, _TWO = 5 / 255, -77, 25


def scale_and_zero_point_of_a_layer():
    lowest, highest = -1.0, 4.0
    scale = (highest - lowest) / (127 - -128)
    zero_point = round(-128 - lowest / scale)
    return scale, zero_point, round(2.0 / scale) + zero_point


_SCALES = {
    5 / 256: "There are 256 numbers, but 255 steps between them: divide by 127 − (−128).",
    4 / 255: "The range begins at −1, not at 0: from −1 to 4 it is 5 wide.",
    3 / 255: "From −1 to 4 it is 5 wide, not 3: take the lowest from the highest.",
    4 / 127: "That is for a symmetric range, from −4 to 4, as weights have. Here the range is −1 to 4.",
    5 / 127: "From −128 to 127 there are 255 steps, not 127.",
    5 / 128: "From −128 to 127 there are 255 steps, not 128.",
    1 / 255: "A step is worth its share of the whole range, which is 5 wide.",
    51: "Upside down: 51 steps are worth 1. The scale says what one step is worth.",
    5: "5 is the width of the range. The scale is what one of its 255 steps is worth.",
}
_ZEROS = {
    51: "51 would be right for numbers from 0 to 255. Here they begin at −128.",
    -51: "The steps from −1 to 0 are 51, and they are counted upwards from −128.",
    -179: "−128 stands for −1, and 0 lies 51 steps above it, not below.",
    0: "0 would be right for a symmetric range. Here −128 stands for −1; count on from there.",
    -128: "−128 stands for the lowest number, −1. The zero point stands for 0.",
    77: "The sign is turned: 0 lies in the lower part of the range, so its number is below 0.",
    -76: "One too many: 0 lies 51 steps above −128.",
    -78: "One too few: 0 lies 51 steps above −128.",
}
_TWOS = {
    102: "102 steps lie between 0 and 2.0. Add the zero point.",
    153: "153 would be right for numbers from 0 to 255. Here they begin at −128.",
    179: "102 + 77: the zero point is −77, and it is added as it is.",
    -179: "2.0 lies above 0, so its number lies above the zero point: −77 + 102.",
    -26: "102 steps above −128 is 1.0. Count from the zero point, which stands for 0.",
    24: "Round, do not cut off: 2.0 is 102 steps above the zero point.",
    26: "One too many: 2.0 is 102 steps above the zero point.",
}


def _judge_scale(answer) -> str | None:
    says = "Give three numbers: the scale, the zero point, and what stands for 2.0."
    scale, zero, two = grid(answer, (3,), says)
    if np.allclose((zero, two), (51, 153), atol=0.4) and abs(scale - _SCALE) < 3e-5:
        return "Those are numbers from 0 to 255 (uint8). Here they run from −128 to 127 (int8)."
    if np.allclose((scale, zero), (_ZERO, _SCALE), atol=3e-5):
        return "Exchange the first two: the scale comes first."
    if scale != _SCALE and 3e-5 < abs(scale - _SCALE) < 5e-4 and round(scale, 3) == scale:
        return "The scale is right, but give four decimals: rounded so far, 4 would lie four steps off."
    told = number(_SCALE, _SCALES, "The scale: the width of the range, 4 − (−1), over 255.", tolerance=3e-5)
    zeros = number(_ZERO, _ZEROS, "The zero point: −128 and the steps from −1 to 0.", tolerance=0.01)
    twos = number(_TWO, _TWOS, "For 2.0: 2.0 / scale, rounded, and the zero point.", tolerance=0.01)
    return told(scale) or zeros(zero) or twos(two)


q2 = Exercise(
    hint=(
        "255 equal steps lie between −128 and 127, and they must reach from −1 to 4. What is one worth? How "
        "many of them is 0 above −1?",
        "scale = 5 / 255. From −1 to 0 it is 1 / scale = 51 steps, counted from −128; from there to 2.0 "
        "there are 2.0 / scale = 102 more.",
    ),
    solve=scale_and_zero_point_of_a_layer,
    judge=_judge_scale,
    praise=(
        "A number comes back at most half a step away, .0098. But a film that makes the layer answer 6 gets "
        "4: beyond the range that was seen before everything is cut off."
    ),
)


# 3. Eight bits and back


def weights_of_eight_bits():
    def quantised(weights):
        all_but_channels = tuple(range(weights.ndim - 1))
        largest = np.abs(weights).max(axis=all_but_channels)
        scale = np.where(largest > 0, largest, 1) / 127  # a channel of zeros stays one
        return np.rint(weights / scale).astype(np.int8), scale

    return quantised


def _rounded(
    weights: np.ndarray,
    *,
    largest: Callable[[np.ndarray], np.ndarray] = lambda flat: np.abs(flat).max(axis=0),
    top: float = 127,
    whole: Callable[[np.ndarray], np.ndarray] = np.rint,
) -> np.ndarray:
    """The weights after eight bits, right or with something changed."""
    flat = weights.reshape(-1, weights.shape[-1])
    scale = np.asarray(largest(flat), float)
    scale = np.where(scale > 0, scale, 1) / top
    numbers = whole(flat / scale)
    return (((numbers + 128) % 256 - 128) * scale).reshape(weights.shape)  # int8 wraps around


def _with_limits(**changed: object) -> Callable[[np.ndarray], np.ndarray]:
    """The same, where numbers beyond eight bits are cut off and do not wrap around."""
    return lambda weights: _rounded(weights, whole=lambda x: np.clip(np.rint(x), -128, 127), **changed)


def _steps(weights: np.ndarray) -> np.ndarray:
    """What a step is worth in each channel."""
    largest = np.abs(weights.reshape(-1, weights.shape[-1])).max(axis=0)
    return np.where(largest > 0, largest, 1) / 127


_FAULTS_OF_ROUNDING = (
    (
        lambda w: _rounded(w, whole=np.trunc),
        "astype(np.int8) cuts decimals off: round first, with np.rint, and the error is halved.",
    ),
    (lambda w: _rounded(w, whole=np.floor), "np.floor always goes down: np.rint goes to the nearest."),
    (lambda w: _rounded(w, whole=np.ceil), "np.ceil always goes up: np.rint goes to the nearest."),
    (
        lambda w: _rounded(w, top=128),
        "The largest weight becomes 128, and int8 ends at 127: it wraps around to −128. Divide by 127.",
    ),
    (_with_limits(top=128), "The largest weight becomes 128 and is cut off at 127. Divide by 127."),
    (
        lambda w: _rounded(w, top=255),
        "Numbers up to 255 do not fit: int8 ends at 127, and beyond it wraps around. Divide by 127.",
    ),
    (_with_limits(top=255), "Numbers up to 255 do not fit: int8 ends at 127, and you cut off the rest."),
    (lambda w: _rounded(w, top=256), "256 numbers there are; but the largest is 127: divide by that."),
    (_with_limits(top=256), "256 numbers there are; but the largest is 127, and you cut off the rest."),
    (
        lambda w: _rounded(w, top=100),
        "You use the numbers to 100 only. int8 reaches 127, and finer steps make the error smaller.",
    ),
    (lambda w: _rounded(w, top=63.5), "Your steps are twice as coarse as need be: largest / 127."),
    (lambda w: _rounded(w, top=63), "Your steps are twice as coarse as need be: largest / 127."),
    (lambda w: _rounded(w, top=64), "Your steps are twice as coarse as need be: largest / 127."),
    (
        lambda w: _rounded(w, largest=lambda flat: flat.max(axis=0)),
        "The largest weight may be far below 0: take np.abs before max, or numbers beyond −128 wrap around.",
    ),
    (
        _with_limits(largest=lambda flat: flat.max(axis=0)),
        "The largest weight may be far below 0: take np.abs before max, or what lies below is cut off.",
    ),
    (
        lambda w: _rounded(w, largest=lambda flat: flat.max(axis=0) - flat.min(axis=0), top=255),
        "That is the scale for a range with a zero point. Without one, the largest size counts: / 127.",
    ),
    (
        lambda w: _rounded(w, largest=lambda flat: flat.std(axis=0)),
        "You divide by the standard deviation; but the largest weight must fit, so take that.",
    ),
    (
        lambda w: np.rint(w / _steps(w)) / _steps(w),
        "Your scale is upside down, 127 / largest: it is what one step is worth, largest / 127.",
    ),
)


def _kernels() -> list[np.ndarray]:
    """Kernels whose channels differ much in size; in the first, one channel was pruned."""
    rng = np.random.default_rng(9)
    first = rng.normal(size=(3, 3, 4, 6)) * np.array([2.0, 0.7, 0.2, 0.05, 0.01, 0.0])
    first[0, 0, 0, 0] = -9.0  # the largest of its channel, and below 0
    second = rng.normal(size=(12, 5)) * np.array([1.0, 0.3, 3.0, 0.02, 0.1])
    return [first, second]


def _judge_quantised(quantised) -> str | None:
    kernels, back = _kernels(), []
    for weights in kernels:
        with np.errstate(all="ignore"):
            answer = quantised(weights.copy())
        if not isinstance(answer, (tuple, list)) or len(answer) != 2:
            return "Return two things: the numbers, as int8, and the scale of each channel."
        told, values = _read_back(weights, *answer)
        if told:
            return told
        back.append(values)
    if told := _where_it_is_wrong(kernels, back):
        for fault, said in _FAULTS_OF_ROUNDING:
            if all(np.allclose(one, fault(w), atol=1e-9) for one, w in zip(back, kernels, strict=True)):
                return said
    return told


def _read_back(weights: np.ndarray, numbers: object, scale: object) -> tuple[str | None, np.ndarray]:
    """What is wrong with the kind of an answer, and numbers times scale."""
    numbers, channels, nothing = np.asarray(numbers), weights.shape[-1], np.zeros(0)
    scale = grid(scale, None, f"The second thing is the scale: {channels} numbers, one for each channel.")
    if numbers.dtype != np.int8:
        return f"The numbers are {numbers.dtype}, and should be int8: round, then .astype(np.int8).", nothing
    if numbers.shape != weights.shape:
        return f"The numbers have the shape {numbers.shape}, the weights {weights.shape}: keep it.", nothing
    if not np.isfinite(scale).all():
        return "A scale is no finite number: does something divide by the zeros of a pruned channel?", nothing
    if not scale.all():
        return (
            "The channel that was pruned holds zeros only: its scale is 0, and 0 / 0 has no value. Give it "
            "any scale above 0."
        ), nothing
    if scale.size == 1:
        return (
            "One scale for all channels: the largest channel makes the steps, and in the smallest nearly all "
            "weights become 0. Take the largest of each channel, over all axes but the last."
        ), nothing
    if scale.size != channels or scale.shape[-1] != channels:
        return f"The last axis has {channels} channels, and your scale the shape {scale.shape}.", nothing
    return None, numbers * scale.reshape(-1)


def _where_it_is_wrong(kernels: list[np.ndarray], back: list[np.ndarray]) -> str | None:
    """The channel whose weights come back worst, if an error is larger than half a step."""
    for weights, values in zip(kernels, back, strict=True):
        flat, wrong = (one.reshape(-1, weights.shape[-1]) for one in (weights, np.abs(values - weights)))
        step = np.abs(flat).max(axis=0) / 127
        worst = int(np.argmax(wrong.max(axis=0) / np.maximum(step, 1e-12)))
        if wrong[:, worst].max() > 0.505 * step[worst] + 1e-12:
            return (
                f"In a channel whose largest weight is {127 * step[worst]:.3g}, a weight comes back "
                f"{wrong[:, worst].max():.2g} away, more than half a step of {step[worst]:.2g}: divide by "
                "largest / 127, and round."
            )
    return None


q3 = Exercise(
    hint=(
        "The largest size in a channel becomes 127, or −127. What is a step worth then? And what, in a "
        "channel that holds zeros only?",
        "largest = np.abs(weights).max(axis=(0, 1, 2)) for a kernel of four axes; scale = largest / 127, but "
        "1 where largest is 0; numbers = np.rint(weights / scale).astype(np.int8).",
    ),
    solve=weights_of_eight_bits,
    judge=_judge_quantised,
    praise=(
        "No weight comes back more than half a step away. With a scale for each channel a small channel has "
        "small steps, whatever the size of its neighbours."
    ),
)


# 4. Which export differs, and why

_CAUSES = {
    "A": "the calibration was left out",
    "B": "sums of 32 bits were added in another order",
    "C": "the image was divided by 255 twice",
    "D": "rows, columns and colours were mixed up",
    "E": "dropout is still on",
    "F": "numbers were rounded to eight bits",
    "G": "the threshold differs",
    "H": "the file holds another training",
}
_SYMPTOMS = (
    ("E", "the answers to one and the same film differ from run to run: what draws numbers at random?"),
    ("B", "a difference of .0000006 is the last digit of a number of 32 bits. Nothing is wrong here."),
    ("A", "the order of the films is the same, and each answer is lower: a rising curve lies between them."),
    ("C", "whatever the film, the answer is nearly the same: what has made all films alike?"),
    ("D", "a picture of one grey is answered as before, so it matters where each number stands."),
    ("F", "nearly all answers are kept and a few are far off: numbers were made coarse."),
)
_NOT_THAT = {
    "1F": "eight bits round each time in the same way: the answers would not differ from run to run.",
    "1H": "another training gives other answers, but the same ones each time.",
    "1B": "the order of a sum changes the last digit, not the first.",
    "2F": "eight bits move answers by far more than .0000006.",
    "2H": "another training would never come so near.",
    "3G": "the threshold decides what is done with an answer. The answer itself it leaves alone.",
    "3H": "another training would put some films in another order.",
    "3C": "divided twice, films become alike, and all answers would lie close together.",
    "4A": "a calibration that is left out keeps the spread of the answers: some are near 0, some near 1.",
    "4D": "mixed up, pictures still differ much from each other.",
    "4E": "with dropout the same film would get a new answer each time.",
    "5C": "then a picture of one grey would be answered differently, too.",
    "5H": "another training has learnt something as well: its AUROC would not be near .5.",
    "6B": "the order of a sum changes the last digit, not the first.",
    "6H": "another training moves most answers a little, and not one in a hundred.",
    "6A": "a calibration that is left out moves all answers, in the same order.",
}


def cause_of_each_difference():
    causes = {
        1: "E",  # dropout draws anew each time
        2: "B",  # the last digit
        3: "A",  # Platt's curve keeps the order
        4: "C",  # all films nearly black
        5: "D",  # reshaped in place of transposed
        6: "F",  # eight bits
    }
    return "".join(causes.values())


def _judge_causes(answer) -> str | None:
    if not isinstance(answer, (str, list, tuple)):
        return 'Give six letters in the order of the exports, such as "ABCDEF".'
    given = [str(one).strip().upper() for one in answer if str(one).strip() not in ("", ",")]
    if len(given) != len(_SYMPTOMS):
        return f'Give six letters in the order of the exports, such as "ABCDEF", not {len(given)}.'
    if unknown := set(given) - set(_CAUSES):
        return f"There is no cause {min(unknown)}: the letters are A to H."
    for place, (letter, (right, look)) in enumerate(zip(given, _SYMPTOMS, strict=True), start=1):
        if letter != right:
            why = _NOT_THAT.get(f"{place}{letter}", look)
            return f"Export {place} is not explained by {letter}, that {_CAUSES[letter]}: {why}"
    return None


q4 = Exercise(
    hint=(
        "Sort the exports first. In which does the same film get two answers? In which is nothing wrong? In "
        "which is the order of the films kept?",
        "1 is random, 2 is the last digit of 32 bits, 3 keeps the order, 4 has made all films alike, in 5 "
        "numbers stand in the wrong places, and 6 is coarse. Two causes are left over.",
    ),
    solve=cause_of_each_difference,
    judge=_judge_causes,
    praise=(
        "The AUROC does not see export 3 at all, and hardly sees export 6. Only a comparison film by film "
        "finds both, and it takes a second."
    ),
)


# 5. The film read as its negative

_FILMS = {
    "A": "air is dark and bone bright, and that is right. Nothing had to be turned.",
    "B": "its large values mean dark, and were turned: on the screen air is dark and bone bright.",
    "C": "the header says MONOCHROME1, where large values mean dark. Is the air on the screen dark?",
    "D": "the header says MONOCHROME2, so nothing was to be turned. Is the bone on the screen bright?",
    "E": "it was read as its header says. Look at the screen all the same: which is brighter, air or bone?",
    "F": "a narrow window makes it hard, black and white; but what is dark in it should be dark.",
    "G": "its header does not say how it is to be read, so it should be refused. But it is shown rightly.",
}


def films_shown_as_negatives():
    read_as_it_is = {"C"}  # and should have been turned
    turned = {"D"}  # and should not have been
    told_wrongly = {"E"}  # by its header
    return {*read_as_it_is, *turned, *told_wrongly}


q5 = Exercise(
    hint=(
        "Look at the last two columns alone. On a film, air is dark and bone is bright, whatever the header "
        "says.",
        "In three rows the air on the screen is brighter than the bone. The header explains two of them; in "
        "the third it is wrong itself.",
    ),
    solve=films_shown_as_negatives,
    judge=letters("CDE", _FILMS, called="film", innocent="is no negative"),
    praise=(
        "Film E was read as its header says, and is a negative all the same. A program that only obeys the "
        "header never notices, so it should look at the picture, too."
    ),
)


# 6. Which upload must be refused

_UPLOADS = {
    "A": "it is a chest film of twelve bits like any other: it is turned, and answered.",
    "B": "a slice is a picture as well, and the network would answer. What has it learnt from?",
    "C": "without a window the whole range of values is shown; the network scales each film by itself.",
    "D": "half of the pixels are missing. What would stand in their place?",
    "E": "what would its pixels need in memory? That can be told from its header.",
    "F": "the card says that the network has learnt from frontal films alone.",
    "G": "what counts is what a file holds, not its name: this one is a film in grey.",
    "H": "a report holds words and no pixels.",
    "I": "nothing is wrong with the file, but the network has seen nothing like it.",
    "J": "15 MB is what an uncompressed film has, and less than the limit.",
}


def uploads_to_refuse():
    no_film_of_that_kind = {"B": "CT", "F": "lateral", "H": "a report"}
    cannot_be_read_safely = {"D": "half a film", "E": "an allocation bomb"}
    beyond_what_was_learnt = {"I": "too far from the training films"}
    return {*no_film_of_that_kind, *cannot_be_read_safely, *beyond_what_was_learnt}


q6 = Exercise(
    hint=(
        "Ask of each: can it be read whole and safely, is it a frontal chest film, and has the network "
        "learnt from films like it?",
        "Six get none: three are no frontal chest film, two cannot be read whole and safely, and one is "
        "unlike all that the network knows.",
    ),
    solve=uploads_to_refuse,
    judge=letters("BDEFHI", _UPLOADS, called="upload", innocent="can be answered"),
    praise=(
        "A network gives a number for anything. Whether the number means something is decided around it, by "
        "its reader and by its card, and a refusal that says why is an answer too."
    ),
)


# 7. Refused by its header

MOST_BYTES = 100_000_000
_HEADER = {
    "rows": 3000,
    "columns": 2500,
    "bits": 16,
    "samples": 1,
    "frames": 1,
    "compressed": False,
    "bytes": 15_000_000,
}
_HEADERS: tuple[tuple[Mapping[str, object], bool, str], ...] = (
    ({}, False, "A usual film of 3,000 × 2,500 pixels of 16 bits, whole, is refused: it needs 15 MB."),
    (
        {"rows": 60_000, "columns": 60_000, "compressed": True, "bytes": 2000},
        True,
        "60,000 × 60,000 pixels in a file of 2,000 bytes get through: they need 7.2 GB once unpacked.",
    ),
    (
        {"rows": 10_000, "columns": 10_000, "bits": 8, "bytes": 100_000_000},
        False,
        "A film that needs exactly 100,000,000 bytes is refused; only more than that is too much.",
    ),
    (
        {"rows": 10_000, "columns": 10_000, "compressed": True, "bytes": 9_000_000},
        True,
        "10,000 × 10,000 pixels of 16 bits get through: each takes two bytes, bits / 8.",
    ),
    (
        {"rows": 7000, "columns": 7000, "bits": 8, "samples": 3, "compressed": True, "bytes": 5_000_000},
        True,
        "A colour picture of 7,000 × 7,000 gets through: it has three samples a pixel, 147 MB.",
    ),
    (
        {"rows": 512, "columns": 512, "bits": 8, "frames": 400, "compressed": True, "bytes": 5_000_000},
        True,
        "400 frames of 512 × 512 get through: together they need 104.9 MB.",
    ),
    (
        {"compressed": True, "bytes": 600_000},
        False,
        "A compressed film is refused because its file is smaller than its pixels. That is what compression "
        "is for.",
    ),
    (
        {"bytes": 7_500_000},
        True,
        "An uncompressed file with half of its bytes gets through: it must hold as many as its pixels need.",
    ),
    (
        {"rows": 3, "columns": 5, "bits": 8, "bytes": 16},
        False,
        "A file with one byte more than its pixels need is refused: DICOM fills up to an even number. Only "
        "fewer bytes are a fault.",
    ),
    (
        {"rows": 0},
        True,
        "A film without rows gets through: each of the five numbers must be 1 or more.",
    ),
    (
        {"rows": -3000, "columns": -2500},
        True,
        "−3,000 rows and −2,500 columns get through, since their product is above 0: look at each number.",
    ),
    (
        {"samples": 0},
        True,
        "A film without samples gets through: each of the five numbers must be 1 or more.",
    ),
    (
        {"bits": 0},
        True,
        "A film whose pixels have no bits gets through: each of the five numbers must be 1 or more.",
    ),
    (
        {"frames": 0},
        True,
        "A film without frames gets through: each of the five numbers must be 1 or more.",
    ),
    (
        {"rows": np.uint16(60_000), "columns": np.uint16(60_000), "compressed": True, "bytes": 2000},
        True,
        "60,000 × 60,000 get through where rows and columns are NumPy's numbers of 16 bits, as a file holds "
        "them: their product wraps around to 41,984. Make them int first.",
    ),
)


def headers_to_refuse():
    def refuse(header):
        sizes = [int(header[name]) for name in ("rows", "columns", "samples", "frames", "bits")]
        if min(sizes) < 1:
            return True
        rows, columns, samples, frames, bits = sizes
        needed = rows * columns * samples * frames * bits / 8
        return needed > 100_000_000 or (not header["compressed"] and header["bytes"] < needed)

    return refuse


def _judge_refuse(refuse) -> str | None:
    given = []
    for changed, _, _ in _HEADERS:
        with np.errstate(all="ignore"):
            answer = refuse({**_HEADER, **changed})
        if not isinstance(answer, (bool, np.bool_)):
            return f"Return True, to refuse, or False, not {answer!r:.40}."
        given.append(bool(answer))
    right = [refused for _, refused, _ in _HEADERS]
    if all(given):
        return "Everything is refused, a usual film of 15 MB as well."
    if not any(given):
        return "Nothing is refused, not even 60,000 × 60,000 pixels in a file of 2,000 bytes."
    if given == [not one for one in right]:
        return "The answers are turned: True means that the film is refused."
    wrong = (told for one, (_, refused, told) in zip(given, _HEADERS, strict=True) if one != refused)
    return next(wrong, None)


q7 = Exercise(
    hint=(
        "Three questions: is each number 1 or more; how many bytes are needed once unpacked; and, where "
        "nothing is compressed, does the file hold as many?",
        "needed = int(rows) * int(columns) * samples * frames * bits / 8. Refuse if a number is below 1, if "
        'needed > 100_000_000, or if not header["compressed"] and header["bytes"] < needed.',
    ),
    solve=headers_to_refuse,
    judge=_judge_refuse,
    praise=(
        "Nothing was unpacked to find out. A program that first decodes and then asks for the size has lost "
        "its memory by then, and with it all films of the day."
    ),
)


# 8. Which version gave this report

_WEIGHTS = bytes(range(256)) * 16  # the same in all three: only the card behind them differs
VERSIONS = {
    "1.0": _WEIGHTS + b'{"threshold": 0.50}',
    "1.1": _WEIGHTS + b'{"threshold": 0.40}',
    "1.2": _WEIGHTS + b'{"threshold": 0.35}',
}
REPORT = {
    "notice": "made for learning, not for use on patients",
    "name": "pneumonia 1.2",
    "model": hashlib.sha256(VERSIONS["1.1"]).hexdigest(),
    "p": [0.38],
    "decision": "normal",
}


def version_with_this_digest():
    def digest(content):
        return hashlib.sha256(content).hexdigest()

    return next(name for name, content in VERSIONS.items() if digest(content) == REPORT["model"])


def _judge_version(answer) -> str | None:
    words = str(answer).split()
    name = words[-1].strip("\"'").removeprefix("v") if words and isinstance(answer, (str, float)) else ""
    if name == "1.1":
        return None
    if name == "1.2":
        return (
            "1.2 is the name that stands in the report, and a name is typed by people. The bytes of 1.2 have "
            "another digest: hash all three, and compare."
        )
    if name == "1.0":
        return "The bytes of 1.0 have another digest: hash all three, and compare."
    if len(name) >= 8 and REPORT["model"].startswith(name.removeprefix("sha256:")):
        return "That is the digest in the report. Which of the three files has it?"
    if any(hashlib.sha256(content).hexdigest() == name for content in VERSIONS.values()):
        return "That is the digest of another of the files. Give the name of the one that matches the report."
    return 'Give the name of one of the three versions, "1.0", "1.1" or "1.2": one of them has the digest.'


q8 = Exercise(
    hint=(
        "A digest depends on each byte of a file, and on nothing else. Which of the three files has the one "
        "that the report states?",
        "hashlib.sha256(content).hexdigest() for each content in ch71.VERSIONS; compare with "
        'ch71.REPORT["model"], and leave the names aside.',
    ),
    solve=version_with_this_digest,
    judge=_judge_version,
    praise=(
        "Somebody put the older file back and left the name. With a p of .38 the report is right for 1.1, "
        "whose threshold is .40; taken for 1.2, with .35, it would look like a fault."
    ),
)


# 9. Seconds over a thin line


def seconds_for_a_day():
    films, bytes_each, bits_a_second = 100, 120_000, 64_000
    return films * bytes_each * 8 / bits_a_second


q9 = Exercise(
    hint=(
        "In what unit is a file counted, and in what unit a line?",
        "A byte is 8 bits: 100 · 120,000 · 8 bits, and 64,000 of them go through in a second.",
    ),
    solve=seconds_for_a_day,
    judge=number(
        1500,
        {
            187.5: "A file is counted in bytes and the line in bits: a byte is 8 bits.",
            23.44: "You divide by 8: a byte is 8 bits, so there are more bits than bytes.",
            25: "That is in minutes. Asked for are seconds.",
            0.42: "That is in hours. Asked for are seconds.",
            15: "That is one film. There are 100 of them.",
            1.875: "That is one film, and its bytes were taken for bits.",
            1.5: "A factor of 1,000 is lost: 120 kB are 120,000 bytes, and 64 kbit are 64,000 bits.",
            1_500_000: "A factor of 1,000 too much: 64 kbit are 64,000 bits.",
            1536: "Here 1 kB is 1,000 bytes, not 1,024.",
            1464.84: "1 kbit is 1,000 bits, not 1,024: lines are counted in thousands.",
            96_000_000: "Those are the bits. How many seconds do they take?",
            12_000_000: "Those are the bytes. How many bits are they, and how many seconds do those take?",
            12_000: "Those are the kilobytes. How many bits are they, and how many seconds do those take?",
            96: "That is in megabits. How many seconds do they take?",
            12: "That is in megabytes. How many bits are they, and how many seconds do those take?",
            3000: "Only the films are sent; the way back is short and not asked for.",
            0.00067: "Upside down: bits over bits a second are seconds.",
            53.33: "What the line carries in a second stands below, not above: bits over bits a second.",
        },
        "Bits over bits a second: 100 · 120,000 · 8 / 64,000.",
        tolerance=0.006,
    ),
    praise=(
        "25 minutes a day: that can be done at night. The same films uncompressed, at 15 MB each, would take "
        "52 hours, more than the day has."
    ),
)


# 10. What the log may hold

_ENTRIES = {
    "A": "without a time nobody could say when something began to change.",
    "B": "the log says how the model fares; who the patient is, the hospital's archive knows.",
    "C": "it says which model gave this answer, when all versions are long forgotten.",
    "D": "the film is the patient's, and often the name is written in its corner. Its digest is enough.",
    "E": "a date of birth, with a hospital and a day of visit, is often enough to find a person.",
    "F": "without answers nobody could see them drift.",
    "G": "whoever can list all numbers of patients can hash all of them, and look this one up.",
    "H": "from a digest nobody gets a film back; but whoever has the film can find its line.",
    "I": "it is the first thing to look at when answers change.",
    "J": "people name their files after patients.",
    "K": "it shows when films come in that are unlike those learnt from.",
}


def what_the_log_may_hold():
    to_find_an_answer_again = {"A": "time", "C": "digest of the model", "H": "digest of the film"}
    to_see_a_change = {"F": "answer", "I": "scanner", "K": "distance"}
    return {*to_find_an_answer_again, *to_see_a_change}


q10 = Exercise(
    hint=(
        "The log shall say which model answered what and when, and whether something changes. What of the "
        "list says who the patient is, straight away or after some trying?",
        "Six may stay. Five say who it is, or nearly: a name, a date, a picture, a number that can be tried "
        "out, and a name that hides in another place.",
    ),
    solve=what_the_log_may_hold,
    judge=letters("ACFHIK", _ENTRIES, called="entry", innocent="does not belong in the log"),
    praise=(
        "A log without names does less harm if it is stolen. It is still about patients, since the archive "
        "can link its lines to films: keep it safe, and no longer than need be."
    ),
)
